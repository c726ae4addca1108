/* SPDX-License-Identifier: Apache-2.0 */
/* Words of `avs-shim iot check`: the catalogue's, with the names of this run put in. */
#include "report/iot_check_words.h"

#include <string.h>

#include "base/text.h"

#define WORD_BYTES 16
#define OTHERS     077u /* of a mode: group and others */

/* ---------------------------------------------------------------- commands */

static bool add_name(const char *name, const struct avs_iot_check *check,
                     const struct avs_iot_check_way *way, struct avs_buffer *out) {
    char port[WORD_BYTES] = "";
    if (way) {
        avs_text_format(port, sizeof(port), "%u", way->port);
    }
    const struct {
        const char *name;
        const char *value;
    } names[] = {
        {"host", check->host},
        {"port", port},
        {"cert", check->keypair.cert_file},
        {"key", check->keypair.key_mode ? check->keypair.key : ""}, /* a token's is no file */
        {"alpn", way && way->alpn ? way->alpn : ""},
    };
    for (size_t i = 0; i < AVS_COUNT(names); i++) {
        if (strcmp(names[i].name, name) == 0 && names[i].value[0]) {
            return avs_buffer_add_word(out, names[i].value);
        }
    }
    return false;
}

/* Half a command is worse than none. */
static void expand(const char *template, const struct avs_iot_check *check,
                   const struct avs_iot_check_way *way, struct avs_buffer *out) {
    while (template && *template) {
        size_t plain = strcspn(template, "{");
        avs_buffer_add(out, template, plain);
        template += plain;
        if (*template != '{') {
            break;
        }
        char name[WORD_BYTES];
        size_t length = strcspn(template, "}");
        avs_text_copy_bytes(name, sizeof(name), template + 1, length - 1);
        if (!add_name(name, check, way, out)) {
            avs_buffer_done(out);
            *out = avs_buffer_init(AVS_ADVICE_BYTES);
            break;
        }
        template += length + (template[length] == '}');
    }
    avs_buffer_add(out, "", 0);
}

/* ---------------------------------------------------------------- advice */

static enum avs_status own_advice(struct avs_advice *advice, const struct avs_iot_check *check,
                                  const struct avs_iot_check_way *way, enum avs_cause cause,
                                  struct avs_error *reterr) {
    const struct avs_cause_info *info = avs_cause_info(cause);
    *advice = (struct avs_advice){.cause = cause,
                                  .meaning = info->meaning,
                                  .remedy = info->remedy,
                                  .facts = avs_buffer_init(AVS_ADVICE_BYTES),
                                  .command = avs_buffer_init(AVS_ADVICE_BYTES)};
    avs_buffer_add(&advice->facts, "", 0);
    expand(info->command, check, way, &advice->command);
    return advice->facts.data && advice->command.data ? AVS_OK : avs_fail_memory(reterr);
}

/* Causes of the line that mean something else to a device of AWS IoT. */
static const struct {
    enum avs_cause cause;
    const char *meaning, *remedy;
} ours[] = {
    {AVS_CAUSE_CLIENT_CERT_REQUIRED, "The server wants a client certificate, and got none.",
     "Give the device's certificate and key: --cert FILE --key FILE."},
    {AVS_CAUSE_ALPN_REJECTED,
     "The server refused the application protocol offered (ALPN alert 120).",
     "Ask DescribeEndpoint for the host again: another kind of endpoint, or a domain configuration "
     "that fixes another protocol, takes other names. Port 8883 needs none."},
    {AVS_CAUSE_NOT_ATS,
     "The chain is trusted, but it does not end in an Amazon Trust Services root.",
     "Check the host; for a custom domain, a legacy endpoint or a broker of your own say "
     "--any-root."},
    {AVS_CAUSE_HOSTNAME_MISMATCH, NULL,
     "Check the endpoint's spelling, and ask DescribeEndpoint for it (avs-shim iot endpoint)."},
};

enum avs_status avs_iot_advice(struct avs_advice *advice, const struct avs_iot_check *check,
                               const struct avs_iot_check_way *way,
                               const struct avs_iot_finding *finding, struct avs_error *reterr) {
    bool is_own = !way || finding->cause > AVS_CAUSE_INTERNAL;
    AVS_TRY(is_own
                ? own_advice(advice, check, way, finding->cause, reterr)
                : avs_advice_init(advice, finding->cause, check->evidence, &way->session, reterr));
    for (size_t i = 0; i < AVS_COUNT(ours); i++) {
        if (ours[i].cause == finding->cause) {
            advice->meaning = ours[i].meaning ? ours[i].meaning : advice->meaning;
            advice->remedy = ours[i].remedy;
        }
    }
    if (advice->facts.length == 0) {
        avs_buffer_add_text(&advice->facts, finding->fact);
    }
    bool is_of_folder = finding->cause == AVS_CAUSE_CLIENT_KEY_MODE &&
                        (check->keypair.key_mode & OTHERS) == 0; /* it may be /etc: no command */
    /* avs-shim check asks for HTTP/2, which is not here */
    if (is_of_folder || strstr(advice->command.data, "avs-shim check")) {
        advice->command.data[0] = '\0';
        advice->command.length = 0;
    }
    return advice->facts.is_failed && !advice->facts.is_over_limit ? avs_fail_memory(reterr)
                                                                   : AVS_OK;
}

void avs_iot_check_way_name(const struct avs_iot_check_way *way, char *text, size_t capacity) {
    avs_text_format(text, capacity, "%u %s", way->port,
                    way->protocol == AVS_IOT_MQTT ? "MQTT" : "HTTPS");
}

const char *avs_iot_root_of(const struct avs_tls_facts *tls) {
    const struct avs_gate_facts *gate = &tls->trust.gate;
    return gate->is_ats ? gate->ats_root : gate->anchor_subject;
}

/* ---------------------------------------------------------------- what was left open */

static void add_line(struct avs_buffer *lines, const char *line) {
    avs_buffer_printf(lines, "%s%s", lines->length > 0 ? "\n" : "", line);
}

void avs_iot_not_proven(const struct avs_iot_check *check, struct avs_buffer *lines) {
    bool was_asked = false, was_connected = false, was_sent = false, has_mqtt = false;
    for (size_t i = 0; i < check->way_count; i++) {
        const struct avs_iot_check_way *way = &check->way[i];
        has_mqtt |= way->protocol == AVS_IOT_MQTT;
        was_asked |= way->connect != AVS_IOT_STEP_NOT_TRIED;
        was_connected |= way->connect == AVS_IOT_STEP_PASSED;
        was_sent |= way->publish != AVS_IOT_STEP_NOT_TRIED;
    }
    if (!check->keypair.is_given) {
        add_line(lines, "the device's own part: its certificate and key were not given "
                        "(--cert FILE --key FILE)");
    }
    if (has_mqtt && !was_asked) {
        add_line(lines, check->client_id[0]
                            ? "that the server knows the certificate and its policy allows a "
                              "connection: no way stood that far"
                            : "that the server knows the certificate and its policy allows a "
                              "connection: the MQTT CONNECT shows it (--connect)");
    } else if (was_connected && !check->is_client_id_given) {
        add_line(lines, "that the policy allows the device's own client id: it was asked under a "
                        "name of the probe's (--client-id ID asks for it, and throws out a running "
                        "device of that name)");
    }
    if (!was_sent) {
        add_line(lines, check->topic[0]
                            ? "that a message gets through: no way stood that far"
                            : "that a message gets through (--publish TOPIC sends one)");
    }
    avs_buffer_add(lines, "", 0);
}
