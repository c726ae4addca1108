/* SPDX-License-Identifier: Apache-2.0 */
/* What was seen of a board, as tables; the evidence of its hosts goes into files of its own. */
#ifndef AVS_REPORT_BOARD_FIELDS_H
#define AVS_REPORT_BOARD_FIELDS_H

#include "report/evidence_fields.h"

/** The whole of struct avs_board but the evidence of its hosts. */
extern const struct avs_fields avs_board_fields;

#endif
