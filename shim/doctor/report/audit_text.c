/* The audit for people: the answer first, one line a fact, the next command last. */
#include <string.h>

#include "base/text.h"
#include "base/text_out.h"
#include "report/audit_words.h"
#include "store/audit.h"

#define MANY        12 /* findings of one kind that are listed one by one */
#define NAME_COLUMN 52

struct text {
    const struct avs_trust_audit *audit;
    struct avs_out out;
};

static void heading(struct text *text, const char *what) {
    avs_out_tone(&text->out, AVS_TONE_BOLD, "\n%s\n", what);
}

static void write_answer(struct text *text) {
    const struct avs_trust_audit *audit = text->audit;
    const char *where = audit->is_sysroot ? " in this root file system" : "";
    if (avs_trust_audit_is_usable(audit)) {
        avs_out_tone(&text->out, AVS_TONE_GOOD, "READY");
        avs_out_printf(&text->out, "  all %zu required roots are usable%s\n", audit->required_count,
                       where);
        return;
    }
    avs_out_tone(&text->out, AVS_TONE_BAD, "NOT READY");
    if (!audit->has_sdk_store) {
        avs_out_printf(&text->out, "  no trust store at all%s: nothing will verify\n", where);
    } else if (audit->is_sdk_store_broken) {
        avs_out_printf(&text->out,
                       "  the CA file that the SDK uses cannot be loaded%s: libcurl ends with "
                       "error 77 before it connects\n",
                       where);
    } else {
        avs_out_printf(&text->out, "  %zu of %zu required roots are usable%s\n",
                       audit->usable_count, audit->required_count, where);
    }
    const struct avs_audit_store *tool = avs_audit_better_for_curl(audit);
    if (tool) {
        avs_out_printf(&text->out,
                       "           the curl command works where the SDK fails: %s=%s is read "
                       "by the command only\n",
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
        avs_out_printf(out, "%zu certificates", store->certificates);
    } else if (store->files + store->bundles == 0) {
        avs_out_printf(out, "no certificate file");
    } else {
        avs_out_printf(out, "%zu certificate files, %zu hashed",
                       store->files + (store->hashed ? 0 : store->bundles), store->hashed);
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
        avs_out_printf(&text->out, "  %-8s %s%s%s%s%s\n", "libcurl",
                       audit->curl_version[0] ? audit->curl_version : "version unknown",
                       audit->curl_backend[0] ? ", " : "", audit->curl_backend,
                       audit->curl_library[0] ? ", " : "", audit->curl_library);
    }
    if (audit->config_file[0]) {
        avs_out_printf(&text->out, "  %-8s %s\n", "config", audit->config_file);
    }
    if (audit->knows_store_by_guess) {
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
        if (!is_required && watch->role != AVS_AUDIT_INFORMATION && !is_there &&
            watch->role != AVS_AUDIT_COMPANION) {
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
            avs_out_printf(&text->out, "          SHA-256 %s\n", watch->sha256);
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

static void write_findings(struct text *text) {
    const struct avs_trust_audit *audit = text->audit;
    if (audit->finding_count == 0) {
        return;
    }
    heading(text, "Findings");
    for (unsigned severity = AVS_SEVERITY_ERROR + 1; severity-- > 0;) {
        for (unsigned id = 0; id < AVS_FINDING_COUNT; id++) {
            const struct avs_audit_finding_info *info =
                avs_audit_finding_info((enum avs_audit_finding_id)id);
            const struct avs_audit_finding *first = NULL;
            size_t count = 0;
            for (size_t i = 0; info->severity == severity && i < audit->finding_count; i++) {
                const struct avs_audit_finding *finding = &audit->finding[i];
                if (finding->id != id) {
                    continue;
                }
                first = first ? first : finding;
                if (count == 0) {
                    avs_out_printf(&text->out, "  ");
                    avs_out_tone(&text->out,
                                 severity == AVS_SEVERITY_ERROR     ? AVS_TONE_BAD
                                 : severity == AVS_SEVERITY_WARNING ? AVS_TONE_WARN
                                                                    : AVS_TONE_DIM,
                                 "%-8s", avs_severity_id(info->severity));
                    avs_out_hang(&text->out);
                    avs_out_printf(&text->out, "%s\n", info->meaning);
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
            if (count > 0 && info->remedy[0]) {
                char remedy[AVS_AUDIT_PATH_BYTES + 256];
                avs_audit_fill_path(remedy, sizeof(remedy), info->remedy, first->path);
                avs_out_printf(&text->out, "          fix: %s\n", remedy);
            }
        }
    }
    if (audit->finding_dropped) {
        avs_out_printf(&text->out, "  and %zu more findings\n", audit->finding_dropped);
    }
}

static void write_clock(struct text *text) {
    const struct avs_trust_audit *audit = text->audit;
    char now[32];
    heading(text, "Clock");
    if (!audit->is_sysroot) {
        avs_text_utc(now, sizeof(now), audit->now_unix);
        avs_out_printf(&text->out, "  %s; %s\n", now,
                       audit->has_clock_battery
                           ? "this machine has a real-time clock"
                           : "no real-time clock found: after a power cut the time is wrong "
                             "until NTP has set it, and no certificate verifies before");
        return;
    }
    avs_text_utc(now, sizeof(now), audit->first_boot_unix);
    avs_out_printf(&text->out,
                   "  without a clock battery the first boot starts at %s (%s); certificates "
                   "made later are refused until NTP has set the time\n",
                   now, audit->first_boot_unix ? audit->first_boot_source : "no date in the image");
}

static void write_forecast(struct text *text) {
    heading(text, "What changes in the public TLS stores");
    for (size_t i = 0; i < avs_audit_forecast_count; i++) {
        const struct avs_audit_forecast *row = &avs_audit_forecast_table[i];
        bool is_past = avs_audit_date(row->date) <= text->audit->now_unix;
        char missing[AVS_NAME_BYTES * 2];
        avs_out_printf(&text->out, "  %-10s  ", row->date);
        avs_out_tone(&text->out, is_past ? AVS_TONE_DIM : AVS_TONE_WARN, "%-6s",
                     is_past ? "past" : "ahead");
        avs_out_hang(&text->out);
        avs_out_printf(&text->out, " %s\n", row->what);
        avs_out_printf(&text->out, "                      %s\n", row->advice);
        if (row->needed) {
            avs_audit_forecast_missing(text->audit, row, missing, sizeof(missing));
            avs_out_printf(&text->out, "                      here: %s%s\n",
                           missing[0] ? "missing " : "nothing to do, they are all in the store",
                           missing);
        }
    }
}

static void write_next(struct text *text) {
    char command[AVS_AUDIT_PATH_BYTES * 2];
    avs_audit_next_command(text->audit, command, sizeof(command));
    avs_out_tone(&text->out, AVS_TONE_BOLD, "\nNext");
    avs_out_printf(&text->out, "  ");
    avs_out_command(&text->out, command);
}

enum avs_status avs_trust_audit_to_text(const struct avs_trust_audit *audit,
                                        const struct avs_style *style, char **ret_text,
                                        struct avs_error *reterr) {
    struct text text = {.audit = audit, .out = avs_out_init(AVS_OUT_REPORT_BYTES, style)};
    write_answer(&text);
    write_sdk_stores(&text);
    write_cas(&text);
    write_findings(&text);
    write_other_stores(&text);
    write_shapes(&text);
    write_clock(&text);
    write_forecast(&text);
    write_next(&text);
    enum avs_status status = avs_out_take(&text.out, ret_text, reterr);
    avs_out_done(&text.out);
    return status;
}
