/* SPDX-License-Identifier: Apache-2.0 */
/* Evidence wherever it is: one piece in memory at a time, whatever the input is. */
#include "evidence_input.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define TAR_BLOCK     512
#define TAR_MAGIC_AT  257
#define TAR_SIZE_AT   124
#define TAR_TYPE_AT   156
#define TAR_PREFIX_AT 345
#define NAME_BYTES    EVIDENCE_NAME_BYTES
#define FOLDER_DEPTH  16
#define TOO_LARGE     "larger than 2097152 bytes"

struct reading {
    const struct evidence_sink *sink;
    const char *name; /* of the file */
    FILE *file;
    char *text; /* EVIDENCE_BYTES_MAX + 1 */
    size_t length;
};

static void broken(const struct reading *reading, const char *why) {
    reading->sink->take_broken(reading->sink->user, reading->name, why);
}

/* ---- JSON, JSON lines, a page ---- */

static bool is_blank(const char *text, size_t length) {
    for (size_t i = 0; i < length; i++) {
        if (!strchr(" \t\r\n", text[i]) || text[i] == '\0') {
            return false;
        }
    }
    return true;
}

/* A line that is an object by itself; evidence as check writes it begins with a line "{". */
static bool is_record(const char *line, size_t length) {
    while (length > 0 && strchr(" \t\r\n", line[length - 1])) {
        length--;
    }
    return length > 2 && line[0] == '{' && line[length - 1] == '}';
}

/* The next line into the buffer behind what is there; false at the end. */
static bool add_line(struct reading *reading, bool *ret_is_cut) {
    int c = 0;
    size_t start = reading->length;
    *ret_is_cut = false;
    while ((c = getc_unlocked(reading->file)) != EOF) {
        if (reading->length < EVIDENCE_BYTES_MAX) {
            reading->text[reading->length++] = (char)c;
        } else {
            *ret_is_cut = true;
        }
        if (c == '\n') {
            break;
        }
    }
    return reading->length > start || *ret_is_cut;
}

static void take_lines(struct reading *reading, bool is_cut) {
    char name[NAME_BYTES];
    unsigned long line = 0;
    do {
        line++;
        snprintf(name, sizeof(name), "%s:%lu", reading->name, line);
        if (is_cut) {
            reading->sink->take_broken(reading->sink->user, name, TOO_LARGE);
        } else if (!is_blank(reading->text, reading->length)) {
            reading->sink->take(reading->sink->user, name, reading->text, reading->length);
        }
        reading->length = 0;
    } while (add_line(reading, &is_cut));
    if (ferror(reading->file)) {
        broken(reading, strerror(errno));
    }
}

static void take_text(struct reading *reading) {
    bool is_cut = false;
    while (add_line(reading, &is_cut) && !is_cut && is_blank(reading->text, reading->length)) {
    }
    if (is_record(reading->text, reading->length)) {
        take_lines(reading, is_cut);
        return;
    }
    size_t room = EVIDENCE_BYTES_MAX + 1 - reading->length;
    reading->length += fread(reading->text + reading->length, 1, room, reading->file);
    if (ferror(reading->file)) {
        broken(reading, strerror(errno));
    } else if (is_cut || reading->length > EVIDENCE_BYTES_MAX) {
        broken(reading, TOO_LARGE);
    } else {
        reading->sink->take(reading->sink->user, reading->name, reading->text, reading->length);
    }
}

/* ---- tar (POSIX.1-1988 ustar and what GNU makes of it) ---- */

static bool is_tar(const char *block, size_t length) {
    return length == TAR_BLOCK && memcmp(block + TAR_MAGIC_AT, "ustar", 5) == 0;
}

static unsigned long long octal(const char *text, size_t length) {
    unsigned long long value = 0;
    for (size_t i = 0; i < length && text[i] >= '0' && text[i] <= '7'; i++) {
        value = value * 8 + (unsigned long long)(text[i] - '0');
    }
    return value;
}

/* Where the archive ends before that, there is no next header either. */
static void skip(FILE *file, unsigned long long bytes) {
    char block[TAR_BLOCK];
    for (; bytes > 0; bytes -= bytes < TAR_BLOCK ? bytes : TAR_BLOCK) {
        if (fread(block, 1, bytes < TAR_BLOCK ? (size_t)bytes : TAR_BLOCK, file) == 0) {
            return;
        }
    }
}

/* One member, the header of which is `block`; false when the archive ends within it. */
static bool take_member(struct reading *reading, const char *block) {
    char name[NAME_BYTES];
    unsigned long long size = octal(block + TAR_SIZE_AT, 12);
    unsigned long long padding = (TAR_BLOCK - size % TAR_BLOCK) % TAR_BLOCK;
    bool is_file = block[TAR_TYPE_AT] == '0' || block[TAR_TYPE_AT] == '\0';
    bool has_prefix = block[TAR_PREFIX_AT] != '\0' && block[TAR_MAGIC_AT + 5] == '\0';
    snprintf(name, sizeof(name), "%s/%.155s%s%.100s", reading->name,
             has_prefix ? block + TAR_PREFIX_AT : "", has_prefix ? "/" : "", block);
    if (!is_file || size > EVIDENCE_BYTES_MAX) {
        if (is_file) {
            reading->sink->take_broken(reading->sink->user, name, TOO_LARGE);
        }
        skip(reading->file, size + padding);
        return true;
    }
    if (fread(reading->text, 1, (size_t)size, reading->file) != size) {
        reading->sink->take_broken(reading->sink->user, name, "the archive ends within it");
        return false;
    }
    reading->sink->take(reading->sink->user, name, reading->text, (size_t)size);
    skip(reading->file, padding);
    return true;
}

static void take_tar(struct reading *reading) {
    char block[TAR_BLOCK];
    memcpy(block, reading->text, TAR_BLOCK);
    while (block[0] != '\0') { /* a block of zeros ends it */
        if (!is_tar(block, TAR_BLOCK)) {
            broken(reading, "the archive is damaged: no header where one belongs");
            return;
        }
        if (!take_member(reading, block)) {
            return;
        }
        if (fread(block, 1, TAR_BLOCK, reading->file) != TAR_BLOCK) {
            broken(reading, "the archive breaks off: the zeros at its end are missing");
            return;
        }
    }
}

/* ---- files and folders ---- */

static void take_file(struct reading *reading) {
    int first = getc(reading->file);
    if (first != EOF) {
        ungetc(first, reading->file);
    }
    if (first != '{' && first != '<') { /* a member of a tar has a name that begins so, never */
        reading->length = fread(reading->text, 1, TAR_BLOCK, reading->file);
        if (is_tar(reading->text, reading->length)) {
            take_tar(reading);
            return;
        }
    }
    take_text(reading);
}

static bool has_ending(const char *name) {
    static const char *const endings[] = {".json", ".jsonl", ".ndjson", ".html", ".tar"};
    size_t length = strlen(name);
    for (size_t i = 0; i < sizeof(endings) / sizeof(endings[0]); i++) {
        size_t ending = strlen(endings[i]);
        if (length > ending && strcmp(name + length - ending, endings[i]) == 0) {
            return true;
        }
    }
    return false;
}

static void read_file(struct reading *reading) {
    bool is_stdin = strcmp(reading->name, "-") == 0;
    reading->length = 0;
    reading->file = is_stdin ? stdin : fopen(reading->name, "re");
    if (!reading->file) {
        broken(reading, strerror(errno));
        return;
    }
    take_file(reading);
    if (!is_stdin) {
        fclose(reading->file);
    }
}

/* A link that leads nowhere is one, too, so that it is named. */
static bool is_file(const char *name, struct stat *info) {
    return S_ISREG(info->st_mode) ||
           (S_ISLNK(info->st_mode) && (stat(name, info) != 0 || S_ISREG(info->st_mode)));
}

/* Links to folders are not followed: one could lead back. */
static void read_folder(struct reading *reading, const char *path, unsigned depth) {
    char name[NAME_BYTES];
    struct stat info;
    DIR *folder = depth < FOLDER_DEPTH ? opendir(path) : NULL;
    reading->name = path;
    if (!folder) {
        broken(reading,
               depth < FOLDER_DEPTH ? strerror(errno) : "folders within folders, too deep");
        return;
    }
    for (struct dirent *entry; (entry = readdir(folder));) {
        int length = snprintf(name, sizeof(name), "%s/%s", path, entry->d_name);
        if (entry->d_name[0] == '.' || length >= (int)sizeof(name) || lstat(name, &info) != 0) {
            continue;
        }
        if (S_ISDIR(info.st_mode)) {
            read_folder(reading, name, depth + 1);
        } else if (has_ending(name) && is_file(name, &info)) {
            reading->name = name;
            read_file(reading);
        }
    }
    closedir(folder);
}

void evidence_read(const char *path, const struct evidence_sink *sink) {
    struct stat info;
    struct reading reading = {.sink = sink, .name = path, .text = malloc(EVIDENCE_BYTES_MAX + 1)};
    if (!reading.text) {
        broken(&reading, "out of memory");
    } else if (strcmp(path, "-") != 0 && stat(path, &info) == 0 && S_ISDIR(info.st_mode)) {
        read_folder(&reading, path, 0);
    } else {
        read_file(&reading);
    }
    free(reading.text);
}

/* ---- a folder that belongs together ---- */

bool evidence_is_in(const char *name, const char *folder) {
    const char *slash = strrchr(name, '/');
    size_t length = slash ? (size_t)(slash - name) : 0;
    return slash && strlen(folder) == length && memcmp(name, folder, length) == 0;
}

/* The files of a tar: whether all are of one folder, and the wanted one is among them once. */
struct members {
    const char *wanted;
    char *folder; /* of the first, EVIDENCE_NAME_BYTES */
    unsigned wanted_count;
    bool has_other;
};

static void note_member(void *user, const char *name, const char *text, size_t length) {
    struct members *members = user;
    const char *slash = strrchr(name, '/');
    (void)text;
    (void)length;
    if (!slash || slash - name >= EVIDENCE_NAME_BYTES) {
        members->has_other = true;
        return;
    }
    if (members->folder[0] == '\0') {
        memcpy(members->folder, name, (size_t)(slash - name));
        members->folder[slash - name] = '\0';
    }
    members->has_other |= !evidence_is_in(name, members->folder);
    members->wanted_count += strcmp(slash + 1, members->wanted) == 0;
}

static void ignore_broken(void *user, const char *name, const char *why) {
    (void)user;
    (void)name;
    (void)why;
}

static bool is_tar_file(const char *path) {
    char block[TAR_BLOCK];
    FILE *file = fopen(path, "re");
    size_t length = file ? fread(block, 1, sizeof(block), file) : 0;
    if (file) {
        fclose(file);
    }
    return is_tar(block, length);
}

bool evidence_folder_with(const char *path, const char *name,
                          char ret_folder[EVIDENCE_NAME_BYTES]) {
    struct stat info;
    char file[NAME_BYTES];
    ret_folder[0] = '\0';
    if (strcmp(path, "-") == 0 || stat(path, &info) != 0) {
        return false;
    }
    if (S_ISREG(info.st_mode) && is_tar_file(path)) {
        struct members members = {.wanted = name, .folder = ret_folder};
        evidence_read(path, &(struct evidence_sink){note_member, ignore_broken, &members});
        return members.wanted_count == 1 && !members.has_other;
    }
    int length = snprintf(file, sizeof(file), "%s/%s", path, name);
    snprintf(ret_folder, EVIDENCE_NAME_BYTES, "%s", path);
    return S_ISDIR(info.st_mode) && length < (int)sizeof(file) && stat(file, &info) == 0 &&
           S_ISREG(info.st_mode);
}

bool evidence_is_many(const char *path) {
    struct stat info;
    size_t length = strlen(path);
    return (length > 4 && strcmp(path + length - 4, ".tar") == 0) ||
           (strcmp(path, "-") != 0 && stat(path, &info) == 0 && S_ISDIR(info.st_mode));
}
