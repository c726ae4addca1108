/* SPDX-License-Identifier: Apache-2.0 */
/* MQTT of the probe: bytes as mosquitto takes and gives them, every reason code a cause, and no
 * difference how the bytes come. */
#include "iot/mqtt.h"

#include "base/flow.h"
#include "support/test.h"

static void the_connects_are_byte_exact(void **state) {
    (void)state;
    static const struct {
        enum avs_mqtt_level level;
        const char *client_id;
        size_t length;
        const char *bytes;
    } rows[] = {
        {AVS_MQTT_3_1_1, "t1", 16, "\x10\x0e\0\4MQTT\4\2\0\x1e\0\2t1"},
        {AVS_MQTT_5, "t1", 17, "\x10\x0f\0\4MQTT\5\2\0\x1e\0\0\2t1"},
        {AVS_MQTT_3_1_1, "", 14, "\x10\x0c\0\4MQTT\4\2\0\x1e\0\0"},
    };
    for (size_t i = 0; i < AVS_COUNT(rows); i++) {
        uint8_t bytes[AVS_MQTT_CONNECT_BYTES];
        assert_int_equal(avs_mqtt_connect(rows[i].level, rows[i].client_id, bytes), rows[i].length);
        assert_memory_equal(bytes, rows[i].bytes, rows[i].length);
    }
    assert_memory_equal(avs_mqtt_disconnect, "\xe0\0", 2);
}

/* 128 bytes of client id need a length of two bytes; longer ids are cut, not written past the end.
 */
static void the_longest_client_id_fits(void **state) {
    (void)state;
    char id[300];
    uint8_t bytes[AVS_MQTT_CONNECT_BYTES];
    memset(id, 'x', sizeof(id) - 1);
    id[sizeof(id) - 1] = '\0';
    size_t length = avs_mqtt_connect(AVS_MQTT_5, id, bytes);
    assert_int_equal(length, 1 + 2 + 13 + 128);
    assert_memory_equal(bytes, "\x10\x8d\x01\0\4MQTT\5\2\0\x1e\0\0\x80xxx", 19);
    id[114] = '\0'; /* the last that needs one byte */
    assert_int_equal(avs_mqtt_connect(AVS_MQTT_5, id, bytes), 2 + 127);
    assert_int_equal(bytes[1], 127);
}

struct answer_row {
    const char *name;
    enum avs_mqtt_level level;
    size_t length;
    const char *bytes;
    enum avs_mqtt_packet packet;
    uint8_t reason;
    enum avs_cause cause;
    const char *text;
};

#define BYTES(text) sizeof(text) - 1, text

static const struct answer_row answers[] = {
    {"accepted, 3.1.1", AVS_MQTT_3_1_1, BYTES("\x20\2\0\0"), AVS_MQTT_CONNACK, 0, AVS_CAUSE_NONE,
     ""},
    {"accepted, mosquitto 2", AVS_MQTT_5, BYTES("\x20\x09\0\0\6\x22\0\x0a\x21\0\x14"),
     AVS_MQTT_CONNACK, 0, AVS_CAUSE_NONE, ""},
    {"not authorised, 3.1.1", AVS_MQTT_3_1_1, BYTES("\x20\2\0\5"), AVS_MQTT_CONNACK, 5,
     AVS_CAUSE_MQTT_NOT_AUTHORIZED, ""},
    {"not authorised, AWS IoT's own code", AVS_MQTT_3_1_1, BYTES("\x20\2\0\7"), AVS_MQTT_CONNACK, 7,
     AVS_CAUSE_MQTT_NOT_AUTHORIZED, ""},
    {"not authorised, 5", AVS_MQTT_5, BYTES("\x20\3\0\x87\0"), AVS_MQTT_CONNACK, 0x87,
     AVS_CAUSE_MQTT_NOT_AUTHORIZED, ""},
    {"an old server and MQTT 5", AVS_MQTT_5, BYTES("\x20\2\0\1"), AVS_MQTT_CONNACK, 1,
     AVS_CAUSE_MQTT_VERSION, ""},
    {"identifier rejected", AVS_MQTT_3_1_1, BYTES("\x20\2\0\2"), AVS_MQTT_CONNACK, 2,
     AVS_CAUSE_MQTT_CLIENT_ID, ""},
    {"unavailable", AVS_MQTT_3_1_1, BYTES("\x20\2\0\3"), AVS_MQTT_CONNACK, 3, AVS_CAUSE_MQTT_BUSY,
     ""},
    {"login, 3.1.1", AVS_MQTT_3_1_1, BYTES("\x20\2\0\4"), AVS_MQTT_CONNACK, 4, AVS_CAUSE_MQTT_LOGIN,
     ""},
    {"client id, 5", AVS_MQTT_5, BYTES("\x20\3\0\x85\0"), AVS_MQTT_CONNACK, 0x85,
     AVS_CAUSE_MQTT_CLIENT_ID, ""},
    {"login, 5", AVS_MQTT_5, BYTES("\x20\3\0\x86\0"), AVS_MQTT_CONNACK, 0x86, AVS_CAUSE_MQTT_LOGIN,
     ""},
    {"a reason in words", AVS_MQTT_5, BYTES("\x20\x0a\0\x80\x07\x1f\0\4nope"), AVS_MQTT_CONNACK,
     0x80, AVS_CAUSE_MQTT_REFUSED, "nope"},
    {"words that steer a terminal", AVS_MQTT_5, BYTES("\x20\x08\0\x97\x05\x1f\0\2\x1b\n"),
     AVS_MQTT_CONNACK, 0x97, AVS_CAUSE_MQTT_BUSY, "??"},
    {"taken over", AVS_MQTT_5, BYTES("\xe0\2\x8e\0"), AVS_MQTT_DISCONNECT, 0x8e,
     AVS_CAUSE_MQTT_TAKEN_OVER, ""},
    {"a goodbye is no success", AVS_MQTT_5, BYTES("\xe0\0"), AVS_MQTT_DISCONNECT, 0,
     AVS_CAUSE_MQTT_REFUSED, ""},
    {"moved, with a place and a user property", AVS_MQTT_5,
     BYTES("\x20\x13\0\x9d\x10\x1c\0\5other\x26\0\1k\0\2vv"), AVS_MQTT_CONNACK, 0x9d,
     AVS_CAUSE_MQTT_MOVED, ""},
    {"a code that nobody has", AVS_MQTT_5, BYTES("\x20\3\0\xfe\0"), AVS_MQTT_CONNACK, 0xfe,
     AVS_CAUSE_MQTT_REFUSED, ""},
    {"HTTP", AVS_MQTT_5, BYTES("HTTP/1.1 400 Bad Request\r\n"), AVS_MQTT_MALFORMED, 0,
     AVS_CAUSE_MQTT_NOT_MQTT, ""},
    {"another packet", AVS_MQTT_5, BYTES("\x30\2\0\0"), AVS_MQTT_MALFORMED, 0,
     AVS_CAUSE_MQTT_NOT_MQTT, ""},
    {"a length without end", AVS_MQTT_5, BYTES("\x20\xff\xff\xff\xff"), AVS_MQTT_MALFORMED, 0,
     AVS_CAUSE_MQTT_NOT_MQTT, ""},
    {"longer than is looked at", AVS_MQTT_5, BYTES("\x20\xff\xff\x7f"), AVS_MQTT_MALFORMED, 0,
     AVS_CAUSE_MQTT_NOT_MQTT, ""},
    {"properties past the end", AVS_MQTT_5, BYTES("\x20\3\0\0\7"), AVS_MQTT_MALFORMED, 0,
     AVS_CAUSE_MQTT_NOT_MQTT, ""},
    {"a text past the end", AVS_MQTT_5, BYTES("\x20\x06\0\0\3\x1f\0\x09"), AVS_MQTT_MALFORMED, 0,
     AVS_CAUSE_MQTT_NOT_MQTT, ""},
    {"an unknown property", AVS_MQTT_5, BYTES("\x20\x04\0\0\1\x7f"), AVS_MQTT_MALFORMED, 0,
     AVS_CAUSE_MQTT_NOT_MQTT, ""},
    {"a CONNACK of one byte", AVS_MQTT_3_1_1, BYTES("\x20\1\0"), AVS_MQTT_MALFORMED, 0,
     AVS_CAUSE_MQTT_NOT_MQTT, ""},
    {"flags that do not exist", AVS_MQTT_3_1_1, BYTES("\x20\2\2\0"), AVS_MQTT_MALFORMED, 0,
     AVS_CAUSE_MQTT_NOT_MQTT, ""},
    {"served", AVS_MQTT_5, BYTES("\xd0\0"), AVS_MQTT_PINGRESP, 0, AVS_CAUSE_MQTT_NOT_MQTT, ""},
    {"a PINGRESP with a body", AVS_MQTT_5, BYTES("\xd0\1x"), AVS_MQTT_MALFORMED, 0,
     AVS_CAUSE_MQTT_NOT_MQTT, ""},
    {"half a packet", AVS_MQTT_5, BYTES("\x20\x09\0\0\6"), AVS_MQTT_NOTHING, 0,
     AVS_CAUSE_MQTT_NOT_MQTT, ""},
};

static void check_answer(const struct answer_row *row, const struct avs_mqtt_answer *answer) {
    if (answer->packet != row->packet || answer->reason != row->reason ||
        avs_mqtt_reason_cause(answer) != row->cause ||
        strcmp(answer->reason_string, row->text) != 0) {
        fail_msg("%s: packet %d, reason 0x%02x, %s, \"%s\"", row->name, answer->packet,
                 answer->reason, avs_cause_info(avs_mqtt_reason_cause(answer))->id,
                 answer->reason_string);
    }
}

static void every_answer_is_told(void **state) {
    (void)state;
    for (size_t i = 0; i < AVS_COUNT(answers); i++) {
        struct avs_mqtt_reader reader = {.level = answers[i].level};
        struct avs_mqtt_answer answer;
        bool is_told =
            avs_mqtt_read(&reader, (const uint8_t *)answers[i].bytes, answers[i].length, &answer);
        assert_int_equal(is_told, answers[i].packet != AVS_MQTT_NOTHING);
        check_answer(&answers[i], &answer);
    }
}

static void one_byte_at_a_time_is_the_same(void **state) {
    (void)state;
    for (size_t i = 0; i < AVS_COUNT(answers); i++) {
        struct avs_mqtt_reader reader = {.level = answers[i].level};
        struct avs_mqtt_answer answer = {.packet = AVS_MQTT_NOTHING};
        const uint8_t *bytes = (const uint8_t *)answers[i].bytes;
        bool is_told = false;
        for (size_t k = 0; k < answers[i].length && !is_told; k++) {
            is_told = avs_mqtt_read(&reader, bytes + k, 1, &answer);
        }
        check_answer(&answers[i], &answer);
    }
}

/* Any code has words and a row; only 0 in a CONNACK is success. */
static void every_code_has_a_cause(void **state) {
    (void)state;
    for (int code = 0; code < 256; code++) {
        for (int v5 = 0; v5 < 2; v5++) {
            struct avs_mqtt_answer answer = {
                .packet = AVS_MQTT_CONNACK, .is_v5 = v5, .reason = (uint8_t)code};
            assert_true(strlen(avs_mqtt_reason_text(&answer)) > 3);
            assert_int_equal(avs_mqtt_reason_cause(&answer) == AVS_CAUSE_NONE, code == 0);
            answer.packet = AVS_MQTT_DISCONNECT;
            assert_int_not_equal(avs_mqtt_reason_cause(&answer), AVS_CAUSE_NONE);
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_connects_are_byte_exact),
        cmocka_unit_test(the_longest_client_id_fits),
        cmocka_unit_test(every_answer_is_told),
        cmocka_unit_test(one_byte_at_a_time_is_the_same),
        cmocka_unit_test(every_code_has_a_cause),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
