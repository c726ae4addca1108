# SPDX-License-Identifier: Apache-2.0
"""avs-shim doctor: the page, the order, the exit codes; its hosts are the stand-in's."""
import json
import os
import shutil
import signal
import socket
import subprocess
import tarfile
import time

import pytest

from avs_shim import AVS_SHIM, ENVIRONMENT, ROOT, Standin, run
from test_schemas import check as check_schema


@pytest.fixture(scope="module")
def standin():
    with Standin() as running:
        yield running


@pytest.fixture
def board(standin, tmp_path):
    return Board(standin, tmp_path)


class Board:
    """A configuration whose hosts are all the stand-in's, and what the doctor says of it."""

    def __init__(self, standin, folder):
        self.standin, self.folder = standin, folder
        self.connect_to = [f"127.0.0.1:{standin.port}"]
        self.settings = {
            "lwaAuthorization": {"lwaUrl": "https://ok.localhost/auth/O2/"},
            "avsGatewayManager": {"avsGateway": "https://ok.localhost"},
            "miscDatabase": {"databaseFilePath": str(folder / "misc.db")},
            "libcurlUtils": {"CURLOPT_CAINFO": str(standin.dir / "ca.pem")},
        }
        self.config = folder / "config.json"

    def gateway(self, scenario):
        self.settings["avsGatewayManager"]["avsGateway"] = f"https://{scenario}.localhost"
        return self

    def words(self):
        self.config.write_text(json.dumps(self.settings))
        # a slow machine under sanitizers is no broken board
        return ["doctor", "--config", self.config, "--sdk", "1.26", "--timeout", "60", "--ats-roots",
                self.standin.dir / "ats-roots.pem",
                *(word for row in self.connect_to for word in ("--connect-to", row))]

    def text(self, *arguments, **options):
        return run(*self.words(), *arguments, **options)

    def json(self, *arguments, **options):
        result = self.text("--json", *arguments, **options)
        check_schema(result.stdout)
        report = json.loads(result.stdout)
        assert result.returncode == report["exit_code"]
        return report


def faults(report):
    """What is to be mended, in order; what nobody keeps on a test machine is left out."""
    return [row["cause"] for row in report["findings"]
            if not row["is_consequence"] and row["severity"] != "info"]


def test_a_board_that_works(board):
    result = board.text()
    lines = result.stdout.splitlines()
    assert result.returncode == 0, result.stdout
    assert lines[0] == lines[-1] == "Ready: every host works: login, AVS gateway"
    assert "[ok] Gateway    ok.localhost at 127.0.0.1: TLSv1.3, HTTP status 200" in lines


def test_the_same_as_json(board):
    report = board.json()
    assert (report["verdict"], report["cause"], faults(report)) == ("ready", "none", [])
    assert [row["role"] for row in report["needs"]] == ["login", "gateway", "ats_test"]
    assert {row["verdict"] for row in report["needs"]} == {"ready"}


@pytest.mark.parametrize("scenario, cause", [
    ("expired", "cert_expired"), ("untrusted-root", "root_missing"), ("not-ats", "not_ats"),
    ("no-h2", "http2_missing"), ("plaintext-http", "plaintext_peer")])
def test_a_gateway_that_does_not_work(board, scenario, cause):
    result = board.gateway(scenario).text()
    lines = result.stdout.splitlines()
    assert result.returncode == 1
    assert lines[0] == lines[-1]
    assert lines[0].startswith(f"Not ready: {scenario}.localhost: ") and cause in lines[0]
    assert lines[1].startswith("     means   ")
    assert len(lines[0]) <= 100


def test_login_does_with_http1_alone(board):
    board.settings["lwaAuthorization"]["lwaUrl"] = "https://no-h2.localhost/auth"
    assert board.json()["verdict"] == "ready"


def test_a_host_that_nobody_reaches_is_not_told_to_be_this_boards_fault(board):
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))  # and does not listen
        board.connect_to.append(f"ok.localhost=127.0.0.1:{closed.getsockname()[1]}")
        report = board.json()
    assert (report["verdict"], report["exit_code"]) == ("inconclusive", 3)
    assert faults(report) == ["connect_refused"]
    assert report["findings"][0]["hosts"] == ["ok.localhost", "ok.localhost"]


def test_a_configuration_that_does_not_load_comes_first(board):
    words = board.words()
    board.config.write_text(board.config.read_text()[:-1])
    result = run(*words, "--ca-file", board.standin.dir / "ca.pem", "--json")
    report = json.loads(result.stdout)
    assert (result.returncode, report["cause"]) == (1, "config_malformed")
    assert "endpoint lint" in report["findings"][0]["command"]


def test_a_configuration_that_is_not_there(board):
    words = board.words()
    board.config.unlink()
    result = run(*words)
    assert result.returncode == 1
    assert result.stdout.splitlines()[0].endswith("(config_unreadable)")
    assert f"ls -l {board.config}" in result.stdout


@pytest.mark.parametrize("url", ["http://ok.localhost/auth", "no url", "https://"])
def test_a_login_that_no_client_can_dial_is_no_ready_board(board, url):
    board.settings["lwaAuthorization"]["lwaUrl"] = url
    board.connect_to.append(f"api.amazon.com=127.0.0.1:{board.standin.port}")
    report = board.json()
    assert report["verdict"] == "not_ready" and faults(report)[0] == "endpoint_invalid"
    assert "lwaAuthorization.lwaUrl" in report["findings"][0]["headline"]


@pytest.mark.parametrize("words, said", [
    (["--connect-to", "127.0.0.1:"], "HOST:PORT"),
    (["--connect-to", "ok.localhost=https://127.0.0.1:1"], "HOST:PORT"),
    (["--connect-to", "127.0.0.1"], "the port is missing"),
    (["--ats-roots", "/nonexistent.pem"], "/nonexistent.pem")])
def test_an_option_that_cannot_be_used_is_no_question_without_an_answer(board, words, said):
    result = board.text(*words)
    assert result.returncode == 2 and said in result.stderr and result.stdout == ""


def test_a_log_that_never_ends_costs_its_part_of_the_time(board):
    board.config.write_text(json.dumps(board.settings))
    pipe = board.folder / "log"
    os.mkfifo(pipe)
    result = board.text("--log", pipe, "--timeout", "60")  # nobody writes to it
    assert result.returncode == 0 and result.stdout.startswith("Ready")
    assert "the log did not end within 4 s" in result.stderr


def test_roots_from_a_pipe_are_not_waited_for(board):
    pipe = board.folder / "roots"
    os.mkfifo(pipe)
    result = board.text("--ats-roots", pipe, "--timeout", "2")
    assert result.returncode == 3


def test_a_key_that_the_release_never_reads(board):
    board.settings["sampleApp"] = {"endpoint": "https://other.localhost"}
    result = board.text()
    assert result.returncode == 0
    assert "Ready, but: " in result.stdout.splitlines()[0]
    assert "(endpoint_ignored)" in result.stdout.splitlines()[0]


def test_one_cause_of_the_store_has_the_hosts_as_consequences(board):
    damaged = board.folder / "damaged.pem"
    damaged.write_bytes((board.standin.dir / "ca.pem").read_bytes()[:-40])
    board.settings["libcurlUtils"]["CURLOPT_CAINFO"] = str(damaged)
    report = board.json()
    assert report["verdict"] == "not_ready" and faults(report) == ["ca_file_invalid"]
    first, *others = [row for row in report["findings"] if row["severity"] != "info"]
    assert first["part"] == "trust_store"
    assert {(row["cause"], row["is_consequence"]) for row in others} == {("ca_file_invalid", True)}
    assert {report["findings"][row["because"]]["part"] for row in others} == {"trust_store"}


def test_a_folder_that_is_not_there_for_the_databases(board):
    folder = board.folder / "gone"
    board.settings["miscDatabase"]["databaseFilePath"] = str(folder / "misc.db")
    report = board.json()
    row = next(row for row in report["findings"] if row["cause"] == "disk_not_writable")
    assert row["headline"] == f"{folder} does not exist"
    subprocess.run(row["command"], shell=True, check=True, env=ENVIRONMENT)  # it mends it
    assert board.json()["verdict"] == "ready"


def test_a_log_says_the_same(board):
    log = next(path for path in sorted((ROOT / "test/corpus/logs").glob("*.log"))
               if "root_missing" in run("inspect", "--json", path).stdout)
    report = board.gateway("untrusted-root").json("--log", log)
    assert report["log"] == str(log)
    assert any(row["part"] == "log" for row in report["findings"])


def test_an_image_asks_nobody(standin, tmp_path):
    image = tmp_path / "image"
    (image / "etc/ssl/certs").mkdir(parents=True)
    result = run("doctor", "--sysroot", image, "--json")
    check_schema(result.stdout)
    report = json.loads(result.stdout)
    assert {row["was_asked"] for row in report["needs"]} == {False}
    assert (result.returncode, report["cause"]) == (1, "root_missing")
    shutil.copy("/etc/ssl/certs/ca-certificates.crt", image / "etc/ssl/certs")
    result = run("doctor", "--sysroot", image)
    assert result.returncode == 3
    assert result.stdout.startswith("Cannot tell: nothing is wrong in this image")


def test_it_ends_in_time_whatever_a_server_does(board):
    began = time.monotonic()
    report = board.gateway("silent-in-handshake").json("--timeout", "3")
    assert time.monotonic() - began < 30
    assert report["took_ms"] < 15000
    assert report["cause"] in ("tls_timeout", "probe_unfinished")


def test_an_interrupt_tells_what_was_seen(board):
    words = [AVS_SHIM, *map(str, board.gateway("silent-in-handshake").words())]
    process = subprocess.Popen(words, stdout=subprocess.PIPE, text=True, env=ENVIRONMENT)
    children = f"/proc/{process.pid}/task/{process.pid}/children"
    deadline = time.monotonic() + 30
    while not open(children, encoding="ascii").read():
        assert time.monotonic() < deadline
    process.send_signal(signal.SIGINT)
    out, _ = process.communicate(timeout=60)
    assert process.returncode == 3, out
    assert "[! ] Stopped    by an interrupt after " in out
    assert out.startswith("Cannot tell: stopped before the end; nothing wrong so far")


def test_a_remark_is_no_cause(board):
    """A test machine's clock is kept by nobody, often: that is said, and is not the answer."""
    told = board.text("--format", "{verdict} {cause}|{headline}")
    assert (told.returncode, told.stdout) == (0, "ready |every host works, each proven\n")


def test_outputs(board, tmp_path):
    result = board.gateway("expired").text("--html", tmp_path / "page.html", "--junit",
                                           tmp_path / "junit.xml", "--format", "{cause} {verdict}")
    assert (result.returncode, result.stdout) == (1, "cert_expired not_ready\n")
    assert "expired.localhost" in (tmp_path / "page.html").read_text()
    assert "AVS gateway expired.localhost" in (tmp_path / "junit.xml").read_text()




@pytest.mark.parametrize("name", ["ticket", "ticket.tar"])
@pytest.mark.parametrize("scenario", ["ok", "untrusted-root"])
def test_a_ticket_gives_the_same_page_again(board, tmp_path, name, scenario):
    ticket = tmp_path / name
    result = board.gateway(scenario).text("--evidence", ticket)
    again = run("judge", ticket)
    assert (again.returncode, again.stdout) == (result.returncode, result.stdout)
    check_schema(run("judge", ticket, "--json").stdout)


def pack(path, *folders):
    """As people do, with the folder itself as a member and in the order of the disk."""
    with tarfile.open(path, "w") as tar:
        for folder in folders:
            tar.add(folder, arcname=folder.name)
    return path


def test_the_store_of_the_first_of_two_configurations_is_audited(board):
    damaged = board.folder / "damaged.pem"
    damaged.write_bytes((board.standin.dir / "ca.pem").read_bytes()[:-40])
    board.settings["libcurlUtils"]["CURLOPT_CAINFO"] = str(damaged)
    overlay = board.folder / "overlay.json"
    overlay.write_text('{"deviceInfo": {"productId": "x"}}')
    report = board.json("--config", overlay)
    rows = [row for row in report["findings"] if row["part"] == "trust_store"]
    assert [row["cause"] for row in rows] == ["ca_file_invalid"]
    assert str(damaged) in rows[0]["headline"]


def test_a_ticket_that_somebody_packed_himself(board, tmp_path):
    ticket = tmp_path / "ticket"
    result = board.gateway("untrusted-root").text("--evidence", ticket)
    again = run("judge", pack(tmp_path / "packed.tar", ticket))
    assert (again.returncode, again.stdout) == (result.returncode, result.stdout)
    other = shutil.copytree(ticket, tmp_path / "other")
    fleet = json.loads(run("judge", pack(tmp_path / "both.tar", ticket, other), "--json").stdout)
    assert fleet["schema"] == "avs-shim.fleet/1" and fleet["broken"] == 0


def test_an_older_ticket_within_a_ticket_is_not_mixed_in(board, tmp_path):
    board.gateway("expired").text("--evidence", tmp_path / "older")
    board.gateway("untrusted-root").text("--evidence", tmp_path / "ticket")
    for name in ("a", "z"):
        shutil.copytree(tmp_path / "older", tmp_path / "ticket" / name)
    assert run("judge", tmp_path / "ticket", "--format", "{cause}").stdout == "root_missing\n"
    (tmp_path / "ticket" / "2-gateway.json").unlink()
    result = run("judge", tmp_path / "ticket", "--json")
    assert result.returncode == 2 and "not beside it" in result.stderr
    assert json.loads(result.stdout)["schema"] == "avs-shim.doctor/1"


def test_a_ticket_is_whole_or_not_there(board, tmp_path):
    ticket = tmp_path / "ticket"
    ticket.mkdir()
    (ticket / "mine").write_text("mine")
    result = board.text("--evidence", ticket)
    assert result.returncode == 2 and result.stdout.startswith("Ready: ")
    assert "name a folder that is not there yet" in result.stderr
    assert [path.name for path in ticket.iterdir()] == ["mine"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["config.json", "ticket"]


def test_each_host_of_a_ticket_is_evidence_of_its_own(board, tmp_path):
    ticket = tmp_path / "ticket"
    board.gateway("expired").text("--evidence", ticket)
    names = sorted(path.name for path in ticket.iterdir())
    assert names == ["1-login.json", "2-gateway.json", "3-ats_test.json", "doctor.json"]
    for name in names:
        check_schema((ticket / name).read_text())
    alone = run("judge", ticket / "2-gateway.json", "--format", "{cause}")
    assert (alone.returncode, alone.stdout) == (1, "cert_expired\n")
    fleet = json.loads(run("judge", ticket, ticket, "--json").stdout)
    assert fleet["schema"] == "avs-shim.fleet/1" and fleet["broken"] == 0


@pytest.mark.parametrize("change, said", [
    (lambda board: board["host"][0].update(role="nobody"), "one of the known words"),
    (lambda board: board["host"][0].update(evidence_file="../../../etc/passwd"), "not beside it"),
    (lambda board: board.update(host=board["host"] * 9), "a shorter list"),
    (lambda board: board["clock"].update(now="today"), "a whole number")])
def test_a_ticket_that_somebody_wrote(board, tmp_path, change, said):
    ticket = tmp_path / "ticket"
    board.text("--evidence", ticket)
    document = json.loads((ticket / "doctor.json").read_text())
    change(document["board"])
    (ticket / "doctor.json").write_text(json.dumps(document))
    result = run("judge", ticket)
    assert result.returncode == 2 and said in result.stderr


@pytest.mark.parametrize("change", [
    lambda board: board["host"][1].update(was_asked=False),
    lambda board: board["host"].pop(1)])
def test_a_ticket_without_the_gateway_is_no_ready_board(board, tmp_path, change):
    ticket = tmp_path / "ticket"
    board.text("--evidence", ticket)
    document = json.loads((ticket / "doctor.json").read_text())
    change(document["board"])
    (ticket / "doctor.json").write_text(json.dumps(document))
    result = run("judge", ticket)
    assert result.returncode == 3
    assert result.stdout.startswith("Cannot tell: not every host was asked")


def test_evidence_of_another_host_is_refused(board, tmp_path):
    ticket = tmp_path / "ticket"
    board.text("--evidence", ticket)
    shutil.copy(ticket / "3-ats_test.json", ticket / "2-gateway.json")
    result = run("judge", ticket)
    assert result.returncode == 2 and "2-gateway.json is of another host" in result.stderr


def test_notes_of_a_ticket_cannot_speak_for_a_host(board, tmp_path):
    ticket = tmp_path / "ticket"
    board.text("--evidence", ticket)
    document = json.loads((ticket / "doctor.json").read_text())
    document["board"]["note"] = [{"part": part, "cause": "root_missing", "severity": "error",
                                  "headline": "\x1b[31mno\n"} for part in ("host", "clock", "disk")]
    (ticket / "doctor.json").write_text(json.dumps(document))
    result = run("judge", ticket)
    assert result.returncode == 0 and "\x1b" not in result.stdout


def test_a_consequence_has_no_remedy_of_its_own(board, tmp_path):
    board.settings["libcurlUtils"]["CURLOPT_CAINFO"] = str(tmp_path / "none.pem")
    report = board.json()
    assert [row["is_consequence"] for row in report["findings"]].count(False) >= 1
    for row in report["findings"]:
        if row["is_consequence"]:
            assert (row["remedy"], row["command"]) == (None, None)
            assert row["meaning"].endswith("no fault of its own.")


@pytest.mark.parametrize("words, said", [
    (["--endpoint", "http://a.example"], "https"),
    (["--sdk", "9.9"], "'9.9' is no release"),
    (["--sysroot", "/nowhere"], "/nowhere"),
    (["--log", "/nowhere.log"], "/nowhere.log"),
    (["somewhere"], "somewhere")])
def test_what_cannot_be_meant_is_refused_before_anything_is_asked(words, said):
    result = run("doctor", *words)
    assert result.returncode == 2 and said in result.stderr and result.stdout == ""


def test_nothing_secret_is_told(board, tmp_path):
    """A password of a proxy, of a URL, a client secret and what a log has of them."""
    board.settings["libcurlUtils"]["CURLOPT_PROXY"] = "http://me:hunter2@127.0.0.1:9"
    board.settings["capabilitiesDelegate"] = {"endpoint": "https://me:hunter2@a.localhost"}
    board.settings["lwaAuthorization"]["clientSecret"] = "hunter2"
    board.settings["sampleApp"] = {"endpoint": "https://me:hunter2@b.localhost"}
    log = tmp_path / "console.log"
    log.write_text("2026-11-26 10:00:00.000 [  1] E LibcurlUtils:curlEasyPerformFailed:error=SSL peer "
                   "certificate or SSH remote key was not OK,url=https://me:hunter2@c.localhost\n" * 3)
    env = {**ENVIRONMENT, "https_proxy": "http://you:hunter2@127.0.0.1:9",
           "HTTP_PROXY": "you:hunter2@127.0.0.1:9"}
    ticket = tmp_path / "ticket"
    told = board.text("--log", log, "--evidence", ticket, "--html", tmp_path / "page.html", env=env)
    assert told.returncode in (1, 3) and "http://127.0.0.1:9" in told.stdout
    files = [*ticket.iterdir(), tmp_path / "page.html"]
    for text in (told.stdout, told.stderr, board.text("--json", env=env).stdout,
                 *(path.read_text() for path in files)):
        assert "hunter2" not in text
