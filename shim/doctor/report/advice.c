/* SPDX-License-Identifier: Apache-2.0 */
/* What to say about one cause: the catalogue's words, and the particulars that the evidence has. */
#include "report/advice.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include <avs/config.h>

#include "base/names.h"
#include "base/text.h"
#include "out/text_out.h"
#include "report/command.h"
#include "report/headline.h"

#define UTC_BYTES 40

struct subject {
    const struct avs_evidence *evidence;
    const struct avs_session_evidence *session;
    struct avs_out *out;
};

/* Start a new line of particulars. */
static void line(struct subject *subject) {
    if (subject->out->text.length > 0) {
        avs_out_printf(subject->out, "\n");
    }
}

static void say(struct subject *subject, const char *label, const char *text) {
    if (text[0]) {
        line(subject);
        avs_out_printf(subject->out, "%s: %s", label, text);
    }
}

static void say_times(struct subject *subject, const char *label, int64_t from, int64_t until) {
    if (from == 0 && until == 0) {
        return;
    }
    char first[UTC_BYTES], last[UTC_BYTES];
    avs_text_utc(first, sizeof(first), from);
    avs_text_utc(last, sizeof(last), until);
    line(subject);
    avs_out_printf(subject->out, "%s: %s to %s", label, first, last);
}

static void say_time(struct subject *subject, const char *label, int64_t time) {
    char text[UTC_BYTES];
    avs_text_utc(text, sizeof(text), time);
    say(subject, label, text);
}

static void say_errno(struct subject *subject, int os_errno) {
    if (os_errno != 0) {
        say(subject, "system error", strerror(os_errno));
    }
}

/* The ATS test endpoint itself was looked up (no proxy, no other host in its place) in vain. */
static bool is_test_endpoint_gone(const struct avs_evidence *evidence,
                                  const struct avs_session_evidence *session) {
    return session->dial.outcome == AVS_DIAL_DNS_FAILED &&
           strcmp(evidence->endpoint, AVS_ENDPOINT_ATS_TEST) == 0 &&
           strcmp(session->dial.host, evidence->host) == 0;
}

static void about_dial(struct subject *subject) {
    const struct avs_dial_facts *dial = &subject->session->dial;
    line(subject);
    avs_out_printf(subject->out, "dialled: %s port %u", dial->host, dial->port);
    say(subject, strchr(dial->tried, ' ') ? "addresses tried" : "address", dial->tried);
    if (dial->outcome == AVS_DIAL_DNS_FAILED) {
        const struct avs_dns_facts *dns = &subject->evidence->dns;
        say(subject, "resolvers in /etc/resolv.conf",
            dns->answer == AVS_DNS_NO_SERVER ? "none" : dns->servers);
    }
    say(subject, "proxy", dial->proxy);
    say(subject, "interface", dial->interface_name);
    if (dial->refused_option[0]) {
        line(subject);
        avs_out_printf(subject->out, "libcurl was built without %s, so use one that has it (%s)",
                       dial->refused_option, subject->evidence->library);
    }
    if (dial->proxy_status != 0) {
        line(subject);
        avs_out_printf(subject->out, "the proxy answered: HTTP status %d%s", dial->proxy_status,
                       dial->proxy_status == 407 ? " (it wants a user name and password)" : "");
    }
    say_errno(subject, dial->os_errno);
    if (is_test_endpoint_gone(subject->evidence, subject->session)) {
        line(subject);
        avs_out_printf(subject->out,
                       "this test endpoint may have been retired: Amazon's current guide lists "
                       "the regional gateways for this test instead (na, eu, fe)");
    }
}

static void about_store(struct subject *subject) {
    const struct avs_trust_facts *trust = &subject->session->tls.trust;
    say(subject, "CA file", trust->store.ca_file);
    say(subject, "CA path", trust->store.ca_path);
    say(subject, "what is wrong", trust->store.detail);
    if (trust->store.detail[0] == '\0') {
        say_errno(subject, trust->store.os_errno);
    }
}

static void about_chain(struct subject *subject) {
    const struct avs_tls_facts *tls = &subject->session->tls;
    say(subject, "OpenSSL", tls->trust.gate.verify_text);
    for (size_t i = 0; i < tls->chain_length && i < AVS_CHAIN_MAX; i++) {
        line(subject);
        avs_out_printf(subject->out, "sent %zu: %s", i + 1, tls->chain[i].subject);
        if (i + 1 == tls->chain_length) {
            avs_out_printf(subject->out, "\n  issued by: %s", tls->chain[i].issuer);
        }
    }
}

static void about_missing(struct subject *subject) {
    const struct avs_trust_facts *trust = &subject->session->tls.trust;
    if (trust->refusal.closes_with_ats_roots) {
        line(subject);
        avs_out_printf(subject->out, "missing root: %s\n", trust->refusal.closing_root);
        avs_out_printf(subject->out, "  SHA-256 %s", trust->refusal.closing_sha256);
    } else {
        say(subject, "missing", trust->refusal.missing_issuer);
    }
    if (trust->refusal.issuer_known_by_name && !trust->refusal.closes_with_ats_roots) {
        say(subject, "in the store", "a certificate of that name, but with another key");
    }
    say(subject, "published at", trust->refusal.issuer_url);
    say(subject, "CA file in use", trust->store.ca_file);
    say(subject, "CA path in use", trust->store.ca_path);
    about_chain(subject);
}

static void about_interception(struct subject *subject) {
    const struct avs_trust_facts *trust = &subject->session->tls.trust;
    bool is_trusted = trust->refusal.intercepted_by[0] == '\0';
    say(subject, "vouched for by",
        is_trusted ? trust->gate.anchor_subject : trust->refusal.intercepted_by);
    if (is_trusted) {
        say(subject, "its root is in",
            trust->store.ca_file[0] ? trust->store.ca_file : trust->store.ca_path);
    }
    about_chain(subject);
}

static void about_times(struct subject *subject) {
    const struct avs_trust_facts *trust = &subject->session->tls.trust;
    say_time(subject, "this device's clock", subject->evidence->wall_clock);
    say_time(subject, "this software was built", subject->evidence->build_time);
    say(subject, "server's own Date (not proven)", subject->session->http.http_date);
    if (trust->refusal.valid_at_other_time) {
        say_times(subject, "the chain is good from", trust->refusal.good_from,
                  trust->refusal.good_until);
    }
    say(subject, "certificate", trust->refusal.problem_subject);
    say_times(subject, "valid from", trust->refusal.problem_not_before,
              trust->refusal.problem_not_after);
}

static void about_name(struct subject *subject) {
    const struct avs_tls_facts *tls = &subject->session->tls;
    say(subject, "asked for", subject->evidence->host);
    const char *names = tls->chain_length > 0 ? tls->chain[0].names : "";
    bool has_none = tls->chain_length > 0 && names[0] == '\0';
    say(subject, "on offer",
        has_none ? "no subjectAltName; the subject's common name does not count (RFC 9525)"
                 : names);
    if (tls->trust.refusal.leaf_number > 0) {
        line(subject);
        avs_out_printf(subject->out,
                       "the certificate for this name is number %d of what was sent: the server "
                       "sends its chain in the wrong order, its own certificate must be the first",
                       tls->trust.refusal.leaf_number);
    }
    say(subject, "address", subject->session->dial.address);
}

static void about_anchor(struct subject *subject) {
    const struct avs_trust_facts *trust = &subject->session->tls.trust;
    say(subject, "the chain ends in", trust->gate.anchor_subject);
    say(subject, "  SHA-256", trust->gate.anchor_sha256);
}

static void about_certificate(struct subject *subject) {
    if (subject->session->tls.trust.refusal.issuer_unfit) {
        say(subject, "issuer", subject->session->tls.trust.refusal.missing_issuer);
        say(subject, "it is at hand and did sign",
            "but an extension of one of the two is malformed or contradicts the other");
    }
    say(subject, "certificate", subject->session->tls.trust.refusal.problem_subject);
    about_chain(subject);
}

static void about_handshake(struct subject *subject) {
    const struct avs_tls_facts *tls = &subject->session->tls;
    if (tls->alert_received >= 0) {
        line(subject);
        avs_out_printf(subject->out, "the server sent TLS alert %d", tls->alert_received);
    }
    if (tls->alert_sent >= 0) {
        line(subject);
        avs_out_printf(subject->out, "we sent TLS alert %d", tls->alert_sent);
    }
    say(subject, "OpenSSL", tls->openssl_error);
    say(subject, "address", subject->session->dial.address);
}

/* The peer's first words, as far as they can be printed. */
static void about_first_bytes(struct subject *subject) {
    const struct avs_tls_facts *tls = &subject->session->tls;
    char text[AVS_FIRST_BYTES + 1];
    size_t length = 0;
    while (length < tls->wire_first_length && isprint(tls->wire_first[length])) {
        text[length] = (char)tls->wire_first[length];
        length++;
    }
    text[length] = '\0';
    say(subject, "it said", text);
    say(subject, "it redirects to", tls->wire_location);
    say(subject, "address", subject->session->dial.address);
}

static void about_alpn(struct subject *subject) {
    const struct avs_tls_facts *tls = &subject->session->tls;
    say(subject, "offered", tls->alpn_offered);
    say(subject, "selected", tls->alpn[0] ? tls->alpn : "nothing");
    about_handshake(subject);
}

/* An HTTP/2 session that was agreed on and gave no answer. */
static void about_http2(struct subject *subject) {
    const struct avs_session_evidence *session = subject->session;
    const struct avs_http_facts *http = &session->http;
    line(subject);
    avs_out_printf(subject->out, "TLS: %s with %s",
                   session->tls.is_verified ? "verified" : "not verified",
                   session->tls.version[0] ? session->tls.version : "no version agreed");
    if (strcmp(session->tls.alpn, "h2") != 0) {
        about_alpn(subject);
        return;
    }
    line(subject);
    avs_out_printf(subject->out, "HTTP/2: %llu bytes came%s",
                   (unsigned long long)http->bytes_received,
                   http->settings_received ? ", SETTINGS among them" : ", no SETTINGS");
    if (http->goaway_received) {
        avs_out_printf(subject->out, ", then GOAWAY with code %u", http->goaway_code);
    }
    if (http->rst_received) {
        avs_out_printf(subject->out, ", then RST_STREAM with code %u", http->rst_code);
    }
    say(subject, "address", session->dial.address);
}

/* Which particulars go with which cause; causes without a row have none. */
static const struct {
    enum avs_cause cause;
    void (*about)(struct subject *subject);
} rows[] = {
    {AVS_CAUSE_DNS_FAILED, about_dial},
    {AVS_CAUSE_CONNECT_REFUSED, about_dial},
    {AVS_CAUSE_CONNECT_TIMEOUT, about_dial},
    {AVS_CAUSE_NETWORK_UNREACHABLE, about_dial},
    {AVS_CAUSE_INTERFACE_MISSING, about_dial},
    {AVS_CAUSE_PROXY_FAILED, about_dial},
    {AVS_CAUSE_UNKNOWN_TRANSPORT, about_dial},
    {AVS_CAUSE_TLS_ABORTED, about_handshake},
    {AVS_CAUSE_TLS_TIMEOUT, about_handshake},
    {AVS_CAUSE_TLS_VERSION, about_handshake},
    {AVS_CAUSE_TLS_NO_CIPHER, about_handshake},
    {AVS_CAUSE_TLS_FAILED, about_handshake},
    {AVS_CAUSE_PLAINTEXT_PEER, about_first_bytes},
    {AVS_CAUSE_SPOOFED_PHRASE, about_first_bytes},
    {AVS_CAUSE_ALPN_REJECTED, about_alpn},
    {AVS_CAUSE_HTTP2_MISSING, about_http2},
    {AVS_CAUSE_HTTP2_ERROR, about_http2},
    {AVS_CAUSE_STREAM_REFUSED, about_http2},
    {AVS_CAUSE_RESPONSE_TIMEOUT, about_http2},
    {AVS_CAUSE_CONNECTION_LOST, about_http2},
    {AVS_CAUSE_CLIENT_CERT_REQUIRED, about_handshake},
    {AVS_CAUSE_ROOT_MISSING, about_missing},
    {AVS_CAUSE_INTERMEDIATE_MISSING, about_missing},
    {AVS_CAUSE_SELF_SIGNED, about_chain},
    {AVS_CAUSE_NOT_ATS, about_anchor},
    {AVS_CAUSE_CROSS_SIGNED_ANCHOR, about_anchor},
    {AVS_CAUSE_INTERCEPTED, about_interception},
    {AVS_CAUSE_HOSTNAME_MISMATCH, about_name},
    {AVS_CAUSE_CERT_EXPIRED, about_times},
    {AVS_CAUSE_CERT_NOT_YET_VALID, about_times},
    {AVS_CAUSE_CLOCK_WRONG, about_times},
    {AVS_CAUSE_WEAK_SIGNATURE, about_certificate},
    {AVS_CAUSE_WRONG_PURPOSE, about_certificate},
    {AVS_CAUSE_CERT_INVALID, about_certificate},
    {AVS_CAUSE_CA_FILE_UNREADABLE, about_store},
    {AVS_CAUSE_CA_FILE_INVALID, about_store},
    {AVS_CAUSE_CA_PATH_NOT_HASHED, about_store},
};

/* ---- what to do ---- */

static bool is_dns(const struct subject *subject, enum avs_dns_answer answer) {
    return subject->evidence->dns.answer == answer;
}

static bool is_dns_silent(const struct subject *subject) {
    return is_dns(subject, AVS_DNS_SILENT) || is_dns(subject, AVS_DNS_UNREACHABLE);
}

static bool is_dns_failing(const struct subject *subject) {
    return is_dns(subject, AVS_DNS_SERVFAIL) || is_dns(subject, AVS_DNS_REFUSED);
}

static bool has_no_dns(const struct subject *subject) {
    return is_dns(subject, AVS_DNS_NO_SERVER);
}

static bool has_no_name(const struct subject *subject) {
    return is_dns(subject, AVS_DNS_NXDOMAIN) || is_dns(subject, AVS_DNS_NO_ADDRESS);
}

static bool has_route(const struct subject *subject) {
    return subject->session->dial.has_route;
}

static bool is_filtered(const struct subject *subject) {
    return avs_is_name_filtered(&subject->session->dial);
}

static bool wants_login(const struct subject *subject) {
    return subject->session->dial.proxy_status == 407;
}

static bool is_proxy_redirect(const struct subject *subject) {
    int status = subject->session->dial.proxy_status;
    return status >= 300 && status < 400;
}

static bool is_tls_proxy(const struct subject *subject) {
    return strncmp(subject->session->dial.proxy, "https://", 8) == 0;
}

static bool is_portal(const struct subject *subject) {
    return subject->session->tls.wire_location[0] != '\0';
}

static bool is_small_dh(const struct subject *subject) {
    return strstr(subject->session->tls.openssl_error, "dh key too small") != NULL;
}

static bool has_broken_h2(const struct subject *subject) {
    return strcmp(subject->session->tls.alpn, "h2") == 0;
}

static bool has_damaged_block(const struct subject *subject) {
    return subject->session->tls.trust.store.line > 0;
}

static bool is_old_hash(const struct subject *subject) {
    return subject->session->tls.trust.refusal.issuer_under_old_hash;
}

static bool is_file_given(const struct subject *subject) {
    const struct avs_trust_facts *trust = &subject->session->tls.trust;
    return trust->store.ca_file[0] && (strcmp(trust->store.source, "option") == 0 ||
                                       strcmp(trust->store.source, "config") == 0);
}

/* A root that half of the web hangs on, and some hosts of amazon.com with it (the login). */
static bool is_public_root(const struct subject *subject) {
    const struct avs_trust_facts *trust = &subject->session->tls.trust;
    const char *organization = strstr(trust->refusal.missing_issuer, "O=");
    return !trust->refusal.closes_with_ats_roots && organization &&
           avs_names_is_public_authority(organization + 2);
}

static bool closes_otherwise(const struct subject *subject) {
    return !subject->session->tls.trust.refusal.closes_with_ats_roots;
}

/* The certificate of the host came, but not first. */
static bool is_reversed(const struct subject *subject) {
    return subject->session->tls.trust.refusal.leaf_number > 0;
}

#define FILTERED                                                                            \
    "A filter (Pi-hole, parental control) blocks the name: allow it there, or use another " \
    "resolver."

/* Where the evidence knows better than the catalogue's general word: the first row that applies. */
static const struct {
    enum avs_cause cause;
    bool (*applies)(const struct subject *subject);
    const char *remedy;
} remedies[] = {
    {AVS_CAUSE_DNS_FAILED, has_no_dns,
     "Name a resolver in /etc/resolv.conf, or start what writes that file (DHCP client, "
     "systemd-resolved, connman)."},
    {AVS_CAUSE_DNS_FAILED, is_dns_silent,
     "The name may be right: no resolver answered. Check the network and the addresses in "
     "/etc/resolv.conf, and whether a firewall drops UDP port 53."},
    {AVS_CAUSE_DNS_FAILED, is_dns_failing,
     "The name may be right: the resolver could not look it up. Its own way out, or what it "
     "allows, "
     "is at fault; try another resolver in /etc/resolv.conf."},
    {AVS_CAUSE_DNS_FAILED, has_no_name,
     "The resolver works, and knows no such host: check the spelling, and whether a filter hides "
     "the name (Pi-hole, parental control)."},
    {AVS_CAUSE_CONNECT_REFUSED, is_filtered, FILTERED},
    {AVS_CAUSE_NETWORK_UNREACHABLE, is_filtered, FILTERED},
    {AVS_CAUSE_NETWORK_UNREACHABLE, has_route,
     "This device's own route is fine: a router refused the packet (firewall, ICMP prohibited), or "
     "the next hop does not answer. Allow outgoing TCP to that port there."},
    {AVS_CAUSE_PROXY_FAILED, is_tls_proxy,
     "A proxy that is itself reached over TLS is not supported: give its http:// or socks5h:// "
     "port."},
    {AVS_CAUSE_PROXY_FAILED, wants_login,
     "Put user and password into the proxy's URL: http://USER:PASSWORD@HOST:PORT."},
    {AVS_CAUSE_PROXY_FAILED, is_proxy_redirect,
     "The proxy sends clients elsewhere, often to a log-in page: sign in there, or have this "
     "device "
     "exempted."},
    {AVS_CAUSE_PLAINTEXT_PEER, is_portal,
     "A captive portal answers instead of the server: sign in at the place it redirects to, or "
     "have "
     "this device exempted."},
    {AVS_CAUSE_TLS_NO_CIPHER, is_small_dh,
     "The server must use larger Diffie-Hellman parameters, or ECDHE; do not lower the security "
     "level."},
    {AVS_CAUSE_HTTP2_MISSING, has_broken_h2,
     "The server agreed to HTTP/2 and then did not speak it: check that the endpoint is an AVS "
     "gateway and what answers in its place."},
    {AVS_CAUSE_HOSTNAME_MISMATCH, is_reversed,
     "The server sends its certificates in the wrong order: the one for this name is among them, "
     "and must come first."},
    {AVS_CAUSE_ROOT_MISSING, is_public_root,
     "A public root that is not Amazon's, as the login hosts of amazon.com use: add the one named "
     "above to the store, beside Amazon's."},
    {AVS_CAUSE_ROOT_MISSING, closes_otherwise,
     "No Amazon root closes this chain: for a private test bed add its root to the CA file "
     "(--ca-file); otherwise find out whose server answers."},
    {AVS_CAUSE_ROOT_MISSING, is_file_given,
     "Add the missing root named above to the CA file in use; the system store is not read when a "
     "CA file is given."},
    {AVS_CAUSE_CROSS_SIGNED_ANCHOR, is_file_given,
     "Add the self-signed root to the CA file in use, beside the cross-signed copy."},
    {AVS_CAUSE_CA_PATH_NOT_HASHED, is_old_hash,
     "The root lies there under the hash name of OpenSSL before 1.0: add the roots under today's, "
     "or "
     "name a bundle with CURLOPT_CAINFO (SDK 1.16 and later)."},
    {AVS_CAUSE_CA_FILE_INVALID, has_damaged_block,
     "Put a whole bundle there, or mend the block at the line named above: one damaged block, and "
     "OpenSSL takes none of the file."},
};

static const char *remedy_for(enum avs_cause cause, const struct subject *subject) {
    for (size_t i = 0; i < AVS_COUNT(remedies); i++) {
        if (remedies[i].cause == cause && remedies[i].applies(subject)) {
            return remedies[i].remedy;
        }
    }
    return avs_cause_info(cause)->remedy;
}

static bool has_no_memory(const struct avs_buffer *buffer) {
    return !buffer->data || (buffer->is_failed && !buffer->is_over_limit);
}

enum avs_status avs_advice_init(struct avs_advice *advice, enum avs_cause cause,
                                const struct avs_evidence *evidence,
                                const struct avs_session_evidence *session,
                                struct avs_error *reterr) {
    const struct avs_cause_info *info = avs_cause_info(cause);
    *advice = (struct avs_advice){.cause = cause,
                                  .meaning = info->meaning,
                                  .remedy = info->remedy,
                                  .facts = avs_buffer_init(AVS_ADVICE_BYTES),
                                  .command = avs_buffer_init(AVS_ADVICE_BYTES)};
    struct avs_out facts = avs_out_init(AVS_ADVICE_BYTES, NULL);
    struct subject subject = {evidence, session, &facts};
    advice->remedy = remedy_for(cause, &subject);
    for (size_t i = 0; i < AVS_COUNT(rows); i++) {
        if (rows[i].cause == cause) {
            rows[i].about(&subject);
        }
    }
    advice->facts = facts.text;
    avs_buffer_add(&advice->facts, "", 0);
    avs_buffer_add(&advice->command, "", 0);
    avs_command_for(cause, evidence, session, &advice->command);
    if (has_no_memory(&advice->facts) || has_no_memory(&advice->command)) {
        return avs_fail_memory(reterr);
    }
    if (advice->command.is_over_limit) {
        advice->command.data[0] = '\0'; /* half a command is worse than none */
        advice->command.length = 0;
    }
    return AVS_OK;
}

void avs_advice_done(struct avs_advice *advice) {
    avs_buffer_done(&advice->facts);
    avs_buffer_done(&advice->command);
}
