/* SPDX-License-Identifier: Apache-2.0 */
/* Is the verification of a client real? The client's own command is run against one good server and
 * then against bad ones, one by one, and the server's side says whether it refused each. */
#ifndef AVS_STANDIN_QUALIFY_H
#define AVS_STANDIN_QUALIFY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** One server. All strings are static. */
struct avs_qualify_case {
    const char *name;        /**< "wrong-host" */
    const char *description; /**< what is wrong with it */
    bool must_accept;        /**< the good one; every other must be refused */
    const char *remedy;      /**< what a client lacks that accepts it; NULL for the good one */
};

/** Name of an alert, for people. Static. */
const char *avs_qualify_alert_name(int alert);

/** What the client did, as the server saw it. */
enum avs_qualify_act {
    AVS_QUALIFY_ACCEPTED,      /**< handshake finished and application bytes came */
    AVS_QUALIFY_REFUSED,       /**< it came, and hung up before it said anything */
    AVS_QUALIFY_NO_TLS,        /**< what it sent was not TLS */
    AVS_QUALIFY_NO_CONNECTION, /**< it never came */
    AVS_QUALIFY_HELD /**< its time was over: connected, without a word and without a refusal */
};

#define AVS_QUALIFY_SAID_BYTES 160

struct avs_qualify_result {
    const struct avs_qualify_case *asked;
    enum avs_qualify_act act;
    bool is_right;
    unsigned connections;       /**< accepted */
    unsigned handshakes;        /**< finished */
    uint64_t application_bytes; /**< from the client */
    int alert;                  /**< the first one from the client (RFC 8446 section 6); -1: none */
    int exit_status;            /**< of the command; -1: it was ended by a signal */
    bool was_stopped;           /**< by us: its time was over, or all was seen */
    unsigned duration_ms;
    char said[AVS_QUALIFY_SAID_BYTES]; /**< a line of its output; may be anything */
};

struct avs_qualify_options {
    char *const *command; /**< Required: up to NULL; borrowed. In each word {host}, {port} and {ca}
                               are replaced; the environment has AVS_STANDIN_HOST, _PORT, _CA */
    const char *host;     /**< Optional: the name the client asks for; NULL = localhost */
    uint16_t port;        /**< Optional: 0 = any free port */
    unsigned timeout_ms;  /**< Optional: of each case; 0 = 10 seconds */
    /** Optional: before a case begins, and when it is over. Calling thread. */
    void (*on_begin)(void *user, const struct avs_qualify_case *asked);
    void (*on_end)(void *user, const struct avs_qualify_result *result);
    void *user;
};

enum avs_qualify_end {
    AVS_QUALIFY_DONE,        /**< every case was asked */
    AVS_QUALIFY_NOT_PROVEN,  /**< the good server was not accepted: nothing else was asked */
    AVS_QUALIFY_INTERRUPTED, /**< SIGINT, SIGTERM or SIGHUP came; nothing of the command runs on */
    AVS_QUALIFY_FAILED,      /**< one paragraph in `error` */
};

/** Run the command in a process group of its own, standard input empty, against each case. Blocks
 *  SIGCHLD, SIGINT, SIGTERM and SIGHUP for the process and leaves them blocked. Thread: the first
 *  one, before there are others. */
enum avs_qualify_end avs_qualify_run(const struct avs_qualify_options *options, char *error,
                                     size_t error_bytes);

#endif
