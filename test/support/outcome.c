/* SPDX-License-Identifier: Apache-2.0 */
/* The recording request. */
#include "support/outcome.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

static enum avs_source_result on_read(void *user, uint64_t id, uint8_t *buffer, size_t capacity,
                                      size_t *ret_length) {
    struct outcome *outcome = user;
    (void)id;
    if (outcome->pauses_source) {
        return AVS_SOURCE_PAUSE;
    }
    size_t length = outcome->source_left < capacity ? (size_t)outcome->source_left : capacity;
    memset(buffer, 'u', length);
    outcome->source_left -= length;
    *ret_length = length;
    return outcome->source_left == 0 ? AVS_SOURCE_COMPLETE : AVS_SOURCE_CONTINUE;
}

static bool on_response_code(void *user, uint64_t id, int code) {
    struct outcome *outcome = user;
    (void)id;
    pthread_mutex_lock(&outcome->lock);
    outcome->code = code;
    outcome->codes++;
    pthread_cond_broadcast(&outcome->changed);
    pthread_mutex_unlock(&outcome->lock);
    return true;
}

static bool on_header_line(void *user, uint64_t id, const char *line, size_t length) {
    struct outcome *outcome = user;
    (void)id;
    pthread_mutex_lock(&outcome->lock);
    if (outcome->lines++ == 0) {
        snprintf(outcome->first_line, sizeof(outcome->first_line), "%.*s", (int)length, line);
    }
    pthread_mutex_unlock(&outcome->lock);
    return true;
}

static enum avs_sink_result on_data(void *user, uint64_t id, const uint8_t *bytes, size_t length) {
    struct outcome *outcome = user;
    enum avs_sink_result result = AVS_SINK_SUCCESS;
    (void)id;
    (void)bytes;
    pthread_mutex_lock(&outcome->lock);
    if (outcome->sink_pauses > 0) {
        outcome->sink_pauses--;
        result = AVS_SINK_PAUSE;
    } else {
        outcome->chunks++;
        outcome->bytes += length;
    }
    pthread_cond_broadcast(&outcome->changed);
    pthread_mutex_unlock(&outcome->lock);
    return result;
}

static void on_finished(void *user, uint64_t id, enum avs_finish finish,
                        const struct avs_failure *failure) {
    struct outcome *outcome = user;
    (void)id;
    pthread_mutex_lock(&outcome->lock);
    outcome->finished++;
    outcome->finish = finish;
    outcome->cause = failure ? failure->cause : AVS_CAUSE_NONE;
    outcome->has_evidence = failure && failure->evidence;
    outcome->was_resumed = outcome->has_evidence && failure->evidence->tls.session_resumed;
    snprintf(outcome->message, sizeof(outcome->message), "%s",
             failure ? failure->error->message : "");
    pthread_cond_broadcast(&outcome->changed);
    pthread_mutex_unlock(&outcome->lock);
}

void outcome_init(struct outcome *outcome) {
    *outcome = (struct outcome){.code = 0};
    pthread_mutex_init(&outcome->lock, NULL);
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&outcome->changed, &attributes);
    pthread_condattr_destroy(&attributes);
}

void outcome_done(struct outcome *outcome) {
    pthread_cond_destroy(&outcome->changed);
    pthread_mutex_destroy(&outcome->lock);
}

struct avs_request outcome_request(struct outcome *outcome, const char *url, bool has_body) {
    return (struct avs_request){
        .size = sizeof(struct avs_request),
        .url = url,
        .user = outcome,
        .on_read = has_body ? on_read : NULL,
        .on_response_code = on_response_code,
        .on_header_line = on_header_line,
        .on_data = on_data,
        .on_finished = on_finished,
    };
}

static bool wait_until(struct outcome *outcome, unsigned seconds, unsigned codes, unsigned chunks) {
    struct timespec deadline;
    clock_gettime(CLOCK_MONOTONIC, &deadline);
    deadline.tv_sec += (time_t)seconds;
    bool result = true;
    pthread_mutex_lock(&outcome->lock);
    while (result && outcome->finished == 0 &&
           (outcome->codes < codes || outcome->chunks < chunks)) {
        result = pthread_cond_timedwait(&outcome->changed, &outcome->lock, &deadline) != ETIMEDOUT;
    }
    pthread_mutex_unlock(&outcome->lock);
    return result;
}

bool outcome_wait(struct outcome *outcome, unsigned seconds) {
    return wait_until(outcome, seconds, UINT32_MAX, 0);
}

bool outcome_wait_code(struct outcome *outcome, unsigned seconds) {
    return wait_until(outcome, seconds, 1, 0);
}

bool outcome_wait_chunks(struct outcome *outcome, unsigned chunks, unsigned seconds) {
    return wait_until(outcome, seconds, 0, chunks);
}
