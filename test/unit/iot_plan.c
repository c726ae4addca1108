/* SPDX-License-Identifier: Apache-2.0 */
/* The migration of a fleet: the rules as a table, and inventories with rows good and broken. */
#include "iot/plan.h"

#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "support/test.h"

#define OLD "a1.iot.us-east-1.amazonaws.com"
#define NEW "a1-ats.iot.us-east-1.amazonaws.com"

static struct avs_iot_name parsed(const char *text) {
    struct avs_iot_name name = {.size = sizeof(name)};
    assert_int_equal(avs_iot_name_parse(text, strlen(text), &name, NULL), AVS_OK);
    return name;
}

/* ---- the rules ---- */

enum { NOTHING = 0, KNOWN = 1, VERISIGN = 2, RSA = 4, ECDSA = 8, BOTH = RSA | ECDSA | KNOWN };

static const struct {
    const char *host, *wanted;
    unsigned roots;
    enum avs_iot_state state;
    enum avs_iot_step step;
} rules[] = {
    /* clang-format off: one row is one fact */
    {OLD, NULL, NOTHING, AVS_IOT_STATE_OLD_ONLY, AVS_IOT_STEP_AUDIT},
    {OLD, NEW, NOTHING, AVS_IOT_STATE_OLD_ONLY, AVS_IOT_STEP_AUDIT},
    {OLD, NULL, KNOWN, AVS_IOT_STATE_OLD_ONLY, AVS_IOT_STEP_INSTALL},
    {OLD, NEW, KNOWN | VERISIGN, AVS_IOT_STATE_OLD_ONLY, AVS_IOT_STEP_INSTALL},
    {OLD, NEW, KNOWN | VERISIGN | RSA, AVS_IOT_STATE_OLD_ONLY, AVS_IOT_STEP_INSTALL},
    {OLD, NEW, KNOWN | VERISIGN | ECDSA, AVS_IOT_STATE_OLD_ONLY, AVS_IOT_STEP_INSTALL},
    {OLD, NULL, BOTH | VERISIGN, AVS_IOT_STATE_BOTH_ROOTS, AVS_IOT_STEP_ASK},
    {OLD, NEW, BOTH | VERISIGN, AVS_IOT_STATE_READY_TO_SWITCH, AVS_IOT_STEP_SWITCH},
    {OLD, NEW, BOTH, AVS_IOT_STATE_READY_TO_SWITCH, AVS_IOT_STEP_SWITCH},
    {OLD, NULL, BOTH, AVS_IOT_STATE_READY_TO_SWITCH, AVS_IOT_STEP_ASK},
    {OLD, OLD, BOTH | VERISIGN, AVS_IOT_STATE_BLOCKED, AVS_IOT_STEP_ASK},
    {OLD, "a1-ats.iot.eu-west-1.amazonaws.com", BOTH, AVS_IOT_STATE_BLOCKED, AVS_IOT_STEP_ASK},
    {OLD, "a1-ats.iot.us-east-1.amazonaws.com.evil.test", BOTH, AVS_IOT_STATE_BLOCKED,
     AVS_IOT_STEP_ASK},
    {"data.iot.eu-west-1.amazonaws.com", NULL, BOTH | VERISIGN, AVS_IOT_STATE_BOTH_ROOTS,
     AVS_IOT_STEP_ASK},
    {NEW, NULL, NOTHING, AVS_IOT_STATE_SWITCHED, AVS_IOT_STEP_NONE},
    {NEW, NULL, KNOWN, AVS_IOT_STATE_BLOCKED, AVS_IOT_STEP_INSTALL},
    {NEW, NULL, KNOWN | VERISIGN, AVS_IOT_STATE_BLOCKED, AVS_IOT_STEP_INSTALL},
    {NEW, NULL, KNOWN | RSA, AVS_IOT_STATE_SWITCHED, AVS_IOT_STEP_INSTALL},
    {NEW, NULL, KNOWN | ECDSA, AVS_IOT_STATE_SWITCHED, AVS_IOT_STEP_INSTALL},
    {NEW, NULL, BOTH | VERISIGN, AVS_IOT_STATE_SWITCHED, AVS_IOT_STEP_NONE},
    {"a1.iot.ap-south-1.amazonaws.com", NULL, BOTH, AVS_IOT_STATE_SWITCHED, AVS_IOT_STEP_NONE},
    {"a1.iot.af-south-1.amazonaws.com", NULL, BOTH, AVS_IOT_STATE_SWITCHED, AVS_IOT_STEP_NONE},
    {"a1.iot.af-south-1.amazonaws.com", NULL, KNOWN, AVS_IOT_STATE_BLOCKED, AVS_IOT_STEP_INSTALL},
    {"c1.credentials.iot.us-east-1.amazonaws.com", NULL, BOTH, AVS_IOT_STATE_BLOCKED,
     AVS_IOT_STEP_EXPLAIN},
    {"a1.jobs.iot.us-east-1.amazonaws.com", NULL, BOTH, AVS_IOT_STATE_BLOCKED,
     AVS_IOT_STEP_EXPLAIN},
    {"iot.example.com", NULL, BOTH, AVS_IOT_STATE_BLOCKED, AVS_IOT_STEP_EXPLAIN},
    {"192.0.2.7", NULL, BOTH, AVS_IOT_STATE_BLOCKED, AVS_IOT_STEP_EXPLAIN},
    {"a1-ats.iot.us-east-1.amazonaws.com.evil.test", NULL, BOTH, AVS_IOT_STATE_BLOCKED,
     AVS_IOT_STEP_EXPLAIN},
    {"a1-ats.iot.cn-north-1.amazonaws.com.cn", NULL, BOTH, AVS_IOT_STATE_BLOCKED,
     AVS_IOT_STEP_EXPLAIN},
    /* clang-format on */
};

static struct avs_iot_judgement judged(const char *host, const char *wanted, unsigned roots) {
    struct avs_iot_name name = parsed(host), other = parsed(wanted ? wanted : host);
    struct avs_iot_roots store = {.is_known = roots & KNOWN,
                                  .has_verisign = roots & VERISIGN,
                                  .has_rsa = roots & RSA,
                                  .has_ecdsa = roots & ECDSA};
    struct avs_iot_facts facts = {&name, wanted ? &other : NULL, &store};
    struct avs_iot_judgement judgement;
    avs_iot_judge_device(&facts, &judgement);
    return judgement;
}

static void each_device_stands_where_the_rules_put_it(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
        struct avs_iot_judgement is = judged(rules[i].host, rules[i].wanted, rules[i].roots);
        if (is.state != rules[i].state || is.step != rules[i].step || !is.message[0]) {
            fail_msg("row %zu: %s, step %d: %s", i, avs_iot_state_id(is.state), (int)is.step,
                     is.message);
        }
    }
}

/* The one rule that would cost a fleet its connection. */
static void no_device_is_ready_before_amazons_roots_are_in_its_store(void **state) {
    (void)state;
    static const char *const hosts[] = {OLD, NEW, "data.iot.us-east-1.amazonaws.com"};
    for (size_t host = 0; host < 3; host++) {
        for (unsigned roots = 0; roots < 16; roots++) {
            for (int has_wanted = 0; has_wanted < 2; has_wanted++) {
                struct avs_iot_judgement is = judged(hosts[host], has_wanted ? NEW : NULL, roots);
                bool has_all = (roots & KNOWN) && (roots & RSA) && (roots & ECDSA);
                assert_true(has_all || (is.state != AVS_IOT_STATE_READY_TO_SWITCH &&
                                        is.state != AVS_IOT_STATE_BOTH_ROOTS));
                assert_true(is.step != AVS_IOT_STEP_SWITCH || has_all);
            }
        }
    }
}

/* ---- inventories ---- */

struct seen {
    char text[1024];
    struct avs_iot_totals totals;
    size_t left; /* rows until the caller ends the run; 0: never */
};

static bool note(void *user, const struct avs_iot_device *device) {
    struct seen *seen = user;
    size_t used = strlen(seen->text);
    snprintf(seen->text + used, sizeof(seen->text) - used, "%d@%d:%s=%s;", (int)device->row,
             (int)device->line, device->name ? device->name : "", avs_iot_state_id(device->state));
    return seen->left == 0 || --seen->left > 0;
}

/* As a file that is read in one piece. */
static enum avs_status plan(const char *text, size_t length, struct seen *seen,
                            struct avs_error *error) {
    char path[64];
    int fd = memfd_create("inventory", 0);
    assert_int_equal(write(fd, text, length), length);
    snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    seen->totals.size = sizeof(seen->totals);
    struct avs_iot_plan_options options = {
        .size = sizeof(options), .inventory = path, .on_device = note, .user = seen};
    enum avs_status status = avs_iot_plan_run(&options, &seen->totals, error);
    close(fd);
    return status;
}

static const struct {
    const char *text, *seen;
} inventories[] = {
    {"name,endpoint\na," NEW "\nb," OLD "\n", "2@2:a=switched;3@3:b=old-only;"},
    {"\xEF\xBB\xBF"
     "Endpoint;Thing\r\n" NEW ";a\r\n\r\n" NEW ";b",
     "2@2:a=switched;3@4:b=switched;"},
    {"name\tendpoint\tnote\na\t" NEW "\t\"x\ty\"\n", "2@2:a=switched;"},
    {"endpoint\n" NEW "\n", "2@2:=switched;"},
    {"name,endpoint\n\"a \"\"b\"\", c\"," NEW "\n", "2@2:a \"b\", c=switched;"},
    {"name,endpoint\n\"a\nb\"," NEW "\nc," NEW "\n", "2@2:a\nb=switched;3@4:c=switched;"},
    {"name,endpoint\na\nb," NEW ",\nc," NEW "\n", "2@2:=broken;3@3:=broken;4@4:c=switched;"},
    {"name,endpoint\n\"a," NEW "\nb," NEW "\nc," NEW "\n",
     "2@2:=broken;3@3:b=switched;4@4:c=switched;"},
    {"name,endpoint\n\"a\nb\n\"," NEW ",x\nc," NEW "\n",
     "2@2:=broken;3@3:=broken;4@4:=broken;5@5:c=switched;"},
    {"name,endpoint\na\"b," NEW "\n\"a\"b," NEW "\nc," NEW "\n",
     "2@2:=broken;3@3:=broken;4@4:c=switched;"},
    {"name,endpoint,config\na,,\nb,,/no/such\nc,x y,\n",
     "2@2:a=broken;3@3:b=blocked;4@4:c=blocked;"},
    {"name,endpoint,store\na," NEW ",/no/such\n", "2@2:a=blocked;"},
    {"{\"name\":\"a\",\"endpoint\":\"" NEW "\",\"more\":[1,{}]}\n\n{\"thing\":\"b\",\"host\":\"" OLD
     "\"}\n",
     "1@1:a=switched;2@3:b=old-only;"},
    {"{\"endpoint\":\"" NEW "\"}\n{\"endpoint\":1}\n{\n7\n{\"host\":\"a\",\"endpoint\":\"b\"}\n"
     "{\"name\":null,\"endpoint\":\"" NEW "\"}",
     "1@1:=switched;2@2:=broken;3@3:=broken;4@4:=broken;5@5:=broken;6@6:=switched;"},
};

static void every_row_is_told_and_a_broken_one_costs_one_line(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof(inventories) / sizeof(inventories[0]); i++) {
        struct seen seen = {.left = 0};
        struct avs_error error = AVS_ERROR_INIT;
        if (plan(inventories[i].text, strlen(inventories[i].text), &seen, &error) != AVS_OK) {
            fail_msg("inventory %zu: %s", i, error.message);
        }
        if (strcmp(seen.text, inventories[i].seen) != 0) {
            fail_msg("inventory %zu: %s", i, seen.text);
        }
    }
}

static void a_row_without_end_and_a_nul_are_broken_and_the_rest_goes_on(void **state) {
    (void)state;
    enum { LONG = 300 * 1024 };
    char *text = malloc(LONG + 200);
    struct seen seen = {.left = 0};
    int head = sprintf(text, "name,endpoint\n\"");
    memset(text + head, 'x', LONG);
    int tail = sprintf(text + head + LONG, "\nb," NEW "\nc?," NEW "\nd," NEW "\n");
    *strchr(text + head + LONG, '?') = '\0';
    assert_int_equal(plan(text, (size_t)head + LONG + (size_t)tail, &seen, NULL), AVS_OK);
    assert_string_equal(seen.text, "2@2:=broken;3@3:b=switched;4@4:=broken;5@5:d=switched;");
    free(text);
}

static void what_is_no_inventory_is_an_error(void **state) {
    (void)state;
    static const struct {
        const char *text, *words;
    } rows[] = {{"", "empty"},
                {"\n\n", "empty"},
                {"a1," OLD "\n", "neither endpoint nor config"},
                {"name,store\n", "neither endpoint nor config"},
                {"endpoint,host\n", "mean the same"},
                {"endpoint,\"x\n", "never closed"},
                {"[{\"endpoint\":\"x\"}]", "no"}};
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct seen seen = {.left = 0};
        struct avs_error error = AVS_ERROR_INIT;
        assert_int_equal(plan(rows[i].text, strlen(rows[i].text), &seen, &error),
                         AVS_ERR_CONFIG_MALFORMED);
        assert_non_null(strstr(error.message, rows[i].words));
    }
}

static void a_root_may_go_only_when_all_have_switched_and_were_looked_at(void **state) {
    (void)state;
    static const struct {
        const char *rows;
        bool may;
    } fleets[] = {{"a," NEW ",ALL\nb," NEW ",ALL\n", true},
                  {"a," NEW ",ALL\nb," NEW ",\n", false},
                  {"a," NEW ",ALL\nb," OLD ",ALL\n", false},
                  {"a," NEW ",ALL\nb\n", false},
                  {"a," NEW ",ALL\nb,x,"
                   "\n",
                   false},
                  {"", false}};
    for (size_t i = 0; i < sizeof(fleets) / sizeof(fleets[0]); i++) {
        struct seen seen = {.left = 0};
        char text[2048] = "name,endpoint,store\n";
        char path[64];
        int store = memfd_create("store", 0);
        for (int root = 1; root <= 3; root += 2) {
            char file[512], pem[4096];
            snprintf(file, sizeof(file), "%s/config/roots/amazon-root-ca-%d.pem", AVS_SOURCE_DIR,
                     root);
            FILE *stream = fopen(file, "r");
            size_t length = fread(pem, 1, sizeof(pem), stream);
            fclose(stream);
            assert_int_equal(write(store, pem, length), length);
        }
        snprintf(path, sizeof(path), "/proc/self/fd/%d", store);
        for (const char *at = fleets[i].rows; *at; at++) {
            bool is_all = strncmp(at, "ALL", 3) == 0;
            snprintf(text + strlen(text), sizeof(text) - strlen(text), "%.*s", is_all ? 64 : 1,
                     is_all ? path : at);
            at += is_all ? 2 : 0;
        }
        assert_int_equal(plan(text, strlen(text), &seen, NULL), AVS_OK);
        assert_int_equal(seen.totals.may_remove_verisign, fleets[i].may);
        close(store);
    }
}

static void the_caller_can_end_it_and_memory_can_run_out(void **state) {
    (void)state;
    static const char text[] = "name,endpoint\na," NEW "\nb," NEW "\nc," NEW "\n";
    struct seen seen = {.left = 2};
    assert_int_equal(plan(text, strlen(text), &seen, NULL), AVS_ERR_CANCELLED);
    assert_string_equal(seen.text, "2@2:a=switched;3@3:b=switched;");
    static const char json[] =
        "{\"endpoint\":\"" NEW "\",\"store\":\"/no\"}\n{\"config\":\"/no\"}\n";
    TEST_EACH_ALLOCATION(n, 200) {
        struct seen again = {.left = 0};
        enum avs_status status = plan(json, strlen(json), &again, NULL);
        assert_true(status == AVS_OK || status == AVS_ERR_NO_MEMORY);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_device_stands_where_the_rules_put_it),
        cmocka_unit_test(no_device_is_ready_before_amazons_roots_are_in_its_store),
        cmocka_unit_test(every_row_is_told_and_a_broken_one_costs_one_line),
        cmocka_unit_test(a_row_without_end_and_a_nul_are_broken_and_the_rest_goes_on),
        cmocka_unit_test(what_is_no_inventory_is_an_error),
        cmocka_unit_test(a_root_may_go_only_when_all_have_switched_and_were_looked_at),
        cmocka_unit_test(the_caller_can_end_it_and_memory_can_run_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
