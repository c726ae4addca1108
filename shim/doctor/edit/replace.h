/* SPDX-License-Identifier: Apache-2.0 */
/* Replacing a file whole or not at all. */
#ifndef AVS_CONF_REPLACE_H
#define AVS_CONF_REPLACE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>

#include "base/flow.h"

/** The path to edit for `path`: itself, or what its symbolic link points to; a link to a link is
 *  refused. Caller frees *ret_target. Errors: CONFIG_UNREADABLE, NO_MEMORY. */
AVS_NODISCARD enum avs_status avs_conf_resolve_link(const char *path, char **ret_target,
                                                    struct avs_error *reterr);

/** What the file must still hold when it is replaced. */
struct avs_conf_expected {
    const char *text;
    size_t length;
    const struct stat *identity;
};

/** Write `length` bytes to a temporary file in the same folder, with the mode and owner of
 *  `like`, and rename it over `path`. With `expected`, only if the file is still that one.
 *  On any error `path` is as it was and the temporary file is gone. Errors: IO, CONFIG (changed in
 *  between), NO_MEMORY. */
AVS_NODISCARD enum avs_status avs_conf_replace(const char *path, const char *text, size_t length,
                                               const struct stat *like,
                                               const struct avs_conf_expected *expected,
                                               struct avs_error *reterr);

#endif
