/* SPDX-License-Identifier: Apache-2.0 */
/* Words about names of AWS IoT Core that text and JSON share. */
#include "report/iot_words.h"

static const char *const kinds[AVS_IOT_KIND_COUNT] = {
    [AVS_IOT_OTHER] = "no name of AWS IoT Core",
    [AVS_IOT_DATA] = "device data endpoint",
    [AVS_IOT_LEGACY_DATA] = "legacy device data endpoint",
    [AVS_IOT_CREDENTIALS] = "credential provider",
    [AVS_IOT_JOBS] = "jobs data endpoint",
    [AVS_IOT_DEVICE_ADVISOR] = "Device Advisor test endpoint",
    [AVS_IOT_GENERIC_DATA] = "data endpoint of no account, for SDKs",
    [AVS_IOT_GENERIC_JOBS] = "jobs endpoint of no account, for SDKs",
    [AVS_IOT_GREENGRASS] = "Greengrass data plane",
    [AVS_IOT_CONTROL] = "control plane of AWS IoT",
    [AVS_IOT_ADVISOR_CONTROL] = "control plane of Device Advisor",
    [AVS_IOT_TUNNELING] = "secure tunneling",
    [AVS_IOT_BETA] = "configurable endpoint, beta form",
    [AVS_IOT_CUSTOM_DOMAIN] = "custom domain, or no AWS IoT at all",
    [AVS_IOT_MALFORMED] = "no name that AWS IoT Core has",
    [AVS_IOT_OTHER_AWS] = "another service of AWS",
    [AVS_IOT_LOOK_ALIKE] = "a look-alike, not under AWS",
};

const char *avs_iot_kind_words(enum avs_iot_kind kind) {
    return (unsigned)kind < AVS_IOT_KIND_COUNT ? kinds[kind] : kinds[AVS_IOT_OTHER];
}

const char *avs_iot_today(const struct avs_iot_name *name) {
    switch (name->generation) {
    case AVS_IOT_GENERATION_VERISIGN:
        return "legacy name: AWS no longer supports VeriSign on IoT Core; ask for iot:Data-ATS. "
               "Whether it still answers, and with which chain, only a connection can tell";
    case AVS_IOT_GENERATION_ATS:
        return "supported; which chain is served depends on the client's signature algorithms";
    case AVS_IOT_GENERATION_OWN:
        return "its owner chooses the certificate, from any CA, and the ports may be set otherwise";
    case AVS_IOT_GENERATION_UNKNOWN:
        break;
    }
    return NULL;
}

/* "Server authentication in AWS IoT Core": of the Amazon roots 1 and 3 are in use. */
const char *avs_iot_root(const struct avs_iot_name *name, bool is_ecdsa) {
    switch (name->generation) {
    case AVS_IOT_GENERATION_ATS:
        return is_ecdsa ? "Amazon Root CA 3" : "Amazon Root CA 1";
    case AVS_IOT_GENERATION_VERISIGN:
        return is_ecdsa ? NULL : "VeriSign Class 3 Public Primary G5, no longer supported";
    case AVS_IOT_GENERATION_OWN:
    case AVS_IOT_GENERATION_UNKNOWN:
        break;
    }
    return NULL;
}

const char *avs_iot_remedy(const struct avs_iot_found *found) {
    if (found->cause != AVS_CAUSE_NONE) {
        return avs_cause_info(found->cause)->remedy;
    }
    return found->name.kind == AVS_IOT_CUSTOM_DOMAIN
               ? "If this is a custom domain, the device's store needs the root of its certificate."
               : NULL;
}

void avs_iot_next_command(const struct avs_iot_found *found, struct avs_buffer *command) {
    if (found->cause == AVS_CAUSE_NONE) {
        return;
    }
    bool is_credentials = found->entry && found->entry->role == AVS_IOT_ROLE_CREDENTIALS;
    avs_buffer_printf(command, "avs-shim iot endpoint%s",
                      is_credentials ? " --type credentials" : "");
    if (found->is_host && found->name.region[0]) {
        avs_buffer_add_text(command, " --region ");
        avs_buffer_add_word(command, found->name.region);
    }
}
