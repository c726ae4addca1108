/* SPDX-License-Identifier: Apache-2.0 */
/* Two byte buffers behind a BIO; see pipe.h. */
#include "tls/pipe.h"

#include <string.h>

#include <openssl/crypto.h>

static int read_bio(BIO *bio, char *bytes, size_t capacity, size_t *ret_length) {
    struct avs_tls_pipe *pipe = BIO_get_data(bio);
    BIO_clear_retry_flags(bio);
    size_t length = pipe->in_end - pipe->in_start;
    if (length == 0) {
        if (pipe->input_end == AVS_CLOSE_OPEN) {
            BIO_set_retry_read(bio);
        }
        *ret_length = 0;
        return 0;
    }
    if (length > capacity) {
        length = capacity;
    }
    memcpy(bytes, pipe->in + pipe->in_start, length);
    pipe->in_start += length;
    if (pipe->in_start == pipe->in_end) {
        pipe->in_start = pipe->in_end = 0;
    }
    *ret_length = length;
    return 1;
}

static int write_bio(BIO *bio, const char *bytes, size_t length, size_t *ret_length) {
    struct avs_tls_pipe *pipe = BIO_get_data(bio);
    BIO_clear_retry_flags(bio);
    if (pipe->out_start > 0 && AVS_TLS_OUTPUT_BYTES - pipe->out_end < length) {
        memmove(pipe->out, pipe->out + pipe->out_start, pipe->out_end - pipe->out_start);
        pipe->out_end -= pipe->out_start;
        pipe->out_start = 0;
    }
    size_t room = AVS_TLS_OUTPUT_BYTES - pipe->out_end;
    if (room == 0) {
        BIO_set_retry_write(bio);
        *ret_length = 0;
        return 0;
    }
    if (length > room) {
        length = room;
    }
    memcpy(pipe->out + pipe->out_end, bytes, length);
    pipe->out_end += length;
    *ret_length = length;
    return 1;
}

static long ctrl_bio(BIO *bio, int command, long number, void *pointer) {
    (void)number;
    (void)pointer;
    struct avs_tls_pipe *pipe = BIO_get_data(bio);
    switch (command) {
    case BIO_CTRL_FLUSH:
        return 1;
    case BIO_CTRL_EOF:
        return pipe->in_end == pipe->in_start && pipe->input_end != AVS_CLOSE_OPEN;
    default:
        return 0;
    }
}

static BIO_METHOD *method;
static CRYPTO_ONCE once = CRYPTO_ONCE_STATIC_INIT;

static void make_method(void) {
    BIO_METHOD *made = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "avs-tls");
    if (made) {
        BIO_meth_set_read_ex(made, read_bio);
        BIO_meth_set_write_ex(made, write_bio);
        BIO_meth_set_ctrl(made, ctrl_bio);
    }
    method = made;
}

BIO *avs_tls_pipe_bio(struct avs_tls_pipe *pipe) {
    if (CRYPTO_THREAD_run_once(&once, make_method) != 1 || !method) {
        return NULL;
    }
    BIO *bio = BIO_new(method);
    if (bio) {
        BIO_set_data(bio, pipe);
        BIO_set_init(bio, 1);
    }
    return bio;
}

size_t avs_tls_pipe_space(struct avs_tls_pipe *pipe, uint8_t **ret_space) {
    if (pipe->in_start > 0 && pipe->in_end == AVS_TLS_INPUT_BYTES) {
        memmove(pipe->in, pipe->in + pipe->in_start, pipe->in_end - pipe->in_start);
        pipe->in_end -= pipe->in_start;
        pipe->in_start = 0;
    }
    *ret_space = pipe->in + pipe->in_end;
    return AVS_TLS_INPUT_BYTES - pipe->in_end;
}

size_t avs_tls_pipe_output(const struct avs_tls_pipe *pipe, const uint8_t **ret_bytes) {
    *ret_bytes = pipe->out + pipe->out_start;
    return pipe->out_end - pipe->out_start;
}

bool avs_tls_pipe_sent(struct avs_tls_pipe *pipe, size_t length) {
    pipe->out_start += length;
    if (pipe->out_start < pipe->out_end) {
        return false;
    }
    pipe->out_start = pipe->out_end = 0;
    return true;
}
