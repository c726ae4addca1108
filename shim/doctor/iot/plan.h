/* SPDX-License-Identifier: Apache-2.0 */
/* Where a device stands, as a pure function of what is known of it; plan.c gathers the facts. */
#ifndef AVS_IOT_PLAN_RULES_H
#define AVS_IOT_PLAN_RULES_H

#include <avs/iot.h>
#include <avs/iot_plan.h>

#include "base/flow.h"

#define AVS_IOT_MESSAGE_BYTES 320

/** What the store of a device has. */
struct avs_iot_roots {
    bool is_known;        /* false: the inventory names no store */
    enum avs_cause cause; /* why it could not be read; AVS_CAUSE_NONE: it was */
    char message[AVS_IOT_MESSAGE_BYTES];
    bool has_verisign, has_rsa, has_ecdsa;
};

struct avs_iot_facts {
    const struct avs_iot_name *name;
    const struct avs_iot_name *wanted; /* NULL: the inventory has none */
    const struct avs_iot_roots *roots;
};

/** What comes next; the command is put together from it. */
enum avs_iot_step {
    AVS_IOT_STEP_NONE,
    AVS_IOT_STEP_EXPLAIN,
    AVS_IOT_STEP_AUDIT,
    AVS_IOT_STEP_INSTALL,
    AVS_IOT_STEP_ASK,
    AVS_IOT_STEP_SWITCH
};

struct avs_iot_judgement {
    enum avs_iot_state state;
    enum avs_cause cause;
    enum avs_iot_step step;
    bool is_unproven; /* switched, as far as its name tells */
    char message[AVS_IOT_MESSAGE_BYTES];
};

/** Never READY_TO_SWITCH without Amazon Root CA 1 and 3 in the store. */
void avs_iot_judge_device(const struct avs_iot_facts *facts, struct avs_iot_judgement *ret);

/** Read the roots of a store, or of what a root file system uses (store NULL). */
AVS_NODISCARD enum avs_status avs_iot_read_roots(const char *rootfs, const char *store,
                                                 struct avs_iot_roots *ret_roots,
                                                 struct avs_error *reterr);

#endif
