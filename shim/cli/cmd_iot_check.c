/* SPDX-License-Identifier: Apache-2.0 */
/* avs-shim iot check: does this device get into AWS IoT Core? */
#include <stdlib.h>
#include <string.h>

#include <avs/avs.h>
#include <avs/iot_check.h>

#include "cli.h"
#include "output.h"
#include "progress.h"

#define TIMEOUT_MAX_S    600
#define PORT_MAX         65535
#define PASSPHRASE_BYTES 1024
#define PASSPHRASE_NAME  "AVS_SHIM_KEY_PASSPHRASE"

struct arguments {
    struct avs_iot_check_options options;
    struct cli_list connect_to;
    const char *passphrase_file;
    long port;
    long timeout_s;
    bool any_root;
    bool is_json;
    struct cli_outputs outputs;
};

#define AT(member) .offset = offsetof(struct arguments, member)
static const struct cli_option rows[] = {
    {.group = "The device",
     .name = "cert",
     .kind = CLI_PATH,
     .value = "FILE",
     AT(options.cert_file),
     .help = "its certificate, PEM (or DER), the issuing authorities behind it if need be"},
    {.name = "key",
     .kind = CLI_PATH,
     .value = "FILE|URI",
     AT(options.key),
     .help = "its private key: PKCS#1, PKCS#8, SEC1, also encrypted; or pkcs11:..., handle:... of "
             "a token or TPM"},
    {.name = "key-passphrase-file",
     .kind = CLI_PATH,
     .value = "FILE",
     AT(passphrase_file),
     .help = "the first line is the pass phrase of the key, or the token's PIN; else "
             "$" PASSPHRASE_NAME "; never asked for"},
    {.group = "What to ask",
     .name = "port",
     .kind = CLI_NUMBER,
     .value = "N",
     AT(port),
     .least = 1,
     .most = PORT_MAX,
     .help = "this port alone; default: 8883 (MQTT), 443 (MQTT by ALPN x-amzn-mqtt-ca), 8443 "
             "(HTTPS), 443 (HTTPS by ALPN x-amzn-http-ca)"},
    {.name = "connect",
     .kind = CLI_FLAG,
     AT(options.with_connect),
     .help = "also an MQTT CONNECT and DISCONNECT, MQTT 5 first, then 3.1.1"},
    {.name = "client-id",
     .kind = CLI_PATH,
     .value = "ID",
     AT(options.client_id),
     .help = "of the CONNECT; default avs-shim-probe-RANDOM, which a policy may not allow. A "
             "running device with this id is DISCONNECTED: the newer connection wins"},
    {.name = "publish",
     .kind = CLI_PATH,
     .value = "TOPIC",
     AT(options.topic),
     .help = "also send one small message to this topic, over HTTPS with QoS 1; whoever subscribes "
             "to it gets it"},
    CLI_TRUST_ROWS("custom domains, legacy endpoints, brokers of your own"),
    {.group = "How",
     .name = "connect-to",
     .kind = CLI_LIST,
     .value = "[PORT=]HOST:PORT",
     AT(connect_to),
     .help = "dial there instead, for that port or for all; server name and name check stay"},
    {.name = "timeout",
     .kind = CLI_NUMBER,
     .value = "SECONDS",
     AT(timeout_s),
     .least = 1,
     .most = TIMEOUT_MAX_S,
     .help = "for the whole run, 1 to 600; default 30"},
    {.name = "json",
     .kind = CLI_FLAG,
     AT(is_json),
     .help = "the report as JSON, schema " AVS_IOT_CHECK_SCHEMA},
    CLI_OUTPUT_ROWS,
    {.name = NULL},
};
#undef AT

/* The first line of the file; it may have no other. Static, as it is used to the end. */
static int take_passphrase(const struct cli_command *command, struct arguments *arguments) {
    static char passphrase[PASSPHRASE_BYTES + 1];
    char *text = NULL;
    size_t length = 0;
    arguments->options.key_passphrase = getenv(PASSPHRASE_NAME);
    if (!arguments->passphrase_file) {
        return CLI_GO_ON;
    }
    int result =
        cli_read_file(command, arguments->passphrase_file, PASSPHRASE_BYTES, &text, &length);
    if (result != CLI_OK) {
        return result;
    }
    const char *end = memchr(text, '\n', length);
    size_t line = end ? (size_t)(end - text) : length;
    line -= line > 0 && text[line - 1] == '\r';
    memcpy(passphrase, text, line);
    passphrase[line] = '\0';
    memset(text, 0, length);
    free(text);
    if (line == 0) {
        return cli_usage_error(command, "the first line of '%s', the pass phrase, is empty",
                               arguments->passphrase_file);
    }
    arguments->options.key_passphrase = passphrase;
    return CLI_GO_ON;
}

static int parse(const struct cli_command *command, int argc, char **argv,
                 struct arguments *arguments) {
    struct avs_iot_check_options *options = &arguments->options;
    int words = 0;
    int result = cli_parse(command, argc, argv, arguments, &words);
    if (result != CLI_GO_ON) {
        return result;
    }
    if (words == argc) {
        return cli_usage_error(command, "the endpoint's host name is missing: avs-shim iot "
                                        "check HOST");
    }
    if (!options->cert_file != !options->key) {
        return cli_usage_error(command, "--cert and --key are given together");
    }
    if ((options->with_connect || options->topic) && !options->key) {
        return cli_usage_error(command, "%s needs the device's --cert and --key",
                               options->topic ? "--publish" : "--connect");
    }
    if (options->client_id && !options->with_connect) {
        return cli_usage_error(command, "--client-id is of the CONNECT: add --connect");
    }
    options->host = argv[words];
    options->port = (uint16_t)arguments->port;
    options->timeout_ms = (int)arguments->timeout_s * 1000;
    options->require_ats = !arguments->any_root;
    options->connect_to = arguments->connect_to.items;
    options->connect_to_count = arguments->connect_to.count;
    result = cli_outputs_check(command, &arguments->outputs, arguments->is_json);
    return result != CLI_GO_ON ? result : take_passphrase(command, arguments);
}

static int report(const struct cli_command *command, const struct avs_iot_check *check,
                  const struct arguments *arguments) {
    const struct cli_outputs *outputs = &arguments->outputs;
    struct avs_error error = AVS_ERROR_INIT;
    char *text = NULL;
    int result = avs_iot_check_exit_code(check);
    if (!cli_outputs_takes_stdout(outputs)) {
        enum avs_status status = arguments->is_json
                                     ? avs_iot_check_to_json(check, &text, &error)
                                     : avs_iot_check_to_text(check, cli_style(), &text, &error);
        result = cli_print_taken(command, status, text, &error) == CLI_OK ? result : CLI_USAGE;
    }
    if (cli_outputs_any(outputs)) {
        struct avs_findings *findings = NULL;
        enum avs_status status = avs_findings_of_iot_check(check, &findings, &error);
        result = cli_outputs_write(command, outputs, status, findings, &error, result);
    }
    return result;
}

static int run(const struct cli_command *command, int argc, char **argv) {
    struct arguments arguments = {.options.size = sizeof(struct avs_iot_check_options)};
    struct avs_error error = AVS_ERROR_INIT;
    struct avs_iot_check *check = NULL;
    int result = parse(command, argc, argv, &arguments);
    if (result != CLI_GO_ON) {
        return result;
    }
    if (arguments.options.client_id) {
        fprintf(stderr,
                "avs-shim %s: a running device with this client id is disconnected by the probe\n",
                command->name);
    }
    cli_progress_start("checking the way in");
    enum avs_status status = avs_iot_check_run(&arguments.options, &check, &error);
    cli_progress_stop();
    if (status != AVS_OK) {
        return cli_outputs_error(command, &arguments.outputs, &error);
    }
    result = report(command, check, &arguments);
    avs_iot_check_free(check);
    return result;
}

const struct cli_command cli_iot_check = {
    .name = "iot check",
    .summary = "does this device get in: key pair, TLS on each port, CONNECT, one message",
    .usage = "HOST [--cert FILE --key FILE|URI] [OPTION...]",
    .about =
        "Prove, step by step, whether this device gets into AWS IoT Core. First the key pair, on "
        "this device alone: can it be read, does it belong together, is it valid, may others read "
        "it. Then a handshake on every port that takes X.509, with the chain and the host name "
        "verified, and a read after it: a TLS 1.3 server refuses a client certificate only there. "
        "Then which root the server's RSA and ECDSA chains need.\n"
        "\n"
        "Nothing more is sent unless asked for: --connect makes an MQTT connection under a client "
        "id of the probe's own, --publish sends one message. What was not proven is said.\n"
        "\n"
        "HOST is the account's data endpoint (PREFIX-ats.iot.REGION.amazonaws.com). Verification "
        "of the server cannot be switched off.",
    .options = rows,
    .notes = "Environment: " PASSPHRASE_NAME "; PKCS11_MODULE_PATH and OPENSSL_CONF as OpenSSL's "
             "modules read them; https_proxy, all_proxy and no_proxy as libcurl reads them; "
             "NO_COLOR.",
    .examples = "avs-shim iot check PREFIX-ats.iot.eu-west-1.amazonaws.com\n"
                "avs-shim iot check HOST --cert device.pem.crt --key private.pem.key\n"
                "avs-shim iot check HOST --cert device.pem.crt --key private.pem.key --connect\n"
                "avs-shim iot check HOST --cert d.pem --key pkcs11:object=key "
                "--key-passphrase-file pin --port 443",
    .exits = "0  ready: proven as far as was asked\n"
             "1  not ready\n"
             "2  usage error\n"
             "3  cannot tell: never reached, or no certificate and key were given",
    .schema = AVS_IOT_CHECK_SCHEMA,
    .words_most = 1,
    .run = run,
};
