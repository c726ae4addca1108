/* SPDX-License-Identifier: Apache-2.0 */
/* A distinguished name from its text, as RFC 2253 writes it. The text may be anybody's. */
#include "name.h"

#include <openssl/err.h>
#include <stdbool.h>
#include <string.h>

enum { PART_BYTES = 512, PARTS_MAX = 32 };

struct part {
    char field[64];
    unsigned char value[PART_BYTES];
    size_t length;
    bool is_joined; /* to the part before it in the text, by "+" */
};

static int hex(char c) {
    const char *digits = "0123456789abcdef";
    const char *at = c ? strchr(digits, c | 0x20) : NULL;
    return at ? (int)(at - digits) : -1;
}

/* One "FIELD=value" up to an unescaped "," or "+"; returns what is behind it, NULL: none is left.
 */
static const char *read_part(const char *text, struct part *part) {
    size_t length = strcspn(text, "=,+");
    *part = (struct part){.length = 0};
    if (text[length] == '=' && length < sizeof(part->field)) {
        memcpy(part->field, text, length);
    }
    text += length + (text[length] == '=');
    while (*text && *text != ',' && *text != '+') {
        int c = (unsigned char)*text;
        if (*text == '\\' && hex(text[1]) >= 0 && hex(text[2]) >= 0) {
            c = hex(text[1]) << 4 | hex(text[2]);
            text += 2;
        } else if (*text == '\\' && text[1]) {
            c = (unsigned char)*++text;
        }
        if (part->length < sizeof(part->value)) {
            part->value[part->length++] = (unsigned char)c;
        }
        text++;
    }
    return *text ? text + 1 : NULL;
}

/* As its type asks for; else as it stands, for what its type would not take. */
static void add_part(X509_NAME *name, const struct part *part, int set) {
    static const int types[] = {MBSTRING_UTF8, V_ASN1_UTF8STRING};
    ERR_set_mark();
    ASN1_OBJECT *field = OBJ_txt2obj(part->field, 0);
    for (size_t i = 0; field && i < sizeof(types) / sizeof(types[0]); i++) {
        if (X509_NAME_add_entry_by_OBJ(name, field, types[i], part->value, (int)part->length, -1,
                                       set) == 1) {
            break;
        }
    }
    ASN1_OBJECT_free(field);
    ERR_pop_to_mark();
}

X509_NAME *name_from_text(const char *text) {
    struct part parts[PARTS_MAX];
    size_t count = 0;
    bool is_joined = false;
    while (text && *text && count < PARTS_MAX) {
        const char *next = read_part(text, &parts[count]);
        parts[count++].is_joined = is_joined;
        is_joined = next && next[-1] == '+';
        text = next;
    }
    X509_NAME *name = X509_NAME_new();
    for (size_t i = count; name && i-- > 0;) {
        if (parts[i].length > 0) {
            add_part(name, &parts[i], i + 1 < count && parts[i + 1].is_joined ? -1 : 0);
        }
    }
    return name;
}
