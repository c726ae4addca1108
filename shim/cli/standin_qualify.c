/* SPDX-License-Identifier: Apache-2.0 */
/* avs-shim standin --qualify: each case as it ends, then the verdict; or all of it as one object.
 */
#include <string.h>

#include "progress.h"
#include "standin/qualify.h"
#include "standin_print.h"

#define SCHEMA      STANDIN_SCHEMA_QUALIFY
#define INTERRUPTED 130 /* what a shell reports for SIGINT */
#define CASES_MAX   64

enum verdict { QUALIFIED, NOT_QUALIFIED, INCONCLUSIVE };

static const struct {
    const char *word;
    int exit_code;
} verdicts[] = {
    [QUALIFIED] = {"qualified", 0},
    [NOT_QUALIFIED] = {"not_qualified", 1},
    [INCONCLUSIVE] = {"inconclusive", 3},
};

static const char *const acts[] = {
    [AVS_QUALIFY_ACCEPTED] = "accepted", [AVS_QUALIFY_REFUSED] = "refused",
    [AVS_QUALIFY_NO_TLS] = "no_tls",     [AVS_QUALIFY_NO_CONNECTION] = "no_connection",
    [AVS_QUALIFY_HELD] = "held",
};

struct asked {
    bool is_json;
    size_t count, accepted, unclear; /* results; bad servers that were accepted; not told */
    struct avs_qualify_result results[CASES_MAX];
    char doing[96];
};

static enum verdict verdict_of(const struct asked *asked) {
    bool is_good = asked->count > 0 && asked->results[0].is_right;
    return asked->accepted > 0          ? NOT_QUALIFIED
           : !is_good || asked->unclear ? INCONCLUSIVE
                                        : QUALIFIED;
}

/* What to do about it, or NULL. */
static const char *remedy(const struct avs_qualify_result *result) {
    if (result->is_right) {
        return NULL;
    }
    switch (result->act) {
    case AVS_QUALIFY_NO_CONNECTION:
        return "let the command connect to {host} and {port}, or to $AVS_STANDIN_HOST and "
               "$AVS_STANDIN_PORT";
    case AVS_QUALIFY_NO_TLS:
        return "let the client speak TLS from its first byte on";
    case AVS_QUALIFY_ACCEPTED:
        return result->asked->remedy;
    case AVS_QUALIFY_HELD:
        return "let the command say something at once and end by itself, or give it longer: "
               "--timeout SECONDS";
    case AVS_QUALIFY_REFUSED:
        break;
    }
    return result->handshakes > 0
               ? "the handshake was fine, and nothing came after it: let the command send "
                 "something "
                 "(a request, a line on standard input)"
               : "let the client trust {ca}, or $AVS_STANDIN_CA, and nothing else, and ask for "
                 "{host}";
}

/* ---- text ---- */

static void print_act(const struct avs_qualify_result *result) {
    switch (result->act) {
    case AVS_QUALIFY_ACCEPTED:
        printf("accepted: %llu bytes came over TLS", (unsigned long long)result->application_bytes);
        return;
    case AVS_QUALIFY_REFUSED:
        if (result->alert >= 0) {
            printf("refused: alert %s (%d)", avs_qualify_alert_name(result->alert), result->alert);
        } else {
            printf("refused: hung up %s",
                   result->handshakes ? "behind the handshake" : "in the handshake");
        }
        return;
    case AVS_QUALIFY_NO_TLS:
        cli_print("not told: it sent something that is no TLS");
        return;
    case AVS_QUALIFY_NO_CONNECTION:
        cli_print("not told: it never connected");
        return;
    case AVS_QUALIFY_HELD:
        cli_print("not told: still connected when its time was over, without a word");
        return;
    }
}

static void print_result(struct avs_qualify_result *result) {
    const char *mark = result->is_right                      ? "right"
                       : result->act == AVS_QUALIFY_ACCEPTED ? "WRONG"
                                                             : "?";
    printf("  %-5s  %-17s  ", mark, result->asked->name);
    print_act(result);
    putchar('\n');
    if (!result->is_right) {
        printf("         server: %s\n", result->asked->description);
        if (result->said[0]) {
            avs_text_make_printable(result->said);
            printf("         it said: %s\n", result->said);
        }
    }
    fflush(stdout);
}

static void on_begin(void *user, const struct avs_qualify_case *begun) {
    struct asked *asked = user;
    snprintf(asked->doing, sizeof(asked->doing), "%zu: %s", asked->count + 1, begun->name);
    cli_progress_start(asked->doing);
}

static void on_end(void *user, const struct avs_qualify_result *result) {
    struct asked *asked = user;
    cli_progress_stop();
    if (asked->count == CASES_MAX) {
        return;
    }
    asked->results[asked->count] = *result;
    bool is_bad = !result->asked->must_accept;
    asked->accepted += is_bad && result->act == AVS_QUALIFY_ACCEPTED;
    asked->unclear += is_bad && !result->is_right && result->act != AVS_QUALIFY_ACCEPTED;
    if (!asked->is_json) {
        print_result(&asked->results[asked->count]);
    }
    asked->count++;
}

/* Each remedy once. Who takes any root verifies nothing: there is one thing to do first. */
static void print_remedies(const struct asked *asked) {
    const struct avs_qualify_result *root = asked->count > 1 ? &asked->results[1] : NULL;
    if (root && root->act == AVS_QUALIFY_ACCEPTED) {
        printf("  do   %s\n", remedy(root));
        return;
    }
    for (size_t i = 0; i < asked->count; i++) {
        const char *text = remedy(&asked->results[i]);
        bool is_new = text != NULL;
        for (size_t k = 0; k < i && is_new; k++) {
            const char *before = remedy(&asked->results[k]);
            is_new = !before || strcmp(before, text) != 0;
        }
        if (is_new) {
            printf("  do   %s\n", text);
        }
    }
}

static void print_verdict(const struct asked *asked) {
    size_t bad = asked->count > 0 ? asked->count - 1 : 0;
    switch (verdict_of(asked)) {
    case QUALIFIED:
        printf("\nQualified: it accepted the good server and refused all %zu bad ones.\n", bad);
        return;
    case NOT_QUALIFIED:
        printf("\nNot qualified: it accepted %zu of %zu bad servers.\n", asked->accepted, bad);
        break;
    case INCONCLUSIVE:
        cli_print(bad == 0 ? "\nNothing is proven: a client that does not get through to the good "
                             "server refuses the others for nothing.\n"
                           : "\nNot proven: the server could not tell in every case.\n");
        break;
    }
    print_remedies(asked);
}

/* ---- JSON ---- */

static void print_case_json(const struct avs_qualify_result *result) {
    standin_print_member("\n{", "name", result->asked->name);
    standin_print_member(",", "description", result->asked->description);
    standin_print_member(",", "must", result->asked->must_accept ? "accept" : "refuse");
    standin_print_member(",", "client", acts[result->act]);
    printf(",\"is_right\":%s,\"connections\":%u,\"handshakes\":%u,\"application_bytes\":%llu",
           result->is_right ? "true" : "false", result->connections, result->handshakes,
           (unsigned long long)result->application_bytes);
    cli_print(",\"alert\":");
    if (result->alert >= 0) {
        printf("%d", result->alert);
    } else {
        cli_print("null");
    }
    standin_print_member(",", "alert_name",
                         result->alert >= 0 ? avs_qualify_alert_name(result->alert) : NULL);
    cli_print(",\"exit_status\":");
    if (result->exit_status >= 0) {
        printf("%d", result->exit_status);
    } else {
        cli_print("null");
    }
    printf(",\"was_stopped\":%s,\"duration_ms\":%u", result->was_stopped ? "true" : "false",
           result->duration_ms);
    standin_print_member(",", "do", remedy(result));
    cli_print("}");
}

static void print_json(const struct asked *asked, const char *program, const char *host) {
    enum verdict verdict = verdict_of(asked);
    standin_print_member("{", "schema", SCHEMA);
    standin_print_member(",", "verdict", verdicts[verdict].word);
    printf(",\"exit_code\":%d", verdicts[verdict].exit_code);
    /* the program alone: what follows may hold its pass phrase */
    standin_print_member(",", "program", program);
    standin_print_member(",", "host", host);
    cli_print(",\"cases\":[");
    for (size_t i = 0; i < asked->count; i++) {
        cli_print(i == 0 ? "" : ",");
        print_case_json(&asked->results[i]);
    }
    cli_print("\n]}\n");
}

int standin_qualify(const struct cli_command *command, const struct standin_qualify *given) {
    static struct asked asked;
    char error[512] = "";
    const char *host = given->host ? given->host : "localhost";
    const struct avs_qualify_options options = {
        .command = given->words,
        .host = host,
        .port = given->port,
        .timeout_ms = given->timeout_ms,
        .on_begin = on_begin,
        .on_end = on_end,
        .user = &asked,
    };
    asked = (struct asked){.is_json = given->is_json};
    if (!given->is_json) {
        cli_print("Is the verification of this client real? A good server, then bad ones:\n");
        fflush(stdout);
    }
    enum avs_qualify_end end = avs_qualify_run(&options, error, sizeof(error));
    cli_progress_stop();
    switch (end) {
    case AVS_QUALIFY_FAILED:
        return cli_fault(command, "%s", error);
    case AVS_QUALIFY_INTERRUPTED:
        fprintf(stderr, "avs-shim standin: interrupted; the command was ended\n");
        return INTERRUPTED;
    case AVS_QUALIFY_DONE:
    case AVS_QUALIFY_NOT_PROVEN:
        break;
    }
    if (given->is_json) {
        print_json(&asked, given->words[0], host);
    } else {
        print_verdict(&asked);
    }
    return verdicts[verdict_of(&asked)].exit_code;
}
