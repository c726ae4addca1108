/* SPDX-License-Identifier: Apache-2.0 */
/* See probe_job.h. */
#include "board/probe_job.h"

#include <errno.h>
#include <netdb.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <avs/verdict.h>

#include "base/clock.h"
#include "base/flow.h"
#include "base/text.h"
#include "board/hosts.h"
#include "board/judge_host.h"
#include "check/request.h"
#include "verdict/fact.h"

#define PEER_BYTES (AVS_NAME_BYTES + 16)

AVS_DEFINE_AUTO(evidence, struct avs_evidence, avs_evidence_free);

size_t avs_board_job_bytes(enum avs_board_job_kind kind) {
    switch (kind) {
    case AVS_BOARD_JOB_RESOLVE:
        return sizeof(struct avs_board_resolved);
    case AVS_BOARD_JOB_CHECK:
        return sizeof(struct avs_evidence);
    case AVS_BOARD_JOB_SMALL:
        return sizeof(bool);
    case AVS_BOARD_JOB_ADDRESS:
        break;
    }
    return sizeof(struct avs_board_address);
}

static void put(int fd, const void *bytes, size_t length) {
    const char *at = bytes;
    while (length > 0) {
        ssize_t written = write(fd, at, length);
        if (written < 0 && errno != EINTR) {
            return;
        }
        at += written > 0 ? written : 0;
        length -= written > 0 ? (size_t)written : 0;
    }
}

/* ---- the name ---- */

static void add_address(struct avs_board_resolved *resolved, const struct addrinfo *entry) {
    char text[AVS_BOARD_ADDRESS_BYTES];
    if (resolved->count == AVS_BOARD_ADDRESSES_MAX ||
        getnameinfo(entry->ai_addr, entry->ai_addrlen, text, sizeof(text), NULL, 0,
                    NI_NUMERICHOST) != 0) {
        return;
    }
    for (size_t i = 0; i < resolved->count; i++) {
        if (strcmp(resolved->address[i], text) == 0) {
            return;
        }
    }
    AVS_TEXT_SET(resolved->address[resolved->count++], text);
}

static void resolve(const struct avs_board_host *host, int fd) {
    const struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};
    struct avs_board_resolved resolved = {.count = 0};
    struct addrinfo *entries = NULL;
    int64_t began_us = avs_clock_monotonic_us();
    resolved.error = getaddrinfo(host->host, NULL, &hints, &entries);
    resolved.ms = (int)((avs_clock_monotonic_us() - began_us) / 1000);
    if (resolved.error != 0) {
        AVS_TEXT_SET(resolved.text, gai_strerror(resolved.error));
    }
    for (const struct addrinfo *entry = entries; entry; entry = entry->ai_next) {
        add_address(&resolved, entry);
    }
    if (entries) {
        freeaddrinfo(entries);
    }
    put(fd, &resolved, sizeof(resolved));
}

/* ---- the host ---- */

/* How one question differs from another. */
struct manner {
    const char *connect_to;
    bool is_one_session;
    int segment_bytes;
};

static enum avs_status check(const struct avs_board_host *host,
                             const struct avs_board_probe_options *options,
                             const struct manner *manner, int timeout_ms,
                             struct avs_evidence **ret_evidence) {
    const struct avs_board_role_info *role = &avs_board_roles[host->role];
    struct avs_check_options check = *options->check;
    char authority[AVS_NAME_BYTES + 8], endpoint[AVS_NAME_BYTES + 16];
    avs_text_authority(authority, sizeof(authority), host->host, host->port);
    avs_text_format(endpoint, sizeof(endpoint), "https://%s", authority);
    check.endpoint = endpoint;
    /* a command of the report must name this host, but where --config does */
    bool is_configs = host->role == AVS_BOARD_ROLE_GATEWAY && check.config_count > 0 &&
                      strchr(host->source, ':') != NULL;
    check.endpoint_source = is_configs ? host->source : "option";
    check.require_ats = options->require_ats && role->requires_ats;
    check.connect_to = manner->connect_to;
    check.timeout_ms = timeout_ms;
    check.skip_http1 = manner->is_one_session && role->needs_http2;
    check.skip_h2 = manner->is_one_session && !role->needs_http2;
    return manner->segment_bytes > 0
               ? avs_check_in_segments(&check, manner->segment_bytes, ret_evidence, NULL)
               : avs_check_run(&check, ret_evidence, NULL);
}

static void check_host(const struct avs_board_host *host,
                       const struct avs_board_probe_options *options, int timeout_ms, int fd) {
    AVS_AUTO(evidence) evidence = NULL;
    const struct manner manner = {.connect_to = avs_board_connect_to(options, host->host)};
    if (check(host, options, &manner, timeout_ms, &evidence) == AVS_OK) {
        put(fd, evidence, sizeof(*evidence));
    }
}

static void check_small(const struct avs_board_host *host,
                        const struct avs_board_probe_options *options, int timeout_ms, int fd) {
    struct avs_board_result result;
    AVS_AUTO(evidence) evidence = NULL;
    const struct manner manner = {.connect_to = avs_board_connect_to(options, host->host),
                                  .is_one_session = true,
                                  .segment_bytes = AVS_BOARD_SEGMENT_BYTES};
    if (check(host, options, &manner, timeout_ms, &evidence) == AVS_OK) {
        avs_board_judge_evidence(host->role, evidence, &result);
        bool works = result.cause == AVS_CAUSE_NONE;
        put(fd, &works, sizeof(works));
    }
}

static void check_address(const struct avs_board_host *host, size_t index,
                          const struct avs_board_probe_options *options, int timeout_ms, int fd) {
    struct avs_board_address answer = host->address[index];
    struct avs_board_result result;
    AVS_AUTO(evidence) evidence = NULL;
    char peer[PEER_BYTES];
    bool is_ipv6 = strchr(answer.address, ':') != NULL;
    avs_text_format(peer, sizeof(peer), "%s%s%s:%u", is_ipv6 ? "[" : "", answer.address,
                    is_ipv6 ? "]" : "", host->port);
    const struct manner manner = {.connect_to = peer, .is_one_session = true};
    if (check(host, options, &manner, timeout_ms, &evidence) != AVS_OK) {
        return;
    }
    avs_board_judge_evidence(host->role, evidence, &result);
    const struct avs_session_evidence *session = &evidence->session[result.session];
    answer.was_asked = true;
    answer.cause = result.cause;
    AVS_TEXT_SET(answer.leaf_sha256, session->tls.chain[0].sha256);
    if (result.cause != AVS_CAUSE_NONE) {
        avs_fact_describe(result.cause, session, host->host, evidence->wall_clock, answer.fact);
    }
    put(fd, &answer, sizeof(answer));
}

void avs_board_job_run(const struct avs_board *board, const struct avs_board_probe_options *options,
                       const struct avs_board_job *job, int timeout_ms, int fd) {
    const struct avs_board_host *host = &board->host[job->host];
    switch (job->kind) {
    case AVS_BOARD_JOB_RESOLVE:
        resolve(host, fd);
        return;
    case AVS_BOARD_JOB_CHECK:
        check_host(host, options, timeout_ms, fd);
        return;
    case AVS_BOARD_JOB_ADDRESS:
        check_address(host, job->address, options, timeout_ms, fd);
        return;
    case AVS_BOARD_JOB_SMALL:
        check_small(host, options, timeout_ms, fd);
        return;
    }
}
