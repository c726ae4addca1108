# SPDX-License-Identifier: Apache-2.0
"""What a user can get wrong, and what the command says then."""
import json
import os
import signal
import stat
import subprocess
import time

import pytest

from avs_shim import AVS_SHIM, ENVIRONMENT, Standin, free_port, run

USAGE = [
    (["--no-such-option"], "unknown"),
    (["-x"], "-x"),
    (["--endpoint"], "needs a value"),
    (["--endpoint", "http://host"], "https"),
    (["--endpoint", "https://"], "host"),
    (["--endpoint", "https://user:pass@host"], "user"),
    (["--endpoint", "https://host:0"], "port"),
    (["--endpoint", "https://host:70000"], "port"),
    (["--endpoint", "https://a b"], "space"),
    (["--endpoint", "https://" + "a" * 2050], "2048"),
    (["--endpoint", "https://host/path"], "path"),
    (["--endpoint", ""], "endpoint"),
    (["--endpoint", "narnia"], "na"),
    (["extra"], "extra"),
    (["--timeout", "0"], "--timeout"),
    (["--timeout", "ten"], "--timeout"),
    (["--log-level", "LOUD"], "LOUD"),
    (["--http2-only", "--http1-only"], "exclude"),
    (["--connect-to", "nowhere:port:1"], "HOST:PORT"),
    (["--connect-to", "https://host:1"], "HOST:PORT"),
    (["--connect-to", "host"], "HOST:PORT"),
    (["--connect-to", "[::1]"], "HOST:PORT"),
    (["--config", "/no/such/file.json"], "/no/such/file.json"),
    (["--ats-roots", "/no/such/roots.pem"], "/no/such/roots.pem"),
    (["--demo", "--ca-file", "x"], "--demo"),
]


@pytest.mark.parametrize("arguments, word", USAGE, ids=lambda value: str(value)[:40])
def test_usage_errors_name_the_thing_and_exit_2(arguments, word):
    result = run("check", *arguments)
    assert result.returncode == 2
    assert result.stdout == ""
    assert word in result.stderr
    assert len(result.stderr) < 900  # one paragraph


@pytest.mark.parametrize("option", ["--endpoint=https://user:hunter2@host",
                                    "--endpoint=https://user:a@hunter2@host",
                                    "--connect-to=user:hunter2@host:1",
                                    "--connect-to=https://user:hunter2@host:1"])
def test_a_password_is_never_repeated(option):
    result = run("check", option)
    assert result.returncode == 2
    assert "hunter2" not in result.stdout + result.stderr


def test_malformed_config_names_line_and_column(tmp_path):
    config = tmp_path / "config.json"
    config.write_text('{\n  "sampleApp": {\n    "endpoint" https://avs-ats-cert-test.amazon.com\n  }\n}\n')
    result = run("check", "--config", config)
    assert result.returncode == 2
    assert f"{config}:3:" in result.stderr


def test_config_names_endpoint_roots_and_where_they_stand(tmp_path):
    with Standin() as standin:
        config = tmp_path / "config.json"
        config.write_text('{ // as the SDK reads it\n  "sampleApp": {"endpoint": "https://ok.localhost"},\n'
                          '  "libcurlUtils": {"CURLOPT_CAINFO": "%s"}\n}\n' % (standin.dir / "ca.pem"))
        result = run("check", "--config", config, "--connect-to", f"127.0.0.1:{standin.port}",
                     "--ats-roots", standin.dir / "ats-roots.pem", "--json")
    report = json.loads(result.stdout)
    assert result.returncode == 0
    assert report["endpoint"] == "https://ok.localhost"
    assert "config.json:2:" in report["endpoint_source"]
    assert report["trust_store"]["source"] == "config"
    assert report["trust_store"]["ca_file"] == str(standin.dir / "ca.pem")
    # what the configuration leaves out keeps libcurl's default: CURLOPT_CAINFO switches no path off
    assert report["trust_store"]["ca_path"] == json.loads(run("check", "--connect-to", "127.0.0.1:1",
                                                              "--json").stdout)["trust_store"]["ca_path"]


@pytest.fixture(scope="module")
def standin():
    with Standin() as running:
        yield running


def der(standin, path):
    import base64
    lines = (standin.dir / "amazon-root-ca-1.pem").read_text().splitlines()
    path.write_bytes(base64.b64decode("".join(l for l in lines if not l.startswith("-"))))


CA_FILES = {
    "missing": (lambda standin, path: None, "ca_file_unreadable"),
    "directory": (lambda standin, path: path.mkdir(), "ca_file_unreadable"),
    "empty": (lambda standin, path: path.write_text(""), "ca_file_invalid"),
    "der": (der, "ca_file_invalid"),
    "html": (lambda standin, path: path.write_text("<html>404</html>"), "ca_file_invalid"),
}


@pytest.mark.parametrize("kind", CA_FILES)
def test_bad_ca_file_is_a_trust_cause(standin, tmp_path, kind):
    make, cause = CA_FILES[kind]
    path = tmp_path / "ca file.pem"
    make(standin, path)
    result = run("check", "--endpoint", "https://ok.localhost", "--connect-to",
                 f"127.0.0.1:{standin.port}", "--ca-file", path, "--json")
    report = json.loads(result.stdout)
    assert (result.returncode, report["verdict"], report["cause"]) == (1, "not_ready", cause)
    finding = report["sessions"][0]["findings"][0]
    assert str(path) in finding["facts"]
    assert f"'{path}'" in finding["command"]  # quoted: the name has a space


def test_ca_path_needs_hash_links(standin):
    def check(folder):
        result = run("check", "--endpoint", "https://ok.localhost", "--connect-to",
                     f"127.0.0.1:{standin.port}", "--ca-path", folder, "--ats-roots",
                     standin.dir / "ats-roots.pem", "--json")
        return json.loads(result.stdout)["cause"]
    folders = {p.name: p for p in standin.dir.iterdir() if p.is_dir()}
    assert sorted(check(folder) or "none" for folder in folders.values()) == [
        "ca_path_not_hashed", "none"]


def test_human_report_leads_with_the_answer_and_names_the_fix(standin):
    result = standin.check("untrusted-root.localhost")
    lines = result.stdout.splitlines()
    assert lines[0].startswith("Not ready: https://untrusted-root.localhost")
    assert "(root_missing)" in lines[0]
    assert any(line.startswith("     next") for line in lines)
    assert "\033" not in result.stdout


def test_log_lines_have_the_sdk_format_and_go_to_stderr(standin):
    result = standin.check("expired.localhost", "--log-level", "DEBUG9", "--json")
    json.loads(result.stdout)
    import re
    lines = result.stderr.splitlines()
    pattern = r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3} \[ *[0-9a-f]+\] [0-9IWEC] \w+:\w+(:.*)?"
    assert lines and all(re.fullmatch(pattern, line) for line in lines)
    assert any(" E AvsCheck:tlsFailed:" in line for line in lines)


def test_evidence_replays_and_replaces_atomically(standin, tmp_path):
    evidence = tmp_path / "evidence.json"
    evidence.write_text("old")
    checked = standin.check("ok.localhost", "--evidence", evidence)
    assert os.listdir(tmp_path) == ["evidence.json"]
    judged = run("judge", evidence)
    assert judged.stdout == checked.stdout and judged.returncode == 0
    mask = os.umask(0)
    os.umask(mask)
    assert stat.S_IMODE(evidence.stat().st_mode) == 0o666 & ~mask


def test_evidence_keeps_the_mode_of_its_file_and_follows_a_link(standin, tmp_path):
    target, link = tmp_path / "target.json", tmp_path / "link.json"
    target.write_text("old")
    target.chmod(0o600)
    link.symlink_to("target.json")
    assert standin.check("ok.localhost", "--evidence", link).returncode == 0
    assert link.is_symlink() and json.loads(target.read_text())["schema"] == "avs-shim.evidence/1"
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    assert sorted(os.listdir(tmp_path)) == ["link.json", "target.json"]


def test_evidence_that_cannot_be_written_is_said(standin, tmp_path):
    result = standin.check("ok.localhost", "--evidence", tmp_path / "no" / "where.json")
    assert result.returncode == 2
    assert "where.json" in result.stderr and "No such file" in result.stderr
    assert result.stdout.startswith("Ready: ")  # the run was made: what it found is still told


@pytest.mark.parametrize("host, options, code, answer", [
    ("ok.localhost", [], 2, "Ready: "),  # the ticket was asked for: this is no success
    ("expired.localhost", [], 1, "Not ready: "),
    ("ok.localhost", ["--http1-only"], 3, "Cannot tell: "),
])
def test_a_full_disk_costs_the_evidence_and_no_verdict(standin, host, options, code, answer):
    result = standin.check(host, "--evidence", "/dev/full", *options)
    assert result.returncode == code
    assert result.stdout.startswith(answer)
    assert "/dev/full: No space left on device" in result.stderr


@pytest.mark.parametrize("command", [["causes"], ["causes", "--json"], ["standin", "--list"],
                                     ["--help"], ["check", "--demo", "--json"]], ids=" ".join)
def test_output_on_a_full_disk_is_no_success(command):
    with open("/dev/full", "w") as full:
        result = subprocess.run([AVS_SHIM, *command], stdout=full, stderr=subprocess.PIPE,
                                text=True, env=ENVIRONMENT, timeout=60)
    assert result.returncode == 2
    assert "could not be written" in result.stderr


@pytest.mark.parametrize("text, word", [
    ("", "not JSON: it is empty"), ('{"schema": ', "ends too early"), ("{}", "schema"),
    ("[1]", "schema"), ('{"schema": "avs-shim.evidence/1", "evidence": {}}', "no session")])
def test_judge_refuses_what_is_no_evidence(tmp_path, text, word):
    path = tmp_path / "ticket.json"
    path.write_text(text)
    result = run("judge", path)
    assert result.returncode == 2 and word in result.stderr and str(path) in result.stderr


def test_silent_server_costs_one_timeout(standin):
    begin = time.monotonic()
    result = standin.check("silent-after-tls.localhost", "--timeout", "1", "--json")
    assert time.monotonic() - begin < 2.0
    assert json.loads(result.stdout)["sessions"][0]["http"]["quirk"] == "silent"


def test_families_that_were_not_asked_are_not_said_to_fail(standin):
    result = standin.check("tls13-only.localhost", "--families", "--json")
    families = json.loads(result.stdout)["families"]
    assert [family["verdict"] for family in families] == ["inconclusive", "inconclusive"]
    result = standin.check("tls13-only.localhost", "--families")
    assert result.stdout.count("not known: this is asked over TLS 1.2") == 2
    assert "[no]" not in result.stdout
    result = standin.check("silent.localhost", "--families", "--timeout", "1", "--log-level", "WARN")
    assert result.returncode == 0 and "connect_timeout" not in result.stdout
    assert result.stderr.count("familySkipped") == 2


def test_nothing_listens_there():
    result = run("check", "--endpoint", "https://ok.localhost", "--connect-to",
                 f"127.0.0.1:{free_port()}", "--json")
    report = json.loads(result.stdout)
    assert (result.returncode, report["cause"]) == (3, "connect_refused")


def test_retired_test_endpoint_points_to_the_gateways():
    result = run("check", "--timeout", "3")
    if result.returncode != 3:
        pytest.skip("the test endpoint resolves from here")
    assert result.stdout.startswith("Cannot tell:")
    assert "avs-shim check --endpoint na" in result.stdout
    assert "retired" in result.stdout


def test_demo_is_ready_and_leaves_nothing_behind(tmp_path):
    result = run("check", "--demo", env={"PATH": "/usr/bin", "TMPDIR": str(tmp_path)})
    assert result.returncode == 0
    assert "Ready: https://ok.localhost" in result.stdout
    assert os.listdir(tmp_path) == []


def test_demo_whose_reader_has_gone_leaves_nothing_behind(tmp_path):
    process = subprocess.Popen([AVS_SHIM, "check", "--demo"], stdout=subprocess.PIPE,
                               stderr=subprocess.DEVNULL,
                               env={"PATH": "/usr/bin", "TMPDIR": str(tmp_path)})
    process.stdout.close()
    assert process.wait(60) == -signal.SIGPIPE
    assert os.listdir(tmp_path) == []


def test_an_interrupted_demo_diagnoses_nothing(tmp_path):
    evidence = tmp_path / "evidence.json"
    process = subprocess.Popen([AVS_SHIM, "check", "--demo", "--endpoint",
                                "https://silent-in-handshake.localhost", "--evidence", evidence],
                               stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                               env={"PATH": "/usr/bin", "TMPDIR": str(tmp_path)})
    deadline = time.monotonic() + 30
    while not list(tmp_path.glob("*/ats-roots.pem")) and time.monotonic() < deadline:
        time.sleep(0.02)
    time.sleep(0.5)  # the run is at work; its time-out is far
    process.send_signal(signal.SIGINT)
    output, _ = process.communicate(timeout=20)
    assert process.returncode == 130
    assert "ready" not in output.lower() and "tls_" not in output
    assert not evidence.exists()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_interrupted_demo_leaves_nothing_behind(tmp_path, number):
    process = subprocess.Popen([AVS_SHIM, "check", "--demo", "--endpoint",
                                "https://silent.localhost"], stdout=subprocess.DEVNULL,
                               env={"PATH": "/usr/bin", "TMPDIR": str(tmp_path)})
    deadline = time.monotonic() + 30
    while not list(tmp_path.glob("*/ats-roots.pem")) and time.monotonic() < deadline:
        time.sleep(0.02)
    process.send_signal(number)
    assert process.wait(10) == 130
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize("command", ["check", "judge", "standin"])
def test_help_has_examples_and_exit_codes(command):
    result = run(command, "--help")
    assert result.returncode == 0 and result.stderr == ""
    for word in ("Usage:", "Examples:", "Exit codes:"):
        assert word in result.stdout
    assert max(map(len, result.stdout.splitlines())) <= 100


def test_unknown_command_shows_the_overview():
    result = run("chekc")
    assert result.returncode == 2 and "chekc" in result.stderr and "check" in result.stderr


def test_families_that_openssl_cnf_forbids_to_ask_are_not_the_servers_fault(standin, tmp_path):
    conf = tmp_path / "openssl.cnf"
    conf.write_text("openssl_conf = i\n[i]\nssl_conf = s\n[s]\nsystem_default = d\n[d]\n"
                    "MinProtocol = TLSv1.3\n")
    result = standin.check("ok.localhost", "--families", env={**ENVIRONMENT, "OPENSSL_CONF": str(conf)})
    assert result.returncode == 0
    rows = [line for line in result.stdout.splitlines() if " RSA " in line or " ECDSA " in line]
    assert len(rows) == 2 and all("openssl.cnf does not allow (MinProtocol)" in row for row in rows)
    conf.write_text(conf.read_text().replace("MinProtocol = TLSv1.3", "MaxProtocol = TLSv1.1"))
    result = standin.check("ok.localhost", env={**ENVIRONMENT, "OPENSSL_CONF": str(conf)})
    assert result.returncode == 1
    assert "openssl.cnf leaves this device no TLS version (tls_version)" in result.stdout
