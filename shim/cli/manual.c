/* SPDX-License-Identifier: Apache-2.0 */
/* The rows of all commands as manual pages: roff, man(7). */
#include "manual.h"

#include <string.h>

#include "options.h"

#define LINE_MAX_BYTES 72 /* where a line of running text is broken; man(7) asks for at most 80 */

static bool is_wrapped_at(const char *text, size_t length, size_t column) {
    const char *blank = memchr(text + 1, ' ', length - 1);
    size_t word = blank ? (size_t)(blank - text) : length;
    return text[0] == ' ' && column > 0 && column + word > LINE_MAX_BYTES;
}

/* A text in roff: no line begins with a control character, no dash becomes a hyphen. */
static void put_text(const char *text, size_t length, bool is_filled) {
    size_t column = 0;
    for (size_t i = 0; i < length; i++) {
        if (is_filled && is_wrapped_at(text + i, length - i, column)) {
            putchar('\n');
            column = 0;
            continue;
        }
        if (column == 0 && (text[i] == '.' || text[i] == '\'')) {
            cli_print("\\&");
        }
        if (text[i] == '-') {
            cli_print("\\-");
        } else if (text[i] == '\\') {
            cli_print("\\e");
        } else {
            putchar(text[i]);
        }
        column = text[i] == '\n' ? 0 : column + (text[i] == '-' || text[i] == '\\' ? 2 : 1);
    }
}

static void put_roff(const char *text, size_t length) {
    put_text(text, length, true);
}

static void put_section(const char *heading) {
    printf(".SH %s\n", heading);
}

/* Lines of running text; an empty one begins a paragraph. */
static void put_paragraphs(const char *text) {
    while (*text) {
        size_t length = strcspn(text, "\n");
        if (length == 0) {
            cli_print(".PP\n");
        } else {
            put_roff(text, length);
            putchar('\n');
        }
        text += length + (text[length] == '\n');
    }
}

/* Lines that stay as they are. */
static void put_literal(const char *text) {
    cli_print(".nf\n");
    put_text(text, strlen(text), false);
    cli_print("\n.fi\n");
}

static void put_manual_options(const struct cli_command *command) {
    const struct cli_option *option = NULL;
    put_section("OPTIONS");
    for (size_t i = 0; (option = cli_option_at(command, i)); i++) {
        cli_print(".TP\n");
        if (option->letter) {
            printf("\\fB\\-%c\\fR, ", option->letter);
        }
        cli_print("\\fB\\-\\-");
        put_roff(option->name, strlen(option->name));
        cli_print("\\fR");
        if (option->value) {
            cli_print(" \\fI");
            put_roff(option->value, strlen(option->value));
            cli_print("\\fR");
        }
        putchar('\n');
        put_roff(option->help, strlen(option->help));
        putchar('\n');
    }
}

static void put_exits(const char *exits) {
    put_section("EXIT STATUS");
    while (*exits) {
        size_t length = strcspn(exits, "\n");
        printf(".TP\n\\fB%.1s\\fR\n", exits);
        put_roff(exits + 3, length - 3);
        putchar('\n');
        exits += length + (exits[length] == '\n');
    }
}

static void put_list(const struct cli_command *const *commands) {
    put_section("COMMANDS");
    for (size_t i = 0; commands[i]; i++) {
        cli_print(".TP\n\\fBavs\\-shim ");
        put_roff(commands[i]->name, strlen(commands[i]->name));
        cli_print("\\fR\n");
        put_roff(commands[i]->summary, strlen(commands[i]->summary));
        putchar('\n');
    }
}

/* avs-shim-trust-audit, the name of its page, in small letters or in capitals */
static void put_page_name(const char *name, bool is_capital) {
    cli_print(is_capital ? "AVS\\-SHIM\\-" : "avs\\-shim\\-");
    for (; *name; name++) {
        if (*name == ' ') {
            cli_print("\\-");
        } else {
            putchar(is_capital && *name >= 'a' && *name <= 'z' ? *name - 'a' + 'A' : *name);
        }
    }
}

static void put_title(const char *name) {
    cli_print(".TH ");
    put_page_name(name, true);
    printf(" 1 " AVS_BUILD_DATE " \"avs-shim %s\"\n", avs_version());
}

static void put_overview(void) {
    printf(".TH AVS\\-SHIM 1 " AVS_BUILD_DATE " \"avs-shim %s\"\n", avs_version());
    put_section("NAME");
    cli_print("avs\\-shim \\- does this device reach Alexa, and if not, why and what to do\n");
    put_section("SYNOPSIS");
    cli_print("\\fBavs\\-shim\\fR \\fICOMMAND\\fR [\\fIOPTION\\fR...]\n");
    put_list(cli_commands);
    put_section("EXIT STATUS");
    cli_print("The same everywhere: 0 ready, nothing wrong; 1 not ready;\n2 usage or configuration "
              "error; 3 cannot tell.\n");
}

void cli_manual(const struct cli_command *command) {
    if (!command) {
        put_overview();
        return;
    }
    put_title(command->name);
    put_section("NAME");
    put_page_name(command->name, false);
    cli_print(" \\-\n");
    put_roff(command->summary, strlen(command->summary));
    putchar('\n');
    put_section("SYNOPSIS");
    for (const char *usage = command->usage; *usage;) {
        size_t length = strcspn(usage, "\n");
        cli_print("\\fBavs\\-shim ");
        put_roff(command->name, strlen(command->name));
        cli_print("\\fR ");
        put_roff(usage, length);
        usage += length + (usage[length] == '\n');
        cli_print(*usage ? "\n.br\n" : "\n");
    }
    put_section("DESCRIPTION");
    put_paragraphs(command->about);
    if (command->notes) {
        cli_print(".PP\n");
        put_paragraphs(command->notes);
    }
    if (command->commands) {
        put_list(command->commands);
    } else {
        put_manual_options(command);
    }
    put_section("EXAMPLES");
    put_literal(command->examples);
    if (command->exits) {
        put_exits(command->exits);
    }
}
