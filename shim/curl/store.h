/* SPDX-License-Identifier: Apache-2.0 */
/* Where the certificates of libcurl's trust stores come from, and, when the application's user asks
 * for it (AVS_SHIM_CURL_STORE=1), one index over the CA file for all of them instead of a parse for
 * each. Each store stays libcurl's own: its flags, CA path, revocation list and further
 * certificates are untouched, and it finds in the file what it would hold after
 * X509_STORE_load_file. */
#ifndef AVS_CURL_STORE_H
#define AVS_CURL_STORE_H

#include <stdbool.h>

#include <openssl/x509.h>

#include "evidence/facts.h"

/** What was loaded into `store`: for the explanation of a refusal. Either may be NULL. */
void avs_curl_store_note(X509_STORE *store, const char *ca_file, const char *ca_path);
/** Lent: what was noted last; NULL = nothing. */
const char *avs_curl_store_file(X509_STORE *store);
const char *avs_curl_store_path(X509_STORE *store);

/** This thread's last load that OpenSSL refused, and what it was; "" where there was none. */
void avs_curl_store_refuse(const char *ca_file, const char *ca_path);
void avs_curl_store_refused(char ret_file[AVS_NAME_BYTES], char ret_path[AVS_NAME_BYTES]);

/** Let `store` find what is in `ca_file`. False: load it as ever, for it was not asked for, the
 * file is unreadable, damaged or not of the ordinary form, or the store has a file already. */
bool avs_curl_store_share(X509_STORE *store, const char *ca_file);

/** From now on every store is loaded as ever: the application looks into them itself. */
void avs_curl_store_stop(void);

#endif
