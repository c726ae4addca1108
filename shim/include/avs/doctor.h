/* SPDX-License-Identifier: Apache-2.0 */
/* A whole board that cannot connect, looked at in one run: clock, name servers, routes, proxy,
 * libraries, configuration, trust store, disk, and every host that the device needs, in order and
 * with every address. What is found is ordered: the fault to mend first, what only follows from it
 * as a consequence. */
#ifndef AVS_DOCTOR_H
#define AVS_DOCTOR_H

#include <stdbool.h>
#include <stddef.h>

#include <avs/cause.h>
#include <avs/export.h>
#include <avs/findings.h>
#include <avs/inspect.h>
#include <avs/status.h>
#include <avs/style.h>

AVS_BEGIN_DECLS

#define AVS_DOCTOR_SCHEMA             "avs-shim.doctor/1"
#define AVS_BOARD_SCHEMA              "avs-shim.board/1" /**< of doctor.json in an evidence folder */
#define AVS_BOARD_FILE                "doctor.json"
#define AVS_DOCTOR_TIMEOUT_MS_DEFAULT 15000

/** All strings are borrowed until avs_doctor_run returns. Zero-initialised = this machine, as the
 *  SDK without a configuration would meet it. */
struct avs_doctor_options {
    size_t size;                     /**< Required: sizeof(struct avs_doctor_options) */
    const char *const *config_files; /**< Optional: as overlays, in order */
    size_t config_count;
    const char *sdk; /**< Optional: release ("1.26"); NULL = that of the log, if any */
    const struct avs_inspect_report *log; /**< Optional: what a log says; borrowed likewise */
    const char *log_name;                 /**< Required with `log`: what was read */
    const char *sysroot;        /**< Optional: an image; then no host and no name server is asked */
    const char *endpoint;       /**< Optional: instead of the configuration's AVS gateway */
    const char *ca_file;        /**< Optional: as in struct avs_check_options */
    const char *ca_path;        /**< Optional: likewise */
    const char *ats_roots_file; /**< Optional: PEM file of the roots that count as ATS */
    bool require_ats; /**< the chains of AVS's own hosts must end in an ATS root; false = any */
    const char *const *connect_to; /**< Optional: each "HOST:PORT" (for every host) or
                                        "NAME=HOST:PORT": dialled instead; names stay */
    size_t connect_to_count;
    int timeout_ms; /**< whole run; 0 = AVS_DOCTOR_TIMEOUT_MS_DEFAULT */
    /** Optional: true ends the run early, and what was seen so far is told; asked a few times a
     *  second, on the calling thread. */
    bool (*is_stopped)(void *user);
    void *user;
};

struct avs_doctor; /* opaque */

/** Look at everything. OK whatever is found; a configuration that is broken is a finding. Writes
 *  nothing to disk. Starts processes (fork, without exec), which have ended when it returns. Blocks
 *  for timeout_ms at most. Thread: any, while no other changes the environment. Caller frees
 *  *ret_doctor with avs_doctor_free. Errors: ERR_USAGE, ERR_ENDPOINT_INVALID, NO_MEMORY. */
AVS_API AVS_NODISCARD enum avs_status avs_doctor_run(const struct avs_doctor_options *options,
                                                     struct avs_doctor **ret_doctor,
                                                     struct avs_error *reterr);
/** NULL is fine. Thread: any. */
AVS_API void avs_doctor_free(struct avs_doctor *doctor);
/** 0 ready, 1 not ready: a fault was found, 3 cannot tell. Thread: any. */
AVS_API int avs_doctor_exit_code(const struct avs_doctor *doctor);
/** The cause at `index`, the one to mend first in front; AVS_CAUSE_NONE behind the last. Thread:
 *  any. */
AVS_API enum avs_cause avs_doctor_cause(const struct avs_doctor *doctor, size_t index);

/** For people: the answer, the first thing to do, each sight in a line, the other findings, what
 *  only follows from them. `style` NULL = plain. Caller frees *ret_text with free(). Thread: any.
 *  Errors: NO_MEMORY. */
AVS_API AVS_NODISCARD enum avs_status avs_doctor_to_text(const struct avs_doctor *doctor,
                                                         const struct avs_style *style,
                                                         char **ret_text, struct avs_error *reterr);
/** One JSON object, schema avs-shim.doctor/1, newline-terminated. Caller frees *ret_json with
 *  free(). Thread: any. Errors: NO_MEMORY. */
AVS_API AVS_NODISCARD enum avs_status avs_doctor_to_json(const struct avs_doctor *doctor,
                                                         char **ret_json, struct avs_error *reterr);
/** Everything that was seen, for a ticket: a folder that is not there yet (or empty), or, where
 * `path` ends in .tar, that file; whole or not at all. No secrets are in it. Thread: any, one at a
 * time for each `doctor`. Errors: ERR_IO (names the place and the fix), ERR_USAGE, NO_MEMORY. */
AVS_API AVS_NODISCARD enum avs_status avs_doctor_save(const struct avs_doctor *doctor,
                                                      const char *path, struct avs_error *reterr);

struct avs_doctor_folder; /* opaque; the files of an evidence folder, in memory */

/** A folder without files. Caller frees. Thread: any, one at a time. Errors: NO_MEMORY. */
AVS_API AVS_NODISCARD enum avs_status avs_doctor_folder_new(struct avs_doctor_folder **ret_folder,
                                                            struct avs_error *reterr);
/** NULL is fine. Thread: any. */
AVS_API void avs_doctor_folder_free(struct avs_doctor_folder *folder);
/** Add a file that avs_doctor_save wrote; of `name` the last component counts. The text is copied.
 *  What cannot be one of a doctor's is left out. Thread: the owner's. Errors: NO_MEMORY. */
AVS_API AVS_NODISCARD enum avs_status avs_doctor_folder_add(struct avs_doctor_folder *folder,
                                                            const char *name, const char *text,
                                                            size_t length,
                                                            struct avs_error *reterr);
/** The visit again, offline: the same findings from the same facts. Caller frees *ret_doctor.
 *  Thread: the owner's. Errors: ERR_USAGE (what and where), NO_MEMORY. */
AVS_API AVS_NODISCARD enum avs_status avs_doctor_folder_read(const struct avs_doctor_folder *folder,
                                                             struct avs_doctor **ret_doctor,
                                                             struct avs_error *reterr);

/** The rows of it, for the formats of <avs/findings.h>; everything is copied. Caller frees
 *  *ret_findings. Thread: any. Errors: NO_MEMORY. */
AVS_API AVS_NODISCARD enum avs_status avs_findings_of_doctor(const struct avs_doctor *doctor,
                                                             struct avs_findings **ret_findings,
                                                             struct avs_error *reterr);

AVS_END_DECLS

#endif
