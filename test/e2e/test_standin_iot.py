# SPDX-License-Identifier: Apache-2.0
"""standin --iot does on the wire what its list claims: the matrix of ports and ALPN, chains by name
and signature algorithms, device certificates, MQTT codes, publish, credentials, DescribeEndpoint.
Driven by Python's ssl, openssl and curl; botocore reads the errors."""
import datetime
import json
import re
import socket
import ssl
import subprocess

import pytest

from avs_shim import ENVIRONMENT, run
from standin_iot import LISTED, SCENARIOS, StandinIot

PATIENCE = 30  # seconds
SILENCE = 0.6  # seconds without a byte that count as silence
TLS_12, TLS_13 = ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3


@pytest.fixture(scope="module")
def standin(tmp_path_factory):
    started = StandinIot(tmp_path_factory.mktemp("pki"))
    yield started
    started.stop()


class Refused(Exception):
    pass


class Client:
    """One TLS connection; a refusal by the server is Refused with the alert's words."""

    def __init__(self, standin, port, name, device="device", alpn=(), ca="ca.pem", version=None):
        host = SCENARIOS[name]["host"] if name in SCENARIOS else name
        context = ssl.create_default_context(cafile=str(standin.dir / ca))
        if version:
            context.minimum_version = context.maximum_version = version
        if device:
            context.load_cert_chain(standin.dir / f"{device}.pem", standin.dir / "device.key")
        if alpn:
            context.set_alpn_protocols(list(alpn))
        plain = socket.create_connection(("127.0.0.1", standin.ports[port]), PATIENCE)
        self.tls = self._guarded(lambda: context.wrap_socket(plain, server_hostname=host))
        self.alpn = self.tls.selected_alpn_protocol()

    @staticmethod
    def _guarded(action):
        try:
            return action()
        except ssl.SSLCertVerificationError:
            raise
        except ssl.SSLError as error:
            raise Refused(str(error).lower().replace("_", " ")) from error
        except ConnectionError as error:
            raise Refused("reset") from error

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.tls.close()

    def ask(self, request, timeout=PATIENCE):
        """What comes back until the other side ends or is silent: bytes, and how it ended."""
        self._guarded(lambda: self.tls.sendall(request))
        return self.rest(timeout)

    def rest(self, timeout=PATIENCE):
        answer = b""
        self.tls.settimeout(timeout)
        while True:
            try:
                piece = self._guarded(lambda: self.tls.recv(65536))
            except socket.timeout:
                return answer, "silence"
            except Refused as refused:
                if answer or "eof" in str(refused):
                    return answer, "eof"
                raise
            if not piece:
                return answer, "end"
            answer += piece

    def exactly(self, request, length):
        self._guarded(lambda: self.tls.sendall(request))
        answer = b""
        while len(answer) < length:
            piece = self._guarded(lambda: self.tls.recv(length - len(answer)))
            assert piece, answer
            answer += piece
        return answer


def connect_packet(level, client_id=b"t1", login=False):
    """CONNECT: clean, keep-alive 30."""
    rest = (b"\0\4MQTT" + bytes([level, 0xc2 if login else 2]) + b"\0\x1e" +
            (b"\0" if level == 5 else b"") + len(client_id).to_bytes(2, "big") + client_id +
            (b"\0\1u\0\1p" if login else b""))
    return bytes([0x10, len(rest)]) + rest


GOOD = {3: bytes.fromhex("20020000"), 5: bytes.fromhex("200800000521006424" + "01")}
LEVELS = {3: 4, 5: 5}
PUBLISH = b"POST /topics/a/b?qos=1 HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}"


def signed(path, service="iot", at=None, region="us-east-1"):
    when = (at or datetime.datetime.now(datetime.timezone.utc)).strftime("%Y%m%dT%H%M%SZ")
    return (f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nX-Amz-Date: {when}\r\n"
            f"Authorization: AWS4-HMAC-SHA256 Credential=AKIDSTANDIN/{when[:8]}/{region}/{service}/"
            f"aws4_request, SignedHeaders=host;x-amz-date, Signature={'0' * 64}\r\n\r\n").encode()


DESCRIBE = "/endpoint?endpointType=iot%3AData-ATS"


def status(answer):
    return int(re.match(rb"HTTP/1\.1 (\d+) ", answer)[1])


def body(answer):
    return json.loads(answer.partition(b"\r\n\r\n")[2])


# ---- the matrix: facts of the developer guide, "Device communication protocols" ----

MATRIX = [  # port, ALPN, scenario, is a device certificate demanded, what is spoken
    ("8883", None, "ok", True, "MQTT"),
    ("443", "x-amzn-mqtt-ca", "ok", True, "MQTT"),
    ("443", "mqtt", "ok", False, "custom"),
    ("443", "x-amzn-http-ca", "ok", True, "publish"),
    ("443", None, "ok", False, "signed publish"),
    ("443", None, "credentials-ok", True, "credentials"),
    ("8443", None, "ok", True, "publish"),
    ("8883", None, "legacy-ats", True, "MQTT"),
    ("443", "x-amzn-mqtt-ca", "legacy-ats", True, "MQTT"),
    ("8443", None, "ok-jobs", True, "jobs"),
    ("443", None, "ok-jobs", False, "signed jobs"),
    ("443", None, "api-ok", False, "describe"),
]


def speak(client, what):
    if what == "MQTT":
        assert client.exactly(connect_packet(5), len(GOOD[5])) == GOOD[5]
        return
    if what == "custom":
        assert client.exactly(connect_packet(5, login=True), len(GOOD[5])) == GOOD[5]
        return
    jobs = "/things/standin-device/jobs"
    request, key = {
        "publish": (PUBLISH, "message"),
        "signed publish": (signed("/topics/a", "iotdata").replace(b"GET", b"POST", 1), "message"),
        "credentials": (b"GET /role-aliases/a/credentials HTTP/1.1\r\nConnection: close\r\n\r\n",
                        "credentials"),
        "jobs": (f"GET {jobs} HTTP/1.1\r\nConnection: close\r\n\r\n".encode(), "queuedJobs"),
        "signed jobs": (signed(jobs, "iot-jobs-data"), "queuedJobs"),
        "describe": (signed(DESCRIBE), "endpointAddress"),
    }[what]
    answer, _ = client.ask(request)
    assert status(answer) == 200 and key in body(answer)


@pytest.mark.parametrize("version", [TLS_12, TLS_13], ids=["tls12", "tls13"])
@pytest.mark.parametrize("port, alpn, name, has_certificate, what", MATRIX)
def test_matrix(standin, port, alpn, name, has_certificate, what, version):
    offer = [alpn] if alpn else []
    with Client(standin, port, name, "device" if has_certificate else None, offer,
                version=version) as client:
        assert client.alpn == (alpn if port == "443" else None)
        speak(client, what)
    for device in (None, "stranger") if has_certificate else ():
        with pytest.raises(Refused) as refused:  # TLS 1.3: behind the handshake, by the first read
            with Client(standin, port, name, device, offer, version=version) as client:
                client.rest()
        words = {(None, TLS_13): "certificate required", (None, TLS_12): "handshake failure"}
        assert words.get((device, version), "unknown ca") in str(refused.value)


def test_the_list_has_the_matrix():
    listed = {(row["port"], row["alpn"], row["identity"] == "client certificate")
              for row in LISTED["ports"]}
    assert listed == {row[:2] + row[3:4] for row in MATRIX}


@pytest.mark.parametrize("port, alpn, name, alert", [
    ("443", ["h2"], "ok", "no application protocol"),
    ("443", ["x-amzn-http-ca"], "ok-jobs", "no application protocol"),
    ("443", ["x-amzn-mqtt-ca"], "credentials-ok", "no application protocol"),
    ("443", ["x-amzn-mqtt-ca"], "api-ok", "no application protocol"),
    ("8443", ["x-amzn-mqtt-ca"], "ok", "no application protocol"),
    ("8883", [], "credentials-ok", "eof"), ("8883", [], "api-ok", "eof"),
    ("8443", [], "credentials-ok", "eof"),
    ("443", [], "nobody-ats.iot.us-east-1.amazonaws.com", "unrecognized name"),
])
def test_what_a_port_does_not_take(standin, port, alpn, name, alert):
    with pytest.raises(Refused) as refused:
        Client(standin, port, name, alpn=alpn)
    assert alert in str(refused.value)


def test_8883_ignores_alpn_and_https_offers_change_nothing(standin):
    with Client(standin, "8883", "ok", alpn=["x-amzn-mqtt-ca"]) as client:
        assert client.alpn is None
        speak(client, "MQTT")
    for port, name, what in (("443", "api-ok", "describe"), ("8443", "ok", "publish")):
        with Client(standin, port, name, alpn=["h2", "http/1.1"]) as client:
            assert client.alpn == "http/1.1"
            speak(client, what)


def test_mqtt_on_443_without_alpn_hangs(standin):
    with Client(standin, "443", "ok", None) as client:
        assert client.ask(connect_packet(5), SILENCE) == (b"", "silence")


# ---- chains ----

def s_client(standin, name, *options, ca="ca.pem"):
    result = subprocess.run(
        ["openssl", "s_client", "-connect", f"127.0.0.1:{standin.ports['8883']}", "-servername",
         SCENARIOS[name]["host"], "-verify_hostname", SCENARIOS[name]["host"], "-CAfile",
         standin.dir / ca, "-cert", standin.dir / "device.pem", "-key", standin.dir / "device.key",
         "-showcerts", *options], capture_output=True, text=True, timeout=PATIENCE,
        stdin=subprocess.DEVNULL, env={**ENVIRONMENT, "OPENSSL_CONF": "/dev/null"})
    return result.stdout


@pytest.mark.parametrize("name, options, root", [
    ("ok", ["-sigalgs", "RSA-PSS+SHA256"], "amazon-root-ca-1.pem"),
    ("ok", ["-sigalgs", "ECDSA+SHA256"], "amazon-root-ca-3.pem"),
    ("ok", ["-tls1_2", "-cipher", "ECDHE-RSA-AES128-GCM-SHA256"], "amazon-root-ca-1.pem"),
    ("ok", ["-tls1_2", "-cipher", "ECDHE-ECDSA-AES128-GCM-SHA256"], "amazon-root-ca-3.pem"),
    ("rsa-only", [], "amazon-root-ca-1.pem"), ("ecdsa-only", [], "amazon-root-ca-3.pem"),
    ("legacy", [], "verisign-g5.pem"), ("ats-verisign", [], "verisign-g5.pem"),
    ("legacy-ats", ["-sigalgs", "RSA-PSS+SHA256"], "amazon-root-ca-1.pem"),
    ("ok-ats-only-region", ["-sigalgs", "RSA-PSS+SHA256"], "amazon-root-ca-1.pem"),
    ("ok-cn-north-1", ["-sigalgs", "RSA-PSS+SHA256"], "amazon-root-ca-1.pem"),
])
def test_chains_by_name_and_signature_algorithms(standin, name, options, root):
    roots = {"amazon-root-ca-1.pem", "amazon-root-ca-3.pem", "verisign-g5.pem"}
    assert "Verify return code: 0 (ok)" in s_client(standin, name, *options, ca=root)
    for other in roots - {root}:
        assert "Verify return code: 0 (ok)" not in s_client(standin, name, *options, ca=other)


@pytest.mark.parametrize("name, words", [
    ("expired", "expired"), ("not-yet-valid", "not yet valid"), ("wrong-host", "mismatch"),
    ("untrusted-root", "unable to get local issuer"), ("legacy", "unable to get local issuer")])
def test_certificates_that_a_device_must_refuse(standin, name, words):
    with pytest.raises(ssl.SSLCertVerificationError, match=words):
        Client(standin, "8883", name)


def test_tls12_only(standin):
    with Client(standin, "8883", "tls12-only") as client:
        assert client.tls.version() == "TLSv1.2"
    with pytest.raises(Refused, match="protocol version"):
        Client(standin, "8883", "tls12-only", version=TLS_13)


@pytest.mark.parametrize("name, words", [
    ("client-unknown", "certificate unknown"), ("client-revoked", "certificate revoked"),
    ("client-expired", "certificate expired"), ("client-unknown-ca", "unknown ca"),
    ("reset-in-handshake", "reset")])
@pytest.mark.parametrize("version", [TLS_12, TLS_13], ids=["tls12", "tls13"])
def test_devices_that_are_refused(standin, name, words, version):
    with pytest.raises(Refused, match=words):
        with Client(standin, "8883", name, version=version) as client:
            client.rest()


def test_the_clienthello_is_never_answered(standin):
    with socket.create_connection(("127.0.0.1", standin.ports["8883"]), PATIENCE) as plain:
        hello = ssl.MemoryBIO()
        tls = ssl.create_default_context().wrap_bio(
            ssl.MemoryBIO(), hello, server_hostname=SCENARIOS["silent-in-handshake"]["host"])
        with pytest.raises(ssl.SSLWantReadError):
            tls.do_handshake()
        plain.sendall(hello.read())
        plain.settimeout(SILENCE)
        with pytest.raises(socket.timeout):
            plain.recv(1)


# ---- MQTT ----

CONNACKS = {  # scenario: codes of MQTT 5 and of 3.1.1
    "unspecified": (0x80, 3), "client-id": (0x85, 2), "password": (0x86, 4),
    "not-authorized": (0x87, 7), "unavailable": (0x88, 3), "busy": (0x89, 3), "topic": (0x90, 3),
    "throttled": (0x97, 3), "version": (0x84, 1)}
DISCONNECTS = {
    "malformed": 0x81, "protocol": 0x82, "not-authorized": 0x87, "shutting-down": 0x8b,
    "keep-alive": 0x8d, "taken-over": 0x8e, "topic-filter": 0x8f, "topic-name": 0x90,
    "receive-maximum": 0x93, "throttled": 0x97}


def test_every_mqtt_scenario_is_in_this_file():
    assert {f"connack-{name}" for name in CONNACKS} | {f"disconnect-{name}" for name in DISCONNECTS} \
        == {name for name in SCENARIOS if name.startswith(("connack-", "disconnect-"))}


@pytest.mark.parametrize("name", CONNACKS)
def test_connack(standin, name):
    five, three = CONNACKS[name]
    for version, expected in ((5, bytes([0x20, 3, 0, five, 0])), (3, bytes([0x20, 2, 0, three]))):
        with Client(standin, "8883", f"connack-{name}") as client:
            assert client.ask(connect_packet(LEVELS[version])) == (expected, "end")


@pytest.mark.parametrize("name", DISCONNECTS)
def test_disconnect(standin, name):
    packet = bytes([0xe0, 2, DISCONNECTS[name], 0])
    for version, extra in ((5, packet), (3, b"")):
        with Client(standin, "8883", f"disconnect-{name}") as client:
            answer = client.ask(connect_packet(LEVELS[version]))
            assert answer == (GOOD[version] + extra, "end")


def test_mqtt3_only(standin):
    with Client(standin, "8883", "mqtt3-only") as client:
        assert client.ask(connect_packet(5)) == (bytes.fromhex("2003008400"), "end")
    with Client(standin, "8883", "mqtt3-only") as client:
        assert client.exactly(connect_packet(4), 4) == GOOD[3]


@pytest.mark.parametrize("name, expected", [
    ("close-at-connect", (b"", "end")), ("ragged-at-connect", (b"", "eof")),
    ("silent-at-connect", (b"", "silence")),
    ("no-mqtt", (b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n", "end"))])
def test_no_connack(standin, name, expected):
    with Client(standin, "8883", name) as client:
        client.tls.context.options &= ~getattr(ssl, "OP_IGNORE_UNEXPECTED_EOF", 0x80)
        timeout = SILENCE if expected[1] == "silence" else PATIENCE
        answer = client.ask(connect_packet(5), timeout)
    assert answer in (expected, (expected[0], "end") if expected[1] == "eof" else expected)


def test_a_session_whole_and_one_byte_at_a_time(standin):
    packets = [
        (connect_packet(5), GOOD[5]),
        (bytes.fromhex("8209000100000361") + b"/b" + b"\x01", bytes.fromhex("90040001" + "0001")),
        (bytes.fromhex("320900036100620007") + b"\0x", bytes.fromhex("40020007")),
        (bytes.fromhex("a208000200000361") + b"/b", bytes.fromhex("b0040002" + "0000")),
        (b"\xc0\0", b"\xd0\0")]
    packets[2] = (bytes.fromhex("3208000361") + b"/b" + bytes.fromhex("000700"),
                  bytes.fromhex("40020007"))
    with Client(standin, "8883", "ok") as client:
        for packet, answer in packets:
            assert client.exactly(packet, len(answer)) == answer
        assert client.ask(b"\xe0\0") == (b"", "end")
    with Client(standin, "8883", "ok") as client:
        for packet, answer in packets:
            for byte in packet[:-1]:
                client.tls.sendall(bytes([byte]))
            assert client.exactly(packet[-1:], len(answer)) == answer


def test_topics_denied(standin):
    publish_5, publish_3 = b"\x32\x06\0\1a\0\7\0", b"\x32\x05\0\1a\0\7"
    with Client(standin, "8883", "topics-denied") as client:
        assert client.exactly(connect_packet(5), 10) == GOOD[5]
        assert client.exactly(publish_5, 5) == bytes([0x40, 3, 0, 7, 0x87])
        assert client.exactly(b"\x82\x07\0\1\0\0\1a\1", 6) == bytes([0x90, 4, 0, 1, 0, 0x80])
    with Client(standin, "8883", "topics-denied") as client:
        assert client.exactly(connect_packet(4), 4) == GOOD[3]
        assert client.ask(publish_3) == (b"", "end")


def test_silent_after_connack(standin):
    with Client(standin, "8883", "silent-after-connack") as client:
        assert client.exactly(connect_packet(5), 10) == GOOD[5]
        assert client.ask(b"\xc0\0", SILENCE) == (b"", "silence")


@pytest.mark.parametrize("version", [3, 5])
def test_a_second_client_with_the_same_id_ends_the_first(standin, version):
    packet = connect_packet(LEVELS[version], b"running-device")
    with Client(standin, "8883", "ok") as first, Client(standin, "443", "ok",
                                                        alpn=["x-amzn-mqtt-ca"]) as second:
        assert first.exactly(packet, len(GOOD[version])) == GOOD[version]
        assert second.exactly(packet, len(GOOD[version])) == GOOD[version]
        assert first.rest() == (b"\xe0\2\x8e\0" if version == 5 else b"", "end")
        assert second.exactly(b"\xc0\0", 2) == b"\xd0\0"


@pytest.mark.parametrize("packet, answer", [
    (b"\xc0\0", b""),  # no CONNECT before it
    (b"\x10\x00", b""),  # nothing in it
    (bytes.fromhex("100e00044d515454060200" + "1e00027431"), bytes.fromhex("20020001")),  # level 6
    (bytes.fromhex("10ffffffffff"), b""),  # a length of five bytes
    (bytes.fromhex("10ffffff7f"), b""),  # 256 MB to come
    (connect_packet(4, b"a" * 100)[:-1] + b"\xff" * 40, b"")])
def test_broken_packets_end_the_connection(standin, packet, answer):
    with Client(standin, "8883", "ok") as client:
        told, end = client.ask(packet)
    assert (told[:len(answer)], end) == (answer, "end") or told.startswith(GOOD[3])


def test_a_custom_authorizer_wants_a_user_name(standin):
    with Client(standin, "443", "ok", None, ["mqtt"]) as client:
        assert client.ask(connect_packet(5)) == (bytes.fromhex("2003008700"), "end")


# ---- HTTP ----

@pytest.mark.parametrize("name, code", [
    ("unauthorized", 401), ("forbidden", 403), ("not-found", 404), ("too-large", 413),
    ("throttled", 429), ("internal", 500)])
def test_publish(standin, name, code):
    for port, alpn in (("8443", []), ("443", ["x-amzn-http-ca"])):
        with Client(standin, port, f"publish-{name}", alpn=alpn) as client:
            answer, _ = client.ask(PUBLISH)
        assert status(answer) == code and body(answer)["traceId"]


def test_publish_is_never_answered(standin):
    with Client(standin, "8443", "publish-silent") as client:
        assert client.ask(PUBLISH, SILENCE) == (b"", "silence")


def get(standin, port, name, path, *headers):
    request = "\r\n".join([f"GET {path} HTTP/1.1", "Host: x", "Connection: close", *headers, "", ""])
    with Client(standin, port, name) as client:
        answer, _ = client.ask(request.encode())
    return status(answer), body(answer)


def test_wrong_kinds_of_names(standin):
    credentials = "/role-aliases/a/credentials"
    assert get(standin, "8443", "ok", credentials)[0] == 404
    assert "describe-endpoint" in get(standin, "8443", "ok-jobs", "/topics/a")[1]["message"]
    assert get(standin, "443", "credentials-ok", "/topics/a")[0] == 404
    assert get(standin, "443", "ok", "/topics/a")[1]["message"] == "Missing Authentication Token"


def test_credentials(standin):
    path = "/role-aliases/alias/credentials"
    code, told = get(standin, "443", "credentials-ok", path,
                     "x-amzn-iot-thingname: standin-device")
    assert code == 200
    assert set(told["credentials"]) == {"accessKeyId", "secretAccessKey", "sessionToken",
                                        "expiration"}
    end = datetime.datetime.fromisoformat(told["credentials"]["expiration"].replace("Z", "+00:00"))
    assert end > datetime.datetime.now(datetime.timezone.utc)
    assert get(standin, "443", "credentials-ok", path, "x-amzn-iot-thingname: other")[0] == 403
    assert get(standin, "443", "credentials-denied", path)[0] == 403
    assert get(standin, "443", "credentials-no-role", path)[0] == 404
    assert get(standin, "443", "credentials-throttled", path)[0] == 429


def describe(standin, name, request):
    with Client(standin, "443", name, None) as client:
        return client.ask(request)[0]


@pytest.mark.parametrize("query, address", [
    ("?endpointType=iot%3AData-ATS", "ok-ats.iot"), ("?endpointType=iot:Data-ATS", "ok-ats.iot"),
    ("?endpointType=iot%3AData", "legacy.iot"), ("", "legacy.iot"),
    ("?endpointType=iot%3ACredentialProvider", "ok.credentials.iot"),
    ("?endpointType=iot%3AJobs", "ok.jobs.iot")])
def test_describe_endpoint(standin, query, address):
    for service in ("iot", "execute-api"):  # before botocore of April 2023
        answer = describe(standin, "api-ok", signed(f"/endpoint{query}", service))
        assert status(answer) == 200
        assert body(answer) == {"endpointAddress": f"{address}.us-east-1.amazonaws.com"}


def error_of(answer):
    """As botocore reads it."""
    from botocore.parsers import RestJSONParser
    head, _, content = answer.partition(b"\r\n\r\n")
    lines = head.decode().split("\r\n")[1:]
    headers = {line.partition(":")[0].lower(): line.partition(":")[2].strip() for line in lines}
    parsed = RestJSONParser().parse(
        {"status_code": status(answer), "headers": headers, "body": content}, None)
    return status(answer), parsed["Error"]["Code"], parsed["Error"]["Message"]


ERRORS = {  # scenario: status, code
    "invalid-request": (400, "InvalidRequestException"),
    "throttled": (400, "ThrottlingException"),
    "throttled-429": (429, "TooManyRequestsException"),
    "unauthorized": (401, "UnauthorizedException"),
    "internal-failure": (500, "InternalFailureException"),
    "unavailable": (503, "ServiceUnavailableException"),
    "unknown-key": (403, "UnrecognizedClientException"),
    "wrong-secret": (403, "InvalidSignatureException"),
    "expired-token": (403, "ExpiredTokenException"),
    "access-denied": (403, "AccessDeniedException"),
    "missing-token": (403, "MissingAuthenticationTokenException"),
    "clock-behind": (403, "InvalidSignatureException"),
    "clock-ahead": (403, "InvalidSignatureException"),
    "type-with-url": (403, "AccessDeniedException"),
    "code-in-body": (403, "ExpiredTokenException"),
    "null-message": (403, "AccessDeniedException"),
}
OTHERS = {"ok", "throttled-once", "html-error", "html", "no-address", "empty", "half-json",
          "odd-address", "redirect", "endless", "silent", "close"}


def test_every_api_scenario_is_in_this_file():
    assert {f"api-{name}" for name in OTHERS | set(ERRORS)} == \
        {name for name in SCENARIOS if name.startswith("api-")}


@pytest.mark.parametrize("name", ERRORS)
def test_describe_endpoint_refused(standin, name):
    code, error, message = error_of(describe(standin, f"api-{name}", signed(DESCRIBE)))
    assert (code, error.rpartition("#")[2]) == ERRORS[name]
    assert (message in (None, "")) == (name == "null-message")


def test_a_wrong_clock_is_told_with_the_time_of_the_server(standin):
    form = r"{}: (\d{{8}}T\d{{6}}Z) is {} than (\d{{8}}T\d{{6}}Z) \((\d{{8}}T\d{{6}}Z) . 5 min\.\)"
    for name, words, hours in (("clock-behind", ("Signature expired", "now earlier"), 1),
                               ("clock-ahead", ("Signature not yet current", "still later"), -1)):
        answer = describe(standin, f"api-{name}", signed(DESCRIBE))
        times = [datetime.datetime.strptime(each, "%Y%m%dT%H%M%SZ")
                 for each in re.search(form.format(*words), error_of(answer)[2]).groups()]
        assert abs((times[2] - times[0]).total_seconds() - hours * 3600) < 60
        date = re.search(rb"Date: ([^\r]+)", answer)[1].decode()
        served = datetime.datetime.strptime(date, "%a, %d %b %Y %H:%M:%S GMT")
        assert abs((served - times[2]).total_seconds()) < 60


def test_what_a_signature_needs(standin):
    late = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(minutes=20)
    for request, code in (
            (b"GET /endpoint HTTP/1.1\r\nConnection: close\r\n\r\n",
             "MissingAuthenticationTokenException"),
            (signed(DESCRIBE).replace(b"X-Amz-Date", b"X-Other"), "IncompleteSignatureException"),
            (signed(DESCRIBE, "s3"), "InvalidSignatureException"),
            (signed(DESCRIBE, at=late), "InvalidSignatureException")):
        assert error_of(describe(standin, "api-ok", request))[:2] == (403, code)
    wrong = describe(standin, "api-ok", signed("/endpoint?endpointType=iot%3ANothing"))
    assert error_of(wrong)[:2] == (400, "InvalidRequestException")
    assert status(describe(standin, "api-ok", signed("/other"))) == 404


def test_throttled_once(standin):
    codes = [status(describe(standin, "api-throttled-once", signed(DESCRIBE))) for _ in range(4)]
    assert codes in ([400, 200] * 2, [200, 400] * 2)


def test_answers_that_are_no_answers(standin):
    request = signed(DESCRIBE)
    assert b"text/html" in describe(standin, "api-html-error", request)
    assert b"<html>" in describe(standin, "api-html", request)
    assert body(describe(standin, "api-no-address", request)) == {}
    assert describe(standin, "api-empty", request).endswith(b"Content-Length: 0\r\n"
                                                            b"Connection: close\r\n\r\n")
    with pytest.raises(ValueError):
        body(describe(standin, "api-half-json", request))
    assert "evil" in body(describe(standin, "api-odd-address", request))["endpointAddress"]
    redirect = describe(standin, "api-redirect", request)
    assert status(redirect) == 302 and b"Location: https://elsewhere.example/" in redirect
    assert describe(standin, "api-close", request) == b""
    with Client(standin, "443", "api-silent", None) as client:
        assert client.ask(request, SILENCE) == (b"", "silence")
    with Client(standin, "443", "api-endless", None) as client:
        assert client.exactly(request, 300000).endswith(b", ") is not None


# ---- the command ----

def test_own_host_ports_and_key(tmp_path):
    own = "a3bcdefghij0k-ats.iot.eu-west-1.amazonaws.com"
    standin = StandinIot(tmp_path, "--host", own)
    try:
        for host in (own, "ok"):
            with Client(standin, "8883", host) as client:
                speak(client, "MQTT")
        assert (tmp_path / "device.key").stat().st_mode & 0o777 == 0o600
        keys = [each.name for each in tmp_path.rglob("*") if each.is_file() and
                "PRIVATE KEY" in each.read_text()]
        assert keys == ["device.key"]
    finally:
        standin.stop()


@pytest.mark.parametrize("words, message", [
    (["--host", "x"], "--iot"), (["--port-8883", "1"], "--iot"),
    (["--iot", "--port", "8443"], "--port-8443"), (["--iot", "--host", "a b"], "no host name"),
    (["--iot", "--port-443", "99999"], "65535")])
def test_usage(words, message):
    result = run("standin", *words)
    assert result.returncode == 2 and message in result.stderr
