/* SPDX-License-Identifier: Apache-2.0 */
/* The conventions. Sources: update-ca-certificates(8) of Debian, SUSE and Alpine,
 * update-ca-trust(8) of Fedora and Arch, OpenWrt's ca-certificates and ca-bundle packages. The
 * first row whose marker exists wins: the peculiar ones stand before the common ones. */
#include "store/install_distro.h"

#include <string.h>

#define UCA "/usr/sbin/update-ca-certificates"

static const struct avs_distro distros[] = {
    {
        .id = "android",
        .label = "Android",
        .marker = {"/system/etc/security/cacerts", "/system/build.prop"},
        .folder = {"/apex/com.android.conscrypt/cacerts", "/system/etc/security/cacerts"},
        .extension = ".pem",
    },
    {
        .id =
            "flatcar", /* /usr is read-only: CAs added by hand lie beside the links to the others */
        .label = "Flatcar",
        .marker = {"/usr/share/flatcar", "/usr/share/coreos"},
        .anchors = "/etc/ssl/certs",
        .extension = ".pem",
        .updater = {UCA},
        .refresh = {UCA},
        .bundle = {"/etc/ssl/certs/ca-certificates.crt"},
        .folder = {"/etc/ssl/certs"},
    },
    {
        .id = "openwrt",
        .label = "OpenWrt",
        .marker = {"/etc/openwrt_release", "/etc/openwrt_version"},
        .bundle = {"/etc/ssl/certs/ca-certificates.crt", "/etc/ssl/cert.pem"},
        .folder = {"/etc/ssl/certs"},
        .extension = ".crt",
        .package = "opkg install ca-bundle",
    },
    {
        .id = "suse",
        .label = "SUSE",
        .marker = {"/etc/pki/trust/anchors", "/usr/share/pki/trust", "/etc/SuSE-release"},
        .anchors = "/etc/pki/trust/anchors",
        .extension = ".pem",
        .updater = {UCA},
        .refresh = {UCA},
        .bundle = {"/var/lib/ca-certificates/ca-bundle.pem", "/etc/ssl/ca-bundle.pem"},
        .folder = {"/var/lib/ca-certificates/pem", "/etc/ssl/certs"},
        .package = "zypper install ca-certificates-mozilla",
    },
    {
        .id = "arch",
        .label = "Arch Linux",
        .marker = {"/etc/ca-certificates/trust-source", "/etc/arch-release"},
        .anchors = "/etc/ca-certificates/trust-source/anchors",
        .extension = ".crt",
        .updater = {"/usr/bin/update-ca-trust"},
        .refresh = {"/usr/bin/update-ca-trust"},
        .bundle = {"/etc/ca-certificates/extracted/tls-ca-bundle.pem",
                   "/etc/ssl/certs/ca-certificates.crt"},
        .folder = {"/etc/ca-certificates/extracted/cadir", "/etc/ssl/certs"},
        .package = "pacman -S ca-certificates",
    },
    {
        .id = "fedora",
        .label = "Fedora, RHEL",
        .marker = {"/etc/pki/ca-trust/source", "/etc/pki/ca-trust", "/etc/redhat-release"},
        .anchors = "/etc/pki/ca-trust/source/anchors",
        .extension = ".pem",
        .updater = {"/usr/bin/update-ca-trust", "extract"},
        .refresh = {"/usr/bin/update-ca-trust", "extract"},
        .bundle = {"/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
                   "/etc/pki/tls/certs/ca-bundle.crt"},
        .folder = {"/etc/pki/ca-trust/extracted/pem/directory-hash"},
        .package = "dnf install ca-certificates",
    },
    {
        .id = "alpine",
        .label = "Alpine",
        .marker = {"/etc/alpine-release"},
        .anchors = "/usr/local/share/ca-certificates",
        .extension = ".crt",
        .updater = {UCA},
        .refresh = {UCA},
        .bundle = {"/etc/ssl/certs/ca-certificates.crt", "/etc/ssl/cert.pem"},
        .folder = {"/etc/ssl/certs"},
        .conf = "/etc/ca-certificates.conf",
        .packaged = "/usr/share/ca-certificates",
        .package = "apk add ca-certificates-bundle",
    },
    {
        .id = "debian",
        .label = "Debian, Raspberry Pi OS, Ubuntu",
        .marker = {"/etc/ca-certificates.conf", UCA, "/etc/debian_version"},
        .anchors = "/usr/local/share/ca-certificates",
        .extension = ".crt",
        .updater = {UCA},
        .refresh = {UCA, "--fresh"}, /* also drops the links of what is gone */
        .bundle = {"/etc/ssl/certs/ca-certificates.crt"},
        .folder = {"/etc/ssl/certs"},
        .conf = "/etc/ca-certificates.conf",
        .packaged = "/usr/share/ca-certificates",
        .package = "apt-get install ca-certificates",
    },
    {
        .id = "plain",
        .label = "no known distribution (Buildroot, Yocto and the like)",
        .bundle = {"/etc/ssl/certs/ca-certificates.crt", "/etc/ssl/cert.pem",
                   "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/ca-bundle.pem"},
        .folder = {"/etc/ssl/certs"},
        .extension = ".crt",
    },
};

const struct avs_distro *avs_distro_detect(const struct avs_sysroot *root) {
    struct stat entry;
    for (size_t i = 0; i < AVS_COUNT(distros); i++) {
        for (size_t j = 0; j < AVS_DISTRO_MARKERS_MAX && distros[i].marker[j]; j++) {
            if (avs_sysroot_stat(root, distros[i].marker[j], &entry) == 0) {
                return &distros[i];
            }
        }
    }
    return &distros[AVS_COUNT(distros) - 1];
}
