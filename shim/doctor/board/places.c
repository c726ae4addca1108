/* SPDX-License-Identifier: Apache-2.0 */
/* Where the SDK writes: the folders of its databases. Nothing is written to find out. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/flow.h"
#include "base/text.h"
#include "board/sights.h"

#define KIB            1024u
#define LEAST_FREE_KIB 64u /* less, and SQLite cannot even keep its journal */

static enum avs_board_place_state state_of(const char *folder, uint64_t *ret_free_kib) {
    struct statvfs room;
    if (statvfs(folder, &room) != 0) {
        return errno == EACCES ? AVS_BOARD_PLACE_DENIED : AVS_BOARD_PLACE_MISSING;
    }
    uint64_t blocks = geteuid() == 0 ? room.f_bfree : room.f_bavail;
    *ret_free_kib = blocks * room.f_frsize / KIB;
    if (room.f_flag & ST_RDONLY) {
        return AVS_BOARD_PLACE_READ_ONLY;
    }
    if (access(folder, W_OK | X_OK) != 0) {
        return errno == EROFS ? AVS_BOARD_PLACE_READ_ONLY : AVS_BOARD_PLACE_DENIED;
    }
    bool has_no_names = room.f_files > 0 && room.f_ffree == 0;
    return *ret_free_kib < LEAST_FREE_KIB || has_no_names ? AVS_BOARD_PLACE_FULL
                                                          : AVS_BOARD_PLACE_OK;
}

/* The last folder on the way up that is on the same device. */
static void find_mount(const char *folder, char *mount, size_t capacity) {
    char *real = realpath(folder, NULL);
    struct stat entry, above;
    avs_text_copy(mount, capacity, real ? real : folder);
    free(real);
    if (stat(mount, &entry) != 0) {
        return;
    }
    char up[AVS_NAME_BYTES];
    AVS_TEXT_SET(up, mount);
    for (char *slash; (slash = strrchr(up, '/'));) {
        slash[slash == up] = '\0'; /* "/" stays */
        bool is_top = slash == up;
        if (stat(up, &above) != 0 || above.st_dev != entry.st_dev) {
            return;
        }
        avs_text_copy(mount, capacity, up);
        if (is_top) {
            return;
        }
    }
}

static bool is_known(const struct avs_board *board, const char *folder) {
    for (size_t i = 0; i < board->place_length; i++) {
        if (strcmp(board->place[i].folder, folder) == 0) {
            return true;
        }
    }
    return false;
}

void avs_board_look_at_places(const struct avs_config_report *report, struct avs_board *board) {
    for (size_t i = 0; i < report->fact_count; i++) {
        const struct avs_config_fact *fact = &report->facts[i];
        char folder[AVS_NAME_BYTES];
        if (strcmp(fact->name, "database") != 0 || !fact->value || !fact->value[0] ||
            strlen(fact->value) >= sizeof(folder) || board->place_length == AVS_BOARD_PLACES_MAX) {
            continue;
        }
        const char *slash = strrchr(fact->value, '/');
        size_t length = slash ? (size_t)(slash - fact->value) : 0;
        avs_text_copy_bytes(folder, sizeof(folder), slash ? (length ? fact->value : "/") : ".",
                            length ? length : 1);
        if (!is_known(board, folder)) {
            struct avs_board_place *place = &board->place[board->place_length++];
            AVS_TEXT_SET(place->folder, folder);
            AVS_TEXT_SET(place->key, fact->key);
            place->state = state_of(folder, &place->free_kib);
            find_mount(folder, place->mount, sizeof(place->mount));
            avs_text_make_printable(place->mount);
            avs_text_make_printable(place->folder);
        }
    }
}
