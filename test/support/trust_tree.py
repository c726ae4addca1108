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
