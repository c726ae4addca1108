/* SPDX-License-Identifier: Apache-2.0 */
/* One diagnostic run against one endpoint: an HTTP/2 session and an HTTP/1.1 session, each over
 * verified TLS, everything that was seen written down as evidence. */
#ifndef AVS_CHECK_H
#define AVS_CHECK_H

#include <stdbool.h>

#include <avs/config.h>
#include <avs/evidence.h>
#include <avs/export.h>
#include <avs/log.h>
#include <avs/status.h>

AVS_BEGIN_DECLS

#define AVS_CHECK_TIMEOUT_MS_DEFAULT 15000

/** All strings are borrowed until avs_check_run returns. Zero-initialised = the defaults. */
struct avs_check_options {
    size_t size;          /**< Required: sizeof(struct avs_check_options) */
    const char *endpoint; /**< Optional: https://host[:port] or a name of avs_endpoint_from_name;
                               NULL = the ATS test endpoint */
    const char *endpoint_source; /**< Optional: where it came from, for the report */
    const char *ca_file;         /**< Optional: PEM bundle; NULL with ca_path NULL = system store */
    const char *ca_path;         /**< Optional: hashed directory */
    const char *store_source;    /**< Optional: "option", "config": for the report */
    const char *ats_roots_file;  /**< Optional: PEM file of the roots that count as ATS */
    bool require_ats;           /**< a trusted chain must end in an ATS root; false = any will do */
    const char *connect_to;     /**< Optional: HOST:PORT to dial instead; SNI and names stay */
    const char *proxy;          /**< Optional: as CURLOPT_PROXY; NULL = environment */
    const char *interface_name; /**< Optional: as CURLOPT_INTERFACE */
    bool skip_h2;
    bool skip_http1;
    bool with_families;              /**< also ask which root the RSA and the ECDSA chain need */
    const char *const *config_files; /**< Optional: where the settings are from; the caller has read
                                          them, the report's commands name them again */
    size_t config_count;             /**< of them, at most AVS_GIVEN_CONFIGS_MAX are kept */
    bool is_demo;   /**< the peer is a stand-in that ends with the run; for the commands, too */
    int timeout_ms; /**< whole run; 0 = AVS_CHECK_TIMEOUT_MS_DEFAULT */
    struct avs_log log;
    const char *sdk; /**< Optional: the device's SDK release, "1.26": kept with the evidence */
};

/** Run it. Returns OK whenever a run could be made, whatever it found: judge the evidence.
 *  Blocks for at most timeout_ms plus one second. Writes nothing to disk.
 *  Thread: any, one run at a time in each. Caller frees *ret_evidence with avs_evidence_free.
 *  Errors: ERR_USAGE, ERR_ENDPOINT_INVALID, NO_MEMORY, INTERNAL. */
AVS_API AVS_NODISCARD enum avs_status avs_check_run(const struct avs_check_options *options,
                                                    struct avs_evidence **ret_evidence,
                                                    struct avs_error *reterr);

AVS_END_DECLS

#endif
