# SPDX-License-Identifier: Apache-2.0
# Systems to try things in, made by debootstrap and kept under AVS_ROOTS. Source it after lib.sh.
# shellcheck shell=bash

scripts=/usr/share/debootstrap/scripts
roots=${AVS_ROOTS:-${XDG_CACHE_HOME:-$HOME/.cache}/avs-shim/roots}

# base SUITE ARCH: a minimal system with git, made once; prints its folder. Complete or not there.
base() {
    local suite=$1 arch=$2 folder=$roots/.base/$1-$2 options=(--variant=minbase "--include=git,ca-certificates") where=()
    if [ ! -d "$folder" ]; then
        phase "making a system with debootstrap: $suite $arch" >&2
        mkdir -p "$roots/.base"
        rm -rf --one-file-system "$folder.new"
        [ "$arch" = native ] || options+=("--arch=$arch")
        case ${AVS_MIRROR:-}$(readlink "$scripts/$suite" || true) in
            *ubuntu* | gutsy) options+=("--components=main,universe"); where=("${AVS_MIRROR:-}" gutsy) ;;
            ?*:*) where=("$AVS_MIRROR" sid) ;;
        esac
        [ -n "${AVS_MIRROR:-}" ] || where=()
        if ! debootstrap "${options[@]}" "$suite" "$folder.new" "${where[@]}" >"$folder.log" 2>&1; then
            tail -n 5 "$folder.log" >&2
            return 1
        fi
        mv "$folder.new" "$folder"
    fi
    echo "$folder"
}

make_root() { # make_root ROOT SUITE ARCH
    local folder
    [ -d "$1" ] && return
    folder=$(base "$2" "$3") || return 1
    rm -rf --one-file-system "$1.new"
    cp -a --reflink=auto "$folder" "$1.new"
    mv "$1.new" "$1"
}

copy_tree() { # copy_tree ROOT: what git knows of this work tree, changes included; builds there stay
    local root
    mkdir -p "$1/src"
    root=$(realpath "$1")
    if awk -v root="$root/" 'index($5 "/", root) == 1 {found = 1} END {exit !found}' /proc/self/mountinfo; then
        echo "roots: something is mounted below $root, perhaps of somebody else at work there; nothing was touched" >&2
        return 1
    fi
    rm -rf --one-file-system "$1/src.new"
    mkdir "$1/src.new"
    git ls-files -z --cached --others --exclude-standard |
        while IFS= read -r -d '' file; do [ ! -e "$file" ] || printf '%s\0' "$file"; done |
        tar -c --null -T - | tar -x -m -C "$1/src.new" --no-same-owner
    # what is unchanged keeps its time, what changed is newer than all that was built there
    (cd "$1/src.new" && find . -type f -print0) |
        while IFS= read -r -d '' file; do
            if cmp -s "$1/src/$file" "$1/src.new/$file"; then
                touch -r "$1/src/$file" "$1/src.new/$file"
            fi
        done
    find "$1/src" -mindepth 1 -maxdepth 1 -name 'build*' -exec mv -t "$1/src.new" {} +
    rm -rf --one-file-system "$1/src"
    mv "$1/src.new" "$1/src"
}

# inside ROOT COMMAND...: mounts and processes belong to name spaces of their own, so they end with
# the command, however it ends.
inside() {
    local root=$1
    cp -L /etc/resolv.conf "$root/etc/resolv.conf"
    # shellcheck disable=SC2016,SC1004 # for the shell inside
    exec unshare --mount --pid --fork --kill-child bash -c '
        set -e
        mount --rbind /dev "$0/dev"
        mount -t proc proc "$0/proc"
        mount -t tmpfs tmpfs "$0/tmp"
        exec chroot "$0" env -i HOME=/root PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8 \
            http_proxy="${http_proxy:-}" "$@"' "$root" "${@:2}"
}
