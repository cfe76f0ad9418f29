#!/usr/bin/env bash
# run.sh [tokio]  -  runs the Autobahn suite, all of its cases but those for compression, against examples/echo-server.rs
# and client.rs, or with `tokio` against examples/tokio-echo.rs and tokio_client.rs, and holds the close codes against our
# own table. See README.md. Reports: target/autobahn/reports.
set -euo pipefail
cd "$(dirname "$0")/../.."
here=tests/autobahn work=target/autobahn
bin=${CARGO_TARGET_DIR:-target}/release/examples
case ${1-} in
  "") server_under_test=echo-server client_under_test=autobahn-client features=() in='' ;;
  tokio) server_under_test=tokio-echo client_under_test=autobahn-tokio-client features=(--features tokio) in=tokio- ;;
  *) echo "usage: run.sh [tokio]"; exit 2 ;;
esac

# Sections 12 and 13 test permessage-deflate, which is not implemented yet.
export EXCLUDE=${EXCLUDE:-"12.* 13.*"} FAIL_ON="NON-STRICT,UNIMPLEMENTED" LIMIT=${LIMIT:-900}

if [ -z "${WSTEST-}" ]; then
  "$here/setup.sh" "$work"
  export WSTEST=$work/wstest
fi
cargo build --release "${features[@]}" --example "$server_under_test" --example "$client_under_test"
mkdir -p "$work"

passed=0 failed=0
check() { # NAME COMMAND...
  local name=$1; shift
  echo; echo "=== $name"
  if "$@"; then passed=$((passed + 1)); else failed=$((failed + 1)); echo "FAILED: $name"; fi
}
# How many cases the suite said it would run.
cases() { sed -n 's/^Ok, will run \([0-9]*\) test cases.*/\1/p' "$work/reports/$1/wstest.log"; }

log=$work/$server_under_test.log
: > "$log" # nothing of an earlier run
"$bin/$server_under_test" 127.0.0.1:0 > "$log" 2>&1 &
server=$!
trap 'kill "$server" 2>/dev/null || true' EXIT
for _ in {1..100}; do
  port=$(sed -n 's|^listening on ws://.*:\([0-9]*\)$|\1|p' "$log")
  [ -z "$port" ] || break
  sleep 0.1
done
[ -n "$port" ] || { echo "$server_under_test did not start:"; cat "$log"; exit 1; }

check "the server, under the suite" "$here/run-server.sh" "$port" "${in}server"
check "the server's close codes" "$here/check_close_codes.py" "$work/reports/${in}server/report" "$(cases "${in}server")"

port=$(python3 -c 'import socket; s = socket.create_server(("127.0.0.1", 0)); print(s.getsockname()[1])')
check "the client, under the suite" \
  env OUT="$work/reports/${in}client" "$here/run-client.sh" "$port" "$bin/$client_under_test" "ws://127.0.0.1:$port" client
check "the client's close codes" "$here/check_close_codes.py" "$work/reports/${in}client/report" "$(cases "${in}client")"

echo
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
