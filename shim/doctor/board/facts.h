/* SPDX-License-Identifier: Apache-2.0 */
/* What was seen of a whole board: plain facts, a part for each sight. No judgement here: order.c
 * does that. Nothing secret is stored. Filled by the sights, or read from an evidence folder. */
#ifndef AVS_BOARD_FACTS_H
#define AVS_BOARD_FACTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <avs/cause.h>
#include <avs/evidence.h>

#define AVS_BOARD_SERVERS_MAX    3 /* name servers: as many as libc uses */
#define AVS_BOARD_HOSTS_MAX      8 /* that a device needs */
#define AVS_BOARD_ADDRESSES_MAX  8 /* of one name, each asked for itself */
#define AVS_BOARD_INTERFACES_MAX 12
#define AVS_BOARD_PROXIES_MAX    8
#define AVS_BOARD_CURLS_MAX      6
#define AVS_BOARD_PLACES_MAX     8
#define AVS_BOARD_NOTES_MAX      24
#define AVS_BOARD_ADDRESS_BYTES  64
#define AVS_BOARD_SMALL_MTU      1280 /* the least that IPv6 has, RFC 8200 section 5 */
#define AVS_BOARD_SEGMENT_BYTES  (AVS_BOARD_SMALL_MTU - 60) /* without headers of IPv6 and TCP */

/* ---- the clock ---- */

#define AVS_BOARD_SYNC_MAP(XX)                                                          \
    XX(UNKNOWN, "unknown")                                                              \
    XX(SYNCHRONISED, "synchronised") /* the kernel says that its error is kept small */ \
    XX(UNSYNCHRONISED, "unsynchronised")

enum avs_board_sync {
#define XX(name, id) AVS_BOARD_SYNC_##name,
    AVS_BOARD_SYNC_MAP(XX)
#undef XX
};

struct avs_board_clock {
    int64_t now;         /**< Unix seconds */
    int64_t build_time;  /**< of this software */
    int64_t newest_file; /**< modification time of the newest of some files that a boot or an
                              update writes; 0 = none is there */
    char newest_path[AVS_NAME_BYTES];
    enum avs_board_sync sync;
};

/** Is the newest file the best witness of the time? One from before the build, or from long after
 * it (a clock that was wrong once wrote it), is none. */
bool avs_board_is_newest_file_believed(const struct avs_board_clock *clock);

/** The newest time that is known to have been, Unix seconds: an honest clock is not before it. */
int64_t avs_board_time_past(const struct avs_board_clock *clock);

/* ---- names ---- */

/** What one name server said about one host. */
struct avs_board_reply {
    enum avs_dns_answer a, aaaa;
    char addresses[200]; /**< of both, blanks between, cut */
};

struct avs_board_server {
    char address[AVS_BOARD_ADDRESS_BYTES];
    struct avs_board_reply reply[AVS_BOARD_HOSTS_MAX]; /**< by the host's index */
    size_t reply_length;
};

struct avs_board_resolver {
    int os_errno; /**< of /etc/resolv.conf, 0 = it was read */
    struct avs_board_server server[AVS_BOARD_SERVERS_MAX];
    size_t server_length;
    uint32_t ignored; /**< further servers, which libc never asks */
};

/* ---- the network ---- */

struct avs_board_interface {
    char name[32];
    bool is_up;
    bool is_running; /**< a cable, a radio: the link is there */
    int mtu;
    char ipv4[AVS_BOARD_ADDRESS_BYTES]; /**< the first address of it, "" if none */
    char ipv6[AVS_BOARD_ADDRESS_BYTES]; /**< likewise, not link-local */
};

struct avs_board_network {
    struct avs_board_interface interface[AVS_BOARD_INTERFACES_MAX]; /**< all but loopback */
    size_t interface_length;
    char ipv4_default[AVS_BOARD_ADDRESS_BYTES]; /**< "10.0.0.1 dev eth0", "" = no default route */
    char ipv6_default[AVS_BOARD_ADDRESS_BYTES];
};

/* ---- the proxy ---- */

struct avs_board_proxy {
    char source[AVS_NAME_BYTES]; /**< "https_proxy", "FILE:12:3 libcurlUtils.CURLOPT_PROXY" */
    char value[AVS_NAME_BYTES];  /**< without user and password */
    bool is_in_force;            /**< for https, as libcurl reads it */
};

/* ---- libraries ---- */

struct avs_board_curl {
    char path[AVS_NAME_BYTES];
    char version[64];
    char backend[32];
    bool has_http2;
};

struct avs_board_libraries {
    char curl_version[64]; /**< of the libcurl in this process; "" for an image */
    char curl_backend[64];
    char curl_path[AVS_NAME_BYTES];
    bool has_http2;
    struct avs_board_curl curl[AVS_BOARD_CURLS_MAX]; /**< in the library path, the one that the SDK
                                                          is most likely to load first */
    size_t curl_length;
};

/* ---- where the SDK writes ---- */

#define AVS_BOARD_PLACE_MAP(XX)                 \
    XX(OK, "ok")                                \
    XX(FULL, "full")                            \
    XX(READ_ONLY, "read_only")                  \
    XX(MISSING, "missing") /* no such folder */ \
    XX(DENIED, "denied")   /* not this user's to write */

enum avs_board_place_state {
#define XX(name, id) AVS_BOARD_PLACE_##name,
    AVS_BOARD_PLACE_MAP(XX)
#undef XX
};

struct avs_board_place {
    char folder[AVS_NAME_BYTES];
    char key[AVS_NAME_BYTES];   /**< "miscDatabase.databaseFilePath", the first that names it */
    char mount[AVS_NAME_BYTES]; /**< where its file system is mounted */
    enum avs_board_place_state state;
    uint64_t free_kib;
};

/* ---- what lint, audit and inspect say ---- */

#define AVS_BOARD_PART_MAP(XX)  \
    XX(CONFIG, "configuration") \
    XX(DISK, "disk")            \
    XX(NETWORK, "network")      \
    XX(RESOLVER, "resolver")    \
    XX(CLOCK, "clock")          \
    XX(PROXY, "proxy")          \
    XX(LIBRARIES, "libraries")  \
    XX(STORE, "trust_store")    \
    XX(HOST, "host")            \
    XX(LOG, "log")

enum avs_board_part {
#define XX(name, id) AVS_BOARD_PART_##name,
    AVS_BOARD_PART_MAP(XX)
#undef XX
        AVS_BOARD_PART_COUNT
};

/** A finding in the words of the report that it comes from. */
struct avs_board_note {
    enum avs_board_part part;
    enum avs_cause cause;
    int severity; /**< enum avs_severity */
    char headline[320], facts[800], remedy[500], command[700];
};

/* ---- hosts ---- */

#define AVS_BOARD_ROLE_MAP(XX)       \
    XX(LOGIN, "login")               \
    XX(GATEWAY, "gateway")           \
    XX(CAPABILITIES, "capabilities") \
    XX(ATS_TEST, "ats_test")         \
    XX(REGIONAL, "regional_gateway")

enum avs_board_role {
#define XX(name, id) AVS_BOARD_ROLE_##name,
    AVS_BOARD_ROLE_MAP(XX)
#undef XX
        AVS_BOARD_ROLE_COUNT
};

#define AVS_BOARD_FACT_BYTES 400

/** One address of a name, asked for itself. */
struct avs_board_address {
    char address[AVS_BOARD_ADDRESS_BYTES];
    bool was_asked;
    enum avs_cause cause; /**< NONE = it works */
    char fact[AVS_BOARD_FACT_BYTES];
    char leaf_sha256[AVS_HASH_HEX_BYTES];
};

struct avs_board_host {
    enum avs_board_role role;
    char host[AVS_NAME_BYTES];
    uint16_t port;
    char source[AVS_NAME_BYTES];          /**< where the name is from */
    char pinned[AVS_BOARD_ADDRESS_BYTES]; /**< by /etc/hosts to this address, "" = it is not */
    int resolve_error;                    /**< of getaddrinfo, 0 = it resolved or was not asked */
    char resolve_text[80];
    int resolve_ms; /**< -1: it did not end in time */
    struct avs_board_address address[AVS_BOARD_ADDRESSES_MAX];
    size_t address_length;
    bool was_asked;
    bool works_in_small_segments; /**< TLS was never answered, but with AVS_BOARD_SEGMENT_BYTES in a
                                       TCP segment it works */
    char evidence_file[64];       /**< in an evidence folder, "" = none */
    struct avs_evidence *evidence; /**< owned; NULL = not asked, or not in time */
};

struct avs_board {
    char version[32];             /**< of this software */
    char sdk[24];                 /**< release that was asked for, "" = none */
    char config[AVS_NAME_BYTES];  /**< the first configuration file, "" = none */
    char log[AVS_NAME_BYTES];     /**< "" = none */
    char sysroot[AVS_NAME_BYTES]; /**< an image was looked at: no host was asked; "" = this
                                       machine */
    bool was_stopped;             /**< by the user, before it was through */
    int took_ms;
    struct avs_machine_facts machine;
    struct avs_board_clock clock;
    struct avs_board_resolver resolver;
    struct avs_board_network network;
    struct avs_board_proxy proxy[AVS_BOARD_PROXIES_MAX];
    size_t proxy_length;
    struct avs_board_libraries libraries;
    struct avs_board_place place[AVS_BOARD_PLACES_MAX];
    size_t place_length;
    struct avs_board_note note[AVS_BOARD_NOTES_MAX];
    size_t note_length;
    struct avs_board_host host[AVS_BOARD_HOSTS_MAX];
    size_t host_length;
};

/** A zeroed board. NULL: out of memory. */
struct avs_board *avs_board_new(void);
/** With the evidence of its hosts; NULL is fine. */
void avs_board_free(struct avs_board *board);

#endif
