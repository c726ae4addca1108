/* SPDX-License-Identifier: Apache-2.0 */
/* Cost of a trust store: loading it, the first verification after that, memory; OpenSSL's own
 * loader beside ours in the same process. Prints JSON lines. CPU time, the least of several runs.
 */
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <openssl/pem.h>

#include "support/pki.h"
#include "support/test.h"
#include "trust/anchors.h"

#define RUNS 15

static const char *command_line;

static double cpu_ms(void) {
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

static size_t heap_bytes(void) {
    struct mallinfo2 info = mallinfo2();
    return info.uordblks + info.hblkhd;
}

static void print(const char *figure, double value, const char *unit) {
    printf("{\"bench\": \"trust\", \"figure\": \"%s\", \"value\": %.4f, \"unit\": \"%s\", "
           "\"command\": \"%s\"}\n",
           figure, value, unit, command_line);
}

static X509_STORE *load_openssl(const char *file) {
    X509_STORE *store = X509_STORE_new();
    if (X509_LOOKUP_load_file(X509_STORE_add_lookup(store, X509_LOOKUP_file()), file,
                              X509_FILETYPE_PEM) != 1) {
        fprintf(stderr, "bench: OpenSSL cannot load %s\n", file);
        exit(1);
    }
    return store;
}

static struct avs_anchors *load_ours(const char *file) {
    struct avs_anchors *anchors = NULL;
    struct avs_error error = AVS_ERROR_INIT;
    struct avs_anchors_options options = {.ca_file = file};
    if (avs_anchors_load(&options, NULL, &anchors, &error) != AVS_OK) {
        fprintf(stderr, "bench: %s\n", error.message);
        exit(1);
    }
    return anchors;
}

/* A verification as a handshake makes it; parses the chain anew, as it would come off the wire. */
static double verify_ms(X509_STORE *store, STACK_OF(X509) * chain) {
    X509_STORE_CTX *verification = X509_STORE_CTX_new();
    double start = cpu_ms();
    X509_STORE_CTX_init(verification, store, sk_X509_value(chain, 0), chain);
    X509_STORE_CTX_set_default(verification, "ssl_server");
    X509_STORE_CTX_set_flags(verification, X509_V_FLAG_PARTIAL_CHAIN | X509_V_FLAG_TRUSTED_FIRST);
    int result = X509_verify_cert(verification);
    double took = cpu_ms() - start;
    if (result != 1) {
        fprintf(stderr, "bench: chain refused: %s\n",
                X509_verify_cert_error_string(X509_STORE_CTX_get_error(verification)));
        exit(1);
    }
    X509_STORE_CTX_free(verification);
    return took;
}

/* The bundle with one more root at its end, and a chain of three under it (RSA 2048). */
static const char *make_bundle(const char *system_bundle, STACK_OF(X509) * *ret_chain) {
    EVP_PKEY *root_key = pki_rsa_key(2048);
    EVP_PKEY *issuing_key = pki_rsa_key(2048);
    X509 *root =
        pki_issue(&(struct pki_cert){.name = "O=Bench/CN=Root", .key = root_key, .is_ca = true});
    X509 *issuing = pki_issue(&(struct pki_cert){.name = "O=Bench/CN=Issuing",
                                                 .key = issuing_key,
                                                 .issuer = root,
                                                 .issuer_key = root_key,
                                                 .is_ca = true});
    X509 *leaf = pki_issue(&(struct pki_cert){.name = "CN=leaf",
                                              .key = pki_key(0),
                                              .issuer = issuing,
                                              .issuer_key = issuing_key,
                                              .names = "DNS:avs.example",
                                              .usage = "serverAuth"});
    *ret_chain = pki_stack(leaf, issuing, root, NULL);
    STACK_OF(X509) *roots = sk_X509_new_null();
    FILE *file = fopen(system_bundle, "re");
    for (X509 *next; file && (next = PEM_read_X509(file, NULL, NULL, NULL));) {
        sk_X509_push(roots, next);
    }
    if (!file) {
        fprintf(stderr, "bench: no %s\n", system_bundle);
        exit(1);
    }
    fclose(file);
    X509_up_ref(root);
    sk_X509_push(roots, root);
    const char *path = pki_write("bundle.pem", roots);
    print("certificates_in_bundle", sk_X509_num(roots), "count");
    pki_free(roots);
    X509_free(root);
    X509_free(issuing);
    X509_free(leaf);
    EVP_PKEY_free(root_key);
    EVP_PKEY_free(issuing_key);
    return path;
}

static double least(double a, double b) {
    return a < b ? a : b;
}

/* A copy of the chain that no verification has touched yet. */
static STACK_OF(X509) * fresh(const STACK_OF(X509) * chain) {
    STACK_OF(X509) *copy = sk_X509_new_null();
    for (int i = 0; i < sk_X509_num(chain); i++) {
        sk_X509_push(copy, X509_dup(sk_X509_value(chain, i)));
    }
    return copy;
}

int main(int argc, char **argv) {
    (void)argc;
    command_line = argv[2];
    STACK_OF(X509) *chain = NULL;
    const char *file = make_bundle(argv[1], &chain);
    X509_STORE_free(load_openssl(file)); /* OpenSSL's one-time tables are nobody's cost */
    double openssl_load = 1e9, ours_load = 1e9, openssl_verify = 1e9, ours_verify = 1e9;
    for (int run = 0; run < RUNS; run++) {
        double start = cpu_ms();
        X509_STORE *store = load_openssl(file);
        openssl_load = least(openssl_load, cpu_ms() - start);
        STACK_OF(X509) *wire = fresh(chain);
        openssl_verify = least(openssl_verify, verify_ms(store, wire));
        pki_free(wire);
        X509_STORE_free(store);

        start = cpu_ms();
        struct avs_anchors *anchors = load_ours(file);
        ours_load = least(ours_load, cpu_ms() - start);
        wire = fresh(chain);
        ours_verify = least(ours_verify, verify_ms(avs_anchors_store(anchors), wire));
        pki_free(wire);
        avs_anchors_unref(anchors);
    }
    print("load_openssl", openssl_load, "ms cpu");
    print("load_ours", ours_load, "ms cpu");
    print("load_ratio", ours_load / openssl_load, "ours/openssl");
    print("first_verify_openssl", openssl_verify, "ms cpu");
    print("first_verify_ours", ours_verify, "ms cpu");

    size_t before = heap_bytes();
    X509_STORE *store = load_openssl(file);
    print("memory_openssl_each", (double)(heap_bytes() - before), "bytes");
    X509_STORE_free(store);
    before = heap_bytes();
    struct avs_anchors *first = load_ours(file);
    print("memory_ours_first", (double)(heap_bytes() - before), "bytes");
    before = heap_bytes();
    double start = cpu_ms();
    struct avs_anchors *further[100];
    for (int i = 0; i < 100; i++) {
        further[i] = load_ours(file);
    }
    print("load_ours_further", (cpu_ms() - start) / 100, "ms cpu");
    print("memory_ours_each_further", (double)(heap_bytes() - before) / 100, "bytes");
    for (int i = 0; i < 100; i++) {
        avs_anchors_unref(further[i]);
    }
    avs_anchors_unref(first);
    pki_free(chain);
    return 0;
}
