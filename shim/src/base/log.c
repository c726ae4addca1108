/* SPDX-License-Identifier: Apache-2.0 */
/* The SDK's log grammar, written. Source: LogStringFormatter.cpp, LogEntry.cpp of SDK 1.26. */
#include "base/log.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/civil.h"
#include "base/clock.h"

static const struct {
    const char *name;
    char letter;
} levels[] = {
    [AVS_LOG_DEBUG9] = {"DEBUG9", '9'}, [AVS_LOG_DEBUG8] = {"DEBUG8", '8'},
    [AVS_LOG_DEBUG7] = {"DEBUG7", '7'}, [AVS_LOG_DEBUG6] = {"DEBUG6", '6'},
    [AVS_LOG_DEBUG5] = {"DEBUG5", '5'}, [AVS_LOG_DEBUG4] = {"DEBUG4", '4'},
    [AVS_LOG_DEBUG3] = {"DEBUG3", '3'}, [AVS_LOG_DEBUG2] = {"DEBUG2", '2'},
    [AVS_LOG_DEBUG1] = {"DEBUG1", '1'}, [AVS_LOG_DEBUG0] = {"DEBUG0", '0'},
    [AVS_LOG_INFO] = {"INFO", 'I'},     [AVS_LOG_WARN] = {"WARN", 'W'},
    [AVS_LOG_ERROR] = {"ERROR", 'E'},   [AVS_LOG_CRITICAL] = {"CRITICAL", 'C'},
    [AVS_LOG_NONE] = {"NONE", 'N'},
};
#define LEVEL_COUNT (sizeof(levels) / sizeof(levels[0]))

int avs_log_level_from_name(const char *name) {
    for (size_t i = 0; name && i < LEVEL_COUNT; i++) {
        if (strcmp(levels[i].name, name) == 0) {
            return (int)i;
        }
    }
    return -1;
}

char avs_log_level_letter(enum avs_log_level level) {
    return (size_t)level < LEVEL_COUNT ? levels[level].letter : 'U';
}

struct line {
    char *text;
    size_t capacity; /* at least 1 */
    size_t length;
};

static void put(struct line *line, char byte) {
    if (line->length + 1 < line->capacity) {
        line->text[line->length++] = byte;
    }
}

static void put_text(struct line *line, const char *text) {
    while (*text) {
        put(line, *text++);
    }
}

/* LogEntry escapes these four in values; we also keep one record on one line. */
static void put_escaped(struct line *line, const char *text) {
    for (; *text; text++) {
        if (strchr("\\,=:", *text)) {
            put(line, '\\');
        }
        put(line, (unsigned char)*text < 0x20 ? ' ' : *text);
    }
}

size_t avs_log_format(char *line_text, size_t capacity, int64_t unix_ms, unsigned moniker,
                      enum avs_log_level level, const char *source, const char *event,
                      const struct avs_log_pair *pairs, size_t pair_count) {
    if (capacity == 0) {
        return 0;
    }
    struct line line = {line_text, capacity, 0};
    char head[96];
    struct avs_civil utc;
    if (avs_civil_from_unix(unix_ms / 1000, &utc)) {
        snprintf(head, sizeof(head), "%04d-%02d-%02d %02d:%02d:%02d.%03d [%3x] %c ", utc.year,
                 utc.month, utc.day, utc.hour, utc.minute, utc.second, (int)(unix_ms % 1000),
                 moniker, avs_log_level_letter(level));
        put_text(&line, head);
    }
    put_text(&line, source);
    put(&line, ':');
    put_text(&line, event);
    for (size_t i = 0; i < pair_count && pairs[i].key; i++) {
        put(&line, i == 0 ? ':' : ',');
        put_text(&line, pairs[i].key);
        put(&line, '=');
        put_escaped(&line, pairs[i].value ? pairs[i].value : "");
    }
    line.text[line.length] = '\0';
    return line.length;
}

void avs_log_event(const struct avs_log *log, enum avs_log_level level, const char *source,
                   const char *event, const struct avs_log_pair *pairs) {
    if (!log || !log->write || level < log->level) {
        return;
    }
    size_t count = 0;
    while (pairs && pairs[count].key) {
        count++;
    }
    static _Thread_local unsigned moniker; /* the SDK numbers threads as they first log */
    static unsigned next_moniker;
    if (moniker == 0) {
        moniker = __atomic_add_fetch(&next_moniker, 1, __ATOMIC_RELAXED);
    }
    char line[AVS_LOG_LINE_BYTES];
    avs_log_format(line, sizeof(line), avs_clock_wall_ms(), moniker, level, source, event, pairs,
                   count);
    log->write(log->user, level, line);
}
