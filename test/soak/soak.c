/* SPDX-License-Identifier: Apache-2.0 */
/* The soak: a session like a device's, for as long as you like, against a server that resets,
 * refuses, says GOAWAY, freezes, drops and cuts at random (faults.localhost of the stand-in). It
 * passes when every accepted request was finished exactly once and neither memory nor descriptors
 * grew.
 *
 * Usage: soak AVS-SHIM-COMMAND SECONDS [SEED]; prints one JSON line, exits 0 or 1. */
#include <dirent.h>
#include <errno.h>
#include <netinet/in.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <avs/client.h>

#define URL_BASE       "https://faults.localhost"
#define THREADS        4
#define OUTSTANDING    24   /* unfinished requests of all threads */
#define SLOTS          4096 /* a slot is used again only after all others */
#define CLIENT_SECONDS 20   /* then the client is freed, streams open or not */
#define SAMPLES_MAX    4096
#ifdef __SANITIZE_ADDRESS__
#define GROWTH_KB_MAX \
    (1024 * 1024) /* its quarantine of freed memory grows; leaks it tells itself */
#else
#define GROWTH_KB_MAX 2048
#endif

struct slot {
    atomic_uint state; /* 0 free, 1 submitted */
    unsigned source_left;
    unsigned pauses_left;
    bool is_downchannel;
    bool stops_itself;
};

static struct slot slots[SLOTS];
static atomic_uint next_slot;
static atomic_ulong submitted, finished, refused;
static atomic_ulong by_finish[4];
static atomic_ulong by_cause[AVS_CAUSE_COUNT];
static atomic_uint violations;
static atomic_bool is_over;
static atomic_bool is_downchannel_open;
static sem_t room;
static pthread_rwlock_t client_lock = PTHREAD_RWLOCK_INITIALIZER;
static struct avs_client *client; /* behind client_lock */
static atomic_ulong clients_made;

static struct avs_client_options client_options;
static char connect_to[32];
static char ca_file[512];

/* Each thread its own generator: xorshift64. */
static unsigned random_below(uint64_t *seed, unsigned limit) {
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;
    return (unsigned)(*seed % limit);
}

static void violation(const char *what) {
    fprintf(stderr, "soak: %s\n", what);
    atomic_fetch_add(&violations, 1);
}

static enum avs_source_result on_read(void *user, uint64_t id, uint8_t *buffer, size_t capacity,
                                      size_t *ret_length) {
    struct slot *slot = user;
    (void)id;
    if (slot->pauses_left > 0) {
        slot->pauses_left--;
        return AVS_SOURCE_PAUSE;
    }
    size_t length = slot->source_left < capacity ? slot->source_left : capacity;
    length = length < 320 ? length : 320; /* a microphone's pace of bytes */
    memset(buffer, 'm', length);
    slot->source_left -= (unsigned)length;
    *ret_length = length;
    if (slot->stops_itself && slot->source_left < 1000) {
        return AVS_SOURCE_ABORT;
    }
    return slot->source_left == 0 ? AVS_SOURCE_COMPLETE : AVS_SOURCE_CONTINUE;
}

static enum avs_sink_result on_data(void *user, uint64_t id, const uint8_t *bytes, size_t length) {
    struct slot *slot = user;
    (void)id;
    (void)bytes;
    (void)length;
    if (atomic_load(&slot->state) != 1) {
        violation("on_data for a request that was finished");
    }
    if (slot->pauses_left > 0) {
        slot->pauses_left--;
        return AVS_SINK_PAUSE;
    }
    return AVS_SINK_SUCCESS;
}

static void on_finished(void *user, uint64_t id, enum avs_finish finish,
                        const struct avs_failure *failure) {
    struct slot *slot = user;
    (void)id;
    unsigned expected = 1;
    if (slot->is_downchannel) {
        atomic_store(&is_downchannel_open, false);
    }
    if (!atomic_compare_exchange_strong(&slot->state, &expected, 0)) {
        violation("on_finished a second time");
    }
    if ((finish == AVS_FINISH_COMPLETE) != (failure == NULL)) {
        violation("a failure without words, or words without a failure");
    }
    if (failure && (failure->cause == AVS_CAUSE_NONE || failure->error->message[0] == '\0')) {
        violation("a failure without a cause");
    }
    atomic_fetch_add(&by_finish[finish], 1);
    atomic_fetch_add(&by_cause[failure ? failure->cause : AVS_CAUSE_NONE], 1);
    atomic_fetch_add(&finished, 1);
    sem_post(&room);
}

static struct slot *take_slot(void) {
    for (;;) {
        struct slot *slot = &slots[atomic_fetch_add(&next_slot, 1) % SLOTS];
        unsigned expected = 0;
        if (atomic_compare_exchange_strong(&slot->state, &expected, 1)) {
            return slot;
        }
    }
}

static void submit(struct avs_request *request, struct slot *slot, bool is_to_cancel) {
    struct avs_error error = AVS_ERROR_INIT;
    uint64_t id = 0;
    request->size = sizeof(*request);
    request->user = slot;
    request->on_data = on_data;
    request->on_finished = on_finished;
    pthread_rwlock_rdlock(&client_lock);
    enum avs_status status = avs_client_submit(client, request, &id, &error);
    if (status == AVS_OK) {
        atomic_fetch_add(&submitted, 1);
        if (is_to_cancel) {
            avs_client_cancel(client, id);
        }
    }
    pthread_rwlock_unlock(&client_lock);
    if (status != AVS_OK) {
        atomic_store(&slot->state, 0);
        atomic_fetch_add(&refused, 1);
        sem_post(&room);
    }
}

static void submit_random(uint64_t *seed) {
    struct slot *slot = take_slot();
    struct avs_request request = {.url = URL_BASE "/v20160207/events", .pause_retry_ms = 10};
    slot->is_downchannel = slot->stops_itself = false;
    slot->pauses_left = random_below(seed, 3);
    slot->source_left = 0;
    switch (random_below(seed, 4)) {
    case 0:
        request.url = URL_BASE "/ping";
        request.transfer_timeout_ms = 3000;
        break;
    case 1:
        request.url = URL_BASE "/";
        break;
    default:
        request.on_read = on_read;
        request.activity_timeout_ms = 3000;
        slot->source_left = 200 + random_below(seed, 40000);
        slot->stops_itself = random_below(seed, 30) == 0;
        break;
    }
    submit(&request, slot, random_below(seed, 20) == 0);
}

static void open_downchannel(void) {
    struct slot *slot = take_slot();
    struct avs_request request = {.url = URL_BASE "/v20160207/directives",
                                  .connection_timeout_ms = 60000,
                                  .pause_retry_ms = 10,
                                  .is_long_lived = true};
    slot->is_downchannel = true;
    slot->pauses_left = 1;
    atomic_store(&is_downchannel_open, true);
    submit(&request, slot, false);
}

static void *work(void *user) {
    uint64_t seed = *(const uint64_t *)user;
    while (!atomic_load(&is_over)) {
        sem_wait(&room);
        if (!atomic_exchange(&is_downchannel_open, true)) {
            open_downchannel();
        } else {
            submit_random(&seed);
        }
        const struct timespec pause = {.tv_nsec = (long)random_below(&seed, 4000) * 1000};
        nanosleep(&pause, NULL);
    }
    return NULL;
}

static bool make_client(void) {
    struct avs_error error = AVS_ERROR_INIT;
    if (avs_client_new(&client_options, &client, &error) != AVS_OK) {
        fprintf(stderr, "soak: %s\n", error.message);
        return false;
    }
    atomic_fetch_add(&clients_made, 1);
    return true;
}

static void replace_client(void) {
    pthread_rwlock_wrlock(&client_lock);
    avs_client_free(client); /* streams are open */
    if (atomic_load(&submitted) != atomic_load(&finished)) {
        violation("avs_client_free returned before every request was finished");
    }
    if (!make_client()) {
        exit(2);
    }
    pthread_rwlock_unlock(&client_lock);
}

static long resident_kb(void) {
    long pages = 0, resident = 0;
    FILE *file = fopen("/proc/self/statm", "re");
    if (file) {
        if (fscanf(file, "%ld %ld", &pages, &resident) != 2) {
            resident = 0;
        }
        fclose(file);
    }
    return resident * (sysconf(_SC_PAGESIZE) / 1024);
}

static unsigned count_descriptors(void) {
    unsigned count = 0;
    DIR *directory = opendir("/proc/self/fd");
    while (directory && readdir(directory)) {
        count++;
    }
    if (directory) {
        closedir(directory);
    }
    return count;
}

static uint16_t free_port(void) {
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t length = sizeof(address);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (bind(fd, (struct sockaddr *)&address, sizeof(address)) != 0 ||
        getsockname(fd, (struct sockaddr *)&address, &length) != 0) {
        address.sin_port = 0;
    }
    close(fd);
    return ntohs(address.sin_port);
}

static bool is_listening(uint16_t port) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool result = connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0;
    close(fd);
    return result;
}

static pid_t start_standin(const char *command, uint16_t port, const char *directory,
                           const char *seed) {
    char port_text[8];
    snprintf(port_text, sizeof(port_text), "%u", port);
    pid_t child = fork();
    if (child == 0) {
        if (!freopen("/dev/null", "w", stdout)) {
            _exit(127);
        }
        execl(command, command, "standin", "--port", port_text, "--dir", directory, "--seed", seed,
              "--directive-ms", "50", (char *)NULL);
        _exit(127);
    }
    for (unsigned i = 0; child > 0 && i < 500; i++) {
        const struct timespec pause = {.tv_nsec = 20000000};
        if (is_listening(port) && access(ca_file, R_OK) == 0) {
            return child;
        }
        nanosleep(&pause, NULL);
    }
    return -1;
}

static long peak(const long *samples, size_t from, size_t to) {
    long most = 0;
    for (size_t i = from; i < to; i++) {
        most = samples[i] > most ? samples[i] : most;
    }
    return most;
}

static int report(unsigned seconds, long growth_kb, long resident, unsigned fds_before,
                  unsigned fds_after) {
    bool is_passed = violations == 0 && submitted == finished && growth_kb <= GROWTH_KB_MAX &&
                     fds_after <= fds_before;
    printf("{\"soak\":\"%s\",\"seconds\":%u,\"submitted\":%lu,\"finished\":%lu,\"complete\":%lu,"
           "\"timeout\":%lu,\"cancelled\":%lu,\"internal_error\":%lu,\"clients\":%lu,"
           "\"violations\":%u,\"resident_kb\":%ld,\"growth_kb\":%ld,\"descriptors_before\":%u,"
           "\"descriptors_after\":%u,\"causes\":{",
           is_passed ? "passed" : "failed", seconds, submitted, finished, by_finish[0],
           by_finish[1], by_finish[2], by_finish[3], clients_made, violations, resident, growth_kb,
           fds_before, fds_after);
    const char *comma = "";
    for (int i = 0; i < AVS_CAUSE_COUNT; i++) {
        if (by_cause[i] > 0) {
            printf("%s\"%s\":%lu", comma, avs_cause_info((enum avs_cause)i)->id, by_cause[i]);
            comma = ",";
        }
    }
    printf("}}\n");
    return is_passed ? 0 : 1;
}

/* The session itself: samples the memory each second, replaces the client now and then. */
static int soak(unsigned seconds, uint64_t seed) {
    static long samples[SAMPLES_MAX];
    size_t sample_count = 0;
    pthread_t threads[THREADS];
    uint64_t seeds[THREADS];
    unsigned fds_before = count_descriptors();
    if (!make_client()) {
        return 2;
    }
    sem_init(&room, 0, OUTSTANDING);
    for (unsigned i = 0; i < THREADS; i++) {
        seeds[i] = (seed + i + 1) * UINT64_C(0x9e3779b97f4a7c15);
        if (pthread_create(&threads[i], NULL, work, &seeds[i]) != 0) {
            return 2;
        }
    }
    for (unsigned second = 1; second <= seconds; second++) {
        sleep(1);
        if (sample_count < SAMPLES_MAX) {
            samples[sample_count++] = resident_kb();
        }
        if (second % CLIENT_SECONDS == 0) {
            replace_client();
        }
    }
    atomic_store(&is_over, true);
    for (unsigned i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
    }
    avs_client_free(client);
    long growth_kb = peak(samples, sample_count * 3 / 4, sample_count) -
                     peak(samples, sample_count / 4, sample_count / 2);
    return report(seconds, growth_kb, resident_kb(), fds_before, count_descriptors());
}

int main(int argc, char **argv) {
    char directory[] = "/tmp/avs-soak-XXXXXX";
    if (argc < 3 || atoi(argv[2]) < 4 || !mkdtemp(directory)) {
        fprintf(stderr, "Usage: soak AVS-SHIM-COMMAND SECONDS(4 or more) [SEED]\n");
        return 2;
    }
    const char *seed = argc > 3 ? argv[3] : "1";
    uint16_t port = free_port();
    snprintf(ca_file, sizeof(ca_file), "%s/ca.pem", directory);
    pid_t standin = start_standin(argv[1], port, directory, seed);
    if (standin < 0) {
        fprintf(stderr, "soak: the stand-in did not start\n");
        return 2;
    }
    snprintf(connect_to, sizeof(connect_to), "127.0.0.1:%u", port);
    client_options = (struct avs_client_options){
        .size = sizeof(client_options),
        .ca_file = ca_file,
        .connect_to = connect_to,
        .proxy = "",
        .ping_timeout_ms = 2500,
    };
    int result = soak((unsigned)atoi(argv[2]), strtoull(seed, NULL, 10));
    kill(standin, SIGTERM);
    waitpid(standin, NULL, 0);
    char remove[600];
    snprintf(remove, sizeof(remove), "rm -r '%s'", directory);
    return system(remove) == 0 ? result : 2;
}
