# SPDX-License-Identifier: Apache-2.0
"""check against servers that we did not write: nghttpd, nginx and openssl s_server, each with the
right root, without it, with a root that is not ATS, and with HTTP/2 switched off."""
import json
import os

import pytest

from avs_shim import Server, free_port, nginx_command, run
from pki import Pki


@pytest.fixture(scope="module")
def pki(tmp_path_factory):
    return Pki(tmp_path_factory.mktemp("pki"))


def nghttpd(pki, tmp_path, h2):
    port = free_port()
    options = [] if h2 else ["--npn-list=http/1.1"]
    (tmp_path / "index.html").write_text("hello\n")
    return Server(port, "nghttpd", "-d", tmp_path, "-a", "127.0.0.1", *options, port, pki.key,
                  pki.chain)


def nginx(pki, tmp_path, h2, also=None):
    """`also`: a second Pki whose chain is served beside the first."""
    port = free_port()
    (tmp_path / "index.html").write_text("hello\n")
    (tmp_path / "nginx.conf").write_text(f"""
        {'user root;' if os.getuid() == 0 else ''} daemon off; pid {tmp_path}/pid; error_log stderr; worker_processes 1;
        events {{ worker_connections 64; }}
        http {{
          access_log off; client_body_temp_path {tmp_path}; proxy_temp_path {tmp_path};
          fastcgi_temp_path {tmp_path}; uwsgi_temp_path {tmp_path}; scgi_temp_path {tmp_path};
          server {{
            listen 127.0.0.1:{port} ssl {'http2' if h2 else ''};
            ssl_protocols TLSv1.2 TLSv1.3; ssl_certificate {pki.chain}; ssl_certificate_key {pki.key};
            {f'ssl_certificate {also.chain}; ssl_certificate_key {also.key};' if also else ''}
            root {tmp_path};
          }}
        }}""")
    tmp_path.chmod(0o755)
    return Server(port, *nginx_command(tmp_path, tmp_path / "nginx.conf"))


def s_server(pki, tmp_path, h2):
    port = free_port()
    options = ["-alpn", "h2,http/1.1"] if h2 else []
    return Server(port, "openssl", "s_server", "-accept", f"127.0.0.1:{port}", "-cert", pki.leaf,
                  "-cert_chain", pki.issuing, "-key", pki.key, "-quiet", "-www", *options)


def check(server, pki, *arguments, ca=None, ats=None):
    result = run("check", "--endpoint", f"https://{pki.host}", "--connect-to",
                 f"127.0.0.1:{server.port}", "--ca-file", ca or pki.root, "--ats-roots",
                 ats or pki.root, "--json", "--timeout", "5", *arguments)
    assert result.stderr == ""
    report = json.loads(result.stdout)
    assert result.returncode == report["exit_code"]
    return report, {session["protocol"]: session for session in report["sessions"]}


SERVERS = [nghttpd, nginx, s_server]


ANSWERING = [nghttpd, nginx]  # s_server can agree to HTTP/2, and cannot speak it


@pytest.mark.parametrize("start", ANSWERING)
def test_right_root_is_ready(pki, tmp_path, start):
    with start(pki, tmp_path, h2=True) as server:
        report, sessions = check(server, pki)
    assert (report["verdict"], report["cause"]) == ("ready", None)
    tls = sessions["h2"]["tls"]
    assert tls["verified"] and tls["hostname_matched"] and tls["ats"]
    assert tls["alpn"] == "h2" and tls["version"] == "TLSv1.3"
    assert tls["anchor"]["subject"] == "CN=Test Root,O=Test"
    assert [c["subject"] for c in tls["chain"]] == [f"CN={pki.host},O=Test",
                                                    "CN=Test Issuing 1,O=Test"]


def test_nginx_answers_over_both_protocols(pki, tmp_path):
    with nginx(pki, tmp_path, h2=True) as server:
        _, sessions = check(server, pki)
    for protocol in ("h2", "http/1.1"):
        assert sessions[protocol]["http"]["status"] == 200
        assert sessions[protocol]["http"]["quirk"] == "unexpected_body"
        assert sessions[protocol]["timing_ms"]["first_byte"] > 0


def test_nghttpd_closes_on_http1_and_that_is_an_oddity(pki, tmp_path):
    with nghttpd(pki, tmp_path, h2=True) as server:
        _, sessions = check(server, pki)
    assert sessions["http/1.1"]["verdict"] == "pass_with_quirk"
    assert sessions["http/1.1"]["http"]["quirk"] == "h2_only_close"
    assert sessions["h2"]["http"]["status"] == 200


@pytest.mark.parametrize("start", SERVERS)
def test_without_the_root_it_is_missing(pki, tmp_path, start):
    with start(pki, tmp_path, h2=True) as server:
        report, sessions = check(server, pki, ca=pki.other)
    assert (report["verdict"], report["cause"]) == ("not_ready", "root_missing")
    for session in sessions.values():
        assert not session["tls"]["verified"] and session["http"]["class"] == "none"


def test_agreeing_to_http2_and_not_speaking_it_is_not_ready(pki, tmp_path):
    with s_server(pki, tmp_path, h2=True) as server:
        report, sessions = check(server, pki)
    assert (report["verdict"], report["tls_proven"]) == ("not_ready", True)
    assert report["cause"] in ("response_timeout", "http2_missing", "connection_lost")
    assert sessions["h2"]["tls"]["verified"] and sessions["h2"]["http"]["status"] is None


@pytest.mark.parametrize("start", ANSWERING)
def test_trusted_root_that_is_not_ats(pki, tmp_path, start):
    with start(pki, tmp_path, h2=True) as server:
        report, _ = check(server, pki, ats=pki.other)
        assert (report["verdict"], report["cause"]) == ("not_ready", "not_ats")
        report, _ = check(server, pki, "--any-root", ats=pki.other)
        assert (report["verdict"], report["cause"]) == ("ready", None)


@pytest.mark.parametrize("start", [nginx, s_server])
def test_without_h2_tls_passes_and_http2_is_missing(pki, tmp_path, start):
    with start(pki, tmp_path, h2=False) as server:
        report, sessions = check(server, pki)
    assert (report["verdict"], report["cause"]) == ("not_ready", "http2_missing")
    assert sessions["h2"]["tls"]["verified"] and sessions["h2"]["http"]["quirk"] == "no_h2"
    assert sessions["http/1.1"]["verdict"] in ("pass", "pass_with_quirk")


def test_leaf_alone_is_a_missing_intermediate(pki, tmp_path):
    port = free_port()
    with Server(port, "openssl", "s_server", "-accept", f"127.0.0.1:{port}", "-cert", pki.leaf,
                "-key", pki.key, "-quiet", "-www") as server:
        report, _ = check(server, pki)
    assert (report["verdict"], report["cause"]) == ("not_ready", "intermediate_missing")


def test_tls11_only_server_is_a_version_failure(pki):
    port = free_port()
    with Server(port, "openssl", "s_server", "-accept", f"127.0.0.1:{port}", "-cert", pki.leaf,
                "-key", pki.key, "-quiet", "-www", "-tls1_1", "-cipher",
                "ALL:@SECLEVEL=0") as server:
        report, _ = check(server, pki)
    assert (report["verdict"], report["cause"]) == ("not_ready", "tls_version")


@pytest.mark.parametrize("version", ["-tls1_2", "-tls1_3"])
def test_client_certificate_demanded(pki, version):
    port = free_port()
    with Server(port, "openssl", "s_server", "-accept", f"127.0.0.1:{port}", "-cert", pki.leaf,
                "-cert_chain", pki.issuing, "-key", pki.key, "-quiet", "-www", "-Verify", "1",
                "-verify_return_error", version, "-alpn", "h2,http/1.1") as server:
        report, sessions = check(server, pki)
    assert (report["verdict"], report["cause"]) == ("not_ready", "client_cert_required")
    assert sessions["h2"]["tls"]["hostname_matched"]


def test_families_tell_which_root_each_chain_needs(pki, tmp_path):
    rsa = Pki(tmp_path / "rsa", is_rsa=True)
    with nginx(pki, tmp_path, h2=True, also=rsa) as server:
        report, _ = check(server, pki, "--families")
    families = {family["family"]: family for family in report["families"]}
    assert (families["ecdsa"]["verdict"], families["ecdsa"]["cause"]) == ("pass", None)
    assert families["ecdsa"]["tls"]["chain"][0]["key"].startswith("EC")
    assert (families["rsa"]["verdict"], families["rsa"]["cause"]) == ("fail", "root_missing")
    assert families["rsa"]["tls"]["chain"][0]["key"] == "RSA 2048"


def test_family_that_the_server_lacks_is_no_fault(pki, tmp_path):
    with nginx(pki, tmp_path, h2=True) as server:
        report, _ = check(server, pki, "--families")
    families = {family["family"]: family for family in report["families"]}
    assert report["verdict"] == "ready"
    assert families["rsa"]["verdict"] == "inconclusive"


class TestProxy:
    """CONNECT through tinyproxy."""

    @pytest.fixture()
    def proxy(self, tmp_path):
        port = free_port()
        (tmp_path / "tinyproxy.conf").write_text(
            f"Port {port}\nListen 127.0.0.1\nTimeout 60\nAllow 127.0.0.1\nBasicAuth user secret\n"
            "MaxClients 20\nStartServers 4\n")  # 1.10 serves one client in each process
        with Server(port, "tinyproxy", "-d", "-c", tmp_path / "tinyproxy.conf") as server:
            yield server

    def config(self, tmp_path, url):
        path = tmp_path / "AlexaClientSDKConfig.json"
        path.write_text('{ "libcurlUtils": { "CURLOPT_PROXY": "%s" } } // as the SDK 1.26 has it'
                        % url)
        return path

    def test_tunnel_is_verified_end_to_end(self, pki, tmp_path, proxy):
        with nginx(pki, tmp_path, h2=True) as server:
            config = self.config(tmp_path, f"http://user:secret@127.0.0.1:{proxy.port}")
            report, sessions = check(server, pki, "--config", config)
        assert report["verdict"] == "ready"
        assert sessions["h2"]["proxy"] == f"http://127.0.0.1:{proxy.port}"
        assert "secret" not in json.dumps(report)

    def test_refused_credentials_are_the_proxys_fault(self, pki, tmp_path, proxy):
        with nginx(pki, tmp_path, h2=True) as server:
            config = self.config(tmp_path, f"http://127.0.0.1:{proxy.port}")
            report, sessions = check(server, pki, "--config", config)
        assert (report["verdict"], report["cause"]) == ("inconclusive", "proxy_failed")
        assert "user name and password" in sessions["h2"]["findings"][0]["facts"]

    def test_proxy_of_the_environment_is_used(self, pki, tmp_path, proxy):
        with nginx(pki, tmp_path, h2=True) as server:
            result = run("check", "--endpoint", f"https://{pki.host}:{server.port}", "--any-root",
                         "--ca-file", pki.root, "--json", "--timeout", "5",
                         env={"https_proxy": f"http://127.0.0.1:{proxy.port}"})
        assert json.loads(result.stdout)["cause"] == "proxy_failed"
