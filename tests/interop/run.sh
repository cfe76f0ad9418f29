#!/usr/bin/env bash
# run.sh [tokio]  -  lets foreign peers talk to server.rs and client.rs, or with `tokio` to tokio_server.rs and
# tokio_client.rs: Python's `websockets` and Node's `ws` in both roles, and headless Chromium as a client; plain and compressed,
# straight and through nginx; on Tokio, over TLS, too. See README.md. Installs the two libraries into target/interop; the rest
# must be there (Debian packages: chromium nginx-light nodejs npm openssl python3-venv).
set -euo pipefail
cd "$(dirname "$0")/../.."
. tests/interop/common.sh
bin=${CARGO_TARGET_DIR:-target}/release
case ${1-} in
  "") server=interop-server client=interop-client ;;
  tokio) server=interop-tokio-server client=interop-tokio-client ;;
  *) echo "usage: run.sh [tokio]"; exit 2 ;;
esac

python_library
node_library
export CHROMIUM=${CHROMIUM:-$(command -v chromium)}
cargo build --release -p bowline-interop --bin "$server" --bin "$client"

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

ours() { start ours "$bin/$server" "$@"; }
nginx() { start nginx "$here/nginx.sh" "$url" "$work/nginx"; }

# Our server, and all foreign clients; our client, and the server at $url. An agreement is what the server usually comes to:
# then the bytes are counted by a relay, which is what $url leads to first unless it is named.
serving() { # TITLE [AGREEMENT]
  talk "our server, ${1}Python websockets${2:+, $2}" "$python" "$here/client.py" "$url" "${@:2}"
  talk "our server, ${1}Node ws${2:+, $2}" node "$here/client.mjs" "$url" "${@:2}"
  talk "our server, ${1}Chromium${2:+, $2}" node "$here/chromium.mjs" "$url" "${@:2}"
}
dialing() { # TITLE [AGREEMENT [RELAY]]
  talk "our client, $1${2:+, $2}" "$bin/$client" "$url" "${@:2}"
}

ours; serving ""
stop; websockets; dialing "Python websockets"
stop; ws; dialing "Node ws"

plainly=permessage-deflate
for agreed in \
  "$plainly" \
  "$plainly; server_no_context_takeover; client_no_context_takeover" \
  "$plainly; server_max_window_bits=10; client_max_window_bits=10"; do
  stop; ours "$agreed"; relay; serving "" "$agreed"
  stop; websockets "$agreed"; relay; dialing "Python websockets" "$agreed"
  stop; ws "$agreed"; relay; dialing "Node ws" "$agreed"
done

stop; ours "$plainly"; nginx; relay
talk "our server, nginx, Python websockets, $plainly" "$python" "$here/client.py" "$url" "$plainly"
talk "our server, nginx, Chromium, $plainly" node "$here/chromium.mjs" "$url" "$plainly"
stop; ws "$plainly"; nginx; relay; dialing "nginx, Node ws" "$plainly"

if [ "${1-}" = tokio ]; then
  authority
  export SSL_CERT_FILE=$authority NODE_EXTRA_CA_CERTS=$authority # from here on, this is whom all clients trust
  stop; tls ours; tls serving "TLS, "
  stop; tls websockets; dialing "TLS, Python websockets"
  stop; tls ws; dialing "TLS, Node ws"

  stop; ours "$plainly"; relay; tls nginx; tls serving "TLS with nginx, " "$plainly"
  stop; ws "$plainly"; relay; counter=$url; tls nginx
  dialing "TLS with nginx, Node ws" "$plainly" "$counter"
fi

echo; echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
