/* SPDX-License-Identifier: Apache-2.0 */
/* Partitions and regions of AWS, as far as AWS IoT Core has names in them: tables, and the form of
 * a region's name for those that are newer than the tables. */
#include <ctype.h>
#include <string.h>

#include <avs/iot.h>

#include "base/flow.h"
#include "base/text.h"
#include "base/versioned.h"
#include "iot/name.h"

/* ---- partitions ---- */

/* A region's name is the start, then letters or digits, '-', digits. Source: botocore
 * partitions.json; its expressions are anchored and do not overlap, so the order is free. */
static const struct {
    const char *start;
    const char *partition, *suffix, *dual_stack_suffix;
} partitions[] = {
    {"us-", "aws", "amazonaws.com", "api.aws"},
    {"eu-", "aws", "amazonaws.com", "api.aws"},
    {"ap-", "aws", "amazonaws.com", "api.aws"},
    {"sa-", "aws", "amazonaws.com", "api.aws"},
    {"ca-", "aws", "amazonaws.com", "api.aws"},
    {"me-", "aws", "amazonaws.com", "api.aws"},
    {"af-", "aws", "amazonaws.com", "api.aws"},
    {"il-", "aws", "amazonaws.com", "api.aws"},
    {"mx-", "aws", "amazonaws.com", "api.aws"},
    {"us-gov-", "aws-us-gov", "amazonaws.com", "api.aws"},
    {"cn-", "aws-cn", "amazonaws.com.cn", "api.amazonwebservices.com.cn"},
    {"eusc-de-", "aws-eusc", "amazonaws.eu", "api.amazonwebservices.eu"},
    {"us-iso-", "aws-iso", "c2s.ic.gov", "api.aws.ic.gov"},
    {"us-isob-", "aws-iso-b", "sc2s.sgov.gov", "api.aws.scloud"},
    {"eu-isoe-", "aws-iso-e", "cloud.adc-e.uk", "api.cloud-aws.adc-e.uk"},
    {"us-isof-", "aws-iso-f", "csp.hci.ic.gov", "api.aws.hci.ic.gov"},
};

/* "west-1": what stands behind a partition's start. */
static bool is_place(const char *text) {
    size_t letters = 0;
    while (isalnum((unsigned char)text[letters]) || text[letters] == '_') {
        letters++;
    }
    const char *number = text + letters + 1;
    size_t digits = letters > 0 && text[letters] == '-' ? strspn(number, "0123456789") : 0;
    return digits > 0 && number[digits] == '\0';
}

static void find_partition(struct avs_iot_region *region) {
    for (size_t i = 0; i < AVS_COUNT(partitions); i++) {
        size_t length = strlen(partitions[i].start);
        if (strncmp(region->name, partitions[i].start, length) == 0 &&
            is_place(region->name + length)) {
            region->partition = partitions[i].partition;
            region->suffix = partitions[i].suffix;
            region->dual_stack_suffix = partitions[i].dual_stack_suffix;
        }
    }
}

/* ---- regions ---- */

#define ALL_ATS   (AVS_IOT_HAS_CONTROL | AVS_IOT_HAS_DATA_ATS)
#define ALL_JOBS  (ALL_ATS | AVS_IOT_HAS_JOBS)
#define ALL_HOSTS (ALL_JOBS | AVS_IOT_HAS_DATA)
#define AND_FIPS  (ALL_HOSTS | AVS_IOT_HAS_FIPS)

/* Sorted. Titles and VeriSign: the guide's table of 2018. Hosts: botocore endpoints.json of
 * AVS_IOT_LIST_DATE, rows iot, data-ats.iot, data.iot and data.jobs.iot. */
static const struct {
    const char *name;
    const char *title; /* NULL: not in the guide */
    bool was_verisign;
    unsigned hosts;
} regions[] = {
    {"ap-east-1", NULL, false, ALL_HOSTS},
    {"ap-northeast-1", "Asia Pacific (Tokyo)", true, ALL_HOSTS},
    {"ap-northeast-2", "Asia Pacific (Seoul)", true, ALL_HOSTS},
    {"ap-south-1", "Asia Pacific (Mumbai)", false, ALL_HOSTS},
    {"ap-southeast-1", "Asia Pacific (Singapore)", true, ALL_HOSTS},
    {"ap-southeast-2", "Asia Pacific (Sydney)", true, ALL_HOSTS},
    {"ap-southeast-5", NULL, false, ALL_JOBS},
    {"ca-central-1", NULL, false, AND_FIPS},
    {"cn-north-1", "China (Beijing)", true, ALL_HOSTS},
    {"cn-northwest-1", NULL, false, ALL_HOSTS},
    {"eu-central-1", "EU (Frankfurt)", true, ALL_HOSTS},
    {"eu-north-1", NULL, false, ALL_HOSTS},
    {"eu-south-1", NULL, false, ALL_ATS},
    {"eu-south-2", NULL, false, ALL_JOBS},
    {"eu-west-1", "EU (Ireland)", true, ALL_HOSTS},
    {"eu-west-2", "EU (London)", true, ALL_HOSTS},
    {"eu-west-3", NULL, false, ALL_HOSTS},
    {"il-central-1", NULL, false, ALL_ATS},
    {"me-central-1", NULL, false, ALL_JOBS},
    {"me-south-1", NULL, false, ALL_HOSTS},
    {"sa-east-1", NULL, false, ALL_HOSTS},
    {"us-east-1", "US East (N. Virginia)", true, AND_FIPS},
    {"us-east-2", "US East (Ohio)", true, AND_FIPS},
    {"us-gov-east-1", NULL, false, AND_FIPS},
    {"us-gov-west-1", "AWS GovCloud (US)", false, AND_FIPS},
    {"us-west-1", NULL, false, AND_FIPS},
    {"us-west-2", "US West (Oregon)", true, AND_FIPS},
};

const char *avs_iot_region_name(size_t index) {
    return index < AVS_COUNT(regions) ? regions[index].name : NULL;
}

static bool may_be_region(const char *name) {
    size_t length = strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-_");
    return length > 0 && name[length] == '\0' && length < AVS_IOT_REGION_BYTES;
}

enum avs_status avs_iot_region_find(const char *name, struct avs_iot_region *ret_region,
                                    struct avs_error *reterr) {
    struct avs_iot_region region = {0};
    if (!name || !may_be_region(name)) {
        return avs_fail(reterr, AVS_ERR_USAGE,
                        "'%.80s' is no name of a region: lower-case letters, digits and '-', as in "
                        "eu-west-1",
                        name ? name : "");
    }
    AVS_TEXT_SET(region.name, name);
    find_partition(&region);
    for (size_t i = 0; i < AVS_COUNT(regions); i++) {
        if (strcmp(regions[i].name, name) == 0) {
            region.title = regions[i].title;
            region.is_listed = true;
            region.is_in_guide = regions[i].title != NULL;
            region.was_verisign = regions[i].was_verisign;
            region.hosts = regions[i].hosts;
        }
    }
    avs_versioned_give(ret_region, &region, sizeof(region));
    return AVS_OK;
}

/* ---- what AWS's hosts end in ---- */

static bool is_under(const char *host, const char *suffix) {
    size_t length = strlen(host), end = strlen(suffix);
    return length >= end && strcmp(host + length - end, suffix) == 0 &&
           (length == end || host[length - end - 1] == '.');
}

const char *avs_iot_suffix_of(const char *host, bool *ret_is_dual_stack) {
    for (size_t i = 0; i < AVS_COUNT(partitions); i++) {
        *ret_is_dual_stack = is_under(host, partitions[i].dual_stack_suffix);
        if (*ret_is_dual_stack || is_under(host, partitions[i].suffix)) {
            return *ret_is_dual_stack ? partitions[i].dual_stack_suffix : partitions[i].suffix;
        }
    }
    return NULL;
}
