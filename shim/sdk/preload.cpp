/* SPDX-License-Identifier: Apache-2.0 */
/* Under LD_PRELOAD the environment hands this library on to every program that the application
 * starts. It has done its work once it is in the application, so there it takes itself out of the
 * variable; the other entries stay. In a program that is not the SDK's (a shell, timeout, valgrind:
 * whatever stands between env and the application) it changes nothing, so that the application
 * still gets it. All its references to the SDK are weak, see CMakeLists.txt: such a program lacks
 * them. */
#include <cstdlib>
#include <cstring>
#include <string>

#include <dlfcn.h>
#include <sys/stat.h>

/* A function of the SDK that every release has: is this the application? Declared as data, or the
 * compiler would take for granted that it is there. */
extern const char sdkMark __asm__(
    "_ZN14alexaClientSDK9avsCommon5utils13configuration17ConfigurationNode7getRootEv")
    __attribute__((weak));

static const char SEPARATORS[] = ": \t\n"; /* glibc's, and musl's */

static std::string baseName(const std::string &path) {
    return path.substr(path.rfind('/') + 1);
}

static bool isSameFile(const char *a, const char *b) {
    struct stat first, second;
    return stat(a, &first) == 0 && stat(b, &second) == 0 && first.st_dev == second.st_dev &&
           first.st_ino == second.st_ino;
}

__attribute__((constructor)) static void leaveEnvironment() {
    const char *list = std::getenv("LD_PRELOAD");
    Dl_info self;
    if (!&sdkMark || !list || !dladdr(SEPARATORS, &self) || !self.dli_fname) {
        return;
    }
    std::string kept;
    for (const char *at = list; *at;) {
        const std::size_t length = std::strcspn(at, SEPARATORS);
        const std::string entry(at, length);
        at += length + (at[length] ? 1 : 0);
        const bool isOurs = baseName(entry) == baseName(self.dli_fname) ||
                            isSameFile(entry.c_str(), self.dli_fname);
        if (!entry.empty() && !isOurs) {
            kept += (kept.empty() ? "" : ":") + entry;
        }
    }
    if (kept.empty()) {
        unsetenv("LD_PRELOAD");
    } else {
        setenv("LD_PRELOAD", kept.c_str(), 1);
    }
}
