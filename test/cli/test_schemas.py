# SPDX-License-Identifier: Apache-2.0
"""Every --json output is what docs/schema/ says: valid against its schema, and without a member that
the schema does not name."""
import json
import pathlib
import shutil
import subprocess

import jsonschema
import pytest

from avs_shim import AVS_SHIM, ENVIRONMENT, ROOT, Standin, run
from aws_peer import AwsPeer, answer
from pki import Pki

SCHEMAS = ROOT / "docs" / "schema"
EVIDENCE = ROOT / "test" / "corpus" / "evidence"
CONFIG = ROOT / "config" / "AlexaClientSDKConfig-1.17.json"
# Debian 11's jsonschema is older; the words of these schemas mean the same to both
VALIDATOR = getattr(jsonschema, "Draft202012Validator", jsonschema.Draft7Validator)
SCENARIOS = [row["name"] for row in json.loads(run("standin", "--list", "--json").stdout)["scenarios"]]


def schema_of(document):
    name, _, version = document["schema"].removeprefix("avs-shim.").partition("/")
    return json.loads((SCHEMAS / f"{name}-{version}.schema.json").read_text())


def undescribed(document, schema, place="$"):
    """Members that the schema does not name: it is open for readers, not for us."""
    if isinstance(document, dict):
        for key, value in document.items():
            inner = schema.get("properties", {}).get(key)
            if not isinstance(inner, dict):
                yield f"{place}.{key}"
            else:
                yield from undescribed(value, inner, f"{place}.{key}")
    elif isinstance(document, list):
        for index, value in enumerate(document):
            yield from undescribed(value, schema.get("items", {}), f"{place}[{index}]")


def check(text):
    document = json.loads(text)
    schema = schema_of(document)
    VALIDATOR.check_schema(schema)
    VALIDATOR(schema).validate(document)
    assert list(undescribed(document, schema)) == []


@pytest.fixture(scope="module")
def standin():
    with Standin() as running:
        yield running


@pytest.mark.parametrize("name", SCENARIOS)
def test_checks_and_their_evidence(standin, name, tmp_path):
    evidence = tmp_path / "evidence.json"
    result = standin.check(f"{name}.localhost", "--json", "--timeout", "2", "--evidence", evidence)
    check(result.stdout)
    check(evidence.read_text())


def test_the_whole_evidence():
    """The corpus leaves out what equals the default; one file has every member."""
    check((ROOT / "test" / "corpus" / "evidence-whole.json").read_text())


def test_families_are_in_it_too(standin):
    check(standin.check("ok.localhost", "--json", "--families").stdout)


@pytest.mark.parametrize("name", ["ok", "untrusted-root", "no-h2", "tls13-only", "plaintext-http"])
def test_ladders(standin, name):
    """test/e2e/test_check_ladder.py has the networks that do one thing wrong."""
    check(standin.check(f"{name}.localhost", "--json", "--ladder").stdout)
    check(standin.check(f"{name}.localhost", "--json", "--ladder", ca="none.pem").stdout)


@pytest.mark.parametrize("path", sorted((ROOT / "test/corpus/logs").glob("*.log")),
                         ids=lambda path: path.stem)
def test_logs(path):
    check(run("inspect", "--json", path).stdout)


@pytest.mark.parametrize("words", [
    ["show"], ["explain"], ["lint"], ["show", "--sdk", "1.16"], ["set", "eu"], ["toggle"],
    ["unset"], ["lint", "--fix"]])
def test_endpoints(words, tmp_path):
    for source in sorted((ROOT / "config").glob("*.json")):
        config = shutil.copy(source, tmp_path)
        check(run("endpoint", *words, "--json", "--config", config).stdout)


def test_stores(standin, tmp_path):
    bundle = pathlib.Path("/etc/ssl/certs/ca-certificates.crt")
    image = tmp_path / "image"
    (image / "etc/ssl/certs").mkdir(parents=True)
    damaged = tmp_path / "damaged.pem"
    damaged.write_bytes((standin.dir / "ca.pem").read_bytes()[:-40])
    check(run("trust", "audit", "--json").stdout)
    check(run("trust", "install", "--json").stdout)
    check(run("trust", "audit", "--json", "--config", CONFIG).stdout)
    check(run("trust", "audit", "--json", "--sysroot", image).stdout)
    if bundle.exists():
        shutil.copy(bundle, image / "etc/ssl/certs")
        check(run("trust", "audit", "--json", "--sysroot", image).stdout)
        check(run("trust", "install", "--json", "--sysroot", image).stdout)
    for file in (standin.dir / "ca.pem", damaged, tmp_path / "none"):
        check(run("trust", "audit", "--json", "--ca-file", file).stdout)


def test_chains(standin):
    for root in sorted((ROOT / "config" / "roots").glob("*.pem")):
        check(run("trust", "explain", "--json", "--chain", root, "--host", "a.test").stdout)
        check(run("trust", "explain", "--json", "--chain", root, "--ca-file",
                  standin.dir / "ca.pem").stdout)


def test_regions_of_aws_iot():
    for words in ([], ["eu-west-1"], ["xx-new-1"], ["mars"]):
        check(run("iot", "regions", "--json", *words).stdout)


def test_names_of_aws_iot(tmp_path):
    config = tmp_path / "config.yaml"
    config.write_text("iotDataEndpoint: a.iot.us-east-1.amazonaws.com:443\nrootCaPath: /ca.pem\n"
                      "iotCredEndpoint: a..b\nx: {awsRegion: eu-west-1}\n")
    for word in ("a.iot.us-east-1.amazonaws.com", "a-ats.iot.eu-west-1.amazonaws.com:1883",
                 "iot.example.com", "192.0.2.1", "iot-fips.us-east-1.api.aws", config):
        check(run("iot", "explain", "--json", word).stdout)


def test_endpoints_of_aws_iot(tmp_path):
    pki = Pki(tmp_path / "pki", host="localhost")
    env = {**ENVIRONMENT, "AWS_ACCESS_KEY_ID": "A" * 20, "AWS_SECRET_ACCESS_KEY": "s" * 40}
    for raw in (answer(200, '{"endpointAddress":"a1-ats.iot.us-east-1.amazonaws.com"}'),
                answer(200, '{"endpointAddress":"own.example.com"}'), answer(200, "<html>"),
                answer(403, '{"message":null}', "x-amzn-ErrorType: ExpiredTokenException"), b"no"):
        with AwsPeer(pki, raw) as peer:
            check(run("iot", "endpoint", "--json", "--region", "us-east-1", "--ca-file", pki.root,
                      "--endpoint-url", f"https://localhost:{peer.port}", env=env).stdout)
    check(run("iot", "endpoint", "--json", "--region", "us-east-1", "--ca-file", pki.root,
              "--endpoint-url", f"https://localhost:{peer.port}", env=env).stdout)


def test_the_plan_of_a_fleet_is_lines(tmp_path):
    inventory = tmp_path / "devices.csv"
    inventory.write_text("name,endpoint,store\n,a.iot.us-east-1.amazonaws.com,\nb,a b,\nc\n"
                         "d,a-ats.iot.us-east-1.amazonaws.com,/etc/ssl/certs/ca-certificates.crt\n")
    lines = run("iot", "plan", "--json", inventory).stdout.splitlines()
    assert len(lines) == 5
    for line in lines:
        check(line)


def test_ways_into_aws_iot(standin, tmp_path):
    """Every member is there whatever was found; test_iot_check.py has all the faults."""
    to = ["--connect-to", f"127.0.0.1:{standin.port}"]
    for words in (to, [*to, "--port", "8443"], [*to, "--cert", standin.dir / "ca.pem", "--key",
                                                tmp_path / "none", "--connect", "--publish", "a/b"]):
        check(run("iot", "check", "ok.localhost", "--json", "--timeout", "5", *words).stdout)


def test_fleets(tmp_path):
    (tmp_path / "bad.json").write_text("{")
    check(run("judge", "--json", ROOT / "test/corpus/evidence", tmp_path).stdout)


def test_lists():
    check(run("causes", "--json").stdout)
    check(run("causes", "--json", "root_missing").stdout)
    check(run("standin", "--list", "--json").stdout)
    check(run("standin", "--iot", "--list", "--json").stdout)


@pytest.mark.parametrize("words", [
    ["check", "--endpoint", "http://x"], ["judge", "/nonexistent"], ["trust", "audit", "--sysroot",
     "/nonexistent"], ["trust", "install", "--root", "none"], ["trust", "explain", "--chain",
     "/nonexistent"], ["endpoint", "lint", "--config", "/nonexistent"], ["inspect", "/nonexistent"],
    ["causes", "no_such"], ["iot", "regions", "No Region"],
    ["iot", "explain", "a b"], ["iot", "explain", "/nonexistent"],
    ["iot", "endpoint", "--type", "x"], ["iot", "plan", "/nonexistent"],
    ["iot", "plan", "/dev/null"], ["iot", "check"]], ids=" ".join)
def test_errors(words):
    result = run(*words, "--json")
    assert result.returncode == 2
    check(result.stdout)


@pytest.mark.parametrize("words, code, schema", [
    (["judge", "--junit", "x", EVIDENCE], 2, "fleet/1"),
    (["judge", EVIDENCE / "ok.json", "/nonexistent", "--tap", "x"], 2, "fleet/1"),
    (["judge", "/nonexistent"], 2, "check/1"),
    (["standin", "--qualify"], 2, "standin-qualify/1"),
    (["standin", "--qualify", "--", "/nonexistent"], 2, "standin-qualify/1"),
    (["standin", "--list", "--delays", "5"], 2, "standin-list/1"),
    (["standin", "--list", "--iot", "--host", "a b"], 2, "standin-iot-list/1"),
    (["standin", "--replay", "/nonexistent"], 2, "standin-replay/1"),
    (["standin", "--replay", EVIDENCE / "dns.json"], 3, "standin-replay/1"),
])
def test_an_error_is_of_the_schema_that_was_asked_for(words, code, schema):
    result = run(*words[:1], "--json", *words[1:])
    assert result.returncode == code
    assert json.loads(result.stdout)["schema"] == f"avs-shim.{schema}"
    check(result.stdout)


@pytest.mark.parametrize("name", ["ok", "clock", "refused", "silent"])
def test_replays(name, tmp_path):
    path = EVIDENCE / f"{'all-coming' if name == 'clock' else name}.json"
    command = [AVS_SHIM, "standin", "--replay", path, "--dir", tmp_path, "--json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=ENVIRONMENT) as process:
        check(process.stdout.readline())
        process.terminate()

