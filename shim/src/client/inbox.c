/* SPDX-License-Identifier: Apache-2.0 */
/* The hand-over between threads. */
#include "client/inbox.h"

#include <string.h>

#define SLOT_BITS        12
#define SLOT_MASK        ((UINT64_C(1) << SLOT_BITS) - 1)
#define FIRST_SLOT_COUNT 16u
_Static_assert(AVS_CLIENT_STREAMS_MAX <= (1 << SLOT_BITS), "an id must be able to name every slot");

/* What the loop and those who post know of each other without the lock. A post that finds the loop
 * asleep is the one that wakes it. */
enum attention {
    ASLEEP, /* or about to wait: nothing was posted */
    AWAKE,  /* at work, and has taken all that was posted */
    POSTED, /* and will look in here before it sleeps */
};

enum avs_status avs_inbox_init(struct avs_inbox *inbox, struct avs_error *reterr) {
    *inbox = (struct avs_inbox){.next_sequence = 1, .attention = AWAKE};
    int code = pthread_mutex_init(&inbox->lock, NULL);
    if (code != 0) {
        return avs_fail_errno(reterr, AVS_ERR_INTERNAL, AVS_CAUSE_INTERNAL, code,
                              "cannot make a mutex: %s", strerror(code));
    }
    return AVS_OK;
}

void avs_inbox_done(struct avs_inbox *inbox) {
    free(inbox->slots);
    free(inbox->free_slots);
    pthread_mutex_destroy(&inbox->lock);
}

/* True when the loop sleeps, and is to be woken for what was just posted. */
static bool call(struct avs_inbox *inbox) {
    return __atomic_exchange_n(&inbox->attention, POSTED, __ATOMIC_ACQ_REL) == ASLEEP;
}

static bool change(struct avs_inbox *inbox, int from, int to) {
    return __atomic_compare_exchange_n(&inbox->attention, &from, to, false, __ATOMIC_ACQ_REL,
                                       __ATOMIC_RELAXED);
}

/* Behind the lock: room for one more exchange. */
static enum avs_status reserve_slot(struct avs_inbox *inbox, struct avs_error *reterr) {
    if (inbox->free_count > 0) {
        return AVS_OK;
    }
    if (inbox->slot_capacity >= AVS_CLIENT_STREAMS_MAX) {
        return avs_fail(reterr, AVS_ERR_LIMIT,
                        "the client has %d unfinished requests, its limit; wait for some to finish",
                        AVS_CLIENT_STREAMS_MAX);
    }
    size_t capacity = inbox->slot_capacity ? inbox->slot_capacity * 2 : FIRST_SLOT_COUNT;
    uint16_t *free_slots = realloc(inbox->free_slots, capacity * sizeof(*free_slots));
    AVS_REQUIRE_MEMORY(free_slots, reterr);
    inbox->free_slots = free_slots;
    struct avs_exchange **slots = realloc(inbox->slots, capacity * sizeof(*slots));
    AVS_REQUIRE_MEMORY(slots, reterr);
    inbox->slots = slots;
    for (size_t i = capacity; i > inbox->slot_capacity; i--) {
        slots[i - 1] = NULL;
        free_slots[inbox->free_count++] = (uint16_t)(i - 1);
    }
    inbox->slot_capacity = capacity;
    return AVS_OK;
}

enum avs_status avs_inbox_submit(struct avs_inbox *inbox, struct avs_exchange *exchange,
                                 uint64_t *ret_id, bool *ret_is_wakeup_needed,
                                 struct avs_error *reterr) {
    pthread_mutex_lock(&inbox->lock);
    enum avs_status status = AVS_OK;
    if (inbox->is_shut_down) {
        status = avs_fail_cause(reterr, AVS_ERR_SHUT_DOWN, AVS_CAUSE_SHUT_DOWN,
                                "the client has been shut down and takes no more requests");
    } else {
        status = reserve_slot(inbox, reterr);
    }
    if (status == AVS_OK) {
        uint16_t slot = inbox->free_slots[--inbox->free_count];
        inbox->slots[slot] = exchange;
        exchange->id = inbox->next_sequence++ << SLOT_BITS | slot;
        *(inbox->submitted_last ? &inbox->submitted_last->mail.submitted_next
                                : &inbox->submitted_first) = exchange;
        inbox->submitted_last = exchange;
        *ret_is_wakeup_needed = call(inbox);
        if (ret_id) {
            *ret_id = exchange->id; /* before the loop can finish and free it */
        }
    }
    pthread_mutex_unlock(&inbox->lock);
    return status;
}

/* Behind the lock: the unfinished exchange with that id, or NULL. */
static struct avs_exchange *find(struct avs_inbox *inbox, uint64_t id) {
    size_t slot = (size_t)(id & SLOT_MASK);
    struct avs_exchange *exchange = slot < inbox->slot_capacity ? inbox->slots[slot] : NULL;
    return exchange && exchange->id == id ? exchange : NULL;
}

/* Behind the lock. */
static void list_mail(struct avs_inbox *inbox, struct avs_exchange *exchange) {
    if (exchange->mail.is_listed) {
        return;
    }
    exchange->mail.is_listed = true;
    exchange->mail.next = NULL;
    *(inbox->mail_last ? &inbox->mail_last->mail.next : &inbox->mail_first) = exchange;
    inbox->mail_last = exchange;
}

static bool post(struct avs_inbox *inbox, uint64_t id, bool is_cancel) {
    bool is_wakeup_needed = false;
    pthread_mutex_lock(&inbox->lock);
    struct avs_exchange *exchange = find(inbox, id);
    if (exchange) {
        *(is_cancel ? &exchange->mail.is_cancel_wanted : &exchange->mail.is_resume_wanted) = true;
        if (exchange->mail.is_taken) {
            list_mail(inbox, exchange);
        }
        is_wakeup_needed = call(inbox);
    }
    pthread_mutex_unlock(&inbox->lock);
    return is_wakeup_needed;
}

bool avs_inbox_cancel(struct avs_inbox *inbox, uint64_t id) {
    return post(inbox, id, true);
}

bool avs_inbox_resume(struct avs_inbox *inbox, uint64_t id) {
    return post(inbox, id, false);
}

bool avs_inbox_shut_down(struct avs_inbox *inbox) {
    pthread_mutex_lock(&inbox->lock);
    inbox->is_shut_down = true;
    bool is_wakeup_needed = call(inbox);
    pthread_mutex_unlock(&inbox->lock);
    return is_wakeup_needed;
}

struct avs_exchange *avs_inbox_take_submitted(struct avs_inbox *inbox, bool *ret_has_mail,
                                              bool *ret_is_shut_down) {
    (void)change(inbox, POSTED, AWAKE); /* first: a post from now on is looked for again */
    pthread_mutex_lock(&inbox->lock);
    struct avs_exchange *first = inbox->submitted_first;
    inbox->submitted_first = inbox->submitted_last = NULL;
    for (struct avs_exchange *each = first; each; each = each->mail.submitted_next) {
        each->mail.is_taken = true;
        if (each->mail.is_cancel_wanted || each->mail.is_resume_wanted) {
            list_mail(inbox, each);
        }
    }
    *ret_has_mail = inbox->mail_first != NULL;
    *ret_is_shut_down = inbox->is_shut_down;
    pthread_mutex_unlock(&inbox->lock);
    return first;
}

/* Behind the lock; the first in the list, almost always. */
static void unlist_mail(struct avs_inbox *inbox, struct avs_exchange *exchange) {
    struct avs_exchange *previous = NULL;
    for (struct avs_exchange *each = inbox->mail_first; each; each = each->mail.next) {
        if (each == exchange) {
            *(previous ? &previous->mail.next : &inbox->mail_first) = exchange->mail.next;
            if (inbox->mail_last == exchange) {
                inbox->mail_last = previous;
            }
            exchange->mail.is_listed = false;
            return;
        }
        previous = each;
    }
}

bool avs_inbox_take_mail(struct avs_inbox *inbox, struct avs_mail *ret_mail) {
    pthread_mutex_lock(&inbox->lock);
    struct avs_exchange *exchange = inbox->mail_first;
    if (exchange) {
        unlist_mail(inbox, exchange);
        *ret_mail = (struct avs_mail){
            .exchange = exchange,
            .is_cancel_wanted = exchange->mail.is_cancel_wanted,
            .is_resume_wanted = exchange->mail.is_resume_wanted,
        };
        exchange->mail.is_cancel_wanted = exchange->mail.is_resume_wanted = false;
    }
    pthread_mutex_unlock(&inbox->lock);
    return exchange != NULL;
}

void avs_inbox_forget(struct avs_inbox *inbox, struct avs_exchange *exchange) {
    pthread_mutex_lock(&inbox->lock);
    uint16_t slot = (uint16_t)(exchange->id & SLOT_MASK);
    inbox->slots[slot] = NULL;
    inbox->free_slots[inbox->free_count++] = slot;
    if (exchange->mail.is_listed) {
        unlist_mail(inbox, exchange);
    }
    pthread_mutex_unlock(&inbox->lock);
}

bool avs_inbox_has_posts(const struct avs_inbox *inbox) {
    return __atomic_load_n(&inbox->attention, __ATOMIC_ACQUIRE) == POSTED;
}

bool avs_inbox_sleep(struct avs_inbox *inbox) {
    return change(inbox, AWAKE, ASLEEP);
}

void avs_inbox_awake(struct avs_inbox *inbox) {
    (void)change(inbox, ASLEEP, AWAKE);
}
