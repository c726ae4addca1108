#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# fuzz.sh BUILD-DIR [SECONDS [NAME...]]: every fuzzer of BUILD-DIR/test/fuzz, or those named, SECONDS
# each (default 60), as many at a time as there are processors. One line for each: what was run and
# how much of the code that it aims at was reached. What a fuzzer learnt is kept in
# BUILD-DIR/fuzz/corpus and is its start next time; a crashing input is kept beside it, and the exit
# code is 1.
set -euo pipefail

# What each fuzzer aims at, below shim/.
aims='
anchors        src/trust/bundle.c src/trust/der.c src/trust/cafile.c
audit_scan     doctor/store/audit_scan.c
conf_edit      doctor/edit/edit.c doctor/edit/diff.c doctor/report/diff_text.c doctor/conf/scan.c doctor/conf/doc.c
conf_scan      doctor/conf/scan.c doctor/conf/scan_number.c doctor/conf/repair.c doctor/conf/diagnose.c doctor/conf/lint_*.c doctor/conf/merge.c
endpoint       src/base/endpoint.c
evidence_json  doctor/report/evidence_json.c doctor/report/strict_json.c
explain        doctor/check/chain.c src/trust/explain.c src/trust/replay.c src/trust/cert.c
gateway        doctor/conf/gateway.c
writers        src/base/json_out.c src/base/text_out.c src/base/text.c
h1_head        doctor/h1/head.c
iot_mqtt       doctor/iot/mqtt.c
h2_feed        src/h2/*.c
inspect_record doctor/inspect/record.c doctor/inspect/clean.c doctor/inspect/mask.c
inspect_stream doctor/inspect/*.c
iot_answer     doctor/iot/answer.c
iot_config     doctor/iot/config*.c
iot_keys       doctor/iot/ini.c doctor/iot/words.c doctor/iot/helper.c doctor/iot/members.c
iot_inventory  doctor/iot/inventory.c doctor/iot/inventory_json.c
iot_name       doctor/iot/host.c doctor/iot/name.c
judge          src/verdict/*.c
tls_engine     src/tls/engine.c src/trust/gate.c
'

build=$(cd "${1:?usage: fuzz.sh BUILD-DIR [SECONDS [NAME...]]}" && pwd)
seconds=${2:-60}
names=("${@:3}")
root=$(cd "$(dirname "$0")/.." && pwd)
work=$build/fuzz

coverage() { # coverage NAME: "81 % of the 640 lines aimed at"
    local name=$1 fuzzer=$build/test/fuzz/fuzz_$1 patterns
    patterns=$(awk -v name="$name" '$1 == name {$1 = ""; print}' <<<"$aims")
    if ! command -v llvm-cov >/dev/null || [ -z "$patterns" ]; then
        echo "lines not counted"
        return
    fi
    LLVM_PROFILE_FILE=$work/$name.profraw "$fuzzer" -runs=0 "$work/corpus/$name" "$work/seeds/$name" >/dev/null 2>&1
    llvm-profdata merge -o "$work/$name.profdata" "$work/$name.profraw"
    # shellcheck disable=SC2086 # words
    llvm-cov export -summary-only "$fuzzer" -instr-profile="$work/$name.profdata" 2>/dev/null |
        /usr/bin/python3 -c '
import fnmatch, json, os, sys
lines = [file["summary"]["lines"] for file in json.load(sys.stdin)["data"][0]["files"]
         if any(fnmatch.fnmatch(os.path.normpath(file["filename"]), "*/shim/" + aim) for aim in sys.argv[1:])]
count, covered = (sum(each[key] for each in lines) for key in ("count", "covered"))
print(f"{100 * covered // max(count, 1)} % of the {count} lines aimed at")' $patterns
}

fuzz_one() { # fuzz_one NAME
    local name=$1 fuzzer=$build/test/fuzz/fuzz_$1 log=$work/$1.log options=() dictionary runs input
    mkdir -p "$work/corpus/$name"
    case $name in anchors | audit_scan | explain) options=("-dict=$root/test/fuzz/pem.dict") ;; esac
    for dictionary in "$root/test/fuzz/$name.dict" "$work/seeds/$name.dict"; do
        [ -f "$dictionary" ] && options=("-dict=$dictionary")
    done
    for seeds in "$root/test/fuzz/seeds/$name" "$work/seeds/$name"; do
        [ -d "$seeds" ] && options+=("$seeds")
    done
    if LLVM_PROFILE_FILE=/dev/null "$fuzzer" -max_total_time="$seconds" -timeout=20 -rss_limit_mb=1024 \
        -max_len=65536 -len_control=10 -artifact_prefix="$work/$name-" -print_final_stats=1 \
        "$work/corpus/$name" "${options[@]}" >"$log" 2>&1; then
        runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")
        printf 'fuzz: %-14s ok, %9s inputs in %s s, %s\n' "$name" "$runs" "$seconds" "$(coverage "$name")"
        return 0
    fi
    input=$(sed -n 's/.*Test unit written to //p' "$log" | tail -1)
    printf 'fuzz: %-14s FAILED: %s\n' "$name" "$(grep -m1 -E 'ERROR: |runtime error|DEADLY' "$log" || tail -1 "$log")"
    echo "fuzz:   again with: $fuzzer ${input:-(no input was written)}"
    echo "fuzz:   log: $log"
    return 1
}

mkdir -p "$work/corpus"
if [ "${AVS_FUZZ_ONE:-}" ]; then # this script calls itself, once for each
    fuzz_one "$AVS_FUZZ_ONE"
    exit
fi
if [ ${#names[@]} -eq 0 ]; then
    mapfile -t names < <(find "$build/test/fuzz" -maxdepth 1 -name 'fuzz_*' -type f -executable -printf '%f\n' | sed 's/^fuzz_//' | sort)
fi
if [ ${#names[@]} -eq 0 ]; then
    echo "fuzz: no fuzzer in $build/test/fuzz (configure with clang and -DAVS_BUILD_FUZZERS=ON)" >&2
    exit 1
fi
rm -rf "$work/seeds"
/usr/bin/python3 "$root/test/fuzz/make_seeds.py" "$work/seeds"
printf '%s\n' "${names[@]}" | AVS_FUZZ_ONE='' xargs -P "$(nproc)" -I{} env AVS_FUZZ_ONE={} "$0" "$build" "$seconds"
