/* SPDX-License-Identifier: Apache-2.0 */
/* `avs-shim iot check` in words: the answer, the key pair, each way, what was left open. */
#include <string.h>

#include "base/text.h"
#include "out/text_out.h"
#include "report/iot_check_words.h"

#define NAME_BYTES 24
#define UTC_BYTES  40
#define DATE_CHARS 10

struct report {
    const struct avs_iot_check *check;
    struct avs_out out;
};

static void line(struct report *report, enum avs_mark mark, const char *label) {
    avs_out_mark(&report->out, mark);
    avs_out_printf(&report->out, "%-10s ", label);
    avs_out_hang(&report->out);
}

/* ---------------------------------------------------------------- the answer */

static bool is_way_in(const struct avs_iot_check_way *way) {
    return way->is_proven && way->connect != AVS_IOT_STEP_FAILED &&
           way->publish != AVS_IOT_STEP_FAILED;
}

static void add_ways_in(struct report *report) {
    const struct avs_iot_check *check = report->check;
    const char *before = " by ";
    char name[NAME_BYTES];
    for (size_t i = 0; i < check->way_count; i++) {
        if (is_way_in(&check->way[i])) {
            avs_iot_check_way_name(&check->way[i], name, sizeof(name));
            avs_out_printf(&report->out, "%s%s", before, name);
            before = ", ";
        }
    }
}

static bool was_connected(const struct avs_iot_check *check) {
    for (size_t i = 0; i < check->way_count; i++) {
        if (check->way[i].connect == AVS_IOT_STEP_PASSED) {
            return true;
        }
    }
    return false;
}

static void add_answer(struct report *report) {
    const struct avs_iot_check *check = report->check;
    static const char *const words[] = {[AVS_READY] = "Ready:",
                                        [AVS_NOT_READY] = "Not ready:",
                                        [AVS_INCONCLUSIVE] = "Cannot tell:"};
    const struct avs_cause_info *info = avs_cause_info(check->cause);
    avs_out_tone(&report->out, AVS_TONE_BOLD, "%s", words[check->readiness]);
    avs_out_printf(&report->out, " %s", check->host);
    if (check->readiness == AVS_READY) {
        avs_out_printf(&report->out, was_connected(check)
                                         ? " takes this device in"
                                         : " does not refuse this device's certificate");
        add_ways_in(report);
        avs_out_printf(&report->out, "\n");
    } else if (check->cause == AVS_CAUSE_NONE) {
        avs_out_printf(&report->out, ": the server was asked, the device was not\n");
    } else {
        int length = (int)strlen(info->meaning) - 1; /* its end stop */
        avs_out_printf(&report->out, ": %.*s (%s)\n", length, info->meaning, info->id);
    }
}

/* ---------------------------------------------------------------- findings */

static enum avs_status add_finding(struct report *report, const struct avs_iot_check_way *way,
                                   const struct avs_iot_finding *finding,
                                   struct avs_error *reterr) {
    struct avs_advice advice = {.cause = AVS_CAUSE_NONE};
    enum avs_status status = avs_iot_advice(&advice, report->check, way, finding, reterr);
    if (status == AVS_OK) {
        avs_out_printf(&report->out, "%s: %s\n", avs_cause_info(advice.cause)->id, advice.meaning);
        avs_out_lines(&report->out, "     facts   ", advice.facts.data);
        avs_out_lines(&report->out, "     do      ", advice.remedy);
        if (advice.command.length > 0) {
            avs_out_printf(&report->out, "     next    ");
            avs_out_command(&report->out, advice.command.data);
            avs_out_printf(&report->out, "\n");
        }
    }
    avs_advice_done(&advice);
    return status;
}

static enum avs_mark mark_of(const struct avs_iot_finding *finding) {
    const struct avs_cause_info *info = avs_cause_info(finding->cause);
    bool is_unreached = info->phase == AVS_PHASE_DNS || info->phase == AVS_PHASE_TCP ||
                        finding->cause == AVS_CAUSE_TLS_TIMEOUT;
    return info->severity != AVS_SEVERITY_ERROR ? AVS_MARK_NOTE
           : is_unreached                       ? AVS_MARK_UNKNOWN
                                                : AVS_MARK_FAIL;
}

static enum avs_status add_findings(struct report *report, const struct avs_iot_check_way *way,
                                    const char *label, const struct avs_iot_findings *findings,
                                    struct avs_error *reterr) {
    for (size_t i = 0; i < findings->count; i++) {
        line(report, mark_of(&findings->item[i]), label);
        AVS_TRY(add_finding(report, way, &findings->item[i], reterr));
    }
    return AVS_OK;
}

/* ---------------------------------------------------------------- the key pair */

static enum avs_status add_keypair(struct report *report, struct avs_error *reterr) {
    const struct avs_iot_keypair *pair = &report->check->keypair;
    const struct avs_cert_facts *certificate = &pair->certificate;
    char until[UTC_BYTES];
    if (!pair->is_given) {
        line(report, AVS_MARK_UNKNOWN, "Key pair");
        avs_out_printf(&report->out, "not given: --cert FILE --key FILE|URI\n");
        return AVS_OK;
    }
    if (certificate->subject[0]) {
        avs_text_utc(until, sizeof(until), certificate->not_after);
        line(report, pair->is_usable ? AVS_MARK_OK : AVS_MARK_NOTE, "Cert");
        avs_out_printf(&report->out, "%s, %s, until %.*s; issued by %s%s\n", certificate->subject,
                       certificate->key, DATE_CHARS, until,
                       pair->is_aws_issued ? "AWS IoT's own authority (no ATS root, and need not "
                                             "be one)"
                       : certificate->is_self_signed ? "itself"
                                                     : certificate->issuer,
                       pair->certificate_count > 1 ? "; a chain" : "");
    }
    if (pair->is_usable) {
        line(report, AVS_MARK_OK, "Key");
        avs_out_printf(&report->out, "%s (%s): the certificate's own\n", pair->key, pair->key_form);
    }
    return add_findings(report, NULL, "Key pair", &pair->findings, reterr);
}

/* ---------------------------------------------------------------- ways */

static void add_steps(struct report *report, const struct avs_iot_check_way *way) {
    const struct avs_iot_check *check = report->check;
    if (way->connect == AVS_IOT_STEP_PASSED) {
        avs_out_printf(&report->out, "             CONNECT accepted: MQTT %s, client id %s\n",
                       way->mqtt_level == 5 ? "5" : "3.1.1", check->client_id);
    }
    if (way->publish == AVS_IOT_STEP_PASSED) {
        avs_out_printf(&report->out, "             message accepted: topic %s, status %d\n",
                       check->topic, way->http_status);
    }
}

static void add_good_way(struct report *report, const struct avs_iot_check_way *way,
                         const char *label) {
    const struct avs_tls_facts *tls = &way->session.tls;
    line(report, way->is_proven ? AVS_MARK_OK : AVS_MARK_UNKNOWN, label);
    avs_out_printf(&report->out, "%s%s%s, the server's root is %s", tls->version,
                   tls->alpn[0] ? ", ALPN " : "", tls->alpn, avs_iot_root_of(tls));
    if (way->is_proven) {
        avs_out_printf(&report->out, "; the certificate was asked for, and not refused in %.1f s\n",
                       way->silent_ms / 1000.0);
    } else if (report->check->keypair.is_given) {
        avs_out_printf(&report->out, "; see the key pair\n");
    } else {
        avs_out_printf(&report->out, tls->client_cert_requested
                                         ? "; a client certificate is asked for\n"
                                         : "; no client certificate is asked for\n");
    }
    add_steps(report, way);
}

/* One failure, one explanation: the ways that fail in the same way say so in a line. */
static const struct avs_iot_check_way *same_as(const struct avs_iot_check *check, size_t index) {
    const struct avs_iot_findings *mine = &check->way[index].findings;
    for (size_t i = 0; i < index; i++) {
        const struct avs_iot_findings *others = &check->way[i].findings;
        if (others->count == mine->count && others->item[0].cause == mine->item[0].cause) {
            return &check->way[i];
        }
    }
    return NULL;
}

static enum avs_status add_way(struct report *report, size_t index, struct avs_error *reterr) {
    const struct avs_iot_check *check = report->check;
    const struct avs_iot_check_way *way = &check->way[index];
    char label[NAME_BYTES], other[NAME_BYTES];
    avs_iot_check_way_name(way, label, sizeof(label));
    bool has_stood = way->findings.count == 0 || way->is_proven;
    if (has_stood) {
        add_good_way(report, way, label);
    }
    const struct avs_iot_check_way *same = way->findings.count > 0 ? same_as(check, index) : NULL;
    if (!same) {
        return add_findings(report, way, label, &way->findings, reterr);
    }
    avs_iot_check_way_name(same, other, sizeof(other));
    line(report, mark_of(&way->findings.item[0]), label);
    avs_out_printf(&report->out, "%s, as on %s\n", avs_cause_info(way->findings.item[0].cause)->id,
                   other);
    return AVS_OK;
}

static void add_family(struct report *report, enum avs_family family) {
    const struct avs_session_evidence *session = &report->check->family[family];
    const struct avs_iot_findings *findings = &report->check->family_findings[family];
    const char *label = family == AVS_FAMILY_RSA ? "RSA" : "ECDSA";
    if (!session->was_attempted) {
        return;
    }
    if (findings->count == 0) {
        line(report, AVS_MARK_OK, label);
        avs_out_printf(&report->out, "the server's chain of this family ends in %s\n",
                       avs_iot_root_of(&session->tls));
        return;
    }
    enum avs_cause cause = findings->item[0].cause;
    if (cause == AVS_CAUSE_TLS_NO_CIPHER || cause == AVS_CAUSE_TLS_VERSION) {
        line(report, AVS_MARK_NOTE, label);
        avs_out_printf(&report->out, cause == AVS_CAUSE_TLS_VERSION
                                         ? "not known: this is asked over TLS 1.2, which the "
                                           "server does not speak\n"
                                         : "the server has no certificate of this family\n");
        return;
    }
    line(report, AVS_MARK_NOTE, label);
    avs_out_printf(&report->out, "%s: %s\n", avs_cause_info(cause)->id, findings->item[0].fact);
}

static enum avs_status add_open(struct report *report, struct avs_error *reterr) {
    struct avs_buffer lines = avs_buffer_init(AVS_ADVICE_BYTES);
    avs_iot_not_proven(report->check, &lines);
    if (!lines.data) {
        return avs_fail_memory(reterr);
    }
    if (lines.length > 0) {
        avs_out_lines(&report->out, "Not proven: ", lines.data);
    }
    avs_buffer_done(&lines);
    return AVS_OK;
}

enum avs_status avs_iot_check_to_text(const struct avs_iot_check *check,
                                      const struct avs_style *style, char **ret_text,
                                      struct avs_error *reterr) {
    struct report report = {.check = check, .out = avs_out_init(AVS_OUT_REPORT_BYTES, style)};
    add_answer(&report);
    enum avs_status status = add_keypair(&report, reterr);
    for (size_t i = 0; i < check->way_count && status == AVS_OK; i++) {
        status = add_way(&report, i, reterr);
    }
    for (int i = 0; i < AVS_FAMILY_COUNT; i++) {
        add_family(&report, (enum avs_family)i);
    }
    if (status == AVS_OK) {
        status = add_open(&report, reterr);
    }
    if (avs_out_is_long(&report.out, 0)) {
        add_answer(&report);
    }
    if (status == AVS_OK) {
        status = avs_out_take(&report.out, ret_text, reterr);
    }
    avs_out_done(&report.out);
    return status;
}
