/* SPDX-License-Identifier: Apache-2.0 */
/* An evidence with its "not reached" defaults, and what of it everybody may read. */
#include <avs/evidence.h>

#include "base/flow.h"

static void set_not_reached(struct avs_session_evidence *session) {
    session->tls.alert_received = session->tls.alert_sent = -1;
    session->tls.trust.gate.verify_error = -1;
    session->timing = (struct avs_timing_facts){-1, -1, -1, -1, -1};
}

struct avs_evidence *avs_evidence_new(void) {
    struct avs_evidence *evidence = calloc(1, sizeof(*evidence));
    if (!evidence) {
        return NULL;
    }
    evidence->require_ats = true;
    for (int i = 0; i < AVS_SESSION_COUNT; i++) {
        set_not_reached(&evidence->session[i]);
        evidence->session[i].protocol = (enum avs_protocol)i;
    }
    for (int i = 0; i < AVS_FAMILY_COUNT; i++) {
        set_not_reached(&evidence->family[i]);
    }
    return evidence;
}

void avs_evidence_free(struct avs_evidence *evidence) {
    free(evidence);
}

const char *avs_evidence_endpoint(const struct avs_evidence *evidence) {
    return evidence->endpoint;
}

bool avs_evidence_was_attempted(const struct avs_evidence *evidence, enum avs_protocol protocol) {
    return (unsigned)protocol < AVS_SESSION_COUNT && evidence->session[protocol].was_attempted;
}

const char *avs_session_address(const struct avs_session_evidence *session) {
    return session->dial.address;
}

const char *avs_session_tls_version(const struct avs_session_evidence *session) {
    return session->tls.version;
}

bool avs_session_was_resumed(const struct avs_session_evidence *session) {
    return session->tls.session_resumed;
}
