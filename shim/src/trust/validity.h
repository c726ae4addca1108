/* SPDX-License-Identifier: Apache-2.0 */
/* The time at which a chain is judged, beyond the end of time_t too. OpenSSL takes that time as a
 * time_t; where it has 32 bits and the time does not fit, OpenSSL's check is off and the one here
 * takes its place. */
#ifndef AVS_TRUST_VALIDITY_H
#define AVS_TRUST_VALIDITY_H

#include <stdint.h>

#include <openssl/x509.h>
#include <openssl/x509_vfy.h>

/** Judge at `at_unix`; 0 = the system clock. */
void avs_validity_set_time(X509_VERIFY_PARAM *parameters, int64_t at_unix);

/** What OpenSSL would say of the dates of a verified `path` (leaf first) at `at_unix`: X509_V_OK or
 *  X509_V_ERR_CERT_NOT_YET_VALID, _HAS_EXPIRED, _ERROR_IN_CERT_NOT_..._FIELD, and at which depth.
 *  An empty path is X509_V_ERR_UNSPECIFIED. */
int avs_validity_check(const STACK_OF(X509) * path, int64_t at_unix, int *ret_depth);

/** Whether OpenSSL left the dates out, so that avs_validity_check must follow. */
bool avs_validity_is_unchecked(X509_VERIFY_PARAM *parameters);

#endif
