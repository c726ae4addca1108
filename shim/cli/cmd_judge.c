/* SPDX-License-Identifier: Apache-2.0 */
/* avs-shim judge: the verdict of an evidence file, offline. */
#include <stdlib.h>

#include <avs/report.h>

#include "cli.h"
#include "output.h"

#define EVIDENCE_BYTES_MAX (2 * 1024 * 1024) /* of a page around it */

struct arguments {
    struct cli_outputs outputs;
    bool is_json;
};

#define AT(member) .offset = offsetof(struct arguments, member)
static const struct cli_option rows[] = {
    {.name = "json",
     .kind = CLI_FLAG,
     AT(is_json),
     .help = "the report as JSON, schema avs-shim.check/1"},
    CLI_OUTPUT_ROWS,
    CLI_OUTPUT_METRICS,
    {.name = NULL},
};
#undef AT

static int run(const struct cli_command *command, int argc, char **argv) {
    struct arguments arguments = {0};
    int words = 0;
    int result = cli_parse(command, argc, argv, &arguments, &words);
    if (result != CLI_GO_ON) {
        return result;
    }
    result = cli_outputs_check(command, &arguments.outputs, arguments.is_json);
    if (result != CLI_GO_ON) {
        return result;
    }
    if (words + 1 != argc) {
        return cli_usage_error(command, "one evidence file is needed");
    }
    char *text = NULL;
    size_t length = 0;
    result = cli_read_file(command, argv[words], EVIDENCE_BYTES_MAX, &text, &length);
    if (result != CLI_OK) {
        return result;
    }
    struct avs_error error = AVS_ERROR_INIT;
    struct avs_evidence *evidence = NULL;
    if (avs_evidence_from_json(text, length, &evidence, &error) != AVS_OK) {
        result = cli_usage_error(command, "%s: %s", argv[words], error.message);
    } else if (!evidence->session[AVS_PROTOCOL_H2].was_attempted &&
               !evidence->session[AVS_PROTOCOL_HTTP1].was_attempted) {
        result = cli_usage_error(command, "%s: there is no session in it to judge", argv[words]);
    } else {
        result = cli_print_verdict(command, evidence, arguments.is_json, &arguments.outputs);
    }
    avs_evidence_free(evidence);
    free(text);
    return result;
}

const struct cli_command cli_judge = {
    .name = "judge",
    .summary = "judge an evidence file again, offline",
    .usage = "[OPTION...] FILE",
    .about = "Judge the evidence that 'avs-shim check --evidence FILE' wrote, offline: the same "
             "facts give the same verdict on any machine. A page of --html does, too: the evidence "
             "is in it. FILE '-' is standard input.",
    .options = rows,
    .examples = "avs-shim judge ticket.json",
    .exits = "0  ready\n"
             "1  not ready\n"
             "2  no evidence file\n"
             "3  cannot tell",
    .schema = "avs-shim.check/1",
    .words_most = 1,
    .run = run,
};
