/* SPDX-License-Identifier: Apache-2.0 */
/* One line on a terminal's stderr while something takes longer than a second. */
#ifndef AVS_CLI_PROGRESS_H
#define AVS_CLI_PROGRESS_H

/** Say `what` (borrowed until the stop) after a second, with the seconds that have passed. Nothing
 *  where stderr is no terminal. One at a time. */
void cli_progress_start(const char *what);
/** The line disappears. Fine when nothing was started. */
void cli_progress_stop(void);

#endif
