# SPDX-License-Identifier: Apache-2.0
"""The transport against servers that are not ours: nghttpd, nginx, python-h2; and the stand-in."""
import json
import pathlib
import shutil
import signal
import socket
import ssl
import subprocess
import threading
import time

import pytest

from avs_shim import BUILD, ENVIRONMENT, Server, Standin, free_port, nginx_version
from h2_gateway import SPEECH, Gateway
from pki import Pki

FETCH = str(BUILD / "test" / "fetch")
HOST = "peer.localhost"
MIB = 1 << 20


class Session:
    """fetch, running: its JSON lines as they come."""

    def __init__(self, *arguments, **environment):
        self.process = subprocess.Popen([FETCH, *map(str, arguments)], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                                        env=ENVIRONMENT | environment)
        self.events = []

    def next(self, event):
        """The next line of that kind; those before it are kept in self.events."""
        for line in self.process.stdout:
            self.events.append(json.loads(line))
            if self.events[-1]["event"] == event:
                return self.events[-1]
        raise AssertionError(f"no {event}; {self.events}; {self.process.stderr.read()}")

    def go_on(self):
        """Past its next step `line`."""
        self.process.stdin.write("\n")
        self.process.stdin.flush()

    def finish(self, timeout=60):
        out, self.errors = self.process.communicate(timeout=timeout)
        self.events += [json.loads(line) for line in out.splitlines()]
        assert self.process.returncode == 0, self.errors
        return self

    def of(self, event):
        return [each for each in self.events if each["event"] == event]

    @property
    def finished(self):
        return sorted(self.of("finished"), key=lambda each: each["number"])

    @property
    def end(self):
        return self.of("end")[0]


def session(*arguments, timeout=60, **environment):
    return Session(*arguments, **environment).finish(timeout)


@pytest.fixture(scope="module")
def pki(tmp_path_factory):
    return Pki(tmp_path_factory.mktemp("pki"), HOST)


@pytest.fixture(scope="module")
def documents(tmp_path_factory):
    folder = tmp_path_factory.mktemp("www")
    (folder / "small").write_bytes(b"s" * 1024)
    (folder / "big").write_bytes(b"b" * (32 * MIB))
    return folder


@pytest.fixture
def nghttpd(pki, documents):
    with Server(port := free_port(), "nghttpd", "-d", documents, port, pki.key, pki.chain) as server:
        server.options = ("--ca", pki.root, "--connect-to", f"127.0.0.1:{port}")
        server.url = f"https://{HOST}:{port}"
        yield server


NGINX = """
daemon off; master_process off; error_log stderr crit; pid {folder}/nginx.pid;
events {{ worker_connections 64; }}
http {{
    access_log off; client_max_body_size 64m;
    client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/f; uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
    server {{
        listen 127.0.0.1:{port} ssl http2; server_name {host};
        ssl_certificate {chain}; ssl_certificate_key {key}; ssl_protocols {protocols};
        keepalive_requests {requests}; {h2_requests}
        root {documents};
    }}
}}
"""


class Nginx(Server):
    def __init__(self, folder, pki, documents, protocols="TLSv1.2 TLSv1.3", requests=1000):
        port = free_port()
        config = pathlib.Path(folder) / "nginx.conf"
        old = f"http2_max_requests {requests};" if nginx_version() < (1, 19, 7) else ""
        config.write_text(NGINX.format(h2_requests=old, folder=folder, port=port, host=HOST, chain=pki.chain,
                                       key=pki.key, protocols=protocols, requests=requests,
                                       documents=documents))
        super().__init__(port, shutil.which("nginx"), "-c", config)
        self.url = f"https://{HOST}:{port}"
        self.fetch = ("--ca", pki.root, "--connect-to", f"127.0.0.1:{port}")


def test_requests_of_every_size_complete(nghttpd):
    result = session(*nghttpd.options, f"get={nghttpd.url}/small", f"get={nghttpd.url}/big",
                     f"post*{4 * MIB}={nghttpd.url}/small", f"get={nghttpd.url}/missing", "wait")
    assert [each["finish"] for each in result.finished] == ["complete"] * 4
    assert [each["code"] for each in result.finished] == [200, 200, 200, 404]
    assert [each["bytes"] for each in result.finished][:3] == [1024, 32 * MIB, 1024]
    assert result.end["dialled"] == 1


def test_uploads_through_wide_windows_lose_nothing(pki, documents):
    port = free_port()
    with Server(port, "nghttpd", "-w", 30, "-W", 30, "-d", documents, port, pki.key, pki.chain):
        steps = [f"post*{16 * MIB + extra}=https://{HOST}:{port}/small" for extra in range(20)]
        result = session("--ca", pki.root, "--connect-to", f"127.0.0.1:{port}",
                         *[word for step in steps for word in (step, "wait")])
        assert [each["finish"] for each in result.finished] == ["complete"] * 20


def test_a_hundred_at_once_share_one_connection(nghttpd):
    result = session(*nghttpd.options, f"get*300={nghttpd.url}/small", "wait")
    assert [each["finish"] for each in result.finished] == ["complete"] * 300
    assert result.end["dialled"] == 1


def test_a_sink_that_pauses_gets_all_of_it(nghttpd):
    result = session(*nghttpd.options, "--window", 65535, "--retry", 1, f"slow={nghttpd.url}/small",
                     f"get={nghttpd.url}/big", "wait")
    assert [each["bytes"] for each in result.finished] == [1024, 32 * MIB]


@pytest.mark.parametrize("protocol", ["TLSv1.2", "TLSv1.3"])
def test_a_new_connection_resumes_the_session(tmp_path, pki, documents, protocol):
    with Nginx(tmp_path, pki, documents, protocols=protocol, requests=3) as nginx:
        steps = [word for _ in range(12) for word in (f"get={nginx.url}/small", "wait")]
        result = session(*nginx.fetch, *steps)
        connected = result.of("connected")
        assert [each["finish"] for each in result.finished] == ["complete"] * 12
        assert {each["tls"] for each in connected} == {protocol}
        assert len(connected) >= 3
        assert [each["resumed"] for each in connected] == [False] + [True] * (len(connected) - 1)


def test_goaway_of_nginx_loses_nothing(tmp_path, pki, documents):
    with Nginx(tmp_path, pki, documents, requests=20) as nginx:
        result = session(*nginx.fetch, f"get*200={nginx.url}/small", "wait")
        assert [each["finish"] for each in result.finished] == ["complete"] * 200
        assert result.end["goaways"] >= 5
        assert result.end["ready"] >= result.end["goaways"]


def test_an_answer_of_nginx_outlives_its_goaway(tmp_path, pki, documents):
    with Nginx(tmp_path, pki, documents, requests=5) as nginx:
        result = session(*nginx.fetch, "--window", 65535, "--retry", 2, f"slow={nginx.url}/big",
                         f"hold={nginx.url}/big", "sleep=300",
                         *[word for _ in range(4) for word in (f"get={nginx.url}/small", "sleep=50")],
                         "wait", "sleep=200", "cancel", "end")
        assert result.end["goaways"] >= 1
        assert [each["finish"] for each in result.finished[:1] + result.finished[2:]] == ["complete"] * 5
        assert result.finished[0]["bytes"] == 32 * MIB


@pytest.fixture
def gateway(pki):
    with Gateway(pki) as gateway:
        gateway.fetch = ("--ca", pki.root, "--connect-to", f"127.0.0.1:{gateway.port}")
        gateway.url = f"https://{HOST}:{gateway.port}"
        yield gateway


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_a_session_that_is_no_good_any_more_costs_a_handshake_and_no_request(
        tmp_path, pki, gateway, version):
    store = tmp_path / "store.pem"
    store.write_bytes(pki.root.read_bytes())
    moved = Pki(tmp_path / "moved", HOST)  # the server moves to another authority
    gateway.context.maximum_version = version
    running = Session("--ca", store, *gateway.fetch[2:], f"get={gateway.url}/", "wait", "line",
                      f"get={gateway.url}/", "wait", "line", f"get={gateway.url}/", "wait")
    running.next("finished")
    gateway.connections[0].close()
    running.next("disconnected")
    running.go_on()
    running.next("finished")  # resumed
    store.write_bytes(moved.root.read_bytes())
    gateway.context.load_cert_chain(moved.chain, moved.key)
    gateway.connections[1].close()
    running.next("disconnected")
    running.go_on()
    running.finish()
    assert [each["finish"] for each in running.finished] == ["complete"] * 3, running.errors
    assert [each["resumed"] for each in running.of("connected")] == [False, True, False]
    assert len(gateway.connections) + gateway.given_up == 4  # one has resumed in vain


@pytest.mark.parametrize("request_under_way, code, size", [
    ("talk*64000={url}/events", 204, 0),  # two seconds of upload
    ("get={url}/speech", 200, len(SPEECH)),  # two seconds of answer
    ("slow={url}/speech", 200, len(SPEECH)),  # behind a sink that pauses
])
def test_the_downchannel_is_the_last_to_end_after_goaway(gateway, request_under_way, code, size):
    running = Session(*gateway.fetch, "--retry", 10, f"hold={gateway.url}/directives", "sleep=300",
                      request_under_way.format(url=gateway.url), "sleep=1000",
                      f"get={gateway.url}/ping", "end")
    running.next("held")
    gateway.wait_for(lambda it: it.connections and len(it.connections[0].paths) == 2)
    time.sleep(0.3)
    gateway.connections[0].goaway()
    running.finish()
    order = [(each["number"], each["finish"], each["code"]) for each in running.of("finished")]
    assert order == [(2, "complete", 204), (1, "complete", code), (0, "internal_error", 200)]
    assert running.of("finished")[2]["cause"] == "goaway"
    assert running.finished[1]["bytes"] == size
    assert running.finished[1]["ms"] >= 1900
    assert gateway.body_bytes == (64000 if code == 204 else 0)
    assert len(running.of("goaway")) == 1
    assert [list(each.paths.values())[-1] for each in gateway.connections][1:] == ["/ping"]


def test_gets_survive_a_server_that_cuts_its_connections(gateway):
    running = Session(*gateway.fetch, *[word for _ in range(400) for word in
                                        (f"get={gateway.url}/ping", "wait")])
    cuts = []

    def cut():
        while running.process.poll() is None:
            if gateway.connections and gateway.connections[-1].answered:
                cuts.append(gateway.connections[-1].close())
            time.sleep(0.01)

    threading.Thread(target=cut, daemon=True).start()
    running.finish()
    assert [each["finish"] for each in running.finished] == ["complete"] * 400, running.errors
    assert len(cuts) >= 5


def test_a_close_after_goaway_ends_the_downchannel_at_once(gateway):
    running = Session(*gateway.fetch, "--retry", 10, f"hold={gateway.url}/directives",
                      f"talk*64000={gateway.url}/events", "end")
    running.next("held")
    gateway.wait_for(lambda it: it.body_bytes > 3200)
    gateway.connections[0].goaway()
    time.sleep(0.2)
    assert running.process.poll() is None
    gateway.connections[0].close()
    running.finish(10)
    assert [each["cause"] for each in running.finished] == ["goaway", "connection_lost"]
    assert running.finished[1]["ms"] < 1500


def test_a_stopped_server_is_found_dead(nghttpd):
    running = Session(*nghttpd.options, "--ping-interval", 1000, "--ping-timeout", 1500,
                      "--window", 65535, f"slow={nghttpd.url}/big", "end")
    running.next("connected")
    nghttpd.process.send_signal(signal.SIGSTOP)
    try:
        began = time.monotonic()
        running.finish()
        assert time.monotonic() - began < 6
        assert running.finished[0]["cause"] == "peer_unresponsive"
        assert running.of("disconnected")[0]["cause"] == "peer_unresponsive"
    finally:
        nghttpd.process.send_signal(signal.SIGCONT)


def test_a_request_to_a_stopped_server_fails_within_five_seconds(nghttpd):
    running = Session(*nghttpd.options, f"get={nghttpd.url}/small", "wait", "sleep=500",
                      f"get={nghttpd.url}/small", "wait")
    running.next("finished")
    nghttpd.process.send_signal(signal.SIGSTOP)
    try:
        running.finish()
        assert running.finished[1]["cause"] == "peer_unresponsive"
        assert running.finished[1]["ms"] < 5500
    finally:
        nghttpd.process.send_signal(signal.SIGCONT)


def test_a_killed_server_is_a_lost_connection(nghttpd):
    running = Session(*nghttpd.options, "--window", 65535, f"slow={nghttpd.url}/big", "wait")
    running.next("connected")
    time.sleep(0.2)
    nghttpd.process.kill()
    running.finish()
    assert running.finished[0]["finish"] == "internal_error"
    assert running.finished[0]["cause"] == "connection_lost"


def test_failures_name_their_cause(tmp_path, pki, documents, nghttpd):
    url = nghttpd.url
    address = f"127.0.0.1:{nghttpd.port}"
    rows = [
        (("--ca", pki.other, "--connect-to", address), url, "root_missing"),
        (("--ca", tmp_path / "none.pem", "--connect-to", address), url, "ca_file_unreadable"),
        (("--ca", pki.root, "--connect-to", address), "https://other.localhost",
         "hostname_mismatch"),
        (("--ca", pki.root, "--connect-to", f"127.0.0.1:{free_port()}"), url, "connect_refused"),
        (("--ca", pki.root, "--proxy", f"http://127.0.0.1:{free_port()}"), url, "proxy_failed"),
        (("--ca", pki.root), "https://no-such-host.invalid", "dns_failed"),
    ]
    for options, target, cause in rows:
        result = session(*options, "--log", "ERROR", f"get={target}/small", "wait")
        assert result.finished[0]["finish"] == "internal_error"
        assert result.finished[0]["cause"] == cause, result.errors
        lines = [line for line in result.errors.splitlines() if " E AvsClient:" in line]
        assert len(lines) == 1, result.errors
        assert f"cause={cause}" in lines[0] and target.split("//")[1].split(":")[0] in lines[0]


def test_a_server_without_http2_is_named(tmp_path, pki):
    port = free_port()
    with Server(port, "openssl", "s_server", "-accept", f"127.0.0.1:{port}", "-cert", pki.chain,
                "-cert_chain", pki.issuing, "-key", pki.key, "-www", "-alpn", "http/1.1"):
        result = session("--ca", pki.root, "--connect-to", f"127.0.0.1:{port}",
                         f"get=https://{HOST}/", "wait")
        assert result.finished[0]["cause"] == "http2_missing"
    with Server(port := free_port(), "openssl", "s_server", "-accept", f"127.0.0.1:{port}", "-cert",
                pki.chain, "-cert_chain", pki.issuing, "-key", pki.key, "-www"):
        result = session("--ca", pki.root, "--connect-to", f"127.0.0.1:{port}",
                         f"get=https://{HOST}/", "wait")
        assert result.finished[0]["cause"] == "http2_missing"


def _listen_once(pki, alpn, answer):
    """A TLS server for one connection; answer(peer) runs on it. Returns its port and the thread."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pki.chain, pki.key)
    context.set_alpn_protocols(alpn)
    context.options &= ~getattr(ssl, "OP_IGNORE_UNEXPECTED_EOF", 1 << 7)  # an end must be heard
    listener = socket.create_server(("127.0.0.1", 0))

    def serve():
        with listener, context.wrap_socket(listener.accept()[0], True,
                                           suppress_ragged_eofs=False) as peer:
            answer(peer)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    return listener.getsockname()[1], thread


def test_nothing_is_said_to_a_server_that_did_not_choose_h2(pki):
    heard = []

    def listen(peer):
        try:
            heard.append(peer.recv(100))
        except OSError as error:
            heard.append(error)

    port, thread = _listen_once(pki, [], listen)
    result = session("--ca", pki.root, "--connect-to", f"127.0.0.1:{port}", f"get=https://{HOST}/",
                     "wait")
    thread.join(10)
    assert result.finished[0]["cause"] == "http2_missing"
    assert heard == [b""]  # close_notify, and not a byte of HTTP/2 before it
    assert result.end["ready"] == 0


def test_the_goodbye_is_goaway_and_close_notify(pki):
    heard = []

    def listen(peer):
        peer.sendall(bytes(3) + b"\x04" + bytes(5))  # empty SETTINGS
        while data := peer.recv(65536):  # raises when TLS's goodbye is missing
            heard.append(data)
        heard.append("close_notify")

    port, thread = _listen_once(pki, ["h2"], listen)
    session("--ca", pki.root, "--connect-to", f"127.0.0.1:{port}", f"get=https://{HOST}/",
            "sleep=500")
    thread.join(10)
    assert heard[-1] == "close_notify"
    assert b"\x07\0\0\0\0\0" in b"".join(heard[:-1])  # a GOAWAY frame


OPENSSL_CONF = """openssl_conf = all
[all]
ssl_conf = tls
[tls]
system_default = minimum
[minimum]
MinProtocol = {minimum}
"""


@pytest.mark.parametrize("minimum, spoken, finish", [
    ("TLSv1.3", "TLSv1.2", "internal_error"), ("TLSv1.3", "TLSv1.3", "complete"),
    ("TLSv1.1", "TLSv1.2", "complete"), ("TLSv1.1", "TLSv1.1", "internal_error")])
def test_openssl_cnf_may_raise_the_lowest_version(tmp_path, pki, documents, minimum, spoken, finish):
    conf = tmp_path / "openssl.cnf"
    conf.write_text(OPENSSL_CONF.format(minimum=minimum) + "CipherString = DEFAULT@SECLEVEL=0\n")
    with Nginx(tmp_path, pki, documents, protocols=spoken) as nginx:
        result = session(*nginx.fetch, f"get={nginx.url}/small", "wait", OPENSSL_CONF=str(conf))
        assert [each["finish"] for each in result.finished] == [finish]


def test_an_idle_downchannel_wakes_nobody():
    with Standin() as standin:
        running = Session("--ca", standin.dir / "ca.pem", "--connect-to",
                          f"127.0.0.1:{standin.port}",
                          "hold=https://ok.localhost/v20160207/directives", "sleep=6000")
        running.next("held")
        running.finish()
        # the handshake and the answer take a few, then one look a second after the request
        assert running.end["wakeups"] < 20
        assert running.end["pings"] == 0
        assert running.finished[0]["cause"] == "shut_down"


def _may_make_namespaces():
    return subprocess.run(["unshare", "-rn", "true"], capture_output=True, check=False).returncode == 0


@pytest.mark.skipif(not _may_make_namespaces(), reason="needs user and network namespaces")
def test_a_change_of_addresses_is_probed_at_once(pki, documents):
    port = free_port()
    script = f"""
        ip link set lo up
        nghttpd -d {documents} {port} {pki.key} {pki.chain} & server=$!
        sleep 0.5
        {FETCH} --ca {pki.root} --connect-to 127.0.0.1:{port} --window 65535 \
            slow=https://{HOST}/big sleep=4000 end & fetch=$!
        sleep 1
        ip addr add 192.0.2.1/24 dev lo
        sleep 0.5
        kill -STOP $server
        sleep 0.2
        ip addr del 192.0.2.1/24 dev lo
        wait $fetch
        kill -KILL $server
    """
    result = subprocess.run(["unshare", "-rn", "bash", "-c", script], capture_output=True, text=True,
                            timeout=60, env=ENVIRONMENT, check=False)
    events = [json.loads(line) for line in result.stdout.splitlines()
              if line.startswith('{"event"')]
    finished = [each for each in events if each["event"] == "finished"][0]
    end = [each for each in events if each["event"] == "end"][0]
    assert end["network_changes"] >= 2, result.stdout + result.stderr
    assert end["pings"] >= 2
    assert finished["cause"] == "network_changed"
    assert finished["ms"] < 1700 + 4500


# Two namespaces and a cable: the client here, the server at the other end.
CABLE = """
    ip link set lo up
    ip link add near type veth peer name far
    unshare -n sleep 60 & other=$!
    sleep 0.3
    ip link set far netns $other
    ip addr add 192.0.2.1/24 dev near; ip link set near up
    nsenter -t $other -n sh -c 'ip link set lo up; ip addr add 192.0.2.2/24 dev far; ip link set far up'
    nsenter -t $other -n nghttpd -d {documents} {port} {pki.key} {pki.chain} & server=$!
    sleep 1
    {fetch} --ca {pki.root} --connect-to 192.0.2.2:{port} --window 65535 {steps} & fetch=$!
    sleep 1.5
    date +%s.%N
    nsenter -t $other -n {cut}
    wait $fetch
    date +%s.%N
    kill -KILL $server $other
"""


@pytest.mark.skipif(not _may_make_namespaces(), reason="needs user and network namespaces")
@pytest.mark.parametrize("cut, steps, causes", [
    # the cable is pulled: the link goes down here too
    ("ip link set far down", "slow={url}/big end", {"network_changed"}),
    # the way back is gone and nothing tells, while an answer is waited for
    ("ip route replace blackhole 192.0.2.1/32",
     "slow={url}/big sleep=2000 get={url}/small end", {"peer_unresponsive", "connection_lost"}),
])
def test_a_cut_path_is_found_out_within_seconds(pki, documents, cut, steps, causes):
    port = free_port()
    script = CABLE.format(documents=documents, port=port, pki=pki, fetch=FETCH, cut=cut,
                          steps=steps.format(url=f"https://{HOST}"))
    result = subprocess.run(["unshare", "-rn", "bash", "-c", script], capture_output=True, text=True,
                            timeout=60, env=ENVIRONMENT, check=False)
    lines = result.stdout.splitlines()
    finished = [json.loads(line) for line in lines if line.startswith('{"event":"finished"')]
    began, ended = [float(line) for line in lines if line[0].isdigit()]
    assert finished, result.stdout + result.stderr
    assert {each["cause"] for each in finished} <= causes, result.stdout + result.stderr
    assert ended - began < 6.5
