/* SPDX-License-Identifier: Apache-2.0 */
/* The key pair of a device: every allocation may fail, and nothing is presented that was not
 * proven. test_iot_check.py has every shape of file. */
#include "iot/keypair.h"

#include <openssl/pem.h>

#include "support/pki.h"
#include "support/test.h"
#include "trust/openssl_auto.h"

#define NOW 1800000000

/* A self-signed device certificate over key `number`, as PEM. */
static const char *write_certificate(const char *name, int number) {
    X509 *certificate = pki_issue(&(struct pki_cert){.name = "CN=device",
                                                     .key = pki_key(number),
                                                     .not_before = NOW - PKI_DAY,
                                                     .not_after = NOW + PKI_DAY});
    STACK_OF(X509) *one = pki_stack(certificate, NULL);
    const char *path = pki_write(name, one);
    pki_free(one);
    X509_free(certificate);
    return path;
}

static const char *write_key(const char *name, int number) {
    BIO *text = BIO_new(BIO_s_mem());
    char *bytes = NULL;
    assert_int_equal(PEM_write_bio_PrivateKey(text, pki_key(number), NULL, NULL, 0, NULL, NULL), 1);
    long length = BIO_get_mem_data(text, &bytes);
    const char *path = pki_write_bytes(name, bytes, (size_t)length);
    BIO_free_all(text);
    return path;
}

static void any_allocation_may_fail(void **state) {
    (void)state;
    const char *cert = write_certificate("device.pem", 1);
    const char *key = write_key("device.key", 1);
    TEST_EACH_ALLOCATION(n, 200) {
        struct avs_iot_keypair facts;
        struct avs_keypair *pair = NULL;
        enum avs_status status = avs_keypair_load(cert, key, NULL, NOW, &facts, &pair, NULL);
        assert_true(status == AVS_OK || status == AVS_ERR_NO_MEMORY);
        assert_true(status == AVS_OK || pair == NULL);
        avs_keypair_free(pair);
    }
}

static void a_key_of_another_certificate_is_not_presented(void **state) {
    (void)state;
    const char *cert = write_certificate("device.pem", 1);
    struct avs_iot_keypair facts;
    struct avs_keypair *pair = NULL;
    assert_int_equal(
        avs_keypair_load(cert, write_key("other.key", 2), NULL, NOW, &facts, &pair, NULL), AVS_OK);
    assert_null(pair);
    assert_null(avs_keypair_identity(pair));
    assert_false(facts.is_usable || facts.is_shown);
    assert_int_equal(facts.findings.item[0].cause, AVS_CAUSE_CLIENT_KEY_MISMATCH);
}

/* What the server makes of it is worth knowing; the pair is no good all the same. */
static void one_that_has_expired_is_presented_and_not_usable(void **state) {
    (void)state;
    struct avs_iot_keypair facts;
    struct avs_keypair *pair = NULL;
    assert_int_equal(avs_keypair_load(write_certificate("device.pem", 1),
                                      write_key("device.key", 1), NULL, NOW + 3 * PKI_DAY, &facts,
                                      &pair, NULL),
                     AVS_OK);
    assert_non_null(avs_keypair_identity(pair));
    assert_true(facts.is_shown && !facts.is_usable);
    assert_int_equal(facts.findings.item[0].cause, AVS_CAUSE_CLIENT_CERT_EXPIRED);
    avs_keypair_free(pair);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_allocation_may_fail),
        cmocka_unit_test(a_key_of_another_certificate_is_not_presented),
        cmocka_unit_test(one_that_has_expired_is_presented_and_not_usable),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
