/* SPDX-License-Identifier: Apache-2.0 */
/* From a record to what it says: the one place that reads the table of lines. */
#include <stdio.h>
#include <string.h>

#include "base/flow.h"
#include "base/text.h"
#include "inspect/conclude.h"

#define TIMES_MAX UINT64_C(100000000) /* a line that claims more is no longer added up */

static const char own_line[] = "This library's own line names the cause.";
const char avs_login_waiting[] =
    "Login with Amazon waits for the user to enter the code: HTTP 400 (authorization_pending) is "
    "its normal answer until then.";
static const char failed_to[] = "Failed to "; /* how the sample app says what it cannot do */

void avs_inspect_set_release(struct avs_inspect *inspect, const char *version) {
    struct avs_context *context = &inspect->context;
    unsigned release = 0;
    while (*version == ' ') {
        version++;
    }
    int64_t floor = avs_release_floor(version, &release);
    context->stop.line = context->stop_reason.line = 0; /* the banner of a new start */
    if (context->is_version_given || floor < 0) {
        return;
    }
    context->floor = floor;
    context->sdk_release = release;
    size_t length = strspn(version, "v0123456789.");
    avs_text_copy_bytes(context->sdk_version, sizeof(context->sdk_version), version, length);
}

static void set_libcurl(struct avs_context *context, const char *version) {
    int major = 0, minor = 0;
    if (sscanf(version, "%d.%d", &major, &minor) != 2) {
        return;
    }
    avs_text_copy_bytes(context->libcurl, sizeof(context->libcurl), version,
                        strspn(version, "0123456789."));
    context->curl_era = major > 7 || (major == 7 && minor >= 62) ? AVS_CURL_NEW : AVS_CURL_OLD;
}

/* The host of "https://host[:port]/..." (or a bare host), without user and password. */
static void set_gateway(struct avs_context *context, struct avs_slice value) {
    char url[512];
    avs_record_unescape(url, sizeof(url), value);
    const char *host = strstr(url, "://");
    host = host ? host + 3 : url;
    const char *at = strrchr(host, '@'); /* a password may have anything before it */
    host = at ? at + 1 : host;
    size_t length = strspn(host, AVS_HOST_BYTES);
    if (length > 2) {
        unsigned port = 0;
        avs_text_copy_bytes(context->gateway, sizeof(context->gateway), host, length);
        context->gateway_port = sscanf(host + length, ":%5u", &port) == 1 ? port : 0;
    }
}

/* "https://host:443" or "host:443" to "host". */
static void copy_host(char *host, size_t capacity, const struct avs_record *record) {
    char text[512] = "";
    const struct avs_slice *value = avs_record_value(record, "origin");
    value = value ? value : avs_record_value(record, "host");
    if (value) {
        avs_record_unescape(text, sizeof(text), *value);
    }
    const char *start = strstr(text, "://");
    start = start ? start + 3 : text;
    avs_text_copy_bytes(host, capacity, start, strspn(start, AVS_HOST_BYTES));
}

/* "times=1199": the line stands for so many failures. */
static uint64_t told_times(const struct avs_record *record) {
    const struct avs_slice *value = avs_record_value(record, "times");
    uint64_t times = 0;
    for (size_t i = 0; value && i < value->length && times < TIMES_MAX; i++) {
        if (value->text[i] < '0' || value->text[i] > '9') {
            return 1;
        }
        times = times * 10 + (uint64_t)(value->text[i] - '0');
    }
    return times > 0 ? times : 1;
}

static void add_own(struct avs_inspect *inspect, const struct avs_record *record,
                    struct avs_sighting *sighting) {
    char id[64];
    avs_record_unescape(id, sizeof(id), *avs_record_value(record, "cause"));
    enum avs_cause cause = avs_cause_from_id(id);
    if (cause == AVS_CAUSE_COUNT || avs_cause_info(cause)->severity == AVS_SEVERITY_INFO) {
        return;
    }
    char host[256];
    copy_host(host, sizeof(host), record);
    sighting->host = host[0] ? host : NULL;
    if (sighting->tally.scope == AVS_SCOPE_ANY) { /* of libcurl, in whose hand it may be anything */
        sighting->tally.scope = avs_scope_of_host(host);
    }
    sighting->tally.kind = AVS_TALLY_OWN;
    sighting->tally.row = (size_t)cause;
    sighting->tally.count = told_times(record);
    sighting->tally.is_verify_reason = avs_cause_info(cause)->phase == AVS_PHASE_TRUST;
    avs_inspect_set_cause(sighting, cause, AVS_CERTAIN, NULL, own_line);
    avs_inspect_add_failure(inspect, sighting);
    sighting->host = NULL;
    sighting->tally.count = 0;
}

/* OpenSSL's words, put as libcurl would print them. */
static void add_own_tls(struct avs_inspect *inspect, const struct avs_record *record,
                        struct avs_sighting *sighting) {
    char words[512] = "", text[600], host[256];
    const struct avs_slice *verify = avs_record_value(record, "verify");
    const struct avs_slice *openssl = avs_record_value(record, "openssl");
    bool is_refused = verify && verify->length > 0;
    if (is_refused || openssl) {
        avs_record_unescape(words, sizeof(words), is_refused ? *verify : *openssl);
    }
    avs_text_format(text, sizeof(text), "%s%s", is_refused ? "SSL certificate problem: " : "",
                    words);
    copy_host(host, sizeof(host), record);
    sighting->host = host[0] ? host : NULL;
    avs_inspect_match_text(inspect, text, sighting);
    sighting->host = NULL;
}

/* The first reason counts, and the first line that ends it. */
static void note_stop(struct avs_context *context, const struct avs_record *record,
                      const struct avs_inspect_place *place) {
    const struct avs_slice *words = avs_record_value(record, "reason");
    words = avs_slice_begins(record->event, failed_to) ? &record->event : words;
    bool is_reason = words != NULL;
    if (is_reason && !context->stop_reason.line) {
        context->stop_reason = *place;
        avs_text_copy_bytes(context->stop_words, sizeof(context->stop_words), words->text,
                            words->length);
    }
    /* what the application says last is nearest to the end */
    if (!is_reason || !context->stop.line || context->stop.line == context->stop_reason.line) {
        context->stop = *place;
    }
}

static void add_refusal(struct avs_inspect *inspect, const struct avs_line_rule *rule,
                        struct avs_sighting *sighting) {
    if (rule->cause == AVS_CAUSE_AUTH_NOT_TLS) {
        avs_inspect_add_proof(inspect, rule->scope, false, &sighting->place);
        sighting->tally.is_answered = rule->value && strcmp(rule->value, "5xx") == 0;
    }
    avs_inspect_add_failure(inspect, sighting);
}

static void add_status(struct avs_inspect *inspect, const struct avs_line_rule *rule,
                       const struct avs_slice *value, const struct avs_sighting *sighting) {
    if (value && avs_slice_number(*value, &inspect->context.status)) {
        inspect->context.status_place = sighting->place;
    }
    avs_inspect_add_note(inspect, rule->says, sighting->place.line);
    avs_inspect_add_proof(inspect, rule->scope, false, &sighting->place);
}

/* What the log tells about itself. */
static void note_context(struct avs_inspect *inspect, const struct avs_line_rule *rule,
                         struct avs_slice value) {
    char text[512];
    avs_record_unescape(text, sizeof(text), value);
    if (rule->role == AVS_ROLE_SDK) {
        avs_inspect_set_release(inspect, text);
    } else if (rule->role == AVS_ROLE_LIBCURL) {
        set_libcurl(&inspect->context, text);
    } else {
        set_gateway(&inspect->context, value);
    }
}

static void apply_rule(struct avs_inspect *inspect, const struct avs_line_rule *rule,
                       const struct avs_record *record, struct avs_sighting *sighting) {
    struct avs_context *context = &inspect->context;
    const struct avs_slice *value = rule->key ? avs_record_value(record, rule->key) : NULL;
    char text[AVS_RECORD_BYTES_MAX + 1];
    sighting->tally = (struct avs_tally){
        .kind = AVS_TALLY_LINE,
        .row = (size_t)(rule - avs_line_rules),
        .scope = rule->scope,
        .code = -1,
        .is_clock_implausible = avs_inspect_is_implausible(inspect, sighting->place.unix_ms),
        .releases_from = rule->releases.from,
        .releases_until = rule->releases.until,
    };
    avs_inspect_set_cause(sighting, rule->cause, rule->certainty, NULL, rule->says);
    switch (rule->role) {
    case AVS_ROLE_FAILURE:
        add_refusal(inspect, rule, sighting);
        break;
    case AVS_ROLE_RETRY:
        avs_inspect_add_retry(inspect, sighting);
        break;
    case AVS_ROLE_CURL:
        avs_inspect_add_curl(inspect, rule, record, sighting);
        break;
    case AVS_ROLE_ECHO:
        avs_inspect_add_echo(inspect, rule, rule->says, AVS_TALLIES_MAX, sighting);
        break;
    case AVS_ROLE_PENDING:
        avs_inspect_add_note(inspect, avs_login_waiting, sighting->place.line);
        avs_inspect_excuse_login(inspect);
        avs_inspect_add_proof(inspect, rule->scope, true, &sighting->place);
        break;
    case AVS_ROLE_STATUS:
        add_status(inspect, rule, value, sighting);
        break;
    case AVS_ROLE_PROOF:
        avs_inspect_add_proof(inspect, rule->scope, true, &sighting->place);
        break;
    case AVS_ROLE_PLAIN:
        avs_inspect_add_plain_proof(inspect, &sighting->place);
        break;
    case AVS_ROLE_NOTE:
        avs_inspect_add_note(inspect, rule->says, sighting->place.line);
        context->has_debug_compiled_out |= strcmp(rule->source, "Logger") == 0;
        context->is_unverified |= strcmp(rule->source, "LibcurlUtils") == 0;
        break;
    case AVS_ROLE_CONNECTED:
        context->stop.line = context->stop_reason.line = 0; /* it went on after all */
        avs_inspect_add_session(inspect, true, sighting);
        break;
    case AVS_ROLE_DROPPED:
        avs_inspect_add_session(inspect, false, sighting);
        break;
    case AVS_ROLE_STOP:
        note_stop(context, record, &sighting->place);
        break;
    case AVS_ROLE_ATTEMPT:
        context->has_attempt = true;
        break;
    case AVS_ROLE_GATEWAY:
    case AVS_ROLE_SDK:
    case AVS_ROLE_LIBCURL:
        note_context(inspect, rule, *value);
        break;
    case AVS_ROLE_OWN:
        add_own(inspect, record, sighting);
        break;
    case AVS_ROLE_OWN_TLS:
        add_own_tls(inspect, record, sighting);
        break;
    case AVS_ROLE_LIBCURL_TEXT:
        avs_record_unescape(text, sizeof(text), *value);
        avs_inspect_match_text(inspect, text, sighting);
        break;
    }
}

/* Where the next record begins that was glued to this one: threads and captures lose newlines. */
static size_t next_stamp(const char *text, size_t from, size_t length) {
    const char *end = text + length;
    const char *dash = text + from + 4;
    while (dash < end && (dash = memchr(dash, '-', (size_t)(end - dash))) != NULL) {
        size_t at = (size_t)(dash - text) - 4;
        if (avs_stamp_parse(text + at, length - at) >= 0) {
            return at;
        }
        dash++;
    }
    return length;
}

static struct avs_inspect_place place_of(const struct avs_inspect *inspect, const char *stamp,
                                         int64_t unix_ms) {
    struct avs_inspect_place place = {.line = inspect->input.record.line, .unix_ms = unix_ms};
    AVS_TEXT_SET(place.time, stamp);
    if (!stamp[0] && inspect->input.record.stamp[0]) { /* the last stamp before it will do */
        AVS_TEXT_SET(place.time, inspect->input.record.stamp);
        place.unix_ms = avs_stamp_parse(place.time, strlen(place.time));
    }
    return place;
}

/* A journal names the program before each line; the SDK's own is known by its records. */
static void note_writer(struct avs_context *context, struct avs_slice writer) {
    if (writer.length == 0) {
        context->has_bare_records = true;
        return;
    }
    char name[AVS_LABEL_BYTES];
    avs_text_copy_bytes(name, sizeof(name), writer.text, writer.length);
    for (size_t i = 0; i < context->writer_count; i++) {
        if (strcmp(context->writers[i], name) == 0) {
            return;
        }
    }
    if (context->writer_count < AVS_WRITERS_MAX) {
        AVS_TEXT_SET(context->writers[context->writer_count++], name);
    }
}

static struct avs_slice stream_of(const struct avs_record *record) {
    const struct avs_slice *stream = avs_record_value(record, "streamId");
    stream = stream ? stream : avs_record_value(record, "id");
    return stream ? *stream : (struct avs_slice){NULL, 0};
}

/* The record whose SOURCE ends at `colon`; returns where to go on. */
static size_t match_record(struct avs_inspect *inspect, int name, size_t start, size_t colon,
                           size_t end) {
    const char *text = inspect->input.record.text;
    size_t source = colon - inspect->triggers.names[name].length;
    struct avs_record record;
    if (!avs_record_parse(text, end, source, &record)) {
        return colon + 1;
    }
    avs_inspect_note_level(inspect, record.level);
    struct avs_sighting sighting = {.text = text + start,
                                    .length = end - start,
                                    .place = place_of(inspect, record.stamp, record.unix_ms),
                                    .component = record.source,
                                    .stream = stream_of(&record),
                                    .moniker = record.moniker,
                                    .writer = avs_line_writer(text, source)};
    const struct avs_line_rule *rule =
        avs_line_rule_find(&record, inspect->triggers.names[name].first_rule,
                           inspect->triggers.names[name].rule_count, inspect->context.sdk_release);
    if (!rule) {
        return colon + 1;
    }
    note_writer(&inspect->context, sighting.writer);
    apply_rule(inspect, rule, &record, &sighting);
    return end;
}

/* "* ..." as libcurl prints it, behind whatever prefix. */
static const char *find_libcurl_line(const char *text, size_t length) {
    const char *at = text;
    while ((at = memchr(at, '*', (size_t)(text + length - at))) != NULL) {
        if (at + 1 < text + length && at[1] == ' ' &&
            (at == text || memchr(" ]>\n", at[-1], 4) != NULL)) {
            return at;
        }
        at++;
    }
    return NULL;
}

static struct avs_sighting sighting_of_line(const struct avs_inspect *inspect, size_t writer_end,
                                            size_t length) {
    const char *text = inspect->input.record.text;
    struct avs_sighting sighting = {.text = text,
                                    .length = length,
                                    .place = place_of(inspect, "", -1),
                                    .component = {"libcurl", 7},
                                    .writer = avs_line_writer(text, writer_end)};
    sighting.tally = (struct avs_tally){.scope = AVS_SCOPE_ANY, .code = -1};
    return sighting;
}

/* A line that is no record: libcurl's own output, or something else of the console. */
static void match_line(struct avs_inspect *inspect) {
    const char *text = inspect->input.record.text;
    size_t length = inspect->input.record.length;
    const char *libcurl = find_libcurl_line(text, length);
    if (!libcurl && !avs_line_is_console(text, length)) {
        return; /* most lines that looked interesting end here */
    }
    struct avs_sighting sighting = sighting_of_line(inspect, length, length);
    if (libcurl) {
        avs_inspect_match_text(inspect, libcurl, &sighting);
    } else {
        avs_inspect_match_console(inspect, text, &sighting);
    }
}

void avs_inspect_match(struct avs_inspect *inspect) {
    const char *text = inspect->input.record.text;
    size_t length = inspect->input.record.length;
    size_t start = 0;
    bool has_record = false;
    for (size_t at = 0; at < length;) {
        const char *found = memchr(text + at, ':', length - at);
        if (!found) {
            break;
        }
        size_t colon = (size_t)(found - text);
        bool is_whole = false;
        int name = avs_triggers_name(&inspect->triggers, text, colon, &is_whole);
        at = colon + 1;
        if (name < 0 || !is_whole) {
            continue;
        }
        size_t end = next_stamp(text, colon, length);
        if (inspect->triggers.names[name].rule_count == 0) {
            struct avs_sighting sighting = sighting_of_line(inspect, colon, end);
            avs_inspect_match_phrase(inspect, colon, end, &sighting);
            has_record = true;
            at = end;
        } else {
            at = match_record(inspect, name, start, colon, end);
            has_record = has_record || at == end;
        }
        start = at == end ? end : start;
    }
    if (!has_record) {
        match_line(inspect);
    }
    inspect->input.record.length = 0;
}
