/* SPDX-License-Identifier: Apache-2.0 */
/* A whole process whose memory runs out at a chosen call: of ours, of OpenSSL, of libcurl, of
 * nghttp2, of json-c. The program that links this has malloc and friends of its own. */
#ifndef AVS_TEST_FAILING_PROCESS_H
#define AVS_TEST_FAILING_PROCESS_H

#include <stdbool.h>

/** One use of the library; false when what it gave contradicts itself. */
typedef bool failing_run(void);

/** Run it in a child for each of its allocations (a fair sample of them when there are many), with
 *  that one failing, and fail the test unless each child ends by itself, says true, and does so
 *  before `seconds` are over. Returns how many allocations were made to fail. */
unsigned failing_process(failing_run *run, unsigned points_max, unsigned seconds);

/** `seconds` of a machine at full speed: times what AVS_TEST_SLACK in the environment says. */
unsigned failing_process_seconds(unsigned seconds);

#endif
