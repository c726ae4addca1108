/* SPDX-License-Identifier: Apache-2.0 */
/* HTTP where the stand-in is shaped like AWS IoT Core. */
#ifndef AVS_STANDIN_IOT_HTTP_H
#define AVS_STANDIN_IOT_HTTP_H

#include "answer.h"
#include "http1.h"

#define IOT_BODY_BYTES 1024

/* What to answer; the body may lie in `body`. */
struct answer iot_answer(struct connection *connection, const struct http1_request *request,
                         char body[IOT_BODY_BYTES]);

#endif
