# SPDX-License-Identifier: Apache-2.0
"""Bytes that a stranger chose, through every command and every format: file names, values, comments,
certificate subjects, log lines, arguments. Text holds no character that a terminal obeys but its
own newlines; JSON is UTF-8 and parses."""
import json
import os
import re
import subprocess

import pytest

from avs_shim import AVS_SHIM, ENVIRONMENT, ROOT

BAD = b"\x1b]0;owned\x07\x1b[2J\xc2\x9b31m\xe2\x80\xae\xe2\x81\xa6\xff\xfe\x7f\r"
NAME = b"evil" + BAD.replace(b"/", b"") + b"\nNext  reboot" + b"n" * 150
STEERS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]")


def run_raw(*words, stdin=b""):
    return subprocess.run([AVS_SHIM.encode(), *(word if isinstance(word, bytes) else str(word).encode()
                                                for word in words)],
                          input=stdin, capture_output=True, env=ENVIRONMENT, timeout=60)


def must_be_harmless(raw, is_diff=False):
    text = raw.decode("utf-8")  # strict
    text = text.replace("\r\n", "\n").replace("\t", "") if is_diff else text
    assert not STEERS.search(text), repr(text[max(0, STEERS.search(text).start() - 60):][:160])
    assert "\t" not in text
    return text


def both_forms(*words, stdin=b"", is_diff=False):
    """The command with and without --json: what it says is harmless, whatever it says."""
    result = run_raw(*words, stdin=stdin)
    assert result.returncode in (0, 1, 2, 3)
    text = must_be_harmless(result.stdout, is_diff)
    must_be_harmless(result.stderr)
    assert "\nNext  reboot" not in text
    machine = run_raw(*words, "--json", stdin=stdin)
    must_be_harmless(machine.stderr)
    assert machine.returncode in (0, 1, 2, 3)
    return text, json.loads(must_be_harmless(machine.stdout))



@pytest.fixture()
def evil(tmp_path):
    """A folder whose name is hostile, with a bundle in it, all as bytes."""
    folder = os.fsencode(tmp_path) + b"/" + NAME
    os.mkdir(folder)
    bundle = b"".join(path.read_bytes() for path in sorted((ROOT / "config" / "roots").glob("*.pem")))
    with open(folder + b"/ca" + BAD + b".pem", "wb") as file:
        file.write(bundle)
    return folder


def test_file_names_as_arguments(evil):
    bundle = evil + b"/ca" + BAD + b".pem"
    for words in (["trust", "audit", "--ca-file", bundle], ["trust", "audit", "--ca-path", evil],
                  ["trust", "audit", "--ca-file", evil + b"/none"],
                  ["trust", "audit", "--sysroot", evil], ["trust", "install", "--sysroot", evil],
                  ["trust", "install", "--ca-file", bundle], ["trust", "install", "--ca-path", evil],
                  ["trust", "explain", "--chain", bundle], ["trust", "explain", "--chain", evil],
                  ["trust", "explain", "--chain", bundle, "--host", BAD],
                  ["check", "--ca-file", bundle + b"x"], ["check", "--ca-path", bundle + b"x"],
                  ["judge", bundle], ["judge", evil + b"/none"], ["inspect", bundle],
                  ["inspect", evil], ["inspect", evil + b"/none"],
                  ["endpoint", "show", "--config", bundle],
                  ["endpoint", "lint", "--config", evil + b"/none"],
                  ["check", "--config", bundle], ["trust", "audit", "--config", bundle]):
        both_forms(*words)


@pytest.mark.parametrize("words", [
    ["check", "--endpoint"], ["check", "--connect-to"], ["check", "--timeout"], ["check"],
    ["check", "--log-level"], ["check", "--ats-roots"], ["endpoint", "show", "--sdk"],
    ["endpoint", "set"], ["endpoint"], ["trust"], ["trust", "explain", "--at"], ["trust", "audit"],
    ["trust", "install", "--only"], ["inspect", "--sdk"], ["inspect", "x"], ["causes"],
    ["standin", "--port"]], ids=" ".join)
def test_arguments(words):
    config = str(ROOT / "config" / "none.json")
    words = words + ([BAD, "--config", config] if words[0] == "endpoint" else [BAD])
    both_forms(*words)


def test_unknown_commands_and_options():
    both_forms("standin", "--dir", b"/proc/" + BAD)
    for words in ([BAD], ["check", b"--" + BAD], ["check", b"-" + BAD], ["help", BAD],
                  ["help", "--completion", BAD]):
        result = run_raw(*words)
        assert result.returncode == 2
        must_be_harmless(result.stdout)
        must_be_harmless(result.stderr)


def test_names_in_an_image(tmp_path):
    root = os.fsencode(tmp_path) + b"/image"
    pem = next((ROOT / "config" / "roots").glob("*.pem")).read_bytes()
    for folder in (b"/etc/ssl/certs", b"/usr/local/share/ca-certificates",
                   b"/usr/share/ca-certificates/mozilla", b"/etc/alternatives"):
        os.makedirs(root + folder)
    bad = BAD.replace(b"/", b"")
    for path in (b"/etc/ssl/certs/" + bad + b".pem", b"/etc/ssl/certs/" + bad + b"\nNext  reboot.0",
                 b"/usr/local/share/ca-certificates/" + bad + b".crt",
                 b"/usr/share/ca-certificates/mozilla/" + bad + b".crt"):
        with open(root + path, "wb") as file:
            file.write(pem)
    with open(root + b"/etc/ca-certificates.conf", "wb") as file:
        file.write(b"mozilla/" + bad + b"AAA.crt\n!mozilla/" + bad + b"\n")
    with open(root + b"/etc/os-release", "wb") as file:
        file.write(b"ID=debian\nVERSION_ID=" + bad + b"\nPRETTY_NAME=" + bad + b"\n")
    os.symlink(bad, root + b"/etc/ssl/certs/ca-certificates.crt")
    for words in (["trust", "audit", "--verbose"], ["trust", "install"]):
        both_forms(*words, "--sysroot", root)


UTF8 = "\x1b]0;owned\x07\x1b[2J\x9b31m\u202e\u2066\x7f"


def configuration(folder, value=UTF8):
    path = folder / "AlexaClientSDKConfig.json"
    escaped = json.dumps(value)
    path.write_text(f"""// comment {UTF8}
{{
\t/* {UTF8} */ "sampleApp": {{ "endpoint": {escaped}, "other\u009b31m\u202e": {escaped} }},
\t"avsGatewayManager": {{ "avsGateway": "https://x.example" }}, // {UTF8}
\t"libcurlUtils": {{ "CURLOPT_CAINFO": {escaped}, "CURLOPT_CAPATH": {escaped},
\t\t"CURLOPT_PROXY": {escaped}, "CURLOPT_INTERFACE": {escaped} }},
\t"cblAuthDelegate": {{ "databaseFilePath": {escaped} }}
}}
""")
    return path


@pytest.mark.parametrize("value", [UTF8, "https://u:p" + UTF8 + "@x", "/etc/" + UTF8, "${" + UTF8 + "}"])
def test_values_and_comments_of_a_configuration(tmp_path, value):
    config = configuration(tmp_path, value)
    for words in (["endpoint", "show"], ["endpoint", "explain"], ["endpoint", "lint"],
                  ["endpoint", "explain", "--sdk", "1.17"], ["trust", "audit"], ["trust", "install"]):
        both_forms(*words, "--config", config)
    for words in (["endpoint", "set", "eu"], ["endpoint", "unset"], ["endpoint", "toggle"]):
        both_forms(*words, "--config", config, "--dry-run", is_diff=True)
    both_forms("check", "--endpoint", "na", "--connect-to", "127.0.0.1:1", "--timeout", "2",
               "--config", config)


def test_a_difference_that_is_written(tmp_path):
    config = configuration(tmp_path)
    for words in (["set", "eu"], ["toggle"], ["toggle"], ["unset"]):
        result = run_raw("endpoint", *words, "--config", config)
        must_be_harmless(result.stdout, is_diff=True)
        assert result.returncode == 0
    config.write_text(config.read_text().replace("},", "}", 1))
    result = run_raw("endpoint", "lint", "--fix", "--config", config)
    must_be_harmless(result.stdout, is_diff=True)
    assert UTF8 in config.read_text()  # only what is shown is changed


def test_subjects_of_a_chain(tmp_path):
    subject = "/CN=evil\u009b31m\u202e\u2066x/O=\u0085\u2028y"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-utf8", "-subj", subject,
                    "-keyout", tmp_path / "key.pem", "-out", tmp_path / "chain.pem", "-addext",
                    "subjectAltName=DNS:evil.localhost", "-days", "2"], check=True, capture_output=True)
    text, report = both_forms("trust", "explain", "--chain", tmp_path / "chain.pem", "--host", "x.localhost")
    assert "evil" in text and "evil" in json.dumps(report)
    both_forms("trust", "audit", "--ca-file", tmp_path / "chain.pem")


LOG = ROOT / "test" / "corpus" / "logs"


def test_lines_of_a_log(tmp_path):
    logs = sorted(LOG.glob("*.log"))[:12]
    body = b"".join(path.read_bytes().replace(b"=", b"=" + BAD.replace(b"\r", b"")) for path in logs)
    body += b"2026-11-20 10:00:01.000 [  1] E CurlEasyHandleWrapper:performFailed:curl=" + BAD + b",error=SSL " \
            b"certificate problem: unable to get local issuer certificate " + BAD + b"\0\n"
    body += b"2026-11-20 10:00:01.000 [  1] E X" + BAD + b":y:cafile: /etc/" + BAD + b"\n" + b"z" * 70000 + BAD
    path = tmp_path / "hostile.log"
    path.write_bytes(body)
    both_forms("inspect", path)
    both_forms("inspect", "-", stdin=body)


def test_texts_of_a_ticket(tmp_path):
    done = subprocess.run([AVS_SHIM, "check", "--demo", "--endpoint", "https://untrusted-root.localhost",
                           "--evidence", tmp_path / "t.json"], capture_output=True, env=ENVIRONMENT)
    assert done.returncode == 1
    ticket = json.loads((tmp_path / "t.json").read_text())

    free = ("subject", "issuer", "ca_file", "verify_text",
            "missing_issuer", "problem_subject")

    def poison(value):
        if isinstance(value, dict):
            return {key: item[:100] + UTF8 + "\nNext  reboot" if key in free else poison(item)
                    for key, item in value.items()}
        return [poison(item) for item in value] if isinstance(value, list) else value
    ticket["evidence"] = poison(ticket["evidence"])
    (tmp_path / "t.json").write_text(json.dumps(ticket))
    text, report = both_forms("judge", tmp_path / "t.json")
    assert report.get("verdict") == "not_ready" and "?" in text, report


def test_our_own_colours_come_on_a_terminal_only(tmp_path):
    config = configuration(tmp_path)
    script = f"stty cols 72; {AVS_SHIM} endpoint explain --config {config}; {AVS_SHIM} trust audit"
    shown = subprocess.run(["script", "-qec", script, "/dev/null"], capture_output=True, stdin=subprocess.DEVNULL,
                           env={**ENVIRONMENT, "TERM": "xterm"}).stdout.decode()
    shown = shown.replace("\r\n", "\n")
    assert "\x1b[" in shown
    assert not STEERS.search(re.sub("\x1b\\[[0-9]*m", "", shown))
