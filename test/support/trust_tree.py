# SPDX-License-Identifier: Apache-2.0
"""Root file systems for the trust tests: the layouts of real distributions, in a temporary folder,
filled with the real roots (config/roots) and with unrelated CAs minted on the spot."""
import hashlib
import json
import os
import pathlib
import ssl
import subprocess

from avs_shim import ROOT, run

ROOTS = ROOT / "config" / "roots"
REQUIRED = ["amazon-root-ca-1", "amazon-root-ca-2", "amazon-root-ca-3", "amazon-root-ca-4",
            "starfield-services-root-g2"]
NAMES = {"amazon-root-ca-1": "Amazon Root CA 1", "amazon-root-ca-2": "Amazon Root CA 2",
         "amazon-root-ca-3": "Amazon Root CA 3", "amazon-root-ca-4": "Amazon Root CA 4",
         "starfield-services-root-g2": "Starfield Services Root Certificate Authority - G2",
         "starfield-class-2": "Starfield Class 2 Certification Authority"}


def pem(name):
    return (ROOTS / f"{name}.pem").read_text()


def openssl(*arguments, **options):
    return subprocess.run(["openssl", *map(str, arguments)], check=True, capture_output=True,
                          **options).stdout


def subject_hash(path):
    return openssl("x509", "-in", path, "-noout", "-hash").decode().strip()


def mint_root(folder, common_name, days=30, key=None):
    """A self-signed CA; returns the path of its certificate (its key stands beside it)."""
    path = pathlib.Path(folder) / (common_name.replace(" ", "_") + ".crt")
    key = key or path.with_suffix(".key")
    if not key.exists():
        openssl("ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", key)
    openssl("req", "-x509", "-new", "-key", key, "-subj", f"/O=Test/CN={common_name}", "-days",
            days, "-out", path)
    return path


class Tree:
    """A root file system below `path`."""

    def __init__(self, path):
        self.path = pathlib.Path(path)
        self.path.mkdir(parents=True, exist_ok=True)

    def __truediv__(self, inside):
        return self.path / inside.lstrip("/")

    def write(self, inside, text, mode=0o644):
        target = self / inside
        target.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(text, bytes):
            target.write_bytes(text)
        else:
            target.write_text(text)
        target.chmod(mode)
        return target

    def link(self, inside, to):
        target = self / inside
        target.parent.mkdir(parents=True, exist_ok=True)
        target.symlink_to(to)

    def hashed(self, folder, name, text):
        """A certificate file with its hash link."""
        file = self.write(f"{folder}/{name}", text)
        self.link(f"{folder}/{subject_hash(file)}.0", name)

    def snapshot(self):
        """Every name below, with content, mode, owner or link target."""
        found = {}
        for folder, folders, files in os.walk(self.path):
            for name in folders + files:
                full = os.path.join(folder, name)
                entry = os.lstat(full)
                inside = full[len(str(self.path)):]
                if os.path.islink(full):
                    found[inside] = ("link", os.readlink(full))
                elif os.path.isdir(full):
                    found[inside] = ("folder", entry.st_mode)
                else:
                    content = pathlib.Path(full).read_bytes()
                    found[inside] = (hashlib.sha256(content).hexdigest(), entry.st_mode,
                                     entry.st_uid, entry.st_gid)
        return found

    def audit(self, *arguments):
        result = run("trust", "audit", "--sysroot", self.path, "--json", *arguments)
        assert result.stderr == "", result.stderr
        return json.loads(result.stdout), result.returncode

    def install(self, *arguments):
        return run("trust", "install", "--sysroot", self.path, "--json", *arguments)


def certificates(path):
    """SHA-256 of each certificate of a bundle, in order, as Python's ssl module reads it."""
    text = pathlib.Path(path).read_text(errors="replace")
    end = "-----END CERTIFICATE-----"
    blocks = [part[part.index("-----BEGIN CERTIFICATE-----"):] + end
              for part in text.split(end)[:-1]]
    return [hashlib.sha256(ssl.PEM_cert_to_DER_cert(block)).hexdigest() for block in blocks]


def debian(path, roots=REQUIRED, others=()):
    """Debian as its packages lay it out: conf, packaged CAs, bundle and hashed folder."""
    tree = Tree(path)
    conf = "# This file lists certificates that you wish to use or to ignore.\n"
    bundle = ""
    packaged = [(NAMES[name].replace(" ", "_"), pem(name)) for name in roots]
    packaged += [(other.stem, other.read_text()) for other in others]
    for name, text in sorted(packaged):
        tree.write(f"/usr/share/ca-certificates/mozilla/{name}.crt", text)
        tree.link(f"/etc/ssl/certs/{name}.pem", f"/usr/share/ca-certificates/mozilla/{name}.crt")
        file = tree / f"/usr/share/ca-certificates/mozilla/{name}.crt"
        tree.link(f"/etc/ssl/certs/{subject_hash(file)}.0", f"{name}.pem")
        conf += f"mozilla/{name}.crt\n"
        bundle += text
    tree.write("/etc/ca-certificates.conf", conf)
    tree.write("/etc/ssl/certs/ca-certificates.crt", bundle)
    tree.write("/etc/debian_version", "12.0\n")
    (tree / "/usr/local/share/ca-certificates").mkdir(parents=True)
    return tree


# Layouts of other distributions, as their packages leave them: (tree, bundle, hashed folder, folder
# for CAs added by hand); None where a distribution has none.

def _bundle(roots, others):
    return "".join(pem(name) for name in roots) + "".join(o.read_text() for o in others)


def fedora(path, roots=(), others=()):
    tree = Tree(path)
    extracted = "/etc/pki/ca-trust/extracted/pem"
    tree.write("/etc/redhat-release", "Fedora release 40\n")
    (tree / "/etc/pki/ca-trust/source/anchors").mkdir(parents=True)
    tree.write(f"{extracted}/tls-ca-bundle.pem", "# CN\n" + _bundle(roots, others), 0o444)
    tree.link("/etc/pki/tls/certs/ca-bundle.crt", f"{extracted}/tls-ca-bundle.pem")
    tree.link("/etc/ssl/certs", "../pki/tls/certs")
    for other in others:
        tree.hashed(f"{extracted}/directory-hash", other.name, other.read_text())
    return tree, f"{extracted}/tls-ca-bundle.pem", f"{extracted}/directory-hash", \
        "/etc/pki/ca-trust/source/anchors"


def suse(path, roots=(), others=()):
    tree = Tree(path)
    (tree / "/etc/pki/trust/anchors").mkdir(parents=True)
    tree.write("/var/lib/ca-certificates/ca-bundle.pem", _bundle(roots, others), 0o444)
    tree.link("/etc/ssl/ca-bundle.pem", "/var/lib/ca-certificates/ca-bundle.pem")
    for other in others:
        tree.hashed("/var/lib/ca-certificates/pem", other.stem + ".pem", other.read_text())
    tree.link("/etc/ssl/certs", "/var/lib/ca-certificates/pem")
    return tree, "/var/lib/ca-certificates/ca-bundle.pem", "/var/lib/ca-certificates/pem", \
        "/etc/pki/trust/anchors"


def arch(path, roots=(), others=()):
    tree = Tree(path)
    extracted = "/etc/ca-certificates/extracted"
    (tree / "/etc/ca-certificates/trust-source/anchors").mkdir(parents=True)
    tree.write(f"{extracted}/tls-ca-bundle.pem", _bundle(roots, others), 0o444)
    for other in others:
        tree.hashed(f"{extracted}/cadir", other.stem + ".pem", other.read_text())
    tree.link("/etc/ssl/certs/ca-certificates.crt",
              "../../ca-certificates/extracted/tls-ca-bundle.pem")
    return tree, f"{extracted}/tls-ca-bundle.pem", f"{extracted}/cadir", \
        "/etc/ca-certificates/trust-source/anchors"


def alpine(path, roots=(), others=()):
    tree = Tree(path)
    tree.write("/etc/alpine-release", "3.20.0\n")
    (tree / "/usr/local/share/ca-certificates").mkdir(parents=True)
    conf = ""
    for other in others:
        tree.write(f"/usr/share/ca-certificates/mozilla/{other.name}", other.read_text())
        conf += f"mozilla/{other.name}\n"
        tree.link(f"/etc/ssl/certs/ca-cert-{other.stem}.pem",
                  f"/usr/share/ca-certificates/mozilla/{other.name}")
        tree.link(f"/etc/ssl/certs/{subject_hash(other)}.0", f"ca-cert-{other.stem}.pem")
    tree.write("/etc/ca-certificates.conf", conf)
    tree.write("/etc/ssl/certs/ca-certificates.crt", _bundle(roots, others))
    tree.link("/etc/ssl/cert.pem", "certs/ca-certificates.crt")
    return tree, "/etc/ssl/certs/ca-certificates.crt", "/etc/ssl/certs", \
        "/usr/local/share/ca-certificates"


def openwrt(path, roots=(), others=()):
    tree = Tree(path)
    tree.write("/etc/openwrt_release", "DISTRIB_ID='OpenWrt'\n")
    tree.write("/etc/ssl/certs/ca-certificates.crt", _bundle(roots, others))
    tree.link("/etc/ssl/cert.pem", "/etc/ssl/certs/ca-certificates.crt")
    for other in others:
        tree.hashed("/etc/ssl/certs", other.name, other.read_text())
    return tree, "/etc/ssl/certs/ca-certificates.crt", "/etc/ssl/certs", None


def openwrt_bundle_only(path, roots=(), others=()):
    tree = Tree(path)
    tree.write("/etc/openwrt_release", "DISTRIB_ID='OpenWrt'\n")
    tree.write("/etc/ssl/certs/ca-certificates.crt", _bundle(roots, others))
    return tree, "/etc/ssl/certs/ca-certificates.crt", None, None


def buildroot(path, roots=(), others=()):
    tree = Tree(path)
    tree.write("/etc/os-release", "ID=buildroot\n")
    tree.write("/etc/ssl/certs/ca-certificates.crt", _bundle(roots, others))
    for other in others:
        tree.hashed("/etc/ssl/certs", other.stem + ".pem", other.read_text())
    return tree, "/etc/ssl/certs/ca-certificates.crt", "/etc/ssl/certs", None


def debian_layout(path, roots=(), others=()):
    return debian(path, roots, others), "/etc/ssl/certs/ca-certificates.crt", "/etc/ssl/certs", \
        "/usr/local/share/ca-certificates"


LAYOUTS = [debian_layout, fedora, suse, arch, alpine, openwrt, openwrt_bundle_only, buildroot]


def follow(tree, inside):
    """The file behind a path as the device would see it: links start at the tree's root."""
    path = pathlib.PurePosixPath(inside)
    for _ in range(20):
        full = tree.path / str(path).lstrip("/")
        if not full.is_symlink():
            return full
        target = os.readlink(full)
        path = pathlib.PurePosixPath(target if target.startswith("/")
                                     else os.path.normpath(str(path.parent / target)))
    raise AssertionError(f"too many links at {inside}")
