/* SPDX-License-Identifier: Apache-2.0 */
/* Is a root in a store? */
#ifndef AVS_STORE_INSTALL_VERIFY_H
#define AVS_STORE_INSTALL_VERIFY_H

#include "store/install.h"

/** Is the root in every store of the install? Errors: NO_MEMORY. */
AVS_NODISCARD enum avs_status avs_install_look(const struct avs_trust_install *install,
                                               const struct avs_install_root *root, bool *ret_found,
                                               struct avs_error *reterr);
/** ERR_TRUST when the bundle exists and OpenSSL refuses it for a damaged block, with its line. */
AVS_NODISCARD enum avs_status avs_install_check_bundle(const struct avs_sysroot *root,
                                                       const char *bundle,
                                                       struct avs_error *reterr);
bool avs_install_is_in_bundle(const struct avs_sysroot *root, const char *bundle,
                              const struct avs_ats_root *wanted);
/** As OpenSSL looks it up: hash.0, hash.1, ...; *ret_free is the first number without a file. */
bool avs_install_is_in_folder(const struct avs_sysroot *root, const char *folder,
                              const struct avs_install_root *wanted, unsigned *ret_free);
/** Parse the PEM, hold it against its fingerprint, compute the hash. Errors: ERR_TRUST. */
AVS_NODISCARD enum avs_status avs_install_check_root(struct avs_install_root *root,
                                                     struct avs_error *reterr);
/** OpenSSL's own verdict: each root verifies with each bundle as the store. Errors: ERR_TRUST. */
AVS_NODISCARD enum avs_status avs_install_verify(const struct avs_trust_install *install,
                                                 struct avs_error *reterr);

#endif
