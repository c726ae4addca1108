/* SPDX-License-Identifier: Apache-2.0 */
/* See run_stream.h. The descriptor that is written to may be shared with others and is never made
 * non-blocking: poll() says that a pipe takes PIPE_BUF bytes, so no more is written at a time. */
#include "run_stream.h"

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

struct pollfd run_stream_wait(const struct run_stream *stream) {
    if (stream->length > 0) {
        return (struct pollfd){.fd = stream->into, .events = POLLOUT};
    }
    bool is_read = stream->from >= 0 && !stream->is_paused;
    return (struct pollfd){.fd = is_read ? stream->from : -1, .events = POLLIN};
}

bool run_stream_has_ended(const struct run_stream *stream) {
    return stream->from < 0 && stream->length == 0;
}

static void end_reading(struct run_stream *stream) {
    close(stream->from);
    stream->from = -1;
}

void run_stream_end_line(struct run_stream *stream) {
    if (stream->on_line && stream->line_length > 0) {
        stream->on_line(stream->user, stream->line, stream->line_length);
    }
    stream->line_length = 0;
}

static void read_along(struct run_stream *stream, const char *bytes, size_t length) {
    while (length > 0) {
        const char *newline = memchr(bytes, '\n', length);
        size_t part = newline ? (size_t)(newline - bytes) : length;
        size_t room = sizeof(stream->line) - stream->line_length;
        size_t taken = part < room ? part : room;
        memcpy(stream->line + stream->line_length, bytes, taken);
        stream->line_length += taken;
        if (taken == part && newline) {
            if (stream->line_length > 0) {
                stream->on_line(stream->user, stream->line, stream->line_length);
            }
            stream->line_length = 0;
            taken++;
        } else if (stream->line_length == sizeof(stream->line)) {
            run_stream_end_line(stream);
        }
        bytes += taken;
        length -= taken;
    }
}

/* As the program would have met it: who writes on is told by a closed pipe. */
static void refuse(struct run_stream *stream, int error) {
    stream->write_errno = error;
    stream->length = 0;
    if (stream->from >= 0) {
        end_reading(stream);
    }
}

static void write_some(struct run_stream *stream) {
    size_t part = stream->length < PIPE_BUF ? stream->length : PIPE_BUF;
    ssize_t written = write(stream->into, stream->bytes + stream->at, part);
    if (written > 0) {
        stream->last_byte = stream->bytes[stream->at + (size_t)written - 1];
        stream->at += (size_t)written;
        stream->length -= (size_t)written;
    } else if (written < 0 && errno != EINTR && errno != EAGAIN) {
        refuse(stream, errno);
    }
}

bool run_stream_move(struct run_stream *stream, short revents) {
    if (revents == 0) {
        return false;
    }
    if (stream->length > 0) {
        write_some(stream);
        return false;
    }
    ssize_t got = read(stream->from, stream->bytes, sizeof(stream->bytes));
    if (got < 0 && (errno == EINTR || errno == EAGAIN)) {
        return false;
    }
    if (got <= 0) { /* EIO: the last holder of a pseudo terminal has closed it */
        end_reading(stream);
        return false;
    }
    stream->at = 0;
    stream->length = (size_t)got;
    if (stream->on_line) {
        read_along(stream, stream->bytes, (size_t)got);
    }
    return true;
}
