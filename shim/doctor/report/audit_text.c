/* SPDX-License-Identifier: Apache-2.0 */
/* The audit for people: the answer first, one line a fact, the next command last. */
#include <string.h>

#include "base/text.h"
#include "out/text_out.h"
#include "report/audit_words.h"
#include "store/audit.h"
#include "store/audit_forecast.h"
#include "store/command.h"

#define MANY        12 /* findings of one kind that are listed one by one */
#define NAME_COLUMN 52
#define NEXT_LINES  3 /* what to do and the next command */

struct text {
    const struct avs_trust_audit *audit;
    struct avs_out out;
};

static void heading(struct text *text, const char *what) {
    avs_out_tone(&text->out, AVS_TONE_BOLD, "\n%s\n", what);
}

/** A heading with its one line behind it. */
static void heading_word(struct text *text, const char *what) {
    avs_out_tone(&text->out, AVS_TONE_BOLD, "\n%-6s", what);
    avs_out_printf(&text->out, "  ");
    avs_out_hang(&text->out);
}

static void write_verdict(struct text *text) {
    const struct avs_trust_audit *audit = text->audit;
    const char *where = audit->is_sysroot ? " in this root file system" : "";
    bool is_usable = avs_trust_audit_is_usable(audit);
    avs_out_tone(&text->out, is_usable ? AVS_TONE_GOOD : AVS_TONE_BAD,
                 is_usable ? "Ready:" : "Not ready:");
    if (is_usable) {
        avs_out_printf(&text->out, " all %zu required roots are usable%s\n", audit->required_count,
                       where);
    } else if (!audit->has_sdk_store) {
        avs_out_printf(&text->out, " no trust store at all%s: nothing will verify\n", where);
    } else if (audit->is_sdk_store_broken) {
        avs_out_printf(&text->out,
                       " libcurl cannot load its CA file%s: error 77 before it connects\n", where);
    } else {
        avs_out_printf(&text->out, " %zu of %zu required roots are usable%s\n", audit->usable_count,
                       audit->required_count, where);
    }
}

static void write_curl_works(struct text *text) {
    const struct avs_audit_store *tool = avs_audit_better_for_curl(text->audit);
    if (tool) {
        avs_out_printf(&text->out,
                       "  the curl command works where the SDK fails: %s=%s is read by the "
                       "command only\n",
                       tool->named_by, tool->path);
    }
}

static void store_state(struct text *text, const struct avs_audit_store *store) {
    struct avs_out *out = &text->out;
    if (store->state == AVS_STORE_UNREADABLE) {
        avs_out_printf(out, "cannot be read: %s", strerror(store->os_errno));
    } else if (store->state == AVS_STORE_INVALID && store->kind == AVS_AUDIT_FILE) {
        avs_out_printf(out, "refused: %s", store->flaw);
    } else if (store->kind == AVS_AUDIT_FILE) {
        avs_out_printf(out, "%zu certificate%s", store->certificates,
                       store->certificates == 1 ? "" : "s");
    } else if (store->files + store->bundles == 0) {
        avs_out_printf(out, "no certificate file");
    } else {
        size_t files = store->files + (store->hashed ? 0 : store->bundles);
        avs_out_printf(out, "%zu certificate file%s, %zu hashed", files, files == 1 ? "" : "s",
                       store->hashed);
    }
}

static void write_store(struct text *text, const char *label, const struct avs_audit_store *store) {
    avs_out_printf(&text->out, "  %-8s ", label);
    avs_out_hang(&text->out);
    avs_out_printf(&text->out, "%s (", store->path);
    store_state(text, store);
    avs_out_printf(&text->out, "; %s)\n", store->named_by);
}

static void write_sdk_stores(struct text *text) {
    const struct avs_trust_audit *audit = text->audit;
    heading(text, "The SDK will use");
    for (size_t i = 0; i < audit->store_count; i++) {
        if (audit->store[i].readers & AVS_AUDIT_BY_SDK) {
            write_store(text, audit->store[i].kind == AVS_AUDIT_FILE ? "CA file" : "CA path",
                        &audit->store[i]);
        }
    }
    if (!audit->has_sdk_store) {
        avs_out_printf(&text->out, "  nothing: neither libcurl nor a configuration names a "
                                   "CA file or path\n");
    }
    if (audit->curl_library[0] || audit->curl_version[0]) {
        avs_out_printf(&text->out, "  %-8s %s%s%s%s%s%s\n", "libcurl",
                       audit->curl_version[0] ? audit->curl_version : "version unknown",
                       audit->curl_backend[0] ? ", " : "", audit->curl_backend,
                       audit->lacks_http2 ? ", without HTTP/2" : "",
                       audit->curl_library[0] ? ", " : "", audit->curl_library);
    }
    if (audit->config_file[0]) {
        avs_out_printf(&text->out, "  %-8s %s\n", "config", audit->config_file);
    }
    if (audit->knows_store_by_guess && audit->has_sdk_store) {
        avs_out_printf(&text->out, "  note     no libcurl was found here: the distribution's "
                                   "own store is assumed\n");
    }
}

static void write_cas(struct text *text) {
    const struct avs_trust_audit *audit = text->audit;
    heading(text, "Certificate authorities in it");
    for (size_t i = 0; i < AVS_AUDIT_WATCH_COUNT; i++) {
        const struct avs_audit_watch *watch = &audit->watches.row[i];
        enum avs_audit_state state = audit->sdk[i];
        bool is_required = watch->role == AVS_AUDIT_REQUIRED;
        bool is_there = state == AVS_AUDIT_PRESENT && !audit->is_sdk_store_broken;
        /* a look-alike is worth a line where the real one is missing */
        bool is_news =
            audit->is_verbose ||
            (is_there && (watch->role == AVS_AUDIT_LEGACY || (watch->role == AVS_AUDIT_LOOK_ALIKE &&
                                                              !avs_trust_audit_is_usable(audit))));
        if (!is_required && !is_news) {
            continue;
        }
        avs_out_printf(&text->out, "  ");
        avs_out_tone(&text->out,
                     !is_required ? AVS_TONE_DIM
                     : is_there   ? AVS_TONE_GOOD
                                  : AVS_TONE_BAD,
                     "%-8s",
                     !is_required ? "info"
                     : is_there   ? "ok"
                                  : "MISSING");
        avs_out_hang(&text->out);
        avs_out_printf(&text->out, "%-*s %s%s%s\n", NAME_COLUMN, watch->name,
                       audit->is_sdk_store_broken ? "not loaded: the CA file is refused"
                                                  : avs_audit_state_text(state),
                       watch->note[0] ? "; " : "", watch->note);
        if (is_required && !is_there) {
            avs_out_printf(&text->out, "    SHA-256 %s\n", watch->sha256);
        }
    }
}

static void write_other_stores(struct text *text) {
    const struct avs_trust_audit *audit = text->audit;
    bool has_heading = false;
    for (size_t i = 0; i < audit->store_count; i++) {
        const struct avs_audit_store *store = &audit->store[i];
        if (store->readers & AVS_AUDIT_BY_SDK) {
            continue;
        }
        if (!has_heading) {
            heading(text, "Other stores, which the SDK does not use");
            has_heading = true;
        }
        avs_out_printf(&text->out, "  %s (", store->path);
        store_state(text, store);
        avs_out_printf(&text->out, "; %zu of %zu required roots; %s)\n",
                       avs_audit_count_required(audit, store), audit->required_count,
                       store->named_by);
    }
}

/** The chains that AWS sends today in one line; all shapes and verifiers on request. */
static void write_shapes_in_short(struct text *text) {
    const struct avs_trust_audit *audit = text->audit;
    size_t count = 0, good = 0;
    for (size_t i = 0; i < avs_audit_shape_count; i++) {
        if (avs_audit_shape_table[i].is_current) {
            count++;
            good += audit->shape[i][AVS_POLICY_LIBCURL];
        }
    }
    heading_word(text, "Chains");
    avs_out_printf(&text->out, "of the %zu shapes that AWS sends today, %zu verify\n", count, good);
}

static void write_shapes(struct text *text) {
    const struct avs_trust_audit *audit = text->audit;
    heading(text, "Chains that verify with it, by how the verifier builds its path");
    avs_out_whole(&text->out);
    avs_out_printf(&text->out, "  %-12s %-58s %-8s %-8s %s\n", "key", "what the server sends",
                   "libcurl", "OpenSSL", "GnuTLS");
    for (size_t i = 0; i < avs_audit_shape_count; i++) {
        const struct avs_audit_shape *shape = &avs_audit_shape_table[i];
        avs_out_whole(&text->out);
        avs_out_printf(&text->out, "  %-12s %-58s ", shape->family, shape->text);
        for (unsigned policy = 0; policy < AVS_POLICY_COUNT; policy++) {
            bool is_ok = audit->shape[i][policy];
            avs_out_tone(&text->out,
                         is_ok               ? AVS_TONE_GOOD
                         : shape->is_current ? AVS_TONE_BAD
                                             : AVS_TONE_WARN,
                         "%-*s", policy + 1 < AVS_POLICY_COUNT ? 9 : 0, is_ok ? "ok" : "fails");
        }
        avs_out_printf(&text->out, shape->is_current ? "  (today)\n" : "\n");
    }
}

/** What is to be done about findings of one kind, and the command that does it for the first. */
static void write_remedy(struct text *text, const struct avs_audit_finding *first) {
    const struct avs_audit_finding_info *info = avs_audit_finding_info(first->id);
    struct avs_buffer command = avs_buffer_init(AVS_STORE_COMMAND_BYTES);
    if (info->remedy[0]) {
        avs_out_printf(&text->out, "          do    ");
        avs_out_hang(&text->out);
        avs_out_printf(&text->out, "%s\n", info->remedy);
    }
    avs_audit_add_command(text->audit, first, &command);
    text->out.text.is_failed |= command.is_failed;
    if (command.length > 0) {
        avs_out_printf(&text->out, "          next  ");
        avs_out_command(&text->out, command.data);
        avs_out_printf(&text->out, "\n");
    }
    avs_buffer_done(&command);
}

static void write_kind_title(struct text *text, const struct avs_audit_finding_info *info,
                             enum avs_severity severity) {
    bool has_cause = info->cause != AVS_CAUSE_NONE;
    avs_out_printf(&text->out, "  ");
    avs_out_tone(&text->out,
                 severity == AVS_SEVERITY_ERROR     ? AVS_TONE_BAD
                 : severity == AVS_SEVERITY_WARNING ? AVS_TONE_WARN
                                                    : AVS_TONE_DIM,
                 "%-8s", avs_severity_id(severity));
    avs_out_hang(&text->out);
    avs_out_printf(&text->out, "%s%s%s%s\n", info->meaning, has_cause ? " (" : "",
                   has_cause ? avs_cause_info(info->cause)->id : "", has_cause ? ")" : "");
}

static void write_kind(struct text *text, enum avs_audit_finding_id id,
                       enum avs_severity severity) {
    const struct avs_trust_audit *audit = text->audit;
    const struct avs_audit_finding *first = NULL;
    size_t count = 0;
    for (size_t i = 0; i < audit->finding_count; i++) {
        const struct avs_audit_finding *finding = &audit->finding[i];
        if (finding->id != id || finding->severity != severity) {
            continue;
        }
        if (!first) {
            write_kind_title(text, avs_audit_finding_info(id), severity);
            first = finding;
        }
        if (count++ < MANY) {
            avs_out_printf(&text->out, "          %s%s%s%s\n", finding->path,
                           finding->detail[0] ? " (" : "", finding->detail,
                           finding->detail[0] ? ")" : "");
        }
    }
    if (count > MANY) {
        avs_out_printf(&text->out, "          and %zu more\n", count - MANY);
    }
    if (first) {
        write_remedy(text, first);
    }
}

static void write_findings(struct text *text) {
    const struct avs_trust_audit *audit = text->audit;
    if (audit->finding_count == 0) {
        return;
    }
    heading(text, "Findings");
    for (unsigned severity = AVS_SEVERITY_ERROR + 1; severity-- > 0;) {
        for (unsigned id = 0; id < AVS_FINDING_COUNT; id++) {
            write_kind(text, (enum avs_audit_finding_id)id, (enum avs_severity)severity);
        }
    }
    if (audit->finding_dropped) {
        avs_out_printf(&text->out, "  and %zu more findings\n", audit->finding_dropped);
    }
}

static void write_clock(struct text *text) {
    const struct avs_trust_audit *audit = text->audit;
    char now[32];
    for (size_t i = 0; i < audit->finding_count; i++) {
        if (audit->finding[i].id == AVS_FINDING_CLOCK) {
            return; /* said already */
        }
    }
    heading_word(text, "Clock");
    if (!audit->is_sysroot) {
        avs_text_utc(now, sizeof(now), audit->now_unix);
        avs_out_printf(&text->out, "%s; %s\n", now,
                       audit->has_clock_battery
                           ? "this machine has a real-time clock"
                           : "no real-time clock: after a power cut it is wrong until NTP sets it");
        return;
    }
    avs_text_utc(now, sizeof(now), audit->first_boot_unix);
    avs_out_printf(&text->out,
                   "without a battery the first boot starts at %s (%s); certificates made later "
                   "are refused until NTP sets it\n",
                   now, audit->first_boot_unix ? audit->first_boot_source : "no date in the image");
}

/** Dates ahead that would harm this store; the whole history on request. */
static void write_forecast(struct text *text) {
    bool has_heading = false;
    for (size_t i = 0; i < avs_audit_forecast_count; i++) {
        const struct avs_audit_forecast *row = &avs_audit_forecast_table[i];
        bool is_past = avs_audit_date(row->date) <= text->audit->now_unix;
        char missing[AVS_NAME_BYTES * 2];
        avs_audit_forecast_missing(text->audit, row, missing, sizeof(missing));
        if (!text->audit->is_verbose && (is_past || !row->needed || !missing[0])) {
            continue;
        }
        if (!has_heading) {
            heading(text, "What changes in the public TLS stores");
            has_heading = true;
        }
        avs_out_printf(&text->out, "  %-10s  ", row->date);
        avs_out_tone(&text->out, is_past ? AVS_TONE_DIM : AVS_TONE_WARN, "%-6s",
                     is_past ? "past" : "ahead");
        avs_out_hang(&text->out);
        avs_out_printf(&text->out, " %s\n", row->what);
        avs_out_printf(&text->out, "                      %s\n", row->advice);
        if (row->needed) {
            avs_out_printf(&text->out, "                      here: %s%s\n",
                           missing[0] ? "missing " : "nothing to do, they are all in the store",
                           missing);
        }
    }
}

static void write_next(struct text *text) {
    struct avs_buffer words = avs_buffer_init(AVS_STORE_COMMAND_BYTES);
    struct avs_buffer command = avs_buffer_init(AVS_STORE_COMMAND_BYTES);
    bool is_for_device = text->audit->is_sysroot && avs_trust_audit_is_usable(text->audit);
    avs_audit_add_advice(text->audit, &words);
    avs_audit_add_next(text->audit, &command);
    text->out.text.is_failed |= words.is_failed || command.is_failed;
    avs_out_printf(&text->out, "\n");
    if (words.length > 0) {
        avs_out_tone(&text->out, AVS_TONE_BOLD, "Do");
        avs_out_printf(&text->out, "    ");
        avs_out_hang(&text->out);
        avs_out_printf(&text->out, "%s\n", words.data);
    }
    if (command.length > 0) {
        avs_out_tone(&text->out, AVS_TONE_BOLD, "Next");
        avs_out_printf(&text->out, "  %s", is_for_device ? "on the device: " : "");
        avs_out_command(&text->out, command.data);
        avs_out_printf(&text->out, "\n");
    }
    avs_buffer_done(&words);
    avs_buffer_done(&command);
}

enum avs_status avs_trust_audit_to_text(const struct avs_trust_audit *audit,
                                        const struct avs_style *style, char **ret_text,
                                        struct avs_error *reterr) {
    struct text text = {.audit = audit, .out = avs_out_init(AVS_OUT_REPORT_BYTES, style)};
    write_verdict(&text);
    write_curl_works(&text);
    write_sdk_stores(&text);
    write_cas(&text);
    write_findings(&text);
    if (audit->is_verbose || !avs_trust_audit_is_usable(audit)) {
        write_other_stores(&text);
    }
    if (audit->is_verbose) {
        write_shapes(&text);
    } else {
        write_shapes_in_short(&text);
    }
    write_clock(&text);
    write_forecast(&text);
    if (avs_out_is_long(&text.out, NEXT_LINES)) {
        avs_out_printf(&text.out, "\n");
        write_verdict(&text);
    }
    write_next(&text);
    enum avs_status status = avs_out_take(&text.out, ret_text, reterr);
    avs_out_done(&text.out);
    return status;
}
