/* SPDX-License-Identifier: Apache-2.0 */
/* MQTT as far as a probe needs it: CONNECT and PINGREQ out, CONNACK, PINGRESP or
 * DISCONNECT in. Bytes in, bytes out; no
 * socket, no clock, no allocation. MQTT 3.1.1 and MQTT 5 (OASIS standards of 2014 and 2019). */
#ifndef AVS_IOT_MQTT_H
#define AVS_IOT_MQTT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <avs/cause.h>

#define AVS_MQTT_CLIENT_ID_BYTES 129  /* AWS IoT takes 128 */
#define AVS_MQTT_CONNECT_BYTES   160  /* of the longest CONNECT written here */
#define AVS_MQTT_PACKET_BYTES    4096 /* of the longest answer that is looked at */
#define AVS_MQTT_TEXT_BYTES      200  /* of a reason string, cut to this */

enum avs_mqtt_level { AVS_MQTT_3_1_1 = 4, AVS_MQTT_5 = 5 };

/** Write a CONNECT: clean start, keep-alive of 30 s, no will, no user. `client_id` has at most
 *  AVS_MQTT_CLIENT_ID_BYTES - 1 bytes. Returns the length. */
size_t avs_mqtt_connect(enum avs_mqtt_level level, const char *client_id,
                        uint8_t ret_bytes[AVS_MQTT_CONNECT_BYTES]);

/** PINGREQ and the goodbye, which both levels have. */
extern const uint8_t avs_mqtt_ping[2], avs_mqtt_disconnect[2];

enum avs_mqtt_packet {
    AVS_MQTT_NOTHING, /* not whole yet */
    AVS_MQTT_CONNACK,
    AVS_MQTT_PINGRESP,
    AVS_MQTT_DISCONNECT,
    AVS_MQTT_OUT_OF_ORDER, /* never said by avs_mqtt_read, which knows no order */
    AVS_MQTT_MALFORMED,    /* no MQTT, or broken, or longer than AVS_MQTT_PACKET_BYTES */
};

/** One packet of the server's. */
struct avs_mqtt_answer {
    enum avs_mqtt_packet packet;
    bool is_v5; /* the reason is one of MQTT 5 */
    uint8_t reason;
    char reason_string[AVS_MQTT_TEXT_BYTES];    /* printable; "" = none */
    char server_reference[AVS_MQTT_TEXT_BYTES]; /* printable; "" = none */
};

struct avs_mqtt_reader {
    enum avs_mqtt_level level; /* of the CONNECT */
    size_t length;
    uint8_t bytes[AVS_MQTT_PACKET_BYTES];
};

/** Take bytes as they come, any number at a time, none for the next packet of those that are there.
 *  True: `ret_answer` says what came. A malformed one stays, and is the end of reading. */
bool avs_mqtt_read(struct avs_mqtt_reader *reader, const uint8_t *bytes, size_t length,
                   struct avs_mqtt_answer *ret_answer);

/** The reason in the standard's words; "unknown reason" for a code that it does not have. */
const char *avs_mqtt_reason_text(const struct avs_mqtt_answer *answer);
/** Its row of the catalogue; AVS_CAUSE_NONE for success. */
enum avs_cause avs_mqtt_reason_cause(const struct avs_mqtt_answer *answer);

#endif
