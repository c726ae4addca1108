/* SPDX-License-Identifier: Apache-2.0 */
/* What endpoint show, explain and lint found, in words. */
#include <stdio.h>
#include <string.h>

#include <avs/config.h>

#include "out/text_out.h"

#define VIEW_COLUMN 18
#define FACT_COLUMN 16

#define THIS_LIBRARY "this library" /* the view that is no SDK's */

static void put_view(struct avs_out *out, const struct avs_config_view *view, bool is_long) {
    bool is_sdk = strcmp(view->sdk, THIS_LIBRARY) != 0;
    avs_out_printf(out, "%s%-*s  ", is_sdk ? "SDK " : "", is_sdk ? 12 : 16, view->sdk);
    avs_out_tone(out, AVS_TONE_BOLD, "%s\n", view->endpoint[0] ? view->endpoint : "(empty)");
    avs_out_printf(out, "%*s%s\n", VIEW_COLUMN, "", view->source);
    if (view->refusal) {
        avs_out_printf(out, "%*s%s\n", VIEW_COLUMN, "", view->refusal);
    }
    if (!is_long) {
        return;
    }
    avs_out_printf(out, "%*swhy: %s\n", VIEW_COLUMN, "", view->why);
    for (size_t i = 0; i < view->ignored_count; i++) {
        const struct avs_config_ignored *ignored = &view->ignored[i];
        avs_out_printf(out, "%*signored: ", VIEW_COLUMN, "");
        avs_out_hang(out);
        avs_out_printf(out, "%s = %s\n", ignored->source, ignored->value);
        avs_out_printf(out, "%*s(%s)\n", VIEW_COLUMN + 9, "", ignored->reason);
    }
}

static bool is_named(const struct avs_config_fact *fact, const char *const *names) {
    for (; *names; names++) {
        if (strcmp(fact->name, *names) == 0) {
            return true;
        }
    }
    return false;
}

/* Facts of some kinds under one heading; nothing when there are none to show. */
static void put_facts(struct avs_out *out, const struct avs_config_report *report,
                      const char *heading, const char *const *names, bool is_long) {
    bool has_heading = false;
    for (size_t i = 0; i < report->fact_count; i++) {
        const struct avs_config_fact *fact = &report->facts[i];
        bool is_shown =
            is_named(fact, names) && (fact->is_in_force || is_long) && (fact->value || is_long);
        if (!is_shown) {
            continue;
        }
        if (!has_heading) {
            avs_out_tone(out, AVS_TONE_BOLD, "\n%s\n", heading);
            has_heading = true;
        }
        avs_out_printf(out, "  %-12s  ", fact->name);
        avs_out_hang(out);
        avs_out_printf(out, "%s%s\n", fact->value ? fact->value : "not set",
                       fact->is_in_force ? "" : "  (not read by this release)");
        avs_out_printf(out, "%*s%s; SDK: %s%s%s\n", FACT_COLUMN, "",
                       fact->source ? fact->source : fact->key, fact->sdk,
                       is_long && fact->note[0] ? "; " : "", is_long ? fact->note : "");
    }
}

/* All in one line: each of them is fourteen characters of template. */
static void put_placeholders(struct avs_out *out, const struct avs_config_report *report) {
    size_t count = 0;
    for (size_t i = 0; i < report->fact_count; i++) {
        const struct avs_config_fact *fact = &report->facts[i];
        if (strcmp(fact->name, "placeholder") == 0) {
            if (count == 0) {
                avs_out_tone(out, AVS_TONE_BOLD, "\nPlaceholders never filled in\n");
                avs_out_printf(out, "  ");
                avs_out_hang(out);
            }
            avs_out_printf(out, "%s%s", count++ ? ", " : "", fact->key);
        }
    }
    if (count > 0) {
        avs_out_printf(out, "\n");
    }
}

static void put_gateway(struct avs_out *out, const struct avs_config_gateway *gateway) {
    avs_out_printf(out, "\nGateway persisted by SDK 1.17 and later: ");
    if (gateway->state == AVS_GATEWAY_PERSISTED) {
        avs_out_printf(out, "%s (%s)\n", gateway->url,
                       gateway->is_verified ? "verified" : "not verified");
    } else {
        avs_out_printf(out, "%s\n", avs_gateway_state_id(gateway->state));
    }
    if (gateway->database[0]) {
        avs_out_printf(out, "  database: %s\n", gateway->database);
    }
    if (gateway->detail[0]) {
        avs_out_printf(out, "  %s\n", gateway->detail);
    }
    if (gateway->clear[0]) {
        avs_out_printf(out, "  to clear it: ");
        avs_out_command(out, gateway->clear);
        avs_out_printf(out, "\n");
    }
}

static void put_finding(struct avs_out *out, const struct avs_config_finding *finding) {
    static const enum avs_tone tones[] = {[AVS_SEVERITY_INFO] = AVS_TONE_DIM,
                                          [AVS_SEVERITY_WARNING] = AVS_TONE_WARN,
                                          [AVS_SEVERITY_ERROR] = AVS_TONE_BAD};
    avs_out_printf(out, "%s:%u:%u: ", finding->file, finding->line, finding->column);
    avs_out_tone(out, tones[finding->severity], "%s", avs_severity_id(finding->severity));
    avs_out_printf(out, ": %s [%s]\n", finding->problem, finding->id);
    if (finding->excerpt[0]) {
        avs_out_whole(out);
        avs_out_printf(out, "  %s\n", finding->excerpt);
        avs_out_whole(out);
        avs_out_printf(out, "  %*s^\n", (int)finding->caret, "");
    }
    avs_out_printf(out, "  do    ");
    avs_out_hang(out);
    avs_out_printf(out, "%s%s\n", finding->fix,
                   finding->is_repairable ? " (lint --fix does it)" : "");
    if (finding->sdk_message) {
        avs_out_printf(out, "  the SDK logs: reason=parseFailure,offset=%zu,message=%s\n",
                       finding->sdk_offset, finding->sdk_message);
    }
}

static void put_findings(struct avs_out *out, const struct avs_config_report *report) {
    for (size_t i = 0; i < report->finding_count; i++) {
        put_finding(out, &report->findings[i]);
    }
}

/* The endpoint again, a line for the releases that agree. */
static void put_answer(struct avs_out *out, const struct avs_config_report *report) {
    avs_out_printf(out, "\n");
    for (size_t i = 0, last = 0; i < report->view_count; i = last + 1) {
        const struct avs_config_view *view = &report->views[i];
        bool is_sdk = strcmp(view->sdk, THIS_LIBRARY) != 0;
        for (last = i; last + 1 < report->view_count && is_sdk; last++) {
            const struct avs_config_view *next = &report->views[last + 1];
            if (strcmp(next->endpoint, view->endpoint) != 0 ||
                strcmp(next->sdk, THIS_LIBRARY) == 0) {
                break;
            }
        }
        const char *end = strchr(report->views[last].sdk, '-');
        char releases[VIEW_COLUMN];
        snprintf(releases, sizeof(releases), "%.*s%s", (int)strcspn(view->sdk, "-"), view->sdk,
                 last == i ? view->sdk + strcspn(view->sdk, "-")
                 : end     ? end
                           : "");
        avs_out_printf(out, "%s%-*s  ", is_sdk ? "SDK " : "", is_sdk ? 12 : 16, releases);
        avs_out_tone(out, AVS_TONE_BOLD, "%s\n", view->endpoint[0] ? view->endpoint : "(empty)");
    }
}

static void put_explanation(struct avs_out *out, const struct avs_config_report *report,
                            bool is_long) {
    static const char *const hosts[] = {"login", "capabilities", NULL};
    static const char *const network[] = {"ca_file", "ca_path", "proxy", "interface", NULL};
    static const char *const databases[] = {"database", NULL};
    for (size_t i = 0; i < report->view_count; i++) {
        put_view(out, &report->views[i], is_long);
    }
    put_gateway(out, &report->gateway);
    put_facts(out, report, "Other hosts that must pass TLS", hosts, is_long);
    put_facts(out, report, "Certificates and network", network, is_long);
    if (is_long) {
        put_facts(out, report, "Databases", databases, is_long);
    }
    put_placeholders(out, report);
    if (report->finding_count > 0 && is_long) {
        avs_out_printf(out, "\n");
        put_findings(out, report);
    } else if (report->finding_count > 0) {
        avs_out_printf(out, "\n%zu finding%s: see avs-shim endpoint lint\n", report->finding_count,
                       report->finding_count == 1 ? "" : "s");
    }
}

enum avs_status avs_config_report_to_text(const struct avs_config_report *report,
                                          const char *action, const struct avs_style *style,
                                          char **ret_text, struct avs_error *reterr) {
    struct avs_out out = avs_out_init(AVS_OUT_REPORT_BYTES, style);
    if (strcmp(action, "lint") == 0) {
        put_findings(&out, report);
        avs_out_printf(&out, report->finding_count ? "\n%zu finding%s\n" : "%zu finding%s\n",
                       report->finding_count, report->finding_count == 1 ? "" : "s");
    } else {
        put_explanation(&out, report, strcmp(action, "explain") == 0);
        if (avs_out_is_long(&out, 0)) {
            put_answer(&out, report);
        }
    }
    enum avs_status status = avs_out_take(&out, ret_text, reterr);
    avs_out_done(&out);
    return status;
}
