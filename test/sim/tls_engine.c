/* SPDX-License-Identifier: Apache-2.0 */
/* The TLS engine in memory, against OpenSSL's server: whatever the peer and the path do, the engine
 * ends in one state, with facts that name it, and never established without a verified chain. */
#include "tls/context_internal.h"
#include "tls/engine.h"
#include "tls/sessions.h"

#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <pthread.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/flow.h"
#include "base/text.h"
#include "support/pki.h"
#include "support/test.h"
#include "tls/socket.h"

#define HOST        "avs.example"
#define ROUNDS_MAX  4000
#define STREAM_SIZE (400 * 1024)

struct world {
    struct pki_ats *pki;
    STACK_OF(X509) * sent;
    struct avs_ats_roots *ats;
    struct avs_anchors *anchors;
    struct avs_tls_context *context;  /* no resumption */
    struct avs_tls_context *resuming; /* caches sessions */
    SSL_CTX *server;
};

static int set_up(void **state) {
    struct world *world = calloc(1, sizeof(*world));
    world->pki = pki_ats_new();
    world->sent = pki_ats_chain(world->pki, 1);
    STACK_OF(X509) *roots = pki_stack(world->pki->root1, NULL);
    const char *file = pki_write("roots.pem", roots);
    struct avs_anchors_options store = {.ca_file = file, .source = "option"};
    assert_int_equal(avs_anchors_load(&store, NULL, &world->anchors, NULL), AVS_OK);
    assert_int_equal(avs_ats_roots_load(file, &world->ats, NULL), AVS_OK);
    pki_free(roots);
    struct avs_tls_context_options options = {.anchors = world->anchors, .ats_roots = world->ats};
    assert_int_equal(avs_tls_context_new(&options, &world->context, NULL), AVS_OK);
    options.caches_sessions = true;
    assert_int_equal(avs_tls_context_new(&options, &world->resuming, NULL), AVS_OK);
    world->server = pki_server(world->sent, pki_key(0));
    *state = world;
    return 0;
}

static int tear_down(void **state) {
    struct world *world = *state;
    SSL_CTX_free(world->server);
    avs_tls_context_unref(world->context);
    avs_tls_context_unref(world->resuming);
    avs_ats_roots_free(world->ats);
    avs_anchors_unref(world->anchors);
    pki_free(world->sent);
    pki_ats_free(world->pki);
    free(world);
    return 0;
}

/* A client engine and a server, and the bytes between them. */
struct pair {
    struct avs_tls *tls;
    struct avs_tls_facts facts;
    SSL *server;
    BIO *to_server, *from_server;
    int server_result; /* of its last handshake step */
    size_t step;       /* bytes moved at once, 0 = all there is */
    size_t fed;        /* bytes that the client got */
    size_t cut_at;     /* the connection ends after that many of them; 0 = never */
    enum avs_close_kind cut_kind;
};

struct setting {
    SSL_CTX *server; /* NULL: the world's */
    struct avs_tls_context *context;
    const char *host, *alpn, *origin;
    int64_t now;
    int version; /* only this one */
    size_t step;
};

static void open_pair(struct pair *pair, const struct world *world, const struct setting *setting) {
    *pair = (struct pair){.step = setting->step};
    pair->server = SSL_new(setting->server ? setting->server : world->server);
    pair->to_server = BIO_new(BIO_s_mem());
    pair->from_server = BIO_new(BIO_s_mem());
    BIO_set_mem_eof_return(pair->to_server, -1);
    BIO_set_mem_eof_return(pair->from_server, -1);
    SSL_set_bio(pair->server, pair->to_server, pair->from_server);
    SSL_set_accept_state(pair->server);
    if (setting->version) {
        SSL_set_min_proto_version(pair->server, setting->version);
        SSL_set_max_proto_version(pair->server, setting->version);
    }
    const struct avs_tls_options options = {.host = setting->host ? setting->host : HOST,
                                            .alpn = setting->alpn,
                                            .origin = setting->origin,
                                            .now_unix = setting->now,
                                            .facts = &pair->facts};
    struct avs_error error = AVS_ERROR_INIT;
    if (avs_tls_new(setting->context ? setting->context : world->context, &options, &pair->tls,
                    &error) != AVS_OK) {
        fail_msg("avs_tls_new: %s", error.message);
    }
}

static void close_pair(struct pair *pair) {
    avs_tls_free(pair->tls);
    SSL_free(pair->server);
}

static bool to_server(struct pair *pair) {
    const uint8_t *bytes;
    size_t length = avs_tls_output(pair->tls, &bytes);
    if (length == 0) {
        return false;
    }
    if (pair->step && length > pair->step) {
        length = pair->step;
    }
    assert_int_equal(BIO_write(pair->to_server, bytes, (int)length), length);
    avs_tls_output_done(pair->tls, length);
    return true;
}

static bool to_client(struct pair *pair) {
    uint8_t *space;
    size_t room = avs_tls_input_space(pair->tls, &space);
    if (pair->cut_at && pair->fed >= pair->cut_at) {
        if (pair->cut_kind == AVS_CLOSE_OPEN) {
            return false;
        }
        avs_tls_input_end(pair->tls, pair->cut_kind);
        pair->cut_kind = AVS_CLOSE_OPEN;
        return false;
    }
    if (pair->step && room > pair->step) {
        room = pair->step;
    }
    if (pair->cut_at && room > pair->cut_at - pair->fed) {
        room = pair->cut_at - pair->fed;
    }
    int length = room > 0 ? BIO_read(pair->from_server, space, (int)room) : 0;
    if (length <= 0) {
        return false;
    }
    pair->fed += (size_t)length;
    avs_tls_input_done(pair->tls, (size_t)length);
    return true;
}

/* Move bytes both ways until nothing moves. */
static void shake_hands(struct pair *pair) {
    for (int round = 0; round < ROUNDS_MAX * 10; round++) {
        bool has_moved = to_server(pair);
        if (!SSL_is_init_finished(pair->server)) {
            pair->server_result = SSL_do_handshake(pair->server);
        }
        has_moved |= to_client(pair);
        if (!has_moved && BIO_pending(pair->from_server) == 0) {
            return;
        }
        if (!has_moved && (pair->cut_at || avs_tls_state(pair->tls) == AVS_TLS_FAILED)) {
            return;
        }
    }
    fail_msg("the pair never comes to rest");
}

static const int versions[] = {TLS1_2_VERSION, TLS1_3_VERSION};

static void assert_established(struct pair *pair) {
    if (avs_tls_state(pair->tls) != AVS_TLS_ESTABLISHED) {
        fail_msg("outcome %d, verify %d (%s), alert %d, openssl '%s'", (int)pair->facts.outcome,
                 pair->facts.trust.gate.verify_error, pair->facts.trust.gate.verify_text,
                 pair->facts.alert_received, pair->facts.openssl_error);
    }
    assert_int_equal(pair->facts.outcome, AVS_HANDSHAKE_ESTABLISHED);
    assert_true(pair->facts.is_verified && pair->facts.hostname_matched);
    assert_int_equal(pair->facts.trust.gate.verify_error, X509_V_OK);
}

static void assert_failed(struct pair *pair, enum avs_handshake_outcome outcome) {
    if (pair->facts.outcome != outcome) {
        fail_msg("outcome %d instead of %d; openssl '%s'", (int)pair->facts.outcome, (int)outcome,
                 pair->facts.openssl_error);
    }
    assert_int_equal(avs_tls_state(pair->tls), AVS_TLS_FAILED);
    assert_false(pair->facts.is_verified);
    uint8_t byte;
    assert_int_equal(avs_tls_read(pair->tls, &byte, 1), 0);
    assert_int_equal(avs_tls_write(pair->tls, (const uint8_t *)"x", 1), 0);
}

static void handshakes_are_proven_in_steps_of_any_size(void **state) {
    static const size_t steps[] = {0, 1, 5, 1000};
    for (size_t v = 0; v < AVS_COUNT(versions); v++) {
        for (size_t s = 0; s < AVS_COUNT(steps); s++) {
            struct pair pair;
            struct setting setting = {.version = versions[v], .step = steps[s]};
            open_pair(&pair, *state, &setting);
            shake_hands(&pair);
            assert_established(&pair);
            assert_string_equal(pair.facts.version, v == 0 ? "TLSv1.2" : "TLSv1.3");
            assert_true(pair.facts.cipher[0] != '\0');
            assert_int_equal(pair.facts.chain_length, 2);
            assert_true(pair.facts.trust.gate.is_ats);
            assert_string_equal(pair.facts.trust.gate.anchor_subject, pair.facts.chain[1].issuer);
            assert_int_equal(pair.facts.alert_received, -1);
            assert_int_equal(pair.facts.wire_first_length, AVS_FIRST_BYTES);
            assert_int_equal(pair.facts.wire_first[0], 22);
            assert_false(pair.facts.session_resumed || pair.facts.client_cert_requested);
            assert_int_equal(SSL_is_init_finished(pair.server), 1);
            assert_string_equal(SSL_get_servername(pair.server, TLSEXT_NAMETYPE_host_name), HOST);
            close_pair(&pair);
        }
    }
}

static void a_cut_at_any_byte_is_told_apart(void **state) {
    static const enum avs_close_kind kinds[] = {AVS_CLOSE_EOF, AVS_CLOSE_RESET};
    for (size_t v = 0; v < AVS_COUNT(versions); v++) {
        struct pair whole;
        struct setting setting = {.version = versions[v]};
        open_pair(&whole, *state, &setting);
        whole.step = 1; /* where exactly the client is satisfied */
        size_t length = 0;
        for (int round = 0; avs_tls_state(whole.tls) == AVS_TLS_HANDSHAKING; round++) {
            assert_in_range(round, 0, ROUNDS_MAX * 10);
            to_server(&whole);
            SSL_do_handshake(whole.server);
            if (to_client(&whole)) {
                length = whole.fed;
            }
        }
        close_pair(&whole);
        for (size_t k = 0; k < AVS_COUNT(kinds); k++) {
            /* ends early and late are dear to run: every byte of both ends, each 7th between */
            for (size_t at = 1; at < length - 8; at += at < 200 ? 1 : 7) {
                struct pair pair;
                open_pair(&pair, *state, &setting);
                pair.cut_at = at;
                pair.cut_kind = kinds[k];
                shake_hands(&pair);
                to_client(&pair); /* the end itself */
                assert_failed(&pair, kinds[k] == AVS_CLOSE_EOF ? AVS_HANDSHAKE_CLOSED
                                                               : AVS_HANDSHAKE_RESET);
                assert_int_equal(pair.facts.alert_sent, -1); /* there is nobody to tell */
                close_pair(&pair);
            }
            struct pair pair;
            open_pair(&pair, *state, &setting);
            avs_tls_input_end(pair.tls, kinds[k]); /* before any byte */
            assert_failed(&pair,
                          kinds[k] == AVS_CLOSE_EOF ? AVS_HANDSHAKE_CLOSED : AVS_HANDSHAKE_RESET);
            close_pair(&pair);
        }
    }
}

static void silence_is_a_timeout(void **state) {
    struct pair pair;
    struct setting setting = {.version = 0};
    open_pair(&pair, *state, &setting);
    assert_int_equal(avs_tls_state(pair.tls), AVS_TLS_HANDSHAKING);
    avs_tls_note_timeout(pair.tls);
    assert_failed(&pair, AVS_HANDSHAKE_TIMEOUT);
    avs_tls_note_timeout(pair.tls); /* once is enough */
    avs_tls_input_end(pair.tls, AVS_CLOSE_RESET);
    assert_failed(&pair, AVS_HANDSHAKE_TIMEOUT);
    close_pair(&pair);
    open_pair(&pair, *state, &setting);
    shake_hands(&pair);
    avs_tls_note_timeout(pair.tls); /* too late to matter */
    assert_established(&pair);
    close_pair(&pair);
}

/* ---- alerts ---- */

static void alerts_of_the_server_are_noted(void **state) {
    for (int alert = 0; alert < 256; alert++) {
        struct pair pair;
        struct setting setting = {.version = 0};
        open_pair(&pair, *state, &setting);
        uint8_t record[] = {21, 3, 3, 0, 2, 2, (uint8_t)alert};
        assert_int_equal(avs_tls_feed(pair.tls, record, sizeof(record)), sizeof(record));
        if (alert == 0) { /* a goodbye in the middle of a greeting; then the connection ends */
            avs_tls_input_end(pair.tls, AVS_CLOSE_EOF);
            assert_failed(&pair, AVS_HANDSHAKE_CLOSED);
            assert_int_equal(pair.facts.alert_received, -1);
        } else {
            assert_failed(&pair, AVS_HANDSHAKE_ALERT);
            assert_int_equal(pair.facts.alert_received, alert);
        }
        close_pair(&pair);
    }
}

static int refuse_alpn(SSL *ssl, const unsigned char **out, unsigned char *out_length,
                       const unsigned char *in, unsigned in_length, void *user) {
    (void)ssl;
    (void)out;
    (void)out_length;
    (void)in;
    (void)in_length;
    (void)user;
    return SSL_TLSEXT_ERR_ALERT_FATAL;
}

static int choose_alpn(SSL *ssl, const unsigned char **out, unsigned char *out_length,
                       const unsigned char *in, unsigned in_length, void *user) {
    (void)ssl;
    const char *wanted = user;
    for (unsigned at = 0; at < in_length; at += in[at] + 1u) {
        if (in[at] == strlen(wanted) && memcmp(in + at + 1, wanted, in[at]) == 0) {
            *out = in + at + 1;
            *out_length = in[at];
            return SSL_TLSEXT_ERR_OK;
        }
    }
    return SSL_TLSEXT_ERR_NOACK;
}

static void alpn_is_what_the_server_chose(void **state) {
    struct world *world = *state;
    static const struct {
        const char *offered, *wanted, *chosen;
    } rows[] = {
        {"h2,http/1.1", "h2", "h2"},
        {"h2,http/1.1", "http/1.1", "http/1.1"},
        {"http/1.1", "h2", ""},
        {NULL, "h2", ""},
        {"", "h2", ""},
    };
    for (size_t v = 0; v < AVS_COUNT(versions); v++) {
        for (size_t i = 0; i < AVS_COUNT(rows); i++) {
            SSL_CTX *server = pki_server(world->sent, pki_key(0));
            SSL_CTX_set_alpn_select_cb(server, choose_alpn, (void *)rows[i].wanted);
            struct pair pair;
            struct setting setting = {
                .server = server, .version = versions[v], .alpn = rows[i].offered};
            open_pair(&pair, world, &setting);
            shake_hands(&pair);
            assert_established(&pair);
            assert_string_equal(pair.facts.alpn, rows[i].chosen);
            assert_string_equal(pair.facts.alpn_offered, rows[i].offered ? rows[i].offered : "");
            close_pair(&pair);
            SSL_CTX_free(server);
        }
        SSL_CTX *strict = pki_server(world->sent, pki_key(0));
        SSL_CTX_set_alpn_select_cb(strict, refuse_alpn, NULL);
        struct pair pair;
        struct setting setting = {.server = strict, .version = versions[v], .alpn = "http/1.1"};
        open_pair(&pair, world, &setting);
        shake_hands(&pair);
        assert_failed(&pair, AVS_HANDSHAKE_ALERT);
        assert_int_equal(pair.facts.alert_received, 120);
        close_pair(&pair);
        setting.alpn = NULL; /* the strict ones take a client that names nothing */
        open_pair(&pair, world, &setting);
        shake_hands(&pair);
        assert_established(&pair);
        close_pair(&pair);
        SSL_CTX_free(strict);
    }
}

static void a_bad_option_is_a_usage_error(void **state) {
    struct world *world = *state;
    char long_name[AVS_NAME_BYTES + 1];
    memset(long_name, 'a', AVS_NAME_BYTES);
    long_name[AVS_NAME_BYTES] = '\0';
    char long_list[200];
    memset(long_list, 'p', sizeof(long_list) - 1);
    long_list[sizeof(long_list) - 1] = '\0';
    const struct {
        const char *host, *alpn;
    } rows[] = {{NULL, NULL},
                {"", NULL},
                {long_name, NULL},
                {".example", NULL},
                {HOST, ",h2"},
                {HOST, "h2,,x"},
                {HOST, long_list},
                {HOST, "1234567890123456789012345678901234567890,1234567890123456789012345"}};
    for (size_t i = 0; i < AVS_COUNT(rows); i++) {
        struct avs_tls_facts facts;
        memset(&facts, 0, sizeof(facts));
        const struct avs_tls_options options = {
            .host = rows[i].host, .alpn = rows[i].alpn, .facts = &facts};
        struct avs_tls *tls = NULL;
        struct avs_error error = AVS_ERROR_INIT;
        if (avs_tls_new(world->context, &options, &tls, &error) != AVS_ERR_USAGE) {
            fail_msg("row %zu was taken", i);
        }
        assert_null(tls);
        assert_true(error.message[0] != '\0');
    }
}

static void we_say_why_we_refuse(void **state) {
    struct world *world = *state;
    static const struct {
        const char *host;
        int64_t offset;
        int verify_error, alert;
    } rows[] = {
        {"other.test", 0, X509_V_ERR_HOSTNAME_MISMATCH, 42},
        {HOST, 5 * PKI_YEAR, X509_V_ERR_CERT_HAS_EXPIRED, 45},
        {HOST, -5 * PKI_YEAR, X509_V_ERR_CERT_NOT_YET_VALID, 42},
    };
    for (size_t v = 0; v < AVS_COUNT(versions); v++) {
        for (size_t i = 0; i < AVS_COUNT(rows); i++) {
            struct pair pair;
            struct setting setting = {.version = versions[v],
                                      .host = rows[i].host,
                                      .now = rows[i].offset ? (int64_t)time(NULL) + rows[i].offset
                                                            : 0};
            open_pair(&pair, world, &setting);
            shake_hands(&pair);
            assert_failed(&pair, AVS_HANDSHAKE_VERIFY_FAILED);
            assert_int_equal(pair.facts.trust.gate.verify_error, rows[i].verify_error);
            assert_int_equal(pair.facts.alert_sent, rows[i].alert);
            assert_int_equal(pair.facts.chain_length, 2); /* refused, and yet known */
            assert_string_equal(pair.facts.version, v == 0 ? "TLSv1.2" : "TLSv1.3");
            while (to_server(&pair)) {
            }
            assert_int_not_equal(SSL_do_handshake(pair.server), 1); /* our alert arrived */
            close_pair(&pair);
        }
    }
}

static void an_unknown_root_is_refused_with_its_chain(void **state) {
    struct world *world = *state;
    X509 *stray = pki_issue(&(struct pki_cert){
        .name = "CN=" HOST, .key = pki_key(9), .names = "DNS:" HOST, .usage = "serverAuth"});
    STACK_OF(X509) *chain = pki_stack(stray, NULL);
    SSL_CTX *server = pki_server(chain, pki_key(9));
    struct pair pair;
    struct setting setting = {.server = server};
    open_pair(&pair, world, &setting);
    shake_hands(&pair);
    assert_failed(&pair, AVS_HANDSHAKE_VERIFY_FAILED);
    assert_true(pair.facts.trust.refusal.self_signed_leaf);
    assert_int_equal(pair.facts.chain_length, 1);
    close_pair(&pair);
    SSL_CTX_free(server);
    pki_free(chain);
    X509_free(stray);
}

static void old_versions_are_refused(void **state) {
    struct world *world = *state;
    struct pair pair;
    struct setting setting = {.version = TLS1_1_VERSION};
    open_pair(&pair, world, &setting);
    SSL_set_security_level(pair.server, 0);
    shake_hands(&pair);
    assert_int_equal(avs_tls_state(pair.tls), AVS_TLS_FAILED);
    bool is_told = pair.facts.alert_received == 70 || pair.facts.alert_sent == 70;
    assert_true(is_told);
    close_pair(&pair);
}

/* ---- peers without TLS ---- */

static void plain_text_is_recognised_from_its_first_byte(void **state) {
    static const struct {
        const char *text;
        bool has_phrase;
    } rows[] = {
        {"HTTP/1.1 400 Bad Request\r\n\r\nno TLS here", false},
        {"SSH-2.0-OpenSSH_9.2\r\n", false},
        {"<html>" AVS_ATS_PHRASE "</html>", true},
        {"HTTP/1.1 200 OK\r\n\r\nConnection Established with ATS CERTIFICATE", true},
        {"\x16\x02 not TLS either, the second byte says so", false},
        {"\x16HTTP " AVS_ATS_PHRASE, true},
    };
    for (size_t i = 0; i < AVS_COUNT(rows); i++) {
        size_t length = strlen(rows[i].text);
        for (size_t step = 1; step <= length; step++) { /* the phrase is split everywhere */
            struct pair pair;
            struct setting setting = {.version = 0};
            open_pair(&pair, *state, &setting);
            for (size_t at = 0; at < length; at += step) {
                size_t part = length - at < step ? length - at : step;
                assert_int_equal(avs_tls_feed(pair.tls, (const uint8_t *)rows[i].text + at, part),
                                 part);
            }
            if (step % 2) {
                avs_tls_input_end(pair.tls, AVS_CLOSE_EOF);
            } else {
                avs_tls_note_timeout(pair.tls);
            }
            assert_failed(&pair, AVS_HANDSHAKE_NOT_TLS);
            if (pair.facts.wire_phrase != rows[i].has_phrase) {
                fail_msg("row %zu in steps of %zu", i, step);
            }
            assert_memory_equal(pair.facts.wire_first, rows[i].text,
                                length < AVS_FIRST_BYTES ? length : AVS_FIRST_BYTES);
            close_pair(&pair);
        }
    }
}

static void a_talker_without_tls_is_not_listened_to_for_ever(void **state) {
    struct pair pair;
    struct setting setting = {.version = 0};
    open_pair(&pair, *state, &setting);
    static const uint8_t noise[1000] = {'x'};
    size_t fed = 0;
    while (avs_tls_state(pair.tls) == AVS_TLS_HANDSHAKING) {
        fed += avs_tls_feed(pair.tls, noise, sizeof(noise));
        assert_in_range(fed, 1, AVS_TLS_INPUT_BYTES);
    }
    assert_failed(&pair, AVS_HANDSHAKE_NOT_TLS);
    close_pair(&pair);
}

/* HelloRequests are ignored in a handshake (RFC 5246 section 7.4.1.1): a peer may send nothing
 * else. */
static const uint8_t hello_request[] = {22, 3, 3, 0, 4, 0, 0, 0, 0};

static void a_handshake_without_an_end_is_ended(void **state) {
    struct pair pair;
    struct setting setting = {.version = 0};
    open_pair(&pair, *state, &setting);
    size_t fed = 0;
    while (avs_tls_state(pair.tls) == AVS_TLS_HANDSHAKING) {
        fed += avs_tls_feed(pair.tls, hello_request, sizeof(hello_request));
        assert_in_range(fed, 1, AVS_TLS_HANDSHAKE_BYTES + AVS_TLS_INPUT_BYTES);
    }
    assert_failed(&pair, AVS_HANDSHAKE_FAILED);
    close_pair(&pair);
}

static void *flood(void *user) {
    static uint8_t bytes[sizeof(hello_request) * 4000];
    for (size_t i = 0; i < sizeof(bytes); i++) {
        bytes[i] = hello_request[i % sizeof(hello_request)];
    }
    while (send(*(int *)user, bytes, sizeof(bytes), MSG_NOSIGNAL) > 0) {
    }
    return NULL;
}

/* As fast as we throw away, from another thread: each turn of the pump comes to its end. */
static void a_fast_peer_does_not_keep_the_pump(void **state) {
    struct pair pair;
    struct setting setting = {.version = 0};
    pthread_t thread;
    int ends[2];
    open_pair(&pair, *state, &setting);
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
    assert_int_equal(fcntl(ends[1], F_SETFL, O_NONBLOCK), 0);
    assert_int_equal(pthread_create(&thread, NULL, flood, &ends[0]), 0);
    while (avs_tls_state(pair.tls) == AVS_TLS_HANDSHAKING) {
        avs_tls_socket_fill(pair.tls, ends[1]);
    }
    assert_failed(&pair, AVS_HANDSHAKE_FAILED);
    avs_tls_socket_fill(pair.tls, ends[1]); /* also when nobody listens any more */
    close(ends[1]);
    pthread_join(thread, NULL);
    close(ends[0]);
    close_pair(&pair);
}

static void broken_records_end_the_handshake(void **state) {
    static const struct {
        const char *bytes;
        size_t length;
    } rows[] = {
        {"\x16\x03\x03\xff\xff", 5},                 /* longer than a record may be */
        {"\x17\x03\x03\x00\x01x", 6},                /* application data, and no handshake */
        {"\x16\x03\x03\x00\x04\x02\xff\xff\xff", 9}, /* a ServerHello of 16 MiB */
        {"\x16\x03\x03\x00\x04\x0b\x00\x00\x00", 9}, /* Certificate first */
        {"\x14\x03\x03\x00\x01\x02", 6},             /* ChangeCipherSpec that is none */
        {"\x18\x03\x03\x00\x03\x01\xff\xff", 8},     /* heartbeat */
    };
    for (size_t i = 0; i < AVS_COUNT(rows); i++) {
        for (int one_by_one = 0; one_by_one < 2; one_by_one++) {
            struct pair pair;
            struct setting setting = {.version = 0};
            open_pair(&pair, *state, &setting);
            for (size_t at = 0; at < rows[i].length; at += one_by_one ? 1 : rows[i].length) {
                avs_tls_feed(pair.tls, (const uint8_t *)rows[i].bytes + at,
                             one_by_one ? 1 : rows[i].length);
            }
            if (pair.facts.outcome != AVS_HANDSHAKE_FAILED || !pair.facts.openssl_error[0]) {
                fail_msg("row %zu: outcome %d '%s'", i, (int)pair.facts.outcome,
                         pair.facts.openssl_error);
            }
            close_pair(&pair);
        }
    }
}

/* ---- client certificates ---- */

static void a_request_for_a_certificate_is_noted(void **state) {
    struct world *world = *state;
    for (size_t v = 0; v < AVS_COUNT(versions); v++) {
        for (int is_required = 0; is_required < 2; is_required++) {
            SSL_CTX *server = pki_server(world->sent, pki_key(0));
            SSL_CTX_set_verify(
                server, SSL_VERIFY_PEER | (is_required ? SSL_VERIFY_FAIL_IF_NO_PEER_CERT : 0),
                NULL);
            struct pair pair;
            struct setting setting = {.server = server, .version = versions[v]};
            open_pair(&pair, world, &setting);
            shake_hands(&pair);
            assert_true(pair.facts.client_cert_requested);
            assert_int_equal(pair.facts.trust.gate.verify_error,
                             X509_V_OK); /* known before the alert */
            uint8_t byte;
            if (!is_required) {
                assert_established(&pair);
            } else if (versions[v] == TLS1_2_VERSION) {
                assert_failed(&pair, AVS_HANDSHAKE_ALERT);
                assert_int_equal(pair.facts.alert_received, 40);
            } else { /* TLS 1.3: our side is through before the server looks */
                assert_int_equal(pair.facts.outcome, AVS_HANDSHAKE_ESTABLISHED);
                assert_int_equal(avs_tls_read(pair.tls, &byte, 1), 0);
                assert_int_equal(avs_tls_state(pair.tls), AVS_TLS_CLOSED);
                assert_int_equal(avs_tls_close_kind(pair.tls), AVS_CLOSE_ALERT);
                assert_int_equal(pair.facts.alert_received, 116);
            }
            close_pair(&pair);
            SSL_CTX_free(server);
        }
    }
}

/* ---- after the handshake ---- */

static void ends_are_told_apart(void **state) {
    for (size_t v = 0; v < AVS_COUNT(versions); v++) {
        for (int kind = AVS_CLOSE_CLOSE_NOTIFY; kind < AVS_CLOSE_COUNT; kind++) {
            struct pair pair;
            struct setting setting = {.version = versions[v]};
            uint8_t bytes[16];
            open_pair(&pair, *state, &setting);
            shake_hands(&pair);
            assert_established(&pair);
            assert_int_equal(SSL_write(pair.server, "last", 4), 4);
            ERR_put_error(ERR_LIB_PEM, 0, PEM_R_NO_START_LINE, "elsewhere", 1); /* anybody's */
            switch ((enum avs_close_kind)kind) {
            case AVS_CLOSE_CLOSE_NOTIFY:
                SSL_shutdown(pair.server);
                break;
            case AVS_CLOSE_ALERT: { /* what is no record of theirs gets an alert from us */
                static const uint8_t forged[] = {23, 3,  3,  0,  20, 1,  2,  3,  4,  5,  6,  7, 8,
                                                 9,  10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20};
                while (to_client(&pair)) {
                }
                avs_tls_feed(pair.tls, forged, sizeof(forged));
                break;
            }
            case AVS_CLOSE_EOF:
            case AVS_CLOSE_RESET:
                while (to_client(&pair)) {
                }
                avs_tls_input_end(pair.tls, (enum avs_close_kind)kind);
                break;
            case AVS_CLOSE_OPEN:
            case AVS_CLOSE_COUNT:
                break;
            }
            while (to_client(&pair)) {
            }
            /* what came before the end can still be read */
            assert_int_equal(avs_tls_read(pair.tls, bytes, sizeof(bytes)), 4);
            assert_int_equal(avs_tls_close_kind(pair.tls), AVS_CLOSE_OPEN);
            assert_int_equal(avs_tls_read(pair.tls, bytes, sizeof(bytes)), 0);
            assert_int_equal(avs_tls_state(pair.tls), AVS_TLS_CLOSED);
            assert_int_equal(avs_tls_close_kind(pair.tls), kind);
            assert_null(strstr(pair.facts.openssl_error, "start line"));
            if (kind == AVS_CLOSE_CLOSE_NOTIFY || kind == AVS_CLOSE_ALERT) {
                assert_int_equal(pair.facts.openssl_error[0] != '\0', kind == AVS_CLOSE_ALERT);
            }
            assert_int_equal(pair.facts.outcome, AVS_HANDSHAKE_ESTABLISHED); /* stays true */
            assert_true(pair.facts.is_verified);
            assert_int_equal(avs_tls_write(pair.tls, bytes, 1), 0);
            close_pair(&pair);
        }
    }
}

static void our_goodbye_reaches_the_server(void **state) {
    for (size_t v = 0; v < AVS_COUNT(versions); v++) {
        struct pair pair;
        struct setting setting = {.version = versions[v]};
        open_pair(&pair, *state, &setting);
        shake_hands(&pair);
        assert_int_equal(avs_tls_write(pair.tls, (const uint8_t *)"bye", 3), 3);
        avs_tls_close(pair.tls);
        avs_tls_close(pair.tls);
        assert_int_equal(avs_tls_write(pair.tls, (const uint8_t *)"x", 1), 0);
        while (to_server(&pair)) {
        }
        char bytes[8];
        assert_int_equal(SSL_read(pair.server, bytes, sizeof(bytes)), 3);
        assert_int_equal(SSL_read(pair.server, bytes, sizeof(bytes)), 0);
        assert_int_equal(SSL_get_shutdown(pair.server), SSL_RECEIVED_SHUTDOWN);
        assert_int_equal(SSL_write(pair.server, "still", 5), 5); /* half closed: we still read */
        while (to_client(&pair)) {
        }
        uint8_t more[8];
        assert_int_equal(avs_tls_read(pair.tls, more, sizeof(more)), 5);
        close_pair(&pair);
    }
}

static uint8_t byte_at(size_t position) {
    return (uint8_t)(position * 31 + (position >> 8));
}

/* Odd sizes everywhere: what arrives is what was sent, in order, both ways at once. */
static void streams_arrive_whole_in_any_chunks(void **state) {
    static const struct {
        size_t write, read, step;
    } rows[] = {{1, 16384, 0},     {16384, 1, 0}, {16385, 777, 1460},
                {50000, 65536, 0}, {333, 333, 7}, {100000, 100, 13}};
    for (size_t v = 0; v < AVS_COUNT(versions); v++) {
        for (size_t i = 0; i < AVS_COUNT(rows); i++) {
            size_t total = rows[i].write == 1 || rows[i].step == 7 ? STREAM_SIZE / 20 : STREAM_SIZE;
            struct pair pair;
            struct setting setting = {.version = versions[v]};
            open_pair(&pair, *state, &setting);
            shake_hands(&pair);
            assert_established(&pair);
            pair.step = rows[i].step;
            size_t up_sent = 0, up_got = 0, down_sent = 0, down_got = 0;
            uint8_t *chunk = malloc(131072);
            SSL_set_mode(pair.server,
                         SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
            while (up_got < total || down_got < total) {
                size_t length = total - up_sent < rows[i].write ? total - up_sent : rows[i].write;
                for (size_t k = 0; k < length; k++) {
                    chunk[k] = byte_at(up_sent + k);
                }
                avs_tls_trim(pair.tls); /* gives back nothing that is in use */
                size_t taken = avs_tls_write(pair.tls, chunk, length);
                assert_true(taken <= length);
                up_sent += taken;
                for (int burst = 0; burst < 20 && to_server(&pair); burst++) {
                }
                int got = SSL_read(pair.server, chunk, 131072);
                for (int k = 0; k < got; k++) {
                    assert_int_equal(chunk[k], byte_at(up_got++));
                }
                if (BIO_pending(pair.from_server) < 200000 && down_sent < total) {
                    length = total - down_sent < rows[i].write ? total - down_sent : rows[i].write;
                    for (size_t k = 0; k < length; k++) {
                        chunk[k] = byte_at(down_sent + k);
                    }
                    int sent = SSL_write(pair.server, chunk, (int)length);
                    down_sent += sent > 0 ? (size_t)sent : 0;
                }
                for (int burst = 0; burst < 20 && to_client(&pair); burst++) {
                }
                size_t read;
                while ((read = avs_tls_read(pair.tls, chunk, rows[i].read)) > 0) {
                    for (size_t k = 0; k < read; k++) {
                        assert_int_equal(chunk[k], byte_at(down_got++));
                    }
                }
                assert_int_equal(avs_tls_state(pair.tls), AVS_TLS_ESTABLISHED);
            }
            assert_int_equal(up_got, total);
            assert_int_equal(down_got, total);
            free(chunk);
            close_pair(&pair);
        }
    }
}

/* The peer takes nothing for a while. What was refused was not sent: the next write may offer other
 * bytes, fewer or more, and the peer sees exactly what was taken. */
static void a_full_output_refuses_and_forgets(void **state) {
    for (size_t v = 0; v < AVS_COUNT(versions); v++) {
        struct pair pair;
        struct setting setting = {.version = versions[v]};
        open_pair(&pair, *state, &setting);
        shake_hands(&pair);
        assert_established(&pair);
        static uint8_t chunk[16384];
        memset(chunk, 'a', sizeof(chunk));
        size_t sent_a = 0;
        size_t taken;
        while ((taken = avs_tls_write(pair.tls, chunk, sizeof(chunk))) > 0) {
            sent_a += taken;
            assert_in_range(sent_a, 1, AVS_TLS_OUTPUT_BYTES);
        }
        assert_int_equal(avs_tls_state(pair.tls), AVS_TLS_ESTABLISHED);
        const uint8_t *bytes;
        assert_in_range(avs_tls_output(pair.tls, &bytes), 1, AVS_TLS_OUTPUT_BYTES);
        while (to_server(&pair)) {
        }
        memset(chunk, 'b', sizeof(chunk));
        assert_int_equal(avs_tls_write(pair.tls, chunk, 10), 10); /* fewer than were refused */
        while (to_server(&pair)) {
        }
        size_t a = 0, b = 0;
        char read[4096];
        int length;
        while ((length = SSL_read(pair.server, read, sizeof(read))) > 0) {
            for (int k = 0; k < length; k++) {
                a += read[k] == 'a';
                b += read[k] == 'b';
            }
        }
        assert_int_equal(a, sent_a);
        assert_int_equal(b, 10);
        assert_int_equal(avs_tls_state(pair.tls), AVS_TLS_ESTABLISHED);
        close_pair(&pair);
    }
}

static void a_full_input_asks_to_be_read_first(void **state) {
    struct pair pair;
    struct setting setting = {.version = TLS1_3_VERSION};
    open_pair(&pair, *state, &setting);
    shake_hands(&pair);
    static uint8_t chunk[16384];
    for (int i = 0; i < 20; i++) {
        assert_int_equal(SSL_write(pair.server, chunk, sizeof(chunk)), sizeof(chunk));
    }
    while (to_client(&pair)) {
    }
    uint8_t *space;
    assert_int_equal(avs_tls_input_space(pair.tls, &space), 0);
    assert_int_equal(avs_tls_feed(pair.tls, chunk, 1), 0);
    size_t total = 0;
    size_t length;
    do {
        while ((length = avs_tls_read(pair.tls, chunk, sizeof(chunk))) > 0) {
            total += length;
        }
    } while (to_client(&pair));
    assert_int_equal(total, 20 * sizeof(chunk));
    close_pair(&pair);
}

/* ---- resumption ---- */

static void read_tickets(struct pair *pair) {
    uint8_t byte;
    while (to_client(pair)) {
    }
    assert_int_equal(avs_tls_read(pair->tls, &byte, 1), 0);
}

static SSL_CTX *ticketing_server(const struct world *world) {
    SSL_CTX *server = pki_server(world->sent, pki_key(0));
    SSL_CTX_set_session_id_context(server, (const unsigned char *)"t", 1);
    return server;
}

static void forget(const struct world *world, const char *origin) {
    SSL_SESSION_free(avs_tls_sessions_take(world->resuming->store_tag, origin));
}

/* One connection with the cache; ends in the state that the caller asserts. */
static void connect_once(struct pair *pair, const struct world *world, SSL_CTX *server, int version,
                         const char *host, const char *origin, int64_t now) {
    struct setting setting = {.server = server,
                              .context = world->resuming,
                              .version = version,
                              .host = host,
                              .origin = origin,
                              .now = now};
    open_pair(pair, world, &setting);
    shake_hands(pair);
}

static void sessions_resume_and_are_judged_again(void **state) {
    struct world *world = *state;
    int64_t now = (int64_t)time(NULL);
    for (size_t v = 0; v < AVS_COUNT(versions); v++) {
        SSL_CTX *server = ticketing_server(world);
        struct pair pair;
#define CONNECT(host, origin, at) connect_once(&pair, world, server, versions[v], host, origin, at)
        CONNECT(HOST, "o:443", 0);
        assert_established(&pair);
        assert_false(pair.facts.session_resumed);
        read_tickets(&pair);
        close_pair(&pair);

        for (int again = 0; again < 3; again++) { /* every time, though nobody says goodbye */
            CONNECT(HOST, "o:443", 0);
            assert_established(&pair);
            assert_true(pair.facts.session_resumed);
            assert_true(
                pair.facts.trust.gate.is_ats); /* all facts are there, as if it were the first */
            assert_int_equal(pair.facts.chain_length, 2);
            assert_string_equal(pair.facts.version, v == 0 ? "TLSv1.2" : "TLSv1.3");
            read_tickets(&pair);
            close_pair(&pair);
        }

        CONNECT(HOST, "other:443", 0); /* a session is its origin's alone */
        assert_established(&pair);
        assert_false(pair.facts.session_resumed);
        close_pair(&pair);

        CONNECT("sub." HOST, "o:443", 0); /* also good for that name: the wildcard covers it */
        assert_established(&pair);
        read_tickets(&pair);
        close_pair(&pair);

        CONNECT("other.test", "o:443", 0); /* the cached chain is not for that host */
        assert_failed(&pair, AVS_HANDSHAKE_VERIFY_FAILED);
        assert_int_equal(pair.facts.trust.gate.verify_error, X509_V_ERR_HOSTNAME_MISMATCH);
        close_pair(&pair);

        CONNECT(HOST, "o:443", 0); /* the refused session is gone */
        assert_established(&pair);
        assert_false(pair.facts.session_resumed);
        read_tickets(&pair);
        close_pair(&pair);

        CONNECT(HOST, "o:443", now + 5 * PKI_YEAR); /* the chain has expired meanwhile */
        assert_failed(&pair, AVS_HANDSHAKE_VERIFY_FAILED);
        assert_int_equal(pair.facts.trust.gate.verify_error, X509_V_ERR_CERT_HAS_EXPIRED);
        close_pair(&pair);

        CONNECT(HOST, "o:443", 0);
        assert_established(&pair);
        close_pair(&pair);
#undef CONNECT
        forget(world, "o:443");
        SSL_CTX_free(server);
    }
}

static void a_cut_leaves_the_session_and_a_fatal_alert_takes_it(void **state) {
    struct world *world = *state;
    static const struct {
        enum avs_close_kind how;
        bool is_kept;
    } rows[] = {{AVS_CLOSE_EOF, true}, {AVS_CLOSE_RESET, true}, {AVS_CLOSE_ALERT, false}};
    for (size_t i = 0; i < AVS_COUNT(rows) * AVS_COUNT(versions); i++) {
        const int version = versions[i / AVS_COUNT(rows)];
        const enum avs_close_kind how = rows[i % AVS_COUNT(rows)].how;
        SSL_CTX *server = ticketing_server(world);
        struct pair pair;
        uint8_t byte;
        connect_once(&pair, world, server, version, HOST, "o:443", 0);
        assert_established(&pair);
        read_tickets(&pair);
        if (how == AVS_CLOSE_ALERT) { /* ours: the record cannot be decrypted */
            static const uint8_t forged[] = "\x17\x03\x03\x00\x18 not what the server wrote";
            avs_tls_feed(pair.tls, forged, 5 + 0x18);
        } else {
            avs_tls_input_end(pair.tls, how);
        }
        assert_int_equal(avs_tls_read(pair.tls, &byte, 1), 0);
        assert_int_equal(avs_tls_close_kind(pair.tls), how);
        close_pair(&pair);
        connect_once(&pair, world, server, version, HOST, "o:443", 0);
        assert_established(&pair);
        assert_int_equal(pair.facts.session_resumed, rows[i % AVS_COUNT(rows)].is_kept);
        close_pair(&pair);
        forget(world, "o:443");
        SSL_CTX_free(server);
    }
}

/* ---- what a server sees of us ---- */

static void a_name_is_asked_for_and_an_address_is_not(void **state) {
    static const struct {
        const char *host;
        bool is_asked;
    } rows[] = {{"device.example", true}, {"192.0.2.77", false}, {"2001:db8::77", false}};
    for (size_t i = 0; i < AVS_COUNT(rows); i++) {
        struct pair pair;
        const struct setting setting = {.host = rows[i].host};
        const uint8_t *hello;
        open_pair(&pair, *state, &setting);
        size_t length = avs_tls_output(pair.tls, &hello);
        const void *found = memmem(hello, length, rows[i].host, strlen(rows[i].host));
        assert_int_equal(found != NULL, rows[i].is_asked);
        close_pair(&pair);
    }
}

static void a_renegotiation_is_refused(void **state) {
    struct pair pair;
    const struct setting setting = {.version = TLS1_2_VERSION};
    const uint8_t *record;
    uint8_t byte;
    open_pair(&pair, *state, &setting);
    shake_hands(&pair);
    assert_established(&pair);
    assert_int_equal(SSL_renegotiate(pair.server), 1);
    (void)SSL_do_handshake(pair.server); /* HelloRequest */
    assert_true(to_client(&pair));
    assert_int_equal(avs_tls_read(pair.tls, &byte, 1), 0);
    assert_true(avs_tls_output(pair.tls, &record) > 0);
    assert_int_equal(record[0], 21); /* an alert (no_renegotiation), not a ClientHello */
    close_pair(&pair);
}

/* ---- memory ---- */

static void memory_that_runs_out_is_reported(void **state) {
    struct world *world = *state;
    const struct avs_tls_context_options shared = {.anchors = world->anchors,
                                                   .ats_roots = world->ats};
    unsigned failures = 0;
    TEST_EACH_ALLOCATION(n, 20) {
        struct avs_tls_context *context = NULL;
        struct avs_tls *tls = NULL;
        struct avs_tls_facts *facts = NULL;
        struct avs_error error = AVS_ERROR_INIT;
        enum avs_status status = avs_tls_context_new(&shared, &context, &error);
        if (status == AVS_OK) {
            static struct avs_tls_facts room;
            facts = &room;
            const struct avs_tls_options options = {.host = HOST, .facts = facts};
            status = avs_tls_new(context, &options, &tls, &error);
        }
        if (status != AVS_OK) {
            assert_int_equal(status, AVS_ERR_NO_MEMORY);
            assert_null(tls);
            failures++;
        }
        avs_tls_free(tls);
        avs_tls_context_unref(context);
    }
    assert_true(failures >= 2);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(handshakes_are_proven_in_steps_of_any_size),
        cmocka_unit_test(a_cut_at_any_byte_is_told_apart),
        cmocka_unit_test(silence_is_a_timeout),
        cmocka_unit_test(alerts_of_the_server_are_noted),
        cmocka_unit_test(alpn_is_what_the_server_chose),
        cmocka_unit_test(a_bad_option_is_a_usage_error),
        cmocka_unit_test(we_say_why_we_refuse),
        cmocka_unit_test(an_unknown_root_is_refused_with_its_chain),
        cmocka_unit_test(old_versions_are_refused),
        cmocka_unit_test(plain_text_is_recognised_from_its_first_byte),
        cmocka_unit_test(a_talker_without_tls_is_not_listened_to_for_ever),
        cmocka_unit_test(a_handshake_without_an_end_is_ended),
        cmocka_unit_test(a_fast_peer_does_not_keep_the_pump),
        cmocka_unit_test(broken_records_end_the_handshake),
        cmocka_unit_test(a_request_for_a_certificate_is_noted),
        cmocka_unit_test(ends_are_told_apart),
        cmocka_unit_test(our_goodbye_reaches_the_server),
        cmocka_unit_test(streams_arrive_whole_in_any_chunks),
        cmocka_unit_test(a_full_output_refuses_and_forgets),
        cmocka_unit_test(a_full_input_asks_to_be_read_first),
        cmocka_unit_test(sessions_resume_and_are_judged_again),
        cmocka_unit_test(a_cut_leaves_the_session_and_a_fatal_alert_takes_it),
        cmocka_unit_test(a_name_is_asked_for_and_an_address_is_not),
        cmocka_unit_test(a_renegotiation_is_refused),
        cmocka_unit_test(memory_that_runs_out_is_reported),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
