# SPDX-License-Identifier: Apache-2.0
"""Faults below TLS, made real in a network namespace of our own, and a clock that is wrong."""
import contextlib
import json
import os
import socket
import subprocess

import pytest

from avs_shim import AVS_SHIM, BUILD, Standin, run

IS_SANITIZED = "asan" in BUILD.name or "tsan" in BUILD.name


def check(*arguments, **options):
    result = run("check", "--json", *arguments, **options)
    report = json.loads(result.stdout)
    return result.returncode, report["verdict"], report["cause"]


def in_namespace(setup, *arguments):
    """check in a fresh network namespace after the shell commands of `setup`."""
    if os.geteuid() != 0:
        pytest.skip("network namespaces need root")
    words = " ".join(arguments)
    result = subprocess.run(["unshare", "--net", "sh", "-ec",
                             f"{setup}; exec {AVS_SHIM} check --json {words}"],
                            capture_output=True, text=True, timeout=60)
    if "unshare" in result.stderr:
        pytest.skip("no network namespaces here")
    report = json.loads(result.stdout)
    return result.returncode, report["verdict"], report["cause"]


def test_no_route_is_network_unreachable():
    got = in_namespace("ip link set lo up", "--connect-to", "192.0.2.9:443", "--timeout", "3")
    assert got == (3, "inconclusive", "network_unreachable")


@pytest.mark.parametrize("setup, address", [
    ("ip route add prohibit 192.0.2.9/32", "192.0.2.9:443"),
    ("ip -6 route add prohibit 2001:db8::9/128", "[2001:db8::9]:443"),  # EACCES, where IPv4 says so too
    ("ip route add unreachable 192.0.2.9/32", "192.0.2.9:443"),
])
def test_a_way_that_is_prohibited_is_no_closed_port(setup, address):
    got = in_namespace(f"ip link set lo up; {setup}", "--connect-to", address, "--timeout", "3")
    assert got == (3, "inconclusive", "network_unreachable")


def test_unanswered_packets_are_a_connect_timeout():
    with socket.socket() as listener, contextlib.ExitStack() as waiting:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        for _ in range(4):  # fill the queue: the kernel then drops further connections unanswered
            client = waiting.enter_context(socket.socket())
            client.setblocking(False)
            client.connect_ex(listener.getsockname())
        got = check("--connect-to", f"127.0.0.1:{listener.getsockname()[1]}", "--timeout", "1")
    assert got == (3, "inconclusive", "connect_timeout")


def test_unknown_name_is_dns_failed():
    got = check("--endpoint", "https://no-such-host.invalid", "--timeout", "5")
    assert got == (3, "inconclusive", "dns_failed")


def test_interface_of_the_config_is_missing(tmp_path):
    config = tmp_path / "config.json"
    config.write_text('{"libcurlUtils":{"CURLOPT_INTERFACE":"nosuchif0"}}')
    got = check("--config", config, "--connect-to", "127.0.0.1:1")
    assert got == (3, "inconclusive", "interface_missing")


@pytest.mark.skipif(IS_SANITIZED, reason="the clock is faked by LD_PRELOAD")
@pytest.mark.parametrize("when", ["1970-01-02 00:00:00", "2016-02-01 00:00:00",
                                  "2070-01-01 00:00:00"])
def test_wrong_clock_is_named_not_the_certificate(when):
    """The stand-in's certificates are good now; the device lives at another time."""
    environment = {"PATH": os.environ["PATH"], "FAKETIME_DONT_FAKE_MONOTONIC": "1"}
    with Standin() as standin:
        result = subprocess.run(
            ["faketime", "-f", f"@{when}", AVS_SHIM, "check", "--json", "--endpoint",
             "https://ok.localhost", "--connect-to", f"127.0.0.1:{standin.port}", "--ca-file",
             standin.dir / "ca.pem", "--ats-roots", standin.dir / "ats-roots.pem"],
            capture_output=True, text=True, env=environment)
    report = json.loads(result.stdout)
    assert (report["verdict"], report["cause"]) == ("not_ready", "clock_wrong")
    facts = report["sessions"][0]["findings"][0]["facts"]
    assert f"this device's clock: {when[:10]}" in facts
    assert "this software was built: 20" in facts
