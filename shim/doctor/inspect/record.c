/* SPDX-License-Identifier: Apache-2.0 */
/* The record parser. Source of the grammar: LogStringFormatter.cpp, LogEntry.cpp,
 * ThreadMoniker.cpp, Level.cpp of SDK 1.2 to 3.0. It never rejects a record for its header:
 * captures lose parts of it. */
#include "inspect/record.h"

#include <string.h>

#include "base/civil.h"
#include "base/text.h"

enum {
    SOURCE_BYTES_MAX = 256, /* a TAG; __FILE__ paths are the longest seen */
    EVENT_BYTES_MAX = 256,
    HEADER_BYTES_MAX = 512, /* how far before SOURCE a stamp is looked for */
};

bool avs_slice_is(struct avs_slice slice, const char *text) {
    size_t length = strlen(text);
    return slice.length == length && (length == 0 || memcmp(slice.text, text, length) == 0);
}

bool avs_slice_begins(struct avs_slice slice, const char *text) {
    size_t length = strlen(text);
    return slice.length >= length && (length == 0 || memcmp(slice.text, text, length) == 0);
}

static bool is_digit(char byte) {
    return byte >= '0' && byte <= '9';
}

bool avs_slice_number(struct avs_slice slice, long *ret_number) {
    size_t at = 0;
    bool is_negative = slice.length > 1 && slice.text[0] == '-';
    at += is_negative;
    long number = 0;
    size_t digits = 0;
    for (; at < slice.length && is_digit(slice.text[at]) && digits < 9; at++, digits++) {
        number = number * 10 + (slice.text[at] - '0');
    }
    if (digits == 0) {
        return false;
    }
    *ret_number = is_negative ? -number : number;
    return true;
}

static int two_digits(const char *text) {
    return is_digit(text[0]) && is_digit(text[1]) ? (text[0] - '0') * 10 + (text[1] - '0') : -1;
}

int64_t avs_stamp_parse(const char *text, size_t length) {
    int64_t unix_seconds = 0;
    size_t end = avs_civil_parse("Y-M-D_h:m:s", text, length, &unix_seconds);
    if (end == 0) {
        return -1;
    }
    int64_t ms = 0;
    if (length >= end + 4 && (text[end] == '.' || text[end] == ',') &&
        two_digits(text + end + 1) >= 0 && is_digit(text[end + 3])) {
        ms = two_digits(text + end + 1) * 10 + (text[end + 3] - '0');
    }
    return unix_seconds * 1000 + ms;
}

/* "11-21 10:00:00.123", as logcat writes it: no year. */
static bool is_yearless_stamp(const char *text, size_t length) {
    return length >= 14 && two_digits(text) > 0 && text[2] == '-' && two_digits(text + 3) > 0 &&
           text[5] == ' ' && two_digits(text + 6) >= 0 && text[8] == ':' &&
           two_digits(text + 9) >= 0 && text[11] == ':' && two_digits(text + 12) >= 0;
}

/* "10:00:00", as syslog and cut stamps leave it. */
static bool is_time_of_day(const char *text, size_t length) {
    return length >= 8 && two_digits(text) >= 0 && text[2] == ':' && two_digits(text + 3) >= 0 &&
           text[5] == ':' && two_digits(text + 6) >= 0;
}

static void copy_stamp(struct avs_record *record, const char *text, size_t length) {
    while (length > 0 && !is_digit(text[length - 1])) {
        length--;
    }
    avs_text_copy_bytes(record->stamp, sizeof(record->stamp), text, length);
}

/* The stamp nearest to SOURCE wins: what stands before it is the capture's own. */
static void find_stamp(struct avs_record *record, const char *header, size_t length) {
    const char *moniker = memrchr(header, '[', length); /* where it stands when nothing is lost */
    if (moniker && moniker - header >= AVS_STAMP_BYTES) {
        const char *stamp = moniker - AVS_STAMP_BYTES;
        record->unix_ms = avs_stamp_parse(stamp, AVS_STAMP_BYTES - 1);
        if (record->unix_ms >= 0) {
            copy_stamp(record, stamp, AVS_STAMP_BYTES - 1);
            return;
        }
    }
    size_t partial_at = length;
    for (size_t i = length; i-- > 0;) {
        if (!is_digit(header[i])) {
            continue;
        }
        size_t rest = length - i;
        int64_t unix_ms = avs_stamp_parse(header + i, rest);
        if (unix_ms >= 0) {
            record->unix_ms = unix_ms;
            copy_stamp(record, header + i, rest < 23 ? rest : 23);
            return;
        }
        if (i > 0 && (is_digit(header[i - 1]) || header[i - 1] == ':')) {
            continue;
        }
        if (is_yearless_stamp(header + i, rest)) {
            copy_stamp(record, header + i, rest < 18 ? rest : 18);
            partial_at = 0; /* good, but a full stamp before it would be better */
        } else if (partial_at == length && is_time_of_day(header + i, rest)) {
            copy_stamp(record, header + i, rest < 12 ? rest : 12);
            partial_at = i;
        }
    }
}

static bool is_level(char byte) {
    return byte != '\0' && strchr("9876543210IWECNU", byte) != NULL;
}

/* "[moniker] L " right before SOURCE; the blank before L is lost in some captures, and logcat
 * writes "L tag:  ". */
static void find_level(struct avs_record *record, const char *header, size_t length) {
    while (length > 0 && header[length - 1] == ' ') {
        length--;
    }
    if (length == 0) {
        return;
    }
    if (is_level(header[length - 1]) &&
        (length == 1 || header[length - 2] == ' ' || header[length - 2] == ']')) {
        record->level = header[length - 1];
        length--;
        while (length > 0 && header[length - 1] == ' ') {
            length--;
        }
        if (length > 0 && header[length - 1] == ']') {
            size_t end = --length;
            while (length > 0 && header[length - 1] != '[' && end - length < 32) {
                length--;
            }
            if (length > 0 && header[length - 1] == '[') {
                record->moniker = (struct avs_slice){header + length, end - length};
            }
        }
        return;
    }
    if (header[length - 1] != ':') { /* not "I avs_device_sdk:  SOURCE" */
        return;
    }
    size_t tag = length - 1;
    while (tag > 0 && header[tag - 1] != ' ' && header[tag - 1] != '/') {
        tag--;
    }
    if (tag >= 2 && strchr("VDIWEF", header[tag - 2]) && (tag == 2 || header[tag - 3] == ' ')) {
        /* logcat's own letters: D and V stand for all of DEBUG0 to DEBUG9 */
        record->level = header[tag - 2] == 'D' || header[tag - 2] == 'V' ? '9' : header[tag - 2];
        record->level = record->level == 'F' ? 'C' : record->level;
    }
}

static bool is_escaped(const char *text, size_t at) {
    size_t slashes = 0;
    while (slashes < at && text[at - 1 - slashes] == '\\') {
        slashes++;
    }
    return slashes % 2 == 1;
}

/* key=value[,key=value...][:message]. A ':' that is not escaped ends the pairs only where the rest
 * cannot belong to a value: copy and paste drops the backslash of "\:", and values that are no
 * strings never had one. So a value runs to the next ",word=". */
static bool begins_pair(const char *text, size_t length) {
    size_t at = 0;
    while (at < length && (text[at] == ' ' || text[at] == '\n')) { /* mail breaks lines at commas */
        at++;
    }
    length = length < at + 48 ? length : at + 48;
    size_t start = at;
    while (at < length && text[at] != '=' && text[at] != ',' && text[at] != ':' &&
           text[at] != '\n') {
        at++;
    }
    return at > start && at < length && text[at] == '=';
}

static void parse_pairs(struct avs_record *record, const char *text, size_t length) {
    size_t at = 0;
    while (at < length && record->pair_count < AVS_RECORD_PAIRS_MAX) {
        if (!begins_pair(text + at, length - at)) {
            break;
        }
        struct avs_record_pair *pair = &record->pairs[record->pair_count++];
        at += strspn(text + at, " \n"); /* bounded: a key follows */
        size_t key = at;
        while (text[at] != '=') {
            at++;
        }
        pair->key = (struct avs_slice){text + key, at - key};
        size_t value = ++at;
        while (at < length && !(text[at] == ',' && !is_escaped(text, at) &&
                                begins_pair(text + at + 1, length - at - 1))) {
            at++;
        }
        pair->value = (struct avs_slice){text + value, at - value};
        at += at < length;
    }
    /* the last value may carry the message: ":" and then raw text */
    if (record->pair_count > 0) {
        struct avs_slice *last = &record->pairs[record->pair_count - 1].value;
        for (size_t i = 0; i < last->length; i++) {
            if (last->text[i] == ':' && !is_escaped(last->text, i)) {
                record->message = (struct avs_slice){last->text + i + 1, last->length - i - 1};
                break;
            }
        }
    }
}

bool avs_record_parse(const char *text, size_t length, size_t source_at,
                      struct avs_record *ret_record) {
    struct avs_record record = {.unix_ms = -1};
    const char *source = text + source_at;
    size_t rest = length - source_at;
    const char *colon = memchr(source, ':', rest < SOURCE_BYTES_MAX ? rest : SOURCE_BYTES_MAX);
    if (!colon || colon == source) {
        return false;
    }
    record.source = (struct avs_slice){source, (size_t)(colon - source)};
    const char *event = colon + 1;
    rest = (size_t)(text + length - event);
    size_t event_length = 0;
    while (event_length < rest && event_length < EVENT_BYTES_MAX && event[event_length] != ':' &&
           event[event_length] != '\n') {
        event_length++;
    }
    if (event_length == 0) {
        return false;
    }
    record.event = (struct avs_slice){event, event_length};
    const char *after = event + event_length;
    rest = (size_t)(text + length - after);
    if (rest > 1 && after[0] == ':' && after[1] == ':') {
        record.message = (struct avs_slice){after + 2, rest - 2};
    } else if (rest > 0 && after[0] == ':') {
        parse_pairs(&record, after + 1, rest - 1);
        if (record.pair_count == 0) {
            record.message = (struct avs_slice){after + 1, rest - 1};
        }
    }
    size_t header = source_at < HEADER_BYTES_MAX ? source_at : HEADER_BYTES_MAX;
    find_stamp(&record, text + source_at - header, header);
    find_level(&record, text + source_at - header, header);
    *ret_record = record;
    return true;
}

bool avs_record_parse_line(const char *text, size_t length, struct avs_record *ret_record) {
    for (size_t i = 0; i + 2 < length && i < HEADER_BYTES_MAX; i++) {
        if (text[i] != ']') {
            continue;
        }
        size_t level = i + 1;
        while (level < length && text[level] == ' ') {
            level++;
        }
        if (level + 2 < length && is_level(text[level]) && text[level + 1] == ' ') {
            return avs_record_parse(text, length, level + 2, ret_record);
        }
    }
    return avs_record_parse(text, length, 0, ret_record);
}

const struct avs_slice *avs_record_value(const struct avs_record *record, const char *key) {
    for (size_t i = 0; i < record->pair_count; i++) {
        if (avs_slice_is(record->pairs[i].key, key)) {
            return &record->pairs[i].value;
        }
    }
    return NULL;
}

size_t avs_record_unescape(char *text, size_t capacity, struct avs_slice value) {
    size_t length = 0;
    for (size_t i = 0; i < value.length && length + 1 < capacity; i++) {
        if (value.text[i] == '\\' && i + 1 < value.length &&
            memchr("\\,=:", value.text[i + 1], 4)) {
            i++;
        }
        text[length++] = value.text[i];
    }
    text[length] = '\0';
    return length;
}
