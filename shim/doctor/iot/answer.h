/* SPDX-License-Identifier: Apache-2.0 */
/* What AWS answered to DescribeEndpoint: the host, or why not, as a cause of the catalogue. A pure
 * function; an answer is a stranger's until it has been read here.
 * Sources: botocore's parsers (rest-json), the API model of AWS IoT. */
#ifndef AVS_IOT_ANSWER_H
#define AVS_IOT_ANSWER_H

#include <stdbool.h>
#include <stdint.h>

#include <avs/cause.h>

#include "base/flow.h"

#define AVS_ANSWER_HOST_BYTES    256
#define AVS_ANSWER_CODE_BYTES    128
#define AVS_ANSWER_MESSAGE_BYTES 512

/** As it came. */
struct avs_iot_reply {
    int status;
    const char *error_type; /* x-amzn-ErrorType, "" = none */
    const char *date;       /* Date, "" = none */
    const char *location;   /* the host of Location, "" = none */
    const char *body;
    size_t length;
    bool is_cut;      /* there was more of it than we take */
    bool is_complete; /* by its own framing */
    int64_t now_unix; /* of this machine, when it came */
};

struct avs_iot_answer {
    char host[AVS_ANSWER_HOST_BYTES]; /* what was asked for; "" = not told */
    enum avs_cause cause;             /* NONE with a host */
    bool is_transient;                /* worth another try in a moment */
    int status;
    char code[AVS_ANSWER_CODE_BYTES];       /* "ThrottlingException", "403", "" */
    char message[AVS_ANSWER_MESSAGE_BYTES]; /* the server's own words, printable, cut */
    bool has_offset;
    int64_t
        offset_s; /* this machine's clock is ahead of the server's by so much; negative: behind */
};

/** Read it. Errors: NO_MEMORY. */
AVS_NODISCARD enum avs_status avs_iot_answer_read(const struct avs_iot_reply *reply,
                                                  struct avs_iot_answer *ret_answer,
                                                  struct avs_error *reterr);

#endif
