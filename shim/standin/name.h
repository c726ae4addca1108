/* SPDX-License-Identifier: Apache-2.0 */
/* A distinguished name from its text. */
#ifndef AVS_STANDIN_NAME_H
#define AVS_STANDIN_NAME_H

#include <openssl/x509.h>

/* "CN=a,O=b\, Inc.,C=US" (RFC 2253: the last part first) as a name. What is cut or broken is left
 * out: two texts that are equal give equal names. NULL: out of memory. */
X509_NAME *name_from_text(const char *text);

#endif
