/* SPDX-License-Identifier: Apache-2.0 */
/* The installer and the audit when memory runs out at any point: an error, no leak, and the store
 * either done or as it was. What they do otherwise is tested over real trees (test/e2e). */
#include "store/install.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "store/audit.h"

#include "store/audit_run.h"
#include "store/install_run.h"
#include "store/install_updater.h"
#include "support/pki.h"
#include "support/test.h"

static char root[600], bundle[700];
static char *before;
static size_t before_length;

static void shell(const char *format, ...) {
    char command[2048];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(command, sizeof(command), format, arguments);
    va_end(arguments);
    assert_int_equal(system(command), 0);
}

static char *read_bundle(size_t *ret_length) {
    FILE *file = fopen(bundle, "re");
    assert_non_null(file);
    char *data = calloc(1, 65536);
    assert_non_null(data);
    *ret_length = fread(data, 1, 65535, file);
    fclose(file);
    return data;
}

static bool is_as_before(void) {
    size_t length = 0;
    char *now = read_bundle(&length);
    bool is_same = length == before_length && memcmp(now, before, length) == 0;
    free(now);
    char anchors[700];
    snprintf(anchors, sizeof(anchors), "%s/usr/local/share/ca-certificates/amazon-root-ca-1.crt",
             root);
    return is_same && access(anchors, F_OK) != 0;
}

static enum avs_status call(bool apply, bool undo) {
    const struct avs_ats_root *roots[] = {&avs_ats_root_table[0], &avs_ats_root_table[2]};
    struct avs_install_request request = {
        .sysroot = root, .roots = roots, .root_count = 2, .apply = apply, .undo = undo};
    struct avs_trust_install *install = NULL;
    struct avs_error error = AVS_ERROR_INIT;
    enum avs_status status = avs_install_run(&request, &install, &error);
    char *text = NULL;
    if (status == AVS_OK && avs_trust_install_to_text(install, NULL, &text, &error) == AVS_OK) {
        free(text);
    }
    if (status == AVS_OK && avs_trust_install_to_json(install, &text, &error) == AVS_OK) {
        free(text);
    }
    avs_trust_install_free(install);
    return status;
}

static void an_install_without_memory_changes_nothing(void **state) {
    (void)state;
    unsigned done = 0, refused = 0;
    for (unsigned n = 1; n < 2000; n++) {
        test_fail_allocation(n);
        enum avs_status status = call(true, false);
        bool has_failed = test_allocation_failed();
        test_fail_allocation(0);
        if (status == AVS_OK) {
            assert_false(is_as_before());
            done++;
        } else {
            refused++;
            if (!is_as_before()) { /* going back ran out of memory as well: the next call does it */
                assert_int_equal(call(true, true), AVS_OK);
            }
        }
        if (status == AVS_OK) {
            assert_int_equal(call(true, true), AVS_OK);
        }
        assert_true(is_as_before());
        if (!has_failed) {
            break;
        }
    }
    assert_true(done >= 1 && refused >= 20);
}

static void an_audit_without_memory_ends_with_an_error(void **state) {
    (void)state;
    struct avs_audit_request request = {.sysroot = root};
    unsigned refused = 0;
    for (unsigned n = 1; n < 2000; n++) {
        struct avs_trust_audit *audit = NULL;
        struct avs_error error = AVS_ERROR_INIT;
        char *text = NULL;
        test_fail_allocation(n);
        enum avs_status status = avs_audit_run(&request, &audit, &error);
        if (status == AVS_OK &&
            avs_trust_audit_to_text(audit, &(struct avs_style){.has_colour = true}, &text,
                                    &error) == AVS_OK) {
            free(text);
            text = NULL;
        }
        if (status == AVS_OK && avs_trust_audit_to_json(audit, &text, &error) == AVS_OK) {
            free(text);
        }
        bool has_failed = test_allocation_failed();
        test_fail_allocation(0);
        refused += status == AVS_ERR_NO_MEMORY;
        assert_true(status == AVS_OK || status == AVS_ERR_NO_MEMORY);
        avs_trust_audit_free(audit);
        if (!has_failed) {
            break;
        }
    }
    assert_true(refused >= 10);
}

static void the_updater_gets_a_clean_environment_and_its_last_words_are_kept(void **state) {
    (void)state;
    struct avs_error error = AVS_ERROR_INIT;
    char script[700];
    setenv("LD_PRELOAD_FOR_TEST", "x", 1);
    snprintf(script, sizeof(script), "%s/updater", root);
    FILE *file = fopen(script, "we");
    assert_non_null(file);
    fputs("#!/bin/sh\necho first\n[ -z \"$LD_PRELOAD_FOR_TEST\" ] && [ \"$LC_ALL\" = C ] && "
          "[ \"$1\" = extract ] && echo 'the last words' >&2\nexit 7\n",
          file);
    fclose(file);
    assert_int_equal(chmod(script, 0755), 0);
    const char *const arguments[AVS_DISTRO_ARGS_MAX] = {script, "extract"};
    assert_int_equal(avs_install_run_updater(arguments, 20000, NULL, NULL, &error), AVS_ERR_IO);
    assert_non_null(strstr(error.message, "exit code 7"));
    assert_non_null(strstr(error.message, "the last words"));
    assert_null(strstr(error.message, "first"));
}

/** A script to be run as the updater. */
static const char *script_of(const char *text) {
    static char script[700];
    snprintf(script, sizeof(script), "%s/updater", root);
    FILE *file = fopen(script, "we");
    assert_non_null(file);
    fprintf(file, "#!/bin/sh\n%s\n", text);
    fclose(file);
    assert_int_equal(chmod(script, 0755), 0);
    return script;
}

static int64_t run_ms(const char *script, int timeout_ms, enum avs_status *ret_status,
                      struct avs_error *error) {
    const char *const arguments[AVS_DISTRO_ARGS_MAX] = {script};
    int64_t was = avs_clock_monotonic_us();
    *ret_status = avs_install_run_updater(arguments, timeout_ms, NULL, NULL, error);
    return (avs_clock_monotonic_us() - was) / 1000;
}

static void an_ignored_sigchld_neither_hangs_nor_hides_the_exit_code(void **state) {
    (void)state;
    struct avs_error error = AVS_ERROR_INIT;
    struct sigaction ignored = {.sa_handler = SIG_IGN}, was, after;
    enum avs_status status;
    assert_int_equal(sigaction(SIGCHLD, &ignored, &was), 0);
    assert_true(run_ms(script_of("exit 0"), 20000, &status, &error) < 10000);
    assert_int_equal(status, AVS_OK);
    assert_true(run_ms(script_of("exit 7"), 20000, &status, &error) < 10000);
    assert_int_equal(status, AVS_ERR_IO);
    assert_non_null(strstr(error.message, "exit code 7"));
    assert_int_equal(sigaction(SIGCHLD, &was, &after), 0);
    assert_ptr_equal(after.sa_handler, SIG_IGN); /* as it was */
}

static void reap_everything(int number) {
    int saved = errno;
    (void)number;
    while (waitpid(-1, NULL, WNOHANG) > 0) {
    }
    errno = saved;
}

static void a_handler_that_reaps_every_child_does_not_hang_it(void **state) {
    (void)state;
    struct avs_error error = AVS_ERROR_INIT;
    struct sigaction reaping = {.sa_handler = reap_everything}, was;
    enum avs_status status;
    assert_int_equal(sigaction(SIGCHLD, &reaping, &was), 0);
    assert_true(run_ms(script_of("exit 0"), 20000, &status, &error) < 10000);
    assert_int_equal(status, AVS_OK);
    sigaction(SIGCHLD, &was, NULL);
}

/** Gone, or dead and not yet reaped by whoever inherited it. */
static bool is_dead(int pid) {
    char path[64], state = 'Z';
    snprintf(path, sizeof(path), "/proc/%d/stat", pid);
    FILE *file = fopen(path, "re");
    if (file) {
        assert_int_equal(fscanf(file, "%*d (%*[^)]) %c", &state), 1);
        fclose(file);
    }
    return state == 'Z';
}

static void what_an_updater_leaves_behind_is_ended_with_it(void **state) {
    (void)state;
    struct avs_error error = AVS_ERROR_INIT;
    enum avs_status status;
    char text[900], path[800];
    int left = 0;
    snprintf(path, sizeof(path), "%s/left", root);
    snprintf(text, sizeof(text),
             "trap 'exit 0' TERM\n(trap '' TERM; exec sleep 60) &\necho $! > '%s'\nwait", path);
    assert_true(run_ms(script_of(text), 1000, &status, &error) < 10000);
    assert_int_equal(status, AVS_ERR_TIMEOUT);
    FILE *file = fopen(path, "re");
    assert_non_null(file);
    assert_int_equal(fscanf(file, "%d", &left), 1);
    fclose(file);
    for (unsigned i = 0; i < 500 && !is_dead(left); i++) {
        poll(NULL, 0, 10);
    }
    assert_true(is_dead(left));
}

static void what_we_ignore_does_not_reach_the_updater(void **state) {
    (void)state;
    static const struct {
        int number;
        bool stays_ignored; /* our caller's wish: nohup */
    } rows[] = {{SIGPIPE, false}, {SIGXFSZ, false}, {SIGCHLD, false}, {SIGHUP, true}};
    struct sigaction ignored = {.sa_handler = SIG_IGN}, was[AVS_COUNT(rows)];
    struct avs_error error = AVS_ERROR_INIT;
    enum avs_status status;
    for (size_t i = 0; i < AVS_COUNT(rows); i++) {
        sigaction(rows[i].number, &ignored, &was[i]);
    }
    run_ms(script_of("grep SigIgn /proc/self/status | tr -d '\t'; exit 1"), 20000, &status, &error);
    for (size_t i = 0; i < AVS_COUNT(rows); i++) {
        sigaction(rows[i].number, &was[i], NULL);
    }
    assert_int_equal(status, AVS_ERR_IO);
    const char *mask = strstr(error.message, "SigIgn:");
    assert_non_null(mask);
    const char *digits = strpbrk(mask + strlen("SigIgn:"), "0123456789abcdef"); /* behind a tab */
    assert_non_null(digits);
    unsigned long long bits = strtoull(digits, NULL, 16);
    for (size_t i = 0; i < AVS_COUNT(rows); i++) {
        assert_int_equal((bits >> (rows[i].number - 1)) & 1, rows[i].stays_ignored);
    }
}

static int set_up(void **state) {
    (void)state;
    snprintf(root, sizeof(root), "%s/tree", pki_folder());
    snprintf(bundle, sizeof(bundle), "%s/etc/ssl/certs/ca-certificates.crt", root);
    shell("mkdir -p '%s/etc/ssl/certs' '%s/usr/local/share/ca-certificates' "
          "'%s/usr/share/ca-certificates' && "
          "echo '# list' > '%s/etc/ca-certificates.conf' && "
          "cp '" AVS_SOURCE_DIR "/config/roots/starfield-class-2.pem' '%s' && "
          "cp '%s' '%s/etc/ssl/certs/class2.pem' && openssl rehash '%s/etc/ssl/certs' 2>/dev/null",
          root, root, root, root, bundle, bundle, root, root);
    before = read_bundle(&before_length);
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    free(before);
    shell("rm -rf '%s'", root);
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_install_without_memory_changes_nothing),
        cmocka_unit_test(an_audit_without_memory_ends_with_an_error),
        cmocka_unit_test(an_ignored_sigchld_neither_hangs_nor_hides_the_exit_code),
        cmocka_unit_test(a_handler_that_reaps_every_child_does_not_hang_it),
        cmocka_unit_test(what_an_updater_leaves_behind_is_ended_with_it),
        cmocka_unit_test(what_we_ignore_does_not_reach_the_updater),
        cmocka_unit_test(the_updater_gets_a_clean_environment_and_its_last_words_are_kept),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
