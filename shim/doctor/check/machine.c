/* SPDX-License-Identifier: Apache-2.0 */
/* See machine.h. */
#include "check/machine.h"

#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/flow.h"
#include "base/text.h"

#define PATH_BYTES 512

const char *const avs_tools[AVS_TOOL_COUNT] = {
    [AVS_TOOL_BUSYBOX] = "busybox",
    [AVS_TOOL_CURL] = "curl",
    [AVS_TOOL_DATE] = "date",
    [AVS_TOOL_GETENT] = "getent",
    [AVS_TOOL_IP] = "ip",
    [AVS_TOOL_NSLOOKUP] = "nslookup",
    [AVS_TOOL_OPENSSL] = "openssl",
    [AVS_TOOL_PING] = "ping",
    [AVS_TOOL_SUDO] = "sudo",
    [AVS_TOOL_TIMEDATECTL] = "timedatectl",
    [AVS_TOOL_UPDATE_CA_CERTIFICATES] = "update-ca-certificates",
    [AVS_TOOL_UPDATE_CA_TRUST] = "update-ca-trust",
};

/* The file of that name on PATH; an applet's is busybox itself. */
static bool find(const char *name, char *ret_real, size_t capacity) {
    const char *path = getenv("PATH");
    for (const char *folder = path ? path : "/usr/sbin:/usr/bin:/sbin:/bin"; *folder;) {
        size_t length = strcspn(folder, ":");
        char file[PATH_BYTES];
        avs_text_format(file, sizeof(file), "%.*s/%s", (int)length, folder, name);
        if (length > 0 && access(file, X_OK) == 0) {
            char *real = realpath(file, NULL);
            avs_text_copy(ret_real, capacity, real ? real : file);
            free(real);
            return true;
        }
        folder += length + (folder[length] == ':');
    }
    return false;
}

void avs_check_machine(struct avs_machine_facts *facts) {
    facts->is_root = geteuid() == 0;
    for (size_t i = AVS_TOOL_NONE + 1; i < AVS_TOOL_COUNT; i++) {
        char real[PATH_BYTES];
        if (!find(avs_tools[i], real, sizeof(real))) {
            continue;
        }
        bool is_busybox = i == AVS_TOOL_BUSYBOX;
        bool is_applet = strstr(real, "busybox") != NULL;
        /* its applets differ: -M of ping, -t of openssl; those that do not, count as tools */
        if (is_applet && !is_busybox && i == AVS_TOOL_PING) {
            continue;
        }
        char before[sizeof(facts->tools)];
        AVS_TEXT_SET(before, facts->tools);
        avs_text_format(facts->tools, sizeof(facts->tools), "%s%s%s", before, before[0] ? " " : "",
                        avs_tools[i]);
    }
}

bool avs_check_has_route(const char *address) {
    const struct addrinfo hints = {.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV,
                                   .ai_socktype = SOCK_DGRAM};
    struct addrinfo *to = NULL;
    if (getaddrinfo(address, "9", &hints, &to) != 0) {
        return false;
    }
    int fd = socket(to->ai_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    bool has_route = fd >= 0 && connect(fd, to->ai_addr, to->ai_addrlen) == 0; /* sends nothing */
    if (fd >= 0) {
        close(fd);
    }
    freeaddrinfo(to);
    return has_route;
}
