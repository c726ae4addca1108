/* SPDX-License-Identifier: Apache-2.0 */
/* The rows of an inventory: a window over the file, and the rows of CSV in it. A broken row costs
 * one line of the file and no more, whatever its quotation marks say. */
#include "iot/inventory.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/text.h"

#define WINDOW_BYTES (4u * AVS_IOT_ROW_BYTES_MAX)

static const struct {
    const char *name;
    enum avs_iot_column column;
} names[] = {
    {"name", AVS_IOT_COLUMN_NAME},         {"device", AVS_IOT_COLUMN_NAME},
    {"thing", AVS_IOT_COLUMN_NAME},        {"thing_name", AVS_IOT_COLUMN_NAME},
    {"endpoint", AVS_IOT_COLUMN_ENDPOINT}, {"host", AVS_IOT_COLUMN_ENDPOINT},
    {"config", AVS_IOT_COLUMN_CONFIG},     {"store", AVS_IOT_COLUMN_STORE},
    {"trust_store", AVS_IOT_COLUMN_STORE}, {"ca_file", AVS_IOT_COLUMN_STORE},
    {"rootfs", AVS_IOT_COLUMN_ROOTFS},     {"sysroot", AVS_IOT_COLUMN_ROOTFS},
    {"wanted", AVS_IOT_COLUMN_WANTED},     {"ats_endpoint", AVS_IOT_COLUMN_WANTED},
};

int avs_iot_column_of(const char *name) {
    for (size_t i = 0; i < AVS_COUNT(names); i++) {
        if (strcasecmp(names[i].name, name) == 0) {
            return (int)names[i].column;
        }
    }
    return -1;
}

/* ---- the window ---- */

static enum avs_status fill(struct avs_iot_inventory *inventory, struct avs_error *reterr) {
    size_t left = inventory->end - inventory->start;
    memmove(inventory->window, inventory->window + inventory->start, left);
    inventory->start = 0;
    inventory->end = left;
    while (!inventory->is_at_end && inventory->end < WINDOW_BYTES) {
        ssize_t got =
            read(inventory->fd, inventory->window + inventory->end, WINDOW_BYTES - inventory->end);
        if (got < 0 && errno != EINTR) {
            return avs_fail_errno(reterr, AVS_ERR_IO, AVS_CAUSE_CONFIG_UNREADABLE, errno,
                                  "%s cannot be read on: %s", inventory->path, strerror(errno));
        }
        inventory->is_at_end = got == 0;
        inventory->end += got > 0 ? (size_t)got : 0;
        if (got > 0 && memrchr(inventory->window + inventory->start, '\n', inventory->end)) {
            break; /* a pipe gives what it has: rows are told as they come */
        }
    }
    inventory->window[inventory->end] = '\0';
    return AVS_OK;
}

/* ---- CSV ---- */

enum row_end { ROW_WHOLE, ROW_OPEN, ROW_BAD };

/* Where the row that starts at `text` ends: the offset behind its newline. */
static enum row_end find_end(const char *text, size_t length, char separator, bool is_last,
                             size_t *ret_end, const char **ret_fault) {
    bool is_quoted = false, is_at_start = true;
    for (size_t i = 0; i < length && i < AVS_IOT_ROW_BYTES_MAX; i++) {
        char c = text[i];
        if (is_quoted) {
            if (c == '"' && i + 1 < length && text[i + 1] == '"') {
                i++;
            } else if (c == '"') {
                is_quoted = false;
                char next = i + 1 < length ? text[i + 1] : '\n';
                if (next != separator && next != '\n' && next != '\r') {
                    *ret_fault = "something stands behind a closing quotation mark";
                    return ROW_BAD;
                }
            }
        } else if (c == '\n') {
            *ret_end = i + 1;
            return ROW_WHOLE;
        } else if (c == '"') {
            if (!is_at_start) {
                *ret_fault = "a quotation mark inside a field that does not begin with one";
                return ROW_BAD;
            }
            is_quoted = true;
        }
        is_at_start = !is_quoted && c == separator;
    }
    if (length >= AVS_IOT_ROW_BYTES_MAX) {
        *ret_fault = is_quoted ? "a quotation mark is never closed" : "longer than 64 KiB";
        return ROW_BAD;
    }
    if (is_last && is_quoted) {
        *ret_fault = "a quotation mark is never closed";
        return ROW_BAD;
    }
    *ret_end = length;
    return is_last ? ROW_WHOLE : ROW_OPEN;
}

/* Cut the row in its fields, in place; its last byte is its newline or the window's NUL. */
static size_t split(char *text, char separator, char **fields) {
    size_t count = 0;
    for (bool is_more = true; is_more; count++) {
        char *to = text, *field = text;
        if (*text == '"') {
            for (text++; *text != '"' || text[1] == '"'; text++) {
                text += *text == '"';
                *to++ = *text;
            }
            text++;
        } else {
            size_t length = 0;
            while (text[length] != separator && text[length] != '\n' && text[length] != '\0' &&
                   !(text[length] == '\r' && (text[length + 1] == '\n' || !text[length + 1]))) {
                length++;
            }
            to = text + length;
            text = to;
        }
        is_more = *text == separator;
        text++;
        *to = '\0';
        if (count < AVS_IOT_FIELDS_MAX) {
            fields[count] = field;
        }
    }
    return count;
}

static size_t count_lines(const char *text, size_t length) {
    size_t count = 0;
    for (size_t i = 0; i < length; i++) {
        count += text[i] == '\n';
    }
    return count;
}

AVS_PRINTF(2, 3)
static void break_row(struct avs_iot_row *row, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(row->fault, sizeof(row->fault), format, arguments);
    va_end(arguments);
    row->is_broken = true;
}

/* A line may be longer than the window. */
static enum avs_status skip_line(struct avs_iot_inventory *inventory, struct avs_error *reterr) {
    for (;;) {
        char *newline =
            memchr(inventory->window + inventory->start, '\n', inventory->end - inventory->start);
        inventory->start = newline ? (size_t)(newline + 1 - inventory->window) : inventory->end;
        if (newline || inventory->is_at_end) {
            inventory->line++;
            return AVS_OK;
        }
        AVS_TRY(fill(inventory, reterr));
    }
}

static void take_fields(struct avs_iot_inventory *inventory, char *text, struct avs_iot_row *row) {
    char *fields[AVS_IOT_FIELDS_MAX];
    size_t count = split(text, inventory->separator, fields);
    if (count != inventory->field_count) {
        break_row(row, "%zu field%s, and the header has %zu", count, count == 1 ? "" : "s",
                  inventory->field_count);
        return;
    }
    for (size_t i = 0; i < count; i++) {
        if (inventory->column[i] >= 0 && fields[i][0]) {
            row->field[inventory->column[i]] = fields[i];
        }
    }
}

/* One row of CSV. It is copied before it is cut: when it turns out broken, only its first line is
 * given up, and the others are read again as rows. */
static enum avs_status next_csv(struct avs_iot_inventory *inventory, struct avs_iot_row *row,
                                struct avs_error *reterr) {
    size_t end = 0;
    const char *fault = NULL;
    enum row_end found = ROW_OPEN;
    while (found == ROW_OPEN) {
        found = find_end(inventory->window + inventory->start, inventory->end - inventory->start,
                         inventory->separator, inventory->is_at_end, &end, &fault);
        if (found == ROW_OPEN) {
            AVS_TRY(fill(inventory, reterr));
        }
    }
    char *text = inventory->window + inventory->start;
    if (found == ROW_BAD) {
        break_row(row, "%s", fault);
    } else if (memchr(text, '\0', end)) {
        break_row(row, "a NUL byte is in it");
    } else {
        memcpy(inventory->row_text, text, end);
        inventory->row_text[end] = '\0';
        take_fields(inventory, inventory->row_text, row);
    }
    if (row->is_broken) {
        return skip_line(inventory, reterr);
    }
    inventory->start += end;
    inventory->line += count_lines(text, end);
    return AVS_OK;
}

/* ---- JSON lines ---- */

static enum avs_status next_json(struct avs_iot_inventory *inventory, struct avs_iot_row *row,
                                 struct avs_error *reterr) {
    char *text = inventory->window + inventory->start;
    char *newline = memchr(text, '\n', inventory->end - inventory->start);
    while (!newline && !inventory->is_at_end && inventory->end - inventory->start < WINDOW_BYTES) {
        AVS_TRY(fill(inventory, reterr));
        text = inventory->window + inventory->start;
        newline = memchr(text, '\n', inventory->end - inventory->start);
    }
    size_t length = newline ? (size_t)(newline - text) : inventory->end - inventory->start;
    if (length > AVS_IOT_ROW_BYTES_MAX) {
        break_row(row, "longer than 64 KiB");
    } else {
        AVS_TRY(avs_iot_inventory_json(inventory, text, length, row, reterr));
    }
    return skip_line(inventory, reterr);
}

/* ---- rows ---- */

/* Blank lines are no rows. */
static enum avs_status skip_blank(struct avs_iot_inventory *inventory, struct avs_error *reterr) {
    for (;;) {
        while (inventory->start < inventory->end &&
               strchr("\r\n", inventory->window[inventory->start]) &&
               inventory->window[inventory->start]) {
            inventory->line += inventory->window[inventory->start++] == '\n';
        }
        if (inventory->start < inventory->end || inventory->is_at_end) {
            return AVS_OK;
        }
        AVS_TRY(fill(inventory, reterr));
    }
}

enum avs_status avs_iot_inventory_next(struct avs_iot_inventory *inventory,
                                       struct avs_iot_row *ret_row, bool *ret_is_row,
                                       struct avs_error *reterr) {
    AVS_TRY(skip_blank(inventory, reterr));
    *ret_is_row = inventory->start < inventory->end;
    memset(ret_row, 0, offsetof(struct avs_iot_row, fault));
    memset(ret_row->field, 0, sizeof(ret_row->field));
    ret_row->row = inventory->row++;
    ret_row->line = inventory->line;
    if (!*ret_is_row) {
        return AVS_OK;
    }
    return inventory->is_json ? next_json(inventory, ret_row, reterr)
                              : next_csv(inventory, ret_row, reterr);
}

/* ---- the header ---- */

static enum avs_status refuse(const struct avs_iot_inventory *inventory, const char *why,
                              struct avs_error *reterr) {
    return avs_fail_cause(reterr, AVS_ERR_CONFIG_MALFORMED, AVS_CAUSE_CONFIG_MALFORMED,
                          "%s: %s. The first row is a header, such as "
                          "'name,endpoint,store,rootfs,config,wanted', of which endpoint or config "
                          "is needed; or each line is a JSON object with such members",
                          inventory->path, why);
}

/* Excel writes ';' where a comma is in numbers. */
static char separator_of(const char *text) {
    size_t length = strcspn(text, "\n");
    return memchr(text, ',', length)    ? ','
           : memchr(text, ';', length)  ? ';'
           : memchr(text, '\t', length) ? '\t'
                                        : ',';
}

static enum avs_status read_header(struct avs_iot_inventory *inventory, struct avs_error *reterr) {
    char *fields[AVS_IOT_FIELDS_MAX];
    bool has_column[AVS_IOT_COLUMN_COUNT] = {false};
    size_t end = 0;
    const char *fault = NULL, *text = inventory->window + inventory->start;
    inventory->separator = separator_of(text);
    if (find_end(text, inventory->end - inventory->start, inventory->separator, true, &end,
                 &fault) != ROW_WHOLE) {
        return refuse(inventory, fault, reterr);
    }
    memcpy(inventory->row_text, text, end);
    inventory->row_text[end] = '\0';
    inventory->field_count = split(inventory->row_text, inventory->separator, fields);
    if (inventory->field_count > AVS_IOT_FIELDS_MAX) {
        return refuse(inventory, "the header has more than 64 fields", reterr);
    }
    for (size_t i = 0; i < inventory->field_count; i++) {
        int column = avs_iot_column_of(fields[i]);
        inventory->column[i] = column;
        if (column >= 0 && has_column[column]) {
            return refuse(inventory, "two fields of the header mean the same", reterr);
        }
        if (column >= 0) {
            has_column[column] = true;
        }
    }
    if (!has_column[AVS_IOT_COLUMN_ENDPOINT] && !has_column[AVS_IOT_COLUMN_CONFIG]) {
        return refuse(inventory, "its first row names neither endpoint nor config", reterr);
    }
    inventory->start += end;
    inventory->line += count_lines(text, end);
    inventory->row++;
    return AVS_OK;
}

static enum avs_status begin(struct avs_iot_inventory *inventory, struct avs_error *reterr) {
    inventory->row = inventory->line = 1;
    inventory->window = malloc(WINDOW_BYTES + 1);
    inventory->row_text = malloc(AVS_IOT_ROW_BYTES_MAX + 1);
    AVS_REQUIRE_MEMORY(inventory->window && inventory->row_text, reterr);
    do {
        AVS_TRY(fill(inventory, reterr));
    } while (!inventory->is_at_end && !memchr(inventory->window, '\n', inventory->end) &&
             inventory->end < WINDOW_BYTES);
    if (inventory->end >= 3 && memcmp(inventory->window, "\xEF\xBB\xBF", 3) == 0) {
        inventory->start = 3;
    }
    AVS_TRY(skip_blank(inventory, reterr));
    const char *text = inventory->window + inventory->start;
    text += strspn(text, " \t");
    if (inventory->start == inventory->end) {
        return refuse(inventory, "it is empty", reterr);
    }
    if (*text == '[') {
        return refuse(inventory, "an array is not JSON lines (jq -c '.[]' makes them)", reterr);
    }
    inventory->is_json = *text == '{';
    return inventory->is_json ? AVS_OK : read_header(inventory, reterr);
}

enum avs_status avs_iot_inventory_open(const char *path, struct avs_iot_inventory *ret_inventory,
                                       struct avs_error *reterr) {
    bool is_stdin = strcmp(path, "-") == 0;
    struct stat entry;
    *ret_inventory = (struct avs_iot_inventory){
        .fd = is_stdin ? dup(STDIN_FILENO) : open(path, O_RDONLY | O_CLOEXEC),
        .path = is_stdin ? "standard input" : path,
        .texts = avs_buffer_init(2 * AVS_IOT_ROW_BYTES_MAX)};
    if (ret_inventory->fd < 0) {
        return avs_fail_errno(reterr, AVS_ERR_CONFIG_UNREADABLE, AVS_CAUSE_CONFIG_UNREADABLE, errno,
                              "%s cannot be read: %s", ret_inventory->path, strerror(errno));
    }
    enum avs_status status =
        fstat(ret_inventory->fd, &entry) == 0 && S_ISDIR(entry.st_mode)
            ? avs_fail_cause(reterr, AVS_ERR_CONFIG_UNREADABLE, AVS_CAUSE_CONFIG_UNREADABLE,
                             "%s is a directory", path)
            : begin(ret_inventory, reterr);
    if (status != AVS_OK) {
        avs_iot_inventory_close(ret_inventory);
    }
    return status;
}

void avs_iot_inventory_close(struct avs_iot_inventory *inventory) {
    if (inventory->fd >= 0) {
        close(inventory->fd);
    }
    free(inventory->window);
    free(inventory->row_text);
    avs_buffer_done(&inventory->texts);
    inventory->window = inventory->row_text = NULL;
    inventory->fd = -1;
}
