/* SPDX-License-Identifier: Apache-2.0 */
/* Where this device's clock starts. A board without a battery begins at a date from its image, or
 * in 1970: every certificate is then "not yet valid", which looks exactly like a missing root. */
#include "store/audit_clock.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/civil.h"
#include "base/text.h"
#include "store/audit.h"

#define STAMP_BYTES 64

/** Files whose modification time is where the clock starts. */
static const char *const stamps_by_time[] = {
    "/var/lib/systemd/timesync/clock",
    "/usr/lib/clock-epoch",
};

static void consider(struct avs_trust_audit *audit, int64_t when, const char *source) {
    if (when > audit->first_boot_unix) {
        audit->first_boot_unix = when;
        AVS_TEXT_SET(audit->first_boot_source, source);
    }
}

/** "2026-11-21 19:03:32", written by fake-hwclock. */
static void read_fake_hwclock(struct avs_trust_audit *audit) {
    static const char path[] = "/etc/fake-hwclock.data";
    char *text = NULL;
    size_t length = 0;
    int64_t when = 0;
    if (!avs_sysroot_read(&audit->root, path, STAMP_BYTES, &text, &length, NULL)) {
        return;
    }
    if (avs_civil_parse("Y-M-D h:m:s", text, length, &when) > 0) {
        consider(audit, when, path);
    }
    free(text);
}

/** "20261121190332" (Yocto) or "1121190326": only the first is unambiguous. */
static void read_timestamp(struct avs_trust_audit *audit) {
    static const char path[] = "/etc/timestamp";
    char *text = NULL;
    size_t length = 0;
    int64_t when = 0;
    if (!avs_sysroot_read(&audit->root, path, STAMP_BYTES, &text, &length, NULL)) {
        return;
    }
    if (strspn(text, "0123456789") == 14 && avs_civil_parse("YMDhms", text, length, &when) > 0) {
        consider(audit, when, path);
    }
    free(text);
}

void avs_audit_read_clock(struct avs_trust_audit *audit) {
    struct stat entry;
    if (!audit->is_sysroot) {
        audit->has_clock_battery = stat("/sys/class/rtc/rtc0", &entry) == 0;
    } else {
        read_fake_hwclock(audit);
        read_timestamp(audit);
        for (size_t i = 0; i < AVS_COUNT(stamps_by_time); i++) {
            if (avs_sysroot_stat(&audit->root, stamps_by_time[i], &entry) == 0) {
                consider(audit, (int64_t)entry.st_mtime, stamps_by_time[i]);
            }
        }
    }
}
