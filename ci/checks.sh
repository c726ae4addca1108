#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Checks of shape: exported symbols, layers, homes of third-party headers. checks.sh BUILD-DIR
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=ci/lib.sh
. ci/lib.sh
build=$1
failed=0

# 1. Each library exports just what its exports.map lists; the line needs nothing of the workshop's.
declare -A folder=([avs-shim]=src [avs-doctor]=doctor)
for library in avs-shim avs-doctor; do
    map=shim/${folder[$library]}/exports.map
    listed=$(sed -n 's/^ *\(avs_[a-z0-9_]*\);.*/\1/p' "$map" | sort)
    exported=$(nm -D --defined-only "$build/shim/lib$library.so" |
        awk '$2 ~ /[TDBR]/ && $3 !~ /@AVS_SHIM_PRIVATE$/ {sub(/@.*/, "", $3); print $3}' |
        grep -v '^AVS_[A-Z]*_[0-9P]' | sort)
    if ! diff <(echo "$listed") <(echo "$exported"); then
        echo "checks: exported symbols differ from $map (< listed, > exported)" >&2
        failed=1
    fi
done
if readelf -d "$build/shim/libavs-shim.so" | grep -E 'NEEDED.*(json-c|libz|sqlite)'; then
    echo "checks: libavs-shim needs OpenSSL, nghttp2, libcurl and nothing else" >&2
    failed=1
fi

# 2. Nothing goes up (DESIGN of the two wings: README, the tour).
./ci/layers.sh "$build" || failed=1

# 3. A third-party header has one home.
home() { # home PATTERN ALLOWED-MODULES...
    local pattern=$1 allowed=" ${*:2} " file module
    for file in $(grep -lE "^#include <($pattern)" shim/src/*/*.[ch] shim/doctor/*/*.[ch] || true); do
        module=$(basename "$(dirname "$file")")
        case "$allowed" in
            *" $module "*) ;;
            *) echo "checks: $file: <$pattern> belongs in: ${*:2}" >&2; failed=1 ;;
        esac
    done
}
home 'nghttp2/' h2
home 'curl/' net h1
home 'openssl/' trust tls store check iot
home 'json-c/' edit store report
home 'sqlite3' conf

# 4. Verification has no switch.
if git grep -nE 'SSL_VERIFY_NONE|VERIFYPEER, *0|VERIFYHOST, *0' -- shim sample; then
    echo "checks: certificate verification must never be switched off" >&2
    failed=1
fi

# 5. Every fact has its row in the evidence tables, or a ticket would lose it.
rows_for() { # rows_for TABLES FACTS.H NOT-IN-IT
    local facts fact
    facts=$(gcc -fpreprocessed -dD -E -P "$2" | sed -n '/^struct avs_.* {$/,/^};$/p' |
        grep -oE '[a-z0-9_]+(\[[A-Z0-9_]+\])?[,;]' | grep -oE '^[a-z0-9_]+' | grep -vE "_length$|^($3)$" | sort -u)
    for fact in $facts; do
        if ! grep -qE "FIELD[A-Z_]*\(([a-z]+, )?${fact}[,)]" "$1"; then
            echo "checks: $1 has no row for '$fact' of $2" >&2
            failed=1
        fi
    done
}
rows_for shim/doctor/report/evidence_fields.c shim/src/evidence/facts.h ''
rows_for shim/doctor/report/board_fields.c shim/doctor/board/facts.h evidence

# 6. Small: ceilings for a function and a file, and higher ones for tests, which are tables.
ceilings() { # ceilings FUNCTION-LINES FILE-LINES PATH...
    git ls-files "${@:3}" | xargs awk -v function_max="$1" -v file_max="$2" '
        function too_long(what, lines, most) {
            printf "checks: %s has %d lines, at most %d\n", what, lines, most
            is_failed = 1
        }
        FNR == 1 { check_file(); name = FILENAME; is_open = 0 }
        { file_lines = FNR }
        /\) \{$/ && !/^#/ && !is_open { is_open = 1; start = FNR }
        /^}/ && is_open {
            is_open = 0
            if (FNR - start > function_max) too_long("the function at " FILENAME ":" start, FNR - start, function_max)
        }
        function check_file() { if (file_lines > file_max) too_long(name, file_lines, file_max) }
        END { check_file(); exit is_failed }' >&2 || failed=1
}
ceilings 75 600 'shim/*.[ch]' 'shim/*.cpp' 'sample/*.[ch]' 'sample/*.cpp' 'test/fuzz/*.c' 'test/support/*.[ch]'
ceilings 100 1100 'test/*.[ch]' 'test/*.cpp'
git ls-files '*.py' '*.sh' | xargs wc -l | awk '$2 != "total" && $1 > 1100 {print "checks: " $2 " has " $1 " lines"; exit 1}' >&2 || failed=1

# 7. What the languages' own readers find.
need() { # need TOOL: part of ./ci/install.sh test
    command -v "$1" >/dev/null && return
    echo "checks: $1 is missing: ./ci/install.sh test" >&2
    failed=1
    return 1
}
if need clang-format && formatter=$(clang_format); then
    git ls-files '*.c' '*.h' '*.cpp' | xargs "$formatter" --dry-run -Werror 2>&1 | head -20 || failed=1
fi
if need shellcheck; then
    git ls-files 'ci/*' '*.sh' | xargs grep -lE '^#!.*sh|^# shellcheck shell' | xargs shellcheck -x || failed=1
fi
if need pyflakes3; then
    git ls-files '*.py' | xargs pyflakes3 || failed=1
fi
# 8. A struct that crosses the ABI is opaque, or begins with its size, the hinge of older and newer
# callers; or it is one of these, which never change: a pair, a callback with its argument, a trait or
# two, and rows that the library lends one by one.
frozen=" avs_log avs_log_pair avs_style avs_cause_info avs_iot_way "
while read -r name first; do
    if [ "$first" != "size_t size" ] && [[ "$frozen" != *" $name "* ]]; then
        echo "checks: struct $name begins with '$first': begin with 'size_t size', or make it opaque" >&2
        failed=1
    fi
done < <(cat shim/include/avs/*.h | gcc -fpreprocessed -dD -E -P -x c - 2>/dev/null |
    sed -nE '/^struct avs_[a-z0-9_]+ \{$/{s/^struct (avs_[a-z0-9_]+) \{$/\1/;N;s/\n */ /;s/;.*//;p}')

# 9. What the documentation and the Debian package ask for is what CMake asks for.
while read -r _ least tried debian name; do
    if ! grep -qF "| $name | $least | $tried |" docs/building.md ||
        ! grep -qE "^[A-Z ].* $debian \(>= (1:)?${least//./\\.}\)" packaging/debian/control; then
        echo "checks: $name $least, tried with $tried: docs/building.md or packaging/debian/control has another version" >&2
        failed=1
    fi
done < <(grep '^[a-z]' cmake/dependencies.txt)
exit $failed
