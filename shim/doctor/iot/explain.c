/* SPDX-License-Identifier: Apache-2.0 */
/* One name, or each of a configuration: what it is, and what does not go together. Judges names and
 * what the configuration says of them; opens no connection. */
#include "iot/explain.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

enum avs_cause avs_iot_name_cause(const struct avs_iot_name *name) {
    switch (name->kind) {
    case AVS_IOT_LEGACY_DATA:
        return AVS_CAUSE_IOT_LEGACY_NAME;
    case AVS_IOT_GENERIC_DATA:
        return name->generation == AVS_IOT_GENERATION_VERISIGN ? AVS_CAUSE_IOT_LEGACY_NAME
                                                               : AVS_CAUSE_NONE;
    case AVS_IOT_MALFORMED:
    case AVS_IOT_LOOK_ALIKE:
    case AVS_IOT_OTHER_AWS:
    case AVS_IOT_OTHER:
        return AVS_CAUSE_IOT_NAME_INVALID;
    case AVS_IOT_DATA:
    case AVS_IOT_CREDENTIALS:
    case AVS_IOT_JOBS:
    case AVS_IOT_DEVICE_ADVISOR:
    case AVS_IOT_GENERIC_JOBS:
    case AVS_IOT_GREENGRASS:
    case AVS_IOT_CONTROL:
    case AVS_IOT_ADVISOR_CONTROL:
    case AVS_IOT_TUNNELING:
    case AVS_IOT_BETA:
    case AVS_IOT_CUSTOM_DOMAIN:
    case AVS_IOT_KIND_COUNT:
        break;
    }
    return AVS_CAUSE_NONE;
}

/* ---- remarks ---- */

AVS_PRINTF(3, 4)
static void remark(struct avs_iot_found *found, bool is_wrong, const char *format, ...) {
    if (found->remark_count < AVS_IOT_REMARKS_MAX) {
        struct avs_iot_remark *it = &found->remark[found->remark_count++];
        va_list arguments;
        va_start(arguments, format);
        vsnprintf(it->text, sizeof(it->text), format, arguments);
        va_end(arguments);
        it->is_wrong = is_wrong;
    }
}

static void remark_spelling(struct avs_iot_found *found) {
    unsigned spelling = found->name.spelling;
    if (spelling & AVS_IOT_WAS_PLAINTEXT) {
        remark(found, true, "its scheme means no TLS, and AWS IoT Core takes TLS only");
    }
    if (spelling & AVS_IOT_HAD_TRAILING_DOT) {
        remark(found, true, "it ends in a dot: SNI has the name without it");
    }
    if (spelling & AVS_IOT_WAS_UPPER_CASE) {
        remark(found, false,
               "capitals: DNS does not mind; send the name as DescribeEndpoint gives it");
    }
}

/* A port or an ALPN that none of the ways takes. `alpn` NULL: not known, "": none is sent. */
static void remark_port(struct avs_iot_found *found, uint16_t port, const char *alpn) {
    const struct avs_iot_way *way = NULL;
    bool has_port = false, has_both = false;
    char takes[64] = "";
    for (size_t i = 0; (way = avs_iot_way(found->name.kind, i)); i++) {
        bool is_port = way->port == port;
        has_port |= is_port;
        has_both |= is_port && (!alpn || strcmp(alpn, way->alpn ? way->alpn : "") == 0);
        if (is_port && way->alpn && !strstr(takes, way->alpn)) {
            size_t used = strlen(takes);
            snprintf(takes + used, sizeof(takes) - used, "%s%s", used ? " or " : "", way->alpn);
        }
    }
    if (!avs_iot_way(found->name.kind, 0)) {
        return;
    }
    if (!has_port) {
        remark(found, true, "port %u: AWS IoT Core does not listen there for such a host", port);
    } else if (!has_both) {
        remark(found, true, "port %u takes no ALPN '%s'; it takes %s", port, alpn,
               takes[0] ? takes : "none");
    }
}

/* MQTT with a certificate, which is what a bridge speaks. */
static void remark_bridge(struct avs_iot_found *found, const struct avs_iot_config *config) {
    const struct avs_iot_entry *alpn = avs_iot_config_find(config, AVS_IOT_ROLE_ALPN, found->entry);
    uint16_t port = found->name.port ? found->name.port : 1883;
    if (found->name.port == 0) {
        remark(found, true, "no port: mosquitto then takes 1883; AWS IoT Core takes 8883");
    } else if (port == 443 && !alpn) {
        remark(found, true,
               "port 443 without bridge_alpn: the connection then waits for a CONNACK "
               "that never comes; it needs bridge_alpn x-amzn-mqtt-ca");
    } else {
        remark_port(found, port, alpn ? alpn->value : "");
    }
}

static bool is_data_kind(enum avs_iot_kind kind) {
    return kind == AVS_IOT_DATA || kind == AVS_IOT_LEGACY_DATA || kind == AVS_IOT_GENERIC_DATA ||
           kind == AVS_IOT_BETA || kind == AVS_IOT_CUSTOM_DOMAIN || kind == AVS_IOT_DEVICE_ADVISOR;
}

/* A host of one kind where another is needed. */
static void remark_role(struct avs_iot_found *found) {
    enum avs_iot_role role = found->entry->role;
    bool is_known = found->cause == AVS_CAUSE_NONE || found->cause == AVS_CAUSE_IOT_LEGACY_NAME;
    if (is_known && role == AVS_IOT_ROLE_DATA && !is_data_kind(found->name.kind)) {
        remark(found, true,
               "here a device data endpoint is needed: a host of another kind refuses "
               "with 403 or 404, or not at all");
        found->cause = AVS_CAUSE_IOT_WRONG_KIND;
    }
    if (is_known && role == AVS_IOT_ROLE_CREDENTIALS && found->name.kind != AVS_IOT_CREDENTIALS &&
        found->name.kind != AVS_IOT_CUSTOM_DOMAIN) {
        remark(found, true,
               "here the credential provider is needed (iot:CredentialProvider): a "
               "data host answers 404 \"Not Found\"");
        found->cause = AVS_CAUSE_IOT_WRONG_KIND;
    }
}

static void remark_region(struct avs_iot_found *found, const struct avs_iot_config *config) {
    const struct avs_iot_entry *region =
        avs_iot_config_find(config, AVS_IOT_ROLE_REGION, found->entry);
    if (region && found->name.region[0] && strcmp(region->value, found->name.region) != 0) {
        remark(found, true, "line %u says region %.40s, and the name is of %s", region->line,
               region->value, found->name.region);
    }
}

static void explain(struct avs_iot_found *found, const char *text,
                    const struct avs_iot_config *config) {
    found->name.size = sizeof(found->name);
    found->fault = (struct avs_error)AVS_ERROR_INIT;
    found->is_host = avs_iot_name_parse(text, strlen(text), &found->name, &found->fault) == AVS_OK;
    if (!found->is_host) {
        found->cause = AVS_CAUSE_IOT_NAME_INVALID;
        return;
    }
    found->cause = avs_iot_name_cause(&found->name);
    remark_spelling(found);
    if (!found->entry) {
        if (found->name.port) {
            remark_port(found, found->name.port, NULL);
        }
        return;
    }
    remark_role(found);
    remark_region(found, config);
    if (config->needs_alpn_key) {
        remark_bridge(found, config);
    } else if (found->name.port) {
        remark_port(found, found->name.port, NULL);
    }
}

/* ---- the calls ---- */

static bool is_host_role(enum avs_iot_role role) {
    return role == AVS_IOT_ROLE_HOST || role == AVS_IOT_ROLE_DATA ||
           role == AVS_IOT_ROLE_CREDENTIALS;
}

AVS_DEFINE_AUTO(explanation, struct avs_iot_explanation, avs_iot_explanation_free);

enum avs_status avs_iot_explain_name(const char *text, struct avs_iot_explanation **ret_explanation,
                                     struct avs_error *reterr) {
    AVS_AUTO(explanation) explanation = calloc(1, sizeof(*explanation));
    AVS_REQUIRE_MEMORY(explanation, reterr);
    explanation->found = calloc(1, sizeof(*explanation->found));
    AVS_REQUIRE_MEMORY(explanation->found, reterr);
    explanation->found_count = 1;
    explain(&explanation->found[0], text, NULL);
    if (!explanation->found[0].is_host) {
        return avs_fail_cause(reterr, explanation->found[0].fault.status,
                              explanation->found[0].fault.cause, "%s",
                              explanation->found[0].fault.message);
    }
    *ret_explanation = AVS_STEAL(explanation);
    return AVS_OK;
}

enum avs_status avs_iot_explain_file(const char *path, struct avs_iot_explanation **ret_explanation,
                                     struct avs_error *reterr) {
    AVS_AUTO(explanation) explanation = calloc(1, sizeof(*explanation));
    AVS_REQUIRE_MEMORY(explanation, reterr);
    AVS_TRY(avs_iot_config_read(path, &explanation->config, reterr));
    const struct avs_iot_config *config = explanation->config;
    explanation->file = strdup(path);
    explanation->found = calloc(config->entry_count + 1, sizeof(*explanation->found));
    AVS_REQUIRE_MEMORY(explanation->file && explanation->found, reterr);
    for (size_t i = 0; i < config->entry_count; i++) {
        if (is_host_role(config->entry[i].role)) {
            struct avs_iot_found *found = &explanation->found[explanation->found_count++];
            found->entry = &config->entry[i];
            explain(found, config->entry[i].value, config);
        }
    }
    *ret_explanation = AVS_STEAL(explanation);
    return AVS_OK;
}

void avs_iot_explanation_free(struct avs_iot_explanation *explanation) {
    if (explanation) {
        free(explanation->file);
        free(explanation->config);
        free(explanation->found);
        free(explanation);
    }
}

bool avs_iot_explanation_is_fine(const struct avs_iot_explanation *explanation) {
    const struct avs_iot_config *config = explanation->config;
    bool is_fine = explanation->found_count > 0 &&
                   (!config || (config->note_count == 0 && config->entry_dropped == 0));
    for (size_t i = 0; i < explanation->found_count; i++) {
        const struct avs_iot_found *found = &explanation->found[i];
        is_fine = is_fine && found->cause == AVS_CAUSE_NONE;
        for (size_t k = 0; k < found->remark_count; k++) {
            is_fine = is_fine && !found->remark[k].is_wrong;
        }
    }
    return is_fine;
}
