/* A certificate's DER walked without building anything: is it of the ordinary shape that OpenSSL's
 * parser surely accepts, and what is its subject? Deliberately narrower than OpenSSL: whatever is
 * rare is "not ordinary" and goes to OpenSSL itself. Reads no pointer past `length`. */
#ifndef AVS_TRUST_DER_H
#define AVS_TRUST_DER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** A certificate whose parsing cannot fail: sets the hash of its subject. */
bool avs_der_certificate(const uint8_t *der, size_t length, uint32_t *ret_subject_hash);

/** Hash of a DER Name. Names that OpenSSL compares as equal (case, spaces, string types) have equal
 *  hashes; unequal names may collide. False when the name is too strange to say: then it may equal
 *  any other. */
bool avs_der_name_hash(const uint8_t *der, size_t length, uint32_t *ret_hash);

#endif
