/* SPDX-License-Identifier: Apache-2.0 */
/* How the linters say something: at a value or its key; and, for what is wrong with many values in
 * the same way, once, with all their places. */
#include <string.h>

#include "conf/lint.h"

const struct avs_conf_node *avs_conf_lint_node(const struct avs_conf_lint *lint,
                                               struct avs_conf_ref ref) {
    return &lint->config->files[ref.file].doc.nodes[ref.node];
}

void avs_conf_lint_remark(struct avs_conf_lint *lint, struct avs_conf_ref ref, bool is_about_key,
                          const char *id, enum avs_cause cause, enum avs_severity severity,
                          const char *problem, const char *fix) {
    const struct avs_conf_node *node = avs_conf_lint_node(lint, ref);
    uint32_t start = is_about_key ? node->key_start : node->start;
    uint32_t end = is_about_key ? node->key_end : node->end;
    avs_conf_report_add_finding(lint->report, &lint->config->files[ref.file],
                                &(struct avs_conf_remark){
                                    .id = id,
                                    .cause = cause,
                                    .severity = severity,
                                    .offset = start,
                                    .length = end - start,
                                    .problem = problem,
                                    .fix = fix,
                                });
}

bool avs_conf_lint_is_full(const struct avs_conf_lint *lint) {
    return lint->report->base.finding_count >= AVS_CONF_FINDINGS_MAX;
}

/* ---- the same fault many times ---- */

static const struct {
    const char *id;
    enum avs_cause cause;
    const char *problem, *fix;
} kinds[] = {
    [AVS_CONF_LINT_PLACEHOLDER] = {"placeholder", AVS_CAUSE_CONFIG_MALFORMED,
                                   "never filled in: the SDK takes the template's placeholder "
                                   "literally",
                                   "fill it in (the SDK's setup script does, see genConfig.sh)"},
    [AVS_CONF_LINT_FOLDER] = {"folder_missing", AVS_CAUSE_CONFIG_UNREADABLE,
                              "does not exist on this machine, so the SDK cannot create its "
                              "database there",
                              "make the folder, or correct the path"},
    [AVS_CONF_LINT_NO_FOLDER] = {"folder_missing", AVS_CAUSE_CONFIG_UNREADABLE,
                                 "is no folder, so the SDK cannot create its database there",
                                 "correct the path"},
};

void avs_conf_lint_group(struct avs_conf_lint *lint, enum avs_conf_lint_kind kind,
                         struct avs_conf_ref ref, const char *what) {
    struct avs_conf_lint_group *group = lint->groups;
    size_t i = 0;
    while (i < lint->group_count && (group[i].kind != kind || strcmp(group[i].what, what) != 0)) {
        i++;
    }
    if (i == lint->group_count) {
        if (i == AVS_CONF_LINT_GROUPS_MAX) {
            return; /* more than anybody reads */
        }
        group[i] = (struct avs_conf_lint_group){.kind = kind, .first = ref};
        group[i].what = avs_conf_report_text(lint->report, "%s", what);
        group[i].places = "";
        lint->group_count++;
    }
    if (++group[i].count <= AVS_CONF_LINT_PLACES_MAX) {
        const struct avs_conf_file *file = &lint->config->files[ref.file];
        const struct avs_conf_node *node = &file->doc.nodes[ref.node];
        uint32_t start =
            node->key_end > node->key_start + 1 ? node->key_start + 1 : node->start + 1;
        uint32_t end = node->key_end > node->key_start + 1 ? node->key_end - 1 : node->end - 1;
        unsigned line = 0, column = 0;
        avs_conf_place(file->text, file->length, node->start, &line, &column);
        group[i].places = avs_conf_report_text(lint->report, "%s%s%.*s (line %u)", group[i].places,
                                               group[i].count > 1 ? ", " : "", (int)(end - start),
                                               file->text + start, line);
    }
}

void avs_conf_lint_groups(struct avs_conf_lint *lint) {
    for (size_t i = 0; i < lint->group_count; i++) {
        const struct avs_conf_lint_group *group = &lint->groups[i];
        const char *more = group->count > AVS_CONF_LINT_PLACES_MAX
                               ? avs_conf_report_text(lint->report, " and %zu more",
                                                      group->count - AVS_CONF_LINT_PLACES_MAX)
                               : "";
        const char *problem = kinds[group->kind].problem;
        if (group->count > 1) {
            problem = avs_conf_report_text(lint->report, "%s%s%s; %zu values: %s%s", group->what,
                                           group->what[0] ? " " : "", problem, group->count,
                                           group->places, more);
        } else if (group->what[0]) {
            problem = avs_conf_report_text(lint->report, "%s %s", group->what, problem);
        }
        avs_conf_lint_remark(lint, group->first, false, kinds[group->kind].id,
                             kinds[group->kind].cause, AVS_SEVERITY_WARNING, problem,
                             kinds[group->kind].fix);
    }
}
