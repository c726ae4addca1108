/* SPDX-License-Identifier: Apache-2.0 */
/* See hosts.h. Which keys choose a host is the table of conf/sdk.c; how they are read, conf/'s. */
#include "board/hosts.h"

#include <string.h>

#include "base/text.h"
#include "conf/sdk.h"

#define LOGIN_URL        "https://api.amazon.com"
#define CAPABILITIES_URL "https://api.amazonalexa.com"
#define DEFAULT_GATEWAY  "na"
#define BUILT_IN         "built into the SDK"

const struct avs_board_role_info avs_board_roles[AVS_BOARD_ROLE_COUNT] = {
    [AVS_BOARD_ROLE_LOGIN] = {"login", false, false, true},
    [AVS_BOARD_ROLE_GATEWAY] = {"AVS gateway", true, true, true},
    [AVS_BOARD_ROLE_CAPABILITIES] = {"capabilities", false, false, true},
    [AVS_BOARD_ROLE_ATS_TEST] = {"ATS test endpoint", true, true, false},
    [AVS_BOARD_ROLE_REGIONAL] = {"regional gateway", true, true, false},
};

#define XX(name, id) id,
const char *const avs_board_role_ids[AVS_BOARD_ROLE_COUNT] = {AVS_BOARD_ROLE_MAP(XX)};
#undef XX

/* It is asked already, and no less of it. */
static bool is_there(const struct avs_board *board, enum avs_board_role role,
                     const struct avs_endpoint *endpoint) {
    for (size_t i = 0; i < board->host_length; i++) {
        const struct avs_board_role_info *info = &avs_board_roles[board->host[i].role];
        bool is_asked_less = (avs_board_roles[role].needs_http2 && !info->needs_http2) ||
                             (avs_board_roles[role].requires_ats && !info->requires_ats);
        if (strcmp(board->host[i].host, endpoint->host) == 0 &&
            board->host[i].port == endpoint->port && !is_asked_less) {
            return true;
        }
    }
    return false;
}

/* The host of `url`, whatever path it has. What is no https URL at all is lint's to tell. */
static enum avs_status add(struct avs_board *board, enum avs_board_role role, const char *url,
                           const char *source, struct avs_error *reterr) {
    struct avs_endpoint endpoint = {.size = sizeof(endpoint)};
    const char *named = avs_endpoint_from_name(url);
    const char *whole = named ? named : url;
    const char *scheme_end = strstr(whole, "://");
    const char *authority = scheme_end ? scheme_end + 3 : whole;
    size_t length = (size_t)(authority - whole) + strcspn(authority, "/?#");
    AVS_TRY(avs_endpoint_check(whole, length, &endpoint, reterr));
    if (board->host_length == AVS_BOARD_HOSTS_MAX || is_there(board, role, &endpoint)) {
        return AVS_OK;
    }
    struct avs_board_host *host = &board->host[board->host_length++];
    *host = (struct avs_board_host){.role = role, .port = endpoint.port};
    AVS_TEXT_SET(host->host, endpoint.host);
    AVS_TEXT_SET(host->source, source);
    avs_text_make_printable(host->source);
    return AVS_OK;
}

/* What the configuration names; where that is no URL, the SDK's own. */
static void add_or(struct avs_board *board, enum avs_board_role role, const char *url,
                   const char *source, const char *fallback) {
    if (!url || !url[0] || add(board, role, url, source, NULL) != AVS_OK) {
        (void)add(board, role, fallback, BUILT_IN, NULL);
    }
}

/* A fact of that name that the release reads: one that is set before one that is built in. */
static const struct avs_config_fact *fact_of(const struct avs_config_report *report,
                                             const char *name) {
    const struct avs_config_fact *found = NULL;
    for (size_t i = 0; report && i < report->fact_count; i++) {
        const struct avs_config_fact *fact = &report->facts[i];
        if (strcmp(fact->name, name) != 0 || !fact->is_in_force || !fact->value) {
            continue;
        }
        bool is_set = fact->source && strcmp(fact->source, BUILT_IN) != 0;
        if (is_set || !found) {
            found = fact;
        }
        if (is_set) {
            break;
        }
    }
    return found;
}

/* With a release: what that one dials; without: what this library's transport would. */
static const struct avs_config_view *view_of(const struct avs_config_report *report,
                                             const char *sdk) {
    if (!report || report->view_count == 0) {
        return NULL;
    }
    return sdk ? &report->views[0] : &report->views[report->view_count - 1];
}

static bool has_capabilities(unsigned release) {
    if (release == AVS_SDK_ANY) {
        return true;
    }
    for (size_t i = 0; i < avs_sdk_key_count; i++) {
        if (strcmp(avs_sdk_keys[i].name, "capabilities") == 0 && release >= avs_sdk_keys[i].first &&
            release <= avs_sdk_keys[i].last) {
            return true;
        }
    }
    return false;
}

static enum avs_status add_gateway(struct avs_board *board, const struct avs_config_report *report,
                                   const struct avs_board_wishes *wishes, unsigned release,
                                   struct avs_error *reterr) {
    if (wishes->endpoint) {
        return add(board, AVS_BOARD_ROLE_GATEWAY, wishes->endpoint, "--endpoint", reterr);
    }
    const struct avs_config_view *view = view_of(report, wishes->sdk);
    const char *fallback =
        release == AVS_SDK_ANY ? DEFAULT_GATEWAY : avs_sdk_generation_of(release)->fallback;
    add_or(board, AVS_BOARD_ROLE_GATEWAY, view ? view->endpoint : NULL,
           view && view->source ? view->source : BUILT_IN, fallback);
    return AVS_OK;
}

enum avs_status avs_board_choose_hosts(struct avs_board *board,
                                       const struct avs_config_report *report,
                                       const struct avs_board_wishes *wishes,
                                       struct avs_error *reterr) {
    unsigned release = AVS_SDK_ANY;
    if (wishes->sdk) {
        AVS_TRY(avs_sdk_parse(wishes->sdk, &release, reterr));
    }
    const struct avs_config_fact *login = fact_of(report, "login");
    const struct avs_config_fact *capabilities = fact_of(report, "capabilities");
    add_or(board, AVS_BOARD_ROLE_LOGIN, login ? login->value : NULL,
           login && login->source ? login->source : BUILT_IN, LOGIN_URL);
    AVS_TRY(add_gateway(board, report, wishes, release, reterr));
    if (has_capabilities(release)) {
        add_or(board, AVS_BOARD_ROLE_CAPABILITIES, capabilities ? capabilities->value : NULL,
               capabilities && capabilities->source ? capabilities->source : BUILT_IN,
               CAPABILITIES_URL);
    }
    return add(board, AVS_BOARD_ROLE_ATS_TEST, "ats-test", "Amazon's guide", reterr);
}

void avs_board_add_regional(struct avs_board *board) {
    static const char *const names[] = {"na", "eu", "fe"};
    for (size_t i = 0; i < AVS_COUNT(names); i++) {
        (void)add(board, AVS_BOARD_ROLE_REGIONAL, names[i], "the ATS test endpoint is gone", NULL);
    }
}
