/* SPDX-License-Identifier: Apache-2.0 */
/* The scanner says what the SDK's parser says: accept or refuse, the words, the byte offset. Every
 * row was run on rapidjson 1.1.0 as the SDK bundles it. */
#include "conf/scan.h"
#include "support/test.h"

struct row {
    const char *text;
    long offset; /* -1: accepted */
    const char *words;
};

#define NAME         "Missing a name for object member."
#define COLON        "Missing a colon after a name of object member."
#define OBJECT_COMMA "Missing a comma or '}' after an object member."
#define ARRAY_COMMA  "Missing a comma or ']' after an array element."
#define VALUE        "Invalid value."
#define AFTER_ROOT   "The document root must not be followed by other values."
#define EMPTY        "The document is empty."
#define COMMENT      "Unspecific syntax error."
#define ESCAPE       "Invalid escape character in string."
#define HEX          "Incorrect hex digit after \\u escape in string."
#define SURROGATE    "The surrogate pair in string is invalid."
#define QUOTE        "Missing a closing quotation mark in string."
#define TOO_BIG      "Number too big to be stored in double."

static const struct row with_comments[] = {
    {"{}", -1, NULL},
    {" {\"a\":{\"b\":[1,-2.5e3,true,false,null,\"x\"]}} \n", -1, NULL},
    {"{\"a\":1,}", 7, NAME},
    {"{\"a\":1, // c\n }", 14, NAME},
    {"{\"a\":[1,]}", 8, VALUE},
    {"{\"a\":true\n \"endpoint\":\"x\"}", 11, OBJECT_COMMA},
    {"{\"a\":1, \"endpoint\" https://h}", 19, COLON},
    {"{\"endpoint\": https://h}", 13, VALUE},
    {"{\"a\":1", 6, OBJECT_COMMA},
    {"{\"a\":{\"b\":1}", 12, OBJECT_COMMA},
    {"{\"a\":[1", 7, ARRAY_COMMA},
    {"{\"a\":[1 2]}", 8, ARRAY_COMMA},
    {"{\xE2\x80\x9C"
     "a\xE2\x80\x9D:1}",
     1, NAME},
    {"{'a':1}", 1, NAME},
    {"{# c\n\"a\":1}", 1, NAME},
    {"{} x", 3, AFTER_ROOT},
    {"{}{}", 2, AFTER_ROOT},
    {"{} // end\n/* end */", -1, NULL},
    {"// head\n/**/{/*a*/\"a\"/*b*/:/***/1/**/,//\n\"b\":2}", -1, NULL},
    {"", 0, EMPTY},
    {"// only\n/* comments */\n", 23, EMPTY},
    {"{/* x", 5, COMMENT},
    {"/* x *", 6, COMMENT},
    {"{ / }", 3, COMMENT},
    {"\xEF\xBB\xBF{}", 0, VALUE},
    {"{\"a\":\"x\ty\"}", 7, ESCAPE},
    {"{\"a\":\"x\ny\"}", 7, ESCAPE},
    {"{\"a\":\"C:\\Alexa\"}", 8, ESCAPE},
    {"{\"a\":\"\\u12G4\"}", 6, HEX},
    {"{\"a\":\"\\uD83Dx\"}", 6, SURROGATE},
    {"{\"a\":\"\\uD83D\\u0041\"}", 6, SURROGATE},
    {"{\"a\":\"\\uD83D\\uDE00\\n\\/\"}", -1, NULL},
    {"{\"a\":\"x", 7, QUOTE},
    {"{\"a\":1,\"a\":2}", -1, NULL},
    {"{\"a\":None}", 5, VALUE},
    {"{\"a\":nul}", 8, VALUE},
    {"{\"a\":True}", 5, VALUE},
    {"{\"a\":}", 5, VALUE},
    {"{\"a\"}", 4, COLON},
    {"{,}", 1, NAME},
    {"{\"a\":1,,\"b\":2}", 7, NAME},
    {"{\"a\":01}", 6, OBJECT_COMMA},
    {"{\"a\":-}", 6, VALUE},
    {"{\"a\":1.}", 7, "Miss fraction part in number."},
    {"{\"a\":1e}", 7, "Miss exponent in number."},
    {"{\"a\":1e309}", 5, TOO_BIG},
    {"{\"a\":0.001e311}", -1, NULL},
    {"{\"a\":1e-999999999999}", -1, NULL},
    {"{\"a\":18446744073709551616}", -1, NULL},
    {"[]", -1, NULL},
    {"\"text\"", -1, NULL},
    {"\x80", 0, VALUE},
    {"{\"\xFF\":\"\xFE\"}", -1, NULL},
};

static void check_row(const struct row *row, bool has_comments) {
    struct avs_conf_doc doc;
    assert_int_equal(avs_conf_scan(row->text, strlen(row->text), has_comments, &doc, NULL), AVS_OK);
    if (row->offset < 0) {
        if (doc.fault != AVS_CONF_FAULT_NONE) {
            fail_msg("%s: refused: %s", row->text, avs_conf_fault_text(doc.fault));
        }
    } else if (doc.fault == AVS_CONF_FAULT_NONE || doc.fault_offset != (size_t)row->offset ||
               strcmp(avs_conf_fault_text(doc.fault), row->words) != 0) {
        fail_msg("%s: '%s' at %zu, not '%s' at %ld", row->text, avs_conf_fault_text(doc.fault),
                 doc.fault_offset, row->words, row->offset);
    }
    avs_conf_doc_done(&doc);
}

static void agrees_with_the_sdks_parser(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof(with_comments) / sizeof(with_comments[0]); i++) {
        check_row(&with_comments[i], true);
    }
}

static void sdk_1_2_refuses_comments(void **state) {
    (void)state;
    static const struct row rows[] = {
        {"// c\n{}", 0, VALUE},     {"{ // c\n}", 2, NAME},  {"{\"a\":1 /* c */}", 7, OBJECT_COMMA},
        {"{} // c", 3, AFTER_ROOT}, {"{\"a\":1}", -1, NULL},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        check_row(&rows[i], false);
    }
}

static void a_nul_byte_is_the_end_as_in_the_sdk(void **state) {
    (void)state;
    static const char after_root[] = "{}\0rubbish";
    static const char inside[] = "{\"a\":\0 1}";
    struct avs_conf_doc doc;
    assert_int_equal(avs_conf_scan(after_root, sizeof(after_root) - 1, true, &doc, NULL), AVS_OK);
    assert_int_equal(doc.fault, AVS_CONF_FAULT_NONE);
    avs_conf_doc_done(&doc);
    assert_int_equal(avs_conf_scan(inside, sizeof(inside) - 1, true, &doc, NULL), AVS_OK);
    assert_int_equal(doc.fault, AVS_CONF_FAULT_VALUE);
    assert_int_equal(doc.fault_offset, 5);
    avs_conf_doc_done(&doc);
}

/* A file cut anywhere is refused at its end or before, and never read past. */
static void every_prefix_is_scanned_safely(void **state) {
    (void)state;
    static const char text[] =
        "// c\n{\"a\":{\"b\":[1,-2.5e3,true,\"\\uD83D\\uDE00\"]},/**/\"c\":null}";
    for (size_t length = 0; length < sizeof(text) - 1; length++) {
        char *copy = malloc(length ? length : 1); /* exact, so that a sanitizer sees an overrun */
        struct avs_conf_doc doc;
        memcpy(copy, text, length);
        assert_int_equal(avs_conf_scan(copy, length, true, &doc, NULL), AVS_OK);
        assert_int_not_equal(doc.fault, AVS_CONF_FAULT_NONE);
        assert_true(doc.fault_offset <= length);
        avs_conf_doc_done(&doc);
        free(copy);
    }
}

static void spans_cover_keys_and_values(void **state) {
    (void)state;
    static const char text[] = "{ \"a\" : { \"b\\u0063\" : [ 1 , \"x\" ] } , \"a\" : 2 }";
    struct avs_conf_doc doc;
    assert_int_equal(avs_conf_scan(text, sizeof(text) - 1, true, &doc, NULL), AVS_OK);
    uint32_t a = avs_conf_find(&doc, 0, "a");
    uint32_t bc = avs_conf_find(&doc, a, "bc");
    assert_int_equal(doc.nodes[a].type, AVS_CONF_OBJECT);
    assert_int_equal(doc.nodes[bc].type, AVS_CONF_ARRAY);
    assert_memory_equal(text + doc.nodes[bc].start, "[ 1 , \"x\" ]",
                        doc.nodes[bc].end - doc.nodes[bc].start);
    assert_memory_equal(text + doc.nodes[bc].key_start, "\"b\\u0063\"", 9);
    assert_int_equal(avs_conf_find(&doc, 0, "b"), AVS_CONF_NONE);
    assert_int_equal(avs_conf_find(&doc, bc, "x"), AVS_CONF_NONE);
    assert_int_equal(avs_conf_find(&doc, AVS_CONF_NONE, "x"), AVS_CONF_NONE);
    avs_conf_doc_done(&doc);
}

static void strings_are_decoded_as_the_sdk_does(void **state) {
    (void)state;
    static const char text[] = "\"a\\n\\/\\\\\\u00e9\\u20AC\\uD83D\\uDE00\\uDC00z\"";
    static const char want[] = "a\n/\\\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80\xED\xB0\x80z";
    struct avs_conf_doc doc;
    assert_int_equal(avs_conf_scan(text, sizeof(text) - 1, true, &doc, NULL), AVS_OK);
    struct avs_buffer decoded = avs_buffer_init(1000);
    avs_conf_decode(&doc, doc.nodes[0].start, doc.nodes[0].end, &decoded);
    assert_string_equal(decoded.data, want);
    avs_buffer_done(&decoded);
    avs_conf_doc_done(&doc);
}

static void nesting_has_a_ceiling(void **state) {
    (void)state;
    char text[2 * (AVS_CONF_DEPTH_MAX + 1)];
    struct avs_conf_doc doc;
    for (size_t depth = AVS_CONF_DEPTH_MAX; depth <= AVS_CONF_DEPTH_MAX + 1; depth++) {
        memset(text, '[', depth);
        memset(text + depth, ']', depth);
        assert_int_equal(avs_conf_scan(text, 2 * depth, true, &doc, NULL), AVS_OK);
        assert_int_equal(doc.fault, depth > AVS_CONF_DEPTH_MAX ? AVS_CONF_FAULT_TOO_DEEP
                                                               : AVS_CONF_FAULT_NONE);
        avs_conf_doc_done(&doc);
    }
    struct avs_error error = AVS_ERROR_INIT;
    assert_int_equal(avs_conf_scan("", AVS_CONF_FILE_BYTES_MAX + 1, true, &doc, &error),
                     AVS_ERR_LIMIT);
}

static void places_count_lines_and_characters(void **state) {
    (void)state;
    static const char text[] = "a\r\n\xC3\xA9x\n";
    unsigned line = 0, column = 0;
    avs_conf_place(text, sizeof(text) - 1, 5, &line, &column);
    assert_int_equal(line, 2);
    assert_int_equal(column, 2);
    avs_conf_place(text, sizeof(text) - 1, 100, &line, &column);
    assert_int_equal(line, 3);
    assert_int_equal(column, 1);
}

static void out_of_memory_leaves_nothing_behind(void **state) {
    (void)state;
    static const char text[] =
        "[0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,"
        "0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0]";
    TEST_EACH_ALLOCATION(n, 20) {
        struct avs_conf_doc doc;
        enum avs_status status = avs_conf_scan(text, sizeof(text) - 1, true, &doc, NULL);
        assert_true(status == AVS_OK || status == AVS_ERR_NO_MEMORY);
        avs_conf_doc_done(&doc);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(agrees_with_the_sdks_parser),
        cmocka_unit_test(sdk_1_2_refuses_comments),
        cmocka_unit_test(a_nul_byte_is_the_end_as_in_the_sdk),
        cmocka_unit_test(every_prefix_is_scanned_safely),
        cmocka_unit_test(spans_cover_keys_and_values),
        cmocka_unit_test(strings_are_decoded_as_the_sdk_does),
        cmocka_unit_test(nesting_has_a_ceiling),
        cmocka_unit_test(places_count_lines_and_characters),
        cmocka_unit_test(out_of_memory_leaves_nothing_behind),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
