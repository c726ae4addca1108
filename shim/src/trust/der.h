/* SPDX-License-Identifier: Apache-2.0 */
/* A certificate's DER walked without building anything: is it of the ordinary shape that OpenSSL's
 * parser surely accepts, and what is its subject? Deliberately narrower than OpenSSL: whatever is
 * rare is "not ordinary" and goes to OpenSSL itself. Reads no pointer past `length`. */
#ifndef AVS_TRUST_DER_H
#define AVS_TRUST_DER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Where things are in a certificate. */
struct avs_der_facts {
    uint32_t subject_hash;  /**< as avs_der_name_hash has it */
    const uint8_t *subject; /**< the Name, header included; inside the input */
    size_t subject_length;
    const uint8_t *spki; /**< SubjectPublicKeyInfo, header included; inside the input */
    size_t spki_length;
};

/** A certificate whose parsing cannot fail: says where things are in it. */
bool avs_der_certificate(const uint8_t *der, size_t length, struct avs_der_facts *ret_facts);

/** Hash of a DER Name. Names that OpenSSL compares as equal (case, spaces, string types) have equal
 *  hashes; unequal names may collide. False when the name is too strange to say: then it may equal
 *  any other. */
bool avs_der_name_hash(const uint8_t *der, size_t length, uint32_t *ret_hash);

#endif
