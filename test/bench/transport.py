# SPDX-License-Identifier: Apache-2.0
"""Runs every figure of the transport against one server, opponents in turn within each run, and
prints one JSON line for each: ours, stock (libcurl as the SDK's transport uses it), right (libcurl
done right), floor (h2load, or a bare nghttp2 loop), the target and whether it is met. A run's value
is the best of TRIES, so that other work on the machine counts less, but the median for stock, which
no target refers to and which now and then is lucky with its 50 ms; the figure is the median of the
runs."""
import json
import os
import pathlib
import re
import signal
import statistics
import subprocess
import sys
import tempfile

from relay import Relay

BUILD = pathlib.Path(sys.argv[1]) / "test" / "bench"
RUNS = max(1, int(os.environ.get("BENCH_RUNS", "3")))
TRIES = 3
ONLY = os.environ.get("BENCH_FIGURES", "").split()
SYSTEM_BUNDLE = "/etc/ssl/certs/ca-certificates.crt"
DEAD_LIMIT_S = 45
NAMES = ",".join(["DNS:localhost"] + [f"DNS:c{i}.localhost" for i in range(21)])
ENVIRONMENT = {key: value for key, value in os.environ.items() if "proxy" not in key.lower()}


def out(*words, **options):
    return subprocess.run([str(word) for word in words], check=True, capture_output=True,
                          text=True, env=ENVIRONMENT, timeout=300, **options)


class Server:
    """One bench_server and the driver's words for it."""

    def __init__(self, folder, bundle):
        self.ca = folder / bundle
        self.process = subprocess.Popen([BUILD / "bench_server", folder / "ca.pem",
                                         folder / "key.pem"], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, text=True)
        self.port = int(self.process.stdout.readline())
        self.base = f"https://localhost:{self.port}"

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGCONT)
        self.process.stdin.close()
        self.process.wait(10)

    def words(self, program, figure=None, count=None, base=None):
        words = [BUILD / f"bench_{program}"] + ([figure] if figure else [])
        words += ["--url", base or self.base, "--ca", self.ca]
        return words + (["--count", count] if count else [])

    def measure(self, program, figure=None, count=None):
        return float(out(*self.words(program, figure, count)).stdout)


def make_certificate(folder):
    out("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
        "-nodes", "-keyout", folder / "key.pem", "-out", folder / "ca.pem", "-days", "2",
        "-subj", "/CN=avs-shim bench", "-addext", f"subjectAltName={NAMES}",
        "-addext", "keyUsage=digitalSignature,keyCertSign")
    bundle = (folder / "ca.pem").read_text()
    if os.path.exists(SYSTEM_BUNDLE):
        bundle = pathlib.Path(SYSTEM_BUNDLE).read_text() + bundle
    (folder / "bundle.pem").write_text(bundle)


# ---------------------------------------------------------------- h2load

UNITS = {"us": 1e-3, "ms": 1.0, "s": 1e3}


def in_ms(text):
    number, unit = re.fullmatch(r"([\d.]+)(us|ms|s)", text).groups()
    return float(number) * UNITS[unit]


def h2load(server, path, *arguments):
    text = out("h2load", *arguments, server.base + path).stdout
    if not re.search(r" 0 failed, 0 errored", text):
        raise RuntimeError("h2load failed:\n" + text)
    mean = re.search(r"time for request:\s+\S+\s+\S+\s+(\S+)", text).group(1)
    total = re.search(r"finished in (\S+),", text).group(1)
    return in_ms(mean), in_ms(total)


def h2load_sequential(server):
    return h2load(server, "/get", "-n", "2000", "-c", "1", "-m", "1")[0]


def h2load_burst(server):
    return h2load(server, "/get", "-n", "100", "-c", "1", "-m", "100")[1]


def h2load_down(server):
    ms, _ = h2load(server, "/down", "-n", "1", "-c", "1", "-w", "30", "-W", "30")
    return 64 * 2**20 / 1e3 / ms


def h2load_up(server):
    with tempfile.NamedTemporaryFile() as file:
        file.truncate(16 * 2**20)
        ms, _ = h2load(server, "/up", "-n", "1", "-c", "1", "-d", file.name)
    return 16 * 2**20 / 1e3 / ms


def bare(server):
    return server.measure("floor")


def bare_memory(server):
    return float(out(*server.words("floor"), "--connections", "20").stdout)


# ---------------------------------------------------------------- the figures

def at_most(limit):
    return lambda got: got["ours"] <= limit


# name, unit, bundle, (stock, right) counts (None: not measured), floor, target in words, the test
FIGURES = [
    ("sequential", "ms p50", "ca.pem", (60, 1000), h2load_sequential,
     "<= 1.1 x floor (h2load) and <= 0.6 x right",
     lambda got: got["ours"] <= 1.1 * got["floor"] and got["ours"] <= 0.6 * got["right"]),
    ("random", "ms p50", "ca.pem", (30, 30), None, "<= 0.8 x right",
     lambda got: got["ours"] <= 0.8 * got["right"]),
    ("burst", "ms p50 for 100 GETs", "ca.pem", (10, 20), h2load_burst, "<= floor (h2load)",
     lambda got: got["ours"] <= got["floor"]),
    ("idle", "wake-ups per second", "ca.pem", (3, 3), None, "0", at_most(0)),
    ("down", "MB/s of 64 MiB", "ca.pem", (1, 1), h2load_down, ">= floor (h2load)",
     lambda got: got["ours"] >= got["floor"]),
    ("up", "MB/s of 16 MiB", "ca.pem", (1, 1), h2load_up, ">= floor (h2load)",
     lambda got: got["ours"] >= got["floor"]),
    ("memory", "kB for each further client with its thread and connection, system bundle",
     "bundle.pem", (20, 20), None, "<= 100", at_most(100)),
    ("memory-origin", "kB for each further connection of one client, system bundle", "bundle.pem",
     (20, 20), bare_memory, "<= 60", at_most(60)),
    ("reconnect", "ms p50 to the answer after a drop, system bundle", "bundle.pem", (10, 10), None,
     None, None),
    ("reconnect-cpu", "ms p50 of CPU for it", "bundle.pem", (10, 10), None, "<= 2", at_most(2)),
    ("cancel", "ms p99 to on_finished", "ca.pem", (20, 300), None, "<= 1", at_most(1)),
]


def report(figure, unit, got, target, met, command):
    line = {"bench": "transport", "figure": figure}
    for key in ("ours", "stock", "right", "floor", "bare"):
        if key in got:
            line[key] = None if got[key] is None else round(got[key], 4)
    line.update(unit=unit, target=target, met=met, runs=RUNS, command=command)
    print(json.dumps(line), flush=True)


def best(who, unit, measure):
    values = [measure() for _ in range(TRIES)]
    if who == "stock":
        return statistics.median(values)
    return max(values) if unit.startswith("MB/s") else min(values)


def run_figure(folder, name, unit, bundle, counts, floor, target, is_met):
    runs = []
    with Server(folder, bundle) as server:
        opponents = {"ours": lambda: server.measure("ours", name),
                     "stock": lambda: server.measure("stock", name, counts[0]),
                     "right": lambda: server.measure("right", name, counts[1])}
        if floor:
            opponents["floor"] = lambda: floor(server)
        if name == "sequential":
            opponents["bare"] = lambda: bare(server)
        for _ in range(RUNS):
            runs.append({who: best(who, unit, measure) for who, measure in opponents.items()})
    got = {who: statistics.median(run[who] for run in runs) for who in runs[0]}
    report(name, unit, got, target, is_met(got) if is_met else None,
           f"bench_ours {name} --url URL --ca {bundle}")


def run_dead(folder, figure, limit_s, target):
    """The server is stopped under open downchannels; -1 from a driver is 'not within the limit'."""
    programs = ["ours"] * RUNS + ["stock", "right"]
    with Server(folder, "ca.pem") as server:
        drivers = [subprocess.Popen([str(word) for word in
                                     server.words(program, figure, DEAD_LIMIT_S)],
                                    stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                    stderr=subprocess.PIPE, text=True, env=ENVIRONMENT)
                   for program in programs]
        for driver in drivers:
            if "ready" not in driver.stderr.readline():
                raise RuntimeError(f"{driver.args} is not ready")
        server.process.send_signal(signal.SIGSTOP)
        for driver in drivers:
            driver.stdin.write("\n")
            driver.stdin.flush()
        answers = [float(driver.communicate(timeout=DEAD_LIMIT_S + 30)[0]) for driver in drivers]
    ours = [answer if answer >= 0 else float("inf") for answer in answers[:RUNS]]
    got = {"ours": statistics.median(ours)}
    got.update((program, answer if answer >= 0 else None)
               for program, answer in zip(("stock", "right"), answers[RUNS:]))
    if got["ours"] == float("inf"):
        got["ours"] = None
    report(figure, f"s until noticed; null: not within {DEAD_LIMIT_S} s", got, target,
           got["ours"] is not None and got["ours"] <= limit_s,
           f"bench_ours {figure} --url URL --ca ca.pem, server stopped by SIGSTOP")


def instructions(server, program, figure, count, folder):
    """What one sequential GET costs: the difference of two runs, so that start-up cancels out."""
    totals = []
    for requests in (count, count + 800):
        text = out("valgrind", "--tool=callgrind",
                   f"--callgrind-out-file={folder}/callgrind.out",
                   *server.words(program, figure, requests)).stderr
        totals.append(int(re.search(r"Collected : (\d+)", text).group(1)))
    return (totals[1] - totals[0]) / 800


def run_instructions(folder):
    with Server(folder, "ca.pem") as server:
        ours = statistics.median(instructions(server, "ours", "sequential", 200, folder)
                                 for _ in range(RUNS))
        floor = statistics.median(instructions(server, "floor", None, 200, folder)
                                  for _ in range(RUNS))
    report("instructions", "per sequential GET, the client's whole process",
           {"ours": ours, "floor": floor}, "<= 1.15 x floor (bare nghttp2 loop)",
           ours <= 1.15 * floor, "valgrind --tool=callgrind bench_ours sequential")


ROUND_TRIP_S = 0.1


def run_far(folder):
    """A large download over a long way, default options, against libcurl done right."""
    with Server(folder, "ca.pem") as server, Relay(server.port, ROUND_TRIP_S) as relay:
        base = f"https://localhost:{relay.port}"
        runs = [{program: float(out(*server.words(program, "down", base=base)).stdout)
                 for program in ("ours", "right")} for _ in range(RUNS)]
    got = {who: statistics.median(run[who] for run in runs) for who in runs[0]}
    report("far", "MB/s of 64 MiB, round trip 100 ms, no loss", got, ">= right",
           got["ours"] >= got["right"], "bench_ours down --url URL of a relay that delays by 50 ms each way")


STORM = (250, 1000)  # clients


def run_storm(folder):
    """Everybody comes back at once: four times as many may take four times as long, and one dial each."""
    runs = []
    with Server(folder, "ca.pem") as server:
        for _ in range(RUNS):
            runs.append([[float(word) for word in out(*server.words("storm", count=count)).stdout.split()]
                         for count in STORM])
    each = [[ms / count for (ms, _, _), count in zip(run, STORM)] for run in runs]
    few, many = (statistics.median(run[i] for run in each) for i in range(2))
    report("storm", f"ms each until {STORM[1]} clients of one process are served again",
           {"ours": many, "floor": few}, f"<= 1.25 x floor ({STORM[0]} clients)", many <= 1.25 * few,
           f"bench_storm --url URL --ca ca.pem --count {STORM[1]}")
    dials = max(run[1][1] / STORM[1] for run in runs)
    report("storm-dials", "dials of each client after the drop", {"ours": dials}, "1", dials == 1,
           f"bench_storm --url URL --ca ca.pem --count {STORM[1]}")


def run_lossy(folder):
    """lossy.sh has made the path."""
    with Server(folder, "ca.pem") as server:
        runs = [{program: server.measure(program, "lossy") for program in ("ours", "right")}
                for _ in range(RUNS)]
    got = {who: statistics.median(run[who] for run in runs) for who in runs[0]}
    report("lossy", "MB/s of 4 MiB, round trip 100 ms, 1 % loss", got, ">= right",
           got["ours"] >= got["right"], "test/bench/lossy.sh BUILD_DIR")


def main():
    with tempfile.TemporaryDirectory(prefix="avs-bench-") as name:
        folder = pathlib.Path(name)
        make_certificate(folder)
        for figure in FIGURES:
            if not ONLY or figure[0] in ONLY:
                run_figure(folder, *figure)
        if not ONLY or "dead-idle" in ONLY:
            run_dead(folder, "dead-idle", 35.5, "<= 35, to within 0.5")
        if not ONLY or "dead-traffic" in ONLY:
            run_dead(folder, "dead-traffic", 5.5, "<= 5, to within 0.5")
        for name, run in (("far", run_far), ("storm", run_storm), ("instructions", run_instructions)):
            if not ONLY or name in ONLY:
                run(folder)
        if "lossy" in ONLY:
            run_lossy(folder)


main()
