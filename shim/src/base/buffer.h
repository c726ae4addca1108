/* SPDX-License-Identifier: Apache-2.0 */
/* A growing byte buffer with a ceiling; always NUL-terminated, so text can be read in place. */
#ifndef AVS_BASE_BUFFER_H
#define AVS_BASE_BUFFER_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/flow.h"

struct avs_buffer {
    char *data; /* NULL until the first byte */
    size_t length;
    size_t capacity;
    size_t limit_bytes; /* content never grows past this */
    bool is_failed;     /* an append failed; later ones are ignored (check once, at the end) */
    bool is_over_limit; /* it failed by the ceiling, not by memory */
};

/** An empty buffer that holds at most `limit_bytes`. Allocates nothing. */
struct avs_buffer avs_buffer_init(size_t limit_bytes);
void avs_buffer_done(struct avs_buffer *buffer);

/** Append; on failure the content stays as it was and is_failed is set. */
bool avs_buffer_add(struct avs_buffer *buffer, const void *bytes, size_t length);
bool avs_buffer_add_text(struct avs_buffer *buffer, const char *text);
AVS_PRINTF(2, 3) bool avs_buffer_printf(struct avs_buffer *buffer, const char *format, ...);
AVS_PRINTF(2, 0)
bool avs_buffer_vprintf(struct avs_buffer *buffer, const char *format, va_list arguments);
/** Append one word of a command that a person pastes into a shell: as it is when nothing in it is
 *  special, in '...' otherwise; in $'...' (POSIX 2024; bash, zsh, ksh, busybox) with octal escapes
 *  where a byte must not reach a terminal. */
bool avs_buffer_add_word(struct avs_buffer *buffer, const char *word);

/** Drop the first `length` bytes. */
void avs_buffer_drop_front(struct avs_buffer *buffer, size_t length);

/** Hand over the text ("" when empty); NO_MEMORY / LIMIT when an append failed. Caller frees. */
AVS_NODISCARD enum avs_status avs_buffer_take_text(struct avs_buffer *buffer, char **ret_text,
                                                   struct avs_error *reterr);

#endif
