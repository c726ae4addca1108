#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Good and nearly good inputs for each fuzzer: make_seeds.py FOLDER writes FOLDER/<fuzzer>/* and,
from the words in the sources' own tables, FOLDER/<fuzzer>.dict.

From the test corpus where it has what a fuzzer reads, and from frames and records written here as
bytes. Many fuzzers read a byte or two of choices in front; each row says which."""
import base64
import json
import os
import pathlib
import re
import shutil
import sqlite3
import struct
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
CORPUS = ROOT / "test" / "corpus"
SMALL = 64 * 1024


def files(folder, pattern):
    return [path.read_bytes() for path in sorted(folder.glob(pattern))
            if path.is_file() and path.stat().st_size <= SMALL]


# ---- HTTP/2, RFC 9113 ----

DATA, HEADERS, PRIORITY, RST_STREAM, SETTINGS, PUSH_PROMISE, PING, GOAWAY, WINDOW_UPDATE, \
    CONTINUATION = range(10)
END_STREAM, END_HEADERS, PADDED, ACK = 0x1, 0x4, 0x8, 0x1


def frame(kind, flags, stream, payload=b""):
    return struct.pack(">I", len(payload))[1:] + bytes([kind, flags]) + \
        struct.pack(">I", stream) + payload


def field(name, value):
    """HPACK (RFC 7541 section 6.2.2): a literal without indexing, no Huffman code."""
    return b"".join([b"\0", bytes([len(name)]), name, bytes([len(value)]), value])


STATUS_200 = b"\x88"  # the static table's row 8
NO_SETTINGS = frame(SETTINGS, 0, 0)
SETTINGS_SOME = frame(SETTINGS, 0, 0, b"".join(struct.pack(">HI", key, value) for key, value in (
    (1, 4096), (2, 0), (3, 100), (4, 65535), (5, 16384), (6, 65536))))
HEAD = STATUS_200 + field(b"content-type", b"text/plain") + field(b"x-amzn-requestid", b"1234")


def answer(stream, head=HEAD, body=b"connection established with ATS certificate"):
    return frame(HEADERS, END_HEADERS, stream, head) + frame(DATA, END_STREAM, stream, body)


def http2():
    begin = SETTINGS_SOME + frame(SETTINGS, ACK, 0)
    bodies = {
        "plain": answer(1),
        "three": answer(1) + answer(3) + answer(5),
        "no-body": frame(HEADERS, END_HEADERS | END_STREAM, 1, HEAD),
        "interim": frame(HEADERS, END_HEADERS, 1, field(b":status", b"103")) + answer(1),
        "error": frame(HEADERS, END_HEADERS, 1, field(b":status", b"503")) +
        frame(DATA, END_STREAM, 1, b"busy"),
        "low-status": frame(HEADERS, END_HEADERS, 1, field(b":status", b"051")),
        "continued": frame(HEADERS, 0, 1, HEAD[:5]) + frame(CONTINUATION, END_HEADERS, 1, HEAD[5:]) +
        frame(DATA, END_STREAM, 1, b"x"),
        "padded": frame(HEADERS, END_HEADERS | PADDED, 1, b"\4" + HEAD + b"\0" * 4) +
        frame(DATA, PADDED, 1, b"\3abc\0\0\0") + frame(DATA, END_STREAM, 1),
        "trailers": frame(HEADERS, END_HEADERS, 1, HEAD) + frame(DATA, 0, 1, b"x" * 300) +
        frame(HEADERS, END_HEADERS | END_STREAM, 1, field(b"x-end", b"1")),
        "length": answer(1, HEAD + field(b"content-length", b"4"), b"four") +
        answer(3, HEAD + field(b"content-length", b"5"), b"four"),
        "reset": frame(RST_STREAM, 0, 1, struct.pack(">I", 7)) + answer(3),
        "goaway": answer(1) + frame(GOAWAY, 0, 0, struct.pack(">II", 1, 0) + b"bye") + answer(5),
        "ping": frame(PING, 0, 0, b"12345678") + frame(PING, ACK, 0, b"12345678") + answer(1),
        "windows": frame(WINDOW_UPDATE, 0, 0, struct.pack(">I", 1000)) +
        frame(WINDOW_UPDATE, 0, 3, struct.pack(">I", 0x7fffffff)) + answer(3),
        "push": frame(PUSH_PROMISE, END_HEADERS, 1, struct.pack(">I", 2) + HEAD) + answer(1),
        "priority": frame(PRIORITY, 0, 1, struct.pack(">IB", 3, 16)) + answer(1),
        "unknown": frame(0xfa, 0, 0, b"?" * 40) + answer(1),
        "oversized": frame(DATA, 0, 1, b"y" * 16384) + frame(DATA, END_STREAM, 1, b"y" * 16385),
        "huffman": answer(1, STATUS_200 + b"\x0f\x0d\x82\x10\x03"),  # content-length, coded
    }
    seeds = {}
    for name, body in bodies.items():
        for choices in (b"\0\0", b"\x2a\7"):  # all at once, and in sevens with pauses
            seeds[f"{name}-{choices[1]}"] = choices + begin + body
    seeds["no-settings"] = b"\0\0" + answer(1)
    seeds["http1"] = b"\0\0HTTP/1.1 400 Bad Request\r\n\r\n"
    return seeds


# ---- TLS records, RFC 8446 ----

def record(kind, body, version=b"\3\3"):
    return bytes([kind]) + version + struct.pack(">H", len(body)) + body


def server_hello(extensions, version=b"\3\3", cipher=b"\x13\1"):
    body = version + bytes(range(32)) + b"\0" + cipher + b"\0" + \
        struct.pack(">H", len(extensions)) + extensions
    return b"\2" + struct.pack(">I", len(body))[1:] + body


def tls():
    versions = struct.pack(">HH", 43, 2) + b"\3\4"
    key_share = struct.pack(">HHHH", 51, 36, 0x1d, 32) + bytes(range(1, 33))
    alpn = struct.pack(">HHHB", 16, 5, 3, 2) + b"h2"
    certificate = base64.b64decode("".join(re.findall(
        r"^[A-Za-z0-9+/=]{10,}$", (ROOT / "config/roots/amazon-root-ca-1.pem").read_text(), re.M)))
    chain = struct.pack(">I", len(certificate))[1:] + certificate
    chain = struct.pack(">I", len(chain))[1:] + chain
    message = b"\x0b" + struct.pack(">I", len(chain))[1:] + chain
    heard = {
        "hello-13": record(22, server_hello(versions + key_share)),
        "hello-12": record(22, server_hello(alpn, cipher=b"\xc0\x2f")) + record(22, message) +
        record(22, b"\x0e\0\0\0"),
        "retry": record(22, server_hello(versions + struct.pack(">HHH", 51, 2, 0x17))),
        "ssl3": record(22, server_hello(b"", b"\3\0"), b"\3\0"),
        "request": record(22, b"\0\0\0\0"),
        "http": b"HTTP/1.1 302 Found\r\nLocation: http://portal/\r\n\r\n",
        "ssh": b"SSH-2.0-OpenSSH_9.2\r\n",
        "data": record(23, b"x" * 40),
        "change": record(20, b"\1"),
    }
    for alert in (0, 10, 40, 42, 48, 70, 71, 80, 86, 112, 116, 120):
        heard[f"alert-{alert}"] = record(21, bytes([2, alert]))
    seeds = {}
    for name, body in heard.items():  # first byte: options; second: the length of a piece
        seeds[f"hear-{name}"] = b"\3\xff" + body
        seeds[f"hear-{name}-bytes"] = b"\5\0" + body
    for version in (0, 1):  # a real server, whole and changed in the nth piece
        seeds[f"server-{version}"] = bytes([2, version])
        for nth in (1, 2, 4, 8):
            seeds[f"server-{version}-changed-{nth}"] = \
                bytes([2, version]) + b"\x20\0" * nth + b"\x20\x81" + b"\xff\0" * 20
    return seeds


# ---- the rest ----

def pems():
    certificates = files(ROOT / "config" / "roots", "*.pem") + \
        files(ROOT / "test" / "support" / "certs", "*.pem")
    whole = b"".join(certificates)
    return certificates + [
        whole, whole[:-200], certificates[0].replace(b"\n", b"\r\n"),
        certificates[0].replace(b"-----END", b"----END"), b"\xef\xbb\xbf" + certificates[1],
        certificates[2].replace(b"M", b"!", 1), certificates[3] + b"\0" + certificates[1],
        certificates[0].replace(b"BEGIN CERT", b"BEGIN TRUSTED CERT"),
        b"# comment\n" + certificates[1] + b"-----BEGIN X509 CRL-----\nAAAA\n-----END X509 CRL-----\n",
        b"-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n"]


def ders():
    return [base64.b64decode(b"".join(re.findall(rb"^[A-Za-z0-9+/=]{4,}$", pem, re.M)))
            for pem in files(ROOT / "config" / "roots", "*.pem")]


def configurations():
    plain = files(ROOT / "config", "AlexaClientSDKConfig-*.json")
    made = [b'{"sampleApp":{"endpoint":"https://a.example:8443"}}',
            b'{"acl":{"endpoint":"https://a"},"avsGatewayManager":{"avsGateway":"https://b"}}',
            b'{"libcurlUtils":{"CURLOPT_CAINFO":"/etc/ssl/ca.pem","CURLOPT_CAPATH":"/a:/b"}}',
            b'{"a":1,"a":2,} // late', b'{"sampleApp":{"endpoint":"https://u:p@h"}}\r\n',
            b'{"n":[1e400,-0,0x1,.5,"\\ud800"]}', b'\xef\xbb\xbf{}']
    return plain + made


def dns_answers():
    question = b"\1a\7example\0\0\1\0\1"
    alias = b"\xc0\x0c\0\5\0\1\0\0\0\x3c\0\4\1b\xc0\x0e"
    ipv4 = b"\xc0\x0c\0\1\0\1\0\0\0\x3c\0\4\x0a\0\0\7"
    ipv6 = b"\xc0\x0c\0\x1c\0\1\0\0\0\x3c\0\x10" + bytes(16)
    return [b"\0\1" + flags + b"\0\1\0" + bytes([len(records)]) + bytes(4) + question + b"".join(records)
            for flags in (b"\x81\x80", b"\x83\x80", b"\x81\x83")
            for records in ([], [ipv4], [alias, ipv4, ipv4], [ipv6])]


def boards():
    """doctor.json with a part of everything, and with one part broken at a time."""
    host = {"role": "gateway", "host": "a.example", "port": 443, "was_asked": True, "pinned": "10.0.0.9",
            "address": [{"address": "10.0.0.7", "was_asked": True},
                        {"address": "::1", "was_asked": True, "cause": "connect_timeout", "fact": "no"}]}
    board = {"clock": {"now": 1, "build_time": 2000000000, "sync": "unsynchronised"},
             "resolver": {"server": [{"address": "10.0.0.1", "reply": [{"a": "silent", "aaaa": "silent"}]}]},
             "network": {"interface": [{"name": "eth0", "is_up": True, "mtu": 1300}]},
             "proxy": [{"source": "https_proxy", "value": "http://p:1", "is_in_force": True}],
             "libraries": {"curl_version": "8.5.0", "curl": [{"path": "/lib/libcurl.so.4"}]},
             "place": [{"folder": "/data", "state": "full"}],
             "note": [{"part": "log", "cause": "root_missing", "severity": "error", "headline": "no"}],
             "host": [host, {**host, "role": "ats_test"}]}
    cut = [{key: value for key, value in board.items() if key != gone} for gone in board]
    return [json.dumps({"schema": "avs-shim.board/1", "board": each}).encode()
            for each in [board, *cut, {**board, "host": [{"role": "login"}] * 8}]]


def iot_names():
    """The rows of the unit test's table: the first text of each."""
    source = (ROOT / "test" / "unit" / "iot_name.c").read_text()
    return [text.encode() for text in re.findall(r'^ +\{"([^"\\]+)", [A-Z]', source, re.M)]


def iot_inventories():
    host = "a1b2.iot.us-east-1.amazonaws.com"
    return [text.encode() for text in (
        f'name,endpoint,store,wanted\n"a ""b""\nc",{host},/no,a-ats.iot.us-east-1.amazonaws.com\n',
        f'\ufeffhost;thing\r\n{host};x\r\n\r\n"{host}";"y', f"endpoint\tx\n{host}\n",
        f'name,endpoint\n"a,{host}\nb,{host}\nc"d,e\n"a"b,{host}\n', "endpoint\n\n\n",
        f'{{"name":"a","endpoint":"{host}","store":"/no"}}\n{{"name":null}}\n{{"host":1}}\n[]\n{{')]


def iot_configs():
    host = "a1b2-ats.iot.us-east-1.amazonaws.com"
    return [text.encode() for text in (
        f'---\nsystem:\n  rootCaPath: "/ca.pem"\nservices:\n  a:\n    iotDataEndpoint: {host} # x\n',
        "note: |\n  awsRegion: x\niotCredEndpoint: 'c'\n  more\nx: {awsRegion: y}\n",
        f'{{"endpoint": "{host}", "a": {{"b": ["{host}"]}}, "root-ca": "/ca.pem"}}',
        f"connection a\naddress {host}:443 b:1\nbridge_alpn x-amzn-mqtt-ca\nbridge_cafile /a b\n",
        f'# c\nexport IOT_ENDPOINT="{host}" # d\n#define HOST "{host}"\n{host}\nx = y\n')]


def endpoints():
    return [text.encode() for text in (
        "ats-test", "na", "https://avs-ats-cert-test.amazon.com", "https://a.example:8443/",
        "https://[2001:db8::1]:443", "https://[::ffff:1.2.3.4]", "HTTPS://A.Example.:1",
        "https://xn--bcher-kva.example", "https://user:pass@a.example", "https://a..b",
        "https://1.2.3.4", "https://127.1", "http://a", "https://a/path?q#f", "https://a:0",
        "https://a:65536", "https://" + "a" * 64 + ".example", "https://[fe80::1%25eth0]")]


def gateways():
    """'j': the stored JSON; anything else: a database file."""
    stored = {"gatewayURL": "https://alexa.na.gateway.devices.a2z.com", "isVerified": True}
    values = [json.dumps(stored), '{"gatewayURL":"https://a"}', '{"isVerified":false}', "{}", "[",
              '{"gatewayURL":7,"isVerified":"x"}']
    seeds = [b"j" + value.encode() for value in values]
    with tempfile.TemporaryDirectory() as folder:
        for number, (table, mode) in enumerate([
                ("avsGatewayManager_verificationState", "DELETE"), ("other", "DELETE"),
                ("avsGatewayManager_verificationState", "WAL")]):
            path = os.path.join(folder, f"{number}.db")
            database = sqlite3.connect(path)
            database.execute("PRAGMA page_size=512")
            database.execute(f"PRAGMA journal_mode={mode}")
            database.execute(f"CREATE TABLE {table} (key TEXT PRIMARY KEY, value TEXT)")
            database.execute(f"INSERT INTO {table} VALUES ('state', ?)", (values[0],))
            database.commit()
            database.close()
            seeds.append(b"d" + pathlib.Path(path).read_bytes())
    return seeds + [b"dSQLite format 3\0" + b"\0" * 84, b"d"]


def answers():
    return [text.replace("\n", "\r\n").encode() for text in (
        "HTTP/1.1 200 OK\nContent-Length: 2\n\nok", "HTTP/1.1 403 Forbidden\nDate: Thu, 26 Nov "
        "2026 08:00:00 GMT\nTransfer-Encoding: chunked\n\n3\nabc\n0\n\n",
        "HTTP/1.1 302 Found\nLocation: http://portal.example/login?x\n\n", "HTTP/1.0 200\n\n",
        "HTTP/1.1 100 Continue\n\nHTTP/1.1 204 No Content\n\n", "HTTP/2 200\n\n", "ICY 200 OK\n\n",
        "HTTP/1.1 200 OK\nX: a\n folded\nBad header\n: empty\n\n", "HTTP/3.0 999 ?\n\n",
        "HTTP/1.1 101 Switching Protocols\nUpgrade: h2c\n\n", "<html>", "HTTP/1.1 2000 OK\n\n")]


def aws_answers():
    """A byte that chooses status and framing, the error type, Date, the body."""
    date = b"Sat, 21 Nov 2026 19:03:32 GMT"
    skewed = (b"Signature expired: 20261121T000000Z is now earlier than 20261121T185832Z "
              b"(20261121T190332Z - 5 min.)")
    bodies = [b'{"endpointAddress":"a1b2-ats.iot.us-east-1.amazonaws.com"}', b'{"endpointAddress":1}',
              b'{"message":"m","traceId":"x"}', b'{"__type":"a.b#ThrottlingException","Message":null}',
              b'{"code":"InvalidRequestException","message":"m"}', b"<html>", b"", b"[]",
              b'{"message":"' + skewed + b'"}']
    heads = [b"\0\n\n", b"\5InvalidSignatureException:http://x/\n" + date + b"\n",
             b"\3a#AccessDeniedException\n\n", b"\x42\n\n", b"\x80\n" + date + b"\n"]
    return [head + body for head in heads for body in bodies]


def aws_keys():
    """A byte that says what it is: profiles, a command line, its answer, the endpoint's answer."""
    keys = b'"SecretAccessKey": "a\\/b", "SessionToken": null, "Expiration": "2026-11-21T19:03:32+02:00"'
    return [
        b"\0[default]\naws_access_key_id = A\n aws = b\n\n[profile \"x y\"] ; c\r\nregion:eu-west-1\r\n",
        b"\0# c\n[DEFAULT]\nregion=x\n[a]\n[b]\ns3 =\n  k = v\n", b"\0[a]\nb=1\nb=2\n", b"\0a=b\n",
        b"\1/usr/bin/give --x 'a b' \"c\\\"d\" e\\ f ''", b"\1'", b"\1a\\", b"\2{}",
        b'\2{"Version": 1, "AccessKeyId": "AKIDEXAMPLE", ' + keys + b"}",
        b'\3{"credentials":{"accessKeyId":"A","secretAccessKey":"s","sessionToken":"t",'
        b'"expiration":"2026-11-21T19:03:32Z"}}']


def lines():
    seen = []
    for log in files(CORPUS / "logs", "*.log"):
        seen += [line for line in log.splitlines() if line][:6]
    return list(dict.fromkeys(seen))


def dictionary(*patterns):
    """The string literals of these sources, as libFuzzer reads them."""
    words = set()
    for pattern in patterns:
        for path in sorted((ROOT / "shim").glob(pattern)):
            for line in path.read_text().splitlines():
                words.update(re.findall(r'"([^"\\%]{3,48})"', line))
    return "".join(f'"{word}"\n' for word in sorted(words) if word.isascii())


HOSTILE = [  # for a fuzzer that has no row: what text may hold
    bytes(range(256)), "Privé Root 根 🔒\u202e\u2066\ufeff\x85\x9b2J".encode(), b"\xff\xc3\xed\xa0\x80",
    b"\x1b[2J\x1b]0;x\7\r\n\t\0\x7f", b'"\\u0041</script>&\'`$(x)', b"x" * 3000, b" " * 200]


def mqtt_answers():
    """What brokers answer to a CONNECT, and what they should not."""
    return [bytes.fromhex(text) for text in (
        "20020000", "20020005", "20020007", "2009000006 22000a 210014", "2003008700",
        "200a0080071f00046e6f7065", "e0028e00", "e000", "2013009d101c00056f74686572260001 6b00027676",
        "20ffffffff", "2006000003 1f0009", "2002", "20", "30020000")] + [b"HTTP/1.1 400 Bad"]


def numbered(inputs, prefixes=(b"",)):
    return {f"{number}-{at}": prefix + data for number, data in enumerate(inputs)
            for at, prefix in enumerate(prefixes)}


def make(folder):
    logs = files(CORPUS / "logs", "*.log") + files(CORPUS / "logs", "*.txt")
    evidence = files(CORPUS / "evidence", "*.json")
    made = {
        "anchors": numbered(pems() + ders()),
        "audit_scan": numbered(pems() + ders()),
        "explain": numbered(pems()),
        "conf_edit": numbered(configurations()),
        "conf_scan": numbered(configurations(), (b"+", b"-")),
        "endpoint": numbered(endpoints()),
        "dns_answer": numbered(dns_answers()),
        "doctor_folder": numbered(boards()),
        "iot_answer": numbered(aws_answers()),
        "iot_config": numbered(iot_configs()),
        "iot_keys": numbered(aws_keys()),
        "iot_inventory": numbered(iot_inventories()),
        "iot_mqtt": numbered(mqtt_answers()),
        "iot_name": numbered(iot_names()),
        "evidence_json": numbered(evidence),
        "gateway": numbered(gateways()),
        "h1_head": numbered(answers()),
        "h2_feed": http2(),
        "inspect_record": numbered(lines(), (b"\0",)),
        "inspect_stream": numbered(logs, (b"\x10",)),
        "judge": {**numbered(evidence),
                  **numbered([bytes(range(at, at + 40)) for at in range(0, 200, 10)], (b"\1\7", b"\0\3"))},
        "tls_engine": tls(),
    }
    for source in (ROOT / "test" / "fuzz").glob("*.c"):
        made.setdefault(source.stem, numbered(HOSTILE))
    for fuzzer, seeds in made.items():
        into = folder / fuzzer
        shutil.rmtree(into, ignore_errors=True)
        into.mkdir(parents=True)
        for name, data in seeds.items():
            (into / name).write_bytes(data)
    keys = dictionary("*/conf/lint_names.c", "*/conf/sdk.c", "*/conf/config.c", "*/conf/gateway.c")
    log = dictionary("*/inspect/rules_*.c", "*/inspect/record.c", "*/inspect/mask.c", "src/base/log.c")
    facts = dictionary("*/report/evidence_*.c", "*/evidence/*.c")
    board = dictionary("*/report/board_fields.c", "*/board/facts.h")
    aws = dictionary("*/iot/answer.c", "*/iot/members.c", "*/iot/helper.c", "*/iot/credentials.c")
    for fuzzer, words in {"iot_answer": aws, "iot_keys": aws, "conf_scan": keys, "conf_edit": keys, "gateway": keys,
                          "inspect_stream": log, "inspect_record": log, "evidence_json": facts,
                          "judge": facts, "doctor_folder": board}.items():
        (folder / f"{fuzzer}.dict").write_text(words)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    make(pathlib.Path(sys.argv[1]))
