/* SPDX-License-Identifier: Apache-2.0 */
/* Phrases of libcurl's verbose output ("* ..." lines) and of s_client, where the real reason stands
 * when somebody switched that output on. Wordings of OpenSSL 1.0.2 to 3.x, GnuTLS, mbedTLS,
 * wolfSSL, Schannel, NSS, BearSSL and rustls as libcurl 7.47 to 8.21 prints them, read from its
 * lib/vtls. Blanks, backslashes and letter case do not count. The first row that fits wins. */
#include "inspect/rules.h"

#define C(name) AVS_CAUSE_##name
#define TEXT(role, cause, certainty, also, says, ...)                                          \
    {                                                                                          \
        AVS_TEXT_##role, false, C(cause), AVS_##certainty, also, says, (const char *const[]) { \
            __VA_ARGS__, NULL                                                                  \
        }                                                                                      \
    }
/* the same, but only about an AVS host */
#define GATEWAY(role, cause, certainty, also, says, ...)                                      \
    {                                                                                         \
        AVS_TEXT_##role, true, C(cause), AVS_##certainty, also, says, (const char *const[]) { \
            __VA_ARGS__, NULL                                                                 \
        }                                                                                     \
    }
#define PROBLEM(reason) "SSL certificate problem:|" reason

static const enum avs_cause or_intercepted[] = {C(INTERCEPTED), C(NONE)};
static const enum avs_cause or_root[] = {C(ROOT_MISSING), C(NONE)};
static const enum avs_cause or_other_date[] = {C(CERT_NOT_YET_VALID), C(CLOCK_WRONG), C(NONE)};
static const enum avs_cause or_other_refusal[] = {C(HOSTNAME_MISMATCH), C(CLOCK_WRONG),
                                                  C(CERT_EXPIRED), C(INTERCEPTED), C(NONE)};
static const enum avs_cause or_invalid_file[] = {C(CA_FILE_INVALID), C(NONE)};
static const enum avs_cause or_unreadable_file[] = {C(CA_FILE_UNREADABLE), C(NONE)};
static const enum avs_cause or_other_alert_40[] = {C(CLIENT_CERT_REQUIRED), C(TLS_VERSION),
                                                   C(NONE)};
static const enum avs_cause or_version[] = {C(TLS_VERSION), C(NONE)};
static const enum avs_cause or_no_handshake[] = {C(PLAINTEXT_PEER), C(TLS_VERSION),
                                                 C(TLS_NO_CIPHER), C(NONE)};
static const enum avs_cause or_other_handshake[] = {C(TLS_ABORTED), C(TLS_NO_CIPHER),
                                                    C(TLS_VERSION), C(ROOT_MISSING), C(NONE)};
static const enum avs_cause or_libcurl[] = {C(HTTP2_UNSUPPORTED_BY_LIBCURL), C(INTERCEPTED),
                                            C(NONE)};
static const enum avs_cause or_no_http2[] = {C(HTTP2_MISSING), C(INTERCEPTED), C(NONE)};
static const enum avs_cause or_other_connect[] = {C(CONNECT_TIMEOUT), C(NETWORK_UNREACHABLE),
                                                  C(PROXY_FAILED), C(NONE)};

static const char unverified[] =
    "libcurl did not verify the certificate and went on: verification is switched off in this "
    "build; nothing in this log proves trust, and the device must not ship like this.";
static const char wrong_name[] = "The certificate is for other names than the host that was asked.";
static const char unknown_root[] =
    "OpenSSL could not build the chain: the root that signs it is not in the trust store.";
static const char no_root[] = "The TLS library found no trusted root for the chain.";
static const char foreign_root[] =
    "The chain ends in a root that the server sent and the trust store does not hold.";
static const char self_signed[] = "The server's certificate is signed by itself.";
static const char only_leaf[] =
    "The server sent only its own certificate, and its issuer is unknown.";
static const char expired[] = "A certificate of the chain has expired, by this device's clock.";
static const char not_yet[] =
    "A certificate of the chain is not valid yet, by this device's clock.";
static const char weak[] =
    "A key or signature of the chain is too weak for this device's security level.";
static const char no_authority[] = "A certificate used as an authority is none.";
static const char revoked[] = "A certificate of the chain was revoked.";
static const char no_reason[] =
    "The server's certificate was refused, and the TLS library does not say why.";
static const char bad_store[] = "libcurl could not load the CA file that this line names.";
static const char peer_version[] = "The peer refused every TLS version that was offered.";
static const char own_version[] = "The peer offered only TLS versions that this device refuses.";
static const char alert_40[] =
    "The peer refused the handshake (alert 40): usually no common cipher or group.";
static const char alert_120[] = "The peer refused the protocols that were offered (alert 120).";
static const char wants_certificate[] = "The peer wants a client certificate.";
static const char plain_text[] = "The peer's first bytes are no TLS.";
static const char no_cipher[] = "There is no common cipher, group or signature.";
static const char cut[] = "The other side, or something on the path, cut the connection.";
static const char no_nghttp2[] = "libcurl offered HTTP/1.1 only: it was built without nghttp2.";
static const char proxy_refused[] = "The proxy refused to make the connection.";
static const char no_name[] = "The host's name does not resolve.";
static const char refused[] = "The address refused the connection.";
static const char no_route[] = "There is no route to the address.";
static const char no_answer[] = "The time for connecting ran out without an answer.";

const struct avs_text_rule avs_text_rules[] = {
    /* verification is switched off: whatever follows proves no trust */
    TEXT(UNVERIFIED, NONE, CERTAIN, NULL, unverified, "continuing anyway",
         "peer verification disabled", "verification SKIPPED",
         "skipping SSL peer certificate verification"),

    /* OpenSSL's reason in other words than libcurl's usual ones: read as if behind those */
    TEXT(REFUSED, NONE, CERTAIN, NULL, NULL, "TLS cert problem:", "SSL certificate verify result:",
         "SSL certificate OpenSSL verify result:"),

    /* the certificate was refused, and why: OpenSSL and its relatives */
    TEXT(VERIFY, ROOT_MISSING, CERTAIN, NULL, unknown_root,
         PROBLEM("unable to get local issuer certificate"),
         PROBLEM("unable to get issuer certificate")),
    TEXT(VERIFY, ROOT_MISSING, LIKELY, or_intercepted, foreign_root,
         PROBLEM("signed certificate in certificate chain")),
    TEXT(VERIFY, SELF_SIGNED, CERTAIN, NULL, self_signed, PROBLEM("self signed certificate"),
         PROBLEM("self-signed certificate")),
    TEXT(VERIFY, INTERMEDIATE_MISSING, LIKELY, or_root, only_leaf,
         PROBLEM("unable to verify the first certificate"),
         PROBLEM("unable to verify leaf signature")),
    TEXT(VERIFY, CERT_EXPIRED, CERTAIN, NULL, expired, PROBLEM("certificate has expired")),
    TEXT(VERIFY, CERT_NOT_YET_VALID, CERTAIN, NULL, not_yet,
         PROBLEM("certificate is not yet valid")),
    TEXT(VERIFY, WEAK_SIGNATURE, CERTAIN, NULL, weak, PROBLEM("key too weak"), PROBLEM("too weak")),
    TEXT(VERIFY, WRONG_PURPOSE, CERTAIN, NULL, "The certificate is not meant for a TLS server.",
         PROBLEM("certificate purpose")),
    TEXT(VERIFY, WRONG_PURPOSE, CERTAIN, NULL, no_authority, PROBLEM("invalid CA certificate"),
         PROBLEM("invalid non-CA certificate"), PROBLEM("path length constraint exceeded")),
    TEXT(VERIFY, HOSTNAME_MISMATCH, CERTAIN, NULL, wrong_name, PROBLEM("hostname mismatch"),
         PROBLEM("IP address mismatch")),
    TEXT(VERIFY, CERT_INVALID, CERTAIN, NULL, revoked, PROBLEM("certificate revoked")),
    TEXT(VERIFY, CERT_INVALID, LIKELY, NULL, "OpenSSL refused the certificate.", PROBLEM("")),

    /* the name */
    TEXT(VERIFY, HOSTNAME_MISMATCH, CERTAIN, NULL, wrong_name,
         "no alternative certificate subject name matches", "does not match target host name",
         "subjectAltName does not match", "or common name do not match",
         "name in the certificate does not match", "BADCERT_CN_MISMATCH",
         "does not match with the expected CN", "SEC_E_WRONG_PRINCIPAL",
         "certificate name verification failed", "failed to match connection hostname",
         "failed with error -322", "peer subject name mismatch", "NotValidForName",
         "SSL_ERROR_BAD_CERT_DOMAIN", "expected server name was not found"),
    TEXT(VERIFY, HOSTNAME_MISMATCH, LIKELY, NULL, "The certificate names no host.",
         "unable to obtain common name from peer certificate"),

    /* the dates, in other libraries' words */
    TEXT(VERIFY, CERT_EXPIRED, CERTAIN, NULL, expired,
         "server certificate expiration date has passed", "certificate expiration date FAILED",
         "uses expired certificate", "BADCERT_EXPIRED", "certificate validity has expired",
         "failed with error -151", "current date after",
         "verification failed: certificate has expired", "SEC_E_CERT_EXPIRED", "CERT_E_EXPIRED",
         "SEC_ERROR_EXPIRED_CERTIFICATE", "invalid peer certificate|Expired"),
    TEXT(VERIFY, CERT_NOT_YET_VALID, CERTAIN, NULL, not_yet, "server certificate not activated yet",
         "certificate activation date FAILED", "uses not yet valid certificate", "BADCERT_FUTURE",
         "validity starts in the future", "failed with error -150", "current date before",
         "failed: certificate not valid yet", "invalid peer certificate|NotValidYet"),
    TEXT(VERIFY, CERT_EXPIRED, LIKELY, or_other_date,
         "A date of the chain does not fit this device's clock.", "is not time valid",
         "expired or not yet valid"),

    /* the root and the chain, in other libraries' words */
    TEXT(VERIFY, ROOT_MISSING, CERTAIN, NULL, no_root, "certificate issuer is unknown",
         "BADCERT_NOT_TRUSTED", "not correctly signed by the trusted CA",
         "CA signer not available for verification", "failed with error -188",
         "ASN no signer error", "SEC_E_UNTRUSTED_ROOT", "CERT_E_UNTRUSTEDROOT",
         "based on an untrusted root", "UnknownIssuer", "SEC_ERROR_UNKNOWN_ISSUER",
         "Certificate issuer is not recognized", "could not be linked to a trust anchor"),
    TEXT(VERIFY, SELF_SIGNED, CERTAIN, NULL, self_signed, "failed with error -275"),
    TEXT(VERIFY, INTERMEDIATE_MISSING, LIKELY, or_root, only_leaf,
         "the certificate chain is incomplete"),
    TEXT(VERIFY, WEAK_SIGNATURE, CERTAIN, NULL, weak, "uses insecure algorithm",
         "signed with an unacceptable", "SSL routines|ca md too weak",
         "SSL routines|ee key too small", "SSL routines|ca key too small"),
    TEXT(VERIFY, WRONG_PURPOSE, CERTAIN, NULL, no_authority, "certificate issuer is not a CA",
         "does not match the keyUsage"),
    TEXT(VERIFY, CERT_INVALID, CERTAIN, NULL, revoked, "certificate chain is revoked",
         "BADCERT_REVOKED", "CRYPT_E_REVOKED", "chain has been revoked",
         "Server certificate was revoked"),
    TEXT(VERIFY, CERT_INVALID, CERTAIN, NULL,
         "The certificate's revocation status (OCSP or CRL) is missing or bad.",
         "No OCSP response received", "Invalid OCSP response", "OCSP response has expired",
         "CRYPT_E_NO_REVOCATION_CHECK", "CRYPT_E_REVOCATION_OFFLINE", "error loading CRL file"),
    TEXT(VERIFY, CERT_INVALID, LIKELY, or_intercepted, "The server's key is not the pinned one.",
         "public key does not match pinned"),
    TEXT(VERIFY, ROOT_MISSING, POSSIBLE, or_other_refusal, no_reason,
         "server certificate verification failed", "SSL certificate verification failed",
         "server cert verify failed", "Error in the certificate verification",
         "ssl_handshake returned|0x2700", "X509 - Certificate verification failed",
         "certificate could not be verified", "mbedTLS: certificate verification error",
         "failed with error -155", "failed with error -329", "SEC_E_CERT_UNKNOWN",
         "certificate verify failed"),

    /* the trust store */
    TEXT(FAILURE, CA_FILE_UNREADABLE, LIKELY, or_invalid_file, bad_store,
         "error setting certificate verify locations", "error setting certificate file",
         "error setting certificate path", "error adding trust anchors", "error reading ca cert",
         "schannel: failed to open CA file"),
    TEXT(FAILURE, CA_FILE_INVALID, LIKELY, or_unreadable_file,
         "The CA certificates that were given cannot be read as such.", "error importing CA cert",
         "is not correctly formatted", "No CA Chain is set"),

    /* the handshake: what the peer sent back. OpenSSL names alerts, or numbers them from 1000 on */
    TEXT(FAILURE, TLS_VERSION, CERTAIN, NULL, peer_version, "alert protocol version",
         "reason(1070)", "alert inappropriate fallback", "handshake|Error in protocol version"),
    TEXT(FAILURE, TLS_NO_CIPHER, LIKELY, or_other_alert_40, alert_40, "alert handshake failure",
         "reason(1040)", "gnutls_handshake() failed|failed: Handshake failed",
         "GnuTLS, handshake failed|failed: Handshake failed"),
    TEXT(FAILURE, TLS_NO_CIPHER, CERTAIN, NULL,
         "The peer asks for more security than was offered (alert 71).",
         "alert insufficient security", "reason(1071)"),
    TEXT(FAILURE, ALPN_REJECTED, CERTAIN, NULL, alert_120, "alert no application protocol",
         "reason(1120)", "No supported application protocol", "ALPN, failure getting protocol"),
    TEXT(FAILURE, CLIENT_CERT_REQUIRED, CERTAIN, NULL, wants_certificate,
         "alert certificate required", "reason(1116)", "Certificate is required"),
    TEXT(FAILURE, CLIENT_CERT_REQUIRED, LIKELY, NULL,
         "The peer refuses this device's own certificate.", "alert bad certificate",
         "alert unknown ca", "alert certificate unknown", "alert certificate expired",
         "alert access denied", "client certificate"),
    TEXT(FAILURE, TLS_FAILED, CERTAIN, NULL,
         "The peer does not serve the name that was asked for (SNI).", "unrecognized name",
         "reason(1112)", "server name sent was not recognized"),
    TEXT(FAILURE, TLS_FAILED, LIKELY, NULL,
         "The peer broke the handshake off with an error of its own (alert 80).",
         "alert internal error", "reason(1080)"),

    /* the handshake: no TLS on the other side */
    TEXT(FAILURE, PLAINTEXT_PEER, LIKELY, NULL, plain_text, "wrong version number",
         "SSL routines:|unknown protocol", "SSL routines:|http request", "packet length too long",
         "unexpected TLS packet was received", "ssl_handshake returned|0x7200",
         "invalid SSL record was received", "failed with error -326", "SEC_E_INVALID_TOKEN",
         "SSL_ERROR_RX_RECORD_TOO_LONG", "InvalidContentType"),
    TEXT(FAILURE, PLAINTEXT_PEER, POSSIBLE, or_version,
         "The peer's first bytes are no TLS, or of a version that was not offered.",
         "illegal or unsupported version was received"),

    /* the handshake: nothing in common */
    TEXT(FAILURE, TLS_VERSION, CERTAIN, NULL, own_version, "SSL routines:|unsupported protocol",
         "SSL routines:|version too low", "SSL routines:|wrong ssl version",
         "ssl_handshake returned|0x6E80", "not within min/max boundaries",
         "SSL_ERROR_UNSUPPORTED_VERSION", "SEC_E_UNSUPPORTED_FUNCTION"),
    TEXT(FAILURE, TLS_VERSION, CERTAIN, NULL, "This device's TLS settings leave no TLS version.",
         "SSL routines:|no protocols available", "Unrecognized parameter",
         "SSL versions not supported"),
    TEXT(FAILURE, TLS_NO_CIPHER, CERTAIN, NULL, no_cipher, "no shared cipher",
         "SSL routines:|no suitable key share", "SSL routines:|no suitable signature algorithm",
         "SSL routines:|wrong curve", "SSL routines:|wrong signature type",
         "No supported cipher suites", "can't match cipher suite", "ssl_handshake returned|0x7380",
         "ssl_handshake returned|0x6E00", "SEC_E_ALGORITHM_MISMATCH",
         "SSL_ERROR_NO_CYPHER_OVERLAP"),
    TEXT(FAILURE, TLS_NO_CIPHER, CERTAIN, NULL, "This device's settings leave no cipher.",
         "no ciphers available", "no cipher match", "failed setting cipher list",
         "failed setting TLS 1.3 cipher", "no supported cipher in list"),
    TEXT(FAILURE, TLS_NO_CIPHER, LIKELY, NULL,
         "The peer's key exchange is too weak for this device's security level.",
         "SSL routines:|dh key too small"),
    TEXT(FAILURE, TLS_FAILED, LIKELY, NULL,
         "The peer wants a renegotiation that this TLS library holds for unsafe.",
         "unsafe legacy renegotiation"),
    TEXT(FAILURE, TLS_FAILED, LIKELY, NULL,
         "What arrived did not decrypt: damaged on the way, or changed.",
         "SSL routines:|bad record mac"),
    TEXT(FAILURE, TLS_FAILED, CERTAIN, NULL, "The TLS library could not even be set up.",
         "create a context|SSL:", "Insufficient randomness"),

    /* the handshake: cut, or never answered */
    TEXT(FAILURE, TLS_TIMEOUT, CERTAIN, NULL, "TCP connected; the handshake was never answered.",
         "SSL connection timeout", "SSL_connect:|timed out", "ssl_handshake returned|0x6800"),
    TEXT(FAILURE, CONNECTION_LOST, CERTAIN, NULL,
         "The connection was cut while data was under way.",
         "OpenSSL SSL_read:", "OpenSSL SSL_write:", "SSL_write() returned", "GnuTLS recv error",
         "Connection died, tried", "transfer closed with", "before end of the underlying",
         "write:errno="),
    TEXT(FAILURE, TLS_ABORTED, CERTAIN, NULL, cut, "unexpected eof while reading",
         "SSL_connect:|reset by peer", "SSL_connect: SSL_ERROR_SYSCALL",
         "SSL_connect: SSL_ERROR_ZERO_RETURN", "Recv failure:|reset", "Send failure:|reset",
         "Send failure:|Broken pipe", "Connection closed abruptly", "was non-properly terminated",
         "ssl_handshake returned|0x7280", "ssl_handshake returned|0x0050",
         "connection indicated an EOF", "NET - Connection was reset by peer",
         "failed with error -308", "failed with error -397", "schannel: server closed abruptly"),
    TEXT(FAILURE, TLS_ABORTED, LIKELY, NULL, cut, "Unknown SSL protocol error in connection",
         "ssl handshake failure", "Error in the pull function", "Error in the push function",
         "ssl_handshake returned|0x7880", "failed to receive handshake",
         "peer closed TCP connection", "Recv failure:", "Send failure:"),
    TEXT(FAILURE, CONNECTION_LOST, LIKELY, NULL, "The server closed without an answer.",
         "Empty reply from server"),
    TEXT(FAILURE, TLS_ABORTED, POSSIBLE, or_no_handshake,
         "The handshake ended before the server had shown a certificate.",
         "no peer certificate available"),
    TEXT(FAILURE, TLS_FAILED, POSSIBLE, or_other_handshake,
         "The handshake failed; the text does not say why.", "gnutls_handshake() failed",
         "GnuTLS, handshake failed", "ssl_handshake returned", "SSL_connect failed with error",
         "InitializeSecurityContext failed", "TLS connect error", "OpenSSL SSL_connect:"),

    /* HTTP/2 */
    TEXT(OFFER_H2, NONE, CERTAIN, NULL, NULL, "ALPN, offering h2", "ALPN: offers h2"),
    TEXT(OFFER_H1, HTTP2_UNSUPPORTED_BY_LIBCURL, LIKELY, NULL, no_nghttp2,
         "ALPN, offering http/1.1", "ALPN: offers http/1.1"),
    GATEWAY(FAILURE, HTTP2_MISSING, LIKELY, or_libcurl, "The AVS host chose HTTP/1.1.",
            "ALPN, server accepted to use http/1.1", "ALPN: server accepted http/1.1"),
    GATEWAY(FAILURE, HTTP2_MISSING, LIKELY, or_intercepted, "The AVS host answered without ALPN.",
            "ALPN, server did not agree to a protocol", "ALPN: server did not agree on a protocol"),
    TEXT(FAILURE, STREAM_REFUSED, CERTAIN, NULL, "The server refused the stream unprocessed.",
         "was not closed cleanly: REFUSED_STREAM", "HTTP/2 stream|REFUSED_STREAM"),
    TEXT(FAILURE, HTTP2_ERROR, LIKELY, NULL, "The server reset the stream.",
         "HTTP/2 stream|was not closed cleanly", "HTTP/2 stream|reset by",
         "before getting all response header", "nghttp2 shuts down connection"),
    TEXT(FAILURE, HTTP2_ERROR, LIKELY, or_no_http2,
         "What answered is no HTTP/2, although it was asked for.", "expected SETTINGS frame",
         "Received HTTP/0.9", "Unsupported HTTP version", "nghttp2 recv error",
         "received invalid frame"),
    TEXT(FAILURE, HTTP2_UNSUPPORTED_BY_LIBCURL, CERTAIN, NULL,
         "This libcurl was built without TLS: it does not know https at all.",
         "Protocol \"https\"|not supported", "Protocol \"https\"|disabled",
         "Protocol https|not supported"),
    TEXT(FAILURE, ENDPOINT_INVALID, CERTAIN, NULL, "libcurl cannot read the URL.",
         "URL rejected:", "<url> malformed", "URL using bad/illegal format",
         "Illegal characters found in URL", "Port number out of range"),

    /* before TLS: names */
    TEXT(FAILURE, PROXY_FAILED, CERTAIN, NULL, "The proxy's name does not resolve.",
         "Could not resolve proxy", "Couldn't resolve proxy"),
    TEXT(FAILURE, DNS_FAILED, CERTAIN, NULL, no_name, "Could not resolve host",
         "Couldn't resolve host", "Could not resolve:", "Failed to resolve host",
         "Resolving timed out", "Name or service not known", "failure in name resolution",
         "getaddrinfo() thread failed", "getaddrinfo(3) failed", "Failed to get an IP address",
         "BIO_lookup|system lib"),

    /* before TLS: the proxy and the interface */
    TEXT(FAILURE, PROXY_FAILED, CERTAIN, NULL, proxy_refused, "from proxy after CONNECT",
         "CONNECT tunnel failed", "Proxy CONNECT aborted", "CONNECT response too large",
         "sending CONNECT to proxy", "proxy closed connection", "connection to proxy closed",
         "complete SOCKS", "SOCKS4 connect request", "SOCKS5 connect request",
         "initial SOCKS5 response", "SOCKS5 initial reply", "SOCKS request", "SOCKS response",
         "rejected by the SOCKS5 server", "No authentication method was acceptable",
         "Unsupported proxy", "proxy handshake error"),
    TEXT(FAILURE, INTERFACE_MISSING, CERTAIN, NULL,
         "libcurl could not use the interface named in CURLOPT_INTERFACE.", "Couldn't bind to",
         "Could not bind to", "bind failed with errno"),

    /* before TLS: the connection as a whole, one address of several, and in the words of s_client
     */
    TEXT(FAILURE, CONNECT_REFUSED, CERTAIN, NULL, refused, "Failed to connect to|refused"),
    TEXT(FAILURE, NETWORK_UNREACHABLE, CERTAIN, NULL, no_route,
         "Failed to connect to|Network is unreachable", "Failed to connect to|No route to host",
         "Failed to connect to|Host is unreachable", "Failed to connect to|Network is down"),
    TEXT(FAILURE, NETWORK_UNREACHABLE, LIKELY, NULL,
         "This machine itself forbids the connection (its own firewall).",
         "Failed to connect to|not permitted", "Failed to connect to|Permission denied"),
    TEXT(FAILURE, INTERFACE_MISSING, LIKELY, NULL, "This machine has no address to send from.",
         "Failed to connect to|assign requested address"),
    TEXT(FAILURE, CONNECT_TIMEOUT, CERTAIN, NULL, no_answer, "Failed to connect to|timed out",
         "Failed to connect to|Timeout was reached"),
    TEXT(HINT, CONNECT_REFUSED, CERTAIN, NULL, refused, "Immediate connect fail|refused"),
    TEXT(HINT, NETWORK_UNREACHABLE, CERTAIN, NULL, no_route,
         "Immediate connect fail|Network is unreachable",
         "Immediate connect fail|No route to host"),
    TEXT(FAILURE, CONNECT_REFUSED, POSSIBLE, or_other_connect,
         "No TCP connection; the text does not say why.", "Failed to connect to"),
    TEXT(HINT, CONNECT_REFUSED, CERTAIN, NULL, refused, "connect to|refused"),
    TEXT(HINT, NETWORK_UNREACHABLE, CERTAIN, NULL, no_route, "connect to|Network is unreachable",
         "connect to|No route to host", "connect to|Host is unreachable",
         "connect to|Network is down"),
    TEXT(HINT, NETWORK_UNREACHABLE, LIKELY, NULL,
         "This machine itself forbids the connection (its own firewall).",
         "connect to|not permitted", "connect to|Permission denied"),
    TEXT(HINT, INTERFACE_MISSING, LIKELY, NULL, "This machine has no address to send from.",
         "connect to|assign requested address"),
    TEXT(HINT, CONNECT_TIMEOUT, CERTAIN, NULL, no_answer, "connect to|timed out",
         "connect to|Timeout was reached", "connect timeout after|move on"),
    TEXT(FAILURE, CONNECT_REFUSED, CERTAIN, NULL, refused, "BIO_connect|refused",
         "system library:|refused", "connect:errno=111"),
    TEXT(FAILURE, CONNECT_TIMEOUT, CERTAIN, NULL, no_answer, "system library:|timed out",
         "connect:errno=110"),
    TEXT(FAILURE, NETWORK_UNREACHABLE, CERTAIN, NULL, no_route, "system library:|unreachable",
         "system library:|No route to host", "connect:errno=101", "connect:errno=113"),
    TEXT(FAILURE, CONNECT_TIMEOUT, CERTAIN, NULL, no_answer, "Connection timed out after",
         "Connection timeout after", "Connection time-out", "connect timeout"),
    TEXT(FAILURE, RESPONSE_TIMEOUT, LIKELY, NULL, "The answer did not come in time.",
         "Operation timed out after", "Operation too slow"),

    /* good news */
    TEXT(PROOF, NONE, CERTAIN, NULL, "libcurl verified the server's certificate.",
         "SSL certificate verify ok", "SSL certificate verified", "certificate verification OK"),
    TEXT(PROOF, NONE, CERTAIN, NULL, "HTTP/2 was agreed on.",
         "Connection state changed (HTTP/2 confirmed)"),
};
const size_t avs_text_rule_count = sizeof(avs_text_rules) / sizeof(avs_text_rules[0]);
