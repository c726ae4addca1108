/* `avs-shim trust explain` in words and in JSON. */
#include <string.h>

#include <json-c/json.h>

#include <avs/explain.h>

#include "base/buffer.h"
#include "base/text.h"
#include "report/advice.h"
#include "report/evidence_fields.h"

#define TEXT_BYTES_MAX (256 * 1024)
#define TIME_BYTES     40
#define GREEN          "\033[32m"
#define RED            "\033[31m"
#define BOLD           "\033[1m"
#define PLAIN          "\033[0m"

AVS_DEFINE_AUTO(json, struct json_object, json_object_put);
AVS_DEFINE_AUTO(avs_evidence, struct avs_evidence, avs_evidence_free);

/* The explanation as the evidence of a session, so that check and explain use the same words. */
static struct avs_evidence *as_evidence(const struct avs_trust_explanation *explanation) {
    struct avs_evidence *evidence = avs_evidence_new();
    if (evidence) {
        const char *host = explanation->host[0] ? explanation->host : "HOST";
        AVS_TEXT_SET(evidence->host, host);
        avs_text_format(evidence->endpoint, sizeof(evidence->endpoint), "https://%s", host);
        evidence->port = 443;
        evidence->wall_clock = explanation->at;
        evidence->build_time = explanation->build_time;
        evidence->session[0].tls = explanation->tls;
    }
    return evidence;
}

/* ---- text ---- */

static void add_answer(struct avs_buffer *text, const struct avs_trust_explanation *explanation,
                       bool has_colour) {
    const struct avs_trust_facts *trust = &explanation->tls.trust;
    const char *colour = !has_colour ? "" : explanation->cause_count ? RED : GREEN;
    if (explanation->cause_count == 0) {
        avs_buffer_printf(text, "%sThe chain is accepted%s%s%s.%s\n", colour,
                          trust->ats ? ": it ends in " : "", trust->ats ? trust->ats_root : "",
                          explanation->host[0] ? ", and the name matches" : "",
                          has_colour ? PLAIN : "");
        return;
    }
    avs_buffer_printf(text, "%sThe chain is %s: %s.%s\n", colour,
                      explanation->is_accepted ? "accepted, but" : "refused",
                      avs_cause_info(explanation->causes[0])->id, has_colour ? PLAIN : "");
}

static void add_chain(struct avs_buffer *text, const struct avs_trust_explanation *explanation) {
    avs_buffer_printf(text, "\nAs sent (%s, %zu certificate%s, leaf first):\n",
                      explanation->chain_file, explanation->certificates,
                      explanation->certificates == 1 ? "" : "s");
    for (size_t i = 0; i < explanation->tls.chain_length; i++) {
        const struct avs_cert_facts *cert = &explanation->tls.chain[i];
        char from[TIME_BYTES];
        char until[TIME_BYTES];
        avs_text_utc(from, sizeof(from), cert->not_before);
        avs_text_utc(until, sizeof(until), cert->not_after);
        avs_buffer_printf(text, "  %zu  %s\n     issued by %s\n     %s, %s, %s to %s\n", i,
                          cert->subject[0] ? cert->subject : "(no subject)", cert->issuer,
                          cert->key, cert->signature, from, until);
        if (i == 0) {
            avs_buffer_printf(text, "     names: %s\n", cert->names[0] ? cert->names : "none");
        }
        if (cert->ats_root[0]) {
            avs_buffer_printf(text, "     carries the key of %s\n", cert->ats_root);
        }
        if (cert->is_amazon_name_over_foreign_key) {
            avs_buffer_add_text(text, "     claims an Amazon root's name over another key\n");
        }
    }
}

static void add_terms(struct avs_buffer *text, const struct avs_trust_explanation *explanation) {
    const struct avs_trust_facts *trust = &explanation->tls.trust;
    char at[TIME_BYTES];
    avs_text_utc(at, sizeof(at), explanation->at);
    avs_buffer_printf(text, "\nJudged at %s against %s%s%s (%s)%s%s", at,
                      trust->ca_file[0] ? trust->ca_file : "",
                      trust->ca_file[0] && trust->ca_path[0] ? " and " : "", trust->ca_path,
                      trust->store_source, trust->policy[0] ? "; policy: " : "", trust->policy);
    avs_buffer_printf(text, ".\n%s%s%s",
                      explanation->host[0] ? "Host: "
                                           : "No host was given, so names are not "
                                             "checked (--host NAME).",
                      explanation->host,
                      !explanation->host[0]               ? "\n"
                      : explanation->tls.hostname_matched ? ", covered by the certificate.\n"
                                                          : ", not covered.\n");
    if (trust->verify_error > 0) {
        avs_buffer_printf(text, "OpenSSL: %s (%d) at certificate %d.\n", trust->verify_text,
                          trust->verify_error, trust->verify_depth);
    } else if (trust->anchor_subject[0]) {
        avs_buffer_printf(text, "Anchor: %s, SHA-256 %s.\n", trust->anchor_subject,
                          trust->anchor_sha256);
    }
}

/* Particulars come as lines: indent each. */
static void add_lines(struct avs_buffer *text, const char *lines) {
    for (const char *line = lines; *line;) {
        size_t length = strcspn(line, "\n");
        avs_buffer_printf(text, "   %.*s\n", (int)length, line);
        line += length + (line[length] == '\n');
    }
}

static enum avs_status add_causes(struct avs_buffer *text,
                                  const struct avs_trust_explanation *explanation, bool has_colour,
                                  struct avs_error *reterr) {
    AVS_AUTO(avs_evidence) evidence = as_evidence(explanation);
    AVS_REQUIRE_MEMORY(evidence, reterr);
    for (size_t i = 0; i < explanation->cause_count; i++) {
        struct avs_advice advice;
        enum avs_status status = avs_advice_init(&advice, explanation->causes[i], evidence,
                                                 &evidence->session[0], reterr);
        if (status == AVS_OK) {
            avs_buffer_printf(text, "\n%zu. %s%s%s: %s\n", i + 1, has_colour ? BOLD : "",
                              avs_cause_info(advice.cause)->id, has_colour ? PLAIN : "",
                              advice.meaning);
            add_lines(text, advice.facts.data);
            avs_buffer_printf(text, "   To do: %s\n", advice.remedy);
            if (advice.command.length > 0) {
                avs_buffer_printf(text, "   Next:  %s\n", advice.command.data);
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
    bool has_colour = style && style->has_colour;
    struct avs_buffer text = avs_buffer_init(TEXT_BYTES_MAX);
    add_answer(&text, explanation, has_colour);
    add_chain(&text, explanation);
    add_terms(&text, explanation);
    enum avs_status status = add_causes(&text, explanation, has_colour, reterr);
    if (status == AVS_OK) {
        status = avs_buffer_take_text(&text, ret_text, reterr);
    }
    if (status != AVS_OK) {
        avs_buffer_done(&text);
    }
    return status;
}

/* ---- JSON ---- */

/* Adds and takes over `value`; a NULL value or a failure is remembered. */
struct writer {
    bool is_failed;
};

static void put(struct writer *writer, struct json_object *object, const char *key,
                struct json_object *value) {
    if (!value || writer->is_failed || json_object_object_add(object, key, value) != 0) {
        json_object_put(value);
        writer->is_failed = true;
    }
}

static void put_text(struct writer *writer, struct json_object *object, const char *key,
                     const char *text) {
    char clean[AVS_URL_BYTES];
    avs_text_copy(clean, sizeof(clean), text);
    avs_text_make_utf8(clean);
    put(writer, object, key, json_object_new_string(clean));
}

static struct json_object *cause_object(struct writer *writer, const struct avs_evidence *evidence,
                                        enum avs_cause cause) {
    const struct avs_cause_info *row = avs_cause_info(cause);
    struct json_object *object = json_object_new_object();
    struct avs_advice advice;
    if (avs_advice_init(&advice, cause, evidence, &evidence->session[0], NULL) != AVS_OK ||
        !object) {
        writer->is_failed = true;
    } else {
        put_text(writer, object, "id", row->id);
        put_text(writer, object, "phase", avs_phase_id(row->phase));
        put_text(writer, object, "severity", avs_severity_id(row->severity));
        put_text(writer, object, "meaning", advice.meaning);
        put_text(writer, object, "facts", advice.facts.data);
        put_text(writer, object, "remedy", advice.remedy);
        put_text(writer, object, "command", advice.command.data);
    }
    avs_advice_done(&advice);
    return object;
}

static void put_causes(struct writer *writer, struct json_object *root,
                       const struct avs_trust_explanation *explanation) {
    AVS_AUTO(avs_evidence) evidence = as_evidence(explanation);
    struct json_object *causes = json_object_new_array();
    for (size_t i = 0; evidence && causes && i < explanation->cause_count; i++) {
        struct json_object *cause = cause_object(writer, evidence, explanation->causes[i]);
        if (!cause || json_object_array_add(causes, cause) != 0) {
            json_object_put(cause);
            writer->is_failed = true;
        }
    }
    writer->is_failed |= !evidence;
    put(writer, root, "causes", causes);
}

static void put_facts(struct writer *writer, struct json_object *root,
                      const struct avs_trust_explanation *explanation) {
    static const char *const wanted[] = {"hostname_matched", "chain", "trust"};
    AVS_AUTO(json) facts = avs_fields_to_json(&avs_tls_facts_fields, &explanation->tls);
    for (size_t i = 0; i < AVS_COUNT(wanted); i++) {
        struct json_object *value = facts ? json_object_object_get(facts, wanted[i]) : NULL;
        put(writer, root, wanted[i], json_object_get(value));
    }
}

enum avs_status avs_trust_explanation_to_json(const struct avs_trust_explanation *explanation,
                                              char **ret_json, struct avs_error *reterr) {
    struct writer writer = {.is_failed = false};
    AVS_AUTO(json) root = json_object_new_object();
    AVS_REQUIRE_MEMORY(root, reterr);
    put_text(&writer, root, "schema", AVS_TRUST_EXPLAIN_SCHEMA);
    put(&writer, root, "accepted", json_object_new_boolean(explanation->is_accepted));
    put_text(
        &writer, root, "cause",
        avs_cause_info(explanation->cause_count ? explanation->causes[0] : AVS_CAUSE_NONE)->id);
    put_causes(&writer, root, explanation);
    put_text(&writer, root, "chain_file", explanation->chain_file);
    put(&writer, root, "certificates", json_object_new_int64((int64_t)explanation->certificates));
    put_text(&writer, root, "host", explanation->host);
    put(&writer, root, "at", json_object_new_int64(explanation->at));
    put(&writer, root, "build_time", json_object_new_int64(explanation->build_time));
    put_facts(&writer, root, explanation);
    AVS_REQUIRE_MEMORY(!writer.is_failed, reterr);
    const char *text = json_object_to_json_string_ext(
        root, JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_SPACED | JSON_C_TO_STRING_NOSLASHESCAPE);
    AVS_REQUIRE_MEMORY(text, reterr);
    struct avs_buffer out = avs_buffer_init(TEXT_BYTES_MAX);
    avs_buffer_add_text(&out, text);
    avs_buffer_add_text(&out, "\n");
    enum avs_status status = avs_buffer_take_text(&out, ret_json, reterr);
    if (status != AVS_OK) {
        avs_buffer_done(&out);
    }
    return status;
}
