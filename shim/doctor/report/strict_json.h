/* SPDX-License-Identifier: Apache-2.0 */
/* Strict JSON (RFC 8259) by json-c, with the place of a fault. Evidence comes from strangers. */
#ifndef AVS_EVIDENCE_STRICT_JSON_H
#define AVS_EVIDENCE_STRICT_JSON_H

#include <stddef.h>

#include <json-c/json.h>

#include "base/flow.h"

/** Parse one value; the caller puts *ret_root. AVS_ERR_USAGE when it is not JSON, not UTF-8, or
 *  longer than AVS_STRICT_JSON_BYTES_MAX. */
#define AVS_STRICT_JSON_BYTES_MAX (1024 * 1024)
AVS_NODISCARD enum avs_status avs_strict_json_parse(const char *text, size_t length,
                                                    struct json_object **ret_root,
                                                    struct avs_error *reterr);

#endif
