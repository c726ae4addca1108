/* SPDX-License-Identifier: Apache-2.0 */
/* The same session whole, in odd parts and byte by byte: what the callbacks see is the same. */
#include "support/world.h"

#define DIARY_BYTES 4096

struct diary {
    char text[DIARY_BYTES];
    size_t length;
    char body[512];
    size_t body_length;
    unsigned finished;
};

static void note(struct diary *diary, const char *text, size_t length) {
    assert_true(diary->length + length < DIARY_BYTES);
    memcpy(diary->text + diary->length, text, length);
    diary->length += length;
}

static bool on_response_code(void *user, uint64_t id, int code) {
    struct diary *diary = user;
    char text[16];
    (void)id;
    note(diary, text, (size_t)snprintf(text, sizeof(text), "<%d>", code));
    return true;
}

static bool on_header_line(void *user, uint64_t id, const char *line, size_t length) {
    (void)id;
    note(user, line, length);
    return true;
}

static enum avs_sink_result on_data(void *user, uint64_t id, const uint8_t *bytes, size_t length) {
    struct diary *diary = user;
    (void)id;
    assert_true(diary->body_length + length <= sizeof(diary->body));
    memcpy(diary->body + diary->body_length, bytes, length);
    diary->body_length += length;
    return AVS_SINK_SUCCESS;
}

static void on_finished(void *user, uint64_t id, enum avs_finish finish,
                        const struct avs_failure *failure) {
    struct diary *diary = user;
    (void)id;
    assert_true((failure == NULL) == (finish == AVS_FINISH_COMPLETE));
    const char *word = avs_finish_id(finish);
    note(diary, word, strlen(word));
    diary->finished++;
}

static void play(struct diary *diary, size_t step) {
    static const char *const headers[] = {"content-type: multipart/related", "x-amzn-requestid: 1",
                                          NULL};
    static const char *const trailers[] = {"x-trailer: yes", NULL};
    struct world world;
    *diary = (struct diary){.length = 0};
    world_init(&world);
    world.step = step;
    const struct avs_request request = {
        .size = sizeof(request),
        .url = WORLD_URL,
        .user = diary,
        .on_response_code = on_response_code,
        .on_header_line = on_header_line,
        .on_data = on_data,
        .on_finished = on_finished,
    };
    world_submit_request(&world, &request);
    world_connect(&world, 0);
    struct peer_script *script = &world.conns[0].script;
    peer_settings_ack(script);
    peer_headers(script, 1, 103, headers, false);
    peer_ping(script, false, (const uint8_t *)"01234567");
    peer_headers(script, 1, 200, headers, false);
    peer_data(script, 1, "--boundary\r\n", 12, false);
    peer_data(script, 1, "", 0, false);
    peer_settings(script, (const uint32_t[][2]){{3, 50}, {4, 100}}, 2);
    peer_data(script, 1, "directive", 9, false);
    peer_window_update(script, 0, 1000);
    peer_headers(script, 1, 0, trailers, true);
    world_feed(&world, 0);
    world_done(&world);
}

static void the_callbacks_see_the_same(void **state) {
    (void)state;
    struct diary whole, parts;
    play(&whole, 0);
    assert_int_equal(whole.finished, 1);
    assert_string_equal(whole.text, "<200>HTTP/2 200 \r\ncontent-type: multipart/related\r\n"
                                    "x-amzn-requestid: 1\r\n\r\nx-trailer: yes\r\ncomplete");
    assert_int_equal(whole.body_length, 21);
    for (size_t step = 1; step <= 13; step++) {
        play(&parts, step);
        assert_string_equal(parts.text, whole.text);
        assert_int_equal(parts.body_length, whole.body_length);
        assert_memory_equal(parts.body, whole.body, whole.body_length);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_callbacks_see_the_same),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
