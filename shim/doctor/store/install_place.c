/* SPDX-License-Identifier: Apache-2.0 */
/* Where the record of an install lies, and how long it will be there: undo needs it. */
#include "store/install_place.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/vfs.h>

#include "base/text.h"

#define TMPFS_KIND 0x01021994
#define RAMFS_KIND 0x858458f6

bool avs_install_place_record(struct avs_trust_install *install,
                              const struct avs_install_request *request) {
    char real[AVS_SYSROOT_PATH_BYTES];
    const char *path = request->ca_file ? request->ca_file : request->ca_path;
    if (!path) {
        AVS_TEXT_SET(install->record, AVS_INSTALL_RECORD);
        return true;
    }
    if (!avs_sysroot_real_path(&install->root, path, true, real)) {
        return false;
    }
    char *slash = strrchr(real, '/');
    if (request->ca_file && slash) {
        *slash = '\0';
    }
    return avs_sysroot_join(install->record, real, ".avs-shim-" AVS_INSTALL_RECORD_NAME);
}

static bool is_below(const char *path, const char *folder) {
    size_t length = strlen(folder);
    return length > 1 && strncmp(path, folder, length) == 0 &&
           (path[length] == '/' || path[length] == '\0');
}

/** Does the image's fstab mount a file system in memory over `path`? */
static bool is_mounted_over(const struct avs_sysroot *root, const char *path) {
    AVS_AUTO(char) fstab = NULL;
    size_t length = 0;
    bool is_found = false;
    if (!avs_sysroot_read(root, "/etc/fstab", AVS_INSTALL_RECORD_BYTES, &fstab, &length, NULL)) {
        return false;
    }
    char *rest = fstab;
    for (char *line; (line = strsep(&rest, "\n"));) {
        char place[AVS_NAME_BYTES], kind[32];
        bool is_mount = line[0] != '#' && sscanf(line, "%*s %255s %31s", place, kind) == 2;
        is_found |= is_mount && (strcmp(kind, "tmpfs") == 0 || strcmp(kind, "ramfs") == 0) &&
                    is_below(path, place);
    }
    return is_found;
}

static bool is_volatile(const struct avs_trust_install *install, const char *real) {
    static const char *const places[] = {"/tmp", "/run", "/dev/shm", "/var/volatile", "/var/run"};
    struct statfs entry;
    if (!install->is_sysroot) {
        return statfs(real, &entry) == 0 &&
               ((uint32_t)entry.f_type == TMPFS_KIND || (uint32_t)entry.f_type == RAMFS_KIND);
    }
    for (size_t i = 0; i < AVS_COUNT(places); i++) {
        if (is_below(real, places[i])) {
            return true;
        }
    }
    return is_mounted_over(&install->root, real);
}

void avs_install_note_record(struct avs_trust_install *install) {
    const char *below = install->is_sysroot ? install->root.path : "";
    char real[AVS_SYSROOT_PATH_BYTES];
    if (!avs_sysroot_real_path(&install->root, install->record, false, real)) {
        return;
    }
    if (is_volatile(install, real)) {
        avs_install_note(install,
                         "the record of this install, %s%s, lies %s in memory: after a reboot "
                         "there is no --undo",
                         below, install->record,
                         install->is_sysroot ? "where the device has a file system"
                                             : "on a file system");
    } else if (install->is_sysroot) {
        avs_install_note(install,
                         "the record of this install, %s%s, is for --undo only: remove it before "
                         "the image ships",
                         below, install->record);
    }
}
