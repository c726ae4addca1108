#!/usr/bin/env python3
"""Record the corpus: one evidence file for each scenario of the stand-in, and what is judged.

    AVS_BUILD_DIR=build test/corpus/record.py [--all | SCENARIO...]

Records the scenarios named (--all: every one; none: only those without a file) and writes the
verdict of every evidence file anew. Evidence from the field is added by hand: a file in evidence/."""
import json
import os
import pathlib
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "support"))
from avs_shim import Standin, run  # noqa: E402

FOLDER = HERE / "evidence"
WITHOUT_STANDIN = {
    "dns": ["--endpoint", "https://no-such-host.invalid"],
    "refused": ["--connect-to", "127.0.0.1:1"],
    "no-ca-file": ["--ca-file", "missing.pem"],
}


def summary(path):
    report = json.loads(run("judge", "--json", path).stdout)
    return {"verdict": report["verdict"], "cause": report["cause"],
            "sessions": {s["protocol"]: [s["verdict"], s["cause"], s["http"]["quirk"]]
                         for s in report["sessions"]}}


def record(is_wanted):
    with Standin() as standin:
        os.symlink(standin.dir, "pki")  # so that the evidence names no temporary folder
        standin.dir = pathlib.Path("pki")
        for row in filter(lambda row: is_wanted(row["name"]),
                          json.loads(run("standin", "--list", "--json").stdout)["scenarios"]):
            standin.check(row["sni"], "--timeout", "2", "--evidence", FOLDER / f"{row['name']}.json")
    for name, arguments in WITHOUT_STANDIN.items():
        if is_wanted(name):
            run("check", "--evidence", FOLDER / f"{name}.json", *arguments)


def main():
    wanted = sys.argv[1:]
    FOLDER.mkdir(exist_ok=True)
    os.chdir(tempfile.mkdtemp())
    record(lambda name: wanted == ["--all"] or name in wanted
           or not (wanted or (FOLDER / f"{name}.json").exists()))
    verdicts = {path.stem: summary(path) for path in FOLDER.glob("*.json")}
    lines = [f" {json.dumps(name)}: {json.dumps(verdicts[name])}" for name in sorted(verdicts)]
    (HERE / "verdicts.json").write_text("{\n" + ",\n".join(lines) + "\n}\n")


if __name__ == "__main__":
    main()
