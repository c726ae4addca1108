/* SPDX-License-Identifier: Apache-2.0 */
/* See fact.h. A row for each cause whose decisive fact is in the evidence; for the others the
 * catalogue's own words, with what the phase left behind. */
#include "verdict/fact.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/flow.h"
#include "base/text.h"

#define NAMES_SHOWN_BYTES 160 /* of a certificate with hundreds of them */
#define WHERE_BYTES       (AVS_NAME_BYTES + 80)
#define DAY_S             (24 * 60 * 60)

/* CURLcodes, part of libcurl's ABI; this module does not include its headers. */
enum { CURL_NO_PROXY_NAME = 5, CURL_NO_CONNECTION = 7, CURL_TIMED_OUT = 28 };

struct view {
    enum avs_cause cause;
    const struct avs_session_evidence *evidence;
    const char *host;
    int64_t wall_clock;
    char meaning[160]; /* the catalogue's, without its end stop */
    char *text;        /* of AVS_FACT_BYTES */
};

#define SAY(view, ...) avs_text_format((view)->text, AVS_FACT_BYTES, __VA_ARGS__)

static const char *either(const char *first, const char *second) {
    return first[0] ? first : second;
}

/* ---------------------------------------------------------------- the way there */

/* "name:443 at 1.2.3.4 (interface eth0)" */
static void put_target(const struct avs_dial_facts *dial, char *where, size_t capacity) {
    char authority[AVS_NAME_BYTES + 8];
    bool is_v6 = strchr(dial->host, ':') != NULL;
    avs_text_format(authority, sizeof(authority), "%s%s%s:%u", is_v6 ? "[" : "", dial->host,
                    is_v6 ? "]" : "", dial->port);
    bool has_address =
        !dial->proxy[0] && dial->address[0] && strcmp(dial->address, dial->host) != 0;
    avs_text_format(where, capacity, "%s%s%s%s%s", authority, has_address ? " at " : "",
                    has_address ? dial->address : "", dial->interface_name[0] ? " by way of " : "",
                    dial->interface_name);
}

/* " (Connection refused)" */
static void put_errno(const struct avs_dial_facts *dial, char *text, size_t capacity) {
    avs_text_format(text, capacity, "%s%s%s", dial->os_errno ? " (" : "",
                    dial->os_errno ? strerror(dial->os_errno) : "", dial->os_errno ? ")" : "");
}

static void say_dns(const struct view *view) {
    SAY(view, "the host name %s does not resolve", view->evidence->dial.host);
}

static void say_dial(const struct view *view) {
    static const struct {
        enum avs_cause cause;
        const char *words;
    } rows[] = {
        {AVS_CAUSE_CONNECT_REFUSED, "refused the TCP connection"},
        {AVS_CAUSE_CONNECT_TIMEOUT, "did not answer the TCP connection"},
        {AVS_CAUSE_NETWORK_UNREACHABLE, "cannot be reached"},
    };
    char where[WHERE_BYTES], why[80];
    put_target(&view->evidence->dial, where, sizeof(where));
    put_errno(&view->evidence->dial, why, sizeof(why));
    for (size_t i = 0; i < AVS_COUNT(rows); i++) {
        if (rows[i].cause == view->cause) {
            SAY(view, "%s %s%s", where, rows[i].words, why);
        }
    }
}

static void say_interface(const struct view *view) {
    SAY(view, "the interface %s (CURLOPT_INTERFACE) does not exist here or has no address",
        view->evidence->dial.interface_name);
}

/* What a proxy's answer to CONNECT means. */
static const char *status_words(int status) {
    switch (status) {
    case 401:
    case 407:
        return "it wants other credentials";
    case 403:
    case 405:
        return "it does not allow that target";
    case 502:
    case 503:
    case 504:
        return "it cannot reach that target";
    default:
        return "it refused";
    }
}

static void say_proxy(const struct view *view) {
    const struct avs_dial_facts *dial = &view->evidence->dial;
    char target[WHERE_BYTES], why[80];
    put_target(dial, target, sizeof(target));
    put_errno(dial, why, sizeof(why));
    if (dial->proxy_status >= 300) {
        SAY(view, "the proxy %s answered %d to CONNECT %s: %s", dial->proxy, dial->proxy_status,
            target, status_words(dial->proxy_status));
    } else if (dial->curl_code == CURL_NO_PROXY_NAME) {
        SAY(view, "the proxy's name in %s does not resolve", dial->proxy);
    } else if (dial->curl_code == CURL_NO_CONNECTION) {
        SAY(view, "the proxy %s cannot be reached%s", dial->proxy, why);
    } else if (dial->curl_code == CURL_TIMED_OUT) {
        SAY(view, "the proxy %s did not answer CONNECT %s in time", dial->proxy, target);
    } else {
        SAY(view, "the proxy %s did not let us through to %s%s (libcurl error %d)", dial->proxy,
            target, why, dial->curl_code);
    }
}

/* ---------------------------------------------------------------- TLS */

static void put_tls_detail(const struct avs_tls_facts *tls, char *text, size_t capacity) {
    if (tls->alert_received > 0) {
        avs_text_format(text, capacity, " (it sent alert %d)", tls->alert_received);
    } else if (tls->openssl_error[0]) {
        avs_text_format(text, capacity, " (%s)", tls->openssl_error);
    } else {
        text[0] = '\0';
    }
}

static void say_tls(const struct view *view) {
    char where[WHERE_BYTES], detail[200];
    put_target(&view->evidence->dial, where, sizeof(where));
    put_tls_detail(&view->evidence->tls, detail, sizeof(detail));
    SAY(view, "%s: %s%s", view->meaning, where, detail);
}

static void say_no_http2(const struct view *view) {
    const struct avs_tls_facts *tls = &view->evidence->tls;
    if (tls->alert_received > 0 || strcmp(tls->alpn, "h2") == 0) {
        say_tls(view);
        return;
    }
    SAY(view, "TLS stands (%s), but of the offered \"%s\" the server chose %s%s%s", tls->version,
        tls->alpn_offered, tls->alpn[0] ? "\"" : "", either(tls->alpn, "nothing"),
        tls->alpn[0] ? "\"" : "");
}

/* ---------------------------------------------------------------- trust */

/* "the CA file /etc/ssl/cert.pem (named by the config)" */
static void put_store(const struct avs_trust_facts *trust, char *text, size_t capacity) {
    avs_text_format(text, capacity, "%s%s%s%s%s (from: %s)",
                    trust->store.ca_file[0] ? "the CA file " : "", trust->store.ca_file,
                    trust->store.ca_file[0] && trust->store.ca_path[0] ? " and " : "",
                    trust->store.ca_path[0]   ? "the CA folder "
                    : trust->store.ca_file[0] ? ""
                                              : "the trust store",
                    trust->store.ca_path, either(trust->store.source, "default"));
}

static const struct avs_cert_facts *leaf_of(const struct view *view) {
    static const struct avs_cert_facts none;
    return view->evidence->tls.chain_length > 0 ? &view->evidence->tls.chain[0] : &none;
}

static void say_root(const struct view *view) {
    const struct avs_tls_facts *tls = &view->evidence->tls;
    const struct avs_trust_facts *trust = &tls->trust;
    char store[2 * AVS_NAME_BYTES + 80];
    put_store(trust, store, sizeof(store));
    const char *last = tls->chain_length > 0 ? tls->chain[tls->chain_length - 1].issuer : "";
    const char *root =
        either(trust->refusal.closing_root, either(trust->refusal.missing_issuer, last));
    SAY(view, "the chain ends in the root \"%s\", which is not in %s%s", root, store,
        trust->refusal.issuer_known_by_name ? "; one of that name is, with another key" : "");
}

static void say_intermediate(const struct view *view) {
    SAY(view, "the server did not send the intermediate certificate \"%s\" that signed \"%s\"",
        view->evidence->tls.trust.refusal.missing_issuer, leaf_of(view)->subject);
}

static void say_self_signed(const struct view *view) {
    char store[2 * AVS_NAME_BYTES + 80];
    put_store(&view->evidence->tls.trust, store, sizeof(store));
    SAY(view, "the certificate \"%s\" is signed by itself and not in %s", leaf_of(view)->subject,
        store);
}

static void say_anchor(const struct view *view) {
    const struct avs_trust_facts *trust = &view->evidence->tls.trust;
    SAY(view, "the chain is trusted, but it ends in \"%s\"", trust->gate.anchor_subject);
}

static void say_interceptor(const struct view *view) {
    const struct avs_tls_facts *tls = &view->evidence->tls;
    const char *last = tls->chain_length > 0 ? tls->chain[tls->chain_length - 1].issuer : "";
    SAY(view, "\"%s\" vouches for %s, not Amazon", either(tls->trust.refusal.intercepted_by, last),
        view->host);
}

static void say_names(const struct view *view) {
    const char *names = leaf_of(view)->names;
    size_t length = strlen(names);
    if (length == 0) {
        SAY(view, "asked for %s; the certificate \"%s\" has no subjectAltName", view->host,
            leaf_of(view)->subject);
        return;
    }
    bool is_cut = length > NAMES_SHOWN_BYTES;
    SAY(view, "asked for %s; the certificate is for %.*s%s", view->host,
        is_cut ? NAMES_SHOWN_BYTES : (int)length, names, is_cut ? "..." : "");
}

static void say_dates(const struct view *view) {
    const struct avs_trust_facts *trust = &view->evidence->tls.trust;
    bool is_late = view->cause == AVS_CAUSE_CERT_EXPIRED;
    int64_t limit = is_late ? trust->refusal.problem_not_after : trust->refusal.problem_not_before;
    int64_t days = (is_late ? view->wall_clock - limit : limit - view->wall_clock) / DAY_S;
    char date[40], now[40];
    avs_text_utc(date, sizeof(date), limit);
    avs_text_utc(now, sizeof(now), view->wall_clock);
    SAY(view, "\"%s\" %s %s, %lld day%s %s this device's time, %s",
        either(trust->refusal.problem_subject, leaf_of(view)->subject),
        is_late ? "expired on" : "is valid from", date, (long long)days, days == 1 ? "" : "s",
        is_late ? "before" : "after", now);
}

static void say_clock(const struct view *view) {
    const struct avs_trust_facts *trust = &view->evidence->tls.trust;
    char from[40], until[40], now[40];
    avs_text_utc(now, sizeof(now), view->wall_clock);
    if (trust->refusal.valid_at_other_time) {
        avs_text_utc(from, sizeof(from), trust->refusal.good_from);
        avs_text_utc(until, sizeof(until), trust->refusal.good_until);
        SAY(view, "this device's time is %s; the certificates are good from %s to %s", now, from,
            until);
    } else {
        avs_text_utc(from, sizeof(from), avs_clock_build_time());
        SAY(view, "this device's time is %s, earlier than the day this library was built, %s", now,
            from);
    }
}

/* Weak, wrong purpose, any other refusal: OpenSSL's words, and about which certificate. */
static void say_refusal(const struct view *view) {
    const struct avs_trust_facts *trust = &view->evidence->tls.trust;
    SAY(view, "%s: \"%s\"", either(trust->gate.verify_text, view->meaning),
        either(trust->refusal.problem_subject, leaf_of(view)->subject));
}

static void say_store(const struct view *view) {
    const struct avs_trust_facts *trust = &view->evidence->tls.trust;
    char store[2 * AVS_NAME_BYTES + 80];
    put_store(trust, store, sizeof(store));
    SAY(view, "%s: %s", store, either(trust->store.detail, view->meaning));
}

/* ---------------------------------------------------------------- the table */

static const struct {
    enum avs_cause cause;
    void (*say)(const struct view *view);
} rows[] = {
    {AVS_CAUSE_DNS_FAILED, say_dns},
    {AVS_CAUSE_CONNECT_REFUSED, say_dial},
    {AVS_CAUSE_CONNECT_TIMEOUT, say_dial},
    {AVS_CAUSE_NETWORK_UNREACHABLE, say_dial},
    {AVS_CAUSE_INTERFACE_MISSING, say_interface},
    {AVS_CAUSE_PROXY_FAILED, say_proxy},
    {AVS_CAUSE_TLS_ABORTED, say_tls},
    {AVS_CAUSE_TLS_TIMEOUT, say_tls},
    {AVS_CAUSE_TLS_VERSION, say_tls},
    {AVS_CAUSE_TLS_NO_CIPHER, say_tls},
    {AVS_CAUSE_TLS_FAILED, say_tls},
    {AVS_CAUSE_PLAINTEXT_PEER, say_tls},
    {AVS_CAUSE_ALPN_REJECTED, say_tls},
    {AVS_CAUSE_CLIENT_CERT_REQUIRED, say_tls},
    {AVS_CAUSE_HTTP2_MISSING, say_no_http2},
    {AVS_CAUSE_ROOT_MISSING, say_root},
    {AVS_CAUSE_INTERMEDIATE_MISSING, say_intermediate},
    {AVS_CAUSE_SELF_SIGNED, say_self_signed},
    {AVS_CAUSE_CROSS_SIGNED_ANCHOR, say_anchor},
    {AVS_CAUSE_NOT_ATS, say_anchor},
    {AVS_CAUSE_INTERCEPTED, say_interceptor},
    {AVS_CAUSE_HOSTNAME_MISMATCH, say_names},
    {AVS_CAUSE_CERT_EXPIRED, say_dates},
    {AVS_CAUSE_CERT_NOT_YET_VALID, say_dates},
    {AVS_CAUSE_CLOCK_WRONG, say_clock},
    {AVS_CAUSE_WEAK_SIGNATURE, say_refusal},
    {AVS_CAUSE_WRONG_PURPOSE, say_refusal},
    {AVS_CAUSE_CERT_INVALID, say_refusal},
    {AVS_CAUSE_CA_FILE_UNREADABLE, say_store},
    {AVS_CAUSE_CA_FILE_INVALID, say_store},
    {AVS_CAUSE_CA_PATH_NOT_HASHED, say_store},
};

void avs_fact_describe(enum avs_cause cause, const struct avs_session_evidence *evidence,
                       const char *host, int64_t wall_clock, char ret_text[AVS_FACT_BYTES]) {
    struct view view = {cause, evidence, host, wall_clock, "", ret_text};
    AVS_TEXT_SET(view.meaning, avs_cause_info(cause)->meaning);
    size_t length = strlen(view.meaning);
    if (length > 0 && view.meaning[length - 1] == '.') {
        view.meaning[length - 1] = '\0';
    }
    avs_text_copy(ret_text, AVS_FACT_BYTES, view.meaning);
    for (size_t i = 0; evidence && i < AVS_COUNT(rows); i++) {
        if (rows[i].cause == cause) {
            rows[i].say(&view);
        }
    }
    avs_text_make_printable(ret_text); /* a peer wrote parts of it */
}
