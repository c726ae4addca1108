# SPDX-License-Identifier: Apache-2.0
"""An HTTPS server that answers as a test says, byte for byte, and keeps what it was asked."""
import socket
import ssl
import threading
import time

JSON = "Content-Type: application/json\r\n"


def answer(status, body, *headers, reason="x"):
    """An HTTP/1.1 answer as bytes; `headers` are "Name: value"."""
    body = body.encode() if isinstance(body, str) else body
    lines = "".join(f"{line}\r\n" for line in headers)
    return (f"HTTP/1.1 {status} {reason}\r\n{JSON}{lines}Content-Length: {len(body)}\r\n\r\n"
            .encode() + body)


class AwsPeer:
    """`answers`: for each connection the bytes to send, or a function of the TLS socket; the last one
    again and again. `requests` are the heads that came, each a (request line, headers) pair."""

    def __init__(self, pki, *answers, client_ca=None):
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(pki.chain, pki.key)
        if client_ca:
            self.context.load_verify_locations(client_ca)
            self.context.verify_mode = ssl.CERT_REQUIRED
        self.answers = list(answers)
        self.requests = []
        self.arrivals = []
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.thread = threading.Thread(target=self._serve, daemon=True)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.listener.shutdown(socket.SHUT_RDWR)  # ends accept
        self.thread.join(20)
        self.listener.close()

    def _serve(self):
        while True:
            try:
                plain, _ = self.listener.accept()
            except OSError:
                return
            self.arrivals.append(time.monotonic())
            plain.settimeout(20)
            try:
                with self.context.wrap_socket(plain, server_side=True) as peer:
                    self._talk(peer)
            except OSError:
                plain.close()  # the client hung up, as it may

    def _talk(self, peer):
        head = b""
        while b"\r\n\r\n" not in head:
            more = peer.recv(65536)
            if not more:
                return
            head += more
        first, *lines = head.partition(b"\r\n\r\n")[0].decode().split("\r\n")
        self.requests.append((first, dict(line.split(": ", 1) for line in lines)))
        what = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if callable(what):
            what(peer)
        else:
            peer.sendall(what)
