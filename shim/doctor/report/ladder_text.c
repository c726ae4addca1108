/* SPDX-License-Identifier: Apache-2.0 */
/* A ladder for people: the answer, what the rungs prove, each rung on a line, the stores. */
#include <avs/ladder.h>

#include <string.h>

#include "base/text.h"
#include "ladder/conclude.h"
#include "ladder/run.h"
#include "out/text_out.h"
#include "report/advice.h"
#include "report/headline.h"
#include "report/ladder_words.h"

struct report {
    const struct avs_ladder *ladder;
    struct avs_ladder_conclusion conclusion;
    struct avs_out out;
};

/* ---------------------------------------------------------------- the answer */

static void add_change(struct report *report) {
    char name[AVS_RUNG_NAME_BYTES];
    avs_rung_name(report->ladder, report->conclusion.change, name);
    avs_out_printf(&report->out, "Smallest change that passes: %s\n", name);
}

static void add_answer(struct report *report) {
    static const char *const words[] = {[AVS_READY] = "Ready:",
                                        [AVS_NOT_READY] = "Not ready:",
                                        [AVS_INCONCLUSIVE] = "Cannot tell:"};
    const struct avs_ladder *ladder = report->ladder;
    const struct avs_ladder_conclusion *conclusion = &report->conclusion;
    const struct avs_evidence *evidence = ladder->evidence;
    const struct avs_verdict *verdict = &ladder->verdict;
    enum avs_readiness readiness = ladder->has_verdict ? verdict->readiness : AVS_INCONCLUSIVE;
    avs_out_tone(&report->out, AVS_TONE_BOLD, "%s", words[readiness]);
    avs_out_printf(&report->out, " %s: ", evidence->endpoint);
    if (!ladder->has_verdict) {
        avs_out_printf(&report->out, "stopped before anything was seen\n");
    } else if (verdict->cause == AVS_CAUSE_NONE) {
        avs_out_printf(&report->out, "HTTP/2 passes as configured; %zu of %zu combinations pass\n",
                       conclusion->passed, conclusion->tried);
    } else {
        char fact[AVS_HEADLINE_BYTES];
        avs_headline(verdict->cause, evidence, &evidence->session[AVS_PROTOCOL_H2], fact);
        avs_out_printf(&report->out, "%s (%s); %zu of %zu combinations pass\n", fact,
                       avs_cause_info(verdict->cause)->id, conclusion->passed, conclusion->tried);
    }
    if (conclusion->change) {
        add_change(report);
    }
}

/* ---------------------------------------------------------------- what it proves */

static void add_words(struct report *report, const char *facts, const char *remedy,
                      const struct avs_buffer *command) {
    avs_out_lines(&report->out, "     facts   ", facts ? facts : "");
    avs_out_lines(&report->out, "     do      ", remedy ? remedy : "");
    if (command->length > 0) {
        avs_out_printf(&report->out, "     next    ");
        avs_out_command(&report->out, command->data);
        avs_out_printf(&report->out, "\n");
    }
}

static enum avs_status add_finding(struct report *report, const struct avs_ladder_finding *finding,
                                   struct avs_error *reterr) {
    struct avs_proof_words words;
    enum avs_status status =
        avs_proof_words_init(&words, report->ladder, &report->conclusion, finding->proof, reterr);
    if (status == AVS_OK) {
        avs_out_mark(&report->out, finding->is_note ? AVS_MARK_NOTE : AVS_MARK_FAIL);
        avs_out_hang(&report->out);
        avs_out_printf(&report->out, "%s: %s.\n", avs_proof_id(finding->proof), words.proves.data);
        add_words(report, NULL, words.remedy.data, &words.command);
    }
    avs_proof_words_done(&words);
    return status;
}

/* What a check says of it, where no change explains it. */
static enum avs_status add_cause(struct report *report, struct avs_error *reterr) {
    const struct avs_evidence *evidence = report->ladder->evidence;
    enum avs_cause cause = report->ladder->verdict.cause;
    struct avs_advice advice = {.cause = AVS_CAUSE_NONE};
    enum avs_status status =
        avs_advice_init(&advice, cause, evidence, &evidence->session[AVS_PROTOCOL_H2], reterr);
    if (status == AVS_OK) {
        avs_out_mark(&report->out, AVS_MARK_FAIL);
        avs_out_hang(&report->out);
        avs_out_printf(&report->out, "%s: %s\n", avs_cause_info(cause)->id, advice.meaning);
        add_words(report, advice.facts.data, advice.remedy, &advice.command);
    }
    avs_advice_done(&advice);
    return status;
}

static enum avs_status add_findings(struct report *report, struct avs_error *reterr) {
    const struct avs_ladder_conclusion *conclusion = &report->conclusion;
    bool is_open = report->ladder->has_verdict && report->ladder->verdict.cause != AVS_CAUSE_NONE;
    for (size_t i = 0; i < conclusion->finding_count; i++) {
        const struct avs_ladder_finding *finding = &conclusion->finding[i];
        AVS_TRY(add_finding(report, finding, reterr));
        is_open &= finding->is_note || finding->proof == AVS_PROOF_NOTHING_PASSES ||
                   finding->proof == AVS_PROOF_NOTHING_REACHED;
    }
    return is_open ? add_cause(report, reterr) : AVS_OK;
}

/* ---------------------------------------------------------------- the rungs */

static const char *between(const char *text, const char **separator) {
    const char *before = text[0] ? *separator : "";
    *separator = text[0] ? ", " : *separator;
    return before;
}

static void add_seen(struct report *report, const struct avs_rung_seen *seen) {
    const struct {
        const char *label, *text;
    } parts[] = {{"", seen->version},
                 {"ALPN ", seen->alpn},
                 {"", seen->key},

                 {"peer ", seen->address}};
    const char *separator = "";
    if (seen->sight != AVS_SIGHT_PASSED) {
        const struct avs_rung_seen *base = &report->ladder->sheet.rung[0].seen;
        bool is_known = seen != base && seen->cause == base->cause && seen->sight == base->sight;
        avs_out_printf(&report->out, "%s%s%s", avs_cause_info(seen->cause)->id,
                       is_known ? "" : ": ", is_known ? "" : avs_sight_text(seen->sight));
        separator = "; ";
    }
    for (size_t i = 0; i < AVS_COUNT(parts); i++) {
        const char *before = between(parts[i].text, &separator);
        avs_out_printf(&report->out, "%s%s%s", before, parts[i].text[0] ? parts[i].label : "",
                       parts[i].text);
    }
    avs_out_printf(&report->out, "%s%.2f s\n", separator, seen->ms / 1000);
}

/* What a server has not got, and this device does not need, is no fault. */
static bool is_note(const struct report *report, const struct avs_rung *rung) {
    const struct avs_rung *base = &report->ladder->sheet.rung[0];
    return base->state == AVS_RUNG_PASSED &&
           (rung->seen.sight & (AVS_SIGHT_REFUSED | AVS_SIGHT_NO_VERSION)) &&
           (rung->axis == AVS_AXIS_VERSION || rung->axis == AVS_AXIS_FAMILY);
}

static void add_rung(struct report *report, const struct avs_rung *rung) {
    char name[AVS_RUNG_NAME_BYTES];
    avs_rung_name(report->ladder, rung, name);
    bool was_tried = rung->state == AVS_RUNG_PASSED || rung->state == AVS_RUNG_FAILED;
    avs_out_mark(&report->out, !was_tried                       ? AVS_MARK_UNKNOWN
                               : rung->state == AVS_RUNG_PASSED ? AVS_MARK_OK
                               : is_note(report, rung)          ? AVS_MARK_NOTE
                                                                : AVS_MARK_FAIL);
    avs_out_printf(&report->out, "%-26s ", name);
    avs_out_hang(&report->out);
    if (was_tried) {
        add_seen(report, &rung->seen);
        return;
    }
    bool is_under_way = rung->state == AVS_RUNG_RUNNING;
    bool is_waiting = rung->state == AVS_RUNG_WAITING;
    avs_out_printf(&report->out, "%s: %s\n", is_under_way ? "not known" : "not tried",
                   is_under_way ? "stopped while it was under way"
                   : is_waiting ? avs_skip_text(AVS_SKIP_STOPPED)
                                : avs_skip_text(rung->skip));
}

/* Grouped by what is varied, whatever the order in which they were tried. */
static void add_rungs(struct report *report) {
    const struct avs_ladder_sheet *sheet = &report->ladder->sheet;
    avs_out_printf(&report->out, "\nOne thing changed at a time:\n");
    for (int axis = 0; axis < AVS_AXIS_COUNT; axis++) {
        for (size_t i = 0; i < sheet->rung_count; i++) {
            if ((int)sheet->rung[i].axis == axis) {
                add_rung(report, &sheet->rung[i]);
            }
        }
    }
    const struct avs_ladder_world *world = &sheet->world;
    if (world->address_total > world->address_count) {
        avs_out_printf(&report->out, "The name has %zu addresses, the first %zu were tried.\n",
                       world->address_total, world->address_count);
    }
}

/* ---------------------------------------------------------------- the stores */

static void add_store(struct report *report, const struct avs_ladder_chain *chain,
                      enum avs_ladder_store_kind kind) {
    static const char *const words[] = {[AVS_LADDER_STORE_ACCEPTS] = "accepts it",
                                        [AVS_LADDER_STORE_REFUSES] = "refuses it",
                                        [AVS_LADDER_STORE_UNUSABLE] = "cannot be loaded"};
    static const enum avs_mark marks[] = {[AVS_LADDER_STORE_ACCEPTS] = AVS_MARK_OK,
                                          [AVS_LADDER_STORE_REFUSES] = AVS_MARK_FAIL,
                                          [AVS_LADDER_STORE_UNUSABLE] = AVS_MARK_NOTE};
    enum avs_ladder_store_state state = chain->store[kind];
    if (state == AVS_LADDER_STORE_NOT_ASKED) {
        return;
    }
    const char *file = report->ladder->store_file[kind];
    avs_out_mark(&report->out, marks[state]);
    avs_out_printf(&report->out, "%-26s ", avs_store_kind_text(kind));
    avs_out_hang(&report->out);
    avs_out_printf(&report->out, "%s", words[state]);
    if (chain->cause[kind] != AVS_CAUSE_NONE) {
        avs_out_printf(&report->out, ": %s", avs_cause_info(chain->cause[kind])->id);
    }
    avs_out_printf(&report->out, file[0] ? " (%s)\n" : "%s\n", file);
}

static void add_chains(struct report *report) {
    const struct avs_ladder *ladder = report->ladder;
    for (size_t i = 0; i < ladder->chain_count; i++) {
        const struct avs_ladder_chain *chain = &ladder->chain[i];
        avs_out_printf(&report->out, "\nThe chain of %s, issued by %s, offline:\n", chain->subject,
                       chain->issuer);
        for (int kind = 0; kind < AVS_LADDER_STORE_COUNT; kind++) {
            add_store(report, chain, (enum avs_ladder_store_kind)kind);
        }
    }
}

static void add_effort(struct report *report) {
    const struct avs_ladder *ladder = report->ladder;
    avs_out_printf(&report->out, "\n%zu connections of at most %d", ladder->sheet.connections,
                   AVS_LADDER_CONNECTIONS_MAX);
    if (ladder->has_ended) {
        avs_out_printf(&report->out, ", %.1f s of at most %d s", ladder->ms / 1000,
                       ladder->timeout_ms / 1000);
    } else {
        avs_out_printf(&report->out, "; it was stopped, and this is what was seen so far");
    }
    avs_out_printf(&report->out, "\n");
}

enum avs_status avs_ladder_to_text(struct avs_ladder *ladder, const struct avs_style *style,
                                   char **ret_text, struct avs_error *reterr) {
    struct report report = {.ladder = ladder, .out = avs_out_init(AVS_OUT_REPORT_BYTES, style)};
    avs_ladder_lock(ladder);
    avs_ladder_conclude(ladder, &report.conclusion);
    add_answer(&report);
    enum avs_status status = add_findings(&report, reterr);
    add_rungs(&report);
    add_chains(&report);
    add_effort(&report);
    if (avs_out_is_long(&report.out, 2)) {
        add_answer(&report);
    }
    avs_ladder_unlock(ladder);
    if (status == AVS_OK) {
        status = avs_out_take(&report.out, ret_text, reterr);
    }
    avs_out_done(&report.out);
    return status;
}
