/* SPDX-License-Identifier: Apache-2.0 */
/* A CA path as OpenSSL's by_dir reads it. */
#include "trust/capath.h"

#include <dirent.h>
#include <errno.h>
#include <string.h>

#include "base/text.h"

#define SEPARATOR ':'

bool avs_capath_next(const char **rest, char folder[AVS_CAPATH_FOLDER_BYTES]) {
    const char *at = *rest + strspn(*rest, ":");
    size_t length = strcspn(at, ":");
    avs_text_copy_bytes(folder, AVS_CAPATH_FOLDER_BYTES, at, length);
    *rest = at + length;
    return length > 0;
}

static bool is_hash_link(const char *name) {
    return strspn(name, "0123456789abcdef") >= 8 && name[8] == '.' && name[9] >= '0' &&
           name[9] <= '9';
}

static void look_into(const char *folder, bool is_one_of_several, struct avs_capath *found) {
    DIR *directory = opendir(folder);
    if (directory) {
        found->is_open = true;
        for (struct dirent *entry; !found->is_usable && (entry = readdir(directory));) {
            found->is_usable = is_hash_link(entry->d_name);
            found->files += entry->d_name[0] != '.';
        }
        closedir(directory);
    } else if (found->os_errno == 0) {
        found->os_errno = errno;
        avs_text_format(found->detail, sizeof(found->detail), "%.150s%s%s",
                        is_one_of_several ? folder : "", is_one_of_several ? ": " : "",
                        errno == ENOTDIR
                            ? "it is a file; a CA path is a folder, so name it as the CA file"
                            : strerror(errno));
    }
}

void avs_capath_look(const char *path, struct avs_capath *ret_found) {
    char folder[AVS_CAPATH_FOLDER_BYTES];
    *ret_found = (struct avs_capath){.is_usable = false};
    for (const char *rest = path; avs_capath_next(&rest, folder);) {
        look_into(folder, strchr(path, SEPARATOR) != NULL, ret_found);
    }
    if (!ret_found->is_open && ret_found->os_errno == 0) { /* "" or ":" */
        ret_found->os_errno = ENOENT;
        AVS_TEXT_SET(ret_found->detail, "it names no folder");
    } else if (ret_found->is_open && !ret_found->is_usable) {
        avs_text_format(ret_found->detail, sizeof(ret_found->detail),
                        "the CA directory holds %zu files and no hash link, so nothing in it is "
                        "found; run openssl rehash on it, or name one file as CA file",
                        ret_found->files);
    }
}
