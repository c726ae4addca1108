#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The command as one file that needs no library of the board: static.sh [TRIPLET...]. Musl, and the
# libraries under avs-shim from Debian's own sources, in a root that debootstrap makes once and that
# is kept under AVS_ROOTS. The files are left in build-static/TRIPLET. Needs root.
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=ci/lib.sh
. ci/lib.sh
# shellcheck source=ci/roots.sh
. ci/roots.sh

# what a user says, Debian's architecture
known='
x86_64   amd64
aarch64  arm64
armhf    armhf
'

usage() {
    cat <<EOF
Usage: ./ci/run static [TRIPLET...]

  TRIPLET  $(awk 'NF {printf "%s ", $1}' <<<"$known")(all of them when none is given), or one that
           means the same, e.g. aarch64-linux-gnu, arm-linux-gnueabihf
  AVS_ROOTS      where the root is kept ($roots)
EOF
}

row_of() { # row_of TRIPLET: its name here, Debian's architecture
    case $1 in
        arm*hf*) set -- armhf ;;
        amd64) set -- x86_64 ;;
        arm64) set -- aarch64 ;;
    esac
    awk -v name="${1%%-*}" '$1 == name {print; found = 1} END {exit !found}' <<<"$known"
}

main() { # read whole before it runs
    case "${1:-}" in
        -h | --help) usage; exit 0 ;;
    esac
    local triplet name arch root=$roots/static triplets=("$@")
    [ $# -gt 0 ] || mapfile -t triplets < <(awk 'NF {print $1}' <<<"$known")
    for triplet in "${triplets[@]}"; do
        row_of "$triplet" >/dev/null || { echo "static: no triplet '$triplet'" >&2; usage >&2; exit 2; }
    done
    if [ "$(id -u)" -ne 0 ]; then
        echo "static: making and entering a root needs root: sudo ./ci/run static $*" >&2
        exit 1
    fi
    mkdir -p "$roots"
    make_root "$root" bookworm native
    copy_tree "$root"
    for triplet in "${triplets[@]}"; do
        read -r name arch <<<"$(row_of "$triplet")"
        (inside "$root" /src/ci/static-inside.sh "$arch")
        mkdir -p "build-static/$name"
        cp "$root/src/build-static-$arch/shim/avs-shim" "build-static/$name/avs-shim"
    done
    phase "one file for any Linux of its architecture"
    for triplet in "${triplets[@]}"; do
        read -r name arch <<<"$(row_of "$triplet")"
        ls -l "build-static/$name/avs-shim"
    done
}

main "$@"
