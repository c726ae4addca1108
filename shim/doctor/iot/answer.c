/* SPDX-License-Identifier: Apache-2.0 */
/* See answer.h. */
#include "iot/answer.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/civil.h"
#include "base/text.h"
#include "h1/date.h"
#include "iot/members.h"

#define SKEW_MAX_S 300 /* AWS's window around a signed date; some services allow 15 minutes */

/* ---- times ---- */

/* "Signature expired: 20260101T000000Z is now earlier than 20260101T001000Z (20260101T001500Z - 5
 * min.)", "Signature not yet current: ... is still later than ... (20260101T000000Z + 5 min.)": the
 * first time is the one that was signed, the one in brackets the server's. */
static bool offset_from_message(const char *message, int64_t *ret_offset_s) {
    int64_t ours = 0, theirs = 0;
    const char *signed_at = strstr(message, ": ");
    const char *bracket = strchr(message, '(');
    if (strncasecmp(message, "Signature ", strlen("Signature ")) != 0 || !signed_at || !bracket) {
        return false;
    }
    signed_at += strlen(": ");
    if (avs_civil_parse("YMDThms", signed_at, strlen(signed_at), &ours) == 0 ||
        avs_civil_parse("YMDThms", bracket + 1, strlen(bracket + 1), &theirs) == 0) {
        return false;
    }
    *ret_offset_s = ours - theirs;
    return true;
}

/* The message's times are the ones that were compared; Date is as good within a second or two. */
static void note_offset(const struct avs_iot_reply *reply, struct avs_iot_answer *answer) {
    int64_t server = 0;
    answer->has_offset = offset_from_message(answer->message, &answer->offset_s);
    if (!answer->has_offset && avs_http_date(reply->date, &server)) {
        answer->has_offset = true;
        answer->offset_s = reply->now_unix - server;
    }
}

/* ---- codes ---- */

enum kind { EXACT, CLOCK_IF_FAR };

static const struct row {
    const char *code; /* without "Exception" at its end */
    enum avs_cause cause;
    bool is_transient;
    enum kind kind;
} rows[] = {
    /* the model's own */
    {"InvalidRequest", AVS_CAUSE_AWS_REQUEST_REFUSED, false, EXACT},
    {"Throttling", AVS_CAUSE_AWS_THROTTLED, true, EXACT},
    {"Unauthorized", AVS_CAUSE_AWS_NOT_ALLOWED, false, EXACT},
    {"InternalFailure", AVS_CAUSE_AWS_SERVICE_FAILED, true, EXACT},
    /* of the front end, the same for every service */
    {"UnrecognizedClient", AVS_CAUSE_AWS_KEY_UNKNOWN, false, EXACT},
    {"InvalidClientTokenId", AVS_CAUSE_AWS_KEY_UNKNOWN, false, EXACT},
    {"InvalidAccessKeyId", AVS_CAUSE_AWS_KEY_UNKNOWN, false, EXACT},
    {"InvalidSignature", AVS_CAUSE_AWS_SIGNATURE_REFUSED, false, CLOCK_IF_FAR},
    {"SignatureDoesNotMatch", AVS_CAUSE_AWS_SIGNATURE_REFUSED, false, CLOCK_IF_FAR},
    {"IncompleteSignature", AVS_CAUSE_AWS_SIGNATURE_REFUSED, false, EXACT},
    {"MissingAuthenticationToken", AVS_CAUSE_AWS_SIGNATURE_REFUSED, false, EXACT},
    {"RequestExpired", AVS_CAUSE_CLOCK_WRONG, false, EXACT},
    {"RequestTimeTooSkewed", AVS_CAUSE_CLOCK_WRONG, false, EXACT},
    {"ExpiredToken", AVS_CAUSE_AWS_KEYS_EXPIRED, false, EXACT},
    {"AccessDenied", AVS_CAUSE_AWS_NOT_ALLOWED, false, EXACT},
    {"Forbidden", AVS_CAUSE_AWS_NOT_ALLOWED, false, EXACT},
    {"NotAuthorized", AVS_CAUSE_AWS_NOT_ALLOWED, false, EXACT},
    {"OptInRequired", AVS_CAUSE_AWS_NOT_ALLOWED, false, EXACT},
    {"TooManyRequests", AVS_CAUSE_AWS_THROTTLED, true, EXACT},
    {"RequestLimitExceeded", AVS_CAUSE_AWS_THROTTLED, true, EXACT},
    {"LimitExceeded", AVS_CAUSE_AWS_THROTTLED, true, EXACT},
    {"ThrottledException", AVS_CAUSE_AWS_THROTTLED, true, EXACT},
    {"Validation", AVS_CAUSE_AWS_REQUEST_REFUSED, false, EXACT},
    {"InternalServerError", AVS_CAUSE_AWS_SERVICE_FAILED, true, EXACT},
    {"InternalServer", AVS_CAUSE_AWS_SERVICE_FAILED, true, EXACT},
    {"ServiceUnavailable", AVS_CAUSE_AWS_SERVICE_FAILED, true, EXACT},
    {"UnknownOperation", AVS_CAUSE_AWS_WRONG_HOST, false, EXACT},
    {"ResourceNotFound", AVS_CAUSE_AWS_WRONG_HOST, false, EXACT},
};

static bool is_code(const char *given, const char *code) {
    size_t length = strlen(code);
    return strncmp(given, code, length) == 0 &&
           (given[length] == '\0' || strcmp(given + length, "Exception") == 0);
}

static const struct row *row_of(const char *code) {
    for (size_t i = 0; i < AVS_COUNT(rows); i++) {
        if (is_code(code, rows[i].code)) {
            return &rows[i];
        }
    }
    return NULL;
}

/* Of a code that nobody has told us, or of none. */
static void judge_status(const struct avs_iot_reply *reply, struct avs_iot_answer *answer) {
    int status = reply->status;
    answer->is_transient = status == 429 || status >= 500;
    answer->cause = status == 429                    ? AVS_CAUSE_AWS_THROTTLED
                    : status >= 500                  ? AVS_CAUSE_AWS_SERVICE_FAILED
                    : status == 401 || status == 403 ? AVS_CAUSE_AWS_NOT_ALLOWED
                    : status == 404 || status == 405 ? AVS_CAUSE_AWS_WRONG_HOST
                                                     : AVS_CAUSE_AWS_REQUEST_REFUSED;
}

static void judge_error(const struct avs_iot_reply *reply, bool has_trace,
                        struct avs_iot_answer *answer) {
    const struct row *row = row_of(answer->code);
    bool says_time = strncasecmp(answer->message, "Signature expired", 17) == 0 ||
                     strncasecmp(answer->message, "Signature not yet current", 25) == 0;
    note_offset(reply, answer);
    /* data and credentials hosts answer {"message", "traceId"}, with no code */
    bool is_other_host = (has_trace && !row) || strstr(answer->message, "Invalid endpoint");
    if (is_other_host) {
        answer->cause = AVS_CAUSE_AWS_WRONG_HOST;
    } else if (row) {
        answer->cause = row->cause;
        answer->is_transient = row->is_transient;
        int64_t far = answer->offset_s < 0 ? -answer->offset_s : answer->offset_s;
        if (row->kind == CLOCK_IF_FAR && (says_time || (answer->has_offset && far > SKEW_MAX_S))) {
            answer->cause = AVS_CAUSE_CLOCK_WRONG;
        }
    } else {
        judge_status(reply, answer);
    }
}

/* ---- the body ---- */

/* What it would be called in "namespace#Name:http://..." */
static void set_code(struct avs_iot_answer *answer, const char *given) {
    const char *hash = strrchr(given, '#');
    const char *name = hash ? hash + 1 : given;
    avs_text_copy_bytes(answer->code, sizeof(answer->code), name, strcspn(name, ":"));
    avs_text_make_printable(answer->code);
}

/* Too long a text is cut here, where a key would be refused. */
static void text_of(const struct avs_conf_doc *doc, const char *key, char *field, size_t capacity) {
    uint32_t node = avs_conf_find(doc, 0, key);
    struct avs_buffer text = avs_buffer_init(AVS_CONF_FILE_BYTES_MAX);
    field[0] = '\0';
    if (node != AVS_CONF_NONE && doc->nodes[node].type == AVS_CONF_STRING) {
        avs_conf_decode(doc, doc->nodes[node].start, doc->nodes[node].end, &text);
        avs_text_copy(field, capacity, text.data ? text.data : "");
    }
    avs_buffer_done(&text);
}

static void read_error(const struct avs_conf_doc *doc, const struct avs_iot_reply *reply,
                       struct avs_iot_answer *answer) {
    static const char *const codes[] = {"code", "Code", "__type"};
    char code[AVS_ANSWER_CODE_BYTES];
    AVS_TEXT_SET(code, reply->error_type);
    for (size_t i = 0; i < AVS_COUNT(codes) && !code[0]; i++) {
        text_of(doc, codes[i], code, sizeof(code));
    }
    if (!code[0] && reply->status > 0) {
        avs_text_format(code, sizeof(code), "%d", reply->status);
    }
    set_code(answer, code);
    text_of(doc, "message", answer->message, sizeof(answer->message));
    if (!answer->message[0]) {
        text_of(doc, "Message", answer->message, sizeof(answer->message));
    }
    avs_text_make_printable(answer->message);
    judge_error(reply, avs_conf_find(doc, 0, "traceId") != AVS_CONF_NONE, answer);
}

/* Nothing but what a host name is made of, for it goes into configurations and command lines. */
static bool is_host(const char *text) {
    size_t label = 0;
    for (const char *at = text; *at; at++) {
        bool is_inside = (*at >= 'a' && *at <= 'z') || (*at >= 'A' && *at <= 'Z') ||
                         (*at >= '0' && *at <= '9') || (*at == '-' && label > 0);
        if (!is_inside && !(*at == '.' && label > 0 && at[-1] != '-')) {
            return false;
        }
        label = *at == '.' ? 0 : label + 1;
        if (label > 63) {
            return false;
        }
    }
    return label > 0 && strchr(text, '.') != NULL;
}

static void read_host(const struct avs_conf_doc *doc, struct avs_iot_answer *answer) {
    enum avs_member member =
        avs_member_text(doc, 0, "endpointAddress", answer->host, sizeof(answer->host));
    if (member == AVS_MEMBER_TEXT && is_host(answer->host)) {
        return;
    }
    answer->host[0] = '\0';
    answer->cause = AVS_CAUSE_AWS_ANSWER_BAD;
    AVS_TEXT_SET(answer->message, member == AVS_MEMBER_MISSING
                                      ? "its JSON has no endpointAddress"
                                      : "its endpointAddress is no host name");
}

static const char *fault_of(const struct avs_iot_reply *reply, const struct avs_conf_doc *doc) {
    const char *at = reply->body;
    const char *end = reply->body + reply->length;
    while (at < end && strchr(" \t\r\n", *at)) {
        at++;
    }
    bool is_markup = at < end && *at == '<';
    bool is_json = doc->fault == AVS_CONF_FAULT_NONE && doc->count > 0 &&
                   doc->nodes[0].type == AVS_CONF_OBJECT;
    return reply->is_cut         ? "it is longer than any answer of AWS"
           : !reply->is_complete ? "it broke off"
           : at == end           ? "it is empty"
           : is_markup           ? "it is a page of HTML or XML, as a proxy or a portal writes one"
           : !is_json            ? "it is not a JSON object"
                                 : NULL;
}

/* An error may come without a body that can be read: code and status tell, then. */
static void read_broken(const struct avs_iot_reply *reply, const char *fault,
                        struct avs_iot_answer *answer) {
    set_code(answer, reply->error_type);
    AVS_TEXT_SET(answer->message, fault);
    answer->cause = AVS_CAUSE_AWS_ANSWER_BAD;
    if (row_of(answer->code)) {
        judge_error(reply, false, answer);
    } else if (reply->status == 429 || reply->status >= 500) {
        judge_status(reply, answer);
    }
}

static void read_redirect(const struct avs_iot_reply *reply, struct avs_iot_answer *answer) {
    answer->cause = AVS_CAUSE_AWS_WRONG_HOST;
    avs_text_format(answer->message, sizeof(answer->message),
                    "it redirects to %s; what is signed is for one host and is not sent elsewhere",
                    reply->location[0] ? reply->location : "another place");
}

enum avs_status avs_iot_answer_read(const struct avs_iot_reply *reply,
                                    struct avs_iot_answer *ret_answer, struct avs_error *reterr) {
    struct avs_conf_doc doc = {.count = 0};
    struct avs_iot_answer answer = {.cause = AVS_CAUSE_NONE, .status = reply->status};
    AVS_TRY(avs_conf_scan(reply->body, reply->length, false, &doc, reterr));
    const char *fault = fault_of(reply, &doc);
    if (reply->status >= 300 && reply->status < 400) {
        read_redirect(reply, &answer);
    } else if (fault) {
        read_broken(reply, fault, &answer);
    } else if (reply->status >= 400) {
        read_error(&doc, reply, &answer);
    } else {
        read_host(&doc, &answer);
    }
    avs_conf_doc_done(&doc);
    *ret_answer = answer;
    return AVS_OK;
}
