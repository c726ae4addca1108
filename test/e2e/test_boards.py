# SPDX-License-Identifier: Apache-2.0
"""Boards that cannot connect, each broken in one way in a lab of namespaces, and what avs-shim doctor
says there: the first line has to be the right one, and the command below it is taken from the page and
run on the board as it stands. It mends the board, or it shows where to look next."""
import os
import re
import time
from dataclasses import dataclass, field

import pytest

from avs_shim import BUILD
from lab import (CONFIG, DATA, DEAD, GATEWAY, HOME, NAMES, OLD_CHAIN, OLD_TLS, ONLY_HTTP1, PARKED,
                 PROXY, RESOLVER, SECOND, STORE, Board, Internet, v4)

# A healthy board needs a second, and none more than 15: generous, for a machine that is busy.
SLACK = float(os.environ.get("AVS_TEST_SLACK", "1"))
SECONDS_HEALTHY, SECONDS_MOST = 15 * SLACK, 45 * SLACK
IS_SANITIZED = "asan" in BUILD.name or "tsan" in BUILD.name
EU = "https://alexa.eu.gateway.devices.a2z.com"


@pytest.fixture(scope="module")
def internet(tmp_path_factory):
    with Internet(tmp_path_factory.mktemp("lab")) as running:
        yield running


# ---- how to break a board ----

def everywhere(last):
    return {name: [last] for name in NAMES}


def resolvers(*addresses):
    text = "".join(f"nameserver {address}\n" for address in addresses)
    return lambda board: board.write("/etc/resolv.conf", text)


def proxy(address, port):
    return lambda board: board.configure(CURLOPT_PROXY=f"http://{address}:{port}")


def clock(when):
    return lambda board: board.set_clock(when)


def sh(script):
    return lambda board: board.sh(script)


def trusted_interceptor(board):
    board.sh(f"cat {board.internet.pki.contoso} >> {STORE}")
    board.take_every_connection("contoso-leaf")


WITHOUT_ROOTS = ("rm /usr/local/share/ca-certificates/*; sed -i '/Amazon_/d; /Starfield_/d' "
                 "/etc/ca-certificates.conf; update-ca-certificates --fresh >/dev/null 2>&1")


def unhashed_path(board):
    packaged = "/usr/share/ca-certificates/mozilla"
    board.sh(f"mkdir /etc/avs/certs; cp {board.internet.pki.root} {packaged}/Amazon_Root_CA_* "
             f"{packaged}/Starfield_Services* /etc/avs/certs; {WITHOUT_ROOTS}")
    board.configure(CURLOPT_CAPATH="/etc/avs/certs")


OLD_KEY = f"""{{
    "sampleApp": {{ "endpoint": "{EU}" }},
    "miscDatabase": {{ "databaseFilePath": "{DATA}/misc.sqlite" }}
}}
"""
EXTRA_COMMA = f"""{{
    "miscDatabase": {{ "databaseFilePath": "{DATA}/misc.sqlite", }}
}}
"""


@dataclass
class Row:
    name: str
    cause: str  # "" where nothing is wrong
    line: str  # what the first line says, a regular expression
    broken: object = lambda board: None
    command: str = ""  # the one below the first line, a regular expression; "" where there is none
    shows: str = ""  # in what the command prints; "" where it mends
    names: dict = field(default_factory=dict)  # what the resolver says instead of the truth
    exit_code: int = 1
    timeout: int = 15  # what is dead is not waited for longer


ROWS = [
    Row("healthy", "", "^Ready: every host works", exit_code=0),
    Row("no-dns", "dns_failed", "no resolver in /etc/resolv.conf", resolvers(),
        "cat /etc/resolv.conf", "^$"),
    Row("dead-dns", "dns_failed", f"resolver {v4(DEAD)} does not answer", resolvers(v4(DEAD)),
        f"ip route get {v4(DEAD)}", "via 10.0.", timeout=6),
    Row("wrong-dns", "captive_portal", "with a certificate for parking.ex", names=everywhere(PARKED),
        command="getent ahosts", shows=v4(PARKED)),
    Row("filtered-dns", "connect_refused", r"a DNS filter blocks the name \(0.0.0.0\)",
        names=everywhere("0.0.0.0"), command="getent ahosts", shows="^0.0.0.0 ", exit_code=3),
    Row("one-dead-resolver", "resolver_dead", f"resolver {v4(DEAD)} does not answer, {v4(RESOLVER)} "
        "does", resolvers(v4(DEAD), v4(RESOLVER)), "grep -n nameserver", f"1:nameserver {v4(DEAD)}",
        exit_code=0),
    Row("no-route", "network_unreachable", "no default route",
        sh("ip route del default; ip -6 route del default"), "ip address; ip route", "inet 10.0."),
    Row("drop", "connect_timeout", "never answered", lambda board: board.refuse("blackhole"),
        "ip route get", "via ", timeout=6, exit_code=3),
    Row("reject", "way_refused", "the way to .* is refused, by a router",
        lambda board: board.refuse("prohibit"), "ip route get", "via ", exit_code=3, timeout=6),
    Row("reset", "connect_refused", ":443 refused the connection",
        lambda board: board.take_every_connection(""), "getent ahosts", v4(HOME["api.amazon.com"]),
        exit_code=3),
    Row("portal-plain", "captive_portal", "answered by a stranger, in plain text",
        lambda board: board.take_every_connection(None), "curl -v", "portal.hotel.example|400"),
    Row("portal-tls", "captive_portal", "answered by a stranger, with a certificate for portal.hot",
        lambda board: board.take_every_connection("portal"), "getent ahosts",
        v4(HOME["api.amazon.com"])),
    Row("intercepted", "intercepted", "every host: intercepted by Contoso Proxy CA",
        lambda board: board.take_every_connection("contoso-leaf"), "s_client .*-showcerts",
        "Contoso Proxy CA"),
    Row("intercepted-trusted", "intercepted", "AVS gateway.*: intercepted by Contoso Proxy CA",
        trusted_interceptor, "s_client .*-showcerts", "Contoso Proxy CA"),
    Row("clock-1970", "clock_wrong", "the clock says 1970-01-01", clock("1970-01-01 00:03:00"),
        "timedatectl set-ntp true"),
    Row("clock-2040", "clock_wrong", "clock says 2040-01-01", clock("2040-01-01 00:03:00"),
        "timedatectl set-ntp true"),
    Row("missing-root", "root_missing", "every host: root missing: Test Root", sh(WITHOUT_ROOTS),
        "avs-shim trust install --apply"),
    Row("cut-bundle", "ca_file_invalid", "ca-certificates.crt: line [0-9]+: the block",
        sh(f"truncate -s -500 {STORE}"), "update-ca-certificates"),
    Row("damaged-bundle", "ca_file_invalid", "ca-certificates.crt: line 5: text that is no",
        sh(f"sed -i '5s/./#/' {STORE}"), "update-ca-certificates"),
    Row("no-bundle", "ca_file_unreadable", "ca-certificates.crt: No such file", sh(f"rm {STORE}"),
        "update-ca-certificates"),
    Row("unhashed-path", "ca_path_not_hashed", "CURLOPT_CAPATH wants hash links", unhashed_path,
        "openssl rehash /etc/avs/certs"),
    Row("ipv6-black-hole", "ipv6_broken", "every host: IPv6 .* leads nowhere, IPv4 works",
        lambda board: board.refuse("blackhole", "", ["-6"]), "ip -6 route get", "via ", exit_code=0,
        timeout=6),
    Row("narrow-path", "large_packets_lost", "large packets vanish on the way",
        lambda board: board.narrow(1300), "ip link set dev eth0 mtu 1280"),
    Row("proxy-refused", "proxy_failed", f"the proxy cannot be reached: http://{v4(PROXY)}:3127 ",
        proxy(v4(PROXY), 3127), "grep -n CURLOPT_PROXY", f"{v4(PROXY)}:3127", exit_code=3),
    Row("proxy-407", "proxy_failed", "the proxy wants a login", proxy(v4(PROXY), 3129),
        "grep -n CURLOPT_PROXY", f"{v4(PROXY)}:3129", exit_code=3),
    Row("proxy-403", "proxy_failed", "the proxy answered 403 to CONNECT", proxy(v4(PROXY), 3130),
        "grep -n CURLOPT_PROXY", f"{v4(PROXY)}:3130", exit_code=3),
    Row("proxy-dead", "proxy_failed", "the proxy did not answer in time",
        proxy(v4(DEAD), 3128), "grep -n CURLOPT_PROXY", f"{v4(DEAD)}:3128", timeout=6, exit_code=3),
    Row("proxy-fine", "", "^Ready: every host works", proxy(v4(PROXY), 3128), exit_code=0),
    Row("http2-stripped", "http2_missing", "AVS gateway.*: no HTTP/2: the server chose http/1.1",
        names=everywhere(ONLY_HTTP1), command="s_client", shows="No ALPN negotiated"),
    Row("old-tls", "tls_version", "every host: no TLS version in common", names=everywhere(OLD_TLS),
        command="s_client", shows="protocol"),
    Row("one-bad-address", "address_bad", f"{GATEWAY}: {v4(OLD_CHAIN)}, one of [0-9] addresses",
        names={GATEWAY: [HOME[GATEWAY], v4(OLD_CHAIN), SECOND]}, command=v4(OLD_CHAIN),
        shows="cert_expired"),
    Row("endpoint-ignored", "endpoint_ignored", "sampleApp.endpoint is set, and SDK",
        lambda board: board.configure(OLD_KEY), "avs-shim endpoint set ", exit_code=0),
    Row("config-broken", "config_malformed", "a comma after the last member",
        lambda board: board.configure(EXTRA_COMMA), "avs-shim endpoint lint --fix"),
    Row("read-only-disk", "disk_read_only", f"{DATA} is read-only", sh(f"mount -o remount,ro {DATA}"),
        f"mount -o remount,rw {DATA}"),
    Row("full-disk", "disk_full", f"{DATA} is full", sh(f"dd if=/dev/zero of={DATA}/core.1 bs=64k "
        "2>/dev/null || true"), "du ", "core.1"),
]


# ---- the doctor's page ----

@dataclass
class Page:
    exit_code: int
    first_line: str
    cause: str  # of the finding on top: the one to mend first
    command: str  # below it
    took_s: float
    text: str


def examine(board, timeout=15):
    options = ["--config", CONFIG, "--ats-roots", board.internet.pki.root, "--timeout", timeout]
    began = time.monotonic()
    said = board.avs_shim("doctor", *options)
    took_s = time.monotonic() - began
    assert said.stderr == "", said
    top = said.stdout.partition("\n\n")[0]  # the finding on top ends with an empty line
    first_line = top.splitlines()[0]
    cause = re.search(r" \((\w+)\)$", first_line)
    command = re.search(r"^ +next +(.*)", top, re.M)
    return Page(said.returncode, first_line, cause[1] if cause else "",
                command[1] if command else "", took_s, said.stdout)


def assert_command_helps(board, row, page):
    said = board.as_a_user(page.command)
    if row.shows:
        assert re.search(row.shows, said.stdout + said.stderr, re.M), said
    else:
        assert said.returncode == 0, said
        again = examine(board)
        assert (again.exit_code, again.cause) == (0, ""), f"{page.command}\n{said}\n{again.text}"


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_board(internet, row):
    if IS_SANITIZED and row.name.startswith("clock"):
        pytest.skip("the clock is faked by LD_PRELOAD")
    with Board(internet, row.names) as board:
        row.broken(board)
        page = examine(board, row.timeout)
        print(f"{row.name}: {page.took_s:.1f} s\n{page.text}")
        assert (page.exit_code, page.cause) == (row.exit_code, row.cause)
        assert re.search(row.line, page.first_line)
        assert page.took_s < (SECONDS_HEALTHY if row.name == "healthy" else SECONDS_MOST)
        assert bool(row.command) == bool(page.command)
        assert re.search(row.command, page.command)
        if row.command:
            assert_command_helps(board, row, page)


def test_the_audit_of_a_damaged_bundle_has_it_made_again(internet):
    with Board(internet) as board:
        board.sh(f"truncate -s -500 {STORE}")
        said = board.avs_shim("trust", "audit")
        assert said.returncode == 1
        (command,) = re.findall(r"^Next +(.*)", said.stdout, re.M)
        done = board.as_a_user(command)
        assert done.returncode == 0, done
        assert board.avs_shim("trust", "audit").returncode == 0
