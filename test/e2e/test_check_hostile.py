# SPDX-License-Identifier: Apache-2.0
"""check against servers that mean harm: it ends in time, stays small, and says something sensible.

The servers are Python's, over ssl or raw sockets, with keys made by openssl for the test."""
import json
import os
import socket
import ssl
import subprocess
import sys
import threading
import time

import pytest

from avs_shim import AVS_SHIM, ENVIRONMENT

TIMEOUT_S = 2
# sanitizers and loaded machines are slow: more seconds and more memory by environment
MEASURE = """
import json, resource, subprocess, sys
code = subprocess.run(sys.argv[1:]).returncode
usage = resource.getrusage(resource.RUSAGE_CHILDREN)
print(json.dumps({"memory_kib": usage.ru_maxrss, "cpu_s": usage.ru_utime + usage.ru_stime}),
      file=sys.stderr)
sys.exit(code)
"""
SLACK = float(os.environ.get("AVS_TEST_SLACK", "1"))
MEMORY_KIB = int(64 * 1024 * max(1, SLACK))
HOST = "hostile.localhost"


def openssl(*arguments, cwd):
    subprocess.run(["openssl", *arguments], cwd=cwd, check=True, capture_output=True)


@pytest.fixture(scope="module")
def pki(tmp_path_factory):
    """ca.pem, chain.pem with key.pem for HOST, and huge.pem: the same with a hundred strangers."""
    folder = tmp_path_factory.mktemp("pki")

    def issue(name, *options):
        openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                "-days", "30", "-subj", f"/CN={name}", *options, cwd=folder)

    issue("hostile test CA", "-keyout", "ca.key", "-out", "ca.pem")
    openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj",
            f"/CN={HOST}", "-keyout", "key.pem", "-out", "leaf.csr", cwd=folder)
    (folder / "ext").write_text(f"subjectAltName=DNS:{HOST}\nextendedKeyUsage=serverAuth\n")
    openssl("x509", "-req", "-in", "leaf.csr", "-CA", "ca.pem", "-CAkey", "ca.key",
            "-CAcreateserial", "-days", "10", "-extfile", "ext", "-out", "chain.pem", cwd=folder)
    strangers = []
    for i in range(100):
        issue(f"stranger {i}", "-key", "ca.key", "-out", "stranger.pem")
        strangers.append((folder / "stranger.pem").read_text())
    (folder / "huge.pem").write_text((folder / "chain.pem").read_text() + "".join(strangers))
    return folder


class Hostile:
    """Accepts on a loopback port and hands each connection to `serve` in a thread of its own."""

    def __init__(self, serve, pki=None, chain="chain.pem", alpn=(), tls=True):
        self.serve = serve
        self.context = None
        if tls:
            self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self.context.load_cert_chain(pki / chain, pki / "key.pem")
            if alpn:
                self.context.set_alpn_protocols(list(alpn))

    def __enter__(self):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.over = threading.Event()
        self.open = []
        threading.Thread(target=self.accept, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.over.set()
        self.listener.close()
        for connection in self.open:
            connection.close()

    def accept(self):
        while not self.over.is_set():
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            connection.settimeout(20)
            self.open.append(connection)
            threading.Thread(target=self.handle, args=(connection,), daemon=True).start()

    def handle(self, connection):
        try:
            if self.context:
                connection = self.context.wrap_socket(connection, server_side=True)
                self.open.append(connection)
            self.serve(connection, self.over)
        except (OSError, ssl.SSLError, ValueError):
            pass  # the client left: that is what it should do


def check(port, pki, *arguments):
    """Run it, measured; its report."""
    command = [AVS_SHIM, "check", "--endpoint", f"https://{HOST}", "--connect-to",
               f"127.0.0.1:{port}", "--ca-file", str(pki / "ca.pem"), "--any-root", "--json",
               "--timeout", str(TIMEOUT_S), *arguments]
    started = time.monotonic()
    # A child counts what its parent held when it was made: a small parent of its own measures it.
    measured = subprocess.run([sys.executable, "-c", MEASURE, *command], capture_output=True,
                              text=True, env=ENVIRONMENT)
    took = time.monotonic() - started
    *messages, figures = measured.stderr.splitlines()
    usage = json.loads(figures)
    assert messages == []
    report = json.loads(measured.stdout)
    assert measured.returncode == report["exit_code"]
    assert took < TIMEOUT_S + SLACK, report
    assert 1024 < usage["memory_kib"] < MEMORY_KIB
    assert usage["cpu_s"] < 1.0 * SLACK  # time is waited away, not burnt
    return report


def session(report, protocol):
    return next(s for s in report["sessions"] if s["protocol"] == protocol)


# ---- before TLS ----

def drip(data):
    def serve(connection, over):
        for byte in data:
            connection.send(bytes([byte]))
            if over.wait(0.5):
                return
    return serve


def endless(chunk, head=b""):
    def serve(connection, over):
        connection.sendall(head)
        while not over.is_set():
            connection.sendall(chunk)
    return serve


def never_read(connection, over):
    over.wait(20)


def reset_at_once(connection, over):
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    connection.close()


SERVER_HELLO_START = bytes.fromhex("160303007a0200007603 03".replace(" ", ""))
RAW = {
    "accepts and never reads": (never_read, "inconclusive", "tls_timeout"),
    "drips a TLS record": (drip(SERVER_HELLO_START * 20), "inconclusive", "tls_timeout"),
    "drips plain text": (drip(b"HTTP/1.1 400 Bad Request\r\n" * 9), "not_ready", "plaintext_peer"),
    "endless plain text": (endless(b"hello " * 4096), "not_ready", "plaintext_peer"),
    "endless zeroes": (endless(bytes(65536)), "not_ready", "plaintext_peer"),
    "endless handshake records": (endless(b"\x16\x03\x03\x00\x04\x00\x00\x00\x00" * 4096),
                                  "not_ready", "tls_failed"),
    "endless empty records": (endless(b"\x16\x03\x03\x00\x00" * 8192), "not_ready", "tls_failed"),
    "endless warning alerts": (endless(b"\x15\x03\x03\x00\x02\x01\x70" * 8192), "not_ready", None),
    "endless ChangeCipherSpec": (endless(b"\x14\x03\x03\x00\x01\x01" * 8192), "not_ready", None),
    "a message of 16 MiB": (endless(b"\x16\x03\x03\x40\x00" + b"\x0b\xff\xff\xf0" + bytes(16380)),
                            "not_ready", None),
    "resets at once": (reset_at_once, "not_ready", "tls_aborted"),
}


@pytest.mark.parametrize("name", RAW)
def test_peer_without_tls(name, pki):
    serve, verdict, cause = RAW[name]
    with Hostile(serve, tls=False) as server:
        report = check(server.port, pki)
    assert report["verdict"] == (verdict or report["verdict"]) != "ready"
    assert report["cause"] == (cause or report["cause"])
    assert not any(s["tls"]["verified"] for s in report["sessions"])


# ---- after a good handshake, over HTTP/1.1 ----

def after_request(serve):
    def wrapped(connection, over):
        connection.recv(4096)
        serve(connection, over)
    return wrapped


OK = b"HTTP/1.1 200 OK\r\n"
HTTP1 = {
    "accepts and never reads": (never_read, "silent"),
    "drips a head": (after_request(drip(OK + b"X: " + b"x" * 100)), "truncated_head"),
    "endless headers": (after_request(endless(b"X-Endless: value\r\n" * 512, OK)), "truncated_head"),
    "one endless header": (after_request(endless(b"x" * 16384, OK + b"X: ")), "truncated_head"),
    "endless status line": (after_request(endless(b"x" * 16384, b"HTTP/1.1 200 ")),
                            "truncated_head"),
    "endless 1xx": (after_request(endless(b"HTTP/1.1 103 Early Hints\r\n\r\n" * 512)),
                    "truncated_head"),
    "endless body": (after_request(endless(bytes(16384), OK + b"\r\n")), "unexpected_body"),
    "endless chunks": (after_request(endless(b"1\r\nx\r\n" * 4096,
                                             OK + b"Transfer-Encoding: chunked\r\n\r\n")),
                       "unexpected_body"),
    "a chunk header without an end": (after_request(endless(
        b"0" * 16384, OK + b"Transfer-Encoding: chunked\r\n\r\n")), "bad_chunk"),
    "endless chunk extension": (after_request(endless(
        b"x" * 16384, OK + b"Transfer-Encoding: chunked\r\n\r\n1;")), None),
    "more zeroes than a length": (after_request(endless(bytes(16384))), "garbage"),
    "endless text": (after_request(endless(b"text " * 3000)), "http09_body"),
    "endless trailers": (after_request(endless(
        b"X: y\r\n" * 2048, OK + b"Transfer-Encoding: chunked\r\n\r\n0\r\n")), None),
    "a body that stops": (after_request(lambda c, over: (c.sendall(
        OK + b"Content-Length: 10\r\n\r\nhalf"), over.wait(20))), "truncated"),
}


@pytest.mark.parametrize("name", HTTP1)
def test_http1_oddities_never_cost_the_verdict(name, pki):
    serve, quirk = HTTP1[name]
    with Hostile(serve, pki) as server:
        report = check(server.port, pki, "--http1-only")
    # TLS is proven, and nobody asked for the HTTP/2 that AVS needs
    assert (report["verdict"], report["cause"], report["tls_proven"]) == ("inconclusive", None, True)
    got = session(report, "http/1.1")
    assert got["verdict"].startswith("pass") and got["tls"]["verified"]
    assert got["http"]["quirk"] == (quirk or got["http"]["quirk"])


# ---- after a good handshake, over HTTP/2 ----

def frame(kind, flags, stream, payload):
    return len(payload).to_bytes(3, "big") + bytes([kind, flags]) + stream.to_bytes(4, "big") + payload


SETTINGS = frame(4, 0, 0, b"")
HEADERS_200 = frame(1, 4, 1, b"\x88")
# 250 lines "x: ..." of 261 bytes, all but the first by HPACK's table: just below the ceiling
LARGE_200 = frame(1, 5, 1, b"\x88\x40\x01x\x7f\x85\x01" + b"v" * 260 + b"\xbe" * 249)
# what came, the quirk, the cause: none where there was an answer
HTTP2 = {
    "accepts and never reads": (never_read, "silent", "response_timeout"),
    "drips SETTINGS": (after_request(drip(SETTINGS * 10)), "no_answer", "response_timeout"),
    "endless SETTINGS": (after_request(endless(SETTINGS * 1024)), None, "http2_error"),
    "endless PING": (after_request(endless(frame(6, 0, 0, bytes(8)) * 512, SETTINGS)), None,
                     "http2_error"),
    "endless empty DATA": (after_request(endless(frame(0, 0, 1, b"") * 1024,
                                                 SETTINGS + HEADERS_200)), None, None),
    "endless body": (after_request(endless(frame(0, 0, 1, bytes(16384)),
                                           SETTINGS + HEADERS_200)), None, None),
    "endless CONTINUATION": (after_request(endless(frame(9, 0, 1, b"\x40\x01a\x01b" * 100),
                                                   SETTINGS + frame(1, 0, 1, b"\x88"))), None,
                             "http2_error"),
    "endless 1xx": (after_request(endless(frame(1, 4, 1, b"\x08\x03103") * 512, SETTINGS)), None,
                    "http2_error"),
    "endless unknown frames": (after_request(endless(frame(200, 0, 0, bytes(100)) * 100,
                                                     SETTINGS)), "flood", "http2_error"),
    "endless WINDOW_UPDATE": (after_request(endless(frame(8, 0, 0, b"\0\0\0\1") * 512,
                                                    SETTINGS)), None, "http2_error"),
    "endless RST_STREAM REFUSED": (after_request(endless(frame(3, 0, 1, b"\0\0\0\7") * 512,
                                                         SETTINGS)), None, None),
    "endless PRIORITY": (after_request(endless(frame(2, 0, 3, b"\0\0\0\0\1") * 512, SETTINGS)),
                         None, "http2_error"),
    "a head just below the ceiling": (after_request(lambda c, over: c.sendall(
        SETTINGS + LARGE_200)), None, None),
    "text instead": (after_request(lambda c, over: c.sendall(OK + b"Content-Length: 0\r\n\r\n")),
                     "h2_stream", "http2_missing"),
    "a body that stops": (after_request(lambda c, over: (c.sendall(
        SETTINGS + HEADERS_200 + frame(0, 0, 1, b"half")), over.wait(20))), "truncated", None),
}
WITH_ANSWER = {"a head just below the ceiling", "endless empty DATA", "endless body", "a body that stops"}


@pytest.mark.parametrize("name", HTTP2)
def test_http2_is_ready_with_an_answer_and_not_without(name, pki):
    serve, quirk, cause = HTTP2[name]
    with Hostile(serve, pki, alpn=["h2"]) as server:
        report = check(server.port, pki, "--http2-only")
    assert report["verdict"] == ("ready" if name in WITH_ANSWER else "not_ready")
    assert report["tls_proven"]
    got = session(report, "h2")
    assert got["tls"]["verified"] and got["tls"]["alpn"] == "h2"
    assert not got["http"]["ats_message"]
    assert (got["http"]["status"] is not None) == (name in WITH_ANSWER)
    assert got["http"]["quirk"] == (quirk or got["http"]["quirk"])
    assert got["http"]["quirk"]
    assert report["cause"] == (cause or report["cause"])


class AcceptsOnce(Hostile):
    """The second connection gets no answer at all: the queue before accept is full."""

    def accept(self):
        self.listener.listen(0)
        connection, _ = self.listener.accept()
        for _ in range(4):
            stranger = socket.socket()
            stranger.setblocking(False)
            stranger.connect_ex(("127.0.0.1", self.port))
            self.open.append(stranger)
        self.open.append(connection)
        self.handle(connection)


def test_a_second_dial_without_an_end_is_a_timeout(pki):
    goaway = frame(7, 0, 0, bytes(8))  # no request was taken: it is sent again
    with AcceptsOnce(after_request(lambda c, over: (c.sendall(SETTINGS + goaway), over.wait(20))),
                     pki, alpn=["h2"]) as server:
        report = check(server.port, pki, "--http2-only")
    assert (report["verdict"], report["cause"]) == ("inconclusive", "connect_timeout")


# ---- certificates ----

def test_a_hundred_certificates_are_judged_and_ten_are_kept(pki):
    with Hostile(after_request(lambda c, over: c.sendall(OK + b"Content-Length: 0\r\n\r\n")), pki,
                 chain="huge.pem") as server:
        report = check(server.port, pki, "--http1-only")
    assert report["tls_proven"]
    assert len(session(report, "http/1.1")["tls"]["chain"]) == 10


def test_a_hundred_certificates_that_lead_nowhere_are_refused(pki, tmp_path):
    openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
            "-days", "30", "-subj", "/CN=another", "-keyout", "other.key", "-out", "ca.pem",
            cwd=tmp_path)
    with Hostile(never_read, pki, chain="huge.pem") as server:
        report = check(server.port, pki, "--ca-file", str(tmp_path / "ca.pem"))
    assert report["verdict"] == "not_ready"
    assert report["cause"] in ("root_missing", "intermediate_missing")
