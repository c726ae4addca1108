/* SPDX-License-Identifier: Apache-2.0 */
/* What the server sees of one case's client, and the cases themselves. */
#include "sight.h"

#include <fcntl.h>
#include <openssl/ssl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define GOOD(id, text)       .shown = {id, text, true, NULL}
#define BAD(id, text, lacks) .shown = {id, text, false, lacks}
#define RSA_LEAF(flaw)       .tls.leaf = {CA_ISSUING_RSA, KEY_RSA, CHAIN_TODAY, flaw}
#define LEAF(...)            .tls.leaf = {__VA_ARGS__}

/* What a client lacks, with the words of the libraries on boards. */
#define CHAIN                                                                       \
    "switch verification on: SSL_VERIFY_PEER, MBEDTLS_SSL_VERIFY_REQUIRED, no -k; " \
    "no callback that always says yes"
#define NAMES                                                                             \
    "have the host name checked: X509_VERIFY_PARAM_set1_host, mbedtls_ssl_set_hostname, " \
    "CURLOPT_SSL_VERIFYHOST 2"
#define DATES                                                              \
    "have the dates checked: the clock right, MBEDTLS_HAVE_TIME_DATE, no " \
    "X509_V_FLAG_NO_CHECK_TIME"
#define PURPOSE "have basicConstraints, keyUsage and extendedKeyUsage of the chain checked"
#define STRENGTH                                                                            \
    "raise the security level: SECLEVEL=2 (OpenSSL), %PROFILE_MEDIUM (GnuTLS), an mbedtls " \
    "x509_crt_profile"
#define VERSION "refuse TLS before 1.2: SSL_CTX_set_min_proto_version, -VERS-TLS1.1 (GnuTLS)"

/* RSA leaves throughout: a client without ECDSA would refuse for want of a cipher suite. */
static const struct qualify_case cases[] = {
    {GOOD("good", "a good server: its root is in {ca}, its name is {host}"), RSA_LEAF(FLAW_NONE)},
    {BAD("unknown-root", "the chain ends in a root that is not in {ca}", CHAIN),
     LEAF(CA_ISSUING_HIDDEN, KEY_RSA, CHAIN_SHORT, FLAW_NONE)},
    {BAD("wrong-host", "the certificate is for someone-else.example", NAMES),
     RSA_LEAF(FLAW_OTHER_NAME)},
    {BAD("expired", "the certificate expired three days ago", DATES), RSA_LEAF(FLAW_EXPIRED)},
    {BAD("not-yet-valid", "the certificate is valid from next month on", DATES),
     RSA_LEAF(FLAW_NOT_YET_VALID)},
    {BAD("unknown-root-sent", "the same, and the server sends that root along", CHAIN),
     LEAF(CA_ISSUING_HIDDEN, KEY_RSA, CHAIN_TO_ROOT, FLAW_NONE)},
    {BAD("fake-root", "a root of the right name over another key", CHAIN),
     LEAF(CA_FAKE_STANDIN_1, KEY_RSA, CHAIN_TO_ROOT, FLAW_NONE)},
    {BAD("self-signed", "the certificate is signed by itself", CHAIN),
     LEAF(CA_ISSUING_RSA, KEY_RSA, CHAIN_LEAF, FLAW_SELF_SIGNED)},
    {BAD("truncated-chain", "the issuing authority's certificate is not sent", CHAIN),
     LEAF(CA_ISSUING_RSA, KEY_RSA, CHAIN_LEAF, FLAW_NONE)},
    {BAD("broken-signature", "the signature is not the issuer's", CHAIN),
     RSA_LEAF(FLAW_BROKEN_SIGNATURE)},
    {BAD("expired-issuer", "the issuing authority expired a year ago", DATES),
     LEAF(CA_ISSUING_OLD, KEY_RSA, CHAIN_TODAY, FLAW_NONE)},
    {BAD("not-an-authority", "signed by a server's certificate, which may sign nothing", PURPOSE),
     LEAF(CA_NO_CA, KEY_RSA, CHAIN_TODAY, FLAW_NONE)},
    {BAD("wrong-purpose", "the certificate is for TLS clients only", PURPOSE),
     RSA_LEAF(FLAW_CLIENT_AUTH_ONLY)},
    {BAD("weak-signature", "the certificate is signed with SHA-1", STRENGTH), RSA_LEAF(FLAW_SHA1)},
    {BAD("weak-key", "the certificate has an RSA key of 1024 bits", STRENGTH),
     LEAF(CA_ISSUING_RSA, KEY_RSA_1024, CHAIN_TODAY, FLAW_NONE)},
    {BAD("tls11-only", "TLS 1.1 and nothing newer", VERSION), RSA_LEAF(FLAW_NONE),
     .tls.versions = VERSIONS_11_ONLY},
};

size_t qualify_count(void) {
    return sizeof(cases) / sizeof(cases[0]);
}

const struct qualify_case *qualify_at(size_t index) {
    return &cases[index < qualify_count() ? index : 0];
}

struct sight *sight_new(const char *host) {
    struct sight *sight = calloc(1, sizeof(*sight));
    struct identity *identities = calloc(qualify_count(), sizeof(*identities));
    if (!sight || !identities || pipe2(sight->notify, O_CLOEXEC | O_NONBLOCK) != 0) {
        free(sight);
        free(identities);
        return NULL;
    }
    pthread_mutex_init(&sight->lock, NULL);
    sight->identities = identities;
    snprintf(sight->host, sizeof(sight->host), "%s", host);
    return sight;
}

void sight_free(struct sight *sight) {
    if (!sight) {
        return;
    }
    for (size_t i = 0; i < qualify_count(); i++) {
        identity_done(&sight->identities[i]);
    }
    free(sight->identities);
    close(sight->notify[0]);
    close(sight->notify[1]);
    pthread_mutex_destroy(&sight->lock);
    free(sight);
}

static void add(struct facts *facts, enum sight_event event, uint64_t amount) {
    switch (event) {
    case SIGHT_OPENED:
        facts->connections++;
        facts->open++;
        return;
    case SIGHT_CLOSED:
        facts->open--;
        return;
    case SIGHT_HELLO:
        facts->hellos++;
        return;
    case SIGHT_NOT_TLS:
        facts->not_tls++;
        return;
    case SIGHT_HANDSHAKE:
        facts->handshakes++;
        return;
    case SIGHT_BYTES:
        facts->application_bytes += amount;
        return;
    case SIGHT_ALERT:
        facts->alert = facts->alert < 0 ? (int)amount : facts->alert;
        return;
    case SIGHT_ROUND:
        return;
    }
}

void sight_note(struct sight *sight, size_t of, enum sight_event event, uint64_t amount) {
    if (!sight) {
        return;
    }
    pthread_mutex_lock(&sight->lock);
    if (event == SIGHT_ROUND) {
        sight->rounds++;
    } else if (of == sight->playing) {
        add(&sight->facts, event, amount);
    }
    pthread_mutex_unlock(&sight->lock);
    ssize_t ignored = write(sight->notify[1], "", 1); /* full: there is a notice already */
    (void)ignored;
}

size_t sight_playing(struct sight *sight) {
    pthread_mutex_lock(&sight->lock);
    size_t playing = sight->playing;
    pthread_mutex_unlock(&sight->lock);
    return playing;
}

void sight_play(struct sight *sight, size_t index) {
    pthread_mutex_lock(&sight->lock);
    sight->playing = index;
    sight->facts = (struct facts){.alert = -1};
    pthread_mutex_unlock(&sight->lock);
}

struct facts sight_look(struct sight *sight, unsigned *ret_rounds) {
    pthread_mutex_lock(&sight->lock);
    struct facts facts = sight->facts;
    *ret_rounds = sight->rounds;
    pthread_mutex_unlock(&sight->lock);
    return facts;
}

void sight_hush(struct sight *sight) {
    char bytes[64];
    while (read(sight->notify[0], bytes, sizeof(bytes)) > 0) {
    }
}

const char *avs_qualify_alert_name(int alert) {
    return SSL_alert_desc_string_long(alert);
}
