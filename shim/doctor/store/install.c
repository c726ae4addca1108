/* SPDX-License-Identifier: Apache-2.0 */
/* The installer's public door: which roots, which store, by name and by configuration. */
#include "store/install.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include <avs/config.h>
#include <avs/store.h>

#include "base/flow.h"
#include "base/versioned.h"
#include "net/curl_info.h"
#include "store/install_run.h"

AVS_DEFINE_AUTO(avs_config, struct avs_config, avs_config_free);

void avs_install_note(struct avs_trust_install *install, const char *format, ...) {
    if (install->note_count < AVS_INSTALL_NOTES_MAX) {
        va_list arguments;
        va_start(arguments, format);
        vsnprintf(install->note[install->note_count++], sizeof(install->note[0]), format,
                  arguments);
        va_end(arguments);
    }
}

/** "Amazon Root CA 1", "amazon-root-ca-1" or "amazon-root-ca-1.pem". */
static bool is_named(const struct avs_ats_root *root, const char *name) {
    size_t stem = strcspn(root->file, ".");
    return strcasecmp(root->name, name) == 0 || strcasecmp(root->file, name) == 0 ||
           (strlen(name) == stem && strncasecmp(root->file, name, stem) == 0);
}

static enum avs_status choose_roots(const struct avs_trust_install_options *options,
                                    const struct avs_ats_root **roots, size_t *ret_count,
                                    struct avs_error *reterr) {
    size_t count = 0;
    if (options->only_count > AVS_INSTALL_ROOTS_MAX) {
        return avs_fail(reterr, AVS_ERR_USAGE, "more than %d names", AVS_INSTALL_ROOTS_MAX);
    }
    for (size_t i = 0; i < AVS_ATS_ROOT_COUNT; i++) {
        bool is_wanted = avs_ats_root_table[i].required && options->only_count == 0;
        for (size_t j = 0; j < options->only_count; j++) {
            is_wanted |= is_named(&avs_ats_root_table[i], options->only[j]);
        }
        if (is_wanted) {
            roots[count++] = &avs_ats_root_table[i];
        }
    }
    for (size_t j = 0; j < options->only_count; j++) {
        bool is_known = false;
        for (size_t i = 0; i < AVS_ATS_ROOT_COUNT; i++) {
            is_known |= is_named(&avs_ats_root_table[i], options->only[j]);
        }
        if (!is_known) {
            return avs_fail(reterr, AVS_ERR_USAGE,
                            "'%.80s' is no ATS root: Amazon Root CA 1 to 4, Starfield Services "
                            "Root Certificate Authority - G2, Starfield Class 2 Certification "
                            "Authority; or amazon-root-ca-1 and so on",
                            options->only[j]);
        }
    }
    *ret_count = count;
    return AVS_OK;
}

static enum avs_status choose_store(const struct avs_trust_install_options *options,
                                    struct avs_config **config, struct avs_install_request *request,
                                    struct avs_error *reterr) {
    if ((options->config_file != NULL) + (options->ca_file != NULL) + (options->ca_path != NULL) >
        1) {
        return avs_fail(reterr, AVS_ERR_USAGE,
                        "name one store: a configuration, a CA file or a CA path");
    }
    request->ca_file = options->ca_file;
    request->ca_path = options->ca_path;
    if (!options->config_file) {
        return AVS_OK;
    }
    request->config_file = options->config_file;
    AVS_TRY(avs_config_load(&options->config_file, 1, config, reterr));
    request->ca_file = avs_config_value(*config, AVS_CONFIG_CA_FILE);
    request->ca_path = request->ca_file ? NULL : avs_config_value(*config, AVS_CONFIG_CA_PATH);
    if (!request->ca_file && !request->ca_path) {
        return avs_fail(reterr, AVS_ERR_USAGE,
                        "%s names no libcurlUtils.CURLOPT_CAINFO or CURLOPT_CAPATH: the SDK uses "
                        "the system's store then, so run avs-shim trust install without --config",
                        options->config_file);
    }
    return AVS_OK;
}

/** The distribution's store is not always the one that libcurl, and with it the SDK, reads. */
static void note_other_store(struct avs_trust_install *install) {
    const char *places[2] = {NULL, NULL};
    bool is_reached = false;
    avs_net_curl_ca_defaults(&places[0], &places[1]);
    for (size_t i = 0; i < AVS_COUNT(places); i++) {
        char real[AVS_SYSROOT_PATH_BYTES];
        if (!places[i] || !avs_sysroot_real_path(&install->root, places[i], false, real)) {
            continue;
        }
        for (size_t j = 0; j < install->bundle_count; j++) {
            is_reached |= strcmp(install->bundle[j], real) == 0;
        }
        for (size_t j = 0; j < install->folder_count; j++) {
            is_reached |= strcmp(install->folder[j], real) == 0;
        }
    }
    if (!is_reached && (places[0] || places[1])) {
        avs_install_note(install,
                         "the libcurl of this command reads %s, not this store: if the SDK's does "
                         "too, name this store in libcurlUtils.CURLOPT_CAINFO of its configuration",
                         places[0] ? places[0] : places[1]);
    }
}

enum avs_status avs_trust_install_run(const struct avs_trust_install_options *given,
                                      struct avs_trust_install **ret_install,
                                      struct avs_error *reterr) {
    AVS_AUTO(avs_config) config = NULL;
    const struct avs_ats_root *roots[AVS_INSTALL_ROOTS_MAX];
    struct avs_trust_install_options taken;
    const struct avs_trust_install_options *options = &taken;
    AVS_TAKE(&taken, given, "avs_trust_install_options", reterr);
    struct avs_install_request request = {
        .sysroot = options->sysroot,
        .roots = roots,
        .is_choice = options->only_count > 0,
        .apply = options->apply,
        .undo = options->undo,
        .timeout_ms = options->timeout_ms,
        .is_cancelled = options->is_cancelled,
        .user = options->user,
        .on_progress = options->on_progress,
    };
    AVS_TRY(choose_roots(options, roots, &request.root_count, reterr));
    AVS_TRY(choose_store(options, &config, &request, reterr));
    AVS_TRY(avs_install_run(&request, ret_install, reterr));
    if (!request.ca_file && !request.ca_path && !options->sysroot && !options->undo) {
        note_other_store(*ret_install);
    }
    return AVS_OK;
}

void avs_trust_install_free(struct avs_trust_install *install) {
    if (install) {
        avs_install_steps_done(&install->steps);
        avs_sysroot_close(&install->root);
        free(install);
    }
}

bool avs_trust_install_is_complete(const struct avs_trust_install *install) {
    for (size_t i = 0; i < install->root_count; i++) {
        if (!install->roots[i].is_there) {
            return false;
        }
    }
    return true;
}
