#!/usr/bin/env bash
# Install what is missing of the packages that a job needs: install.sh build | test. Debian and its
# relatives; elsewhere it names what to install by hand.
set -euo pipefail

build="gcc g++ cmake ninja-build pkg-config libssl-dev libnghttp2-dev libcurl4-openssl-dev libjson-c-dev zlib1g-dev libsqlite3-dev ca-certificates"
test="$build clang libclang-rt-14-dev llvm-14 libcmocka-dev python3 python3-pytest python3-h2 nghttp2 nginx-light tinyproxy-bin dnsmasq-base faketime openssl curl iproute2 binutils patch gnutls-bin"

case "${1:-build}" in
    build) wanted=$build ;;
    test) wanted=$test ;;
    bench) wanted="$test valgrind" ;;
    *) echo "install.sh: build, test or bench?" >&2; exit 2 ;;
esac
if ! command -v dpkg-query >/dev/null; then
    echo "install.sh: no dpkg here; please install: $wanted" >&2
    exit 0
fi
missing=()
for package in $wanted; do
    dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing+=("$package")
done
[ ${#missing[@]} -eq 0 ] && exit 0
echo "installing: ${missing[*]}"
sudo=()
[ "$(id -u)" -eq 0 ] || sudo=(sudo)
"${sudo[@]}" apt-get update -qq
DEBIAN_FRONTEND=noninteractive "${sudo[@]}" apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
