/* SPDX-License-Identifier: Apache-2.0 */
/* The sources from which a distribution builds its bundle: the folder for CAs added by hand, the
 * packaged CAs, and Debian's list of those in use. Mistakes made there (a name that is ignored, a
 * web page saved as a certificate, two names on one line) never show in the bundle itself. */
#include "store/audit_folder.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

#include "base/text.h"
#include "store/audit.h"
#include "store/install_distro.h"

#define FOLDER_DEPTH_MAX 4
#define CONF_LIMIT_BYTES (1u << 20)

/* ---- certificates in a source folder ---- */

struct found {
    struct avs_trust_audit *audit;
    const char *path;
    int watch; /* last watched CA met, -1 = none */
};

static void on_source_certificate(void *user, const struct avs_scan_cert *certificate) {
    struct found *found = user;
    int watch = avs_audit_watch_by_key(&found->audit->watches, certificate->spki_sha256);
    if (watch >= 0 && certificate->is_self_issued) {
        found->watch = watch;
    } else if (watch < 0) {
        int name = avs_audit_watch_by_subject(&found->audit->watches, certificate->subject);
        if (name >= 0) {
            avs_audit_find(found->audit, AVS_FINDING_FOREIGN_KEY, found->path, "%s",
                           found->audit->watches.row[name].name);
        }
    }
}

/** Read one file of a source folder and note what is wrong with it. False: out of memory. */
static bool read_source(struct avs_trust_audit *audit, const char *path, int *ret_watch) {
    struct found found = {.audit = audit, .path = path, .watch = -1};
    struct avs_scan_file file;
    struct stat entry;
    AVS_AUTO(char) data = NULL;
    size_t length = 0;
    *ret_watch = -1;
    if (!avs_sysroot_read(&audit->root, path, AVS_SYSROOT_FILE_LIMIT, &data, &length, &entry)) {
        if (errno == ENOMEM) {
            return false;
        }
        if (errno != EISDIR && errno != EINVAL) {
            avs_audit_find(audit, AVS_FINDING_UNREADABLE_FILE, path, "%s", strerror(errno));
        }
        return true;
    }
    if (!avs_scan_bytes(data, length, on_source_certificate, &found, &file)) {
        return false;
    }
    avs_audit_find_in_file(audit, path, &file, &entry);
    *ret_watch = found.watch;
    return true;
}

static bool ends_with(const char *text, const char *end) {
    size_t length = strlen(text);
    return length > strlen(end) && strcmp(text + length - strlen(end), end) == 0;
}

static bool is_certificate_name(const char *name) {
    static const char *const ends[] = {".pem", ".crt", ".cer", ".der", ".PEM", ".CRT", ".CER"};
    for (size_t i = 0; i < AVS_COUNT(ends); i++) {
        if (ends_with(name, ends[i])) {
            return true;
        }
    }
    return false;
}

/** The folder for CAs added by hand, and its subfolders. */
static bool read_anchors(struct avs_trust_audit *audit, const struct avs_distro *distro,
                         const char *folder, unsigned depth) {
    struct avs_sysroot_names names = {0};
    bool is_fine = true;
    if (depth > FOLDER_DEPTH_MAX || !avs_sysroot_list(&audit->root, folder, &names)) {
        return depth > FOLDER_DEPTH_MAX || errno != ENOMEM;
    }
    bool wants_crt = strcmp(distro->id, "debian") == 0 || strcmp(distro->id, "alpine") == 0;
    for (size_t i = 0; is_fine && i < names.count; i++) {
        char path[AVS_SYSROOT_PATH_BYTES];
        int watch;
        if (!avs_sysroot_join(path, folder, names.names[i])) {
            continue;
        }
        if (avs_sysroot_is_folder(&audit->root, path)) {
            is_fine = read_anchors(audit, distro, path, depth + 1);
            continue;
        }
        is_fine = read_source(audit, path, &watch);
        if (wants_crt && !ends_with(names.names[i], ".crt") &&
            is_certificate_name(names.names[i])) {
            avs_audit_find(audit, AVS_FINDING_IGNORED_NAME, path, "%s", "");
        }
    }
    avs_sysroot_names_done(&names);
    return is_fine;
}

/* ---- /etc/ca-certificates.conf ---- */

struct conf {
    struct avs_trust_audit *audit;
    const struct avs_distro *distro;
    char *text;
    size_t length;
};

static bool packaged_exists(const struct conf *conf, const char *name) {
    char path[AVS_SYSROOT_PATH_BYTES];
    return avs_sysroot_join(path, conf->distro->packaged, name) &&
           avs_sysroot_is_file(&conf->audit->root, path);
}

/** "mozilla/vTrus_Root_CA.crtAmazonRootCA1.pem": does a name end in the middle? */
static bool is_glued(const struct conf *conf, const char *name) {
    static const char *const ends[] = {".crt", ".pem"};
    for (size_t i = 0; i < AVS_COUNT(ends); i++) {
        for (const char *at = strstr(name, ends[i]); at; at = strstr(at + 1, ends[i])) {
            const char *second = at + strlen(ends[i]);
            char first[AVS_AUDIT_PATH_BYTES];
            avs_text_copy_bytes(first, sizeof(first), name, (size_t)(second - name));
            if (*second && (packaged_exists(conf, first) || packaged_exists(conf, second))) {
                return true;
            }
        }
    }
    return false;
}

/** "!name": which watched CA does the line switch off? */
static bool note_deselected(struct conf *conf, const char *name) {
    char path[AVS_SYSROOT_PATH_BYTES];
    int watch = -1;
    if (!avs_sysroot_join(path, conf->distro->packaged, name) ||
        !avs_sysroot_is_file(&conf->audit->root, path)) {
        return true;
    }
    if (!read_source(conf->audit, path, &watch)) {
        return false;
    }
    if (watch >= 0) {
        conf->audit->is_deselected[watch] = true;
        if (conf->audit->watches.row[watch].role == AVS_AUDIT_REQUIRED) {
            avs_audit_find(conf->audit, AVS_FINDING_CONF_DESELECTED, conf->distro->conf, "!%s",
                           name);
        }
    }
    return true;
}

static bool read_conf_line(struct conf *conf, char *line, unsigned number) {
    bool is_off = line[0] == '!';
    const char *name = line + is_off;
    size_t length = strlen(line);
    while (length > 0 && isspace((unsigned char)line[length - 1])) {
        line[--length] = '\0';
    }
    if (name[0] == '\0' || line[0] == '#') {
        return true;
    }
    if (!packaged_exists(conf, name)) {
        if (is_glued(conf, name)) {
            avs_audit_find(conf->audit, AVS_FINDING_CONF_GLUED, conf->distro->conf,
                           "line %u: %.180s", number, line);
        } else if (!is_off) {
            avs_audit_find(conf->audit, AVS_FINDING_CONF_MISSING_FILE, conf->distro->conf,
                           "line %u: %.180s", number, line);
        }
        return true;
    }
    return !is_off || note_deselected(conf, name);
}

/** True when a line of the list is this name, "!" or not. */
static bool is_listed(const struct conf *conf, const char *name) {
    size_t length = strlen(name);
    for (const char *at = conf->text; (at = strstr(at, name)); at++) {
        bool starts = at == conf->text || at[-1] == '\n' || at[-1] == '!';
        if (starts && (at[length] == '\n' || at[length] == '\0' || at[length] == '\r')) {
            return true;
        }
    }
    return false;
}

/** Files that someone put among the packaged CAs, as the guide says, are used only when listed. */
static bool read_packaged(struct conf *conf) {
    struct avs_sysroot_names names = {0};
    bool is_fine = true;
    if (!avs_sysroot_list(&conf->audit->root, conf->distro->packaged, &names)) {
        return errno != ENOMEM;
    }
    for (size_t i = 0; is_fine && i < names.count; i++) {
        char path[AVS_SYSROOT_PATH_BYTES];
        int watch;
        if (!is_certificate_name(names.names[i]) ||
            !avs_sysroot_join(path, conf->distro->packaged, names.names[i])) {
            continue;
        }
        is_fine = read_source(conf->audit, path, &watch);
        if (is_fine && watch >= 0 && !is_listed(conf, names.names[i])) {
            avs_audit_find(conf->audit, AVS_FINDING_CONF_UNLISTED, path, "%s",
                           conf->audit->watches.row[watch].name);
        }
    }
    avs_sysroot_names_done(&names);
    return is_fine;
}

static bool read_conf(struct conf *conf) {
    if (!avs_sysroot_read(&conf->audit->root, conf->distro->conf, CONF_LIMIT_BYTES, &conf->text,
                          &conf->length, NULL)) {
        return errno != ENOMEM;
    }
    if (conf->length > 0 && conf->text[conf->length - 1] != '\n') {
        avs_audit_find(conf->audit, AVS_FINDING_CONF_NO_NEWLINE, conf->distro->conf, "%s", "");
    }
    AVS_AUTO(char) lines = strdup(conf->text);
    if (!lines || !read_packaged(conf)) {
        return false;
    }
    unsigned number = 0;
    char *rest = lines;
    for (char *line; (line = strsep(&rest, "\n"));) {
        if (!read_conf_line(conf, line, ++number)) {
            return false;
        }
    }
    return true;
}

bool avs_audit_read_folders(struct avs_trust_audit *audit) {
    const struct avs_distro *distro = avs_distro_detect(&audit->root);
    struct conf conf = {.audit = audit, .distro = distro};
    AVS_TEXT_SET(audit->distribution, distro->label);
    audit->package = distro->package;
    bool is_fine = !distro->anchors || read_anchors(audit, distro, distro->anchors, 0);
    if (is_fine && distro->conf) {
        is_fine = read_conf(&conf);
    }
    free(conf.text);
    return is_fine;
}
