/* SPDX-License-Identifier: Apache-2.0 */
/* The trust stores of a device or an image: audit them, add the ATS roots to them. */
#ifndef AVS_STORE_H
#define AVS_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <avs/cause.h>
#include <avs/evidence.h>
#include <avs/export.h>
#include <avs/log.h>
#include <avs/status.h>
#include <avs/style.h>

AVS_BEGIN_DECLS

/* ---- audit ---- */

#define AVS_TRUST_AUDIT_SCHEMA "avs-shim.trust-audit/1"

/** All strings are borrowed until avs_trust_audit_run returns. Zero-initialised = this machine, as
 *  the SDK without a configuration would see it. */
struct avs_trust_audit_options {
    size_t size;             /**< Required: sizeof(struct avs_trust_audit_options) */
    const char *config_file; /**< Optional: AlexaClientSDKConfig.json, a path on this machine; the
                                  paths in it are the device's */
    const char *ca_file;     /**< Optional: audit this bundle instead of what the SDK would use */
    const char *ca_path;     /**< Optional: audit this hashed folder likewise */
    const char *sysroot;     /**< Optional: a staged root file system; nothing of it is executed, no
                                  link is followed out of it */
    int64_t now_unix;        /**< Optional: the time to judge at, 0 = now */
    bool is_verbose;         /**< Optional: the text also lists every chain and date */
};

struct avs_trust_audit;

/** Look at every trust store that matters. Returns OK whatever is found. Writes nothing, opens no
 *  connection. Thread: any. Caller frees *ret_audit with avs_trust_audit_free.
 *  Errors: ERR_USAGE (sysroot), ERR_CONFIG_UNREADABLE, ERR_CONFIG_MALFORMED, NO_MEMORY. */
AVS_API AVS_NODISCARD enum avs_status avs_trust_audit_run(
    const struct avs_trust_audit_options *options, struct avs_trust_audit **ret_audit,
    struct avs_error *reterr);
AVS_API void avs_trust_audit_free(struct avs_trust_audit *audit);

/** True when what the SDK uses can be loaded and holds every required root as a root: Amazon Root
 *  CA 1 to 4 and Starfield Services G2. Thread: any. */
AVS_API bool avs_trust_audit_is_usable(const struct avs_trust_audit *audit);

/** The report for people, the answer first; newline-terminated. `style` NULL = plain.
 *  Caller frees *ret_text with free().
 *  Thread: any. Errors: NO_MEMORY. */
AVS_API AVS_NODISCARD enum avs_status avs_trust_audit_to_text(const struct avs_trust_audit *audit,
                                                              const struct avs_style *style,
                                                              char **ret_text,
                                                              struct avs_error *reterr);

/** One JSON object (schema avs-shim.trust-audit/1), newline-terminated. Caller frees *ret_json with
 *  free(). Thread: any. Errors: NO_MEMORY. */
AVS_API AVS_NODISCARD enum avs_status avs_trust_audit_to_json(const struct avs_trust_audit *audit,
                                                              char **ret_json,
                                                              struct avs_error *reterr);

/* ---- install ---- */

#define AVS_TRUST_INSTALL_SCHEMA             "avs-shim.trust-install/1"
#define AVS_TRUST_INSTALL_TIMEOUT_MS_DEFAULT 120000
#define AVS_TRUST_INSTALL_ONLY_MAX           16

/** All strings are borrowed until avs_trust_install_run returns. Zero-initialised = say what would
 *  be done to this machine. */
struct avs_trust_install_options {
    size_t size;             /**< Required: sizeof(struct avs_trust_install_options) */
    const char *sysroot;     /**< Optional: a staged root file system; nothing of it is executed */
    const char *config_file; /**< Optional: AlexaClientSDKConfig.json; the roots go into the CA file
                                  that it names, and into no other store */
    const char *const *only; /**< Optional: names ("Amazon Root CA 1", "amazon-root-ca-1"); NULL =
                                  the five required roots */
    size_t only_count;
    bool apply;                       /**< false: change nothing */
    bool undo;                        /**< take back what the last install did */
    int timeout_ms;                   /**< for the distribution's updater; 0 = the default above */
    bool (*is_cancelled)(void *user); /**< Optional: polled between steps; true = roll back */
    void *user;
    const char *ca_file; /**< Optional: add to this bundle, and to no other store; one of
                              config_file, ca_file and ca_path */
    const char *ca_path; /**< Optional: add to this hashed folder likewise */
    /** Optional: called before something that may take long ("running
     *  /usr/sbin/update-ca-certificates"); on the calling thread, `what` is borrowed. */
    void (*on_progress)(void *user, const char *what);
};

struct avs_trust_install;

/** Add the embedded ATS roots to the store by the distribution's own convention, or (undo) take the
 *  last addition back. Existing CAs are never removed. Every file is replaced atomically and keeps
 *  its mode and owner; a record is written first, under /var/lib/avs-shim or, for a store that was
 *  named, beside it. A failure leaves the store as it was; an install that was killed is rolled
 *  back by the next call with apply or undo. A relative path is relative to the working directory.
 *  While the distribution's updater runs, an ignored SIGCHLD has its default disposition.
 *  Opens no connection. Blocks for at most timeout_ms plus a few seconds. Thread: any, one call at
 *  a time for each root. Caller frees *ret_install with avs_trust_install_free.
 *  Errors: ERR_USAGE (sysroot, name, nothing to undo), ERR_CONFIG_*, ERR_IO (permission, read-only
 *  file system, disk full, updater failed), ERR_TIMEOUT, ERR_CANCELLED, ERR_TRUST (not found in the
 *  store afterwards), NO_MEMORY. */
AVS_API AVS_NODISCARD enum avs_status avs_trust_install_run(
    const struct avs_trust_install_options *options, struct avs_trust_install **ret_install,
    struct avs_error *reterr);
AVS_API void avs_trust_install_free(struct avs_trust_install *install);

/** True when every root asked for is in the store now (after a dry run: was there already).
 *  Thread: any. */
AVS_API bool avs_trust_install_is_complete(const struct avs_trust_install *install);

/** As avs_trust_audit_to_text. */
AVS_API AVS_NODISCARD enum avs_status avs_trust_install_to_text(
    const struct avs_trust_install *install, const struct avs_style *style, char **ret_text,
    struct avs_error *reterr);

/** As avs_trust_audit_to_json, schema avs-shim.trust-install/1. */
AVS_API AVS_NODISCARD enum avs_status avs_trust_install_to_json(
    const struct avs_trust_install *install, char **ret_json, struct avs_error *reterr);

AVS_END_DECLS

#endif
