/* The two halves of a conclusion: conclude.c decides what is the matter, advise.c what follows. */
#ifndef AVS_INSPECT_CONCLUDE_H
#define AVS_INSPECT_CONCLUDE_H

#include "inspect/inspect.h"

/** Complete inspect->report: the live check's word, order, what is ruled out, limits, next command,
 *  answer and exit code. */
void avs_inspect_advise(struct avs_inspect *inspect);

#endif
