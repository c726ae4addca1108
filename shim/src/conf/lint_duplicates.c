/* Duplicate keys, and which of them the SDK takes. */
#include <string.h>

#include "conf/lint.h"

#define NAME_SHOWN_MAX 64

struct named {
    const char *name; /* raw, without quotes */
    uint32_t length, node, parent;
};

static int compare_named(const void *left, const void *right) {
    const struct named *a = left, *b = right;
    if (a->parent != b->parent) {
        return a->parent < b->parent ? -1 : 1;
    }
    uint32_t length = a->length < b->length ? a->length : b->length;
    int order = memcmp(a->name, b->name, length);
    if (order != 0) {
        return order;
    }
    if (a->length != b->length) {
        return a->length < b->length ? -1 : 1;
    }
    return a->node < b->node ? -1 : 1;
}

static void duplicate(struct avs_conf_lint *lint, uint32_t file, const struct named *first,
                      const struct named *second) {
    const struct avs_conf_file *owner = &lint->config->files[file];
    const struct avs_conf_node *nodes = owner->doc.nodes;
    unsigned line = 0, column = 0;
    avs_conf_place(owner->text, owner->length, nodes[first->node].key_start, &line, &column);
    bool is_section = nodes[first->node].type == AVS_CONF_OBJECT &&
                      nodes[second->node].type == AVS_CONF_OBJECT && first->parent == 0;
    /* which one counts: see the SDK's mergeDocument */
    const char *taken = is_section           ? "the SDK merges the two, and the later value of a "
                                               "key in both counts"
                        : first->parent == 0 ? "the SDK takes the later one"
                        : file == 0          ? "the SDK takes the first one"
                                             : "the SDK takes the later one where an earlier file "
                                               "has this section, else the first one";
    int shown = (int)(second->length < NAME_SHOWN_MAX ? second->length : NAME_SHOWN_MAX);
    avs_conf_lint_remark(lint, (struct avs_conf_ref){file, second->node}, true, "duplicate_key",
                         AVS_CAUSE_CONFIG_MALFORMED, AVS_SEVERITY_WARNING,
                         avs_conf_report_text(lint->report,
                                              "\"%.*s\" is here for the second time (first: line "
                                              "%u, column %u); %s",
                                              shown, second->name, line, column, taken),
                         is_section ? "put the members into one section" : "remove one of them");
}

enum avs_status avs_conf_lint_duplicates(struct avs_conf_lint *lint, uint32_t file) {
    const struct avs_conf_doc *doc = &lint->config->files[file].doc;
    struct named *list = malloc(doc->count * sizeof(*list));
    AVS_REQUIRE_MEMORY(list, lint->reterr);
    size_t count = 0;
    for (uint32_t i = 1; i < doc->count; i++) {
        const struct avs_conf_node *node = &doc->nodes[i];
        if (node->key_end > node->key_start) {
            list[count++] = (struct named){doc->text + node->key_start + 1,
                                           node->key_end - node->key_start - 2, i, node->parent};
        }
    }
    qsort(list, count, sizeof(*list), compare_named);
    for (size_t i = 1; i < count && !avs_conf_lint_is_full(lint); i++) {
        bool is_same = list[i].parent == list[i - 1].parent &&
                       list[i].length == list[i - 1].length &&
                       memcmp(list[i].name, list[i - 1].name, list[i].length) == 0;
        if (is_same) {
            duplicate(lint, file, &list[i - 1], &list[i]);
        }
    }
    free(list);
    return AVS_OK;
}
