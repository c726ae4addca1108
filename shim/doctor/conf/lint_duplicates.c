/* SPDX-License-Identifier: Apache-2.0 */
/* Duplicate keys, and which of them the SDK takes. */
#include <string.h>

#include "conf/lint.h"

#define NAME_SHOWN_MAX 64

struct named {
    const char *name; /* raw, without quotes */
    uint32_t length, node, parent;
};

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

/* FNV-1a over the object's number and the name */
static size_t hash_of(const struct named *named) {
    uint64_t hash = (0xCBF29CE484222325u ^ named->parent) * 0x100000001B3u;
    for (uint32_t i = 0; i < named->length; i++) {
        hash = (hash ^ (unsigned char)named->name[i]) * 0x100000001B3u;
    }
    return (size_t)(hash ^ hash >> 32);
}

static bool is_same_name(const struct named *a, const struct named *b) {
    return a->parent == b->parent && a->length == b->length &&
           memcmp(a->name, b->name, a->length) == 0;
}

/* Open addressing: the last of each name seen so far. */
enum avs_status avs_conf_lint_duplicates(struct avs_conf_lint *lint, uint32_t file) {
    const struct avs_conf_doc *doc = &lint->config->files[file].doc;
    size_t size = 16;
    while (size < doc->count * 2) {
        size *= 2;
    }
    struct named *seen = calloc(size, sizeof(*seen));
    AVS_REQUIRE_MEMORY(seen, lint->reterr);
    for (uint32_t i = 1; i < doc->count && !avs_conf_lint_is_full(lint); i++) {
        const struct avs_conf_node *node = &doc->nodes[i];
        if (node->key_end == node->key_start) {
            continue;
        }
        struct named named = {doc->text + node->key_start + 1, node->key_end - node->key_start - 2,
                              i, node->parent};
        size_t at = hash_of(&named) & (size - 1);
        while (seen[at].name && !is_same_name(&seen[at], &named)) {
            at = (at + 1) & (size - 1);
        }
        if (seen[at].name) {
            duplicate(lint, file, &seen[at], &named);
        }
        seen[at] = named;
    }
    free(seen);
    return AVS_OK;
}
