# SPDX-License-Identifier: Apache-2.0
"""The real peers of AWS IoT Core's shape do what the tests of `avs-shim iot` rely on: mosquitto,
nginx and softhsm2, asked by Python's ssl, curl and mosquitto_pub."""
import json
import socket
import ssl
import subprocess

import pytest

from iot_peers import HOST, IotPki, Mosquitto, NginxIot, SoftHsm

PATIENCE = 30  # seconds
CONNECT_3 = bytes.fromhex("100e00044d5154540402001e00027431")
CONNECT_5 = bytes.fromhex("100f00044d5154540502001e0000027431")
CONNACK_3 = bytes.fromhex("20020000")


@pytest.fixture(scope="module")
def pki(tmp_path_factory):
    return IotPki(tmp_path_factory.mktemp("pki"))


@pytest.fixture(scope="module")
def broker(pki, tmp_path_factory):
    with Mosquitto(pki, tmp_path_factory.mktemp("broker")) as started:
        yield started


@pytest.fixture(scope="module")
def nginx(pki, broker, tmp_path_factory):
    with NginxIot(pki, tmp_path_factory.mktemp("nginx"), broker) as started:
        yield started


def ask(pki, port, device, request, alpn=(), version=ssl.TLSVersion.TLSv1_3):
    """The ALPN that was agreed on and the first bytes of the answer, or the TLS error's reason."""
    context = ssl.create_default_context(cafile=str(pki.root))
    context.minimum_version = context.maximum_version = version
    if device:
        context.load_cert_chain(*pki.pair(device))
    if alpn:
        context.set_alpn_protocols(list(alpn))
    try:
        with socket.create_connection(("127.0.0.1", port), PATIENCE) as plain, \
                context.wrap_socket(plain, server_hostname=HOST) as tls:
            tls.sendall(request)
            return tls.selected_alpn_protocol(), tls.recv(4096)
    except ssl.SSLError as error:
        return error.reason or str(error)
    except ConnectionError:
        return "connection lost"


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_mosquitto_takes_a_device_and_refuses_the_others(pki, broker, version):
    assert ask(pki, broker.port, "device", CONNECT_3, version=version) == (None, CONNACK_3)
    _, connack = ask(pki, broker.port, "device", CONNECT_5, version=version)
    assert connack[0] == 0x20 and connack[3] == 0
    for device in (None, "stranger", "revoked", "expired"):
        assert isinstance(ask(pki, broker.port, device, CONNECT_3, version=version), str), device


def test_mosquitto_offers_no_alpn(pki, broker):
    assert ask(pki, broker.port, "device", CONNECT_3, ["x-amzn-mqtt-ca"]) == (None, CONNACK_3)


def publish(pki, broker, topic, device="device"):
    certificate, key = pki.pair(device)
    return subprocess.run(
        ["mosquitto_pub", "-h", "127.0.0.1", "-p", str(broker.port), "--cafile", pki.root, "--cert",
         certificate, "--key", key, "--insecure", "-V", "5", "-q", "1", "-t", topic, "-m", "hello"],
        capture_output=True, text=True, timeout=PATIENCE)


def test_mosquitto_keeps_devices_to_their_topics(pki, broker):
    assert "Not authorized" not in publish(pki, broker, "devices/device/state").stderr
    assert "Not authorized" in publish(pki, broker, "devices/second-device/state").stderr


def test_mosquitto_refuses_a_client_id(pki, tmp_path):
    with Mosquitto(pki, tmp_path / "broker", also="clientid_prefixes device-") as broker:
        assert ask(pki, broker.port, "device", CONNECT_3) == (None, bytes.fromhex("20020005"))
        assert ask(pki, broker.port, "device", CONNECT_5) == (None, bytes.fromhex("2003008700"))
        broker.wait_for_log("not authorised")


def test_nginx_selects_by_alpn_as_port_443(pki, nginx):
    for connect in (CONNECT_3, CONNECT_5):
        alpn, connack = ask(pki, nginx.port, "device", connect, ["x-amzn-mqtt-ca"])
        assert alpn == "x-amzn-mqtt-ca" and connack[:1] == b"\x20"
    publish = (f"POST /topics/devices/device/state?qos=1 HTTP/1.1\r\nHost: {HOST}\r\n"
               "Content-Length: 2\r\nConnection: close\r\n\r\n{}").encode()
    alpn, answer = ask(pki, nginx.port, "device", publish, ["x-amzn-http-ca"])
    assert alpn == "x-amzn-http-ca" and answer.startswith(b"HTTP/1.1 200 ")
    refusal = ask(pki, nginx.port, "device", b"", ["h2"])
    assert "no application protocol" in refusal.lower().replace("_", " ")
    for device in (None, "stranger", "revoked", "expired"):
        answer = ask(pki, nginx.port, device, CONNECT_5, ["x-amzn-mqtt-ca"])
        assert answer in (("x-amzn-mqtt-ca", b""), "connection lost"), device


def curl(pki, port, *words, environment=None):
    result = subprocess.run(
        ["curl", "-s", "-w", "\n%{http_code}", "--cacert", pki.root, "--connect-to",
         f"::127.0.0.1:{port}", *map(str, words), f"https://{HOST}/topics/devices/device/state?qos=1"],
        capture_output=True, text=True, timeout=PATIENCE, env=environment)
    assert result.returncode == 0, result
    body, _, status = result.stdout.rpartition("\n")
    return int(status), json.loads(body)["message"]


def test_nginx_takes_a_publish_as_port_8443(pki, nginx):
    certificate, key = pki.pair("device")
    device = ["--cert", certificate, "--key", key]
    assert curl(pki, nginx.publish_port, *device, "-d", "{}") == (200, "OK")
    assert curl(pki, nginx.publish_port, *device) == (405, "Method Not Allowed")
    assert curl(pki, nginx.publish_port, "-d", "{}") == (403, "Forbidden")


def test_softhsm_holds_a_key_that_is_never_a_file_for_the_client(pki, nginx, tmp_path):
    certificate, key = pki.pair("device")
    token = SoftHsm(tmp_path / "token", key)
    answer = curl(pki, nginx.publish_port, "-d", "{}", "--engine", "pkcs11", "--key-type", "ENG",
                  "--key", token.uri, "--cert", certificate, environment=token.environment)
    assert answer == (200, "OK")


def test_botocore_is_there_as_the_oracle_of_errors():
    from botocore.parsers import RestJSONParser
    answer = {"status_code": 403, "headers": {"x-amzn-errortype": "ExpiredTokenException:http"},
              "body": b'{"message":"The security token included in the request is expired"}'}
    error = RestJSONParser().parse(answer, None)["Error"]
    assert error["Code"] == "ExpiredTokenException"
