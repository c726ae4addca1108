/* SPDX-License-Identifier: Apache-2.0 */
/* The signer as a filter, for a test that compares it with the AWS library's. Each request on stdin
 * is a line of fields between tabs, all percent-encoded: method, path, query, body, key id, secret,
 * token, region, service, Unix seconds, then name and value of each header. Each line on stdout is
 * an Authorization. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "iot/sigv4.h"

#define LINE_BYTES  65536
#define FIELDS_MAX  64
#define FIELDS_HEAD 10

static void decode(char *text) {
    char *to = text;
    for (; *text; text++) {
        unsigned byte = 0;
        if (*text == '%' && sscanf(text + 1, "%2x", &byte) == 1) {
            *to++ = (char)byte;
            text += 2;
        } else {
            *to++ = *text;
        }
    }
    *to = '\0';
}

static size_t split(char *line, char *fields[FIELDS_MAX]) {
    size_t count = 0;
    line[strcspn(line, "\n")] = '\0';
    for (char *at = line; at && count < FIELDS_MAX;) {
        char *tab = strchr(at, '\t');
        if (tab) {
            *tab = '\0';
        }
        decode(at);
        fields[count++] = at;
        at = tab ? tab + 1 : NULL;
    }
    return count;
}

static int sign(char *fields[FIELDS_MAX], size_t count) {
    struct avs_sigv4_header headers[FIELDS_MAX / 2];
    struct avs_sigv4 result = {.authorization = NULL};
    struct avs_aws_keys *keys = avs_aws_keys_new();
    if (!keys || count < FIELDS_HEAD) {
        return 1;
    }
    snprintf(keys->id, sizeof(keys->id), "%s", fields[4]);
    snprintf(keys->secret, sizeof(keys->secret), "%s", fields[5]);
    snprintf(keys->token, sizeof(keys->token), "%s", fields[6]);
    size_t header_count = 0;
    for (size_t i = FIELDS_HEAD; i + 1 < count; i += 2) {
        headers[header_count++] = (struct avs_sigv4_header){fields[i], fields[i + 1]};
    }
    const struct avs_sigv4_request request = {.method = fields[0],
                                              .path = fields[1],
                                              .query = fields[2][0] ? fields[2] : NULL,
                                              .headers = headers,
                                              .header_count = header_count,
                                              .body = fields[3],
                                              .body_length = strlen(fields[3]),
                                              .region = fields[7],
                                              .service = fields[8],
                                              .now_unix = strtoll(fields[9], NULL, 10)};
    enum avs_status status = avs_sigv4_sign(&request, keys, &result, NULL);
    puts(status == AVS_OK ? result.authorization : avs_status_text(status));
    free(result.authorization);
    avs_aws_keys_free(keys);
    return 0;
}

int main(void) {
    static char line[LINE_BYTES];
    char *fields[FIELDS_MAX];
    int result = 0;
    while (result == 0 && fgets(line, sizeof(line), stdin)) {
        result = sign(fields, split(line, fields));
    }
    return result;
}
