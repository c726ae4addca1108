/* SPDX-License-Identifier: Apache-2.0 */
/* Line by line: a bridge of mosquitto ("address HOST:PORT") and NAME=host lines, as shells, .env
 * files and C headers (#define NAME "host") have them. */
#include <ctype.h>
#include <string.h>

#include "base/text.h"
#include "iot/config.h"

struct span {
    const char *start;
    size_t length;
};

/* The next word at *at, which goes on; length 0 at the end. */
static struct span next_word(struct span *at) {
    while (at->length > 0 && isspace((unsigned char)at->start[0])) {
        at->start++;
        at->length--;
    }
    struct span word = {at->start, 0};
    while (word.length < at->length && !isspace((unsigned char)word.start[word.length])) {
        word.length++;
    }
    at->start += word.length;
    at->length -= word.length;
    return word;
}

static bool is_word(struct span span, const char *word) {
    return span.length == strlen(word) && memcmp(span.start, word, span.length) == 0;
}

/* ---- mosquitto ---- */

static const struct avs_iot_key bridge_keys[] = {
    {"address", AVS_IOT_ROLE_DATA},     {"addresses", AVS_IOT_ROLE_DATA},
    {"bridge_cafile", AVS_IOT_ROLE_CA}, {"bridge_capath", AVS_IOT_ROLE_CA},
    {"bridge_alpn", AVS_IOT_ROLE_ALPN},
};

/* mosquitto takes the rest of a line, blanks included, as a path. */
static struct span rest_of(struct span at) {
    while (at.length > 0 && isspace((unsigned char)at.start[0])) {
        at.start++;
        at.length--;
    }
    while (at.length > 0 && isspace((unsigned char)at.start[at.length - 1])) {
        at.length--;
    }
    return at;
}

static void take_bridge_line(struct avs_iot_config *config, struct span line, unsigned number) {
    struct span word = next_word(&line);
    if (is_word(word, "connection")) {
        config->group++;
    }
    for (size_t i = 0; i < AVS_COUNT(bridge_keys); i++) {
        if (!is_word(word, bridge_keys[i].key)) {
            continue;
        }
        enum avs_iot_role role = bridge_keys[i].role;
        struct span value = role == AVS_IOT_ROLE_DATA ? next_word(&line) : rest_of(line);
        if (value.length == 0) {
            avs_iot_config_note(config, number, "%s has no value", bridge_keys[i].key);
        }
        while (value.length > 0) {
            avs_iot_config_add(config, role, word.start, word.length, value.start, value.length,
                               number);
            value = role == AVS_IOT_ROLE_DATA ? next_word(&line) : (struct span){NULL, 0};
        }
    }
}

void avs_iot_config_bridge(const char *text, struct avs_iot_config *config) {
    const char *line = NULL;
    size_t length = 0;
    config->format = "bridge of mosquitto";
    config->has_port_1883 = true;
    config->needs_alpn_key = true;
    for (unsigned number = 1; (text = avs_iot_config_line(text, &line, &length)); number++) {
        if (length > 0 && line[0] != '#') {
            take_bridge_line(config, (struct span){line, length}, number);
        }
    }
}

/* ---- NAME=host ---- */

/* A name with such a word in it means a host, whatever its value is. */
static const char *const words[] = {"endpoint", "host", "broker"};

/* "value" # comment -> value */
static struct span unquoted(struct span value) {
    value = rest_of(value);
    char quote = value.length > 0 ? value.start[0] : '\0';
    if (quote == '"' || quote == '\'') {
        const char *end = memchr(value.start + 1, quote, value.length - 1);
        return end ? (struct span){value.start + 1, (size_t)(end - value.start) - 1} : value;
    }
    for (size_t i = 1; i < value.length; i++) {
        if (value.start[i] == '#' && isspace((unsigned char)value.start[i - 1])) {
            return rest_of((struct span){value.start, i});
        }
    }
    return value;
}

static void add_pair(struct avs_iot_config *config, struct span name, struct span value,
                     unsigned number) {
    bool is_host = avs_iot_config_is_name(value.start, value.length);
    for (size_t i = 0; i < AVS_COUNT(words) && value.length > 0; i++) {
        is_host |= avs_text_contains_nocase(name.start, name.length, words[i]) &&
                   memchr(value.start, '.', value.length);
    }
    if (is_host) {
        avs_iot_config_add(config, AVS_IOT_ROLE_HOST, name.start, name.length, value.start,
                           value.length, number);
    }
}

static void take_named_line(struct avs_iot_config *config, struct span line, unsigned number) {
    struct span rest = line, word = next_word(&rest);
    bool is_define = is_word(word, "#define");
    if (word.length == 0 || (word.start[0] == '#' && !is_define)) {
        return;
    }
    if (is_define) {
        word = next_word(&rest);
        add_pair(config, word, unquoted(rest), number);
        return;
    }
    if (is_word(word, "export")) {
        line = rest;
    }
    line = rest_of(line);
    const char *equals = memchr(line.start, '=', line.length);
    if (equals) {
        struct span name = rest_of((struct span){line.start, (size_t)(equals - line.start)});
        struct span value = {equals + 1, line.length - (size_t)(equals - line.start) - 1};
        add_pair(config, name, unquoted(value), number);
    } else if (avs_iot_config_is_name(line.start, line.length)) {
        add_pair(config, (struct span){"(no name)", strlen("(no name)")}, line, number);
    } else if (avs_text_contains_nocase(line.start, line.length, "iot.")) {
        avs_iot_config_note(config, number, "neither NAME=host nor a comment; not understood");
    }
}

void avs_iot_config_lines(const char *text, struct avs_iot_config *config) {
    const char *line = NULL;
    size_t length = 0;
    config->format = "NAME=host lines";
    for (unsigned number = 1; (text = avs_iot_config_line(text, &line, &length)); number++) {
        take_named_line(config, (struct span){line, length}, number);
    }
}
