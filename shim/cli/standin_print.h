/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of avs-shim standin share. */
#ifndef AVS_CLI_STANDIN_PRINT_H
#define AVS_CLI_STANDIN_PRINT_H

#include <stdbool.h>
#include <stdint.h>

#include "cli.h"
#include "standin/standin.h"

#define STANDIN_SCHEMA_QUALIFY  "avs-shim.standin-qualify/1"
#define STANDIN_SCHEMA_REPLAY   "avs-shim.standin-replay/1"
#define STANDIN_SCHEMA_IOT_LIST "avs-shim.standin-iot-list/1"

/** A JSON string; our own texts, and paths and words of any bytes. NULL is null. */
void standin_print_string(const char *text);
/** `before`, the key, a colon, the string. */
void standin_print_member(const char *before, const char *key, const char *value);

/** The directories, the files and the end of the object. */
void standin_print_files_json(const struct avs_standin *standin);
void standin_print_files_text(void);

/** Serve until a signal comes, and count. `print_started`: once it listens. */
struct standin_serving {
    const struct avs_standin_options *options;
    bool is_json;
    void (*print_started)(const struct avs_standin *standin, void *user);
    void *user;
};
int standin_serve(const struct cli_command *command, const struct standin_serving *serving);

/** The server of a piece of evidence, played again; the exit code. */
struct standin_replay {
    const char *path; /* the evidence */
    const struct avs_standin_options *options;
    unsigned delay_percent;
    bool is_json;
};
int standin_replay(const struct cli_command *command, const struct standin_replay *given);

/** A client's own command against the bad servers; the exit code. */
struct standin_qualify {
    char *const *words; /* the command, up to NULL */
    const char *host;   /* or NULL */
    uint16_t port;
    unsigned timeout_ms; /* of each case; 0: the default */
    bool is_json;
};
int standin_qualify(const struct cli_command *command, const struct standin_qualify *given);

/** Where it is shaped like AWS IoT Core: what it plays, and what is said once it listens. */
int standin_iot_list(bool is_json);
void standin_iot_print_started(const struct avs_standin *standin, bool is_json);

#endif
