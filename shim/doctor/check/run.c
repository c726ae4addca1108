/* SPDX-License-Identifier: Apache-2.0 */
/* avs_check_run: both sessions of one diagnostic run, side by side, one deadline. */
#include <avs/check.h>
#include <avs/verdict.h>

#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/text.h"
#include "base/versioned.h"
#include "check/dns.h"
#include "check/machine.h"
#include "check/plan.h"
#include "check/request.h"
#include "check/session.h"
#include "conf/sdk.h"
#include "net/curl_info.h"
#include "tls/context.h"
#include "verdict/http_quirks.h"

struct worker {
    const struct avs_check_plan *plan;
    struct avs_session_evidence *session;
    struct avs_error error;
    enum avs_status status;
};

static void *work(void *user) {
    struct worker *worker = user;
    worker->status = avs_check_session(worker->plan, worker->session, &worker->error);
    return NULL;
}

enum avs_status avs_check_plan_init(const struct avs_check_options *options,
                                    struct avs_check_plan *plan, struct avs_error *reterr) {
    const char *endpoint = options->endpoint ? options->endpoint : AVS_ENDPOINT_ATS_TEST;
    const char *named = avs_endpoint_from_name(endpoint);
    endpoint = named ? named : endpoint;
    unsigned release = AVS_SDK_ANY;
    if (options->sdk) {
        AVS_TRY(avs_sdk_parse(options->sdk, &release, reterr));
    }
    plan->options = options;
    plan->endpoint.size = sizeof(plan->endpoint);
    plan->connect_to.size = sizeof(plan->connect_to);
    AVS_TRY(avs_endpoint_check(endpoint, strlen(endpoint), &plan->endpoint, reterr));
    if (options->connect_to) {
        char url[AVS_NAME_BYTES + 16];
        const char *after = strrchr(options->connect_to, ']'); /* of an IPv6 literal */
        if (!strchr(after ? after : options->connect_to, ':')) {
            return avs_fail(reterr, AVS_ERR_USAGE,
                            "what to connect to is written HOST:PORT; the port is missing");
        }
        if (strlen(options->connect_to) >= AVS_NAME_BYTES ||
            strstr(options->connect_to, "://") != NULL) {
            return avs_fail(reterr, AVS_ERR_USAGE,
                            "what to connect to is written HOST:PORT, without https://");
        }
        avs_text_format(url, sizeof(url), "https://%s", options->connect_to);
        struct avs_error error = AVS_ERROR_INIT;
        if (avs_endpoint_check(url, strlen(url), &plan->connect_to, &error) != AVS_OK) {
            return avs_fail(reterr, AVS_ERR_USAGE, "this is not HOST:PORT to connect to: %.300s",
                            error.message); /* which never repeats a password */
        }
    }
    int timeout_ms = options->timeout_ms > 0 ? options->timeout_ms : AVS_CHECK_TIMEOUT_MS_DEFAULT;
    plan->started_us = avs_clock_monotonic_us();
    plan->deadline_us = plan->started_us + (int64_t)timeout_ms * 1000;
    return AVS_OK;
}

static void fill_given(const struct avs_check_options *options, struct avs_given_facts *given) {
    for (size_t i = 0; i < options->config_count && i < AVS_GIVEN_CONFIGS_MAX; i++) {
        AVS_TEXT_SET(given->config[given->config_length++].path, options->config_files[i]);
    }
    AVS_TEXT_SET(given->connect_to, options->is_demo ? NULL : options->connect_to);
    bool is_option = options->store_source && strcmp(options->store_source, "option") == 0;
    given->ca_file = is_option && options->ca_file;
    given->ca_path = is_option && options->ca_path;
    given->demo = options->is_demo;
    AVS_TEXT_SET(given->sdk, options->sdk);
}

void avs_check_note_run(const struct avs_check_plan *plan, struct avs_evidence *evidence) {
    const struct avs_check_options *options = plan->options;
    AVS_TEXT_SET(evidence->endpoint, plan->endpoint.url);
    AVS_TEXT_SET(evidence->endpoint_source, options->endpoint_source
                                                ? options->endpoint_source
                                                : (options->endpoint ? "option" : "default"));
    AVS_TEXT_SET(evidence->host, plan->endpoint.host);
    evidence->port = plan->endpoint.port;
    evidence->require_ats = options->require_ats;
    AVS_TEXT_SET(evidence->ats_roots_file, options->ats_roots_file);
    evidence->wall_clock = avs_clock_wall_ms() / 1000;
    evidence->build_time = avs_clock_build_time();
    fill_given(options, &evidence->given);
    avs_check_machine(&evidence->machine);
    struct avs_net_curl_info curl;
    avs_net_curl_info(&curl);
    avs_text_format(evidence->library, sizeof(evidence->library), "avs-shim %s; libcurl %s; %s",
                    avs_version(), curl.version, curl.ssl_backend);
}

/* What the sessions could not tell: asked afterwards, and only where the answer chooses words. */
void avs_check_ask_around(const struct avs_check_options *options, struct avs_evidence *evidence) {
    bool has_asked = false;
    for (int i = 0; i < AVS_SESSION_COUNT; i++) {
        struct avs_dial_facts *dial = &evidence->session[i].dial;
        if (dial->outcome == AVS_DIAL_DNS_FAILED && !has_asked) {
            avs_check_dns("/etc/resolv.conf", dial->host, &evidence->dns);
            has_asked = true;
        }
        if (dial->outcome == AVS_DIAL_UNREACHABLE) {
            dial->has_route = avs_check_has_route(dial->address);
        }
        if (dial->proxy[0]) {
            AVS_TEXT_SET(evidence->given.proxy_source, options->proxy ? "option" : "environment");
        }
    }
}

/* The store could not be loaded: every session is told so, nothing is dialled. */
static void note_store_failure(const struct avs_check_options *options,
                               const struct avs_store_facts *store, struct avs_evidence *evidence) {
    for (int i = 0; i < AVS_SESSION_COUNT; i++) {
        struct avs_session_evidence *session = &evidence->session[i];
        session->was_attempted = i == AVS_PROTOCOL_H2 ? !options->skip_h2 : !options->skip_http1;
        session->tls.outcome = AVS_HANDSHAKE_STORE_FAILED;
        session->tls.trust.store = *store;
        session->tls.trust.gate.verify_error = -1;
    }
}

/* Both sessions at once: a silent server costs one deadline, not two. */
static enum avs_status run_sessions(const struct avs_check_plan *plan,
                                    struct avs_evidence *evidence, struct avs_error *reterr) {
    const struct avs_check_options *options = plan->options;
    struct worker workers[AVS_SESSION_COUNT];
    for (int i = 0; i < AVS_SESSION_COUNT; i++) {
        workers[i] = (struct worker){.plan = plan,
                                     .session = &evidence->session[i],
                                     .error = AVS_ERROR_INIT,
                                     .status = AVS_OK};
    }
    pthread_t thread;
    bool has_thread = !options->skip_h2 && !options->skip_http1 &&
                      pthread_create(&thread, NULL, work, &workers[AVS_PROTOCOL_HTTP1]) == 0;
    if (!options->skip_h2) {
        work(&workers[AVS_PROTOCOL_H2]);
    }
    bool is_downgraded = avs_h2_wants_http1(&evidence->session[AVS_PROTOCOL_H2].http);
    if (has_thread) {
        pthread_join(thread, NULL);
    } else if (!options->skip_http1 || is_downgraded) {
        work(&workers[AVS_PROTOCOL_HTTP1]); /* asked for, or what the server wants instead */
    }
    evidence->session[AVS_PROTOCOL_H2].http.was_downgraded = is_downgraded;
    for (int i = 0; i < AVS_SESSION_COUNT; i++) {
        const struct avs_error *error = &workers[i].error;
        if (workers[i].status != AVS_OK) {
            return avs_fail_errno(reterr, workers[i].status, error->cause, error->os_errno, "%s",
                                  error->message);
        }
    }
    return AVS_OK;
}

AVS_DEFINE_AUTO(evidence, struct avs_evidence, avs_evidence_free);
AVS_DEFINE_AUTO(anchors, struct avs_anchors, avs_anchors_unref);
AVS_DEFINE_AUTO(ats_roots, struct avs_ats_roots, avs_ats_roots_free);

enum avs_status avs_check_try_options(const struct avs_check_options *options,
                                      struct avs_error *reterr) {
    struct avs_check_plan plan = {.request = NULL};
    struct stat entry;
    AVS_AUTO(ats_roots) file_roots = NULL;
    AVS_TRY(avs_check_plan_init(options, &plan, reterr));
    bool is_pipe = options->ats_roots_file && stat(options->ats_roots_file, &entry) == 0 &&
                   !S_ISREG(entry.st_mode) && !S_ISDIR(entry.st_mode);
    if (!options->ats_roots_file || is_pipe) { /* which may wait, and can be read but once */
        return AVS_OK;
    }
    return avs_ats_roots_load(options->ats_roots_file, &file_roots, reterr);
}

/* `plan` has nothing but what HTTP/1.1 is to ask. */
static enum avs_status run_plan(const struct avs_check_options *options, struct avs_check_plan plan,
                                struct avs_evidence **ret_evidence, struct avs_error *reterr) {
    AVS_TRY(avs_check_plan_init(options, &plan, reterr));
    AVS_AUTO(ats_roots) file_roots = NULL;
    plan.ats_roots = avs_ats_roots_embedded();
    if (options->ats_roots_file) {
        AVS_TRY(avs_ats_roots_load(options->ats_roots_file, &file_roots, reterr));
        plan.ats_roots = file_roots;
    }
    AVS_AUTO(evidence) evidence = avs_evidence_new();
    AVS_REQUIRE_MEMORY(evidence, reterr);
    avs_check_note_run(&plan, evidence);

    struct avs_anchors_options store = {
        .ca_file = options->ca_file, .ca_path = options->ca_path, .source = options->store_source};
    store.source = avs_net_curl_complete_store(store.source, &store.ca_file, &store.ca_path);
    struct avs_store_facts store_facts = {.state = AVS_STORE_OK};
    AVS_AUTO(anchors) anchors = NULL;
    enum avs_status status = avs_anchors_load(&store, &store_facts, &anchors, reterr);
    if (status == AVS_ERR_NO_MEMORY) {
        return status;
    }
    if (status != AVS_OK) {
        note_store_failure(options, &store_facts, evidence);
    } else {
        plan.anchors = anchors;
        for (int i = 0; i < AVS_SESSION_COUNT; i++) { /* known before anything is dialled */
            avs_anchors_describe(anchors, &evidence->session[i].tls.trust.store);
        }
        AVS_TRY(run_sessions(&plan, evidence, reterr));
        avs_check_ask_around(options, evidence);
        for (int i = 0; options->with_families && i < AVS_FAMILY_COUNT; i++) {
            if (avs_clock_monotonic_us() >= plan.deadline_us) { /* never asked is no time-out */
                AVS_LOG_EVENT(&options->log, AVS_LOG_WARN, "AvsCheck", "familySkipped",
                              {"family", avs_family_id((enum avs_family)i)},
                              {"reason", "the sessions took all the time"});
                continue;
            }
            AVS_TRY(avs_check_family(&plan, (enum avs_family)i, &evidence->family[i], reterr));
        }
    }
    *ret_evidence = AVS_STEAL(evidence);
    return AVS_OK;
}

enum avs_status avs_check_run(const struct avs_check_options *given,
                              struct avs_evidence **ret_evidence, struct avs_error *reterr) {
    struct avs_check_options options;
    AVS_TAKE(&options, given, "avs_check_options", reterr);
    if (options.skip_h2 && options.skip_http1) {
        return avs_fail(reterr, AVS_ERR_USAGE, "both protocols are switched off: nothing to check");
    }
    return run_plan(&options, (struct avs_check_plan){.request = NULL}, ret_evidence, reterr);
}

enum avs_status avs_check_request(const struct avs_check_options *given,
                                  const struct avs_h1_request *request,
                                  const struct avs_tls_identity *identity,
                                  struct avs_h1_answer *ret_answer,
                                  struct avs_evidence **ret_evidence, struct avs_error *reterr) {
    struct avs_check_options options;
    AVS_TAKE(&options, given, "avs_check_options", reterr);
    options.skip_h2 = true;
    options.skip_http1 = false;
    const struct avs_check_plan plan = {
        .request = request, .answer = ret_answer, .identity = identity};
    return run_plan(&options, plan, ret_evidence, reterr);
}

enum avs_status avs_check_in_segments(const struct avs_check_options *given, int segment_bytes,
                                      struct avs_evidence **ret_evidence,
                                      struct avs_error *reterr) {
    struct avs_check_options options;
    AVS_TAKE(&options, given, "avs_check_options", reterr);
    return run_plan(&options, (struct avs_check_plan){.segment_bytes = segment_bytes}, ret_evidence,
                    reterr);
}
