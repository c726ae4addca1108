# SPDX-License-Identifier: Apache-2.0
"""Namespaces of our own, held open by one process and gone with it, however the test ends; and one
with its own hosts file and resolver, so that names come from where a board's names come from."""
import os
import shutil
import subprocess
import time

import pytest

HOSTS = "127.0.0.1 localhost\n127.0.0.1 files.test\n"


class Spaces:
    """A network, a mount and a process namespace. `set_up` is run in them by sh before anything else.
    The holder lives as long as its standard input is open: a test that is killed leaves neither the
    namespaces behind nor what was started in them."""

    def __init__(self, set_up=""):
        if os.geteuid() != 0:
            pytest.skip("network namespaces need root")
        self.holder = subprocess.Popen(
            ["unshare", "--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc", "sh",
             "-ec", f"ip link set lo up\n{set_up}\necho ready; exec cat"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        if self.holder.stdout.readline() != "ready\n":
            pytest.skip(f"no namespaces here: {self.holder.communicate()[1]}")
        self.pid = self.holder.pid
        self.environment = {name: value for name, value in os.environ.items()
                            if name == "PATH" or name.endswith("SAN_OPTIONS")}

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.holder.communicate()  # closes its standard input: cat ends, and everything with it

    def command(self, *words):
        return ["nsenter", "-t", str(self.pid), "--net", "--mount",
                f"--pid=/proc/{self.pid}/ns/pid_for_children", "--wd=.", *map(str, words)]

    def start(self, *words, **options):
        """A process that lives as long as the namespaces."""
        options = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL,
                   "stderr": subprocess.DEVNULL, "env": self.environment} | options
        return subprocess.Popen(self.command(*words), **options)

    def run(self, *words, timeout=120, **options):
        options = {"stdin": subprocess.DEVNULL, "env": self.environment} | options
        return subprocess.run(self.command(*words), capture_output=True, text=True,
                              timeout=timeout, **options)

    def sh(self, script):
        """Lines each of which has to succeed; what they print."""
        done = self.run("sh", "-ec", script)
        assert done.returncode == 0, f"{script}\n{done.stdout}{done.stderr}"
        return done.stdout

    def wait_for(self, *words, seconds=30):
        """Until that command succeeds."""
        deadline = time.monotonic() + seconds
        while self.run(*words).returncode != 0:
            assert time.monotonic() < deadline, f"{words} does not come true"
            time.sleep(0.02)


class Namespace(Spaces):
    """`files.test` stands in its hosts file; `dns.test` is known to its resolver (dnsmasq, unless
    there is to be none), which says NXDOMAIN to every other name of `.test`."""

    def __init__(self, folder, has_resolver=True):
        self.folder = folder
        (folder / "hosts").write_text(HOSTS)
        (folder / "resolv.conf").write_text("nameserver 127.0.0.1\n")
        super().__init__(f"mount --bind {folder}/hosts /etc/hosts\n"
                         f"mount --bind {folder}/resolv.conf /etc/resolv.conf")
        if has_resolver:
            self.start(shutil.which("dnsmasq", path="/usr/sbin:/usr/bin"), "--keep-in-foreground",
                       "--conf-file=/dev/null", "--pid-file=", "--user=root", "--no-resolv",
                       "--no-hosts", "--local=/test/", "--host-record=dns.test,127.0.0.1")
            self.wait_for("getent", "hosts", "dns.test")
