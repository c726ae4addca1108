/* SPDX-License-Identifier: Apache-2.0 */
/* The audit's own picture of a device's trust stores: filled by audit_*.c, each with a header of
 * its name, put into words by report/. Facts only; audit.c is the public door, <avs/store.h>. */
#ifndef AVS_STORE_AUDIT_H
#define AVS_STORE_AUDIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <avs/store.h>

#include "store/audit_findings.h"
#include "store/audit_shapes.h"
#include "store/audit_store.h"
#include "store/audit_watch.h"
#include "store/sysroot.h"

#define AVS_AUDIT_STORES_MAX   16
#define AVS_AUDIT_FINDINGS_MAX 128 /* kept with their text; the rest is counted */

struct avs_trust_audit {
    struct avs_sysroot root;
    struct avs_audit_watches watches;
    int64_t now_unix;
    bool is_sysroot;
    bool is_verbose;
    /* as the caller named them, "" = not; for the next command */
    char config_file[AVS_AUDIT_PATH_BYTES], ca_file[AVS_AUDIT_PATH_BYTES],
        ca_path[AVS_AUDIT_PATH_BYTES];
    struct avs_audit_store store[AVS_AUDIT_STORES_MAX];
    size_t store_count;
    struct avs_audit_finding finding[AVS_AUDIT_FINDINGS_MAX];
    size_t finding_count, finding_dropped;
    bool is_deselected[AVS_AUDIT_WATCH_COUNT]; /* by ca-certificates.conf */
    /* what the SDK gets: the CA file and the CA path together */
    enum avs_audit_state sdk[AVS_AUDIT_WATCH_COUNT];
    struct avs_audit_nodes sdk_nodes;
    bool is_sdk_store_broken; /* the CA file cannot be loaded: error 77 whatever else there is */
    bool has_sdk_store;
    size_t required_count, usable_count;
    bool shape[AVS_AUDIT_SHAPES_MAX][AVS_POLICY_COUNT];
    char curl_version[64], curl_backend[64], curl_library[AVS_AUDIT_PATH_BYTES];
    bool lacks_http2; /* this libcurl, as far as it can be told */
    char distribution[64];
    const char *package;       /* the distribution's command for its bundle, NULL = none known */
    bool reads_whole_folder;   /* see avs_audit_machine */
    bool knows_store_by_guess; /* a sysroot whose libcurl was not found */
    /* the clock */
    bool has_clock_battery;
    int64_t first_boot_unix; /* where a sysroot's clock starts, 0 = 1970 */
    char first_boot_source[AVS_NAME_BYTES];
};

#endif
