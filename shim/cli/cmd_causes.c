/* SPDX-License-Identifier: Apache-2.0 */
/* avs-shim causes: the catalogue, to look an id up or to print it whole. */
#include <limits.h>
#include <string.h>
#include <strings.h>

#include <avs/cause.h>
#include <avs/report.h>

#include "cli.h"

struct arguments {
    bool is_json, is_markdown;
};

static const struct cli_option rows[] = {
    {.name = "json",
     .kind = CLI_FLAG,
     .offset = offsetof(struct arguments, is_json),
     .help = "one JSON object, schema " AVS_CAUSES_SCHEMA
             ": for each {id, phase, severity, meaning, remedy, command}"},
    {.name = "markdown",
     .kind = CLI_FLAG,
     .offset = offsetof(struct arguments, is_markdown),
     .help = "a table"},
    {.name = NULL},
};

/* In any case of letters: log files and people write them so. */
static enum avs_cause find_cause(const char *word) {
    for (int cause = AVS_CAUSE_NONE + 1; cause < AVS_CAUSE_COUNT; cause++) {
        if (strcasecmp(avs_cause_info((enum avs_cause)cause)->id, word) == 0) {
            return (enum avs_cause)cause;
        }
    }
    return AVS_CAUSE_COUNT;
}

static int no_such_cause(const struct cli_command *command, const char *word) {
    const char *names[AVS_CAUSE_COUNT] = {NULL};
    for (int cause = AVS_CAUSE_NONE + 1; cause < AVS_CAUSE_COUNT; cause++) {
        names[cause - AVS_CAUSE_NONE - 1] = avs_cause_info((enum avs_cause)cause)->id;
    }
    const char *closest = cli_closest(word, names);
    return cli_usage_error(command, "there is no cause '%s'%s%s%s; 'avs-shim causes' lists all",
                           word, closest ? "; did you mean '" : "", closest ? closest : "",
                           closest ? "'?" : "");
}

static void print_text(const struct avs_cause_info *info, bool is_first) {
    printf("%s%s (%s, %s)\n  %s\n  do    %s\n", is_first ? "" : "\n", info->id,
           avs_phase_id(info->phase), avs_severity_id(info->severity), info->meaning, info->remedy);
    if (info->command) {
        printf("  next  %s\n", info->command);
    }
}

static void print_markdown(const struct avs_cause_info *info, bool is_first) {
    if (is_first) {
        cli_print("| Cause | Phase | What it means | What to do |\n|---|---|---|---|\n");
    }
    printf("| `%s` | %s | %s | %s |\n", info->id, avs_phase_id(info->phase), info->meaning,
           info->remedy);
}

static int print_json(const struct cli_command *command, const enum avs_cause *causes,
                      size_t count) {
    struct avs_error error = AVS_ERROR_INIT;
    char *text = NULL;
    enum avs_status status = avs_causes_to_json(causes, count, &text, &error);
    return cli_print_taken(command, status, text, &error);
}

static int run(const struct cli_command *command, int argc, char **argv) {
    struct arguments arguments = {0};
    enum avs_cause wanted[AVS_CAUSE_COUNT];
    size_t count = 0;
    int words = 0;
    int result = cli_parse(command, argc, argv, &arguments, &words);
    if (result != CLI_GO_ON) {
        return result;
    }
    for (int i = words; i < argc; i++) {
        if (find_cause(argv[i]) == AVS_CAUSE_COUNT) {
            return no_such_cause(command, argv[i]);
        }
    }
    for (int cause = AVS_CAUSE_NONE + 1; cause < AVS_CAUSE_COUNT; cause++) {
        bool is_wanted = words == argc;
        for (int i = words; i < argc; i++) {
            is_wanted |= find_cause(argv[i]) == (enum avs_cause)cause;
        }
        if (is_wanted) {
            wanted[count++] = (enum avs_cause)cause;
        }
    }
    if (arguments.is_json) {
        return print_json(command, wanted, count);
    }
    for (size_t i = 0; i < count; i++) {
        (arguments.is_markdown ? print_markdown : print_text)(avs_cause_info(wanted[i]), i == 0);
    }
    return CLI_OK;
}

const struct cli_command cli_causes = {
    .name = "causes",
    .summary = "what a cause means and what to do about it",
    .usage = "[--json | --markdown] [ID...]",
    .about = "What a cause means and what to do about it. Every command and log line of avs-shim "
             "names causes by these ids; without ID, the whole catalogue.",
    .options = rows,
    .examples = "avs-shim causes root_missing\n"
                "avs-shim causes --json | jq '.causes[].id'",
    .exits = "0  printed\n"
             "2  an id that is none",
    .schema = AVS_CAUSES_SCHEMA,
    .words_most = INT_MAX,
    .run = run,
};
