/* SPDX-License-Identifier: Apache-2.0 */
/* The public API: options, the loop thread, the calls from other threads. */
#include <avs/client.h>

#include <limits.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/text.h"
#include "base/versioned.h"
#include "client/core.h"
#include "client/link.h"
#include "net/change.h"
#include "net/loop.h"
#include "trust/roots.h"

#define YIELDS_MAX     16 /* about 5 microseconds where nobody else wants the processor */
#define BUSY_TURNS_MAX 8  /* turns for what other threads post before the sockets get theirs */
#define WAIT_MS_MAX    (24 * 3600 * 1000) /* a wait without a deadline is looked at once a day */

struct avs_client {
    struct avs_core core;  /* its type says what is whose */
    struct avs_loop *wait; /* waited in by the loop, woken up from any thread */
    /* Fixed. */
    pthread_t thread;
    struct avs_ats_roots *file_roots; /* NULL = the embedded ones */
    char *strings[5];                 /* copies of the options' */
    /* Any thread: atomics. */
    struct {
        struct avs_client_stats stats;
    } any;
    /* The loop's. */
    struct {
        struct avs_links links;
        int change_fd;
        bool frees_itself; /* avs_client_free was called from a callback */
    } loop;
};

const char *avs_finish_id(enum avs_finish finish) {
    static const char *const ids[] = {
        [AVS_FINISH_COMPLETE] = "complete",
        [AVS_FINISH_TIMEOUT] = "timeout",
        [AVS_FINISH_CANCELLED] = "cancelled",
        [AVS_FINISH_INTERNAL_ERROR] = "internal_error",
    };
    return (size_t)finish < AVS_COUNT(ids) ? ids[finish] : "internal_error";
}

/* ---------------------------------------------------------------- the loop */

static int wait_ms(const struct avs_core *core, int64_t now_us) {
    int64_t deadline_us = avs_core_deadline(core);
    if (deadline_us == AVS_NEVER_US) {
        return WAIT_MS_MAX;
    }
    int64_t left_us = deadline_us - now_us;
    if (left_us <= 0) {
        return 0;
    }
    int64_t left_ms = (left_us + 999) / 1000;
    return left_ms < WAIT_MS_MAX ? (int)left_ms : WAIT_MS_MAX;
}

/* The answer to a request is often followed by the next request at once, from a thread that
 * on_finished has just woken. Give it the processor for a moment, while no answer is waited for: it
 * then finds us awake, neither side needs the kernel to hand the request over, and one turn does
 * for the answer and the request. */
static void await_next(struct avs_client *client) {
    struct avs_core *core = &client->core;
    if (core->loop.has_just_finished && core->loop.awaited_count == 0) {
        for (unsigned i = 0; i < YIELDS_MAX && !avs_inbox_has_posts(&core->any.inbox); i++) {
            sched_yield();
        }
    }
    core->loop.has_just_finished = false;
}

static void wait_and_receive(struct avs_client *client, bool may_sleep) {
    struct avs_loop_fd fds[AVS_CONNS_MAX + 1];
    size_t count = avs_links_collect(&client->loop.links, fds, AVS_CONNS_MAX);
    size_t all = count;
    if (client->loop.change_fd >= 0) {
        fds[all++] = (struct avs_loop_fd){.fd = client->loop.change_fd, .wants_read = true};
    }
    if (may_sleep && client->core.loop.awaited_count == 0) {
        avs_links_trim(
            &client->loop.links); /* this may be a long sleep: nobody waits for an answer */
    }
    avs_loop_wait(client->wait, fds, all,
                  may_sleep ? wait_ms(&client->core, client->core.loop.now_us) : 0);
    avs_inbox_awake(&client->core.any.inbox);
    AVS_CORE_COUNT(&client->core, loop_wakeups);
    int64_t now_us = avs_clock_monotonic_us();
    client->core.loop.now_us = now_us;
    avs_links_dispatch(&client->loop.links, fds, count, now_us);
    if (all > count && fds[count].is_readable && avs_net_change_take(client->loop.change_fd)) {
        avs_core_network_changed(&client->core, now_us);
    }
    await_next(client);
}

static void client_destroy(struct avs_client *client) {
    avs_links_done(&client->loop.links);
    if (client->loop.change_fd >= 0) {
        close(client->loop.change_fd);
    }
    avs_loop_free(client->wait);
    avs_ats_roots_free(client->file_roots);
    for (size_t i = 0; i < AVS_COUNT(client->strings); i++) {
        free(client->strings[i]);
    }
    free(client);
}

static void *run(void *user) {
    struct avs_client *client = user;
    struct avs_core *core = &client->core;
    unsigned busy_turns = 0;
    for (;;) {
        avs_core_turn(core, avs_clock_monotonic_us());
        avs_links_flush(&client->loop.links);
        if (avs_core_is_finished(core)) {
            break;
        }
        bool may_sleep = avs_inbox_sleep(&core->any.inbox);
        if (may_sleep || ++busy_turns == BUSY_TURNS_MAX) {
            wait_and_receive(client, may_sleep);
            busy_turns = 0;
        }
    }
    avs_core_end_all(core); /* submits and cancels may come until free: the inbox stays */
    if (client->loop.frees_itself) {
        pthread_detach(pthread_self());
        avs_core_done(core);
        client_destroy(client);
    }
    return NULL;
}

/* ---------------------------------------------------------------- options */

/* 0 = the default, negative = the core's longest. */
static int64_t limit_us(int value_ms, int default_ms) {
    if (value_ms < 0) {
        return AVS_NEVER_US;
    }
    return (int64_t)(value_ms > 0 ? value_ms : default_ms) * 1000;
}

static enum avs_status copy_string(char **place, const char *text, struct avs_error *reterr) {
    if (text) {
        *place = strdup(text);
        AVS_REQUIRE_MEMORY(*place, reterr);
    }
    return AVS_OK;
}

static enum avs_status read_connect_to(const char *text, struct avs_endpoint *ret_endpoint,
                                       struct avs_error *reterr) {
    char url[AVS_NAME_BYTES + 16];
    ret_endpoint->size = sizeof(*ret_endpoint);
    if (!text) {
        return AVS_OK;
    }
    struct avs_error error = AVS_ERROR_INIT;
    avs_text_format(url, sizeof(url), "https://%s", text);
    if (strlen(text) >= AVS_NAME_BYTES || strstr(text, "://") ||
        avs_endpoint_check(url, strlen(url), ret_endpoint, &error) != AVS_OK) {
        return avs_fail(reterr, AVS_ERR_USAGE,
                        "avs_client_options.connect_to '%.80s' is not HOST:PORT", text);
    }
    return AVS_OK;
}

static enum avs_status set_up_links(struct avs_client *client,
                                    const struct avs_client_options *options,
                                    struct avs_error *reterr) {
    const char *const texts[] = {options->ca_file, options->ca_path, options->store_source,
                                 options->proxy, options->interface_name};
    for (size_t i = 0; i < AVS_COUNT(texts); i++) {
        AVS_TRY(copy_string(&client->strings[i], texts[i], reterr));
    }
    if (options->ats_roots_file) {
        AVS_TRY(avs_ats_roots_load(options->ats_roots_file, &client->file_roots, reterr));
    }
    const int64_t connect_us =
        limit_us(options->connect_timeout_ms, AVS_CONNECT_TIMEOUT_MS_DEFAULT);
    const int64_t ping_us = limit_us(options->ping_timeout_ms, AVS_PING_TIMEOUT_MS_DEFAULT);
    struct avs_link_options links = {
        .ca_file = client->strings[0],
        .ca_path = client->strings[1],
        .store_source = client->strings[2],
        .proxy = client->strings[3],
        .interface_name = client->strings[4],
        .ats_roots = client->file_roots ? client->file_roots : avs_ats_roots_embedded(),
        .alpn = "h2",
        .offers_sessions = true,
        .dial_timeout_ms = connect_us == AVS_NEVER_US ? AVS_WAIT_MS_MAX : (int)(connect_us / 1000),
        .unacknowledged_timeout_ms = ping_us == AVS_NEVER_US ? 0 : (int)(ping_us / 1000),
    };
    AVS_TRY(read_connect_to(options->connect_to, &links.connect_to, reterr));
    avs_links_init(&client->loop.links, &links, &client->core, client->wait);
    return AVS_OK;
}

static uint32_t window_max(const struct avs_client_options *options) {
    uint32_t first = options->receive_window_bytes ? options->receive_window_bytes
                                                   : AVS_RECEIVE_WINDOW_BYTES_DEFAULT;
    uint32_t most = options->receive_window_max_bytes ? options->receive_window_max_bytes
                                                      : AVS_RECEIVE_WINDOW_MAX_BYTES_DEFAULT;
    return most > first ? most : first;
}

static struct avs_core_options core_options(struct avs_client *client,
                                            const struct avs_client_options *options) {
    return (struct avs_core_options){
        .connect_timeout_us = limit_us(options->connect_timeout_ms, AVS_CONNECT_TIMEOUT_MS_DEFAULT),
        .ping_interval_us = limit_us(options->ping_interval_ms, AVS_PING_INTERVAL_MS_DEFAULT),
        .ping_timeout_us = limit_us(options->ping_timeout_ms, AVS_PING_TIMEOUT_MS_DEFAULT),
        .idle_timeout_us = limit_us(options->idle_timeout_ms, AVS_IDLE_TIMEOUT_MS_DEFAULT),
        .receive_window_bytes = options->receive_window_bytes ? options->receive_window_bytes
                                                              : AVS_RECEIVE_WINDOW_BYTES_DEFAULT,
        .receive_window_max_bytes = window_max(options),
        .max_concurrent_streams =
            options->max_concurrent_streams ? options->max_concurrent_streams : UINT32_MAX,
        .require_ats = options->require_ats,
        .log = options->log,
        .user = options->user,
        .on_connected = options->on_connected,
        .on_goaway = options->on_goaway,
        .on_disconnected = options->on_disconnected,
        .transport = avs_links_transport(&client->loop.links),
    };
}

static enum avs_status check_options(const struct avs_client_options *options,
                                     struct avs_error *reterr) {
    uint32_t window = options->receive_window_bytes;
    if (window != 0 && (window < AVS_H2_WINDOW_BYTES_MIN || window > AVS_H2_WINDOW_BYTES_MAX)) {
        return avs_fail(reterr, AVS_ERR_USAGE,
                        "avs_client_options.receive_window_bytes is %u; it must lie between %u "
                        "and %u, or be 0",
                        window, AVS_H2_WINDOW_BYTES_MIN, AVS_H2_WINDOW_BYTES_MAX);
    }
    if (options->receive_window_max_bytes > AVS_H2_WINDOW_BYTES_MAX) {
        return avs_fail(reterr, AVS_ERR_USAGE,
                        "avs_client_options.receive_window_max_bytes is %u; the most is %u",
                        options->receive_window_max_bytes, AVS_H2_WINDOW_BYTES_MAX);
    }
    return AVS_OK;
}

/* The application's signals are not for this thread. */
static int start_thread(struct avs_client *client) {
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int code = pthread_create(&client->thread, NULL, run, client);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return code;
}

AVS_DEFINE_AUTO(client, struct avs_client, client_destroy);

enum avs_status avs_client_new(const struct avs_client_options *given,
                               struct avs_client **ret_client, struct avs_error *reterr) {
    struct avs_client_options taken;
    const struct avs_client_options *options = &taken;
    AVS_TAKE(&taken, given, "avs_client_options", reterr);
    AVS_TRY(check_options(options, reterr));
    AVS_AUTO(client) client = calloc(1, sizeof(*client));
    AVS_REQUIRE_MEMORY(client, reterr);
    client->loop.change_fd = -1;
    AVS_TRY(avs_loop_new(&client->wait, reterr));
    AVS_TRY(set_up_links(client, options, reterr));
    const struct avs_core_options settings = core_options(client, options);
    AVS_TRY(avs_core_init(&client->core, &settings, &client->any.stats, reterr));
    client->loop.change_fd = avs_net_change_open();
    int code = start_thread(client);
    if (code != 0) {
        avs_core_done(&client->core);
        return avs_fail_errno(reterr, AVS_ERR_INTERNAL, AVS_CAUSE_INTERNAL, code,
                              "cannot start the client's thread: %s", strerror(code));
    }
    *ret_client = AVS_STEAL(client);
    return AVS_OK;
}

/* ---------------------------------------------------------------- from any thread */

enum avs_status avs_client_submit(struct avs_client *client, const struct avs_request *request,
                                  uint64_t *ret_id, struct avs_error *reterr) {
    struct avs_exchange *exchange = NULL;
    bool is_wakeup_needed = false;
    AVS_TRY(avs_exchange_new(&client->core.any.memo, request, &exchange, reterr));
    enum avs_status status =
        avs_inbox_submit(&client->core.any.inbox, exchange, ret_id, &is_wakeup_needed, reterr);
    if (status != AVS_OK) {
        avs_exchange_free(exchange);
        return status;
    }
    AVS_CORE_COUNT(&client->core, streams_submitted);
    if (is_wakeup_needed) {
        avs_loop_wakeup(client->wait);
    }
    return AVS_OK;
}

void avs_client_cancel(struct avs_client *client, uint64_t id) {
    if (avs_inbox_cancel(&client->core.any.inbox, id)) {
        avs_loop_wakeup(client->wait);
    }
}

void avs_client_resume(struct avs_client *client, uint64_t id) {
    if (avs_inbox_resume(&client->core.any.inbox, id)) {
        avs_loop_wakeup(client->wait);
    }
}

void avs_client_shutdown(struct avs_client *client) {
    if (avs_inbox_shut_down(&client->core.any.inbox)) {
        avs_loop_wakeup(client->wait);
    }
}

void avs_client_free(struct avs_client *client) {
    if (!client) {
        return;
    }
    if (pthread_equal(pthread_self(), client->thread)) {
        client->loop.frees_itself = true;
        avs_client_shutdown(client);
        return;
    }
    pthread_t thread = client->thread;
    avs_client_shutdown(client);
    pthread_join(thread, NULL);
    avs_core_done(&client->core);
    client_destroy(client);
}

void avs_client_stats(const struct avs_client *client, struct avs_client_stats *stats) {
    const struct avs_client_stats *from = &client->any.stats;
#define LOAD(field) __atomic_load_n(&from->field, __ATOMIC_RELAXED)
    const struct avs_client_stats now = {
        .size = sizeof(now),
        .streams_submitted = LOAD(streams_submitted),
        .streams_finished = LOAD(streams_finished),
        .streams_retried = LOAD(streams_retried),
        .connections_dialled = LOAD(connections_dialled),
        .connections_ready = LOAD(connections_ready),
        .connections_resumed = LOAD(connections_resumed),
        .connections_open = LOAD(connections_open),
        .pings_sent = LOAD(pings_sent),
        .goaways_received = LOAD(goaways_received),
        .network_changes = LOAD(network_changes),
        .loop_wakeups = LOAD(loop_wakeups),
        .bytes_sent = LOAD(bytes_sent),
        .bytes_received = LOAD(bytes_received),
    };
#undef LOAD
    avs_versioned_give(stats, &now, sizeof(now));
}
