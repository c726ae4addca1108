/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as a CA file: nothing is read past the end, and each certificate that is reported lies
 * inside what it was decoded from. Also the bytes by themselves as one certificate. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "store/audit_scan.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_inside(struct avs_scan_slice outer, struct avs_scan_slice inner) {
    if (inner.bytes < outer.bytes || inner.length > outer.length ||
        inner.bytes + inner.length > outer.bytes + outer.length) {
        abort();
    }
}

static void on_certificate(void *user, const struct avs_scan_cert *certificate) {
    size_t *count = user;
    (*count)++;
    check_inside(certificate->der, certificate->subject);
    check_inside(certificate->der, certificate->issuer);
    check_inside(certificate->der, certificate->spki);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct avs_scan_file file;
    struct avs_scan_cert certificate;
    size_t count = 0;
    /* a copy without the NUL at the end that a text would have */
    uint8_t *copy = malloc(size ? size : 1);
    if (!copy) {
        return 0;
    }
    memcpy(copy, data, size);
    if (avs_scan_bytes((const char *)copy, size, on_certificate, &count, &file) &&
        (file.certificates != count || file.trusted > file.certificates)) {
        abort();
    }
    if (avs_scan_der(copy, size, &certificate)) {
        size_t unused = 0;
        on_certificate(&unused, &certificate);
    }
    free(copy);
    return 0;
}
