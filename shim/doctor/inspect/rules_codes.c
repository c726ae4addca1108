/* SPDX-License-Identifier: Apache-2.0 */
/* What libcurl's results mean in this field. Source: curl_easy_strerror at every tag 7.47.0
 * to 8.21.0 and trials with 7.88.1 + OpenSSL 3.0. Two things matter more than the texts: 7.62.0
 * merged 51 into 60 and kept 51's text for it, and builds with --disable-verbose say "Error" for
 * everything. */
#include <ctype.h>
#include <string.h>

#include "inspect/rules.h"

enum { ANYWHERE = AVS_SCOPE_ANY, NOT_GATEWAY = AVS_SCOPE_ANY & ~AVS_SCOPE_GATEWAY };

#define C(name) AVS_CAUSE_##name

const struct avs_code_rule avs_code_rules[] = {
    {1,
     AVS_SCOPE_GATEWAY,
     C(HTTP2_MISSING),
     C(NONE),
     AVS_LIKELY,
     {C(HTTP2_UNSUPPORTED_BY_LIBCURL), C(INTERCEPTED)},
     "libcurl could not speak the protocol that was asked for: the peer did not agree to HTTP/2, "
     "or this libcurl has no HTTP/2 or no TLS."},
    {1,
     NOT_GATEWAY,
     C(HTTP2_UNSUPPORTED_BY_LIBCURL),
     C(NONE),
     AVS_LIKELY,
     {0},
     "libcurl was built without TLS: it does not know https at all."},
    {3, ANYWHERE, C(ENDPOINT_INVALID), C(NONE), AVS_CERTAIN, {0}, "libcurl cannot read the URL."},
    {4,
     ANYWHERE,
     C(HTTP2_UNSUPPORTED_BY_LIBCURL),
     C(NONE),
     AVS_CERTAIN,
     {0},
     "libcurl was built without a feature that the SDK needs."},
    {5, ANYWHERE, C(PROXY_FAILED), C(NONE), AVS_CERTAIN, {0}, "The proxy's name does not resolve."},
    {6, ANYWHERE, C(DNS_FAILED), C(NONE), AVS_CERTAIN, {0}, "The host's name does not resolve."},
    {7,
     ANYWHERE,
     C(CONNECT_REFUSED),
     C(NONE),
     AVS_POSSIBLE,
     {C(CONNECT_TIMEOUT), C(NETWORK_UNREACHABLE), C(PROXY_FAILED)},
     "No TCP connection; the code does not say whether it was refused, never answered, had no "
     "route, or whether it was the proxy's."},
    {16,
     ANYWHERE,
     C(HTTP2_ERROR),
     C(GOAWAY),
     AVS_POSSIBLE,
     {C(GOAWAY), C(HTTP2_ERROR), C(CONNECTION_LOST)},
     "The HTTP/2 session broke; after a GOAWAY this is normal."},
    {18, ANYWHERE, C(CONNECTION_LOST), C(NONE), AVS_LIKELY, {0}, "The answer was cut short."},
    {22,
     ANYWHERE,
     C(AUTH_NOT_TLS),
     C(NONE),
     AVS_CERTAIN,
     {0},
     "The server answered with an HTTP error, so TLS works."},
    {27, ANYWHERE, C(OUT_OF_MEMORY), C(NONE), AVS_CERTAIN, {0}, "libcurl ran out of memory."},
    {28,
     ANYWHERE,
     C(CONNECT_TIMEOUT),
     C(RESPONSE_TIMEOUT),
     AVS_POSSIBLE,
     {C(TLS_TIMEOUT), C(RESPONSE_TIMEOUT), C(PEER_UNRESPONSIVE), C(PROXY_FAILED)},
     "Time ran out; the code does not say whether in TCP, TLS or HTTP. When every host does this, "
     "a "
     "firewall or a proxy is the usual reason."},
    {35,
     ANYWHERE,
     C(TLS_FAILED),
     C(NONE),
     AVS_LIKELY,
     {C(TLS_ABORTED), C(PLAINTEXT_PEER), C(TLS_VERSION), C(TLS_NO_CIPHER), C(ROOT_MISSING)},
     "The TLS handshake failed; the code does not say how: a cut connection, a peer that speaks "
     "plain text, no common version or cipher, or, with some TLS libraries, a refused "
     "certificate."},
    {45,
     ANYWHERE,
     C(INTERFACE_MISSING),
     C(NONE),
     AVS_CERTAIN,
     {0},
     "libcurl could not use the interface named in CURLOPT_INTERFACE."},
    {48,
     AVS_SCOPE_SETUP,
     C(HTTP2_UNSUPPORTED_BY_LIBCURL),
     C(NONE),
     AVS_LIKELY,
     {0},
     "libcurl does not know an option that needs TLS: it was built without TLS, or the library "
     "loaded is not the one whose headers were used."},
    {51,
     ANYWHERE,
     C(HOSTNAME_MISMATCH),
     C(NONE),
     AVS_CERTAIN,
     {0},
     "Up to libcurl 7.61.1 this code says: the certificate is for another name."},
    {52,
     AVS_SCOPE_GATEWAY,
     C(HTTP2_MISSING),
     C(CONNECTION_LOST),
     AVS_LIKELY,
     {C(CONNECTION_LOST), C(INTERCEPTED)},
     "The server took HTTP/1.1 and answered nothing to HTTP/2."},
    {52, NOT_GATEWAY, C(CONNECTION_LOST), C(NONE), AVS_LIKELY, {0}, "The server answered nothing."},
    {53,
     ANYWHERE,
     C(TLS_FAILED),
     C(NONE),
     AVS_CERTAIN,
     {0},
     "The TLS engine that is configured was not found."},
    {54,
     ANYWHERE,
     C(TLS_FAILED),
     C(NONE),
     AVS_CERTAIN,
     {0},
     "The TLS engine that is configured cannot be used."},
    {55, ANYWHERE, C(CONNECTION_LOST), C(NONE), AVS_LIKELY, {0}, "Sending failed."},
    {56,
     ANYWHERE,
     C(CONNECTION_LOST),
     C(NONE),
     AVS_LIKELY,
     {C(PROXY_FAILED), C(CLIENT_CERT_REQUIRED)},
     "Receiving failed: reset by the peer, a proxy that refused, or (TLS 1.3) a server that wants "
     "a "
     "client certificate."},
    {58,
     ANYWHERE,
     C(CLIENT_CERT_REQUIRED),
     C(NONE),
     AVS_LIKELY,
     {0},
     "The client certificate that is configured cannot be used."},
    {59,
     ANYWHERE,
     C(TLS_NO_CIPHER),
     C(NONE),
     AVS_CERTAIN,
     {0},
     "The cipher list that is configured cannot be used."},
    {60,
     ANYWHERE,
     C(ROOT_MISSING),
     C(NONE),
     AVS_POSSIBLE,
     {C(HOSTNAME_MISMATCH), C(CLOCK_WRONG), C(CERT_EXPIRED), C(INTERCEPTED)},
     "The server's certificate was refused. From libcurl 7.62.0 on, this one code stands for an "
     "unknown root, another name and a wrong date alike."},
    {66,
     ANYWHERE,
     C(TLS_FAILED),
     C(NONE),
     AVS_CERTAIN,
     {0},
     "The TLS engine that is configured did not start."},
    {77,
     ANYWHERE,
     C(CA_FILE_UNREADABLE),
     C(NONE),
     AVS_LIKELY,
     {C(CA_FILE_INVALID)},
     "libcurl could not load the CA file: missing, no permission, a directory, empty or not PEM. A "
     "good CURLOPT_CAPATH does not help then."},
    {80, ANYWHERE, C(CONNECTION_LOST), C(NONE), AVS_POSSIBLE, {0}, "TLS did not end cleanly."},
    {82, ANYWHERE, C(CERT_INVALID), C(NONE), AVS_CERTAIN, {0}, "The CRL file could not be loaded."},
    {83,
     ANYWHERE,
     C(CERT_INVALID),
     C(NONE),
     AVS_CERTAIN,
     {0},
     "The certificate has another issuer than the one demanded."},
    {90,
     ANYWHERE,
     C(CERT_INVALID),
     C(NONE),
     AVS_LIKELY,
     {C(INTERCEPTED)},
     "The server's key is not the pinned one."},
    {91,
     ANYWHERE,
     C(CERT_INVALID),
     C(NONE),
     AVS_CERTAIN,
     {0},
     "The certificate's OCSP status is bad or missing."},
    {92,
     ANYWHERE,
     C(HTTP2_ERROR),
     C(NONE),
     AVS_LIKELY,
     {C(STREAM_REFUSED)},
     "The server reset the stream."},
    {97, ANYWHERE, C(PROXY_FAILED), C(NONE), AVS_CERTAIN, {0}, "The proxy's handshake failed."},
    {98,
     ANYWHERE,
     C(CLIENT_CERT_REQUIRED),
     C(NONE),
     AVS_CERTAIN,
     {0},
     "The server demands a client certificate."},
};
const size_t avs_code_rule_count = sizeof(avs_code_rules) / sizeof(avs_code_rules[0]);

const struct avs_code_rule *avs_code_rule(int code, enum avs_scope scope) {
    scope = scope == AVS_SCOPE_ANY ? AVS_SCOPE_CONTENT : scope; /* some host, not AVS's */
    for (size_t i = 0; i < avs_code_rule_count; i++) {
        if (avs_code_rules[i].code == code && (avs_code_rules[i].scopes & (int)scope)) {
            return &avs_code_rules[i];
        }
    }
    return NULL;
}

/* code, text. Where the wording changed, each wording has a row. */
static const struct {
    int code;
    const char *text;
} code_texts[] = {
    {0, "No error"},
    {1, "Unsupported protocol"},
    {3, "URL using bad/illegal format or missing URL"},
    {4, "A requested feature, protocol or option was not found built-in"},
    {5, "Couldn't resolve proxy name"},
    {5, "Could not resolve proxy name"},
    {6, "Couldn't resolve host name"},
    {6, "Could not resolve hostname"},
    {7, "Couldn't connect to server"},
    {7, "Could not connect to server"},
    {16, "Error in the HTTP2 framing layer"},
    {18, "Transferred a partial file"},
    {22, "HTTP response code said error"},
    {27, "Out of memory"},
    {28, "Timeout was reached"},
    {35, "SSL connect error"},
    {45, "Failed binding local connection end"},
    {48, "An unknown option was passed in to libcurl"},
    {51, "SSL peer certificate or SSH remote key was not OK"}, /* up to 7.61.1; then 60 */
    {52, "Server returned nothing (no headers, no data)"},
    {53, "SSL crypto engine not found"},
    {54, "Can not set SSL crypto engine as default"},
    {55, "Failed sending data to the peer"},
    {56, "Failure when receiving data from the peer"},
    {58, "Problem with the local SSL certificate"},
    {59, "Couldn't use specified SSL cipher"},
    {59, "Could not use specified SSL cipher"},
    {60, "Peer certificate cannot be authenticated with given CA certificates"}, /* to 7.61.1 */
    {66, "Failed to initialise SSL crypto engine"},
    {66, "Failed to initialize SSL crypto engine"},
    {77, "Problem with the SSL CA cert (path? access rights?)"},
    {80, "Failed to shut down the SSL connection"},
    {82, "Failed to load CRL file (path? access rights?, format?)"},
    {83, "Issuer check against peer certificate failed"},
    {90, "SSL public key does not match pinned public key"},
    {91, "SSL server certificate status verification FAILED"},
    {92, "Stream error in the HTTP/2 framing layer"},
    {97, "proxy handshake error"},
    {98, "SSL Client Certificate required"},
};

enum { CUT_TEXT_BYTES_MIN = 12 }; /* a cut text must be at least this long to be known again */

/* True when `text` is `whole`, or its beginning; blanks and backslashes do not count. Text after a
 * ':' that `whole` does not have (a record's message) ends the comparison. */
static bool is_text(const char *text, const char *whole) {
    size_t compared = 0;
    for (;; text++, whole++, compared++) {
        while (*text == ' ' || *text == '\\' || *text == '\n') {
            text++;
        }
        while (*whole == ' ') {
            whole++;
        }
        if (*text == '\0' || *text == ':' || *text == '"') {
            return *whole == '\0' || compared >= CUT_TEXT_BYTES_MIN;
        }
        if (*whole == '\0' || tolower((unsigned char)*text) != tolower((unsigned char)*whole)) {
            return false;
        }
    }
}

static int find_text(const char *text) {
    for (size_t i = 0; i < sizeof(code_texts) / sizeof(code_texts[0]); i++) {
        if (is_text(text, code_texts[i].text)) {
            return code_texts[i].code;
        }
    }
    return -1;
}

int avs_code_from_text(const char *text, enum avs_curl_era era, bool *ret_ambiguous) {
    int code = find_text(text);
    *ret_ambiguous = code == 51 && era == AVS_CURL_UNKNOWN;
    return code == 51 && era != AVS_CURL_OLD ? 60 : code;
}

enum avs_curl_era avs_era_from_pair(long code, const char *text) {
    int text_code = find_text(text);
    if ((code == 60 && text_code == 60) || (code == 51 && text_code == 51)) {
        return AVS_CURL_OLD;
    }
    return code == 60 && text_code == 51 ? AVS_CURL_NEW : AVS_CURL_UNKNOWN;
}

bool avs_code_text_is_mute(const char *text) {
    return is_text(text, "Error") && strlen(text) < CUT_TEXT_BYTES_MIN;
}
