/* SPDX-License-Identifier: Apache-2.0 */
/* The client over real sockets, against the stand-in: TLS, threads, failures with their causes. */
#include "support/test.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
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
        assert_int_equal(outcome.finish, AVS_FINISH_INTERNAL_ERROR);
        assert_string_equal(avs_cause_info(outcome.cause)->id, avs_cause_info(rows[i].cause)->id);
        assert_int_equal(outcome.codes, 0);
        assert_true(outcome.has_evidence);
        outcome_done(&outcome);
    }
    avs_client_free(client);
}

/* ---------------------------------------------------------------- the store changes */

/* One GET, from submit to its end. */
static enum avs_cause get(struct avs_client *client, const char *url) {
    struct outcome outcome;
    outcome_init(&outcome);
    const struct avs_request request = outcome_request(&outcome, url, false);
    submit(client, &request);
    assert_true(outcome_wait(&outcome, WAIT_SECONDS));
    enum avs_cause cause = outcome.cause;
    outcome_done(&outcome);
    return cause;
}

static void put_store(const char *path, const char *from) {
    char bytes[65536];
    FILE *in = fopen(from, "r");
    assert_non_null(in);
    size_t length = fread(bytes, 1, sizeof(bytes), in);
    fclose(in);
    char temporary[280];
    snprintf(temporary, sizeof(temporary), "%s.new", path);
    FILE *out = fopen(temporary, "w");
    assert_non_null(out);
    assert_int_equal(fwrite(bytes, 1, length, out), length);
    assert_int_equal(fclose(out), 0);
    assert_int_equal(rename(temporary, path), 0);
}

struct store_scene {
    char folder[64], path[96];
    const char *good, *bad;
    struct avs_client *client;
};

static void open_store_scene(struct store_scene *scene, bool is_good) {
    snprintf(scene->folder, sizeof(scene->folder), "/tmp/avs-test-store-XXXXXX");
    assert_non_null(mkdtemp(scene->folder));
    snprintf(scene->path, sizeof(scene->path), "%s/store.pem", scene->folder);
    scene->good = avs_standin_path(standin, AVS_STANDIN_FILE_CA);
    scene->bad = avs_standin_path(standin, AVS_STANDIN_FILE_OTHER_ROOT);
    put_store(scene->path, is_good ? scene->good : scene->bad);
    struct avs_client_options options = standin_options();
    options.ca_file = scene->path;
    scene->client = new_client(&options);
}

static void close_store_scene(struct store_scene *scene) {
    avs_client_free(scene->client);
    unlink(scene->path);
    rmdir(scene->folder);
}

static void a_root_that_was_removed_is_not_trusted_by_the_next_connection(void **state) {
    (void)state;
    struct store_scene scene;
    open_store_scene(&scene, true);
    assert_int_equal(get(scene.client, "https://ok.localhost/"), AVS_CAUSE_NONE); /* stays open */
    put_store(scene.path, scene.bad);
    assert_int_equal(get(scene.client, "https://ecdsa.localhost/"), AVS_CAUSE_ROOT_MISSING);
    assert_int_equal(get(scene.client, "https://ok.localhost/"), AVS_CAUSE_NONE); /* the old one */
    struct avs_client_stats stats = {.size = sizeof(stats)};
    avs_client_stats(scene.client, &stats);
    assert_int_equal(stats.connections_dialled, 2);
    close_store_scene(&scene);
}

static void a_root_that_was_added_is_trusted_by_the_next_connection(void **state) {
    (void)state;
    struct store_scene scene;
    open_store_scene(&scene, false);
    assert_int_equal(get(scene.client, "https://not-ats.localhost/"), AVS_CAUSE_NONE);
    assert_int_equal(get(scene.client, "https://ok.localhost/"), AVS_CAUSE_ROOT_MISSING);
    put_store(scene.path, scene.good);
    assert_int_equal(get(scene.client, "https://ok.localhost/"), AVS_CAUSE_NONE);
    close_store_scene(&scene);
}

/* Its session was proven with the store of yesterday. It is not resumed, and what is reported is
 * what a full handshake shows today. */
static void a_session_of_the_old_store_is_dropped(void **state) {
    (void)state;
    struct store_scene scene;
    open_store_scene(&scene, true);
    assert_int_equal(get(scene.client, "https://ok.localhost/"), AVS_CAUSE_NONE);
    avs_client_free(scene.client);
    put_store(scene.path, scene.bad);
    struct avs_client_options options = standin_options();
    options.ca_file = scene.path;
    scene.client = new_client(&options);
    struct outcome outcome;
    outcome_init(&outcome);
    const struct avs_request request = outcome_request(&outcome, "https://ok.localhost/", false);
    submit(scene.client, &request);
    assert_true(outcome_wait(&outcome, WAIT_SECONDS));
    assert_int_equal(outcome.cause, AVS_CAUSE_ROOT_MISSING);
    assert_false(outcome.was_resumed);
    outcome_done(&outcome);
    close_store_scene(&scene);
}

/* ---------------------------------------------------------------- what the kernel is told */

static bool is_connected_to_standin(int fd) {
    struct sockaddr_in peer;
    socklen_t size = sizeof(peer);
    return getpeername(fd, (struct sockaddr *)&peer, &size) == 0 && peer.sin_family == AF_INET &&
           ntohs(peer.sin_port) == avs_standin_port(standin);
}

static void unacknowledged_bytes_have_a_deadline(void **state) {
    (void)state;
    struct avs_client_options options = standin_options();
    options.ping_timeout_ms = 4321;
    struct avs_client *client = new_client(&options);
    assert_int_equal(get(client, "https://ok.localhost/"), AVS_CAUSE_NONE);
    unsigned found = 0;
    for (int fd = 3; fd < 1024; fd++) {
        unsigned timeout_ms = 0;
        socklen_t size = sizeof(timeout_ms);
        if (is_connected_to_standin(fd) &&
            getsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &timeout_ms, &size) == 0) {
            found += timeout_ms == 4321;
        }
    }
    assert_int_equal(found, 1);
    avs_client_free(client);
}

/* How many of this process's threads block every signal that can be blocked. */
static unsigned deaf_threads(void) {
    unsigned count = 0;
    DIR *tasks = opendir("/proc/self/task");
    assert_non_null(tasks);
    for (const struct dirent *each; (each = readdir(tasks));) {
        char path[300], line[256];
        snprintf(path, sizeof(path), "/proc/self/task/%s/status", each->d_name);
        FILE *status = each->d_name[0] == '.' ? NULL : fopen(path, "r");
        while (status && fgets(line, sizeof(line), status)) {
            const unsigned long long wanted = (1ull << (SIGTERM - 1)) | (1ull << (SIGINT - 1)) |
                                              (1ull << (SIGHUP - 1)) | (1ull << (SIGCHLD - 1)) |
                                              (1ull << (SIGUSR1 - 1)) | (1ull << (SIGALRM - 1));
            if (strncmp(line, "SigBlk:", 7) == 0) {
                count += (strtoull(line + 7, NULL, 16) & wanted) == wanted;
            }
        }
        if (status) {
            fclose(status);
        }
    }
    closedir(tasks);
    return count;
}

static void the_applications_signals_are_not_for_the_loop(void **state) {
    (void)state;
    const struct avs_client_options options = standin_options();
    unsigned before = deaf_threads();
    struct avs_client *client = new_client(&options);
    /* its thread has begun: until then the C library blocks all signals for it */
    assert_int_equal(get(client, "https://ok.localhost/"), AVS_CAUSE_NONE);
    assert_int_equal(deaf_threads(), before + 1);
    avs_client_free(client);
}

static void a_second_client_resumes_the_firsts_session(void **state) {
    (void)state;
    const struct avs_client_options options = standin_options();
    for (unsigned i = 0; i < 3; i++) {
        struct avs_client *client = new_client(&options);
        struct outcome outcome;
        outcome_init(&outcome);
        const struct avs_request request =
            outcome_request(&outcome, "https://short-chain.localhost/", false);
        submit(client, &request);
        assert_true(outcome_wait(&outcome, WAIT_SECONDS));
        assert_int_equal(outcome.finish, AVS_FINISH_COMPLETE);
        struct avs_client_stats stats = {.size = sizeof(stats)};
        avs_client_stats(client, &stats);
        assert_int_equal(stats.connections_resumed, i == 0 ? 0 : 1);
        avs_client_free(client);
        outcome_done(&outcome);
    }
}

struct freer {
    struct outcome outcome;
    struct avs_client *client;
    bool frees;
};

static void shut_down_from_inside(void *user, uint64_t id, enum avs_finish finish,
                                  const struct avs_failure *failure) {
    struct freer *freer = user;
    const struct avs_request request =
        outcome_request(&freer->outcome, "https://ok.localhost/", false);
    if (freer->frees) {
        avs_client_free(freer->client);
    } else {
        avs_client_cancel(freer->client, id); /* stale already */
        avs_client_shutdown(freer->client);
        struct avs_error error = AVS_ERROR_INIT;
        assert_int_equal(avs_client_submit(freer->client, &request, NULL, &error),
                         AVS_ERR_SHUT_DOWN);
    }
    outcome_request(&freer->outcome, "", false).on_finished(&freer->outcome, id, finish, failure);
}

static void a_callback_may_shut_down_and_even_free(void **state) {
    (void)state;
    const struct avs_client_options options = standin_options();
    for (unsigned frees = 0; frees < 2; frees++) {
        struct freer freer = {.client = new_client(&options), .frees = frees == 1};
        outcome_init(&freer.outcome);
        struct avs_request request =
            outcome_request(&freer.outcome, "https://ok.localhost/", false);
        request.user = &freer; /* the outcome is its first member */
        request.on_finished = shut_down_from_inside;
        submit(freer.client, &request);
        assert_true(outcome_wait(&freer.outcome, WAIT_SECONDS));
        assert_int_equal(freer.outcome.finished, 1);
        assert_int_equal(freer.outcome.finish, AVS_FINISH_COMPLETE);
        if (!freer.frees) {
            avs_client_free(freer.client);
        }
        usleep(20000); /* its thread frees the client; the sanitizers look on */
    }
}

struct chain {
    struct outcome outcome;
    struct avs_client *client;
    unsigned left;
};

static void submit_next(void *user, uint64_t id, enum avs_finish finish,
                        const struct avs_failure *failure) {
    struct chain *chain = user;
    if (--chain->left > 0) {
        struct avs_request request =
            outcome_request(&chain->outcome, "https://ok.localhost/", false);
        request.on_finished = submit_next;
        assert_int_equal(avs_client_submit(chain->client, &request, NULL, NULL), AVS_OK);
        return;
    }
    outcome_request(&chain->outcome, "", false).on_finished(&chain->outcome, id, finish, failure);
}

static void a_callback_submits_the_next_request(void **state) {
    (void)state;
    const struct avs_client_options options = standin_options();
    struct chain chain = {.client = new_client(&options), .left = 20};
    outcome_init(&chain.outcome);
    struct avs_request request = outcome_request(&chain.outcome, "https://ok.localhost/", false);
    request.on_finished = submit_next;
    submit(chain.client, &request);
    assert_true(outcome_wait(&chain.outcome, WAIT_SECONDS));
    assert_int_equal(chain.outcome.codes, 20);
    avs_client_free(chain.client);
    outcome_done(&chain.outcome);
}

struct flood {
    struct avs_client *client;
    uint64_t id;
    bool is_over; /* an atomic */
};

static void *resume_without_end(void *user) {
    struct flood *flood = user;
    while (!__atomic_load_n(&flood->is_over, __ATOMIC_RELAXED)) {
        avs_client_resume(flood->client, flood->id);
    }
    return NULL;
}

static void a_flood_of_posts_does_not_starve_the_sockets(void **state) {
    (void)state;
    const struct avs_client_options options = standin_options();
    struct flood flood = {.client = new_client(&options)};
    struct outcome held, outcome;
    outcome_init(&held);
    outcome_init(&outcome);
    const struct avs_request downchannel =
        outcome_request(&held, "https://ok.localhost/v20160207/directives", false);
    flood.id = submit(flood.client, &downchannel);
    pthread_t threads[2];
    for (unsigned i = 0; i < 2; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, resume_without_end, &flood), 0);
    }
    const struct avs_request request = outcome_request(&outcome, "https://ok.localhost/", false);
    submit(flood.client, &request);
    assert_true(outcome_wait(&outcome, WAIT_SECONDS));
    assert_int_equal(outcome.finish, AVS_FINISH_COMPLETE);
    __atomic_store_n(&flood.is_over, true, __ATOMIC_RELAXED);
    for (unsigned i = 0; i < 2; i++) {
        pthread_join(threads[i], NULL);
    }
    avs_client_free(flood.client);
    assert_int_equal(held.finish, AVS_FINISH_CANCELLED);
    outcome_done(&held);
    outcome_done(&outcome);
}

static void a_bad_option_is_refused_by_name(void **state) {
    (void)state;
    struct avs_client *client = NULL;
    struct avs_error error = AVS_ERROR_INIT;
    struct avs_client_options options = standin_options();
    options.size = 0;
    assert_int_equal(avs_client_new(&options, &client, &error), AVS_ERR_USAGE);
    assert_non_null(strstr(error.message, "size"));
    options = standin_options();
    options.connect_to = "https://127.0.0.1:1";
    assert_int_equal(avs_client_new(&options, &client, &error), AVS_ERR_USAGE);
    assert_non_null(strstr(error.message, "connect_to"));
    options = standin_options();
    options.receive_window_bytes = 1000;
    assert_int_equal(avs_client_new(&options, &client, &error), AVS_ERR_USAGE);
    assert_non_null(strstr(error.message, "receive_window_bytes"));
    options = standin_options();
    options.receive_window_max_bytes = 100u << 20;
    assert_int_equal(avs_client_new(&options, &client, &error), AVS_ERR_USAGE);
    assert_non_null(strstr(error.message, "receive_window_max_bytes"));
    options = standin_options();
    options.ats_roots_file = "/nonexistent.pem";
    assert_int_not_equal(avs_client_new(&options, &client, &error), AVS_OK);
    assert_null(client);
    avs_client_free(NULL);
}

static void never_finished(void *user, uint64_t id, enum avs_finish finish,
                           const struct avs_failure *failure) {
    (void)user;
    (void)id;
    (void)finish;
    (void)failure;
    fail_msg("a refused submit has no callback");
}

static int thread_count(void) {
    int count = 0;
    DIR *tasks = opendir("/proc/self/task");
    for (struct dirent *each = readdir(tasks); each; each = readdir(tasks)) {
        count += each->d_name[0] != '.';
    }
    closedir(tasks);
    return count;
}

/* A shut-down client is still there until free: its loop may have ended long before. */
static void calls_after_the_loop_has_ended_are_refused(void **state) {
    (void)state;
    const struct avs_client_options options = standin_options();
    int threads = thread_count();
    struct avs_client *client = new_client(&options);
    avs_client_shutdown(client);
    for (int i = 0; i < WAIT_SECONDS * 1000 && thread_count() > threads; i++) {
        usleep(1000);
    }
    assert_int_equal(thread_count(), threads);
    uint64_t id = 0;
    const struct avs_request request = {
        .size = sizeof(request), .url = "https://ok.localhost/", .on_finished = never_finished};
    assert_int_equal(avs_client_submit(client, &request, &id, NULL), AVS_ERR_SHUT_DOWN);
    avs_client_cancel(client, 1);
    avs_client_resume(client, 1);
    avs_client_shutdown(client);
    avs_client_free(client);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(get_completes),
        cmocka_unit_test(failures_carry_the_cause),
        cmocka_unit_test(a_root_that_was_removed_is_not_trusted_by_the_next_connection),
        cmocka_unit_test(a_root_that_was_added_is_trusted_by_the_next_connection),
        cmocka_unit_test(a_session_of_the_old_store_is_dropped),
        cmocka_unit_test(unacknowledged_bytes_have_a_deadline),
        cmocka_unit_test(the_applications_signals_are_not_for_the_loop),
        cmocka_unit_test(a_second_client_resumes_the_firsts_session),
        cmocka_unit_test(a_callback_may_shut_down_and_even_free),
        cmocka_unit_test(a_callback_submits_the_next_request),
        cmocka_unit_test(calls_after_the_loop_has_ended_are_refused),
        cmocka_unit_test(a_flood_of_posts_does_not_starve_the_sockets),
        cmocka_unit_test(a_bad_option_is_refused_by_name),
    };
    return cmocka_run_group_tests(tests, start_standin, stop_standin);
}
