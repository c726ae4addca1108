/* SPDX-License-Identifier: Apache-2.0 */
/* The shape of AVS over HTTP/2, enough for a client's transport: the downchannel stays open and
 * gets directives as parts of a multipart/related body, an event is answered by 204 or by a
 * directive, a ping by 204; GET /goaway sends a graceful GOAWAY. Nobody understands what is said.
 * Source: the AVS guide "Interaction with AVS over HTTP/2", release v20160207. */
#include "avs.h"

#include <stdio.h>
#include <string.h>

#define BOUNDARY "--stand-in-boundary-7f3a"

enum { DIRECTIVE_BYTES = 512, EVENTS_PER_DIRECTIVE = 4 };

static const char multipart[] =
    "multipart/related; boundary=" BOUNDARY "; type=\"application/json\"";

/* One part, closed by the next boundary so that a parser can hand it on at once. */
static size_t write_part(struct http2 *http2, char *part) {
    uint64_t number = atomic_fetch_add(&http2->connection->standin->directives, 1) + 1;
    int length =
        snprintf(part, DIRECTIVE_BYTES,
                 "Content-Type: application/json; charset=UTF-8\r\n\r\n"
                 "{\"directive\":{\"header\":{\"namespace\":\"Speaker\",\"name\":\"SetVolume\","
                 "\"messageId\":\"stand-in-%llu\"},\"payload\":{\"volume\":%llu}}}\r\n--" BOUNDARY,
                 (unsigned long long)number, (unsigned long long)(number % 100));
    return (size_t)length;
}

static struct answer open_downchannel(struct http2 *http2, struct stream *stream) {
    static const char opening[] = "--" BOUNDARY "\r\n";
    unsigned interval_ms = http2->connection->standin->directive_interval_ms;
    stream->stays_open = stream_queue(stream, opening, sizeof(opening) - 1);
    if (interval_ms > 0) {
        http2->next_directive_ms = standin_now_ms() + interval_ms;
    }
    return (struct answer){.status = 200, .content_type = multipart};
}

/* Mostly 204 and a directive down the downchannel; now and then the directive comes back at once.
 */
static struct answer take_event(struct http2 *http2, struct stream *stream) {
    if (!stream->has_multipart || stream->received == 0) {
        return (struct answer){.status = 400};
    }
    if (++http2->events % EVENTS_PER_DIRECTIVE != 0) {
        avs_push_directive(http2);
        return (struct answer){.status = 204};
    }
    char part[DIRECTIVE_BYTES];
    size_t length = write_part(http2, part);
    bool is_queued = stream_queue(stream, "--" BOUNDARY "\r\n", strlen("--" BOUNDARY "\r\n")) &&
                     stream_queue(stream, part, length) && stream_queue(stream, "--\r\n", 4);
    return (struct answer){.status = is_queued ? 200 : 500,
                           .content_type = is_queued ? multipart : NULL};
}

bool avs_answer(struct http2 *http2, struct stream *stream, struct answer *ret_answer) {
    if (strcmp(stream->path, "/v20160207/directives") == 0) {
        *ret_answer = strcmp(stream->method, "GET") == 0 ? open_downchannel(http2, stream)
                                                         : (struct answer){.status = 405};
        return true;
    }
    if (strcmp(stream->path, "/v20160207/events") == 0) {
        *ret_answer = strcmp(stream->method, "POST") == 0 ? take_event(http2, stream)
                                                          : (struct answer){.status = 405};
        return true;
    }
    if (strcmp(stream->path, "/goaway") == 0) { /* what runs goes on, the next streams do not */
        nghttp2_session *session = http2->session;
        bool is_sent = nghttp2_submit_goaway(session, NGHTTP2_FLAG_NONE,
                                             nghttp2_session_get_last_proc_stream_id(session),
                                             NGHTTP2_NO_ERROR, NULL, 0) == 0;
        *ret_answer = (struct answer){.status = is_sent ? 204 : 500};
        return true;
    }
    if (strcmp(stream->path, "/ping") == 0) {
        *ret_answer = (struct answer){.status = 204};
        return true;
    }
    return false;
}

void avs_push_directive(struct http2 *http2) {
    char part[DIRECTIVE_BYTES];
    for (struct stream *stream = http2->streams; stream; stream = stream->next) {
        if (!stream->stays_open) {
            continue;
        }
        size_t length = write_part(http2, part);
        if (stream_queue(stream, part, length) && stream_queue(stream, "\r\n", 2)) {
            nghttp2_session_resume_data(http2->session, stream->id);
        }
    }
}

void avs_end_downchannels(struct http2 *http2) {
    for (struct stream *stream = http2->streams; stream; stream = stream->next) {
        if (stream->stays_open) {
            stream->stays_open = false;
            nghttp2_session_resume_data(http2->session, stream->id);
        }
    }
}
