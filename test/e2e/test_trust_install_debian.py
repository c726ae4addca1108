# SPDX-License-Identifier: Apache-2.0
"""avs-shim trust install in a real Debian root, the way a device runs it: the distribution's own
updater, and at the end handshakes of openssl and curl with servers that are not ours."""
import json
import os
import shutil
import signal
import subprocess
import time

import pytest

import debian_root
from avs_shim import OPENSSL_VERIFY, Server, free_port, nginx_command
from pki import Pki
from trust_tree import REQUIRED, Tree, arch, certificates, fedora, mint_root, pem, suse

pytestmark = pytest.mark.skipif(debian_root.why_not() is not None,
                                reason=str(debian_root.why_not()))

BUNDLE = "/etc/ssl/certs/ca-certificates.crt"
STATE = ["etc/ca-certificates.conf", "etc/ssl/certs", "usr/share/ca-certificates",
         "usr/local/share/ca-certificates", "usr/sbin/update-ca-certificates"]


class Device:
    def __init__(self, path):
        self.path = path

    def __truediv__(self, inside):
        return self.path / inside.lstrip("/")

    def run(self, *command, **options):
        # a leak checker would want ptrace
        environment = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C",
                       "ASAN_OPTIONS": "detect_leaks=0"}
        return subprocess.run(["chroot", self.path, *map(str, command)], capture_output=True,
                              text=True, timeout=60, env=environment, **options)

    def avs_shim(self, *arguments):
        return self.run("env", "LD_LIBRARY_PATH=/opt/avs/lib", "/opt/avs/avs-shim", *arguments)

    def engine(self, *arguments):
        return self.run("env", "LD_LIBRARY_PATH=/opt/avs/lib", "/opt/avs/trust_install_with",
                        *arguments)

    def install(self, *arguments):
        result = self.avs_shim("trust", "install", "--json", *arguments)
        return result, json.loads(result.stdout) if result.stdout else None

    def store(self):
        return {name: entry for name, entry in Tree(self.path / "etc").snapshot().items()
                if name.startswith(("/ssl", "/ca-certificates"))} | \
            Tree(self.path / "usr/local/share/ca-certificates").snapshot()


@pytest.fixture(scope="session")
def prepared(tmp_path_factory):
    path = tmp_path_factory.mktemp("debian") / "root"
    if not debian_root.make(path):
        pytest.skip("debootstrap failed: no network?")
    debian_root.add_programs(path)
    debian_root.take_roots_out(path)
    (path / "proc").mkdir(exist_ok=True)  # the sanitizers read /proc/self/maps
    has_proc = subprocess.run(["mount", "-t", "proc", "proc", path / "proc"],
                              capture_output=True).returncode == 0
    kept = path.parent / "kept"
    for place in STATE:
        (kept / place).parent.mkdir(parents=True, exist_ok=True)
        subprocess.run(["cp", "-a", path / place, kept / place], check=True)
    device = Device(path)
    try:
        if device.avs_shim("--version").returncode != 0:
            pytest.skip("the command does not start in a chroot: " + device.avs_shim("-h").stderr)
        yield device, kept
    finally:
        if has_proc:
            subprocess.run(["umount", path / "proc"], check=True)
        shutil.rmtree(path, ignore_errors=True)


@pytest.fixture
def device(prepared):
    """The root as it was prepared, whatever the test before did."""
    device, kept = prepared
    for place in STATE:
        subprocess.run(["rm", "-rf", device.path / place], check=True)
        subprocess.run(["cp", "-a", kept / place, device.path / place], check=True)
    shutil.rmtree(device.path / "var/lib/avs-shim", ignore_errors=True)
    return device


def test_install_run_verify_undo(device):
    before, held = device.store(), certificates(device / BUNDLE)
    assert device.avs_shim("trust", "audit").returncode == 1
    result, report = device.install()
    assert result.returncode == 1 and device.store() == before
    assert report["steps"][-1]["kind"] == "run"

    result, report = device.install("--apply")
    assert result.returncode == 0, result.stderr
    assert report["convention"] == "debian" and report["is_complete"]
    assert set(certificates(device / BUNDLE)) > set(held)
    for root in REQUIRED:
        path = f"/usr/local/share/ca-certificates/{root}.crt"
        assert (device / path).read_text() == pem(root)
        for store in (["-no-CApath", "-CAfile", BUNDLE], ["-no-CAfile", "-CApath",
                                                          "/etc/ssl/certs"]):
            verify = device.run(*OPENSSL_VERIFY, *store, path)
            assert verify.returncode == 0, verify.stderr
    audit = device.avs_shim("trust", "audit", "--json")
    assert audit.returncode == 0, audit.stdout

    after = device.store()
    assert device.install("--apply")[1]["steps"] == [] and device.store() == after
    assert device.run("update-ca-certificates").returncode == 0  # the distribution keeps them
    assert device.store() == after

    result, _ = device.install("--undo", "--apply")
    assert result.returncode == 0, result.stderr
    assert device.store() == before
    assert not (device / "/var/lib/avs-shim").exists()


def test_a_ca_pasted_into_the_bundle_by_hand_survives(device, tmp_path):
    own = mint_root(tmp_path, "Pasted CA").read_text()
    bundle = device / BUNDLE
    bundle.write_text(bundle.read_text() + own)
    held = certificates(bundle)
    result, report = device.install("--apply")
    assert result.returncode == 0, result.stderr
    assert set(held) < set(certificates(bundle))
    assert any("put back" in note for note in report["notes"])
    result, _ = device.install("--undo", "--apply")
    assert result.returncode == 0 and sorted(certificates(bundle)) == sorted(held)


def test_a_list_without_newline_loses_no_ca(device):
    """update-ca-certificates would silently drop the last one."""
    conf = device / "/etc/ca-certificates.conf"
    conf.write_text(conf.read_text().rstrip("\n"))
    held = certificates(device / BUNDLE)
    assert device.install("--apply")[0].returncode == 0
    assert set(held) < set(certificates(device / BUNDLE))


def test_a_switched_off_root_comes_back_by_the_list(device):
    name = "mozilla/Amazon_Root_CA_1.crt"
    (device / f"/usr/share/ca-certificates/{name}").write_text(pem("amazon-root-ca-1"))
    conf = device / "/etc/ca-certificates.conf"
    conf.write_text(conf.read_text() + f"!{name}\n")
    before = device.store()
    result, _ = device.install("--apply", "--only", "amazon-root-ca-1")
    assert result.returncode == 0, result.stderr
    assert conf.read_text().endswith(f"\n{name}\n")
    assert device.install("--undo", "--apply")[0].returncode == 0
    assert device.store() == before


@pytest.mark.parametrize("script, word", [
    ("#!/bin/sh\nexit 3\n", "exit code 3"),
    ("#!/bin/sh\necho broken > /etc/ssl/certs/ca-certificates.crt.x\n"
     "mv /etc/ssl/certs/ca-certificates.crt.x /etc/ssl/certs/ca-certificates.crt\n"
     "echo out of order >&2\nexit 1\n", "out of order"),
    ("#!/bin/sh\nexit 0\n", "not in the store afterwards"),
    ("not a program", "update-ca-certificates"),
])
def test_an_updater_that_fails_leaves_the_store_as_it_was(device, script, word):
    updater = device / "/usr/sbin/update-ca-certificates"
    before = device.store()
    updater.write_text(script)
    left_over = device / "/etc/ssl/certs/.ca-certificates.crt.avs-shim-old"
    left_over.write_text("of a run that is forgotten")
    result, _ = device.install("--apply")
    assert result.returncode == 1
    assert word in result.stderr and "as it was" in result.stderr
    assert device.store() == before and not left_over.exists()


def test_an_updater_that_hangs_is_ended(device, tmp_path):
    updater = device / "/usr/sbin/update-ca-certificates"
    updater.write_text("#!/bin/sh\ntrap '' TERM\ncase $1 in --fresh) exit 0;; esac\n"
                       "sleep 50 &\nwait\nsleep 50\n")
    before = device.store()
    shutil.copy(mint_root(tmp_path, "Stand-in Root"), device / "/root/stand-in.pem")
    started = time.monotonic()
    result = device.engine("apply", "--root", "/root/stand-in.pem", "--timeout", "500")
    assert time.monotonic() - started < 20
    assert result.returncode == 1 and "did not end" in result.stderr
    assert device.store() == before


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_while_the_updater_runs_takes_everything_back(device, number):
    updater = device / "/usr/sbin/update-ca-certificates"
    (device / "/tmp/at-work").unlink(missing_ok=True)
    updater.write_text("#!/bin/sh\ncase $1 in --fresh) exit 0;; esac\n"
                       "touch /tmp/at-work\nsleep 50\n")
    before = device.store()
    process = subprocess.Popen(["chroot", device.path, "env", "LD_LIBRARY_PATH=/opt/avs/lib",
                                "ASAN_OPTIONS=detect_leaks=0", "/opt/avs/avs-shim", "trust",
                                "install", "--apply"], stderr=subprocess.PIPE, text=True)
    deadline = time.monotonic() + 30
    while not (device / "/tmp/at-work").exists() and time.monotonic() < deadline:
        time.sleep(0.02)
    process.send_signal(number)
    _, words = process.communicate(timeout=30)
    assert process.returncode == 1 and "stopped while" in words and "as it was" in words
    assert device.store() == before


def test_killed_at_each_step_and_mended(device, tmp_path):
    shutil.copy(mint_root(tmp_path, "Stand-in Root"), device / "/root/stand-in.pem")
    before, held = device.store(), certificates(device / BUNDLE)
    for step in range(10):
        result = device.engine("apply", "--root", "/root/stand-in.pem", "--die-at", step)
        if result.returncode == 0:
            break
        assert set(certificates(device / BUNDLE)) >= set(held)
        undone = device.engine("undo", "--root", "/root/stand-in.pem")
        assert undone.returncode == 0, undone.stderr
        assert device.store() == before, f"step {step}"
    assert result.returncode == 0 and step >= 3


# ---- handshakes ----

def nginx(pki, folder):
    port = free_port()
    (folder / "index.html").write_text("hello from the other side\n")
    (folder / "nginx.conf").write_text(f"""
        user root; daemon off; pid {folder}/pid; error_log stderr; worker_processes 1;
        events {{ worker_connections 64; }}
        http {{
          access_log off; client_body_temp_path {folder}; proxy_temp_path {folder};
          fastcgi_temp_path {folder}; uwsgi_temp_path {folder}; scgi_temp_path {folder};
          server {{
            listen 127.0.0.1:{port} ssl http2; ssl_protocols TLSv1.2 TLSv1.3;
            ssl_certificate {pki.chain}; ssl_certificate_key {pki.key}; root {folder};
          }}
        }}""")
    return Server(port, *nginx_command(folder, folder / "nginx.conf"))


def s_server(pki, folder):
    port = free_port()
    return Server(port, "openssl", "s_server", "-accept", f"127.0.0.1:{port}", "-cert", pki.leaf,
                  "-cert_chain", pki.issuing, "-key", pki.key, "-quiet", "-www")


def curl(device, server, host):
    return device.run("curl", "-s", "-S", "--resolve", f"{host}:{server.port}:127.0.0.1",
                      f"https://{host}:{server.port}/").returncode


def openssl_client(device, server, host, *store):
    return device.run("openssl", "s_client", "-connect", f"127.0.0.1:{server.port}",
                      "-servername", host, "-verify_hostname", host, "-verify_return_error",
                      *store, input="").returncode


@pytest.mark.parametrize("peer", [nginx, s_server], ids=["nginx", "s_server"])
def test_a_handshake_works_after_install_and_fails_after_undo(device, tmp_path, peer):
    pki = Pki(tmp_path)
    shutil.copy(pki.root, device / "/root/stand-in.pem")
    stores = [["-CAfile", BUNDLE, "-no-CApath"], ["-CApath", "/etc/ssl/certs", "-no-CAfile"], []]
    with peer(pki, tmp_path) as server:
        assert curl(device, server, pki.host) == 60
        assert openssl_client(device, server, pki.host) != 0
        result = device.engine("apply", "--root", "/root/stand-in.pem")
        assert result.returncode == 0, result.stderr
        assert curl(device, server, pki.host) == 0
        for store in stores:
            assert openssl_client(device, server, pki.host, *store) == 0, store
        assert device.engine("undo", "--root", "/root/stand-in.pem").returncode == 0
        assert curl(device, server, pki.host) == 60
        for store in stores:
            assert openssl_client(device, server, pki.host, *store) != 0, store


def test_a_handshake_works_after_an_install_into_the_sysroot(device, tmp_path):
    """The same from outside: nothing of the root is executed, its store is good all the same."""
    pki = Pki(tmp_path)
    updater = device / "/usr/sbin/update-ca-certificates"
    updater.write_text("#!/bin/sh\ntouch /executed\n")
    with nginx(pki, tmp_path) as server:
        result = subprocess.run([debian_root.WITH, "apply", "--root", pki.root, "--sysroot",
                                 device.path], capture_output=True, text=True)
        assert result.returncode == 0, result.stderr
        assert not (device / "/executed").exists()
        assert curl(device, server, pki.host) == 0
        assert openssl_client(device, server, pki.host, "-CApath", "/etc/ssl/certs",
                              "-no-CAfile") == 0


def test_the_distributions_updater_accepts_what_a_sysroot_install_left(device):
    """First boot of the image: update-ca-certificates rebuilds, and changes nothing."""
    result = subprocess.run([debian_root.AVS_SHIM, "trust", "install", "--sysroot", device.path,
                             "--apply"], capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    links = sorted(os.listdir(device / "/etc/ssl/certs"))
    held = set(certificates(device / BUNDLE))
    assert device.run("update-ca-certificates").returncode == 0
    assert sorted(os.listdir(device / "/etc/ssl/certs")) == links
    assert set(certificates(device / BUNDLE)) == held


def test_a_ca_that_was_switched_off_meanwhile_is_not_put_back(device):
    """The list says "!", the bundle was not rebuilt since: the next run drops it, as decided."""
    conf = device / "/etc/ca-certificates.conf"
    names = [line for line in conf.read_text().splitlines() if line.startswith("mozilla/")]
    conf.write_text(conf.read_text().replace(names[0] + "\n", "!" + names[0] + "\n"))
    off = certificates(device / f"/usr/share/ca-certificates/{names[0]}")
    assert set(off) <= set(certificates(device / BUNDLE))
    result, report = device.install("--apply")
    # Debian 13's /tmp is in memory, and so is the record
    assert [note for note in report["notes"] if "in memory" not in note] == []
    assert result.returncode == 0
    assert not set(off) & set(certificates(device / BUNDLE))


# ---- the conventions of others, alive ----
# Their updaters are not on Debian; scripts of the same name and call build the same files from the
# same folders.

UPDATER = """#!/bin/sh -e
[ "$*" = "{arguments}" ] || exit 9
cat /base.pem {anchors}/*{extension} > {bundle}.tmp
chmod 444 {bundle}.tmp
mv -f {bundle}.tmp {bundle}
rm -f {folder}/*
cp {anchors}/*{extension} {folder}/
cd {folder}
for file in *{extension}; do
    ln -s $file $(openssl x509 -noout -hash -in $file).0
done
"""


@pytest.mark.parametrize("layout, updater, arguments, extension", [
    (fedora, "/usr/bin/update-ca-trust", "extract", ".pem"),
    (arch, "/usr/bin/update-ca-trust", "", ".crt"),
    (suse, "/usr/sbin/update-ca-certificates", "", ".pem"),
], ids=["fedora", "arch", "suse"])
def test_the_updater_of_each_convention_is_called_as_documented(device, tmp_path, layout, updater,
                                                                arguments, extension):
    extra = ["etc/pki", "etc/ca-certificates", "etc/redhat-release", "var/lib/ca-certificates",
             "etc/ssl"]
    kept = tmp_path / "kept"
    shutil.copytree(device / "/etc/ssl", kept, symlinks=True)
    shutil.rmtree(device / "/etc/ssl")
    other = mint_root(tmp_path, "Other CA")
    try:
        _, bundle, folder, anchors = layout(device.path, others=[other])
        # an anchor of the owner's, from before
        shutil.copy(other, device / f"{anchors}/other{extension}")
        (device / "/base.pem").write_text("")
        (device / "/etc/pki").mkdir(exist_ok=True)
        (device / updater).write_text(UPDATER.format(arguments=arguments, anchors=anchors,
                                                     extension=extension, bundle=bundle,
                                                     folder=folder))
        (device / updater).chmod(0o755)
        result, report = device.install("--apply")
        assert result.returncode == 0, result.stderr
        assert report["steps"][-1] == {"kind": "run", "path": updater, "text": f"run {updater}"}
        assert report["convention"] == layout.__name__
        assert len(certificates(device / bundle)) == 6
        for root in REQUIRED:
            assert (device / f"{anchors}/{root}{extension}").read_text() == pem(root)
        assert device.install("--undo", "--apply")[0].returncode == 0
        assert len(certificates(device / bundle)) == 1
        assert [path.name for path in (device / anchors).iterdir()] == [f"other{extension}"]
    finally:
        for place in extra:
            subprocess.run(["rm", "-rf", device.path / place], check=True)
        shutil.copytree(kept, device / "/etc/ssl", symlinks=True)
        (device / "/etc/ca-certificates/update.d").mkdir(parents=True)
