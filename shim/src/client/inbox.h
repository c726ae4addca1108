/* SPDX-License-Identifier: Apache-2.0 */
/* What other threads leave for the loop: new exchanges, and mail (cancel, resume) for known ones.
 * Finding an exchange by id, marking it and listing it allocate nothing, so cancel and resume
 * cannot fail. One mutex, never held across a callback or a system call. */
#ifndef AVS_CLIENT_INBOX_H
#define AVS_CLIENT_INBOX_H

#include <pthread.h>

#include "client/exchange.h"

struct avs_inbox {
    pthread_mutex_t lock;
    /* Behind the lock. */
    struct avs_exchange **slots; /* unfinished exchanges; the low bits of an id name the slot */
    size_t slot_capacity;
    uint16_t *free_slots; /* a stack */
    size_t free_count;
    uint64_t next_sequence;
    struct avs_exchange *submitted_first, *submitted_last; /* by mail.submitted_next */
    struct avs_exchange *mail_first, *mail_last;           /* by mail.next */
    bool is_shut_down;
    int attention; /* an atomic: whether the loop must be woken for a post, see inbox.c */
};

struct avs_mail {
    struct avs_exchange *exchange;
    bool is_cancel_wanted;
    bool is_resume_wanted;
};

AVS_NODISCARD enum avs_status avs_inbox_init(struct avs_inbox *inbox, struct avs_error *reterr);
/* No exchange may be left in it. */
void avs_inbox_done(struct avs_inbox *inbox);

/* Each returns whether the loop must be woken. Thread: any. */
AVS_NODISCARD enum avs_status avs_inbox_submit(struct avs_inbox *inbox,
                                               struct avs_exchange *exchange, uint64_t *ret_id,
                                               bool *ret_is_wakeup_needed,
                                               struct avs_error *reterr);
bool avs_inbox_cancel(struct avs_inbox *inbox, uint64_t id);
bool avs_inbox_resume(struct avs_inbox *inbox, uint64_t id);
bool avs_inbox_shut_down(struct avs_inbox *inbox);

/* The loop's side. Take the new exchanges as a list by mail.submitted_next, oldest first. */
struct avs_exchange *avs_inbox_take_submitted(struct avs_inbox *inbox, bool *ret_has_mail,
                                              bool *ret_is_shut_down);
/* Take one exchange's mail; false when there is none. Mail for a new exchange waits until that was
 * taken. */
bool avs_inbox_take_mail(struct avs_inbox *inbox, struct avs_mail *ret_mail);
/* Forget an exchange: its id is stale from now on. */
void avs_inbox_forget(struct avs_inbox *inbox, struct avs_exchange *exchange);
/* Something was posted that was not taken yet. No lock: a hint. */
bool avs_inbox_has_posts(const struct avs_inbox *inbox);
/* May the loop sleep? True: nothing waits in here, and the next post asks for a wake-up, once. */
bool avs_inbox_sleep(struct avs_inbox *inbox);
/* Something else has ended the loop's sleep: a post need not wake it. */
void avs_inbox_awake(struct avs_inbox *inbox);

#endif
