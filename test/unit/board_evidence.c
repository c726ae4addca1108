/* SPDX-License-Identifier: Apache-2.0 */
/* A visit survives the way into a folder and back; whatever allocation fails, nothing is lost. */
#include "report/board_fields.h"
#include "report/doctor_folder.h"
#include "support/evidence_made.h"
#include "support/test.h"

/* A value of its own for each field, so that one without a row shows. */
static void fill(const struct avs_fields *fields, char *base, unsigned *counter) {
    for (size_t i = 0; i < fields->count; i++) {
        const struct avs_field *row = &fields->rows[i];
        char *field = base + row->offset;
        unsigned n = ++*counter;
        if (row->kind == AVS_FIELD_TEXT) {
            snprintf(field, row->size, "t%u", n);
        } else if (row->kind == AVS_FIELD_ENUM || row->kind == AVS_FIELD_BOOL) {
            field[0] = 1;
        } else if (row->kind == AVS_FIELD_TABLE) {
            fill(row->table, field, counter);
        } else if (row->kind == AVS_FIELD_LIST) {
            for (size_t k = 0; k < row->list_capacity; k++) {
                fill(row->table, field + k * row->size, counter);
            }
            *(size_t *)(void *)(base + row->length_offset) = row->list_capacity;
        } else {
            memcpy(field, &n, row->size < sizeof(n) ? row->size : sizeof(n));
        }
    }
}

static struct avs_doctor *make(void) {
    struct avs_board *board = avs_board_new();
    struct avs_doctor *doctor = NULL;
    unsigned counter = 0;
    fill(&avs_board_fields, (char *)board, &counter);
    for (size_t i = 0; i < board->host_length; i++) {
        board->host[i].evidence = i % 2 ? evidence_ready() : NULL;
        if (board->host[i].evidence) {
            strcpy(board->host[i].evidence->host, board->host[i].host);
            board->host[i].evidence->port = board->host[i].port;
        }
        memset(board->host[i].evidence_file, 0, sizeof(board->host[i].evidence_file));
    }
    assert_int_equal(avs_doctor_of_board(board, &doctor, NULL), AVS_OK);
    return doctor;
}

AVS_DEFINE_AUTO(folder, struct avs_doctor_folder, avs_doctor_folder_free);

static void every_field_comes_back(void **state) {
    (void)state;
    AVS_AUTO(folder) folder = NULL;
    struct avs_doctor *doctor = make(), *again = NULL;
    assert_int_equal(avs_doctor_folder_new(&folder, NULL), AVS_OK);
    assert_int_equal(avs_doctor_to_folder(doctor, folder, NULL), AVS_OK);
    struct avs_error error = AVS_ERROR_INIT;
    assert_int_equal(avs_doctor_folder_read(folder, &again, &error), AVS_OK);
    for (size_t i = 0; i < doctor->board->host_length; i++) {
        assert_int_equal(doctor->board->host[i].evidence != NULL,
                         again->board->host[i].evidence != NULL);
        avs_evidence_free(doctor->board->host[i].evidence);
        avs_evidence_free(again->board->host[i].evidence);
        doctor->board->host[i].evidence = again->board->host[i].evidence = NULL;
    }
    assert_memory_equal(doctor->board, again->board, sizeof(*doctor->board));
    avs_doctor_free(doctor);
    avs_doctor_free(again);
}

static void the_page_is_the_same(void **state) {
    (void)state;
    AVS_AUTO(folder) folder = NULL;
    AVS_AUTO(char) text = NULL;
    AVS_AUTO(char) text_again = NULL;
    struct avs_doctor *doctor = make(), *again = NULL;
    assert_int_equal(avs_doctor_folder_new(&folder, NULL), AVS_OK);
    assert_int_equal(avs_doctor_to_folder(doctor, folder, NULL), AVS_OK);
    assert_int_equal(avs_doctor_folder_read(folder, &again, NULL), AVS_OK);
    assert_int_equal(avs_doctor_to_text(doctor, NULL, &text, NULL), AVS_OK);
    assert_int_equal(avs_doctor_to_text(again, NULL, &text_again, NULL), AVS_OK);
    assert_string_equal(text, text_again);
    avs_doctor_free(doctor);
    avs_doctor_free(again);
}

static void every_allocation_fails_once(void **state) {
    (void)state;
    struct avs_doctor *doctor = make();
    TEST_EACH_ALLOCATION(n, 20000) {
        AVS_AUTO(folder) folder = NULL;
        AVS_AUTO(char) text = NULL;
        AVS_AUTO(char) json = NULL;
        struct avs_doctor *again = NULL;
        enum avs_status status = avs_doctor_folder_new(&folder, NULL);
        status = status == AVS_OK ? avs_doctor_to_folder(doctor, folder, NULL) : status;
        status = status == AVS_OK ? avs_doctor_folder_read(folder, &again, NULL) : status;
        status = status == AVS_OK ? avs_doctor_to_text(again, NULL, &text, NULL) : status;
        status = status == AVS_OK ? avs_doctor_to_json(again, &json, NULL) : status;
        assert_true(status == AVS_OK || status == AVS_ERR_NO_MEMORY);
        assert_int_equal(status == AVS_OK, json != NULL);
        avs_doctor_free(again);
    }
    test_fail_allocation(0);
    avs_doctor_free(doctor);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_field_comes_back),
        cmocka_unit_test(the_page_is_the_same),
        cmocka_unit_test(every_allocation_fails_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
