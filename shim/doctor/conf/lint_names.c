/* SPDX-License-Identifier: Apache-2.0 */
/* Names and types: what the SDK takes for absent without a word. */
#include <string.h>
#include <strings.h>

#include "conf/lint.h"

struct known_key {
    const char *section, *key;
};

/* The nth key that matters; false past the last. */
static bool known_key(size_t index, struct known_key *ret_key) {
    if (index < AVS_ENDPOINT_KEY_COUNT) {
        *ret_key =
            (struct known_key){avs_endpoint_keys[index].section, avs_endpoint_keys[index].key};
        return true;
    }
    index -= AVS_ENDPOINT_KEY_COUNT;
    if (index < avs_sdk_key_count) {
        *ret_key = (struct known_key){avs_sdk_keys[index].section, avs_sdk_keys[index].key};
        return true;
    }
    *ret_key = (struct known_key){"miscDatabase", "databaseFilePath"};
    return index == avs_sdk_key_count;
}

static bool key_equals_nocase(const struct avs_conf_doc *doc, const struct avs_conf_node *node,
                              const char *key) {
    size_t length = strlen(key);
    return node->key_end - node->key_start == length + 2 &&
           strncasecmp(doc->text + node->key_start + 1, key, length) == 0 &&
           strncmp(doc->text + node->key_start + 1, key, length) != 0;
}

static void wrong_case(struct avs_conf_lint *lint, struct avs_conf_ref ref, const char *key) {
    avs_conf_lint_remark(
        lint, ref, true, "wrong_case", AVS_CAUSE_ENDPOINT_IGNORED, AVS_SEVERITY_WARNING,
        avs_conf_report_text(lint->report,
                             "the SDK distinguishes small and capital letters, so it never "
                             "reads this; the key is \"%s\"",
                             key),
        avs_conf_report_text(lint->report, "write \"%s\"", key));
}

/* ---- misspelt ---- */

#define NAME_BYTES 48 /* no known name is longer */

/* Changes of one letter (another, one too many, one missing, two swapped) from `a` to `b`, as far
 * as `most`; more than that is most + 1. */
static size_t changes(const char *a, size_t a_length, const char *b, size_t b_length, size_t most) {
    size_t before[NAME_BYTES + 1] = {0}, above[NAME_BYTES + 1], row[NAME_BYTES + 1];
    if (a_length > NAME_BYTES || b_length > NAME_BYTES || a_length + most < b_length ||
        b_length + most < a_length) {
        return most + 1;
    }
    for (size_t j = 0; j <= b_length; j++) {
        above[j] = j;
    }
    for (size_t i = 1; i <= a_length; i++) {
        row[0] = i;
        for (size_t j = 1; j <= b_length; j++) {
            size_t least = above[j - 1] + (a[i - 1] != b[j - 1]);
            least = above[j] + 1 < least ? above[j] + 1 : least;
            least = row[j - 1] + 1 < least ? row[j - 1] + 1 : least;
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
                least = before[j - 2] + 1 < least ? before[j - 2] + 1 : least;
            }
            row[j] = least;
        }
        memcpy(before, above, sizeof(before));
        memcpy(above, row, sizeof(above));
    }
    return above[b_length];
}

/* Close enough to be meant, far enough from being a name of its own. */
static bool is_misspelt(const struct avs_conf_doc *doc, const struct avs_conf_node *node,
                        const char *key) {
    size_t length = strlen(key), most = length >= 8 ? 2 : 1;
    size_t count = node->key_end > node->key_start + 2 ? node->key_end - node->key_start - 2 : 0;
    return length >= 5 &&
           changes(doc->text + node->key_start + 1, count, key, length, most) <= most;
}

static void misspelt(struct avs_conf_lint *lint, struct avs_conf_ref ref, const char *key) {
    avs_conf_lint_remark(
        lint, ref, true, "misspelt", AVS_CAUSE_ENDPOINT_IGNORED, AVS_SEVERITY_WARNING,
        avs_conf_report_text(lint->report, "no SDK release reads this; \"%s\" is probably meant",
                             key),
        avs_conf_report_text(lint->report, "write \"%s\"", key));
}

static void wrong_type(struct avs_conf_lint *lint, struct avs_conf_ref ref, const char *wanted) {
    avs_conf_lint_remark(
        lint, ref, false, "wrong_type", AVS_CAUSE_ENDPOINT_IGNORED, AVS_SEVERITY_WARNING,
        avs_conf_report_text(lint->report,
                             "this is %s, but must be %s; the SDK takes it for absent and says "
                             "nothing",
                             avs_conf_type_text(avs_conf_lint_node(lint, ref)->type), wanted),
        avs_conf_report_text(lint->report, "write %s", wanted));
}

/* ---- sections and their keys ---- */

static bool is_known_key_of(const char *section, const struct avs_conf_doc *doc, uint32_t node,
                            const char **ret_wrong_case, const char **ret_misspelt) {
    struct known_key known;
    bool is_known = false;
    for (size_t i = 0; known_key(i, &known); i++) {
        if (strcmp(known.section, section) != 0) {
            continue;
        }
        is_known = is_known || avs_conf_key_is(doc, node, known.key);
        if (key_equals_nocase(doc, &doc->nodes[node], known.key)) {
            *ret_wrong_case = known.key;
        }
        if (is_misspelt(doc, &doc->nodes[node], known.key)) {
            *ret_misspelt = known.key;
        }
    }
    return is_known;
}

static void check_section(struct avs_conf_lint *lint, struct avs_conf_ref ref,
                          const char *section) {
    const struct avs_conf_doc *doc = &lint->config->files[ref.file].doc;
    if (doc->nodes[ref.node].type != AVS_CONF_OBJECT) {
        wrong_type(lint, ref, "an object { }");
        return;
    }
    struct avs_conf_ref child = {ref.file, doc->nodes[ref.node].first_child};
    for (; child.node != AVS_CONF_NONE && !avs_conf_lint_is_full(lint);
         child.node = doc->nodes[child.node].next) {
        const char *right = NULL, *meant = NULL;
        if (is_known_key_of(section, doc, child.node, &right, &meant)) {
            if (doc->nodes[child.node].type != AVS_CONF_STRING) {
                wrong_type(lint, child, "a text in quotation marks");
            }
        } else if (right) {
            wrong_case(lint, child, right);
        } else if (meant) {
            misspelt(lint, child, meant);
        }
    }
}

/* The guide says: add it to "sampleApp". At the top level nobody reads it. */
static void check_misplaced(struct avs_conf_lint *lint, struct avs_conf_ref ref) {
    const struct avs_conf_doc *doc = &lint->config->files[ref.file].doc;
    const char *owner = avs_conf_key_is(doc, ref.node, "endpoint")     ? "sampleApp"
                        : avs_conf_key_is(doc, ref.node, "avsGateway") ? "avsGatewayManager"
                                                                       : NULL;
    if (owner && doc->nodes[ref.node].type == AVS_CONF_STRING) {
        avs_conf_lint_remark(lint, ref, true, "misplaced_key", AVS_CAUSE_ENDPOINT_IGNORED,
                             AVS_SEVERITY_WARNING, "no SDK release reads this at the top level",
                             avs_conf_report_text(lint->report, "move it into \"%s\": { }", owner));
    }
}

void avs_conf_lint_names(struct avs_conf_lint *lint, uint32_t file) {
    const struct avs_conf_doc *doc = &lint->config->files[file].doc;
    struct avs_conf_ref ref = {file, doc->nodes[0].first_child};
    for (; ref.node != AVS_CONF_NONE && !avs_conf_lint_is_full(lint);
         ref.node = doc->nodes[ref.node].next) {
        struct known_key known;
        const char *section = NULL, *right = NULL, *meant = NULL;
        for (size_t i = 0; known_key(i, &known); i++) {
            section = avs_conf_key_is(doc, ref.node, known.section) ? known.section : section;
            right = key_equals_nocase(doc, &doc->nodes[ref.node], known.section) ? known.section
                                                                                 : right;
            meant = is_misspelt(doc, &doc->nodes[ref.node], known.section) ? known.section : meant;
        }
        if (section) {
            check_section(lint, ref, section);
        } else if (right) {
            wrong_case(lint, ref, right);
        } else if (meant && doc->nodes[ref.node].type == AVS_CONF_OBJECT) {
            misspelt(lint, ref, meant);
        } else {
            check_misplaced(lint, ref);
        }
    }
}
