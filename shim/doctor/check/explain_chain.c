/* SPDX-License-Identifier: Apache-2.0 */
/* avs_trust_explain: the gate's facts of a chain file, put in order by verdict/. */
#include <errno.h>
#include <string.h>

#include <avs/explain.h>

#include "base/civil.h"
#include "base/clock.h"
#include "base/flow.h"
#include "base/text.h"
#include "base/versioned.h"
#include "check/chain.h"
#include "check/machine.h"
#include "net/curl_info.h"
#include "verdict/trust_causes.h"

AVS_DEFINE_AUTO(avs_trust_explanation, struct avs_trust_explanation, avs_trust_explanation_free);

bool avs_trust_time_parse(const char *text, int64_t *ret_unix) {
    static const char *const patterns[] = {"Y-M-D_h:m:sZ", "Y-M-D_h:m:s", "Y-M-D"};
    size_t length = strlen(text);
    int64_t time = 0;
    bool is_read = false;
    if (text[0] == '@') {
        char *end = NULL;
        errno = 0;
        time = strtoll(text + 1, &end, 10);
        is_read = text[1] >= '0' && text[1] <= '9' && *end == '\0' && errno == 0;
    }
    for (size_t i = 0; i < AVS_COUNT(patterns) && !is_read; i++) {
        is_read = avs_civil_parse(patterns[i], text, length, &time) == length && length > 0;
    }
    if (!is_read || time <= 0) {
        return false;
    }
    *ret_unix = time;
    return true;
}

static enum avs_status check_options(const struct avs_trust_explain_options *options,
                                     struct avs_error *reterr) {
    if (!options->chain_file || !options->chain_file[0]) {
        return avs_fail(reterr, AVS_ERR_USAGE, "trust explain: a chain file is needed");
    }
    const char *host = options->host;
    if (host && (!host[0] || host[0] == '.' || strlen(host) >= AVS_NAME_BYTES ||
                 strpbrk(host, "/ \t\r\n"))) {
        return avs_fail(reterr, AVS_ERR_USAGE,
                        "trust explain: '%.80s' is no host name; give it as in the URL, without "
                        "https:// and path",
                        host);
    }
    if (options->at < 0) {
        return avs_fail(reterr, AVS_ERR_USAGE, "trust explain: the time is before 1970");
    }
    return AVS_OK;
}

enum avs_status avs_trust_explain(const struct avs_trust_explain_options *given,
                                  struct avs_trust_explanation **ret_explanation,
                                  struct avs_error *reterr) {
    struct avs_trust_explain_options taken;
    const struct avs_trust_explain_options *options = &taken;
    AVS_TAKE(&taken, given, "avs_trust_explain_options", reterr);
    AVS_TRY(check_options(options, reterr));
    struct avs_chain_question question = {.chain_file = options->chain_file,
                                          .host = options->host,
                                          .at = options->at ? options->at
                                                            : avs_clock_wall_ms() / 1000,
                                          .ca_file = options->ca_file,
                                          .ca_path = options->ca_path,
                                          .store_source = "option",
                                          .ats_roots_file = options->ats_roots_file};
    question.store_source =
        avs_net_curl_complete_store(question.store_source, &question.ca_file, &question.ca_path);
    AVS_AUTO(avs_trust_explanation) made = calloc(1, sizeof(*made));
    AVS_REQUIRE_MEMORY(made, reterr);
    AVS_TRY(avs_chain_judge(&question, &made->tls, &made->certificates, &made->leaf_number,
                            &made->is_accepted, reterr));
    AVS_TEXT_SET(made->chain_file, options->chain_file);
    AVS_TEXT_SET(made->host, options->host);
    avs_check_machine(&made->machine);
    made->at = question.at;
    made->build_time = avs_clock_build_time();
    /* a time that was given is a supposition: it says nothing about this device's clock */
    made->cause_count = avs_trust_causes(&made->tls, made->at, options->at ? 0 : made->build_time,
                                         made->host, made->causes, AVS_EXPLANATION_CAUSES_MAX - 1);
    if (made->is_accepted && !made->tls.trust.gate.is_ats && options->require_ats) {
        memmove(made->causes + 1, made->causes, made->cause_count * sizeof(made->causes[0]));
        made->causes[0] = avs_not_ats_cause(&made->tls, made->host);
        made->cause_count++;
    }
    *ret_explanation = AVS_STEAL(made);
    return AVS_OK;
}

void avs_trust_explanation_free(struct avs_trust_explanation *explanation) {
    free(explanation);
}

bool avs_trust_explanation_is_accepted(const struct avs_trust_explanation *explanation) {
    return explanation->is_accepted;
}

enum avs_cause avs_trust_explanation_cause(const struct avs_trust_explanation *explanation,
                                           size_t index) {
    return index < explanation->cause_count ? explanation->causes[index] : AVS_CAUSE_NONE;
}
