/* SPDX-License-Identifier: Apache-2.0 */
/* The roots that count as Amazon Trust Services: a table, and sets of them. Values of the table:
 * amazontrust.com/repository; a unit test computes both hashes anew from the PEM. */
#include "trust/roots.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include "base/text.h"
#include "embedded_roots.h"
#include "trust/bundle.h"
#include "trust/cert.h"
#include "trust/der.h"
#include "trust/openssl_auto.h"

const struct avs_ats_root avs_ats_root_table[AVS_ATS_ROOT_COUNT] = {
    {"Amazon Root CA 1", "amazon-root-ca-1.pem",
     "8ECDE6884F3D87B1125BA31AC3FCB13D7016DE7F57CC904FE1CB97C6AE98196E",
     "FBE3018031F9586BCBF41727E417B7D1C45C2F47F93BE372A17B96B50757D5A2", true,
     EMBEDDED_PEM_AMAZON_ROOT_CA_1},
    {"Amazon Root CA 2", "amazon-root-ca-2.pem",
     "1BA5B2AA8C65401A82960118F80BEC4F62304D83CEC4713A19C39C011EA46DB4",
     "7F4296FC5B6A4E3B35D3C369623E364AB1AF381D8FA7121533C9D6C633EA2461", true,
     EMBEDDED_PEM_AMAZON_ROOT_CA_2},
    {"Amazon Root CA 3", "amazon-root-ca-3.pem",
     "18CE6CFE7BF14E60B2E347B8DFE868CB31D02EBB3ADA271569F50343B46DB3A4",
     "36ABC32656ACFC645C61B71613C4BF21C787F5CABBEE48348D58597803D7ABC9", true,
     EMBEDDED_PEM_AMAZON_ROOT_CA_3},
    {"Amazon Root CA 4", "amazon-root-ca-4.pem",
     "E35D28419ED02025CFA69038CD623962458DA5C695FBDEA3C22B0BFB25897092",
     "F7ECDED5C66047D28ED6466B543C40E0743ABE81D109254DCF845D4C2C7853C5", true,
     EMBEDDED_PEM_AMAZON_ROOT_CA_4},
    {"Starfield Services Root Certificate Authority - G2", "starfield-services-root-g2.pem",
     "568D6905A2C88708A4B3025190EDCFEDB1974A606A13C6E5290FCB2AE63EDAB5",
     "2B071C59A0A0AE76B0EADB2BAD23BAD4580B69C3601B630C2EAF0613AFA83F92", true,
     EMBEDDED_PEM_STARFIELD_SERVICES_ROOT_G2},
    {"Starfield Class 2 Certification Authority", "starfield-class-2.pem",
     "1465FA205397B876FAA6F0A9958E5590E40FCC7FAA4FB7C2C8677521FB5FB658",
     "15F14AC45C9C7DA233D3479164E8137FE35EE0F38AE858183F08410EA82AC4B4", false,
     EMBEDDED_PEM_STARFIELD_CLASS_2},
};

struct root {
    uint8_t spki_sha256[AVS_SHA256_BYTES];
    uint32_t subject_hash;
    bool has_hash;
    size_t index;                   /* in the bundle */
    X509 *certificate;              /* only where there is no bundle */
    char name[AVS_ROOT_NAME_BYTES]; /* from the bundle when first asked for; behind the lock */
};

/* Few runs ask for more than keys, so the certificates stay unparsed: the bundle does that. */
struct avs_ats_roots {
    struct avs_bundle *bundle; /* NULL: the file was not ordinary and was parsed at once */
    size_t count;
    struct root root[AVS_ATS_ROOTS_MAX];
};

AVS_DEFINE_AUTO(avs_ats_roots, struct avs_ats_roots, avs_ats_roots_free);

static pthread_mutex_t names_lock = PTHREAD_MUTEX_INITIALIZER;

/* The same key twice counts once. */
static enum avs_status add_root(struct avs_ats_roots *roots, const struct root *root,
                                struct avs_error *reterr) {
    if (avs_ats_roots_find_key(roots, root->spki_sha256) >= 0) {
        return AVS_OK;
    }
    if (roots->count == AVS_ATS_ROOTS_MAX) {
        return avs_fail(reterr, AVS_ERR_LIMIT, "more than %d roots in the ATS roots file",
                        AVS_ATS_ROOTS_MAX);
    }
    roots->root[roots->count++] = *root;
    if (root->certificate) {
        X509_up_ref(root->certificate);
    }
    return AVS_OK;
}

static enum avs_status add_bundle(struct avs_ats_roots *roots, struct avs_error *reterr) {
    for (size_t i = 0; i < avs_bundle_count(roots->bundle); i++) {
        struct root root = {.index = i, .has_hash = true};
        struct avs_der_facts facts;
        size_t length = 0;
        const uint8_t *der = avs_bundle_der(roots->bundle, i, &length);
        if (!avs_der_certificate(der, length, &facts) ||
            EVP_Digest(facts.spki, facts.spki_length, root.spki_sha256, NULL, EVP_sha256(), NULL) !=
                1) {
            return avs_fail_memory(reterr);
        }
        root.subject_hash = facts.subject_hash;
        AVS_TRY(add_root(roots, &root, reterr));
    }
    return AVS_OK;
}

/* Every certificate in `pem`. A block that cannot be parsed is an error: a root that is silently
 * left out would be reported as missing on the wire. */
static enum avs_status add_pem(struct avs_ats_roots *roots, const char *pem, size_t length,
                               const char *place, struct avs_error *reterr) {
    AVS_AUTO(BIO) bio = BIO_new_mem_buf(pem, (int)length);
    AVS_REQUIRE_MEMORY(bio, reterr);
    for (int block = 1;; block++) {
        ERR_set_mark();
        AVS_AUTO(X509) certificate = PEM_read_bio_X509(bio, NULL, NULL, NULL);
        unsigned long code = ERR_peek_last_error();
        ERR_pop_to_mark();
        if (!certificate) {
            bool is_end =
                ERR_GET_LIB(code) == ERR_LIB_PEM && ERR_GET_REASON(code) == PEM_R_NO_START_LINE;
            if (is_end && roots->count > 0) {
                return AVS_OK;
            }
            return avs_fail_cause(reterr, AVS_ERR_CA_FILE_INVALID, AVS_CAUSE_CA_FILE_INVALID,
                                  is_end ? "%s holds no certificate in PEM form; give the roots as "
                                           "-----BEGIN CERTIFICATE----- blocks (block %d)"
                                         : "%s: certificate block %d cannot be parsed; replace it",
                                  place, block);
        }
        struct root root = {.certificate = certificate};
        AVS_REQUIRE_MEMORY(avs_cert_spki_digest(certificate, root.spki_sha256), reterr);
        avs_cert_short_name(X509_get_subject_name(certificate), root.name, sizeof(root.name));
        AVS_TRY(add_root(roots, &root, reterr));
    }
}

/* `text` is malloc'ed and taken over. */
static enum avs_status make_roots(char *text, size_t length, const char *place,
                                  struct avs_ats_roots **ret_roots, struct avs_error *reterr) {
    AVS_AUTO(char) kept = text;
    AVS_AUTO(avs_ats_roots) roots = calloc(1, sizeof(*roots));
    AVS_REQUIRE_MEMORY(roots, reterr);
    char *copy = malloc(length + 1);
    AVS_REQUIRE_MEMORY(copy, reterr);
    memcpy(copy, kept, length);
    switch (avs_bundle_from_text(copy, length, &roots->bundle)) {
    case AVS_BUNDLE_READ:
        AVS_TRY(add_bundle(roots, reterr));
        break;
    case AVS_BUNDLE_UNUSUAL:
        AVS_TRY(add_pem(roots, text, length, place, reterr));
        break;
    case AVS_BUNDLE_NO_MEMORY:
        return avs_fail_memory(reterr);
    }
    *ret_roots = AVS_STEAL(roots);
    return AVS_OK;
}

static struct avs_ats_roots *make_embedded(void) {
    size_t length = 0;
    for (size_t i = 0; i < AVS_ATS_ROOT_COUNT; i++) {
        length += avs_ats_root_table[i].required ? strlen(avs_ats_root_table[i].pem) : 0;
    }
    char *text = malloc(length + 1);
    char *end = text;
    for (size_t i = 0; text && i < AVS_ATS_ROOT_COUNT; i++) {
        if (avs_ats_root_table[i].required) {
            end = stpcpy(end, avs_ats_root_table[i].pem);
        }
    }
    struct avs_ats_roots *roots = NULL;
    if (!text || make_roots(text, length, "built-in roots", &roots, NULL) != AVS_OK) {
        return NULL;
    }
    return roots;
}

const struct avs_ats_roots *avs_ats_roots_embedded(void) {
    static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    static struct avs_ats_roots *embedded;
    pthread_mutex_lock(&lock); /* no pthread_once: after a moment without memory, try again */
    if (!embedded) {
        embedded = make_embedded();
    }
    const struct avs_ats_roots *roots = embedded;
    pthread_mutex_unlock(&lock);
    return roots;
}

enum avs_status avs_ats_roots_load(const char *file, struct avs_ats_roots **ret_roots,
                                   struct avs_error *reterr) {
    AVS_AUTO(char) text = malloc(AVS_ATS_ROOTS_FILE_BYTES + 1);
    AVS_REQUIRE_MEMORY(text, reterr);
    FILE *stream = fopen(file, "re");
    size_t length = stream ? fread(text, 1, AVS_ATS_ROOTS_FILE_BYTES + 1, stream) : 0;
    int os_errno = !stream || ferror(stream) ? errno : 0;
    if (stream) {
        fclose(stream);
    }
    if (os_errno != 0) {
        return avs_fail_errno(reterr, AVS_ERR_CA_FILE_UNREADABLE, AVS_CAUSE_CA_FILE_UNREADABLE,
                              os_errno, "%s: cannot read the ATS roots: %s", file,
                              strerror(os_errno));
    }
    if (length > AVS_ATS_ROOTS_FILE_BYTES) {
        return avs_fail(reterr, AVS_ERR_LIMIT, "%s: the ATS roots file is larger than %d bytes",
                        file, AVS_ATS_ROOTS_FILE_BYTES);
    }
    return make_roots(AVS_STEAL(text), length, file, ret_roots, reterr);
}

void avs_ats_roots_free(struct avs_ats_roots *roots) {
    for (size_t i = 0; roots && i < roots->count; i++) {
        X509_free(roots->root[i].certificate);
    }
    if (roots) {
        avs_bundle_free(roots->bundle);
    }
    free(roots);
}

size_t avs_ats_roots_count(const struct avs_ats_roots *roots) {
    return roots->count;
}

X509 *avs_ats_roots_certificate(const struct avs_ats_roots *roots, size_t index) {
    const struct root *root = &roots->root[index];
    return root->certificate ? root->certificate
                             : avs_bundle_certificate(roots->bundle, root->index);
}

/* The subject alone is parsed: ten times cheaper than the certificate. */
static void fill_name(const struct avs_ats_roots *roots, struct root *root) {
    struct avs_der_facts facts;
    size_t length = 0;
    const uint8_t *der = avs_bundle_der(roots->bundle, root->index, &length);
    if (avs_der_certificate(der, length, &facts)) {
        const unsigned char *subject = facts.subject;
        X509_NAME *name = d2i_X509_NAME(NULL, &subject, (long)facts.subject_length);
        if (name) {
            avs_cert_short_name(name, root->name, sizeof(root->name));
        }
        X509_NAME_free(name);
    }
}

const char *avs_ats_roots_name(const struct avs_ats_roots *roots, size_t index) {
    struct root *root = (struct root *)&roots->root[index]; /* the name is a cache */
    pthread_mutex_lock(&names_lock);
    if (!root->name[0] && roots->bundle) {
        fill_name(roots, root);
    }
    pthread_mutex_unlock(&names_lock);
    return root->name;
}

int avs_ats_roots_find_key(const struct avs_ats_roots *roots, const uint8_t *spki_sha256) {
    for (size_t i = 0; i < roots->count; i++) {
        if (memcmp(roots->root[i].spki_sha256, spki_sha256, AVS_SHA256_BYTES) == 0) {
            return (int)i;
        }
    }
    return -1;
}

int avs_ats_roots_find_subject(const struct avs_ats_roots *roots, const X509_NAME *name) {
    const unsigned char *der = NULL;
    size_t length = 0;
    uint32_t hash = 0;
    bool has_hash = X509_NAME_get0_der((X509_NAME *)name, &der, &length) == 1 &&
                    avs_der_name_hash(der, length, &hash);
    for (size_t i = 0; i < roots->count; i++) {
        const struct root *root = &roots->root[i];
        if (has_hash && root->has_hash && root->subject_hash != hash) {
            continue;
        }
        X509 *certificate = avs_ats_roots_certificate(roots, i);
        if (certificate && X509_NAME_cmp(X509_get_subject_name(certificate), name) == 0) {
            return (int)i;
        }
    }
    return -1;
}
