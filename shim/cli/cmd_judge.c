/* SPDX-License-Identifier: Apache-2.0 */
/* avs-shim judge: the verdict of an evidence file, offline; of many, the totals. */
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <avs/doctor.h>
#include <avs/fleet.h>
#include <avs/report.h>

#include "cli.h"
#include "evidence_input.h"
#include "output.h"

struct arguments {
    struct cli_outputs outputs;
    bool is_json;
};

#define AT(member) .offset = offsetof(struct arguments, member)
static const struct cli_option rows[] = {
    {.name = "json",
     .kind = CLI_FLAG,
     AT(is_json),
     .help = "the report as JSON, schema avs-shim.check/1; of many, avs-shim.fleet/1; of a "
             "doctor's folder, avs-shim.doctor/1"},
    CLI_OUTPUT_ROWS,
    CLI_OUTPUT_METRICS,
    {.name = NULL},
};
#undef AT

/* The first piece is kept: alone it has a report of its own, beside others it is one of a fleet. */
struct judging {
    const struct cli_command *command;
    const struct arguments *arguments;
    struct avs_fleet *fleet;
    char *name, *text;
    size_t length;
    char *why; /* the first is broken, and this is why */
    bool is_many, has_first, is_out_of_memory;
    unsigned long taken;
};

#define NO_EVIDENCE   "there is no evidence in it (*.json, *.jsonl, *.ndjson, *.html, *.tar)"
#define PROGRESS_STEP 1000

static void add_first(struct judging *judging) {
    if (judging->has_first && judging->why) {
        avs_fleet_add_broken(judging->fleet, judging->name, judging->why);
    } else if (judging->has_first) {
        avs_fleet_add(judging->fleet, judging->name, judging->text, judging->length);
    }
    judging->has_first = false;
}

/* True when a piece goes to the fleet; false when it was kept as the first. */
static bool is_for_fleet(struct judging *judging, const char *name, const char *text, size_t length,
                         const char *why) {
    judging->taken++;
    if (judging->taken % PROGRESS_STEP == 0 && isatty(STDERR_FILENO)) {
        fprintf(stderr, "\r\033[Kjudging: %lu", judging->taken);
    }
    if (judging->taken == 1 && !judging->is_many) {
        judging->name = strdup(name);
        judging->text = malloc(length + 1);
        judging->why = why ? strdup(why) : NULL;
        judging->has_first = judging->name && judging->text && (!why || judging->why);
        judging->is_out_of_memory = !judging->has_first;
        if (judging->has_first) {
            memcpy(judging->text, text, length);
            judging->length = length;
        }
        return false;
    }
    judging->is_many = true;
    add_first(judging);
    return true;
}

/* A doctor's folder within many: its hosts' evidence beside that file is what counts. */
static bool is_board(const char *name) {
    const char *slash = strrchr(name, '/');
    return strcmp(slash ? slash + 1 : name, AVS_BOARD_FILE) == 0;
}

static void take(void *user, const char *name, const char *text, size_t length) {
    struct judging *judging = user;
    if (judging->is_many && is_board(name)) {
        return;
    }
    if (is_for_fleet(judging, name, text, length, NULL)) {
        avs_fleet_add(judging->fleet, name, text, length);
    }
}

static void take_broken(void *user, const char *name, const char *why) {
    struct judging *judging = user;
    if (is_for_fleet(judging, name, "", 0, why)) {
        avs_fleet_add_broken(judging->fleet, name, why);
    }
}

static int judge_one(const struct judging *judging) {
    const struct cli_command *command = judging->command;
    struct avs_error error = AVS_ERROR_INIT;
    struct avs_evidence *evidence = NULL;
    int result = CLI_OK;
    if (judging->why) {
        return cli_usage_error(command, "'%s' cannot be read: %s", judging->name, judging->why);
    }
    if (avs_evidence_from_json(judging->text, judging->length, &evidence, &error) != AVS_OK) {
        result = cli_usage_error(command, "%s: %s", judging->name, error.message);
    } else if (!avs_evidence_was_attempted(evidence, AVS_PROTOCOL_H2) &&
               !avs_evidence_was_attempted(evidence, AVS_PROTOCOL_HTTP1)) {
        result = cli_usage_error(command, "%s: there is no session in it to judge", judging->name);
    } else {
        result = cli_print_verdict(command, evidence, judging->arguments->is_json,
                                   &judging->arguments->outputs);
    }
    avs_evidence_free(evidence);
    return result;
}

static int judge_fleet(const struct judging *judging) {
    const struct cli_command *command = judging->command;
    const struct cli_outputs *outputs = &judging->arguments->outputs;
    struct avs_error error = AVS_ERROR_INIT;
    char *text = NULL;
    int result = avs_fleet_exit_code(judging->fleet);
    if (outputs->format || outputs->junit || outputs->tap || outputs->metrics) {
        return cli_usage_error(command,
                               "many pieces of evidence have a report as text, with --json "
                               "and with --html; the other formats are for one");
    }
    if (outputs->html) {
        enum avs_status status = avs_fleet_to_html(judging->fleet, &text, &error);
        int written = status != AVS_OK ? cli_error(command, &error)
                      : cli_outputs_takes_stdout(outputs)
                          ? cli_print_taken(command, status, text, &error)
                          : cli_write_file(command, "--html", outputs->html, text);
        if (status == AVS_OK && !cli_outputs_takes_stdout(outputs)) {
            free(text);
        }
        result = result == CLI_OK ? written : result;
    }
    if (cli_outputs_takes_stdout(outputs)) {
        return result;
    }
    enum avs_status status = judging->arguments->is_json
                                 ? avs_fleet_to_json(judging->fleet, &text, &error)
                                 : avs_fleet_to_text(judging->fleet, cli_style(), &text, &error);
    return cli_print_taken(command, status, text, &error) == CLI_OK ? result : CLI_USAGE;
}

/* ---- a doctor's folder ---- */

struct gathering {
    struct avs_doctor_folder *folder;
    const char *path; /* another board's pieces may lie in folders within it */
    enum avs_status status;
    struct avs_error error;
    const char *why; /* a piece of it is broken */
};

static void gather(void *user, const char *name, const char *text, size_t length) {
    struct gathering *gathering = user;
    if (gathering->status == AVS_OK && evidence_is_in(name, gathering->path)) {
        gathering->status =
            avs_doctor_folder_add(gathering->folder, name, text, length, &gathering->error);
    }
}

static void gather_broken(void *user, const char *name, const char *why) {
    struct gathering *gathering = user;
    if (evidence_is_in(name, gathering->path)) {
        gathering->why = gathering->why ? gathering->why : why;
    }
}

static int judge_doctor(const struct judging *judging, const char *path, const char *folder) {
    const struct cli_command *command = judging->command;
    struct gathering gathering = {.path = folder, .error = AVS_ERROR_INIT};
    struct avs_doctor *doctor = NULL;
    cli_answers_in(AVS_DOCTOR_SCHEMA);
    gathering.status = avs_doctor_folder_new(&gathering.folder, &gathering.error);
    if (gathering.status == AVS_OK) {
        evidence_read(path, &(struct evidence_sink){gather, gather_broken, &gathering});
    }
    if (gathering.status == AVS_OK) {
        gathering.status = avs_doctor_folder_read(gathering.folder, &doctor, &gathering.error);
    }
    int result = gathering.status != AVS_OK
                     ? cli_usage_error(command, "%s: %s%s%s%s", path, gathering.error.message,
                                       gathering.why ? " (" : "",
                                       gathering.why ? gathering.why : "", gathering.why ? ")" : "")
                     : cli_print_doctor(command, doctor, judging->arguments->is_json,
                                        &judging->arguments->outputs);
    avs_doctor_free(doctor);
    avs_doctor_folder_free(gathering.folder);
    return result;
}

static int judge_all(struct judging *judging, char **paths, int count) {
    struct evidence_sink sink = {take, take_broken, judging};
    for (int i = 0; i < count; i++) {
        judging->is_many |= evidence_is_many(paths[i]);
        unsigned long before = judging->taken;
        evidence_read(paths[i], &sink);
        if (judging->taken == before &&
            count > 1) { /* beside others it is named, as is the broken */
            take_broken(judging, paths[i], NO_EVIDENCE);
        }
    }
    if (judging->taken >= PROGRESS_STEP && isatty(STDERR_FILENO)) {
        fputs("\r\033[K", stderr);
    }
    if (judging->is_out_of_memory) {
        return cli_fault(judging->command, "out of memory");
    }
    if (judging->taken == 0) {
        return cli_usage_error(judging->command, "%s: " NO_EVIDENCE, paths[0]);
    }
    if (judging->is_many) {
        add_first(judging);
        return judge_fleet(judging);
    }
    return judge_one(judging);
}

static int run(const struct cli_command *command, int argc, char **argv) {
    struct arguments arguments = {0};
    struct judging judging = {.command = command, .arguments = &arguments};
    struct avs_error error = AVS_ERROR_INIT;
    int words = 0;
    int result = cli_parse(command, argc, argv, &arguments, &words);
    if (result != CLI_GO_ON) {
        return result;
    }
    bool is_fleet = argc - words > 1 || (words < argc && evidence_is_many(argv[words]));
    cli_answers_in(is_fleet ? AVS_FLEET_SCHEMA : command->schema);
    result = cli_outputs_check(command, &arguments.outputs, arguments.is_json);
    if (result != CLI_GO_ON) {
        return result;
    }
    if (words == argc) {
        return cli_usage_error(command, "one evidence file is needed, or many");
    }
    char folder[EVIDENCE_NAME_BYTES];
    if (argc - words == 1 && evidence_folder_with(argv[words], AVS_BOARD_FILE, folder)) {
        return judge_doctor(&judging, argv[words], folder);
    }
    if (avs_fleet_new(&judging.fleet, &error) != AVS_OK) {
        return cli_error(command, &error);
    }
    result = judge_all(&judging, argv + words, argc - words);
    avs_fleet_free(judging.fleet);
    free(judging.name);
    free(judging.text);
    free(judging.why);
    return result;
}

const struct cli_command cli_judge = {
    .name = "judge",
    .summary = "judge evidence again, offline: one file, or a whole fleet",
    .usage = "[OPTION...] FILE|DIR|-...",
    .about =
        "Judge the evidence that 'avs-shim check --evidence FILE' wrote, offline: the same "
        "facts give the same verdict on any machine. A page of --html does, too: the evidence "
        "is in it. '-' is standard input. A folder or tar of 'avs-shim doctor --evidence' gives "
        "that page again.\n\n"
        "Of many (a folder, a tar, JSON lines, more than one FILE): how many are ready, totals by "
        "cause with the remedy, by host, root, SDK release (check --sdk) and library version, the "
        "outliers by name. A file "
        "that is broken is named, and the rest goes on. In a folder these are read: *.json, "
        "*.jsonl, *.ndjson, *.html, *.tar.",
    .options = rows,
    .examples = "avs-shim judge ticket.json\n"
                "avs-shim judge tickets/ --html fleet.html\n"
                "cat *.jsonl | avs-shim judge --json -",
    .exits = "0  ready; of many, all\n"
             "1  not ready; of many, some\n"
             "2  no evidence file\n"
             "3  cannot tell; of many, some, or some are broken",
    .schema = "avs-shim.check/1",
    .words_most = INT_MAX,
    .run = run,
};
