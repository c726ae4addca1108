# SPDX-License-Identifier: Apache-2.0
"""--html in a real browser, at the width of a phone and of a desk, light and dark: no line on the
console, nothing loaded, nothing beside the screen, nothing that axe-core finds."""
import json
import pathlib
import subprocess

import pytest

from avs_shim import ROOT, run

HERE = pathlib.Path(__file__).parent
EVIDENCE = ROOT / "test" / "corpus" / "evidence"
HOSTILE = "</title></svg></script><script>document.title='owned'</script><img src=x onerror=alert(1)>"


def browse(page, tmp_path):
    result = subprocess.run(["node", HERE / "browse.mjs", page, tmp_path], capture_output=True,
                            text=True, timeout=600)
    assert result.returncode == 0, result.stderr
    said = json.loads(result.stdout)
    assert said["console"] == [] and said["violations"] == []
    assert {request.split("?")[0] for request in said["requests"]} == {page.as_uri()}
    assert said["overflow"] == [0, 0, 0, 0]
    for state in said["pages"]:
        assert state["buttons"] == state["commands"]  # the script ran under the page's own policy
        assert "img" not in state["elements"] and "iframe" not in state["elements"]
    assert all((tmp_path / f"{width}-{scheme}.png").stat().st_size > 10000
               for width in (390, 1280) for scheme in ("light", "dark"))
    return said


@pytest.mark.parametrize("name", ["ats-test", "untrusted-root", "expired", "dns", "long-chain"])
def test_a_check(name, tmp_path):
    page = tmp_path / "page.html"
    run("judge", EVIDENCE / f"{name}.json", "--html", page)
    browse(page, tmp_path)


def test_hostile_names(tmp_path):
    document = json.loads((EVIDENCE / "untrusted-root.json").read_text())
    document["evidence"]["endpoint"] = document["evidence"]["library"] = HOSTILE[:60]
    for session in document["evidence"]["session"]:
        for certificate in session["tls"]["chain"]:
            certificate["subject"] = certificate["issuer"] = certificate["names"] = "CN=" + HOSTILE
        session["tls"]["trust"]["missing_issuer"] = HOSTILE
    (tmp_path / "e.json").write_text(json.dumps(document))
    page = tmp_path / "page.html"
    run("judge", tmp_path / "e.json", "--html", page)
    said = browse(page, tmp_path)
    assert said["pages"][0]["heading"] == HOSTILE[:60] and said["pages"][0]["scripts"] == 2


def test_an_audit(tmp_path):
    page = tmp_path / "page.html"
    run("trust", "audit", "--ca-file", ROOT / "config/roots/amazon-root-ca-1.pem", "--html", page)
    browse(page, tmp_path)
