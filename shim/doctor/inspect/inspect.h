/* The recogniser's inside: what was tallied, and the context that turns a tally into a cause. */
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
    AVS_TEXT_RULES_MAX = 96,
    AVS_NEEDLE_BYTES = 64,
    AVS_SHORT_SESSION_MS = 60000, /* dropped sooner than this is a loop, see users.md rank 6 */
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
    size_t row; /* in the table of its kind; AVS_TALLY_OWN: the cause */
    enum avs_scope scope;
    bool is_clock_implausible;
    bool is_text_ambiguous; /* code 51's text, and the release of libcurl was not known */

    enum avs_cause cause;
    enum avs_certainty certainty;
    const enum avs_cause *also; /* ends at NONE, or NULL */
    bool is_verify;             /* a certificate was refused */
    bool is_verify_reason;      /* and this is why */
    bool is_final;              /* no other tally may absorb it */
    const char *says;
    int code; /* CURLcode, -1 = none */

    uint64_t count;
    struct avs_inspect_place first, last, decisive;
    char line[AVS_INSPECT_LINE_BYTES];
    char host[256];
    bool host_assumed;
    char component[64];
    char path[256]; /* a CA file or interface that the line names */
    unsigned releases_from, releases_until;
    uint64_t recovered_line; /* that peer answered there, after `last`; 0 = not yet */
};

struct avs_echo_tally {
    size_t rule;
    size_t tally; /* the failure before it, AVS_TALLIES_MAX when there was none */
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
    uint64_t begins[AVS_TRIGGER_BITS / 64]; /* of a needle */
    uint64_t hosts[AVS_TRIGGER_BITS / 64];  /* of the words before a host's name */
    struct {
        char needle[AVS_NEEDLE_BYTES], also_needle[AVS_NEEDLE_BYTES];
        size_t length;
    } rules[AVS_TEXT_RULES_MAX];
};

void avs_phrases_init(struct avs_phrases *phrases);

struct avs_inspect {
    struct avs_triggers triggers;
    struct avs_phrases phrases;
    int64_t now;
    void (*on_finding)(void *user, const struct avs_inspect_finding *finding);
    void *user;
    bool is_announced[AVS_CAUSE_COUNT];

    /* input */
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

    /* context */
    bool is_version_given;
    char sdk_version[24];
    unsigned sdk_release; /* 0 = unknown */
    int64_t floor;        /* no honest stamp is earlier, Unix seconds */
    enum avs_curl_era curl_era;
    char libcurl[32];
    char gateway[256];
    unsigned gateway_port;  /* 0 = the usual one */
    char libcurl_host[256]; /* whom the last verbose line talked about */
    uint32_t levels;        /* bit i: level "9876543210IWECNU"[i] was seen */
    bool has_debug_compiled_out;
    bool has_mute_curl;
    bool has_attempt;
    bool offers_h2;
    uint64_t implausible_stamps;
    struct avs_inspect_place proof_login, proof_gateway, proof_any, proof_plain;
    bool has_connected;
    int64_t connected_ms; /* when the session that stands was made, -1 = none stands */
    int64_t dropped_ms;   /* when one was last dropped, -1 = never */
    uint64_t short_sessions, drops;
    struct avs_inspect_place first_short, last_short, first_drop;
    char short_line[AVS_INSPECT_LINE_BYTES];

    struct avs_tally tallies[AVS_TALLIES_MAX];
    size_t tally_count;
    uint64_t tallies_lost;
    struct avs_echo_tally echoes[AVS_ECHO_TALLIES_MAX];
    size_t echo_count;
    struct avs_note_tally notes[AVS_INSPECT_NOTES_MAX];
    size_t note_count;

    bool has_live;
    char live_endpoint[288];
    enum avs_readiness live_readiness;
    enum avs_cause live_cause;
    struct avs_inspect_report report;
};

/** Read the open record: find what the rules know in it, and add it up. */
void avs_inspect_match(struct avs_inspect *inspect);

/** A line that was recognised, on its way into a tally. */
struct avs_sighting {
    struct avs_tally tally; /* filled up to `code`; the rest is taken from the fields below */
    const char *text;       /* the line, cleaned, not masked */
    size_t length;
    struct avs_inspect_place place;
    const char *host; /* NULL: the usual one for the scope */
    struct avs_slice component;
    struct avs_slice path;
};

void avs_inspect_add_failure(struct avs_inspect *inspect, const struct avs_sighting *sighting);
void avs_inspect_add_echo(struct avs_inspect *inspect, size_t rule,
                          const struct avs_sighting *sighting);
/** TLS worked with that peer; `is_fine`: and nothing was refused after it. */
void avs_inspect_add_proof(struct avs_inspect *inspect, enum avs_scope scope, bool is_fine,
                           const struct avs_inspect_place *place);
void avs_inspect_add_session(struct avs_inspect *inspect, bool is_connected,
                             const struct avs_sighting *sighting);

/** Phrases of libcurl's verbose output in `text` (unescaped, terminated). */
void avs_inspect_match_text(struct avs_inspect *inspect, const char *text,
                            const struct avs_sighting *sighting);

/** What a host name and a path may consist of: both end up in a command that a reader copies into a
 *  shell, and a log can hold anything. */
#define AVS_HOST_BYTES "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-"
#define AVS_PATH_BYTES AVS_HOST_BYTES "/_+@%:"

/** True when no honest device can have written this stamp. */
bool avs_inspect_is_implausible(const struct avs_inspect *inspect, int64_t unix_ms);

/** Note the SDK's release, from the banner; what is no version is ignored. */
void avs_inspect_set_release(struct avs_inspect *inspect, const char *version);

/** Turn what was added up into inspect->report. */
void avs_inspect_conclude(struct avs_inspect *inspect);

/** A record of this level was seen. */
void avs_inspect_note_level(struct avs_inspect *inspect, char letter);

/** Count a harmless thing worth a word. */
void avs_inspect_add_note(struct avs_inspect *inspect, const char *text, uint64_t line);

#endif
