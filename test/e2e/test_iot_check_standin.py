# SPDX-License-Identifier: Apache-2.0
"""iot check against the stand-in: chains, refused devices and CONNACK codes, each with its cause."""
import json

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


@pytest.mark.parametrize("name", CAUSES)
def test_causes(standin, name):
    ways = [word for port, number in standin.ports.items()
            for word in ("--connect-to", f"{port}=127.0.0.1:{number}")]
    result = run("iot", "check", SCENARIOS[name]["host"], "--json", "--connect", "--timeout", "100",
                 "--cert", standin.dir / "device.pem", "--key", standin.dir / "device.key",
                 "--ca-file", standin.dir / "ca.pem", "--ats-roots", standin.dir / "ats-roots.pem",
                 *ways, timeout=200)
    report = json.loads(result.stdout)
    assert (result.returncode, report["cause"]) == (1 if CAUSES[name] else 0, CAUSES[name])
