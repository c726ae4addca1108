/* SPDX-License-Identifier: Apache-2.0 */
/* What to say about one cause of one session: the sentence, the particulars, the next command. Text
 * and JSON reports say the same. */
#ifndef AVS_REPORT_ADVICE_H
#define AVS_REPORT_ADVICE_H

#include <avs/evidence.h>
#include <avs/verdict.h>

#include "base/buffer.h"

#define AVS_ADVICE_BYTES 4096 /* of each text */

struct avs_advice {
    enum avs_cause cause;
    const char *meaning;       /* static */
    const char *remedy;        /* static */
    struct avs_buffer facts;   /* particulars, a line each, no newline at the end; may be empty */
    struct avs_buffer command; /* ready to paste, "" = none */
};

/** Words for `cause` as met by `session`. Release with avs_advice_done, whatever it returns.
 *  Errors: NO_MEMORY. */
AVS_NODISCARD enum avs_status avs_advice_init(struct avs_advice *advice, enum avs_cause cause,
                                              const struct avs_evidence *evidence,
                                              const struct avs_session_evidence *session,
                                              struct avs_error *reterr);
void avs_advice_done(struct avs_advice *advice);

#endif
