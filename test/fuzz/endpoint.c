/* SPDX-License-Identifier: Apache-2.0 */
/* Any text as an endpoint: refused with words that hold no password, or taken apart into what a
 * client can dial and what reads back as the same. */
#include <stdlib.h>
#include <string.h>

#include <avs/endpoint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool is_true) {
    if (!is_true) {
        abort();
    }
}

static void must_be_printable(const char *text) {
    for (; *text; text++) {
        must((unsigned char)*text >= 0x20 && (unsigned char)*text < 0x7F);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct avs_endpoint endpoint = {.size = sizeof(endpoint)};
    struct avs_endpoint again = {.size = sizeof(again)};
    struct avs_error error = AVS_ERROR_INIT;
    char *exact = malloc(size > 0 ? size : 1);
    must(exact != NULL);
    memcpy(exact, data, size);
    enum avs_status status = avs_endpoint_check(exact, size, &endpoint, &error);
    free(exact);
    if (status != AVS_OK) {
        must(status == AVS_ERR_ENDPOINT_INVALID && error.cause == AVS_CAUSE_ENDPOINT_INVALID);
        must_be_printable(error.message);
        const uint8_t *at = memchr(data, '@', size);
        must(!at || !strchr(error.message, '@') || strstr(error.message, "*@"));
        return 0;
    }
    must(endpoint.port > 0 && endpoint.host[0] != '\0');
    must(!strpbrk(endpoint.host, "/@\\?# %[]"));
    must(endpoint.is_ipv6 == (strchr(endpoint.host, ':') != NULL));
    must_be_printable(endpoint.url);
    must(avs_endpoint_check(endpoint.url, strlen(endpoint.url), &again, NULL) == AVS_OK);
    must(strcmp(again.host, endpoint.host) == 0 && again.port == endpoint.port);
    must(strcmp(again.url, endpoint.url) == 0);
    return 0;
}
