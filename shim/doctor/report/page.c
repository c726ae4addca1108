/* SPDX-License-Identifier: Apache-2.0 */
/* --html: the report as a page to look at, to print and to attach to a ticket: the answer on top,
 * the chain, the times, each finding folded, and the evidence, which judge reads out of the page.
 */
#include <string.h>

#include <avs/report.h>

#include "base/text.h"
#include "out/markup_out.h"
#include "report/page.h"

static const struct {
    enum avs_page_tone tone;
    const char *word;
} outcomes[] = {[AVS_CHECK_PASSED] = {AVS_PAGE_GOOD, "passed"},
                [AVS_CHECK_FAILED] = {AVS_PAGE_BAD, "failed"},
                [AVS_CHECK_UNKNOWN] = {AVS_PAGE_WARN, "cannot tell"},
                [AVS_CHECK_NOTED] = {AVS_PAGE_NOTE, "noted"}};

static const enum avs_page_tone severities[] = {[AVS_SEVERITY_INFO] = AVS_PAGE_NOTE,
                                                [AVS_SEVERITY_WARNING] = AVS_PAGE_WARN,
                                                [AVS_SEVERITY_ERROR] = AVS_PAGE_BAD};

static void add_paragraph(struct avs_buffer *out, const char *label, const char *text) {
    if (text[0]) {
        avs_markup(out, "<p><strong>~</strong> ~</p>\n", label, text, NULL);
    }
}

/* What to do first, before anything else is read. */
static void add_first(struct avs_buffer *out, const struct avs_findings *findings) {
    if (findings->decisive >= findings->finding_count || findings->exit_code == 0) {
        return;
    }
    const struct avs_finding *finding = &findings->finding[findings->decisive];
    avs_buffer_add_text(out,
                        "<section class=\"first\" aria-labelledby=\"first\">\n<h2 id=\"first\">"
                        "What to do first</h2>\n");
    avs_markup(out, "<p>~</p>\n<p>~</p>\n", finding->meaning, finding->remedy, NULL);
    avs_page_command(out, finding->command);
    avs_buffer_add_text(out, "</section>\n");
}

static void add_checks(struct avs_buffer *out, const struct avs_findings *findings) {
    avs_buffer_add_text(out, "<section aria-labelledby=\"checks\">\n<h2 id=\"checks\">Checks</h2>\n"
                             "<table>\n<thead><tr><th scope=\"col\">Check</th><th scope=\"col\">"
                             "Result</th></tr></thead>\n<tbody>\n");
    for (size_t i = 0; i < findings->check_count; i++) {
        const struct avs_check_row *row = &findings->check[i];
        avs_markup(out, "<tr><th scope=\"row\">~</th><td>", row->name, NULL);
        avs_page_badge(out, outcomes[row->outcome].tone, outcomes[row->outcome].word);
        avs_buffer_add_text(out, "</td></tr>\n");
    }
    avs_buffer_add_text(out, "</tbody></table>\n</section>\n");
}

static void add_finding(struct avs_buffer *out, const struct avs_findings *findings,
                        const struct avs_finding *finding) {
    char scratch[16];
    avs_buffer_add_text(out, "<details><summary>");
    avs_page_badge(out, severities[finding->severity], avs_severity_id(finding->severity));
    avs_markup(out, " <strong>~</strong> <span class=\"dim\">~, ~</span></summary>\n",
               finding->headline, findings->check[finding->check].name, finding->id, NULL);
    avs_markup(out, "<p>~</p>\n", finding->meaning, NULL);
    if (finding->file[0]) {
        const char *line = avs_findings_value(findings, finding, AVS_FIELD_LINE, scratch);
        avs_markup(out,
                   line[0] ? "<p><strong>Place</strong> ~, line ~</p>\n"
                           : "<p><strong>Place</strong> ~~</p>\n",
                   finding->file, line, NULL);
    }
    if (finding->excerpt[0]) {
        avs_markup(out, "<pre tabindex=\"0\">~</pre>\n", finding->excerpt, NULL);
    }
    if (finding->facts[0]) {
        avs_markup(out, "<pre tabindex=\"0\">~</pre>\n", finding->facts, NULL);
    }
    add_paragraph(out, "Do", finding->remedy);
    avs_page_command(out, finding->command);
    avs_buffer_add_text(out, "</details>\n");
}

static void add_findings(struct avs_buffer *out, const struct avs_findings *findings) {
    if (findings->finding_count == 0) {
        return;
    }
    avs_buffer_add_text(out, "<section aria-labelledby=\"findings\">\n<h2 id=\"findings\">Findings"
                             "</h2>\n");
    for (size_t i = 0; i < findings->finding_count; i++) {
        add_finding(out, findings, &findings->finding[i]);
    }
    avs_buffer_add_text(out, "</section>\n");
}

static void add_fact(struct avs_buffer *out, const char *label, const char *text) {
    if (text[0]) {
        avs_markup(out, "<tr><th scope=\"row\">~</th><td>~</td></tr>\n", label, text, NULL);
    }
}

static void add_facts(struct avs_buffer *out, const struct avs_findings *findings) {
    const struct avs_evidence *evidence = findings->evidence;
    const struct avs_session_evidence *session = &evidence->session[findings->verdict->decisive];
    char when[40];
    avs_text_utc(when, sizeof(when), evidence->wall_clock);
    avs_buffer_add_text(out, "<section aria-labelledby=\"facts\">\n<h2 id=\"facts\">The run</h2>\n"
                             "<table>\n<tbody>\n");
    add_fact(out, "Endpoint", evidence->endpoint);
    add_fact(out, "from", evidence->endpoint_source);
    add_fact(out, "Address", session->dial.address);
    add_fact(out, "Proxy", session->dial.proxy);
    add_fact(out, "TLS", session->tls.version);
    add_fact(out, "Cipher", session->tls.cipher);
    add_fact(out, "CA file", session->tls.trust.store.ca_file);
    add_fact(out, "CA path", session->tls.trust.store.ca_path);
    add_fact(out, "This machine's clock", when);
    add_fact(out, "Library", evidence->library);
    avs_buffer_add_text(out, "</tbody></table>\n</section>\n");
}

/* As data, not as a script; a '<' in it is written so that no end tag can be in it. */
static enum avs_status add_evidence(struct avs_buffer *out, const struct avs_evidence *evidence,
                                    struct avs_error *reterr) {
    AVS_AUTO(char) json = NULL;
    AVS_TRY(avs_evidence_to_json(evidence, &json, reterr));
    avs_buffer_add_text(out, "<script type=\"application/json\" id=\"avs-shim-evidence\">");
    for (const char *at = json; *at;) {
        size_t length = strcspn(at, "<");
        avs_buffer_add(out, at, length);
        at += length;
        if (*at == '<') {
            avs_buffer_add_text(out, "\\u003C");
            at++;
        }
    }
    avs_buffer_add_text(out, "</script>\n");
    return AVS_OK;
}

static void open_page(struct avs_buffer *out, const struct avs_findings *findings) {
    bool is_unknown = findings->exit_code == 3 || findings->exit_code == 2;
    bool is_good = findings->exit_code == 0;
    bool is_check = findings->evidence != NULL;
    const char *word = is_good      ? (is_check ? "Ready" : "Nothing wrong")
                       : is_unknown ? "Cannot tell"
                       : is_check   ? "Not ready"
                                    : "Something is wrong";
    struct avs_buffer title = avs_buffer_init(AVS_FINDINGS_FILE_BYTES);
    avs_buffer_printf(&title, "%s: %s", word,
                      findings->subject[0] ? findings->subject : findings->command);
    out->is_failed |= title.is_failed;
    avs_page_open(out, title.data ? title.data : word,
                  is_good      ? AVS_PAGE_GOOD
                  : is_unknown ? AVS_PAGE_WARN
                               : AVS_PAGE_BAD,
                  word, findings->subject[0] ? findings->subject : findings->command,
                  findings->answer);
    avs_buffer_done(&title);
}

static enum avs_status add_page(struct avs_buffer *out, const struct avs_findings *findings,
                                struct avs_error *reterr) {
    open_page(out, findings);
    add_first(out, findings);
    add_checks(out, findings);
    if (findings->evidence) {
        avs_page_chain(out, &findings->evidence->session[findings->verdict->decisive]);
        avs_page_timing(out, findings->evidence);
    }
    add_findings(out, findings);
    if (findings->evidence) {
        add_facts(out, findings);
        AVS_TRY(add_evidence(out, findings->evidence, reterr));
    }
    avs_page_close(out);
    return AVS_OK;
}

enum avs_status avs_findings_to_html(const struct avs_findings *findings, char **ret_text,
                                     struct avs_error *reterr) {
    struct avs_buffer out = avs_buffer_init(AVS_FINDINGS_FILE_BYTES);
    enum avs_status status = add_page(&out, findings, reterr);
    if (status == AVS_OK) {
        status = avs_buffer_take_text(&out, ret_text, reterr);
    }
    avs_buffer_done(&out);
    return status;
}
