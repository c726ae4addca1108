/* SPDX-License-Identifier: Apache-2.0 */
/* From what a connection saw to causes, and from all of them to the one answer. The handshake is
 * judged as everywhere, by avs_judge; what is said here is what a client certificate adds to it. */
#include "iot/check.h"

#include <string.h>

#include "iot/findings.h"
#include "verdict/fact.h"

/* TLS alerts, RFC 8446 section 6 */
enum {
    ALERT_HANDSHAKE_FAILURE = 40,
    ALERT_NO_APPLICATION_PROTOCOL = 120,
};

static const struct {
    int alert;
    const char *name;
    enum avs_cause with;    /* a certificate was presented */
    enum avs_cause without; /* none was */
} refusals[] = {
    {ALERT_HANDSHAKE_FAILURE, "handshake_failure", AVS_CAUSE_CLIENT_CERT_REFUSED,
     AVS_CAUSE_CLIENT_CERT_REQUIRED},
    {42, "bad_certificate", AVS_CAUSE_CLIENT_CERT_REFUSED, AVS_CAUSE_CLIENT_CERT_REQUIRED},
    {43, "unsupported_certificate", AVS_CAUSE_CLIENT_CERT_REFUSED, AVS_CAUSE_CLIENT_CERT_REQUIRED},
    {44, "certificate_revoked", AVS_CAUSE_CLIENT_CERT_REVOKED, AVS_CAUSE_CLIENT_CERT_REQUIRED},
    {45, "certificate_expired", AVS_CAUSE_CLIENT_CERT_EXPIRED, AVS_CAUSE_CLIENT_CERT_REQUIRED},
    {46, "certificate_unknown", AVS_CAUSE_CLIENT_CERT_REFUSED, AVS_CAUSE_CLIENT_CERT_REQUIRED},
    {48, "unknown_ca", AVS_CAUSE_CLIENT_CERT_UNKNOWN_CA, AVS_CAUSE_CLIENT_CERT_REQUIRED},
    {49, "access_denied", AVS_CAUSE_CLIENT_CERT_REFUSED, AVS_CAUSE_CLIENT_CERT_REQUIRED},
    {51, "decrypt_error", AVS_CAUSE_CLIENT_CERT_REFUSED, AVS_CAUSE_CLIENT_CERT_REQUIRED},
    {116, "certificate_required", AVS_CAUSE_CLIENT_CERT_REFUSED, AVS_CAUSE_CLIENT_CERT_REQUIRED},
};

static bool is_server_proven(const struct avs_tls_facts *tls) {
    return tls->trust.gate.verify_error == 0 && tls->hostname_matched;
}

/* The server's own certificate stands, it asked for ours, and ended it with an alert. */
static bool judge_alert(const struct avs_iot_check *check, const struct avs_tls_facts *tls,
                        struct avs_iot_findings *findings) {
    if (tls->alert_received < 0 || !tls->client_cert_requested || !is_server_proven(tls)) {
        return false;
    }
    for (size_t i = 0; i < AVS_COUNT(refusals); i++) {
        if (refusals[i].alert == tls->alert_received) {
            bool was_shown = check->keypair.is_shown;
            avs_iot_found(findings, was_shown ? refusals[i].with : refusals[i].without,
                          "the server's alert %d, %s, %s", refusals[i].alert, refusals[i].name,
                          tls->outcome == AVS_HANDSHAKE_ESTABLISHED ? "after the handshake"
                                                                    : "in the handshake");
            return true;
        }
    }
    return false;
}

/* Dial, handshake and chain, by the rules of every check. */
static void judge_handshake(struct avs_iot_check *check, const struct avs_session_evidence *session,
                            struct avs_iot_findings *findings) {
    struct avs_verdict verdict;
    char fact[AVS_FACT_BYTES];
    check->evidence->family[0] = *session;
    check->evidence->family[0].was_attempted = true;
    avs_judge(check->evidence, &verdict);
    for (size_t i = 0; i < verdict.family[0].cause_count; i++) {
        enum avs_cause cause = verdict.family[0].causes[i];
        avs_fact_describe(cause, session, check->host, check->wall_clock, fact);
        avs_iot_found(findings, cause, "%s", fact);
    }
}

bool avs_iot_judge_trip(struct avs_iot_check *check, const struct avs_tls_facts *tls,
                        enum avs_close_kind close, struct avs_iot_findings *findings) {
    bool is_over = tls->outcome != AVS_HANDSHAKE_ESTABLISHED || close == AVS_CLOSE_ALERT;
    return is_over && judge_alert(check, tls, findings);
}

/* It hung up right after the handshake, and said nothing. */
static void judge_hang_up(const struct avs_iot_check *check, const struct avs_iot_check_way *way,
                          struct avs_iot_findings *findings) {
    const struct avs_tls_facts *tls = &way->session.tls;
    static const char *const how[] = {[AVS_CLOSE_CLOSE_NOTIFY] = "with close_notify",
                                      [AVS_CLOSE_EOF] = "without close_notify",
                                      [AVS_CLOSE_RESET] = "by a reset",
                                      [AVS_CLOSE_ALERT] = "with an alert of its own kind"};
    bool was_shown = check->keypair.is_shown;
    enum avs_cause cause = AVS_CAUSE_CONNECTION_LOST;
    if (tls->client_cert_requested) {
        cause = was_shown ? AVS_CAUSE_CLIENT_CERT_REFUSED : AVS_CAUSE_CLIENT_CERT_REQUIRED;
    }
    bool has_fault = avs_iot_first_error(&check->keypair.findings) != AVS_CAUSE_NONE;
    const char *guess = !was_shown ? ""
                        : has_fault
                            ? "; most likely for what is wrong with the key pair"
                            : "; most likely the certificate is not registered or not ACTIVE";
    avs_iot_found(findings, cause,
                  "the server closed right after the handshake, %s, and gave no reason%s",
                  how[way->close], guess);
}

void avs_iot_judge_way(struct avs_iot_check *check, struct avs_iot_check_way *way) {
    const struct avs_tls_facts *tls = &way->session.tls;
    struct avs_iot_findings *findings = &way->findings;
    bool is_up = tls->outcome == AVS_HANDSHAKE_ESTABLISHED;
    if (!is_up && tls->alert_received == ALERT_NO_APPLICATION_PROTOCOL) {
        avs_iot_found(findings, AVS_CAUSE_ALPN_REJECTED, "offered: %s",
                      way->alpn ? way->alpn : "none");
        return;
    }
    if (!is_up && judge_alert(check, tls, findings)) {
        return;
    }
    judge_handshake(check, &way->session, findings);
    if (!is_up) {
        return;
    }
    if (way->alpn && strcmp(tls->alpn, way->alpn) != 0) {
        avs_iot_found(findings, AVS_CAUSE_ALPN_IGNORED, "offered: %s; agreed: %s", way->alpn,
                      tls->alpn[0] ? tls->alpn : "none");
    }
    if (way->close == AVS_CLOSE_ALERT && judge_alert(check, tls, findings)) {
        return;
    }
    if (way->close != AVS_CLOSE_OPEN) {
        judge_hang_up(check, way, findings);
    } else if (!tls->client_cert_requested && check->keypair.is_given) {
        avs_iot_found(findings, AVS_CAUSE_CLIENT_CERT_NOT_ASKED, "%s", "");
    }
    way->is_proven = check->keypair.is_usable && tls->client_cert_requested &&
                     avs_iot_first_error(findings) == AVS_CAUSE_NONE;
}

void avs_iot_judge_family(struct avs_iot_check *check, enum avs_family family) {
    const struct avs_session_evidence *session = &check->family[family];
    struct avs_iot_findings *findings = &check->family_findings[family];
    /* refused after the server had shown a chain that stands: that is about our certificate */
    if (session->was_attempted && !is_server_proven(&session->tls)) {
        judge_handshake(check, session, findings);
    }
}

/* ---------------------------------------------------------------- the answer */

struct question {
    const struct avs_iot_check *check;
    bool with_connect, with_publish;
};

static bool has_protocol(const struct avs_iot_check *check, enum avs_iot_protocol protocol) {
    for (size_t i = 0; i < check->way_count; i++) {
        if (check->way[i].protocol == protocol) {
            return true;
        }
    }
    return false;
}

static bool is_in(const struct question *question, const struct avs_iot_check_way *way) {
    bool is_mqtt = way->protocol == AVS_IOT_MQTT;
    return way->is_proven &&
           (!is_mqtt || !question->with_connect || way->connect == AVS_IOT_STEP_PASSED) &&
           (is_mqtt || !question->with_publish || way->publish == AVS_IOT_STEP_PASSED);
}

/* One way for each protocol that was asked for is enough: a device needs one. */
static bool is_protocol_in(const struct question *question, enum avs_iot_protocol protocol) {
    const struct avs_iot_check *check = question->check;
    for (size_t i = 0; i < check->way_count; i++) {
        if (check->way[i].protocol == protocol && is_in(question, &check->way[i])) {
            return true;
        }
    }
    return false;
}

/* Nothing is known of a server that was never reached. */
static bool is_unreached(enum avs_cause cause) {
    enum avs_phase phase = avs_cause_info(cause)->phase;
    return phase == AVS_PHASE_DNS || phase == AVS_PHASE_TCP || cause == AVS_CAUSE_TLS_TIMEOUT;
}

/* The cause to fix first of those that stand in the way of `protocol`: one that a server gave comes
 * before one of a port that nobody answered on. */
static enum avs_cause first_cause(const struct question *question, enum avs_iot_protocol protocol) {
    const struct avs_iot_check *check = question->check;
    enum avs_cause unreached = AVS_CAUSE_NONE;
    for (size_t i = 0; i < check->way_count; i++) {
        enum avs_cause cause = avs_iot_first_error(&check->way[i].findings);
        if (check->way[i].protocol != protocol || cause == AVS_CAUSE_NONE) {
            continue;
        }
        if (!is_unreached(cause)) {
            return cause;
        }
        unreached = unreached != AVS_CAUSE_NONE ? unreached : cause;
    }
    return unreached;
}

static void conclude_as(struct avs_iot_check *check, enum avs_readiness readiness,
                        enum avs_cause cause) {
    static const int exit_codes[] = {[AVS_READY] = 0, [AVS_NOT_READY] = 1, [AVS_INCONCLUSIVE] = 3};
    check->readiness = readiness;
    check->cause = cause;
    check->exit_code = exit_codes[readiness];
}

void avs_iot_conclude(struct avs_iot_check *check, bool with_connect, bool with_publish) {
    const struct question question = {check, with_connect, with_publish};
    bool needs[] = {[AVS_IOT_MQTT] = has_protocol(check, AVS_IOT_MQTT),
                    [AVS_IOT_HTTPS] = with_publish || !has_protocol(check, AVS_IOT_MQTT)};
    enum avs_cause own = avs_iot_first_error(&check->keypair.findings);
    if (own != AVS_CAUSE_NONE) {
        conclude_as(check, AVS_NOT_READY, own);
        return;
    }
    for (int i = 0; i < (int)AVS_COUNT(needs); i++) {
        if (!needs[i] || is_protocol_in(&question, (enum avs_iot_protocol)i)) {
            continue;
        }
        enum avs_cause cause = first_cause(&question, (enum avs_iot_protocol)i);
        bool is_about_us = cause == AVS_CAUSE_NONE || cause == AVS_CAUSE_CLIENT_CERT_REQUIRED;
        if (!check->keypair.is_given && is_about_us) {
            conclude_as(check, AVS_INCONCLUSIVE, AVS_CAUSE_NONE); /* nobody asked for the device */
        } else if (cause == AVS_CAUSE_NONE) {
            conclude_as(check, AVS_INCONCLUSIVE, AVS_CAUSE_RESPONSE_TIMEOUT); /* no time was left */
        } else {
            conclude_as(check, is_unreached(cause) ? AVS_INCONCLUSIVE : AVS_NOT_READY, cause);
        }
        return;
    }
    conclude_as(check, AVS_READY, AVS_CAUSE_NONE);
}
