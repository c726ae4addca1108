/* SPDX-License-Identifier: Apache-2.0 */
/* See members.h. */
#include "iot/members.h"

#include <string.h>

#include "base/civil.h"

enum avs_member avs_member_text(const struct avs_conf_doc *doc, uint32_t parent, const char *key,
                                char *field, size_t capacity) {
    /* of a fixed size: it never grows, so no copy is left behind */
    struct avs_buffer buffer = {.data = field, .capacity = capacity, .limit_bytes = capacity - 1};
    uint32_t node = avs_conf_find(doc, parent, key);
    field[0] = '\0';
    if (node == AVS_CONF_NONE || doc->nodes[node].type == AVS_CONF_NULL) {
        return AVS_MEMBER_MISSING;
    }
    if (doc->nodes[node].type != AVS_CONF_STRING) {
        return AVS_MEMBER_OTHER;
    }
    avs_conf_decode(doc, doc->nodes[node].start, doc->nodes[node].end, &buffer);
    if (buffer.is_failed || strlen(field) != buffer.length) { /* too long, or with a NUL in it */
        field[0] = '\0';
        return AVS_MEMBER_OTHER;
    }
    return AVS_MEMBER_TEXT;
}

bool avs_iso_time(const char *text, int64_t *ret_unix) {
    int64_t hours = 0, time = 0;
    size_t length = strlen(text);
    size_t at = avs_civil_parse("Y-M-D_h:m:s", text, length, &time);
    if (at == 0) {
        return false;
    }
    if (text[at] == '.') {
        at += 1 + strspn(text + at + 1, "0123456789");
    }
    if (strcmp(text + at, "Z") == 0 || text[at] == '\0') {
        *ret_unix = time;
        return true;
    }
    /* an offset is a time of the first day, of a date that we put before it */
    char offset[] = "1970-01-01T00:00:00";
    bool is_far = text[at] == '+' || text[at] == '-';
    if (!is_far || strlen(text + at + 1) != strlen("00:00")) {
        return false;
    }
    memcpy(offset + strlen("1970-01-01T"), text + at + 1, strlen("00:00"));
    if (avs_civil_parse("Y-M-D_h:m:s", offset, strlen(offset), &hours) == 0) {
        return false;
    }
    *ret_unix = text[at] == '+' ? time - hours : time + hours;
    return true;
}
