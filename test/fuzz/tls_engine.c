/* SPDX-License-Identifier: Apache-2.0 */
/* The TLS engine with a peer who is not who he should be. In the first form the input is all that
 * the engine ever hears: it must not establish. In the second a real server of ours answers and the
 * input says which of its bytes are changed and how they arrive: established means verified. */
#include "tls/engine.h"

#include <stdlib.h>
#include <string.h>

#include "support/pki.h"

#define HOST       "avs.example"
#define ROUNDS_MAX 64

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct avs_tls_context *context;
static SSL_CTX *server_context;

static void must(bool is_true) {
    if (!is_true) {
        abort();
    }
}

static void set_up(void) {
    struct pki_ats *pki = pki_ats_new();
    STACK_OF(X509) *sent = pki_ats_chain(pki, 1);
    STACK_OF(X509) *roots = pki_stack(pki->root1, NULL);
    struct avs_anchors_options store = {.ca_file = pki_write("roots.pem", roots)};
    struct avs_anchors *anchors = NULL;
    must(avs_anchors_load(&store, NULL, &anchors, NULL) == AVS_OK);
    const struct avs_tls_context_options options = {
        .anchors = anchors, .ats_roots = avs_ats_roots_embedded(), .caches_sessions = true};
    must(avs_tls_context_new(&options, &context, NULL) == AVS_OK);
    server_context = pki_server(sent, pki_key(0));
    SSL_CTX_set_session_id_context(server_context, (const unsigned char *)"f", 1);
    avs_anchors_unref(anchors);
    pki_free(roots);
    pki_free(sent);
    pki_ats_free(pki);
}

static void check(const struct avs_tls *tls, const struct avs_tls_facts *facts) {
    bool is_up = avs_tls_state(tls) == AVS_TLS_ESTABLISHED || avs_tls_state(tls) == AVS_TLS_CLOSED;
    must(is_up == (facts->outcome == AVS_HANDSHAKE_ESTABLISHED));
    must(is_up == facts->is_verified);
    must(!is_up || (facts->hostname_matched && facts->trust.gate.verify_error == 0));
    must(facts->chain_length <= AVS_CHAIN_MAX && facts->wire_first_length <= AVS_FIRST_BYTES);
}

static void hear_only_the_input(struct avs_tls *tls, const uint8_t *data, size_t size) {
    size_t step = size > 0 ? data[0] + 1u : 1;
    for (size_t at = 1; at < size; at += step) {
        size_t part = size - at < step ? size - at : step;
        if (avs_tls_feed(tls, data + at, part) < part) {
            break;
        }
    }
    must(avs_tls_state(tls) == AVS_TLS_HANDSHAKING || avs_tls_state(tls) == AVS_TLS_FAILED);
}

/* Takes two bytes of the input for each chunk: its length, and what is done to its first byte. */
static void hear_a_changed_server(struct avs_tls *tls, const uint8_t *data, size_t size) {
    SSL *server = SSL_new(server_context);
    BIO *to_server = BIO_new(BIO_s_mem());
    BIO *from_server = BIO_new(BIO_s_mem());
    BIO_set_mem_eof_return(to_server, -1);
    BIO_set_mem_eof_return(from_server, -1);
    SSL_set_bio(server, to_server, from_server);
    SSL_set_accept_state(server);
    SSL_set_max_proto_version(server, size > 0 && data[0] & 1 ? TLS1_2_VERSION : TLS1_3_VERSION);
    uint8_t chunk[1024];
    size_t at = 1;
    for (int round = 0; round < ROUNDS_MAX; round++) {
        const uint8_t *bytes;
        size_t length = avs_tls_output(tls, &bytes);
        if (length > 0) {
            BIO_write(to_server, bytes, (int)length);
            avs_tls_output_done(tls, length);
        }
        if (!SSL_is_init_finished(server)) {
            (void)SSL_do_handshake(server);
        } else {
            (void)SSL_write(server, "hello", 5);
        }
        size_t want = at < size ? data[at++] * 4u + 1 : sizeof(chunk);
        uint8_t change = at < size ? data[at++] : 0;
        int got = BIO_read(from_server, chunk, (int)(want < sizeof(chunk) ? want : sizeof(chunk)));
        if (got > 0) {
            chunk[0] = (uint8_t)(chunk[0] ^ (change & 0x80 ? change & 0x7f : 0));
            avs_tls_feed(tls, chunk, (size_t)got);
        }
        (void)avs_tls_read(tls, chunk, sizeof(chunk));
        (void)avs_tls_write(tls, chunk, want < sizeof(chunk) ? want : sizeof(chunk));
    }
    SSL_free(server);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size < 1) {
        return 0;
    }
    if (!context) {
        set_up();
    }
    struct avs_tls_facts facts;
    memset(&facts, 0, sizeof(facts));
    struct avs_tls *tls = NULL;
    const struct avs_tls_options options = {
        .host = HOST, .alpn = data[0] & 2 ? "h2,http/1.1" : NULL, .origin = "o", .facts = &facts};
    must(avs_tls_new(context, &options, &tls, NULL) == AVS_OK);
    if (data[0] & 1) {
        hear_only_the_input(tls, data + 1, size - 1);
    } else {
        hear_a_changed_server(tls, data + 1, size - 1);
    }
    check(tls, &facts);
    if (data[0] & 4) {
        avs_tls_input_end(tls, data[0] & 8 ? AVS_CLOSE_RESET : AVS_CLOSE_EOF);
    }
    if (data[0] & 16) {
        avs_tls_close(tls);
    }
    uint8_t rest[64];
    while (avs_tls_read(tls, rest, sizeof(rest)) > 0) {
    }
    avs_tls_note_timeout(tls);
    check(tls, &facts);
    avs_tls_free(tls);
    return 0;
}
