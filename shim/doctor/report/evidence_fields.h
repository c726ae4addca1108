/* SPDX-License-Identifier: Apache-2.0 */
/* Evidence as tables: one row per field, read by the JSON writer and the JSON reader alike. */
#ifndef AVS_EVIDENCE_FIELDS_H
#define AVS_EVIDENCE_FIELDS_H

#include <stddef.h>

#include <avs/evidence.h>

#include "out/json_out.h"

enum avs_field_kind {
    AVS_FIELD_TEXT,  /* char array */
    AVS_FIELD_BOOL,  /* bool */
    AVS_FIELD_INT,   /* int */
    AVS_FIELD_U16,   /* uint16_t */
    AVS_FIELD_U32,   /* uint32_t */
    AVS_FIELD_I64,   /* int64_t */
    AVS_FIELD_U64,   /* uint64_t */
    AVS_FIELD_REAL,  /* double */
    AVS_FIELD_ENUM,  /* an enum, by the ids of `names` */
    AVS_FIELD_BYTES, /* uint8_t array as hex; its length is at `length_offset` */
    AVS_FIELD_TABLE, /* a struct, described by `table` */
    AVS_FIELD_LIST,  /* an array of structs; its length is at `length_offset` */
};

/** length_offset of a list that is always full. */
#define AVS_FIXED_LENGTH ((size_t)-1)

struct avs_fields;

struct avs_field {
    const char *key;
    enum avs_field_kind kind;
    size_t offset;
    size_t size; /* of the field; of one element for a list */
    const char *const *names;
    int name_count;
    size_t length_offset;
    size_t list_capacity;
    const struct avs_fields *table;
};

struct avs_fields {
    const struct avs_field *rows;
    size_t count;
};

/** The whole of struct avs_evidence but its schema. */
extern const struct avs_fields avs_evidence_fields;

/** Of struct avs_tls_facts alone, for reports that have no whole evidence. */
extern const struct avs_fields avs_tls_facts_fields;

/** One field of the struct at `base` as a member of the object that is open. */
void avs_field_put(struct avs_json *json, const struct avs_field *row, const void *base,
                   const void *defaults);
/** All fields; with `defaults`, another struct of the kind, only those that differ from it. */
void avs_fields_put(struct avs_json *json, const struct avs_fields *fields, const void *base,
                    const void *defaults);

/** Read fields from the object `object` (a struct json_object) into the struct at `base`: unknown
 * keys are ignored, missing ones keep what is there. `place` is what it is called in an error.
 * Errors: ERR_USAGE (what and where). */
struct json_object;
AVS_NODISCARD enum avs_status avs_fields_read(const struct avs_fields *fields,
                                              struct json_object *object, const char *place,
                                              void *base, struct avs_error *reterr);

#endif
