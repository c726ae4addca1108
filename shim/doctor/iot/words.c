/* SPDX-License-Identifier: Apache-2.0 */
/* See words.h. */
#include "iot/words.h"

#include <stdbool.h>
#include <string.h>

struct reader {
    const char *at;
    char *to;
    char quote; /* the one that is open, or 0 */
    bool is_word;
};

static bool is_blank(char byte) {
    return byte != '\0' && strchr(" \t\r\n", byte) != NULL;
}

static bool is_quote(char byte) {
    return byte == '\'' || byte == '"';
}

/* Copy one word; the reader stands behind it. NULL, or what is wrong. */
static const char *read_word(struct reader *reader) {
    for (; *reader->at && (reader->quote || !is_blank(*reader->at)); reader->at++) {
        char byte = *reader->at;
        bool escapes = reader->quote == '"' ? reader->at[1] == '"' || reader->at[1] == '\\'
                                            : reader->quote == 0;
        if (byte == '\\' && escapes) {
            if (reader->at[1] == '\0') {
                return "it ends in a backslash";
            }
            *reader->to++ = *++reader->at;
        } else if (reader->quote ? byte == reader->quote : is_quote(byte)) {
            reader->quote = reader->quote ? 0 : byte;
        } else {
            *reader->to++ = byte;
        }
    }
    *reader->to++ = '\0';
    return reader->quote ? "a quotation mark is not closed" : NULL;
}

static enum avs_status fill(const char *line, struct avs_words *words, struct avs_error *reterr) {
    struct reader reader = {.at = line, .to = words->text};
    for (;;) {
        while (is_blank(*reader.at)) {
            reader.at++;
        }
        if (*reader.at == '\0') {
            return AVS_OK;
        }
        if (words->count == AVS_WORDS_MAX) {
            return avs_fail(reterr, AVS_ERR_LIMIT, "a command of more than %d words",
                            AVS_WORDS_MAX);
        }
        words->list[words->count++] = reader.to;
        const char *fault = read_word(&reader);
        if (fault) {
            return avs_fail(reterr, AVS_ERR_USAGE, "the command cannot be split into words: %s",
                            fault);
        }
    }
}

enum avs_status avs_words_split(const char *line, struct avs_words *ret_words,
                                struct avs_error *reterr) {
    struct avs_words words = {.count = 0};
    size_t length = strlen(line);
    if (length > AVS_WORDS_BYTES_MAX) {
        return avs_fail(reterr, AVS_ERR_LIMIT, "a command of more than %d bytes",
                        AVS_WORDS_BYTES_MAX);
    }
    words.text = malloc(length + 2); /* a word ends where a blank, or the line, ended */
    AVS_REQUIRE_MEMORY(words.text, reterr);
    enum avs_status status = fill(line, &words, reterr);
    if (status != AVS_OK) {
        avs_words_done(&words);
        return status;
    }
    *ret_words = words;
    return AVS_OK;
}

void avs_words_done(struct avs_words *words) {
    free(words->text);
    *words = (struct avs_words){.count = 0};
}
