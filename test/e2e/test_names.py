# SPDX-License-Identifier: Apache-2.0
"""Names from a hosts file and from a resolver: the dial's end is noticed at once, whatever it is.

On loopback a lookup and a connect end within microseconds, between two looks of the loop at
libcurl; a loop that then sleeps until its deadline calls a healthy server dead."""
import json
import os
import time

import pytest

from avs_shim import AVS_SHIM, BUILD
from namespace import Namespace

FETCH = BUILD / "test" / "fetch"
RUNS = 50
SECONDS_MAX = 1 * float(os.environ.get("AVS_TEST_SLACK", "1"))


@pytest.fixture(scope="module")
def board(tmp_path_factory):
    folder = tmp_path_factory.mktemp("board")
    with Namespace(folder) as namespace:
        standin = namespace.start(AVS_SHIM, "standin", "--dir", folder / "pki", "--json",
                                  stdout=-1)
        namespace.port = json.loads(standin.stdout.readline())["port"]
        namespace.pki = folder / "pki"
        yield namespace


def check(board, target):
    result = board.run(AVS_SHIM, "check", "--json", "--endpoint", "https://ok.localhost",
                       "--connect-to", target, "--ca-file", board.pki / "ca.pem", "--ats-roots",
                       board.pki / "ats-roots.pem")
    report = json.loads(result.stdout)
    return result.returncode, report["cause"]


def fetch(board, target):
    result = board.run(FETCH, "--ca", board.pki / "ca.pem", "--connect-to", target,
                       "get=https://ok.localhost/", "wait")
    events = [json.loads(line) for line in result.stdout.splitlines()]
    finished = [event for event in events if event["event"] == "finished"][0]
    return finished["finish"], finished["cause"]


@pytest.mark.parametrize("name", ["files.test", "dns.test"])
@pytest.mark.parametrize("run,port,right", [
    (check, "open", (0, None)),
    (check, "closed", (3, "connect_refused")),
    (fetch, "open", ("complete", "none")),
    (fetch, "closed", ("internal_error", "connect_refused")),
])
def test_a_known_name_is_dialled_at_once(board, run, name, port, right):
    repeat(lambda: run(board, f"{name}:{board.port if port == 'open' else 1}"), right)


@pytest.mark.parametrize("run,right", [
    (check, (3, "dns_failed")),
    (fetch, ("internal_error", "dns_failed")),
])
def test_an_unknown_name_fails_at_once(board, run, right):
    repeat(lambda: run(board, f"unknown.test:{board.port}"), right)


def repeat(once, right):
    slow = []
    for _ in range(RUNS):
        start = time.monotonic()
        assert once() == right
        seconds = time.monotonic() - start
        if seconds >= SECONDS_MAX:
            slow.append(round(seconds, 2))
    assert not slow, f"{len(slow)} of {RUNS} runs took {SECONDS_MAX} s or more: {slow}"
