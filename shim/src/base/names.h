/* SPDX-License-Identifier: Apache-2.0 */
/* Names that tell who vouches for whom: Amazon's hosts, public authorities, and products that
 * re-sign TLS. Names prove nothing; they only choose words after a refusal. */
#ifndef AVS_BASE_NAMES_H
#define AVS_BASE_NAMES_H

#include <stdbool.h>

/** The host is Amazon's: a public-suffix list of Amazon's own, matched on whole labels. */
bool avs_names_is_amazon_host(const char *host);
/** An organisation that runs a publicly trusted authority ("DigiCert Inc"). */
bool avs_names_is_public_authority(const char *organization);
/** A distinguished name that a TLS inspection product or debugging proxy puts there. */
bool avs_names_is_interceptor(const char *distinguished_name);

#endif
