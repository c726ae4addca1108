/* SPDX-License-Identifier: Apache-2.0 */
/* A ladder's run: stage by stage as the plan has it, several rungs at a time, one deadline over
 * all. What is read while it runs is behind the lock. */
#include "ladder/run.h"

#include <pthread.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "base/versioned.h"
#include "check/plan.h"
#include "ladder/chains.h"
#include "ladder/lookup.h"
#include "ladder/plan.h"
#include "ladder/rung.h"
#include "net/curl_info.h"
#include "trust/roots.h"

#define WORKERS_MAX 8
#define LOOKUP_US   1000000 /* waited for it once "as configured" has ended */

/* How long a rung may take: of a whole of AVS_LADDER_TIMEOUT_MS, 9 s for the first, and for the
 * others four times what that one took, within these bounds. */
#define FIRST_SHARE   0.3
#define OTHERS_SHARE  0.2
#define PATIENCE_MIN  3000
#define PATIENCE_FAIL 5000 /* the first has failed: nobody knows how fast the network is */

struct avs_ladder_crew {
    pthread_mutex_t lock;
    struct avs_check_plan plan; /* does not change while rungs are climbed */
    struct avs_anchors *ours, *system;
    struct avs_ats_roots *file_roots;
    int64_t deadline_us;
    int patience_ms;
    enum avs_status status; /* of the first rung that could not be climbed at all */
    struct avs_error error;
};

AVS_DEFINE_AUTO(avs_ladder, struct avs_ladder, avs_ladder_free);
AVS_DEFINE_AUTO(rung_try, struct avs_rung_try, free);
AVS_DEFINE_AUTO(evidence, struct avs_evidence, avs_evidence_free);

void avs_ladder_lock(struct avs_ladder *ladder) {
    pthread_mutex_lock(&ladder->crew->lock);
}

void avs_ladder_unlock(struct avs_ladder *ladder) {
    pthread_mutex_unlock(&ladder->crew->lock);
}

/* ---------------------------------------------------------------- the stores */

static void note_store(struct avs_ladder *ladder, enum avs_ladder_store_kind kind, const char *file,
                       const char *path) {
    AVS_TEXT_SET(ladder->store_file[kind], file ? file : path);
}

/* The one that libcurl opens by itself, where the run has another: it may explain a refusal. */
static enum avs_status load_system(struct avs_ladder *ladder, const struct avs_anchors *ours,
                                   struct avs_error *reterr) {
    struct avs_ladder_crew *crew = ladder->crew;
    struct avs_anchors_options store = {.ca_file = NULL};
    store.source = avs_net_curl_complete_store(NULL, &store.ca_file, &store.ca_path);
    enum avs_status status = avs_anchors_load(&store, NULL, &crew->system, reterr);
    if (status == AVS_OK && crew->system == ours) { /* the same files: shared */
        avs_anchors_unref(AVS_STEAL(crew->system));
        return AVS_OK;
    }
    ladder->has_system_store = true;
    note_store(ladder, AVS_LADDER_STORE_SYSTEM, store.ca_file, store.ca_path);
    return status == AVS_ERR_NO_MEMORY ? status : AVS_OK;
}

/* "As configured" ends here where the store cannot be loaded. */
static enum avs_status load_stores(struct avs_ladder *ladder, struct avs_error *reterr) {
    struct avs_ladder_crew *crew = ladder->crew;
    const struct avs_check_options *options = &ladder->options;
    struct avs_session_evidence *session = &ladder->evidence->session[AVS_PROTOCOL_H2];
    struct avs_anchors_options store = {
        .ca_file = options->ca_file, .ca_path = options->ca_path, .source = options->store_source};
    store.source = avs_net_curl_complete_store(store.source, &store.ca_file, &store.ca_path);
    note_store(ladder, AVS_LADDER_STORE_OURS, store.ca_file, store.ca_path);
    note_store(ladder, AVS_LADDER_STORE_ATS, options->ats_roots_file, NULL);
    enum avs_status status =
        avs_anchors_load(&store, &session->tls.trust.store, &crew->ours, reterr);
    if (status == AVS_ERR_NO_MEMORY) {
        return status;
    }
    ladder->sheet.world.has_store = status == AVS_OK;
    if (status != AVS_OK) {
        session->was_attempted = true;
        session->tls.outcome = AVS_HANDSHAKE_STORE_FAILED;
        session->tls.trust.gate.verify_error = -1;
        avs_judge(ladder->evidence, &ladder->verdict);
        ladder->has_verdict = true;
        return AVS_OK;
    }
    crew->plan.anchors = crew->ours;
    return load_system(ladder, crew->ours, reterr);
}

/* ---------------------------------------------------------------- its life */

static enum avs_status set_up(struct avs_ladder *ladder, struct avs_error *reterr) {
    struct avs_ladder_crew *crew = ladder->crew;
    const struct avs_check_options *options = &ladder->options;
    if (options->timeout_ms < 0 || options->timeout_ms > AVS_LADDER_TIMEOUT_MS) {
        return avs_fail(reterr, AVS_ERR_USAGE, "a ladder takes 1 to %d seconds",
                        AVS_LADDER_TIMEOUT_MS / 1000);
    }
    ladder->timeout_ms = options->timeout_ms > 0 ? options->timeout_ms : AVS_LADDER_TIMEOUT_MS;
    AVS_TRY(avs_check_plan_init(options, &crew->plan, reterr));
    crew->plan.ats_roots = avs_ats_roots_embedded();
    if (options->ats_roots_file) {
        AVS_TRY(avs_ats_roots_load(options->ats_roots_file, &crew->file_roots, reterr));
        crew->plan.ats_roots = crew->file_roots;
    }
    AVS_REQUIRE_MEMORY(crew->plan.ats_roots, reterr);
    ladder->evidence = avs_evidence_new();
    AVS_REQUIRE_MEMORY(ladder->evidence, reterr);
    avs_check_note_run(&crew->plan, ladder->evidence);
    ladder->sheet.world.port = crew->plan.endpoint.port;
    ladder->sheet.world.has_connect_to = crew->plan.connect_to.host[0] != '\0';
    return load_stores(ladder, reterr);
}

enum avs_status avs_ladder_new(const struct avs_check_options *given,
                               struct avs_ladder **ret_ladder, struct avs_error *reterr) {
    struct avs_check_options options;
    AVS_TAKE(&options, given, "avs_check_options", reterr);
    AVS_AUTO(avs_ladder) ladder = calloc(1, sizeof(*ladder));
    AVS_REQUIRE_MEMORY(ladder, reterr);
    ladder->options = options;
    ladder->crew = calloc(1, sizeof(*ladder->crew));
    AVS_REQUIRE_MEMORY(ladder->crew, reterr);
    pthread_mutex_init(&ladder->crew->lock, NULL);
    AVS_TRY(set_up(ladder, reterr));
    *ret_ladder = AVS_STEAL(ladder);
    return AVS_OK;
}

void avs_ladder_free(struct avs_ladder *ladder) {
    if (!ladder) {
        return;
    }
    if (ladder->crew) {
        avs_anchors_unref(ladder->crew->ours);
        avs_anchors_unref(ladder->crew->system);
        avs_ats_roots_free(ladder->crew->file_roots);
        pthread_mutex_destroy(&ladder->crew->lock);
        free(ladder->crew);
    }
    avs_evidence_free(ladder->evidence);
    free(ladder);
}

/* ---------------------------------------------------------------- one rung */

/* Its time was cut by the end of all: what it did not get to see proves nothing. */
static bool is_cut(const struct avs_ladder_crew *crew, const struct avs_rung_try *attempt,
                   int64_t started_us) {
    const unsigned waits = AVS_SIGHT_UNREACHED | AVS_SIGHT_SILENT | AVS_SIGHT_STALLED;
    return (attempt->seen.sight & waits) && attempt->deadline_us >= crew->deadline_us &&
           attempt->deadline_us - started_us < (int64_t)crew->patience_ms * 1000 &&
           avs_clock_monotonic_us() >= attempt->deadline_us;
}

static enum avs_status note(struct avs_ladder *ladder, struct avs_rung *rung,
                            const struct avs_rung_try *attempt, bool was_cut,
                            struct avs_error *reterr) {
    if (was_cut || attempt->seen.sight == AVS_SIGHT_NONE) {
        rung->state = AVS_RUNG_NOT_TRIED;
        rung->skip = AVS_SKIP_TIME_OVER;
        return AVS_OK;
    }
    rung->seen = attempt->seen;
    rung->state = rung->seen.sight == AVS_SIGHT_PASSED ? AVS_RUNG_PASSED : AVS_RUNG_FAILED;
    return avs_ladder_keep_chain(ladder, &ladder->crew->plan, ladder->crew->system, &attempt->chain,
                                 reterr);
}

/* `rung` is RUNNING, and so nobody else's; its evidence is kept where it is "as configured". */
static enum avs_status climb(struct avs_ladder *ladder, struct avs_rung *rung,
                             struct avs_error *reterr) {
    struct avs_ladder_crew *crew = ladder->crew;
    AVS_AUTO(rung_try) attempt = calloc(1, sizeof(*attempt));
    AVS_REQUIRE_MEMORY(attempt, reterr);
    bool is_base = rung->axis == AVS_AXIS_BASE;
    AVS_AUTO(evidence) own = is_base ? NULL : avs_evidence_new();
    int64_t now_us = avs_clock_monotonic_us();
    int64_t end_us = now_us + (int64_t)crew->patience_ms * 1000;
    attempt->plan = &crew->plan;
    attempt->world = &ladder->sheet.world;
    attempt->way = rung->way;
    attempt->deadline_us = end_us < crew->deadline_us ? end_us : crew->deadline_us;
    attempt->evidence = is_base ? ladder->evidence : own;
    AVS_REQUIRE_MEMORY(attempt->evidence, reterr);
    if (!is_base) {
        avs_check_note_run(&crew->plan, own);
    }
    AVS_TRY(avs_rung_climb(attempt, reterr));
    bool was_cut = is_cut(crew, attempt, now_us);
    avs_ladder_lock(ladder);
    if (is_base) {
        avs_judge(ladder->evidence, &ladder->verdict);
        ladder->has_verdict = true;
    }
    enum avs_status status = note(ladder, rung, attempt, was_cut && !is_base, reterr);
    avs_ladder_unlock(ladder);
    return status;
}

/* ---------------------------------------------------------------- a stage */

/* The next one; NULL: there is none, or no time for it. Behind the lock. */
static struct avs_rung *take_next(struct avs_ladder *ladder) {
    struct avs_ladder_sheet *sheet = &ladder->sheet;
    if (ladder->crew->status != AVS_OK || avs_clock_monotonic_us() >= ladder->crew->deadline_us) {
        return NULL;
    }
    for (size_t i = 0; i < sheet->rung_count; i++) {
        if (sheet->rung[i].state == AVS_RUNG_WAITING) {
            sheet->rung[i].state = AVS_RUNG_RUNNING;
            return &sheet->rung[i];
        }
    }
    return NULL;
}

static void *work(void *user) {
    struct avs_ladder *ladder = user;
    struct avs_ladder_crew *crew = ladder->crew;
    struct avs_rung *rung = NULL;
    for (;;) {
        avs_ladder_lock(ladder);
        rung = take_next(ladder);
        avs_ladder_unlock(ladder);
        if (!rung) {
            return NULL;
        }
        struct avs_error error = AVS_ERROR_INIT;
        enum avs_status status = climb(ladder, rung, &error);
        avs_ladder_lock(ladder);
        if (status != AVS_OK && crew->status == AVS_OK) {
            crew->status = status;
            crew->error = error;
        }
        avs_ladder_unlock(ladder);
    }
}

/* The caller's thread works, too: with no other, it takes longer. */
static void run_stage(struct avs_ladder *ladder, size_t rungs) {
    pthread_t threads[WORKERS_MAX];
    size_t count = 0;
    while (count + 1 < WORKERS_MAX && count + 1 < rungs &&
           pthread_create(&threads[count], NULL, work, ladder) == 0) {
        count++;
    }
    work(ladder);
    while (count > 0) {
        pthread_join(threads[--count], NULL);
    }
}

static size_t plan_stage(struct avs_ladder *ladder) {
    size_t waiting = 0;
    avs_ladder_lock(ladder);
    if (ladder->crew->status == AVS_OK && avs_ladder_plan(&ladder->sheet)) {
        for (size_t i = 0; i < ladder->sheet.rung_count; i++) {
            waiting += ladder->sheet.rung[i].state == AVS_RUNG_WAITING;
        }
    }
    avs_ladder_unlock(ladder);
    return waiting;
}

/* ---------------------------------------------------------------- the run */

static int bounded(double ms, double least, double most) {
    return (int)(ms < least ? least < most ? least : most : ms < most ? ms : most);
}

/* "As configured" tells how fast the network is, and whether a proxy is in force. */
static void learn(struct avs_ladder *ladder, struct avs_ladder_lookup *lookup) {
    struct avs_ladder_crew *crew = ladder->crew;
    struct avs_ladder_world world = ladder->sheet.world; /* nobody else writes */
    const struct avs_rung *base = &ladder->sheet.rung[0];
    int64_t until_us = avs_clock_monotonic_us() + LOOKUP_US;
    avs_ladder_lookup_end(lookup, until_us < crew->deadline_us ? until_us : crew->deadline_us,
                          &world);
    world.has_proxy = ladder->evidence->session[AVS_PROTOCOL_H2].dial.proxy[0] != '\0';
    crew->patience_ms = bounded(base->state == AVS_RUNG_PASSED ? 4 * base->seen.ms : PATIENCE_FAIL,
                                PATIENCE_MIN, OTHERS_SHARE * ladder->timeout_ms);
    avs_ladder_lock(ladder); /* whoever reads it now waits for a name server, too */
    avs_check_ask_around(&ladder->options, ladder->evidence);
    ladder->sheet.world = world;
    avs_judge(ladder->evidence, &ladder->verdict);
    avs_ladder_unlock(ladder);
}

static void finish(struct avs_ladder *ladder, int64_t started_us) {
    avs_ladder_lock(ladder);
    for (size_t i = 0; i < ladder->sheet.rung_count; i++) {
        struct avs_rung *rung = &ladder->sheet.rung[i];
        if (rung->state == AVS_RUNG_WAITING || rung->state == AVS_RUNG_RUNNING) {
            rung->state = AVS_RUNG_NOT_TRIED;
            rung->skip = AVS_SKIP_TIME_OVER;
        }
    }
    ladder->has_ended = true;
    ladder->ms = (double)(avs_clock_monotonic_us() - started_us) / 1000;
    avs_ladder_unlock(ladder);
}

enum avs_status avs_ladder_run(struct avs_ladder *ladder, struct avs_error *reterr) {
    struct avs_ladder_crew *crew = ladder->crew;
    const struct avs_check_plan *plan = &crew->plan;
    int64_t started_us = avs_clock_monotonic_us();
    crew->deadline_us = started_us + (int64_t)ladder->timeout_ms * 1000;
    crew->patience_ms = (int)(FIRST_SHARE * ladder->timeout_ms);
    bool has_learnt = false;
    struct avs_ladder_lookup *lookup = NULL;
    if (ladder->sheet.world.has_store) {
        lookup = avs_ladder_lookup_start(plan->connect_to.host[0] ? plan->connect_to.host
                                                                  : plan->endpoint.host);
    }
    for (size_t rungs; (rungs = plan_stage(ladder)) > 0;) {
        run_stage(ladder, rungs);
        if (!has_learnt) {
            learn(ladder, lookup);
            has_learnt = true;
        }
    }
    finish(ladder, started_us);
    if (crew->status != AVS_OK) {
        return avs_fail_errno(reterr, crew->status, crew->error.cause, crew->error.os_errno, "%s",
                              crew->error.message);
    }
    return AVS_OK;
}

void avs_ladder_progress(struct avs_ladder *ladder, size_t *ret_done, size_t *ret_planned) {
    *ret_done = 0;
    avs_ladder_lock(ladder);
    for (size_t i = 0; i < ladder->sheet.rung_count; i++) {
        enum avs_rung_state state = ladder->sheet.rung[i].state;
        *ret_done += state == AVS_RUNG_PASSED || state == AVS_RUNG_FAILED;
    }
    *ret_planned = ladder->sheet.connections;
    avs_ladder_unlock(ladder);
}

int avs_ladder_exit_code(struct avs_ladder *ladder) {
    avs_ladder_lock(ladder);
    int code = ladder->has_verdict ? ladder->verdict.exit_code : 3;
    avs_ladder_unlock(ladder);
    return code;
}

const struct avs_evidence *avs_ladder_evidence(const struct avs_ladder *ladder) {
    return ladder->evidence;
}
