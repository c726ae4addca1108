/* SPDX-License-Identifier: Apache-2.0 */
/* Keys and certificates out of files; see keyfile.h. */
#include "iot/keyfile.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>

#include "base/buffer.h"
#include "base/text.h"
#include "iot/findings.h"
#include "iot/keypair.h"
#include "trust/openssl_auto.h"

const char *avs_openssl_reason(void) {
    unsigned long code = ERR_peek_last_error();
    const char *reason = code ? ERR_reason_error_string(code) : NULL;
    ERR_clear_error();
    return reason ? reason : "no reason given";
}

int avs_passphrase_give(char *buffer, int size, int is_writing, void *user) {
    struct avs_passphrase *passphrase = user;
    (void)is_writing;
    passphrase->was_asked = true;
    size_t length = passphrase->text ? strlen(passphrase->text) : 0;
    if (length == 0 || length > (size_t)size) {
        return -1;
    }
    memcpy(buffer, passphrase->text, length);
    return (int)length;
}

/* ---------------------------------------------------------------- bytes */

/* 0, or an errno. A pipe is not waited for. */
static int read_file(const char *path, struct avs_buffer *bytes) {
    char block[4096];
    struct stat info;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0) {
        return errno;
    }
    int result = fstat(fd, &info) != 0 ? errno : S_ISDIR(info.st_mode) ? EISDIR : 0;
    if (result == 0 && !S_ISREG(info.st_mode)) {
        result = EINVAL;
    }
    ssize_t length = 0;
    while (result == 0 && (length = read(fd, block, sizeof(block))) > 0) {
        result = avs_buffer_add(bytes, block, (size_t)length) ? 0
                 : bytes->is_over_limit                       ? EFBIG
                                                              : ENOMEM;
    }
    result = length < 0 ? errno : result;
    OPENSSL_cleanse(block, sizeof(block));
    close(fd);
    return result;
}

static const char *errno_text(int os_errno) {
    return os_errno == EINVAL ? "not a regular file" : strerror(os_errno);
}

static enum avs_status take_file(const char *path, enum avs_cause cause,
                                 struct avs_iot_findings *findings, struct avs_buffer *bytes,
                                 bool *ret_is_read, struct avs_error *reterr) {
    int os_errno = read_file(path, bytes);
    *ret_is_read = false;
    if (os_errno == ENOMEM) {
        return avs_fail_memory(reterr);
    }
    if (os_errno != 0) {
        avs_iot_found(findings, cause, "%s: %s", path, errno_text(os_errno));
    } else if (bytes->length == 0) {
        avs_iot_found(findings, cause, "%s is empty", path);
    } else {
        *ret_is_read = true;
    }
    return AVS_OK;
}

static void wipe(struct avs_buffer *bytes) {
    if (bytes->data) {
        OPENSSL_cleanse(bytes->data, bytes->length);
    }
    avs_buffer_done(bytes);
}

/* ---------------------------------------------------------------- PEM */

static const char pem_mark[] = "-----BEGIN ";

static bool is_pem(const struct avs_buffer *bytes) {
    return avs_text_contains_nocase(bytes->data, bytes->length, pem_mark);
}

/* What the blocks of a PEM file are called, and what that is to people. */
static const struct {
    const char *name;
    const char *words;
    bool is_key;
} blocks[] = {
    {"CERTIFICATE", "a certificate", false},
    {"X509 CERTIFICATE", "a certificate", false},
    {"TRUSTED CERTIFICATE", "a certificate", false},
    {"PRIVATE KEY", "PKCS#8", true},
    {"ENCRYPTED PRIVATE KEY", "encrypted PKCS#8", true},
    {"RSA PRIVATE KEY", "PKCS#1", true},
    {"EC PRIVATE KEY", "SEC1", true},
    {"TSS2 PRIVATE KEY", "a key wrapped by a TPM: give it as an URI (file:PATH or handle:NUMBER)",
     false},
    {"OPENSSH PRIVATE KEY", "a key in OpenSSH's own form: ssh-keygen -p -m PEM converts it", false},
    {"PUBLIC KEY", "a public key", false},
    {"RSA PUBLIC KEY", "a public key", false},
    {"CERTIFICATE REQUEST", "a signing request", false},
    {"NEW CERTIFICATE REQUEST", "a signing request", false},
    {"X509 CRL", "a revocation list", false},
    {"PKCS7", "a PKCS#7 container: openssl pkcs7 -print_certs takes it apart", false},
};

/* The name of the first block, parameters of a curve apart; "" = there is none. */
static void first_block(const struct avs_buffer *bytes, char *name, size_t capacity) {
    const char *text = bytes->data;
    name[0] = '\0';
    while ((text = strstr(text, pem_mark)) != NULL) {
        text += sizeof(pem_mark) - 1;
        size_t length = strcspn(text, "-\r\n");
        avs_text_copy_bytes(name, capacity, text, length);
        if (strcmp(name, "EC PARAMETERS") != 0) {
            return;
        }
    }
}

static const char *words_of(const char *block) {
    for (size_t i = 0; i < AVS_COUNT(blocks); i++) {
        if (strcmp(blocks[i].name, block) == 0) {
            return blocks[i].is_key ? "a private key" : blocks[i].words;
        }
    }
    return block[0] ? block : "no PEM block at all";
}

static bool is_pkcs12(const struct avs_buffer *bytes) {
    const unsigned char *at = (const unsigned char *)bytes->data;
    PKCS12 *container = d2i_PKCS12(NULL, &at, (long)bytes->length);
    ERR_clear_error();
    PKCS12_free(container);
    return container != NULL;
}

/* ---------------------------------------------------------------- certificates */

static bool is_certificate(const char *name) {
    return strcmp(name, PEM_STRING_X509) == 0 || strcmp(name, PEM_STRING_X509_OLD) == 0 ||
           strcmp(name, PEM_STRING_X509_TRUSTED) == 0;
}

/* The next certificate of PEM text; NULL at the end and at a damaged block, which is a finding. */
static X509 *next_certificate(BIO *text, const char *path, size_t number,
                              struct avs_iot_findings *findings) {
    char *name = NULL, *header = NULL;
    unsigned char *der = NULL;
    long length = 0;
    X509 *certificate = NULL;
    bool is_end = false;
    while (!certificate && !is_end) {
        is_end = PEM_read_bio(text, &name, &header, &der, &length) != 1;
        if (is_end && ERR_GET_REASON(ERR_peek_last_error()) != PEM_R_NO_START_LINE) {
            avs_iot_found(findings, AVS_CAUSE_CLIENT_CERT_INVALID,
                          "%s: block number %zu is damaged (%s)", path, number,
                          avs_openssl_reason());
        }
        if (!is_end && is_certificate(name)) {
            const unsigned char *at = der;
            certificate = d2i_X509(NULL, &at, length);
            if (!certificate) {
                avs_iot_found(findings, AVS_CAUSE_CLIENT_CERT_INVALID,
                              "%s: certificate number %zu is damaged", path, number);
                is_end = true;
            }
        }
        OPENSSL_free(name);
        OPENSSL_free(header);
        OPENSSL_free(der);
        name = header = NULL;
        der = NULL;
    }
    ERR_clear_error();
    return certificate;
}

static bool push(STACK_OF(X509) * certificates, X509 *certificate) {
    if (sk_X509_push(certificates, certificate) > 0) {
        return true;
    }
    X509_free(certificate);
    return false;
}

static enum avs_status add_pem(const struct avs_buffer *bytes, const char *path,
                               STACK_OF(X509) * certificates, struct avs_iot_findings *findings,
                               struct avs_error *reterr) {
    AVS_AUTO(BIO) text = BIO_new_mem_buf(bytes->data, (int)bytes->length);
    AVS_REQUIRE_MEMORY(text, reterr);
    X509 *certificate;
    size_t number = 1;
    while (number <= AVS_KEYFILE_CERTS_MAX &&
           (certificate = next_certificate(text, path, number, findings)) != NULL) {
        if (!push(certificates, certificate)) {
            return avs_fail_memory(reterr);
        }
        number++;
    }
    if (number == 1 && findings->count == 0) {
        char name[40];
        first_block(bytes, name, sizeof(name));
        avs_iot_found(findings, AVS_CAUSE_CLIENT_CERT_INVALID, "%s holds %s", path, words_of(name));
    }
    return AVS_OK;
}

static enum avs_status add_der(const struct avs_buffer *bytes, const char *path,
                               STACK_OF(X509) * certificates, struct avs_iot_findings *findings,
                               struct avs_error *reterr) {
    const unsigned char *at = (const unsigned char *)bytes->data;
    X509 *certificate = d2i_X509(NULL, &at, (long)bytes->length);
    ERR_clear_error();
    if (!certificate) {
        avs_iot_found(findings, AVS_CAUSE_CLIENT_CERT_INVALID, "%s is %s", path,
                      is_pkcs12(bytes)
                          ? "a PKCS#12 container: openssl pkcs12 -clcerts -nokeys takes it out"
                          : "neither PEM nor DER");
        return AVS_OK;
    }
    avs_iot_found(findings, AVS_CAUSE_CLIENT_FILE_IS_DER, "%s", path);
    return push(certificates, certificate) ? AVS_OK : avs_fail_memory(reterr);
}

enum avs_status avs_keyfile_certificates(const char *path, struct avs_iot_findings *findings,
                                         STACK_OF(X509) * *ret_certificates,
                                         struct avs_error *reterr) {
    struct avs_buffer bytes = avs_buffer_init(AVS_KEY_FILE_BYTES);
    AVS_AUTO(x509_stack) certificates = sk_X509_new_null();
    AVS_REQUIRE_MEMORY(certificates, reterr);
    bool is_read = false;
    enum avs_status status =
        take_file(path, AVS_CAUSE_CLIENT_CERT_UNREADABLE, findings, &bytes, &is_read, reterr);
    if (status == AVS_OK && is_read) {
        status = is_pem(&bytes) ? add_pem(&bytes, path, certificates, findings, reterr)
                                : add_der(&bytes, path, certificates, findings, reterr);
    }
    wipe(&bytes); /* a key may be in it, too */
    AVS_TRY(status);
    *ret_certificates = NULL;
    if (sk_X509_num(certificates) > 0 && avs_iot_first_error(findings) == AVS_CAUSE_NONE) {
        *ret_certificates = AVS_STEAL(certificates);
    }
    return AVS_OK;
}

/* ---------------------------------------------------------------- keys */

static void set_form(char *form, const char *block, bool is_encrypted) {
    for (size_t i = 0; i < AVS_COUNT(blocks); i++) {
        if (blocks[i].is_key && strcmp(blocks[i].name, block) == 0) {
            bool is_legacy = is_encrypted && strncmp(block, "ENCRYPTED", 9) != 0;
            avs_text_format(form, AVS_KEY_FORM_BYTES, "%s%s", is_legacy ? "encrypted " : "",
                            blocks[i].words);
        }
    }
}

/* Why OpenSSL gave no key: the pass phrase's fault, or the file's. */
static void note_no_key(const char *path, const struct avs_passphrase *passphrase,
                        const char *holds, struct avs_iot_findings *findings) {
    if (passphrase->was_asked) {
        bool has_one = passphrase->text && passphrase->text[0];
        avs_iot_found(findings,
                      has_one ? AVS_CAUSE_CLIENT_KEY_PASSPHRASE : AVS_CAUSE_CLIENT_KEY_ENCRYPTED,
                      "%s", path);
    } else {
        avs_iot_found(findings, AVS_CAUSE_CLIENT_KEY_INVALID, "%s %s", path, holds);
    }
    ERR_clear_error();
}

static EVP_PKEY *key_of_pem(const char *path, const struct avs_buffer *bytes,
                            struct avs_passphrase *passphrase, struct avs_iot_findings *findings,
                            char *form) {
    char block[40];
    char holds[160];
    first_block(bytes, block, sizeof(block));
    BIO *text = BIO_new_mem_buf(bytes->data, (int)bytes->length);
    EVP_PKEY *key =
        text ? PEM_read_bio_PrivateKey(text, NULL, avs_passphrase_give, passphrase) : NULL;
    BIO_free_all(text);
    set_form(form, block, passphrase->was_asked);
    if (!key) {
        bool is_key = strcmp(words_of(block), "a private key") == 0;
        avs_text_format(holds, sizeof(holds), is_key ? "holds a damaged key (%s)" : "holds %s",
                        is_key ? avs_openssl_reason() : words_of(block));
        note_no_key(path, passphrase, holds, findings);
    }
    return key;
}

static EVP_PKEY *key_of_der(const char *path, const struct avs_buffer *bytes,
                            struct avs_passphrase *passphrase, struct avs_iot_findings *findings,
                            char *form) {
    const unsigned char *at = (const unsigned char *)bytes->data;
    EVP_PKEY *key = d2i_AutoPrivateKey(NULL, &at, (long)bytes->length);
    ERR_clear_error();
    if (!key) { /* encrypted PKCS#8 */
        BIO *der = BIO_new_mem_buf(bytes->data, (int)bytes->length);
        key = der ? d2i_PKCS8PrivateKey_bio(der, NULL, avs_passphrase_give, passphrase) : NULL;
        BIO_free_all(der);
    }
    avs_text_copy(form, AVS_KEY_FORM_BYTES,
                  passphrase->was_asked ? "encrypted PKCS#8, DER" : "DER");
    if (!key) {
        note_no_key(path, passphrase,
                    is_pkcs12(bytes)
                        ? "is a PKCS#12 container: openssl pkcs12 -nocerts -nodes takes the key out"
                        : "is neither PEM nor DER",
                    findings);
    } else {
        avs_iot_found(findings, AVS_CAUSE_CLIENT_FILE_IS_DER, "%s", path);
    }
    return key;
}

enum avs_status avs_keyfile_key(const char *path, const char *passphrase,
                                struct avs_iot_findings *findings, char *form, EVP_PKEY **ret_key,
                                struct avs_error *reterr) {
    struct avs_buffer bytes = avs_buffer_init(AVS_KEY_FILE_BYTES);
    struct avs_passphrase given = {.text = passphrase};
    bool is_read = false;
    *ret_key = NULL;
    enum avs_status status =
        take_file(path, AVS_CAUSE_CLIENT_KEY_UNREADABLE, findings, &bytes, &is_read, reterr);
    if (status == AVS_OK && is_read) {
        *ret_key = is_pem(&bytes) ? key_of_pem(path, &bytes, &given, findings, form)
                                  : key_of_der(path, &bytes, &given, findings, form);
    }
    wipe(&bytes);
    return status;
}
