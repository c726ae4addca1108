#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# libavs-shim-curl.so in front of the system's libcurl, with its bundle: curl.sh BUILD-DIR. JSON lines;
# the figures are in curl.py. About a minute; BENCH_RUNS (default 3) runs of each, their median counts.
set -euo pipefail
exec /usr/bin/python3 "$(dirname "$0")/curl.py" "$(realpath "$1")"
