# SPDX-License-Identifier: Apache-2.0
"""The gate and the explainer beside tools that are not ours: openssl verify over every chain and
store, and openssl s_client to save chains from live handshakes."""
import itertools
import json
import subprocess
import time

import pytest

from avs_shim import ENVIRONMENT, OPENSSL_VERIFY, Standin, run

ROWS = json.loads(run("standin", "--list", "--json").stdout)["scenarios"]
TRUST_CAUSES = {"root_missing", "intermediate_missing", "self_signed", "not_ats", "intercepted",
                "hostname_mismatch", "cert_expired", "cert_not_yet_valid", "clock_wrong",
                "weak_signature", "wrong_purpose", "cert_invalid"}
STORES = ["ca.pem", "amazon-root-ca-1.pem", "amazon-root-ca-3.pem", "services-root-g2.pem",
          "class-2.pem", "wrong-family.pem", "cross-signed-root-1.pem", "cross-signed-g2.pem",
          "issuing-rsa.pem", "corporate-root.pem", "other-root.pem"]
COMPARED = ["ok", "ecdsa", "short-chain", "long-chain", "g2-issued", "expired", "intercepted",
            "untrusted-root-sent", "self-signed", "wrong-purpose", "weak-signature",
            "broken-signature", "not-an-authority"]
YEAR = 365 * 86400


@pytest.fixture(scope="module")
def standin():
    with Standin() as running:
        yield running


@pytest.fixture(scope="module")
def chains(standin, tmp_path_factory):
    """A file with the chain of every scenario that sends one, as openssl s_client saw it."""
    folder = tmp_path_factory.mktemp("chains")
    saved = {}
    for row in ROWS:
        output = subprocess.run(
            ["openssl", "s_client", "-connect", f"127.0.0.1:{standin.port}", "-servername",
             row["sni"], "-showcerts"], stdin=subprocess.DEVNULL, capture_output=True, text=True,
            env=ENVIRONMENT, timeout=30, errors="replace") if wants_chain(row) else None
        if output and "BEGIN CERTIFICATE" in output.stdout:
            saved[row["name"]] = folder / f"{row['name']}.pem"
            saved[row["name"]].write_text(output.stdout)
    return saved


def wants_chain(row):
    return row["h2"]["cause"] in TRUST_CAUSES or row["name"] in (
        "ok", "ecdsa", "short-chain", "long-chain", "g2-issued")


def explain(standin, chain, *arguments, store="ca.pem"):
    result = run("trust", "explain", "--chain", chain, "--ca-file", standin.dir / store,
                 "--ats-roots", standin.dir / "ats-roots.pem", "--json", *arguments)
    return json.loads(result.stdout)


@pytest.mark.parametrize("row", [row for row in ROWS if wants_chain(row)],
                         ids=lambda row: row["name"])
def test_a_saved_chain_gives_the_cause_of_the_live_handshake(standin, chains, row):
    report = explain(standin, chains[row["name"]], "--host", row["sni"])
    assert (report["cause"] or "none") == row["h2"]["cause"]


def openssl_accepts(standin, chain, store, host, at):
    command = [*OPENSSL_VERIFY, "-partial_chain", "-trusted_first", "-purpose", "sslserver",
               "-auth_level", "2", "-CAfile", standin.dir / store, "-no-CApath",
               "-attime", str(at), "-untrusted", chain]
    if host:
        command += ["-verify_hostname", host]
    result = subprocess.run([*command, chain], capture_output=True, text=True, env=ENVIRONMENT)
    return result.returncode == 0


def test_accepted_is_what_openssl_verify_accepts(standin, chains):
    now = int(time.time())
    tried = {True: 0, False: 0}
    for name, store in itertools.product(COMPARED, STORES):
        report = explain(standin, chains[name], "--at", f"@{now}", store=store)
        accepted = openssl_accepts(standin, chains[name], store, None, now)
        assert report["accepted"] == accepted, (name, store)
        tried[accepted] += 1
    for name, host, years in itertools.product(
            ("ok", "ecdsa", "wrong-host"), ("ok.localhost", "ecdsa.localhost", "x.localhost"),
            (-20, 0, 20)):
        at = now + years * YEAR
        report = explain(standin, chains[name], "--host", host, "--at", f"@{at}")
        accepted = openssl_accepts(standin, chains[name], "ca.pem", host, at)
        assert report["accepted"] == accepted, (name, host, years)
        tried[accepted] += 1
    assert tried[True] > 15 and tried[False] > 100
