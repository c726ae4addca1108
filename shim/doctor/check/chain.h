/* SPDX-License-Identifier: Apache-2.0 */
/* A chain in a file, judged by the gate without a connection. No OpenSSL type leaves here. */
#ifndef AVS_TRUST_CHAIN_H
#define AVS_TRUST_CHAIN_H

#include <stdbool.h>
#include <stdint.h>

#include <avs/evidence.h>
#include <avs/status.h>

#define AVS_CHAIN_FILE_CERTIFICATES_MAX 100 /* OpenSSL's own limit on a path */

/** All borrowed until the call returns. */
struct avs_chain_question {
    const char *chain_file; /**< PEM, leaf first; "-" = standard input */
    const char *host;       /**< NULL = no name check */
    int64_t at;             /**< Unix seconds; 0 = now */
    const char *ca_file;
    const char *ca_path;
    const char *store_source;
    const char *ats_roots_file; /**< NULL = the embedded ones */
};

/** Fill chain, hostname_matched and trust of `ret_facts`. `ret_leaf`: which certificate of the file
 *  is the server's, counted from 1; it was judged as if it had been sent first. 0 = none is, the
 * first is an authority's and was judged in a server's place. A store that cannot be loaded is
 * noted there (store_state; verify_error stays -1) and no error. Errors: ERR_IO or ERR_USAGE (chain
 * file), those of avs_ats_roots_load, NO_MEMORY. */
AVS_NODISCARD enum avs_status avs_chain_judge(const struct avs_chain_question *question,
                                              struct avs_tls_facts *ret_facts,
                                              size_t *ret_certificates, size_t *ret_leaf,
                                              bool *ret_is_accepted, struct avs_error *reterr);

/** OpenSSL's security level that a connection would have. */
int avs_chain_security_level(void);

#endif
