/* SPDX-License-Identifier: Apache-2.0 */
/* Loading: files in, merged configuration out, and what this library's own transport takes from it.
 */
#include "conf/config.h"

#include <string.h>

#include "base/text.h"
#include "conf/diagnose.h"

#define SOURCE_BYTES_MAX 8192
#define PATH_SHOWN_MAX   160 /* characters of a path in a message */

/* What a setting is read from; the first that holds a text wins. */
static const struct {
    enum avs_config_setting setting;
    const char *section;
    const char *key;
    bool keeps_empty; /* "" means something: no proxy, whatever the environment says */
} setting_keys[] = {
    {AVS_CONFIG_ENDPOINT, "sampleApp", "endpoint", false},
    {AVS_CONFIG_ENDPOINT, "acl", "endpoint", false},
    {AVS_CONFIG_ENDPOINT, "avsGatewayManager", "avsGateway", false},
    {AVS_CONFIG_CA_FILE, "libcurlUtils", "CURLOPT_CAINFO", false},
    {AVS_CONFIG_CA_PATH, "libcurlUtils", "CURLOPT_CAPATH", false},
    {AVS_CONFIG_PROXY, "libcurlUtils", "CURLOPT_PROXY", true},
    {AVS_CONFIG_INTERFACE, "libcurlUtils", "CURLOPT_INTERFACE", false},
};

/* The end of a long path says more than its beginning. */
static const char *short_path(const char *path) {
    size_t length = strlen(path);
    return length > PATH_SHOWN_MAX ? path + length - PATH_SHOWN_MAX : path;
}

enum avs_status avs_conf_fail_malformed(const struct avs_conf_file *file,
                                        struct avs_error *reterr) {
    struct avs_conf_diagnosis diagnosis;
    unsigned line = 0, column = 0;
    avs_conf_diagnose(&file->doc, &diagnosis);
    avs_conf_place(file->text, file->length, diagnosis.offset, &line, &column);
    const char *words = avs_conf_fault_text(file->doc.fault);
    if (!words[0]) {
        return avs_fail_cause(reterr, AVS_ERR_CONFIG_MALFORMED, AVS_CAUSE_CONFIG_MALFORMED,
                              "%s:%u:%u: %s; %s", short_path(file->path), line, column,
                              diagnosis.problem, diagnosis.fix);
    }
    return avs_fail_cause(reterr, AVS_ERR_CONFIG_MALFORMED, AVS_CAUSE_CONFIG_MALFORMED,
                          "%s:%u:%u: %s; %s (the SDK does not start and logs offset=%zu, "
                          "message=%s)",
                          short_path(file->path), line, column, diagnosis.problem, diagnosis.fix,
                          file->doc.fault_offset, words);
}

enum avs_status avs_conf_fail_crash(const struct avs_conf_file *files, struct avs_conf_ref crash,
                                    struct avs_error *reterr) {
    const struct avs_conf_file *file = &files[crash.file];
    const struct avs_conf_node *node = &file->doc.nodes[crash.node];
    unsigned line = 0, column = 0;
    avs_conf_place(file->text, file->length, node->start, &line, &column);
    const char *type = avs_conf_type_text(node->type);
    if (crash.node == 0) {
        return avs_fail_cause(reterr, AVS_ERR_CONFIG_MALFORMED, AVS_CAUSE_CONFIG_MALFORMED,
                              "%s:%u:%u: the whole configuration is %s, and the SDK crashes on "
                              "anything but an object; begin with { and end with }",
                              short_path(file->path), line, column, type);
    }
    int key_length = (int)(node->key_end - node->key_start);
    return avs_fail_cause(reterr, AVS_ERR_CONFIG_MALFORMED, AVS_CAUSE_CONFIG_MALFORMED,
                          "%s:%u:%u: %.*s is %s here and an object in what was read before, and "
                          "the SDK crashes on that; make it an object in both, or remove one",
                          short_path(file->path), line, column, key_length < 64 ? key_length : 64,
                          file->text + node->key_start, type);
}

enum avs_status avs_conf_string(const struct avs_conf_file *files, struct avs_conf_ref ref,
                                char **ret_text, struct avs_error *reterr) {
    *ret_text = NULL;
    if (ref.file == AVS_CONF_NONE) {
        return AVS_OK;
    }
    const struct avs_conf_doc *doc = &files[ref.file].doc;
    const struct avs_conf_node *node = &doc->nodes[ref.node];
    if (node->type != AVS_CONF_STRING) {
        return AVS_OK;
    }
    struct avs_buffer text = avs_buffer_init(AVS_CONF_FILE_BYTES_MAX);
    avs_conf_decode(doc, node->start, node->end, &text);
    enum avs_status status = avs_buffer_take_text(&text, ret_text, reterr);
    avs_buffer_done(&text);
    return status;
}

char *avs_conf_source(const struct avs_conf_file *files, struct avs_conf_ref ref,
                      const char *section, const char *key) {
    const struct avs_conf_file *file = &files[ref.file];
    unsigned line = 0, column = 0;
    avs_conf_place(file->text, file->length, file->doc.nodes[ref.node].start, &line, &column);
    struct avs_buffer text = avs_buffer_init(SOURCE_BYTES_MAX);
    avs_buffer_printf(&text, "%s:%u:%u %s%s%s", file->path, line, column, section, key ? "." : "",
                      key ? key : "");
    char *source = NULL;
    if (avs_buffer_take_text(&text, &source, NULL) != AVS_OK) {
        avs_buffer_done(&text);
        return NULL;
    }
    return source;
}

static enum avs_status read_settings(struct avs_config *config, struct avs_error *reterr) {
    for (size_t i = 0; i < AVS_COUNT(setting_keys); i++) {
        enum avs_config_setting setting = setting_keys[i].setting;
        const char *section = setting_keys[i].section;
        const char *key = setting_keys[i].key;
        if (config->settings[setting].value) {
            continue;
        }
        struct avs_conf_ref ref = avs_conf_merge_find(config->merge, section, key);
        AVS_AUTO(char) value = NULL;
        AVS_TRY(avs_conf_string(config->files, ref, &value, reterr));
        if (!value || (!value[0] && !setting_keys[i].keeps_empty)) {
            continue;
        }
        config->settings[setting].source = avs_conf_source(config->files, ref, section, key);
        AVS_REQUIRE_MEMORY(config->settings[setting].source, reterr);
        config->settings[setting].value = AVS_STEAL(value);
    }
    return AVS_OK;
}

enum avs_status avs_config_from_files(struct avs_conf_file *files, size_t count,
                                      struct avs_config **ret_config, struct avs_error *reterr) {
    AVS_AUTO(config) config = calloc(1, sizeof(*config));
    if (!config) {
        for (size_t i = 0; i < count; i++) {
            avs_conf_file_done(&files[i]);
        }
        return avs_fail_memory(reterr);
    }
    memcpy(config->files, files, count * sizeof(*files));
    memset(files, 0, count * sizeof(*files));
    config->count = count;
    for (size_t i = 0; i < count; i++) {
        if (config->files[i].doc.fault != AVS_CONF_FAULT_NONE) {
            return avs_conf_fail_malformed(&config->files[i], reterr);
        }
    }
    AVS_TRY(avs_conf_merge_new(config->files, count, &config->merge, reterr));
    struct avs_conf_ref crash = avs_conf_merge_crash(config->merge);
    if (crash.file != AVS_CONF_NONE) {
        return avs_conf_fail_crash(config->files, crash, reterr);
    }
    AVS_TRY(read_settings(config, reterr));
    *ret_config = AVS_STEAL(config);
    return AVS_OK;
}

enum avs_status avs_config_load(const char *const *paths, size_t count,
                                struct avs_config **ret_config, struct avs_error *reterr) {
    struct avs_conf_file files[AVS_CONFIG_FILES_MAX] = {0};
    if (!paths || count == 0 || count > AVS_CONFIG_FILES_MAX) {
        return avs_fail(reterr, AVS_ERR_USAGE, "give 1 to %d configuration files, not %zu",
                        AVS_CONFIG_FILES_MAX, count);
    }
    for (size_t i = 0; i < count; i++) {
        enum avs_status status = avs_conf_file_read(paths[i], &files[i], reterr);
        if (status != AVS_OK) {
            for (size_t j = 0; j < i; j++) {
                avs_conf_file_done(&files[j]);
            }
            return status;
        }
    }
    return avs_config_from_files(files, count, ret_config, reterr);
}

void avs_config_free(struct avs_config *config) {
    if (!config) {
        return;
    }
    for (size_t i = 0; i < AVS_CONFIG_SETTING_COUNT; i++) {
        free(config->settings[i].value);
        free(config->settings[i].source);
    }
    avs_conf_merge_free(config->merge);
    for (size_t i = 0; i < config->count; i++) {
        avs_conf_file_done(&config->files[i]);
    }
    free(config);
}

const char *avs_config_value(const struct avs_config *config, enum avs_config_setting setting) {
    return (unsigned)setting < AVS_CONFIG_SETTING_COUNT ? config->settings[setting].value : NULL;
}

const char *avs_config_source(const struct avs_config *config, enum avs_config_setting setting) {
    return (unsigned)setting < AVS_CONFIG_SETTING_COUNT ? config->settings[setting].source : NULL;
}
