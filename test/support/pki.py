# SPDX-License-Identifier: Apache-2.0
"""A small PKI minted with the openssl command, for servers that are not ours."""
import pathlib
import subprocess

ENVIRONMENT = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "OPENSSL_CONF": "/dev/null"}


def _openssl(*arguments, before=(), **options):
    subprocess.run([*before, "openssl", *map(str, arguments)], check=True, capture_output=True,
                   env=ENVIRONMENT, **options)


class Pki:
    """root -> intermediate -> leaf (P-256, or RSA 2048 with is_rsa), all valid for a day; `other` is
    an unrelated root."""

    def __init__(self, folder, host="peer.localhost", is_rsa=False):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(exist_ok=True)
        self.host = host
        self.is_rsa = is_rsa
        family = " RSA" if is_rsa else ""
        self.root = self._root("root", f"Test{family} Root")
        self.other = self._root("other", "Other Root")
        self._issue("issuing", f"Test{family} Issuing 1", "root",
                    "basicConstraints=critical,CA:TRUE,pathlen:0\nkeyUsage=critical,keyCertSign\n")
        self._issue("leaf", host, "issuing",
                    f"subjectAltName=DNS:{host}\nextendedKeyUsage=serverAuth\n"
                    "basicConstraints=critical,CA:FALSE\n")
        self.key = self.folder / "leaf.key"
        self.leaf = self.folder / "leaf.pem"
        self.issuing = self.folder / "issuing.pem"
        self.chain = self.folder / "chain.pem"
        self.chain.write_text(self.leaf.read_text() + self.issuing.read_text())

    def _key(self, name):
        algorithm = (["RSA", "-pkeyopt", "rsa_keygen_bits:2048"] if self.is_rsa else
                     ["EC", "-pkeyopt", "ec_paramgen_curve:P-256"])
        _openssl("genpkey", "-algorithm", *algorithm, "-out", self.folder / f"{name}.key")

    def _root(self, name, common_name):
        self._key(name)
        path = self.folder / f"{name}.pem"
        _openssl("req", "-x509", "-new", "-key", self.folder / f"{name}.key", "-subj",
                 f"/O=Test/CN={common_name}", "-days", "1", "-out", path, "-addext",
                 "basicConstraints=critical,CA:TRUE", "-addext", "keyUsage=critical,keyCertSign,cRLSign",
                 "-config", self._config())
        return path

    def _config(self):
        path = self.folder / "openssl.cnf"
        if not path.exists():
            path.write_text("[req]\ndistinguished_name=dn\n[dn]\n")
        return path

    def _issue(self, name, common_name, issuer, extensions, days=1):
        self._key(name)
        extension_file = self.folder / f"{name}.ext"
        extension_file.write_text(extensions)
        request = self.folder / f"{name}.csr"
        _openssl("req", "-new", "-key", self.folder / f"{name}.key", "-subj",
                 f"/O=Test/CN={common_name}", "-out", request, "-config", self._config())
        # what has expired is made in the past: OpenSSL 3.5 refuses an end before the beginning
        _openssl("x509", "-req", "-in", request, "-CA", self.folder / f"{issuer}.pem", "-CAkey",
                 self.folder / f"{issuer}.key", "-CAcreateserial", "-days", max(days, 1),
                 "-extfile", extension_file, "-out", self.folder / f"{name}.pem",
                 before=["faketime", f"{days - 1} days"] if days < 0 else [])
