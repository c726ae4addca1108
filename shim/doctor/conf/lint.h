/* What the linters of values share. */
#ifndef AVS_CONF_LINT_H
#define AVS_CONF_LINT_H

#include "conf/report.h"
#include "conf/sdk.h"

struct avs_conf_lint {
    const struct avs_config *config;
    unsigned release; /* AVS_SDK_ANY or one */
    struct avs_conf_report *report;
    struct avs_error *reterr;
    const char *good_folder; /* the last folder that was found to be there, the report's string */
    size_t good_folder_length;
};

const struct avs_conf_node *avs_conf_lint_node(const struct avs_conf_lint *lint,
                                               struct avs_conf_ref ref);

/** A finding at a value or its key. `problem` and `fix` are static or the report's. */
void avs_conf_lint_remark(struct avs_conf_lint *lint, struct avs_conf_ref ref, bool is_about_key,
                          const char *id, enum avs_cause cause, enum avs_severity severity,
                          const char *problem, const char *fix);

/** No more findings are kept; looking for them would only cost time. */
bool avs_conf_lint_is_full(const struct avs_conf_lint *lint);

/** Names and types of the keys that matter, in one file. */
void avs_conf_lint_names(struct avs_conf_lint *lint, uint32_t file);
/** Keys that are in one object twice, in one file. Errors: NO_MEMORY. */
AVS_NODISCARD enum avs_status avs_conf_lint_duplicates(struct avs_conf_lint *lint, uint32_t file);

#endif
