/* The way to the endpoint: dial and prove TLS, blocking, within the plan's deadline. */
#include "check/link.h"

#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "net/dial.h"
#include "tls/socket.h"

enum avs_status avs_check_link_init(struct avs_check_link *link, const struct avs_check_plan *plan,
                                    struct avs_error *reterr) {
    const struct avs_tls_context_options options = {.anchors = plan->anchors,
                                                    .ats_roots = plan->ats_roots};
    *link = (struct avs_check_link){.plan = plan, .fd = -1};
    AVS_TRY(avs_loop_new(&link->loop, reterr));
    return avs_tls_context_new(&options, &link->context, reterr);
}

static void drop_connection(struct avs_check_link *link) {
    avs_tls_free(link->tls);
    link->tls = NULL;
    if (link->fd >= 0) {
        close(link->fd);
        link->fd = -1;
    }
}

void avs_check_link_done(struct avs_check_link *link) {
    drop_connection(link);
    avs_tls_context_free(link->context);
    avs_loop_free(link->loop);
}

int avs_check_link_left_ms(const struct avs_check_link *link) {
    int64_t left_us = link->plan->deadline_us - avs_clock_monotonic_us();
    return left_us > 0 ? (int)(left_us / 1000) + 1 : 0;
}

static void on_dialled(void *user, int fd) {
    struct avs_check_link *link = user;
    link->fd = fd;
    link->is_dialled = true;
}

enum avs_status avs_check_link_dial(struct avs_check_link *link, struct avs_dial_facts *facts,
                                    struct avs_timing_facts *timing, struct avs_error *reterr) {
    const struct avs_check_plan *plan = link->plan;
    int left_ms = avs_check_link_left_ms(link);
    const struct avs_dial_options options = {
        .host = plan->endpoint.host,
        .port = plan->endpoint.port,
        .connect_host = plan->connect_to.host[0] ? plan->connect_to.host : NULL,
        .connect_port = plan->connect_to.port,
        .proxy = plan->options->proxy,
        .interface_name = plan->options->interface_name,
        .timeout_ms = left_ms > 0 ? left_ms : 1,
        .facts = facts,
        .timing = timing,
    };
    struct avs_dial *started = NULL;
    drop_connection(link);
    link->is_dialled = false;
    enum avs_status status =
        avs_dial_start(link->loop, &options, on_dialled, link, &started, reterr);
    if (status != AVS_OK) {
        return status == AVS_ERR_PROXY ? AVS_OK : status; /* a proxy's fault is in the facts */
    }
    while (!link->is_dialled && avs_check_link_left_ms(link) > 0) {
        avs_loop_wait(link->loop, NULL, 0, avs_check_link_left_ms(link));
    }
    if (!link->is_dialled) {
        avs_dial_cancel(started);
        facts->outcome = AVS_DIAL_TIMEOUT;
    }
    return AVS_OK;
}

enum avs_status avs_check_link_handshake(struct avs_check_link *link, const char *alpn,
                                         enum avs_tls_family family, struct avs_tls_facts *facts,
                                         struct avs_error *reterr) {
    const struct avs_tls_options options = {
        .host = link->plan->endpoint.host, .alpn = alpn, .family = family, .facts = facts};
    AVS_TRY(avs_tls_new(link->context, &options, &link->tls, reterr));
    for (;;) {
        avs_tls_socket_flush(link->tls, link->fd);
        avs_tls_socket_fill(link->tls, link->fd);
        avs_tls_socket_flush(link->tls, link->fd); /* our last flight, or the alert that says why */
        if (avs_tls_state(link->tls) != AVS_TLS_HANDSHAKING) {
            return AVS_OK;
        }
        int left_ms = avs_check_link_left_ms(link);
        if (left_ms == 0) {
            avs_tls_note_timeout(link->tls);
            return AVS_OK;
        }
        const uint8_t *pending;
        struct avs_loop_fd fd = {.fd = link->fd,
                                 .wants_read = true,
                                 .wants_write = avs_tls_output(link->tls, &pending) > 0};
        avs_loop_wait(link->loop, &fd, 1, left_ms);
    }
}

void avs_check_link_close(struct avs_check_link *link) {
    avs_tls_close(link->tls);
    avs_tls_socket_flush(link->tls, link->fd);
}
