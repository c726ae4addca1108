/* SPDX-License-Identifier: Apache-2.0 */
/* Shared by the files of a connection only: conn.c (its life and its end), streams.c, resend.c,
 * keepalive.c.
 */
#ifndef AVS_CLIENT_CONN_INTERNAL_H
#define AVS_CLIENT_CONN_INTERNAL_H

#include "client/conn.h"
#include "client/failure.h"

/* streams.c */
extern const struct avs_h2_callbacks avs_conn_callbacks;
/* Tell one exchange, and the log, why it failed. */
void avs_conn_fail_exchange(struct avs_conn *conn, struct avs_exchange *exchange,
                            struct avs_failure_box *box);

/* resend.c: may a request that the server did not process (GOAWAY, REFUSED_STREAM) be sent again?
 */
bool avs_conn_may_resend(const struct avs_exchange *exchange);
/* ... and one whose connection has ended? */
bool avs_conn_may_move(const struct avs_conn *conn, const struct avs_exchange *exchange);
/* Back into the queue; it was detached before. */
void avs_conn_resend(struct avs_conn *conn, struct avs_exchange *exchange);

/* keepalive.c: something went out that the peer has to react to. */
void avs_conn_expect_answer(struct avs_conn *conn);

/* conn.c */
void avs_conn_drain(struct avs_conn *conn); /* takes no new streams from now on */
/* Not ready yet: the evidence, or `error`, knows why. */
void avs_conn_fail_connecting(struct avs_conn *conn, const struct avs_error *error);

#endif
