/* SPDX-License-Identifier: Apache-2.0 */
/* See command.h. The first row of a cause whose condition holds and whose tool is there. */
#include "report/command.h"

#include <errno.h>
#include <string.h>

#include <avs/config.h>

#include "base/text.h"
#include "check/machine.h"

#define CONFIG_FILE "AlexaClientSDKConfig.json"
#define UTC_BYTES   40
#define TIME_CHARS  19 /* of "2026-11-21 19:03:32 UTC" */

struct view {
    const struct avs_evidence *evidence;
    const struct avs_session_evidence *session;
};

/* ---- conditions ---- */

static bool is_source(const struct view *view, const char *source) {
    return strcmp(view->session->tls.trust.store.source, source) == 0;
}

/* Nothing stands between the name and the peer: looking the name up again tells something. */
static bool is_direct(const struct view *view) {
    return !view->session->dial.proxy[0] && !view->evidence->given.connect_to[0] &&
           !view->evidence->given.demo;
}

/* And there is a name: an address is not looked up. */
static bool is_direct_by_name(const struct view *view) {
    return is_direct(view) && !avs_text_is_ip_literal(view->session->dial.host);
}

/* The gateway that other failures are compared with. */
static bool is_gateway_na(const struct view *view) {
    return strcmp(view->session->dial.host, "alexa.na.gateway.devices.a2z.com") == 0;
}

static bool has_no_proxy(const struct view *view) {
    return !view->session->dial.proxy[0] && !view->evidence->given.demo;
}

static bool is_not_demo(const struct view *view) {
    return !view->evidence->given.demo;
}

static bool has_route(const struct view *view) {
    return view->session->dial.has_route;
}

static bool has_no_resolver(const struct view *view) {
    return view->evidence->dns.answer == AVS_DNS_NO_SERVER;
}

static bool is_resolver_away(const struct view *view) {
    return view->evidence->dns.answer == AVS_DNS_SILENT ||
           view->evidence->dns.answer == AVS_DNS_UNREACHABLE;
}

static bool is_resolver_failing(const struct view *view) {
    return view->evidence->dns.answer == AVS_DNS_SERVFAIL ||
           view->evidence->dns.answer == AVS_DNS_REFUSED;
}

static bool is_proxy_from_config(const struct view *view) {
    return strcmp(view->evidence->given.proxy_source, "option") == 0;
}

static bool closes_with_ats(const struct view *view) {
    return view->session->tls.trust.refusal.closes_with_ats_roots;
}

static bool is_store_given(const struct view *view) {
    return is_source(view, "option");
}

static bool is_store_from_config(const struct view *view) {
    return is_source(view, "config") && view->session->tls.trust.store.ca_file[0];
}

static bool is_unknown_issuer(const struct view *view) {
    return !closes_with_ats(view);
}

static bool is_old_hash(const struct view *view) {
    return view->session->tls.trust.refusal.issuer_under_old_hash;
}

static bool is_folder_missing(const struct view *view) {
    const struct avs_trust_facts *trust = &view->session->tls.trust;
    return trust->store.ca_file[0] && trust->store.os_errno == ENOENT;
}

static bool is_path_alone(const struct view *view) {
    const struct avs_trust_facts *trust = &view->session->tls.trust;
    return !trust->store.ca_file[0] && trust->store.ca_path[0];
}

/* The bundle that the distribution makes out of its certificates, and so can make again. */
static bool is_made_bundle(const struct view *view) {
    static const char *const bundles[] = {
        "/etc/ssl/certs/ca-certificates.crt",
        "/etc/ssl/ca-bundle.pem",
        "/etc/pki/tls/certs/ca-bundle.crt",
        "/etc/ca-certificates/extracted/tls-ca-bundle.pem",
        "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
    };
    for (size_t i = 0; i < AVS_COUNT(bundles); i++) {
        if (strcmp(view->session->tls.trust.store.ca_file, bundles[i]) == 0) {
            return true;
        }
    }
    return false;
}

static bool is_made_bundle_missing(const struct view *view) {
    return is_made_bundle(view) && view->session->tls.trust.store.os_errno == ENOENT;
}

static bool has_line(const struct view *view) {
    return view->session->tls.trust.store.line > 0;
}

static bool is_der(const struct view *view) {
    return strstr(view->session->tls.trust.store.detail, "DER") != NULL;
}

/* ---- the table ---- */

/* s_client waits for a silent server as long as it likes */
#define S_CLIENT "timeout 10 openssl s_client -connect {peer} -servername {host}"

static const struct {
    enum avs_cause cause;
    bool (*applies)(const struct view *view); /* NULL: always */
    enum avs_tool tool;                       /* NONE: none that might be missing */
    const char *command;
} rows[] = {
    {AVS_CAUSE_DNS_FAILED, has_no_resolver, AVS_TOOL_NONE, "cat /etc/resolv.conf"},
    {AVS_CAUSE_DNS_FAILED, is_resolver_away, AVS_TOOL_IP, "ip route get {resolver}"},
    {AVS_CAUSE_DNS_FAILED, is_resolver_away, AVS_TOOL_NONE, "cat /proc/net/route"},
    {AVS_CAUSE_DNS_FAILED, is_resolver_failing, AVS_TOOL_NSLOOKUP, "nslookup {dialled} {resolver}"},
    {AVS_CAUSE_DNS_FAILED, is_resolver_failing, AVS_TOOL_NONE, "cat /etc/resolv.conf"},
    {AVS_CAUSE_DNS_FAILED, is_gateway_na, AVS_TOOL_NONE, "cat /etc/resolv.conf"},
    {AVS_CAUSE_DNS_FAILED, NULL, AVS_TOOL_NONE, "avs-shim check --endpoint na{given}"},
    {AVS_CAUSE_CONNECT_REFUSED, is_direct_by_name, AVS_TOOL_GETENT, "getent ahosts {host}"},
    {AVS_CAUSE_CONNECT_REFUSED, is_direct_by_name, AVS_TOOL_NSLOOKUP, "nslookup {host}"},
    {AVS_CAUSE_CONNECT_REFUSED, NULL, AVS_TOOL_NONE, "{check}"},
    {AVS_CAUSE_CONNECT_TIMEOUT, NULL, AVS_TOOL_IP, "ip route get {address}"},
    {AVS_CAUSE_CONNECT_TIMEOUT, NULL, AVS_TOOL_NONE, "cat /proc/net/route"},
    {AVS_CAUSE_NETWORK_UNREACHABLE, has_route, AVS_TOOL_IP, "ip route get {address}; ip neigh"},
    {AVS_CAUSE_NETWORK_UNREACHABLE, has_route, AVS_TOOL_NONE, "cat /proc/net/arp"},
    {AVS_CAUSE_NETWORK_UNREACHABLE, NULL, AVS_TOOL_IP, "ip address; ip route"},
    {AVS_CAUSE_NETWORK_UNREACHABLE, NULL, AVS_TOOL_NONE, "cat /proc/net/dev /proc/net/route"},
    {AVS_CAUSE_INTERFACE_MISSING, NULL, AVS_TOOL_IP, "ip address"},
    {AVS_CAUSE_INTERFACE_MISSING, NULL, AVS_TOOL_NONE, "cat /proc/net/dev"},
    {AVS_CAUSE_PROXY_FAILED, is_proxy_from_config, AVS_TOOL_NONE,
     "grep -n CURLOPT_PROXY {config} | sed 's,//.*@,//***@,'"},
    {AVS_CAUSE_PROXY_FAILED, NULL, AVS_TOOL_NONE, "env | grep -i _proxy | sed 's,//.*@,//***@,'"},
    {AVS_CAUSE_TLS_ABORTED, has_no_proxy, AVS_TOOL_OPENSSL, S_CLIENT " </dev/null"},
    {AVS_CAUSE_TLS_ABORTED, NULL, AVS_TOOL_NONE, "{check} --evidence evidence.json"},
    /* 28 bytes of IP and ICMP besides: 1500 for Ethernet, 1492 for PPPoE, 1450 and 1280 for VPNs */
    {AVS_CAUSE_TLS_TIMEOUT, has_no_proxy, AVS_TOOL_PING,
     "for size in 1472 1464 1422 1252; do ping -c 1 -W 2 -M do -s $size {address} >/dev/null 2>&1 "
     "&& echo $size bytes pass || echo $size bytes are lost; done"},
    {AVS_CAUSE_TLS_TIMEOUT, NULL, AVS_TOOL_IP, "ip link"},
    {AVS_CAUSE_TLS_TIMEOUT, NULL, AVS_TOOL_NONE, "grep . /sys/class/net/*/mtu"},
    {AVS_CAUSE_TLS_VERSION, has_no_proxy, AVS_TOOL_OPENSSL, S_CLIENT " -tls1_2 </dev/null"},
    {AVS_CAUSE_TLS_VERSION, NULL, AVS_TOOL_NONE, "{check} --evidence evidence.json"},
    {AVS_CAUSE_TLS_NO_CIPHER, NULL, AVS_TOOL_OPENSSL, "openssl ciphers -v DEFAULT"},
    {AVS_CAUSE_TLS_NO_CIPHER, NULL, AVS_TOOL_NONE, "{check} --evidence evidence.json"},
    {AVS_CAUSE_TLS_FAILED, NULL, AVS_TOOL_NONE, "{check} --evidence evidence.json"},
    {AVS_CAUSE_PLAINTEXT_PEER, is_not_demo, AVS_TOOL_CURL, "curl -v --max-time 10 http://{peer}/"},
    {AVS_CAUSE_PLAINTEXT_PEER, NULL, AVS_TOOL_NONE, "{check} --evidence evidence.json"},
    {AVS_CAUSE_SPOOFED_PHRASE, is_not_demo, AVS_TOOL_CURL, "curl -v --max-time 10 http://{peer}/"},
    {AVS_CAUSE_SPOOFED_PHRASE, NULL, AVS_TOOL_NONE, "{check} --evidence evidence.json"},
    {AVS_CAUSE_ALPN_REJECTED, NULL, AVS_TOOL_NONE, "{check} --http2-only"},
    {AVS_CAUSE_HTTP2_MISSING, has_no_proxy, AVS_TOOL_OPENSSL, S_CLIENT " -alpn h2 </dev/null"},
    {AVS_CAUSE_HTTP2_MISSING, NULL, AVS_TOOL_NONE, "{check} --evidence evidence.json"},
    {AVS_CAUSE_ROOT_MISSING, is_unknown_issuer, AVS_TOOL_OPENSSL, "{showcerts}"},
    {AVS_CAUSE_ROOT_MISSING, is_unknown_issuer, AVS_TOOL_NONE, "{check} --evidence evidence.json"},
    {AVS_CAUSE_ROOT_MISSING, is_store_given, AVS_TOOL_NONE,
     "avs-shim trust install{store} --apply"},
    {AVS_CAUSE_ROOT_MISSING, is_store_from_config, AVS_TOOL_NONE,
     "{sudo}avs-shim trust install --config {config} --apply"},
    {AVS_CAUSE_ROOT_MISSING, NULL, AVS_TOOL_NONE, "{sudo}avs-shim trust install --apply"},
    {AVS_CAUSE_CROSS_SIGNED_ANCHOR, is_store_given, AVS_TOOL_NONE,
     "avs-shim trust install{store} --apply"},
    {AVS_CAUSE_CROSS_SIGNED_ANCHOR, is_store_from_config, AVS_TOOL_NONE,
     "{sudo}avs-shim trust install --config {config} --apply"},
    {AVS_CAUSE_CROSS_SIGNED_ANCHOR, NULL, AVS_TOOL_NONE, "{sudo}avs-shim trust install --apply"},
    {AVS_CAUSE_INTERMEDIATE_MISSING, NULL, AVS_TOOL_OPENSSL, "{showcerts}"},
    {AVS_CAUSE_INTERMEDIATE_MISSING, NULL, AVS_TOOL_NONE, "{check} --evidence evidence.json"},
    {AVS_CAUSE_INTERCEPTED, NULL, AVS_TOOL_OPENSSL, "{showcerts}"},
    {AVS_CAUSE_INTERCEPTED, NULL, AVS_TOOL_NONE, "{check} --evidence evidence.json"},
    {AVS_CAUSE_SELF_SIGNED, NULL, AVS_TOOL_OPENSSL, "{showcerts}"},
    {AVS_CAUSE_SELF_SIGNED, NULL, AVS_TOOL_NONE, "{check} --evidence evidence.json"},
    {AVS_CAUSE_NOT_ATS, NULL, AVS_TOOL_NONE, "{check} --any-root"},
    {AVS_CAUSE_HOSTNAME_MISMATCH, is_direct_by_name, AVS_TOOL_GETENT, "getent ahosts {host}"},
    {AVS_CAUSE_HOSTNAME_MISMATCH, is_direct_by_name, AVS_TOOL_NSLOOKUP, "nslookup {host}"},
    {AVS_CAUSE_HOSTNAME_MISMATCH, NULL, AVS_TOOL_NONE, "{check} --evidence evidence.json"},
    {AVS_CAUSE_CERT_EXPIRED, NULL, AVS_TOOL_NONE, "date -u"},
    {AVS_CAUSE_CERT_NOT_YET_VALID, NULL, AVS_TOOL_NONE, "date -u"},
    {AVS_CAUSE_CLOCK_WRONG, NULL, AVS_TOOL_TIMEDATECTL, "date -u; {sudo}timedatectl set-ntp true"},
    {AVS_CAUSE_CLOCK_WRONG, NULL, AVS_TOOL_NONE, "{sudo}date -u -s {time}"},
    {AVS_CAUSE_CERT_INVALID, NULL, AVS_TOOL_NONE, "{check} --evidence evidence.json"},
    {AVS_CAUSE_CA_FILE_UNREADABLE, is_path_alone, AVS_TOOL_NONE, "ls -ld {ca_path}"},
    {AVS_CAUSE_CA_FILE_UNREADABLE, is_made_bundle_missing, AVS_TOOL_UPDATE_CA_CERTIFICATES,
     "{sudo}update-ca-certificates"},
    {AVS_CAUSE_CA_FILE_UNREADABLE, is_made_bundle_missing, AVS_TOOL_UPDATE_CA_TRUST,
     "{sudo}update-ca-trust"},
    {AVS_CAUSE_CA_FILE_UNREADABLE, is_folder_missing, AVS_TOOL_NONE,
     "ls -ld {ca_file} || ls -la {ca_folder}"},
    {AVS_CAUSE_CA_FILE_UNREADABLE, NULL, AVS_TOOL_NONE, "ls -ld {ca_file}"},
    {AVS_CAUSE_CA_FILE_INVALID, is_made_bundle, AVS_TOOL_UPDATE_CA_CERTIFICATES,
     "{sudo}update-ca-certificates"},
    {AVS_CAUSE_CA_FILE_INVALID, is_made_bundle, AVS_TOOL_UPDATE_CA_TRUST, "{sudo}update-ca-trust"},
    {AVS_CAUSE_CA_FILE_INVALID, has_line, AVS_TOOL_NONE, "sed -n {line},+2p {ca_file}"},
    {AVS_CAUSE_CA_FILE_INVALID, is_der, AVS_TOOL_NONE,
     "openssl x509 -inform DER -in {ca_file} -out ca.pem"},
    {AVS_CAUSE_CA_FILE_INVALID, NULL, AVS_TOOL_NONE, "head -c 300 {ca_file}"},
    {AVS_CAUSE_CA_PATH_NOT_HASHED, is_old_hash, AVS_TOOL_NONE,
     "avs-shim trust install --ca-path {ca_path} --apply"},
    {AVS_CAUSE_CA_PATH_NOT_HASHED, NULL, AVS_TOOL_NONE, "{sudo}openssl rehash {ca_path}"},
    {AVS_CAUSE_HTTP2_ERROR, NULL, AVS_TOOL_NONE, "{check} --evidence evidence.json"},
    {AVS_CAUSE_STREAM_REFUSED, NULL, AVS_TOOL_NONE, "{check}"},
    {AVS_CAUSE_RESPONSE_TIMEOUT, NULL, AVS_TOOL_NONE, "{check} --timeout 60"},
    {AVS_CAUSE_CONNECTION_LOST, NULL, AVS_TOOL_NONE, "{check} --evidence evidence.json"},
    {AVS_CAUSE_UNKNOWN_TRANSPORT, NULL, AVS_TOOL_NONE, "{check} --log-level DEBUG9"},
    {AVS_CAUSE_OUT_OF_MEMORY, NULL, AVS_TOOL_NONE, "cat /proc/meminfo"},
    {AVS_CAUSE_INTERNAL, NULL, AVS_TOOL_NONE, "{check} --evidence evidence.json"},
};

static bool has_tool(const struct avs_evidence *evidence, enum avs_tool tool) {
    const char *at = evidence->machine.tools;
    size_t length = strlen(avs_tools[tool]);
    if (!at[0]) {
        return true; /* nobody looked */
    }
    for (; *at; at += strspn(at, " ")) {
        size_t word = strcspn(at, " ");
        if (word == length && strncmp(at, avs_tools[tool], length) == 0) {
            return true;
        }
        at += word;
    }
    return false;
}

static const char *template_of(enum avs_cause cause, const struct view *view) {
    for (size_t i = 0; i < AVS_COUNT(rows); i++) {
        if (rows[i].cause == cause && (!rows[i].applies || rows[i].applies(view)) &&
            (rows[i].tool == AVS_TOOL_NONE || has_tool(view->evidence, rows[i].tool))) {
            return rows[i].command;
        }
    }
    return NULL;
}

/* ---- words ---- */

static void add_option(struct avs_buffer *out, const char *option, const char *value) {
    if (value[0]) {
        avs_buffer_printf(out, " %s ", option);
        avs_buffer_add_word(out, value);
    }
}

static void add_store(struct avs_buffer *out, const struct view *view) {
    const struct avs_given_facts *given = &view->evidence->given;
    const struct avs_trust_facts *trust = &view->session->tls.trust;
    if (!is_source(view, "option")) {
        return;
    }
    /* what was not given is libcurl's own, also beside the other; an explanation does not say */
    bool is_known = given->ca_file || given->ca_path;
    if (is_known ? given->ca_file : trust->store.ca_file[0] != '\0') {
        add_option(out, "--ca-file", trust->store.ca_file);
    }
    if (is_known ? given->ca_path : trust->store.ca_file[0] == '\0') {
        add_option(out, "--ca-path", trust->store.ca_path);
    }
}

/* All that the run was given but its endpoint. */
static void add_given(struct avs_buffer *out, const struct view *view) {
    const struct avs_given_facts *given = &view->evidence->given;
    if (given->demo) {
        avs_buffer_add_text(out, " --demo");
    } else {
        for (size_t i = 0; i < given->config_length && i < AVS_GIVEN_CONFIGS_MAX; i++) {
            add_option(out, "--config", given->config[i].path);
        }
        add_option(out, "--sdk", given->sdk);
        add_option(out, "--connect-to", given->connect_to);
        add_store(out, view);
        add_option(out, "--ats-roots", view->evidence->ats_roots_file);
    }
    if (!view->evidence->require_ats) {
        avs_buffer_add_text(out, " --any-root");
    }
}

static void add_check(struct avs_buffer *out, const struct view *view) {
    const struct avs_evidence *evidence = view->evidence;
    avs_buffer_add_text(out, "avs-shim check");
    bool is_given = strcmp(evidence->endpoint_source, "option") == 0 ||
                    evidence->endpoint_source[0] == '\0'; /* of an explanation */
    if (is_given) {
        add_option(out, "--endpoint", evidence->endpoint);
    }
    add_given(out, view);
}

/* What was really dialled, which is another place than the endpoint's name after --connect-to. */
static void format_peer(char *field, size_t capacity, const struct view *view) {
    const struct avs_dial_facts *dial = &view->session->dial;
    const char *host = dial->host[0] ? dial->host : view->evidence->host;
    bool brackets = strchr(host, ':') != NULL;
    avs_text_format(field, capacity, "%s%s%s:%u", brackets ? "[" : "", host, brackets ? "]" : "",
                    dial->host[0] ? dial->port : view->evidence->port);
}

/* A time at which the certificates are good, to set a clock to until NTP knows better. */
static void format_plausible_time(char *field, size_t capacity, const struct view *view) {
    const struct avs_trust_facts *trust = &view->session->tls.trust;
    int64_t time = view->evidence->build_time;
    if (trust->refusal.valid_at_other_time && time < trust->refusal.good_from) {
        time = trust->refusal.good_from;
    }
    char utc[UTC_BYTES];
    avs_text_utc(utc, sizeof(utc), time);
    avs_text_format(field, capacity, "%.*s", TIME_CHARS, utc);
}

static void format_folder(char *field, size_t capacity, const char *file) {
    avs_text_copy(field, capacity, file);
    char *slash = strrchr(field, '/');
    if (!slash) {
        avs_text_copy(field, capacity, ".");
    } else {
        slash[slash == field] = '\0';
    }
}

/* False: the word is not known. */
static bool add_value(struct avs_buffer *out, const struct view *view, const char *name,
                      size_t length) {
    const struct avs_evidence *evidence = view->evidence;
    const struct avs_dial_facts *dial = &view->session->dial;
    const struct avs_trust_facts *trust = &view->session->tls.trust;
    const struct avs_given_facts *given = &evidence->given;
    char peer[AVS_NAME_BYTES + 16], time[UTC_BYTES], folder[AVS_NAME_BYTES], line[16];
    format_peer(peer, sizeof(peer), view);
    format_plausible_time(time, sizeof(time), view);
    format_folder(folder, sizeof(folder), trust->store.ca_file);
    avs_text_format(line, sizeof(line), "%d", trust->store.line);
    size_t last = given->config_length;
    last = last > 0 && last <= AVS_GIVEN_CONFIGS_MAX ? last - 1 : 0;
    const struct {
        const char *name, *value;
    } values[] = {
        {"peer", evidence->host[0] ? peer : ""},
        {"host", evidence->host},
        {"dialled", dial->host},
        {"address", dial->address[0] ? dial->address : dial->host},
        {"resolver", evidence->dns.server},
        {"ca_file", trust->store.ca_file},
        {"ca_path", trust->store.ca_path},
        {"ca_folder", folder},
        {"line", line},
        {"config", given->config[last].path[0] ? given->config[last].path : CONFIG_FILE},
        {"time", time},
    };
    for (size_t i = 0; i < AVS_COUNT(values); i++) {
        if (strlen(values[i].name) == length && strncmp(values[i].name, name, length) == 0) {
            avs_buffer_add_word(out, values[i].value);
            return values[i].value[0] != '\0';
        }
    }
    return false;
}

static bool is_name(const char *name, size_t length, const char *wanted) {
    return strlen(wanted) == length && strncmp(name, wanted, length) == 0;
}

static bool fill(struct avs_buffer *out, const struct view *view, const char *command);

static bool add_word(struct avs_buffer *out, const struct view *view, const char *name,
                     size_t length) {
    const struct avs_machine_facts *machine = &view->evidence->machine;
    if (is_name(name, length, "check")) {
        add_check(out, view);
        return view->evidence->host[0] != '\0';
    }
    if (is_name(name, length, "given")) {
        add_given(out, view);
        return true;
    }
    if (is_name(name, length, "store")) {
        add_store(out, view);
        return true;
    }
    if (is_name(name, length, "sudo")) {
        if (!machine->is_root && has_tool(view->evidence, AVS_TOOL_SUDO)) {
            avs_buffer_add_text(out, "sudo ");
        }
        return true;
    }
    if (is_name(name, length, "showcerts")) { /* a stand-in is gone, and a proxy in between */
        return fill(out, view,
                    has_no_proxy(view) ? S_CLIENT " -showcerts </dev/null"
                                       : "{check} --evidence evidence.json");
    }
    return add_value(out, view, name, length);
}

static bool fill(struct avs_buffer *out, const struct view *view, const char *command) {
    bool is_known = true;
    while (*command && is_known) {
        size_t plain = strcspn(command, "{");
        avs_buffer_add(out, command, plain);
        command += plain;
        if (*command) {
            size_t length = strcspn(++command, "}");
            is_known = add_word(out, view, command, length);
            command += length + 1;
        }
    }
    return is_known;
}

void avs_command_for(enum avs_cause cause, const struct avs_evidence *evidence,
                     const struct avs_session_evidence *session, struct avs_buffer *out) {
    const struct view view = {evidence, session};
    size_t start = out->length;
    const char *command = template_of(cause, &view);
    if (command && !fill(out, &view, command) && !out->is_failed) {
        out->data[start] = '\0'; /* half a command is worse than none */
        out->length = start;
    }
}
