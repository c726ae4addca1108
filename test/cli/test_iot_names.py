# SPDX-License-Identifier: Apache-2.0
"""avs-shim iot explain and iot regions: the guide's statements about names, regions and roots, and
what a person reads."""
import json

import pytest

from avs_shim import run

ACCOUNT = "a1b2c3d4e5f6g7"
LEGACY = f"{ACCOUNT}.iot.us-east-1.amazonaws.com"
ATS = f"{ACCOUNT}-ats.iot.us-east-1.amazonaws.com"


def explained(word):
    result = run("iot", "explain", "--json", word)
    assert result.stderr == ""
    return result.returncode, json.loads(result.stdout)


def test_an_existing_endpoint_is_most_likely_a_verisign_endpoint():
    """Guide: "Any existing customer endpoint you have is most likely a VeriSign endpoint"."""
    code, report = explained(LEGACY)
    name = report["names"][0]
    assert code == 1 and name["kind"] == "legacy_data" and name["generation"] == "verisign"
    assert name["cause"] == "iot_legacy_name" and name["severity"] == "warning"


def test_ats_at_the_end_of_the_first_subdomain_is_an_ats_endpoint():
    """Guide: "If your endpoint has "-ats" at the end of the first subdomain"."""
    code, report = explained("asdfasdf-ats.iot.us-east-2.amazonaws.com")
    assert code == 0 and report["names"][0]["generation"] == "ats"


@pytest.mark.parametrize("kind", ["jobs", "credentials"])
def test_jobs_and_credentials_are_not_affected(kind):
    """Guide: "IoT endpoints for jobs and the credentials provider are not affected"."""
    code, report = explained(f"{ACCOUNT}.{kind}.iot.us-east-1.amazonaws.com")
    assert code == 0
    assert report["names"][0]["generation"] == "ats" and report["names"][0]["cause"] is None


@pytest.mark.parametrize("region", ["ap-south-1", "us-gov-west-1", "eu-north-1", "af-south-1"])
def test_new_regions_serve_ats_only(region):
    """Guide: "New regions launched after May, 2018 serve Amazon Trust Services ... only"."""
    code, report = explained(f"{ACCOUNT}.iot.{region}.amazonaws.com")
    assert code == 0 and report["names"][0]["generation"] == "ats"


def test_what_to_do_is_what_the_guide_and_aws_say_today():
    text = run("iot", "explain", LEGACY).stdout
    assert "legacy name: AWS no longer supports VeriSign on IoT Core; ask for iot:Data-ATS" in text
    assert "do not install VeriSign's G5 root" in text and "Never paste -ats into a name" in text
    assert "fails sooner or later" in text and "only a connection can tell" in text
    assert "next        avs-shim iot endpoint --region us-east-1\n" in text


def test_the_roots_for_both_families_are_named():
    """Guide: "the desired Amazon Trust Services CA Certificates (ex. RSA or ECC)"."""
    name = explained(ATS)[1]["names"][0]
    assert (name["root_rsa"], name["root_ecdsa"]) == ("Amazon Root CA 1", "Amazon Root CA 3")


def test_uncertain_things_are_said_to_be_uncertain():
    for host in (f"{ACCOUNT}-ats.iot.us-east-1.api.aws", "iot.example.com",
                 f"{ACCOUNT}.deviceadvisor.iot.us-east-1.amazonaws.com"):
        assert explained(host)[1]["names"][0]["is_certain"] is False
        assert "(likely)" in run("iot", "explain", host).stdout


@pytest.mark.parametrize("host", [
    f"{ATS}.evil.test", f"{ACCOUNT}-ats.iot.us-east-1", f"{ACCOUNT}-ats.iot.cn-north-1.amazonaws.com",
    f"{ACCOUNT}-ats.credentials.iot.us-east-1.amazonaws.com", "192.0.2.7",
    f"{ACCOUNT}-ats.iot.cn-north-1.amazonaws.com.cn", "s3.amazonaws.com"])
def test_names_that_aws_iot_does_not_have_are_named_as_such(host):
    code, report = explained(host)
    assert code == 1 and report["names"][0]["cause"] == "iot_name_invalid"


@pytest.mark.parametrize("word, what", [
    (f"https://{ATS}@evil.test/", "user name"), ("a b.example", "blank"), (f"{ATS}:0", "65535"),
    ("bücher.example", "punycode"), ("", "nothing is there")])
def test_what_is_no_host_ends_with_2_and_the_problem(word, what):
    result = run("iot", "explain", word)
    assert result.returncode == 2 and what in result.stderr and result.stdout == ""


@pytest.mark.parametrize("word, remark", [
    (f"{ATS}:1883", "port 1883"), (f"mqtt://{ATS}", "no TLS"), (f"{ATS}.", "ends in a dot")])
def test_what_does_not_go_together_is_remarked(word, remark):
    code, report = explained(word)
    remarks = report["names"][0]["remarks"]
    assert code == 1 and any(remark in each["text"] and each["is_wrong"] for each in remarks)


def test_ports_that_aws_listens_on_are_fine():
    for port in (443, 8443, 8883):
        assert explained(f"{ATS}:{port}")[0] == 0
    assert explained(f"{ACCOUNT}.credentials.iot.us-east-1.amazonaws.com:8883")[0] == 1


BRIDGE = """connection a
address {host}:{port}
bridge_cafile /etc/ssl/aws.pem
{alpn}
"""


@pytest.mark.parametrize("port, alpn, code, remark", [
    (8883, "", 0, None), (443, "bridge_alpn x-amzn-mqtt-ca", 0, None),
    (443, "", 1, "bridge_alpn x-amzn-mqtt-ca"), (443, "bridge_alpn h2", 1, "takes no ALPN 'h2'"),
    (1883, "", 1, "port 1883")])
def test_a_bridge_of_mosquitto_needs_alpn_on_443(tmp_path, port, alpn, code, remark):
    path = tmp_path / "bridge.conf"
    path.write_text(BRIDGE.format(host=ATS, port=port, alpn=alpn))
    found, report = explained(path)
    texts = [each["text"] for each in report["names"][0]["remarks"]]
    assert found == code and (remark is None or any(remark in text for text in texts))
    assert report["trust_stores"] == [{"line": 3, "key": "bridge_cafile", "path": "/etc/ssl/aws.pem"}]


def test_names_in_a_file_are_told_with_their_line(tmp_path):
    path = tmp_path / "config.yaml"
    path.write_text("services:\n  aws.greengrass.Nucleus:\n    configuration:\n"
                    f"      awsRegion: eu-west-1\n      iotDataEndpoint: {LEGACY}\n"
                    f"      iotCredEndpoint: {ATS}\n")
    result = run("iot", "explain", path)
    assert result.returncode == 1
    assert f"{path}:5: iotDataEndpoint: {LEGACY}: legacy" in result.stdout
    assert f"{path}:6: iotCredEndpoint: {ATS}: device data endpoint (iot_wrong_kind)" in result.stdout
    assert "line 4 says region eu-west-1, and the name is of us-east-1" in result.stdout


def test_what_is_not_understood_is_no_success(tmp_path):
    path = tmp_path / "config.yaml"
    path.write_text(f"a: {{iotDataEndpoint: {ATS}}}\niotDataEndpoint: {ATS}\n")
    code, report = explained(path)
    assert code == 1 and report["not_understood"][0]["line"] == 1
    path.write_text("nothing: here\n")
    result = run("iot", "explain", path)
    assert result.returncode == 1 and "no name of AWS IoT Core was found" in result.stdout


def test_the_table_of_regions_is_the_guides_with_todays_beside_it():
    text = run("iot", "regions").stdout
    for row in ("us-east-2       US East (Ohio)            VeriSign, ATS  ATS",
                "cn-north-1      China (Beijing)           VeriSign, ATS  ATS",
                "ap-south-1      Asia Pacific (Mumbai)     ATS            ATS",
                "us-gov-west-1   AWS GovCloud (US)         ATS            ATS"):
        assert row in text


def test_a_region_that_is_not_listed_is_no_error():
    result = run("iot", "regions", "eu-west-9")
    assert result.returncode == 0 and "which lags" in result.stdout
    result = run("iot", "regions", "eu-wset-1")
    assert result.returncode == 0 and "did you mean 'eu-west-1'?" in result.stderr
    assert run("iot", "regions", "EU (Ireland)").returncode == 2


@pytest.mark.parametrize("word", ["config.yaml", "greengrass/config.yaml", "bridge.conf", "aws_iot.h"])
def test_a_configuration_that_is_not_there_is_no_custom_domain(word, tmp_path):
    result = run("iot", "explain", word, cwd=tmp_path)
    assert result.returncode == 2 and "No such file" in result.stderr and not result.stdout
