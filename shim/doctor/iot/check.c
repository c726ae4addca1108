/* SPDX-License-Identifier: Apache-2.0 */
/* avs_iot_check_run: the key pair, the handshakes side by side, and what else was asked for. */
#include "iot/check.h"

#include <stdio.h>
#include <string.h>

#include <openssl/rand.h>

#include "base/clock.h"
#include "base/text.h"
#include "base/versioned.h"
#include "check/machine.h"
#include "check/trial.h"
#include "iot/causes.h"
#include "iot/findings.h"
#include "net/curl_info.h"

#define MQTT_PORT         8883
#define HTTPS_PORT        443
#define HTTPS_CLIENT_PORT 8443
#define CLIENT_ID_PREFIX  "avs-shim-probe-"

/* Where AWS IoT takes X.509 (AWS IoT Core Developer Guide, "Protocols, port mappings, and
 * authentication"). */
static const struct {
    uint16_t port;
    enum avs_iot_protocol protocol;
    const char *alpn;
} ways[AVS_IOT_WAYS_MAX] = {
    {MQTT_PORT, AVS_IOT_MQTT, NULL},
    {HTTPS_PORT, AVS_IOT_MQTT, "x-amzn-mqtt-ca"},
    {HTTPS_CLIENT_PORT, AVS_IOT_HTTPS, NULL},
    {HTTPS_PORT, AVS_IOT_HTTPS, "x-amzn-http-ca"},
};

/* ---------------------------------------------------------------- what was asked */

static enum avs_status check_host(const char *host, struct avs_error *reterr) {
    char url[AVS_NAME_BYTES + 16];
    struct avs_endpoint endpoint = {.size = sizeof(endpoint)};
    struct avs_error error = AVS_ERROR_INIT;
    if (!host || !host[0] || strlen(host) >= AVS_NAME_BYTES) {
        return avs_fail(reterr, AVS_ERR_USAGE, "iot check: the endpoint's host name is needed");
    }
    avs_text_format(url, sizeof(url), "https://%s", host);
    bool is_host = strpbrk(host, "/@?#:[]") == NULL || avs_text_is_ip_literal(host);
    if (!is_host || avs_endpoint_check(url, strlen(url), &endpoint, &error) != AVS_OK) {
        return avs_fail(reterr, AVS_ERR_USAGE,
                        "iot check: '%.100s' is no host name; give it without https:// and path, "
                        "the port by --port",
                        host);
    }
    return AVS_OK;
}

/* AWS IoT: 256 bytes of UTF-8, no wildcards in a topic to publish to. */
static enum avs_status check_topic(const char *topic, struct avs_error *reterr) {
    if (topic && (!topic[0] || strlen(topic) >= AVS_IOT_TOPIC_BYTES || strpbrk(topic, "+#") ||
                  !avs_text_is_printable(topic))) {
        return avs_fail(reterr, AVS_ERR_USAGE,
                        "iot check: a topic has 1 to %d bytes of UTF-8, and no + and #",
                        AVS_IOT_TOPIC_BYTES - 1);
    }
    return AVS_OK;
}

static enum avs_status check_options(const struct avs_iot_check_options *options,
                                     struct avs_error *reterr) {
    AVS_TRY(check_host(options->host, reterr));
    AVS_TRY(check_topic(options->topic, reterr));
    if (!options->cert_file != !options->key) {
        return avs_fail(reterr, AVS_ERR_USAGE,
                        "iot check: certificate and key are given together, or neither");
    }
    if ((options->with_connect || options->topic) && !options->key) {
        return avs_fail(reterr, AVS_ERR_USAGE,
                        "iot check: a CONNECT and a message need the device's certificate and key");
    }
    const char *id = options->client_id;
    if (id && (!id[0] || strlen(id) >= AVS_IOT_CLIENT_ID_BYTES || !avs_text_is_printable(id))) {
        return avs_fail(reterr, AVS_ERR_USAGE, "iot check: a client id has 1 to %d bytes of UTF-8",
                        AVS_IOT_CLIENT_ID_BYTES - 1);
    }
    return AVS_OK;
}

/* "8883=127.0.0.1:18883", or "127.0.0.1:18883" for every port: the last that fits. */
static enum avs_status parse_connect_to(const char *text, uint16_t *ret_port,
                                        struct avs_endpoint *ret_endpoint,
                                        struct avs_error *reterr) {
    char url[AVS_NAME_BYTES + 16];
    char *end = NULL;
    unsigned long port = strtoul(text, &end, 10);
    bool has_port = *end == '=' && end > text && port > 0 && port <= UINT16_MAX;
    const char *rest = has_port ? end + 1 : text;
    *ret_port = has_port ? (uint16_t)port : 0;
    ret_endpoint->size = sizeof(*ret_endpoint);
    struct avs_error error = AVS_ERROR_INIT;
    const char *after = strrchr(rest, ']'); /* of an IPv6 literal */
    avs_text_format(url, sizeof(url), "https://%s", rest);
    if (!strchr(after ? after : rest, ':') || strlen(rest) >= AVS_NAME_BYTES ||
        avs_endpoint_check(url, strlen(url), ret_endpoint, &error) != AVS_OK) {
        return avs_fail(reterr, AVS_ERR_USAGE,
                        "iot check: '%.100s' is neither HOST:PORT nor PORT=HOST:PORT", text);
    }
    return AVS_OK;
}

static void set_unknown(struct avs_session_evidence *session) {
    session->tls.alert_received = session->tls.alert_sent = -1;
    session->tls.trust.gate.verify_error = -1;
    session->timing = (struct avs_timing_facts){-1, -1, -1, -1, -1};
}

static void add_ways(const struct avs_iot_check_options *options, struct avs_iot_check *check) {
    for (size_t i = 0; i < AVS_COUNT(ways); i++) {
        if (options->port == 0 || options->port == ways[i].port) {
            check->way[check->way_count++] = (struct avs_iot_check_way){
                .port = ways[i].port, .protocol = ways[i].protocol, .alpn = ways[i].alpn};
        }
    }
    if (check->way_count == 0) { /* a port of somebody's own */
        check->way[check->way_count++] = (struct avs_iot_check_way){
            .port = options->port,
            .protocol = options->topic && !options->with_connect ? AVS_IOT_HTTPS : AVS_IOT_MQTT};
    }
    for (size_t i = 0; i < check->way_count; i++) {
        check->way[i].mqtt_reason = -1;
        set_unknown(&check->way[i].session);
    }
    for (int i = 0; i < AVS_FAMILY_COUNT; i++) {
        set_unknown(&check->family[i]);
    }
}

static bool has_way(const struct avs_iot_check *check, enum avs_iot_protocol protocol) {
    for (size_t i = 0; i < check->way_count; i++) {
        if (check->way[i].protocol == protocol) {
            return true;
        }
    }
    return false;
}

/* What no port was asked for cannot be proven, and must not be left out in silence. */
static enum avs_status check_ways(const struct avs_iot_check_options *options,
                                  const struct avs_iot_check *check, struct avs_error *reterr) {
    if (options->with_connect && !has_way(check, AVS_IOT_MQTT)) {
        return avs_fail(reterr, AVS_ERR_USAGE,
                        "iot check: port %u takes HTTPS and no MQTT: for the CONNECT give --port "
                        "8883 or 443, or no --port",
                        options->port);
    }
    if (options->topic && !has_way(check, AVS_IOT_HTTPS)) {
        return avs_fail(reterr, AVS_ERR_USAGE,
                        "iot check: port %u is asked for MQTT, and a message goes over HTTPS: for "
                        "--publish give --port 8443 or 443, or no --port",
                        options->port);
    }
    return AVS_OK;
}

static enum avs_status set_client_id(const struct avs_iot_check_options *options,
                                     struct avs_iot_check *check, struct avs_error *reterr) {
    uint8_t random[4];
    char hex[2 * sizeof(random) + 1];
    check->is_client_id_given = options->client_id != NULL;
    if (!options->with_connect || options->client_id) {
        AVS_TEXT_SET(check->client_id, options->with_connect ? options->client_id : NULL);
        return AVS_OK;
    }
    if (RAND_bytes(random, sizeof(random)) != 1) {
        return avs_fail(reterr, AVS_ERR_INTERNAL, "OpenSSL has no random numbers");
    }
    avs_text_hex(hex, sizeof(hex), random, sizeof(random));
    avs_text_format(check->client_id, sizeof(check->client_id), CLIENT_ID_PREFIX "%s", hex);
    return AVS_OK;
}

AVS_DEFINE_AUTO(avs_iot_check, struct avs_iot_check, avs_iot_check_free);
AVS_DEFINE_AUTO(avs_ats_roots, struct avs_ats_roots, avs_ats_roots_free);

static enum avs_status new_check(const struct avs_iot_check_options *options,
                                 struct avs_iot_check **ret_check, struct avs_error *reterr) {
    AVS_AUTO(avs_iot_check) check = calloc(1, sizeof(*check));
    AVS_REQUIRE_MEMORY(check, reterr);
    check->evidence = avs_evidence_new();
    AVS_REQUIRE_MEMORY(check->evidence, reterr);
    struct avs_evidence *evidence = check->evidence;
    check->wall_clock = avs_clock_wall_ms() / 1000;
    AVS_TEXT_SET(check->host, options->host);
    AVS_TEXT_SET(check->topic, options->topic);
    AVS_TRY(set_client_id(options, check, reterr));
    avs_text_format(evidence->endpoint, sizeof(evidence->endpoint), "https://%s", options->host);
    AVS_TEXT_SET(evidence->host, options->host);
    AVS_TEXT_SET(evidence->ats_roots_file, options->ats_roots_file);
    evidence->port = HTTPS_PORT;
    evidence->require_ats = options->require_ats;
    evidence->wall_clock = check->wall_clock;
    evidence->build_time = avs_clock_build_time();
    evidence->given.ca_file = options->ca_file != NULL;
    evidence->given.ca_path = options->ca_path != NULL;
    avs_check_machine(&evidence->machine);
    add_ways(options, check);
    AVS_TRY(check_ways(options, check, reterr));
    *ret_check = AVS_STEAL(check);
    return AVS_OK;
}

void avs_iot_check_free(struct avs_iot_check *check) {
    if (check) {
        avs_evidence_free(check->evidence);
        free(check);
    }
}

/* ---------------------------------------------------------------- handshakes */

struct avs_pump_options avs_iot_pump_options(const struct avs_iot_run *run, size_t way,
                                             struct avs_dial_facts *dial,
                                             struct avs_timing_facts *timing,
                                             struct avs_tls_facts *tls) {
    int64_t left_ms = (run->deadline_us - avs_clock_monotonic_us()) / 1000 + 1;
    return (struct avs_pump_options){
        .host = run->check->host,
        .port = run->check->way[way].port,
        .connect_to = run->connect_to[way],
        .proxy = run->options->proxy,
        .dial_timeout_ms = left_ms > 0 ? (int)left_ms : 1,
        .context = run->context,
        .alpn = run->check->way[way].alpn,
        .identity = run->identity,
        .started_us = run->started_us,
        .dial = dial,
        .timing = timing,
        .tls = tls,
    };
}

static enum avs_status shake_hands(const struct avs_iot_run *run, struct avs_error *reterr) {
    struct avs_iot_check *check = run->check;
    struct avs_trip trips[AVS_IOT_WAYS_MAX] = {{.was_up = false}};
    for (size_t i = 0; i < check->way_count; i++) {
        struct avs_session_evidence *session = &check->way[i].session;
        session->was_attempted = true;
        trips[i].pump =
            avs_iot_pump_options(run, i, &session->dial, &session->timing, &session->tls);
    }
    AVS_TRY(avs_trips_run(run->loop, trips, check->way_count, run->deadline_us, reterr));
    for (size_t i = 0; i < check->way_count; i++) {
        check->way[i].close = trips[i].close;
        check->way[i].silent_ms = trips[i].silent_ms;
        avs_iot_judge_way(check, &check->way[i]);
    }
    return AVS_OK;
}

/* One handshake for each family, on the first way that was reached: which root does it need? */
static enum avs_status ask_families(const struct avs_iot_run *run, struct avs_error *reterr) {
    struct avs_trial trials[AVS_FAMILY_COUNT] = {[AVS_FAMILY_RSA] = {.family = AVS_TRIAL_RSA},
                                                 [AVS_FAMILY_ECDSA] = {.family = AVS_TRIAL_ECDSA}};
    struct avs_iot_check *check = run->check;
    struct avs_trip trips[AVS_FAMILY_COUNT] = {{.was_up = false}};
    size_t way = 0;
    while (way < check->way_count && check->way[way].session.tls.chain_length == 0) {
        way++;
    }
    if (way == check->way_count || avs_clock_monotonic_us() >= run->deadline_us) {
        return AVS_OK;
    }
    for (int i = 0; i < AVS_FAMILY_COUNT; i++) {
        struct avs_session_evidence *session = &check->family[i];
        session->was_attempted = true;
        trips[i].pump =
            avs_iot_pump_options(run, way, &session->dial, &session->timing, &session->tls);
        avs_trial_init(&trials[i]);
        trips[i].pump.trial = &trials[i].tls;
        trips[i].listen_ms = 1; /* the chain is what is asked for */
    }
    AVS_TRY(avs_trips_run(run->loop, trips, AVS_FAMILY_COUNT, run->deadline_us, reterr));
    for (int i = 0; i < AVS_FAMILY_COUNT; i++) {
        avs_iot_judge_family(check, (enum avs_family)i);
    }
    return AVS_OK;
}

/* ---------------------------------------------------------------- the run */

/* The store could not be loaded: every way is told so, nothing is dialled. */
static void note_store_failure(struct avs_iot_check *check, const struct avs_store_facts *store) {
    for (size_t i = 0; i < check->way_count; i++) {
        struct avs_tls_facts *tls = &check->way[i].session.tls;
        check->way[i].session.was_attempted = true;
        tls->outcome = AVS_HANDSHAKE_STORE_FAILED;
        tls->trust.store = *store;
        tls->trust.gate.verify_error = tls->alert_received = -1;
        avs_iot_judge_way(check, &check->way[i]);
    }
}

static enum avs_status run_over(struct avs_iot_run *run, struct avs_anchors *anchors,
                                const struct avs_ats_roots *roots, struct avs_error *reterr) {
    const struct avs_tls_context_options options = {.anchors = anchors, .ats_roots = roots};
    enum avs_status status = avs_loop_new(&run->loop, reterr);
    if (status == AVS_OK) {
        status = avs_tls_context_new(&options, &run->context, reterr);
    }
    if (status == AVS_OK) {
        status = shake_hands(run, reterr);
    }
    if (status == AVS_OK) {
        status = ask_families(run, reterr);
    }
    if (status == AVS_OK && run->options->with_connect) {
        status = avs_iot_connect_all(run, reterr);
    }
    if (status == AVS_OK && run->options->topic) {
        status = avs_iot_publish(run, reterr);
    }
    avs_tls_context_unref(run->context);
    avs_loop_free(run->loop);
    return status;
}

static enum avs_status set_ways(const struct avs_iot_check_options *options,
                                struct avs_iot_run *run, struct avs_endpoint *others,
                                struct avs_error *reterr) {
    for (size_t k = 0; k < options->connect_to_count; k++) {
        uint16_t port = 0;
        struct avs_endpoint other;
        AVS_TRY(parse_connect_to(options->connect_to[k], &port, &other, reterr));
        for (size_t i = 0; i < run->check->way_count; i++) {
            if (port == 0 || port == run->check->way[i].port) {
                others[i] = other;
                run->connect_to[i] = &others[i];
            }
        }
    }
    return AVS_OK;
}

enum avs_status avs_iot_check_run(const struct avs_iot_check_options *given,
                                  struct avs_iot_check **ret_check, struct avs_error *reterr) {
    struct avs_iot_check_options taken;
    const struct avs_iot_check_options *options = &taken;
    AVS_TAKE(&taken, given, "avs_iot_check_options", reterr);
    AVS_TRY(check_options(options, reterr));
    AVS_AUTO(avs_ats_roots) file_roots = NULL;
    if (options->ats_roots_file) {
        AVS_TRY(avs_ats_roots_load(options->ats_roots_file, &file_roots, reterr));
    }
    AVS_AUTO(avs_iot_check) check = NULL;
    AVS_TRY(new_check(options, &check, reterr));
    struct avs_endpoint others[AVS_IOT_WAYS_MAX];
    struct avs_iot_run run = {.options = options, .check = check};
    AVS_TRY(set_ways(options, &run, others, reterr));
    AVS_AUTO(keypair) pair = NULL;
    if (options->key) {
        AVS_TRY(avs_keypair_load(options->cert_file, options->key, options->key_passphrase,
                                 check->wall_clock, &check->keypair, &pair, reterr));
    }
    run.identity = avs_keypair_identity(pair);
    int timeout_ms =
        options->timeout_ms > 0 ? options->timeout_ms : AVS_IOT_CHECK_TIMEOUT_MS_DEFAULT;
    run.started_us = avs_clock_monotonic_us(); /* a token takes what it takes */
    run.deadline_us = run.started_us + (int64_t)timeout_ms * 1000;

    struct avs_anchors_options store = {
        .ca_file = options->ca_file, .ca_path = options->ca_path, .source = "option"};
    store.source = avs_net_curl_complete_store(store.source, &store.ca_file, &store.ca_path);
    struct avs_store_facts store_facts = {.state = AVS_STORE_OK};
    AVS_AUTO(avs_anchors) anchors = NULL;
    enum avs_status status = avs_anchors_load(&store, &store_facts, &anchors, reterr);
    if (status == AVS_ERR_NO_MEMORY) {
        return status;
    }
    if (status != AVS_OK) {
        note_store_failure(check, &store_facts);
    } else {
        AVS_TRY(
            run_over(&run, anchors, file_roots ? file_roots : avs_ats_roots_embedded(), reterr));
    }
    avs_iot_conclude(check, options->with_connect, options->topic != NULL);
    *ret_check = AVS_STEAL(check);
    return AVS_OK;
}

int avs_iot_check_exit_code(const struct avs_iot_check *check) {
    return check->exit_code;
}
