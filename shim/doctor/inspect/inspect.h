/* SPDX-License-Identifier: Apache-2.0 */
/* The recogniser's inside. Bytes become lines (input), lines become records and texts (context),
 * the texts of one transfer become one failure (attempts), failures are added up (book), and the
 * book becomes the report. Each part is written by its own file only; the others read it. */
#ifndef AVS_INSPECT_INSPECT_H
#define AVS_INSPECT_INSPECT_H

#include <avs/inspect.h>

#include "inspect/record.h"
#include "inspect/rules.h"
#include "inspect/scan.h"

enum {
    AVS_LINE_BYTES_MAX = 32768,  /* of a physical line; the rest of it is not looked at */
    AVS_RECORD_BYTES_MAX = 8192, /* of a cleaned record with its continuations */
    AVS_RECORD_LINES_MAX = 64,   /* an 80-column capture of a full record has no more */
    AVS_TALLIES_MAX = 64,        /* different kinds of lines kept apart */
    AVS_ECHO_TALLIES_MAX = 32,
    AVS_ATTEMPTS_MAX = 8, /* transfers of libcurl under way at once; the oldest makes room */
    AVS_ATTEMPT_ECHOES_MAX = 3,
    AVS_WRITERS_MAX = 4, /* names under which a journal has the SDK's lines */
    AVS_WORDINGS_MAX = 384,
    AVS_NEEDLE_BYTES = 64,
    AVS_LABEL_BYTES = 48,         /* of a program, a stream, an issuer's common name */
    AVS_SHORT_SESSION_MS = 60000, /* dropped sooner than this is a loop: two clients, one account */
    AVS_SHORT_SESSIONS_MIN = 3,
};

/** Which table a tally's row is in. */
enum avs_tally_kind {
    AVS_TALLY_LINE,
    AVS_TALLY_CODE,
    AVS_TALLY_TEXT,
    AVS_TALLY_OWN,
    AVS_TALLY_BARE
};

/** All lines of one kind that said the same about the same peer. */
struct avs_tally {
    enum avs_tally_kind kind;
    size_t row;     /* in the table of its kind; AVS_TALLY_OWN: the cause */
    size_t wording; /* AVS_TALLY_TEXT: which one was first seen */
    enum avs_scope scope;
    bool is_clock_implausible;
    bool is_text_ambiguous;       /* code 51's text, and the release of libcurl was not known */
    bool is_at_stop;              /* the application was already ending */
    bool is_answered;             /* an HTTP status had come on that stream */
    char writer[AVS_LABEL_BYTES]; /* the program that a journal names before the line */

    enum avs_cause cause;
    enum avs_certainty certainty;
    const enum avs_cause *also; /* ends at NONE, or NULL */
    bool is_verify;             /* a certificate was refused */
    bool is_verify_reason;      /* and this is why */
    bool is_h1_offer;           /* nothing else was offered, unless another line says so */
    const char *says;
    int code; /* CURLcode, -1 = none */

    uint64_t count, excused; /* excused: turned out to be what the login answers while it waits */
    struct avs_inspect_place first, last, decisive;
    uint64_t touched_line; /* the last line of that failure, its echoes included */
    char line[AVS_INSPECT_LINE_BYTES];
    char host[256];
    bool host_assumed;
    char component[64];
    char path[256];   /* a CA file or interface that the line names */
    char detail[256]; /* what is particular: an issuer, a status, what ended the application */
    unsigned releases_from, releases_until;
    uint64_t recovered_line; /* that peer answered there, after `last`; 0 = not yet */
};

struct avs_echo_tally {
    const void *rule; /* what makes two echoes the same: a row, or the sentence */
    enum avs_scope scope;
    size_t tally; /* the failure before it, AVS_TALLIES_MAX when there was none */
    const char *why;
    uint64_t count;
    struct avs_inspect_place first;
    char line[AVS_INSPECT_LINE_BYTES];
};

struct avs_note_tally {
    const char *text;
    uint64_t count, line;
};

/** The phrases of libcurl's output, squeezed, and an index over how they begin. */
struct avs_phrases {
    uint16_t firsts[AVS_TRIGGER_BITS];     /* 1 + the first wording that begins so, 0 = none */
    uint64_t hosts[AVS_TRIGGER_BITS / 64]; /* how the words before a host's name begin */
    struct avs_wording {
        char needle[AVS_NEEDLE_BYTES], also_needle[AVS_NEEDLE_BYTES];
        size_t length;
        const struct avs_text_rule *rule;
        uint16_t next; /* as in firsts, in the order of the table */
    } wordings[AVS_WORDINGS_MAX];
    size_t wording_count;
};

void avs_phrases_init(struct avs_phrases *phrases);

/** Bytes on their way to records. Written by inspect.c. */
struct avs_input {
    uint64_t bytes, lines, stamped_lines;
    char carry[AVS_LINE_BYTES_MAX + 1]; /* the last line's beginning, its end is not here yet */
    size_t carry_length;
    bool is_carry_cut; /* the line is longer than what is kept of it */
    struct {
        char text[AVS_RECORD_BYTES_MAX + 1];
        size_t length;
        uint64_t line;
        size_t line_count;
        bool is_wrapped; /* its last physical line was cut at the terminal's edge */
        char stamp[AVS_STAMP_BYTES];
    } record;                    /* length 0 = none is open */
    char stamp[AVS_STAMP_BYTES]; /* of the last stamped line */
};

/** What the log tells about itself. Written by match*.c. */
struct avs_context {
    bool is_version_given;
    char sdk_version[24];
    unsigned sdk_release; /* 0 = unknown */
    int64_t floor;        /* no honest stamp is earlier, Unix seconds */
    enum avs_curl_era curl_era;
    char libcurl[32];
    char gateway[256];
    unsigned gateway_port; /* 0 = the usual one */
    uint32_t levels;       /* bit i: level "9876543210IWECNU"[i] was seen */
    bool has_debug_compiled_out;
    bool has_mute_curl;
    bool has_attempt;
    bool has_box;
    bool has_tool;      /* output of curl or openssl, the commands */
    bool is_unverified; /* verification is switched off in this build */
    bool offers_h2;
    bool has_bare_records; /* the SDK's records stand there without a program's name before them */
    char writers[AVS_WRITERS_MAX][AVS_LABEL_BYTES]; /* or with these */
    size_t writer_count;
    struct avs_inspect_place stop, stop_reason; /* the application ends; line 0 = it does not */
    char stop_words[96];
    struct avs_inspect_place status_place; /* the last HTTP status that was no success */
    long status;
};

/** One transfer of libcurl, from its first words to its result: several lines, one failure. */
struct avs_attempt {
    bool is_used;
    char stream[AVS_LABEL_BYTES];  /* the SDK's id of it, empty in raw output */
    char moniker[AVS_LABEL_BYTES]; /* of the thread that ran it */
    char writer[AVS_LABEL_BYTES];
    enum avs_scope scope;
    uint64_t last_line;
    char host[256];
    char subject[256], issuer[AVS_LABEL_BYTES]; /* of the certificate that was shown */
    bool is_tcp_up, is_tls_up;
    bool is_hint;   /* `best` is about one address only: another may still answer */
    bool is_booked; /* `best` is added up already, at `tally` */
    size_t tally;
    struct avs_tally best; /* the most exact that was said; count 0 = nothing yet */
    struct avs_echo_tally echoes[AVS_ATTEMPT_ECHOES_MAX];
    size_t echo_count;
};

/** What was added up. Written by tally.c. */
struct avs_book {
    uint64_t implausible_stamps;
    struct avs_inspect_place proof_login, proof_gateway, proof_any, proof_plain;
    bool has_connected;
    int64_t connected_ms; /* when the session that stands was made, -1 = none stands */
    int64_t dropped_ms;   /* when one was last dropped, -1 = never */
    uint64_t short_sessions, drops;
    struct avs_inspect_place first_short, last_short, first_drop;
    char short_line[AVS_INSPECT_LINE_BYTES];

    struct avs_tally tallies[AVS_TALLIES_MAX + AVS_ATTEMPTS_MAX]; /* room for those under way */
    size_t tally_count;
    uint64_t tallies_lost;
    struct avs_echo_tally echoes[AVS_ECHO_TALLIES_MAX];
    size_t echo_count;
    struct avs_note_tally notes[AVS_INSPECT_NOTES_MAX];
    size_t note_count;
    size_t retries[4]; /* the kinds of lines that told of the present try to connect */
    size_t retry_count, retry_tally;
};

/** What the live check brought. Written by inspect.c. */
struct avs_live {
    bool is_there;
    char endpoint[288];
    enum avs_readiness readiness;
    enum avs_cause cause;
};

struct avs_inspect {
    struct avs_triggers triggers;
    struct avs_phrases phrases;
    int64_t now;
    void (*on_finding)(void *user, const struct avs_inspect_finding *finding);
    void *user;
    bool is_announced[AVS_CAUSE_COUNT];

    struct avs_input input;
    struct avs_context context;
    struct avs_attempt attempts[AVS_ATTEMPTS_MAX];
    struct avs_book book;
    struct avs_live live;
    struct avs_inspect_report report;
};

/** A line that was recognised, on its way into a tally. */
struct avs_sighting {
    struct avs_tally tally; /* filled up to `code`; the rest is taken from the fields below */
    const char *text;       /* the line, cleaned, not masked */
    size_t length;
    struct avs_inspect_place place;
    const char *host; /* NULL: the usual one for the scope */
    struct avs_slice component;
    struct avs_slice path;
    struct avs_slice stream, moniker, writer; /* whose transfer it belongs to */
};

/* match.c: records */

/** Read the open record: find what the rules know in it, and add it up. */
void avs_inspect_match(struct avs_inspect *inspect);
/** Note the SDK's release, from the banner; what is no version is ignored. */
void avs_inspect_set_release(struct avs_inspect *inspect, const char *version);
/** A record of this level was seen. */
void avs_inspect_note_level(struct avs_inspect *inspect, char letter);

/* match_curl.c: results of libcurl, as a number or in words */

/** A CURLcode of the transfer that the sighting belongs to. */
void avs_inspect_add_code(struct avs_inspect *inspect, struct avs_sighting *sighting, long code);
void avs_inspect_add_curl(struct avs_inspect *inspect, const struct avs_line_rule *rule,
                          const struct avs_record *record, struct avs_sighting *sighting);
/** A failure of its own: no transfer's texts belong to it. */
void avs_inspect_set_cause(struct avs_sighting *sighting, enum avs_cause cause,
                           enum avs_certainty certainty, const enum avs_cause *also,
                           const char *says);

/* match_text.c: what libcurl and OpenSSL say */

/** Phrases of libcurl's verbose output in `text` (unescaped, terminated). */
void avs_inspect_match_text(struct avs_inspect *inspect, const char *text,
                            const struct avs_sighting *sighting);

/** What a host of libcurl's is to the SDK; AVS_SCOPE_ANY when it may be anything. */
enum avs_scope avs_scope_of_host(const char *host);

/* match_console.c: what stands in a console beside the log */

/** A line without the SDK's form that may matter all the same: a box of the sample app, a command
 *  with its host, what openssl prints. `line` need not be terminated. Cheap: asked for every line.
 */
bool avs_line_is_console(const char *line, size_t length);
/** Read such a line. */
void avs_inspect_match_console(struct avs_inspect *inspect, const char *line,
                               const struct avs_sighting *seen);
/** Words before a ':' that belong to no component: "curl", "verify error", "sdkVersion". */
void avs_inspect_match_phrase(struct avs_inspect *inspect, size_t colon, size_t end,
                              struct avs_sighting *sighting);
/** Who wrote a line of a journal: "... host NAME[123]: ". Empty when it does not say. */
struct avs_slice avs_line_writer(const char *line, size_t length);

/* attempt.c: the lines of one transfer make one failure */

/** The transfer that the sighting belongs to, found or begun. */
struct avs_attempt *avs_attempt_of(struct avs_inspect *inspect,
                                   const struct avs_sighting *sighting);
/** The transfer whose result this is: one that has said why, or NULL. */
struct avs_attempt *avs_attempt_of_result(struct avs_inspect *inspect,
                                          const struct avs_sighting *sighting);
/** It begins anew: what it said before is added up. */
void avs_attempt_restart(struct avs_inspect *inspect, struct avs_attempt *attempt);
/** It went well after all: what it said before means nothing. */
void avs_attempt_forgive(struct avs_attempt *attempt);
/** TCP stands: what was said about other addresses does not matter. */
void avs_attempt_connected(struct avs_inspect *inspect, struct avs_attempt *attempt);
/** It said why it fails. */
void avs_attempt_add(struct avs_inspect *inspect, struct avs_attempt *attempt,
                     const struct avs_sighting *sighting, bool is_hint);
/** Its result came: true when that is only the echo of what it said. */
bool avs_attempt_end(struct avs_inspect *inspect, struct avs_attempt *attempt,
                     const struct avs_sighting *result);
/** Add up what the transfers said that have not ended yet; they may still end. */
void avs_attempts_settle(struct avs_inspect *inspect);

/* tally.c: adding up */

/** Fill in what a tally takes from the sighting. */
void avs_tally_fill(const struct avs_inspect *inspect, struct avs_tally *tally,
                    const struct avs_sighting *sighting);
/** Add it up; where it stands now, AVS_TALLIES_MAX when there was no room. */
size_t avs_book_add(struct avs_inspect *inspect, const struct avs_tally *tally);
void avs_inspect_add_failure(struct avs_inspect *inspect, const struct avs_sighting *sighting);
/** One of several lines that tell of the same try to connect. */
void avs_inspect_add_retry(struct avs_inspect *inspect, const struct avs_sighting *sighting);
/** An echo of the failure at `tally`; AVS_TALLIES_MAX: of the last one of its scope. */
void avs_inspect_add_echo(struct avs_inspect *inspect, const void *rule, const char *why,
                          size_t tally, const struct avs_sighting *sighting);
/** TLS worked with that peer; `is_fine`: and nothing was refused after it. */
void avs_inspect_add_proof(struct avs_inspect *inspect, enum avs_scope scope, bool is_fine,
                           const struct avs_inspect_place *place);
/** The login waits for its user: what it answered so far was no refusal. */
void avs_inspect_excuse_login(struct avs_inspect *inspect);
void avs_inspect_add_plain_proof(struct avs_inspect *inspect,
                                 const struct avs_inspect_place *place);
void avs_inspect_add_session(struct avs_inspect *inspect, bool is_connected,
                             const struct avs_sighting *sighting);
/** Count a harmless thing worth a word. */
void avs_inspect_add_note(struct avs_inspect *inspect, const char *text, uint64_t line);
/** True when no honest device can have written this stamp. */
bool avs_inspect_is_implausible(const struct avs_inspect *inspect, int64_t unix_ms);

/** What a host name and a path may consist of: both end up in a command that a reader copies into a
 *  shell, and a log can hold anything. */
#define AVS_HOST_BYTES "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-"
#define AVS_PATH_BYTES AVS_HOST_BYTES "/_+@%:"

/* conclude.c */

/** Turn what was added up into inspect->report. `has_hints`: with what transfers said about single
 *  addresses and have not ended since. */
void avs_inspect_conclude(struct avs_inspect *inspect, bool has_hints);

#endif
