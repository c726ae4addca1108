/* SPDX-License-Identifier: Apache-2.0 */
/* The HTTP/2 engine against the scripted peer: what is sent, what is reported, what is refused. */
#include "support/test.h"

#include "h2/session.h"
#include "support/peer.h"

#define SENT_BYTES_MAX (256 * 1024)

/* One session with one stream (more where a test says so), and a diary of the callbacks. */
struct fixture {
    struct avs_h2 *h2;
    struct avs_h2_stream stream;
    struct peer_script script;
    size_t fed;
    size_t step; /* bytes for each feed, 0 = all */
    uint8_t *sent;
    size_t sent_length;
    char diary[8192];
    size_t diary_length;
    unsigned closed_count;
    enum avs_h2_end end;
    uint32_t close_code;
    unsigned sink_pauses; /* answer PAUSE this many times */
    unsigned source_pauses;
    size_t source_left;
    bool refuses_code, refuses_line, aborts_data, aborts_source;
    unsigned goaways, pings, settings;
};

__attribute__((format(printf, 2, 3))) static void note(struct fixture *f, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    f->diary_length += (size_t)vsnprintf(f->diary + f->diary_length,
                                         sizeof(f->diary) - f->diary_length, format, arguments);
    va_end(arguments);
    assert_true(f->diary_length < sizeof(f->diary));
}

static void on_settings(void *user, bool is_first) {
    struct fixture *f = user;
    assert_int_equal(is_first, f->settings == 0);
    f->settings++;
}

static bool on_response_code(void *user, struct avs_h2_stream *stream, int code) {
    struct fixture *f = user;
    (void)stream;
    note(f, "<%d>", code);
    return !f->refuses_code;
}

static bool on_header_line(void *user, struct avs_h2_stream *stream, const char *line,
                           size_t length) {
    struct fixture *f = user;
    (void)stream;
    assert_int_equal(strlen(line), length);
    note(f, "[%.*s]", (int)(length - 2 < 40 ? length - 2 : 40), line);
    return !f->refuses_line;
}

static enum avs_sink_result on_data(void *user, struct avs_h2_stream *stream, const uint8_t *bytes,
                                    size_t length) {
    struct fixture *f = user;
    (void)stream;
    assert_true(length > 0 && length <= 16384);
    if (f->aborts_data) {
        return AVS_SINK_ABORT;
    }
    if (f->sink_pauses > 0) {
        f->sink_pauses--;
        note(f, "(paused %zu %.1s)", length, (const char *)bytes);
        return AVS_SINK_PAUSE;
    }
    note(f, "(%zu %.1s)", length, (const char *)bytes);
    return AVS_SINK_SUCCESS;
}

static enum avs_source_result on_read(void *user, struct avs_h2_stream *stream, uint8_t *buffer,
                                      size_t capacity, size_t *ret_length) {
    struct fixture *f = user;
    (void)stream;
    if (f->aborts_source) {
        return AVS_SOURCE_ABORT;
    }
    if (f->source_pauses > 0) {
        f->source_pauses--;
        return AVS_SOURCE_PAUSE;
    }
    size_t length = f->source_left < capacity ? f->source_left : capacity;
    memset(buffer, 'u', length);
    f->source_left -= length;
    *ret_length = length;
    return f->source_left == 0 ? AVS_SOURCE_COMPLETE : AVS_SOURCE_CONTINUE;
}

static void on_closed(void *user, struct avs_h2_stream *stream, enum avs_h2_end end,
                      uint32_t h2_code) {
    struct fixture *f = user;
    (void)stream;
    f->closed_count++;
    f->end = end;
    f->close_code = h2_code;
    note(f, "{closed %d %u}", (int)end, h2_code);
}

static void on_goaway(void *user, uint32_t h2_code, uint32_t last_stream_id) {
    struct fixture *f = user;
    note(f, "{goaway %u %u}", h2_code, last_stream_id);
    f->goaways++;
}

static void on_ping_ack(void *user, const uint8_t payload[8]) {
    struct fixture *f = user;
    assert_memory_equal(payload, "12345678", 8);
    f->pings++;
}

static const struct avs_h2_callbacks callbacks = {
    .on_settings = on_settings,
    .on_response_code = on_response_code,
    .on_header_line = on_header_line,
    .on_data = on_data,
    .on_read = on_read,
    .on_closed = on_closed,
    .on_goaway = on_goaway,
    .on_ping_ack = on_ping_ack,
};

#define FIELD(n, v) \
    { .name = (n), .value = (v), .name_length = sizeof(n) - 1, .value_length = sizeof(v) - 1 }
static const struct avs_h2_field fields[] = {
    FIELD(":method", "GET"),
    FIELD(":scheme", "https"),
    FIELD(":authority", "example.com"),
    FIELD(":path", "/"),
};

static enum avs_status open_stream(struct fixture *f, struct avs_h2_stream *stream,
                                   bool has_source) {
    struct avs_error error = AVS_ERROR_INIT;
    const struct avs_h2_request request = {
        .fields = fields, .field_count = AVS_COUNT(fields), .has_source = has_source};
    return avs_h2_submit(f->h2, &request, stream, &error);
}

static void begin(struct fixture *f, uint32_t window, bool has_source) {
    *f = (struct fixture){0};
    f->sent = calloc(1, SENT_BYTES_MAX);
    struct avs_error error = AVS_ERROR_INIT;
    const struct avs_h2_options options = {
        .callbacks = &callbacks, .user = f, .receive_window_bytes = window};
    assert_int_equal(avs_h2_new(&options, &f->h2, &error), AVS_OK);
    assert_int_equal(open_stream(f, &f->stream, has_source), AVS_OK);
    peer_settings(&f->script, NULL, 0);
}

static void end(struct fixture *f) {
    avs_h2_free(f->h2);
    peer_done(&f->script);
    free(f->sent);
}

static void send_out(struct fixture *f) {
    size_t length = 0;
    do {
        struct avs_error error = AVS_ERROR_INIT;
        if (avs_h2_pull(f->h2, f->sent + f->sent_length, SENT_BYTES_MAX - f->sent_length, &length,
                        &error) != AVS_OK) {
            return;
        }
        f->sent_length += length;
    } while (length > 0);
}

/* Give the client all that the script holds and take all that it sends. */
static enum avs_status run(struct fixture *f) {
    enum avs_status status = AVS_OK;
    send_out(f);
    while (f->fed < f->script.length && status == AVS_OK) {
        size_t left = f->script.length - f->fed;
        size_t part = f->step && f->step < left ? f->step : left;
        struct avs_error error = AVS_ERROR_INIT;
        status = avs_h2_feed(f->h2, f->script.bytes + f->fed, part, &error);
        f->fed += part;
        if (status != AVS_OK) {
            assert_true(error.message[0] != '\0');
        }
        send_out(f);
    }
    return status;
}

static const char *const plain_lines[] = {"content-type: text/plain", NULL};

static void gives_lines_as_libcurl_does(void **state) {
    (void)state;
    for (size_t step = 0; step < 2; step++) { /* at once, and one byte at a time */
        struct fixture f;
        begin(&f, 0, false);
        f.step = step;
        peer_headers(&f.script, 1, 103, plain_lines, false); /* interim: not reported */
        peer_headers(&f.script, 1, 200, plain_lines, false);
        peer_data(&f.script, 1, "hello", 5, true);
        assert_int_equal(run(&f), AVS_OK);
        assert_string_equal(f.diary, step == 0
                                         ? "<200>[HTTP/2 200 ][content-type: text/plain][](5 h)"
                                           "{closed 0 0}"
                                         : "<200>[HTTP/2 200 ][content-type: text/plain][](1 h)"
                                           "(1 e)(1 l)(1 l)(1 o){closed 0 0}");
        assert_int_equal(f.settings, 1);
        assert_null(f.stream.previous);
        end(&f);
    }
}

static void sends_preface_settings_and_request_in_one_pull(void **state) {
    (void)state;
    struct fixture f;
    begin(&f, 0, false);
    send_out(&f);
    assert_memory_equal(f.sent, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", PEER_PREFACE_BYTES);
    assert_int_equal(peer_count(f.sent, f.sent_length, FRAME_SETTINGS, 0), 1);
    assert_int_equal(peer_count(f.sent, f.sent_length, FRAME_HEADERS, 1), 1);
    end(&f);
}

static void paused_sink_gets_the_same_chunk_again(void **state) {
    (void)state;
    struct fixture f;
    begin(&f, 0, false);
    f.sink_pauses = 2;
    peer_headers(&f.script, 1, 200, NULL, false);
    peer_data(&f.script, 1, "aaaa", 4, false);
    peer_data(&f.script, 1, "bb", 2, false);
    peer_headers(&f.script, 1, 0, (const char *const[]){"x-sum: 6", NULL}, true);
    assert_int_equal(run(&f), AVS_OK);
    assert_string_equal(f.diary, "<200>[HTTP/2 200 ][](paused 4 a)");
    assert_int_equal(f.closed_count, 0); /* the answer is whole, but not delivered */
    avs_h2_resume_sink(f.h2, &f.stream);
    assert_string_equal(f.diary, "<200>[HTTP/2 200 ][](paused 4 a)(paused 4 a)");
    avs_h2_resume_sink(f.h2, &f.stream);
    assert_string_equal(f.diary, "<200>[HTTP/2 200 ][](paused 4 a)(paused 4 a)(4 a)(2 b)[x-sum: 6]"
                                 "{closed 0 0}");
    end(&f);
}

static void paused_sink_holds_one_window_and_stalls_no_other(void **state) {
    (void)state;
    struct fixture f;
    begin(&f, 65535, false);
    struct avs_h2_stream other = {0};
    assert_int_equal(open_stream(&f, &other, false), AVS_OK);
    f.sink_pauses = 1;
    peer_settings_ack(&f.script);
    peer_headers(&f.script, 1, 200, NULL, false);
    static uint8_t filler[16383];
    memset(filler, 'x', sizeof(filler));
    for (unsigned i = 0; i < 4; i++) {
        peer_data(&f.script, 1, filler, sizeof(filler), false);
    }
    assert_int_equal(run(&f), AVS_OK);
    assert_int_equal(f.stream.held.length, 4 * sizeof(filler));
    assert_int_equal(peer_count(f.sent, f.sent_length, FRAME_WINDOW_UPDATE, 1), 0);
    peer_headers(&f.script, 3, 200, NULL, false);
    peer_data(&f.script, 3, "other", 5, true);
    assert_int_equal(run(&f), AVS_OK);
    assert_int_equal(f.closed_count, 1);
    peer_data(&f.script, 1, filler, 4, false); /* one byte more than its window */
    run(&f);
    assert_int_equal(f.closed_count, 2);
    assert_int_equal(f.end, AVS_H2_MALFORMED);
    end(&f);
}

static void resumed_sink_returns_its_window(void **state) {
    (void)state;
    struct fixture f;
    begin(&f, 65535, false);
    f.sink_pauses = 1;
    peer_settings_ack(&f.script);
    peer_headers(&f.script, 1, 200, NULL, false);
    static uint8_t filler[16383];
    for (unsigned i = 0; i < 4; i++) {
        peer_data(&f.script, 1, filler, sizeof(filler), false);
    }
    assert_int_equal(run(&f), AVS_OK);
    avs_h2_resume_sink(f.h2, &f.stream);
    send_out(&f);
    assert_true(peer_count(f.sent, f.sent_length, FRAME_WINDOW_UPDATE, 1) > 0);
    assert_null(f.stream.held.data);
    end(&f);
}

static void each_callback_can_stop_its_stream(void **state) {
    (void)state;
    static const size_t flags[] = {offsetof(struct fixture, refuses_code),
                                   offsetof(struct fixture, refuses_line),
                                   offsetof(struct fixture, aborts_data)};
    for (size_t i = 0; i < AVS_COUNT(flags); i++) {
        struct fixture f;
        begin(&f, 0, false);
        *(bool *)((char *)&f + flags[i]) = true;
        peer_headers(&f.script, 1, 200, plain_lines, false);
        peer_data(&f.script, 1, "x", 1, true);
        run(&f);
        assert_int_equal(f.closed_count, 1);
        assert_int_equal(f.end, AVS_H2_ABORTED);
        assert_int_equal(peer_count(f.sent, f.sent_length, FRAME_RST_STREAM, 1), 1);
        end(&f);
    }
}

static void source_pauses_and_aborts(void **state) {
    (void)state;
    struct fixture f;
    begin(&f, 0, true);
    f.source_pauses = 1;
    f.source_left = 20000;
    run(&f);
    assert_int_equal(peer_count(f.sent, f.sent_length, FRAME_DATA, 1), 0);
    assert_false(f.stream.was_source_read);
    avs_h2_resume_source(f.h2, &f.stream);
    run(&f);
    assert_int_equal(peer_count(f.sent, f.sent_length, FRAME_DATA, 1), 2);
    peer_headers(&f.script, 1, 204, NULL, true);
    run(&f);
    assert_int_equal(f.end, AVS_H2_COMPLETE);
    end(&f);

    begin(&f, 0, true);
    f.aborts_source = true;
    run(&f);
    assert_int_equal(f.closed_count, 1);
    assert_int_equal(f.end, AVS_H2_ABORTED);
    assert_int_equal(peer_count(f.sent, f.sent_length, FRAME_RST_STREAM, 1), 1);
    end(&f);
}

static void an_error_answer_ends_the_upload(void **state) {
    (void)state;
    static const struct {
        int status;
        bool ends;
    } rows[] = {{200, false}, {299, false}, {300, true}, {399, true}, {403, true}, {503, true}};
    for (size_t i = 0; i < AVS_COUNT(rows); i++) {
        struct fixture f;
        begin(&f, 0, true);
        f.source_left = 1000000; /* more than the peer's window lets out */
        peer_headers(&f.script, 1, rows[i].status, NULL, true);
        run(&f);
        assert_int_equal(f.closed_count, rows[i].ends);
        assert_int_equal(peer_count(f.sent, f.sent_length, FRAME_RST_STREAM, 1), rows[i].ends);
        if (rows[i].ends) {
            assert_int_equal(f.end, AVS_H2_COMPLETE);
        }
        end(&f);
    }
}

/* Length of the nth HEADERS frame that was sent. */
static size_t headers_length(const struct fixture *f, unsigned nth) {
    size_t offset = PEER_PREFACE_BYTES;
    struct peer_seen frame;
    while (peer_next(f->sent, f->sent_length, &offset, &frame)) {
        if (frame.type == FRAME_HEADERS && nth-- == 0) {
            return frame.length;
        }
    }
    fail_msg("no such frame");
    return 0;
}

/* What HPACK keeps in its table is an index the next time; a secret is not kept, and comes whole.
 */
static void a_secret_is_not_kept_by_hpack(void **state) {
    (void)state;
    for (unsigned is_secret = 0; is_secret < 2; is_secret++) {
        struct fixture f;
        struct avs_h2_stream streams[2] = {{0}};
        struct avs_error error = AVS_ERROR_INIT;
        struct avs_h2_field with[] = {fields[0], fields[1], fields[2], fields[3],
                                      FIELD("cookie", "session=0123456789abcdef0123456789")};
        with[4].is_secret = is_secret;
        const struct avs_h2_request request = {.fields = with, .field_count = AVS_COUNT(with)};
        begin(&f, 0, false);
        for (size_t i = 0; i < 2; i++) {
            assert_int_equal(avs_h2_submit(f.h2, &request, &streams[i], &error), AVS_OK);
        }
        send_out(&f);
        size_t first = headers_length(&f, 1), second = headers_length(&f, 2);
        assert_true(is_secret ? second == first : second + 20 < first);
        end(&f);
    }
}

static void a_settings_frame_has_a_ceiling(void **state) {
    (void)state;
    uint32_t pairs[AVS_H2_SETTINGS_MAX + 1][2];
    for (uint32_t i = 0; i < AVS_COUNT(pairs); i++) {
        pairs[i][0] = 0x1000 + i; /* unknown ones are passed over */
        pairs[i][1] = i;
    }
    for (unsigned more = 0; more < 2; more++) {
        struct fixture f;
        begin(&f, 0, false);
        peer_settings(&f.script, (const uint32_t(*)[2])pairs, AVS_H2_SETTINGS_MAX + more);
        assert_int_equal(run(&f), more ? AVS_ERR_HTTP2 : AVS_OK);
        end(&f);
    }
}

static void cancel_before_it_was_sent_sends_nothing(void **state) {
    (void)state;
    struct fixture f;
    begin(&f, 0, false);
    avs_h2_cancel(f.h2, &f.stream, AVS_H2_CODE_CANCEL);
    memset(&f.stream, 0xee, sizeof(f.stream)); /* the engine must not look at it any more */
    run(&f);
    assert_int_equal(peer_count(f.sent, f.sent_length, FRAME_HEADERS, 0), 0);
    assert_int_equal(f.closed_count, 0);
    end(&f);
}

static void late_frames_of_a_cancelled_stream_are_dropped(void **state) {
    (void)state;
    struct fixture f;
    begin(&f, 0, true);
    f.source_left = 100000;
    run(&f);
    avs_h2_cancel(f.h2, &f.stream, AVS_H2_CODE_CANCEL);
    memset(&f.stream, 0xee, sizeof(f.stream));
    peer_headers(&f.script, 1, 200, plain_lines, false);
    peer_data(&f.script, 1, "late", 4, true);
    assert_int_equal(run(&f), AVS_OK);
    assert_string_equal(f.diary, "");
    assert_int_equal(peer_count(f.sent, f.sent_length, FRAME_RST_STREAM, 1), 1);
    end(&f);
}

static void goaway_refuses_what_is_above_it(void **state) {
    (void)state;
    struct fixture f;
    begin(&f, 0, false);
    struct avs_h2_stream second = {0};
    assert_int_equal(open_stream(&f, &second, false), AVS_OK);
    peer_goaway(&f.script, 1, 0);
    assert_int_equal(run(&f), AVS_OK);
    assert_string_equal(f.diary, "{goaway 0 1}{closed 1 7}");
    assert_true(avs_h2_is_closing(f.h2));
    struct avs_h2_stream third = {0};
    assert_int_equal(open_stream(&f, &third, false), AVS_ERR_HTTP2);
    peer_headers(&f.script, 1, 200, NULL, true);
    assert_int_equal(run(&f), AVS_OK);
    assert_int_equal(f.end, AVS_H2_COMPLETE);
    assert_true(avs_h2_is_over(f.h2));
    end(&f);
}

static void resets_are_told_apart(void **state) {
    (void)state;
    static const struct {
        uint32_t code;
        enum avs_h2_end end;
    } rows[] = {{0x7, AVS_H2_REFUSED}, {0x2, AVS_H2_RESET}, {0xd, AVS_H2_RESET}, {0, AVS_H2_RESET}};
    for (size_t i = 0; i < AVS_COUNT(rows); i++) {
        struct fixture f;
        begin(&f, 0, false);
        send_out(&f);
        peer_rst(&f.script, 1, rows[i].code);
        assert_int_equal(run(&f), AVS_OK);
        assert_int_equal(f.closed_count, 1);
        assert_int_equal(f.end, rows[i].end);
        assert_int_equal(f.close_code, rows[i].code);
        assert_int_equal(avs_h2_facts(f.h2)->rst_code, rows[i].code);
        end(&f);
    }
}

static void http1_text_is_no_http2(void **state) {
    (void)state;
    struct fixture f;
    begin(&f, 0, false);
    f.script.length = 0;
    static const char text[] = "HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n";
    peer_raw(&f.script, text, sizeof(text) - 1);
    assert_int_equal(run(&f), AVS_ERR_HTTP2);
    assert_true(avs_h2_facts(f.h2)->is_not_http2);
    assert_true(avs_h2_facts(f.h2)->protocol_error);
    assert_false(avs_h2_facts(f.h2)->settings_received);
    assert_true(avs_h2_facts(f.h2)->detail[0] != '\0');
    end(&f);
}

static void broken_frames_end_the_session(void **state) {
    (void)state;
    static uint8_t filler[20000];
    for (unsigned row = 0; row < 4; row++) {
        struct fixture f;
        begin(&f, 0, false);
        send_out(&f);
        switch (row) {
        case 0: /* larger than SETTINGS_MAX_FRAME_SIZE */
            peer_headers(&f.script, 1, 200, NULL, false);
            peer_data(&f.script, 1, filler, sizeof(filler), false);
            break;
        case 1: /* a promise we forbade */
            peer_settings_ack(&f.script);
            peer_frame(&f.script, FRAME_PUSH_PROMISE, FLAG_END_HEADERS, 1, "\0\0\0\2", 4, 4);
            break;
        case 2: /* a window past 2^31-1 */
            peer_window_update(&f.script, 0, 0x7fffffff);
            break;
        case 3: /* SETTINGS of 5 bytes */
            peer_frame(&f.script, FRAME_SETTINGS, 0, 0, filler, 5, 5);
            break;
        }
        assert_int_equal(run(&f), AVS_ERR_HTTP2);
        assert_true(avs_h2_facts(f.h2)->protocol_error);
        assert_int_equal(peer_count(f.sent, f.sent_length, FRAME_GOAWAY, 0), 1);
        assert_true(avs_h2_facts(f.h2)->protocol_error_code != 0);
        end(&f);
    }
}

static void header_blocks_have_a_ceiling(void **state) {
    (void)state;
    static char big[4200];
    memset(big, 'h', sizeof(big) - 1);
    memcpy(big, "x-big: ", 7);
    const char *many[AVS_H2_HEADER_COUNT + 2] = {NULL};
    for (unsigned row = 0; row < 2; row++) {
        struct fixture f;
        begin(&f, 0, false);
        for (size_t i = 0; i < AVS_H2_HEADER_COUNT + 1; i++) {
            many[i] = row == 0 ? "x: y" : i < 17 ? big : NULL;
        }
        peer_headers(&f.script, 1, 200, many, false);
        f.step = 1000;
        run(&f);
        assert_int_equal(f.closed_count, 1);
        assert_int_equal(f.end, AVS_H2_TOO_LARGE);
        end(&f);
    }
}

/* Frames that bring nothing, one a call. */
static void empty_data(struct peer_script *script, unsigned number) {
    (void)number;
    peer_data(script, 1, "", 0, false);
}

static void ping(struct peer_script *script, unsigned number) {
    (void)number;
    peer_ping(script, false, (const uint8_t *)"12345678");
}

static void settings(struct peer_script *script, unsigned number) {
    (void)number;
    peer_settings(script, NULL, 0);
}

static void goaway(struct peer_script *script, unsigned number) {
    peer_goaway(script, 1, number % 2); /* its code changes, but nothing with it */
}

static void altsvc(struct peer_script *script, unsigned number) {
    (void)number;
    peer_frame(script, 0xa, 0, 0, "\0\1ah2=\":1\"", 10, 10);
}

static void unknown(struct peer_script *script, unsigned number) {
    peer_frame(script, (uint8_t)(0xb + number % 0xf5), 0, 0, "?", 1, 1);
}

static void floods_are_cut_off(void **state) {
    (void)state;
    static const struct {
        void (*put)(struct peer_script *script, unsigned number);
        unsigned count;
    } rows[] = {
        {empty_data, AVS_H2_IDLE_FRAMES_MAX}, {ping, AVS_H2_QUEUED_ACKS_MAX},
        {settings, AVS_H2_QUEUED_ACKS_MAX},   {goaway, AVS_H2_IDLE_FRAMES_MAX},
        {altsvc, AVS_H2_IDLE_FRAMES_MAX},     {unknown, AVS_H2_IDLE_FRAMES_MAX},
    };
    for (size_t row = 0; row < AVS_COUNT(rows); row++) {
        struct fixture f;
        begin(&f, 0, false);
        peer_headers(&f.script, 1, 200, NULL, false);
        for (unsigned i = 0; i <= rows[row].count; i++) {
            rows[row].put(&f.script, i);
        }
        assert_int_equal(run(&f), AVS_ERR_HTTP2);
        assert_int_equal(avs_h2_facts(f.h2)->protocol_error_code, AVS_H2_CODE_ENHANCE_YOUR_CALM);
        assert_true(f.goaways <= AVS_H2_GOAWAYS_MAX);
        end(&f);
    }
}

static void unknown_frames_are_passed_over(void **state) {
    (void)state;
    struct fixture f;
    begin(&f, 0, false);
    peer_settings(&f.script, NULL, 0);
    for (unsigned i = 0; i < 300; i++) {
        unknown(&f.script, i);
    }
    altsvc(&f.script, 0);
    peer_headers(&f.script, 1, 200, NULL, false);
    unknown(&f.script, 0);
    peer_data(&f.script, 1, "x", 1, true);
    assert_int_equal(run(&f), AVS_OK);
    assert_string_equal(f.diary, "<200>[HTTP/2 200 ][](1 x){closed 0 0}");
    end(&f);
}

static void goaway_is_reported_when_it_says_something_new(void **state) {
    (void)state;
    struct fixture f;
    begin(&f, 0, false);
    send_out(&f);
    peer_goaway(&f.script, 0x7fffffff, 0);
    peer_goaway(&f.script, 0x7fffffff, 0);
    peer_goaway(&f.script, 1, 0);
    peer_goaway(&f.script, 1, 0);
    peer_goaway(&f.script, 1, 11);
    assert_int_equal(run(&f), AVS_OK);
    assert_string_equal(f.diary, "{goaway 0 2147483647}{goaway 0 1}{goaway 11 1}");
    end(&f);
}

static void a_status_has_three_digits_and_no_zero_in_front(void **state) {
    (void)state;
    static const int rows[] = {0, 7, 51, 99};
    for (size_t i = 0; i < AVS_COUNT(rows); i++) {
        struct fixture f;
        char line[16];
        begin(&f, 0, false);
        snprintf(line, sizeof(line), ":status: %03d", rows[i]);
        peer_headers(&f.script, 1, 0, (const char *const[]){line, NULL}, true);
        run(&f);
        assert_string_equal(f.diary, "{closed 4 1}"); /* malformed, PROTOCOL_ERROR */
        assert_int_equal(f.end, AVS_H2_MALFORMED);
        assert_int_equal(peer_count(f.sent, f.sent_length, FRAME_RST_STREAM, 1), 1);
        end(&f);
    }
    static const char *const texts[] = {":status: 20", ":status: 2000", ":status: 2x0",
                                        ":status: "};
    for (size_t i = 0; i < AVS_COUNT(texts); i++) {
        struct fixture f;
        begin(&f, 0, false);
        peer_headers(&f.script, 1, 0, (const char *const[]){texts[i], NULL}, true);
        run(&f);
        assert_int_equal(f.end, AVS_H2_MALFORMED);
        assert_null(strchr(f.diary, '<'));
        end(&f);
    }
}

static void interim_answers_have_the_ceiling_of_the_header(void **state) {
    (void)state;
    struct fixture f;
    begin(&f, 0, false);
    for (unsigned i = 0; i <= AVS_H2_HEADER_COUNT; i++) {
        peer_headers(&f.script, 1, 103, NULL, false);
    }
    run(&f);
    assert_int_equal(f.closed_count, 1);
    assert_int_equal(f.end, AVS_H2_TOO_LARGE);
    end(&f);
}

static void pings_go_both_ways(void **state) {
    (void)state;
    struct fixture f;
    begin(&f, 0, false);
    struct avs_error error = AVS_ERROR_INIT;
    assert_int_equal(avs_h2_ping(f.h2, (const uint8_t *)"12345678", &error), AVS_OK);
    peer_ping(&f.script, true, (const uint8_t *)"12345678");
    peer_ping(&f.script, false, (const uint8_t *)"abcdefgh");
    assert_int_equal(run(&f), AVS_OK);
    assert_int_equal(f.pings, 1);
    assert_int_equal(peer_count(f.sent, f.sent_length, FRAME_PING, 0), 2);
    end(&f);
}

static void limits_follow_the_settings(void **state) {
    (void)state;
    struct fixture f;
    begin(&f, 0, false);
    assert_true(avs_h2_can_open(f.h2));
    peer_settings(&f.script, (const uint32_t[][2]){{3, 1}}, 1);
    run(&f);
    assert_false(avs_h2_can_open(f.h2));
    assert_false(avs_h2_is_closing(f.h2));
    peer_settings(&f.script, (const uint32_t[][2]){{3, 2}}, 1);
    run(&f);
    assert_true(avs_h2_can_open(f.h2));
    assert_int_equal(f.settings, 3);
    end(&f);
}

static void a_small_buffer_gets_everything_in_turn(void **state) {
    (void)state;
    struct fixture whole, slow;
    begin(&whole, 0, true);
    begin(&slow, 0, true);
    whole.source_left = slow.source_left = 30000;
    run(&whole);
    size_t length = 0;
    struct avs_error error = AVS_ERROR_INIT;
    struct avs_h2 *h2 = slow.h2;
    bool is_fed = false;
    do {
        assert_int_equal(avs_h2_pull(h2, slow.sent + slow.sent_length, 7, &length, &error), AVS_OK);
        slow.sent_length += length;
        if (length == 0 && !is_fed) {
            is_fed = true;
            assert_int_equal(avs_h2_feed(h2, slow.script.bytes, slow.script.length, &error),
                             AVS_OK);
            length = 1;
        }
    } while (length > 0);
    assert_false(avs_h2_wants_write(h2));
    assert_int_equal(slow.sent_length, whole.sent_length);
    assert_memory_equal(slow.sent, whole.sent, whole.sent_length);
    end(&whole);
    end(&slow);
}

static void each_allocation_may_fail(void **state) {
    (void)state;
    unsigned runs = 0;
    struct peer_script script = {0};
    peer_settings(&script, NULL, 0);
    peer_settings_ack(&script);
    peer_headers(&script, 1, 200, plain_lines, false);
    peer_data(&script, 1, "aaaa", 4, false);
    peer_data(&script, 1, "bb", 2, true);
    TEST_EACH_ALLOCATION(nth, 500) {
        struct fixture f = {.sink_pauses = 1, .source_left = 100};
        static uint8_t sent[SENT_BYTES_MAX];
        struct avs_error error = AVS_ERROR_INIT;
        const struct avs_h2_options options = {.callbacks = &callbacks, .user = &f};
        enum avs_status status = avs_h2_new(&options, &f.h2, &error);
        if (status != AVS_OK) {
            assert_int_equal(status, AVS_ERR_NO_MEMORY);
            assert_null(f.h2);
            runs++;
            continue;
        }
        status = open_stream(&f, &f.stream, true);
        bool is_open = status == AVS_OK;
        size_t length = 0;
        for (unsigned turn = 0; status == AVS_OK && turn < 3; turn++) {
            do {
                status = avs_h2_pull(f.h2, sent, sizeof(sent), &length, &error);
            } while (status == AVS_OK && length > 0);
            if (status == AVS_OK && turn == 0) {
                status = avs_h2_feed(f.h2, script.bytes, script.length, &error);
            } else if (status == AVS_OK && f.closed_count == 0) {
                avs_h2_resume_sink(f.h2, &f.stream);
            }
        }
        assert_true(f.closed_count <= (is_open ? 1 : 0));
        if (status == AVS_OK) { /* then it must have ended, well or with the reason */
            assert_int_equal(f.closed_count, 1);
            assert_true(f.end == AVS_H2_COMPLETE || f.end == AVS_H2_NO_MEMORY);
        } else {
            assert_int_equal(status, AVS_ERR_NO_MEMORY);
        }
        avs_h2_free(f.h2);
        runs++;
    }
    assert_true(runs > 15); /* nghttp2's own allocations were reached */
    peer_done(&script);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gives_lines_as_libcurl_does),
        cmocka_unit_test(sends_preface_settings_and_request_in_one_pull),
        cmocka_unit_test(paused_sink_gets_the_same_chunk_again),
        cmocka_unit_test(paused_sink_holds_one_window_and_stalls_no_other),
        cmocka_unit_test(resumed_sink_returns_its_window),
        cmocka_unit_test(each_callback_can_stop_its_stream),
        cmocka_unit_test(source_pauses_and_aborts),
        cmocka_unit_test(an_error_answer_ends_the_upload),
        cmocka_unit_test(a_secret_is_not_kept_by_hpack),
        cmocka_unit_test(a_settings_frame_has_a_ceiling),
        cmocka_unit_test(cancel_before_it_was_sent_sends_nothing),
        cmocka_unit_test(late_frames_of_a_cancelled_stream_are_dropped),
        cmocka_unit_test(goaway_refuses_what_is_above_it),
        cmocka_unit_test(resets_are_told_apart),
        cmocka_unit_test(http1_text_is_no_http2),
        cmocka_unit_test(broken_frames_end_the_session),
        cmocka_unit_test(header_blocks_have_a_ceiling),
        cmocka_unit_test(floods_are_cut_off),
        cmocka_unit_test(unknown_frames_are_passed_over),
        cmocka_unit_test(goaway_is_reported_when_it_says_something_new),
        cmocka_unit_test(a_status_has_three_digits_and_no_zero_in_front),
        cmocka_unit_test(interim_answers_have_the_ceiling_of_the_header),
        cmocka_unit_test(pings_go_both_ways),
        cmocka_unit_test(limits_follow_the_settings),
        cmocka_unit_test(a_small_buffer_gets_everything_in_turn),
        cmocka_unit_test(each_allocation_may_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
