/* SPDX-License-Identifier: Apache-2.0 */
/* A server that drips bytes of 0x16, the type of a handshake record, and never a record: nothing of
 * TLS can be told yet, and no request waits for it longer than it asked to. */
#include "tls/engine.h"

#include "support/pki.h"
#include "support/world.h"

enum {
    DRIP_MS = 200,
    REQUEST_MS = 700, /* of its own; the connection itself has far longer */
};

struct dripped {
    struct world world;
    struct pki_ats *pki;
    struct avs_ats_roots *ats;
    struct avs_anchors *anchors;
    struct avs_tls_context *context;
    struct avs_tls *tls;
};

/* The connection of the world is dialled, and a real engine stands in its handshake. */
static void begin_handshake(struct dripped *it) {
    it->pki = pki_ats_new();
    STACK_OF(X509) *roots = pki_stack(it->pki->root1, NULL);
    const char *file = pki_write("roots.pem", roots);
    pki_free(roots);
    const struct avs_anchors_options store = {.ca_file = file, .source = "option"};
    assert_int_equal(avs_anchors_load(&store, NULL, &it->anchors, NULL), AVS_OK);
    assert_int_equal(avs_ats_roots_load(file, &it->ats, NULL), AVS_OK);
    const struct avs_tls_context_options options = {.anchors = it->anchors, .ats_roots = it->ats};
    assert_int_equal(avs_tls_context_new(&options, &it->context, NULL), AVS_OK);
    world_turn(&it->world);
    assert_int_equal(it->world.conn_count, 1);
    struct avs_session_evidence *evidence = &it->world.conns[0].conn->evidence;
    evidence->dial.outcome = AVS_DIAL_CONNECTED;
    const struct avs_tls_options tls = {
        .host = "device.example", .alpn = "h2", .facts = &evidence->tls};
    assert_int_equal(avs_tls_new(it->context, &tls, &it->tls, NULL), AVS_OK);
}

static void end(struct dripped *it) {
    avs_tls_free(it->tls);
    world_done(&it->world);
    avs_tls_context_unref(it->context);
    avs_ats_roots_free(it->ats);
    avs_anchors_unref(it->anchors);
    pki_ats_free(it->pki);
}

static void a_request_ends_at_its_own_timeout(void **state) {
    (void)state;
    struct dripped it = {.tls = NULL};
    struct outcome hasty, patient;
    world_init(&it.world);
    outcome_init(&hasty);
    struct avs_request request = outcome_request(&hasty, WORLD_URL, false);
    request.connection_timeout_ms = REQUEST_MS;
    world_submit_request(&it.world, &request);
    world_submit(&it.world, &patient, WORLD_URL);
    begin_handshake(&it);
    unsigned hasty_ms = 0;
    for (unsigned ms = 1; ms <= 4 * REQUEST_MS; ms++) {
        if (ms % DRIP_MS == 0) {
            assert_int_equal(avs_tls_feed(it.tls, (const uint8_t *)"\x16", 1), 1);
        }
        world_advance(&it.world, 1);
        hasty_ms = hasty.finished && !hasty_ms ? ms : hasty_ms;
    }
    assert_int_equal(hasty_ms, REQUEST_MS);
    assert_int_equal(hasty.finish, AVS_FINISH_TIMEOUT);
    assert_int_equal(hasty.cause, AVS_CAUSE_TLS_TIMEOUT);
    assert_true(hasty.has_evidence);
    assert_int_equal(patient.finished, 0);
    assert_int_equal(avs_tls_state(it.tls), AVS_TLS_HANDSHAKING);
    /* who waits for TLS itself hears what the bytes were, not only that time ran out */
    avs_tls_note_timeout(it.tls);
    avs_conn_on_down(it.world.conns[0].conn, NULL, it.world.now_us);
    world_turn(&it.world);
    assert_int_equal(patient.finished, 1);
    assert_int_equal(patient.cause, AVS_CAUSE_PLAINTEXT_PEER);
    assert_int_equal(it.world.conn_count, 1);
    end(&it);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_request_ends_at_its_own_timeout),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
