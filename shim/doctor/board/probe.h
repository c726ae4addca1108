/* SPDX-License-Identifier: Apache-2.0 */
/* The hosts, asked side by side. Each question is a process of its own: a lookup that hangs, a
 * server that never ends, a crash in somebody's library costs its own answer and nothing more, and
 * at the deadline it is gone, whatever it was doing. */
#ifndef AVS_BOARD_PROBE_H
#define AVS_BOARD_PROBE_H

#include <avs/check.h>

#include "board/facts.h"

struct avs_board_probes; /* opaque */

struct avs_board_probe_options {
    /** As every host is asked, but for endpoint, require_ats, connect_to, skip_* and timeout_ms,
     *  which are each host's own. Strings are borrowed until the end. */
    const struct avs_check_options *check;
    const char *const *connect_to; /**< each "HOST:PORT", for all, or "NAME=HOST:PORT" */
    size_t connect_to_count;
    bool require_ats;
    int64_t deadline_us; /**< of avs_clock_monotonic_us(): nothing runs on behind it */
    bool (*is_stopped)(void *user);
    void *user;
};

/** What stands for `host` in the list; NULL = nothing. Pure. */
const char *avs_board_connect_to(const struct avs_board_probe_options *options, const char *host);

/** Begin with every host of `board`, which is theirs until avs_board_probes_finish. Errors:
 *  NO_MEMORY. */
AVS_NODISCARD enum avs_status avs_board_probes_start(struct avs_board *board,
                                                     const struct avs_board_probe_options *options,
                                                     struct avs_board_probes **ret_probes,
                                                     struct avs_error *reterr);

/** Wait for the answers, ask what follows from them (each address of a name, the regional gateways
 *  where the ATS test endpoint is gone), and write them down. NULL is fine. Blocks until the
 *  deadline at most, or is_stopped, which is asked a few times a second. */
void avs_board_probes_finish(struct avs_board_probes *probes);

#endif
