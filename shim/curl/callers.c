/* SPDX-License-Identifier: Apache-2.0 */
/* See callers.h. */
#include "callers.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>

#define REMEMBERED 32 /* return addresses, of each thread */

static const char *const names[AVS_REAL_COUNT] = {
#define XX(name) [AVS_REAL_##name] = #name,
    AVS_CURL_REAL_MAP(XX)
#undef XX
};

/* A libcurl that was loaded for one library alone is in nobody's scope but that one's. */
static const char *const libraries[] = {"libcurl.so.4", "libcurl-gnutls.so.4", "libcurl-nss.so.4"};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct avs_caller *callers; /* behind the lock; never freed, never moved */

static const void *base_of(const void *address) {
    Dl_info info;
    return address && dladdr(address, &info) != 0 ? info.dli_fbase : NULL;
}

/* Not one of ours: then it is what the caller would have got. */
static void *usable(void *function, const void *self) {
    return function && base_of(function) != self ? function : NULL;
}

static void *find(void *handle, const char *name) {
    const void *self = base_of(names);
    void *found = handle ? usable(dlsym(handle, name), self) : NULL;
    found = found ? found : usable(dlsym(RTLD_NEXT, name), self);
    for (size_t i = 0; !found && i < sizeof(libraries) / sizeof(libraries[0]); i++) {
        void *library = dlopen(libraries[i], RTLD_LAZY | RTLD_NOLOAD);
        found = library ? usable(dlsym(library, name), self) : NULL;
        if (library && !found) {
            dlclose(library);
        }
    }
    return found;
}

static bool is_our_openssl(void *handle) {
    union { /* a function pointer is no void pointer in ISO C */
        unsigned long (*function)(void);
        void *address;
    } ours = {.function = OpenSSL_version_num};
    void *theirs = handle ? dlsym(handle, "OpenSSL_version_num") : NULL;
    return theirs && (theirs == ours.address || base_of(theirs) == base_of(ours.address));
}

static struct avs_caller *caller_new(const Dl_info *info) {
    struct avs_caller *caller = calloc(1, sizeof(*caller));
    if (!caller) {
        return NULL;
    }
    const char *slash = strrchr(info->dli_fname, '/');
    const char *name = slash ? slash + 1 : info->dli_fname;
    void *handle = slash ? dlopen(info->dli_fname, RTLD_LAZY | RTLD_NOLOAD) : NULL;
    caller->base = info->dli_fbase;
    caller->is_libcurl = strncmp(name, "libcurl", strlen("libcurl")) == 0 && is_our_openssl(handle);
    for (size_t i = 0; i < AVS_REAL_COUNT; i++) {
        caller->real[i] = find(handle, names[i]);
    }
    return caller;
}

static const struct avs_caller *look_up(const void *address) {
    Dl_info info;
    if (dladdr(address, &info) == 0 || !info.dli_fname) {
        info = (Dl_info){.dli_fname = "", .dli_fbase = NULL};
    }
    pthread_mutex_lock(&lock);
    struct avs_caller *caller = callers;
    while (caller && caller->base != info.dli_fbase) {
        caller = caller->next;
    }
    if (!caller && (caller = caller_new(&info))) {
        caller->next = callers;
        callers = caller;
    }
    pthread_mutex_unlock(&lock);
    return caller;
}

const struct avs_caller *avs_caller_at(const void *address) {
    static _Thread_local struct {
        const void *address;
        const struct avs_caller *caller;
    } remembered[REMEMBERED];
    size_t slot = ((uintptr_t)address >> 2) % REMEMBERED;
    if (remembered[slot].address != address || !remembered[slot].caller) {
        remembered[slot].caller = look_up(address);
        remembered[slot].address = address;
    }
    return remembered[slot].caller;
}
