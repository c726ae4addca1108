/* SPDX-License-Identifier: Apache-2.0 */
/* What lint, audit and inspect find, taken down for the doctor in their own reports' words: what
 * keeps a board from connecting, and no more. */
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "report/audit_words.h"
#include "report/doctor.h"
#include "store/audit.h"

#define COMMAND_BYTES 700

AVS_DEFINE_AUTO(findings, struct avs_findings, avs_findings_free);

static struct avs_board_note *known(struct avs_board *board, enum avs_board_part part,
                                    enum avs_cause cause) {
    for (size_t i = 0; i < board->note_length; i++) {
        if (board->note[i].part == part && board->note[i].cause == cause) {
            return &board->note[i];
        }
    }
    return NULL;
}

static struct avs_board_note *add(struct avs_board *board, enum avs_board_part part,
                                  enum avs_cause cause, enum avs_severity severity) {
    if (board->note_length == AVS_BOARD_NOTES_MAX) {
        return NULL;
    }
    struct avs_board_note *note = &board->note[board->note_length++];
    *note = (struct avs_board_note){.part = part, .cause = cause, .severity = (int)severity};
    return note;
}

/* `command` is for all of them, where a finding has none. */
static void take(struct avs_board *board, enum avs_board_part part,
                 const struct avs_finding *finding, const char *command) {
    struct avs_board_note *note = add(board, part, finding->cause, finding->severity);
    if (!note) {
        return;
    }
    const char *name = strrchr(finding->file, '/');
    char place[AVS_NAME_BYTES] = "";
    if (finding->file[0] && finding->line > 0) {
        avs_text_format(place, sizeof(place), "%s:%u: ", name ? name + 1 : finding->file,
                        finding->line);
    } else if (finding->file[0]) {
        avs_text_format(place, sizeof(place), "%s: ", finding->file);
    }
    avs_text_format(note->headline, sizeof(note->headline), "%s%s", place, finding->headline);
    avs_text_make_printable(note->headline);
    AVS_TEXT_SET(note->facts, finding->facts);
    AVS_TEXT_SET(note->remedy, finding->remedy);
    AVS_TEXT_SET(note->command, finding->command[0] ? finding->command : command);
}

/* ---- the configuration ---- */

static void add_command(char *command, size_t capacity, const char *before,
                        const struct avs_doctor_sources *sources, const char *sdk) {
    struct avs_buffer out = avs_buffer_init(capacity - 1);
    avs_buffer_add_text(&out, before);
    for (size_t i = 0; i < sources->config_count; i++) {
        avs_buffer_add_text(&out, " --config ");
        avs_buffer_add_word(&out, sources->config_files[i]);
    }
    if (sdk[0]) {
        avs_buffer_add_text(&out, " --sdk ");
        avs_buffer_add_word(&out, sdk);
    }
    avs_text_copy(command, capacity, out.is_failed ? "" : out.data);
    avs_buffer_done(&out);
}

/* The endpoint that stands at the key which `finding` says is never read; NULL = none does. */
static const char *ignored_endpoint(const struct avs_config_report *report,
                                    const struct avs_finding *finding) {
    for (size_t i = 0; i < report->view_count; i++) {
        for (size_t j = 0; j < report->views[i].ignored_count; j++) {
            const struct avs_config_ignored *ignored = &report->views[i].ignored[j];
            size_t length = strlen(ignored->key);
            if (strncmp(finding->headline, ignored->key, length) == 0 &&
                finding->headline[length] == ' ') {
                return ignored->value;
            }
        }
    }
    return NULL;
}

/* Every fault that keeps the SDK from reading the file has one repair only. */
static bool is_repairable(const struct avs_config_report *report) {
    for (size_t i = 0; i < report->finding_count; i++) {
        if (report->findings[i].cause == AVS_CAUSE_CONFIG_MALFORMED &&
            report->findings[i].severity == AVS_SEVERITY_ERROR &&
            !report->findings[i].is_repairable) {
            return false;
        }
    }
    return true;
}

/* What mends it, where one command does; else what shows all of it. */
static void mend(const struct avs_doctor_sources *sources, const struct avs_finding *finding,
                 const char *sdk, char command[COMMAND_BYTES]) {
    const char *endpoint = strcmp(finding->id, "endpoint_ignored") == 0
                               ? ignored_endpoint(sources->config, finding)
                               : NULL;
    struct avs_buffer words = avs_buffer_init(COMMAND_BYTES - 1);
    avs_buffer_add_text(&words, "avs-shim endpoint ");
    if (endpoint) {
        avs_buffer_add_text(&words, "set ");
        avs_buffer_add_word(&words, endpoint);
        sdk = ""; /* at the keys of every release */
    } else {
        bool is_fix =
            finding->cause == AVS_CAUSE_CONFIG_MALFORMED && is_repairable(sources->config);
        avs_buffer_add_text(&words, is_fix ? "lint --fix" : "lint");
        sdk = is_fix ? "" : sdk;
    }
    add_command(command, COMMAND_BYTES, words.is_failed ? "" : words.data, sources, sdk);
    avs_buffer_done(&words);
}

static enum avs_status take_config(struct avs_board *board,
                                   const struct avs_doctor_sources *sources,
                                   struct avs_error *reterr) {
    AVS_AUTO(findings) findings = NULL;
    char lint[COMMAND_BYTES], look[COMMAND_BYTES], command[COMMAND_BYTES];
    add_command(lint, sizeof(lint), "avs-shim endpoint lint", sources, board->sdk);
    if (sources->config) {
        AVS_TRY(avs_findings_of_config(sources->config, sources->config_files,
                                       sources->config_count, &findings, reterr));
    }
    for (size_t i = 0; findings && i < findings->finding_count; i++) {
        const struct avs_finding *finding = &findings->finding[i];
        if (finding->severity != AVS_SEVERITY_INFO && finding->cause != AVS_CAUSE_NONE &&
            !known(board, AVS_BOARD_PART_CONFIG, finding->cause)) {
            mend(sources, finding, board->sdk, command);
            take(board, AVS_BOARD_PART_CONFIG, finding, command);
        }
    }
    const struct avs_error *error = sources->config_error;
    if (!error || known(board, AVS_BOARD_PART_CONFIG, error->cause)) {
        return AVS_OK;
    }
    struct avs_board_note *note =
        add(board, AVS_BOARD_PART_CONFIG, error->cause, AVS_SEVERITY_ERROR);
    if (note) {
        bool is_unreadable = error->status == AVS_ERR_CONFIG_UNREADABLE;
        avs_text_format(look, sizeof(look), "ls -l%s", lint + strlen("avs-shim endpoint lint"));
        for (char *at; (at = strstr(look, " --config"));) {
            memmove(at, at + strlen(" --config"), strlen(at + strlen(" --config")) + 1);
        }
        AVS_TEXT_SET(note->headline, error->message);
        AVS_TEXT_SET(note->remedy, avs_cause_info(error->cause)->remedy);
        AVS_TEXT_SET(note->command, is_unreadable ? look : lint);
    }
    return AVS_OK;
}

/* ---- the trust store ---- */

/* "3 of the 5 required roots are not usable: Amazon Root CA 1, ..." */
static void name_roots(const struct avs_findings *findings, enum avs_cause cause,
                       struct avs_board_note *note) {
    size_t count = 0, required = 0;
    char names[sizeof(note->headline)] = "";
    for (size_t check = 1; check < findings->check_count; check++) {
        required++;
        for (size_t i = 0; i < findings->finding_count; i++) {
            if (findings->finding[i].check == check && findings->finding[i].cause == cause) {
                size_t length = strlen(names);
                avs_text_format(names + length, sizeof(names) - length, "%s%s",
                                count > 0 ? ", " : "", findings->check[check].name);
                count++;
                break;
            }
        }
    }
    if (count > 0) {
        const char *store = findings->value[AVS_FIELD_STORE];
        avs_text_format(note->headline, sizeof(note->headline),
                        "%zu of %zu required roots missing in %.90s: %.150s", count, required,
                        store ? store : "the trust store", names);
        avs_text_format(note->facts, sizeof(note->facts), "missing: %s", names);
    }
}

/* What is wrong with a CA file that cannot be used comes first: the line, the system's error. */
static void put_fact_first(const struct avs_finding *finding, struct avs_board_note *note) {
    bool is_file = finding->cause == AVS_CAUSE_CA_FILE_INVALID ||
                   finding->cause == AVS_CAUSE_CA_FILE_UNREADABLE;
    if (is_file && finding->file[0] && finding->facts[0]) {
        avs_text_format(note->headline, sizeof(note->headline), "%s: %s", finding->file,
                        finding->facts);
        avs_text_make_printable(note->headline);
        AVS_TEXT_SET(note->facts, finding->headline);
    }
}

/* A key of the configuration names the folder; what mends it the audit of the folder knows. */
static void share_commands(struct avs_board *board) {
    for (size_t i = 0; i < board->note_length; i++) {
        struct avs_board_note *note = &board->note[i];
        const struct avs_board_note *of_store = known(board, AVS_BOARD_PART_STORE, note->cause);
        if (note->part == AVS_BOARD_PART_CONFIG && of_store && of_store->command[0]) {
            AVS_TEXT_SET(note->command, of_store->command);
        }
    }
}

static enum avs_status take_audit(struct avs_board *board, const struct avs_doctor_sources *sources,
                                  struct avs_error *reterr) {
    AVS_AUTO(findings) findings = NULL;
    struct avs_buffer next = avs_buffer_init(COMMAND_BYTES - 1);
    avs_audit_add_next(sources->audit, &next);
    enum avs_status status = avs_findings_of_audit(sources->audit, &findings, reterr);
    if (status != AVS_OK) {
        avs_buffer_done(&next);
        return status;
    }
    for (int round = 0; round < 2; round++) { /* the store as a whole, and then its roots */
        for (size_t i = 0; i < findings->finding_count; i++) {
            const struct avs_finding *finding = &findings->finding[i];
            bool is_root = finding->check > 0;
            bool is_fault = finding->severity == AVS_SEVERITY_ERROR &&
                            finding->cause != AVS_CAUSE_NONE &&
                            finding->cause != AVS_CAUSE_CLOCK_WRONG; /* which has a sight */
            struct avs_board_note *note = known(board, AVS_BOARD_PART_STORE, finding->cause);
            bool is_expected = is_root && sources->has_own_roots;
            if (!is_fault || is_expected || is_root != (round == 1)) {
                continue;
            }
            if (!note) {
                take(board, AVS_BOARD_PART_STORE, finding, next.is_failed ? "" : next.data);
                put_fact_first(finding, &board->note[board->note_length - 1]);
                if (is_root && finding->cause == AVS_CAUSE_ROOT_MISSING) {
                    name_roots(findings, finding->cause, &board->note[board->note_length - 1]);
                }
            } else if (is_root && !note->command[0]) {
                AVS_TEXT_SET(note->command, finding->command);
            }
        }
    }
    avs_buffer_done(&next);
    share_commands(board);
    return AVS_OK;
}

/* ---- the log ---- */

static void take_log(struct avs_board *board, const struct avs_inspect_report *log) {
    for (size_t i = 0; i < log->finding_count; i++) {
        const struct avs_inspect_finding *finding = &log->findings[i];
        if (!finding->is_problem || known(board, AVS_BOARD_PART_LOG, finding->cause)) {
            continue;
        }
        struct avs_board_note *note = add(board, AVS_BOARD_PART_LOG, finding->cause,
                                          avs_cause_info(finding->cause)->severity);
        if (!note) {
            return;
        }
        avs_text_format(note->headline, sizeof(note->headline), "the log says, line %llu%s%s: %s",
                        (unsigned long long)finding->decisive.line, finding->host[0] ? ", " : "",
                        finding->host, finding->says);
        size_t length = strlen(note->headline);
        if (length > 0 && note->headline[length - 1] == '.') {
            note->headline[length - 1] = '\0';
        }
        AVS_TEXT_SET(note->facts, finding->line);
        AVS_TEXT_SET(note->remedy, finding->remedy);
        AVS_TEXT_SET(note->command, finding->command);
    }
}

enum avs_status avs_doctor_take_notes(struct avs_board *board,
                                      const struct avs_doctor_sources *sources,
                                      struct avs_error *reterr) {
    AVS_TRY(take_config(board, sources, reterr));
    if (sources->audit) {
        AVS_TRY(take_audit(board, sources, reterr));
    }
    if (sources->log) {
        take_log(board, sources->log);
    }
    return AVS_OK;
}
