/* SPDX-License-Identifier: Apache-2.0 */
/* See ini.h. The text stays where it was read to; sections, keys and values are cut out of it by
 * NULs, so that one wipe is enough. */
#include "iot/ini.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/text.h"
#include "iot/keys.h"

#define DEFAULTS "DEFAULT" /* its keys are in every section */

struct entry {
    const char *key; /* NULL: a section begins, and `value` is its name */
    const char *value;
    bool is_nested;
};

struct avs_ini {
    char *text;
    size_t bytes;
    struct entry *entries;
    size_t count;
};

/* ---- the text ---- */

struct reader {
    struct avs_ini *ini;
    const char *path;
    unsigned line;
    size_t section;      /* index of the entry, SIZE_MAX before the first */
    size_t indent;       /* of the last key or section */
    struct entry *value; /* what an indented line continues */
};

static enum avs_status refuse(const struct reader *reader, const char *what,
                              struct avs_error *reterr) {
    return avs_fail(reterr, AVS_ERR_CONFIG_MALFORMED, "%s line %u: %s", reader->path, reader->line,
                    what);
}

static bool is_blank(char byte) {
    return byte == ' ' || (byte >= '\t' && byte <= '\r');
}

static char *trim(char *text) {
    while (is_blank(*text)) {
        text++;
    }
    size_t length = strlen(text);
    while (length > 0 && is_blank(text[length - 1])) {
        text[--length] = '\0';
    }
    return text;
}

static enum avs_status add(struct reader *reader, const char *key, const char *value,
                           struct avs_error *reterr) {
    struct avs_ini *ini = reader->ini;
    if (ini->count == AVS_INI_ENTRIES_MAX) {
        return avs_fail(reterr, AVS_ERR_LIMIT, "%s line %u: more than %d sections and keys",
                        reader->path, reader->line, AVS_INI_ENTRIES_MAX);
    }
    ini->entries[ini->count++] = (struct entry){.key = key, .value = value};
    return AVS_OK;
}

/* Twice the same is refused, as the AWS CLI does: nobody could tell which one counts. [DEFAULT] may
 * come again. */
static enum avs_status read_section(struct reader *reader, char *text, struct avs_error *reterr) {
    struct avs_ini *ini = reader->ini;
    char *end = strrchr(text, ']');
    if (!end || end == text + 1) {
        return refuse(reader, "a section is written [name]", reterr);
    }
    *end = '\0';
    bool is_defaults = strcmp(text + 1, DEFAULTS) == 0;
    if (avs_ini_has(ini, text + 1) && !is_defaults) {
        return refuse(reader, "this section is there already; write it once", reterr);
    }
    reader->section = ini->count;
    reader->value = NULL;
    return add(reader, NULL, text + 1, reterr);
}

static bool is_there(const struct reader *reader, const char *key) {
    const struct avs_ini *ini = reader->ini;
    for (size_t i = reader->section + 1; i < ini->count; i++) {
        if (strcmp(ini->entries[i].key, key) == 0) {
            return true;
        }
    }
    return false;
}

static enum avs_status read_key(struct reader *reader, char *text, struct avs_error *reterr) {
    size_t length = strcspn(text, "=:");
    if (reader->section == SIZE_MAX) {
        return refuse(reader, "there is no [section] before this line", reterr);
    }
    if (text[length] == '\0' || length == 0) {
        return refuse(reader, "neither [section] nor key = value", reterr);
    }
    char *value = trim(text + length + 1);
    text[length] = '\0';
    char *key = trim(text);
    for (char *at = key; *at; at++) {
        *at = *at >= 'A' && *at <= 'Z' ? (char)(*at - 'A' + 'a') : *at;
    }
    if (is_there(reader, key)) {
        return refuse(reader, "this key is in its section already; write it once", reterr);
    }
    AVS_TRY(add(reader, key, value, reterr));
    reader->value = &reader->ini->entries[reader->ini->count - 1];
    return AVS_OK;
}

static enum avs_status read_line(struct reader *reader, char *line, struct avs_error *reterr) {
    size_t indent = 0;
    while (is_blank(line[indent])) {
        indent++;
    }
    char *text = trim(line);
    if (text[0] == '\0' || text[0] == '#' || text[0] == ';') {
        return AVS_OK;
    }
    if (reader->value && indent > reader->indent) {
        reader->value->is_nested = true;
        return AVS_OK;
    }
    reader->indent = indent;
    bool is_section = text[0] == '[' && strchr(text, ']') > text + 1;
    return is_section ? read_section(reader, text, reterr) : read_key(reader, text, reterr);
}

static enum avs_status read_lines(struct avs_ini *ini, const char *path, struct avs_error *reterr) {
    struct reader reader = {.ini = ini, .path = path, .section = SIZE_MAX};
    const char *end = ini->text + ini->bytes;
    for (char *line = ini->text; line < end;) {
        size_t length = strcspn(line, "\r\n"); /* a NUL ends a line, and it is one too many */
        char *next = line + length;
        reader.line++;
        if (*next == '\0' && next < end) {
            return refuse(&reader, "a NUL byte: this is no text file", reterr);
        }
        next += next < end ? 1 + (next[0] == '\r' && next[1] == '\n') : 0;
        line[length] = '\0';
        for (size_t i = 0; i < length; i++) {
            size_t sequence = avs_text_utf8_sequence(line + i, length - i);
            if (sequence == 0) {
                return refuse(&reader, "a byte that is no UTF-8", reterr);
            }
            i += sequence - 1;
        }
        AVS_TRY(read_line(&reader, line, reterr));
        line = next;
    }
    return AVS_OK;
}

/* ---- made and freed ---- */

static struct avs_ini *ini_new(size_t bytes) {
    struct avs_ini *ini = calloc(1, sizeof(*ini));
    if (ini) {
        ini->text = calloc(1, bytes + 1);
        ini->entries = ini->text ? calloc(AVS_INI_ENTRIES_MAX, sizeof(*ini->entries)) : NULL;
        ini->bytes = ini->text ? bytes : 0;
    }
    if (ini && !ini->entries) {
        avs_ini_free(ini);
        return NULL;
    }
    return ini;
}

void avs_ini_free(struct avs_ini *ini) {
    if (ini) {
        if (ini->text) {
            avs_aws_wipe(ini->text, ini->bytes);
        }
        free(ini->text);
        free(ini->entries);
        free(ini);
    }
}

enum avs_status avs_ini_parse(const char *text, size_t length, const char *path,
                              struct avs_ini **ret_ini, struct avs_error *reterr) {
    if (length > AVS_INI_BYTES_MAX) {
        return avs_fail(reterr, AVS_ERR_LIMIT, "%s: more than %u bytes", path, AVS_INI_BYTES_MAX);
    }
    AVS_AUTO(avs_ini) ini = ini_new(length);
    AVS_REQUIRE_MEMORY(ini, reterr);
    memcpy(ini->text, text, length);
    AVS_TRY(read_lines(ini, path, reterr));
    *ret_ini = AVS_STEAL(ini);
    return AVS_OK;
}

static enum avs_status unreadable(const char *path, int os_errno, struct avs_error *reterr) {
    return avs_fail_errno(reterr, AVS_ERR_CONFIG_UNREADABLE, AVS_CAUSE_CONFIG_UNREADABLE, os_errno,
                          "%s cannot be read: %s", path, strerror(os_errno));
}

static enum avs_status read_open(int file, const char *path, struct avs_ini **ret_ini,
                                 struct avs_error *reterr) {
    struct stat about;
    if (fstat(file, &about) != 0) {
        return unreadable(path, errno, reterr);
    }
    if (!S_ISREG(about.st_mode)) {
        return unreadable(path, S_ISDIR(about.st_mode) ? EISDIR : EINVAL, reterr);
    }
    if (about.st_size > (off_t)AVS_INI_BYTES_MAX) {
        return avs_fail(reterr, AVS_ERR_LIMIT, "%s: more than %u bytes", path, AVS_INI_BYTES_MAX);
    }
    AVS_AUTO(avs_ini) ini = ini_new((size_t)about.st_size);
    AVS_REQUIRE_MEMORY(ini, reterr);
    for (size_t at = 0; at < ini->bytes;) {
        ssize_t got = read(file, ini->text + at, ini->bytes - at);
        if (got < 0 && errno != EINTR) {
            return unreadable(path, errno, reterr);
        }
        if (got == 0) { /* it has become shorter */
            ini->bytes = at;
        }
        at += got > 0 ? (size_t)got : 0;
    }
    AVS_TRY(read_lines(ini, path, reterr));
    *ret_ini = AVS_STEAL(ini);
    return AVS_OK;
}

enum avs_status avs_ini_load(const char *path, struct avs_ini **ret_ini, struct avs_error *reterr) {
    int file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK); /* a pipe is told, not waited for */
    if (file < 0 && (errno == ENOENT || errno == ENOTDIR)) {
        *ret_ini = NULL;
        return AVS_OK;
    }
    if (file < 0) {
        return unreadable(path, errno, reterr);
    }
    enum avs_status status = read_open(file, path, ret_ini, reterr);
    close(file);
    return status;
}

/* ---- asked ---- */

const char *avs_ini_section(const struct avs_ini *ini, size_t index) {
    for (size_t i = 0; ini && i < ini->count; i++) {
        bool is_section = !ini->entries[i].key && strcmp(ini->entries[i].value, DEFAULTS) != 0;
        if (is_section && index-- == 0) {
            return ini->entries[i].value;
        }
    }
    return NULL;
}

static const struct entry *find_in(const struct avs_ini *ini, const char *section,
                                   const char *key) {
    const struct entry *found = NULL;
    bool is_in = false;
    for (size_t i = 0; ini && i < ini->count; i++) {
        const struct entry *entry = &ini->entries[i];
        if (!entry->key) {
            is_in = strcmp(entry->value, section) == 0;
            found = is_in && !key ? entry : found;
        } else if (is_in && key && strcmp(entry->key, key) == 0) {
            found = entry;
        }
    }
    return found;
}

static const struct entry *find(const struct avs_ini *ini, const char *section, const char *key) {
    const struct entry *entry = find_in(ini, section, key);
    return entry || !avs_ini_has(ini, section) ? entry : find_in(ini, DEFAULTS, key);
}

bool avs_ini_has(const struct avs_ini *ini, const char *section) {
    return find_in(ini, section, NULL) != NULL;
}

const char *avs_ini_get(const struct avs_ini *ini, const char *section, const char *key) {
    const struct entry *entry = find(ini, section, key);
    return entry ? entry->value : NULL;
}

bool avs_ini_is_nested(const struct avs_ini *ini, const char *section, const char *key) {
    const struct entry *entry = find(ini, section, key);
    return entry && entry->is_nested;
}
