/* SPDX-License-Identifier: Apache-2.0 */
/* --format: the fields that a script asks for, and nothing else. */
#include <stdio.h>
#include <string.h>

#include "base/buffer.h"
#include "base/text.h"
#include "report/findings.h"

static const char *const names[] = {
#define XX(name, id) [AVS_FIELD_##name] = #id,
    AVS_FINDINGS_FIELD_MAP(XX)
#undef XX
};

const char *avs_findings_field(size_t index) {
    return index < AVS_COUNT(names) ? names[index] : NULL;
}

static enum avs_status fail_unknown(const char *name, struct avs_error *reterr) {
    struct avs_buffer list = avs_buffer_init(1024);
    for (size_t i = 0; i < AVS_COUNT(names); i++) {
        avs_buffer_printf(&list, "%s%s", i ? ", " : "", names[i]);
    }
    enum avs_status status = list.data
                                 ? avs_fail(reterr, AVS_ERR_USAGE,
                                            "there is no field {%s}; there are %s", name, list.data)
                                 : avs_fail_memory(reterr);
    avs_buffer_done(&list);
    return status;
}

/* One step of a format: text (field = AVS_FIELD_COUNT), or a field. */
struct piece {
    const char *text;
    size_t length;
    size_t field;
};

static enum avs_status read_field(const char **at, struct piece *piece,
                                  char name[AVS_FINDINGS_FIELD_BYTES], struct avs_error *reterr) {
    size_t length = strcspn(*at + 1, "{}");
    if ((*at)[1 + length] != '}') {
        return avs_fail(reterr, AVS_ERR_USAGE,
                        "a '{' has no '}' behind its name: '%.40s'; '{{' is a brace", *at);
    }
    avs_text_copy_bytes(name, AVS_FINDINGS_FIELD_BYTES, *at + 1, length);
    *at += length + 2;
    for (piece->field = 0; piece->field < AVS_COUNT(names); piece->field++) {
        if (strcmp(names[piece->field], name) == 0) {
            name[0] = '\0';
            return AVS_OK;
        }
    }
    return fail_unknown(name, reterr);
}

/* The piece at *at, which moves behind it. `name` is then "", or the field that is none. */
static enum avs_status next_piece(const char **at, struct piece *piece,
                                  char name[AVS_FINDINGS_FIELD_BYTES], struct avs_error *reterr) {
    const char *from = *at;
    name[0] = '\0';
    *piece = (struct piece){from, strcspn(from, "{}"), AVS_FIELD_COUNT};
    if (piece->length > 0) {
        *at += piece->length;
        return AVS_OK;
    }
    if (from[1] == from[0]) {
        piece->length = 1;
        *at += 2;
        return AVS_OK;
    }
    if (from[0] == '}') {
        return avs_fail(reterr, AVS_ERR_USAGE,
                        "a '}' has no '{' before it: '%.40s'; '}}' is a brace", from);
    }
    return read_field(at, piece, name, reterr);
}

enum avs_status avs_findings_check_format(const char *format,
                                          char ret_field[AVS_FINDINGS_FIELD_BYTES],
                                          struct avs_error *reterr) {
    struct piece piece;
    ret_field[0] = '\0';
    while (*format) {
        AVS_TRY(next_piece(&format, &piece, ret_field, reterr));
    }
    return AVS_OK;
}

/* What is filled in is one word of one line, whatever it holds. */
static void add_value(struct avs_buffer *out, const char *text) {
    size_t start = out->length;
    if (text[0] && avs_buffer_add_text(out, text)) {
        avs_text_make_printable(out->data + start);
        out->length = start + strlen(out->data + start);
    }
}

static enum avs_status add_line(struct avs_buffer *out, const struct avs_findings *findings,
                                const struct avs_finding *finding, const char *format,
                                struct avs_error *reterr) {
    struct piece piece;
    char name[AVS_FINDINGS_FIELD_BYTES], scratch[16];
    while (*format) {
        AVS_TRY(next_piece(&format, &piece, name, reterr));
        if (piece.field < AVS_FIELD_COUNT) {
            add_value(out, avs_findings_value(findings, finding,
                                              (enum avs_findings_field)piece.field, scratch));
        } else {
            avs_buffer_add(out, piece.text, piece.length);
        }
    }
    avs_buffer_add_text(out, "\n");
    return AVS_OK;
}

static enum avs_status add_lines(struct avs_buffer *out, const struct avs_findings *findings,
                                 const char *format, struct avs_error *reterr) {
    if (!findings->is_line_each) {
        bool has_decisive = findings->decisive < findings->finding_count;
        return add_line(out, findings, has_decisive ? &findings->finding[findings->decisive] : NULL,
                        format, reterr);
    }
    for (size_t i = 0; i < findings->finding_count; i++) {
        AVS_TRY(add_line(out, findings, &findings->finding[i], format, reterr));
    }
    return AVS_OK;
}

enum avs_status avs_findings_to_line(const struct avs_findings *findings, const char *format,
                                     char **ret_text, struct avs_error *reterr) {
    struct avs_buffer out = avs_buffer_init(AVS_FINDINGS_FILE_BYTES);
    enum avs_status status = add_lines(&out, findings, format, reterr);
    if (status == AVS_OK) {
        status = avs_buffer_take_text(&out, ret_text, reterr);
    }
    avs_buffer_done(&out);
    return status;
}
