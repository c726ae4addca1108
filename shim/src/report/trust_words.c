/* Words about a refused chain. */
#include "report/trust_words.h"

#include <string.h>

#include "base/flow.h"
#include "base/text.h"

#define TIME_BYTES 40

typedef void (*detail_fn)(const struct avs_trust_words_subject *subject, char *field,
                          size_t capacity);

static void about_root(const struct avs_trust_words_subject *subject, char *field,
                       size_t capacity) {
    const struct avs_trust_facts *trust = &subject->tls->trust;
    if (trust->closes_with_ats_roots) {
        avs_text_format(field, capacity, "Missing root: %s, SHA-256 %s.", trust->closing_root,
                        trust->closing_sha256);
    } else if (trust->issuer_known_by_name) {
        avs_text_format(field, capacity,
                        "The store has a certificate named %s, but its key did not sign this "
                        "chain.",
                        trust->missing_issuer);
    } else if (trust->missing_issuer[0]) {
        avs_text_format(field, capacity, "Missing issuer: %s. It is no Amazon Trust Services root.",
                        trust->missing_issuer);
    }
}

static void about_intermediate(const struct avs_trust_words_subject *subject, char *field,
                               size_t capacity) {
    const struct avs_trust_facts *trust = &subject->tls->trust;
    avs_text_format(field, capacity, "Left out: %s%s%s%s.", trust->missing_issuer,
                    trust->issuer_url[0] ? " (published at " : "", trust->issuer_url,
                    trust->issuer_url[0] ? ", not fetched)" : "");
}

static void about_interception(const struct avs_trust_words_subject *subject, char *field,
                               size_t capacity) {
    avs_text_format(field, capacity, "Vouched for by: %s.", subject->tls->trust.intercepted_by);
}

static void about_host(const struct avs_trust_words_subject *subject, char *field,
                       size_t capacity) {
    const char *names = subject->tls->chain_length > 0 ? subject->tls->chain[0].names : "";
    avs_text_format(field, capacity, "Asked for %s; the certificate offers %s.", subject->host,
                    names[0] ? names : "no name at all (a common name does not count)");
}

static void about_times(const struct avs_trust_words_subject *subject, char *field,
                        size_t capacity) {
    const struct avs_trust_facts *trust = &subject->tls->trust;
    char at[TIME_BYTES];
    char from[TIME_BYTES];
    char until[TIME_BYTES];
    avs_text_utc(at, sizeof(at), subject->at);
    avs_text_utc(from, sizeof(from), trust->problem_not_before);
    avs_text_utc(until, sizeof(until), trust->problem_not_after);
    avs_text_format(field, capacity, "%s is valid from %s until %s; this device's clock says %s.",
                    trust->problem_subject[0] ? trust->problem_subject : "It", from, until, at);
}

static void about_clock(const struct avs_trust_words_subject *subject, char *field,
                        size_t capacity) {
    const struct avs_trust_facts *trust = &subject->tls->trust;
    char at[TIME_BYTES];
    char build[TIME_BYTES];
    avs_text_utc(at, sizeof(at), subject->at);
    avs_text_utc(build, sizeof(build), subject->build_time);
    avs_text_format(field, capacity, "The clock says %s; this program was built on %s.", at, build);
    if (trust->valid_at_other_time) {
        size_t length = strlen(field);
        char from[TIME_BYTES];
        char until[TIME_BYTES];
        avs_text_utc(from, sizeof(from), trust->good_from);
        avs_text_utc(until, sizeof(until), trust->good_until);
        avs_text_format(field + length, capacity - length,
                        " The whole chain is good from %s until %s.", from, until);
    }
}

static void about_problem(const struct avs_trust_words_subject *subject, char *field,
                          size_t capacity) {
    const struct avs_trust_facts *trust = &subject->tls->trust;
    if (trust->problem_subject[0]) {
        avs_text_format(field, capacity, "It is %s.", trust->problem_subject);
    }
}

static void about_error(const struct avs_trust_words_subject *subject, char *field,
                        size_t capacity) {
    const struct avs_trust_facts *trust = &subject->tls->trust;
    avs_text_format(field, capacity, "OpenSSL says: %s (error %d at certificate %d).",
                    trust->verify_text, trust->verify_error, trust->verify_depth);
}

static void about_anchor(const struct avs_trust_words_subject *subject, char *field,
                         size_t capacity) {
    const struct avs_trust_facts *trust = &subject->tls->trust;
    avs_text_format(field, capacity, "The chain ends in %s, SHA-256 %s.", trust->anchor_subject,
                    trust->anchor_sha256);
}

static void about_store(const struct avs_trust_words_subject *subject, char *field,
                        size_t capacity) {
    const struct avs_trust_facts *trust = &subject->tls->trust;
    avs_text_format(field, capacity, "%s: %s.",
                    trust->ca_file[0] && trust->store_state != AVS_STORE_NOT_HASHED
                        ? trust->ca_file
                        : trust->ca_path,
                    trust->store_detail);
}

static const struct {
    enum avs_cause cause;
    detail_fn detail;
} details[] = {
    {AVS_CAUSE_ROOT_MISSING, about_root},
    {AVS_CAUSE_INTERMEDIATE_MISSING, about_intermediate},
    {AVS_CAUSE_INTERCEPTED, about_interception},
    {AVS_CAUSE_HOSTNAME_MISMATCH, about_host},
    {AVS_CAUSE_CERT_EXPIRED, about_times},
    {AVS_CAUSE_CERT_NOT_YET_VALID, about_times},
    {AVS_CAUSE_CLOCK_WRONG, about_clock},
    {AVS_CAUSE_WEAK_SIGNATURE, about_problem},
    {AVS_CAUSE_WRONG_PURPOSE, about_problem},
    {AVS_CAUSE_CERT_INVALID, about_error},
    {AVS_CAUSE_CROSS_SIGNED_ANCHOR, about_anchor},
    {AVS_CAUSE_NOT_ATS, about_anchor},
    {AVS_CAUSE_CA_FILE_UNREADABLE, about_store},
    {AVS_CAUSE_CA_FILE_INVALID, about_store},
    {AVS_CAUSE_CA_PATH_NOT_HASHED, about_store},
};

void avs_trust_words_detail(const struct avs_trust_words_subject *subject, enum avs_cause cause,
                            char *field, size_t capacity) {
    field[0] = '\0';
    for (size_t i = 0; i < AVS_COUNT(details); i++) {
        if (details[i].cause == cause) {
            details[i].detail(subject, field, capacity);
        }
    }
}

/* `trust install` has Amazon's own roots only; a test bed's root is added by hand. */
static const char *command_template(const struct avs_trust_words_subject *subject,
                                    enum avs_cause cause) {
    if (cause == AVS_CAUSE_ROOT_MISSING) {
        return subject->tls->trust.closes_with_ats_roots && subject->tls->trust.path_is_public_ats
                   ? "sudo avs-shim trust install --only '{root}' --apply"
                   : NULL;
    }
    return avs_cause_info(cause)->command;
}

void avs_trust_words_command(const struct avs_trust_words_subject *subject, enum avs_cause cause,
                             char *field, size_t capacity) {
    const struct avs_trust_facts *trust = &subject->tls->trust;
    const struct {
        const char *mark, *value;
    } marks[] = {
        {"{host}", subject->host[0] ? subject->host : "HOST"},
        {"{port}", "443"},
        {"{ca_file}", trust->ca_file[0] ? trust->ca_file : "FILE"},
        {"{ca_path}", trust->ca_path[0] ? trust->ca_path : "DIR"},
        {"{root}", trust->closing_root},
    };
    const char *text = command_template(subject, cause);
    size_t length = 0;
    field[0] = '\0';
    while (text && *text && length + 1 < capacity) {
        const char *piece = NULL;
        for (size_t i = 0; *text == '{' && i < AVS_COUNT(marks); i++) {
            if (strncmp(text, marks[i].mark, strlen(marks[i].mark)) == 0) {
                piece = marks[i].value;
                text += strlen(marks[i].mark);
                break;
            }
        }
        if (piece) {
            avs_text_copy(field + length, capacity - length, piece);
            length += strlen(field + length);
        } else {
            field[length++] = *text++;
            field[length] = '\0';
        }
    }
}
