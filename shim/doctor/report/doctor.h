/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of the doctor's report share. */
#ifndef AVS_REPORT_DOCTOR_H
#define AVS_REPORT_DOCTOR_H

#include <avs/doctor.h>

#include "base/buffer.h"
#include "board/order.h"
#include "report/findings.h"

#define AVS_DOCTOR_LINE_BYTES 320

struct avs_doctor {
    struct avs_board *board;
    struct avs_board_conclusion conclusion;
};

/** Take over `board` and conclude; it is freed on an error. */
AVS_NODISCARD enum avs_status avs_doctor_of_board(struct avs_board *board,
                                                  struct avs_doctor **ret_doctor,
                                                  struct avs_error *reterr);

/** What is to be mended first; NULL = nothing is worth more than a remark. */
const struct avs_board_finding *avs_doctor_first(const struct avs_doctor *doctor);

/** "the clock", "the resolvers", ... Static. */
extern const char *const avs_board_part_words[AVS_BOARD_PART_COUNT];

/** What a finding is called on one line, without its cause: "every host: no route to ...". */
void avs_doctor_line(const struct avs_doctor *doctor, const struct avs_board_finding *finding,
                     char ret_text[AVS_DOCTOR_LINE_BYTES]);

/** Its words, each text kept by `findings`. Errors: NO_MEMORY. */
AVS_NODISCARD enum avs_status avs_doctor_words(const struct avs_doctor *doctor,
                                               const struct avs_board_finding *finding,
                                               struct avs_findings *findings,
                                               struct avs_finding *ret_words,
                                               struct avs_error *reterr);

/** "login (api.amazon.com)", "every host", "login and capabilities". */
void avs_doctor_hosts(const struct avs_board *board, uint32_t hosts,
                      char ret_text[AVS_DOCTOR_LINE_BYTES]);

/** The command of a finding that is no host's and no note's; "" = none. */
void avs_doctor_command(const struct avs_doctor *doctor, const struct avs_board_finding *finding,
                        struct avs_buffer *out);

/** Notes of what lint, audit and inspect say; NULL = was not asked. Errors: NO_MEMORY. */
struct avs_doctor_sources {
    const struct avs_config_report *config;
    const char *const *config_files;
    size_t config_count;
    const struct avs_error *config_error; /**< it could not be loaded, and why */
    const struct avs_trust_audit *audit;
    bool has_own_roots; /**< a test bed's: the real ones may be missing */
    const struct avs_inspect_report *log;
    const char *log_name;
};
AVS_NODISCARD enum avs_status avs_doctor_take_notes(struct avs_board *board,
                                                    const struct avs_doctor_sources *sources,
                                                    struct avs_error *reterr);

#endif
