# SPDX-License-Identifier: Apache-2.0
"""Every evidence file of the corpus replays to its recorded verdict, offline."""
import json
import re

import pytest

from avs_shim import ROOT, run

CORPUS = ROOT / "test" / "corpus"
VERDICTS = json.loads((CORPUS / "verdicts.json").read_text())
FACTS_ROWS = """alpn_h2_only h2_only_close h2_frames http09_body garbage empty_reply no_close_notify
truncated reset_after_tls silent unexpected_body redirect lying_version bad_version weird
truncated_head bad_chunk downgraded goaway_0 goaway_1 goaway_13 h2_stream no_h2 http_400 http_403
http_404 http_405 http_421 http_426 http_464 http_503 http_505""".split()


def test_every_file_has_a_verdict_and_the_reverse():
    assert sorted(path.stem for path in (CORPUS / "evidence").glob("*.json")) == sorted(VERDICTS)


@pytest.mark.parametrize("name", sorted(VERDICTS))
def test_replays_to_its_verdict(name):
    result = run("judge", "--json", CORPUS / "evidence" / f"{name}.json")
    report = json.loads(result.stdout)
    sessions = {s["protocol"]: [s["verdict"], s["cause"], s["http"]["quirk"]]
                for s in report["sessions"]}
    assert {"verdict": report["verdict"], "cause": report["cause"],
            "sessions": sessions} == VERDICTS[name]
    assert result.returncode == report["exit_code"]


def test_every_row_of_the_quirk_table_is_in_the_corpus():
    seen = {session[2] for row in VERDICTS.values() for session in row["sessions"].values()}
    assert set(FACTS_ROWS) <= seen


def test_evidence_holds_no_secrets_and_no_paths_of_the_recording_machine():
    for path in (CORPUS / "evidence").glob("*.json"):
        text = path.read_text()
        assert not re.search(r"/tmp/|/home/|/root/|Bearer|Atza", text), path.name
