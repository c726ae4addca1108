/* SPDX-License-Identifier: Apache-2.0 */
/* The chain as a drawing: a box for each certificate, an arrow to the one that signed it, a break
 * where the verifier stopped, and the root that would close it. The same stands below it in words.
 */
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "out/markup_out.h"
#include "report/page.h"

#define WIDTH      416
#define BOX_HEIGHT 68
#define GAP        34
#define NAME_CHARS 50 /* that fit a box */
#define NODES_MAX  (AVS_CHAIN_MAX + 3)
#define TEXT_BYTES (AVS_NAME_BYTES * 2)
#define MARGIN     2
#define CENTER     40 /* of the arrows */

enum node_kind { NODE_SENT, NODE_BAD, NODE_ANCHOR, NODE_MISSING, NODE_CLOSING };

struct node {
    enum node_kind kind;
    char name[AVS_NAME_BYTES];
    char first[TEXT_BYTES], second[TEXT_BYTES]; /* the lines under the name */
    const char *joined; /* what the arrow from the one above says, NULL = no arrow */
    bool is_broken;     /* that arrow does not hold */
};

struct drawing {
    struct node node[NODES_MAX];
    size_t count;
};

/* "CN=Amazon Root CA 1,O=Amazon,C=US" is the "Amazon Root CA 1" of a drawing. */
static void set_name(struct node *node, const char *subject) {
    const char *start = strncmp(subject, "CN=", 3) == 0 ? subject + 3 : subject;
    size_t length = 0;
    while (start[length] && (start[length] != ',' || (length > 0 && start[length - 1] == '\\'))) {
        length++;
    }
    length = start == subject ? strlen(subject) : length;
    avs_text_copy_bytes(node->name, sizeof(node->name), start, length);
    avs_text_make_utf8(node->name);
    if (node->name[0] == '\0') {
        AVS_TEXT_SET(node->name, "(a certificate without a name)");
    }
}

static struct node *add_node(struct drawing *drawing, enum node_kind kind, const char *subject) {
    struct node *node = &drawing->node[drawing->count];
    *node = (struct node){.kind = kind, .joined = drawing->count > 0 ? "signed by" : NULL};
    set_name(node, subject);
    drawing->count += drawing->count + 1 < NODES_MAX;
    return node;
}

static void add_sent(struct drawing *drawing, const struct avs_tls_facts *tls) {
    const struct avs_gate_facts *gate = &tls->trust.gate;
    bool is_leading = true; /* towards the anchor; what comes behind is not needed */
    for (size_t i = 0; i < tls->chain_length && i < AVS_CHAIN_MAX; i++) {
        const struct avs_cert_facts *facts = &tls->chain[i];
        bool is_anchor = gate->anchor_sha256[0] && strcmp(gate->anchor_sha256, facts->sha256) == 0;
        bool is_bad = gate->verify_error > 0 && gate->verify_depth == (int)i &&
                      !tls->trust.refusal.missing_issuer[0];
        if (is_leading && i > 0 && strcmp(tls->chain[i - 1].issuer, gate->anchor_subject) == 0 &&
            !is_anchor) {
            is_leading = false;
        }
        if (!is_leading) {
            continue;
        }
        struct node *node = add_node(drawing,
                                     is_anchor ? NODE_ANCHOR
                                     : is_bad  ? NODE_BAD
                                               : NODE_SENT,
                                     facts->subject);
        char until[40];
        avs_text_utc(until, sizeof(until), facts->not_after);
        avs_text_format(node->first, sizeof(node->first), "%s, until %.10s", facts->key, until);
        AVS_TEXT_SET(node->second, is_anchor ? "in the trust store: the chain ends here"
                                   : is_bad  ? gate->verify_text
                                   : i == 0  ? "sent by the server, its own certificate"
                                             : "sent by the server");
        is_leading = !is_anchor;
    }
}

/* Behind what was sent: the anchor, or what is missing and what would close the chain. */
static void add_end(struct drawing *drawing, const struct avs_tls_facts *tls) {
    const struct avs_trust_facts *trust = &tls->trust;
    const struct node *last = drawing->count > 0 ? &drawing->node[drawing->count - 1] : NULL;
    if (trust->gate.anchor_subject[0] && last && last->kind != NODE_ANCHOR) {
        struct node *node = add_node(drawing, NODE_ANCHOR, trust->gate.anchor_subject);
        AVS_TEXT_SET(node->first, trust->gate.is_ats ? "a root of Amazon Trust Services"
                                                     : "not a root of Amazon Trust Services");
        AVS_TEXT_SET(node->second, "in the trust store: the chain ends here");
    }
    if (trust->refusal.missing_issuer[0]) {
        struct node *node = add_node(drawing, NODE_MISSING, trust->refusal.missing_issuer);
        AVS_TEXT_SET(node->first, "looked for in vain: the chain breaks here");
        AVS_TEXT_SET(node->second, trust->refusal.issuer_known_by_name
                                       ? "the store has this name over another key"
                                       : "not sent, and not in the trust store");
        node->is_broken = true;
    }
    if (trust->refusal.closing_root[0]) {
        struct node *node = add_node(drawing, NODE_CLOSING, trust->refusal.closing_root);
        AVS_TEXT_SET(node->first, "this root would close the chain");
        AVS_TEXT_SET(node->second, trust->refusal.path_is_public_ats
                                       ? "avs-shim has it built in: trust install adds it"
                                       : "one of those that count as Amazon's in this run");
        node->joined = "closed by";
    }
}

static void add_text(struct avs_buffer *out, int x, int y, const char *style, const char *text) {
    char cut[TEXT_BYTES];
    size_t chars = 0, bytes = 0;
    for (; text[bytes] && chars < NAME_CHARS; chars++) {
        size_t length = avs_text_utf8_sequence(text + bytes, strlen(text + bytes));
        bytes += length ? length : 1;
    }
    avs_text_copy_bytes(cut, sizeof(cut), text, bytes);
    avs_buffer_printf(out, "<text class=\"%s\" x=\"%d\" y=\"%d\">", style, x, y);
    avs_markup(out, text[bytes] ? "~…</text>" : "~</text>", cut, NULL);
}

static void draw_arrow(struct avs_buffer *out, const struct node *node, int y) {
    int from = y - GAP, to = y - 3;
    if (node->is_broken) {
        int middle = y - GAP / 2;
        avs_buffer_printf(out,
                          "<path class=\"arrow\" d=\"M%d %dV%d\"/><path class=\"break\" "
                          "d=\"M%d %dl14 14m0 -14l-14 14\"/>",
                          CENTER, from, from + 8, CENTER - 7, middle - 7);
        add_text(out, CENTER + 18, middle + 4, "text-bad", "signed by what is missing");
        return;
    }
    avs_buffer_printf(out, "<path class=\"arrow\" d=\"M%d %dV%dm-5 -7l5 7l5 -7\"/>", CENTER, from,
                      to);
    add_text(out, CENTER + 18, y - GAP / 2 + 4, "dim", node->joined);
}

static void draw_node(struct avs_buffer *out, const struct node *node, int y) {
    static const struct {
        const char *box, *text;
    } styles[] = {[NODE_SENT] = {"box", "dim"},
                  [NODE_BAD] = {"box-bad", "text-bad"},
                  [NODE_ANCHOR] = {"box-good", "text-good"},
                  [NODE_MISSING] = {"box-gone", "text-bad"},
                  [NODE_CLOSING] = {"box-note", "text-note"}};
    if (node->joined) {
        draw_arrow(out, node, y);
    }
    avs_buffer_printf(out,
                      "<rect class=\"%s\" x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" rx=\"6\"/>",
                      styles[node->kind].box, MARGIN, y, WIDTH - 2 * MARGIN, BOX_HEIGHT);
    add_text(out, 14, y + 22, "name", node->name);
    add_text(out, 14, y + 40, node->kind == NODE_MISSING ? "text-bad" : "dim", node->first);
    add_text(out, 14, y + 58, styles[node->kind].text, node->second);
}

static void draw(struct avs_buffer *out, const struct drawing *drawing) {
    int height = (int)drawing->count * (BOX_HEIGHT + GAP) - GAP + 2 * MARGIN;
    avs_buffer_printf(out,
                      "<svg class=\"chain\" viewBox=\"0 0 %d %d\" role=\"img\" "
                      "aria-labelledby=\"chain-title\"><title id=\"chain-title\">",
                      WIDTH, height);
    avs_markup(out, "The chain from ~ to ~</title>", drawing->node[0].name,
               drawing->node[drawing->count - 1].name, NULL);
    for (size_t i = 0; i < drawing->count; i++) {
        draw_node(out, &drawing->node[i], MARGIN + (int)i * (BOX_HEIGHT + GAP));
    }
    avs_buffer_add_text(out, "</svg>\n");
}

static void add_words(struct avs_buffer *out, const struct avs_tls_facts *tls) {
    avs_buffer_add_text(out, "<div>\n");
    for (size_t i = 0; i < tls->chain_length && i < AVS_CHAIN_MAX; i++) {
        const struct avs_cert_facts *facts = &tls->chain[i];
        char number[16], from[40], until[40];
        snprintf(number, sizeof(number), "%zu", i + 1);
        avs_text_utc(from, sizeof(from), facts->not_before);
        avs_text_utc(until, sizeof(until), facts->not_after);
        avs_markup(
            out,
            "<details><summary>Sent ~: <strong>~</strong></summary>\n<pre "
            "tabindex=\"0\">subject   ~\nissuer    ~\nnames     ~\nkey       ~, ~\nvalid     "
            "~ to ~\nSHA-256   ~</pre></details>\n",
            number, facts->subject, facts->subject, facts->issuer,
            facts->names[0] ? facts->names : "none", facts->key, facts->signature, from, until,
            facts->sha256, NULL);
    }
    avs_markup(out, "<p class=\"dim\">Policy: ~.</p>\n</div>\n", tls->trust.gate.policy, NULL);
}

void avs_page_chain(struct avs_buffer *out, const struct avs_session_evidence *session) {
    struct drawing drawing = {.count = 0};
    add_sent(&drawing, &session->tls);
    add_end(&drawing, &session->tls);
    if (drawing.count == 0) {
        return;
    }
    avs_buffer_add_text(out, "<section aria-labelledby=\"chain\">\n<h2 id=\"chain\">The chain of "
                             "certificates</h2>\n<div class=\"two\">\n");
    draw(out, &drawing);
    add_words(out, &session->tls);
    avs_buffer_add_text(out, "</div>\n</section>\n");
}
