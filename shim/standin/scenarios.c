/* SPDX-License-Identifier: Apache-2.0 */
/* The table of scenarios: what the stand-in does, and what a correct client must conclude. */
#include "scenarios.h"

#include <string.h>
#include <strings.h>

/* What to expect. */
#define PASS \
    { "pass", "none", "" }
#define NOTE(q) \
    { "pass", "none", q } /* an oddity that does not even stain the pass */
#define QUIRK(q) \
    { "pass_with_quirk", "none", q }
#define FAIL(c) \
    { "fail", c, "" }
/* TLS stands, and HTTP/2 gives no answer. */
#define NO_ANSWER(c, q) \
    { "fail", c, q }
#define NO_H2 NO_ANSWER("http2_missing", "no_h2")
#define UNKNOWN(c) \
    { "inconclusive", c, "" }

/* Rows. */
#define NAMED(id, host, text)          .name = id, .sni = host, .description = text
#define LOCAL(id, text)                NAMED(id, id ".localhost", text)
#define READY(h2_result, http1_result) .h2 = h2_result, .http1 = http1_result, .readiness = "ready"
#define NOT_READY(h2_result, http1_result) \
    .h2 = h2_result, .http1 = http1_result, .readiness = "not_ready"
#define BOTH_FAIL(c) NOT_READY(FAIL(c), FAIL(c))

/* Certificates. */
#define GOOD_LEAF                      .leaf = {CA_ISSUING_RSA, KEY_RSA, CHAIN_TODAY, FLAW_NONE}
#define LEAF(issuer, key, chain, flaw) .leaf = {issuer, key, chain, flaw}

/* Answers. */
#define BYTES(text, how) \
    { .act = ODD_BYTES, .ending = how, .bytes = text, .length = sizeof(text) - 1 }
#define NOTHING(how) \
    { .act = ODD_BYTES, .ending = how, .bytes = "", .length = 0 }
#define STATUS(number) \
    { .act = ODD_STATUS, .code = number }
#define HEAD_200 "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n"

/* A SETTINGS frame and GOAWAY(HTTP_1_1_REQUIRED), as an h2 server greets whoever comes. */
#define H2_GREETING                          \
    "\0\0\x06\x04\0\0\0\0\0\0\x03\0\0\0\x64" \
    "\0\0\x08\x07\0\0\0\0\0\0\0\0\0\0\0\0\x0d"

static const struct scenario scenarios[] = {
    /* Good ones. The first row serves unknown names too. */
    {{LOCAL("ok", "all is well: RSA leaf, issuing authority, root 1 cross-signed by G2"),
      READY(PASS, PASS)},
     GOOD_LEAF},
    {{NAMED("ats-test", "avs-ats-cert-test.amazon.com", "the ATS test endpoint itself"),
      READY(PASS, PASS)},
     GOOD_LEAF},
    {{NAMED("gateway-na", "alexa.na.gateway.devices.a2z.com", "a regional gateway"),
      READY(PASS, PASS)},
     GOOD_LEAF},
    {{NAMED("gateway-eu", "alexa.eu.gateway.devices.a2z.com", "a regional gateway"),
      READY(PASS, PASS)},
     GOOD_LEAF},
    {{NAMED("gateway-fe", "alexa.fe.gateway.devices.a2z.com", "a regional gateway"),
      READY(PASS, PASS)},
     GOOD_LEAF},
    {{LOCAL("ecdsa", "ECDSA leaf under root 3"), READY(PASS, PASS)},
     LEAF(CA_ISSUING_ECDSA, KEY_ECDSA, CHAIN_TODAY, FLAW_NONE)},
    {{LOCAL("short-chain", "leaf and issuing authority only"), READY(PASS, PASS)},
     LEAF(CA_ISSUING_RSA, KEY_RSA, CHAIN_SHORT, FLAW_NONE)},
    {{LOCAL("long-chain", "as until 2024: also G2 cross-signed by Class 2"), READY(PASS, PASS)},
     LEAF(CA_ISSUING_RSA, KEY_RSA, CHAIN_LONG, FLAW_NONE)},
    {{LOCAL("g2-issued", "issued under G2 directly, like the old Server CA 0A"), READY(PASS, PASS)},
     LEAF(CA_ISSUING_G2, KEY_ECDSA, CHAIN_TODAY, FLAW_NONE)},
    {{LOCAL("tls12-only", "TLS 1.2 and nothing newer"), READY(PASS, PASS)},
     GOOD_LEAF,
     .versions = VERSIONS_12_ONLY},
    {{LOCAL("tls13-only", "TLS 1.3 and nothing older"), READY(PASS, PASS)},
     GOOD_LEAF,
     .versions = VERSIONS_13_ONLY},

    /* The certificate is wrong. */
    {{LOCAL("expired", "the leaf expired three days ago"), BOTH_FAIL("cert_expired")},
     LEAF(CA_ISSUING_RSA, KEY_RSA, CHAIN_TODAY, FLAW_EXPIRED)},
    {{LOCAL("expired-intermediate", "the issuing authority expired a year ago"),
      BOTH_FAIL("cert_expired")},
     LEAF(CA_ISSUING_OLD, KEY_ECDSA, CHAIN_TODAY, FLAW_NONE)},
    {{LOCAL("not-yet-valid", "the leaf is valid from next month on"),
      BOTH_FAIL("cert_not_yet_valid")},
     LEAF(CA_ISSUING_RSA, KEY_RSA, CHAIN_TODAY, FLAW_NOT_YET_VALID)},
    {{LOCAL("all-lapsed",
            "root, issuing authority and leaf all ended over a year ago: seen so by a "
            "clock that is ahead"),
      BOTH_FAIL("clock_wrong")},
     LEAF(CA_ISSUING_LAPSED, KEY_ECDSA, CHAIN_TODAY, FLAW_LAPSED)},
    {{LOCAL("all-coming", "root, issuing authority and leaf all begin in over a year: seen so by a "
                          "clock that is behind"),
      BOTH_FAIL("clock_wrong")},
     LEAF(CA_ISSUING_COMING, KEY_ECDSA, CHAIN_TODAY, FLAW_COMING)},
    {{LOCAL("wrong-host", "the leaf is for someone-else.example"), BOTH_FAIL("hostname_mismatch")},
     LEAF(CA_ISSUING_RSA, KEY_RSA, CHAIN_TODAY, FLAW_OTHER_NAME)},
    {{LOCAL("cn-only", "the host is in the common name, there is no subjectAltName"),
      BOTH_FAIL("hostname_mismatch")},
     LEAF(CA_ISSUING_RSA, KEY_RSA, CHAIN_TODAY, FLAW_COMMON_NAME_ONLY)},
    {{NAMED("partial-wildcard", "partial.wild.localhost", "the leaf is for part*.wild.localhost"),
      BOTH_FAIL("hostname_mismatch")},
     LEAF(CA_ISSUING_RSA, KEY_RSA, CHAIN_TODAY, FLAW_PARTIAL_WILDCARD)},
    {{LOCAL("untrusted-root", "a private root that is in no file, not sent"),
      BOTH_FAIL("root_missing")},
     LEAF(CA_ISSUING_HIDDEN, KEY_ECDSA, CHAIN_SHORT, FLAW_NONE)},
    {{LOCAL("untrusted-root-sent", "the same private root, sent along"), BOTH_FAIL("root_missing")},
     LEAF(CA_ISSUING_HIDDEN, KEY_ECDSA, CHAIN_TO_ROOT, FLAW_NONE)},
    {{LOCAL("self-signed", "the leaf is signed by itself"), BOTH_FAIL("self_signed")},
     LEAF(CA_ISSUING_RSA, KEY_ECDSA, CHAIN_LEAF, FLAW_SELF_SIGNED)},
    {{LOCAL("missing-intermediate", "the leaf alone"), BOTH_FAIL("intermediate_missing")},
     LEAF(CA_ISSUING_RSA, KEY_RSA, CHAIN_LEAF, FLAW_NONE)},
    {{LOCAL("not-ats", "a trusted root (in ca.pem) that is not ATS (not in ats-roots.pem)"),
      BOTH_FAIL("not_ats")},
     LEAF(CA_ISSUING_OTHER, KEY_ECDSA, CHAIN_TODAY, FLAW_NONE)},
    {{NAMED("intercepted", "avs-alexa-na.amazon.com",
            "an Amazon name vouched for by Example Corp TLS Inspection CA"),
      BOTH_FAIL("intercepted")},
     LEAF(CA_CORPORATE, KEY_ECDSA, CHAIN_TO_ROOT, FLAW_NONE)},
    {{LOCAL("fake-root", "a chain that claims CN=Amazon Root CA 1 over another key"),
      BOTH_FAIL("intercepted")},
     LEAF(CA_FAKE_AMAZON_1, KEY_ECDSA, CHAIN_TO_ROOT, FLAW_NONE)},
    {{LOCAL("fake-standin-root", "a chain that claims the stand-in's root 1 over another key"),
      BOTH_FAIL("intercepted")},
     LEAF(CA_FAKE_STANDIN_1, KEY_ECDSA, CHAIN_TO_ROOT, FLAW_NONE)},
    {{LOCAL("weak-signature", "the leaf is signed with SHA-1"), BOTH_FAIL("weak_signature")},
     LEAF(CA_ISSUING_RSA, KEY_RSA, CHAIN_TODAY, FLAW_SHA1)},
    {{LOCAL("weak-key", "the leaf has an RSA key of 1024 bits"), BOTH_FAIL("weak_signature")},
     LEAF(CA_ISSUING_RSA, KEY_RSA_1024, CHAIN_TODAY, FLAW_NONE)},
    {{LOCAL("wrong-purpose", "the leaf is for TLS clients only"), BOTH_FAIL("wrong_purpose")},
     LEAF(CA_ISSUING_RSA, KEY_RSA, CHAIN_TODAY, FLAW_CLIENT_AUTH_ONLY)},
    {{LOCAL("not-an-authority", "the issuer is an end-entity certificate"),
      BOTH_FAIL("wrong_purpose")},
     LEAF(CA_NO_CA, KEY_ECDSA, CHAIN_TODAY, FLAW_NONE)},
    {{LOCAL("broken-signature", "the leaf's signature is not its issuer's"),
      BOTH_FAIL("cert_invalid")},
     LEAF(CA_ISSUING_RSA, KEY_RSA, CHAIN_TODAY, FLAW_BROKEN_SIGNATURE)},
    {{LOCAL("critical-extension", "the leaf has a critical extension that nobody knows"),
      BOTH_FAIL("cert_invalid")},
     LEAF(CA_ISSUING_RSA, KEY_RSA, CHAIN_TODAY, FLAW_CRITICAL_EXTENSION)},

    /* The handshake does not get to the certificate. */
    {{LOCAL("tls11-only", "TLS 1.1 and nothing newer"), BOTH_FAIL("tls_version")},
     GOOD_LEAF,
     .versions = VERSIONS_11_ONLY},
    {{LOCAL("tls-future", "alert protocol_version (70), as from a server that wants more than 1.3"),
      BOTH_FAIL("tls_version")},
     GOOD_LEAF,
     .hello = HELLO_ALERT,
     .alert = 70},
    {{LOCAL("no-cipher", "alert handshake_failure (40): no cipher suite in common"),
      BOTH_FAIL("tls_no_cipher")},
     GOOD_LEAF,
     .hello = HELLO_ALERT,
     .alert = 40},
    {{LOCAL("internal-alert", "alert internal_error (80)"), BOTH_FAIL("tls_failed")},
     GOOD_LEAF,
     .hello = HELLO_ALERT,
     .alert = 80},
    {{LOCAL("reset-in-handshake", "TCP reset on the ClientHello"), BOTH_FAIL("tls_aborted")},
     GOOD_LEAF,
     .hello = HELLO_RESET},
    {{LOCAL("close-in-handshake", "connection closed on the ClientHello, not a byte sent"),
      BOTH_FAIL("tls_aborted")},
     GOOD_LEAF,
     .hello = HELLO_CLOSE},
    {{LOCAL("cut-in-handshake", "connection closed halfway through the server's flight"),
      BOTH_FAIL("tls_aborted")},
     GOOD_LEAF,
     .hello = HELLO_CUT},
    {{LOCAL("silent-in-handshake", "the ClientHello is never answered"),
      .h2 = UNKNOWN("tls_timeout"), .http1 = UNKNOWN("tls_timeout"), .readiness = "inconclusive"},
     GOOD_LEAF,
     .hello = HELLO_SILENT},
    {{LOCAL("plaintext-http", "answers in plain HTTP, as a proxy or the wrong port does"),
      BOTH_FAIL("plaintext_peer")},
     GOOD_LEAF,
     .hello = HELLO_BYTES,
     .hello_text = "HTTP/1.1 400 Bad Request\r\nContent-Type: text/html\r\nConnection: close\r\n"
                   "\r\n<html><body>This is not the port you are looking for.</body></html>\n"},
    {{LOCAL("captive-portal", "answers in plain HTTP with a redirect to a log-in page"),
      BOTH_FAIL("plaintext_peer")},
     GOOD_LEAF,
     .hello = HELLO_BYTES,
     .hello_text = "HTTP/1.1 302 Found\r\nLocation: http://portal.example/login\r\n"
                   "Content-Length: 0\r\nConnection: close\r\n\r\n"},
    {{LOCAL("plaintext-ssh", "answers with an SSH banner"), BOTH_FAIL("plaintext_peer")},
     GOOD_LEAF,
     .hello = HELLO_BYTES,
     .hello_text = "SSH-2.0-OpenSSH_9.2p1 Stand-in\r\n"},
    {{LOCAL("spoofed-phrase", "says the ATS phrase in plain text: spoofed_phrase besides"),
      BOTH_FAIL("plaintext_peer")},
     GOOD_LEAF,
     .hello = HELLO_BYTES,
     .hello_text = "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" ATS_PHRASE "\n"},
    {{LOCAL("client-cert-tls13", "wants a client certificate, TLS 1.3"),
      BOTH_FAIL("client_cert_required")},
     GOOD_LEAF,
     .versions = VERSIONS_13_ONLY,
     .wants_client_cert = true},
    {{LOCAL("client-cert-tls12", "wants a client certificate, TLS 1.2"),
      BOTH_FAIL("client_cert_required")},
     GOOD_LEAF,
     .versions = VERSIONS_12_ONLY,
     .wants_client_cert = true},

    /* ALPN. */
    {{LOCAL("alpn-strict", "h2 only: alert 120 to a client that offers http/1.1 alone"),
      READY(PASS, QUIRK("alpn_h2_only"))},
     GOOD_LEAF,
     .alpn = ALPN_H2_STRICT},
    {{LOCAL("alpn-strict-tls12", "the same in TLS 1.2"), READY(PASS, QUIRK("alpn_h2_only"))},
     GOOD_LEAF,
     .versions = VERSIONS_12_ONLY,
     .alpn = ALPN_H2_STRICT},
    {{LOCAL("alpn-strict-untrusted", "the same, and the chain ends in an unknown root"),
      BOTH_FAIL("root_missing")},
     LEAF(CA_ISSUING_HIDDEN, KEY_ECDSA, CHAIN_SHORT, FLAW_NONE),
     .alpn = ALPN_H2_STRICT},
    {{LOCAL("alpn-strict-h1", "alert 120 to a client that offers h2"),
      NOT_READY(FAIL("http2_missing"), PASS)},
     GOOD_LEAF,
     .alpn = ALPN_H1_STRICT},
    {{LOCAL("no-h2", "picks http/1.1"), NOT_READY(NO_H2, PASS)}, GOOD_LEAF, .alpn = ALPN_H1_ONLY},
    {{LOCAL("no-alpn", "does not answer the ALPN extension, speaks HTTP/1.1"),
      NOT_READY(NO_H2, PASS)},
     GOOD_LEAF,
     .alpn = ALPN_NONE},

    /* HTTP/1.x oddities; HTTP/2 is fine. */
    {{LOCAL("h2-only-close", "h2 only: closes when the client did not offer it"),
      READY(PASS, QUIRK("h2_only_close"))},
     GOOD_LEAF,
     .alpn = ALPN_H2_LENIENT,
     .http1 = NOTHING(END_CLOSE_NOTIFY)},
    {{LOCAL("h2-frames", "sends HTTP/2 frames to an HTTP/1.1 client"),
      READY(PASS, QUIRK("h2_frames"))},
     GOOD_LEAF,
     .alpn = ALPN_H2_LENIENT,
     .http1 = BYTES(H2_GREETING, END_CLOSE_NOTIFY)},
    {{LOCAL("http09-body", "the ATS phrase without a status line"),
      READY(PASS, QUIRK("http09_body"))},
     GOOD_LEAF,
     .http1 = BYTES(ATS_PHRASE "\n", END_CLOSE_NOTIFY)},
    {{LOCAL("garbage", "bytes that are no HTTP"), READY(PASS, QUIRK("garbage"))},
     GOOD_LEAF,
     .http1 = BYTES("\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03\x9f\x11\xc7\x80\xff\xfe\x01\x02",
                    END_CLOSE_NOTIFY)},
    {{LOCAL("empty-reply", "closes properly without a byte"), READY(PASS, QUIRK("empty_reply"))},
     GOOD_LEAF,
     .http1 = NOTHING(END_CLOSE_NOTIFY)},
    {{LOCAL("no-close-notify", "ends TCP without close_notify and without a byte"),
      READY(PASS, QUIRK("no_close_notify"))},
     GOOD_LEAF,
     .http1 = NOTHING(END_RAGGED)},
    {{LOCAL("ragged-close", "a whole answer by Content-Length, then no close_notify"),
      READY(PASS, PASS)},
     GOOD_LEAF,
     .http1 =
         BYTES(HEAD_200 "Content-Length: 43\r\nConnection: close\r\n\r\n" ATS_PHRASE, END_RAGGED)},
    {{LOCAL("http10-no-length", "HTTP/1.0 without length, ended without close_notify"),
      READY(PASS, PASS)},
     GOOD_LEAF,
     .http1 =
         BYTES("HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\n\r\n" ATS_PHRASE "\n", END_RAGGED)},
    {{LOCAL("chunked", "the ATS phrase cut in two chunks, with a trailer"), READY(PASS, PASS)},
     GOOD_LEAF,
     .http1 = BYTES(HEAD_200 "Transfer-Encoding: chunked\r\n\r\n"
                             "a\r\nconnection\r\n21;note=x\r\n established with ATS certificate\r\n"
                             "0\r\nX-Trailer: y\r\n\r\n",
                    END_CLOSE_NOTIFY)},
    {{LOCAL("early-hints", "103 Early Hints before the answer"), READY(PASS, PASS)},
     GOOD_LEAF,
     .http1 = BYTES("HTTP/1.1 103 Early Hints\r\nLink: </style.css>; rel=preload\r\n\r\n" HEAD_200
                    "Content-Length: 43\r\nConnection: close\r\n\r\n" ATS_PHRASE,
                    END_CLOSE_NOTIFY)},
    {{LOCAL("late-phrase", "the phrase after 8000 other bytes"), READY(PASS, PASS)},
     GOOD_LEAF,
     .http1 = {.act = ODD_LATE},
     .h2 = {.act = ODD_LATE}},
    {{LOCAL("truncated", "fewer bytes than Content-Length, closed properly"),
      READY(PASS, QUIRK("truncated"))},
     GOOD_LEAF,
     .http1 = BYTES(HEAD_200 "Content-Length: 500\r\n\r\n" ATS_PHRASE "\n", END_CLOSE_NOTIFY)},
    {{LOCAL("truncated-ragged", "fewer bytes than Content-Length, no close_notify"),
      READY(PASS, QUIRK("truncated"))},
     GOOD_LEAF,
     .http1 = BYTES(HEAD_200 "Content-Length: 500\r\n\r\nconnection establ", END_RAGGED)},
    {{LOCAL("reset-after-tls", "TCP reset after the handshake"),
      READY(PASS, QUIRK("reset_after_tls"))},
     GOOD_LEAF,
     .http1 = NOTHING(END_RESET)},
    {{LOCAL("silent", "never answers the request"), READY(PASS, QUIRK("silent"))},
     GOOD_LEAF,
     .http1 = {.act = ODD_SILENT}},
    {{LOCAL("lying-version", "says HTTP/2 in an HTTP/1 status line"),
      READY(PASS, QUIRK("lying_version"))},
     GOOD_LEAF,
     .http1 = BYTES("HTTP/2 200 OK\r\nContent-Length: 0\r\n\r\n", END_CLOSE_NOTIFY)},
    {{LOCAL("lying-version-2.0", "says HTTP/2.0 in an HTTP/1 status line"),
      READY(PASS, QUIRK("lying_version"))},
     GOOD_LEAF,
     .http1 = BYTES("HTTP/2.0 200 OK\r\nContent-Length: 0\r\n\r\n", END_CLOSE_NOTIFY)},
    {{LOCAL("bad-version-1.2", "says HTTP/1.2"), READY(PASS, QUIRK("bad_version"))},
     GOOD_LEAF,
     .http1 = BYTES("HTTP/1.2 200 OK\r\nContent-Length: 0\r\n\r\n", END_CLOSE_NOTIFY)},
    {{LOCAL("bad-version-3.0", "says HTTP/3.0"), READY(PASS, QUIRK("bad_version"))},
     GOOD_LEAF,
     .http1 = BYTES("HTTP/3.0 200 OK\r\nContent-Length: 0\r\n\r\n", END_CLOSE_NOTIFY)},
    {{LOCAL("bad-version-no-code", "a status line without a status"),
      READY(PASS, QUIRK("bad_version"))},
     GOOD_LEAF,
     .http1 = BYTES("HTTP/1.1\r\nContent-Length: 0\r\n\r\n", END_CLOSE_NOTIFY)},
    {{LOCAL("weird", "a header line with a NUL in it"), READY(PASS, QUIRK("weird"))},
     GOOD_LEAF,
     .http1 =
         BYTES("HTTP/1.1 200 OK\r\nX-Bad: a\0b\r\nContent-Length: 0\r\n\r\n", END_CLOSE_NOTIFY)},
    {{LOCAL("truncated-head", "closes in the middle of a header line"),
      READY(PASS, QUIRK("truncated_head"))},
     GOOD_LEAF,
     .http1 = BYTES("HTTP/1.1 200 OK\r\nContent-Ty", END_CLOSE_NOTIFY)},
    {{LOCAL("bad-chunk", "a chunk size that is no number"), READY(PASS, QUIRK("bad_chunk"))},
     GOOD_LEAF,
     .http1 = BYTES(HEAD_200 "Transfer-Encoding: chunked\r\n\r\nzz\r\n" ATS_PHRASE "\r\n0\r\n\r\n",
                    END_CLOSE_NOTIFY)},
    {{LOCAL("endless-head", "header lines without end"), READY(PASS, QUIRK("truncated_head"))},
     GOOD_LEAF,
     .http1 = {.act = ODD_ENDLESS,
               .bytes = HEAD_200,
               .length = sizeof(HEAD_200) - 1,
               .filler = "X-Filler: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\n"}},
    {{LOCAL("endless-body", "a body without end"), READY(PASS, NOTE("unexpected_body"))},
     GOOD_LEAF,
     .http1 = {.act = ODD_ENDLESS,
               .bytes = HEAD_200 "\r\n",
               .length = sizeof(HEAD_200 "\r\n") - 1,
               .filler = "so it goes on and on, "}},
    {{LOCAL("http-426", "426 over HTTP/1.1: use HTTP/2"), READY(PASS, QUIRK("http_426"))},
     GOOD_LEAF,
     .http1 = STATUS(426)},
    {{LOCAL("http-464", "464 over HTTP/1.1: a load balancer's version mismatch"),
      READY(PASS, QUIRK("http_464"))},
     GOOD_LEAF,
     .http1 = STATUS(464)},
    {{LOCAL("http-505", "505 over HTTP/1.1: use HTTP/2"), READY(PASS, QUIRK("http_505"))},
     GOOD_LEAF,
     .http1 = STATUS(505)},

/* The same answer over both. */
#define BOTH_STATUS(number)                                          \
    {                                                                \
        {LOCAL("http-" #number, "status " #number),                  \
         READY(QUIRK("http_" #number), QUIRK("http_" #number))},     \
            GOOD_LEAF, .http1 = STATUS(number), .h2 = STATUS(number) \
    }
    BOTH_STATUS(400),
    BOTH_STATUS(403),
    BOTH_STATUS(404),
    BOTH_STATUS(405),
    BOTH_STATUS(421),
    BOTH_STATUS(500),
    BOTH_STATUS(503),
    {{LOCAL("redirect", "302 to another host"), READY(QUIRK("redirect"), QUIRK("redirect"))},
     GOOD_LEAF,
     .http1 = STATUS(302),
     .h2 = STATUS(302)},
    {{LOCAL("unexpected-body", "200 without the ATS phrase"),
      READY(NOTE("unexpected_body"), NOTE("unexpected_body"))},
     GOOD_LEAF,
     .http1 = {.act = ODD_BODY},
     .h2 = {.act = ODD_BODY}},
    {{LOCAL("no-content", "204"), READY(NOTE("unexpected_body"), NOTE("unexpected_body"))},
     GOOD_LEAF,
     .http1 = {.act = ODD_NO_BODY},
     .h2 = {.act = ODD_NO_BODY}},

    /* HTTP/2 oddities; HTTP/1.1 is fine. */
    {{LOCAL("downgraded", "RST_STREAM HTTP_1_1_REQUIRED: ask again over HTTP/1.1"),
      NOT_READY(NO_ANSWER("http2_missing", "downgraded"), PASS)},
     GOOD_LEAF,
     .h2 = {.act = ODD_RST, .code = 0xd}},
    {{LOCAL("goaway-13", "GOAWAY HTTP_1_1_REQUIRED before the answer"),
      NOT_READY(NO_ANSWER("http2_missing", "goaway_13"), PASS)},
     GOOD_LEAF,
     .h2 = {.act = ODD_GOAWAY, .code = 0xd}},
    {{LOCAL("goaway-0", "GOAWAY NO_ERROR before the answer"),
      NOT_READY(NO_ANSWER("http2_error", "goaway_0"), PASS)},
     GOOD_LEAF,
     .h2 = {.act = ODD_GOAWAY, .code = 0}},
    {{LOCAL("goaway-1", "GOAWAY PROTOCOL_ERROR before the answer"),
      NOT_READY(NO_ANSWER("http2_error", "goaway_1"), PASS)},
     GOOD_LEAF,
     .h2 = {.act = ODD_GOAWAY, .code = 1}},
    {{LOCAL("h2-rst-internal", "RST_STREAM INTERNAL_ERROR"),
      NOT_READY(NO_ANSWER("http2_error", "h2_stream"), PASS)},
     GOOD_LEAF,
     .h2 = {.act = ODD_RST, .code = 2}},
    {{LOCAL("h2-refused", "RST_STREAM REFUSED_STREAM, every time"),
      NOT_READY(NO_ANSWER("stream_refused", "h2_stream"), PASS)},
     GOOD_LEAF,
     .h2 = {.act = ODD_RST, .code = 7}},
    {{LOCAL("h2-eof", "the connection ends properly instead of an answer"),
      NOT_READY(NO_ANSWER("connection_lost", "h2_stream"), PASS)},
     GOOD_LEAF,
     .h2 = NOTHING(END_CLOSE_NOTIFY)},
    {{LOCAL("h2-eof-ragged", "the connection ends without close_notify instead of an answer"),
      NOT_READY(NO_ANSWER("connection_lost", "h2_stream"), PASS)},
     GOOD_LEAF,
     .h2 = NOTHING(END_RAGGED)},
    {{LOCAL("h2-reset", "TCP reset after the handshake, not a byte of HTTP/2"),
      NOT_READY(NO_ANSWER("connection_lost", "reset_after_tls"), PASS)},
     GOOD_LEAF,
     .h2 = {.act = ODD_BYTES, .code = 1, .ending = END_RESET, .bytes = ""}},
    {{LOCAL("h2-reset-later", "SETTINGS, then a TCP reset instead of an answer"),
      NOT_READY(NO_ANSWER("connection_lost", "h2_stream"), PASS)},
     GOOD_LEAF,
     .h2 = NOTHING(END_RESET_LATER)},
    {{LOCAL("h2-text", "agrees to h2, then speaks HTTP/1.1"),
      NOT_READY(NO_ANSWER("http2_missing", "h2_stream"), PASS)},
     GOOD_LEAF,
     .h2 = BYTES("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
                 END_CLOSE_NOTIFY)},
    {{LOCAL("h2-bad-frame", "SETTINGS on a stream: breaks RFC 9113"),
      NOT_READY(NO_ANSWER("http2_error", "h2_stream"), PASS)},
     GOOD_LEAF,
     .h2 = {.act = ODD_BAD_FRAME}},
    {{LOCAL("h2-truncated", "fewer bytes than content-length"), READY(QUIRK("h2_stream"), PASS)},
     GOOD_LEAF,
     .h2 = {.act = ODD_SHORT}},
    {{LOCAL("h2-endless-body", "a body without end"), READY(NOTE("unexpected_body"), PASS)},
     GOOD_LEAF,
     .h2 = {.act = ODD_ENDLESS}},
    {{LOCAL("h2-silent", "SETTINGS, then no answer"),
      NOT_READY(NO_ANSWER("response_timeout", "no_answer"), PASS)},
     GOOD_LEAF,
     .h2 = {.act = ODD_SILENT}},
    {{LOCAL("silent-after-tls", "not a byte after the handshake, whatever the protocol"),
      NOT_READY(NO_ANSWER("response_timeout", "silent"), QUIRK("silent"))},
     GOOD_LEAF,
     .http1 = {.act = ODD_SILENT},
     .h2 = {.act = ODD_SILENT, .code = 1}},

    /* For the soak: a good server most of the time. */
    {{LOCAL("faults", "AVS-shaped, with resets, GOAWAYs, stalls and drops now and then"),
      READY(PASS, PASS)},
     GOOD_LEAF,
     .h2 = {.act = ODD_FAULTS}},
};

size_t scenario_count(void) {
    return sizeof(scenarios) / sizeof(scenarios[0]);
}

const struct scenario *scenario_at(size_t index) {
    return &scenarios[index < scenario_count() ? index : 0];
}

size_t scenario_find(const unsigned char *sni, size_t length) {
    for (size_t i = 0; sni && i < scenario_count(); i++) {
        const char *name = scenarios[i].shown.sni;
        if (strlen(name) == length && strncasecmp(name, (const char *)sni, length) == 0) {
            return i;
        }
    }
    return 0;
}

const struct avs_standin_scenario *avs_standin_scenario(size_t index) {
    return index < scenario_count() ? &scenarios[index].shown : NULL;
}
