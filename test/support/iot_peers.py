# SPDX-License-Identifier: Apache-2.0
"""What a device of AWS IoT Core meets, made of servers that we did not write: mosquitto with client
certificates, nginx with the ALPN rules of port 443 in front of it and with HTTPS publish, and a
softhsm2 token with a device's key. Each on free ports, ended with its block."""
import os
import pathlib
import shutil
import signal
import subprocess
import time

from avs_shim import ENVIRONMENT, free_port, nginx_command
from pki import Pki, _openssl

ACCOUNT = "a1b2c3d4e5f6g7"
HOST = f"{ACCOUNT}-ats.iot.us-east-1.amazonaws.com"
STARTS = 5  # a port that was free a moment ago may be taken
USER = "user root;" if os.getuid() == 0 else ""
STREAM_MODULE = pathlib.Path("/usr/lib/nginx/modules/ngx_stream_module.so")

_CA_SECTION = """
[ca]
default_ca = own
[own]
database = {folder}/index.txt
default_md = sha256
default_crl_days = 1
"""


class IotPki(Pki):
    """The server's chain for `*.iot.us-east-1.amazonaws.com` (root, issuing, leaf), and device
    certificates: `device` is good, `revoked` is in `crl`, `stranger` is from another authority, and
    `expired`. Each is folder/NAME.pem and folder/NAME.key."""

    def __init__(self, folder, is_rsa=False):
        super().__init__(folder, "*.iot.us-east-1.amazonaws.com", is_rsa)
        self.name = HOST
        self.device_ca = self._root("device-ca", "Test Device CA")
        self.stranger_ca = self._root("stranger-ca", "Stranger CA")
        for name in ("device", "second-device", "revoked"):
            self._device(name, "device-ca")
        self._device("stranger", "stranger-ca")
        self._device("expired", "device-ca", -1)
        self.crl = self._revoke("revoked")

    def _device(self, name, issuer, days=1):
        self._issue(name, name, issuer, "extendedKeyUsage=clientAuth\n"
                    "basicConstraints=critical,CA:FALSE\n", days)

    def _revoke(self, name):
        config = self.folder / "ca.cnf"
        config.write_text(_CA_SECTION.format(folder=self.folder))
        (self.folder / "index.txt").touch()
        signer = ["-config", config, "-cert", self.device_ca, "-keyfile",
                  self.folder / "device-ca.key"]
        crl = self.folder / "crl.pem"
        _openssl("ca", *signer, "-revoke", self.folder / f"{name}.pem")
        _openssl("ca", *signer, "-gencrl", "-out", crl)
        return crl

    def pair(self, name):
        """Certificate and key of a device."""
        return self.folder / f"{name}.pem", self.folder / f"{name}.key"


def _inodes_listening(port):
    rows = pathlib.Path("/proc/net/tcp").read_text().splitlines()[1:]
    cells = [row.split() for row in rows]
    return {f"socket:[{row[9]}]" for row in cells
            if row[3] == "0A" and int(row[1].partition(":")[2], 16) == port}


def _listens(process, port):
    """True when this very process listens on the port, and not somebody who was faster."""
    wanted = _inodes_listening(port)
    for each in pathlib.Path(f"/proc/{process.pid}/fd").iterdir():
        try:
            if os.readlink(each) in wanted:
                return True
        except OSError:
            pass  # closed meanwhile
    return False


class Peer:
    """A server on `count` free ports of 127.0.0.1; what it says is in `log`."""
    count = 1

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(exist_ok=True)
        self.log = self.folder / f"{type(self).__name__.lower()}.log"

    def command(self):
        """Write the configuration for self.ports; the command line that serves it."""
        raise NotImplementedError

    def _start(self, seconds=30):
        self.ports = [free_port() for _ in range(self.count)]
        with self.log.open("w") as log:
            self.process = subprocess.Popen([str(word) for word in self.command()], stdout=log,
                                            stderr=log, stdin=subprocess.DEVNULL, env=ENVIRONMENT)
        deadline = time.monotonic() + seconds
        while self.process.poll() is None:
            if all(_listens(self.process, port) for port in self.ports):
                return True
            assert time.monotonic() < deadline, f"does not listen: {self.log.read_text()}"
            time.sleep(0.02)
        return False

    def __enter__(self):
        for _ in range(STARTS):
            if self._start():
                return self
        raise AssertionError(f"{self.process.args} ended: {self.log.read_text()}")

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def wait_for_log(self, text, seconds=30):
        deadline = time.monotonic() + seconds
        while text not in self.log.read_text():
            assert time.monotonic() < deadline, f"no {text!r} in {self.log.read_text()}"
            time.sleep(0.02)


class Mosquitto(Peer):
    """A broker as on 8883 (`port`): TLS, a device certificate demanded, the CRL read, its CN the
    user name. `device` and `second-device` may publish under `devices/NAME/`, nobody anything
    else. `plain_port` speaks MQTT without TLS, for a front. `also`: more lines for the TLS listener,
    for instance `clientid_prefixes device-` (others get CONNACK not authorised)."""
    count = 2

    def __init__(self, pki, folder, also=""):
        super().__init__(folder)
        self.pki = pki
        self.also = also

    @property
    def port(self):
        return self.ports[0]

    @property
    def plain_port(self):
        return self.ports[1]

    def command(self):
        (self.folder / "acl").write_text("pattern readwrite devices/%u/#\n")
        config = self.folder / "mosquitto.conf"
        config.write_text(f"""
per_listener_settings true
{'user root' if os.getuid() == 0 else ''}
log_dest stderr
log_type all
listener {self.port} 127.0.0.1
cafile {self.pki.device_ca}
certfile {self.pki.chain}
keyfile {self.pki.key}
crlfile {self.pki.crl}
require_certificate true
use_identity_as_username true
acl_file {self.folder / "acl"}
{self.also}
listener {self.plain_port} 127.0.0.1
allow_anonymous true
""")
        return [shutil.which("mosquitto", path="/usr/sbin:/usr/bin"), "-c", config]


class NginxIot(Peer):
    """`port` is as 443: alert 120 unless x-amzn-mqtt-ca (to the broker), x-amzn-http-ca (HTTPS
    publish) or no ALPN at all (HTTPS, which asks for a signature) is offered; device certificates
    are demanded. `publish_port` is as 8443: POST /topics/T with a device certificate, no ALPN."""
    count = 3

    def __init__(self, pki, folder, broker):
        super().__init__(folder)
        self.pki = pki
        self.broker = broker

    @property
    def port(self):
        return self.ports[0]

    @property
    def publish_port(self):
        return self.ports[1]

    def _server_tls(self, verify):
        return (f"ssl_certificate {self.pki.chain}; ssl_certificate_key {self.pki.key}; "
                f"ssl_protocols TLSv1.2 TLSv1.3; ssl_client_certificate {self.pki.device_ca}; "
                f"ssl_crl {self.pki.crl}; ssl_verify_client {verify};")

    def command(self):
        self.folder.chmod(0o755)
        temporary = " ".join(f"{kind}_temp_path {self.folder};" for kind in
                             ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
        config = self.folder / "nginx-iot.conf"
        config.write_text(f"""
load_module {STREAM_MODULE};
{USER} daemon off; pid {self.folder}/pid; error_log stderr info; worker_processes 1;
events {{ worker_connections 64; }}
stream {{
  map $ssl_alpn_protocol $behind {{
    x-amzn-mqtt-ca 127.0.0.1:{self.broker.plain_port};
    default 127.0.0.1:{self.ports[2]};
  }}
  server {{
    listen 127.0.0.1:{self.port} ssl;
    {self._server_tls("on")}
    ssl_alpn x-amzn-mqtt-ca x-amzn-http-ca;
    proxy_pass $behind;
  }}
}}
http {{
  access_log off; {temporary}
  default_type application/json;
  server {{
    listen 127.0.0.1:{self.publish_port} ssl;
    {self._server_tls("optional")}
    location /topics/ {{
      if ($ssl_client_verify != SUCCESS) {{
        return 403 '{{"message":"Forbidden","traceId":"$request_id"}}';
      }}
      if ($request_method != POST) {{
        return 405 '{{"message":"Method Not Allowed","traceId":"$request_id"}}';
      }}
      return 200 '{{"message":"OK","traceId":"$request_id"}}';
    }}
    location / {{ return 404 '{{"message":"Not Found","traceId":"$request_id"}}'; }}
  }}
  server {{
    listen 127.0.0.1:{self.ports[2]};
    location /topics/ {{ return 200 '{{"message":"OK","traceId":"$request_id"}}'; }}
    location / {{ return 404 '{{"message":"Not Found","traceId":"$request_id"}}'; }}
  }}
}}
""")
        return nginx_command(self.folder, config)


class SoftHsm:
    """A PKCS#11 token `dev` (PIN 1234) with one private key `devkey`, taken from a PEM file.
    `environment` is what a program needs to find it; `uri` names the key with its PIN."""
    MODULE = pathlib.Path("/usr/lib/softhsm/libsofthsm2.so")

    def __init__(self, folder, key):
        folder = pathlib.Path(folder)
        tokens = folder / "tokens"
        tokens.mkdir(parents=True)
        config = folder / "softhsm2.conf"
        config.write_text(f"directories.tokendir = {tokens}\nobjectstore.backend = file\n"
                          "log.level = ERROR\n")
        self.environment = {**ENVIRONMENT, "SOFTHSM2_CONF": str(config),
                            "PKCS11_MODULE_PATH": str(self.MODULE)}
        self.uri_without_pin = "pkcs11:token=dev;object=devkey;type=private"
        self.uri = f"{self.uri_without_pin}?pin-value=1234"
        self._util("--init-token", "--free", "--label", "dev", "--pin", "1234", "--so-pin", "5678")
        self._util("--import", key, "--token", "dev", "--label", "devkey", "--id", "01", "--pin",
                   "1234")

    def _util(self, *words):
        subprocess.run(["softhsm2-util", "--module", str(self.MODULE), *map(str, words)],
                       check=True, capture_output=True, env=self.environment)
