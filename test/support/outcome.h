/* SPDX-License-Identifier: Apache-2.0 */
/* A request whose callbacks write down what happened, and a way to wait for its end. */
#ifndef AVS_TEST_OUTCOME_H
#define AVS_TEST_OUTCOME_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include <avs/client.h>

struct outcome {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    /* Behind the lock. */
    unsigned finished;
    enum avs_finish finish;
    enum avs_cause cause;
    bool has_evidence, was_resumed;
    char message[480];
    int code;
    unsigned codes, lines, chunks;
    uint64_t bytes;
    char first_line[64];
    /* What its callbacks do; set before the submit. */
    uint64_t source_left; /* bytes of the body, if it has one */
    unsigned sink_pauses; /* answer PAUSE that often */
    bool pauses_source;   /* always */
};

void outcome_init(struct outcome *outcome);
void outcome_done(struct outcome *outcome);
/* A GET for `url`, or a POST with outcome->source_left bytes, that reports into `outcome`. */
struct avs_request outcome_request(struct outcome *outcome, const char *url, bool has_body);
/* Wait for on_finished; false when it did not come within `seconds`. */
bool outcome_wait(struct outcome *outcome, unsigned seconds);
/* Wait for the response code (or the end). */
bool outcome_wait_code(struct outcome *outcome, unsigned seconds);
bool outcome_wait_chunks(struct outcome *outcome, unsigned chunks, unsigned seconds);

#endif
