/* SPDX-License-Identifier: Apache-2.0 */
/* `avs-shim iot explain` in words. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "out/text_out.h"
#include "report/iot_words.h"

static enum avs_mark mark_of(const struct avs_iot_found *found) {
    if (!found->is_host) {
        return AVS_MARK_FAIL;
    }
    if (found->cause != AVS_CAUSE_NONE) {
        return found->cause == AVS_CAUSE_IOT_LEGACY_NAME ? AVS_MARK_NOTE : AVS_MARK_FAIL;
    }
    for (size_t i = 0; i < found->remark_count; i++) {
        if (found->remark[i].is_wrong) {
            return AVS_MARK_NOTE;
        }
    }
    return found->name.is_certain ? AVS_MARK_OK : AVS_MARK_UNKNOWN;
}

static void put_place(struct avs_out *out, const struct avs_iot_explanation *explanation,
                      const struct avs_iot_found *found) {
    if (found->entry) {
        avs_out_printf(out, "%s:%u: %s: ", explanation->file, found->entry->line,
                       found->entry->key);
    }
}

static void put_answer(struct avs_out *out, const struct avs_iot_explanation *explanation,
                       const struct avs_iot_found *found) {
    avs_out_mark(out, mark_of(found));
    avs_out_hang(out);
    put_place(out, explanation, found);
    if (!found->is_host) {
        avs_out_printf(out, "%s: %s (%s)\n", found->entry ? found->entry->value : "",
                       found->fault.message, avs_cause_info(found->cause)->id);
        return;
    }
    avs_out_tone(out, AVS_TONE_BOLD, "%s", found->name.host);
    avs_out_printf(out, ": %s", avs_iot_kind_words(found->name.kind));
    if (found->cause != AVS_CAUSE_NONE) {
        avs_out_printf(out, " (%s%s)", avs_cause_info(found->cause)->id,
                       found->cause == AVS_CAUSE_IOT_LEGACY_NAME ? ", fails sooner or later" : "");
    }
    avs_out_printf(out, "\n");
}

AVS_PRINTF(3, 4)
static void put_fact(struct avs_out *out, const char *label, const char *format, ...);

static void put_fact(struct avs_out *out, const char *label, const char *format, ...) {
    char text[AVS_OUT_RUN_BYTES];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    avs_out_printf(out, "     %-10s  ", label);
    avs_out_hang(out);
    avs_out_printf(out, "%s\n", text);
}

static void put_origin(struct avs_out *out, const struct avs_iot_name *name) {
    struct avs_iot_region region = {.size = sizeof(region)};
    static const char *const generations[] = {"not told", "ATS", "VeriSign", "the owner's"};
    put_fact(out, "generation", "%s%s: %s", generations[name->generation],
             name->is_certain ? "" : " (likely)", name->why);
    if (name->prefix[0]) {
        put_fact(out, "account", "prefix %s", name->prefix);
    }
    if (name->region[0] && avs_iot_region_find(name->region, &region, NULL) == AVS_OK) {
        put_fact(out, "region", "%s%s%s%s, partition %s%s%s", region.name, region.title ? " (" : "",
                 region.title ? region.title : "", region.title ? ")" : "", region.partition,
                 name->is_fips ? ", FIPS" : "", name->is_dual_stack ? ", dual stack" : "");
    }
}

static void put_roots(struct avs_out *out, const struct avs_iot_name *name) {
    const char *rsa = avs_iot_root(name, false), *ecdsa = avs_iot_root(name, true);
    if (rsa) {
        put_fact(out, "roots", "RSA: %s%s%s", rsa, ecdsa ? "; ECDSA: " : "", ecdsa ? ecdsa : "");
    }
}

static void put_ways(struct avs_out *out, const struct avs_iot_name *name) {
    const struct avs_iot_way *way = NULL;
    for (size_t i = 0; (way = avs_iot_way(name->kind, i)); i++) {
        avs_out_whole(out);
        avs_out_printf(out, "     %-10s  %5u  %-14s  %-19s  %s\n", i == 0 ? "takes" : "", way->port,
                       way->alpn ? way->alpn : "no ALPN", way->protocol, way->authentication);
    }
}

static void put_remarks(struct avs_out *out, const struct avs_iot_found *found) {
    for (size_t i = 0; i < found->remark_count; i++) {
        put_fact(out, found->remark[i].is_wrong ? "but" : "note", "%s", found->remark[i].text);
    }
}

static enum avs_status put_advice(struct avs_out *out, const struct avs_iot_found *found,
                                  struct avs_error *reterr) {
    struct avs_buffer command = avs_buffer_init(AVS_OUT_RUN_BYTES);
    AVS_AUTO(char) text = NULL;
    if (avs_iot_remedy(found)) {
        put_fact(out, "do", "%s", avs_iot_remedy(found));
    }
    avs_iot_next_command(found, &command);
    AVS_TRY(avs_buffer_take_text(&command, &text, reterr));
    if (text[0]) {
        avs_out_printf(out, "     %-10s  ", "next");
        avs_out_command(out, text);
        avs_out_printf(out, "\n");
    }
    return AVS_OK;
}

static enum avs_status put_found(struct avs_out *out, const struct avs_iot_explanation *explanation,
                                 const struct avs_iot_found *found, struct avs_error *reterr) {
    put_answer(out, explanation, found);
    if (found->is_host) {
        put_origin(out, &found->name);
        if (avs_iot_today(&found->name)) {
            put_fact(out, "today", "%s", avs_iot_today(&found->name));
        }
        put_roots(out, &found->name);
        if (!explanation->file) {
            put_ways(out, &found->name);
        }
    }
    put_remarks(out, found);
    return put_advice(out, found, reterr);
}

static void put_file(struct avs_out *out, const struct avs_iot_explanation *explanation) {
    const struct avs_iot_config *config = explanation->config;
    avs_out_printf(out, "%s, read as %s: ", explanation->file, config->format);
    if (explanation->found_count == 0) {
        avs_out_printf(out, "no name of AWS IoT Core was found in it\n");
    } else {
        avs_out_printf(out, "%zu name%s\n", explanation->found_count,
                       explanation->found_count == 1 ? "" : "s");
    }
}

static void put_rest(struct avs_out *out, const struct avs_iot_explanation *explanation) {
    const struct avs_iot_config *config = explanation->config;
    for (size_t i = 0; i < config->note_count; i++) {
        avs_out_mark(out, AVS_MARK_UNKNOWN);
        avs_out_hang(out);
        avs_out_printf(out, "%s:%u: %s\n", explanation->file, config->note[i].line,
                       config->note[i].text);
    }
    if (config->note_dropped > 0 || config->entry_dropped > 0) {
        avs_out_printf(out, "(and %zu more lines)\n", config->note_dropped + config->entry_dropped);
    }
    for (size_t i = 0; i < config->entry_count; i++) {
        if (config->entry[i].role == AVS_IOT_ROLE_CA) {
            avs_out_printf(out, "%s:%u: %s: its trust store is %s\n", explanation->file,
                           config->entry[i].line, config->entry[i].key, config->entry[i].value);
        }
    }
}

enum avs_status avs_iot_explanation_to_text(const struct avs_iot_explanation *explanation,
                                            const struct avs_style *style, char **ret_text,
                                            struct avs_error *reterr) {
    struct avs_out out = avs_out_init(AVS_OUT_REPORT_BYTES, style);
    enum avs_status status = AVS_OK;
    if (explanation->file) {
        put_file(&out, explanation);
    }
    for (size_t i = 0; i < explanation->found_count && status == AVS_OK; i++) {
        status = put_found(&out, explanation, &explanation->found[i], reterr);
    }
    if (status == AVS_OK && explanation->file) {
        put_rest(&out, explanation);
    }
    if (status == AVS_OK) {
        status = avs_out_take(&out, ret_text, reterr);
    }
    avs_out_done(&out);
    return status;
}
