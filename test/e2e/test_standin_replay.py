# SPDX-License-Identifier: Apache-2.0
"""avs-shim standin --replay: for every piece of evidence of the corpus, the check that is printed
meets the cause that judge finds in the evidence."""
import json
import os
import pathlib
import shlex
import signal
import socket
import subprocess

import pytest

from avs_shim import AVS_SHIM, ENVIRONMENT, ROOT, run

EVIDENCE = sorted([*(ROOT / "test/corpus/evidence").glob("*.json"),
                   ROOT / "test/corpus/evidence-whole.json"])
NO_PEER = {"dns": "the name was never resolved: what a name server said is nothing a peer can play"}


class Replay:
    """avs-shim standin --replay, and the check that it prints."""

    def __init__(self, path, folder, *options):
        self.command = [AVS_SHIM, "standin", "--replay", path, "--dir", folder / "pki", "--json",
                        *options]

    def __enter__(self):
        self.process = subprocess.Popen(self.command, stdout=subprocess.PIPE, env=ENVIRONMENT)
        line = self.process.stdout.readline()
        assert line, "the stand-in did not start"
        self.told = json.loads(line)
        assert self.told["schema"] == "avs-shim.standin-replay/1", self.told
        return self

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGTERM)
        assert self.process.wait(20) == 0
        self.process.stdout.close()

    def check(self, *more):
        folder = pathlib.Path(AVS_SHIM).parent
        environment = {**ENVIRONMENT, "PATH": f"{folder}:{os.environ['PATH']}"}
        return subprocess.run(["sh", "-c", " ".join([self.told["command"], *map(shlex.quote, more)])],
                              capture_output=True, text=True, env=environment, timeout=120)


def sessions(report):
    """What a session came to, and what it met on the way there."""
    return {session["protocol"]: {
        "verdict": session["verdict"], "cause": session["cause"], "quirk": session["http"]["quirk"],
        "tls": session["tls"]["version"], "alpn": session["tls"]["alpn"],
        "status": session["http"]["status"],
        "sent": [(each["subject"], each["issuer"], each["key"])
                 for each in session["tls"].get("chain", [])]}
        for session in report["sessions"]}


@pytest.mark.parametrize("path", EVIDENCE, ids=lambda path: path.stem)
def test_the_check_that_is_printed_meets_the_same_cause(path, tmp_path):
    judged = run("judge", "--json", path)
    wanted = json.loads(judged.stdout)
    if path.stem in NO_PEER:
        result = run("standin", "--replay", path)
        assert result.returncode == 3
        assert f"({wanted['cause']}): there is no peer to play" in result.stderr
        return
    with Replay(path, tmp_path) as replay:
        assert replay.told["cause"] == wanted["cause"]
        assert replay.told["exit_code"] == judged.returncode
        checked = replay.check("--json")
    met = json.loads(checked.stdout)
    assert (met["verdict"], met["cause"]) == (wanted["verdict"], wanted["cause"])
    assert checked.returncode == judged.returncode
    assert sessions(met) == sessions(wanted)


def test_the_list_of_what_cannot_be_played_has_no_dead_row():
    assert NO_PEER.keys() <= {path.stem for path in EVIDENCE}


def edited(base, *, sessions=(0, 1), clock=None, chain=None, **facts):
    """A file of the corpus with other facts: part__member=value, in each session."""
    document = json.loads((ROOT / f"test/corpus/evidence/{base}.json").read_text())
    evidence = document["evidence"]
    evidence["wall_clock"] += clock or 0
    for key, value in facts.items():
        path = key.split("__")
        for index in sessions:
            place = evidence["session"][index]
            for step in path[:-1]:
                place = place.setdefault(step, {})
            place[path[-1]] = value
    for session in evidence["session"]:
        for certificate in session.get("tls", {}).get("chain", []) if chain else []:
            chain(certificate)
    return document


def amazon(certificate):
    """Names of the real chain: what the device saw is Amazon's, what is played is not."""
    for member in ("subject", "issuer", "ats_root"):
        certificate[member] = (certificate.get(member, "")
                               .replace("Stand-in Amazon Root", "Amazon Root")
                               .replace("O=Stand-in,", "O=Amazon,").replace("Stand-in RSA", "Amazon RSA"))
    certificate["has_amazon_name"] = "Amazon" in certificate["subject"]


YEAR = 365 * 86400
MISSING = {"tls__outcome": "verify_failed", "tls__trust__verify_error": 20,
           "tls__trust__verify_depth": 2, "tls__verified": False, "tls__trust__ats": False,
           "tls__trust__anchor_subject": ""}
# What the corpus has no file of: the cause, and the evidence.
VARIANTS = {
    "connect-timeout": ("connect_timeout", edited(
        "refused", dial__outcome="timeout", dial__curl_code=28, timing__total_ms=1000)),
    "reset-at-once": ("tls_aborted", edited("refused", dial__outcome="reset", dial__os_errno=104)),
    "proxy-407": ("proxy_failed", edited(
        "refused", dial__outcome="proxy_failed", dial__proxy="http://proxy.example:3128",
        dial__curl_code=56, dial__proxy_status=407)),
    "proxy-dead": ("proxy_failed", edited(
        "refused", dial__outcome="proxy_failed", dial__proxy="http://proxy.example:3128")),
    "proxy-hangs-up": ("proxy_failed", edited(
        "refused", dial__outcome="proxy_failed", dial__proxy="socks5h://proxy.example:1080",
        dial__curl_code=97)),
    "proxy-silent": ("proxy_failed", edited(
        "refused", dial__outcome="proxy_failed", dial__proxy="http://proxy.example:3128",
        dial__curl_code=28, timing__total_ms=1000)),
    "store-damaged": ("ca_file_invalid", edited("no-ca-file", tls__trust__store_state="invalid")),
    "path-not-hashed": ("ca_path_not_hashed", edited(
        "untrusted-root", tls__trust__ca_path_useless=True, tls__trust__ca_path="/etc/certs",
        tls__trust__ca_file="")),
    "amazon-accepted": (None, edited(
        "ats-test", chain=amazon,
        tls__trust__anchor_subject="CN=Amazon Root CA 1,O=Amazon,C=US",
        tls__trust__ats_root="Amazon Root CA 1")),
    "amazon-root-missing": ("root_missing", edited(
        "ats-test", chain=amazon, **MISSING, tls__trust__closes_with_ats_roots=True,
        tls__trust__missing_issuer="CN=Starfield Services Root Certificate Authority - G2",
        tls__trust__closing_root="Amazon Root CA 1", tls__trust__path_is_public_ats=True)),
    "amazon-clock-behind": ("clock_wrong", edited(
        "ats-test", chain=amazon, clock=-20 * YEAR, tls__outcome="verify_failed",
        tls__trust__verify_error=9, tls__trust__not_yet_valid=True, tls__verified=False,
        tls__trust__valid_at_other_time=True, tls__trust__path_is_public_ats=True)),
    "amazon-clock-a-little-behind": ("clock_wrong", edited(
        "ats-test", chain=amazon, clock=-YEAR // 2, tls__outcome="verify_failed",
        tls__trust__verify_error=9, tls__trust__not_yet_valid=True, tls__verified=False,
        tls__trust__valid_at_other_time=True, tls__trust__path_is_public_ats=True)),
    "clock-ahead": ("clock_wrong", edited(
        "ats-test", clock=20 * YEAR, tls__outcome="verify_failed", tls__verified=False,
        tls__trust__verify_error=10, tls__trust__expired=True,
        tls__trust__valid_at_other_time=True, tls__trust__all_outside_validity=True)),
    "cross-signed-anchor": (None, edited("ok", tls__trust__anchor_cross_signed=True)),
    "issuer-unfit": ("cert_invalid", edited(
        "short-chain", **{**MISSING, "tls__trust__verify_depth": 1}, tls__trust__issuer_unfit=True,
        tls__trust__missing_issuer="CN=Stand-in Amazon Root CA 1,O=Stand-in,C=US")),
    "issuer-known-by-name": ("root_missing", edited(
        "untrusted-root", tls__trust__issuer_known_by_name=True)),
    "flood": ("http2_error", edited(
        "h2-silent", sessions=[0], http__flood=True, http__protocol_error=True,
        http__timed_out=False)),
    "answer-that-stalls": (None, edited(
        "ok", sessions=[0], http__complete=False, http__timed_out=True, timing__total_ms=3000)),
    "client-is-old": ("tls_version", edited(
        "tls-future", tls__outcome="failed", tls__openssl_error="unsupported protocol",
        tls__alert_received=-1)),
    "http1-alone": (None, edited("ok", sessions=[0], attempted=False)),
    "slow": (None, edited("ok", sessions=[0], timing__tls_ms=400, timing__first_byte_ms=800)),
}


@pytest.mark.parametrize("name", VARIANTS)
def test_what_the_corpus_has_no_file_of(name, tmp_path):
    cause, document = VARIANTS[name]
    path = tmp_path / "evidence.json"
    path.write_text(json.dumps(document))
    judged = json.loads(run("judge", "--json", path).stdout)
    assert judged["cause"] == cause
    with Replay(path, tmp_path) as replay:
        checked = replay.check("--json")
    met = json.loads(checked.stdout)
    assert (met["verdict"], met["cause"]) == (judged["verdict"], cause)
    assert checked.returncode == judged["exit_code"]


def test_delays_are_played_and_scaled(tmp_path):
    path = tmp_path / "evidence.json"
    path.write_text(json.dumps(VARIANTS["slow"][1]))
    with Replay(path, tmp_path) as replay:
        met = json.loads(replay.check("--http2-only", "--json").stdout)["sessions"][0]["timing_ms"]
    assert met["tls"] >= 400 and met["first_byte"] - met["tls"] >= 390
    with Replay(path, tmp_path, "--delays", "200") as replay:
        met = json.loads(replay.check("--http2-only", "--json").stdout)["sessions"][0]["timing_ms"]
    assert met["tls"] >= 780


def test_what_is_said_once_it_listens(tmp_path):
    path = ROOT / "test/corpus/evidence/untrusted-root.json"
    command = [AVS_SHIM, "standin", "--replay", path, "--dir", tmp_path / "a dir"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=ENVIRONMENT)
    said = [process.stdout.readline()]
    while said[-1] and said[-1] != "Ctrl-C ends it.\n":
        said.append(process.stdout.readline())
    process.send_signal(signal.SIGTERM)
    assert process.wait(20) == 0
    process.stdout.close()
    text = "".join(said)
    assert "Try, and expect root_missing, exit code 1:" in text
    assert f"--ca-file '{tmp_path}/a dir/ca.pem'" in text  # a word for a shell
    assert ("sends 2: CN=Stand-in Private Issuing 1,O=Stand-in Private (EC P-256), "
            "issued by CN=Stand-in Private Root,O=Stand-in Private") in text
    assert not any("KEY" in each.read_text() for each in (tmp_path / "a dir").iterdir())


HOSTILE = {
    "no JSON": ("{", "not JSON"),
    "deep": ("[" * 100000, "not JSON"),
    "another schema": ('{"schema": "avs-shim.check/1"}', "schema"),
    "a number for a text": ('{"schema": "avs-shim.evidence/1", "evidence": {"host": 5}}', "host"),
    "no session": ('{"schema": "avs-shim.evidence/1", "evidence": {"host": "a.test"}}',
                   "no session in it to play"),
    "too large": ('{"schema": "' + "x" * (3 << 20), "larger than"),
    "two": ('{"schema": "avs-shim.evidence/1"}\n' * 2, "and this is many"),
    "nothing": ("", "not JSON"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_file_that_is_none_is_a_clear_error(name, tmp_path):
    text, why = HOSTILE[name]
    path = tmp_path / "evidence.json"
    path.write_text(text)
    result = run("standin", "--replay", path)
    assert result.returncode == 2
    assert f"{path}" in result.stderr and why in result.stderr, result.stderr


@pytest.mark.parametrize("host", ["$(id)", "a b", "-o", "a.test; id", "", "a\x1b[31m.test"])
def test_a_host_that_is_none_never_reaches_a_command(host, tmp_path):
    document = edited("ok")
    document["evidence"]["host"] = host
    path = tmp_path / "evidence.json"
    path.write_text(json.dumps(document))
    result = run("standin", "--replay", path)
    assert result.returncode == 2
    assert 'its "host" is no host name' in result.stderr


@pytest.mark.parametrize("words, why", [
    (["--replay", "x", "--iot"], "--replay goes with"),
    (["--replay", "x", "--list"], "--replay goes with"),
    (["--replay", "x", "--seed", "1"], "--replay goes with"),
    (["--delays", "50"], "--delays is for --replay"),
    (["--replay", "/nowhere/x.json"], "/nowhere/x.json"),
])
def test_usage(words, why):
    result = run("standin", *words)
    assert (result.returncode, why in result.stderr) == (2, True), result.stderr


def test_a_port_that_is_taken_is_said():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        for name in ("ok", "refused"):
            result = run("standin", "--replay", ROOT / f"test/corpus/evidence/{name}.json",
                         "--port", port)
            assert result.returncode == 2
            assert f"port {port}" in result.stderr
