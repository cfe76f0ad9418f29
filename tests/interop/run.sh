#!/usr/bin/env bash
# run.sh  -  lets foreign peers talk to server.rs and client.rs: Python's `websockets` and Node's `ws` in both roles, and
# headless Chromium as a client. See README.md. Installs the two libraries into target/interop; Chromium, Node.js with
# npm, and python3 with venv must be there (Debian packages: chromium nodejs npm python3-venv).
set -euo pipefail
cd "$(dirname "$0")/../.."
here=tests/interop work=target/interop
bin=${CARGO_TARGET_DIR:-target}/release/examples

# The newest releases when this was last looked at. Raise them, and everything must still pass.
websockets=websockets==17.4
ws=ws@8.23.0

mkdir -p "$work"
[ -x "$work/venv/bin/pip" ] || python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q --disable-pip-version-check "$websockets"
npm install --silent --no-audit --no-fund --no-save --prefix "$work" "$ws"
export NODE_PATH=$PWD/$work/node_modules
export CHROMIUM=${CHROMIUM:-$(command -v chromium)}
python=$work/venv/bin/python
cargo build --release --example interop-server --example interop-client

servers=()
trap '[ ${#servers[@]} = 0 ] || kill "${servers[@]}" 2>/dev/null || true' EXIT

# Starts a server, which picks a free port, and leaves its address in $url.
start() { # NAME COMMAND...
  local log=$work/$1.log; shift
  : > "$log" # nothing of an earlier run
  "$@" > "$log" 2>&1 &
  servers+=($!)
  for _ in {1..100}; do
    url=$(sed -n 's/^listening on //p' "$log")
    [ -z "$url" ] || return 0
    sleep 0.1
  done
  echo "no server after 10 s: $*"; cat "$log"; exit 1
}

# Runs a client to its end and adds up what it counted on its last line.
passed=0 failed=0
talk() { # TITLE COMMAND...
  local title=$1 log=$work/client.log; shift
  echo; echo "=== $title"
  timeout 300 "$@" 2>&1 | tee "$log" || true
  if [[ $(tail -n 1 "$log") =~ ^([0-9]+)\ passed,\ ([0-9]+)\ failed$ ]]; then
    passed=$((passed + BASH_REMATCH[1])) failed=$((failed + BASH_REMATCH[2]))
  else
    failed=$((failed + 1)); echo "FAILED: no result"
  fi
}

start interop-server "$bin/interop-server"
talk "our server, Python websockets" "$python" "$here/client.py" "$url"
talk "our server, Node ws" node "$here/client.mjs" "$url"
talk "our server, Chromium" node "$here/chromium.mjs" "$url"
start websockets-server "$python" "$here/server.py"
talk "our client, Python websockets" "$bin/interop-client" "$url"
start ws-server node "$here/server.mjs"
talk "our client, Node ws" "$bin/interop-client" "$url"

echo; echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
