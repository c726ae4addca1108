/* SPDX-License-Identifier: Apache-2.0 */
/* Words that the text and the JSON of an install share. */
#include "report/install_words.h"

#include <string.h>

#include "base/text.h"
#include "store/command.h"

void avs_install_step_words(const struct avs_trust_install *install,
                            const struct avs_install_step *step, char *ret_words, size_t capacity) {
    const char *below = install->is_sysroot ? install->root.path : "";
    bool is_undo = install->is_undo;
    switch (step->kind) {
    case AVS_INSTALL_FOLDER:
        avs_text_format(ret_words, capacity, "%s %s%s", is_undo ? "remove, if empty," : "make",
                        below, step->path);
        break;
    case AVS_INSTALL_WRITE:
        avs_text_format(ret_words, capacity, "%s %s%s", is_undo ? "remove" : "write", below,
                        step->path);
        break;
    case AVS_INSTALL_APPEND:
        if (strcmp(step->text, "\n") == 0) {
            avs_text_format(ret_words, capacity, "%s the newline at the end of %s%s",
                            is_undo ? "take back" : "add", below, step->path);
        } else if (strstr(step->text, "-----BEGIN")) {
            size_t count = 0;
            for (const char *at = step->text; (at = strstr(at, "-----BEGIN")); at++) {
                count++;
            }
            avs_text_format(ret_words, capacity, "%s %zu certificate%s %s %s%s",
                            is_undo ? "cut" : "add", count, count == 1 ? "" : "s",
                            is_undo ? "out of" : "to", below, step->path);
        } else {
            avs_text_format(ret_words, capacity, "%s the line %s %s %s%s", is_undo ? "cut" : "add",
                            step->text + (step->text[0] == '\n'), is_undo ? "out of" : "to", below,
                            step->path);
            char *newline = strchr(ret_words, '\n');
            if (newline) {
                memmove(newline, newline + 1, strlen(newline));
            }
        }
        break;
    case AVS_INSTALL_REPLACE:
        avs_text_format(ret_words, capacity, "in %s%s, change the line '%s' into '%s'", below,
                        step->path, is_undo ? step->text : step->old,
                        is_undo ? step->old : step->text);
        for (char *at = ret_words; (at = strchr(at, '\n'));) {
            *at = '|';
        }
        break;
    case AVS_INSTALL_LINK:
        avs_text_format(ret_words, capacity, "%s %s%s%s%s", is_undo ? "remove" : "link", below,
                        step->path, is_undo ? "" : " -> ", is_undo ? "" : step->text);
        break;
    case AVS_INSTALL_RUN:
        avs_text_format(ret_words, capacity, "run %s", step->path);
        break;
    case AVS_INSTALL_KIND_COUNT:
        ret_words[0] = '\0';
        break;
    }
}

void avs_install_add_command(const struct avs_trust_install *install, const char *verb,
                             const char *rest, struct avs_buffer *out) {
    const struct avs_store_choice choice = {
        .sysroot = install->is_sysroot ? install->root.path : NULL,
        .config_file = install->config_file,
        .ca_file = install->ca_file,
        .ca_path = install->ca_path,
    };
    bool changes = strcmp(verb, "install") == 0;
    if (changes) {
        const char *place = install->bundle_count   ? install->bundle[0]
                            : install->folder_count ? install->folder[0]
                                                    : install->record;
        avs_buffer_add_text(out, avs_store_sudo(&install->root, place));
    }
    avs_store_command(out, verb, &choice, "");
    for (size_t i = 0; changes && install->is_choice && i < install->root_count; i++) {
        avs_buffer_add_text(out, " --only ");
        avs_buffer_add_word(out, install->roots[i].root->name);
    }
    avs_buffer_add_text(out, rest);
}

enum avs_status avs_install_next_command(const struct avs_trust_install *install,
                                         char **ret_command, struct avs_error *reterr) {
    struct avs_buffer command = avs_buffer_init(AVS_STORE_COMMAND_BYTES);
    if (install->steps.count > 0 && !install->is_applied) {
        avs_install_add_command(install, "install",
                                install->is_undo ? " --undo --apply" : " --apply", &command);
    } else {
        avs_install_add_command(install, "audit", "", &command);
    }
    enum avs_status status = avs_buffer_take_text(&command, ret_command, reterr);
    avs_buffer_done(&command);
    return status;
}
