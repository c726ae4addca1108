/* SPDX-License-Identifier: Apache-2.0 */
/* The same failure at every retry: its full line once, a count once a minute, a line when it is
 * over. A device that cannot connect must not fill its log with one sentence.
 * The memory is the process's, one for each place that lines go to: the AVS Device SDK makes a new
 * client for each try. Thread: any. */
#ifndef AVS_CLIENT_LOG_REPEATS_H
#define AVS_CLIENT_LOG_REPEATS_H

#include <stdbool.h>
#include <stdint.h>

#include <avs/cause.h>
#include <avs/log.h>

#define AVS_REPEATS_MAX     16                 /* different failures that are remembered at once */
#define AVS_REPEATS_TELL_US INT64_C(60000000)  /* between two lines about one of them */
#define AVS_REPEATS_NEWS_US INT64_C(600000000) /* not met for so long: said in full again */

/* A failure, as its line will say. What differs in numbers only is the same. */
struct avs_repeat {
    const char *event, *origin, *reason;
    enum avs_cause cause;
};

/* True: log it in full. False: it was counted, and a line may have said how often. */
bool avs_repeats_note(const struct avs_log *log, const struct avs_repeat *failure, int64_t now_us);

/* A connection to `origin` stands: that is the end of its connectFailed, and a line says so. */
void avs_repeats_end(const struct avs_log *log, const char *origin, int64_t now_us);

/* Tell the counts that are due; returns when the next one is, INT64_MAX = none. */
int64_t avs_repeats_tell(const struct avs_log *log, int64_t now_us);

#endif
