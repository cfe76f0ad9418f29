# Functions that the scripts here share: they install foreign peers, start and stop servers, and make certificates. Source it in the
# root of the project. It needs Node and npm, OpenSSL, and Python with venv.
here=tests/interop work=target/interop

# The newest releases when this was last looked at. Raise them, and everything must still pass.
python_peer=websockets==17.4
node_peer=ws@8.23.0

# Installs `websockets`, and leaves its Python in $python.
python_library() {
  python=$work/venv/bin/python
  mkdir -p "$work"
  [ -x "$work/venv/bin/pip" ] || python3 -m venv "$work/venv"
  "$work/venv/bin/pip" install -q --disable-pip-version-check "$python_peer"
}

node_library() { # `ws`
  mkdir -p "$work"
  npm install --silent --no-audit --no-fund --no-save --prefix "$work" "$node_peer"
  export NODE_PATH=$PWD/$work/node_modules
}

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

websockets() { start websockets "$python" "$here/server.py" "$@"; }
ws() { start ws node "$here/server.mjs" "$@"; }
relay() { start relay node "$here/relay.mjs" "$url"; }

# Makes a certificate for localhost, and the authority that has signed it, and leaves their files in $certificate, $key and
# $authority.
authority() {
  local dir; dir=$(mkdir -p "$work/tls" && cd "$work/tls" && pwd)
  certificate=$dir/server.pem key=$dir/server.key authority=$dir/authority.pem
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj "/CN=bowline tests" \
    -keyout "$dir/authority.key" -out "$dir/authority.pem" -addext "keyUsage=critical,keyCertSign" 2> "$dir/log"
  openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "/CN=localhost" -keyout "$key" 2> "$dir/log" |
    openssl x509 -req -CA "$dir/authority.pem" -CAkey "$dir/authority.key" -set_serial 2 -days 2 -out "$certificate" \
      -extfile <(printf '%s\n' subjectAltName=DNS:localhost keyUsage=critical,digitalSignature extendedKeyUsage=serverAuth \
        basicConstraints=critical,CA:FALSE subjectKeyIdentifier=hash authorityKeyIdentifier=keyid) 2> "$dir/log" ||
    { cat "$dir/log"; exit 1; }
}

# Servers that are started so speak TLS. Chromium must be told, too: it has roots of its own.
tls() { CERTIFICATE=$certificate KEY=$key "$@"; }
