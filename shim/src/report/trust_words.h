/* Words about a refused chain: one sentence with the names, times and hashes of this case, and the
 * next command with its placeholders filled. Text and JSON say the same. */
#ifndef AVS_REPORT_TRUST_WORDS_H
#define AVS_REPORT_TRUST_WORDS_H

#include <stddef.h>

#include <avs/evidence.h>

struct avs_trust_words_subject {
    const struct avs_tls_facts *tls;
    const char *host; /**< "" = none */
    int64_t at;       /**< the clock that the gate used */
    int64_t build_time;
};

/** What this case adds to the catalogue's sentence; "" when nothing. */
void avs_trust_words_detail(const struct avs_trust_words_subject *subject, enum avs_cause cause,
                            char *field, size_t capacity);

/** The catalogue's command with {host}, {port}, {ca_file}, {ca_path} and the missing root filled
 *  in; "" when the row has none. */
void avs_trust_words_command(const struct avs_trust_words_subject *subject, enum avs_cause cause,
                             char *field, size_t capacity);

#endif
