/* SPDX-License-Identifier: Apache-2.0 */
/* The PEM files that a device needs besides, where the stand-in is shaped like AWS IoT Core. */
#ifndef AVS_STANDIN_IOT_FILES_H
#define AVS_STANDIN_IOT_FILES_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>

#include "pki.h"
#include "standin.h"

struct iot_files {
    char path[AVS_STANDIN_IOT_FILE_COUNT][PATH_MAX];
};

/* Write every file into the directory, each one whole or not at all. False with one paragraph in
 * `error`. They are removed with the directory. */
bool iot_files_write(struct iot_files *files, struct pki *pki, const char *directory, char *error,
                     size_t error_bytes);

#endif
