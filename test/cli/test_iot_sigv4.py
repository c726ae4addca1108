# SPDX-License-Identifier: Apache-2.0
"""The signer beside botocore's, the AWS CLI's library, over requests made up from a fixed seed."""
import calendar
import random
import subprocess
import time
import urllib.parse

import botocore.auth
import botocore.awsrequest
import botocore.credentials

from avs_shim import BUILD

COUNT = 400
CHARACTERS = "abcXYZ019-._~!*'()/:;,@+ =&?#%[]{}|^\"<>äé中\U0001f600"


def text(dice, most, without=""):
    return "".join(dice.choice([c for c in CHARACTERS if c not in without])
                   for _ in range(dice.randrange(most)))


def made_up(dice):
    """A request as fields, and as botocore wants it. The path is plain: botocore takes an encoded
    one apart before it signs, and the two then speak of different requests."""
    segments = [dice.choice(["endpoint", "a", "b-c", "..", ".", "", "x.y", "~u"])
                for _ in range(dice.randrange(5))]
    pairs = [(urllib.parse.quote(text(dice, 9), safe="-_.~"),
              urllib.parse.quote(text(dice, 12), safe="-_.~")) for _ in range(dice.randrange(6))]
    headers = [("Host", dice.choice(["iot.us-east-1.amazonaws.com", "h.example:8443"]))]
    headers += [(f"X-{dice.randrange(40)}", text(dice, 14, "äé中\U0001f600#") + dice.choice(["", "  x"]))
                for _ in range(dice.randrange(4))]
    return {
        "method": dice.choice(["GET", "POST", "DELETE"]), "path": "/" + "/".join(segments),
        "query": "&".join(f"{name}={value}" for name, value in pairs),
        "body": text(dice, 30), "id": "AKIDEXAMPLE", "secret": text(dice, 40) + "s",
        "token": dice.choice(["", "", "tok/en+=="]), "region": dice.choice(["us-east-1", "cn-north-1"]),
        "service": dice.choice(["iot", "execute-api"]), "time": dice.randrange(4102444800),
        "headers": headers}


def ours(requests):
    lines = []
    for each in requests:
        fields = [each[key] for key in ("method", "path", "query", "body", "id", "secret", "token",
                                        "region", "service", "time")]
        fields += [word for header in each["headers"] for word in header]
        lines.append("\t".join(urllib.parse.quote(str(field), safe="") for field in fields) + "\n")
    return subprocess.run([BUILD / "test" / "sigv4_sign"], input="".join(lines), text=True, check=True,
                          capture_output=True, timeout=60).stdout.splitlines()


def theirs(each):
    stamp = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(each["time"]))
    host = each["headers"][0][1]
    url = f"https://{host}{each['path']}" + (f"?{each['query']}" if each["query"] else "")
    request = botocore.awsrequest.AWSRequest(each["method"], url, data=each["body"].encode())
    for name, value in each["headers"]:
        request.headers.add_header(name, value)
    request.headers["X-Amz-Date"] = stamp
    if each["token"]:
        request.headers["X-Amz-Security-Token"] = each["token"]
    request.context["timestamp"] = stamp
    keys = botocore.credentials.Credentials(each["id"], each["secret"], each["token"] or None)
    auth = botocore.auth.SigV4Auth(keys, each["service"], each["region"])
    to_sign = auth.string_to_sign(request, auth.canonical_request(request))
    names = auth.signed_headers(auth.headers_to_sign(request))
    return (f"AWS4-HMAC-SHA256 Credential={auth.scope(request)}, SignedHeaders={names}, "
            f"Signature={auth.signature(to_sign, request)}")


def test_requests_are_signed_as_the_aws_library_signs_them():
    dice = random.Random(4)
    requests = [made_up(dice) for _ in range(COUNT)]
    answers = ours(requests)
    assert len(answers) == COUNT
    for each, answer in zip(requests, answers):
        assert answer == theirs(each), each


def test_years_around_the_end_of_32_bits():
    for when in ("1970-01-01T00:00:00", "2038-01-19T03:14:08", "2106-02-07T06:28:16",
                 "9999-12-31T23:59:59"):
        seconds = calendar.timegm(time.strptime(when, "%Y-%m-%dT%H:%M:%S"))
        each = {**made_up(random.Random(1)), "time": seconds}
        assert ours([each]) == [theirs(each)]
