/* SPDX-License-Identifier: Apache-2.0 */
/* The install engine with a root of the test's own, and with a death at a chosen step: nobody but
 * Amazon can sign under Amazon's roots, so a handshake needs a stand-in that goes the same way.
 *
 *   trust_install_with apply|undo --root FILE.pem [--sysroot DIR] [--ca-file F] [--die-at N]
 *                      [--stop-at N] [--timeout MS]
 *
 * Exit code 0 done, 1 refused (message on stderr), killed by SIGKILL at step N. */
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "store/audit_scan.h"
#include "store/install.h"
#include "store/install_run.h"

static long die_at = -1, stop_at = -1, step;

static void on_step(void *user, const char *where) {
    (void)user;
    (void)where;
    if (step++ == die_at) {
        raise(SIGKILL);
    }
}

static bool is_cancelled(void *user) {
    (void)user;
    return stop_at >= 0 && step > stop_at;
}

static void hash_of(void *user, const struct avs_scan_cert *certificate) {
    avs_text_hex(user, 2 * AVS_SCAN_HASH_BYTES + 1, certificate->sha256, AVS_SCAN_HASH_BYTES);
}

static char *read_file(const char *path) {
    static char text[65536];
    FILE *file = fopen(path, "re");
    if (!file) {
        perror(path);
        exit(2);
    }
    text[fread(text, 1, sizeof(text) - 1, file)] = '\0';
    fclose(file);
    return text;
}

int main(int argc, char **argv) {
    static const struct option options[] = {
        {"root", required_argument, NULL, 'r'},
        {"sysroot", required_argument, NULL, 's'},
        {"ca-file", required_argument, NULL, 'c'},
        {"die-at", required_argument, NULL, 'd'},
        {"stop-at", required_argument, NULL, 'x'},
        {"timeout", required_argument, NULL, 't'},
        {NULL, 0, NULL, 0},
    };
    char sha256[2 * AVS_SCAN_HASH_BYTES + 1] = "";
    struct avs_ats_root root = {.name = "Stand-in Root", .file = "stand-in-root.pem"};
    const struct avs_ats_root *roots[] = {&root};
    struct avs_install_request request = {.roots = roots,
                                          .root_count = 1,
                                          .on_step = on_step,
                                          .is_cancelled = is_cancelled,
                                          .apply = true};
    for (int id; (id = getopt_long(argc, argv, "", options, NULL)) != -1;) {
        switch (id) {
        case 'r':
            root.pem = read_file(optarg);
            break;
        case 's':
            request.sysroot = optarg;
            break;
        case 'c':
            request.ca_file = optarg;
            break;
        case 'd':
            die_at = atol(optarg);
            break;
        case 'x':
            stop_at = atol(optarg);
            break;
        case 't':
            request.timeout_ms = (int)atol(optarg);
            break;
        default:
            return 2;
        }
    }
    struct avs_scan_file file;
    if (optind >= argc || !root.pem ||
        !avs_scan_bytes(root.pem, strlen(root.pem), hash_of, sha256, &file)) {
        return 2;
    }
    root.sha256 = sha256;
    request.undo = strcmp(argv[optind], "undo") == 0;
    struct avs_error error = AVS_ERROR_INIT;
    struct avs_trust_install *install = NULL;
    signal(SIGXFSZ, SIG_IGN);
    if (avs_install_run(&request, &install, &error) != AVS_OK) {
        fprintf(stderr, "%d %s\n", error.status, error.message);
        return 1;
    }
    char *json = NULL;
    if (avs_trust_install_to_json(install, &json, &error) == AVS_OK) {
        fputs(json, stdout);
        free(json);
    }
    avs_trust_install_free(install);
    return 0;
}
