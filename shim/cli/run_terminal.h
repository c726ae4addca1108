/* SPDX-License-Identifier: Apache-2.0 */
/* A terminal stays a terminal for the program that avs-shim run starts: pseudo terminals, the raw
 * mode of the real one, its window's size. */
#ifndef AVS_CLI_RUN_TERMINAL_H
#define AVS_CLI_RUN_TERMINAL_H

#include <stdbool.h>
#include <termios.h>

/** Open a pseudo terminal with the modes and the size of the terminal `like`. `is_bare`: it changes
 *  no byte of the output, since the terminal behind it will; and it is nobody's controlling
 *  terminal. Both ends are closed on exec and above the standard descriptors. False: errno. */
bool run_pty_open(int like, bool is_bare, int *ret_master, int *ret_slave);

/** Give the pseudo terminal the size of the window of the terminal `from`. */
void run_terminal_copy_size(int from, int master);

/** True when standard input is a terminal that this process group may read and set. */
bool run_terminal_is_ours(void);

/** Standard input's terminal hands over each byte as it is typed and changes none; it is restored
 * by run_terminal_restore, or when this process dies of a fault. Both are fine twice. */
void run_terminal_raw(void);
void run_terminal_restore(void);
bool run_terminal_is_raw(void);
/** The modes to restore, or NULL when there never was a raw mode. Static. */
const struct termios *run_terminal_saved(void);

/** A copy of `fd` above the standard descriptors, closed on exec; `fd` is closed. */
int run_above_standard(int fd);

#endif
