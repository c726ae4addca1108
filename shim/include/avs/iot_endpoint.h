/* SPDX-License-Identifier: Apache-2.0 */
/* Ask AWS IoT Core which endpoint an account has in a region: the API's DescribeEndpoint, signed
 * with the keys that the AWS CLI would use. */
#ifndef AVS_IOT_ENDPOINT_H
#define AVS_IOT_ENDPOINT_H

#include <stddef.h>

#include <avs/cause.h>
#include <avs/export.h>
#include <avs/log.h>
#include <avs/status.h>
#include <avs/style.h>

AVS_BEGIN_DECLS

#define AVS_IOT_ENDPOINT_SCHEMA             "avs-shim.iot-endpoint/1"
#define AVS_IOT_ENDPOINT_TIMEOUT_MS_DEFAULT 30000
#define AVS_IOT_ENDPOINT_TRIES_MAX          3

/** Kinds of endpoints: enum suffix, id, the API's name. The API's own default is iot:Data, the
 *  legacy kind; ours is iot:Data-ATS. */
#define AVS_IOT_ENDPOINT_TYPE_MAP(XX)                        \
    XX(DATA_ATS, "data-ats", "iot:Data-ATS")                 \
    XX(DATA, "data", "iot:Data")                             \
    XX(CREDENTIALS, "credentials", "iot:CredentialProvider") \
    XX(JOBS, "jobs", "iot:Jobs")

enum avs_iot_endpoint_type {
#define XX(name, id, api) AVS_IOT_ENDPOINT_##name,
    AVS_IOT_ENDPOINT_TYPE_MAP(XX)
#undef XX
        AVS_IOT_ENDPOINT_TYPE_COUNT
};

/** "data-ats", ...; NULL behind the last. Thread: any. */
AVS_API const char *avs_iot_endpoint_type_id(enum avs_iot_endpoint_type type);

/** All strings are borrowed for the call. Zero-initialised = the defaults. */
struct avs_iot_endpoint_options {
    size_t size; /**< Required: sizeof(struct avs_iot_endpoint_options) */
    enum avs_iot_endpoint_type type;
    const char *region;  /**< Optional; NULL = AWS_REGION, AWS_DEFAULT_REGION, the profile's */
    const char *profile; /**< Optional; NULL = AWS_PROFILE, "default". Given, it comes before keys
                            in the environment, as with the AWS CLI */
    const char *endpoint_url; /**< Optional: "https://host[:port]" to ask instead of
                                   https://iot.REGION.SUFFIX; NULL = AWS_ENDPOINT_URL_IOT,
                                   AWS_ENDPOINT_URL */
    const char *ca_file;      /**< Optional: PEM bundle; NULL = AWS_CA_BUNDLE, the system's store */
    const char *ca_path;      /**< Optional: hashed directory */
    const char *connect_to;   /**< Optional: HOST:PORT to dial instead; SNI and names stay */
    const char *proxy;        /**< Optional: as CURLOPT_PROXY; NULL = environment */
    int timeout_ms;           /**< of the whole call; 0 = AVS_IOT_ENDPOINT_TIMEOUT_MS_DEFAULT. A
                                   credential_process has a minute of its own */
    struct avs_log log;
    /* The device's own certificate instead of all the other keys: given together, to ask the
     * account's credential provider for keys. */
    const char *cert_file;              /**< Optional: PEM, the device's certificate first */
    const char *key;                    /**< Optional: PEM file, or an URI of a token */
    const char *key_passphrase;         /**< Optional */
    const char *role_alias;             /**< Optional: set, it chooses this way */
    const char *thing_name;             /**< Optional: sent as x-amzn-iot-thingname */
    const char *credentials_endpoint;   /**< Optional: P.credentials.iot.REGION.SUFFIX */
    const char *credentials_connect_to; /**< Optional: HOST:PORT to dial instead */
};

/** What came of it; opaque. */
struct avs_iot_endpoint;

/** Ask. OK whenever it could be asked, whatever came back: see avs_iot_endpoint_cause. HTTPS only,
 *  verified; redirects are not followed; throttling and failures of AWS are retried, three tries in
 *  all. May run a credential_process of the profile. Caller frees *ret_endpoint with
 *  avs_iot_endpoint_free. Blocks for timeout_ms, besides that process. Thread: any.
 *  Errors, with a cause where one fits: ERR_USAGE (region), ERR_ENDPOINT_INVALID (a URL that is not
 *  https), ERR_CONFIG (no keys, no region, no such profile), ERR_CONFIG_UNREADABLE,
 *  ERR_CONFIG_MALFORMED, ERR_IO, LIMIT, NO_MEMORY. No message holds a secret. */
AVS_API AVS_NODISCARD enum avs_status avs_iot_endpoint_ask(
    const struct avs_iot_endpoint_options *options, struct avs_iot_endpoint **ret_endpoint,
    struct avs_error *reterr);
/** NULL is fine. Thread: any. */
AVS_API void avs_iot_endpoint_free(struct avs_iot_endpoint *endpoint);

/** The host, lent; "" when it was not told. Thread: any. */
AVS_API const char *avs_iot_endpoint_host(const struct avs_iot_endpoint *endpoint);
/** Why not; AVS_CAUSE_NONE with a host of the type and region that were asked for, AWS_NAME_UNFIT
 *  with another. Thread: any. */
AVS_API enum avs_cause avs_iot_endpoint_cause(const struct avs_iot_endpoint *endpoint);
/** 0 told, 1 refused or a name that does not fit, 3 never reached. Thread: any. */
AVS_API int avs_iot_endpoint_exit_code(const struct avs_iot_endpoint *endpoint);

/** What it means, or why not and what to do, without the host as a line of its own; newline-
 *  terminated. `style` NULL = plain. Caller frees *ret_text with free(). Thread: any.
 *  Errors: NO_MEMORY. */
AVS_API AVS_NODISCARD enum avs_status avs_iot_endpoint_to_text(
    const struct avs_iot_endpoint *endpoint, const struct avs_style *style, char **ret_text,
    struct avs_error *reterr);

/** All of it as one JSON object, schema avs-shim.iot-endpoint/1, newline-terminated. Caller frees
 *  *ret_json with free(). Thread: any. Errors: NO_MEMORY. */
AVS_API AVS_NODISCARD enum avs_status avs_iot_endpoint_to_json(
    const struct avs_iot_endpoint *endpoint, char **ret_json, struct avs_error *reterr);

AVS_END_DECLS

#endif
