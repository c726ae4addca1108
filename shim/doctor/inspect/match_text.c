/* SPDX-License-Identifier: Apache-2.0 */
/* What libcurl and OpenSSL say in words: find the phrase, the host it is about, the certificate
 * that was shown, and the file it names. */
#include <ctype.h>
#include <string.h>

#include "base/flow.h"
#include "base/names.h"
#include "base/text.h"
#include "inspect/inspect.h"

enum {
    TEXT_BYTES_MAX = 2048, /* libcurl's own lines end before this */
    BEGIN_BYTES = 8,       /* no phrase is shorter, blanks not counted */
};

static const char intercepting[] =
    "The certificate for an Amazon name was issued by somebody who is no public authority.";

/* Words right before a host name. */
static const char *const host_marks[] = {
    "Connected to ",
    "resolve host: ",
    "resolve host '",
    "target host name '",
    "target hostname '",
    "Established connection to ",
    "in connection to ",
    "Failed to connect to ",
    "resolve proxy: ",
    "Trying to connect to ",
    "SSL connection with ",
    "proxy tunnel to ",
    "Host ",
    "Hostname ",
};

/* Words right before a CA file. */
static const char *const file_marks[] = {
    "CAfile: ",  "certificate file: ",        "cert file ",
    "CA file '", "trust anchors from file: ", "certificate path: "};

static const char problem[] = "SSL certificate problem:";

/* Blanks, newlines, backslashes and letter case count in neither phrase nor text: captures wrap,
 * the SDK escapes, and libraries change their minds. */
static size_t squeeze(char *squeezed, size_t capacity, const char *text) {
    size_t length = 0;
    for (; *text && length + 1 < capacity; text++) {
        squeezed[length] = (char)tolower((unsigned char)*text);
        length += *text != ' ' && *text != '\n' && *text != '\\';
    }
    squeezed[length] = '\0';
    return length;
}

/* The first bytes of what begins at `text`, as an index into a bitmap. */
static unsigned begin_hash(const char *text) {
    uint64_t begin = 0;
    memcpy(&begin, text, BEGIN_BYTES);
    return (unsigned)((begin * 0x9E3779B97F4A7C15u) >> 52) % AVS_TRIGGER_BITS;
}

static void add_wording(struct avs_phrases *phrases, const struct avs_text_rule *rule,
                        const char *words) {
    if (phrases->wording_count == AVS_WORDINGS_MAX) {
        return;
    }
    struct avs_wording *wording = &phrases->wordings[phrases->wording_count++];
    const char *also = strchr(words, '|');
    char first[AVS_NEEDLE_BYTES];
    avs_text_copy_bytes(first, sizeof(first), words, also ? (size_t)(also - words) : strlen(words));
    wording->rule = rule;
    wording->length = squeeze(wording->needle, sizeof(wording->needle), first);
    (void)squeeze(wording->also_needle, sizeof(wording->also_needle), also ? also + 1 : "");
    uint16_t *last = &phrases->firsts[begin_hash(wording->needle)];
    while (*last) {
        last = &phrases->wordings[*last - 1].next;
    }
    *last = (uint16_t)phrases->wording_count;
}

void avs_phrases_init(struct avs_phrases *phrases) {
    memset(phrases, 0, sizeof(*phrases));
    for (size_t i = 0; i < avs_text_rule_count; i++) {
        for (size_t j = 0; avs_text_rules[i].wordings[j]; j++) {
            add_wording(phrases, &avs_text_rules[i], avs_text_rules[i].wordings[j]);
        }
    }
    for (size_t i = 0; i < AVS_COUNT(host_marks); i++) {
        char mark[AVS_NEEDLE_BYTES];
        (void)squeeze(mark, sizeof(mark), host_marks[i]);
        unsigned hash = begin_hash(mark);
        phrases->hosts[hash / 64] |= 1ull << (hash % 64);
    }
}

/* The first wording, in the order of the table, that stands in the text. `*ret_has_host`: words
 * that name a host may stand there. */
static const struct avs_wording *find_wording(const struct avs_phrases *phrases, const char *text,
                                              bool *ret_has_host) {
    char squeezed[TEXT_BYTES_MAX];
    size_t length = squeeze(squeezed, sizeof(squeezed), text);
    const struct avs_wording *found = NULL;
    *ret_has_host = false;
    for (size_t at = 0; at + BEGIN_BYTES <= length; at++) {
        unsigned hash = begin_hash(squeezed + at);
        *ret_has_host = *ret_has_host || ((phrases->hosts[hash / 64] >> (hash % 64)) & 1);
        for (size_t i = phrases->firsts[hash]; i > 0; i = phrases->wordings[i - 1].next) {
            const struct avs_wording *wording = &phrases->wordings[i - 1];
            if (found && wording >= found) {
                break;
            }
            if (wording->length <= length - at &&
                memcmp(squeezed + at, wording->needle, wording->length) == 0 &&
                strstr(squeezed, wording->also_needle)) {
                found = wording;
            }
        }
    }
    return found;
}

/* A name of some host, or an address; "was" or "port" is none. */
static size_t host_length(const char *text) {
    size_t length = strspn(text, AVS_HOST_BYTES);
    while (length > 0 && text[length - 1] == '.') {
        length--;
    }
    return memchr(text, '.', length) || strncmp(text, "localhost", 9) == 0 ? length : 0;
}

static bool find_host(char *host, size_t capacity, const char *text) {
    for (size_t i = 0; i < AVS_COUNT(host_marks); i++) {
        const char *found = strstr(text, host_marks[i]);
        size_t length = found ? host_length(found + strlen(host_marks[i])) : 0;
        if (length > 0) {
            avs_text_copy_bytes(host, capacity, found + strlen(host_marks[i]), length);
            return true;
        }
    }
    return false;
}

static struct avs_slice find_file(const char *text) {
    for (size_t i = 0; i < AVS_COUNT(file_marks); i++) {
        const char *found = strstr(text, file_marks[i]);
        if (found) {
            found += strlen(file_marks[i]);
            size_t length = strspn(found, AVS_PATH_BYTES);
            length -= length > 0 && found[length - 1] == ':';
            bool is_whole = length > 0 && (!found[length] || strchr(" \n,'\":", found[length]));
            return (struct avs_slice){found, is_whole ? length : 0};
        }
    }
    return (struct avs_slice){NULL, 0};
}

static bool is_avs_host(const char *host) {
    return strstr(host, "alexa") != NULL || strstr(host, "avs-") != NULL;
}

enum avs_scope avs_scope_of_host(const char *host) {
    return strcmp(host, "api.amazon.com") == 0        ? AVS_SCOPE_LOGIN
           : strcmp(host, "api.amazonalexa.com") == 0 ? AVS_SCOPE_CAPABILITIES
           : is_avs_host(host)                        ? AVS_SCOPE_GATEWAY
                                                      : AVS_SCOPE_ANY;
}

static void set_host(struct avs_attempt *attempt, const char *host) {
    AVS_TEXT_SET(attempt->host, host);
    attempt->scope = avs_scope_of_host(host);
}

/* The value behind `key` of a distinguished name, in any of the forms: "CN=x", "CN = x", "/CN=x".
 */
static bool find_part(char *value, size_t capacity, const char *name, const char *key) {
    size_t length = strlen(key);
    for (const char *at = name; (at = strstr(at, key)) != NULL; at++) {
        const char *from = at + length + strspn(at + length, " \\");
        if (*from != '=' || (at > name && !strchr(" ,;/:=", at[-1]))) {
            continue;
        }
        from += 1 + strspn(from + 1, " \"");
        size_t end = 0;
        while (from[end] && !strchr(";,/\"\n\\", from[end])) {
            end++;
        }
        avs_text_copy_bytes(value, capacity, from, end);
        return end > 0;
    }
    return false;
}

/* Somebody else vouches for an Amazon name. */
static void judge_issuer(struct avs_inspect *inspect, struct avs_attempt *attempt,
                         const char *issuer, const struct avs_sighting *seen) {
    char organisation[128] = "";
    const char *host = attempt->subject[0] ? attempt->subject : attempt->host;
    (void)find_part(organisation, sizeof(organisation), issuer, "O");
    bool is_public =
        avs_names_is_public_authority(organisation) && !avs_names_is_interceptor(issuer);
    if (!organisation[0] && !attempt->issuer[0]) {
        return;
    }
    if (!avs_names_is_amazon_host(host) || is_public) {
        return;
    }
    struct avs_sighting sighting = *seen;
    struct avs_tally *tally = &sighting.tally;
    tally->kind = AVS_TALLY_TEXT;
    tally->row = avs_text_rule_count; /* in no row: two lines say it */
    tally->scope = attempt->scope;
    tally->is_verify_reason = true;
    tally->is_clock_implausible = avs_inspect_is_implausible(inspect, seen->place.unix_ms);
    avs_text_format(tally->detail, sizeof(tally->detail), "issued by '%s'",
                    attempt->issuer[0] ? attempt->issuer : organisation);
    avs_inspect_set_cause(&sighting, AVS_CAUSE_INTERCEPTED, AVS_LIKELY, NULL, intercepting);
    sighting.host = attempt->host[0] ? attempt->host : NULL;
    avs_attempt_add(inspect, attempt, &sighting, false);
}

/* "subject: ..." and "issuer: ..." of libcurl, "subject=..." of s_client, " i:..." of its chain,
 * "depth=0 ..." of a certificate as it verifies it. */
static bool match_certificate(struct avs_inspect *inspect, struct avs_attempt *attempt,
                              const char *words, const struct avs_sighting *seen) {
    if (strncmp(words, "subject:", 8) == 0 || strncmp(words, "subject=", 8) == 0 ||
        strncmp(words, "depth=0 ", 8) == 0) {
        char name[sizeof(attempt->subject)] = "";
        bool has_name = find_part(name, sizeof(name), words + 7, "CN");
        const char *host = strncmp(name, "*.", 2) == 0 ? name + 2 : name;
        if (has_name && host_length(host) == strlen(host) && host[0]) {
            AVS_TEXT_SET(attempt->subject, host);
            if (!attempt->host[0] && host == name) {
                set_host(attempt, host);
            }
        }
        return true;
    }
    if (strncmp(words, "issuer:", 7) == 0 || strncmp(words, "issuer=", 7) == 0) {
        attempt->issuer[0] = '\0';
        (void)find_part(attempt->issuer, sizeof(attempt->issuer), words + 6, "CN");
        judge_issuer(inspect, attempt, words + 6, seen);
        return true;
    }
    return false;
}

/* How far the transfer has come, by libcurl's own words. */
static void note_progress(struct avs_inspect *inspect, struct avs_attempt *attempt,
                          const char *words) {
    static const struct {
        const char *words;
        enum { BEGINS, BEGINS_AGAIN, TCP_STANDS, TLS_STANDS } what;
    } steps[] = {
        {"Trying ", BEGINS},
        {"Connection died, retrying", BEGINS_AGAIN}, /* libcurl itself, on a new connection */
        {"Connected to ", TCP_STANDS},
        {"Established connection to ", TCP_STANDS},
        {"CONNECTED(", TCP_STANDS},
        {"SSL connection using", TLS_STANDS},
        {"ALPN, server ", TLS_STANDS},
        {"ALPN: server ", TLS_STANDS},
        {"Re-using existing", TLS_STANDS},
        {"Using HTTP2", TLS_STANDS},
        {"using HTTP/2", TLS_STANDS},
    };
    for (size_t i = 0; i < AVS_COUNT(steps); i++) {
        if (strncmp(words, steps[i].words, strlen(steps[i].words)) != 0) {
            continue;
        }
        if (steps[i].what == BEGINS) {
            avs_attempt_restart(inspect, attempt);
        } else if (steps[i].what == BEGINS_AGAIN) {
            avs_attempt_forgive(attempt);
        } else if (steps[i].what == TCP_STANDS) {
            avs_attempt_connected(inspect, attempt);
        } else {
            attempt->is_tls_up = true;
        }
    }
}

/* The same words mean another thing once TCP or TLS stands. */
static enum avs_cause cause_by_progress(const struct avs_attempt *attempt, enum avs_cause cause) {
    static const struct {
        enum avs_cause cause, with_tcp, with_tls;
    } turns[] = {
        {AVS_CAUSE_CONNECT_TIMEOUT, AVS_CAUSE_TLS_TIMEOUT, AVS_CAUSE_RESPONSE_TIMEOUT},
        {AVS_CAUSE_RESPONSE_TIMEOUT, AVS_CAUSE_TLS_TIMEOUT, AVS_CAUSE_RESPONSE_TIMEOUT},
        {AVS_CAUSE_TLS_ABORTED, AVS_CAUSE_TLS_ABORTED, AVS_CAUSE_CONNECTION_LOST},
        {AVS_CAUSE_PLAINTEXT_PEER, AVS_CAUSE_PLAINTEXT_PEER, AVS_CAUSE_CONNECTION_LOST},
    };
    for (size_t i = 0; i < AVS_COUNT(turns); i++) {
        if (turns[i].cause == cause) {
            return attempt->is_tls_up   ? turns[i].with_tls
                   : attempt->is_tcp_up ? turns[i].with_tcp
                                        : cause;
        }
    }
    return cause;
}

static void add_proof(struct avs_inspect *inspect, const struct avs_attempt *attempt,
                      const struct avs_sighting *sighting) {
    const struct avs_context *context = &inspect->context;
    bool is_foreign = attempt->writer[0] && (context->has_bare_records || context->writer_count);
    for (size_t i = 0; i < context->writer_count; i++) {
        is_foreign = is_foreign && strcmp(context->writers[i], attempt->writer) != 0;
    }
    bool is_intercepted = attempt->best.count > 0 && attempt->best.cause == AVS_CAUSE_INTERCEPTED;
    if (!is_foreign && !is_intercepted) {
        avs_inspect_add_proof(inspect, sighting->tally.scope, true, &sighting->place);
    }
}

static void apply_rule(struct avs_inspect *inspect, struct avs_attempt *attempt,
                       const struct avs_text_rule *rule, struct avs_sighting *sighting) {
    switch (rule->role) {
    case AVS_TEXT_FAILURE:
    case AVS_TEXT_HINT:
    case AVS_TEXT_VERIFY:
        avs_attempt_add(inspect, attempt, sighting, rule->role == AVS_TEXT_HINT);
        break;
    case AVS_TEXT_REFUSED: /* was put into other words before */
        break;
    case AVS_TEXT_PROOF:
        attempt->is_tls_up = true;
        add_proof(inspect, attempt, sighting);
        break;
    case AVS_TEXT_OFFER_H2:
        inspect->context.offers_h2 = true;
        break;
    case AVS_TEXT_OFFER_H1: /* OpenSSL offers both on lines of their own: judged at the end */
        sighting->tally.is_h1_offer = true;
        avs_inspect_add_failure(inspect, sighting);
        break;
    case AVS_TEXT_UNVERIFIED:
        inspect->context.is_unverified = true;
        avs_inspect_add_note(inspect, rule->says, sighting->place.line);
        break;
    }
}

/* One wording for OpenSSL's reasons, whoever prints them. */
static const struct avs_wording *find_refusal(const struct avs_phrases *phrases, const char *text) {
    char words[TEXT_BYTES_MAX];
    const char *reason = strrchr(text, ':');
    bool has_host;
    avs_text_format(words, sizeof(words), "%s%s", problem, reason ? reason + 1 : "");
    return find_wording(phrases, words, &has_host);
}

void avs_inspect_match_text(struct avs_inspect *inspect, const char *text,
                            const struct avs_sighting *seen) {
    const char *words = text + strspn(text, " *\t");
    /* the application's own traffic is no reason of libcurl's */
    if ((*words == '<' || *words == '>' || *words == '{' || *words == '}') && words[1] == ' ') {
        return;
    }
    char host[256];
    bool has_host = false;
    struct avs_sighting sighting = *seen;
    bool is_session = seen->stream.length == 0 || avs_slice_begins(seen->stream, "AVS") ||
                      avs_slice_is(seen->component, "HTTP2Stream");
    sighting.tally.scope = is_session ? seen->tally.scope : AVS_SCOPE_ANY;
    struct avs_attempt *attempt = avs_attempt_of(inspect, &sighting);
    const struct avs_wording *wording = find_wording(&inspect->phrases, text, &has_host);
    note_progress(inspect, attempt, words);
    if (seen->host) {
        set_host(attempt, seen->host);
    } else if (has_host && find_host(host, sizeof(host), text)) {
        set_host(attempt, host);
    }
    if (match_certificate(inspect, attempt, words, &sighting)) {
        return;
    }
    if (wording && wording->rule->role == AVS_TEXT_REFUSED) {
        wording = find_refusal(&inspect->phrases, text);
    }
    const struct avs_text_rule *rule = wording ? wording->rule : NULL;
    if (!rule || (rule->only_gateway && !is_avs_host(attempt->host))) {
        return;
    }
    struct avs_tally *tally = &sighting.tally;
    tally->scope = attempt->scope;
    sighting.host = attempt->host[0] ? attempt->host : NULL;
    sighting.path = find_file(text);
    tally->kind = AVS_TALLY_TEXT;
    tally->row = (size_t)(rule - avs_text_rules);
    tally->wording = (size_t)(wording - inspect->phrases.wordings);
    tally->is_clock_implausible = avs_inspect_is_implausible(inspect, sighting.place.unix_ms);
    tally->is_verify = tally->is_verify_reason = rule->role == AVS_TEXT_VERIFY;
    avs_inspect_set_cause(&sighting, cause_by_progress(attempt, rule->cause), rule->certainty,
                          rule->also, rule->says);
    apply_rule(inspect, attempt, rule, &sighting);
}
