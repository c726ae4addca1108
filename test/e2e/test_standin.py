# SPDX-License-Identifier: Apache-2.0
"""The stand-in does on the wire what its list claims. Driven by Python's ssl, h2, curl and openssl,
never by our own client."""

import collections
import json
import os
import pathlib
import re
import signal
import socket
import ssl
import subprocess
import time

import h2.config
import h2.connection
import h2.events
import pytest

from avs_shim import OPENSSL_VERIFY

BUILD = pathlib.Path(os.environ.get("AVS_BUILD_DIR", "build")).resolve()
COMMAND = str(BUILD / "shim" / "avs-shim")
SOURCE = pathlib.Path(__file__).resolve().parents[2]
PHRASE = b"connection established with ATS certificate"
PATIENCE = 10  # seconds until a test gives up on the server
SILENCE = 0.6  # seconds without a byte that count as silence

Standin = collections.namedtuple("Standin", "port directory process")


def start(*options):
    process = subprocess.Popen([COMMAND, "standin", "--json", *options], stdout=subprocess.PIPE)
    told = json.loads(process.stdout.readline())
    assert told["schema"] == "avs-shim.standin/1"
    return Standin(told["port"], pathlib.Path(told["directory"]), process)


def stop(standin):
    standin.process.send_signal(signal.SIGTERM)
    assert standin.process.wait(PATIENCE) == 0
    standin.process.stdout.close()


@pytest.fixture(scope="module")
def standin(tmp_path_factory):
    started = start("--dir", str(tmp_path_factory.mktemp("pki")))
    yield started
    stop(started)


def listed():
    return json.loads(subprocess.check_output([COMMAND, "standin", "--list", "--json"]))["scenarios"]


SCENARIOS = {row["name"]: row for row in listed()}


def context_for(standin, alpn, ca="ca.pem"):
    context = ssl.create_default_context(cafile=str(standin.directory / ca))
    context.hostname_checks_common_name = False
    context.verify_flags = ssl.VERIFY_X509_TRUSTED_FIRST  # from Python 3.13 on it would be strict
    context.options &= ~getattr(ssl, "OP_IGNORE_UNEXPECTED_EOF", 0x80)  # a ragged close must show
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if alpn:
        context.set_alpn_protocols(alpn)
    return context


class Peer:
    """TLS over memory buffers, so that the bytes on the wire and the way it ends can be seen."""

    def __init__(self, standin, sni, alpn=("h2", "http/1.1"), ca="ca.pem"):
        self.socket = socket.create_connection(("127.0.0.1", standin.port), PATIENCE)
        self.incoming, self.outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.wire = b""
        self.end = None  # "close_notify", "eof", "reset", "silence", "alert"
        self.error = None
        self.has_ended = False  # the last byte of the connection was read
        context = context_for(standin, list(alpn), ca)
        self.tls = context.wrap_bio(self.incoming, self.outgoing, server_hostname=sni)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def _receive(self, timeout):
        self.socket.settimeout(timeout)
        try:
            piece = self.socket.recv(65536)
        except socket.timeout:
            self.end = "silence"
            return False
        except ConnectionError:
            self.end = "reset"
            return False
        if piece:
            if len(self.wire) < 65536:
                self.wire += piece
            self.incoming.write(piece)
        else:
            self.has_ended = True
            self.incoming.write_eof()
        return True

    def _flush(self):
        waiting = self.outgoing.read()
        if waiting:
            try:
                self.socket.sendall(waiting)
            except ConnectionError:
                self.end = "reset"

    def _call(self, function, timeout):
        """The function's result, or None with self.end set."""
        while self.end is None:
            try:
                result = function()
                self._flush()
                return result
            except ssl.SSLWantReadError:
                self._flush()
                if self.end is None and not self._receive(timeout):
                    return None
            except ssl.SSLZeroReturnError:
                self.end = "close_notify"
            except ssl.SSLEOFError:
                self.end = "eof"
            except ssl.SSLError as error:
                self._flush()
                self.end = "eof" if self.has_ended else "alert"  # OpenSSL 1.1.1 has no word for it
                self.error = error
        return None

    def handshake(self, timeout=PATIENCE):
        self._call(lambda: self.tls.do_handshake() or True, timeout)
        return self.end is None

    def send(self, data):
        if data:  # to write nothing is an error of OpenSSL 1.1.1
            self._call(lambda: self.tls.write(data), PATIENCE)

    def read(self, timeout=PATIENCE):
        """Some bytes, or None at the end."""
        piece = self._call(lambda: self.tls.read(65536), timeout)
        if piece == b"":
            self.end = "close_notify"
        return piece or None

    def read_all(self, timeout=PATIENCE):
        everything = b""
        while (piece := self.read(timeout)) is not None:
            everything += piece
        return everything


def http1(standin, sni, timeout=PATIENCE, request=b"", alpn=("http/1.1",)):
    peer = Peer(standin, sni, alpn)
    assert peer.handshake(), (sni, peer.end, peer.error)
    peer.send(request or b"GET / HTTP/1.1\r\nHost: " + sni.encode() + b"\r\nConnection: close\r\n\r\n")
    answer = peer.read_all(timeout)
    peer.socket.close()
    return answer, peer.end


class H2:
    """One HTTP/2 connection; `seen` collects the events."""

    def __init__(self, standin, sni):
        self.peer = Peer(standin, sni, ("h2",))
        assert self.peer.handshake(), (sni, self.peer.end, self.peer.error)
        assert self.peer.tls.selected_alpn_protocol() == "h2"
        self.h2 = h2.connection.H2Connection(h2.config.H2Configuration(client_side=True, header_encoding="utf-8"))
        self.h2.initiate_connection()
        self.host = sni
        self.seen = []

    def request(self, path="/", method="GET", fields=(), body=None):
        stream = self.h2.get_next_available_stream_id()
        self.h2.send_headers(
            stream,
            [(":method", method), (":path", path), (":scheme", "https"), (":authority", self.host), *fields],
            end_stream=body is None,
        )
        if body is not None:
            self.h2.send_data(stream, body, end_stream=True)
        self.flush()
        return stream

    def flush(self):
        self.peer.send(self.h2.data_to_send())

    def wait_for(self, wanted, timeout=PATIENCE):
        """The first new event for which wanted(event) holds, None when the connection ends first."""
        while True:
            data = self.peer.read(timeout)
            if data is None:
                return None
            events = self.h2.receive_data(data)
            for event in events:
                if isinstance(event, h2.events.DataReceived):
                    self.h2.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
            self.seen += events
            self.flush()
            for event in events:
                if wanted(event):
                    return event

    def answer(self, stream, timeout=PATIENCE):
        """(status, body) of a stream that ends well."""
        ended = self.wait_for(
            lambda e: isinstance(e, (h2.events.StreamEnded, h2.events.StreamReset)) and e.stream_id == stream, timeout
        )
        assert isinstance(ended, h2.events.StreamEnded), (self.seen, self.peer.end)
        heads = [e for e in self.seen if isinstance(e, h2.events.ResponseReceived) and e.stream_id == stream]
        body = b"".join(e.data for e in self.seen if isinstance(e, h2.events.DataReceived) and e.stream_id == stream)
        return int(dict(heads[0].headers)[":status"]), body

    def close(self):
        self.peer.socket.close()


def h2_get(standin, sni):
    connection = H2(standin, sni)
    result = connection.answer(connection.request())
    connection.close()
    return result


# ---------------------------------------------------------------- the list

QUIRK_ROWS = """alpn_h2_only h2_only_close h2_frames http09_body garbage empty_reply no_close_notify truncated
reset_after_tls silent http_400 http_403 http_404 http_405 http_421 http_426 http_464 http_503 http_505
unexpected_body redirect lying_version bad_version weird truncated_head bad_chunk downgraded goaway_13 goaway_0
goaway_1 h2_stream no_h2""".split()

HANDSHAKE_CAUSES = """tls_aborted tls_timeout tls_version tls_no_cipher tls_failed plaintext_peer
client_cert_required root_missing intermediate_missing self_signed not_ats intercepted hostname_mismatch cert_expired
cert_not_yet_valid clock_wrong weak_signature wrong_purpose cert_invalid http2_missing""".split()


def expectations():
    return [row[protocol] for row in SCENARIOS.values() for protocol in ("h2", "http1")]


@pytest.mark.parametrize("quirk", QUIRK_ROWS)
def test_every_row_of_the_quirk_table_has_a_scenario(quirk):
    assert quirk in {expected["quirk"] for expected in expectations()}


@pytest.mark.parametrize("cause", HANDSHAKE_CAUSES)
def test_every_cause_that_a_handshake_can_reach_has_a_scenario(cause):
    assert cause in {expected["cause"] for expected in expectations()}


def test_the_list_speaks_the_catalogue_and_contradicts_itself_nowhere():
    causes = set(re.findall(r'XX\([A-Z0-9_]+, "([a-z0-9_]+)"\)', (SOURCE / "shim/include/avs/cause.h").read_text()))
    assert len(SCENARIOS) == len(listed()) == len({row["sni"] for row in SCENARIOS.values()})
    for row in SCENARIOS.values():
        assert set(row) == {"name", "sni", "description", "h2", "http1", "readiness"}
        for expected in (row["h2"], row["http1"]):
            assert expected["cause"] in causes
            assert expected["verdict"] in ("pass", "pass_with_quirk", "fail", "inconclusive")
            assert (expected["cause"] == "none") == expected["verdict"].startswith("pass")
        overall = {"pass": "ready", "pass_with_quirk": "ready", "fail": "not_ready", "inconclusive": "inconclusive"}
        assert row["readiness"] == overall[row["h2"]["verdict"]]


def test_every_scenario_is_proven_by_a_test():
    proven = set(GOOD) | set(VERIFY_CODES) | set(ALERTS) | set(HTTP1_ODDITIES) | set(H2_ODDITIES) | set(STATUSES)
    proven |= set(PLAINTEXT) | OWN_TESTS
    assert proven == set(SCENARIOS)


# ---------------------------------------------------------------- good ones

GOOD = "ok ats-test gateway-na gateway-eu gateway-fe ecdsa short-chain long-chain g2-issued tls12-only tls13-only not-ats".split()


@pytest.mark.parametrize("name", GOOD)
def test_good_scenarios_say_the_phrase_over_both_protocols(standin, name):
    sni = SCENARIOS[name]["sni"]
    assert h2_get(standin, sni) == (200, PHRASE + b"\n")
    answer, end = http1(standin, sni)
    assert answer.startswith(b"HTTP/1.1 200 OK\r\n") and answer.endswith(PHRASE + b"\n")
    assert end == "close_notify"


def test_a_late_phrase_comes_at_the_end_of_a_long_page(standin):
    answer, _ = http1(standin, "late-phrase.localhost")
    for body in (h2_get(standin, "late-phrase.localhost")[1], answer.partition(b"\r\n\r\n")[2]):
        assert len(body) > 7900 and body.find(PHRASE) > 7900


@pytest.mark.parametrize("name", ["endless-head", "endless-body", "h2-endless-body"])
def test_endless_answers_last_as_long_as_somebody_reads(standin, name):
    if name == "h2-endless-body":
        connection = H2(standin, "h2-endless-body.localhost")
        connection.request()
        total = 0
        while total < 2_000_000:
            event = connection.wait_for(lambda e: isinstance(e, h2.events.DataReceived))
            total += len(event.data)
        connection.close()
    else:
        with Peer(standin, f"{name}.localhost", ("http/1.1",)) as peer:
            assert peer.handshake()
            peer.send(b"GET / HTTP/1.1\r\n\r\n")
            pieces = [peer.read()]
            while len(pieces) < 400:
                pieces.append(peer.read())
            everything = b"".join(pieces)
        assert len(everything) > 2_000_000
        assert everything.startswith(b"HTTP/1.1 200 OK\r\n")
        assert (b"\r\n\r\n" in everything) == (name == "endless-body")
    still_serves(standin)


@pytest.mark.parametrize("name", ["chunked", "early-hints"])
def test_good_answers_of_other_shapes(standin, name):
    told = subprocess.run(["curl", "-sS", "--http1.1", "--cacert", str(standin.directory / "ca.pem"), "--connect-to",
                           f"::127.0.0.1:{standin.port}", f"https://{name}.localhost/"], capture_output=True, timeout=PATIENCE)
    assert told.returncode == 0 and told.stdout.endswith(PHRASE)
    answer, _ = http1(standin, f"{name}.localhost")
    assert {"chunked": b"\r\n21;note=x\r\n", "early-hints": b"HTTP/1.1 103 "}[name] in answer


@pytest.mark.parametrize("flag, version", [("--http2", "2"), ("--http1.1", "1.1")])
def test_curl_agrees(standin, flag, version):
    told = subprocess.run(
        ["curl", "-sS", flag, "--cacert", str(standin.directory / "ca.pem"), "--connect-to",
         f"::127.0.0.1:{standin.port}", "-w", "|%{http_code} %{http_version}", "https://avs-ats-cert-test.amazon.com/"],
        capture_output=True, timeout=PATIENCE,
    )
    assert told.stdout == PHRASE + f"\n|200 {version}".encode(), told.stderr


def test_unknown_and_missing_names_get_the_plain_certificate(standin):
    with Peer(standin, "localhost") as peer:
        assert peer.handshake()
        names = {value for _, value in peer.tls.getpeercert()["subjectAltName"]}
        assert {"ok.localhost", "localhost", "127.0.0.1"} <= names
    with Peer(standin, "nobody.example") as peer:
        assert not peer.handshake()
        assert peer.error.verify_code == 62
    with Peer(standin, "127.0.0.1") as peer:  # Python sends no SNI for an address
        assert peer.handshake()


def test_the_name_is_matched_in_any_case(standin):
    with Peer(standin, "Expired.LocalHost") as peer:
        assert not peer.handshake() and peer.error.verify_code == 10


@pytest.mark.parametrize("option, name, works", [("-tls1_2", "tls12-only", True), ("-tls1_3", "tls12-only", False),
                                                 ("-tls1_3", "tls13-only", True), ("-tls1_2", "tls13-only", False),
                                                 ("-tls1_1", "tls11-only", True), ("-tls1_2", "tls11-only", False)])
def test_tls_versions(standin, option, name, works):
    told = subprocess.run(
        ["openssl", "s_client", option, "-cipher", "DEFAULT@SECLEVEL=0", "-connect", f"127.0.0.1:{standin.port}",
         "-servername", f"{name}.localhost", "-CAfile", str(standin.directory / "ca.pem"), "-verify_return_error"],
        stdin=subprocess.DEVNULL, capture_output=True, timeout=PATIENCE,
    )
    assert (told.returncode == 0) == works, told.stderr


def test_ipv6_loopback_serves_too(standin):
    try:
        socket.create_connection(("::1", standin.port), PATIENCE).close()
    except OSError as error:
        if pathlib.Path("/proc/net/if_inet6").exists() and "00000000000000000000000000000001" in pathlib.Path(
                "/proc/net/if_inet6").read_text():
            raise
        pytest.skip(f"no ::1 on this machine: {error}")


# ---------------------------------------------------------------- certificates

VERIFY_CODES = {  # X509_V_ERR_* with every stand-in root trusted
    "expired": 10, "expired-intermediate": 10, "not-yet-valid": 9, "all-lapsed": 10, "all-coming": 9, "wrong-host": 62, "cn-only": 62,
    "partial-wildcard": 62, "untrusted-root": 20, "untrusted-root-sent": 19, "self-signed": 18,
    "missing-intermediate": 20, "intercepted": 19, "fake-root": 19, "fake-standin-root": 19, "weak-signature": 68,
    "weak-key": 66, "wrong-purpose": 26, "not-an-authority": 79 if ssl.OPENSSL_VERSION_INFO >= (3,) else 24,
    "broken-signature": 7, "critical-extension": 34,
}


@pytest.mark.parametrize("name", VERIFY_CODES)
@pytest.mark.parametrize("alpn", ["h2", "http/1.1"])
def test_bad_certificates_are_refused_for_their_own_reason(standin, name, alpn):
    sni = SCENARIOS[name]["sni"]
    if name == "broken-signature":  # Python reports the RSA error in front of the verify code
        told = subprocess.run(
            ["openssl", "s_client", "-connect", f"127.0.0.1:{standin.port}", "-servername", sni, "-CAfile",
             str(standin.directory / "ca.pem"), "-verify_return_error"],
            stdin=subprocess.DEVNULL, capture_output=True, timeout=PATIENCE, text=True)
        assert told.returncode == 1 and "verify error:num=7:certificate signature failure" in told.stderr
        return
    with Peer(standin, sni, (alpn,)) as peer:
        assert not peer.handshake()
        assert isinstance(peer.error, ssl.SSLCertVerificationError), peer.error
        assert peer.error.verify_code == VERIFY_CODES[name]


def sent_subjects(standin, sni):
    told = subprocess.run(
        ["openssl", "s_client", "-connect", f"127.0.0.1:{standin.port}", "-servername", sni, "-showcerts"],
        stdin=subprocess.DEVNULL, capture_output=True, timeout=PATIENCE, text=True)
    return re.findall(r"^ *\d s:(.*)\n *i:(.*)$", told.stdout, re.M)


@pytest.mark.parametrize("name, chain", [
    ("ok", ["ok.localhost", "Stand-in RSA 2048 M01", "Stand-in Amazon Root CA 1",
            "Stand-in Services Root Certificate Authority - G2"]),
    ("ecdsa", ["ecdsa.localhost", "Stand-in ECDSA 256 M01", "Stand-in Amazon Root CA 3",
               "Stand-in Services Root Certificate Authority - G2"]),
    ("short-chain", ["short-chain.localhost", "Stand-in RSA 2048 M01", "Stand-in Amazon Root CA 1"]),
    ("long-chain", ["long-chain.localhost", "Stand-in RSA 2048 M01", "Stand-in Amazon Root CA 1",
                    "Stand-in Services Root Certificate Authority - G2", "Stand-in Class 2 Certification Authority"]),
    ("missing-intermediate", ["missing-intermediate.localhost", "Stand-in RSA 2048 M01"]),
    ("intercepted", ["avs-alexa-na.amazon.com", "Example Corp TLS Inspection CA", "Example Corp TLS Inspection CA"]),
    ("fake-root", ["fake-root.localhost", "Amazon Root CA 1", "Amazon Root CA 1"]),
])
def test_the_chain_on_the_wire(standin, name, chain):
    sent = sent_subjects(standin, SCENARIOS[name]["sni"])
    assert len(sent) == len(chain) - 1
    for (subject, issuer), name_wanted, issuer_wanted in zip(sent, chain, chain[1:]):
        # "CN = name" before OpenSSL 3.2, "CN=name" since
        assert re.search(f"= ?{re.escape(name_wanted)}$", subject)
        assert re.search(f"= ?{re.escape(issuer_wanted)}$", issuer)


@pytest.mark.parametrize("ca, name, works", [
    ("amazon-root-ca-1.pem", "ok", True), ("services-root-g2.pem", "ok", True), ("class-2.pem", "ok", False),
    ("class-2.pem", "long-chain", True), ("services-root-g2.pem", "short-chain", False),
    ("services-root-g2.pem", "g2-issued", True), ("wrong-family.pem", "ok", False), ("wrong-family.pem", "ecdsa", True),
    ("cross-signed-root-1.pem", "ok", False), ("ats-roots.pem", "ok", True), ("ats-roots.pem", "not-ats", False),
    ("other-root.pem", "not-ats", True), ("corporate-root.pem", "intercepted", True),
    ("ca-with-corporate.pem", "intercepted", True), ("amazon-root-ca-2.pem", "ok", False),
    ("amazon-root-ca-3.pem", "ecdsa", True), ("amazon-root-ca-4.pem", "ecdsa", False),
])
def test_which_store_accepts_which_chain(standin, ca, name, works):
    with Peer(standin, SCENARIOS[name]["sni"], ("h2",), ca) as peer:
        assert peer.handshake() == works, peer.error


def curl_with(standin, *options):
    return subprocess.run(["curl", "-sS", "--connect-to", f"::127.0.0.1:{standin.port}", "https://ok.localhost/", *options],
                          capture_output=True, timeout=PATIENCE).returncode


def test_the_hashed_directory_works_and_the_unhashed_does_not(standin):
    assert curl_with(standin, "--capath", str(standin.directory / "hashed")) == 0
    assert curl_with(standin, "--capath", str(standin.directory / "unhashed")) == 60
    told = [subprocess.run(["openssl", "verify", "-CApath", str(standin.directory / place), "-untrusted",
                            str(standin.directory / "issuing-rsa.pem"), str(standin.directory / "chain-incomplete.pem")],
                           capture_output=True).returncode for place in ("hashed", "unhashed")]
    assert told == [0, 2]
    hashes = {subprocess.check_output(["openssl", "x509", "-hash", "-noout", "-in", str(path)], text=True).strip()
              for path in (standin.directory / "unhashed").iterdir()}
    assert {f"{value}.0" for value in hashes} == {path.name for path in (standin.directory / "hashed").iterdir()}


@pytest.mark.parametrize("trusted, untrusted, file, result", [
    ("services-root-g2.pem", None, "cross-signed-root-1.pem", 0),
    ("class-2.pem", None, "cross-signed-g2.pem", 0),
    ("amazon-root-ca-1.pem", None, "issuing-rsa.pem", 0),
    ("amazon-root-ca-3.pem", None, "issuing-ecdsa.pem", 0),
    ("amazon-root-ca-1.pem", "chain-ok.pem", "chain-ok.pem", 0),
    ("amazon-root-ca-1.pem", "chain-incomplete.pem", "chain-incomplete.pem", 2),
    ("amazon-root-ca-1.pem", "chain-expired.pem", "chain-expired.pem", 2),
    ("other-root.pem", "chain-not-ats.pem", "chain-not-ats.pem", 0),
])
def test_the_files_verify_as_their_names_say(standin, trusted, untrusted, file, result):
    extra = ["-untrusted", str(standin.directory / untrusted)] if untrusted else []
    told = subprocess.run([*OPENSSL_VERIFY, "-no-CApath", "-CAfile", str(standin.directory / trusted),
                           *extra, str(standin.directory / file)], capture_output=True)
    assert told.returncode == result, told


def test_no_key_and_no_half_file_is_left_on_disk(standin):
    for path in standin.directory.rglob("*"):
        if path.is_file():
            text = path.read_text()
            assert "PRIVATE KEY" not in text and "-----END CERTIFICATE-----" in text
            assert path.suffix in (".pem", ".0")


# ---------------------------------------------------------------- handshakes that fail

ALERTS = {"tls11-only": 70, "tls-future": 70, "no-cipher": 40, "internal-alert": 80}


@pytest.mark.parametrize("name", ALERTS)
def test_alerts_in_the_handshake(standin, name):
    with Peer(standin, SCENARIOS[name]["sni"]) as peer:
        assert not peer.handshake()
        # record type 21, level fatal, the description; and nothing else
        assert peer.wire[0] == 21 and peer.wire[5:] == bytes([2, ALERTS[name]])


@pytest.mark.parametrize("name, alpn, refused", [
    ("alpn-strict", ("http/1.1",), True), ("alpn-strict", ("h2",), False), ("alpn-strict", (), False),
    ("alpn-strict", ("h2", "http/1.1"), False), ("alpn-strict-tls12", ("http/1.1",), True),
    ("alpn-strict-tls12", ("h2",), False), ("alpn-strict-tls12", (), False), ("alpn-strict-untrusted", ("http/1.1",), True),
    ("alpn-strict-h1", ("h2",), True), ("alpn-strict-h1", ("h2", "http/1.1"), True), ("alpn-strict-h1", ("http/1.1",), False),
])
def test_strict_alpn_is_alert_120_and_no_alpn_is_accepted(standin, name, alpn, refused):
    with Peer(standin, SCENARIOS[name]["sni"], alpn) as peer:
        assert peer.handshake() != refused
        assert (peer.wire[0] == 21 and peer.wire[5:] == bytes([2, 120])) == refused


def test_strict_alpn_with_an_untrusted_chain_shows_it_only_to_h2(standin):
    with Peer(standin, SCENARIOS["alpn-strict-untrusted"]["sni"], ("h2",)) as peer:
        assert not peer.handshake() and peer.error.verify_code == 20


@pytest.mark.parametrize("name, alpn, chosen", [("no-h2", ("h2", "http/1.1"), "http/1.1"), ("no-h2", ("h2",), None),
                                                ("no-alpn", ("h2", "http/1.1"), None), ("ok", ("http/1.1", "h2"), "h2"),
                                                ("h2-only-close", ("http/1.1",), None), ("h2-only-close", ("h2",), "h2")])
def test_what_alpn_agrees_on(standin, name, alpn, chosen):
    with Peer(standin, SCENARIOS[name]["sni"], alpn) as peer:
        assert peer.handshake()
        assert peer.tls.selected_alpn_protocol() == chosen


@pytest.mark.parametrize("name", ["no-h2", "no-alpn"])
def test_without_h2_it_speaks_http1_and_closes_on_prior_knowledge(standin, name):
    answer, _ = http1(standin, SCENARIOS[name]["sni"], alpn=("h2", "http/1.1"))
    assert answer.startswith(b"HTTP/1.1 200") and PHRASE in answer
    preface = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
    assert http1(standin, SCENARIOS[name]["sni"], request=preface, alpn=("h2",)) == (b"", "close_notify")


PLAINTEXT = {"plaintext-http": b"HTTP/1.1 400 ", "captive-portal": b"HTTP/1.1 302 ", "plaintext-ssh": b"SSH-2.0-",
             "spoofed-phrase": b"HTTP/1.1 200 "}


@pytest.mark.parametrize("name", PLAINTEXT)
def test_plain_text_in_answer_to_a_client_hello(standin, name):
    with Peer(standin, SCENARIOS[name]["sni"]) as peer:
        assert not peer.handshake()
        assert peer.wire.startswith(PLAINTEXT[name])
        assert (PHRASE in peer.wire) == (name == "spoofed-phrase")


def test_handshakes_that_are_cut(standin):
    with Peer(standin, "reset-in-handshake.localhost") as peer:
        assert not peer.handshake() and peer.end == "reset" and peer.wire == b""
    with Peer(standin, "close-in-handshake.localhost") as peer:
        assert not peer.handshake() and peer.end == "eof" and peer.wire == b""
    with Peer(standin, "cut-in-handshake.localhost") as peer:
        assert not peer.handshake() and peer.end == "eof" and peer.wire[0] == 22  # a handshake record began
    with Peer(standin, "silent-in-handshake.localhost") as peer:
        assert not peer.handshake(SILENCE) and peer.end == "silence" and peer.wire == b""


def test_client_certificates_are_asked_for(standin):
    with Peer(standin, "client-cert-tls13.localhost", ("http/1.1",)) as peer:
        assert peer.handshake() and peer.tls.version() == "TLSv1.3"
        assert peer.read() is None and "CERTIFICATE_REQUIRED" in str(peer.error)
    with Peer(standin, "client-cert-tls12.localhost", ("http/1.1",)) as peer:
        assert not peer.handshake()
        assert "HANDSHAKE_FAILURE" in str(peer.error) and peer.wire[-2:] == bytes([2, 40])


OWN_TESTS = {"alpn-strict", "alpn-strict-tls12", "alpn-strict-untrusted", "alpn-strict-h1", "no-h2", "no-alpn",
             "reset-in-handshake", "close-in-handshake", "cut-in-handshake", "silent-in-handshake",
             "client-cert-tls13", "client-cert-tls12", "faults", "late-phrase", "endless-head", "endless-body",
             "h2-endless-body", "chunked", "early-hints"}

# ---------------------------------------------------------------- HTTP/1.x oddities

HTTP1_ODDITIES = {  # name: the answer's beginning, what is in it, how it ends
    "h2-only-close": (b"", b"", "close_notify"),
    "h2-frames": (b"\0\0\x06\x04\0\0\0\0\0", b"\x07\0\0\0\0\0", "close_notify"),
    "http09-body": (PHRASE, b"", "close_notify"),
    "garbage": (b"\x16\x03\x01", b"\xff\xfe", "close_notify"),
    "empty-reply": (b"", b"", "close_notify"),
    "no-close-notify": (b"", b"", "eof"),
    "ragged-close": (b"HTTP/1.1 200 ", b"Content-Length: 43\r\n", "eof"),
    "http10-no-length": (b"HTTP/1.0 200 ", PHRASE, "eof"),
    "truncated": (b"HTTP/1.1 200 ", b"Content-Length: 500\r\n", "close_notify"),
    "truncated-ragged": (b"HTTP/1.1 200 ", b"Content-Length: 500\r\n", "eof"),
    "reset-after-tls": (b"", b"", "reset"),
    "silent": (b"", b"", "silence"),
    "lying-version": (b"HTTP/2 200 ", b"", "close_notify"),
    "lying-version-2.0": (b"HTTP/2.0 200 ", b"", "close_notify"),
    "bad-version-1.2": (b"HTTP/1.2 200 ", b"", "close_notify"),
    "bad-version-3.0": (b"HTTP/3.0 200 ", b"", "close_notify"),
    "bad-version-no-code": (b"HTTP/1.1\r\n", b"", "close_notify"),
    "weird": (b"HTTP/1.1 200 ", b"a\0b", "close_notify"),
    "truncated-head": (b"HTTP/1.1 200 OK\r\nContent-Ty", b"", "close_notify"),
    "bad-chunk": (b"HTTP/1.1 200 ", b"\r\nzz\r\n", "close_notify"),
}


@pytest.mark.parametrize("name", HTTP1_ODDITIES)
def test_http1_oddities_and_h2_is_fine(standin, name):
    begin, inside, end = HTTP1_ODDITIES[name]
    sni = SCENARIOS[name]["sni"]
    answer, ended = http1(standin, sni, SILENCE if end == "silence" else PATIENCE)
    assert ended == end
    assert answer.startswith(begin) and inside in answer
    if begin == b"":
        assert answer == b""
    assert h2_get(standin, sni) == (200, PHRASE + b"\n")


def test_a_ragged_close_comes_after_the_whole_body(standin):
    answer, _ = http1(standin, "ragged-close.localhost")
    head, _, body = answer.partition(b"\r\n\r\n")
    assert len(body) == 43 == len(PHRASE)
    for name in ("truncated", "truncated-ragged"):
        answer, _ = http1(standin, f"{name}.localhost")
        assert 0 < len(answer.partition(b"\r\n\r\n")[2]) < 500


BOTH = {"http-400": 400, "http-403": 403, "http-404": 404, "http-405": 405, "http-421": 421, "http-500": 500,
        "http-503": 503, "redirect": 302, "unexpected-body": 200, "no-content": 204}
STATUSES = {**BOTH, "http-426": 426, "http-464": 464, "http-505": 505}


@pytest.mark.parametrize("name", STATUSES)
def test_statuses(standin, name):
    sni = SCENARIOS[name]["sni"]
    answer, end = http1(standin, sni)
    assert answer.startswith(b"HTTP/1.1 %d " % STATUSES[name]) and end == "close_notify" and PHRASE not in answer
    status, body = h2_get(standin, sni)
    assert status == BOTH.get(name, 200)
    assert (PHRASE in body) == (name not in BOTH)
    assert (b"\r\nLocation: https://elsewhere.example/\r\n" in answer) == (name == "redirect")


def test_http1_keeps_the_connection_and_takes_bodies_and_pipelines(standin):
    with Peer(standin, "ok.localhost", ("http/1.1",)) as peer:
        assert peer.handshake()
        peer.send(b"POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhel")
        peer.send(b"loGET /ping HTTP/1.1\r\nHost: x\r\n\r\nHEAD / HTTP/1.1\r\nConnection: close\r\n\r\n")
        answer = peer.read_all()
        assert peer.end == "close_notify"
    assert re.findall(rb"HTTP/1\.1 (\d+)", answer) == [b"200", b"204", b"200"]
    assert answer.count(PHRASE) == 1  # the HEAD has none


@pytest.mark.parametrize("request_bytes, status", [
    (b"nonsense\r\n\r\n", b"400"), (b"GET / HTTP/1.1\r\nno colon\r\n\r\n", b"400"),
    (b"GET / HTTP/1.1\r\nContent-Length: -1\r\n\r\n", b"400"), (b"GET / HTTP/9.9\r\n\r\n", b"400"),
    (b"GET / HTTP/1.1\r\nX: " + b"a" * 20000 + b"\r\n\r\n", b"431"),
    (b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", b"411"),
], ids=["nonsense", "field", "length", "version", "large", "chunked"])
def test_http1_refuses_bad_requests(standin, request_bytes, status):
    answer, end = http1(standin, "ok.localhost", request=request_bytes)
    assert answer.startswith(b"HTTP/1.1 " + status) and end in ("close_notify", "reset")


def test_http1_takes_a_request_byte_by_byte(standin):
    with Peer(standin, "ok.localhost", ("http/1.1",)) as peer:
        assert peer.handshake()
        for byte in b"GET / HTTP/1.1\r\nConnection: close\r\n\r\n":
            peer.send(bytes([byte]))
        assert PHRASE in peer.read_all()


# ---------------------------------------------------------------- HTTP/2 oddities


def is_reset(code):
    return lambda event: isinstance(event, h2.events.StreamReset) and event.error_code == code


def is_goaway(code):
    return lambda event: isinstance(event, h2.events.ConnectionTerminated) and event.error_code == code


def is_settings(event):
    return isinstance(event, h2.events.RemoteSettingsChanged)


def never(_):
    return False


H2_ODDITIES = {  # name: an event that must come or None, how the connection ends, did SETTINGS come
    "downgraded": (is_reset(13), None, True),
    "goaway-13": (is_goaway(13), "close_notify", True),
    "goaway-0": (is_goaway(0), "close_notify", True),
    "goaway-1": (is_goaway(1), "close_notify", True),
    "h2-rst-internal": (is_reset(2), None, True),
    "h2-refused": (is_reset(7), None, True),
    "h2-eof": (None, "close_notify", True),
    "h2-eof-ragged": (None, "eof", True),
    "h2-reset": (None, "reset", False),
    "h2-reset-later": (None, "reset", True),
    "h2-silent": (None, "silence", True),
    "silent-after-tls": (None, "silence", False),
    "h2-truncated": "own", "h2-text": "own", "h2-bad-frame": "own",
}


@pytest.mark.parametrize("name", [name for name, row in H2_ODDITIES.items() if row != "own"])
def test_h2_oddities(standin, name):
    wanted, end, has_settings = H2_ODDITIES[name]
    connection = H2(standin, SCENARIOS[name]["sni"])
    connection.request()
    timeout = SILENCE if end == "silence" else PATIENCE
    if wanted:
        assert connection.wait_for(wanted), connection.seen
    if end:
        connection.wait_for(never, timeout)
        assert connection.peer.end == end
    assert any(map(is_settings, connection.seen)) == has_settings
    assert not any(isinstance(event, h2.events.ResponseReceived) for event in connection.seen)
    connection.close()


@pytest.mark.parametrize("name", [name for name in H2_ODDITIES if name != "silent-after-tls"])
def test_h2_oddities_leave_http1_alone(standin, name):
    answer, _ = http1(standin, SCENARIOS[name]["sni"])
    assert answer.startswith(b"HTTP/1.1 200") and PHRASE in answer


def test_silence_after_the_handshake_covers_http1_too(standin):
    assert http1(standin, "silent-after-tls.localhost", SILENCE) == (b"", "silence")


def h2_raw(standin, sni):
    """Everything a server says to a proper HTTP/2 request, undecoded."""
    connection = H2(standin, sni)
    connection.request()
    everything = connection.peer.read_all(SILENCE)
    connection.close()
    return everything, connection.peer.end


def test_h2_text_and_bad_frames(standin):
    answer, end = h2_raw(standin, "h2-text.localhost")
    assert answer.startswith(b"HTTP/1.1 400 ") and end == "close_notify"
    answer, _ = h2_raw(standin, "h2-bad-frame.localhost")
    assert answer[3] == 4 and answer.endswith(b"\0\0\0\x04\0\0\0\0\x01")  # SETTINGS, later SETTINGS on stream 1


def test_h2_truncated_has_less_than_its_content_length(standin):
    connection = H2(standin, "h2-truncated.localhost")
    connection.request()
    with pytest.raises(h2.exceptions.InvalidBodyLengthError):
        connection.wait_for(never)
    connection.close()


def test_curl_dials_again_over_http1_when_downgraded(standin):
    told = subprocess.run(["curl", "-sS", "--http2", "--cacert", str(standin.directory / "ca.pem"), "--connect-to",
                           f"::127.0.0.1:{standin.port}", "-w", "|%{http_version} %{num_connects}",
                           "https://downgraded.localhost/"], capture_output=True, timeout=PATIENCE)
    assert told.stdout == PHRASE + b"\n|1.1 2", told.stderr


# ---------------------------------------------------------------- the shape of AVS

EVENT = [("content-type", "multipart/form-data; boundary=x"), ("authorization", "Bearer nobody")]
BODY = b'--x\r\nContent-Disposition: form-data; name="metadata"\r\n\r\n{"event":{}}\r\n--x--\r\n'


def directives(connection, stream):
    data = b"".join(e.data for e in connection.seen if isinstance(e, h2.events.DataReceived) and e.stream_id == stream)
    return [json.loads(text)["directive"]["header"]["messageId"] for text in re.findall(rb"\r\n\r\n(\{.*\})\r\n", data)]


def test_avs_downchannel_events_and_ping(standin):
    connection = H2(standin, "ok.localhost")
    downchannel = connection.request("/v20160207/directives")
    head = connection.wait_for(lambda e: isinstance(e, h2.events.ResponseReceived))
    assert dict(head.headers)["content-type"].startswith("multipart/related; boundary=")
    assert connection.answer(connection.request("/ping")) == (204, b"")
    statuses = []
    for number in range(8):
        event = connection.request("/v20160207/events", "POST", EVENT, BODY)
        status, body = connection.answer(event)
        statuses.append(status)
        assert (b'"directive"' in body) == (status == 200)
    assert statuses == [204, 204, 204, 200] * 2
    pushed = directives(connection, downchannel)
    assert len(pushed) == len(set(pushed)) == 6
    assert not any(isinstance(e, h2.events.StreamEnded) and e.stream_id == downchannel for e in connection.seen)
    connection.close()


def test_avs_refuses_what_is_no_event(standin):
    connection = H2(standin, "ok.localhost")
    assert connection.answer(connection.request("/v20160207/events", "POST", [], b"{}"))[0] == 400
    assert connection.answer(connection.request("/v20160207/events", "GET"))[0] == 405
    assert connection.answer(connection.request("/v20160207/directives", "POST", EVENT, BODY))[0] == 405
    connection.close()


def test_directives_come_by_themselves_when_asked_for():
    standin = start("--directive-ms", "20")
    connection = H2(standin, "ok.localhost")
    downchannel = connection.request("/v20160207/directives")
    connection.wait_for(lambda _: len(directives(connection, downchannel)) >= 3)
    assert len(directives(connection, downchannel)) >= 3
    connection.close()
    stop(standin)
    assert not standin.directory.exists()  # it was a temporary one


def test_slow_and_large_answers(standin):
    connection = H2(standin, "ok.localhost")
    began = time.monotonic()
    slow = connection.request("/slow/300")
    large = connection.request("/bytes/3000000")
    assert connection.answer(large) == (200, b"x" * 3000000)
    assert connection.answer(slow) == (200, PHRASE + b"\n")
    assert time.monotonic() - began >= 0.3
    connection.close()


def faults_seen(seed, requests=120):
    """What became of that many requests, each on a connection of its own."""
    standin = start("--seed", str(seed))
    seen = []
    for _ in range(requests):
        peer = Peer(standin, "faults.localhost", ("h2",))
        if not peer.handshake():
            seen.append("handshake " + peer.end)
            continue
        connection = H2.__new__(H2)
        connection.peer, connection.host, connection.seen = peer, "faults.localhost", []
        connection.h2 = h2.connection.H2Connection(h2.config.H2Configuration(client_side=True, header_encoding="utf-8"))
        connection.h2.initiate_connection()
        connection.request()
        ended = connection.wait_for(lambda e: isinstance(
            e, (h2.events.StreamEnded, h2.events.StreamReset, h2.events.ConnectionTerminated)), 6)
        seen.append(type(ended).__name__ + str(getattr(ended, "error_code", "")) if ended else connection.peer.end)
        connection.close()
    stop(standin)
    return seen


def test_faults_happen_and_are_repeatable():
    first = faults_seen(7)
    assert first == faults_seen(7)
    counted = collections.Counter(first)
    assert counted["StreamEnded"] > 80  # most requests are answered
    assert len(counted) >= 4  # and several kinds of fault were among the others


# ---------------------------------------------------------------- a hostile client never stops it


def still_serves(standin):
    assert standin.process.poll() is None
    assert h2_get(standin, "ok.localhost") == (200, PHRASE + b"\n")


def blurt(standin, data):
    """Send bytes without any TLS and take what comes."""
    with socket.create_connection(("127.0.0.1", standin.port), PATIENCE) as peer:
        peer.settimeout(SILENCE)
        try:
            peer.sendall(data)
            while peer.recv(65536):
                pass
        except OSError:
            pass


def client_hello(sni):
    outgoing = ssl.MemoryBIO()
    tls = ssl.create_default_context().wrap_bio(ssl.MemoryBIO(), outgoing, server_hostname=sni)
    with pytest.raises(ssl.SSLWantReadError):
        tls.do_handshake()
    return outgoing.read()


@pytest.mark.parametrize("data", [b"", b"\n", b"GET / HTTP/1.1\r\n\r\n", b"\x16\x03\x01\xff\xff" + b"\0" * 70000,
                                  b"\x16\x03\x01\0\x05\x01\0\0\x01\0", b"\x80\x2e\x01\0\x02", b"\x15\x03\x03\0\x02\x02\x28",
                                  bytes(range(256)) * 300], ids=range(8))
def test_bytes_that_are_no_tls(standin, data):
    blurt(standin, data)
    still_serves(standin)


def test_a_client_hello_cut_or_bent_anywhere(standin):
    hello = client_hello("ok.localhost")
    for cut in range(1, len(hello), 23):
        with socket.create_connection(("127.0.0.1", standin.port), PATIENCE) as peer:
            peer.sendall(hello[:cut])
    for place in range(0, len(hello), 7):
        bent = bytearray(hello)
        bent[place] ^= 0xff
        with socket.create_connection(("127.0.0.1", standin.port), PATIENCE) as peer:
            peer.sendall(bent)
    still_serves(standin)


def test_more_connections_than_it_keeps(standin):
    crowd = []
    for _ in range(400):
        crowd.append(socket.create_connection(("127.0.0.1", standin.port), PATIENCE))
    still_serves(standin)
    for peer in crowd:
        peer.close()


@pytest.mark.parametrize("data", [
    b"\0" * 100000,  # no preface
    b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes(range(256)) * 200,
    b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0" + b"\0\0\x08\x06\0\0\0\0\0ponypony" * 30000,  # PING flood
    b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0" + b"\0\0\0\x04\0\0\0\0\0" * 30000,  # SETTINGS flood
    b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0\xff\xff\xff\x01\x04\0\0\0\x01",  # a frame far too large
    b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0\0\x40\0\x01\0\0\0\0\x01" + b"\x82" * 0x4000
    + b"\0\x40\0\x09\0\0\0\0\x01" * 1 + b"\x82" * 0x4000,  # HEADERS and CONTINUATION without end
], ids=["zeros", "noise", "pings", "settings", "huge", "headers"])
def test_hostile_http2(standin, data):
    with Peer(standin, "ok.localhost", ("h2",)) as peer:
        assert peer.handshake()
        for at in range(0, len(data), 16384):
            peer.send(data[at:at + 16384])
            if peer.end:
                break
        if peer.end is None:
            peer.read_all(SILENCE)
    still_serves(standin)


def test_streams_opened_and_reset_in_a_row(standin):
    connection = H2(standin, "ok.localhost")
    for _ in range(2000):
        stream = connection.h2.get_next_available_stream_id()
        connection.h2.send_headers(stream, [(":method", "GET"), (":path", "/slow/60000"), (":scheme", "https"),
                                            (":authority", "ok.localhost")], end_stream=True)
        connection.h2.reset_stream(stream)
    connection.flush()
    connection.peer.read(PATIENCE)
    connection.close()
    still_serves(standin)


def test_a_client_that_never_reads(standin):
    connection = H2(standin, "ok.localhost")
    connection.h2.increment_flow_control_window(2**31 - 1 - 65535)
    connection.h2.update_settings({h2.settings.SettingCodes.INITIAL_WINDOW_SIZE: 2**31 - 1})
    for _ in range(20):
        connection.request("/bytes/100000000")
    time.sleep(SILENCE)
    with open(f"/proc/{standin.process.pid}/status") as status:
        kib = int(re.search(r"VmRSS:\s+(\d+)", status.read()).group(1))
    limit = 64 if "asan" not in BUILD.name and "tsan" not in BUILD.name else 600
    assert kib < limit * 1024  # what is not read is not piled up
    still_serves(standin)
    connection.close()


def cpu_ticks(standin):
    fields = pathlib.Path(f"/proc/{standin.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
    return int(fields[11]) + int(fields[12])


def test_waiting_costs_nothing():
    standin = start()
    stalled, downchannel, unread = (H2(standin, "ok.localhost") for _ in range(3))
    stalled.request("/bytes/1000000")  # and no WINDOW_UPDATE ever
    downchannel.request("/v20160207/directives")
    unread.h2.increment_flow_control_window(2**30)
    unread.h2.update_settings({h2.settings.SettingCodes.INITIAL_WINDOW_SIZE: 2**30})
    unread.request("/bytes/100000000")
    with Peer(standin, "silent-in-handshake.localhost") as silent, Peer(standin, "ok.localhost") as idle:
        assert not silent.handshake(0.1) and idle.handshake()
        before = cpu_ticks(standin)
        time.sleep(SILENCE)
        assert cpu_ticks(standin) - before <= 1
    for connection in (stalled, downchannel, unread):
        connection.close()
    stop(standin)


@pytest.mark.parametrize("path, count", [("/", 2000), ("/bytes/20000000", 20)])
def test_h2load_is_served(standin, path, count):
    told = subprocess.run(["h2load", f"-n{count}", "-c10", "-m20", f"https://127.0.0.1:{standin.port}{path}"],
                          capture_output=True, timeout=60, text=True)
    assert f"{count} succeeded, 0 failed" in told.stdout, told.stdout


# ---------------------------------------------------------------- the command


def run(*options):
    return subprocess.run([COMMAND, "standin", *options], capture_output=True, text=True, timeout=PATIENCE)


@pytest.mark.parametrize("options, named", [
    (["--port", "65536"], "65536"), (["--port", "x"], "'x'"), (["--port"], "--port"), (["--nonsense"], "--nonsense"),
    (["extra"], "'extra'"), (["--dir", "/proc/nowhere"], "/proc/nowhere"), (["--dir", ""], "--dir"),
    (["--seed", "0"], "--seed"), (["--directive-ms", "-1"], "--directive-ms"),
])
def test_bad_usage_is_told_in_one_paragraph(options, named):
    told = run(*options)
    assert told.returncode == 2 and told.stdout == ""
    assert told.stderr.startswith("avs-shim standin: ") and named in told.stderr
    assert len(told.stderr.splitlines()) <= 3


def test_a_port_that_is_taken(standin):
    told = run("--port", str(standin.port))
    assert told.returncode == 2 and f"port {standin.port}" in told.stderr and "in use" in told.stderr


def test_help_and_list_are_for_people():
    told = run("--help")
    assert told.returncode == 0 and "Usage: avs-shim standin" in told.stdout and "Exit codes:" in told.stdout
    told = run("--list")
    assert told.returncode == 0
    assert "expired.localhost: not_ready" in told.stdout and "cert_expired" in told.stdout


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_it_with_connections_open(number):
    standin = start()
    with Peer(standin, "ok.localhost") as peer, Peer(standin, "silent-in-handshake.localhost") as silent:
        assert peer.handshake()
        assert not silent.handshake(0.1)
        standin.process.send_signal(number)
        assert standin.process.wait(PATIENCE) == 0
        assert not standin.directory.exists()
    standin.process.stdout.close()


def test_it_counts_what_it_did():
    standin = start()
    for _ in range(3):
        assert h2_get(standin, "ok.localhost")[0] == 200
    with Peer(standin, "expired.localhost") as refused:
        assert not refused.handshake()
    standin.process.send_signal(signal.SIGINT)
    ended = json.loads(standin.process.stdout.read())
    assert standin.process.wait(PATIENCE) == 0
    standin.process.stdout.close()
    assert ended == {"schema": "avs-shim.standin-end/1", "connections": 4, "handshakes": 3, "requests": 3, "directives": 0,
                     "faults": 0}


def test_what_it_prints_can_be_copied(tmp_path):
    process = subprocess.Popen([COMMAND, "standin", "--dir", str(tmp_path)], stdout=subprocess.PIPE, text=True)
    said = ""
    while "Ctrl-C ends it." not in said:
        line = process.stdout.readline()
        assert line
        said += line
    process.send_signal(signal.SIGINT)
    assert process.wait(PATIENCE) == 0
    process.stdout.close()
    assert re.search(r"avs-shim check --connect-to 127\.0\.0\.1:\d+ --ca-file " + re.escape(str(tmp_path / "ca.pem")), said)
    for path in re.findall(r"^  (\S+\.pem)", said, re.M):
        assert (tmp_path / path).exists()


def test_a_second_start_replaces_the_files(tmp_path):
    first = start("--dir", str(tmp_path))
    before = (tmp_path / "ca.pem").read_bytes()
    stop(first)
    second = start("--dir", str(tmp_path))
    assert (tmp_path / "ca.pem").read_bytes() != before
    still_serves(second)
    stop(second)
