# SPDX-License-Identifier: Apache-2.0
"""--format, --junit, --tap and --sarif: each is read by its own consumer, and says what the report
says."""
import base64
import hashlib
import html.parser
import itertools
import json
import re
import subprocess
import time

import junitparser
import pytest

from avs_shim import AVS_SHIM, ROOT, Standin, run

CORPUS = ROOT / "test" / "corpus"
EVIDENCE = CORPUS / "evidence"
LOGS = CORPUS / "logs"
ROOT_1 = ROOT / "config" / "roots" / "amazon-root-ca-1.pem"
HOSTILE = "</failure><script>&\"'\x1b[2J\u202e]]>\n# TODO\n1..0"


def hostile(tmp_path):
    """Evidence whose names are markup, orders for a terminal and lines of TAP."""
    document = json.loads((EVIDENCE / "untrusted-root.json").read_text())
    for session in document["evidence"]["session"]:
        for certificate in session["tls"]["chain"]:
            certificate["subject"] = "CN=" + HOSTILE
        session["tls"]["trust"]["missing_issuer"] = HOSTILE
    file = tmp_path / "hostile.json"
    file.write_text(json.dumps(document))
    return file


@pytest.mark.parametrize("file", sorted(EVIDENCE.glob("*.json")), ids=lambda file: file.stem)
def test_every_verdict_is_the_same_in_every_format(file, tmp_path):
    """The exit code, JUnit's failures, TAP's and the page say the same: no green file over a red verdict."""
    junit, tap, page = tmp_path / "o.xml", tmp_path / "o.tap", tmp_path / "o.html"
    result = run("judge", file, "--format", "{verdict}|{cause}|{exit_code}", "--junit", junit,
                 "--tap", tap, "--html", page)
    report = json.loads(run("judge", file, "--json").stdout)
    Page(page.read_text())
    assert json.loads(run("judge", page, "--json").stdout) == report  # the evidence is in the page
    assert result.returncode == report["exit_code"]
    assert result.stdout == f"{report['verdict']}|{report['cause'] or ''}|{report['exit_code']}\n"
    suite = next(iter(junitparser.JUnitXml.fromfile(str(junit))))
    assert (suite.failures + suite.errors > 0) == (report["exit_code"] != 0)
    lines = tap.read_text().splitlines()
    assert any(line.startswith("not ok") for line in lines) == (report["exit_code"] != 0)
    assert len(suite) == sum(line.startswith(("ok ", "not ok ")) for line in lines)


def test_junit_names_cause_fact_and_command(tmp_path):
    with Standin() as standin:
        result = standin.check("untrusted-root.localhost", "--junit", tmp_path / "o.xml")
    assert result.returncode == 1 and result.stdout.startswith("Not ready:")  # the report, too
    subprocess.run(["xmllint", "--noout", tmp_path / "o.xml"], check=True)
    suite = next(iter(junitparser.JUnitXml.fromfile(str(tmp_path / "o.xml"))))
    cases = {case.name: case.result for case in suite}
    assert set(cases) == {"ready", "HTTP/2", "HTTP/1.1"}
    failure = cases["HTTP/2"][0]
    assert failure.type == "root_missing"
    assert "Stand-in Private Root" in failure.message
    assert "next: timeout 10 openssl" in failure.text and "sent 1: CN=untrusted-root.localhost" in failure.text


def test_a_run_that_could_not_be_made_is_an_error_of_the_file(tmp_path):
    for option, word in (("--junit", 'errors="1"'), ("--tap", "not ok 1")):
        file = tmp_path / "out"
        result = run("check", "--config", tmp_path / "none.json", option, file)
        assert result.returncode == 2 and "none.json" in result.stderr
        assert word in file.read_text() and "config_unreadable" in file.read_text()


def test_prove_reads_the_tap(tmp_path):
    for file, is_good in ((EVIDENCE / "ats-test.json", True), (EVIDENCE / "untrusted-root.json", False)):
        tap = tmp_path / "o.tap"
        run("judge", file, "--tap", tap)
        prove = subprocess.run(["prove", "-e", "cat", tap], capture_output=True, text=True)
        assert (prove.returncode == 0) == is_good, prove.stdout + prove.stderr
        assert "Parse errors" not in prove.stdout


def test_hostile_names_stay_text(tmp_path):
    file = hostile(tmp_path)
    junit = run("judge", file, "--junit", "-").stdout
    tap = run("judge", file, "--tap", "-").stdout
    line = run("judge", file, "--format", "{headline}|{root}").stdout
    (tmp_path / "o.xml").write_text(junit)
    subprocess.run(["xmllint", "--noout", tmp_path / "o.xml"], check=True)
    suite = next(iter(junitparser.JUnitXml.fromfile(str(tmp_path / "o.xml"))))
    assert suite.tests == 3 and "<script>" not in junit and "\x1b" not in junit
    assert "\n1..0" not in tap and tap.count("\n1..") == 1 and "\x1b" not in tap
    assert line.count("\n") == 1 and "\x1b" not in line and "\u202e" not in line


def test_format_fills_in_what_the_evidence_has():
    with Standin() as standin:
        result = standin.check("ok.localhost", "--format",
                               "{{{host}}} {port} {anchor} {root} {status} {protocol} {tls}{cause}")
        assert result.stdout == ("{ok.localhost} 443 CN=Stand-in Amazon Root CA 1,O=Stand-in,C=US "
                                 "Stand-in Amazon Root CA 1 200 h2 TLSv1.3\n")


@pytest.mark.parametrize("text, words", [
    ("{hots}", ["did you mean {host}?", "there are verdict, exit_code, cause"]),
    ("{narnia}", ["no field {narnia}", "anchor"]),
    ("{}", ["no field {}"]),
    ("{cause", ["'{' has no '}'"]),
    ("{cause {host}", ["'{' has no '}'"]),
    ("cause}", ["'}' has no '{'"]),
    ("", ["not empty"]),
])
def test_a_format_that_is_none_says_so_before_the_run(text, words):
    result = run("check", "--endpoint", "https://never.invalid", "--format", text)
    assert result.returncode == 2 and result.stdout == ""
    for word in words:
        assert word in result.stderr


def test_one_thing_is_on_standard_output():
    for pair in (["--json", "--format", "{cause}"], ["--junit", "-", "--tap", "-"],
                 ["--format", "{cause}", "--junit", "-"], ["--json", "--tap", "-"]):
        result = run("check", *pair)
        assert result.returncode == 2 and "both be on standard output" in result.stderr


def test_a_file_that_cannot_be_written_is_told_and_fails(tmp_path):
    result = run("judge", EVIDENCE / "ats-test.json", "--junit", tmp_path / "no" / "o.xml")
    assert result.returncode == 2
    assert all(word in result.stderr for word in ("--junit: cannot write", "o.xml", "No such file"))


@pytest.mark.parametrize("option", ["--junit", "--tap", "--sarif", "--html"])
@pytest.mark.parametrize("text, code", [("{}\n", 2), ("{\n", 1)], ids=["clean", "findings"])
def test_a_file_beside_the_report_costs_no_verdict_its_exit_code(tmp_path, option, text, code):
    config = tmp_path / "config.json"
    config.write_text(text)
    alone = run("endpoint", "lint", "--config", config)
    assert alone.returncode == (0 if code == 2 else code)
    result = run("endpoint", "lint", "--config", config, option, tmp_path / "no" / "file")
    assert result.returncode == code and result.stdout == alone.stdout
    assert f"{option}: cannot write" in result.stderr and "No such file" in result.stderr
    if option != "--sarif":
        return
    result = run("endpoint", "lint", "--config", config, "--sarif", tmp_path / "no" / "file",
                 "--junit", tmp_path / "o.xml")  # one that fails keeps no other from being written
    assert result.returncode == code and (tmp_path / "o.xml").read_text()


def test_a_file_is_replaced_whole(tmp_path):
    file = tmp_path / "o.xml"
    file.write_text("x" * 100000)
    run("judge", EVIDENCE / "ats-test.json", "--junit", file)
    assert file.read_text().endswith("</testsuites>\n")
    assert [each.name for each in tmp_path.iterdir()] == ["o.xml"]


# ---- metrics ----

SAMPLE = re.compile(r'([a-z_]+)\{((?:[a-z0-9_]+="(?:[^"\\\n]|\\["\\n])*",?)+)\} (-?[0-9.e+-]+)')


def samples(text):
    """{name: {labels: value}}; every line is a comment or a sample without a time stamp."""
    found = {}
    for line in text.splitlines():
        if not line.startswith("# "):
            match = SAMPLE.fullmatch(line)
            assert match, line
            found.setdefault(match[1], {})[match[2]] = float(match[3])
    return found


def test_metrics_are_there_on_failure_too():
    found = samples(run("judge", EVIDENCE / "expired.json", "--metrics", "-").stdout)
    label = 'endpoint="https://expired.localhost"'
    assert found["avs_shim_check_success"] == found["probe_success"] == {label: 0}
    assert found["avs_shim_check_cause"] == {label + ',cause="cert_expired"': 1}
    ends = found["avs_shim_cert_not_after_timestamp_seconds"]
    assert found["probe_ssl_earliest_cert_expiry"][label] == min(ends.values()) > 1.6e9


def test_metrics_of_a_run_that_could_not_be_made(tmp_path):
    found = samples(run("check", "--config", tmp_path / "none.json", "--metrics", "-").stdout)
    assert list(found["avs_shim_check_success"].values()) == [0]
    assert 'cause="config_unreadable"' in next(iter(found["avs_shim_check_cause"]))
    assert abs(next(iter(found["avs_shim_check_timestamp_seconds"].values())) - time.time()) < 600


def test_metrics_of_an_audit_name_each_root():
    found = samples(run("trust", "audit", "--ca-file", ROOT_1, "--metrics", "-").stdout)
    roots = {labels.split('root="')[1].rstrip('"'): value
             for labels, value in found["avs_shim_trust_root_present"].items()}
    assert roots.pop("Amazon Root CA 1") == 1 and set(roots.values()) == {0} and len(roots) == 4
    assert list(found["avs_shim_trust_store_usable"].values()) == [0]


def test_metrics_with_hostile_names(tmp_path):
    document = json.loads((EVIDENCE / "ats-test.json").read_text())
    document["evidence"]["endpoint"] = 'https://a"b\\c\nprobe_success{} 1'
    (tmp_path / "e.json").write_text(json.dumps(document))
    found = samples(run("judge", tmp_path / "e.json", "--metrics", "-").stdout)
    assert list(found["probe_success"]) == ['endpoint="https://a\\"b\\\\c?probe_success{} 1"']


def test_a_metrics_file_can_be_read_by_all_and_has_no_half(tmp_path):
    file = tmp_path / "avs.prom"
    result = subprocess.run([AVS_SHIM, "judge", EVIDENCE / "ats-test.json", "--metrics", file],
                            umask=0o077, capture_output=True)
    assert result.returncode == 0 and file.stat().st_mode & 0o777 == 0o644
    assert [each.name for each in tmp_path.iterdir()] == ["avs.prom"]


def test_a_metrics_file_that_nobody_would_read_is_refused(tmp_path):
    for name in ("x.txt", "x", "prom", "x.prom.bak"):
        result = run("judge", EVIDENCE / "ok.json", "--metrics", tmp_path / name)
        assert result.returncode == 2 and ".prom" in result.stderr, name
    assert list(tmp_path.iterdir()) == []
    assert run("judge", EVIDENCE / "ok.json", "--metrics", "/dev/null").returncode == 0


OUTPUTS = ["--junit", "--tap", "--metrics", "--html", "--evidence"]


@pytest.mark.parametrize("first, second", list(itertools.combinations(OUTPUTS, 2)))
def test_two_outputs_for_one_file_are_refused(first, second, tmp_path):
    (tmp_path / "link").symlink_to(tmp_path)
    names = ["out.prom", f"{tmp_path}/out.prom", "./out.prom", "link/out.prom"]
    for exists in (False, True):
        for one, other in itertools.combinations(names, 2):
            result = run("check", "--endpoint", "https://none.invalid", first, one, second, other,
                         cwd=tmp_path)
            assert result.returncode == 2, (one, other)
            assert f"{first} and {second} would both write" in result.stderr
        if not exists:
            assert [each.name for each in tmp_path.iterdir()] == ["link"]
            (tmp_path / "out.prom").write_text("")
    assert (tmp_path / "out.prom").read_text() == ""


def test_what_is_no_file_may_be_named_twice(tmp_path):
    result = run("judge", EVIDENCE / "ok.json", "--junit", "/dev/null", "--html", "/dev/null",
                 "--tap", tmp_path / "a.tap")
    assert result.returncode == 0 and (tmp_path / "a.tap").exists()


# ---- the page ----

ELEMENTS = set("""html head meta title style body header main section footer h1 h2 h3 p span strong
    div pre code details summary table caption thead tbody tr th td svg rect path text script""".split())
ATTRIBUTES = set("""lang charset http-equiv content name class id role scope tabindex viewbox x y
    width height rx d type preserveaspectratio""".split())


class Page(html.parser.HTMLParser):
    """What a browser would make of the page, and nothing that is not ours."""

    def __init__(self, text):
        super().__init__()
        self.scripts, self.styles, self.policy, self.inside = [], [], "", None
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        assert tag in ELEMENTS, tag
        for key, value in attrs:
            assert key in ATTRIBUTES or key.startswith("aria-"), (tag, key)
            assert key not in ("src", "href", "style") and not key.startswith("on")
        attrs = dict(attrs)
        if attrs.get("http-equiv") == "Content-Security-Policy":
            self.policy = attrs["content"]
        self.inside = "json" if attrs.get("type") == "application/json" else tag

    def handle_data(self, data):
        if self.inside in ("script", "style"):
            (self.scripts if self.inside == "script" else self.styles).append(data)

    def handle_endtag(self, tag):
        self.inside = None


def page_of(*arguments):
    return run(*arguments, "--html", "-").stdout


def test_the_page_keeps_its_own_policy():
    page = Page(page_of("judge", EVIDENCE / "untrusted-root.json"))
    hashes = ["'sha256-%s'" % base64.b64encode(hashlib.sha256(part.encode()).digest()).decode()
              for part in ("".join(page.styles), "".join(page.scripts))]
    assert page.policy == (f"default-src 'none'; style-src {hashes[0]}; script-src {hashes[1]}; "
                           "base-uri 'none'; form-action 'none'")


def test_hostile_names_are_text_on_the_page(tmp_path):
    file = hostile(tmp_path)
    document = json.loads(file.read_text())
    document["evidence"]["endpoint"] = document["evidence"]["host"] = HOSTILE
    document["evidence"]["library"] = "</script><img src=x onerror=alert(1)>"
    file.write_text(json.dumps(document))
    text = page_of("judge", file)
    Page(text)
    assert "<img" not in text and "&lt;script&gt;" in text and "\u202e" not in text
    (tmp_path / "page.html").write_text(text)
    assert run("judge", tmp_path / "page.html", "--json").stdout == run("judge", file, "--json").stdout


def test_a_hostile_log_is_text_on_the_page(tmp_path):
    log = tmp_path / "a<b>.log"
    log.write_text("2026-11-26 11:00:00.000 [  1] E HTTP2Transport:connectFailed:"
                   "error=curl error 60 <script>alert(1)</script>\n"
                   "* SSL certificate problem: unable to get local issuer certificate"
                   "</pre><script>alert(1)</script>\n")
    text = page_of("inspect", log)
    Page(text)
    assert "alert(1)</script>" not in text and "root_missing" in text


def test_pages_of_the_other_reports(tmp_path):
    config = tmp_path / "c.json"
    config.write_text('{"sampleApp": {"endpoint": "https://<b>",}}')
    for arguments, word in ((["trust", "audit", "--ca-file", ROOT_1], "Amazon Root CA 2: absent"),
                            (["endpoint", "lint", "--config", config], "trailing_comma"),
                            (["check", "--config", tmp_path / "none.json"], "config_unreadable")):
        text = page_of(*arguments)
        Page(text)
        assert word in text


def test_a_page_without_evidence_is_none_to_judge(tmp_path):
    (tmp_path / "p.html").write_text(page_of("trust", "audit", "--ca-file", ROOT_1))
    result = run("judge", tmp_path / "p.html")
    assert result.returncode == 2 and "p.html" in result.stderr


# ---- trust audit, endpoint lint, inspect ----

def results_of(sarif):
    """What the 2.1.0 schema asks of the members that we write."""
    document = json.loads(sarif)
    assert document["version"] == "2.1.0"
    run_ = document["runs"][0]
    rules = run_["tool"]["driver"]["rules"]
    assert len({rule["id"] for rule in rules}) == len(rules)
    for result in run_["results"]:
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
        assert result["level"] in ("note", "warning", "error") and result["message"]["text"]
    return run_, run_["results"]


def place(result):
    physical = result["locations"][0]["physicalLocation"]
    return physical["artifactLocation"], physical.get("region", {})


def test_lint_as_sarif_names_file_line_and_rule(tmp_path):
    config = tmp_path / "a b#.json"
    config.write_text('{\n  "sampleApp": {\n    "endpoint": "https://x",\n  }\n}\n')
    result = run("endpoint", "lint", "--config", config, "--sarif", "-")
    assert result.returncode == 1
    _, results = results_of(result.stdout)
    artifact, region = place(results[0])
    assert artifact["uri"] == f"file://{tmp_path}/a%20b%23.json"
    assert region["startLine"] == 3 and results[0]["ruleId"] == "config_malformed"
    assert results[0]["properties"]["id"] == "trailing_comma"
    relative = run("endpoint", "lint", "--config", config.name, "--sarif", "-", cwd=tmp_path)
    assert place(results_of(relative.stdout)[1][0])[0] == {"uri": "a%20b%23.json"}


def test_lint_line_by_line_and_each_file_is_a_check(tmp_path):
    good, bad = tmp_path / "good.json", tmp_path / "bad.json"
    good.write_text("{}\n")
    bad.write_text('{"sampleApp": {"endpoint": "https://x",},}\n')
    result = run("endpoint", "lint", "--config", good, "--config", bad, "--format",
                 "{file}:{line}:{column}: {severity}: {cause}/{id}")
    lines = result.stdout.splitlines()
    assert lines and all(line.startswith(f"{bad}:1:") for line in lines)
    run("endpoint", "lint", "--config", good, "--config", bad, "--junit", tmp_path / "o.xml")
    suite = next(iter(junitparser.JUnitXml.fromfile(str(tmp_path / "o.xml"))))
    assert {case.name: bool(case.result) for case in suite} == {str(good): False, str(bad): True}


def test_a_clean_file_has_no_line():
    result = run("endpoint", "lint", "--config", ROOT / "config" / "AlexaClientSDKConfig-1.17.json",
                 "--format", "{file}:{severity}")
    assert "error" not in result.stdout and result.returncode in (0, 1)


def test_audit_of_an_image_as_sarif_is_told_from_its_root(tmp_path):
    image = tmp_path / "im age"
    bundle = image / "etc/ssl/certs/ca-certificates.crt"
    bundle.parent.mkdir(parents=True)
    bundle.write_bytes(ROOT_1.read_bytes())
    result = run("trust", "audit", "--sysroot", image, "--sarif", "-")
    assert result.returncode == 1
    run_, results = results_of(result.stdout)
    assert run_["originalUriBaseIds"]["SYSROOT"]["uri"] == f"file://{tmp_path}/im%20age/"
    missing = [each for each in results if each["ruleId"] == "root_missing"]
    assert len(missing) == 4
    assert place(missing[0])[0] == {"uri": "etc/ssl/certs/ca-certificates.crt",
                                    "uriBaseId": "SYSROOT"}


def test_audit_each_root_is_a_check(tmp_path):
    result = run("trust", "audit", "--ca-file", ROOT_1, "--junit", tmp_path / "o.xml", "--format",
                 "{verdict} {cause}")
    assert (result.returncode, result.stdout) == (1, "not_usable root_missing\n")
    suite = next(iter(junitparser.JUnitXml.fromfile(str(tmp_path / "o.xml"))))
    cases = {case.name: bool(case.result) for case in suite}
    assert cases["Amazon Root CA 1"] is False and cases["Amazon Root CA 2"] is True
    assert (suite.tests, suite.failures) == (6, 4)


def test_a_log_line_by_line(tmp_path):
    for log in sorted(LOGS.iterdir())[:20]:
        report = run("inspect", log, "--json")
        if report.returncode == 2:
            continue
        report = json.loads(report.stdout)
        result = run("inspect", log, "--format", "{line} {cause} {host}", "--tap", tmp_path / "o.tap")
        assert result.returncode == report["exit_code"]
        assert [line.split()[:2] for line in result.stdout.splitlines()] == [
            [str(finding["decisive"]["line"]), finding["cause"]] for finding in report["findings"]]
        assert ("not ok" in (tmp_path / "o.tap").read_text()) == (report["exit_code"] != 0)


def test_inspect_follow_has_no_one_line():
    result = run("inspect", "--follow", "--format", "{cause}", "-")
    assert result.returncode == 2 and "--follow" in result.stderr
