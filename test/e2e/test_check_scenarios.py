# SPDX-License-Identifier: Apache-2.0
"""check against every scenario of the stand-in: the verdict that the scenario's row demands, and the
same again from the evidence file, offline."""
import json

import pytest

from avs_shim import Standin, run

ROWS = json.loads(run("standin", "--list", "--json").stdout)["scenarios"]
EXIT_CODES = {"ready": 0, "not_ready": 1, "inconclusive": 3}


@pytest.fixture(scope="module")
def standin():
    with Standin() as running:
        yield running


def test_there_are_scenarios():
    assert len(ROWS) > 60


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["name"])
def test_verdict_is_what_the_scenario_demands(standin, row, tmp_path):
    evidence = tmp_path / "evidence.json"
    checked = standin.check(row["sni"], "--json", "--timeout", "2", "--evidence", evidence)
    assert checked.stderr == ""
    report = json.loads(checked.stdout)
    got = {"readiness": report["verdict"]}
    want = {"readiness": row["readiness"]}
    for key, protocol in (("h2", "h2"), ("http1", "http/1.1")):
        session = next(s for s in report["sessions"] if s["protocol"] == protocol)
        got[key] = {"verdict": session["verdict"], "cause": session["cause"] or "none",
                    "quirk": session["http"]["quirk"]}
        want[key] = row[key]
    assert got == want
    assert checked.returncode == report["exit_code"] == EXIT_CODES[row["readiness"]]

    replayed = run("judge", "--json", evidence)
    assert json.loads(replayed.stdout) == report
    assert replayed.returncode == checked.returncode
