/* SPDX-License-Identifier: Apache-2.0 */
/* The quirk table, row by row: what came back, and the name it gets. A name never costs a verified
 * TLS result its pass. */
#include "verdict/http_quirks.h"

#include "base/flow.h"
#include "base/text.h"
#include "support/evidence_made.h"
#include "support/test.h"

/* An HTTP/1.1 session after a verified handshake. */
struct http1_row {
    const char *name, *quirk;
    const char *first; /* bytes of the answer */
    size_t first_length;
    enum avs_close_kind close;
    bool no_alpn, head, is_complete, bad_head, bad_chunk, phrase;
    int status;
    bool is_plain;
};

#define BYTES(text) .first = (text), .first_length = sizeof(text) - 1
#define ANSWER(code) \
    BYTES("HTTP/1.1 " #code " x\r\n"), .status = (code), .head = true, .is_complete = true
#define SETTINGS     "\x00\x00\x12\x04\x00\x00\x00\x00\x00"
#define GOAWAY_FRAME "\x00\x00\x08\x07\x00\x00\x00\x00\x00"

static const struct http1_row http1_rows[] = {
    {"h2-only, lenient: close_notify", "h2_only_close", .close = AVS_CLOSE_CLOSE_NOTIFY,
     .no_alpn = true},
    {"h2-only, lenient: bare end", "h2_only_close", .close = AVS_CLOSE_EOF, .no_alpn = true},
    {"h2-only, lenient: an alert", "h2_only_close", .close = AVS_CLOSE_ALERT, .no_alpn = true},
    {"SETTINGS", "h2_frames", BYTES(SETTINGS "\x00\x03")},
    {"GOAWAY", "h2_frames", BYTES(GOAWAY_FRAME)},
    {"SETTINGS on a stream is none", "garbage", BYTES("\x00\x00\x12\x04\x00\x00\x00\x00\x01")},
    {"eight bytes are no frame head", "garbage", BYTES("\x00\x00\x12\x04\x00\x00\x00\x00")},
    {"raw text", "http09_body", BYTES("hello")},
    {"the phrase as raw text", "http09_body", BYTES(AVS_ATS_PHRASE), .phrase = true},
    {"text cut inside a character", "http09_body", BYTES("caf\xc3")},
    {"text that is no UTF-8", "garbage", BYTES("\xff\xfe\xfd\xfc text")},
    {"a TLS record", "garbage", BYTES("\x15\x03\x03\x00\x02\x02\x28")},
    {"NUL bytes", "garbage", BYTES("\0\0\0")},
    {"a control byte", "garbage", BYTES("ok\x1b[0m")},
    {"cut in the first word", "truncated_head", BYTES("HTTP")},
    {"another first word", "http09_body", BYTES("HTML")},
    {"clean close", "empty_reply", .close = AVS_CLOSE_CLOSE_NOTIFY},
    {"alert", "empty_reply", .close = AVS_CLOSE_ALERT},
    {"end without close_notify", "no_close_notify", .close = AVS_CLOSE_EOF},
    {"reset", "reset_after_tls", .close = AVS_CLOSE_RESET},
    {"nothing at all", "silent", .close = AVS_CLOSE_OPEN},
    {"200 with the phrase", "", ANSWER(200), .phrase = true, .is_plain = true},
    {"200", "unexpected_body", ANSWER(200), .is_plain = true},
    {"204", "unexpected_body", ANSWER(204), .is_plain = true},
    {"HTTP/1.0 200", "unexpected_body", BYTES("HTTP/1.0 200 OK\r\n"), .status = 200, .head = true,
     .is_complete = true, .close = AVS_CLOSE_EOF, .is_plain = true},
    {"201", "http_201", ANSWER(201)},
    {"300", "redirect", ANSWER(300)},
    {"301", "redirect", ANSWER(301)},
    {"399", "redirect", ANSWER(399)},
    {"400", "http_400", ANSWER(400)},
    {"403", "http_403", ANSWER(403)},
    {"404", "http_404", ANSWER(404)},
    {"405", "http_405", ANSWER(405)},
    {"421", "http_421", ANSWER(421)},
    {"426", "http_426", ANSWER(426)},
    {"464", "http_464", ANSWER(464)},
    {"500", "http_500", ANSWER(500)},
    {"505", "http_505", ANSWER(505)},
    {"short body", "truncated", BYTES("HTTP/1.1 200 OK\r\n"), .status = 200, .head = true},
    {"HTTP/2.0 in text", "lying_version", BYTES("HTTP/2.0 200 OK\r\n"), .head = true,
     .is_complete = true},
    {"HTTP/2 in text", "lying_version", BYTES("HTTP/2 200\r\n"), .head = true, .is_complete = true},
    {"HTTP/1.2", "bad_version", BYTES("HTTP/1.2 200 OK\r\n"), .head = true, .status = 200},
    {"HTTP/3.0", "bad_version", BYTES("HTTP/3.0 200 OK\r\n"), .head = true, .status = 200},
    {"no status", "bad_version", BYTES("HTTP/1.1\r\n\r\n"), .head = true},
    {"a word for a status", "bad_version", BYTES("HTTP/1.1 abc OK\r\n"), .head = true},
    {"four digits", "bad_version", BYTES("HTTP/1.1 2000 OK\r\n"), .head = true, .status = 200},
    {"status 000", "bad_version", BYTES("HTTP/1.1 000 OK\r\n"), .head = true, .is_complete = true},
    {"status 099", "bad_version", BYTES("HTTP/1.1 099 OK\r\n"), .head = true, .is_complete = true,
     .status = 99},
    {"no reason phrase", "unexpected_body", BYTES("HTTP/1.1 200\r\n\r\n"), .head = true,
     .is_complete = true, .status = 200, .is_plain = true},
    {"malformed header", "weird", BYTES("HTTP/1.1 200 OK\r\n"), .status = 200, .head = true,
     .is_complete = true, .bad_head = true},
    {"cut in the head", "truncated_head", BYTES("HTTP/1.1 200 OK\r\nContent-"), .status = 200,
     .close = AVS_CLOSE_EOF},
    {"cut in the status line", "truncated_head", BYTES("HTTP/1."), .close = AVS_CLOSE_EOF},
    {"bad chunk", "bad_chunk", BYTES("HTTP/1.1 200 OK\r\n"), .status = 200, .head = true,
     .bad_chunk = true},
};

static void every_http1_row_has_its_name_and_passes(void **state) {
    (void)state;
    for (size_t i = 0; i < AVS_COUNT(http1_rows); i++) {
        const struct http1_row *row = &http1_rows[i];
        struct avs_evidence *evidence = evidence_ready();
        struct avs_session_evidence *session = &evidence->session[AVS_PROTOCOL_HTTP1];
        AVS_TEXT_SET(session->tls.alpn, row->no_alpn ? "" : "http/1.1");
        session->http = (struct avs_http_facts){.request_sent = true,
                                                .close = row->close,
                                                .head_complete = row->head,
                                                .is_complete = row->is_complete,
                                                .bad_head = row->bad_head,
                                                .bad_chunk = row->bad_chunk,
                                                .ats_message = row->phrase,
                                                .status = row->status,
                                                .first_length = row->first_length,
                                                .bytes_received = row->first_length};
        if (row->first_length > 0) {
            memcpy(session->http.first, row->first, row->first_length);
        }
        struct avs_verdict verdict;
        avs_judge(evidence, &verdict);
        const struct avs_session_verdict *got = &verdict.session[AVS_PROTOCOL_HTTP1];
        if (strcmp(got->quirk, row->quirk) != 0) {
            fail_msg("%s: '%s'", row->name, got->quirk);
        }
        assert_int_equal(got->outcome,
                         row->is_plain ? AVS_SESSION_PASS : AVS_SESSION_PASS_WITH_QUIRK);
        assert_true(got->tls_proven);
        assert_int_equal(verdict.exit_code, 0);
        if (row->quirk[0]) {
            assert_true(avs_quirk_meaning(row->quirk)[0] != '\0');
        }
        avs_evidence_free(evidence);
    }
}

static void h2_only_close_needs_a_second_witness(void **state) {
    (void)state;
    struct avs_evidence *evidence = evidence_ready();
    struct avs_session_evidence *session = &evidence->session[AVS_PROTOCOL_HTTP1];
    session->tls.alpn[0] = '\0';
    session->http = (struct avs_http_facts){.close = AVS_CLOSE_CLOSE_NOTIFY};
    assert_string_equal(avs_http1_read(session, true).quirk, "h2_only_close");
    assert_string_equal(avs_http1_read(session, false).quirk, "empty_reply");
    session->http.close = AVS_CLOSE_EOF;
    assert_string_equal(avs_http1_read(session, false).quirk, "no_close_notify");
    avs_evidence_free(evidence);
}

static void every_length_of_an_answer_has_a_name(void **state) {
    (void)state;
    static const char answer[] = "HTTP/1.1 200 OK\r\nDate: x\r\n\r\n";
    struct avs_evidence *evidence = evidence_ready();
    struct avs_session_evidence *session = &evidence->session[AVS_PROTOCOL_HTTP1];
    for (size_t length = 1; length < sizeof(answer) - 1; length++) {
        session->http = (struct avs_http_facts){
            .close = AVS_CLOSE_EOF, .first_length = length, .status = length > 11 ? 200 : 0};
        memcpy(session->http.first, answer, length);
        struct avs_http_reading reading = avs_http1_read(session, true);
        if (strcmp(reading.quirk, "truncated_head") != 0) {
            fail_msg("%zu bytes: '%s'", length, reading.quirk);
        }
    }
    avs_evidence_free(evidence);
}

#define TEXT  .first = "HTTP/1.1 400", .first_length = 12, .bytes_received = 12
#define FRAME .first = {0, 0, 0, 4}, .first_length = 9, .bytes_received = 9

static const struct {
    const char *name, *quirk;
    struct avs_http_facts http;
    enum avs_cause cause; /* NONE: an answer */
} h2_rows[] = {
    {"the message", "", {.is_complete = true, .status = 200, .ats_message = true}, 0},
    {"200", "unexpected_body", {.is_complete = true, .status = 200}, 0},
    {"204", "unexpected_body", {.is_complete = true, .status = 204}, 0},
    {"302", "redirect", {.is_complete = true, .status = 302}, 0},
    {"403", "http_403", {.is_complete = true, .status = 403}, 0},
    {"503", "http_503", {.is_complete = true, .status = 503}, 0},
    {"GOAWAY after a complete answer",
     "unexpected_body",
     {.goaway_received = true, .is_complete = true, .status = 200},
     0},
    {"end in the body", "truncated", {.close = AVS_CLOSE_OPEN, .status = 200}, 0},
    {"reset in the body", "h2_stream", {.rst_received = true, .rst_code = 2, .status = 200}, 0},
    {"silence in the body", "truncated", {.has_timed_out = true, .status = 200}, 0},
    {"closed in the body", "h2_stream", {.close = AVS_CLOSE_EOF, .status = 200}, 0},
    {"RST_STREAM HTTP_1_1_REQUIRED",
     "downgraded",
     {.rst_received = true, .rst_code = 13},
     AVS_CAUSE_HTTP2_MISSING},
    {"GOAWAY 13",
     "goaway_13",
     {.goaway_received = true, .goaway_code = 13},
     AVS_CAUSE_HTTP2_MISSING},
    {"GOAWAY 0", "goaway_0", {.goaway_received = true}, AVS_CAUSE_HTTP2_ERROR},
    {"GOAWAY 1", "goaway_1", {.goaway_received = true, .goaway_code = 1}, AVS_CAUSE_HTTP2_ERROR},
    {"RST_STREAM INTERNAL_ERROR",
     "h2_stream",
     {.rst_received = true, .rst_code = 2},
     AVS_CAUSE_HTTP2_ERROR},
    {"RST_STREAM REFUSED_STREAM",
     "h2_stream",
     {.rst_received = true, .rst_code = 7},
     AVS_CAUSE_STREAM_REFUSED},
    {"end", "h2_stream", {.close = AVS_CLOSE_EOF}, AVS_CAUSE_CONNECTION_LOST},
    {"goodbye", "h2_stream", {FRAME, .close = AVS_CLOSE_CLOSE_NOTIFY}, AVS_CAUSE_CONNECTION_LOST},
    {"reset before a byte",
     "reset_after_tls",
     {.close = AVS_CLOSE_RESET},
     AVS_CAUSE_CONNECTION_LOST},
    {"HTTP/1.1 text over h2", "h2_stream", {.protocol_error = true, TEXT}, AVS_CAUSE_HTTP2_MISSING},
    {"a bad frame", "h2_stream", {.protocol_error = true, FRAME}, AVS_CAUSE_HTTP2_ERROR},
    {"silence", "silent", {.has_timed_out = true}, AVS_CAUSE_RESPONSE_TIMEOUT},
    {"silence after SETTINGS",
     "no_answer",
     {.has_timed_out = true, .settings_received = true, FRAME},
     AVS_CAUSE_RESPONSE_TIMEOUT},
    {"frames that bring nothing",
     "flood",
     {.protocol_error = true, .is_flood = true, FRAME},
     AVS_CAUSE_HTTP2_ERROR},
    {"more than we take",
     "flood",
     {.settings_received = true,
      .is_flood = true,
      .first = {0, 0, 0, 4},
      .first_length = 9,
      .bytes_received = 1 << 20},
     AVS_CAUSE_HTTP2_ERROR},
};

/* The guide excuses oddities of HTTP/1.x; over HTTP/2 there is an answer, or the device is not
 * ready. The secure connection stands either way. */
static void only_an_http2_answer_is_ready(void **state) {
    (void)state;
    for (size_t i = 0; i < AVS_COUNT(h2_rows); i++) {
        struct avs_evidence *evidence = evidence_ready();
        evidence->session[AVS_PROTOCOL_H2].http = h2_rows[i].http;
        struct avs_verdict verdict;
        avs_judge(evidence, &verdict);
        const struct avs_session_verdict *got = &verdict.session[AVS_PROTOCOL_H2];
        if (strcmp(got->quirk, h2_rows[i].quirk) != 0 || verdict.cause != h2_rows[i].cause) {
            fail_msg("%s: '%s', %s", h2_rows[i].name, got->quirk,
                     avs_cause_info(verdict.cause)->id);
        }
        assert_int_equal(avs_h2_cause(&h2_rows[i].http), h2_rows[i].cause);
        bool is_answer = h2_rows[i].cause == AVS_CAUSE_NONE;
        assert_int_equal(verdict.exit_code, is_answer ? 0 : 1);
        assert_int_equal(got->outcome == AVS_SESSION_FAIL, !is_answer);
        assert_true(verdict.tls_proven && got->tls_proven);
        assert_true(!got->quirk[0] || avs_quirk_meaning(got->quirk)[0]);
        avs_evidence_free(evidence);
    }
}

static void an_unknown_quirk_means_nothing(void **state) {
    (void)state;
    assert_string_equal(avs_quirk_meaning(""), "");
    assert_string_equal(avs_quirk_meaning("no_such_quirk"), "");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_http1_row_has_its_name_and_passes),
        cmocka_unit_test(h2_only_close_needs_a_second_witness),
        cmocka_unit_test(every_length_of_an_answer_has_a_name),
        cmocka_unit_test(only_an_http2_answer_is_ready),
        cmocka_unit_test(an_unknown_quirk_means_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
