/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as what AWS, or whoever is in its place, answers to DescribeEndpoint: first a byte of
 * choices, then "Error-Type\nDate\nbody". A host or a cause, never both; nothing in the words that
 * a terminal obeys; a host is nothing but a host. */
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "iot/answer.h"

#define LINE_BYTES 128

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool is_true) {
    if (!is_true) {
        abort();
    }
}

/* One line of the input as a header's value, which has no NUL. */
static const uint8_t *take_line(const uint8_t *at, const uint8_t *end, char line[LINE_BYTES]) {
    const uint8_t *newline = at < end ? memchr(at, '\n', (size_t)(end - at)) : NULL;
    size_t length = newline ? (size_t)(newline - at) : 0;
    avs_text_copy_bytes(line, LINE_BYTES, at, length < LINE_BYTES ? length : LINE_BYTES - 1);
    return newline ? newline + 1 : at;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static const int statuses[] = {200, 204, 302, 400, 401, 403, 404, 418, 429, 500, 503};
    char error_type[LINE_BYTES], date[LINE_BYTES];
    if (size == 0) {
        return 0;
    }
    const uint8_t *end = data + size;
    const uint8_t *at = take_line(data + 1, end, error_type);
    at = take_line(at, end, date);
    size_t length = (size_t)(end - at);
    char *body = malloc(length ? length : 1); /* of that size, so that reading past it is seen */
    if (!body) {
        return 0;
    }
    memcpy(body, at, length);
    const struct avs_iot_reply reply = {
        .status = statuses[(data[0] & 0x3F) % AVS_COUNT(statuses)],
        .error_type = error_type,
        .date = date,
        .location = "",
        .body = body,
        .length = length,
        .is_cut = (data[0] & 0x40) != 0,
        .is_complete = (data[0] & 0x80) == 0,
        .now_unix = 1795287812,
    };
    struct avs_iot_answer answer;
    enum avs_status status = avs_iot_answer_read(&reply, &answer, NULL);
    must(status == AVS_OK || status == AVS_ERR_LIMIT);
    if (status == AVS_OK) {
        must((answer.host[0] != '\0') == (answer.cause == AVS_CAUSE_NONE));
        must(answer.host[0] == '\0' || (reply.status < 300 && !reply.is_cut && reply.is_complete));
        must(strspn(answer.host, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                 "0123456789-.") == strlen(answer.host));
        must(avs_text_is_printable(answer.message) && avs_text_is_printable(answer.code));
    }
    free(body);
    return 0;
}
