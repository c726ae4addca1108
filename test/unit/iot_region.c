/* SPDX-License-Identifier: Apache-2.0 */
/* Regions and partitions: the guide's table row by row, and the form of names that no table has. */
#include <avs/iot.h>

#include "support/test.h"

static struct avs_iot_region region_of(const char *name) {
    struct avs_iot_region region = {.size = sizeof(region)};
    assert_int_equal(avs_iot_region_find(name, &region, NULL), AVS_OK);
    return region;
}

/* "Region name / Region / Available root CAs", as the guide prints it. */
static void the_guides_table_stands_row_by_row(void **state) {
    (void)state;
    static const struct {
        const char *title, *name;
        bool was_verisign;
    } rows[] = {
        {"US East (Ohio)", "us-east-2", true},
        {"US East (N. Virginia)", "us-east-1", true},
        {"US West (Oregon)", "us-west-2", true},
        {"Asia Pacific (Singapore)", "ap-southeast-1", true},
        {"Asia Pacific (Sydney)", "ap-southeast-2", true},
        {"Asia Pacific (Tokyo)", "ap-northeast-1", true},
        {"Asia Pacific (Seoul)", "ap-northeast-2", true},
        {"EU (Frankfurt)", "eu-central-1", true},
        {"EU (Ireland)", "eu-west-1", true},
        {"EU (London)", "eu-west-2", true},
        {"China (Beijing)", "cn-north-1", true},
        {"Asia Pacific (Mumbai)", "ap-south-1", false},
        {"AWS GovCloud (US)", "us-gov-west-1", false},
    };
    size_t in_guide = 0;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct avs_iot_region region = region_of(rows[i].name);
        assert_string_equal(region.title, rows[i].title);
        assert_true(region.is_in_guide && region.is_listed);
        assert_int_equal(region.was_verisign, rows[i].was_verisign);
    }
    for (size_t i = 0; avs_iot_region_name(i); i++) {
        in_guide += region_of(avs_iot_region_name(i)).is_in_guide;
    }
    assert_int_equal(in_guide, sizeof(rows) / sizeof(rows[0]));
}

/* "New regions launched after May, 2018 serve Amazon Trust Services signed certificates only." */
static void a_region_outside_the_guide_is_ats_only(void **state) {
    (void)state;
    static const char *const names[] = {"eu-north-1", "il-central-1", "ap-southeast-5",
                                        "af-south-1", "mx-central-1", "eu-west-9"};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        struct avs_iot_region region = region_of(names[i]);
        assert_false(region.is_in_guide || region.was_verisign);
        assert_string_equal(region.partition, "aws");
    }
    assert_false(region_of("af-south-1").is_listed);
}

static void the_list_is_sorted_and_each_has_a_partition(void **state) {
    (void)state;
    size_t count = 0;
    for (; avs_iot_region_name(count); count++) {
        struct avs_iot_region region = region_of(avs_iot_region_name(count));
        assert_non_null(region.partition);
        assert_true(region.is_listed && (region.hosts & AVS_IOT_HAS_DATA_ATS));
        assert_true(count == 0 || strcmp(avs_iot_region_name(count - 1), region.name) < 0);
    }
    assert_int_equal(count, 27); /* 23 of aws, 2 of aws-cn, 2 of aws-us-gov */
}

static void a_partition_is_told_by_the_form_of_the_name(void **state) {
    (void)state;
    static const struct {
        const char *name, *partition, *suffix;
    } rows[] = {
        {"us-east-1", "aws", "amazonaws.com"},
        {"us-gov-east-1", "aws-us-gov", "amazonaws.com"},
        {"us-iso-east-1", "aws-iso", "c2s.ic.gov"},
        {"us-isob-east-1", "aws-iso-b", "sc2s.sgov.gov"},
        {"eu-isoe-west-1", "aws-iso-e", "cloud.adc-e.uk"},
        {"us-isof-south-1", "aws-iso-f", "csp.hci.ic.gov"},
        {"cn-northwest-1", "aws-cn", "amazonaws.com.cn"},
        {"eusc-de-east-1", "aws-eusc", "amazonaws.eu"},
        {"ap-southeast-12", "aws", "amazonaws.com"},
        {"us-east-1-wl1", NULL, NULL}, /* a zone, no region */
        {"us-east-", NULL, NULL},
        {"us-east", NULL, NULL},
        {"us--1", NULL, NULL},
        {"us-east-1a", NULL, NULL},
        {"us-gov-1", "aws", "amazonaws.com"}, /* as AWS's own expression has it */
        {"eusc-fr-west-1", NULL, NULL},
        {"xx-west-1", NULL, NULL},
        {"mars", NULL, NULL},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct avs_iot_region region = region_of(rows[i].name);
        if (rows[i].partition) {
            assert_string_equal(region.partition, rows[i].partition);
            assert_string_equal(region.suffix, rows[i].suffix);
        } else {
            assert_null(region.partition);
            assert_null(region.dual_stack_suffix);
        }
    }
}

static void what_cannot_be_a_region_is_an_error(void **state) {
    (void)state;
    static const char *const names[] = {"",
                                        "EU-WEST-1",
                                        "eu west 1",
                                        "eu-west-1.",
                                        "eu-west-1\n",
                                        "..",
                                        NULL,
                                        "eu-west-1eu-west-1eu-west-1eu-west-1eu-west-1eu-west-1"};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        struct avs_iot_region region = {.size = sizeof(region)};
        struct avs_error error = AVS_ERROR_INIT;
        assert_int_equal(avs_iot_region_find(names[i], &region, &error), AVS_ERR_USAGE);
        assert_true(error.message[0] != '\0');
    }
}

static void the_reports_survive_every_failing_allocation(void **state) {
    (void)state;
    TEST_EACH_ALLOCATION(n, 200) {
        char *text = NULL, *json = NULL;
        enum avs_status text_status = avs_iot_regions_to_text(NULL, NULL, &text, NULL);
        enum avs_status json_status = avs_iot_regions_to_json(NULL, &json, NULL);
        assert_true(text_status == AVS_OK || text_status == AVS_ERR_NO_MEMORY);
        assert_true(json_status == AVS_OK || json_status == AVS_ERR_NO_MEMORY);
        assert_true((text != NULL) == (text_status == AVS_OK));
        assert_true((json != NULL) == (json_status == AVS_OK));
        free(text);
        free(json);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_guides_table_stands_row_by_row),
        cmocka_unit_test(a_region_outside_the_guide_is_ats_only),
        cmocka_unit_test(the_list_is_sorted_and_each_has_a_partition),
        cmocka_unit_test(a_partition_is_told_by_the_form_of_the_name),
        cmocka_unit_test(what_cannot_be_a_region_is_an_error),
        cmocka_unit_test(the_reports_survive_every_failing_allocation),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
