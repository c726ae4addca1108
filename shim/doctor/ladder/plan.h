/* SPDX-License-Identifier: Apache-2.0 */
/* Which combinations are tried, and in which order: not the whole product, but one thing changed at
 * a time from "as configured"; then, where none of these passes, from the one that came furthest;
 * then the sizes between one that gets through and one that does not. Pure: no clock, no I/O. */
#ifndef AVS_LADDER_PLAN_H
#define AVS_LADDER_PLAN_H

#include <avs/ladder.h>

#define AVS_LADDER_STAGES_MAX 4

/* TCP segments that fit through a path of 1280 bytes, the least that IPv6 has (RFC 8200 section 5),
 * and what every host takes (RFC 9293 section 3.7.1); what Ethernet has. */
#define AVS_SEGMENT_SMALL    1220
#define AVS_SEGMENT_LEAST    536
#define AVS_SEGMENT_ETHERNET 1460

/* Headers of IPv4 and TCP, and of IPv6 and TCP; TCP's options count as data of a segment. */
#define AVS_HEADERS_IPV4 40
#define AVS_HEADERS_IPV6 60

/** Add the rungs of the next stage to what came of the ones before. False: there is nothing more to
 *  try; what never was is in the sheet with its reason. */
bool avs_ladder_plan(struct avs_ladder_sheet *sheet);

/** Things that `way` has otherwise than "as configured". A family counts with its TLS version. */
int avs_rung_changes(const struct avs_rung_way *way);
bool avs_rung_is_same(const struct avs_rung_way *a, const struct avs_rung_way *b);
/** How far it came: a greater number is further. */
int avs_sight_rank(enum avs_sight sight);
bool avs_rung_was_tried(const struct avs_rung *rung);

/** Of a packet that a request leaves in: the headers, with TCP's time stamps. */
#define AVS_REQUEST_HEADERS 52
/** What fills an Ethernet packet. */
#define AVS_REQUEST_FULL 1448

#endif
