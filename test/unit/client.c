/* The client over real sockets, against the stand-in: TLS, threads, failures with their causes. */
#include "support/test.h"

#include <string.h>
#include <unistd.h>

#include "standin/standin.h"
#include "support/outcome.h"
#include <avs/client.h>

#define WAIT_SECONDS 20

static struct avs_standin *standin;
static char connect_to[32];

static void write_line(void *user, enum avs_log_level level, const char *line) {
    (void)user;
    (void)level;
    if (getenv("AVS_TEST_LOG")) {
        fprintf(stderr, "%s\n", line);
    }
}

static int start_standin(void **state) {
    (void)state;
    char error[512] = "";
    const struct avs_standin_options options = {.size = sizeof(options)};
    if (!avs_standin_start(&options, &standin, error, sizeof(error))) {
        print_error("%s\n", error);
        return 1;
    }
    snprintf(connect_to, sizeof(connect_to), "127.0.0.1:%u", avs_standin_port(standin));
    return 0;
}

static int stop_standin(void **state) {
    (void)state;
    avs_standin_stop(standin);
    return 0;
}

static struct avs_client_options standin_options(void) {
    return (struct avs_client_options){
        .size = sizeof(struct avs_client_options),
        .ca_file = avs_standin_path(standin, AVS_STANDIN_FILE_CA),
        .ats_roots_file = avs_standin_path(standin, AVS_STANDIN_FILE_ATS_ROOTS),
        .connect_to = connect_to,
        .proxy = "",
        .log = {.write = write_line, .level = AVS_LOG_DEBUG9},
    };
}

static struct avs_client *new_client(const struct avs_client_options *options) {
    struct avs_client *client = NULL;
    struct avs_error error = AVS_ERROR_INIT;
    if (avs_client_new(options, &client, &error) != AVS_OK) {
        fail_msg("%s", error.message);
    }
    return client;
}

static uint64_t submit(struct avs_client *client, const struct avs_request *request) {
    uint64_t id = 0;
    struct avs_error error = AVS_ERROR_INIT;
    if (avs_client_submit(client, request, &id, &error) != AVS_OK) {
        fail_msg("%s", error.message);
    }
    assert_true(id != 0);
    return id;
}

static void get_completes(void **state) {
    (void)state;
    const struct avs_client_options options = standin_options();
    struct avs_client *client = new_client(&options);
    struct outcome outcome;
    outcome_init(&outcome);
    const struct avs_request request = outcome_request(&outcome, "https://ok.localhost/", false);
    submit(client, &request);
    assert_true(outcome_wait(&outcome, WAIT_SECONDS));
    assert_string_equal(outcome.message, "");
    assert_int_equal(outcome.finish, AVS_FINISH_COMPLETE);
    assert_int_equal(outcome.code, 200);
    assert_string_equal(outcome.first_line, "HTTP/2 200 \r\n");
    assert_true(outcome.bytes > 0);
    avs_client_free(client);
    outcome_done(&outcome);
}

static void failures_carry_the_cause(void **state) {
    (void)state;
    static const struct {
        const char *url;
        enum avs_cause cause;
    } rows[] = {
        {"https://expired.localhost/", AVS_CAUSE_CERT_EXPIRED},
        {"https://wrong-host.localhost/", AVS_CAUSE_HOSTNAME_MISMATCH},
        {"https://self-signed.localhost/", AVS_CAUSE_SELF_SIGNED},
        {"https://not-ats.localhost/", AVS_CAUSE_NOT_ATS},
    };
    struct avs_client_options options = standin_options();
    options.require_ats = true;
    struct avs_client *client = new_client(&options);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct outcome outcome;
        outcome_init(&outcome);
        const struct avs_request request = outcome_request(&outcome, rows[i].url, false);
        submit(client, &request);
        assert_true(outcome_wait(&outcome, WAIT_SECONDS));
        print_message("%s: %s\n", rows[i].url, outcome.message);
        assert_int_equal(outcome.finish, AVS_FINISH_INTERNAL_ERROR);
        assert_string_equal(avs_cause_info(outcome.cause)->id, avs_cause_info(rows[i].cause)->id);
        assert_int_equal(outcome.codes, 0);
        assert_true(outcome.has_evidence);
        outcome_done(&outcome);
    }
    avs_client_free(client);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(get_completes),
        cmocka_unit_test(failures_carry_the_cause),
    };
    return cmocka_run_group_tests(tests, start_standin, stop_standin);
}
