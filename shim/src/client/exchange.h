/* SPDX-License-Identifier: Apache-2.0 */
/* One request and its answer: what the caller asked (fixed), what other threads may touch (behind
 * the inbox's lock), what only the loop touches. The type says which is which. */
#ifndef AVS_CLIENT_EXCHANGE_H
#define AVS_CLIENT_EXCHANGE_H

#include <pthread.h>

#include <avs/client.h>

#include "client/window.h"
#include "h2/session.h"

struct avs_conn;
struct avs_origin;

#define AVS_NEVER_US            INT64_MAX /* a deadline that does not come */
#define AVS_EXCHANGE_NAME_BYTES 24

/* Of avs_exchange.fields. */
enum { AVS_EXCHANGE_METHOD_FIELD = 0, AVS_EXCHANGE_PATH_FIELD = 3 };

struct avs_exchange {
    /* Fixed by avs_exchange_new, readable from anywhere. Strings live behind the struct. */
    uint64_t id;
    struct avs_request request; /* the strings and the list in it are not kept: see below */
    const char *host;           /* lower case, without brackets */
    uint16_t port;
    const char *label; /* "" when the caller gave none */
    bool
        is_repeatable; /* asks for something and changes nothing: GET without a body and its like */
    struct avs_h2_field *fields;
    size_t field_count;

    /* Behind the inbox's lock. */
    struct {
        bool is_taken;  /* the loop knows it */
        bool is_listed; /* in the inbox's list of exchanges with mail */
        bool is_cancel_wanted;
        bool is_resume_wanted;
        struct avs_exchange *submitted_next, *next;
    } mail;

    /* The loop's. */
    struct {
        struct avs_h2_stream stream;
        struct avs_window window;
        struct avs_origin *origin;
        struct avs_conn *conn;                /* NULL while it waits in its origin's queue */
        struct avs_exchange *previous, *next; /* in that queue, or on that connection */
        bool is_queued;
        struct avs_exchange *all_previous, *all_next; /* among all of the client's */
        int64_t connection_deadline_us;               /* to the first response header */
        int64_t transfer_deadline_us;
        int64_t taken_us;  /* when the loop took it in */
        int64_t active_us; /* when a byte of it last moved */
        int64_t retry_us;  /* when a paused callback is asked again */
        unsigned resends;
        bool has_response;
    } loop;
};

/** A list of exchanges by loop.previous / loop.next. */
struct avs_exchange_list {
    struct avs_exchange *first, *last;
    size_t count;
};

/** An origin that was checked. */
struct avs_origin_memo {
    size_t text_length, host_length, authority_length;
    uint16_t port;
    char text[AVS_NAME_BYTES]; /* as in the URL: "https://Host:443" */
    char host[AVS_NAME_BYTES];
    char authority[AVS_NAME_BYTES + 8];
};

/** The last of them: most requests go to one origin. */
struct avs_exchange_memo {
    pthread_mutex_t lock;
    struct avs_origin_memo origin; /* behind the lock */
};

/** Check and copy a request. Thread: any. Errors: those of avs_client_submit but ERR_SHUT_DOWN. */
AVS_NODISCARD enum avs_status avs_exchange_new(struct avs_exchange_memo *memo,
                                               const struct avs_request *request,
                                               struct avs_exchange **ret_exchange,
                                               struct avs_error *reterr);
void avs_exchange_free(struct avs_exchange *exchange);

void avs_exchange_append(struct avs_exchange_list *list, struct avs_exchange *exchange);
/** In the order of the submits. */
void avs_exchange_insert(struct avs_exchange_list *list, struct avs_exchange *exchange);
void avs_exchange_remove(struct avs_exchange_list *list, struct avs_exchange *exchange);

/** What log lines call it: its label, or its number, written into `buffer`. */
const char *avs_exchange_name(const struct avs_exchange *exchange,
                              char buffer[AVS_EXCHANGE_NAME_BYTES]);

/** When to look at its timeouts next: the earliest of its deadlines. */
int64_t avs_exchange_deadline(const struct avs_exchange *exchange);

#endif
