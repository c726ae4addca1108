/* SPDX-License-Identifier: Apache-2.0 */
/* What a ladder knows: which combinations there are, what came of each, and what that proves. */
#ifndef AVS_LADDER_MEMBERS_H
#define AVS_LADDER_MEMBERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <avs/ladder.h>
#include <avs/verdict.h>

#include "check/trial.h"
#include "evidence/facts.h"

#define AVS_RUNGS_MAX            64 /* rows of a report, those that were not tried included */
#define AVS_LADDER_ADDRESSES_MAX 12 /* of one name; further ones are counted */
#define AVS_LADDER_CHAINS_MAX    4  /* different leaf certificates whose chains are kept */
#define AVS_LADDER_FINDINGS_MAX  12

/** What a rung varies. Ids are the lower-case names. */
#define AVS_AXIS_MAP(XX)                                           \
    XX(BASE, "base")         /* as configured */                   \
    XX(PROTOCOL, "protocol") /* HTTP/1.1 */                        \
    XX(VERSION, "version")   /* TLS 1.3 alone, TLS 1.2 alone */    \
    XX(ALPN, "alpn")         /* h2 alone, none */                  \
    XX(FAMILY, "family")     /* RSA or ECDSA certificates alone */ \
    XX(ADDRESS, "address")   /* each address of the name */        \
    XX(PATH, "path")         /* past the proxy */                  \
    XX(PORT, "port")         /* 443 instead of another one */      \
    XX(SEGMENT, "segment")   /* smaller TCP segments, both ways */ \
    XX(REQUEST, "request")   /* longer requests: larger records to the server */

enum avs_rung_axis {
#define XX(name, id) AVS_AXIS_##name,
    AVS_AXIS_MAP(XX)
#undef XX
        AVS_AXIS_COUNT
};

enum avs_rung_alpn { AVS_RUNG_ALPN_USUAL, AVS_RUNG_ALPN_H2_ALONE, AVS_RUNG_ALPN_NONE };

/** One combination; all zero = as configured, over HTTP/2. */
struct avs_rung_way {
    enum avs_protocol protocol;
    enum avs_trial_version version;
    enum avs_trial_family family;
    enum avs_rung_alpn alpn;
    int address; /**< counted from 1, in struct avs_ladder_world; 0 = as libcurl chooses */
    bool is_direct;
    uint16_t port;     /**< 0 = the endpoint's own */
    int segment_bytes; /**< 0 = the system's */
    int request_bytes; /**< 0 = a short one */
};

/** How far a rung came; one bit each, so that a row of a table can name several. */
enum avs_sight {
    AVS_SIGHT_NONE = 0,             /**< not tried, or cut by the end of the time */
    AVS_SIGHT_PASSED = 1u << 0,     /**< an answer over verified TLS */
    AVS_SIGHT_UNREACHED = 1u << 1,  /**< no connection */
    AVS_SIGHT_SILENT = 1u << 2,     /**< connected; the handshake got no further, and no word why */
    AVS_SIGHT_DROPPED = 1u << 3,    /**< connected; closed or reset in the handshake */
    AVS_SIGHT_FOREIGN = 1u << 4,    /**< connected; what answers does not speak TLS */
    AVS_SIGHT_REFUSED = 1u << 5,    /**< an alert, or no suite in common */
    AVS_SIGHT_NO_VERSION = 1u << 9, /**< no TLS version in common */
    AVS_SIGHT_UNTRUSTED = 1u << 6,  /**< a chain came, and was refused */
    AVS_SIGHT_STALLED = 1u << 7,    /**< TLS stands; then silence */
    AVS_SIGHT_UNANSWERED = 1u << 8, /**< TLS stands; no answer over the protocol, and not by silence
                                     */
};

enum avs_rung_state {
    AVS_RUNG_NOT_TRIED, /**< see `skip` */
    AVS_RUNG_WAITING,
    AVS_RUNG_RUNNING,
    AVS_RUNG_PASSED,
    AVS_RUNG_FAILED,
};

/** Why a rung was not tried. Ids are the lower-case names. */
#define AVS_SKIP_MAP(XX)                                                              \
    XX(NONE, "none")                                                                  \
    XX(TIME_OVER, "time_over") /* before it began, or before it had its time */       \
    XX(STOPPED, "stopped")                                                            \
    XX(LIMIT, "limit")                                                                \
    XX(NO_STORE, "no_store")                                                          \
    XX(NO_CONNECTION, "no_connection") /* nothing was reached: TLS cannot be asked */ \
    XX(NO_CHAIN, "no_chain")           /* no handshake showed a certificate */        \
    XX(NO_ANSWER, "no_answer")         /* no request was answered over HTTP/2 */      \
    XX(NO_PROXY, "no_proxy")                                                          \
    XX(PROXY_RESOLVES, "proxy_resolves")                                              \
    XX(PORT_IS_443, "port_is_443")                                                    \
    XX(CONNECT_TO, "connect_to") /* given by an option */                             \
    XX(NO_ADDRESS, "no_address")                                                      \
    XX(ONE_ADDRESS, "one_address")                                                    \
    XX(LOOKUP_LATE, "lookup_late")                                                    \
    XX(NO_ROUTE, "no_route")

enum avs_rung_skip {
#define XX(name, id) AVS_SKIP_##name,
    AVS_SKIP_MAP(XX)
#undef XX
        AVS_SKIP_COUNT
};

/** What was seen of one connection; see struct avs_session_evidence for the words. */
struct avs_rung_seen {
    enum avs_cause cause; /**< NONE when it passed */
    enum avs_sight sight;
    char address[64];
    char version[16];
    char cipher[64];
    char alpn[16];
    char key[32];                         /**< of the leaf: "EC P-256" */
    char leaf_sha256[AVS_HASH_HEX_BYTES]; /**< empty: no certificate came */
    char root[AVS_ROOT_NAME_BYTES];       /**< where the verified path ends, as a short name */
    int http_status;
    double ms; /**< whole rung */
};

struct avs_rung {
    enum avs_rung_axis axis;
    struct avs_rung_way way;
    enum avs_rung_state state;
    enum avs_rung_skip skip;
    struct avs_rung_seen seen;
};

struct avs_ladder_address {
    char text[64];
    bool is_ipv6;
    bool has_route; /**< of this machine's */
};

/** What the plan must know besides what the rungs brought. */
struct avs_ladder_world {
    bool has_proxy;
    bool has_connect_to;
    bool has_store; /**< it could be loaded */
    uint16_t port;  /**< of the endpoint */
    bool is_lookup_late;
    size_t address_count; /**< kept */
    size_t address_total; /**< of the name */
    struct avs_ladder_address address[AVS_LADDER_ADDRESSES_MAX];
};

/** The plan so far: the rungs in the order in which they are told. */
struct avs_ladder_sheet {
    struct avs_ladder_world world;
    struct avs_rung rung[AVS_RUNGS_MAX];
    size_t rung_count;
    size_t connections; /**< planned so far, at most AVS_LADDER_CONNECTIONS_MAX */
    unsigned stage;     /**< planned so far */
};

enum avs_ladder_store_kind {
    AVS_LADDER_STORE_OURS,   /**< that of the run: option, configuration, or libcurl's */
    AVS_LADDER_STORE_SYSTEM, /**< libcurl's own, where ours is another */
    AVS_LADDER_STORE_ATS,    /**< the ATS roots of the run, and nothing else */
    AVS_LADDER_STORE_COUNT
};

enum avs_ladder_store_state {
    AVS_LADDER_STORE_NOT_ASKED,
    AVS_LADDER_STORE_ACCEPTS,
    AVS_LADDER_STORE_REFUSES,
    AVS_LADDER_STORE_UNUSABLE, /**< it cannot be loaded */
};

/** A chain as it was sent, judged offline against each store. */
struct avs_ladder_chain {
    char subject[AVS_NAME_BYTES];
    char issuer[AVS_NAME_BYTES];
    char leaf_sha256[AVS_HASH_HEX_BYTES];
    int64_t not_after;
    enum avs_ladder_store_state store[AVS_LADDER_STORE_COUNT];
    enum avs_cause cause[AVS_LADDER_STORE_COUNT]; /**< of a refusal */
};

/** What a pattern of rungs proves. Ids are the lower-case names; conclude.c has the patterns. */
#define AVS_PROOF_MAP(XX)                          \
    XX(NONE, "none")                               \
    XX(TLS13_SWALLOWED, "tls13_swallowed")         \
    XX(ALPN_SWALLOWED, "alpn_swallowed")           \
    XX(LARGE_SEGMENTS_LOST, "large_segments_lost") \
    XX(LARGE_REQUESTS_LOST, "large_requests_lost") \
    XX(PROXY_BROKEN, "proxy_broken")               \
    XX(PORT_BLOCKED, "port_blocked")               \
    XX(IPV6_DEAD, "ipv6_dead")                     \
    XX(IPV4_DEAD, "ipv4_dead")                     \
    XX(ADDRESS_CHAIN, "address_chain")             \
    XX(ADDRESS_BROKEN, "address_broken")           \
    XX(RSA_UNTRUSTED, "rsa_untrusted")             \
    XX(ECDSA_UNTRUSTED, "ecdsa_untrusted")         \
    XX(HTTP2_REFUSED, "http2_refused")             \
    XX(HTTP2_LOST, "http2_lost")                   \
    XX(STORE_LACKS_ATS, "store_lacks_ats")         \
    XX(STORE_OTHER_CLOSES, "store_other_closes")   \
    XX(COMES_AND_GOES, "comes_and_goes")           \
    XX(COMBINATION, "combination")                 \
    XX(TLS12_ALONE, "tls12_alone")                 \
    XX(TLS13_ALONE, "tls13_alone")                 \
    XX(PROXY_NEEDED, "proxy_needed")               \
    XX(NOTHING_PASSES, "nothing_passes")           \
    XX(NOTHING_REACHED, "nothing_reached")

enum avs_ladder_proof {
#define XX(name, id) AVS_PROOF_##name,
    AVS_PROOF_MAP(XX)
#undef XX
        AVS_PROOF_COUNT
};

struct avs_ladder_finding {
    enum avs_ladder_proof proof;
    bool is_note; /**< it explains, nothing is wrong by it */
};

/** What the rungs prove, and the smallest change that passes. */
struct avs_ladder_conclusion {
    struct avs_ladder_finding finding[AVS_LADDER_FINDINGS_MAX];
    size_t finding_count;
    const struct avs_rung *change; /**< the passing rung nearest to "as configured"; NULL: that one
                                        passes itself, or none does */
    int segment_good, segment_bad; /**< bytes: the largest that went on, the least that did not */
    int request_good, request_bad;
    size_t tried, passed; /**< rungs */
};

struct avs_ladder_crew; /* run.c */

struct avs_ladder {
    struct avs_check_options options; /**< borrowed strings, as those of a check */
    struct avs_ladder_crew *crew;
    struct avs_evidence *evidence; /**< of "as configured", the HTTP/2 session alone */
    struct avs_verdict verdict;    /**< on it */
    bool has_verdict;
    bool has_ended; /**< else it is read while it runs */
    int timeout_ms;
    double ms; /**< how long it took, once it has ended */
    struct avs_ladder_sheet sheet;
    struct avs_ladder_chain chain[AVS_LADDER_CHAINS_MAX];
    size_t chain_count;
    char store_file[AVS_LADDER_STORE_COUNT][AVS_NAME_BYTES];
    bool has_system_store; /**< it is another one than ours */
};

#endif
