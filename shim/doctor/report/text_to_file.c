/* SPDX-License-Identifier: Apache-2.0 */
/* A report in a file: where a caller's path leads, and out/replace.h for the rest. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <avs/report.h>

#include "out/replace.h"

/* A pipe, /dev/stdout: there is nothing to put in its place. */
static enum avs_status write_into(const char *path, const char *text, struct avs_error *reterr) {
    int fd = open(path, O_WRONLY | O_CLOEXEC | O_NOCTTY);
    int os_errno = fd >= 0 ? avs_replace_write(fd, text, strlen(text)) : errno;
    if (fd >= 0) {
        close(fd);
    }
    return os_errno == 0 ? AVS_OK
                         : avs_fail_errno(reterr, AVS_ERR_IO, AVS_CAUSE_NONE, os_errno,
                                          "cannot write %s: %s", path, strerror(os_errno));
}

enum avs_status avs_text_to_file(const char *text, const char *path, struct avs_error *reterr) {
    struct stat there;
    if (stat(path, &there) != 0) {
        return avs_replace_file(path, text, strlen(text), NULL, reterr);
    }
    if (!S_ISREG(there.st_mode)) {
        return write_into(path, text, reterr);
    }
    AVS_AUTO(char) target = realpath(path, NULL);
    if (!target) {
        return avs_fail_errno(reterr, AVS_ERR_IO, AVS_CAUSE_NONE, errno,
                              "cannot find where %s leads: %s", path, strerror(errno));
    }
    return avs_replace_file(target, text, strlen(text), NULL, reterr);
}
