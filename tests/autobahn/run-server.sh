#!/usr/bin/env bash
# run-server.sh PORT [AGENT]  -  runs the suite (fuzzingclient) against the WebSocket echo server that
# listens at ws://127.0.0.1:PORT, and prints a summary. Exits non-zero if a case failed or did not run.
#
# CASES="1.* 9.1.1" and EXCLUDE="12.* 13.*" choose cases: an id without * is exact, a pattern with *
# matches any id that begins so (12.*.1 takes 12.1.10 too). LIMIT is the number of seconds for the whole
# run (3600); past it there is no report. OUT is the report folder. FAIL_ON: see summary.py.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
wstest=${WSTEST:-target/autobahn/wstest}
port=$1 agent=${2:-server}
out=${OUT:-target/autobahn/reports/$agent}

rm -rf "$out/report" "$out/wstest.log"; mkdir -p "$out"; touch "$out/wstest.log"
python3 - "$port" "$agent" "$out" > "$out/spec.json" <<'SPEC'
import json, os, sys
port, agent, out = sys.argv[1:]
json.dump({"outdir": f"{out}/report", "servers": [{"agent": agent, "url": f"ws://127.0.0.1:{port}"}],
           "cases": os.environ.get("CASES", "*").split(), "exclude-agent-cases": {},
           "exclude-cases": os.environ.get("EXCLUDE", "").split()}, sys.stdout)
SPEC

start=$SECONDS rc=0
timeout "${LIMIT:-3600}" "$wstest" -m fuzzingclient -s "$out/spec.json" > "$out/wstest.log" 2>&1 &
suite=$!
trap 'kill "$suite" 2>/dev/null || true' EXIT
wait "$suite" || { rc=$?; echo "wstest ended with $rc"; }
[ -f "$out/report/index.json" ] && grep -q "^Running" "$out/wstest.log" || tail -n 3 "$out/wstest.log"

cases=$(sed -n 's/^Ok, will run \([0-9]*\) test cases.*/\1/p' "$out/wstest.log")
python3 "$here/summary.py" "$out/report" "${cases:-0}" || rc=1
echo "wall time $((SECONDS - start)) s; report in $out/report/index.html"
exit "$rc"
