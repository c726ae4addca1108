# SPDX-License-Identifier: Apache-2.0
"""avs-shim iot endpoint against HTTPS servers that are not ours; botocore, the AWS CLI's library, says
what the request and the signature must be and what an error means."""
import datetime
import email.utils
import json
import re
import subprocess
import time

import botocore.auth
import botocore.awsrequest
import botocore.credentials
import botocore.loaders
import botocore.model
import botocore.parsers
import pytest

from avs_shim import ENVIRONMENT, run
from aws_peer import AwsPeer, answer
from iot_peers import USER, IotPki, Peer
from pki import Pki

REGION = "us-east-1"
CONTROL = f"iot.{REGION}.amazonaws.com"
HOST = f"a1b2c3d4e5f6g7-ats.iot.{REGION}.amazonaws.com"
TOLD = answer(200, json.dumps({"endpointAddress": HOST}))
KEY_ID, SECRET, TOKEN = "AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", "tok/en+=" * 90


@pytest.fixture(scope="module")
def pki(tmp_path_factory):
    return Pki(tmp_path_factory.mktemp("aws"), host=CONTROL)


@pytest.fixture
def home(tmp_path):
    (tmp_path / ".aws").mkdir()
    return tmp_path


def environment(home, **more):
    clean = {key: value for key, value in ENVIRONMENT.items() if not key.startswith("AWS_")}
    return {**clean, "HOME": str(home), **more}


KEYS = {"AWS_ACCESS_KEY_ID": KEY_ID, "AWS_SECRET_ACCESS_KEY": SECRET, "AWS_REGION": REGION}


def ask(peer, pki, home, *arguments, **options):
    options.setdefault("env", environment(home, **KEYS))
    return run("iot", "endpoint", "--connect-to", f"127.0.0.1:{peer.port}", "--ca-file", pki.root,
               *arguments, **options)


def botocore_authorization(request, secret=SECRET, token=None, key_id=KEY_ID):
    """What botocore would have signed for the request that the server got."""
    line, headers = request
    method, target, _ = line.split(" ")
    signed = botocore.awsrequest.AWSRequest(method, f"https://{headers['Host']}{target}",
                                            headers={"Host": headers["Host"],
                                                     "X-Amz-Date": headers["X-Amz-Date"]})
    if token:
        signed.headers["X-Amz-Security-Token"] = token
    signed.context["timestamp"] = headers["X-Amz-Date"]
    credentials = botocore.credentials.Credentials(key_id, secret, token)
    auth = botocore.auth.SigV4Auth(credentials, "iot", REGION)
    text = auth.string_to_sign(signed, auth.canonical_request(signed))
    names = auth.signed_headers(auth.headers_to_sign(signed))
    return (f"AWS4-HMAC-SHA256 Credential={auth.scope(signed)}, SignedHeaders={names}, "
            f"Signature={auth.signature(text, signed)}")


def botocore_error(raw):
    """Code and message as botocore reads them from such an answer."""
    head, _, body = raw.partition(b"\r\n\r\n")
    status = int(head.split(b" ")[1])
    headers = {}
    for line in head.decode().split("\r\n")[1:]:
        name, _, value = line.partition(":")
        headers[name.lower()] = value.strip()
    model = botocore.loaders.Loader().load_service_model("iot", "service-2")
    operation = botocore.model.ServiceModel(model).operation_model("DescribeEndpoint")
    parsed = botocore.parsers.create_parser("rest-json").parse(
        {"status_code": status, "headers": headers, "body": body}, operation.output_shape)
    return parsed["Error"]["Code"], parsed["Error"]["Message"]


# ---------------------------------------------------------------- the request


@pytest.mark.parametrize("kind, api", [
    (None, "iot%3AData-ATS"), ("data-ats", "iot%3AData-ATS"), ("data", "iot%3AData"),
    ("credentials", "iot%3ACredentialProvider"), ("jobs", "iot%3AJobs")])
def test_the_host_alone_is_on_stdout(pki, home, kind, api):
    host = HOST.replace("-ats", f".{kind}") if kind in ("credentials", "jobs") else HOST
    with AwsPeer(pki, answer(200, json.dumps({"endpointAddress": host}))) as peer:
        result = ask(peer, pki, home, *(["--type", kind] if kind else []))
    assert result.stdout == host + "\n", result.stderr
    assert result.returncode == 0
    line, headers = peer.requests[0]
    assert line == f"GET /endpoint?endpointType={api} HTTP/1.1"
    assert headers["Host"] == CONTROL
    assert headers["Authorization"] == botocore_authorization(peer.requests[0])
    sent = datetime.datetime.strptime(headers["X-Amz-Date"], "%Y%m%dT%H%M%SZ")
    assert abs(sent.replace(tzinfo=datetime.timezone.utc).timestamp() - time.time()) < 120


def test_quiet_is_the_host_and_nothing_else(pki, home):
    with AwsPeer(pki, TOLD) as peer:
        result = ask(peer, pki, home, "--quiet")
    assert (result.stdout, result.stderr, result.returncode) == (HOST + "\n", "", 0)


def test_a_session_token_is_sent_and_signed(pki, home):
    env = environment(home, **KEYS, AWS_SESSION_TOKEN=TOKEN)
    with AwsPeer(pki, TOLD) as peer:
        result = ask(peer, pki, home, env=env)
    assert result.returncode == 0, result.stderr
    headers = peer.requests[0][1]
    assert headers["X-Amz-Security-Token"] == TOKEN
    assert headers["Authorization"] == botocore_authorization(peer.requests[0], token=TOKEN)


def test_without_a_token_there_is_no_such_header(pki, home):
    with AwsPeer(pki, TOLD) as peer:
        ask(peer, pki, home)
    assert "X-Amz-Security-Token" not in peer.requests[0][1]


def test_an_endpoint_url_with_a_port_is_signed_with_it(tmp_path, home):
    pki = Pki(tmp_path / "pki", host="localhost")
    with AwsPeer(pki, TOLD) as peer:
        result = run("iot", "endpoint", "--ca-file", pki.root, "--endpoint-url",
                     f"https://localhost:{peer.port}", env=environment(home, **KEYS))
    assert result.stdout == HOST + "\n", result.stderr
    assert peer.requests[0][1]["Host"] == f"localhost:{peer.port}"
    assert peer.requests[0][1]["Authorization"] == botocore_authorization(peer.requests[0])


def test_environment_names_url_and_store_as_for_the_aws_cli(tmp_path, home):
    pki = Pki(tmp_path / "pki", host="localhost")
    with AwsPeer(pki, TOLD) as peer:
        env = environment(home, **KEYS, AWS_CA_BUNDLE=str(pki.root),
                          AWS_ENDPOINT_URL_IOT=f"https://localhost:{peer.port}")
        assert run("iot", "endpoint", env=env).stdout == HOST + "\n"


@pytest.mark.parametrize("url", ["http://iot.us-east-1.amazonaws.com", "iot.us-east-1.amazonaws.com",
                                 "https://user:pw@host", "https://host/path", "ftp://x", "https://"])
def test_urls_that_are_not_https_hosts_are_refused(home, url):
    result = run("iot", "endpoint", "--endpoint-url", url, env=environment(home, **KEYS))
    assert result.returncode == 2 and result.stdout == ""
    assert "pw" not in result.stderr
    assert result.stderr.startswith("avs-shim iot endpoint: ")


# ---------------------------------------------------------------- what AWS answers

SKEWED = ("Signature expired: 20200101T000000Z is now earlier than 20200101T001000Z "
          "(20200101T001500Z - 5 min.)")
EARLY = ("Signature not yet current: 20200101T020000Z is still later than 20200101T000500Z "
         "(20200101T000000Z + 5 min.)")
ERRORS = [
    # name, status, body, headers, cause
    ("code in the header", 400, {"message": "no such type"},
     ["x-amzn-ErrorType: InvalidRequestException"], "aws_request_refused"),
    ("with a colon behind it", 400, {"message": "m"},
     ["x-amzn-ErrorType: InvalidRequestException:http://internal.amazon.com/x"],
     "aws_request_refused"),
    ("code", 401, {"code": "UnauthorizedException", "message": "m"}, [], "aws_not_allowed"),
    ("Code, Message", 403, {"Code": "AccessDeniedException", "Message": "User: arn:aws:iam::1:u is "
     "not authorized to perform: iot:DescribeEndpoint"}, [], "aws_not_allowed"),
    ("__type", 403, {"__type": "com.amazon.coral.service#UnrecognizedClientException",
                     "message": "The security token included in the request is invalid."}, [],
     "aws_key_unknown"),
    ("InvalidClientTokenId", 403, {"__type": "InvalidClientTokenId", "message": "m"}, [],
     "aws_key_unknown"),
    ("header before body", 403, {"__type": "Other", "message": "m"},
     ["x-amzn-errortype: ExpiredTokenException"], "aws_keys_expired"),
    ("bad secret", 403, {"message": "The request signature we calculated does not match"},
     ["x-amzn-ErrorType: SignatureDoesNotMatch"], "aws_signature_refused"),
    ("InvalidSignature", 403, {"message": "does not match"},
     ["x-amzn-ErrorType: InvalidSignatureException"], "aws_signature_refused"),
    ("slow clock", 403, {"message": SKEWED}, ["x-amzn-ErrorType: InvalidSignatureException"],
     "clock_wrong"),
    ("fast clock", 400, {"message": EARLY}, ["x-amzn-ErrorType: SignatureDoesNotMatch"],
     "clock_wrong"),
    ("no token", 403, {"message": "Missing Authentication Token"},
     ["x-amzn-ErrorType: MissingAuthenticationTokenException"], "aws_signature_refused"),
    ("no code, status alone", 403, {"message": "Forbidden"}, [], "aws_not_allowed"),
    ("null message", 403, {"message": None, "__type": "AccessDeniedException"}, [],
     "aws_not_allowed"),
    ("unknown code", 418, {"message": "m"}, ["x-amzn-ErrorType: TeapotException"],
     "aws_request_refused"),
    ("data host", 404, {"message": "Not Found", "traceId": "d1c2-77"}, [], "aws_wrong_host"),
    ("credentials host", 403, {"message": "Missing thing", "traceId": "d1c2-77"}, [],
     "aws_wrong_host"),
    ("jobs host", 403, {"message": "Invalid endpoint. Use describe-endpoint API to get valid "
                        "endpoint"}, [], "aws_wrong_host"),
]


@pytest.mark.parametrize("status, body, headers, cause", [row[1:] for row in ERRORS],
                         ids=[row[0] for row in ERRORS])
def test_every_shape_of_an_error_has_its_cause(pki, home, status, body, headers, cause):
    raw = answer(status, json.dumps(body), *headers)
    code, message = botocore_error(raw)
    with AwsPeer(pki, raw) as peer:
        told = json.loads(ask(peer, pki, home, "--json").stdout)
        text = ask(peer, pki, home)
    assert told["cause"] == cause and told["endpoint"] is None
    assert (told["answer"]["code"], told["answer"]["message"]) == (code, message or None)
    assert told["tries"] == 1 and told["exit_code"] == 1
    assert text.returncode == 1 and text.stdout == ""
    assert f"({cause})" in text.stderr and "     do      " in text.stderr
    assert code in text.stderr
    assert not message or message[:30] in text.stderr


def test_a_wrong_clock_is_named_with_its_offset(pki, home):
    for message, offset, words in ((SKEWED, -900, "15 minutes behind"), (EARLY, 7200, "2 hours ahead")):
        raw = answer(403, json.dumps({"message": message}),
                     "x-amzn-ErrorType: InvalidSignatureException")
        with AwsPeer(pki, raw) as peer:
            told = json.loads(ask(peer, pki, home, "--json").stdout)
            text = ask(peer, pki, home).stderr
        assert told["answer"]["clock_offset_s"] == offset
        assert f"this machine's clock is {words} of the server's" in text
        assert len(peer.requests) == 2  # one each: never signed again with another time


def test_date_tells_the_clock_where_the_message_does_not(pki, home):
    date = email.utils.formatdate(time.time() + 86400 * 3, usegmt=True)
    raw = answer(403, '{"message":"nope"}', "x-amzn-ErrorType: SignatureDoesNotMatch",
                 f"Date: {date}")
    with AwsPeer(pki, raw) as peer:
        result = ask(peer, pki, home)
    assert "(clock_wrong)" in result.stderr
    assert re.search(r"clock is [23] days behind of the server's", result.stderr)


def test_throttling_is_tried_three_times(pki, home):
    throttled = answer(400, '{"message":"Rate exceeded"}', "x-amzn-ErrorType: ThrottlingException")
    with AwsPeer(pki, throttled) as peer:
        told = json.loads(ask(peer, pki, home, "--json").stdout)
    assert told["cause"] == "aws_throttled" and told["tries"] == 3 == len(peer.requests)
    with AwsPeer(pki, throttled, throttled, TOLD) as peer:
        result = ask(peer, pki, home, "--quiet")
    assert result.stdout == HOST + "\n" and len(peer.requests) == 3
    with AwsPeer(pki, answer(503, "<html>", ), answer(429, "{}"), TOLD) as peer:
        assert ask(peer, pki, home, "--quiet").stdout == HOST + "\n"


def endless(peer):
    peer.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
    while True:
        peer.sendall(b" " * 65536)


def silent(peer):
    peer.recv(1)  # until the client goes


def short(peer):
    peer.sendall(b'HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n{"endpointAddress"')


BROKEN = [
    ("html", answer(200, "<!DOCTYPE html><html>Welcome to Hotel Wi-Fi</html>"), "aws_answer_bad", 1),
    ("html refusal", answer(403, "<html>blocked</html>"), "aws_answer_bad", 1),
    ("not json", answer(200, "OK"), "aws_answer_bad", 1),
    ("empty", answer(200, ""), "aws_answer_bad", 1),
    ("array", answer(200, "[]"), "aws_answer_bad", 1),
    ("no member", answer(200, '{"endpoint":"x.test"}'), "aws_answer_bad", 1),
    ("number", answer(200, '{"endpointAddress":1}'), "aws_answer_bad", 1),
    ("shell in it", answer(200, '{"endpointAddress":"a.test; rm -rf /"}'), "aws_answer_bad", 1),
    ("url", answer(200, '{"endpointAddress":"https://a.test/"}'), "aws_answer_bad", 1),
    ("escape in it", answer(200, '{"endpointAddress":"a.t\\u001b[31mest"}'), "aws_answer_bad", 1),
    ("redirect", answer(302, "", "Location: https://evil.test/endpoint"), "aws_wrong_host", 1),
    ("redirect to itself", answer(307, "", f"Location: https://{CONTROL}/x"), "aws_wrong_host", 1),
    ("endless", endless, "aws_answer_bad", 1),
    ("short", short, "aws_answer_bad", 1),
    ("silent", silent, "response_timeout", 3),
    ("closed", lambda peer: None, "connection_lost", 3),
    ("no http", b"220 mail.example.com ESMTP\r\n", "aws_answer_bad", 1),
]


@pytest.mark.parametrize("raw, cause, code", [row[1:] for row in BROKEN],
                         ids=[row[0] for row in BROKEN])
def test_what_is_no_answer_is_no_endpoint(pki, home, raw, cause, code):
    with AwsPeer(pki, raw) as peer:
        timeout = ["--timeout", "2"] if raw is silent else []
        result = ask(peer, pki, home, *timeout)
    assert result.stdout == "" and f"({cause})" in result.stderr, result.stderr
    assert result.returncode == code
    assert "\x1b" not in result.stderr
    assert len(peer.requests) == 1


# ---------------------------------------------------------------- the way there


def test_a_certificate_that_is_not_trusted_ends_it(pki, home):
    with AwsPeer(pki, TOLD) as peer:
        result = run("iot", "endpoint", "--connect-to", f"127.0.0.1:{peer.port}", "--ca-file",
                     pki.other, env=environment(home, **KEYS))
    assert result.returncode == 1 and "(intercepted)" in result.stderr  # an Amazon name
    assert peer.requests == []  # nothing that is signed has left


def test_another_name_ends_it(tmp_path, home):
    pki = Pki(tmp_path / "pki", host="iot.eu-west-1.amazonaws.com")
    with AwsPeer(pki, TOLD) as peer:
        result = ask(peer, pki, home)
    assert result.returncode == 1 and "(hostname_mismatch)" in result.stderr
    assert peer.requests == []


def test_nobody_there_is_no_refusal(home, pki):
    with AwsPeer(pki, TOLD) as peer:
        port = peer.port
    result = run("iot", "endpoint", "--connect-to", f"127.0.0.1:{port}", "--ca-file", pki.root,
                 env=environment(home, **KEYS))
    assert result.returncode == 3 and "(connect_refused)" in result.stderr


# ---------------------------------------------------------------- nothing secret


def test_no_secret_is_ever_printed(pki, home):
    env = environment(home, **KEYS, AWS_SESSION_TOKEN=TOKEN)
    answers = [TOLD, answer(403, '{"message":"m"}', "x-amzn-ErrorType: ExpiredTokenException")]
    for raw in answers:
        for words in ([], ["--json"]):
            with AwsPeer(pki, raw) as peer:
                result = ask(peer, pki, home, *words, env=env)
            said = result.stdout + result.stderr
            assert SECRET not in said and TOKEN not in said and KEY_ID not in said
            assert "****MPLE" in said
            assert "Signature=" not in said


def test_the_legacy_type_is_explained(pki, home):
    host = "a1b2c3.iot.us-east-1.amazonaws.com"
    with AwsPeer(pki, answer(200, json.dumps({"endpointAddress": host}))) as peer:
        result = ask(peer, pki, home, "--type", "data")
        other = ask(peer, pki, home)
    assert (result.returncode, result.stdout) == (0, host + "\n")
    assert "devices should use data-ats" in result.stderr
    assert other.returncode == 1  # no -ats where -ats was asked for
    assert other.stderr.startswith("[no] ") and "Trust Services certificates" not in other.stderr
    assert "Keep it" not in other.stderr


def test_a_name_of_another_region_is_not_called_the_regions(pki, home):
    host = "a1b2c3-ats.iot.eu-west-1.amazonaws.com"
    with AwsPeer(pki, answer(200, json.dumps({"endpointAddress": host}))) as peer:
        result = ask(peer, pki, home, "--quiet")
        report = json.loads(ask(peer, pki, home, "--json").stdout)
    assert (result.returncode, result.stdout) == (1, host + "\n")
    assert result.stderr.startswith("[no] ") and "to no device" in result.stderr
    assert (report["cause"], report["exit_code"], report["endpoint"]) == ("aws_name_unfit", 1, host)


def test_another_region_is_another_host(tmp_path, home):
    pki = Pki(tmp_path / "pki", host="iot.cn-north-1.amazonaws.com.cn")
    host = "a1b2c3.ats.iot.cn-north-1.amazonaws.com.cn"
    with AwsPeer(pki, answer(200, json.dumps({"endpointAddress": host}))) as peer:
        result = ask(peer, pki, home, "--region", "cn-north-1")
    assert result.stdout == host + "\n"
    assert peer.requests[0][1]["Host"] == "iot.cn-north-1.amazonaws.com.cn"
    assert "/cn-north-1/iot/aws4_request" in peer.requests[0][1]["Authorization"]
    assert "not the form" not in result.stderr


def test_the_aws_library_itself_takes_the_same_answer(tmp_path, home):
    """botocore as the client of the same server: what it asks for and reads is what we do."""
    pki = Pki(tmp_path / "pki", host="localhost")
    program = ("import botocore.session,sys\n"
               "c = botocore.session.get_session().create_client('iot', region_name='us-east-1',"
               " endpoint_url=sys.argv[1], verify=sys.argv[2])\n"
               "print(c.describe_endpoint(endpointType='iot:Data-ATS')['endpointAddress'])")
    with AwsPeer(pki, TOLD) as peer:
        url = f"https://localhost:{peer.port}"
        theirs = subprocess.run(["/usr/bin/python3", "-c", program, url, pki.root], text=True,
                                capture_output=True, timeout=60, env=environment(home, **KEYS))
        ours = run("iot", "endpoint", "--quiet", "--endpoint-url", url, "--ca-file", pki.root,
                   env=environment(home, **KEYS))
    assert theirs.stdout == ours.stdout == HOST + "\n", theirs.stderr
    assert peer.requests[0][0] == peer.requests[1][0]


# ---------------------------------------------------------------- the device's own certificate

PROVIDER = f"c1d2e3.credentials.iot.{REGION}.amazonaws.com"
GIVEN = answer(200, json.dumps({"credentials": {
    "accessKeyId": KEY_ID, "secretAccessKey": SECRET, "sessionToken": TOKEN,
    "expiration": "2099-01-01T00:00:00Z"}}))


@pytest.fixture(scope="module")
def device(tmp_path_factory):
    return IotPki(tmp_path_factory.mktemp("iot"))


@pytest.fixture(scope="module")
def provider_pki(tmp_path_factory):
    return Pki(tmp_path_factory.mktemp("provider"), host=PROVIDER)


def ask_as_device(provider, service, pkis, pair, home, *arguments):
    roots = home / "roots.pem"
    roots.write_text("".join(pki.root.read_text() for pki in pkis))
    certificate, key = pair
    return run("iot", "endpoint", "--region", REGION, "--ca-file", roots, "--connect-to",
               f"127.0.0.1:{service.port}", "--credentials-connect-to",
               f"127.0.0.1:{provider.port}", "--cert", certificate, "--key", key, "--role-alias",
               "fleet-role", "--credentials-endpoint", PROVIDER, *arguments, env=environment(home))


def test_a_device_asks_with_its_own_certificate(pki, provider_pki, device, home):
    with AwsPeer(provider_pki, GIVEN, client_ca=device.device_ca) as provider, \
            AwsPeer(pki, TOLD) as service:
        result = ask_as_device(provider, service, (pki, provider_pki), device.pair("device"), home,
                               "--thing-name", "thing:1")
    assert result.stdout == HOST + "\n", result.stderr
    line, headers = provider.requests[0]
    assert line == "GET /role-aliases/fleet-role/credentials HTTP/1.1"
    assert headers["x-amzn-iot-thingname"] == "thing:1"
    assert "Authorization" not in headers
    assert service.requests[0][1]["Authorization"] == botocore_authorization(service.requests[0],
                                                                             token=TOKEN)
    assert f"the device's certificate by {PROVIDER}" in result.stderr
    assert SECRET not in result.stderr and TOKEN not in result.stderr


@pytest.mark.parametrize("raw, cause", [
    (answer(403, '{"message":"Access Denied","traceId":"x"}'), "aws_role_refused"),
    (answer(404, '{"message":"Role alias does not exist","traceId":"x"}'), "aws_role_refused"),
    (answer(400, '{"message":"Invalid thing name passed"}'), "aws_role_refused"),
    (answer(200, '{"credentials":{"accessKeyId":"A"}}'), "aws_answer_bad"),
    (answer(200, "<html>"), "aws_answer_bad"), (answer(503, ""), "aws_service_failed"),
    (answer(302, "", "Location: https://evil.test/"), "aws_wrong_host")])
def test_a_provider_that_gives_none_is_told(pki, provider_pki, device, home, raw, cause):
    with AwsPeer(provider_pki, raw, client_ca=device.device_ca) as provider, \
            AwsPeer(pki, TOLD) as service:
        words = (provider, service, (pki, provider_pki), device.pair("device"), home)
        text, told = ask_as_device(*words), json.loads(ask_as_device(*words, "--json").stdout)
    assert text.returncode == 1 and f"({cause})" in text.stderr and text.stdout == ""
    assert PROVIDER in text.stderr and told["cause"] == cause
    assert service.requests == []


def test_a_certificate_of_a_stranger_is_told(pki, provider_pki, device, home):
    with AwsPeer(provider_pki, GIVEN, client_ca=device.device_ca) as provider, \
            AwsPeer(pki, TOLD) as service:
        result = ask_as_device(provider, service, (pki, provider_pki), device.pair("stranger"), home)
    assert result.returncode == 1 and "(client_cert_unknown_ca)" in result.stderr
    assert provider.requests == service.requests == []


@pytest.mark.parametrize("change, says", [
    (["--cert", "/no/such"], "cannot be read"), (["--key", "/no/such"], "cannot be read"),
    (["--credentials-endpoint", HOST], "is of another kind"),
    (["--role-alias", "a/../b"], "--role-alias"), (["--thing-name", "a\r\nb"], "--thing-name"),
    (["--credentials-endpoint", "http://a.test"], "http")])
def test_what_a_device_lacks_is_a_usage_error(pki, device, home, change, says):
    certificate, key = device.pair("device")
    result = run("iot", "endpoint", "--region", REGION, "--cert", certificate, "--key", key,
                 "--role-alias", "a", "--credentials-endpoint", PROVIDER, *change,
                 env=environment(home))
    assert result.returncode == 2 and says in result.stderr, result.stderr
    result = run("iot", "endpoint", "--region", REGION, "--cert", certificate, env=environment(home))
    assert result.returncode == 2 and "--role-alias" in result.stderr


def test_a_key_of_another_certificate_never_leaves_the_device(device, home):
    certificate, _ = device.pair("device")
    _, key = device.pair("second-device")
    result = run("iot", "endpoint", "--region", REGION, "--cert", certificate, "--key", key,
                 "--role-alias", "a", "--credentials-endpoint", PROVIDER, "--json",
                 env=environment(home))
    assert result.returncode == 2
    assert json.loads(result.stdout)["error"]["cause"] == "client_key_mismatch"


# ---------------------------------------------------------------- servers of others


class Nginx(Peer):
    """nginx as the control plane: an answer for each type that is asked for."""

    def __init__(self, folder, pki):
        super().__init__(folder)
        self.pki = pki

    def command(self):
        folder, pki = self.folder, self.pki
        (folder / "nginx.conf").write_text(f"""{USER} daemon off; pid {folder}/pid; error_log stderr;
events {{}}
http {{ access_log {folder}/asked.log; client_body_temp_path {folder}; proxy_temp_path {folder};
  fastcgi_temp_path {folder}; uwsgi_temp_path {folder}; scgi_temp_path {folder};
  server {{ listen 127.0.0.1:{self.ports[0]} ssl; ssl_certificate {pki.chain};
    ssl_certificate_key {pki.key}; default_type application/json;
    location = /endpoint {{
      if ($http_authorization = "") {{ return 403 '{{"message":"Missing Authentication Token"}}'; }}
      if ($arg_endpointType = "iot%3AData-ATS") {{ return 200 '{{"endpointAddress":"{HOST}"}}'; }}
      add_header x-amzn-ErrorType InvalidRequestException always;
      return 400 '{{"message":"no such type"}}'; }} }} }}
""")
        return ["nginx", "-c", folder / "nginx.conf", "-p", folder, "-e", "stderr"]


def test_nginx_answers(pki, home, tmp_path):
    with Nginx(tmp_path / "nginx", pki) as nginx:
        nginx.port = nginx.ports[0]
        assert ask(nginx, pki, home).stdout == HOST + "\n"
        refused = ask(nginx, pki, home, "--type", "jobs")
    assert "(aws_request_refused)" in refused.stderr and "no such type" in refused.stderr


def test_proxies_are_those_of_libcurl(pki, home):
    with AwsPeer(pki, TOLD) as gone:
        dead = gone.port
    env = environment(home, **KEYS, https_proxy=f"http://127.0.0.1:{dead}")
    with AwsPeer(pki, TOLD) as peer:
        through = ask(peer, pki, home, env=env)
        past = ask(peer, pki, home, "--proxy", "", env=env)
    assert through.returncode == 3 and "(proxy_failed)" in through.stderr
    assert past.stdout == HOST + "\n" and len(peer.requests) == 1
