/* SPDX-License-Identifier: Apache-2.0 */
/* Which format a configuration has, and what the readers of the formats share. */
#include "iot/config.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <avs/iot.h>

#include "base/text.h"
#include "conf/file.h"

const char *avs_iot_config_line(const char *text, const char **ret_line, size_t *ret_length) {
    if (*text == '\0') {
        return NULL;
    }
    size_t length = strcspn(text, "\n");
    const char *next = text + length + (text[length] == '\n');
    *ret_line = text;
    *ret_length = length > 0 && text[length - 1] == '\r' ? length - 1 : length;
    return next;
}

void avs_iot_config_note(struct avs_iot_config *config, unsigned line, const char *format, ...) {
    if (config->note_count == AVS_IOT_CONFIG_NOTES_MAX) {
        config->note_dropped++;
        return;
    }
    struct avs_iot_config_note *note = &config->note[config->note_count++];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(note->text, sizeof(note->text), format, arguments);
    va_end(arguments);
    note->line = line;
}

void avs_iot_config_add(struct avs_iot_config *config, enum avs_iot_role role, const char *key,
                        size_t key_length, const char *value, size_t value_length, unsigned line) {
    if (value_length >= AVS_IOT_VALUE_BYTES) {
        avs_iot_config_note(config, line, "the value of %.*s is longer than %d characters",
                            (int)key_length, key, AVS_IOT_VALUE_BYTES - 1);
    } else if (config->entry_count == AVS_IOT_CONFIG_ENTRIES_MAX) {
        config->entry_dropped++;
    } else {
        struct avs_iot_entry *entry = &config->entry[config->entry_count++];
        entry->role = role;
        entry->line = line;
        entry->group = config->group;
        avs_text_copy_bytes(entry->key, sizeof(entry->key), key, key_length);
        avs_text_copy_bytes(entry->value, sizeof(entry->value), value, value_length);
    }
}

bool avs_iot_config_is_name(const char *value, size_t length) {
    struct avs_iot_name name = {.size = sizeof(name)};
    return avs_iot_name_parse(value, length, &name, NULL) == AVS_OK && name.kind != AVS_IOT_OTHER &&
           name.kind != AVS_IOT_CUSTOM_DOMAIN;
}

const struct avs_iot_entry *avs_iot_config_find(const struct avs_iot_config *config,
                                                enum avs_iot_role role,
                                                const struct avs_iot_entry *of) {
    for (size_t i = 0; i < config->entry_count; i++) {
        if (config->entry[i].role == role && (!of || config->entry[i].group == of->group)) {
            return &config->entry[i];
        }
    }
    return NULL;
}

/* ---- which format ---- */

enum format { JSON, YAML, BRIDGE, LINES };

static bool begins_with_word(const char *line, size_t length, const char *word) {
    size_t word_length = strlen(word);
    return length > word_length && memcmp(line, word, word_length) == 0 &&
           (line[word_length] == ' ' || line[word_length] == '\t');
}

/* By the first line that only one of them can have. */
static enum format format_of(const char *text) {
    const char *line = NULL;
    size_t length = 0;
    while ((text = avs_iot_config_line(text, &line, &length))) {
        while (length > 0 && isspace((unsigned char)line[0])) {
            line++;
            length--;
        }
        size_t word = 0;
        while (word < length &&
               (isalnum((unsigned char)line[word]) || strchr("_-.\"'", line[word]))) {
            word++;
        }
        if (length == 0 || (line[0] == '#' && !begins_with_word(line, length, "#define"))) {
            continue;
        }
        if (line[0] == '{' || line[0] == '[' || (length > 1 && line[0] == '/')) {
            return JSON;
        }
        if (begins_with_word(line, length, "connection") ||
            begins_with_word(line, length, "address") ||
            begins_with_word(line, length, "listener") ||
            (length > 7 && memcmp(line, "bridge_", 7) == 0 && memchr(line, ' ', length))) {
            return BRIDGE;
        }
        if ((length >= 3 && memcmp(line, "---", 3) == 0) ||
            (word > 0 && word < length && line[word] == ':' &&
             (word + 1 == length || line[word + 1] == ' '))) {
            return YAML;
        }
        if (word > 0 && word < length && line[word] == '=') {
            return LINES;
        }
    }
    return LINES;
}

static enum avs_status read_text(const char *path, const char *text, size_t length,
                                 struct avs_iot_config *config, struct avs_error *reterr) {
    if (length >= 3 && memcmp(text, "\xEF\xBB\xBF", 3) == 0) {
        text += 3;
        length -= 3;
    }
    switch (format_of(text)) {
    case JSON:
        return avs_iot_config_json(path, text, length, config, reterr);
    case YAML:
        avs_iot_config_yaml(text, config);
        return AVS_OK;
    case BRIDGE:
        avs_iot_config_bridge(text, config);
        return AVS_OK;
    case LINES:
        avs_iot_config_lines(text, config);
        return AVS_OK;
    }
    return AVS_OK;
}

enum avs_status avs_iot_config_from_text(const char *path, const char *text, size_t length,
                                         struct avs_iot_config **ret_config,
                                         struct avs_error *reterr) {
    if (memchr(text, '\0', length)) {
        return avs_fail_cause(reterr, AVS_ERR_CONFIG_MALFORMED, AVS_CAUSE_CONFIG_MALFORMED,
                              "%s: a NUL byte is in it, so it is no text", path);
    }
    AVS_AUTO(char) memory = calloc(1, sizeof(struct avs_iot_config));
    AVS_REQUIRE_MEMORY(memory, reterr);
    AVS_TRY(read_text(path, text, length, (struct avs_iot_config *)(void *)memory, reterr));
    *ret_config = (struct avs_iot_config *)(void *)AVS_STEAL(memory);
    return AVS_OK;
}

enum avs_status avs_iot_config_read(const char *path, struct avs_iot_config **ret_config,
                                    struct avs_error *reterr) {
    AVS_AUTO(char) text = NULL;
    size_t length = 0;
    struct stat identity;
    if (stat(path, &identity) == 0 && !S_ISREG(identity.st_mode)) {
        return avs_fail_cause(reterr, AVS_ERR_CONFIG_UNREADABLE, AVS_CAUSE_CONFIG_UNREADABLE,
                              "%s is no regular file", path);
    }
    AVS_TRY(avs_conf_read_bytes(path, AVS_IOT_CONFIG_BYTES_MAX, &text, &length, &identity, reterr));
    return avs_iot_config_from_text(path, text, length, ret_config, reterr);
}
