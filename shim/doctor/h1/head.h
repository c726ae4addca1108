/* SPDX-License-Identifier: Apache-2.0 */
/* The head of an HTTP/1.x answer, read as it came, by nobody's rules but RFC 9112's: what libcurl
 * makes of a broken head differs from release to release. */
#ifndef AVS_H1_HEAD_H
#define AVS_H1_HEAD_H

#include <avs/evidence.h>

struct avs_h1_head {
    bool is_chunked;
    bool has_length;
};

/** Read status, version, Date, Location's host and the head's soundness from the first `length`
 *  bytes of an answer (interim 1xx answers are skipped) into `facts`. Pure. */
struct avs_h1_head avs_h1_read_head(const uint8_t *bytes, size_t length,
                                    struct avs_http_facts *facts);

#endif
