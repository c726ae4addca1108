/* SPDX-License-Identifier: Apache-2.0 */
/* The command under a finding: one that can be pasted on the machine of the run, that is given what
 * the run was given, and that ends by itself. */
#ifndef AVS_REPORT_COMMAND_H
#define AVS_REPORT_COMMAND_H

#include <avs/evidence.h>
#include <avs/verdict.h>

#include "base/buffer.h"

/** Add the command to `out`; nothing when there is none. A word that is not known (a host in an
 *  explanation without one) leaves the whole command out. Errors stick to `out`. */
void avs_command_for(enum avs_cause cause, const struct avs_evidence *evidence,
                     const struct avs_session_evidence *session, struct avs_buffer *out);

#endif
