#!/usr/bin/env python3
"""Record the corpus anew: one evidence file for each scenario of the stand-in, and what was judged.

    AVS_BUILD_DIR=build test/corpus/record.py

Evidence from the field is added by hand: a file in evidence/ and its line in verdicts.json."""
import json
import os
import pathlib
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "support"))
from avs_shim import Standin, run  # noqa: E402


def summary(report):
    return {"verdict": report["verdict"], "cause": report["cause"],
            "sessions": {s["protocol"]: [s["verdict"], s["cause"], s["http"]["quirk"]]
                         for s in report["sessions"]}}


def main():
    verdicts = {}
    folder = HERE / "evidence"
    folder.mkdir(exist_ok=True)
    os.chdir(tempfile.mkdtemp())
    with Standin() as standin:
        os.symlink(standin.dir, "pki")  # so that the evidence names no temporary folder
        standin.dir = pathlib.Path("pki")
        for row in json.loads(run("standin", "--list", "--json").stdout):
            path = folder / f"{row['name']}.json"
            result = standin.check(row["sni"], "--timeout", "2", "--json", "--evidence", path)
            verdicts[row["name"]] = summary(json.loads(result.stdout))
    for name, arguments in {
        "dns": ["--endpoint", "https://no-such-host.invalid"],
        "refused": ["--connect-to", "127.0.0.1:1"],
        "no-ca-file": ["--ca-file", "missing.pem"],
    }.items():
        result = run("check", "--json", "--evidence", folder / f"{name}.json", *arguments)
        verdicts[name] = summary(json.loads(result.stdout))
    lines = [f" {json.dumps(name)}: {json.dumps(verdicts[name])}" for name in sorted(verdicts)]
    (HERE / "verdicts.json").write_text("{\n" + ",\n".join(lines) + "\n}\n")


if __name__ == "__main__":
    main()
