/* avs-shim endpoint: which endpoint the SDK will really use, and changing it without breaking the
 * file. */
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include <avs/config.h>

#include "cli.h"

static const char help[] =
    "avs-shim endpoint - which endpoint the SDK will really use, and why; and changing it\n"
    "\n"
    "Usage:\n"
    "  avs-shim endpoint show    --config FILE... [--sdk VERSION] [--json]\n"
    "  avs-shim endpoint explain --config FILE... [--sdk VERSION] [--json]\n"
    "  avs-shim endpoint lint    --config FILE... [--sdk VERSION] [--json] [--fix [--dry-run]]\n"
    "  avs-shim endpoint set URL|NAME      --config FILE... [--sdk VERSION] [--dry-run] [--json]\n"
    "  avs-shim endpoint toggle [URL|NAME] --config FILE... [--sdk VERSION] [--dry-run] [--json]\n"
    "  avs-shim endpoint unset             --config FILE... [--sdk VERSION] [--dry-run] [--json]\n"
    "\n"
    "  show     the endpoint that each generation of the AVS Device SDK dials with this\n"
    "           configuration, and where it comes from\n"
    "  explain  the same, with the reason, what is ignored, the persisted gateway, the other "
    "hosts,\n"
    "           CA file and path, proxy, interface, databases and everything lint finds\n"
    "  lint     what the SDK's parser refuses (with the message that the SDK logs), and what the\n"
    "           SDK accepts and then ignores; --fix repairs what has one meaning only (the "
    "guide's\n"
    "           line pasted as printed, a missing comma between members, a trailing comma), after\n"
    "           showing the difference\n"
    "  set      make URL the endpoint. Without --sdk every key that some release reads is set\n"
    "           (sampleApp.endpoint, avsGatewayManager.avsGateway, and acl.endpoint where "
    "present)\n"
    "  toggle   set the ATS test endpoint (or URL), and the next time go back. What was before is\n"
    "           remembered in FILE.avs-toggle beside the file; going back restores it byte for "
    "byte\n"
    "           and removes FILE.avs-toggle. If the file was edited in between, its other changes\n"
    "           stay and only the endpoint is set back; if the endpoint itself was edited, "
    "nothing\n"
    "           is written\n"
    "  unset    remove the keys; the SDK's built-in endpoint counts then\n"
    "\n"
    "Comments, order, indentation and line endings stay as they are. A file is replaced in one\n"
    "step, with its mode and owner; a symbolic link is followed once. On any error it is as it "
    "was.\n"
    "The SDK's databases are read, never written.\n"
    "\n"
    "Options:\n"
    "  -c, --config FILE  AlexaClientSDKConfig.json; repeat for the SDK's overlays, in their "
    "order\n"
    "  -s, --sdk VERSION  an SDK release, 1.0 to 1.26 or 3.0.0; without it, all generations\n"
    "  -j, --json         one JSON object, schema avs-shim.endpoint/1\n"
    "  -n, --dry-run      show what would change, write nothing\n"
    "  -f, --fix          with lint: repair\n"
    "  -h, --help         this text\n"
    "\n"
    "NAME: ats-test, na, eu, fe, legacy-na, legacy-eu, legacy-fe\n"
    "\n"
    "Examples:\n"
    "  avs-shim endpoint explain --config AlexaClientSDKConfig.json --sdk 1.17\n"
    "  avs-shim endpoint toggle --config AlexaClientSDKConfig.json     ATS test endpoint on\n"
    "  avs-shim endpoint toggle --config AlexaClientSDKConfig.json     and off again\n"
    "  avs-shim endpoint set eu --config base.json --config site.json --dry-run\n"
    "  avs-shim endpoint lint --fix --config AlexaClientSDKConfig.json\n"
    "\n"
    "Exit codes:\n"
    "  0  done, nothing to remark\n"
    "  1  lint: findings (what --fix repaired is none any more); --dry-run: the file would change\n"
    "  2  usage, a file that cannot be read, parsed or written, or an endpoint that is none\n";

struct request {
    const struct cli_command *command;
    const char *action;
    const char *paths[AVS_CONFIG_FILES_MAX];
    size_t path_count;
    const char *sdk;
    const char *url; /* as given, names resolved; NULL if not given */
    bool is_json, is_dry_run, is_fix;
};

static int print_report(const struct request *request, const struct avs_config_report *report) {
    struct avs_error error = AVS_ERROR_INIT;
    char *text = NULL;
    enum avs_status status =
        request->is_json
            ? avs_config_report_to_json(report, request->action, &text, &error)
            : avs_config_report_to_text(report, request->action, cli_style(), &text, &error);
    if (status != AVS_OK) {
        return cli_error(request->command, &error);
    }
    fputs(text, stdout);
    free(text);
    return CLI_OK;
}

static int run_show(const struct request *request) {
    struct avs_error error = AVS_ERROR_INIT;
    struct avs_config *config = NULL;
    struct avs_config_report *report = NULL;
    int result = CLI_OK;
    if (avs_config_load(request->paths, request->path_count, &config, &error) != AVS_OK ||
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
        fputs(avs_config_plan_diff(plan), stdout);
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
        if (avs_config_plan_to_json(plan, request->action, is_applied, &json, &error) != AVS_OK) {
            return cli_error(request->command, &error);
        }
        fputs(json, stdout);
        free(json);
    } else {
        fputs(avs_config_plan_summary(plan), stdout);
        puts(is_empty              ? "nothing to change"
             : request->is_dry_run ? "dry run: nothing was written"
                                   : "written");
    }
    return request->is_dry_run && !is_empty ? CLI_NOT_READY : CLI_OK;
}

static int run_set(const struct request *request) {
    struct avs_error error = AVS_ERROR_INIT;
    struct avs_config_plan *plan = NULL;
    if (avs_config_plan_set(request->paths, request->path_count, request->sdk, request->url, &plan,
                            &error) != AVS_OK) {
        return cli_error(request->command, &error);
    }
    int result = carry_out(request, plan);
    avs_config_plan_free(plan);
    return result;
}

static int run_toggle(const struct request *request) {
    struct avs_error error = AVS_ERROR_INIT;
    struct avs_config_plan *plan = NULL;
    if (avs_config_plan_toggle(request->paths, request->path_count, request->sdk,
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
    if (avs_config_plan_unset(request->paths, request->path_count, request->sdk, &plan, &error) !=
        AVS_OK) {
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
    if (avs_config_plan_repair(request->paths, request->path_count, &plan, &error) != AVS_OK) {
        return cli_error(request->command, &error);
    }
    int result = CLI_OK;
    if (!request->is_json) {
        result = carry_out(request, plan);
    } else if (!request->is_dry_run && avs_config_plan_apply(plan, &error) != AVS_OK) {
        result = cli_error(request->command, &error);
    }
    avs_config_plan_free(plan);
    return result;
}

/* A remark is no reason to fail. */
static bool has_fault(const struct avs_config_report *report) {
    for (size_t i = 0; i < report->finding_count; i++) {
        if (report->findings[i].severity != AVS_SEVERITY_INFO) {
            return true;
        }
    }
    return false;
}

static int run_lint(const struct request *request) {
    struct avs_error error = AVS_ERROR_INIT;
    struct avs_config_report *report = NULL;
    if (request->is_fix) {
        int result = fix(request);
        if (result == CLI_USAGE) {
            return result;
        }
    }
    if (avs_config_lint(request->paths, request->path_count, request->sdk, &report, &error) !=
        AVS_OK) {
        return cli_error(request->command, &error);
    }
    int result = print_report(request, report);
    result = result == CLI_OK && has_fault(report) ? CLI_NOT_READY : result;
    avs_config_report_free(report);
    return result;
}

/* name, function, how many URLs it takes, and whether it writes */
static const struct action {
    const char *name;
    int (*run)(const struct request *request);
    int least_urls, most_urls;
    bool writes;
} actions[] = {
    {"show", run_show, 0, 0, false},    {"explain", run_show, 0, 0, false},
    {"lint", run_lint, 0, 0, true},     {"set", run_set, 1, 1, true},
    {"toggle", run_toggle, 0, 1, true}, {"unset", run_unset, 0, 0, true},
};

static const struct option long_options[] = {
    {"config", required_argument, NULL, 'c'},
    {"sdk", required_argument, NULL, 's'},
    {"json", no_argument, NULL, 'j'},
    {"dry-run", no_argument, NULL, 'n'},
    {"fix", no_argument, NULL, 'f'},
    {"help", no_argument, NULL, 'h'},
    {NULL, 0, NULL, 0},
};

static const struct action *find_action(const char *name) {
    for (size_t i = 0; i < sizeof(actions) / sizeof(actions[0]); i++) {
        if (strcmp(actions[i].name, name) == 0) {
            return &actions[i];
        }
    }
    return NULL;
}

/* Read the options into `request`; an exit code, or -1 to go on. */
static int parse_options(struct request *request, int argc, char **argv) {
    int option;
    optind = 1;
    while ((option = getopt_long(argc, argv, ":c:s:jnfh", long_options, NULL)) != -1) {
        switch (option) {
        case 'c':
            if (request->path_count == AVS_CONFIG_FILES_MAX) {
                return cli_usage_error(request->command, "more than %d --config files",
                                       AVS_CONFIG_FILES_MAX);
            }
            request->paths[request->path_count++] = optarg;
            break;
        case 's':
            request->sdk = optarg;
            break;
        case 'j':
            request->is_json = true;
            break;
        case 'n':
            request->is_dry_run = true;
            break;
        case 'f':
            request->is_fix = true;
            break;
        case 'h':
            return cli_help(request->command);
        default:
            return cli_bad_option(request->command, option, argv);
        }
    }
    return -1;
}

/* What is left after the options: the action and perhaps a URL. */
static int parse_words(struct request *request, const struct action **ret_action, int count,
                       char **words) {
    const struct cli_command *command = request->command;
    if (count == 0) {
        return cli_usage_error(command, "show, explain, lint, set, toggle or unset?");
    }
    const struct action *action = find_action(words[0]);
    if (!action) {
        return cli_usage_error(command,
                               "there is no action '%s'; there are show, explain, lint, "
                               "set, toggle and unset",
                               words[0]);
    }
    if (count - 1 < action->least_urls) {
        return cli_usage_error(command, "%s needs a URL or a NAME (ats-test, na, eu, fe, ...)",
                               words[0]);
    }
    if (count - 1 > action->most_urls) {
        return cli_usage_error(command, "%s takes no argument '%s'", words[0],
                               words[action->most_urls + 1]);
    }
    if (request->path_count == 0) {
        return cli_usage_error(command, "name the configuration with --config "
                                        "AlexaClientSDKConfig.json");
    }
    if (request->is_fix && action->run != run_lint) {
        return cli_usage_error(command, "--fix goes with lint only");
    }
    if (request->is_dry_run && (!action->writes || (action->run == run_lint && !request->is_fix))) {
        return cli_usage_error(command, "--dry-run goes with set, toggle, unset and lint --fix");
    }
    if (count > 1) {
        const char *named = avs_endpoint_from_name(words[1]);
        request->url = named ? named : words[1];
    }
    request->action = action->name;
    *ret_action = action;
    return -1;
}

static int run(const struct cli_command *command, int argc, char **argv) {
    struct request request = {.command = command};
    const struct action *action = NULL;
    int result = parse_options(&request, argc, argv);
    if (result < 0) {
        result = parse_words(&request, &action, argc - optind, argv + optind);
    }
    return result < 0 ? action->run(&request) : result;
}

const struct cli_command cli_endpoint = {
    .name = "endpoint",
    .summary = "which endpoint the SDK's configuration really selects; set it, toggle it, lint it",
    .help = help,
    .run = run,
};
