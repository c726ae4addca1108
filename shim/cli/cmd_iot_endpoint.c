/* SPDX-License-Identifier: Apache-2.0 */
/* avs-shim iot endpoint: ask AWS for an account's endpoint. The host alone goes to stdout, what it
 * means to stderr: HOST=$(avs-shim iot endpoint) does what it looks like. */
#include <avs/iot_endpoint.h>

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli.h"

#define TIMEOUT_S_MAX 600

struct arguments {
    struct avs_iot_endpoint_options options;
    long timeout_s;
    bool is_json, is_quiet;
};

static int take_type(const struct cli_command *command, void *target, const char *value) {
    struct arguments *arguments = target;
    const char *names[AVS_IOT_ENDPOINT_TYPE_COUNT + 1] = {NULL};
    for (int i = 0; i < AVS_IOT_ENDPOINT_TYPE_COUNT; i++) {
        names[i] = avs_iot_endpoint_type_id((enum avs_iot_endpoint_type)i);
        if (strcmp(names[i], value) == 0) {
            arguments->options.type = (enum avs_iot_endpoint_type)i;
            return CLI_GO_ON;
        }
    }
    const char *closest = cli_closest(value, names);
    return cli_usage_error(command, "--type '%s' is none%s%s%s: data-ats, data, credentials, jobs",
                           value, closest ? "; did you mean '" : "", closest ? closest : "",
                           closest ? "'? There are" : "; there are");
}

#define AT(member) .offset = offsetof(struct arguments, member)
static const struct cli_option rows[] = {
    {.name = "type",
     .kind = CLI_TAKE,
     .value = "TYPE",
     .take = take_type,
     .help = "data-ats (default), data (the legacy one, which the API itself gives by default), "
             "credentials, jobs"},
    {.name = "region",
     .kind = CLI_PATH,
     .value = "REGION",
     AT(options.region),
     .help = "default: AWS_REGION, AWS_DEFAULT_REGION, the profile's"},
    {.name = "profile",
     .kind = CLI_PATH,
     .value = "NAME",
     AT(options.profile),
     .help = "of ~/.aws/credentials and ~/.aws/config, before keys in the environment; default: "
             "AWS_PROFILE, or the profile \"default\""},
    {.group = "The device's own certificate instead of keys",
     .name = "cert",
     .kind = CLI_PATH,
     .value = "FILE",
     AT(options.cert_file),
     .help = "the device's certificate, PEM"},
    {.name = "key",
     .kind = CLI_PATH,
     .value = "FILE|URI",
     AT(options.key),
     .help = "its private key; a pass phrase is taken from AVS_SHIM_KEY_PASSPHRASE"},
    {.name = "role-alias",
     .kind = CLI_PATH,
     .value = "NAME",
     AT(options.role_alias),
     .help = "the role that the device may take"},
    {.name = "thing-name",
     .kind = CLI_PATH,
     .value = "NAME",
     AT(options.thing_name),
     .help = "where the role's policy asks for it"},
    {.name = "credentials-endpoint",
     .kind = CLI_PATH,
     .value = "HOST",
     AT(options.credentials_endpoint),
     .help = "P.credentials.iot.REGION.amazonaws.com, asked for once with other keys (--type "
             "credentials)"},
    {.name = "credentials-connect-to",
     .kind = CLI_PATH,
     .value = "HOST:PORT",
     AT(options.credentials_connect_to),
     .help = "dial this instead of it"},
    {.group = "The way there",
     .name = "endpoint-url",
     .kind = CLI_PATH,
     .value = "URL",
     AT(options.endpoint_url),
     .help = "ask there, https only (a VPC endpoint); default: AWS_ENDPOINT_URL_IOT, "
             "AWS_ENDPOINT_URL, https://iot.REGION.amazonaws.com"},
    {.name = "connect-to",
     .kind = CLI_PATH,
     .value = "HOST:PORT",
     AT(options.connect_to),
     .help = "dial this instead; the certificate must still be the name's"},
    {.name = "proxy",
     .kind = CLI_VALUE,
     .value = "URL",
     AT(options.proxy),
     .help = "default: https_proxy, all_proxy; \"\" = none"},
    {.name = "ca-file",
     .kind = CLI_PATH,
     .value = "FILE",
     AT(options.ca_file),
     .help = "trusted roots, PEM; default: AWS_CA_BUNDLE, or the store that libcurl was built "
             "with"},
    {.name = "ca-path",
     .kind = CLI_PATH,
     .value = "DIR",
     AT(options.ca_path),
     .help = "directory of trusted roots with OpenSSL's hash links"},
    {.name = "timeout",
     .kind = CLI_NUMBER,
     .value = "SECONDS",
     AT(timeout_s),
     .least = 1,
     .most = TIMEOUT_S_MAX,
     .help = "for all of it; default: 30"},
    {.group = "Output",
     .name = "quiet",
     .letter = 'q',
     .kind = CLI_FLAG,
     AT(is_quiet),
     .help = "the host and nothing else; errors are told all the same"},
    {.name = "json",
     .kind = CLI_FLAG,
     AT(is_json),
     .help = "one JSON object, schema " AVS_IOT_ENDPOINT_SCHEMA},
    {.name = NULL},
};
#undef AT

/* What is said besides the host. */
static int explain(const struct cli_command *command, const struct avs_iot_endpoint *endpoint) {
    struct avs_error error = AVS_ERROR_INIT;
    char *text = NULL;
    const struct avs_style *style = isatty(STDERR_FILENO) ? cli_style() : NULL;
    if (avs_iot_endpoint_to_text(endpoint, style, &text, &error) != AVS_OK) {
        return cli_error(command, &error);
    }
    fputs(text, stderr);
    free(text);
    return CLI_OK;
}

static int report(const struct cli_command *command, const struct arguments *arguments,
                  const struct avs_iot_endpoint *endpoint) {
    struct avs_error error = AVS_ERROR_INIT;
    char *json = NULL;
    int result = CLI_OK;
    bool is_told = avs_iot_endpoint_host(endpoint)[0] != '\0';
    bool is_well = avs_iot_endpoint_cause(endpoint) == AVS_CAUSE_NONE;
    if (arguments->is_json) {
        enum avs_status status = avs_iot_endpoint_to_json(endpoint, &json, &error);
        result = cli_print_taken(command, status, json, &error);
    } else {
        if (is_told) {
            cli_print(avs_iot_endpoint_host(endpoint));
            cli_print("\n");
            fflush(stdout); /* before what is said of it */
        }
        result = is_well && arguments->is_quiet ? CLI_OK : explain(command, endpoint);
    }
    return result == CLI_OK ? avs_iot_endpoint_exit_code(endpoint) : result;
}

static int run(const struct cli_command *command, int argc, char **argv) {
    struct arguments arguments = {.options.size = sizeof(struct avs_iot_endpoint_options)};
    int words = 0;
    int result = cli_parse(command, argc, argv, &arguments, &words);
    if (result != CLI_GO_ON) {
        return result;
    }
    arguments.options.key_passphrase = getenv("AVS_SHIM_KEY_PASSPHRASE");
    if (!arguments.options.role_alias &&
        (arguments.options.cert_file || arguments.options.key ||
         arguments.options.credentials_endpoint || arguments.options.thing_name)) {
        return cli_usage_error(command,
                               "the device's own certificate needs --role-alias NAME, too");
    }
    arguments.options.timeout_ms = (int)(arguments.timeout_s * 1000);
    struct avs_error error = AVS_ERROR_INIT;
    struct avs_iot_endpoint *endpoint = NULL;
    if (avs_iot_endpoint_ask(&arguments.options, &endpoint, &error) != AVS_OK) {
        return cli_error(command, &error);
    }
    result = report(command, &arguments, endpoint);
    avs_iot_endpoint_free(endpoint);
    return result;
}

const struct cli_command cli_iot_endpoint = {
    .name = "iot endpoint",
    .summary = "ask AWS which endpoint this account has in a region (DescribeEndpoint)",
    .usage = "[--type TYPE] [--region REGION] [--profile NAME] [OPTION...]",
    .about =
        "Ask AWS IoT Core for an endpoint of this account, as aws iot describe-endpoint does, "
        "without the AWS CLI. The host is printed on stdout, alone on its line; what it means, or "
        "why there is none and what to do, on stderr.\n\n"
        "Keys are looked for where the AWS CLI does: the environment (AWS_ACCESS_KEY_ID, "
        "AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN), ~/.aws/credentials, credential_process, "
        "~/.aws/config; AWS_SHARED_CREDENTIALS_FILE and AWS_CONFIG_FILE name other files. For SSO "
        "and roles the command that exports them is named. EC2's instance metadata is not asked. "
        "The keys need iot:DescribeEndpoint. They are never printed, but for the last four "
        "characters of the key id.\n\n"
        "With --role-alias the device's own certificate gets the keys, from the account's "
        "credential "
        "provider (--cert, --key, --credentials-endpoint): nothing of AWS's needs to be stored on "
        "the device.\n\n"
        "HTTPS with the certificate verified, always. Redirects are not followed. A wrong clock is "
        "told with its offset; throttling is tried again, three times in all.",
    .options = rows,
    .examples =
        "avs-shim iot endpoint --region eu-central-1\n"
        "HOST=$(avs-shim iot endpoint --quiet --profile fleet) && avs-shim iot explain \"$HOST\"\n"
        "avs-shim iot endpoint --type credentials --region us-east-1 --json\n"
        "avs-shim iot endpoint --cert c.pem --key k.pem --role-alias fleet --credentials-endpoint "
        "HOST",
    .exits = "0  told\n"
             "1  refused: by AWS, its certificate is not trusted here, or the name does not fit "
             "what was asked for\n"
             "2  usage, no keys, no region, a file that cannot be read\n"
             "3  never reached",
    .schema = AVS_IOT_ENDPOINT_SCHEMA,
    .run = run,
};
