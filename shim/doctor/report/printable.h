/* Evidence for the eyes: the same facts without control characters. */
#ifndef AVS_EVIDENCE_PRINTABLE_H
#define AVS_EVIDENCE_PRINTABLE_H

#include <avs/evidence.h>

/** A copy in which every text is UTF-8 and printable. NULL: out of memory. Caller frees with
 *  avs_evidence_free. */
struct avs_evidence *avs_evidence_printable(const struct avs_evidence *evidence);

#endif
