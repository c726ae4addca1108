/* SPDX-License-Identifier: Apache-2.0 */
/* AWS keys, held in one place of a fixed size, so that wiping that place wipes them. Nothing but a
 * masked key id may ever leave it for a person to see. */
#ifndef AVS_IOT_KEYS_H
#define AVS_IOT_KEYS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/flow.h"

#define AVS_AWS_ID_BYTES     129   /* an access key id has 16 to 128 characters (IAM API) */
#define AVS_AWS_SECRET_BYTES 257   /* 40 today */
#define AVS_AWS_TOKEN_BYTES  16385 /* some thousand; AWS names no limit */
#define AVS_AWS_SOURCE_BYTES 320
#define AVS_AWS_MASKED_BYTES 16

struct avs_aws_keys {
    char id[AVS_AWS_ID_BYTES];
    char secret[AVS_AWS_SECRET_BYTES];
    char token[AVS_AWS_TOKEN_BYTES];   /* "" = long-term keys */
    int64_t expires_unix;              /* 0 = never, or not known */
    char source[AVS_AWS_SOURCE_BYTES]; /* "environment", "/root/.aws/credentials [default]", ... */
};

/** Allocated at its full size once. NULL without memory. */
struct avs_aws_keys *avs_aws_keys_new(void);
/** Wipe and free. NULL is fine. */
void avs_aws_keys_free(struct avs_aws_keys *keys);
AVS_DEFINE_AUTO(avs_aws_keys, struct avs_aws_keys, avs_aws_keys_free);

/** Copy `length` bytes into a field of a key. False where they do not fit, are empty, or hold what
 *  no header can carry (blanks, controls, above ASCII). */
bool avs_aws_key_set(char *field, size_t capacity, const char *bytes, size_t length);

/** "****MPLE": the last four characters, none of a short one. */
void avs_aws_key_mask(const char *id, char ret_masked[AVS_AWS_MASKED_BYTES]);

/** Wipe memory in a way that no compiler leaves out. */
void avs_aws_wipe(void *memory, size_t length);

#endif
