/* SPDX-License-Identifier: Apache-2.0 */
/* Words that the text and the JSON of an install share. */
#ifndef AVS_REPORT_INSTALL_WORDS_H
#define AVS_REPORT_INSTALL_WORDS_H

#include "base/buffer.h"
#include "store/install.h"

#define AVS_INSTALL_WORDS_BYTES (2u * AVS_SYSROOT_PATH_BYTES)

/** "write /usr/local/share/ca-certificates/amazon-root-ca-1.crt" */
void avs_install_step_words(const struct avs_trust_install *install,
                            const struct avs_install_step *step, char *ret_words, size_t capacity);

/** "avs-shim trust VERB" for the same store and roots, and `rest`. */
void avs_install_add_command(const struct avs_trust_install *install, const char *verb,
                             const char *rest, struct avs_buffer *out);

/** The command that helps most now. Caller frees *ret_command. Errors: NO_MEMORY. */
AVS_NODISCARD enum avs_status avs_install_next_command(const struct avs_trust_install *install,
                                                       char **ret_command,
                                                       struct avs_error *reterr);

#endif
