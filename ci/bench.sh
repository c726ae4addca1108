#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Run every bench of test/bench against a build: bench.sh BUILD-DIR [NAME...]
# Prints JSON lines, one figure each; nothing else goes to standard output.
set -euo pipefail
cd "$(dirname "$0")/.."
build=$(realpath "$1")
shift
names=("$@")
[ ${#names[@]} -gt 0 ] || mapfile -t names < <(basename -s .sh test/bench/*.sh)
for name in "${names[@]}"; do
    echo "== bench $name" >&2
    "./test/bench/$name.sh" "$build" || echo "bench $name failed" >&2
done
