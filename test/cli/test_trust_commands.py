# SPDX-License-Identifier: Apache-2.0
"""Every command that trust audit and trust install suggest is pasted into a shell, against a root file
system with an awkward name: it works, does what it is for, and touches nothing outside."""
import json
import os
import pathlib
import shlex
import shutil
import subprocess

import pytest

from avs_shim import AVS_SHIM, ENVIRONMENT, ROOT, run
from trust_tree import REQUIRED, Tree, alpine, debian, mint_root, openssl, openwrt, pem

SHELL = {**ENVIRONMENT, "PATH": f"{pathlib.Path(AVS_SHIM).parent}:{os.environ['PATH']}"}
for variable in ("CURL_CA_BUNDLE", "SSL_CERT_FILE", "SSL_CERT_DIR"):
    SHELL.pop(variable, None)
BUNDLE = "/etc/ssl/certs/ca-certificates.crt"
ANCHORS = "/usr/local/share/ca-certificates"
OTHER_ROOTS = ROOT / "config" / "roots" / "starfield-class-2.pem"


def paste(command, cwd):
    return subprocess.run(["sh", "-c", command], capture_output=True, text=True, env=SHELL,
                          cwd=cwd, timeout=60)


def audit(tree, *arguments):
    result = run("trust", "audit", "--sysroot", tree.path, "--json", *arguments, env=SHELL)
    assert result.returncode in (0, 1), result.stderr
    return json.loads(result.stdout)


def plain(tree):
    tree.write(BUNDLE, "".join(pem(name) for name in REQUIRED))


def hashed_folder(tree, *names):
    for name in names:
        tree.hashed("/etc/ssl/certs", f"{name}.pem", pem(name))


def unhashed(tree):
    for name in REQUIRED:
        tree.write(f"/etc/ssl/certs/{name}.pem", pem(name))


def one_unhashed(tree):
    hashed_folder(tree, *REQUIRED[1:])
    tree.write(f"/etc/ssl/certs/{REQUIRED[0]}.pem", pem(REQUIRED[0]))


def stale_dangling_gap(tree):
    hashed_folder(tree, *REQUIRED)
    tree.link("/etc/ssl/certs/deadbeef.0", f"{REQUIRED[0]}.pem")
    tree.link("/etc/ssl/certs/0badcafe.0", "gone.pem")
    tree.link("/etc/ssl/certs/12345678.3", f"{REQUIRED[1]}.pem")


def old_hash(tree):
    tree.write("/system/build.prop", "x")
    for name in REQUIRED:
        old = openssl("x509", "-in", ROOT / "config" / "roots" / f"{name}.pem", "-noout",
                      "-subject_hash_old").decode().strip()
        tree.write(f"/system/etc/security/cacerts/{old}.0", pem(name))


def debian_with(tree, roots=REQUIRED):
    shutil.rmtree(tree.path)
    debian(tree.path, roots=roots)


def junk(tree):
    debian_with(tree)
    tree.write(f"{ANCHORS}/page of errors.crt", b"<!DOCTYPE html><html>404</html>")
    tree.write(f"{ANCHORS}/der.crt", openssl("x509", "-in", OTHER_ROOTS, "-outform", "DER"))
    tree.write(f"{ANCHORS}/bom.crt", b"\xef\xbb\xbf" + OTHER_ROOTS.read_bytes())
    tree.write(f"{ANCHORS}/crlf.crt", OTHER_ROOTS.read_bytes().replace(b"\n", b"\r\n"))
    tree.write(f"{ANCHORS}/private.crt", OTHER_ROOTS.read_text(), mode=0o600)
    tree.write(f"{ANCHORS}/open.crt", OTHER_ROOTS.read_text(), mode=0o666)
    tree.write(f"{ANCHORS}/My CA.pem", OTHER_ROOTS.read_text())
    conf = tree / "/etc/ca-certificates.conf"
    conf.write_text(conf.read_text().rstrip("\n"))


def switched_off(tree):
    debian_with(tree, REQUIRED[1:])
    tree.write("/usr/share/ca-certificates/mozilla/Amazon.crt", pem(REQUIRED[0]))
    conf = tree / "/etc/ca-certificates.conf"
    conf.write_text(conf.read_text() + "!mozilla/Amazon.crt\n")


def unlisted(tree):
    debian_with(tree, REQUIRED[1:])
    tree.write("/usr/share/ca-certificates/AmazonRootCA1.pem", pem(REQUIRED[0]))


def cross_copy(tree):
    copy = (ROOT / "test/support/certs/amazon-root-ca-1-by-g2.pem").read_text()
    tree.write(BUNDLE, copy + "".join(pem(name) for name in REQUIRED[1:]))


def nothing(tree):
    pass


def missing_roots(tree):
    debian_with(tree, [])


def libcurl_of_its_own(tree):
    debian_with(tree, [])
    tree.write("/opt/sdk/ca cert.pem", pem("starfield-class-2"))
    tree.write("/usr/lib/libcurl.so.4", b"\x7fELF\0libcurl/8.5.0\0/opt/sdk/ca cert.pem\0nghttp2\0")


def libcurls_file_is_missing(tree):
    plain(tree)
    (tree / BUNDLE).write_text((tree / BUNDLE).read_text() + pem("starfield-class-2"))
    tree.write("/usr/lib/libcurl.so.4", b"\x7fELF\0libcurl/8.5.0\0/opt/sdk/cacert.pem\0nghttp2\0")


def libcurls_file_is_empty(tree):
    tree.write("/opt/sdk/cacert.pem", "")
    tree.write("/usr/lib/libcurl.so.4", b"\x7fELF\0libcurl/8.5.0\0/opt/sdk/cacert.pem\0nghttp2\0")


def libcurl_without_a_store(tree):
    tree.write("/usr/lib/libcurl.so.4", b"\x7fELF\0libcurl/8.5.0\0nghttp2\0")


MAKERS = [plain, unhashed, one_unhashed, stale_dangling_gap, old_hash, junk, switched_off, unlisted,
          cross_copy, nothing, missing_roots, libcurl_of_its_own, libcurls_file_is_missing,
          libcurls_file_is_empty, libcurl_without_a_store]


def outside(command, tree):
    """Paths of the command that are not in the image."""
    words = shlex.split(command)
    return [word for word in words if word.startswith("/") and not word.startswith(str(tree.path))]


@pytest.mark.parametrize("maker", MAKERS, ids=lambda maker: maker.__name__)
def test_every_suggested_command_of_an_image(tmp_path, maker):
    tree = Tree(tmp_path / "it's an image")
    maker(tree)
    report = audit(tree)
    before = tmp_path / "before"
    shutil.copytree(tree.path, before, symlinks=True)
    commands = [(finding, finding["command"]) for finding in report["findings"]
                if finding["command"]]
    for finding, command in commands + [(None, report["next"])]:
        shutil.rmtree(tree.path)
        shutil.copytree(before, tree.path, symlinks=True)
        if command.startswith("avs-shim check"):
            assert report["is_usable"]
            continue  # on the device
        assert "update-ca-certificates" not in command and str(tree.path).startswith("/")
        if "avs-shim" in command:
            assert shlex.split(command)[3:5] == ["--sysroot", str(tree.path)]
        else:
            assert set(outside(command, tree)) <= {BUNDLE}  # copied from here, not to here
            assert not outside(command, tree) or shlex.split(command)[-2] == BUNDLE
        result = paste(command, tmp_path)
        again = audit(tree)
        if "trust audit" in command:
            assert result.returncode in (0, 1) and result.stderr == ""
            continue  # there is something to be done by hand first: it says what
        assert result.returncode == 0, (command, result.stderr)
        if finding:
            assert not [f for f in again["findings"] if f["severity"] != "info" and
                        (f["id"], f["path"]) == (finding["id"], finding["path"])], command
        else:
            assert again["is_usable"], command
    if "trust audit" in report["next"]:
        assert report["remedy"]


@pytest.mark.parametrize("kind", ["file", "path", "config"])
def test_a_missing_root_is_mended_by_one_pasted_command(tmp_path, kind):
    folder = tmp_path / "my $store"
    folder.mkdir()
    other = mint_root(tmp_path, "Other CA")
    store = folder / ("certs" if kind == "path" else "ca file.pem")
    if kind == "path":
        store.mkdir()
        (store / "other.pem").write_text(other.read_text())
        openssl("rehash", store)
    else:
        store.write_text(other.read_text())
    arguments = [f"--ca-{kind}", store]
    if kind == "config":
        config = folder / "my config.json"
        config.write_text(json.dumps({"libcurlUtils": {
            "CURLOPT_CAINFO": str(store), "CURLOPT_CAPATH": str(folder / "none")}}))
        arguments = ["--config", config]
    result = run("trust", "audit", "--json", *arguments, env=SHELL)
    report = json.loads(result.stdout)
    assert result.returncode == 1
    text = run("trust", "audit", *arguments, env=SHELL).stdout
    assert text.splitlines()[-1] == "Next  " + report["next"]
    dry = run("trust", "install", *arguments, env=SHELL)
    assert dry.returncode == 1 and dry.stdout.splitlines()[-1] == "Next  " + report["next"]
    result = paste(report["next"], "/")
    assert result.returncode == 0, result.stderr
    after = result.stdout.splitlines()[-1]
    assert after.startswith("Next  avs-shim trust audit ") and paste(after[6:], "/").returncode == 0
    undo = next(line for line in result.stdout.splitlines() if line.startswith("Undo  "))
    assert paste(undo[6:], "/").returncode == 0
    assert run("trust", "audit", *arguments, env=SHELL).returncode == 1


def test_the_chosen_roots_are_repeated(tmp_path):
    tree, *_ = openwrt(tmp_path / "an image", others=[mint_root(tmp_path, "Other CA")])
    text = run("trust", "install", "--sysroot", tree.path, "--only", "amazon-root-ca-3",
               env=SHELL).stdout
    assert text.splitlines()[-1] == (f"Next  avs-shim trust install --sysroot '{tree.path}' "
                                     "--only 'Amazon Root CA 3' --apply")
    assert paste(text.splitlines()[-1][6:], tmp_path).returncode == 0
    states = {row["name"]: row["state"] for row in audit(tree)["authorities"]}
    assert states["Amazon Root CA 3"] == "present" and states["Amazon Root CA 1"] == "absent"


def test_a_configuration_without_a_store_is_not_repeated(tmp_path):
    """trust install --config would refuse it: it names no CA file."""
    tree, *_ = alpine(tmp_path / "root", others=[mint_root(tmp_path, "Other CA")])
    config = tmp_path / "config.json"
    config.write_text("{}")
    report = audit(tree, "--config", config)
    assert "--config" not in report["next"]
    assert paste(report["next"], tmp_path).returncode == 0
    assert audit(tree, "--config", config)["is_usable"]


@pytest.mark.parametrize("value, finding", [("no-such-folder", "store_missing"),
                                            ("file.pem", "ca_path_is_file")])
def test_a_ca_path_that_is_none_is_not_installed_into(tmp_path, value, finding):
    (tmp_path / "file.pem").write_text(pem("starfield-class-2"))
    for arguments in (["--ca-path", value], ["--sysroot", tmp_path, "--ca-path", "/" + value]):
        result = run("trust", "audit", "--json", *arguments, env=SHELL, cwd=tmp_path)
        report = json.loads(result.stdout)
        assert finding in [f["id"] for f in report["findings"]]
        assert "folder of hashed certificates" in report["remedy"]
        assert paste(report["next"], tmp_path).returncode == 1  # the same question again
        assert "trust audit" in report["next"]


@pytest.mark.parametrize("answer, command", [
    ("Not ready: ", ["trust", "audit", "--sysroot", "{none}"]),
    ("Not ready: ", ["trust", "install", "--sysroot", "{none}"]),
    ("Ready: ", ["trust", "install", "--sysroot", "{all}"]),
    ("this library ", ["endpoint", "explain", "--config", "{config}"]),
    ("The chain is accepted: ", ["trust", "explain", "--chain", "{chain}", "--ca-file", "{chain}"]),
], ids=lambda value: value if isinstance(value, str) else " ".join(value[:2]))
def test_the_answer_is_on_the_last_screen(tmp_path, answer, command):
    """What is longer than a screen says its answer again at the end; the words are the same everywhere."""
    none, whole = alpine(tmp_path / "none")[0], alpine(tmp_path / "all", REQUIRED)[0]
    chain = tmp_path / "chain.pem"
    chain.write_text("".join(pem(name) for name in REQUIRED))
    names = {"none": none.path, "all": whole.path, "chain": chain,
             "config": ROOT / "config" / "AlexaClientSDKConfig-1.17.json"}
    text = run(*(word.format(**names) for word in command), env=SHELL).stdout
    lines = text.splitlines()
    assert any(line.startswith(answer) for line in lines[-23:]), text
    assert len(lines) < 24 or sum(line.startswith(answer) for line in lines) > 1, text
    assert not any(line.split(" ")[0].isupper() and len(line.split(" ")[0]) > 3 for line in lines), text
