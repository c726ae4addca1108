/* SPDX-License-Identifier: Apache-2.0 */
/* The PEM files a client needs, in a directory. */
#ifndef AVS_STANDIN_FILES_H
#define AVS_STANDIN_FILES_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>

#include "pki.h"
#include "standin.h"

struct files {
    char directory[PATH_MAX];
    char path[AVS_STANDIN_FILE_COUNT][PATH_MAX];
    char hashed[PATH_MAX];
    char unhashed[PATH_MAX];
    bool is_temporary; /* made by us: removed by files_done */
};

/* Write every file, each one whole or not at all. `directory` NULL: a fresh temporary one.
 * False with one paragraph in `error`. */
bool files_write(struct files *files, struct pki *pki, const char *directory, char *error,
                 size_t error_bytes);
void files_done(struct files *files);

/* The same for certificates that are no scenario's: ca.pem and ats-roots.pem, and where they are
 * asked for a directory without hash links and damaged.pem. */
struct files_set {
    X509 *const *trusted, *const *ats;
    int trusted_count, ats_count;
    bool has_unhashed, has_damaged;
};
bool files_write_set(struct files *files, const struct files_set *set, const char *directory,
                     char *error, size_t error_bytes);

/* Write certificates, or with `key` a key that only its owner can read, as one whole file. False
 * with errno. */
bool files_write_whole(const char *path, X509 *const *certificates, int count, EVP_PKEY *key);

#endif
