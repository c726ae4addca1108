/* SPDX-License-Identifier: Apache-2.0 */
/* The sources from which the distribution builds its bundle. */
#ifndef AVS_STORE_AUDIT_FOLDER_H
#define AVS_STORE_AUDIT_FOLDER_H

#include <stdbool.h>

struct avs_trust_audit;

/** The folders from which the distribution builds its bundle: junk and deselected CAs.
 *  False: out of memory. */
bool avs_audit_read_folders(struct avs_trust_audit *audit);

#endif
