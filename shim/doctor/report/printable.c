/* Evidence for the eyes. A server's words and a ticket's may hold anything: line ends that would
 * forge a line of a report, sequences that steer a terminal. JSON escapes them, a text cannot. */
#include "report/printable.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "report/evidence_fields.h"

static void clean_table(const struct avs_fields *fields, char *base) {
    for (size_t i = 0; i < fields->count; i++) {
        const struct avs_field *row = &fields->rows[i];
        char *field = base + row->offset;
        if (row->kind == AVS_FIELD_TEXT) {
            avs_text_make_printable(field);
        } else if (row->kind == AVS_FIELD_TABLE) {
            clean_table(row->table, field);
        } else if (row->kind == AVS_FIELD_LIST) {
            for (size_t k = 0; k < row->list_capacity; k++) {
                clean_table(row->table, field + k * row->size);
            }
        }
    }
}

struct avs_evidence *avs_evidence_printable(const struct avs_evidence *evidence) {
    struct avs_evidence *copy = malloc(sizeof(*copy));
    if (copy) {
        memcpy(copy, evidence, sizeof(*copy));
        clean_table(&avs_evidence_fields, (char *)copy);
    }
    return copy;
}
