# SPDX-License-Identifier: Apache-2.0
"""avs-shim trust explain: what a user gives it, and what it says."""
import json
import subprocess
import time

import pytest

from avs_shim import ENVIRONMENT, ROOT, Standin, run


@pytest.fixture(scope="module")
def standin():
    with Standin() as running:
        yield running


def explain(standin, *arguments, store="ca.pem", **options):
    return run("trust", "explain", "--ca-file", standin.dir / store, "--ats-roots",
               standin.dir / "ats-roots.pem", *arguments, **options)


def causes(result):
    return [cause["id"] for cause in json.loads(result.stdout)["causes"]]


def test_a_good_chain_is_accepted(standin):
    result = explain(standin, "--chain", standin.dir / "chain-ok.pem", "--host", "ok.localhost")
    assert result.returncode == 0
    assert result.stderr == ""
    assert result.stdout.startswith("The chain is accepted")
    assert "Stand-in Amazon Root CA 1" in result.stdout


def test_the_missing_root_is_named_with_its_hash(standin):
    arguments = ("--chain", standin.dir / "chain-ok.pem", "--host", "ok.localhost")
    result = explain(standin, *arguments, store="wrong-family.pem")
    assert result.returncode == 1
    assert "root_missing" in result.stdout.splitlines()[0]
    fingerprint = subprocess.run(
        ["openssl", "x509", "-noout", "-fingerprint", "-sha256", "-in",
         standin.dir / "amazon-root-ca-1.pem"], capture_output=True, text=True, check=True,
    ).stdout.split("=")[1].strip().replace(":", "")
    assert fingerprint in result.stdout
    report = json.loads(explain(standin, *arguments, "--json", store="wrong-family.pem").stdout)
    assert report["schema"] == "avs-shim.trust-explain/1"
    assert report["accepted"] is False
    assert report["cause"] == "root_missing"
    assert report["trust"]["closing_sha256"] == fingerprint
    assert report["trust"]["verify_error"] == 20
    assert len(report["chain"]) == report["certificates"] == 3
    assert fingerprint in report["causes"][0]["facts"]


def test_amazons_own_missing_root_is_known_by_the_built_in_key(standin):
    # a root in front of a store that lacks it
    result = run("trust", "explain", "--chain", ROOT / "config/roots/amazon-root-ca-1.pem",
                 "--ca-file", standin.dir / "ca.pem", "--json")
    report = json.loads(result.stdout)
    assert result.returncode == 1
    assert report["trust"]["path_is_public_ats"] is True
    assert report["cause"] == "root_missing"
    assert "Amazon Root CA 1" in report["causes"][0]["facts"]


@pytest.mark.parametrize("chain, host, cause", [
    ("chain-incomplete.pem", "missing-intermediate.localhost", "intermediate_missing"),
    ("chain-expired.pem", "expired.localhost", "cert_expired"),
    ("chain-not-ats.pem", "not-ats.localhost", "not_ats"),
    ("chain-ok.pem", "other.example", "hostname_mismatch"),
])
def test_saved_chains_give_their_cause(standin, chain, host, cause):
    arguments = ("--chain", standin.dir / chain, "--host", host)
    result = explain(standin, *arguments, "--json")
    assert causes(result) == [cause]
    assert result.returncode == 1
    text = explain(standin, *arguments)
    assert f"1. {cause}:" in text.stdout
    assert "\n   do    " in text.stdout


def test_any_root_lets_a_trusted_chain_pass(standin):
    result = explain(standin, "--chain", standin.dir / "chain-not-ats.pem", "--any-root", "--json")
    assert result.returncode == 0
    assert causes(result) == []


def test_a_cross_signed_anchor_is_a_warning(standin):
    result = explain(standin, "--chain", standin.dir / "chain-ok.pem", "--json",
                     store="cross-signed-root-1.pem")
    assert causes(result) == ["cross_signed_anchor"]
    assert result.returncode == 0


@pytest.mark.parametrize("at", ["1970-01-02", "2014-06-01T12:00:00Z", "2042-06-01 12:00:00",
                                "@1000000"])
def test_a_wrong_clock_is_told_with_both_times(standin, at):
    arguments = ("--chain", standin.dir / "chain-ok.pem", "--at", at)
    result = explain(standin, *arguments, "--json")
    report = json.loads(result.stdout)
    assert report["cause"] == "clock_wrong"
    assert report["trust"]["good_from"] < time.time() < report["trust"]["good_until"]
    text = explain(standin, *arguments).stdout
    assert "this device's clock: " in text and "was built: " in text and "good from: " in text


def test_text_around_the_blocks_and_standard_input_are_fine(standin):
    chain = (standin.dir / "chain-ok.pem").read_text()
    saved = "CONNECTED(00000003)\n---\nCertificate chain\n" + \
        chain.replace("-----BEGIN", " 1 s:CN = x\n   i:CN = y\n-----BEGIN") + "---\nDONE\n"
    result = explain(standin, "--chain", "-", "--json", input=saved)
    assert json.loads(result.stdout)["certificates"] == 3
    assert result.returncode == 0


def test_a_store_that_cannot_be_loaded_is_the_cause(standin):
    for path, cause in (("no-such.pem", "ca_file_unreadable"), (".", "ca_file_unreadable")):
        result = explain(standin, "--chain", standin.dir / "chain-ok.pem", "--json", store=path)
        assert causes(result) == [cause]
        assert result.returncode == 1
    result = run("trust", "explain", "--chain", standin.dir / "chain-ok.pem", "--ca-path",
                 standin.dir / "unhashed", "--json")
    assert causes(result) == ["ca_path_not_hashed"]
    result = run("trust", "explain", "--chain", standin.dir / "chain-ok.pem", "--ca-path",
                 standin.dir / "hashed", "--ats-roots", standin.dir / "ats-roots.pem", "--json")
    assert causes(result) == []


@pytest.mark.parametrize("arguments, words", [
    ((), ["--chain FILE is needed"]),
    (("--chain",), ["'--chain' needs a value"]),
    (("--chain", "/no/such/chain.pem"), ["/no/such/chain.pem", "No such file"]),
    (("--chain", "/dev/null"), ["/dev/null", "no certificate", "-showcerts"]),
    (("--chain", "x", "y"), ["unexpected argument 'y'"]),
    (("--chain", "x", "--at", "yesterday"), ["--at 'yesterday'", "2026-11-21"]),
    (("--chain", "x", "--at", "1969-01-01"), ["--at"]),
    (("--chain", "x", "--at", "2026-02-30"), ["--at '2026-02-30'", "calendar"]),
    (("--chain", "x", "--host", "https://a.example/"), ["no host name"]),
    (("--chain", "x", "--host", ""), ["no host name"]),
    (("--chain", "x", "--insecure"), ["--insecure"]),
])
def test_errors_name_the_thing_and_the_fix(arguments, words):
    result = run("trust", "explain", *arguments)
    assert result.returncode == 2
    assert result.stdout == ""
    for word in words:
        assert word in result.stderr


def test_a_root_under_its_old_hash_name_is_no_missing_root(standin, tmp_path):
    """Android's folder: the root is there, by the name that OpenSSL before 1.0 looked for."""
    def hash_of(root, which):
        return subprocess.run(["openssl", "x509", "-noout", which, "-in", root],
                              capture_output=True, text=True, check=True).stdout.strip()

    roots = sorted(standin.dir.glob("*root*.pem")) + [standin.dir / "starfield-g2.pem"]
    for root in (root for root in roots if root.exists()):
        target = tmp_path / f"{hash_of(root, '-subject_hash_old')}.0"
        target.write_text(root.read_text())
    arguments = ("trust", "explain", "--chain", standin.dir / "chain-ok.pem", "--ca-path", tmp_path,
                 "--ats-roots", standin.dir / "ats-roots.pem")
    result = run(*arguments, "--json")
    assert causes(result) == ["ca_path_not_hashed"]
    report = json.loads(result.stdout)["causes"][0]
    assert "old hash name" in report["facts"]
    assert report["command"] == f"avs-shim trust install --ca-path {tmp_path} --apply"
    for file in list(tmp_path.iterdir()):  # an old name for the issuer alone makes the difference
        file.unlink()
    (tmp_path / "deadbeef.0").write_text(roots[0].read_text())
    assert causes(run(*arguments, "--json")) == ["root_missing"]


def test_a_damaged_certificate_is_counted(standin, tmp_path):
    blocks = (standin.dir / "chain-ok.pem").read_text()
    damaged = tmp_path / "chain.pem"
    damaged.write_text(blocks + "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")
    result = run("trust", "explain", "--chain", damaged)
    assert result.returncode == 2
    assert "certificate 4" in result.stderr


def test_a_bad_ats_roots_file_is_an_error(standin, tmp_path):
    for name, content in (("empty.pem", ""), ("html.pem", "<html>")):
        (tmp_path / name).write_text(content)
        result = run("trust", "explain", "--chain", standin.dir / "chain-ok.pem", "--ats-roots",
                     tmp_path / name)
        assert result.returncode == 2
        assert name in result.stderr


def test_help_is_complete():
    text = run("trust", "explain", "--help").stdout
    for word in ("Usage:", "--chain", "--host", "--at", "--ca-file", "--ca-path", "--ats-roots",
                 "--any-root", "--json", "Examples:", "Exit codes:"):
        assert word in text
    assert run("trust", "explain", "-h").stdout == text


def test_no_colour_codes_reach_a_pipe(standin):
    result = explain(standin, "--chain", standin.dir / "chain-expired.pem",
                     env={**ENVIRONMENT, "TERM": "xterm"})
    assert "\033" not in result.stdout


def blocks(standin, name="chain-ok.pem"):
    text = (standin.dir / name).read_text()
    return [block + "-----END CERTIFICATE-----\n"
            for block in text.split("-----END CERTIFICATE-----\n") if "BEGIN" in block]


@pytest.mark.parametrize("order, number, words", [
    ((2, 1, 0), 3, "reverse order: its last certificate (number 3)"),
    ((1, 2, 0), 3, "a rotated order: its last certificate (number 3)"),
    ((1, 0), 2, "reverse order: its last certificate (number 2)"),
    ((1, 0, 2), 2, "wrong order: its own certificate (number 2)"),
    ((0, 1, 2), 1, None),
])
@pytest.mark.parametrize("host", [(), ("--host", "ok.localhost")])
def test_the_servers_certificate_is_found_in_any_order(standin, order, number, words, host):
    parts = blocks(standin)
    file = "".join(parts[i] for i in order)
    arguments = ("--chain", "-", *host)
    report = json.loads(explain(standin, *arguments, "--json", input=file).stdout)
    assert report["accepted"] and report["leaf_number"] == number
    text = explain(standin, *arguments, input=file).stdout
    assert words in text if words else "order" not in text
    # not "intermediate missing" of one that is in the file
    refused = explain(standin, *arguments, "--json", input=file, store="wrong-family.pem")
    assert causes(refused) == ["root_missing"]


def test_an_authority_is_not_taken_for_a_server_in_silence(standin):
    parts = blocks(standin)
    report = json.loads(explain(standin, "--chain", "-", "--json", input=parts[1]).stdout)
    assert report["leaf_number"] == 0
    text = explain(standin, "--chain", "-", input=parts[1]).stdout
    assert "No server's certificate is in the file" in text


@pytest.mark.parametrize("margin", ["> ", ">> ", "    ", "\t", "| ", " > > "])
def test_a_quoted_or_indented_chain_is_read(standin, margin):
    quoted = "".join(margin + line for line in "".join(blocks(standin)).splitlines(True))
    result = explain(standin, "--chain", "-", "--json", input="On Monday you wrote:\n" + quoted)
    report = json.loads(result.stdout)
    assert result.returncode == 0 and report["certificates"] == 3 and report["leaf_number"] == 1


def test_help_says_what_is_not_checked():
    assert "Revocation" in run("trust", "explain", "--help").stdout
