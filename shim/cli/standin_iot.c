/* SPDX-License-Identifier: Apache-2.0 */
/* avs-shim standin --iot: what it plays and where, in text and JSON. */
#include "standin_print.h"

#define SCHEMA      "avs-shim.standin-iot/1"
#define SCHEMA_LIST "avs-shim.standin-iot-list/1"

static const struct {
    const char *name, *text;
} files[AVS_STANDIN_IOT_FILE_COUNT] = {
#define XX(id, file, text) [AVS_STANDIN_IOT_FILE_##id] = {file, text},
    AVS_STANDIN_IOT_FILE_MAP(XX)
#undef XX
};

static const char *const ports[AVS_STANDIN_IOT_PORT_COUNT] = {
    [AVS_STANDIN_IOT_8883] = "8883",
    [AVS_STANDIN_IOT_443] = "443",
    [AVS_STANDIN_IOT_8443] = "8443",
};

static int list_json(void) {
    const struct avs_standin_iot_rule *rule = NULL;
    const struct avs_standin_iot_scenario *scenario = NULL;
    cli_print("{\"schema\":\"" SCHEMA_LIST "\",\"ports\":[");
    for (size_t i = 0; (rule = avs_standin_iot_rule(i)) != NULL; i++) {
        standin_print_member(i == 0 ? "\n{" : ",\n{", "port", rule->port);
        standin_print_member(",", "alpn", rule->alpn[0] ? rule->alpn : NULL);
        standin_print_member(",", "protocol", rule->protocol);
        standin_print_member(",", "identity", rule->identity);
        standin_print_member(",", "names", rule->names);
        cli_print("}");
    }
    cli_print("],\"scenarios\":[");
    for (size_t i = 0; (scenario = avs_standin_iot_scenario(i)) != NULL; i++) {
        standin_print_member(i == 0 ? "\n{" : ",\n{", "name", scenario->name);
        standin_print_member(",", "host", scenario->host);
        standin_print_member(",", "kind", scenario->kind);
        standin_print_member(",", "description", scenario->description);
        cli_print("}");
    }
    cli_print("\n]}\n");
    return CLI_OK;
}

static int list_text(void) {
    const struct avs_standin_iot_rule *rule = NULL;
    const struct avs_standin_iot_scenario *scenario = NULL;
    cli_print("What each port takes (another ALPN offer gets alert 120; -: none, or http/1.1; 8883 "
              "ignores it):\n");
    for (size_t i = 0; (rule = avs_standin_iot_rule(i)) != NULL; i++) {
        printf("  %-5s %-15s %-14s %-18s  %s\n", rule->port, rule->alpn[0] ? rule->alpn : "-",
               rule->protocol, rule->identity, rule->names);
    }
    cli_print("\nWhat is played, by the server name that the client asks for:\n");
    for (size_t i = 0; (scenario = avs_standin_iot_scenario(i)) != NULL; i++) {
        printf("%s: %s\n    %s\n", scenario->host, scenario->name, scenario->description);
    }
    return CLI_OK;
}

int standin_iot_list(bool is_json) {
    return is_json ? list_json() : list_text();
}

static void print_started_json(const struct avs_standin *standin) {
    cli_print("{\"schema\":\"" SCHEMA "\",\"ports\":");
    for (int i = 0; i < AVS_STANDIN_IOT_PORT_COUNT; i++) {
        printf("%s\"%s\":%u", i == 0 ? "{" : ",", ports[i],
               avs_standin_iot_port(standin, (enum avs_standin_iot_port)i));
    }
    cli_print("},\"device_files\":");
    for (int i = 0; i < AVS_STANDIN_IOT_FILE_COUNT; i++) {
        standin_print_member(i == 0 ? "{" : ",", files[i].name,
                             avs_standin_iot_path(standin, (enum avs_standin_iot_file)i));
    }
    cli_print("}");
    standin_print_files_json(standin);
}

static void print_started_text(const struct avs_standin *standin) {
    unsigned port_443 = avs_standin_iot_port(standin, AVS_STANDIN_IOT_443);
    printf("The stand-in for AWS IoT Core listens on 127.0.0.1. Certificates in %s:\n",
           avs_standin_directory(standin));
    for (int i = 0; i < AVS_STANDIN_IOT_PORT_COUNT; i++) {
        printf("  port %-5u as %s\n", avs_standin_iot_port(standin, (enum avs_standin_iot_port)i),
               ports[i]);
    }
    for (int i = 0; i < AVS_STANDIN_IOT_FILE_COUNT; i++) {
        printf("  %-24s %s\n", files[i].name, files[i].text);
    }
    standin_print_files_text();
    const char *device = avs_standin_iot_path(standin, AVS_STANDIN_IOT_FILE_DEVICE);
    const char *key = avs_standin_iot_path(standin, AVS_STANDIN_IOT_FILE_DEVICE_KEY);
    const char *ca = avs_standin_path(standin, AVS_STANDIN_FILE_CA);
    printf("\nTry (avs-shim standin --iot --list shows what else is played):\n"
           "  curl --cacert %s --cert %s --key %s \\\n"
           "      --connect-to ::127.0.0.1:%u \\\n"
           "      https://ok.credentials.iot.us-east-1.amazonaws.com/role-aliases/any/credentials\n"
           "\nCtrl-C ends it.\n",
           ca, device, key, port_443);
}

void standin_iot_print_started(const struct avs_standin *standin, bool is_json) {
    if (is_json) {
        print_started_json(standin);
    } else {
        print_started_text(standin);
    }
}
