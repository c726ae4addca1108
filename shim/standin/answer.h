/* SPDX-License-Identifier: Apache-2.0 */
/* What to answer, whatever the protocol. */
#ifndef AVS_STANDIN_ANSWER_H
#define AVS_STANDIN_ANSWER_H

#include <stddef.h>

#include "scenarios.h"

#define DATE_BYTES 40

struct answer {
    unsigned status;
    const char *content_type; /* NULL: no body */
    const char *location;     /* NULL: none */
    const char *error_type;   /* x-amzn-ErrorType; NULL: none */
    const char *body;         /* borrowed until it is sent */
    size_t length;
    int clock_s; /* the server's clock is so far ahead of this machine's */
};

/* The answer to a request for `path` under `odd`, for the acts that answer at all. */
struct answer answer_for(const struct odd_reply *odd, const char *path);
/* Reason phrase of a status, for HTTP/1.x. */
const char *answer_reason(unsigned status);
/* Now, and so many seconds more, as an HTTP date. */
void answer_date(char *date, int clock_s);

#endif
