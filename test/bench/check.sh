#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Whole-process cost of `avs-shim check --http2-only` beside `curl --http2` doing the same request,
# both with the system CA bundle, in turn. check.sh BUILD-DIR
# The stand-in's root is appended to a copy of the system bundle, so that both load all of it.
set -euo pipefail
shim=$1/shim/avs-shim
work=$(mktemp -d)
"$shim" standin --dir "$work/pki" --json >"$work/standin.json" &
standin=$!
trap 'kill $standin 2>/dev/null; wait $standin 2>/dev/null || true; rm -rf "$work"' EXIT
for _ in $(seq 100); do [ -s "$work/standin.json" ] && break; sleep 0.05; done
cat /etc/ssl/certs/ca-certificates.crt "$work/pki/ca.pem" >"$work/bundle.pem"

python3 - "$shim" "$work" "${RUNS:-15}" "$1/test/bench/bench_floor" <<'EOF'
import json, os, re, resource, shutil, statistics, subprocess, sys, time

shim, work, runs, floor = sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4]
port = json.load(open(f"{work}/standin.json"))["port"]
commands = {
    "shim": [shim, "check", "--http2-only", "--endpoint", "https://ok.localhost", "--connect-to",
             f"127.0.0.1:{port}", "--ca-file", f"{work}/bundle.pem", "--ats-roots",
             f"{work}/pki/ats-roots.pem"],
    "curl": ["curl", "--http2", "-sS", "-o", "/dev/null", "--cacert", f"{work}/bundle.pem",
             "--connect-to", f"::127.0.0.1:{port}", "https://ok.localhost/"],
}
figures = {"wall": {name: [] for name in commands}, "cpu": {name: [] for name in commands}}
for turn in range(runs + 1):
    for name, command in commands.items():
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        begin = time.perf_counter()
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        end = time.perf_counter()
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        if turn > 0:  # the first turn warms up
            figures["wall"][name].append((end - begin) * 1000)
            figures["cpu"][name].append(1000 * (after.ru_utime + after.ru_stime
                                                - before.ru_utime - before.ru_stime))
for what, target in (("wall", 1.0), ("cpu", 0.30)):
    table = figures[what]
    ratio = statistics.median(a / b for a, b in zip(table["shim"], table["curl"]))
    print(json.dumps({
        "bench": "check", "figure": f"check --http2-only, system bundle: whole-process {what}",
        "ours": round(statistics.median(table["shim"]), 2),
        "curl": round(statistics.median(table["curl"]), 2), "unit": "ms",
        "ratio": round(ratio, 3), "target": target, "met": ratio <= target, "runs": runs,
        "command": "avs-shim check --http2-only, curl --http2, in turn"}))


def instructions(*command):
    result = subprocess.run(["valgrind", "--tool=callgrind",
                             f"--callgrind-out-file={work}/callgrind.out", *command],
                            check=True, capture_output=True, text=True)
    return int(re.search(r"Collected : (\d+)", result.stderr).group(1))


if shutil.which("valgrind") and os.path.exists(floor):
    url = f"https://localhost:{port}"
    ours = instructions(shim, "check", "--http2-only", "--endpoint", url, "--ca-file",
                        f"{work}/bundle.pem", "--ats-roots", f"{work}/pki/ats-roots.pem")
    bare = instructions(floor, "--url", url, "--ca", f"{work}/pki/amazon-root-ca-1.pem",
                        "--count", "1")
    print(json.dumps({
        "bench": "check", "figure": "check --http2-only, system bundle: whole-process instructions",
        "ours": ours, "floor": bare, "unit": "instructions", "ratio": round(ours / bare, 3),
        "target": 1.6, "met": ours <= 1.6 * bare,
        "command": "valgrind --tool=callgrind; floor: a bare nghttp2 and OpenSSL client, one CA"}))
EOF
