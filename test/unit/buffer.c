/* SPDX-License-Identifier: Apache-2.0 */
/* The growing buffer: content, ceiling, and what is left after a failure. */
#include "base/buffer.h"

#include "support/test.h"

static void it_grows_and_stays_terminated(void **state) {
    (void)state;
    struct avs_buffer buffer = avs_buffer_init(100000);
    assert_null(buffer.data);
    for (int i = 0; i < 10000; i++) {
        assert_true(avs_buffer_printf(&buffer, "%04d|", i));
        assert_int_equal(buffer.data[buffer.length], '\0');
    }
    assert_int_equal(buffer.length, 50000);
    assert_memory_equal(buffer.data + 5 * 1234, "1234|", 5);
    assert_true(buffer.capacity <= 131072);
    avs_buffer_done(&buffer);
    assert_null(buffer.data);
    assert_int_equal(buffer.length, 0);
    assert_true(avs_buffer_add_text(&buffer, "again")); /* done is empty, not dead */
    avs_buffer_done(&buffer);
}

static void the_ceiling_is_exact_and_final(void **state) {
    (void)state;
    struct avs_buffer buffer = avs_buffer_init(4);
    assert_true(avs_buffer_add(&buffer, "abcd", 4));
    assert_true(avs_buffer_add(&buffer, "", 0));
    assert_false(buffer.is_failed);
    assert_false(avs_buffer_add_text(&buffer, "e"));
    assert_true(buffer.is_failed && buffer.is_over_limit);
    assert_string_equal(buffer.data, "abcd");
    avs_buffer_drop_front(&buffer, 4);
    assert_false(avs_buffer_add_text(&buffer, "f")); /* or a gap would go unseen */
    char *text = NULL;
    struct avs_error error = AVS_ERROR_INIT;
    assert_int_equal(avs_buffer_take_text(&buffer, &text, &error), AVS_ERR_LIMIT);
    assert_null(text);
    avs_buffer_done(&buffer);
}

static void a_printf_that_does_not_fit_adds_nothing(void **state) {
    (void)state;
    struct avs_buffer buffer = avs_buffer_init(6);
    assert_true(avs_buffer_printf(&buffer, "%s", "abc"));
    assert_false(avs_buffer_printf(&buffer, "%s", "defg"));
    assert_true(buffer.is_over_limit);
    assert_int_equal(buffer.length, 3);
    assert_string_equal(buffer.data, "abc");
    avs_buffer_done(&buffer);
}

static void lengths_that_overflow_are_refused(void **state) {
    (void)state;
    struct avs_buffer buffer = avs_buffer_init(16);
    assert_true(avs_buffer_add_text(&buffer, "x"));
    assert_false(avs_buffer_add(&buffer, "y", SIZE_MAX));
    assert_false(avs_buffer_add(&buffer, "y", SIZE_MAX - 1));
    avs_buffer_done(&buffer);
}

static void dropping_the_front_keeps_the_rest(void **state) {
    (void)state;
    struct avs_buffer buffer = avs_buffer_init(100);
    avs_buffer_drop_front(&buffer, 3); /* nothing there */
    assert_true(avs_buffer_add(&buffer, "ab\0cd", 5));
    avs_buffer_drop_front(&buffer, 0);
    avs_buffer_drop_front(&buffer, 2);
    assert_int_equal(buffer.length, 3);
    assert_memory_equal(buffer.data, "\0cd", 4);
    avs_buffer_drop_front(&buffer, 99);
    assert_int_equal(buffer.length, 0);
    assert_true(avs_buffer_add_text(&buffer, "new"));
    assert_string_equal(buffer.data, "new");
    avs_buffer_done(&buffer);
}

static void text_is_handed_over_once(void **state) {
    (void)state;
    struct avs_buffer buffer = avs_buffer_init(100);
    char *text = NULL;
    assert_int_equal(avs_buffer_take_text(&buffer, &text, NULL), AVS_OK);
    assert_string_equal(text, "");
    free(text);
    assert_true(avs_buffer_add_text(&buffer, "hello"));
    assert_int_equal(avs_buffer_take_text(&buffer, &text, NULL), AVS_OK);
    assert_string_equal(text, "hello");
    free(text);
    assert_int_equal(buffer.length, 0);
    assert_int_equal(buffer.limit_bytes, 100);
    avs_buffer_done(&buffer);
}

static void memory_that_runs_out_keeps_the_content(void **state) {
    (void)state;
    TEST_EACH_ALLOCATION(n, 10) {
        struct avs_buffer buffer = avs_buffer_init(4096);
        char *text = NULL;
        bool is_first = avs_buffer_add_text(&buffer, "first");
        static const char more[1000] = "more";
        bool is_second = is_first && avs_buffer_add(&buffer, more, sizeof(more));
        if (is_first && !is_second) {
            assert_string_equal(buffer.data, "first");
        }
        enum avs_status status = avs_buffer_take_text(&buffer, &text, NULL);
        assert_int_equal(status, is_second ? AVS_OK : AVS_ERR_NO_MEMORY);
        free(text);
        avs_buffer_done(&buffer);
    }
}

static void a_word_is_one_argument_for_a_shell(void **state) {
    (void)state;
    static const struct {
        const char *word, *quoted;
    } rows[] = {
        {"/etc/ssl/certs", "/etc/ssl/certs"},
        {"", "''"},
        {"my image", "'my image'"},
        {"it's", "'it'\\''s'"},
        {"'", "''\\'''"},
        {"$(reboot)`x`;*?!", "'$(reboot)`x`;*?!'"},
        {"~root", "'~root'"},
        {"=ls", "'=ls'"},
        {"caf\xc3\xa9", "'caf\xc3\xa9'"},
        {"a\033]0;x\007", "$'a\\033]0;x\\007'"},
        {"a\nb'c\\d", "$'a\\012b\\'c\\\\d'"},
        {"\xff\xe2\x80\xae.pem", "$'\\377\\342\\200\\256.pem'"}, /* no UTF-8; an override */
    };
    for (size_t i = 0; i < AVS_COUNT(rows); i++) {
        struct avs_buffer buffer = avs_buffer_init(100);
        assert_true(avs_buffer_add_word(&buffer, rows[i].word));
        assert_string_equal(buffer.data, rows[i].quoted);
        avs_buffer_done(&buffer);
    }
    struct avs_buffer full = avs_buffer_init(3);
    assert_false(avs_buffer_add_word(&full, "a b"));
    avs_buffer_done(&full);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_grows_and_stays_terminated),
        cmocka_unit_test(the_ceiling_is_exact_and_final),
        cmocka_unit_test(a_word_is_one_argument_for_a_shell),
        cmocka_unit_test(a_printf_that_does_not_fit_adds_nothing),
        cmocka_unit_test(lengths_that_overflow_are_refused),
        cmocka_unit_test(dropping_the_front_keeps_the_rest),
        cmocka_unit_test(text_is_handed_over_once),
        cmocka_unit_test(memory_that_runs_out_keeps_the_content),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
