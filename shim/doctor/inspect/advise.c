/* SPDX-License-Identifier: Apache-2.0 */
/* What follows from the findings: what the log rules out, what it cannot say, what to run next. */
#include <string.h>

#include "base/flow.h"
#include "base/names.h"
#include "base/text.h"
#include "inspect/conclude.h"

static const char limit_mute[] =
    "libcurl was built with --disable-verbose, as the SDK's Android script does: every text is "
    "\"Error\" and only the numbers count.";
static const char limit_old_session[] =
    "SDK 1.9 and earlier never log libcurl's code for the AVS session, at any level. Rebuild with "
    "ACSDK_EMIT_CURL_LOGS for libcurl's own words, or ask the endpoint: --probe.";
static const char limit_debug0[] =
    "SDK 1.10 to 1.15 log libcurl's code for the AVS session at DEBUG0: a DEBUG build shows it. Or "
    "ask the endpoint: --probe.";
static const char limit_debug7[] =
    "From SDK 1.16 on, libcurl's code for the AVS session is logged at DEBUG7 only, in DEBUG "
    "builds: "
    "run one with \"DEBUG9\" as the SampleApp's last argument. Or ask the endpoint: --probe.";
static const char limit_verify[] =
    "The log has a number where the reason should be. Rebuild with ACSDK_EMIT_CURL_LOGS for "
    "libcurl's own words, or ask the endpoint: --probe.";
static const char limit_silent[] =
    "A RELEASE build of SDK 1.10 to 1.19 says nothing about connections: run a DEBUG build with "
    "\"DEBUG9\" as the SampleApp's last argument. Or ask the endpoint: --probe.";
static const char limit_no_log[] =
    "No line of the AVS Device SDK was recognised here: is this the SampleApp's console log?";
static const char limit_no_attempt[] =
    "Nothing in this log speaks for or against the connection: it shows no attempt, or not at this "
    "level. Log from the start of the program, in a DEBUG build at DEBUG9, or ask the endpoint: "
    "--probe.";
static const char limit_login_only[] =
    "The log proves Login with Amazon only; it does not show the AVS session.";
static const char limit_too_many[] =
    "The log holds more different failures than are kept apart; the rarest are not shown.";
static const char limit_at_stop[] =
    "The application ended by itself before a connection could be judged: look for the reason in "
    "the lines before that.";
static const char limit_boxes[] =
    "This is the sample app's console without the SDK's log: boxes say what it does, never why. "
    "Give its last argument as INFO (or DEBUG9 in a DEBUG build), or ask the endpoint: --probe.";
static const char limit_tool[] =
    "Only output of curl or openssl was recognised here, and it shows no failure.";
static const char limit_unverified[] =
    "Verification of certificates is switched off in this build: no line of this log proves that "
    "the server is the right one.";
static const char live_says[] = "The live check of the endpoint found it, just now.";

static enum avs_phase phase_of(enum avs_cause cause) {
    return avs_cause_info(cause)->phase;
}

static bool is_store_cause(enum avs_cause cause) {
    return cause == AVS_CAUSE_CA_FILE_UNREADABLE || cause == AVS_CAUSE_CA_FILE_INVALID ||
           cause == AVS_CAUSE_CA_PATH_NOT_HASHED;
}

static void rule_out(struct avs_inspect_finding *finding, const char *text, uint64_t line) {
    if (finding->rules_out_count == AVS_INSPECT_RULED_OUT_MAX) {
        return;
    }
    char *field = finding->rules_out[finding->rules_out_count++];
    avs_text_format(field, sizeof(finding->rules_out[0]), line ? "%s (line %llu)" : "%s", text,
                    (unsigned long long)line);
}

static void drop_alternate(struct avs_inspect_finding *finding, enum avs_cause cause) {
    size_t kept = 0;
    for (size_t i = 0; i < finding->also_count; i++) {
        if (finding->also[i] != cause) {
            finding->also[kept++] = finding->also[i];
        }
    }
    finding->also_count = kept;
}

/* What the finding's own line, and proofs elsewhere in the log, exclude. */
static void add_ruled_out(const struct avs_inspect *inspect, struct avs_inspect_finding *finding) {
    enum avs_phase phase = phase_of(finding->cause);
    bool is_login = strcmp(finding->host, "api.amazon.com") == 0;
    if (finding->cause == AVS_CAUSE_AUTH_NOT_TLS) {
        rule_out(finding, "TLS, certificates and network: an HTTP status came back",
                 finding->first.line);
        return;
    }
    if (finding->cause == AVS_CAUSE_DUPLICATE_CREDENTIALS) {
        rule_out(finding, "TLS, certificates and network: the session stood",
                 inspect->book.proof_gateway.line);
        return;
    }
    if (!finding->is_problem) {
        return;
    }
    if (is_store_cause(finding->cause)) {
        rule_out(finding, "the server and the network: nothing was sent yet", 0);
    } else if (phase == AVS_PHASE_TRUST) {
        rule_out(finding, "DNS, TCP and the TLS version: a certificate came and was judged", 0);
    } else if (phase == AVS_PHASE_TLS) {
        rule_out(finding, "DNS and TCP: a connection stood", 0);
    } else if (finding->cause == AVS_CAUSE_CONNECT_REFUSED && finding->certainty == AVS_CERTAIN) {
        rule_out(finding, "DNS: the name resolved", 0);
    }
    bool is_tls = phase == AVS_PHASE_TLS || phase == AVS_PHASE_TRUST;
    if (is_tls && inspect->book.proof_plain.line) {
        rule_out(finding, "the internet connection: the SDK's plain-HTTP probe got through",
                 inspect->book.proof_plain.line);
    }
    if (is_tls && !is_login && inspect->book.proof_login.line) {
        rule_out(finding, "the CA file and the clock: TLS to Login with Amazon worked",
                 inspect->book.proof_login.line);
        drop_alternate(finding, AVS_CAUSE_CLOCK_WRONG);
    }
}

/* Where the SDK goes when nobody tells it otherwise. */
static const char *usual_gateway(const struct avs_inspect *inspect) {
    bool is_old = (inspect->context.sdk_release != 0 && inspect->context.sdk_release < 117) ||
                  strstr(inspect->report.sdk_releases, "earlier") != NULL;
    return is_old ? "avs-alexa-na.amazon.com" : "alexa.na.gateway.devices.a2z.com";
}

static const char *path_of(const struct avs_inspect *inspect, enum avs_cause cause) {
    for (size_t i = 0; i < inspect->book.tally_count; i++) {
        if (inspect->book.tallies[i].cause == cause && inspect->book.tallies[i].path[0]) {
            return inspect->book.tallies[i].path;
        }
    }
    return NULL;
}

/* "https://host", with the gateway's port where it is the gateway. */
static void format_endpoint(const struct avs_inspect *inspect, const char *host, char *endpoint,
                            size_t capacity) {
    bool has_port = inspect->context.gateway_port && strcmp(host, inspect->context.gateway) == 0;
    avs_text_format(endpoint, capacity, has_port ? "https://%s:%u" : "https://%s", host,
                    inspect->context.gateway_port);
}

/* The catalogue's command with its places filled in. */
static void fill_command(const struct avs_inspect *inspect, struct avs_inspect_finding *finding,
                         const char *command) {
    char endpoint[sizeof(inspect->report.endpoint)], port[8];
    format_endpoint(inspect, finding->host, endpoint, sizeof(endpoint));
    const char *colon = strrchr(endpoint + strlen("https://"), ':');
    const char *path = path_of(inspect, finding->cause);
    AVS_TEXT_SET(port, colon ? colon + 1 : "443");
    const struct {
        const char *mark, *text;
    } marks[] = {
        {"https://{host}", endpoint},
        {"{host}", finding->host},
        {"{endpoint}", endpoint},
        {"{port}", port},
        {"{ca_file}", path ? path : "FILE"},
        {"{ca_path}", "DIR"},
        {"{config}", "AlexaClientSDKConfig.json"},
        {"{root}", "FILE"},
    };
    size_t length = 0;
    while (*command && length + 1 < sizeof(finding->command)) {
        const char *text = NULL;
        for (size_t i = 0; i < AVS_COUNT(marks) && strchr("{h", *command); i++) {
            if (strncmp(command, marks[i].mark, strlen(marks[i].mark)) == 0) {
                text = marks[i].text;
                command += strlen(marks[i].mark);
                break;
            }
        }
        if (!text) {
            finding->command[length++] = *command++;
            continue;
        }
        for (; *text && length + 1 < sizeof(finding->command); text++) {
            finding->command[length++] = *text;
        }
    }
    finding->command[length] = '\0';
}

/* Not AVS itself: such a host need not have an ATS certificate. */
static bool is_other_host(const char *host) {
    return strcmp(host, "api.amazon.com") == 0 || strcmp(host, "api.amazonalexa.com") == 0 ||
           !avs_names_is_amazon_host(host);
}

static bool is_address(const char *host) {
    return host[0] && host[strspn(host, "0123456789.")] == '\0';
}

static bool is_open(const struct avs_inspect_finding *finding, enum avs_phase phase) {
    return finding->cause == AVS_CAUSE_UNKNOWN_TRANSPORT ||
           (finding->also_count > 0 && !finding->confirmed_live &&
            finding->cause != AVS_CAUSE_CLOCK_WRONG && phase != AVS_PHASE_CONFIG);
}

/* While the log leaves causes open, the next thing to run is what tells them apart. */
static void add_command(const struct avs_inspect *inspect, struct avs_inspect_finding *finding) {
    enum avs_phase phase = phase_of(finding->cause);
    if (!finding->host[0] && phase != AVS_PHASE_CONFIG) {
        AVS_TEXT_SET(finding->host, usual_gateway(inspect));
        finding->host_assumed = true;
    }
    const char *command = avs_cause_info(finding->cause)->command;
    bool is_other = is_other_host(finding->host);
    bool is_foreign_root = finding->cause == AVS_CAUSE_ROOT_MISSING && is_other &&
                           !avs_names_is_amazon_host(finding->host);
    bool is_lookup = command && strstr(command, "getent") && is_address(finding->host);
    if (is_store_cause(finding->cause)) {
        if (!path_of(inspect, finding->cause)) {
            command = "avs-shim trust audit --config {config}";
        }
    } else if (is_open(finding, phase) || is_foreign_root || is_lookup) {
        command = is_other ? "avs-shim check --endpoint https://{host} --any-root"
                           : "avs-shim check --endpoint https://{host}";
    }
    if (command) {
        fill_command(inspect, finding, command);
    }
}

/* The catalogue's words speak to somebody who has seen the connection itself; a log tells less. */
static const struct {
    enum avs_cause cause;
    enum avs_certainty most; /* up to this certainty */
    const char *meaning, *remedy;
} words_of_logs[] = {
    {AVS_CAUSE_CONNECT_REFUSED, AVS_LIKELY, "No TCP connection came about.",
     "Check the address and the port, and whether a firewall or a proxy stands in between."},
    {AVS_CAUSE_TLS_FAILED, AVS_CERTAIN, "The TLS handshake failed.",
     "Compare with what the next command sees from this device."},
    {AVS_CAUSE_TLS_ABORTED, AVS_CERTAIN, "The connection was cut during the TLS handshake.", NULL},
    {AVS_CAUSE_HTTP2_MISSING, AVS_CERTAIN,
     "The server did not agree to HTTP/2, and AVS cannot run without it.", NULL},
    {AVS_CAUSE_HTTP2_ERROR, AVS_CERTAIN, NULL,
     "If it repeats, compare with another network: the server or a proxy is at fault then."},
    {AVS_CAUSE_CERT_INVALID, AVS_CERTAIN, "The server's certificate was refused.",
     "Look at the chain with the next command."},
    {AVS_CAUSE_ROOT_MISSING, AVS_CERTAIN, NULL,
     "Add the root that is missing to the store that the SDK uses."},
};

static const char foreign_root[] =
    "Add the root that signs this server's certificate to the store of the program that failed, if "
    "the host is the right one: it is none of Amazon's.";

static void choose_words(struct avs_inspect_finding *finding) {
    const struct avs_cause_info *info = avs_cause_info(finding->cause);
    const char *meaning = info->meaning, *remedy = info->remedy;
    for (size_t i = 0; i < AVS_COUNT(words_of_logs); i++) {
        if (words_of_logs[i].cause == finding->cause && !finding->confirmed_live &&
            finding->certainty <= words_of_logs[i].most) {
            meaning = words_of_logs[i].meaning ? words_of_logs[i].meaning : meaning;
            remedy = words_of_logs[i].remedy ? words_of_logs[i].remedy : remedy;
        }
    }
    bool is_foreign = finding->cause == AVS_CAUSE_ROOT_MISSING && finding->host[0] &&
                      !avs_names_is_amazon_host(finding->host);
    finding->meaning = meaning;
    finding->remedy = is_foreign ? foreign_root : remedy;
}

static void add_limit(struct avs_inspect_report *report, const char *text) {
    for (size_t i = 0; i < report->limit_count; i++) {
        if (report->limits[i] == text) {
            return;
        }
    }
    if (report->limit_count < AVS_COUNT(report->limits)) {
        report->limits[report->limit_count++] = text;
    }
}

static const char *session_limit(const struct avs_inspect *inspect) {
    unsigned release = inspect->context.sdk_release;
    if ((release && release < 110) || strstr(inspect->report.sdk_releases, "earlier")) {
        return limit_old_session;
    }
    return release && release < 116 ? limit_debug0 : limit_debug7;
}

static const char *why_it_cannot_tell(const struct avs_inspect *inspect) {
    const struct avs_inspect_report *report = &inspect->report;
    const struct avs_context *context = &inspect->context;
    bool is_silent =
        !report->has_debug_lines && context->sdk_release >= 110 && context->sdk_release < 120;
    bool is_sdk_log = context->levels != 0 || report->sdk_version[0] ||
                      (inspect->book.note_count > 0 && !context->has_box && !context->has_tool);
    return context->stop.line                 ? limit_at_stop
           : !is_sdk_log && context->has_box  ? limit_boxes
           : !is_sdk_log && context->has_tool ? limit_tool
           : !is_sdk_log                      ? limit_no_log
           : is_silent                        ? limit_silent
                                              : limit_no_attempt;
}

static void add_limits(struct avs_inspect *inspect) {
    struct avs_inspect_report *report = &inspect->report;
    for (size_t i = 0; i < report->finding_count; i++) {
        const struct avs_inspect_finding *finding = &report->findings[i];
        if (finding->confirmed_live) {
            continue;
        }
        if (finding->cause == AVS_CAUSE_UNKNOWN_TRANSPORT) {
            add_limit(report, session_limit(inspect));
        } else if (finding->is_problem && finding->also_count > 0 &&
                   finding->certainty == AVS_POSSIBLE) {
            add_limit(report, limit_verify);
        }
    }
    if (inspect->context.has_mute_curl) {
        add_limit(report, limit_mute);
    }
    if (inspect->context.is_unverified) {
        add_limit(report, limit_unverified);
    }
    if (inspect->book.tallies_lost > 0) {
        add_limit(report, limit_too_many);
    }
    if (report->answer == AVS_INSPECT_CLEAN && inspect->book.proof_gateway.line == 0 &&
        inspect->book.proof_login.line > 0) {
        add_limit(report, limit_login_only);
    }
    if (report->answer == AVS_INSPECT_CANNOT_TELL) {
        add_limit(report, why_it_cannot_tell(inspect));
    }
}

/* A refused login is none of the connection's; a GOAWAY is none when the session came back. */
static bool is_problem(const struct avs_inspect_finding *finding) {
    if (avs_cause_info(finding->cause)->severity == AVS_SEVERITY_INFO) {
        return finding->also_count > 0 && finding->recovered_line == 0;
    }
    return finding->cause != AVS_CAUSE_AUTH_NOT_TLS;
}

static bool stands_before(const struct avs_inspect_finding *a,
                          const struct avs_inspect_finding *b) {
    if (a->confirmed_live != b->confirmed_live) {
        return a->confirmed_live;
    }
    if (a->is_problem != b->is_problem) {
        return a->is_problem;
    }
    if (a->certainty != b->certainty) {
        return a->certainty > b->certainty;
    }
    return a->first.line < b->first.line;
}

static void sort_findings(struct avs_inspect_report *report) {
    for (size_t i = 1; i < report->finding_count; i++) {
        for (size_t j = i; j > 0 && stands_before(&report->findings[j], &report->findings[j - 1]);
             j--) {
            struct avs_inspect_finding moved = report->findings[j];
            report->findings[j] = report->findings[j - 1];
            report->findings[j - 1] = moved;
        }
    }
}

static bool leaves_open(const struct avs_inspect_finding *finding, enum avs_cause cause) {
    for (size_t i = 0; i < finding->also_count; i++) {
        if (finding->also[i] == cause) {
            return true;
        }
    }
    /* every reason why a certificate is refused hides behind code 60 */
    return finding->cause == AVS_CAUSE_UNKNOWN_TRANSPORT ||
           (finding->cause == AVS_CAUSE_ROOT_MISSING && finding->certainty != AVS_CERTAIN &&
            phase_of(cause) == AVS_PHASE_TRUST);
}

/* The live check confirms a finding, sharpens one that left its cause open, or adds its own. */
static void merge_live(struct avs_inspect *inspect) {
    struct avs_inspect_report *report = &inspect->report;
    enum avs_cause cause = inspect->live.cause;
    report->has_live = true;
    report->live_readiness = inspect->live.readiness;
    report->live_cause = cause;
    AVS_TEXT_SET(report->live_endpoint, inspect->live.endpoint);
    if (inspect->live.readiness == AVS_READY || cause == AVS_CAUSE_NONE) {
        return;
    }
    struct avs_inspect_finding *found = NULL;
    for (size_t i = 0; i < report->finding_count && !found; i++) {
        found = report->findings[i].cause == cause ? &report->findings[i] : NULL;
    }
    for (size_t i = 0; i < report->finding_count && !found; i++) {
        found = leaves_open(&report->findings[i], cause) ? &report->findings[i] : NULL;
        if (found) {
            avs_text_format(found->detail, sizeof(found->detail), "the log alone would say %s (%s)",
                            avs_cause_info(found->cause)->id, avs_certainty_id(found->certainty));
        }
    }
    /* a check that never reached TLS may tell more about where it ran than about the device */
    bool may_add = inspect->live.readiness == AVS_NOT_READY;
    if (!found && may_add && report->finding_count < AVS_INSPECT_FINDINGS_MAX) {
        found = &report->findings[report->finding_count++];
        memset(found, 0, sizeof(*found));
        found->says = live_says;
        const char *host = strstr(inspect->live.endpoint, "://");
        host = host ? host + 3 : inspect->live.endpoint;
        avs_text_copy_bytes(found->host, sizeof(found->host), host, strcspn(host, ":/"));
        found->first.unix_ms = found->last.unix_ms = found->decisive.unix_ms = -1;
    }
    if (found) {
        found->cause = cause;
        found->certainty = AVS_CERTAIN;
        found->confirmed_live = found->is_problem = true;
        found->meaning = found->remedy = NULL;
        found->also_count = 0;
    }
}

static void answer(struct avs_inspect *inspect) {
    struct avs_inspect_report *report = &inspect->report;
    bool has_problem = false;
    for (size_t i = 0; i < report->finding_count; i++) {
        has_problem = has_problem || report->findings[i].is_problem;
    }
    bool is_proven = inspect->book.proof_any.line > 0 ||
                     (inspect->live.is_there && inspect->live.readiness == AVS_READY);
    report->answer = has_problem ? AVS_INSPECT_FOUND
                     : is_proven ? AVS_INSPECT_CLEAN
                                 : AVS_INSPECT_CANNOT_TELL;
    report->exit_code = has_problem ? 1 : is_proven ? 0 : 3;
}

void avs_inspect_advise(struct avs_inspect *inspect) {
    struct avs_inspect_report *report = &inspect->report;
    if (inspect->live.is_there) {
        merge_live(inspect);
    }
    for (size_t i = 0; i < report->finding_count; i++) {
        struct avs_inspect_finding *finding = &report->findings[i];
        bool is_settled = finding->remedy != NULL; /* by what the log says besides */
        finding->is_problem = finding->is_problem && is_problem(finding);
        add_ruled_out(inspect, finding);
        if (!is_settled) {
            add_command(inspect, finding);
            choose_words(finding);
        }
    }
    sort_findings(report);
    answer(inspect);
    add_limits(inspect);
    const char *host = inspect->context.gateway;
    if (report->finding_count > 0 && report->findings[0].host[0]) {
        host = report->findings[0].host;
    }
    if (host[0]) {
        format_endpoint(inspect, host, report->endpoint, sizeof(report->endpoint));
    }
}
