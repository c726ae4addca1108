#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Inside a Debian root: one file with everything in it, and the commands that a board runs first, by
# an emulator: static-inside.sh ARCH. Called by static.sh.
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=ci/lib.sh
. ci/lib.sh
# shellcheck source=ci/musl.sh
. ci/musl.sh

arch=$1
limit_bytes=8000000
command=build-static-$arch/shim/avs-shim

install_tools() {
    local tools=(gcc libc6-dev make cmake ninja-build pkg-config perl tcl dpkg-dev linux-libc-dev qemu-user file "musl-dev:$arch")
    sed 's/^deb /deb-src /' /etc/apt/sources.list >/etc/apt/sources.list.d/sources.list
    if [ "$arch" != "$(dpkg --print-architecture)" ]; then
        dpkg --add-architecture "$arch"
        tools+=("gcc-$(musl_gnu_name "$arch")" "linux-libc-dev:$arch")
    fi
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${tools[@]}" >/dev/null
}

build_command() {
    musl_target "$arch" "/opt/static/$arch" static
    CFLAGS="-Os -ffunction-sections -fdata-sections -I$musl_prefix/include" LDFLAGS="-L$musl_prefix/lib" \
        musl_library zlib openssl nghttp2 curl json-c sqlite3
    phase "configuring ${command%/shim/*}"
    # What stands last on the line: the libraries under libcurl, however CMake orders those that it
    # knows; and that it is no PIE, for which Debian's musl-gcc has no start file.
    cmake -S . -B "${command%/shim/*}" -G Ninja -DCMAKE_BUILD_TYPE=MinSizeRel -DAVS_WITH_SQLITE=ON -DAVS_WERROR=ON \
        -DBUILD_TESTING=OFF -DAVS_BUILD_SAMPLES=OFF -DCMAKE_CXX_COMPILER= "${musl_cmake[@]}" \
        -DCMAKE_C_FLAGS="-isystem $musl_prefix/include -DCURL_STATICLIB -DNGHTTP2_STATICLIB" \
        -DCMAKE_EXE_LINKER_FLAGS="-static -s -L$musl_prefix/lib" \
        -DCMAKE_C_STANDARD_LIBRARIES="-no-pie -Wl,--start-group -lcurl -lnghttp2 -lssl -lcrypto -lz -Wl,--end-group" >/dev/null
    compile "${command%/shim/*}" avs-shim-cli
}

expect() { # expect EXIT-CODE WORDS COMMAND...: what a board says, without libraries of its own
    local code=0 said
    said=$("$musl_emulator" -L /nowhere "$command" "${@:3}" 2>&1) || code=$?
    if [ "$code" -ne "$1" ] || ! grep -qF -- "$2" <<<"$said"; then
        printf '%s\nstatic: avs-shim %s: exit code %s (%s wanted), or no "%s" in the above\n' "$said" "${*:3}" "$code" "$1" "$2" >&2
        return 1
    fi
    printf '   avs-shim %s: exit code %s, "%s"\n' "${*:3}" "$code" "$2"
}

try_command() {
    local size
    phase "avs-shim of $musl_triplet by $musl_emulator"
    file -b "$command"
    if readelf -lW "$command" | grep -E 'INTERP|DYNAMIC'; then
        echo "static: the file asks for a loader" >&2
        return 1
    fi
    size=$(stat -c %s "$command")
    [ "$size" -lt $limit_bytes ] || { echo "static: $size bytes, at most $limit_bytes" >&2; return 1; }
    echo "   $size bytes"
    expect 0 "avs-shim " --version
    expect 0 "Ready: https://ok.localhost works" check --demo
    expect 0 "Ready: all" trust audit
    expect 1 "[placeholder]" endpoint lint --config config/AlexaClientSDKConfig-1.17.json
    expect 3 '"cause": "dns_failed"' check --json --endpoint https://nowhere.invalid
}

install_tools
build_command
try_command
