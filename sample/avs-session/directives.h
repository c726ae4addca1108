/* SPDX-License-Identifier: Apache-2.0 */
/* Directives out of a multipart/related body, as it comes, in pieces of any size. */
#ifndef DIRECTIVES_H
#define DIRECTIVES_H

#include <stdbool.h>
#include <stddef.h>

#define DIRECTIVE_BYTES_MAX 65536 /* of one part; a longer one is skipped */
#define BOUNDARY_BYTES      80    /* RFC 2046: at most 70 characters, and "\r\n--" */

struct directives {
    char boundary[BOUNDARY_BYTES]; /* "--boundary"; "" while the header has not come */
    char part[DIRECTIVE_BYTES_MAX + 1];
    size_t length;
    bool is_skipping;
};

/* Take the boundary from a header line "content-type: ...; boundary=...", if it is one. */
void directives_header(struct directives *directives, const char *line);
/* Take a piece of the body; `on_part` gets each whole part, terminated. */
void directives_data(struct directives *directives, const char *bytes, size_t length,
                     void (*on_part)(void *user, const char *part), void *user);
/* The string member `name` of a directive's header, copied into `value`; false when there is none.
 * A sample's way with JSON: a client that acts on directives needs a parser. */
bool directive_member(const char *part, const char *name, char *value, size_t capacity);

#endif
