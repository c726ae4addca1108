/* SPDX-License-Identifier: Apache-2.0 */
/* Debian's list of packaged CAs, /etc/ca-certificates.conf: selecting one that is switched off or
 * not listed, and mending what would make the updater drop CAs that are there today. */
#include "store/install_conf.h"

#include <stdio.h>
#include <string.h>

#include "base/buffer.h"
#include "base/text.h"
#include "store/install_verify.h"

#define PACKAGED_DEPTH 2

enum avs_status avs_install_conf_append(struct avs_install_conf *conf, const char *line) {
    struct avs_trust_install *install = conf->install;
    bool lacks_newline = conf->length > 0 && conf->text[conf->length - 1] != '\n';
    char text[AVS_INSTALL_NAME_MAX + 3];
    avs_text_format(text, sizeof(text), "%s%s%s",
                    lacks_newline && !conf->is_newline_added ? "\n" : "", line,
                    line[0] ? "\n" : "");
    conf->is_newline_added = true;
    /* a bare newline is told from any other by the line that it ends */
    const char *last = lacks_newline ? strrchr(conf->text, '\n') : NULL;
    return avs_install_add_step(&install->steps, AVS_INSTALL_APPEND, install->distro->conf, text,
                                line[0] ? NULL
                                : last  ? last
                                        : conf->text,
                                conf->reterr);
}

/** The line of the list that is `name`, or "!name"; NULL = none. */
static const char *find_line(const struct avs_install_conf *conf, const char *name, bool is_off) {
    size_t length = strlen(name);
    for (const char *at = conf->text; at && (at = strstr(at, name)); at++) {
        const char *start = is_off ? at - 1 : at;
        bool begins =
            is_off ? at > conf->text && at[-1] == '!' && (at - 1 == conf->text || at[-2] == '\n')
                   : at == conf->text || at[-1] == '\n';
        if (begins && (at[length] == '\n' || at[length] == '\0')) {
            return start;
        }
    }
    return NULL;
}

/** Find the packaged file of a root, "mozilla/Amazon_Root_CA_1.crt". */
static bool find_packaged(const struct avs_trust_install *install, const char *below,
                          const struct avs_ats_root *wanted, unsigned depth,
                          char ret_name[AVS_INSTALL_NAME_MAX]) {
    struct avs_sysroot_names names = {0};
    char folder[AVS_SYSROOT_PATH_BYTES];
    bool is_found = false;
    if (depth > PACKAGED_DEPTH || !avs_sysroot_join(folder, install->distro->packaged, below) ||
        !avs_sysroot_list(&install->root, folder, &names)) {
        return false;
    }
    for (size_t i = 0; i < names.count && !is_found; i++) {
        char path[AVS_SYSROOT_PATH_BYTES], relative[AVS_INSTALL_NAME_MAX];
        avs_text_format(relative, sizeof(relative), "%s%s%s", below, below[0] ? "/" : "",
                        names.names[i]);
        if (!avs_sysroot_join(path, folder, names.names[i])) {
            continue;
        }
        if (avs_sysroot_is_folder(&install->root, path)) {
            is_found = find_packaged(install, relative, wanted, depth + 1, ret_name);
        } else if (avs_install_is_in_bundle(&install->root, path, wanted)) {
            avs_text_copy(ret_name, AVS_INSTALL_NAME_MAX, relative);
            is_found = true;
        }
    }
    avs_sysroot_names_done(&names);
    return is_found;
}

/** The line replaced in our copy too, so that what is planned after it fits. */
static bool replace_in_memory(struct avs_install_conf *conf, const char *old, const char *line) {
    struct avs_buffer text = avs_buffer_init(AVS_INSTALL_CONF_BYTES + AVS_INSTALL_NAME_MAX);
    const char *at = strstr(conf->text, old);
    if (at) {
        avs_buffer_add(&text, conf->text, (size_t)(at - conf->text));
        avs_buffer_add_text(&text, line);
        avs_buffer_add_text(&text, at + strlen(old));
    }
    if (!at || text.is_failed || !text.data) {
        avs_buffer_done(&text);
        return !at;
    }
    free(conf->text);
    conf->text = AVS_STEAL(text.data);
    conf->length = text.length;
    return true;
}

/** Put two names that were glued together on lines of their own: the updater would drop both. */
enum avs_status avs_install_conf_unglue(struct avs_install_conf *conf) {
    static const char *const ends[] = {".crt", ".pem"};
    const struct avs_distro *distro = conf->install->distro;
    AVS_AUTO(char) lines = strdup(conf->text);
    AVS_REQUIRE_MEMORY(lines, conf->reterr);
    char *rest = lines;
    for (char *line; (line = strsep(&rest, "\n"));) {
        char path[AVS_SYSROOT_PATH_BYTES];
        const char *name = line + (line[0] == '!');
        if (!name[0] || line[0] == '#' || strlen(line) >= AVS_INSTALL_NAME_MAX ||
            (avs_sysroot_join(path, distro->packaged, name) &&
             avs_sysroot_is_file(&conf->install->root, path))) {
            continue;
        }
        for (size_t i = 0; i < AVS_COUNT(ends); i++) {
            const char *end = strstr(name, ends[i]);
            char first[AVS_INSTALL_NAME_MAX], both[AVS_INSTALL_NAME_MAX + 1];
            if (!end || !end[strlen(ends[i])]) {
                continue;
            }
            size_t length = (size_t)(end - name) + strlen(ends[i]);
            avs_text_copy_bytes(first, sizeof(first), name, length);
            if (!avs_sysroot_join(path, distro->packaged, first) ||
                !avs_sysroot_is_file(&conf->install->root, path)) {
                continue;
            }
            avs_text_format(both, sizeof(both), "%.*s\n%s", (int)(length + (line[0] == '!')), line,
                            name + length);
            AVS_TRY(avs_install_add_step(&conf->install->steps, AVS_INSTALL_REPLACE, distro->conf,
                                         both, line, conf->reterr));
            if (!replace_in_memory(conf, line, both)) {
                return avs_fail_memory(conf->reterr);
            }
            avs_install_note(conf->install, "%s has two names on one line (%.200s): separated",
                             distro->conf, line);
            break;
        }
    }
    return AVS_OK;
}

/** Select the packaged file in the list; *ret_done when the root comes that way. */
enum avs_status avs_install_conf_select(struct avs_install_conf *conf,
                                        const struct avs_ats_root *wanted,
                                        char ret_name[AVS_INSTALL_NAME_MAX], bool *ret_done) {
    struct avs_trust_install *install = conf->install;
    char off[AVS_INSTALL_NAME_MAX + 1];
    *ret_done = false;
    if (!conf->text || !find_packaged(install, "", wanted, 0, ret_name)) {
        return AVS_OK;
    }
    *ret_done = true;
    if (find_line(conf, ret_name, true)) {
        avs_text_format(off, sizeof(off), "!%s", ret_name);
        return avs_install_add_step(&install->steps, AVS_INSTALL_REPLACE, install->distro->conf,
                                    ret_name, off, conf->reterr);
    }
    if (!find_line(conf, ret_name, false)) {
        return avs_install_conf_append(conf, ret_name);
    }
    return AVS_OK; /* listed: only the bundle is behind */
}
