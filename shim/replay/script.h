/* SPDX-License-Identifier: Apache-2.0 */
/* From evidence to what the stand-in plays: the one place that knows the facts of the one and the
 * terms of the other. Pure: no clock, no I/O. */
#ifndef AVS_REPLAY_SCRIPT_H
#define AVS_REPLAY_SCRIPT_H

#include <stdbool.h>
#include <stdint.h>

#include <avs/cause.h>
#include <avs/evidence.h>

#include "standin/replay.h"

enum script_limits {
    SCRIPT_HOST_BYTES = 256,
    SCRIPT_WHY_BYTES = 512,
    SCRIPT_DELAY_PERCENT_MAX = 1000,
};

struct replay_script {
    struct avs_replay replay;
    bool is_playable; /* else `why_not`: there is no peer in the evidence */
    char why_not[SCRIPT_WHY_BYTES];
    enum avs_cause cause; /* what the evidence is judged to be; a check of the replay, too */
    int exit_code;        /* of that check */
    char host[SCRIPT_HOST_BYTES]; /* a host name or an address, nothing else */
    uint16_t port;
    bool any_root;         /* no ATS root was asked for */
    unsigned timeout_s;    /* the check's patience, where the server had to use it up; 0: not */
    char proxy_scheme[16]; /* "http", where a proxy is played */
    int64_t moved_s;       /* every time was moved by this, so that a clock that is right sees
                              what the wrong one saw; 0: not */
    int64_t field_clock;   /* the clock of the run, Unix seconds */
    int64_t now;
    bool is_behind_proxy; /* the run went through a proxy that let it pass */
    bool is_near;         /* the alert is the nearest thing to what the evidence says */
};

/* What to play from `now` (Unix seconds) on. Each recorded delay is played at `delay_percent` of
 * its length. NULL: out of memory. Ended with replay_script_free. The evidence needs a session and
 * a host, see replay_script_refuses. */
struct replay_script *replay_script_new(const struct avs_evidence *evidence, int64_t now,
                                        unsigned delay_percent);
void replay_script_free(struct replay_script *script);

/* What keeps a piece of evidence from being read at all; NULL: nothing. */
const char *replay_script_refuses(const struct avs_evidence *evidence);

/* The steps. Each fills its part of the script; false: out of memory. */
bool script_read_chains(struct replay_script *script, const struct avs_evidence *evidence);
bool script_read_hello(struct replay_script *script, const struct avs_session_evidence *session,
                       int index);
bool script_read_answer(struct replay_script *script, const struct avs_evidence *evidence,
                        int index);

#endif
