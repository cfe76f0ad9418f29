#!/usr/bin/env bash
# run.sh [NAME...]  -  builds unmodified frameworks over bowline, through the packages in crates/shims, and lets foreign clients talk
# to them: axum, warp and socketioxide, or those that are named. Installs `ws` and `socket.io-client` into target/interop.
set -euo pipefail
cd "$(dirname "$0")/../.."
. tests/interop/common.sh
socketio_peer=socket.io-client@4.8.4
programs=("$@")
[ ${#programs[@]} != 0 ] || programs=(axum warp socketioxide)
target=${CARGO_TARGET_DIR:-$PWD/target}/adoption
mkdir -p "$work"
npm install --silent --no-audit --no-fund --no-save --prefix "$work" "$node_peer" "$socketio_peer"
export NODE_PATH=$PWD/$work/node_modules

failed=
for name in "${programs[@]}"; do
  echo "=== $name"
  manifest=tests/adoption/$name/Cargo.toml
  CARGO_TARGET_DIR=$target cargo build --manifest-path "$manifest"
  # The original must not be in it, under any version.
  ! cargo tree --manifest-path "$manifest" -i tungstenite 2> /dev/null || { echo "tungstenite is still there"; exit 1; }
  start "$name" "$target/debug/adoption-$name"
  timeout 120 node "tests/adoption/$name.mjs" "$url" || failed+=" $name"
  stop
done
[ -z "$failed" ] || { echo "failed:$failed"; exit 1; }
