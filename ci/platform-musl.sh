#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Inside a Debian root: the libraries that avs-shim stands on, from Debian's own sources, built with
# musl-gcc into /opt/musl; then avs-shim with them. Called by platform-inside.sh.
set -euo pipefail
# shellcheck source=ci/lib.sh
. ci/lib.sh

prefix=/opt/musl
export CC=musl-gcc PKG_CONFIG_LIBDIR=$prefix/lib/pkgconfig CFLAGS="-O1 -fPIC -I$prefix/include" LDFLAGS="-L$prefix/lib"

with_cmake() {
    cmake -S . -B out -G Ninja -DCMAKE_INSTALL_PREFIX="$prefix" -DCMAKE_INSTALL_LIBDIR=lib -DCMAKE_PREFIX_PATH="$prefix" \
        -DCMAKE_BUILD_TYPE=Release -DBUILD_TESTING=OFF "$@" && ninja -C out install
}

build_zlib() { ./configure --prefix="$prefix" && make -j2 && make install; }
build_openssl() {
    ./Configure linux-x86_64 --prefix="$prefix" --libdir=lib --openssldir=/etc/ssl no-tests no-legacy &&
        make -j2 build_sw && make install_sw
}
build_nghttp2() { with_cmake -DENABLE_LIB_ONLY=ON -DCMAKE_CXX_COMPILER=/bin/false -DCMAKE_CXX_COMPILER_FORCED=ON; }
build_curl() {
    with_cmake -DBUILD_CURL_EXE=OFF -DCURL_USE_OPENSSL=ON -DUSE_NGHTTP2=ON -DCURL_CA_PATH=/etc/ssl/certs \
        -DCURL_USE_LIBSSH2=OFF -DCURL_USE_LIBPSL=OFF -DUSE_LIBIDN2=OFF -DCURL_DISABLE_LDAP=ON -DCURL_BROTLI=OFF \
        -DCURL_ZSTD=OFF -DENABLE_MANUAL=OFF
}
build_json_c() { with_cmake -DBUILD_APPS=OFF -DDISABLE_WERROR=ON; }
build_cmocka() { with_cmake -DWITH_EXAMPLES=OFF -DUNIT_TESTING=OFF; }

make_library() { # make_library SOURCE-PACKAGE: once
    local log=$prefix/$1.log
    [ -e "$prefix/$1.done" ] && return
    phase "building $1 with musl"
    rm -rf "/build/$1"
    mkdir -p "/build/$1"
    if ! (cd "/build/$1" && apt-get source -qq "$1" && cd "$(find . -mindepth 1 -maxdepth 1 -type d)" && "build_${1//-/_}") >"$log" 2>&1; then
        tail -n 15 "$log" >&2
        return 1
    fi
    rm -rf "/build/$1"
    touch "$prefix/$1.done"
}

mkdir -p "$prefix/include"
for headers in linux asm-generic; do # the kernel's, beside musl's own
    ln -sfn "/usr/include/$headers" "$prefix/include/$headers"
done
ln -sfn "/usr/include/$(gcc -print-multiarch)/asm" "$prefix/include/asm"
for source in zlib openssl nghttp2 curl json-c cmocka; do
    make_library "$source"
done

unset CFLAGS LDFLAGS
export LD_LIBRARY_PATH=
if [ ! -f build/build.ninja ]; then
    phase "configuring build"
    cmake -S . -B build -G Ninja -DAVS_WERROR=ON -DAVS_WITH_SQLITE=OFF -DCMAKE_CXX_COMPILER= \
        -DCMAKE_C_FLAGS="-isystem $prefix/include" -DCMAKE_EXE_LINKER_FLAGS="-L$prefix/lib -Wl,-rpath,$prefix/lib" \
        -DCMAKE_SHARED_LINKER_FLAGS="-L$prefix/lib" >/dev/null
fi
compile build
phase "demo"
./build/shim/avs-shim check --demo
phase "unit and sim tests"
(cd build && ctest --output-on-failure --no-tests=error -j2)
