/* SPDX-License-Identifier: Apache-2.0 */
/* avs_iot_endpoint_ask: region, keys, then at most three signed requests, each over the check's own
 * way: the same store, gate, proxies and evidence. */
#include "iot/describe.h"

#include <openssl/rand.h>
#include <poll.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/text.h"
#include "base/versioned.h"
#include "iot/ask.h"
#include "iot/credentials.h"
#include "iot/device_keys.h"
#include "iot/sigv4.h"

#define SOURCE      "AvsIotEndpoint"
#define SERVICE     "iot"
#define PATH        "/endpoint"
#define QUERY_BYTES 64
#define JITTER_MS   500 /* the first pause is shorter than that, the second than twice that */
#define US_PER_MS   1000

static const struct {
    const char *id, *api;
} types[AVS_IOT_ENDPOINT_TYPE_COUNT] = {
#define XX(name, id, api) {id, api},
    AVS_IOT_ENDPOINT_TYPE_MAP(XX)
#undef XX
};

const char *avs_iot_endpoint_type_id(enum avs_iot_endpoint_type type) {
    return (unsigned)type < AVS_IOT_ENDPOINT_TYPE_COUNT ? types[type].id : NULL;
}

const char *avs_iot_endpoint_api_type(enum avs_iot_endpoint_type type) {
    return (unsigned)type < AVS_IOT_ENDPOINT_TYPE_COUNT ? types[type].api : "";
}

/* One call, as long as it lasts. */
struct call {
    const struct avs_iot_endpoint_options *options;
    struct avs_iot_endpoint *endpoint;
    struct avs_aws_keys *keys;
    int64_t deadline_us;
};

/* ---- where to ask ---- */

static const char *first_of(const char *given, const char *variable) {
    return given ? given : avs_environment(variable);
}

static enum avs_status set_url(struct call *call, struct avs_error *reterr) {
    struct avs_iot_endpoint *endpoint = call->endpoint;
    struct avs_iot_region region = {.size = sizeof(region)};
    struct avs_endpoint parsed = {.size = sizeof(parsed)};
    char standard[AVS_URL_BYTES] = "";
    AVS_TRY(avs_iot_region_find(endpoint->region, &region, reterr));
    const char *url = first_of(call->options->endpoint_url, "AWS_ENDPOINT_URL_IOT");
    url = first_of(url, "AWS_ENDPOINT_URL");
    if (!url && !region.suffix) {
        return avs_fail_cause(reterr, AVS_ERR_USAGE, AVS_CAUSE_AWS_REGION_MISSING,
                              "region '%s' (from %s): no partition of AWS has such names. Known "
                              "ones: avs-shim iot regions",
                              endpoint->region, endpoint->region_source);
    }
    avs_text_format(standard, sizeof(standard), "https://iot.%s.%s", region.name,
                    region.suffix ? region.suffix : "");
    url = url ? url : standard;
    AVS_TRY(avs_endpoint_check(url, strlen(url), &parsed, reterr));
    AVS_TEXT_SET(endpoint->region, region.name);
    AVS_TEXT_SET(endpoint->url, parsed.url);
    avs_text_authority(endpoint->authority, sizeof(endpoint->authority), parsed.host, parsed.port);
    return AVS_OK;
}

static enum avs_status set_region(struct call *call, const struct avs_profile *profile,
                                  struct avs_error *reterr) {
    struct avs_iot_endpoint *endpoint = call->endpoint;
    const char *region =
        avs_profile_region(profile, call->options->region, &endpoint->region_source);
    if (!region) {
        return avs_fail_cause(reterr, AVS_ERR_CONFIG, AVS_CAUSE_AWS_REGION_MISSING,
                              "which region? Give --region, or set AWS_REGION, or region = ... for "
                              "profile '%.60s' in %.200s",
                              profile->name, profile->config_path);
    }
    if (strlen(region) >= sizeof(endpoint->region)) {
        return avs_fail(reterr, AVS_ERR_USAGE, "'%.60s...' (from %s) is no region", region,
                        endpoint->region_source);
    }
    AVS_TEXT_SET(endpoint->region, region);
    return set_url(call, reterr);
}

static enum avs_status prepare(struct call *call, struct avs_error *reterr) {
    struct avs_profile profile;
    AVS_TRY(avs_profile_open(call->options->profile, &profile, reterr));
    enum avs_status status = set_region(call, &profile, reterr);
    if (status == AVS_OK && !call->options->role_alias) { /* which may run a program: at the end */
        status = avs_aws_keys_find(&profile, avs_clock_wall_ms() / 1000, &call->keys, reterr);
    }
    avs_profile_done(&profile);
    return status;
}

static struct avs_check_options way_of(const struct call *call) {
    const struct avs_iot_endpoint_options *options = call->options;
    int64_t left_ms = (call->deadline_us - avs_clock_monotonic_us()) / US_PER_MS + 1;
    bool has_store = options->ca_file || options->ca_path;
    const char *bundle = has_store ? NULL : avs_environment("AWS_CA_BUNDLE");
    return (struct avs_check_options){
        .size = sizeof(struct avs_check_options),
        .endpoint = call->endpoint->url,
        .endpoint_source = "option",
        .ca_file = bundle ? bundle : options->ca_file,
        .ca_path = options->ca_path,
        .store_source = has_store || bundle ? "option" : NULL,
        .connect_to = options->connect_to,
        .proxy = options->proxy,
        .timeout_ms = left_ms > 0 ? (int)left_ms : 1,
        .log = options->log,
    };
}

/* The device's certificate for keys. Without them the endpoint's cause says why, and all is said.
 */
static enum avs_status fetch_keys(struct call *call, struct avs_error *reterr) {
    const struct avs_iot_endpoint_options *options = call->options;
    const struct avs_device_way device = {.cert_file = options->cert_file,
                                          .key = options->key,
                                          .passphrase = options->key_passphrase,
                                          .role_alias = options->role_alias,
                                          .thing_name = options->thing_name,
                                          .host = options->credentials_endpoint,
                                          .connect_to = options->credentials_connect_to};
    struct avs_check_options way = way_of(call);
    return avs_aws_keys_from_device(&device, &way, call->endpoint, &call->keys, reterr);
}

static void note_keys(const struct call *call) {
    struct avs_iot_endpoint *endpoint = call->endpoint;
    AVS_TEXT_SET(endpoint->keys_source, call->keys->source);
    avs_aws_key_mask(call->keys->id, endpoint->key_id);
    endpoint->is_temporary = call->keys->token[0] != '\0';
}

/* ---- one try ---- */

static void format_query(enum avs_iot_endpoint_type type, char query[QUERY_BYTES]) {
    const char *api = types[type].api;
    size_t colon = strcspn(api, ":");
    avs_text_format(query, QUERY_BYTES, "endpointType=%.*s%%3A%s", (int)colon, api,
                    api + colon + 1);
}

/* The header lines of the request; the one with the token is wiped by its owner. */
struct lines {
    char date[AVS_SIGV4_DATE_BYTES + 16];
    char *authorization;
    char token[AVS_AWS_TOKEN_BYTES + 32];
};

static enum avs_status sign(const struct call *call, const char *query, struct lines *lines,
                            struct avs_error *reterr) {
    const struct avs_sigv4_header host = {"Host", call->endpoint->authority};
    const struct avs_sigv4_request request = {.method = "GET",
                                              .path = PATH,
                                              .query = query,
                                              .headers = &host,
                                              .header_count = 1,
                                              .region = call->endpoint->region,
                                              .service = SERVICE,
                                              .now_unix = avs_clock_wall_ms() / 1000};
    struct avs_sigv4 signature = {.authorization = NULL};
    AVS_TRY(avs_sigv4_sign(&request, call->keys, &signature, reterr));
    struct avs_buffer line = avs_buffer_init(AVS_SIGV4_URL_BYTES);
    avs_buffer_printf(&line, "Authorization: %s", signature.authorization);
    free(signature.authorization);
    avs_text_format(lines->date, sizeof(lines->date), "X-Amz-Date: %s", signature.date);
    avs_text_format(lines->token, sizeof(lines->token), "X-Amz-Security-Token: %s",
                    call->keys->token);
    enum avs_status status = avs_buffer_take_text(&line, &lines->authorization, reterr);
    avs_buffer_done(&line);
    return status;
}

static enum avs_status send_request(struct call *call, const char *query, const struct lines *lines,
                                    struct avs_error *reterr) {
    char target[QUERY_BYTES + sizeof(PATH)];
    const char *const headers[] = {lines->date, lines->authorization, lines->token};
    const struct avs_h1_request request = {
        .target = target, .headers = headers, .header_count = call->endpoint->is_temporary ? 3 : 2};
    const struct avs_check_options way = way_of(call);
    struct avs_h1_answer answer = {.is_cut = false};
    avs_text_format(target, sizeof(target), "%s?%s", PATH, query);
    enum avs_status status = avs_aws_ask(call->endpoint, &way, &request, NULL, &answer, reterr);
    avs_h1_answer_done(&answer);
    return status;
}

static enum avs_status try_once(struct call *call, struct avs_error *reterr) {
    struct lines *lines = calloc(1, sizeof(*lines));
    AVS_REQUIRE_MEMORY(lines, reterr);
    char query[QUERY_BYTES];
    format_query(call->endpoint->type, query);
    enum avs_status status = sign(call, query, lines, reterr);
    if (status == AVS_OK) {
        status = send_request(call, query, lines, reterr);
    }
    free(lines->authorization);
    avs_aws_wipe(lines, sizeof(*lines));
    free(lines);
    return status;
}

/* ---- the tries ---- */

/* Full jitter: any pause below a limit that doubles, so that a fleet does not come back at once.
 * False when the deadline comes first. */
static bool pause_before(unsigned try, int64_t deadline_us) {
    uint32_t random = 0;
    uint32_t most_ms = (uint32_t)JITTER_MS << (try - 1);
    if (RAND_bytes((unsigned char *)&random, sizeof(random)) != 1) {
        random = UINT32_MAX; /* then as long as may be */
    }
    int pause_ms = (int)(random % most_ms);
    if (avs_clock_monotonic_us() + (int64_t)pause_ms * US_PER_MS >= deadline_us) {
        return false;
    }
    poll(NULL, 0, pause_ms);
    return true;
}

static bool is_of_type(const struct avs_iot_endpoint *endpoint) {
    const struct avs_iot_name *name = &endpoint->name;
    if (!endpoint->has_name || (name->region[0] && strcmp(name->region, endpoint->region) != 0)) {
        return false;
    }
    switch (endpoint->type) {
    case AVS_IOT_ENDPOINT_DATA_ATS:
        return name->kind == AVS_IOT_DATA && name->generation == AVS_IOT_GENERATION_ATS;
    case AVS_IOT_ENDPOINT_DATA:
        return name->kind == AVS_IOT_LEGACY_DATA || name->kind == AVS_IOT_DATA;
    case AVS_IOT_ENDPOINT_CREDENTIALS:
        return name->kind == AVS_IOT_CREDENTIALS;
    case AVS_IOT_ENDPOINT_JOBS:
        return name->kind == AVS_IOT_JOBS;
    case AVS_IOT_ENDPOINT_TYPE_COUNT:
        break;
    }
    return false;
}

/* A script gives the host to devices unseen: a name that does not fit is no success. */
static void judge_host(struct avs_iot_endpoint *endpoint) {
    const char *host = endpoint->answer.host;
    endpoint->name.size = sizeof(endpoint->name);
    endpoint->has_name =
        host[0] && avs_iot_name_parse(host, strlen(host), &endpoint->name, NULL) == AVS_OK;
    if (host[0] && !is_of_type(endpoint)) {
        endpoint->cause = AVS_CAUSE_AWS_NAME_UNFIT;
        endpoint->exit_code = AVS_ASK_REFUSED;
    }
}

static enum avs_status ask(struct call *call, struct avs_error *reterr) {
    struct avs_iot_endpoint *endpoint = call->endpoint;
    int timeout_ms = call->options->timeout_ms > 0 ? call->options->timeout_ms
                                                   : AVS_IOT_ENDPOINT_TIMEOUT_MS_DEFAULT;
    AVS_TRY(prepare(call, reterr));
    call->deadline_us = avs_clock_monotonic_us() + (int64_t)timeout_ms * US_PER_MS;
    if (call->options->role_alias) {
        AVS_TRY(fetch_keys(call, reterr));
        if (!call->keys) {
            return AVS_OK;
        }
    }
    note_keys(call);
    do {
        endpoint->tries++;
        AVS_TRY(try_once(call, reterr));
        AVS_LOG_EVENT(&call->options->log, AVS_LOG_INFO, SOURCE, "asked", {"url", endpoint->url},
                      {"region", endpoint->region}, {"code", endpoint->answer.code},
                      {"cause", avs_cause_info(endpoint->cause)->id});
    } while (endpoint->answer.is_transient && endpoint->tries < AVS_IOT_ENDPOINT_TRIES_MAX &&
             pause_before(endpoint->tries, call->deadline_us));
    judge_host(endpoint);
    return AVS_OK;
}

enum avs_status avs_iot_endpoint_ask(const struct avs_iot_endpoint_options *given,
                                     struct avs_iot_endpoint **ret_endpoint,
                                     struct avs_error *reterr) {
    struct avs_iot_endpoint_options options;
    AVS_TAKE(&options, given, "avs_iot_endpoint_options", reterr);
    if ((unsigned)options.type >= AVS_IOT_ENDPOINT_TYPE_COUNT) {
        return avs_fail(reterr, AVS_ERR_USAGE, "no such type of endpoint: %d", (int)options.type);
    }
    struct avs_iot_endpoint *endpoint = calloc(1, sizeof(*endpoint));
    AVS_REQUIRE_MEMORY(endpoint, reterr);
    endpoint->type = options.type;
    struct call call = {.options = &options, .endpoint = endpoint};
    enum avs_status status = ask(&call, reterr);
    avs_aws_keys_free(call.keys);
    if (status != AVS_OK) {
        avs_iot_endpoint_free(endpoint);
        return status;
    }
    *ret_endpoint = endpoint;
    return AVS_OK;
}

void avs_iot_endpoint_free(struct avs_iot_endpoint *endpoint) {
    if (endpoint) {
        avs_evidence_free(endpoint->evidence);
        free(endpoint);
    }
}

const char *avs_iot_endpoint_host(const struct avs_iot_endpoint *endpoint) {
    return endpoint->answer.host;
}

enum avs_cause avs_iot_endpoint_cause(const struct avs_iot_endpoint *endpoint) {
    return endpoint->cause;
}

int avs_iot_endpoint_exit_code(const struct avs_iot_endpoint *endpoint) {
    return endpoint->exit_code;
}
