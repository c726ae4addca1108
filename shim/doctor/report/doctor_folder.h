/* SPDX-License-Identifier: Apache-2.0 */
/* The files of an evidence folder, in memory. */
#ifndef AVS_REPORT_DOCTOR_FOLDER_H
#define AVS_REPORT_DOCTOR_FOLDER_H

#include "report/doctor.h"

#define AVS_DOCTOR_PIECES_MAX 32 /* a folder may have other files beside, a page */

struct avs_doctor_piece {
    char name[64];
    char *text; /* owned */
    size_t length;
};

struct avs_doctor_folder {
    struct avs_doctor_piece piece[AVS_DOCTOR_PIECES_MAX];
    size_t count;
};

const struct avs_doctor_piece *avs_doctor_folder_find(const struct avs_doctor_folder *folder,
                                                      const char *name);

/** Every file of a visit, doctor.json in front. Errors: NO_MEMORY. */
AVS_NODISCARD enum avs_status avs_doctor_to_folder(const struct avs_doctor *doctor,
                                                   struct avs_doctor_folder *folder,
                                                   struct avs_error *reterr);

#endif
