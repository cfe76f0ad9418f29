#!/usr/bin/env bash
# http.sh  -  lets the examples with hyper and axum talk to Node's `ws` over HTTP/1.1, to Node's own HTTP/2, and to our client.
# Installs `ws` into target/interop; Node and npm must be there.
set -euo pipefail
cd "$(dirname "$0")/../.."
work=target/interop
bin=${CARGO_TARGET_DIR:-target}/debug/examples
node_peer=$(sed -n 's/^node_peer=//p' tests/interop/run.sh)

mkdir -p "$work"
npm install --silent --no-audit --no-fund --no-save --prefix "$work" "$node_peer"
export NODE_PATH=$PWD/$work/node_modules
cargo build --all-features --example hyper-echo --example axum-echo --example echo-client

server=
stop() { [ -z "$server" ] || kill "$server" 2> /dev/null || true; server=; }
trap stop EXIT

failed=
for name in hyper-echo axum-echo; do
  log=$work/$name.log
  : > "$log" # nothing of an earlier run
  "$bin/$name" 127.0.0.1:0 > "$log" 2>&1 &
  server=$! url=
  for _ in {1..100}; do
    url=$(sed -n 's/^listening on //p' "$log")
    [ -z "$url" ] || break
    sleep 0.1
  done
  [ -n "$url" ] || { echo "$name does not listen"; cat "$log"; exit 1; }
  echo "=== $name, Node"
  timeout 120 node tests/interop/http.mjs "$url" || failed+=" $name/node"
  echo "=== $name, our client"
  talk=$(printf 'Hello\nGrüße\n' | timeout 60 "$bin/echo-client" "$url") || failed+=" $name/exit"
  echo "$talk"
  [ "$(head -n 2 <<< "$talk")" = $'Hello\nGrüße' ] || failed+=" $name/echo"
  stop
done
[ -z "$failed" ] || { echo "failed:$failed"; exit 1; }
