/* SPDX-License-Identifier: Apache-2.0 */
/* Replacing a file, whole or not at all. Everything that the workshop writes over a file of
 * somebody's goes through here: the configuration, the trust store, reports and evidence.
 *
 * The promises. The new content is written beside the file, in the same folder, and flushed; only
 * then it takes the file's name, and the folder is flushed. What is there keeps owner, group, mode
 * and extended attributes (labels, access lists); a new file has mode 0644. On any error the file
 * is as it was and the temporary one is gone, and a signal that would end the process waits until
 * that is true. */
#ifndef AVS_OUT_REPLACE_H
#define AVS_OUT_REPLACE_H

#include <signal.h>
#include <stddef.h>
#include <sys/stat.h>

#include "base/flow.h"

/** What the file must still be and hold when it is replaced. */
struct avs_replace_expected {
    const char *text;
    size_t length;
    const struct stat *identity;
};

/** How a file is replaced; all zero will do. */
struct avs_replace_terms {
    const struct stat *like; /* owner, group and mode of the new file; NULL = of the old one */
    const struct avs_replace_expected *expected; /* NULL = whatever is there */
    enum avs_cause cause;                        /* of the error */
};

/** Replace `path` by these bytes. A symbolic link is replaced itself: follow it before, if it is
 *  to be followed. `terms` NULL = all zero. With `expected`, a change in the last moment is not
 *  lost where the file system can exchange two names; elsewhere the window is two system calls.
 *  Errors: IO (names the path and what to do), CONFIG (no longer as `expected`). */
AVS_NODISCARD enum avs_status avs_replace_file(const char *path, const void *data, size_t length,
                                               const struct avs_replace_terms *terms,
                                               struct avs_error *reterr);

/** The same in two halves, in a folder that the caller holds open: everything that can run out of
 *  space happens in the first. `name` is replaced, `staged` must not be there yet and is left there
 *  by the first half. Both return 0 or an errno; a half that failed leaves no `staged` of its own,
 *  but avs_replace_commit leaves it to the caller. */
AVS_NODISCARD int avs_replace_stage(int folder, const char *staged, const char *name,
                                    const void *data, size_t length);
AVS_NODISCARD int avs_replace_commit(int folder, const char *staged, const char *name);

/** All of it, whatever write() takes at a time. 0 or an errno. */
AVS_NODISCARD int avs_replace_write(int fd, const void *data, size_t length);

/** What to do about an errno of a write, without an end stop; "" where nobody knows. */
const char *avs_replace_advice(int os_errno);

/** Keep signals away that would end or stop the process, for a change of several files. */
void avs_replace_hold_signals(sigset_t *ret_before);
/** Let them through again. A limit on the size of files is an error by then, not a signal. */
void avs_replace_release_signals(const sigset_t *before);

#endif
