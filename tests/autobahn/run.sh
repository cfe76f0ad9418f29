#!/usr/bin/env bash
# run.sh [tokio | ported | tungstenite | event-loop | io-uring]  -  runs the Autobahn suite against examples/echo-server.rs and
# client.rs. With `tokio`, against examples/tokio-echo.rs and tokio_client.rs; with `ported`, against the two examples ported from
# tungstenite; with `tungstenite`, against a server and a client on bowline-tungstenite. Compares the close codes with our own table,
# and the bytes sent compressed with their size before. With `event-loop` or `io-uring` only that example is run, as the server.
# Without compression, the sections about it are left out.
# Exit status 99: there is no io_uring here. See README.md. Reports: target/autobahn/reports.
#
# The suite is slow at compressing and decompressing: unless EXCLUDE is set (to nothing, for the whole suite), the cases of
# sections 12 and 13 with the largest messages are left out.
set -euo pipefail
cd "$(dirname "$0")/../.."
here=tests/autobahn work=target/autobahn
release=${CARGO_TARGET_DIR:-target}/release
bin=$release/examples # where the server is
scheme=ws:// compressing=true client_under_test=
case ${1-} in
  "") server_under_test=echo-server client_under_test=$release/autobahn-client in='' ;;
  tokio) server_under_test=tokio-echo client_under_test=$release/autobahn-tokio-client in=tokio- ;;
  ported) # a few cases, to see that the two work: they compress nothing, and the client takes an address
    server_under_test=ported-echo-server client_under_test=$release/examples/ported-autobahn-client in=ported-
    scheme='' compressing=false
    export CASES=${CASES-1.* 2.* 5.* 7.*} ;;
  tungstenite) # programs that were written for the originals: the server for Tokio, the client blocking
    server_under_test=autobahn-tungstenite-server client_under_test=$release/autobahn-tungstenite-client in=tungstenite-
    bin=$release ;;
  event-loop) server_under_test=event-loop in=event-loop- build=(-p bowline-event-loop) bin=$release compressing=false ;;
  io-uring) server_under_test=io-uring-echo in=io-uring- build=(-p bowline-io-uring) bin=$release compressing=false ;;
  *) echo "usage: run.sh [tokio | ported | tungstenite | event-loop | io-uring]"; exit 2 ;;
esac
[[ " ${CASES-*}" =~ \ (\*|1[23]) ]] || compressing=false # none of the cases is about it
if [ -n "$client_under_test" ]; then
  build=(-p bowline -p bowline-autobahn --features bowline/deflate,bowline/tokio --examples --bins)
else
  export CASES=${CASES-1.* 2.* 3.* 4.* 5.* 6.* 7.* 9.* 10.*}
fi

largest=$(echo {12.{1..5},13.{1..7}}.{9,10,{12..18}})
export EXCLUDE=${EXCLUDE-$largest} FAIL_ON="NON-STRICT,UNIMPLEMENTED" LIMIT=${LIMIT:-10800}

if [ -z "${WSTEST-}" ]; then
  "$here/setup.sh" "$work"
  export WSTEST=$work/wstest
fi
cargo build --release "${build[@]}"
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

: > "$work/${in}echo-server.log" # nothing of an earlier run
"$bin/$server_under_test" 127.0.0.1:0 > "$work/${in}echo-server.log" 2>&1 &
server=$!
trap 'kill "$server" 2>/dev/null || true' EXIT
for _ in {1..100}; do
  port=$(sed -n 's|^listening on ws://[^ ]*:\([0-9]*\).*|\1|p' "$work/${in}echo-server.log")
  if [ -n "$port" ] || ! kill -0 "$server" 2>/dev/null; then break; fi
  sleep 0.1
done
if [ -z "$port" ]; then
  rc=0; wait "$server" || rc=$?
  echo "$server_under_test did not start:"; cat "$work/${in}echo-server.log"
  [ "$rc" != 69 ] || exit 99 # the example's word for a kernel without io_uring
  exit 1
fi

# The suite has one thread for each role, so both are run at a time.
"$here/run-server.sh" "$port" "${in}server" > "$work/${in}server.log" 2>&1 &
server_run=$! client_run=
trap 'kill "$server" "$server_run" $client_run 2>/dev/null || true' EXIT
if [ -n "$client_under_test" ]; then
  port=$(python3 -c 'import socket; s = socket.create_server(("127.0.0.1", 0)); print(s.getsockname()[1])')
  OUT="$work/reports/${in}client" \
    "$here/run-client.sh" "$port" "$client_under_test" "${scheme}127.0.0.1:$port" client > "$work/${in}client.log" 2>&1 &
  client_run=$!
fi

check "the server, under the suite" finish "${in}server" "$server_run"
check "the server's close codes" "$here/check_close_codes.py" "$work/reports/${in}server/report" "$(cases "${in}server")"
"$compressing" && check "the server's compression" "$here/check_compression.py" "$work/reports/${in}server/report"
if [ -n "$client_under_test" ]; then
  check "the client, under the suite" finish "${in}client" "$client_run"
  check "the client's close codes" "$here/check_close_codes.py" "$work/reports/${in}client/report" "$(cases "${in}client")"
  "$compressing" && check "the client's compression" "$here/check_compression.py" "$work/reports/${in}client/report"
fi

echo
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
