/* SPDX-License-Identifier: Apache-2.0 */
/* The quirk table. An HTTP/1.x answer is named by its first bytes, by how the connection ended and
 * by its framing, never by libcurl's code: that code differs between libcurl and OpenSSL releases
 * for the very same bytes. */
#include "verdict/http_quirks.h"

#include <stdio.h>
#include <string.h>

#include "base/flow.h"
#include "base/text.h"

#define H2_FRAME_HEAD_BYTES  9
#define H2_SETTINGS          4
#define H2_GOAWAY            7
#define H2_REFUSED_STREAM    0x7
#define H2_HTTP_1_1_REQUIRED 0xd
#define STATUS_LINE_VERSION  8 /* "HTTP/1.1" */

static const struct {
    const char *id, *meaning;
} meanings[] = {
    {"alpn_h2_only", "the server speaks HTTP/2 only and refuses a client that offers HTTP/1.1; a "
                     "handshake without ALPN was verified"},
    {"alpn_neither", "the server refuses both HTTP/2 and HTTP/1.1 by name (ALPN); a handshake "
                     "without ALPN was verified"},
    {"h2_only_close", "the server speaks HTTP/2 only and closes an HTTP/1.1 connection"},
    {"h2_frames", "the server answers HTTP/1.1 with HTTP/2 frames"},
    {"http09_body", "the server sends a bare text without a status line"},
    {"garbage", "the server sends bytes that are no HTTP"},
    {"empty_reply", "the server closes without a word"},
    {"no_close_notify", "the server cuts the connection without a word and without close_notify"},
    {"truncated", "the answer ends before its announced length"},
    {"reset_after_tls", "the server resets the connection after the handshake"},
    {"silent", "the server says nothing after the handshake"},
    {"no_answer", "the server speaks HTTP/2 and does not answer the request"},
    {"flood", "the server sends without end, and no answer among it"},
    {"unexpected_body", "a good answer without the ATS message"},
    {"redirect", "the server redirects; the redirect was not followed"},
    {"lying_version", "the server claims HTTP/2 in an HTTP/1.x status line"},
    {"bad_version", "the status line has an unknown HTTP version or no status"},
    {"weird", "the answer's head is malformed"},
    {"truncated_head", "the connection ends inside the answer's head"},
    {"bad_chunk", "the answer's chunked encoding is broken"},
    {"downgraded", "the server asks for HTTP/1.1 instead of HTTP/2 (HTTP_1_1_REQUIRED)"},
    {"h2_stream", "the HTTP/2 stream or session ended before the answer"},
    {"no_h2", "the server did not agree to HTTP/2"},
};

const char *avs_quirk_meaning(const char *quirk) {
    for (size_t i = 0; i < AVS_COUNT(meanings); i++) {
        if (strcmp(meanings[i].id, quirk) == 0) {
            return meanings[i].meaning;
        }
    }
    if (strncmp(quirk, "http_", 5) == 0) {
        return "the server answers with another status than 200";
    }
    if (strncmp(quirk, "goaway_", 7) == 0) {
        return "the server ends the HTTP/2 session (GOAWAY) before it answers";
    }
    return "";
}

static struct avs_http_reading quirk(const char *id) {
    struct avs_http_reading reading = {.http_class = "quirk"};
    AVS_TEXT_SET(reading.quirk, id);
    return reading;
}

static struct avs_http_reading quirk_number(const char *prefix, unsigned number) {
    struct avs_http_reading reading = {.http_class = "quirk"};
    avs_text_format(reading.quirk, sizeof(reading.quirk), "%s_%u", prefix, number);
    return reading;
}

/* A complete answer with a status. */
static struct avs_http_reading read_status(const struct avs_http_facts *http) {
    if (http->status == 200 || http->status == 204) {
        struct avs_http_reading reading = {
            .http_class = http->ats_message ? "ats_message" : "response", .is_plain_pass = true};
        AVS_TEXT_SET(reading.quirk, http->ats_message ? "" : "unexpected_body");
        return reading;
    }
    if (http->status >= 300 && http->status < 400) {
        return quirk("redirect");
    }
    return quirk_number("http", (unsigned)http->status);
}

/* No byte came: how it ended is all there is. */
static struct avs_http_reading read_nothing(const struct avs_session_evidence *session,
                                            bool h2_works) {
    const struct avs_http_facts *http = &session->http;
    bool refused_alpn = session->tls.alpn[0] == '\0' && session->tls.alpn_offered[0] != '\0';
    switch (http->close) {
    case AVS_CLOSE_OPEN:
        return quirk("silent");
    case AVS_CLOSE_RESET:
        return quirk("reset_after_tls");
    case AVS_CLOSE_EOF:
        return quirk(refused_alpn && h2_works ? "h2_only_close" : "no_close_notify");
    case AVS_CLOSE_CLOSE_NOTIFY:
    case AVS_CLOSE_ALERT:
        return quirk(refused_alpn && h2_works ? "h2_only_close" : "empty_reply");
    case AVS_CLOSE_COUNT:
        break;
    }
    return quirk("empty_reply");
}

/* SETTINGS or GOAWAY on stream 0, the frames a server opens with (RFC 9113 section 4.1). */
static bool is_h2_frame(const struct avs_http_facts *http) {
    static const uint8_t stream_zero[4] = {0};
    return http->first_length >= H2_FRAME_HEAD_BYTES && http->first[0] == 0 &&
           (http->first[3] == H2_SETTINGS || http->first[3] == H2_GOAWAY) &&
           memcmp(http->first + 5, stream_zero, sizeof(stream_zero)) == 0;
}

static bool is_text(const struct avs_http_facts *http) {
    for (size_t i = 0; i < http->first_length; i++) {
        uint8_t c = http->first[i];
        if (c < 0x20 && c != '\t' && c != '\r' && c != '\n') {
            return false;
        }
        if (c == 0x7f) {
            return false;
        }
    }
    char copy[AVS_FIRST_BYTES + 1];
    avs_text_copy_bytes(copy, sizeof(copy), http->first, http->first_length);
    char clean[AVS_FIRST_BYTES + 1];
    avs_text_copy(clean, sizeof(clean), copy);
    avs_text_make_utf8(clean);
    /* a sequence cut at the end is still text */
    return memcmp(copy, clean, http->first_length > 3 ? http->first_length - 3 : 0) == 0;
}

/* 100 to 999, and no digit more (RFC 9110 section 15). */
static bool is_status(const char *text) {
    if (text[0] < '1' || text[0] > '9') {
        return false;
    }
    for (int i = 1; i < 3; i++) {
        if (text[i] < '0' || text[i] > '9') {
            return false;
        }
    }
    return strchr(" \r\n", text[3]) != NULL; /* the end of what is known will do */
}

/* The status line, RFC 9112 section 4, as far as the first bytes show it. "" = a good one. */
static const char *status_line_quirk(const struct avs_http_facts *http) {
    char line[AVS_FIRST_BYTES + 1];
    avs_text_copy_bytes(line, sizeof(line), http->first, http->first_length);
    bool is_good_version = strncmp(line, "HTTP/1.1 ", 9) == 0 || strncmp(line, "HTTP/1.0 ", 9) == 0;
    if (is_good_version && is_status(line + STATUS_LINE_VERSION + 1)) {
        return "";
    }
    if (strncmp(line, "HTTP/2 ", 7) == 0 || strncmp(line, "HTTP/2.0 ", 9) == 0) {
        return "lying_version";
    }
    if (http->first_length < STATUS_LINE_VERSION + 4 && strpbrk(line, "\r\n") == NULL) {
        return "truncated_head";
    }
    return "bad_version";
}

struct avs_http_reading avs_http1_read(const struct avs_session_evidence *session, bool h2_works) {
    const struct avs_http_facts *http = &session->http;
    if (http->first_length == 0) {
        return read_nothing(session, h2_works);
    }
    if (is_h2_frame(http)) {
        return quirk("h2_frames");
    }
    static const char start[] = "HTTP/";
    size_t known = http->first_length < strlen(start) ? http->first_length : strlen(start);
    if (memcmp(http->first, start, known) != 0) {
        return quirk(is_text(http) ? "http09_body" : "garbage");
    }
    const char *status_line = status_line_quirk(http);
    if (status_line[0]) {
        return quirk(status_line);
    }
    if (http->bad_head) {
        return quirk("weird");
    }
    if (!http->head_complete) {
        return quirk("truncated_head");
    }
    if (http->bad_chunk) {
        return quirk("bad_chunk");
    }
    if (!http->is_complete) {
        return quirk("truncated");
    }
    return read_status(http);
}

bool avs_h2_wants_http1(const struct avs_http_facts *http) {
    return (http->rst_received && http->rst_code == H2_HTTP_1_1_REQUIRED) ||
           (http->goaway_received && http->goaway_code == H2_HTTP_1_1_REQUIRED);
}

/* RFC 9113 section 3.4: the first frame of a server is SETTINGS. */
static bool is_other_protocol(const struct avs_http_facts *http) {
    return http->first_length > 3 && http->first[3] != H2_SETTINGS;
}

enum avs_cause avs_h2_cause(const struct avs_http_facts *http) {
    if (http->status > 0) {
        return AVS_CAUSE_NONE;
    }
    if (avs_h2_wants_http1(http) || is_other_protocol(http)) {
        return AVS_CAUSE_HTTP2_MISSING;
    }
    if (http->rst_received && http->rst_code == H2_REFUSED_STREAM && !http->protocol_error) {
        return AVS_CAUSE_STREAM_REFUSED;
    }
    if (http->rst_received || http->goaway_received || http->protocol_error || http->is_flood) {
        return AVS_CAUSE_HTTP2_ERROR;
    }
    return http->close == AVS_CLOSE_OPEN ? AVS_CAUSE_RESPONSE_TIMEOUT : AVS_CAUSE_CONNECTION_LOST;
}

struct avs_http_reading avs_h2_read(const struct avs_session_evidence *session) {
    const struct avs_http_facts *http = &session->http;
    if (http->rst_received && avs_h2_wants_http1(http)) {
        return quirk("downgraded");
    }
    if (http->is_complete && http->status > 0) {
        return read_status(http);
    }
    if (http->status > 0) {
        return quirk(http->close == AVS_CLOSE_OPEN && !http->rst_received && !http->protocol_error
                         ? "truncated"
                         : "h2_stream");
    }
    if (http->goaway_received) {
        return quirk_number("goaway", http->goaway_code);
    }
    if (http->is_flood) {
        return quirk("flood");
    }
    if (http->rst_received || http->protocol_error) {
        return quirk("h2_stream");
    }
    if (http->bytes_received == 0 && http->close == AVS_CLOSE_RESET) {
        return quirk("reset_after_tls");
    }
    if (http->close == AVS_CLOSE_OPEN) {
        return quirk(http->bytes_received > 0 ? "no_answer" : "silent");
    }
    return quirk("h2_stream");
}
