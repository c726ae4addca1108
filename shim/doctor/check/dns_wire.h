/* SPDX-License-Identifier: Apache-2.0 */
/* One question to a name server and its answer, as bytes (RFC 1035, 3596). No socket, no clock: the
 * bytes come from strangers, and nothing outside them is read. libresolv has parsers of its own,
 * but no two C libraries have them in the same place (glibc before 2.34 in a library of its own,
 * Bionic not at all), so these few lines go everywhere. */
#ifndef AVS_CHECK_DNS_WIRE_H
#define AVS_CHECK_DNS_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <avs/evidence.h>

#define AVS_DNS_QUESTION_BYTES (12 + 256 + 4)
#define AVS_DNS_ANSWER_BYTES   1500
#define AVS_DNS_RECORDS_MAX    64 /* looked at in one answer */

enum avs_dns_type { AVS_DNS_A = 1, AVS_DNS_AAAA = 28 };

/** The question for `host`; its length, 0 = no name server can be asked for that. */
size_t avs_dns_question(uint16_t id, const char *host, enum avs_dns_type type,
                        uint8_t ret_question[AVS_DNS_QUESTION_BYTES]);

/** Is this the answer to a question with that id? */
bool avs_dns_is_answer(const uint8_t *answer, size_t length, uint16_t id);

/** What it says: an address (ANSWERS), no address of that type, no such name, or a failure. Into
 *  `ret_addresses` go those that it names, numeric, blanks between, as many as fit. An answer that
 *  breaks off counts as far as it goes. */
enum avs_dns_answer avs_dns_read_answer(const uint8_t *answer, size_t length,
                                        enum avs_dns_type type, char *ret_addresses,
                                        size_t capacity);

#endif
