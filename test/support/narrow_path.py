# SPDX-License-Identifier: Apache-2.0
"""Two network namespaces and a router between them that drops what is too large without a word: the
path of a tunnel whose ICMP is filtered. The router is this file run as a program: a TUN device in
each namespace, and packets carried from one to the other, each way with a limit of its own."""
import ctypes
import fcntl
import os
import pathlib
import select
import struct
import subprocess
import sys

import pytest

CLIENT, SERVER = "10.83.0.1", "10.83.0.2"
TUNSETIFF, IFF_TUN, IFF_NO_PI = 0x400454CA, 0x0001, 0x1000
CLONE_NEWNET = 0x40000000


class NarrowPath:
    """up, down: the largest packet to the server and to the client, in bytes."""

    def __init__(self, up=1500, down=1500):
        if os.geteuid() != 0 or not pathlib.Path("/dev/net/tun").exists():
            pytest.skip("a path of our own needs root and /dev/net/tun")
        self.limits = [str(up), str(down)]
        self.started = []

    def __enter__(self):
        self.client, self.server = self._namespace(), self._namespace()
        router = self._start([sys.executable, __file__, str(self.client.pid), str(self.server.pid),
                              *self.limits])
        assert router.stdout.readline() == "ready\n", "no TUN devices here"
        for holder, own, other in ((self.client, CLIENT, SERVER), (self.server, SERVER, CLIENT)):
            subprocess.run(self._command(holder, "sh", "-ec", "ip link set lo up; ip link set narrow up;"
                                         f"ip addr add {own} peer {other} dev narrow"), check=True)
        return self

    def __exit__(self, *_):
        for process in reversed(self.started):
            process.kill()
            process.communicate()

    def _start(self, words, **options):
        options.setdefault("stdout", subprocess.PIPE)
        self.started.append(subprocess.Popen(words, stdin=subprocess.PIPE, text=True, **options))
        return self.started[-1]

    def _namespace(self):
        holder = self._start(["unshare", "--net", "sh", "-ec", "echo ready; exec cat"],
                             stderr=subprocess.DEVNULL)
        if holder.stdout.readline() != "ready\n":
            pytest.skip("no network namespaces here")
        return holder

    @staticmethod
    def _command(holder, *words):
        return ["nsenter", "-t", str(holder.pid), "--net", *map(str, words)]

    def serve(self, *words):
        """Start a server in the server's namespace."""
        return self._start(self._command(self.server, *words), stdout=subprocess.DEVNULL,
                           stderr=subprocess.DEVNULL)

    def wait_for(self, port):
        """Until the server takes connections; the client's view, small packets alone."""
        script = (f"import socket, time\nfor _ in range(400):\n  s = socket.socket()\n  s.settimeout(5)\n"
                  f"  if s.connect_ex(('{SERVER}', {port})) == 0: break\n  time.sleep(0.05)\n"
                  "else: raise SystemExit(1)")
        subprocess.run(self.command(sys.executable, "-c", script), check=True, timeout=120)

    def command(self, *words):
        """The words of a command in the client's namespace."""
        return self._command(self.client, *words)


def open_tun(pid):
    with open(f"/proc/{pid}/ns/net") as namespace:
        if ctypes.CDLL(None, use_errno=True).setns(namespace.fileno(), CLONE_NEWNET) != 0:
            sys.exit("setns")
    tun = os.open("/dev/net/tun", os.O_RDWR)
    fcntl.ioctl(tun, TUNSETIFF, struct.pack("16sH22x", b"narrow", IFF_TUN | IFF_NO_PI))
    return tun


def route(client, server, up, down):
    ways = {client: (server, up), server: (client, down)}
    while True:
        for tun in select.select(list(ways), [], [])[0]:
            try:
                packet = os.read(tun, 65536)
            except OSError:  # the device is not up yet
                continue
            to, limit = ways[tun]
            if len(packet) <= limit:
                try:
                    os.write(to, packet)
                except OSError:
                    pass  # a router may lose packets


if __name__ == "__main__":
    tuns = open_tun(sys.argv[1]), open_tun(sys.argv[2])
    print("ready", flush=True)
    route(*tuns, int(sys.argv[3]), int(sys.argv[4]))
