/* SPDX-License-Identifier: Apache-2.0 */
/* The commands that an audit or an install suggests next: they repeat what the command that
 * suggests them was given, and can be pasted into a shell as they are. */
#ifndef AVS_STORE_COMMAND_H
#define AVS_STORE_COMMAND_H

#include "base/buffer.h"
#include "store/sysroot.h"

#define AVS_STORE_COMMAND_BYTES (4u * AVS_SYSROOT_PATH_BYTES)

/** Which store the question was about; "" or NULL = not given. */
struct avs_store_choice {
    const char *sysroot, *config_file, *ca_file, *ca_path;
};

/** Append "avs-shim trust VERB" with the choice as options, and `rest` (" --apply"). */
void avs_store_command(struct avs_buffer *out, const char *verb,
                       const struct avs_store_choice *choice, const char *rest);

/** "sudo " where this user may not write beside `path` and there is a sudo, else "". */
const char *avs_store_sudo(const struct avs_sysroot *root, const char *path);

#endif
