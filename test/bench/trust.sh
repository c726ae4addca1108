#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Trust store: trust.sh BUILD-DIR [BUNDLE]. JSON lines; see trust_store.c.
set -euo pipefail
build=$(cd "$1" && pwd)
bundle=${2:-/etc/ssl/certs/ca-certificates.crt}
cd "$(dirname "$0")/../.."
read -ra libraries <<<"$(pkg-config --libs openssl libnghttp2 libcurl json-c zlib cmocka) \
    $(pkg-config --libs sqlite3 2>/dev/null || true)"
read -ra flags <<<"$(pkg-config --cflags openssl cmocka)"
${CC:-cc} -O2 -std=gnu11 -D_GNU_SOURCE -DAVS_INSIDE "${flags[@]}" -Ishim/include -Ishim/src -Itest \
    -I"$build/shim" test/bench/trust_store.c test/support/pki.c \
    "$build/shim/libavs-shim.a" "${libraries[@]}" -lpthread -o "$build/bench-trust-store"
"$build/bench-trust-store" "$bundle" "test/bench/trust.sh $1"
