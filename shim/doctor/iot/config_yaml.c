/* SPDX-License-Identifier: Apache-2.0 */
/* Greengrass's config.yaml: "key: value" on one line, as its installer writes it. No reader of
 * YAML: where one of our keys stands in another form (flow, anchor, block, a value on the next
 * line), that is noted and nothing is taken from it. */
#include <string.h>

#include "iot/config.h"

static const struct avs_iot_key keys[] = {
    {"iotDataEndpoint", AVS_IOT_ROLE_DATA},
    {"iotCredEndpoint", AVS_IOT_ROLE_CREDENTIALS},
    {"awsRegion", AVS_IOT_ROLE_REGION},
    {"rootCaPath", AVS_IOT_ROLE_CA},
};

#define PLAIN_KEY "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-"

struct reader {
    struct avs_iot_config *config;
    unsigned line;
    size_t indent;
    bool is_in_block; /* of a "|" or ">" that is deeper than block_indent */
    size_t block_indent;
    bool has_last; /* the line before gave the last entry */
    size_t last_indent;
};

static bool mentions_key(const char *text, size_t length) {
    for (size_t i = 0; i < AVS_COUNT(keys); i++) {
        if (memmem(text, length, keys[i].key, strlen(keys[i].key))) {
            return true;
        }
    }
    return false;
}

static const struct avs_iot_key *find_key(const char *text, size_t length) {
    for (size_t i = 0; i < AVS_COUNT(keys); i++) {
        if (strlen(keys[i].key) == length && memcmp(keys[i].key, text, length) == 0) {
            return &keys[i];
        }
    }
    return NULL;
}

/* "key", 'key' or key in front of ": ", and where the value starts. 0: this is no such line. */
static size_t split(const char *text, size_t length, const char **ret_key, size_t *ret_length) {
    char quote = length > 0 && (text[0] == '"' || text[0] == '\'') ? text[0] : '\0';
    const char *key = text + (quote ? 1 : 0);
    const char *end = quote ? memchr(key, quote, length - 1) : NULL;
    size_t key_length = end ? (size_t)(end - key) : quote ? 0 : strspn(key, PLAIN_KEY);
    size_t after = (size_t)(key - text) + key_length + (quote ? 1 : 0);
    if (key_length == 0 || after >= length || text[after] != ':' ||
        (after + 1 < length && text[after + 1] != ' ' && text[after + 1] != '\t')) {
        return 0;
    }
    *ret_key = key;
    *ret_length = key_length;
    return after + 1;
}

/* The text of a scalar on one line; false: a form that is not read here. */
static bool take_scalar(const char *text, size_t length, const char **ret_value,
                        size_t *ret_length) {
    char quote = text[0];
    if (quote == '"' || quote == '\'') {
        const char *end = memchr(text + 1, quote, length - 1);
        size_t inner = end ? (size_t)(end - text) - 1 : 0;
        size_t rest = end ? inner + 2 : 0;
        while (end && rest < length && (text[rest] == ' ' || text[rest] == '\t')) {
            rest++;
        }
        *ret_value = text + 1;
        *ret_length = inner;
        return end && (rest == length || (text[rest] == '#' && rest > inner + 2)) &&
               !memchr(text + 1, '\\', inner);
    }
    if (strchr("{[&*!@`%|>?,]}", quote)) {
        return false;
    }
    for (size_t i = 1; i < length; i++) { /* a comment */
        if (text[i] == '#' && (text[i - 1] == ' ' || text[i - 1] == '\t')) {
            length = i;
        }
    }
    while (length > 0 && (text[length - 1] == ' ' || text[length - 1] == '\t')) {
        length--;
    }
    *ret_value = text;
    *ret_length = length;
    return !memmem(text, length, ": ", 2);
}

static void note_form(struct reader *reader) {
    avs_iot_config_note(reader->config, reader->line,
                        "one of the keys stands here in a form of YAML that is not read; only "
                        "\"key: value\" on one line is");
}

static void take_pair(struct reader *reader, const char *text, size_t length) {
    const char *key = NULL, *value = NULL;
    size_t key_length = 0, value_length = 0;
    size_t at = split(text, length, &key, &key_length);
    while (at > 0 && at < length && (text[at] == ' ' || text[at] == '\t')) {
        at++;
    }
    const struct avs_iot_key *row = at > 0 ? find_key(key, key_length) : NULL;
    bool is_empty = at >= length || text[at] == '#';
    if (at > 0 && !is_empty && (text[at] == '|' || text[at] == '>')) {
        reader->is_in_block = true;
        reader->block_indent = reader->indent;
    }
    if (!row) {
        if (mentions_key(text, length)) {
            note_form(reader);
        }
        return;
    }
    if (is_empty || !take_scalar(text + at, length - at, &value, &value_length)) {
        note_form(reader);
        return;
    }
    if (avs_iot_config_find(reader->config, row->role, NULL)) {
        avs_iot_config_note(reader->config, reader->line, "%s is there more than once", row->key);
    }
    size_t count = reader->config->entry_count;
    avs_iot_config_add(reader->config, row->role, key, key_length, value, value_length,
                       reader->line);
    reader->has_last = reader->config->entry_count > count;
    reader->last_indent = reader->indent;
}

/* A line that goes on with the scalar of the line before: both were not understood. */
static bool is_continued(struct reader *reader, const char *text, size_t length) {
    const char *key = NULL;
    size_t key_length = 0;
    bool is_it = reader->has_last && reader->indent > reader->last_indent &&
                 split(text, length, &key, &key_length) == 0;
    if (is_it) {
        reader->config->entry_count--;
        note_form(reader);
    }
    return is_it;
}

static void take_line(struct reader *reader, const char *text, size_t length) {
    size_t indent = 0;
    while (indent < length && (text[indent] == ' ' || text[indent] == '\t')) {
        indent++;
    }
    if (indent == length || (reader->is_in_block && indent > reader->block_indent)) {
        return;
    }
    reader->is_in_block = false;
    reader->indent = indent;
    if (text[indent] == '#') {
        return;
    }
    bool is_continuation = is_continued(reader, text + indent, length - indent);
    reader->has_last = false;
    if (is_continuation) {
        return;
    }
    while (indent + 1 < length && text[indent] == '-' && text[indent + 1] == ' ') {
        indent += 2; /* a list of mappings */
    }
    take_pair(reader, text + indent, length - indent);
}

void avs_iot_config_yaml(const char *text, struct avs_iot_config *config) {
    struct reader reader = {.config = config};
    const char *line = NULL;
    size_t length = 0;
    config->format = "YAML (Greengrass)";
    while ((text = avs_iot_config_line(text, &line, &length))) {
        reader.line++;
        take_line(&reader, line, length);
    }
}
