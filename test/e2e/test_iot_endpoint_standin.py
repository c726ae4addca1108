# SPDX-License-Identifier: Apache-2.0
"""iot endpoint against the stand-in: every answer of DescribeEndpoint that it plays has its cause,
over a real socket, and a table that misses one is found out."""
import json

import pytest

from avs_shim import ENVIRONMENT, run
from standin_iot import SCENARIOS, StandinIot

KEYS = {**ENVIRONMENT, "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE1234", "AWS_SECRET_ACCESS_KEY": "wJalrXUtnFEMI/K7",
        "AWS_REGION": "us-east-1", "HOME": "/nonexistent"}

CAUSES = {  # scenario: exit code, cause
    "ok": (0, None), "throttled-once": (0, None),
    "throttled": (1, "aws_throttled"), "throttled-429": (1, "aws_throttled"),
    "unauthorized": (1, "aws_not_allowed"), "access-denied": (1, "aws_not_allowed"),
    "type-with-url": (1, "aws_not_allowed"), "null-message": (1, "aws_not_allowed"),
    "internal-failure": (1, "aws_service_failed"), "unavailable": (1, "aws_service_failed"),
    "html-error": (1, "aws_service_failed"),
    "unknown-key": (1, "aws_key_unknown"),
    "wrong-secret": (1, "aws_signature_refused"), "missing-token": (1, "aws_signature_refused"),
    "expired-token": (1, "aws_keys_expired"), "code-in-body": (1, "aws_keys_expired"),
    "clock-behind": (1, "clock_wrong"), "clock-ahead": (1, "clock_wrong"),
    "invalid-request": (1, "aws_wrong_host"), "redirect": (1, "aws_wrong_host"),
    "html": (1, "aws_answer_bad"), "no-address": (1, "aws_answer_bad"),
    "empty": (1, "aws_answer_bad"), "half-json": (1, "aws_answer_bad"),
    "odd-address": (1, "aws_answer_bad"), "endless": (1, "aws_answer_bad"),
    "silent": (3, "response_timeout"), "close": (3, "connection_lost"),
}


@pytest.fixture(scope="module")
def standin(tmp_path_factory):
    started = StandinIot(tmp_path_factory.mktemp("pki"))
    yield started
    started.stop()


def ask(standin, name, *options):
    return run("iot", "endpoint", "--json", "--endpoint-url", f"https://{SCENARIOS[name]['host']}",
               "--connect-to", f"127.0.0.1:{standin.ports['443']}", "--ca-file",
               standin.dir / "ca.pem", *options, env=KEYS, timeout=120)


def test_every_answer_is_in_this_file():
    assert {f"api-{name}" for name in CAUSES} == \
        {name for name in SCENARIOS if name.startswith("api-")}


@pytest.mark.parametrize("name", CAUSES)
def test_causes(standin, name):
    result = ask(standin, f"api-{name}", "--timeout", "8" if name == "silent" else "60")
    report = json.loads(result.stdout)
    assert (result.returncode, report["cause"]) == CAUSES[name], result.stdout
    assert "wJalrXUtnFEMI" not in result.stdout + result.stderr


@pytest.mark.parametrize("kind, host", [
    ("data-ats", "ok-ats.iot"), ("data", "legacy.iot"), ("credentials", "ok.credentials.iot"),
    ("jobs", "ok.jobs.iot")])
def test_types(standin, kind, host):
    result = ask(standin, "api-ok", "--type", kind)
    assert json.loads(result.stdout)["endpoint"] == f"{host}.us-east-1.amazonaws.com", result.stdout
