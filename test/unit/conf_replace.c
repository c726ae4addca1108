/* SPDX-License-Identifier: Apache-2.0 */
/* A configuration is replaced whole also where two names cannot be exchanged: on kernels and behind
 * system call filters that know no renameat2, as on old boards and in containers. */
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "edit/replace.h"
#include "support/test.h"

#define OLD "{\"old\":1}"
#define NEW "{\"new\":22}"

static char folder[] = "/tmp/avs-conf-replace-XXXXXX";
static char path[sizeof(folder) + 16];

static void write_old(struct stat *ret_identity) {
    int file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0640);
    assert_true(file >= 0);
    assert_int_equal(write(file, OLD, strlen(OLD)), strlen(OLD));
    assert_int_equal(fstat(file, ret_identity), 0);
    close(file);
}

static bool holds(const char *text) {
    char read_back[64] = "";
    int file = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t length = read(file, read_back, sizeof(read_back) - 1);
    close(file);
    return length == (ssize_t)strlen(text) && strcmp(read_back, text) == 0;
}

/* From now on this process has no renameat2. False where filters are not to be had (qemu-user). */
static bool lose_renameat2(int os_errno) {
    struct sock_filter rows[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_renameat2, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (uint32_t)os_errno),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog filter = {.len = sizeof(rows) / sizeof(rows[0]), .filter = rows};
    return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
           prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) == 0 &&
           syscall(SYS_renameat2, -1, "", -1, "", 0) != 0 && errno == os_errno;
}

enum outcome { REPLACED, FAILED, NO_FILTER };

static enum outcome replace_in_child(int os_errno, const struct stat *identity) {
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        if (os_errno != 0 && !lose_renameat2(os_errno)) {
            _exit(NO_FILTER);
        }
        struct avs_conf_expected expected = {
            .text = OLD, .length = strlen(OLD), .identity = identity};
        enum avs_status status =
            avs_conf_replace(path, NEW, strlen(NEW), identity, &expected, NULL);
        _exit(status == AVS_OK ? REPLACED : FAILED);
    }
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    return (enum outcome)WEXITSTATUS(status);
}

static void replaces_with_and_without_the_exchange(void **state) {
    (void)state;
    const int rows[] = {0, ENOSYS, EINVAL, ENOTSUP}; /* what renameat2 answers */
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct stat identity;
        struct stat after;
        write_old(&identity);
        enum outcome outcome = replace_in_child(rows[i], &identity);
        if (outcome == NO_FILTER) {
            skip();
        }
        assert_int_equal(outcome, REPLACED);
        assert_true(holds(NEW));
        assert_int_equal(stat(path, &after), 0);
        assert_int_equal(after.st_mode, identity.st_mode);
    }
}

static void another_error_leaves_the_file(void **state) {
    (void)state;
    struct stat identity;
    write_old(&identity);
    enum outcome outcome = replace_in_child(EACCES, &identity);
    if (outcome == NO_FILTER) {
        skip();
    }
    assert_int_equal(outcome, FAILED);
    assert_true(holds(OLD));
}

static int make_folder(void **state) {
    (void)state;
    if (!mkdtemp(folder)) {
        return -1;
    }
    snprintf(path, sizeof(path), "%s/c.json", folder);
    return 0;
}

static int remove_folder(void **state) {
    (void)state;
    unlink(path);
    return rmdir(folder); /* fails when a temporary file was left */
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(replaces_with_and_without_the_exchange),
        cmocka_unit_test(another_error_leaves_the_file),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
