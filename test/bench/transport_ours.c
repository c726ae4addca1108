/* SPDX-License-Identifier: Apache-2.0 */
/* The library, by its public header. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <avs/client.h>

#include "bench.h"

struct transport {
    struct avs_client *client;
};

static void print_line(void *user, enum avs_log_level level, const char *line) {
    (void)user;
    (void)level;
    fprintf(stderr, "%s\n", line);
}

struct transport *transport_new(const struct bench_options *options) {
    struct transport *transport = calloc(1, sizeof(*transport));
    struct avs_client_options client = {.size = sizeof(client), .ca_file = options->ca_file};
    if (getenv("BENCH_LOG")) {
        client.log = (struct avs_log){.write = print_line, .level = AVS_LOG_DEBUG9};
    }
    struct avs_error error = AVS_ERROR_INIT;
    if (!transport || avs_client_new(&client, &transport->client, &error) != AVS_OK) {
        bench_die("avs_client_new: %s", error.message);
    }
    return transport;
}

static enum avs_source_result on_read(void *user, uint64_t id, uint8_t *buffer, size_t capacity,
                                      size_t *ret_length) {
    struct bench_call *call = user;
    (void)id;
    size_t left = call->upload_bytes - call->sent;
    size_t length = left < capacity ? left : capacity;
    memset(buffer, 0, length);
    call->sent += length;
    *ret_length = length;
    return call->sent == call->upload_bytes ? AVS_SOURCE_COMPLETE : AVS_SOURCE_CONTINUE;
}

static bool on_response_code(void *user, uint64_t id, int code) {
    struct bench_call *call = user;
    (void)id;
    call->status = code;
    sem_post(&call->answered);
    return true;
}

static enum avs_sink_result on_data(void *user, uint64_t id, const uint8_t *bytes, size_t length) {
    struct bench_call *call = user;
    (void)id;
    (void)bytes;
    call->body_bytes += length;
    return AVS_SINK_SUCCESS;
}

static void on_finished(void *user, uint64_t id, enum avs_finish finish,
                        const struct avs_failure *failure) {
    struct bench_call *call = user;
    (void)id;
    call->has_failed = finish != AVS_FINISH_COMPLETE;
    if (failure && getenv("BENCH_LOG")) {
        fprintf(stderr, "%s: %s\n", call->url, failure->error->message);
    }
    if (call->status == 0) {
        sem_post(&call->answered);
    }
    sem_post(&call->done);
}

void transport_submit(struct transport *transport, struct bench_call *call) {
    struct avs_request request = {.size = sizeof(request),
                                  .url = call->url,
                                  .user = call,
                                  .on_read = call->upload_bytes ? on_read : NULL,
                                  .on_response_code = on_response_code,
                                  .on_data = on_data,
                                  .on_finished = on_finished};
    struct avs_error error = AVS_ERROR_INIT;
    if (avs_client_submit(transport->client, &request, &call->id, &error) != AVS_OK) {
        bench_die("avs_client_submit: %s", error.message);
    }
}

void transport_cancel(struct transport *transport, struct bench_call *call) {
    avs_client_cancel(transport->client, call->id);
}

void transport_free(struct transport *transport) {
    avs_client_free(transport->client);
    free(transport);
}
