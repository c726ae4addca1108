/* SPDX-License-Identifier: Apache-2.0 */
/* The names that were explained: facts, filled by explain.c, put into words by
 * report/iot_explain_*. */
#ifndef AVS_IOT_EXPLAIN_H
#define AVS_IOT_EXPLAIN_H

#include <avs/cause.h>
#include <avs/iot.h>

#include "iot/config.h"

#define AVS_IOT_REMARKS_MAX  8
#define AVS_IOT_REMARK_BYTES 240

struct avs_iot_remark {
    bool is_wrong; /* it calls for a change; false: good to know */
    char text[AVS_IOT_REMARK_BYTES];
};

struct avs_iot_found {
    const struct avs_iot_entry *entry; /* NULL: named by the caller */
    struct avs_iot_name name;
    bool is_host; /* false: the name is not filled, `fault` says why */
    struct avs_error fault;
    enum avs_cause cause; /* what is wrong with the name, AVS_CAUSE_NONE: nothing */
    struct avs_iot_remark remark[AVS_IOT_REMARKS_MAX];
    size_t remark_count;
};

struct avs_iot_explanation {
    char *file;                    /* NULL: one name was given */
    struct avs_iot_config *config; /* NULL with `file` */
    struct avs_iot_found *found;
    size_t found_count;
};

/** What is wrong with a name as it stands, AVS_CAUSE_NONE where nothing is. */
enum avs_cause avs_iot_name_cause(const struct avs_iot_name *name);

#endif
