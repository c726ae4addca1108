/* SPDX-License-Identifier: Apache-2.0 */
/* What became of the ClientHello. */
#include "script.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    ALERT_HANDSHAKE_FAILURE = 40,
    ALERT_PROTOCOL_VERSION = 70,
    ALERT_INTERNAL_ERROR = 80,
    ALERT_NO_APPLICATION_PROTOCOL = 120,
    PLAIN_BYTES_MAX = 1024,
};

/* Bytes without TLS. All that is known is how they began, where they pointed to and whether the
 * phrase was among them: what is missing of that is said again, after whole lines. */
static bool read_plain(struct replay_session *session, const struct avs_tls_facts *tls) {
    static const char phrase[] = AVS_ATS_PHRASE;
    char *bytes = calloc(1, PLAIN_BYTES_MAX);
    if (!bytes) {
        return false;
    }
    size_t length = tls->wire_first_length;
    memcpy(bytes, tls->wire_first, length);
    bool is_cut = length == AVS_FIRST_BYTES;
    bool lacks_phrase = tls->wire_phrase && !memmem(bytes, length, phrase, sizeof(phrase) - 1);
    bool is_http = length > 5 && memcmp(bytes, "HTTP/", 5) == 0;
    if (is_cut && is_http && (lacks_phrase || tls->wire_location[0])) {
        while (length > 0 && bytes[length - 1] != '\n') { /* a line that was cut */
            length--;
        }
        bool has_head = memmem(bytes, length, "\r\n\r\n", 4) != NULL;
        length += (size_t)snprintf(bytes + length, PLAIN_BYTES_MAX - length, "%s%s%s%s%s",
                                   length == 0 ? "HTTP/1.1 200 OK\r\n" : "",
                                   tls->wire_location[0] && !has_head ? "Location: " : "",
                                   has_head ? "" : tls->wire_location,
                                   tls->wire_location[0] && !has_head ? "\r\n" : "",
                                   has_head ? "" : "\r\n");
    }
    if (lacks_phrase) {
        length += (size_t)snprintf(bytes + length, PLAIN_BYTES_MAX - length, "%s\n", phrase);
    }
    session->bytes = bytes;
    session->scenario.hello = HELLO_BYTES;
    session->scenario.hello_text = bytes;
    session->scenario.hello_length = length;
    return true;
}

static void send_alert(struct scenario *scenario, unsigned alert) {
    scenario->hello = HELLO_ALERT;
    scenario->alert = alert;
}

/* The server ended it with an alert. */
static void read_alert(struct scenario *scenario, const struct avs_tls_facts *tls, int index) {
    if (tls->alert_received == ALERT_NO_APPLICATION_PROTOCOL) {
        scenario->alpn = index == AVS_PROTOCOL_H2 ? ALPN_H1_STRICT : ALPN_H2_STRICT;
    } else if (tls->client_cert_requested) {
        scenario->wants_client_cert = true;
        scenario->versions =
            strcmp(tls->version, "TLSv1.3") == 0 ? VERSIONS_13_ONLY : VERSIONS_12_ONLY;
    } else {
        send_alert(scenario, tls->alert_received >= 0 ? (unsigned)tls->alert_received & 0xff
                                                      : ALERT_INTERNAL_ERROR);
    }
}

/* The client ended it: what it did not like is not in the evidence, only what it is called. */
static void read_failed(struct replay_script *script, struct scenario *scenario) {
    switch ((int)script->cause) {
    case AVS_CAUSE_TLS_VERSION:
        send_alert(scenario, ALERT_PROTOCOL_VERSION);
        break;
    case AVS_CAUSE_TLS_NO_CIPHER:
        send_alert(scenario, ALERT_HANDSHAKE_FAILURE);
        break;
    case AVS_CAUSE_WEAK_SIGNATURE:
        return; /* the chain shows it */
    default:
        send_alert(scenario, ALERT_INTERNAL_ERROR);
        break;
    }
    script->is_near = true;
}

static enum alpn_act alpn_of(const char *alpn) {
    return strcmp(alpn, "h2") == 0         ? ALPN_ANY
           : strcmp(alpn, "http/1.1") == 0 ? ALPN_H1_ONLY
                                           : ALPN_NONE;
}

bool script_read_hello(struct replay_script *script, const struct avs_session_evidence *session,
                       int index) {
    const struct avs_tls_facts *tls = &session->tls;
    struct scenario *scenario = &script->replay.sessions[index].scenario;
    bool is_known =
        tls->outcome == AVS_HANDSHAKE_ESTABLISHED || tls->outcome == AVS_HANDSHAKE_VERIFY_FAILED;
    scenario->alpn = is_known ? alpn_of(tls->alpn) : ALPN_ANY;
    scenario->versions = strcmp(tls->version, "TLSv1.2") == 0 ? VERSIONS_12_ONLY : VERSIONS_MODERN;
    switch (tls->outcome) {
    case AVS_HANDSHAKE_NOT_TRIED: /* the other session decides what listens */
    case AVS_HANDSHAKE_STORE_FAILED:
    case AVS_HANDSHAKE_ESTABLISHED:
    case AVS_HANDSHAKE_VERIFY_FAILED:
    case AVS_HANDSHAKE_COUNT:
        break;
    case AVS_HANDSHAKE_ALERT:
        read_alert(scenario, tls, index);
        break;
    case AVS_HANDSHAKE_CLOSED:
        scenario->hello = tls->version[0] ? HELLO_CUT : HELLO_CLOSE;
        break;
    case AVS_HANDSHAKE_RESET:
        scenario->hello = HELLO_RESET;
        break;
    case AVS_HANDSHAKE_TIMEOUT:
        scenario->hello = HELLO_SILENT;
        break;
    case AVS_HANDSHAKE_NOT_TLS:
        return read_plain(&script->replay.sessions[index], tls);
    case AVS_HANDSHAKE_FAILED:
        read_failed(script, scenario);
        break;
    }
    return true;
}
