/* SPDX-License-Identifier: Apache-2.0 */
/* What the SDK's parser tripped over, in words a person can act on. */
#ifndef AVS_CONF_DIAGNOSE_H
#define AVS_CONF_DIAGNOSE_H

#include "conf/scan.h"

#define AVS_CONF_PROBLEM_BYTES 240
#define AVS_CONF_FIX_BYTES     280
#define AVS_CONF_REPAIR_BYTES  (2048 + 16)

/** How sure the repair is. */
enum avs_conf_repair_kind {
    AVS_CONF_REPAIR_NONE,    /* a person must decide, and nothing after it can be judged */
    AVS_CONF_REPAIR_ASSUMED, /* a guess, good enough to go on reading, not to write */
    AVS_CONF_REPAIR_CERTAIN  /* has one meaning only: lint --fix writes it */
};

/** One fault of one text. */
struct avs_conf_diagnosis {
    const char *id;                       /* stable, snake_case: "missing_comma" */
    size_t offset;                        /* where a person should look */
    size_t length;                        /* bytes to underline there, at least 1 */
    char problem[AVS_CONF_PROBLEM_BYTES]; /* what is wrong */
    char fix[AVS_CONF_FIX_BYTES];         /* what to do */
    enum avs_conf_repair_kind repair;     /* replace repair_length bytes at repair_offset */
    size_t repair_offset, repair_length;
    char replacement[AVS_CONF_REPAIR_BYTES];
};

/** Diagnose doc->fault, which must not be NONE. */
void avs_conf_diagnose(const struct avs_conf_doc *doc, struct avs_conf_diagnosis *ret_diagnosis);

#endif
