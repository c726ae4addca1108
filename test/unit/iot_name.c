/* SPDX-License-Identifier: Apache-2.0 */
/* Host names of AWS IoT Core: every published form, in every region of the guide, and what only
 * looks like one. */
#include <avs/iot.h>

#include "support/test.h"

#define DATA            AVS_IOT_DATA
#define LEGACY_DATA     AVS_IOT_LEGACY_DATA
#define CREDENTIALS     AVS_IOT_CREDENTIALS
#define JOBS            AVS_IOT_JOBS
#define DEVICE_ADVISOR  AVS_IOT_DEVICE_ADVISOR
#define GENERIC_DATA    AVS_IOT_GENERIC_DATA
#define GENERIC_JOBS    AVS_IOT_GENERIC_JOBS
#define GREENGRASS      AVS_IOT_GREENGRASS
#define CONTROL         AVS_IOT_CONTROL
#define ADVISOR_CONTROL AVS_IOT_ADVISOR_CONTROL
#define TUNNELING       AVS_IOT_TUNNELING
#define BETA            AVS_IOT_BETA
#define CUSTOM_DOMAIN   AVS_IOT_CUSTOM_DOMAIN
#define MALFORMED       AVS_IOT_MALFORMED
#define OTHER_AWS       AVS_IOT_OTHER_AWS
#define LOOK_ALIKE      AVS_IOT_LOOK_ALIKE
#define OTHER           AVS_IOT_OTHER
#define ATS             AVS_IOT_GENERATION_ATS
#define VERISIGN        AVS_IOT_GENERATION_VERISIGN
#define OWN             AVS_IOT_GENERATION_OWN
#define UNKNOWN         AVS_IOT_GENERATION_UNKNOWN
#define SURE            true
#define LIKELY          false

static const struct {
    const char *text;
    enum avs_iot_kind kind;
    enum avs_iot_generation generation;
    bool is_certain;
    const char *prefix, *region;
} names[] = {
    /* clang-format off: one row is one fact */
    /* the guide's example of an ATS endpoint */
    {"asdfasdf-ats.iot.us-east-2.amazonaws.com", DATA, ATS, SURE, "asdfasdf", "us-east-2"},
    /* VeriSign regions of the guide: with and without the mark */
    {"a1b2c3d4e5f6g7.iot.us-east-2.amazonaws.com", LEGACY_DATA, VERISIGN, SURE, "a1b2c3d4e5f6g7",
     "us-east-2"},
    {"a1b2c3d4e5f6g7-ats.iot.us-east-2.amazonaws.com", DATA, ATS, SURE, "a1b2c3d4e5f6g7",
     "us-east-2"},
    {"a1b2c3d4e5f6g7.iot.us-east-1.amazonaws.com", LEGACY_DATA, VERISIGN, SURE, "a1b2c3d4e5f6g7",
     "us-east-1"},
    {"a1b2c3d4e5f6g7-ats.iot.us-east-1.amazonaws.com", DATA, ATS, SURE, "a1b2c3d4e5f6g7",
     "us-east-1"},
    {"a1b2c3d4e5f6g7.iot.us-west-2.amazonaws.com", LEGACY_DATA, VERISIGN, SURE, "a1b2c3d4e5f6g7",
     "us-west-2"},
    {"a1b2c3d4e5f6g7-ats.iot.us-west-2.amazonaws.com", DATA, ATS, SURE, "a1b2c3d4e5f6g7",
     "us-west-2"},
    {"a1b2c3d4e5f6g7.iot.ap-southeast-1.amazonaws.com", LEGACY_DATA, VERISIGN, SURE,
     "a1b2c3d4e5f6g7", "ap-southeast-1"},
    {"a1b2c3d4e5f6g7-ats.iot.ap-southeast-1.amazonaws.com", DATA, ATS, SURE, "a1b2c3d4e5f6g7",
     "ap-southeast-1"},
    {"a1b2c3d4e5f6g7.iot.ap-southeast-2.amazonaws.com", LEGACY_DATA, VERISIGN, SURE,
     "a1b2c3d4e5f6g7", "ap-southeast-2"},
    {"a1b2c3d4e5f6g7-ats.iot.ap-southeast-2.amazonaws.com", DATA, ATS, SURE, "a1b2c3d4e5f6g7",
     "ap-southeast-2"},
    {"a1b2c3d4e5f6g7.iot.ap-northeast-1.amazonaws.com", LEGACY_DATA, VERISIGN, SURE,
     "a1b2c3d4e5f6g7", "ap-northeast-1"},
    {"a1b2c3d4e5f6g7-ats.iot.ap-northeast-1.amazonaws.com", DATA, ATS, SURE, "a1b2c3d4e5f6g7",
     "ap-northeast-1"},
    {"a1b2c3d4e5f6g7.iot.ap-northeast-2.amazonaws.com", LEGACY_DATA, VERISIGN, SURE,
     "a1b2c3d4e5f6g7", "ap-northeast-2"},
    {"a1b2c3d4e5f6g7-ats.iot.ap-northeast-2.amazonaws.com", DATA, ATS, SURE, "a1b2c3d4e5f6g7",
     "ap-northeast-2"},
    {"a1b2c3d4e5f6g7.iot.eu-central-1.amazonaws.com", LEGACY_DATA, VERISIGN, SURE, "a1b2c3d4e5f6g7",
     "eu-central-1"},
    {"a1b2c3d4e5f6g7-ats.iot.eu-central-1.amazonaws.com", DATA, ATS, SURE, "a1b2c3d4e5f6g7",
     "eu-central-1"},
    {"a1b2c3d4e5f6g7.iot.eu-west-1.amazonaws.com", LEGACY_DATA, VERISIGN, SURE, "a1b2c3d4e5f6g7",
     "eu-west-1"},
    {"a1b2c3d4e5f6g7-ats.iot.eu-west-1.amazonaws.com", DATA, ATS, SURE, "a1b2c3d4e5f6g7",
     "eu-west-1"},
    {"a1b2c3d4e5f6g7.iot.eu-west-2.amazonaws.com", LEGACY_DATA, VERISIGN, SURE, "a1b2c3d4e5f6g7",
     "eu-west-2"},
    {"a1b2c3d4e5f6g7-ats.iot.eu-west-2.amazonaws.com", DATA, ATS, SURE, "a1b2c3d4e5f6g7",
     "eu-west-2"},
    /* regions that never had VeriSign */
    {"a1b2c3d4e5f6g7.iot.ap-south-1.amazonaws.com", DATA, ATS, SURE, "a1b2c3d4e5f6g7",
     "ap-south-1"},
    {"a1b2c3d4e5f6g7-ats.iot.ap-south-1.amazonaws.com", DATA, ATS, SURE, "a1b2c3d4e5f6g7",
     "ap-south-1"},
    {"a1b2c3d4e5f6g7.iot.us-gov-west-1.amazonaws.com", DATA, ATS, SURE, "a1b2c3d4e5f6g7",
     "us-gov-west-1"},
    {"a1b2c3d4e5f6g7-ats.iot.us-gov-west-1.amazonaws.com", DATA, ATS, SURE, "a1b2c3d4e5f6g7",
     "us-gov-west-1"},
    {"a1b2c3d4e5f6g7.iot.ca-central-1.amazonaws.com", DATA, ATS, SURE, "a1b2c3d4e5f6g7",
     "ca-central-1"},
    {"a1b2c3d4e5f6g7-ats.iot.ca-central-1.amazonaws.com", DATA, ATS, SURE, "a1b2c3d4e5f6g7",
     "ca-central-1"},
    {"a1b2c3d4e5f6g7.iot.eu-north-1.amazonaws.com", DATA, ATS, SURE, "a1b2c3d4e5f6g7",
     "eu-north-1"},
    {"a1b2c3d4e5f6g7-ats.iot.eu-north-1.amazonaws.com", DATA, ATS, SURE, "a1b2c3d4e5f6g7",
     "eu-north-1"},
    {"a1b2c3d4e5f6g7.iot.eu-west-3.amazonaws.com", DATA, ATS, SURE, "a1b2c3d4e5f6g7", "eu-west-3"},
    {"a1b2c3d4e5f6g7-ats.iot.eu-west-3.amazonaws.com", DATA, ATS, SURE, "a1b2c3d4e5f6g7",
     "eu-west-3"},
    {"a1b2c3d4e5f6g7.iot.me-south-1.amazonaws.com", DATA, ATS, SURE, "a1b2c3d4e5f6g7",
     "me-south-1"},
    {"a1b2c3d4e5f6g7-ats.iot.me-south-1.amazonaws.com", DATA, ATS, SURE, "a1b2c3d4e5f6g7",
     "me-south-1"},
    {"a1b2c3d4e5f6g7.iot.sa-east-1.amazonaws.com", DATA, ATS, SURE, "a1b2c3d4e5f6g7", "sa-east-1"},
    {"a1b2c3d4e5f6g7-ats.iot.sa-east-1.amazonaws.com", DATA, ATS, SURE, "a1b2c3d4e5f6g7",
     "sa-east-1"},
    {"a1b2c3d4e5f6g7.iot.us-west-1.amazonaws.com", DATA, ATS, SURE, "a1b2c3d4e5f6g7", "us-west-1"},
    {"a1b2c3d4e5f6g7-ats.iot.us-west-1.amazonaws.com", DATA, ATS, SURE, "a1b2c3d4e5f6g7",
     "us-west-1"},
    {"a1b2c3d4e5f6g7.iot.ap-east-1.amazonaws.com", DATA, ATS, SURE, "a1b2c3d4e5f6g7", "ap-east-1"},
    {"a1b2c3d4e5f6g7-ats.iot.ap-east-1.amazonaws.com", DATA, ATS, SURE, "a1b2c3d4e5f6g7",
     "ap-east-1"},
    {"a1b2c3d4e5f6g7.iot.us-gov-east-1.amazonaws.com", DATA, ATS, SURE, "a1b2c3d4e5f6g7",
     "us-gov-east-1"},
    {"a1b2c3d4e5f6g7-ats.iot.us-gov-east-1.amazonaws.com", DATA, ATS, SURE, "a1b2c3d4e5f6g7",
     "us-gov-east-1"},
    {"a1b2c3d4e5f6g7.iot.eu-south-2.amazonaws.com", DATA, ATS, SURE, "a1b2c3d4e5f6g7",
     "eu-south-2"},
    {"a1b2c3d4e5f6g7-ats.iot.eu-south-2.amazonaws.com", DATA, ATS, SURE, "a1b2c3d4e5f6g7",
     "eu-south-2"},
    {"a1b2c3d4e5f6g7.iot.il-central-1.amazonaws.com", DATA, ATS, SURE, "a1b2c3d4e5f6g7",
     "il-central-1"},
    {"a1b2c3d4e5f6g7-ats.iot.il-central-1.amazonaws.com", DATA, ATS, SURE, "a1b2c3d4e5f6g7",
     "il-central-1"},
    /* regions that are newer than the table */
    {"a1b2c3d4e5f6g7.iot.af-south-1.amazonaws.com", DATA, ATS, LIKELY, "a1b2c3d4e5f6g7",
     "af-south-1"},
    {"a1b2c3d4e5f6g7-ats.iot.af-south-1.amazonaws.com", DATA, ATS, SURE, "a1b2c3d4e5f6g7",
     "af-south-1"},
    {"a1b2c3d4e5f6g7.iot.mx-central-1.amazonaws.com", DATA, ATS, LIKELY, "a1b2c3d4e5f6g7",
     "mx-central-1"},
    {"a1b2c3d4e5f6g7-ats.iot.mx-central-1.amazonaws.com", DATA, ATS, SURE, "a1b2c3d4e5f6g7",
     "mx-central-1"},
    {"a1b2c3d4e5f6g7.iot.ap-southeast-7.amazonaws.com", DATA, ATS, LIKELY, "a1b2c3d4e5f6g7",
     "ap-southeast-7"},
    {"a1b2c3d4e5f6g7-ats.iot.ap-southeast-7.amazonaws.com", DATA, ATS, SURE, "a1b2c3d4e5f6g7",
     "ap-southeast-7"},
    {"a1b2c3d4e5f6g7-ats.iot.eusc-de-east-1.amazonaws.eu", DATA, ATS, SURE, "a1b2c3d4e5f6g7",
     "eusc-de-east-1"},
    {"a1b2c3d4e5f6g7-ats.iot.us-iso-east-1.c2s.ic.gov", DATA, ATS, SURE, "a1b2c3d4e5f6g7",
     "us-iso-east-1"},
    {"a1b2c3d4e5f6g7.iot.us-isob-east-1.sc2s.sgov.gov", DATA, ATS, LIKELY, "a1b2c3d4e5f6g7",
     "us-isob-east-1"},
    /* China */
    {"a1b2c3d4e5f6g7.ats.iot.cn-north-1.amazonaws.com.cn", DATA, ATS, SURE, "a1b2c3d4e5f6g7",
     "cn-north-1"},
    {"a1b2c3d4e5f6g7.iot.cn-north-1.amazonaws.com.cn", LEGACY_DATA, VERISIGN, SURE,
     "a1b2c3d4e5f6g7", "cn-north-1"},
    {"a1b2c3d4e5f6g7-ats.iot.cn-north-1.amazonaws.com.cn", MALFORMED, UNKNOWN, LIKELY,
     "a1b2c3d4e5f6g7", "cn-north-1"},
    {"a1b2c3d4e5f6g7-ats.iot.cn-northwest-1.amazonaws.com.cn", DATA, ATS, SURE, "a1b2c3d4e5f6g7",
     "cn-northwest-1"},
    {"a1b2c3d4e5f6g7.iot.cn-northwest-1.amazonaws.com.cn", DATA, ATS, SURE, "a1b2c3d4e5f6g7",
     "cn-northwest-1"},
    {"a1b2c3d4e5f6g7.ats.iot.cn-northwest-1.amazonaws.com.cn", MALFORMED, UNKNOWN, SURE,
     "a1b2c3d4e5f6g7", "cn-northwest-1"},
    {"a1b2c3d4e5f6g7.credentials.iot.cn-north-1.amazonaws.com.cn", CREDENTIALS, ATS, SURE,
     "a1b2c3d4e5f6g7", "cn-north-1"},
    {"data.ats.iot.cn-north-1.amazonaws.com.cn", GENERIC_DATA, ATS, SURE, "", "cn-north-1"},
    {"iot.cn-north-1.amazonaws.com.cn", CONTROL, UNKNOWN, SURE, "", "cn-north-1"},
    /* a region under another partition's name */
    {"a1b2c3d4e5f6g7-ats.iot.cn-north-1.amazonaws.com", MALFORMED, UNKNOWN, SURE, "", "cn-north-1"},
    {"a1b2c3d4e5f6g7-ats.iot.eu-west-1.amazonaws.com.cn", MALFORMED, UNKNOWN, SURE, "",
     "eu-west-1"},
    {"a1b2c3d4e5f6g7-ats.iot.eu-west-1.amazonaws.eu", MALFORMED, UNKNOWN, SURE, "", "eu-west-1"},
    {"a1b2c3d4e5f6g7-ats.iot.eusc-de-east-1.amazonaws.com", MALFORMED, UNKNOWN, SURE, "",
     "eusc-de-east-1"},
    /* the other kinds of an account's hosts */
    {"c1b2c3.credentials.iot.us-east-1.amazonaws.com", CREDENTIALS, ATS, SURE, "c1b2c3",
     "us-east-1"},
    {"a1b2c3d4e5f6g7.jobs.iot.us-east-1.amazonaws.com", JOBS, ATS, SURE, "a1b2c3d4e5f6g7",
     "us-east-1"},
    {"t1b2c3d4.deviceadvisor.iot.us-east-1.amazonaws.com", DEVICE_ADVISOR, ATS, LIKELY, "t1b2c3d4",
     "us-east-1"},
    {"a1b2c3d4e5f6g7.credentials.iot-fips.us-east-1.amazonaws.com", CREDENTIALS, ATS, LIKELY,
     "a1b2c3d4e5f6g7", "us-east-1"},
    /* a mark that was pasted */
    {"a1b2c3d4e5f6g7-ats.credentials.iot.us-east-1.amazonaws.com", MALFORMED, UNKNOWN, SURE,
     "a1b2c3d4e5f6g7", "us-east-1"},
    {"a1b2c3d4e5f6g7-ats.jobs.iot.us-east-1.amazonaws.com", MALFORMED, UNKNOWN, SURE,
     "a1b2c3d4e5f6g7", "us-east-1"},
    {"a1b2c3d4e5f6g7-ats.deviceadvisor.iot.us-east-1.amazonaws.com", MALFORMED, UNKNOWN, SURE,
     "a1b2c3d4e5f6g7", "us-east-1"},
    {"a1b2c3d4e5f6g7-ats-ats.iot.us-east-1.amazonaws.com", MALFORMED, UNKNOWN, SURE, "",
     "us-east-1"},
    {"a1b2c3d4e5f6g7.ats.iot.us-east-1.amazonaws.com", MALFORMED, UNKNOWN, SURE, "a1b2c3d4e5f6g7",
     "us-east-1"},
    {"a1b2c3d4e5f6g7.iot-ats.us-east-1.amazonaws.com", OTHER_AWS, UNKNOWN, SURE, "", ""},
    {"a1b2c3d4e5f6g7.iot.us-east-1-ats.amazonaws.com", MALFORMED, UNKNOWN, SURE, "", ""},
    /* reserved first labels */
    {"data-ats.iot.us-east-1.amazonaws.com", GENERIC_DATA, ATS, SURE, "", "us-east-1"},
    {"data.iot.us-east-1.amazonaws.com", GENERIC_DATA, VERISIGN, LIKELY, "", "us-east-1"},
    {"data.iot.eu-north-1.amazonaws.com", GENERIC_DATA, ATS, LIKELY, "", "eu-north-1"},
    {"data.iot-fips.us-east-1.amazonaws.com", GENERIC_DATA, ATS, SURE, "", "us-east-1"},
    {"data.iot-fips.us-gov-west-1.amazonaws.com", GENERIC_DATA, ATS, SURE, "", "us-gov-west-1"},
    {"data-ats.iot-fips.eu-west-1.amazonaws.com", GENERIC_DATA, ATS, SURE, "", "eu-west-1"},
    {"data.jobs.iot.us-east-1.amazonaws.com", GENERIC_JOBS, ATS, SURE, "", "us-east-1"},
    {"data.jobs.iot-fips.us-east-2.amazonaws.com", GENERIC_JOBS, ATS, SURE, "", "us-east-2"},
    {"greengrass-ats.iot.us-east-1.amazonaws.com", GREENGRASS, ATS, SURE, "", "us-east-1"},
    {"greengrass.iot.us-east-1.amazonaws.com", MALFORMED, UNKNOWN, SURE, "", "us-east-1"},
    {"iot.us-east-1.amazonaws.com", CONTROL, UNKNOWN, SURE, "", "us-east-1"},
    {"iot-fips.us-east-1.amazonaws.com", CONTROL, UNKNOWN, SURE, "", "us-east-1"},
    {"iot.iot.us-east-1.amazonaws.com", MALFORMED, UNKNOWN, SURE, "", "us-east-1"},
    {"api.iot.us-east-1.amazonaws.com", MALFORMED, UNKNOWN, SURE, "", "us-east-1"},
    {"ats.iot.us-east-1.amazonaws.com", MALFORMED, UNKNOWN, SURE, "", "us-east-1"},
    {"api.tunneling.iot.us-east-1.amazonaws.com", TUNNELING, UNKNOWN, SURE, "", "us-east-1"},
    {"api.tunneling.iot-fips.us-east-1.amazonaws.com", TUNNELING, UNKNOWN, SURE, "", "us-east-1"},
    {"api.iotdeviceadvisor.us-east-1.amazonaws.com", ADVISOR_CONTROL, UNKNOWN, SURE, "",
     "us-east-1"},
    {"data.credentials.iot.us-east-1.amazonaws.com", MALFORMED, UNKNOWN, SURE, "", "us-east-1"},
    {"iot-fips-ats.iot.us-east-1.amazonaws.com", MALFORMED, UNKNOWN, SURE, "", "us-east-1"},
    /* FIPS has no account's own data host */
    {"a1b2c3d4e5f6g7-ats.iot-fips.us-east-1.amazonaws.com", MALFORMED, UNKNOWN, SURE,
     "a1b2c3d4e5f6g7", "us-east-1"},
    {"a1b2c3d4e5f6g7.iot-fips.us-east-1.amazonaws.com", MALFORMED, UNKNOWN, SURE, "a1b2c3d4e5f6g7",
     "us-east-1"},
    /* the beta form of configurable endpoints */
    {"device-data-ats.beta.us-east-1.iot.amazonaws.com", BETA, ATS, SURE, "", "us-east-1"},
    {"x-ats.beta.us-east-1.iot.amazonaws.com.cn", MALFORMED, UNKNOWN, SURE, "", "us-east-1"},
    {"x.beta.us-east-1.iot.amazonaws.com", MALFORMED, UNKNOWN, SURE, "", ""},
    /* dual stack */
    {"iot.us-east-1.api.aws", CONTROL, UNKNOWN, SURE, "", "us-east-1"},
    {"data-ats.iot.eu-west-1.api.aws", GENERIC_DATA, ATS, SURE, "", "eu-west-1"},
    {"a1b2c3d4e5f6g7-ats.iot.eu-west-1.api.aws", DATA, ATS, LIKELY, "a1b2c3d4e5f6g7", "eu-west-1"},
    {"a1b2c3d4e5f6g7.iot.eu-west-1.api.aws", LEGACY_DATA, VERISIGN, LIKELY, "a1b2c3d4e5f6g7",
     "eu-west-1"},
    {"iot.cn-north-1.api.amazonwebservices.com.cn", CONTROL, UNKNOWN, SURE, "", "cn-north-1"},
    {"data-ats.iot.us-iso-east-1.api.aws.ic.gov", GENERIC_DATA, ATS, SURE, "", "us-iso-east-1"},
    {"iot.eu-west-1.api.amazonwebservices.com.cn", MALFORMED, UNKNOWN, SURE, "", "eu-west-1"},
    /* prefixes with ats in them, and such that are none */
    {"ats1abc.iot.us-east-1.amazonaws.com", LEGACY_DATA, VERISIGN, SURE, "ats1abc", "us-east-1"},
    {"abcats.iot.us-east-1.amazonaws.com", LEGACY_DATA, VERISIGN, SURE, "abcats", "us-east-1"},
    {"atsats.iot.us-east-1.amazonaws.com", LEGACY_DATA, VERISIGN, SURE, "atsats", "us-east-1"},
    {"abcats-ats.iot.us-east-1.amazonaws.com", DATA, ATS, SURE, "abcats", "us-east-1"},
    {"abc-atsx.iot.us-east-1.amazonaws.com", MALFORMED, UNKNOWN, SURE, "", "us-east-1"},
    {"abc_ats.iot.us-east-1.amazonaws.com", MALFORMED, UNKNOWN, SURE, "", "us-east-1"},
    {"abc-x.iot.us-east-1.amazonaws.com", MALFORMED, UNKNOWN, SURE, "", "us-east-1"},
    {"dataats.iot.us-east-1.amazonaws.com", LEGACY_DATA, VERISIGN, SURE, "dataats", "us-east-1"},
    {"data1-ats.iot.us-east-1.amazonaws.com", DATA, ATS, SURE, "data1", "us-east-1"},
    {"x.y-ats.iot.us-east-1.amazonaws.com", MALFORMED, UNKNOWN, SURE, "", "us-east-1"},
    /* under AWS, but not of AWS IoT Core */
    {"amazonaws.com", OTHER_AWS, UNKNOWN, SURE, "", ""},
    {"s3.us-east-1.amazonaws.com", OTHER_AWS, UNKNOWN, SURE, "", ""},
    {"us-east-1.amazonaws.com", OTHER_AWS, UNKNOWN, SURE, "", ""},
    {"api.aws", OTHER_AWS, UNKNOWN, SURE, "", ""},
    {"iotevents.us-east-1.amazonaws.com", OTHER_AWS, UNKNOWN, SURE, "", ""},
    {"abc.execute-api.eu-west-1.amazonaws.com", OTHER_AWS, UNKNOWN, SURE, "", ""},
    {"ec2-1-2-3-4.compute-1.amazonaws.com", OTHER_AWS, UNKNOWN, SURE, "", ""},
    {"vpce-1.data.iot.us-east-1.vpce.amazonaws.com", OTHER_AWS, UNKNOWN, SURE, "", ""},
    {"iotwireless.us-east-1.amazonaws.com", OTHER_AWS, UNKNOWN, SURE, "", ""},
    /* a region that is none */
    {"a1b2c3d4e5f6g7-ats.iot.useast1.amazonaws.com", MALFORMED, UNKNOWN, SURE, "", ""},
    {"a1b2c3d4e5f6g7-ats.iot.amazonaws.com", MALFORMED, UNKNOWN, SURE, "", ""},
    {"a1b2c3d4e5f6g7-ats.iot.us-east-1a.amazonaws.com", MALFORMED, UNKNOWN, SURE, "", ""},
    /* look-alikes */
    {"a1b2c3d4e5f6g7-ats.iot.us-east-1.amazonaws.com.evil.test", LOOK_ALIKE, UNKNOWN, SURE, "", ""},
    {"a1b2c3d4e5f6g7.iot.us-east-1.amazonaws.com.cn.evil.test", LOOK_ALIKE, UNKNOWN, SURE, "", ""},
    {"a1b2c3d4e5f6g7-ats.iot.us-east-1.evilamazonaws.com", LOOK_ALIKE, UNKNOWN, SURE, "", ""},
    {"a1b2c3d4e5f6g7-ats.iot.us-east-1.amazonaws.con", LOOK_ALIKE, UNKNOWN, SURE, "", ""},
    {"a1b2c3d4e5f6g7-ats.iot.us-east-1.amazonaws.co", LOOK_ALIKE, UNKNOWN, SURE, "", ""},
    {"a1b2c3d4e5f6g7-ats.iot.us-east-1", LOOK_ALIKE, UNKNOWN, SURE, "", ""},
    {"a1b2c3d4e5f6g7-ats.iot.us-east-1.amazonws.com", LOOK_ALIKE, UNKNOWN, SURE, "", ""},
    {"amazonaws.com.evil.test", LOOK_ALIKE, UNKNOWN, SURE, "", ""},
    {"iot-amazonaws.com", LOOK_ALIKE, UNKNOWN, SURE, "", ""},
    {"amazonaws", LOOK_ALIKE, UNKNOWN, SURE, "", ""},
    {"x.iot.us-east-1.api.aws.test", LOOK_ALIKE, UNKNOWN, SURE, "", ""},
    {"a1b2c3d4e5f6g7-ats.iot.us-east-1.amazonaws-com.test", LOOK_ALIKE, UNKNOWN, SURE, "", ""},
    /* not under AWS */
    {"iot.example.com", CUSTOM_DOMAIN, OWN, LIKELY, "", ""},
    {"mqtt.my-company.io", CUSTOM_DOMAIN, OWN, LIKELY, "", ""},
    {"a-ats.iot.example.com", CUSTOM_DOMAIN, OWN, LIKELY, "", ""},
    {"xn--bcher-kva.example", CUSTOM_DOMAIN, OWN, LIKELY, "", ""},
    {"api.aws.example", CUSTOM_DOMAIN, OWN, LIKELY, "", ""},
    {"localhost", OTHER, UNKNOWN, SURE, "", ""},
    {"192.0.2.7", OTHER, UNKNOWN, SURE, "", ""},
    {"192.0.2.7:8883", OTHER, UNKNOWN, SURE, "", ""},
    {"[2001:db8::1]:8883", OTHER, UNKNOWN, SURE, "", ""},
    {"2001:db8::1", OTHER, UNKNOWN, SURE, "", ""},
    /* as people write them */
    {"A1B2C3D4E5F6G7-ATS.iot.US-EAST-1.amazonaws.com", DATA, ATS, SURE, "a1b2c3d4e5f6g7",
     "us-east-1"},
    {"a1b2c3d4e5f6g7-ats.iot.us-east-1.amazonaws.com.", DATA, ATS, SURE, "a1b2c3d4e5f6g7",
     "us-east-1"},
    {"a1b2c3d4e5f6g7-ats.iot.us-east-1.amazonaws.com:8883", DATA, ATS, SURE, "a1b2c3d4e5f6g7",
     "us-east-1"},
    {"https://a1b2c3d4e5f6g7-ats.iot.us-east-1.amazonaws.com:8443/topics/x?qos=1", DATA, ATS, SURE,
     "a1b2c3d4e5f6g7", "us-east-1"},
    {"mqtts://a1b2c3d4e5f6g7-ats.iot.us-east-1.amazonaws.com", DATA, ATS, SURE, "a1b2c3d4e5f6g7",
     "us-east-1"},
    {"wss://a1b2c3d4e5f6g7-ats.iot.us-east-1.amazonaws.com/mqtt", DATA, ATS, SURE, "a1b2c3d4e5f6g7",
     "us-east-1"},
    {"ssl://a1b2c3d4e5f6g7-ats.iot.us-east-1.amazonaws.com:8883", DATA, ATS, SURE, "a1b2c3d4e5f6g7",
     "us-east-1"},
    {"mqtt://a1b2c3d4e5f6g7-ats.iot.us-east-1.amazonaws.com:1883", DATA, ATS, SURE,
     "a1b2c3d4e5f6g7", "us-east-1"},
    {"  a1b2c3d4e5f6g7-ats.iot.us-east-1.amazonaws.com\r\n", DATA, ATS, SURE, "a1b2c3d4e5f6g7",
     "us-east-1"},
    {"a1b2c3d4e5f6g7-ats.iot.us-east-1.amazonaws.com/things", DATA, ATS, SURE, "a1b2c3d4e5f6g7",
     "us-east-1"},
    {"a1b2c3d4e5f6g7-ats.iot.us-east-1.amazonaws.com.:443", DATA, ATS, SURE, "a1b2c3d4e5f6g7",
     "us-east-1"},
    /* clang-format on */
};

static struct avs_iot_name parsed(const char *text) {
    struct avs_iot_name name = {.size = sizeof(name)};
    struct avs_error error = AVS_ERROR_INIT;
    if (avs_iot_name_parse(text, strlen(text), &name, &error) != AVS_OK) {
        fail_msg("'%s': %s", text, error.message);
    }
    return name;
}

static void every_name_is_what_it_is(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        struct avs_iot_name name = parsed(names[i].text);
        if (name.kind != names[i].kind || name.generation != names[i].generation ||
            name.is_certain != names[i].is_certain || strcmp(name.prefix, names[i].prefix) != 0 ||
            strcmp(name.region, names[i].region) != 0) {
            fail_msg("'%s': %s, %s, %s, prefix '%s', region '%s': %s", names[i].text,
                     avs_iot_kind_id(name.kind), avs_iot_generation_id(name.generation),
                     name.is_certain ? "certain" : "uncertain", name.prefix, name.region, name.why);
        }
        assert_true(name.why && name.why[0]);
        assert_int_equal(name.region[0] != '\0', name.partition != NULL);
    }
    assert_true(sizeof(names) / sizeof(names[0]) >= 120);
}

static void the_host_reads_back_as_the_same(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        struct avs_iot_name first = parsed(names[i].text), again = parsed(first.host);
        assert_string_equal(again.host, first.host);
        assert_int_equal(again.kind, first.kind);
        assert_int_equal(again.spelling, 0);
    }
}

static void how_it_was_written_is_told(void **state) {
    (void)state;
    static const struct {
        const char *text;
        unsigned spelling;
        uint16_t port;
    } rows[] = {
        {"a-ats.iot.us-east-1.amazonaws.com", 0, 0},
        {"A-ats.iot.us-east-1.amazonaws.com", AVS_IOT_WAS_UPPER_CASE, 0},
        {"a-ats.iot.us-east-1.amazonaws.com.", AVS_IOT_HAD_TRAILING_DOT, 0},
        {"a-ats.iot.us-east-1.amazonaws.com:8883", 0, 8883},
        {"https://a.example/", AVS_IOT_WAS_URL, 0},
        {"HTTP://a.example:80", AVS_IOT_WAS_URL | AVS_IOT_WAS_PLAINTEXT, 80},
        {"mqtt://a.example:1883", AVS_IOT_WAS_URL | AVS_IOT_WAS_PLAINTEXT, 1883},
        {"mqtts://a.example:65535", AVS_IOT_WAS_URL, 65535},
        {"a.example/things?x=1#y", AVS_IOT_WAS_URL, 0},
        {"[::1]:443", 0, 443},
        {"::1", 0, 0},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct avs_iot_name name = parsed(rows[i].text);
        assert_int_equal(name.spelling, rows[i].spelling);
        assert_int_equal(name.port, rows[i].port);
    }
}

static void what_is_no_host_is_refused_with_the_problem(void **state) {
    (void)state;
    static const struct {
        const char *text, *words;
    } rows[] = {
        {"", "nothing is there"},
        {" \n", "nothing is there"},
        {"https://", "nothing is there"},
        {".", "empty label"},
        {"a..b", "empty label"},
        {"a.example..", "empty label"},
        {".a.example", "empty label"},
        {"-ats.iot.us-east-1.amazonaws.com", "begins or ends with '-'"},
        {"a-.iot.us-east-1.amazonaws.com", "begins or ends with '-'"},
        {"a b.example", "blank or control"},
        {"a\tb.example", "blank or control"},
        {"\"a.example\"", "'\"' cannot be in one"},
        {"<a.example>", "'<' cannot be in one"},
        {"a.example,b.example", "',' cannot be in one"},
        {"a\\b.example", "'\\' cannot be in one"},
        {"b\xC3\xBC"
         "cher.example",
         "punycode"},
        {"a.example:", "from 1 to 65535"},
        {"a.example:0", "from 1 to 65535"},
        {"a.example:65536", "from 1 to 65535"},
        {"a.example:88830", "from 1 to 65535"},
        {"a.example:x", "no port"},
        {"a.example:443:443", "no address of IPv6"},
        {"[::1", "no address of IPv6"},
        {"[::1]x", "behind ']'"},
        {"https://a-ats.iot.us-east-1.amazonaws.com@evil.test/", "user name"},
        {"a-ats.iot.us-east-1.amazonaws.com:s3cret@evil.test", "user name"},
        {"a123456789012345678901234567890123456789012345678901234567890123.example", "63"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct avs_iot_name name = {.size = sizeof(name)};
        struct avs_error error = AVS_ERROR_INIT;
        enum avs_status status =
            avs_iot_name_parse(rows[i].text, strlen(rows[i].text), &name, &error);
        if (status != AVS_ERR_ENDPOINT_INVALID || !strstr(error.message, rows[i].words)) {
            fail_msg("'%s': %d '%s'", rows[i].text, status, error.message);
        }
        assert_int_equal(error.cause, AVS_CAUSE_ENDPOINT_INVALID);
        assert_null(strstr(error.message, "s3cret"));
    }
}

static void a_nul_byte_and_a_whole_screen_are_no_host(void **state) {
    (void)state;
    char text[400];
    struct avs_iot_name name = {.size = sizeof(name)};
    assert_int_equal(avs_iot_name_parse("a.exa\0mple", 10, &name, NULL), AVS_ERR_ENDPOINT_INVALID);
    assert_int_equal(avs_iot_name_parse(NULL, 3, &name, NULL), AVS_ERR_ENDPOINT_INVALID);
    for (size_t i = 0; i < sizeof(text); i++) {
        text[i] = i % 2 ? '.' : 'a';
    }
    assert_int_equal(avs_iot_name_parse(text, 253, &name, NULL), AVS_OK);
    assert_int_equal(avs_iot_name_parse(text, 255, &name, NULL), AVS_ERR_ENDPOINT_INVALID);
    assert_int_equal(avs_iot_name_parse(text, sizeof(text), &name, NULL), AVS_ERR_ENDPOINT_INVALID);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_name_is_what_it_is),
        cmocka_unit_test(the_host_reads_back_as_the_same),
        cmocka_unit_test(how_it_was_written_is_told),
        cmocka_unit_test(what_is_no_host_is_refused_with_the_problem),
        cmocka_unit_test(a_nul_byte_and_a_whole_screen_are_no_host),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
