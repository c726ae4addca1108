/* SPDX-License-Identifier: Apache-2.0 */
/* Names of rungs, and of what became of them; see ladder_words.h. */
#include "report/ladder_words.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"

AVS_PRINTF(2, 3)
static void say(char *name, const char *format, ...) {
    size_t length = strlen(name);
    va_list arguments;
    if (length > 0 && length + 2 < AVS_RUNG_NAME_BYTES) {
        memcpy(name + length, ", ", 3);
        length += 2;
    }
    va_start(arguments, format);
    (void)vsnprintf(name + length, AVS_RUNG_NAME_BYTES - length, format, arguments);
    va_end(arguments);
}

void avs_rung_name(const struct avs_ladder *ladder, const struct avs_rung *rung,
                   char ret_name[AVS_RUNG_NAME_BYTES]) {
    const struct avs_rung_way *way = &rung->way;
    const struct avs_ladder_world *world = &ladder->sheet.world;
    ret_name[0] = '\0';
    if (way->is_direct) {
        say(ret_name, "past the proxy");
    }
    if (way->address > 0) {
        bool is_one = rung->skip != AVS_SKIP_NONE && rung->skip != AVS_SKIP_NO_ROUTE &&
                      world->address_total < 2;
        say(ret_name, "%s", is_one ? "each address" : world->address[way->address - 1].text);
    }
    if (way->port > 0) {
        say(ret_name, "port %u", way->port);
    }
    if (way->segment_bytes > 0) {
        say(ret_name, "segments of %d bytes", way->segment_bytes);
    }
    if (way->family != AVS_TRIAL_ANY_FAMILY) {
        say(ret_name, "%s certificates", way->family == AVS_TRIAL_RSA ? "RSA" : "ECDSA");
    }
    if (way->version != AVS_TRIAL_ANY_VERSION) {
        say(ret_name, way->family != AVS_TRIAL_ANY_FAMILY ? "TLS 1.%d" : "TLS 1.%d alone",
            way->version == AVS_TRIAL_TLS13 ? 3 : 2);
    }
    if (way->alpn == AVS_RUNG_ALPN_NONE) {
        say(ret_name, "without ALPN");
    } else if (way->protocol == AVS_PROTOCOL_HTTP1) {
        say(ret_name, "HTTP/1.1");
    } else if (way->alpn == AVS_RUNG_ALPN_H2_ALONE) {
        say(ret_name, "h2 alone in ALPN");
    }
    if (way->request_bytes > 0) {
        say(ret_name, "a request of %d bytes", way->request_bytes);
    }
    if (ret_name[0] == '\0') {
        say(ret_name, "as configured");
    }
}

const char *avs_skip_id(enum avs_rung_skip skip) {
    static const char *const ids[AVS_SKIP_COUNT] = {
#define XX(name, id) [AVS_SKIP_##name] = id,
        AVS_SKIP_MAP(XX)
#undef XX
    };
    return ids[skip];
}

const char *avs_skip_text(enum avs_rung_skip skip) {
    static const char *const texts[AVS_SKIP_COUNT] = {
        [AVS_SKIP_NONE] = "it was under way",
        [AVS_SKIP_TIME_OVER] = "time over",
        [AVS_SKIP_STOPPED] = "stopped",
        [AVS_SKIP_LIMIT] = "40 connections are enough",
        [AVS_SKIP_NO_STORE] = "the trust store cannot be loaded",
        [AVS_SKIP_NO_CONNECTION] = "there was no connection to ask TLS on",
        [AVS_SKIP_NO_CHAIN] = "no handshake of one TLS version showed a certificate",
        [AVS_SKIP_NO_ANSWER] = "no short request was answered over HTTP/2",
        [AVS_SKIP_NO_PROXY] = "no proxy is in force",
        [AVS_SKIP_PROXY_RESOLVES] = "the proxy looks the name up",
        [AVS_SKIP_PORT_IS_443] = "443 is the port already",
        [AVS_SKIP_CONNECT_TO] = "where to connect to was given",
        [AVS_SKIP_NO_ADDRESS] = "the name has no address here",
        [AVS_SKIP_ONE_ADDRESS] = "the name has one address alone",
        [AVS_SKIP_LOOKUP_LATE] = "the name's addresses were not known in time",
        [AVS_SKIP_NO_ROUTE] = "this device has no route there",
    };
    return texts[skip];
}

static const struct {
    enum avs_sight sight;
    const char *id, *text;
} sights[] = {
    {AVS_SIGHT_NONE, "none", "nothing was seen"},
    {AVS_SIGHT_PASSED, "passed", "an answer over verified TLS"},
    {AVS_SIGHT_UNREACHED, "unreached", "no connection"},
    {AVS_SIGHT_SILENT, "silent", "connected, then silence in the handshake"},
    {AVS_SIGHT_DROPPED, "dropped", "connected, then cut off in the handshake"},
    {AVS_SIGHT_FOREIGN, "foreign", "connected to something that does not speak TLS"},
    {AVS_SIGHT_REFUSED, "refused", "the handshake was refused, and said so"},
    {AVS_SIGHT_NO_VERSION, "no_version", "no TLS version in common"},
    {AVS_SIGHT_UNTRUSTED, "untrusted", "a chain came, and is not trusted"},
    {AVS_SIGHT_STALLED, "stalled", "TLS stands, then silence"},
    {AVS_SIGHT_UNANSWERED, "unanswered", "TLS stands, no answer over the protocol"},
};

const char *avs_sight_id(enum avs_sight sight) {
    size_t i = 0;
    while (i + 1 < AVS_COUNT(sights) && sights[i].sight != sight) {
        i++;
    }
    return sights[i].id;
}

const char *avs_sight_text(enum avs_sight sight) {
    size_t i = 0;
    while (i + 1 < AVS_COUNT(sights) && sights[i].sight != sight) {
        i++;
    }
    return sights[i].text;
}

const char *avs_axis_id(enum avs_rung_axis axis) {
    static const char *const ids[AVS_AXIS_COUNT] = {
#define XX(name, id) [AVS_AXIS_##name] = id,
        AVS_AXIS_MAP(XX)
#undef XX
    };
    return ids[axis];
}

const char *avs_proof_id(enum avs_ladder_proof proof) {
    static const char *const ids[AVS_PROOF_COUNT] = {
#define XX(name, id) [AVS_PROOF_##name] = id,
        AVS_PROOF_MAP(XX)
#undef XX
    };
    return ids[proof];
}

const char *avs_store_kind_text(enum avs_ladder_store_kind kind) {
    static const char *const texts[AVS_LADDER_STORE_COUNT] = {
        [AVS_LADDER_STORE_OURS] = "the store in force",
        [AVS_LADDER_STORE_SYSTEM] = "the system's store",
        [AVS_LADDER_STORE_ATS] = "the ATS roots alone",
    };
    return texts[kind];
}
