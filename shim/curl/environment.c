/* SPDX-License-Identifier: Apache-2.0 */
/* Under LD_PRELOAD the environment hands this library on to every program that the application
 * starts. In a process that has libcurl it has done its work, and takes itself out of the variable;
 * in what stands before it (env, a shell) it does nothing, so that the application still gets it.
 */
#include <dlfcn.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static const char separators[] = ": \t\n"; /* glibc's, and musl's */

static bool is_same_file(const char *a, const char *b) {
    struct stat first, second;
    return stat(a, &first) == 0 && stat(b, &second) == 0 && first.st_dev == second.st_dev &&
           first.st_ino == second.st_ino;
}

static const char *base_name(const char *path) {
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

/* What is left of `list` without `self`; malloc'ed. */
static char *without(const char *list, const char *self) {
    char *kept = calloc(1, strlen(list) + 1);
    char *entry = strdup(list);
    for (char *rest = NULL, *word = kept && entry ? strtok_r(entry, separators, &rest) : NULL; word;
         word = strtok_r(NULL, separators, &rest)) {
        if (strcmp(base_name(word), base_name(self)) != 0 && !is_same_file(word, self)) {
            strcat(kept, kept[0] ? ":" : "");
            strcat(kept, word);
        }
    }
    free(entry);
    return kept;
}

__attribute__((constructor)) static void leave_environment(void) {
    const char *list = getenv("LD_PRELOAD");
    Dl_info self;
    if (!list || !dlsym(RTLD_NEXT, "curl_easy_init") || dladdr(separators, &self) == 0 ||
        !self.dli_fname) {
        return;
    }
    char *kept = without(list, self.dli_fname);
    if (kept && kept[0]) {
        setenv("LD_PRELOAD", kept, 1);
    } else if (kept) {
        unsetenv("LD_PRELOAD");
    }
    free(kept);
}
