/* SPDX-License-Identifier: Apache-2.0 */
/* A planned change of one or more files, and its sidecars. */
#ifndef AVS_CONF_PLAN_H
#define AVS_CONF_PLAN_H

#include <avs/config.h>

#include "conf/config.h"
#include "conf/sdk.h"
#include "edit/diff.h"

#define AVS_CONF_SIDECAR_SUFFIX    ".avs-toggle"
#define AVS_CONF_SIDECAR_BYTES_MAX (4u * 1024u * 1024u)

enum avs_conf_sidecar_action {
    AVS_CONF_SIDECAR_KEEP,
    AVS_CONF_SIDECAR_WRITE,
    AVS_CONF_SIDECAR_REMOVE
};

/** One file: as it was read, and as it will be. */
struct avs_conf_planned {
    struct avs_conf_file before;
    struct avs_conf_file after; /* scanned anew after each edit */
    struct avs_conf_diff diff;
    bool is_edited;
    char *sidecar_path;
    enum avs_conf_sidecar_action sidecar_action;
    char *sidecar_text; /* what WRITE writes */
};

struct avs_config_plan {
    struct avs_conf_planned files[AVS_CONFIG_FILES_MAX];
    size_t count;
    /* the planned files merged, made when asked for and dropped by every edit */
    struct avs_conf_file merged_files[AVS_CONFIG_FILES_MAX]; /* borrow from files[].after */
    struct avs_conf_merge *merge;
    const char *url; /* what set and toggle put; NULL for the others */
    char *url_text;
    struct avs_buffer summary;
};

AVS_DEFINE_AUTO(plan, struct avs_config_plan, avs_config_plan_free);

/** Read the files (through one symbolic link each) into a new plan that changes nothing.
 *  `must_parse`: a malformed file is an error. Errors: as avs_config_plan_set. */
AVS_NODISCARD enum avs_status avs_conf_plan_open(const char *const *paths, size_t count,
                                                 bool must_parse, struct avs_config_plan **ret_plan,
                                                 struct avs_error *reterr);

/** Replace the planned text of file `index`; `out` (an edited text) is emptied. Refuses what does
 *  not parse. Errors: CONFIG_MALFORMED, LIMIT, NO_MEMORY. */
AVS_NODISCARD enum avs_status avs_conf_plan_take_text(struct avs_config_plan *plan, size_t index,
                                                      struct avs_buffer *out,
                                                      struct avs_error *reterr);

/** One line of the summary. */
AVS_PRINTF(2, 3)
void avs_conf_plan_say(struct avs_config_plan *plan, const char *format, ...);

/** Work out the differences and check for memory; the last step of every plan. */
AVS_NODISCARD enum avs_status avs_conf_plan_finish(struct avs_config_plan *plan,
                                                   struct avs_error *reterr);

/** Edit the plan so that the keys of `release` (AVS_SDK_ANY: of every generation) hold `url`. */
AVS_NODISCARD enum avs_status avs_conf_plan_put(struct avs_config_plan *plan, unsigned release,
                                                const char *url, struct avs_error *reterr);

#endif
