# SPDX-License-Identifier: Apache-2.0
"""A network and mount namespace of our own, with its own hosts file and resolver, so that names
come from where a board's names come from."""
import os
import shutil
import subprocess
import time

import pytest

HOSTS = "127.0.0.1 localhost\n127.0.0.1 files.test\n"


class Namespace:
    """`files.test` stands in its hosts file; `dns.test` is known to its resolver (dnsmasq), which
    says NXDOMAIN to every other name of `.test`."""

    def __init__(self, folder):
        if os.geteuid() != 0:
            pytest.skip("network namespaces need root")
        self.folder = folder
        self.started = []

    def __enter__(self):
        (self.folder / "hosts").write_text(HOSTS)
        (self.folder / "resolv.conf").write_text("nameserver 127.0.0.1\n")
        set_up = ("ip link set lo up; "
                  f"mount --bind {self.folder}/hosts /etc/hosts; "
                  f"mount --bind {self.folder}/resolv.conf /etc/resolv.conf; "
                  "echo ready; exec cat")
        self.holder = subprocess.Popen(["unshare", "--net", "--mount", "sh", "-ec", set_up],
                                       stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                       stderr=subprocess.PIPE, text=True)
        self.started.append(self.holder)
        if self.holder.stdout.readline() != "ready\n":
            pytest.skip(f"no namespaces here: {self.holder.stderr.read()}")
        self.start(shutil.which("dnsmasq", path="/usr/sbin:/usr/bin"), "--keep-in-foreground",
                   "--conf-file=/dev/null", "--pid-file=", "--user=root", "--no-resolv",
                   "--no-hosts", "--local=/test/", "--host-record=dns.test,127.0.0.1")
        deadline = time.monotonic() + 10
        while self.run("getent", "hosts", "dns.test").returncode != 0:
            assert time.monotonic() < deadline, "dnsmasq does not answer"
            time.sleep(0.02)
        return self

    def __exit__(self, *_):
        for process in reversed(self.started):
            process.kill()
            process.communicate()

    def command(self, *words):
        return ["nsenter", "-t", str(self.holder.pid), "--net", "--mount", "--wd=.",
                *map(str, words)]

    def start(self, *words, **options):
        options.setdefault("stdout", subprocess.DEVNULL)
        self.started.append(subprocess.Popen(self.command(*words), stderr=subprocess.DEVNULL,
                                             **options))
        return self.started[-1]

    def run(self, *words, timeout=60):
        return subprocess.run(self.command(*words), capture_output=True, text=True,
                              timeout=timeout, env={"PATH": os.environ["PATH"]})
