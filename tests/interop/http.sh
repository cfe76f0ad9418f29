#!/usr/bin/env bash
# http.sh  -  lets the examples with hyper and axum talk to Node's `ws` over HTTP/1.1, to Node's own HTTP/2, and to our client, and
# the one with axum, which compresses, also to Chromium. Installs `ws` into target/interop; Node, npm and Chromium must be there.
set -euo pipefail
cd "$(dirname "$0")/../.."
. tests/interop/common.sh
bin=${CARGO_TARGET_DIR:-target}/debug
node_library
export CHROMIUM=${CHROMIUM:-$(command -v chromium)}
cargo build -p bowline-http-echo
cargo build --example echo-client

failed=
for name in hyper-echo axum-echo; do
  start "$name" "$bin/$name" 127.0.0.1:0
  echo "=== $name, Node"
  option=windows
  [ "$name" = hyper-echo ] || option=compressed # and `axum::serve` has no setting for the flow-control window
  timeout 120 node tests/interop/http.mjs "$url" $option || failed+=" $name/node"
  echo "=== $name, our client"
  talk=$(printf 'Hello\nGrüße\n' | timeout 60 "$bin/examples/echo-client" "$url") || failed+=" $name/exit"
  echo "$talk"
  [ "$(head -n 2 <<< "$talk")" = $'Hello\nGrüße' ] || failed+=" $name/echo"
  stop
done
[ -z "$failed" ] || { echo "failed:$failed"; exit 1; }
