/* SPDX-License-Identifier: Apache-2.0 */
/* MQTT as a server. A CONNECT is answered as the scenario has it; after that PUBLISH, SUBSCRIBE,
 * UNSUBSCRIBE and PINGREQ get what the standards say, and QoS 2 nothing, as at AWS IoT Core. A
 * second client with the same id ends the first one's session. */
#include "mqtt.h"

#include <stdlib.h>
#include <string.h>

#include "connection.h"
#include "iot.h"

enum {
    PACKET_BYTES_MAX = 132 * 1024, /* AWS IoT Core: 128 KB of payload */
    CLIENT_ID_BYTES = 128,
    FILTERS_MAX = 64,
    LENGTH_BYTES_MAX = 4, /* of the "remaining length" */
};

enum packet {
    CONNECT = 1,
    PUBLISH = 3,
    SUBSCRIBE = 8,
    UNSUBSCRIBE = 10,
    PINGREQ = 12,
    DISCONNECT = 14,
};

enum code {
    SUCCESS = 0,
    REFUSED_VERSION_3 = 1,
    DENIED = 0x80,
    MALFORMED = 0x81,
    NOT_AUTHORIZED = 0x87,
    NOT_AUTHORIZED_3 = 7,
    TAKEN_OVER = 0x8e,
    TOO_LARGE = 0x95,
};

struct mqtt {
    struct connection *connection;
    uint8_t *packet; /* PACKET_BYTES_MAX of it */
    size_t length;
    bool is_connected, is_version_5;
    char client_id[CLIENT_ID_BYTES + 1];
};

/* What is left of a packet; reading past its end makes it bad. */
struct reader {
    const uint8_t *at;
    size_t left;
    bool is_bad;
};

struct mqtt *mqtt_new(struct connection *connection) {
    struct mqtt *mqtt = calloc(1, sizeof(*mqtt));
    uint8_t *packet = malloc(PACKET_BYTES_MAX);
    if (!mqtt || !packet) {
        free(mqtt);
        free(packet);
        return NULL;
    }
    mqtt->connection = connection;
    mqtt->packet = packet;
    return mqtt;
}

void mqtt_free(struct mqtt *mqtt) {
    if (mqtt) {
        free(mqtt->packet);
        free(mqtt);
    }
}

/* ---- reading ---- */

static const uint8_t *take(struct reader *reader, size_t length) {
    const uint8_t *bytes = reader->at;
    if (reader->is_bad || length > reader->left) {
        reader->is_bad = true;
        return NULL;
    }
    reader->at += length;
    reader->left -= length;
    return bytes;
}

static unsigned take_number(struct reader *reader, size_t width) {
    const uint8_t *bytes = take(reader, width);
    return !bytes ? 0 : width == 1 ? bytes[0] : (unsigned)bytes[0] << 8 | bytes[1];
}

/* A length in front, then so many bytes. */
static const uint8_t *take_string(struct reader *reader, size_t *ret_length) {
    *ret_length = take_number(reader, 2);
    return take(reader, *ret_length);
}

/* A length of one to four bytes, seven bits each. */
static size_t take_length(struct reader *reader) {
    size_t length = 0;
    for (unsigned i = 0; i < LENGTH_BYTES_MAX; i++) {
        unsigned byte = take_number(reader, 1);
        length |= (size_t)(byte & 0x7f) << (7 * i);
        if (!(byte & 0x80)) {
            return length;
        }
    }
    reader->is_bad = true;
    return 0;
}

static void skip_properties(const struct mqtt *mqtt, struct reader *reader) {
    if (mqtt->is_version_5) {
        take(reader, take_length(reader));
    }
}

/* ---- saying ---- */

static void say(struct mqtt *mqtt, const void *bytes, size_t length) {
    connection_send(mqtt->connection, bytes, length);
}

static void end(struct mqtt *mqtt) {
    connection_end(mqtt->connection, END_CLOSE_NOTIFY);
}

static void say_connack(struct mqtt *mqtt, uint8_t code) {
    /* MQTT 5: receive maximum 100 and QoS 1 at most, as AWS IoT Core says it */
    static const uint8_t good_5[] = {0x20, 8, 0, 0, 5, 0x21, 0, 100, 0x24, 1};
    const uint8_t bad_5[] = {0x20, 3, 0, code, 0};
    const uint8_t any_3[] = {0x20, 2, 0, code};
    if (!mqtt->is_version_5) {
        say(mqtt, any_3, sizeof(any_3));
    } else if (code == SUCCESS) {
        say(mqtt, good_5, sizeof(good_5));
    } else {
        say(mqtt, bad_5, sizeof(bad_5));
    }
}

/* 3.1.1 knows no DISCONNECT from a server: it ends the connection. */
static void disconnect(struct mqtt *mqtt, uint8_t code) {
    const uint8_t packet[] = {0xe0, 2, code, 0};
    if (mqtt->is_version_5 && mqtt->is_connected) {
        say(mqtt, packet, sizeof(packet));
    }
    end(mqtt);
}

/* An acknowledgement: its first byte, the packet id, a reason code of MQTT 5 unless it is 0. */
static void acknowledge(struct mqtt *mqtt, uint8_t first, unsigned id, uint8_t code) {
    uint8_t packet[] = {first, 2, (uint8_t)(id >> 8), (uint8_t)id, code};
    bool has_code = mqtt->is_version_5 && code != SUCCESS;
    packet[1] = has_code ? 3 : 2;
    say(mqtt, packet, has_code ? 5 : 4);
}

/* ---- packets ---- */

/* Whoever is here under the same client id has to go. */
static void take_over(struct mqtt *mqtt) {
    struct avs_standin *standin = mqtt->connection->standin;
    for (int i = 0; i < standin->connection_count; i++) {
        struct mqtt *other = standin->connections[i]->mqtt;
        if (other && other != mqtt && other->is_connected && mqtt->client_id[0] &&
            strcmp(other->client_id, mqtt->client_id) == 0) {
            disconnect(other, TAKEN_OVER);
            other->is_connected = false;
            connection_on_writable(other->connection);
        }
    }
}

static void welcome(struct mqtt *mqtt, const struct iot_mqtt *scenario) {
    take_over(mqtt);
    mqtt->is_connected = true;
    say_connack(mqtt, SUCCESS);
    if (scenario->act == MQTT_DISCONNECT) {
        disconnect(mqtt, scenario->code_5);
    }
}

static void answer_connect(struct mqtt *mqtt, bool has_login) {
    static const struct iot_mqtt plain = {MQTT_TAKE, 0, 0};
    struct connection *connection = mqtt->connection;
    const struct iot_mqtt *scenario = connection->iot ? &connection->iot->mqtt : &plain;
    uint8_t code = mqtt->is_version_5 ? scenario->code_5 : scenario->code_3;
    if (connection->iot && !connection->iot_rule->wants_certificate && !has_login) {
        say_connack(mqtt, mqtt->is_version_5 ? NOT_AUTHORIZED : NOT_AUTHORIZED_3);
        end(mqtt); /* a custom authorizer with nothing to go by */
        return;
    }
    switch (scenario->act) {
    case MQTT_REFUSE:
        if (code != SUCCESS) {
            say_connack(mqtt, code);
            end(mqtt);
            return;
        }
        break;
    case MQTT_CLOSE:
        end(mqtt);
        return;
    case MQTT_RAGGED:
        connection_end(connection, END_RAGGED);
        return;
    case MQTT_SILENT:
        connection_fall_silent(connection);
        return;
    case MQTT_NO_MQTT:
        say(mqtt, "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n", 47);
        end(mqtt);
        return;
    case MQTT_TAKE:
    case MQTT_DISCONNECT:
    case MQTT_DENY_TOPICS:
    case MQTT_FORGET:
        break;
    }
    welcome(mqtt, scenario);
}

static void on_connect(struct mqtt *mqtt, struct reader *reader) {
    enum { LEVEL_3_1_1 = 4, LEVEL_5 = 5, FLAGS_LOGIN = 0xc0 };
    size_t length = 0;
    const uint8_t *name = take_string(reader, &length);
    bool is_mqtt = name && length == 4 && memcmp(name, "MQTT", 4) == 0;
    unsigned level = take_number(reader, 1);
    unsigned flags = take_number(reader, 1);
    take_number(reader, 2); /* keep alive: nobody is waited for here */
    atomic_fetch_add(&mqtt->connection->standin->requests, 1);
    if (!reader->is_bad && (!is_mqtt || level < LEVEL_3_1_1 || level > LEVEL_5)) {
        say_connack(mqtt, REFUSED_VERSION_3);
        end(mqtt);
        return;
    }
    mqtt->is_version_5 = level == LEVEL_5;
    skip_properties(mqtt, reader);
    const uint8_t *id = take_string(reader, &length);
    if (reader->is_bad || mqtt->is_connected || length > CLIENT_ID_BYTES) {
        disconnect(mqtt, MALFORMED);
        return;
    }
    memcpy(mqtt->client_id, id, length);
    mqtt->client_id[length] = '\0';
    answer_connect(mqtt, (flags & FLAGS_LOGIN) != 0);
}

static void on_publish(struct mqtt *mqtt, struct reader *reader, unsigned flags) {
    const struct iot_scenario *iot = mqtt->connection->iot;
    bool is_denied = iot && iot->mqtt.act == MQTT_DENY_TOPICS;
    unsigned qos = flags >> 1 & 3;
    size_t length = 0;
    take_string(reader, &length);
    unsigned id = qos > 0 ? take_number(reader, 2) : 0;
    if (reader->is_bad) {
        disconnect(mqtt, MALFORMED);
    } else if (is_denied && !mqtt->is_version_5) {
        end(mqtt);
    } else if (qos == 1) {
        acknowledge(mqtt, 0x40, id, is_denied ? iot->mqtt.code_5 : SUCCESS);
    }
}

/* SUBACK and UNSUBACK: a code for each filter. */
static void on_filters(struct mqtt *mqtt, struct reader *reader, bool is_subscribe) {
    const struct iot_scenario *iot = mqtt->connection->iot;
    bool is_denied = iot && iot->mqtt.act == MQTT_DENY_TOPICS;
    uint8_t packet[5 + FILTERS_MAX] = {is_subscribe ? 0x90 : 0xb0};
    size_t used = 2, length = 0, filters = 0;
    unsigned id = take_number(reader, 2);
    packet[used++] = (uint8_t)(id >> 8);
    packet[used++] = (uint8_t)id;
    skip_properties(mqtt, reader);
    if (mqtt->is_version_5) {
        packet[used++] = 0;
    }
    for (; reader->left > 0 && !reader->is_bad && filters < FILTERS_MAX; filters++) {
        take_string(reader, &length);
        unsigned qos = is_subscribe ? take_number(reader, 1) & 3 : 0;
        if (is_subscribe || mqtt->is_version_5) {
            packet[used++] = is_subscribe && is_denied ? DENIED : (uint8_t)(qos > 1 ? 1 : qos);
        }
    }
    if (reader->is_bad || filters == 0 || filters == FILTERS_MAX) {
        disconnect(mqtt, MALFORMED);
        return;
    }
    packet[1] = (uint8_t)(used - 2);
    say(mqtt, packet, used);
}

static void on_packet(struct mqtt *mqtt, uint8_t first, struct reader reader) {
    const struct iot_scenario *iot = mqtt->connection->iot;
    enum packet kind = (enum packet)(first >> 4);
    connection_idle_limit(mqtt->connection, IDLE_MS);
    if (!mqtt->is_connected && kind != CONNECT) {
        end(mqtt);
        return;
    }
    if (kind != CONNECT && kind != DISCONNECT && iot && iot->mqtt.act == MQTT_FORGET) {
        return;
    }
    switch (kind) {
    case CONNECT:
        on_connect(mqtt, &reader);
        return;
    case PUBLISH:
        on_publish(mqtt, &reader, first & 0xf);
        return;
    case SUBSCRIBE:
    case UNSUBSCRIBE:
        on_filters(mqtt, &reader, kind == SUBSCRIBE);
        return;
    case PINGREQ:
        say(mqtt, "\xd0\0", 2);
        return;
    case DISCONNECT:
        mqtt->is_connected = false;
        end(mqtt);
        return;
    }
    disconnect(mqtt, MALFORMED);
}

/* Bytes of the whole packet at the buffer's start; 0: its head is not there yet. */
static size_t packet_length(const struct mqtt *mqtt, struct reader *ret_body) {
    size_t head = 1;
    while (head < mqtt->length && head <= LENGTH_BYTES_MAX && (mqtt->packet[head] & 0x80)) {
        head++;
    }
    if (head >= mqtt->length) {
        return 0;
    }
    struct reader reader = {.at = mqtt->packet + 1, .left = mqtt->length - 1};
    size_t length = take_length(&reader);
    *ret_body = (struct reader){.at = reader.at, .left = length, .is_bad = reader.is_bad};
    return (size_t)(reader.at - mqtt->packet) + length;
}

void mqtt_feed(struct mqtt *mqtt, const uint8_t *bytes, size_t length) {
    while (mqtt->connection->phase == PHASE_MQTT) {
        struct reader body = {0};
        size_t room = PACKET_BYTES_MAX - mqtt->length;
        size_t taken = length < room ? length : room;
        memcpy(mqtt->packet + mqtt->length, bytes, taken);
        mqtt->length += taken;
        bytes += taken;
        length -= taken;
        size_t whole = packet_length(mqtt, &body);
        if (body.is_bad || whole > PACKET_BYTES_MAX) {
            disconnect(mqtt, body.is_bad ? MALFORMED : TOO_LARGE);
            return;
        }
        if (whole == 0 || whole > mqtt->length) {
            return; /* the rest is still to come: there was room for all of it */
        }
        on_packet(mqtt, mqtt->packet[0], body);
        mqtt->length -= whole;
        memmove(mqtt->packet, mqtt->packet + whole, mqtt->length);
    }
}
