/* SPDX-License-Identifier: Apache-2.0 */
/* The catalogue: one row per cause. Ids and order come from <avs/cause.h>; the words live here, and
 * of the causes that only libavs-doctor can meet in doctor/iot/causes.c. With the facts of a run in
 * them: verdict/fact.c (for a log line), doctor/report/headline.c (for a report). */
#include "base/causes.h"

#include <string.h>

#include "base/flow.h"

static const char *const phase_ids[AVS_PHASE_COUNT] = {
#define XX(name, id) [AVS_PHASE_##name] = id,
    AVS_PHASE_MAP(XX)
#undef XX
};

static const char *const severity_ids[] = {
    [AVS_SEVERITY_INFO] = "info",
    [AVS_SEVERITY_WARNING] = "warning",
    [AVS_SEVERITY_ERROR] = "error",
};

#define XX AVS_CAUSE_ID
AVS_CAUSE_MAP(XX)
#undef XX

#define ROW(name, ...) [AVS_CAUSE_##name] = AVS_CAUSE_ROW(name, __VA_ARGS__)

static const struct avs_cause_info rows[] = {
    ROW(NONE, INTERNAL, INFO, "Nothing is wrong.", "Nothing to do.", NULL),
    ROW(CONFIG_UNREADABLE, CONFIG, ERROR, "The configuration file cannot be read.",
        "Check the path and its permissions; the SDK needs read access as the user it runs as.",
        "ls -l {config}"),
    ROW(CONFIG_MALFORMED, CONFIG, ERROR,
        "The configuration file is not what the SDK's parser accepts, so the SDK does not start.",
        "Correct the place named above; the linter shows every one with line and column.",
        "avs-shim endpoint lint --config {config}"),
    ROW(ENDPOINT_INVALID, CONFIG, ERROR, "The endpoint is not an https URL that a client can dial.",
        "Use https://host or https://host:port, without user name, path or spaces, or one of the "
        "names.",
        "avs-shim check --endpoint na"),
    ROW(ENDPOINT_IGNORED, CONFIG, WARNING,
        "The configured endpoint key is never read by this SDK release.",
        "From SDK 1.17 on set avsGatewayManager.avsGateway, or use this library's transport, which "
        "honours the key.",
        "avs-shim endpoint explain --config {config}"),
    ROW(DNS_FAILED, DNS, ERROR, "The host name does not resolve.",
        "Check the network, /etc/resolv.conf and the spelling; after an outage, restart the "
        "process so that it reads resolv.conf anew.",
        "getent ahosts {host}"),
    ROW(CONNECT_REFUSED, TCP, ERROR, "The address answered, but nothing listens on that port.",
        "Check the port, and whether a firewall or a proxy rejects the connection.",
        "avs-shim check --endpoint {endpoint}"),
    ROW(CONNECT_TIMEOUT, TCP, ERROR, "The TCP connection was never answered.",
        "A firewall drops the packets or the route is down: allow outgoing TCP 443, or set the "
        "proxy (libcurlUtils.CURLOPT_PROXY or https_proxy).",
        "curl -v --connect-timeout 10 {endpoint}/"),
    ROW(NETWORK_UNREACHABLE, TCP, ERROR, "This machine has no route to the host.",
        "Bring the interface up and check the default route.", "ip route"),
    ROW(INTERFACE_MISSING, TCP, ERROR,
        "The interface named in CURLOPT_INTERFACE does not exist or has no address.",
        "Correct libcurlUtils.CURLOPT_INTERFACE or bring that interface up.", "ip address"),
    ROW(PROXY_FAILED, TCP, ERROR, "The proxy could not be reached or refused the connection.",
        "Check the proxy's address, its credentials and whether it allows CONNECT to port 443; "
        "no_proxy exempts a host.",
        "env | grep -i proxy | sed 's,//.*@,//***@,'"),
    ROW(TLS_ABORTED, TLS, ERROR,
        "The connection was cut during the TLS handshake, before any certificate could be judged.",
        "Something on the path cuts TLS (firewall, deep packet inspection, SNI filter): try "
        "another network, then allow the host.",
        "openssl s_client -connect {host}:{port} -servername {host} </dev/null"),
    ROW(TLS_TIMEOUT, TLS, ERROR, "TCP connected, but the TLS handshake was never answered.",
        "A firewall or proxy swallows the handshake: try another network; check for an MTU problem "
        "(PPPoE, VPN).",
        "ping -c 3 -M do -s 1472 {host}"),
    ROW(TLS_VERSION, TLS, ERROR,
        "The server and this device have no TLS version in common; TLS 1.2 is the least allowed.",
        "Update the side that is older; never lower the floor.",
        "openssl s_client -connect {host}:{port} -servername {host} -tls1_2 </dev/null"),
    ROW(TLS_NO_CIPHER, TLS, ERROR,
        "The server and this device have no cipher suite or group in common.",
        "Update OpenSSL, or remove the cipher restriction from openssl.cnf.",
        "openssl ciphers -v 'DEFAULT'"),
    ROW(TLS_FAILED, TLS, ERROR,
        "The TLS handshake failed for a reason that fits no other row; the detail says what "
        "OpenSSL saw.",
        "Keep the evidence file and compare with another network.",
        "avs-shim check --endpoint {endpoint} --evidence evidence.json"),
    ROW(PLAINTEXT_PEER, TLS, ERROR, "The port does not speak TLS: the peer answered in plain text.",
        "Check the port; a captive portal or a proxy may answer instead of the server.",
        "curl -v http://{host}:{port}/"),
    ROW(SPOOFED_PHRASE, TLS, ERROR,
        "The success message was sent over a connection that no verified TLS protected, so it "
        "proves nothing.",
        "Find out what answers in the server's place (captive portal, test server on the wrong "
        "port).",
        "curl -v http://{host}:{port}/"),
    ROW(ALPN_REJECTED, TLS, ERROR,
        "The server refused the application protocols offered (ALPN alert 120).",
        "Offer h2: this server speaks nothing else to this client.",
        "avs-shim check --endpoint {endpoint} --http2-only"),
    ROW(CLIENT_CERT_REQUIRED, TLS, ERROR,
        "The server wants a client certificate, and this device presents none.",
        "This is no AVS endpoint, or a proxy that authenticates devices: use the right host, or "
        "give the device its certificate.",
        NULL),
    ROW(ROOT_MISSING, TRUST, ERROR,
        "The chain ends in a certificate authority that is not in the trust store.",
        "Add the missing root named above to the store that the SDK uses.",
        "sudo avs-shim trust install --apply"),
    ROW(INTERMEDIATE_MISSING, TRUST, ERROR,
        "The server left out an intermediate certificate between its own and the root.",
        "The server (or the proxy in its place) must send it; installing roots does not help.",
        "openssl s_client -connect {host}:{port} -servername {host} -showcerts </dev/null"),
    ROW(CROSS_SIGNED_ANCHOR, TRUST, WARNING,
        "The trust store holds only a cross-signed copy of the root, which strict verifiers "
        "refuse.",
        "Add the self-signed root beside it.", "sudo avs-shim trust install --apply"),
    ROW(SELF_SIGNED, TRUST, ERROR,
        "The server's certificate is signed by itself and not in the trust store.",
        "This is no AVS server: check the endpoint, or give a private test bed's certificate with "
        "--ca-file.",
        "avs-shim check --endpoint {endpoint} --ca-file FILE"),
    ROW(NOT_ATS, TRUST, ERROR,
        "The chain is trusted, but it does not end in an Amazon Trust Services root, so it does "
        "not prove that ATS certificates work.",
        "Check the endpoint; for a private test bed or another CA say that any trusted root will "
        "do.",
        "avs-shim check --endpoint {endpoint} --any-root"),
    ROW(INTERCEPTED, TRUST, ERROR,
        "Somebody else's authority vouches for an Amazon name: TLS is intercepted, usually by a "
        "company proxy.",
        "Have the host exempted from TLS inspection, or use another network; do not install the "
        "interceptor's root on a product.",
        NULL),
    ROW(HOSTNAME_MISMATCH, TRUST, ERROR,
        "The certificate is for other names than the one that was asked for.",
        "Check the endpoint's spelling and the DNS answer; a captive portal shows the same.",
        "getent ahosts {host}"),
    ROW(CERT_EXPIRED, TRUST, ERROR, "A certificate of the chain has expired.",
        "If this device's clock is right, the server's operator must renew it; if not, set the "
        "clock.",
        "date -u"),
    ROW(CERT_NOT_YET_VALID, TRUST, ERROR, "A certificate of the chain is not valid yet.",
        "If this device's clock is right, the server's clock or certificate is wrong; if not, set "
        "the clock.",
        "date -u"),
    ROW(CLOCK_WRONG, TRUST, ERROR,
        "This device's clock is wrong: the certificates are good at another time.",
        "Set the clock, and keep it set across power cuts (NTP, or a battery-backed clock).",
        "date -u && sudo timedatectl set-ntp true"),
    ROW(WEAK_SIGNATURE, TRUST, ERROR,
        "A certificate of the chain uses a key or signature too weak for this device's security "
        "level.",
        "The server must present a stronger certificate; do not lower the security level.", NULL),
    ROW(WRONG_PURPOSE, TRUST, ERROR,
        "The certificate is not meant for a TLS server, or a certificate used as an authority is "
        "none.",
        "The server must present a certificate with the serverAuth purpose from a proper "
        "authority.",
        NULL),
    ROW(CERT_INVALID, TRUST, ERROR,
        "The chain was refused for a reason that fits no other row; the detail says what OpenSSL "
        "saw.",
        "Keep the evidence file and look at the chain.",
        "avs-shim check --endpoint {endpoint} --evidence evidence.json"),
    ROW(CA_FILE_UNREADABLE, TRUST, ERROR,
        "The CA file or directory that should hold the trusted roots cannot be read.",
        "Correct the path or its permissions; a bad CA file breaks TLS even when the CA path is "
        "good.",
        "ls -l {ca_file}"),
    ROW(CA_FILE_INVALID, TRUST, ERROR,
        "The CA file is refused: it holds no certificate in PEM form, or a damaged block.",
        "Replace it by a whole PEM bundle (-----BEGIN CERTIFICATE-----); a DER file can be "
        "converted.",
        "openssl x509 -inform DER -in {ca_file} -out ca.pem"),
    ROW(CA_PATH_NOT_HASHED, TRUST, ERROR,
        "The CA directory holds certificates, but no hash links, so OpenSSL finds none of them.",
        "Make the hash links, or name a single file with CURLOPT_CAINFO (SDK 1.16 and later).",
        "openssl rehash {ca_path}"),
    ROW(HTTP2_MISSING, HTTP, ERROR,
        "The server does not agree to HTTP/2, and AVS cannot run without it.",
        "Check that the endpoint is an AVS gateway and that no proxy strips ALPN from the "
        "handshake.",
        "openssl s_client -connect {host}:{port} -servername {host} -alpn h2 </dev/null"),
    ROW(HTTP2_ERROR, HTTP, ERROR, "The HTTP/2 session ended in an error before the answer.",
        "Keep the evidence file; if it repeats on another network, the server or a proxy is at "
        "fault.",
        "avs-shim check --endpoint {endpoint}"),
    ROW(HTTP2_UNSUPPORTED_BY_LIBCURL, CONFIG, ERROR,
        "The libcurl that the SDK loaded has no HTTP/2 support, so the SDK does not start.",
        "Build libcurl with nghttp2 and OpenSSL, and make sure that the process loads that one.",
        "curl -V | grep -i http2"),
    ROW(RESPONSE_TIMEOUT, REQUEST, ERROR,
        "The request was sent, but the answer did not come in time.",
        "Check the network's quality; if pings are lost too, the path is dead.",
        "avs-shim check --endpoint {endpoint}"),
    ROW(PEER_UNRESPONSIVE, REQUEST, ERROR, "The peer stopped answering on an open connection.",
        "The path died without a word (cable, Wi-Fi, NAT timeout): reconnect.",
        "avs-shim check --endpoint {endpoint}"),
    ROW(CONNECTION_LOST, REQUEST, ERROR,
        "The connection was closed or reset while the request was under way.",
        "Reconnect; if it repeats, look for a proxy or NAT with a short idle limit.",
        "avs-shim check --endpoint {endpoint}"),
    ROW(NETWORK_CHANGED, REQUEST, WARNING,
        "This machine's addresses or routes changed and the connection did not survive it.",
        "Reconnect.", NULL),
    ROW(GOAWAY, REQUEST, INFO, "The server announced that it closes this connection (GOAWAY).",
        "Normal about once an hour: reconnect.", NULL),
    ROW(STREAM_REFUSED, REQUEST, WARNING, "The server refused the stream without processing it.",
        "Try again later; too many streams may be open.", NULL),
    ROW(CANCELLED, REQUEST, INFO, "The request was cancelled by its owner.", "Nothing to do.",
        NULL),
    ROW(SHUT_DOWN, REQUEST, INFO, "The client was shut down.", "Nothing to do.", NULL),
    ROW(AUTH_NOT_TLS, HTTP, WARNING,
        "An HTTP status came back, so TLS works; the server refused the credentials or the "
        "request.",
        "Check client id, product id, and refresh token; certificates and network are fine.", NULL),
    ROW(DUPLICATE_CREDENTIALS, HTTP, WARNING,
        "The server closes each connection soon after it is made, as it does when the same account "
        "and device serial number connect twice.",
        "Stop the other client, or give each device its own serial number; TLS is fine.", NULL),
    ROW(UNKNOWN_TRANSPORT, TCP, ERROR, "The connection failed, and the log does not say why.",
        "Ask the endpoint directly, or log at DEBUG9 in a DEBUG build.", "avs-shim check"),
    ROW(OUT_OF_MEMORY, INTERNAL, ERROR, "Memory ran out.", "Free memory on the device.", "free"),
    ROW(INTERNAL, INTERNAL, ERROR, "Something inside this library went wrong.",
        "Report it with the evidence file.", "avs-shim check --evidence evidence.json"),
};

static struct { /* set while the libraries are loaded, before there are threads */
    const struct avs_cause_info *rows;
    size_t count;
} joined[AVS_CAUSES_JOINED_MAX];

void avs_causes_join(const struct avs_cause_info *more, size_t count) {
    size_t at = 0;
    while (at + 1 < AVS_COUNT(joined) && joined[at].rows) {
        at++;
    }
    joined[at].rows = more;
    joined[at].count = count;
}

const struct avs_cause_info *avs_cause_info(enum avs_cause cause) {
    if ((size_t)cause < AVS_COUNT(rows)) {
        return &rows[cause];
    }
    for (size_t i = 0; i < AVS_COUNT(joined) && joined[i].rows; i++) {
        size_t at = (size_t)cause - (size_t)joined[i].rows->cause;
        if (at < joined[i].count) {
            return &joined[i].rows[at];
        }
    }
    return &rows[AVS_CAUSE_NONE];
}

enum avs_cause avs_cause_from_id(const char *id) {
    for (int i = 0; id && i < AVS_CAUSE_COUNT; i++) {
        if (strcmp(avs_cause_info((enum avs_cause)i)->id, id) == 0) {
            return (enum avs_cause)i;
        }
    }
    return AVS_CAUSE_COUNT;
}

const char *avs_phase_id(enum avs_phase phase) {
    return (unsigned)phase < AVS_PHASE_COUNT ? phase_ids[phase] : "internal";
}

const char *avs_severity_id(enum avs_severity severity) {
    return (unsigned)severity < sizeof(severity_ids) / sizeof(severity_ids[0])
               ? severity_ids[severity]
               : "error";
}
