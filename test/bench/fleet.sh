#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# judge over many pieces of evidence: files a second of one core, and memory; the corpus over and
# over, as files and as JSON lines; CPU time, the least of RUNS. fleet.sh BUILD-DIR
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

python3 - "$1/shim/avs-shim" "$work" "${RUNS:-5}" "${FLEET_FILES:-20000}" <<'PYTHON'
import json, os, pathlib, subprocess, sys

shim, work, runs, count = sys.argv[1], pathlib.Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])
pieces = [file.read_bytes() for file in sorted(pathlib.Path("test/corpus/evidence").glob("*.json"))]
folder, lines = work / "fleet", work / "fleet.jsonl"
folder.mkdir()
with open(lines, "w") as out:
    for number in range(count):
        piece = pieces[number % len(pieces)]
        (folder / f"{number}.json").write_bytes(piece)
        out.write(json.dumps(json.loads(piece)) + "\n")


def measure(path):
    process = subprocess.Popen([shim, "judge", "--json", path], stdout=subprocess.DEVNULL)
    _, _, usage = os.wait4(process.pid, 0)
    process.returncode = 0
    return usage.ru_utime + usage.ru_stime, usage.ru_maxrss


for name, path in (("files", folder), ("lines", lines)):
    taken = [measure(path) for _ in range(runs)]
    line = {"bench": "fleet", "runs": runs, "command": f"avs-shim judge --json, {count} {name}"}
    print(json.dumps(line | {"figure": f"{name} a second", "unit": "1/s CPU", "value": round(count / min(t for t, _ in taken))}))
    print(json.dumps(line | {"figure": f"memory, {name}", "unit": "KiB", "value": max(kib for _, kib in taken)}))
PYTHON
