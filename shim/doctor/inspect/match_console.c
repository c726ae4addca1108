/* SPDX-License-Identifier: Apache-2.0 */
/* What stands in a console beside the log: the sample app's boxes and last words, the commands curl
 * and openssl with what they print, and the names that a journal puts before each line. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/flow.h"
#include "base/text.h"
#include "inspect/inspect.h"

enum {
    COMMAND_COLUMNS_MAX = 96, /* a prompt and "curl" or "openssl" stand before this */
    PREFIX_COLUMNS_MAX = 160, /* a journal's prefix ends before this */
    PREFIX_WORDS_MAX = 4,     /* between the time and the name */
    TIME_COLUMNS_MAX = 24,    /* a date stands before the time */
};

static const char login_box[] =
    "The sample app's console says that the login was refused for good; the server answered, so "
    "TLS works.";
static const char capabilities_box[] =
    "The sample app's console says that the capabilities were refused for good; the server "
    "answered, so TLS works.";
static const char not_connected[] =
    "The sample app's console says that it is not connected; boxes never say why.";
static const char refused_box[] =
    "The console's box stands for an answer that the app could not use; it does not tell whose "
    "fault that was.";

/* Lines of the sample app's ConsolePrinter, in boxes or bare. */
static const struct {
    const char *words;
    enum { BOX_CONNECTING, BOX_CONNECTED, BOX_DROPPED, BOX_FAILED, BOX_STOP, BOX_ONLY } what;
} boxes[] = {
    {"Connecting...", BOX_CONNECTING},
    {"Alexa is currently idle!", BOX_CONNECTED},
    {"Listening...", BOX_CONNECTED},
    {"Thinking...", BOX_CONNECTED},
    {"Speaking...", BOX_CONNECTED},
    {"Client not connected!", BOX_DROPPED},
    {"Failed to connect to AVS!", BOX_FAILED},
    {"Failed to initialize SampleApp", BOX_STOP},
    {"Failed to create", BOX_STOP},
    {"NOT YET AUTHORIZED", BOX_ONLY},
    {"Authorized!", BOX_ONLY},
    {"To authorize, browse to", BOX_ONLY},
    {"Entering limited interaction mode", BOX_ONLY},
    {"SDK Version", BOX_ONLY},
};

/* How lines of interest begin. */
static const char *const beginnings[] = {
    "CONNECTED(",          "issuer=",  "subject=",    "   i:",      " 0 s:",         "Failed to ",
    "no peer certificate", "connect:", "write:errno", "read:errno", "getaddrinfo: ", "depth=0 ",
};

static bool begins(const char *line, size_t length, const char *with) {
    size_t need = strlen(with);
    return length >= need && memcmp(line, with, need) == 0;
}

static size_t trimmed(const char *line, size_t length) {
    while (length > 0 && (line[length - 1] == ' ' || line[length - 1] == '\r')) {
        length--;
    }
    return length;
}

/* "curl ... URL" or "openssl s_client ... -connect HOST", typed at some prompt. */
static const char *find_command(const char *line, size_t length) {
    size_t columns = length < COMMAND_COLUMNS_MAX ? length : COMMAND_COLUMNS_MAX;
    const char *curl = memmem(line, columns, "curl ", 5);
    const char *openssl = memmem(line, columns, "s_client ", 9);
    return curl && memmem(line, length, "://", 3)          ? curl
           : openssl && memmem(line, length, "connect", 7) ? openssl
                                                           : NULL;
}

bool avs_line_is_console(const char *line, size_t length) {
    if (length == 0 || length > 1024) {
        return false;
    }
    length = trimmed(line, length);
    if (length > 0 && line[length - 1] == '#') {
        return true;
    }
    for (size_t i = 0; i < AVS_COUNT(beginnings); i++) {
        if (line[0] == beginnings[i][0] && begins(line, length, beginnings[i])) {
            return true;
        }
    }
    return find_command(line, length) != NULL;
}

/* --- the sample app --- */

static void add_box(struct avs_inspect *inspect, size_t box, const struct avs_sighting *seen) {
    struct avs_sighting sighting = *seen;
    sighting.component = (struct avs_slice){"console", 7};
    sighting.tally.scope = AVS_SCOPE_GATEWAY;
    sighting.tally.kind = AVS_TALLY_BARE;
    sighting.tally.row = AVS_TALLIES_MAX + 1 + box;
    struct avs_context *context = &inspect->context;
    context->has_box = true;
    switch (boxes[box].what) {
    case BOX_CONNECTING:
        context->has_attempt = true;
        break;
    case BOX_CONNECTED:
        avs_inspect_add_session(inspect, true, &sighting);
        break;
    case BOX_DROPPED: /* after a session that stood: the log proper says who ended it */
        if (inspect->book.has_connected || !context->has_attempt) {
            if (inspect->book.has_connected) {
                avs_inspect_add_session(inspect, false, &sighting);
            }
            break; /* at the start it is not connected yet */
        }          /* fall through */
    case BOX_FAILED:
        avs_inspect_set_cause(&sighting, AVS_CAUSE_UNKNOWN_TRANSPORT, AVS_POSSIBLE, NULL,
                              not_connected);
        avs_inspect_add_retry(inspect, &sighting);
        break;
    case BOX_STOP:
        context->stop = seen->place;
        if (!context->stop_reason.line) {
            context->stop_reason = seen->place;
            AVS_TEXT_SET(context->stop_words, boxes[box].words);
        }
        break;
    case BOX_ONLY:
        break;
    }
}

static bool match_box(struct avs_inspect *inspect, const char *line,
                      const struct avs_sighting *seen) {
    bool is_framed = seen->length > 0 && line[trimmed(line, seen->length) - 1] == '#';
    if (!is_framed && strncmp(line, "Failed to ", 10) != 0) {
        return false;
    }
    for (size_t i = 0; i < AVS_COUNT(boxes); i++) {
        const char *found = strstr(line, boxes[i].words);
        if (found && (is_framed || found == line)) {
            add_box(inspect, i, seen);
            break;
        }
    }
    return true;
}

/* --- commands and what they print --- */

/* The host of "https://host/..." or "-connect host:443" or "-servername host". */
static size_t host_of_command(const char *command, const char **ret_host) {
    static const char *const marks[] = {"-servername ", "-connect ", "https://", "http://"};
    for (size_t i = 0; i < AVS_COUNT(marks); i++) {
        const char *found = strstr(command, marks[i]);
        if (found) {
            *ret_host = found + strlen(marks[i]);
            return strspn(*ret_host, AVS_HOST_BYTES);
        }
    }
    return 0;
}

static void begin_command(struct avs_inspect *inspect, const char *command,
                          const struct avs_sighting *seen) {
    const char *at = NULL;
    char host[256];
    size_t length = host_of_command(command, &at);
    if (length == 0) {
        return;
    }
    avs_text_copy_bytes(host, sizeof(host), at, length);
    struct avs_attempt *attempt = avs_attempt_of(inspect, seen);
    avs_attempt_connected(inspect, attempt); /* forget what came before */
    attempt->is_tcp_up = false;
    struct avs_sighting sighting = *seen;
    sighting.host = host;
    avs_inspect_match_text(inspect, "", &sighting);
    inspect->context.has_tool = true;
}

/* " 0 s:CN = x" and "   i:O = y" of a chain, as the lines that s_client prints at its end. */
static bool match_chain(struct avs_inspect *inspect, const char *line,
                        const struct avs_sighting *seen) {
    static const struct {
        const char *begin, *word;
    } forms[] = {{" 0 s:", "subject="}, {"   i:", "issuer="}};
    for (size_t i = 0; i < AVS_COUNT(forms); i++) {
        if (strncmp(line, forms[i].begin, 5) == 0) {
            char text[512];
            avs_text_format(text, sizeof(text), "%s%s", forms[i].word, line + 5);
            struct avs_attempt *attempt = avs_attempt_of(inspect, seen);
            if (i == 0 || !attempt->issuer[0]) { /* the leaf's issuer comes first */
                avs_inspect_match_text(inspect, text, seen);
            }
            return true;
        }
    }
    return false;
}

void avs_inspect_match_console(struct avs_inspect *inspect, const char *line,
                               const struct avs_sighting *seen) {
    const char *command = find_command(line, seen->length);
    if (command) {
        begin_command(inspect, command, seen);
    } else if (!match_box(inspect, line, seen) && !match_chain(inspect, line, seen)) {
        struct avs_sighting sighting = *seen;
        sighting.component = (struct avs_slice){"openssl", 7};
        inspect->context.has_tool = true;
        avs_inspect_match_text(inspect, line, &sighting);
    }
}

/* "curl: (60) SSL certificate problem: ...": the words, and then the number. */
static void match_curl(struct avs_inspect *inspect, const char *words,
                       struct avs_sighting *sighting) {
    words += strspn(words, " ");
    char *end = NULL;
    long code = *words == '(' ? strtol(words + 1, &end, 10) : 0;
    if (code <= 0 || code > 1000 || *end != ')') {
        return;
    }
    inspect->context.has_tool = true;
    sighting->component = (struct avs_slice){"curl", 4};
    struct avs_attempt *attempt = avs_attempt_of(inspect, sighting);
    if (attempt->best.count == 0) { /* -v said it before, in the same words */
        avs_inspect_match_text(inspect, end + 1, sighting);
    }
    sighting->tally.scope = attempt->scope;
    sighting->host = attempt->host[0] ? attempt->host : NULL;
    sighting->tally.is_clock_implausible =
        avs_inspect_is_implausible(inspect, sighting->place.unix_ms);
    avs_inspect_add_code(inspect, sighting, code);
}

/* "verify error:num=20:TEXT", "Verify return code: 20 (TEXT)", "Verification error: TEXT", and
 * "error 20 at 0 depth lookup: TEXT" of openssl verify; `at` is behind the first ':'. */
static void match_verify(struct avs_inspect *inspect, const char *at,
                         struct avs_sighting *sighting) {
    char words[512];
    at += strspn(at, " ");
    inspect->context.has_tool = true;
    sighting->component = (struct avs_slice){"openssl", 7};
    if (strncmp(at, "0 (ok)", 6) == 0) {
        avs_inspect_match_text(inspect, "SSL certificate verify ok", sighting);
        return;
    }
    const char *reason = at + (strncmp(at, "num=", 4) == 0 ? 4 : 0);
    reason += strspn(reason, "0123456789");
    reason += *reason == ':' || *reason == ' ' ? strspn(reason, ": (") : 0;
    avs_text_format(words, sizeof(words), "SSL certificate problem: %.400s", reason);
    avs_inspect_match_text(inspect, words, sighting);
}

static void match_final_box(struct avs_inspect *inspect, const char *line,
                            struct avs_sighting *sighting) {
    bool is_login = strstr(line, "AUTHORIZATION") != NULL;
    bool is_unclear = strstr(line, "UNKNOWN_ERROR") || strstr(line, "UNINITIALIZED");
    inspect->context.has_box = true;
    if (!is_login && is_unclear) {
        avs_inspect_add_note(inspect, refused_box, sighting->place.line);
        return;
    }
    sighting->tally.scope = is_login ? AVS_SCOPE_LOGIN : AVS_SCOPE_CAPABILITIES;
    sighting->component = (struct avs_slice){"console", 7};
    sighting->tally.kind = AVS_TALLY_BARE;
    sighting->tally.row = AVS_TALLIES_MAX;
    sighting->tally.is_answered = strstr(line, "SERVER_INTERNAL_ERROR") != NULL;
    avs_inspect_set_cause(sighting, AVS_CAUSE_AUTH_NOT_TLS, AVS_LIKELY, NULL,
                          is_login ? login_box : capabilities_box);
    avs_inspect_add_proof(inspect, sighting->tally.scope, false, &sighting->place);
    avs_inspect_add_failure(inspect, sighting);
}

void avs_inspect_match_phrase(struct avs_inspect *inspect, size_t colon, size_t end,
                              struct avs_sighting *sighting) {
    static const struct {
        const char *phrase;
        enum { SDK, FINAL_BOX, CURL, VERIFY } what;
    } phrases[] = {
        {"sdkVersion", SDK},
        {"AUTHORIZATION ERROR", FINAL_BOX},
        {"API ERROR", FINAL_BOX},
        {"curl", CURL},
        {"verify error", VERIFY},
        {"return code", VERIFY},
        {"Verification error", VERIFY},
        {"depth lookup", VERIFY},
    };
    char text[AVS_RECORD_BYTES_MAX + 1];
    avs_text_copy_bytes(text, sizeof(text), sighting->text, end);
    for (size_t i = 0; i < AVS_COUNT(phrases); i++) {
        size_t length = strlen(phrases[i].phrase);
        if (colon < length || memcmp(text + colon - length, phrases[i].phrase, length) != 0) {
            continue;
        }
        switch (phrases[i].what) {
        case SDK:
            avs_inspect_set_release(inspect, text + colon + 1);
            return;
        case FINAL_BOX:
            match_final_box(inspect, text, sighting);
            return;
        case CURL:
            match_curl(inspect, text + colon + 1, sighting);
            return;
        case VERIFY:
            match_verify(inspect, text + colon + 1, sighting);
            return;
        }
    }
    avs_inspect_match_text(inspect, text, sighting);
}

/* --- journals --- */

static bool is_time(const char *at) {
    return isdigit((unsigned char)at[0]) && isdigit((unsigned char)at[1]) && at[2] == ':' &&
           isdigit((unsigned char)at[3]) && isdigit((unsigned char)at[4]) && at[5] == ':' &&
           isdigit((unsigned char)at[6]);
}

static bool is_name(char byte) {
    return isalnum((unsigned char)byte) || (byte && strchr("._-/@()", byte));
}

/* "NAME[123]: " or "NAME: " at `from`; empty when something else stands there. */
static struct avs_slice writer_at(const char *from, const char *end) {
    const char *at = from;
    while (at < end && is_name(*at)) {
        at++;
    }
    struct avs_slice writer = {from, (size_t)(at - from)};
    if (at < end && *at == '[') {
        at++;
        while (at < end && isdigit((unsigned char)*at)) {
            at++;
        }
        at += at < end && *at == ']';
    }
    bool is_writer = writer.length > 0 && at + 1 < end && at[0] == ':' && at[1] == ' ';
    writer.length = is_writer ? writer.length : 0;
    return writer;
}

/* A time; then a host, or what else a journal puts there (a year, a facility, logcat's numbers and
 * letter); then the name. The SDK's own "[ 5]" stands where no name can be. */
struct avs_slice avs_line_writer(const char *line, size_t length) {
    const struct avs_slice none = {NULL, 0};
    size_t columns = length < PREFIX_COLUMNS_MAX ? length : PREFIX_COLUMNS_MAX;
    const char *end = line + columns, *at = line;
    while (at + 9 < end && at - line <= TIME_COLUMNS_MAX && !is_time(at)) {
        at++;
    }
    if (at + 9 >= end || at - line > TIME_COLUMNS_MAX) {
        return none;
    }
    for (int words = 0; words <= PREFIX_WORDS_MAX; words++) {
        at = memchr(at, ' ', (size_t)(end - at));
        while (at && at < end && *at == ' ') {
            at++;
        }
        if (!at || at == end || *at == '[') {
            return none;
        }
        struct avs_slice writer = words > 0 ? writer_at(at, end) : none;
        if (writer.length > 0) {
            return avs_slice_is(writer, "curl") ? none
                                                : writer; /* that is what the line is about */
        }
    }
    return none;
}
