/* SPDX-License-Identifier: Apache-2.0 */
/* See keys.h. */
#include "iot/keys.h"

#include <string.h>

#include <openssl/crypto.h>

#include "base/text.h"

#define MASK_SHOWS 4
#define MASK_FROM  12 /* of a shorter one four characters would be too much */

struct avs_aws_keys *avs_aws_keys_new(void) {
    return calloc(1, sizeof(struct avs_aws_keys));
}

void avs_aws_keys_free(struct avs_aws_keys *keys) {
    if (keys) {
        avs_aws_wipe(keys, sizeof(*keys));
        free(keys);
    }
}

bool avs_aws_key_set(char *field, size_t capacity, const char *bytes, size_t length) {
    if (length == 0 || length >= capacity) {
        return false;
    }
    for (size_t i = 0; i < length; i++) {
        if (bytes[i] <= ' ' || bytes[i] > '~') {
            return false;
        }
    }
    memcpy(field, bytes, length);
    field[length] = '\0';
    return true;
}

void avs_aws_key_mask(const char *id, char ret_masked[AVS_AWS_MASKED_BYTES]) {
    size_t length = strlen(id);
    avs_text_format(ret_masked, AVS_AWS_MASKED_BYTES, "****%s",
                    length >= MASK_FROM ? id + length - MASK_SHOWS : "");
}

void avs_aws_wipe(void *memory, size_t length) {
    OPENSSL_cleanse(memory, length);
}
