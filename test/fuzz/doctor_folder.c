/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as doctor.json of somebody's ticket, and as the small files that a board is read from:
 * refused with words, or judged and told as a page. */
#include <stdlib.h>
#include <string.h>

#include <avs/doctor.h>

#include "board/network.h"
#include "board/resolver.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_files(const char *text, size_t size) {
    struct avs_board_resolver resolver = {.os_errno = 0};
    char text_of[AVS_BOARD_ADDRESS_BYTES];
    avs_board_read_resolv_conf(text, size, &resolver);
    avs_board_read_hosts(text, size, "a.example", text_of);
    avs_board_read_route(text, size, text_of);
    avs_board_read_route6(text, size, text_of);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct avs_doctor_folder *folder = NULL;
    struct avs_doctor *doctor = NULL;
    char *page = NULL, *json = NULL;
    char *exact = malloc(size > 0 ? size : 1);
    if (!exact || avs_doctor_folder_new(&folder, NULL) != AVS_OK) {
        abort();
    }
    memcpy(exact, data, size);
    read_files(exact, size);
    if (avs_doctor_folder_add(folder, "x/" AVS_BOARD_FILE, exact, size, NULL) == AVS_OK &&
        avs_doctor_folder_read(folder, &doctor, NULL) == AVS_OK) {
        if (avs_doctor_to_text(doctor, NULL, &page, NULL) != AVS_OK ||
            avs_doctor_to_json(doctor, &json, NULL) != AVS_OK) {
            abort();
        }
    }
    free(page);
    free(json);
    avs_doctor_free(doctor);
    avs_doctor_folder_free(folder);
    free(exact);
    return 0;
}
