/* SPDX-License-Identifier: Apache-2.0 */
/* The session: preface and settings, bytes in, bytes out, goodbye. Refuses to know where the bytes
 * come from. Streams are in stream.c, what nghttp2 calls in callbacks.c. */
#include "h2/internal.h"

#include <string.h>

#include "base/text.h"

#define FIRST_UNKNOWN_TYPE 10u /* frame types, RFC 9113 section 11.2: all before are its own */

/* Our own allocator hooks, so that the tests that fail the nth allocation reach nghttp2's too. */
static void *hook_malloc(size_t size, void *user) {
    (void)user;
    return malloc(size);
}

static void hook_free(void *pointer, void *user) {
    (void)user;
    free(pointer);
}

static void *hook_calloc(size_t count, size_t size, void *user) {
    (void)user;
    return calloc(count, size);
}

static void *hook_realloc(void *pointer, size_t size, void *user) {
    (void)user;
    return realloc(pointer, size);
}

static nghttp2_mem memory_hooks = {NULL, hook_malloc, hook_free, hook_calloc, hook_realloc};

AVS_DEFINE_AUTO(h2, struct avs_h2, avs_h2_free);
AVS_DEFINE_AUTO(callbacks, nghttp2_session_callbacks, nghttp2_session_callbacks_del);

static enum avs_status fail_library(struct avs_h2 *h2, int code, struct avs_error *reterr) {
    if (nghttp2_is_fatal(code)) {
        h2->is_failed = true;
    }
    if (code == NGHTTP2_ERR_NOMEM || h2->is_out_of_memory) {
        return avs_fail_memory(reterr);
    }
    /* a ceiling of the library's: FLOODED, or that on CONTINUATION, which has a name from 1.61 on
     */
    if (nghttp2_is_fatal(code) && code != NGHTTP2_ERR_CALLBACK_FAILURE) {
        h2->facts.protocol_error = h2->facts.is_flood = true;
        h2->facts.protocol_error_code = AVS_H2_CODE_ENHANCE_YOUR_CALM;
    }
    return avs_fail_cause(reterr, AVS_ERR_HTTP2, AVS_CAUSE_HTTP2_ERROR,
                          "the HTTP/2 session failed: %s%s%s", nghttp2_strerror(code),
                          h2->facts.detail[0] ? ": " : "", h2->facts.detail);
}

static enum avs_status make_session(struct avs_h2 *h2, struct avs_error *reterr) {
    AVS_AUTO(callbacks) callbacks = avs_h2_callbacks_new();
    AVS_REQUIRE_MEMORY(callbacks, reterr);
    nghttp2_option *option = NULL;
    if (nghttp2_option_new(&option) != 0) {
        return avs_fail_memory(reterr);
    }
    /* A paused sink must be able to withhold its stream's window. */
    nghttp2_option_set_no_auto_window_update(option, 1);
    nghttp2_option_set_max_outbound_ack(option, AVS_H2_QUEUED_ACKS_MAX);
#if NGHTTP2_VERSION_NUM >= 0x012900 /* 1.41 */
    nghttp2_option_set_max_settings(option, AVS_H2_SETTINGS_MAX);
#endif
    nghttp2_option_set_max_reserved_remote_streams(option, 0); /* and no pushed stream at all */
    for (unsigned type = FIRST_UNKNOWN_TYPE; type <= UINT8_MAX; type++) {
        nghttp2_option_set_user_recv_extension_type(option, (uint8_t)type); /* so that we see it */
    }
    int code = nghttp2_session_client_new3(&h2->session, callbacks, h2, option, &memory_hooks);
    nghttp2_option_del(option);
    if (code != 0) {
        h2->session = NULL;
        return fail_library(h2, code, reterr);
    }
    return AVS_OK;
}

static enum avs_status queue_preface(struct avs_h2 *h2, struct avs_error *reterr) {
    const nghttp2_settings_entry settings[] = {
        {NGHTTP2_SETTINGS_ENABLE_PUSH, 0},
        {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, h2->receive_window_bytes},
        {NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, AVS_H2_HEADER_BLOCK_BYTES},
    };
    int code =
        nghttp2_submit_settings(h2->session, NGHTTP2_FLAG_NONE, settings, AVS_COUNT(settings));
    if (code == 0) {
        code = nghttp2_session_set_local_window_size(h2->session, NGHTTP2_FLAG_NONE, 0,
                                                     AVS_H2_CONNECTION_WINDOW);
    }
    return code == 0 ? AVS_OK : fail_library(h2, code, reterr);
}

enum avs_status avs_h2_new(const struct avs_h2_options *options, struct avs_h2 **ret_h2,
                           struct avs_error *reterr) {
    uint32_t window = options->receive_window_bytes ? options->receive_window_bytes
                                                    : AVS_RECEIVE_WINDOW_BYTES_DEFAULT;
    if (window < AVS_H2_WINDOW_BYTES_MIN || window > AVS_H2_WINDOW_BYTES_MAX) {
        return avs_fail(reterr, AVS_ERR_USAGE,
                        "receive_window_bytes is %u; it must lie between %u and %u", window,
                        AVS_H2_WINDOW_BYTES_MIN, AVS_H2_WINDOW_BYTES_MAX);
    }
    AVS_AUTO(h2) h2 = calloc(1, sizeof(*h2));
    AVS_REQUIRE_MEMORY(h2, reterr);
    h2->callbacks = options->callbacks;
    h2->user = options->user;
    h2->receive_window_bytes = h2->receive_window_max_bytes = window;
    if (options->receive_window_max_bytes > window) {
        h2->receive_window_max_bytes = options->receive_window_max_bytes;
    }
    h2->line = avs_buffer_init(AVS_H2_HEADER_BLOCK_BYTES + 8);
    AVS_TRY(make_session(h2, reterr));
    AVS_TRY(queue_preface(h2, reterr));
    h2->facts.max_concurrent_streams =
        nghttp2_session_get_remote_settings(h2->session, NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS);
    *ret_h2 = AVS_STEAL(h2);
    return AVS_OK;
}

void avs_h2_free(struct avs_h2 *h2) {
    if (!h2) {
        return;
    }
    while (h2->streams) {
        avs_h2_stream_unlink(h2, h2->streams);
    }
    h2->callbacks = NULL;
    if (h2->session) {
        nghttp2_session_del(h2->session);
    }
    avs_buffer_done(&h2->line);
    free(h2);
}

/* nghttp2 answers a broken rule with a GOAWAY of its own, sent with the next pull. */
static bool has_library_given_up(const struct avs_h2 *h2) {
    return !h2->is_goaway_sent && !h2->facts.goaway_received &&
           nghttp2_session_check_request_allowed(h2->session) == 0 &&
           nghttp2_session_get_next_stream_id(h2->session) < (1u << 31);
}

enum avs_status avs_h2_feed(struct avs_h2 *h2, const uint8_t *bytes, size_t length,
                            struct avs_error *reterr) {
    if (h2->is_failed) {
        return avs_fail_cause(reterr, AVS_ERR_HTTP2, AVS_CAUSE_HTTP2_ERROR,
                              "the HTTP/2 session has failed before: %s", h2->facts.detail);
    }
    h2->facts.bytes_received += length;
    h2->is_quiet = false;
    ssize_t taken = nghttp2_session_mem_recv(h2->session, bytes, length);
    if (taken < 0) {
        return fail_library(h2, (int)taken, reterr);
    }
    if (h2->idle_frames > AVS_H2_IDLE_FRAMES_MAX && !h2->facts.protocol_error) {
        AVS_TEXT_SET(h2->facts.detail, "a flood of frames that bring nothing");
        h2->facts.protocol_error = h2->facts.is_flood = true;
        h2->facts.protocol_error_code = AVS_H2_CODE_ENHANCE_YOUR_CALM;
        avs_h2_goaway(h2, AVS_H2_CODE_ENHANCE_YOUR_CALM);
    }
    if (h2->is_out_of_memory) {
        return avs_fail_memory(reterr);
    }
    if (has_library_given_up(h2)) {
        h2->facts.protocol_error = true;
    }
    if (h2->facts.protocol_error) {
        return avs_fail_cause(reterr, AVS_ERR_HTTP2, AVS_CAUSE_HTTP2_ERROR,
                              "the peer broke the rules of HTTP/2: %s",
                              h2->facts.detail[0] ? h2->facts.detail : "a malformed frame");
    }
    return AVS_OK;
}

enum avs_status avs_h2_pull(struct avs_h2 *h2, uint8_t *buffer, size_t capacity, size_t *ret_length,
                            struct avs_error *reterr) {
    size_t length = 0;
    while (length < capacity) {
        if (h2->pending_length == 0) {
            if (h2->is_failed || h2->is_quiet) {
                break; /* asked at every turn of the loop: nghttp2 would look through its queues */
            }
            h2->is_quiet = true; /* unless a call from inside asks for something */
            ssize_t made = nghttp2_session_mem_send(h2->session, &h2->pending);
            if (made < 0) {
                return fail_library(h2, (int)made, reterr);
            }
            if (made == 0) {
                break;
            }
            h2->is_quiet = false;
            h2->pending_length = (size_t)made;
        }
        size_t part =
            capacity - length < h2->pending_length ? capacity - length : h2->pending_length;
        memcpy(buffer + length, h2->pending, part);
        length += part;
        h2->pending += part;
        h2->pending_length -= part;
    }
    if (length == 0 && h2->is_out_of_memory) {
        return avs_fail_memory(reterr);
    }
    *ret_length = length;
    return AVS_OK;
}

bool avs_h2_wants_write(const struct avs_h2 *h2) {
    return !h2->is_failed && (h2->pending_length > 0 || nghttp2_session_want_write(h2->session));
}

enum avs_status avs_h2_ping(struct avs_h2 *h2, const uint8_t payload[8], struct avs_error *reterr) {
    h2->is_quiet = false;
    int code = nghttp2_submit_ping(h2->session, NGHTTP2_FLAG_NONE, payload);
    return code == 0 ? AVS_OK : fail_library(h2, code, reterr);
}

void avs_h2_goaway(struct avs_h2 *h2, uint32_t h2_code) {
    h2->is_goaway_sent = true;
    h2->is_quiet = false;
    if (nghttp2_session_terminate_session(h2->session, h2_code) != 0) {
        h2->is_failed = true; /* out of memory: go without a word */
    }
}

bool avs_h2_can_open(const struct avs_h2 *h2) {
    return h2->open_count < h2->facts.max_concurrent_streams && !avs_h2_is_closing(h2);
}

bool avs_h2_is_closing(const struct avs_h2 *h2) {
    return h2->is_failed || nghttp2_session_check_request_allowed(h2->session) == 0;
}

bool avs_h2_is_over(const struct avs_h2 *h2) {
    return h2->is_failed || (h2->pending_length == 0 && !nghttp2_session_want_read(h2->session) &&
                             !nghttp2_session_want_write(h2->session));
}

const struct avs_h2_facts *avs_h2_facts(const struct avs_h2 *h2) {
    return &h2->facts;
}

const char *avs_h2_code_name(uint32_t h2_code) {
    return nghttp2_http2_strerror(h2_code);
}
