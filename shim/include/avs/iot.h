/* SPDX-License-Identifier: Apache-2.0 */
/* AWS IoT Core by its names: regions, and what a host name says. Opens no connection. Sources: "How
 * AWS IoT Core is Helping Customers Navigate the Upcoming Distrust of Symantec Certificate
 * Authorities" (called the guide here, 2018), and AWS's public lists of partitions and endpoints as
 * of 2026-08. */
#ifndef AVS_IOT_H
#define AVS_IOT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <avs/endpoint.h>
#include <avs/export.h>
#include <avs/status.h>
#include <avs/style.h>

AVS_BEGIN_DECLS

/* ---- regions ---- */

#define AVS_IOT_REGIONS_SCHEMA "avs-shim.iot-regions/1"
#define AVS_IOT_REGION_BYTES   48
#define AVS_IOT_LIST_DATE      "2026-08" /**< of AWS's list that this release knows */

/** Kinds of hosts that AWS lists for a region; bits. */
enum {
    AVS_IOT_HAS_CONTROL = 1 << 0,  /**< iot.R.S */
    AVS_IOT_HAS_DATA_ATS = 1 << 1, /**< data-ats.iot.R.S */
    AVS_IOT_HAS_DATA = 1 << 2,     /**< data.iot.R.S, the older name */
    AVS_IOT_HAS_JOBS = 1 << 3,     /**< data.jobs.iot.R.S */
    AVS_IOT_HAS_FIPS = 1 << 4,     /**< iot-fips.R.S, data.iot-fips.R.S, data.jobs.iot-fips.R.S */
};

/** What is known of a region. The strings behind pointers are static. */
struct avs_iot_region {
    size_t size; /**< Required: sizeof(struct avs_iot_region) */
    char name[AVS_IOT_REGION_BYTES];
    const char *title;             /**< as the guide writes it; NULL: not in the guide */
    const char *partition;         /**< "aws", "aws-cn", ...; NULL: no partition has such names */
    const char *suffix;            /**< of its hosts, "amazonaws.com"; NULL with `partition` */
    const char *dual_stack_suffix; /**< of its hosts with IPv6, "api.aws"; likewise */
    bool is_listed;                /**< AWS's list names AWS IoT hosts there. It lags: a region that
                                        is not listed may have AWS IoT all the same */
    bool is_in_guide;
    bool was_verisign; /**< the guide has VeriSign for it: there a data name without -ats is the
                            legacy one; everywhere else it is ATS, as is all since May 2018 */
    unsigned hosts;    /**< AVS_IOT_HAS_...; 0 when not listed */
};

/** What is known of `name`; a region that is in no list is told by the form of its name. Thread:
 *  any. Errors: ERR_USAGE for what cannot be a region's name at all. */
AVS_API AVS_NODISCARD enum avs_status avs_iot_region_find(const char *name,
                                                          struct avs_iot_region *ret_region,
                                                          struct avs_error *reterr);

/** The name of the region at `index` of AWS's list, sorted; NULL behind the last. Thread: any. */
AVS_API const char *avs_iot_region_name(size_t index);

/** The guide's table with today's beside it, for one region or (NULL) for all; newline-terminated.
 *  `style` NULL = plain. Caller frees *ret_text with free(). Thread: any.
 *  Errors: ERR_USAGE as avs_iot_region_find, NO_MEMORY. */
AVS_API AVS_NODISCARD enum avs_status avs_iot_regions_to_text(const char *name,
                                                              const struct avs_style *style,
                                                              char **ret_text,
                                                              struct avs_error *reterr);

/** The same as one JSON object, schema avs-shim.iot-regions/1, newline-terminated. Caller frees
 *  *ret_json with free(). Thread: any. Errors: as avs_iot_regions_to_text. */
AVS_API AVS_NODISCARD enum avs_status avs_iot_regions_to_json(const char *name, char **ret_json,
                                                              struct avs_error *reterr);

/* ---- names ---- */

/** What a name is; the ids are stable. */
#define AVS_IOT_KIND_MAP(XX)                                                                   \
    XX(OTHER, "other")                     /* an address, or a name without a dot */           \
    XX(DATA, "data")                       /* an account's device data endpoint, ATS */        \
    XX(LEGACY_DATA, "legacy_data")         /* the same, of the VeriSign generation */          \
    XX(CREDENTIALS, "credentials")         /* an account's credential provider */              \
    XX(JOBS, "jobs")                       /* an account's jobs data endpoint */               \
    XX(DEVICE_ADVISOR, "device_advisor")   /* an account's Device Advisor test endpoint */     \
    XX(GENERIC_DATA, "generic_data")       /* of no account, as SDKs build it: data-ats.iot */ \
    XX(GENERIC_JOBS, "generic_jobs")       /* likewise: data.jobs.iot */                       \
    XX(GREENGRASS, "greengrass")           /* Greengrass data plane: greengrass-ats.iot */     \
    XX(CONTROL, "control_plane")           /* iot.R.S */                                       \
    XX(ADVISOR_CONTROL, "advisor_control") /* api.iotdeviceadvisor.R.S */                      \
    XX(TUNNELING, "tunneling")             /* secure tunneling */                              \
    XX(BETA, "beta")                       /* X-ats.beta.R.iot.S */                            \
    XX(CUSTOM_DOMAIN, "custom_domain")     /* under no name of AWS: the customer's, if any */  \
    XX(MALFORMED, "malformed")             /* under AWS, means IoT, and no form that exists */ \
    XX(OTHER_AWS, "other_aws")             /* under AWS, but not AWS IoT Core */               \
    XX(LOOK_ALIKE, "look_alike")           /* looks like AWS's, but is not under AWS */

enum avs_iot_kind {
#define XX(name, id) AVS_IOT_##name,
    AVS_IOT_KIND_MAP(XX)
#undef XX
        AVS_IOT_KIND_COUNT
};

/** Whose root the certificate of a name ends in. */
enum avs_iot_generation {
    AVS_IOT_GENERATION_UNKNOWN,
    AVS_IOT_GENERATION_ATS,
    AVS_IOT_GENERATION_VERISIGN,
    AVS_IOT_GENERATION_OWN, /**< of a custom domain: what its owner has put there */
};

/** How a name was written, where that is not how it is sent in SNI; bits. */
enum {
    AVS_IOT_WAS_URL = 1 << 0,          /**< with a scheme or a path */
    AVS_IOT_WAS_PLAINTEXT = 1 << 1,    /**< http, ws, mqtt, tcp: AWS IoT Core takes TLS only */
    AVS_IOT_WAS_UPPER_CASE = 1 << 2,   /**< DNS does not mind */
    AVS_IOT_HAD_TRAILING_DOT = 1 << 3, /**< absolute in DNS; SNI has no such dot (RFC 6066) */
};

#define AVS_IOT_PREFIX_BYTES 64

/** A name taken apart. The strings behind pointers are static. */
struct avs_iot_name {
    size_t size; /**< Required: sizeof(struct avs_iot_name) */
    enum avs_iot_kind kind;
    enum avs_iot_generation generation;
    bool is_certain; /**< kind and generation follow from a published form, not from a likeness */
    const char *why; /**< how both were told, a sentence without its full stop */
    char host[AVS_ENDPOINT_HOST_BYTES]; /**< lower-case, no trailing dot */
    uint16_t port;                      /**< 0: none was written */
    unsigned spelling;                  /**< AVS_IOT_WAS_..., AVS_IOT_HAD_... */
    char prefix[AVS_IOT_PREFIX_BYTES];  /**< of the account, without -ats; "" where none is. It
                                             differs between an account's kinds of hosts */
    char region[AVS_IOT_REGION_BYTES];  /**< "": none in the name */
    const char *partition;              /**< of the region; NULL: none */
    const char *suffix;                 /**< the region's hosts end in it; NULL: none */
    bool is_fips, is_dual_stack;
};

/** Take apart what a person, a configuration or an inventory has as AWS IoT endpoint: a host name,
 *  host:port or an URL. Nothing is resolved and nothing allocated. What is a host but none of AWS
 *  IoT's is no error: see `kind`. Thread: any.
 *  Errors: ERR_ENDPOINT_INVALID (cause endpoint_invalid), the message names the exact problem. */
AVS_API AVS_NODISCARD enum avs_status avs_iot_name_parse(const char *text, size_t length,
                                                         struct avs_iot_name *ret_name,
                                                         struct avs_error *reterr);

/** "legacy_data". Thread: any. Never NULL. */
AVS_API const char *avs_iot_kind_id(enum avs_iot_kind kind);
/** "ats", "verisign", "own" or "unknown". Thread: any. Never NULL. */
AVS_API const char *avs_iot_generation_id(enum avs_iot_generation generation);

/** One way to use a host, and what it takes. Strings are static. */
struct avs_iot_way {
    const char *protocol;       /**< "MQTT", "MQTT over WebSocket", "HTTPS publish", ... */
    const char *authentication; /**< "X.509", "SigV4", "custom authorizer", ... */
    uint16_t port;
    const char *alpn; /**< NULL: none is needed */
};

/** The way at `index` of those that a kind of host takes; NULL behind the last. It is the default:
 *  a domain configuration may set others. Thread: any. */
AVS_API const struct avs_iot_way *avs_iot_way(enum avs_iot_kind kind, size_t index);

/* ---- what is to be done about a name, or about those in a configuration ---- */

#define AVS_IOT_EXPLAIN_SCHEMA "avs-shim.iot-explain/1"

struct avs_iot_explanation;

/** Explain one name. Thread: any. Caller frees *ret_explanation with avs_iot_explanation_free.
 *  Errors: as avs_iot_name_parse, NO_MEMORY. */
AVS_API AVS_NODISCARD enum avs_status avs_iot_explain_name(
    const char *text, struct avs_iot_explanation **ret_explanation, struct avs_error *reterr);

/** Explain every name in a configuration: Greengrass's config.yaml, AWS IoT Device Client's JSON, a
 *  bridge of mosquitto, or NAME=host lines. What is not understood is told with its line.
 *  Thread: any. Caller frees *ret_explanation with avs_iot_explanation_free.
 *  Errors: ERR_CONFIG_UNREADABLE, ERR_CONFIG_MALFORMED, NO_MEMORY. */
AVS_API AVS_NODISCARD enum avs_status avs_iot_explain_file(
    const char *path, struct avs_iot_explanation **ret_explanation, struct avs_error *reterr);
AVS_API void avs_iot_explanation_free(struct avs_iot_explanation *explanation);

/** True when there is a name, none has a cause or a remark that calls for a change, and all of the
 *  configuration was understood. Thread: any. */
AVS_API bool avs_iot_explanation_is_fine(const struct avs_iot_explanation *explanation);

/** The report for people, the answer first; newline-terminated. `style` NULL = plain. Caller frees
 *  *ret_text with free(). Thread: any. Errors: NO_MEMORY. */
AVS_API AVS_NODISCARD enum avs_status avs_iot_explanation_to_text(
    const struct avs_iot_explanation *explanation, const struct avs_style *style, char **ret_text,
    struct avs_error *reterr);

/** One JSON object (schema avs-shim.iot-explain/1), newline-terminated. Caller frees *ret_json with
 *  free(). Thread: any. Errors: NO_MEMORY. */
AVS_API AVS_NODISCARD enum avs_status avs_iot_explanation_to_json(
    const struct avs_iot_explanation *explanation, char **ret_json, struct avs_error *reterr);

AVS_END_DECLS

#endif
