/* Filling struct avs_error. The only place that writes it. */
#include "base/flow.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static void fill(struct avs_error *reterr, enum avs_status status, enum avs_cause cause,
                 int os_errno, const char *format, va_list arguments) {
    if (!reterr || reterr->size < sizeof(*reterr)) {
        return;
    }
    *reterr = (struct avs_error)AVS_ERROR_INIT;
    reterr->status = status;
    reterr->cause = cause;
    reterr->os_errno = os_errno;
    vsnprintf(reterr->message, sizeof(reterr->message), format, arguments);
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
