/* SPDX-License-Identifier: Apache-2.0 */
/* The rows of all commands as completion scripts. What fits where a value or an argument stands is
 * read off its placeholder in the rows: FILE, DIR, URL|NAME, ID, COMMAND. */
#include "completion.h"

#include <string.h>

#include <avs/cause.h>
#include <avs/endpoint.h>

#include "options.h"

enum kind { FILES, FOLDERS, ENDPOINTS, CAUSES, COMMANDS, SHELLS, NOTHING };

/* An argument's before FILE, which is in the usage of nearly every command. */
static const struct placeholder {
    const char *word; /* in the usage of a command, or the value of an option */
    enum kind kind;
    const char *bash; /* what a shell's script says for it */
    const char *fish;
} placeholders[] = {
    {"URL|NAME", ENDPOINTS, "list=\"$endpoints\"", " -x -a \"$avs_shim_endpoints\""},
    {"ID", CAUSES, "list=\"$list $causes\"", " -x -a \"$avs_shim_causes\""},
    {"COMMAND...", COMMANDS, "list=\"$list $commands\"", " -x -a \"$avs_shim_commands\""},
    {"SHELL", SHELLS, "list='bash zsh fish'", " -x -a 'bash zsh fish'"},
    {"PROGRAM", FILES, "files=1", " -r -F"},
    {"FILE", FILES, "files=1", " -r -F"},
    {"DIR", FOLDERS, "folders=1", " -x -a '(__fish_complete_directories)'"},
    {"", NOTHING, ":", " -x"}, /* a number, a time, a host: nothing to offer */
};

static const struct placeholder *placeholder_of(const char *text) {
    const struct placeholder *row = placeholders;
    while (row->kind != NOTHING && !strstr(text, row->word)) {
        row++;
    }
    return row;
}

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

static void put_command_words(void) {
    for (size_t i = 0; cli_commands[i]; i++) {
        printf("%s%s", i ? " " : "", cli_commands[i]->name);
    }
}

static void put_lists(const char *before, const char *between, const char *after) {
    printf("%sendpoints%s'", before, between);
    for (size_t i = 0; avs_endpoint_name(i); i++) {
        printf("%s%s", i ? " " : "", avs_endpoint_name(i));
    }
    printf("'%s%scauses%s'", after, before, between);
    for (int cause = AVS_CAUSE_NONE + 1; cause < AVS_CAUSE_COUNT; cause++) {
        printf("%s%s", cause > 1 ? " " : "", avs_cause_info((enum avs_cause)cause)->id);
    }
    printf("'%s%scommands%s'", after, before, between);
    put_command_words();
    printf("'%s", after);
}

/* ---- bash and zsh: from the words before to what fits here ---- */

/* "'/check') name='check' ;;" of the commands below `parent`. */
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
    cli_print("'");
    if (!command->commands && command->words_most > 0) {
        printf("; %s", placeholder_of(command->usage)->bash);
    }
    cli_print(" ;;\n");
}

static void put_values(const struct cli_command *command) {
    const struct cli_option *option = NULL;
    for (size_t i = 0; (option = cli_option_at(command, i)); i++) {
        if (!option->value) {
            continue;
        }
        printf("        '%s --%s'", command->name, option->name);
        if (option->letter) {
            printf(" | '%s -%c'", command->name, option->letter);
        }
        printf(") list=; files=; %s ;;\n", placeholder_of(option->value)->bash);
    }
}

static void put_choice(const char *words, const char *count) {
    put_lists("    local ", "=", "\n");
    printf("    local name= list= files= folders= i\n"
           "    for ((i = %s; i < %s; i++)); do\n"
           "        case \"$name/${%s[i]}\" in\n",
           strcmp(words, "words") == 0 ? "2" : "1", count, words);
    put_step("", cli_commands);
    for_each(cli_commands, put_steps);
    cli_print("        esac\n    done\n    case \"$name\" in\n        '') list='");
    put_command_words();
    cli_print(" --help --version' ;;\n");
    for_each(cli_commands, put_words);
    cli_print("    esac\n    case \"$name $before\" in\n");
    for_each(cli_commands, put_values);
    cli_print("    esac\n");
}

static void put_bash(void) {
    cli_print("# bash completion for avs-shim; written by avs-shim help --completion bash\n"
              "_avs_shim() {\n"
              "    local here=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]}\n"
              "    if [[ $here == = ]]; then # --option=\n"
              "        here=\n"
              "    elif [[ $before == = ]]; then # --option=value\n"
              "        before=${COMP_WORDS[COMP_CWORD - 2]}\n"
              "    fi\n");
    put_choice("COMP_WORDS", "COMP_CWORD");
    cli_print("    COMPREPLY=($(compgen -W \"$list\" -- \"$here\"))\n"
              "    if [[ $files || $folders ]]; then\n"
              "        compopt -o filenames 2>/dev/null\n"
              "        mapfile -t -O ${#COMPREPLY[@]} COMPREPLY < <(\n"
              "            compgen -A ${files:+file}${folders:+directory} -- \"$here\")\n"
              "    fi\n"
              "}\n"
              "complete -F _avs_shim avs-shim\n");
}

static void put_zsh(void) {
    cli_print("#compdef avs-shim\n"
              "# written by avs-shim help --completion zsh\n"
              "_avs_shim() {\n"
              "    local before=${words[CURRENT - 1]}\n"
              "    if [[ ${words[CURRENT]} == --*=* ]]; then\n"
              "        before=${words[CURRENT]%%=*}\n"
              "        compset -P '*='\n"
              "    fi\n");
    put_choice("words", "CURRENT");
    cli_print("    [[ -z $list ]] || compadd -- ${=list}\n"
              "    [[ -z $files ]] || _files\n"
              "    [[ -z $folders ]] || _files -/\n"
              "}\n"
              "if [[ ${funcstack[1]} == _avs_shim ]]; then # a file in $fpath\n"
              "    _avs_shim \"$@\"\n"
              "else # sourced\n"
              "    compdef _avs_shim avs-shim\n"
              "fi\n");
}

/* ---- fish: a line for each word ---- */

/* The condition under which a word fits: its command's words are there already. */
static void put_seen(const char *name, size_t length) {
    const char *blank = memchr(name, ' ', length);
    size_t first = blank ? (size_t)(blank - name) : length;
    printf("__fish_seen_subcommand_from %.*s", (int)first, name);
    if (blank) {
        printf("; and __fish_seen_subcommand_from %.*s", (int)(length - first - 1), blank + 1);
    }
}

/* Within single quotes. */
static void put_fish_text(const char *text) {
    for (; *text; text++) {
        if (*text == '\'' || *text == '\\') {
            putchar('\\');
        }
        putchar(*text);
    }
}

static void put_fish_command(const struct cli_command *command) {
    const struct cli_option *option = NULL;
    const char *word = last_word(command->name);
    size_t parent = word == command->name ? 0 : (size_t)(word - command->name) - 1;
    cli_print("complete -c avs-shim -f -n '");
    if (parent) {
        put_seen(command->name, parent);
    } else {
        cli_print("__fish_use_subcommand");
    }
    printf("' -a %s -d '", word);
    put_fish_text(command->summary);
    cli_print("'\n");
    if (!command->commands && command->words_most > 0) {
        cli_print("complete -c avs-shim -n '");
        put_seen(command->name, strlen(command->name));
        printf("'%s\n", placeholder_of(command->usage)->fish);
    }
    for (size_t i = 0; !command->commands && (option = cli_option_at(command, i)); i++) {
        cli_print("complete -c avs-shim -n '");
        put_seen(command->name, strlen(command->name));
        printf("' -l %s", option->name);
        if (option->letter) {
            printf(" -s %c", option->letter);
        }
        cli_print(option->value ? placeholder_of(option->value)->fish : "");
        cli_print(" -d '");
        put_fish_text(option->help);
        cli_print("'\n");
    }
}

static void put_fish(void) {
    cli_print("# written by avs-shim help --completion fish\n");
    put_lists("set -g avs_shim_", " ", "\n");
    cli_print("complete -c avs-shim -f\n");
    for_each(cli_commands, put_fish_command);
}

bool cli_completion(const char *shell) {
    static const struct {
        const char *shell;
        void (*put)(void);
    } rows[] = {{"bash", put_bash}, {"zsh", put_zsh}, {"fish", put_fish}};
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (strcmp(rows[i].shell, shell) == 0) {
            rows[i].put();
            return true;
        }
    }
    return false;
}
