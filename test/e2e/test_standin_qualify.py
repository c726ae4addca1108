# SPDX-License-Identifier: Apache-2.0
"""standin --qualify tells clients that verify from those that do not: curl, openssl, mosquitto_pub,
Python's ssl and gnutls-cli, each as it is meant and with its verification switched off or cut."""
import json
import os
import pathlib
import re
import signal
import subprocess
import time

import jsonschema
import pytest

from avs_shim import AVS_SHIM, ENVIRONMENT, ROOT, run

SCHEMA = json.loads((ROOT / "docs/schema/standin-qualify-1.schema.json").read_text())
PATIENCE = 300  # seconds, for 16 servers under load
WEAK = {"weak-signature", "weak-key"}  # a matter of the library's level, not of verification
OLD = WEAK | {"tls11-only"}  # gnutls-cli 3.7 takes TLS 1.1 and 1024 bits, and that is a finding


def qualify(*words, options=("--timeout", "60")):
    result = run("standin", "--qualify", "--json", *options, "--", *words, timeout=PATIENCE)
    report = json.loads(result.stdout)
    jsonschema.Draft202012Validator(SCHEMA).validate(report)
    assert report["exit_code"] == result.returncode, result.stderr
    assert report["program"] == words[0] and SECRET not in result.stdout + result.stderr
    return report


def accepted(report):
    cases = report["cases"]
    assert cases[0]["name"] == "good" and cases[0]["is_right"], cases[0]
    assert {case["client"] for case in cases[1:]} <= {"accepted", "refused"}
    assert all(case["is_right"] == (case["client"] == "refused") for case in cases[1:])
    return {case["name"] for case in cases[1:] if case["client"] == "accepted"}


SECRET = "s3cret-of-the-command-line"
CURL = ["curl", "-s", "-H", f"X-Key: {SECRET}", "-o", "/dev/null", "--cacert", "{ca}", "https://{host}:{port}/"]
S_CLIENT = "echo hello | openssl s_client -connect {host}:{port} -CAfile {ca} -no_ign_eof "
PUBLISH = ["mosquitto_pub", "-h", "{host}", "-p", "{port}", "--cafile", "{ca}", "-t", "a", "-m", "b"]
GNUTLS = "echo hello | gnutls-cli --x509cafile {ca} -p {port} {host}"
PYTHON = """
import os, socket, ssl, sys
context = ssl.create_default_context(cafile=os.environ["AVS_STANDIN_CA"])
if "off" in sys.argv:
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
host, port = os.environ["AVS_STANDIN_HOST"], int(os.environ["AVS_STANDIN_PORT"])
with context.wrap_socket(socket.create_connection((host, port)), server_hostname=host) as tls:
    tls.sendall(b"GET / HTTP/1.0\\r\\n\\r\\n")
    tls.recv(100)
"""


@pytest.mark.parametrize("words", [
    CURL, PUBLISH, ["sh", "-c", S_CLIENT + "-verify_return_error -verify_hostname {host}"],
    ["/usr/bin/python3", "-c", PYTHON], ["sh", "-c", GNUTLS]],
    ids=["curl", "mosquitto_pub", "s_client", "python", "gnutls-cli"])
def test_clients_that_verify(words):
    report = qualify(*words)
    assert accepted(report) <= (OLD if "gnutls" in words[-1] else set())
    assert report["verdict"] == ("not_qualified" if accepted(report) else "qualified")


@pytest.mark.parametrize("words, kept", [
    ([*CURL, "-k"], {"tls11-only"}), (["sh", "-c", S_CLIENT], {"tls11-only"}),
    (["/usr/bin/python3", "-c", PYTHON, "off"], {"tls11-only"}),
    (["sh", "-c", GNUTLS + " --insecure"], {"tls11-only"})],
    ids=["curl -k", "s_client", "python", "gnutls-cli"])
def test_clients_that_do_not(words, kept):
    report = qualify(*words)
    names = {case["name"] for case in report["cases"][1:]}
    assert report["verdict"] == "not_qualified"
    assert names - kept - WEAK <= accepted(report) <= names


def test_mosquitto_pub_insecure_leaves_the_name_alone():
    report = qualify(*PUBLISH, "--insecure")
    assert accepted(report) == {"wrong-host"}
    wrong = next(case for case in report["cases"] if not case["is_right"])
    assert "host name" in wrong["do"] and wrong["handshakes"] == 1
    assert report["cases"][0]["application_bytes"] > 10 and report["cases"][0]["exit_status"] == 0


def test_the_name_is_the_users_and_alerts_are_told():
    host = "a1b2-ats.iot.us-east-1.amazonaws.com"
    report = qualify("curl", "-s", "-o", "/dev/null", "--cacert", "{ca}", "--connect-to",
                     "::localhost:{port}", "https://{host}:{port}/", options=("--host", host))
    assert (report["verdict"], report["host"]) == ("qualified", host)
    cases = {case["name"]: case for case in report["cases"]}
    assert (cases["expired"]["alert"], cases["unknown-root"]["alert"]) == (45, 48)
    assert cases["expired"]["alert_name"] and cases["good"]["alert"] is None
    assert cases["expired"]["exit_status"] == 60 and not cases["expired"]["was_stopped"]


@pytest.mark.parametrize("words, client, hint", [
    (["true"], "no_connection", "{port}"),
    (["sh", "-c", "printf 'GET / HTTP/1.1\\r\\n\\r\\n' | curl -s telnet://{host}:{port}"], "no_tls",
     "TLS"),
    (["curl", "-s", "https://{host}:{port}/"], "refused", "{ca}"),
    (["sh", "-c", "openssl s_client -no_ign_eof -connect {host}:{port} </dev/null"], "refused",
     "send something")])
def test_a_client_that_does_not_get_through_proves_nothing(words, client, hint):
    report = qualify(*words)
    assert (report["verdict"], report["exit_code"], len(report["cases"])) == ("inconclusive", 3, 1)
    assert report["cases"][0]["client"] == client and hint in report["cases"][0]["do"]


def test_who_waits_has_refused_nothing(tmp_path):
    """A client that verifies nothing, quick with the good server and slow with the first bad one."""
    (tmp_path / "client").write_text("""
        cd "${0%/*}"; [ -e second ] && exit 0
        pause=0; [ -e first ] && pause=1000 && touch second
        touch first; (sleep $pause; echo hello) | openssl s_client -connect "$1" -quiet
    """)
    report = qualify("sh", tmp_path / "client", "{host}:{port}", options=("--timeout", "10"))
    held = report["cases"][1]
    assert (held["client"], held["is_right"], held["handshakes"]) == ("held", False, 1)
    assert held["was_stopped"] and "--timeout" in held["do"] and report["verdict"] == "inconclusive"


def test_text_says_what_to_do():
    result = run("standin", "--qualify", "--", *CURL, "-k", timeout=PATIENCE)
    assert result.returncode == 1
    assert re.search(r"^  WRONG  unknown-root +accepted: \d+ bytes came over TLS$", result.stdout, re.M)
    assert "Not qualified: it accepted 14 of 15 bad servers." in result.stdout
    assert result.stdout.count("  do   ") == 1 and "switch verification on" in result.stdout
    missing = run("standin", "--qualify", "--", "curl", "-sS", "https://{host}:{port}/", timeout=60)
    assert missing.returncode == 3 and "Nothing is proven" in missing.stdout
    assert re.search(r"it said: curl: \(60\)", missing.stdout)


def test_a_client_that_hangs_is_ended_with_all_it_started(tmp_path):
    pid = tmp_path / "pid"
    report = qualify("sh", "-c", f"sleep 1000 & echo $! > {pid}; exec sleep 1000",
                     options=("--timeout", "5"))
    assert report["verdict"] == "inconclusive"
    case = report["cases"][0]
    assert case["was_stopped"] and case["exit_status"] is None
    deadline = time.monotonic() + PATIENCE  # it was killed; when it dies is the kernel's matter
    while is_running(int(pid.read_text())):
        assert time.monotonic() < deadline
        time.sleep(0.02)


def is_running(pid):
    try:
        return "zombie" not in pathlib.Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return False


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_ends_the_client(tmp_path, number):
    pid = tmp_path / "pid"
    process = subprocess.Popen(
        [AVS_SHIM, "standin", "--qualify", "--timeout", "300", "--", "sh", "-c",
         f"echo $$ > {pid}.new; mv {pid}.new {pid}; exec sleep 1000"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=ENVIRONMENT)
    deadline = time.monotonic() + PATIENCE
    while not pid.exists():
        assert time.monotonic() < deadline and process.poll() is None
        time.sleep(0.02)
    process.send_signal(number)
    _, told = process.communicate(timeout=60)
    assert process.returncode == 130 and "interrupted" in told
    with pytest.raises(ProcessLookupError):
        os.kill(int(pid.read_text()), 0)


@pytest.mark.parametrize("words, message", [
    (["--qualify"], "needs a command"), (["--qualify", "--", "/no/such/client"], "cannot run"),
    (["--qualify", "--iot", "--", "true"], "--iot"), (["--timeout", "3"], "--qualify"),
    (["--qualify", "--", "x" * 5000], "too long"), (["true"], "unexpected argument 'true'")])
def test_usage(words, message):
    result = run("standin", *words)
    assert result.returncode == 2 and message in result.stderr
