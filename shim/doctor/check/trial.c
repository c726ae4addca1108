/* SPDX-License-Identifier: Apache-2.0 */
/* See trial.h. The chain is read off the handshake messages: OpenSSL before 3.0 lends none that was
 * refused. */
#include "check/trial.h"

#include <string.h>

#include <openssl/ssl.h>

#define MESSAGE_HEADER_BYTES 4 /* type and length, RFC 8446 section 4 */
#define RSA_ALGORITHMS \
    "RSA-PSS+SHA256:RSA-PSS+SHA384:RSA-PSS+SHA512:RSA+SHA256:RSA+SHA384:RSA+SHA512"
#define ECDSA_ALGORITHMS "ECDSA+SHA256:ECDSA+SHA384:ECDSA+SHA512"

static size_t read24(const uint8_t *bytes) {
    return (size_t)bytes[0] << 16 | (size_t)bytes[1] << 8 | bytes[2];
}

/* RFC 5246 section 7.4.2: a list of certificates, each after its length. RFC 8446 section 4.4.2: a
 * context before the list, and extensions after each certificate. */
void avs_trial_keep(struct avs_trial_chain *chain, bool is_tls13, const uint8_t *bytes,
                    size_t length) {
    size_t at = is_tls13 && length > 0 ? 1u + bytes[0] : 0;
    chain->length = 0;
    if (at + 3 > length) {
        return;
    }
    at += 3;
    while (at + 3 <= length) {
        size_t whole = 3 + read24(bytes + at);
        if (whole > length - at || whole > sizeof(chain->list) - chain->length) {
            return;
        }
        memcpy(chain->list + chain->length, bytes + at, whole);
        chain->length += whole;
        at += whole;
        if (is_tls13) {
            at += at + 2 <= length ? 2u + ((size_t)bytes[at] << 8 | bytes[at + 1]) : 2;
        }
    }
}

static void on_message(int is_ours, int version, int content_type, const void *bytes, size_t length,
                       SSL *ssl, void *user) {
    (void)version;
    if (!is_ours && content_type == SSL3_RT_HANDSHAKE && length >= MESSAGE_HEADER_BYTES &&
        ((const uint8_t *)bytes)[0] == SSL3_MT_CERTIFICATE) {
        avs_trial_keep(user, SSL_version(ssl) == TLS1_3_VERSION,
                       (const uint8_t *)bytes + MESSAGE_HEADER_BYTES,
                       length - MESSAGE_HEADER_BYTES);
    }
}

/* One bound alone: what openssl.cnf forbids stays forbidden. */
static bool set_version(SSL *ssl, enum avs_trial_version version) {
    switch (version) {
    case AVS_TRIAL_ANY_VERSION:
        break;
    case AVS_TRIAL_TLS12:
        return SSL_set_max_proto_version(ssl, TLS1_2_VERSION) == 1;
    case AVS_TRIAL_TLS13:
        return SSL_set_min_proto_version(ssl, TLS1_3_VERSION) == 1;
    }
    return true;
}

static bool set_family(SSL *ssl, const struct avs_trial *trial) {
    if (trial->family == AVS_TRIAL_ANY_FAMILY) {
        return true;
    }
    bool is_rsa = trial->family == AVS_TRIAL_RSA;
    if (trial->version == AVS_TRIAL_TLS13) {
        return SSL_set1_sigalgs_list(ssl, is_rsa ? RSA_ALGORITHMS : ECDSA_ALGORITHMS) == 1;
    }
    return SSL_set_max_proto_version(ssl, TLS1_2_VERSION) == 1 &&
           SSL_set_cipher_list(ssl, is_rsa ? "aRSA" : "aECDSA") == 1;
}

static int prepare(const struct avs_tls_trial *tls, SSL *ssl) {
    const struct avs_trial *trial = (const struct avs_trial *)tls; /* its first member */
    if (!set_version(ssl, trial->version) || !set_family(ssl, trial)) {
        return 0;
    }
    if (trial->chain) {
        SSL_set_msg_callback(ssl, on_message);
        SSL_set_msg_callback_arg(ssl, trial->chain);
    }
    return 1;
}

void avs_trial_init(struct avs_trial *trial) {
    trial->tls.prepare = prepare;
}
