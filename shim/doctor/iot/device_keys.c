/* SPDX-License-Identifier: Apache-2.0 */
/* See device_keys.h. Source: AWS IoT developer guide, "Authorizing direct calls to AWS services".
 */
#include "iot/device_keys.h"

#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "iot/ask.h"
#include "iot/credentials.h"
#include "iot/findings.h"
#include "iot/keypair.h"

#define NAME_MAX_CHARS 128 /* of a role alias, of a thing (the API's patterns) */
#define ALPHANUMERIC   "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
#define ALIAS_CHARS    ALPHANUMERIC "_=,@-"
#define THING_CHARS    ALPHANUMERIC "_:-"

static enum avs_status check_words(const struct avs_device_way *device, struct avs_error *reterr) {
    const struct {
        const char *option, *value, *characters;
        bool is_optional;
    } rows[] = {
        {"--cert", device->cert_file, NULL, false},
        {"--key", device->key, NULL, false},
        {"--role-alias", device->role_alias, ALIAS_CHARS, false},
        {"--credentials-endpoint", device->host, NULL, false},
        {"--thing-name", device->thing_name, THING_CHARS, true},
    };
    for (size_t i = 0; i < AVS_COUNT(rows); i++) {
        const char *value = rows[i].value;
        if (!value && !rows[i].is_optional) {
            return avs_fail(reterr, AVS_ERR_USAGE,
                            "the device's own certificate needs --cert, --key, --role-alias and "
                            "--credentials-endpoint: %s is missing",
                            rows[i].option);
        }
        bool is_plain = !value || !rows[i].characters ||
                        (value[0] && strlen(value) <= NAME_MAX_CHARS &&
                         value[strspn(value, rows[i].characters)] == '\0');
        if (!is_plain) {
            return avs_fail(reterr, AVS_ERR_USAGE, "%s '%.140s' is no such name", rows[i].option,
                            value);
        }
    }
    return AVS_OK;
}

/* AWS's names tell their kind; another's may be anything. */
static enum avs_status check_host(const char *host, struct avs_error *reterr) {
    struct avs_iot_name name = {.size = sizeof(name)};
    AVS_TRY(avs_iot_name_parse(host, strlen(host), &name, reterr));
    bool is_aws = name.region[0] != '\0' && name.kind != AVS_IOT_CUSTOM_DOMAIN;
    if (is_aws && name.kind != AVS_IOT_CREDENTIALS) {
        return avs_fail_cause(reterr, AVS_ERR_USAGE, AVS_CAUSE_IOT_WRONG_KIND,
                              "--credentials-endpoint %.200s is of another kind (%s): ask for it "
                              "once, with other keys: avs-shim iot endpoint --type credentials",
                              host, avs_iot_kind_id(name.kind));
    }
    return AVS_OK;
}

static enum avs_status load_pair(const struct avs_device_way *device, struct avs_keypair **ret_pair,
                                 struct avs_error *reterr) {
    struct avs_iot_keypair *facts = calloc(1, sizeof(*facts));
    AVS_REQUIRE_MEMORY(facts, reterr);
    enum avs_status status = avs_keypair_load(device->cert_file, device->key, device->passphrase,
                                              avs_clock_wall_ms() / 1000, facts, ret_pair, reterr);
    if (status == AVS_OK && !*ret_pair) {
        enum avs_cause cause = avs_iot_first_error(&facts->findings);
        const char *fact = "";
        for (size_t i = 0; i < facts->findings.count && !fact[0]; i++) {
            bool is_it = facts->findings.item[i].cause == cause;
            fact = is_it ? facts->findings.item[i].fact : "";
        }
        status = avs_fail_cause(reterr, AVS_ERR_CONFIG, cause, "%s%s%s",
                                avs_cause_info(cause)->meaning, fact[0] ? " " : "", fact);
    }
    free(facts);
    return status;
}

/* ---- what came of it ---- */

static const struct {
    int alert;
    enum avs_cause cause;
} alerts[] = {
    /* RFC 8446 section 6.2: of a server that does not take the certificate */
    {40, AVS_CAUSE_CLIENT_CERT_REFUSED},    {42, AVS_CAUSE_CLIENT_CERT_REFUSED},
    {43, AVS_CAUSE_CLIENT_CERT_REFUSED},    {44, AVS_CAUSE_CLIENT_CERT_REVOKED},
    {45, AVS_CAUSE_CLIENT_CERT_EXPIRED},    {46, AVS_CAUSE_CLIENT_CERT_REFUSED},
    {48, AVS_CAUSE_CLIENT_CERT_UNKNOWN_CA}, {49, AVS_CAUSE_CLIENT_CERT_REFUSED},
    {51, AVS_CAUSE_CLIENT_CERT_REFUSED},    {116, AVS_CAUSE_CLIENT_CERT_REFUSED},
};

static void judge_alert(struct avs_iot_endpoint *endpoint) {
    const struct avs_tls_facts *tls = &endpoint->evidence->session[AVS_PROTOCOL_HTTP1].tls;
    for (size_t i = 0; i < AVS_COUNT(alerts) && tls->client_cert_requested; i++) {
        if (alerts[i].alert == tls->alert_received) {
            endpoint->cause = alerts[i].cause;
            endpoint->exit_code = AVS_ASK_REFUSED;
        }
    }
}

/* The provider has no names for its refusals: the status tells, and the words are for people. */
static void judge_refusal(struct avs_iot_endpoint *endpoint) {
    int status = endpoint->answer.status;
    if (endpoint->cause == AVS_CAUSE_AWS_NOT_ALLOWED ||
        endpoint->cause == AVS_CAUSE_AWS_WRONG_HOST ||
        endpoint->cause == AVS_CAUSE_AWS_REQUEST_REFUSED) {
        bool is_redirect = status >= 300 && status < 400;
        endpoint->cause = is_redirect ? AVS_CAUSE_AWS_WRONG_HOST : AVS_CAUSE_AWS_ROLE_REFUSED;
    }
}

static enum avs_status take_keys(struct avs_iot_endpoint *endpoint,
                                 const struct avs_h1_answer *answer, const char *host,
                                 struct avs_aws_keys **ret_keys, struct avs_error *reterr) {
    const struct avs_http_facts *http = &endpoint->evidence->session[AVS_PROTOCOL_HTTP1].http;
    struct avs_error error = AVS_ERROR_INIT;
    AVS_AUTO(avs_aws_keys) keys = avs_aws_keys_new();
    AVS_REQUIRE_MEMORY(keys, reterr);
    if (!http->is_complete || answer->is_cut || answer->body.length == 0) {
        return AVS_OK; /* the cause says so already */
    }
    enum avs_status status =
        avs_aws_keys_from_provider(answer->body.data, answer->body.length, keys, &error);
    if (status == AVS_ERR_NO_MEMORY) {
        return avs_fail_memory(reterr);
    }
    if (status != AVS_OK) {
        AVS_TEXT_SET(endpoint->answer.message, error.message);
        return AVS_OK;
    }
    avs_text_format(keys->source, sizeof(keys->source), "the device's certificate by %s", host);
    *ret_keys = AVS_STEAL(keys);
    return AVS_OK;
}

static enum avs_status ask(const struct avs_device_way *device, const struct avs_check_options *way,
                           const struct avs_keypair *pair, struct avs_iot_endpoint *endpoint,
                           struct avs_aws_keys **ret_keys, struct avs_error *reterr) {
    char target[NAME_MAX_CHARS + 64], thing[NAME_MAX_CHARS + 64];
    const char *const headers[] = {thing};
    const struct avs_h1_request request = {
        .target = target, .headers = headers, .header_count = device->thing_name ? 1 : 0};
    struct avs_h1_answer answer = {.is_cut = false};
    avs_text_format(target, sizeof(target), "/role-aliases/%s/credentials", device->role_alias);
    avs_text_format(thing, sizeof(thing), "x-amzn-iot-thingname: %s",
                    device->thing_name ? device->thing_name : "");
    enum avs_status status =
        avs_aws_ask(endpoint, way, &request, avs_keypair_identity(pair), &answer, reterr);
    endpoint->tries = 1;
    if (status == AVS_OK && !endpoint->has_answer) {
        judge_alert(endpoint);
    } else if (status == AVS_OK && endpoint->answer.status == 200) {
        status = take_keys(endpoint, &answer, device->host, ret_keys, reterr);
    } else if (status == AVS_OK) {
        judge_refusal(endpoint);
    }
    avs_h1_answer_done(&answer);
    return status;
}

enum avs_status avs_aws_keys_from_device(const struct avs_device_way *device,
                                         const struct avs_check_options *given,
                                         struct avs_iot_endpoint *endpoint,
                                         struct avs_aws_keys **ret_keys, struct avs_error *reterr) {
    char url[AVS_URL_BYTES], service_url[AVS_URL_BYTES], service[sizeof(endpoint->authority)];
    struct avs_endpoint parsed = {.size = sizeof(parsed)};
    struct avs_check_options way = *given;
    AVS_AUTO(keypair) pair = NULL;
    AVS_TRY(check_words(device, reterr));
    AVS_TRY(check_host(device->host, reterr));
    bool is_url = strstr(device->host, "://") != NULL;
    avs_text_format(url, sizeof(url), "%s%s", is_url ? "" : "https://", device->host);
    AVS_TRY(avs_endpoint_check(url, strlen(url), &parsed, reterr));
    AVS_TRY(load_pair(device, &pair, reterr));
    AVS_TEXT_SET(service_url, endpoint->url);
    AVS_TEXT_SET(service, endpoint->authority);
    AVS_TEXT_SET(endpoint->url, parsed.url);
    avs_text_authority(endpoint->authority, sizeof(endpoint->authority), parsed.host, parsed.port);
    way.endpoint = endpoint->url;
    way.connect_to = device->connect_to;
    AVS_TRY(ask(device, &way, pair, endpoint, ret_keys, reterr));
    if (*ret_keys) { /* on to the service; else the report is about who gave none */
        AVS_TEXT_SET(endpoint->url, service_url);
        AVS_TEXT_SET(endpoint->authority, service);
        endpoint->tries = 0;
    }
    return AVS_OK;
}
