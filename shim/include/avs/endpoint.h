/* SPDX-License-Identifier: Apache-2.0 */
/* An endpoint: what it may look like at all, and the names of those that AVS has. */
#ifndef AVS_ENDPOINT_H
#define AVS_ENDPOINT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

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

/** The name that stands at `index` in that list; NULL behind the last. Thread: any. */
AVS_API const char *avs_endpoint_name(size_t index);

AVS_END_DECLS

#endif
