/* SPDX-License-Identifier: Apache-2.0 */
/* The transport of the core over real sockets: libcurl dials, OpenSSL proves, bytes go through. */
#ifndef AVS_CLIENT_LINK_H
#define AVS_CLIENT_LINK_H

#include <avs/endpoint.h>

#include "client/conn.h"
#include "net/loop.h"
#include "tls/engine.h"

/* What dialling and proving need; strings are borrowed as long as the links live. NULL as in
 * struct avs_client_options. */
struct avs_link_options {
    const char *ca_file, *ca_path, *store_source;
    const char *proxy, *interface_name;
    struct avs_endpoint connect_to;        /* host[0] == '\0' = each origin's own */
    const struct avs_ats_roots *ats_roots; /* required */
    const char *alpn;                      /* what is offered; "h2" is all that is spoken */
    bool offers_sessions;                  /* TLS resumption; false = each time the whole chain */
    int dial_timeout_ms;                   /* > 0 */
    int unacknowledged_timeout_ms;         /* TCP_USER_TIMEOUT; 0 = the system's */
    int segment_bytes;                     /* as in struct avs_dial_options */
    const struct avs_tls_trial *trial;     /* optional */
};

/* All links of one client. */
struct avs_links {
    struct avs_link_options options;
    struct avs_core *core;
    struct avs_loop *loop;
    struct avs_tls_context *context; /* for the next link; NULL before the first */
    struct avs_anchors *anchors;     /* those of the context */
    struct avs_link *first;
};

void avs_links_init(struct avs_links *links, const struct avs_link_options *options,
                    struct avs_core *core, struct avs_loop *loop);
/* No link may be left. */
void avs_links_done(struct avs_links *links);
/* For struct avs_core_options. */
struct avs_transport avs_links_transport(struct avs_links *links);

/* Send what every connection has to say, as far as the sockets take it. */
void avs_links_flush(struct avs_links *links);
/* What to wait for; returns how many of `capacity` entries were used. */
size_t avs_links_collect(struct avs_links *links, struct avs_loop_fd *fds, size_t capacity);
/* After the wait, with the same array: receive and hand on. */
void avs_links_dispatch(struct avs_links *links, const struct avs_loop_fd *fds, size_t count,
                        int64_t now_us);

/* Give back what silent connections do not need until something moves again. */
void avs_links_trim(struct avs_links *links);

#endif
