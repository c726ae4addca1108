/* SPDX-License-Identifier: Apache-2.0 */
/* Rows of the catalogue, and the place where the workshop's join the line's. */
#ifndef AVS_BASE_CAUSES_H
#define AVS_BASE_CAUSES_H

#include <avs/cause.h>

/* The id of a row is taken from the map, so that no row can carry another's, and none be left out:
 * the compiler finds an id that nothing uses. */
#define AVS_CAUSE_ID(name, id) static const char id_of_##name[] = id;

/* cause, phase, severity, what it means, what to do about it, the next command */
#define AVS_CAUSE_ROW(cause_name, phase_name, severity_name, meaning_text, remedy_text, \
                      command_text)                                                     \
    {                                                                                   \
        .cause = AVS_CAUSE_##cause_name, .id = id_of_##cause_name,                      \
        .phase = AVS_PHASE_##phase_name, .severity = AVS_SEVERITY_##severity_name,      \
        .meaning = meaning_text, .remedy = remedy_text, .command = command_text,        \
    }

/** Rows behind the line's own, one map of them in the order of the enum; borrowed for good. Before
 *  threads; AVS_CAUSES_JOINED_MAX times at most. */
#define AVS_CAUSES_JOINED_MAX 2
void avs_causes_join(const struct avs_cause_info *more, size_t count);

#endif
