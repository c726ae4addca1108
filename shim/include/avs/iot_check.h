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
#include <avs/findings.h>
#include <avs/status.h>
#include <avs/style.h>
#include <avs/verdict.h>

AVS_BEGIN_DECLS

#define AVS_IOT_CHECK_SCHEMA             "avs-shim.iot-check/1"
#define AVS_IOT_CHECK_TIMEOUT_MS_DEFAULT 30000

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

struct avs_iot_check; /* opaque */

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
/** 0 ready: proven as far as was asked, 1 not ready, 3 inconclusive. Thread: any. */
AVS_API int avs_iot_check_exit_code(const struct avs_iot_check *check);

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

/** The rows of it, for the formats of other tools: the key pair, each port and each certificate
 * family is a check. Everything is copied. Caller frees *ret_findings with avs_findings_free.
 * Thread: any. Errors: NO_MEMORY. */
AVS_API AVS_NODISCARD enum avs_status avs_findings_of_iot_check(const struct avs_iot_check *check,
                                                                struct avs_findings **ret_findings,
                                                                struct avs_error *reterr);

#ifdef AVS_INSIDE /* the libraries' own sources see the members */
#include "iot/check_members.h"
#endif

AVS_END_DECLS

#endif
