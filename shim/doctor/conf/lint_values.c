/* What the SDK's parser accepts and the SDK then ignores, misreads or trips over: endpoints,
 * folders, placeholders, switches; names, types and duplicates are in files of their own. */
#include <string.h>
#include <sys/stat.h>

#include "conf/lint.h"

const struct avs_conf_node *avs_conf_lint_node(const struct avs_conf_lint *lint,
                                               struct avs_conf_ref ref) {
    return &lint->config->files[ref.file].doc.nodes[ref.node];
}

void avs_conf_lint_remark(struct avs_conf_lint *lint, struct avs_conf_ref ref, bool is_about_key,
                          const char *id, enum avs_cause cause, enum avs_severity severity,
                          const char *problem, const char *fix) {
    const struct avs_conf_node *node = avs_conf_lint_node(lint, ref);
    uint32_t start = is_about_key ? node->key_start : node->start;
    uint32_t end = is_about_key ? node->key_end : node->end;
    avs_conf_report_add_finding(lint->report, &lint->config->files[ref.file],
                                &(struct avs_conf_remark){
                                    .id = id,
                                    .cause = cause,
                                    .severity = severity,
                                    .offset = start,
                                    .length = end - start,
                                    .problem = problem,
                                    .fix = fix,
                                });
}

bool avs_conf_lint_is_full(const struct avs_conf_lint *lint) {
    return lint->report->base.finding_count >= AVS_CONF_FINDINGS_MAX;
}

/* ---- endpoints ---- */

static void check_endpoint_text(struct avs_conf_lint *lint, struct avs_conf_ref ref,
                                const char *name, const char *url) {
    struct avs_error error = AVS_ERROR_INIT;
    size_t length = strlen(url);
    if (strncmp(url, "${", 2) == 0) {
        return; /* reported as a placeholder */
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

/* ---- folders, placeholders, switches ---- */

static void check_folder(struct avs_conf_lint *lint, struct avs_conf_ref ref, const char *path) {
    const char *slash = strrchr(path, '/');
    size_t length = slash ? (size_t)(slash - path) : 0;
    if (length == 0 || strncmp(path, "${", 2) == 0) {
        return; /* the working directory and the root are there */
    }
    if (length == lint->good_folder_length && strncmp(path, lint->good_folder, length) == 0) {
        return; /* most databases share a folder */
    }
    const char *folder = avs_conf_report_text(lint->report, "%.*s", (int)length, path);
    struct stat identity;
    if (stat(folder, &identity) != 0) {
        avs_conf_lint_remark(
            lint, ref, false, "folder_missing", AVS_CAUSE_CONFIG_UNREADABLE, AVS_SEVERITY_WARNING,
            avs_conf_report_text(lint->report,
                                 "the folder %s does not exist on this machine, so the SDK cannot "
                                 "create its database",
                                 folder),
            strchr(folder, '\'') /* no command that a shell would read otherwise */
                ? "make the folder, or correct the path"
                : avs_conf_report_text(lint->report, "mkdir -p '%s', or correct the path", folder));
    } else if (!S_ISDIR(identity.st_mode)) {
        avs_conf_lint_remark(
            lint, ref, false, "folder_missing", AVS_CAUSE_CONFIG_UNREADABLE, AVS_SEVERITY_WARNING,
            avs_conf_report_text(lint->report,
                                 "%s is no folder, so the SDK cannot create its database", folder),
            "correct the path");
    } else {
        lint->good_folder = folder;
        lint->good_folder_length = length;
    }
}

static enum avs_status check_value(struct avs_conf_lint *lint, struct avs_conf_ref ref) {
    const struct avs_conf_doc *doc = &lint->config->files[ref.file].doc;
    const struct avs_conf_node *node = &doc->nodes[ref.node];
    if (node->type == AVS_CONF_STRING && node->end - node->start > 4 &&
        memcmp(doc->text + node->start + 1, "${", 2) == 0) {
        avs_conf_lint_remark(
            lint, ref, false, "placeholder", AVS_CAUSE_CONFIG_MALFORMED, AVS_SEVERITY_WARNING,
            "a placeholder of the template that was never filled in; the SDK takes it literally",
            "fill it in (the SDK's setup script does, see genConfig.sh)");
    }
    if (node->type == AVS_CONF_STRING && avs_conf_key_is(doc, ref.node, "databaseFilePath")) {
        AVS_AUTO(char) path = NULL;
        AVS_TRY(avs_conf_string(lint->config->files, ref, &path, lint->reterr));
        check_folder(lint, ref, path);
    }
    if (node->type == AVS_CONF_BOOL && doc->text[node->start] == 'f' &&
        avs_conf_key_is(doc, ref.node, "verifyHostsAndPeers")) {
        avs_conf_lint_remark(
            lint, ref, true, "verification_disabled", AVS_CAUSE_CONFIG_MALFORMED,
            AVS_SEVERITY_WARNING,
            "DEBUG builds of SDK 1.3 and later verify no certificate with this, so their tests "
            "prove nothing; release builds and this library ignore it",
            "remove it, and install the missing root instead (avs-shim trust audit)");
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
    for (uint32_t i = 0; i < config->count; i++) {
        avs_conf_lint_names(&lint, i);
        AVS_TRY(avs_conf_lint_duplicates(&lint, i));
        for (uint32_t node = 1; node < config->files[i].doc.count && !avs_conf_lint_is_full(&lint);
             node++) {
            AVS_TRY(check_value(&lint, (struct avs_conf_ref){i, node}));
        }
    }
    return AVS_OK;
}
