/* SPDX-License-Identifier: Apache-2.0 */
/* What each scenario does. The public half (name, verdicts) and the behaviour are one row, so that
 * neither can be changed without the other in sight. */
#ifndef AVS_STANDIN_SCENARIOS_H
#define AVS_STANDIN_SCENARIOS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "pki.h"
#include "standin.h"

/* On the ClientHello. */
enum hello_act {
    HELLO_GO_ON,
    HELLO_ALERT,  /* a fatal alert: scenario.alert */
    HELLO_RESET,  /* TCP RST */
    HELLO_CLOSE,  /* FIN, not a byte */
    HELLO_CUT,    /* the first half of our flight, then FIN */
    HELLO_SILENT, /* nothing, and the connection stays */
    HELLO_BYTES,  /* scenario.hello_text in plain, then FIN */
};

enum tls_versions { VERSIONS_MODERN, VERSIONS_11_ONLY, VERSIONS_12_ONLY, VERSIONS_13_ONLY };

enum alpn_act {
    ALPN_ANY,        /* h2 first, then http/1.1 */
    ALPN_H1_ONLY,    /* picks http/1.1, nothing when it is not offered */
    ALPN_NONE,       /* never answers the extension */
    ALPN_H2_STRICT,  /* alert 120 unless h2 is offered */
    ALPN_H2_LENIENT, /* nothing unless h2 is offered */
    ALPN_H1_STRICT,  /* alert 120 when h2 is offered */
};

/* How a connection ends once everything is sent. */
enum ending {
    END_KEEP,         /* it does not */
    END_CLOSE_NOTIFY, /* TLS close_notify, then FIN */
    END_RAGGED,       /* FIN alone */
    END_RESET,        /* TCP RST */
    END_RESET_LATER,  /* TCP RST, once the peer had time to read what was sent */
};

enum odd_act {
    ODD_NO,        /* answer as a good server does */
    ODD_BYTES,     /* these bytes, then the ending */
    ODD_SILENT,    /* read the request and never answer */
    ODD_STATUS,    /* the status, an own short body */
    ODD_BODY,      /* 200 with another body than the phrase */
    ODD_LATE,      /* 200, the phrase at the end of a longer body */
    ODD_NO_BODY,   /* 204 */
    ODD_RST,       /* HTTP/2: RST_STREAM with the code */
    ODD_GOAWAY,    /* HTTP/2: GOAWAY with the code, no answer */
    ODD_SHORT,     /* HTTP/2: fewer bytes than content-length, END_STREAM */
    ODD_BAD_FRAME, /* HTTP/2: a frame that breaks RFC 9113 */
    ODD_ENDLESS,   /* the bytes (HTTP/1.x) or a good head (HTTP/2), then filler without end */
    ODD_FAULTS,    /* now this, now that: see faults.c */
    ODD_PLAYED,    /* HTTP/2: odd_reply.played */
    ODD_FLOOD,     /* HTTP/2: PING without end, and no answer */
};

/* How an answer of ODD_PLAYED comes to its end. */
enum played_end {
    PLAYED_WHOLE,
    PLAYED_SHORT,   /* fewer bytes than content-length, END_STREAM */
    PLAYED_STALLED, /* never */
};

struct odd_reply {
    enum odd_act act;
    unsigned code; /* HTTP status or HTTP/2 error code; with BYTES and SILENT 1: no HTTP/2 at all */
    enum ending ending;
    const char *bytes;
    size_t length;
    const char *filler; /* HTTP/1.x: what an endless answer repeats */
    const struct answer *played;
    enum played_end played_end;
};

struct scenario {
    struct avs_standin_scenario shown;
    struct leaf_recipe leaf;
    enum hello_act hello;
    unsigned alert;
    const char *hello_text;
    size_t hello_length; /* 0: of a text */
    enum tls_versions versions;
    bool wants_client_cert;
    enum alpn_act alpn;
    struct odd_reply http1, h2;
};

#define ATS_PHRASE "connection established with ATS certificate"

size_t scenario_count(void);
const struct scenario *scenario_at(size_t index);
/* The row for that SNI (not terminated, any case); the plain one for unknown names and none. */
size_t scenario_find(const unsigned char *sni, size_t length);

#endif
