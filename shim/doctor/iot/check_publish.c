/* SPDX-License-Identifier: Apache-2.0 */
/* One message over HTTPS, POST /topics/TOPIC?qos=1 with the client certificate: AWS IoT's answer
 * shows a policy's refusal readably, and MQTT's does not. */
#include <string.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "base/text.h"
#include "conf/scan.h"
#include "h1/head.h"
#include "iot/check.h"
#include "iot/findings.h"

#define ANSWER_MS     10000
#define ANSWER_BYTES  16384 /* of an answer that is looked at */
#define REQUEST_BYTES 2048
#define PAYLOAD       "{\"from\":\"avs-shim iot check\"}"

struct answer {
    struct avs_buffer bytes;
    struct avs_http_facts http;
    struct avs_tls_facts tls;
};

static void answer_free(struct answer *answer) {
    avs_buffer_done(&answer->bytes);
    free(answer);
}

AVS_DEFINE_AUTO(answer, struct answer, answer_free);

/* The body, once the head is whole. */
static const char *body_of(const struct avs_buffer *bytes) {
    const char *end = bytes->data ? strstr(bytes->data, "\r\n\r\n") : NULL;
    return end ? end + 4 : NULL;
}

static void put_text(const struct avs_conf_doc *doc, const struct avs_conf_node *node, char *field,
                     size_t capacity) {
    struct avs_buffer text = avs_buffer_init(ANSWER_BYTES);
    avs_conf_decode(doc, node->start, node->end, &text);
    avs_text_copy(field, capacity, text.data ? text.data : "");
    avs_text_make_printable(field);
    avs_buffer_done(&text);
}

/* "message" of the first JSON object in the body; false while it is not whole. */
static bool read_message(const char *body, char *message, size_t capacity) {
    const char *start = body ? strchr(body, '{') : NULL; /* chunked: the size comes first */
    struct avs_conf_doc doc;
    if (!start || avs_conf_scan(start, strlen(start), false, &doc, NULL) != AVS_OK) {
        return false;
    }
    bool is_whole = doc.fault == AVS_CONF_FAULT_NONE || doc.fault == AVS_CONF_FAULT_AFTER_ROOT;
    uint32_t node = is_whole ? avs_conf_find(&doc, 0, "message") : AVS_CONF_NONE;
    if (node != AVS_CONF_NONE && doc.nodes[node].type == AVS_CONF_STRING) {
        put_text(&doc, &doc.nodes[node], message, capacity);
    }
    avs_conf_doc_done(&doc);
    return is_whole;
}

/* Until the JSON object is whole, or it hangs up: what says "Connection: close" does. */
static bool on_bytes(void *user, const uint8_t *bytes, size_t length) {
    struct answer *answer = user;
    char message[AVS_NAME_BYTES];
    if (!avs_buffer_add(&answer->bytes, bytes, length)) {
        return false; /* enough, or no memory: what came so far is judged */
    }
    return !read_message(body_of(&answer->bytes), message, sizeof(message));
}

/* As the AWS SDKs write it: all but RFC 3986's unreserved characters is escaped, slashes too. */
static void put_topic(struct avs_buffer *request, const char *topic) {
    static const char unreserved[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
    for (; *topic; topic++) {
        if (strchr(unreserved, *topic)) {
            avs_buffer_add(request, topic, 1);
        } else {
            avs_buffer_printf(request, "%%%02X", (unsigned char)*topic);
        }
    }
}

static void put_request(const struct avs_iot_run *run, const struct avs_iot_check_way *way,
                        struct avs_buffer *request) {
    char authority[AVS_NAME_BYTES + 16];
    avs_text_authority(authority, sizeof(authority), run->check->host, way->port);
    avs_buffer_add_text(request, "POST /topics/");
    put_topic(request, run->check->topic);
    avs_buffer_printf(request,
                      "?qos=1 HTTP/1.1\r\nHost: %s\r\nUser-Agent: avs-shim/%s\r\n"
                      "Content-Type: application/json\r\nContent-Length: %zu\r\n"
                      "Connection: close\r\n\r\n%s",
                      authority, avs_version(), sizeof(PAYLOAD) - 1, PAYLOAD);
}

static const struct {
    int status;
    enum avs_cause cause;
} rows[] = {
    {200, AVS_CAUSE_NONE},
    {401, AVS_CAUSE_PUBLISH_UNAUTHENTICATED},
    {403, AVS_CAUSE_PUBLISH_FORBIDDEN},
    {404, AVS_CAUSE_PUBLISH_NOT_FOUND},
    {413, AVS_CAUSE_PUBLISH_TOO_LARGE},
    {429, AVS_CAUSE_PUBLISH_THROTTLED},
};

/* nginx completes the handshake and refuses the certificate in HTTP; these are its own words. */
static enum avs_cause certificate_cause(const struct answer *answer) {
    const char *body = body_of(&answer->bytes);
    if (answer->http.status != 400 || !body) {
        return AVS_CAUSE_PUBLISH_FAILED;
    }
    return strstr(body, "No required SSL certificate was sent") ? AVS_CAUSE_CLIENT_CERT_REQUIRED
           : strstr(body, "SSL certificate error")              ? AVS_CAUSE_CLIENT_CERT_REFUSED
                                                                : AVS_CAUSE_PUBLISH_FAILED;
}

static enum avs_cause status_cause(const struct answer *answer) {
    for (size_t i = 0; i < AVS_COUNT(rows); i++) {
        if (rows[i].status == answer->http.status) {
            return rows[i].cause;
        }
    }
    return certificate_cause(answer);
}

static void judge(const struct avs_iot_run *run, struct avs_iot_check_way *way,
                  struct answer *answer, const struct avs_trip *trip) {
    struct avs_iot_findings *findings = &way->findings;
    const struct avs_buffer *bytes = &answer->bytes;
    avs_h1_read_head((const uint8_t *)(bytes->data ? bytes->data : ""), bytes->length,
                     &answer->http);
    way->http_status = answer->http.status;
    read_message(body_of(bytes), way->http_message, sizeof(way->http_message));
    enum avs_cause cause = status_cause(answer);
    if (way->http_status != 0) {
        if (cause != AVS_CAUSE_NONE) {
            avs_iot_found(findings, cause, "POST /topics/: %d%s%s", way->http_status,
                          way->http_message[0] ? ", " : "", way->http_message);
        }
    } else if (avs_iot_judge_trip(run->check, &answer->tls, trip->close, findings)) {
        /* said */
    } else if (bytes->length > 0) {
        avs_iot_found(findings, AVS_CAUSE_PUBLISH_FAILED, "what came back is no HTTP");
    } else if (!trip->was_up || trip->close != AVS_CLOSE_OPEN) {
        avs_iot_found(findings, AVS_CAUSE_CONNECTION_LOST,
                      "the connection for the message ended without an answer");
    } else {
        avs_iot_found(findings, AVS_CAUSE_RESPONSE_TIMEOUT, "POST /topics/: %d s of silence",
                      trip->silent_ms / 1000);
    }
    bool is_confirmed = way->http_status != 0 && cause == AVS_CAUSE_NONE;
    way->publish = is_confirmed ? AVS_IOT_STEP_PASSED : AVS_IOT_STEP_FAILED;
}

static enum avs_status publish_on(const struct avs_iot_run *run, size_t index,
                                  const struct avs_buffer *request, struct avs_error *reterr) {
    AVS_AUTO(answer) answer = calloc(1, sizeof(*answer));
    AVS_REQUIRE_MEMORY(answer, reterr);
    answer->bytes = avs_buffer_init(ANSWER_BYTES);
    answer->tls.alert_received = -1;
    struct avs_dial_facts dial = {.outcome = AVS_DIAL_NOT_TRIED};
    struct avs_trip trip = {
        .pump = avs_iot_pump_options(run, index, &dial, NULL, &answer->tls),
        .say = (const uint8_t *)request->data,
        .say_length = request->length,
        .listen_ms = ANSWER_MS,
        .on_bytes = on_bytes,
        .user = answer,
    };
    AVS_TRY(avs_trips_run(run->loop, &trip, 1, run->deadline_us, reterr));
    judge(run, &run->check->way[index], answer, &trip);
    return AVS_OK;
}

enum avs_status avs_iot_publish(const struct avs_iot_run *run, struct avs_error *reterr) {
    struct avs_buffer request = avs_buffer_init(REQUEST_BYTES);
    enum avs_status status = AVS_OK;
    for (size_t i = 0; i < run->check->way_count; i++) {
        const struct avs_iot_check_way *way = &run->check->way[i];
        if (way->protocol != AVS_IOT_HTTPS || !way->is_proven ||
            avs_clock_monotonic_us() >= run->deadline_us) {
            continue;
        }
        put_request(run, way, &request);
        status = request.is_failed ? avs_fail_memory(reterr) : publish_on(run, i, &request, reterr);
        break; /* one message */
    }
    avs_buffer_done(&request);
    return status;
}
