/* SPDX-License-Identifier: Apache-2.0 */
/* AWS Signature Version 4, the "Authorization" header: a pure function of a request, keys and a
 * time. It sends nothing and asks no clock.
 * Source: IAM User Guide, "Create a signed AWS API request". */
#ifndef AVS_IOT_SIGV4_H
#define AVS_IOT_SIGV4_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/flow.h"
#include "iot/keys.h"

#define AVS_SIGV4_HEADERS_MAX 32
#define AVS_SIGV4_PAIRS_MAX   64          /* of a query */
#define AVS_SIGV4_URL_BYTES   (64 * 1024) /* of path or query, encoded */
#define AVS_SIGV4_DATE_BYTES  17          /* "20150830T123600Z" */

struct avs_sigv4_header {
    const char *name, *value;
};

/** All strings are borrowed for the call. */
struct avs_sigv4_request {
    const char *method; /* "GET" */
    const char *path;   /* as it is sent, "/endpoint" */
    const char *query;  /* as it is sent, without '?'; NULL = none */
    /* Every header that is signed, Host among them; X-Amz-Date and X-Amz-Security-Token are added
     */
    const struct avs_sigv4_header *headers;
    size_t header_count;
    const void *body;
    size_t body_length;
    bool keeps_path; /* "/a/../b" and "//" stay, as S3 has it */
    bool omits_token;
    const char *region, *service;
    int64_t now_unix;
};

struct avs_sigv4 {
    char date[AVS_SIGV4_DATE_BYTES]; /* what X-Amz-Date must say */
    char *authorization;             /* what Authorization must say; no secret */
};

/** Sign. Caller frees ret->authorization. Errors: NO_MEMORY; ERR_USAGE (a year above 9999 or below
 *  0); LIMIT (more headers, pairs or bytes than above). */
AVS_NODISCARD enum avs_status avs_sigv4_sign(const struct avs_sigv4_request *request,
                                             const struct avs_aws_keys *keys, struct avs_sigv4 *ret,
                                             struct avs_error *reterr);

#endif
