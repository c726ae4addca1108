/* SPDX-License-Identifier: Apache-2.0 */
/* Who wakes the loop: the first post that finds it asleep, and nobody else. Each wake-up that is
 * not needed costs two system calls and a turn of the loop. */
#include "client/inbox.h"

#include "support/outcome.h"
#include "support/test.h"

#define URL "https://avs.example/"

struct fixture {
    struct avs_inbox inbox;
    struct avs_exchange_memo memo;
    struct outcome outcome;
    struct avs_exchange *exchange;
    uint64_t id;
};

static void begin(struct fixture *f) {
    *f = (struct fixture){.memo.lock = PTHREAD_MUTEX_INITIALIZER};
    outcome_init(&f->outcome);
    struct avs_error error = AVS_ERROR_INIT;
    const struct avs_request request = outcome_request(&f->outcome, URL, false);
    assert_int_equal(avs_inbox_init(&f->inbox, &error), AVS_OK);
    assert_int_equal(avs_exchange_new(&f->memo, &request, &f->exchange, &error), AVS_OK);
}

static bool submit(struct fixture *f) {
    bool is_wakeup_needed = false;
    struct avs_error error = AVS_ERROR_INIT;
    assert_int_equal(avs_inbox_submit(&f->inbox, f->exchange, &f->id, &is_wakeup_needed, &error),
                     AVS_OK);
    return is_wakeup_needed;
}

static struct avs_exchange *take(struct fixture *f) {
    bool has_mail, is_shut_down;
    return avs_inbox_take_submitted(&f->inbox, &has_mail, &is_shut_down);
}

static void end(struct fixture *f) {
    avs_inbox_forget(&f->inbox, f->exchange);
    avs_exchange_free(f->exchange);
    avs_inbox_done(&f->inbox);
}

static void a_loop_at_work_is_not_woken(void **state) {
    (void)state;
    struct fixture f;
    begin(&f);
    assert_false(submit(&f));
    assert_true(avs_inbox_has_posts(&f.inbox));
    assert_false(avs_inbox_sleep(&f.inbox)); /* something is left to take */
    assert_ptr_equal(take(&f), f.exchange);
    assert_false(avs_inbox_has_posts(&f.inbox));
    assert_true(avs_inbox_sleep(&f.inbox));
    end(&f);
}

static void a_sleeping_loop_is_woken_once(void **state) {
    (void)state;
    struct fixture f;
    begin(&f);
    assert_true(avs_inbox_sleep(&f.inbox));
    assert_true(submit(&f));
    assert_false(avs_inbox_cancel(&f.inbox, f.id));
    assert_false(avs_inbox_shut_down(&f.inbox));
    avs_inbox_awake(&f.inbox); /* the wake-up came through */
    assert_true(avs_inbox_has_posts(&f.inbox));
    assert_ptr_equal(take(&f), f.exchange);
    end(&f);
}

static void what_else_ends_the_sleep_spares_the_wake_up(void **state) {
    (void)state;
    struct fixture f;
    begin(&f);
    assert_true(avs_inbox_sleep(&f.inbox));
    avs_inbox_awake(&f.inbox); /* an answer came, say */
    assert_false(avs_inbox_has_posts(&f.inbox));
    assert_false(submit(&f));
    assert_ptr_equal(take(&f), f.exchange);
    assert_true(avs_inbox_sleep(&f.inbox));
    assert_true(avs_inbox_resume(&f.inbox, f.id));
    avs_inbox_awake(&f.inbox);
    struct avs_mail mail;
    assert_null(take(&f));
    assert_true(avs_inbox_take_mail(&f.inbox, &mail));
    assert_true(mail.exchange == f.exchange && mail.is_resume_wanted && !mail.is_cancel_wanted);
    assert_false(avs_inbox_cancel(&f.inbox, 12345)); /* nobody's */
    assert_true(avs_inbox_sleep(&f.inbox));
    end(&f);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_loop_at_work_is_not_woken),
        cmocka_unit_test(a_sleeping_loop_is_woken_once),
        cmocka_unit_test(what_else_ends_the_sleep_spares_the_wake_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
