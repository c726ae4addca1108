/* SPDX-License-Identifier: Apache-2.0 */
/* Where judge finds evidence: a file, a page, JSON lines, a tar, a folder of all these. */
#ifndef AVS_CLI_EVIDENCE_INPUT_H
#define AVS_CLI_EVIDENCE_INPUT_H

#include <stdbool.h>
#include <stddef.h>

#define EVIDENCE_BYTES_MAX  (2 * 1024 * 1024) /* of one piece, with a page around it */
#define EVIDENCE_NAME_BYTES 4096

/** Who takes what was found; both are called any number of times. `name` and `text` are lent. */
struct evidence_sink {
    void (*take)(void *user, const char *name, const char *text, size_t length);
    void (*take_broken)(void *user, const char *name, const char *why);
    void *user;
};

/** Read all of `path` ("-" is standard input). What cannot be read is broken, under its name, and
 *  the rest goes on. */
void evidence_read(const char *path, const struct evidence_sink *sink);

/** True for a folder that has a file of that name in it, and for a tar that is one such folder,
 *  whoever made it. The folder as it is called in front of the names that evidence_read hands
 *  over. */
bool evidence_folder_with(const char *path, const char *name, char ret_folder[EVIDENCE_NAME_BYTES]);

/** True when what was handed over as `name` lies in that folder, and not in one within it. */
bool evidence_is_in(const char *name, const char *folder);

/** True for what holds many pieces by its nature: a folder, a tar. */
bool evidence_is_many(const char *path);

#endif
