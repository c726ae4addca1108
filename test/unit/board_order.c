/* SPDX-License-Identifier: Apache-2.0 */
/* What comes first, and what is only a consequence: boards of facts, without any network. */
#include "board/facts.h"
#include "board/order.h"
#include "support/evidence_made.h"
#include "support/test.h"

enum { LOGIN, GATEWAY, TEST, HOSTS };

/* A board on which everything works. */
static struct avs_board *board_ready(void) {
    static const enum avs_board_role roles[HOSTS] = {AVS_BOARD_ROLE_LOGIN, AVS_BOARD_ROLE_GATEWAY,
                                                     AVS_BOARD_ROLE_ATS_TEST};
    struct avs_board *board = avs_board_new();
    assert_non_null(board);
    board->clock = (struct avs_board_clock){.now = 1795700000,
                                            .build_time = 1795600000,
                                            .newest_file = 1795690000,
                                            .sync = AVS_BOARD_SYNC_SYNCHRONISED};
    board->libraries.has_http2 = true;
    strcpy(board->libraries.curl_version, "8.5.0");
    strcpy(board->network.ipv4_default, "10.0.0.1 dev eth0");
    strcpy(board->resolver.server[0].address, "10.0.0.1");
    board->resolver.server_length = 1;
    board->resolver.server[0].reply_length = HOSTS;
    board->host_length = HOSTS;
    for (size_t i = 0; i < HOSTS; i++) {
        board->host[i].role = roles[i];
        board->host[i].was_asked = true;
        board->host[i].evidence = evidence_ready();
        board->resolver.server[0].reply[i].a = AVS_DNS_ANSWERS;
        snprintf(board->host[i].host, sizeof(board->host[i].host), "host%zu.example", i);
    }
    return board;
}

static void set_dial(struct avs_board *board, size_t host, enum avs_dial_outcome outcome) {
    for (int i = 0; i < AVS_SESSION_COUNT; i++) {
        struct avs_session_evidence *session = &board->host[host].evidence->session[i];
        *session =
            (struct avs_session_evidence){.was_attempted = true, .protocol = session->protocol};
        session->dial.outcome = outcome;
        session->tls.alert_received = session->tls.alert_sent = -1;
        session->tls.trust.gate.verify_error = -1;
    }
}

static void set_all(struct avs_board *board, enum avs_dial_outcome outcome) {
    for (size_t i = 0; i < board->host_length; i++) {
        set_dial(board, i, outcome);
    }
}

static void set_answers(struct avs_board *board, size_t server, enum avs_dns_answer answer) {
    for (size_t i = 0; i < board->host_length; i++) {
        board->resolver.server[server].reply[i].a = answer;
        board->resolver.server[server].reply[i].aaaa = answer;
        board->host[i].evidence->dns.answer = answer;
    }
}

static void set_plain(struct avs_board *board, size_t host) {
    set_dial(board, host, AVS_DIAL_CONNECTED);
    for (int i = 0; i < AVS_SESSION_COUNT; i++) {
        struct avs_tls_facts *tls = &board->host[host].evidence->session[i].tls;
        tls->outcome = AVS_HANDSHAKE_NOT_TLS;
        memcpy(tls->wire_first, "HTTP/1.1 302", 12);
        tls->wire_first_length = 12;
    }
}

static void add_note(struct avs_board *board, enum avs_board_part part, enum avs_cause cause,
                     enum avs_severity severity) {
    struct avs_board_note *note = &board->note[board->note_length++];
    *note = (struct avs_board_note){.part = part, .cause = cause, .severity = (int)severity};
}

static void add_address(struct avs_board *board, size_t host, const char *address,
                        enum avs_cause cause) {
    struct avs_board_address *row = &board->host[host].address[board->host[host].address_length++];
    row->was_asked = true;
    row->cause = cause;
    snprintf(row->address, sizeof(row->address), "%s", address);
}

/* ---- boards ---- */

static void works(struct avs_board *board) {
    (void)board;
}

static void no_resolver(struct avs_board *board) {
    set_all(board, AVS_DIAL_DNS_FAILED);
    board->resolver.server_length = 0;
}

static void silent_resolver(struct avs_board *board) {
    set_all(board, AVS_DIAL_DNS_FAILED);
    set_answers(board, 0, AVS_DNS_SILENT);
}

static void lying_resolver(struct avs_board *board) {
    set_all(board, AVS_DIAL_DNS_FAILED);
    set_answers(board, 0, AVS_DNS_NXDOMAIN);
}

static void one_dead_resolver(struct avs_board *board) {
    board->resolver.server_length = 2;
    board->resolver.server[1] = board->resolver.server[0];
    set_answers(board, 0, AVS_DNS_SILENT);
}

static void a_dead_resolver_that_costs_a_lookup(struct avs_board *board) {
    one_dead_resolver(board);
    set_dial(board, GATEWAY, AVS_DIAL_DNS_FAILED);
}

static void no_route(struct avs_board *board) {
    set_all(board, AVS_DIAL_DNS_FAILED);
    set_answers(board, 0, AVS_DNS_UNREACHABLE);
    board->network.ipv4_default[0] = '\0';
}

static void no_default_route_and_none_needed(struct avs_board *board) {
    board->network.ipv4_default[0] = '\0';
}

static void firewall_drops(struct avs_board *board) {
    set_all(board, AVS_DIAL_TIMEOUT);
}

static void test_name_is_gone(struct avs_board *board) {
    set_dial(board, TEST, AVS_DIAL_DNS_FAILED);
    board->host[TEST].evidence->dns.answer = AVS_DNS_NXDOMAIN;
    board->resolver.server[0].reply[TEST].a = AVS_DNS_NXDOMAIN;
}

static void test_host_alone_is_refused(struct avs_board *board) {
    set_dial(board, TEST, AVS_DIAL_REFUSED);
}

static void portal(struct avs_board *board) {
    for (size_t i = 0; i < HOSTS; i++) {
        set_plain(board, i);
    }
}

static void plain_text_on_one_host(struct avs_board *board) {
    set_plain(board, GATEWAY);
}

static void portal_with_a_certificate(struct avs_board *board) {
    for (size_t i = 0; i < HOSTS; i++) {
        for (int p = 0; p < AVS_SESSION_COUNT; p++) {
            struct avs_tls_facts *tls = &board->host[i].evidence->session[p].tls;
            tls->outcome = AVS_HANDSHAKE_VERIFY_FAILED;
            tls->is_verified = tls->hostname_matched = false;
            tls->trust.refusal.hostname_mismatch = true;
            tls->trust.gate.verify_error = 62;
            tls->chain_length = 1;
            strcpy(tls->chain[0].sha256, "AA");
        }
    }
}

static void clock_of_1970(struct avs_board *board) {
    board->clock.now = 3600;
    for (size_t i = 0; i < HOSTS; i++) {
        board->host[i].evidence->wall_clock = 3600;
        for (int p = 0; p < AVS_SESSION_COUNT; p++) {
            struct avs_tls_facts *tls = &board->host[i].evidence->session[p].tls;
            tls->outcome = AVS_HANDSHAKE_VERIFY_FAILED;
            tls->is_verified = false;
            tls->chain_length = 1;
            tls->trust.gate.verify_error = 9;
            tls->trust.refusal.is_not_yet_valid = true;
        }
    }
}

static void file_from_the_future_on_a_good_clock(struct avs_board *board) {
    board->clock.newest_file = board->clock.now + 400 * 24 * 3600;
}

/* nothing is proven, and the clock, once in 2040, is right again */
static void file_of_2040_and_no_network(struct avs_board *board) {
    no_route(board);
    board->clock.newest_file = board->clock.now + 14LL * 365 * 24 * 3600;
}

static void file_of_tomorrow_and_no_network(struct avs_board *board) {
    no_route(board);
    board->clock.newest_file = board->clock.now + 3LL * 24 * 3600;
}

static void root_missing_in_the_audit_alone(struct avs_board *board) {
    add_note(board, AVS_BOARD_PART_STORE, AVS_CAUSE_ROOT_MISSING, AVS_SEVERITY_ERROR);
}

static void root_missing(struct avs_board *board) {
    root_missing_in_the_audit_alone(board);
    for (int p = 0; p < AVS_SESSION_COUNT; p++) {
        struct avs_tls_facts *tls = &board->host[GATEWAY].evidence->session[p].tls;
        tls->outcome = AVS_HANDSHAKE_VERIFY_FAILED;
        tls->is_verified = false;
        tls->chain_length = 1;
        tls->trust.gate.verify_error = 20;
        strcpy(tls->trust.refusal.missing_issuer, "CN=Amazon Root CA 1,O=Amazon,C=US");
        tls->trust.refusal.closes_with_ats_roots = true;
    }
}

static void another_root_missing(struct avs_board *board) {
    root_missing(board);
    for (int p = 0; p < AVS_SESSION_COUNT; p++) {
        board->host[GATEWAY].evidence->session[p].tls.trust.refusal.closes_with_ats_roots = false;
    }
}

static void disk_is_full(struct avs_board *board) {
    board->place_length = 1;
    board->place[0].state = AVS_BOARD_PLACE_FULL;
}

static void disk_is_full_and_names_fail(struct avs_board *board) {
    disk_is_full(board);
    silent_resolver(board);
}

static void ipv6_leads_nowhere(struct avs_board *board) {
    add_address(board, GATEWAY, "2001:db8::1", AVS_CAUSE_CONNECT_TIMEOUT);
    add_address(board, GATEWAY, "2001:db8::2", AVS_CAUSE_CONNECT_TIMEOUT);
    add_address(board, GATEWAY, "10.0.0.7", AVS_CAUSE_NONE);
}

static void ipv6_is_not_there(struct avs_board *board) {
    add_address(board, GATEWAY, "2001:db8::1", AVS_CAUSE_NETWORK_UNREACHABLE);
    add_address(board, GATEWAY, "10.0.0.7", AVS_CAUSE_NONE);
}

static void one_bad_address(struct avs_board *board) {
    add_address(board, GATEWAY, "10.0.0.7", AVS_CAUSE_NONE);
    add_address(board, GATEWAY, "10.0.0.8", AVS_CAUSE_ROOT_MISSING);
    add_address(board, GATEWAY, "10.0.0.9", AVS_CAUSE_NONE);
}

static void one_dead_address(struct avs_board *board) {
    add_address(board, GATEWAY, "10.0.0.7", AVS_CAUSE_NONE);
    add_address(board, GATEWAY, "10.0.0.8", AVS_CAUSE_CONNECT_TIMEOUT);
}

static void pinned(struct avs_board *board) {
    set_dial(board, GATEWAY, AVS_DIAL_REFUSED);
    strcpy(board->host[GATEWAY].pinned, "10.9.9.9");
    strcpy(board->resolver.server[0].reply[GATEWAY].addresses, "10.0.0.7 10.0.0.8");
}

static void pinned_as_the_resolver_says(struct avs_board *board) {
    pinned(board);
    strcpy(board->host[GATEWAY].pinned, "10.0.0.8");
}

static void a_log_of_the_same(struct avs_board *board) {
    firewall_drops(board);
    add_note(board, AVS_BOARD_PART_LOG, AVS_CAUSE_CONNECT_TIMEOUT, AVS_SEVERITY_ERROR);
}

static void a_log_of_the_past(struct avs_board *board) {
    add_note(board, AVS_BOARD_PART_LOG, AVS_CAUSE_ROOT_MISSING, AVS_SEVERITY_ERROR);
}

static void configuration_does_not_load(struct avs_board *board) {
    add_note(board, AVS_BOARD_PART_CONFIG, AVS_CAUSE_CONFIG_MALFORMED, AVS_SEVERITY_ERROR);
    silent_resolver(board);
}

static void no_http2_in_libcurl(struct avs_board *board) {
    board->libraries.has_http2 = false;
}

static void a_host_was_not_asked_in_time(struct avs_board *board) {
    avs_evidence_free(board->host[GATEWAY].evidence);
    board->host[GATEWAY].evidence = NULL;
}

static void stopped_by_the_user(struct avs_board *board) {
    a_host_was_not_asked_in_time(board);
    board->was_stopped = true;
}

static void not_in_time_and_a_fault_elsewhere(struct avs_board *board) {
    a_host_was_not_asked_in_time(board);
    set_plain(board, LOGIN);
}

static void large_packets_vanish(struct avs_board *board) {
    set_all(board, AVS_DIAL_CONNECTED);
    for (size_t i = 0; i < HOSTS; i++) {
        for (int p = 0; p < AVS_SESSION_COUNT; p++) {
            board->host[i].evidence->session[p].tls.outcome = AVS_HANDSHAKE_TIMEOUT;
        }
    }
    board->host[GATEWAY].works_in_small_segments = true;
}

static void an_image(struct avs_board *board) {
    strcpy(board->sysroot, "/image");
    for (size_t i = 0; i < HOSTS; i++) {
        avs_evidence_free(board->host[i].evidence);
        board->host[i].evidence = NULL;
        board->host[i].was_asked = false;
    }
}

/* ---- and what is said of them ---- */

#define B(name) #name, name
static const struct {
    const char *name;
    void (*change)(struct avs_board *board);
    int exit_code;
    enum avs_cause first;
    enum avs_board_part part;
    enum avs_severity severity;
    size_t faults, consequences;
} rows[] = {
    {B(works), 0, AVS_CAUSE_NONE, 0, 0, 0, 0},
    {B(no_resolver), 1, AVS_CAUSE_DNS_FAILED, AVS_BOARD_PART_RESOLVER, AVS_SEVERITY_ERROR, 1, 1},
    {B(silent_resolver), 1, AVS_CAUSE_DNS_FAILED, AVS_BOARD_PART_RESOLVER, AVS_SEVERITY_ERROR, 1,
     1},
    {B(lying_resolver), 1, AVS_CAUSE_DNS_FAILED, AVS_BOARD_PART_RESOLVER, AVS_SEVERITY_ERROR, 1, 1},
    {B(one_dead_resolver), 0, AVS_CAUSE_RESOLVER_DEAD, AVS_BOARD_PART_RESOLVER,
     AVS_SEVERITY_WARNING, 1, 0},
    {B(a_dead_resolver_that_costs_a_lookup), 1, AVS_CAUSE_RESOLVER_DEAD, AVS_BOARD_PART_RESOLVER,
     AVS_SEVERITY_ERROR, 1, 1},
    {B(no_route), 1, AVS_CAUSE_NETWORK_UNREACHABLE, AVS_BOARD_PART_NETWORK, AVS_SEVERITY_ERROR, 1,
     2},
    {B(no_default_route_and_none_needed), 0, AVS_CAUSE_NONE, 0, 0, 0, 0},
    {B(firewall_drops), 3, AVS_CAUSE_CONNECT_TIMEOUT, AVS_BOARD_PART_HOST, AVS_SEVERITY_ERROR, 1,
     0},
    {B(test_name_is_gone), 0, AVS_CAUSE_NAME_RETIRED, AVS_BOARD_PART_HOST, AVS_SEVERITY_INFO, 1, 0},
    {B(test_host_alone_is_refused), 0, AVS_CAUSE_CONNECT_REFUSED, AVS_BOARD_PART_HOST,
     AVS_SEVERITY_WARNING, 1, 0},
    {B(portal), 1, AVS_CAUSE_CAPTIVE_PORTAL, AVS_BOARD_PART_HOST, AVS_SEVERITY_ERROR, 1, 1},
    {B(plain_text_on_one_host), 1, AVS_CAUSE_PLAINTEXT_PEER, AVS_BOARD_PART_HOST,
     AVS_SEVERITY_ERROR, 1, 0},
    {B(portal_with_a_certificate), 1, AVS_CAUSE_CAPTIVE_PORTAL, AVS_BOARD_PART_HOST,
     AVS_SEVERITY_ERROR, 1, 1},
    {B(clock_of_1970), 1, AVS_CAUSE_CLOCK_WRONG, AVS_BOARD_PART_CLOCK, AVS_SEVERITY_ERROR, 1, 1},
    {B(file_from_the_future_on_a_good_clock), 0, AVS_CAUSE_NONE, 0, 0, 0, 0},
    {B(file_of_2040_and_no_network), 1, AVS_CAUSE_NETWORK_UNREACHABLE, AVS_BOARD_PART_NETWORK,
     AVS_SEVERITY_ERROR, 1, 2},
    {B(file_of_tomorrow_and_no_network), 1, AVS_CAUSE_NETWORK_UNREACHABLE, AVS_BOARD_PART_NETWORK,
     AVS_SEVERITY_ERROR, 2, 2},
    {B(root_missing_in_the_audit_alone), 0, AVS_CAUSE_ROOT_MISSING, AVS_BOARD_PART_STORE,
     AVS_SEVERITY_WARNING, 1, 0},
    {B(root_missing), 1, AVS_CAUSE_ROOT_MISSING, AVS_BOARD_PART_STORE, AVS_SEVERITY_ERROR, 1, 1},
    {B(another_root_missing), 1, AVS_CAUSE_ROOT_MISSING, AVS_BOARD_PART_STORE, AVS_SEVERITY_ERROR,
     2, 0},
    {B(disk_is_full), 1, AVS_CAUSE_DISK_FULL, AVS_BOARD_PART_DISK, AVS_SEVERITY_ERROR, 1, 0},
    {B(disk_is_full_and_names_fail), 1, AVS_CAUSE_DNS_FAILED, AVS_BOARD_PART_RESOLVER,
     AVS_SEVERITY_ERROR, 2, 1},
    {B(ipv6_leads_nowhere), 0, AVS_CAUSE_IPV6_BROKEN, AVS_BOARD_PART_HOST, AVS_SEVERITY_WARNING, 1,
     0},
    {B(ipv6_is_not_there), 0, AVS_CAUSE_NONE, 0, 0, 0, 0},
    {B(one_bad_address), 1, AVS_CAUSE_ADDRESS_BAD, AVS_BOARD_PART_HOST, AVS_SEVERITY_ERROR, 1, 0},
    {B(one_dead_address), 0, AVS_CAUSE_ADDRESS_BAD, AVS_BOARD_PART_HOST, AVS_SEVERITY_WARNING, 1,
     0},
    {B(pinned), 1, AVS_CAUSE_NAME_PINNED, AVS_BOARD_PART_HOST, AVS_SEVERITY_ERROR, 1, 1},
    {B(pinned_as_the_resolver_says), 3, AVS_CAUSE_CONNECT_REFUSED, AVS_BOARD_PART_HOST,
     AVS_SEVERITY_ERROR, 1, 0},
    {B(a_log_of_the_same), 3, AVS_CAUSE_CONNECT_TIMEOUT, AVS_BOARD_PART_HOST, AVS_SEVERITY_ERROR, 1,
     1},
    {B(a_log_of_the_past), 0, AVS_CAUSE_ROOT_MISSING, AVS_BOARD_PART_LOG, AVS_SEVERITY_WARNING, 1,
     0},
    {B(configuration_does_not_load), 1, AVS_CAUSE_CONFIG_MALFORMED, AVS_BOARD_PART_CONFIG,
     AVS_SEVERITY_ERROR, 2, 1},
    {B(no_http2_in_libcurl), 1, AVS_CAUSE_HTTP2_UNSUPPORTED_BY_LIBCURL, AVS_BOARD_PART_LIBRARIES,
     AVS_SEVERITY_ERROR, 1, 0},
    {B(a_host_was_not_asked_in_time), 3, AVS_CAUSE_PROBE_UNFINISHED, AVS_BOARD_PART_HOST,
     AVS_SEVERITY_ERROR, 1, 0},
    {B(stopped_by_the_user), 3, AVS_CAUSE_PROBE_UNFINISHED, AVS_BOARD_PART_HOST, AVS_SEVERITY_INFO,
     1, 0},
    {B(not_in_time_and_a_fault_elsewhere), 1, AVS_CAUSE_PLAINTEXT_PEER, AVS_BOARD_PART_HOST,
     AVS_SEVERITY_ERROR, 2, 0},
    {B(large_packets_vanish), 1, AVS_CAUSE_LARGE_PACKETS_LOST, AVS_BOARD_PART_NETWORK,
     AVS_SEVERITY_ERROR, 1, 1},
    {B(an_image), 3, AVS_CAUSE_NONE, 0, 0, 0, 0},
};

static void each_board_has_the_right_first_line(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct avs_board *board = board_ready();
        struct avs_board_conclusion conclusion;
        rows[i].change(board);
        avs_board_conclude(board, &conclusion);
        size_t faults = 0;
        for (size_t k = 0; k < conclusion.finding_count; k++) {
            faults += conclusion.finding[k].because == AVS_BOARD_NOTHING;
        }
        const struct avs_board_finding *first = &conclusion.finding[0];
        bool is_right =
            conclusion.exit_code == rows[i].exit_code && faults == rows[i].faults &&
            conclusion.finding_count - faults == rows[i].consequences &&
            (faults == 0 || (first->cause == rows[i].first && first->part == rows[i].part &&
                             first->severity == rows[i].severity));
        if (!is_right) {
            print_error("%s: exit %d, %zu faults, %zu consequences, first %s of part %d, severity "
                        "%d\n",
                        rows[i].name, conclusion.exit_code, faults,
                        conclusion.finding_count - faults, avs_cause_info(first->cause)->id,
                        (int)first->part, (int)first->severity);
        }
        assert_true(is_right);
        avs_board_free(board);
    }
}

/* Whatever the facts are: no circle, faults in front, and the ceiling holds. */
static void any_board_is_in_order(void **state) {
    (void)state;
    for (uint64_t seed = 1; seed <= 300; seed++) {
        struct avs_board *board = board_ready();
        struct chance chance = chance_from_seed(seed);
        struct avs_board_conclusion conclusion;
        for (size_t i = 0; i < HOSTS; i++) {
            evidence_shake(board->host[i].evidence, &chance, 3);
        }
        for (size_t i = 0; i < AVS_BOARD_NOTES_MAX; i++) {
            add_note(board, (enum avs_board_part)(chance.next(&chance) % AVS_BOARD_PART_COUNT),
                     (enum avs_cause)(chance.next(&chance) % AVS_CAUSE_COUNT),
                     (enum avs_severity)(chance.next(&chance) % 3));
        }
        for (size_t i = 0; i < AVS_BOARD_ADDRESSES_MAX; i++) {
            add_address(board, GATEWAY, i % 2 ? "::1" : "10.0.0.1",
                        (enum avs_cause)(chance.next(&chance) % AVS_CAUSE_COUNT));
        }
        avs_board_conclude(board, &conclusion);
        assert_true(conclusion.finding_count <= AVS_BOARD_FINDINGS_MAX);
        for (size_t i = 0; i < conclusion.finding_count; i++) {
            size_t because = conclusion.finding[i].because;
            if (because != AVS_BOARD_NOTHING) {
                assert_true(because < i);
                assert_int_equal(conclusion.finding[because].because, AVS_BOARD_NOTHING);
            }
        }
        avs_board_free(board);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_board_has_the_right_first_line),
        cmocka_unit_test(any_board_is_in_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
