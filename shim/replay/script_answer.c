/* SPDX-License-Identifier: Apache-2.0 */
/* What the server said after the handshake. The evidence has the first bytes and what they add up
 * to: a short answer is played byte for byte, a longer one is put together again. */
#include "script.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "standin/answer.h" /* the struct alone */

enum {
    ENDLESS_BYTES = 256 * 1024, /* no answer of a healthy server is as long */
    SHORT_BY = 500,
    HEAD_BYTES_MAX = 2048,
    CLOCK_S_MAX = 40 * 365 * 86400,
    DATE_TEXT_BYTES = 40,
};

static const char phrase[] = AVS_ATS_PHRASE;

/* A text that grows in a buffer that is large enough for all that is added. */
struct text {
    char *at;
    size_t length;
};

static void add(struct text *text, const void *bytes, size_t length) {
    memcpy(text->at + text->length, bytes, length);
    text->length += length;
}

static void add_text(struct text *text, const char *string) {
    add(text, string, strlen(string));
}

static enum ending ending_of(enum avs_close_kind close) {
    switch (close) {
    case AVS_CLOSE_CLOSE_NOTIFY:
    case AVS_CLOSE_ALERT:
        return END_CLOSE_NOTIFY;
    case AVS_CLOSE_EOF:
        return END_RAGGED;
    case AVS_CLOSE_RESET:
        return END_RESET;
    case AVS_CLOSE_OPEN:
    case AVS_CLOSE_COUNT:
        break;
    }
    return END_KEEP;
}

/* How far the server's clock is ahead of the client's. */
static int clock_of(const struct avs_http_facts *http, int64_t wall_clock) {
    struct tm utc = {0};
    int64_t ahead = 0;
    if (!http->http_date[0] || !strptime(http->http_date, "%a, %d %b %Y %H:%M:%S GMT", &utc) ||
        __builtin_sub_overflow((int64_t)timegm(&utc), wall_clock, &ahead) || ahead < -CLOCK_S_MAX ||
        ahead > CLOCK_S_MAX) {
        return 0;
    }
    return (int)ahead;
}

/* ---- HTTP/1.x ---- */

static bool is_framing(const char *line, size_t length) {
    static const char *const fields[] = {
        "content-length:", "transfer-encoding:", "date:", "connection:", "location:"};
    for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
        if (length >= strlen(fields[i]) && strncasecmp(line, fields[i], strlen(fields[i])) == 0) {
            return true;
        }
    }
    return false;
}

/* The whole lines of the head, but for those that are said anew. The status line of an interim
 * answer is followed by one with the status that came in the end. */
static void add_known_lines(struct text *text, const struct avs_http_facts *http) {
    const char *from = (const char *)http->first;
    const char *end = from + http->first_length;
    bool is_first = true;
    while (from < end) {
        const char *newline = memchr(from, '\n', (size_t)(end - from));
        size_t length = newline ? (size_t)(newline + 1 - from) : (size_t)(end - from);
        bool is_empty = newline && length <= 2;
        if ((!newline && !is_first) || is_empty) {
            break;
        }
        if (is_first || !is_framing(from, length)) {
            add(text, from, length);
            add_text(text, newline ? "" : "\r\n");
        }
        bool is_interim = is_first && length > 9 && from[9] == '1' && http->status >= 200;
        if (is_interim) {
            char line[64];
            snprintf(line, sizeof(line), "\r\nHTTP/1.1 %d Stand-in\r\n", http->status);
            add_text(text, line);
            break;
        }
        is_first = false;
        from += length;
    }
}

static void add_field(struct text *text, const char *name, const char *value) {
    if (value[0]) {
        char line[HEAD_BYTES_MAX / 4];
        snprintf(line, sizeof(line), "%s: %s\r\n", name, value);
        add_text(text, line);
    }
}

static void add_head(struct text *text, const struct avs_http_facts *http, size_t body_length,
                     int64_t date_s) {
    char date[DATE_TEXT_BYTES] = "", length[24], location[AVS_NAME_BYTES + 16] = "";
    bool has_no_body = http->status == 204 || http->status == 304;
    add_known_lines(text, http);
    if (http->http_date[0]) {
        time_t time = (time_t)date_s;
        struct tm utc = {0};
        gmtime_r(&time, &utc);
        strftime(date, sizeof(date), "%a, %d %b %Y %H:%M:%S GMT", &utc);
    }
    if (http->redirect_host[0]) {
        snprintf(location, sizeof(location), "https://%s/", http->redirect_host);
    }
    add_field(text, "Date", date);
    add_field(text, "Location", location);
    if (http->bad_head) {
        add(text, "X-Bad: a\0b\r\n", 12);
    }
    if (!http->head_complete) {
        add_text(text, "X-Cut-H");
        return;
    }
    if (http->bad_chunk) {
        add_text(text, "Transfer-Encoding: chunked\r\n\r\nzz\r\n");
        return;
    }
    snprintf(length, sizeof(length), "%zu", body_length + (http->is_complete ? 0 : SHORT_BY));
    add_field(text, "Content-Length", has_no_body ? "" : length);
    add_text(text, "\r\n");
}

/* The body: as long as it was, and the phrase at its end. */
static size_t body_length_of(const struct avs_http_facts *http) {
    size_t least = http->ats_message ? sizeof(phrase) - 1 : 0;
    uint64_t all =
        http->bytes_received < REPLAY_BYTES_MAX / 2 ? http->bytes_received : REPLAY_BYTES_MAX / 2;
    size_t rest = all > http->first_length ? (size_t)all - http->first_length : 0;
    return rest > least ? rest : least;
}

static void add_body(struct text *text, const struct avs_http_facts *http, size_t length) {
    size_t said = http->ats_message ? sizeof(phrase) - 1 : 0;
    if (length == 0) {
        return;
    }
    memset(text->at + text->length, 'x', length - said);
    text->length += length - said;
    add(text, phrase, said);
}

static bool read_http1(struct replay_session *session, const struct avs_http_facts *http,
                       int64_t date_s) {
    struct odd_reply *reply = &session->scenario.http1;
    reply->ending = ending_of(http->close);
    if (http->first_length == 0) {
        reply->act = http->close == AVS_CLOSE_OPEN ? ODD_SILENT : ODD_BYTES;
        reply->bytes = "";
        return true;
    }
    size_t body_length = body_length_of(http);
    struct text text = {calloc(1, HEAD_BYTES_MAX + body_length), 0};
    if (!text.at) {
        return false;
    }
    session->bytes = text.at;
    bool is_http = http->first_length > 5 && memcmp(http->first, "HTTP/", 5) == 0;
    if (http->bytes_received >= ENDLESS_BYTES && http->close == AVS_CLOSE_OPEN) {
        add(&text, http->first, http->first_length);
        reply->act = ODD_ENDLESS;
        reply->filler = http->head_complete || !is_http ? "so it goes on and on, " : "x\r\nX-Y: z";
    } else {
        reply->act = ODD_BYTES;
        if (http->bytes_received <= http->first_length) {
            add(&text, http->first, http->first_length);
        } else if (is_http) {
            bool has_body = http->head_complete && http->status != 204 && http->status != 304;
            add_head(&text, http, body_length, date_s);
            add_body(&text, http, has_body ? body_length : 0);
        } else {
            add(&text, http->first, http->first_length);
            add_body(&text, http, body_length);
        }
    }
    reply->bytes = text.at;
    reply->length = text.length;
    return true;
}

/* ---- HTTP/2 ---- */

/* The answer to play, and its body behind it. */
struct played {
    struct answer answer;
    char location[AVS_NAME_BYTES + 16];
    char body[];
};

static bool read_h2_answer(struct replay_session *session, const struct avs_http_facts *http,
                           int clock_s) {
    struct odd_reply *reply = &session->scenario.h2;
    bool has_no_body = http->status == 204 || http->status == 304;
    size_t length = has_no_body ? 0 : body_length_of(http);
    struct played *played = calloc(1, sizeof(*played) + length + 1);
    if (!played) {
        return false;
    }
    if (!has_no_body) {
        struct text text = {played->body, 0};
        add_body(&text, http, length);
    }
    if (http->redirect_host[0]) {
        snprintf(played->location, sizeof(played->location), "https://%s/", http->redirect_host);
    }
    played->answer = (struct answer){
        .status = (unsigned)http->status,
        .content_type = has_no_body ? NULL : "text/plain",
        .location = played->location[0] ? played->location : NULL,
        .body = played->body,
        .length = length,
        .clock_s = clock_s,
    };
    bool is_waiting = http->close == AVS_CLOSE_OPEN && !http->rst_received && !http->protocol_error;
    session->bytes = (char *)played;
    reply->act = ODD_PLAYED;
    reply->played = &played->answer;
    reply->played_end = http->is_complete ? PLAYED_WHOLE
                        : is_waiting      ? PLAYED_STALLED
                                          : PLAYED_SHORT;
    return true;
}

/* RFC 9113 section 3.4: a server's first frame is SETTINGS. */
static bool is_h2(const struct avs_http_facts *http) {
    return http->settings_received || (http->first_length > 3 && http->first[3] == 4);
}

static bool read_h2_text(struct replay_session *session, const struct avs_http_facts *http) {
    struct odd_reply *reply = &session->scenario.h2;
    session->bytes = calloc(1, AVS_FIRST_BYTES);
    if (!session->bytes) {
        return false;
    }
    memcpy(session->bytes, http->first, http->first_length);
    *reply = (struct odd_reply){.act = ODD_BYTES,
                                .ending = ending_of(http->close),
                                .bytes = session->bytes,
                                .length = http->first_length,
                                .code = 1};
    return true;
}

static bool read_h2(struct replay_session *session, const struct avs_http_facts *http,
                    int clock_s) {
    struct odd_reply *reply = &session->scenario.h2;
    enum ending ending = ending_of(http->close);
    if (http->status > 0 && http->is_complete && http->bytes_received >= ENDLESS_BYTES) {
        *reply = (struct odd_reply){.act = ODD_ENDLESS};
    } else if (http->status > 0) {
        return read_h2_answer(session, http, clock_s);
    } else if (http->first_length > 0 && !is_h2(http)) {
        return read_h2_text(session, http);
    } else if (http->rst_received) {
        *reply = (struct odd_reply){.act = ODD_RST, .code = http->rst_code};
    } else if (http->goaway_received) {
        *reply = (struct odd_reply){.act = ODD_GOAWAY, .code = http->goaway_code};
    } else if (http->is_flood) {
        *reply = (struct odd_reply){.act = ODD_FLOOD};
    } else if (http->protocol_error) {
        *reply = (struct odd_reply){.act = ODD_BAD_FRAME};
    } else if (ending == END_KEEP) {
        *reply = (struct odd_reply){.act = ODD_SILENT, .code = http->bytes_received == 0};
    } else {
        bool has_spoken = http->bytes_received > 0;
        bool is_later = ending == END_RESET && has_spoken; /* once the client has read it */
        *reply = (struct odd_reply){.act = ODD_BYTES,
                                    .ending = is_later ? END_RESET_LATER : ending,
                                    .code = !has_spoken,
                                    .bytes = ""};
    }
    return true;
}

bool script_read_answer(struct replay_script *script, const struct avs_evidence *evidence,
                        int index) {
    const struct avs_session_evidence *session = &evidence->session[index];
    const struct avs_http_facts *http = &session->http;
    struct replay_session *played = &script->replay.sessions[index];
    if (session->tls.outcome != AVS_HANDSHAKE_ESTABLISHED) {
        return true;
    }
    if (session->tls.client_cert_requested && http->close == AVS_CLOSE_ALERT) {
        played->scenario.wants_client_cert = true;
        return true;
    }
    int clock_s = clock_of(http, evidence->wall_clock);
    return index == AVS_PROTOCOL_H2 && strcmp(session->tls.alpn, "h2") == 0
               ? read_h2(played, http, clock_s)
               : read_http1(played, http, script->now + clock_s);
}
