/* SPDX-License-Identifier: Apache-2.0 */
/* The time at which a chain is judged. */
#include <time.h>

#include <stdbool.h>

#include "trust/cert.h"
#include "trust/validity.h"

void avs_validity_set_time(X509_VERIFY_PARAM *parameters, int64_t at_unix) {
    const time_t at = (time_t)at_unix;
    if (at_unix == 0) {
        return;
    }
    if ((int64_t)at == at_unix) {
        X509_VERIFY_PARAM_set_time(parameters, at);
    } else {
        X509_VERIFY_PARAM_set_flags(parameters, X509_V_FLAG_NO_CHECK_TIME);
    }
}

bool avs_validity_is_unchecked(X509_VERIFY_PARAM *parameters) {
    return (X509_VERIFY_PARAM_get_flags(parameters) & X509_V_FLAG_NO_CHECK_TIME) != 0;
}

/* As x509_check_cert_time of OpenSSL has it: good from the first second, until before the last. */
static int check_certificate(const X509 *certificate, int64_t at_unix) {
    int64_t from = avs_cert_time(X509_get0_notBefore(certificate));
    int64_t until = avs_cert_time(X509_get0_notAfter(certificate));
    return from == INT64_MIN    ? X509_V_ERR_ERROR_IN_CERT_NOT_BEFORE_FIELD
           : from > at_unix     ? X509_V_ERR_CERT_NOT_YET_VALID
           : until == INT64_MIN ? X509_V_ERR_ERROR_IN_CERT_NOT_AFTER_FIELD
           : until <= at_unix   ? X509_V_ERR_CERT_HAS_EXPIRED
                                : X509_V_OK;
}

int avs_validity_check(const STACK_OF(X509) * path, int64_t at_unix, int *ret_depth) {
    int error = X509_V_ERR_UNSPECIFIED;
    for (int i = sk_X509_num(path) - 1; i >= 0; i--) { /* from the anchor down, as OpenSSL goes */
        error = check_certificate(sk_X509_value(path, i), at_unix);
        *ret_depth = i;
        if (error != X509_V_OK) {
            break;
        }
    }
    return error;
}
