/* SPDX-License-Identifier: Apache-2.0 */
/* The small files that a board is read from, and the answers of its name servers: as they are, cut
 * anywhere, and as strangers write them. */
#include "board/network.h"
#include "board/resolver.h"
#include "check/dns_wire.h"
#include "support/test.h"

static void resolv_conf_names_three_servers(void **state) {
    (void)state;
    static const char text[] = "# nameserver 9.9.9.9\n"
                               "search home.example\n"
                               "  nameserver\t10.0.0.1 # the router\n"
                               "nameserver fe80::1%eth0\r\n"
                               "nameserver\n"
                               "nameservers 10.0.0.7\n"
                               "nameserver 10.0.0.2\nnameserver 10.0.0.3\noptions edns0";
    struct avs_board_resolver resolver = {0};
    avs_board_read_resolv_conf(text, strlen(text), &resolver);
    assert_int_equal(resolver.server_length, 3);
    assert_string_equal(resolver.server[0].address, "10.0.0.1");
    assert_string_equal(resolver.server[1].address, "fe80::1%eth0");
    assert_string_equal(resolver.server[2].address, "10.0.0.2");
    assert_int_equal(resolver.ignored, 1);
    for (size_t length = 0; length < strlen(text); length++) { /* cut anywhere, in a buffer's end */
        struct avs_board_resolver cut = {0};
        char *exact = malloc(length + 1);
        memcpy(exact, text, length);
        avs_board_read_resolv_conf(exact, length, &cut);
        assert_true(cut.server_length <= 3);
        free(exact);
    }
}

static void hosts_file_fixes_a_name(void **state) {
    (void)state;
    static const char text[] = "127.0.0.1 localhost\n#10.1.1.1 a.example\n"
                               "10.0.0.9\tb.example A.example c.example\n10.0.0.10 a.example";
    char address[AVS_BOARD_ADDRESS_BYTES];
    avs_board_read_hosts(text, strlen(text), "a.example", address);
    assert_string_equal(address, "10.0.0.9");
    avs_board_read_hosts(text, strlen(text), "example", address);
    assert_string_equal(address, "");
}

static void default_routes_of_both_families(void **state) {
    (void)state;
    static const char ipv4[] =
        "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT\n"
        "eth1\t00000000\t0100000A\t0002\t0\t0\t0\t00000000\t0\t0\t0\n" /* down */
        "eth0\t0000000A\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0\n"
        "eth0\t00000000\t0100000A\t0003\t0\t0\t100\t00000000\t0\t0\t0\n";
    static const char none[] =
        "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT\n"
        "eth0\t00000000\t00000000\t0001\t0\t0\t0\t000000FF\t0\t0\t0\n"; /* 0.0.0.0/8 */
    static const char ppp[] = "ppp0\t00000000\t00000000\t0001\t0\t0\t0\t00000000\t0\t0\t0\n";
    char route[AVS_BOARD_ADDRESS_BYTES];
    avs_board_read_route(ipv4, strlen(ipv4), route);
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    assert_string_equal(route, "10.0.0.1 dev eth0");
#endif
    avs_board_read_route(none, strlen(none), route);
    assert_string_equal(route, "");
    avs_board_read_route(ppp, strlen(ppp), route);
    assert_string_equal(route, "dev ppp0");
    static const char ipv6[] =
        "00000000000000000000000000000000 00 00000000000000000000000000000000 00 "
        "00000000000000000000000000000000 ffffffff 00000001 00000000 00200200       lo\n"
        "00000000000000000000000000000000 00 00000000000000000000000000000000 00 "
        "fe800000000000000000000000000001 00000400 00000001 00000000 00000003     eth0\n";
    avs_board_read_route6(ipv6, strlen(ipv6), route);
    assert_string_equal(route, "fe80::1 dev eth0");
    avs_board_read_route6(ipv6, 148, route);
    assert_string_equal(route, "");
}

/* ---- name servers ---- */

#define ID 0x1234

static size_t question(enum avs_dns_type type, uint8_t bytes[AVS_DNS_ANSWER_BYTES]) {
    size_t length = avs_dns_question(ID, "a.example", type, bytes);
    assert_true(length > 0);
    bytes[2] |= 0x80;
    return length;
}

static size_t add_record(uint8_t *at, unsigned type, const void *data, size_t length) {
    const uint8_t head[] = {0xC0, 12, 0, (uint8_t)type, 0, 1, 0, 0, 0, 60, 0, (uint8_t)length};
    memcpy(at, head, sizeof(head));
    memcpy(at + sizeof(head), data, length);
    return sizeof(head) + length;
}

static void an_alias_leads_to_addresses(void **state) {
    (void)state;
    static const uint8_t alias[] = {1, 'b', 0xC0, 14}, first[] = {10, 0, 0, 7},
                         next[] = {10, 0, 0, 8};
    uint8_t bytes[AVS_DNS_ANSWER_BYTES] = {0};
    char addresses[100];
    size_t length = question(AVS_DNS_A, bytes);
    length += add_record(bytes + length, 5, alias, sizeof(alias));
    length += add_record(bytes + length, 1, first, sizeof(first));
    length += add_record(bytes + length, 1, next, sizeof(next));
    bytes[7] = 3;
    assert_true(avs_dns_is_answer(bytes, length, ID));
    assert_false(avs_dns_is_answer(bytes, length, ID + 1));
    assert_int_equal(avs_dns_read_answer(bytes, length, AVS_DNS_A, addresses, sizeof(addresses)),
                     AVS_DNS_ANSWERS);
    assert_string_equal(addresses, "10.0.0.7 10.0.0.8");
    assert_int_equal(avs_dns_read_answer(bytes, length, AVS_DNS_A, addresses, 10), AVS_DNS_ANSWERS);
    assert_string_equal(addresses, "10.0.0.7"); /* what fits, whole */
    bytes[7] = 1;
    assert_int_equal(avs_dns_read_answer(bytes, length, AVS_DNS_A, addresses, sizeof(addresses)),
                     AVS_DNS_NO_ADDRESS); /* an alias alone */
    bytes[2] |= 2;
    assert_int_equal(avs_dns_read_answer(bytes, length, AVS_DNS_A, addresses, sizeof(addresses)),
                     AVS_DNS_ANSWERS); /* cut: there is more */
}

static void an_answer_is_cut_anywhere(void **state) {
    (void)state;
    static const uint8_t address[16] = {0x20, 1, 0xd, 0xb8, [15] = 1};
    uint8_t bytes[AVS_DNS_ANSWER_BYTES] = {0};
    char addresses[100];
    size_t whole = question(AVS_DNS_AAAA, bytes);
    whole += add_record(bytes + whole, 28, address, sizeof(address));
    bytes[7] = 1;
    for (size_t length = 0; length <= whole; length++) {
        uint8_t *exact = malloc(length + 1);
        memcpy(exact, bytes, length);
        enum avs_dns_answer answer =
            avs_dns_read_answer(exact, length, AVS_DNS_AAAA, addresses, sizeof(addresses));
        assert_int_equal(answer == AVS_DNS_ANSWERS, length == whole);
        free(exact);
    }
    assert_string_equal(addresses, "2001:db8::1");
}

static void names_that_cannot_be_asked_for(void **state) {
    (void)state;
    uint8_t bytes[AVS_DNS_QUESTION_BYTES];
    char longest[300];
    memset(longest, 'a', sizeof(longest));
    longest[64] = '\0';
    assert_int_equal(avs_dns_question(ID, longest, AVS_DNS_A, bytes), 0);
    for (size_t i = 1; i < sizeof(longest); i++) {
        longest[i] = i % 2 ? '.' : 'a';
    }
    longest[sizeof(longest) - 1] = '\0';
    assert_int_equal(avs_dns_question(ID, longest, AVS_DNS_A, bytes), 0);
    assert_int_equal(avs_dns_question(ID, "a..b", AVS_DNS_A, bytes), 0);
    assert_true(avs_dns_question(ID, "a.b.", AVS_DNS_A, bytes) > 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(resolv_conf_names_three_servers),
        cmocka_unit_test(hosts_file_fixes_a_name),
        cmocka_unit_test(default_routes_of_both_families),
        cmocka_unit_test(an_alias_leads_to_addresses),
        cmocka_unit_test(an_answer_is_cut_anywhere),
        cmocka_unit_test(names_that_cannot_be_asked_for),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
