/* SPDX-License-Identifier: Apache-2.0 */
/* See resolver.h. Over UDP, a socket for each server, every question sent twice: one packet may be
 * lost. */
#include "board/resolver.h"

#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/flow.h"
#include "base/text.h"
#include "board/text_file.h"
#include "check/dns_wire.h"

#define RESOLV_CONF "/etc/resolv.conf"
#define RESEND_MS   400
#define WORD_BYTES  AVS_NAME_BYTES

/* ---- the files ---- */

void avs_board_read_resolv_conf(const char *text, size_t length, struct avs_board_resolver *ret) {
    struct avs_board_line line;
    char word[WORD_BYTES];
    for (size_t at = 0; avs_board_next_line(text, length, &at, &line);) {
        if (!avs_board_next_word(&line, word, sizeof(word)) || strcmp(word, "nameserver") != 0 ||
            !avs_board_next_word(&line, word, sizeof(word))) {
            continue;
        }
        if (ret->server_length == AVS_BOARD_SERVERS_MAX) {
            ret->ignored++;
            continue;
        }
        avs_text_make_printable(word);
        AVS_TEXT_SET(ret->server[ret->server_length++].address, word);
    }
}

void avs_board_read_hosts(const char *text, size_t length, const char *host,
                          char ret_address[AVS_BOARD_ADDRESS_BYTES]) {
    struct avs_board_line line;
    char address[WORD_BYTES], name[WORD_BYTES];
    ret_address[0] = '\0';
    for (size_t at = 0; avs_board_next_line(text, length, &at, &line);) {
        if (!avs_board_next_word(&line, address, sizeof(address))) {
            continue;
        }
        while (avs_board_next_word(&line, name, sizeof(name))) {
            if (strcasecmp(name, host) == 0 && !ret_address[0]) {
                avs_text_make_printable(address);
                avs_text_copy(ret_address, AVS_BOARD_ADDRESS_BYTES, address);
            }
        }
    }
}

/* ---- the questions ---- */

struct asking {
    struct avs_board *board;
    int fd[AVS_BOARD_SERVERS_MAX];
    size_t open_questions[AVS_BOARD_SERVERS_MAX];
    bool has_answer[AVS_BOARD_SERVERS_MAX][2 * AVS_BOARD_HOSTS_MAX];
};

/* A question's id is its index and something that tells it from a stray packet. */
static uint16_t id_of(size_t question) {
    return (uint16_t)(0x6176 + question);
}

static enum avs_dns_answer *answer_at(struct avs_board_server *server, size_t question) {
    struct avs_board_reply *reply = &server->reply[question / 2];
    return question % 2 == 0 ? &reply->a : &reply->aaaa;
}

static enum avs_dns_type type_of(size_t question) {
    return question % 2 == 0 ? AVS_DNS_A : AVS_DNS_AAAA;
}

static void fill(struct avs_board_server *server, size_t count, enum avs_dns_answer answer) {
    for (size_t i = 0; i < 2 * count; i++) {
        *answer_at(server, i) = answer;
    }
}

static int connect_to(const char *address) {
    const struct addrinfo hints = {.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV,
                                   .ai_socktype = SOCK_DGRAM};
    struct addrinfo *to = NULL;
    if (getaddrinfo(address, "53", &hints, &to) != 0) {
        return -1;
    }
    int fd = socket(to->ai_family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd >= 0 && connect(fd, to->ai_addr, to->ai_addrlen) != 0) {
        close(fd);
        fd = -1;
    }
    freeaddrinfo(to);
    return fd;
}

static void give_up(struct asking *asking, size_t server, enum avs_dns_answer answer) {
    size_t questions = 2 * asking->board->host_length;
    for (size_t i = 0; i < questions; i++) {
        if (!asking->has_answer[server][i]) {
            *answer_at(&asking->board->resolver.server[server], i) = answer;
        }
    }
    if (asking->fd[server] >= 0) {
        close(asking->fd[server]);
        asking->fd[server] = -1;
    }
}

static void send_questions(struct asking *asking, size_t server) {
    uint8_t question[AVS_DNS_QUESTION_BYTES];
    for (size_t i = 0; i < 2 * asking->board->host_length && asking->fd[server] >= 0; i++) {
        size_t length =
            avs_dns_question(id_of(i), asking->board->host[i / 2].host, type_of(i), question);
        if (length == 0 || asking->has_answer[server][i]) {
            continue;
        }
        if (send(asking->fd[server], question, length, MSG_NOSIGNAL) < 0 && errno != EAGAIN) {
            give_up(asking, server, AVS_DNS_UNREACHABLE); /* ICMP, or no route */
        }
    }
}

static void take_answer(struct asking *asking, size_t at, const uint8_t *bytes, size_t length) {
    struct avs_board_server *server = &asking->board->resolver.server[at];
    for (size_t i = 0; i < 2 * asking->board->host_length; i++) {
        if (asking->has_answer[at][i] || !avs_dns_is_answer(bytes, length, id_of(i))) {
            continue;
        }
        char found[sizeof(server->reply->addresses)], before[sizeof(server->reply->addresses)];
        struct avs_board_reply *reply = &server->reply[i / 2];
        *answer_at(server, i) =
            avs_dns_read_answer(bytes, length, type_of(i), found, sizeof(found));
        AVS_TEXT_SET(before, reply->addresses);
        avs_text_format(reply->addresses, sizeof(reply->addresses), "%s%s%s", before,
                        before[0] && found[0] ? " " : "", found);
        asking->has_answer[at][i] = true;
        asking->open_questions[at]--;
        return;
    }
}

static void read_answers(struct asking *asking, size_t server) {
    uint8_t bytes[AVS_DNS_ANSWER_BYTES];
    while (asking->fd[server] >= 0) {
        ssize_t length = recv(asking->fd[server], bytes, sizeof(bytes), 0);
        if (length < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR)) {
            return;
        }
        if (length < 0) {
            give_up(asking, server, AVS_DNS_UNREACHABLE);
            return;
        }
        take_answer(asking, server, bytes, (size_t)length);
        if (asking->open_questions[server] == 0) {
            close(asking->fd[server]);
            asking->fd[server] = -1;
        }
    }
}

/* Until every server has answered, or the time is over. */
static void wait_for_answers(struct asking *asking) {
    const size_t count = asking->board->resolver.server_length;
    int64_t began_us = avs_clock_monotonic_us();
    bool has_resent = false;
    for (;;) {
        struct pollfd fds[AVS_BOARD_SERVERS_MAX];
        size_t waiting = 0;
        for (size_t i = 0; i < count; i++) {
            fds[i] = (struct pollfd){.fd = asking->fd[i], .events = POLLIN};
            waiting += asking->fd[i] >= 0;
        }
        int64_t gone_ms = (avs_clock_monotonic_us() - began_us) / 1000;
        if (!has_resent && gone_ms >= RESEND_MS) {
            for (size_t i = 0; i < count; i++) {
                send_questions(asking, i);
            }
            has_resent = true;
        }
        int64_t until_ms = has_resent ? AVS_BOARD_RESOLVER_MS : RESEND_MS;
        if (waiting == 0 || gone_ms >= AVS_BOARD_RESOLVER_MS) {
            return;
        }
        if (poll(fds, count, (int)(until_ms - gone_ms) + 1) < 0 && errno != EINTR) {
            return;
        }
        for (size_t i = 0; i < count; i++) {
            if (asking->fd[i] >= 0 && fds[i].revents) {
                read_answers(asking, i);
            }
        }
    }
}

static void ask(struct avs_board *board) {
    struct avs_board_resolver *resolver = &board->resolver;
    struct asking asking = {.board = board};
    for (size_t i = 0; i < resolver->server_length; i++) {
        resolver->server[i].reply_length = board->host_length;
        asking.fd[i] = connect_to(resolver->server[i].address);
        asking.open_questions[i] = 2 * board->host_length;
        fill(&resolver->server[i], board->host_length,
             asking.fd[i] >= 0 ? AVS_DNS_SILENT : AVS_DNS_UNREACHABLE);
        send_questions(&asking, i);
    }
    wait_for_answers(&asking);
    for (size_t i = 0; i < resolver->server_length; i++) {
        if (asking.fd[i] >= 0) {
            close(asking.fd[i]);
        }
    }
}

void avs_board_ask_resolvers(struct avs_board *board, const char *path, bool asks) {
    size_t length = 0;
    AVS_AUTO(char)
    text = avs_board_file(path ? path : RESOLV_CONF, &length, &board->resolver.os_errno);
    if (text) {
        avs_board_read_resolv_conf(text, length, &board->resolver);
    }
    if (asks && board->host_length > 0) {
        ask(board);
    }
}
