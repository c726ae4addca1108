/* SPDX-License-Identifier: Apache-2.0 */
/* The rows of an inventory, one at a time, in constant memory: CSV (RFC 4180, with a header row) or
 * JSON lines. A row that is broken is told with its number, and the next one follows. */
#ifndef AVS_IOT_INVENTORY_H
#define AVS_IOT_INVENTORY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buffer.h"

#define AVS_IOT_ROW_BYTES_MAX (64u * 1024u)
#define AVS_IOT_FIELDS_MAX    64

enum avs_iot_column {
    AVS_IOT_COLUMN_NAME,
    AVS_IOT_COLUMN_ENDPOINT,
    AVS_IOT_COLUMN_CONFIG,
    AVS_IOT_COLUMN_STORE,
    AVS_IOT_COLUMN_ROOTFS,
    AVS_IOT_COLUMN_WANTED,
    AVS_IOT_COLUMN_COUNT
};

struct avs_iot_row {
    uint64_t row, line;
    bool is_broken;
    char fault[200];                         /* why, when broken */
    const char *field[AVS_IOT_COLUMN_COUNT]; /* until the next call; NULL: not there or empty */
};

struct avs_iot_inventory {
    int fd;
    const char *path; /* borrowed, for messages */
    char *window;     /* of the file */
    char *row_text;   /* a copy of the row, cut in its fields */
    size_t start, end;
    bool is_at_end;
    bool is_json;
    char separator;
    size_t field_count;             /* of the header */
    int column[AVS_IOT_FIELDS_MAX]; /* of each field; -1: of no interest */
    uint64_t row, line;             /* of the next one */
    struct avs_buffer texts;        /* of a JSON row */
};

/** Open, and read the header. `path` is borrowed. Errors: CONFIG_UNREADABLE, CONFIG_MALFORMED,
 *  NO_MEMORY. */
AVS_NODISCARD enum avs_status avs_iot_inventory_open(const char *path,
                                                     struct avs_iot_inventory *ret_inventory,
                                                     struct avs_error *reterr);
void avs_iot_inventory_close(struct avs_iot_inventory *inventory);

/** The next row; *ret_is_row is false at the end. Errors: IO, NO_MEMORY. */
AVS_NODISCARD enum avs_status avs_iot_inventory_next(struct avs_iot_inventory *inventory,
                                                     struct avs_iot_row *ret_row, bool *ret_is_row,
                                                     struct avs_error *reterr);

/** The column that a header's or a member's name means; -1: none. */
int avs_iot_column_of(const char *name);
/** Take a JSON line apart: inventory_json.c. */
AVS_NODISCARD enum avs_status avs_iot_inventory_json(struct avs_iot_inventory *inventory,
                                                     const char *line, size_t length,
                                                     struct avs_iot_row *row,
                                                     struct avs_error *reterr);

#endif
