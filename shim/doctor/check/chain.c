/* SPDX-License-Identifier: Apache-2.0 */
/* A chain in a file, judged by the gate without a connection. */
#include "check/chain.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>

#include <avs/explain.h>

#include "trust/cert.h"
#include "trust/gate.h"
#include "trust/openssl_auto.h"

AVS_DEFINE_AUTO(avs_ats_roots, struct avs_ats_roots, avs_ats_roots_free);

static enum avs_status read_file(const char *path, char **ret_text, size_t *ret_length,
                                 struct avs_error *reterr) {
    bool is_stdin = strcmp(path, "-") == 0;
    AVS_AUTO(char) text = malloc(AVS_CHAIN_FILE_BYTES + 1);
    AVS_REQUIRE_MEMORY(text, reterr);
    FILE *file = is_stdin ? stdin : fopen(path, "re");
    size_t length = file ? fread(text, 1, AVS_CHAIN_FILE_BYTES + 1, file) : 0;
    int os_errno = !file || ferror(file) ? errno : 0;
    if (file && !is_stdin) {
        fclose(file);
    }
    if (os_errno != 0) {
        return avs_fail_errno(reterr, AVS_ERR_IO, AVS_CAUSE_NONE, os_errno,
                              "%s: cannot read the chain: %s", path, strerror(os_errno));
    }
    if (length > AVS_CHAIN_FILE_BYTES) {
        return avs_fail(reterr, AVS_ERR_LIMIT, "%s: the chain file is larger than %d bytes", path,
                        AVS_CHAIN_FILE_BYTES);
    }
    *ret_text = AVS_STEAL(text);
    *ret_length = length;
    return AVS_OK;
}

/* What a mail or a ticket puts before each line: blanks, and the marks of a quotation. */
static size_t strip_quotes(char *text, size_t length) {
    size_t out = 0;
    bool is_margin = true;
    for (size_t i = 0; i < length; i++) {
        is_margin = is_margin && text[i] != '\0' && strchr(" \t>|", text[i]);
        if (!is_margin) {
            text[out++] = text[i];
        }
        is_margin = is_margin || text[i] == '\n';
    }
    return out;
}

/* Which certificate of the file is the server's: the first, or, where that is somebody else's (an
 * authority's, or not for this host), the first that fits. */
static int find_leaf(const STACK_OF(X509) * chain, const char *host) {
    X509 *first = sk_X509_value(chain, 0);
    if (X509_check_ca(first) == 0 || (host && avs_gate_name_matches(first, host))) {
        return 0;
    }
    for (int i = 1; i < sk_X509_num(chain); i++) {
        X509 *certificate = sk_X509_value(chain, i);
        if (X509_check_ca(certificate) == 0 &&
            (!host || avs_gate_name_matches(certificate, host))) {
            return i;
        }
    }
    for (int i = 1; i < sk_X509_num(chain); i++) { /* for another host */
        if (X509_check_ca(sk_X509_value(chain, i)) == 0) {
            return i;
        }
    }
    return 0;
}

/* Every certificate in order; other blocks and text between them are skipped. */
static enum avs_status parse_chain(const char *path, const char *text, size_t length,
                                   STACK_OF(X509) * chain, struct avs_error *reterr) {
    AVS_AUTO(BIO) bio = BIO_new_mem_buf(text, (int)length);
    AVS_REQUIRE_MEMORY(bio, reterr);
    while (sk_X509_num(chain) < AVS_CHAIN_FILE_CERTIFICATES_MAX) {
        ERR_set_mark();
        AVS_AUTO(X509) certificate = PEM_read_bio_X509(bio, NULL, NULL, NULL);
        unsigned long code = ERR_peek_last_error();
        ERR_pop_to_mark();
        int count = sk_X509_num(chain);
        if (certificate && sk_X509_push(chain, certificate) > 0) {
            certificate = NULL;
            continue;
        }
        AVS_REQUIRE_MEMORY(!certificate, reterr);
        bool is_end =
            ERR_GET_LIB(code) == ERR_LIB_PEM && ERR_GET_REASON(code) == PEM_R_NO_START_LINE;
        if (is_end && count > 0) {
            return AVS_OK;
        }
        if (is_end) {
            return avs_fail(reterr, AVS_ERR_USAGE,
                            "%s: no certificate in PEM form; save the output of openssl s_client "
                            "-connect HOST:443 -servername HOST -showcerts",
                            path);
        }
        return avs_fail(reterr, AVS_ERR_USAGE,
                        "%s: certificate %d (counted from 1) is damaged; save the chain anew", path,
                        count + 1);
    }
    return avs_fail(reterr, AVS_ERR_LIMIT, "%s: more than %d certificates; give one chain", path,
                    AVS_CHAIN_FILE_CERTIFICATES_MAX - 1);
}

/* The level that a connection would have: OpenSSL's default as openssl.cnf changed it. */
int avs_chain_security_level(void) {
    SSL_CTX *context = SSL_CTX_new(TLS_client_method());
    int level = context ? SSL_CTX_get_security_level(context) : 2;
    SSL_CTX_free(context);
    return level;
}

/* The gate never ran: the chain is described all the same. */
static void describe_chain(const STACK_OF(X509) * chain, const struct avs_ats_roots *roots,
                           const char *host, struct avs_tls_facts *facts) {
    for (int i = 0; i < sk_X509_num(chain) && facts->chain_length < AVS_CHAIN_MAX; i++) {
        avs_cert_describe(sk_X509_value(chain, i), roots, &facts->chain[facts->chain_length++]);
    }
    facts->hostname_matched = host && avs_gate_name_matches(sk_X509_value(chain, 0), host);
    facts->trust.gate.verify_error = -1;
}

enum avs_status avs_chain_judge(const struct avs_chain_question *question,
                                struct avs_tls_facts *ret_facts, size_t *ret_certificates,
                                size_t *ret_leaf, bool *ret_is_accepted, struct avs_error *reterr) {
    AVS_AUTO(char) text = NULL;
    size_t length = 0;
    AVS_TRY(read_file(question->chain_file, &text, &length, reterr));
    AVS_AUTO(x509_stack) chain = sk_X509_new_null();
    AVS_REQUIRE_MEMORY(chain, reterr);
    AVS_TRY(parse_chain(question->chain_file, text, strip_quotes(text, length), chain, reterr));
    int leaf = find_leaf(chain, question->host);
    if (leaf > 0) { /* judged as if it had been sent first */
        X509 *certificate = sk_X509_delete(chain, leaf);
        if (sk_X509_unshift(chain, certificate) <= 0) {
            X509_free(certificate);
            return avs_fail_memory(reterr);
        }
    }

    AVS_AUTO(avs_ats_roots) loaded = NULL;
    if (question->ats_roots_file) {
        AVS_TRY(avs_ats_roots_load(question->ats_roots_file, &loaded, reterr));
    }
    const struct avs_ats_roots *roots = loaded ? loaded : avs_ats_roots_embedded();
    AVS_REQUIRE_MEMORY(roots, reterr);

    *ret_facts = (struct avs_tls_facts){.alert_received = -1, .alert_sent = -1};
    *ret_certificates = (size_t)sk_X509_num(chain);
    *ret_leaf = X509_check_ca(sk_X509_value(chain, 0)) == 0 ? (size_t)leaf + 1 : 0;
    *ret_is_accepted = false;
    const struct avs_anchors_options store = {.ca_file = question->ca_file,
                                              .ca_path = question->ca_path,
                                              .source = question->store_source};
    AVS_AUTO(avs_anchors) anchors = NULL;
    enum avs_status status = avs_anchors_load(&store, &ret_facts->trust.store, &anchors, reterr);
    if (status == AVS_ERR_NO_MEMORY) {
        return status;
    }
    if (status != AVS_OK) {
        describe_chain(chain, roots, question->host, ret_facts);
        return AVS_OK;
    }
    struct avs_gate gate = {.anchors = anchors,
                            .ats_roots = roots,
                            .host = question->host,
                            .now_unix = question->at,
                            .facts = ret_facts};
    *ret_is_accepted =
        avs_gate_judge_chain(&gate, sk_X509_value(chain, 0), chain, avs_chain_security_level());
    return AVS_OK;
}
