/* SPDX-License-Identifier: Apache-2.0 */
/* Values that name a place on this machine, or were never filled in; and bytes that are no text. */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "base/text.h"
#include "conf/lint.h"

#define FOLDER_ENTRIES_MAX 4096 /* looked at for a hash link */

/* "${SDK_...}" of genConfig.sh, "INSERT_YOUR_..._HERE" of the SDK's template, and their like: whole
 * values in capital letters that ask for something. */
bool avs_conf_is_placeholder(const char *text) {
    static const char *const words[] = {"INSERT",    "YOUR_",    "REPLACE", "_HERE",
                                        "CHANGE_ME", "CHANGEME", "FILL_IN"};
    size_t length = strlen(text);
    if (length < 3) {
        return false;
    }
    if (strncmp(text, "${", 2) == 0 || (text[0] == '<' && text[length - 1] == '>') ||
        (text[0] == '@' && text[length - 1] == '@')) {
        return true;
    }
    for (const char *at = text; *at; at++) {
        if (!isupper((unsigned char)*at) && !isdigit((unsigned char)*at) && !strchr("_- ", *at)) {
            return false;
        }
    }
    for (size_t i = 0; i < AVS_COUNT(words); i++) {
        if (strstr(text, words[i])) {
            return true;
        }
    }
    return false;
}

void avs_conf_lint_placeholder(struct avs_conf_lint *lint, struct avs_conf_ref ref,
                               const char *text) {
    static const struct {
        const char *key, *effect;
        enum avs_cause cause;
    } rows[] = {
        {"CURLOPT_INTERFACE", "every connection ends with libcurl's error 45",
         AVS_CAUSE_INTERFACE_MISSING},
        {"CURLOPT_CAINFO", "every connection ends with libcurl's error 77",
         AVS_CAUSE_CA_FILE_UNREADABLE},
        {"CURLOPT_CAPATH", "no root is found there", AVS_CAUSE_CA_FILE_UNREADABLE},
        {"CURLOPT_PROXY", "every connection ends with libcurl's error 5", AVS_CAUSE_PROXY_FAILED},
    };
    const struct avs_conf_doc *doc = &lint->config->files[ref.file].doc;
    for (size_t i = 0; i < AVS_COUNT(rows); i++) {
        if (avs_conf_key_is(doc, ref.node, rows[i].key)) {
            avs_conf_lint_remark(
                lint, ref, false, "placeholder", rows[i].cause, AVS_SEVERITY_ERROR,
                avs_conf_report_text(lint->report, "%s is still the template's placeholder %s: %s",
                                     rows[i].key, text, rows[i].effect),
                "fill it in, or remove the line");
            return;
        }
    }
    avs_conf_lint_group(lint, AVS_CONF_LINT_PLACEHOLDER, ref, "");
}

void avs_conf_lint_database(struct avs_conf_lint *lint, struct avs_conf_ref ref, const char *path) {
    const char *slash = strrchr(path, '/');
    size_t length = slash ? (size_t)(slash - path) : 0;
    if (length == 0) {
        return; /* the working directory and the root are there */
    }
    if (length == lint->good_folder_length && strncmp(path, lint->good_folder, length) == 0) {
        return; /* most databases share a folder */
    }
    const char *folder = avs_conf_report_text(lint->report, "%.*s", (int)length, path);
    struct stat identity;
    if (stat(folder, &identity) != 0) {
        avs_conf_lint_group(lint, AVS_CONF_LINT_FOLDER, ref, folder);
    } else if (!S_ISDIR(identity.st_mode)) {
        avs_conf_lint_group(lint, AVS_CONF_LINT_NO_FOLDER, ref, folder);
    } else {
        lint->good_folder = folder;
        lint->good_folder_length = length;
    }
}

/* ---- CA file and CA folder ---- */

/* "5e4e69e7.0": what OpenSSL looks for. */
static bool is_hash_link(const char *name) {
    return strspn(name, "0123456789abcdef") == 8 && name[8] == '.' &&
           isdigit((unsigned char)name[9]);
}

static bool has_hash_links(const char *folder) {
    DIR *listing = opendir(folder);
    if (!listing) {
        return true; /* unknown: nothing is said */
    }
    bool is_found = false;
    const struct dirent *entry;
    for (int i = 0; !is_found && i < FOLDER_ENTRIES_MAX && (entry = readdir(listing)); i++) {
        is_found = is_hash_link(entry->d_name);
    }
    closedir(listing);
    return is_found;
}

static void store_remark(struct avs_conf_lint *lint, struct avs_conf_ref ref, const char *id,
                         enum avs_cause cause, const char *problem, const char *fix) {
    avs_conf_lint_remark(lint, ref, false, id, cause, AVS_SEVERITY_ERROR, problem, fix);
}

static void check_ca_file(struct avs_conf_lint *lint, struct avs_conf_ref ref, const char *path) {
    struct stat identity;
    if (stat(path, &identity) != 0) {
        store_remark(
            lint, ref, "ca_file_missing", AVS_CAUSE_CA_FILE_UNREADABLE,
            avs_conf_report_text(lint->report,
                                 "CURLOPT_CAINFO names %s, which this machine does not "
                                 "have (%s): every connection ends with libcurl's error 77",
                                 path, strerror(errno)),
            "name a CA bundle that is there; avs-shim trust audit lists them");
    } else if (S_ISDIR(identity.st_mode)) {
        store_remark(lint, ref, "ca_file_is_folder", AVS_CAUSE_CA_FILE_UNREADABLE,
                     avs_conf_report_text(lint->report,
                                          "CURLOPT_CAINFO wants one file with all roots; %s is a "
                                          "folder",
                                          path),
                     "name a bundle in it; a folder with hash links belongs in CURLOPT_CAPATH");
    }
}

static void check_ca_folder(struct avs_conf_lint *lint, struct avs_conf_ref ref, const char *path) {
    struct stat identity;
    if (stat(path, &identity) != 0) {
        store_remark(lint, ref, "ca_path_missing", AVS_CAUSE_CA_FILE_UNREADABLE,
                     avs_conf_report_text(lint->report,
                                          "CURLOPT_CAPATH names %s, which this machine does not "
                                          "have (%s), so no root is found there",
                                          path, strerror(errno)),
                     "name a folder that is there; avs-shim trust audit lists them");
    } else if (!S_ISDIR(identity.st_mode)) {
        store_remark(lint, ref, "ca_path_is_file", AVS_CAUSE_CA_FILE_UNREADABLE,
                     avs_conf_report_text(lint->report,
                                          "CURLOPT_CAPATH wants a folder with hash links; %s is a "
                                          "file, so no root is found there",
                                          path),
                     "a bundle belongs in CURLOPT_CAINFO (SDK 1.16 and later)");
    } else if (!has_hash_links(path)) {
        store_remark(lint, ref, "ca_path_not_hashed", AVS_CAUSE_CA_PATH_NOT_HASHED,
                     avs_conf_report_text(lint->report,
                                          "CURLOPT_CAPATH wants hash links (5e4e69e7.0); %s has "
                                          "none, so no root is found there",
                                          path),
                     "openssl rehash makes them for files of one certificate each; a bundle "
                     "belongs in CURLOPT_CAINFO (SDK 1.16 and later)");
    }
}

void avs_conf_lint_store(struct avs_conf_lint *lint, struct avs_conf_ref ref, const char *value) {
    const struct avs_conf_doc *doc = &lint->config->files[ref.file].doc;
    uint32_t parent = doc->nodes[ref.node].parent;
    if (!value[0] || parent == AVS_CONF_NONE || !avs_conf_key_is(doc, parent, "libcurlUtils")) {
        return;
    }
    if (avs_conf_key_is(doc, ref.node, "CURLOPT_CAINFO")) {
        check_ca_file(lint, ref, value);
    } else if (avs_conf_key_is(doc, ref.node, "CURLOPT_CAPATH")) {
        for (const char *at = value; *at; at += strspn(at, ":")) { /* OpenSSL takes a list */
            size_t length = strcspn(at, ":");
            check_ca_folder(lint, ref, avs_conf_report_text(lint->report, "%.*s", (int)length, at));
            at += length;
        }
    }
}

/* ---- bytes ---- */

/* Eight bytes at once: none above 0x7F. */
static bool is_plain(const char *text) {
    uint64_t word;
    memcpy(&word, text, sizeof(word));
    return (word & 0x8080808080808080u) == 0;
}

void avs_conf_lint_bytes(struct avs_conf_lint *lint, uint32_t file) {
    const struct avs_conf_file *it = &lint->config->files[file];
    const char *text = it->text;
    for (size_t i = 0; i < it->doc.length;) {
        size_t sequence = it->doc.length - i >= sizeof(uint64_t) && is_plain(text + i)
                              ? sizeof(uint64_t)
                              : avs_text_utf8_sequence(text + i, it->doc.length - i);
        if (sequence == 0) {
            avs_conf_report_add_finding(
                lint->report, it,
                &(struct avs_conf_remark){
                    .id = "not_utf8",
                    .cause = AVS_CAUSE_CONFIG_MALFORMED,
                    .severity = AVS_SEVERITY_INFO,
                    .offset = i,
                    .length = 1,
                    .problem = avs_conf_report_text(
                        lint->report,
                        "byte 0x%02X is not UTF-8; the SDK takes it as it is, other programs that "
                        "read JSON do not",
                        (unsigned)(unsigned char)text[i]),
                    .fix = "save the file as UTF-8 without a byte order mark",
                });
            break;
        }
        i += sequence;
    }
    if (it->doc.whole > it->doc.length) {
        avs_conf_report_add_finding(
            lint->report, it,
            &(struct avs_conf_remark){
                .id = "nul_byte",
                .cause = AVS_CAUSE_CONFIG_MALFORMED,
                .severity = AVS_SEVERITY_INFO,
                .offset = it->doc.length,
                .length = 0,
                .problem = "a NUL byte; the SDK's parser takes the file to end here, other "
                           "programs that read JSON refuse it",
                .fix = "remove the NUL and what follows it",
            });
    }
}
