/* SPDX-License-Identifier: Apache-2.0 */
/* The AWS configuration files, ~/.aws/credentials and ~/.aws/config: read as the AWS CLI reads them
 * (Python's RawConfigParser), in place, and wiped when they are given back, for they hold keys. */
#ifndef AVS_IOT_INI_H
#define AVS_IOT_INI_H

#include <stdbool.h>
#include <stddef.h>

#include "base/flow.h"

#define AVS_INI_BYTES_MAX   (1024u * 1024u)
#define AVS_INI_ENTRIES_MAX 4096 /* sections and keys, together */

struct avs_ini;

/** Read a file. No file there is OK, with *ret_ini NULL. `path` is named in errors, its content
 *  never is. Errors: ERR_CONFIG_UNREADABLE, ERR_CONFIG_MALFORMED (with the line), LIMIT,
 *  NO_MEMORY. */
AVS_NODISCARD enum avs_status avs_ini_load(const char *path, struct avs_ini **ret_ini,
                                           struct avs_error *reterr);

/** Read a text, which is copied. */
AVS_NODISCARD enum avs_status avs_ini_parse(const char *text, size_t length, const char *path,
                                            struct avs_ini **ret_ini, struct avs_error *reterr);
/** Wipe and free. NULL is fine. */
void avs_ini_free(struct avs_ini *ini);
AVS_DEFINE_AUTO(avs_ini, struct avs_ini, avs_ini_free);

/** The section as it is written between the brackets, or NULL. */
const char *avs_ini_section(const struct avs_ini *ini, size_t index);
bool avs_ini_has(const struct avs_ini *ini, const char *section);

/** The value of `key` (lower case), lent; NULL where there is none, also for a NULL `ini`. A value
 *  that goes on in indented lines is its first line: see avs_ini_is_nested. */
const char *avs_ini_get(const struct avs_ini *ini, const char *section, const char *key);
/** That value goes on in indented lines. */
bool avs_ini_is_nested(const struct avs_ini *ini, const char *section, const char *key);

#endif
