/* The words of avs-shim endpoint show, explain and lint. */
#include "endpoint_text.h"

#include <stdio.h>
#include <string.h>

/* A value from a file, without what a terminal would obey, cut to a length one can read. */
struct plain {
    char text[1200];
};

static struct plain plain(const char *text) {
    struct plain shown;
    size_t length = 0;
    for (; text[length] && length + 1 < sizeof(shown.text); length++) {
        unsigned char byte = (unsigned char)text[length];
        shown.text[length] = byte < 0x20 || byte == 0x7F ? '?' : (char)byte;
    }
    shown.text[length] = '\0';
    return shown;
}

static void print_view(const struct avs_config_view *view, bool is_long) {
    bool is_sdk = strcmp(view->sdk, "this library") != 0;
    printf("%s%-*s  %s\n", is_sdk ? "SDK " : "", is_sdk ? 12 : 16, view->sdk,
           view->endpoint[0] ? plain(view->endpoint).text : "(empty)");
    printf("%18s%s\n", "", view->source);
    if (view->refusal) {
        printf("%18s%s\n", "", view->refusal);
    }
    if (!is_long) {
        return;
    }
    printf("%18swhy: %s\n", "", view->why);
    for (size_t i = 0; i < view->ignored_count; i++) {
        const struct avs_config_ignored *ignored = &view->ignored[i];
        printf("%18signored: %s = %s\n%27s(%s)\n", "", ignored->source, plain(ignored->value).text,
               "", ignored->reason);
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
static void print_facts(const struct avs_config_report *report, const char *heading,
                        const char *const *names, bool is_long) {
    bool has_heading = false;
    for (size_t i = 0; i < report->fact_count; i++) {
        const struct avs_config_fact *fact = &report->facts[i];
        bool is_shown =
            is_named(fact, names) && (fact->is_in_force || is_long) && (fact->value || is_long);
        if (!is_shown) {
            continue;
        }
        if (!has_heading) {
            printf("\n%s\n", heading);
            has_heading = true;
        }
        printf("  %-12s  %s%s\n", fact->name, fact->value ? plain(fact->value).text : "not set",
               fact->is_in_force ? "" : "  (not read by this release)");
        printf("%16s%s; SDK: %s%s%s\n", "", fact->source ? fact->source : fact->key, fact->sdk,
               is_long && fact->note[0] ? "; " : "", is_long ? fact->note : "");
    }
}

static void print_gateway(const struct avs_config_gateway *gateway) {
    printf("\nGateway persisted by SDK 1.17 and later: ");
    if (gateway->state == AVS_GATEWAY_PERSISTED) {
        printf("%s (%s)\n", plain(gateway->url).text,
               gateway->is_verified ? "verified" : "not verified");
    } else {
        printf("%s\n", avs_gateway_state_id(gateway->state));
    }
    if (gateway->database[0]) {
        printf("  database: %s\n", plain(gateway->database).text);
    }
    if (gateway->detail[0]) {
        printf("  %s\n", plain(gateway->detail).text);
    }
    if (gateway->clear[0]) {
        printf("  to clear it: %s\n", plain(gateway->clear).text);
    }
}

void cli_endpoint_print(const struct avs_config_report *report, bool is_long) {
    static const char *const hosts[] = {"login", "capabilities", NULL};
    static const char *const network[] = {"ca_file", "ca_path", "proxy", "interface", NULL};
    static const char *const databases[] = {"database", NULL};
    static const char *const placeholders[] = {"placeholder", NULL};
    for (size_t i = 0; i < report->view_count; i++) {
        print_view(&report->views[i], is_long);
    }
    print_gateway(&report->gateway);
    print_facts(report, "Other hosts that must pass TLS", hosts, is_long);
    print_facts(report, "Certificates and network", network, is_long);
    if (is_long) {
        print_facts(report, "Databases", databases, is_long);
    }
    print_facts(report, "Placeholders never filled in", placeholders, is_long);
    if (report->finding_count > 0 && is_long) {
        printf("\n");
        cli_endpoint_print_findings(report);
    } else if (report->finding_count > 0) {
        printf("\n%zu finding%s: see avs-shim endpoint lint\n", report->finding_count,
               report->finding_count == 1 ? "" : "s");
    }
}

void cli_endpoint_print_findings(const struct avs_config_report *report) {
    for (size_t i = 0; i < report->finding_count; i++) {
        const struct avs_config_finding *finding = &report->findings[i];
        printf("%s:%u:%u: %s: %s [%s]\n", finding->file, finding->line, finding->column,
               avs_severity_id(finding->severity), plain(finding->problem).text, finding->id);
        if (finding->excerpt[0]) {
            printf("  %s\n  %*s^\n", finding->excerpt, (int)finding->caret, "");
        }
        printf("  fix: %s%s\n", plain(finding->fix).text,
               finding->is_repairable ? " (lint --fix does it)" : "");
        if (finding->sdk_message) {
            printf("  the SDK logs: reason=parseFailure,offset=%zu,message=%s\n",
                   finding->sdk_offset, finding->sdk_message);
        }
    }
}
