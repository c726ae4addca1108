/* SPDX-License-Identifier: Apache-2.0 */
/* The size of a struct as the hinge of the ABI; see versioned.h. */
#include "base/versioned.h"

#include <string.h>

enum avs_status avs_versioned_take(void *ret_ours, size_t our_size, const void *given,
                                   const char *name, struct avs_error *reterr) {
    size_t size = given ? *(const size_t *)given : 0;
    if (size <= sizeof(size_t)) {
        return avs_fail(reterr, AVS_ERR_USAGE, "%s.size is %zu: set it to sizeof(struct %s)", name,
                        size, name);
    }
    size_t common = size < our_size ? size : our_size;
    memset(ret_ours, 0, our_size);
    memcpy(ret_ours, given, common);
    *(size_t *)ret_ours = our_size;
    return AVS_OK;
}

void avs_versioned_give(void *theirs, const void *ours, size_t our_size) {
    size_t size = *(const size_t *)theirs;
    if (size > sizeof(size_t)) {
        size_t common = size < our_size ? size : our_size;
        memcpy((char *)theirs + sizeof(size_t), (const char *)ours + sizeof(size_t),
               common - sizeof(size_t));
    }
}
