#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Install what is missing of the packages that a job needs: install.sh build | unit | test | fuzz |
# bench | consumers | platforms | packages | abi. Debian and its relatives; elsewhere it names what to install by hand.
set -euo pipefail
cd "$(dirname "$0")"
# shellcheck source-path=SCRIPTDIR
. ./lib.sh

build="gcc g++ make cmake ninja-build pkg-config libssl-dev libnghttp2-dev libcurl4-openssl-dev libjson-c-dev zlib1g-dev libsqlite3-dev ca-certificates"
test="$build git clang clang-format shellcheck pyflakes3 libcmocka-dev python3 python3-pytest python3-pytest-xdist python3-h2 python3-jsonschema"
test+=" nghttp2 nginx-light tinyproxy-bin dnsmasq-base faketime openssl curl iproute2 binutils patch gnutls-bin"
test+=" mosquitto mosquitto-clients softhsm2 libengine-pkcs11-openssl libnginx-mod-stream python3-botocore python3-pycurl"
test+=" mandoc zsh fish"
test+=" perl libxml2-utils python3-junitparser"

case "${1:-build}" in
    build) wanted=$build ;;
    unit) wanted="$build libcmocka-dev" ;;
    test) wanted=$test ;;
    fuzz) wanted="$test llvm" ;;
    bench) wanted="$test valgrind" ;;
    consumers) wanted="$test npm nodejs chromium ansible-core ansible-lint prometheus prometheus-node-exporter" ;;
    platforms) wanted="debootstrap git tar util-linux" ;;
    abi) wanted="$build libcmocka-dev abigail-tools python3 python3-pytest" ;;
    packages) wanted="debootstrap dpkg-dev git tar util-linux" ;;
    *) echo "install.sh: build, unit, test, fuzz, bench, consumers, platforms, packages or abi?" >&2; exit 2 ;;
esac
if ! command -v dpkg-query >/dev/null; then
    echo "install.sh: no dpkg here; please install: $wanted" >&2
    exit 0
fi

is_installed() {
    dpkg-query -W -f '${Status}' "$1" 2>/dev/null | grep -q 'ok installed'
}

# The sanitizers' and the fuzzer's part of clang: a package of its own from clang 14 on.
clang_runtime() {
    local version name
    version=$(apt-cache depends clang | sed -n 's/.*Depends: clang-\([0-9]*\)$/\1/p' | head -1)
    for name in libclang-rt-dev "libclang-rt-$version-dev"; do
        if apt-cache policy "$name" 2>/dev/null | grep -q 'Candidate: [0-9]'; then
            echo "$name"
            return
        fi
    done
}

missing=()
for package in $wanted; do
    is_installed "$package" || missing+=("$package")
done
[ ${#missing[@]} -eq 0 ] && [ "${1:-build}" != fuzz ] && exit 0

sudo=()
if [ "$(id -u)" -ne 0 ]; then
    if ! command -v sudo >/dev/null; then
        cat >&2 <<EOF
install.sh: packages are missing, and this user is not root and has no sudo. As root, run

  apt-get update && apt-get install -y --no-install-recommends ${missing[*]}

and then this command again as before.
EOF
        exit 1
    fi
    sudo=(sudo)
fi
[ ${#missing[@]} -eq 0 ] || "${sudo[@]}" apt-get update -qq
if [ "${1:-build}" = fuzz ]; then
    runtime=$(clang_runtime)
    [ -z "$runtime" ] || is_installed "$runtime" || missing+=("$runtime")
    [ ${#missing[@]} -eq 0 ] && exit 0
fi

phase "installing ${missing[*]}"
log=$(mktemp)
trap 'rm -f "$log"' EXIT
# each package is fetched, unpacked and set up
if ! "${sudo[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "${missing[@]}" 2>&1 |
    progress '([0-9]+) newly installed' '^(Get:|Unpacking|Setting up)' 3 "$log"; then
    tail -n 15 "$log" >&2
    echo "install.sh: apt-get failed; the last lines are above" >&2
    exit 1
fi
