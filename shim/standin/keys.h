/* SPDX-License-Identifier: Apache-2.0 */
/* Keys for the stand-in's PKI. */
#ifndef AVS_STANDIN_KEYS_H
#define AVS_STANDIN_KEYS_H

#include <openssl/evp.h>
#include <stdbool.h>
#include <stddef.h>

enum key_kind {
    KIND_RSA_2048,
    KIND_RSA_1024,
    KIND_P256,
    KIND_P384,
    KIND_RSA_3072,
    KIND_RSA_4096,
    KIND_P521
};

/* One key; NULL when OpenSSL fails. */
EVP_PKEY *key_new(enum key_kind kind);

struct key_job {
    enum key_kind kind;
    EVP_PKEY **place; /* written by keys_generate */
};

/* Every job, spread over a few threads. False when any of them failed; what was made stays. */
bool keys_generate(const struct key_job *jobs, size_t count);

#endif
