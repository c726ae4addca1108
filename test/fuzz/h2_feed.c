/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes from an HTTP/2 server: each stream ends once at most, nothing grows past its ceiling.
 * The input's first bytes choose the chunks and what the stream's owner answers. */
#include "h2/session.h"

#include <stdlib.h>
#include <string.h>

#define STREAMS 3

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool is_true) {
    if (!is_true) {
        abort();
    }
}

struct owner {
    uint8_t choices;
    unsigned calls;
    unsigned ended[STREAMS];
    size_t header_bytes;
    struct avs_h2_stream streams[STREAMS];
};

static unsigned index_of(const struct owner *owner, const struct avs_h2_stream *stream) {
    must(stream >= owner->streams && stream < owner->streams + STREAMS);
    unsigned index = (unsigned)(stream - owner->streams);
    must(owner->ended[index] == 0);
    return index;
}

static bool on_response_code(void *user, struct avs_h2_stream *stream, int code) {
    struct owner *owner = user;
    (void)index_of(owner, stream);
    must(code >= 100 && code <= 999);
    return !(owner->choices & 1);
}

static bool on_header_line(void *user, struct avs_h2_stream *stream, const char *line,
                           size_t length) {
    struct owner *owner = user;
    (void)index_of(owner, stream);
    must(length >= 2 && memcmp(line + length - 2, "\r\n", 2) == 0);
    must(!memchr(line, '\n', length - 1));
    return true;
}

static enum avs_sink_result on_data(void *user, struct avs_h2_stream *stream, const uint8_t *bytes,
                                    size_t length) {
    struct owner *owner = user;
    (void)index_of(owner, stream);
    must(length > 0 && bytes);
    static const enum avs_sink_result answers[] = {AVS_SINK_SUCCESS, AVS_SINK_PAUSE,
                                                   AVS_SINK_SUCCESS, AVS_SINK_ABORT};
    return answers[(owner->choices >> 1 ^ owner->calls++) & 3];
}

static enum avs_source_result on_read(void *user, struct avs_h2_stream *stream, uint8_t *buffer,
                                      size_t capacity, size_t *ret_length) {
    struct owner *owner = user;
    (void)index_of(owner, stream);
    static const enum avs_source_result answers[] = {AVS_SOURCE_CONTINUE, AVS_SOURCE_PAUSE,
                                                     AVS_SOURCE_COMPLETE, AVS_SOURCE_ABORT};
    enum avs_source_result answer = answers[(owner->choices >> 3 ^ owner->calls++) & 3];
    if (answer == AVS_SOURCE_CONTINUE) {
        *ret_length = capacity < 100 ? capacity : 100;
        memset(buffer, 'u', *ret_length);
    }
    return answer;
}

static void on_closed(void *user, struct avs_h2_stream *stream, enum avs_h2_end end,
                      uint32_t h2_code) {
    struct owner *owner = user;
    (void)end;
    (void)h2_code;
    owner->ended[index_of(owner, stream)]++;
}

static const struct avs_h2_callbacks callbacks = {
    .on_response_code = on_response_code,
    .on_header_line = on_header_line,
    .on_data = on_data,
    .on_read = on_read,
    .on_closed = on_closed,
};

#define FIELD(n, v) \
    { .name = (n), .value = (v), .name_length = sizeof(n) - 1, .value_length = sizeof(v) - 1 }
static const struct avs_h2_field fields[] = {FIELD(":method", "GET"), FIELD(":scheme", "https"),
                                             FIELD(":authority", "e"), FIELD(":path", "/")};

static enum avs_status drain(struct avs_h2 *h2) {
    uint8_t out[16384];
    size_t length = 0;
    for (int i = 0; i < 100; i++) {
        if (avs_h2_pull(h2, out, sizeof(out), &length, NULL) != AVS_OK) {
            return AVS_ERR_HTTP2;
        }
        if (length == 0) {
            return AVS_OK;
        }
    }
    return AVS_OK;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size < 2) {
        return 0;
    }
    struct owner owner;
    memset(&owner, 0, sizeof(owner));
    owner.choices = data[0];
    size_t step = data[1] ? data[1] : size;
    struct avs_h2 *h2 = NULL;
    const struct avs_h2_options options = {.callbacks = &callbacks, .user = &owner};
    must(avs_h2_new(&options, &h2, NULL) == AVS_OK);
    for (unsigned i = 0; i < STREAMS; i++) {
        const struct avs_h2_request request = {
            .fields = fields, .field_count = AVS_COUNT(fields), .has_source = i == 1};
        must(avs_h2_submit(h2, &request, &owner.streams[i], NULL) == AVS_OK);
    }
    must(drain(h2) == AVS_OK);
    for (size_t at = 2; at < size; at += step) {
        size_t part = size - at < step ? size - at : step;
        uint8_t *exact = malloc(part);
        memcpy(exact, data + at, part);
        enum avs_status status = avs_h2_feed(h2, exact, part, NULL);
        free(exact);
        if (status != AVS_OK || drain(h2) != AVS_OK) {
            break;
        }
        for (unsigned i = 0; i < STREAMS; i++) {
            if (owner.ended[i] == 0 && at % 3 == i) {
                avs_h2_resume_sink(h2, &owner.streams[i]);
            }
            if (owner.ended[i] == 0 && at % 5 == i) {
                avs_h2_resume_source(h2, &owner.streams[i]);
            }
        }
    }
    if (owner.ended[0] == 0) {
        avs_h2_cancel(h2, &owner.streams[0], AVS_H2_CODE_CANCEL);
        owner.ended[0]++;
    }
    avs_h2_free(h2);
    for (unsigned i = 0; i < STREAMS; i++) {
        must(owner.ended[i] <= 1);
    }
    return 0;
}
