/* SPDX-License-Identifier: Apache-2.0 */
/* See probe.h. One loop over the pipes of the children. */
#include "board/probe.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/flow.h"
#include "base/text.h"
#include "board/hosts.h"
#include "board/judge_host.h"
#include "board/probe_job.h"

#define RUNNING_MAX     16
#define JOBS_MAX        (AVS_BOARD_HOSTS_MAX * (2 + AVS_BOARD_ADDRESSES_MAX))
#define CHECK_PERCENT   60 /* of what is left for one host: some questions follow from its answer */
#define FURTHER_PERCENT 50 /* for one of those */
#define LEAST_MS        300
#define CHECK_EXCESS_MS 1200 /* a check may exceed its time-out by a second */
#define STOP_MS         200  /* is_stopped is asked as often */

struct running {
    pid_t pid;
    int fd;
    struct avs_board_job job;
    char *answer;
    size_t length;
};

struct avs_board_probes {
    struct avs_board *board;
    struct avs_board_probe_options options;
    struct avs_board_job job[JOBS_MAX];
    size_t job_count, next_job;
    struct running running[RUNNING_MAX];
    size_t running_count;
    bool has_regional, has_asked_small;
};

const char *avs_board_connect_to(const struct avs_board_probe_options *options, const char *host) {
    size_t length = strlen(host);
    const char *for_all = NULL;
    for (size_t i = 0; i < options->connect_to_count; i++) {
        const char *row = options->connect_to[i];
        if (strncmp(row, host, length) == 0 && row[length] == '=') {
            return row + length + 1;
        }
        if (!strchr(row, '=')) {
            for_all = row;
        }
    }
    return for_all;
}

static void add_job(struct avs_board_probes *probes, enum avs_board_job_kind kind, size_t host,
                    size_t address) {
    if (probes->job_count < JOBS_MAX) {
        probes->job[probes->job_count++] = (struct avs_board_job){kind, host, address};
    }
}

/* ---- starting ---- */

static int left_ms(const struct avs_board_probes *probes) {
    return (int)((probes->options.deadline_us - avs_clock_monotonic_us()) / 1000);
}

static int timeout_of(const struct avs_board_probes *probes, enum avs_board_job_kind kind) {
    bool is_further = kind == AVS_BOARD_JOB_ADDRESS || kind == AVS_BOARD_JOB_SMALL;
    int most =
        (int)((int64_t)left_ms(probes) * (is_further ? FURTHER_PERCENT : CHECK_PERCENT) / 100);
    int left = left_ms(probes) - CHECK_EXCESS_MS;
    return left < LEAST_MS ? LEAST_MS : left < most ? left : most;
}

/* The child: what the parent handles, and what is buffered, is the parent's. */
_Noreturn static void be_child(const struct avs_board_probes *probes,
                               const struct avs_board_job *job, pid_t parent, int fd) {
    signal(SIGINT, SIG_DFL);
    signal(SIGTERM, SIG_DFL);
    signal(SIGPIPE, SIG_IGN);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() == parent) {
        avs_board_job_run(probes->board, &probes->options, job, timeout_of(probes, job->kind), fd);
    }
    _exit(0);
}

/* False: no process to be had just now. */
static bool start(struct avs_board_probes *probes, const struct avs_board_job *job) {
    struct running *running = &probes->running[probes->running_count];
    int ends[2];
    pid_t parent = getpid();
    char *answer = malloc(avs_board_job_bytes(job->kind));
    if (!answer || pipe2(ends, O_CLOEXEC) != 0) {
        free(answer);
        return false;
    }
    pid_t pid = fork();
    if (pid == 0) {
        close(ends[0]);
        be_child(probes, job, parent, ends[1]);
    }
    close(ends[1]);
    if (pid < 0) {
        close(ends[0]);
        free(answer);
        return false;
    }
    *running = (struct running){.pid = pid, .fd = ends[0], .job = *job, .answer = answer};
    probes->running_count++;
    return true;
}

/* As many as may run. One that cannot be started waits for another's end, and is left out when
 * there is none. */
static void start_jobs(struct avs_board_probes *probes) {
    while (probes->next_job < probes->job_count && probes->running_count < RUNNING_MAX) {
        bool is_started = start(probes, &probes->job[probes->next_job]);
        if (!is_started && probes->running_count > 0) {
            return;
        }
        probes->next_job++;
    }
}

/* ---- answers ---- */

static bool has_proxy(const struct avs_board *board) {
    for (size_t i = 0; i < board->proxy_length; i++) {
        if (board->proxy[i].is_in_force) {
            return true;
        }
    }
    return false;
}

static void take_resolved(struct avs_board_probes *probes, size_t index,
                          const struct avs_board_resolved *resolved) {
    struct avs_board_host *host = &probes->board->host[index];
    host->resolve_error = resolved->error;
    host->resolve_ms = resolved->ms;
    AVS_TEXT_SET(host->resolve_text, resolved->text);
    for (size_t i = 0; i < resolved->count; i++) {
        AVS_TEXT_SET(host->address[host->address_length++].address, resolved->address[i]);
        if (resolved->count > 1) { /* a single one is what the check by name takes */
            add_job(probes, AVS_BOARD_JOB_ADDRESS, index, i);
        }
    }
}

static void add_host_jobs(struct avs_board_probes *probes, size_t index) {
    const struct avs_board_host *host = &probes->board->host[index];
    bool is_direct =
        !has_proxy(probes->board) && !avs_board_connect_to(&probes->options, host->host);
    add_job(probes, AVS_BOARD_JOB_CHECK, index, 0);
    if (is_direct && !avs_text_is_ip_literal(host->host)) {
        probes->board->host[index].resolve_ms = -1;
        add_job(probes, AVS_BOARD_JOB_RESOLVE, index, 0);
    }
    probes->board->host[index].was_asked = true;
}

static const struct avs_board_host *host_of(const struct avs_board *board,
                                            enum avs_board_role role) {
    for (size_t i = 0; i < board->host_length; i++) {
        if (board->host[i].role == role) {
            return &board->host[i];
        }
    }
    return NULL;
}

static enum avs_dial_outcome dial_of(const struct avs_board_host *host) {
    return host->evidence->session[AVS_PROTOCOL_H2].dial.outcome;
}

/* The test endpoint's name is gone where a resolver that knows the gateway knows it no more. */
static void ask_regional(struct avs_board_probes *probes) {
    struct avs_board *board = probes->board;
    const struct avs_board_host *test = host_of(board, AVS_BOARD_ROLE_ATS_TEST);
    const struct avs_board_host *gateway = host_of(board, AVS_BOARD_ROLE_GATEWAY);
    if (probes->has_regional || !test || !gateway || !test->evidence || !gateway->evidence) {
        return;
    }
    enum avs_dns_answer answer = test->evidence->dns.answer;
    bool is_gone = dial_of(test) == AVS_DIAL_DNS_FAILED &&
                   (answer == AVS_DNS_NXDOMAIN || answer == AVS_DNS_NO_ADDRESS);
    if (is_gone && dial_of(gateway) != AVS_DIAL_DNS_FAILED) {
        size_t first = board->host_length;
        probes->has_regional = true;
        avs_board_add_regional(board);
        for (size_t i = first; i < board->host_length; i++) {
            add_host_jobs(probes, i);
        }
    }
}

/* TCP went through, and then nothing: what is large may vanish on the way. One host tells. */
static void ask_in_small(struct avs_board_probes *probes, size_t host) {
    struct avs_board_result result;
    avs_board_judge_host(&probes->board->host[host], &result);
    if (result.cause == AVS_CAUSE_TLS_TIMEOUT && !probes->has_asked_small) {
        probes->has_asked_small = true;
        add_job(probes, AVS_BOARD_JOB_SMALL, host, 0);
    }
}

static void take(struct avs_board_probes *probes, struct running *running) {
    struct avs_board_host *host = &probes->board->host[running->job.host];
    if (running->length != avs_board_job_bytes(running->job.kind)) {
        return; /* it ended without an answer */
    }
    switch (running->job.kind) {
    case AVS_BOARD_JOB_RESOLVE: {
        struct avs_board_resolved resolved;
        memcpy(&resolved, running->answer, sizeof(resolved));
        take_resolved(probes, running->job.host, &resolved);
        return;
    }
    case AVS_BOARD_JOB_CHECK:
        host->evidence = (struct avs_evidence *)(void *)running->answer;
        running->answer = NULL;
        ask_regional(probes);
        ask_in_small(probes, running->job.host);
        return;
    case AVS_BOARD_JOB_SMALL:
        memcpy(&host->works_in_small_segments, running->answer, sizeof(bool));
        return;
    case AVS_BOARD_JOB_ADDRESS:
        memcpy(&host->address[running->job.address], running->answer,
               sizeof(struct avs_board_address));
        return;
    }
}

static void end(struct avs_board_probes *probes, size_t index, bool is_killed) {
    struct running *running = &probes->running[index];
    close(running->fd);
    if (is_killed) {
        kill(running->pid, SIGKILL);
    }
    while (waitpid(running->pid, NULL, 0) < 0 && errno == EINTR) {
    }
    free(running->answer);
    *running = probes->running[--probes->running_count];
}

/* False: it has ended, or has said all. */
static bool read_some(struct running *running) {
    size_t room = avs_board_job_bytes(running->job.kind) - running->length;
    ssize_t length = read(running->fd, running->answer + running->length, room);
    if (length < 0 && errno == EINTR) {
        return true;
    }
    running->length += length > 0 ? (size_t)length : 0;
    return length > 0 && (size_t)length < room;
}

/* ---- the loop ---- */

/* Nothing runs but lookups by libc, which waits three times as long as the check that has failed
 * for want of them. */
static bool is_only_waiting_for_names(const struct avs_board_probes *probes) {
    for (size_t i = 0; i < probes->running_count; i++) {
        const struct avs_board_job *job = &probes->running[i].job;
        const struct avs_board_host *host = &probes->board->host[job->host];
        if (job->kind != AVS_BOARD_JOB_RESOLVE || !host->evidence ||
            dial_of(host) != AVS_DIAL_DNS_FAILED) {
            return false;
        }
    }
    return probes->next_job == probes->job_count;
}

static bool is_over(const struct avs_board_probes *probes) {
    const struct avs_board_probe_options *options = &probes->options;
    if (options->is_stopped && options->is_stopped(options->user)) {
        probes->board->was_stopped = true;
        return true;
    }
    return left_ms(probes) <= 0 || is_only_waiting_for_names(probes);
}

static void wait_for_some(struct avs_board_probes *probes) {
    struct pollfd fds[RUNNING_MAX];
    int left = left_ms(probes);
    int most = probes->options.is_stopped && left > STOP_MS ? STOP_MS : left;
    for (size_t i = 0; i < probes->running_count; i++) {
        fds[i] = (struct pollfd){.fd = probes->running[i].fd, .events = POLLIN};
    }
    if (poll(fds, probes->running_count, most < 0 ? 0 : most + 1) <= 0) {
        return;
    }
    for (size_t i = probes->running_count; i-- > 0;) { /* from behind: one that ends makes a gap */
        if (fds[i].revents && !read_some(&probes->running[i])) {
            take(probes, &probes->running[i]);
            end(probes, i, false);
        }
    }
}

enum avs_status avs_board_probes_start(struct avs_board *board,
                                       const struct avs_board_probe_options *options,
                                       struct avs_board_probes **ret_probes,
                                       struct avs_error *reterr) {
    struct avs_board_probes *probes = calloc(1, sizeof(*probes));
    AVS_REQUIRE_MEMORY(probes, reterr);
    probes->board = board;
    probes->options = *options;
    for (size_t i = 0; i < board->host_length; i++) {
        add_host_jobs(probes, i);
    }
    start_jobs(probes);
    *ret_probes = probes;
    return AVS_OK;
}

void avs_board_probes_finish(struct avs_board_probes *probes) {
    if (!probes) {
        return;
    }
    while (!is_over(probes) && (start_jobs(probes), probes->running_count > 0)) {
        wait_for_some(probes);
    }
    while (probes->running_count > 0) {
        end(probes, probes->running_count - 1, true);
    }
    free(probes);
}
