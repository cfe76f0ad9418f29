#!/usr/bin/env bash
# run.sh  -  lets foreign peers talk to server.rs and client.rs: Python's `websockets` and Node's `ws` in both roles, and
# headless Chromium as a client; plain and compressed, straight and through nginx. See README.md. Installs the two libraries
# into target/interop; the rest must be there (Debian packages: chromium nginx-light nodejs npm python3-venv).
set -euo pipefail
cd "$(dirname "$0")/../.."
here=tests/interop work=target/interop
bin=${CARGO_TARGET_DIR:-target}/release/examples

# The newest releases when this was last looked at. Raise them, and everything must still pass.
python_peer=websockets==17.4
node_peer=ws@8.23.0

mkdir -p "$work"
[ -x "$work/venv/bin/pip" ] || python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q --disable-pip-version-check "$python_peer"
npm install --silent --no-audit --no-fund --no-save --prefix "$work" "$node_peer"
export NODE_PATH=$PWD/$work/node_modules
export CHROMIUM=${CHROMIUM:-$(command -v chromium)}
python=$work/venv/bin/python
cargo build --release --features deflate --example interop-server --example interop-client

servers=()
stop() { # all servers
  [ ${#servers[@]} = 0 ] || kill "${servers[@]}" 2>/dev/null || true
  servers=()
}
trap stop EXIT

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
  local title=$1 log=$work/client.log begin=$SECONDS; shift
  echo; echo "=== $title"
  timeout 300 "$@" 2>&1 | tee "$log" || true
  if [[ $(tail -n 1 "$log") =~ ^([0-9]+)\ passed,\ ([0-9]+)\ failed$ ]]; then
    passed=$((passed + BASH_REMATCH[1])) failed=$((failed + BASH_REMATCH[2]))
  else
    failed=$((failed + 1)); echo "FAILED: no result"
  fi
  echo "$((SECONDS - begin)) s"
}

ours() { start ours "$bin/interop-server" "$@"; }
websockets() { start websockets "$python" "$here/server.py" "$@"; }
ws() { start ws node "$here/server.mjs" "$@"; }
nginx() { start nginx "$here/nginx.sh" "$url" "$work/nginx"; }
relay() { start relay node "$here/relay.mjs" "$url"; }

ours
talk "our server, Python websockets" "$python" "$here/client.py" "$url"
talk "our server, Node ws" node "$here/client.mjs" "$url"
talk "our server, Chromium" node "$here/chromium.mjs" "$url"
stop; websockets
talk "our client, Python websockets" "$bin/interop-client" "$url"
stop; ws
talk "our client, Node ws" "$bin/interop-client" "$url"

plainly=permessage-deflate
for agreed in \
  "$plainly" \
  "$plainly; server_no_context_takeover; client_no_context_takeover" \
  "$plainly; server_max_window_bits=10; client_max_window_bits=10"; do
  stop; ours "$agreed"; relay
  talk "our server, Python websockets, $agreed" "$python" "$here/client.py" "$url" "$agreed"
  talk "our server, Node ws, $agreed" node "$here/client.mjs" "$url" "$agreed"
  talk "our server, Chromium, $agreed" node "$here/chromium.mjs" "$url" "$agreed"
  stop; websockets "$agreed"; relay
  talk "our client, Python websockets, $agreed" "$bin/interop-client" "$url" "$agreed"
  stop; ws "$agreed"; relay
  talk "our client, Node ws, $agreed" "$bin/interop-client" "$url" "$agreed"
done

stop; ours "$plainly"; nginx; relay
talk "our server, nginx, Python websockets, $plainly" "$python" "$here/client.py" "$url" "$plainly"
talk "our server, nginx, Chromium, $plainly" node "$here/chromium.mjs" "$url" "$plainly"
stop; ws "$plainly"; nginx; relay
talk "our client, nginx, Node ws, $plainly" "$bin/interop-client" "$url" "$plainly"

echo; echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
