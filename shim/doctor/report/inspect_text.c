/* The report for people: one screen, most decisive first, each finding with its next command. */
#include <string.h>

#include "base/buffer.h"
#include "base/flow.h"
#include "inspect/inspect.h"

enum { TEXT_BYTES_MAX = 256 * 1024 };

struct style {
    const char *bold, *red, *yellow, *green, *off;
};
static const struct style plain = {"", "", "", "", ""};
static const struct style colours = {"\033[1m", "\033[1;31m", "\033[1;33m", "\033[1;32m",
                                     "\033[0m"};

static void put_label(struct avs_buffer *out, const char *label) {
    avs_buffer_printf(out, "   %-14s", label);
}

static void put_place(struct avs_buffer *out, const struct avs_inspect_place *place) {
    avs_buffer_printf(out, "line %llu", (unsigned long long)place->line);
    if (place->time[0]) {
        avs_buffer_printf(out, " (%s)", place->time);
    }
}

static void put_seen(struct avs_buffer *out, const struct avs_inspect_finding *finding) {
    put_label(out, "seen");
    avs_buffer_printf(out, finding->count == 1 ? "once, " : "%llu times, ",
                      (unsigned long long)finding->count);
    put_place(out, &finding->first);
    if (finding->count > 1) {
        avs_buffer_add_text(out, " to ");
        put_place(out, &finding->last);
    }
    if (finding->recovered_line) {
        avs_buffer_printf(out, "; it worked again at line %llu",
                          (unsigned long long)finding->recovered_line);
    }
    avs_buffer_add_text(out, "\n");
}

static void put_alternates(struct avs_buffer *out, const struct avs_inspect_finding *finding) {
    if (finding->also_count == 0) {
        return;
    }
    put_label(out, "could also be");
    for (size_t i = 0; i < finding->also_count; i++) {
        avs_buffer_printf(out, "%s%s", i ? ", " : "", avs_cause_info(finding->also[i])->id);
    }
    avs_buffer_add_text(out, "\n");
}

static void put_echoes(struct avs_buffer *out, const struct avs_inspect_finding *finding) {
    for (size_t i = 0; i < finding->echo_count; i++) {
        const struct avs_inspect_echo *echo = &finding->echoes[i];
        put_label(out, "echo");
        avs_buffer_printf(out, "%llu x, first at line %llu: %.150s%s\n",
                          (unsigned long long)echo->count, (unsigned long long)echo->line,
                          echo->text, strlen(echo->text) > 150 ? "..." : "");
        put_label(out, "");
        avs_buffer_printf(out, "%s\n", echo->why);
    }
}

static void put_finding(struct avs_buffer *out, const struct avs_inspect_finding *finding,
                        const struct style *style) {
    const struct avs_cause_info *info = avs_cause_info(finding->cause);
    avs_buffer_printf(out, "%s%s%s  %s%s\n   %s\n",
                      finding->is_problem ? style->red : style->yellow, info->id, style->off,
                      avs_certainty_id(finding->certainty),
                      finding->confirmed_live ? ", confirmed live" : "", finding->meaning);
    if (finding->count > 0) {
        put_label(out, "line");
        avs_buffer_printf(out, "%llu: %s\n", (unsigned long long)finding->decisive.line,
                          finding->line);
    }
    put_label(out, "it says");
    avs_buffer_printf(out, "%s\n", finding->says);
    if (finding->detail[0]) {
        put_label(out, "");
        avs_buffer_printf(out, "%s\n", finding->detail);
    }
    if (finding->count > 0) {
        put_seen(out, finding);
    }
    if (finding->host[0] || finding->component[0]) {
        put_label(out, "where");
        avs_buffer_printf(
            out, "%s%s%s%s\n", finding->host,
            finding->host_assumed ? " (the usual host; the log does not name it)" : "",
            finding->host[0] && finding->component[0] ? ", told by " : "", finding->component);
    }
    put_alternates(out, finding);
    for (size_t i = 0; i < finding->rules_out_count; i++) {
        put_label(out, i == 0 ? "rules out" : "");
        avs_buffer_printf(out, "%s\n", finding->rules_out[i]);
    }
    put_echoes(out, finding);
    put_label(out, "fix");
    if (finding->also_count > 0 && finding->certainty == AVS_POSSIBLE) {
        avs_buffer_printf(
            out, "First tell the causes apart with the next command. If it is %s: ", info->id);
    }
    avs_buffer_printf(out, "%s\n", finding->remedy);
    if (finding->command[0]) {
        put_label(out, "next");
        avs_buffer_printf(out, "%s%s%s\n", style->bold, finding->command, style->off);
    }
}

static void put_head(struct avs_buffer *out, const struct avs_inspect_report *report,
                     const char *name, const struct style *style) {
    size_t problems = 0;
    for (size_t i = 0; i < report->finding_count; i++) {
        problems += report->findings[i].is_problem;
    }
    switch (report->answer) {
    case AVS_INSPECT_CLEAN:
        avs_buffer_printf(out, "%sNo TLS or connection problem%s in %s\n", style->green, style->off,
                          name);
        break;
    case AVS_INSPECT_FOUND:
        avs_buffer_printf(out, "%s%zu TLS or connection problem%s%s in %s\n", style->red, problems,
                          problems == 1 ? "" : "s", style->off, name);
        break;
    case AVS_INSPECT_CANNOT_TELL:
        avs_buffer_printf(out, "%sThe log cannot tell%s: %s\n", style->yellow, style->off, name);
        break;
    }
    avs_buffer_printf(out, "%llu line%s", (unsigned long long)report->lines,
                      report->lines == 1 ? "" : "s");
    if (report->sdk_version[0] || report->sdk_releases[0]) {
        avs_buffer_printf(out, ", SDK %s",
                          report->sdk_version[0] ? report->sdk_version : report->sdk_releases);
    }
    if (report->libcurl[0]) {
        avs_buffer_printf(out, ", libcurl %s", report->libcurl);
    }
    avs_buffer_printf(out, ", %s\n", report->has_debug_lines ? "DEBUG lines" : "no DEBUG lines");
}

static void put_live(struct avs_buffer *out, const struct avs_inspect_report *report,
                     const struct style *style) {
    if (!report->has_live) {
        return;
    }
    bool is_ready = report->live_readiness == AVS_READY;
    avs_buffer_printf(out, "\n%sLive check%s of %s: %s%s%s\n", style->bold, style->off,
                      report->live_endpoint, avs_readiness_id(report->live_readiness),
                      is_ready ? "" : ", ", is_ready ? "" : avs_cause_info(report->live_cause)->id);
    bool is_confirmed = report->finding_count > 0 && report->findings[0].confirmed_live;
    if (report->live_readiness == AVS_INCONCLUSIVE && !is_confirmed) {
        avs_buffer_add_text(out,
                            "   It did not get as far as TLS from here, so it neither confirms "
                            "nor excludes what the log shows.\n");
    }
    if (is_ready && report->answer == AVS_INSPECT_FOUND) {
        avs_buffer_add_text(
            out, "   From here, with this trust store, the endpoint works: what the log shows is "
                 "over, or lies in\n   what the SDK itself uses (its CA file, its libcurl, its "
                 "proxy). Check as the SDK would:\n   avs-shim check --config "
                 "AlexaClientSDKConfig.json\n");
    }
}

enum avs_status avs_inspect_report_to_text(const struct avs_inspect_report *report,
                                           const char *name, bool has_colour, char **ret_text,
                                           struct avs_error *reterr) {
    const struct style *style = has_colour ? &colours : &plain;
    struct avs_buffer out = avs_buffer_init(TEXT_BYTES_MAX);
    put_head(&out, report, name, style);
    for (size_t i = 0; i < report->finding_count; i++) {
        avs_buffer_printf(&out, "\n%zu. ", i + 1);
        put_finding(&out, &report->findings[i], style);
    }
    put_live(&out, report, style);
    for (size_t i = 0; i < report->note_count; i++) {
        const struct avs_inspect_note *note = &report->notes[i];
        avs_buffer_printf(&out, "%s   %llu x, first at line %llu: %s\n",
                          i == 0 ? "\nSeen, but not the cause of a failed connection:\n" : "",
                          (unsigned long long)note->count, (unsigned long long)note->line,
                          note->text);
    }
    for (size_t i = 0; i < report->limit_count; i++) {
        avs_buffer_printf(&out, "%s   %s\n", i == 0 ? "\nWhat this log cannot say:\n" : "",
                          report->limits[i]);
    }
    enum avs_status status = avs_buffer_take_text(&out, ret_text, reterr);
    avs_buffer_done(&out);
    return status;
}

enum avs_status avs_inspect_finding_to_text(const struct avs_inspect_finding *finding,
                                            bool has_colour, char **ret_text,
                                            struct avs_error *reterr) {
    struct avs_buffer out = avs_buffer_init(TEXT_BYTES_MAX);
    put_finding(&out, finding, has_colour ? &colours : &plain);
    enum avs_status status = avs_buffer_take_text(&out, ret_text, reterr);
    avs_buffer_done(&out);
    return status;
}
