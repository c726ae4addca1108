/* SPDX-License-Identifier: Apache-2.0 */
/* A fleet's totals as text, as JSON (schema avs-shim.fleet/1) and as a page. */
#include <stdio.h>
#include <string.h>

#include <avs/report.h>
#include <avs/verdict.h>

#include "base/text.h"
#include "out/json_out.h"
#include "out/markup_out.h"
#include "out/text_out.h"
#include "report/fleet.h"
#include "report/page.h"

#define SENTENCE_BYTES 160
#define NUMBER_BYTES   24

static size_t broken_listed(const struct avs_fleet *fleet) {
    return fleet->broken < AVS_FLEET_BROKEN_MAX ? (size_t)fleet->broken : AVS_FLEET_BROKEN_MAX;
}

/* ---- text ---- */

static void add_names(struct avs_out *out, const struct avs_fleet *fleet, enum avs_cause cause) {
    const struct avs_fleet_names *names = &fleet->names[cause];
    avs_out_printf(out, "          %s",
                   avs_fleet_is_outlier(fleet, cause) ? "outlier " : "such as ");
    avs_out_hang(out);
    for (size_t i = 0; i < names->count; i++) {
        avs_out_printf(out, "%s%s", i ? ", " : "", names->name[i]);
    }
    avs_out_printf(out, "\n");
}

static void add_causes(struct avs_out *out, const struct avs_fleet *fleet) {
    enum avs_cause causes[AVS_CAUSE_COUNT];
    size_t count = avs_fleet_causes(fleet, causes);
    if (count > 0) {
        avs_out_printf(out, "\n");
        avs_out_tone(out, AVS_TONE_BOLD, "Causes, with what to do");
        avs_out_printf(out, "\n");
    }
    for (size_t i = 0; i < count; i++) {
        const struct avs_cause_info *info = avs_cause_info(causes[i]);
        bool has_cause = causes[i] != AVS_CAUSE_NONE;
        avs_out_printf(out, "%8llu  ", (unsigned long long)fleet->by_cause[causes[i]]);
        avs_out_hang(out);
        avs_out_printf(out, "%s: %s\n", info->id,
                       has_cause ? info->meaning : "HTTP/2 was not asked.");
        if (has_cause) {
            avs_out_printf(out, "          do      ");
            avs_out_hang(out);
            avs_out_printf(out, "%s\n", info->remedy);
        }
        add_names(out, fleet, causes[i]);
    }
}

static void add_table(struct avs_out *out, const struct avs_fleet_table *table) {
    uint16_t order[AVS_FLEET_KEYS_MAX];
    if (!table->is_told) {
        return;
    }
    avs_fleet_order(table, order);
    avs_out_printf(out, "\n");
    avs_out_tone(out, AVS_TONE_BOLD, "%s", table->title);
    avs_out_printf(out, "\n");
    for (size_t i = 0; i < table->count && i < AVS_FLEET_TOP; i++) {
        const struct avs_fleet_row *row = &table->row[order[i]];
        avs_out_printf(out, "%8llu  ", (unsigned long long)row->count);
        avs_out_hang(out);
        avs_out_printf(out, "%s (%llu not ready)\n", row->key, (unsigned long long)row->not_ready);
    }
    if (table->count > AVS_FLEET_TOP) {
        avs_out_printf(out, "          and %zu more\n", table->count - AVS_FLEET_TOP);
    }
}

enum avs_status avs_fleet_to_text(const struct avs_fleet *fleet, const struct avs_style *style,
                                  char **ret_text, struct avs_error *reterr) {
    struct avs_out out = avs_out_init(AVS_OUT_REPORT_BYTES, style);
    char sentence[SENTENCE_BYTES];
    avs_fleet_sentence(fleet, sentence, sizeof(sentence));
    avs_out_tone(&out, AVS_TONE_BOLD, "Fleet:");
    avs_out_printf(&out, " %s\n", sentence);
    add_causes(&out, fleet);
    for (size_t i = 0; i < AVS_FLEET_TABLES && fleet->judged > 0; i++) {
        add_table(&out, &fleet->table[i]);
    }
    for (size_t i = 0; i < broken_listed(fleet); i++) {
        avs_out_printf(&out, i ? "  %s: %s\n" : "\nCould not be read\n  %s: %s\n",
                       fleet->broken_row[i].name, fleet->broken_row[i].why);
    }
    if (fleet->broken > AVS_FLEET_BROKEN_MAX) {
        avs_out_printf(&out, "  and %llu more\n",
                       (unsigned long long)(fleet->broken - AVS_FLEET_BROKEN_MAX));
    }
    enum avs_status status = avs_out_take(&out, ret_text, reterr);
    avs_out_done(&out);
    return status;
}

/* ---- JSON ---- */

static void put_causes(struct avs_json *json, const struct avs_fleet *fleet) {
    enum avs_cause causes[AVS_CAUSE_COUNT];
    size_t count = avs_fleet_causes(fleet, causes);
    avs_json_open_array(json, "causes");
    for (size_t i = 0; i < count; i++) {
        const struct avs_cause_info *info = avs_cause_info(causes[i]);
        const struct avs_fleet_names *names = &fleet->names[causes[i]];
        bool has_cause = causes[i] != AVS_CAUSE_NONE;
        avs_json_open_object(json, NULL);
        avs_json_text(json, "cause", has_cause ? info->id : NULL);
        avs_json_uint(json, "count", fleet->by_cause[causes[i]]);
        avs_json_bool(json, "is_outlier", avs_fleet_is_outlier(fleet, causes[i]));
        avs_json_text(json, "meaning", has_cause ? info->meaning : NULL);
        avs_json_text(json, "remedy", has_cause ? info->remedy : NULL);
        avs_json_open_array(json, "names");
        for (size_t k = 0; k < names->count; k++) {
            avs_json_text(json, NULL, names->name[k]);
        }
        avs_json_close(json);
        avs_json_close(json);
    }
    avs_json_close(json);
}

static void put_row(struct avs_json *json, const struct avs_fleet_row *row) {
    avs_json_open_object(json, NULL);
    avs_json_text(json, "key", row->key);
    avs_json_uint(json, "count", row->count);
    avs_json_uint(json, "not_ready", row->not_ready);
    avs_json_close(json);
}

static void put_table(struct avs_json *json, const struct avs_fleet_table *table) {
    uint16_t order[AVS_FLEET_KEYS_MAX];
    if (!table->is_told) {
        return;
    }
    avs_fleet_order(table, order);
    avs_json_open_array(json, table->id);
    for (size_t i = 0; i < table->count; i++) {
        put_row(json, &table->row[order[i]]);
    }
    if (table->others.count > 0) {
        put_row(json, &table->others);
    }
    avs_json_close(json);
}

enum avs_status avs_fleet_to_json(const struct avs_fleet *fleet, char **ret_json,
                                  struct avs_error *reterr) {
    struct avs_json json = avs_json_init(AVS_JSON_REPORT_BYTES);
    avs_json_open_object(&json, NULL);
    avs_json_text(&json, "schema", AVS_FLEET_SCHEMA);
    avs_json_int(&json, "exit_code", avs_fleet_exit_code(fleet));
    avs_json_uint(&json, "judged", fleet->judged);
    for (int i = AVS_READY; i <= AVS_INCONCLUSIVE; i++) {
        avs_json_uint(&json, avs_readiness_id((enum avs_readiness)i), fleet->by_readiness[i]);
    }
    put_causes(&json, fleet);
    for (size_t i = 0; i < AVS_FLEET_TABLES; i++) {
        put_table(&json, &fleet->table[i]);
    }
    avs_json_uint(&json, "broken", fleet->broken);
    avs_json_open_array(&json, "broken_files");
    for (size_t i = 0; i < broken_listed(fleet); i++) {
        avs_json_open_object(&json, NULL);
        avs_json_text(&json, "name", fleet->broken_row[i].name);
        avs_json_text(&json, "why", fleet->broken_row[i].why);
        avs_json_close(&json);
    }
    avs_json_close(&json);
    avs_json_close(&json);
    enum avs_status status = avs_json_take(&json, ret_json, reterr);
    avs_json_done(&json);
    return status;
}

/* ---- page ---- */

static const char *number(uint64_t value, char text[NUMBER_BYTES]) {
    snprintf(text, NUMBER_BYTES, "%llu", (unsigned long long)value);
    return text;
}

static void page_causes(struct avs_buffer *out, const struct avs_fleet *fleet) {
    enum avs_cause causes[AVS_CAUSE_COUNT];
    size_t count = avs_fleet_causes(fleet, causes);
    char text[NUMBER_BYTES];
    if (count > 0) {
        avs_buffer_add_text(out, "<section aria-labelledby=\"causes\">\n<h2 id=\"causes\">Causes, "
                                 "with what to do</h2>\n");
    }
    for (size_t i = 0; i < count; i++) {
        const struct avs_cause_info *info = avs_cause_info(causes[i]);
        const struct avs_fleet_names *names = &fleet->names[causes[i]];
        avs_buffer_add_text(out, "<details><summary>");
        avs_page_badge(out, AVS_PAGE_BAD, number(fleet->by_cause[causes[i]], text));
        avs_markup(out, " <strong>~</strong> ", info->id, NULL);
        if (avs_fleet_is_outlier(fleet, causes[i])) {
            avs_page_badge(out, AVS_PAGE_NOTE, "outlier");
        }
        avs_markup(out, "</summary>\n<p>~</p>\n<p>~</p>\n<pre tabindex=\"0\">", info->meaning,
                   info->remedy, NULL);
        for (size_t k = 0; k < names->count; k++) {
            avs_markup(out, k ? "\n~" : "~", names->name[k], NULL);
        }
        avs_buffer_add_text(out, "</pre></details>\n");
    }
    avs_buffer_add_text(out, count > 0 ? "</section>\n" : "");
}

static void page_table(struct avs_buffer *out, const struct avs_fleet_table *table) {
    uint16_t order[AVS_FLEET_KEYS_MAX];
    char text[NUMBER_BYTES], bad[NUMBER_BYTES];
    if (!table->is_told) {
        return;
    }
    avs_fleet_order(table, order);
    avs_markup(out,
               "<section aria-labelledby=\"~\">\n<h2 id=\"~\">~</h2>\n<table>\n<thead><tr>"
               "<th scope=\"col\">Which</th><th scope=\"col\" class=\"number\">All</th>"
               "<th scope=\"col\" class=\"number\">Not ready</th></tr></thead>\n<tbody>\n",
               table->id, table->id, table->title, NULL);
    for (size_t i = 0; i < table->count && i < AVS_FLEET_TOP; i++) {
        const struct avs_fleet_row *row = &table->row[order[i]];
        avs_markup(out,
                   "<tr><td>~</td><td class=\"number\">~</td><td class=\"number\">~</td></tr>\n",
                   row->key, number(row->count, text), number(row->not_ready, bad), NULL);
    }
    avs_buffer_add_text(out, "</tbody></table>\n</section>\n");
}

enum avs_status avs_fleet_to_html(const struct avs_fleet *fleet, char **ret_html,
                                  struct avs_error *reterr) {
    static const char *const words[] = {"All ready", "Not all ready", "Nothing judged",
                                        "Cannot tell"};
    static const enum avs_page_tone tones[] = {AVS_PAGE_GOOD, AVS_PAGE_BAD, AVS_PAGE_WARN,
                                               AVS_PAGE_WARN};
    struct avs_buffer out = avs_buffer_init(AVS_FINDINGS_FILE_BYTES);
    int code = avs_fleet_exit_code(fleet);
    char sentence[SENTENCE_BYTES];
    avs_fleet_sentence(fleet, sentence, sizeof(sentence));
    avs_page_open(&out, "avs-shim: a fleet", tones[code], words[code], "The fleet", sentence);
    page_causes(&out, fleet);
    for (size_t i = 0; i < AVS_FLEET_TABLES && fleet->judged > 0; i++) {
        page_table(&out, &fleet->table[i]);
    }
    if (fleet->broken > 0) {
        avs_buffer_add_text(&out,
                            "<section aria-labelledby=\"broken\">\n<h2 id=\"broken\">Could not "
                            "be read</h2>\n<pre tabindex=\"0\">");
        for (size_t i = 0; i < broken_listed(fleet); i++) {
            avs_markup(&out, "~: ~\n", fleet->broken_row[i].name, fleet->broken_row[i].why, NULL);
        }
        avs_buffer_add_text(&out, "</pre>\n</section>\n");
    }
    avs_page_close(&out);
    enum avs_status status = avs_buffer_take_text(&out, ret_html, reterr);
    avs_buffer_done(&out);
    return status;
}
