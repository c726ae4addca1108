# SPDX-License-Identifier: Apache-2.0
"""The built command, and the stand-in run as a separate process."""
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("AVS_BUILD_DIR", ROOT / "build")).resolve()
AVS_SHIM = str(BUILD / "shim" / "avs-shim")

# nginx, nghttpd and mosquitto lie where an ordinary user does not look
os.environ["PATH"] += ":/usr/local/sbin:/usr/sbin:/sbin"

# Proxies of the machine must not get between the tests and loopback.
ENVIRONMENT = {key: value for key, value in os.environ.items()
               if key.lower() not in ("http_proxy", "https_proxy", "all_proxy", "no_proxy")}

# OpenSSL's command with the stores that are named to it and no other; 1.1.1 has no default CAstore
_HELP = subprocess.run(["openssl", "verify", "-help"], capture_output=True)
OPENSSL_VERIFY = ["openssl", "verify",
                  *(["-no-CAstore"] if b"-no-CAstore" in _HELP.stdout + _HELP.stderr else [])]

_NGINX = shutil.which("nginx") or "nginx"


def nginx_version():
    said = subprocess.run([_NGINX, "-v"], capture_output=True, text=True).stderr
    return tuple(int(number) for number in re.search(r"nginx/([0-9.]+)", said)[1].split("."))


def nginx_command(folder, config):
    log = ["-e", "stderr"] if nginx_version() >= (1, 19, 5) else []  # before, it warns and goes on
    return [_NGINX, "-p", folder, *log, "-c", config]


def run(*arguments, timeout=60, **options):
    """Run avs-shim with these arguments; text in and out, never raises on an exit code."""
    options.setdefault("env", ENVIRONMENT)
    return subprocess.run([AVS_SHIM, *map(str, arguments)], capture_output=True, text=True,
                          timeout=timeout, **options)


def command_for_anybody(folder):
    """A copy of the command that other users can run, as executable= of subprocess.run: the clone
    may lie in a home that only its owner can enter."""
    copy = shutil.copy(AVS_SHIM, folder)
    open_to_anybody(folder)
    return copy


def open_to_anybody(folder):
    """Other users can read a temporary folder then. Those above are opened as far as they are ours;
    the system's is open anyway."""
    for each in (folder, *folder.parents):
        if each.stat().st_uid == os.geteuid() and not each.stat().st_mode & 0o001:
            each.chmod(each.stat().st_mode | 0o055)


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def wait_for_port(port, process=None, seconds=20):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if process is not None and process.poll() is not None:
            raise AssertionError(f"{process.args} ended with {process.returncode}")
        with socket.socket() as probe:
            probe.settimeout(1)
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.02)
    raise AssertionError(f"nothing listens on port {port}")


class Server:
    """A process that listens on a loopback port and is ended with the block."""

    def __init__(self, port, *command, **options):
        self.port = port
        self.command = [str(word) for word in command]
        self.options = options

    def __enter__(self):
        self.process = subprocess.Popen(self.command, stdin=subprocess.PIPE,
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                        env=ENVIRONMENT, **self.options)
        wait_for_port(self.port, self.process)
        return self

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        for stream in (self.process.stdin, self.process.stdout):
            if stream:
                stream.close()


class Standin(Server):
    """avs-shim standin with its files in a temporary directory."""

    def __init__(self):
        self.folder = tempfile.TemporaryDirectory(prefix="avs-standin-test-")
        self.dir = pathlib.Path(self.folder.name) / "pki"
        super().__init__(0, AVS_SHIM, "standin", "--dir", self.dir, "--json")

    def __enter__(self):
        self.process = subprocess.Popen(self.command, stdout=subprocess.PIPE, env=ENVIRONMENT)
        line = self.process.stdout.readline()  # written once all is ready
        assert line, "the stand-in did not start"
        self.port = json.loads(line)["port"]
        return self

    def __exit__(self, *arguments):
        super().__exit__(*arguments)
        self.folder.cleanup()

    def check(self, host, *arguments, ca="ca.pem", ats_roots="ats-roots.pem", **options):
        return run("check", "--endpoint", f"https://{host}", "--connect-to",
                   f"127.0.0.1:{self.port}", "--ca-file", self.dir / ca, "--ats-roots",
                   self.dir / ats_roots, *arguments, **options)
