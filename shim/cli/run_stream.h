/* SPDX-License-Identifier: Apache-2.0 */
/* One direction of bytes, from a descriptor to another: holds at most what one read brought. */
#ifndef AVS_CLI_RUN_STREAM_H
#define AVS_CLI_RUN_STREAM_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>

#define RUN_STREAM_BYTES (32 * 1024)
#define RUN_LINE_BYTES   (8 * 1024)

struct run_stream {
    int from, into;    /* from: -1 when it has ended */
    bool is_paused;    /* not read now */
    size_t at, length; /* of the bytes that are not yet written */
    char bytes[RUN_STREAM_BYTES];
    char last_byte;  /* that was written; '\n' before any */
    int write_errno; /* into has refused: the reader has gone, the disk is full */
    void (*on_line)(void *user, const char *line, size_t length); /* NULL: nobody reads along */
    void *user;
    char line[RUN_LINE_BYTES];
    size_t line_length;
};

/** What to wait for. */
struct pollfd run_stream_wait(const struct run_stream *stream);
/** Go on, as `revents` of run_stream_wait allow. True when something came. */
bool run_stream_move(struct run_stream *stream, short revents);
/** True when nothing will come any more and all is written. */
bool run_stream_has_ended(const struct run_stream *stream);
/** A last line without its end counts as one. */
void run_stream_end_line(struct run_stream *stream);

#endif
