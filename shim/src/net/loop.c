/* The one place a thread waits. */
#include "net/loop.h"

#include <pthread.h>

#include "net/loop_internal.h"

#define LOOP_FDS_MAX 160 /* descriptors of one wait; more than any client has connections */

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
    struct avs_loop *loop = calloc(1, sizeof(*loop));
    AVS_REQUIRE_MEMORY(loop, reterr);
    loop->multi = curl_multi_init();
    if (!loop->multi) {
        free(loop);
        return avs_fail_memory(reterr);
    }
    *ret_loop = loop;
    return AVS_OK;
}

void avs_loop_free(struct avs_loop *loop) {
    if (loop) {
        curl_multi_cleanup(loop->multi);
        free(loop);
    }
}

void avs_loop_wakeup(struct avs_loop *loop) {
    curl_multi_wakeup(loop->multi);
}

static void run_dials(struct avs_loop *loop) {
    int running = 0;
    curl_multi_perform(loop->multi, &running);
    CURLMsg *message;
    int left = 0;
    while ((message = curl_multi_info_read(loop->multi, &left))) {
        if (message->msg == CURLMSG_DONE) {
            struct avs_dial *dial = NULL;
            CURLcode result = message->data.result;
            curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, (char **)&dial);
            avs_dial_finished(dial, result); /* `message` is gone after this */
        }
    }
}

void avs_loop_wait(struct avs_loop *loop, struct avs_loop_fd *fds, size_t count, int timeout_ms) {
    struct curl_waitfd wait[LOOP_FDS_MAX];
    if (count > LOOP_FDS_MAX) {
        count = LOOP_FDS_MAX;
    }
    for (size_t i = 0; i < count; i++) {
        wait[i] = (struct curl_waitfd){
            .fd = fds[i].fd,
            .events = (short)((fds[i].wants_read ? CURL_WAIT_POLLIN : 0) |
                              (fds[i].wants_write ? CURL_WAIT_POLLOUT : 0)),
        };
        fds[i].is_readable = fds[i].is_writable = false;
    }
    if (loop->dial_count > 0) {
        run_dials(loop); /* first, so that a new dial has its sockets in the poll */
    }
    int ready = 0;
    curl_multi_poll(loop->multi, wait, (unsigned)count, timeout_ms < 0 ? 3600 * 1000 : timeout_ms,
                    &ready);
    for (size_t i = 0; i < count; i++) {
        fds[i].is_readable = (wait[i].revents & ~CURL_WAIT_POLLOUT) != 0;
        fds[i].is_writable = (wait[i].revents & CURL_WAIT_POLLOUT) != 0;
    }
    if (loop->dial_count > 0) {
        run_dials(loop);
    }
}
