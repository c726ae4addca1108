/* SPDX-License-Identifier: Apache-2.0 */
/* The program that avs-shim run is to start: where it is, and what its file says about how it will
 * be loaded. */
#ifndef AVS_CLI_RUN_PROGRAM_H
#define AVS_CLI_RUN_PROGRAM_H

#include <limits.h>
#include <stdbool.h>

enum run_libc { RUN_LIBC_UNKNOWN, RUN_LIBC_GLIBC, RUN_LIBC_MUSL };

/** What an ELF file says; all false for a file that is none (a script). */
struct run_elf {
    bool is_elf;
    bool has_loader; /* PT_INTERP: the dynamic loader starts it; none: it is static */
    unsigned char elf_class, order;
    unsigned short machine;
    enum run_libc libc;
    char loader[128];
};

struct run_program {
    char path[PATH_MAX];
    int missing_errno;  /* 0, or why there is no such program: the path is as it was given */
    bool is_privileged; /* set-user-id and the like: the loader drops LD_PRELOAD */
    struct run_elf elf;
};

/** Find `name` as a shell does: as it is when it has a '/', else in PATH. */
void run_program_find(const char *name, struct run_program *ret);

/** Read what the ELF file at `path` says about itself; never fails. */
void run_elf_read(const char *path, struct run_elf *ret);

/** "x86, 32 bits": for messages. `text` holds at least 32 bytes. */
const char *run_elf_machine(const struct run_elf *elf, char *text);

#endif
