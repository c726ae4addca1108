#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The log inspector against grep on the same log: inspect.sh BUILD-DIR [MEGABYTES]. JSON lines.
#
# The log (1 GiB by default) comes from inspect_log.py, the same bytes each time. Both read it from
# the page cache, in turns; each figure is the least wall time of its runs, so that what else the
# machine does counts as little as it can. grep writes into a pipe: GNU grep stops at the first match
# when it writes to /dev/null. grep is taken both as the locale has it and in the C locale.
set -euo pipefail
build=$(cd "$1" && pwd)
megabytes=${2:-1024}
runs=${INSPECT_BENCH_RUNS:-5}
cd "$(dirname "$0")"
log=$(mktemp "${TMPDIR:-/tmp}/avs-inspect-bench.XXXXXX")
times=$(mktemp)
trap 'rm -f "$log" "$times"' EXIT
/usr/bin/python3 inspect_log.py "$megabytes" "$log"
cat "$log" >/dev/null

pattern='SSL|curl|CURL'
TIMEFORMAT=%R
timed() { # timed NAME COMMAND...: append "NAME SECONDS"
    local name=$1 seconds
    shift
    seconds=$({ time "$@" 2>/dev/null | cat >/dev/null; } 2>&1)
    echo "$name $seconds" >>"$times"
}
for ((i = 0; i < runs; i++)); do
    timed grep grep -cE "$pattern" "$log"
    timed grep_c env LC_ALL=C grep -cE "$pattern" "$log"
    timed inspect "$build/shim/avs-shim" inspect --json "$log" || true
done
least() {
    awk -v name="$1" '$1 == name && (best == "" || $2 < best) { best = $2 } END { print best }' \
        "$times"
}
figure() { # figure NAME VALUE UNIT
    printf '{"bench": "inspect", "figure": "%s", "value": %s, "unit": "%s", "command": "%s"}\n' \
        "$1" "$2" "$3" "test/bench/inspect.sh BUILD_DIR $megabytes"
}
ratio() {
    awk -v ours="$1" -v theirs="$2" 'BEGIN { printf "%.3f", ours / theirs }'
}
inspect=$(least inspect) grep=$(least grep) grep_c=$(least grep_c)
figure inspect_wall "$inspect" s
figure "grep_wall (LANG=${LC_ALL:-${LANG:-unset}})" "$grep" s
figure "grep_wall (LC_ALL=C)" "$grep_c" s
figure "ratio to grep (LANG=${LC_ALL:-${LANG:-unset}}), wanted <= 1.0" "$(ratio "$inspect" "$grep")" ratio
figure "ratio to grep (LC_ALL=C), wanted <= 1.0" "$(ratio "$inspect" "$grep_c")" ratio
rss=$(/usr/bin/python3 - "$build/shim/avs-shim" "$log" <<'EOF'
import resource, subprocess, sys
subprocess.run([sys.argv[1], "inspect", sys.argv[2]], stdout=subprocess.DEVNULL)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
EOF
)
figure "peak memory, wanted < 16384" "$rss" KiB
figure "lines that grep counts" "$(grep -cE "$pattern" "$log" | cat)" lines
figure "findings, wanted 3" \
    "$("$build/shim/avs-shim" inspect --json "$log" | grep -c '"certainty"' || true)" findings
