#!/usr/bin/env bash
# chat.sh  -  lets people in headless Chromium talk to each other through examples/chat, lose the network and come back.
# With SCREENSHOT=FILE it also takes a picture of a conversation. Installs Node's `ws`, which steers the browser, into
# target/interop; Node, npm and Chromium must be there.
set -euo pipefail
cd "$(dirname "$0")/../.."
. tests/interop/common.sh
export CHROMIUM=${CHROMIUM:-$(command -v chromium)}
node_library
cargo build --release -p bowline-chat
timeout 400 node tests/interop/chat.mjs "${CARGO_TARGET_DIR:-target}/release/bowline-chat"
