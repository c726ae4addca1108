/* SPDX-License-Identifier: Apache-2.0 */
/* The promises of out/replace.h, each once: whole or not at all, with its looks, nothing left
 * behind; also where two names cannot be exchanged: on kernels and behind system call filters that
 * know no renameat2, as on old boards and in containers. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <avs/report.h>

#include "out/replace.h"
#include "support/test.h"

#define OLD "{\"old\":1}"
#define NEW "{\"new\":22}"

static char folder[] = "/tmp/avs-replace-XXXXXX";
static char path[sizeof(folder) + 16];
static char other[sizeof(folder) + 16];

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
        struct avs_replace_expected expected = {
            .text = OLD, .length = strlen(OLD), .identity = identity};
        struct avs_replace_terms terms = {.like = identity, .expected = &expected};
        enum avs_status status = avs_replace_file(path, NEW, strlen(NEW), &terms, NULL);
        _exit(status == AVS_OK ? REPLACED : FAILED);
    }
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    return (enum outcome)WEXITSTATUS(status);
}

static unsigned count_files(void) {
    unsigned count = 0;
    DIR *entries = opendir(folder);
    assert_non_null(entries);
    for (struct dirent *entry; (entry = readdir(entries));) {
        count += entry->d_name[0] != '.' || strlen(entry->d_name) > 2;
    }
    closedir(entries);
    return count;
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

static void a_new_file_is_for_everybody(void **state) {
    (void)state;
    struct stat after;
    mode_t before = umask(077);
    assert_int_equal(avs_replace_file(path, NEW, strlen(NEW), NULL, NULL), AVS_OK);
    umask(before);
    assert_true(holds(NEW));
    assert_int_equal(stat(path, &after), 0);
    assert_int_equal(after.st_mode & 07777, 0644);
}

static void owner_mode_and_attributes_are_kept(void **state) {
    (void)state;
    struct stat before, after;
    char value[8];
    write_old(&before);
    if (geteuid() == 0) {
        assert_int_equal(chown(path, 12345, 54321), 0);
    }
    assert_int_equal(chmod(path, 0604), 0);
    assert_int_equal(stat(path, &before), 0);
    bool has_attributes = setxattr(path, "user.label", "kept", 4, 0) == 0;
    assert_int_equal(avs_replace_file(path, NEW, strlen(NEW), NULL, NULL), AVS_OK);
    assert_int_equal(stat(path, &after), 0);
    assert_int_not_equal(after.st_ino, before.st_ino);
    assert_int_equal(after.st_mode, before.st_mode);
    assert_int_equal(after.st_uid, before.st_uid);
    assert_int_equal(after.st_gid, before.st_gid);
    if (has_attributes) {
        assert_int_equal(getxattr(path, "user.label", value, sizeof(value)), 4);
        assert_memory_equal(value, "kept", 4);
    }
}

static void a_link_is_replaced_and_a_text_goes_where_it_leads(void **state) {
    (void)state;
    struct stat identity;
    write_old(&identity);
    assert_int_equal(symlink("c.json", other), 0);
    assert_int_equal(avs_text_to_file(NEW, other, NULL), AVS_OK);
    assert_true(holds(NEW));
    assert_int_equal(lstat(other, &identity), 0);
    assert_true(S_ISLNK(identity.st_mode));
    assert_int_equal(avs_replace_file(other, OLD, strlen(OLD), NULL, NULL), AVS_OK);
    assert_int_equal(lstat(other, &identity), 0);
    assert_true(S_ISREG(identity.st_mode));
    assert_true(holds(NEW));
}

static void a_change_in_between_is_not_lost(void **state) {
    (void)state;
    struct stat identity;
    struct avs_error error = AVS_ERROR_INIT;
    write_old(&identity);
    struct avs_replace_expected expected = {
        .text = "{\"old\":0}", .length = strlen(OLD), .identity = &identity};
    struct avs_replace_terms terms = {.expected = &expected};
    assert_int_equal(avs_replace_file(path, NEW, strlen(NEW), &terms, &error), AVS_ERR_CONFIG);
    assert_non_null(strstr(error.message, path));
    assert_true(holds(OLD));
    assert_int_equal(count_files(), 1);
}

static void an_error_names_the_place_and_what_to_do(void **state) {
    (void)state;
    char nowhere[sizeof(path) + 8];
    struct avs_error error = AVS_ERROR_INIT;
    struct avs_replace_terms terms = {.cause = AVS_CAUSE_CONFIG_UNREADABLE};
    snprintf(nowhere, sizeof(nowhere), "%s/no/c.json", folder);
    assert_int_equal(avs_replace_file(nowhere, NEW, strlen(NEW), &terms, &error), AVS_ERR_IO);
    assert_int_equal(error.os_errno, ENOENT);
    assert_int_equal(error.cause, AVS_CAUSE_CONFIG_UNREADABLE);
    assert_non_null(strstr(error.message, nowhere));
    assert_non_null(strstr(error.message, "make the folder first"));
    assert_int_equal(avs_replace_file(folder, NEW, strlen(NEW), NULL, &error), AVS_ERR_IO);
    assert_int_equal(error.os_errno, EISDIR);
    static const int known[] = {EACCES, EROFS, ENOSPC, EDQUOT, EFBIG, EBUSY, EXDEV};
    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
        assert_true(strlen(avs_replace_advice(known[i])) > 10);
    }
}

/* As a full disk is: the content does not fit. The signal of the limit must not end the process. */
static void what_does_not_fit_leaves_the_old_file(void **state) {
    (void)state;
    struct stat identity;
    write_old(&identity);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        struct avs_error error = AVS_ERROR_INIT;
        const struct rlimit limit = {.rlim_cur = 4, .rlim_max = 4};
        setrlimit(RLIMIT_FSIZE, &limit);
        bool is_told = avs_replace_file(path, NEW, strlen(NEW), NULL, &error) == AVS_ERR_IO &&
                       error.os_errno == EFBIG && strstr(error.message, "space left");
        _exit(is_told ? 0 : 1);
    }
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    assert_true(holds(OLD));
    assert_int_equal(count_files(), 1);
}

/* Again and again, ended by a signal somewhere in its work: which state it was in is the point. */
static void a_signal_leaves_no_temporary_file(void **state) {
    (void)state;
    for (int turn = 0; turn < 40; turn++) {
        int told[2];
        char byte;
        assert_int_equal(pipe(told), 0);
        pid_t child = fork();
        assert_true(child >= 0);
        if (child == 0) {
            for (;;) {
                bool is_replaced = avs_replace_file(path, NEW, strlen(NEW), NULL, NULL) == AVS_OK;
                if (!is_replaced || write(told[1], "", 1) != 1) {
                    _exit(1);
                }
            }
        }
        close(told[1]);
        for (int i = 0; i < 3; i++) {
            assert_int_equal(read(told[0], &byte, 1), 1);
        }
        kill(child, turn % 2 ? SIGTERM : SIGINT);
        int status = 0;
        assert_int_equal(waitpid(child, &status, 0), child);
        assert_true(WIFSIGNALED(status));
        close(told[0]);
        assert_true(holds(NEW));
        assert_int_equal(count_files(), 1);
    }
}

/* A folder that may be entered and written, but not read, and of another user. */
static void a_folder_that_cannot_be_read_will_do(void **state) {
    (void)state;
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        bool is_ready = chmod(folder, 0333) == 0 && (geteuid() != 0 || seteuid(65534) == 0);
        _exit(is_ready && avs_replace_file(path, NEW, strlen(NEW), NULL, NULL) == AVS_OK ? 0 : 1);
    }
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(chmod(folder, 0700), 0);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    assert_true(holds(NEW));
    assert_int_equal(count_files(), 1);
}

static void a_pipe_is_written_to(void **state) {
    (void)state;
    int ends[2];
    char name[64], got[64] = "";
    assert_int_equal(pipe(ends), 0);
    snprintf(name, sizeof(name), "/dev/fd/%d", ends[1]);
    assert_int_equal(avs_text_to_file(NEW, name, NULL), AVS_OK);
    assert_int_equal(read(ends[0], got, sizeof(got)), strlen(NEW));
    assert_string_equal(got, NEW);
    close(ends[0]);
    close(ends[1]);
}

static int no_files(void **state) {
    (void)state;
    unlink(path);
    unlink(other);
    return count_files() == 0 ? 0 : -1; /* a temporary file was left */
}

static int make_folder(void **state) {
    (void)state;
    if (!mkdtemp(folder)) {
        return -1;
    }
    snprintf(path, sizeof(path), "%s/c.json", folder);
    snprintf(other, sizeof(other), "%s/other", folder);
    return 0;
}

static int remove_folder(void **state) {
    (void)no_files(state);
    return rmdir(folder); /* fails when a temporary file was left */
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, no_files, no_files)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(replaces_with_and_without_the_exchange),
        TEST(another_error_leaves_the_file),
        TEST(a_new_file_is_for_everybody),
        TEST(owner_mode_and_attributes_are_kept),
        TEST(a_link_is_replaced_and_a_text_goes_where_it_leads),
        TEST(a_change_in_between_is_not_lost),
        TEST(an_error_names_the_place_and_what_to_do),
        TEST(what_does_not_fit_leaves_the_old_file),
        TEST(a_signal_leaves_no_temporary_file),
        TEST(a_folder_that_cannot_be_read_will_do),
        TEST(a_pipe_is_written_to),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
