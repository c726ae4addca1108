/* SPDX-License-Identifier: Apache-2.0 */
/* The roots of one device's store, by the trust audit: a bundle, a hashed folder, or what a root
 * file system uses. */
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "iot/plan.h"
#include "store/audit.h"

AVS_DEFINE_AUTO(audit, struct avs_trust_audit, avs_trust_audit_free);

static bool is_folder(const char *rootfs, const char *store) {
    struct avs_sysroot root;
    if (avs_sysroot_open(rootfs, &root, NULL) != AVS_OK) {
        return false;
    }
    bool is_it = avs_sysroot_is_folder(&root, store);
    avs_sysroot_close(&root);
    return is_it;
}

static bool has(const struct avs_trust_audit *audit, const char *name) {
    for (size_t i = 0; i < AVS_AUDIT_WATCH_COUNT; i++) {
        const char *watched = audit->watches.row[i].name;
        if (strncmp(watched, name, strlen(name)) == 0) {
            return audit->sdk[i] == AVS_AUDIT_PRESENT;
        }
    }
    return false;
}

static void refuse(struct avs_iot_roots *roots, enum avs_cause cause, const char *what,
                   const char *why) {
    roots->cause = cause;
    avs_text_format(roots->message, sizeof(roots->message), "%s: %s", what, why);
}

static void take(const struct avs_trust_audit *audit, const char *what,
                 struct avs_iot_roots *roots) {
    bool is_readable = false;
    const char *flaw = "OpenSSL refuses the file";
    for (size_t i = 0; i < audit->store_count; i++) {
        const struct avs_audit_store *store = &audit->store[i];
        bool is_used = store->readers & AVS_AUDIT_BY_SDK;
        is_readable |= is_used && store->state != AVS_STORE_UNREADABLE;
        flaw = is_used && store->flaw[0] ? store->flaw : flaw;
    }
    if (!audit->has_sdk_store || !is_readable) {
        refuse(roots, AVS_CAUSE_CA_FILE_UNREADABLE, what,
               audit->has_sdk_store ? "it cannot be read" : "no trust store was found in it");
    } else if (audit->is_sdk_store_broken) {
        refuse(roots, AVS_CAUSE_CA_FILE_INVALID, what, flaw);
    }
    roots->has_verisign = has(audit, "VeriSign");
    roots->has_rsa = has(audit, "Amazon Root CA 1");
    roots->has_ecdsa = has(audit, "Amazon Root CA 3");
}

enum avs_status avs_iot_read_roots(const char *rootfs, const char *store,
                                   struct avs_iot_roots *ret_roots, struct avs_error *reterr) {
    AVS_AUTO(audit) audit = NULL;
    struct avs_error error = AVS_ERROR_INIT;
    bool is_path = store && is_folder(rootfs, store);
    struct avs_trust_audit_options options = {.size = sizeof(options),
                                              .sysroot = rootfs,
                                              .ca_file = is_path ? NULL : store,
                                              .ca_path = is_path ? store : NULL};
    *ret_roots = (struct avs_iot_roots){.is_known = true};
    enum avs_status status = avs_trust_audit_run(&options, &audit, &error);
    if (status == AVS_ERR_NO_MEMORY) {
        return avs_fail_memory(reterr);
    }
    if (status != AVS_OK) {
        refuse(ret_roots, AVS_CAUSE_CA_FILE_UNREADABLE, rootfs ? rootfs : store, error.message);
        return AVS_OK;
    }
    take(audit, store ? store : rootfs, ret_roots);
    return AVS_OK;
}
