/* SPDX-License-Identifier: Apache-2.0 */
/* The size of a struct as a hinge: callers that were compiled with an older or a newer header. Each
 * keeps what it has, gets the defaults for the rest, and nothing is written past its own end. */
#include <stddef.h>
#include <string.h>

#include <avs/check.h>
#include <avs/client.h>
#include <avs/endpoint.h>
#include <avs/explain.h>
#include <avs/inspect.h>
#include <avs/store.h>

#include "base/versioned.h"
#include "support/test.h"

#define CANARY 0xa5

/* A caller's struct with room behind it that nobody may touch. */
#define WITH_TAIL(type)         \
    struct {                    \
        struct type it;         \
        unsigned char tail[64]; \
    }
#define FILL_TAIL(object) memset((object).tail, CANARY, sizeof((object).tail))

static void assert_untouched(const void *bytes, size_t length) {
    for (size_t i = 0; i < length; i++) {
        assert_int_equal(((const unsigned char *)bytes)[i], CANARY);
    }
}

static void an_older_callers_options_get_defaults_for_the_rest(void **state) {
    (void)state;
    struct avs_client_options older;
    struct avs_client *client = NULL;
    struct avs_error error = AVS_ERROR_INIT;
    memset(&older, CANARY, sizeof(older)); /* what lies behind its end is not its own */
    memset(&older, 0, offsetof(struct avs_client_options, receive_window_bytes));
    older.size = offsetof(struct avs_client_options, receive_window_bytes);
    assert_int_equal(avs_client_new(&older, &client, &error), AVS_OK);
    avs_client_free(client);
    /* read whole, the same bytes are refused: the window is no window */
    older.size = sizeof(older);
    older.max_concurrent_streams = 0;
    memset(&older.log, 0, sizeof(older) - offsetof(struct avs_client_options, log));
    assert_int_equal(avs_client_new(&older, &client, &error), AVS_ERR_USAGE);
    assert_non_null(strstr(error.message, "receive_window_bytes"));
}

static void a_newer_callers_options_are_taken_as_far_as_we_know_them(void **state) {
    (void)state;
    WITH_TAIL(avs_client_options) newer = {.it = {.size = sizeof(newer)}};
    struct avs_client *client = NULL;
    FILL_TAIL(newer);
    assert_int_equal(avs_client_new(&newer.it, &client, NULL), AVS_OK);
    avs_client_free(client);
}

static unsigned finished;

static void on_finished(void *user, uint64_t id, enum avs_finish finish,
                        const struct avs_failure *failure) {
    (void)user;
    (void)id;
    (void)finish;
    (void)failure;
    __atomic_add_fetch(&finished, 1, __ATOMIC_RELAXED);
}

static void requests_of_any_release_are_finished_once(void **state) {
    (void)state;
    struct avs_client_options options = {.size = sizeof(options), .proxy = ""};
    struct avs_client *client = NULL;
    assert_int_equal(avs_client_new(&options, &client, NULL), AVS_OK);
    WITH_TAIL(avs_request)
    newer = {
        .it = {.size = sizeof(newer), .url = "https://127.0.0.1:1/", .on_finished = on_finished}};
    FILL_TAIL(newer);
    finished = 0;
    assert_int_equal(avs_client_submit(client, &newer.it, NULL, NULL), AVS_OK);
    newer.it.size = offsetof(struct avs_request, on_finished); /* older than its last member */
    struct avs_error error = AVS_ERROR_INIT;
    assert_int_equal(avs_client_submit(client, &newer.it, NULL, &error), AVS_ERR_USAGE);
    assert_string_equal(error.message, "avs_request.on_finished is required");
    avs_client_free(client);
    assert_int_equal(finished, 1);
}

static void an_error_gets_its_message_whatever_its_size(void **state) {
    (void)state;
    WITH_TAIL(avs_error) error;
    const size_t sizes[] = {0, sizeof(struct avs_error), sizeof(error)};
    for (size_t i = 0; i < AVS_COUNT(sizes); i++) {
        memset(&error, 0, sizeof(error));
        FILL_TAIL(error);
        error.it.size = sizes[i];
        assert_int_equal(avs_fail(&error.it, AVS_ERR_USAGE, "what is wrong"), AVS_ERR_USAGE);
        assert_string_equal(error.it.message, "what is wrong");
        assert_int_equal(error.it.status, AVS_ERR_USAGE);
        assert_untouched(error.tail, sizeof(error.tail));
    }
    memset(&error, CANARY, sizeof(error)); /* one that ends before the message */
    error.it.size = offsetof(struct avs_error, message);
    assert_int_equal(avs_fail(&error.it, AVS_ERR_USAGE, "what is wrong"), AVS_ERR_USAGE);
    assert_int_equal(error.it.status, AVS_ERR_USAGE);
    assert_untouched(error.it.message, sizeof(error.it.message));
}

static void what_is_filled_ends_where_the_caller_says(void **state) {
    (void)state;
    struct avs_client_options options = {.size = sizeof(options)};
    struct avs_client *client = NULL;
    assert_int_equal(avs_client_new(&options, &client, NULL), AVS_OK);
    struct avs_client_stats stats;
    memset(&stats, CANARY, sizeof(stats));
    stats.size = offsetof(struct avs_client_stats, bytes_sent);
    avs_client_stats(client, &stats);
    assert_int_equal(stats.streams_submitted, 0);
    assert_untouched(&stats.bytes_sent,
                     sizeof(stats) - offsetof(struct avs_client_stats, bytes_sent));
    WITH_TAIL(avs_client_stats) newer = {.it = {.size = sizeof(newer)}};
    FILL_TAIL(newer);
    avs_client_stats(client, &newer.it);
    assert_int_equal(newer.it.size, sizeof(newer));
    assert_untouched(newer.tail, sizeof(newer.tail));
    avs_client_free(client);

    struct avs_endpoint endpoint;
    memset(&endpoint, CANARY, sizeof(endpoint));
    endpoint.size = offsetof(struct avs_endpoint, url);
    assert_int_equal(avs_endpoint_check("https://a.test:8443", 19, &endpoint, NULL), AVS_OK);
    assert_string_equal(endpoint.host, "a.test");
    assert_int_equal(endpoint.port, 8443);
    assert_untouched(endpoint.url, sizeof(endpoint.url));
}

/* What a session's own thread reports passes on to the caller, as far as the caller's struct goes.
 */
static void a_failed_sessions_error_ends_there_too(void **state) {
    (void)state;
    const struct avs_check_options options = {
        .size = sizeof(options),
        .endpoint = "https://127.0.0.1:1",
        .ca_file = AVS_SOURCE_DIR "/config/roots/amazon-root-ca-1.pem",
        .proxy = "",
        .skip_h2 = true,
        .timeout_ms = 1000,
    };
    bool was_seen = false;
    TEST_EACH_ALLOCATION(n, 500) {
        struct avs_error error;
        struct avs_evidence *evidence = NULL;
        memset(&error, CANARY, sizeof(error));
        error.size = offsetof(struct avs_error, message);
        if (avs_check_run(&options, &evidence, &error) != AVS_OK) {
            assert_int_equal(error.size, offsetof(struct avs_error, message));
            assert_int_equal(error.status, AVS_ERR_NO_MEMORY);
            assert_untouched(error.message, sizeof(error.message));
            was_seen = true;
        }
        avs_evidence_free(evidence);
    }
    assert_true(was_seen);
}

/* Every door says the same when the size was forgotten, and names the struct. */
static void a_forgotten_size_is_named(void **state) {
    (void)state;
    struct avs_error error = AVS_ERROR_INIT;
    struct avs_evidence *evidence;
    struct avs_trust_audit *audit;
    struct avs_trust_install *install;
    struct avs_trust_explanation *explanation;
    struct avs_inspect *inspect;
    struct avs_client *client;
    const struct avs_client_options no_client = {0};
    const struct avs_check_options no_check = {0};
    const struct avs_trust_audit_options no_audit = {0};
    const struct avs_trust_install_options no_install = {0};
    const struct avs_trust_explain_options no_explain = {0};
    const struct avs_inspect_options no_inspect = {0};
#define REFUSED(call, name)                \
    assert_int_equal(call, AVS_ERR_USAGE); \
    assert_string_equal(error.message, name ".size is 0: set it to sizeof(struct " name ")")
    REFUSED(avs_client_new(&no_client, &client, &error), "avs_client_options");
    REFUSED(avs_client_new(NULL, &client, &error), "avs_client_options");
    REFUSED(avs_check_run(&no_check, &evidence, &error), "avs_check_options");
    REFUSED(avs_trust_audit_run(&no_audit, &audit, &error), "avs_trust_audit_options");
    REFUSED(avs_trust_install_run(&no_install, &install, &error), "avs_trust_install_options");
    REFUSED(avs_trust_explain(&no_explain, &explanation, &error), "avs_trust_explain_options");
    REFUSED(avs_inspect_new(&no_inspect, &inspect, &error), "avs_inspect_options");
#undef REFUSED
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_older_callers_options_get_defaults_for_the_rest),
        cmocka_unit_test(a_newer_callers_options_are_taken_as_far_as_we_know_them),
        cmocka_unit_test(requests_of_any_release_are_finished_once),
        cmocka_unit_test(an_error_gets_its_message_whatever_its_size),
        cmocka_unit_test(what_is_filled_ends_where_the_caller_says),
        cmocka_unit_test(a_failed_sessions_error_ends_there_too),
        cmocka_unit_test(a_forgotten_size_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
