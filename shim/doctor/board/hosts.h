/* SPDX-License-Identifier: Apache-2.0 */
/* The hosts that the device needs, in the order in which it needs them. */
#ifndef AVS_BOARD_HOSTS_H
#define AVS_BOARD_HOSTS_H

#include <avs/config.h>

#include "base/flow.h"
#include "board/facts.h"

/** What a host of a role must give. */
struct avs_board_role_info {
    const char *words; /**< "login", "AVS gateway", ... */
    bool needs_http2;  /**< the SDK's other calls are as happy with HTTP/1.1 */
    bool requires_ats; /**< its chain must end in an ATS root; login hosts of amazon.com do not */
    bool is_needed;    /**< the device does not work without it */
};
extern const struct avs_board_role_info avs_board_roles[AVS_BOARD_ROLE_COUNT];

/** "login", "gateway", ... Static. */
extern const char *const avs_board_role_ids[AVS_BOARD_ROLE_COUNT];

struct avs_board_wishes {
    const char *sdk;      /**< release, NULL = not known */
    const char *endpoint; /**< instead of the configuration's gateway; NULL */
};

/** Fill board->host from what `report` (NULL = no configuration) says for the release.
 *  Errors: ERR_USAGE (no such release), ERR_ENDPOINT_INVALID (of `wishes`). */
AVS_NODISCARD enum avs_status avs_board_choose_hosts(struct avs_board *board,
                                                     const struct avs_config_report *report,
                                                     const struct avs_board_wishes *wishes,
                                                     struct avs_error *reterr);

/** The regional gateways beside the one that is asked anyway. */
void avs_board_add_regional(struct avs_board *board);

#endif
