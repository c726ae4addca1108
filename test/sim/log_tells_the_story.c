/* SPDX-License-Identifier: Apache-2.0 */
/* A healthy session, line by line: a log at DEBUG9 shows what was dialled, proven, agreed, sent and
 * answered, and nothing that is secret. */
#include "support/world.h"

static char lines[32][AVS_LOG_LINE_BYTES];
static size_t line_count;

static void keep(void *user, enum avs_log_level level, const char *line) {
    (void)user;
    (void)level;
    assert_true(line_count < 32);
    snprintf(lines[line_count++], sizeof(lines[0]), "%s", line);
}

static void is_line(size_t index, const char *event, const char *part) {
    assert_true(index < line_count);
    const char *body = strchr(lines[index], ']');
    assert_non_null(body);
    if (strncmp(body + 2, event, strlen(event)) != 0 || !strstr(body, part)) {
        fail_msg("line %zu is %s, not %s ... %s", index, body + 2, event, part);
    }
}

static void a_session_from_dial_to_close(void **state) {
    (void)state;
    struct world world;
    struct outcome get, later;
    world_init(&world);
    world.core.options.log =
        (struct avs_log){.write = keep, .user = &world, .level = AVS_LOG_DEBUG9};
    outcome_init(&get);
    struct avs_request request =
        outcome_request(&get, "https://device.example/v20160207/events?token=s3cret", false);
    const char *const headers[] = {"Authorization: Bearer s3cret"};
    request.headers = headers;
    request.header_count = 1;
    request.label = "AVSEvent-1";
    world_submit_request(&world, &request);
    world_connect(&world, 0);
    peer_headers(&world.conns[0].script, 1, 204, NULL, true);
    world_feed(&world, 0);
    world_submit(&world, &later, WORLD_URL);
    world_turn(&world);
    world_advance(&world, 1000); /* no answer: are you there? */
    static const uint8_t payload[8] = "avs-shim";
    peer_ping(&world.conns[0].script, true, payload);
    peer_goaway(&world.conns[0].script, 3, 0);
    world_feed(&world, 0);
    peer_headers(&world.conns[0].script, 3, 200, NULL, false);
    peer_data(&world.conns[0].script, 3, "s3cret", 6, true);
    world_feed(&world, 0);

    static const struct {
        const char *event, *part;
    } rows[] = {
        {"5 AvsClient:dialling:", "origin=https\\://device.example\\:443,proxy=none,interface=any"},
        {"5 AvsClient:tlsEstablished:", ",alpn="},
        {"7 AvsClient:requestSent:",
         "request=AVSEvent-1,stream=1,origin=https\\://device.example\\:443,method=GET,"
         "path=/v20160207/events,"},
        {"5 AvsClient:settingsReceived:", "maxConcurrentStreams="},
        {"I AvsClient:connected:", "proxy=none,protocol=h2"},
        {"7 AvsClient:responseReceived:", "request=AVSEvent-1,status=204"},
        {"7 AvsClient:requestFinished:", "request=AVSEvent-1,result=complete"},
        {"7 AvsClient:requestSent:", "stream=3"},
        {"9 AvsClient:pingSent:", "reason=silence"},
        {"9 AvsClient:pingAnswered:", ",ms=0.0"},
        {"I AvsClient:goawayReceived:", "code=NO_ERROR,lastStreamId=3,openStreams=1"},
        {"7 AvsClient:responseReceived:", "status=200"},
        {"7 AvsClient:requestFinished:", "result=complete"},
        {"5 AvsClient:connectionClosed:", "reason=drained"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        is_line(i, rows[i].event, rows[i].part);
        assert_null(strstr(lines[i], "s3cret"));
        assert_null(strstr(lines[i], "cause=")); /* a reader of logs takes that for a failure */
    }
    assert_int_equal(line_count, sizeof(rows) / sizeof(rows[0]));
    world_done(&world);
}

static void only_the_wanted_levels_are_told(void **state) {
    (void)state;
    static const struct {
        enum avs_log_level level;
        size_t lines;
    } rows[] = {{AVS_LOG_DEBUG9, 7},
                {AVS_LOG_DEBUG7, 7},
                {AVS_LOG_DEBUG5, 4},
                {AVS_LOG_INFO, 1},
                {AVS_LOG_WARN, 0}};
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct world world;
        struct outcome outcome;
        line_count = 0;
        world_init(&world);
        world.core.options.log = (struct avs_log){.write = keep, .level = rows[i].level};
        world_submit(&world, &outcome, WORLD_URL);
        world_connect(&world, 0);
        peer_headers(&world.conns[0].script, 1, 204, NULL, true);
        world_feed(&world, 0);
        assert_int_equal(line_count, rows[i].lines); /* the end of the connection comes later */
        world_done(&world);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_session_from_dial_to_close),
        cmocka_unit_test(only_the_wanted_levels_are_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
