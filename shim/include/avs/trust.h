/* Trust: audit the stores of a device, add the ATS roots to them, explain a refused chain. */
#ifndef AVS_TRUST_H
#define AVS_TRUST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <avs/cause.h>
#include <avs/evidence.h>
#include <avs/export.h>
#include <avs/log.h>
#include <avs/status.h>

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

/** The report for people, the answer first; newline-terminated. Caller frees *ret_text with free().
 *  Thread: any. Errors: NO_MEMORY. */
AVS_API AVS_NODISCARD enum avs_status avs_trust_audit_to_text(const struct avs_trust_audit *audit,
                                                              bool has_colour, char **ret_text,
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
};

struct avs_trust_install;

/** Add the embedded ATS roots to the store by the distribution's own convention, or (undo) take the
 *  last addition back. Existing CAs are never removed. Every file is replaced atomically and keeps
 *  its mode and owner; a record under /var/lib/avs-shim is written first. A failure leaves the
 *  store as it was; an install that was killed is rolled back by the next call with apply or undo.
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
    const struct avs_trust_install *install, bool has_colour, char **ret_text,
    struct avs_error *reterr);

/** As avs_trust_audit_to_json, schema avs-shim.trust-install/1. */
AVS_API AVS_NODISCARD enum avs_status avs_trust_install_to_json(
    const struct avs_trust_install *install, char **ret_json, struct avs_error *reterr);

/* ---- explain: a captured chain, judged and explained without a connection ---- */

#define AVS_TRUST_EXPLAIN_SCHEMA   "avs-shim.trust-explain/1"
#define AVS_EXPLANATION_CAUSES_MAX 12
#define AVS_CHAIN_FILE_BYTES       (1024 * 1024) /**< size of a chain file */

/** All strings are borrowed until the call returns. Zero-initialised = the defaults. */
struct avs_trust_explain_options {
    size_t size;                /**< Required: sizeof(struct avs_trust_explain_options) */
    const char *chain_file;     /**< Required: PEM, leaf first, text between blocks is skipped (what
                                     openssl s_client -showcerts prints); "-" = standard input */
    const char *host;           /**< Optional: the name that was asked for; NULL = not checked */
    int64_t at;                 /**< Optional: Unix seconds to judge at; 0 = now */
    const char *ca_file;        /**< Optional: PEM bundle; NULL with ca_path NULL = the store that
                                     libcurl was built with */
    const char *ca_path;        /**< Optional: hashed directory */
    const char *ats_roots_file; /**< Optional: PEM file of the roots that count as ATS */
    bool any_root;              /**< an accepted chain needs no ATS root */
};

/** The chain's facts and its causes, the one to fix first in front. */
struct avs_trust_explanation {
    bool is_accepted;         /**< by the gate: what a connection would decide */
    struct avs_tls_facts tls; /**< chain, hostname_matched and trust are filled */
    size_t certificates;      /**< in the file; tls.chain keeps the first AVS_CHAIN_MAX */
    char chain_file[AVS_NAME_BYTES];
    char host[AVS_NAME_BYTES];
    int64_t at;         /**< the time it was judged at */
    int64_t build_time; /**< of this library; no honest clock is earlier */
    enum avs_cause causes[AVS_EXPLANATION_CAUSES_MAX];
    size_t cause_count; /**< 0: nothing stands in the way */
};

/** A time as a person writes it, UTC: 2026-11-21, 2026-11-21T19:03:32Z (the T may be a blank, the Z
 *  may be missing) or Unix seconds as @1795287812. False for anything else, for a date that no
 *  calendar has, and before 1970-01-01 00:00:01. Thread: any. */
AVS_API bool avs_trust_time_parse(const char *text, int64_t *ret_unix);

/** Judge and explain a chain file. OK whatever the judgement; a trust store that cannot be loaded
 * is a cause, not an error. Reads files only; nothing is fetched. Thread: any. Caller frees
 * *ret_explanation with avs_trust_explanation_free. Errors: ERR_USAGE, ERR_IO (chain file),
 * CA_FILE_UNREADABLE or CA_FILE_INVALID (ATS roots file), LIMIT, NO_MEMORY. */
AVS_API AVS_NODISCARD enum avs_status avs_trust_explain(
    const struct avs_trust_explain_options *options, struct avs_trust_explanation **ret_explanation,
    struct avs_error *reterr);

/** Free it; NULL is fine. Thread: any. */
AVS_API void avs_trust_explanation_free(struct avs_trust_explanation *explanation);

/** For people: the answer, the chain, under each cause what to do. Caller frees *ret_text with
 *  free(). Thread: any. Errors: NO_MEMORY. */
AVS_API AVS_NODISCARD enum avs_status avs_trust_explain_text(
    const struct avs_trust_explanation *explanation, bool has_colour, char **ret_text,
    struct avs_error *reterr);

/** For programs: one object, schema avs-shim.trust-explain/1, newline-terminated. Caller frees
 *  *ret_json with free(). Thread: any. Errors: NO_MEMORY. */
AVS_API AVS_NODISCARD enum avs_status avs_trust_explain_json(
    const struct avs_trust_explanation *explanation, char **ret_json, struct avs_error *reterr);

AVS_END_DECLS

#endif
