/* SPDX-License-Identifier: Apache-2.0 */
/* The findings: what each means, what to do about it, the command that does it. */
#include "store/audit_findings.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "store/audit.h"

/* The id of a row is taken from the map, so that a row cannot carry another row's id. */
enum { ID_BYTES = 24 };
static const char ids[AVS_FINDING_COUNT][ID_BYTES] = {
#define XX(name, id) [AVS_FINDING_##name] = id,
    AVS_AUDIT_FINDING_MAP(XX)
#undef XX
};

#define ROW(name, cause_name, severity_name, meaning_text, remedy_text, command_text) \
    [AVS_FINDING_##name] = {.id = ids[AVS_FINDING_##name],                            \
                            .cause = AVS_CAUSE_##cause_name,                          \
                            .severity = AVS_SEVERITY_##severity_name,                 \
                            .meaning = meaning_text,                                  \
                            .remedy = remedy_text,                                    \
                            .command = command_text}

#define REHASH      "openssl rehash {folder}"
#define REHASH_THIS "openssl rehash {path}"

static const struct avs_audit_finding_info rows[AVS_FINDING_COUNT] = {
    ROW(STORE_MISSING, CA_FILE_UNREADABLE, WARNING, "this store does not exist",
        "name one that exists, or install the distribution's ca-certificates package", ""),
    ROW(STORE_UNREADABLE, CA_FILE_UNREADABLE, ERROR,
        "this CA file cannot be opened: libcurl ends with error 77, whatever the CA path holds",
        "check that it is there, and owner and mode of it and of the folders above it", ""),
    ROW(STORE_INVALID, CA_FILE_INVALID, ERROR,
        "libcurl cannot load it: a CA file is taken whole or not at all (error 77, whatever the CA "
        "path holds)",
        "put a whole PEM bundle there, or repair the line named above", ""),
    ROW(STORE_NOT_FOUND, ROOT_MISSING, ERROR,
        "no libcurl and no trust store of any known layout was found here",
        "add the ca-certificates package to the image (Yocto: IMAGE_INSTALL, Buildroot: "
        "BR2_PACKAGE_CA_CERTIFICATES, OpenWrt: ca-bundle)",
        ""),
    ROW(NO_DEFAULT_STORE, ROOT_MISSING, ERROR,
        "this libcurl was built without a CA file and path: nothing is trusted unless the SDK's "
        "configuration names a store",
        "set libcurlUtils.CURLOPT_CAPATH (any SDK) or CURLOPT_CAINFO (SDK 1.16 and later)", ""),
    ROW(FILE_IS_FOLDER, CA_FILE_UNREADABLE, ERROR,
        "a CA file (CURLOPT_CAINFO) is one PEM bundle, but this is a folder: libcurl ends with "
        "error 77",
        "a folder of hashed certificates belongs in CURLOPT_CAPATH; name a bundle here", ""),
    ROW(PATH_IS_FILE, CA_FILE_UNREADABLE, WARNING,
        "a CA path (CURLOPT_CAPATH) is a folder with hash links, but this is a file: nothing is "
        "ever found through it",
        "a bundle belongs in CURLOPT_CAINFO (SDK 1.16 and later)", ""),
    ROW(FOLDER_UNHASHED, CA_PATH_NOT_HASHED, ERROR,
        "a CA path whose certificates have no hash links: OpenSSL finds none of them",
        "make the links, or name a bundle in CURLOPT_CAINFO (SDK 1.16 and later)", REHASH_THIS),
    ROW(FOLDER_OLD_HASH, CA_PATH_NOT_HASHED, ERROR,
        "certificates named by the old subject hash, as Android names them: OpenSSL since 1.0 "
        "looks for another name and does not find them",
        "add the roots under today's hash, or name a bundle in CURLOPT_CAINFO (SDK 1.16 and later)",
        "{install}"),
    ROW(FOLDER_BUNDLE_ONLY, CA_PATH_NOT_HASHED, ERROR,
        "a CA path that holds a bundle and no hash links: nothing is found through it",
        "name the bundle itself as the CA file: CURLOPT_CAINFO (SDK 1.16 and later)", ""),
    ROW(FILE_UNHASHED, CA_PATH_NOT_HASHED, INFO, "a certificate without a hash link is never found",
        "make the links", REHASH),
    ROW(HASH_STALE, CA_PATH_NOT_HASHED, WARNING,
        "a hash link whose name is not the hash of what it points to", "make the links anew",
        REHASH),
    ROW(HASH_DANGLING, CA_PATH_NOT_HASHED, WARNING, "a link to a file that is gone", "remove it",
        "rm {path}"),
    ROW(HASH_GAP, CA_PATH_NOT_HASHED, WARNING,
        "hash links are read from .0 upwards and end at the first gap: this one is never read",
        "make the links anew", REHASH),
    ROW(DER_FILE, CA_FILE_INVALID, WARNING, "a DER certificate where PEM is wanted: it is not read",
        "convert it", "openssl x509 -inform DER -in {path} -out {path}"),
    ROW(HTML_FILE, CA_FILE_INVALID, ERROR, "a web page saved as a certificate: the download failed",
        "remove it; avs-shim trust install needs no download", "rm {path}"),
    ROW(BOM, CA_FILE_INVALID, WARNING,
        "begins with a byte order mark, which hides the first certificate from older readers",
        "remove the first three bytes", "sed -i '1s/^\\xEF\\xBB\\xBF//' {path}"),
    ROW(CRLF, NONE, INFO, "has Windows line ends; OpenSSL reads it, some parsers do not",
        "convert them", "sed -i 's/\\r$//' {path}"),
    ROW(EMPTY_FILE, CA_FILE_INVALID, WARNING, "is empty", "remove it, or copy it again", ""),
    ROW(BROKEN_BLOCK, CA_FILE_INVALID, WARNING,
        "holds a certificate that is cut short or does not decode: OpenSSL does not read it, and "
        "may refuse a bundle that it is pasted into",
        "copy the certificate again", ""),
    ROW(NO_CERTIFICATE, CA_FILE_INVALID, WARNING, "holds no certificate", "remove it", ""),
    ROW(TRUSTED_BLOCK, NONE, INFO,
        "holds BEGIN TRUSTED CERTIFICATE blocks, which only OpenSSL reads",
        "convert each with openssl x509", ""),
    ROW(UNREADABLE_FILE, CA_FILE_UNREADABLE, WARNING, "cannot be read", "make it readable",
        "chmod a+r {path}"),
    ROW(PRIVATE_MODE, CA_FILE_UNREADABLE, WARNING,
        "only its owner may read it; the SDK often runs as another user", "make it readable",
        "chmod a+r {path}"),
    ROW(WRITABLE_BY_ALL, NONE, ERROR,
        "anybody may write to it, and so decide whom this device trusts", "forbid it",
        "chmod o-w {path}"),
    ROW(DUPLICATES, NONE, INFO, "holds certificates more than once", "", ""),
    ROW(IGNORED_NAME, ROOT_MISSING, WARNING,
        "update-ca-certificates reads only names that end in .crt from this folder",
        "rename it; update-ca-certificates then takes it in", "mv {path} {crt}"),
    ROW(CONF_GLUED, ROOT_MISSING, ERROR,
        "two names on one line: the line was added to a file without a newline at its end",
        "put each name on its own line; update-ca-certificates then takes both in", ""),
    ROW(CONF_NO_NEWLINE, ROOT_MISSING, WARNING,
        "does not end in a newline: the last CA is skipped, and the next 'echo >>' glues two "
        "names together",
        "add it", "sed -i '$a\\' {path}"),
    ROW(CONF_MISSING_FILE, NONE, WARNING, "names a CA file that does not exist", "remove the line",
        ""),
    ROW(CONF_DESELECTED, ROOT_MISSING, WARNING,
        "a required root is on the disk but switched off by '!'", "select it again", "{install}"),
    ROW(CONF_UNLISTED, ROOT_MISSING, WARNING,
        "lies in the folder of packaged CAs, but ca-certificates.conf does not name it: not used",
        "name it", "{install}"),
    ROW(FOREIGN_KEY, NOT_ATS, ERROR,
        "a certificate with the name of an ATS root over a key that is not Amazon's",
        "find out who put it there; it is no Amazon root", ""),
    ROW(CROSS_COPY, CROSS_SIGNED_ANCHOR, WARNING,
        "a cross-signed copy stands where the root should: libcurl accepts it, strict verifiers "
        "do not",
        "add the root itself", "{install}"),
    ROW(TOOL_ONLY, NONE, WARNING,
        "this variable is read by the curl command only: neither libcurl nor the SDK sees it, so "
        "curl may work where the SDK fails",
        "name the file in libcurlUtils.CURLOPT_CAINFO of AlexaClientSDKConfig.json (SDK 1.16 and "
        "later)",
        ""),
    ROW(CAINFO_RELEASE, NONE, INFO,
        "CURLOPT_CAINFO is read by SDK 1.16 and later; an older one takes CURLOPT_CAPATH only and "
        "cannot mend a bad built-in CA file",
        "", ""),
    ROW(CURL_NO_HTTP2, HTTP2_UNSUPPORTED_BY_LIBCURL, WARNING,
        "this libcurl was built without HTTP/2: the SDK's own transport cannot speak to AVS with "
        "it",
        "build it with nghttp2, or put this library's transport under the SDK", ""),
    ROW(CURL_ANOTHER, NONE, INFO, "another libcurl is here too; the one that the SDK loads decides",
        "", ""),
    ROW(CLOCK, CLOCK_WRONG, WARNING, "the clock stands before the certificates were made",
        "set the time (NTP) before the first connection", ""),
};

const struct avs_audit_finding_info *avs_audit_finding_info(enum avs_audit_finding_id id) {
    return &rows[(unsigned)id < AVS_FINDING_COUNT ? id : 0];
}

void avs_audit_find(struct avs_trust_audit *audit, enum avs_audit_finding_id id, const char *path,
                    const char *detail_format, ...) {
    for (size_t i = 0; i < audit->finding_count; i++) {
        if (audit->finding[i].id == id && strcmp(audit->finding[i].path, path) == 0) {
            return; /* two ways to the same file: said once */
        }
    }
    if (audit->finding_count == AVS_AUDIT_FINDINGS_MAX) {
        audit->finding_dropped++;
        return;
    }
    struct avs_audit_finding *finding = &audit->finding[audit->finding_count++];
    finding->id = id;
    finding->severity = avs_audit_finding_info(id)->severity;
    AVS_TEXT_SET(finding->path, path);
    va_list arguments;
    va_start(arguments, detail_format);
    vsnprintf(finding->detail, sizeof(finding->detail), detail_format, arguments);
    va_end(arguments);
}
