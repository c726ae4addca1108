/* SPDX-License-Identifier: Apache-2.0 */
/* What a client does, told in the log: INFO for what a product's log should hold (connected,
 * goawayReceived), DEBUG5 for the life of a connection, DEBUG7 for each request, DEBUG9 for pings.
 * No line of these has a `cause`: they are no failures. Values of headers, bodies and queries never
 * get here. */
#ifndef AVS_CLIENT_STORY_H
#define AVS_CLIENT_STORY_H

#include "client/conn.h"

void avs_story_dialling(const struct avs_conn *conn);
void avs_story_proven(const struct avs_conn *conn); /* TLS stands */
void avs_story_settings(const struct avs_conn *conn, bool is_first);
void avs_story_goaway(const struct avs_conn *conn, uint32_t h2_code, uint32_t last_stream_id);
void avs_story_closed(const struct avs_conn *conn);

void avs_story_sent(const struct avs_conn *conn, const struct avs_exchange *exchange);
void avs_story_answered(const struct avs_conn *conn, const struct avs_exchange *exchange,
                        int status);
void avs_story_finished(const struct avs_core *core, const struct avs_exchange *exchange,
                        enum avs_finish finish, const struct avs_failure *failure);

void avs_story_pinged(const struct avs_conn *conn);
void avs_story_ping_answered(const struct avs_conn *conn);

#endif
