/* SPDX-License-Identifier: Apache-2.0 */
/* An AVS-shaped session from the command line: see the help text. Signals, time and the order of
 * things are here; the requests are session.c's. */
#define _GNU_SOURCE
#include <errno.h>
#include <getopt.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#include "session.h"

#define TOKEN_BYTES_MAX   8192
#define EVENT_INTERVAL_MS 5000
#define PING_INTERVAL_MS  300000 /* AVS: after 5 minutes without other traffic */
#define RETRY_MS_FIRST    500
#define RETRY_MS_MAX      60000
#define DIRECTIVE_WAIT_MS 2000 /* after the last event of --count */
#define INTERVAL_MS_MAX   3600000
#define NEVER             INT64_MAX

static const char help[] =
    "Usage: avs-session [OPTIONS]\n"
    "\n"
    "Hold a session of the shape of AVS over the avs-shim transport: keep the downchannel open, "
    "post\n"
    "events, show which directives come, ping. Prints log lines in the AVS Device SDK's format.\n"
    "Ctrl-C ends it in good order.\n"
    "\n"
    "Options:\n"
    "  --endpoint URL       https://host[:port], or na, eu, fe, ats-test (default: na)\n"
    "  --config FILE        an AlexaClientSDKConfig.json: its endpoint, CA file, proxy, interface\n"
    "  --connect-to H:P     dial this instead; the certificate must still be the endpoint's\n"
    "  --ca-file FILE       trust these roots instead of the system's\n"
    "  --token-file FILE    send its first line as the bearer token; it is never printed\n"
    "  --interval-ms N      pause between events (default 5000)\n"
    "  --ping-ms N          pause between pings (default 300000)\n"
    "  --count N            end after N events and the directives that answer them (default 0: go "
    "on)\n"
    "  --log-level LEVEL    DEBUG9 to CRITICAL (default INFO)\n"
    "  -h, --help           this text\n"
    "\n"
    "Examples:\n"
    "  avs-shim standin --port 8443 --dir pki &\n"
    "  avs-session --endpoint https://ok.localhost --connect-to 127.0.0.1:8443 \\\n"
    "      --ca-file pki/ca.pem --count 3\n"
    "  avs-session --endpoint eu --token-file token.txt\n"
    "\n"
    "Exit codes: 0 ended by a signal or after --count; 1 an event failed or no downchannel came\n"
    "with --count; 2 usage error.\n";

static void print_line(void *user, enum avs_log_level level, const char *line) {
    (void)user;
    (void)level;
    puts(line);
    fflush(stdout);
}

struct arguments {
    struct session_options session;
    const char *config_path, *token_path;
    long interval_ms, ping_ms, count;
};

static int usage(const char *problem, const char *what) {
    fprintf(stderr, "avs-session: %s%s; avs-session --help shows what there is\n", problem, what);
    return 2;
}

static bool to_number(const char *text, long least, long most, long *ret_number) {
    char *end = NULL;
    errno = 0;
    *ret_number = strtol(text, &end, 10);
    return errno == 0 && end != text && *end == '\0' && *ret_number >= least && *ret_number <= most;
}

/* 0: go on; else the exit code plus one. */
static int read_arguments(int argc, char **argv, struct arguments *arguments) {
    enum { ENDPOINT = 256, CONFIG, CONNECT_TO, CA_FILE, TOKEN_FILE, INTERVAL, PING, COUNT, LEVEL };
    static const struct option options[] = {{"endpoint", required_argument, NULL, ENDPOINT},
                                            {"config", required_argument, NULL, CONFIG},
                                            {"connect-to", required_argument, NULL, CONNECT_TO},
                                            {"ca-file", required_argument, NULL, CA_FILE},
                                            {"token-file", required_argument, NULL, TOKEN_FILE},
                                            {"interval-ms", required_argument, NULL, INTERVAL},
                                            {"ping-ms", required_argument, NULL, PING},
                                            {"count", required_argument, NULL, COUNT},
                                            {"log-level", required_argument, NULL, LEVEL},
                                            {"help", no_argument, NULL, 'h'},
                                            {NULL, 0, NULL, 0}};
    int level = 0;
    for (int id; (id = getopt_long(argc, argv, "h", options, NULL)) != -1;) {
        switch (id) {
        case ENDPOINT:
            arguments->session.endpoint = optarg;
            break;
        case CONFIG:
            arguments->config_path = optarg;
            break;
        case CONNECT_TO:
            arguments->session.client.connect_to = optarg;
            break;
        case CA_FILE:
            arguments->session.client.ca_file = optarg;
            arguments->session.client.store_source = "option";
            break;
        case TOKEN_FILE:
            arguments->token_path = optarg;
            break;
        case INTERVAL:
            if (!to_number(optarg, 1, INTERVAL_MS_MAX, &arguments->interval_ms)) {
                return 1 + usage("--interval-ms takes 1 to 3600000, not ", optarg);
            }
            break;
        case PING:
            if (!to_number(optarg, 1, INTERVAL_MS_MAX, &arguments->ping_ms)) {
                return 1 + usage("--ping-ms takes 1 to 3600000, not ", optarg);
            }
            break;
        case COUNT:
            if (!to_number(optarg, 0, 1000000, &arguments->count)) {
                return 1 + usage("--count takes 0 to 1000000, not ", optarg);
            }
            break;
        case LEVEL:
            level = avs_log_level_from_name(optarg);
            if (level < 0) {
                return 1 + usage("--log-level takes DEBUG9 to CRITICAL, not ", optarg);
            }
            arguments->session.client.log.level = (enum avs_log_level)level;
            break;
        case 'h':
            fputs(help, stdout);
            return 1;
        default:
            return 1 + 2; /* getopt has said what is wrong */
        }
    }
    return optind < argc ? 1 + usage("unexpected argument ", argv[optind]) : 0;
}

/* What the command line leaves open comes from the SDK's own configuration. */
static bool apply_config(struct arguments *arguments, struct avs_config **ret_config) {
    struct avs_error error = AVS_ERROR_INIT;
    if (avs_config_load(&arguments->config_path, 1, ret_config, &error) != AVS_OK) {
        fprintf(stderr, "avs-session: %s\n", error.message);
        return false;
    }
    const struct avs_config *config = *ret_config;
    struct avs_client_options *client = &arguments->session.client;
    if (!arguments->session.endpoint) {
        arguments->session.endpoint = avs_config_value(config, AVS_CONFIG_ENDPOINT);
    }
    if (!client->ca_file) {
        client->ca_file = avs_config_value(config, AVS_CONFIG_CA_FILE);
        client->ca_path = avs_config_value(config, AVS_CONFIG_CA_PATH);
        client->store_source = client->ca_file || client->ca_path ? "config" : NULL;
    }
    client->proxy = avs_config_value(config, AVS_CONFIG_PROXY);
    client->interface_name = avs_config_value(config, AVS_CONFIG_INTERFACE);
    return true;
}

/* A name, or a URL that can be dialled: `endpoint` gets it without its trailing slash. */
static bool resolve_endpoint(struct arguments *arguments, struct avs_endpoint *endpoint) {
    const char *text = arguments->session.endpoint ? arguments->session.endpoint : "na";
    const char *url = avs_endpoint_from_name(text);
    struct avs_error error = AVS_ERROR_INIT;
    url = url ? url : text;
    if (avs_endpoint_check(url, strlen(url), endpoint, &error) != AVS_OK) {
        fprintf(stderr, "avs-session: %s\n", error.message);
        return false;
    }
    arguments->session.endpoint = endpoint->url;
    return true;
}

/* The first line of the file; NULL, and a message, when there is none. */
static char *read_token(const char *path) {
    static char token[TOKEN_BYTES_MAX];
    FILE *file = fopen(path, "r");
    if (!file || !fgets(token, sizeof(token), file)) {
        fprintf(stderr, "avs-session: cannot read a token from %s: %s\n", path,
                file ? "it is empty" : strerror(errno));
        if (file) {
            fclose(file);
        }
        return NULL;
    }
    fclose(file);
    token[strcspn(token, "\r\n")] = '\0';
    return token;
}

/* ---------------------------------------------------------------- the session's course */

static int64_t now_ms(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

struct course {
    const struct arguments *arguments;
    struct session *session;
    int64_t open_ms, event_ms, ping_ms, end_ms; /* when each is due */
    int64_t retry_ms;
    int64_t sent, done, failed, directives;
};

static void take_news(struct course *course) {
    struct session_news news = session_take(course->session);
    const struct arguments *arguments = course->arguments;
    int64_t now = now_ms();
    course->done += news.events_done;
    course->failed += news.events_failed;
    course->directives += news.directives;
    if (news.downchannel_opened) {
        course->retry_ms = RETRY_MS_FIRST;
        course->event_ms = now;
        course->ping_ms = now + arguments->ping_ms;
    }
    if (news.downchannel_ended) { /* back off, twice as long each time */
        course->open_ms = now + course->retry_ms;
        course->retry_ms =
            course->retry_ms * 2 < RETRY_MS_MAX ? course->retry_ms * 2 : RETRY_MS_MAX;
        course->event_ms = course->ping_ms = NEVER;
        if (arguments->count > 0 && course->done == 0) {
            course->failed++;
            course->end_ms = now;
        }
    }
    if (arguments->count > 0 && course->done >= arguments->count) {
        course->end_ms = course->directives >= course->done || course->failed ? now
                         : course->end_ms < NEVER                             ? course->end_ms
                                                  : now + DIRECTIVE_WAIT_MS;
    }
}

static void do_what_is_due(struct course *course) {
    const struct arguments *arguments = course->arguments;
    int64_t now = now_ms();
    if (now >= course->open_ms) {
        course->open_ms = NEVER;
        session_open_downchannel(course->session);
    }
    if (now >= course->event_ms) {
        course->sent++;
        session_post_event(course->session);
        bool is_last = arguments->count > 0 && course->sent >= arguments->count;
        course->event_ms = is_last ? NEVER : now + arguments->interval_ms;
    }
    if (now >= course->ping_ms) {
        course->ping_ms = now + arguments->ping_ms;
        session_ping(course->session);
    }
}

static int64_t next_due(const struct course *course) {
    const int64_t times[] = {course->open_ms, course->event_ms, course->ping_ms, course->end_ms};
    int64_t next = NEVER;
    for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
        next = times[i] < next ? times[i] : next;
    }
    return next;
}

static int hold(struct course *course, int wake_fd, int signal_fd) {
    for (;;) {
        do_what_is_due(course);
        int64_t left_ms = next_due(course) - now_ms();
        struct pollfd fds[] = {{.fd = signal_fd, .events = POLLIN},
                               {.fd = wake_fd, .events = POLLIN}};
        poll(fds, 2, left_ms < 0 ? 0 : left_ms < INTERVAL_MS_MAX ? (int)left_ms : INTERVAL_MS_MAX);
        if (fds[0].revents) {
            session_log(AVS_LOG_INFO, "endedBySignal", NULL, 0);
            return 0;
        }
        if (fds[1].revents) {
            uint64_t count;
            (void)!read(wake_fd, &count, sizeof(count));
            take_news(course);
        }
        if (now_ms() >= course->end_ms) {
            return course->failed ? 1 : 0;
        }
    }
}

int main(int argc, char **argv) {
    struct arguments arguments = {.interval_ms = EVENT_INTERVAL_MS, .ping_ms = PING_INTERVAL_MS};
    arguments.session.client.log = (struct avs_log){.write = print_line, .level = AVS_LOG_INFO};
    int code = read_arguments(argc, argv, &arguments);
    if (code != 0) {
        return code - 1;
    }
    struct avs_config *config = NULL;
    struct avs_endpoint endpoint = {.size = sizeof(endpoint)};
    char *token = NULL;
    if ((arguments.config_path && !apply_config(&arguments, &config)) ||
        !resolve_endpoint(&arguments, &endpoint) ||
        (arguments.token_path && !(token = read_token(arguments.token_path)))) {
        avs_config_free(config);
        return 2;
    }
    arguments.session.token = token;
    arguments.session.client.size = sizeof(arguments.session.client);

    sigset_t ends;
    sigemptyset(&ends);
    sigaddset(&ends, SIGINT);
    sigaddset(&ends, SIGTERM);
    sigprocmask(SIG_BLOCK, &ends, NULL); /* before any thread, so that all inherit it */
    int signal_fd = signalfd(-1, &ends, SFD_CLOEXEC);
    int wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    struct course course = {.arguments = &arguments,
                            .session = session_new(&arguments.session, wake_fd),
                            .retry_ms = RETRY_MS_FIRST,
                            .event_ms = NEVER,
                            .ping_ms = NEVER,
                            .end_ms = NEVER};
    code = course.session ? hold(&course, wake_fd, signal_fd) : 2;
    if (course.session) {
        session_free(course.session);
    }
    avs_config_free(config);
    close(wake_fd);
    close(signal_fd);
    return code;
}
