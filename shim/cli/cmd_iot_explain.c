/* SPDX-License-Identifier: Apache-2.0 */
/* avs-shim iot explain: what a name of AWS IoT Core is, or each in a configuration. */
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include <avs/iot.h>

#include "cli.h"

struct arguments {
    bool is_json;
};

static const struct cli_option rows[] = {
    {.name = "json",
     .kind = CLI_FLAG,
     .offset = offsetof(struct arguments, is_json),
     .help = "one JSON object, schema " AVS_IOT_EXPLAIN_SCHEMA},
    {.name = NULL},
};

/* No top-level domain is called so: a configuration that is not there is no custom domain. */
static bool has_file_ending(const char *word) {
    static const char *const endings[] = {".yaml", ".yml", ".json", ".conf", ".cfg", ".ini",
                                          ".env",  ".txt", ".toml", ".h",    ".cnf"};
    size_t length = strlen(word);
    for (size_t i = 0; i < sizeof(endings) / sizeof(endings[0]); i++) {
        size_t ending = strlen(endings[i]);
        if (length > ending && strcasecmp(word + length - ending, endings[i]) == 0) {
            return true;
        }
    }
    return false;
}

/* An URL is a host; else what is there, or can only be a path, is a file. */
static bool is_file(const char *word) {
    struct stat entry;
    if (strstr(word, "://")) {
        return false;
    }
    return stat(word, &entry) == 0 || word[0] == '/' || strncmp(word, "./", 2) == 0 ||
           strncmp(word, "../", 3) == 0 || has_file_ending(word);
}

static int run(const struct cli_command *command, int argc, char **argv) {
    struct arguments arguments = {0};
    struct avs_error error = AVS_ERROR_INIT;
    struct avs_iot_explanation *explanation = NULL;
    char *text = NULL;
    int words = 0;
    int result = cli_parse(command, argc, argv, &arguments, &words);
    if (result != CLI_GO_ON) {
        return result;
    }
    if (words == argc) {
        return cli_usage_error(command, "which HOST or FILE?");
    }
    enum avs_status status = is_file(argv[words])
                                 ? avs_iot_explain_file(argv[words], &explanation, &error)
                                 : avs_iot_explain_name(argv[words], &explanation, &error);
    if (status != AVS_OK) {
        return cli_error(command, &error);
    }
    status = arguments.is_json
                 ? avs_iot_explanation_to_json(explanation, &text, &error)
                 : avs_iot_explanation_to_text(explanation, cli_style(), &text, &error);
    result = cli_print_taken(command, status, text, &error);
    if (result == CLI_OK && !avs_iot_explanation_is_fine(explanation)) {
        result = CLI_NOT_READY;
    }
    avs_iot_explanation_free(explanation);
    return result;
}

const struct cli_command cli_iot_explain = {
    .name = "iot explain",
    .summary = "what a host name is, which root it needs, which ports and ALPN it takes",
    .usage = "[--json] HOST|FILE",
    .about = "What a host name of AWS IoT Core is: kind, account, region, ATS or VeriSign and why; "
             "the roots it needs, the ports and ALPN it takes, and what to ask for instead. In a "
             "FILE each name is explained with its line: Greengrass's config.yaml, the JSON of AWS "
             "IoT Device Client, a bridge of mosquitto, or NAME=host lines.\n"
             "It judges the name alone and opens no connection: which chain a server sends is for "
             "a check to tell.",
    .options = rows,
    .examples = "avs-shim iot explain a1b2c3d4e5f6g7.iot.us-east-1.amazonaws.com\n"
                "avs-shim iot explain /greengrass/v2/config/config.yaml\n"
                "avs-shim iot explain /etc/mosquitto/conf.d/bridge.conf",
    .exits = "0  nothing is to be changed\n"
             "1  a legacy name, a name that AWS does not have, or a line that was not understood\n"
             "2  what is no host name, or a file that cannot be read",
    .schema = AVS_IOT_EXPLAIN_SCHEMA,
    .words_most = 1,
    .run = run,
};
