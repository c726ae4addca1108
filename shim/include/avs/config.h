/* SPDX-License-Identifier: Apache-2.0 */
/* The SDK's configuration, AlexaClientSDKConfig.json: which endpoint each SDK release really uses
 * and why, the CA file, proxy and interface in force, and how to change it in place. */
#ifndef AVS_CONFIG_H
#define AVS_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <avs/cause.h>
#include <avs/endpoint.h>
#include <avs/export.h>
#include <avs/status.h>
#include <avs/style.h>

AVS_BEGIN_DECLS

#define AVS_CONFIG_FILES_MAX      16              /**< overlays that one load takes */
#define AVS_CONFIG_FILE_BYTES_MAX (1024u * 1024u) /**< of one file */
#define AVS_CONFIG_DEPTH_MAX      64              /**< nesting of one file */

/** One or more configuration files, merged in order as the SDK does. Immutable: any thread. */
struct avs_config;

/** Read `count` files (1 to AVS_CONFIG_FILES_MAX) as the SDK's overlays. Every file must be one
 * that the SDK's parser accepts (1.2.1 and later: with comments) and the overlay one that the SDK
 *  survives. Caller frees *ret_config with avs_config_free. Thread: any.
 *  Errors: ERR_CONFIG_UNREADABLE (cause config_unreadable), ERR_CONFIG_MALFORMED (cause
 *  config_malformed), ERR_USAGE, NO_MEMORY. The message names file, line, column, what is wrong and
 *  the fix. */
AVS_API AVS_NODISCARD enum avs_status avs_config_load(const char *const *paths, size_t count,
                                                      struct avs_config **ret_config,
                                                      struct avs_error *reterr);
AVS_API void avs_config_free(struct avs_config *config);

/** What this library's transport takes from the configuration. */
enum avs_config_setting {
    /** sampleApp.endpoint, else acl.endpoint, else avsGatewayManager.avsGateway, whatever the SDK
     *  release: not checked, see avs_endpoint_check */
    AVS_CONFIG_ENDPOINT,
    AVS_CONFIG_CA_FILE,   /**< libcurlUtils.CURLOPT_CAINFO */
    AVS_CONFIG_CA_PATH,   /**< libcurlUtils.CURLOPT_CAPATH */
    AVS_CONFIG_PROXY,     /**< libcurlUtils.CURLOPT_PROXY */
    AVS_CONFIG_INTERFACE, /**< libcurlUtils.CURLOPT_INTERFACE */
    AVS_CONFIG_SETTING_COUNT
};

/** The value, NULL where the configuration has none (or none of the right type, which the SDK
 *  ignores too). Lent until avs_config_free. Thread: any. */
AVS_API const char *avs_config_value(const struct avs_config *config,
                                     enum avs_config_setting setting);

/** Where that value stands, "AlexaClientSDKConfig.json:12:21 sampleApp.endpoint"; NULL where there
 *  is none. Lent until avs_config_free. Thread: any. */
AVS_API const char *avs_config_source(const struct avs_config *config,
                                      enum avs_config_setting setting);

/* ---- What each SDK release makes of a configuration ---- */

/** The gateway that SDK 1.17 and later persists in its misc database. */
enum avs_gateway_state {
    AVS_GATEWAY_NOT_CONFIGURED, /**< no miscDatabase.databaseFilePath */
    AVS_GATEWAY_NONE,           /**< database read, nothing persisted */
    AVS_GATEWAY_PERSISTED,      /**< it decides, the configuration does not */
    AVS_GATEWAY_MALFORMED,      /**< persisted, but not readable: SDK 1.17+ does not start */
    AVS_GATEWAY_UNREADABLE,     /**< the database is there and cannot be read */
    AVS_GATEWAY_NOT_BUILT_IN    /**< this library was built without sqlite3 */
};

struct avs_config_report; /* opaque */

/** Explain `config` for one SDK release ("1.2" to "1.26", "3.0.0"), or, with NULL, for every
 *  generation and this library's transport. Reads the misc database, read-only; never writes.
 *  Caller frees *ret_report with avs_config_report_free; it outlives `config`. Thread: any.
 *  Errors: ERR_USAGE (no such release), NO_MEMORY. */
AVS_API AVS_NODISCARD enum avs_status avs_config_explain(const struct avs_config *config,
                                                         const char *sdk,
                                                         struct avs_config_report **ret_report,
                                                         struct avs_error *reterr);

/** As avs_config_explain, but for files that may be malformed: findings only, all that can be told
 *  apart in one run. A file that cannot be read is an error. Thread: any.
 *  Errors: ERR_CONFIG_UNREADABLE, ERR_CONFIG_MALFORMED (not even UTF-8), ERR_USAGE, NO_MEMORY. */
AVS_API AVS_NODISCARD enum avs_status avs_config_lint(const char *const *paths, size_t count,
                                                      const char *sdk,
                                                      struct avs_config_report **ret_report,
                                                      struct avs_error *reterr);

AVS_API void avs_config_report_free(struct avs_config_report *report);

/** The worst that the report finds; AVS_SEVERITY_INFO where nothing is wrong. Thread: any. */
AVS_API enum avs_severity avs_config_report_severity(const struct avs_config_report *report);

/** The report for people, the endpoints first; of `action` lint, the findings alone. `style` NULL =
 *  plain. Caller frees *ret_text with free(). Thread: any. Errors: NO_MEMORY. */
AVS_API AVS_NODISCARD enum avs_status avs_config_report_to_text(
    const struct avs_config_report *report, const char *action, const struct avs_style *style,
    char **ret_text, struct avs_error *reterr);

#define AVS_ENDPOINT_SCHEMA "avs-shim.endpoint/1"
/** The report as one JSON object, schema avs-shim.endpoint/1, newline-terminated. `action` is what
 *  was asked ("show", "lint"). Caller frees *ret_json with free(). Errors: NO_MEMORY. */
AVS_API AVS_NODISCARD enum avs_status avs_config_report_to_json(
    const struct avs_config_report *report, const char *action, char **ret_json,
    struct avs_error *reterr);

/** "not_configured", "none", "persisted", ... Thread: any. Never NULL. */
AVS_API const char *avs_gateway_state_id(enum avs_gateway_state state);

/* ---- Editing, byte for byte ---- */

/** A change that was worked out and not yet written. */
struct avs_config_plan;

/** Plan to make `url` the endpoint that every generation (or the release `sdk`) dials. A value that
 *  exists is replaced where it stands; a missing key is added to the last file, with the comma and
 *  the section that it needs. Nothing is written. Thread: any.
 *  Errors: ERR_ENDPOINT_INVALID, ERR_CONFIG_UNREADABLE, ERR_CONFIG_MALFORMED, ERR_USAGE, LIMIT,
 *  NO_MEMORY. */
AVS_API AVS_NODISCARD enum avs_status avs_config_plan_set(const char *const *paths, size_t count,
                                                          const char *sdk, const char *url,
                                                          struct avs_config_plan **ret_plan,
                                                          struct avs_error *reterr);

/** Plan to remove the keys that set the endpoint; the SDK's default counts then. Errors: as
 *  avs_config_plan_set. */
AVS_API AVS_NODISCARD enum avs_status avs_config_plan_unset(const char *const *paths, size_t count,
                                                            const char *sdk,
                                                            struct avs_config_plan **ret_plan,
                                                            struct avs_error *reterr);

/** Plan to switch to `url`, or, where a toggle is in force (its sidecar file exists), back: byte
 * for byte when the file is as the toggle left it, else only the keys' values. Errors: as
 *  avs_config_plan_set, and ERR_CONFIG where going back would lose something. */
AVS_API AVS_NODISCARD enum avs_status avs_config_plan_toggle(const char *const *paths, size_t count,
                                                             const char *sdk, const char *url,
                                                             struct avs_config_plan **ret_plan,
                                                             struct avs_error *reterr);

/** Plan the repairs that have one meaning only: the guide's snippet, a missing comma between
 *  members, a trailing comma. Errors: as avs_config_lint. */
AVS_API AVS_NODISCARD enum avs_status avs_config_plan_repair(const char *const *paths, size_t count,
                                                             struct avs_config_plan **ret_plan,
                                                             struct avs_error *reterr);

/** True when the plan changes no file. */
AVS_API bool avs_config_plan_is_empty(const struct avs_config_plan *plan);
/** What it does, one line for each key; lent until the plan is freed. */
AVS_API const char *avs_config_plan_summary(const struct avs_config_plan *plan);
/** The change as a unified diff that patch(1) takes, but for what a terminal would obey, which is
 *  shown as '?'; of two files or more, one after the other. Caller frees *ret_text with free().
 *  Errors: NO_MEMORY. */
AVS_API AVS_NODISCARD enum avs_status avs_config_plan_to_diff(const struct avs_config_plan *plan,
                                                              char **ret_text,
                                                              struct avs_error *reterr);
/** The plan as one JSON object, schema avs-shim.endpoint/1. Caller frees *ret_json with free(). */
AVS_API AVS_NODISCARD enum avs_status avs_config_plan_to_json(const struct avs_config_plan *plan,
                                                              const char *action, bool is_applied,
                                                              char **ret_json,
                                                              struct avs_error *reterr);

/** Write it: each file replaced atomically, with its mode and owner; a symbolic link is followed
 *  once. Refuses a file that changed since the plan was made. On any error every file is as it was.
 *  Signals that end the process wait until the files are whole. Thread: any, one at a time.
 *  Errors: ERR_IO, ERR_CONFIG (changed in between), NO_MEMORY. */
AVS_API AVS_NODISCARD enum avs_status avs_config_plan_apply(const struct avs_config_plan *plan,
                                                            struct avs_error *reterr);
AVS_API void avs_config_plan_free(struct avs_config_plan *plan);

#ifdef AVS_INSIDE /* the libraries' own sources see the members */
#include "conf/findings.h"
#endif

AVS_END_DECLS

#endif
