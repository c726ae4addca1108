/* SPDX-License-Identifier: Apache-2.0 */
/* An install, or what it would do, in words. */
#include "out/text_out.h"
#include "report/install_words.h"
#include "store/command.h"

#define NEXT_LINES 2

static size_t missing_count(const struct avs_trust_install *install) {
    size_t count = 0;
    for (size_t i = 0; i < install->root_count; i++) {
        count += !install->roots[i].was_there;
    }
    return count;
}

static void write_answer(struct avs_out *out, const struct avs_trust_install *install) {
    size_t missing = missing_count(install);
    if (install->is_undo) {
        avs_out_tone(out, install->is_applied ? AVS_TONE_GOOD : AVS_TONE_WARN, "%s",
                     install->is_applied ? "Undone:" : "Dry run:");
        avs_out_printf(out, " %s\n",
                       install->is_applied ? "what trust install had added here is taken back"
                                           : "this would be taken back; nothing was changed");
    } else if (install->is_applied) {
        avs_out_tone(out, AVS_TONE_GOOD, "Ready:");
        avs_out_printf(out, " %zu root%s added, all %zu verify through the store\n", missing,
                       missing == 1 ? "" : "s", install->root_count);
    } else if (missing == 0) {
        avs_out_tone(out, AVS_TONE_GOOD, "Ready:");
        avs_out_printf(out, " all %zu roots are in the store already; nothing to do\n",
                       install->root_count);
    } else {
        avs_out_tone(out, AVS_TONE_WARN, "Not ready:");
        avs_out_printf(out,
                       " %zu of %zu roots are missing; this would add them, and nothing was "
                       "changed\n",
                       missing, install->root_count);
    }
}

static void write_stores(struct avs_out *out, const struct avs_trust_install *install) {
    const char *below = install->is_sysroot ? install->root.path : "";
    avs_out_printf(out, "\n");
    for (size_t i = 0; i < install->bundle_count; i++) {
        avs_out_printf(out, "  bundle  %s%s\n", below, install->bundle[i]);
    }
    for (size_t i = 0; i < install->folder_count; i++) {
        avs_out_printf(out, "  folder  %s%s\n", below, install->folder[i]);
    }
    avs_out_printf(out, "  by      %s\n",
                   install->distro           ? install->distro->label
                   : install->config_file[0] ? "the SDK's configuration, which names this store"
                                             : "the option that names this store");
}

static void write_roots(struct avs_out *out, const struct avs_trust_install *install) {
    avs_out_printf(out, "\nRoots\n");
    for (size_t i = 0; i < install->root_count; i++) {
        const struct avs_install_root *root = &install->roots[i];
        avs_out_whole(out);
        avs_out_printf(out, "  %-52s %s\n", root->root->name,
                       root->was_there && root->is_there ? "in the store"
                       : root->is_there                  ? "added"
                       : root->was_there                 ? "removed"
                                                         : "missing");
        avs_out_whole(out);
        avs_out_printf(out, "          SHA-256 %s\n", root->root->sha256);
    }
}

static void write_steps(struct avs_out *out, const struct avs_trust_install *install) {
    char words[AVS_INSTALL_WORDS_BYTES];
    if (install->steps.count) {
        avs_out_printf(out, "\n%s\n", install->is_applied ? "Steps taken" : "Steps");
    }
    for (size_t i = 0; i < install->steps.count; i++) {
        avs_install_step_words(install, &install->steps.step[i], words, sizeof(words));
        avs_out_printf(out, "  %zu. ", i + 1);
        avs_out_hang(out);
        avs_out_printf(out, "%s\n", words);
    }
}

static void write_note(struct avs_out *out, const char *note) {
    avs_out_printf(out, "\nNote  ");
    avs_out_hang(out);
    avs_out_printf(out, "%s\n", note);
}

static void write_undo(struct avs_out *out, const struct avs_trust_install *install) {
    struct avs_buffer command = avs_buffer_init(AVS_STORE_COMMAND_BYTES);
    avs_install_add_command(install, "install", " --undo --apply", &command);
    avs_out_printf(out, "\nUndo  ");
    avs_out_command(out, command.data ? command.data : "");
    avs_out_printf(out, "\n");
    avs_out_printf(out, "      (record: %s%s)\n", install->is_sysroot ? install->root.path : "",
                   install->record);
    out->text.is_failed |= command.is_failed;
    avs_buffer_done(&command);
}

enum avs_status avs_trust_install_to_text(const struct avs_trust_install *install,
                                          const struct avs_style *style, char **ret_text,
                                          struct avs_error *reterr) {
    AVS_AUTO(char) next = NULL;
    AVS_TRY(avs_install_next_command(install, &next, reterr));
    struct avs_out out = avs_out_init(AVS_OUT_REPORT_BYTES, style);
    write_answer(&out, install);
    write_stores(&out, install);
    write_roots(&out, install);
    write_steps(&out, install);
    if (install->was_interrupted) {
        write_note(&out, install->is_applied
                             ? "an earlier install did not finish; it was taken back first"
                             : "an earlier install did not finish; --apply takes it back first");
    }
    for (size_t i = 0; i < install->note_count; i++) {
        write_note(&out, install->note[i]);
    }
    if (install->is_applied && !install->is_undo) {
        write_undo(&out, install);
    }
    if (avs_out_is_long(&out, NEXT_LINES)) {
        avs_out_printf(&out, "\n");
        write_answer(&out, install);
    }
    avs_out_printf(&out, "\nNext  ");
    avs_out_command(&out, next);
    enum avs_status status = avs_out_take(&out, ret_text, reterr);
    avs_out_done(&out);
    return status;
}
