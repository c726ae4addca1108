/* SPDX-License-Identifier: Apache-2.0 */
/* TLS engine over OpenSSL. Owns no socket and no clock; its pipe holds the bytes that the pump
 * brings and takes. */
#include "tls/engine.h"

#include <string.h>
#include <strings.h>

#include <openssl/err.h>
#include <openssl/ssl.h>

#include "base/text.h"
#include "tls/context_internal.h"
#include "tls/pipe.h"
#include "tls/sessions.h"
#include "trust/gate.h"

#define ALPN_WIRE_BYTES   64
#define WIRE_SNIFF_BYTES  4096 /* how far a peer without TLS is listened to */
#define RECORD_FIRST_TYPE 20   /* TLS record types, RFC 8446 section 5.1 */
#define RECORD_LAST_TYPE  24
#define RECORD_MAJOR      3
#define RECORD_BYTES_MAX  (5 + 16384 + 2048) /* RFC 5246 section 6.2.3, the larger of both */

struct avs_tls {
    struct avs_tls_context *context;
    SSL *ssl;
    struct avs_gate gate;
    struct avs_tls_facts *facts;
    const struct avs_tls_identity *identity; /* NULL = none */
    enum avs_tls_state state;
    enum avs_close_kind close_kind;
    struct avs_tls_resumption resumption;
    char host[AVS_NAME_BYTES];
    bool is_close_sent;
    bool has_buffers;       /* OpenSSL's, 33 kB of them */
    size_t handshake_bytes; /* from the peer */
    struct avs_tls_pipe pipe;
};

static CRYPTO_ONCE once = CRYPTO_ONCE_STATIC_INIT;
static int engine_index = -1; /* SSL ex_data: the engine */

static void init_once(void) {
    engine_index = SSL_get_ex_new_index(0, NULL, NULL, NULL, NULL);
}

/* What OpenSSL and the gate said, each for itself. */
static bool is_proven(const struct avs_tls *tls) {
    return SSL_get_verify_result(tls->ssl) == X509_V_OK &&
           tls->facts->trust.gate.verify_error == X509_V_OK && tls->facts->hostname_matched;
}

/* In TLS 1.2 this comes inside the last step of the handshake, in TLS 1.3 after it. */
int avs_tls_on_new_session(SSL *ssl, SSL_SESSION *session) {
    const struct avs_tls *tls = SSL_get_ex_data(ssl, engine_index);
    if (tls && is_proven(tls)) {
        avs_tls_resumption_keep(&tls->resumption, session);
    }
    return 0; /* its reference stays OpenSSL's */
}

void avs_tls_on_info(const SSL *ssl, int where, int value) {
    struct avs_tls *tls = SSL_get_ex_data(ssl, engine_index);
    if (!tls || !(where & SSL_CB_ALERT)) {
        return;
    }
    int alert = value & 0xff;
    if (alert == SSL3_AD_CLOSE_NOTIFY) {
        return;
    }
    if (where & SSL_CB_READ) {
        tls->facts->alert_received = alert;
    } else {
        tls->facts->alert_sent = alert;
    }
}

int avs_tls_on_client_cert(SSL *ssl, X509 **ret_certificate, EVP_PKEY **ret_key) {
    struct avs_tls *tls = SSL_get_ex_data(ssl, engine_index);
    if (!tls) {
        return 0;
    }
    tls->facts->client_cert_requested = true;
    const struct avs_tls_identity *identity = tls->identity;
    return identity ? identity->present(identity, ssl, ret_certificate, ret_key) : 0;
}

static enum avs_status set_alpn(SSL *ssl, const char *list, struct avs_error *reterr) {
    uint8_t wire[ALPN_WIRE_BYTES];
    size_t length = 0;
    while (*list) {
        size_t name = strcspn(list, ",");
        if (name == 0 || name > 255 || length + 1 + name > sizeof(wire)) {
            return avs_fail(reterr, AVS_ERR_USAGE, "bad ALPN list '%s'", list);
        }
        wire[length++] = (uint8_t)name;
        memcpy(wire + length, list, name);
        length += name;
        list += name + (list[name] == ',');
    }
    if (SSL_set_alpn_protos(ssl, wire, (unsigned)length) != 0) {
        return avs_fail_memory(reterr);
    }
    return AVS_OK;
}

static enum avs_status set_up(struct avs_tls *tls, const struct avs_tls_options *options,
                              struct avs_error *reterr) {
    SSL *ssl = tls->ssl;
    BIO *bio = avs_tls_pipe_bio(&tls->pipe);
    AVS_REQUIRE_MEMORY(bio, reterr);
    SSL_set_bio(ssl, bio, bio); /* owned by ssl from here on */
    if (SSL_set_ex_data(ssl, engine_index, tls) != 1) {
        return avs_fail_memory(reterr);
    }
    SSL_set_connect_state(ssl);
    /* RFC 6066 section 3: no SNI for IP literals */
    if (!avs_text_is_ip_literal(tls->host) && SSL_set_tlsext_host_name(ssl, tls->host) != 1) {
        return avs_fail(reterr, AVS_ERR_USAGE, "'%s' cannot be used as a server name", tls->host);
    }
    if (options->trial && options->trial->prepare(options->trial, ssl) != 1) {
        return avs_fail(reterr, AVS_ERR_INTERNAL, "OpenSSL cannot do what this trial asks for");
    }
    if (options->alpn && options->alpn[0]) {
        AVS_TRY(set_alpn(ssl, options->alpn, reterr));
        AVS_TEXT_SET(tls->facts->alpn_offered, options->alpn);
    }
    tls->gate = (struct avs_gate){.anchors = tls->context->anchors,
                                  .ats_roots = tls->context->ats_roots,
                                  .host = tls->host,
                                  .now_unix = options->now_unix,
                                  .facts = tls->facts};
    AVS_TRY(avs_gate_attach(ssl, &tls->gate, reterr));
    if (tls->context->caches_sessions && options->origin) {
        tls->resumption.store = tls->context->store_tag;
        AVS_TEXT_SET(tls->resumption.origin, options->origin);
        avs_tls_resumption_offer(&tls->resumption, ssl);
    }
    return AVS_OK;
}

static void advance_handshake(struct avs_tls *tls);

enum avs_status avs_tls_new(struct avs_tls_context *context, const struct avs_tls_options *options,
                            struct avs_tls **ret_tls, struct avs_error *reterr) {
    if (CRYPTO_THREAD_run_once(&once, init_once) != 1 || engine_index < 0) {
        return avs_fail_memory(reterr);
    }
    if (!options->host || options->host[0] == '\0' ||
        strlen(options->host) >= sizeof(((struct avs_tls *)0)->host)) {
        return avs_fail(reterr, AVS_ERR_USAGE, "a host name of 1 to %d characters is needed",
                        AVS_NAME_BYTES - 1);
    }
    struct avs_tls *tls = malloc(sizeof(*tls));
    AVS_REQUIRE_MEMORY(tls, reterr);
    memset(tls, 0, offsetof(struct avs_tls, pipe.in)); /* the buffers need no zeroes */
    tls->context = context;
    tls->facts = options->facts;
    tls->identity = options->identity;
    tls->facts->alert_received = tls->facts->alert_sent = -1;
    tls->facts->trust.gate.verify_error = -1;
    AVS_TEXT_SET(tls->host, options->host);
    tls->ssl = SSL_new(context->ssl_context);
    enum avs_status status = tls->ssl ? set_up(tls, options, reterr) : avs_fail_memory(reterr);
    if (status != AVS_OK) {
        avs_tls_free(tls);
        return status;
    }
    *ret_tls = tls;
    advance_handshake(tls);
    return AVS_OK;
}

void avs_tls_free(struct avs_tls *tls) {
    if (!tls) {
        return;
    }
    if (tls->ssl) {
        SSL_set_ex_data(tls->ssl, engine_index, NULL);
        SSL_free(tls->ssl);
    }
    free(tls);
}

enum avs_tls_state avs_tls_state(const struct avs_tls *tls) {
    return tls->state;
}

enum avs_close_kind avs_tls_close_kind(const struct avs_tls *tls) {
    return tls->close_kind;
}

/* Has the last call not failed, but waits for the connection? As SSL_get_error has it, without the
 * thread's error queue, where anybody's old errors may lie: to clear it before every record costs
 * more than to copy the record. */
static bool is_waiting(const struct avs_tls *tls) {
    if (!BIO_should_retry(SSL_get_rbio(tls->ssl))) {
        return false;
    }
    if (SSL_want_write(tls->ssl)) { /* an alert that found no room is a failure */
        return ERR_GET_LIB(ERR_peek_last_error()) != ERR_LIB_SSL;
    }
    return SSL_want_read(tls->ssl) && tls->pipe.input_end == AVS_CLOSE_OPEN;
}

static void note_openssl_error(struct avs_tls *tls, unsigned long code) {
    const char *reason = code ? ERR_reason_error_string(code) : NULL;
    if (reason && tls->facts->openssl_error[0] == '\0') {
        AVS_TEXT_SET(tls->facts->openssl_error, reason);
    }
    ERR_clear_error();
}

static bool looks_like_tls(const struct avs_tls_facts *facts) {
    if (facts->wire_first_length == 0) {
        return true;
    }
    uint8_t type = facts->wire_first[0];
    return type >= RECORD_FIRST_TYPE && type <= RECORD_LAST_TYPE &&
           (facts->wire_first_length < 2 || facts->wire_first[1] == RECORD_MAJOR);
}

/* Who ended the handshake: asked in the order of how certain the answer is. */
static enum avs_handshake_outcome failed_outcome(const struct avs_tls *tls) {
    const struct avs_tls_facts *facts = tls->facts;
    if (facts->trust.gate.verify_error > 0) {
        return AVS_HANDSHAKE_VERIFY_FAILED;
    }
    if (!looks_like_tls(facts)) {
        return AVS_HANDSHAKE_NOT_TLS;
    }
    if (facts->alert_received >= 0) {
        return AVS_HANDSHAKE_ALERT;
    }
    if (tls->pipe.input_end == AVS_CLOSE_RESET) {
        return AVS_HANDSHAKE_RESET;
    }
    bool is_goodbye = SSL_get_shutdown(tls->ssl) & SSL_RECEIVED_SHUTDOWN;
    if (tls->pipe.input_end == AVS_CLOSE_EOF || is_goodbye) {
        return AVS_HANDSHAKE_CLOSED;
    }
    return AVS_HANDSHAKE_FAILED;
}

/* What the ServerHello settled, if it came; in TLS 1.2 it is only pending until the end. */
static void note_parameters(struct avs_tls *tls) {
    struct avs_tls_facts *facts = tls->facts;
    const SSL_CIPHER *cipher = SSL_get_current_cipher(tls->ssl);
    cipher = cipher ? cipher : SSL_get_pending_cipher(tls->ssl);
    if (!cipher) {
        return;
    }
    const uint8_t *alpn = NULL;
    unsigned alpn_length = 0;
    SSL_get0_alpn_selected(tls->ssl, &alpn, &alpn_length);
    avs_text_copy_bytes(facts->alpn, sizeof(facts->alpn), alpn ? alpn : (const uint8_t *)"",
                        alpn_length);
    AVS_TEXT_SET(facts->version, SSL_get_version(tls->ssl));
    AVS_TEXT_SET(facts->cipher, SSL_CIPHER_get_name(cipher));
}

static void fail_handshake(struct avs_tls *tls) {
    note_parameters(tls);
    note_openssl_error(tls, ERR_peek_error());
    tls->facts->outcome = failed_outcome(tls);
    if (tls->facts->outcome == AVS_HANDSHAKE_CLOSED || tls->facts->outcome == AVS_HANDSHAKE_RESET) {
        tls->facts->alert_sent = -1; /* OpenSSL's, to nobody */
    }
    tls->state = AVS_TLS_FAILED;
}

static void finish_handshake(struct avs_tls *tls) {
    struct avs_tls_facts *facts = tls->facts;
    note_parameters(tls);
    facts->session_resumed = SSL_session_reused(tls->ssl) == 1;
    if (facts->session_resumed && !avs_gate_recheck(tls->ssl, &tls->gate)) {
        fail_handshake(tls); /* OpenSSL does not verify again; certificates expire meanwhile */
        return;
    }
    facts->is_verified = is_proven(tls);
    if (!facts->is_verified) { /* cannot be, and must not pass if it is */
        fail_handshake(tls);
        return;
    }
    avs_tls_resumption_keep_resumed(&tls->resumption, tls->ssl);
    facts->outcome = AVS_HANDSHAKE_ESTABLISHED;
    tls->has_buffers = true;
    tls->state = AVS_TLS_ESTABLISHED;
}

/* A captive portal redirects to itself: "Location: http://portal.example/login?user=..." is kept as
 * far as the host; what follows may be private. */
static void note_wire_location(struct avs_tls *tls) {
    static const char name[] = "\nlocation:";
    const char *text = (const char *)tls->pipe.in + tls->pipe.in_start;
    size_t length = tls->pipe.in_end - tls->pipe.in_start;
    size_t at = 0;
    while (at + sizeof(name) - 1 < length && strncasecmp(text + at, name, sizeof(name) - 1) != 0) {
        at++;
    }
    at += sizeof(name) - 1;
    while (at < length && text[at] == ' ') {
        at++;
    }
    if (at >= length) {
        return;
    }
    char url[AVS_NAME_BYTES];
    avs_text_copy_bytes(url, sizeof(url), text + at, length - at);
    url[strcspn(url, "\r\n")] = '\0';
    char *host = strstr(url, "://");
    if (host) {
        host += 3;
        char *end = host + strcspn(host, "/?#");
        *end = '\0';
        char *at_sign = strrchr(host, '@');
        avs_text_format(tls->facts->wire_location, sizeof(tls->facts->wire_location), "%.*s%s",
                        (int)(host - url), url, at_sign ? at_sign + 1 : host);
    }
}

static void advance_handshake(struct avs_tls *tls) {
    if (tls->state != AVS_TLS_HANDSHAKING) {
        return;
    }
    if (!looks_like_tls(tls->facts)) {
        /* Keep listening: the caller's deadline, an end, or enough bytes stop it. OpenSSL sees none
         * of these bytes (or only a first one that could have been TLS), so they are all here. */
        tls->facts->wire_phrase =
            avs_text_contains_nocase(tls->pipe.in + tls->pipe.in_start,
                                     tls->pipe.in_end - tls->pipe.in_start, AVS_ATS_PHRASE);
        note_wire_location(tls);
        if (tls->pipe.input_end != AVS_CLOSE_OPEN || tls->pipe.in_end >= WIRE_SNIFF_BYTES) {
            fail_handshake(tls);
        }
        return;
    }
    ERR_clear_error();
    if (SSL_do_handshake(tls->ssl) == 1) {
        finish_handshake(tls);
    } else if (!is_waiting(tls)) {
        fail_handshake(tls);
    }
}

/* First bytes as they came. */
static void note_wire(struct avs_tls *tls, const uint8_t *bytes, size_t length) {
    struct avs_tls_facts *facts = tls->facts;
    if (facts->wire_first_length < AVS_FIRST_BYTES) {
        size_t room = AVS_FIRST_BYTES - facts->wire_first_length;
        size_t take = length < room ? length : room;
        memcpy(facts->wire_first + facts->wire_first_length, bytes, take);
        facts->wire_first_length += take;
    }
}

size_t avs_tls_input_space(struct avs_tls *tls, uint8_t **ret_space) {
    return avs_tls_pipe_space(&tls->pipe, ret_space);
}

void avs_tls_input_done(struct avs_tls *tls, size_t length) {
    note_wire(tls, tls->pipe.in + tls->pipe.in_end, length);
    tls->pipe.in_end += length;
    if (tls->state == AVS_TLS_HANDSHAKING &&
        (tls->handshake_bytes += length) > AVS_TLS_HANDSHAKE_BYTES) {
        AVS_TEXT_SET(tls->facts->openssl_error, "the handshake has no end");
        fail_handshake(tls);
    }
    advance_handshake(tls);
}

void avs_tls_input_end(struct avs_tls *tls, enum avs_close_kind kind) {
    if (tls->pipe.input_end == AVS_CLOSE_OPEN || kind == AVS_CLOSE_RESET) {
        tls->pipe.input_end = kind; /* a reset seen while sending reads as a plain end afterwards */
    }
    advance_handshake(tls);
}

size_t avs_tls_feed(struct avs_tls *tls, const uint8_t *bytes, size_t length) {
    size_t taken = 0;
    while (taken < length) {
        uint8_t *space;
        size_t room = avs_tls_input_space(tls, &space);
        if (room == 0) {
            break;
        }
        size_t part = length - taken < room ? length - taken : room;
        memcpy(space, bytes + taken, part);
        taken += part;
        avs_tls_input_done(tls, part);
    }
    return taken;
}

size_t avs_tls_output(struct avs_tls *tls, const uint8_t **ret_bytes) {
    return avs_tls_pipe_output(&tls->pipe, ret_bytes);
}

void avs_tls_output_done(struct avs_tls *tls, size_t length) {
    if (avs_tls_pipe_sent(&tls->pipe, length)) {
        advance_handshake(tls); /* it may have waited for room */
    }
}

/* What OpenSSL says to it: the newest error, and only where there must be one of its own. */
static unsigned long closing_error(const struct avs_tls *tls) {
    unsigned long code = ERR_peek_last_error();
    bool is_own = tls->close_kind == AVS_CLOSE_ALERT;
#ifdef SSL_R_UNEXPECTED_EOF_WHILE_READING /* OpenSSL 3 */
    is_own = is_own || ERR_GET_REASON(code) == SSL_R_UNEXPECTED_EOF_WHILE_READING;
#endif
    return is_own ? code : 0;
}

/* The peer is done: by close_notify, alert, end or reset. */
static void note_close(struct avs_tls *tls) {
    if (tls->facts->alert_received >= 0) {
        tls->close_kind = AVS_CLOSE_ALERT;
    } else if (SSL_get_shutdown(tls->ssl) & SSL_RECEIVED_SHUTDOWN) {
        tls->close_kind = AVS_CLOSE_CLOSE_NOTIFY;
    } else if (tls->pipe.input_end != AVS_CLOSE_OPEN) {
        tls->close_kind = tls->pipe.input_end;
    } else {
        tls->close_kind = AVS_CLOSE_ALERT; /* we sent it: bad record, protocol error */
    }
    if (tls->close_kind == AVS_CLOSE_ALERT) { /* RFC 5246 section 7.2.2 */
        avs_tls_resumption_spoil(&tls->resumption);
    }
    note_openssl_error(tls, closing_error(tls));
    tls->state = AVS_TLS_CLOSED;
}

size_t avs_tls_read(struct avs_tls *tls, uint8_t *bytes, size_t capacity) {
    if (tls->state != AVS_TLS_ESTABLISHED || capacity == 0) {
        return 0;
    }
    if (tls->pipe.in_start == tls->pipe.in_end && tls->pipe.input_end == AVS_CLOSE_OPEN &&
        SSL_has_pending(tls->ssl) == 0) {
        return 0; /* what OpenSSL would find out as well, at the price of a read */
    }
    size_t length = 0;
    tls->has_buffers = true;
    if (SSL_read_ex(tls->ssl, bytes, capacity, &length) == 1) {
        return length;
    }
    if (!is_waiting(tls)) {
        note_close(tls);
    }
    return 0;
}

bool avs_tls_can_write(const struct avs_tls *tls) {
    return tls->state == AVS_TLS_ESTABLISHED && !tls->is_close_sent &&
           AVS_TLS_OUTPUT_BYTES - (tls->pipe.out_end - tls->pipe.out_start) >= RECORD_BYTES_MAX;
}

size_t avs_tls_write(struct avs_tls *tls, const uint8_t *bytes, size_t length) {
    if (length == 0) {
        return 0;
    }
    if (!avs_tls_can_write(tls)) {
        /* OpenSSL would keep the rest of a record that does not fit, and insist on being offered
         * the same bytes again; so it is only asked when a whole record fits. */
        return 0;
    }
    size_t written = 0;
    tls->has_buffers = true;
    if (SSL_write_ex(tls->ssl, bytes, length, &written) == 1) {
        return written;
    }
    if (!is_waiting(tls)) {
        note_close(tls);
    }
    return 0;
}

void avs_tls_close(struct avs_tls *tls) {
    if (tls->state == AVS_TLS_ESTABLISHED && !tls->is_close_sent) {
        tls->is_close_sent = true;
        (void)SSL_shutdown(tls->ssl);
        ERR_clear_error();
    }
}

void avs_tls_note_timeout(struct avs_tls *tls) {
    if (tls->state != AVS_TLS_HANDSHAKING) {
        return;
    }
    fail_handshake(tls);
    if (tls->facts->outcome != AVS_HANDSHAKE_NOT_TLS) {
        tls->facts->outcome = AVS_HANDSHAKE_TIMEOUT;
    }
}

void avs_tls_trim(struct avs_tls *tls) {
    if (tls->state == AVS_TLS_ESTABLISHED && tls->has_buffers) {
        tls->has_buffers = SSL_free_buffers(tls->ssl) != 1; /* not while something is in them */
    }
}
