/* SPDX-License-Identifier: Apache-2.0 */
/* Which way puts a library of ours under a program: preloading where that can work, else a sentence
 * that says why not and which way does. */
#ifndef AVS_CLI_RUN_TRANSPORT_H
#define AVS_CLI_RUN_TRANSPORT_H

#include "run_program.h"

struct run_transport {
    char library[PATH_MAX]; /* of the adapter; "" = none was found */
    bool is_preloaded;
    char why[PATH_MAX + 640]; /* not: the reason, and the way that works */
};

#define RUN_ADAPTER "libavs-shim-sdk.so"  /* the transport of the SDK */
#define RUN_WATCHER "libavs-shim-curl.so" /* for the libcurl handles beside it */

/** Decide for `program` and the library `name`. `given` is the file that the user named, or NULL:
 *  then it is looked for beside this command and where libraries are installed. */
void run_transport_choose(const struct run_program *program, const char *name, const char *given,
                          struct run_transport *ret);

/** Put `library` first in LD_PRELOAD of this process, for the program to inherit. False: no memory.
 */
bool run_preload(const char *library);

#endif
