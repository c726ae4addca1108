/* SPDX-License-Identifier: Apache-2.0 */
/* avs-shim iot regions: the guide's table with today's beside it. */
#include <avs/iot.h>

#include "cli.h"

#define NAMES_MAX 64

struct arguments {
    bool is_json;
};

static const struct cli_option rows[] = {
    {.name = "json",
     .kind = CLI_FLAG,
     .offset = offsetof(struct arguments, is_json),
     .help = "one JSON object, schema " AVS_IOT_REGIONS_SCHEMA},
    {.name = NULL},
};

/* A region that is in no list is no error, but it may be a slip. */
static void tell_closest(const struct cli_command *command, const char *word) {
    const char *names[NAMES_MAX + 1] = {NULL};
    struct avs_iot_region region = {.size = sizeof(region)};
    if (avs_iot_region_find(word, &region, NULL) != AVS_OK || region.is_listed) {
        return;
    }
    for (size_t i = 0; i < NAMES_MAX && avs_iot_region_name(i); i++) {
        names[i] = avs_iot_region_name(i);
    }
    const char *closest = cli_closest(word, names);
    fprintf(stderr, "avs-shim %s: '%s' is not in AWS's list of " AVS_IOT_LIST_DATE "%s%s%s\n",
            command->name, word, closest ? "; did you mean '" : "", closest ? closest : "",
            closest ? "'?" : "");
}

static int run(const struct cli_command *command, int argc, char **argv) {
    struct arguments arguments = {0};
    struct avs_error error = AVS_ERROR_INIT;
    char *text = NULL;
    int words = 0;
    int result = cli_parse(command, argc, argv, &arguments, &words);
    if (result != CLI_GO_ON) {
        return result;
    }
    const char *name = words < argc ? argv[words] : NULL;
    if (name) {
        tell_closest(command, name);
    }
    enum avs_status status = arguments.is_json
                                 ? avs_iot_regions_to_json(name, &text, &error)
                                 : avs_iot_regions_to_text(name, cli_style(), &text, &error);
    return cli_print_taken(command, status, text, &error);
}

const struct cli_command cli_iot_regions = {
    .name = "iot regions",
    .summary = "the guide's table of regions with today's beside it",
    .usage = "[--json] [REGION]",
    .about = "Where AWS IoT Core had VeriSign endpoints, and what there is today. A region that is "
             "newer than this table is told by the form of its name.",
    .options = rows,
    .examples = "avs-shim iot regions\n"
                "avs-shim iot regions cn-north-1",
    .exits = "0  printed\n"
             "2  what cannot be a region",
    .schema = AVS_IOT_REGIONS_SCHEMA,
    .words_most = 1,
    .run = run,
};
