/* SPDX-License-Identifier: Apache-2.0 */
/* What the linters of values share. */
#ifndef AVS_CONF_LINT_H
#define AVS_CONF_LINT_H

#include "conf/report.h"
#include "conf/sdk.h"

#define AVS_CONF_LINT_GROUPS_MAX 16
#define AVS_CONF_LINT_PLACES_MAX 20 /* of one group that are named */

/* What is often wrong with many values at once. */
enum avs_conf_lint_kind {
    AVS_CONF_LINT_PLACEHOLDER,
    AVS_CONF_LINT_FOLDER,   /* of a database: not there */
    AVS_CONF_LINT_NO_FOLDER /* ... something else */
};

struct avs_conf_lint_group {
    enum avs_conf_lint_kind kind;
    struct avs_conf_ref first;
    const char *what, *places; /* the report's */
    size_t count;
};

struct avs_conf_lint {
    const struct avs_config *config;
    unsigned release; /* AVS_SDK_ANY or one */
    struct avs_conf_report *report;
    struct avs_error *reterr;
    const char *good_folder; /* the last folder that was found to be there, the report's string */
    size_t good_folder_length;
    struct avs_conf_lint_group groups[AVS_CONF_LINT_GROUPS_MAX];
    size_t group_count;
};

const struct avs_conf_node *avs_conf_lint_node(const struct avs_conf_lint *lint,
                                               struct avs_conf_ref ref);

/** A finding at a value or its key. `problem` and `fix` are static or the report's. */
void avs_conf_lint_remark(struct avs_conf_lint *lint, struct avs_conf_ref ref, bool is_about_key,
                          const char *id, enum avs_cause cause, enum avs_severity severity,
                          const char *problem, const char *fix);

/** No more findings are kept; looking for them would only cost time. */
bool avs_conf_lint_is_full(const struct avs_conf_lint *lint);

/** Note a value for a finding that names all of its kind with the same `what` ("" or a path). */
void avs_conf_lint_group(struct avs_conf_lint *lint, enum avs_conf_lint_kind kind,
                         struct avs_conf_ref ref, const char *what);
/** Say what was noted. */
void avs_conf_lint_groups(struct avs_conf_lint *lint);

/** Is it a text that a template asks to be replaced? */
bool avs_conf_is_placeholder(const char *text);
/** Say so, with what comes of it where the value is one of libcurl's. */
void avs_conf_lint_placeholder(struct avs_conf_lint *lint, struct avs_conf_ref ref,
                               const char *text);
/** The folder of a database. */
void avs_conf_lint_database(struct avs_conf_lint *lint, struct avs_conf_ref ref, const char *path);
/** CURLOPT_CAINFO and CURLOPT_CAPATH of libcurlUtils; any other value is let pass. */
void avs_conf_lint_store(struct avs_conf_lint *lint, struct avs_conf_ref ref, const char *value);
/** Bytes that are no UTF-8 text, in one file. */
void avs_conf_lint_bytes(struct avs_conf_lint *lint, uint32_t file);

/** Names and types of the keys that matter, in one file. */
void avs_conf_lint_names(struct avs_conf_lint *lint, uint32_t file);
/** Keys that are in one object twice, in one file. Errors: NO_MEMORY. */
AVS_NODISCARD enum avs_status avs_conf_lint_duplicates(struct avs_conf_lint *lint, uint32_t file);

#endif
