/* From a record to what it says: the one place that reads the table of lines. */
#include <stdio.h>
#include <string.h>

#include "base/flow.h"
#include "base/text.h"
#include "inspect/inspect.h"

static const char unknown_result[] =
    "libcurl failed, but the log does not carry its reason in a form that can be told.";
static const char own_line[] = "This library's own line names the cause.";
static const char box_says[] =
    "The sample app's console says that the login was refused for good; the server answered, so "
    "TLS works.";

/* text that `needle` is part of, case ignored */
static bool contains(struct avs_slice slice, const char *needle) {
    return slice.length > 0 && avs_text_contains_nocase(slice.text, slice.length, needle);
}

void avs_inspect_set_release(struct avs_inspect *inspect, const char *version) {
    unsigned release = 0;
    while (*version == ' ') {
        version++;
    }
    int64_t floor = avs_release_floor(version, &release);
    if (inspect->is_version_given || floor < 0) {
        return;
    }
    inspect->floor = floor;
    inspect->sdk_release = release;
    size_t length = strspn(version, "v0123456789.");
    avs_text_copy_bytes(inspect->sdk_version, sizeof(inspect->sdk_version), version, length);
}

static void set_libcurl(struct avs_inspect *inspect, const char *version) {
    int major = 0, minor = 0;
    if (sscanf(version, "%d.%d", &major, &minor) != 2) {
        return;
    }
    avs_text_copy_bytes(inspect->libcurl, sizeof(inspect->libcurl), version,
                        strspn(version, "0123456789."));
    inspect->curl_era = major > 7 || (major == 7 && minor >= 62) ? AVS_CURL_NEW : AVS_CURL_OLD;
}

/* The host of "https://host[:port]/..." (or a bare host), without user and password. */
static void set_gateway(struct avs_inspect *inspect, struct avs_slice value) {
    char url[512];
    avs_record_unescape(url, sizeof(url), value);
    const char *host = strstr(url, "://");
    host = host ? host + 3 : url;
    const char *at = memchr(host, '@', strcspn(host, "/"));
    host = at ? at + 1 : host;
    size_t length = strspn(host, AVS_HOST_BYTES);
    if (length > 2) {
        unsigned port = 0;
        avs_text_copy_bytes(inspect->gateway, sizeof(inspect->gateway), host, length);
        inspect->gateway_port = sscanf(host + length, ":%5u", &port) == 1 ? port : 0;
    }
}

static void set_cause(struct avs_sighting *sighting, enum avs_cause cause,
                      enum avs_certainty certainty, const enum avs_cause *also, const char *says) {
    sighting->tally.cause = cause;
    sighting->tally.certainty = certainty;
    sighting->tally.also = also;
    sighting->tally.says = says;
}

static void add_code(struct avs_inspect *inspect, struct avs_sighting *sighting, long code) {
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
        set_cause(sighting, AVS_CAUSE_UNKNOWN_TRANSPORT, AVS_POSSIBLE, NULL, unknown_result);
        avs_inspect_add_failure(inspect, sighting);
        return;
    }
    bool is_proven = (tally->scope == AVS_SCOPE_GATEWAY && inspect->proof_gateway.line > 0) ||
                     (tally->scope == AVS_SCOPE_LOGIN && inspect->proof_login.line > 0);
    enum avs_cause cause = is_proven && rule->cause_after_proof != AVS_CAUSE_NONE
                               ? rule->cause_after_proof
                               : rule->cause;
    tally->kind = AVS_TALLY_CODE;
    tally->row = (size_t)(rule - avs_code_rules);
    tally->is_verify = rule->code == 60 || rule->code == 51;
    set_cause(sighting, cause, rule->certainty, rule->also, rule->says);
    avs_inspect_add_failure(inspect, sighting);
}

static void add_curl(struct avs_inspect *inspect, const struct avs_line_rule *rule,
                     const struct avs_record *record, struct avs_sighting *sighting) {
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
    const struct avs_slice *option = avs_record_value(record, "option");
    if (option && !contains(*option, "SSL") && !contains(*option, "CA") &&
        !contains(*option, "HTTP_VERSION") && !contains(*option, "INTERFACE")) {
        return; /* an option that TLS does not need */
    }
    value = rule->code_key ? avs_record_value(record, rule->code_key) : NULL;
    bool has_code = value && avs_slice_number(*value, &code);
    inspect->has_mute_curl = inspect->has_mute_curl || avs_code_text_is_mute(words);
    if (has_code) {
        enum avs_curl_era era = avs_era_from_pair(code, words);
        inspect->curl_era = era != AVS_CURL_UNKNOWN ? era : inspect->curl_era;
    } else {
        code = avs_code_from_text(words, inspect->curl_era, &sighting->tally.is_text_ambiguous);
    }
    if (code == 0) {
        avs_inspect_add_proof(inspect, sighting->tally.scope, true, &sighting->place);
        return;
    }
    if (code > 0) {
        add_code(inspect, sighting, code);
        return;
    }
    sighting->tally.kind = AVS_TALLY_BARE;
    set_cause(sighting, AVS_CAUSE_UNKNOWN_TRANSPORT, AVS_POSSIBLE, NULL, unknown_result);
    avs_inspect_add_failure(inspect, sighting);
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
    sighting->tally.kind = AVS_TALLY_OWN;
    sighting->tally.row = (size_t)cause;
    sighting->tally.is_verify_reason = avs_cause_info(cause)->phase == AVS_PHASE_TRUST;
    set_cause(sighting, cause, AVS_CERTAIN, NULL, own_line);
    avs_inspect_add_failure(inspect, sighting);
    sighting->host = NULL;
}

/* OpenSSL's words, put as libcurl would print them. */
static void add_own_tls(struct avs_inspect *inspect, const struct avs_record *record,
                        struct avs_sighting *sighting) {
    char words[512] = "", text[600];
    const struct avs_slice *verify = avs_record_value(record, "verify");
    const struct avs_slice *openssl = avs_record_value(record, "openssl");
    bool is_refused = verify && verify->length > 0;
    if (is_refused || openssl) {
        avs_record_unescape(words, sizeof(words), is_refused ? *verify : *openssl);
    }
    avs_text_format(text, sizeof(text), "%s%s", is_refused ? "SSL certificate problem: " : "",
                    words);
    copy_host(inspect->libcurl_host, sizeof(inspect->libcurl_host), record);
    avs_inspect_match_text(inspect, text, sighting);
}

static void apply_rule(struct avs_inspect *inspect, const struct avs_line_rule *rule,
                       const struct avs_record *record, struct avs_sighting *sighting) {
    struct avs_tally *tally = &sighting->tally;
    size_t row = (size_t)(rule - avs_line_rules);
    const struct avs_slice *value = rule->key ? avs_record_value(record, rule->key) : NULL;
    char text[AVS_RECORD_BYTES_MAX + 1] = "";
    *tally =
        (struct avs_tally){.kind = AVS_TALLY_LINE, .row = row, .scope = rule->scope, .code = -1};
    tally->is_clock_implausible = avs_inspect_is_implausible(inspect, sighting->place.unix_ms);
    tally->releases_from = rule->releases.from;
    tally->releases_until = rule->releases.until;
    switch (rule->role) {
    case AVS_ROLE_FAILURE:
        set_cause(sighting, rule->cause, rule->certainty, NULL, rule->says);
        if (rule->cause == AVS_CAUSE_AUTH_NOT_TLS) {
            avs_inspect_add_proof(inspect, rule->scope, false, &sighting->place);
        }
        avs_inspect_add_failure(inspect, sighting);
        break;
    case AVS_ROLE_CURL:
        add_curl(inspect, rule, record, sighting);
        break;
    case AVS_ROLE_ECHO:
        avs_inspect_add_echo(inspect, row, sighting);
        break;
    case AVS_ROLE_PROOF:
        avs_inspect_add_proof(inspect, rule->scope, true, &sighting->place);
        break;
    case AVS_ROLE_PLAIN:
        inspect->proof_plain = inspect->proof_plain.line ? inspect->proof_plain : sighting->place;
        break;
    case AVS_ROLE_NOTE:
        avs_inspect_add_note(inspect, rule->says, sighting->place.line);
        inspect->has_debug_compiled_out =
            inspect->has_debug_compiled_out || strcmp(rule->source, "Logger") == 0;
        break;
    case AVS_ROLE_CONNECTED:
    case AVS_ROLE_DROPPED:
        avs_inspect_add_session(inspect, rule->role == AVS_ROLE_CONNECTED, sighting);
        break;
    case AVS_ROLE_ATTEMPT:
        inspect->has_attempt = true;
        break;
    case AVS_ROLE_GATEWAY:
        set_gateway(inspect, *value);
        break;
    case AVS_ROLE_SDK:
        avs_record_unescape(text, sizeof(text), *value);
        avs_inspect_set_release(inspect, text);
        break;
    case AVS_ROLE_LIBCURL:
        avs_record_unescape(text, sizeof(text), *value);
        set_libcurl(inspect, text);
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
    struct avs_inspect_place place = {.line = inspect->record.line, .unix_ms = unix_ms};
    AVS_TEXT_SET(place.time, stamp);
    if (!stamp[0] && inspect->record.stamp[0]) { /* the last stamp before it will do */
        AVS_TEXT_SET(place.time, inspect->record.stamp);
        place.unix_ms = avs_stamp_parse(place.time, strlen(place.time));
    }
    return place;
}

/* The record whose SOURCE ends at `colon`; returns where to go on. */
static size_t match_record(struct avs_inspect *inspect, int name, size_t start, size_t colon,
                           size_t end) {
    const char *text = inspect->record.text;
    size_t source = colon - inspect->triggers.names[name].length;
    struct avs_record record;
    if (!avs_record_parse(text, end, source, &record)) {
        return colon + 1;
    }
    avs_inspect_note_level(inspect, record.level);
    struct avs_sighting sighting = {.text = text + start,
                                    .length = end - start,
                                    .place = place_of(inspect, record.stamp, record.unix_ms),
                                    .component = record.source};
    const struct avs_line_rule *rule =
        avs_line_rule_find(&record, inspect->triggers.names[name].first_rule,
                           inspect->triggers.names[name].rule_count, inspect->sdk_release);
    if (!rule) {
        return colon + 1;
    }
    apply_rule(inspect, rule, &record, &sighting);
    return end;
}

static void match_phrase(struct avs_inspect *inspect, size_t colon, size_t end) {
    char text[AVS_RECORD_BYTES_MAX + 1];
    const char *line = inspect->record.text;
    struct avs_sighting sighting = {
        .text = line, .length = end, .place = place_of(inspect, "", -1)};
    sighting.tally.code = -1;
    avs_text_copy_bytes(text, sizeof(text), line + colon + 1, end - colon - 1);
    if (colon >= 10 && memcmp(line + colon - 10, "sdkVersion", 10) == 0) {
        avs_inspect_set_release(inspect, text);
    } else if (colon >= 5 && memcmp(line + colon - 5, "ERROR", 5) == 0) {
        sighting.tally.scope = AVS_SCOPE_LOGIN;
        sighting.component = (struct avs_slice){"console", 7};
        sighting.tally.kind = AVS_TALLY_BARE;
        sighting.tally.row = AVS_TALLIES_MAX;
        set_cause(&sighting, AVS_CAUSE_AUTH_NOT_TLS, AVS_LIKELY, NULL, box_says);
        avs_inspect_add_failure(inspect, &sighting);
    } else {
        avs_text_copy_bytes(text, sizeof(text), line, end);
        sighting.tally.scope = AVS_SCOPE_ANY;
        sighting.component = (struct avs_slice){"libcurl", 7};
        avs_inspect_match_text(inspect, text, &sighting);
    }
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

void avs_inspect_match(struct avs_inspect *inspect) {
    const char *text = inspect->record.text;
    size_t length = inspect->record.length;
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
            match_phrase(inspect, colon, end);
            has_record = true;
            at = end;
        } else {
            at = match_record(inspect, name, start, colon, end);
            has_record = has_record || at == end;
        }
        start = at == end ? end : start;
    }
    const char *libcurl = has_record ? NULL : find_libcurl_line(text, length);
    if (libcurl) {
        struct avs_sighting sighting = {.text = text,
                                        .length = length,
                                        .place = place_of(inspect, "", -1),
                                        .component = {"libcurl", 7}};
        char line[AVS_RECORD_BYTES_MAX + 1];
        avs_text_copy_bytes(line, sizeof(line), libcurl, (size_t)(text + length - libcurl));
        sighting.tally = (struct avs_tally){.scope = AVS_SCOPE_ANY, .code = -1};
        avs_inspect_match_text(inspect, line, &sighting);
    }
    inspect->record.length = 0;
}
