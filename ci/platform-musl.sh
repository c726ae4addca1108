#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Inside a Debian root: avs-shim and the libraries under it with musl, shared. Called by
# platform-inside.sh.
set -euo pipefail
# shellcheck source=ci/lib.sh
. ci/lib.sh
# shellcheck source=ci/musl.sh
. ci/musl.sh

prefix=/opt/musl
musl_target "$(dpkg --print-architecture)" $prefix shared
export CFLAGS="-O1 -fPIC -I$prefix/include" LDFLAGS="-L$prefix/lib"
musl_library zlib openssl nghttp2 curl json-c cmocka
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
