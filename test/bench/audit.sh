#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Wall time of `avs-shim trust audit` of this machine, the whole process, best and median of the
# runs. audit.sh BUILD-DIR
set -euo pipefail
python3 - "$1/shim/avs-shim" "${RUNS:-25}" <<'PY'
import json, resource, statistics, subprocess, sys, time

shim, runs = sys.argv[1], int(sys.argv[2])
times = []
before = resource.getrusage(resource.RUSAGE_CHILDREN)
for _ in range(runs + 1):
    begin = time.perf_counter()
    report = subprocess.run([shim, "trust", "audit", "--json"], stdout=subprocess.PIPE)
    times.append((time.perf_counter() - begin) * 1000)
after = resource.getrusage(resource.RUSAGE_CHILDREN)
cpu = 1000 * (after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime) / (runs + 1)
stores = json.loads(report.stdout)["stores"]
for figure, value, unit, target in (
        ("wall, best", min(times[1:]), "ms", 50),
        ("wall, median", statistics.median(times[1:]), "ms", None),
        ("cpu, mean", cpu, "ms", None),
        ("certificates looked at", sum(store["certificates"] for store in stores), "certificates", None)):
    line = {"bench": "audit", "figure": figure, "value": round(value, 2), "unit": unit, "runs": runs,
            "command": "avs-shim trust audit --json"}
    print(json.dumps(line | ({"target": target, "met": value <= target} if target else {})))
PY
