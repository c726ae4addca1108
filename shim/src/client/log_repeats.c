/* SPDX-License-Identifier: Apache-2.0 */
/* See repeats.h. Lines are written with the lock released: a sink may do anything. */
#include "client/log_repeats.h"

#include <pthread.h>
#include <string.h>

#include "base/flow.h"
#include "base/log.h"
#include "base/text.h"
#include "verdict/fact.h"

#define CONNECT_FAILED "connectFailed"

struct entry {
    bool is_used;
    avs_log_fn write; /* where its lines go */
    void *user;
    uint64_t hash; /* of the reason, digits left out */
    enum avs_cause cause;
    int64_t first_us, last_us, told_us;
    unsigned count, untold;
    char event[24], origin[AVS_NAME_BYTES + 16], reason[AVS_FACT_BYTES];
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct entry entries[AVS_REPEATS_MAX]; /* behind the lock */

static uint64_t hash_words(const char *text) {
    uint64_t hash = UINT64_C(14695981039346656037); /* FNV-1a */
    for (; *text; text++) {
        if (*text < '0' || *text > '9') {
            hash = (hash ^ (unsigned char)*text) * UINT64_C(1099511628211);
        }
    }
    return hash;
}

static bool is_for(const struct entry *entry, const struct avs_log *log, int64_t now_us) {
    return entry->is_used && entry->write == log->write && entry->user == log->user &&
           now_us >= entry->last_us;
}

static struct entry *find(const struct avs_log *log, const struct avs_repeat *failure,
                          uint64_t hash, int64_t now_us) {
    for (size_t i = 0; i < AVS_COUNT(entries); i++) {
        struct entry *each = &entries[i];
        if (is_for(each, log, now_us) && each->hash == hash && each->cause == failure->cause &&
            strcmp(each->event, failure->event) == 0 &&
            strcmp(each->origin, failure->origin) == 0) {
            return each;
        }
    }
    return NULL;
}

/* A free one, else the one that was not met for longest. */
static struct entry *oldest(void) {
    struct entry *found = &entries[0];
    for (size_t i = 0; i < AVS_COUNT(entries); i++) {
        if (!entries[i].is_used) {
            return &entries[i];
        }
        found = entries[i].last_us < found->last_us ? &entries[i] : found;
    }
    return found;
}

static void tell(const struct avs_log *log, const struct entry *entry, int64_t since_us) {
    char times[16], seconds[24];
    avs_text_format(times, sizeof(times), "%u", entry->untold);
    avs_text_format(seconds, sizeof(seconds), "%lld",
                    (long long)((entry->told_us - since_us) / 1000000));
    AVS_LOG_EVENT(log, AVS_LOG_ERROR, "AvsClient", entry->event,
                  {"cause", avs_cause_info(entry->cause)->id}, {"origin", entry->origin},
                  {"times", times}, {"seconds", seconds}, {"reason", entry->reason});
}

/* Take the count out of `entry` when it is due; true: `ret_copy` is to be told, after the lock. */
static bool take_due(struct entry *entry, int64_t now_us, struct entry *ret_copy,
                     int64_t *ret_since_us) {
    if (entry->untold == 0 || now_us - entry->told_us < AVS_REPEATS_TELL_US) {
        return false;
    }
    *ret_since_us = entry->told_us;
    entry->told_us = now_us;
    *ret_copy = *entry;
    entry->untold = 0;
    return true;
}

bool avs_repeats_note(const struct avs_log *log, const struct avs_repeat *failure, int64_t now_us) {
    if (!log->write) {
        return true;
    }
    uint64_t hash = hash_words(failure->reason);
    struct entry copy;
    int64_t since_us = 0;
    bool is_due = false;
    pthread_mutex_lock(&lock);
    struct entry *entry = find(log, failure, hash, now_us);
    bool is_news = !entry || now_us - entry->last_us >= AVS_REPEATS_NEWS_US;
    if (!entry) {
        entry = oldest();
        *entry = (struct entry){.is_used = true,
                                .write = log->write,
                                .user = log->user,
                                .hash = hash,
                                .cause = failure->cause,
                                .first_us = now_us};
        AVS_TEXT_SET(entry->event, failure->event);
        AVS_TEXT_SET(entry->origin, failure->origin);
        AVS_TEXT_SET(entry->reason, failure->reason);
    }
    if (is_news) {
        entry->told_us = now_us;
        entry->untold = 0;
    } else {
        entry->untold++;
        is_due = take_due(entry, now_us, &copy, &since_us);
    }
    entry->count++;
    entry->last_us = now_us;
    pthread_mutex_unlock(&lock);
    if (is_due) {
        tell(log, &copy, since_us);
    }
    return is_news;
}

static void say_recovered(const struct avs_log *log, const char *origin, unsigned count,
                          int64_t lasted_us) {
    char times[16], seconds[24];
    avs_text_format(times, sizeof(times), "%u", count);
    avs_text_format(seconds, sizeof(seconds), "%lld", (long long)(lasted_us / 1000000));
    AVS_LOG_EVENT(log, AVS_LOG_INFO, "AvsClient", "connectRecovered", {"origin", origin},
                  {"failures", times}, {"seconds", seconds});
}

void avs_repeats_end(const struct avs_log *log, const char *origin, int64_t now_us) {
    unsigned count = 0;
    int64_t first_us = now_us;
    pthread_mutex_lock(&lock);
    for (size_t i = 0; i < AVS_COUNT(entries); i++) {
        struct entry *each = &entries[i];
        if (is_for(each, log, now_us) && strcmp(each->event, CONNECT_FAILED) == 0 &&
            strcmp(each->origin, origin) == 0) {
            count += each->count;
            first_us = each->first_us < first_us ? each->first_us : first_us;
            each->is_used = false;
        }
    }
    pthread_mutex_unlock(&lock);
    if (count > 0) {
        say_recovered(log, origin, count, now_us - first_us);
    }
}

int64_t avs_repeats_tell(const struct avs_log *log, int64_t now_us) {
    int64_t next_us = INT64_MAX;
    for (size_t i = 0; log->write && i < AVS_COUNT(entries); i++) {
        struct entry copy;
        int64_t since_us = 0;
        bool is_due = false;
        pthread_mutex_lock(&lock);
        struct entry *each = &entries[i];
        if (is_for(each, log, now_us)) {
            is_due = take_due(each, now_us, &copy, &since_us);
            int64_t due_us = each->untold > 0 ? each->told_us + AVS_REPEATS_TELL_US : INT64_MAX;
            next_us = due_us < next_us ? due_us : next_us;
        }
        pthread_mutex_unlock(&lock);
        if (is_due) {
            tell(log, &copy, since_us);
        }
    }
    return next_us;
}
