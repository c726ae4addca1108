/* SPDX-License-Identifier: Apache-2.0 */
/* See credentials.h. The order is botocore's, the AWS CLI's library. */
#include "iot/credentials.h"

#include <string.h>

#include "base/text.h"
#include "iot/helper.h"
#include "iot/members.h"

#define LIST_BYTES 160

/* ---- one place where keys may stand ---- */

struct place {
    const char *name; /* for errors and reports */
    const char *id, *secret, *token;
    const char *id_name, *secret_name; /* how they are called there */
};

static enum avs_status bad_value(const struct place *place, const char *what,
                                 struct avs_error *reterr) {
    return avs_fail_cause(reterr, AVS_ERR_CONFIG, AVS_CAUSE_AWS_KEYS_INVALID,
                          "%s: %s is not what AWS gives out: empty, too long, or with blanks or "
                          "other characters in it. Copy it again",
                          place->name, what);
}

static enum avs_status take(const struct place *place, struct avs_aws_keys *keys,
                            struct avs_error *reterr) {
    if (!place->secret || !place->secret[0]) {
        return avs_fail_cause(reterr, AVS_ERR_CONFIG, AVS_CAUSE_AWS_KEYS_INVALID,
                              "%s: there is %s, but no %s: set both", place->name, place->id_name,
                              place->secret_name);
    }
    if (!avs_aws_key_set(keys->id, sizeof(keys->id), place->id, strlen(place->id))) {
        return bad_value(place, place->id_name, reterr);
    }
    if (!avs_aws_key_set(keys->secret, sizeof(keys->secret), place->secret,
                         strlen(place->secret))) {
        return bad_value(place, place->secret_name, reterr);
    }
    if (place->token && place->token[0] &&
        !avs_aws_key_set(keys->token, sizeof(keys->token), place->token, strlen(place->token))) {
        return bad_value(place, "the session token", reterr);
    }
    AVS_TEXT_SET(keys->source, place->name);
    return AVS_OK;
}

/* ---- the places, in their order ---- */

struct search {
    const struct avs_profile *profile;
    struct avs_aws_keys *keys;
    bool is_found;
};

static enum avs_status from_environment(struct search *search, struct avs_error *reterr) {
    const char *expires = avs_environment("AWS_CREDENTIAL_EXPIRATION");
    const char *token = avs_environment("AWS_SECURITY_TOKEN"); /* the older name comes first */
    const struct place place = {
        .name = "environment",
        .id = avs_environment("AWS_ACCESS_KEY_ID"),
        .secret = avs_environment("AWS_SECRET_ACCESS_KEY"),
        .token = token ? token : avs_environment("AWS_SESSION_TOKEN"),
        .id_name = "AWS_ACCESS_KEY_ID",
        .secret_name = "AWS_SECRET_ACCESS_KEY",
    };
    const char *by = search->profile->named_by;
    bool is_skipped = by && strcmp(by, "--profile") == 0;
    search->is_found = place.id && !is_skipped;
    if (!search->is_found) {
        return AVS_OK;
    }
    if (expires && !avs_iso_time(expires, &search->keys->expires_unix)) {
        return bad_value(&place, "AWS_CREDENTIAL_EXPIRATION", reterr);
    }
    return take(&place, search->keys, reterr);
}

/* Keys that a call to AWS gives out first. The word says which. */
static enum avs_status needs_a_call(struct search *search, struct avs_error *reterr) {
    static const struct {
        const char *key, *kind;
    } rows[] = {
        {"role_arn", "assumes a role"},        {"web_identity_token_file", "uses a web identity"},
        {"sso_session", "signs in by SSO"},    {"sso_start_url", "signs in by SSO"},
        {"sso_account_id", "signs in by SSO"}, {"login_session", "signs in by aws login"},
    };
    const struct avs_profile *profile = search->profile;
    for (size_t i = 0; i < AVS_COUNT(rows); i++) {
        if (avs_profile_get(profile, rows[i].key)) {
            return avs_fail_cause(
                reterr, AVS_ERR_CONFIG, AVS_CAUSE_AWS_KEYS_ELSEWHERE,
                "profile '%.60s' %s (%s): its keys are given out by AWS at each use. Export them: "
                "eval \"$(aws configure export-credentials --profile %.60s --format env)\", "
                "or write into a profile: credential_process = aws configure export-credentials "
                "--profile %.60s --format process",
                profile->name, rows[i].kind, rows[i].key, profile->name, profile->name);
        }
    }
    return AVS_OK;
}

static enum avs_status from_file(struct search *search, const struct avs_ini *ini, const char *path,
                                 const char *section, struct avs_error *reterr) {
    char name[AVS_AWS_SOURCE_BYTES];
    const char *token = avs_ini_get(ini, section, "aws_security_token");
    avs_text_format(name, sizeof(name), "%s [%s]", path, section);
    const struct place place = {
        .name = name,
        .id = avs_ini_get(ini, section, "aws_access_key_id"),
        .secret = avs_ini_get(ini, section, "aws_secret_access_key"),
        .token = token ? token : avs_ini_get(ini, section, "aws_session_token"),
        .id_name = "aws_access_key_id",
        .secret_name = "aws_secret_access_key",
    };
    search->is_found = place.id != NULL;
    if (!place.id) {
        return AVS_OK;
    }
    static const char *const names[] = {"aws_access_key_id", "aws_secret_access_key",
                                        "aws_session_token", "aws_security_token"};
    for (size_t i = 0; i < AVS_COUNT(names); i++) {
        if (avs_ini_is_nested(ini, section, names[i])) {
            return bad_value(&place, names[i], reterr);
        }
    }
    return take(&place, search->keys, reterr);
}

static enum avs_status from_keys_file(struct search *search, struct avs_error *reterr) {
    const struct avs_profile *profile = search->profile;
    return from_file(search, profile->keys, profile->keys_path, profile->name, reterr);
}

static enum avs_status from_process(struct search *search, struct avs_error *reterr) {
    const char *command = avs_profile_get(search->profile, "credential_process");
    search->is_found = command != NULL;
    return command ? avs_aws_keys_run_helper(command, search->profile->name, search->keys, reterr)
                   : AVS_OK;
}

static enum avs_status from_config_file(struct search *search, struct avs_error *reterr) {
    const struct avs_profile *profile = search->profile;
    return profile->config_section ? from_file(search, profile->config, profile->config_path,
                                               profile->config_section, reterr)
                                   : AVS_OK;
}

static enum avs_status nothing_found(const struct search *search, struct avs_error *reterr) {
    const struct avs_profile *profile = search->profile;
    char list[LIST_BYTES];
    avs_profile_list(profile, list, sizeof(list));
    if (profile->named_by && !avs_profile_is_there(profile)) {
        return avs_fail_cause(
            reterr, AVS_ERR_CONFIG, AVS_CAUSE_AWS_PROFILE_MISSING,
            "there is no profile '%.60s' (named by %s) in %.110s or %.110s. There "
            "are: %s",
            profile->name, profile->named_by, profile->keys_path, profile->config_path, list);
    }
    bool is_hosted = avs_environment("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI") ||
                     avs_environment("AWS_CONTAINER_CREDENTIALS_FULL_URI") ||
                     avs_environment("AWS_WEB_IDENTITY_TOKEN_FILE");
    return avs_fail_cause(
        reterr, AVS_ERR_CONFIG,
        is_hosted ? AVS_CAUSE_AWS_KEYS_ELSEWHERE : AVS_CAUSE_AWS_KEYS_MISSING,
        "no AWS keys: none in the environment, none for profile '%.60s' in %.100s or %.100s. %s",
        profile->name, profile->keys_path, profile->config_path,
        is_hosted ? "This container's come by another way; export them: eval \"$(aws configure "
                    "export-credentials --format env)\""
                  : "Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, run aws configure, or use "
                    "the device's own certificate (--cert, --key, --role-alias)");
}

static enum avs_status check_expiry(const struct avs_aws_keys *keys, int64_t now_unix,
                                    struct avs_error *reterr) {
    char when[32], now[32];
    if (keys->expires_unix == 0 || keys->expires_unix > now_unix) {
        return AVS_OK;
    }
    avs_text_utc(when, sizeof(when), keys->expires_unix);
    avs_text_utc(now, sizeof(now), now_unix);
    return avs_fail_cause(reterr, AVS_ERR_CONFIG, AVS_CAUSE_AWS_KEYS_EXPIRED,
                          "%s: the keys expired at %s; this machine's clock says %s. Fetch new "
                          "ones, or set the clock",
                          keys->source, when, now);
}

enum avs_status avs_aws_keys_find(const struct avs_profile *profile, int64_t now_unix,
                                  struct avs_aws_keys **ret_keys, struct avs_error *reterr) {
    static enum avs_status (*const places[])(struct search *, struct avs_error *) = {
        from_environment, needs_a_call, from_keys_file, from_process, from_config_file,
    };
    AVS_AUTO(avs_aws_keys) keys = avs_aws_keys_new();
    AVS_REQUIRE_MEMORY(keys, reterr);
    struct search search = {.profile = profile, .keys = keys};
    for (size_t i = 0; i < AVS_COUNT(places) && !search.is_found; i++) {
        AVS_TRY(places[i](&search, reterr));
    }
    if (!search.is_found) {
        return nothing_found(&search, reterr);
    }
    AVS_TRY(check_expiry(keys, now_unix, reterr));
    *ret_keys = AVS_STEAL(keys);
    return AVS_OK;
}
