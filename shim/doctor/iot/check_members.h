/* SPDX-License-Identifier: Apache-2.0 */
/* What a device's way into AWS IoT Core was found to be: the members of struct avs_iot_check of
 * <avs/iot_check.h>. */
#ifndef AVS_IOT_CHECK_MEMBERS_H
#define AVS_IOT_CHECK_MEMBERS_H

#include <avs/iot_check.h>

#include "evidence/facts.h"

#define AVS_IOT_WAYS_MAX        4
#define AVS_IOT_FINDINGS_MAX    6
#define AVS_IOT_FACT_BYTES      400
#define AVS_IOT_CLIENT_ID_BYTES 129 /**< AWS IoT takes 128 */
#define AVS_IOT_TOPIC_BYTES     257 /**< AWS IoT takes 256 */

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

#endif
