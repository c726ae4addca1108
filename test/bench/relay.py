# SPDX-License-Identifier: Apache-2.0
"""A long way on one machine: a relay that hands every byte on after half a round trip, at any pace and
in order. It loses nothing; for a path with loss see lossy.sh."""
import queue
import socket
import threading
import time

CHUNK_BYTES = 65536


class Relay:
    def __init__(self, port, round_trip_s):
        self.target = ("127.0.0.1", port)
        self.delay_s = round_trip_s / 2
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.listener.close()

    def _accept(self):
        while True:
            try:
                near, _ = self.listener.accept()
            except OSError:
                return
            far = socket.create_connection(self.target)
            for source, sink in ((near, far), (far, near)):
                for end in (source, sink):
                    end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                way = queue.SimpleQueue()  # what is under way
                threading.Thread(target=self._take, args=(source, way), daemon=True).start()
                threading.Thread(target=self._give, args=(way, sink), daemon=True).start()

    def _take(self, source, way):
        try:
            while chunk := source.recv(CHUNK_BYTES):
                way.put((time.monotonic() + self.delay_s, chunk))
        except OSError:
            pass
        way.put((time.monotonic() + self.delay_s, b""))

    def _give(self, way, sink):
        try:
            while True:
                due, chunk = way.get()
                time.sleep(max(0.0, due - time.monotonic()))
                if not chunk:
                    sink.shutdown(socket.SHUT_WR)
                    return
                sink.sendall(chunk)
        except OSError:
            pass
