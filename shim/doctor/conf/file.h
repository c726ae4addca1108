/* SPDX-License-Identifier: Apache-2.0 */
/* One configuration file as it was read: its bytes, its identity, its scan. */
#ifndef AVS_CONF_FILE_H
#define AVS_CONF_FILE_H

#include <sys/stat.h>

#include "conf/scan.h"

struct avs_conf_file {
    char *path; /* as the caller gave it */
    char *text; /* NUL-terminated */
    size_t length;
    struct stat identity; /* of the file that was read */
    struct avs_conf_doc doc;
};

/** Read and scan. A malformed text is no error here (see file->doc.fault); what is no regular,
 *  readable UTF-8 file of at most AVS_CONF_FILE_BYTES_MAX bytes is.
 *  Errors: CONFIG_UNREADABLE, CONFIG_MALFORMED (not text), NO_MEMORY. */
AVS_NODISCARD enum avs_status avs_conf_file_read(const char *path, struct avs_conf_file *file,
                                                 struct avs_error *reterr);

/** As avs_conf_file_read, from memory; `text` is copied. For tests and for edited texts. */
AVS_NODISCARD enum avs_status avs_conf_file_from_text(const char *path, const char *text,
                                                      size_t length, struct avs_conf_file *file,
                                                      struct avs_error *reterr);

/** A copy that shares nothing. Errors: NO_MEMORY. */
AVS_NODISCARD enum avs_status avs_conf_file_copy(const struct avs_conf_file *file,
                                                 struct avs_conf_file *ret_copy,
                                                 struct avs_error *reterr);

void avs_conf_file_done(struct avs_conf_file *file);

/** Only the bytes: `*ret_text` is NUL-terminated, the caller frees it. `limit` excludes the NUL. */
AVS_NODISCARD enum avs_status avs_conf_read_bytes(const char *path, size_t limit, char **ret_text,
                                                  size_t *ret_length, struct stat *ret_identity,
                                                  struct avs_error *reterr);

/** The path to edit for `path`: itself, or what its symbolic link points to; a link to a link is
 *  refused. Caller frees *ret_target. Errors: CONFIG_UNREADABLE, NO_MEMORY. */
AVS_NODISCARD enum avs_status avs_conf_resolve_link(const char *path, char **ret_target,
                                                    struct avs_error *reterr);

#endif
