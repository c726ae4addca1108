/* SPDX-License-Identifier: Apache-2.0 */
/* Dialling: libcurl resolves, races v6 against v4, passes proxies and binds to interfaces, just as
 * it does under the SDK's stock transport; the connected descriptor is then ours. */
#ifndef AVS_NET_DIAL_H
#define AVS_NET_DIAL_H

#include <avs/evidence.h>

#include "net/loop.h"

/* Beyond the deadline of a dial: libcurl's own timeout comes first, it knows what it waits for. */
#define AVS_DIAL_GRACE_US 100000

struct avs_dial;

/** Strings are borrowed until the dial has ended. */
struct avs_dial_options {
    const char *host; /* required; IPv6 literals without brackets */
    uint16_t port;
    const char *connect_host;   /* dial this host instead; NULL = host */
    uint16_t connect_port;      /* with connect_host */
    const char *proxy;          /* as CURLOPT_PROXY; NULL = https_proxy / all_proxy, "" = none */
    const char *interface_name; /* as CURLOPT_INTERFACE; NULL = any */
    int timeout_ms;             /* > 0 */
    int segment_bytes; /* the most in one TCP segment, both ways (TCP_MAXSEG); 0 = the system's */
    struct avs_dial_facts *facts;    /* required: written as the dial goes */
    struct avs_timing_facts *timing; /* optional: dns_ms, connect_ms */
};

/** The dial ended: `fd` is connected, non-blocking and the callee's, or -1 (see the facts).
 *  The dial is freed afterwards; the callback may start another. Thread: the loop's. */
typedef void (*avs_dial_done_fn)(void *user, int fd);

/** Start dialling on `loop`. OK means exactly one `on_done`, from avs_loop_wait, unless cancelled.
 *  Errors: NO_MEMORY, ERR_PROXY (a kind of proxy whose tunnel has no descriptor of its own). */
AVS_NODISCARD enum avs_status avs_dial_start(struct avs_loop *loop,
                                             const struct avs_dial_options *options,
                                             avs_dial_done_fn on_done, void *user,
                                             struct avs_dial **ret_dial, struct avs_error *reterr);
/** Drop it; no callback follows. NULL is fine. Thread: the loop's. */
void avs_dial_cancel(struct avs_dial *dial);

/** The caller's time is over before libcurl's, by a hair or by far: the same outcome as libcurl's
 * own time-out has. Pure. */
void avs_dial_note_timeout(struct avs_dial_facts *facts);

#endif
