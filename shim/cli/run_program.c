/* SPDX-License-Identifier: Apache-2.0 */
/* Reads the few fields of an ELF file that decide whether LD_PRELOAD can work, in either class and
 * byte order, since a board's image may lie on another machine. Trusts no offset in it. */
#include "run_program.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#define HEADERS_MAX      64
#define DYNAMIC_MAX      512
#define DEFAULT_PATH     "/usr/local/bin:/usr/bin:/bin"
#define NAME_BYTES       64
#define HEADER_BYTES_MAX 64 /* of one program header */

struct reader {
    int fd;
    bool is_64, is_big;
};

static uint64_t number(const struct reader *reader, const unsigned char *at, size_t size) {
    uint64_t value = 0;
    for (size_t i = 0; i < size; i++) {
        value = value << 8 | at[reader->is_big ? i : size - 1 - i];
    }
    return value;
}

static bool read_at(const struct reader *reader, uint64_t offset, void *into, size_t size) {
    return offset <= INT32_MAX && pread(reader->fd, into, size, (off_t)offset) == (ssize_t)size;
}

/* ---- program headers: type, offset, address, size in the file ---- */

struct segment {
    uint64_t type, offset, address, size;
};

static void read_segment(const struct reader *reader, const unsigned char *header,
                         struct segment *ret) {
    size_t word = reader->is_64 ? 8 : 4;
    const unsigned char *at = header + (reader->is_64 ? 8 : 4);
    ret->type = number(reader, header, 4);
    ret->offset = number(reader, at, word);
    ret->address = number(reader, at + word, word);
    ret->size = number(reader, at + 3 * word, word);
}

static size_t read_segments(const struct reader *reader, const unsigned char *header,
                            struct segment *segments) {
    uint64_t start = number(reader, header + (reader->is_64 ? 32 : 28), reader->is_64 ? 8 : 4);
    uint64_t size = number(reader, header + (reader->is_64 ? 54 : 42), 2);
    uint64_t count = number(reader, header + (reader->is_64 ? 56 : 44), 2);
    size_t have = 0;
    if (size < (reader->is_64 ? sizeof(Elf64_Phdr) : sizeof(Elf32_Phdr)) ||
        size > HEADER_BYTES_MAX) {
        return 0;
    }
    for (uint64_t i = 0; i < count && have < HEADERS_MAX; i++) {
        unsigned char bytes[HEADER_BYTES_MAX];
        if (!read_at(reader, start + i * size, bytes, (size_t)size)) {
            break;
        }
        read_segment(reader, bytes, &segments[have++]);
    }
    return have;
}

/* ---- the C library it needs, by name ---- */

static uint64_t offset_of(const struct segment *segments, size_t count, uint64_t address) {
    for (size_t i = 0; i < count; i++) {
        const struct segment *segment = &segments[i];
        if (segment->type == PT_LOAD && address >= segment->address &&
            address - segment->address < segment->size) {
            return segment->offset + (address - segment->address);
        }
    }
    return UINT64_MAX;
}

static enum run_libc libc_of_name(const char *name) {
    static const struct {
        const char *begins;
        enum run_libc libc;
    } rows[] = {{"libc.so.6", RUN_LIBC_GLIBC}, {"ld-linux", RUN_LIBC_GLIBC},
                {"ld.so.1", RUN_LIBC_GLIBC},   {"ld64.so", RUN_LIBC_GLIBC},
                {"libc.musl-", RUN_LIBC_MUSL}, {"ld-musl-", RUN_LIBC_MUSL},
                {"libc.so", RUN_LIBC_MUSL}};
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (strncmp(name, rows[i].begins, strlen(rows[i].begins)) == 0) {
            return rows[i].libc;
        }
    }
    return RUN_LIBC_UNKNOWN;
}

struct dynamic {
    uint64_t strings; /* address of DT_STRTAB */
    uint64_t needed[DYNAMIC_MAX];
    size_t count;
};

static void read_dynamic(const struct reader *reader, const struct segment *segment,
                         struct dynamic *ret) {
    size_t word = reader->is_64 ? 8 : 4;
    for (size_t i = 0; i < DYNAMIC_MAX; i++) {
        unsigned char entry[16];
        if ((i + 1) * 2 * word > segment->size ||
            !read_at(reader, segment->offset + i * 2 * word, entry, 2 * word)) {
            return;
        }
        uint64_t tag = number(reader, entry, word);
        if (tag == DT_STRTAB) {
            ret->strings = number(reader, entry + word, word);
        } else if (tag == DT_NEEDED) {
            ret->needed[ret->count++] = number(reader, entry + word, word);
        } else if (tag == DT_NULL) {
            return;
        }
    }
}

static enum run_libc libc_needed(const struct reader *reader, const struct segment *segments,
                                 size_t count) {
    struct dynamic dynamic = {0};
    for (size_t i = 0; i < count; i++) {
        if (segments[i].type == PT_DYNAMIC) {
            read_dynamic(reader, &segments[i], &dynamic);
        }
    }
    uint64_t strings = offset_of(segments, count, dynamic.strings);
    for (size_t i = 0; strings != UINT64_MAX && i < dynamic.count; i++) {
        char name[NAME_BYTES] = "";
        uint64_t offset = strings + dynamic.needed[i];
        if (offset <= INT32_MAX && pread(reader->fd, name, sizeof(name) - 1, (off_t)offset) > 0) {
            enum run_libc libc = libc_of_name(name);
            if (libc != RUN_LIBC_UNKNOWN) {
                return libc;
            }
        }
    }
    return RUN_LIBC_UNKNOWN;
}

static void read_elf(const struct reader *reader, const unsigned char *header,
                     struct run_elf *ret) {
    struct segment segments[HEADERS_MAX];
    size_t count = read_segments(reader, header, segments);
    ret->machine = (unsigned short)number(reader, header + 18, 2);
    for (size_t i = 0; i < count; i++) {
        if (segments[i].type == PT_INTERP) {
            size_t size = segments[i].size < sizeof(ret->loader) ? (size_t)segments[i].size
                                                                 : sizeof(ret->loader) - 1;
            ret->has_loader = true;
            if (!read_at(reader, segments[i].offset, ret->loader, size)) {
                ret->loader[0] = '\0';
            }
        }
    }
    const char *slash = strrchr(ret->loader, '/');
    ret->libc = libc_of_name(slash ? slash + 1 : ret->loader);
    if (ret->libc == RUN_LIBC_UNKNOWN) { /* a library, or a loader with a name of its own */
        ret->libc = libc_needed(reader, segments, count);
    }
}

void run_elf_read(const char *path, struct run_elf *ret) {
    unsigned char header[sizeof(Elf64_Ehdr)] = {0};
    *ret = (struct run_elf){0};
    struct reader reader = {.fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)};
    if (reader.fd < 0) {
        return;
    }
    if (pread(reader.fd, header, sizeof(header), 0) >= (ssize_t)sizeof(Elf32_Ehdr) &&
        memcmp(header, ELFMAG, SELFMAG) == 0) {
        ret->is_elf = true;
        ret->elf_class = header[EI_CLASS];
        ret->order = header[EI_DATA];
        reader.is_64 = ret->elf_class == ELFCLASS64;
        reader.is_big = ret->order == ELFDATA2MSB;
        read_elf(&reader, header, ret);
    }
    close(reader.fd);
}

const char *run_elf_machine(const struct run_elf *elf, char *text) {
    static const struct {
        unsigned short machine;
        const char *name;
    } rows[] = {{EM_386, "x86"},       {EM_X86_64, "x86-64"},   {EM_ARM, "ARM"},
                {EM_AARCH64, "ARM64"}, {EM_MIPS, "MIPS"},       {EM_PPC, "PowerPC"},
                {243, "RISC-V"},       {EM_PPC64, "PowerPC64"}, {EM_S390, "s390"}};
    const char *name = NULL;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        name = rows[i].machine == elf->machine ? rows[i].name : name;
    }
    char other[16];
    snprintf(other, sizeof(other), "machine %u", elf->machine);
    snprintf(text, 32, "%s, %d bits", name ? name : other, elf->elf_class == ELFCLASS64 ? 64 : 32);
    return text;
}

/* ---- where it is ---- */

/* 0, or why it cannot be run. */
static int refusal_of(const char *path, struct stat *info) {
    if (stat(path, info) != 0) {
        return errno;
    }
    if (S_ISDIR(info->st_mode)) {
        return EISDIR;
    }
    return access(path, X_OK) == 0 ? 0 : errno;
}

/* The first in PATH that can be run, else the first that is there at all. */
static void search(const char *name, struct run_program *ret, struct stat *info) {
    const char *list = getenv("PATH");
    ret->missing_errno = ENOENT;
    for (const char *at = list ? list : DEFAULT_PATH; at; at = *at ? at + 1 : NULL) {
        size_t length = strcspn(at, ":");
        char path[PATH_MAX];
        struct stat found;
        int size = length ? snprintf(path, sizeof(path), "%.*s/%s", (int)length, at, name)
                          : snprintf(path, sizeof(path), "./%s", name);
        at += length;
        if (size < 0 || (size_t)size >= sizeof(path)) {
            continue;
        }
        int refusal = refusal_of(path, &found);
        if (refusal == 0 || (refusal == EACCES && ret->missing_errno == ENOENT)) {
            ret->missing_errno = refusal;
            *info = found;
            strcpy(ret->path, path);
        }
        if (refusal == 0) {
            return;
        }
    }
}

/* As the kernel decides it: the loader then runs in secure mode. */
static bool is_privileged(const char *path, const struct stat *info) {
    bool has_ids = ((info->st_mode & S_ISUID) && info->st_uid != getuid()) ||
                   ((info->st_mode & S_ISGID) && info->st_gid != getgid());
    return has_ids || (getuid() != 0 && getxattr(path, "security.capability", NULL, 0) > 0);
}

void run_program_find(const char *name, struct run_program *ret) {
    struct stat info = {0};
    *ret = (struct run_program){0};
    if (strlen(name) >= sizeof(ret->path)) {
        ret->missing_errno = ENAMETOOLONG;
        return;
    }
    strcpy(ret->path, name);
    if (strchr(name, '/')) {
        ret->missing_errno = refusal_of(name, &info);
    } else if (*name) {
        search(name, ret, &info);
    } else {
        ret->missing_errno = ENOENT;
    }
    if (ret->missing_errno == 0) {
        ret->is_privileged = is_privileged(ret->path, &info);
        run_elf_read(ret->path, &ret->elf);
    }
}
