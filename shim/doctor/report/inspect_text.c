/* SPDX-License-Identifier: Apache-2.0 */
/* The report for people: one screen, most decisive first, each finding with its next command. */
#include <string.h>

#include "inspect/inspect.h"
#include "out/text_out.h"

#define ECHO_BYTES 150 /* of a line that only repeats what is known */

static void put_label(struct avs_out *out, const char *label) {
    avs_out_printf(out, "   %-14s", label);
    avs_out_hang(out);
}

static void put_place(struct avs_out *out, const struct avs_inspect_place *place) {
    avs_out_printf(out, "line %llu", (unsigned long long)place->line);
    if (place->time[0]) {
        avs_out_printf(out, " (%s)", place->time);
    }
}

static void put_seen(struct avs_out *out, const struct avs_inspect_finding *finding) {
    put_label(out, "seen");
    avs_out_printf(out, finding->count == 1 ? "once, " : "%llu times, ",
                   (unsigned long long)finding->count);
    put_place(out, &finding->first);
    if (finding->count > 1) {
        avs_out_printf(out, " to ");
        put_place(out, &finding->last);
    }
    if (finding->recovered_line) {
        avs_out_printf(out, "; it worked again at line %llu",
                       (unsigned long long)finding->recovered_line);
    }
    avs_out_printf(out, "\n");
}

static void put_alternates(struct avs_out *out, const struct avs_inspect_finding *finding) {
    if (finding->also_count == 0) {
        return;
    }
    put_label(out, "could also be");
    for (size_t i = 0; i < finding->also_count; i++) {
        avs_out_printf(out, "%s%s", i ? ", " : "", avs_cause_info(finding->also[i])->id);
    }
    avs_out_printf(out, "\n");
}

static void put_echoes(struct avs_out *out, const struct avs_inspect_finding *finding) {
    for (size_t i = 0; i < finding->echo_count; i++) {
        const struct avs_inspect_echo *echo = &finding->echoes[i];
        put_label(out, "echo");
        avs_out_printf(out, "%llu x, first at line %llu: %.*s%s\n", (unsigned long long)echo->count,
                       (unsigned long long)echo->line, ECHO_BYTES, echo->text,
                       strlen(echo->text) > ECHO_BYTES ? "..." : "");
        put_label(out, "");
        avs_out_printf(out, "%s\n", echo->why);
    }
}

static void put_finding(struct avs_out *out, const struct avs_inspect_finding *finding) {
    const struct avs_cause_info *info = avs_cause_info(finding->cause);
    avs_out_tone(out, finding->is_problem ? AVS_TONE_BAD : AVS_TONE_WARN, "%s", info->id);
    avs_out_printf(out, "  %s%s\n", avs_certainty_id(finding->certainty),
                   finding->confirmed_live ? ", confirmed live" : "");
    avs_out_printf(out, "   %s\n", finding->meaning);
    if (finding->count > 0) {
        put_label(out, "line");
        avs_out_printf(out, "%llu: %s\n", (unsigned long long)finding->decisive.line,
                       finding->line);
    }
    put_label(out, "it says");
    avs_out_printf(out, "%s\n", finding->says);
    if (finding->detail[0]) {
        put_label(out, "");
        avs_out_printf(out, "%s\n", finding->detail);
    }
    if (finding->count > 0) {
        put_seen(out, finding);
    }
    if (finding->host[0] || finding->component[0]) {
        put_label(out, "where");
        avs_out_printf(out, "%s%s%s%s\n", finding->host,
                       finding->host_assumed ? " (the usual host; the log does not name it)" : "",
                       finding->host[0] && finding->component[0] ? ", told by " : "",
                       finding->component);
    }
    put_alternates(out, finding);
    for (size_t i = 0; i < finding->rules_out_count; i++) {
        put_label(out, i == 0 ? "rules out" : "");
        avs_out_printf(out, "%s\n", finding->rules_out[i]);
    }
    put_echoes(out, finding);
    put_label(out, "do");
    if (finding->also_count > 0 && finding->certainty == AVS_POSSIBLE) {
        avs_out_printf(
            out, "First tell the causes apart with the next command. If it is %s: ", info->id);
    }
    avs_out_printf(out, "%s\n", finding->remedy);
    if (finding->command[0]) {
        put_label(out, "next");
        avs_out_command(out, finding->command);
        avs_out_printf(out, "\n");
    }
}

static void put_answer(struct avs_out *out, const struct avs_inspect_report *report,
                       const char *name) {
    size_t problems = 0;
    for (size_t i = 0; i < report->finding_count; i++) {
        problems += report->findings[i].is_problem;
    }
    switch (report->answer) {
    case AVS_INSPECT_CLEAN:
        avs_out_tone(out, AVS_TONE_GOOD, "No TLS or connection problem");
        avs_out_printf(out, " in %s\n", name);
        break;
    case AVS_INSPECT_FOUND:
        avs_out_tone(out, AVS_TONE_BAD, "%zu TLS or connection problem%s", problems,
                     problems == 1 ? "" : "s");
        avs_out_printf(out, " in %s\n", name);
        break;
    case AVS_INSPECT_CANNOT_TELL:
        avs_out_tone(out, AVS_TONE_WARN, "The log cannot tell");
        avs_out_printf(out, ": %s\n", name);
        break;
    }
}

static void put_head(struct avs_out *out, const struct avs_inspect_report *report) {
    avs_out_printf(out, "%llu line%s", (unsigned long long)report->lines,
                   report->lines == 1 ? "" : "s");
    if (report->sdk_version[0] || report->sdk_releases[0]) {
        avs_out_printf(out, ", SDK %s",
                       report->sdk_version[0] ? report->sdk_version : report->sdk_releases);
    }
    if (report->libcurl[0]) {
        avs_out_printf(out, ", libcurl %s", report->libcurl);
    }
    avs_out_printf(out, ", %s\n", report->has_debug_lines ? "DEBUG lines" : "no DEBUG lines");
}

static void put_live(struct avs_out *out, const struct avs_inspect_report *report) {
    if (!report->has_live) {
        return;
    }
    bool is_ready = report->live_readiness == AVS_READY;
    avs_out_tone(out, AVS_TONE_BOLD, "\nLive check");
    avs_out_printf(out, " of %s: %s%s%s\n", report->live_endpoint,
                   avs_readiness_id(report->live_readiness), is_ready ? "" : ", ",
                   is_ready ? "" : avs_cause_info(report->live_cause)->id);
    bool is_confirmed = report->finding_count > 0 && report->findings[0].confirmed_live;
    if (report->live_readiness == AVS_INCONCLUSIVE && !is_confirmed) {
        avs_out_printf(out, "   It did not get as far as TLS from here, so it neither confirms "
                            "nor excludes what the log shows.\n");
    }
    if (is_ready && report->answer == AVS_INSPECT_FOUND) {
        avs_out_printf(out, "   From here, with this trust store, the endpoint works: what the log "
                            "shows is over, or lies in\n");
        avs_out_printf(out, "   what the SDK itself uses (its CA file, its libcurl, its proxy). "
                            "Check as the SDK would:\n");
        avs_out_printf(out, "   ");
        avs_out_command(out, "avs-shim check --config AlexaClientSDKConfig.json");
        avs_out_printf(out, "\n");
    }
}

enum avs_status avs_inspect_report_to_text(const struct avs_inspect_report *report,
                                           const char *name, const struct avs_style *style,
                                           char **ret_text, struct avs_error *reterr) {
    struct avs_out out = avs_out_init(AVS_OUT_REPORT_BYTES, style);
    put_answer(&out, report, name);
    put_head(&out, report);
    for (size_t i = 0; i < report->finding_count; i++) {
        avs_out_printf(&out, "\n%zu. ", i + 1);
        put_finding(&out, &report->findings[i]);
    }
    put_live(&out, report);
    for (size_t i = 0; i < report->note_count; i++) {
        const struct avs_inspect_note *note = &report->notes[i];
        if (i == 0) {
            avs_out_printf(&out, "\nSeen, but not the cause of a failed connection:\n");
        }
        avs_out_printf(&out, "   %llu x, first at line %llu: %s\n", (unsigned long long)note->count,
                       (unsigned long long)note->line, note->text);
    }
    for (size_t i = 0; i < report->limit_count; i++) {
        if (i == 0) {
            avs_out_printf(&out, "\nWhat this log cannot say:\n");
        }
        avs_out_printf(&out, "   %s\n", report->limits[i]);
    }
    if (avs_out_is_long(&out, 1)) {
        avs_out_printf(&out, "\n");
        put_answer(&out, report, name);
    }
    enum avs_status status = avs_out_take(&out, ret_text, reterr);
    avs_out_done(&out);
    return status;
}

enum avs_status avs_inspect_finding_to_text(const struct avs_inspect_finding *finding,
                                            const struct avs_style *style, char **ret_text,
                                            struct avs_error *reterr) {
    struct avs_out out = avs_out_init(AVS_OUT_REPORT_BYTES, style);
    put_finding(&out, finding);
    enum avs_status status = avs_out_take(&out, ret_text, reterr);
    avs_out_done(&out);
    return status;
}
