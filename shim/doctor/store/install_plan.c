/* SPDX-License-Identifier: Apache-2.0 */
/* Thinking, before anything is touched: which stores, which roots are missing, and the steps that
 * put them there by the convention of the distribution. */
#include "store/install_plan.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/text.h"
#include "store/audit_scan.h"
#include "store/install_conf.h"
#include "store/install_file.h"
#include "store/install_verify.h"

#define APPEND_LIMIT (1u << 20)

/* ---- the stores ---- */

static void keep_place(const struct avs_sysroot *root, const char *path,
                       char places[][AVS_SYSROOT_PATH_BYTES], size_t *count) {
    char real[AVS_SYSROOT_PATH_BYTES];
    if (*count == AVS_INSTALL_STORES_MAX || !avs_sysroot_real_path(root, path, true, real)) {
        return;
    }
    for (size_t i = 0; i < *count; i++) {
        if (strcmp(places[i], real) == 0) {
            return;
        }
    }
    avs_text_copy(places[(*count)++], AVS_SYSROOT_PATH_BYTES, real);
}

/** A folder counts as a store when it has hash links; /etc/pki/tls/certs, say, has none. */
static bool is_hashed(const struct avs_sysroot *root, const char *folder) {
    struct avs_sysroot_names names = {0};
    bool is_found = false;
    if (!avs_sysroot_list(root, folder, &names)) {
        return false;
    }
    for (size_t i = 0; i < names.count && !is_found; i++) {
        const char *name = names.names[i];
        is_found = strspn(name, "0123456789abcdef") == 8 && name[8] == '.' &&
                   isdigit((unsigned char)name[9]);
    }
    avs_sysroot_names_done(&names);
    return is_found;
}

static enum avs_status find_named_store(struct avs_trust_install *install,
                                        const struct avs_install_request *request,
                                        struct avs_error *reterr) {
    const char *path = request->ca_file ? request->ca_file : request->ca_path;
    struct avs_scan_file file = {0};
    AVS_AUTO(char) data = NULL;
    size_t length = 0;
    if (!request->ca_file) {
        if (!avs_sysroot_is_folder(&install->root, path)) {
            return avs_install_fail_io(&install->root, errno ? errno : ENOTDIR, "open the CA path",
                                       path, reterr);
        }
        keep_place(&install->root, path, install->folder, &install->folder_count);
        return AVS_OK;
    }
    if (!avs_sysroot_read(&install->root, path, AVS_INSTALL_FILE_LIMIT, &data, &length, NULL)) {
        return avs_install_fail_io(&install->root, errno, "read the CA file", path, reterr);
    }
    if (!avs_scan_bytes(data, length, NULL, NULL, &file)) {
        return avs_fail_memory(reterr);
    }
    if (file.certificates == 0 && !file.is_empty) {
        return avs_fail_cause(reterr, AVS_ERR_CA_FILE_INVALID, AVS_CAUSE_CA_FILE_INVALID,
                              "%s holds no PEM certificate%s. Put a PEM bundle there first, the "
                              "system's for one.",
                              path,
                              file.is_der    ? " (it is a DER certificate)"
                              : file.is_html ? " (it is a web page)"
                                             : "");
    }
    keep_place(&install->root, path, install->bundle, &install->bundle_count);
    return AVS_OK;
}

static enum avs_status find_stores(struct avs_trust_install *install,
                                   const struct avs_install_request *request,
                                   struct avs_error *reterr) {
    if (request->ca_file || request->ca_path) {
        return find_named_store(install, request, reterr);
    }
    const struct avs_distro *distro = avs_distro_detect(&install->root);
    install->distro = distro;
    for (size_t i = 0; i < AVS_DISTRO_PLACES_MAX; i++) {
        if (distro->bundle[i] && avs_sysroot_is_file(&install->root, distro->bundle[i])) {
            keep_place(&install->root, distro->bundle[i], install->bundle, &install->bundle_count);
        }
        if (distro->folder[i] && is_hashed(&install->root, distro->folder[i])) {
            keep_place(&install->root, distro->folder[i], install->folder, &install->folder_count);
        }
    }
    install->runs_updater = !install->is_sysroot && distro->updater[0] && distro->anchors &&
                            access(distro->updater[0], X_OK) == 0;
    if (install->bundle_count + install->folder_count == 0 && !install->runs_updater) {
        return avs_fail(reterr, AVS_ERR_USAGE,
                        "there is no trust store%s%s (%s: neither a bundle nor a hashed folder): "
                        "install the ca-certificates package first, or name a CA file in "
                        "libcurlUtils.CURLOPT_CAINFO and use --config",
                        install->is_sysroot ? " below " : "",
                        install->is_sysroot ? install->root.path : "", distro->label);
    }
    return AVS_OK;
}

/* ---- steps ---- */

/** The folders above and of `folder` that do not exist. */
static enum avs_status plan_folders(struct avs_trust_install *install, const char *folder,
                                    struct avs_error *reterr) {
    char path[AVS_SYSROOT_PATH_BYTES];
    for (const char *at = folder + 1; at; at = strchr(at, '/') ? strchr(at, '/') + 1 : NULL) {
        const char *slash = strchr(at, '/');
        size_t length = slash ? (size_t)(slash - folder) : strlen(folder);
        avs_text_copy_bytes(path, sizeof(path), folder, length);
        struct stat entry;
        if (avs_sysroot_stat(&install->root, path, &entry) != 0) {
            AVS_TRY(avs_install_add_step(&install->steps, AVS_INSTALL_FOLDER, path, NULL, NULL,
                                         reterr));
        }
    }
    return AVS_OK;
}

/** "amazon-root-ca-1" + ".crt" */
static void file_name(const struct avs_ats_root *root, const char *suffix, const char *extension,
                      char *ret_name, size_t capacity) {
    const char *dot = strrchr(root->file, '.');
    int length = dot ? (int)(dot - root->file) : (int)strlen(root->file);
    avs_text_format(ret_name, capacity, "%.*s%s%s", length, root->file, suffix, extension);
}

/** A free name for the root's own file in a folder; *ret_exists when it is there already. */
static bool choose_path(const struct avs_trust_install *install, const char *folder,
                        const struct avs_ats_root *root, const char *extension,
                        char ret_path[AVS_SYSROOT_PATH_BYTES], bool *ret_exists) {
    static const char *const suffixes[] = {"", "-avs-shim", "-avs-shim-2"};
    char target[AVS_SYSROOT_PATH_BYTES];
    for (size_t i = 0; i < AVS_COUNT(suffixes); i++) {
        char name[AVS_SYSROOT_NAME_BYTES];
        struct stat entry;
        file_name(root, suffixes[i], extension, name, sizeof(name));
        if (!avs_sysroot_join(ret_path, folder, name)) {
            return false;
        }
        *ret_exists = avs_install_is_in_bundle(&install->root, ret_path, root);
        bool is_taken = avs_sysroot_stat(&install->root, ret_path, &entry) == 0 ||
                        avs_install_read_link(&install->root, ret_path, target);
        if (*ret_exists || !is_taken) {
            return true;
        }
    }
    return false;
}

static enum avs_status plan_anchor(struct avs_trust_install *install,
                                   const struct avs_ats_root *root,
                                   char ret_path[AVS_SYSROOT_PATH_BYTES],
                                   struct avs_error *reterr) {
    bool exists = false;
    if (!choose_path(install, install->distro->anchors, root, install->distro->extension, ret_path,
                     &exists)) {
        return avs_fail(reterr, AVS_ERR_IO, "files named like %s stand in %s but hold others",
                        root->file, install->distro->anchors);
    }
    return exists ? AVS_OK
                  : avs_install_add_step(&install->steps, AVS_INSTALL_WRITE, ret_path, root->pem,
                                         NULL, reterr);
}

static bool lacks_newline(const struct avs_sysroot *root, const char *path) {
    AVS_AUTO(char) data = NULL;
    size_t length = 0;
    return avs_sysroot_read(root, path, AVS_INSTALL_FILE_LIMIT, &data, &length, NULL) &&
           length > 0 && data[length - 1] != '\n';
}

/** One text with every root that this bundle lacks. */
static enum avs_status plan_bundle(struct avs_trust_install *install, const char *bundle,
                                   struct avs_error *reterr) {
    AVS_TRY(avs_install_check_bundle(&install->root, bundle, reterr));
    struct avs_buffer text = avs_buffer_init(APPEND_LIMIT);
    AVS_AUTO(char) added = NULL;
    for (size_t i = 0; i < install->root_count; i++) {
        const struct avs_ats_root *root = install->roots[i].root;
        if (!avs_install_is_in_bundle(&install->root, bundle, root)) {
            if (text.length == 0 && lacks_newline(&install->root, bundle)) {
                avs_buffer_add_text(&text, "\n");
            }
            avs_buffer_printf(&text, "# %s\n%s", root->name, root->pem);
        }
    }
    bool is_needed = text.length > 0 || text.is_failed;
    enum avs_status status = is_needed ? avs_buffer_take_text(&text, &added, reterr) : AVS_OK;
    avs_buffer_done(&text);
    AVS_TRY(status);
    return added ? avs_install_add_step(&install->steps, AVS_INSTALL_APPEND, bundle, added, NULL,
                                        reterr)
                 : AVS_OK;
}

/** The name that update-ca-certificates gives to the link: the source's, with .pem at the end. */
static bool link_path(const struct avs_trust_install *install, const char *folder,
                      const char *source, char ret_path[AVS_SYSROOT_PATH_BYTES]) {
    char name[AVS_SYSROOT_NAME_BYTES + 8], target[AVS_SYSROOT_PATH_BYTES];
    const char *base = strrchr(source, '/') + 1;
    size_t length = strlen(base);
    struct stat entry;
    if (length > 4 && strcmp(base + length - 4, ".crt") == 0) {
        length -= 4;
    }
    avs_text_format(name, sizeof(name), "%.*s.pem", (int)length, base);
    return avs_sysroot_join(ret_path, folder, name) &&
           avs_sysroot_stat(&install->root, ret_path, &entry) != 0 &&
           !avs_install_read_link(&install->root, ret_path, target);
}

/** In a hashed folder: a file, or a link to where the root is, and the hash link. */
static enum avs_status plan_folder(struct avs_trust_install *install, const char *folder,
                                   const struct avs_install_root *root, const char *source,
                                   struct avs_error *reterr) {
    char path[AVS_SYSROOT_PATH_BYTES], link[AVS_SYSROOT_PATH_BYTES];
    char name[AVS_SYSROOT_NAME_BYTES];
    unsigned number = 0;
    bool exists = false;
    if (avs_install_is_in_folder(&install->root, folder, root, &number)) {
        return AVS_OK;
    }
    bool is_linked = source[0] && install->distro->conf; /* as Debian's own updater does */
    const char *extension = install->distro && !is_linked ? install->distro->extension : ".pem";
    bool is_named = is_linked && link_path(install, folder, source, path);
    if (!is_named && !choose_path(install, folder, root->root, extension, path, &exists)) {
        return avs_fail(reterr, AVS_ERR_IO, "files named like %s stand in %s but hold others",
                        root->root->file, folder);
    }
    if (!exists) {
        AVS_TRY(avs_install_add_step(&install->steps,
                                     is_linked ? AVS_INSTALL_LINK : AVS_INSTALL_WRITE, path,
                                     is_linked ? source : root->root->pem, NULL, reterr));
    }
    snprintf(name, sizeof(name), "%08x.%u", root->name_hash, number);
    if (!avs_sysroot_join(link, folder, name)) {
        return avs_fail(reterr, AVS_ERR_IO, "the path of %s is too long", folder);
    }
    return avs_install_add_step(&install->steps, AVS_INSTALL_LINK, link, strrchr(path, '/') + 1,
                                NULL, reterr);
}

/** The convention's source: a packaged file selected, or a file of our own in the anchors folder.
 *  `ret_source` is where it is, "" where there is no such convention. */
static enum avs_status plan_source(struct avs_install_conf *conf, const struct avs_ats_root *root,
                                   char ret_source[AVS_SYSROOT_PATH_BYTES],
                                   struct avs_error *reterr) {
    struct avs_trust_install *install = conf->install;
    char name[AVS_INSTALL_NAME_MAX];
    bool is_packaged = false;
    ret_source[0] = '\0';
    if (!install->distro || !install->distro->anchors) {
        return AVS_OK;
    }
    if (!install->runs_updater && install->distro->folder[0] &&
        strcmp(install->distro->anchors, install->distro->folder[0]) == 0) {
        return AVS_OK; /* the hashed folder itself: it gets the root below */
    }
    if (install->distro->packaged) {
        AVS_TRY(avs_install_conf_select(conf, root, name, &is_packaged));
    }
    if (is_packaged) {
        return avs_sysroot_join(ret_source, install->distro->packaged, name)
                   ? AVS_OK
                   : avs_fail(reterr, AVS_ERR_IO, "the path of %s is too long", name);
    }
    return plan_anchor(install, root, ret_source, reterr);
}

static enum avs_status plan_missing(struct avs_trust_install *install,
                                    struct avs_install_conf *conf, struct avs_error *reterr) {
    char source[AVS_INSTALL_ROOTS_MAX][AVS_SYSROOT_PATH_BYTES];
    bool repairs_conf = install->distro && install->distro->conf && conf->text;
    if (install->distro && install->distro->anchors) {
        AVS_TRY(plan_folders(install, install->distro->anchors, reterr));
    }
    if (repairs_conf) { /* else the updater would drop CAs that are there today */
        AVS_TRY(avs_install_conf_unglue(conf));
    }
    for (size_t i = 0; i < install->root_count; i++) {
        source[i][0] = '\0';
        if (!install->roots[i].was_there) {
            AVS_TRY(plan_source(conf, install->roots[i].root, source[i], reterr));
        }
    }
    if (repairs_conf) { /* else the updater would drop CAs that are there today */
        AVS_TRY(avs_install_conf_unglue(conf));
        if (!conf->is_newline_added && conf->length > 0 && conf->text[conf->length - 1] != '\n') {
            AVS_TRY(avs_install_conf_append(conf, ""));
        }
    }
    if (install->runs_updater) {
        return avs_install_add_step(&install->steps, AVS_INSTALL_RUN, install->distro->updater[0],
                                    NULL, NULL, reterr);
    }
    if (install->distro && strcmp(install->distro->id, "openwrt") == 0) {
        avs_install_note(install, "a firmware upgrade (sysupgrade) keeps only what it is told to: "
                                  "add /etc/ssl/certs to /etc/sysupgrade.conf");
    }
    for (size_t i = 0; i < install->bundle_count; i++) {
        AVS_TRY(plan_bundle(install, install->bundle[i], reterr));
    }
    for (size_t i = 0; i < install->folder_count; i++) {
        for (size_t j = 0; j < install->root_count; j++) {
            AVS_TRY(
                plan_folder(install, install->folder[i], &install->roots[j], source[j], reterr));
        }
    }
    return AVS_OK;
}

enum avs_status avs_install_plan(struct avs_trust_install *install,
                                 const struct avs_install_request *request,
                                 struct avs_error *reterr) {
    struct avs_install_conf conf = {.install = install, .reterr = reterr};
    bool is_missing = false;
    for (size_t i = 0; i < request->root_count; i++) {
        install->roots[i] = (struct avs_install_root){.root = request->roots[i]};
        install->root_count = i + 1;
        AVS_TRY(avs_install_check_root(&install->roots[i], reterr));
    }
    AVS_TRY(find_stores(install, request, reterr));
    for (size_t i = 0; i < install->root_count; i++) {
        struct avs_install_root *root = &install->roots[i];
        AVS_TRY(avs_install_look(install, root, &root->was_there, reterr));
        root->is_there = root->was_there;
        is_missing |= !root->was_there;
    }
    if (!is_missing) {
        return AVS_OK;
    }
    if (install->distro && install->distro->conf &&
        !avs_sysroot_read(&install->root, install->distro->conf, AVS_INSTALL_CONF_BYTES, &conf.text,
                          &conf.length, NULL) &&
        errno != ENOENT) {
        return avs_install_fail_io(&install->root, errno, "read", install->distro->conf, reterr);
    }
    enum avs_status status = plan_missing(install, &conf, reterr);
    free(conf.text);
    return status;
}
