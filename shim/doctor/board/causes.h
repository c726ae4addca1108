/* SPDX-License-Identifier: Apache-2.0 */
/* The words of AVS_CAUSE_BOARD_MAP. avs_cause_info finds them once this library is loaded. */
#ifndef AVS_BOARD_CAUSES_H
#define AVS_BOARD_CAUSES_H

#include <avs/cause.h>

extern const struct avs_cause_info avs_board_causes[];

#endif
