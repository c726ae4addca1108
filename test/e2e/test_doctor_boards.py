# SPDX-License-Identifier: Apache-2.0
"""avs-shim doctor on whole boards of the lab: what is asked when, and that a ticket of a board gives
the same page on another machine."""
import json

import pytest

from avs_shim import run
from lab import CONFIG, DEAD, GATEWAY, HOME, NAMES, SECOND, Board, Internet, v4, v6

TEST_ENDPOINT = "avs-ats-cert-test.amazon.com"


@pytest.fixture(scope="module")
def internet(tmp_path_factory):
    with Internet(tmp_path_factory.mktemp("lab")) as running:
        yield running


def doctor(board, *arguments):
    return board.avs_shim("doctor", "--config", CONFIG, "--ats-roots", board.internet.pki.root,
                          *arguments)


def report_of(board, *arguments):
    return json.loads(doctor(board, "--json", *arguments).stdout)


def needs(report):
    return {row["host"]: row for row in report["needs"]}


def test_each_address_of_a_name_is_asked(internet):
    with Board(internet, {GATEWAY: [HOME[GATEWAY], SECOND]}) as board:
        report = report_of(board)
    assert (report["verdict"], report["cause"]) == ("ready", "none")
    gateway = needs(report)[GATEWAY]
    assert {row["address"]: (row["was_asked"], row["cause"]) for row in gateway["addresses"]} == {
        address(last): (True, "none") for last in (HOME[GATEWAY], SECOND) for address in (v4, v6)}


def test_where_the_test_endpoint_is_gone_the_regions_are_asked(internet):
    with Board(internet, {TEST_ENDPOINT: []}) as board:
        result = doctor(board)
        report = report_of(board)
    assert result.returncode == 0 and result.stdout.startswith("Ready: every host works")
    assert {host for host, row in needs(report).items() if row["verdict"] == "ready"} == \
        {*NAMES} - {TEST_ENDPOINT}
    gone = next(row for row in report["findings"] if row["cause"] == "name_retired")
    assert (gone["severity"], gone["hosts"]) == ("info", [TEST_ENDPOINT])


def test_a_line_of_the_hosts_file_against_the_resolver(internet):
    with Board(internet) as board:
        board.write("/etc/hosts", f"127.0.0.1 localhost\n{v4(DEAD)} {GATEWAY}\n")
        result = doctor(board, "--timeout", "5")
    first = result.stdout.splitlines()[0]
    assert first == f"Not ready: {GATEWAY}: /etc/hosts fixes it to {v4(DEAD)} (name_pinned)"
    assert f"next    grep -n {GATEWAY} /etc/hosts" in result.stdout


def test_a_path_that_loses_large_packets(internet):
    with Board(internet) as board:
        board.narrow(1300)
        told = doctor(board, "--timeout", "8")
        lines = told.stdout.splitlines()
        assert told.returncode == 1 and lines[0] == (
            "Not ready: large packets vanish on the way, and 1280 bytes get through "
            "(large_packets_lost)"), told.stdout
        assert "because of the network (large_packets_lost)" in told.stdout
        command = next(line.partition("next")[2] for line in lines if line.startswith("     next"))
        assert board.as_a_user(command).returncode == 0
        assert doctor(board).returncode == 0


def no_resolver(board):
    board.write("/etc/resolv.conf", "")


def portal(board):
    board.take_every_connection("portal")


def no_route(board):
    board.sh("ip route del default; ip -6 route del default")


def narrow(board):
    board.refuse("blackhole", "", ["-6"])


@pytest.mark.parametrize("broken", [no_resolver, portal, no_route, narrow])
def test_a_ticket_of_a_board_gives_the_same_page_elsewhere(internet, tmp_path, broken):
    ticket = tmp_path / "ticket.tar"
    with Board(internet) as board:
        broken(board)
        told = doctor(board, "--timeout", "5", "--evidence", ticket)
    again = run("judge", ticket)
    assert (again.returncode, again.stdout) == (told.returncode, told.stdout)
