/* SPDX-License-Identifier: Apache-2.0 */
/* See run_transport.h. What is decided here is what can be told from the files; whether the SDK
 * then used the transport, only its log says: "AvsShim:active". */
#include "run_transport.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define RELINK                                                                            \
    "Link the program with -lavs-shim-sdk before -lAVSCommon, or build the adapter into " \
    "the SDK with -DEXTENSION_PATHS=.../shim/sdk/extension (SDK 1.18 and later)"
#define REASON_ROOM 320

/* ---- where the library is ---- */

static bool is_there(const char *path, struct run_transport *ret) {
    char resolved[PATH_MAX];
    if (access(path, R_OK) != 0 || !realpath(path, resolved)) {
        return false;
    }
    strcpy(ret->library, resolved);
    return true;
}

/* Beside this command (a board, the build folder), in its prefix, where the system looks. */
static bool find(const char *name, struct run_transport *ret) {
    static const char *const beside[] = {"",
                                         "sdk/",
                                         "curl/",
                                         "../lib/",
                                         "../" AVS_LIBDIR "/",
                                         "../lib64/",
                                         "../lib/avs-shim/",
                                         "../" AVS_LIBDIR "/avs-shim/"};
    static const char *const folders[] = {"/usr/local/lib/", "/usr/lib/", "/usr/" AVS_LIBDIR "/"};
    char self[PATH_MAX], path[PATH_MAX];
    ssize_t length = readlink("/proc/self/exe", self, sizeof(self) - 1);
    self[length > 0 ? length : 0] = '\0';
    char *slash = strrchr(self, '/');
    for (size_t i = 0; slash && i < sizeof(beside) / sizeof(beside[0]); i++) {
        slash[1] = '\0';
        int size = snprintf(path, sizeof(path), "%s%s%s", self, beside[i], name);
        if (size > 0 && (size_t)size < sizeof(path) && is_there(path, ret)) {
            return true;
        }
    }
    for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++) {
        snprintf(path, sizeof(path), "%s%s", folders[i], name);
        if (is_there(path, ret)) {
            return true;
        }
    }
    return false;
}

/* ---- whether it can be preloaded ---- */

static bool says_static(const struct run_program *program, const struct run_elf *library,
                        char *why) {
    (void)library;
    if (!program->elf.is_elf || program->elf.has_loader) {
        return false;
    }
    snprintf(why, REASON_ROOM,
             "the program is linked statically, so that nothing can be preloaded");
    return true;
}

static bool says_privileged(const struct run_program *program, const struct run_elf *library,
                            char *why) {
    (void)library;
    if (!program->is_privileged) {
        return false;
    }
    snprintf(why, REASON_ROOM,
             "the program gets privileges when it starts (set-user-ID, set-group-ID or file "
             "capabilities), and the loader then ignores LD_PRELOAD; as its owner, without these "
             "bits, it would not");
    return true;
}

static bool says_machine(const struct run_program *program, const struct run_elf *library,
                         char *why) {
    char ours[32], theirs[32];
    if (!program->elf.is_elf ||
        (program->elf.elf_class == library->elf_class && program->elf.order == library->order &&
         program->elf.machine == library->machine)) {
        return false;
    }
    snprintf(why, REASON_ROOM,
             "the program is for another machine (%s) than " RUN_ADAPTER
             " (%s): build the library for "
             "it",
             run_elf_machine(&program->elf, theirs), run_elf_machine(library, ours));
    return true;
}

static bool says_libc(const struct run_program *program, const struct run_elf *library, char *why) {
    static const char *const names[] = {"an unknown C library", "glibc", "musl"};
    if (program->elf.libc == library->libc || program->elf.libc == RUN_LIBC_UNKNOWN ||
        library->libc == RUN_LIBC_UNKNOWN) {
        return false;
    }
    snprintf(why, REASON_ROOM,
             "the program runs on %s, " RUN_ADAPTER " was built for %s: build the library with the "
             "program's own toolchain",
             names[program->elf.libc], names[library->libc]);
    return true;
}

static const struct {
    bool (*says)(const struct run_program *program, const struct run_elf *library, char *why);
    const char *way;
} obstacles[] = {
    {says_static, RELINK},
    {says_privileged, RELINK},
    {says_machine, "Then name it with --transport FILE"},
    {says_libc, "Then name it with --transport FILE"},
};

void run_transport_choose(const struct run_program *program, const char *name, const char *given,
                          struct run_transport *ret) {
    *ret = (struct run_transport){.is_preloaded = false};
    if (given ? !is_there(given, ret) : !find(name, ret)) {
        snprintf(
            ret->why, sizeof(ret->why),
            "no " RUN_ADAPTER " beside this command or among the system's libraries. Build it for "
            "the program's release of the SDK (docs/sdk.md) and name it with --transport FILE");
        return;
    }
    if (strpbrk(ret->library, ": \t\n")) {
        snprintf(ret->why, sizeof(ret->why),
                 "the loader cannot preload a path with a blank or a colon, as '%s'. Copy the "
                 "library to another folder",
                 ret->library);
        return;
    }
    struct run_elf library;
    run_elf_read(ret->library, &library);
    if (!library.is_elf) {
        snprintf(ret->why, sizeof(ret->why),
                 "'%s' is no library. Name " RUN_ADAPTER " with --transport FILE", ret->library);
        return;
    }
    for (size_t i = 0; i < sizeof(obstacles) / sizeof(obstacles[0]); i++) {
        char reason[REASON_ROOM];
        if (obstacles[i].says(program, &library, reason)) {
            snprintf(ret->why, sizeof(ret->why), "%s. %s", reason, obstacles[i].way);
            return;
        }
    }
    ret->is_preloaded = true;
}

bool run_preload(const char *library) {
    const char *before = getenv("LD_PRELOAD");
    size_t size = strlen(library) + (before ? strlen(before) : 0) + 2;
    char *list = malloc(size);
    if (!list) {
        return false;
    }
    snprintf(list, size, "%s%s%s", library, before && *before ? ":" : "", before ? before : "");
    bool is_set = setenv("LD_PRELOAD", list, 1) == 0;
    free(list);
    return is_set;
}
