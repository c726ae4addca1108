/* SPDX-License-Identifier: Apache-2.0 */
/* avs-shim trust explain: why a saved certificate chain is refused. */
#include <stdlib.h>

#include <avs/explain.h>

#include "cli.h"

struct arguments {
    struct avs_trust_explain_options options;
    bool is_json;
    bool any_root;
};

static int take_time(const struct cli_command *command, void *target, const char *value) {
    struct arguments *arguments = target;
    if (!avs_trust_time_parse(value, &arguments->options.at)) {
        return cli_usage_error(command,
                               "--at '%s' is no time of the calendar; write 2026-11-21, "
                               "2026-11-21T19:03:32Z or @SECONDS (UTC, after 1970)",
                               value);
    }
    return CLI_GO_ON;
}

#define AT(member) .offset = offsetof(struct arguments, member)
static const struct cli_option rows[] = {
    {.name = "chain",
     .kind = CLI_VALUE,
     .value = "FILE",
     AT(options.chain_file),
     .help = "the chain, PEM, as openssl s_client -showcerts prints it (text between the blocks is "
             "skipped, quoted or indented lines are read); - reads standard input"},
    {.name = "host",
     .kind = CLI_VALUE,
     .value = "NAME",
     AT(options.host),
     .help = "the host that was asked for; without it names are not checked"},
    {.name = "at",
     .kind = CLI_TAKE,
     .value = "TIME",
     .take = take_time,
     .help = "judge at that time: 2026-11-21, 2026-11-21T19:03:32Z or Unix seconds as @1795287812; "
             "default: now"},
    {.name = "ca-file",
     .kind = CLI_VALUE,
     .value = "FILE",
     AT(options.ca_file),
     .help = "trusted roots, PEM; default: the store that libcurl was built with"},
    {.name = "ca-path",
     .kind = CLI_VALUE,
     .value = "DIR",
     AT(options.ca_path),
     .help = "directory of trusted roots with OpenSSL's hash links"},
    {.name = "ats-roots",
     .kind = CLI_VALUE,
     .value = "FILE",
     AT(options.ats_roots_file),
     .help = "roots that count as Amazon Trust Services, PEM (for test beds)"},
    {.name = "any-root",
     .kind = CLI_FLAG,
     AT(any_root),
     .help = "an accepted chain needs no Amazon root"},
    {.name = "json",
     .kind = CLI_FLAG,
     AT(is_json),
     .help = "one JSON object, schema " AVS_TRUST_EXPLAIN_SCHEMA},
    {.name = NULL},
};
#undef AT

static int report(const struct cli_command *command,
                  const struct avs_trust_explanation *explanation, bool is_json) {
    struct avs_error error = AVS_ERROR_INIT;
    char *text = NULL;
    enum avs_status status =
        is_json ? avs_trust_explanation_to_json(explanation, &text, &error)
                : avs_trust_explanation_to_text(explanation, cli_style(), &text, &error);
    bool is_refused =
        avs_cause_info(avs_trust_explanation_cause(explanation, 0))->severity >= AVS_SEVERITY_ERROR;
    int result = cli_print_taken(command, status, text, &error);
    return result == CLI_OK && is_refused ? CLI_NOT_READY : result;
}

static int run(const struct cli_command *command, int argc, char **argv) {
    struct arguments arguments = {.options.size = sizeof(struct avs_trust_explain_options)};
    int words = 0;
    int result = cli_parse(command, argc, argv, &arguments, &words);
    if (result != CLI_GO_ON) {
        return result;
    }
    if (!arguments.options.chain_file) {
        return cli_usage_error(command, "--chain FILE is needed");
    }
    arguments.options.require_ats = !arguments.any_root;
    struct avs_error error = AVS_ERROR_INIT;
    struct avs_trust_explanation *explanation = NULL;
    if (avs_trust_explain(&arguments.options, &explanation, &error) != AVS_OK) {
        return cli_error(command, &error);
    }
    result = report(command, explanation, arguments.is_json);
    avs_trust_explanation_free(explanation);
    return result;
}

const struct cli_command cli_trust_explain = {
    .name = "trust explain",
    .summary = "why a saved certificate chain is refused",
    .usage = "--chain FILE [OPTION...]",
    .about = "Judge a saved certificate chain as a connection would, and name the reason of a "
             "refusal: the root or the intermediate that is missing, interception, a wrong clock, "
             "a wrong name. Works offline; nothing is fetched. Revocation (CRL, OCSP) is "
             "not checked, as in curl and the SDK.",
    .options = rows,
    .examples = "openssl s_client -connect HOST:443 -servername HOST -showcerts </dev/null "
                ">chain.pem\n"
                "avs-shim trust explain --chain chain.pem --host HOST\n"
                "avs-shim trust explain --chain chain.pem --at 2014-01-01    as a device with that "
                "clock",
    .exits = "0  accepted\n"
             "1  refused, or no Amazon root\n"
             "2  usage error, unreadable chain",
    .schema = AVS_TRUST_EXPLAIN_SCHEMA,
    .run = run,
};
