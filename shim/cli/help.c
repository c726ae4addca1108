/* SPDX-License-Identifier: Apache-2.0 */
/* --help and the overview, from the same rows that the parser reads. */
#include <string.h>

#include "options.h"

#define COLUMNS       96 /* where stdout is no terminal */
#define COLUMNS_LEAST 40
#define COLUMN_MAX    26 /* of the help texts; a longer option has a line of its own */

struct page {
    FILE *file;
    size_t width;
};

/* Words wrapped at the width, below `indent`; the first line has `column` characters already. */
static void put_words(const struct page *page, const char *text, size_t length, size_t column,
                      size_t indent) {
    const char *end = text + length;
    bool is_first = true;
    while (text < end) {
        size_t word = 0;
        while (text + word < end && text[word] != ' ') {
            word++;
        }
        if (!is_first && column + 1 + word > page->width) {
            fprintf(page->file, "\n%*s", (int)indent, "");
            column = indent;
            is_first = true;
        }
        column += (is_first ? 0 : 1) + word;
        fprintf(page->file, "%s%.*s", is_first ? "" : " ", (int)word, text);
        is_first = false;
        text += word;
        while (text < end && *text == ' ') {
            text++;
        }
    }
    fputc('\n', page->file);
}

/* Paragraphs, an empty line between them. */
static void put_lines(const struct page *page, const char *text) {
    while (*text) {
        size_t length = strcspn(text, "\n");
        put_words(page, text, length, 0, 0);
        text += length + (text[length] == '\n');
    }
}

static size_t label_of(const struct cli_option *option, char *label, size_t capacity) {
    char letter[] = {'-', option->letter, ',', ' ', '\0'};
    snprintf(label, capacity, "  %s--%s%s%s", option->letter ? letter : "", option->name,
             option->value ? " " : "", option->value ? option->value : "");
    return strlen(label);
}

static void put_options(const struct page *page, const struct cli_command *command) {
    const struct cli_option *option = NULL;
    char label[96];
    size_t column = 0;
    for (size_t i = 0; (option = cli_option_at(command, i)); i++) {
        size_t length = label_of(option, label, sizeof(label)) + 2;
        column = length > column && length <= COLUMN_MAX ? length : column;
    }
    for (size_t i = 0; (option = cli_option_at(command, i)); i++) {
        if (option->group || i == 0) {
            fprintf(page->file, "\n%s:\n", option->group ? option->group : "Options");
        }
        size_t length = label_of(option, label, sizeof(label));
        if (length + 2 > column) {
            fprintf(page->file, "%s\n%*s", label, (int)column, "");
        } else {
            fprintf(page->file, "%-*s", (int)column, label);
        }
        put_words(page, option->help, strlen(option->help), column, column);
    }
}

static struct page page_on(FILE *file) {
    size_t columns = cli_style()->columns;
    struct page page = {file, columns == 0 ? COLUMNS : columns};
    page.width = page.width < COLUMNS_LEAST ? COLUMNS_LEAST : page.width;
    return page;
}

static void put_commands(const struct page *page, const struct cli_command *const *commands,
                         size_t skipped) {
    size_t column = 0;
    for (size_t i = 0; commands[i]; i++) {
        size_t length = strlen(commands[i]->name + skipped) + 4;
        column = length > column ? length : column;
    }
    for (size_t i = 0; commands[i]; i++) {
        fprintf(page->file, "  %-*s", (int)column - 2, commands[i]->name + skipped);
        put_words(page, commands[i]->summary, strlen(commands[i]->summary), column, column);
    }
}

static void put_exits(const struct page *page, const char *exits) {
    fprintf(page->file, "\nExit codes:\n");
    while (*exits) { /* "0  ready" */
        size_t length = strcspn(exits, "\n");
        fprintf(page->file, "  %.3s", exits);
        put_words(page, exits + 3, length - 3, 5, 5);
        exits += length + (exits[length] == '\n');
    }
}

int cli_help(const struct cli_command *command) {
    struct page page = page_on(stdout);
    const char *usage = command->usage;
    for (const char *head = "Usage:"; *usage; head = "      ") {
        size_t length = strcspn(usage, "\n");
        fprintf(page.file, "%s avs-shim %s%s%.*s\n", head, command->name, length ? " " : "",
                (int)length, usage);
        usage += length + (usage[length] == '\n');
    }
    fputc('\n', page.file);
    put_lines(&page, command->about);
    if (command->commands) {
        fputc('\n', page.file);
        put_commands(&page, command->commands, strlen(command->name) + 1);
    } else {
        put_options(&page, command);
    }
    if (command->notes) {
        fputc('\n', page.file);
        put_lines(&page, command->notes);
    }
    fprintf(page.file, "\nExamples:\n");
    for (const char *line = command->examples; *line;) {
        size_t length = strcspn(line, "\n");
        fprintf(page.file, "  %.*s\n", (int)length, line);
        line += length + (line[length] == '\n');
    }
    if (command->exits) {
        put_exits(&page, command->exits);
    }
    if (command->commands) {
        fprintf(page.file, "\navs-shim %s COMMAND --help tells more.\n", command->name);
    }
    return CLI_OK;
}

void cli_overview(FILE *out) {
    struct page page = page_on(out);
    fprintf(out,
            "avs-shim %s: does this device reach Alexa, and if not, why and what to do\n\n"
            "Usage: avs-shim COMMAND [OPTION...]\n\n",
            avs_version());
    put_commands(&page, cli_commands, 0);
    fputs("\nExamples:\n"
          "  avs-shim check                                       the ATS test endpoint, the "
          "system's roots\n"
          "  avs-shim check --config AlexaClientSDKConfig.json    as the SDK would connect\n"
          "  avs-shim check --demo                                no network needed\n"
          "\navs-shim COMMAND --help tells more.\n",
          out);
}
