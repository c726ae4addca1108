/* SPDX-License-Identifier: Apache-2.0 */
/* The rows of a doctor's visit: each sight and each host is a check. */
#include <stdio.h>
#include <string.h>

#include "board/hosts.h"
#include "board/rules.h"
#include "report/doctor.h"

#define NAME_BYTES (AVS_NAME_BYTES + 40)

const char *const avs_board_part_words[AVS_BOARD_PART_COUNT] = {
    [AVS_BOARD_PART_CONFIG] = "the configuration", [AVS_BOARD_PART_DISK] = "the disk",
    [AVS_BOARD_PART_NETWORK] = "the network",      [AVS_BOARD_PART_RESOLVER] = "the resolvers",
    [AVS_BOARD_PART_CLOCK] = "the clock",          [AVS_BOARD_PART_PROXY] = "the proxy",
    [AVS_BOARD_PART_LIBRARIES] = "the libraries",  [AVS_BOARD_PART_STORE] = "the trust store",
    [AVS_BOARD_PART_HOST] = "the hosts",           [AVS_BOARD_PART_LOG] = "the log",
};

static enum avs_check_outcome worse(enum avs_check_outcome outcome,
                                    const struct avs_board_finding *finding) {
    if (finding->because != AVS_BOARD_NOTHING) {
        return outcome == AVS_CHECK_FAILED ? outcome : AVS_CHECK_UNKNOWN;
    }
    if (finding->severity == AVS_SEVERITY_ERROR) {
        return AVS_CHECK_FAILED;
    }
    return outcome == AVS_CHECK_PASSED ? AVS_CHECK_NOTED : outcome;
}

/* Each part that was looked at, and then each host: the index of the check of a finding is the
 * part's, or behind them the host's. */
static void add_checks(const struct avs_doctor *doctor, struct avs_findings *findings) {
    const struct avs_board_conclusion *conclusion = &doctor->conclusion;
    char name[NAME_BYTES];
    for (int part = 0; part < AVS_BOARD_PART_COUNT; part++) {
        enum avs_check_outcome outcome = AVS_CHECK_PASSED;
        for (size_t i = 0; i < conclusion->finding_count; i++) {
            if ((int)conclusion->finding[i].part == part) {
                outcome = worse(outcome, &conclusion->finding[i]);
            }
        }
        (void)avs_findings_add_check(findings, avs_board_part_words[part], outcome, -1);
    }
    for (size_t host = 0; host < doctor->board->host_length; host++) {
        const struct avs_board_host *row = &doctor->board->host[host];
        enum avs_check_outcome outcome = row->was_asked ? AVS_CHECK_PASSED : AVS_CHECK_UNKNOWN;
        for (size_t i = 0; i < conclusion->finding_count; i++) {
            if (avs_board_is_of_host(&conclusion->finding[i], host)) {
                outcome = worse(outcome, &conclusion->finding[i]);
            }
        }
        snprintf(name, sizeof(name), "%s %s", avs_board_roles[row->role].words, row->host);
        (void)avs_findings_add_check(findings, name, outcome, -1);
    }
}

static size_t check_of(const struct avs_board_finding *finding) {
    return finding->part != AVS_BOARD_PART_HOST ? (size_t)finding->part
                                                : AVS_BOARD_PART_COUNT + finding->host;
}

/* It is no fault of its own, and there is nothing to do about it but to mend the other. */
static void mark_consequence(const struct avs_doctor *doctor,
                             const struct avs_board_finding *finding, struct avs_findings *findings,
                             struct avs_finding *words) {
    const struct avs_board_finding *why = &doctor->conclusion.finding[finding->because];
    words->severity = AVS_SEVERITY_INFO;
    words->meaning =
        avs_findings_keepf(findings, "A consequence of %s (%s), no fault of its own.",
                           avs_board_part_words[why->part], avs_cause_info(why->cause)->id);
    words->remedy = words->command = "";
}

static enum avs_status add_findings(const struct avs_doctor *doctor, struct avs_findings *findings,
                                    struct avs_error *reterr) {
    for (size_t i = 0; i < doctor->conclusion.finding_count; i++) {
        const struct avs_board_finding *finding = &doctor->conclusion.finding[i];
        struct avs_finding words;
        AVS_TRY(avs_doctor_words(doctor, finding, findings, &words, reterr));
        words.check = check_of(finding);
        if (finding->because != AVS_BOARD_NOTHING) {
            mark_consequence(doctor, finding, findings, &words);
        }
        avs_findings_add(findings, &words);
    }
    findings->decisive = avs_doctor_first(doctor) ? 0 : AVS_FINDINGS_MAX;
    return AVS_OK;
}

enum avs_status avs_findings_of_doctor(const struct avs_doctor *doctor,
                                       struct avs_findings **ret_findings,
                                       struct avs_error *reterr) {
    struct avs_findings *findings = avs_findings_new("doctor");
    AVS_REQUIRE_MEMORY(findings, reterr);
    findings->exit_code = doctor->conclusion.exit_code;
    findings->subject = avs_findings_keep(
        findings, doctor->board->sysroot[0] ? doctor->board->sysroot : "this device");
    add_checks(doctor, findings);
    enum avs_status status = add_findings(doctor, findings, reterr);
    if (status != AVS_OK) {
        avs_findings_free(findings);
        return status;
    }
    bool has_first = avs_doctor_first(doctor) && findings->finding_count > 0; /* or no memory */
    findings->answer = has_first ? findings->finding[0].headline
                       : doctor->conclusion.readiness == AVS_READY
                           ? "every host works, each proven"
                           : "nothing is wrong as far as was asked, and not all was";
    avs_findings_set(findings, AVS_FIELD_HEADLINE, findings->answer);
    avs_findings_set(findings, AVS_FIELD_VERDICT, avs_readiness_id(doctor->conclusion.readiness));
    findings->value[AVS_FIELD_EXIT_CODE] =
        avs_findings_keepf(findings, "%d", doctor->conclusion.exit_code);
    return avs_findings_finish(findings, ret_findings, reterr);
}
