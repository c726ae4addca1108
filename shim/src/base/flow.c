/* SPDX-License-Identifier: Apache-2.0 */
/* Filling struct avs_error. The only place that writes it. */
#include "base/flow.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "base/versioned.h"

/* What the first release's struct had: a size of 0 is read as that. */
#define SIZE_FIRST (offsetof(struct avs_error, message) + 480)

static void fill(struct avs_error *reterr, enum avs_status status, enum avs_cause cause,
                 int os_errno, const char *format, va_list arguments) {
    if (!reterr) {
        return;
    }
    struct avs_error error = AVS_ERROR_INIT;
    error.status = status;
    error.cause = cause;
    error.os_errno = os_errno;
    vsnprintf(error.message, sizeof(error.message), format, arguments);
    avs_text_make_printable(error.message); /* it names files, hosts and values of strangers */
    if (reterr->size == 0) {
        reterr->size = SIZE_FIRST;
    }
    avs_versioned_give(reterr, &error, sizeof(error));
}

enum avs_status avs_fail(struct avs_error *reterr, enum avs_status status, const char *format,
                         ...) {
    va_list arguments;
    va_start(arguments, format);
    fill(reterr, status, AVS_CAUSE_NONE, 0, format, arguments);
    va_end(arguments);
    return status;
}

enum avs_status avs_fail_cause(struct avs_error *reterr, enum avs_status status,
                               enum avs_cause cause, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    fill(reterr, status, cause, 0, format, arguments);
    va_end(arguments);
    return status;
}

enum avs_status avs_fail_errno(struct avs_error *reterr, enum avs_status status,
                               enum avs_cause cause, int os_errno, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    fill(reterr, status, cause, os_errno, format, arguments);
    va_end(arguments);
    return status;
}

enum avs_status avs_fail_memory(struct avs_error *reterr) {
    return avs_fail_cause(reterr, AVS_ERR_NO_MEMORY, AVS_CAUSE_OUT_OF_MEMORY, "out of memory");
}

const char *avs_status_text(enum avs_status status) {
    switch (status) {
#define XX(name, value, text) \
    case AVS_##name:          \
        return text;
        AVS_STATUS_MAP(XX)
#undef XX
    }
    return "unknown status";
}

const char *avs_version(void) {
    return AVS_VERSION_STRING;
}
