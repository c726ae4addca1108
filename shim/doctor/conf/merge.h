/* SPDX-License-Identifier: Apache-2.0 */
/* The SDK's overlay of several files: which value a key has in the end, and in which file it
 * stands. Mirrors ConfigurationNode's mergeDocument, its crash included. */
#ifndef AVS_CONF_MERGE_H
#define AVS_CONF_MERGE_H

#include "conf/file.h"

/** A value in one of the files. */
struct avs_conf_ref {
    uint32_t file; /* AVS_CONF_NONE: there is none */
    uint32_t node;
};

struct avs_conf_merge;

/** Merge files in order. All must have scanned without fault; borrowed until free.
 *  The SDK crashes where a root is no object, or where a later file has a scalar in the place of an
 *  object: then merging stops there and avs_conf_merge_crash says where. Errors: NO_MEMORY. */
AVS_NODISCARD enum avs_status avs_conf_merge_new(const struct avs_conf_file *files, size_t count,
                                                 struct avs_conf_merge **ret_merge,
                                                 struct avs_error *reterr);
void avs_conf_merge_free(struct avs_conf_merge *merge);

/** Where the SDK would crash; file is AVS_CONF_NONE if nowhere. */
struct avs_conf_ref avs_conf_merge_crash(const struct avs_conf_merge *merge);

/** The value that the SDK finds for root[section][key] (root[section] when key is NULL), whatever
 *  its type; file is AVS_CONF_NONE when there is none. */
struct avs_conf_ref avs_conf_merge_find(const struct avs_conf_merge *merge, const char *section,
                                        const char *key);

#endif
