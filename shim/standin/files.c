/* SPDX-License-Identifier: Apache-2.0 */
/* The PEM files a client needs. Certificates only, never a key; each file is written beside its
 * place and renamed into it, so that a reader never sees half of one. */
#include "files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PARTS_MAX 12

static const char *const file_names[AVS_STANDIN_FILE_COUNT] = {
#define XX(name, file, text) [AVS_STANDIN_FILE_##name] = file,
    AVS_STANDIN_FILE_MAP(XX)
#undef XX
};

/* Files that hold authorities as they are; `cross` takes the cross-signed copy. */
static const struct bundle {
    enum avs_standin_file file;
    bool cross;
    enum authority members[PARTS_MAX]; /* CA_COUNT ends them */
} bundles[] = {
    {AVS_STANDIN_FILE_CA,
     false,
     {CA_CLASS_2, CA_G2, CA_ROOT_1, CA_ROOT_2, CA_ROOT_3, CA_ROOT_4, CA_OTHER_ROOT, CA_LAPSED_ROOT,
      CA_COMING_ROOT, CA_COUNT}},
    {AVS_STANDIN_FILE_ATS_ROOTS,
     false,
     {CA_ROOT_1, CA_ROOT_2, CA_ROOT_3, CA_ROOT_4, CA_G2, CA_COUNT}},
    {AVS_STANDIN_FILE_ROOT_1, false, {CA_ROOT_1, CA_COUNT}},
    {AVS_STANDIN_FILE_ROOT_2, false, {CA_ROOT_2, CA_COUNT}},
    {AVS_STANDIN_FILE_ROOT_3, false, {CA_ROOT_3, CA_COUNT}},
    {AVS_STANDIN_FILE_ROOT_4, false, {CA_ROOT_4, CA_COUNT}},
    {AVS_STANDIN_FILE_G2, false, {CA_G2, CA_COUNT}},
    {AVS_STANDIN_FILE_CLASS_2, false, {CA_CLASS_2, CA_COUNT}},
    {AVS_STANDIN_FILE_OTHER_ROOT, false, {CA_OTHER_ROOT, CA_COUNT}},
    {AVS_STANDIN_FILE_CORPORATE_ROOT, false, {CA_CORPORATE, CA_COUNT}},
    {AVS_STANDIN_FILE_CA_WITH_CORPORATE,
     false,
     {CA_CLASS_2, CA_G2, CA_ROOT_1, CA_ROOT_2, CA_ROOT_3, CA_ROOT_4, CA_OTHER_ROOT, CA_LAPSED_ROOT,
      CA_COMING_ROOT, CA_CORPORATE, CA_COUNT}},
    {AVS_STANDIN_FILE_WRONG_FAMILY, false, {CA_ROOT_3, CA_COUNT}},
    {AVS_STANDIN_FILE_CROSS_SIGNED_ROOT_1, true, {CA_ROOT_1, CA_COUNT}},
    {AVS_STANDIN_FILE_CROSS_SIGNED_G2, true, {CA_G2, CA_COUNT}},
    {AVS_STANDIN_FILE_ISSUING_RSA, false, {CA_ISSUING_RSA, CA_COUNT}},
    {AVS_STANDIN_FILE_ISSUING_ECDSA, false, {CA_ISSUING_ECDSA, CA_COUNT}},
};

/* Files that hold what a scenario sends. */
static const struct sent_chain {
    enum avs_standin_file file;
    const char *host;
    struct leaf_recipe recipe;
} sent_chains[] = {
    {AVS_STANDIN_FILE_CHAIN_OK, "ok.localhost", {CA_ISSUING_RSA, KEY_RSA, CHAIN_TODAY, FLAW_NONE}},
    {AVS_STANDIN_FILE_CHAIN_INCOMPLETE,
     "missing-intermediate.localhost",
     {CA_ISSUING_RSA, KEY_RSA, CHAIN_LEAF, FLAW_NONE}},
    {AVS_STANDIN_FILE_CHAIN_EXPIRED,
     "expired.localhost",
     {CA_ISSUING_RSA, KEY_RSA, CHAIN_TODAY, FLAW_EXPIRED}},
    {AVS_STANDIN_FILE_CHAIN_NOT_ATS,
     "not-ats.localhost",
     {CA_ISSUING_OTHER, KEY_ECDSA, CHAIN_TODAY, FLAW_NONE}},
};

static bool join(char *path, const char *directory, const char *name) {
    int length = snprintf(path, PATH_MAX, "%s/%s", directory, name);
    return length > 0 && length < PATH_MAX;
}

bool files_write_whole(const char *path, X509 *const *certificates, int count, EVP_PKEY *key) {
    char beside[PATH_MAX];
    int length = snprintf(beside, sizeof(beside), "%s.%ld.tmp", path, (long)getpid());
    if (length <= 0 || (size_t)length >= sizeof(beside)) {
        errno = ENAMETOOLONG;
        return false;
    }
    int fd = open(beside, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, key ? 0600 : 0644);
    FILE *file = fd < 0 ? NULL : fdopen(fd, "w");
    if (!file) {
        return false; /* fdopen fails for want of memory alone */
    }
    bool is_good = !key || PEM_write_PrivateKey(file, key, NULL, NULL, 0, NULL, NULL) == 1;
    for (int i = 0; i < count && is_good; i++) {
        char *subject = X509_NAME_oneline(X509_get_subject_name(certificates[i]), NULL, 0);
        is_good = subject && fprintf(file, "# %s\n", subject) > 0 &&
                  PEM_write_X509(file, certificates[i]) == 1;
        OPENSSL_free(subject);
    }
    is_good = fclose(file) == 0 && is_good && rename(beside, path) == 0;
    if (!is_good) {
        int error = errno;
        unlink(beside);
        errno = error;
    }
    return is_good;
}

static bool write_bundle(struct files *files, const struct pki *pki, const struct bundle *bundle) {
    X509 *members[PARTS_MAX];
    int count = 0;
    for (; bundle->members[count] != CA_COUNT; count++) {
        enum authority member = bundle->members[count];
        members[count] = bundle->cross ? pki->cross_signed[member] : pki->certificate[member];
    }
    return files_write_whole(files->path[bundle->file], members, count, NULL);
}

static bool write_sent_chain(struct files *files, struct pki *pki, const struct sent_chain *sent) {
    struct identity identity = {0};
    if (!pki_mint(pki, &sent->recipe, sent->host, &identity)) {
        errno = ENOMEM;
        return false;
    }
    bool is_good =
        files_write_whole(files->path[sent->file], identity.chain, identity.length, NULL);
    identity_done(&identity);
    return is_good;
}

/* One file for each root, with OpenSSL's names (subject hash and a number) or with plain ones. */
static bool write_directory(const char *directory, X509 *const *roots, int count, bool is_hashed) {
    if (mkdir(directory, 0755) != 0 && errno != EEXIST) {
        return false;
    }
    for (int i = 0; i < count; i++) {
        X509 *root = roots[i];
        char name[32];
        char path[PATH_MAX];
        if (is_hashed) { /* no two roots share a subject, so the number is always 0 */
            snprintf(name, sizeof(name), "%08lx.0", X509_subject_name_hash(root));
        } else {
            snprintf(name, sizeof(name), "root-%d.pem", i + 1);
        }
        if (!join(path, directory, name) || !files_write_whole(path, &root, 1, NULL)) {
            return false;
        }
    }
    return true;
}

static bool make_directory(struct files *files, const char *directory) {
    if (!directory) {
        const char *base = getenv("TMPDIR");
        if (!join(files->directory, base && base[0] ? base : "/tmp", "avs-standin-XXXXXX") ||
            !mkdtemp(files->directory)) {
            return false;
        }
        files->is_temporary = true;
        return true;
    }
    if (mkdir(directory, 0755) != 0 && errno != EEXIST) {
        return false;
    }
    return realpath(directory, files->directory) != NULL;
}

static bool write_all(struct files *files, struct pki *pki) {
    for (size_t i = 0; i < AVS_STANDIN_FILE_COUNT; i++) {
        if (!join(files->path[i], files->directory, file_names[i])) {
            errno = ENAMETOOLONG;
            return false;
        }
    }
    for (size_t i = 0; i < sizeof(bundles) / sizeof(bundles[0]); i++) {
        if (!write_bundle(files, pki, &bundles[i])) {
            return false;
        }
    }
    for (size_t i = 0; i < sizeof(sent_chains) / sizeof(sent_chains[0]); i++) {
        if (!write_sent_chain(files, pki, &sent_chains[i])) {
            return false;
        }
    }
    X509 *roots[PARTS_MAX];
    int count = 0;
    for (; bundles[0].members[count] != CA_COUNT; count++) {
        roots[count] = pki->certificate[bundles[0].members[count]];
    }
    return join(files->hashed, files->directory, "hashed") &&
           join(files->unhashed, files->directory, "unhashed") &&
           write_directory(files->hashed, roots, count, true) &&
           write_directory(files->unhashed, roots, count, false);
}

/* After a step that failed with errno. */
static bool fail(struct files *files, const char *directory, char *error, size_t error_bytes) {
    int code = errno;
    snprintf(error, error_bytes,
             "cannot write the PEM files into '%s': %s. Name a directory that you may write to.",
             directory ? directory : "a temporary directory", strerror(code));
    files_done(files);
    return false;
}

bool files_write(struct files *files, struct pki *pki, const char *directory, char *error,
                 size_t error_bytes) {
    memset(files, 0, sizeof(*files));
    return (make_directory(files, directory) && write_all(files, pki)) ||
           fail(files, directory, error, error_bytes);
}

static bool write_damaged(const struct files *files) {
    static const char text[] = "-----BEGIN CERTIFICATE-----\nthis is none\n";
    char path[PATH_MAX];
    FILE *file = join(path, files->directory, "damaged.pem") ? fopen(path, "we") : NULL;
    bool is_good = file && fwrite(text, 1, sizeof(text) - 1, file) == sizeof(text) - 1;
    return file && fclose(file) == 0 && is_good;
}

static bool write_set(struct files *files, const struct files_set *set) {
    char *ca = files->path[AVS_STANDIN_FILE_CA];
    char *ats = files->path[AVS_STANDIN_FILE_ATS_ROOTS];
    return join(ca, files->directory, file_names[AVS_STANDIN_FILE_CA]) &&
           join(ats, files->directory, file_names[AVS_STANDIN_FILE_ATS_ROOTS]) &&
           files_write_whole(ca, set->trusted, set->trusted_count, NULL) &&
           files_write_whole(ats, set->ats, set->ats_count, NULL) &&
           (!set->has_damaged || write_damaged(files)) &&
           (!set->has_unhashed ||
            (join(files->unhashed, files->directory, "unhashed") &&
             write_directory(files->unhashed, set->trusted, set->trusted_count, false)));
}

bool files_write_set(struct files *files, const struct files_set *set, const char *directory,
                     char *error, size_t error_bytes) {
    memset(files, 0, sizeof(*files));
    return (make_directory(files, directory) && write_set(files, set)) ||
           fail(files, directory, error, error_bytes);
}

static void remove_content(const char *directory) {
    DIR *listing = opendir(directory);
    if (!listing) {
        return;
    }
    char path[PATH_MAX];
    for (struct dirent *entry; (entry = readdir(listing)) != NULL;) {
        if (entry->d_name[0] != '.' && join(path, directory, entry->d_name)) {
            unlink(path);
        }
    }
    closedir(listing);
    rmdir(directory);
}

void files_done(struct files *files) {
    if (files->is_temporary) {
        if (files->hashed[0]) {
            remove_content(files->hashed);
        }
        if (files->unhashed[0]) {
            remove_content(files->unhashed);
        }
        remove_content(files->directory);
    }
    memset(files, 0, sizeof(*files));
}
