/* SPDX-License-Identifier: Apache-2.0 */
/* Reading logs for avs-shim inspect. read() in pieces, never mmap: memory stays the same whatever
 * the file's size. */
#include "inspect_input.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include <zlib.h>

enum {
    READ_BYTES = 64 * 1024,
    INFLATED_BYTES = 256 * 1024,
    POLL_MS = 200,    /* how often a growing file is looked at */
    QUIET_POLLS = 5,  /* after this many looks in vain, a held back record counts as complete */
    GZIP_WINDOW = 31, /* zlib: gzip wrapper, largest window */
};

static bool fail(struct inspect_input *input, const char *what, int error) {
    snprintf(input->problem, sizeof(input->problem),
             "%s '%s': %s. Name a log file that this user may read, or - for standard input.", what,
             strcmp(input->path, "-") == 0 ? "standard input" : input->path, strerror(error));
    return false;
}

static int open_input(struct inspect_input *input) {
    if (strcmp(input->path, "-") == 0) {
        return dup(STDIN_FILENO);
    }
    int fd = open(input->path, O_RDONLY | O_CLOEXEC);
    struct stat info;
    if (fd >= 0 && fstat(fd, &info) == 0 && S_ISDIR(info.st_mode)) {
        close(fd);
        errno = EISDIR;
        return -1;
    }
    return fd;
}

static bool is_stopped(const struct inspect_input *input) {
    return input->is_stopped && *input->is_stopped;
}

/* Bytes read, 0 at the end or when stopped, -1 on error. */
static ssize_t read_some(const struct inspect_input *input, int fd, void *buffer, size_t size) {
    for (;;) {
        ssize_t length = is_stopped(input) ? 0 : read(fd, buffer, size);
        if (length >= 0 || errno != EINTR) {
            return length;
        }
    }
}

struct unpacker {
    z_stream stream;
    bool is_active;
    bool is_ended; /* a member ended; another may follow */
    uint8_t out[INFLATED_BYTES];
};

/* Feed compressed bytes; members may follow one another, and padding the last one. */
static bool unpack(struct inspect_input *input, struct unpacker *unpacker, uint8_t *bytes,
                   size_t length) {
    z_stream *stream = &unpacker->stream;
    stream->next_in = bytes;
    stream->avail_in = (uInt)length;
    while (stream->avail_in > 0 && !is_stopped(input)) {
        if (unpacker->is_ended) {
            if (*stream->next_in == 0) { /* padding, as tape blocks leave it */
                stream->next_in++;
                stream->avail_in--;
                continue;
            }
            inflateReset(stream);
            unpacker->is_ended = false;
        }
        stream->next_out = unpacker->out;
        stream->avail_out = INFLATED_BYTES;
        int result = inflate(stream, Z_NO_FLUSH);
        input->sink(input->user, unpacker->out, INFLATED_BYTES - stream->avail_out);
        unpacker->is_ended = result == Z_STREAM_END;
        if (result != Z_OK && result != Z_STREAM_END && result != Z_BUF_ERROR) {
            snprintf(input->problem, sizeof(input->problem),
                     "'%s' is damaged: gzip says '%s'. What came before it was read.", input->path,
                     stream->msg ? stream->msg : "bad data");
            return false;
        }
    }
    return true;
}

static bool begin_unpacking(struct inspect_input *input, struct unpacker **ret_unpacker) {
    struct unpacker *unpacker = calloc(1, sizeof(*unpacker));
    if (!unpacker || inflateInit2(&unpacker->stream, GZIP_WINDOW) != Z_OK) {
        free(unpacker);
        return fail(input, "cannot unpack", ENOMEM);
    }
    unpacker->is_active = true;
    *ret_unpacker = unpacker;
    return true;
}

/* Enough bytes to know gzip by: a pipe may hand over less than two at first. */
static ssize_t read_magic(const struct inspect_input *input, int fd, uint8_t *buffer) {
    size_t have = 0;
    while (have < 2) {
        ssize_t length = read_some(input, fd, buffer + have, READ_BYTES - have);
        if (length < 0) {
            return length;
        }
        if (length == 0) {
            break;
        }
        have += (size_t)length;
    }
    return (ssize_t)have;
}

static bool read_all(struct inspect_input *input, int fd, uint8_t *buffer) {
    struct unpacker *unpacker = NULL;
    ssize_t length = read_magic(input, fd, buffer);
    bool is_fine = true;
    if (length >= 2 && buffer[0] == 0x1F && buffer[1] == 0x8B) {
        is_fine = begin_unpacking(input, &unpacker);
    }
    while (length > 0 && is_fine) {
        if (unpacker) {
            is_fine = unpack(input, unpacker, buffer, (size_t)length);
        } else {
            input->sink(input->user, buffer, (size_t)length);
        }
        length = is_fine ? read_some(input, fd, buffer, READ_BYTES) : 0;
    }
    if (length < 0) {
        is_fine = fail(input, "cannot read", errno);
    }
    if (unpacker) {
        if (is_fine && !unpacker->is_ended && !is_stopped(input)) {
            snprintf(input->problem, sizeof(input->problem),
                     "'%s' ends in the middle of its gzip data. What came before it was read.",
                     input->path);
            is_fine = false;
        }
        inflateEnd(&unpacker->stream);
        free(unpacker);
    }
    return is_fine;
}

bool inspect_read(struct inspect_input *input) {
    int fd = open_input(input);
    if (fd < 0) {
        return fail(input, "cannot open", errno);
    }
    uint8_t *buffer = malloc(READ_BYTES);
    bool is_fine = buffer ? read_all(input, fd, buffer) : fail(input, "cannot read", ENOMEM);
    free(buffer);
    close(fd);
    return is_fine;
}

/* Is the file cut short, or another one at the path now? Then begin again. A file that was renamed
 * is left only when it has been quiet for a while, since its writer goes on with it until told; and
 * not before there is another. (A file that was cut and has regrown past our place between two
 * looks cannot be told from one that grew.) */
static void follow_rotation(struct inspect_input *input, int *fd, uint64_t *offset, bool is_quiet) {
    struct stat at_path, opened;
    if (stat(input->path, &at_path) != 0 || fstat(*fd, &opened) != 0) {
        return;
    }
    bool is_same = at_path.st_ino == opened.st_ino && at_path.st_dev == opened.st_dev;
    if (is_same && (uint64_t)opened.st_size < *offset && lseek(*fd, 0, SEEK_SET) == 0) {
        input->quiet(input->user);
        *offset = 0;
    }
    int next = !is_same && is_quiet ? open_input(input) : -1;
    if (next >= 0) {
        input->quiet(input->user);
        close(*fd);
        *fd = next;
        *offset = 0;
    }
}

static bool follow_file(struct inspect_input *input, int *fd, uint8_t *buffer) {
    const struct timespec pause = {0, POLL_MS * 1000000L};
    uint64_t offset = 0;
    int quiet_polls = 0;
    while (!is_stopped(input)) {
        ssize_t length = read_some(input, *fd, buffer, READ_BYTES);
        if (length < 0) {
            return fail(input, "cannot read", errno);
        }
        if (length > 0) {
            offset += (uint64_t)length;
            quiet_polls = 0;
            input->sink(input->user, buffer, (size_t)length);
            continue;
        }
        quiet_polls += quiet_polls < 2 * QUIET_POLLS;
        follow_rotation(input, fd, &offset, quiet_polls >= QUIET_POLLS);
        if (quiet_polls == QUIET_POLLS) {
            input->quiet(input->user);
        }
        nanosleep(&pause, NULL);
    }
    return true;
}

bool inspect_follow(struct inspect_input *input) {
    int fd = open_input(input);
    if (fd < 0) {
        return fail(input, "cannot open", errno);
    }
    struct stat info;
    bool is_file = fstat(fd, &info) == 0 && S_ISREG(info.st_mode) && strcmp(input->path, "-") != 0;
    uint8_t *buffer = malloc(READ_BYTES);
    bool is_fine = !buffer   ? fail(input, "cannot read", ENOMEM)
                   : is_file ? follow_file(input, &fd, buffer)
                             : read_all(input, fd, buffer);
    free(buffer);
    close(fd);
    return is_fine;
}
