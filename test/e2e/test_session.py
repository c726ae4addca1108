# SPDX-License-Identifier: Apache-2.0
"""The sample avs-session against the stand-in."""
import re
import signal
import subprocess
import time

import pytest

from avs_shim import BUILD, ENVIRONMENT, Standin

SESSION = str(BUILD / "sample" / "avs-session" / "avs-session")
LINE = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3} \[..[0-9a-f]\] [0-9IWEC] \w+:\w+")


@pytest.fixture(scope="module")
def standin():
    with Standin() as running:
        yield running


def words(standin, host, *arguments):
    return [SESSION, "--endpoint", f"https://{host}.localhost", "--connect-to",
            f"127.0.0.1:{standin.port}", "--ca-file", str(standin.dir / "ca.pem"),
            *map(str, arguments)]


def session(standin, host, *arguments):
    return subprocess.run(words(standin, host, *arguments), capture_output=True, text=True,
                          timeout=30, env=ENVIRONMENT)


def test_events_are_sent_and_their_directives_come(standin, tmp_path):
    token = tmp_path / "token"
    token.write_text("Atza|not-to-be-seen\n")
    result = session(standin, "ok", "--count", 3, "--interval-ms", 10, "--ping-ms", 10,
                     "--token-file", token, "--log-level", "DEBUG9")
    assert result.returncode == 0, result.stdout + result.stderr
    assert result.stdout.count("I AvsSession:eventSent:finish=complete,code=204") == 3
    assert result.stdout.count("directiveReceived:namespace=Speaker,name=SetVolume") == 3
    assert "pingAnswered:finish=complete,code=204" in result.stdout
    assert "not-to-be-seen" not in result.stdout + result.stderr
    assert all(LINE.match(line) for line in result.stdout.splitlines())


def test_failure_names_its_cause(standin):
    result = session(standin, "untrusted-root", "--count", 1)
    assert result.returncode == 1
    assert re.search(r" E AvsClient:connectFailed:cause=root_missing", result.stdout)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_signal_ends_it_in_good_order(standin, number):
    with subprocess.Popen(words(standin, "ok"), stdout=subprocess.PIPE, text=True,
                          env=ENVIRONMENT) as process:
        for line in process.stdout:
            if "eventSent" in line:
                break
        process.send_signal(number)
        rest = process.stdout.read()
        assert process.wait(10) == 0
    assert "endedBySignal" in rest
    assert "downchannelEnded:finish=cancelled,cause=shut_down" in rest


def test_goaway_is_followed_by_a_new_downchannel(standin):
    with subprocess.Popen(words(standin, "goaway-0"), stdout=subprocess.PIPE, text=True,
                          env=ENVIRONMENT) as process:
        deadline = time.monotonic() + 20
        ended = 0
        for line in process.stdout:
            ended += "downchannelEnded" in line
            if ended == 2 or time.monotonic() > deadline:
                break
        process.send_signal(signal.SIGINT)
        process.stdout.read()
        assert process.wait(10) == 0
    assert ended == 2  # so it was opened a second time


def test_config_of_the_sdk_is_used(standin, tmp_path):
    config = tmp_path / "AlexaClientSDKConfig.json"
    config.write_text('{"libcurlUtils":{"CURLOPT_CAINFO":"%s"},'
                      '"sampleApp":{"endpoint":"https://ok.localhost"}}' %
                      (standin.dir / "ca.pem"))
    result = subprocess.run([SESSION, "--config", config, "--connect-to",
                             f"127.0.0.1:{standin.port}", "--count", "1"], capture_output=True,
                            text=True, timeout=30, env=ENVIRONMENT)
    assert result.returncode == 0, result.stdout + result.stderr


@pytest.mark.parametrize("arguments,problem", [
    (["--count", "many"], "--count takes"),
    (["--log-level", "LOUD"], "--log-level takes"),
    (["--endpoint", "http://ok.localhost"], "not encrypted"),
    (["--token-file", "/nonexistent"], "cannot read a token"),
    (["--config", "/nonexistent"], "/nonexistent"),
    (["left-over"], "unexpected argument"),
])
def test_usage_errors_name_the_problem(arguments, problem):
    result = subprocess.run([SESSION, *arguments], capture_output=True, text=True, timeout=30)
    assert result.returncode == 2
    assert problem in result.stderr


def test_help_has_examples():
    result = subprocess.run([SESSION, "--help"], capture_output=True, text=True, timeout=30)
    assert result.returncode == 0 and "Examples:" in result.stdout
