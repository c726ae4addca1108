/* SPDX-License-Identifier: Apache-2.0 */
/* Which of the kernel's messages are a change that can break a connection. */
#include "support/test.h"

#include <linux/if.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>
#include <unistd.h>

#include "net/change.h"

static void put(int fd, unsigned short type, unsigned flags) {
    struct {
        struct nlmsghdr head;
        struct ifinfomsg link;
    } message = {.head = {.nlmsg_len = sizeof(message), .nlmsg_type = type},
                 .link = {.ifi_flags = flags}};
    assert_int_equal(send(fd, &message, sizeof(message), 0), sizeof(message));
}

static void what_can_break_a_connection_counts(void **state) {
    (void)state;
    static const struct {
        unsigned short type;
        unsigned flags;
        bool counts;
    } rows[] = {
        {RTM_NEWADDR, 0, true},
        {RTM_DELADDR, 0, true},
        {RTM_NEWROUTE, 0, true},
        {RTM_DELROUTE, 0, true},
        {RTM_DELLINK, 0, true},
        {RTM_NEWLINK, IFF_UP | IFF_RUNNING, false}, /* counters, a scan */
        {RTM_NEWLINK, IFF_UP, true},                /* the cable is out */
        {RTM_NEWLINK, 0, true},
        {RTM_NEWNEIGH, 0, false},
    };
    int fds[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0, fds), 0);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        put(fds[1], rows[i].type, rows[i].flags);
        assert_int_equal(avs_net_change_take(fds[0]), rows[i].counts);
        assert_false(avs_net_change_take(fds[0])); /* it is empty now */
    }
    put(fds[1], RTM_NEWNEIGH, 0); /* one among many is enough */
    put(fds[1], RTM_DELROUTE, 0);
    put(fds[1], RTM_NEWNEIGH, 0);
    assert_true(avs_net_change_take(fds[0]));
    static const char torn[] = "torn";
    assert_int_equal(send(fds[1], torn, sizeof(torn), 0), sizeof(torn));
    assert_false(avs_net_change_take(fds[0]));
    close(fds[0]);
    close(fds[1]);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_can_break_a_connection_counts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
