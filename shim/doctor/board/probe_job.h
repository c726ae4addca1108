/* SPDX-License-Identifier: Apache-2.0 */
/* One question of probe.c: what is asked, and the bytes that come back through a pipe. The two
 * processes are the same program, so structs go as they are. */
#ifndef AVS_BOARD_PROBE_JOB_H
#define AVS_BOARD_PROBE_JOB_H

#include "board/probe.h"

enum avs_board_job_kind {
    AVS_BOARD_JOB_RESOLVE, /* the name, by libc, as the SDK does */
    AVS_BOARD_JOB_CHECK,   /* both sessions, by the name */
    AVS_BOARD_JOB_ADDRESS, /* one session to one address of it */
    AVS_BOARD_JOB_SMALL,   /* one session by the name, in small TCP segments */
};

struct avs_board_job {
    enum avs_board_job_kind kind;
    size_t host, address;
};

struct avs_board_resolved {
    int error, ms;
    char text[80];
    char address[AVS_BOARD_ADDRESSES_MAX][AVS_BOARD_ADDRESS_BYTES];
    size_t count;
};

/** Bytes of the answer: a struct avs_board_resolved, avs_evidence, avs_board_address, or a bool: it
 *  works. */
size_t avs_board_job_bytes(enum avs_board_job_kind kind);

/** Answer `job` into `fd`; in the child. Writes nothing when there is no answer. */
void avs_board_job_run(const struct avs_board *board, const struct avs_board_probe_options *options,
                       const struct avs_board_job *job, int timeout_ms, int fd);

#endif
