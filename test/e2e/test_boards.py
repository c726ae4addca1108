# SPDX-License-Identifier: Apache-2.0
"""Boards that cannot connect, each broken in one way in a lab of namespaces: the first line has to be
the right one, and the command that the report suggests is run on the board as it stands. It mends the
board, or it shows where to look next."""
import json
import re
import time
from dataclasses import dataclass, field

import pytest

from avs_shim import BUILD
from lab import (CONFIG, DEAD, NAMES, OLD_TLS, ONLY_HTTP1, PARKED, PROXY, STORE, Board,
                 Internet, v4)

IS_SANITIZED = "asan" in BUILD.name or "tsan" in BUILD.name


@pytest.fixture(scope="module")
def internet(tmp_path_factory):
    with Internet(tmp_path_factory.mktemp("lab")) as running:
        yield running


def everywhere(*last):
    return {name: list(last) for name in NAMES}


def resolvers(*addresses):
    text = "".join(f"nameserver {address}\n" for address in addresses)
    return lambda board: board.write("/etc/resolv.conf", text)


def proxy(address, port):
    return lambda board: board.configure(CURLOPT_PROXY=f"http://{address}:{port}")


def clock(when):
    return lambda board: board.set_clock(when)


def no_route(board):
    board.sh("ip route del default; ip -6 route del default")


def trusted_interceptor(board):
    board.sh(f"cat {board.internet.pki.contoso} >> {STORE}")
    board.take_every_connection("contoso-leaf")


WITHOUT_ROOTS = ("rm /usr/local/share/ca-certificates/*; sed -i '/Amazon_/d; /Starfield_/d' "
                 "/etc/ca-certificates.conf; update-ca-certificates --fresh >/dev/null 2>&1")


def unhashed_path(board):
    board.sh(f"mkdir /etc/avs/certs; cp {board.internet.pki.root} "
             "/usr/share/ca-certificates/mozilla/Amazon* /etc/avs/certs; " + WITHOUT_ROOTS)
    board.configure(CURLOPT_CAPATH="/etc/avs/certs")


@dataclass
class Row:
    name: str
    cause: str  # "" where nothing is wrong
    line: str  # what the first line has to say, a regular expression
    broken: object = lambda board: None  # how
    command: str = ""  # a regular expression
    shows: str = ""  # in what the command prints; "" where it mends
    names: dict = field(default_factory=lambda: None)  # what the resolver knows
    is_ready: bool = False
    timeout: int = 15  # what is dead is not waited for longer


ROWS = [
    Row("healthy", "", "^Ready: ", is_ready=True),
    Row("no-dns", "dns_failed", "no resolver in /etc/resolv.conf", resolvers(),
        "cat /etc/resolv.conf", "^$"),
    Row("dead-dns", "dns_failed", f"resolver {v4(DEAD)} did not answer", resolvers(v4(DEAD)),
        f"ip route get {v4(DEAD)}", "via 10.0.", timeout=3),
    Row("wrong-dns", "hostname_mismatch", "the certificate is for parking.example",
        names=everywhere(PARKED), command="getent ahosts", shows=v4(PARKED)),
    Row("filtered-dns", "connect_refused", r"a DNS filter blocks the name \(0.0.0.0\)",
        names=everywhere("0.0.0.0"), command="getent ahosts", shows="^0.0.0.0 "),
    Row("no-route", "network_unreachable", "no route to", no_route, "ip address; ip route",
        "inet 10.0."),
    Row("drop", "connect_timeout", "never answered", lambda board: board.refuse("blackhole"),
        "ip route get", "via ", timeout=3),
    Row("reject", "network_unreachable", "the way to .* is ref",
        lambda board: board.refuse("prohibit"), "ip route get", "via "),
    Row("reset", "connect_refused", ":443 refused the connection",
        lambda board: board.take_every_connection(""), "getent ahosts", v4(10)),
    Row("portal-plain", "plaintext_peer", "no TLS, plain text",
        lambda board: board.take_every_connection(None), "curl -v", "portal.hotel.example|400"),
    Row("portal-tls", "hostname_mismatch", "the certificate is for portal.hotel.exampl",
        lambda board: board.take_every_connection("portal"), "getent ahosts", v4(10)),
    Row("intercepted", "intercepted", "intercepted by Contoso Proxy CA",
        lambda board: board.take_every_connection("contoso-leaf")),
    Row("intercepted-trusted", "intercepted", "intercepted by Contoso Proxy CA",
        trusted_interceptor),
    Row("clock-1970", "clock_wrong", "this device's clock says 1970-01-01",
        clock("1970-01-01 00:03:00"), "timedatectl set-ntp true"),
    Row("clock-2040", "clock_wrong", "this device's clock says 2040-01-01",
        clock("2040-01-01 00:03:00"), "timedatectl set-ntp true"),
    Row("missing-root", "root_missing", "root missing: Test Root",
        lambda board: board.sh(WITHOUT_ROOTS), "avs-shim trust install --apply"),
    Row("cut-bundle", "ca_file_invalid", f"{STORE}: line [0-9]+: the block", lambda board:
        board.sh(f"truncate -s -500 {STORE}"), "update-ca-certificates"),
    Row("damaged-bundle", "ca_file_invalid", f"{STORE}: line 5: text that is no", lambda board:
        board.sh(f"sed -i '5s/./#/' {STORE}"), "update-ca-certificates"),
    Row("no-bundle", "ca_file_unreadable", f"{STORE}: No such file", lambda board: board.sh(f"rm {STORE}"),
        "update-ca-certificates"),
    Row("unhashed-path", "ca_path_not_hashed", "CA pa", unhashed_path,
        "openssl rehash /etc/avs/certs"),
    Row("narrow-path", "tls_timeout", "TLS handshake never answered",
        lambda board: board.narrow(1300), "ip link|ping", "mtu 1500|1472 bytes are lost", timeout=3),
    Row("ipv6-black-hole", "", "^Ready: ",
        lambda board: board.refuse("blackhole", "", ["-6"]), is_ready=True),
    Row("proxy-refused", "proxy_failed", f"the proxy cannot be reached: http://{v4(PROXY)}:3127 ",
        proxy(v4(PROXY), 3127), "grep -n CURLOPT_PROXY", f"{v4(PROXY)}:3127"),
    Row("proxy-407", "proxy_failed", "the proxy wants a login", proxy(v4(PROXY), 3129),
        "grep -n CURLOPT_PROXY", f"{v4(PROXY)}:3129"),
    Row("proxy-403", "proxy_failed", "the proxy answered 403 to CONNECT", proxy(v4(PROXY), 3130),
        "grep -n CURLOPT_PROXY", f"{v4(PROXY)}:3130"),
    Row("proxy-dead", "proxy_failed", "the proxy did not answer in time: http://", proxy(v4(DEAD), 3128),
        "grep -n CURLOPT_PROXY", f"{v4(DEAD)}:3128", timeout=3),
    Row("proxy-fine", "", "^Ready: ", proxy(v4(PROXY), 3128), is_ready=True),
    Row("http2-stripped", "http2_missing", "no HTTP/2: the server chose http/1.1",
        names=everywhere(ONLY_HTTP1), command="s_client", shows="No ALPN negotiated"),
    Row("old-tls", "tls_version", "no TLS version in common", names=everywhere(OLD_TLS),
        command="s_client", shows="protocol"),
]


@dataclass
class Report:
    exit_code: int
    first_line: str
    cause: str
    command: str


def examine(board, timeout):
    options = ["--config", CONFIG, "--ats-roots", board.internet.pki.root, "--timeout", timeout]
    said = board.avs_shim("check", *options, "--evidence", "evidence.json")
    report = json.loads(board.avs_shim("judge", "--json", "evidence.json").stdout)
    findings = [each for session in report["sessions"] for each in session["findings"]]
    commands = [each["command"] for each in findings if each["command"]]
    return Report(said.returncode, said.stdout.splitlines()[0], report["cause"] or "",
                  commands[0] if commands else "")


def assert_command_helps(board, row, report):
    assert re.search(row.command, report.command), report
    said = board.as_a_user(report.command)
    if row.shows:
        assert re.search(row.shows, said.stdout + said.stderr), said
    else:
        assert said.returncode == 0, said
        again = examine(board, row.timeout)
        assert (again.exit_code, again.cause) == (0, ""), (said, again)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_board(internet, row):
    if IS_SANITIZED and row.name.startswith("clock"):
        pytest.skip("the clock is faked by LD_PRELOAD")
    with Board(internet, row.names) as board:
        row.broken(board)
        began = time.monotonic()
        report = examine(board, row.timeout)
        assert report.cause == row.cause, report
        assert re.search(row.line, report.first_line), report
        assert (report.exit_code == 0) == row.is_ready, report
        assert time.monotonic() - began < 60
        if row.command:
            assert_command_helps(board, row, report)


def test_the_audit_of_a_damaged_bundle_has_it_made_again(internet):
    with Board(internet) as board:
        board.sh(f"truncate -s -500 {STORE}")
        said = board.avs_shim("trust", "audit")
        assert said.returncode == 1
        (command,) = re.findall(r"^Next +(.*)", said.stdout, re.M)
        done = board.as_a_user(command)
        assert done.returncode == 0, done
        assert board.avs_shim("trust", "audit").returncode == 0
