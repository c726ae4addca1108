/* SPDX-License-Identifier: Apache-2.0 */
/* One HTTP/1.1 request through libcurl, over a connection of ours. libcurl talks to a loopback
 * socket, its bytes move through the pump, and we look at them on the way: the trust gate is the
 * same as HTTP/2's, and the first bytes are seen whatever libcurl makes of them. */
#ifndef AVS_H1_EXCHANGE_H
#define AVS_H1_EXCHANGE_H

#include <avs/evidence.h>

#include "base/buffer.h"
#include "client/pump.h"

#define AVS_H1_BYTES_MAX (1024 * 1024) /* an answer longer than this is cut here */
#define AVS_H1_HEAD_MAX  65536         /* bytes of an answer that are looked at */

/* What to ask for; borrowed. */
struct avs_h1_request {
    const char *target;         /* "/path?query", as it is sent */
    const char *const *headers; /* "Name: value", besides Host, User-Agent and Accept */
    size_t header_count;
};

/* What came, where it is wanted. Give it back with avs_h1_answer_done. */
struct avs_h1_answer {
    struct avs_buffer head; /* header lines of the last answer, each with its line end */
    struct avs_buffer body; /* decoded; AVS_H1_HEAD_MAX bytes at most */
    bool is_cut;            /* there was more of it */
};

struct avs_h1_options {
    const struct avs_pump_options *pump; /* the way there; callbacks and user are ours to set */
    struct avs_loop *loop;
    int64_t deadline_us; /* monotonic */
    struct avs_http_facts *facts;
    const struct avs_h1_request *request; /* NULL = GET / */
    struct avs_h1_answer *answer;         /* NULL = the facts are enough; else all zero */
};

/** Connect, GET what is asked for and note what came back. OK whatever came back, also nothing: see
 * the facts. Blocks until the deadline at most. Errors: NO_MEMORY, ERR_CONNECT, ERR_PROXY, ERR_IO.
 */
AVS_NODISCARD enum avs_status avs_h1_exchange(const struct avs_h1_options *options,
                                              struct avs_error *reterr);

/** The value of the header `name` (no case), without blanks around it; false and "" if there is
 *  none or it does not fit. The first of several. */
bool avs_h1_answer_header(const struct avs_h1_answer *answer, const char *name, char *field,
                          size_t capacity);
/** Wiped, too: an answer may hold keys. */
void avs_h1_answer_done(struct avs_h1_answer *answer);
/** Wipe and free. */
void avs_h1_wipe(struct avs_buffer *buffer);

#endif
