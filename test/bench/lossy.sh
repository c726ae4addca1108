#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Goodput over a path with a round trip of 100 ms and 1 % loss, beside libcurl: lossy.sh BUILD-DIR. In
# a network namespace of its own: needs root, and a kernel with sch_netem.
set -euo pipefail
skip() {
    printf '{"bench": "transport", "figure": "lossy", "unit": "MB/s", "skipped": "%s"}\n' "$1"
    exit 0
}
path='ip link set lo mtu 1500 up && tc qdisc add dev lo root netem delay 50ms loss 1%'
[ "$(id -u)" -eq 0 ] || skip "needs root"
unshare --net sh -c "$path" 2>/dev/null || skip "this kernel has no netem"
exec unshare --net sh -c "$path"' && exec "$@"' sh env BENCH_FIGURES=lossy \
    "$(dirname "$0")/transport.sh" "$(realpath "$1")"
