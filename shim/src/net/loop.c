/* SPDX-License-Identifier: Apache-2.0 */
/* The one place a thread waits. While libcurl dials it is curl_multi_poll, which knows libcurl's
 * sockets; else poll, which spares every turn libcurl's look at its own state and the second read
 * of its wake-up pipe. The wake-up is an eventfd of ours in both. */
#include "net/loop.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "net/loop_internal.h"

#define CURL_TIMEOUT_MS_MAX (3600 * 1000) /* "no limit", which libcurl has no word for */
#define LOOP_FDS_MAX        160 /* descriptors of one wait; more than any client has connections */

AVS_DEFINE_AUTO(loop, struct avs_loop, avs_loop_free);

static pthread_once_t global_once = PTHREAD_ONCE_INIT;
static CURLcode global_result = CURLE_FAILED_INIT;

static void init_curl(void) {
    global_result = curl_global_init(CURL_GLOBAL_DEFAULT);
}

enum avs_status avs_loop_new(struct avs_loop **ret_loop, struct avs_error *reterr) {
    pthread_once(&global_once, init_curl);
    if (global_result != CURLE_OK) {
        return avs_fail(reterr, AVS_ERR_INTERNAL, "libcurl did not start: %s",
                        curl_easy_strerror(global_result));
    }
    AVS_AUTO(loop) loop = calloc(1, sizeof(*loop));
    AVS_REQUIRE_MEMORY(loop, reterr);
    loop->wakeup_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (loop->wakeup_fd < 0) {
        return avs_fail_errno(reterr, AVS_ERR_INTERNAL, AVS_CAUSE_INTERNAL, errno,
                              "cannot make an eventfd: %s", strerror(errno));
    }
    *ret_loop = AVS_STEAL(loop);
    return AVS_OK;
}

void avs_loop_free(struct avs_loop *loop) {
    if (loop) {
        if (loop->multi) {
            curl_multi_cleanup(loop->multi);
        }
        if (loop->wakeup_fd >= 0) {
            close(loop->wakeup_fd);
        }
        free(loop);
    }
}

void avs_loop_wakeup(struct avs_loop *loop) {
    const uint64_t one = 1;
    (void)!write(loop->wakeup_fd, &one, sizeof(one)); /* full: it will wake up anyway */
}

/* True if a dial ended, and its callback ran: what the loop waits for may be another thing now. */
static bool run_dials(struct avs_loop *loop) {
    int running = 0;
    curl_multi_perform(loop->multi, &running);
    CURLMsg *message;
    int left = 0;
    bool has_ended = false;
    while ((message = curl_multi_info_read(loop->multi, &left))) {
        if (message->msg == CURLMSG_DONE) {
            struct avs_dial *dial = NULL;
            CURLcode result = message->data.result;
            curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, (char **)&dial);
            avs_dial_finished(dial, result); /* `message` is gone after this */
            has_ended = true;
        }
    }
    return has_ended;
}

/* libcurl numbers its events otherwise than poll does. */
static void poll_with_curl(struct avs_loop *loop, struct pollfd *fds, size_t count,
                           int timeout_ms) {
    struct curl_waitfd wait[LOOP_FDS_MAX + 1];
    for (size_t i = 0; i < count; i++) {
        wait[i] = (struct curl_waitfd){
            .fd = fds[i].fd,
            .events = (short)((fds[i].events & POLLIN ? CURL_WAIT_POLLIN : 0) |
                              (fds[i].events & POLLOUT ? CURL_WAIT_POLLOUT : 0)),
        };
    }
    /* First, so that a new dial has its sockets in the poll. Where one ends here, nothing would
     * wake the poll for it: its caller must hear of it now, not at the deadline. */
    if (run_dials(loop)) {
        timeout_ms = 0;
    }
    int ready = 0;
    curl_multi_poll(loop->multi, wait, (unsigned)count,
                    timeout_ms < 0 ? CURL_TIMEOUT_MS_MAX : timeout_ms, &ready);
    for (size_t i = 0; i < count; i++) {
        fds[i].revents = (short)((wait[i].revents & ~CURL_WAIT_POLLOUT ? POLLIN : 0) |
                                 (wait[i].revents & CURL_WAIT_POLLOUT ? POLLOUT : 0));
    }
}

void avs_loop_wait(struct avs_loop *loop, struct avs_loop_fd *fds, size_t count, int timeout_ms) {
    struct pollfd wait[LOOP_FDS_MAX + 1];
    if (count > LOOP_FDS_MAX) {
        count = LOOP_FDS_MAX;
    }
    for (size_t i = 0; i < count; i++) {
        wait[i] = (struct pollfd){
            .fd = fds[i].fd,
            .events =
                (short)((fds[i].wants_read ? POLLIN : 0) | (fds[i].wants_write ? POLLOUT : 0)),
        };
    }
    wait[count] = (struct pollfd){.fd = loop->wakeup_fd, .events = POLLIN};
    if (loop->dial_count > 0) {
        poll_with_curl(loop, wait, count + 1, timeout_ms);
    } else if (poll(wait, count + 1, timeout_ms) < 0) {
        for (size_t i = 0; i <= count; i++) {
            wait[i].revents = 0; /* EINTR: nothing is known, the next wait will tell */
        }
    }
    for (size_t i = 0; i < count; i++) {
        fds[i].is_readable = (wait[i].revents & ~POLLOUT) != 0;
        fds[i].is_writable = (wait[i].revents & POLLOUT) != 0;
    }
    if (wait[count].revents) {
        uint64_t sum = 0;
        (void)!read(loop->wakeup_fd, &sum, sizeof(sum));
    }
    if (loop->dial_count > 0) {
        run_dials(loop);
    }
    if (loop->dial_count == 0 && loop->multi) { /* 16 kB that only dials need */
        curl_multi_cleanup(loop->multi);
        loop->multi = NULL;
    }
}
