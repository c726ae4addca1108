/* SPDX-License-Identifier: Apache-2.0 */
/* Which proxy an https connection takes, and who says so: the variables that libcurl reads, in its
 * order, and the configuration's own key, which beats them. */
#include <stdlib.h>
#include <string.h>

#include "base/flow.h"
#include "base/text.h"
#include "board/sights.h"

static const struct {
    const char *name;
    bool is_for_https; /* http_proxy is not: it is here because people set it and wonder */
} variables[] = {
    {"https_proxy", true}, {"HTTPS_PROXY", true}, {"all_proxy", true}, {"ALL_PROXY", true},
    {"http_proxy", false}, {"no_proxy", false},   {"NO_PROXY", false},
};

static void add(struct avs_board *board, const char *source, const char *value, bool is_in_force) {
    if (board->proxy_length == AVS_BOARD_PROXIES_MAX) {
        return;
    }
    struct avs_board_proxy *proxy = &board->proxy[board->proxy_length++];
    const char *scheme_end = strstr(value, "://");
    const char *start = scheme_end ? scheme_end + 3 : value;
    const char *at = strrchr(start, '@'); /* user and password are nobody's business */
    AVS_TEXT_SET(proxy->source, source);
    avs_text_format(proxy->value, sizeof(proxy->value), "%.*s%s", (int)(start - value), value,
                    at ? at + 1 : start);
    avs_text_make_printable(proxy->source);
    avs_text_make_printable(proxy->value);
    proxy->is_in_force = is_in_force;
}

void avs_board_look_at_proxy(const struct avs_config *config, struct avs_board *board) {
    const char *set = config ? avs_config_value(config, AVS_CONFIG_PROXY) : NULL;
    bool is_decided = set != NULL;
    if (set) {
        add(board, avs_config_source(config, AVS_CONFIG_PROXY), set, set[0] != '\0');
    }
    for (size_t i = 0; i < AVS_COUNT(variables); i++) {
        const char *value = getenv(variables[i].name);
        if (value && value[0]) {
            add(board, variables[i].name, value, variables[i].is_for_https && !is_decided);
            is_decided |= variables[i].is_for_https;
        }
    }
}
