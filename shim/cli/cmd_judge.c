/* avs-shim judge: the verdict of an evidence file, offline. */
#include <getopt.h>
#include <stdlib.h>

#include <avs/report.h>

#include "cli.h"
#include "output.h"

#define EVIDENCE_BYTES_MAX (1024 * 1024)

static const char help[] =
    "Usage: avs-shim judge [--json] FILE\n"
    "\n"
    "Judge the evidence that 'avs-shim check --evidence FILE' wrote, offline: the same facts give\n"
    "the same verdict on any machine. FILE '-' is standard input.\n"
    "\n"
    "Options:\n"
    "  --json      the report as JSON, schema avs-shim.check/1\n"
    "  -h, --help  this text\n"
    "\n"
    "Examples:\n"
    "  avs-shim judge ticket.json\n"
    "\n"
    "Exit codes: 0 ready, 1 not ready, 2 no evidence file, 3 cannot tell.\n";

static const struct option long_options[] = {
    {"json", no_argument, NULL, 'j'},
    {"help", no_argument, NULL, 'h'},
    {NULL, 0, NULL, 0},
};

static int run(const struct cli_command *command, int argc, char **argv) {
    bool is_json = false;
    int id;
    opterr = 0;
    while ((id = getopt_long(argc, argv, ":h", long_options, NULL)) != -1) {
        if (id == 'h') {
            return cli_help(command);
        }
        if (id != 'j') {
            return cli_bad_option(command, id, argv);
        }
        is_json = true;
    }
    if (optind + 1 != argc) {
        return cli_usage_error(command, "one evidence file is needed");
    }
    char *text = NULL;
    size_t length = 0;
    int result = cli_read_file(command, argv[optind], EVIDENCE_BYTES_MAX, &text, &length);
    if (result != CLI_OK) {
        return result;
    }
    struct avs_error error = AVS_ERROR_INIT;
    struct avs_evidence *evidence = NULL;
    if (avs_evidence_from_json(text, length, &evidence, &error) != AVS_OK) {
        result = cli_usage_error(command, "%s: %s", argv[optind], error.message);
    } else if (!evidence->session[AVS_PROTOCOL_H2].attempted &&
               !evidence->session[AVS_PROTOCOL_HTTP1].attempted) {
        result = cli_usage_error(command, "%s: there is no session in it to judge", argv[optind]);
    } else {
        result = cli_print_verdict(command, evidence, is_json);
    }
    avs_evidence_free(evidence);
    free(text);
    return result;
}

const struct cli_command cli_judge = {
    .name = "judge",
    .summary = "judge an evidence file again, offline",
    .help = help,
    .run = run,
};
