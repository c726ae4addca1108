# SPDX-License-Identifier: Apache-2.0
"""check --ladder: which combination works, and what that proves, against servers that we did not
write and middleboxes that do one thing wrong."""
import contextlib
import json
import os
import signal
import socket
import subprocess
import threading

import pytest

from avs_shim import AVS_SHIM, ENVIRONMENT, Server, Standin, free_port, nginx_command, run
from namespace import Namespace
from narrow_path import SERVER, NarrowPath
from pki import Pki

HOST = "peer.localhost"
CONNECTIONS_MAX = 40
SILENCE_S = 8  # of a whole ladder in which most of the rungs hear nothing


@pytest.fixture(scope="module")
def ecdsa(tmp_path_factory):
    return Pki(tmp_path_factory.mktemp("ecdsa"))


@pytest.fixture(scope="module")
def rsa(tmp_path_factory):
    return Pki(tmp_path_factory.mktemp("rsa"), is_rsa=True)


def nginx_words(folder, *servers, versions="TLSv1.2 TLSv1.3", http2=True):
    """The command of an nginx. servers: (listen address, Pki ...)."""
    blocks = "".join(
        f"server {{ listen {listen} ssl {'http2' if http2 else ''}; ssl_protocols {versions}; "
        + "".join(f"ssl_certificate {pki.chain}; ssl_certificate_key {pki.key};" for pki in pkis)
        + f"root {folder}; }}\n" for listen, *pkis in servers)
    (folder / "index.html").write_text("hello\n")
    (folder / "nginx.conf").write_text(f"""
        {'user root;' if os.getuid() == 0 else ''} daemon off; pid {folder}/pid; error_log stderr;
        master_process off; events {{ worker_connections 256; }}
        http {{ access_log off; client_body_temp_path {folder}; proxy_temp_path {folder};
          fastcgi_temp_path {folder}; uwsgi_temp_path {folder}; scgi_temp_path {folder};
          {blocks} }}""")
    folder.chmod(0o755)
    return nginx_command(folder, folder / "nginx.conf")


@contextlib.contextmanager
def nginx(folder, *pkis, **options):
    port = free_port()
    with Server(port, *nginx_words(folder, (f"127.0.0.1:{port}", *pkis), **options)) as server:
        yield server


def trusting(folder, *pkis):
    """A file with the roots of all."""
    path = folder / "roots.pem"
    path.write_text("".join(pki.root.read_text() for pki in pkis))
    return path


def words(root, *arguments, ats=None):
    return ["check", "--ladder", "--json", "--ca-file", root, "--ats-roots", ats or root,
            "--endpoint", f"https://{HOST}", *arguments]


def read(result):
    """The report, after what must hold of every one."""
    assert result.stderr == "", result.stderr
    report = json.loads(result.stdout)
    assert result.returncode == report["exit_code"]
    tried = [rung for rung in report["rungs"] if rung["state"] != "not_tried"]
    assert len(tried) == report["tried"] <= report["connections"] <= CONNECTIONS_MAX
    for rung in report["rungs"]:
        assert (rung["state"] == "not_tried") == (rung["not_tried_because"] is not None)
    return report


def climb(port, root, *arguments, ats=None, **options):
    return read(run(*words(root, "--connect-to", f"127.0.0.1:{port}", *arguments, ats=ats), **options))


def proofs(report):
    return [finding["proof"] for finding in report["findings"]]


def states(report, axis):
    return {rung["name"]: rung["state"] if rung["state"] != "not_tried" else rung["not_tried_because"]
            for rung in report["rungs"] if rung["axis"] == axis}


class Box:
    """In the middle: each connection's first bytes are shown to `rule`, which says "pass", "swallow"
    (nothing is sent on or back) or "reset". Counts connections."""

    def __init__(self, server_port, rule):
        self.server_port, self.rule = server_port, rule
        self.count, self.open = 0, []
        self.has_come = threading.Condition()

    def __enter__(self):
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.listener.close()
        for each in self.open:
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()

    def _accept(self):
        with contextlib.suppress(OSError):
            while True:
                client = self.listener.accept()[0]
                self.open.append(client)
                with self.has_come:
                    self.count += 1
                    self.has_come.notify_all()
                threading.Thread(target=self._serve, args=(client, self.count), daemon=True).start()

    def _serve(self, client, number):
        with contextlib.suppress(OSError):
            first = b""
            while len(first) < 5 or len(first) < 5 + int.from_bytes(first[3:5], "big"):
                more = client.recv(4096)
                if not more:
                    return
                first += more
            verdict = self.rule(first, number)
            if verdict == "reset":
                client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
                client.close()
            elif verdict == "pass":
                server = socket.create_connection(("127.0.0.1", self.server_port))
                self.open.append(server)
                server.sendall(first)
                threading.Thread(target=self._carry, args=(server, client), daemon=True).start()
                self._carry(client, server)

    @staticmethod
    def _carry(source, sink):
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                sink.sendall(data)
            sink.shutdown(socket.SHUT_WR)


def extensions(hello):
    """Those of a ClientHello record, RFC 8446 section 4.1.2."""
    at = 5 + 4 + 2 + 32
    at += 1 + hello[at]
    at += 2 + int.from_bytes(hello[at:at + 2], "big")
    at += 1 + hello[at] + 2
    found = {}
    while at + 4 <= len(hello):
        kind, length = int.from_bytes(hello[at:at + 2], "big"), int.from_bytes(hello[at + 2:at + 4], "big")
        found[kind] = hello[at + 4:at + 4 + length]
        at += 4 + length
    return found


def offers_tls13(hello):
    return b"\x03\x04" in extensions(hello).get(43, b"")


def offers_alpn(hello):
    return 16 in extensions(hello)


# ---------------------------------------------------------------- servers


def test_all_is_well_and_every_connection_is_counted(ecdsa, rsa, tmp_path):
    with nginx(tmp_path, ecdsa, rsa) as server, Box(server.port, lambda *_: "pass") as box:
        report = climb(box.port, trusting(tmp_path, ecdsa, rsa))
        assert box.count == report["connections"] == report["passed"]
    assert (report["verdict"], report["exit_code"], proofs(report)) == ("ready", 0, [])
    assert report["smallest_change"] is None
    assert states(report, "family") == {"RSA certificates, TLS 1.2": "passed",
                                        "ECDSA certificates, TLS 1.2": "passed"}
    assert states(report, "path") == {"past the proxy": "no_proxy"}
    assert states(report, "port") == {"port 443": "connect_to"}
    keys = {rung["name"]: rung["key"] for rung in report["rungs"] if rung["axis"] == "family"}
    assert keys == {"RSA certificates, TLS 1.2": "RSA 2048", "ECDSA certificates, TLS 1.2": "EC P-256"}
    assert len(report["chains"]) == 2
    for chain in report["chains"]:
        verdicts = {store["store"]: store["state"] for store in chain["stores"]}
        assert verdicts["ours"] == verdicts["ats"] == "accepts" and verdicts["system"] != "accepts"


@pytest.mark.parametrize("version, note, family", [
    ("TLSv1.2", "tls12_alone", "ECDSA certificates, TLS 1.2"),
    ("TLSv1.3", "tls13_alone", "ECDSA certificates, TLS 1.3")])
def test_a_server_with_one_version_is_a_note(ecdsa, tmp_path, version, note, family):
    with nginx(tmp_path, ecdsa, versions=version) as server:
        report = climb(server.port, ecdsa.root)
    assert (report["verdict"], proofs(report)) == ("ready", [note])
    assert states(report, "family")[family] == "passed"
    assert states(report, "family")[family.replace("ECDSA", "RSA")] == "failed"
    assert sorted(states(report, "version").values()) == ["failed", "passed"]


def test_without_http2_it_is_the_server_that_has_none(rsa, tmp_path):
    with nginx(tmp_path, rsa, http2=False) as server:
        report = climb(server.port, rsa.root)
    assert (report["verdict"], report["cause"]) == ("not_ready", "http2_missing")
    assert proofs(report) == ["http2_refused"] and report["smallest_change"] is None
    assert states(report, "protocol") == {"HTTP/1.1": "passed"}
    assert states(report, "family")["ECDSA certificates, TLS 1.2"] == "failed"
    assert set(states(report, "request").values()) == {"no_answer"}


def test_a_family_whose_root_is_missing(ecdsa, rsa, tmp_path):
    """OpenSSL's s_server shows the ECDSA chain to whoever takes both."""
    port = free_port()
    with Server(port, "openssl", "s_server", "-accept", f"127.0.0.1:{port}", "-cert", ecdsa.leaf,
                "-cert_chain", ecdsa.issuing, "-key", ecdsa.key, "-dcert", rsa.leaf, "-dcert_chain",
                rsa.issuing, "-dkey", rsa.key, "-quiet", "-www", "-alpn", "http/1.1"):
        report = climb(port, rsa.root, ats=trusting(tmp_path, ecdsa, rsa))
    assert (report["verdict"], report["cause"]) == ("not_ready", "root_missing")
    family = {rung["name"]: rung["sight"] for rung in report["rungs"] if rung["axis"] == "family"}
    assert family["ECDSA certificates, TLS 1.2"] == "untrusted"
    assert family["RSA certificates, TLS 1.2"] == "unanswered"  # trusted, and no HTTP/2
    assert proofs(report) == ["store_lacks_ats"]
    assert "trust install" in report["findings"][0]["command"]


def test_the_base_is_judged_as_check_judges_it():
    with Standin() as standin:
        for name in ("ok", "no-h2", "expired", "h2-eof", "internal-alert", "plaintext-http", "not-ats",
                     "client-cert-tls13"):
            plain = json.loads(standin.check(f"{name}.localhost", "--json", "--http2-only").stdout)
            report = read(standin.check(f"{name}.localhost", "--json", "--ladder"))
            for member in ("verdict", "cause", "exit_code"):
                assert plain[member] == report[member], name


# ---------------------------------------------------------------- on the way


def test_swallowed_tls13_is_a_middlebox(ecdsa, tmp_path):
    def rule(hello, _):
        return "swallow" if offers_tls13(hello) else "pass"
    with nginx(tmp_path, ecdsa) as server, Box(server.port, rule) as box:
        report = climb(box.port, ecdsa.root, "--timeout", SILENCE_S)
        assert box.count == report["connections"]
    assert (report["verdict"], report["cause"], report["exit_code"]) == ("inconclusive", "tls_timeout", 3)
    assert proofs(report) == ["tls13_swallowed"]
    assert report["smallest_change"] == "TLS 1.2 alone"
    assert report["findings"][0]["proves"].startswith("TLS 1.3 is swallowed, 1.2 passes")
    assert states(report, "version") == {"TLS 1.3 alone": "failed", "TLS 1.2 alone": "passed"}


@pytest.mark.parametrize("offers, proof, change", [
    (offers_tls13, "tls13_swallowed", "TLS 1.2 alone"), (offers_alpn, "alpn_swallowed", None)])
def test_a_reset_for_what_is_offered(ecdsa, tmp_path, offers, proof, change):
    with nginx(tmp_path, ecdsa) as server, \
            Box(server.port, lambda hello, _: "reset" if offers(hello) else "pass") as box:
        report = climb(box.port, ecdsa.root)
    assert (report["verdict"], proofs(report), report["smallest_change"]) == ("not_ready", [proof], change)


def test_a_proxy_that_is_dead_and_one_that_works(ecdsa, tmp_path):
    with nginx(tmp_path, ecdsa) as server:
        dead = {**ENVIRONMENT, "https_proxy": f"http://127.0.0.1:{free_port()}"}
        report = climb(server.port, ecdsa.root, env=dead)
        assert (report["cause"], proofs(report)) == ("proxy_failed", ["proxy_broken"])
        assert report["smallest_change"] == "past the proxy"
        assert states(report, "version") == dict.fromkeys(("TLS 1.3 alone", "TLS 1.2 alone"),
                                                          "no_connection")
        port = free_port()
        (tmp_path / "tinyproxy.conf").write_text(
            f"Port {port}\nListen 127.0.0.1\nAllow 127.0.0.1\nTimeout 60\n")
        with Server(port, "tinyproxy", "-d", "-c", tmp_path / "tinyproxy.conf"):
            alive = {**ENVIRONMENT, "https_proxy": f"http://127.0.0.1:{port}"}
            report = climb(server.port, ecdsa.root, env=alive)
    assert (report["verdict"], proofs(report)) == ("ready", [])
    assert states(report, "path") == {"past the proxy": "passed"}
    assert states(report, "address") == {"each address": "proxy_resolves"}


def test_large_packets_that_vanish(ecdsa, tmp_path):
    """An MTU of 1300 bytes to the client, and no ICMP: the server's certificates never arrive."""
    with NarrowPath(down=1300) as path:
        path.serve(*nginx_words(tmp_path, (f"{SERVER}:443", ecdsa)))
        path.wait_for(443)
        report = read(subprocess.run(
            path.command(AVS_SHIM, *words(ecdsa.root, "--connect-to", f"{SERVER}:443", "--timeout",
                                          SILENCE_S)), capture_output=True, text=True, timeout=60))
    assert proofs(report) == ["large_segments_lost"]
    sizes = report["sizes"]
    assert sizes["segment_good"] + 40 <= 1300 < sizes["segment_bad"] + 40 <= sizes["segment_good"] + 80
    assert report["smallest_change"] == f"segments of {sizes['segment_good']} bytes"
    assert f"mtu {sizes['segment_good'] + 40}" in report["findings"][0]["command"]


def test_large_records_that_vanish(ecdsa, tmp_path):
    """The same to the server: the handshake is small enough, and so is a short request."""
    with NarrowPath(up=1300) as path:
        path.serve(*nginx_words(tmp_path, (f"{SERVER}:443", ecdsa)))
        path.wait_for(443)
        report = read(subprocess.run(
            path.command(AVS_SHIM, *words(ecdsa.root, "--connect-to", f"{SERVER}:443", "--timeout",
                                          SILENCE_S)), capture_output=True, text=True, timeout=60))
    assert (report["verdict"], proofs(report)) == ("ready", ["large_requests_lost"])
    sizes = report["sizes"]
    assert sizes["request_good"] + 52 < 1320 and sizes["request_bad"] + 52 > 1280  # sizes are "about"
    assert sizes["request_bad"] - sizes["request_good"] < 50


# ---------------------------------------------------------------- addresses


BOARD_HOST = "board.test"  # libcurl knows by itself where *.localhost is


class Board(Namespace):
    """Its hosts file gives BOARD_HOST these addresses."""

    def give(self, *addresses):
        (self.folder / "hosts").write_text("127.0.0.1 localhost\n" + "".join(
            f"{address} {BOARD_HOST}\n" for address in addresses))

    def climb(self, root, port=""):
        return read(self.run(AVS_SHIM, *words(root, "--endpoint", f"https://{BOARD_HOST}{port}")))


def test_addresses_that_differ(tmp_path):
    """127.0.0.3 still has the chain of another authority, ::1 refuses, nobody has 127.0.0.5."""
    pki, site = Pki(tmp_path / "pki", host=BOARD_HOST), tmp_path / "site"
    old = Pki(tmp_path / "old", host=BOARD_HOST)
    site.mkdir()
    with Board(tmp_path) as board:
        board.start(*nginx_words(site, ("127.0.0.2:443", pki), ("127.0.0.3:443", old),
                                 ("127.0.0.4:443", pki)))
        board.run("sh", "-c", "until curl -sk -o /dev/null https://127.0.0.4/; do sleep 0.05; done")
        board.give("127.0.0.2", "127.0.0.3", "127.0.0.4")
        report = board.climb(pki.root)
        assert proofs(report)[0] == "address_chain"
        assert report["findings"][0]["proves"].startswith(
            "1 of 3 addresses presents another chain than those that pass: 127.0.0.3 (")
        assert states(report, "address") == {"127.0.0.2": "passed", "127.0.0.3": "failed",
                                             "127.0.0.4": "passed"}
        board.give("127.0.0.2", "::1")
        report = board.climb(pki.root)
        assert (report["verdict"], proofs(report)) == ("ready", ["ipv6_dead"])
        assert states(report, "address") == {"127.0.0.2": "passed", "::1": "failed"}
        board.give("127.0.0.2", "127.0.0.5")
        report = board.climb(pki.root)
        assert "address_broken" in proofs(report)
        board.give("127.0.0.2", "2001:db8::1")
        report = board.climb(pki.root)
        assert (report["verdict"], proofs(report)) == ("ready", [])
        assert states(report, "address")["2001:db8::1"] == "no_route"


def test_a_port_that_is_closed(tmp_path):
    pki, site = Pki(tmp_path / "pki", host=BOARD_HOST), tmp_path / "site"
    site.mkdir()
    with Board(tmp_path) as board:
        board.start(*nginx_words(site, ("127.0.0.2:443", pki)))
        board.run("sh", "-c", "until curl -sk -o /dev/null https://127.0.0.2/; do sleep 0.05; done")
        board.give("127.0.0.2")
        report = board.climb(pki.root, ":8443")
    assert (report["cause"], proofs(report)) == ("connect_refused", ["port_blocked"])
    assert report["smallest_change"] == "port 443"
    assert report["findings"][0]["command"].endswith(f"--endpoint https://{BOARD_HOST}")


# ---------------------------------------------------------------- its end


def start_and_interrupt(box, arguments):
    process = subprocess.Popen([AVS_SHIM, *map(str, arguments)], stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE, text=True, env=ENVIRONMENT)
    with box.has_come:
        assert box.has_come.wait_for(lambda: box.count >= 2, timeout=60)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert err == ""
    return process.returncode, out


def test_an_interrupt_tells_what_was_seen_so_far(ecdsa, tmp_path):
    """The first connection passes, all further ones hear nothing."""
    def rule(_, number):
        return "pass" if number == 1 else "swallow"
    with nginx(tmp_path, ecdsa) as server:
        with Box(server.port, rule) as box:
            to = ["--connect-to", f"127.0.0.1:{box.port}"]
            code, out = start_and_interrupt(box, words(ecdsa.root, *to))
        report = json.loads(out)
        assert (code, report["verdict"], report["was_stopped"]) == (130, "ready", True)
        assert report["rungs"][0]["state"] == "passed"
        assert {rung["not_tried_because"] for rung in report["rungs"][1:]} >= {"stopped"}
        with Box(server.port, rule) as box:
            to = ["--connect-to", f"127.0.0.1:{box.port}"]
            plain = [word for word in words(ecdsa.root, *to) if word != "--json"]
            code, out = start_and_interrupt(box, plain)
    assert code == 130 and out.startswith(f"Ready: https://{HOST}")
    assert "stopped while it was under way" in out and "this is what was seen so far" in out


def test_the_deadline_is_for_all(ecdsa, tmp_path):
    """Silence from everybody, and one second for it."""
    with Box(0, lambda *_: "swallow") as box:
        report = climb(box.port, ecdsa.root, "--timeout", 1)
    assert report["verdict"] == "inconclusive" and report["passed"] == 0
    assert report["ms"] < 20000


def test_evidence_and_words(ecdsa, tmp_path):
    with nginx(tmp_path, ecdsa) as server:
        to = ["--endpoint", f"https://{HOST}", "--connect-to", f"127.0.0.1:{server.port}", "--ca-file",
              ecdsa.root, "--ats-roots", ecdsa.root]
        result = run("check", "--ladder", *to, "--evidence", tmp_path / "ticket.json")
    assert result.returncode == 0
    for line in (f"Ready: https://{HOST}: HTTP/2 passes as configured; ", "[ok] as configured ",
                 "[? ] past the proxy             not tried: no proxy is in force",
                 "[ok] the store in force         accepts it"):
        assert line in result.stdout
    judged = run("judge", tmp_path / "ticket.json", "--json")
    assert json.loads(judged.stdout)["verdict"] == "ready"


@pytest.mark.parametrize("more", [["--http2-only"], ["--http1-only"], ["--families"], ["--timeout", "31"],
                                  ["--html", "x.html"], ["--format", "{cause}"]])
def test_what_does_not_go_with_it(more):
    result = run("check", "--ladder", *more)
    assert result.returncode == 2 and "--ladder" in result.stderr and result.stdout == ""
