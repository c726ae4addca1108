/* SPDX-License-Identifier: Apache-2.0 */
/* The MQTT CONNECT of a check. Ways are asked one after the other: two connections with one client
 * id throw each other out. */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "iot/check.h"
#include "iot/findings.h"
#include "iot/mqtt.h"

#define ANSWER_MS 10000 /* for a CONNACK, and for the PINGRESP behind it */

struct talk {
    struct avs_mqtt_reader reader;
    struct avs_mqtt_answer answer;
    bool is_accepted; /* CONNACK: success */
    bool is_served;   /* and a PINGRESP, so that it was meant */
    struct avs_tls_facts tls;
    struct avs_trip trip;
};

AVS_DEFINE_AUTO(talk, struct talk, free);

static bool on_bytes(void *user, const uint8_t *bytes, size_t length) {
    struct talk *talk = user;
    struct avs_mqtt_answer answer;
    for (; avs_mqtt_read(&talk->reader, bytes, length, &answer); length = 0) {
        bool is_first = !talk->is_accepted;
        talk->is_served = !is_first && answer.packet == AVS_MQTT_PINGRESP;
        if (talk->is_served) {
            return false;
        }
        talk->answer = answer;
        if (is_first ? answer.packet == AVS_MQTT_PINGRESP : answer.packet == AVS_MQTT_CONNACK) {
            talk->answer.packet = AVS_MQTT_OUT_OF_ORDER;
            return false;
        }
        if (!is_first || avs_mqtt_reason_cause(&answer) != AVS_CAUSE_NONE) {
            return false;
        }
        talk->is_accepted = true; /* a refusal may stand right behind it: is this one served? */
        talk->trip.say = avs_mqtt_ping;
        talk->trip.say_length = sizeof(avs_mqtt_ping);
        talk->trip.said = 0;
    }
    return true;
}

/* One CONNECT; how it ended is in the talk. */
static enum avs_status talk_once(const struct avs_iot_run *run, size_t index,
                                 enum avs_mqtt_level level, struct talk *talk,
                                 struct avs_error *reterr) {
    struct avs_dial_facts dial = {.outcome = AVS_DIAL_NOT_TRIED};
    uint8_t connect[AVS_MQTT_CONNECT_BYTES];
    *talk = (struct talk){.reader.level = level, .tls.alert_received = -1};
    talk->trip = (struct avs_trip){
        .pump = avs_iot_pump_options(run, index, &dial, NULL, &talk->tls),
        .say = connect,
        .say_length = avs_mqtt_connect(level, run->check->client_id, connect),
        .goodbye = avs_mqtt_disconnect,
        .goodbye_length = sizeof(avs_mqtt_disconnect),
        .listen_ms = ANSWER_MS,
        .on_bytes = on_bytes,
        .user = talk,
    };
    return avs_trips_run(run->loop, &talk->trip, 1, run->deadline_us, reterr);
}

/* The first bytes of what is no MQTT, for a person. */
static void put_first(const struct avs_mqtt_reader *reader, char *text, size_t capacity) {
    size_t length = reader->length < 24 ? reader->length : 24;
    avs_text_copy_bytes(text, capacity, reader->bytes, length);
    avs_text_make_printable(text);
}

/* CONNACK says yes. It is one when the session is served, too. */
static void judge_accepted(const struct talk *talk, const char *level,
                           struct avs_iot_findings *findings) {
    if (talk->is_served) {
        return;
    }
    if (talk->trip.close != AVS_CLOSE_OPEN) {
        avs_iot_found(findings, AVS_CAUSE_MQTT_CLOSED, "%s, right behind a CONNACK of success",
                      level);
    } else {
        avs_iot_found(findings, AVS_CAUSE_MQTT_NO_ANSWER,
                      "%s, a CONNACK of success, then %d s of silence to a PINGREQ", level,
                      talk->trip.silent_ms / 1000);
    }
}

static void judge_talk(const struct avs_iot_run *run, struct avs_iot_check_way *way,
                       const struct talk *talk, struct avs_iot_findings *findings) {
    const struct avs_trip *trip = &talk->trip;
    const struct avs_mqtt_answer *answer = &talk->answer;
    const char *level = talk->reader.level == AVS_MQTT_5 ? "MQTT 5" : "MQTT 3.1.1";
    char first[80];
    enum avs_cause cause = avs_mqtt_reason_cause(answer);
    way->mqtt_level = (int)talk->reader.level;
    way->mqtt_reason = -1;
    way->mqtt_reason_text = NULL;
    if (answer->packet == AVS_MQTT_CONNACK || answer->packet == AVS_MQTT_DISCONNECT) {
        way->mqtt_reason = answer->reason;
        way->mqtt_reason_text = avs_mqtt_reason_text(answer);
        if (talk->is_accepted && answer->packet == AVS_MQTT_CONNACK) {
            judge_accepted(talk, level, findings);
        } else if (cause != AVS_CAUSE_NONE) {
            avs_iot_found(
                findings, cause, "%s, %s: 0x%02X %s%s%s%s%s", level,
                answer->packet == AVS_MQTT_CONNACK ? "CONNACK" : "DISCONNECT", answer->reason,
                way->mqtt_reason_text, answer->reason_string[0] ? ": " : "", answer->reason_string,
                answer->server_reference[0] ? "; it names " : "", answer->server_reference);
        }
    } else if (answer->packet == AVS_MQTT_OUT_OF_ORDER) {
        avs_iot_found(findings, AVS_CAUSE_MQTT_NOT_MQTT, "CONNACK and PINGRESP are out of order");
    } else if (answer->packet == AVS_MQTT_MALFORMED) {
        put_first(&talk->reader, first, sizeof(first));
        avs_iot_found(findings, AVS_CAUSE_MQTT_NOT_MQTT, "it begins with \"%s\"", first);
    } else if (avs_iot_judge_trip(run->check, &talk->tls, trip->close, findings)) {
        return;
    } else if (!trip->was_up) {
        avs_iot_found(findings, AVS_CAUSE_CONNECTION_LOST,
                      "the second connection to this port was not made");
    } else if (trip->close != AVS_CLOSE_OPEN) {
        avs_iot_found(findings, AVS_CAUSE_MQTT_CLOSED, "%s, client id %s%s", level,
                      run->check->client_id,
                      run->check->is_client_id_given ? "" : ", which a policy may well not allow");
    } else {
        avs_iot_found(findings, AVS_CAUSE_MQTT_NO_ANSWER, "%s, %d s of silence", level,
                      trip->silent_ms / 1000);
    }
}

/* What a server that knows only the older protocol may do. */
static bool is_worth_the_older(const struct avs_iot_findings *findings) {
    enum avs_cause cause = avs_iot_first_error(findings);
    return cause == AVS_CAUSE_MQTT_VERSION || cause == AVS_CAUSE_MQTT_CLOSED ||
           cause == AVS_CAUSE_MQTT_NOT_MQTT;
}

static enum avs_status connect_way(const struct avs_iot_run *run, size_t index, struct talk *talk,
                                   struct avs_error *reterr) {
    static const enum avs_mqtt_level levels[] = {AVS_MQTT_5, AVS_MQTT_3_1_1};
    struct avs_iot_check_way *way = &run->check->way[index];
    struct avs_iot_findings found = {.count = 0};
    for (size_t i = 0; i < AVS_COUNT(levels); i++) {
        struct avs_iot_findings now = {.count = 0};
        if (i > 0 && (talk->is_accepted || !is_worth_the_older(&found) ||
                      avs_clock_monotonic_us() >= run->deadline_us)) {
            break;
        }
        AVS_TRY(talk_once(run, index, levels[i], talk, reterr));
        judge_talk(run, way, talk, &now);
        found = now; /* the older protocol's answer is the last word */
        if (now.count == 0) {
            break;
        }
    }
    way->connect = found.count == 0 ? AVS_IOT_STEP_PASSED : AVS_IOT_STEP_FAILED;
    for (size_t i = 0; i < found.count; i++) {
        avs_iot_found(&way->findings, found.item[i].cause, "%s", found.item[i].fact);
    }
    return AVS_OK;
}

enum avs_status avs_iot_connect_all(const struct avs_iot_run *run, struct avs_error *reterr) {
    AVS_AUTO(talk) talk = calloc(1, sizeof(*talk));
    AVS_REQUIRE_MEMORY(talk, reterr);
    for (size_t i = 0; i < run->check->way_count; i++) {
        const struct avs_iot_check_way *way = &run->check->way[i];
        if (way->protocol == AVS_IOT_MQTT && way->is_proven &&
            avs_clock_monotonic_us() < run->deadline_us) {
            AVS_TRY(connect_way(run, i, talk, reterr));
        }
    }
    return AVS_OK;
}
