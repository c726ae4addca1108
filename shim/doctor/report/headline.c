/* SPDX-License-Identifier: Apache-2.0 */
/* See headline.h: a row for each cause whose decisive fact is in the evidence. */
#include "report/headline.h"

#include <ctype.h>
#include <string.h>

#include "base/flow.h"
#include "base/text.h"

#define DAY_S      (24 * 60 * 60)
#define DATE_CHARS 10 /* of "2026-11-21 19:03:32 UTC" */
#define UTC_BYTES  40
#define PEER_BYTES (AVS_NAME_BYTES + 8)

/* CURLcodes, part of libcurl's ABI; this module does not include its headers. */
enum { CURL_NO_PROXY_NAME = 5, CURL_NO_CONNECTION = 7, CURL_TIMED_OUT = 28, CURL_PROXY = 97 };

struct view {
    enum avs_cause cause;
    const struct avs_evidence *evidence;
    const struct avs_session_evidence *session;
    char *text; /* of AVS_HEADLINE_BYTES */
};

#define SAY(view, ...) avs_text_format((view)->text, AVS_HEADLINE_BYTES, __VA_ARGS__)

static const char *either(const char *first, const char *second) {
    return first[0] ? first : second;
}

/* The common name of a distinguished name, or all of it: the first line has no room for more. */
static const char *common_name(const char *name, char short_name[AVS_NAME_BYTES]) {
    const char *at = strncmp(name, "CN=", 3) == 0 ? name : strstr(name, ",CN=");
    at = at ? strchr(at, '=') + 1 : name;
    avs_text_copy_bytes(short_name, AVS_NAME_BYTES, at, at == name ? strlen(at) : strcspn(at, ","));
    return short_name;
}

static void say_dns(const struct view *view) {
    const struct avs_dns_facts *dns = &view->evidence->dns;
    const char *host = view->session->dial.host;

    switch (dns->answer) {
    case AVS_DNS_NO_SERVER:
        SAY(view, "no resolver in /etc/resolv.conf");
        return;
    case AVS_DNS_SILENT:
        SAY(view, "resolver %s did not answer", dns->server);
        return;
    case AVS_DNS_UNREACHABLE:
        SAY(view, "resolver %s cannot be reached", dns->server);
        return;
    case AVS_DNS_NXDOMAIN:
        SAY(view, "no such name, by %s", dns->server); /* the name is in the line already */
        return;
    case AVS_DNS_NO_ADDRESS:
        SAY(view, "no address, by %s", dns->server);
        return;
    case AVS_DNS_SERVFAIL:
        SAY(view, "resolver %s failed (SERVFAIL)", dns->server);
        return;
    case AVS_DNS_REFUSED:
        SAY(view, "resolver %s refuses to answer this device", dns->server);
        return;
    case AVS_DNS_ANSWERS:
        SAY(view, "the name did not resolve in time; resolver %s knows it", dns->server);
        return;
    case AVS_DNS_NOT_ASKED:
    case AVS_DNS_COUNT:
        break;
    }
    SAY(view, "the name %s does not resolve", host);
}

/* "10.0.0.7:443", "[::1]:443"; the name where no address is known. */
static void put_peer(const struct avs_dial_facts *dial, char peer[PEER_BYTES]) {
    const char *host = either(dial->address, dial->host);
    bool brackets = strchr(host, ':') != NULL;
    avs_text_format(peer, PEER_BYTES, "%s%s%s:%u", brackets ? "[" : "", host, brackets ? "]" : "",
                    dial->port);
}

bool avs_is_name_filtered(const struct avs_dial_facts *dial) {
    bool is_null = strcmp(dial->address, "0.0.0.0") == 0 || strcmp(dial->address, "::") == 0;
    return is_null && !dial->proxy[0] && !avs_text_is_ip_literal(dial->host);
}

static void say_dial(const struct view *view) {
    const struct avs_dial_facts *dial = &view->session->dial;
    char peer[PEER_BYTES];
    put_peer(dial, peer);
    if (avs_is_name_filtered(dial)) {
        SAY(view, "a DNS filter blocks the name (%s)", dial->address);
    } else if (view->cause == AVS_CAUSE_CONNECT_REFUSED) {
        SAY(view, "%s refused the connection", peer);
    } else if (view->cause == AVS_CAUSE_CONNECT_TIMEOUT) {
        SAY(view, "%s never answered", peer);
    } else if (dial->has_route) {
        SAY(view, "the way to %s is refused, by a router or its last hop", peer);
    } else {
        SAY(view, "no route to %s", peer);
    }
}

static void say_interface(const struct view *view) {
    SAY(view, "no interface %s with an address here", view->session->dial.interface_name);
}

/* What else failed before a byte was sent has the catalogue's words. */
static void say_option(const struct view *view) {
    const char *option = view->session->dial.refused_option;
    if (option[0]) {
        SAY(view, "this libcurl has no %s", option);
    }
}

static void say_proxy(const struct view *view) {
    const struct avs_dial_facts *dial = &view->session->dial;
    bool is_socks = strncmp(dial->proxy, "socks", 5) == 0;
    if (dial->refused_option[0]) {
        say_option(view);
    } else if (strncmp(dial->proxy, "https://", 8) == 0) {
        SAY(view, "https:// proxy: not supported");
    } else if (dial->proxy_status == 407) {
        SAY(view, "the proxy wants a login (407)");
    } else if (dial->proxy_status >= 300) {
        SAY(view, "the proxy answered %d to CONNECT", dial->proxy_status);
    } else if (dial->curl_code == CURL_NO_PROXY_NAME) {
        SAY(view, "the proxy's name does not resolve: %s", dial->proxy);
    } else if (dial->curl_code == CURL_NO_CONNECTION && (!is_socks || dial->os_errno != 0)) {
        SAY(view, "the proxy cannot be reached: %s", dial->proxy);
    } else if (dial->curl_code == CURL_TIMED_OUT) {
        SAY(view, "the proxy did not answer in time: %s", dial->proxy);
    } else {
        SAY(view, "no %s proxy answers there: %s", is_socks ? "SOCKS" : "HTTP", dial->proxy);
    }
}

static void say_plaintext(const struct view *view) {
    const struct avs_tls_facts *tls = &view->session->tls;
    char said[AVS_FIRST_BYTES + 1] = "";
    for (size_t i = 0; i < tls->wire_first_length && isprint(tls->wire_first[i]); i++) {
        said[i] = (char)tls->wire_first[i];
        said[i + 1] = '\0';
    }
    if (tls->wire_location[0]) {
        SAY(view, "no TLS, a redirect to %s", tls->wire_location);
    } else {
        SAY(view, said[0] ? "no TLS, plain text: %s" : "no TLS in the answer%s", said);
    }
}

static void say_handshake(const struct view *view) {
    if (view->cause == AVS_CAUSE_TLS_TIMEOUT) {
        SAY(view, "TLS handshake never answered");
    } else if (view->cause == AVS_CAUSE_TLS_ABORTED) {
        SAY(view, "cut during the TLS handshake");
    } else if (view->session->tls.alert_received > 0) {
        SAY(view, "the server ended TLS with alert %d", view->session->tls.alert_received);
    } else {
        SAY(view, "TLS failed: %s", either(view->session->tls.openssl_error, "no reason given"));
    }
}

static void say_client_cert(const struct view *view) {
    SAY(view, "a client certificate is wanted");
}

bool avs_is_version_ours(const struct avs_tls_facts *tls) {
    return strstr(tls->openssl_error, "no protocols available") != NULL;
}

static void say_version(const struct view *view) {
    bool is_ours = avs_is_version_ours(&view->session->tls);
    SAY(view,
        is_ours ? "openssl.cnf leaves this device no TLS version" : "no TLS version in common");
}

static void say_cipher(const struct view *view) {
    bool is_dh = strstr(view->session->tls.openssl_error, "dh key too small") != NULL;
    SAY(view, is_dh ? "the server's Diffie-Hellman parameters are too small"
                    : "no cipher suite in common");
}

static void say_http2(const struct view *view) {
    const struct avs_session_evidence *session = view->session;
    const struct avs_http_facts *http = &session->http;
    if (strcmp(session->tls.alpn, "h2") != 0) {
        SAY(view, "no HTTP/2: the server chose %s", either(session->tls.alpn, "nothing"));
    } else if (view->cause == AVS_CAUSE_RESPONSE_TIMEOUT) {
        SAY(view, "HTTP/2 did not answer, TLS is proven");
    } else if (view->cause == AVS_CAUSE_CONNECTION_LOST) {
        SAY(view, "cut before an answer, TLS is proven");
    } else if (view->cause == AVS_CAUSE_HTTP2_MISSING) {
        SAY(view, "no HTTP/2 is spoken, TLS is proven");
    } else if (http->goaway_received) {
        SAY(view, "GOAWAY %u ended HTTP/2, TLS is proven", http->goaway_code);
    } else if (http->rst_received) {
        SAY(view, "RST_STREAM %u ended it, TLS is proven", http->rst_code);
    } else {
        SAY(view, "HTTP/2 broke its rules, TLS is proven");
    }
}

static const struct avs_cert_facts *leaf_of(const struct view *view) {
    static const struct avs_cert_facts none;
    return view->session->tls.chain_length > 0 ? &view->session->tls.chain[0] : &none;
}

static const char *last_issuer(const struct view *view) {
    const struct avs_tls_facts *tls = &view->session->tls;
    return tls->chain_length > 0 && tls->chain_length <= AVS_CHAIN_MAX
               ? tls->chain[tls->chain_length - 1].issuer
               : "";
}

static void say_root(const struct view *view) {
    const struct avs_trust_facts *trust = &view->session->tls.trust;
    const char *name = either(trust->refusal.closing_root,
                              either(trust->refusal.missing_issuer, last_issuer(view)));
    char root[AVS_NAME_BYTES];
    SAY(view, name[0] ? "root missing: %s" : "the root is missing%s", common_name(name, root));
}

static void say_intermediate(const struct view *view) {
    char name[AVS_NAME_BYTES];
    SAY(view, "the server left out %s",
        common_name(either(view->session->tls.trust.refusal.missing_issuer, "an intermediate"),
                    name));
}

static void say_self_signed(const struct view *view) {
    char name[AVS_NAME_BYTES];
    SAY(view, "self-signed: %s", common_name(leaf_of(view)->subject, name));
}

static void say_not_ats(const struct view *view) {
    char name[AVS_NAME_BYTES];
    SAY(view, "not an Amazon root: %s",
        common_name(view->session->tls.trust.gate.anchor_subject, name));
}

static void say_interceptor(const struct view *view) {
    const struct avs_trust_facts *trust = &view->session->tls.trust;
    char name[AVS_NAME_BYTES];
    SAY(view, "intercepted by %s",
        common_name(either(trust->refusal.intercepted_by,
                           either(trust->gate.anchor_subject, last_issuer(view))),
                    name));
}

static void say_names(const struct view *view) {
    const char *names = leaf_of(view)->names;
    SAY(view,
        names[0] ? "the certificate is for %s; asked for %s"
                 : "the certificate names no host%s; asked for %s",
        names, view->evidence->host);
}

static void say_dates(const struct view *view) {
    const struct avs_trust_facts *trust = &view->session->tls.trust;
    bool is_late = view->cause == AVS_CAUSE_CERT_EXPIRED;
    int64_t limit = is_late ? trust->refusal.problem_not_after : trust->refusal.problem_not_before;
    int64_t now = view->evidence->wall_clock;
    long long days = (long long)((is_late ? now - limit : limit - now) / DAY_S);
    char date[UTC_BYTES], name[AVS_NAME_BYTES] = "";
    avs_text_utc(date, sizeof(date), limit);
    if (strcmp(trust->refusal.problem_subject, leaf_of(view)->subject) !=
        0) { /* not the usual one */
        common_name(trust->refusal.problem_subject, name);
    }
    const char *colon = name[0] ? ": " : "";
    if (limit == 0) {
        SAY(view, is_late ? "a certificate has expired" : "a certificate is not valid yet");
    } else if (is_late) {
        SAY(view, "expired %lld day%s ago (%.*s)%s%s", days, days == 1 ? "" : "s", DATE_CHARS, date,
            colon, name);
    } else {
        SAY(view, "not valid for another %lld day%s (%.*s)%s%s", days, days == 1 ? "" : "s",
            DATE_CHARS, date, colon, name);
    }
}

static void say_clock(const struct view *view) {
    char now[UTC_BYTES];
    avs_text_utc(now, sizeof(now), view->evidence->wall_clock);
    SAY(view, "this device's clock says %.*s", DATE_CHARS, now);
}

static void say_store(const struct view *view) {
    const struct avs_trust_facts *trust = &view->session->tls.trust;
    const char *path =
        either(trust->store.ca_file, either(trust->store.ca_path, "the trust store"));
    SAY(view, "%s: %s", path, either(trust->store.detail, "cannot be used"));
}

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
    {AVS_CAUSE_UNKNOWN_TRANSPORT, say_option},
    {AVS_CAUSE_TLS_ABORTED, say_handshake},
    {AVS_CAUSE_TLS_TIMEOUT, say_handshake},
    {AVS_CAUSE_TLS_FAILED, say_handshake},
    {AVS_CAUSE_CLIENT_CERT_REQUIRED, say_client_cert},
    {AVS_CAUSE_PLAINTEXT_PEER, say_plaintext},
    {AVS_CAUSE_TLS_VERSION, say_version},
    {AVS_CAUSE_TLS_NO_CIPHER, say_cipher},
    {AVS_CAUSE_HTTP2_MISSING, say_http2},
    {AVS_CAUSE_HTTP2_ERROR, say_http2},
    {AVS_CAUSE_STREAM_REFUSED, say_http2},
    {AVS_CAUSE_RESPONSE_TIMEOUT, say_http2},
    {AVS_CAUSE_CONNECTION_LOST, say_http2},
    {AVS_CAUSE_ROOT_MISSING, say_root},
    {AVS_CAUSE_INTERMEDIATE_MISSING, say_intermediate},
    {AVS_CAUSE_SELF_SIGNED, say_self_signed},
    {AVS_CAUSE_NOT_ATS, say_not_ats},
    {AVS_CAUSE_INTERCEPTED, say_interceptor},
    {AVS_CAUSE_HOSTNAME_MISMATCH, say_names},
    {AVS_CAUSE_CERT_EXPIRED, say_dates},
    {AVS_CAUSE_CERT_NOT_YET_VALID, say_dates},
    {AVS_CAUSE_CLOCK_WRONG, say_clock},
    {AVS_CAUSE_CA_FILE_UNREADABLE, say_store},
    {AVS_CAUSE_CA_FILE_INVALID, say_store},
    {AVS_CAUSE_CA_PATH_NOT_HASHED, say_store},
};

void avs_headline(enum avs_cause cause, const struct avs_evidence *evidence,
                  const struct avs_session_evidence *session, char ret_text[AVS_HEADLINE_BYTES]) {
    const struct view view = {cause, evidence, session, ret_text};
    avs_text_copy(ret_text, AVS_HEADLINE_BYTES, avs_cause_info(cause)->meaning);
    size_t length = strlen(ret_text);
    if (length > 0 && ret_text[length - 1] == '.') {
        ret_text[length - 1] = '\0';
    }
    for (size_t i = 0; i < AVS_COUNT(rows); i++) {
        if (rows[i].cause == cause) {
            rows[i].say(&view);
        }
    }
    avs_text_make_printable(ret_text); /* a peer wrote parts of it */
}
