# SPDX-License-Identifier: Apache-2.0
"""A lab for boards that cannot connect: one namespace is the Internet, with peers that we did not
write (nginx, tinyproxy), and each board is one namespace behind a router of its own (dnsmasq), where
the faults of networks live. A board has its own writable copy of the system's folders, so that a
command of a report can be run there as it stands, and nothing of this machine is changed."""
import os
import pathlib
import shlex
import shutil
import subprocess

from avs_shim import AVS_SHIM, BUILD, nginx_command
from namespace import Spaces
from pki import Pki

GATEWAY = "alexa.na.gateway.devices.a2z.com"
NAMES = ("avs-ats-cert-test.amazon.com", "api.amazon.com", "api.amazonalexa.com", GATEWAY,
         "alexa.eu.gateway.devices.a2z.com", "alexa.fe.gateway.devices.a2z.com")
STORE = "/etc/ssl/certs/ca-certificates.crt"
CONFIG = "/etc/avs/AlexaClientSDKConfig.json"
DATA = "/var/lib/avs"  # where the SDK keeps its databases
WITH = BUILD / "test" / "trust_install_with"

# What answers on port 443 of which address of the Internet (the last byte, in IPv4 and IPv6): each name
# has a good server, and these are others.
HOME = dict(zip(NAMES, range(20, 20 + len(NAMES))))
SECOND, OLD_CHAIN, ONLY_HTTP1, OLD_TLS, PARKED = range(10, 15)
RESOLVER, PROXY = 53, 80
DEAD = 66  # no such host, and nobody says so


def v4(last):
    return f"198.51.100.{last}"


def v6(last):
    return f"2001:db8:5::{last}"


class LabPki(Pki):
    """root -> issuing -> leaf for every name of AVS, and what else is met on the way: `expired`, a
    portal's own self-signed certificate, and an interceptor's chain for the same names."""

    def __init__(self, folder):
        super().__init__(folder, GATEWAY)
        self._server("server", "issuing", NAMES)
        self._server("expired", "issuing", NAMES, days=-3)
        self.contoso = self._root("contoso", "Contoso Proxy CA")
        self._server("contoso-leaf", "contoso", NAMES)
        self.hotel = self._root("hotel", "Hotel Wi-Fi")
        self._server("portal", "hotel", ["portal.hotel.example"])
        self._server("parked", "issuing", ["parking.example"])

    def _server(self, name, issuer, names, days=1):
        self._issue(name, names[0], issuer, "subjectAltName=" +
                    ",".join(f"DNS:{each}" for each in names) +
                    "\nextendedKeyUsage=serverAuth\nbasicConstraints=critical,CA:FALSE\n", days)
        chain = self.folder / f"{name}-chain.pem"
        chain.write_text("".join((self.folder / f"{each}.pem").read_text()
                                 for each in (name, issuer)))

    def tls(self, name):
        return (f"ssl_certificate {self.folder}/{name}-chain.pem; "
                f"ssl_certificate_key {self.folder}/{name}.key;")


def _nginx(folder, servers):
    """A configuration of nginx; where it lies."""
    folder.mkdir(exist_ok=True)
    folder.chmod(0o755)
    temporary = " ".join(f"{kind}_temp_path {folder};" for kind in
                         ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
    config = folder / "nginx.conf"
    config.write_text(f"user root; daemon off; pid {folder}/pid; error_log stderr crit;\n"
                      "worker_processes 1; events { worker_connections 256; }\n"
                      f"http {{ access_log off; {temporary} server_tokens off;\n{servers}\n}}\n")
    return config


HTTP2 = "http2"  # a word of listen in every release of nginx that Debian has
ANSWER = "location / { return 403; }"


class Internet(Spaces):
    """Servers for every name of AVS, good ones and others, in IPv4 and IPv6."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.pki = LabPki(self.folder / "pki")
        self.homes = 0
        (self.folder / "resolv.conf").write_text(f"nameserver {v4(RESOLVER)}\n")
        super().__init__(f"mount --bind {self.folder}/resolv.conf /etc/resolv.conf\n" +
                         "".join(f"ip address add {v4(last)}/32 dev lo\n"
                                 f"ip address add {v6(last)}/128 dev lo nodad\n"
                                 for last in [*HOME.values(), *range(SECOND, PARKED + 1),
                                              RESOLVER, PROXY]))
        self.start(*nginx_command(self.folder, _nginx(self.folder / "nginx", self._servers())))
        self._start_proxies()
        self.start_resolver(v4(RESOLVER), {name: [last] for name, last in HOME.items()})
        self.wait_for("curl", "-sk", "-o", "/dev/null", f"https://{v4(SECOND)}/")

    def _servers(self):
        def server(last, tls, word=HTTP2, body=ANSWER):
            return (f"server {{ listen {v4(last)}:443 ssl {word}; listen [{v6(last)}]:443 ssl {word};"
                    f" {tls} {body} }}\n")

        good = self.pki.tls("server")
        modern = " ssl_protocols TLSv1.2 TLSv1.3;"
        old = " ssl_protocols TLSv1.1; ssl_ciphers DEFAULT@SECLEVEL=0;"
        return ("".join(server(last, good + modern) for last in (*HOME.values(), SECOND)) +
                server(OLD_CHAIN, self.pki.tls("expired") + modern) +
                server(ONLY_HTTP1, good + modern, "") + server(OLD_TLS, good + old) +
                server(PARKED, self.pki.tls("parked") + modern))

    def _start_proxies(self):
        """tinyproxy: on 3128 for everybody, on 3129 with a login, on 3130 never to port 443."""
        for port, also in ((3128, ""), (3129, "BasicAuth avs secret"), (3130, "ConnectPort 563")):
            config = self.folder / f"proxy-{port}.conf"
            config.write_text(f"Port {port}\nListen {v4(PROXY)}\nTimeout 30\nMaxClients 50\n"
                              f"LogLevel Critical\n{also}\n")
            self.start(shutil.which("tinyproxy"), "-d", "-c", config)
            self.wait_for("sh", "-c", f"ss -Hltn | grep -q {v4(PROXY)}:{port}")

    def start_resolver(self, address, names, spaces=None):
        """dnsmasq; `names`: to each the last bytes of its addresses, in both families, or an address;
        a name without any is known not to be there, and of every other nothing is known."""
        records = [f"--host-record={name},{v4(last)},{v6(last)}" if isinstance(last, int) else
                   f"--host-record={name},{last}" for name, each in names.items() for last in each]
        records += [f"--local=/{name}/" for name, each in names.items() if not each]
        done = (spaces or self).run(
            shutil.which("dnsmasq"), "--conf-file=/dev/null", "--pid-file=", "--user=root",
            "--no-resolv", "--no-hosts", "--local=//", "--bind-interfaces", "--local-ttl=1",
            f"--listen-address={address}", *records)
        assert done.returncode == 0, done.stderr  # it goes into the background once it listens


OVERLAID = ("/etc", "/usr/local", "/usr/share/ca-certificates", "/var")

# As ca-certificates leaves it, with some of its authorities, Amazon's among them, and the lab's root
# beside them as one that was added by hand. Made once: its script takes a second.
STORE_PLACES = ("/etc/ca-certificates.conf", "/etc/ssl/certs", "/usr/local/share/ca-certificates")
STORE_OF_A_BOARD = """
    rm -f /usr/local/share/ca-certificates/*
    grep -E '^mozilla/(Amazon_|Starfield_Services|DigiCert_Global_Root_G2|ISRG_Root_X1)' \
        /etc/ca-certificates.conf > /etc/ca.new
    mv /etc/ca.new /etc/ca-certificates.conf
    cp {root} /usr/local/share/ca-certificates/lab-root.crt
    find /etc/ssl/certs -mindepth 1 -delete
    update-ca-certificates >/dev/null 2>&1"""
KEEP_STORE = f"mkdir {{kept}}; cd /; cp -a --parents {' '.join(STORE_PLACES)} {{kept}}"
SUDO = '#!/bin/sh\nexec "$@"\n'
# The machine has one clock, and it is not the test's to set: a board's clock is a file that libfaketime
# reads, and these two programs are what sets it.
TIMEDATECTL = """#!/bin/sh
case "$*" in "set-ntp true") echo +0 > {clock};; esac
"""
DATE = """#!/bin/sh
for word; do [ -n "$is_time" ] && echo "@$word" > {clock} && exit; [ "$word" = -s ] && is_time=1; done
exec /bin/date "$@"
"""
# The built-in roots are Amazon's, and nobody but Amazon can sign under them: what the command does
# with those, the same engine then does with the root of the lab.
AVS_SHIM_HERE = """#!/bin/sh
{command} "$@" || exit
case " $* " in
*" trust install "*"--apply "*) shift 2; exec {engine} apply --root {root} $(echo "$*" | sed s/--apply//);;
esac
"""


class Board(Spaces):
    """A board, its router, and the cables: `router.sh` and `sh` break the one and the other. `names`:
    what the router's resolver says instead of the truth. The board trusts the lab's root, has /etc/avs with a
    configuration, and a data partition of 2 MiB."""

    def __init__(self, internet, names=None, has_ipv6=True):
        self.internet = internet
        internet.homes += 1
        self.number = number = internet.homes
        self.six = f"2001:db8:{number:x}00"  # a global prefix: IPv6 is preferred
        self.folder = internet.folder / f"board-{number}"
        (self.folder / "bin").mkdir(parents=True)
        super().__init__(self._disks())
        self.environment |= {"PATH": f"{self.folder}/bin:{os.environ['PATH']}", "LC_ALL": "C"}
        self.router = Spaces()
        try:
            self._connect(number, has_ipv6)
            known = {name: [last] for name, last in HOME.items()} | (names or {})
            internet.start_resolver(f"10.0.{number}.1", known, self.router)
            self._furnish(f"10.0.{number}.1")
        except BaseException:
            self.__exit__()
            raise

    def __exit__(self, *_):
        self.router.__exit__()
        super().__exit__()

    def _disks(self):
        """Over every folder that a command might write to a layer in memory."""
        up = self.folder / "disk"
        up.mkdir()
        lines = [f"mount -t tmpfs -o size=16M tmpfs {up}"]
        for place in OVERLAID:
            layer = up / place.strip("/").replace("/", "-")
            lines += [f"mkdir {layer} {layer}.work",
                      f"mount -t overlay -o lowerdir={place},upperdir={layer},workdir={layer}.work "
                      f"overlay {place}"]
        lines += [f"mkdir {DATA}; mount -t tmpfs -o size=2M tmpfs {DATA}"]
        return "\n".join(lines)

    def _connect(self, number, has_ipv6):
        cable(self, "eth0", self.router, "lan")
        cable(self.router, "wan", self.internet, f"home{number}")
        lan, wan = f"10.0.{number}", f"10.1.{number}"
        six = self.six
        self.sh(f"ip address add {lan}.2/24 dev eth0; ip link set eth0 up; "
                f"ip route add default via {lan}.1")
        self.router.sh("echo 1 > /proc/sys/net/ipv4/ip_forward\n"
                       f"ip address add {lan}.1/24 dev lan; ip address add {wan}.2/24 dev wan\n"
                       "ip link set lan up; ip link set wan up\n"
                       f"ip route add default via {wan}.1")
        self.internet.sh(f"ip address add {wan}.1/24 dev home{number}; ip link set home{number} up\n"
                         f"ip route add {lan}.0/24 via {wan}.2")
        if has_ipv6:
            self.router.sh("echo 1 > /proc/sys/net/ipv6/conf/all/forwarding\n"
                           f"ip address add {six}:1::1/64 dev lan nodad\n"
                           f"ip address add {six}:2::2/64 dev wan nodad\n"
                           f"ip route add default via {six}:2::1")
            self.internet.sh(f"ip address add {six}:2::1/64 dev home{number} nodad\n"
                             f"ip route add {six}:1::/64 via {six}:2::2")
            self.sh(f"ip address add {six}:1::2/64 dev eth0 nodad; "
                    f"ip route add default via {six}:1::1")

    def _furnish(self, resolver):
        pki = self.internet.pki
        self.clock = self.folder / "clock"
        for name, text in (("sudo", SUDO), ("date", DATE.format(clock=self.clock)),
                           ("timedatectl", TIMEDATECTL.format(clock=self.clock)),
                           ("avs-shim", AVS_SHIM_HERE.format(command=AVS_SHIM, engine=WITH,
                                                             root=pki.root))):
            program = self.folder / "bin" / name
            program.write_text(text)
            program.chmod(0o755)
        self.write("/etc/resolv.conf", f"nameserver {resolver}\n")
        self.write("/etc/hosts", "127.0.0.1 localhost\n")
        self.configure()
        kept = self.internet.folder / "store"
        if not kept.exists():
            self.sh(f"{STORE_OF_A_BOARD.format(root=pki.root)}\n{KEEP_STORE.format(kept=kept)}")
        else:
            self.sh(f"find {' '.join(STORE_PLACES)} -mindepth 1 -delete 2>/dev/null || true; "
                    f"cp -a {kept}/. /")

    def take_every_connection(self, tls=None, word=HTTP2, body=ANSWER):
        """The router answers in the place of the whole Internet, on 443 with the certificates `tls`
        (None: in plain text; "": nobody listens) and on port 80 as a portal does."""
        portal = "location / { return 302 http://portal.hotel.example/login?from=$host; }"
        if tls != "":
            kind = "ssl " + word if tls else ""
            certificate = self.internet.pki.tls(tls) if tls else ""
            servers = (f"server {{ listen 0.0.0.0:443 {kind}; listen [::]:443 {kind}; {certificate} "
                       f"{body if tls else portal} }}\n"
                       f"server {{ listen 0.0.0.0:80; listen [::]:80; {portal} }}")
            self.router.start(*nginx_command(self.folder, _nginx(self.folder / "nginx", servers)))
            self.router.wait_for("sh", "-c", "ss -Hltn | grep -q :443")
        self.router.sh(f"ip route add local {v4(0)}/24 dev lo\n"
                       f"ip route add local {v6(0)}/64 dev lo")

    def refuse(self, how, what="ipproto tcp dport 443", families=("", "-6")):
        """The router's firewall: blackhole or prohibit."""
        for family in families:
            self.router.sh(f"ip {family} rule add pref 10 iif lan {what} {how}")

    def narrow(self, mtu):
        """Packets to the board that are larger vanish on the way, and nobody tells."""
        self.router.sh(f"""
            ip rule add pref 5 iif lo ipproto icmp blackhole
            ip -6 rule add pref 5 iif lo ipproto ipv6-icmp blackhole
            ip route replace 10.0.{self.number}.0/24 dev lan mtu lock {mtu}
            ip route del {self.six}:1::/64 dev lan
            ip route add {self.six}:1::/64 dev lan mtu lock {mtu}""")

    def set_clock(self, when):
        """The clock runs on from there until a command sets it."""
        self.clock.write_text(when)
        self.environment |= {"FAKETIME_TIMESTAMP_FILE": str(self.clock), "FAKETIME_NO_CACHE": "1",
                             "FAKETIME_DONT_FAKE_MONOTONIC": "1", "LD_PRELOAD": _libfaketime()}

    def write(self, path, text):
        """A file of the board, replaced as it stands there (a link is not followed)."""
        done = subprocess.run(self.command("sh", "-ec", 'mkdir -p "$(dirname "$0")"; rm -f "$0"; '
                                           'cat > "$0"', path), input=text, text=True,
                              capture_output=True)
        assert done.returncode == 0, done.stderr

    def configure(self, text=None, **libcurl):
        """The SDK's configuration: `text`, or one that is right, with these values of libcurlUtils."""
        utils = "".join(f'"{name}": "{value}",' for name, value in libcurl.items())
        databases = "".join(f', "{name}": {{"databaseFilePath": "{DATA}/{name}.sqlite"}}'
                            for name in ("cblAuthDelegate", "miscDatabase", "alertsCapabilityAgent"))
        self.write(CONFIG, text or f"""{{
    "deviceInfo": {{"deviceSerialNumber": "123", "clientId": "amzn1.application-oa2-client.0",
                   "productId": "board", "manufacturerName": "Lab", "description": "a board"}},
    "libcurlUtils": {{{utils.rstrip(',')}}}{databases}
}}
""")

    def as_a_user(self, command, **options):
        """One line as a person pastes it, by sh. What could reach the machine is taken away."""
        return self.run("setpriv", "--bounding-set", "-sys_time,-sys_boot,-sys_module", "sh", "-c",
                        command, cwd=self.folder, **options)

    def avs_shim(self, *arguments, **options):
        return self.as_a_user("avs-shim " + " ".join(shlex.quote(str(word)) for word in arguments),
                              **options)


def _libfaketime():
    """What the faketime command preloads."""
    return subprocess.run(["faketime", "-f", "+0", "printenv", "LD_PRELOAD"], capture_output=True,
                          text=True, check=True).stdout.strip()


def cable(one, name_one, other, name_other):
    """A network cable from an interface of the one to an interface of the other."""
    done = subprocess.run(["ip", "link", "add", name_one, "netns", str(one.pid), "type", "veth",
                           "peer", "name", name_other, "netns", str(other.pid)],
                          capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
