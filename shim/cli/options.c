/* SPDX-License-Identifier: Apache-2.0 */
/* One row for each option: read the words of a command line by them. */
#include "options.h"

#include <ctype.h>
#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include <avs/endpoint.h>

#define OPTIONS_MAX     40  /* of one command */
#define FIRST_ID        256 /* of getopt_long: above every letter */
#define NAMES_MAX       32
#define DISTANCE_LENGTH 40 /* longer words are not compared */
#define DISTANCE_PER    3  /* one slip for each so many letters is a slip of the keys */

static bool wants_json;

bool cli_wants_json(void) {
    return wants_json;
}

const struct cli_option cli_help_option = {
    .name = "help", .letter = 'h', .kind = CLI_FLAG, .help = "this text"};

const struct cli_option *cli_option_at(const struct cli_command *command, size_t index) {
    size_t count = 0;
    while (command->options && command->options[count].name) {
        count++;
    }
    return index < count ? &command->options[index] : index == count ? &cli_help_option : NULL;
}

/* ---- did you mean ---- */

/* Insertions, deletions, replacements and swaps of neighbours that lead from `a`, in any case of
 * letters, to `b`. */
static size_t distance(const char *a, const char *b) {
    size_t rows[3][DISTANCE_LENGTH + 1];
    size_t a_length = strlen(a), b_length = strlen(b);
    if (a_length > DISTANCE_LENGTH || b_length > DISTANCE_LENGTH) {
        return DISTANCE_LENGTH;
    }
    for (size_t j = 0; j <= b_length; j++) {
        rows[0][j] = j;
    }
    for (size_t i = 1; i <= a_length; i++) {
        size_t *row = rows[i % 3], *above = rows[(i + 2) % 3], *two_above = rows[(i + 1) % 3];
        row[0] = i;
        for (size_t j = 1; j <= b_length; j++) {
            size_t best = above[j - 1] + (tolower((unsigned char)a[i - 1]) != b[j - 1]);
            best = above[j] + 1 < best ? above[j] + 1 : best;
            best = row[j - 1] + 1 < best ? row[j - 1] + 1 : best;
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] &&
                two_above[j - 2] + 1 < best) {
                best = two_above[j - 2] + 1;
            }
            row[j] = best;
        }
    }
    return rows[a_length % 3][b_length];
}

const char *cli_closest(const char *word, const char *const *names) {
    const char *closest = NULL;
    size_t least = strlen(word) / DISTANCE_PER + 2; /* one more than what is a slip */
    for (; *names; names++) {
        size_t slips = distance(word, *names);
        if (slips < least && slips < strlen(*names)) {
            least = slips;
            closest = *names;
        }
    }
    return closest;
}

bool cli_is_endpoint(const struct cli_command *command, const char *text) {
    const char *names[NAMES_MAX + 1] = {NULL};
    if (text[0] == '\0' || strchr(text, ':') || strchr(text, '.') || avs_endpoint_from_name(text)) {
        return true; /* a URL; what is wrong with it the library says */
    }
    for (size_t i = 0; i < NAMES_MAX && avs_endpoint_name(i); i++) {
        names[i] = avs_endpoint_name(i);
    }
    const char *closest = cli_closest(text, names);
    cli_usage_error(command, "'%s' is neither an https URL nor a name of an endpoint%s%s%s", text,
                    closest ? "; did you mean '" : ": ats-test, na, eu, fe, legacy-na, ...",
                    closest ? closest : "", closest ? "'?" : "");
    return false;
}

/* ---- the rows as getopt_long wants them ---- */

struct table {
    struct option rows[OPTIONS_MAX + 1];
    char letters[2 * OPTIONS_MAX + 2];
    const char *names[OPTIONS_MAX + 1];
};

static void fill_table(const struct cli_command *command, struct table *table) {
    const struct cli_option *option = NULL;
    char *letter = table->letters;
    *table = (struct table){0};
    *letter++ = ':'; /* a missing value is told apart */
    for (size_t i = 0; i < OPTIONS_MAX && (option = cli_option_at(command, i)); i++) {
        int has_value = option->value ? required_argument : no_argument;
        table->rows[i] = (struct option){option->name, has_value, NULL, FIRST_ID + (int)i};
        table->names[i] = option->name;
        if (option->letter) {
            *letter++ = option->letter;
            if (option->value) {
                *letter++ = ':';
            }
        }
    }
}

static const struct cli_option *find_option(const struct cli_command *command, int id) {
    const struct cli_option *option = NULL;
    for (size_t i = 0; (option = cli_option_at(command, i)); i++) {
        if (id == FIRST_ID + (int)i || (option->letter && id == option->letter)) {
            return option;
        }
    }
    return NULL;
}

/* The option that getopt_long has just refused. */
static int refuse(const struct cli_command *command, const struct table *table, int id,
                  char **argv) {
    const char *word = argv[optind - 1];
    if (id == ':') {
        return cli_usage_error(command, "option '%s' needs a value", word);
    }
    if (optopt > 0 && optopt < FIRST_ID && strncmp(word, "--", 2) != 0) {
        return cli_usage_error(command, "unknown option '-%c'", optopt);
    }
    if (optopt >= FIRST_ID) {
        return cli_usage_error(command, "option '%s' takes no value", word);
    }
    const char *closest = cli_closest(word + strspn(word, "-"), table->names);
    return cli_usage_error(command, "unknown or ambiguous option '%s'%s%s%s", word,
                           closest ? "; did you mean '--" : "", closest ? closest : "",
                           closest ? "'?" : "");
}

static int take_number(const struct cli_command *command, const struct cli_option *option,
                       const char *text, long *ret_number) {
    char *end = NULL;
    errno = 0;
    long number = strtol(text, &end, 10);
    if (errno != 0 || end == text || *end != '\0' || number < option->least ||
        number > option->most) {
        return cli_usage_error(command, "--%s '%s' is not a whole number from %ld to %ld",
                               option->name, text, option->least, option->most);
    }
    *ret_number = number;
    return CLI_GO_ON;
}

static int take_item(const struct cli_command *command, const struct cli_option *option,
                     const char *text, struct cli_list *list) {
    if (list->count == CLI_LIST_MAX) {
        return cli_usage_error(command, "--%s: more than %d", option->name, CLI_LIST_MAX);
    }
    list->items[list->count++] = text;
    return CLI_GO_ON;
}

static int take(const struct cli_command *command, const struct cli_option *option,
                const char *value, void *target) {
    void *place = (char *)target + option->offset;
    if ((option->kind == CLI_PATH || option->kind == CLI_LIST) && value[0] == '\0') {
        return cli_usage_error(command, "--%s needs a value that is not empty", option->name);
    }
    switch (option->kind) {
    case CLI_FLAG:
        *(bool *)place = true;
        return CLI_GO_ON;
    case CLI_VALUE:
    case CLI_PATH:
        *(const char **)place = value;
        return CLI_GO_ON;
    case CLI_NUMBER:
        return take_number(command, option, value, place);
    case CLI_LIST:
        return take_item(command, option, value, place);
    case CLI_TAKE:
        return option->take(command, target, value);
    }
    return CLI_GO_ON;
}

/* Before anything else can be wrong: how errors are told. */
static void look_for_json(const struct cli_command *command, int argc, char **argv) {
    const struct cli_option *option = NULL;
    for (size_t i = 0; (option = cli_option_at(command, i)); i++) {
        if (strcmp(option->name, "json") != 0) {
            continue;
        }
        const char letter[] = {'-', option->letter, '\0'};
        for (int k = 1; k < argc && strcmp(argv[k], "--") != 0; k++) {
            wants_json |=
                strcmp(argv[k], "--json") == 0 || (option->letter && strcmp(argv[k], letter) == 0);
        }
    }
}

int cli_parse(const struct cli_command *command, int argc, char **argv, void *target,
              int *ret_words) {
    struct table table;
    fill_table(command, &table);
    look_for_json(command, argc, argv);
    opterr = 0;
    optind = 0; /* glibc and musl: begin anew */
    for (int id; (id = getopt_long(argc, argv, table.letters, table.rows, NULL)) != -1;) {
        const struct cli_option *option = id == '?' || id == ':' ? NULL : find_option(command, id);
        if (!option) {
            return refuse(command, &table, id, argv);
        }
        if (option == &cli_help_option) {
            return cli_help(command);
        }
        int result = take(command, option, optarg, target);
        if (result != CLI_GO_ON) {
            return result;
        }
    }
    if (argc - optind > command->words_most) {
        return cli_usage_error(command, "unexpected argument '%s'",
                               argv[optind + command->words_most]);
    }
    *ret_words = optind;
    return CLI_GO_ON;
}

/* ---- commands below a command ---- */

static const struct cli_command *find_below(const struct cli_command *command, const char *word) {
    size_t length = strlen(command->name);
    for (size_t i = 0; command->commands[i]; i++) {
        if (strcmp(command->commands[i]->name + length + 1, word) == 0) {
            return command->commands[i];
        }
    }
    return NULL;
}

/* Which word names the command: the first, or the first behind options of the commands below. */
static int find_word(const struct cli_command *command, int argc, char **argv) {
    for (int i = 1; i < argc; i++) {
        const struct cli_option *option = NULL;
        if (argv[i][0] != '-') {
            return i;
        }
        for (size_t k = 0; (option = cli_option_at(command->commands[0], k)); k++) {
            bool is_it = strncmp(argv[i], "--", 2) == 0
                             ? strcmp(argv[i] + 2, option->name) == 0
                             : option->letter && argv[i][1] == option->letter && !argv[i][2];
            if (is_it && option->value) {
                i++;
                break;
            }
        }
    }
    return 0;
}

int cli_run_below(const struct cli_command *command, int argc, char **argv) {
    const char *names[NAMES_MAX + 1] = {NULL};
    char list[256] = "";
    look_for_json(command->commands[0], argc, argv);
    for (size_t i = 0; i < NAMES_MAX && command->commands[i]; i++) {
        names[i] = command->commands[i]->name + strlen(command->name) + 1;
        snprintf(list + strlen(list), sizeof(list) - strlen(list), "%s%s", i ? ", " : "", names[i]);
    }
    if (argc > 1 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)) {
        return cli_help(command);
    }
    int at = find_word(command, argc, argv);
    if (at == 0) {
        return cli_usage_error(command, "which command? There are %s", list);
    }
    char *word = argv[at];
    const struct cli_command *below = find_below(command, word);
    if (below) {
        memmove(argv + 2, argv + 1, (size_t)(at - 1) * sizeof(*argv));
        argv[1] = word;
        return below->run(below, argc - 1, argv + 1);
    }
    const char *closest = cli_closest(word, names);
    return cli_usage_error(command, "there is no command '%s %s'%s%s%s There are %s", command->name,
                           word, closest ? "; did you mean '" : ".", closest ? closest : "",
                           closest ? "'?" : "", list);
}
