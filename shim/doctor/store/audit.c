/* SPDX-License-Identifier: Apache-2.0 */
/* The audit's public door: gathers what only this process can tell (the loaded libcurl, the
 * environment, the configuration) and hands it to audit_run.c, which asks neither. */
#include <stdlib.h>

#include <avs/config.h>
#include <avs/store.h>

#include "base/flow.h"
#include "base/versioned.h"
#include "net/curl_info.h"
#include "store/audit_run.h"

AVS_DEFINE_AUTO(avs_config, struct avs_config, avs_config_free);

static struct avs_audit_machine ask_machine(void) {
    struct avs_net_curl_info info;
    avs_net_curl_info(&info);
    return (struct avs_audit_machine){
        .curl_version = info.version,
        .curl_backend = info.ssl_backend,
        .curl_library = avs_net_curl_library_path(),
        .curl_ca_file = info.ca_file,
        .curl_ca_path = info.ca_path,
        .knows_ca_defaults = info.knows_ca_defaults,
        .has_http2 = info.has_http2,
        .reads_whole_folder = info.ssl_backend[0] && !info.is_openssl_backend,
        .env_curl_ca_bundle = getenv("CURL_CA_BUNDLE"),
        .env_ssl_cert_file = getenv("SSL_CERT_FILE"),
        .env_ssl_cert_dir = getenv("SSL_CERT_DIR"),
    };
}

enum avs_status avs_trust_audit_run(const struct avs_trust_audit_options *given,
                                    struct avs_trust_audit **ret_audit, struct avs_error *reterr) {
    AVS_AUTO(avs_config) config = NULL;
    struct avs_trust_audit_options taken;
    const struct avs_trust_audit_options *options = &taken;
    AVS_TAKE(&taken, given, "avs_trust_audit_options", reterr);
    struct avs_audit_machine machine = ask_machine();
    struct avs_audit_request request = {
        .sysroot = options->sysroot,
        .ca_file = options->ca_file,
        .ca_path = options->ca_path,
        .config_file = options->config_file,
        .now_unix = options->now_unix,
        .is_verbose = options->is_verbose,
        .machine = &machine,
    };
    if (options->config_file) {
        AVS_TRY(avs_config_load(&options->config_file, 1, &config, reterr));
        request.config_ca_file = avs_config_value(config, AVS_CONFIG_CA_FILE);
        request.config_ca_path = avs_config_value(config, AVS_CONFIG_CA_PATH);
    }
    return avs_audit_run(&request, ret_audit, reterr);
}

bool avs_trust_audit_is_usable(const struct avs_trust_audit *audit) {
    return audit->usable_count == audit->required_count;
}

void avs_trust_audit_free(struct avs_trust_audit *audit) {
    if (audit) {
        avs_audit_watches_done(&audit->watches);
        avs_sysroot_close(&audit->root);
        free(audit);
    }
}
