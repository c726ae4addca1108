/* SPDX-License-Identifier: Apache-2.0 */
/* A stand-in for the ATS test endpoint: TLS, HTTP/2 and HTTP/1.x on one loopback port, with a PKI
 * of the real one's shape minted at start. The scenario is chosen by SNI, badssl-like: every oddity
 * and every failure that a client may meet has a name and the verdict that a correct client must
 * reach.
 *
 * It is a peer: its own code over OpenSSL and nghttp2, nothing shared with the library it tests. */
#ifndef AVS_STANDIN_H
#define AVS_STANDIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** What a correct client must conclude about one session. All strings are static. */
struct avs_standin_expectation {
    const char *verdict; /**< "pass", "pass_with_quirk", "fail", "inconclusive" */
    const char *cause; /**< id of the catalogue of causes, "none" where nothing stands in the way */
    const char *quirk; /**< row of the quirk table in lower case, "" if none */
};

struct avs_standin_scenario {
    const char *name; /**< "expired" */
    const char *sni;  /**< "expired.localhost" */
    const char *description;
    struct avs_standin_expectation h2;    /**< a client that offers h2 */
    struct avs_standin_expectation http1; /**< a client that offers http/1.1 only */
    const char *readiness;                /**< "ready", "not_ready", "inconclusive" */
};

/** Scenario number `index`, NULL past the last one. Thread: any. */
const struct avs_standin_scenario *avs_standin_scenario(size_t index);

/** PEM files in the directory. Public certificates only: no server's key ever touches the disk. */
#define AVS_STANDIN_FILE_MAP(XX)                                                               \
    XX(CA, "ca.pem", "every stand-in root, the non-ATS one too: what to trust")                \
    XX(ATS_ROOTS, "ats-roots.pem",                                                             \
       "the roots that count as ATS: Amazon-like 1 to 4 and the "                              \
       "G2-like one")                                                                          \
    XX(ROOT_1, "amazon-root-ca-1.pem", "RSA; ends the chain of most scenarios")                \
    XX(ROOT_2, "amazon-root-ca-2.pem", "RSA; nothing is issued under it")                      \
    XX(ROOT_3, "amazon-root-ca-3.pem", "P-256; ends the chain of the ecdsa scenario")          \
    XX(ROOT_4, "amazon-root-ca-4.pem", "P-384; nothing is issued under it")                    \
    XX(G2, "services-root-g2.pem", "the G2-like root that cross-signs the four")               \
    XX(CLASS_2, "class-2.pem", "the Class-2-like root that cross-signs G2")                    \
    XX(OTHER_ROOT, "other-root.pem", "a trusted root that is not ATS")                         \
    XX(CORPORATE_ROOT, "corporate-root.pem", "the TLS inspection root; not in ca.pem")         \
    XX(CA_WITH_CORPORATE, "ca-with-corporate.pem", "ca.pem and the TLS inspection root")       \
    XX(WRONG_FAMILY, "wrong-family.pem", "Amazon-like root 3: the wrong one for an RSA chain") \
    XX(CROSS_SIGNED_ROOT_1, "cross-signed-root-1.pem", "root 1 as cross-signed by G2")         \
    XX(CROSS_SIGNED_G2, "cross-signed-g2.pem", "G2 as cross-signed by Class 2")                \
    XX(ISSUING_RSA, "issuing-rsa.pem", "the RSA issuing authority")                            \
    XX(ISSUING_ECDSA, "issuing-ecdsa.pem", "the ECDSA issuing authority")                      \
    XX(CHAIN_OK, "chain-ok.pem", "leaf, issuing authority, cross-signed root 1: as sent")      \
    XX(CHAIN_INCOMPLETE, "chain-incomplete.pem", "the same leaf alone")                        \
    XX(CHAIN_EXPIRED, "chain-expired.pem", "as sent by the expired scenario")                  \
    XX(CHAIN_NOT_ATS, "chain-not-ats.pem", "as sent by the not-ats scenario")

enum avs_standin_file {
#define XX(name, file, text) AVS_STANDIN_FILE_##name,
    AVS_STANDIN_FILE_MAP(XX)
#undef XX
        AVS_STANDIN_FILE_COUNT
};

/** The ports of AWS IoT Core, whatever numbers the stand-in gives them. */
enum avs_standin_iot_port {
    AVS_STANDIN_IOT_8883,
    AVS_STANDIN_IOT_443,
    AVS_STANDIN_IOT_8443,
    AVS_STANDIN_IOT_PORT_COUNT
};

/** A row of the matrix: what this port takes from this ALPN offer, for these names. All strings are
 *  static. */
struct avs_standin_iot_rule {
    const char *port;     /**< "443" */
    const char *alpn;     /**< "x-amzn-mqtt-ca"; "": none offered, or http/1.1 */
    const char *protocol; /**< "MQTT" */
    const char *identity; /**< "client certificate" */
    const char *names;    /**< "data, legacy data" */
};

/** Row number `index`, NULL past the last one. Thread: any. */
const struct avs_standin_iot_rule *avs_standin_iot_rule(size_t index);

/** What the stand-in plays where it is shaped like AWS IoT Core, chosen by server name. All strings
 *  are static. */
struct avs_standin_iot_scenario {
    const char *name;        /**< "connack-not-authorized" */
    const char *host;        /**< "connacknotauthorized-ats.iot.us-east-1.amazonaws.com" */
    const char *kind;        /**< "data", "legacy data", "jobs", "credentials", "API" */
    const char *description; /**< what it does */
};

/** Scenario number `index`, NULL past the last one. Thread: any. */
const struct avs_standin_iot_scenario *avs_standin_iot_scenario(size_t index);

/** More PEM files where the stand-in is shaped like AWS IoT Core: a device needs a key of its own.
 *  It is made for this run and vouches for nothing. */
#define AVS_STANDIN_IOT_FILE_MAP(XX)                                                          \
    XX(VERISIGN_G5, "verisign-g5.pem", "the G5-like root of the legacy names; not in ca.pem") \
    XX(DEVICE_CA, "device-ca.pem", "what the stand-in takes device certificates from")        \
    XX(DEVICE, "device.pem", "a device's certificate, registered: thing standin-device")      \
    XX(DEVICE_KEY, "device.key", "its key (P-256), made for this run; mode 600")              \
    XX(STRANGER, "stranger.pem", "a certificate for the same key from an authority nobody knows")

enum avs_standin_iot_file {
#define XX(name, file, text) AVS_STANDIN_IOT_FILE_##name,
    AVS_STANDIN_IOT_FILE_MAP(XX)
#undef XX
        AVS_STANDIN_IOT_FILE_COUNT
};

struct avs_replay; /**< see replay.h */

/** All strings are copied. Zero-initialised = the defaults. */
struct avs_standin_options {
    size_t size;           /**< Required: sizeof(struct avs_standin_options) */
    uint16_t port;         /**< Optional: 0 = any free port */
    const char *directory; /**< Optional: where the PEM files go, made if missing; NULL = a fresh
                                temporary directory that stop removes */
    uint64_t fault_seed;   /**< Optional: makes faults.localhost repeatable; 0 = a fixed seed */
    unsigned directive_interval_ms; /**< Optional: pause between directives pushed into an idle
                                         downchannel; 0 = only after an event */
    bool is_iot;                    /**< Optional: the shape of AWS IoT Core instead of AVS's */
    uint16_t iot_ports[AVS_STANDIN_IOT_PORT_COUNT]; /**< Optional: 0 = any free port; `port` is
                                                         not used */
    struct sight *sight;  /**< For qualify.c alone: where it is written down what was seen */
    const char *iot_host; /**< Optional: one more name that is served as the scenario "ok" is */
    const struct avs_replay *replay; /**< Optional: this one server, whatever name is asked for;
                                          borrowed until stop */
};

struct avs_standin;

/** Mint the PKI, write the files, listen on 127.0.0.1 (and ::1 where there is one), serve in an own
 *  thread. True, or false with one paragraph in `error`. The caller ends it with avs_standin_stop.
 *  Thread: any. */
bool avs_standin_start(const struct avs_standin_options *options, struct avs_standin **ret_standin,
                       char *error, size_t error_bytes);

/** Close every connection, join the thread, free. NULL is fine. Thread: any but its own. */
void avs_standin_stop(struct avs_standin *standin);

/** The port it listens on. Thread: any. */
uint16_t avs_standin_port(const struct avs_standin *standin);

/** The port that stands for 8883, 443 or 8443; 0 where it is not IoT-shaped. Thread: any. */
uint16_t avs_standin_iot_port(const struct avs_standin *standin, enum avs_standin_iot_port port);

/** The directory of the files. Lent until stop. Thread: any. */
const char *avs_standin_directory(const struct avs_standin *standin);

/** Path of one file. Lent until stop. Thread: any. */
const char *avs_standin_path(const struct avs_standin *standin, enum avs_standin_file file);

/** The same of one that is there only where the stand-in is IoT-shaped. */
const char *avs_standin_iot_path(const struct avs_standin *standin, enum avs_standin_iot_file file);

/** The directory with the roots and OpenSSL's hash links, and the one without links. Lent until
 *  stop. Thread: any. */
const char *avs_standin_hashed_directory(const struct avs_standin *standin);
const char *avs_standin_unhashed_directory(const struct avs_standin *standin);

/** Counters, for tests and the soak. */
struct avs_standin_counters {
    uint64_t connections; /**< accepted */
    uint64_t handshakes;  /**< finished */
    uint64_t requests;    /**< answered or refused, either protocol */
    uint64_t directives;  /**< pushed into downchannels */
    uint64_t faults;      /**< injected by faults.localhost */
};

/** Thread: any. */
void avs_standin_count(const struct avs_standin *standin,
                       struct avs_standin_counters *ret_counters);

#endif
