#!/usr/bin/env bash
# run-client.sh PORT COMMAND...  -  starts the suite's fuzzingserver at ws://127.0.0.1:PORT, runs COMMAND
# (an Autobahn test client: getCaseCount, then runCase?case=N&agent=A for each), and prints a summary.
# Exits non-zero if a case failed or did not run. COMMAND need not ask for updateReports: this script does.
#
# CASES, EXCLUDE, LIMIT, OUT, FAIL_ON: as for run-server.sh.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
wstest=${WSTEST:-target/autobahn/wstest}
port=$1; shift
out=${OUT:-target/autobahn/reports/client}

rm -rf "$out/report" "$out/wstest.log"; mkdir -p "$out"; touch "$out/wstest.log"
python3 - "$port" "$out" > "$out/spec.json" <<'SPEC'
import json, os, sys
port, out = sys.argv[1:]
json.dump({"outdir": f"{out}/report", "url": f"ws://127.0.0.1:{port}",
           "cases": os.environ.get("CASES", "*").split(), "exclude-agent-cases": {},
           "exclude-cases": os.environ.get("EXCLUDE", "").split()}, sys.stdout)
SPEC

start=$SECONDS rc=0
"$wstest" -m fuzzingserver -u 0 -s "$out/spec.json" > "$out/wstest.log" 2>&1 &
suite=$!
trap 'kill "$suite" ${client-} 2>/dev/null || true' EXIT
until grep -q "^Listening on" "$out/wstest.log"; do
  kill -0 "$suite" 2>/dev/null || { echo "fuzzingserver did not start:"; tail -n 3 "$out/wstest.log"; exit 1; }
  sleep 0.1
done

timeout "${LIMIT:-3600}" "$@" &
client=$!
wait "$client" || { rc=$?; echo "$1 ended with $rc"; }

# Ask for the reports; then the suite stops by itself.
python3 - "$port" <<'REPORTS' || rc=1
import socket, sys
try:
    s = socket.create_connection(("127.0.0.1", int(sys.argv[1])), 60)
    s.sendall((f"GET /updateReports?agent=-&shutdownOnComplete=true HTTP/1.1\r\nHost: 127.0.0.1:{sys.argv[1]}\r\n"
               "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
               "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n").encode())
    while s.recv(4096):
        pass
except OSError as e:
    sys.exit(f"updateReports: {e}")
REPORTS

cases=$(sed -n 's/^Ok, will run \([0-9]*\) test cases.*/\1/p' "$out/wstest.log")
python3 "$here/summary.py" "$out/report" "${cases:-0}" || rc=1
echo "wall time $((SECONDS - start)) s; report in $out/report/index.html"
exit "$rc"
