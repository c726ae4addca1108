/* avs-shim causes: the catalogue, to look an id up or to print it whole. */
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include <avs/cause.h>

#include "cli.h"

static const char help[] =
    "Usage: avs-shim causes [--json | --markdown] [ID...]\n"
    "\n"
    "What a cause means and what to do about it. Every command and log line of avs-shim names\n"
    "causes by these ids; without ID, the whole catalogue.\n"
    "\n"
    "Options:\n"
    "  --json      one array of {id, phase, severity, meaning, remedy, command}\n"
    "  --markdown  the table of the README\n"
    "  -h, --help  this text\n"
    "\n"
    "Examples:\n"
    "  avs-shim causes root_missing\n"
    "  avs-shim causes --json | jq '.[].id'\n"
    "\n"
    "Exit codes: 0, or 2 for an id that is none.\n";

enum form { FORM_TEXT, FORM_JSON = 256, FORM_MARKDOWN };

static const struct option long_options[] = {
    {"json", no_argument, NULL, FORM_JSON},
    {"markdown", no_argument, NULL, FORM_MARKDOWN},
    {"help", no_argument, NULL, 'h'},
    {NULL, 0, NULL, 0},
};

/* The catalogue's texts are our own ASCII: quotes and backslashes are all there is to escape. */
static void print_json_text(const char *key, const char *text, const char *end) {
    printf("\"%s\": ", key);
    if (!text) {
        printf("null%s", end);
        return;
    }
    putchar('"');
    for (; *text; text++) {
        if (*text == '"' || *text == '\\') {
            putchar('\\');
        }
        putchar(*text);
    }
    printf("\"%s", end);
}

static void print_row(const struct avs_cause_info *info, enum form form, bool is_first) {
    switch (form) {
    case FORM_TEXT:
        printf("%s%s (%s, %s)\n  %s\n  do    %s\n", is_first ? "" : "\n", info->id,
               avs_phase_id(info->phase), avs_severity_id(info->severity), info->meaning,
               info->remedy);
        if (info->command) {
            printf("  next  %s\n", info->command);
        }
        break;
    case FORM_JSON:
        printf("%s  {", is_first ? "" : ",\n");
        print_json_text("id", info->id, ", ");
        print_json_text("phase", avs_phase_id(info->phase), ", ");
        print_json_text("severity", avs_severity_id(info->severity), ", ");
        print_json_text("meaning", info->meaning, ", ");
        print_json_text("remedy", info->remedy, ", ");
        print_json_text("command", info->command, "}");
        break;
    case FORM_MARKDOWN:
        printf("| `%s` | %s | %s | %s |\n", info->id, avs_phase_id(info->phase), info->meaning,
               info->remedy);
        break;
    }
}

static int print_rows(const struct cli_command *command, enum form form, char **ids, int count) {
    for (int i = 0; i < count; i++) {
        if (avs_cause_from_id(ids[i]) == AVS_CAUSE_COUNT) {
            return cli_usage_error(command, "there is no cause '%s'; 'avs-shim causes' lists all",
                                   ids[i]);
        }
    }
    bool is_first = true;
    printf("%s", form == FORM_JSON ? "[\n" : "");
    for (int cause = AVS_CAUSE_NONE + 1; cause < AVS_CAUSE_COUNT; cause++) {
        const struct avs_cause_info *info = avs_cause_info((enum avs_cause)cause);
        bool is_wanted = count == 0;
        for (int i = 0; i < count; i++) {
            is_wanted |= strcmp(ids[i], info->id) == 0;
        }
        if (is_wanted) {
            print_row(info, form, is_first);
            is_first = false;
        }
    }
    printf("%s", form == FORM_JSON ? "\n]\n" : "");
    return CLI_OK;
}

static int run(const struct cli_command *command, int argc, char **argv) {
    enum form form = FORM_TEXT;
    int id;
    opterr = 0;
    while ((id = getopt_long(argc, argv, ":h", long_options, NULL)) != -1) {
        if (id == 'h') {
            return cli_help(command);
        }
        if (id != FORM_JSON && id != FORM_MARKDOWN) {
            return cli_bad_option(command, id, argv);
        }
        form = (enum form)id;
    }
    return print_rows(command, form, argv + optind, argc - optind);
}

const struct cli_command cli_causes = {
    .name = "causes",
    .summary = "what a cause means and what to do about it",
    .help = help,
    .run = run,
};
