/* SPDX-License-Identifier: Apache-2.0 */
/* A libcurl multi client, written twice in one file: BENCH_STOCK the way the SDK's transport works
 * (a 50 ms wait that nobody can end, one request taken for each turn, the multi handle destroyed
 * when the last transfer ends), otherwise done right (a wait that a submit ends, the queue drained,
 * the multi handle kept). Own code after the measured behaviour, no line of the SDK's. */
#include <curl/curl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "bench.h"

#define ACTIVE_MAX 512

struct transport {
    struct bench_options options;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t arrived;
    struct bench_call *first, *last; /* queued; under the lock */
    bool is_stopping;                /* under the lock */
    CURLM *multi;                    /* made by the thread; BENCH_STOCK remakes it */
    struct bench_call *active[ACTIVE_MAX];
    size_t active_count;
};

static size_t on_header(char *bytes, size_t size, size_t count, void *user) {
    struct bench_call *call = user;
    (void)bytes;
    if (call->status == 0) {
        long status = 0;
        curl_easy_getinfo(call->handle, CURLINFO_RESPONSE_CODE, &status);
        if (status != 0) {
            call->status = (int)status;
            sem_post(&call->answered);
        }
    }
    return size * count;
}

static size_t on_body(char *bytes, size_t size, size_t count, void *user) {
    struct bench_call *call = user;
    (void)bytes;
    call->body_bytes += size * count;
    return size * count;
}

static size_t on_send(char *bytes, size_t size, size_t count, void *user) {
    struct bench_call *call = user;
    size_t left = call->upload_bytes - call->sent;
    size_t length = left < size * count ? left : size * count;
    memset(bytes, 0, length);
    call->sent += length;
    return length;
}

static CURL *easy_new(const struct transport *transport, struct bench_call *call) {
    CURL *easy = curl_easy_init();
    if (!easy) {
        bench_die("curl_easy_init failed");
    }
    curl_easy_setopt(easy, CURLOPT_URL, call->url);
    curl_easy_setopt(easy, CURLOPT_CAINFO, transport->options.ca_file);
    curl_easy_setopt(easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_2_0);
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L);
    curl_easy_setopt(easy, CURLOPT_STREAM_WEIGHT, 16L);
    curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header);
    curl_easy_setopt(easy, CURLOPT_HEADERDATA, call);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, call);
    curl_easy_setopt(easy, CURLOPT_PRIVATE, call);
    if (call->upload_bytes > 0) {
        curl_easy_setopt(easy, CURLOPT_POST, 1L);
        curl_easy_setopt(easy, CURLOPT_READFUNCTION, on_send);
        curl_easy_setopt(easy, CURLOPT_READDATA, call);
    }
    return easy;
}

static void finish(struct transport *transport, struct bench_call *call, bool has_failed) {
    for (size_t i = 0; i < transport->active_count; i++) {
        if (transport->active[i] == call) {
            transport->active[i] = transport->active[--transport->active_count];
            break;
        }
    }
    curl_multi_remove_handle(transport->multi, call->handle);
    curl_easy_cleanup(call->handle);
    call->has_failed = has_failed;
    if (call->status == 0) {
        sem_post(&call->answered);
    }
    sem_post(&call->done); /* the last touch: the driver may free the call now */
}

static bool start_one(struct transport *transport) {
    pthread_mutex_lock(&transport->lock);
    struct bench_call *call =
        transport->active_count < ACTIVE_MAX && !transport->is_stopping ? transport->first : NULL;
    if (call) {
        transport->first = call->next;
    }
    pthread_mutex_unlock(&transport->lock);
    if (!call) {
        return false;
    }
    transport->active[transport->active_count++] = call;
    curl_multi_add_handle(transport->multi, call->handle);
    return true;
}

static void finish_done(struct transport *transport) {
    int left = 0;
    for (CURLMsg *message; (message = curl_multi_info_read(transport->multi, &left)) != NULL;) {
        if (message->msg == CURLMSG_DONE) {
            struct bench_call *call = NULL;
            bool has_failed = message->data.result != CURLE_OK;
            curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, (char **)&call);
            finish(transport, call, has_failed);
        }
    }
    for (size_t i = transport->active_count; i-- > 0;) {
        if (transport->active[i]->is_cancelled) {
            finish(transport, transport->active[i], true);
        }
    }
}

static void multi_new(struct transport *transport) {
    transport->multi = curl_multi_init();
    if (!transport->multi) {
        bench_die("curl_multi_init failed");
    }
    curl_multi_setopt(transport->multi, CURLMOPT_PIPELINING, (long)CURLPIPE_MULTIPLEX);
}

static bool is_stopping(struct transport *transport) {
    pthread_mutex_lock(&transport->lock);
    bool result = transport->is_stopping;
    pthread_mutex_unlock(&transport->lock);
    return result;
}

#ifdef BENCH_STOCK
static void *loop(void *user) {
    struct transport *transport = user;
    while (!is_stopping(transport)) {
        pthread_mutex_lock(&transport->lock);
        while (!transport->first && !transport->is_stopping) {
            pthread_cond_wait(&transport->arrived, &transport->lock);
        }
        pthread_mutex_unlock(&transport->lock);
        multi_new(transport);
        start_one(transport);
        while (transport->active_count > 0 && !is_stopping(transport)) {
            int running = 0;
            curl_multi_perform(transport->multi, &running);
            finish_done(transport);
            start_one(transport);
            curl_multi_wait(transport->multi, NULL, 0, 50, NULL);
        }
        while (transport->active_count > 0) {
            finish(transport, transport->active[0], true);
        }
        curl_multi_cleanup(transport->multi);
    }
    return NULL;
}
static void wake(struct transport *transport) {
    (void)transport;
}
#else
static void *loop(void *user) {
    struct transport *transport = user;
    while (!is_stopping(transport)) {
        int running = 0;
        while (start_one(transport)) {
        }
        curl_multi_perform(transport->multi, &running);
        finish_done(transport);
        curl_multi_poll(transport->multi, NULL, 0, 1000, NULL);
    }
    while (transport->active_count > 0) {
        finish(transport, transport->active[0], true);
    }
    curl_multi_cleanup(transport->multi);
    return NULL;
}
static void wake(struct transport *transport) {
    curl_multi_wakeup(transport->multi);
}
#endif

struct transport *transport_new(const struct bench_options *options) {
    struct transport *transport = calloc(1, sizeof(*transport));
    if (!transport) {
        bench_die("out of memory");
    }
    transport->options = *options;
    pthread_mutex_init(&transport->lock, NULL);
    pthread_cond_init(&transport->arrived, NULL);
#ifndef BENCH_STOCK
    multi_new(transport); /* before the thread, for wake */
#endif
    if (pthread_create(&transport->thread, NULL, loop, transport) != 0) {
        bench_die("no thread");
    }
    return transport;
}

void transport_submit(struct transport *transport, struct bench_call *call) {
    call->handle = easy_new(transport, call);
    pthread_mutex_lock(&transport->lock);
    call->next = NULL;
    if (transport->first) {
        transport->last->next = call;
    } else {
        transport->first = call;
    }
    transport->last = call;
    pthread_cond_signal(&transport->arrived);
    pthread_mutex_unlock(&transport->lock);
    wake(transport);
}

void transport_cancel(struct transport *transport, struct bench_call *call) {
    call->is_cancelled = true;
    wake(transport);
}

void transport_free(struct transport *transport) {
    pthread_mutex_lock(&transport->lock);
    transport->is_stopping = true;
    pthread_cond_signal(&transport->arrived);
    pthread_mutex_unlock(&transport->lock);
    wake(transport);
    pthread_join(transport->thread, NULL);
    pthread_mutex_destroy(&transport->lock);
    pthread_cond_destroy(&transport->arrived);
    free(transport);
}
