/* SPDX-License-Identifier: Apache-2.0 */
/* The parts of one avs_iot_check_run. */
#ifndef AVS_IOT_CHECK_INTERNAL_H
#define AVS_IOT_CHECK_INTERNAL_H

#include <avs/endpoint.h>
#include <avs/iot_check.h>

#include "iot/keypair.h"
#include "iot/trip.h"

/** What all connections of one run share. */
struct avs_iot_run {
    const struct avs_iot_check_options *options;
    struct avs_iot_check *check;
    struct avs_loop *loop;
    struct avs_tls_context *context;
    const struct avs_tls_identity *identity;                 /* NULL = none is presented */
    const struct avs_endpoint *connect_to[AVS_IOT_WAYS_MAX]; /* by way; NULL = the host itself */
    int64_t started_us;
    int64_t deadline_us;
};

/** The options of a connection on `way`; its facts go where they say. */
struct avs_pump_options avs_iot_pump_options(const struct avs_iot_run *run, size_t way,
                                             struct avs_dial_facts *dial,
                                             struct avs_timing_facts *timing,
                                             struct avs_tls_facts *tls);

/** An MQTT CONNECT on each way that stands and has it, one after the other. */
AVS_NODISCARD enum avs_status avs_iot_connect_all(const struct avs_iot_run *run,
                                                  struct avs_error *reterr);
/** One message over the first way that stands and speaks HTTPS. */
AVS_NODISCARD enum avs_status avs_iot_publish(const struct avs_iot_run *run,
                                              struct avs_error *reterr);

/** Findings of the handshake on `way` and of the read after it; sets is_proven. Pure but for
 *  check->evidence, which serves as scratch. */
void avs_iot_judge_way(struct avs_iot_check *check, struct avs_iot_check_way *way);
/** Findings of a connection that was made to say something, and ended without an answer. True:
 *  there is one. */
bool avs_iot_judge_trip(struct avs_iot_check *check, const struct avs_tls_facts *tls,
                        enum avs_close_kind close, struct avs_iot_findings *findings);
/** Findings of a handshake of one family; none for a server that has no such certificate. */
void avs_iot_judge_family(struct avs_iot_check *check, enum avs_family family);
/** Readiness, cause and exit code from all that was found. Pure. */
void avs_iot_conclude(struct avs_iot_check *check, bool with_connect, bool with_publish);

#endif
