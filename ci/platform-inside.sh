#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# What platforms.sh runs in a root: platform-inside.sh native | cross | musl NAME. Installs what is
# missing there, builds, runs the demo and the unit and sim tests.
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=ci/lib.sh
. ci/lib.sh

kind=$1
name=$2

native() { # a newcomer's first command, then the tests
    ./ci/run demo
    versions
    ./ci/run unit
}

# The oldest system holds the table to its word: these are the versions there.
versions() {
    local module tried version
    phase "versions"
    while read -r module _ tried _; do
        version=$(pkg-config --modversion "$module")
        echo "   $module $version"
        if [ "$name" = bullseye ] && [[ "$version" != "$tried"* ]]; then
            echo "platforms: cmake/dependencies.txt says that the oldest $module that is tried is $tried" >&2
            return 1
        fi
    done < <(grep '^[a-z]' cmake/dependencies.txt)
}

apt_install() { # apt_install PACKAGE...
    local package missing=()
    for package in "$@"; do
        dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing+=("$package")
    done
    [ ${#missing[@]} -gt 0 ] || return 0
    phase "installing ${missing[*]}"
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
}

cross() { # cross ARCH TRIPLE EMULATOR
    local library libraries=()
    dpkg --add-architecture "$1"
    for library in libssl libnghttp2 libcurl4-openssl libjson-c zlib1g libsqlite3 libcmocka; do
        libraries+=("$library-dev:$1")
    done
    apt_install cmake ninja-build pkg-config qemu-user "crossbuild-essential-$1" "libstdc++6:$1" "${libraries[@]}"
    [ -f build/build.ninja ] || cmake -S . -B build -G Ninja -DAVS_WERROR=ON \
        -DCMAKE_TOOLCHAIN_FILE="$PWD/cmake/debian-cross.cmake" -DAVS_TRIPLE="$2" -DAVS_EMULATOR="$3" >/dev/null
    compile build
    phase "demo under $3"
    "$3" build/shim/avs-shim check --demo
    phase "unit and sim tests under $3"
    (cd build && AVS_TEST_SLACK=10 ctest --output-on-failure --no-tests=error -j2)
}

musl() {
    sed 's/^deb /deb-src /' /etc/apt/sources.list >/etc/apt/sources.list.d/sources.list
    apt_install gcc make cmake ninja-build pkg-config perl dpkg-dev musl-tools linux-libc-dev
    ./ci/platform-musl.sh
}

case "$kind/$name" in
    native/*) native ;;
    cross/armhf) cross armhf arm-linux-gnueabihf qemu-arm ;;
    cross/arm64) cross arm64 aarch64-linux-gnu qemu-aarch64 ;;
    musl/*) musl ;;
esac
