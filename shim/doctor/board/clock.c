/* SPDX-License-Identifier: Apache-2.0 */
/* A clock that cannot be right: earlier than this software, or than files that were written. And
 * whether anything keeps it: the kernel knows, whatever time service there is. */
#include <sys/stat.h>
#include <sys/timex.h>

#include "base/clock.h"
#include "base/flow.h"
#include "base/text.h"
#include "board/sights.h"

/* Written by every boot, by a time service, or with each update. */
static const char *const files[] = {
    "/var/lib/systemd/timesync/clock",
    "/usr/lib/clock-epoch",
    "/etc/fake-hwclock.data",
    "/etc/timestamp",
    "/etc/resolv.conf",
    "/etc/ld.so.cache",
    "/etc/ssl/certs",
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/machine-id",
    "/etc/hostname",
    "/var/lib/dpkg/status",
    "/var/lib/opkg/status",
    "/lib/apk/db/installed",
    "/var/log",
};

static enum avs_board_sync sync_state(void) {
    struct timex kernel = {.modes = 0}; /* asks, and changes nothing */
    int state = adjtimex(&kernel);
    if (state < 0) {
        return AVS_BOARD_SYNC_UNKNOWN;
    }
    bool is_kept = state != TIME_ERROR && !(kernel.status & STA_UNSYNC);
    return is_kept ? AVS_BOARD_SYNC_SYNCHRONISED : AVS_BOARD_SYNC_UNSYNCHRONISED;
}

void avs_board_look_at_clock(struct avs_board_clock *ret) {
    struct stat entry;
    ret->now = avs_clock_wall_ms() / 1000;
    ret->build_time = avs_clock_build_time();
    ret->sync = sync_state();
    for (size_t i = 0; i < AVS_COUNT(files); i++) {
        if (stat(files[i], &entry) == 0 && (int64_t)entry.st_mtime > ret->newest_file) {
            ret->newest_file = (int64_t)entry.st_mtime;
            AVS_TEXT_SET(ret->newest_path, files[i]);
        }
    }
}
