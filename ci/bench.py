#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Every bench of test/bench as one job, from the top of the tree:

    bench.py BUILD [NAME...]                    measure; a row for each figure, its target, "short" where it is
    bench.py BUILD --against OTHER TREE [NAME...]   the same figures of two builds, in turn, and their ratio

BUILD is a Release build of this tree, OTHER one of TREE. NAME is a script of test/bench without ".sh".
The results are kept as JSON lines in BUILD/bench/, the first line describes the machine. Exits 0 when
all was measured, short or not; 1 when a bench failed."""
import json
import os
import pathlib
import platform
import re
import shutil
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
QUIET_LOAD = 0.25  # of one core, before the run
SAME = 0.03  # two figures that differ by less are the same


def first_line(*command):
    if not shutil.which(command[0]):
        return None
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    return done.stdout.strip().split("\n")[0]


def machine(tree=ROOT):
    cpu = re.search(r"^(?:model name|Model)\s*:\s*(.*)$", pathlib.Path("/proc/cpuinfo").read_text(), re.MULTILINE)
    memory = re.search(r"MemTotal:\s*(\d+) kB", pathlib.Path("/proc/meminfo").read_text())
    versions = {name: first_line("pkg-config", "--modversion", name)
                for name in ("openssl", "libnghttp2", "libcurl", "json-c")}
    tools = {name: first_line(name, "--version") for name in ("cc", "h2load", "curl", "valgrind")}
    return {"bench": "machine", "time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
            "revision": first_line("git", "-C", str(tree), "describe", "--always", "--dirty"),
            "cpu": cpu.group(1) if cpu else platform.machine(), "cores": os.cpu_count(),
            "memory_kib": int(memory.group(1)) if memory else None, "kernel": platform.release(),
            "system": platform.freedesktop_os_release().get("PRETTY_NAME"),
            "load": [round(load, 2) for load in os.getloadavg()], "libraries": versions, "tools": tools}


def value_of(line):
    for key in ("ours", "value"):
        if key in line:
            return line[key]
    return None


def number(value):
    if value is None:
        return "-"
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"


def opponents(line):
    return "  ".join(f"{name} {number(line[name])}" for name in ("floor", "bare", "right", "curl", "stock")
                     if isinstance(line.get(name), (int, float)))


def row(line):
    verdict = {True: "ok", False: "short"}.get(line.get("met"), "")
    if line.get("skipped"):
        verdict = "skipped: " + line["skipped"]
    return (f"{verdict:6} {line['bench']:10} {line.get('figure', ''):44} {number(value_of(line)):>10} "
            f"{line.get('unit', ''):24} {'target ' + str(line['target']) if line.get('target') is not None else '':12} "
            f"{opponents(line)}").rstrip()


def measure(tree, build, name):
    """The lines of one bench, and whether it ran to its end."""
    lines = []
    environment = dict(os.environ, LC_ALL="C.UTF-8")
    with subprocess.Popen([tree / "test/bench" / f"{name}.sh", build], stdout=subprocess.PIPE, text=True,
                          cwd=tree, env=environment) as process:
        for text in process.stdout:
            try:
                line = json.loads(text)
            except ValueError:
                print(f"bench {name}: not JSON: {text}", end="", file=sys.stderr)
                continue
            lines.append(line)
            yield line
    if process.returncode != 0:
        print(f"bench {name} failed with {process.returncode}", file=sys.stderr)
        yield None
    elif not lines:
        print(f"bench {name} measured nothing", file=sys.stderr)
        yield None


def names_of(tree):
    return sorted(file.stem for file in (tree / "test/bench").glob("*.sh"))


def warn_of_load():
    if os.getloadavg()[0] > QUIET_LOAD:
        print(f"bench: this machine is not quiet (load {os.getloadavg()[0]:.2f}): times mean nothing, "
              "instructions, memory and ratios of one run mean something", file=sys.stderr)


def run_one(build, names, out):
    short, failed = [], []
    for name in names:
        for line in measure(ROOT, build, name):
            if line is None:
                failed.append(name)
                continue
            out.write(json.dumps(line) + "\n")
            out.flush()
            print(row(line), flush=True)
            if line.get("met") is False:
                short.append(f"{line['bench']} {line.get('figure', '')}".rstrip())
    print(f"\n{len(short)} short" + (": " + "; ".join(short) if short else ""))
    return failed


def compared(before, after):
    if not before or after is None:
        return "", ""
    ratio = after / before
    return f"{ratio:.3f}", "same" if abs(ratio - 1) <= SAME else "more" if ratio > 1 else "less"


def run_two(build, other, tree, names, out):
    failed = []
    for name in names:
        figures = {}
        for who, place, folder in (("before", tree, other), ("after", ROOT, build)):
            if name not in names_of(place):
                continue
            for line in measure(place, folder, name):
                if line is None:
                    failed.append(f"{name} ({who})")
                    continue
                out.write(json.dumps(dict(line, revision=who)) + "\n")
                key = (line["bench"], line.get("figure", ""))
                figures.setdefault(key, {"unit": line.get("unit", "")})[who] = value_of(line)
        out.flush()
        for (bench, figure), got in figures.items():
            ratio, word = compared(got.get("before"), got.get("after"))
            print(f"{word:6} {bench:10} {figure:44} {number(got.get('before')):>10} {number(got.get('after')):>10} "
                  f"{ratio:>8} {got['unit']}", flush=True)
    return failed


def main(arguments):
    if not arguments or arguments[0].startswith("-"):
        sys.exit(__doc__)
    build, rest = pathlib.Path(arguments[0]).resolve(), arguments[1:]
    other = tree = None
    if rest[:1] == ["--against"]:
        if len(rest) < 3:
            sys.exit(__doc__)
        other, tree, rest = pathlib.Path(rest[1]).resolve(), pathlib.Path(rest[2]).resolve(), rest[3:]
    unknown = [name for name in rest if name not in names_of(ROOT)]
    if unknown:
        sys.exit(f"bench: no bench {', '.join(unknown)}; there are: {', '.join(names_of(ROOT))}")
    folder = build / "bench"
    folder.mkdir(exist_ok=True)
    path = folder / time.strftime("%Y%m%dT%H%M%SZ.jsonl", time.gmtime())
    warn_of_load()
    with open(path, "w") as out:
        about = machine()
        if other:
            about["against"] = machine(tree)["revision"]
        out.write(json.dumps(about) + "\n")
        print(f"{about['revision']}{' against ' + about['against'] if other else ''} on {about['cpu']}, "
              f"{about['cores']} cores, Linux {about['kernel']}, load {about['load'][0]}")
        names = rest or names_of(ROOT)
        failed = run_two(build, other, tree, names, out) if other else run_one(build, names, out)
        out.write(json.dumps({"bench": "machine", "load": [round(load, 2) for load in os.getloadavg()],
                              "failed": failed}) + "\n")
    print(f"kept in {os.path.relpath(path)}")
    sys.exit(bool(failed))


main(sys.argv[1:])
