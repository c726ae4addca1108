/* SPDX-License-Identifier: Apache-2.0 */
/* Memory runs out once, anywhere in the process: every public call ends in an error or in a result
 * that is whole, never in a crash or a hang, and never does a check of a peer that is not trusted
 * say "ready". Not here: json-c's own reader of evidence, which crashes by itself. */
#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <avs/avs.h>

#include "memory/failing_process.h"
#include "standin/standin.h"
#include "support/outcome.h"
#include "support/pki.h"
#include "support/test.h"

#define ROOTS        AVS_SOURCE_DIR "/config/roots/"
#define LOGS         AVS_SOURCE_DIR "/test/corpus/logs/"
#define POINTS_MAX   400
#define NETWORK_MAX  150
#define LADDER_MAX   40
#define SECONDS      20
#define WAIT_SECONDS (SECONDS / 2)

static char connect_to[32], ca_file[256], ats_roots[256], sysroot[512], config[256];
static pid_t standin_process;

#define CHECK(condition)  \
    do {                  \
        if (!(condition)) \
            return false; \
    } while (0)

/* A result comes with OK and with nothing else. */
#define WHOLE(call, result)                             \
    do {                                                \
        enum avs_status status_ = (call);               \
        CHECK((status_ == AVS_OK) == (result != NULL)); \
    } while (0)

/* ---- a client: made, one request, freed ---- */

static bool use_client(void) {
    const struct avs_client_options options = {
        .size = sizeof(options),
        .ca_file = ca_file,
        .ats_roots_file = ats_roots,
        .connect_to = connect_to,
        .proxy = "",
    };
    struct avs_client *client = NULL;
    WHOLE(avs_client_new(&options, &client, NULL), client);
    if (!client) {
        return true;
    }
    struct outcome outcome;
    outcome_init(&outcome);
    const struct avs_request request = outcome_request(&outcome, "https://ok.localhost/", false);
    uint64_t id = 0;
    bool is_accepted = avs_client_submit(client, &request, &id, NULL) == AVS_OK;
    bool has_ended = !is_accepted || outcome_wait(&outcome, failing_process_seconds(WAIT_SECONDS));
    avs_client_free(client);
    bool is_right = has_ended && outcome.finished == (is_accepted ? 1 : 0);
    outcome_done(&outcome);
    return is_right;
}

/* ---- check ---- */

static bool report(const struct avs_evidence *evidence, const struct avs_verdict *verdict) {
    char *text = NULL, *json = NULL, *file = NULL;
    WHOLE(avs_report_to_text(evidence, verdict, NULL, &text, NULL), text);
    WHOLE(avs_report_to_json(evidence, verdict, &json, NULL), json);
    WHOLE(avs_evidence_to_json(evidence, &file, NULL), file);
    free(text);
    free(json);
    free(file);
    return true;
}

static struct avs_evidence *ticket; /* read once, before memory runs out */

static bool report_of_ticket(void) {
    struct avs_verdict verdict;
    avs_judge(ticket, &verdict);
    return report(ticket, &verdict);
}

static bool check(const char *endpoint, bool may_be_ready) {
    const struct avs_check_options options = {
        .size = sizeof(options),
        .endpoint = endpoint,
        .ca_file = ca_file,
        .ats_roots_file = ats_roots,
        .connect_to = connect_to,
        .proxy = "",
        .timeout_ms = (int)failing_process_seconds(WAIT_SECONDS) * 1000,
    };
    struct avs_evidence *evidence = NULL;
    WHOLE(avs_check_run(&options, &evidence, NULL), evidence);
    if (!evidence) {
        return true;
    }
    struct avs_verdict verdict;
    avs_judge(evidence, &verdict);
    bool is_right = (may_be_ready || verdict.readiness != AVS_READY) && report(evidence, &verdict);
    avs_evidence_free(evidence);
    return is_right;
}

static bool check_good(void) {
    return check("https://ok.localhost", true);
}

static bool check_untrusted(void) {
    return check("https://untrusted-root.localhost", false);
}

static bool climb(void) {
    const struct avs_check_options options = {
        .size = sizeof(options),
        .endpoint = "https://untrusted-root.localhost",
        .ca_file = ca_file,
        .ats_roots_file = ats_roots,
        .connect_to = connect_to,
        .proxy = "",
        .timeout_ms = (int)failing_process_seconds(WAIT_SECONDS) * 1000,
    };
    struct avs_ladder *ladder = NULL;
    char *text = NULL, *json = NULL;
    WHOLE(avs_ladder_new(&options, &ladder, NULL), ladder);
    if (!ladder) {
        return true;
    }
    (void)!avs_ladder_run(ladder, NULL);
    CHECK(avs_ladder_exit_code(ladder) != 0);
    WHOLE(avs_ladder_to_text(ladder, NULL, &text, NULL), text);
    WHOLE(avs_ladder_to_json(ladder, &json, NULL), json);
    free(text);
    free(json);
    avs_ladder_free(ladder);
    return true;
}

/* ---- the trust store ---- */

static bool audit(void) {
    const struct avs_trust_audit_options options = {.size = sizeof(options), .sysroot = sysroot};
    struct avs_trust_audit *result = NULL;
    WHOLE(avs_trust_audit_run(&options, &result, NULL), result);
    if (!result) {
        return true;
    }
    char *text = NULL, *json = NULL;
    WHOLE(avs_trust_audit_to_text(result, NULL, &text, NULL), text);
    WHOLE(avs_trust_audit_to_json(result, &json, NULL), json);
    free(text);
    free(json);
    avs_trust_audit_free(result);
    return true;
}

static bool install(void) {
    const struct avs_trust_install_options options = {.size = sizeof(options), .sysroot = sysroot};
    struct avs_trust_install *result = NULL;
    enum avs_status status = avs_trust_install_run(&options, &result, NULL);
    CHECK(status != AVS_OK || result);
    if (!result) {
        return true;
    }
    char *text = NULL, *json = NULL;
    WHOLE(avs_trust_install_to_text(result, NULL, &text, NULL), text);
    WHOLE(avs_trust_install_to_json(result, &json, NULL), json);
    free(text);
    free(json);
    avs_trust_install_free(result);
    return true;
}

static bool explain(void) {
    const struct avs_trust_explain_options options = {
        .size = sizeof(options),
        .chain_file = ROOTS "amazon-root-ca-3.pem",
        .host = "avs-ats-cert-test.amazon.com",
        .ca_file = ROOTS "amazon-root-ca-1.pem",
    };
    struct avs_trust_explanation *result = NULL;
    WHOLE(avs_trust_explain(&options, &result, NULL), result);
    if (!result) {
        return true;
    }
    char *text = NULL, *json = NULL;
    CHECK(!result->is_accepted); /* the root of another chain, and no server's certificate */
    WHOLE(avs_trust_explanation_to_text(result, NULL, &text, NULL), text);
    WHOLE(avs_trust_explanation_to_json(result, &json, NULL), json);
    free(text);
    free(json);
    avs_trust_explanation_free(result);
    return true;
}

/* ---- logs and configurations ---- */

static bool push_log(struct avs_inspect *inspect, const char *path) {
    char bytes[4096];
    FILE *file = fopen(path, "re");
    size_t length;
    while (file && (length = fread(bytes, 1, sizeof(bytes), file)) > 0) {
        avs_inspect_push(inspect, bytes, length);
    }
    if (file) {
        fclose(file);
    }
    avs_inspect_flush(inspect);
    return true;
}

static bool inspect_log(void) {
    const struct avs_inspect_options options = {.size = sizeof(options), .now = 1795219200};
    struct avs_inspect *inspect = NULL;
    WHOLE(avs_inspect_new(&options, &inspect, NULL), inspect);
    if (!inspect) {
        return true;
    }
    push_log(inspect, LOGS "capture-logcat.log");
    push_log(inspect, LOGS "capture-curl-tool.log");
    const struct avs_inspect_report *result = avs_inspect_report(inspect);
    char *text = NULL, *json = NULL;
    WHOLE(avs_inspect_report_to_text(result, "log", NULL, &text, NULL), text);
    WHOLE(avs_inspect_report_to_json(result, "log", &json, NULL), json);
    free(text);
    free(json);
    avs_inspect_free(inspect);
    return true;
}

static bool read_config(void) {
    const char *paths[] = {AVS_SOURCE_DIR "/config/AlexaClientSDKConfig-1.17.json"};
    struct avs_config *loaded = NULL;
    struct avs_config_report *shown = NULL, *linted = NULL;
    char *json = NULL, *lint_json = NULL;
    WHOLE(avs_config_load(paths, 1, &loaded, NULL), loaded);
    if (loaded) {
        WHOLE(avs_config_explain(loaded, NULL, &shown, NULL), shown);
    }
    WHOLE(avs_config_lint(paths, 1, NULL, &linted, NULL), linted);
    if (shown) {
        WHOLE(avs_config_report_to_json(shown, "explain", &json, NULL), json);
    }
    if (linted) {
        WHOLE(avs_config_report_to_json(linted, "lint", &lint_json, NULL), lint_json);
    }
    free(json);
    free(lint_json);
    avs_config_report_free(shown);
    avs_config_report_free(linted);
    avs_config_free(loaded);
    return true;
}

static bool plan_config(void) {
    const char *paths[] = {config};
    int file = open(config, O_WRONLY | O_TRUNC | O_CLOEXEC); /* as it was before the last run */
    CHECK(file >= 0 && write(file, "{\n}\n", 4) == 4 && close(file) == 0);
    struct avs_config_plan *plan = NULL;
    char *json = NULL;
    WHOLE(avs_config_plan_set(paths, 1, NULL, "https://a.example", &plan, NULL), plan);
    if (!plan) {
        return true;
    }
    WHOLE(avs_config_plan_to_json(plan, "set", false, &json, NULL), json);
    free(json);
    char *diff = NULL;
    WHOLE(avs_config_plan_to_diff(plan, &diff, NULL), diff);
    free(diff);
    (void)!avs_config_plan_apply(plan, NULL);
    avs_config_plan_free(plan);
    return true;
}

/* ---- the table ---- */

#define TEST(name, run, most)                                  \
    static void name(void **state) {                           \
        (void)state;                                           \
        assert_true(failing_process(run, most, SECONDS) > 10); \
    }
TEST(client_new_and_a_request, use_client, NETWORK_MAX)
TEST(check_of_a_good_peer, check_good, NETWORK_MAX)
TEST(check_of_an_untrusted_peer, check_untrusted, NETWORK_MAX)
TEST(report_of_a_check, report_of_ticket, 1500)
TEST(ladder_to_an_untrusted_peer, climb, LADDER_MAX)
TEST(trust_audit, audit, POINTS_MAX)
TEST(trust_install, install, POINTS_MAX)
TEST(trust_explain, explain, POINTS_MAX)
TEST(inspect_of_a_log, inspect_log, POINTS_MAX)
TEST(config_explain_and_lint, read_config, POINTS_MAX)
TEST(config_plan, plan_config, POINTS_MAX)

/* The stand-in is a process of its own: its memory does not run out. */
static int start_standin(void **state) {
    int lines[2], end[2];
    (void)state;
    if (pipe(lines) != 0 || pipe(end) != 0 || (standin_process = fork()) < 0) {
        return 1;
    }
    if (standin_process == 0) {
        struct avs_standin *standin = NULL;
        char error[512] = "", byte;
        const struct avs_standin_options options = {.size = sizeof(options)};
        close(end[1]);
        if (avs_standin_start(&options, &standin, error, sizeof(error))) {
            dprintf(lines[1], "127.0.0.1:%u %s %s\n", avs_standin_port(standin),
                    avs_standin_path(standin, AVS_STANDIN_FILE_CA),
                    avs_standin_path(standin, AVS_STANDIN_FILE_ATS_ROOTS));
            close(lines[1]);
            (void)!read(end[0], &byte, 1); /* until the test's end is closed */
            avs_standin_stop(standin);
        }
        _exit(0);
    }
    close(lines[1]);
    FILE *said = fdopen(lines[0], "r");
    int got = said ? fscanf(said, "%31s %255s %255s", connect_to, ca_file, ats_roots) : 0;
    return got == 3 ? 0 : 1;
}

static struct avs_evidence *read_ticket(const char *path) {
    static char json[1 << 18];
    struct avs_evidence *evidence = NULL;
    FILE *file = fopen(path, "re");
    size_t length = file ? fread(json, 1, sizeof(json), file) : 0;
    if (file) {
        fclose(file);
    }
    return avs_evidence_from_json(json, length, &evidence, NULL) == AVS_OK ? evidence : NULL;
}

static int set_up(void **state) {
    char command[2048];
    ticket = read_ticket(AVS_SOURCE_DIR "/test/corpus/evidence/untrusted-root.json");
    assert_non_null(ticket);
    if (start_standin(state) != 0) {
        return 1;
    }
    snprintf(sysroot, sizeof(sysroot), "%s/tree", pki_folder());
    snprintf(config, sizeof(config), "%s", pki_write_bytes("c.json", "{\n}\n", 4));
    snprintf(command, sizeof(command),
             "cd '%s' && mkdir -p tree/etc/ssl/certs tree/usr/sbin tree/usr/share/ca-certificates "
             "tree/usr/local/share/ca-certificates && cat '" ROOTS
             "'amazon*.pem >tree/etc/ssl/certs/ca-certificates.crt && echo "
             ">tree/etc/ca-certificates.conf "
             "&& echo >tree/usr/sbin/update-ca-certificates && chmod +x tree/usr/sbin/*",
             pki_folder());
    return system(command);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(report_of_a_check),
        cmocka_unit_test(trust_audit),
        cmocka_unit_test(trust_install),
        cmocka_unit_test(trust_explain),
        cmocka_unit_test(inspect_of_a_log),
        cmocka_unit_test(config_explain_and_lint),
        cmocka_unit_test(config_plan),
        cmocka_unit_test(client_new_and_a_request),
        cmocka_unit_test(check_of_a_good_peer),
        cmocka_unit_test(check_of_an_untrusted_peer),
        cmocka_unit_test(ladder_to_an_untrusted_peer),
    };
    signal(SIGPIPE, SIG_IGN);
    return cmocka_run_group_tests(tests, set_up, NULL);
}
