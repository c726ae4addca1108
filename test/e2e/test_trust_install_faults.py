# SPDX-License-Identifier: Apache-2.0
"""avs-shim trust install on a bad day: left-over and planted files, a lock held by a stranger, signals
that somebody ignores, paths without a slash in front."""
import fcntl
import json
import os
import resource
import shutil
import signal
import stat
import subprocess
import time

import pytest

from avs_shim import AVS_SHIM, BUILD, ENVIRONMENT, command_for_anybody, run
from trust_tree import REQUIRED, buildroot, certificates, debian, mint_root, openwrt

WITH = str(BUILD / "test" / "trust_install_with")
IS_ROOT = os.geteuid() == 0
BUNDLE = "/etc/ssl/certs/ca-certificates.crt"
KEPT = "/etc/ssl/certs/.ca-certificates.crt.avs-shim-old"
RECORD = "/var/lib/avs-shim/trust-install.json"


@pytest.fixture(scope="module")
def others(tmp_path_factory):
    folder = tmp_path_factory.mktemp("others")
    return [mint_root(folder, f"Other CA {number}") for number in (1, 2, 3)]


@pytest.fixture(scope="module")
def stand_in(tmp_path_factory):
    return mint_root(tmp_path_factory.mktemp("stand-in"), "Stand-in Root")


def engine(what, tree, stand_in, *arguments, **options):
    return subprocess.run([WITH, what, "--root", stand_in, "--sysroot", tree.path,
                           *map(str, arguments)], capture_output=True, text=True, timeout=60,
                          env=ENVIRONMENT, **options)


def store(tree):
    """Everything but the record and left-overs of an install that is forgotten."""
    return {name: entry for name, entry in tree.snapshot().items()
            if not name.startswith("/var") and not name.endswith(".avs-shim-old")}


def with_left_over(tree, others):
    """What a run leaves that was cut off from power and whose record is lost."""
    tree.write(KEPT, others[2].read_text())
    return store(tree)


# ---- left-over and planted files ----

def test_a_left_over_backup_is_not_this_runs(tmp_path, others, stand_in):
    tree = debian(tmp_path / "root", roots=[], others=others[:2])
    before = with_left_over(tree, others)
    size = (tree / BUNDLE).stat().st_size
    for limit in (0, 400, size, size + 100):  # as a full disk, wherever it strikes
        result = engine("apply", tree, stand_in,
                        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE,
                                                              (limit, limit)))
        assert result.returncode == 1 and "as it was" in result.stderr
        assert store(tree) == before, limit
        with_left_over(tree, others)


def test_a_left_over_backup_when_stopped_or_killed_at_each_step(tmp_path, others, stand_in):
    tree = debian(tmp_path / "root", roots=[], others=others[:2])
    for option in ("--stop-at", "--die-at"):
        for step in range(20):
            before = with_left_over(tree, others)
            result = engine("apply", tree, stand_in, option, step)
            if result.returncode == 0:
                break
            if option == "--die-at":
                assert result.returncode == -9
                assert engine("undo", tree, stand_in).returncode == 0
            assert store(tree) == before, (option, step)
        assert step >= 3
        assert engine("undo", tree, stand_in).returncode == 0
    assert not (tree / KEPT).exists()


@pytest.mark.skipif(not IS_ROOT, reason="needs a file that belongs to somebody else")
def test_an_owner_that_cannot_be_kept_ends_the_install(tmp_path, others, stand_in):
    """A file of root's in a folder of ours: replaced, it would be ours."""
    for folder in (tmp_path, *tmp_path.parents):
        if not folder.stat().st_mode & 0o001:
            folder.chmod(folder.stat().st_mode | 0o011)
    own = tmp_path / "own"
    own.mkdir()
    os.chown(own, 12345, 12345)
    bundle = own / "ca.pem"
    bundle.write_text(others[0].read_text() + others[1].read_text())
    before = bundle.read_bytes()
    left_over = own / ".ca.pem.avs-shim-old"
    left_over.write_text(others[2].read_text())
    result = run("trust", "install", "--ca-file", bundle, "--apply", user=12345, group=12345,
                 extra_groups=[], executable=command_for_anybody(tmp_path))
    assert result.returncode == 1 and "Operation not permitted" in result.stderr
    assert bundle.read_bytes() == before and bundle.stat().st_uid == 0


@pytest.mark.skipif(not IS_ROOT, reason="needs a file that belongs to somebody else")
def test_the_owner_and_the_mode_are_kept(tmp_path, others):
    bundle = tmp_path / "ca.pem"
    bundle.write_text(others[0].read_text())
    bundle.chmod(0o640)
    os.chown(bundle, 12345, 54321)
    assert run("trust", "install", "--ca-file", bundle, "--apply").returncode == 0
    entry = bundle.stat()
    assert (entry.st_uid, entry.st_gid, stat.S_IMODE(entry.st_mode)) == (12345, 54321, 0o640)


@pytest.mark.parametrize("kind", ["file", "folder", "link"])
def test_what_is_planted_in_a_shared_folder_is_harmless(tmp_path, others, stand_in, kind):
    shared = tmp_path / "shared"
    shared.mkdir()
    shared.chmod(0o1777)
    victim = tmp_path / "victim"
    victim.write_text("precious")
    bundle = shared / "ca.pem"
    bundle.write_text(others[0].read_text())
    before = bundle.read_bytes()
    for name in (".ca.pem.avs-shim-old", ".ca.pem.avs-shim-new",
                 "..avs-shim-trust-install.json.avs-shim-new",
                 ".avs-shim-trust-install.json.lock"):
        planted = shared / name
        if kind == "folder" and name.endswith("old"):
            planted.mkdir()
        elif kind == "link":
            planted.symlink_to(victim)
        else:
            planted.write_text(others[1].read_text())
            planted.chmod(0o666)
        if IS_ROOT:
            os.lchown(planted, 12345, 12345)
    for step in range(6):
        result = subprocess.run([WITH, "apply", "--root", stand_in, "--ca-file", bundle,
                                 "--stop-at", str(step)], capture_output=True, text=True)
        if result.returncode == 0:
            break
        assert "stopped" in result.stderr and bundle.read_bytes() == before
    assert result.returncode == 0 and victim.read_text() == "precious"
    assert len(certificates(bundle)) == 2


def test_a_forgotten_backup_does_not_come_back_with_undo(tmp_path, others, stand_in):
    tree = debian(tmp_path / "root", roots=[], others=others[:2])
    before = store(tree)
    assert engine("apply", tree, stand_in).returncode == 0
    with_left_over(tree, others)
    assert engine("undo", tree, stand_in).returncode == 0
    assert store(tree) == before


def test_a_bare_newline_is_taken_back_only_where_it_was_put(tmp_path, others, stand_in):
    """The list had no newline at its end, and no install has come that far."""
    tree = debian(tmp_path / "root", roots=[], others=others)
    conf = tree / "/etc/ca-certificates.conf"
    conf.write_text(conf.read_text().rstrip("\n"))
    before = store(tree)
    for limit in (0, 600):
        engine("apply", tree, stand_in,
               preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit)))
        assert store(tree) == before
    assert engine("apply", tree, stand_in).returncode == 0
    conf.write_text(conf.read_text() + "# a line of somebody's\n")
    assert engine("undo", tree, stand_in).returncode == 0
    assert conf.read_text().endswith(".crt\n# a line of somebody's\n")


# ---- whose record, which clock ----

@pytest.mark.skipif(not IS_ROOT, reason="needs a file that belongs to somebody else")
@pytest.mark.parametrize("what", ["owner", "group may write", "others may write"])
def test_a_record_that_somebody_else_can_have_written_is_not_followed(tmp_path, others, what):
    tree = debian(tmp_path / "root", roots=[], others=others)
    assert tree.install("--apply").returncode == 0
    record = tree / RECORD
    content, after = record.read_bytes(), tree.snapshot()
    if what == "owner":
        os.chown(record, 12345, 12345)
    else:
        record.chmod(0o664 if what.startswith("group") else 0o646)
    for arguments in (["--undo"], ["--undo", "--apply"], ["--apply"], []):
        result = tree.install(*arguments)
        assert result.returncode == 1 and "another user" in result.stderr, arguments
    os.chown(record, 0, 0)
    record.chmod(0o644)
    assert record.read_bytes() == content and tree.snapshot() == after
    assert tree.install("--undo", "--apply").returncode == 0


@pytest.mark.skipif(not shutil.which("faketime"), reason="needs faketime")
@pytest.mark.parametrize("when", ["1971-01-01 00:00:00", "2044-01-01 00:00:00"])
def test_a_board_whose_clock_is_not_set_yet_can_be_given_the_roots(tmp_path, others, when):
    """In 1970 no root is valid yet; it has to be there before NTP, over TLS, can be asked."""
    tree = debian(tmp_path / "root", roots=[], others=others)
    result = subprocess.run(["faketime", "-f", f"@{when}", AVS_SHIM, "trust", "install",
                             "--sysroot", tree.path, "--apply"], capture_output=True, text=True,
                            env=ENVIRONMENT)
    if "AddressSanitizer" in result.stderr or "ASan" in result.stderr:
        pytest.skip("faketime and the sanitizer do not go together")
    assert result.returncode == 0, result.stderr
    assert tree.audit()[1] == 0


# ---- the lock ----

def test_a_lock_that_anybody_can_hold_keeps_nobody_out(tmp_path, others):
    tree = debian(tmp_path / "root", roots=[], others=others)
    held = []
    try:
        for place in ("/", "/etc", "/var/lib/avs-shim", "/etc/ssl/certs"):
            (tree / place).mkdir(parents=True, exist_ok=True)
            held.append(os.open(tree / place, os.O_RDONLY))
            fcntl.flock(held[-1], fcntl.LOCK_EX)
        assert tree.install().returncode == 1  # a dry run
        assert tree.install("--apply").returncode == 0
    finally:
        for fd in held:
            os.close(fd)


def test_two_at_once_are_one_after_the_other(tmp_path, others, stand_in):
    tree = debian(tmp_path / "root", roots=[], others=others)
    lock = tree.write(RECORD + ".lock", "", mode=0o600)
    with open(lock) as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        result = tree.install("--apply")
        assert result.returncode == 1 and "another avs-shim trust install" in result.stderr
        assert "Nothing was changed" in result.stderr and lock.exists()
        assert tree.install().returncode == 1  # a dry run needs no lock
    assert tree.install("--apply").returncode == 0
    assert not lock.exists()


def test_nothing_is_written_when_there_is_nothing_to_do(tmp_path):
    tree = debian(tmp_path / "root", roots=REQUIRED)
    before = tree.snapshot()
    assert tree.install("--apply").returncode == 0
    assert tree.install("--undo", "--apply").returncode == 2
    assert tree.snapshot() == before


# ---- paths ----

@pytest.mark.parametrize("key", ["CURLOPT_CAINFO", "CURLOPT_CAPATH"])
def test_a_relative_path_is_relative_to_the_working_directory(tmp_path, others, key):
    folder = tmp_path / "certs"
    folder.mkdir()
    file = folder / "ca.pem"
    file.write_text(others[0].read_text())
    subprocess.run(["openssl", "rehash", folder], check=True, capture_output=True)
    named = "certs/ca.pem" if key == "CURLOPT_CAINFO" else "certs"
    (tmp_path / "config.json").write_text(json.dumps({"libcurlUtils": {key: named}}))
    for name in (["--config", "config.json"],
                 ["--ca-file" if key == "CURLOPT_CAINFO" else "--ca-path", named]):
        result = run("trust", "install", *name, "--apply", "--json", cwd=tmp_path)
        assert result.returncode == 0, result.stderr
        report = json.loads(result.stdout)
        assert (report["bundles"] + report["folders"]) == [str(tmp_path / named)]
        assert report["next"].endswith(" ".join(name))
        assert run("trust", "audit", name[0].replace("config", "config"), name[1],
                   cwd=tmp_path).returncode == 0
        assert run("trust", "install", *name, "--undo", "--apply", cwd=tmp_path).returncode == 0
        assert file.read_text() == others[0].read_text()
    assert not os.path.exists("/.avs-shim-trust-install.json")


def test_only_one_store_can_be_named(tmp_path, others):
    result = run("trust", "install", "--ca-file", others[0], "--ca-path", tmp_path)
    assert result.returncode == 2 and "one store" in result.stderr


def test_a_bundle_with_the_longest_name(tmp_path, others, stand_in):
    bundle = tmp_path / ("n" * 251 + ".pem")
    bundle.write_text(others[0].read_text())
    before = bundle.read_bytes()
    assert run("trust", "audit", "--ca-file", bundle).returncode == 1
    for step in range(6):
        result = subprocess.run([WITH, "apply", "--root", stand_in, "--ca-file", bundle,
                                 "--stop-at", str(step)], capture_output=True, text=True)
        if result.returncode == 0:
            break
        assert bundle.read_bytes() == before
    assert result.returncode == 0 and len(certificates(bundle)) == 2
    assert run("trust", "install", "--ca-file", bundle, "--undo", "--apply").returncode == 0
    assert bundle.read_bytes() == before and list(tmp_path.iterdir()) == [bundle]


# ---- what is left of it ----

@pytest.mark.parametrize("layout", [buildroot, openwrt])
def test_undo_leaves_no_folder_behind(tmp_path, others, layout):
    tree, *_ = layout(tmp_path / "root", others=others)
    before = tree.snapshot()
    assert tree.install("--apply").returncode == 0
    assert (tree / RECORD).exists()
    assert tree.install("--undo", "--apply").returncode == 0
    assert tree.snapshot() == before


def test_where_the_record_is_and_how_long(tmp_path, others):
    tree, *_ = openwrt(tmp_path / "my root", others=others)
    (tree / "/tmp/lib").mkdir(parents=True)
    tree.link("/var", "tmp")
    text = run("trust", "install", "--sysroot", tree.path, "--apply").stdout
    assert f"(record: {tree.path}{RECORD})" in text and "after a reboot" in text
    assert f"--sysroot '{tree.path}' --undo --apply" in text

    other, *_ = buildroot(tmp_path / "other", others=others)
    other.write("/etc/fstab", "# <fs>\ntmpfs\t/var\ttmpfs\tdefaults\t0 0\n")
    assert any("after a reboot" in note
               for note in json.loads(other.install("--apply").stdout)["notes"])
    third, *_ = buildroot(tmp_path / "third", others=others)
    third.write("/etc/fstab", "tmpfs /var/volatile tmpfs defaults 0 0\n")
    assert any("before the image ships" in note
               for note in json.loads(third.install("--apply").stdout)["notes"])


# ---- signals ----

def test_a_hang_up_that_is_ignored_stays_ignored(tmp_path, others):
    """nohup: the terminal goes away, the install does not."""
    tree = debian(tmp_path / "root", roots=[], others=others)
    fifo = tmp_path / "config.json"
    os.mkfifo(fifo)  # the command waits in open(2) for a writer

    def caught(disposition):
        process = subprocess.Popen(
            [AVS_SHIM, "trust", "install", "--sysroot", tree.path, "--config", fifo],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=ENVIRONMENT,
            preexec_fn=lambda: signal.signal(signal.SIGHUP, disposition))
        try:
            deadline = time.monotonic() + 20
            while time.monotonic() < deadline:
                status = dict(line.split(":\t", 1) for line in
                              open(f"/proc/{process.pid}/status").read().splitlines())
                mask = int(status["SigCgt"], 16)
                if mask & 1 << (signal.SIGTERM - 1):
                    return bool(mask & 1 << (signal.SIGHUP - 1))
                time.sleep(0.02)
            raise AssertionError("it never caught SIGTERM")
        finally:
            process.kill()
            process.wait()

    assert caught(signal.SIG_DFL) and not caught(signal.SIG_IGN)
