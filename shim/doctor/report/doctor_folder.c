/* SPDX-License-Identifier: Apache-2.0 */
/* An evidence folder on the disk, or as a tar: whole or not at all. */
#include "report/doctor_folder.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <avs/report.h>

#include "base/text.h"
#include "out/replace.h"

#define TAR_BLOCK   512
#define TAR_BYTES   (16u * 1024u * 1024u)
#define TAR_FOLDER  "board/"
#define FILE_MODE   "0000644"
#define PATH_BYTES  4096
#define FOLDER_MODE 0755
#define JSON        ".json"

AVS_DEFINE_AUTO(folder, struct avs_doctor_folder, avs_doctor_folder_free);

enum avs_status avs_doctor_folder_new(struct avs_doctor_folder **ret_folder,
                                      struct avs_error *reterr) {
    struct avs_doctor_folder *folder = calloc(1, sizeof(*folder));
    AVS_REQUIRE_MEMORY(folder, reterr);
    *ret_folder = folder;
    return AVS_OK;
}

void avs_doctor_folder_free(struct avs_doctor_folder *folder) {
    for (size_t i = 0; folder && i < folder->count; i++) {
        free(folder->piece[i].text);
    }
    free(folder);
}

enum avs_status avs_doctor_folder_add(struct avs_doctor_folder *folder, const char *name,
                                      const char *text, size_t length, struct avs_error *reterr) {
    const char *slash = strrchr(name, '/');
    const char *own = slash ? slash + 1 : name;
    const char *ending = strstr(own, JSON); /* and behind it the line, where it is on one */
    size_t own_length = ending ? (size_t)(ending - own) + strlen(JSON) : strlen(own);
    if (folder->count == AVS_DOCTOR_PIECES_MAX || own_length >= sizeof(folder->piece[0].name)) {
        return AVS_OK; /* none of a doctor's */
    }
    char *copy = malloc(length + 1);
    AVS_REQUIRE_MEMORY(copy, reterr);
    memcpy(copy, text, length);
    copy[length] = '\0';
    struct avs_doctor_piece *piece = &folder->piece[folder->count++];
    *piece = (struct avs_doctor_piece){.text = copy, .length = length};
    avs_text_copy_bytes(piece->name, sizeof(piece->name), own, own_length);
    return AVS_OK;
}

const struct avs_doctor_piece *avs_doctor_folder_find(const struct avs_doctor_folder *folder,
                                                      const char *name) {
    for (size_t i = 0; i < folder->count; i++) {
        if (strcmp(folder->piece[i].name, name) == 0) {
            return &folder->piece[i];
        }
    }
    return NULL;
}

/* ---- as a folder ---- */

static void remove_pieces(const struct avs_doctor_folder *folder, const char *path) {
    char file[PATH_BYTES];
    for (size_t i = 0; i < folder->count; i++) {
        avs_text_format(file, sizeof(file), "%s/%s", path, folder->piece[i].name);
        (void)unlink(file);
    }
    (void)rmdir(path);
}

static enum avs_status write_pieces(const struct avs_doctor_folder *folder, const char *path,
                                    struct avs_error *reterr) {
    char file[PATH_BYTES];
    for (size_t i = 0; i < folder->count; i++) {
        avs_text_format(file, sizeof(file), "%s/%s", path, folder->piece[i].name);
        AVS_TRY(avs_text_to_file(folder->piece[i].text, file, reterr));
    }
    return AVS_OK;
}

/* Written beside it, and named when all is there. An empty folder may be there already. */
static enum avs_status save_folder(const struct avs_doctor_folder *folder, const char *path,
                                   struct avs_error *reterr) {
    char staged[PATH_BYTES];
    size_t length = strlen(path);
    while (length > 1 && path[length - 1] == '/') {
        length--;
    }
    avs_text_format(staged, sizeof(staged), "%.*s.avs-XXXXXX", (int)length, path);
    if (!mkdtemp(staged) || chmod(staged, FOLDER_MODE) != 0) {
        return avs_fail_errno(reterr, AVS_ERR_IO, AVS_CAUSE_NONE, errno,
                              "cannot make a folder beside %s: %s", path, strerror(errno));
    }
    enum avs_status status = write_pieces(folder, staged, reterr);
    if (status == AVS_OK && rename(staged, path) != 0) {
        bool is_there = errno == EEXIST || errno == ENOTEMPTY || errno == ENOTDIR;
        status = avs_fail_errno(reterr, AVS_ERR_IO, AVS_CAUSE_NONE, errno, "cannot write %s: %s%s",
                                path, strerror(errno),
                                is_there ? "; name a folder that is not there yet, or a .tar" : "");
    }
    if (status != AVS_OK) {
        remove_pieces(folder, staged);
    }
    return status;
}

/* ---- as a tar (POSIX ustar) ---- */

struct tar_header {
    char name[100], mode[8], uid[8], gid[8], size[12], mtime[12], checksum[8], type, link[100];
    char magic[6], version[2], owner[32], group[32], device[16], prefix[155], padding[12];
};
_Static_assert(sizeof(struct tar_header) == TAR_BLOCK, "a header is a block");

static void add_member(struct avs_buffer *tar, const struct avs_doctor_piece *piece,
                       int64_t mtime) {
    static const char zeros[TAR_BLOCK];
    struct tar_header header;
    unsigned sum = 0;
    memset(&header, 0, sizeof(header));
    avs_text_format(header.name, sizeof(header.name), TAR_FOLDER "%s", piece->name);
    memcpy(header.mode, FILE_MODE, sizeof(header.mode));
    memcpy(header.uid, "0000000", sizeof(header.uid));
    memcpy(header.gid, "0000000", sizeof(header.gid));
    avs_text_format(header.size, sizeof(header.size), "%011zo", piece->length);
    avs_text_format(header.mtime, sizeof(header.mtime), "%011llo",
                    (unsigned long long)(mtime > 0 ? mtime : 0));
    header.type = '0';
    memcpy(header.magic, "ustar", sizeof(header.magic));
    memcpy(header.version, "00", sizeof(header.version));
    memset(header.checksum, ' ', sizeof(header.checksum));
    for (size_t i = 0; i < sizeof(header); i++) {
        sum += ((const unsigned char *)&header)[i];
    }
    avs_text_format(header.checksum, sizeof(header.checksum) - 1, "%06o", sum);
    avs_buffer_add(tar, &header, sizeof(header));
    avs_buffer_add(tar, piece->text, piece->length);
    avs_buffer_add(tar, zeros, (TAR_BLOCK - piece->length % TAR_BLOCK) % TAR_BLOCK);
}

static enum avs_status save_tar(const struct avs_doctor_folder *folder, const char *path,
                                int64_t mtime, struct avs_error *reterr) {
    static const char end[2 * TAR_BLOCK];
    struct avs_buffer tar = avs_buffer_init(TAR_BYTES);
    for (size_t i = 0; i < folder->count; i++) {
        add_member(&tar, &folder->piece[i], mtime);
    }
    avs_buffer_add(&tar, end, sizeof(end));
    enum avs_status status = tar.is_failed
                                 ? avs_fail_memory(reterr)
                                 : avs_replace_file(path, tar.data, tar.length, NULL, reterr);
    avs_buffer_done(&tar);
    return status;
}

enum avs_status avs_doctor_save(const struct avs_doctor *doctor, const char *path,
                                struct avs_error *reterr) {
    AVS_AUTO(folder) folder = NULL;
    size_t length = strlen(path);
    AVS_TRY(avs_doctor_folder_new(&folder, reterr));
    AVS_TRY(avs_doctor_to_folder(doctor, folder, reterr));
    if (length >= PATH_BYTES - 80) {
        return avs_fail(reterr, AVS_ERR_USAGE, "the path is longer than %d bytes", PATH_BYTES - 80);
    }
    bool is_tar = length > 4 && strcmp(path + length - 4, ".tar") == 0;
    return is_tar ? save_tar(folder, path, doctor->board->clock.now, reterr)
                  : save_folder(folder, path, reterr);
}
