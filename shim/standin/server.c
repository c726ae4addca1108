/* SPDX-License-Identifier: Apache-2.0 */
/* The loop: one thread, one poll, every connection. And start and stop. */
#include "server.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "connection.h"
#include "handshake.h"

enum { BACKLOG = 128, TICK_MAX_MS = 60000 };
enum wake { WAKE_END = 0, WAKE_ACCEPT = 1 };

uint64_t standin_now_ms(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

uint64_t standin_random(struct avs_standin *standin) { /* splitmix64: repeatable, nothing more */
    uint64_t value = standin->random += 0x9e3779b97f4a7c15u;
    value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9u;
    value = (value ^ (value >> 27)) * 0x94d049bb133111ebu;
    return value ^ (value >> 31);
}

const struct identity *standin_identity(struct avs_standin *standin, size_t index) {
    struct identity *identity = &standin->identities[index];
    const struct scenario *scenario = scenario_at(index);
    if (identity->length == 0 &&
        !pki_mint(&standin->pki, &scenario->leaf, scenario->shown.sni, identity)) {
        return NULL;
    }
    return identity;
}

const struct identity *standin_iot_identity(struct avs_standin *standin, size_t index,
                                            bool is_ecdsa) {
    const struct iot_scenario *scenario = iot_at(index);
    struct identity *identity = &standin->iot_identities[2 * index + is_ecdsa];
    const struct leaf_recipe *recipe = is_ecdsa ? &scenario->ecdsa : &scenario->tls.leaf;
    bool is_own = index == IOT_OWN_HOST;
    char host[IOT_HOST_BYTES];
    iot_certificate_host(scenario, scenario->shown.host, host);
    if (identity->length == 0 &&
        !pki_mint(&standin->pki, recipe, is_own ? standin->iot_host : host, identity)) {
        return NULL;
    }
    return identity;
}

const struct identity *standin_case_identity(struct avs_standin *standin, size_t index) {
    struct identity *identity = &standin->sight->identities[index];
    if (identity->length == 0 &&
        !pki_mint(&standin->pki, &qualify_at(index)->tls.leaf, standin->sight->host, identity)) {
        return NULL;
    }
    return identity;
}

static void drop(struct avs_standin *standin, int index) {
    connection_free(standin->connections[index]);
    standin->connections[index] = standin->connections[--standin->connection_count];
}

/* Room for a newcomer: whoever was idle longest goes. */
static void evict_one(struct avs_standin *standin) {
    int oldest = 0;
    for (int i = 1; i < standin->connection_count; i++) {
        if (standin->connections[i]->last_active_ms <
            standin->connections[oldest]->last_active_ms) {
            oldest = i;
        }
    }
    if (standin->connection_count > 0) {
        drop(standin, oldest);
    }
}

static void reset(int fd) {
    struct linger linger = {.l_onoff = 1, .l_linger = 0};
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger));
    close(fd);
}

/* False when nobody waits. */
static bool accept_one(struct avs_standin *standin, struct listener listener) {
    int fd = accept4(listener.fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0) {
        if (errno == EMFILE || errno == ENFILE) {
            evict_one(standin);
        }
        return false;
    }
    int on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    if (standin->connection_count == CONNECTIONS_MAX) {
        evict_one(standin);
    }
    if (standin->replay && standin->replay->port == REPLAY_RESETS) {
        atomic_fetch_add(&standin->connections_seen, 1);
        reset(fd);
        return true;
    }
    struct connection *connection = connection_new(standin, fd, listener.port);
    if (connection) {
        standin->connections[standin->connection_count++] = connection;
        atomic_fetch_add(&standin->connections_seen, 1);
    }
    return true;
}

static void accept_all(struct avs_standin *standin) {
    for (int i = 0; i < standin->listener_count; i++) {
        while (accept_one(standin, standin->listeners[i])) {
        }
    }
    sight_note(standin->sight, 0, SIGHT_ROUND, 0);
}

/* True when the byte that came asks for the end. */
static bool read_wake(struct avs_standin *standin) {
    char byte = WAKE_END;
    if (read(standin->wake[0], &byte, 1) == 1 && byte == WAKE_ACCEPT) {
        accept_all(standin);
        return false;
    }
    return true;
}

static int next_timeout_ms(const struct avs_standin *standin, uint64_t now_ms) {
    uint64_t next_ms = now_ms + TICK_MAX_MS;
    for (int i = 0; i < standin->connection_count; i++) {
        uint64_t at_ms = connection_next_ms(standin->connections[i]);
        next_ms = at_ms < next_ms ? at_ms : next_ms;
    }
    return next_ms > now_ms ? (int)(next_ms - now_ms) : 0;
}

static short wanted_events(const struct connection *connection) {
    int events = (connection_wants_read(connection) ? POLLIN : 0) |
                 (connection_wants_write(connection) ? POLLOUT : 0);
    return (short)events;
}

static void serve(struct connection *connection, short events, uint64_t now_ms) {
    if (events & POLLIN) {
        connection_on_readable(connection);
    } else if (events & (POLLERR | POLLHUP | POLLNVAL)) {
        connection->phase = PHASE_DEAD;
    }
    if ((events & POLLOUT) && connection->phase != PHASE_DEAD) {
        connection_on_writable(connection);
    }
    if (connection->phase != PHASE_DEAD && now_ms >= connection_next_ms(connection)) {
        connection_on_time(connection, now_ms);
    }
}

void *standin_loop(void *argument) {
    struct avs_standin *standin = argument;
    struct pollfd polled[1 + LISTENERS_MAX + CONNECTIONS_MAX];
    for (;;) {
        int first = 1 + standin->listener_count; /* polled[first + i] is connection i */
        int served = standin->connection_count;
        polled[0] = (struct pollfd){.fd = standin->wake[0], .events = POLLIN};
        for (int i = 0; i < standin->listener_count; i++) {
            polled[1 + i] = (struct pollfd){.fd = standin->listeners[i].fd, .events = POLLIN};
        }
        for (int i = 0; i < served; i++) {
            polled[first + i] = (struct pollfd){
                .fd = standin->connections[i]->fd,
                .events = wanted_events(standin->connections[i]),
            };
        }
        int ready =
            poll(polled, (nfds_t)(first + served), next_timeout_ms(standin, standin_now_ms()));
        if (ready < 0 && errno != EINTR) {
            return NULL;
        }
        if (ready >= 0 && polled[0].revents && read_wake(standin)) {
            return NULL;
        }
        uint64_t now_ms = standin_now_ms();
        for (int i = 0; i < served; i++) {
            serve(standin->connections[i], ready > 0 ? polled[first + i].revents : 0, now_ms);
        }
        for (int i = served - 1; i >= 0; i--) {
            if (standin->connections[i]->phase == PHASE_DEAD) {
                drop(standin, i);
            }
        }
        for (int i = 0; ready > 0 && i < standin->listener_count; i++) {
            if (polled[1 + i].revents & POLLIN) {
                accept_one(standin, standin->listeners[i]);
            }
        }
    }
}

static int listen_on(const struct sockaddr *address, socklen_t length) {
    int fd = socket(address->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0) {
        return -1;
    }
    int on = 1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    if (address->sa_family == AF_INET6) {
        setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on));
    }
    if (bind(fd, address, length) == 0 && listen(fd, BACKLOG) == 0) {
        return fd;
    }
    int error = errno;
    close(fd);
    errno = error;
    return -1;
}

static void add_listener(struct avs_standin *standin, int fd, enum avs_standin_iot_port port) {
    standin->listeners[standin->listener_count++] = (struct listener){fd, port};
}

/* 127.0.0.1 must work; ::1 is a bonus. */
static bool listen_at(struct avs_standin *standin, enum avs_standin_iot_port as, uint16_t port,
                      uint16_t *ret_port, char *error, size_t error_bytes) {
    struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_port = htons(port)};
    v4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof(v4);
    int fd = listen_on((struct sockaddr *)&v4, sizeof(v4));
    if (fd < 0 || getsockname(fd, (struct sockaddr *)&v4, &length) != 0) {
        snprintf(error, error_bytes,
                 "cannot listen on 127.0.0.1 port %u: %s. Name another port, or 0 for any that is "
                 "free.",
                 port, strerror(errno));
        if (fd >= 0) {
            close(fd);
        }
        return false;
    }
    add_listener(standin, fd, as);
    *ret_port = ntohs(v4.sin_port);
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6, .sin6_port = v4.sin_port};
    v6.sin6_addr = in6addr_loopback;
    fd = listen_on((struct sockaddr *)&v6, sizeof(v6));
    if (fd >= 0) {
        add_listener(standin, fd, as);
    }
    return true;
}

static bool listen_all(struct avs_standin *standin, const struct avs_standin_options *options,
                       char *error, size_t error_bytes) {
    if (options->replay &&
        (options->replay->port == REPLAY_REFUSES || options->replay->port == REPLAY_IGNORES)) {
        return replay_listen(standin, options->port, error, error_bytes);
    }
    if (!options->is_iot) {
        return listen_at(standin, 0, options->port, &standin->port, error, error_bytes);
    }
    for (int i = 0; i < AVS_STANDIN_IOT_PORT_COUNT; i++) {
        if (!listen_at(standin, (enum avs_standin_iot_port)i, options->iot_ports[i],
                       &standin->iot_ports[i], error, error_bytes)) {
            return false;
        }
    }
    return true;
}

/* What the device certificates are checked against, and a place for the servers'. */
static bool start_iot(struct avs_standin *standin) {
    standin->iot_identities = calloc(2 * (iot_count() + 1), sizeof(*standin->iot_identities));
    standin->device_cas = X509_STORE_new();
    return standin->iot_identities && standin->device_cas &&
           X509_STORE_add_cert(standin->device_cas, standin->pki.certificate[CA_DEVICE]) == 1;
}

static bool mint(struct avs_standin *standin, const struct avs_standin_options *options) {
    standin->tls = handshake_context_new();
    if (standin->replay) {
        return standin->tls && replay_pki_init(&standin->replayed, standin->replay);
    }
    standin->identities = calloc(scenario_count(), sizeof(*standin->identities));
    return standin->identities && standin->tls && pki_init(&standin->pki, options->is_iot) &&
           (!options->is_iot || start_iot(standin));
}

static bool write_files(struct avs_standin *standin, const struct avs_standin_options *options,
                        char *error, size_t error_bytes) {
    if (standin->replay) {
        return replay_files_write(&standin->files, &standin->replayed, standin->replay,
                                  options->directory, error, error_bytes);
    }
    return files_write(&standin->files, &standin->pki, options->directory, error, error_bytes) &&
           (!options->is_iot || iot_files_write(&standin->iot_files, &standin->pki,
                                                standin->files.directory, error, error_bytes));
}

/* Signals are the program's business, not this thread's. */
static bool start_thread(struct avs_standin *standin) {
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    standin->has_thread = pthread_create(&standin->thread, NULL, standin_loop, standin) == 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return standin->has_thread;
}

static bool start(struct avs_standin *standin, const struct avs_standin_options *options,
                  char *error, size_t error_bytes) {
    standin->random = options->fault_seed ? options->fault_seed : 1;
    standin->directive_interval_ms = options->directive_interval_ms;
    standin->is_iot = options->is_iot;
    standin->sight = options->sight;
    standin->replay = options->replay;
    snprintf(standin->iot_host, sizeof(standin->iot_host), "%s",
             options->iot_host ? options->iot_host : "");
    if (!listen_all(standin, options, error, error_bytes)) {
        return false;
    }
    if (!mint(standin, options)) {
        snprintf(error, error_bytes, "cannot mint the stand-in's certificates: OpenSSL failed.");
        return false;
    }
    if (!write_files(standin, options, error, error_bytes)) {
        return false;
    }
    if (pipe2(standin->wake, O_CLOEXEC | O_NONBLOCK) != 0 || !start_thread(standin)) {
        snprintf(error, error_bytes, "cannot start the stand-in's thread: %s.", strerror(errno));
        return false;
    }
    return true;
}

bool avs_standin_start(const struct avs_standin_options *options, struct avs_standin **ret_standin,
                       char *error, size_t error_bytes) {
    if (options->size != sizeof(*options)) {
        snprintf(error, error_bytes, "options.size must be sizeof(struct avs_standin_options).");
        return false;
    }
    struct avs_standin *standin = calloc(1, sizeof(*standin));
    if (!standin) {
        snprintf(error, error_bytes, "out of memory.");
        return false;
    }
    standin->wake[0] = standin->wake[1] = standin->closed_port = -1;
    memset(standin->fillers, 0xff, sizeof(standin->fillers)); /* no descriptor */
    if (!start(standin, options, error, error_bytes)) {
        avs_standin_stop(standin);
        return false;
    }
    *ret_standin = standin;
    return true;
}

static void wake(struct avs_standin *standin, char what) {
    while (write(standin->wake[1], &what, 1) < 0 && errno == EINTR) {
    }
}

void standin_accept_all(struct avs_standin *standin) {
    wake(standin, WAKE_ACCEPT);
}

void avs_standin_stop(struct avs_standin *standin) {
    if (!standin) {
        return;
    }
    if (standin->has_thread) {
        wake(standin, WAKE_END);
        pthread_join(standin->thread, NULL);
    }
    while (standin->connection_count > 0) {
        drop(standin, standin->connection_count - 1);
    }
    for (int i = 0; i < standin->listener_count; i++) {
        close(standin->listeners[i].fd);
    }
    replay_close(standin);
    for (int i = 0; i < 2; i++) {
        if (standin->wake[i] >= 0) {
            close(standin->wake[i]);
        }
    }
    for (size_t i = 0; standin->identities && i < scenario_count(); i++) {
        identity_done(&standin->identities[i]);
    }
    for (size_t i = 0; standin->iot_identities && i < 2 * (iot_count() + 1); i++) {
        identity_done(&standin->iot_identities[i]);
    }
    free(standin->identities);
    free(standin->iot_identities);
    X509_STORE_free(standin->device_cas);
    SSL_CTX_free(standin->tls);
    pki_done(&standin->pki);
    replay_pki_done(&standin->replayed);
    files_done(&standin->files);
    free(standin);
}

uint16_t avs_standin_port(const struct avs_standin *standin) {
    return standin->port;
}

uint16_t avs_standin_iot_port(const struct avs_standin *standin, enum avs_standin_iot_port port) {
    return standin->iot_ports[port];
}

const char *avs_standin_iot_path(const struct avs_standin *standin,
                                 enum avs_standin_iot_file file) {
    return standin->iot_files.path[file];
}

const char *avs_standin_directory(const struct avs_standin *standin) {
    return standin->files.directory;
}

const char *avs_standin_path(const struct avs_standin *standin, enum avs_standin_file file) {
    return standin->files.path[file];
}

const char *avs_standin_hashed_directory(const struct avs_standin *standin) {
    return standin->files.hashed;
}

const char *avs_standin_unhashed_directory(const struct avs_standin *standin) {
    return standin->files.unhashed;
}

void avs_standin_count(const struct avs_standin *standin,
                       struct avs_standin_counters *ret_counters) {
    *ret_counters = (struct avs_standin_counters){
        .connections = atomic_load(&standin->connections_seen),
        .handshakes = atomic_load(&standin->handshakes),
        .requests = atomic_load(&standin->requests),
        .directives = atomic_load(&standin->directives),
        .faults = atomic_load(&standin->faults),
    };
}
