/* SPDX-License-Identifier: Apache-2.0 */
/* The doctor's door: every sight of board/ looks, the hosts are asked meanwhile, and what lint,
 * audit and inspect say is taken down. */
#include "report/doctor.h"

#include <string.h>

#include <avs/check.h>
#include <avs/store.h>

#include "base/clock.h"
#include "base/text.h"
#include "base/versioned.h"
#include "board/hosts.h"
#include "board/network.h"
#include "board/probe.h"
#include "board/resolver.h"
#include "board/sights.h"
#include "board/text_file.h"
#include "check/machine.h"
#include "check/plan.h"
#include "inspect/report.h"

#define REPORT_MS 700 /* of the time for the page itself */

AVS_DEFINE_AUTO(board, struct avs_board, avs_board_free);
AVS_DEFINE_AUTO(config, struct avs_config, avs_config_free);
AVS_DEFINE_AUTO(config_report, struct avs_config_report, avs_config_report_free);
AVS_DEFINE_AUTO(audit, struct avs_trust_audit, avs_trust_audit_free);
AVS_DEFINE_AUTO(probes, struct avs_board_probes, avs_board_probes_finish);

/* What is lent to the sights of one run. */
struct visit {
    const struct avs_doctor_options *options;
    struct avs_board *board;
    const char *sdk;
    const struct avs_config *config; /* NULL = none, or one that does not load */
    const struct avs_config_report *report;
    struct avs_error config_error;
    int64_t deadline_us;
};

/* ---- the configuration ---- */

/* A file that the SDK would not load is a finding; lint tells more of it than the loader. */
static enum avs_status read_config(struct visit *visit, struct avs_config **ret_config,
                                   struct avs_config_report **ret_report,
                                   struct avs_error *reterr) {
    const struct avs_doctor_options *options = visit->options;
    if (options->config_count == 0) {
        return AVS_OK;
    }
    enum avs_status status = avs_config_load(options->config_files, options->config_count,
                                             ret_config, &visit->config_error);
    if (status == AVS_OK) {
        status = avs_config_explain(*ret_config, visit->sdk, ret_report, reterr);
    } else if (status == AVS_ERR_CONFIG_UNREADABLE || status == AVS_ERR_CONFIG_MALFORMED) {
        status = avs_config_lint(options->config_files, options->config_count, visit->sdk,
                                 ret_report, reterr);
        bool is_told = status == AVS_ERR_CONFIG_UNREADABLE || status == AVS_ERR_CONFIG_MALFORMED;
        status = is_told ? AVS_OK : status;
    } else {
        (void)avs_fail_cause(reterr, status, visit->config_error.cause, "%s",
                             visit->config_error.message);
    }
    visit->config = *ret_config;
    visit->report = *ret_report;
    return status;
}

/* ---- the sights ---- */

static void read_hosts_file(struct avs_board *board) {
    size_t length = 0;
    int os_errno = 0;
    AVS_AUTO(char) text = avs_board_file("/etc/hosts", &length, &os_errno);
    for (size_t i = 0; text && i < board->host_length; i++) {
        avs_board_read_hosts(text, length, board->host[i].host, board->host[i].pinned);
    }
}

static void look_around(struct visit *visit) {
    struct avs_board *board = visit->board;
    bool is_image = visit->options->sysroot != NULL;
    if (!is_image) {
        avs_board_look_at_clock(&board->clock);
        avs_board_look_at_network(&board->network);
        read_hosts_file(board);
        avs_board_ask_resolvers(board, NULL, true);
    }
    avs_board_look_at_libraries(visit->options->sysroot, &board->libraries);
    if (visit->report && visit->config && !is_image) {
        avs_board_look_at_places(visit->report, board);
    }
}

/* The file that names the store; of several the last may be an overlay that says nothing of it. */
static const char *store_file(const struct visit *visit) {
    const struct avs_doctor_options *options = visit->options;
    const char *by_file = avs_config_source(visit->config, AVS_CONFIG_CA_FILE);
    const char *by_path = avs_config_source(visit->config, AVS_CONFIG_CA_PATH);
    const char *source = by_file ? by_file : by_path;
    for (size_t i = 0; source && i < options->config_count; i++) {
        size_t length = strlen(options->config_files[i]);
        if (strncmp(source, options->config_files[i], length) == 0 && source[length] == ':') {
            return options->config_files[i];
        }
    }
    return options->config_files[options->config_count - 1];
}

static enum avs_status audit_store(const struct visit *visit, struct avs_trust_audit **ret_audit,
                                   struct avs_error *reterr) {
    const struct avs_doctor_options *options = visit->options;
    struct avs_trust_audit_options audit = {
        .size = sizeof(audit),
        .config_file =
            visit->config && !options->ca_file && !options->ca_path ? store_file(visit) : NULL,
        .ca_file = options->ca_file,
        .ca_path = options->ca_path,
        .sysroot = options->sysroot,
    };
    return avs_trust_audit_run(&audit, ret_audit, reterr);
}

/* ---- the hosts ---- */

static void set_check(const struct visit *visit, struct avs_check_options *check) {
    const struct avs_doctor_options *options = visit->options;
    *check = (struct avs_check_options){.size = sizeof(*check),
                                        .sdk = visit->sdk,
                                        .ca_file = options->ca_file,
                                        .ca_path = options->ca_path,
                                        .ats_roots_file = options->ats_roots_file,
                                        .config_files = options->config_files,
                                        .config_count = visit->config ? options->config_count : 0};
    if (options->ca_file || options->ca_path) {
        check->store_source = "option";
    } else if (visit->config) {
        check->ca_file = avs_config_value(visit->config, AVS_CONFIG_CA_FILE);
        check->ca_path = avs_config_value(visit->config, AVS_CONFIG_CA_PATH);
        check->store_source = "config";
    }
    if (visit->config) {
        check->proxy = avs_config_value(visit->config, AVS_CONFIG_PROXY);
        check->interface_name = avs_config_value(visit->config, AVS_CONFIG_INTERFACE);
    }
}

/* Said once and before anything is asked: in a process of its own a question that cannot be put
 * would only end without an answer. */
static enum avs_status try_options(const struct avs_check_options *check,
                                   const struct avs_doctor_options *options,
                                   struct avs_error *reterr) {
    struct avs_check_options tried = *check;
    AVS_TRY(avs_check_try_options(&tried, reterr));
    for (size_t i = 0; i < options->connect_to_count; i++) {
        const char *name_end = strchr(options->connect_to[i], '=');
        tried.connect_to = name_end ? name_end + 1 : options->connect_to[i];
        AVS_TRY(avs_check_try_options(&tried, reterr));
    }
    return AVS_OK;
}

static enum avs_status ask_hosts(const struct visit *visit, const struct avs_check_options *check,
                                 struct avs_board_probes **ret_probes, struct avs_error *reterr) {
    const struct avs_doctor_options *options = visit->options;
    const struct avs_board_probe_options probe = {
        .check = check,
        .connect_to = options->connect_to,
        .connect_to_count = options->connect_to_count,
        .require_ats = options->require_ats,
        .deadline_us = visit->deadline_us,
        .is_stopped = options->is_stopped,
        .user = options->user,
    };
    if (options->sysroot) {
        return AVS_OK;
    }
    AVS_TRY(try_options(check, options, reterr));
    return avs_board_probes_start(visit->board, &probe, ret_probes, reterr);
}

/* The names first, then the answers to them while this machine is looked at. */
static enum avs_status look(struct visit *visit, struct avs_error *reterr) {
    struct avs_check_options check;
    AVS_AUTO(probes) probes = NULL;
    AVS_AUTO(audit) audit = NULL;
    AVS_TRY(avs_board_choose_hosts(
        visit->board, visit->config ? visit->report : NULL,
        &(struct avs_board_wishes){.sdk = visit->sdk, .endpoint = visit->options->endpoint},
        reterr));
    avs_board_look_at_proxy(visit->config, visit->board);
    set_check(visit, &check);
    AVS_TRY(ask_hosts(visit, &check, &probes, reterr));
    look_around(visit);
    enum avs_status status = audit_store(visit, &audit, reterr);
    avs_board_probes_finish(AVS_STEAL(probes));
    AVS_TRY(status);
    const struct avs_doctor_sources sources = {
        .config = visit->report,
        .config_files = visit->options->config_files,
        .config_count = visit->options->config_count,
        .config_error = visit->config_error.status != AVS_OK ? &visit->config_error : NULL,
        .audit = audit,
        .has_own_roots = visit->options->ats_roots_file || !visit->options->require_ats,
        .log = visit->options->log,
        .log_name = visit->options->log_name,
    };
    return avs_doctor_take_notes(visit->board, &sources, reterr);
}

static void note_given(const struct visit *visit) {
    const struct avs_doctor_options *options = visit->options;
    struct avs_board *board = visit->board;
    AVS_TEXT_SET(board->version, avs_version());
    AVS_TEXT_SET(board->sdk, visit->sdk);
    AVS_TEXT_SET(board->config, options->config_count > 0 ? options->config_files[0] : NULL);
    AVS_TEXT_SET(board->log, options->log ? options->log_name : NULL);
    AVS_TEXT_SET(board->sysroot, options->sysroot);
    avs_check_machine(&board->machine);
}

/* The release that was asked for, or that the log is of. */
static const char *sdk_of(const struct avs_doctor_options *options) {
    const char *of_log =
        options->log && options->log->sdk_version[0] ? options->log->sdk_version : NULL;
    return options->sdk ? options->sdk : of_log;
}

enum avs_status avs_doctor_of_board(struct avs_board *board, struct avs_doctor **ret_doctor,
                                    struct avs_error *reterr) {
    struct avs_doctor *doctor = calloc(1, sizeof(*doctor));
    if (!doctor) {
        avs_board_free(board);
        return avs_fail_memory(reterr);
    }
    doctor->board = board;
    avs_board_conclude(board, &doctor->conclusion);
    *ret_doctor = doctor;
    return AVS_OK;
}

enum avs_status avs_doctor_run(const struct avs_doctor_options *given,
                               struct avs_doctor **ret_doctor, struct avs_error *reterr) {
    struct avs_doctor_options options;
    AVS_TAKE(&options, given, "avs_doctor_options", reterr);
    AVS_AUTO(board) board = avs_board_new();
    AVS_REQUIRE_MEMORY(board, reterr);
    AVS_AUTO(config) config = NULL;
    AVS_AUTO(config_report) report = NULL;
    int64_t began_us = avs_clock_monotonic_us();
    int timeout_ms = options.timeout_ms > 0 ? options.timeout_ms : AVS_DOCTOR_TIMEOUT_MS_DEFAULT;
    struct visit visit = {.options = &options,
                          .board = board,
                          .sdk = sdk_of(&options),
                          .config_error = AVS_ERROR_INIT,
                          .deadline_us = began_us + (int64_t)(timeout_ms - REPORT_MS) * 1000};
    note_given(&visit);
    AVS_TRY(read_config(&visit, &config, &report, reterr));
    AVS_TRY(look(&visit, reterr));
    board->took_ms = (int)((avs_clock_monotonic_us() - began_us) / 1000);
    return avs_doctor_of_board(AVS_STEAL(board), ret_doctor, reterr);
}

void avs_doctor_free(struct avs_doctor *doctor) {
    if (doctor) {
        avs_board_free(doctor->board);
        free(doctor);
    }
}

const struct avs_board_finding *avs_doctor_first(const struct avs_doctor *doctor) {
    const struct avs_board_conclusion *conclusion = &doctor->conclusion;
    bool is_one = conclusion->finding_count > 0 &&
                  conclusion->finding[0].severity != AVS_SEVERITY_INFO; /* the worst is in front */
    return is_one ? &conclusion->finding[0] : NULL;
}

int avs_doctor_exit_code(const struct avs_doctor *doctor) {
    return doctor->conclusion.exit_code;
}

enum avs_cause avs_doctor_cause(const struct avs_doctor *doctor, size_t index) {
    return index < doctor->conclusion.finding_count ? doctor->conclusion.finding[index].cause
                                                    : AVS_CAUSE_NONE;
}
