# SPDX-License-Identifier: Apache-2.0
"""avs-shim inspect from the outside: files, pipes, gzip, growing logs, the live check, exit codes."""
import gzip
import json
import os
import pathlib
import pty
import re
import signal
import subprocess
import time

import pytest

from avs_shim import AVS_SHIM, ENVIRONMENT, ROOT, Standin, free_port, run

LOGS = ROOT / "test" / "corpus" / "logs"
EXPECTED = [line.split() for line in (LOGS / "EXPECTED").read_text().splitlines()
            if not line.startswith("#")]

STAMP = "2026-11-20 10:00:01.000 [  7] "
UNTRUSTED = ("7 LibcurlHTTP2Connection:streamFinished:streamId=2,result=SSL peer certificate or "
             "SSH remote key was not OK,CURLcode=60\n")
DNS = ("7 LibcurlHTTP2Connection:streamFinished:streamId=4,result=Couldn't resolve host name,"
       "CURLcode=6\n")
CA = ("E HttpPost:doPostFailed:reason=curl_easy_performFailed,result=77,error=Problem with the SSL "
      "CA cert (path? access rights?)\n")
FINE = "5 DownchannelHandler:onReceiveResponseCode:responseCode=200\n"


def report_of(done):
    report = json.loads(done.stdout)
    assert report["schema"] == "avs-shim.inspect/1"
    assert report["exit_code"] == done.returncode
    return report


def causes_of(report):
    return [finding["cause"] for finding in report["findings"]]


@pytest.mark.parametrize("name,sdk,code", [row[:3] for row in EXPECTED])
def test_every_log_of_the_corpus_has_its_exit_code(name, sdk, code):
    options = [] if sdk == "-" else ["--sdk", sdk]
    done = run("inspect", *options, LOGS / f"{name}.log")
    assert done.returncode == int(code)
    assert done.stderr == ""


def test_the_report_names_line_host_echo_and_next_command():
    done = run("inspect", LOGS / "login-60-new.log")
    assert done.returncode == 1
    for words in ("root_missing  possible", "line          3: ", "api.amazon.com", "HttpPost",
                  "could also be hostname_mismatch", "rules out", "The document is empty",
                  "avs-shim check --endpoint https://api.amazon.com", "SDK 1.26.0"):
        assert words in done.stdout, words


def test_a_report_of_one_cause_fits_on_a_screen():
    done = run("inspect", LOGS / "session-1.26-60.log")
    assert len(done.stdout.splitlines()) <= 24


def test_no_colour_in_a_pipe():
    assert "\x1b" not in run("inspect", LOGS / "login-6.log").stdout


def test_json_carries_what_the_text_says():
    report = report_of(run("inspect", "--json", LOGS / "login-60-new.log"))
    finding = report["findings"][0]
    assert report["answer"] == "found" and report["sdk_version"] == "1.26.0"
    assert finding["decisive"] == {"line": 3, "time": "2026-11-20 10:00:01.000"}
    assert finding["could_also_be"] and finding["rules_out"] and len(finding["echoes"]) == 2
    assert finding["command"].startswith("avs-shim check")


def test_standard_input_with_and_without_dash():
    text = STAMP + DNS
    for arguments in ([], ["-"]):
        assert causes_of(report_of(run("inspect", "--json", *arguments, input=text))) == \
            ["dns_failed"]


def test_a_terminal_is_told_that_standard_input_is_read():
    master, slave = pty.openpty()
    process = subprocess.Popen([AVS_SHIM, "inspect"], stdin=slave, stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE, text=True)
    os.close(slave)
    try:
        assert "reading standard input" in process.stderr.readline()
        os.write(master, b"* Could not resolve host: api.amazon.com\n\x04")
        out, _ = process.communicate(timeout=20)
    finally:
        process.kill()
        os.close(master)
    assert process.returncode == 1 and "dns_failed" in out


def test_a_pipe_is_not_told_so():
    assert run("inspect", input="nothing\n").stderr == ""


def test_gzip_alone_concatenated_and_piped(tmp_path):
    packed = tmp_path / "log.gz"
    packed.write_bytes(gzip.compress((STAMP + DNS).encode()) +
                       gzip.compress((STAMP + CA).encode()) + b"\0" * 100)
    report = report_of(run("inspect", "--json", packed))
    assert sorted(causes_of(report)) == ["ca_file_unreadable", "dns_failed"]
    assert report["lines"] == 2
    with open(packed, "rb") as pipe:
        assert len(report_of(run("inspect", "--json", "-", stdin=pipe))["findings"]) == 2


def test_damaged_gzip_is_said_so_and_what_was_read_is_reported(tmp_path):
    packed = tmp_path / "log.gz"
    whole = gzip.compress((STAMP + DNS).encode() + os.urandom(5000))
    packed.write_bytes(whole[:len(whole) - 2000])
    done = run("inspect", packed)
    assert done.returncode == 2
    assert "gzip" in done.stderr and "dns_failed" in done.stdout


@pytest.mark.parametrize("arguments,words", [
    (["--no-such"], "unknown"),
    (["--sdk"], "needs a value"),
    (["--sdk", "latest", "-"], "'latest' is not a version"),
    (["a", "b"], "one FILE at a time"),
    (["/no/such/file"], "cannot open '/no/such/file'"),
    (["/"], "directory"),
    (["--ca-file", "x", "-"], "--probe"),
    (["--probe", "--timeout", "0", "-"], "--timeout"),
])
def test_what_a_user_gets_wrong(arguments, words):
    done = run("inspect", *arguments, input="")
    assert done.returncode == 2
    assert words in done.stderr
    assert "Traceback" not in done.stderr


def test_help_shows_synopsis_examples_and_exit_codes():
    done = run("inspect", "--help")
    assert done.returncode == 0
    for words in ("Usage: avs-shim inspect", "--follow", "Examples:", "Exit codes:"):
        assert words in done.stdout
    assert max(map(len, done.stdout.splitlines())) <= 100


def test_secrets_are_masked_everywhere():
    for arguments in ([], ["--json"]):
        done = run("inspect", *arguments, LOGS / "masked.log")
        assert "Iw" not in done.stdout and "G090" not in done.stdout
        assert "jane" not in done.stdout and "***" in done.stdout


def test_memory_stays_small_whatever_the_size(tmp_path):
    log = tmp_path / "big.log"
    block = (STAMP + "9 MediaPlayer:onPosition:offset=1\n") * 5000 + STAMP + FINE
    with open(log, "w") as out:
        for _ in range(200):
            out.write(block)
        out.write("x" * (8 << 20) + "\n" + STAMP + DNS)
    done = subprocess.run(["/usr/bin/python3", "-c",
                           "import resource, subprocess, sys\n"
                           "subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL)\n"
                           "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)",
                           AVS_SHIM, "inspect", log], capture_output=True, text=True)
    if "san" in os.environ.get("AVS_BUILD_DIR", ""):
        pytest.skip("sanitizers need memory of their own")
    assert int(done.stdout) < 16 * 1024


class Follow:
    """avs-shim inspect --follow on a file, its output read as it comes."""

    def __init__(self, path, *arguments):
        self.out = open(str(path) + ".out", "w+")
        self.process = subprocess.Popen([AVS_SHIM, "inspect", "--follow", *arguments, str(path)],
                                        stdout=self.out, stderr=subprocess.PIPE, text=True,
                                        env=ENVIRONMENT)

    def text(self):
        return pathlib.Path(self.out.name).read_text()

    def wait_for(self, words, count=1):
        deadline = time.monotonic() + 20
        while self.text().count(words) < count:
            assert time.monotonic() < deadline, f"no '{words}' in:\n{self.text()}"
            assert self.process.poll() is None
            time.sleep(0.05)

    def end(self, number=signal.SIGINT):
        self.process.send_signal(number)
        code = self.process.wait(10)
        self.process.stderr.close()
        self.out.close()
        return code


def append(path, text):
    with open(path, "a") as log:
        log.write(text)


def test_follow_reports_each_new_cause_once_and_ends_with_the_summary(tmp_path):
    log = tmp_path / "log"
    append(log, STAMP + DNS)
    follow = Follow(log)
    follow.wait_for("dns_failed  certain")
    append(log, (STAMP + DNS) * 5 + STAMP + CA)
    follow.wait_for("ca_file_unreadable  likely")
    assert follow.text().count("dns_failed  certain") == 1
    assert follow.end() == 1
    summary = (tmp_path / "log.out").read_text().split("TLS or connection problem")[1]
    assert "dns_failed" in summary and "6 times" in summary


def test_follow_survives_truncation_and_rotation(tmp_path):
    log = tmp_path / "log"
    append(log, (STAMP + FINE) * 100)
    follow = Follow(log)
    time.sleep(0.6)
    with open(log, "w") as truncated:
        truncated.write(STAMP + DNS)
    follow.wait_for("dns_failed")
    os.rename(log, tmp_path / "log.1")
    append(tmp_path / "log.1", STAMP + CA)  # the writer still has the old one open
    follow.wait_for("ca_file_unreadable")
    append(log, STAMP + UNTRUSTED)
    follow.wait_for("root_missing")
    assert follow.end(signal.SIGTERM) == 1


def test_follow_reads_on_in_a_renamed_log_until_its_writer_lets_go(tmp_path):
    log = tmp_path / "log"
    append(log, STAMP + FINE)
    follow = Follow(log)
    time.sleep(0.5)
    os.rename(log, tmp_path / "log.1")
    append(log, STAMP + DNS)  # as logrotate: the new file is there before the writer turns to it
    append(tmp_path / "log.1", STAMP + CA)
    follow.wait_for("ca_file_unreadable")
    follow.wait_for("dns_failed")
    assert follow.end() == 1


def test_follow_a_line_that_comes_in_pieces(tmp_path):
    log = tmp_path / "log"
    line = STAMP + DNS
    append(log, line[:60])
    follow = Follow(log)
    time.sleep(0.4)
    append(log, line[60:])
    follow.wait_for("dns_failed")
    assert follow.end() == 1


def test_follow_of_a_fine_log_ends_with_zero(tmp_path):
    log = tmp_path / "log"
    append(log, STAMP + FINE)
    follow = Follow(log)
    time.sleep(0.5)
    assert follow.end() == 0


def test_follow_json_gives_an_object_for_each_new_cause_and_one_at_the_end(tmp_path):
    log = tmp_path / "log"
    append(log, STAMP + DNS)
    follow = Follow(log, "--json")
    follow.wait_for('"schema"')
    append(log, STAMP + CA)
    follow.wait_for('"schema"', 2)
    assert follow.end() == 1
    decoder, text, found = json.JSONDecoder(), (tmp_path / "log.out").read_text().strip(), []
    while text:
        report, end = decoder.raw_decode(text)
        found.append(len(report["findings"]))
        text = text[end:].strip()
    assert found == [1, 2, 2]


def test_follow_a_pipe_until_its_end():
    done = run("inspect", "--follow", "-", input=STAMP + DNS)
    assert done.returncode == 1
    assert done.stdout.count("dns_failed  certain") == 2  # as it came, and in the summary


def gateway_log(host):
    return (STAMP + f"I MessageRouter:setAVSGateway:avsGateway=https\\://{host}\n" + STAMP +
            UNTRUSTED)


@pytest.mark.parametrize("host,live,exit_code", [
    ("ok.localhost", "ready", 1),
    ("expired.localhost", "cert_expired", 1),
    ("wrong-name.localhost", "hostname_mismatch", 1),
])
def test_probe_sharpens_what_the_log_leaves_open(host, live, exit_code):
    with Standin() as standin:
        done = run("inspect", "--json", "--probe", "--connect-to", f"127.0.0.1:{standin.port}",
                   "--ca-file", standin.dir / "ca.pem", "--ats-roots",
                   standin.dir / "ats-roots.pem", "-", input=gateway_log(host))
    report = report_of(done)
    assert done.returncode == exit_code
    assert report["live"]["endpoint"] == f"https://{host}"
    finding = report["findings"][0]
    if live == "ready":
        assert report["live"]["readiness"] == "ready"
        assert finding["cause"] == "root_missing" and not finding["confirmed_live"]
    else:
        assert finding["cause"] == live and finding["confirmed_live"]
        assert finding["certainty"] == "certain" and finding["could_also_be"] == []
        assert finding["line"] and "root_missing" in finding["detail"]


def test_probe_answers_for_a_log_that_is_silent():
    silent = LOGS / "session-1.18-release-silent.log"
    assert run("inspect", silent).returncode == 3
    with Standin() as standin:
        done = run("inspect", "--probe", "--endpoint", "https://ok.localhost", "--connect-to",
                   f"127.0.0.1:{standin.port}", "--ca-file", standin.dir / "ca.pem",
                   "--ats-roots", standin.dir / "ats-roots.pem", silent)
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(r"Live check of https://ok\.localhost: ready", done.stdout)


def test_probe_of_a_port_where_nothing_listens():
    port = free_port()
    done = run("inspect", "--json", "--probe", "--endpoint", f"https://127.0.0.1:{port}",
               LOGS / "session-1.22-info-only.log")
    report = report_of(done)
    assert causes_of(report)[0] == "connect_refused"
    assert report["findings"][0]["confirmed_live"]


@pytest.mark.parametrize("host,cause", [("expired.localhost", "cert_expired"),
                                        ("wrong-name.localhost", "hostname_mismatch"),
                                        ("ok.localhost", None)])
def test_our_own_log_lines_are_understood(host, cause):
    with Standin() as standin:
        check = standin.check(host, "--log-level", "DEBUG9")
    assert ":" in check.stderr
    done = run("inspect", "--json", "-", input=check.stderr)
    assert causes_of(report_of(done)) == ([cause] if cause else [])
    assert done.returncode == (1 if cause else 0)
