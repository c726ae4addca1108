/* SPDX-License-Identifier: Apache-2.0 */
/* The cache of resumable sessions: whose they are, and how many. */
#include "support/test.h"

#include "base/text.h"
#include "tls/sessions.h"

#define STORE "/store.pem\n"

static void a_session_goes_with_its_store_and_origin(void **state) {
    (void)state;
    SSL_SESSION *mine = SSL_SESSION_new();
    avs_tls_sessions_put(STORE, "o:443", mine);
    assert_null(avs_tls_sessions_take("/other.pem\n", "o:443"));
    assert_null(avs_tls_sessions_take(STORE, "o:8443"));
    assert_ptr_equal(avs_tls_sessions_take(STORE, "o:443"), mine);
    assert_null(avs_tls_sessions_take(STORE, "o:443")); /* offered once */
    SSL_SESSION_free(mine);
}

static void a_newer_one_takes_its_place(void **state) {
    (void)state;
    SSL_SESSION *newer = SSL_SESSION_new();
    avs_tls_sessions_put(STORE, "o:443", SSL_SESSION_new());
    avs_tls_sessions_put(STORE, "o:443", newer);
    assert_ptr_equal(avs_tls_sessions_take(STORE, "o:443"), newer);
    assert_null(avs_tls_sessions_take(STORE, "o:443"));
    SSL_SESSION_free(newer);
}

static void the_oldest_gives_way(void **state) {
    (void)state;
    char origin[16];
    for (int i = 0; i < AVS_TLS_SESSIONS_MAX + 4; i++) {
        avs_text_format(origin, sizeof(origin), "o%d:443", i);
        avs_tls_sessions_put(STORE, origin, SSL_SESSION_new());
    }
    for (int i = 0; i < AVS_TLS_SESSIONS_MAX + 4; i++) {
        avs_text_format(origin, sizeof(origin), "o%d:443", i);
        SSL_SESSION *session = avs_tls_sessions_take(STORE, origin);
        assert_int_equal(session != NULL, i >= 4);
        SSL_SESSION_free(session);
    }
}

/* A connection without an origin, as one that does not resume, leaves the table alone. */
static void a_connection_keeps_and_spoils_its_own(void **state) {
    (void)state;
    const struct avs_tls_resumption mine = {STORE, "o:443"}, none = {STORE, ""};
    SSL_SESSION *session = SSL_SESSION_new();
    avs_tls_resumption_keep(&none, session);
    assert_null(avs_tls_sessions_take(STORE, ""));
    avs_tls_resumption_keep(&mine, session);
    avs_tls_resumption_spoil(&none);
    SSL_SESSION *kept = avs_tls_sessions_take(STORE, "o:443");
    assert_non_null(kept);
    assert_ptr_not_equal(kept, session); /* a copy */
    avs_tls_sessions_put(STORE, "o:443", kept);
    avs_tls_resumption_spoil(&mine);
    assert_null(avs_tls_sessions_take(STORE, "o:443"));
    SSL_SESSION_free(session);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_session_goes_with_its_store_and_origin),
        cmocka_unit_test(a_newer_one_takes_its_place),
        cmocka_unit_test(the_oldest_gives_way),
        cmocka_unit_test(a_connection_keeps_and_spoils_its_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
