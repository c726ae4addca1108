#!/usr/bin/env bash
# Checks of shape: exported symbols, layers, homes of third-party headers. checks.sh BUILD-DIR
set -euo pipefail
cd "$(dirname "$0")/.."
build=$1
failed=0

# 1. The library exports just what shim/exports.map lists.
listed=$(sed -n 's/^ *\(avs_[a-z0-9_]*\);.*/\1/p' shim/exports.map | sort)
exported=$(nm -D --defined-only "$build/shim/libavs-shim.so" | awk '$2 ~ /[TDBR]/ {sub(/@.*/, "", $3); print $3}' | grep -v '^AVS_SHIM_' | sort)
if ! diff <(echo "$listed") <(echo "$exported"); then
    echo "checks: exported symbols differ from shim/exports.map (< listed, > exported)" >&2
    failed=1
fi

# 2. A module includes only what stands before it (DESIGN: layout).
declare -A before=(
    [base]="base" [conf]="base conf" [evidence]="base evidence" [net]="base net" [h2]="base h2"
    [trust]="base evidence trust conf" [tls]="base evidence trust tls"
    [h1]="base evidence trust tls net h1"
    [client]="base evidence trust tls net h2 h1 client verdict"
    [verdict]="base evidence verdict" [report]="base evidence verdict report"
    [check]="base conf evidence net h2 trust tls h1 client verdict check"
    [inspect]="base verdict inspect" [iot]="base verdict iot"
)
for file in shim/src/*/*.[ch]; do
    module=$(basename "$(dirname "$file")")
    for included in $(sed -n 's/^#include "\([a-z0-9_]*\)\/.*/\1/p' "$file" | sort -u); do
        case " ${before[$module]:-} " in
            *" $included "*) ;;
            *) echo "checks: $file: module $module must not include $included/" >&2; failed=1 ;;
        esac
    done
done

# 3. A third-party header has one home; the command uses public headers only.
home() { # home PATTERN ALLOWED-MODULES...
    local pattern=$1 allowed=" ${*:2} " file module
    for file in $(grep -lE "^#include <($pattern)" shim/src/*/*.[ch] || true); do
        module=$(basename "$(dirname "$file")")
        case "$allowed" in
            *" $module "*) ;;
            *) echo "checks: $file: <$pattern> belongs in: ${*:2}" >&2; failed=1 ;;
        esac
    done
}
home 'nghttp2/' h2
home 'curl/' net h1
home 'openssl/' trust tls
home 'json-c/' conf evidence report inspect trust
home 'sqlite3' conf
if grep -nE '^#include "(base|conf|evidence|net|h2|trust|tls|h1|client|verdict|check|report|inspect|iot)/' shim/cli/*.[ch] sample/*/*.c 2>/dev/null; then
    echo "checks: the command and the samples use <avs/*.h> only" >&2
    failed=1
fi

# 4. Verification has no switch.
if git grep -nE 'SSL_VERIFY_NONE|VERIFYPEER, *0|VERIFYHOST, *0' -- shim sample; then
    echo "checks: certificate verification must never be switched off" >&2
    failed=1
fi

# 5. Every fact has its row in the evidence tables, or a ticket would lose it.
facts=$(gcc -fpreprocessed -dD -E -P shim/include/avs/evidence.h | sed -n '/^struct avs_.* {$/,/^};$/p' |
    grep -oE '[a-z0-9_]+(\[[A-Z0-9_]+\])?[,;]' | grep -oE '^[a-z0-9_]+' | grep -v '_length$' | sort -u)
for fact in $facts; do
    if ! grep -qE "FIELD[A-Z_]*\($fact[,)]" shim/src/evidence/fields.c; then
        echo "checks: shim/src/evidence/fields.c has no row for '$fact' of evidence.h" >&2
        failed=1
    fi
done

# 6. Format.
if command -v clang-format >/dev/null; then
    git ls-files '*.c' '*.h' '*.cpp' | xargs clang-format --dry-run -Werror 2>&1 | head -20 || failed=1
fi
exit $failed
