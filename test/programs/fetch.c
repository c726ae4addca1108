/* SPDX-License-Identifier: Apache-2.0 */
/* A session of the transport as a command, for tests against servers that are not ours.
 *
 * Usage: fetch [--OPTION VALUE]... STEP...
 *   --ca FILE  --connect-to HOST:PORT  --proxy URL  --ping-interval MS  --ping-timeout MS
 *   --window BYTES  --retry MS (pause_retry_ms)  --log LEVEL (lines on stderr)
 *   STEP: get=URL  get*N=URL  post*BYTES=URL  hold=URL (long-lived)  slow=URL (its sink pauses)
 *         talk*BYTES=URL  (32 bytes each millisecond; needs --retry)
 *         wait  (for all but the held ones)  end  (for all)  line  (for one on stdin)
 *         sleep=MS  cancel  (all)
 * Prints a JSON line for each event and each finished request, and the counters at the end. */
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <avs/client.h>

#include "base/clock.h"

#define REQUESTS_MAX 4096

struct request {
    uint64_t id, source_left, bytes;
    int64_t started_us;
    int code;
    unsigned pauses_left;
    bool is_held, is_slow, is_talk, is_silent, is_finished;
};

static struct request requests[REQUESTS_MAX];
static size_t request_count;
static unsigned unfinished, unfinished_held; /* behind the lock */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static struct avs_client *client;
static int retry_ms;

static enum avs_source_result on_read(void *user, uint64_t id, uint8_t *buffer, size_t capacity,
                                      size_t *ret_length) {
    struct request *request = user;
    (void)id;
    if (request->is_talk) {
        size_t spoken = 32 * (size_t)retry_ms;
        capacity = spoken < capacity ? spoken : capacity;
        request->is_silent = !request->is_silent;
        if (request->is_silent) {
            return AVS_SOURCE_PAUSE;
        }
    }
    size_t length = request->source_left < capacity ? (size_t)request->source_left : capacity;
    memset(buffer, 'f', length);
    request->source_left -= length;
    *ret_length = length;
    return request->source_left == 0 ? AVS_SOURCE_COMPLETE : AVS_SOURCE_CONTINUE;
}

static bool on_response_code(void *user, uint64_t id, int code) {
    struct request *request = user;
    (void)id;
    request->code = code;
    if (request->is_held) {
        printf("{\"event\":\"held\",\"code\":%d}\n", code);
    }
    return true;
}

static enum avs_sink_result on_data(void *user, uint64_t id, const uint8_t *bytes, size_t length) {
    struct request *request = user;
    (void)id;
    (void)bytes;
    if (request->is_slow && request->pauses_left++ % 2 == 0) {
        return AVS_SINK_PAUSE;
    }
    request->bytes += length;
    return AVS_SINK_SUCCESS;
}

static void on_finished(void *user, uint64_t id, enum avs_finish finish,
                        const struct avs_failure *failure) {
    struct request *request = user;
    (void)id;
    printf("{\"event\":\"finished\",\"number\":%zu,\"finish\":\"%s\",\"cause\":\"%s\",\"code\":%d,"
           "\"bytes\":%llu,\"ms\":%lld,\"tls\":\"%s\"}\n",
           (size_t)(request - requests), avs_finish_id(finish),
           avs_cause_info(failure ? failure->cause : AVS_CAUSE_NONE)->id, request->code,
           (unsigned long long)request->bytes,
           (long long)((avs_clock_monotonic_us() - request->started_us) / 1000),
           failure && failure->evidence ? failure->evidence->tls.version : "");
    if (failure) {
        fprintf(stderr, "%s\n", failure->error->message);
    }
    pthread_mutex_lock(&lock);
    request->is_finished = true;
    unfinished--;
    unfinished_held -= request->is_held;
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&lock);
}

static void on_connected(void *user, const char *origin,
                         const struct avs_session_evidence *evidence) {
    (void)user;
    printf("{\"event\":\"connected\",\"origin\":\"%s\",\"tls\":\"%s\",\"resumed\":%s}\n", origin,
           evidence->tls.version, evidence->tls.session_resumed ? "true" : "false");
}

static void on_goaway(void *user, const char *origin, uint32_t h2_code, uint32_t last_stream_id) {
    (void)user;
    printf("{\"event\":\"goaway\",\"origin\":\"%s\",\"code\":%u,\"last\":%u}\n", origin, h2_code,
           last_stream_id);
}

static void on_disconnected(void *user, const char *origin, const struct avs_failure *failure) {
    (void)user;
    printf("{\"event\":\"disconnected\",\"origin\":\"%s\",\"cause\":\"%s\"}\n", origin,
           avs_cause_info(failure ? failure->cause : AVS_CAUSE_NONE)->id);
}

static void write_line(void *user, enum avs_log_level level, const char *line) {
    (void)user;
    (void)level;
    fprintf(stderr, "%s\n", line);
}

static void submit(const char *url, struct request kind) {
    if (request_count == REQUESTS_MAX) {
        exit(2);
    }
    struct request *request = &requests[request_count++];
    struct avs_error error = AVS_ERROR_INIT;
    *request = kind;
    request->started_us = avs_clock_monotonic_us();
    const struct avs_request options = {
        .size = sizeof(options),
        .url = url,
        .user = request,
        .is_long_lived = kind.is_held,
        .pause_retry_ms = retry_ms,
        .on_read = kind.source_left > 0 ? on_read : NULL,
        .on_response_code = on_response_code,
        .on_data = on_data,
        .on_finished = on_finished,
    };
    pthread_mutex_lock(&lock);
    unfinished++;
    unfinished_held += kind.is_held;
    pthread_mutex_unlock(&lock);
    if (avs_client_submit(client, &options, &request->id, &error) != AVS_OK) {
        fprintf(stderr, "fetch: %s\n", error.message);
        exit(2);
    }
}

static void wait_for(bool is_all) {
    pthread_mutex_lock(&lock);
    while (unfinished > (is_all ? 0 : unfinished_held)) {
        pthread_cond_wait(&changed, &lock);
    }
    pthread_mutex_unlock(&lock);
}

static void cancel_all(void) {
    for (size_t i = 0; i < request_count; i++) {
        avs_client_cancel(client, requests[i].id);
    }
}

static void step(const char *text) {
    const char *argument = strchr(text, '=') ? strchr(text, '=') + 1 : "";
    const char *star = strchr(text, '*');
    long long number = star && star < argument ? atoll(star + 1) : 1;
    if (strncmp(text, "get", 3) == 0) {
        for (; number > 0; number--) {
            submit(argument, (struct request){0});
        }
    } else if (strncmp(text, "post", 4) == 0) {
        submit(argument, (struct request){.source_left = (uint64_t)number});
    } else if (strncmp(text, "hold=", 5) == 0) {
        submit(argument, (struct request){.is_held = true});
    } else if (strncmp(text, "slow=", 5) == 0) {
        submit(argument, (struct request){.is_slow = true});
    } else if (strncmp(text, "talk", 4) == 0) {
        submit(argument, (struct request){.source_left = (uint64_t)number, .is_talk = true});
    } else if (strcmp(text, "wait") == 0) {
        wait_for(false);
    } else if (strcmp(text, "end") == 0) {
        wait_for(true);
    } else if (strcmp(text, "cancel") == 0) {
        cancel_all();
    } else if (strcmp(text, "line") == 0) {
        for (int byte = getchar(); byte != '\n' && byte != EOF;) {
            byte = getchar();
        }
    } else if (strncmp(text, "sleep=", 6) == 0) {
        usleep((useconds_t)atoi(argument) * 1000);
    } else {
        fprintf(stderr, "fetch: no such step: %s\n", text);
        exit(2);
    }
}

int main(int argc, char **argv) {
    struct avs_client_options options = {
        .size = sizeof(options),
        .proxy = "",
        .log = {.write = write_line, .level = AVS_LOG_NONE},
        .on_connected = on_connected,
        .on_goaway = on_goaway,
        .on_disconnected = on_disconnected,
    };
    int index = 1;
    setvbuf(stdout, NULL, _IOLBF, 0);
    for (; index + 1 < argc && strncmp(argv[index], "--", 2) == 0; index += 2) {
        const char *name = argv[index] + 2, *value = argv[index + 1];
        if (strcmp(name, "ca") == 0) {
            options.ca_file = value;
        } else if (strcmp(name, "connect-to") == 0) {
            options.connect_to = value;
        } else if (strcmp(name, "proxy") == 0) {
            options.proxy = value;
        } else if (strcmp(name, "ping-interval") == 0) {
            options.ping_interval_ms = atoi(value);
        } else if (strcmp(name, "ping-timeout") == 0) {
            options.ping_timeout_ms = atoi(value);
        } else if (strcmp(name, "window") == 0) {
            options.receive_window_bytes = (uint32_t)atoi(value);
        } else if (strcmp(name, "retry") == 0) {
            retry_ms = atoi(value);
        } else if (strcmp(name, "log") == 0) {
            options.log.level = (enum avs_log_level)avs_log_level_from_name(value);
        }
    }
    struct avs_error error = AVS_ERROR_INIT;
    if (avs_client_new(&options, &client, &error) != AVS_OK) {
        fprintf(stderr, "fetch: %s\n", error.message);
        return 2;
    }
    for (; index < argc; index++) {
        step(argv[index]);
    }
    struct avs_client_stats stats = {.size = sizeof(stats)};
    avs_client_stats(client, &stats);
    avs_client_free(client);
    printf("{\"event\":\"end\",\"submitted\":%llu,\"retried\":%llu,\"dialled\":%llu,\"ready\":%llu,"
           "\"resumed\":%llu,\"pings\":%llu,\"goaways\":%llu,\"wakeups\":%llu,"
           "\"network_changes\":%llu}\n",
           (unsigned long long)stats.streams_submitted, (unsigned long long)stats.streams_retried,
           (unsigned long long)stats.connections_dialled,
           (unsigned long long)stats.connections_ready,
           (unsigned long long)stats.connections_resumed, (unsigned long long)stats.pings_sent,
           (unsigned long long)stats.goaways_received, (unsigned long long)stats.loop_wakeups,
           (unsigned long long)stats.network_changes);
    return 0;
}
