#!/usr/bin/env bash
# Holds the public API of all features against tests/public-api.txt, so that no change of it goes unseen.
# With --update it writes the listing anew. It needs a nightly toolchain, as the JSON of rustdoc is not stable.
set -euo pipefail
cd "$(dirname "$0")/.."
listing=tests/public-api.txt

case ${1-} in
  '' | --update) ;;
  *) echo "usage: tests/public-api.sh [--update]" >&2; exit 2 ;;
esac

cargo +nightly --version || { echo "there is no nightly toolchain, which cargo-public-api needs"; exit 99; }
cargo public-api --version || cargo install --locked cargo-public-api

# Simplified three times: without the implementations that are blanket, automatic or derived. The guides are pages, not API.
now=$(cargo +nightly public-api -p bowline --all-features -sss | grep -v '^pub mod bowline::guide\b')
[ -n "$now" ] || { echo "the listing is empty"; exit 1; }

if [ "${1-}" = --update ]; then
  printf '%s\n' "$now" > "$listing"
  echo "$listing has $(wc -l < "$listing") lines"
elif diff -u "$listing" - <<< "$now"; then
  echo "the public API is that of $listing"
else
  echo "the public API has changed. If that is meant: tests/public-api.sh --update, and a line in CHANGELOG.md"
  exit 1
fi
