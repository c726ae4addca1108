/* SPDX-License-Identifier: Apache-2.0 */
/* Does a rule fit a record? The forms that a row's columns may take are read here and nowhere else.
 */
#include <string.h>

#include "base/text.h"
#include "inspect/record.h"
#include "inspect/rules.h"

static bool contains(struct avs_slice slice, const char *needle) {
    return slice.length > 0 && avs_text_contains_nocase(slice.text, slice.length, needle);
}

static bool is_number_class(const char *form) {
    return form[0] >= '1' && form[0] <= '5' && strcmp(form + 1, "xx") == 0;
}

/* "text*" a beginning, "4xx" a class of numbers, else the whole value (a message may follow). */
static bool value_fits(struct avs_slice value, const char *form) {
    long number;
    if (is_number_class(form)) {
        return avs_slice_number(value, &number) && number / 100 == form[0] - '0';
    }
    size_t length = strlen(form);
    if (length > 0 && form[length - 1] == '*') {
        return value.length >= length - 1 && memcmp(value.text, form, length - 1) == 0;
    }
    if (strcmp(form, "0") == 0) {
        return avs_slice_number(value, &number) && number == 0;
    }
    char text[128];
    if (value.length >= sizeof(text)) {
        return false;
    }
    size_t unescaped = avs_record_unescape(text, sizeof(text), value);
    return strncmp(text, form, length) == 0 &&
           (unescaped == length || strchr(":, \n", text[length]) != NULL);
}

static bool rule_fits(const struct avs_line_rule *rule, const struct avs_record *record,
                      unsigned release) {
    if (release != 0 && ((rule->releases.from && release < rule->releases.from) ||
                         (rule->releases.until && release > rule->releases.until))) {
        return false;
    }
    if (rule->event) {
        size_t length = strlen(rule->event);
        bool is_prefix = rule->event[length - 1] == '*';
        length -= is_prefix;
        if (record->event.length < length || memcmp(record->event.text, rule->event, length) != 0 ||
            (!is_prefix && record->event.length != length)) {
            return false;
        }
    }
    if (rule->key) {
        const struct avs_slice *value = avs_record_value(record, rule->key);
        return value && (!rule->value || value_fits(*value, rule->value));
    }
    /* no key: "~word" anywhere behind SOURCE */
    if (rule->value && rule->value[0] == '~') {
        const char *end = record->event.text + record->event.length;
        for (size_t i = 0; i < record->pair_count; i++) {
            end = record->pairs[i].value.text + record->pairs[i].value.length;
        }
        end = record->message.length ? record->message.text + record->message.length : end;
        struct avs_slice all = {record->event.text, (size_t)(end - record->event.text)};
        return contains(all, rule->value + 1);
    }
    return true;
}

const struct avs_line_rule *avs_line_rule_find(const struct avs_record *record, size_t first,
                                               size_t count, unsigned release) {
    for (size_t i = first; i < first + count; i++) {
        if (rule_fits(&avs_line_rules[i], record, release)) {
            return &avs_line_rules[i];
        }
    }
    return NULL;
}
