/* libcurl's verbose output: find the phrase, the host it is about, and the file it names. */
#include <string.h>

#include "base/flow.h"
#include "base/text.h"
#include "inspect/inspect.h"

enum {
    TEXT_BYTES_MAX = 2048, /* libcurl's own lines end before this */
    BEGIN_BYTES = 8,       /* no phrase is shorter, blanks not counted */
};

/* Words right before a host name. */
static const char *const host_marks[] = {
    "Connected to ",     "resolve host: ",        "resolve host '",  "target host name '",
    "in connection to ", "Failed to connect to ", "resolve proxy: ", "Trying to connect to ",
};

/* Words right before a CA file. */
static const char *const file_marks[] = {"CAfile: ", "certificate file: ", "cert file "};

/* Blanks and newlines count in neither phrase nor text, since captures wrap. */
static size_t squeeze(char *squeezed, size_t capacity, const char *text) {
    size_t length = 0;
    for (; *text && length + 1 < capacity; text++) {
        squeezed[length] = *text;
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

static void set_bit(uint64_t *bits, unsigned bit) {
    bits[bit / 64] |= 1ull << (bit % 64);
}

static bool has_bit(const uint64_t *bits, unsigned bit) {
    return (bits[bit / 64] >> (bit % 64)) & 1;
}

void avs_phrases_init(struct avs_phrases *phrases) {
    memset(phrases, 0, sizeof(*phrases));
    for (size_t i = 0; i < avs_text_rule_count && i < AVS_TEXT_RULES_MAX; i++) {
        const struct avs_text_rule *rule = &avs_text_rules[i];
        phrases->rules[i].length =
            squeeze(phrases->rules[i].needle, AVS_NEEDLE_BYTES, rule->needle);
        if (rule->also_needle) {
            squeeze(phrases->rules[i].also_needle, AVS_NEEDLE_BYTES, rule->also_needle);
        }
        set_bit(phrases->begins, begin_hash(phrases->rules[i].needle));
    }
    for (size_t i = 0; i < AVS_COUNT(host_marks); i++) {
        char mark[AVS_NEEDLE_BYTES];
        squeeze(mark, sizeof(mark), host_marks[i]);
        set_bit(phrases->hosts, begin_hash(mark));
    }
}

/* The first rule whose phrases stand in the text. `*ret_has_host`: a host may be named in it. */
static const struct avs_text_rule *find_rule(const struct avs_phrases *phrases, const char *text,
                                             bool *ret_has_host) {
    char squeezed[TEXT_BYTES_MAX];
    size_t length = squeeze(squeezed, sizeof(squeezed), text);
    size_t found = avs_text_rule_count;
    *ret_has_host = false;
    for (size_t at = 0; at + BEGIN_BYTES <= length; at++) {
        unsigned hash = begin_hash(squeezed + at);
        *ret_has_host = *ret_has_host || has_bit(phrases->hosts, hash);
        if (!has_bit(phrases->begins, hash)) {
            continue;
        }
        for (size_t i = 0; i < found; i++) {
            if (phrases->rules[i].length <= length - at &&
                memcmp(squeezed + at, phrases->rules[i].needle, phrases->rules[i].length) == 0 &&
                strstr(squeezed, phrases->rules[i].also_needle)) {
                found = i;
            }
        }
    }
    return found < avs_text_rule_count ? &avs_text_rules[found] : NULL;
}

static bool find_host(char *host, size_t capacity, const char *text) {
    for (size_t i = 0; i < AVS_COUNT(host_marks); i++) {
        const char *found = strstr(text, host_marks[i]);
        if (!found) {
            continue;
        }
        found += strlen(host_marks[i]);
        size_t length = strspn(found, AVS_HOST_BYTES);
        while (length > 0 && found[length - 1] == '.') {
            length--;
        }
        if (length > 0) {
            avs_text_copy_bytes(host, capacity, found, length);
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
            bool is_whole = length > 0 && (!found[length] || strchr(" \n,'\"", found[length]));
            return (struct avs_slice){found, is_whole ? length : 0};
        }
    }
    return (struct avs_slice){NULL, 0};
}

static bool is_avs_host(const char *host) {
    return strstr(host, "alexa") != NULL || strstr(host, "avs-") != NULL;
}

static enum avs_scope scope_of_host(const char *host) {
    return strcmp(host, "api.amazon.com") == 0        ? AVS_SCOPE_LOGIN
           : strcmp(host, "api.amazonalexa.com") == 0 ? AVS_SCOPE_CAPABILITIES
           : is_avs_host(host)                        ? AVS_SCOPE_GATEWAY
                                                      : AVS_SCOPE_ANY;
}

void avs_inspect_match_text(struct avs_inspect *inspect, const char *text,
                            const struct avs_sighting *seen) {
    /* the application's own traffic is no reason of libcurl's */
    const char *words = text + strspn(text, " ");
    if ((*words == '<' || *words == '>' || *words == '{' || *words == '}') && words[1] == ' ') {
        return;
    }
    char host[256];
    bool has_host = false;
    const struct avs_text_rule *rule = find_rule(&inspect->phrases, text, &has_host);
    if (has_host && find_host(host, sizeof(host), text)) {
        AVS_TEXT_SET(inspect->libcurl_host, host);
    }
    if (!rule || (rule->only_gateway && !is_avs_host(inspect->libcurl_host))) {
        return;
    }
    struct avs_sighting sighting = *seen;
    struct avs_tally *tally = &sighting.tally;
    if (inspect->libcurl_host[0]) {
        sighting.host = inspect->libcurl_host;
        tally->scope = scope_of_host(inspect->libcurl_host);
    }
    tally->kind = AVS_TALLY_TEXT;
    tally->row = (size_t)(rule - avs_text_rules);
    tally->is_clock_implausible = avs_inspect_is_implausible(inspect, sighting.place.unix_ms);
    tally->cause = rule->cause;
    tally->certainty = rule->certainty;
    tally->also = rule->also;
    tally->says = rule->says;
    switch (rule->role) {
    case AVS_TEXT_FAILURE:
    case AVS_TEXT_VERIFY:
        tally->is_verify = tally->is_verify_reason = rule->role == AVS_TEXT_VERIFY;
        sighting.path = find_file(text);
        avs_inspect_add_failure(inspect, &sighting);
        break;
    case AVS_TEXT_PROOF:
        avs_inspect_add_proof(inspect, tally->scope, true, &sighting.place);
        break;
    case AVS_TEXT_OFFER_H2:
        inspect->offers_h2 = true;
        break;
    case AVS_TEXT_OFFER_H1: /* OpenSSL offers both on lines of their own: judged at the end */
        tally->cause = AVS_CAUSE_HTTP2_UNSUPPORTED_BY_LIBCURL;
        tally->certainty = AVS_LIKELY;
        avs_inspect_add_failure(inspect, &sighting);
        break;
    case AVS_TEXT_NOTE:
        avs_inspect_add_note(inspect, rule->says, sighting.place.line);
        break;
    }
}
