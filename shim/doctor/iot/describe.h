/* SPDX-License-Identifier: Apache-2.0 */
/* What avs_iot_endpoint_ask found, for the reports. Holds no secret. */
#ifndef AVS_IOT_DESCRIBE_H
#define AVS_IOT_DESCRIBE_H

#include <avs/endpoint.h>
#include <avs/evidence.h>
#include <avs/iot.h>
#include <avs/iot_endpoint.h>

#include "iot/answer.h"
#include "iot/keys.h"

struct avs_iot_endpoint {
    enum avs_iot_endpoint_type type;
    char region[AVS_IOT_REGION_BYTES];
    const char *region_source; /* static */
    char url[AVS_URL_BYTES];   /* that was asked: "https://iot.us-east-1.amazonaws.com" */
    char authority[AVS_NAME_BYTES + 16];
    char keys_source[AVS_AWS_SOURCE_BYTES];
    char key_id[AVS_AWS_MASKED_BYTES];
    bool is_temporary;
    unsigned tries;
    bool has_answer; /* something came over a verified connection; else the evidence tells */
    struct avs_iot_answer answer;
    bool has_name; /* the host is a name that the grammar takes apart: */
    struct avs_iot_name name;
    enum avs_cause cause;
    int exit_code;
    struct avs_evidence *evidence; /* of the last try */
};

/** "iot:Data-ATS". */
const char *avs_iot_endpoint_api_type(enum avs_iot_endpoint_type type);

#endif
