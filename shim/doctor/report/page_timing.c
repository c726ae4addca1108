/* SPDX-License-Identifier: Apache-2.0 */
/* What each step took: a bar for each session, all to one scale, and the numbers as a table. */
#include <stdio.h>

#include "out/markup_out.h"
#include "report/page.h"

#define STEPS      5
#define BAR_UNITS  1000 /* the width of the longest bar */
#define TEXT_BYTES 32

static const struct {
    const char *style, *name;
} steps[STEPS] = {{"dns", "DNS"},
                  {"tcp", "TCP"},
                  {"tls", "TLS"},
                  {"http", "First byte"},
                  {"rest", "Rest of the answer"}};

/* What each step took by itself; the time behind the last one reached is that of the step in which
 * the session ended, *ret_end (STEPS = it went to its end). Returns the sum. */
static double split(const struct avs_timing_facts *timing, double took[STEPS], size_t *ret_end) {
    const double until[STEPS] = {timing->dns_ms, timing->connect_ms, timing->tls_ms,
                                 timing->first_byte_ms, timing->total_ms};
    double from = 0;
    *ret_end = STEPS;
    for (size_t i = 0; i < STEPS; i++) {
        took[i] = until[i] > from ? until[i] - from : 0;
        from = until[i] > from ? until[i] : from;
        *ret_end = until[i] < 0 && i < *ret_end ? i : *ret_end;
    }
    if (*ret_end + 1 < STEPS) {
        took[*ret_end] = took[STEPS - 1];
        took[STEPS - 1] = 0;
    }
    return from;
}

static const char *ms_text(double ms, char text[TEXT_BYTES]) {
    long long tenths = (long long)(ms * 10 + 0.5); /* no locale's comma */
    snprintf(text, TEXT_BYTES, "%lld.%lld ms", tenths / 10, tenths % 10);
    return text;
}

static void add_bar(struct avs_buffer *out, const char *name, const double took[STEPS], double sum,
                    double longest) {
    double from = 0;
    char text[TEXT_BYTES];
    avs_markup(
        out,
        "<h3>~ <span class=\"dim\">~</span></h3>\n<svg class=\"bar\" viewBox=\"0 0 1000 24\" "
        "preserveAspectRatio=\"none\" role=\"img\" aria-label=\"~: ",
        name, ms_text(sum, text), name, NULL);
    for (size_t i = 0; i < STEPS; i++) {
        avs_markup(out, i ? ", ~ ~" : "~ ~", steps[i].name, ms_text(took[i], text), NULL);
    }
    avs_buffer_add_text(out, "\">");
    for (size_t i = 0; i < STEPS; i++) {
        long long x = (long long)(from / longest * BAR_UNITS);
        from += took[i];
        long long end = (long long)(from / longest * BAR_UNITS);
        if (end > x) {
            avs_buffer_printf(out,
                              "<rect class=\"%s\" x=\"%lld\" y=\"0\" width=\"%lld\" "
                              "height=\"24\"/>",
                              steps[i].style, x, end - x);
        }
    }
    avs_buffer_add_text(out, "</svg>\n");
}

static const char *session_name(enum avs_protocol protocol) {
    return protocol == AVS_PROTOCOL_H2 ? "HTTP/2" : "HTTP/1.1";
}

static void add_table(struct avs_buffer *out, const struct avs_evidence *evidence) {
    char text[TEXT_BYTES];
    avs_buffer_add_text(out, "<div class=\"wide\"><table>\n<caption>What each step took</caption>\n"
                             "<thead><tr><th scope=\"col\">Step</th>");
    for (int i = 0; i < AVS_SESSION_COUNT; i++) {
        if (evidence->session[i].was_attempted) {
            avs_markup(out, "<th scope=\"col\" class=\"number\">~</th>",
                       session_name((enum avs_protocol)i), NULL);
        }
    }
    avs_buffer_add_text(out, "</tr></thead>\n<tbody>\n");
    for (size_t step = 0; step < STEPS; step++) {
        avs_markup(out,
                   "<tr><th scope=\"row\"><svg class=\"key ~\" viewBox=\"0 0 12 12\" "
                   "aria-hidden=\"true\"><rect width=\"12\" height=\"12\"/></svg>~</th>",
                   steps[step].style, steps[step].name, NULL);
        for (int i = 0; i < AVS_SESSION_COUNT; i++) {
            double took[STEPS];
            size_t end = STEPS;
            if (evidence->session[i].was_attempted) {
                (void)split(&evidence->session[i].timing, took, &end);
                avs_markup(out, "<td class=\"number\">~ <span class=\"dim\">~</span></td>",
                           took[step] > 0 ? ms_text(took[step], text) : "-",
                           end == step ? "ended here" : "", NULL);
            }
        }
        avs_buffer_add_text(out, "</tr>\n");
    }
    avs_buffer_add_text(out, "</tbody></table></div>\n");
}

void avs_page_timing(struct avs_buffer *out, const struct avs_evidence *evidence) {
    double took[STEPS], longest = 0;
    size_t end = STEPS;
    for (int i = 0; i < AVS_SESSION_COUNT; i++) {
        double sum = split(&evidence->session[i].timing, took, &end);
        longest = evidence->session[i].was_attempted && sum > longest ? sum : longest;
    }
    if (longest <= 0) {
        return;
    }
    avs_buffer_add_text(out, "<section aria-labelledby=\"timing\">\n<h2 id=\"timing\">Time</h2>\n");
    for (int i = 0; i < AVS_SESSION_COUNT; i++) {
        if (evidence->session[i].was_attempted) {
            double sum = split(&evidence->session[i].timing, took, &end);
            add_bar(out, session_name((enum avs_protocol)i), took, sum, longest);
        }
    }
    add_table(out, evidence);
    avs_buffer_add_text(out, "</section>\n");
}
