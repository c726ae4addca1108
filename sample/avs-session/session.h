/* SPDX-License-Identifier: Apache-2.0 */
/* One AVS session over avs_client: downchannel, events, pings. Release v20160207 of the guide
 * "Interaction with AVS over HTTP/2". */
#ifndef SESSION_H
#define SESSION_H

#include <stdbool.h>

#include <avs/avs.h>

struct session;

struct session_options {
    struct avs_client_options client;
    const char *endpoint; /* "https://host[:port]" */
    const char *token;    /* NULL: no Authorization header */
};

/* What happened since the last session_take. */
struct session_news {
    bool downchannel_opened; /* answered with 200 */
    bool downchannel_ended;  /* open it again, after a while */
    unsigned events_done;
    unsigned events_failed;
    unsigned directives;
};

/* Returns NULL after writing the reason to stderr. `wake_fd` is an eventfd, written at each news.
 */
struct session *session_new(const struct session_options *options, int wake_fd);
/* Ends every stream and closes the connection in good order. */
void session_free(struct session *session);

bool session_open_downchannel(struct session *session);
/* The first event is System.SynchronizeState, as AVS asks for; the others report inactivity. */
bool session_post_event(struct session *session);
bool session_ping(struct session *session);
struct session_news session_take(struct session *session);

/* One line in the SDK's format, on stdout. Any thread. */
void session_log(enum avs_log_level level, const char *event, const struct avs_log_pair *pairs,
                 size_t pair_count);

#endif
