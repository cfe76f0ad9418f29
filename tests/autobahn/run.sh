#!/usr/bin/env bash
# run.sh  -  runs the Autobahn suite against examples/echo-server.rs and client.rs, holds the close codes against our own
# table, and what was sent compressed against what it was before. See README.md. Reports: target/autobahn/reports.
#
# The suite is slow at compressing and decompressing: unless EXCLUDE is set (to nothing, for the whole suite), the cases of
# sections 12 and 13 with the largest messages are left out.
set -euo pipefail
cd "$(dirname "$0")/../.."
here=tests/autobahn work=target/autobahn
bin=${CARGO_TARGET_DIR:-target}/release/examples

largest=$(echo {12.{1..5},13.{1..7}}.{9,10,{12..18}})
export EXCLUDE=${EXCLUDE-$largest} FAIL_ON="NON-STRICT,UNIMPLEMENTED"

if [ -z "${WSTEST-}" ]; then
  "$here/setup.sh" "$work"
  export WSTEST=$work/wstest
fi
cargo build --release --features deflate --example echo-server --example autobahn-client
mkdir -p "$work"

passed=0 failed=0
check() { # NAME COMMAND...
  local name=$1; shift
  echo; echo "=== $name"
  if "$@"; then passed=$((passed + 1)); else failed=$((failed + 1)); echo "FAILED: $name"; fi
}
# Waits for the end of a run, and shows what it said.
finish() { # NAME PID
  local rc=0
  wait "$2" || rc=$?
  cat "$work/$1.log"
  return "$rc"
}
# How many cases the suite said it would run.
cases() { sed -n 's/^Ok, will run \([0-9]*\) test cases.*/\1/p' "$work/reports/$1/wstest.log"; }

: > "$work/echo-server.log" # nothing of an earlier run
"$bin/echo-server" 127.0.0.1:0 > "$work/echo-server.log" 2>&1 &
server=$!
trap 'kill "$server" 2>/dev/null || true' EXIT
for _ in {1..100}; do
  port=$(sed -n 's|^listening on ws://.*:\([0-9]*\)$|\1|p' "$work/echo-server.log")
  [ -z "$port" ] || break
  sleep 0.1
done
[ -n "$port" ] || { echo "echo-server did not start:"; cat "$work/echo-server.log"; exit 1; }

# The suite has one thread for each role, so both are run at a time.
"$here/run-server.sh" "$port" server > "$work/server.log" 2>&1 &
server_run=$!
port=$(python3 -c 'import socket; s = socket.create_server(("127.0.0.1", 0)); print(s.getsockname()[1])')
"$here/run-client.sh" "$port" "$bin/autobahn-client" "ws://127.0.0.1:$port" client > "$work/client.log" 2>&1 &
client_run=$!
trap 'kill "$server" "$server_run" "$client_run" 2>/dev/null || true' EXIT

check "the server, under the suite" finish server "$server_run"
check "the server's close codes" "$here/check_close_codes.py" "$work/reports/server/report" "$(cases server)"
check "the server's compression" "$here/check_compression.py" "$work/reports/server/report"
check "the client, under the suite" finish client "$client_run"
check "the client's close codes" "$here/check_close_codes.py" "$work/reports/client/report" "$(cases client)"
check "the client's compression" "$here/check_compression.py" "$work/reports/client/report"

echo
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
