/* SPDX-License-Identifier: Apache-2.0 */
/* The rules: what a line of which component means. Data only; match.c reads the tables. */
#ifndef AVS_INSPECT_RULES_H
#define AVS_INSPECT_RULES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <avs/inspect.h>

/** Who was being talked to. */
enum avs_scope {
    AVS_SCOPE_LOGIN = 1,   /* Login with Amazon */
    AVS_SCOPE_GATEWAY = 2, /* the AVS session */
    AVS_SCOPE_CAPABILITIES = 4,
    AVS_SCOPE_CONTENT = 8, /* audio and other media: any host */
    AVS_SCOPE_SETUP = 16,  /* before any connection */
    AVS_SCOPE_ANY = 31,
};

enum avs_role {
    AVS_ROLE_FAILURE,
    AVS_ROLE_RETRY,        /* one of the lines that tell of a try to connect that failed */
    AVS_ROLE_CURL,         /* carries a CURLcode or its text: see the table of codes */
    AVS_ROLE_ECHO,         /* follows a failure, says nothing by itself */
    AVS_ROLE_PROOF,        /* TLS and HTTP worked */
    AVS_ROLE_PENDING,      /* the same: the answer while a user has not entered the code yet */
    AVS_ROLE_STATUS,       /* the same: an HTTP status that is no success, about a later result */
    AVS_ROLE_PLAIN,        /* plain HTTP worked: names and routes do */
    AVS_ROLE_NOTE,         /* harmless, often mistaken for a cause */
    AVS_ROLE_CONNECTED,    /* an AVS session stands */
    AVS_ROLE_DROPPED,      /* the server ended it */
    AVS_ROLE_STOP,         /* the application ends: what fails after that fails because of it */
    AVS_ROLE_ATTEMPT,      /* a connection was tried: the log would show how that ended */
    AVS_ROLE_GATEWAY,      /* names the gateway */
    AVS_ROLE_SDK,          /* names the SDK's version */
    AVS_ROLE_LIBCURL,      /* names libcurl's version */
    AVS_ROLE_OWN,          /* this library's own line, with the cause's id in it */
    AVS_ROLE_OWN_TLS,      /* the same, with OpenSSL's words instead */
    AVS_ROLE_LIBCURL_TEXT, /* a line of libcurl's verbose output: see the table of texts */
};

/** Releases as 100 * major + minor: 1.26 is 126, 3.0 is 300; 0 = open. */
struct avs_releases {
    uint16_t from, until;
};

/** One kind of line. NULL matches anything. `event` may be "text*", a beginning. `value`: exact,
 *  "text*" a beginning, "4xx" a class of numbers; without a key "~text", anywhere in the record. */
struct avs_line_rule {
    const char *source, *event, *key, *value;
    struct avs_releases releases;
    enum avs_role role;
    enum avs_scope scope;
    enum avs_cause cause;
    enum avs_certainty certainty;
    const char *code_key; /* AVS_ROLE_CURL: where the number is, NULL = nowhere */
    const char *text_key; /* AVS_ROLE_CURL: where the text is */
    const char *says;
};

extern const struct avs_line_rule avs_line_rules[];
extern const size_t avs_line_rule_count;

struct avs_record;

/** The first of `count` rows from `first` on that fits; `release` 0 = unknown, then all do. NULL:
 *  none. */
const struct avs_line_rule *avs_line_rule_find(const struct avs_record *record, size_t first,
                                               size_t count, unsigned release);

/** What a CURLcode means. The first row for the code whose scope fits. */
struct avs_code_rule {
    int code;
    int scopes; /* of enum avs_scope */
    enum avs_cause cause;
    enum avs_cause cause_after_proof; /* when that peer had answered before; NONE = the same */
    enum avs_certainty certainty;
    enum avs_cause also[AVS_INSPECT_ALTERNATES_MAX]; /* ends at AVS_CAUSE_NONE */
    const char *says;
};

extern const struct avs_code_rule avs_code_rules[];
extern const size_t avs_code_rule_count;

/** The row for a code, NULL when there is none (then it is an unknown failure). */
const struct avs_code_rule *avs_code_rule(int code, enum avs_scope scope);

/** libcurl's release as far as its messages tell. 7.62.0 merged code 51 into 60. */
enum avs_curl_era { AVS_CURL_UNKNOWN, AVS_CURL_OLD, AVS_CURL_NEW };

/** The code of a curl_easy_strerror text; blanks and escapes are ignored, a cut text will do.
 *  -1 when it is none, 0 for "No error". `*ret_ambiguous`: the text belongs to 51 or to 60,
 *  depending on the release, and `era` did not say. */
int avs_code_from_text(const char *text, enum avs_curl_era era, bool *ret_ambiguous);

/** What a code and its text together tell about libcurl's release. */
enum avs_curl_era avs_era_from_pair(long code, const char *text);

/** "Error": libcurl was built with --disable-verbose; only the number counts. */
bool avs_code_text_is_mute(const char *text);

/** What words of libcurl's verbose output mean. */
enum avs_text_role {
    AVS_TEXT_FAILURE,
    AVS_TEXT_HINT,     /* why one address failed; the next one may answer */
    AVS_TEXT_REFUSED,  /* OpenSSL's reason follows, as behind "SSL certificate problem:" */
    AVS_TEXT_VERIFY,   /* the reason of a refused certificate: sharper than any code */
    AVS_TEXT_PROOF,    /* TLS verified, or HTTP spoken */
    AVS_TEXT_OFFER_H1, /* ALPN offers, to be compared */
    AVS_TEXT_OFFER_H2,
    AVS_TEXT_UNVERIFIED, /* a note: verification is switched off */
};

/** One fact in all its wordings. A wording is "words" or "words|and words", which must both be
 *  there; blanks, backslashes and letter case do not count. The first wording that fits wins. */
struct avs_text_rule {
    enum avs_text_role role;
    bool only_gateway; /* means something only when an AVS host was being talked to */
    enum avs_cause cause;
    enum avs_certainty certainty;
    const enum avs_cause *also; /* ends at NONE, or NULL */
    const char *says;
    const char *const *wordings; /* ends at NULL */
};

extern const struct avs_text_rule avs_text_rules[];
extern const size_t avs_text_rule_count;

/** Unix seconds of the SDK release "1.26[.x]" (less a margin), or the floor when it is not known;
 *  -1 when the text is no version. `*ret_release` = 100 * major + minor. */
int64_t avs_release_floor(const char *version, unsigned *ret_release);

/** No AVS device is older than this (February 2017). */
int64_t avs_release_floor_any(void);

#endif
