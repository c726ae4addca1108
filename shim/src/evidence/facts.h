/* SPDX-License-Identifier: Apache-2.0 */
/* The facts themselves, in the order they are met: what struct avs_evidence of <avs/evidence.h>
 * holds. Each member has its row in report/evidence_fields.c, or a ticket would lose it. */
#ifndef AVS_EVIDENCE_FACTS_H
#define AVS_EVIDENCE_FACTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <avs/evidence.h>

#define AVS_CHAIN_MAX       10  /**< certificates kept of what a server sent */
#define AVS_NAME_BYTES      256 /**< a distinguished name, host or path, cut to this */
#define AVS_FIRST_BYTES     64  /**< first bytes kept, on the wire and after decryption */
#define AVS_HASH_HEX_BYTES  65  /**< SHA-256 as upper-case hex, terminated */
#define AVS_ROOT_NAME_BYTES 64  /**< "Starfield Services Root Certificate Authority - G2" fits */
#define AVS_URL_BYTES       2049
/** What the test endpoint says over HTTP/2 (guide "Update Certificate Authorities"). */
#define AVS_ATS_PHRASE    "connection established with ATS certificate"
#define AVS_FAMILY_COUNT  2
#define AVS_SESSION_COUNT 2 /**< evidence.session[] is indexed by enum avs_protocol */

/** How the TCP (and proxy) connection ended up. Ids are the lower-case names. */
#define AVS_DIAL_MAP(XX)                       \
    XX(NOT_TRIED, "not_tried")                 \
    XX(CONNECTED, "connected")                 \
    XX(DNS_FAILED, "dns_failed")               \
    XX(REFUSED, "refused")                     \
    XX(TIMEOUT, "timeout")                     \
    XX(UNREACHABLE, "unreachable")             \
    XX(INTERFACE_MISSING, "interface_missing") \
    XX(PROXY_FAILED, "proxy_failed")           \
    XX(FAILED, "failed")                       \
    XX(RESET, "reset") /* connected, and reset before we could say a word */

enum avs_dial_outcome {
#define XX(name, id) AVS_DIAL_##name,
    AVS_DIAL_MAP(XX)
#undef XX
        AVS_DIAL_COUNT
};

/** How the TLS handshake ended. */
#define AVS_HANDSHAKE_MAP(XX)                                                                    \
    XX(NOT_TRIED, "not_tried")                                                                   \
    XX(ESTABLISHED, "established")                                                               \
    XX(STORE_FAILED, "store_failed") /* the trust store could not be loaded; nothing was sent */ \
    XX(VERIFY_FAILED, "verify_failed")                                                           \
    XX(ALERT, "alert") /* the peer ended it with an alert */                                     \
    XX(CLOSED, "closed")                                                                         \
    XX(RESET, "reset")                                                                           \
    XX(TIMEOUT, "timeout")                                                                       \
    XX(NOT_TLS, "not_tls") /* the peer's first bytes are no TLS record */                        \
    XX(FAILED, "failed")   /* we ended it, see openssl_error */

enum avs_handshake_outcome {
#define XX(name, id) AVS_HANDSHAKE_##name,
    AVS_HANDSHAKE_MAP(XX)
#undef XX
        AVS_HANDSHAKE_COUNT
};

/** How a connection ended after the handshake. */
#define AVS_CLOSE_MAP(XX)                             \
    XX(OPEN, "open") /* we ended it, or nobody did */ \
    XX(CLOSE_NOTIFY, "close_notify")                  \
    XX(EOF, "eof") /* TCP end without close_notify */ \
    XX(RESET, "reset")                                \
    XX(ALERT, "alert")

enum avs_close_kind {
#define XX(name, id) AVS_CLOSE_##name,
    AVS_CLOSE_MAP(XX)
#undef XX
        AVS_CLOSE_COUNT
};

/** What the name servers of this machine said, asked directly after a name did not resolve. */
#define AVS_DNS_MAP(XX)                                                                         \
    XX(NOT_ASKED, "not_asked")                                                                  \
    XX(NO_SERVER, "no_server")     /* /etc/resolv.conf names none, or cannot be read */         \
    XX(SILENT, "silent")           /* no server answered in a second */                         \
    XX(UNREACHABLE, "unreachable") /* no server can be reached: no route, or nothing listens */ \
    XX(NXDOMAIN, "nxdomain")       /* a server answered: there is no such name */               \
    XX(NO_ADDRESS, "no_address")   /* a server answered: the name has no IPv4 address */        \
    XX(SERVFAIL, "servfail")       /* a server answered, and could not look it up itself */     \
    XX(REFUSED, "refused")         /* a server answered that it does not serve this machine */  \
    XX(ANSWERS, "answers")         /* a server knows the name: it was a passing fault, or libc's */

enum avs_dns_answer {
#define XX(name, id) AVS_DNS_##name,
    AVS_DNS_MAP(XX)
#undef XX
        AVS_DNS_COUNT
};

/** State of the trust store that a session was given. */
#define AVS_STORE_MAP(XX)                                                                         \
    XX(OK, "ok")                                                                                  \
    XX(UNREADABLE, "unreadable") /* missing, no permission, a directory, ... */                   \
    XX(INVALID, "invalid")       /* OpenSSL refuses the file: empty, DER, a damaged block, ... */ \
    XX(NOT_HASHED, "not_hashed") /* a CA path whose certificates have no hash links */

enum avs_store_state {
#define XX(name, id) AVS_STORE_##name,
    AVS_STORE_MAP(XX)
#undef XX
        AVS_STORE_COUNT
};

struct avs_dial_facts {
    enum avs_dial_outcome outcome;
    char host[AVS_NAME_BYTES]; /**< what was dialled: the endpoint's host or --connect-to */
    uint16_t port;
    char address[64]; /**< numeric address of the peer, or the last one that was tried;
                           behind a proxy the proxy's */
    char tried[160];  /**< numeric addresses in the order TCP tried them, blanks between */
    bool has_route;   /**< asked when it was unreachable: this machine has a route to it */
    char proxy[AVS_NAME_BYTES]; /**< proxy URL without user and password, empty if none */
    char interface_name[64];
    int curl_code; /**< CURLcode of the dial, 0 = fine */
    int os_errno;
    int proxy_status;        /**< the proxy's HTTP status, 0 if none was seen */
    char refused_option[40]; /**< of libcurl, which was built without it: "CURLOPT_PROXY"; empty if
                                  none */
};

/** One certificate as it was sent. */
struct avs_cert_facts {
    char subject[AVS_NAME_BYTES]; /**< RFC 2253 order, e.g. "CN=Amazon Root CA 1,O=Amazon,C=US" */
    char issuer[AVS_NAME_BYTES];
    char sha256[AVS_HASH_HEX_BYTES];
    char spki_sha256[AVS_HASH_HEX_BYTES];
    char key[32];       /**< "RSA 2048", "EC P-256" */
    char signature[48]; /**< "sha256WithRSAEncryption" */
    char names[512];    /**< subjectAltName DNS and IP entries, comma separated, cut */
    int64_t not_before; /**< Unix seconds */
    int64_t not_after;
    bool is_ca;
    bool is_self_issued; /**< subject equals issuer */
    bool is_self_signed; /**< self-issued and the signature checks with its own key */
    char ats_root[AVS_ROOT_NAME_BYTES];   /**< name of the ATS root with this key, empty if none */
    bool has_amazon_name;                 /**< subject claims an Amazon / Starfield Services name */
    bool is_amazon_name_over_foreign_key; /**< claims to be an ATS root, but the key is not */
};

/** The trust store that a session was given. */
struct avs_store_facts {
    enum avs_store_state state;
    char source[48]; /**< "option", "config", "libcurl", "openssl" */
    char ca_file[AVS_NAME_BYTES];
    char ca_path[AVS_NAME_BYTES];
    int os_errno;
    int count;                   /**< certificates in the CA file; 0 without one */
    int line;                    /**< of the CA file, where it is damaged; 0 = nowhere */
    char detail[AVS_NAME_BYTES]; /**< what is wrong with it, empty if nothing */
    bool ca_path_useless; /**< beside a CA file: nothing in the CA path can be found (no hash links)
                           */
};

/** What the trust gate decided about a chain, and by which policy. */
struct avs_gate_facts {
    char policy[96];  /**< "partial-chain, trusted-first, security level 2" */
    int verify_error; /**< X509_V_* of the gate, 0 = OK, -1 = the gate never ran */
    int verify_depth;
    char verify_text[128];
    char anchor_subject[AVS_NAME_BYTES]; /**< where the verified path ends */
    char anchor_sha256[AVS_HASH_HEX_BYTES];
    char anchor_spki_sha256[AVS_HASH_HEX_BYTES];
    bool is_ats;                        /**< the verified path contains an ATS root key */
    char ats_root[AVS_ROOT_NAME_BYTES]; /**< which one, the nearest to the anchor */
    bool is_anchor_cross_signed; /**< the anchor is not self-signed: a strict verifier refuses it */
};

/** Why a chain was refused, as the explainer found it; all false and empty when it was accepted. */
struct avs_refusal_facts {
    char missing_issuer[AVS_NAME_BYTES]; /**< subject of the certificate that was looked for in vain
                                          */
    bool issuer_known_by_name; /**< an anchor of that name exists in the store, with another key */
    bool issuer_unfit; /**< the issuer is at hand and did sign, but OpenSSL does not take the pair:
                          an extension of one of them is malformed or contradicts the other */
    bool issuer_under_old_hash; /**< the CA path has it under the name that OpenSSL before 1.0
                                     looked for (Android's folder) */
    bool closes_with_ats_roots; /**< the chain verifies once the ATS roots are anchors */
    char closing_root[AVS_ROOT_NAME_BYTES]; /**< which of them closes it */
    char closing_sha256[AVS_HASH_HEX_BYTES];
    bool path_is_public_ats; /**< with times ignored, the chain leads to one of the built-in Amazon
                                keys: then Amazon issued it, and it was valid on the day of issue */
    char
        issuer_url[AVS_NAME_BYTES]; /**< where the missing issuer is published (AIA); not fetched */
    bool intermediate_missing;      /**< the server left out a certificate below the root */
    bool self_signed_leaf;          /**< the leaf is its own issuer */
    bool untrusted_self_signed_in_chain; /**< the chain ends in a self-signed CA that we do not know
                                          */
    bool is_intercepted; /**< an Amazon host or name over a key that is not Amazon's */
    char intercepted_by[AVS_NAME_BYTES];
    bool is_expired; /**< some certificate of the path, see problem_* */
    bool is_not_yet_valid;
    bool ca_outside_validity;      /**< a certificate above the leaf is outside its validity */
    bool all_outside_validity;     /**< every certificate of the path is, the anchor included */
    bool valid_at_other_time;      /**< the chain is good at another time than the clock's */
    int64_t good_from, good_until; /**< that time, Unix seconds */
    bool hostname_mismatch;
    int leaf_number; /**< the certificate for this host is not the first that was sent, but this
                        one, counted from 1; 0 = it is the first, or there is none */
    bool weak_signature;
    bool wrong_purpose;
    char problem_subject[AVS_NAME_BYTES]; /**< the certificate the first problem is about */
    int64_t problem_not_before, problem_not_after;
};

/** Filled by shim/src/trust. */
struct avs_trust_facts {
    struct avs_store_facts store;
    struct avs_gate_facts gate;
    struct avs_refusal_facts refusal;
};

struct avs_tls_facts {
    enum avs_handshake_outcome outcome;
    bool is_verified;      /**< handshake finished, X509_V_OK and the host matched */
    bool hostname_matched; /**< the leaf's subjectAltName covers the host (RFC 9525) */
    char version[16];      /**< "TLSv1.3", empty before ServerHello */
    char cipher[64];
    char alpn_offered[48]; /**< "h2,http/1.1" */
    char alpn[16];         /**< what the server selected, empty if nothing */
    int alert_received;    /**< TLS alert number, -1 = none */
    int alert_sent;
    bool client_cert_requested;
    bool session_resumed;
    bool alpn_retry_secure; /**< after alpn rejection: a handshake without ALPN was verified */
    char openssl_error[160];
    uint8_t wire_first[AVS_FIRST_BYTES]; /**< the peer's first bytes, before decryption */
    size_t wire_first_length;
    bool wire_phrase; /**< the ATS phrase was seen in bytes that no TLS protected */
    char wire_location[AVS_NAME_BYTES]; /**< where a plain-text answer redirects to, scheme and host
                                             alone; empty if nowhere */
    struct avs_cert_facts chain[AVS_CHAIN_MAX]; /**< leaf first, as sent */
    size_t chain_length;
    struct avs_trust_facts trust;
};

struct avs_http_facts {
    bool request_sent;
    uint8_t first[AVS_FIRST_BYTES]; /**< first decrypted bytes of the answer */
    size_t first_length;
    uint64_t bytes_received; /**< decrypted */
    enum avs_close_kind close;
    bool has_timed_out;
    bool is_complete; /**< the whole answer arrived, by its own framing */
    int status;       /**< HTTP status, 0 = none */
    char version[16];
    bool ats_message; /**< "connection established with ATS certificate" was in the answer */
    char redirect_host[AVS_NAME_BYTES];
    char http_date[40];
    bool head_complete;
    bool bad_head;     /**< a header line that is none, or a NUL byte in the head */
    bool length_short; /**< fewer body bytes than Content-Length */
    bool bad_chunk;
    int curl_code; /**< HTTP/1.x only: evidence, never the verdict */
    /* HTTP/2 only */
    bool settings_received;
    bool goaway_received;
    uint32_t goaway_code;
    bool rst_received;
    uint32_t rst_code;
    bool protocol_error; /**< the peer broke RFC 9113 framing */
    bool is_flood;       /**< it passed a ceiling of ours, and brought no answer */
    bool was_downgraded; /**< HTTP_1_1_REQUIRED: asked again over HTTP/1.1 */
};

struct avs_timing_facts { /* milliseconds since the session began, -1 = not reached */
    double dns_ms, connect_ms, tls_ms, first_byte_ms, total_ms;
};

struct avs_session_evidence {
    bool was_attempted;
    enum avs_protocol protocol;
    struct avs_dial_facts dial;
    struct avs_tls_facts tls;
    struct avs_http_facts http;
    struct avs_timing_facts timing;
};

/** Asked once, after a dial that ended with dns_failed. */
struct avs_dns_facts {
    enum avs_dns_answer answer;
    char server[64];   /**< that gave it, or the first that did not */
    char servers[200]; /**< all of /etc/resolv.conf, blanks between */
};

struct avs_path_facts {
    char path[AVS_NAME_BYTES];
};

/** What the run was given, so that a command in a report can be given the same. */
struct avs_given_facts {
    struct avs_path_facts config[AVS_GIVEN_CONFIGS_MAX]; /**< configuration files, in order */
    size_t config_length;
    bool ca_file, ca_path;           /**< by option; see avs_trust_facts for the paths */
    char connect_to[AVS_NAME_BYTES]; /**< "HOST:PORT", empty if none */
    char proxy_source[16];           /**< "option", "environment", empty without a proxy */
    char sdk[16];                    /**< the device's SDK release, "1.26"; empty: not told */
    bool demo;                       /**< against the command's own stand-in, which is gone now */
};

/** The machine that the run was made on, so that a command in a report works there. */
struct avs_machine_facts {
    char tools[200]; /**< of the tools that reports suggest those on PATH, blanks between; empty:
                        not known. busybox's ping and date count as "busybox" alone */
    bool is_root;
};

struct avs_evidence {
    char endpoint[AVS_URL_BYTES];         /**< "https://host" or "https://host:port" */
    char endpoint_source[AVS_NAME_BYTES]; /**< "default", "option", "FILE: sampleApp.endpoint", ...
                                           */
    char host[AVS_NAME_BYTES];            /**< what SNI and the name check use */
    uint16_t port;
    bool require_ats;                    /**< a verified chain must end in an ATS root */
    char ats_roots_file[AVS_NAME_BYTES]; /**< --ats-roots, empty = embedded table */
    int64_t wall_clock;                  /**< this machine's time, Unix seconds */
    int64_t build_time; /**< when this library was built: the clock cannot be earlier */
    char library[64];   /**< "avs-shim 0.1.0; libcurl 7.88.1; OpenSSL/3.0.22", cut */
    struct avs_dns_facts dns;
    struct avs_given_facts given;
    struct avs_machine_facts machine;
    struct avs_session_evidence session[AVS_SESSION_COUNT];
    /** Handshakes limited to one family (TLS 1.2, dial and TLS facts only), by enum avs_family. */
    struct avs_session_evidence family[AVS_FAMILY_COUNT];
};

/** A zeroed evidence with "not reached" defaults. Thread: any. NULL: out of memory. */
AVS_NODISCARD struct avs_evidence *avs_evidence_new(void);

#endif
