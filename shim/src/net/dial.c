/* SPDX-License-Identifier: Apache-2.0 */
/* Dialling by libcurl with CURLOPT_CONNECT_ONLY. */
#include "net/dial.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

#include "base/text.h"
#include "net/loop_internal.h"

#define URL_BYTES 320

struct avs_dial {
    struct avs_loop *loop;
    CURL *easy;
    struct curl_slist *connect_to;
    avs_dial_done_fn on_done;
    void *user;
    struct avs_dial_facts *facts;
    struct avs_timing_facts *timing;
    int segment_bytes;
};

/* The variables that libcurl reads for an https URL, in its order. We dial with an http URL, so
 * that libcurl does not start TLS, and must look them up ourselves; no_proxy stays libcurl's. */
static const char *proxy_from_environment(void) {
    static const char *const names[] = {"https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"};
    for (size_t i = 0; i < AVS_COUNT(names); i++) {
        const char *value = getenv(names[i]);
        if (value && value[0]) {
            return value;
        }
    }
    return NULL;
}

/* Will libcurl dial `host` past the proxy, as no_proxy asks? It decides; this is only for what the
 * facts say. Names as libcurl compares them (lib/noproxy.c): whole, or from a dot on. */
static bool is_exempt(const char *host) {
    static const char separators[] = ", ";
    const char *list = getenv("no_proxy");
    list = list && list[0] ? list : getenv("NO_PROXY");
    if (!list || !list[0]) {
        return false;
    }
    if (strcmp(list, "*") == 0) {
        return true;
    }
    size_t host_length = strlen(host);
    while (*(list += strspn(list, separators))) {
        const char *name = list;
        size_t length = strcspn(list, separators);
        list += length;
        if (*name == '.') {
            name++;
            length--;
        }
        if (length > 0 && name[length - 1] == '.') {
            length--;
        }
        if (length == 0 || length > host_length) {
            continue;
        }
        const char *tail = host + host_length - length;
        if (strncasecmp(tail, name, length) == 0 && (tail == host || tail[-1] == '.')) {
            return true;
        }
    }
    return false;
}

/* A proxy URL may hold a password: keep what stands before and after it. */
static void copy_proxy_without_secrets(char *field, size_t capacity, const char *proxy) {
    const char *scheme_end = strstr(proxy, "://");
    const char *start = scheme_end ? scheme_end + 3 : proxy;
    const char *at = strrchr(start, '@');
    avs_text_format(field, capacity, "%.*s%s", (int)(start - proxy), proxy, at ? at + 1 : start);
}

/* libcurl is about to try an address: it tells nobody which, unless it connects. */
static curl_socket_t on_open_socket(void *user, curlsocktype purpose, struct curl_sockaddr *to) {
    const struct avs_dial *dial = user;
    struct avs_dial_facts *facts = dial->facts;
    char address[sizeof(facts->address)] = "";
    if (purpose == CURLSOCKTYPE_IPCXN &&
        getnameinfo(&to->addr, to->addrlen, address, sizeof(address), NULL, 0, NI_NUMERICHOST) ==
            0) {
        char tried[sizeof(facts->tried)];
        AVS_TEXT_SET(tried, facts->tried);
        AVS_TEXT_SET(facts->address, address);
        avs_text_format(facts->tried, sizeof(facts->tried), "%s%s%s", tried, tried[0] ? " " : "",
                        address);
    }
    int fd = socket(to->family, to->socktype | SOCK_CLOEXEC, to->protocol);
    if (fd >= 0 && dial->segment_bytes > 0) {
        (void)setsockopt(fd, IPPROTO_TCP, TCP_MAXSEG, &dial->segment_bytes,
                         sizeof(dial->segment_bytes));
    }
    return fd;
}

static bool is_ipv6_literal(const char *host) {
    return strchr(host, ':') != NULL;
}

static CURLcode set_options(struct avs_dial *dial, const struct avs_dial_options *options,
                            const char *proxy, const char **ret_option) {
    CURL *easy = dial->easy;
    bool brackets = is_ipv6_literal(options->host);
    char url[URL_BYTES];
    snprintf(url, sizeof(url), "http://%s%s%s:%u/", brackets ? "[" : "", options->host,
             brackets ? "]" : "", options->port);
    CURLcode result = CURLE_OK;
#define SET(option, value)                              \
    if (result == CURLE_OK) {                           \
        result = curl_easy_setopt(easy, option, value); \
        *ret_option = #option;                          \
    }
    SET(CURLOPT_URL, url)
    SET(CURLOPT_CONNECT_ONLY, 1L)
    SET(CURLOPT_NOSIGNAL, 1L)
    SET(CURLOPT_PRIVATE, dial)
    SET(CURLOPT_OPENSOCKETFUNCTION, on_open_socket)
    SET(CURLOPT_OPENSOCKETDATA, dial)
    SET(CURLOPT_CONNECTTIMEOUT_MS, (long)options->timeout_ms)
    SET(CURLOPT_TIMEOUT_MS, (long)options->timeout_ms)
    SET(CURLOPT_FRESH_CONNECT, 1L)
    SET(CURLOPT_BUFFERSIZE, 1024L) /* nothing but a proxy's answer is read */
    SET(CURLOPT_INTERFACE, options->interface_name)
    SET(CURLOPT_CONNECT_TO, dial->connect_to)
    SET(CURLOPT_DNS_CACHE_TIMEOUT, 0L)
    bool knows_proxies = curl_easy_setopt(easy, CURLOPT_PROXY, "") == CURLE_OK;
    if (knows_proxies || (proxy && proxy[0])) { /* else it was built without, and needs none */
        SET(CURLOPT_PROXY, proxy ? proxy : "")
        SET(CURLOPT_HTTPPROXYTUNNEL, 1L)
    }
#undef SET
#if LIBCURL_VERSION_NUM >= 0x075700
    /* a name lookup that hangs must not hold us beyond the deadline; older libcurls ignore it */
    (void)curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L);
#endif
    return result;
}

static void dial_free(struct avs_dial *dial) {
    if (!dial) {
        return;
    }
    if (dial->easy) {
        if (dial->loop->multi) {
            curl_multi_remove_handle(dial->loop->multi, dial->easy);
        }
        curl_easy_cleanup(dial->easy);
    }
    curl_slist_free_all(dial->connect_to);
    free(dial);
}

/* The libcurl that was loaded was built without what the option is for. */
static enum avs_status refuse_option(struct avs_dial_facts *facts, const char *option,
                                     CURLcode result, struct avs_error *reterr) {
    bool is_proxy = strstr(option, "PROXY") != NULL;
    facts->outcome = is_proxy ? AVS_DIAL_PROXY_FAILED : AVS_DIAL_FAILED;
    facts->curl_code = (int)result;
    AVS_TEXT_SET(facts->refused_option, option);
    return avs_fail_cause(reterr, is_proxy ? AVS_ERR_PROXY : AVS_ERR_CONNECT,
                          is_proxy ? AVS_CAUSE_PROXY_FAILED : AVS_CAUSE_UNKNOWN_TRANSPORT,
                          "libcurl %s refuses %s (%s): load one that was built with it",
                          curl_version_info(CURLVERSION_NOW)->version, option,
                          curl_easy_strerror(result));
}

static enum avs_status set_up(struct avs_dial *dial, const struct avs_dial_options *options,
                              const char *proxy, struct avs_error *reterr) {
    dial->easy = curl_easy_init();
    AVS_REQUIRE_MEMORY(dial->easy, reterr);
    if (options->connect_host) {
        bool brackets = is_ipv6_literal(options->connect_host);
        char entry[URL_BYTES];
        snprintf(entry, sizeof(entry), "::%s%s%s:%u", brackets ? "[" : "", options->connect_host,
                 brackets ? "]" : "", options->connect_port);
        dial->connect_to = curl_slist_append(NULL, entry);
        AVS_REQUIRE_MEMORY(dial->connect_to, reterr);
    }
    const char *option = "";
    CURLcode result = set_options(dial, options, proxy, &option);
    if (result == CURLE_OUT_OF_MEMORY) {
        return avs_fail_memory(reterr);
    }
    if (result != CURLE_OK) {
        return refuse_option(dial->facts, option, result, reterr);
    }
    if (!dial->loop->multi) {
        dial->loop->multi = curl_multi_init();
        AVS_REQUIRE_MEMORY(dial->loop->multi, reterr);
    }
    if (curl_multi_add_handle(dial->loop->multi, dial->easy) != CURLM_OK) {
        return avs_fail_memory(reterr);
    }
    return AVS_OK;
}

enum avs_status avs_dial_start(struct avs_loop *loop, const struct avs_dial_options *options,
                               avs_dial_done_fn on_done, void *user, struct avs_dial **ret_dial,
                               struct avs_error *reterr) {
    struct avs_dial_facts *facts = options->facts;
    AVS_TEXT_SET(facts->host, options->connect_host ? options->connect_host : options->host);
    facts->port = options->connect_host ? options->connect_port : options->port;
    AVS_TEXT_SET(facts->interface_name, options->interface_name);
    facts->address[0] = facts->tried[0] = '\0';
    const char *proxy = options->proxy ? options->proxy : proxy_from_environment();
    if (proxy && proxy[0] && !is_exempt(options->host)) {
        copy_proxy_without_secrets(facts->proxy, sizeof(facts->proxy), proxy);
        if (strncasecmp(proxy, "https://", 8) == 0) {
            facts->outcome = AVS_DIAL_PROXY_FAILED;
            return avs_fail_cause(reterr, AVS_ERR_PROXY, AVS_CAUSE_PROXY_FAILED,
                                  "the proxy %s is reached over TLS, which is not supported: use "
                                  "its http:// or socks5h:// port",
                                  facts->proxy);
        }
    }
    struct avs_dial *dial = calloc(1, sizeof(*dial));
    AVS_REQUIRE_MEMORY(dial, reterr);
    *dial = (struct avs_dial){.loop = loop,
                              .on_done = on_done,
                              .user = user,
                              .facts = facts,
                              .timing = options->timing,
                              .segment_bytes = options->segment_bytes};
    enum avs_status status = set_up(dial, options, proxy, reterr);
    if (status != AVS_OK) {
        dial_free(dial);
        return status;
    }
    loop->dial_count++;
    *ret_dial = dial;
    return AVS_OK;
}

void avs_dial_cancel(struct avs_dial *dial) {
    if (dial) {
        dial->loop->dial_count--;
        dial_free(dial);
    }
}

static double milliseconds(CURL *easy, CURLINFO what) {
    curl_off_t us = 0;
    curl_easy_getinfo(easy, what, &us);
    return us > 0 ? (double)us / 1000 : -1;
}

static enum avs_dial_outcome outcome_of_errno(int os_errno) {
    switch (os_errno) {
    case ENETUNREACH:
    case EHOSTUNREACH:
    case ENETDOWN:
    case EADDRNOTAVAIL:
    case EACCES: /* ICMPv6 "administratively prohibited", a route that prohibits */
    case EPERM:  /* this machine's own firewall */
        return AVS_DIAL_UNREACHABLE;
    case ETIMEDOUT:
        return AVS_DIAL_TIMEOUT;
    case ECONNREFUSED:
        return AVS_DIAL_REFUSED;
    case ECONNRESET:
        return AVS_DIAL_RESET;
    default:
        return AVS_DIAL_FAILED;
    }
}

static enum avs_dial_outcome outcome_of(const struct avs_dial *dial, CURLcode result) {
    bool has_proxy = dial->facts->proxy[0] != '\0';
    switch (result) {
    case CURLE_OK:
        return AVS_DIAL_CONNECTED;
    case CURLE_COULDNT_RESOLVE_HOST:
        return AVS_DIAL_DNS_FAILED;
    case CURLE_COULDNT_RESOLVE_PROXY:
        return AVS_DIAL_PROXY_FAILED;
    case CURLE_INTERFACE_FAILED:
        return AVS_DIAL_INTERFACE_MISSING;
    case CURLE_OPERATION_TIMEDOUT:
        if (has_proxy) {
            return AVS_DIAL_PROXY_FAILED; /* no answer, or it took the connection and said nothing
                                           */
        }
        return milliseconds(dial->easy, CURLINFO_NAMELOOKUP_TIME_T) < 0 ? AVS_DIAL_DNS_FAILED
                                                                        : AVS_DIAL_TIMEOUT;
    case CURLE_COULDNT_CONNECT:
        return has_proxy ? AVS_DIAL_PROXY_FAILED : outcome_of_errno(dial->facts->os_errno);
    default:
        return has_proxy ? AVS_DIAL_PROXY_FAILED : AVS_DIAL_FAILED;
    }
}

void avs_dial_note_timeout(struct avs_dial_facts *facts) {
    facts->curl_code = CURLE_OPERATION_TIMEDOUT;
    /* no address was tried yet: the name servers are what we waited for */
    facts->outcome = facts->proxy[0]   ? AVS_DIAL_PROXY_FAILED
                     : facts->tried[0] ? AVS_DIAL_TIMEOUT
                                       : AVS_DIAL_DNS_FAILED;
}

/* libcurl closes its own descriptor with the handle; ours is a duplicate of it. */
static int take_descriptor(CURL *easy) {
    curl_socket_t fd = CURL_SOCKET_BAD;
    if (curl_easy_getinfo(easy, CURLINFO_ACTIVESOCKET, &fd) != CURLE_OK || fd == CURL_SOCKET_BAD) {
        return -1;
    }
    return fcntl((int)fd, F_DUPFD_CLOEXEC, 3);
}

void avs_dial_finished(struct avs_dial *dial, CURLcode result) {
    struct avs_dial_facts *facts = dial->facts;
    long os_errno = 0;
    long proxy_status = 0;
    char *address = NULL;
    curl_easy_getinfo(dial->easy, CURLINFO_OS_ERRNO, &os_errno);
    curl_easy_getinfo(dial->easy, CURLINFO_HTTP_CONNECTCODE, &proxy_status);
    curl_easy_getinfo(dial->easy, CURLINFO_PRIMARY_IP, &address);
    facts->curl_code = (int)result;
    facts->os_errno = result == CURLE_OK ? 0 : (int)os_errno;
    facts->proxy_status = (int)proxy_status;
    if (address && address[0]) {
        AVS_TEXT_SET(facts->address, address);
    }
    facts->outcome = outcome_of(dial, result);
    if (dial->timing) {
        dial->timing->dns_ms = milliseconds(dial->easy, CURLINFO_NAMELOOKUP_TIME_T);
        dial->timing->connect_ms = milliseconds(dial->easy, CURLINFO_CONNECT_TIME_T);
    }
    int fd = -1;
    if (result == CURLE_OK) {
        fd = take_descriptor(dial->easy);
        if (fd < 0) {
            facts->os_errno = errno;
            facts->outcome = AVS_DIAL_FAILED;
        }
    }
    avs_dial_done_fn on_done = dial->on_done;
    void *user = dial->user;
    avs_dial_cancel(dial);
    on_done(user, fd);
}
