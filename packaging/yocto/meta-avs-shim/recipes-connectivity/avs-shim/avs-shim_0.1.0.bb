# SPDX-License-Identifier: Apache-2.0
SUMMARY = "TLS and HTTP/2 to Alexa for the AVS Device SDK"
DESCRIPTION = "libavs-shim makes the connections of an Alexa Built-in device; the avs-shim command says \
whether this device reaches Alexa, and if not, why and what to do."
SECTION = "libs"
LICENSE = "Apache-2.0"
LIC_FILES_CHKSUM = "file://LICENSE;md5=3b83ef96387f14655fc854ddc3c6bd57"

inherit externalsrc cmake pkgconfig systemd
EXTERNALSRC = "${AVS_SHIM_SOURCE}"
EXTERNALSRC_BUILD = "${WORKDIR}/build"

DEPENDS = "curl nghttp2 openssl"
EXTRA_OECMAKE = "-DBUILD_TESTING=OFF -DAVS_BUILD_SAMPLES=OFF"

# doctor: the avs-shim command and libavs-doctor; sqlite: it reads the gateway that the SDK has stored;
# sdk: the sources of the adapter, for the build of the SDK (avs-shim-sdk.bbclass)
PACKAGECONFIG ??= "doctor sdk"
PACKAGECONFIG[doctor] = "-DAVS_BUILD_DOCTOR=ON,-DAVS_BUILD_DOCTOR=OFF,json-c zlib"
PACKAGECONFIG[sqlite] = "-DAVS_WITH_SQLITE=ON,-DAVS_WITH_SQLITE=OFF,sqlite3"
PACKAGECONFIG[sdk] = "-DAVS_INSTALL_SDK_SOURCES=ON,-DAVS_INSTALL_SDK_SOURCES=OFF"

do_install:append() {
    if ${@bb.utils.contains('DISTRO_FEATURES', 'systemd', 'true', 'false', d)} && [ -e ${D}${bindir}/avs-shim ]; then
        install -d ${D}${systemd_system_unitdir}
        install -m 644 ${S}/packaging/systemd/avs-shim-check.service ${S}/packaging/systemd/avs-shim-check.timer \
            ${D}${systemd_system_unitdir}
    fi
}

PACKAGES =+ "libavs-shim libavs-doctor ${PN}-check ${PN}-sdk-dev"
FILES:libavs-shim = "${libdir}/libavs-shim.so.*"
FILES:libavs-doctor = "${libdir}/libavs-doctor.so.*"
FILES:${PN}-check = "${systemd_system_unitdir}/avs-shim-check.*"
FILES:${PN}-sdk-dev = "${datadir}/avs-shim/sdk"
FILES:${PN} += "${libdir}/avs-shim ${datadir}/bash-completion ${datadir}/fish ${datadir}/zsh"
RDEPENDS:${PN}:append:class-target = " ca-certificates"
RDEPENDS:libavs-shim:append:class-target = " ca-certificates"
RDEPENDS:${PN}-check = "${PN}"
RDEPENDS:${PN}-dev = "libavs-shim (= ${EXTENDPKGV}) ${@bb.utils.contains('PACKAGECONFIG', 'doctor', 'libavs-doctor (= ${EXTENDPKGV})', '', d)}"
RDEPENDS:${PN}-sdk-dev = "${PN}-staticdev"

# off until it is enabled: it asks Alexa once an hour
SYSTEMD_PACKAGES = "${PN}-check"
SYSTEMD_SERVICE:${PN}-check = "avs-shim-check.timer"
SYSTEMD_AUTO_ENABLE = "disable"

BBCLASSEXTEND = "native nativesdk"
