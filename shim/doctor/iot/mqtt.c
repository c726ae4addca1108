/* SPDX-License-Identifier: Apache-2.0 */
/* MQTT as far as a probe needs it; see mqtt.h. */
#include "iot/mqtt.h"

#include <string.h>

#include "base/flow.h"
#include "base/text.h"

enum {
    TYPE_CONNECT = 0x10,
    TYPE_CONNACK = 0x20,
    TYPE_PINGREQ = 0xc0,
    TYPE_PINGRESP = 0xd0,
    TYPE_DISCONNECT = 0xe0,
    FLAG_CLEAN_START = 0x02,
    KEEP_ALIVE_S = 30,
    LENGTH_BYTES_MAX = 4, /* of a variable byte integer, MQTT 5 section 1.5.5 */
    PROPERTY_SERVER_REFERENCE = 0x1c,
    PROPERTY_REASON_STRING = 0x1f,
};

const uint8_t avs_mqtt_ping[2] = {TYPE_PINGREQ, 0};
const uint8_t avs_mqtt_disconnect[2] = {TYPE_DISCONNECT, 0};

size_t avs_mqtt_connect(enum avs_mqtt_level level, const char *client_id,
                        uint8_t ret_bytes[AVS_MQTT_CONNECT_BYTES]) {
    static const uint8_t name[] = {0, 4, 'M', 'Q', 'T', 'T'};
    size_t id_length = strnlen(client_id, AVS_MQTT_CLIENT_ID_BYTES - 1);
    size_t length = 2; /* the fixed header is written last */
    memcpy(ret_bytes + length, name, sizeof(name));
    length += sizeof(name);
    ret_bytes[length++] = (uint8_t)level;
    ret_bytes[length++] = FLAG_CLEAN_START;
    ret_bytes[length++] = 0;
    ret_bytes[length++] = KEEP_ALIVE_S;
    if (level == AVS_MQTT_5) {
        ret_bytes[length++] = 0; /* no properties */
    }
    ret_bytes[length++] = (uint8_t)(id_length >> 8);
    ret_bytes[length++] = (uint8_t)id_length;
    memcpy(ret_bytes + length, client_id, id_length);
    length += id_length;
    size_t left = length - 2;
    if (left < 0x80) {
        ret_bytes[0] = TYPE_CONNECT;
        ret_bytes[1] = (uint8_t)left;
        return length;
    }
    memmove(ret_bytes + 3, ret_bytes + 2, left); /* the length takes two bytes */
    ret_bytes[0] = TYPE_CONNECT;
    ret_bytes[1] = (uint8_t)(left % 0x80 | 0x80);
    ret_bytes[2] = (uint8_t)(left / 0x80);
    return length + 1;
}

/* ---------------------------------------------------------------- reading */

/* A place in bytes that end. */
struct view {
    const uint8_t *at;
    const uint8_t *end;
};

static size_t left_of(const struct view *view) {
    return (size_t)(view->end - view->at);
}

/* 1 = read, 0 = not whole yet, -1 = there is no such number. */
static int read_length(struct view *view, size_t *ret_length) {
    size_t length = 0;
    for (size_t i = 0; i < LENGTH_BYTES_MAX; i++) {
        if (i >= left_of(view)) {
            return 0;
        }
        length |= (size_t)(view->at[i] & 0x7f) << (7 * i);
        if (!(view->at[i] & 0x80)) {
            view->at += i + 1;
            *ret_length = length;
            return 1;
        }
    }
    return -1;
}

static bool skip(struct view *view, size_t length) {
    if (left_of(view) < length) {
        return false;
    }
    view->at += length;
    return true;
}

/* A text of the peer's: two bytes of length, then UTF-8. `field` NULL: not wanted. */
static bool read_text(struct view *view, char *field, size_t capacity) {
    if (left_of(view) < 2) {
        return false;
    }
    size_t length = (size_t)view->at[0] << 8 | view->at[1];
    view->at += 2;
    if (left_of(view) < length) {
        return false;
    }
    if (field) {
        avs_text_copy_bytes(field, capacity, view->at, length);
        avs_text_make_printable(field);
    }
    view->at += length;
    return true;
}

/* Properties of CONNACK and DISCONNECT (MQTT 5 section 2.2.2.2) that are not texts, and their
 * sizes. */
static const struct {
    uint8_t id;
    uint8_t bytes;
} sizes[] = {
    {0x11, 4}, {0x13, 2}, {0x21, 2}, {0x22, 2}, {0x24, 1},
    {0x25, 1}, {0x27, 4}, {0x28, 1}, {0x29, 1}, {0x2a, 1},
};

static bool read_property(struct view *view, struct avs_mqtt_answer *answer) {
    uint8_t id = *view->at++;
    switch (id) {
    case PROPERTY_REASON_STRING:
        return read_text(view, answer->reason_string, sizeof(answer->reason_string));
    case PROPERTY_SERVER_REFERENCE:
        return read_text(view, answer->server_reference, sizeof(answer->server_reference));
    case 0x12: /* assigned client identifier */
    case 0x15: /* authentication method */
    case 0x16: /* authentication data */
    case 0x1a: /* response information */
        return read_text(view, NULL, 0);
    case 0x26: /* user property: a pair */
        return read_text(view, NULL, 0) && read_text(view, NULL, 0);
    default:
        for (size_t i = 0; i < AVS_COUNT(sizes); i++) {
            if (sizes[i].id == id) {
                return skip(view, sizes[i].bytes);
            }
        }
        return false;
    }
}

static bool read_properties(struct view *view, struct avs_mqtt_answer *answer) {
    size_t length = 0;
    if (view->at == view->end) {
        return true; /* left out */
    }
    if (read_length(view, &length) != 1 || length != left_of(view)) {
        return false;
    }
    while (view->at < view->end) {
        if (!read_property(view, answer)) {
            return false;
        }
    }
    return true;
}

/* The body of a whole packet. A server that does not know MQTT 5 answers with the CONNACK of 3.1.1,
 * which has two bytes and no properties. */
static bool read_body(struct view *view, uint8_t type, enum avs_mqtt_level level,
                      struct avs_mqtt_answer *answer) {
    size_t length = left_of(view);
    if (type == TYPE_PINGRESP) {
        answer->packet = AVS_MQTT_PINGRESP;
        return length == 0;
    }
    if (type == TYPE_DISCONNECT) {
        answer->packet = AVS_MQTT_DISCONNECT;
        answer->is_v5 = true; /* servers of 3.1.1 do not send it */
        answer->reason = length > 0 ? *view->at++ : 0;
        return level == AVS_MQTT_5 && read_properties(view, answer);
    }
    if (length < 2 || view->at[0] > 1) {
        return false;
    }
    answer->packet = AVS_MQTT_CONNACK;
    answer->is_v5 = level == AVS_MQTT_5 && length > 2;
    answer->reason = view->at[1];
    view->at += 2;
    return answer->is_v5 ? read_properties(view, answer) : length == 2;
}

/* True: it is decided what the bytes are. */
static bool read_packet(struct view *view, enum avs_mqtt_level level,
                        struct avs_mqtt_answer *answer) {
    uint8_t type = *view->at++;
    size_t length = 0;
    bool is_known = type == TYPE_CONNACK || type == TYPE_PINGRESP || type == TYPE_DISCONNECT;
    int is_read = is_known ? read_length(view, &length) : -1;
    answer->packet = AVS_MQTT_MALFORMED;
    if (is_read < 0 || length > AVS_MQTT_PACKET_BYTES - 1 - LENGTH_BYTES_MAX) {
        return true;
    }
    if (is_read == 0 || left_of(view) < length) {
        answer->packet = AVS_MQTT_NOTHING;
        return false;
    }
    view->end = view->at + length;
    if (!read_body(view, type, level, answer)) {
        *answer = (struct avs_mqtt_answer){.packet = AVS_MQTT_MALFORMED};
    }
    return true;
}

bool avs_mqtt_read(struct avs_mqtt_reader *reader, const uint8_t *bytes, size_t length,
                   struct avs_mqtt_answer *ret_answer) {
    size_t room = sizeof(reader->bytes) - reader->length;
    size_t taken = length < room ? length : room;
    memcpy(reader->bytes + reader->length, bytes, taken);
    reader->length += taken;
    *ret_answer = (struct avs_mqtt_answer){.packet = AVS_MQTT_NOTHING};
    if (reader->length == 0) {
        return false;
    }
    struct view view = {reader->bytes, reader->bytes + reader->length};
    bool is_whole = read_packet(&view, reader->level, ret_answer);
    if (is_whole && ret_answer->packet != AVS_MQTT_MALFORMED) {
        size_t end = (size_t)(view.end - reader->bytes);
        memmove(reader->bytes, reader->bytes + end, reader->length - end);
        reader->length -= end;
    }
    return is_whole;
}

/* ---------------------------------------------------------------- reasons */

struct reason {
    uint8_t code;
    enum avs_cause cause;
    const char *text;
};

/* MQTT 3.1.1 table 3.1; 7 is AWS IoT's own. */
static const struct reason reasons_v3[] = {
    {0, AVS_CAUSE_NONE, "accepted"},
    {1, AVS_CAUSE_MQTT_VERSION, "unacceptable protocol version"},
    {2, AVS_CAUSE_MQTT_CLIENT_ID, "identifier rejected"},
    {3, AVS_CAUSE_MQTT_BUSY, "server unavailable"},
    {4, AVS_CAUSE_MQTT_LOGIN, "bad user name or password"},
    {5, AVS_CAUSE_MQTT_NOT_AUTHORIZED, "not authorized"},
    {7, AVS_CAUSE_MQTT_NOT_AUTHORIZED, "not authorized (AWS IoT)"},
};

/* MQTT 5 section 2.4 */
static const struct reason reasons_v5[] = {
    {0x00, AVS_CAUSE_NONE, "success"},
    {0x80, AVS_CAUSE_MQTT_REFUSED, "unspecified error"},
    {0x81, AVS_CAUSE_MQTT_REFUSED, "malformed packet"},
    {0x82, AVS_CAUSE_MQTT_REFUSED, "protocol error"},
    {0x83, AVS_CAUSE_MQTT_REFUSED, "implementation specific error"},
    {0x84, AVS_CAUSE_MQTT_VERSION, "unsupported protocol version"},
    {0x85, AVS_CAUSE_MQTT_CLIENT_ID, "client identifier not valid"},
    {0x86, AVS_CAUSE_MQTT_LOGIN, "bad user name or password"},
    {0x87, AVS_CAUSE_MQTT_NOT_AUTHORIZED, "not authorized"},
    {0x88, AVS_CAUSE_MQTT_BUSY, "server unavailable"},
    {0x89, AVS_CAUSE_MQTT_BUSY, "server busy"},
    {0x8a, AVS_CAUSE_MQTT_NOT_AUTHORIZED, "banned"},
    {0x8b, AVS_CAUSE_MQTT_BUSY, "server shutting down"},
    {0x8c, AVS_CAUSE_MQTT_LOGIN, "bad authentication method"},
    {0x8d, AVS_CAUSE_MQTT_REFUSED, "keep alive timeout"},
    {0x8e, AVS_CAUSE_MQTT_TAKEN_OVER, "session taken over"},
    {0x8f, AVS_CAUSE_MQTT_REFUSED, "topic filter invalid"},
    {0x90, AVS_CAUSE_MQTT_REFUSED, "topic name invalid"},
    {0x93, AVS_CAUSE_MQTT_REFUSED, "receive maximum exceeded"},
    {0x94, AVS_CAUSE_MQTT_REFUSED, "topic alias invalid"},
    {0x95, AVS_CAUSE_MQTT_REFUSED, "packet too large"},
    {0x96, AVS_CAUSE_MQTT_BUSY, "message rate too high"},
    {0x97, AVS_CAUSE_MQTT_BUSY, "quota exceeded"},
    {0x98, AVS_CAUSE_MQTT_REFUSED, "administrative action"},
    {0x99, AVS_CAUSE_MQTT_REFUSED, "payload format invalid"},
    {0x9a, AVS_CAUSE_MQTT_REFUSED, "retain not supported"},
    {0x9b, AVS_CAUSE_MQTT_REFUSED, "QoS not supported"},
    {0x9c, AVS_CAUSE_MQTT_MOVED, "use another server"},
    {0x9d, AVS_CAUSE_MQTT_MOVED, "server moved"},
    {0x9e, AVS_CAUSE_MQTT_REFUSED, "shared subscriptions not supported"},
    {0x9f, AVS_CAUSE_MQTT_BUSY, "connection rate exceeded"},
    {0xa0, AVS_CAUSE_MQTT_REFUSED, "maximum connect time"},
};

static const struct reason *find_reason(const struct avs_mqtt_answer *answer) {
    static const struct reason unknown = {0, AVS_CAUSE_MQTT_REFUSED, "unknown reason"};
    static const struct reason left = {0, AVS_CAUSE_MQTT_REFUSED, "normal disconnection"};
    const struct reason *rows = answer->is_v5 ? reasons_v5 : reasons_v3;
    size_t count = answer->is_v5 ? AVS_COUNT(reasons_v5) : AVS_COUNT(reasons_v3);
    if (answer->packet == AVS_MQTT_DISCONNECT && answer->reason == 0) {
        return &left; /* no success: it ends what was asked for */
    }
    for (size_t i = 0; i < count; i++) {
        if (rows[i].code == answer->reason) {
            return &rows[i];
        }
    }
    return &unknown;
}

const char *avs_mqtt_reason_text(const struct avs_mqtt_answer *answer) {
    return find_reason(answer)->text;
}

enum avs_cause avs_mqtt_reason_cause(const struct avs_mqtt_answer *answer) {
    return answer->packet == AVS_MQTT_CONNACK || answer->packet == AVS_MQTT_DISCONNECT
               ? find_reason(answer)->cause
               : AVS_CAUSE_MQTT_NOT_MQTT;
}
