/* SPDX-License-Identifier: Apache-2.0 */
/* Evidence to JSON and back, driven by the tables of fields.c. */
#include <avs/evidence.h>

#include <limits.h>
#include <math.h>
#include <string.h>

#include <json-c/json.h>

#include "base/flow.h"
#include "base/text.h"
#include "report/evidence_fields.h"
#include "report/page.h"
#include "report/strict_json.h"

#define PLACE_BYTES 160

AVS_DEFINE_AUTO(json, struct json_object, json_object_put);
AVS_DEFINE_AUTO(evidence, struct avs_evidence, avs_evidence_free);

/* ---- writing ---- */

static size_t list_length(const struct avs_field *row, const char *base) {
    size_t length = row->length_offset == AVS_FIXED_LENGTH
                        ? row->list_capacity
                        : *(const size_t *)(const void *)(base + row->length_offset);
    return length < row->list_capacity ? length : row->list_capacity;
}

static bool are_defaults(const struct avs_fields *fields, const char *base, const char *defaults);

static bool is_default(const struct avs_field *row, const char *base, const char *defaults) {
    const char *value = base + row->offset;
    const char *other = defaults + row->offset;
    switch (row->kind) {
    case AVS_FIELD_TEXT:
        return strcmp(value, other) == 0;
    case AVS_FIELD_BYTES:
        return *(const size_t *)(const void *)(base + row->length_offset) == 0;
    case AVS_FIELD_TABLE:
        return are_defaults(row->table, value, other);
    case AVS_FIELD_LIST:
        if (row->length_offset != AVS_FIXED_LENGTH) {
            return list_length(row, base) == 0;
        }
        for (size_t i = 0; i < row->list_capacity; i++) {
            if (!are_defaults(row->table, value + i * row->size, other + i * row->size)) {
                return false;
            }
        }
        return true;
    case AVS_FIELD_BOOL:
    case AVS_FIELD_INT:
    case AVS_FIELD_U16:
    case AVS_FIELD_U32:
    case AVS_FIELD_I64:
    case AVS_FIELD_U64:
    case AVS_FIELD_REAL:
    case AVS_FIELD_ENUM:
        break;
    }
    return memcmp(value, other, row->size) == 0;
}

static bool are_defaults(const struct avs_fields *fields, const char *base, const char *defaults) {
    for (size_t i = 0; i < fields->count; i++) {
        if (!is_default(&fields->rows[i], base, defaults)) {
            return false;
        }
    }
    return true;
}

/* One byte for each that breaks UTF-8, so that it fits into the field again. */
static void put_text(struct avs_json *json, const char *key, const char *text) {
    char clean[AVS_URL_BYTES];
    avs_text_copy(clean, sizeof(clean), text);
    avs_text_make_utf8(clean);
    avs_json_text(json, key, clean);
}

static void put_bytes(struct avs_json *json, const struct avs_field *row, const char *base) {
    char hex[2 * AVS_FIRST_BYTES + 1];
    size_t length = *(const size_t *)(const void *)(base + row->length_offset);
    avs_text_hex(hex, sizeof(hex), (const uint8_t *)base + row->offset,
                 length < row->size ? length : row->size);
    avs_json_text(json, row->key, hex);
}

static void put_list(struct avs_json *json, const struct avs_field *row, const char *base,
                     const char *defaults) {
    avs_json_open_array(json, row->key);
    for (size_t i = 0; i < list_length(row, base); i++) {
        size_t offset = row->offset + i * row->size;
        avs_json_open_object(json, NULL);
        avs_fields_put(json, row->table, base + offset, defaults ? defaults + offset : NULL);
        avs_json_close(json);
    }
    avs_json_close(json);
}

static void put_enum(struct avs_json *json, const struct avs_field *row, int number) {
    bool is_known = number >= 0 && number < row->name_count;
    avs_json_text(json, row->key, row->names[is_known ? number : 0]);
}

void avs_field_put(struct avs_json *json, const struct avs_field *row, const void *base,
                   const void *defaults) {
    const void *value = (const char *)base + row->offset;
    switch (row->kind) {
    case AVS_FIELD_TEXT:
        put_text(json, row->key, value);
        break;
    case AVS_FIELD_BOOL:
        avs_json_bool(json, row->key, *(const bool *)value);
        break;
    case AVS_FIELD_INT:
        avs_json_int(json, row->key, *(const int *)value);
        break;
    case AVS_FIELD_U16:
        avs_json_uint(json, row->key, *(const uint16_t *)value);
        break;
    case AVS_FIELD_U32:
        avs_json_uint(json, row->key, *(const uint32_t *)value);
        break;
    case AVS_FIELD_I64:
        avs_json_int(json, row->key, *(const int64_t *)value);
        break;
    case AVS_FIELD_U64:
        avs_json_uint(json, row->key, *(const uint64_t *)value);
        break;
    case AVS_FIELD_REAL: /* microseconds are enough, and short to read */
        avs_json_real(json, row->key, *(const double *)value);
        break;
    case AVS_FIELD_ENUM:
        put_enum(json, row, *(const int *)value);
        break;
    case AVS_FIELD_BYTES:
        put_bytes(json, row, base);
        break;
    case AVS_FIELD_TABLE:
        avs_json_open_object(json, row->key);
        avs_fields_put(json, row->table, value,
                       defaults ? (const char *)defaults + row->offset : NULL);
        avs_json_close(json);
        break;
    case AVS_FIELD_LIST:
        put_list(json, row, base, defaults);
        break;
    }
}

void avs_fields_put(struct avs_json *json, const struct avs_fields *fields, const void *base,
                    const void *defaults) {
    for (size_t i = 0; i < fields->count; i++) {
        if (!defaults || !is_default(&fields->rows[i], base, defaults)) {
            avs_field_put(json, &fields->rows[i], base, defaults);
        }
    }
}

/* What equals the default is left out: a ticket is read by people, too. */
enum avs_status avs_evidence_to_json(const struct avs_evidence *evidence, char **ret_json,
                                     struct avs_error *reterr) {
    AVS_AUTO(evidence) defaults = avs_evidence_new();
    AVS_REQUIRE_MEMORY(defaults, reterr);
    struct avs_json json = avs_json_init(AVS_JSON_REPORT_BYTES);
    avs_json_open_object(&json, NULL);
    avs_json_text(&json, "schema", AVS_EVIDENCE_SCHEMA);
    avs_json_open_object(&json, "evidence");
    avs_fields_put(&json, &avs_evidence_fields, evidence, defaults);
    avs_json_close(&json);
    avs_json_close(&json);
    enum avs_status status = avs_json_take(&json, ret_json, reterr);
    avs_json_done(&json);
    return status;
}

/* ---- reading ---- */

struct reader {
    struct avs_error *reterr;
    char place[PLACE_BYTES]; /* "evidence.session[0].tls.version", for the error */
};

static enum avs_status read_table(struct reader *reader, const struct avs_fields *fields,
                                  struct json_object *object, char *base);

static enum avs_status wrong(struct reader *reader, const char *expected) {
    return avs_fail(reader->reterr, AVS_ERR_USAGE, "evidence: %s must be %s", reader->place,
                    expected);
}

static enum avs_status read_integer(struct reader *reader, struct json_object *value, int64_t least,
                                    int64_t most, int64_t *ret_number) {
    if (!json_object_is_type(value, json_type_int)) {
        return wrong(reader, "a whole number");
    }
    int64_t number = json_object_get_int64(value);
    if (number < least || number > most) {
        return wrong(reader, "a smaller number");
    }
    *ret_number = number;
    return AVS_OK;
}

static enum avs_status read_text(struct reader *reader, const struct avs_field *row,
                                 struct json_object *value, char *field) {
    if (!json_object_is_type(value, json_type_string)) {
        return wrong(reader, "a text");
    }
    size_t length = (size_t)json_object_get_string_len(value);
    const char *text = json_object_get_string(value);
    if (length >= row->size || strlen(text) != length) {
        return wrong(reader, "a shorter text without NUL");
    }
    avs_text_copy(field, row->size, text);
    return AVS_OK;
}

static enum avs_status read_enum(struct reader *reader, const struct avs_field *row,
                                 struct json_object *value, void *field) {
    const char *text =
        json_object_is_type(value, json_type_string) ? json_object_get_string(value) : "";
    for (int i = 0; i < row->name_count; i++) {
        if (strcmp(row->names[i], text) == 0) {
            *(int *)field = i;
            return AVS_OK;
        }
    }
    return wrong(reader, "one of the known words");
}

static int hex_digit(char c) {
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    if (c >= 'A' && c <= 'F') {
        return c - 'A' + 10;
    }
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static enum avs_status read_bytes(struct reader *reader, const struct avs_field *row,
                                  struct json_object *value, char *base) {
    if (!json_object_is_type(value, json_type_string)) {
        return wrong(reader, "hex digits");
    }
    const char *text = json_object_get_string(value);
    size_t length = strlen(text);
    if (length % 2 != 0 || length / 2 > row->size) {
        return wrong(reader, "an even number of hex digits, 128 at most");
    }
    for (size_t i = 0; i < length / 2; i++) {
        int high = hex_digit(text[2 * i]);
        int low = hex_digit(text[2 * i + 1]);
        if (high < 0 || low < 0) {
            return wrong(reader, "hex digits");
        }
        ((uint8_t *)base)[row->offset + i] = (uint8_t)(high << 4 | low);
    }
    *(size_t *)(void *)(base + row->length_offset) = length / 2;
    return AVS_OK;
}

static enum avs_status read_list(struct reader *reader, const struct avs_field *row,
                                 struct json_object *value, char *base) {
    if (!json_object_is_type(value, json_type_array)) {
        return wrong(reader, "a list");
    }
    size_t length = json_object_array_length(value);
    if (length > row->list_capacity) {
        return wrong(reader, "a shorter list");
    }
    size_t here = strlen(reader->place);
    for (size_t i = 0; i < length; i++) {
        avs_text_format(reader->place + here, sizeof(reader->place) - here, "[%zu]", i);
        AVS_TRY(read_table(reader, row->table, json_object_array_get_idx(value, i),
                           base + row->offset + i * row->size));
        reader->place[here] = '\0';
    }
    if (row->length_offset != AVS_FIXED_LENGTH) {
        *(size_t *)(void *)(base + row->length_offset) = length;
    }
    return AVS_OK;
}

static enum avs_status read_field(struct reader *reader, const struct avs_field *row,
                                  struct json_object *value, char *base) {
    char *field = base + row->offset;
    int64_t number = 0;
    switch (row->kind) {
    case AVS_FIELD_TEXT:
        return read_text(reader, row, value, field);
    case AVS_FIELD_BOOL:
        if (!json_object_is_type(value, json_type_boolean)) {
            return wrong(reader, "true or false");
        }
        *(bool *)(void *)field = json_object_get_boolean(value);
        return AVS_OK;
    case AVS_FIELD_INT:
        AVS_TRY(read_integer(reader, value, INT_MIN, INT_MAX, &number));
        *(int *)(void *)field = (int)number;
        return AVS_OK;
    case AVS_FIELD_U16:
        AVS_TRY(read_integer(reader, value, 0, UINT16_MAX, &number));
        *(uint16_t *)(void *)field = (uint16_t)number;
        return AVS_OK;
    case AVS_FIELD_U32:
        AVS_TRY(read_integer(reader, value, 0, UINT32_MAX, &number));
        *(uint32_t *)(void *)field = (uint32_t)number;
        return AVS_OK;
    case AVS_FIELD_I64:
        AVS_TRY(read_integer(reader, value, INT64_MIN, INT64_MAX, &number));
        *(int64_t *)(void *)field = number;
        return AVS_OK;
    case AVS_FIELD_U64:
        AVS_TRY(read_integer(reader, value, 0, INT64_MAX, &number));
        *(uint64_t *)(void *)field = (uint64_t)number;
        return AVS_OK;
    case AVS_FIELD_REAL:
        if (!json_object_is_type(value, json_type_double) &&
            !json_object_is_type(value, json_type_int)) {
            return wrong(reader, "a number");
        }
        if (!isfinite(json_object_get_double(value))) {
            return wrong(reader, "a finite number");
        }
        *(double *)(void *)field = json_object_get_double(value);
        return AVS_OK;
    case AVS_FIELD_ENUM:
        return read_enum(reader, row, value, field);
    case AVS_FIELD_BYTES:
        return read_bytes(reader, row, value, base);
    case AVS_FIELD_TABLE:
        return read_table(reader, row->table, value, field);
    case AVS_FIELD_LIST:
        return read_list(reader, row, value, base);
    }
    return AVS_OK;
}

static enum avs_status read_table(struct reader *reader, const struct avs_fields *fields,
                                  struct json_object *object, char *base) {
    if (!json_object_is_type(object, json_type_object)) {
        return wrong(reader, "an object");
    }
    size_t here = strlen(reader->place);
    for (size_t i = 0; i < fields->count; i++) {
        const struct avs_field *row = &fields->rows[i];
        struct json_object *value = NULL;
        if (json_object_object_get_ex(object, row->key, &value)) {
            avs_text_format(reader->place + here, sizeof(reader->place) - here, ".%s", row->key);
            AVS_TRY(read_field(reader, row, value, base));
            reader->place[here] = '\0';
        }
    }
    return AVS_OK;
}

enum avs_status avs_fields_read(const struct avs_fields *fields, struct json_object *object,
                                const char *place, void *base, struct avs_error *reterr) {
    struct reader reader = {.reterr = reterr};
    AVS_TEXT_SET(reader.place, place);
    return read_table(&reader, fields, object, base);
}

enum avs_status avs_evidence_from_json(const char *json, size_t length,
                                       struct avs_evidence **ret_evidence,
                                       struct avs_error *reterr) {
    AVS_AUTO(json) root = NULL;
    (void)avs_page_find_evidence(&json, &length);
    AVS_TRY(avs_strict_json_parse(json, length, &root, reterr));
    struct json_object *schema = NULL;
    struct json_object *facts = NULL;
    if (!json_object_object_get_ex(root, "schema", &schema) ||
        !json_object_is_type(schema, json_type_string) ||
        strcmp(json_object_get_string(schema), AVS_EVIDENCE_SCHEMA) != 0 ||
        !json_object_object_get_ex(root, "evidence", &facts)) {
        return avs_fail(reterr, AVS_ERR_USAGE,
                        "evidence: this is no evidence file: \"schema\" must be \"%s\" beside "
                        "\"evidence\" (write one with: avs-shim check --evidence FILE; of a "
                        "doctor's ticket, name the folder)",
                        AVS_EVIDENCE_SCHEMA);
    }
    struct avs_evidence *evidence = avs_evidence_new();
    AVS_REQUIRE_MEMORY(evidence, reterr);
    enum avs_status status =
        avs_fields_read(&avs_evidence_fields, facts, "evidence", evidence, reterr);
    if (status != AVS_OK) {
        avs_evidence_free(evidence);
        return status;
    }
    *ret_evidence = evidence;
    return AVS_OK;
}
