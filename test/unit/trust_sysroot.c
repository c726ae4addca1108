/* SPDX-License-Identifier: Apache-2.0 */
/* Paths below a root never leave it: by openat2 and by hand, the same answers. */
#include "store/sysroot.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "support/pki.h"
#include "support/test.h"

static char base[512];      /* a folder of this test */
static char root_path[600]; /* the root below it */
static struct avs_sysroot root;

static void put(const char *path, const char *text) {
    char full[1024];
    snprintf(full, sizeof(full), "%s/%s", base, path);
    FILE *file = fopen(full, "we");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

static void folder(const char *path) {
    char full[1024];
    snprintf(full, sizeof(full), "%s/%s", base, path);
    assert_int_equal(mkdir(full, 0755), 0);
}

static void link_to(const char *target, const char *path) {
    char full[1024];
    snprintf(full, sizeof(full), "%s/%s", base, path);
    assert_int_equal(symlink(target, full), 0);
}

/** What the file holds, "" and errno when it cannot be read. */
static const char *content(const char *path) {
    static char text[64];
    char *data = NULL;
    size_t length = 0;
    text[0] = '\0';
    if (avs_sysroot_read(&root, path, 1000, &data, &length, NULL)) {
        snprintf(text, sizeof(text), "%s", data);
        free(data);
    }
    return text;
}

static const struct {
    const char *path, *content;
} paths[] = {
    {"/file", "inside"},
    {"file", "inside"},
    {"/sub/../file", "inside"},
    {"/../../file", "inside"}, /* ".." ends at the root */
    {"/absolute", "inside"},   /* -> /file */
    {"/sub/up", "inside"},     /* -> ../../../../file */
    {"/chain", "inside"},      /* -> absolute -> /file */
    {"/subdir-link/inner", "inner"},
    {"/sub//./inner", "inner"},
    {"/escape", ""},     /* -> /secret: outside there is one, inside there is none */
    {"/sub/escape", ""}, /* -> ../../secret */
    {"/loop", ""},
    {"/file/below", ""},
    {"/missing", ""},
    {"/sub", ""},
};

static void no_path_leaves_the_root(void **state) {
    (void)state;
    for (unsigned by_hand = 0; by_hand < 2; by_hand++) {
        root.walk_by_hand = by_hand;
        for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
            const char *found = content(paths[i].path);
            if (strcmp(found, paths[i].content) != 0) {
                fail_msg("%s %s: '%s'", by_hand ? "by hand" : "openat2", paths[i].path, found);
            }
        }
    }
    root.walk_by_hand = false;
}

static void real_paths_are_those_of_the_device(void **state) {
    (void)state;
    static const struct {
        const char *path, *real;
    } rows[] = {
        {"/chain", "/file"},
        {"/sub/up", "/file"},
        {"/subdir-link/inner", "/sub/inner"},
        {"/subdir-link/new", "/sub/new"}, /* the last name need not exist */
        {"/..", "/"},
        {"/sub/.", "/sub"},
    };
    char real[AVS_SYSROOT_PATH_BYTES];
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        assert_true(avs_sysroot_real_path(&root, rows[i].path, false, real));
        assert_string_equal(real, rows[i].real);
    }
    assert_false(avs_sysroot_real_path(&root, "/loop", false, real));
    assert_int_equal(errno, ELOOP);
}

static void pipes_devices_and_large_files_are_refused(void **state) {
    (void)state;
    char full[1024];
    char *data = NULL;
    size_t length = 0;
    snprintf(full, sizeof(full), "%s/pipe", root_path);
    assert_int_equal(mkfifo(full, 0644), 0);
    assert_false(avs_sysroot_read(&root, "/pipe", 1000, &data, &length, NULL)); /* does not hang */
    assert_int_equal(errno, EINVAL);
    assert_false(avs_sysroot_read(&root, "/sub", 1000, &data, &length, NULL));
    assert_int_equal(errno, EISDIR);
    assert_false(avs_sysroot_read(&root, "/file", 5, &data, &length, NULL));
    assert_int_equal(errno, EFBIG);
}

static void a_device_node_is_never_opened(void **state) {
    (void)state;
    if (geteuid() != 0) {
        skip(); /* needs mknod */
    }
    char full[1024];
    char *data = NULL;
    size_t length = 0;
    snprintf(full, sizeof(full), "%s/node", root_path);
    /* no driver has this number: opening it is ENXIO */
    if (mknod(full, S_IFCHR | 0644, makedev(4095, 1)) != 0) {
        skip();
    }
    for (unsigned by_hand = 0; by_hand < 2; by_hand++) {
        root.walk_by_hand = by_hand;
        assert_false(avs_sysroot_read(&root, "/node", 1000, &data, &length, NULL));
        assert_int_equal(errno, EINVAL);
        assert_int_equal(avs_sysroot_open_file(&root, "/node"), -1);
        assert_int_equal(errno, EINVAL);
    }
    root.walk_by_hand = false;
    unlink(full);
}

static void names_of_255_bytes_are_names(void **state) {
    (void)state;
    char name[300] = "/", full[1024], found[AVS_SYSROOT_NAME_BYTES];
    memset(name + 1, 'n', 255);
    snprintf(full, sizeof(full), "root%s", name);
    put(full, "long");
    for (unsigned by_hand = 0; by_hand < 2; by_hand++) {
        root.walk_by_hand = by_hand;
        assert_string_equal(content(name), "long");
        int fd = avs_sysroot_open_parent(&root, name, false, found);
        assert_true(fd >= 0);
        assert_string_equal(found, name + 1);
        close(fd);
        name[256] = 'n'; /* one more is none */
        assert_string_equal(content(name), "");
        assert_int_equal(errno, ENAMETOOLONG);
        assert_int_equal(avs_sysroot_open_parent(&root, name, false, found), -1);
        assert_int_equal(errno, ENAMETOOLONG);
        name[256] = '\0';
    }
    root.walk_by_hand = false;
}

static void a_relative_path_starts_where_the_program_does(void **state) {
    (void)state;
    char path[AVS_SYSROOT_PATH_BYTES], here[AVS_SYSROOT_PATH_BYTES], wanted[4200];
    struct avs_sysroot machine = {.is_machine = true};
    assert_non_null(getcwd(here, sizeof(here)));
    snprintf(wanted, sizeof(wanted), "%s/certs/ca.pem", here);
    assert_true(avs_sysroot_absolute(&machine, "certs/ca.pem", path));
    assert_string_equal(path, wanted);
    assert_true(avs_sysroot_absolute(&machine, "/etc/ca.pem", path));
    assert_string_equal(path, "/etc/ca.pem");
    assert_true(avs_sysroot_absolute(&root, "certs/ca.pem", path));
    assert_string_equal(path, "/certs/ca.pem");
    memset(wanted, 'x', 4199);
    wanted[4199] = '\0';
    assert_false(avs_sysroot_absolute(&machine, wanted, path));
    assert_int_equal(errno, ENAMETOOLONG);
}

static void names_come_sorted(void **state) {
    (void)state;
    struct avs_sysroot_names names;
    assert_true(avs_sysroot_list(&root, "/sub", &names));
    assert_int_equal(names.count, 3);
    assert_string_equal(names.names[0], "escape");
    assert_string_equal(names.names[1], "inner");
    assert_string_equal(names.names[2], "up");
    avs_sysroot_names_done(&names);
    assert_false(avs_sysroot_list(&root, "/file", &names));
    assert_int_equal(errno, ENOTDIR);
    TEST_EACH_ALLOCATION(n, 20) {
        if (avs_sysroot_list(&root, "/sub", &names)) {
            avs_sysroot_names_done(&names);
        }
    }
    test_fail_allocation(0);
}

static void a_strangers_link_in_a_shared_folder_is_not_written_through(void **state) {
    (void)state;
    char full[1024], name[AVS_SYSROOT_NAME_BYTES];
    if (geteuid() != 0) {
        skip(); /* needs a link that belongs to somebody else */
    }
    folder("root/shared");
    link_to("/file", "root/shared/own");
    link_to("/file", "root/shared/strange");
    snprintf(full, sizeof(full), "%s/shared", root_path);
    assert_int_equal(chmod(full, 01777), 0);
    snprintf(full, sizeof(full), "%s/shared/strange", root_path);
    assert_int_equal(lchown(full, 12345, 12345), 0);
    int fd = avs_sysroot_open_parent(&root, "/shared/own", false, name);
    assert_true(fd >= 0);
    assert_string_equal(name, "file");
    close(fd);
    assert_int_equal(avs_sysroot_open_parent(&root, "/shared/strange", false, name), -1);
    assert_int_equal(errno, EACCES);
    assert_int_equal(avs_sysroot_open_parent(&root, "/shared/strange/x", false, name), -1);
    char real[AVS_SYSROOT_PATH_BYTES];
    assert_false(avs_sysroot_real_path(&root, "/shared/strange", true, real));
    assert_true(avs_sysroot_real_path(&root, "/shared/own", true, real));
    assert_string_equal(content("/shared/own"), "inside"); /* reading is another matter */
}

static void missing_folders_are_made_on_demand_only(void **state) {
    (void)state;
    char name[AVS_SYSROOT_NAME_BYTES];
    assert_int_equal(avs_sysroot_open_parent(&root, "/a/b/c", false, name), -1);
    assert_int_equal(errno, ENOENT);
    int fd = avs_sysroot_open_parent(&root, "/a/b/c", true, name);
    assert_true(fd >= 0);
    close(fd);
    assert_string_equal(name, "c");
    assert_true(avs_sysroot_is_folder(&root, "/a/b"));
}

static void a_root_that_is_none_is_a_usage_error(void **state) {
    (void)state;
    struct avs_sysroot other;
    struct avs_error error = AVS_ERROR_INIT;
    char full[1024];
    snprintf(full, sizeof(full), "%s/file", root_path);
    assert_int_equal(avs_sysroot_open(full, &other, &error), AVS_ERR_USAGE);
    assert_int_equal(error.os_errno, ENOTDIR);
    assert_int_equal(avs_sysroot_open("/no/such/root", &other, &error), AVS_ERR_USAGE);
    assert_non_null(strstr(error.message, "/no/such/root"));
}

static int set_up(void **state) {
    (void)state;
    snprintf(base, sizeof(base), "%s/sysroot-XXXXXX", pki_folder());
    if (!mkdtemp(base)) {
        return -1;
    }
    snprintf(root_path, sizeof(root_path), "%s/root", base);
    folder("root");
    folder("root/sub");
    put("secret", "outside");
    put("root/file", "inside");
    put("root/sub/inner", "inner");
    link_to("/file", "root/absolute");
    link_to("absolute", "root/chain");
    link_to("../../../../file", "root/sub/up");
    link_to("sub", "root/subdir-link");
    link_to("loop", "root/loop");
    link_to("../../secret", "root/sub/escape");
    char outside[600];
    snprintf(outside, sizeof(outside), "%s/secret", base);
    link_to(outside, "root/escape");
    struct avs_error error = AVS_ERROR_INIT;
    return avs_sysroot_open(root_path, &root, &error) == AVS_OK ? 0 : -1;
}

static int tear_down(void **state) {
    (void)state;
    char command[700];
    avs_sysroot_close(&root);
    snprintf(command, sizeof(command), "rm -rf '%s'", base);
    return system(command);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_path_leaves_the_root),
        cmocka_unit_test(real_paths_are_those_of_the_device),
        cmocka_unit_test(pipes_devices_and_large_files_are_refused),
        cmocka_unit_test(a_device_node_is_never_opened),
        cmocka_unit_test(names_of_255_bytes_are_names),
        cmocka_unit_test(a_relative_path_starts_where_the_program_does),
        cmocka_unit_test(names_come_sorted),
        cmocka_unit_test(a_strangers_link_in_a_shared_folder_is_not_written_through),
        cmocka_unit_test(missing_folders_are_made_on_demand_only),
        cmocka_unit_test(a_root_that_is_none_is_a_usage_error),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
