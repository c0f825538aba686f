#!/bin/sh
# Moves what the program loads at run time from node_modules to the folder $2, with the binaries of one architecture.
# Everything else is bundled, or of no use in the image: the driver of Node 20, and faiss-node, which has no binaries.
# Run by the Dockerfile, with Docker's name of the architecture.
set -eu

case "$1" in
  amd64) arch=x64 ;;
  arm64) arch=arm64 ;;
  *) echo "There are no binaries for the architecture \"$1\": use amd64 or arm64." >&2; exit 1 ;;
esac

mkdir "$2"
for package in better-sqlite3-prebuilt onnxruntime-node onnxruntime-common; do mv "node_modules/$package" "$2"; done
cd "$2"
rm -rf better-sqlite3-prebuilt/deps better-sqlite3-prebuilt/src better-sqlite3-prebuilt/build
find better-sqlite3-prebuilt/prebuilds -type f ! -name "linux-$arch.node" -delete
find onnxruntime-node/bin/napi-v6 -mindepth 2 -maxdepth 2 ! -path "*/linux/$arch" -exec rm -rf {} +

# Fail here rather than at the first memory, in case a package moves its binaries.
test -s "better-sqlite3-prebuilt/prebuilds/linux-$arch.node"
test -s "onnxruntime-node/bin/napi-v6/linux/$arch/onnxruntime_binding.node"
