/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as what AWS keys come in: first a byte that says which: a file of profiles, the command
 * line of a credential_process, its answer, that of the credentials endpoint. What is taken for a
 * key fits into a header; an error quotes nothing of the file. */
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "iot/credentials.h"
#include "iot/words.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool is_true) {
    if (!is_true) {
        abort();
    }
}

static void read_file(const char *text, size_t length) {
    struct avs_ini *ini = NULL;
    struct avs_error error = AVS_ERROR_INIT;
    const char *section = NULL;
    if (avs_ini_parse(text, length, "f", &ini, &error) != AVS_OK) {
        must(ini == NULL && strncmp(error.message, "f", 1) == 0);
        must(avs_text_is_printable(error.message));
        return;
    }
    for (size_t i = 0; i < 8 && (section = avs_ini_section(ini, i)); i++) {
        must(avs_ini_has(ini, section));
        const char *value = avs_ini_get(ini, section, "region");
        must(!value || strlen(value) < length);
    }
    avs_ini_free(ini);
}

static void read_words(const char *line) {
    struct avs_words words;
    if (avs_words_split(line, &words, NULL) == AVS_OK) {
        size_t total = 0;
        for (size_t i = 0; i < words.count; i++) {
            total += strlen(words.list[i]);
        }
        must(words.list[words.count] == NULL && total <= strlen(line));
        avs_words_done(&words);
    }
}

static void read_answer(const char *json, size_t length, bool is_process) {
    struct avs_aws_keys *keys = avs_aws_keys_new();
    enum avs_status status = AVS_ERR_NO_MEMORY;
    if (keys) {
        status = is_process ? avs_aws_keys_from_process(json, length, "p", keys, NULL)
                            : avs_aws_keys_from_provider(json, length, keys, NULL);
    }
    if (status == AVS_OK) {
        must(keys->id[0] && keys->secret[0]);
        must(!strpbrk(keys->id, " \r\n") && !strpbrk(keys->token, " \r\n"));
        must(avs_text_is_printable(keys->id) && avs_text_is_printable(keys->token));
    }
    avs_aws_keys_free(keys);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size == 0) {
        return 0;
    }
    char *text = malloc(size); /* terminated, and of that size */
    if (!text) {
        return 0;
    }
    memcpy(text, data + 1, size - 1);
    text[size - 1] = '\0';
    switch (data[0] % 4) {
    case 0:
        read_file(text, size - 1);
        break;
    case 1:
        read_words(text);
        break;
    default:
        read_answer(text, size - 1, data[0] % 4 == 2);
    }
    free(text);
    return 0;
}
