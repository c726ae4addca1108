# SPDX-License-Identifier: Apache-2.0
"""avs-shim trust install: by every distribution's convention, and when things go wrong."""
import contextlib
import json
import os
import resource
import subprocess

import pytest

from avs_shim import BUILD, ENVIRONMENT, OPENSSL_VERIFY, command_for_anybody, run
from trust_tree import (LAYOUTS, REQUIRED, ROOTS, Tree, certificates, debian, follow,
                        mint_root, openssl, pem, subject_hash)

WITH = str(BUILD / "test" / "trust_install_with")
IS_ROOT = os.geteuid() == 0


@pytest.fixture(scope="module")
def others(tmp_path_factory):
    """Unrelated CAs that must survive everything."""
    folder = tmp_path_factory.mktemp("others")
    return [mint_root(folder, f"Other CA {number}") for number in (1, 2, 3)]


def apply(tree, *arguments):
    result = tree.install("--apply", *arguments)
    assert result.returncode == 0, result.stderr
    return json.loads(result.stdout)


def bundle_verifies(bundle, root):
    """OpenSSL's command, with this bundle and nothing else as the store."""
    return subprocess.run([*OPENSSL_VERIFY, "-no-CApath", "-CAfile", bundle,
                           ROOTS / f"{root}.pem"], capture_output=True).returncode == 0


def kind_of(report):
    return [step["kind"] for step in report["steps"]]


# ---- each convention ----

@pytest.mark.parametrize("layout", LAYOUTS, ids=lambda layout: layout.__name__)
def test_install_and_undo_by_each_convention(tmp_path, others, layout):
    tree, bundle, folder, anchors = layout(tmp_path / "root", others=others)
    before = tree.snapshot()
    held = certificates(tree / bundle)

    dry = tree.install()
    assert dry.returncode == 1 and tree.snapshot() == before
    report = json.loads(dry.stdout)
    assert report["schema"] == "avs-shim.trust-install/1" and not report["is_applied"]
    assert len(report["steps"]) >= 1 and report["next"].endswith("--apply")

    report = apply(tree)
    assert report["is_applied"] and report["is_complete"]
    assert "run" not in kind_of(report)  # nothing of a sysroot is executed
    assert certificates(tree / bundle)[:len(held)] == held
    assert len(certificates(tree / bundle)) == len(held) + 5
    for root in REQUIRED:
        assert bundle_verifies(tree / bundle, root)
        if folder:
            link = f"{folder}/{subject_hash(ROOTS / (root + '.pem'))}.0"
            assert follow(tree, link).read_text() == pem(root)
    if anchors:
        assert sorted(file.stem for file in (tree / anchors).iterdir()) == sorted(REQUIRED)
    assert before[bundle][1:] == tree.snapshot()[bundle][1:]  # mode and owner
    assert tree.audit()[1] == 0

    after = tree.snapshot()
    assert apply(tree)["steps"] == [] and tree.snapshot() == after  # idempotent

    assert tree.install("--undo").returncode == 0 and tree.snapshot() == after  # dry
    assert tree.install("--undo", "--apply").returncode == 0
    gone = set(tree.snapshot()) - set(before)
    assert {key: value for key, value in tree.snapshot().items() if key not in gone} == before
    assert all(name in ("/var", "/var/lib") for name in gone)
    assert tree.install("--undo", "--apply").returncode == 2  # nothing to undo


def test_only_what_is_asked_for(tmp_path, others):
    tree = debian(tmp_path / "root", roots=[], others=others)
    report = apply(tree, "--only", "Amazon Root CA 3", "--only", "amazon-root-ca-1")
    assert [row["name"] for row in report["roots"]] == ["Amazon Root CA 1", "Amazon Root CA 3"]
    states = {row["name"]: row["state"] for row in tree.audit()[0]["authorities"]}
    assert states["Amazon Root CA 1"] == states["Amazon Root CA 3"] == "present"
    assert states["Amazon Root CA 2"] == "absent"
    apply(tree)  # the others later; one undo takes back both
    assert tree.audit()[1] == 0
    assert tree.install("--undo", "--apply").returncode == 0
    assert tree.audit()[0]["usable"] == 0


def test_class_2_only_on_request(tmp_path, others):
    tree = debian(tmp_path / "root", roots=[], others=others)
    apply(tree)
    assert not bundle_verifies(tree / "/etc/ssl/certs/ca-certificates.crt", "starfield-class-2")
    apply(tree, "--only", "starfield-class-2")
    assert bundle_verifies(tree / "/etc/ssl/certs/ca-certificates.crt", "starfield-class-2")


def test_a_switched_off_root_is_selected_again(tmp_path, others):
    tree = debian(tmp_path / "root", roots=REQUIRED[1:], others=others)
    name = "mozilla/Amazon_Root_CA_1.crt"
    tree.write(f"/usr/share/ca-certificates/{name}", pem("amazon-root-ca-1"))
    conf = tree / "/etc/ca-certificates.conf"
    conf.write_text(f"!{name}\n" + conf.read_text())
    before = conf.read_text()
    apply(tree)
    assert conf.read_text() == before.replace(f"!{name}", name)
    assert not list((tree / "/usr/local/share/ca-certificates").iterdir())
    assert tree.audit()[1] == 0
    tree.install("--undo", "--apply")
    assert conf.read_text() == before


def test_the_guides_recipe_is_completed(tmp_path, others):
    """The file is there, the line is missing, and the list has no newline at its end."""
    tree = debian(tmp_path / "root", roots=REQUIRED[1:], others=others)
    tree.write("/usr/share/ca-certificates/AmazonRootCA1.pem", pem("amazon-root-ca-1"))
    conf = tree / "/etc/ca-certificates.conf"
    conf.write_text(conf.read_text().rstrip("\n"))
    before = conf.read_text()
    apply(tree)
    assert conf.read_text() == before + "\nAmazonRootCA1.pem\n"
    assert tree.audit()[1] == 0
    tree.install("--undo", "--apply")
    assert conf.read_text() == before


def test_glued_names_are_separated(tmp_path, others):
    tree = debian(tmp_path / "root", roots=REQUIRED[1:], others=others)
    tree.write("/usr/share/ca-certificates/AmazonRootCA1.pem", pem("amazon-root-ca-1"))
    conf = tree / "/etc/ca-certificates.conf"
    before = conf.read_text().rstrip("\n") + "AmazonRootCA1.pem\n"
    conf.write_text(before)
    report = apply(tree)
    assert conf.read_text() == before.replace(".crtAmazonRootCA1.pem", ".crt\nAmazonRootCA1.pem")
    assert any("two names on one line" in note for note in report["notes"])
    assert not [f for f in tree.audit()[0]["findings"] if f["id"] == "conf_glued"]
    tree.install("--undo", "--apply")
    assert conf.read_text() == before


def test_a_bundle_without_newline_is_not_glued(tmp_path, others):
    tree = debian(tmp_path / "root", roots=[], others=others)
    bundle = tree / "/etc/ssl/certs/ca-certificates.crt"
    bundle.write_text(bundle.read_text().rstrip("\n"))
    before = bundle.read_bytes()
    apply(tree)
    assert len(certificates(bundle)) == len(others) + 5
    assert tree.audit()[0]["stores"][0]["certificates"] == len(others) + 5
    tree.install("--undo", "--apply")
    assert bundle.read_bytes() == before


@pytest.mark.parametrize("damage, words", [
    (lambda good: good.replace("-----END CERTIFICATE-----\n-----BEGIN",
                               "-----END CERTIFICATE----------BEGIN", 1), "glued together"),
    (lambda good: good + "-----BEGIN CERTIFICATE-----\nMIIBszCC\n", "cut off"),
])
def test_a_bundle_that_openssl_refuses_is_told_and_left_alone(tmp_path, others, damage, words):
    """The roots in its text are in no store: neither "nothing to do" nor an addition in vain."""
    tree = debian(tmp_path / "root", roots=REQUIRED)
    bundle = tree / "/etc/ssl/certs/ca-certificates.crt"
    bundle.write_text(damage(bundle.read_text()))
    before = tree.snapshot()
    for arguments in ((), ("--apply",)):
        result = tree.install(*arguments)
        assert result.returncode == 1, result.stdout
        assert words in result.stderr and "line " in result.stderr
        assert tree.snapshot() == before


def test_what_others_changed_meanwhile_is_kept_by_undo(tmp_path, others):
    tree = debian(tmp_path / "root", roots=[], others=others[:2])
    apply(tree)
    bundle = tree / "/etc/ssl/certs/ca-certificates.crt"
    bundle.write_text(bundle.read_text() + others[2].read_text())
    mine = tree / "/usr/local/share/ca-certificates/amazon-root-ca-1.crt"
    mine.write_text("# changed\n" + mine.read_text())
    report = json.loads(tree.install("--undo", "--apply").stdout)
    assert any("amazon-root-ca-1.crt was changed since" in note for note in report["notes"])
    assert mine.exists() and len(certificates(bundle)) == 3


# ---- a CA file that the configuration names ----

def config_for(folder, file, key="CURLOPT_CAINFO"):
    path = folder / "AlexaClientSDKConfig.json"
    path.write_text(json.dumps({"libcurlUtils": {key: str(file)}}))
    return path


def test_the_ca_file_of_the_configuration(tmp_path, others):
    real = tmp_path / "store" / "cacert.pem"
    real.parent.mkdir()
    real.write_text("".join(other.read_text() for other in others).rstrip("\n"))
    real.chmod(0o640)
    named = tmp_path / "link.pem"
    named.symlink_to(real)
    before = real.read_bytes()
    config = config_for(tmp_path, named)
    assert run("trust", "install", "--config", config).returncode == 1
    assert real.read_bytes() == before
    result = run("trust", "install", "--config", config, "--apply", "--json")
    assert result.returncode == 0, result.stderr
    assert named.is_symlink() and real.stat().st_mode & 0o7777 == 0o640
    assert len(certificates(real)) == len(others) + 5
    for root in REQUIRED:
        assert bundle_verifies(real, root)
    assert run("trust", "audit", "--config", config).returncode == 0
    assert run("trust", "install", "--config", config, "--undo", "--apply").returncode == 0
    assert real.read_bytes() == before
    assert [path.name for path in real.parent.iterdir()] == ["cacert.pem"]


def test_the_ca_path_of_the_configuration(tmp_path, others):
    folder = tmp_path / "certs"
    folder.mkdir()
    (folder / "other.pem").write_text(others[0].read_text())
    openssl("rehash", folder)
    config = config_for(tmp_path, folder, "CURLOPT_CAPATH")
    assert run("trust", "install", "--config", config, "--apply").returncode == 0
    for root in REQUIRED:
        verify = subprocess.run([*OPENSSL_VERIFY, "-no-CAfile", "-CApath",
                                 folder, ROOTS / f"{root}.pem"], capture_output=True)
        assert verify.returncode == 0
    assert run("trust", "audit", "--ca-path", folder).returncode == 0


@pytest.mark.parametrize("content, word", [
    (None, "No such file"), (b"<html>404</html>", "web page"), (b"text", "no PEM certificate"),
    ("der", "DER"),
])
def test_a_ca_file_that_is_none_is_left_alone(tmp_path, content, word):
    file = tmp_path / "ca.pem"
    if content == "der":
        content = openssl("x509", "-in", ROOTS / "amazon-root-ca-1.pem", "-outform", "DER")
    if content is not None:
        file.write_bytes(content)
    result = run("trust", "install", "--config", config_for(tmp_path, file), "--apply", "--json")
    assert result.returncode == 1 and word in result.stderr and str(file) in result.stderr
    report = json.loads(result.stdout)
    assert report["schema"] == "avs-shim.trust-install/1" and not report.get("is_complete")
    assert word in report["error"]["message"]
    assert (file.read_bytes() if file.exists() else None) == content


# ---- usage ----

@pytest.mark.parametrize("arguments, word", [
    (["--no-such"], "--no-such"), (["extra"], "extra"), (["--only", "Root X"], "Root X"),
    (["--only", ""], "--only"), (["--sysroot", "/no/such"], "/no/such"),
    (["--timeout", "0"], "--timeout"), (["--config", "/no/such.json"], "/no/such.json"),
])
def test_usage_errors_are_exit_2(arguments, word):
    result = run("trust", "install", *arguments)
    assert result.returncode == 2 and word in result.stderr and result.stdout == ""


def test_a_config_without_ca_file_says_what_to_do(tmp_path):
    path = tmp_path / "config.json"
    path.write_text("{}")
    result = run("trust", "install", "--config", path)
    assert result.returncode == 2 and "without --config" in result.stderr


def test_a_tree_without_store_is_told(tmp_path):
    result = Tree(tmp_path / "root").install("--apply")
    assert result.returncode == 2 and "ca-certificates" in result.stderr


def test_help_tells_options_examples_and_exit_codes():
    text = run("trust", "install", "--help").stdout
    for word in ("--config", "--sysroot", "--only", "--apply", "--undo", "Examples", "Exit codes"):
        assert word in text


# ---- when things go wrong ----

@pytest.fixture(scope="module")
def stand_in(tmp_path_factory):
    return mint_root(tmp_path_factory.mktemp("stand-in"), "Stand-in Root")


def engine(what, tree, stand_in, *arguments, **options):
    return subprocess.run([WITH, what, "--root", stand_in, "--sysroot", tree.path,
                           *map(str, arguments)], capture_output=True, text=True, timeout=60,
                          env=ENVIRONMENT, **options)


def settled(tree):
    """What a store is about: without the record and what it stands in."""
    return {name: entry for name, entry in tree.snapshot().items()
            if not name.startswith("/var")}


@pytest.mark.parametrize("layout", [LAYOUTS[0], LAYOUTS[1], LAYOUTS[5]],
                         ids=lambda layout: layout.__name__)
def test_killed_at_each_step_and_taken_back(tmp_path, others, stand_in, layout):
    tree, bundle, _, _ = layout(tmp_path / "root", others=others)
    before, held = settled(tree), certificates(tree / bundle)
    deaths = 0
    for step in range(20):
        result = engine("apply", tree, stand_in, "--die-at", step)
        if result.returncode == 0:
            break
        assert result.returncode == -9
        deaths += 1
        assert certificates(tree / bundle)[:len(held)] == held  # whole at every moment
        undone = engine("undo", tree, stand_in)
        assert undone.returncode == 0, undone.stderr
        assert settled(tree) == before, f"step {step}"
    assert deaths >= 2 and result.returncode == 0
    assert len(certificates(tree / bundle)) == len(held) + 1


def test_the_next_apply_mends_a_killed_one(tmp_path, others, stand_in):
    tree = debian(tmp_path / "root", roots=[], others=others)
    assert engine("apply", tree, stand_in, "--die-at", 2).returncode == -9
    dry = json.loads(tree.install().stdout)
    assert dry["was_interrupted"]
    report = json.loads(engine("apply", tree, stand_in).stdout)
    assert report["was_interrupted"] and report["is_complete"]
    assert len(certificates(tree / "/etc/ssl/certs/ca-certificates.crt")) == len(others) + 1


def test_stopped_at_each_step_leaves_the_store_as_it_was(tmp_path, others, stand_in):
    tree = debian(tmp_path / "root", roots=[], others=others)
    before = settled(tree)
    for step in range(3):
        result = engine("apply", tree, stand_in, "--stop-at", step)
        assert result.returncode == 1 and "stopped" in result.stderr
        assert "as it was" in result.stderr
        assert settled(tree) == before


def test_a_full_disk_at_each_size_leaves_the_store_as_it_was(tmp_path, others, stand_in):
    """A limit on the file size ends write(2) as a full disk does, wherever it strikes."""
    tree = debian(tmp_path / "root", roots=[], others=others)
    before = settled(tree)
    size = (tree / "/etc/ssl/certs/ca-certificates.crt").stat().st_size
    for limit in (0, 1, 400, 1200, size, size + 100):
        result = engine("apply", tree, stand_in,
                        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE,
                                                              (limit, limit)))
        assert result.returncode == 1 and "no space left" in result.stderr, limit
        assert settled(tree) == before, limit


@contextlib.contextmanager
def mounted(folder, *arguments):
    if not IS_ROOT or subprocess.run(["mount", *arguments, folder],
                                     capture_output=True).returncode != 0:
        pytest.skip("needs the right to mount")
    try:
        yield
    finally:
        subprocess.run(["umount", folder], check=True)


def test_a_really_full_disk(tmp_path, others, stand_in):
    path = tmp_path / "root"
    path.mkdir()
    with mounted(path, "-t", "tmpfs", "-o", "size=256k", "tmpfs"):
        tree = debian(path, roots=[], others=others)
        filler = path / "filler"
        with open(filler, "wb", buffering=0) as file, contextlib.suppress(OSError):
            while file.write(b"x" * 1024):
                pass
        before = settled(tree)
        result = engine("apply", tree, stand_in)
        assert result.returncode == 1 and "no space left" in result.stderr
        assert settled(tree) == before
        filler.unlink()
        assert engine("apply", tree, stand_in).returncode == 0


def test_a_read_only_file_system(tmp_path, others):
    tree = debian(tmp_path / "root", roots=[], others=others)
    with mounted(tree.path, "--bind", tree.path):
        subprocess.run(["mount", "-o", "remount,bind,ro", tree.path], check=True)
        before = tree.snapshot()
        result = tree.install("--apply")
        assert result.returncode == 1 and "read-only" in result.stderr.lower()
        assert "remount" in result.stderr and tree.snapshot() == before
        assert tree.install().returncode == 1  # saying what would be done needs no writing


def test_without_the_right_to_write(tmp_path, others):
    tree = debian(tmp_path / "root", roots=[], others=others)
    before = tree.snapshot()
    options = {}
    if IS_ROOT:
        options = {"user": 65534, "group": 65534, "extra_groups": [],
                   "executable": command_for_anybody(tmp_path)}
    else:
        for folder, _, _ in os.walk(tree.path):
            os.chmod(folder, 0o555)
        before = tree.snapshot()
    result = run("trust", "install", "--sysroot", tree.path, "--apply", **options)
    assert result.returncode == 1 and "as root (sudo)" in result.stderr
    assert tree.snapshot() == before


@pytest.mark.skipif(not IS_ROOT, reason="needs a link that belongs to somebody else")
def test_a_strangers_link_is_not_written_through(tmp_path, others, stand_in):
    shared = tmp_path / "shared"
    shared.mkdir()
    shared.chmod(0o1777)
    victim = tmp_path / "victim.pem"
    victim.write_text(others[0].read_text())
    link = shared / "ca.pem"
    link.symlink_to(victim)
    os.lchown(link, 12345, 12345)
    result = subprocess.run([WITH, "apply", "--root", stand_in, "--ca-file", link],
                            capture_output=True, text=True)
    assert result.returncode == 1 and victim.read_text() == others[0].read_text()


def test_links_out_of_the_sysroot_are_not_followed(tmp_path, others):
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "ca-certificates.crt").write_text(others[0].read_text())
    tree = debian(tmp_path / "root", roots=[], others=others)
    bundle = tree / "/etc/ssl/certs/ca-certificates.crt"
    bundle.unlink()
    bundle.symlink_to(outside / "ca-certificates.crt")
    before = (outside / "ca-certificates.crt").read_text()
    tree.install("--apply")
    assert (outside / "ca-certificates.crt").read_text() == before
    assert list(outside.iterdir()) == [outside / "ca-certificates.crt"]


def test_a_wrong_fingerprint_is_refused_before_anything_is_written(tmp_path, others, stand_in):
    tree = debian(tmp_path / "root", roots=[], others=others)
    before = tree.snapshot()
    two = tmp_path / "two.pem"
    two.write_text(stand_in.read_text() + others[0].read_text())  # not one certificate
    result = engine("apply", tree, two)
    assert result.returncode == 1 and "fingerprint" in result.stderr
    assert tree.snapshot() == before


def test_a_damaged_or_foreign_record_is_not_followed(tmp_path, others):
    tree = debian(tmp_path / "root", roots=[], others=others)
    victim = tree.write("/etc/victim", "x")
    record = tree.write("/var/lib/avs-shim/trust-install.json", "{")
    result = tree.install("--undo", "--apply")
    assert result.returncode == 1 and "damaged" in result.stderr
    record.write_text(json.dumps({
        "schema": "avs-shim.trust-install-record/1", "committed": 1,
        "steps": [{"kind": "write", "path": "/etc/victim", "text": "x"}]}))
    record.chmod(0o666)
    result = tree.install("--undo", "--apply")
    assert result.returncode == 1 and "another user" in result.stderr and victim.exists()
