/* SPDX-License-Identifier: Apache-2.0 */
/* SARIF 2.1.0 (OASIS), for code review of an image or a configuration: a result for each finding,
 * its place in a file, and its cause as the rule. A member that has nothing to say is left out, as
 * SARIF's schema wants it. */
#include <stdio.h>
#include <string.h>

#include "base/buffer.h"
#include "base/text.h"
#include "out/json_out.h"
#include "report/findings.h"

#define SCHEMA_URL \
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
#define FOLDER_ID   "SYSROOT" /* stands for the folder that an image was staged in */
#define NO_CAUSE_ID "store"   /* the rule of what leads to no cause by itself */

static const char *const levels[] = {[AVS_SEVERITY_INFO] = "note",
                                     [AVS_SEVERITY_WARNING] = "warning",
                                     [AVS_SEVERITY_ERROR] = "error"};

static const char *rule_id(const struct avs_finding *finding) {
    return finding->cause == AVS_CAUSE_NONE ? NO_CAUSE_ID : avs_cause_info(finding->cause)->id;
}

static void put_text(struct avs_json *json, const char *key, const char *text) {
    avs_json_open_object(json, key);
    avs_json_bytes(json, "text", text, strlen(text));
    avs_json_close(json);
}

/* The rules are the causes of the findings, in the order in which they were met. */
static size_t rule_index(const struct avs_findings *findings, size_t upto) {
    size_t index = 0;
    for (size_t i = 0; i < upto; i++) {
        bool is_new = true;
        for (size_t k = 0; k < i; k++) {
            is_new &= findings->finding[k].cause != findings->finding[i].cause;
        }
        if (findings->finding[i].cause == findings->finding[upto].cause) {
            return index;
        }
        index += is_new;
    }
    return index;
}

static void put_rule(struct avs_json *json, const struct avs_finding *finding) {
    const struct avs_cause_info *info = avs_cause_info(finding->cause);
    bool has_cause = finding->cause != AVS_CAUSE_NONE;
    avs_json_open_object(json, NULL);
    avs_json_text(json, "id", rule_id(finding));
    put_text(json, "shortDescription",
             has_cause ? info->meaning : "A remark on a trust store that leads to no failure.");
    put_text(json, "help", has_cause ? info->remedy : "See the result.");
    avs_json_open_object(json, "defaultConfiguration");
    avs_json_text(json, "level", levels[has_cause ? info->severity : AVS_SEVERITY_INFO]);
    avs_json_close(json);
    avs_json_close(json);
}

static void put_tool(struct avs_json *json, const struct avs_findings *findings) {
    avs_json_open_object(json, "tool");
    avs_json_open_object(json, "driver");
    avs_json_text(json, "name", "avs-shim");
    avs_json_text(json, "version", AVS_VERSION_STRING);
    avs_json_text(json, "semanticVersion", AVS_VERSION_STRING);
    avs_json_open_array(json, "rules");
    for (size_t i = 0, rules = 0; i < findings->finding_count; i++) {
        if (rule_index(findings, i) == rules) {
            put_rule(json, &findings->finding[i]);
            rules++;
        }
    }
    avs_json_close(json);
    avs_json_close(json);
    avs_json_close(json);
}

/* RFC 3986: all but what is unreserved, and '/', is written as %XX. */
static void add_path(struct avs_buffer *uri, const char *path) {
    static const char plain[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~/";
    for (; *path; path++) {
        if (strchr(plain, *path)) {
            avs_buffer_add(uri, path, 1);
        } else {
            avs_buffer_printf(uri, "%%%02X", (unsigned char)*path);
        }
    }
}

static void put_uri(struct avs_json *json, const char *scheme, const char *path, const char *end) {
    struct avs_buffer uri = avs_buffer_init(AVS_FINDINGS_FILE_BYTES);
    avs_buffer_add_text(&uri, scheme);
    add_path(&uri, path);
    avs_buffer_add_text(&uri, end);
    avs_json_text(json, "uri", uri.data);
    json->out.is_failed |= uri.is_failed;
    avs_buffer_done(&uri);
}

/* A path of an image is told from the image's own root, so that it is the same on every machine. */
static void put_artifact(struct avs_json *json, const struct avs_findings *findings,
                         const char *path) {
    bool is_below_folder = findings->folder && path[0] == '/';
    avs_json_open_object(json, "artifactLocation");
    put_uri(json, is_below_folder || path[0] != '/' ? "" : "file://",
            path + (is_below_folder ? strspn(path, "/") : 0), "");
    if (is_below_folder) {
        avs_json_text(json, "uriBaseId", FOLDER_ID);
    }
    avs_json_close(json);
}

static void put_place(struct avs_json *json, const struct avs_findings *findings,
                      const struct avs_finding *finding) {
    avs_json_open_array(json, "locations");
    if (finding->file[0]) {
        avs_json_open_object(json, NULL);
        avs_json_open_object(json, "physicalLocation");
        put_artifact(json, findings, finding->file);
        if (finding->line > 0) {
            avs_json_open_object(json, "region");
            avs_json_uint(json, "startLine", finding->line);
            if (finding->column > 0) {
                avs_json_uint(json, "startColumn", finding->column);
            }
            avs_json_close(json);
        }
        avs_json_close(json);
        avs_json_close(json);
    }
    avs_json_close(json);
}

static void put_message(struct avs_json *json, const struct avs_finding *finding) {
    struct avs_buffer text = avs_buffer_init(AVS_FINDINGS_FILE_BYTES);
    const char *const members[][2] = {{"", finding->headline},
                                      {"\n", finding->facts},
                                      {"\nDo: ", finding->remedy},
                                      {"\nNext: ", finding->command}};
    for (size_t i = 0; i < AVS_COUNT(members); i++) {
        if (members[i][1][0]) {
            avs_buffer_add_text(&text, members[i][0]);
            avs_buffer_add_text(&text, members[i][1]);
        }
    }
    put_text(json, "message", text.data ? text.data : finding->id);
    json->out.is_failed |= text.is_failed;
    avs_buffer_done(&text);
}

static void put_result(struct avs_json *json, const struct avs_findings *findings, size_t index) {
    const struct avs_finding *finding = &findings->finding[index];
    avs_json_open_object(json, NULL);
    avs_json_text(json, "ruleId", rule_id(finding));
    avs_json_uint(json, "ruleIndex", rule_index(findings, index));
    avs_json_text(json, "level", levels[finding->severity]);
    put_message(json, finding);
    put_place(json, findings, finding);
    avs_json_open_object(json, "properties");
    avs_json_text(json, "id", finding->id);
    avs_json_close(json);
    avs_json_close(json);
}

static void put_run(struct avs_json *json, const struct avs_findings *findings) {
    avs_json_open_object(json, NULL);
    put_tool(json, findings);
    avs_json_text(json, "columnKind", "unicodeCodePoints");
    if (findings->folder) {
        size_t length = strlen(findings->folder);
        bool has_slash = length > 0 && findings->folder[length - 1] == '/';
        avs_json_open_object(json, "originalUriBaseIds");
        avs_json_open_object(json, FOLDER_ID);
        put_uri(json, findings->folder[0] == '/' ? "file://" : "", findings->folder,
                has_slash ? "" : "/");
        avs_json_close(json);
        avs_json_close(json);
    }
    avs_json_open_array(json, "results");
    for (size_t i = 0; i < findings->finding_count; i++) {
        put_result(json, findings, i);
    }
    avs_json_close(json);
    avs_json_close(json);
}

enum avs_status avs_findings_to_sarif(const struct avs_findings *findings, char **ret_text,
                                      struct avs_error *reterr) {
    struct avs_json json = avs_json_init(AVS_FINDINGS_FILE_BYTES);
    avs_json_open_object(&json, NULL);
    avs_json_text(&json, "$schema", SCHEMA_URL);
    avs_json_text(&json, "version", "2.1.0");
    avs_json_open_array(&json, "runs");
    put_run(&json, findings);
    avs_json_close(&json);
    avs_json_close(&json);
    enum avs_status status = avs_json_take(&json, ret_text, reterr);
    avs_json_done(&json);
    return status;
}
