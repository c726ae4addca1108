# SPDX-License-Identifier: Apache-2.0
"""`avs-shim iot check` against servers that we did not write: each fault has its cause, and ready is
said only of what was proven."""
import json
import shutil
import signal
import socket
import ssl
import subprocess
import threading

import jsonschema
import pytest

from avs_shim import AVS_SHIM, ENVIRONMENT, ROOT, Server, free_port, run
from iot_peers import HOST, IotPki, Mosquitto, NginxIot, SoftHsm
from pki import _openssl

PASS_PHRASE = "correct horse"
PAIR = ["--cert", "c", "--key", "k"]
HOLDERS = []  # sockets that are bound for as long as the tests run
SCHEMA = json.loads((ROOT / "docs" / "schema" / "iot-check-1.schema.json").read_text())


def private(path):
    """As AWS IoT Device Client wants a key: 600, in a folder of 700."""
    path.chmod(0o600)
    path.parent.chmod(0o700)
    return path


def check(*arguments, host=HOST, **options):
    result = run("iot", "check", host, "--json", *arguments, **options)
    assert result.stdout, result.stderr
    document = json.loads(result.stdout)
    jsonschema.Draft202012Validator(SCHEMA).validate(document)
    return document, result


def unused_port():
    """A port that nobody listens on, and nobody can begin to."""
    holder = socket.socket()
    holder.bind(("127.0.0.1", 0))
    HOLDERS.append(holder)
    return holder.getsockname()[1]


def causes(part):
    return [row["id"] for row in part["causes"]]


@pytest.fixture(scope="module")
def pki(tmp_path_factory):
    return IotPki(tmp_path_factory.mktemp("iot") / "pki")


@pytest.fixture(scope="module")
def broker(pki, tmp_path_factory):
    folder = tmp_path_factory.mktemp("broker")
    with Mosquitto(pki, folder, also="clientid_prefixes device-") as running:
        yield running


@pytest.fixture(scope="module")
def front(pki, broker, tmp_path_factory):
    with NginxIot(pki, tmp_path_factory.mktemp("front"), broker) as running:
        yield running


class Way:
    """One port, dialled at a server of ours; the device's pair by name."""

    def __init__(self, pki, keys):
        self.pki = pki
        self.keys = keys

    def ask(self, port, at, *arguments, name="device", ca=None, **options):
        words = ["--port", port, "--connect-to", f"127.0.0.1:{at}", "--any-root", "--ca-file",
                 ca or self.pki.root]
        if name:
            words += ["--cert", self.pki.folder / f"{name}.pem", "--key", self.keys / f"{name}.key"]
        document, result = check(*words, *arguments, **options)
        return document, document["ways"][0], result


@pytest.fixture(scope="module")
def way(pki, tmp_path_factory):
    keys = tmp_path_factory.mktemp("keys")
    for key in pki.folder.glob("*.key"):
        private(shutil.copy(key, keys / key.name) and keys / key.name)
    return Way(pki, keys)


# ---------------------------------------------------------------- the key pair, without a network

@pytest.fixture(scope="module")
def files(pki, tmp_path_factory):
    """Every shape of file, by name; keys in a folder of their own."""
    folder = tmp_path_factory.mktemp("files")
    folder.chmod(0o700)
    key, cert = pki.folder / "device.key", pki.folder / "device.pem"
    phrase = ["-passout", f"pass:{PASS_PHRASE}"]
    _openssl("pkey", "-in", key, "-out", folder / "pkcs8.key")
    _openssl("ec", "-in", key, "-out", folder / "sec1.key")
    _openssl("ec", "-in", key, "-aes128", *phrase, "-out", folder / "sec1-encrypted.key")
    _openssl("pkcs8", "-topk8", "-in", key, *phrase, "-out", folder / "pkcs8-encrypted.key")
    _openssl("pkcs8", "-topk8", "-in", key, *phrase, "-outform", "DER", "-out",
             folder / "pkcs8-encrypted.der")
    _openssl("pkey", "-in", key, "-outform", "DER", "-out", folder / "key.der")
    _openssl("pkey", "-in", key, "-pubout", "-out", folder / "public.key")
    _openssl("x509", "-in", cert, "-outform", "DER", "-out", folder / "cert.der")
    _openssl("pkcs12", "-export", "-in", cert, "-inkey", key, *phrase, "-out", folder / "pair.p12")
    _openssl("genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:1024", "-out",
             folder / "weak.key")
    _openssl("rsa", "-in", folder / "weak.key", "-traditional", "-out", folder / "pkcs1.key")
    _openssl("req", "-x509", "-new", "-key", folder / "weak.key", "-subj", "/CN=weak", "-days", "1",
             "-config", pki._config(), "-out", folder / "weak.pem")
    (folder / "chain.pem").write_text(cert.read_text() + pki.device_ca.read_text())
    (folder / "reversed.pem").write_text(pki.device_ca.read_text() + cert.read_text())
    (folder / "empty.pem").touch()
    (folder / "text.pem").write_text("this is no certificate\n")
    lines = cert.read_text().splitlines()
    (folder / "damaged.pem").write_text("\n".join(lines[:3] + ["!!!!"] + lines[4:]) + "\n")
    lines = key.read_text().splitlines()
    (folder / "damaged.key").write_text("\n".join([lines[0], lines[1][:20], lines[-1]]) + "\n")
    (folder / "phrase").write_text(PASS_PHRASE + "\r\nsecond line\n")
    (folder / "wrong-phrase").write_text("wrong\n")
    (folder / "empty-phrase").write_text("\n")
    for name in ("device", "second-device", "expired"):
        shutil.copy(pki.folder / f"{name}.pem", folder)
        shutil.copy(pki.folder / f"{name}.key", folder)
    shutil.copy(pki.folder / "device.csr", folder)
    shutil.copy(pki.device_ca, folder / "ca.pem")
    for path in folder.iterdir():
        path.chmod(0o600)
    open_key = folder / "open" / "device.key"
    open_key.parent.mkdir(mode=0o755)
    shutil.copy(key, open_key)
    open_key.chmod(0o644)
    return folder


def pair_of(files, cert, key, *arguments, **options):
    """The key pair alone: nothing listens where it is to be presented."""
    key = key if ":" in key else files / key
    return check("--cert", files / cert, "--key", key, "--port", 8883, "--connect-to",
                 f"127.0.0.1:{unused_port()}", *arguments, **options)


@pytest.mark.parametrize("cert, key, cause, fact", [
    ("missing.pem", "device.key", "client_cert_unreadable", "No such file"),
    ("open", "device.key", "client_cert_unreadable", "directory"),
    ("empty.pem", "device.key", "client_cert_unreadable", "is empty"),
    ("text.pem", "device.key", "client_cert_invalid", "neither PEM nor DER"),
    ("device.key", "device.key", "client_cert_invalid", "a private key"),
    ("device.csr", "device.key", "client_cert_invalid", "a signing request"),
    ("pair.p12", "device.key", "client_cert_invalid", "PKCS#12"),
    ("damaged.pem", "device.key", "client_cert_invalid", "damaged"),
    ("ca.pem", "device.key", "client_cert_is_ca", "Test Device CA"),
    ("reversed.pem", "device.key", "client_cert_order", "Test Device CA"),
    ("expired.pem", "expired.key", "client_cert_expired", "until 20"),
    ("device.pem", "missing.key", "client_key_unreadable", "No such file"),
    ("device.pem", "empty.pem", "client_key_unreadable", "is empty"),
    ("device.pem", "device.pem", "client_key_invalid", "a certificate"),
    ("device.pem", "public.key", "client_key_invalid", "a public key"),
    ("device.pem", "damaged.key", "client_key_invalid", "damaged"),
    ("device.pem", "pair.p12", "client_key_invalid", "PKCS#12"),
    ("device.pem", "text.pem", "client_key_invalid", "neither PEM nor DER"),
    ("device.pem", "second-device.key", "client_key_mismatch", "EC of 256 bits"),
    ("device.pem", "weak.key", "client_key_mismatch", "RSA of 1024 bits"),
    ("weak.pem", "pkcs1.key", "client_cert_is_ca", "CN=weak"),
    ("device.pem", "pkcs8-encrypted.key", "client_key_encrypted", "pkcs8-encrypted.key"),
    ("device.pem", "sec1-encrypted.key", "client_key_encrypted", "sec1-encrypted.key"),
    ("device.pem", "pkcs8-encrypted.der", "client_key_encrypted", "pkcs8-encrypted.der"),
    ("device.pem", "nosuch:object=x", "client_key_no_provider", "nosuch: is not known here"),
])
def test_what_is_wrong_with_the_pair(files, cert, key, cause, fact):
    document, result = pair_of(files, cert, key)
    assert result.returncode == 1
    assert document["cause"] == cause
    row = next(row for row in document["keypair"]["causes"] if row["id"] == cause)
    assert fact in row["facts"]
    assert row["remedy"]
    assert not document["keypair"]["is_usable"]
    assert not any(each["is_proven"] for each in document["ways"])


@pytest.mark.parametrize("cert, key, form, phrase, warning", [
    ("device.pem", "pkcs8.key", "PKCS#8", None, None),
    ("device.pem", "sec1.key", "SEC1", None, None),
    ("chain.pem", "device.key", "PKCS#8", None, None),
    ("device.pem", "pkcs8-encrypted.key", "encrypted PKCS#8", "phrase", None),
    ("device.pem", "sec1-encrypted.key", "encrypted SEC1", "phrase", None),
    ("device.pem", "pkcs8-encrypted.der", "encrypted PKCS#8, DER", "phrase", "client_file_is_der"),
    ("device.pem", "key.der", "DER", None, "client_file_is_der"),
    ("cert.der", "device.key", "PKCS#8", None, "client_file_is_der"),
    ("device.pem", "open/device.key", "PKCS#8", None, "client_key_mode"),
])
def test_pairs_that_can_be_used(files, cert, key, form, phrase, warning):
    words = ["--key-passphrase-file", files / phrase] if phrase else []
    document, result = pair_of(files, cert, key, *words)
    assert document["keypair"]["is_usable"]
    assert document["keypair"]["key_form"] == form
    assert causes(document["keypair"]) == ([warning] if warning else [])
    assert (result.returncode, document["cause"]) == (3, "connect_refused")


def test_a_pass_phrase_comes_from_a_file_or_the_environment_and_is_never_asked_for(files):
    wrong, _ = pair_of(files, "device.pem", "pkcs8-encrypted.key", "--key-passphrase-file",
                       files / "wrong-phrase")
    assert wrong["cause"] == "client_key_passphrase"
    given, result = pair_of(files, "device.pem", "pkcs8-encrypted.key",
                            env={**ENVIRONMENT, "AVS_SHIM_KEY_PASSPHRASE": PASS_PHRASE})
    assert given["keypair"]["is_usable"]
    assert PASS_PHRASE not in result.stdout + result.stderr
    empty = run("iot", "check", HOST, "--cert", files / "device.pem", "--key",
                files / "pkcs8-encrypted.key", "--key-passphrase-file", files / "empty-phrase")
    assert empty.returncode == 2 and "is empty" in empty.stderr


def test_the_modes_are_named(files):
    document, _ = pair_of(files, "device.pem", "open/device.key")
    assert document["keypair"]["key_mode"] == "644"
    assert document["keypair"]["folder_mode"] == "755"
    assert document["keypair"]["causes"][0]["command"].startswith("chmod 600 ")
    (files / "open/tight.key").write_bytes((files / "open/device.key").read_bytes())
    (files / "open/tight.key").chmod(0o600)
    (row,) = pair_of(files, "device.pem", "open/tight.key")[0]["keypair"]["causes"]
    assert row["id"] == "client_key_mode" and not row["command"]  # the folder is, what for is not known


def test_the_authority_of_aws_iot_is_told_from_ones_own(pki, files, tmp_path):
    config = tmp_path / "aws.cnf"
    config.write_text("[req]\ndistinguished_name=dn\nprompt=no\n[dn]\n"
                      "OU=Amazon Web Services O=Amazon.com Inc. L=Seattle\n")  # 64 characters at most
    _openssl("req", "-x509", "-new", "-key", pki.folder / "other.key", "-config", config, "-days", "1",
             "-out", tmp_path / "aws.pem")
    _openssl("x509", "-req", "-in", pki.folder / "device.csr", "-CA", tmp_path / "aws.pem", "-CAkey",
             pki.folder / "other.key", "-CAcreateserial", "-days", "1", "-out", tmp_path / "d.pem")
    document, _ = check("--cert", tmp_path / "d.pem", "--key", files / "device.key", "--port", 8883,
                        "--connect-to", f"127.0.0.1:{unused_port()}")
    assert document["keypair"]["is_aws_issued"] and document["keypair"]["is_usable"]
    own, _ = pair_of(files, "device.pem", "device.key")
    assert not own["keypair"]["is_aws_issued"]


# ---------------------------------------------------------------- the way in, against real servers

def test_all_ways_stand(pki, way, broker, front):
    to = {8883: broker.port, 443: front.port, 8443: front.publish_port}
    words = [word for port, at in to.items() for word in ("--connect-to", f"{port}=127.0.0.1:{at}")]
    document, result = check("--ca-file", pki.root, "--any-root", *words, "--cert",
                             pki.folder / "device.pem", "--key", way.keys / "device.key", "--connect",
                             "--client-id", "device-1", "--publish", "devices/device/x")
    assert result.returncode == 0, result.stdout
    assert [(row["port"], row["protocol"], row["alpn_agreed"]) for row in document["ways"]] == [
        (8883, "mqtt", None), (443, "mqtt", "x-amzn-mqtt-ca"), (8443, "https", None),
        (443, "https", "x-amzn-http-ca")]
    assert all(row["is_proven"] and row["causes"] == [] for row in document["ways"])
    assert [row["connect"] for row in document["ways"]] == ["passed", "passed", "not_tried",
                                                            "not_tried"]
    assert [row["http_status"] for row in document["ways"]] == [None, None, 200, None]
    assert document["not_proven"] is None
    assert [row["root"] for row in document["families"]] == [None, "CN=Test Root,O=Test"]
    assert "is disconnected" in result.stderr


@pytest.mark.parametrize("name, cause, alert", [
    ("stranger", "client_cert_unknown_ca", 48),
    ("revoked", "client_cert_revoked", 44),
    ("expired", "client_cert_expired", 45),
])
def test_a_certificate_is_refused_after_the_handshake(way, broker, name, cause, alert):
    document, row, result = way.ask(8883, broker.port, name=name)
    assert (result.returncode, document["cause"]) == (1, cause)
    assert (row["tls_version"], row["alert_received"]) == ("TLSv1.3", alert)
    assert row["is_server_verified"] and not row["is_proven"]
    assert causes(row) == [cause]


def test_a_certificate_is_refused_in_the_handshake_of_tls_1_2(pki, way):
    with s_server(pki, "-tls1_2", "-Verify", "3", "-verify_return_error", "-CAfile",
                  pki.device_ca) as old:
        _, row, result = way.ask(8883, old.port)
        assert result.returncode == 0 and row["tls_version"] == "TLSv1.2"
        document, row, _ = way.ask(8883, old.port, name="stranger")
        assert (document["cause"], row["alert_received"]) == ("client_cert_unknown_ca", 48)
        _, row, result = way.ask(8883, old.port, name=None)
        assert causes(row) == ["client_cert_required"] and result.returncode == 3


def test_without_a_pair_nothing_is_said_of_the_device(way, broker):
    document, row, result = way.ask(8883, broker.port, name=None)
    assert (result.returncode, document["readiness"], document["cause"]) == (3, "inconclusive", None)
    assert (causes(row), row["alert_received"]) == (["client_cert_required"], 116)
    assert "--cert" in document["not_proven"]


def test_a_proxy_that_closes_without_a_word(way, front):
    document, row, result = way.ask(443, front.port, name="stranger")
    assert (result.returncode, document["cause"]) == (1, "client_cert_refused")
    assert "gave no reason" in row["causes"][0]["facts"]


@pytest.mark.parametrize("to, words, cause", [
    ("plain", [], "tls_aborted"),
    ("http", [], "plaintext_peer"),
    ("tls", ["--ca-file", "other"], "intercepted"),  # an Amazon name
    ("tls", ["host"], "hostname_mismatch"),
    ("nobody", [], "connect_refused"),
])
def test_servers_that_are_not_proven(pki, way, broker, front, to, words, cause):
    at = {"plain": broker.plain_port, "http": front.ports[2], "tls": broker.port,
          "nobody": unused_port()}[to]
    host = "wrong.example" if "host" in words else HOST
    document, row, result = way.ask(8883, at, ca=pki.other if "other" in words else None, host=host)
    assert document["cause"] == cause
    assert result.returncode == (3 if to == "nobody" else 1)
    assert not row["is_server_verified"] and not row["is_proven"]


def test_another_root_is_no_ats_root(pki, way, broker):
    document, _ = check("--port", 8883, "--connect-to", f"127.0.0.1:{broker.port}", "--ca-file",
                        pki.root, "--cert", pki.folder / "device.pem", "--key",
                        way.keys / "device.key")
    assert document["cause"] in ("not_ats", "intercepted")
    document, result = check("--port", 8883, "--connect-to", f"127.0.0.1:{broker.port}", "--ca-file",
                             pki.root, "--ats-roots", pki.root, "--cert", pki.folder / "device.pem",
                             "--key", way.keys / "device.key")
    assert result.returncode == 0 and document["ways"][0]["is_ats"]


def test_alpn_that_nobody_takes_up(way, broker):
    document, row, _ = way.ask(443, broker.port)
    assert document["cause"] == "alpn_ignored"
    assert "x-amzn-mqtt-ca" in row["causes"][0]["facts"]


def s_server(pki, *words):
    port = free_port()
    return Server(port, "openssl", "s_server", "-quiet", "-accept", f"127.0.0.1:{port}", "-cert",
                  pki.leaf, "-cert_chain", pki.issuing, "-key", pki.key, *words)


def test_alpn_that_is_refused(pki, way):
    with s_server(pki, "-alpn", "other") as server:
        document, row, _ = way.ask(443, server.port)
    assert (document["cause"], row["alert_received"]) == ("alpn_rejected", 120)


def test_a_server_that_does_not_ask_for_a_certificate(pki, way):
    with s_server(pki) as server:
        document, _, result = way.ask(8883, server.port)
    assert (result.returncode, document["cause"]) == (1, "client_cert_not_asked")


def test_a_port_that_never_answers(way):
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        document, _, result = way.ask(8883, silent.getsockname()[1], "--timeout", "3")
    assert (result.returncode, document["cause"]) == (3, "tls_timeout")


def test_a_policy_that_allows_other_client_ids(way, broker):
    document, row, result = way.ask(8883, broker.port, "--connect")
    assert (result.returncode, document["cause"]) == (1, "mqtt_not_authorized")
    assert (row["mqtt_level"], row["mqtt_reason"]) == (5, 0x87)
    assert document["client_id"].startswith("avs-shim-probe-")


# ---------------------------------------------------------------- answers that no broker gives

class Scripted(threading.Thread):
    """A TLS server that demands a device certificate and answers what it first hears with
    `answers`, one for each connection that says something; None: it hangs up. PINGREQ is answered
    with `pong`: nothing, it hangs up."""

    def __init__(self, pki, *answers, pong=b"\xd0\0"):
        super().__init__(daemon=True)
        self.pong = pong
        self.answers = list(answers)
        self.heard = []
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(pki.chain, pki.key)
        self.context.load_verify_locations(pki.device_ca)
        self.context.verify_mode = ssl.CERT_REQUIRED
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.start()

    def run(self):
        while True:
            try:
                plain, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.serve, args=(plain,), daemon=True).start()

    def serve(self, plain):
        try:
            with self.context.wrap_socket(plain, server_side=True) as peer:
                request = peer.recv(4096)
                if not request:
                    return
                self.heard.append(request)
                answer = self.answers.pop(0) if self.answers else None
                if answer:
                    peer.sendall(answer)
                    if peer.recv(4096) == b"\xc0\0" and self.pong:
                        peer.sendall(self.pong)
                        peer.recv(4096)  # until it hangs up, or says goodbye
        except (OSError, ssl.SSLError):
            pass

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()


@pytest.mark.parametrize("answer, cause, fact", [
    ("20 03 00 85 00", "mqtt_client_id", "0x85"),
    ("20 03 00 86 00", "mqtt_login", "0x86"),
    ("20 03 00 97 00", "mqtt_busy", "quota exceeded"),
    ("20 03 00 9f 00", "mqtt_busy", "connection rate exceeded"),
    ("20 03 00 80 00", "mqtt_refused", "unspecified error"),
    ("20 0a 00 9d 07 1c 00 04 68 6f 73 74", "mqtt_moved", "it names host"),
    ("e0 02 8e 00", "mqtt_taken_over", "DISCONNECT: 0x8E"),
    ("20 03 00 00 00 e0 02 87 00", "mqtt_not_authorized", "DISCONNECT: 0x87"),
    ("20 03 00 00 00 48 54 54 50", "mqtt_not_mqtt", "HTTP"),
    ("20 03 00 00 00 20 03 00 00 00", "mqtt_not_mqtt", "out of order"),
    ("d0 00", "mqtt_not_mqtt", "out of order"),
    ("48 54 54 50 2f 31 2e 31", "mqtt_not_mqtt", "HTTP/1.1"),
])
def test_every_reason_is_a_cause(pki, way, answer, cause, fact):
    answer = bytes.fromhex(answer)
    with Scripted(pki, answer, answer) as server:
        document, row, result = way.ask(8883, server.port, "--connect")
    assert (result.returncode, document["cause"]) == (1, cause)
    assert fact in row["causes"][0]["facts"]
    assert row["connect"] == "failed"


def test_a_bare_close_is_told_with_its_uncertainty(pki, way):
    with Scripted(pki, None, None) as server:
        document, row, _ = way.ask(8883, server.port, "--connect")
        assert [request[8] for request in server.heard] == [5, 4]  # MQTT 5, then 3.1.1
    assert document["cause"] == "mqtt_closed"
    assert "policy" in row["causes"][0]["remedy"] and "may well not allow" in row["causes"][0]["facts"]


def test_a_success_is_one_when_the_session_is_served(pki, way):
    connack = bytes.fromhex("20 03 00 00 00")
    for pong, returncode, cause in (b"\xd0\0", 0, None), (b"", 1, "mqtt_closed"), \
            (b"\xe0\2\x97\0", 1, "mqtt_busy"):
        with Scripted(pki, connack, connack, pong=pong) as server:
            document, _, result = way.ask(8883, server.port, "--connect")
            assert len(server.heard) == 1
        assert (result.returncode, document["cause"]) == (returncode, cause)


@pytest.mark.parametrize("first", ["20 02 00 01", "20 03 00 84 00", ""])
def test_a_server_that_knows_only_mqtt_3_1_1(pki, way, first):
    with Scripted(pki, bytes.fromhex(first) or None, bytes.fromhex("20 02 00 00")) as server:
        document, row, result = way.ask(8883, server.port, "--connect")
    assert result.returncode == 0, result.stdout
    assert (row["connect"], row["mqtt_level"]) == ("passed", 4)


def test_silence_after_the_connect(pki, way):
    with s_server(pki, "-Verify", "3", "-CAfile", pki.device_ca) as server:
        document, row, result = way.ask(8883, server.port, "--connect", "--timeout", "60")  # 10 s of listening
    assert (result.returncode, document["cause"]) == (1, "mqtt_no_answer")


def reply(status, message):
    body = json.dumps({"message": message, "traceId": "x"})
    return (f"HTTP/1.1 {status} X\r\nContent-Length: {len(body)}\r\n\r\n{body}").encode()


@pytest.mark.parametrize("answer, cause, fact", [
    (reply(401, "Unauthorized"), "publish_unauthenticated", "401, Unauthorized"),
    (reply(403, "Forbidden"), "publish_forbidden", "403, Forbidden"),
    (reply(404, "Not Found"), "publish_not_found", "404"),
    (reply(413, "Too big"), "publish_too_large", "413"),
    (reply(429, "Slow down"), "publish_throttled", "429"),
    (reply(503, "Later"), "publish_failed", "503, Later"),
    (b"no HTTP at all\r\n\r\n{}", "publish_failed", "no HTTP"),
])
def test_every_status_of_a_publish_is_a_cause(pki, way, answer, cause, fact):
    with Scripted(pki, answer) as server:
        document, row, result = way.ask(8443, server.port, "--publish", "a/b c\u00fc")
        request = server.heard[0]
    assert (result.returncode, document["cause"]) == (1, cause)
    assert fact in row["causes"][0]["facts"]
    assert request.startswith(b"POST /topics/a%2Fb%20c%C3%BC?qos=1 HTTP/1.1\r\nHost: ")


def test_nginx_refuses_a_certificate_in_http(way, front):
    document, row, _ = way.ask(8443, front.publish_port, "--publish", "x", name="stranger")
    assert (document["cause"], row["http_status"]) == ("client_cert_refused", 400)


# ---------------------------------------------------------------- the running device

def test_only_its_own_id_throws_the_running_device_out(pki, way, broker):
    context = ssl.create_default_context(cafile=pki.root)
    context.load_cert_chain(pki.folder / "device.pem", way.keys / "device.key")
    with socket.create_connection(("127.0.0.1", broker.port)) as plain, \
            context.wrap_socket(plain, server_hostname=HOST) as device:
        device.settimeout(30)
        device.sendall(bytes.fromhex("101400044d5154540402003c0008") + b"device-9")
        assert device.recv(4) == bytes.fromhex("20020000")
        way.ask(8883, broker.port, "--connect", "--client-id", "device-8")
        device.sendall(b"\xc0\0")  # PINGREQ
        assert device.recv(2) == b"\xd0\0"
        _, row, result = way.ask(8883, broker.port, "--connect", "--client-id", "device-9")
        assert row["connect"] == "passed" and "is disconnected" in result.stderr
        assert device.recv(2) == b""


# ---------------------------------------------------------------- a key in a token

@pytest.fixture(scope="module")
def token(way, tmp_path_factory):
    return SoftHsm(tmp_path_factory.mktemp("token"), way.keys / "device.key")


def token_check(pki, broker, token, uri, *arguments):
    return check("--port", 8883, "--connect-to", f"127.0.0.1:{broker.port}", "--ca-file", pki.root,
                 "--any-root", "--cert", pki.folder / "device.pem", "--key", uri, *arguments,
                 env=token.environment)


def test_a_key_in_a_token_gets_in(pki, broker, token):
    document, result = token_check(pki, broker, token, token.uri, "--connect", "--client-id",
                                   "device-hsm")
    assert result.returncode == 0, result.stdout
    assert document["keypair"]["key_form"].startswith("pkcs11 by")
    assert document["keypair"]["key"].endswith("?pin-value=***")
    assert "1234" not in result.stdout + result.stderr


def test_a_pin_comes_by_the_pass_phrase_file(pki, broker, token, tmp_path):
    (tmp_path / "pin").write_text("1234\n")
    document, result = token_check(pki, broker, token, token.uri_without_pin,
                                   "--key-passphrase-file", tmp_path / "pin")
    assert result.returncode == 0, result.stdout


@pytest.mark.parametrize("uri", [
    "pkcs11:token=dev;object=other;type=private?pin-value=1234",
    "pkcs11:token=dev;object=devkey;type=private?pin-value=99999",
    "pkcs11:token=dev;object=devkey;type=private",
    "pkcs11:token=elsewhere;object=devkey;type=private?pin-value=1234",
])
def test_what_a_token_does_not_give(pki, broker, token, uri):
    document, result = token_check(pki, broker, token, uri)
    assert (result.returncode, document["cause"]) == (1, "client_key_token")
    assert "1234" not in result.stdout + result.stderr
    assert "99999" not in result.stdout + result.stderr


# ---------------------------------------------------------------- how it is asked

@pytest.mark.parametrize("words, fault", [
    ([], "host name is missing"),
    (["https://host"], "is no host name"),
    (["host:8883"], "is no host name"),
    (["host", "--cert", "c"], "given together"),
    (["host", "--connect"], "--cert and --key"),
    (["host", "--publish", "x"], "--cert and --key"),
    (["host", "--client-id", "x"], "add --connect"),
    (["host", "--cert", "c", "--key", "k", "--publish", "a/#"], "no + and #"),
    (["host", "--connect-to", "nowhere"], "neither HOST:PORT"),
    (["host", "--port", "0"], "--port"),
    (["host", *PAIR, "--connect", "--port", "8443"], "no MQTT"),
    (["host", *PAIR, "--publish", "a", "--port", "8883"], "over HTTPS"),
    (["host", *PAIR, "--publish", "a", "--connect", "--port", "1883"], "over HTTPS"),
])
def test_usage(words, fault):
    result = run("iot", "check", *words)
    assert result.returncode == 2
    assert fault in result.stderr


def test_the_report_says_what_was_proven_and_what_was_not(pki, way, broker):
    words = ["iot", "check", HOST, "--port", "8883", "--connect-to", f"127.0.0.1:{broker.port}",
             "--any-root", "--ca-file", pki.root, "--cert", pki.folder / "device.pem", "--key",
             way.keys / "device.key"]
    text = run(*words).stdout
    assert text.startswith(f"Ready: {HOST} does not refuse this device's certificate by 8883 MQTT\n")
    assert "[ok] Key " in text and "Not proven: that the server knows the certificate" in text
    refused = run(*words, "--connect").stdout
    assert refused.startswith(f"Not ready: {HOST}: ")
    assert "[no] 8883 MQTT  mqtt_not_authorized: " in refused
    assert "do      Allow iot:Connect" in refused


def test_it_ends_by_ctrl_c(pki):
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        process = subprocess.Popen(
            [AVS_SHIM, "iot", "check", HOST, "--connect-to",
             f"127.0.0.1:{silent.getsockname()[1]}", "--ca-file", pki.root],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=ENVIRONMENT,
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL))  # a job's is ignored
        peer, _ = silent.accept()  # it has dialled
        process.send_signal(signal.SIGINT)
        assert process.wait(30) == -signal.SIGINT
        peer.close()
