/* SPDX-License-Identifier: Apache-2.0 */
/* Metrics for the textfile collector of Prometheus' node_exporter: the classic text format, every
 * time absolute, no time stamps of samples. The names of blackbox_exporter stand beside our own, so
 * that its dashboards and alert rules work; they are there on failure, too, as far as the run came.
 */
#include <stdio.h>
#include <string.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "base/text.h"
#include "h1/date.h"
#include "report/findings.h"
#include "store/audit.h"

#define MS_PER_S 1000.0

struct metrics {
    struct avs_buffer out;
    const struct avs_findings *findings;
    const char *subject_key; /* the label that every sample has */
};

/* ---- the text format ---- */

/* HELP and TYPE of the samples that follow; all of ours are gauges. */
static void family(struct metrics *metrics, const char *name, const char *help) {
    avs_buffer_printf(&metrics->out, "# HELP %s %s\n# TYPE %s gauge\n", name, help, name);
}

/* A label's value: printable, and the three characters escaped that the format reads. */
static void add_label(struct metrics *metrics, const char *key, const char *text) {
    struct avs_buffer *out = &metrics->out;
    avs_buffer_printf(out, "%s=\"", key);
    size_t left = strlen(text);
    while (left > 0) {
        size_t length = avs_text_printable_sequence(text, left);
        if (length == 0) {
            avs_buffer_add_text(out, "?");
        } else if (*text == '"' || *text == '\\') {
            avs_buffer_printf(out, "\\%c", *text);
        } else {
            avs_buffer_add(out, text, length);
        }
        length = length ? length : 1;
        text += length;
        left -= length;
    }
    avs_buffer_add_text(out, "\"");
}

/* One sample. `key` NULL: it has the label of the subject alone. */
static void sample(struct metrics *metrics, const char *name, const char *key, const char *text,
                   double value) {
    avs_buffer_printf(&metrics->out, "%s{", name);
    add_label(metrics, metrics->subject_key, metrics->findings->subject);
    if (key) {
        avs_buffer_add_text(&metrics->out, ",");
        add_label(metrics, key, text);
    }
    avs_buffer_add_text(&metrics->out, "} ");
    size_t start = metrics->out.length;
    avs_buffer_printf(&metrics->out, "%.15g\n", value);
    char *comma = metrics->out.is_failed ? NULL : strchr(metrics->out.data + start, ',');
    if (comma) { /* the locale's */
        *comma = '.';
    }
}

static void gauge(struct metrics *metrics, const char *name, const char *help, double value) {
    family(metrics, name, help);
    sample(metrics, name, NULL, NULL, value);
}

static void info(struct metrics *metrics, const char *name, const char *help, const char *key,
                 const char *text) {
    if (text[0]) {
        family(metrics, name, help);
        sample(metrics, name, key, text, 1);
    }
}

/* ---- a check ---- */

static const struct avs_session_evidence *decisive(const struct avs_findings *findings) {
    return &findings->evidence->session[findings->verdict->decisive];
}

/* Only what came over a verified connection: another Date anybody can write. */
static void put_clock(struct metrics *metrics) {
    const struct avs_evidence *evidence = metrics->findings->evidence;
    for (int i = 0; i < AVS_SESSION_COUNT; i++) {
        const struct avs_session_evidence *session = &evidence->session[i];
        int64_t date = 0;
        if (session->tls.is_verified && avs_http_date(session->http.http_date, &date)) {
            gauge(metrics, "avs_shim_clock_offset_seconds",
                  "This machine's clock less the Date of the server, over verified TLS.",
                  (double)(evidence->wall_clock - date));
            return;
        }
    }
}

static void put_cause(struct metrics *metrics) {
    char scratch[16];
    const struct avs_findings *findings = metrics->findings;
    const struct avs_finding *reason = findings->decisive < findings->finding_count
                                           ? &findings->finding[findings->decisive]
                                           : NULL;
    const char *cause = avs_findings_value(findings, reason, AVS_FIELD_CAUSE, scratch);
    family(metrics, "avs_shim_check_cause",
           "What stands in the way, 1; \"none\" where nothing is known to.");
    sample(metrics, "avs_shim_check_cause", "cause", cause[0] ? cause : "none", 1);
}

static void put_certificates(struct metrics *metrics) {
    const struct avs_tls_facts *tls = &decisive(metrics->findings)->tls;
    char depth[16];
    int64_t earliest = 0;
    if (tls->chain_length == 0) {
        return;
    }
    family(metrics, "avs_shim_cert_not_after_timestamp_seconds",
           "When each certificate that was sent ends; depth 0 is the server's own.");
    for (size_t i = 0; i < tls->chain_length && i < AVS_CHAIN_MAX; i++) {
        snprintf(depth, sizeof(depth), "%zu", i);
        sample(metrics, "avs_shim_cert_not_after_timestamp_seconds", "depth", depth,
               (double)tls->chain[i].not_after);
        earliest =
            i == 0 || tls->chain[i].not_after < earliest ? tls->chain[i].not_after : earliest;
    }
    gauge(metrics, "probe_ssl_earliest_cert_expiry",
          "When the first certificate of the chain ends, Unix seconds.", (double)earliest);
    info(metrics, "probe_ssl_last_chain_info", "The server's certificate.", "fingerprint_sha256",
         tls->chain[0].sha256);
}

/* blackbox_exporter's phases: what each step took by itself. */
static void put_durations(struct metrics *metrics) {
    static const char name[] = "probe_http_duration_seconds";
    const struct avs_timing_facts *timing = &decisive(metrics->findings)->timing;
    const struct {
        const char *phase;
        double until_ms;
    } rows[] = {{"resolve", timing->dns_ms},
                {"connect", timing->connect_ms},
                {"tls", timing->tls_ms},
                {"processing", timing->first_byte_ms},
                {"transfer", timing->total_ms}};
    double from_ms = 0;
    family(metrics, name, "What each phase took, up to the one that the session ended in.");
    for (size_t i = 0; i < AVS_COUNT(rows); i++) {
        if (rows[i].until_ms < 0 && timing->total_ms >= from_ms) { /* it ended in this one */
            sample(metrics, name, "phase", rows[i].phase, (timing->total_ms - from_ms) / MS_PER_S);
            break;
        }
        if (rows[i].until_ms >= from_ms) {
            sample(metrics, name, "phase", rows[i].phase, (rows[i].until_ms - from_ms) / MS_PER_S);
            from_ms = rows[i].until_ms;
        }
    }
    gauge(metrics, "avs_shim_check_duration_seconds", "The session that decides, from dial to end.",
          timing->total_ms < 0 ? 0 : timing->total_ms / MS_PER_S);
    gauge(metrics, "probe_duration_seconds", "The same under the name of blackbox_exporter.",
          timing->total_ms < 0 ? 0 : timing->total_ms / MS_PER_S);
}

static void put_sessions(struct metrics *metrics) {
    static const char name[] = "avs_shim_session_tls_verified";
    const struct avs_findings *findings = metrics->findings;
    family(metrics, name, "Whether TLS is proven by the session, 1 or 0.");
    for (int i = 0; i < AVS_SESSION_COUNT; i++) {
        if (findings->evidence->session[i].was_attempted) {
            sample(metrics, name, "protocol", avs_protocol_id((enum avs_protocol)i),
                   findings->verdict->session[i].tls_proven);
        }
    }
}

static void put_evidence(struct metrics *metrics) {
    const struct avs_evidence *evidence = metrics->findings->evidence;
    const struct avs_session_evidence *session = decisive(metrics->findings);
    put_sessions(metrics);
    put_durations(metrics);
    put_certificates(metrics);
    put_clock(metrics);
    info(metrics, "probe_tls_version_info", "The TLS version spoken.", "version",
         session->tls.version);
    gauge(metrics, "probe_http_status_code", "HTTP status, 0 = no answer.", session->http.status);
    gauge(metrics, "probe_http_ssl", "Whether TLS was verified, 1 or 0.",
          session->tls.is_verified || session->tls.alpn_retry_secure);
    info(metrics, "avs_shim_chain_root_info",
         "The Amazon root that the chain ends in, or that would close it.", "root",
         metrics->findings->value[AVS_FIELD_ROOT] ? metrics->findings->value[AVS_FIELD_ROOT] : "");
    info(metrics, "avs_shim_build_info", "Versions of the library and of what it stands on.",
         "library", evidence->library);
}

static void put_check(struct metrics *metrics) {
    const struct avs_evidence *evidence = metrics->findings->evidence;
    bool is_ready = metrics->findings->exit_code == 0;
    gauge(metrics, "avs_shim_check_success", "Whether the device is ready, 1 or 0.", is_ready);
    gauge(metrics, "probe_success", "The same under the name of blackbox_exporter.", is_ready);
    put_cause(metrics);
    gauge(metrics, "avs_shim_check_timestamp_seconds", "When the check was made, Unix seconds.",
          evidence ? (double)evidence->wall_clock : (double)(avs_clock_wall_ms() / 1000));
    if (evidence) {
        put_evidence(metrics);
    }
}

/* ---- a trust audit ---- */

static void put_roots(struct metrics *metrics) {
    static const char name[] = "avs_shim_trust_root_present";
    const struct avs_trust_audit *audit = metrics->findings->audit;
    family(metrics, name, "Whether the SDK can use this root as it is, 1 or 0.");
    for (size_t ca = 0; ca < AVS_ATS_ROOT_COUNT; ca++) {
        if (audit->watches.row[ca].role == AVS_AUDIT_REQUIRED) {
            sample(metrics, name, "root", audit->watches.row[ca].name,
                   audit->sdk[ca] == AVS_AUDIT_PRESENT && !audit->is_sdk_store_broken);
        }
    }
}

static void put_audit(struct metrics *metrics) {
    const struct avs_findings *findings = metrics->findings;
    gauge(metrics, "avs_shim_trust_store_usable",
          "Whether the SDK can use every required root, 1 or 0.", findings->exit_code == 0);
    gauge(
        metrics, "avs_shim_trust_audit_timestamp_seconds", "When the audit was made, Unix seconds.",
        findings->audit ? (double)findings->audit->now_unix : (double)(avs_clock_wall_ms() / 1000));
    if (findings->audit) {
        put_roots(metrics);
    }
}

enum avs_status avs_findings_to_metrics(const struct avs_findings *findings, char **ret_text,
                                        struct avs_error *reterr) {
    bool is_audit = strcmp(findings->command, "trust audit") == 0;
    struct metrics metrics = {.out = avs_buffer_init(AVS_FINDINGS_FILE_BYTES),
                              .findings = findings,
                              .subject_key = is_audit ? "store" : "endpoint"};
    if (is_audit) {
        put_audit(&metrics);
    } else {
        put_check(&metrics);
    }
    enum avs_status status = avs_buffer_take_text(&metrics.out, ret_text, reterr);
    avs_buffer_done(&metrics.out);
    return status;
}
