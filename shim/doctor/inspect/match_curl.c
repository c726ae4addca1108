/* SPDX-License-Identifier: Apache-2.0 */
/* Results of libcurl inside the SDK's records: a number, its text, or both. */
#include <string.h>

#include "base/flow.h"
#include "base/text.h"
#include "inspect/inspect.h"

enum {
    STATUS_LINES_MAX = 40, /* a result further behind a status is another stream's */
    STOP_LINES_MAX = 400,  /* what fails later than this has another reason than the end */
    STOP_MS_MAX = 60000,
};

static const char unknown_result[] =
    "libcurl failed, but the log does not carry its reason in a form that can be told.";
static const char at_stop[] =
    "It failed after the application had begun to end: that is how transfers under way end then.";
static const char answered[] =
    "The server answered this stream with an HTTP status before it ended: TLS and HTTP/2 work.";

/* text that `needle` is part of, case ignored */
static bool contains(struct avs_slice slice, const char *needle) {
    return slice.length > 0 && avs_text_contains_nocase(slice.text, slice.length, needle);
}

void avs_inspect_set_cause(struct avs_sighting *sighting, enum avs_cause cause,
                           enum avs_certainty certainty, const enum avs_cause *also,
                           const char *says) {
    sighting->tally.cause = cause;
    sighting->tally.certainty = certainty;
    sighting->tally.also = also;
    sighting->tally.says = says;
}

/* A status that came just before, about a stream that the server then ended. */
static void look_for_status(const struct avs_context *context, struct avs_sighting *sighting) {
    enum avs_phase phase = avs_cause_info(sighting->tally.cause)->phase;
    bool is_near = context->status && sighting->tally.scope == AVS_SCOPE_GATEWAY &&
                   sighting->place.line - context->status_place.line <= STATUS_LINES_MAX;
    if (is_near && (phase == AVS_PHASE_HTTP || phase == AVS_PHASE_REQUEST)) {
        sighting->tally.is_answered = true;
        sighting->tally.certainty = AVS_POSSIBLE;
        sighting->tally.says = answered;
        avs_text_format(sighting->tally.detail, sizeof(sighting->tally.detail),
                        "HTTP %ld came back (line %llu)", context->status,
                        (unsigned long long)context->status_place.line);
    }
}

static void look_for_stop(const struct avs_context *context, struct avs_sighting *sighting) {
    const struct avs_inspect_place *stop = &context->stop, *why = &context->stop_reason;
    bool has_time = sighting->place.unix_ms >= 0 && stop->unix_ms >= 0;
    int64_t ms = has_time ? sighting->place.unix_ms - stop->unix_ms : 0;
    if (!stop->line || ms > STOP_MS_MAX || sighting->place.line - stop->line > STOP_LINES_MAX) {
        return;
    }
    struct avs_tally *tally = &sighting->tally;
    char after[48] = "";
    if (has_time && ms >= 0) {
        avs_text_format(after, sizeof(after), ", %lld ms before", (long long)ms);
    }
    avs_text_format(tally->detail, sizeof(tally->detail),
                    why->line ? "the application ends at line %llu%s; line %llu says why: %s"
                              : "the application ends at line %llu%s",
                    (unsigned long long)stop->line, after, (unsigned long long)why->line,
                    context->stop_words);
    tally->is_at_stop = true;
    tally->certainty = AVS_POSSIBLE;
    tally->says = at_stop;
}

static void add_result(struct avs_inspect *inspect, struct avs_sighting *sighting) {
    look_for_status(&inspect->context, sighting);
    look_for_stop(&inspect->context, sighting);
    struct avs_attempt *attempt = avs_attempt_of_result(inspect, sighting);
    if (!attempt || !avs_attempt_end(inspect, attempt, sighting)) {
        avs_inspect_add_failure(inspect, sighting);
    }
}

void avs_inspect_add_code(struct avs_inspect *inspect, struct avs_sighting *sighting, long code) {
    struct avs_tally *tally = &sighting->tally;
    const struct avs_code_rule *rule = avs_code_rule((int)code, tally->scope);
    tally->code = (int)code;
    if (code == 23 || code == 42) { /* the SDK itself ended the transfer */
        return;
    }
    if (tally->scope == AVS_SCOPE_SETUP && !rule) {
        return;
    }
    if (!rule) {
        tally->kind = AVS_TALLY_BARE;
        tally->row = (size_t)code;
        avs_inspect_set_cause(sighting, AVS_CAUSE_UNKNOWN_TRANSPORT, AVS_POSSIBLE, NULL,
                              unknown_result);
        add_result(inspect, sighting);
        return;
    }
    const struct avs_book *book = &inspect->book;
    bool is_proven = (tally->scope == AVS_SCOPE_GATEWAY && book->proof_gateway.line > 0) ||
                     (tally->scope == AVS_SCOPE_LOGIN && book->proof_login.line > 0);
    enum avs_cause cause = is_proven && rule->cause_after_proof != AVS_CAUSE_NONE
                               ? rule->cause_after_proof
                               : rule->cause;
    tally->kind = AVS_TALLY_CODE;
    tally->row = (size_t)(rule - avs_code_rules);
    tally->is_verify = rule->code == 60 || rule->code == 51;
    enum avs_certainty certainty = rule->certainty;
    if (tally->scope == AVS_SCOPE_CONTENT && certainty == AVS_CERTAIN) {
        certainty = AVS_LIKELY; /* a download may go anywhere */
    }
    avs_inspect_set_cause(sighting, cause, certainty, rule->also, rule->says);
    if (cause == AVS_CAUSE_AUTH_NOT_TLS) {
        avs_inspect_add_proof(inspect, tally->scope, false, &sighting->place);
    }
    add_result(inspect, sighting);
}

/* An option that TLS, HTTP/2 or the interface does not need. */
static bool is_other_option(const struct avs_record *record) {
    const struct avs_slice *option = avs_record_value(record, "option");
    return option && !contains(*option, "SSL") && !contains(*option, "CA") &&
           !contains(*option, "HTTP_VERSION") && !contains(*option, "INTERFACE");
}

/* It went well after all. */
static void add_success(struct avs_inspect *inspect, const struct avs_sighting *sighting) {
    struct avs_attempt *attempt = avs_attempt_of_result(inspect, sighting);
    if (attempt) {
        avs_attempt_forgive(attempt);
    }
    avs_inspect_add_proof(inspect, sighting->tally.scope, true, &sighting->place);
}

void avs_inspect_add_curl(struct avs_inspect *inspect, const struct avs_line_rule *rule,
                          const struct avs_record *record, struct avs_sighting *sighting) {
    struct avs_context *context = &inspect->context;
    char text[512] = "";
    long code = -1;
    const struct avs_slice *value = avs_record_value(record, rule->text_key);
    if (value) {
        avs_record_unescape(text, sizeof(text), *value);
    }
    const char *words = text;
    if (strncmp(words, "curlFailedWithCode", 18) == 0) {
        words += 18 + strspn(words + 18, ": \\");
    }
    if (is_other_option(record)) {
        return;
    }
    value = rule->code_key ? avs_record_value(record, rule->code_key) : NULL;
    bool has_code = value && avs_slice_number(*value, &code);
    context->has_mute_curl = context->has_mute_curl || avs_code_text_is_mute(words);
    if (has_code) {
        enum avs_curl_era era = avs_era_from_pair(code, words);
        context->curl_era = era != AVS_CURL_UNKNOWN ? era : context->curl_era;
    } else {
        code = avs_code_from_text(words, context->curl_era, &sighting->tally.is_text_ambiguous);
    }
    if (code == 0) {
        add_success(inspect, sighting);
        return;
    }
    if (code > 0) {
        avs_inspect_add_code(inspect, sighting, code);
        return;
    }
    sighting->tally.kind = AVS_TALLY_BARE;
    avs_inspect_set_cause(sighting, AVS_CAUSE_UNKNOWN_TRANSPORT, AVS_POSSIBLE, NULL,
                          unknown_result);
    add_result(inspect, sighting);
}
