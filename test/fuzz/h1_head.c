/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as the start of an HTTP/1.x answer: facts within bounds, the same however they came,
 * and a name for whatever it is. */
#include <stdlib.h>
#include <string.h>

#include "h1/head.h"
#include "verdict/http_quirks.h"

#define GROWN_BYTES_MAX 2048 /* byte by byte is dear */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool is_true) {
    if (!is_true) {
        abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static struct avs_session_evidence session;
    struct avs_http_facts *facts = &session.http;
    memset(&session, 0, sizeof(session));
    uint8_t *exact = malloc(size ? size : 1);
    memcpy(exact, data, size);
    avs_h1_read_head(exact, size, facts);
    free(exact);
    must(facts->status >= 0 && facts->status <= 999);
    must(!strpbrk(facts->redirect_host, "@/?#\r\n"));
    must(!strpbrk(facts->http_date, "\n"));
    if (size <= GROWN_BYTES_MAX) {
        struct avs_http_facts grown;
        memset(&grown, 0, sizeof(grown));
        for (size_t length = 0; length <= size; length++) {
            avs_h1_read_head(data, length, &grown);
        }
        must(grown.status == facts->status && grown.bad_head == facts->bad_head);
        must(grown.head_complete == facts->head_complete);
        must(strcmp(grown.redirect_host, facts->redirect_host) == 0);
    }
    facts->first_length = size < AVS_FIRST_BYTES ? size : AVS_FIRST_BYTES;
    memcpy(facts->first, data, facts->first_length);
    for (int close = 0; close < AVS_CLOSE_COUNT; close++) {
        facts->close = (enum avs_close_kind)close;
        facts->is_complete = !facts->is_complete;
        struct avs_http_reading reading = avs_http1_read(&session, true);
        must(reading.quirk[0] == '\0' || avs_quirk_meaning(reading.quirk)[0] != '\0');
        must(!facts->bad_head || !reading.is_plain_pass);
    }
    return 0;
}
