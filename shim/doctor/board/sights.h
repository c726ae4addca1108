/* SPDX-License-Identifier: Apache-2.0 */
/* The sights that need no header of their own: each looks at one thing and fills its facts. None
 * writes anything or opens a connection. */
#ifndef AVS_BOARD_SIGHTS_H
#define AVS_BOARD_SIGHTS_H

#include <avs/config.h>

#include "board/facts.h"

/** The kernel's clock, whether it is kept, and the newest of well-known files. */
void avs_board_look_at_clock(struct avs_board_clock *ret);

/** The variables that libcurl reads for https, and CURLOPT_PROXY of `config` (NULL = none). */
void avs_board_look_at_proxy(const struct avs_config *config, struct avs_board *board);

/** The libcurl of this process, and those in the library path of `sysroot` (NULL = this machine).
 */
void avs_board_look_at_libraries(const char *sysroot, struct avs_board_libraries *ret);

/** The folders of the databases that the configuration names: room, and the right to write. */
void avs_board_look_at_places(const struct avs_config_report *report, struct avs_board *board);

#endif
