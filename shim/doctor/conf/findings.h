/* SPDX-License-Identifier: Apache-2.0 */
/* What each SDK release makes of a configuration: the members of struct avs_config_report of
 * <avs/config.h>. */
#ifndef AVS_CONF_FINDINGS_H
#define AVS_CONF_FINDINGS_H

#include <stdbool.h>
#include <stddef.h>

#include <avs/config.h>

/** One thing wrong or remarkable, at one place. Strings are lent by what holds the finding. */
struct avs_config_finding {
    const char *id; /**< stable, snake_case: "trailing_comma", "endpoint_ignored", ... */
    enum avs_cause cause;
    enum avs_severity severity; /**< error: the SDK does not start, or cannot connect */
    const char *file;
    unsigned line, column; /**< 1-based; the column counts characters */
    size_t offset, length; /**< the bytes meant */
    const char *problem;
    const char *fix;
    const char *sdk_message; /**< what the SDK logs, NULL where it logs nothing */
    size_t sdk_offset;       /**< and its "offset=", where sdk_message is set */
    const char *excerpt;     /**< the line, cut around the place */
    unsigned caret;          /**< characters of `excerpt` before the place */
    bool is_repairable;      /**< has one repair only; see avs_config_plan_repair */
};

/** A key that is set, but does not decide. */
struct avs_config_ignored {
    const char *key, *value, *source, *reason;
};

/** What one generation of the SDK dials, and why. */
struct avs_config_view {
    const char *sdk;      /**< "1.3-1.9", or "this library" */
    const char *endpoint; /**< as the SDK takes it; not checked */
    const char *key;     /**< "sampleApp.endpoint"; "persisted gateway"; NULL: built into the SDK */
    const char *source;  /**< "AlexaClientSDKConfig.json:12:21 sampleApp.endpoint" */
    const char *why;     /**< one sentence */
    const char *refusal; /**< why this release does not start with this file, NULL if it does */
    const struct avs_config_ignored *ignored;
    size_t ignored_count;
};

/** One more value that matters to a connection. */
struct avs_config_fact {
    const char *name; /**< "ca_file", "login", "database", "placeholder", ... */
    const char *key;
    const char *value;  /**< NULL: not set */
    const char *source; /**< NULL: built into the SDK, or not set */
    const char *sdk;    /**< which releases it is for: "1.16 and later" */
    bool is_in_force;   /**< by the release asked for; true where all were asked for */
    const char *note;   /**< "" where there is nothing to say */
};

struct avs_config_gateway {
    enum avs_gateway_state state;
    const char *database; /**< path, "" if none */
    const char *url;      /**< "" unless persisted */
    bool is_verified;
    const char *detail; /**< one sentence */
    const char *clear;  /**< the way to clear it, "" where there is nothing to clear */
};

/** Everything at once. Read-only. */
struct avs_config_report {
    const char *sdk; /**< the release asked for, NULL: all */
    const struct avs_config_view *views;
    size_t view_count;
    const struct avs_config_fact *facts;
    size_t fact_count;
    struct avs_config_gateway gateway;
    const struct avs_config_finding *findings;
    size_t finding_count;
};

#endif
