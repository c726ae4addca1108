/* SPDX-License-Identifier: Apache-2.0 */
/* See directives.h. */
#define _GNU_SOURCE
#include "directives.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

void directives_header(struct directives *directives, const char *line) {
    const char *boundary = strcasestr(line, "boundary=");
    if (strncasecmp(line, "content-type:", 13) != 0 || !boundary) {
        return;
    }
    boundary += strlen("boundary=");
    bool is_quoted = *boundary == '"';
    boundary += is_quoted;
    size_t length = strcspn(boundary, is_quoted ? "\"\r\n" : "; \t\r\n");
    if (length > 0 && length + 3 < sizeof(directives->boundary)) {
        snprintf(directives->boundary, sizeof(directives->boundary), "--%.*s", (int)length,
                 boundary);
    }
}

/* Hand on what stands before each boundary; keep the rest for the next piece. */
static void split(struct directives *directives, void (*on_part)(void *user, const char *part),
                  void *user) {
    size_t boundary_length = strlen(directives->boundary);
    char *start = directives->part;
    char *end = directives->part + directives->length;
    for (;;) {
        char *found = memmem(start, (size_t)(end - start), directives->boundary, boundary_length);
        if (!found) {
            break;
        }
        *found = '\0';
        if (!directives->is_skipping && strchr(start, '{')) {
            on_part(user, start);
        }
        directives->is_skipping = false;
        start = found + boundary_length;
    }
    directives->length = (size_t)(end - start);
    memmove(directives->part, start, directives->length);
    if (directives->length ==
        DIRECTIVE_BYTES_MAX) { /* too long: forget all but a boundary's start */
        size_t kept = boundary_length - 1;
        memmove(directives->part, directives->part + directives->length - kept, kept);
        directives->length = kept;
        directives->is_skipping = true;
    }
}

void directives_data(struct directives *directives, const char *bytes, size_t length,
                     void (*on_part)(void *user, const char *part), void *user) {
    while (length > 0 && directives->boundary[0]) {
        size_t room = DIRECTIVE_BYTES_MAX - directives->length;
        size_t taken = length < room ? length : room;
        memcpy(directives->part + directives->length, bytes, taken);
        directives->length += taken;
        directives->part[directives->length] = '\0';
        bytes += taken;
        length -= taken;
        split(directives, on_part, user);
    }
}

bool directive_member(const char *part, const char *name, char *value, size_t capacity) {
    char key[64];
    snprintf(key, sizeof(key), "\"%s\":\"", name);
    const char *start = strstr(part, key);
    if (!start) {
        return false;
    }
    start += strlen(key);
    snprintf(value, capacity, "%.*s", (int)strcspn(start, "\""), start);
    return true;
}
