/* SPDX-License-Identifier: Apache-2.0 */
/* What becomes of one HTTP/2 request: a good answer, the scenario's oddity, or a fault. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "answer.h"
#include "avs.h"
#include "faults.h"
#include "stream.h"

enum {
    FIELDS_MAX = 6,
    SHORT_BY = 500, /* what is missing of an answer's content-length */
    FILLER_BYTES_MAX = 1 << 30,
    SLOW_MS_MAX = 60000,
};

static void add_field(nghttp2_nv *fields, size_t *count, const char *name, const char *value) {
    fields[(*count)++] = (nghttp2_nv){
        .name = (uint8_t *)(uintptr_t)name, /* nghttp2 copies both */
        .namelen = strlen(name),
        .value = (uint8_t *)(uintptr_t)value,
        .valuelen = strlen(value),
    };
}

/* `claimed_length` 0: no content-length field. */
static int submit(struct http2 *http2, struct stream *stream, const struct answer *answer,
                  uint64_t claimed_length) {
    char status[8];
    char length[24];
    char date[DATE_BYTES];
    nghttp2_nv fields[FIELDS_MAX];
    size_t count = 0;
    snprintf(status, sizeof(status), "%u", answer->status);
    snprintf(length, sizeof(length), "%llu", (unsigned long long)claimed_length);
    answer_date(date, answer->clock_s);
    add_field(fields, &count, ":status", status);
    add_field(fields, &count, "date", date);
    add_field(fields, &count, "server", "stand-in");
    if (answer->location) {
        add_field(fields, &count, "location", answer->location);
    }
    bool has_body = answer->content_type && strcmp(stream->method, "HEAD") != 0;
    if (answer->content_type) {
        add_field(fields, &count, "content-type", answer->content_type);
    }
    if (claimed_length > 0) {
        add_field(fields, &count, "content-length", length);
    }
    nghttp2_data_provider provider = {.source = {.ptr = stream}, .read_callback = stream_read};
    return nghttp2_submit_response(http2->session, stream->id, fields, count,
                                   has_body ? &provider : NULL);
}

/* A good answer: AVS's, or so many bytes of filler, or what the scenario says. */
int http2_submit_good(struct http2 *http2, struct stream *stream) {
    static const char bytes_path[] = "/bytes/";
    struct answer answer;
    if (avs_answer(http2, stream, &answer)) {
        return submit(http2, stream, &answer, 0);
    }
    if (strncmp(stream->path, bytes_path, sizeof(bytes_path) - 1) == 0) {
        unsigned long wanted = strtoul(stream->path + sizeof(bytes_path) - 1, NULL, 10);
        stream->filler_left = wanted < FILLER_BYTES_MAX ? wanted : FILLER_BYTES_MAX;
        answer = (struct answer){.status = 200, .content_type = "application/octet-stream"};
        return submit(http2, stream, &answer, stream->filler_left);
    }
    answer = answer_for(&http2->connection->scenario->h2, stream->path);
    if (answer.length > 0 && !stream_queue(stream, answer.body, answer.length)) {
        return NGHTTP2_ERR_NOMEM;
    }
    const struct odd_reply *odd = &http2->connection->scenario->h2;
    bool is_played = odd->act == ODD_PLAYED;
    bool is_short = odd->act == ODD_SHORT || (is_played && odd->played_end == PLAYED_SHORT);
    stream->stays_open = is_played && odd->played_end == PLAYED_STALLED;
    return submit(http2, stream, &answer, is_short ? answer.length + SHORT_BY : answer.length);
}

static void end_after_pump(struct http2 *http2, enum ending ending) {
    http2->is_ending = true;
    http2->end_with = ending;
}

static int answer_with_fault(struct http2 *http2, struct stream *stream) {
    struct avs_standin *standin = http2->connection->standin;
    nghttp2_session *session = http2->session;
    switch (fault_draw(standin)) {
    case FAULT_NONE:
    case FAULT_COUNT:
        break;
    case FAULT_RST_INTERNAL:
        return nghttp2_submit_rst_stream(session, NGHTTP2_FLAG_NONE, stream->id,
                                         NGHTTP2_INTERNAL_ERROR);
    case FAULT_RST_REFUSED:
        return nghttp2_submit_rst_stream(session, NGHTTP2_FLAG_NONE, stream->id,
                                         NGHTTP2_REFUSED_STREAM);
    case FAULT_GOAWAY_GRACEFUL:
        avs_end_downchannels(http2);
        if (nghttp2_submit_goaway(session, NGHTTP2_FLAG_NONE,
                                  nghttp2_session_get_last_proc_stream_id(session),
                                  NGHTTP2_NO_ERROR, NULL, 0) != 0) {
            return NGHTTP2_ERR_NOMEM;
        }
        break;
    case FAULT_GOAWAY_ERROR:
        end_after_pump(http2, END_CLOSE_NOTIFY);
        return nghttp2_session_terminate_session(session, NGHTTP2_ENHANCE_YOUR_CALM);
    case FAULT_RESET:
        connection_end(http2->connection, END_RESET);
        return 0;
    case FAULT_DROP:
        connection_end(http2->connection, END_RAGGED);
        return 0;
    case FAULT_SLOW:
        stream->answer_at_ms = standin_now_ms() + 1 + standin_random(standin) % FAULT_SLOW_MS_MAX;
        return 0;
    case FAULT_FREEZE:
        connection_fall_silent(http2->connection);
        return 0;
    case FAULT_CUT:
        stream->is_cut = true;
        break;
    }
    return http2_submit_good(http2, stream);
}

/* /slow/MS answers after so many milliseconds. */
static bool is_slow(struct stream *stream) {
    static const char slow_path[] = "/slow/";
    if (strncmp(stream->path, slow_path, sizeof(slow_path) - 1) != 0) {
        return false;
    }
    unsigned long wait_ms = strtoul(stream->path + sizeof(slow_path) - 1, NULL, 10);
    stream->answer_at_ms = standin_now_ms() + (wait_ms < SLOW_MS_MAX ? wait_ms : SLOW_MS_MAX);
    return true;
}

int http2_answer(struct http2 *http2, struct stream *stream) {
    struct connection *connection = http2->connection;
    const struct odd_reply *odd = &connection->scenario->h2;
    atomic_fetch_add(&connection->standin->requests, 1);
    switch (odd->act) {
    case ODD_RST:
        return nghttp2_submit_rst_stream(http2->session, NGHTTP2_FLAG_NONE, stream->id, odd->code);
    case ODD_GOAWAY:
        end_after_pump(http2, END_CLOSE_NOTIFY);
        return nghttp2_session_terminate_session2(http2->session, 0, odd->code);
    case ODD_BYTES: /* the end, but SETTINGS go out before it */
        end_after_pump(http2, odd->ending);
        return 0;
    case ODD_SILENT:
        return 0;
    case ODD_BAD_FRAME:
        http2->wants_bad_frame = true;
        return 0;
    case ODD_FAULTS:
        return answer_with_fault(http2, stream);
    case ODD_FLOOD:
        http2->is_flooding = true;
        return 0;
    case ODD_PLAYED:
    case ODD_NO:
    case ODD_STATUS:
    case ODD_BODY:
    case ODD_LATE:
    case ODD_NO_BODY:
    case ODD_SHORT:
        break;
    case ODD_ENDLESS: {
        struct answer answer = {.status = 200, .content_type = "text/plain"};
        stream->filler_left = UINT64_MAX;
        return submit(http2, stream, &answer, 0);
    }
    }
    return is_slow(stream) ? 0 : http2_submit_good(http2, stream);
}
