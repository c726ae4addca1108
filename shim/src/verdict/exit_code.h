/* SPDX-License-Identifier: Apache-2.0 */
/* Which session decides, whether the device is ready, and the exit code that says so. */
#ifndef AVS_VERDICT_EXIT_CODE_H
#define AVS_VERDICT_EXIT_CODE_H

#include <avs/verdict.h>

/** Fill decisive, readiness, cause and exit_code from the sessions' verdicts. */
void avs_verdict_conclude(const struct avs_evidence *evidence, struct avs_verdict *verdict);

#endif
