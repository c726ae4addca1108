#!/usr/bin/env bash
# fuzz.sh BUILD-DIR [SECONDS]: every fuzzer in BUILD-DIR/test, SECONDS each (default 60). One line for
# each; a crashing input is kept in BUILD-DIR/fuzz, and the exit code is 1.
set -euo pipefail
build=$(cd "${1:?usage: fuzz.sh BUILD-DIR [SECONDS]}" && pwd)
seconds=${2:-60}
seeds=$(cd "$(dirname "$0")/.." && pwd)/test
findings=$build/fuzz
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$findings"
failed=0
found=0

for fuzzer in "$build"/test/fuzz_*; do
    if [ ! -f "$fuzzer" ] || [ ! -x "$fuzzer" ]; then
        continue
    fi
    found=1
    name=$(basename "$fuzzer")
    name=${name#fuzz_}
    corpus=$work/$name
    mkdir -p "$corpus"
    # what is there of good inputs: the corpus of evidence, and seeds by the fuzzer's name
    if [ "$name" = evidence_json ]; then
        find "$seeds/corpus" -name '*.json' -size -64k -exec cp {} "$corpus" \; 2>/dev/null || true
    fi
    [ -d "$seeds/fuzz/seeds/$name" ] && cp "$seeds/fuzz/seeds/$name"/* "$corpus"
    log=$findings/$name.log
    if "$fuzzer" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=1024 -max_len=65536 -len_control=10 \
        -artifact_prefix="$findings/$name-" -print_final_stats=1 "$corpus" >"$log" 2>&1; then
        runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")
        echo "fuzz: $name: ok, $runs inputs in $seconds s"
    else
        failed=1
        input=$(sed -n 's/.*Test unit written to //p' "$log" | tail -1)
        echo "fuzz: $name: FAILED: $(grep -m1 -E 'ERROR: |runtime error|DEADLY' "$log" || tail -1 "$log")"
        echo "fuzz:   again with: $fuzzer ${input:-(no input was written; see $log)}"
        echo "fuzz:   log: $log"
    fi
done
if [ $found = 0 ]; then
    echo "fuzz: no fuzzer in $build/test (configure with clang and -DAVS_BUILD_FUZZERS=ON)" >&2
    exit 1
fi
exit $failed
