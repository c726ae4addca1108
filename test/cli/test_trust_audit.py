# SPDX-License-Identifier: Apache-2.0
"""avs-shim trust audit: each state of each root, each finding, over real files."""
import json
import os
import pathlib
import shutil
import subprocess

import pytest

from avs_shim import AVS_SHIM, ENVIRONMENT, OPENSSL_VERIFY, ROOT, run
from trust_tree import (NAMES, REQUIRED, ROOTS, Tree, debian, openssl, pem,
                        subject_hash)


def audit(*arguments, code=None, env=None):
    result = run("trust", "audit", "--json", *arguments, env=env or ENVIRONMENT)
    assert result.stderr == "", result.stderr
    report = json.loads(result.stdout)
    assert report["schema"] == "avs-shim.trust-audit/1"
    assert result.returncode == (0 if report["is_usable"] else 1)
    if code is not None:
        assert result.returncode == code
    return report


def states(report):
    return {row["name"]: row["state"] for row in report["authorities"]}


def findings(report, id_):
    return [finding for finding in report["findings"] if finding["id"] == id_]


def chain(report, shape):
    return next(row["verifies"] for row in report["chains"] if row["shape"] == shape)


def bundle(folder, *names, extra=""):
    path = folder / "bundle.pem"
    path.write_text("".join(pem(name) for name in names) + extra)
    return path


# ---- the answer ----

def test_all_required_roots_in_a_file_is_exit_0(tmp_path):
    report = audit("--ca-file", bundle(tmp_path, *REQUIRED), code=0)
    assert report["usable"] == report["required"] == 5
    assert [states(report)[NAMES[name]] for name in REQUIRED] == ["present"] * 5


def test_one_is_no_plural(tmp_path):
    one = bundle(tmp_path, REQUIRED[0])
    folder = tmp_path / "folder"
    folder.mkdir()
    shutil.copy(one, folder / "one.pem")
    assert "(1 certificate; --ca-file)" in run("trust", "audit", "--ca-file", one).stdout
    text = run("trust", "audit", "--ca-path", folder).stdout
    assert "(1 certificate file, 0 hashed; --ca-path)" in text
    assert "(1 certificate file, none hashed)" in text


@pytest.mark.parametrize("missing", REQUIRED)
def test_each_missing_root_is_named_with_its_fingerprint(tmp_path, missing):
    file = bundle(tmp_path, *[name for name in REQUIRED if name != missing])
    report = audit("--ca-file", file, code=1)
    assert [row["name"] for row in report["authorities"]
            if row["role"] == "required" and row["state"] != "present"] == [NAMES[missing]]
    text = run("trust", "audit", "--ca-file", file).stdout
    fingerprint = openssl("x509", "-in", pathlib.Path(__file__).parents[2] / "config" / "roots" /
                          f"{missing}.pem", "-noout", "-fingerprint", "-sha256").decode()
    assert fingerprint.split("=")[1].strip().replace(":", "") in text
    assert text.startswith("Not ready: 4 of 5 required roots")
    assert text.splitlines()[-1] == f"Next  avs-shim trust install --ca-file {file} --apply"


def test_class_2_and_the_look_alike_never_count(tmp_path):
    packaged = pathlib.Path("/usr/share/ca-certificates/mozilla/"
                            "Starfield_Root_Certificate_Authority_-_G2.crt")
    look_alike = packaged.read_text() if packaged.exists() else ""
    file = bundle(tmp_path, "starfield-class-2", *REQUIRED[:4], extra=look_alike)
    report = audit("--ca-file", file, code=1)
    assert states(report)["Starfield Class 2 Certification Authority"] == "present"
    assert states(report)["Starfield Services Root Certificate Authority - G2"] == "absent"
    if look_alike:
        assert states(report)["Starfield Root Certificate Authority - G2"] == "present"


def test_absence_of_class_2_is_no_fault(tmp_path):
    report = audit("--ca-file", bundle(tmp_path, *REQUIRED), code=0)
    assert states(report)["Starfield Class 2 Certification Authority"] == "absent"
    assert not [f for f in report["findings"] if f["severity"] == "error"]


def test_companion_and_legacy_roots_are_information(tmp_path):
    report = audit("--ca-file", bundle(tmp_path, *REQUIRED), code=0)
    roles = {row["name"]: row["role"] for row in report["authorities"]}
    assert roles["DigiCert Global Root G2"] == "companion"
    assert roles["VeriSign Class 3 Public Primary Certification Authority - G5"] == "legacy"
    companion = pathlib.Path("/usr/share/ca-certificates/mozilla/DigiCert_Global_Root_G2.crt")
    if companion.exists():
        file = bundle(tmp_path, *REQUIRED, extra=companion.read_text())
        assert states(audit("--ca-file", file))["DigiCert Global Root G2"] == "present"


def test_chains_follow_the_store(tmp_path):
    only_1 = audit("--ca-file", bundle(tmp_path, "amazon-root-ca-1"))
    assert chain(only_1, "root1_by_g2") == {"libcurl": True, "openssl_default": True,
                                            "strict_path": True}
    assert chain(only_1, "root1_by_g2_by_c2")["strict_path"] is False
    assert chain(only_1, "root3_by_g2") == {"libcurl": False, "openssl_default": False,
                                            "strict_path": False}
    only_g2 = audit("--ca-file", bundle(tmp_path, "starfield-services-root-g2"))
    assert chain(only_g2, "root3_bare")["libcurl"] is False
    assert chain(only_g2, "root3_by_g2")["libcurl"] is True


def test_the_forecast_says_what_is_missing_here(tmp_path):
    report = audit("--ca-file", bundle(tmp_path, "starfield-services-root-g2"))
    row = next(row for row in report["forecast"] if row["date"] == "2027-04-15")
    assert "Starfield Services G2" in row["what"]
    assert row["missing_here"].split(", ") == [NAMES[name] for name in REQUIRED[:4]]


# ---- which store ----

def test_the_sdk_uses_the_loaded_libcurls_places():
    config = subprocess.run(["curl-config", "--ca"], capture_output=True, text=True)
    report = audit()
    used = [store for store in report["stores"] if "sdk" in store["read_by"]]
    assert used and all("libcurl_default" in store["read_by"] for store in used)
    if config.returncode == 0 and config.stdout.strip():
        assert config.stdout.strip() in [store["path"] for store in used]
    assert report["libcurl"]["version"]
    assert os.path.exists(report["libcurl"]["library"])


def write_config(folder, **keys):
    path = folder / "AlexaClientSDKConfig.json"
    path.write_text("// the SDK's file\n" + json.dumps({"libcurlUtils": keys}))
    return path


def test_the_config_names_the_store(tmp_path):
    file = bundle(tmp_path, *REQUIRED)
    report = audit("--config", write_config(tmp_path, CURLOPT_CAINFO=str(file)), code=0)
    used = {store["path"]: store for store in report["stores"] if "sdk" in store["read_by"]}
    assert used[str(file)]["named_by"] == "libcurlUtils.CURLOPT_CAINFO"
    # libcurl's own path stays in force beside it
    defaults = [store for store in report["stores"] if "libcurl_default" in store["read_by"]]
    assert any(store["kind"] == "ca_path" and "sdk" in store["read_by"] for store in defaults) or \
        not any(store["kind"] == "ca_path" for store in defaults)


def test_a_missing_ca_file_is_error_77_whatever_the_path_holds(tmp_path):
    report = audit("--config", write_config(tmp_path, CURLOPT_CAINFO="/no/such/bundle.pem",
                                            CURLOPT_CAPATH="/etc/ssl/certs"), code=1)
    assert report["is_ca_file_broken"]
    assert findings(report, "store_unreadable")[0]["path"] == "/no/such/bundle.pem"
    assert not any(any(row["verifies"].values()) for row in report["chains"])
    assert "CURLOPT_CAINFO" in report["remedy"]


def test_error_77_takes_the_roots_of_the_ca_path_with_it(tmp_path):
    """All five can be found through the path; libcurl never comes that far."""
    folder = folder_with(tmp_path, *REQUIRED)
    assert audit("--config", write_config(tmp_path, CURLOPT_CAPATH=str(folder)))["usable"] == 5
    bad = tmp_path / "bad.pem"
    bad.write_text("no certificate\n")
    for named in (bad, tmp_path / "missing.pem", folder):
        config = write_config(tmp_path, CURLOPT_CAINFO=str(named), CURLOPT_CAPATH=str(folder))
        report = audit("--config", config, code=1)
        assert report["is_ca_file_broken"] and report["usable"] == 0
        assert [row["state"] for row in report["authorities"] if row["role"] == "required"] == \
            ["present"] * 5  # in the folder they are
        assert not any(any(row["verifies"].values()) for row in report["chains"])
        text = run("trust", "audit", "--config", config).stdout
        assert text.startswith("Not ready: libcurl cannot load its CA file")
        assert "  ok " not in text and "0 verify" in text


@pytest.mark.parametrize("content", [b"", b"garbage\n", b"0\x82"])
def test_a_ca_file_without_certificate_is_error_77(tmp_path, content):
    file = tmp_path / "ca.pem"
    file.write_bytes(content)
    report = audit("--ca-file", file, code=1)
    assert report["is_ca_file_broken"] and findings(report, "store_invalid")


def test_libcurl_agrees_about_broken_and_good_files(tmp_path):
    good = bundle(tmp_path, *REQUIRED)
    empty = tmp_path / "empty.pem"
    empty.write_text("")
    for file in (good, empty, tmp_path / "missing.pem", tmp_path):
        curl = subprocess.run(["curl", "-s", "--cacert", file, "https://127.0.0.1:1/"],
                              capture_output=True, env=ENVIRONMENT)
        # 7: it came as far as connecting; the file is loaded after that
        assert curl.returncode in (7, 77)
        assert audit("--ca-file", file)["is_ca_file_broken"] == (file != good)


def test_a_malformed_config_is_exit_2(tmp_path):
    path = tmp_path / "config.json"
    path.write_text('{"libcurlUtils": ')
    result = run("trust", "audit", "--config", path)
    assert result.returncode == 2 and "config.json" in result.stderr


def test_curl_works_but_the_sdk_fails(tmp_path):
    good = bundle(tmp_path, *REQUIRED)
    poor = tmp_path / "poor.pem"
    poor.write_text(pem("starfield-class-2"))
    environment = {**ENVIRONMENT, "CURL_CA_BUNDLE": str(good)}
    environment.pop("SSL_CERT_FILE", None)
    environment.pop("SSL_CERT_DIR", None)
    config = write_config(tmp_path, CURLOPT_CAINFO=str(poor), CURLOPT_CAPATH=str(tmp_path / "no"))
    report = audit("--config", config, code=1, env=environment)
    assert report["curl_command_works_where_sdk_fails"]
    assert findings(report, "tool_only")[0]["path"] == "CURL_CA_BUNDLE"
    text = run("trust", "audit", "--config", config, env=environment).stdout
    assert f"curl command works where the SDK fails: CURL_CA_BUNDLE={good}" in text


@pytest.mark.parametrize("variable", ["CURL_CA_BUNDLE", "SSL_CERT_FILE", "SSL_CERT_DIR"])
def test_variables_never_change_what_the_sdk_uses(tmp_path, variable):
    clean = {key: value for key, value in ENVIRONMENT.items()
             if key not in ("CURL_CA_BUNDLE", "SSL_CERT_FILE", "SSL_CERT_DIR")}
    value = tmp_path if variable == "SSL_CERT_DIR" else bundle(tmp_path, "starfield-class-2")
    before, after = audit(env=clean), audit(env={**clean, variable: str(value)})
    assert before["authorities"] == after["authorities"]
    assert [f["detail"] for f in findings(after, "tool_only")] == [str(value)]


# ---- a folder ----

def folder_with(tmp_path, *names, hashed=True):
    folder = tmp_path / "certs"
    folder.mkdir()
    for name in names:
        (folder / f"{name}.pem").write_text(pem(name))
    if hashed:
        openssl("rehash", folder)
    return folder


def test_a_hashed_folder_is_a_store(tmp_path):
    report = audit("--ca-path", folder_with(tmp_path, *REQUIRED), code=0)
    assert report["stores"][0]["hashed"] == 5


def test_an_unhashed_folder_finds_nothing(tmp_path):
    folder = folder_with(tmp_path, *REQUIRED, hashed=False)
    report = audit("--ca-path", folder, code=1)
    assert states(report)["Amazon Root CA 1"] == "unhashed"
    assert report["stores"][0]["state"] == "not_hashed"
    finding = findings(report, "folder_unhashed")[0]
    assert finding["command"] == f"openssl rehash {folder}"
    assert finding["cause"] == "ca_path_not_hashed"
    subprocess.run(finding["command"], shell=True, check=True, capture_output=True)
    audit("--ca-path", folder, code=0)


def test_a_folder_that_holds_a_bundle_alone_is_told_so(tmp_path):
    """openssl rehash leaves a bundle alone, so it is not the advice."""
    folder = tmp_path / "certs"
    folder.mkdir()
    bundle(folder, *REQUIRED)
    report = audit("--ca-path", folder, code=1)
    assert not findings(report, "folder_unhashed")
    assert "CURLOPT_CAINFO" in findings(report, "folder_bundle_only")[0]["remedy"]
    openssl("rehash", folder)
    audit("--ca-path", folder, code=1)  # it does


@pytest.mark.parametrize("marker", ["/etc/alpine-release", "/etc/openwrt_release", "/etc/yocto"])
def test_a_folder_with_the_bundle_in_it_is_normal(tmp_path, marker):
    """Alpine, OpenWrt's ca-bundle, most Buildroot images: one file, no links."""
    tree = Tree(tmp_path / "root")
    tree.write(marker, "1\n")
    tree.write("/etc/ssl/certs/ca-certificates.crt", "".join(pem(name) for name in REQUIRED))
    for library in (None, b"\x7fELF\0libcurl/8.5.0\0/etc/ssl/certs/ca-certificates.crt\0"
                          b"/etc/ssl/certs\0libssl.so.3\0nghttp2/\0"):
        if library:
            tree.write("/usr/lib/libcurl.so.4", library)
        report, code = tree.audit()
        assert code == 0
        assert [f["id"] for f in report["findings"] if f["id"] != "clock"] == []


# ---- Android's folder: names by the old subject hash ----

def old_hash_folder(folder, *names):
    folder.mkdir(parents=True, exist_ok=True)
    for name in names:
        old = openssl("x509", "-in", ROOT / "config" / "roots" / f"{name}.pem", "-noout",
                      "-subject_hash_old").decode().strip()
        (folder / f"{old}.0").write_text(pem(name))
    return folder


@pytest.mark.parametrize("place", ["/system/etc/security/cacerts",
                                   "/apex/com.android.conscrypt/cacerts"])
def test_androids_folder_is_found_and_its_names_are_told_once(tmp_path, place):
    tree = Tree(tmp_path / "root")
    tree.write("/system/build.prop", "ro.build.version.sdk=30\n")
    old_hash_folder(tree / place, *REQUIRED, "starfield-class-2")
    report, code = tree.audit()
    assert code == 1 and report["has_store"]
    assert report["stores"][0]["path"] == place and report["stores"][0]["old_hashed"] == 6
    assert states(report)["Amazon Root CA 1"] == "old_hash"
    assert [f["id"] for f in report["findings"] if f["id"] != "clock"] == ["folder_old_hash"]
    finding = findings(report, "folder_old_hash")[0]
    assert finding["severity"] == "error" and "old subject hash" in finding["meaning"]
    assert not findings(report, "no_default_store")
    assert run(*report["next"].split()[1:]).returncode == 0  # its advice works
    report, code = tree.audit()
    assert code == 0 and findings(report, "folder_old_hash")[0]["severity"] == "info"


def test_old_names_beside_todays_are_no_fault(tmp_path):
    """c_rehash -old, Debian 7: both names, or the old one for some only."""
    folder = old_hash_folder(folder_with(tmp_path, *REQUIRED), *REQUIRED)
    assert audit("--ca-path", folder, code=0)["stores"][0]["unhashed"] == 5  # the old names' files
    both = folder_with(tmp_path / "x", *REQUIRED) if (tmp_path / "x").mkdir() is None else None
    for name in REQUIRED:
        old = openssl("x509", "-in", both / f"{name}.pem", "-noout",
                      "-subject_hash_old").decode().strip()
        (both / f"{old}.0").symlink_to(f"{name}.pem")
    report = audit("--ca-path", both, code=0)
    assert not [f for f in report["findings"] if "hash" in f["id"]]


def test_old_names_with_a_bundle_beside_do_no_harm(tmp_path):
    tree = Tree(tmp_path / "root")
    tree.write("/etc/ssl/certs/ca-certificates.crt", "".join(pem(name) for name in REQUIRED))
    old_hash_folder(tree / "/etc/ssl/certs", *REQUIRED)
    tree.write("/usr/lib/libcurl.so.4", b"\x7fELF\0libcurl/7.38.0\0"
               b"/etc/ssl/certs/ca-certificates.crt\0/etc/ssl/certs\0libssl.so.1.0.0\0nghttp2\0")
    report, code = tree.audit()
    assert code == 0 and findings(report, "folder_old_hash")[0]["severity"] == "info"


# ---- a folder where a file is wanted, and the other way round ----

def test_a_bundle_as_ca_path(tmp_path):
    file = bundle(tmp_path, *REQUIRED)
    for report in (audit("--config", write_config(tmp_path, CURLOPT_CAPATH=str(file))),
                   audit("--ca-path", file, code=1)):
        finding = findings(report, "ca_path_is_file")[0]
        assert finding["path"] == str(file) and "CURLOPT_CAINFO" in finding["remedy"]
        assert not findings(report, "store_missing") and not findings(report, "store_unreadable")


def test_a_folder_as_ca_file(tmp_path):
    folder = folder_with(tmp_path, *REQUIRED)
    for arguments in (["--config", write_config(tmp_path, CURLOPT_CAINFO=str(folder))],
                      ["--ca-file", folder]):
        report = audit(*arguments, code=1)
        finding = findings(report, "ca_file_is_folder")[0]
        assert report["is_ca_file_broken"] and "CURLOPT_CAPATH" in finding["remedy"]
        assert not findings(report, "store_unreadable")


def test_one_certificate_without_link_is_told(tmp_path):
    folder = folder_with(tmp_path, *REQUIRED)
    link = folder / f"{subject_hash(folder / 'amazon-root-ca-3.pem')}.0"
    link.unlink()
    report = audit("--ca-path", folder, code=1)
    assert states(report)["Amazon Root CA 3"] == "unhashed"
    assert findings(report, "file_unhashed")[0]["path"].endswith("amazon-root-ca-3.pem")


def test_a_stale_link_and_a_dangling_one(tmp_path):
    folder = folder_with(tmp_path, *REQUIRED)
    (folder / "deadbeef.0").symlink_to("amazon-root-ca-1.pem")
    (folder / "0badcafe.0").symlink_to("gone.pem")
    report = audit("--ca-path", folder, code=0)
    assert findings(report, "hash_stale")[0]["path"].endswith("deadbeef.0")
    assert "ce5e74ef" in findings(report, "hash_stale")[0]["detail"]
    assert findings(report, "hash_dangling")[0]["path"].endswith("0badcafe.0")


def test_a_gap_in_the_numbers_hides_what_follows(tmp_path):
    folder = folder_with(tmp_path, *REQUIRED)
    (folder / "ce5e74ef.0").rename(folder / "ce5e74ef.1")
    report = audit("--ca-path", folder, code=1)
    assert findings(report, "hash_gap")[0]["path"].endswith("ce5e74ef.1")
    verify = subprocess.run([*OPENSSL_VERIFY, "-no-CAfile", "-CApath", folder,
                             folder / "amazon-root-ca-1.pem"], capture_output=True)
    assert verify.returncode != 0  # OpenSSL sees it the same way


# ---- a copy, an impostor, a time ----

CERTS = ROOT / "test" / "support" / "certs"


def test_a_cross_signed_copy_is_no_root(tmp_path):
    copy = (CERTS / "amazon-root-ca-1-by-g2.pem").read_text()
    file = bundle(tmp_path, *REQUIRED[1:4], extra=copy)
    report = audit("--ca-file", file, code=1)
    assert states(report)["Amazon Root CA 1"] == "cross_signed"
    assert findings(report, "cross_copy")[0]["detail"] == "Amazon Root CA 1"
    assert chain(report, "root1_by_g2") == {"libcurl": True, "openssl_default": False,
                                            "strict_path": True}
    # beside the root itself it does no harm
    report = audit("--ca-file", bundle(tmp_path, *REQUIRED, extra=copy), code=0)
    assert states(report)["Amazon Root CA 1"] == "present"


def test_verisign_g5_is_reported_as_legacy(tmp_path):
    g5 = "VeriSign Class 3 Public Primary Certification Authority - G5"
    file = bundle(tmp_path, *REQUIRED, extra=(CERTS / "verisign-g5.pem").read_text())
    assert states(audit("--ca-file", file, code=0))[g5] == "present"
    assert f"info    {g5}" in run("trust", "audit", "--ca-file", file).stdout


def test_the_same_name_over_another_key_is_an_error(tmp_path):
    key = tmp_path / "k.key"
    openssl("ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", key)
    fake = tmp_path / "fake.pem"
    openssl("req", "-x509", "-new", "-key", key, "-subj", "/C=US/O=Amazon/CN=Amazon Root CA 1",
            "-days", 30, "-out", fake, "-utf8")
    # OpenSSL writes UTF8String, Amazon PrintableString: build the exact name
    config = tmp_path / "c.cnf"
    config.write_text("[req]\nstring_mask=nombstr\ndistinguished_name=dn\nprompt=no\n"
                      "[dn]\nC=US\nO=Amazon\nCN=Amazon Root CA 1\n")
    openssl("req", "-x509", "-new", "-key", key, "-config", config, "-days", 30, "-out", fake)
    report = audit("--ca-file", fake, code=1)
    assert states(report)["Amazon Root CA 1"] == "absent"
    assert findings(report, "foreign_key")[0]["detail"] == "Amazon Root CA 1"


@pytest.mark.skipif(not shutil.which("faketime"), reason="needs faketime")
@pytest.mark.parametrize("when, state", [("2010-01-01", "not_yet_valid"), ("2045-01-01", "expired")])
def test_a_wrong_clock_is_told_from_a_missing_root(tmp_path, when, state):
    file = bundle(tmp_path, *REQUIRED)
    result = subprocess.run(["faketime", when, AVS_SHIM, "trust", "audit", "--json", "--ca-file",
                             file], capture_output=True, text=True, env=ENVIRONMENT)
    if "AddressSanitizer" in result.stderr or "ASan" in result.stderr:
        pytest.skip("faketime and the sanitizer do not go together")
    report = json.loads(result.stdout)
    assert result.returncode == 1 and states(report)["Amazon Root CA 1"] == state
    assert bool(findings(report, "clock")) == (when < "2020")


# ---- junk ----

JUNK = {
    "der_file": lambda good: ssl_der(good),
    "html_file": lambda good: b"<!DOCTYPE html><html><body>404 Not Found</body></html>",
    "empty_file": lambda good: b"",
    "bom": lambda good: b"\xef\xbb\xbf" + good,
    "crlf": lambda good: good.replace(b"\n", b"\r\n"),
    "broken_block": lambda good: good[:len(good) // 2],
    "no_certificate": lambda good: b"see README\n",
}


def ssl_der(text):
    return openssl("x509", "-outform", "DER", input=text)


@pytest.mark.parametrize("kind", JUNK)
def test_junk_in_the_local_folder_is_found(tmp_path, kind):
    tree = debian(tmp_path / "root")
    junk = JUNK[kind](pem("amazon-root-ca-1").encode())
    tree.write("/usr/local/share/ca-certificates/mine.crt", junk)
    report, _ = tree.audit()
    assert findings(report, kind)[0]["path"] == "/usr/local/share/ca-certificates/mine.crt"


def test_modes_that_the_sdk_cannot_read_or_everyone_can_write(tmp_path):
    file = bundle(tmp_path, *REQUIRED)
    file.chmod(0o600)
    assert findings(audit("--ca-file", file), "private_mode")[0]["detail"] == "mode 0600"
    file.chmod(0o666)
    assert findings(audit("--ca-file", file), "writable_by_all")[0]["severity"] == "error"


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
def test_an_unreadable_file_is_told(tmp_path):
    file = bundle(tmp_path, *REQUIRED)
    file.chmod(0)
    assert findings(audit("--ca-file", file, code=1), "store_unreadable")


def cut_off(good):
    return good + "-----BEGIN CERTIFICATE-----\nMIIBszCCAVmgAwIBAgIUTm90QVJlYWxDZXJ0aWZpY2F0ZQ\n"


def glued(good):
    return good.replace("-----END CERTIFICATE-----\n-----BEGIN", "-----END CERTIFICATE----------BEGIN")


@pytest.mark.parametrize("damage, words", [(cut_off, "cut off"), (glued, "glued together")])
def test_a_damaged_block_costs_the_whole_file(tmp_path, damage, words):
    """As libcurl has it (error 77); the line is named by audit and explain alike."""
    file = bundle(tmp_path, *REQUIRED)
    good = file.read_text()
    file.write_text(damage(good))
    line = next(number for number, text in enumerate(file.read_text().split("\n"), 1)
                if "----------" in text or number > good.count("\n") and "BEGIN" in text)
    report = audit("--ca-file", file, code=1)
    finding = findings(report, "store_invalid")[0]
    assert f"line {line}: " in finding["detail"] and words in finding["detail"]
    assert report["is_ca_file_broken"] and report["usable"] == 0
    text = run("trust", "audit", "--ca-file", file).stdout
    assert "Not ready:" in text and f"refused: line {line}: " in text
    assert "OpenSSL stops reading there" not in text
    chain = tmp_path / "chain.pem"
    chain.write_text(pem("amazon-root-ca-3"))
    explained = run("trust", "explain", "--chain", chain, "--ca-file", file).stdout
    assert "ca_file_invalid" in explained and f"line {line}: " in explained, explained
    assert f"sed -n {line},+2p {file}" in explained


def test_a_ca_path_may_be_a_list_of_folders(tmp_path):
    folders = [tmp_path / "a", tmp_path / "b"]
    for folder, names in zip(folders, (REQUIRED[:2], REQUIRED[2:])):
        folder.mkdir()
        for name in names:
            (folder / f"{subject_hash(ROOTS / f'{name}.pem')}.0").write_text(pem(name))
    report = audit("--ca-path", f"{folders[0]}:/no/such:{folders[1]}", code=0)
    assert report["usable"] == 5
    assert [store["path"] for store in report["stores"]][:3] == [
        str(folders[0]), "/no/such", str(folders[1])]


def test_duplicates_are_counted(tmp_path):
    report = audit("--ca-file", bundle(tmp_path, *REQUIRED, REQUIRED[0], REQUIRED[0]), code=0)
    assert findings(report, "duplicates")[0]["detail"] == "2 of 7"
    assert report["stores"][0]["certificates"] == 5


def test_a_pem_name_in_the_local_folder_is_ignored(tmp_path):
    tree = debian(tmp_path / "root", roots=[])
    tree.write("/usr/local/share/ca-certificates/AmazonRootCA1.pem", pem("amazon-root-ca-1"))
    report, _ = tree.audit()
    assert findings(report, "ignored_name")[0]["path"].endswith("AmazonRootCA1.pem")


def test_the_guides_recipe_half_done(tmp_path):
    """The file is downloaded, the line was forgotten."""
    tree = debian(tmp_path / "root", roots=[])
    tree.write("/usr/share/ca-certificates/AmazonRootCA1.pem", pem("amazon-root-ca-1"))
    report, code = tree.audit()
    assert code == 1
    assert findings(report, "conf_unlisted")[0]["path"].endswith("/AmazonRootCA1.pem")


def test_two_names_on_one_line(tmp_path):
    tree = debian(tmp_path / "root")
    conf = tree / "/etc/ca-certificates.conf"
    conf.write_text(conf.read_text().rstrip("\n") + "AmazonRootCA1.pem\n")
    report, _ = tree.audit()
    finding = findings(report, "conf_glued")[0]
    assert "AmazonRootCA1.pem" in finding["detail"] and finding["severity"] == "error"


def test_a_list_without_newline_and_a_name_that_is_gone(tmp_path):
    tree = debian(tmp_path / "root")
    conf = tree / "/etc/ca-certificates.conf"
    conf.write_text("mozilla/Gone.crt\n" + conf.read_text().rstrip("\n"))
    report, _ = tree.audit()
    assert findings(report, "conf_no_newline")
    assert "line 1: mozilla/Gone.crt" in findings(report, "conf_missing_file")[0]["detail"]


def test_a_root_that_is_switched_off(tmp_path):
    tree = debian(tmp_path / "root", roots=REQUIRED[1:])
    tree.write("/usr/share/ca-certificates/mozilla/Amazon_Root_CA_1.crt", pem("amazon-root-ca-1"))
    conf = tree / "/etc/ca-certificates.conf"
    conf.write_text(conf.read_text() + "!mozilla/Amazon_Root_CA_1.crt\n")
    report, code = tree.audit()
    assert code == 1 and states(report)["Amazon Root CA 1"] == "deselected"
    assert findings(report, "conf_deselected")


# ---- a sysroot ----

def test_a_sysroot_is_audited_without_leaving_it(tmp_path):
    tree = debian(tmp_path / "root", roots=[])
    good = bundle(tmp_path, *REQUIRED)
    (tree / "/etc/ssl/certs/ca-certificates.crt").unlink()
    tree.link("/etc/ssl/certs/ca-certificates.crt", good)  # absolute, and true on this machine
    report, code = tree.audit("--ca-file", "/etc/ssl/certs/ca-certificates.crt")
    assert code == 1 and report["is_ca_file_broken"]
    tree.link("/up", "../" * 20 + str(good).lstrip("/"))
    _, code = tree.audit("--ca-file", "/up")
    assert code == 1


def test_links_inside_a_sysroot_are_followed_as_the_device_would(tmp_path):
    tree = debian(tmp_path / "root")
    tree.link("/etc/ssl/cert.pem", "/etc/ssl/certs/ca-certificates.crt")
    assert tree.audit("--ca-file", "/etc/ssl/cert.pem")[1] == 0


def test_the_librarys_bytes_say_where_it_looks(tmp_path):
    tree = debian(tmp_path / "root")
    tree.write("/usr/lib/arm-linux-gnueabihf/libcurl.so.4.8.0",
               b"\x7fELF\1\1\1\0junk\0libcurl/7.88.1\0/etc/special/ca.pem\0/etc/special/certs\0x")
    tree.link("/usr/lib/arm-linux-gnueabihf/libcurl.so.4", "libcurl.so.4.8.0")
    tree.write("/usr/lib/arm-linux-gnueabihf/libcrypto.so.3",
               b"\x7fELF\0OPENSSLDIR: \"/usr/lib/ssl\"\0")
    tree.link("/usr/lib/ssl/certs", "/etc/ssl/certs")
    report, code = tree.audit()
    assert code == 1  # neither exists there
    assert report["libcurl"] == {"version": "7.88.1", "tls": None, "has_http2": False,
                                 "library": "/usr/lib/arm-linux-gnueabihf/libcurl.so.4"}
    used = [store["path"] for store in report["stores"] if "sdk" in store["read_by"]]
    assert used == ["/etc/special/ca.pem", "/etc/special/certs"]
    assert any("openssl_default" in store["read_by"] for store in report["stores"])


@pytest.mark.parametrize("data, version", [
    (b"libcurl/H\x89\x05\x0fR\x03\x007.74f\xc7\0CLIENT libcurl 7.74.0\r\n\0007.74.0\0", "7.74.0"),
    (b"libcurl/H\x89\x05\x0fR\0x7.74.0\0007.74 or so\0007.\0007.1\0", None),
    (b"7.1.2\0libcurl/7.88.1\0", "7.88.1")])
def test_the_number_of_a_library_that_builds_its_name(tmp_path, data, version):
    tree = debian(tmp_path / "root")
    tree.write("/usr/lib/libcurl.so.4", b"\x7fELF\0" + data + b"/etc/ssl/certs\0")
    assert tree.audit()[0]["libcurl"]["version"] == version


def test_the_real_librarys_bytes_say_what_it_says_itself(tmp_path):
    """Ours reads the file of the libcurl and OpenSSL that this machine has."""
    machine = audit()
    tree = debian(tmp_path / "root")
    library = pathlib.Path(machine["libcurl"]["library"]).resolve()
    crypto = subprocess.run(f"ldd {library} | grep -o '/.*libcrypto.so[^ ]*'", shell=True,
                            capture_output=True, text=True).stdout.strip()
    if not crypto:
        pytest.skip("this libcurl does not use OpenSSL")
    tree.write("/usr/lib/libcurl.so.4", library.read_bytes())
    tree.write("/usr/lib/libcrypto.so.3", pathlib.Path(crypto).read_bytes())
    report, _ = tree.audit()
    wanted = [s["path"] for s in machine["stores"] if "libcurl_default" in s["read_by"]]
    assert [s["path"] for s in report["stores"] if "libcurl_default" in s["read_by"]] == wanted
    assert report["libcurl"]["version"] == machine["libcurl"]["version"]


def test_a_gnutls_libcurl_needs_no_hash_links(tmp_path):
    tree = Tree(tmp_path / "root")
    for name in REQUIRED:
        tree.write(f"/etc/ssl/certs/{name}.pem", pem(name))
    library = b"\x7fELF\0libcurl/8.5.0\0%s\0/etc/ssl/certs\0x"
    tree.write("/usr/lib/libcurl.so.4", library % b"libssl.so.3")
    assert tree.audit()[1] == 1
    tree.write("/usr/lib/libcurl.so.4", library % b"libgnutls.so.30")
    report, code = tree.audit()
    assert code == 0 and not findings(report, "folder_unhashed")


def test_an_images_libcurls_are_told(tmp_path):
    """Which TLS library, with or without HTTP/2, and that there is more than one."""
    tree = debian(tmp_path / "root")
    tree.write("/usr/lib/libcurl.so.4.3.0",
               b"\x7fELF\0libcurl/7.37.1\0%s\0libgnutls.so.28\0/etc/ssl/certs\0")
    tree.link("/usr/lib/libcurl.so.4", "libcurl.so.4.3.0")
    tree.link("/usr/lib/libcurl.so", "libcurl.so.4")
    report, _ = tree.audit()
    assert report["libcurl"] == {"version": "7.37.1", "tls": "GnuTLS", "has_http2": False,
                                 "library": "/usr/lib/libcurl.so.4"}
    finding = findings(report, "curl_no_http2")[0]
    assert finding["cause"] == "http2_unsupported_by_libcurl"
    assert not findings(report, "curl_another")  # three names of one file
    tree.write("/opt/lib/libcurl.so.4", b"\x7fELF\0libcurl/8.5.0\0libssl.so.3\0nghttp2/%s\0"
                                        b"/opt/cacert.pem\0")
    tree.write("/usr/lib/arm-linux-gnueabihf/libcurl-gnutls.so.4", b"\x7fELF\0libcurl/8.0.0\0")
    report, _ = tree.audit()
    assert {f["path"]: f["detail"] for f in findings(report, "curl_another")} == {
        "/opt/lib/libcurl.so.4": "8.5.0, OpenSSL, CA file /opt/cacert.pem",
        "/usr/lib/arm-linux-gnueabihf/libcurl-gnutls.so.4": "8.0.0, without HTTP/2"}
    text = run("trust", "audit", "--sysroot", tree.path).stdout
    assert "7.37.1, GnuTLS, without HTTP/2, /usr/lib/libcurl.so.4" in text


def test_the_next_command_reaches_the_store_that_the_sdk_reads(tmp_path):
    """A libcurl of one's own, with a bundle of its own beside the distribution's."""
    tree = debian(tmp_path / "root", roots=[])
    tree.write("/opt/sdk/cacert.pem", pem("starfield-class-2"))
    tree.write("/usr/lib/libcurl.so.4", b"\x7fELF\0libcurl/8.5.0\0/opt/sdk/cacert.pem\0libssl.so.3")
    report, code = tree.audit()
    assert code == 1 and report["next"] == (f"avs-shim trust install --sysroot {tree.path} "
                                            "--ca-file /opt/sdk/cacert.pem --apply")
    config = tmp_path / "AlexaClientSDKConfig.json"
    config.write_text('{"libcurlUtils": {"CURLOPT_CAINFO": "/opt/sdk/cacert.pem"}}')
    report, code = tree.audit("--config", config)
    assert code == 1 and findings(report, "cainfo_release")
    assert report["next"] == f"avs-shim trust install --sysroot {tree.path} --config {config} --apply"
    assert run(*report["next"].split()[1:]).returncode == 0
    assert tree.audit("--config", config)[1] == 0


def test_where_the_clock_of_an_image_starts(tmp_path):
    tree = debian(tmp_path / "root")
    report, _ = tree.audit()
    assert report["clock"]["first_boot"] == 0
    assert "1970-01-01" in findings(report, "clock")[0]["detail"]
    tree.write("/etc/fake-hwclock.data", "2026-03-01 12:00:00\n")
    report, _ = tree.audit()
    assert report["clock"] == {**report["clock"], "first_boot": 1772366400,
                               "first_boot_source": "/etc/fake-hwclock.data"}
    assert not findings(report, "clock")
    (tree / "/etc/fake-hwclock.data").unlink()
    tree.write("/etc/timestamp", "20240102030405\n")
    assert tree.audit()[0]["clock"]["first_boot"] == 1704164645


def test_nothing_of_a_sysroot_is_changed(tmp_path):
    tree = debian(tmp_path / "root")
    before = tree.snapshot()
    tree.audit()
    assert tree.snapshot() == before


def test_a_tree_without_any_store(tmp_path):
    tree = Tree(tmp_path / "root")
    report, code = tree.audit()
    assert code == 1 and not report["has_store"]
    assert findings(report, "store_not_found") and not findings(report, "no_default_store")
    text = run("trust", "audit", "--sysroot", tree.path).stdout
    assert text.startswith("Not ready: no trust store at all")


def test_many_findings_are_bounded(tmp_path):
    folder = tmp_path / "certs"
    folder.mkdir()
    for number in range(400):
        (folder / f"{number:08x}.0").symlink_to("gone")
    report = audit("--ca-path", folder, code=1)
    assert len(report["findings"]) <= 128 and report["findings_not_listed"] > 200
    assert "more" in run("trust", "audit", "--ca-path", folder).stdout


# ---- usage ----

@pytest.mark.parametrize("arguments, word", [
    (["--no-such"], "--no-such"), (["extra"], "extra"), (["--ca-file"], "needs a value"),
    (["--ca-file", ""], "--ca-file"), (["--sysroot", "/no/such/root"], "/no/such/root"),
    (["--sysroot", "/etc/passwd"], "/etc/passwd"), (["--config", "/no/such.json"], "/no/such.json"),
])
def test_usage_errors_are_exit_2(arguments, word):
    result = run("trust", "audit", *arguments)
    assert result.returncode == 2 and word in result.stderr and result.stdout == ""


def test_help_tells_options_examples_and_exit_codes():
    text = run("trust", "audit", "--help").stdout
    for word in ("--config", "--ca-file", "--ca-path", "--sysroot", "--json", "Examples", "Exit"):
        assert word in text


def test_the_report_says_the_answer_first(tmp_path):
    clean = {key: value for key, value in ENVIRONMENT.items()
             if key not in ("CURL_CA_BUNDLE", "SSL_CERT_FILE", "SSL_CERT_DIR")}
    text = run("trust", "audit", "--ca-file", bundle(tmp_path, *REQUIRED), env=clean).stdout
    assert text.splitlines()[0] == "Ready: all 5 required roots are usable"
    assert text.splitlines()[-1].startswith("Next  avs-shim check")
    assert len(text.splitlines()) <= 24
    more = run("trust", "audit", "--verbose", "--ca-file", bundle(tmp_path, *REQUIRED)).stdout
    assert "2018-10" in more and "GnuTLS" in more and "2018-10" not in text
    assert [line for line in more.splitlines() if line.startswith("Ready: ")] == 2 * [
        "Ready: all 5 required roots are usable"]  # longer than a screen: said again at the end
