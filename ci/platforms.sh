#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The demo and the unit and sim tests on other systems: platforms.sh [NAME...]. Each lives in a root
# that debootstrap makes once and that is kept under AVS_ROOTS, default
# ${XDG_CACHE_HOME:-~/.cache}/avs-shim/roots; delete a root to make it anew. Needs root.
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=ci/lib.sh
. ci/lib.sh
# shellcheck source=ci/roots.sh
. ci/roots.sh

# name, suite, architecture of the root, how it is built there (see platform-inside.sh)
known='
bullseye  bullseye  native  native
bookworm  bookworm  native  native
trixie    trixie    native  native
i386      bookworm  i386    native
musl      bookworm  native  musl
armhf     bookworm  native  cross
arm64     bookworm  native  cross
'

usage() {
    cat <<EOF
Usage: ./ci/run platforms [NAME...]

  NAME     $(awk 'NF {printf "%s ", $1}' <<<"$known")(all of them when none is given), or any SUITE or
           SUITE:ARCH that debootstrap knows, e.g. jammy or trixie:i386
  AVS_ROOTS      where the roots are kept ($roots)
  AVS_MIRROR     the mirror of the suites (default: the suite's own)
EOF
}

row_of() { # row_of NAME: suite, architecture, kind
    local row
    row=$(awk -v name="$1" '$1 == name {print $2, $3, $4}' <<<"$known")
    if [ -n "$row" ]; then
        echo "$row"
    elif [ "${1#*:}" != "$1" ]; then
        echo "${1%%:*} ${1#*:} native"
    elif [ -n "${AVS_MIRROR:-}" ] || [ -e "$scripts/$1" ]; then
        echo "$1 native native"
    else
        return 1
    fi
}

run_platform() { # run_platform NAME
    local name=$1 root=$roots/${1/:/-} suite arch kind
    read -r suite arch kind <<<"$(row_of "$name")"
    make_root "$root" "$suite" "$arch" || return 1
    copy_tree "$root" || return 1
    (inside "$root" /src/ci/platform-inside.sh "$kind" "$name")
}

main() { # read whole before it runs, which may be an hour
    case "${1:-}" in
        -h | --help) usage; exit 0 ;;
    esac
    local name word started lines=() failed=0 names=("$@")
    [ ${#names[@]} -gt 0 ] || mapfile -t names < <(awk 'NF {print $1}' <<<"$known")
    for name in "${names[@]}"; do
        row_of "$name" >/dev/null || { echo "platforms: no platform or suite '$name'" >&2; usage >&2; exit 2; }
    done
    if [ "$(id -u)" -ne 0 ]; then
        echo "platforms: making and entering roots needs root: sudo ./ci/run platforms ${names[*]}" >&2
        exit 1
    fi
    mkdir -p "$roots"

    for name in "${names[@]}"; do
        phase "platform $name"
        started=$SECONDS
        word=ok
        run_platform "$name" < /dev/null || { word=FAILED; failed=1; }
        lines+=("$(printf '%-10s %-7s %4d s' "$name" "$word" $((SECONDS - started)))")
    done
    phase "platforms"
    printf '%s\n' "${lines[@]}"
    exit $failed
}

main "$@"
