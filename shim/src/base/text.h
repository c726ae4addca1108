/* SPDX-License-Identifier: Apache-2.0 */
/* Fixed-size text fields: copy with a cut, never past the end, always terminated. */
#ifndef AVS_BASE_TEXT_H
#define AVS_BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <avs/export.h>
#include <avs/style.h> /* avs_text_make_printable */

/** Copy `text` (NULL = "") into an array field, cut to fit. */
#define AVS_TEXT_SET(field, text) avs_text_copy((field), sizeof(field), (text))

void avs_text_copy(char *field, size_t capacity, const char *text);
void avs_text_copy_bytes(char *field, size_t capacity, const void *bytes, size_t length);
AVS_PRINTF(3, 4) void avs_text_format(char *field, size_t capacity, const char *format, ...);

/** Upper-case hex of `bytes`, terminated; `capacity` must be at least 2 * length + 1. */
void avs_text_hex(char *field, size_t capacity, const uint8_t *bytes, size_t length);

/** Find `needle` in bytes that may hold NULs, ASCII case ignored. */
bool avs_text_contains_nocase(const void *bytes, size_t length, const char *needle);

/** Length of the well-formed UTF-8 sequence (RFC 3629) at `text`, of which `left` > 0 bytes are
 *  there; 0 if it is none. */
size_t avs_text_utf8_sequence(const char *text, size_t left);

/** The character of a sequence that avs_text_utf8_sequence has measured. */
uint32_t avs_text_code_point(const char *sequence, size_t length);

/** A character that a terminal obeys instead of showing it: controls of C0 and C1 (also newline and
 *  tab), marks and overrides of a text's direction, line separators. */
bool avs_text_steers_terminal(uint32_t code);

/** As avs_text_utf8_sequence, and 0 too for a character that steers a terminal. */
size_t avs_text_printable_sequence(const char *text, size_t left);
bool avs_text_is_printable(const char *text);

/** Replace every byte that breaks UTF-8 by '?', in place. */
void avs_text_make_utf8(char *text);

/** "host", "[v6]" or "host:port" for an https URL's authority: the port only when it is not 443
 *  (RFC 9110 section 4.2.2). */
void avs_text_authority(char *field, size_t capacity, const char *host, uint16_t port);

/** An address of IPv4 or IPv6 (without brackets), no name. */
bool avs_text_is_ip_literal(const char *host);

/** Unix seconds as "2026-11-21 19:03:32 UTC". */
void avs_text_utc(char *field, size_t capacity, int64_t unix_seconds);

#endif
