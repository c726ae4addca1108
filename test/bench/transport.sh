#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The transport beside its opponents: transport.sh BUILD-DIR. JSON lines on standard output; the
# figures and their targets are in transport.py. About six minutes; BENCH_RUNS (default 3) runs of
# each figure, their median counts. BENCH_FIGURES="sequential cancel" measures only those.
set -euo pipefail
exec /usr/bin/python3 "$(dirname "$0")/transport.py" "$(realpath "$1")"
