/* SPDX-License-Identifier: Apache-2.0 */
/* What every page has: the head with its policy, the answer, the end. */
#include <string.h>

#include "out/markup_out.h"
#include "report/page.h"

static const char *const tones[] = {[AVS_PAGE_GOOD] = "good",
                                    [AVS_PAGE_BAD] = "bad",
                                    [AVS_PAGE_WARN] = "warn",
                                    [AVS_PAGE_NOTE] = "note"};

void avs_page_badge(struct avs_buffer *out, enum avs_page_tone tone, const char *word) {
    avs_markup(out, "<span class=\"badge ~\">~</span>", tones[tone], word, NULL);
}

void avs_page_command(struct avs_buffer *out, const char *command) {
    if (command[0]) {
        avs_markup(out, "<div class=\"command\"><pre tabindex=\"0\"><code>~</code></pre></div>\n",
                   command, NULL);
    }
}

/* The policy: nothing from outside, and of what is inside only the one style and the one script. */
static void add_head(struct avs_buffer *out, const char *title) {
    avs_markup(out,
               "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
               "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
               "style-src '~'; script-src '~'; base-uri 'none'; form-action 'none'\">\n"
               "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
               "<meta name=\"generator\" content=\"avs-shim ~\">\n<title>~</title>\n<style>",
               avs_page_style_hash, avs_page_script_hash, AVS_VERSION_STRING, title, NULL);
    avs_buffer_add_text(out, avs_page_style);
    avs_buffer_add_text(out, "</style>\n</head>\n");
}

void avs_page_open(struct avs_buffer *out, const char *title, enum avs_page_tone tone,
                   const char *word, const char *heading, const char *answer) {
    add_head(out, title);
    avs_buffer_add_text(out, "<body>\n<header>\n");
    avs_page_badge(out, tone, word);
    avs_markup(out, "\n<h1>~</h1>\n<p class=\"answer\">~</p>\n</header>\n<main>\n", heading, answer,
               NULL);
}

void avs_page_close(struct avs_buffer *out) {
    avs_markup(out,
               "</main>\n<footer>Written by avs-shim ~. This page loads nothing and sends nothing."
               "</footer>\n<p id=\"said\" role=\"status\"></p>\n<script>",
               AVS_VERSION_STRING, NULL);
    avs_buffer_add_text(out, avs_page_script);
    avs_buffer_add_text(out, "</script>\n</body>\n</html>\n");
}

static const char page_start[] = "<!DOCTYPE html>";
static const char evidence_start[] = "<script type=\"application/json\" id=\"avs-shim-evidence\">";

bool avs_page_find_evidence(const char **text, size_t *length) {
    if (*length < strlen(page_start) || memcmp(*text, page_start, strlen(page_start)) != 0) {
        return false;
    }
    const char *start = memmem(*text, *length, evidence_start, strlen(evidence_start));
    if (!start) {
        return false;
    }
    start += strlen(evidence_start);
    const char *end = memchr(start, '<', *length - (size_t)(start - *text));
    if (!end) {
        return false;
    }
    *text = start;
    *length = (size_t)(end - start);
    return true;
}
