/* SPDX-License-Identifier: Apache-2.0 */
/* Keys, fast: the stand-in starts in every demo and test. RSA keys are made of three primes, which
 * takes a third of the time of two and looks the same from outside; several threads share the work.
 * These keys live in memory for minutes and vouch for nothing. */
#include "keys.h"

#include <openssl/ec.h>
#include <openssl/rsa.h>
#include <pthread.h>
#include <stdatomic.h>

enum { THREADS = 4, RSA_PRIMES = 3, RSA_TWO_PRIMES_BITS = 1024 /* too short for three */ };

static const struct {
    int bits; /* RSA */
    int curve;
} kinds[] = {
    [KIND_RSA_2048] = {2048, 0},
    [KIND_RSA_1024] = {1024, 0},
    [KIND_P256] = {0, NID_X9_62_prime256v1},
    [KIND_P384] = {0, NID_secp384r1},
    [KIND_RSA_3072] = {3072, 0},
    [KIND_RSA_4096] = {4096, 0},
    [KIND_P521] = {0, NID_secp521r1},
};

static bool set_parameters(EVP_PKEY_CTX *context, enum key_kind kind) {
    int bits = kinds[kind].bits;
    if (bits == 0) {
        return EVP_PKEY_CTX_set_ec_paramgen_curve_nid(context, kinds[kind].curve) > 0 &&
               EVP_PKEY_CTX_set_ec_param_enc(context, OPENSSL_EC_NAMED_CURVE) > 0;
    }
    return EVP_PKEY_CTX_set_rsa_keygen_bits(context, bits) > 0 &&
           (bits <= RSA_TWO_PRIMES_BITS ||
            EVP_PKEY_CTX_set_rsa_keygen_primes(context, RSA_PRIMES) > 0);
}

EVP_PKEY *key_new(enum key_kind kind) {
    bool is_rsa = kinds[kind].bits > 0;
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_id(is_rsa ? EVP_PKEY_RSA : EVP_PKEY_EC, NULL);
    EVP_PKEY *key = NULL;
    if (context && EVP_PKEY_keygen_init(context) > 0 && set_parameters(context, kind)) {
        EVP_PKEY_keygen(context, &key);
    }
    EVP_PKEY_CTX_free(context);
    return key;
}

struct work {
    const struct key_job *jobs;
    size_t count;
    atomic_size_t next;
    atomic_bool has_failed;
};

static void *work_on(void *argument) {
    struct work *work = argument;
    for (;;) {
        size_t index = atomic_fetch_add(&work->next, 1);
        if (index >= work->count) {
            return NULL;
        }
        *work->jobs[index].place = key_new(work->jobs[index].kind);
        if (!*work->jobs[index].place) {
            atomic_store(&work->has_failed, true);
        }
    }
}

bool keys_generate(const struct key_job *jobs, size_t count) {
    struct work work = {.jobs = jobs, .count = count};
    pthread_t threads[THREADS];
    int started = 0;
    while (started < THREADS && pthread_create(&threads[started], NULL, work_on, &work) == 0) {
        started++;
    }
    work_on(&work); /* also when no thread could be had */
    while (started > 0) {
        pthread_join(threads[--started], NULL);
    }
    return !atomic_load(&work.has_failed);
}
