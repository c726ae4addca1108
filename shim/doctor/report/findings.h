/* SPDX-License-Identifier: Apache-2.0 */
/* The rows behind every format of <avs/findings.h>: filled by findings_*.c, one for each kind of
 * report, and written by one file for each format. */
#ifndef AVS_REPORT_FINDINGS_H
#define AVS_REPORT_FINDINGS_H

#include <avs/findings.h>

#include "base/flow.h"

#define AVS_FINDINGS_MAX        1024 /* of one report; far more than any has */
#define AVS_FINDINGS_FILE_BYTES (16u * 1024u * 1024u)

/** What --format can name; the texts are in findings.c. */
#define AVS_FINDINGS_FIELD_MAP(XX) \
    XX(VERDICT, verdict)           \
    XX(EXIT_CODE, exit_code)       \
    XX(CAUSE, cause)               \
    XX(PHASE, phase)               \
    XX(SEVERITY, severity)         \
    XX(ID, id)                     \
    XX(HEADLINE, headline)         \
    XX(MEANING, meaning)           \
    XX(REMEDY, remedy)             \
    XX(COMMAND, command)           \
    XX(FILE, file)                 \
    XX(LINE, line)                 \
    XX(COLUMN, column)             \
    XX(ENDPOINT, endpoint)         \
    XX(HOST, host)                 \
    XX(PORT, port)                 \
    XX(ADDRESS, address)           \
    XX(PROXY, proxy)               \
    XX(TLS, tls)                   \
    XX(PROTOCOL, protocol)         \
    XX(STATUS, status)             \
    XX(ANCHOR, anchor)             \
    XX(ROOT, root)                 \
    XX(STORE, store)

enum avs_findings_field {
#define XX(name, id) AVS_FIELD_##name,
    AVS_FINDINGS_FIELD_MAP(XX)
#undef XX
        AVS_FIELD_COUNT
};

/** How a check went. */
enum avs_check_outcome {
    AVS_CHECK_PASSED,
    AVS_CHECK_FAILED,
    AVS_CHECK_UNKNOWN, /* could not be made: no success either */
    AVS_CHECK_NOTED,   /* went wrong and does not count */
};

struct avs_check_row {
    const char *name; /* the same from run to run */
    enum avs_check_outcome outcome;
    double seconds; /* -1 = not known */
};

struct avs_finding {
    size_t check;   /* the row that it belongs to */
    const char *id; /* the cause's, or finer: "trailing_comma" */
    enum avs_cause cause;
    enum avs_severity severity;
    /* never NULL, "" = nothing to say */
    const char *headline, *meaning, *remedy, *command;
    const char *facts; /* a line each */
    const char *file;  /* where it is, "" = nowhere in a file */
    const char *host;
    unsigned line, column; /* 1-based, 0 = not known */
    const char *excerpt;   /* that line of the file */
};

struct avs_findings {
    const char *command;                /* "check", "trust audit", ... */
    const char *subject;                /* what was looked at: an endpoint, a store, a file */
    const char *answer;                 /* one sentence */
    const char *value[AVS_FIELD_COUNT]; /* of the whole, NULL = not known */
    bool is_line_each;                  /* --format: a line for each finding */
    int exit_code;
    const char *folder; /* the root that absolute paths of files are below, NULL = "/" */

    struct avs_check_row *check;
    size_t check_count;
    struct avs_finding *finding;
    size_t finding_count;
    size_t decisive; /* index of the finding that decides; AVS_FINDINGS_MAX = none */

    const struct avs_evidence *evidence; /* lent, NULL = none */
    const struct avs_verdict *verdict;
    const struct avs_trust_audit *audit;

    char **pool; /* the texts that are owned */
    size_t pool_count;
    bool is_failed; /* out of memory, or too many: told by avs_findings_finish */
};

/** Rows without a row. NULL: out of memory. */
struct avs_findings *avs_findings_new(const char *command);
/** A copy that lives as long as the rows; "" for NULL. Failures stick. */
const char *avs_findings_keep(struct avs_findings *findings, const char *text);
AVS_PRINTF(2, 3)
const char *avs_findings_keepf(struct avs_findings *findings, const char *format, ...);
void avs_findings_set(struct avs_findings *findings, enum avs_findings_field field,
                      const char *text);
/** Add a row; its index. `name` is copied. */
size_t avs_findings_add_check(struct avs_findings *findings, const char *name,
                              enum avs_check_outcome outcome, double seconds);
/** Add a finding, every text of which is copied. */
void avs_findings_add(struct avs_findings *findings, const struct avs_finding *finding);
/** Hand the rows over, or tell what failed and free them. */
AVS_NODISCARD enum avs_status avs_findings_finish(struct avs_findings *findings,
                                                  struct avs_findings **ret_findings,
                                                  struct avs_error *reterr);

/** Why a check failed: the finding that decides where it is one of the check or the check has none,
 *  else its worst; NULL = there is no finding at all. */
const struct avs_finding *avs_findings_reason(const struct avs_findings *findings, size_t check);
/** Checks that went so. */
size_t avs_findings_count(const struct avs_findings *findings, enum avs_check_outcome outcome);
/** The text of a field for one finding (NULL = of the whole); "" where it is not known. `scratch`
 *  holds a number. */
const char *avs_findings_value(const struct avs_findings *findings,
                               const struct avs_finding *finding, enum avs_findings_field field,
                               char scratch[16]);

AVS_NODISCARD enum avs_status avs_findings_to_junit(const struct avs_findings *findings,
                                                    char **ret_text, struct avs_error *reterr);
AVS_NODISCARD enum avs_status avs_findings_to_tap(const struct avs_findings *findings,
                                                  char **ret_text, struct avs_error *reterr);
AVS_NODISCARD enum avs_status avs_findings_to_sarif(const struct avs_findings *findings,
                                                    char **ret_text, struct avs_error *reterr);
AVS_NODISCARD enum avs_status avs_findings_to_html(const struct avs_findings *findings,
                                                   char **ret_text, struct avs_error *reterr);
AVS_NODISCARD enum avs_status avs_findings_to_metrics(const struct avs_findings *findings,
                                                      char **ret_text, struct avs_error *reterr);

#endif
