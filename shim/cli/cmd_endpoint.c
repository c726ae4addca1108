/* SPDX-License-Identifier: Apache-2.0 */
/* avs-shim endpoint: which endpoint the SDK will really use, and changing it without breaking the
 * file. */
#include <stdlib.h>
#include <string.h>

#include <avs/config.h>

#include "output.h"

struct request {
    const struct cli_command *command;
    const char *action;
    struct cli_list paths;
    const char *sdk;
    const char *url; /* as given, names resolved; NULL if not given */
    bool is_json, is_dry_run, is_fix;
    struct cli_outputs outputs; /* of lint */
};

#define AT(member) .offset = offsetof(struct request, member)
#define OPTION_CONFIG                                                                      \
    {                                                                                      \
        .name = "config", .letter = 'c', .kind = CLI_LIST, .value = "FILE", AT(paths),     \
        .help = "AlexaClientSDKConfig.json; repeat for the SDK's overlays, in their order" \
    }
#define OPTION_SDK                                                                    \
    {                                                                                 \
        .name = "sdk", .letter = 's', .kind = CLI_VALUE, .value = "VERSION", AT(sdk), \
        .help = "an SDK release, 1.0 to 1.26 or 3.0.0; without it, all generations"   \
    }
#define OPTION_JSON                                                   \
    {                                                                 \
        .name = "json", .letter = 'j', .kind = CLI_FLAG, AT(is_json), \
        .help = "one JSON object, schema " AVS_ENDPOINT_SCHEMA        \
    }
#define OPTION_DRY_RUN                                                      \
    {                                                                       \
        .name = "dry-run", .letter = 'n', .kind = CLI_FLAG, AT(is_dry_run), \
        .help = "show what would change, write nothing"                     \
    }

static const struct cli_option show_options[] = {
    OPTION_CONFIG, OPTION_SDK, OPTION_JSON, {.name = NULL}};
static const struct cli_option edit_options[] = {
    OPTION_CONFIG, OPTION_SDK, OPTION_JSON, OPTION_DRY_RUN, {.name = NULL}};
static const struct cli_option lint_options[] = {
    OPTION_CONFIG,
    OPTION_SDK,
    OPTION_JSON,
    OPTION_DRY_RUN,
    {.name = "fix", .letter = 'f', .kind = CLI_FLAG, AT(is_fix), .help = "repair"},
    CLI_OUTPUT_ROWS,
    CLI_OUTPUT_SARIF,
    {.name = NULL},
};
#undef AT

static int print_report(const struct request *request, const struct avs_config_report *report) {
    struct avs_error error = AVS_ERROR_INIT;
    char *text = NULL;
    enum avs_status status =
        request->is_json
            ? avs_config_report_to_json(report, request->action, &text, &error)
            : avs_config_report_to_text(report, request->action, cli_style(), &text, &error);
    return cli_print_taken(request->command, status, text, &error);
}

static int run_show(const struct request *request) {
    struct avs_error error = AVS_ERROR_INIT;
    struct avs_config *config = NULL;
    struct avs_config_report *report = NULL;
    int result = CLI_OK;
    if (avs_config_load(request->paths.items, request->paths.count, &config, &error) != AVS_OK ||
        avs_config_explain(config, request->sdk, &report, &error) != AVS_OK) {
        result = cli_error(request->command, &error);
    } else {
        result = print_report(request, report);
    }
    avs_config_report_free(report);
    avs_config_free(config);
    return result;
}

/* Show a plan, and carry it out unless this is a dry run. */
static int carry_out(const struct request *request, const struct avs_config_plan *plan) {
    struct avs_error error = AVS_ERROR_INIT;
    bool is_empty = avs_config_plan_is_empty(plan);
    bool is_applied = false;
    if (!request->is_json) {
        char *diff = NULL;
        enum avs_status status = avs_config_plan_to_diff(plan, &diff, &error);
        if (cli_print_taken(request->command, status, diff, &error) != CLI_OK) {
            return CLI_USAGE;
        }
        fflush(stdout);
    }
    if (!is_empty && !request->is_dry_run) {
        if (avs_config_plan_apply(plan, &error) != AVS_OK) {
            return cli_error(request->command, &error);
        }
        is_applied = true;
    }
    if (request->is_json) {
        char *json = NULL;
        enum avs_status status =
            avs_config_plan_to_json(plan, request->action, is_applied, &json, &error);
        if (cli_print_taken(request->command, status, json, &error) != CLI_OK) {
            return CLI_USAGE;
        }
    } else {
        cli_print(avs_config_plan_summary(plan));
        cli_print(is_empty              ? "nothing to change\n"
                  : request->is_dry_run ? "dry run: nothing was written\n"
                                        : "written\n");
    }
    return request->is_dry_run && !is_empty ? CLI_NOT_READY : CLI_OK;
}

static int run_set(const struct request *request) {
    struct avs_error error = AVS_ERROR_INIT;
    if (!request->url) {
        return cli_usage_error(request->command,
                               "set needs a URL or a NAME (ats-test, na, eu, fe, ...)");
    }
    struct avs_config_plan *plan = NULL;
    if (avs_config_plan_set(request->paths.items, request->paths.count, request->sdk, request->url,
                            &plan, &error) != AVS_OK) {
        return cli_error(request->command, &error);
    }
    int result = carry_out(request, plan);
    avs_config_plan_free(plan);
    return result;
}

static int run_toggle(const struct request *request) {
    struct avs_error error = AVS_ERROR_INIT;
    struct avs_config_plan *plan = NULL;
    if (avs_config_plan_toggle(request->paths.items, request->paths.count, request->sdk,
                               request->url ? request->url : AVS_ENDPOINT_ATS_TEST, &plan,
                               &error) != AVS_OK) {
        return cli_error(request->command, &error);
    }
    int result = carry_out(request, plan);
    avs_config_plan_free(plan);
    return result;
}

static int run_unset(const struct request *request) {
    struct avs_error error = AVS_ERROR_INIT;
    struct avs_config_plan *plan = NULL;
    if (avs_config_plan_unset(request->paths.items, request->paths.count, request->sdk, &plan,
                              &error) != AVS_OK) {
        return cli_error(request->command, &error);
    }
    int result = carry_out(request, plan);
    avs_config_plan_free(plan);
    return result;
}

/* Repair, showing the difference first. With --json only the report that follows is printed. */
static int fix(const struct request *request) {
    struct avs_error error = AVS_ERROR_INIT;
    struct avs_config_plan *plan = NULL;
    if (avs_config_plan_repair(request->paths.items, request->paths.count, &plan, &error) !=
        AVS_OK) {
        return cli_error(request->command, &error);
    }
    int result = CLI_OK;
    if (!request->is_json && !cli_outputs_takes_stdout(&request->outputs)) {
        result = carry_out(request, plan);
    } else if (!request->is_dry_run && avs_config_plan_apply(plan, &error) != AVS_OK) {
        result = cli_error(request->command, &error);
    }
    avs_config_plan_free(plan);
    return result;
}

static int report_lint(const struct request *request, const struct avs_config_report *report) {
    struct avs_error error = AVS_ERROR_INIT;
    /* a remark is no reason to fail */
    bool is_faulty = avs_config_report_severity(report) != AVS_SEVERITY_INFO;
    int result = is_faulty ? CLI_NOT_READY : CLI_OK;
    if (!cli_outputs_takes_stdout(&request->outputs) && print_report(request, report) != CLI_OK) {
        return CLI_USAGE;
    }
    if (cli_outputs_any(&request->outputs)) {
        struct avs_findings *findings = NULL;
        enum avs_status status = avs_findings_of_config(report, request->paths.items,
                                                        request->paths.count, &findings, &error);
        result = cli_outputs_write(request->command, &request->outputs, status, findings, &error,
                                   result);
    }
    return result;
}

static int run_lint(const struct request *request) {
    struct avs_error error = AVS_ERROR_INIT;
    struct avs_config_report *report = NULL;
    if (request->is_dry_run && !request->is_fix) {
        return cli_usage_error(request->command, "--dry-run goes with --fix");
    }
    if (request->is_fix) {
        int result = fix(request);
        if (result == CLI_USAGE) {
            return result;
        }
    }
    if (avs_config_lint(request->paths.items, request->paths.count, request->sdk, &report,
                        &error) != AVS_OK) {
        return cli_outputs_error(request->command, &request->outputs, &error);
    }
    int result = report_lint(request, report);
    avs_config_report_free(report);
    return result;
}

/* The options, and the URL or name behind them; CLI_GO_ON, or an exit code. */
static int parse(struct request *request, int argc, char **argv) {
    const struct cli_command *command = request->command;
    int words = 0;
    int result = cli_parse(command, argc, argv, request, &words);
    if (result != CLI_GO_ON) {
        return result;
    }
    request->action = argv[0];
    if (words < argc) {
        const char *named = avs_endpoint_from_name(argv[words]);
        request->url = named ? named : argv[words];
        if (!cli_is_endpoint(command, argv[words])) {
            return CLI_USAGE;
        }
    }
    if (request->paths.count == 0) {
        return cli_usage_error(command, "name the configuration with --config "
                                        "AlexaClientSDKConfig.json");
    }
    return cli_outputs_check(command, &request->outputs, request->is_json);
}

static int run(const struct cli_command *command, int argc, char **argv);

/* ---- the six commands ---- */

#define KEEPS                                                                                     \
    "Comments, order, indentation and line endings stay as they are. A file is replaced in one "  \
    "step, with its mode, owner and attributes; a symbolic link is followed once, another hard "  \
    "link keeps the old text. On any error it is as it was. The SDK's databases are read, never " \
    "written."
#define NAMES      "NAME: ats-test, na, eu, fe, legacy-na, legacy-eu, legacy-fe."
#define EXITS_SHOW "0  done, nothing to remark\n2  usage, or a file that cannot be read or parsed"
#define EXITS_EDIT                                                                                \
    "0  done\n1  --dry-run: the file would change\n2  usage, a file that cannot be read, parsed " \
    "or written, or an endpoint that is none"

static const struct cli_command endpoint_show = {
    .name = "endpoint show",
    .summary = "the endpoint that each generation of the SDK dials with this configuration",
    .usage = "--config FILE... [OPTION...]",
    .about = "The endpoint that each generation of the AVS Device SDK dials with this "
             "configuration, and where it comes from. " KEEPS,
    .options = show_options,
    .examples = "avs-shim endpoint show --config AlexaClientSDKConfig.json\n"
                "avs-shim endpoint show --config base.json --config site.json --sdk 1.26 --json",
    .exits = EXITS_SHOW,
    .schema = AVS_ENDPOINT_SCHEMA,
    .run = run,
};

static const struct cli_command endpoint_explain = {
    .name = "endpoint explain",
    .summary = "the same with the reason, what is ignored, hosts, files, and all that lint finds",
    .usage = "--config FILE... [OPTION...]",
    .about =
        "As show, with the reason, what is ignored, the persisted gateway, the other hosts, CA "
        "file and path, proxy, interface, databases and everything lint finds. " KEEPS,
    .options = show_options,
    .examples = "avs-shim endpoint explain --config AlexaClientSDKConfig.json --sdk 1.17",
    .exits = EXITS_SHOW,
    .schema = AVS_ENDPOINT_SCHEMA,
    .run = run,
};

static const struct cli_command endpoint_lint = {
    .name = "endpoint lint",
    .summary = "what the SDK's parser refuses, and what the SDK accepts and then ignores",
    .usage = "--config FILE... [OPTION...] [--fix [--dry-run]]",
    .about = "What the SDK's parser refuses (with the message that the SDK logs), and what the SDK "
             "accepts and then ignores. --fix repairs what has one meaning only (the guide's line "
             "pasted as printed, a missing comma between members, a trailing comma), after showing "
             "the difference.\n\n" KEEPS,
    .options = lint_options,
    .examples = "avs-shim endpoint lint --config AlexaClientSDKConfig.json\n"
                "avs-shim endpoint lint --fix --config AlexaClientSDKConfig.json",
    .exits = "0  nothing found (what --fix repaired is no finding any more)\n"
             "1  findings; with --dry-run: the file would change\n"
             "2  usage, or a file that cannot be read or written",
    .schema = AVS_ENDPOINT_SCHEMA,
    .run = run,
};

static const struct cli_command endpoint_set = {
    .name = "endpoint set",
    .summary = "make URL the endpoint",
    .usage = "URL|NAME --config FILE... [OPTION...]",
    .about = "Make URL the endpoint. Without --sdk every key that some release reads is set "
             "(sampleApp.endpoint, avsGatewayManager.avsGateway, and acl.endpoint where "
             "present).\n\n" KEEPS,
    .options = edit_options,
    .notes = NAMES,
    .examples = "avs-shim endpoint set eu --config base.json --config site.json --dry-run\n"
                "avs-shim endpoint set https://gw.example.com --config AlexaClientSDKConfig.json",
    .exits = EXITS_EDIT,
    .schema = AVS_ENDPOINT_SCHEMA,
    .words_most = 1,
    .run = run,
};

static const struct cli_command endpoint_toggle = {
    .name = "endpoint toggle",
    .summary = "set the ATS test endpoint, and the next time go back",
    .usage = "[URL|NAME] --config FILE... [OPTION...]",
    .about = "Set the ATS test endpoint (or URL), and the next time go back. What was before is "
             "remembered in FILE.avs-toggle beside the file; going back restores it byte for byte "
             "and removes FILE.avs-toggle. If the file was edited in between, its other changes "
             "stay and only the endpoint is set back; if the endpoint itself was edited, nothing "
             "is written.\n\n" KEEPS,
    .options = edit_options,
    .notes = NAMES,
    .examples = "avs-shim endpoint toggle --config AlexaClientSDKConfig.json    ATS test endpoint "
                "on\n"
                "avs-shim endpoint toggle --config AlexaClientSDKConfig.json    and off again",
    .exits = EXITS_EDIT,
    .schema = AVS_ENDPOINT_SCHEMA,
    .words_most = 1,
    .run = run,
};

static const struct cli_command endpoint_unset = {
    .name = "endpoint unset",
    .summary = "remove the keys; the SDK's built-in endpoint counts then",
    .usage = "--config FILE... [OPTION...]",
    .about = "Remove the keys that set an endpoint; the SDK's built-in one counts then.\n\n" KEEPS,
    .options = edit_options,
    .examples = "avs-shim endpoint unset --config AlexaClientSDKConfig.json --dry-run",
    .exits = EXITS_EDIT,
    .schema = AVS_ENDPOINT_SCHEMA,
    .run = run,
};

static const struct {
    const struct cli_command *command;
    int (*run)(const struct request *request);
} actions[] = {
    {&endpoint_show, run_show}, {&endpoint_explain, run_show},  {&endpoint_lint, run_lint},
    {&endpoint_set, run_set},   {&endpoint_toggle, run_toggle}, {&endpoint_unset, run_unset},
};

static int run(const struct cli_command *command, int argc, char **argv) {
    struct request request = {.command = command};
    int result = parse(&request, argc, argv);
    for (size_t i = 0; result == CLI_GO_ON && i < sizeof(actions) / sizeof(actions[0]); i++) {
        if (actions[i].command == command) {
            result = actions[i].run(&request);
        }
    }
    return result;
}

static const struct cli_command *const commands[] = {
    &endpoint_show,   &endpoint_explain, &endpoint_lint, &endpoint_set,
    &endpoint_toggle, &endpoint_unset,   NULL,
};

const struct cli_command cli_endpoint = {
    .name = "endpoint",
    .summary = "which endpoint the SDK's configuration really selects; set it, toggle it, lint it",
    .usage = "COMMAND --config FILE... [OPTION...]",
    .about = "Which endpoint the SDK will really use, and why; and changing it.\n\n" KEEPS,
    .examples = "avs-shim endpoint explain --config AlexaClientSDKConfig.json --sdk 1.17\n"
                "avs-shim endpoint toggle --config AlexaClientSDKConfig.json     ATS test endpoint "
                "on\n"
                "avs-shim endpoint toggle --config AlexaClientSDKConfig.json     and off again\n"
                "avs-shim endpoint set eu --config base.json --config site.json --dry-run\n"
                "avs-shim endpoint lint --fix --config AlexaClientSDKConfig.json",
    .schema = AVS_ENDPOINT_SCHEMA,
    .commands = commands,
    .run = cli_run_below,
};
