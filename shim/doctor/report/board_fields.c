/* SPDX-License-Identifier: Apache-2.0 */
/* A board as tables. A field of board/facts.h without a row here is lost in a ticket: the test in
 * test/unit/board_evidence.c round-trips every row, and ci/checks.sh looks for members without one.
 */
#include "report/board_fields.h"

#include "board/facts.h"
#include "report/field_rows.h"

#define XX(name, id) id,
static const char *const sync_names[] = {AVS_BOARD_SYNC_MAP(XX)};
static const char *const answer_names[] = {AVS_DNS_MAP(XX)};
static const char *const place_names[] = {AVS_BOARD_PLACE_MAP(XX)};
static const char *const part_names[] = {AVS_BOARD_PART_MAP(XX)};
static const char *const role_names[] = {AVS_BOARD_ROLE_MAP(XX)};
static const char *const cause_names[] = {AVS_CAUSE_MAP(XX) AVS_CAUSE_IOT_MAP(XX)
                                              AVS_CAUSE_BOARD_MAP(XX)};
#undef XX
static const char *const severity_names[] = {"info", "warning", "error"};

#define STRUCT avs_machine_facts
static const struct avs_field machine_rows[] = {FIELD(tools, TEXT), FIELD(is_root, BOOL)};
TABLE(machine);
#undef STRUCT

#define STRUCT avs_board_clock
static const struct avs_field clock_rows[] = {
    FIELD(now, I64),          FIELD(build_time, I64),       FIELD(newest_file, I64),
    FIELD(newest_path, TEXT), FIELD_ENUM(sync, sync_names),
};
TABLE(clock);
#undef STRUCT

#define STRUCT avs_board_reply
static const struct avs_field reply_rows[] = {
    FIELD_ENUM(a, answer_names),
    FIELD_ENUM(aaaa, answer_names),
    FIELD(addresses, TEXT),
};
TABLE(reply);
#undef STRUCT

#define STRUCT avs_board_server
static const struct avs_field server_rows[] = {
    FIELD(address, TEXT),
    FIELD_LIST(reply, offsetof(struct avs_board_server, reply_length), AVS_BOARD_HOSTS_MAX,
               reply_fields),
};
TABLE(server);
#undef STRUCT

#define STRUCT avs_board_resolver
static const struct avs_field resolver_rows[] = {
    FIELD(os_errno, INT),
    FIELD_LIST(server, offsetof(struct avs_board_resolver, server_length), AVS_BOARD_SERVERS_MAX,
               server_fields),
    FIELD(ignored, U32),
};
TABLE(resolver);
#undef STRUCT

#define STRUCT avs_board_interface
static const struct avs_field interface_rows[] = {
    FIELD(name, TEXT), FIELD(is_up, BOOL), FIELD(is_running, BOOL),
    FIELD(mtu, INT),   FIELD(ipv4, TEXT),  FIELD(ipv6, TEXT),
};
TABLE(interface);
#undef STRUCT

#define STRUCT avs_board_network
static const struct avs_field network_rows[] = {
    FIELD_LIST(interface, offsetof(struct avs_board_network, interface_length),
               AVS_BOARD_INTERFACES_MAX, interface_fields),
    FIELD(ipv4_default, TEXT),
    FIELD(ipv6_default, TEXT),
};
TABLE(network);
#undef STRUCT

#define STRUCT avs_board_proxy
static const struct avs_field proxy_rows[] = {
    FIELD(source, TEXT),
    FIELD(value, TEXT),
    FIELD(is_in_force, BOOL),
};
TABLE(proxy);
#undef STRUCT

#define STRUCT avs_board_curl
static const struct avs_field curl_rows[] = {
    FIELD(path, TEXT),
    FIELD(version, TEXT),
    FIELD(backend, TEXT),
    FIELD(has_http2, BOOL),
};
TABLE(curl);
#undef STRUCT

#define STRUCT avs_board_libraries
static const struct avs_field libraries_rows[] = {
    FIELD(curl_version, TEXT),
    FIELD(curl_backend, TEXT),
    FIELD(curl_path, TEXT),
    FIELD(has_http2, BOOL),
    FIELD_LIST(curl, offsetof(struct avs_board_libraries, curl_length), AVS_BOARD_CURLS_MAX,
               curl_fields),
};
TABLE(libraries);
#undef STRUCT

#define STRUCT avs_board_place
static const struct avs_field place_rows[] = {
    FIELD(folder, TEXT),  FIELD(key, TEXT), FIELD(mount, TEXT), FIELD_ENUM(state, place_names),
    FIELD(free_kib, U64),
};
TABLE(place);
#undef STRUCT

#define STRUCT avs_board_note
static const struct avs_field note_rows[] = {
    FIELD_ENUM(part, part_names),
    FIELD_ENUM(cause, cause_names),
    FIELD_ENUM(severity, severity_names),
    FIELD(headline, TEXT),
    FIELD(facts, TEXT),
    FIELD(remedy, TEXT),
    FIELD(command, TEXT),
};
TABLE(note);
#undef STRUCT

#define STRUCT avs_board_address
static const struct avs_field address_rows[] = {
    FIELD(address, TEXT), FIELD(was_asked, BOOL),   FIELD_ENUM(cause, cause_names),
    FIELD(fact, TEXT),    FIELD(leaf_sha256, TEXT),
};
TABLE(address);
#undef STRUCT

#define STRUCT avs_board_host
static const struct avs_field host_rows[] = {
    FIELD_ENUM(role, role_names),
    FIELD(host, TEXT),
    FIELD(port, U16),
    FIELD(source, TEXT),
    FIELD(pinned, TEXT),
    FIELD(resolve_error, INT),
    FIELD(resolve_text, TEXT),
    FIELD(resolve_ms, INT),
    FIELD_LIST(address, offsetof(struct avs_board_host, address_length), AVS_BOARD_ADDRESSES_MAX,
               address_fields),
    FIELD(was_asked, BOOL),
    FIELD(works_in_small_segments, BOOL),
    FIELD(evidence_file, TEXT),
};
TABLE(host);
#undef STRUCT

#define STRUCT avs_board
static const struct avs_field board_rows[] = {
    FIELD(version, TEXT),
    FIELD(sdk, TEXT),
    FIELD(config, TEXT),
    FIELD(log, TEXT),
    FIELD(sysroot, TEXT),
    FIELD(was_stopped, BOOL),
    FIELD(took_ms, INT),
    FIELD_TABLE(machine, machine_fields),
    FIELD_TABLE(clock, clock_fields),
    FIELD_TABLE(resolver, resolver_fields),
    FIELD_TABLE(network, network_fields),
    FIELD_LIST(proxy, offsetof(struct avs_board, proxy_length), AVS_BOARD_PROXIES_MAX,
               proxy_fields),
    FIELD_TABLE(libraries, libraries_fields),
    FIELD_LIST(place, offsetof(struct avs_board, place_length), AVS_BOARD_PLACES_MAX, place_fields),
    FIELD_LIST(note, offsetof(struct avs_board, note_length), AVS_BOARD_NOTES_MAX, note_fields),
    FIELD_LIST(host, offsetof(struct avs_board, host_length), AVS_BOARD_HOSTS_MAX, host_fields),
};
const struct avs_fields avs_board_fields = {board_rows, AVS_COUNT(board_rows)};
#undef STRUCT
