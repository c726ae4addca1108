/* SPDX-License-Identifier: Apache-2.0 */
/* Whatever our index of a PEM bundle takes on, OpenSSL's loader accepts too, and both hold the same
 * certificates under the same subjects. Also: any DER walked by itself stays in its bounds. */
#include <stdint.h>
#include <stdlib.h>

#include <openssl/evp.h>

#include "support/store_diff.h"
#include "trust/cafile.h"
#include "trust/der.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool same_key(X509 *certificate, const struct avs_der_facts *facts) {
    unsigned char *spki = NULL;
    int length = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(certificate), &spki);
    bool is_same =
        length == (int)facts->spki_length && memcmp(spki, facts->spki, (size_t)length) == 0;
    OPENSSL_free(spki);
    return is_same;
}

/* DER for the parser's own sake: mutations of base64 seldom reach it. */
static void check_der(const uint8_t *data, size_t size) {
    struct avs_der_facts facts;
    if (avs_der_certificate(data, size, &facts)) {
        const unsigned char *at = data;
        X509 *certificate = d2i_X509(NULL, &at, (long)size);
        const unsigned char *name = NULL;
        size_t length = 0;
        uint32_t again = 0;
        if (!certificate || at != data + size ||
            X509_NAME_get0_der(X509_get_subject_name(certificate), &name, &length) != 1 ||
            !avs_der_name_hash(name, length, &again) || again != facts.subject_hash ||
            !same_key(certificate, &facts)) {
            abort();
        }
        X509_free(certificate);
    }
    /* two spellings of one name must have one hash */
    const unsigned char *at = data;
    X509_NAME *name = size < 4096 ? d2i_X509_NAME(NULL, &at, (long)size) : NULL;
    X509_NAME *copy = X509_NAME_new();
    for (int i = 0; name && copy && i < X509_NAME_entry_count(name); i++) {
        X509_NAME_ENTRY *entry = X509_NAME_get_entry(name, i);
        const ASN1_STRING *value = X509_NAME_ENTRY_get_data(entry);
        unsigned char *utf8 = NULL;
        int length = ASN1_STRING_to_UTF8(&utf8, value);
        X509_NAME_add_entry_by_OBJ(copy, X509_NAME_ENTRY_get_object(entry),
                                   length > 0 ? V_ASN1_UTF8STRING : ASN1_STRING_type(value),
                                   length > 0 ? utf8 : ASN1_STRING_get0_data(value),
                                   length > 0 ? length : ASN1_STRING_length(value), -1, 0);
        OPENSSL_free(utf8);
    }
    if (name && copy && X509_NAME_cmp(name, copy) == 0) {
        const unsigned char *der = NULL;
        const unsigned char *copy_der = NULL;
        size_t length = 0;
        size_t copy_length = 0;
        uint32_t first = 0;
        uint32_t second = 0;
        if (X509_NAME_get0_der(name, &der, &length) == 1 &&
            X509_NAME_get0_der(copy, &copy_der, &copy_length) == 1 &&
            avs_der_name_hash(der, length, &first) &&
            avs_der_name_hash(copy_der, copy_length, &second) && first != second) {
            abort();
        }
    }
    X509_NAME_free(name);
    X509_NAME_free(copy);
    ERR_clear_error();
}

/* The reader that names the place takes a file when OpenSSL does, and has words when it does not.
 */
static void check_cafile(const uint8_t *data, size_t size) {
    struct avs_cafile file;
    X509_STORE *store = X509_STORE_new();
    bool is_taken = size > 0 && store_diff_load(store, data, size) > 0;
    X509_STORE_free(store);
    if (!avs_cafile_read((const char *)data, size, NULL, NULL, &file) ||
        file.is_taken != is_taken || (file.flaw[0] != '\0') == is_taken) {
        fprintf(stderr, "taken by OpenSSL: %d, by us: %d (%s)\n", is_taken, file.is_taken,
                file.flaw);
        abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    bool is_ours = false;
    const char *difference = store_diff(data, size, &is_ours);
    if (difference) {
        fprintf(stderr, "%s\n", difference);
        abort();
    }
    check_cafile(data, size);
    check_der(data, size);
    return 0;
}
