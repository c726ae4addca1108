/* SPDX-License-Identifier: Apache-2.0 */
/* Reading on after a fault: repair it in a copy, scan again, until nothing is wrong or nothing can
 * be guessed. */
#ifndef AVS_CONF_REPAIR_H
#define AVS_CONF_REPAIR_H

#include "conf/diagnose.h"
#include "conf/file.h"

#define AVS_CONF_FAULTS_MAX 50 /* in one file */

/** One fault, in offsets of the original text. */
struct avs_conf_fault_note {
    struct avs_conf_diagnosis diagnosis; /* its repair, too, is in original offsets */
    const char *sdk_message;
    size_t sdk_offset;
};

struct avs_conf_faults {
    struct avs_conf_fault_note *notes;
    size_t count;
    bool is_complete; /* the repaired copy parses: there is nothing more to find */
    char *repaired;   /* that copy; NULL unless complete */
    size_t repaired_length;
    bool is_all_certain; /* and every repair had one meaning only */
};

/** Find every fault of a file that was read. Errors: NO_MEMORY. */
AVS_NODISCARD enum avs_status avs_conf_find_faults(const struct avs_conf_file *file,
                                                   struct avs_conf_faults *ret_faults,
                                                   struct avs_error *reterr);
void avs_conf_faults_done(struct avs_conf_faults *faults);

#endif
