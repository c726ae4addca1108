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

static void wrong_type(struct avs_conf_lint *lint, struct avs_conf_ref ref, const char *wanted) {
    avs_conf_lint_remark(
        lint, ref, false, "wrong_type", AVS_CAUSE_ENDPOINT_IGNORED, AVS_SEVERITY_WARNING,
        avs_conf_report_text(lint->report,
                             "this is %s, but must be %s; the SDK takes it for absent and says "
                             "nothing",
                             avs_conf_type_text(avs_conf_lint_node(lint, ref)->type), wanted),
        avs_conf_report_text(lint->report, "write %s", wanted));
}

static bool is_known_key_of(const char *section, const struct avs_conf_doc *doc, uint32_t node,
                            const char **ret_wrong_case) {
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
        const char *right = NULL;
        if (is_known_key_of(section, doc, child.node, &right)) {
            if (doc->nodes[child.node].type != AVS_CONF_STRING) {
                wrong_type(lint, child, "a text in quotation marks");
            }
        } else if (right) {
            wrong_case(lint, child, right);
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
        const char *section = NULL, *right = NULL;
        for (size_t i = 0; known_key(i, &known); i++) {
            section = avs_conf_key_is(doc, ref.node, known.section) ? known.section : section;
            right = key_equals_nocase(doc, &doc->nodes[ref.node], known.section) ? known.section
                                                                                 : right;
        }
        if (section) {
            check_section(lint, ref, section);
        } else if (right) {
            wrong_case(lint, ref, right);
        } else {
            check_misplaced(lint, ref);
        }
    }
}
