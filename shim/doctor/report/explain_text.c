/* SPDX-License-Identifier: Apache-2.0 */
/* `avs-shim trust explain` in words. */
#include <string.h>

#include "base/text.h"
#include "out/text_out.h"
#include "report/advice.h"
#include "report/explain_words.h"
#include "report/headline.h"

#define TIME_BYTES   40
#define FACT_COLUMNS 70 /* the first line fits a terminal */

static void add_answer(struct avs_out *text, const struct avs_trust_explanation *explanation,
                       const struct avs_evidence *evidence) {
    const struct avs_trust_facts *trust = &explanation->tls.trust;
    if (explanation->cause_count == 0) {
        avs_out_tone(text, AVS_TONE_GOOD, "The chain is accepted%s%s%s.\n",
                     trust->gate.is_ats ? ": it ends in " : "",
                     trust->gate.is_ats ? trust->gate.ats_root : "",
                     explanation->host[0] ? ", and the name matches" : "");
        return;
    }
    char fact[AVS_HEADLINE_BYTES];
    avs_headline(explanation->causes[0], evidence, &evidence->session[0], fact);
    avs_out_tone(text, AVS_TONE_BAD, "%s: %.*s (%s)\n",
                 explanation->is_accepted ? "Accepted, but" : "Refused", FACT_COLUMNS, fact,
                 avs_cause_info(explanation->causes[0])->id);
}

static bool is_issued_by(const struct avs_tls_facts *tls, size_t at, size_t by) {
    return strcmp(tls->chain[at].issuer, tls->chain[by].subject) == 0;
}

/* How a file stands whose last certificate is the server's, which is the first of the facts now. */
static const char *order_of_issuers(const struct avs_tls_facts *tls, size_t count) {
    bool is_up = true, is_down = true; /* behind the leaf, each is issued by the next, or before */
    for (size_t i = 1; i + 1 < count; i++) {
        is_up = is_up && is_issued_by(tls, i, i + 1);
        is_down = is_down && is_issued_by(tls, i + 1, i);
    }
    if (count < 2 || count != tls->chain_length) {
        return "the wrong";
    }
    return is_down && is_issued_by(tls, 0, count - 1) ? "the reverse"
           : is_up && is_issued_by(tls, 0, 1)         ? "a rotated"
                                                      : "the wrong";
}

/* The first certificate of the file is not the server's. */
static void add_order(struct avs_out *text, const struct avs_trust_explanation *explanation) {
    size_t leaf = explanation->leaf_number;
    if (leaf == 0) {
        avs_out_tone(text, AVS_TONE_WARN,
                     "No server's certificate is in the file: the first is an authority's, and it "
                     "is judged in a server's place.\n");
    } else if (leaf > 1) {
        avs_out_tone(text, AVS_TONE_WARN,
                     "The file is in %s order: its %s certificate (number %zu) is the server's. It "
                     "is judged as if it were the first; a server that sends them so is refused.\n",
                     leaf == explanation->certificates
                         ? order_of_issuers(&explanation->tls, explanation->certificates)
                         : "the wrong",
                     leaf == explanation->certificates ? "last" : "own", leaf);
    }
}

static void add_chain(struct avs_out *text, const struct avs_trust_explanation *explanation) {
    avs_out_printf(text, "\nThe chain (%s, %zu certificate%s, leaf first):\n",
                   explanation->chain_file, explanation->certificates,
                   explanation->certificates == 1 ? "" : "s");
    for (size_t i = 0; i < explanation->tls.chain_length; i++) {
        const struct avs_cert_facts *cert = &explanation->tls.chain[i];
        char from[TIME_BYTES];
        char until[TIME_BYTES];
        avs_text_utc(from, sizeof(from), cert->not_before);
        avs_text_utc(until, sizeof(until), cert->not_after);
        avs_out_printf(text, "  %zu  ", i);
        avs_out_hang(text);
        avs_out_printf(text, "%s\n", cert->subject[0] ? cert->subject : "(no subject)");
        avs_out_printf(text, "     issued by %s\n", cert->issuer);
        avs_out_printf(text, "     %s, %s, %s to %s\n", cert->key, cert->signature, from, until);
        if (i == 0) {
            avs_out_printf(text, "     names: %s\n", cert->names[0] ? cert->names : "none");
        }
        if (cert->ats_root[0]) {
            avs_out_printf(text, "     carries the key of %s\n", cert->ats_root);
        }
        if (cert->is_amazon_name_over_foreign_key) {
            avs_out_printf(text, "     claims an Amazon root's name over another key\n");
        }
    }
}

static void add_terms(struct avs_out *text, const struct avs_trust_explanation *explanation) {
    const struct avs_trust_facts *trust = &explanation->tls.trust;
    char at[TIME_BYTES];
    avs_text_utc(at, sizeof(at), explanation->at);
    avs_out_printf(text, "\nJudged at %s against %s%s%s (%s)%s%s", at,
                   trust->store.ca_file[0] ? trust->store.ca_file : "",
                   trust->store.ca_file[0] && trust->store.ca_path[0] ? " and " : "",
                   trust->store.ca_path, trust->store.source,
                   trust->gate.policy[0] ? "; policy: " : "", trust->gate.policy);
    avs_out_printf(text, ".\n");
    if (explanation->host[0]) {
        avs_out_printf(text, "Host: %s, %s.\n", explanation->host,
                       explanation->tls.hostname_matched ? "covered by the certificate"
                                                         : "not covered");
    } else {
        avs_out_printf(text, "No host was given, so names are not checked (--host NAME).\n");
    }
    if (trust->gate.verify_error > 0) {
        avs_out_printf(text, "OpenSSL: %s (%d) at certificate %d.\n", trust->gate.verify_text,
                       trust->gate.verify_error, trust->gate.verify_depth);
    } else if (trust->gate.anchor_subject[0]) {
        avs_out_printf(text, "Anchor: %s, SHA-256 %s.\n", trust->gate.anchor_subject,
                       trust->gate.anchor_sha256);
    }
}

static enum avs_status add_causes(struct avs_out *text,
                                  const struct avs_trust_explanation *explanation,
                                  const struct avs_evidence *evidence, struct avs_error *reterr) {
    for (size_t i = 0; i < explanation->cause_count; i++) {
        struct avs_advice advice;
        enum avs_status status = avs_advice_init(&advice, explanation->causes[i], evidence,
                                                 &evidence->session[0], reterr);
        if (status == AVS_OK) {
            avs_out_printf(text, "\n%zu. ", i + 1);
            avs_out_tone(text, AVS_TONE_BOLD, "%s", avs_cause_info(advice.cause)->id);
            avs_out_printf(text, ": %s\n", advice.meaning);
            avs_out_lines(text, "   ", advice.facts.data);
            avs_out_lines(text, "   do    ", advice.remedy);
            if (advice.command.length > 0) {
                avs_out_printf(text, "   next  ");
                avs_out_command(text, advice.command.data);
                avs_out_printf(text, "\n");
            }
        }
        avs_advice_done(&advice);
        AVS_TRY(status);
    }
    return AVS_OK;
}

enum avs_status avs_trust_explanation_to_text(const struct avs_trust_explanation *explanation,
                                              const struct avs_style *style, char **ret_text,
                                              struct avs_error *reterr) {
    AVS_AUTO(evidence) evidence = avs_explanation_as_evidence(explanation);
    AVS_REQUIRE_MEMORY(evidence, reterr);
    struct avs_out text = avs_out_init(AVS_OUT_REPORT_BYTES, style);
    add_answer(&text, explanation, evidence);
    add_order(&text, explanation);
    add_chain(&text, explanation);
    add_terms(&text, explanation);
    enum avs_status status = add_causes(&text, explanation, evidence, reterr);
    if (status == AVS_OK && avs_out_is_long(&text, 1)) {
        avs_out_printf(&text, "\n");
        add_answer(&text, explanation, evidence);
    }
    if (status == AVS_OK) {
        status = avs_out_take(&text, ret_text, reterr);
    }
    avs_out_done(&text);
    return status;
}
