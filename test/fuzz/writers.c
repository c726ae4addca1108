/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as what a report has to tell: the JSON is read back by a strict parser, the text holds
 * nothing that a terminal obeys but newlines and our own colours, and each finding keeps its line.
 */
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "out/json_out.h"
#include "out/markup_out.h"
#include "out/text_out.h"
#include "report/strict_json.h"

#define LIMIT_BYTES (1024 * 1024)
#define RUNS        3

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool is_true) {
    if (!is_true) {
        abort();
    }
}

static void write_json(const char *bytes, size_t size, const char *word) {
    struct avs_json json = avs_json_init(LIMIT_BYTES);
    char *text = NULL;
    avs_json_open_object(&json, NULL);
    avs_json_bytes(&json, word, bytes, size);
    avs_json_open_array(&json, "list");
    avs_json_text(&json, NULL, word);
    avs_json_format(&json, NULL, "%s:%zu", word, size);
    avs_json_close(&json);
    avs_json_close(&json);
    must(avs_json_take(&json, &text, NULL) == AVS_OK);
    struct json_object *root = NULL;
    must(avs_strict_json_parse(text, strlen(text), &root, NULL) == AVS_OK);
    must(json_object_object_length(root) >= 1);
    json_object_put(root);
    for (const char *at = text; *at; at++) {
        must(*at == '\n' || ((unsigned char)*at >= 0x20 && *at != 0x7F));
    }
    free(text);
}

static void write_text(const char *word, unsigned columns, bool has_colour) {
    struct avs_style style = {.has_colour = has_colour, .columns = columns};
    struct avs_out out = avs_out_init(LIMIT_BYTES, &style);
    char *text = NULL;
    for (int i = 0; i < RUNS; i++) {
        avs_out_mark(&out, AVS_MARK_FAIL);
        avs_out_tone(&out, AVS_TONE_BAD, "%-10s", word);
        avs_out_hang(&out);
        avs_out_printf(&out, " %s\n", word);
    }
    avs_out_command(&out, word);
    must(avs_out_take(&out, &text, NULL) == AVS_OK);
    size_t newlines = 0;
    for (const char *at = text; *at;) {
        if (*at == '\033') {
            size_t length = strspn(at + 1, "[0123456789") + 2;
            must(has_colour && at[length - 1] == 'm');
            at += length;
        } else if (*at == '\n') {
            newlines++;
            at++;
        } else {
            size_t length = avs_text_printable_sequence(at, strlen(at));
            must(length > 0);
            at += length;
        }
    }
    must(columns ? newlines >= RUNS : newlines == RUNS + (word[0] != '\0'));
    free(text);
}

static void write_word(const char *word) {
    struct avs_buffer buffer = avs_buffer_init(LIMIT_BYTES);
    must(avs_buffer_add_word(&buffer, word));
    must(buffer.length > 0 && avs_text_is_printable(buffer.data));
    avs_buffer_done(&buffer);
}

/* Whatever it was, it opens no element, closes no attribute and steers no eye. */
static void write_markup(const char *word) {
    struct avs_buffer buffer = avs_buffer_init(LIMIT_BYTES);
    avs_markup(&buffer, "~", word, NULL);
    must(!buffer.is_failed);
    for (const char *at = buffer.data; at && *at;) {
        size_t length = *at == '\n' ? 1 : avs_text_printable_sequence(at, strlen(at));
        must(length > 0 && !strchr("<>\"'", *at));
        must(*at != '&' || strncmp(at, "&amp;", 5) == 0 || strncmp(at, "&lt;", 4) == 0 ||
             strncmp(at, "&gt;", 4) == 0 || strncmp(at, "&quot;", 6) == 0 ||
             strncmp(at, "&#39;", 5) == 0);
        at += length;
    }
    avs_buffer_done(&buffer);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size > LIMIT_BYTES / 64) {
        return 0;
    }
    char *word = malloc(size + 1);
    memcpy(word, data, size);
    word[size] = '\0';
    write_json((const char *)data, size, word);
    write_text(word, 0, false);
    write_text(word, size ? data[0] : 80, true);
    write_word(word);
    write_markup(word);
    free(word);
    return 0;
}
