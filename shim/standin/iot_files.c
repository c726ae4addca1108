/* SPDX-License-Identifier: Apache-2.0 */
/* The PEM files that a device needs besides: its certificate and its key, one for the same key that
 * nobody has registered, and the VeriSign-shaped root. The key is the one key that is written. */
#include "iot_files.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "files.h"

#define DEVICE "standin-device"

static const char *const file_names[AVS_STANDIN_IOT_FILE_COUNT] = {
#define XX(name, file, text) [AVS_STANDIN_IOT_FILE_##name] = file,
    AVS_STANDIN_IOT_FILE_MAP(XX)
#undef XX
};

static bool write_device(struct iot_files *files, struct pki *pki, enum authority issuer,
                         enum avs_standin_iot_file file) {
    const struct leaf_recipe recipe = {issuer, KEY_DEVICE, CHAIN_LEAF, FLAW_CLIENT_AUTH_ONLY};
    struct identity identity = {0};
    if (!pki_mint(pki, &recipe, DEVICE, &identity)) {
        errno = ENOMEM;
        return false;
    }
    bool is_good = files_write_whole(files->path[file], identity.chain, identity.length, NULL);
    identity_done(&identity);
    return is_good;
}

static bool write_authority(struct iot_files *files, const struct pki *pki, enum authority which,
                            enum avs_standin_iot_file file) {
    return files_write_whole(files->path[file], &pki->certificate[which], 1, NULL);
}

static bool write_all(struct iot_files *files, struct pki *pki, const char *directory) {
    for (int i = 0; i < AVS_STANDIN_IOT_FILE_COUNT; i++) {
        int length = snprintf(files->path[i], PATH_MAX, "%s/%s", directory, file_names[i]);
        if (length < 0 || length >= PATH_MAX) {
            errno = ENAMETOOLONG;
            return false;
        }
    }
    return write_authority(files, pki, CA_VERISIGN_G5, AVS_STANDIN_IOT_FILE_VERISIGN_G5) &&
           write_authority(files, pki, CA_DEVICE, AVS_STANDIN_IOT_FILE_DEVICE_CA) &&
           write_device(files, pki, CA_DEVICE, AVS_STANDIN_IOT_FILE_DEVICE) &&
           write_device(files, pki, CA_STRANGER, AVS_STANDIN_IOT_FILE_STRANGER) &&
           files_write_whole(files->path[AVS_STANDIN_IOT_FILE_DEVICE_KEY], NULL, 0,
                             pki->leaf_key[KEY_DEVICE]);
}

bool iot_files_write(struct iot_files *files, struct pki *pki, const char *directory, char *error,
                     size_t error_bytes) {
    if (write_all(files, pki, directory)) {
        return true;
    }
    snprintf(error, error_bytes,
             "cannot write the PEM files into '%s': %s. Name a directory that you may write to.",
             directory, strerror(errno));
    return false;
}
