#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# What a fleet's plan costs: rows of a name alone, a million of them (ROWS), as text, as JSON lines
# and as totals; CPU time, and the memory at its most
# (a bound from above: the parent counts until the command is started). iot.sh BUILD-DIR
set -euo pipefail
shim=$1/shim/avs-shim
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

python3 - "$shim" "$work/devices.csv" "${ROWS:-1000000}" <<'EOF'
import json, os, subprocess, sys

shim, path, rows = sys.argv[1], sys.argv[2], int(sys.argv[3])
with open(path, "w") as stream:
    stream.write("name,endpoint\n")
    for i in range(rows):
        mark = "-ats" if i % 3 else ""
        region = ("us-east-1", "eu-west-1", "ap-south-1")[i % 3]
        stream.write(f"device-{i},a{i % 10000}{mark}.iot.{region}.amazonaws.com\n")

for options in ([], ["--json"], ["--summary"]):
    process = subprocess.Popen([shim, "iot", "plan", *options, path], stdout=subprocess.DEVNULL)
    _, _, usage = os.wait4(process.pid, 0)
    cpu = usage.ru_utime + usage.ru_stime
    command = " ".join(["avs-shim iot plan", *options])
    print(json.dumps({"bench": "iot", "figure": f"rows a second, {' '.join(options) or 'text'}",
                      "value": round(rows / cpu), "unit": "rows/s CPU", "rows": rows,
                      "target": 50000, "met": rows / cpu >= 50000, "command": command}))
    print(json.dumps({"bench": "iot", "figure": f"memory, {' '.join(options) or 'text'}",
                      "value": usage.ru_maxrss, "unit": "KiB", "rows": rows, "target": 16384,
                      "met": usage.ru_maxrss < 16384, "command": command}))
EOF
