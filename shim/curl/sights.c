/* SPDX-License-Identifier: Apache-2.0 */
/* See sights.h. */
#include "sights.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>

#include "base/text.h"
#include "store.h"
#include "trust/cert.h"
#include "trust/gate.h"

enum {
    SIGHTS_MAX = 4,
    ALERT_REASONS = 1000, /* SSL_AD_REASON_OFFSET: above it, a reason is an alert that came */
    ALERT_REASONS_END = ALERT_REASONS + 256,
};

struct sight {
    char host[AVS_NAME_BYTES]; /* as in the SNI; empty for an address */
    X509 *leaf;                /* of a handshake that stood: described when it is asked for */
    struct avs_tls_facts *facts;
};

struct sights {
    struct sight sight[SIGHTS_MAX];
    size_t next;
};

/* ---- of each thread ---- */

static pthread_key_t key;
static bool has_key;

static void clear(struct sight *sight) {
    X509_free(sight->leaf);
    free(sight->facts);
    *sight = (struct sight){.leaf = NULL};
}

static void free_sights(void *value) {
    struct sights *sights = value;
    for (size_t i = 0; i < SIGHTS_MAX; i++) {
        clear(&sights->sight[i]);
    }
    free(sights);
}

static void make_key(void) {
    has_key = pthread_key_create(&key, free_sights) == 0;
}

static struct sights *mine(bool is_made) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, make_key);
    struct sights *sights = has_key ? pthread_getspecific(key) : NULL;
    if (!sights && is_made && has_key && (sights = calloc(1, sizeof(*sights))) &&
        pthread_setspecific(key, sights) != 0) {
        free(sights);
        sights = NULL;
    }
    return sights;
}

/* The oldest gives way, or what this host had before. */
static struct sight *begin(SSL *ssl) {
    struct sights *sights = mine(true);
    const char *name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
    const char *host = name ? name : "";
    if (!sights) {
        return NULL;
    }
    size_t place = sights->next;
    for (size_t i = 0; i < SIGHTS_MAX; i++) {
        const struct sight *sight = &sights->sight[i];
        place = (sight->facts || sight->leaf) && strcmp(sight->host, host) == 0 ? i : place;
    }
    sights->next = place == sights->next ? (sights->next + 1) % SIGHTS_MAX : sights->next;
    clear(&sights->sight[place]);
    AVS_TEXT_SET(sights->sight[place].host, host);
    return &sights->sight[place];
}

static struct avs_tls_facts *facts_new(enum avs_handshake_outcome outcome) {
    struct avs_tls_facts *facts = calloc(1, sizeof(*facts));
    if (facts) {
        facts->outcome = outcome;
        facts->alert_received = facts->alert_sent = -1;
        facts->trust.gate.verify_error = -1;
    }
    return facts;
}

/* ---- a refused chain ---- */

/* Judge it again, against the same file and folder, by our rules: for the reason alone. */
static void explain(struct sight *sight, X509_STORE_CTX *verification, int auth_level) {
    X509_STORE *store = X509_STORE_CTX_get0_store(verification);
    const struct avs_anchors_options options = {.ca_file = avs_curl_store_file(store),
                                                .ca_path = avs_curl_store_path(store),
                                                .source = "libcurl"};
    struct avs_tls_facts *facts = sight->facts;
    struct avs_anchors *anchors = NULL;
    if (avs_anchors_load(&options, &facts->trust.store, &anchors, NULL) == AVS_OK) {
        struct avs_gate gate = {
            .anchors = anchors, .host = sight->host[0] ? sight->host : NULL, .facts = facts};
        (void)avs_gate_judge_chain(&gate, X509_STORE_CTX_get0_cert(verification),
                                   X509_STORE_CTX_get0_untrusted(verification), auth_level);
        avs_anchors_unref(anchors);
    }
}

int avs_sights_on_verify(int is_fine, X509_STORE_CTX *verification) {
    if (is_fine) {
        return is_fine;
    }
    int error = X509_STORE_CTX_get_error(verification);
    SSL *ssl = X509_STORE_CTX_get_ex_data(verification, SSL_get_ex_data_X509_STORE_CTX_idx());
    struct sight *sight = ssl ? begin(ssl) : NULL;
    if (sight && (sight->facts = facts_new(AVS_HANDSHAKE_VERIFY_FAILED))) {
        ERR_set_mark();
        explain(sight, verification, SSL_get_security_level(ssl));
        ERR_pop_to_mark();
        struct avs_gate_facts *gate = &sight->facts->trust.gate;
        gate->verify_error = error; /* libcurl's own verdict is the one that counts */
        AVS_TEXT_SET(gate->verify_text, X509_verify_cert_error_string(error));
        AVS_TEXT_SET(sight->facts->version, SSL_get_version(ssl));
    }
    return is_fine;
}

/* ---- a handshake that ended ---- */

static bool is_refused(const SSL *ssl, const struct sights *sights) {
    const char *name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
    for (size_t i = 0; sights && i < SIGHTS_MAX; i++) {
        const struct sight *sight = &sights->sight[i];
        if (sight->facts && sight->facts->outcome == AVS_HANDSHAKE_VERIFY_FAILED &&
            strcmp(sight->host, name ? name : "") == 0) {
            return true;
        }
    }
    return false;
}

/* The answer was no TLS record: these are what OpenSSL makes of plain text. */
static bool is_plain_text(int reason) {
    return reason == SSL_R_WRONG_VERSION_NUMBER || reason == SSL_R_HTTP_REQUEST ||
           reason == SSL_R_HTTPS_PROXY_REQUEST;
}

static bool is_cut(unsigned long code, int reason) {
#ifdef SSL_R_UNEXPECTED_EOF_WHILE_READING
    if (ERR_GET_LIB(code) == ERR_LIB_SSL && reason == SSL_R_UNEXPECTED_EOF_WHILE_READING) {
        return true;
    }
#endif
    (void)reason;
    return code == 0 || ERR_GET_LIB(code) == ERR_LIB_SYS;
}

static void note_end(struct sight *sight, SSL *ssl, unsigned long code) {
    int reason = ERR_GET_REASON(code);
    struct avs_tls_facts *facts = facts_new(AVS_HANDSHAKE_FAILED);
    if (!facts) {
        return;
    }
    const char *words = code ? ERR_reason_error_string(code) : NULL;
    AVS_TEXT_SET(facts->openssl_error, words ? words : "");
    AVS_TEXT_SET(facts->version, SSL_get_version(ssl));
    if (ERR_GET_LIB(code) == ERR_LIB_SSL && reason >= ALERT_REASONS && reason < ALERT_REASONS_END) {
        facts->outcome = AVS_HANDSHAKE_ALERT;
        facts->alert_received = reason - ALERT_REASONS;
        X509 *peer = SSL_get_peer_certificate(ssl); /* then a cipher was found: it misses ours */
        facts->client_cert_requested = peer != NULL;
        X509_free(peer);
    } else if (ERR_GET_LIB(code) == ERR_LIB_SSL && is_plain_text(reason)) {
        facts->outcome = AVS_HANDSHAKE_NOT_TLS;
    } else if (is_cut(code, reason)) {
        facts->outcome = AVS_HANDSHAKE_CLOSED;
    }
    if (facts->outcome == AVS_HANDSHAKE_FAILED && SSL_version(ssl) < TLS1_2_VERSION) {
        facts->alert_sent = SSL_AD_PROTOCOL_VERSION; /* whatever OpenSSL stumbled over in it */
    }
    sight->facts = facts;
}

void avs_sights_on_connect(SSL *ssl, int result) {
    int error = result == 1 ? SSL_ERROR_NONE : SSL_get_error(ssl, result);
    bool is_ended =
        error == SSL_ERROR_SSL || error == SSL_ERROR_SYSCALL || error == SSL_ERROR_ZERO_RETURN;
    if ((result != 1 && !is_ended) || (result != 1 && is_refused(ssl, mine(false)))) {
        return;
    }
    struct sight *sight = begin(ssl);
    if (sight && result == 1) {
        sight->leaf = SSL_get_peer_certificate(ssl);
    } else if (sight) {
        note_end(sight, ssl, ERR_peek_error());
    }
}

/* ---- asked for ---- */

static struct sight *find(const char *host) {
    struct sights *sights = mine(false);
    const char *name = avs_text_is_ip_literal(host) ? "" : host;
    for (size_t i = 0; sights && i < SIGHTS_MAX; i++) {
        struct sight *sight = &sights->sight[i];
        if ((sight->facts || sight->leaf) && strcasecmp(sight->host, name) == 0) {
            return sight;
        }
    }
    return NULL;
}

const struct avs_tls_facts *avs_sights_find(const char *host) {
    struct sight *sight = find(host);
    if (sight && sight->leaf && !sight->facts) {
        struct avs_tls_facts *facts = facts_new(AVS_HANDSHAKE_ESTABLISHED);
        const struct avs_ats_roots *roots = avs_ats_roots_embedded();
        if (facts && roots) {
            avs_cert_describe(sight->leaf, roots, &facts->chain[0]);
            facts->chain_length = 1;
        }
        sight->facts = facts;
    }
    return sight ? sight->facts : NULL;
}

void avs_sights_forget(const char *host) {
    struct sight *sight = find(host);
    if (sight) {
        clear(sight);
    }
}
