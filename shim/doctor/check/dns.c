/* SPDX-License-Identifier: Apache-2.0 */
/* See dns.h. One query for an A record to each server over UDP. */
#include "check/dns.h"

#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/flow.h"
#include "base/text.h"
#include "check/dns_wire.h"

#define LINE_BYTES 512
#define QUERY_ID   0x6176 /* the socket is connected, and the answer decides nothing but words */

struct server {
    char name[64];
    int fd;
    enum avs_dns_answer answer;
};

static size_t read_servers(const char *resolv_conf, struct server servers[AVS_DNS_SERVERS_MAX]) {
    FILE *file = fopen(resolv_conf, "re");
    size_t count = 0;
    char line[LINE_BYTES];
    while (file && count < AVS_DNS_SERVERS_MAX && fgets(line, sizeof(line), file)) {
        char name[sizeof(servers->name)];
        if (sscanf(line, " nameserver %63s", name) == 1) {
            servers[count] = (struct server){.fd = -1, .answer = AVS_DNS_UNREACHABLE};
            AVS_TEXT_SET(servers[count++].name, name);
        }
    }
    if (file) {
        fclose(file);
    }
    return count;
}

static void send_query(struct server *server, const uint8_t *query, size_t length) {
    const struct addrinfo hints = {.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV,
                                   .ai_socktype = SOCK_DGRAM};
    struct addrinfo *address = NULL;
    if (getaddrinfo(server->name, "53", &hints, &address) != 0) {
        return;
    }
    server->fd = socket(address->ai_family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (server->fd >= 0 && connect(server->fd, address->ai_addr, address->ai_addrlen) == 0 &&
        send(server->fd, query, length, MSG_NOSIGNAL) == (ssize_t)length) {
        server->answer = AVS_DNS_SILENT;
    } else if (server->fd >= 0) {
        close(server->fd);
        server->fd = -1;
    }
    freeaddrinfo(address);
}

/* False: keep waiting. */
static bool read_answer(struct server *server) {
    uint8_t answer[AVS_DNS_ANSWER_BYTES];
    char addresses[AVS_NAME_BYTES];
    ssize_t length = recv(server->fd, answer, sizeof(answer), 0);
    if (length < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR)) {
        return false;
    }
    if (length < 0) {
        server->answer = AVS_DNS_UNREACHABLE; /* ICMP said so */
        return true;
    }
    bool is_ours = avs_dns_is_answer(answer, (size_t)length, QUERY_ID);
    if (is_ours) {
        server->answer =
            avs_dns_read_answer(answer, (size_t)length, AVS_DNS_A, addresses, sizeof(addresses));
    }
    return is_ours;
}

static void wait_for_answers(struct server *servers, size_t count) {
    int64_t deadline_us = avs_clock_monotonic_us() + AVS_DNS_PROBE_MS * 1000;
    for (;;) {
        struct pollfd fds[AVS_DNS_SERVERS_MAX];
        size_t waiting = 0;
        for (size_t i = 0; i < count; i++) {
            fds[i] = (struct pollfd){.fd = servers[i].fd, .events = POLLIN};
            waiting += servers[i].fd >= 0;
        }
        int64_t left_us = deadline_us - avs_clock_monotonic_us();
        if (waiting == 0 || left_us <= 0) {
            break;
        }
        if (poll(fds, count, (int)(left_us / 1000) + 1) < 0 && errno != EINTR) {
            break;
        }
        for (size_t i = 0; i < count; i++) {
            if (servers[i].fd >= 0 && fds[i].revents && read_answer(&servers[i])) {
                close(servers[i].fd);
                servers[i].fd = -1;
            }
        }
    }
    for (size_t i = 0; i < count; i++) {
        if (servers[i].fd >= 0) {
            close(servers[i].fd);
        }
    }
}

void avs_check_dns(const char *resolv_conf, const char *host, struct avs_dns_facts *facts) {
    /* libc goes on to the next server after silence and SERVFAIL: what says more comes later here
     */
    static const enum avs_dns_answer weakest_first[] = {
        AVS_DNS_UNREACHABLE, AVS_DNS_SILENT,   AVS_DNS_REFUSED, AVS_DNS_SERVFAIL,
        AVS_DNS_NO_ADDRESS,  AVS_DNS_NXDOMAIN, AVS_DNS_ANSWERS};
    struct server servers[AVS_DNS_SERVERS_MAX];
    uint8_t query[AVS_DNS_QUESTION_BYTES];
    size_t count = read_servers(resolv_conf, servers);
    size_t length = avs_dns_question(QUERY_ID, host, AVS_DNS_A, query);
    *facts = (struct avs_dns_facts){.answer = count > 0 ? AVS_DNS_UNREACHABLE : AVS_DNS_NO_SERVER};
    if (length == 0) {
        facts->answer = AVS_DNS_NOT_ASKED;
        return;
    }
    for (size_t i = 0; i < count; i++) {
        char before[sizeof(facts->servers)];
        AVS_TEXT_SET(before, facts->servers);
        avs_text_format(facts->servers, sizeof(facts->servers), "%s%s%s", before,
                        before[0] ? " " : "", servers[i].name);
        send_query(&servers[i], query, length);
    }
    wait_for_answers(servers, count);
    for (size_t rank = 0; rank < AVS_COUNT(weakest_first); rank++) {
        for (size_t i = count; i-- > 0;) { /* of equal answers the first server's */
            if (servers[i].answer == weakest_first[rank]) {
                facts->answer = servers[i].answer;
                AVS_TEXT_SET(facts->server, servers[i].name);
            }
        }
    }
}
