/* SPDX-License-Identifier: Apache-2.0 */
/* avs-shim iot plan: where each device of a fleet stands, and what comes next. */
#include <inttypes.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include <avs/iot_plan.h>

#include "cli.h"

#define CANNOT_TELL    3
#define PROGRESS_ROWS  4096 /* the clock is looked at so often */
#define PROGRESS_EVERY 1    /* second */

struct arguments {
    bool is_json, is_summary;
};

static const struct cli_option rows[] = {
    {.name = "summary",
     .kind = CLI_FLAG,
     .offset = offsetof(struct arguments, is_summary),
     .help = "only the totals"},
    {.name = "json",
     .kind = CLI_FLAG,
     .offset = offsetof(struct arguments, is_json),
     .help = "a line of JSON for each device and one with the totals, schema " AVS_IOT_PLAN_SCHEMA},
    {.name = NULL},
};

struct run {
    const struct cli_command *command;
    struct arguments arguments;
    bool has_progress; /* stderr is a terminal, and stdout is not */
    bool has_told;
    time_t told;
    uint64_t devices;
    int result;
};

static void tell_progress(struct run *run) {
    time_t now = time(NULL);
    if (run->has_progress && run->devices % PROGRESS_ROWS == 0 &&
        now - run->told >= PROGRESS_EVERY) {
        fprintf(stderr, "\r\033[K%" PRIu64 " devices", run->devices);
        fflush(stderr);
        run->told = now;
        run->has_told = true;
    }
}

static bool on_device(void *user, const struct avs_iot_device *device) {
    struct run *run = user;
    struct avs_error error = AVS_ERROR_INIT;
    char *text = NULL;
    run->devices++;
    tell_progress(run);
    if (run->arguments.is_summary) {
        return true;
    }
    enum avs_status status = run->arguments.is_json
                                 ? avs_iot_device_to_json(device, &text, &error)
                                 : avs_iot_device_to_text(device, cli_style(), &text, &error);
    run->result = cli_print_taken(run->command, status, text, &error);
    return run->result == CLI_OK;
}

static int exit_code(const struct avs_iot_totals *totals) {
    uint64_t fine =
        totals->count[AVS_IOT_STATE_SWITCHED] + totals->count[AVS_IOT_STATE_READY_TO_SWITCH];
    return fine < totals->devices || totals->devices == 0 ? CLI_NOT_READY
           : totals->unproven > 0                         ? CANNOT_TELL
                                                          : CLI_OK;
}

static int run_plan(struct run *run, const char *inventory) {
    struct avs_error error = AVS_ERROR_INIT;
    struct avs_iot_totals totals = {.size = sizeof(totals)};
    struct avs_iot_plan_options options = {
        .size = sizeof(options), .inventory = inventory, .on_device = on_device, .user = run};
    char *text = NULL;
    enum avs_status status = avs_iot_plan_run(&options, &totals, &error);
    if (run->has_told) {
        fputs("\r\033[K", stderr);
    }
    if (status != AVS_OK) {
        return run->result != CLI_OK ? run->result : cli_error(run->command, &error);
    }
    if (!run->arguments.is_json && !run->arguments.is_summary && totals.devices > 0) {
        cli_print("\n");
    }
    status = run->arguments.is_json ? avs_iot_totals_to_json(&totals, &text, &error)
                                    : avs_iot_totals_to_text(&totals, cli_style(), &text, &error);
    int result = cli_print_taken(run->command, status, text, &error);
    return result == CLI_OK ? exit_code(&totals) : result;
}

static int run(const struct cli_command *command, int argc, char **argv) {
    struct run state = {.command = command, .result = CLI_OK};
    int words = 0;
    int result = cli_parse(command, argc, argv, &state.arguments, &words);
    if (result != CLI_GO_ON) {
        return result;
    }
    if (words == argc) {
        return cli_usage_error(command, "which INVENTORY?");
    }
    state.has_progress =
        isatty(STDERR_FILENO) && (!isatty(STDOUT_FILENO) || state.arguments.is_summary);
    state.told = time(NULL);
    return run_plan(&state, argv[words]);
}

const struct cli_command cli_iot_plan = {
    .name = "iot plan",
    .summary = "where each device of a fleet stands on its way to ATS endpoints, and what is next",
    .usage = "[--summary] [--json] INVENTORY",
    .about =
        "Goes through an inventory of devices, of any length (- is standard input), and says of "
        "each: old-only, both-roots, ready-to-switch, switched, or blocked and by what; with the "
        "next command, and the totals. It changes nothing and opens no connection.\n"
        "No device is called ready before Amazon Root CA 1 and 3 are in its store, and no root is "
        "said to be removable before the whole fleet has switched.\n"
        "INVENTORY is CSV (RFC 4180) with a header row, or JSON lines. Columns, of which others "
        "may "
        "stand among them: name; endpoint (a host name) or config (what iot explain reads); store "
        "(a "
        "CA bundle or a hashed folder) and rootfs (an image or a copy of the device's files; "
        "config "
        "and store are then paths below it); wanted (the ATS name that DescribeEndpoint gave).",
    .options = rows,
    .examples =
        "avs-shim iot plan devices.csv\n"
        "avs-shim iot plan --json devices.csv | jq -r 'select(.state == \"blocked\") | .name'\n"
        "printf 'endpoint\\na1b2.iot.us-east-1.amazonaws.com\\n' | avs-shim iot plan -",
    .exits =
        "0  every device has switched or is ready to, and its store was looked at\n"
        "1  some are not: old-only, both-roots, blocked, or a row that cannot be read\n"
        "2  the inventory cannot be read, or has no header\n"
        "3  by their names all have switched, but the store of some was not given or lacks a root",
    .schema = AVS_IOT_PLAN_SCHEMA,
    .words_most = 1,
    .run = run,
};
