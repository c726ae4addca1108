# SPDX-License-Identifier: Apache-2.0
# Inside a Debian root: the libraries that avs-shim stands on, from Debian's own sources, built with
# musl. Source it after lib.sh, then: musl_target ARCH PREFIX shared|static; musl_library NAME...
# shellcheck shell=bash

# Debian's architecture: its GNU and its musl name, OpenSSL's name for it, the emulator
musl_known='
amd64  x86_64-linux-gnu     x86_64-linux-musl     linux-x86_64   qemu-x86_64
arm64  aarch64-linux-gnu    aarch64-linux-musl    linux-aarch64  qemu-aarch64
armhf  arm-linux-gnueabihf  arm-linux-musleabihf  linux-armv4    qemu-arm
'

musl_gnu_name() { # musl_gnu_name ARCH
    awk -v arch="$1" '$1 == arch {print $2}' <<<"$musl_known"
}

musl_target() { # musl_target ARCH PREFIX KIND
    local headers arch
    read -r arch _ musl_triplet musl_openssl musl_emulator <<<"$(awk -v arch="$1" '$1 == arch' <<<"$musl_known")"
    [ -n "$arch" ] || { echo "musl: no architecture '$1'" >&2; return 1; }
    musl_prefix=$2 musl_shared=OFF musl_cmake=() musl_host=()
    [ "$3" = static ] || musl_shared=ON
    if [ "$arch" != "$(dpkg --print-architecture)" ]; then
        musl_cmake=(-DCMAKE_SYSTEM_NAME=Linux "-DCMAKE_SYSTEM_PROCESSOR=${musl_triplet%%-*}"
            "-DCMAKE_CROSSCOMPILING_EMULATOR=$musl_emulator")
        musl_host=("--host=$musl_triplet")
    fi
    mkdir -p "$musl_prefix/include"
    for headers in linux asm-generic; do # the kernel's, beside musl's own
        ln -sfn "/usr/include/$headers" "$musl_prefix/include/$headers"
    done
    ln -sfn "/usr/include/$(musl_gnu_name "$arch")/asm" "$musl_prefix/include/asm"
    export CC="$musl_triplet-gcc" PKG_CONFIG_LIBDIR=$musl_prefix/lib/pkgconfig
}

with_cmake() {
    cmake -S . -B out -G Ninja -DCMAKE_INSTALL_PREFIX="$musl_prefix" -DCMAKE_INSTALL_LIBDIR=lib \
        -DCMAKE_PREFIX_PATH="$musl_prefix" -DCMAKE_BUILD_TYPE=Release -DBUILD_TESTING=OFF \
        -DBUILD_SHARED_LIBS="$musl_shared" "${musl_cmake[@]}" "$@" && ninja -C out install
}

build_zlib() {
    local options=()
    [ "$musl_shared" = ON ] || options=(--static)
    ./configure --prefix="$musl_prefix" "${options[@]}" && make -j2 && make install
}
build_openssl() {
    local options=(no-tests no-legacy) part=sw install=install_sw
    if [ "$musl_shared" = OFF ]; then
        options+=(no-shared no-module no-dso no-engine)
        part=libs install=install_dev
    fi
    ./Configure "$musl_openssl" --prefix="$musl_prefix" --libdir=lib --openssldir=/etc/ssl "${options[@]}" &&
        make -j2 "build_$part" && make "$install"
}
build_nghttp2() {
    local statically=ON
    [ "$musl_shared" = OFF ] || statically=OFF
    with_cmake -DENABLE_LIB_ONLY=ON -DCMAKE_CXX_COMPILER=/bin/false -DCMAKE_CXX_COMPILER_FORCED=ON \
        -DENABLE_SHARED_LIB="$musl_shared" -DENABLE_STATIC_LIB=$statically
}
build_curl() {
    with_cmake -DBUILD_CURL_EXE=OFF -DCURL_USE_OPENSSL=ON -DUSE_NGHTTP2=ON -DCURL_CA_PATH=/etc/ssl/certs \
        -DCURL_USE_LIBSSH2=OFF -DCURL_USE_LIBPSL=OFF -DUSE_LIBIDN2=OFF -DCURL_DISABLE_LDAP=ON -DCURL_BROTLI=OFF \
        -DCURL_ZSTD=OFF -DENABLE_MANUAL=OFF -DHTTP_ONLY=ON
}
build_json_c() { with_cmake -DBUILD_APPS=OFF -DDISABLE_WERROR=ON; }
build_sqlite3() {
    ./configure --prefix="$musl_prefix" "${musl_host[@]}" --disable-tcl --disable-readline --disable-load-extension \
        --disable-threadsafe --disable-shared && make -j2 CROSS_BUILDING=yes BCC="gcc -O1" sqlite3.h libsqlite3.la &&
        make CROSS_BUILDING=yes BCC="gcc -O1" lib_install && install -D -m 644 -t "$musl_prefix/include" sqlite3.h &&
        install -D -m 644 -t "$musl_prefix/lib/pkgconfig" sqlite3.pc
}
build_cmocka() { with_cmake -DWITH_EXAMPLES=OFF -DUNIT_TESTING=OFF; }

musl_library() { # musl_library SOURCE-PACKAGE...: each once
    local name log folder
    for name in "$@"; do
        log=$musl_prefix/$name.log folder=/build$musl_prefix/$name
        [ -e "$musl_prefix/$name.done" ] && continue
        phase "building $name for $musl_triplet"
        rm -rf "$folder"
        mkdir -p "$folder"
        if ! (
            cd "$folder" && apt-get source -qq "$name" &&
                cd "$(find . -mindepth 1 -maxdepth 1 -type d)" && "build_${name//-/_}"
        ) >"$log" 2>&1; then
            tail -n 15 "$log" >&2
            return 1
        fi
        rm -rf "$folder"
        touch "$musl_prefix/$name.done"
    done
}
