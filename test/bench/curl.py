# SPDX-License-Identifier: Apache-2.0
"""What libavs-shim-curl.so does to the cost of a libcurl that knows nothing of it: CPU of a GET on a
fresh handle and memory of a further one with the shared store, and instructions when nothing fails
and the store is off. One JSON line for each."""
import json
import os
import pathlib
import re
import statistics
import subprocess
import sys
import tempfile

BUILD = pathlib.Path(sys.argv[1])
LIBRARY = BUILD / "shim" / "curl" / "libavs-shim-curl.so"
BENCH = BUILD / "test" / "bench"
RUNS = max(1, int(os.environ.get("BENCH_RUNS", "3")))
SYSTEM_BUNDLE = "/etc/ssl/certs/ca-certificates.crt"
PLAIN = {key: value for key, value in os.environ.items() if "proxy" not in key.lower()}
WATCHED = {**PLAIN, "LD_PRELOAD": str(LIBRARY)}
SHARED = {**WATCHED, "AVS_SHIM_CURL_STORE": "1"}


def out(*words, env=PLAIN):
    return subprocess.run([str(word) for word in words], check=True, capture_output=True, text=True,
                          env=env, timeout=600)


def make_certificate(folder):
    out("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
        "-keyout", folder / "key.pem", "-out", folder / "ca.pem", "-days", "2", "-subj",
        "/CN=avs-shim bench", "-addext", "subjectAltName=DNS:localhost", "-addext",
        "keyUsage=digitalSignature,keyCertSign")
    bundle = pathlib.Path(SYSTEM_BUNDLE).read_text() + (folder / "ca.pem").read_text()
    (folder / "bundle.pem").write_text(bundle)


def report(figure, unit, ours, stock, limit, met, command):
    print(json.dumps({"bench": "curl", "figure": figure, "ours": round(ours, 4), "stock": round(stock, 4),
                      "unit": unit, "target": limit, "met": met, "runs": RUNS, "command": command}),
          flush=True)


def main():
    version = out("curl", "--version").stdout.split()[1]
    with tempfile.TemporaryDirectory(prefix="avs-bench-") as name:
        folder = pathlib.Path(name)
        make_certificate(folder)
        server = subprocess.Popen([BENCH / "bench_server", folder / "ca.pem", folder / "key.pem"],
                                  stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        url = f"https://localhost:{int(server.stdout.readline())}/get"

        def measure(what, count, env):
            words = [BENCH / "bench_curl_get", what, url, folder / "bundle.pem", count]
            return statistics.median(float(out(*words, env=env).stdout) for _ in range(RUNS))

        def instructions(count, env):
            words = ["valgrind", "--tool=callgrind", f"--callgrind-out-file={folder}/out",
                     BENCH / "bench_curl_get", "cpu", url, folder / "bundle.pem", count]
            return int(re.search(r"Collected : (\d+)", out(*words, env=env).stderr).group(1))

        def per_get(env, gets):  # counted, and the same within 0.1 % each time
            return (instructions(2 + gets, env) - instructions(2, env)) / gets

        ours, stock = measure("cpu", 60, SHARED), measure("cpu", 60, PLAIN)
        report("cpu of a GET on a fresh handle", f"ms, libcurl {version}, system bundle", ours, stock,
               "<= 0.35 x stock", ours <= 0.35 * stock, "AVS_SHIM_CURL_STORE=1 LD_PRELOAD="
               "libavs-shim-curl.so bench_curl_get cpu URL bundle.pem 60")
        ours, stock = measure("memory", 20, SHARED), measure("memory", 20, PLAIN)
        report("memory of a further handle with a connection", f"kB, libcurl {version}, system bundle",
               ours, stock, "<= 150", ours <= 150, "AVS_SHIM_CURL_STORE=1 LD_PRELOAD="
               "libavs-shim-curl.so bench_curl_get memory URL bundle.pem 20")
        ours, stock = per_get(WATCHED, 2), per_get(PLAIN, 2)
        report("instructions of a GET, nothing fails, store off", f"per GET, libcurl {version}", ours,
               stock, "<= 1.02 x stock", ours <= 1.02 * stock, "LD_PRELOAD=libavs-shim-curl.so valgrind "
               "--tool=callgrind bench_curl_get cpu URL bundle.pem N")
        (folder / "bundle.pem").write_text((folder / "ca.pem").read_text())
        ours, stock = per_get(WATCHED, 20), per_get(PLAIN, 20)
        report("the same with a CA file of one certificate", f"per GET, libcurl {version}", ours, stock,
               "<= 1.02 x stock", ours <= 1.02 * stock, "as above, ca.pem")
        server.stdin.close()
        server.wait(10)


main()
