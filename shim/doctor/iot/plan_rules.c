/* SPDX-License-Identifier: Apache-2.0 */
/* The rules of the migration. Two must never be broken: no device is ready to switch before
 * Amazon's roots are in its store, and VeriSign's root stays until the whole fleet has switched. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "iot/explain.h"
#include "iot/plan.h"

AVS_PRINTF(5, 6)
static void decide(struct avs_iot_judgement *ret, enum avs_iot_state state, enum avs_cause cause,
                   enum avs_iot_step step, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(ret->message, sizeof(ret->message), format, arguments);
    va_end(arguments);
    ret->is_unproven = false;
    ret->state = state;
    ret->cause = cause;
    ret->step = step;
}

static bool is_data(const struct avs_iot_name *name) {
    return name->kind == AVS_IOT_DATA || name->kind == AVS_IOT_LEGACY_DATA ||
           name->kind == AVS_IOT_GENERIC_DATA || name->kind == AVS_IOT_BETA;
}

/* A name that is no data endpoint of AWS IoT Core. */
static void judge_other_name(const struct avs_iot_name *name, struct avs_iot_judgement *ret) {
    enum avs_cause cause = avs_iot_name_cause(name);
    if (cause == AVS_CAUSE_NONE) {
        cause = AVS_CAUSE_IOT_WRONG_KIND;
    }
    decide(ret, AVS_IOT_STATE_BLOCKED, cause, AVS_IOT_STEP_EXPLAIN, "%s: %s",
           avs_iot_kind_id(name->kind), name->why);
}

static void judge_legacy(const struct avs_iot_facts *facts, struct avs_iot_judgement *ret) {
    const struct avs_iot_roots *roots = facts->roots;
    if (!roots->is_known) {
        decide(ret, AVS_IOT_STATE_OLD_ONLY, AVS_CAUSE_IOT_LEGACY_NAME, AVS_IOT_STEP_AUDIT,
               "nothing is known of its store, so it counts as one without Amazon's roots");
    } else if (!roots->has_rsa || !roots->has_ecdsa) {
        decide(ret, AVS_IOT_STATE_OLD_ONLY, AVS_CAUSE_IOT_LEGACY_NAME, AVS_IOT_STEP_INSTALL,
               "its store lacks %s%s%s", roots->has_rsa ? "" : "Amazon Root CA 1",
               roots->has_rsa || roots->has_ecdsa ? "" : " and ",
               roots->has_ecdsa ? "" : "Amazon Root CA 3");
    } else if (facts->wanted) {
        decide(ret, AVS_IOT_STATE_READY_TO_SWITCH, AVS_CAUSE_IOT_LEGACY_NAME, AVS_IOT_STEP_SWITCH,
               "Amazon's roots are in its store and its ATS name is known: prove it from the "
               "device, then switch");
    } else if (roots->has_verisign) {
        decide(ret, AVS_IOT_STATE_BOTH_ROOTS, AVS_CAUSE_IOT_LEGACY_NAME, AVS_IOT_STEP_ASK,
               "both roots are in its store; its ATS name is not in the inventory");
    } else {
        decide(ret, AVS_IOT_STATE_READY_TO_SWITCH, AVS_CAUSE_IOT_LEGACY_NAME, AVS_IOT_STEP_ASK,
               "Amazon's roots are in its store and VeriSign's is not, so the legacy name can "
               "hardly work; ask for its ATS name and switch");
    }
}

static void judge_ats(const struct avs_iot_facts *facts, struct avs_iot_judgement *ret) {
    const struct avs_iot_roots *roots = facts->roots;
    if (roots->is_known && !roots->has_rsa && !roots->has_ecdsa) {
        decide(ret, AVS_IOT_STATE_BLOCKED, AVS_CAUSE_ROOT_MISSING, AVS_IOT_STEP_INSTALL,
               "an ATS name, but its store has neither Amazon Root CA 1 nor 3");
    } else if (facts->wanted && strcmp(facts->wanted->prefix, facts->name->prefix) != 0) {
        decide(ret, AVS_IOT_STATE_SWITCHED, AVS_CAUSE_NONE, AVS_IOT_STEP_NONE,
               "an ATS name, but of another account than what it shall connect to (%s)",
               facts->wanted->host);
        ret->is_unproven = true;
    } else if (!facts->name->is_certain || !roots->is_known) {
        decide(ret, AVS_IOT_STATE_SWITCHED, AVS_CAUSE_NONE, AVS_IOT_STEP_NONE, "%s%s",
               facts->name->is_certain ? "by its name" : "likely: ",
               facts->name->is_certain ? "; nothing is known of its store" : facts->name->why);
        ret->is_unproven = true;
    } else if (!roots->has_rsa || !roots->has_ecdsa) {
        decide(ret, AVS_IOT_STATE_SWITCHED, AVS_CAUSE_NONE, AVS_IOT_STEP_INSTALL,
               "its store lacks %s: fine only for a client that offers %s alone",
               roots->has_rsa ? "Amazon Root CA 3" : "Amazon Root CA 1",
               roots->has_rsa ? "RSA" : "ECDSA");
        ret->is_unproven = true; /* what its client offers, an inventory does not say */
    } else {
        decide(ret, AVS_IOT_STATE_SWITCHED, AVS_CAUSE_NONE, AVS_IOT_STEP_NONE,
               "an ATS name, and Amazon's roots are in its store");
    }
}

void avs_iot_judge_device(const struct avs_iot_facts *facts, struct avs_iot_judgement *ret) {
    const struct avs_iot_name *name = facts->name, *wanted = facts->wanted;
    if (!is_data(name)) {
        judge_other_name(name, ret);
    } else if (wanted && (wanted->kind != AVS_IOT_DATA || !wanted->is_certain ||
                          strcmp(wanted->region, name->region) != 0)) {
        decide(ret, AVS_IOT_STATE_BLOCKED, AVS_CAUSE_IOT_NAME_INVALID, AVS_IOT_STEP_ASK,
               "what it shall connect to (%s) is no ATS data endpoint of %s", wanted->host,
               name->region);
    } else if (facts->roots->cause != AVS_CAUSE_NONE) {
        decide(ret, AVS_IOT_STATE_BLOCKED, facts->roots->cause, AVS_IOT_STEP_AUDIT, "%s",
               facts->roots->message);
    } else if (name->generation == AVS_IOT_GENERATION_VERISIGN) {
        judge_legacy(facts, ret);
    } else {
        judge_ats(facts, ret);
    }
}
