#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# What the configuration costs: lint and set of a file of 1 MiB, the ceiling, and of the shipped
# size; times are CPU time, the least of RUNS. conf.sh BUILD-DIR
set -euo pipefail
shim=$1/shim/avs-shim
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

python3 - "$shim" "$work" "${RUNS:-15}" <<'EOF'
import ctypes, json, os, sys, time

shim, work, runs = sys.argv[1], sys.argv[2], int(sys.argv[3])
library = ctypes.CDLL(os.path.join(os.path.dirname(shim), "libavs-doctor.so"))
LIMIT = 1 << 20


def section(number):
    return ('    "section%d":{\n        // a comment, as the shipped file has them\n'
            '        "databaseFilePath":"/tmp/database%d.db",\n        "number":%d,\n'
            '        "list":["en-US","de-DE",["ja-JP","es-US"]]\n    },\n' % (number, number, number))


def make(size):
    text, number = "{\n", 0
    last = '    "sampleApp":{\n        "displayCardsSupported":true\n    }\n}\n'
    while len(text) + len(section(number)) + len(last) <= size - 400:
        text += section(number)
        number += 1
    return text + last


files = {"shipped size": make(6000), "1 MiB": make(LIMIT),
         "1 MiB of brackets": "[" * 60 + "[]," * ((LIMIT - 800) // 3) + "0" + "]" * 60,
         "1 MiB of members": "{" + ",".join('"k%d":%d' % (i, i) for i in range(65000)) + "}"}
files["1 MiB of brackets"] = '{"a":' + files["1 MiB of brackets"] + "}"


def measure(function):
    best = float("inf")
    for _ in range(runs):
        begin = time.thread_time()
        function()
        best = min(best, time.thread_time() - begin)
    return best * 1000


for name, text in files.items():
    path = os.path.join(work, "config.json").encode()
    with open(path, "w") as stream:
        stream.write(text)
    paths = (ctypes.c_char_p * 1)(path)
    result = ctypes.c_void_p()

    def load():
        assert library.avs_config_load(paths, ctypes.c_size_t(1), ctypes.byref(result), None) == 0
        library.avs_config_free(result)

    def lint():
        assert library.avs_config_lint(paths, ctypes.c_size_t(1), None, ctypes.byref(result), None) == 0
        library.avs_config_report_free(result)

    def plan():
        assert library.avs_config_plan_set(paths, ctypes.c_size_t(1), None, b"https://h",
                                           ctypes.byref(result), None) == 0
        library.avs_config_plan_free(result)

    for figure, function in (("load and resolve", load), ("lint", lint), ("plan set", plan)):
        value = measure(function)
        line = {"bench": "conf", "figure": f"{figure}, {name}", "value": round(value, 3), "unit": "ms CPU",
                "bytes": len(text), "runs": runs, "target": 10.0, "met": value < 10.0, "command": f"avs_config: {figure}"}
        print(json.dumps(line))
EOF
