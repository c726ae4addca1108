/* SPDX-License-Identifier: Apache-2.0 */
/* A transfer of libcurl's that ended with a TLS or connection code, in one line of the log. */
#ifndef AVS_CURL_FAILED_H
#define AVS_CURL_FAILED_H

#include <curl/curl.h>

#include "callers.h"

/** Log why, unless the code is none of these or the URL is not https: host, cause, code, address,
 *  reason, remedy; never the URL's user, path or query. The same again within a minute is counted.
 */
void avs_curl_failed(const struct avs_caller *caller, CURL *easy, CURLcode code);

/** Log once that the application has switched verification off: its own choice. */
void avs_curl_unverified(void);

#endif
