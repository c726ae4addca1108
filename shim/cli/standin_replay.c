/* SPDX-License-Identifier: Apache-2.0 */
/* avs-shim standin --replay: one piece of evidence, the server of which is played again; what is
 * played, and the check that meets it. */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <avs/avs.h>
#include <avs/report.h>

#include "evidence_input.h"
#include "replay/script.h"
#include "standin/answer.h"
#include "standin_print.h"

#define SCHEMA        STANDIN_SCHEMA_REPLAY
#define CANNOT_TELL   3
#define LINES_MAX     40
#define LINE_BYTES    700
#define COMMAND_BYTES 16384

/* ---- reading ---- */

struct piece {
    char *text;
    size_t length;
    unsigned count;
    char why[256];
};

static void take(void *user, const char *name, const char *text, size_t length) {
    struct piece *piece = user;
    (void)name;
    if (piece->count++ == 0 && (piece->text = malloc(length + 1)) != NULL) {
        memcpy(piece->text, text, length);
        piece->length = length;
    }
}

static void take_broken(void *user, const char *name, const char *why) {
    struct piece *piece = user;
    (void)name;
    if (piece->count++ == 0) {
        snprintf(piece->why, sizeof(piece->why), "%s", why);
    }
}

static int parse(const struct cli_command *command, const char *path, const struct piece *piece,
                 struct avs_evidence **ret_evidence) {
    struct avs_error error = AVS_ERROR_INIT;
    if (piece->count != 1) {
        return cli_usage_error(command,
                               "%s: one piece of evidence can be played at a time, and "
                               "this is %s",
                               path, piece->count ? "many" : "none");
    }
    if (piece->why[0]) {
        return cli_usage_error(command, "'%s' cannot be read: %s", path, piece->why);
    }
    if (!piece->text) {
        return cli_fault(command, "out of memory");
    }
    if (avs_evidence_from_json(piece->text, piece->length, ret_evidence, &error) != AVS_OK) {
        return cli_usage_error(command, "%s: %s", path, error.message);
    }
    const char *refusal = replay_script_refuses(*ret_evidence);
    if (refusal) {
        return cli_usage_error(command, "%s: %s", path, refusal);
    }
    return CLI_GO_ON;
}

/* ---- what is played ---- */

struct lines {
    char line[LINES_MAX][LINE_BYTES];
    size_t count;
};

/* A line; what comes from the evidence is made printable. */
AVS_PRINTF(2, 3) static void say(struct lines *lines, const char *format, ...) {
    if (lines->count == LINES_MAX) {
        return;
    }
    char *line = lines->line[lines->count++];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(line, LINE_BYTES, format, arguments);
    va_end(arguments);
    for (unsigned char *at = (unsigned char *)line; *at; at++) {
        *at = *at < ' ' || *at == 0x7f ? '?' : *at;
    }
}

static void say_chain(struct lines *lines, const struct avs_replay *replay,
                      const struct replay_session *session) {
    for (int i = 0; i < session->chain_length; i++) {
        const struct replay_certificate *row = &replay->certificates[session->chain[i]];
        say(lines, "sends %d: %s (%s)%s%s%s", i + 1, row->subject, replay->keys[row->key],
            row->signer == row->key ? ", signed by itself" : ", issued by ",
            row->signer == row->key ? "" : row->issuer,
            row->signer == REPLAY_STRANGER ? ", but signed by another key" : "");
    }
}

static void say_handshake(struct lines *lines, const struct avs_replay *replay,
                          const struct replay_session *session) {
    static const char *const alpn[] = {[ALPN_ANY] = "agrees to h2",
                                       [ALPN_H1_ONLY] = "agrees to http/1.1",
                                       [ALPN_NONE] = "agrees to no ALPN name",
                                       [ALPN_H2_STRICT] = "answers http/1.1 by alert 120",
                                       [ALPN_H2_LENIENT] = "agrees to h2",
                                       [ALPN_H1_STRICT] = "answers h2 by alert 120"};
    static const char *const versions[] = {[VERSIONS_MODERN] = "TLS 1.2 or 1.3",
                                           [VERSIONS_11_ONLY] = "TLS 1.1",
                                           [VERSIONS_12_ONLY] = "TLS 1.2",
                                           [VERSIONS_13_ONLY] = "TLS 1.3"};
    const struct scenario *scenario = &session->scenario;
    say(lines, "%s, %s%s", versions[scenario->versions], alpn[scenario->alpn],
        scenario->wants_client_cert ? ", demands a client certificate" : "");
    say_chain(lines, replay, session);
}

static void say_hello(struct lines *lines, const struct avs_replay *replay,
                      const struct replay_session *session) {
    const struct scenario *scenario = &session->scenario;
    if (session->hello_delay_ms > 0) {
        say(lines, "waits %u ms before it answers the ClientHello", session->hello_delay_ms);
    }
    switch (scenario->hello) {
    case HELLO_GO_ON:
        say_handshake(lines, replay, session);
        return;
    case HELLO_ALERT:
        say(lines, "answers the ClientHello by alert %u", scenario->alert);
        return;
    case HELLO_RESET:
        say(lines, "resets the connection on the ClientHello");
        return;
    case HELLO_CLOSE:
        say(lines, "closes the connection on the ClientHello");
        return;
    case HELLO_CUT:
        say(lines, "closes the connection halfway through its own part of the handshake");
        return;
    case HELLO_SILENT:
        say(lines, "never answers the ClientHello");
        return;
    case HELLO_BYTES:
        say(lines, "answers the ClientHello with %zu bytes that are no TLS",
            scenario->hello_length);
        return;
    }
}

static const char *ending_text(enum ending ending) {
    static const char *const texts[] = {[END_KEEP] = "and keeps the connection",
                                        [END_CLOSE_NOTIFY] = "and closes properly",
                                        [END_RAGGED] = "and closes without close_notify",
                                        [END_RESET] = "and resets the connection",
                                        [END_RESET_LATER] = "and resets the connection"};
    return texts[ending];
}

static void say_answer(struct lines *lines, const struct replay_session *session, bool is_h2) {
    const struct odd_reply *reply = is_h2 ? &session->scenario.h2 : &session->scenario.http1;
    if (session->answer_delay_ms > 0) {
        say(lines, "waits %u ms before it says anything over TLS", session->answer_delay_ms);
    }
    switch (reply->act) {
    case ODD_BYTES:
        say(lines, "sends %zu bytes instead of an answer of its own, %s", reply->length,
            ending_text(reply->ending));
        return;
    case ODD_SILENT:
        say(lines, "never answers the request");
        return;
    case ODD_RST:
        say(lines, "answers by RST_STREAM, code %u", reply->code);
        return;
    case ODD_GOAWAY:
        say(lines, "answers by GOAWAY, code %u", reply->code);
        return;
    case ODD_BAD_FRAME:
        say(lines, "answers by a frame that breaks RFC 9113");
        return;
    case ODD_FLOOD:
        say(lines, "sends PING frames without end, and no answer");
        return;
    case ODD_ENDLESS:
        say(lines, "answers without end");
        return;
    case ODD_PLAYED:
        say(lines, "answers %u%s", reply->played->status,
            reply->played_end == PLAYED_WHOLE   ? ""
            : reply->played_end == PLAYED_SHORT ? ", and breaks off"
                                                : ", and never ends");
        return;
    case ODD_NO: /* it was never asked */
    case ODD_STATUS:
    case ODD_BODY:
    case ODD_LATE:
    case ODD_NO_BODY:
    case ODD_SHORT:
    case ODD_FAULTS:
        return;
    }
}

static void say_session(struct lines *lines, const struct avs_replay *replay, int index) {
    static const char *const ports[] = {[REPLAY_SERVES] = NULL,
                                        [REPLAY_REFUSES] = "nothing listens on the port",
                                        [REPLAY_IGNORES] = "the port never answers a connection",
                                        [REPLAY_RESETS] = "resets every connection at once",
                                        [REPLAY_PROXY] = "a proxy that hangs up",
                                        [REPLAY_MUTE] =
                                            "a proxy that takes the connection and says nothing"};
    const struct replay_session *session = &replay->sessions[index];
    if (replay->port == REPLAY_PROXY && replay->proxy_status) {
        say(lines, "a proxy that answers CONNECT with %u", replay->proxy_status);
    } else if (ports[replay->port]) {
        say(lines, "%s", ports[replay->port]);
    } else {
        say_hello(lines, replay, session);
        if (session->scenario.hello == HELLO_GO_ON && !session->scenario.wants_client_cert) {
            say_answer(lines, session, index == 0 && session->scenario.alpn == ALPN_ANY);
        }
    }
}

static void say_hints(struct lines *lines, const struct replay_script *script) {
    char clock[40] = "";
    time_t time = (time_t)script->field_clock;
    struct tm utc = {0};
    if (gmtime_r(&time, &utc)) {
        strftime(clock, sizeof(clock), "%Y-%m-%d %H:%M:%S UTC", &utc);
    }
    bool is_of_time =
        script->cause == AVS_CAUSE_CERT_EXPIRED || script->cause == AVS_CAUSE_CERT_NOT_YET_VALID;
    if (script->cause == AVS_CAUSE_CLOCK_WRONG) {
        say(lines,
            "leave this machine's clock as it is: that of the run said %s and was wrong, and "
            "the certificates' times are moved so that a right clock sees what that one saw",
            clock);
    } else if (is_of_time) {
        say(lines,
            "the certificates' times stand to this machine's clock as they stood to that "
            "of the run, %s",
            clock);
    }
    if (script->timeout_s > 0) {
        say(lines, "the check waits %u s, as that run did", script->timeout_s);
    }
    if (script->is_near) {
        say(lines, "what the client did not like is not in the evidence: the alert is the nearest "
                   "thing with the same cause");
    }
    if (script->is_behind_proxy) {
        say(lines, "that run went through a proxy; what is played is what it met there");
    }
}

/* ---- the command ---- */

static void add(char *command, const char *text) {
    size_t length = strlen(command);
    snprintf(command + length, COMMAND_BYTES - length, "%s", text);
}

/* A word for a shell. */
static void add_word(char *command, const char *word) {
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                "-_./:@%+=,[]";
    add(command, " ");
    if (word[0] && word[strspn(word, plain)] == '\0' && word[0] != '[') {
        add(command, word);
        return;
    }
    add(command, "'");
    for (; *word; word++) {
        char one[2] = {*word, '\0'};
        add(command, *word == '\'' ? "'\\''" : one);
    }
    add(command, "'");
}

static void add_option(char *command, const char *option, const char *directory, const char *file) {
    char path[COMMAND_BYTES / 4];
    snprintf(path, sizeof(path), "%s%s%s", directory, directory[0] ? "/" : "", file);
    add(command, option);
    add_word(command, path);
}

static void add_store(char *command, enum replay_store store, const char *directory) {
    static const char *const files[] = {[REPLAY_STORE_FILE] = "ca.pem",
                                        [REPLAY_STORE_MISSING] = "no-such-file.pem",
                                        [REPLAY_STORE_DAMAGED] = "damaged.pem",
                                        [REPLAY_STORE_UNHASHED] = NULL,
                                        [REPLAY_STORE_BESIDE] = "ca.pem"};
    if (files[store]) {
        add_option(command, " --ca-file", directory, files[store]);
    }
    if (store == REPLAY_STORE_UNHASHED || store == REPLAY_STORE_BESIDE) {
        add_option(command, " --ca-path", directory, "unhashed");
    }
}

static void write_command(const struct replay_script *script, const struct avs_standin *standin,
                          char *command) {
    const char *directory = avs_standin_directory(standin);
    char text[512];
    bool brackets = strchr(script->host, ':') != NULL;
    command[0] = '\0';
    if (script->proxy_scheme[0]) {
        snprintf(text, sizeof(text), "no_proxy= https_proxy=%s://127.0.0.1:%u ",
                 script->proxy_scheme, avs_standin_port(standin));
        add(command, text);
    }
    add(command, "avs-shim check");
    if (!script->proxy_scheme[0]) {
        snprintf(text, sizeof(text), " --connect-to 127.0.0.1:%u", avs_standin_port(standin));
        add(command, text);
    }
    add_store(command, script->replay.store, directory);
    add_option(command, " --ats-roots", directory, "ats-roots.pem");
    snprintf(text, sizeof(text),
             script->port == 443 || script->port == 0 ? "https://%s%s%s" : "https://%s%s%s:%u",
             brackets ? "[" : "", script->host, brackets ? "]" : "", script->port);
    add_option(command, " --endpoint", "", text);
    add(command, script->any_root ? " --any-root" : "");
    add(command, !script->replay.sessions[0].was_attempted   ? " --http1-only"
                 : !script->replay.sessions[1].was_attempted ? " --http2-only"
                                                             : "");
    if (script->timeout_s > 0) {
        snprintf(text, sizeof(text), " --timeout %u", script->timeout_s);
        add(command, text);
    }
}

/* ---- text and JSON ---- */

struct replaying {
    const char *path;
    bool is_json;
    const struct replay_script *script;
    struct lines lines;
    char command[COMMAND_BYTES];
};

static const char *cause_of(const struct replay_script *script) {
    return script->cause == AVS_CAUSE_NONE ? NULL : avs_cause_info(script->cause)->id;
}

static void print_list(const struct lines *lines) {
    cli_print("[");
    for (size_t i = 0; i < lines->count; i++) {
        cli_print(i == 0 ? "" : ",");
        standin_print_string(lines->line[i]);
    }
    cli_print("]");
}

static void print_json(struct replaying *replaying, const struct avs_standin *standin) {
    const struct replay_script *script = replaying->script;
    printf("{\"schema\":\"" SCHEMA "\",\"port\":%u", avs_standin_port(standin));
    standin_print_member(",", "directory", avs_standin_directory(standin));
    standin_print_member(",", "evidence", replaying->path);
    standin_print_member(",", "cause", cause_of(script));
    printf(",\"exit_code\":%d", script->exit_code);
    standin_print_member(",", "command", replaying->command);
    cli_print(",\"sessions\":[");
    for (int i = 0, printed = 0; i < REPLAY_SESSIONS; i++) {
        if (script->replay.sessions[i].was_attempted) {
            standin_print_member(printed++ ? ",{" : "{", "protocol",
                                 avs_protocol_id((enum avs_protocol)i));
            replaying->lines.count = 0;
            say_session(&replaying->lines, &script->replay, i);
            cli_print(",\"plays\":");
            print_list(&replaying->lines);
            cli_print("}");
        }
    }
    cli_print("],\"hints\":");
    replaying->lines.count = 0;
    say_hints(&replaying->lines, script);
    print_list(&replaying->lines);
    standin_print_member(",\"files\":{", "ca.pem", avs_standin_path(standin, AVS_STANDIN_FILE_CA));
    standin_print_member(",", "ats-roots.pem",
                         avs_standin_path(standin, AVS_STANDIN_FILE_ATS_ROOTS));
    cli_print("}}\n");
}

static void print_text(struct replaying *replaying, const struct avs_standin *standin) {
    const struct replay_script *script = replaying->script;
    printf("The stand-in plays %s again, on 127.0.0.1:%u. Certificates in %s:\n", replaying->path,
           avs_standin_port(standin), avs_standin_directory(standin));
    printf("  %-24s %s\n  %-24s %s\n", "ca.pem", "what the client trusted, as far as it shows",
           "ats-roots.pem", "what counts as ATS");
    for (int i = 0; i < REPLAY_SESSIONS; i++) {
        if (script->replay.sessions[i].was_attempted) {
            replaying->lines.count = 0;
            say_session(&replaying->lines, &script->replay, i);
            printf("\nTo a client of %s:\n", avs_protocol_id((enum avs_protocol)i));
            for (size_t k = 0; k < replaying->lines.count; k++) {
                printf("  %s\n", replaying->lines.line[k]);
            }
        }
    }
    printf("\nTry, and expect %s, exit code %d:\n  %s\n",
           cause_of(script) ? cause_of(script) : "no fault", script->exit_code, replaying->command);
    replaying->lines.count = 0;
    say_hints(&replaying->lines, script);
    for (size_t k = 0; k < replaying->lines.count; k++) {
        printf("%s  (%s)\n", k == 0 ? "\n" : "", replaying->lines.line[k]);
    }
    cli_print("\nCtrl-C ends it.\n");
}

static void print_started(const struct avs_standin *standin, void *user) {
    struct replaying *replaying = user;
    write_command(replaying->script, standin, replaying->command);
    if (replaying->is_json) {
        print_json(replaying, standin);
    } else {
        print_text(replaying, standin);
    }
}

/* ---- the whole ---- */

static int play(const struct cli_command *command, const struct standin_replay *given,
                const struct avs_evidence *evidence) {
    struct replay_script *script =
        replay_script_new(evidence, (int64_t)time(NULL), given->delay_percent);
    struct replaying *replaying = calloc(1, sizeof(*replaying));
    int result = CLI_OK;
    if (!script || !replaying) {
        result = cli_fault(command, "out of memory");
    } else if (!script->is_playable) {
        cli_fault(command, "%s (%s): there is no peer to play: %s", given->path,
                  avs_cause_info(script->cause)->id, script->why_not);
        result = CANNOT_TELL;
    } else {
        *replaying =
            (struct replaying){.path = given->path, .is_json = given->is_json, .script = script};
        struct avs_standin_options options = *given->options;
        options.replay = &script->replay;
        const struct standin_serving serving = {&options, given->is_json, print_started, replaying};
        result = standin_serve(command, &serving);
    }
    free(replaying);
    replay_script_free(script);
    return result;
}

int standin_replay(const struct cli_command *command, const struct standin_replay *given) {
    struct piece piece = {.text = NULL};
    const struct evidence_sink sink = {take, take_broken, &piece};
    struct avs_evidence *evidence = NULL;
    evidence_read(given->path, &sink);
    int result = parse(command, given->path, &piece, &evidence);
    free(piece.text);
    if (result == CLI_GO_ON) {
        result = play(command, given, evidence);
    }
    avs_evidence_free(evidence);
    return result;
}
