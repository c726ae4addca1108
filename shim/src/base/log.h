/* SPDX-License-Identifier: Apache-2.0 */
/* Writing log lines from inside the library: drops what the sink does not want, stamps the rest. */
#ifndef AVS_BASE_LOG_H
#define AVS_BASE_LOG_H

#include <avs/log.h>

/** Log one line to `log` (NULL or empty = silence); pairs end at a NULL key. */
void avs_log_event(const struct avs_log *log, enum avs_log_level level, const char *source,
                   const char *event, const struct avs_log_pair *pairs);

/** AVS_LOG_EVENT(log, AVS_LOG_INFO, "TlsEngine", "established", {"alpn", alpn}, {"version", v}) */
#define AVS_LOG_EVENT(log, level, source, event, ...) \
    avs_log_event((log), (level), (source), (event),  \
                  (const struct avs_log_pair[]){__VA_ARGS__ __VA_OPT__(, ){NULL, NULL}})

#endif
