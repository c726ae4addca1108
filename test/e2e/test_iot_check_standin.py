# SPDX-License-Identifier: Apache-2.0
"""iot check against the stand-in: chains, refused devices and CONNACK codes, each with its cause."""
import json

import junitparser
import pytest

from avs_shim import run
from standin_iot import SCENARIOS, StandinIot

CAUSES = {
    "ok": None, "ok-ats-only-region": None, "ok-cn-north-1": None, "rsa-only": None,
    "ecdsa-only": None, "tls12-only": None, "mqtt3-only": None,
    "expired": "cert_expired", "not-yet-valid": "cert_not_yet_valid",
    "wrong-host": "hostname_mismatch",
    "client-unknown": "client_cert_refused", "client-revoked": "client_cert_revoked",
    "client-expired": "client_cert_expired", "client-unknown-ca": "client_cert_unknown_ca",
    "connack-unspecified": "mqtt_refused", "connack-client-id": "mqtt_client_id",
    "connack-password": "mqtt_login", "connack-not-authorized": "mqtt_not_authorized",
    "connack-unavailable": "mqtt_busy", "connack-busy": "mqtt_busy",
    "connack-topic": "mqtt_refused", "connack-throttled": "mqtt_busy",
    "connack-version": "mqtt_version",
    "disconnect-not-authorized": "mqtt_not_authorized", "disconnect-throttled": "mqtt_busy",
    "disconnect-taken-over": "mqtt_taken_over", "disconnect-protocol": "mqtt_refused",
}


@pytest.fixture(scope="module")
def standin(tmp_path_factory):
    started = StandinIot(tmp_path_factory.mktemp("pki"))
    yield started
    started.stop()


def check(standin, name, *options):
    ways = [word for port, number in standin.ports.items()
            for word in ("--connect-to", f"{port}=127.0.0.1:{number}")]
    return run("iot", "check", SCENARIOS[name]["host"], "--timeout", "100",
               "--ca-file", standin.dir / "ca.pem", "--ats-roots", standin.dir / "ats-roots.pem",
               *ways, *options, timeout=200)


def pair(standin, certificate="device.pem"):
    return ["--cert", standin.dir / certificate, "--key", standin.dir / "device.key"]


@pytest.mark.parametrize("name", CAUSES)
def test_causes(standin, name):
    result = check(standin, name, "--json", "--connect", *pair(standin))
    report = json.loads(result.stdout)
    assert (result.returncode, report["cause"]) == (1 if CAUSES[name] else 0, CAUSES[name])


PORTS = ["8883 MQTT", "443 MQTT", "8443 HTTPS", "443 HTTPS"]


def test_formats_of_other_tools(standin, tmp_path):
    files = {kind: tmp_path / f"iot.{kind}" for kind in ("junit", "tap", "html")}
    result = check(standin, "ok", *pair(standin, "stranger.pem"),
                   *(word for kind, file in files.items() for word in (f"--{kind}", file)))
    assert result.returncode == 1 and result.stdout.startswith("Not ready: ")
    cases = {case.name: case for suite in junitparser.JUnitXml.fromfile(files["junit"])
             for case in suite}
    assert list(cases)[1:5] == PORTS
    for port in PORTS:
        assert cases[port].result[0].type == "client_cert_unknown_ca"
    lines = files["tap"].read_text().splitlines()
    assert lines[:2] == ["TAP version 13", f"1..{len(cases)}"]
    assert "not ok 2 - iot check: 8883 MQTT" in lines and "ok 6 - iot check: RSA certificate" in lines
    assert "client_cert_unknown_ca" in files["html"].read_text()


@pytest.mark.parametrize("options, words", [
    (["device.pem"], "ready,0,,"),
    (["stranger.pem"], "not_ready,1,client_cert_unknown_ca,"),
    ([], "inconclusive,3,,"),
])
def test_a_line_for_scripts(standin, options, words):
    result = check(standin, "ok", *(pair(standin, *options) if options else []),
                   "--format", "{verdict},{exit_code},{cause},{host}")
    assert result.stdout == words + SCENARIOS["ok"]["host"] + "\n"
    assert result.returncode == int(words.split(",")[1])


def test_an_error_is_in_the_files_too(standin, tmp_path):
    result = run("iot", "check", "a.test", "--ats-roots", tmp_path / "none.pem", "--tap", "-")
    assert result.returncode == 2 and "not ok 1 - iot check" in result.stdout
    result = run("iot", "check", "a.test", "--tap", tmp_path / "a", "--junit", tmp_path / "a")
    assert result.returncode == 2 and "would both write" in result.stderr
