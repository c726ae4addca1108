/* SPDX-License-Identifier: Apache-2.0 */
/* What the stand-in does where it is shaped like AWS IoT Core: which kinds of names exist, what
 * each port takes, and what each scenario answers. Not all of it was seen at AWS: the descriptions
 * say what is played, no more. */
#ifndef AVS_STANDIN_IOT_H
#define AVS_STANDIN_IOT_H

#include "scenarios.h"

#define IOT_HOST_BYTES 256
#define IOT_OWN_HOST   iot_count() /* index of the user's own host, served as the first row */

/* The kinds of names; a rule holds several. */
enum iot_kind {
    IOT_DATA = 1,        /* P-ats.iot.R.S */
    IOT_LEGACY = 2,      /* P.iot.R.S where R once had VeriSign */
    IOT_JOBS = 4,        /* P.jobs.iot.R.S */
    IOT_CREDENTIALS = 8, /* P.credentials.iot.R.S */
    IOT_API = 16,        /* iot.R.S, where DescribeEndpoint is asked */
};

enum iot_speech { IOT_MQTT, IOT_HTTP };

/* One row of the matrix of ports and ALPN. */
struct iot_rule {
    struct avs_standin_iot_rule shown;
    enum avs_standin_iot_port port;
    unsigned kinds;
    bool ignores_alpn; /* whatever is offered, the extension is not answered */
    enum iot_speech speech;
    bool wants_certificate;
};

/* What becomes of a CONNECT and what follows. */
enum mqtt_act {
    MQTT_TAKE,        /* CONNACK 0, and a broker's answers */
    MQTT_REFUSE,      /* CONNACK with the code, then the end */
    MQTT_CLOSE,       /* close_notify instead of a CONNACK */
    MQTT_RAGGED,      /* TCP end instead of a CONNACK */
    MQTT_SILENT,      /* no CONNACK, and the connection stays */
    MQTT_NO_MQTT,     /* bytes that are no CONNACK */
    MQTT_DISCONNECT,  /* CONNACK 0, then DISCONNECT with the code (3.1.1: the end alone) */
    MQTT_DENY_TOPICS, /* CONNACK 0; PUBACK with the code, SUBACK 0x80 (3.1.1: the end on PUBLISH) */
    MQTT_FORGET,      /* CONNACK 0, and no answer to anything after it */
};
struct iot_mqtt {
    enum mqtt_act act;
    uint8_t code_5, code_3; /* of MQTT 5 and of 3.1.1 */
};

/* How a request over HTTP is answered instead of well; silence and the like are tls.http1's. */
struct iot_reply {
    unsigned status;          /* 0: well */
    const char *error_type;   /* x-amzn-ErrorType, or NULL */
    const char *content_type; /* NULL: application/json */
    const char *body;
    const char *location;
    int clock_s;    /* the server's clock is so far ahead of this machine's */
    unsigned times; /* so many times, then once well; 0: always */
};

struct iot_scenario {
    struct avs_standin_iot_scenario shown;
    enum iot_kind kind;
    struct scenario tls;      /* the RSA leaf, versions, what happens on the ClientHello */
    struct leaf_recipe ecdsa; /* the other leaf, for a client that prefers ECDSA */
    bool has_ecdsa, has_no_rsa;
    int client_error; /* X509_V_ERR_... that every device certificate gets; 0: none */
    struct iot_mqtt mqtt;
    struct iot_reply reply;
};

size_t iot_count(void);
const struct iot_scenario *iot_at(size_t index);
/* The row for that SNI. True, or false when there is none. */
bool iot_find(const unsigned char *sni, size_t length, size_t *ret_index);
/* The name that the certificate of that host is for: a region's wildcard for an account's name. */
void iot_certificate_host(const struct iot_scenario *scenario, const char *host,
                          char ret_name[IOT_HOST_BYTES]);

/* What a port does with an ALPN offer (the extension's content; length 0: none). */
enum iot_offer { IOT_TAKEN, IOT_NO_SUCH_PORT, IOT_NO_SUCH_PROTOCOL };
enum iot_offer iot_rule_find(enum avs_standin_iot_port port, enum iot_kind kind,
                             const unsigned char *offer, size_t length,
                             const struct iot_rule **ret_rule, const char **ret_alpn);

#endif
