# SPDX-License-Identifier: Apache-2.0
"""Why a name does not resolve: a name server of ours says each thing, in a namespace of our own."""
import json
import subprocess
import sys
import time

import pytest

from avs_shim import AVS_SHIM
from namespace import Namespace

# answers every query with argv[2], a response code, or -1: not at all
SERVER = """
import socket, sys
listener = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
listener.bind((sys.argv[1], 53))
print("ready", flush=True)
while True:
    query, peer = listener.recvfrom(1500)
    code = int(sys.argv[2])
    if code >= 0:
        listener.sendto(query[:2] + bytes([0x81, 0x80 | code]) + query[4:6] + bytes(6) + query[12:], peer)
"""
NXDOMAIN, SERVFAIL, REFUSED, EMPTY, SILENT = 3, 2, 5, 0, -1


@pytest.fixture
def network(tmp_path):
    with Namespace(tmp_path, has_resolver=False) as running:
        yield running


def serve(network, address, code):
    server = network.start(sys.executable, "-c", SERVER, address, code, stdout=subprocess.PIPE)
    assert server.stdout.readline() == b"ready\n"


def evidence_of(network):
    return json.loads((network.folder / "evidence.json").read_text())["evidence"]


def check(network, resolv_conf, *arguments):
    (network.folder / "resolv.conf").write_text(resolv_conf)
    began = time.monotonic()
    result = network.run(AVS_SHIM, "check", "--endpoint", "https://gone.test", "--timeout", "2",
                         "--json", "--evidence", network.folder / "evidence.json", *arguments)
    assert time.monotonic() - began < 4.5
    report = json.loads(result.stdout)
    assert (result.returncode, report["cause"]) == (3, "dns_failed")
    return evidence_of(network)["dns"]


@pytest.mark.parametrize("code, answer", [(NXDOMAIN, "nxdomain"), (SERVFAIL, "servfail"),
                                          (REFUSED, "refused"), (EMPTY, "no_address"),
                                          (SILENT, "silent")])
def test_what_the_name_server_said_is_told(network, code, answer):
    serve(network, "127.0.0.9", code)
    facts = check(network, "nameserver 127.0.0.9\n")
    assert facts == {"answer": answer, "server": "127.0.0.9", "servers": "127.0.0.9"}


def test_nobody_listens(network):
    assert check(network, "nameserver 127.0.0.8\n")["answer"] == "unreachable"


def test_no_way_to_the_name_server(network):
    assert check(network, "nameserver 192.0.2.53\n")["answer"] == "unreachable"


@pytest.mark.parametrize("text", ["", "search example\n# nameserver 127.0.0.9\n"])
def test_no_name_server_is_named(network, text):
    facts = check(network, text)
    assert facts["answer"] == "no_server" and facts.get("servers", "") == ""


def test_the_server_that_knows_more_speaks(network):
    serve(network, "127.0.0.9", SERVFAIL)
    serve(network, "127.0.0.10", NXDOMAIN)
    facts = check(network, "nameserver 127.0.0.8\nnameserver 127.0.0.9\nnameserver 127.0.0.10\n")
    assert facts == {"answer": "nxdomain", "server": "127.0.0.10",
                     "servers": "127.0.0.8 127.0.0.9 127.0.0.10"}


def test_a_name_that_resolves_asks_nobody(network):
    (network.folder / "hosts").write_text("127.0.0.1 dns.test\n")
    result = network.run(AVS_SHIM, "check", "--endpoint", "https://dns.test:1", "--timeout", "2",
                         "--evidence", network.folder / "evidence.json")
    evidence = evidence_of(network)
    assert result.returncode == 3
    assert "answer" not in evidence.get("dns", {})  # the default, not_asked
    assert evidence["session"][0]["dial"]["tried"] == "127.0.0.1"
    assert evidence["session"][0]["dial"]["address"] == "127.0.0.1"
