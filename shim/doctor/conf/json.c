/* JSON output: the handful of steps that every writer of this module repeats. */
#include <stdbool.h>
#include <string.h>

#include "conf/file.h"
#include "conf/json.h"

#define TEXT_BYTES_MAX (8u * 1024u * 1024u)

bool avs_conf_json_add(struct json_object *object, const char *key, struct json_object *value) {
    if (!value || json_object_object_add(object, key, value) != 0) {
        json_object_put(value);
        return false;
    }
    return true;
}

struct json_object *avs_conf_json_string(const char *text, size_t length) {
    struct avs_buffer clean = avs_buffer_init(TEXT_BYTES_MAX);
    struct json_object *string = NULL;
    size_t start = 0;
    for (size_t i = 0; i < length;) {
        size_t sequence = avs_conf_utf8_sequence(text + i, length - i);
        if (sequence == 0) {
            avs_buffer_add(&clean, text + start, i - start);
            avs_buffer_add_text(&clean, "\xEF\xBF\xBD");
            start = i + 1;
        }
        i += sequence ? sequence : 1;
    }
    avs_buffer_add(&clean, text + start, length - start);
    if (!clean.is_failed) {
        string = json_object_new_string_len(clean.data ? clean.data : "", (int)clean.length);
    }
    avs_buffer_done(&clean);
    return string;
}

bool avs_conf_json_add_bytes(struct json_object *object, const char *key, const char *text,
                             size_t length) {
    return avs_conf_json_add(object, key, avs_conf_json_string(text, length));
}

bool avs_conf_json_add_text(struct json_object *object, const char *key, const char *text) {
    return text ? avs_conf_json_add_bytes(object, key, text, strlen(text))
                : json_object_object_add(object, key, NULL) == 0;
}

bool avs_conf_json_add_number(struct json_object *object, const char *key, size_t number) {
    return avs_conf_json_add(object, key, json_object_new_int64((int64_t)number));
}

bool avs_conf_json_add_bool(struct json_object *object, const char *key, bool is_true) {
    return avs_conf_json_add(object, key, json_object_new_boolean(is_true));
}

struct json_object *avs_conf_json_add_array(struct json_object *object, const char *key) {
    struct json_object *array = json_object_new_array();
    return avs_conf_json_add(object, key, array) ? array : NULL;
}

struct json_object *avs_conf_json_append(struct json_object *array) {
    struct json_object *item = json_object_new_object();
    if (!item || json_object_array_add(array, item) != 0) {
        json_object_put(item);
        return NULL;
    }
    return item;
}

enum avs_status avs_conf_json_print(struct json_object *root, char **ret_text,
                                    struct avs_error *reterr) {
    const char *text = json_object_to_json_string_ext(root, JSON_C_TO_STRING_PRETTY |
                                                                JSON_C_TO_STRING_NOSLASHESCAPE);
    AVS_REQUIRE_MEMORY(text, reterr);
    size_t length = strlen(text);
    char *copy = malloc(length + 2);
    AVS_REQUIRE_MEMORY(copy, reterr);
    memcpy(copy, text, length);
    memcpy(copy + length, "\n", 2);
    *ret_text = copy;
    return AVS_OK;
}
