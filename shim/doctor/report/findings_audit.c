/* SPDX-License-Identifier: Apache-2.0 */
/* The rows of a trust audit: the store as a whole, and each required root. */
#include <stdio.h>

#include "report/audit_words.h"
#include "report/findings.h"
#include "store/command.h"

#define NAME_BYTES 160

/* The store that is to be put right, NULL = the SDK has none. */
static const struct avs_audit_store *sdk_store(const struct avs_trust_audit *audit) {
    for (size_t i = 0; i < audit->store_count; i++) {
        if (audit->store[i].readers & AVS_AUDIT_BY_SDK) {
            return &audit->store[i];
        }
    }
    return NULL;
}

static enum avs_cause cause_of(const struct avs_trust_audit *audit, enum avs_audit_state state) {
    if (audit->is_sdk_store_broken) {
        return AVS_CAUSE_CA_FILE_INVALID;
    }
    switch (state) {
    case AVS_AUDIT_UNHASHED:
    case AVS_AUDIT_OLD_HASH:
        return AVS_CAUSE_CA_PATH_NOT_HASHED;
    case AVS_AUDIT_EXPIRED:
        return AVS_CAUSE_CERT_EXPIRED;
    case AVS_AUDIT_NOT_YET_VALID:
        return AVS_CAUSE_CLOCK_WRONG;
    case AVS_AUDIT_CROSS_SIGNED:
        return AVS_CAUSE_CROSS_SIGNED_ANCHOR;
    case AVS_AUDIT_ABSENT:
    case AVS_AUDIT_DESELECTED:
    case AVS_AUDIT_PRESENT:
    case AVS_AUDIT_STATE_COUNT:
        break;
    }
    return AVS_CAUSE_ROOT_MISSING;
}

static void add_root(struct avs_findings *findings, const struct avs_trust_audit *audit, size_t ca,
                     const char *command) {
    const struct avs_audit_watch *watch = &audit->watches.row[ca];
    bool is_there = audit->sdk[ca] == AVS_AUDIT_PRESENT && !audit->is_sdk_store_broken;
    size_t check = avs_findings_add_check(findings, watch->name,
                                          is_there ? AVS_CHECK_PASSED : AVS_CHECK_FAILED, -1);
    if (is_there) {
        return;
    }
    const struct avs_audit_store *store = sdk_store(audit);
    const struct avs_cause_info *info = avs_cause_info(cause_of(audit, audit->sdk[ca]));
    char headline[NAME_BYTES], facts[NAME_BYTES];
    snprintf(headline, sizeof(headline), "%s: %s", watch->name,
             audit->is_sdk_store_broken ? "not loaded: the CA file is refused"
                                        : avs_audit_state_text(audit->sdk[ca]));
    snprintf(facts, sizeof(facts), "SHA-256 %s", watch->sha256);
    avs_findings_add(findings, &(struct avs_finding){.check = check,
                                                     .id = info->id,
                                                     .cause = info->cause,
                                                     .severity = AVS_SEVERITY_ERROR,
                                                     .headline = headline,
                                                     .meaning = info->meaning,
                                                     .remedy = info->remedy,
                                                     .facts = facts,
                                                     .file = store ? store->path : NULL,
                                                     .command = command});
}

static void add_finding(struct avs_findings *findings, const struct avs_trust_audit *audit,
                        const struct avs_audit_finding *finding) {
    const struct avs_audit_finding_info *info = avs_audit_finding_info(finding->id);
    struct avs_buffer command = avs_buffer_init(AVS_STORE_COMMAND_BYTES);
    bool is_path = finding->path[0] == '/'; /* or a variable, a key of a configuration */
    char facts[AVS_AUDIT_PATH_BYTES + AVS_NAME_BYTES + 4]; /* and ": " */
    unsigned line = 0;
    avs_audit_add_command(audit, finding, &command);
    findings->is_failed |= command.is_failed;
    snprintf(facts, sizeof(facts), "%s%s%s", is_path ? "" : finding->path,
             !is_path && finding->detail[0] ? ": " : "", finding->detail);
    if (sscanf(finding->detail, "line %u:", &line) != 1) {
        line = 0;
    }
    avs_findings_add(findings, &(struct avs_finding){.check = 0,
                                                     .id = info->id,
                                                     .cause = info->cause,
                                                     .severity = finding->severity,
                                                     .headline = info->meaning,
                                                     .meaning = info->meaning,
                                                     .remedy = info->remedy,
                                                     .facts = facts,
                                                     .file = is_path ? finding->path : NULL,
                                                     .line = line,
                                                     .command = command.data});
    avs_buffer_done(&command);
}

static void set_values(struct avs_findings *findings, const struct avs_trust_audit *audit,
                       bool is_usable) {
    const struct avs_audit_store *store = sdk_store(audit);
    findings->exit_code = is_usable ? 0 : 1;
    findings->folder = audit->is_sysroot ? avs_findings_keep(findings, audit->root.path) : NULL;
    findings->subject = avs_findings_keep(findings, store ? store->path : "the SDK's trust store");
    findings->answer = avs_findings_keepf(findings,
                                          is_usable ? "all %zu required roots can be used"
                                                    : "of %zu required roots %zu can be used",
                                          audit->required_count, audit->usable_count);
    avs_findings_set(findings, AVS_FIELD_HEADLINE, findings->answer);
    avs_findings_set(findings, AVS_FIELD_VERDICT, is_usable ? "usable" : "not_usable");
    avs_findings_set(findings, AVS_FIELD_EXIT_CODE, is_usable ? "0" : "1");
    avs_findings_set(findings, AVS_FIELD_STORE, store ? store->path : NULL);
}

enum avs_status avs_findings_of_audit(const struct avs_trust_audit *audit,
                                      struct avs_findings **ret_findings,
                                      struct avs_error *reterr) {
    struct avs_findings *findings = avs_findings_new("trust audit");
    AVS_REQUIRE_MEMORY(findings, reterr);
    bool is_usable = avs_trust_audit_is_usable(audit);
    struct avs_buffer next = avs_buffer_init(AVS_STORE_COMMAND_BYTES);
    avs_audit_add_next(audit, &next);
    findings->is_failed |= next.is_failed;
    findings->audit = audit;
    set_values(findings, audit, is_usable);
    bool is_loaded = audit->has_sdk_store && !audit->is_sdk_store_broken;
    (void)avs_findings_add_check(findings, "trust store",
                                 is_loaded ? AVS_CHECK_PASSED : AVS_CHECK_FAILED, -1);
    for (size_t ca = 0; ca < AVS_ATS_ROOT_COUNT; ca++) {
        if (audit->watches.row[ca].role == AVS_AUDIT_REQUIRED) {
            add_root(findings, audit, ca, next.data);
        }
    }
    findings->decisive = findings->finding_count > 0 ? 0 : AVS_FINDINGS_MAX;
    for (size_t i = 0; i < audit->finding_count; i++) {
        add_finding(findings, audit, &audit->finding[i]);
    }
    avs_buffer_done(&next);
    return avs_findings_finish(findings, ret_findings, reterr);
}
