# SPDX-License-Identifier: Apache-2.0
"""A terminal with a process group in its foreground, and the shell's part of job control."""
import fcntl
import os
import select
import signal
import struct
import subprocess
import sys
import termios
import time

# The session's leader: takes the terminal, starts the words in a process group of their own in its
# foreground, tells on a pipe what becomes of it, and obeys: "fg".
LEADER = r"""
import fcntl, os, signal, sys, termios
news, orders, words = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3:]
os.setsid()
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
signal.signal(signal.SIGTTOU, signal.SIG_IGN)
signal.signal(signal.SIGHUP, signal.SIG_IGN)
child = os.fork()
if child == 0:
    os.setpgid(0, 0)
    os.tcsetpgrp(0, os.getpid())
    signal.signal(signal.SIGTTOU, signal.SIG_DFL)
    signal.signal(signal.SIGHUP, signal.SIG_DFL)
    os.close(news), os.close(orders)
    os.execvp(words[0], words)
os.write(news, b"pid %d\n" % child)
while True:
    _, status = os.waitpid(child, os.WUNTRACED)
    os.tcsetpgrp(0, os.getpgrp())
    if not os.WIFSTOPPED(status):
        code = os.WEXITSTATUS(status) if os.WIFEXITED(status) else 128 + os.WTERMSIG(status)
        os.write(news, b"ended %d\n" % code)
        os.read(orders, 1)
        break
    os.write(news, b"stopped %d\n" % os.WSTOPSIG(status))
    if not os.read(orders, 1):
        break
    os.tcsetpgrp(0, child)
    os.killpg(child, signal.SIGCONT)
"""


class Terminal:
    """with Terminal(words) as terminal: type into it, read what it shows."""

    def __init__(self, *words, size=(24, 80), seconds=60, **options):
        self.deadline = time.monotonic() + seconds
        self.master, slave = os.openpty()
        self.resize(*size)
        self.first_modes = termios.tcgetattr(self.master)
        news, news_end = os.pipe()
        orders_end, self.orders = os.pipe()
        self.news = open(news, "rb")
        streams = {name: options.pop(name, slave) for name in ("stdin", "stdout", "stderr")}
        assert streams["stdin"] == slave, "the leader needs the terminal as its standard input"
        self.leader = subprocess.Popen(
            [sys.executable, "-c", LEADER, str(news_end), str(orders_end), *map(str, words)],
            pass_fds=(news_end, orders_end), **streams, **options)
        for each in (slave, news_end, orders_end):
            os.close(each)
        self.shown = b""
        self.pid = int(self.told("pid"))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        os.close(self.orders)
        self.leader.kill()
        self.leader.wait()
        try:
            os.kill(self.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        os.close(self.master)
        self.news.close()

    def told(self, word):
        """What the leader says next, which is `word` and a number; shows what comes meanwhile."""
        while not select.select([self.news], [], [], 0)[0]:
            self.look()
        line = self.news.readline().split()
        assert line and line[0].decode() == word, (line, self.shown)
        return int(line[1])

    def look(self):
        assert time.monotonic() < self.deadline, self.shown
        if select.select([self.master], [], [], 0.05)[0]:
            try:
                self.shown += os.read(self.master, 65536)
            except OSError:
                time.sleep(0.01)  # nobody holds the other end

    def until(self, words):
        """Wait until it shows `words`; all that it showed since the last time."""
        while words not in self.shown:
            self.look()
        end = self.shown.index(words) + len(words)
        seen, self.shown = self.shown[:end], self.shown[end:]
        return seen

    def type(self, keys):
        os.write(self.master, keys)

    def resize(self, rows, columns):
        fcntl.ioctl(self.master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def modes(self):
        return termios.tcgetattr(self.master)

    def is_raw(self):
        return not self.modes()[3] & (termios.ICANON | termios.ISIG | termios.ECHO)

    def to_the_front(self):
        os.write(self.orders, b"f")

    def rest(self):
        """All that it still shows after the end."""
        while select.select([self.master], [], [], 0)[0]:
            try:
                self.shown += os.read(self.master, 65536)
            except OSError:
                break
        return self.shown
