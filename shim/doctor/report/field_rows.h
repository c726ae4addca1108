/* SPDX-License-Identifier: Apache-2.0 */
/* The rows of evidence_fields.h's tables, written short. Only for the files that are such tables.
 */
#ifndef AVS_REPORT_FIELD_ROWS_H
#define AVS_REPORT_FIELD_ROWS_H

#include "base/flow.h"
#include "report/evidence_fields.h"

/* STRUCT is the struct a table describes, defined before each table. */
#define FIELD(member, kind_name)                                                                  \
    {                                                                                             \
        .key = #member, .kind = AVS_FIELD_##kind_name, .offset = offsetof(struct STRUCT, member), \
        .size = sizeof(((struct STRUCT *)0)->member)                                              \
    }
#define FIELD_ENUM(member, names_array)                                                    \
    {                                                                                      \
        .key = #member, .kind = AVS_FIELD_ENUM, .offset = offsetof(struct STRUCT, member), \
        .size = sizeof(((struct STRUCT *)0)->member), .names = names_array,                \
        .name_count = AVS_COUNT(names_array)                                               \
    }
/* A member with a key of its own: a ticket's keys stay when a member is named better. */
#define FIELD_AS(member, key_name, kind_name)                                                      \
    {                                                                                              \
        .key = key_name, .kind = AVS_FIELD_##kind_name, .offset = offsetof(struct STRUCT, member), \
        .size = sizeof(((struct STRUCT *)0)->member)                                               \
    }
/* A member of a struct inside, which is told flat: a ticket's keys stay when facts are regrouped.
 */
#define FIELD_IN(part, member, name, kind_name)           \
    {                                                     \
        .key = name, .kind = AVS_FIELD_##kind_name,       \
        .offset = offsetof(struct STRUCT, part.member),   \
        .size = sizeof(((struct STRUCT *)0)->part.member) \
    }
#define FIELD_ENUM_IN(part, member, key_name, names_array)                                       \
    {                                                                                            \
        .key = key_name, .kind = AVS_FIELD_ENUM, .offset = offsetof(struct STRUCT, part.member), \
        .size = sizeof(((struct STRUCT *)0)->part.member), .names = names_array,                 \
        .name_count = AVS_COUNT(names_array)                                                     \
    }
#define FIELD_BYTES(member)                                                                 \
    {                                                                                       \
        .key = #member, .kind = AVS_FIELD_BYTES, .offset = offsetof(struct STRUCT, member), \
        .size = sizeof(((struct STRUCT *)0)->member),                                       \
        .length_offset = offsetof(struct STRUCT, member##_length)                           \
    }
#define FIELD_TABLE(member, fields)                                                         \
    {                                                                                       \
        .key = #member, .kind = AVS_FIELD_TABLE, .offset = offsetof(struct STRUCT, member), \
        .table = &fields                                                                    \
    }
#define FIELD_LIST(member, length_value, capacity, fields)                                 \
    {                                                                                      \
        .key = #member, .kind = AVS_FIELD_LIST, .offset = offsetof(struct STRUCT, member), \
        .size = sizeof(((struct STRUCT *)0)->member[0]), .length_offset = length_value,    \
        .list_capacity = capacity, .table = &fields                                        \
    }
#define TABLE(name) \
    static const struct avs_fields name##_fields = {name##_rows, AVS_COUNT(name##_rows)}

#endif
