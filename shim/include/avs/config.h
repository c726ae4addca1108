/* The SDK's configuration, AlexaClientSDKConfig.json: which endpoint each SDK release really uses
 * and why, the CA file, proxy and interface in force; and what an endpoint may look like at all. */
#ifndef AVS_CONFIG_H
#define AVS_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <avs/cause.h>
#include <avs/export.h>
#include <avs/status.h>

AVS_BEGIN_DECLS

#define AVS_ENDPOINT_ATS_TEST   "https://avs-ats-cert-test.amazon.com"
#define AVS_ENDPOINT_URL_MAX    2048 /**< characters of an endpoint URL */
#define AVS_ENDPOINT_HOST_BYTES 256

/** The parts of an endpoint that avs_endpoint_check accepted. */
struct avs_endpoint {
    size_t size;                        /**< Required: sizeof(struct avs_endpoint) */
    char host[AVS_ENDPOINT_HOST_BYTES]; /**< without brackets where it is an IPv6 address */
    uint16_t port;                      /**< 443 when the URL names none */
    bool is_ipv6;
    char url[AVS_ENDPOINT_URL_MAX + 1]; /**< https://host[:port], without the trailing slash */
};

/** Check that `length` bytes of `text` are an endpoint that a client can dial: https, a host name
 *  (ASCII; punycode where it is international) or address (IPv6 in brackets), a port from 1 to
 *  65535, no user name, no path beyond "/", no space, control character or NUL, at most
 *  AVS_ENDPOINT_URL_MAX characters. `ret_endpoint` may be NULL. Thread: any.
 *  Errors: ERR_ENDPOINT_INVALID (cause endpoint_invalid), the message names the exact problem. */
AVS_API AVS_NODISCARD enum avs_status avs_endpoint_check(const char *text, size_t length,
                                                         struct avs_endpoint *ret_endpoint,
                                                         struct avs_error *reterr);

/** URL of a named endpoint: ats-test na eu fe legacy-na legacy-eu legacy-fe; NULL for another name.
 *  Thread: any. Source: the guide "Update Certificate Authorities" and its newer regional list. */
AVS_API const char *avs_endpoint_from_name(const char *name);

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

AVS_END_DECLS

#endif
