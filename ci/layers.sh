#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Nothing goes up: which module calls into which, read off the symbols of the objects, and which
# includes which. layers.sh BUILD-DIR
set -euo pipefail
cd "$(dirname "$0")/.."
build=$1
failed=0

# A module may use itself and what stands in its row. The first eight are the line, which ships.
declare -A below=(
    [base]=""
    [evidence]="base"
    [net]="base"
    [h2]="base"
    [trust]="base evidence"
    [tls]="base trust"
    [verdict]="base evidence"
    [client]="base evidence net h2 trust tls verdict"
    [out]="base"
    [conf]="base out"
    [edit]="base out conf"
    [store]="base out conf trust net"
    [h1]="base evidence net trust tls client"
    [check]="base out evidence net h2 trust tls verdict client conf h1"
    [inspect]="base out verdict conf"
    [iot]="base out evidence net h2 trust tls verdict client conf store h1 check"
    [board]="base out evidence net trust verdict conf store h1 check"
    [ladder]="base out evidence net trust tls verdict check"
    [report]="base out evidence verdict trust client conf edit store h1 check inspect iot board ladder"
)

objects=() # of sources that are there: a build folder may keep the objects of others
for file in shim/src/*/*.c; do
    objects+=("$build/shim/CMakeFiles/avs-shim-objects.dir/${file#shim/}.o")
done
for file in shim/doctor/*/*.c; do
    objects+=("$build/shim/CMakeFiles/avs-doctor-objects.dir/${file#shim/}.o")
done
symbols() { # symbols NM-OPTION...: "module symbol" lines
    nm -o "$@" "${objects[@]}" |
        sed -nE 's#.*/(src|doctor)/([a-z0-9]+)/[a-z0-9_]+\.c\.o:.* (avs_[a-z0-9_]+)$#\2 \3#p' | sort -u
}
while read -r user owner; do
    case " $user ${below[$user]-} " in
        *" $owner "*) ;;
        *) echo "layers: $user calls into $owner:" \
               "$(comm -12 <(symbols -u | sed -n "s/^$user //p") <(symbols --defined-only | sed -n "s/^$owner //p") | tr '\n' ' ')" >&2
            failed=1 ;;
    esac
done < <(join -1 2 -2 2 -o 1.1,2.1 <(symbols -u | sort -k2) <(symbols --defined-only | sort -k2) | sort -u)

for file in shim/src/*/*.[ch] shim/doctor/*/*.[ch]; do
    user=$(basename "$(dirname "$file")")
    while read -r owner; do
        case " $user ${below[$user]-} " in
            *" $owner "*) ;;
            *) echo "layers: $file: $user must not include $owner/" >&2; failed=1 ;;
        esac
    done < <(sed -n 's/^#include "\([a-z0-9_]*\)\/.*/\1/p' "$file" | sort -u)
done

if grep -nE '^#include <avs/(config|check|doctor|report|explain|store|inspect|findings|fleet|iot[a-z_]*)\.h>' shim/src/*/*.[ch] shim/sdk/*.cpp shim/sdk/*.h; then
    echo "layers: that header is the workshop's" >&2
    failed=1
fi

# The command, the samples and the adapter see public headers and symbols only; the stand-in, a
# peer, sees nothing of ours.
modules=$(printf '%s|' "${!below[@]}")
if grep -nE "^#include \"(${modules%|})/" shim/cli/*.[ch] shim/sdk/*.cpp shim/sdk/*.h shim/standin/*.[ch] sample/*/*.c sample/*/*.cpp; then
    echo "layers: use <avs/*.h> only" >&2
    failed=1
fi
# Between the two: the facts of evidence on the one side, what the stand-in plays on the other.
if grep -nE '^#include ("('"${modules%|}"')/|<(openssl|nghttp2|curl|json-c)/)' shim/replay/*.[ch]; then
    echo "layers: shim/replay reads <avs/evidence.h> and writes standin/replay.h" >&2
    failed=1
fi
if grep -n '^#include <avs/' shim/standin/*.[ch]; then
    echo "layers: the stand-in shares no code with the libraries" >&2
    failed=1
fi
public=$(sed -n 's/^ *\(avs_[a-z0-9_]*\);.*/\1/p' shim/src/exports.map shim/doctor/exports.map | sort)
for target in avs-shim-cli avs-replay avs-session get check avs-soak; do
    private=$(comm -12 <(find "$build" -path "*/$target.dir/*.o" -exec nm -u {} + | sed -n 's/^ *U \(avs_[a-z0-9_]*\)$/\1/p' | sort -u) \
        <(symbols --defined-only | cut -d' ' -f2 | sort -u) | comm -23 - <(echo "$public"))
    if [ -n "$private" ]; then
        echo "layers: $target uses what is not public: $private" >&2
        failed=1
    fi
done
if find "$build" -path '*/avs-standin.dir/*.o' -print0 | xargs -0 -r nm -u | grep -E ' avs_(base|tls|h2|trust|client|text|buffer)_'; then
    echo "layers: the stand-in shares no code with the libraries" >&2
    failed=1
fi
exit $failed
