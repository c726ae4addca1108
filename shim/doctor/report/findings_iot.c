/* SPDX-License-Identifier: Apache-2.0 */
/* The rows of a device's way into AWS IoT Core: the key pair, each port, each certificate family.
 */
#include "report/advice.h"
#include "report/findings.h"
#include "report/iot_check_words.h"

#define NAME_BYTES 24
#define MS_PER_S   1000.0

struct filling {
    struct avs_findings *findings;
    const struct avs_iot_check *check;
};

/* Of what was never reached nothing is known; a warning does not count. */
static enum avs_check_outcome outcome_of(const struct avs_iot_findings *found, bool is_proven) {
    enum avs_check_outcome outcome = is_proven ? AVS_CHECK_PASSED : AVS_CHECK_UNKNOWN;
    for (size_t i = 0; i < found->count; i++) {
        const struct avs_cause_info *info = avs_cause_info(found->item[i].cause);
        bool is_unreached = info->phase == AVS_PHASE_DNS || info->phase == AVS_PHASE_TCP ||
                            found->item[i].cause == AVS_CAUSE_TLS_TIMEOUT;
        if (info->severity == AVS_SEVERITY_ERROR) {
            return is_unreached ? AVS_CHECK_UNKNOWN : AVS_CHECK_FAILED;
        }
        outcome = outcome == AVS_CHECK_PASSED ? AVS_CHECK_NOTED : outcome;
    }
    return outcome;
}

static enum avs_status add_findings(struct filling *filling, size_t check,
                                    const struct avs_iot_check_way *way,
                                    const struct avs_iot_findings *found,
                                    struct avs_error *reterr) {
    struct avs_findings *findings = filling->findings;
    for (size_t i = 0; i < found->count; i++) {
        struct avs_advice advice = {.cause = AVS_CAUSE_NONE};
        enum avs_status status =
            avs_iot_advice(&advice, filling->check, way, &found->item[i], reterr);
        if (status == AVS_OK) {
            const struct avs_cause_info *info = avs_cause_info(advice.cause);
            bool decides = findings->decisive == AVS_FINDINGS_MAX &&
                           found->item[i].cause == filling->check->cause;
            findings->decisive = decides ? findings->finding_count : findings->decisive;
            avs_findings_add(findings, &(struct avs_finding){.check = check,
                                                             .id = info->id,
                                                             .cause = advice.cause,
                                                             .severity = info->severity,
                                                             .headline = advice.meaning,
                                                             .meaning = advice.meaning,
                                                             .remedy = advice.remedy,
                                                             .facts = advice.facts.data,
                                                             .command = advice.command.data});
        }
        avs_advice_done(&advice);
        AVS_TRY(status);
    }
    return AVS_OK;
}

static enum avs_status add_keypair(struct filling *filling, struct avs_error *reterr) {
    const struct avs_iot_keypair *pair = &filling->check->keypair;
    size_t row = avs_findings_add_check(filling->findings, "Key pair",
                                        outcome_of(&pair->findings, pair->is_usable), -1);
    return add_findings(filling, row, NULL, &pair->findings, reterr);
}

/* Without a key pair the server alone was asked: what it said of itself stands. */
static enum avs_status add_way(struct filling *filling, const struct avs_iot_check_way *way,
                               struct avs_error *reterr) {
    char name[NAME_BYTES];
    double total_ms = way->session.timing.total_ms;
    bool is_proven = filling->check->keypair.is_given ? way->is_proven : way->findings.count == 0;
    avs_iot_check_way_name(way, name, sizeof(name));
    size_t row =
        avs_findings_add_check(filling->findings, name, outcome_of(&way->findings, is_proven),
                               total_ms > 0 ? total_ms / MS_PER_S : -1);
    return add_findings(filling, row, way, &way->findings, reterr);
}

/* Which root a family's chain needs informs, and does not count. */
static void add_family(struct filling *filling, enum avs_family family) {
    static const char *const names[] = {
        [AVS_FAMILY_RSA] = "RSA certificate", [AVS_FAMILY_ECDSA] = "ECDSA certificate"};
    if (filling->check->family[family].was_attempted) {
        bool is_fine = filling->check->family_findings[family].count == 0;
        (void)avs_findings_add_check(filling->findings, names[family],
                                     is_fine ? AVS_CHECK_PASSED : AVS_CHECK_NOTED, -1);
    }
}

static enum avs_status add_all(struct filling *filling, struct avs_error *reterr) {
    AVS_TRY(add_keypair(filling, reterr));
    for (size_t i = 0; i < filling->check->way_count; i++) {
        AVS_TRY(add_way(filling, &filling->check->way[i], reterr));
    }
    for (int i = 0; i < AVS_FAMILY_COUNT; i++) {
        add_family(filling, (enum avs_family)i);
    }
    return AVS_OK;
}

static void set_answer(struct filling *filling) {
    const struct avs_iot_check *check = filling->check;
    struct avs_findings *findings = filling->findings;
    findings->answer =
        check->readiness == AVS_READY ? avs_findings_keepf(findings, "%s: ready", check->host)
        : check->cause == AVS_CAUSE_NONE
            ? avs_findings_keepf(findings, "%s: the server was asked, the device was not",
                                 check->host)
            : avs_findings_keepf(findings, "%s: %s", check->host,
                                 avs_cause_info(check->cause)->meaning);
    avs_findings_set(findings, AVS_FIELD_HEADLINE, findings->answer);
    avs_findings_set(findings, AVS_FIELD_VERDICT, avs_readiness_id(check->readiness));
    avs_findings_set(findings, AVS_FIELD_HOST, check->host);
    findings->value[AVS_FIELD_EXIT_CODE] = avs_findings_keepf(findings, "%d", check->exit_code);
}

enum avs_status avs_findings_of_iot_check(const struct avs_iot_check *check,
                                          struct avs_findings **ret_findings,
                                          struct avs_error *reterr) {
    struct filling filling = {.findings = avs_findings_new("iot check"), .check = check};
    AVS_REQUIRE_MEMORY(filling.findings, reterr);
    filling.findings->exit_code = check->exit_code;
    filling.findings->subject = avs_findings_keep(filling.findings, check->host);
    filling.findings->decisive = AVS_FINDINGS_MAX;
    enum avs_status status = add_all(&filling, reterr);
    if (status != AVS_OK) {
        avs_findings_free(filling.findings);
        return status;
    }
    set_answer(&filling);
    return avs_findings_finish(filling.findings, ret_findings, reterr);
}
