/* SPDX-License-Identifier: Apache-2.0 */
/* Evidence survives the way to JSON and back, byte for byte; what is no evidence is refused with
 * the place named. */
#include <avs/evidence.h>
#include <avs/report.h>

#include "report/evidence_fields.h"
#include "support/test.h"

/* Give every field of the tables a value of its own, so that a field without a row shows. */
static void fill(const struct avs_fields *fields, char *base, int *counter) {
    for (size_t i = 0; i < fields->count; i++) {
        const struct avs_field *row = &fields->rows[i];
        void *field = base + row->offset;
        int n = ++*counter;
        switch (row->kind) {
        case AVS_FIELD_TEXT:
            snprintf(field, row->size, "t%d", n);
            break;
        case AVS_FIELD_BOOL:
            *(bool *)field = true;
            break;
        case AVS_FIELD_INT:
            *(int *)field = -n;
            break;
        case AVS_FIELD_U16:
            *(uint16_t *)field = (uint16_t)n;
            break;
        case AVS_FIELD_U32:
            *(uint32_t *)field = (uint32_t)n;
            break;
        case AVS_FIELD_I64:
            *(int64_t *)field = -5000000000 - n;
            break;
        case AVS_FIELD_U64:
            *(uint64_t *)field = 5000000000u + (unsigned)n;
            break;
        case AVS_FIELD_REAL:
            *(double *)field = n + 0.25;
            break;
        case AVS_FIELD_ENUM:
            *(int *)field = 1;
            break;
        case AVS_FIELD_BYTES:
            memset(field, n, row->size);
            *(size_t *)(void *)(base + row->length_offset) = row->size;
            break;
        case AVS_FIELD_TABLE:
            fill(row->table, field, counter);
            break;
        case AVS_FIELD_LIST:
            for (size_t k = 0; k < row->list_capacity; k++) {
                fill(row->table, (char *)field + k * row->size, counter);
            }
            if (row->length_offset != AVS_FIXED_LENGTH) {
                *(size_t *)(void *)(base + row->length_offset) = row->list_capacity;
            }
            break;
        }
    }
}

/* Bytes of `fields` covered by rows: a struct member without a row leaves a hole of its size. */
static size_t covered(const struct avs_fields *fields) {
    size_t bytes = 0;
    for (size_t i = 0; i < fields->count; i++) {
        const struct avs_field *row = &fields->rows[i];
        bytes += row->kind == AVS_FIELD_TABLE  ? covered(row->table)
                 : row->kind == AVS_FIELD_LIST ? covered(row->table) * row->list_capacity
                                               : row->size;
        bytes += row->kind == AVS_FIELD_BYTES ||
                         (row->kind == AVS_FIELD_LIST && row->length_offset != AVS_FIXED_LENGTH)
                     ? sizeof(size_t)
                     : 0;
    }
    return bytes;
}

static void every_field_survives_the_round_trip(void **state) {
    (void)state;
    struct avs_evidence *evidence = avs_evidence_new();
    struct avs_evidence *back = NULL;
    char *json = NULL;
    int counter = 0;
    fill(&avs_evidence_fields, (char *)evidence, &counter);
    assert_int_equal(avs_evidence_to_json(evidence, &json, NULL), AVS_OK);
    assert_int_equal(avs_evidence_from_json(json, strlen(json), &back, NULL), AVS_OK);
    assert_memory_equal(evidence, back, sizeof(*evidence));
    free(json);
    avs_evidence_free(back);
    avs_evidence_free(evidence);
}

static void every_member_has_a_row(void **state) {
    (void)state;
    /* padding is all that may be missing: less than 8 bytes for each struct */
    size_t structs = 1 + AVS_SESSION_COUNT * (6 + AVS_CHAIN_MAX);
    assert_in_range(sizeof(struct avs_evidence) - covered(&avs_evidence_fields), 0, structs * 24);
}

static void defaults_mean_not_reached(void **state) {
    (void)state;
    struct avs_evidence *evidence = avs_evidence_new();
    assert_int_equal(evidence->session[1].protocol, AVS_PROTOCOL_HTTP1);
    assert_int_equal(evidence->session[0].tls.alert_received, -1);
    assert_int_equal(evidence->session[0].tls.trust.gate.verify_error, -1);
    assert_true(evidence->session[0].timing.total_ms < 0);
    avs_evidence_free(evidence);
}

static void what_is_no_evidence_is_refused_with_the_place(void **state) {
    (void)state;
    static const struct {
        const char *json, *message;
    } rows[] = {
        {"", "not JSON"},
        {"{", "not JSON"},
        {"[]", "schema"},
        {"{\"schema\":\"avs-shim.check/1\",\"evidence\":{}}", "schema"},
        {"{\"schema\":\"avs-shim.evidence/1\"}", "schema"},
        {"{\"schema\":\"avs-shim.evidence/1\",\"evidence\":[]}", "evidence must be an object"},
        {"{\"schema\":\"avs-shim.evidence/1\",\"evidence\":{\"port\":70000}}", "evidence.port"},
        {"{\"a\":\"\xc3\xa9\xf0\x9f\x98\x80\",\"b\":?}", "at byte 18"},
        {"{\"a\":\"\xff\"}", "byte 0xFF has no place in UTF-8 text at byte 6"},
        {"{\"a\":\"\xed\xa0\x80\"}", "byte 0xED has no place in UTF-8 text at byte 6"},
        {"{\"a\":\"\xe2\x82", "byte 0xE2 has no place in UTF-8 text at byte 6"},
        {"{\"a\":\"\\\xc3\xa9\"}", "byte 0xC3 has no place in UTF-8 text at byte 7"},
        {"{\"a\xc3\xa9\":1,}", "at byte 9"},
        {"{\xc3\xa9:1}", "at byte 1"},
        {"{\"schema\":\"avs-shim.evidence/1\",\"evidence\":{\"host\":7}}", "evidence.host"},
        {"{\"schema\":\"avs-shim.evidence/1\",\"evidence\":{\"session\":[{},{},{}]}}",
         "evidence.session must be a shorter list"},
        {"{\"schema\":\"avs-shim.evidence/1\",\"evidence\":{\"session\":[{\"tls\":"
         "{\"outcome\":\"great\"}}]}}",
         "evidence.session[0].tls.outcome"},
        {"{\"schema\":\"avs-shim.evidence/1\",\"evidence\":{\"session\":[{\"tls\":"
         "{\"wire_first\":\"4\"}}]}}",
         "hex digits"},
        {"{\"schema\":\"avs-shim.evidence/1\",\"evidence\":{\"session\":[{\"tls\":"
         "{\"chain\":[[]]}}]}}",
         "evidence.session[0].tls.chain[0] must be an object"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct avs_evidence *evidence = NULL;
        struct avs_error error = AVS_ERROR_INIT;
        assert_int_equal(
            avs_evidence_from_json(rows[i].json, strlen(rows[i].json), &evidence, &error),
            AVS_ERR_USAGE);
        assert_null(evidence);
        if (!strstr(error.message, rows[i].message)) {
            fail_msg("row %zu: '%s' lacks '%s'", i, error.message, rows[i].message);
        }
    }
}

static void bytes_that_are_no_utf8_do_not_break_the_file(void **state) {
    (void)state;
    struct avs_evidence *evidence = avs_evidence_new();
    struct avs_evidence *back = NULL;
    char *json = NULL;
    strcpy(evidence->host, "h\xff\xc3\xa9");
    assert_int_equal(avs_evidence_to_json(evidence, &json, NULL), AVS_OK);
    assert_int_equal(avs_evidence_from_json(json, strlen(json), &back, NULL), AVS_OK);
    assert_string_equal(back->host, "h?\xc3\xa9");
    free(json);
    avs_evidence_free(back);
    avs_evidence_free(evidence);
}

/* json-c is asked strictly, and its strict mode refuses these in some releases. */
static void names_in_any_script_are_read(void **state) {
    (void)state;
    const char *names[] = {"Priv\xc3\xa9 Root", "\xe6\xa0\xb9 CA", "a\\\\\xc3\xa9",
                           "\xf0\x9f\x94\x92 \xf4\x8f\xbf\xbf \xef\xbf\xbd"};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        struct avs_evidence *evidence = avs_evidence_new();
        struct avs_evidence *back = NULL;
        char *json = NULL;
        snprintf(evidence->host, sizeof(evidence->host), "%s", names[i]);
        assert_int_equal(avs_evidence_to_json(evidence, &json, NULL), AVS_OK);
        assert_int_equal(avs_evidence_from_json(json, strlen(json), &back, NULL), AVS_OK);
        assert_string_equal(back->host, names[i]);
        free(json);
        avs_evidence_free(back);
        avs_evidence_free(evidence);
    }
}

static void allocation_failures_are_reported(void **state) {
    (void)state;
    TEST_EACH_ALLOCATION(n, 20) {
        struct avs_evidence *evidence = avs_evidence_new();
        struct avs_evidence *back = NULL;
        char *json = NULL;
        if (evidence && avs_evidence_to_json(evidence, &json, NULL) == AVS_OK) {
            (void)!avs_evidence_from_json(json, strlen(json), &back, NULL);
        }
        free(json);
        avs_evidence_free(back);
        avs_evidence_free(evidence);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_field_survives_the_round_trip),
        cmocka_unit_test(every_member_has_a_row),
        cmocka_unit_test(defaults_mean_not_reached),
        cmocka_unit_test(what_is_no_evidence_is_refused_with_the_place),
        cmocka_unit_test(bytes_that_are_no_utf8_do_not_break_the_file),
        cmocka_unit_test(names_in_any_script_are_read),
        cmocka_unit_test(allocation_failures_are_reported),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
