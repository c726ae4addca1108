/* SPDX-License-Identifier: Apache-2.0 */
/* A hashed folder as a store. */
#ifndef AVS_STORE_AUDIT_HASHED_H
#define AVS_STORE_AUDIT_HASHED_H

#include "store/audit_store.h"

/** A hashed folder. False: out of memory. */
bool avs_audit_read_hashed(struct avs_audit_reading *reading);

#endif
