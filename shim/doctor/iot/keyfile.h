/* SPDX-License-Identifier: Apache-2.0 */
/* Private keys and certificates out of files and tokens, with what they are told apart by their
 * form. Judges nothing but whether they can be read. */
#ifndef AVS_IOT_KEYFILE_H
#define AVS_IOT_KEYFILE_H

#include <openssl/evp.h>
#include <openssl/x509.h>

#include <avs/iot_check.h>

#include "base/flow.h"

AVS_DEFINE_AUTO(EVP_PKEY, EVP_PKEY, EVP_PKEY_free);

/** Certificates of a file, in order; at most AVS_KEYFILE_CERTS_MAX. NULL after a finding. */
#define AVS_KEYFILE_CERTS_MAX 20
AVS_NODISCARD enum avs_status avs_keyfile_certificates(const char *path,
                                                       struct avs_iot_findings *findings,
                                                       STACK_OF(X509) * *ret_certificates,
                                                       struct avs_error *reterr);

/** The private key of a file; NULL after a finding. `form` (of 32 bytes) says what it is. */
AVS_NODISCARD enum avs_status avs_keyfile_key(const char *path, const char *passphrase,
                                              struct avs_iot_findings *findings, char *form,
                                              EVP_PKEY **ret_key, struct avs_error *reterr);

/** Is it an URI of a token ("pkcs11:...", "handle:0x81000001"), and no file? */
bool avs_keyuri_is(const char *key);
/** As `uri`, its PIN hidden. */
void avs_keyuri_hide_pin(const char *uri, char *field, size_t capacity);
/** The private key that an URI names: through OSSL_STORE (OpenSSL 3), else, for pkcs11:, through
 *  the ENGINE of libp11. NULL after a finding. What the engine holds lives as long as the process.
 */
EVP_PKEY *avs_keyuri_load(const char *uri, const char *pin, struct avs_iot_findings *findings,
                          char *form);

/** OpenSSL's reason for the newest error, "no reason given" without one; the queue is empty then.
 */
const char *avs_openssl_reason(void);

#define AVS_KEY_FORM_BYTES sizeof(((struct avs_iot_keypair *)0)->key_form)

/* A pass phrase for OpenSSL, which otherwise asks on the terminal. */
struct avs_passphrase {
    const char *text; /* NULL = none */
    bool was_asked;
};
/** A pem_password_cb over struct avs_passphrase. */
int avs_passphrase_give(char *buffer, int size, int is_writing, void *user);

#endif
