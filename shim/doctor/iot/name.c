/* SPDX-License-Identifier: Apache-2.0 */
/* What the labels of a host name say of AWS IoT Core: a table of forms. It judges the name alone;
 * what a server really sends is for a connection to tell. */
#include "iot/name.h"

#include <string.h>

#include "base/flow.h"
#include "base/text.h"
#include "base/versioned.h"

#define LABELS_MAX 128 /* of 253 characters */

static const char *const kind_ids[AVS_IOT_KIND_COUNT] = {
#define XX(name, id) [AVS_IOT_##name] = id,
    AVS_IOT_KIND_MAP(XX)
#undef XX
};

const char *avs_iot_kind_id(enum avs_iot_kind kind) {
    return (unsigned)kind < AVS_IOT_KIND_COUNT ? kind_ids[kind] : kind_ids[AVS_IOT_OTHER];
}

const char *avs_iot_generation_id(enum avs_iot_generation generation) {
    static const char *const ids[] = {[AVS_IOT_GENERATION_UNKNOWN] = "unknown",
                                      [AVS_IOT_GENERATION_ATS] = "ats",
                                      [AVS_IOT_GENERATION_VERISIGN] = "verisign",
                                      [AVS_IOT_GENERATION_OWN] = "own"};
    return (unsigned)generation < AVS_COUNT(ids) ? ids[generation] : ids[0];
}

/* ---- the forms ---- */

enum { IOT = 1, FIPS = 2, BOTH = IOT | FIPS }; /* the label in front of the region */

/* The generation of a form without a mark is the region's. */
enum mark { ATS, BY_REGION, NOT_TOLD };

static const char dash_ats[] = "the first label ends in -ats";
static const char dot_ats[] = "in cn-north-1 the mark of ATS is a label of its own, .ats";
static const char exact[] = "a form that AWS documents; it has always been ATS";
static const char generic[] = "a name of no account, as SDKs build it";
static const char control[] = "the API for administrators, no device endpoint";
static const char pasted[] =
    "-ats was pasted into a name of another kind: only the data endpoint has it";
static const char dashed_in_china[] =
    "in cn-north-1 the ATS name is P.ats.iot, with a dot: a pasted -ats names no endpoint there";
static const char dotted_elsewhere[] =
    "only in cn-north-1 the mark of ATS stands behind a dot; elsewhere it is -ats";
static const char fips_account[] =
    "the FIPS data plane has no host of an account: it is data.iot-fips";

/* What stands before "iot" or "iot-fips"; "P" is an account's prefix. The first that fits counts.
 */
static const struct form {
    const char *head;
    unsigned services;
    const char *region; /* only there; NULL: everywhere */
    enum avs_iot_kind kind;
    enum mark mark;
    bool is_certain;
    const char *why;
} forms[] = {
    {"", BOTH, NULL, AVS_IOT_CONTROL, NOT_TOLD, true, control},
    {"data-ats", BOTH, NULL, AVS_IOT_GENERIC_DATA, ATS, true, generic},
    {"data.ats", IOT, "cn-north-1", AVS_IOT_GENERIC_DATA, ATS, true, generic},
    {"data", FIPS, NULL, AVS_IOT_GENERIC_DATA, ATS, true, generic},
    {"data", IOT, NULL, AVS_IOT_GENERIC_DATA, BY_REGION, false,
     "the data name of older SDKs; threads of 2020 saw the legacy certificate there"},
    {"data.jobs", BOTH, NULL, AVS_IOT_GENERIC_JOBS, ATS, true, generic},
    {"greengrass-ats", IOT, NULL, AVS_IOT_GREENGRASS, ATS, true,
     "the data plane of Greengrass: it looks like P-ats, but is no account's"},
    {"api.tunneling", BOTH, NULL, AVS_IOT_TUNNELING, NOT_TOLD, true, control},
    {"data.tunneling", BOTH, NULL, AVS_IOT_TUNNELING, NOT_TOLD, false,
     "where the two ends of a secure tunnel meet"},
    {"P-ats", IOT, "cn-north-1", AVS_IOT_MALFORMED, NOT_TOLD, false, dashed_in_china},
    {"P-ats", IOT, NULL, AVS_IOT_DATA, ATS, true, dash_ats},
    {"P.ats", IOT, "cn-north-1", AVS_IOT_DATA, ATS, true, dot_ats},
    {"P.ats", IOT, NULL, AVS_IOT_MALFORMED, NOT_TOLD, true, dotted_elsewhere},
    {"P.credentials", IOT, NULL, AVS_IOT_CREDENTIALS, ATS, true, exact},
    {"P.credentials", FIPS, NULL, AVS_IOT_CREDENTIALS, ATS, false,
     "AWS has FIPS credential providers; this form of their names is a guess"},
    {"P.jobs", IOT, NULL, AVS_IOT_JOBS, ATS, true, exact},
    {"P.deviceadvisor", IOT, NULL, AVS_IOT_DEVICE_ADVISOR, ATS, false,
     "the test endpoint of Device Advisor; that it is ATS is likely, not documented"},
    {"P-ats.credentials", BOTH, NULL, AVS_IOT_MALFORMED, NOT_TOLD, true, pasted},
    {"P-ats.jobs", BOTH, NULL, AVS_IOT_MALFORMED, NOT_TOLD, true, pasted},
    {"P-ats.deviceadvisor", BOTH, NULL, AVS_IOT_MALFORMED, NOT_TOLD, true, pasted},
    {"P", FIPS, NULL, AVS_IOT_MALFORMED, NOT_TOLD, true, fips_account},
    {"P-ats", FIPS, NULL, AVS_IOT_MALFORMED, NOT_TOLD, true, fips_account},
    {"P", IOT, NULL, AVS_IOT_DATA, BY_REGION, true, NULL},
};

/* First labels that are no account's prefix, tested before the rules of P. */
static bool is_reserved(const char *prefix, size_t length) {
    static const char *const words[] = {"data", "greengrass", "iot", "api", "ats"};
    for (size_t i = 0; i < AVS_COUNT(words); i++) {
        if (strlen(words[i]) == length && memcmp(words[i], prefix, length) == 0) {
            return true;
        }
    }
    return false;
}

struct labels {
    const char *at[LABELS_MAX];
    size_t count;
};

static bool fits(const char *pattern, const struct labels *labels, size_t count, char *prefix) {
    for (size_t i = 0; i < count; i++, pattern += *pattern == '.') {
        size_t length = strcspn(pattern, ".");
        const char *label = labels->at[i];
        if (pattern[0] == 'P') {
            size_t plain = strspn(label, "abcdefghijklmnopqrstuvwxyz0123456789");
            if (plain == 0 || is_reserved(label, plain) || strlen(label) != plain + length - 1 ||
                memcmp(label + plain, pattern + 1, length - 1) != 0) {
                return false;
            }
            avs_text_copy_bytes(prefix, AVS_IOT_PREFIX_BYTES, label, plain);
        } else if (strlen(label) != length || memcmp(label, pattern, length) != 0) {
            return false;
        }
        pattern += length;
    }
    return *pattern == '\0';
}

/* ---- the judgement ---- */

static void judge(struct avs_iot_name *name, enum avs_iot_kind kind, bool is_certain,
                  const char *why) {
    name->kind = kind;
    name->is_certain = is_certain;
    name->why = why;
}

/* The region rule: VeriSign where the guide has it, ATS everywhere else. */
static void judge_by_region(struct avs_iot_name *name, const struct avs_iot_region *region) {
    name->generation = region->was_verisign ? AVS_IOT_GENERATION_VERISIGN : AVS_IOT_GENERATION_ATS;
    if (name->kind != AVS_IOT_DATA) {
        return;
    }
    if (region->was_verisign) {
        judge(name, AVS_IOT_LEGACY_DATA, true,
              "no -ats, and this region had VeriSign when both were there (the guide of 2018)");
    } else if (region->is_listed) {
        judge(name, AVS_IOT_DATA, true, "no -ats, but this region has only ever had ATS");
    } else {
        judge(name, AVS_IOT_DATA, false,
              "no -ats, and a region newer than this table: such regions are ATS only");
    }
}

static void judge_form(struct avs_iot_name *name, const struct avs_iot_region *region,
                       const struct form *form) {
    judge(name, form->kind, form->is_certain, form->why);
    if (form->mark == ATS) {
        name->generation = AVS_IOT_GENERATION_ATS;
    } else if (form->mark == BY_REGION) {
        judge_by_region(name, region);
    }
    if (name->is_dual_stack && name->prefix[0] && name->kind != AVS_IOT_MALFORMED) {
        judge(name, name->kind, false,
              "the form of an account's host under a dual-stack name; none is known in public");
    }
}

/* HEAD.iot.R or HEAD.iot-fips.R: `count` labels are the head. */
static void judge_iot(struct avs_iot_name *name, const struct labels *labels, size_t count,
                      const struct avs_iot_region *region) {
    name->is_fips = strcmp(labels->at[count], "iot-fips") == 0;
    judge(name, AVS_IOT_MALFORMED, true, "no form of name that AWS IoT Core has is like it");
    for (size_t i = 0; i < AVS_COUNT(forms); i++) {
        char prefix[AVS_IOT_PREFIX_BYTES] = "";
        bool is_here = !forms[i].region || strcmp(forms[i].region, region->name) == 0;
        if (is_here && (forms[i].services & (name->is_fips ? FIPS : IOT)) &&
            fits(forms[i].head, labels, count, prefix)) {
            AVS_TEXT_SET(name->prefix, prefix);
            judge_form(name, region, &forms[i]);
            return;
        }
    }
}

static bool is_iot_label(const char *label) {
    return strcmp(label, "iot") == 0 || strcmp(label, "iot-fips") == 0;
}

static bool ends_in(const char *label, const char *end) {
    size_t length = strlen(label), end_length = strlen(end);
    return length > end_length && strcmp(label + length - end_length, end) == 0;
}

/* X-ats.beta.R.iot: the region in front. */
static bool is_beta(const struct labels *labels) {
    return labels->count == 4 && ends_in(labels->at[0], "-ats") &&
           strcmp(labels->at[1], "beta") == 0 && strcmp(labels->at[3], "iot") == 0;
}

static bool has_iot(const struct labels *labels) {
    for (size_t i = 0; i < labels->count; i++) {
        if (is_iot_label(labels->at[i])) {
            return true;
        }
    }
    return false;
}

static void take_region(struct avs_iot_name *name, const struct avs_iot_region *region) {
    if (region->partition) {
        AVS_TEXT_SET(name->region, region->name);
        name->partition = region->partition;
        name->suffix = region->suffix;
    }
}

/* `labels` stand in front of the suffix. */
static void judge_aws(struct avs_iot_name *name, const struct labels *labels, const char *suffix) {
    struct avs_iot_region region = {.size = sizeof(region)};
    size_t count = labels->count;
    bool has_beta = is_beta(labels);
    const char *place = has_beta ? labels->at[2] : count > 0 ? labels->at[count - 1] : "";
    judge(name, AVS_IOT_OTHER_AWS, true, "a name of AWS, but not of AWS IoT Core");
    if (avs_iot_region_find(place, &region, NULL) != AVS_OK) {
        return;
    }
    bool is_advisor = count == 3 && strcmp(labels->at[0], "api") == 0 &&
                      strcmp(labels->at[1], "iotdeviceadvisor") == 0;
    if (strcmp(place, "vpce") == 0 || (!is_advisor && !has_iot(labels))) {
        return;
    }
    take_region(name, &region);
    if (!region.partition) {
        judge(name, AVS_IOT_MALFORMED, true, "no region stands where AWS's names have it");
    } else if (strcmp(name->is_dual_stack ? region.dual_stack_suffix : region.suffix, suffix) !=
               0) {
        judge(name, AVS_IOT_MALFORMED, true,
              "its region is in another partition, whose hosts end differently");
    } else if (has_beta) {
        judge(name, AVS_IOT_BETA, true, "a configurable endpoint of AWS in its beta form");
        name->generation = AVS_IOT_GENERATION_ATS;
    } else if (is_advisor) {
        judge(name, AVS_IOT_ADVISOR_CONTROL, true, control);
    } else if (count >= 2 && is_iot_label(labels->at[count - 2])) {
        judge_iot(name, labels, count - 2, &region);
    } else {
        judge(name, AVS_IOT_MALFORMED, true, "no form of name that AWS IoT Core has is like it");
    }
}

/* ---- names that are not under AWS ---- */

/* "...amazonaws.com.evil.test", "amazonaws.con", "P.iot.us-east-1" without its end. */
static bool looks_like_aws(const struct labels *labels) {
    for (size_t i = 0; i < labels->count; i++) {
        struct avs_iot_region region = {.size = sizeof(region)};
        bool is_place = i > 0 && is_iot_label(labels->at[i - 1]) &&
                        avs_iot_region_find(labels->at[i], &region, NULL) == AVS_OK &&
                        region.partition;
        if (is_place || strstr(labels->at[i], "amazonaws")) {
            return true;
        }
    }
    return false;
}

static void judge_foreign(struct avs_iot_name *name, const struct labels *labels) {
    if (avs_text_is_ip_literal(name->host)) {
        judge(name, AVS_IOT_OTHER, true,
              "an address: TLS sends no name for it, and AWS IoT Core chooses by name");
    } else if (looks_like_aws(labels)) {
        judge(name, AVS_IOT_LOOK_ALIKE, true,
              "it looks like a name of AWS, but does not end in a name of AWS");
    } else if (labels->count < 2) {
        judge(name, AVS_IOT_OTHER, true, "one label: a name of the local network");
    } else {
        judge(
            name, AVS_IOT_CUSTOM_DOMAIN, false,
            "not under a name of AWS: a custom domain of the customer's, if it is AWS IoT at all");
        name->generation = AVS_IOT_GENERATION_OWN;
    }
}

enum avs_status avs_iot_name_parse(const char *text, size_t length, struct avs_iot_name *ret_name,
                                   struct avs_error *reterr) {
    struct avs_iot_name name = {0};
    struct labels labels = {.count = 0};
    char copy[AVS_ENDPOINT_HOST_BYTES];
    AVS_TRY(avs_iot_host_take(text ? text : "", text ? length : 0, &name, reterr));
    const char *suffix = avs_iot_suffix_of(name.host, &name.is_dual_stack);
    AVS_TEXT_SET(copy, name.host);
    copy[strlen(copy) - (suffix ? strlen(suffix) : 0)] = '\0';
    for (char *rest = copy, *label; (label = strsep(&rest, ".")) && labels.count < LABELS_MAX;) {
        if (label[0]) { /* but for the dot in front of the suffix */
            labels.at[labels.count++] = label;
        }
    }
    if (suffix) {
        judge_aws(&name, &labels, suffix);
    } else {
        judge_foreign(&name, &labels);
    }
    avs_versioned_give(ret_name, &name, sizeof(name));
    return AVS_OK;
}
