/* SPDX-License-Identifier: Apache-2.0 */
/* Edits leave every other byte alone: what is inserted goes in by the file's own style and comes
 * out again to the byte; the differences that are reported are all there are. */
#include "conf/config.h"
#include "edit/diff.h"
#include "edit/edit.h"
#include "report/diff_text.h"
#include "support/test.h"

#define URL  "\"https://h\""
#define TEXT "sampleApp"

static char *insert(const char *text) {
    struct avs_conf_doc doc;
    struct avs_buffer out = avs_buffer_init(AVS_CONF_FILE_BYTES_MAX);
    char *result = NULL;
    assert_int_equal(avs_conf_scan(text, strlen(text), true, &doc, NULL), AVS_OK);
    assert_int_equal(doc.fault, AVS_CONF_FAULT_NONE);
    avs_conf_edit_insert(&doc, avs_conf_find(&doc, 0, TEXT), TEXT, "endpoint", URL, &out);
    assert_int_equal(avs_buffer_take_text(&out, &result, NULL), AVS_OK);
    avs_conf_doc_done(&doc);
    return result;
}

static char *take_out(const char *text) {
    struct avs_conf_doc doc;
    struct avs_buffer out = avs_buffer_init(AVS_CONF_FILE_BYTES_MAX);
    char *result = NULL;
    assert_int_equal(avs_conf_scan(text, strlen(text), true, &doc, NULL), AVS_OK);
    if (doc.fault != AVS_CONF_FAULT_NONE) {
        fail_msg("does not parse: %s", text);
    }
    uint32_t node = avs_conf_find(&doc, avs_conf_find(&doc, 0, TEXT), "endpoint");
    assert_int_not_equal(node, AVS_CONF_NONE);
    avs_conf_edit_remove(&doc, node, &out);
    assert_int_equal(avs_buffer_take_text(&out, &result, NULL), AVS_OK);
    avs_conf_doc_done(&doc);
    return result;
}

/* before, after insertion */
static const char *const shapes[][2] = {
    /* the shipped template's: no comma after the last member, comments behind it */
    {"{\n    \"sampleApp\":{\n        // cards\n        \"displayCardsSupported\":true\n"
     "        // e.g. \"endpoint\": \"https://x\"\n\n        // more\n    }\n}\n",
     "{\n    \"sampleApp\":{\n        // cards\n        \"displayCardsSupported\":true,\n"
     "        \"endpoint\":\"https://h\"\n        // e.g. \"endpoint\": \"https://x\"\n\n"
     "        // more\n    }\n}\n"},
    /* a comment on the last member's line stays with it */
    {"{\n  \"sampleApp\": {\n    \"x\": true // why\n  }\n}",
     "{\n  \"sampleApp\": {\n    \"x\": true, // why\n    \"endpoint\": \"https://h\"\n  }\n}"},
    {"{\n  \"sampleApp\": {\n    \"x\": true /* a */ /* b */  \n  }\n}",
     "{\n  \"sampleApp\": {\n    \"x\": true, /* a */ /* b */  \n    \"endpoint\": \"https://h\"\n"
     "  }\n}"},
    {"{\n  \"sampleApp\": {\n    \"x\": true /* a\n b */\n  }\n}",
     "{\n  \"sampleApp\": {\n    \"x\": true,\n    \"endpoint\": \"https://h\" /* a\n b */\n  "
     "}\n}"},
    /* CR LF, tabs */
    {"{\r\n\t\"sampleApp\": {\r\n\t\t\"x\": true\r\n\t}\r\n}\r\n",
     "{\r\n\t\"sampleApp\": {\r\n\t\t\"x\": true,\r\n\t\t\"endpoint\": "
     "\"https://h\"\r\n\t}\r\n}\r\n"},
    /* the closing bracket on the last member's line */
    {"{\n  \"sampleApp\": {\n    \"x\": true }\n}",
     "{\n  \"sampleApp\": {\n    \"x\": true,\n    \"endpoint\": \"https://h\" }\n}"},
    /* one line */
    {"{\"sampleApp\":{\"x\":1}}", "{\"sampleApp\":{\"x\":1,\"endpoint\":\"https://h\"}}"},
    {"{ \"sampleApp\" : { \"x\" : 1 } }",
     "{ \"sampleApp\" : { \"x\" : 1, \"endpoint\" : \"https://h\" } }"},
    /* an empty section */
    {"{\"sampleApp\":{}}", "{\"sampleApp\":{\"endpoint\": \"https://h\"}}"},
    {"{\"sampleApp\":{ }}", "{\"sampleApp\":{\"endpoint\": \"https://h\" }}"},
    {"{\n  \"sampleApp\": {\n  }\n}", "{\n  \"sampleApp\": {\"endpoint\": \"https://h\"\n  }\n}"},
    {"{\n  \"sampleApp\": {\n    // only a comment\n  }\n}",
     "{\n  \"sampleApp\": {\n    // only a comment\n    \"endpoint\": \"https://h\"\n  }\n}"},
    {"{\"sampleApp\":{ /* c */ }}", "{\"sampleApp\":{\"endpoint\": \"https://h\" /* c */ }}"},
    {"{\"sampleApp\":{ // c\n}}", "{\"sampleApp\":{ // c\n    \"endpoint\": \"https://h\"\n}}"},
    /* no section */
    {"{}", "{\"sampleApp\": { \"endpoint\": \"https://h\" }}"},
    {"{\n}", "{\"sampleApp\": { \"endpoint\": \"https://h\" }\n}"},
    {"{\n  // c\n}\n",
     "{\n  // c\n    \"sampleApp\": {\n        \"endpoint\": \"https://h\"\n    }\n}\n"},
    {"{\"a\":1}", "{\"a\":1,\"sampleApp\":{ \"endpoint\":\"https://h\" }}"},
    {"{\n\t\"a\": {\n\t\t\"b\": 1\n\t}\n}", "{\n\t\"a\": {\n\t\t\"b\": 1\n\t},\n\t\"sampleApp\": "
                                            "{\n\t\t\"endpoint\": \"https://h\"\n\t}\n}"},
    {"{\n  \"a\": {\n      \"b\": 1\n  } // end of a\n} // end",
     "{\n  \"a\": {\n      \"b\": 1\n  }, // end of a\n  \"sampleApp\": {\n      \"endpoint\": "
     "\"https://h\"\n  }\n} // end"},
    /* found by fuzzing: comments that end in two carriage returns */
    {"{//\r\r\n}",
     "{//\r\n    \"sampleApp\": {\r\n        \"endpoint\": \"https://h\"\r\n    }\r\r\n}"},
    {"{\n  \"a\": 1 // \r\r\n}",
     "{\n  \"a\": 1, // \n  \"sampleApp\": {\n    \"endpoint\": \"https://h\"\n  }\r\r\n}"},
    {"{\n\"a\":1\n}", "{\n\"a\":1,\n\"sampleApp\":{\n    \"endpoint\":\"https://h\"\n}\n}"},
};

static void insertion_follows_the_files_style(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++) {
        char *edited = insert(shapes[i][0]);
        assert_string_equal(edited, shapes[i][1]);
        free(edited);
    }
}

static void removal_undoes_insertion_to_the_byte(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++) {
        char *removed = take_out(shapes[i][1]);
        assert_string_equal(removed, shapes[i][0]);
        free(removed);
    }
}

static void removal_leaves_comments_and_neighbours(void **state) {
    (void)state;
    static const char *const rows[][2] = {
        {"{\"sampleApp\":{\"endpoint\":\"x\",\"y\":1}}", "{\"sampleApp\":{\"y\":1}}"},
        {"{\"sampleApp\":{\"endpoint\":\"x\" , \"y\":1}}", "{\"sampleApp\":{  \"y\":1}}"},
        {"{\"sampleApp\":{\n  \"endpoint\": \"x\",\n  \"y\": 1\n}}",
         "{\"sampleApp\":{\n  \"y\": 1\n}}"},
        {"{\"sampleApp\":{\n  \"endpoint\": \"x\", // mine\n  \"y\": 1\n}}",
         "{\"sampleApp\":{\n  // mine\n  \"y\": 1\n}}"},
        {"{\"sampleApp\":{\n  \"endpoint\": \"x\" /* m */,\n  \"y\": 1\n}}",
         "{\"sampleApp\":{\n   /* m */\n  \"y\": 1\n}}"},
        {"{\"sampleApp\":{\r\n  \"y\":1,\r\n  \"endpoint\": \"x\",\r\n  \"z\": 1\r\n}}",
         "{\"sampleApp\":{\r\n  \"y\":1,\r\n  \"z\": 1\r\n}}"},
        {"{\"sampleApp\":{\"y\":1, /* c */ \"endpoint\":\"x\"}}",
         "{\"sampleApp\":{\"y\":1 /* c */}}"},
        {"{\"sampleApp\":{\"y\":1 // c\n , \"endpoint\":\"x\"}}",
         "{\"sampleApp\":{\"y\":1 // c\n }}"},
        /* what follows must not slip into the comment above */
        {"{\"sampleApp\":{\"y\":1, // c\n \"endpoint\":\"x\"}}",
         "{\"sampleApp\":{\"y\":1 // c\n }}"},
        {"{\"sampleApp\":{ // c\n \"endpoint\":\"x\"\r}}", "{\"sampleApp\":{ // c\n \r}}"},
        {"{\"sampleApp\":{ // c\n \"endpoint\":\"x\"}}", "{\"sampleApp\":{ // c\n }}"},
        {"{\n  \"sampleApp\": {\n    \"endpoint\": \"x\"\n  },\n  \"a\": 1\n}", "{\n  \"a\": 1\n}"},
        {"{\n  \"a\": 1,\n  \"sampleApp\": {\n    // mine\n    \"endpoint\": \"x\"\n  }\n}",
         "{\n  \"a\": 1,\n  \"sampleApp\": {\n    // mine\n  }\n}"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char *removed = take_out(rows[i][0]);
        struct avs_conf_doc doc;
        assert_string_equal(removed, rows[i][1]);
        assert_int_equal(avs_conf_scan(removed, strlen(removed), true, &doc, NULL), AVS_OK);
        assert_int_equal(doc.fault, AVS_CONF_FAULT_NONE);
        avs_conf_doc_done(&doc);
        free(removed);
    }
}

/* Apply the changes to the old text by hand: the result must be the new text. */
static void check_diff(const char *old_text, const char *new_text, size_t changes) {
    struct avs_conf_diff diff;
    struct avs_buffer rebuilt = avs_buffer_init(1000000);
    size_t at = 0;
    assert_int_equal(
        avs_conf_diff_make(old_text, strlen(old_text), new_text, strlen(new_text), &diff, NULL),
        AVS_OK);
    assert_int_equal(diff.count, changes);
    for (size_t i = 0; i < diff.count; i++) {
        avs_buffer_add(&rebuilt, old_text + at, diff.changes[i].old_offset - at);
        avs_buffer_add(&rebuilt, new_text + diff.changes[i].new_offset, diff.changes[i].inserted);
        at = diff.changes[i].old_offset + diff.changes[i].removed;
    }
    avs_buffer_add(&rebuilt, old_text + at, strlen(old_text) - at);
    assert_string_equal(rebuilt.data, new_text);
    avs_buffer_done(&rebuilt);
    avs_conf_diff_done(&diff);
}

static void a_difference_rebuilds_the_new_text(void **state) {
    (void)state;
    check_diff("", "", 0);
    check_diff("a\nb\n", "a\nb\n", 0);
    check_diff("", "a", 1);
    check_diff("a", "", 1);
    check_diff("a\nb\nc\n", "a\nc\n", 1);
    check_diff("a\nb\nc\n", "a\nx\nb\nc\ny\n", 2);
    check_diff("1\n2\n3\n4\n5\n6\n7\n8\n", "1\n3\n4\n5x\n6\n7\n8\n9", 3);
    check_diff("\xC3\xA9\n", "\xC3\xA8\n", 1);
    for (size_t i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++) {
        struct avs_conf_diff diff;
        assert_int_equal(avs_conf_diff_make(shapes[i][0], strlen(shapes[i][0]), shapes[i][1],
                                            strlen(shapes[i][1]), &diff, NULL),
                         AVS_OK);
        size_t count = diff.count;
        avs_conf_diff_done(&diff);
        check_diff(shapes[i][0], shapes[i][1], count);
    }
}

static void texts_that_have_little_in_common_are_one_change(void **state) {
    (void)state;
    enum { LINES = 2000 };
    char *old_text = malloc(LINES * 8), *new_text = malloc(LINES * 8);
    size_t old_length = 0, new_length = 0;
    for (int i = 0; i < LINES; i++) {
        old_length += (size_t)sprintf(old_text + old_length, "a%d\n", i);
        new_length += (size_t)sprintf(new_text + new_length, "b%d\n", i);
    }
    check_diff(old_text, new_text, 1);
    free(old_text);
    free(new_text);
}

static void a_difference_is_cut_at_characters(void **state) {
    (void)state;
    struct avs_conf_diff diff;
    assert_int_equal(avs_conf_diff_make("x\xC3\xA9y", 4, "x\xC3\xA8y", 4, &diff, NULL), AVS_OK);
    assert_int_equal(diff.changes[0].old_offset, 1);
    assert_int_equal(diff.changes[0].removed, 2);
    avs_conf_diff_done(&diff);
}

static void the_printed_difference_is_a_unified_diff(void **state) {
    (void)state;
    static const char old_text[] = "1\n2\n3\n4\n5\n6\n7\n8\n9\nlast";
    static const char new_text[] = "1\n2\n3\n4\nX\n6\n7\n8\n9\nlast!";
    struct avs_conf_diff diff;
    struct avs_buffer out = avs_buffer_init(100000);
    assert_int_equal(
        avs_conf_diff_make(old_text, strlen(old_text), new_text, strlen(new_text), &diff, NULL),
        AVS_OK);
    avs_diff_to_text(&diff, "f", old_text, strlen(old_text), new_text, strlen(new_text), &out);
    assert_string_equal(out.data,
                        "--- f\n+++ f\n@@ -2,9 +2,9 @@\n 2\n 3\n 4\n-5\n+X\n 6\n 7\n 8\n 9\n"
                        "-last\n\\ No newline at end of file\n"
                        "+last!\n\\ No newline at end of file\n");
    avs_buffer_done(&out);
    avs_conf_diff_done(&diff);
}

static void out_of_memory_leaves_nothing_behind(void **state) {
    (void)state;
    TEST_EACH_ALLOCATION(n, 50) {
        struct avs_conf_diff diff = {0};
        enum avs_status status = avs_conf_diff_make("a\nb\n", 4, "a\nc\nd\n", 6, &diff, NULL);
        assert_true(status == AVS_OK || status == AVS_ERR_NO_MEMORY);
        if (status == AVS_OK) {
            struct avs_buffer out = avs_buffer_init(1000);
            avs_diff_to_text(&diff, "f", "a\nb\n", 4, "a\nc\nd\n", 6, &out);
            avs_buffer_done(&out);
        }
        avs_conf_diff_done(&diff);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(insertion_follows_the_files_style),
        cmocka_unit_test(removal_undoes_insertion_to_the_byte),
        cmocka_unit_test(removal_leaves_comments_and_neighbours),
        cmocka_unit_test(a_difference_rebuilds_the_new_text),
        cmocka_unit_test(texts_that_have_little_in_common_are_one_change),
        cmocka_unit_test(a_difference_is_cut_at_characters),
        cmocka_unit_test(the_printed_difference_is_a_unified_diff),
        cmocka_unit_test(out_of_memory_leaves_nothing_behind),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
