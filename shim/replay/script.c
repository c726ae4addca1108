/* SPDX-License-Identifier: Apache-2.0 */
/* What listens, what the client was given, the delays; the rest is in script_*.c. */
#include "script.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <avs/verdict.h>

enum {
    DELAY_MS_LEAST = 50, /* shorter is the machine's own work, which is done again */
    ALERT_ALPN = 120,
    PATIENCE_MAX_S = 600,
    CURLE_NO_PROXY_NAME = 5, /* libcurl's numbers, part of its ABI */
    CURLE_NO_CONNECTION = 7,
    CURLE_TIMED_OUT = 28,
};

/* ---- what cannot be read ---- */

static bool is_host(const char *text) {
    static const char legal[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_:";
    return text[0] && text[0] != '-' && text[strspn(text, legal)] == '\0';
}

const char *replay_script_refuses(const struct avs_evidence *evidence) {
    if (!evidence->session[AVS_PROTOCOL_H2].was_attempted &&
        !evidence->session[AVS_PROTOCOL_HTTP1].was_attempted) {
        return "there is no session in it to play";
    }
    return is_host(evidence->host) ? NULL : "its \"host\" is no host name";
}

/* ---- what listens ---- */

/* The session that the verdict hangs on, or the one that was made. */
static const struct avs_session_evidence *decisive(const struct avs_evidence *evidence) {
    const struct avs_session_evidence *h2 = &evidence->session[AVS_PROTOCOL_H2];
    return h2->was_attempted ? h2 : &evidence->session[AVS_PROTOCOL_HTTP1];
}

static void refuse(struct replay_script *script, const char *text, const char *what) {
    script->is_playable = false;
    snprintf(script->why_not, sizeof(script->why_not), text, what);
}

/* Only words of ours go into a reason, and the host, which was looked at. */
static void read_dial(struct replay_script *script, const struct avs_dial_facts *dial) {
    switch (dial->outcome) {
    case AVS_DIAL_CONNECTED:
        return;
    case AVS_DIAL_REFUSED:
        script->replay.port = REPLAY_REFUSES;
        return;
    case AVS_DIAL_TIMEOUT:
        script->replay.port = REPLAY_IGNORES;
        return;
    case AVS_DIAL_RESET:
        script->replay.port = REPLAY_RESETS;
        return;
    case AVS_DIAL_DNS_FAILED:
        refuse(script,
               "the name %s was never resolved, so no server was reached. It depends on "
               "the name servers of the machine where you check.",
               script->host);
        return;
    case AVS_DIAL_UNREACHABLE:
        refuse(script, "the network of that machine had no way to %s, so no server was reached.",
               script->host);
        return;
    case AVS_DIAL_INTERFACE_MISSING:
        refuse(script, "the network interface that %s was to be reached by did not exist.",
               script->host);
        return;
    case AVS_DIAL_NOT_TRIED:
    case AVS_DIAL_FAILED:
    case AVS_DIAL_COUNT:
    case AVS_DIAL_PROXY_FAILED:
        break;
    }
    refuse(script, "%s was never dialled: it failed in the client.", script->host);
}

static void read_proxy(struct replay_script *script, const struct avs_dial_facts *dial) {
    const char *end = strstr(dial->proxy, "://");
    size_t length = end ? (size_t)(end - dial->proxy) : 0;
    static const char *const schemes[] = {"http",    "https",  "socks4",
                                          "socks4a", "socks5", "socks5h"};
    const char *scheme = "http";
    for (size_t i = 0; i < sizeof(schemes) / sizeof(schemes[0]); i++) {
        if (strlen(schemes[i]) == length && strncmp(schemes[i], dial->proxy, length) == 0) {
            scheme = schemes[i];
        }
    }
    snprintf(script->proxy_scheme, sizeof(script->proxy_scheme), "%s", scheme);
    script->replay.proxy_status =
        dial->proxy_status >= 100 && dial->proxy_status <= 999 ? (unsigned)dial->proxy_status : 0;
    script->replay.port = REPLAY_PROXY;
    if (dial->refused_option[0]) {
        refuse(script, "%s was never dialled: the client's libcurl knows no proxies.",
               script->host);
    } else if (dial->curl_code == CURLE_NO_PROXY_NAME) {
        refuse(script, "the proxy's own name was never resolved, so neither it nor %s was reached.",
               script->host);
    } else if (dial->curl_code == CURLE_NO_CONNECTION && script->replay.proxy_status == 0) {
        script->replay.port = REPLAY_REFUSES;
    } else if (dial->curl_code == CURLE_TIMED_OUT && script->replay.proxy_status == 0) {
        script->replay.port = REPLAY_MUTE;
    }
}

/* ---- the store ---- */

static void read_store(struct replay_script *script, const struct avs_store_facts *store) {
    switch (store->state) {
    case AVS_STORE_OK:
        script->replay.store = store->ca_path_useless && !store->ca_file[0] ? REPLAY_STORE_UNHASHED
                               : store->ca_path_useless                     ? REPLAY_STORE_BESIDE
                                                                            : REPLAY_STORE_FILE;
        return;
    case AVS_STORE_UNREADABLE:
        script->replay.store = REPLAY_STORE_MISSING;
        return;
    case AVS_STORE_INVALID:
        script->replay.store = REPLAY_STORE_DAMAGED;
        return;
    case AVS_STORE_NOT_HASHED:
        script->replay.store = REPLAY_STORE_UNHASHED;
        return;
    case AVS_STORE_COUNT:
        break;
    }
}

/* ---- time ---- */

static unsigned delay_ms(double from, double until, unsigned percent) {
    double ms = until - from;
    if (!(from >= 0) || !(ms >= DELAY_MS_LEAST)) { /* NaN and "not reached" too */
        return 0;
    }
    ms = ms * percent / 100;
    return ms < REPLAY_DELAY_MS_MAX ? (unsigned)ms : REPLAY_DELAY_MS_MAX;
}

static bool has_used_up_patience(const struct avs_session_evidence *session) {
    return session->http.has_timed_out || session->tls.outcome == AVS_HANDSHAKE_TIMEOUT ||
           session->dial.outcome == AVS_DIAL_TIMEOUT ||
           (session->dial.outcome == AVS_DIAL_PROXY_FAILED &&
            session->dial.curl_code == CURLE_TIMED_OUT);
}

static void read_times(struct replay_script *script, const struct avs_session_evidence *session,
                       int index, unsigned percent) {
    struct replay_session *played = &script->replay.sessions[index];
    const struct avs_timing_facts *timing = &session->timing;
    if (has_used_up_patience(session)) {
        double seconds = (timing->total_ms + 500) / 1000; /* the end of a run is a bit late */
        unsigned patience = !(seconds > 1)             ? 1
                            : seconds < PATIENCE_MAX_S ? (unsigned)seconds
                                                       : PATIENCE_MAX_S;
        script->timeout_s = patience > script->timeout_s ? patience : script->timeout_s;
    }
    if (session->tls.outcome == AVS_HANDSHAKE_TIMEOUT ||
        session->tls.alert_received == ALERT_ALPN) {
        return; /* silence needs no delay, and a second handshake is in the time of the first */
    }
    bool is_up = timing->tls_ms >= 0;
    played->hello_delay_ms =
        delay_ms(timing->connect_ms, is_up ? timing->tls_ms : timing->total_ms, percent);
    if (is_up && !session->http.has_timed_out) {
        bool has_spoken = timing->first_byte_ms >= 0;
        played->answer_delay_ms = delay_ms(
            timing->tls_ms, has_spoken ? timing->first_byte_ms : timing->total_ms, percent);
    }
}

/* ---- the whole ---- */

static bool read_session(struct replay_script *script, const struct avs_evidence *evidence,
                         int index, unsigned percent) {
    const struct avs_session_evidence *session = &evidence->session[index];
    struct replay_session *played = &script->replay.sessions[index];
    played->was_attempted = session->was_attempted;
    if (!session->was_attempted) {
        return true;
    }
    read_times(script, session, index, percent);
    return script_read_hello(script, session, index) && script_read_answer(script, evidence, index);
}

static bool judge(struct replay_script *script, const struct avs_evidence *evidence) {
    struct avs_error error = AVS_ERROR_INIT;
    struct avs_verdict *verdict = NULL;
    if (avs_verdict_new(evidence, &verdict, &error) != AVS_OK) {
        return false;
    }
    script->cause = avs_verdict_cause(verdict);
    script->exit_code = avs_verdict_exit_code(verdict);
    avs_verdict_free(verdict);
    return true;
}

static bool fill(struct replay_script *script, const struct avs_evidence *evidence,
                 unsigned percent) {
    const struct avs_session_evidence *session = decisive(evidence);
    snprintf(script->host, sizeof(script->host), "%s", evidence->host);
    script->port = evidence->port;
    script->any_root = !evidence->require_ats;
    script->field_clock = evidence->wall_clock;
    script->is_playable = true;
    script->is_behind_proxy = session->dial.proxy[0] && session->dial.outcome == AVS_DIAL_CONNECTED;
    read_store(script, &session->tls.trust.store);
    if (session->tls.outcome == AVS_HANDSHAKE_NOT_TRIED) {
        if (session->dial.outcome == AVS_DIAL_PROXY_FAILED) {
            read_proxy(script, &session->dial);
        } else if (session->dial.outcome == AVS_DIAL_CONNECTED) {
            refuse(script, "%s was reached, and the client never spoke.", script->host);
        } else {
            read_dial(script, &session->dial);
        }
    }
    if (!judge(script, evidence)) {
        return false;
    }
    if (!script_read_chains(script, evidence)) {
        return false;
    }
    for (int i = 0; i < AVS_SESSION_COUNT; i++) {
        if (!read_session(script, evidence, i, percent)) {
            return false;
        }
    }
    return true;
}

struct replay_script *replay_script_new(const struct avs_evidence *evidence, int64_t now,
                                        unsigned delay_percent) {
    struct replay_script *script = calloc(1, sizeof(*script));
    if (script) {
        script->now = now;
    }
    if (script && !fill(script, evidence, delay_percent)) {
        replay_script_free(script);
        return NULL;
    }
    return script;
}

void replay_script_free(struct replay_script *script) {
    for (int i = 0; script && i < REPLAY_SESSIONS; i++) {
        free(script->replay.sessions[i].bytes);
    }
    free(script);
}
