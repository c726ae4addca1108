# SPDX-License-Identifier: Apache-2.0
"""--metrics under Prometheus' own promtool, and scraped by a real node_exporter."""
import subprocess
import time
import urllib.request

import pytest

from avs_shim import ROOT, Server, free_port, run

EVIDENCE = sorted((ROOT / "test" / "corpus" / "evidence").glob("*.json"))
ROOT_1 = ROOT / "config" / "roots" / "amazon-root-ca-1.pem"


def promtool(text):
    return subprocess.run(["promtool", "check", "metrics"], input=text, capture_output=True, text=True)


@pytest.mark.parametrize("file", EVIDENCE, ids=lambda file: file.stem)
def test_every_verdict_passes_promtool(file):
    result = promtool(run("judge", file, "--metrics", "-").stdout)
    assert (result.returncode, result.stdout + result.stderr) == (0, "")


def test_audits_and_errors_pass_promtool(tmp_path):
    for arguments in (["trust", "audit", "--ca-file", ROOT_1],
                      ["trust", "audit", "--config", tmp_path / "none.json"],
                      ["check", "--config", tmp_path / "none.json"]):
        result = promtool(run(*arguments, "--metrics", "-").stdout)
        assert (result.returncode, result.stdout + result.stderr) == (0, "")


def scrape(port):
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=60) as answer:
        return answer.read().decode()


def test_node_exporter_serves_what_was_written(tmp_path):
    for file, name in ((EVIDENCE[0], "one.prom"),
                       (ROOT / "test" / "corpus" / "evidence" / "untrusted-root.json", "two.prom")):
        run("judge", file, "--metrics", tmp_path / name)
    run("trust", "audit", "--ca-file", ROOT_1, "--metrics", tmp_path / "trust.prom")
    port = free_port()
    with Server(port, "prometheus-node-exporter", "--collector.disable-defaults",
                "--collector.textfile", f"--collector.textfile.directory={tmp_path}",
                f"--web.listen-address=127.0.0.1:{port}"):
        deadline = time.monotonic() + 60
        while "avs_shim" not in (text := scrape(port)) and time.monotonic() < deadline:
            time.sleep(0.1)
    assert "node_textfile_scrape_error 0" in text
    assert 'avs_shim_check_success{endpoint="https://untrusted-root.localhost"} 0' in text
    assert 'cause="root_missing",endpoint="https://untrusted-root.localhost"} 1' in text
    assert 'avs_shim_trust_root_present{root="Amazon Root CA 2"' in text
    assert text.count("node_textfile_mtime_seconds{") == 3
