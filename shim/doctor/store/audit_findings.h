/* SPDX-License-Identifier: Apache-2.0 */
/* What can be wrong with a trust store, finer than the catalogue of causes: each row names the
 * cause that it leads to. The words are in audit_findings.c. */
#ifndef AVS_STORE_AUDIT_FINDINGS_H
#define AVS_STORE_AUDIT_FINDINGS_H

#include <avs/cause.h>
#include <avs/evidence.h>

#include "base/flow.h"

#define AVS_AUDIT_PATH_BYTES 512

#define AVS_AUDIT_FINDING_MAP(XX)                \
    XX(STORE_MISSING, "store_missing")           \
    XX(STORE_UNREADABLE, "store_unreadable")     \
    XX(STORE_INVALID, "store_invalid")           \
    XX(STORE_NOT_FOUND, "store_not_found")       \
    XX(NO_DEFAULT_STORE, "no_default_store")     \
    XX(FILE_IS_FOLDER, "ca_file_is_folder")      \
    XX(PATH_IS_FILE, "ca_path_is_file")          \
    XX(FOLDER_UNHASHED, "folder_unhashed")       \
    XX(FOLDER_OLD_HASH, "folder_old_hash")       \
    XX(FOLDER_BUNDLE_ONLY, "folder_bundle_only") \
    XX(FILE_UNHASHED, "file_unhashed")           \
    XX(HASH_STALE, "hash_stale")                 \
    XX(HASH_DANGLING, "hash_dangling")           \
    XX(HASH_GAP, "hash_gap")                     \
    XX(DER_FILE, "der_file")                     \
    XX(HTML_FILE, "html_file")                   \
    XX(BOM, "bom")                               \
    XX(CRLF, "crlf")                             \
    XX(EMPTY_FILE, "empty_file")                 \
    XX(BROKEN_BLOCK, "broken_block")             \
    XX(NO_CERTIFICATE, "no_certificate")         \
    XX(TRUSTED_BLOCK, "trusted_block")           \
    XX(UNREADABLE_FILE, "unreadable_file")       \
    XX(PRIVATE_MODE, "private_mode")             \
    XX(WRITABLE_BY_ALL, "writable_by_all")       \
    XX(DUPLICATES, "duplicates")                 \
    XX(IGNORED_NAME, "ignored_name")             \
    XX(CONF_GLUED, "conf_glued")                 \
    XX(CONF_NO_NEWLINE, "conf_no_newline")       \
    XX(CONF_MISSING_FILE, "conf_missing_file")   \
    XX(CONF_DESELECTED, "conf_deselected")       \
    XX(CONF_UNLISTED, "conf_unlisted")           \
    XX(FOREIGN_KEY, "foreign_key")               \
    XX(CROSS_COPY, "cross_copy")                 \
    XX(TOOL_ONLY, "tool_only")                   \
    XX(CAINFO_RELEASE, "cainfo_release")         \
    XX(CURL_NO_HTTP2, "curl_no_http2")           \
    XX(CURL_ANOTHER, "curl_another")             \
    XX(CLOCK, "clock")

enum avs_audit_finding_id {
#define XX(name, id) AVS_FINDING_##name,
    AVS_AUDIT_FINDING_MAP(XX)
#undef XX
        AVS_FINDING_COUNT
};

struct avs_audit_finding_info {
    const char *id;
    enum avs_cause cause; /* that it leads to, AVS_CAUSE_NONE = none by itself */
    enum avs_severity severity;
    const char *meaning;
    const char *remedy; /* words, "" = nothing to do */
    const char
        *command; /* to paste, "" = none. {path}: the file; {folder}: the folder it is in;
                     {crt}: its name ending in .crt; {install}: trust install for this store */
};
const struct avs_audit_finding_info *avs_audit_finding_info(enum avs_audit_finding_id id);

struct avs_audit_finding {
    enum avs_audit_finding_id id;
    enum avs_severity severity; /* the row's, or less where it does no harm */
    char path[AVS_AUDIT_PATH_BYTES];
    char detail[AVS_NAME_BYTES]; /* "line 12: ...", "3 of 140", "" */
};

struct avs_trust_audit;
/** Note a finding; beyond the ceiling it is only counted. */
AVS_PRINTF(4, 5)
void avs_audit_find(struct avs_trust_audit *audit, enum avs_audit_finding_id id, const char *path,
                    const char *detail_format, ...);

#endif
