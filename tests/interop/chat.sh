#!/usr/bin/env bash
# chat.sh  -  lets pages in headless Chromium talk to each other through the example `chat`, lose the network and come back.
# With SCREENSHOT=FILE it also takes a picture of a conversation. Installs Node's `ws`, which steers the browser, into
# target/interop; Node, npm and Chromium must be there.
set -euo pipefail
cd "$(dirname "$0")/../.."
work=target/interop
bin=${CARGO_TARGET_DIR:-target}/release/examples
node_peer=$(sed -n 's/^node_peer=//p' tests/interop/run.sh)

mkdir -p "$work"
npm install --silent --no-audit --no-fund --no-save --prefix "$work" "$node_peer"
export NODE_PATH=$PWD/$work/node_modules
cargo build --release --example chat
timeout 400 node tests/interop/chat.mjs "$bin/chat"
