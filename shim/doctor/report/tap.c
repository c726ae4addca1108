/* SPDX-License-Identifier: Apache-2.0 */
/* Test Anything Protocol, version 13: a line for each check, and under a failure why in YAML, the
 * texts of which are JSON strings (YAML 1.2 takes them). */
#include <string.h>

#include "base/text.h"
#include "out/json_out.h"
#include "report/findings.h"

/* One line, in which no '#' begins a directive. */
static void add_description(struct avs_buffer *out, const char *text) {
    char name[512];
    avs_text_copy(name, sizeof(name), text);
    avs_text_make_printable(name);
    for (const char *at = name; *at; at++) {
        if (*at == '#' || *at == '\\') {
            avs_buffer_add_text(out, "\\");
        }
        avs_buffer_add(out, at, 1);
    }
}

static void add_member(struct avs_buffer *out, const char *key, const char *text) {
    struct avs_json json = avs_json_init(AVS_JSON_REPORT_BYTES);
    if (text[0]) {
        avs_json_text(&json, NULL, text);
        out->is_failed |= json.out.is_failed;
        avs_buffer_printf(out, "  %s: %s\n", key, json.out.data ? json.out.data : "");
    }
    avs_json_done(&json);
}

static void add_reason(struct avs_buffer *out, const struct avs_findings *findings, size_t check) {
    const struct avs_finding *reason = avs_findings_reason(findings, check);
    avs_buffer_add_text(out, "  ---\n");
    if (reason) {
        add_member(out, "message", reason->headline);
        if (reason->cause != AVS_CAUSE_NONE) {
            add_member(out, "cause", avs_cause_info(reason->cause)->id);
        }
        add_member(out, "id", reason->id);
    }
    if (reason && reason->check == check) {
        add_member(out, "facts", reason->facts);
        add_member(out, "file", reason->file);
        if (reason->line > 0) {
            avs_buffer_printf(out, "  line: %u\n", reason->line);
        }
        add_member(out, "do", reason->remedy);
        add_member(out, "next", reason->command);
    } else if (!reason) {
        add_member(out, "message", findings->answer);
    }
    avs_buffer_add_text(out, "  ...\n");
}

static void add_check(struct avs_buffer *out, const struct avs_findings *findings, size_t check) {
    const struct avs_check_row *row = &findings->check[check];
    bool is_ok = row->outcome == AVS_CHECK_PASSED || row->outcome == AVS_CHECK_NOTED;
    avs_buffer_printf(out, "%s %zu - %s: ", is_ok ? "ok" : "not ok", check + 1, findings->command);
    add_description(out, row->name);
    if (row->outcome == AVS_CHECK_NOTED) {
        const struct avs_finding *reason = avs_findings_reason(findings, check);
        avs_buffer_add_text(out, " # SKIP ");
        add_description(out, reason ? reason->headline : "");
    }
    avs_buffer_add_text(out, "\n");
    if (!is_ok) {
        add_reason(out, findings, check);
    }
}

enum avs_status avs_findings_to_tap(const struct avs_findings *findings, char **ret_text,
                                    struct avs_error *reterr) {
    struct avs_buffer out = avs_buffer_init(AVS_FINDINGS_FILE_BYTES);
    avs_buffer_printf(&out, "TAP version 13\n1..%zu\n", findings->check_count);
    for (size_t i = 0; i < findings->check_count; i++) {
        add_check(&out, findings, i);
    }
    enum avs_status status = avs_buffer_take_text(&out, ret_text, reterr);
    avs_buffer_done(&out);
    return status;
}
