/* SPDX-License-Identifier: Apache-2.0 */
/* The rows of all commands as manual pages (roff, man(7)) and as completion scripts. */
#include "manual.h"

#include <string.h>

#include "options.h"

/* ---- manual pages ---- */

/* A text in roff: no line begins with a control character, no dash becomes a hyphen. */
static void put_roff(const char *text, size_t length) {
    bool is_line_start = true;
    for (size_t i = 0; i < length; i++) {
        if (is_line_start && (text[i] == '.' || text[i] == '\'')) {
            cli_print("\\&");
        }
        is_line_start = text[i] == '\n';
        if (text[i] == '-') {
            cli_print("\\-");
        } else if (text[i] == '\\') {
            cli_print("\\e");
        } else {
            putchar(text[i]);
        }
    }
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
    put_roff(text, strlen(text));
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

/* AVS-SHIM-TRUST-AUDIT */
static void put_title(const char *name) {
    cli_print(".TH AVS\\-SHIM\\-");
    for (; *name; name++) {
        if (*name == ' ') {
            cli_print("\\-");
        } else {
            putchar(*name >= 'a' && *name <= 'z' ? *name - 'a' + 'A' : *name);
        }
    }
    printf(" 1 \"\" \"avs-shim %s\"\n", avs_version());
}

static void put_overview(void) {
    printf(".TH AVS\\-SHIM 1 \"\" \"avs-shim %s\"\n", avs_version());
    put_section("NAME");
    cli_print("avs\\-shim \\- does this device reach Alexa, and if not, why and what to do\n");
    put_section("SYNOPSIS");
    cli_print("\\fBavs\\-shim\\fR \\fICOMMAND\\fR [\\fIOPTION\\fR...]\n");
    put_list(cli_commands);
    put_section("EXIT STATUS");
    cli_print("The same everywhere: 0 ready, nothing wrong; 1 not ready; 2 usage or configuration "
              "error; 3 cannot tell.\n");
}

void cli_manual(const struct cli_command *command) {
    if (!command) {
        put_overview();
        return;
    }
    put_title(command->name);
    put_section("NAME");
    cli_print("avs\\-shim ");
    put_roff(command->name, strlen(command->name));
    cli_print(" \\- ");
    put_roff(command->summary, strlen(command->summary));
    putchar('\n');
    put_section("SYNOPSIS");
    for (const char *usage = command->usage; *usage;) {
        size_t length = strcspn(usage, "\n");
        cli_print("\\fBavs\\-shim ");
        put_roff(command->name, strlen(command->name));
        cli_print("\\fR ");
        put_roff(usage, length);
        cli_print("\n.br\n");
        usage += length + (usage[length] == '\n');
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

/* ---- completion ---- */

/* Call `visit` for every command, those below others too. */
static void for_each(const struct cli_command *const *commands,
                     void (*visit)(const struct cli_command *command)) {
    for (size_t i = 0; commands[i]; i++) {
        visit(commands[i]);
        if (commands[i]->commands) {
            for_each(commands[i]->commands, visit);
        }
    }
}

static const char *last_word(const char *name) {
    const char *blank = strrchr(name, ' ');
    return blank ? blank + 1 : name;
}

/* "check | judge) name=$word ;;" of the commands below `parent`. */
static void put_step(const char *parent, const struct cli_command *const *commands) {
    for (size_t i = 0; commands[i]; i++) {
        printf("            '%s/%s') name='%s' ;;\n", parent, last_word(commands[i]->name),
               commands[i]->name);
    }
}

static void put_steps(const struct cli_command *command) {
    if (command->commands) {
        put_step(command->name, command->commands);
    }
}

static void put_words(const struct cli_command *command) {
    const struct cli_option *option = NULL;
    printf("        '%s') list='", command->name);
    for (size_t i = 0; command->commands && command->commands[i]; i++) {
        printf("%s ", last_word(command->commands[i]->name));
    }
    for (size_t i = 0; (option = cli_option_at(command, i)); i++) {
        printf("--%s%s", option->name, cli_option_at(command, i + 1) ? " " : "");
    }
    cli_print("' ;;\n");
}

/* What bash and zsh share: from the words before to the words that fit here. */
static void put_choice(const char *words, const char *count) {
    printf("    local name= list= i\n"
           "    for ((i = %s; i < %s; i++)); do\n"
           "        case \"$name/${%s[i]}\" in\n",
           strcmp(words, "words") == 0 ? "2" : "1", count, words);
    put_step("", cli_commands);
    for_each(cli_commands, put_steps);
    cli_print("        esac\n    done\n    case \"$name\" in\n        '') list='");
    for (size_t i = 0; cli_commands[i]; i++) {
        printf("%s ", cli_commands[i]->name);
    }
    cli_print("--help --version' ;;\n");
    for_each(cli_commands, put_words);
    cli_print("    esac\n");
}

static void put_fish_command(const struct cli_command *command) {
    const struct cli_option *option = NULL;
    const char *word = last_word(command->name);
    bool is_below = word != command->name;
    int parent = is_below ? (int)(word - command->name) - 1 : 0;
    printf("complete -c avs-shim -f -n '%s%.*s' -a %s -d \"%s\"\n",
           is_below ? "__fish_seen_subcommand_from " : "__fish_use_subcommand", parent,
           command->name, word, command->summary);
    for (size_t i = 0; !command->commands && (option = cli_option_at(command, i)); i++) {
        printf("complete -c avs-shim -n '__fish_seen_subcommand_from %s' -l %s", word,
               option->name);
        if (option->letter) {
            printf(" -s %c", option->letter);
        }
        printf("%s\n", option->value ? " -r" : "");
    }
}

bool cli_completion(const char *shell) {
    if (strcmp(shell, "bash") == 0) {
        cli_print("# bash completion for avs-shim; written by avs-shim help --completion bash\n"
                  "_avs_shim() {\n");
        put_choice("COMP_WORDS", "COMP_CWORD");
        cli_print("    COMPREPLY=($(compgen -W \"$list\" -- \"${COMP_WORDS[COMP_CWORD]}\"))\n}\n"
                  "complete -o default -F _avs_shim avs-shim\n");
    } else if (strcmp(shell, "zsh") == 0) {
        cli_print("#compdef avs-shim\n"
                  "# written by avs-shim help --completion zsh\n"
                  "_avs_shim() {\n");
        put_choice("words", "CURRENT");
        cli_print("    compadd -- ${=list}\n    _files\n}\n_avs_shim \"$@\"\n");
    } else if (strcmp(shell, "fish") == 0) {
        cli_print("# written by avs-shim help --completion fish\n");
        for_each(cli_commands, put_fish_command);
    } else {
        return false;
    }
    return true;
}
