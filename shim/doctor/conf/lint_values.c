/* SPDX-License-Identifier: Apache-2.0 */
/* What the SDK's parser accepts and the SDK then ignores, misreads or trips over: endpoints and
 * switches; names, places, CA stores and duplicates are in files of their own. */
#include <string.h>

#include "conf/lint.h"

/* ---- endpoints ---- */

static void check_endpoint_text(struct avs_conf_lint *lint, struct avs_conf_ref ref,
                                const char *name, const char *url) {
    struct avs_error error = AVS_ERROR_INIT;
    size_t length = strlen(url);
    if (avs_conf_is_placeholder(url)) {
        return; /* reported as one */
    }
    if (avs_endpoint_check(url, length, NULL, &error) != AVS_OK) {
        avs_conf_lint_remark(
            lint, ref, false, "endpoint_invalid", AVS_CAUSE_ENDPOINT_INVALID, AVS_SEVERITY_ERROR,
            avs_conf_report_text(lint->report, "%s: %s", name, error.message),
            "write \"https://host\", for example with: avs-shim endpoint set NAME");
    } else if (url[length - 1] == '/') {
        avs_conf_lint_remark(
            lint, ref, false, "trailing_slash", AVS_CAUSE_ENDPOINT_INVALID, AVS_SEVERITY_WARNING,
            avs_conf_report_text(lint->report,
                                 "%s ends in a slash; the SDK appends its own, so every request "
                                 "goes to //v20160207/...",
                                 name),
            "remove the slash at its end");
    }
}

static bool is_read_by(const struct avs_conf_lint *lint, enum avs_endpoint_key key) {
    const struct avs_sdk_generation *generation = avs_sdk_generation_of(lint->release);
    for (size_t i = 0; i < generation->key_count; i++) {
        if (generation->keys[i] == key) {
            return true;
        }
    }
    return false;
}

/* Say that a key is dead, unless the one that lives says the same. */
static void check_ignored(struct avs_conf_lint *lint, struct avs_conf_ref ref,
                          enum avs_endpoint_key key, const char *value, const char *gateway) {
    const struct avs_endpoint_key_info *info = &avs_endpoint_keys[key];
    bool is_dead = lint->release == AVS_SDK_ANY ? key != AVS_KEY_GATEWAY : !is_read_by(lint, key);
    if (!is_dead || (key != AVS_KEY_GATEWAY && gateway && strcmp(gateway, value) == 0)) {
        return;
    }
    const char *fix = key == AVS_KEY_GATEWAY
                          ? "set sampleApp.endpoint for this release, or use this library's "
                            "transport, which honours it"
                          : "set avsGatewayManager.avsGateway, or use this library's transport, "
                            "which honours it";
    avs_conf_lint_remark(
        lint, ref, true, "endpoint_ignored", AVS_CAUSE_ENDPOINT_IGNORED, AVS_SEVERITY_WARNING,
        avs_conf_report_text(lint->report, "%s is set, and %s", info->name, info->never_read), fix);
}

static enum avs_status check_endpoints(struct avs_conf_lint *lint) {
    AVS_AUTO(char) gateway = NULL;
    const struct avs_conf_file *files = lint->config->files;
    AVS_TRY(avs_conf_string(
        files, avs_conf_merge_find(lint->config->merge, "avsGatewayManager", "avsGateway"),
        &gateway, lint->reterr));
    for (int key = 0; key < AVS_ENDPOINT_KEY_COUNT; key++) {
        const struct avs_endpoint_key_info *info = &avs_endpoint_keys[key];
        struct avs_conf_ref ref =
            avs_conf_merge_find(lint->config->merge, info->section, info->key);
        AVS_AUTO(char) url = NULL;
        AVS_TRY(avs_conf_string(files, ref, &url, lint->reterr));
        if (url && url[0]) {
            check_endpoint_text(lint, ref, info->name, url);
            check_ignored(lint, ref, (enum avs_endpoint_key)key, url, gateway);
        }
    }
    return AVS_OK;
}

/* Of "https://host:port", whatever path is behind it. */
static size_t origin_length(const char *url) {
    size_t scheme = strncmp(url, "https://", 8) == 0 ? 8 : 0;
    return scheme ? scheme + strcspn(url + scheme, "/?#") : strlen(url);
}

/* The hosts that the SDK asks besides the gateway: any path is fine, and none of them has a dead
 * key that is worth a word. */
static enum avs_status check_urls(struct avs_conf_lint *lint) {
    for (size_t i = 0; i < avs_sdk_key_count; i++) {
        const struct avs_sdk_key *key = &avs_sdk_keys[i];
        struct avs_conf_ref ref = avs_conf_merge_find(lint->config->merge, key->section, key->key);
        bool is_url = key->fallback != NULL;
        bool is_read = lint->release == AVS_SDK_ANY ||
                       (lint->release >= key->first && lint->release <= key->last);
        struct avs_error error = AVS_ERROR_INIT;
        AVS_AUTO(char) url = NULL;
        if (!is_url || !is_read) {
            continue;
        }
        AVS_TRY(avs_conf_string(lint->config->files, ref, &url, lint->reterr));
        if (!url || !url[0] || avs_conf_is_placeholder(url)) {
            continue; /* the SDK takes its own, or it is reported as one */
        }
        if (avs_endpoint_check(url, origin_length(url), NULL, &error) != AVS_OK) {
            avs_conf_lint_remark(lint, ref, false, "endpoint_invalid", AVS_CAUSE_ENDPOINT_INVALID,
                                 AVS_SEVERITY_ERROR,
                                 avs_conf_report_text(lint->report, "%s.%s: %s", key->section,
                                                      key->key, error.message),
                                 avs_conf_report_text(lint->report,
                                                      "remove the key, and the SDK takes %s",
                                                      key->fallback));
        }
    }
    return AVS_OK;
}

/* ---- switches, and what has a file of its own ---- */

static enum avs_status check_value(struct avs_conf_lint *lint, struct avs_conf_ref ref) {
    const struct avs_conf_doc *doc = &lint->config->files[ref.file].doc;
    const struct avs_conf_node *node = &doc->nodes[ref.node];
    if (node->type == AVS_CONF_BOOL && doc->text[node->start] == 'f' &&
        avs_conf_key_is(doc, ref.node, "verifyHostsAndPeers")) {
        avs_conf_lint_remark(
            lint, ref, true, "verification_disabled", AVS_CAUSE_CONFIG_MALFORMED,
            AVS_SEVERITY_WARNING,
            "DEBUG builds of SDK 1.3 and later verify no certificate with this, so their tests "
            "prove nothing; release builds and this library ignore it",
            "remove it, and install the missing root instead (avs-shim trust audit)");
    }
    if (node->type != AVS_CONF_STRING) {
        return AVS_OK;
    }
    AVS_AUTO(char) text = NULL;
    AVS_TRY(avs_conf_string(lint->config->files, ref, &text, lint->reterr));
    if (avs_conf_is_placeholder(text)) {
        avs_conf_lint_placeholder(lint, ref, text);
    } else if (avs_conf_key_is(doc, ref.node, "databaseFilePath")) {
        avs_conf_lint_database(lint, ref, text);
    } else {
        avs_conf_lint_store(lint, ref, text);
    }
    return AVS_OK;
}

/* ---- what depends on the release ---- */

static void check_release(struct avs_conf_lint *lint) {
    const struct avs_config *config = lint->config;
    if (lint->release != AVS_SDK_ANY && lint->release < AVS_SDK_RELEASE(1, 7, 0) &&
        config->count > 1) {
        avs_conf_lint_remark(
            lint, (struct avs_conf_ref){1, 0}, false, "overlay_unsupported",
            AVS_CAUSE_CONFIG_MALFORMED, AVS_SEVERITY_ERROR,
            "this SDK release takes one configuration file; several are merged from 1.7 on",
            "merge the files, or update the SDK");
    }
    for (uint32_t i = 0; i < config->count; i++) {
        uint32_t comment = config->files[i].doc.first_comment;
        bool is_refused = lint->release != AVS_SDK_ANY &&
                          lint->release < AVS_SDK_RELEASE(1, 2, 1) && comment != AVS_CONF_NONE;
        if (is_refused) {
            avs_conf_report_add_finding(
                lint->report, &config->files[i],
                &(struct avs_conf_remark){
                    .id = "comments_unsupported",
                    .cause = AVS_CAUSE_CONFIG_MALFORMED,
                    .severity = AVS_SEVERITY_ERROR,
                    .offset = comment,
                    .length = 2,
                    .problem = "a comment; the SDK's parser accepts comments from 1.2.1 on",
                    .fix = "remove the comments, or update the SDK",
                });
        }
    }
}

enum avs_status avs_conf_lint_values(const struct avs_config *config, unsigned release,
                                     struct avs_conf_report *report, struct avs_error *reterr) {
    struct avs_conf_lint lint = {
        .config = config, .release = release, .report = report, .reterr = reterr};
    check_release(&lint);
    AVS_TRY(check_endpoints(&lint));
    AVS_TRY(check_urls(&lint));
    for (uint32_t i = 0; i < config->count; i++) {
        avs_conf_lint_names(&lint, i);
        AVS_TRY(avs_conf_lint_duplicates(&lint, i));
        for (uint32_t node = 1; node < config->files[i].doc.count && !avs_conf_lint_is_full(&lint);
             node++) {
            AVS_TRY(check_value(&lint, (struct avs_conf_ref){i, node}));
        }
        avs_conf_lint_bytes(&lint, i);
    }
    avs_conf_lint_groups(&lint);
    return AVS_OK;
}
