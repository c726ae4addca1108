#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# What is under packaging/buildroot, yocto and openwrt, read by the tools it is written for, where their
# trees are at hand: AVS_BUILDROOT=DIR, AVS_OE_CORE=DIR with AVS_BITBAKE=DIR (of one series, kirkstone
# or scarthgap), AVS_OPENWRT=DIR. Nothing is built. packages.sh calls it, as root.
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=ci/lib.sh
. ci/lib.sh
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

expect() { # expect FILE LINE...: each is a whole line of the file
    local line
    for line in "${@:2}"; do
        grep -qxF -- "$line" "$1" || { echo "recipes: $1 lacks: $line" >&2; tail -n 5 "$1" >&2; return 1; }
    done
}

buildroot() {
    local tree=$PWD/packaging/buildroot
    cat >"$work/defconfig" <<'EOF'
BR2_aarch64=y
BR2_TOOLCHAIN_BUILDROOT_GLIBC=y
BR2_PACKAGE_AVS_SHIM=y
BR2_PACKAGE_SQLITE=y
EOF
    (cd "$AVS_BUILDROOT" && /usr/bin/python3 utils/check-package -b "$tree"/{Config.in,external.mk} "$tree"/package/avs-shim/*)
    make -s -C "$AVS_BUILDROOT" BR2_EXTERNAL="$tree" O="$work/br" BR2_DEFCONFIG="$work/defconfig" defconfig >/dev/null
    expect "$work/br/.config" BR2_PACKAGE_AVS_SHIM_DOCTOR=y BR2_PACKAGE_LIBCURL_OPENSSL=y BR2_PACKAGE_LIBOPENSSL=y \
        BR2_PACKAGE_CA_CERTIFICATES=y
    make -s -C "$AVS_BUILDROOT" O="$work/br" show-info >"$work/info.json"
    /usr/bin/python3 - "$work/info.json" <<'EOF'
import json, sys
info = json.load(open(sys.argv[1]))["avs-shim"]
wanted = {"host-pkgconf", "json-c", "libcurl", "nghttp2", "openssl", "sqlite", "zlib"}
missing = wanted - set(info["dependencies"])
sys.exit(f"recipes: show-info lacks {missing}" if missing else 0)
EOF
    echo "   dependencies as they should be"
}

bitbake_expand() { # bitbake_expand RECIPE OUT [LINE OF local.conf]...
    mkdir -p "$work/bb/conf"
    cat >"$work/bb/conf/bblayers.conf" <<EOF
BBPATH = "$work/bb"
BBFILES ?= ""
BBLAYERS = "$AVS_OE_CORE/meta $work/layers/packaging/yocto/meta-avs-shim $work/layers/sdk"
EOF
    printf '%s\n' 'MACHINE = "qemuarm64"' 'DISTRO = "nodistro"' 'BB_NO_NETWORK = "1"' "${@:3}" >"$work/bb/conf/local.conf"
    chown -R nobody "$work"
    # bitbake wants to be no root
    if ! (cd "$work/bb" && setpriv --reuid nobody --clear-groups env HOME="$work/bb" LC_ALL=en_US.UTF-8 BBPATH="$work/bb" \
        PATH="$AVS_BITBAKE/bin:/usr/bin:/bin:/usr/sbin:/sbin" bitbake -b "$1" -e >"$2" 2>"$2.log"); then
        grep -hA9 '^ERROR' "$2" "$2.log" | head -n 20 >&2
        return 1
    fi
}

yocto() {
    local recipe="$work/layers/packaging/yocto/meta-avs-shim/recipes-connectivity/avs-shim/avs-shim_0.1.0.bb" kind
    mkdir -p "$work/layers/sdk/conf" "$work/layers/sdk/recipes"
    git ls-files -z --cached --others --exclude-standard | tar -c --null -T - | tar -x -C "$work/layers" --no-same-owner
    cat >"$work/layers/sdk/conf/layer.conf" <<'EOF'
BBFILES += "${LAYERDIR}/recipes/*.bb"
BBFILE_COLLECTIONS += "sdk"
BBFILE_PATTERN_sdk = "^${LAYERDIR}/"
LAYERSERIES_COMPAT_sdk = "kirkstone scarthgap"
EOF
    printf 'SUMMARY = "an SDK"\nLICENSE = "CLOSED"\ninherit cmake\n' >"$work/layers/sdk/recipes/avs-device-sdk_1.26.bb"

    bitbake_expand "$recipe" "$work/target" 'PACKAGECONFIG:pn-avs-shim = "doctor sqlite sdk"'
    expect "$work/target" 'RDEPENDS:avs-shim-check="avs-shim"' 'FILES:libavs-shim="/usr/lib/libavs-shim.so.*"' \
        'PACKAGECONFIG_CONFARGS=" -DAVS_BUILD_DOCTOR=ON -DAVS_INSTALL_SDK_SOURCES=ON -DAVS_WITH_SQLITE=ON"'
    grep -E '^DEPENDS=.* curl nghttp2 openssl json-c zlib sqlite3' "$work/target"
    bitbake_expand "$recipe" "$work/line" 'PACKAGECONFIG:pn-avs-shim = ""'
    expect "$work/line" 'PACKAGECONFIG_CONFARGS=" -DAVS_BUILD_DOCTOR=OFF -DAVS_INSTALL_SDK_SOURCES=OFF -DAVS_WITH_SQLITE=OFF"'
    if grep -E '^DEPENDS=.*(json-c|sqlite)' "$work/line"; then
        echo "recipes: libavs-shim alone needs none of the above" >&2
        return 1
    fi
    for kind in native nativesdk; do
        bitbake_expand "virtual:$kind:$recipe" "$work/$kind"
        grep -E '^DEPENDS=.*(curl-native|nativesdk-curl)' "$work/$kind"
    done
    bitbake_expand "$work/layers/sdk/recipes/avs-device-sdk_1.26.bb" "$work/sdk" 'AVS_SHIM_UNDER_SDK = "1"'
    grep -E '^DEPENDS=.* avs-shim' "$work/sdk"
    grep -E '^EXTRA_OECMAKE=.*-DEXTENSION_PATHS=.*/recipe-sysroot/usr/share/avs-shim/sdk/extension' "$work/sdk" | cut -c1-100
}

openwrt() {
    make --no-print-dir -r -C packaging/openwrt/avs-shim DUMP=1 TOPDIR="$AVS_OPENWRT" >"$work/dump" 2>/dev/null
    expect "$work/dump" "Package: libavs-shim" "Package: libavs-doctor" "Package: avs-shim" \
        "Depends: +libc libcurl @LIBCURL_OPENSSL +libopenssl +libnghttp2 +libatomic +ca-bundle" "LicenseFiles: LICENSE"
    grep -E '^(Package|Depends):' "$work/dump"
}

phase "Buildroot"
if [ -n "${AVS_BUILDROOT:-}" ]; then buildroot; else echo "   not looked at: set AVS_BUILDROOT to its tree"; fi
phase "Yocto"
if [ -n "${AVS_OE_CORE:-}" ]; then yocto; else echo "   not looked at: set AVS_OE_CORE and AVS_BITBAKE to the trees of one series"; fi
phase "OpenWrt"
if [ -n "${AVS_OPENWRT:-}" ]; then openwrt; else echo "   not looked at: set AVS_OPENWRT to its tree"; fi
