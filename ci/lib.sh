# SPDX-License-Identifier: Apache-2.0
# Shared by the scripts here: what a person sees while a machine works. Source it.
# shellcheck shell=bash

phase() { printf '== %s\n' "$*"; }

# progress TOTAL STEP WEIGHT [LOG]: reads a long command's output. The group of the pattern TOTAL is
# the number of things to do; each makes WEIGHT lines that match STEP. A line goes out for each fifth
# of them. All other lines go to LOG, or out when there is none.
progress() {
    local total=0 steps=0 shown=0 line
    while IFS= read -r line; do
        [[ $line =~ $1 ]] && total=${BASH_REMATCH[1]}
        if [[ $line =~ $2 ]]; then
            steps=$((steps + 1))
            if [ "$total" -gt 10 ] && [ $((steps * 5 / $3 / total)) -gt "$shown" ]; then
                shown=$((steps * 5 / $3 / total))
                echo "   $((steps / $3)) of $total"
            fi
            [ -n "${4:-}" ] || continue
        fi
        if [ -n "${4:-}" ]; then
            printf '%s\n' "$line" >>"$4"
        else
            printf '%s\n' "$line"
        fi
    done
}

# compile DIR [TARGET]: ninja, with its counting line on a terminal and a few lines elsewhere.
# Warnings and errors are always shown.
compile() {
    phase "building $*"
    if [ -t 1 ]; then
        ninja -C "$@"
    else
        ninja -C "$@" 2>&1 | progress '^\[[0-9]+/([0-9]+)\]' '^\[[0-9]+/[0-9]+\]' 1 |
            sed -u '/^ninja: Entering/d; /^ninja: no work/d; /^-- /d'
        return "${PIPESTATUS[0]}"
    fi
}

# clang_format: prints the name of the clang-format whose style this is. Every major version formats
# otherwise, so there is one; where it is missing, a line says so and nothing is checked.
clang_format() {
    local wanted=14 name version
    for name in "clang-format-$wanted" clang-format; do
        version=$("$name" --version 2>/dev/null | sed -n 's/.*version \([0-9]*\).*/\1/p') || continue
        [ "$version" = "$wanted" ] && echo "$name" && return
    done
    echo "formatting is that of clang-format $wanted; here is ${version:-none}, so it is not looked at" >&2
    return 1
}
