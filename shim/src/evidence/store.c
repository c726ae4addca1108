/* SPDX-License-Identifier: Apache-2.0 */
/* See store.h: the one place that turns a store's state into a cause. */
#include "evidence/store.h"

enum avs_cause avs_store_cause(enum avs_store_state state) {
    switch (state) {
    case AVS_STORE_UNREADABLE:
        return AVS_CAUSE_CA_FILE_UNREADABLE;
    case AVS_STORE_INVALID:
        return AVS_CAUSE_CA_FILE_INVALID;
    case AVS_STORE_NOT_HASHED:
        return AVS_CAUSE_CA_PATH_NOT_HASHED;
    case AVS_STORE_OK:
    case AVS_STORE_COUNT:
        break;
    }
    return AVS_CAUSE_NONE;
}
