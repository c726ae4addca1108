/* SPDX-License-Identifier: Apache-2.0 */
/* Results: one status for every fallible call, detail in a caller-owned struct avs_error. */
#ifndef AVS_STATUS_H
#define AVS_STATUS_H

#include <stddef.h>
#include <stdint.h>

#include <avs/cause.h>
#include <avs/export.h>

AVS_BEGIN_DECLS

/** name, pinned value, text. Hundreds by phase: 100 usage, 200 config, 300 dns, 400 tcp, 500 tls,
 *  600 trust, 700 http, 800 request, 900 internal. */
#define AVS_STATUS_MAP(XX)                                              \
    XX(OK, 0, "ok")                                                     \
    XX(ERR_USAGE, 100, "invalid argument")                              \
    XX(ERR_ENDPOINT_INVALID, 101, "invalid endpoint")                   \
    XX(ERR_CONFIG, 200, "configuration error")                          \
    XX(ERR_CONFIG_UNREADABLE, 201, "configuration file cannot be read") \
    XX(ERR_CONFIG_MALFORMED, 202, "configuration file is malformed")    \
    XX(ERR_DNS, 300, "name resolution failed")                          \
    XX(ERR_CONNECT, 400, "connection failed")                           \
    XX(ERR_CONNECT_TIMEOUT, 401, "connection timed out")                \
    XX(ERR_PROXY, 402, "proxy failed")                                  \
    XX(ERR_CONNECTION_LOST, 403, "connection lost")                     \
    XX(ERR_TLS, 500, "TLS failed")                                      \
    XX(ERR_TLS_TIMEOUT, 501, "TLS handshake timed out")                 \
    XX(ERR_TRUST, 600, "certificate chain not trusted")                 \
    XX(ERR_CA_FILE_UNREADABLE, 601, "CA file cannot be read")           \
    XX(ERR_CA_FILE_INVALID, 602, "CA file holds no usable certificate") \
    XX(ERR_CA_PATH_NOT_HASHED, 603, "CA directory has no hash links")   \
    XX(ERR_HTTP, 700, "HTTP error")                                     \
    XX(ERR_HTTP2, 701, "HTTP/2 error")                                  \
    XX(ERR_REQUEST, 800, "request failed")                              \
    XX(ERR_TIMEOUT, 801, "timed out")                                   \
    XX(ERR_CANCELLED, 802, "cancelled")                                 \
    XX(ERR_SHUT_DOWN, 803, "shut down")                                 \
    XX(ERR_INTERNAL, 900, "internal error")                             \
    XX(ERR_NO_MEMORY, 901, "out of memory")                             \
    XX(ERR_LIMIT, 902, "limit exceeded")                                \
    XX(ERR_IO, 903, "input/output error")

enum avs_status {
#define XX(name, value, text) AVS_##name = value,
    AVS_STATUS_MAP(XX)
#undef XX
};

/** Why a call failed. Caller-owned; start it with AVS_ERROR_INIT (all zero will do). Written only
 * on failure, as far as the caller's size says. Holds no secrets: names, places and numbers only.
 */
struct avs_error {
    size_t size;            /**< sizeof(struct avs_error) as the caller was compiled */
    enum avs_status status; /**< what the call returned */
    enum avs_cause cause;   /**< catalogue row, AVS_CAUSE_NONE where none fits */
    int os_errno;           /**< errno, or 0 */
    int alert;              /**< TLS alert number, or -1 */
    int alert_from_peer;    /**< 1 the peer sent the alert, 0 we did */
    unsigned h2_code;       /**< HTTP/2 error code, where has_h2_code */
    int has_h2_code;
    char message[480]; /**< one paragraph: the thing, the place, the fix */
};

#ifdef __cplusplus /* which has designated initialisers from C++20 on only */
#define AVS_ERROR_INIT \
    { sizeof(struct avs_error), AVS_OK, AVS_CAUSE_NONE, 0, -1, 0, 0, 0, "" }
#else
#define AVS_ERROR_INIT \
    { .size = sizeof(struct avs_error), .alert = -1 }
#endif

/** Stable lower-case text of a status ("ok", "invalid argument"). Thread: any. Never NULL. */
AVS_API const char *avs_status_text(enum avs_status status);

/** Library version, "MAJOR.MINOR.PATCH". Thread: any. */
AVS_API const char *avs_version(void);

AVS_END_DECLS

#endif
