/* Building JSON output with json-c: members that take their value over, text that is always UTF-8.
 * Every function is false when out of memory, and then nothing leaks. */
#ifndef AVS_CONF_JSON_H
#define AVS_CONF_JSON_H

#include <stdbool.h>
#include <stddef.h>

#include <json-c/json.h>

#include "base/flow.h"

AVS_DEFINE_AUTO(json, struct json_object, json_object_put);

bool avs_conf_json_add(struct json_object *object, const char *key, struct json_object *value);
/** A string; what is no UTF-8 (a file's name, a lone surrogate) becomes U+FFFD. NULL: no memory. */
struct json_object *avs_conf_json_string(const char *text, size_t length);
/** NULL adds null. */
bool avs_conf_json_add_text(struct json_object *object, const char *key, const char *text);
bool avs_conf_json_add_bytes(struct json_object *object, const char *key, const char *text,
                             size_t length);
bool avs_conf_json_add_number(struct json_object *object, const char *key, size_t number);
bool avs_conf_json_add_bool(struct json_object *object, const char *key, bool is_true);
/** A new array as a member; NULL when out of memory. */
struct json_object *avs_conf_json_add_array(struct json_object *object, const char *key);
/** A new object at the end of an array; NULL when out of memory. */
struct json_object *avs_conf_json_append(struct json_object *array);

/** The whole as indented text with a line feed at its end; the caller frees it. Errors: NO_MEMORY.
 */
AVS_NODISCARD enum avs_status avs_conf_json_print(struct json_object *root, char **ret_text,
                                                  struct avs_error *reterr);

#endif
