/* SPDX-License-Identifier: Apache-2.0 */
/* A device's way into AWS IoT Core, proven: the key pair first and on this device alone, then TLS
 * on each port and ALPN name that AWS IoT takes X.509 on, one read after each handshake (a TLS 1.3
 * server refuses a client certificate there), and what else is asked for: an MQTT CONNECT, one
 * message over HTTPS. Verification of the server has no switch. Source: "AWS IoT Core Developer
 * Guide", "Device communication protocols". */
#ifndef AVS_IOT_CHECK_H
#define AVS_IOT_CHECK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <avs/cause.h>
#include <avs/evidence.h>
#include <avs/export.h>
#include <avs/status.h>
#include <avs/style.h>
#include <avs/verdict.h>

AVS_BEGIN_DECLS

#define AVS_IOT_CHECK_SCHEMA             "avs-shim.iot-check/1"
#define AVS_IOT_CHECK_TIMEOUT_MS_DEFAULT 30000
#define AVS_IOT_WAYS_MAX                 4
#define AVS_IOT_FINDINGS_MAX             6
#define AVS_IOT_FACT_BYTES               400
#define AVS_IOT_CLIENT_ID_BYTES          129 /**< AWS IoT takes 128 */
#define AVS_IOT_TOPIC_BYTES              257 /**< AWS IoT takes 256 */

/** All strings are borrowed until avs_iot_check_run returns. Zero-initialised = the defaults. */
struct avs_iot_check_options {
    size_t size;                   /**< Required: sizeof(struct avs_iot_check_options) */
    const char *host;              /**< Required: the data endpoint, without https:// and port */
    const char *cert_file;         /**< Optional: PEM or DER; with `key`, or neither */
    const char *key;               /**< Optional: PEM or DER file, or an URI: pkcs11:, handle: */
    const char *key_passphrase;    /**< Optional: of the key file, or the token's PIN */
    const char *ca_file;           /**< Optional: as in struct avs_check_options */
    const char *ca_path;           /**< Optional: likewise */
    const char *ats_roots_file;    /**< Optional: PEM file of the roots that count as ATS */
    bool require_ats;              /**< the server's chain must end in an ATS root */
    uint16_t port;                 /**< Optional: this port alone; 0 = 8883, 443 and 8443 */
    const char *const *connect_to; /**< Optional: each "PORT=HOST:PORT" (for that port) or
                                        "HOST:PORT" (for all): dialled instead; names stay */
    size_t connect_to_count;
    const char *proxy;     /**< Optional: as CURLOPT_PROXY; NULL = environment */
    bool with_connect;     /**< also an MQTT CONNECT, on every port that has it, one at a time */
    const char *client_id; /**< Optional: of the CONNECT; a running device with that id is thrown
                                out. NULL = "avs-shim-probe-" and a random number */
    const char *topic;     /**< Optional: also one message to this topic over HTTPS */
    int timeout_ms;        /**< whole run; 0 = AVS_IOT_CHECK_TIMEOUT_MS_DEFAULT */
};

struct avs_iot_finding {
    enum avs_cause cause;
    char fact[AVS_IOT_FACT_BYTES]; /**< what was seen; "" where the cause says it all */
};

/** What is wrong, the one to fix first in front; warnings among them. */
struct avs_iot_findings {
    struct avs_iot_finding item[AVS_IOT_FINDINGS_MAX];
    size_t count;
};

/** The key pair, as far as this device alone can tell. Nothing secret is kept. */
struct avs_iot_keypair {
    bool is_given;
    bool is_usable; /**< certificate and key were read, belong together, and can be presented */
    bool is_shown;  /**< to a server that asks: also one that is expired or an authority's */
    char cert_file[AVS_NAME_BYTES];
    char key[AVS_NAME_BYTES];          /**< path, or URI with the PIN hidden */
    char key_form[32];                 /**< "PKCS#8", "SEC1", "pkcs11 engine", ... */
    struct avs_cert_facts certificate; /**< subject empty: none was read */
    size_t certificate_count;          /**< in the file */
    bool is_aws_issued;                /**< by the authority of AWS IoT itself */
    unsigned key_mode, folder_mode;    /**< permission bits; 0 for an URI */
    struct avs_iot_findings findings;
};

enum avs_iot_protocol { AVS_IOT_MQTT, AVS_IOT_HTTPS };

/** What came of a CONNECT or a publish. */
enum avs_iot_step { AVS_IOT_STEP_NOT_TRIED, AVS_IOT_STEP_PASSED, AVS_IOT_STEP_FAILED };

/** One port and ALPN name. */
struct avs_iot_check_way {
    uint16_t port;
    enum avs_iot_protocol protocol;
    const char *alpn;                    /**< static; NULL = none is offered */
    struct avs_session_evidence session; /**< dial, TLS and timing of the first connection */
    enum avs_close_kind close;           /**< how the server ended it right after the handshake */
    int silent_ms;  /**< how long the server was listened to after the handshake */
    bool is_proven; /**< TLS stands, and the certificate was asked for and not refused */
    enum avs_iot_step connect;
    int mqtt_level;               /**< 5 or 4 (3.1.1) of the last CONNECT; 0 = none */
    int mqtt_reason;              /**< of CONNACK or DISCONNECT, -1 = none came */
    const char *mqtt_reason_text; /**< static; NULL = none */
    enum avs_iot_step publish;
    int http_status;                   /**< of the publish, 0 = none */
    char http_message[AVS_NAME_BYTES]; /**< "message" of its JSON answer */
    struct avs_iot_findings findings;
};

struct avs_iot_check {
    char host[AVS_NAME_BYTES];
    char client_id[AVS_IOT_CLIENT_ID_BYTES]; /**< "" without a CONNECT */
    bool is_client_id_given;
    char topic[AVS_IOT_TOPIC_BYTES]; /**< "" without a publish */
    int64_t wall_clock;
    struct avs_iot_keypair keypair;
    struct avs_iot_check_way way[AVS_IOT_WAYS_MAX];
    size_t way_count;
    /** A handshake for each family, TLS 1.2, on the first way that answered; by enum avs_family. */
    struct avs_session_evidence family[AVS_FAMILY_COUNT];
    struct avs_iot_findings family_findings[AVS_FAMILY_COUNT];
    struct avs_evidence *evidence; /**< host, machine and store, for the words of a report */
    enum avs_readiness readiness;  /**< ready: proven as far as was asked */
    enum avs_cause cause;          /**< the one to fix first; NONE when ready, and when nothing
                                        failed and the device's part was not asked */
    int exit_code;                 /**< 0 ready, 1 not ready, 3 inconclusive */
};

/** Run it. OK whenever a run could be made, whatever it found. Sends one message when `topic` is
 *  set; otherwise nothing but handshakes and, with `with_connect`, CONNECT and DISCONNECT. Blocks
 *  for at most timeout_ms plus one second; a token may take longer. Writes nothing to disk.
 *  Thread: any, one run at a time in each. Caller frees *ret_check with avs_iot_check_free.
 *  Errors: ERR_USAGE, ERR_CA_..., NO_MEMORY, INTERNAL. */
AVS_API AVS_NODISCARD enum avs_status avs_iot_check_run(const struct avs_iot_check_options *options,
                                                        struct avs_iot_check **ret_check,
                                                        struct avs_error *reterr);
/** NULL is fine. Thread: any. */
AVS_API void avs_iot_check_free(struct avs_iot_check *check);

/** For people: the answer first, what was and what was not proven, each fault with its remedy.
 *  `style` NULL = plain. Caller frees *ret_text with free(). Thread: any. Errors: NO_MEMORY. */
AVS_API AVS_NODISCARD enum avs_status avs_iot_check_to_text(const struct avs_iot_check *check,
                                                            const struct avs_style *style,
                                                            char **ret_text,
                                                            struct avs_error *reterr);
/** One JSON object, schema avs-shim.iot-check/1, newline-terminated. Caller frees *ret_json with
 *  free(). Thread: any. Errors: NO_MEMORY. */
AVS_API AVS_NODISCARD enum avs_status avs_iot_check_to_json(const struct avs_iot_check *check,
                                                            char **ret_json,
                                                            struct avs_error *reterr);

AVS_END_DECLS

#endif
