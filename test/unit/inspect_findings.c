/* SPDX-License-Identifier: Apache-2.0 */
/* What stands in a finding beside its cause: host, detail, words, command, echoes. The corpus holds
 * causes, counts and lines. */
#include "inspect/inspect.h"

#include "support/test.h"

#define STAMP         "2026-11-20 10:00:01.000 [  7] "
#define LIBCURL(text) STAMP "9 CurlEasyHandleWrapper:libcurl:id=AVSDownChannel-1,text=" text "\n"
#define RESULT(code, text)                                                                 \
    STAMP "7 LibcurlHTTP2Connection:streamFinished:streamId=AVSDownChannel-1,result=" text \
          ",CURLcode=" code "\n"
#define LOGIN(code, text) \
    STAMP "E HttpPost:doPostFailed:reason=curl_easy_performFailed,result=" code ",error=" text "\n"

static struct avs_inspect *inspect_log(const char *log) {
    const struct avs_inspect_options options = {.size = sizeof(options), .now = 1795219200};
    struct avs_inspect *inspect = NULL;
    assert_int_equal(avs_inspect_new(&options, &inspect, NULL), AVS_OK);
    avs_inspect_push(inspect, log, strlen(log));
    avs_inspect_flush(inspect);
    return inspect;
}

static void each_finding_says_where_what_and_what_next(void **state) {
    (void)state;
    static const struct {
        const char *log, *host, *detail, *command, *remedy; /* NULL: not looked at; "": empty */
    } cases[] = {
        /* the host: of the certificate, of the command line, of the transfer that failed */
        {"*  subject: CN=alexa.eu.gateway.devices.a2z.com; O=X\n*  issuer: O=X; CN=X Web Root\n",
         "alexa.eu.gateway.devices.a2z.com", "issued by 'X Web Root'", NULL, NULL},
        {"# curl -I https://www.example.org/\n"
         "curl: (60) SSL certificate problem: unable to get local issuer certificate\n",
         "www.example.org", NULL, "avs-shim check --endpoint https://www.example.org --any-root",
         "none of Amazon's"},
        {"sh-5.1# openssl s_client -connect a.example.org:8443 -servername b.example.org\n"
         "verify error:num=10:certificate has expired\n",
         "b.example.org", NULL, NULL, NULL},
        {"* Connected to api.amazon.com (1.2.3.4) port 443 (#0)\n"
         "* Connected to alexa.na.gateway.devices.a2z.com (1.2.3.5) port 443 (#1)\n"
         "* SSL connection timeout\n",
         "alexa.na.gateway.devices.a2z.com", NULL, NULL, NULL},
        {LIBCURL("connect to 192.0.2.7 port 443 failed\\: Connection refused")
             LIBCURL("Failed to connect to avs-alexa-eu.amazon.com port 443\\: Connection refused")
                 RESULT("7", "Couldn't connect to server"),
         "avs-alexa-eu.amazon.com", NULL, NULL, NULL},
        /* Amazon's own host lacks an Amazon root */
        {"* Connected to alexa.na.gateway.devices.a2z.com (1.2.3.5) port 443 (#1)\n"
         "* SSL certificate problem: unable to get local issuer certificate\n",
         NULL, NULL, "sudo avs-shim trust install --apply", "Add the root that is missing"},
        /* an address is not looked up */
        {STAMP "0 MessageRouter:setAVSGateway:avsGateway=https\\://127.0.0.1\\:8443\n" RESULT(
             "6", "Couldn't resolve host name"),
         "127.0.0.1", NULL, "avs-shim check --endpoint https://127.0.0.1:8443 --any-root", NULL},
        /* credentials in the gateway's address are no host */
        {STAMP
         "0 MessageRouter:setAVSGateway:avsGateway=https\\://u\\:p/w@d@a.example.org\n" RESULT(
             "35", "SSL connect error"),
         "a.example.org", NULL, NULL, NULL},
        {"depth=0 CN = a.example.org\n"
         "verify error:num=20:unable to get local issuer certificate\n",
         "a.example.org", NULL, NULL, NULL},
        /* consequences */
        {STAMP "5 CBLAuthDelegate:stop\n" LOGIN("35", "SSL connect error"), NULL,
         "the application ends at line 1, 0 ms before", "", "why the application ends"},
        {STAMP "E HttpResponseCodes:intToHTTPResponseCode:code=503:Unknown\n" RESULT(
             "92", "Stream error in the HTTP/2 framing layer"),
         NULL, "HTTP 503 came back (line 1)", "", "try again later"},
        {STAMP "E CapabilitiesDelegate:publishCapabilitiesFailed:responseCode=503,reason=x\n", NULL,
         NULL, "", "Wait and try again"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct avs_inspect *inspect = inspect_log(cases[i].log);
        const struct avs_inspect_report *report = avs_inspect_report(inspect);
        assert_int_equal(report->finding_count, 1);
        const struct avs_inspect_finding *finding = &report->findings[0];
        if (cases[i].host) {
            assert_string_equal(finding->host, cases[i].host);
            assert_false(finding->host_assumed);
        }
        if (cases[i].detail) {
            assert_string_equal(finding->detail, cases[i].detail);
        }
        if (cases[i].command) {
            assert_string_equal(finding->command, cases[i].command);
        }
        if (cases[i].remedy && !strstr(finding->remedy, cases[i].remedy)) {
            fail_msg("case %zu: remedy is '%s'", i, finding->remedy);
        }
        avs_inspect_free(inspect);
    }
}

static void one_peer_s_words_do_not_explain_another_s_number(void **state) {
    (void)state;
    struct avs_inspect *inspect =
        inspect_log("* Connected to api.amazon.com (1.2.3.4) port 443 (#0)\n"
                    "* SSL certificate problem: certificate has expired\n" RESULT(
                        "60", "SSL peer certificate or SSH remote key was not OK"));
    const struct avs_inspect_report *report = avs_inspect_report(inspect);
    assert_int_equal(report->finding_count, 2);
    assert_int_equal(report->findings[0].cause, AVS_CAUSE_CERT_EXPIRED);
    assert_string_equal(report->findings[0].host, "api.amazon.com");
    assert_int_equal(report->findings[1].cause, AVS_CAUSE_ROOT_MISSING);
    assert_int_equal(report->findings[1].certainty, AVS_POSSIBLE);
    avs_inspect_free(inspect);
}

static void streams_that_cross_keep_their_own_reasons(void **state) {
    (void)state;
    struct avs_inspect *inspect = inspect_log(
        STAMP
        "9 CurlEasyHandleWrapper:libcurl:id=AVSEvent-1,text=Recv failure\\: Connection reset by "
        "peer\n" LIBCURL("connect to 192.0.2.7 port 443 failed\\: Connection timed out") STAMP
        "7 LibcurlHTTP2Connection:streamFinished:streamId=AVSEvent-1,result=Failure when "
        "receiving data from the peer,CURLcode=56\n" RESULT("7", "Couldn't connect to server"));
    const struct avs_inspect_report *report = avs_inspect_report(inspect);
    assert_int_equal(report->finding_count, 2);
    assert_int_equal(report->findings[0].cause, AVS_CAUSE_CONNECTION_LOST);
    assert_int_equal(report->findings[1].cause, AVS_CAUSE_CONNECT_TIMEOUT);
    avs_inspect_free(inspect);
}

static void threads_keep_their_own_reasons(void **state) {
    (void)state;
    struct avs_inspect *inspect = inspect_log(
        "2026-11-20 10:00:01.000 [  5] 9 CurlEasyHandleWrapper:libcurl:id=1,text=SSL certificate "
        "problem\\: certificate has expired\n"
        "2026-11-20 10:00:01.000 [  6] 9 CurlEasyHandleWrapper:libcurl:id=2,text=Could not resolve "
        "proxy\\: p.q\n"
        "2026-11-20 10:00:01.000 [  5] E HttpPost:doPostFailed:reason=curl_easy_performFailed,"
        "result=60,error=SSL peer certificate or SSH remote key was not OK\n");
    const struct avs_inspect_finding *finding = &avs_inspect_report(inspect)->findings[0];
    assert_int_equal(finding->cause, AVS_CAUSE_CERT_EXPIRED);
    assert_int_equal(finding->echo_count, 1);
    avs_inspect_free(inspect);
}

static void what_failed_before_the_end_is_not_mixed_with_what_failed_after_it(void **state) {
    (void)state;
    struct avs_inspect *inspect =
        inspect_log("* error:1408F10B:SSL routines:ssl3_get_record:wrong version number\n"
                    "*   Trying 192.0.2.7...\n" STAMP
                    "5 CBLAuthDelegate:stop\n" LOGIN("35", "SSL connect error"));
    const struct avs_inspect_report *report = avs_inspect_report(inspect);
    assert_int_equal(report->finding_count, 2);
    assert_int_equal(report->findings[0].cause, AVS_CAUSE_PLAINTEXT_PEER);
    assert_false(report->findings[1].is_problem);
    avs_inspect_free(inspect);
}

static void only_the_sdk_s_own_verified_connection_is_a_proof(void **state) {
    (void)state;
    struct avs_inspect *inspect =
        inspect_log(STAMP "I HTTP2Transport:handleConnecting\n"
                          "May 14 10:48:26 board updater[7]: * SSL certificate verify ok.\n");
    assert_int_equal(avs_inspect_report(inspect)->exit_code, 3);
    avs_inspect_free(inspect);
    inspect = inspect_log("*  subject: CN=alexa.na.gateway.devices.a2z.com\n"
                          "*  issuer: O=X; CN=X Web Root\n"
                          "*  SSL certificate verify ok.\n");
    assert_int_equal(inspect->book.proof_any.line, 0);
    avs_inspect_free(inspect);
}

static void a_status_does_not_excuse_a_refused_certificate(void **state) {
    (void)state;
    struct avs_inspect *inspect =
        inspect_log(STAMP "E HttpResponseCodes:intToHTTPResponseCode:code=503:Unknown\n" RESULT(
            "60", "SSL peer certificate or SSH remote key was not OK"));
    const struct avs_inspect_report *report = avs_inspect_report(inspect);
    assert_int_equal(report->findings[0].cause, AVS_CAUSE_ROOT_MISSING);
    assert_true(report->findings[0].is_problem);
    avs_inspect_free(inspect);
}

static void words_about_a_strange_host_do_not_explain_the_login(void **state) {
    (void)state;
    struct avs_inspect *inspect =
        inspect_log("* Could not resolve host: www.example.org\n" LOGIN("35", "SSL connect error"));
    const struct avs_inspect_report *report = avs_inspect_report(inspect);
    assert_int_equal(report->finding_count, 2);
    avs_inspect_free(inspect);
    inspect = inspect_log(
        "* Could not resolve proxy: proxy.local\n" LOGIN("5", "Couldn't resolve proxy name"));
    assert_int_equal(avs_inspect_report(inspect)->finding_count, 1);
    avs_inspect_free(inspect);
}

static void what_fails_long_after_a_stop_has_its_own_reason(void **state) {
    (void)state;
    static const struct {
        const char *log;
        int exit_code;
    } cases[] = {
        {STAMP "5 CBLAuthDelegate:stop\n" LOGIN("35", "SSL connect error"), 3},
        {"2026-11-20 09:58:00.000 [  7] 5 CBLAuthDelegate:stop\n" LOGIN("35", "SSL connect error"),
         1},
        {STAMP "5 CBLAuthDelegate:stop\n" STAMP
               "0 MessageRouter:connectionStatusChanged:reason=X,newStatus=CONNECTED\n" LOGIN(
                   "35", "SSL connect error"),
         1},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct avs_inspect *inspect = inspect_log(cases[i].log);
        assert_int_equal(avs_inspect_report(inspect)->exit_code, cases[i].exit_code);
        avs_inspect_free(inspect);
    }
}

static void an_issuer_s_address_is_masked(void **state) {
    (void)state;
    struct avs_inspect *inspect = inspect_log("*  subject: CN=api.amazon.com\n"
                                              "*  issuer: O=X; CN=jane.doe@example.com\n");
    assert_null(strstr(avs_inspect_report(inspect)->findings[0].detail, "jane"));
    avs_inspect_free(inspect);
}

static void a_proof_of_one_peer_is_no_recovery_of_another(void **state) {
    (void)state;
    struct avs_inspect *inspect = inspect_log(RESULT("6", "Couldn't resolve host name") STAMP
                                              "5 HttpPost:doPostSucceeded:code=200\n");
    assert_int_equal(avs_inspect_report(inspect)->findings[0].recovered_line, 0);
    avs_inspect_free(inspect);
}

static void an_old_libcurl_s_60_leaves_date_and_interception_open_but_not_the_name(void **state) {
    (void)state;
    static const enum avs_cause also[] = {AVS_CAUSE_CLOCK_WRONG, AVS_CAUSE_CERT_EXPIRED,
                                          AVS_CAUSE_INTERCEPTED};
    struct avs_inspect *inspect = inspect_log(
        LOGIN("60", "Peer certificate cannot be authenticated with given CA certificates"));
    const struct avs_inspect_finding *finding = &avs_inspect_report(inspect)->findings[0];
    assert_int_equal(finding->certainty, AVS_LIKELY);
    assert_int_equal(finding->also_count, sizeof(also) / sizeof(also[0]));
    for (size_t i = 0; i < finding->also_count; i++) {
        assert_int_equal(finding->also[i], also[i]);
    }
    avs_inspect_free(inspect);
}

static void the_same_failure_five_times_is_counted_five_times(void **state) {
    (void)state;
    char log[8192] = "";
    for (int i = 0; i < 5; i++) {
        strcat(log, LIBCURL("Could not resolve host\\: a.alexa.com")
                        RESULT("6", "Couldn't resolve host name"));
    }
    struct avs_inspect *inspect = inspect_log(log);
    const struct avs_inspect_finding *finding = &avs_inspect_report(inspect)->findings[0];
    assert_int_equal(finding->count, 5);
    assert_int_equal(finding->echo_count, 1);
    assert_int_equal(finding->echoes[0].count, 5);
    avs_inspect_free(inspect);
}

static void words_about_one_address_count_until_another_answers(void **state) {
    (void)state;
    struct avs_inspect *inspect =
        inspect_log("*   Trying 192.0.2.7...\n"
                    "* connect to 192.0.2.7 port 443 failed: Connection refused\n");
    const struct avs_inspect_report *report = avs_inspect_report(inspect);
    assert_int_equal(report->findings[0].cause, AVS_CAUSE_CONNECT_REFUSED);
    assert_int_equal(report->findings[0].certainty, AVS_LIKELY);
    static const char answered[] = "*   Trying 192.0.2.8...\n"
                                   "* Connected to a.b (192.0.2.8) port 443 (#0)\n";
    avs_inspect_push(inspect, answered, strlen(answered));
    avs_inspect_flush(inspect);
    assert_int_equal(avs_inspect_report(inspect)->finding_count, 0);
    avs_inspect_free(inspect);
}

static void a_result_after_a_quiet_while_is_still_the_echo(void **state) {
    (void)state;
    struct avs_inspect *inspect = inspect_log(LIBCURL("Could not resolve host\\: a.alexa.com"));
    static const char result[] = RESULT("6", "Couldn't resolve host name");
    avs_inspect_push(inspect, result, strlen(result));
    avs_inspect_flush(inspect);
    const struct avs_inspect_report *report = avs_inspect_report(inspect);
    assert_int_equal(report->finding_count, 1);
    assert_int_equal(report->findings[0].count, 1);
    assert_int_equal(report->findings[0].echo_count, 1);
    avs_inspect_free(inspect);
}

static void more_transfers_than_are_kept_apart_are_all_counted(void **state) {
    (void)state;
    struct avs_inspect *inspect = inspect_log("");
    for (int i = 0; i < 3 * AVS_ATTEMPTS_MAX; i++) {
        char line[256];
        snprintf(line, sizeof(line),
                 STAMP "9 CurlEasyHandleWrapper:libcurl:id=AVSEvent-%d,text=Could not resolve "
                       "host\\: a.alexa.com\n",
                 i);
        avs_inspect_push(inspect, line, strlen(line));
    }
    avs_inspect_flush(inspect);
    assert_int_equal(avs_inspect_report(inspect)->findings[0].count, 3 * AVS_ATTEMPTS_MAX);
    avs_inspect_free(inspect);
}

static void writers_of_a_journal_are_read_in_its_forms(void **state) {
    (void)state;
    static const struct {
        const char *line, *writer;
    } cases[] = {
        {"May 14 10:48:26 board backup.sh[700]: curl: (60) x", "backup.sh"},
        {"May 14 10:48:26 board kernel: x", "kernel"},
        {"2020-05-14T10:48:26+0000 board wget-job[9]: curl", "wget-job"},
        {"2020-05-14 10:48:26.100 [  5] 5 HttpPost:doPostFailed:x", ""},
        {"2020-05-14 10:48:26.100 [ 5a] 5 HttpPost:x: y", ""},
        {"curl: (60) x: y", ""},
        {"Thu May 14 10:48:26 2020 user.notice backup[7]: curl: x", "backup"},
        {"05-14 10:48:26.100  700  712 E OkHttp: SSL certificate problem", "OkHttp"},
        {"[2020-05-14 10:48:26] curl: (60) x", ""},
        {"2020-05-14 10:48:26 ERROR curl: (60) x", ""},
        {"10:48:26", ""},
        {"", ""},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct avs_slice writer = avs_line_writer(cases[i].line, strlen(cases[i].line));
        if (!avs_slice_is(writer, cases[i].writer)) {
            fail_msg("'%s': '%.*s'", cases[i].line, (int)writer.length, writer.text);
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_finding_says_where_what_and_what_next),
        cmocka_unit_test(one_peer_s_words_do_not_explain_another_s_number),
        cmocka_unit_test(streams_that_cross_keep_their_own_reasons),
        cmocka_unit_test(threads_keep_their_own_reasons),
        cmocka_unit_test(what_failed_before_the_end_is_not_mixed_with_what_failed_after_it),
        cmocka_unit_test(only_the_sdk_s_own_verified_connection_is_a_proof),
        cmocka_unit_test(a_status_does_not_excuse_a_refused_certificate),
        cmocka_unit_test(words_about_a_strange_host_do_not_explain_the_login),
        cmocka_unit_test(what_fails_long_after_a_stop_has_its_own_reason),
        cmocka_unit_test(an_issuer_s_address_is_masked),
        cmocka_unit_test(a_proof_of_one_peer_is_no_recovery_of_another),
        cmocka_unit_test(an_old_libcurl_s_60_leaves_date_and_interception_open_but_not_the_name),
        cmocka_unit_test(the_same_failure_five_times_is_counted_five_times),
        cmocka_unit_test(words_about_one_address_count_until_another_answers),
        cmocka_unit_test(a_result_after_a_quiet_while_is_still_the_echo),
        cmocka_unit_test(more_transfers_than_are_kept_apart_are_all_counted),
        cmocka_unit_test(writers_of_a_journal_are_read_in_its_forms),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
