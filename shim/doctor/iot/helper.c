/* SPDX-License-Identifier: Apache-2.0 */
/* Keys as JSON: what a credential_process prints, what the credentials endpoint answers. Never
 * shown: the command line beyond its program, the answer, or a word of its stderr that could be a
 * key. */
#include "iot/helper.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "iot/credentials.h"
#include "iot/members.h"
#include "iot/process.h"
#include "iot/words.h"

#define VERSION_BYTES  16
#define TIME_BYTES     64
#define KEY_LIKE_CHARS 16 /* the shortest thing that is a key: an access key id */

/* ---- the two forms of JSON ---- */

struct form {
    const char *object; /* the member that holds them; NULL: the root itself */
    const char *version, *id, *secret, *token, *expires;
};

static const struct form process_form = {
    NULL, "Version", "AccessKeyId", "SecretAccessKey", "SessionToken", "Expiration"};
static const struct form provider_form = {"credentials",     NULL,           "accessKeyId",
                                          "secretAccessKey", "sessionToken", "expiration"};

AVS_PRINTF(3, 4)
static enum avs_status refuse(struct avs_error *reterr, const char *who, const char *format, ...) {
    char what[160];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(what, sizeof(what), format, arguments);
    va_end(arguments);
    return avs_fail_cause(reterr, AVS_ERR_CONFIG, AVS_CAUSE_AWS_KEYS_INVALID, "%.200s: %s", who,
                          what);
}

static bool has_version_1(const struct avs_conf_doc *doc, const struct form *form) {
    uint32_t node = form->version ? avs_conf_find(doc, 0, form->version) : AVS_CONF_NONE;
    if (!form->version) {
        return true;
    }
    return node != AVS_CONF_NONE && doc->nodes[node].type == AVS_CONF_NUMBER &&
           doc->nodes[node].end - doc->nodes[node].start == 1 &&
           doc->text[doc->nodes[node].start] == '1';
}

static enum avs_status read_members(const struct avs_conf_doc *doc, uint32_t parent,
                                    const struct form *form, const char *who,
                                    struct avs_aws_keys *keys, struct avs_error *reterr) {
    char expires[TIME_BYTES];
    const struct {
        const char *name;
        char *field;
        size_t capacity;
        bool is_optional;
    } rows[] = {
        {form->id, keys->id, sizeof(keys->id), false},
        {form->secret, keys->secret, sizeof(keys->secret), false},
        {form->token, keys->token, sizeof(keys->token), true},
    };
    for (size_t i = 0; i < AVS_COUNT(rows); i++) {
        enum avs_member member =
            avs_member_text(doc, parent, rows[i].name, rows[i].field, rows[i].capacity);
        if (member == AVS_MEMBER_MISSING && rows[i].is_optional) {
            continue;
        }
        if (member == AVS_MEMBER_MISSING) {
            return refuse(reterr, who, "its answer has no %s", rows[i].name);
        }
        size_t length = strlen(rows[i].field);
        if (member == AVS_MEMBER_OTHER ||
            !avs_aws_key_set(rows[i].field, rows[i].capacity, rows[i].field, length)) {
            return refuse(reterr, who, "%s in its answer is no such thing", rows[i].name);
        }
    }
    enum avs_member member = avs_member_text(doc, parent, form->expires, expires, sizeof(expires));
    if (member != AVS_MEMBER_MISSING && !avs_iso_time(expires, &keys->expires_unix)) {
        return refuse(reterr, who, "%s in its answer is no time (2026-11-21T19:03:32Z)",
                      form->expires);
    }
    return AVS_OK;
}

static enum avs_status read_doc(const struct avs_conf_doc *doc, const struct form *form,
                                const char *who, struct avs_aws_keys *keys,
                                struct avs_error *reterr) {
    if (doc->fault != AVS_CONF_FAULT_NONE || doc->count == 0 ||
        doc->nodes[0].type != AVS_CONF_OBJECT) {
        return refuse(reterr, who, "its answer is not one JSON object");
    }
    if (!has_version_1(doc, form)) {
        return refuse(reterr, who, "its answer must say \"%s\": 1", form->version);
    }
    uint32_t parent = form->object ? avs_conf_find(doc, 0, form->object) : 0;
    if (parent == AVS_CONF_NONE || doc->nodes[parent].type != AVS_CONF_OBJECT) {
        return refuse(reterr, who, "its answer has no object \"%s\"", form->object);
    }
    return read_members(doc, parent, form, who, keys, reterr);
}

static enum avs_status read_json(const char *json, size_t length, const struct form *form,
                                 const char *who, struct avs_aws_keys *keys,
                                 struct avs_error *reterr) {
    struct avs_conf_doc doc = {.count = 0};
    AVS_TRY(avs_conf_scan(json, length, false, &doc, reterr));
    enum avs_status status = read_doc(&doc, form, who, keys, reterr);
    avs_conf_doc_done(&doc);
    AVS_TEXT_SET(keys->source, who);
    return status;
}

enum avs_status avs_aws_keys_from_process(const char *json, size_t length, const char *who,
                                          struct avs_aws_keys *keys, struct avs_error *reterr) {
    return read_json(json, length, &process_form, who, keys, reterr);
}

enum avs_status avs_aws_keys_from_provider(const char *json, size_t length,
                                           struct avs_aws_keys *keys, struct avs_error *reterr) {
    return read_json(json, length, &provider_form, "the credentials endpoint", keys, reterr);
}

/* ---- the program ---- */

/* What could be a key becomes "***"; who wrote the program may have meant to be helpful. */
static void mask_keys(char *text) {
    static const char of_keys[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                  "0123456789+/=_-";
    avs_text_make_printable(text);
    for (char *at = text; *at;) {
        size_t length = strspn(at, of_keys);
        if (length >= KEY_LIKE_CHARS) {
            memmove(at + 3, at + length, strlen(at + length) + 1);
            memcpy(at, "***", 3);
            length = 3;
        }
        at += length ? length : 1;
    }
}

static enum avs_status judge(const struct avs_process_result *result, const char *who,
                             struct avs_error *reterr) {
    char words[AVS_PROCESS_WORDS_BYTES];
    AVS_TEXT_SET(words, result->last_words);
    mask_keys(words);
    const char *said = words[0] ? "; its last words: " : "";
    if (result->exec_errno) {
        return refuse(reterr, who, "it cannot be started: %s", strerror(result->exec_errno));
    }
    if (result->is_late) {
        return refuse(reterr, who, "no answer within %d seconds, so it was ended",
                      AVS_HELPER_TIMEOUT_MS / 1000);
    }
    if (result->is_over_limit) {
        return refuse(reterr, who, "more than %d bytes of answer, so it was ended",
                      AVS_HELPER_BYTES);
    }
    if (result->exit_code > 0) {
        return refuse(reterr, who, "exit code %d%s%.90s", result->exit_code, said, words);
    }
    if (result->exit_code < 0) {
        return refuse(reterr, who, "ended by signal %d%s%.90s", result->signal, said, words);
    }
    return AVS_OK;
}

static enum avs_status run(char *const *words, const char *who, struct avs_aws_keys *keys,
                           struct avs_error *reterr) {
    struct avs_process_result result;
    char *answer = malloc(AVS_HELPER_BYTES);
    AVS_REQUIRE_MEMORY(answer, reterr);
    enum avs_status status =
        avs_process_run(words, AVS_HELPER_TIMEOUT_MS, answer, AVS_HELPER_BYTES, &result, reterr);
    if (status == AVS_OK) {
        status = judge(&result, who, reterr);
    }
    if (status == AVS_OK) {
        status = avs_aws_keys_from_process(answer, result.length, who, keys, reterr);
    }
    avs_aws_wipe(answer, AVS_HELPER_BYTES);
    free(answer);
    return status;
}

enum avs_status avs_aws_keys_run_helper(const char *command, const char *name,
                                        struct avs_aws_keys *keys, struct avs_error *reterr) {
    struct avs_words words;
    char who[AVS_AWS_SOURCE_BYTES];
    struct avs_error error = AVS_ERROR_INIT;
    avs_text_format(who, sizeof(who), "credential_process of profile '%.60s'", name);
    enum avs_status status = avs_words_split(command, &words, &error);
    if (status == AVS_ERR_NO_MEMORY) {
        return avs_fail_memory(reterr);
    }
    if (status != AVS_OK) {
        return refuse(reterr, who, "%.150s", error.message);
    }
    if (words.count == 0) {
        status = refuse(reterr, who, "it names no program");
    } else {
        avs_text_format(who, sizeof(who), "credential_process of profile '%.60s' (%.100s)", name,
                        words.list[0]);
        status = run(words.list, who, keys, reterr);
    }
    avs_words_done(&words);
    return status;
}
