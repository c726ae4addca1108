# SPDX-License-Identifier: Apache-2.0
"""packaging/prometheus under promtool; rules and dashboard ask for what --metrics writes."""
import json
import re
import subprocess

from avs_shim import ROOT, Standin, run

RULES = ROOT / "packaging" / "prometheus"
DASHBOARD = ROOT / "packaging" / "grafana" / "avs-shim.json"


def promtool(*arguments):
    result = subprocess.run(["promtool", *map(str, arguments)], cwd=RULES, capture_output=True,
                            text=True)
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout


def test_the_rules_and_their_tests():
    assert "rules found" in promtool("check", "rules", "avs-shim.rules.yml")
    assert "SUCCESS" in promtool("test", "rules", "avs-shim.rules.test.yml")


def test_each_alert_has_a_test():
    alerts = re.findall(r"- alert: (\w+)", (RULES / "avs-shim.rules.yml").read_text())
    tested = re.findall(r"alertname: (\w+)", (RULES / "avs-shim.rules.test.yml").read_text())
    assert alerts and set(alerts) == set(tested)


def expressions():
    yield from re.findall(r"expr: (.*)", (RULES / "avs-shim.rules.yml").read_text())
    for panel in json.loads(DASHBOARD.read_text())["panels"]:
        for target in panel["targets"]:
            yield target["expr"]


def test_every_metric_that_is_asked_for_is_written():
    with Standin() as standin:
        written = standin.check("ok.localhost", "--metrics", "-").stdout
    written += run("trust", "audit", "--metrics", "-").stdout
    names = set(re.findall(r"^([a-z_]+)\{", written, re.M)) | {"node_textfile_scrape_error"}
    asked = {name for each in expressions()
             for name in re.findall(r"\b(?:avs_shim|probe|node)_[a-z_]+", each)}
    assert len(asked) > 8 and asked - names == {"avs_shim_clock_offset_seconds"} - names
