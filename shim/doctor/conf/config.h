/* SPDX-License-Identifier: Apache-2.0 */
/* A loaded configuration, as the other files of this module see it. */
#ifndef AVS_CONF_CONFIG_H
#define AVS_CONF_CONFIG_H

#include <avs/config.h>

#include "conf/file.h"
#include "conf/merge.h"

struct avs_config {
    struct avs_conf_file files[AVS_CONFIG_FILES_MAX];
    size_t count;
    struct avs_conf_merge *merge;
    struct {
        char *value;
        char *source;
    } settings[AVS_CONFIG_SETTING_COUNT];
};

AVS_DEFINE_AUTO(config, struct avs_config, avs_config_free);

/** Take over `count` files that were read (they are zeroed), check and merge them. */
AVS_NODISCARD enum avs_status avs_config_from_files(struct avs_conf_file *files, size_t count,
                                                    struct avs_config **ret_config,
                                                    struct avs_error *reterr);

/** The decoded text of a string value, cut at a NUL as the SDK cuts it; NULL (and OK) where the
 *  reference is no string. Caller frees. */
AVS_NODISCARD enum avs_status avs_conf_string(const struct avs_conf_file *files,
                                              struct avs_conf_ref ref, char **ret_text,
                                              struct avs_error *reterr);

/** "file:line:column section.key" of a value. Caller frees; NULL when out of memory. */
char *avs_conf_source(const struct avs_conf_file *files, struct avs_conf_ref ref,
                      const char *section, const char *key);

/** CONFIG_MALFORMED for the fault of `file`: place, problem, fix, the SDK's own message. */
enum avs_status avs_conf_fail_malformed(const struct avs_conf_file *file, struct avs_error *reterr);

/** CONFIG_MALFORMED for an overlay that crashes the SDK. */
enum avs_status avs_conf_fail_crash(const struct avs_conf_file *files, struct avs_conf_ref crash,
                                    struct avs_error *reterr);

#endif
