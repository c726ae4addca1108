/* SPDX-License-Identifier: Apache-2.0 */
/* Log lines in the AVS Device SDK's own grammar, so that a device's log reads as one:
 *   YYYY-MM-DD HH:MM:SS.mmm [MONIKER] L SOURCE:EVENT[:key=value[,key=value...]]
 * Source: LogStringFormatter.cpp, LogEntry.cpp, ThreadMoniker.cpp of SDK 1.26. */
#ifndef AVS_LOG_H
#define AVS_LOG_H

#include <stddef.h>
#include <stdint.h>

#include <avs/export.h>

AVS_BEGIN_DECLS

/** Lower is more talkative, as in the SDK's Level.h. */
enum avs_log_level {
    AVS_LOG_DEBUG9,
    AVS_LOG_DEBUG8,
    AVS_LOG_DEBUG7,
    AVS_LOG_DEBUG6,
    AVS_LOG_DEBUG5,
    AVS_LOG_DEBUG4,
    AVS_LOG_DEBUG3,
    AVS_LOG_DEBUG2,
    AVS_LOG_DEBUG1,
    AVS_LOG_DEBUG0,
    AVS_LOG_INFO,
    AVS_LOG_WARN,
    AVS_LOG_ERROR,
    AVS_LOG_CRITICAL,
    AVS_LOG_NONE
};

/** Receives one complete line, no newline at its end; borrowed until it returns.
 *  Thread: the one that logs. */
typedef void (*avs_log_fn)(void *user, enum avs_log_level level, const char *line);

/** Where lines go; copied by whoever takes it. A NULL `write` is silence. Never grows. */
struct avs_log {
    avs_log_fn write;
    void *user;
    enum avs_log_level level; /**< lines below this level are not formatted */
};

/** Longest line; longer ones are cut at this many bytes, terminator included. */
#define AVS_LOG_LINE_BYTES 2048

/** One key and its value; a NULL key ends the list early, a NULL value is written as an empty one.
 *  Values are escaped on the way out. */
struct avs_log_pair {
    const char *key;
    const char *value;
};

/** "DEBUG9" .. "CRITICAL", "NONE"; -1 for another word. Thread: any. */
AVS_API int avs_log_level_from_name(const char *name);

/** The SDK's one-letter form: '9'..'0', 'I', 'W', 'E', 'C', 'N'. Thread: any. */
AVS_API char avs_log_level_letter(enum avs_log_level level);

/** Format one line for `unix_ms` (UTC) into `line`; returns its length (cut to `capacity` - 1).
 *  `moniker` is the SDK's thread counter. Thread: any. Allocates nothing. */
AVS_API size_t avs_log_format(char *line, size_t capacity, int64_t unix_ms, unsigned moniker,
                              enum avs_log_level level, const char *source, const char *event,
                              const struct avs_log_pair *pairs, size_t pair_count);

AVS_END_DECLS

#endif
