/* SPDX-License-Identifier: Apache-2.0 */
/* Commands to paste. */
#include "store/command.h"

#include <fcntl.h>
#include <unistd.h>

static void add_option(struct avs_buffer *out, const char *name, const char *value) {
    if (value && value[0]) {
        avs_buffer_printf(out, " %s ", name);
        avs_buffer_add_word(out, value);
    }
}

void avs_store_command(struct avs_buffer *out, const char *verb,
                       const struct avs_store_choice *choice, const char *rest) {
    avs_buffer_printf(out, "avs-shim trust %s", verb);
    add_option(out, "--sysroot", choice->sysroot);
    add_option(out, "--config", choice->config_file);
    add_option(out, "--ca-file", choice->ca_file);
    add_option(out, "--ca-path", choice->ca_path);
    avs_buffer_add_text(out, rest);
}

static bool has_sudo(void) {
    static const char *const places[] = {"/usr/bin/sudo", "/bin/sudo", "/usr/local/bin/sudo"};
    for (size_t i = 0; i < AVS_COUNT(places); i++) {
        if (access(places[i], X_OK) == 0) {
            return true;
        }
    }
    return false;
}

const char *avs_store_sudo(const struct avs_sysroot *root, const char *path) {
    char name[AVS_SYSROOT_NAME_BYTES];
    if (geteuid() == 0) {
        return "";
    }
    int folder = avs_sysroot_open_parent(root, path, false, name);
    bool may_write = folder >= 0 && faccessat(folder, ".", W_OK | X_OK, AT_EACCESS) == 0;
    if (folder >= 0) {
        close(folder);
    }
    return !may_write && has_sudo() ? "sudo " : "";
}
