/* Words that the text and the JSON of an audit share. */
#ifndef AVS_TRUST_AUDIT_WORDS_H
#define AVS_TRUST_AUDIT_WORDS_H

#include "store/audit.h"

/** "present only as a cross-signed copy", ... Never NULL. */
const char *avs_audit_state_text(enum avs_audit_state state);

/** A remedy with {path} filled in. */
void avs_audit_fill_path(char *ret_text, size_t capacity, const char *remedy, const char *path);

/** A store with every required root that only the curl command reads, when the SDK's has not all of
 *  them: why "curl works but the SDK fails". NULL = not so. */
const struct avs_audit_store *avs_audit_better_for_curl(const struct avs_trust_audit *audit);

/** Required roots that a store has. */
size_t avs_audit_count_required(const struct avs_trust_audit *audit,
                                const struct avs_audit_store *store);

/** The command that helps most now. */
void avs_audit_next_command(const struct avs_trust_audit *audit, char *ret_command,
                            size_t capacity);

#endif
