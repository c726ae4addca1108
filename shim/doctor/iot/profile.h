/* SPDX-License-Identifier: Apache-2.0 */
/* The AWS profile in force: its two files, its name, what they say of it. Both files count as one,
 * the credentials file first, as the AWS CLI has it. */
#ifndef AVS_IOT_PROFILE_H
#define AVS_IOT_PROFILE_H

#include <stdbool.h>

#include "base/flow.h"
#include "iot/ini.h"

#define AVS_PROFILE_PATH_BYTES 256
#define AVS_PROFILE_NAME_BYTES 128

struct avs_profile {
    char name[AVS_PROFILE_NAME_BYTES];
    const char *named_by; /* "--profile", "AWS_PROFILE", ...; NULL: the default one */
    char keys_path[AVS_PROFILE_PATH_BYTES];
    char config_path[AVS_PROFILE_PATH_BYTES];
    struct avs_ini *keys, *config; /* NULL: no such file */
    const char *config_section;    /* of it in the config file, NULL if none */
};

/** Read the files and find the profile: `given`, or (NULL) AWS_PROFILE, AWS_DEFAULT_PROFILE,
 *  "default". A profile that is not there is no error yet. On success give it back with
 *  avs_profile_done. Errors: as avs_ini_load. */
AVS_NODISCARD enum avs_status avs_profile_open(const char *given, struct avs_profile *ret_profile,
                                               struct avs_error *reterr);
void avs_profile_done(struct avs_profile *profile);

/** In one of the files. */
bool avs_profile_is_there(const struct avs_profile *profile);
/** A value of the profile, lent, or NULL. */
const char *avs_profile_get(const struct avs_profile *profile, const char *key);
/** "a, b, c": the profiles that there are, cut to fit. */
void avs_profile_list(const struct avs_profile *profile, char *text, size_t capacity);

/** The region in force: `given`, AWS_REGION, AWS_DEFAULT_REGION, the profile's; NULL if none.
 *  `ret_source` is static. */
const char *avs_profile_region(const struct avs_profile *profile, const char *given,
                               const char **ret_source);

/** An environment variable that is set and not empty, or NULL. */
const char *avs_environment(const char *name);

#endif
