/* SPDX-License-Identifier: Apache-2.0 */
/* https transfers by libcurl as the SDK's login makes them, a fresh easy handle for each:
 *   curl_get cpu URL CA COUNT      median of CPU ms from curl_easy_init to curl_easy_cleanup
 *   curl_get memory URL CA COUNT   kB of memory for each further handle with an open connection */
#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "bench.h"

static size_t drop(char *bytes, size_t size, size_t count, void *user) {
    (void)bytes;
    (void)user;
    return size * count;
}

static CURL *get(const char *url, const char *ca_file) {
    CURL *easy = curl_easy_init();
    curl_easy_setopt(easy, CURLOPT_URL, url);
    curl_easy_setopt(easy, CURLOPT_CAINFO, ca_file);
    curl_easy_setopt(easy, CURLOPT_CAPATH, NULL);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, drop);
    CURLcode code = curl_easy_perform(easy);
    if (code != CURLE_OK) {
        bench_die("libcurl: %s", curl_easy_strerror(code));
    }
    return easy;
}

static double cpu_ms(void) {
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

static double resident_kb(void) {
    long pages = 0;
    FILE *file = fopen("/proc/self/statm", "r");
    if (!file || fscanf(file, "%*d %ld", &pages) != 1) {
        bench_die("/proc/self/statm cannot be read");
    }
    fclose(file);
    return (double)pages * (double)sysconf(_SC_PAGESIZE) / 1024;
}

static double measure_cpu(const char *url, const char *ca_file, size_t count) {
    double *values = calloc(count, sizeof(*values));
    for (size_t i = 0; i < count; i++) {
        double before = cpu_ms();
        curl_easy_cleanup(get(url, ca_file));
        values[i] = cpu_ms() - before;
    }
    double median = bench_percentile(values, count, 50);
    free(values);
    return median;
}

static double measure_memory(const char *url, const char *ca_file, size_t count) {
    CURL **easies = calloc(count + 1, sizeof(CURL *));
    easies[0] = get(url, ca_file);
    double before = resident_kb();
    for (size_t i = 1; i <= count; i++) {
        easies[i] = get(url, ca_file);
    }
    double each = (resident_kb() - before) / (double)count;
    for (size_t i = 0; i <= count; i++) {
        curl_easy_cleanup(easies[i]);
    }
    free(easies);
    return each;
}

int main(int argc, char **argv) {
    if (argc != 5) {
        bench_die("usage: curl_get cpu|memory URL CA COUNT");
    }
    curl_global_init(CURL_GLOBAL_DEFAULT);
    size_t count = strtoul(argv[4], NULL, 10);
    printf("%.4f\n", strcmp(argv[1], "memory") == 0 ? measure_memory(argv[2], argv[3], count)
                                                    : measure_cpu(argv[2], argv[3], count));
    curl_global_cleanup();
    return 0;
}
