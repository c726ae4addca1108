/* SPDX-License-Identifier: Apache-2.0 */
/* The stand-in endpoint, run inside the command for --demo. */
#ifndef AVS_CLI_DEMO_H
#define AVS_CLI_DEMO_H

#include "cli.h"

struct cli_demo {
    char connect_to[32];        /* "127.0.0.1:PORT" */
    const char *ca_file;        /* the stand-in's, until stop */
    const char *ats_roots_file; /* the stand-in's, until stop */
};

/** Start it; false (and a message on stderr) if it cannot. An interrupt from here on removes its
 *  files and ends the process. */
bool cli_demo_start(const struct cli_command *command, struct cli_demo *demo);
void cli_demo_stop(void);

/** The scenario's host that `endpoint`, which is none's, was most likely meant to be; NULL if it is
 *  one, or like none. */
const char *cli_demo_meant(const char *endpoint);

/** After the run, before anything is said about it: an interrupt ends the stand-in first, and what
 * a run saw of that is no finding. Does not return then. */
void cli_demo_hold(void);

#endif
