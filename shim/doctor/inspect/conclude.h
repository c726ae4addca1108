/* SPDX-License-Identifier: Apache-2.0 */
/* From the book to the report, in three steps: reading.c says what each tally means, conclude.c
 * makes findings of them, advise.c says what follows. */
#ifndef AVS_INSPECT_CONCLUDE_H
#define AVS_INSPECT_CONCLUDE_H

#include "inspect/inspect.h"

enum { AVS_READINGS_MAX = AVS_TALLIES_MAX + AVS_ATTEMPTS_MAX };

/** What a tally means once the whole log is known. */
struct avs_reading {
    enum avs_cause cause;
    enum avs_certainty certainty;
    const enum avs_cause *also;
    const char *says;
    bool is_dropped;    /* means nothing after all */
    bool is_foreign;    /* since another program wrote it */
    size_t absorbed_by; /* index of the tally that explains it, AVS_TALLIES_MAX = none */
    const char *why;    /* then: why it is only an echo */
};

/** Read every tally of the book. */
void avs_inspect_read(const struct avs_inspect *inspect, struct avs_reading *readings);

/** Complete inspect->report: the live check's word, order, what is ruled out, limits, next command,
 *  answer and exit code. */
void avs_inspect_advise(struct avs_inspect *inspect);

/** While a user has not entered the code: what HTTP 400 from Login with Amazon means then. */
extern const char avs_login_waiting[];

#endif
