# SPDX-License-Identifier: Apache-2.0
"""A gateway over python-h2 that says GOAWAY when it is told to and goes on serving, as RFC 9113
section 6.8 wants it: /directives stays open, /speech is an answer of two seconds, every other
request is answered with 204 when its body has come."""
import socket
import ssl
import threading
import time

import h2.config
import h2.connection
import h2.events
from hyperframe.frame import GoAwayFrame

SPEECH = 20 * b"s" * 1000


class Connection:
    def __init__(self, gateway, peer):
        self.gateway = gateway
        self.peer = peer
        self.lock = threading.Lock()
        self.h2 = h2.connection.H2Connection(
            h2.config.H2Configuration(client_side=False, header_encoding="utf-8"))
        self.paths = {}
        self.begun = self.answered = 0  # answers, and those of them that have left
        gateway.connections.append(self)  # before the first answer can leave
        threading.Thread(target=self._run, daemon=True).start()

    def _flush(self):
        self.peer.sendall(self.h2.data_to_send())
        self.answered = self.begun

    def _answer(self, stream, status, end):
        self.h2.send_headers(stream, [(":status", str(status))], end_stream=end)
        self.begun += 1

    def _speak(self, stream):
        for offset in range(0, len(SPEECH), 1000):
            time.sleep(0.1)
            with self.lock:
                self.h2.send_data(stream, SPEECH[offset:offset + 1000],
                                  end_stream=offset + 1000 == len(SPEECH))
                self._flush()

    def _on(self, event):
        if isinstance(event, h2.events.RequestReceived):
            path = dict(event.headers)[":path"]
            self.paths[event.stream_id] = path
            if path == "/directives":
                self._answer(event.stream_id, 200, False)
            elif path == "/speech":
                self._answer(event.stream_id, 200, False)
                threading.Thread(target=self._speak, args=(event.stream_id,), daemon=True).start()
        elif isinstance(event, h2.events.DataReceived):
            self.gateway.body_bytes += len(event.data)
            self.h2.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
        elif isinstance(event, h2.events.StreamEnded):
            if self.paths[event.stream_id] not in ("/directives", "/speech"):
                self._answer(event.stream_id, 204, True)

    def _run(self):
        with self.lock:
            self.h2.initiate_connection()
            self._flush()
        try:
            while data := self.peer.recv(65536):
                with self.lock:
                    for event in self.h2.receive_data(data):
                        self._on(event)
                    self._flush()
        except OSError:
            pass

    def goaway(self):
        with self.lock:
            self.peer.sendall(GoAwayFrame(0, last_stream_id=max(self.paths)).serialize())

    def close(self):
        try:
            self.peer.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass  # the client was faster


class Gateway:
    def __init__(self, pki):
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(pki.chain, pki.key)
        self.context.set_alpn_protocols(["h2"])
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.connections = []
        self.body_bytes = 0
        self.given_up = 0

    def __enter__(self):
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.listener.close()

    def _accept(self):
        while True:
            try:
                peer, _ = self.listener.accept()
            except OSError:
                return
            try:
                Connection(self, self.context.wrap_socket(peer, True))
            except OSError:
                self.given_up += 1  # the client did not like the handshake

    def wait_for(self, condition, seconds=20):
        deadline = time.monotonic() + seconds
        while not condition(self):
            assert time.monotonic() < deadline, "the client did not come so far"
            time.sleep(0.01)
