/* SPDX-License-Identifier: Apache-2.0 */
/* Every name below .localhost is this machine (RFC 6761 section 6.3). Newer libcurls know that,
 * older ones ask the C library, which asks the network. For tests whose peer has many names and
 * whose subject cannot be told where to dial. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* RTLD_NEXT */
#endif
#include <dlfcn.h>
#include <netdb.h>
#include <string.h>

typedef int (*resolver)(const char *node, const char *service, const struct addrinfo *hints,
                        struct addrinfo **ret_list);

__attribute__((visibility("default"))) int getaddrinfo(const char *node, const char *service,
                                                       const struct addrinfo *hints,
                                                       struct addrinfo **ret_list) {
    static const char suffix[] = ".localhost";
    resolver next;
    *(void **)&next = dlsym(RTLD_NEXT, "getaddrinfo");
    size_t length = node ? strlen(node) : 0;
    if (length >= sizeof(suffix) && strcmp(node + length - (sizeof(suffix) - 1), suffix) == 0) {
        node = "127.0.0.1"; /* "localhost" needs an /etc/hosts, which a bare root lacks */
    }
    return next(node, service, hints, ret_list);
}
