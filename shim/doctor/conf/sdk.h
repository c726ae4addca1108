/* SPDX-License-Identifier: Apache-2.0 */
/* The SDK's releases: which keys each reads, and what it falls back to. One row is one fact. */
#ifndef AVS_CONF_SDK_H
#define AVS_CONF_SDK_H

#include <stdbool.h>
#include <stddef.h>

#include "base/flow.h"

/** A release as a number that compares: 1.12.1 = 1012001. */
#define AVS_SDK_RELEASE(major, minor, patch) ((major)*1000000u + (minor)*1000u + (patch))
#define AVS_SDK_ANY                          0u
#define AVS_SDK_LATEST                       AVS_SDK_RELEASE(3, 999, 999)

/** The keys that choose the endpoint. */
enum avs_endpoint_key { AVS_KEY_SAMPLE_APP, AVS_KEY_ACL, AVS_KEY_GATEWAY, AVS_ENDPOINT_KEY_COUNT };

struct avs_endpoint_key_info {
    const char *section, *key, *name;
    const char *never_read; /* by which releases, for a sentence */
};
extern const struct avs_endpoint_key_info avs_endpoint_keys[AVS_ENDPOINT_KEY_COUNT];

/** Releases that choose the endpoint alike. */
struct avs_sdk_generation {
    const char *name; /* "1.3-1.9" */
    unsigned first, last;
    bool is_listed; /* among those shown when no release was named */
    enum avs_endpoint_key keys[2];
    size_t key_count;
    bool passes_empty;    /* takes "" for an endpoint (1.2) */
    bool has_gateway;     /* persists the gateway, which then beats every key */
    const char *fallback; /* built in */
};
extern const struct avs_sdk_generation avs_sdk_generations[];
extern const size_t avs_sdk_generation_count;

/** Other keys that matter to a connection, and since when. */
struct avs_sdk_key {
    const char *name; /* of the fact: "ca_file", "login" */
    const char *section, *key;
    unsigned first, last;
    const char *sdk;      /* the same range in words */
    const char *fallback; /* built in, a URL; NULL: none */
    const char *note;
};
extern const struct avs_sdk_key avs_sdk_keys[];
extern const size_t avs_sdk_key_count;

/** Parse "1.12.1". Errors: USAGE, naming the releases there are. */
AVS_NODISCARD enum avs_status avs_sdk_parse(const char *text, unsigned *ret_release,
                                            struct avs_error *reterr);

/** The generation of a release that avs_sdk_parse returned. Never NULL. */
const struct avs_sdk_generation *avs_sdk_generation_of(unsigned release);

#endif
