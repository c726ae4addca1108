/* SPDX-License-Identifier: Apache-2.0 */
/* Edits of one scanned text that leave every other byte as it was. */
#ifndef AVS_CONF_EDIT_H
#define AVS_CONF_EDIT_H

#include "conf/scan.h"

/** Each appends the whole edited text to `out`; the caller checks out->is_failed once. The doc must
 *  have no fault and an object as its root. */

/** Replace the value of `node` by the JSON text `value`. */
void avs_conf_edit_replace(const struct avs_conf_doc *doc, uint32_t node, const char *value,
                           struct avs_buffer *out);

/** Add root[section][key] = value (JSON text) as the last member of object `section_node`; or,
 * where that is AVS_CONF_NONE, in a new section at the end of the root. */
void avs_conf_edit_insert(const struct avs_conf_doc *doc, uint32_t section_node,
                          const char *section, const char *key, const char *value,
                          struct avs_buffer *out);

/** Remove the member `node`, and its section with it where avs_conf_edit_insert would have made it
 *  for this member. The inverse of avs_conf_edit_insert, to the byte. */
void avs_conf_edit_remove(const struct avs_conf_doc *doc, uint32_t node, struct avs_buffer *out);

#endif
