/* SPDX-License-Identifier: Apache-2.0 */
/* What ThreadSanitizer must know: Debian's libcrypto is built without it, so it sees the memory
 * that OpenSSL frees, but not the atomic counts that say when (X509, SSL_SESSION). ci/tsan.supp is
 * the same for the programs that are run as commands. */
#include "support/test.h"

__attribute__((visibility("default"))) const char *__tsan_default_suppressions(void);

const char *__tsan_default_suppressions(void) {
    return "called_from_lib:libcrypto.so\ncalled_from_lib:libssl.so\n";
}
