/* SPDX-License-Identifier: Apache-2.0 */
/* A CA path as OpenSSL's by_dir reads it: one folder or several, "a:b", in which a certificate is
 * found as HASH.NUMBER and by no other name. */
#ifndef AVS_TRUST_CAPATH_H
#define AVS_TRUST_CAPATH_H

#include <stdbool.h>
#include <stddef.h>

#include <avs/evidence.h>

#define AVS_CAPATH_FOLDER_BYTES 4096

/** What somebody who looks for roots finds in it, all folders together. */
struct avs_capath {
    bool is_usable; /**< some folder holds a hash link */
    bool is_open;   /**< some folder can be read */
    size_t files;   /**< in the folders that can be read; counted only where nothing is usable */
    int os_errno;   /**< of the first folder that cannot be read, 0 = all can */
    char detail[AVS_NAME_BYTES]; /**< what is wrong, with the folder where there are several */
};

void avs_capath_look(const char *path, struct avs_capath *ret_found);

/** Take the next folder off *rest into `folder` (cut to fit: then no such folder exists). False at
 *  the end. Empty entries are none, as in OpenSSL. */
bool avs_capath_next(const char **rest, char folder[AVS_CAPATH_FOLDER_BYTES]);

#endif
