# SPDX-License-Identifier: Apache-2.0
"""Every command that a report suggests is run, as it stands, by a shell: none hangs, none is refused
for its words, none is left with a hole in it. It is run as nobody, who can change neither the clock
nor the system's trust store."""
import json
import os
import re
import shutil
import subprocess

import pytest

from avs_shim import AVS_SHIM, ROOT, Standin, open_to_anybody, run

CORPUS = sorted((ROOT / "test" / "corpus" / "evidence").glob("*.json"))
LIMIT_S = 90  # a demo makes keys, on a machine that may be busy


def commands_of(report):
    return {finding["command"] for session in report["sessions"] for finding in session["findings"]
            if finding["command"]}


def in_sandbox(command, folder):
    """By sh, avs-shim on PATH, as a user who can write to `folder` alone."""
    programs = folder / "bin"
    programs.mkdir(exist_ok=True)
    if not (programs / "avs-shim").exists():
        shutil.copy(AVS_SHIM, programs / "avs-shim")  # nobody else may enter the build's folder
        (programs / "sudo").write_text("#!/bin/sh\nexec \"$@\"\n")
        (programs / "timedatectl").write_text("#!/bin/sh\nexit 0\n")
        for name in ("sudo", "timedatectl"):
            (programs / name).chmod(0o755)
    folder.chmod(0o777)
    nobody = {"user": 65534, "group": 65534, "extra_groups": []} if os.geteuid() == 0 else {}
    return subprocess.run(["sh", "-c", command], cwd=folder, capture_output=True, text=True,
                          timeout=LIMIT_S, stdin=subprocess.DEVNULL, **nobody,
                          env={"PATH": f"{programs}:{os.environ['PATH']}:/usr/sbin:/sbin",
                               "TMPDIR": str(folder)})


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    made = tmp_path_factory.mktemp("advice")
    open_to_anybody(made)
    return made


def assert_works(command, folder):
    assert not re.search(r"[{}]|\bFILE\b|\bHOST\b", command.replace("${", "")), command
    result = in_sandbox(command, folder)
    assert "Try: avs-shim" not in result.stderr, (command, result.stderr)
    assert result.returncode not in (126, 127), (command, result.stderr)
    assert "Syntax error" not in result.stderr and "not found" not in result.stderr.split("\n")[0]


@pytest.mark.parametrize("path", CORPUS, ids=lambda path: path.stem)
def test_commands_of_every_ticket_can_be_pasted(path, folder):
    for command in commands_of(json.loads(run("judge", "--json", path).stdout)):
        if "avs-shim check" not in command:  # of those one each below: they dial
            assert_works(command, folder)
        assert "FILE" not in command


# one scenario for each kind of suggestion, the whole way: the command repeats what the run was given
KINDS = ["expired", "untrusted-root", "silent-after-tls", "tls11-only", "h2-text", "not-ats"]


@pytest.mark.parametrize("name", KINDS)
def test_the_suggested_check_goes_the_same_way(name, folder):
    with Standin() as standin:
        options = ["--endpoint", f"https://{name}.localhost", "--connect-to",
                   f"127.0.0.1:{standin.port}", "--ca-file", standin.dir / "ca.pem", "--ats-roots",
                   standin.dir / "ats-roots.pem"]
        report = json.loads(run("check", "--json", "--timeout", "2", *options).stdout)
        for command in commands_of(report):
            if "avs-shim check" in command:
                for word in map(str, options):
                    assert word in command
                again = run(*command.split()[1:], "--json", "--timeout", "2", cwd=folder)
                assert json.loads(again.stdout)["sessions"][0]["address"] == "127.0.0.1"
            else:
                assert_works(command, folder)


def test_a_demo_is_suggested_again_as_a_demo():
    report = json.loads(run("check", "--demo", "--endpoint", "https://tls11-only.localhost",
                            "--json").stdout)
    for command in commands_of(report):
        assert "127.0.0.1" not in command and "/tmp/" not in command
        assert " --demo" in command or not command.startswith("avs-shim check")


def test_nothing_suggested_asks_for_what_is_not_there(tmp_path):
    """A board without ip, ping, openssl, curl and sudo."""
    result = subprocess.run([AVS_SHIM, "check", "--json", "--connect-to", "127.0.0.1:1"],
                            capture_output=True, text=True, env={"PATH": str(tmp_path)})
    (command,) = commands_of(json.loads(result.stdout))
    assert command == "avs-shim check --connect-to 127.0.0.1:1"
