/* SPDX-License-Identifier: Apache-2.0 */
/* Debian's list of packaged CAs, as the plan changes it. */
#ifndef AVS_TRUST_INSTALL_CONF_H
#define AVS_TRUST_INSTALL_CONF_H

#include "store/install.h"

#define AVS_INSTALL_CONF_BYTES (1u << 20)
#define AVS_INSTALL_NAME_MAX   512 /* of a packaged CA, "mozilla/Amazon_Root_CA_1.crt" */

struct avs_install_conf {
    struct avs_trust_install *install;
    struct avs_error *reterr;
    char *text; /* NULL = there is no such list */
    size_t length;
    bool is_newline_added;
};

/** Plan one more line ("" = only the newline that the list lacks at its end). */
AVS_NODISCARD enum avs_status avs_install_conf_append(struct avs_install_conf *conf,
                                                      const char *line);

/** Plan to put names that were glued together on lines of their own: the updater would drop both.
 */
AVS_NODISCARD enum avs_status avs_install_conf_unglue(struct avs_install_conf *conf);

/** Plan to select the packaged file of a root; *ret_done when the root comes that way, with the
 *  file's name in `ret_name`. */
AVS_NODISCARD enum avs_status avs_install_conf_select(struct avs_install_conf *conf,
                                                      const struct avs_ats_root *wanted,
                                                      char ret_name[AVS_INSTALL_NAME_MAX],
                                                      bool *ret_done);

#endif
