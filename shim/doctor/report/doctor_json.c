/* SPDX-License-Identifier: Apache-2.0 */
/* The doctor's page as JSON: the findings in their order, and each sight. */
#include "base/text.h"
#include "board/hosts.h"
#include "board/judge_host.h"
#include "out/json_out.h"
#include "report/doctor.h"

AVS_DEFINE_AUTO(findings, struct avs_findings, avs_findings_free);

#define XX(name, id) id,
static const char *const part_ids[] = {AVS_BOARD_PART_MAP(XX)};
static const char *const sync_ids[] = {AVS_BOARD_SYNC_MAP(XX)};
static const char *const place_ids[] = {AVS_BOARD_PLACE_MAP(XX)};
static const char *const answer_ids[] = {AVS_DNS_MAP(XX)};
#undef XX

static void put_hosts(struct avs_json *json, const struct avs_board *board, uint32_t hosts) {
    avs_json_open_array(json, "hosts");
    for (size_t i = 0; i < board->host_length; i++) {
        if (hosts >> i & 1u) {
            avs_json_text(json, NULL, board->host[i].host);
        }
    }
    avs_json_close(json);
}

static void put_findings(struct avs_json *json, const struct avs_doctor *doctor,
                         const struct avs_findings *findings) {
    avs_json_open_array(json, "findings");
    for (size_t i = 0; i < findings->finding_count; i++) {
        const struct avs_board_finding *finding = &doctor->conclusion.finding[i];
        const struct avs_finding *words = &findings->finding[i];
        avs_json_open_object(json, NULL);
        avs_json_text(json, "part", part_ids[finding->part]);
        avs_json_text(json, "cause", words->id);
        avs_json_text(json, "severity", avs_severity_id(finding->severity));
        avs_json_text(json, "headline", words->headline);
        put_hosts(json, doctor->board, finding->hosts);
        avs_json_text(json, "meaning", words->meaning);
        avs_json_text(json, "facts", words->facts);
        avs_json_text(json, "remedy", words->remedy);
        avs_json_text(json, "command", words->command);
        avs_json_bool(json, "is_consequence", finding->because != AVS_BOARD_NOTHING);
        if (finding->because != AVS_BOARD_NOTHING) {
            avs_json_uint(json, "because", finding->because);
        } else {
            avs_json_null(json, "because");
        }
        avs_json_close(json);
    }
    avs_json_close(json);
}

static void put_clock(struct avs_json *json, const struct avs_board_clock *clock) {
    avs_json_open_object(json, "clock");
    avs_json_utc(json, "now", clock->now);
    avs_json_utc(json, "build_time", clock->build_time);
    avs_json_utc(json, "newest_file_time", clock->newest_file);
    avs_json_text(json, "newest_file", clock->newest_path);
    avs_json_text(json, "synchronisation", sync_ids[clock->sync]);
    avs_json_close(json);
}

static void put_network(struct avs_json *json, const struct avs_board_network *network) {
    avs_json_open_object(json, "network");
    avs_json_text(json, "ipv4_default_route", network->ipv4_default);
    avs_json_text(json, "ipv6_default_route", network->ipv6_default);
    avs_json_open_array(json, "interfaces");
    for (size_t i = 0; i < network->interface_length; i++) {
        const struct avs_board_interface *interface = &network->interface[i];
        avs_json_open_object(json, NULL);
        avs_json_text(json, "name", interface->name);
        avs_json_bool(json, "is_up", interface->is_up);
        avs_json_bool(json, "is_running", interface->is_running);
        avs_json_int(json, "mtu", interface->mtu);
        avs_json_text(json, "ipv4", interface->ipv4);
        avs_json_text(json, "ipv6", interface->ipv6);
        avs_json_close(json);
    }
    avs_json_close(json);
    avs_json_close(json);
}

static void put_resolvers(struct avs_json *json, const struct avs_board *board) {
    avs_json_open_array(json, "resolvers");
    for (size_t i = 0; i < board->resolver.server_length; i++) {
        const struct avs_board_server *server = &board->resolver.server[i];
        avs_json_open_object(json, NULL);
        avs_json_text(json, "address", server->address);
        avs_json_open_array(json, "replies");
        for (size_t j = 0; j < server->reply_length && j < board->host_length; j++) {
            avs_json_open_object(json, NULL);
            avs_json_text(json, "host", board->host[j].host);
            avs_json_text(json, "a", answer_ids[server->reply[j].a]);
            avs_json_text(json, "aaaa", answer_ids[server->reply[j].aaaa]);
            avs_json_text(json, "addresses", server->reply[j].addresses);
            avs_json_close(json);
        }
        avs_json_close(json);
        avs_json_close(json);
    }
    avs_json_close(json);
}

static void put_proxies(struct avs_json *json, const struct avs_board *board) {
    avs_json_open_array(json, "proxies");
    for (size_t i = 0; i < board->proxy_length; i++) {
        avs_json_open_object(json, NULL);
        avs_json_text(json, "source", board->proxy[i].source);
        avs_json_text(json, "value", board->proxy[i].value);
        avs_json_bool(json, "is_in_force", board->proxy[i].is_in_force);
        avs_json_close(json);
    }
    avs_json_close(json);
}

static void put_libraries(struct avs_json *json, const struct avs_board_libraries *libraries) {
    avs_json_open_object(json, "libcurl");
    avs_json_text(json, "version", libraries->curl_version);
    avs_json_text(json, "backend", libraries->curl_backend);
    avs_json_text(json, "path", libraries->curl_path);
    avs_json_bool(json, "has_http2", libraries->has_http2);
    avs_json_open_array(json, "in_library_path");
    for (size_t i = 0; i < libraries->curl_length; i++) {
        avs_json_open_object(json, NULL);
        avs_json_text(json, "path", libraries->curl[i].path);
        avs_json_text(json, "version", libraries->curl[i].version);
        avs_json_text(json, "backend", libraries->curl[i].backend);
        avs_json_bool(json, "has_http2", libraries->curl[i].has_http2);
        avs_json_close(json);
    }
    avs_json_close(json);
    avs_json_close(json);
}

static void put_places(struct avs_json *json, const struct avs_board *board) {
    avs_json_open_array(json, "places");
    for (size_t i = 0; i < board->place_length; i++) {
        avs_json_open_object(json, NULL);
        avs_json_text(json, "folder", board->place[i].folder);
        avs_json_text(json, "key", board->place[i].key);
        avs_json_text(json, "file_system", board->place[i].mount);
        avs_json_text(json, "state", place_ids[board->place[i].state]);
        avs_json_uint(json, "free_kib", board->place[i].free_kib);
        avs_json_close(json);
    }
    avs_json_close(json);
}

static void put_addresses(struct avs_json *json, const struct avs_board_host *host) {
    avs_json_open_array(json, "addresses");
    for (size_t i = 0; i < host->address_length; i++) {
        const struct avs_board_address *address = &host->address[i];
        avs_json_open_object(json, NULL);
        avs_json_text(json, "address", address->address);
        avs_json_bool(json, "was_asked", address->was_asked);
        avs_json_text(json, "cause", avs_cause_info(address->cause)->id);
        avs_json_text(json, "fact", address->fact);
        avs_json_close(json);
    }
    avs_json_close(json);
}

static void put_host(struct avs_json *json, const struct avs_board_host *host) {
    struct avs_board_result result;
    avs_board_judge_host(host, &result);
    avs_json_open_object(json, NULL);
    avs_json_text(json, "role", avs_board_role_ids[host->role]);
    avs_json_text(json, "host", host->host);
    avs_json_uint(json, "port", host->port);
    avs_json_text(json, "source", host->source);
    avs_json_text(json, "pinned", host->pinned);
    avs_json_bool(json, "is_needed", avs_board_roles[host->role].is_needed);
    avs_json_bool(json, "was_asked", host->was_asked);
    avs_json_text(json, "verdict", avs_readiness_id(result.readiness));
    avs_json_text(json, "cause", avs_cause_info(result.cause)->id);
    avs_json_text(json, "address",
                  host->evidence ? host->evidence->session[result.session].dial.address : NULL);
    put_addresses(json, host);
    avs_json_close(json);
}

enum avs_status avs_doctor_to_json(const struct avs_doctor *doctor, char **ret_json,
                                   struct avs_error *reterr) {
    const struct avs_board *board = doctor->board;
    AVS_AUTO(findings) findings = NULL;
    AVS_TRY(avs_findings_of_doctor(doctor, &findings, reterr));
    struct avs_json json = avs_json_init(AVS_JSON_REPORT_BYTES);
    avs_json_open_object(&json, NULL);
    avs_json_text(&json, "schema", AVS_DOCTOR_SCHEMA);
    avs_json_text(&json, "verdict", avs_readiness_id(doctor->conclusion.readiness));
    avs_json_int(&json, "exit_code", doctor->conclusion.exit_code);
    const struct avs_board_finding *first = avs_doctor_first(doctor);
    avs_json_text(&json, "cause", avs_cause_info(first ? first->cause : AVS_CAUSE_NONE)->id);
    avs_json_bool(&json, "was_stopped", board->was_stopped);
    avs_json_int(&json, "took_ms", board->took_ms);
    avs_json_text(&json, "version", board->version);
    avs_json_text(&json, "sdk", board->sdk);
    avs_json_text(&json, "config", board->config);
    avs_json_text(&json, "log", board->log);
    avs_json_text(&json, "sysroot", board->sysroot);
    put_findings(&json, doctor, findings);
    put_clock(&json, &board->clock);
    put_network(&json, &board->network);
    put_resolvers(&json, board);
    put_proxies(&json, board);
    put_libraries(&json, &board->libraries);
    put_places(&json, board);
    avs_json_open_array(&json, "needs");
    for (size_t i = 0; i < board->host_length; i++) {
        put_host(&json, &board->host[i]);
    }
    avs_json_close(&json);
    avs_json_close(&json);
    enum avs_status status = avs_json_take(&json, ret_json, reterr);
    avs_json_done(&json);
    return status;
}
