/* SPDX-License-Identifier: Apache-2.0 */
/* See session.h. Callbacks run on the client's thread; what they tell the main one is behind a lock
 * and announced through the eventfd. */
#define _GNU_SOURCE
#include "session.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#include "directives.h"

#define CONNECTION_TIMEOUT_MS 60000 /* as the SDK's DownchannelHandler */
#define ACTIVITY_TIMEOUT_MS   15000 /* as the SDK's MessageRequestHandler */
#define PING_TIMEOUT_MS       15000 /* as the SDK's PingHandler */
#define PING_WEIGHT           200
#define URL_BYTES             512
#define EVENT_BYTES           2048
#define BOUNDARY              "avs-session-boundary"
#define COUNT(array)          (sizeof(array) / sizeof((array)[0]))

struct session {
    struct avs_client *client;
    char endpoint[256];
    char *authorization; /* a whole header line, or NULL */
    int wake_fd;
    unsigned events_sent;
    pthread_mutex_t lock;
    struct session_news news;     /* behind the lock */
    struct directives directives; /* the client's thread */
};

/* One request that is not the downchannel; freed by its end. */
struct errand {
    struct session *session;
    bool is_event;
    int code;
    char body[EVENT_BYTES];
    size_t length, sent;
};

void session_log(enum avs_log_level level, const char *event, const struct avs_log_pair *pairs,
                 size_t pair_count) {
    char line[AVS_LOG_LINE_BYTES];
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    avs_log_format(line, sizeof(line), (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000, 1, level,
                   "AvsSession", event, pairs, pair_count);
    puts(line);
    fflush(stdout);
}

#define LOG_AT(level, event, ...)                           \
    do {                                                    \
        const struct avs_log_pair pairs_[] = {__VA_ARGS__}; \
        session_log(level, event, pairs_, COUNT(pairs_));   \
    } while (0)
#define LOG(level, event, ...) LOG_AT(AVS_LOG_##level, event, __VA_ARGS__)

static void tell(struct session *session, const struct session_news *more) {
    pthread_mutex_lock(&session->lock);
    session->news.downchannel_opened |= more->downchannel_opened;
    session->news.downchannel_ended |= more->downchannel_ended;
    session->news.events_done += more->events_done;
    session->news.events_failed += more->events_failed;
    session->news.directives += more->directives;
    pthread_mutex_unlock(&session->lock);
    const uint64_t one = 1;
    (void)!write(session->wake_fd, &one, sizeof(one));
}

struct session_news session_take(struct session *session) {
    pthread_mutex_lock(&session->lock);
    struct session_news news = session->news;
    session->news = (struct session_news){0};
    pthread_mutex_unlock(&session->lock);
    return news;
}

/* ---------------------------------------------------------------- the downchannel */

static bool on_downchannel_code(void *user, uint64_t id, int code) {
    struct session *session = user;
    char text[16];
    (void)id;
    snprintf(text, sizeof(text), "%d", code);
    LOG(INFO, "downchannelAnswered", {"code", text});
    tell(session, &(struct session_news){.downchannel_opened = code == 200});
    return code == 200; /* 403: the token; the stream ends and is tried again later */
}

static bool on_downchannel_line(void *user, uint64_t id, const char *line, size_t length) {
    struct session *session = user;
    (void)id;
    (void)length;
    directives_header(&session->directives, line);
    return true;
}

static void on_directive(void *user, const char *part) {
    char name_space[64] = "";
    char name[64] = "";
    directive_member(part, "namespace", name_space, sizeof(name_space));
    directive_member(part, "name", name, sizeof(name));
    LOG(INFO, "directiveReceived", {"namespace", name_space}, {"name", name});
    tell(user, &(struct session_news){.directives = 1});
}

static enum avs_sink_result on_downchannel_data(void *user, uint64_t id, const uint8_t *bytes,
                                                size_t length) {
    struct session *session = user;
    (void)id;
    directives_data(&session->directives, (const char *)bytes, length, on_directive, session);
    return AVS_SINK_SUCCESS;
}

static void on_downchannel_finished(void *user, uint64_t id, enum avs_finish finish,
                                    const struct avs_failure *failure) {
    struct session *session = user;
    (void)id;
    LOG_AT(finish == AVS_FINISH_CANCELLED ? AVS_LOG_INFO : AVS_LOG_WARN, "downchannelEnded",
           {"finish", avs_finish_id(finish)},
           {"cause", failure ? avs_cause_info(failure->cause)->id : "none"});
    session->directives.boundary[0] = '\0';
    session->directives.length = 0;
    tell(session, &(struct session_news){.downchannel_ended = true});
}

static bool submit(struct session *session, struct avs_request *request) {
    struct avs_error error = AVS_ERROR_INIT;
    if (avs_client_submit(session->client, request, NULL, &error) == AVS_OK) {
        return true;
    }
    LOG(ERROR, "submitFailed", {"reason", error.message});
    return false;
}

bool session_open_downchannel(struct session *session) {
    char url[URL_BYTES];
    snprintf(url, sizeof(url), "%s/v20160207/directives", session->endpoint);
    const char *const headers[] = {session->authorization};
    struct avs_request request = {
        .size = sizeof(request),
        .url = url,
        .headers = headers,
        .header_count = session->authorization ? 1 : 0,
        .connection_timeout_ms = CONNECTION_TIMEOUT_MS,
        .is_long_lived = true,
        .label = "downchannel",
        .user = session,
        .on_response_code = on_downchannel_code,
        .on_header_line = on_downchannel_line,
        .on_data = on_downchannel_data,
        .on_finished = on_downchannel_finished,
    };
    return submit(session, &request);
}

/* ---------------------------------------------------------------- events and pings */

static enum avs_source_result on_errand_read(void *user, uint64_t id, uint8_t *buffer,
                                             size_t capacity, size_t *ret_length) {
    struct errand *errand = user;
    (void)id;
    size_t left = errand->length - errand->sent;
    *ret_length = left < capacity ? left : capacity;
    memcpy(buffer, errand->body + errand->sent, *ret_length);
    errand->sent += *ret_length;
    return errand->sent == errand->length ? AVS_SOURCE_COMPLETE : AVS_SOURCE_CONTINUE;
}

static bool on_errand_code(void *user, uint64_t id, int code) {
    struct errand *errand = user;
    (void)id;
    errand->code = code;
    return true;
}

static void on_errand_finished(void *user, uint64_t id, enum avs_finish finish,
                               const struct avs_failure *failure) {
    struct errand *errand = user;
    char code[16];
    (void)id;
    bool is_ok = finish == AVS_FINISH_COMPLETE && errand->code / 100 == 2;
    snprintf(code, sizeof(code), "%d", errand->code);
    LOG_AT(is_ok ? AVS_LOG_INFO : AVS_LOG_WARN, errand->is_event ? "eventSent" : "pingAnswered",
           {"finish", avs_finish_id(finish)}, {"code", code},
           {"cause", failure ? avs_cause_info(failure->cause)->id : "none"});
    if (errand->is_event) {
        tell(errand->session,
             &(struct session_news){.events_done = 1, .events_failed = is_ok ? 0 : 1});
    }
    free(errand);
}

static bool run_errand(struct errand *errand, const char *path, struct avs_request *request) {
    struct session *session = errand->session;
    char url[URL_BYTES];
    snprintf(url, sizeof(url), "%s%s", session->endpoint, path);
    const char *headers[2];
    size_t count = 0;
    if (errand->is_event) {
        headers[count++] = "Content-Type: multipart/form-data; boundary=" BOUNDARY;
    }
    if (session->authorization) {
        headers[count++] = session->authorization;
    }
    request->size = sizeof(*request);
    request->url = url;
    request->headers = headers;
    request->header_count = count;
    request->user = errand;
    request->on_response_code = on_errand_code;
    request->on_finished = on_errand_finished;
    if (!submit(session, request)) {
        free(errand);
        return false;
    }
    return true;
}

/* Any unique text will do. */
static void message_id(char *text, size_t capacity) {
    uint64_t random[2] = {0};
    (void)!getrandom(random, sizeof(random), 0);
    snprintf(text, capacity, "%016llx%016llx", (unsigned long long)random[0],
             (unsigned long long)random[1]);
}

bool session_post_event(struct session *session) {
    struct errand *errand = calloc(1, sizeof(*errand));
    if (!errand) {
        return false;
    }
    errand->session = session;
    errand->is_event = true;
    char id[40];
    message_id(id, sizeof(id));
    bool is_first = session->events_sent++ == 0;
    int length =
        snprintf(errand->body, sizeof(errand->body),
                 "--" BOUNDARY "\r\n"
                 "Content-Disposition: form-data; name=\"metadata\"\r\n"
                 "Content-Type: application/json; charset=UTF-8\r\n\r\n"
                 "{\"context\":[],\"event\":{\"header\":{\"namespace\":\"System\",\"name\":\"%s\","
                 "\"messageId\":\"%s\"},\"payload\":{%s}}}\r\n"
                 "--" BOUNDARY "--\r\n",
                 is_first ? "SynchronizeState" : "UserInactivityReport", id,
                 is_first ? "" : "\"inactiveTimeInSeconds\":3600");
    errand->length = (size_t)length;
    struct avs_request request = {
        .label = "event", .activity_timeout_ms = ACTIVITY_TIMEOUT_MS, .on_read = on_errand_read};
    return run_errand(errand, "/v20160207/events", &request);
}

bool session_ping(struct session *session) {
    struct errand *errand = calloc(1, sizeof(*errand));
    if (!errand) {
        return false;
    }
    errand->session = session;
    struct avs_request request = {
        .label = "ping", .transfer_timeout_ms = PING_TIMEOUT_MS, .weight = PING_WEIGHT};
    return run_errand(errand, "/ping", &request);
}

/* ---------------------------------------------------------------- begin and end */

static void on_goaway(void *user, const char *origin, uint32_t h2_code, uint32_t last_stream_id) {
    (void)user;
    (void)h2_code;
    (void)last_stream_id;
    LOG(INFO, "serverSaysGoodbye", {"origin", origin});
}

struct session *session_new(const struct session_options *options, int wake_fd) {
    struct session *session = calloc(1, sizeof(*session));
    if (!session) {
        fputs("avs-session: out of memory\n", stderr);
        return NULL;
    }
    pthread_mutex_init(&session->lock, NULL);
    session->wake_fd = wake_fd;
    snprintf(session->endpoint, sizeof(session->endpoint), "%s", options->endpoint);
    struct avs_client_options client = options->client;
    client.user = session;
    client.on_goaway = on_goaway;
    struct avs_error error = AVS_ERROR_INIT;
    bool is_ok = !options->token ||
                 asprintf(&session->authorization, "Authorization: Bearer %s", options->token) >= 0;
    if (!is_ok || avs_client_new(&client, &session->client, &error) != AVS_OK) {
        fprintf(stderr, "avs-session: %s\n", is_ok ? error.message : "out of memory");
        session_free(session);
        return NULL;
    }
    return session;
}

void session_free(struct session *session) {
    avs_client_free(session->client); /* every on_finished has been called when this returns */
    if (session->authorization) {
        explicit_bzero(session->authorization, strlen(session->authorization));
    }
    free(session->authorization);
    pthread_mutex_destroy(&session->lock);
    free(session);
}
