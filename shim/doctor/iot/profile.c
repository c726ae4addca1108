/* SPDX-License-Identifier: Apache-2.0 */
/* See profile.h. */
#include "iot/profile.h"

#include <pwd.h>
#include <string.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/text.h"
#include "iot/words.h"

#define PASSWD_BYTES 4096

const char *avs_environment(const char *name) {
    const char *value = getenv(name);
    return value && value[0] ? value : NULL;
}

/* A service of systemd has no HOME. */
static void home_of(char *home, size_t capacity) {
    char text[PASSWD_BYTES];
    struct passwd entry, *found = NULL;
    const char *given = avs_environment("HOME");
    bool has_entry =
        !given && getpwuid_r(getuid(), &entry, text, sizeof(text), &found) == 0 && found;
    avs_text_copy(home, capacity, given ? given : has_entry ? found->pw_dir : "");
}

static enum avs_status place(const char *variable, const char *standard, char *path,
                             struct avs_error *reterr) {
    char home[AVS_PROFILE_PATH_BYTES];
    const char *given = avs_environment(variable);
    const char *wanted = given ? given : standard;
    home_of(home, sizeof(home));
    bool is_below_home = strncmp(wanted, "~/", 2) == 0;
    size_t length = strlen(wanted) + (is_below_home ? strlen(home) : 0);
    if (length >= AVS_PROFILE_PATH_BYTES) {
        return avs_fail(reterr, AVS_ERR_LIMIT, "%s: a path of %zu bytes; at most %d are read",
                        given ? variable : "HOME", length, AVS_PROFILE_PATH_BYTES - 1);
    }
    avs_text_format(path, AVS_PROFILE_PATH_BYTES, "%s%s", is_below_home ? home : "",
                    wanted + is_below_home);
    return AVS_OK;
}

/* The config file's sections are [default] and [profile NAME], the name quoted where it has blanks.
 */
static bool is_section_of(const char *section, const char *name) {
    struct avs_words words;
    if (strncmp(section, "profile", strlen("profile")) != 0) {
        return strcmp(section, "default") == 0 && strcmp(name, section) == 0;
    }
    if (avs_words_split(section, &words, NULL) != AVS_OK) {
        return false;
    }
    bool is_it = words.count == 2 && strcmp(words.list[1], name) == 0;
    avs_words_done(&words);
    return is_it;
}

static const char *find_section(const struct avs_ini *config, const char *name) {
    const char *section = NULL, *found = NULL;
    for (size_t i = 0; (section = avs_ini_section(config, i)); i++) {
        found = is_section_of(section, name) ? section : found; /* the last, as the AWS CLI */
    }
    return found;
}

static const char *name_it(const char *given, const char **ret_by) {
    static const char *const variables[] = {"AWS_PROFILE", "AWS_DEFAULT_PROFILE"};
    *ret_by = given ? "--profile" : NULL;
    for (size_t i = 0; !given && i < AVS_COUNT(variables); i++) {
        given = avs_environment(variables[i]);
        *ret_by = given ? variables[i] : NULL;
    }
    return given ? given : "default";
}

enum avs_status avs_profile_open(const char *given, struct avs_profile *ret_profile,
                                 struct avs_error *reterr) {
    struct avs_profile profile = {.named_by = NULL};
    const char *name = name_it(given, &profile.named_by);
    if (strlen(name) >= sizeof(profile.name)) {
        return avs_fail(reterr, AVS_ERR_LIMIT, "%s: a profile's name of more than %d bytes",
                        profile.named_by, AVS_PROFILE_NAME_BYTES - 1);
    }
    AVS_TEXT_SET(profile.name, name);
    AVS_TRY(place("AWS_SHARED_CREDENTIALS_FILE", "~/.aws/credentials", profile.keys_path, reterr));
    AVS_TRY(place("AWS_CONFIG_FILE", "~/.aws/config", profile.config_path, reterr));
    enum avs_status status = avs_ini_load(profile.keys_path, &profile.keys, reterr);
    if (status == AVS_OK) {
        status = avs_ini_load(profile.config_path, &profile.config, reterr);
    }
    if (status != AVS_OK) {
        avs_profile_done(&profile);
        return status;
    }
    profile.config_section = find_section(profile.config, profile.name);
    *ret_profile = profile;
    return AVS_OK;
}

void avs_profile_done(struct avs_profile *profile) {
    avs_ini_free(profile->keys);
    avs_ini_free(profile->config);
    profile->keys = profile->config = NULL;
    profile->config_section = NULL;
}

bool avs_profile_is_there(const struct avs_profile *profile) {
    return profile->config_section || avs_ini_has(profile->keys, profile->name);
}

const char *avs_profile_get(const struct avs_profile *profile, const char *key) {
    const char *value = avs_ini_get(profile->keys, profile->name, key);
    if (!value && profile->config_section) {
        value = avs_ini_get(profile->config, profile->config_section, key);
    }
    return value;
}

void avs_profile_list(const struct avs_profile *profile, char *text, size_t capacity) {
    const char *section = NULL;
    struct avs_buffer out = avs_buffer_init(capacity - 1);
    for (size_t i = 0; (section = avs_ini_section(profile->keys, i)); i++) {
        avs_buffer_printf(&out, "%s%s", out.length ? ", " : "", section);
    }
    for (size_t i = 0; (section = avs_ini_section(profile->config, i)); i++) {
        bool is_profile = strncmp(section, "profile ", strlen("profile ")) == 0;
        const char *name = is_profile ? section + strlen("profile ") : section;
        bool is_told = avs_ini_has(profile->keys, name);
        if ((is_profile || strcmp(section, "default") == 0) && !is_told) {
            avs_buffer_printf(&out, "%s%s", out.length ? ", " : "", name);
        }
    }
    avs_text_copy(text, capacity, out.length ? out.data : "none");
    avs_buffer_done(&out);
}

const char *avs_profile_region(const struct avs_profile *profile, const char *given,
                               const char **ret_source) {
    const struct {
        const char *value, *source;
    } places[] = {
        {given, "--region"},
        {avs_environment("AWS_REGION"), "AWS_REGION"},
        {avs_environment("AWS_DEFAULT_REGION"), "AWS_DEFAULT_REGION"},
        {avs_profile_get(profile, "region"), "the profile"},
    };
    for (size_t i = 0; i < AVS_COUNT(places); i++) {
        if (places[i].value && places[i].value[0]) {
            *ret_source = places[i].source;
            return places[i].value;
        }
    }
    return NULL;
}
