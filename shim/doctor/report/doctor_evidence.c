/* SPDX-License-Identifier: Apache-2.0 */
/* A doctor's visit as a folder for a ticket: doctor.json, and for each host that answered a file of
 * evidence as check writes it. Both are read back here, from pieces that the caller has read. */
#include <avs/report.h>

#include <stdlib.h>
#include <string.h>

#include <json-c/json.h>

#include "base/text.h"
#include "board/hosts.h"
#include "out/json_out.h"
#include "report/board_fields.h"
#include "report/doctor_folder.h"
#include "report/strict_json.h"

AVS_DEFINE_AUTO(json, struct json_object, json_object_put);
AVS_DEFINE_AUTO(board, struct avs_board, avs_board_free);

/* ---- writing ---- */

static enum avs_status board_to_json(const struct avs_board *board, char **ret_json,
                                     struct avs_error *reterr) {
    AVS_AUTO(board) defaults = avs_board_new();
    AVS_REQUIRE_MEMORY(defaults, reterr);
    struct avs_json json = avs_json_init(AVS_JSON_REPORT_BYTES);
    avs_json_open_object(&json, NULL);
    avs_json_text(&json, "schema", AVS_BOARD_SCHEMA);
    avs_json_open_object(&json, "board");
    avs_fields_put(&json, &avs_board_fields, board, defaults);
    avs_json_close(&json);
    avs_json_close(&json);
    enum avs_status status = avs_json_take(&json, ret_json, reterr);
    avs_json_done(&json);
    return status;
}

static enum avs_status add(struct avs_doctor_folder *folder, const char *name, char *text,
                           struct avs_error *reterr) {
    enum avs_status status = avs_doctor_folder_add(folder, name, text, strlen(text), reterr);
    free(text);
    return status;
}

enum avs_status avs_doctor_to_folder(const struct avs_doctor *doctor,
                                     struct avs_doctor_folder *folder, struct avs_error *reterr) {
    struct avs_board *board = doctor->board;
    char *text = NULL;
    for (size_t i = 0; i < board->host_length; i++) {
        struct avs_board_host *host = &board->host[i];
        if (host->evidence) {
            avs_text_format(host->evidence_file, sizeof(host->evidence_file), "%zu-%s.json", i + 1,
                            avs_board_role_ids[host->role]);
        }
    }
    AVS_TRY(board_to_json(board, &text, reterr));
    AVS_TRY(add(folder, AVS_BOARD_FILE, text, reterr));
    for (size_t i = 0; i < board->host_length; i++) {
        if (board->host[i].evidence) {
            AVS_TRY(avs_evidence_to_json(board->host[i].evidence, &text, reterr));
            AVS_TRY(add(folder, board->host[i].evidence_file, text, reterr));
        }
    }
    return AVS_OK;
}

/* ---- reading ---- */

static enum avs_status read_board(const struct avs_doctor_piece *piece, struct avs_board *board,
                                  struct avs_error *reterr) {
    AVS_AUTO(json) root = NULL;
    struct json_object *schema = NULL, *facts = NULL;
    AVS_TRY(avs_strict_json_parse(piece->text, piece->length, &root, reterr));
    if (!json_object_object_get_ex(root, "schema", &schema) ||
        !json_object_is_type(schema, json_type_string) ||
        strcmp(json_object_get_string(schema), AVS_BOARD_SCHEMA) != 0 ||
        !json_object_object_get_ex(root, "board", &facts)) {
        return avs_fail(reterr, AVS_ERR_USAGE,
                        "%s: \"schema\" must be \"%s\" beside \"board\" (write one with: avs-shim "
                        "doctor --evidence DIR)",
                        AVS_BOARD_FILE, AVS_BOARD_SCHEMA);
    }
    return avs_fields_read(&avs_board_fields, facts, "board", board, reterr);
}

static enum avs_status read_host(const struct avs_doctor_folder *folder,
                                 struct avs_board_host *host, struct avs_error *reterr) {
    if (!host->evidence_file[0]) {
        return AVS_OK;
    }
    const struct avs_doctor_piece *piece = avs_doctor_folder_find(folder, host->evidence_file);
    if (!piece) {
        return avs_fail(reterr, AVS_ERR_USAGE, "%s names %s, which is not beside it",
                        AVS_BOARD_FILE, host->evidence_file);
    }
    AVS_TRY(avs_evidence_from_json(piece->text, piece->length, &host->evidence, reterr));
    if (strcmp(host->evidence->host, host->host) != 0 || host->evidence->port != host->port) {
        return avs_fail(reterr, AVS_ERR_USAGE, "%s is of another host than %s says",
                        host->evidence_file, AVS_BOARD_FILE);
    }
    return AVS_OK;
}

enum avs_status avs_doctor_folder_read(const struct avs_doctor_folder *folder,
                                       struct avs_doctor **ret_doctor, struct avs_error *reterr) {
    const struct avs_doctor_piece *piece = avs_doctor_folder_find(folder, AVS_BOARD_FILE);
    if (!piece) {
        return avs_fail(reterr, AVS_ERR_USAGE, "there is no %s in it", AVS_BOARD_FILE);
    }
    AVS_AUTO(board) board = avs_board_new();
    AVS_REQUIRE_MEMORY(board, reterr);
    AVS_TRY(read_board(piece, board, reterr));
    for (size_t i = 0; i < board->host_length; i++) {
        AVS_TRY(read_host(folder, &board->host[i], reterr));
    }
    return avs_doctor_of_board(AVS_STEAL(board), ret_doctor, reterr);
}
