# SPDX-License-Identifier: Apache-2.0
"""Completion in the real shells: commands, options, and what fits where a value stands."""
import os
import pty
import re
import select
import shutil
import signal
import subprocess

import pytest

from avs_shim import run
from test_options import COMMANDS

# Each shell completes as on its terminal: its own machinery calls our function.
BASH = """source /dev/stdin <<<"$1"; shift
COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _avs_shim; printf '%s\\n' "${COMPREPLY[@]}" """
# What zsh offers is told by its compadd, the end of it by a hook behind the last completer.
ZSH = """PS1=; autoload -Uz compinit; compinit -u -D; source ./avs-shim.zsh
compadd() {
  if [[ "${@[1,(i)(-|--)]}" == *-[OAD]* ]]; then builtin compadd "$@"; return; fi
  local -a found
  builtin compadd -A found "$@"
  print -l -- ${found/#/OFFER:}
  builtin compadd "$@"
}
say_end() { print END; }
comppostfuncs=(say_end)
bindkey "^I" complete-word; print READY
"""
WORDS = [
    (["ch"], ["check"]), (["trust", "a"], ["audit"]), (["trust", "audit", "--sys"], ["--sysroot"]),
    (["endpoint", "lint", "--fi"], ["--fix"]), (["check", "--json", "--ca"], ["--ca-file", "--ca-path"]),
    (["causes", "--m"], ["--markdown"]), (["causes", "root_"], ["root_missing"]),
    (["check", "--endpoint", "ats"], ["ats-test"]), (["endpoint", "set", "legacy-n"], ["legacy-na"]),
    (["help", "ins"], ["inspect"]), (["help", "--completion", "z"], ["zsh"]),
    (["judge", "ticket.j"], ["ticket.json"]), (["check", "--config", "ticket.j"], ["ticket.json"]),
    (["trust", "audit", "--sysroot", "root"], ["rootfs"]),
    (["check", "--timeout", "t"], []), (["trust", "explain", "--host", "t"], [])]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """With something that is a file, and something that is a folder."""
    path = tmp_path_factory.mktemp("completion")
    (path / "ticket.json").touch()
    (path / "rootfs").mkdir()
    for shell in "bash", "zsh", "fish":
        (path / f"avs-shim.{shell}").write_text(run("help", "--completion", shell).stdout)
    (path / "setup.zsh").write_text(ZSH)
    return path


@pytest.mark.parametrize("words, expected", WORDS, ids=[" ".join(words) for words, _ in WORDS])
def test_bash_completes(words, expected, folder):
    script = (folder / "avs-shim.bash").read_text()
    result = subprocess.run(["bash", "-c", BASH, "bash", script, "avs-shim", *words],
                            capture_output=True, text=True, cwd=folder)
    assert result.stderr == "" and result.stdout.split() == expected


@pytest.mark.parametrize("words, expected", WORDS, ids=[" ".join(words) for words, _ in WORDS])
def test_fish_completes(words, expected, folder):
    if not shutil.which("fish"):
        pytest.skip("no fish")
    line = "avs-shim " + " ".join(words)
    result = subprocess.run(["fish", "--no-config", "-c", f"source avs-shim.fish; complete -C '{line}'"],
                            capture_output=True, text=True, cwd=folder)
    offers = [offer.split("\t")[0].rstrip("/") for offer in result.stdout.splitlines()]
    assert result.stderr == "" and offers == expected


def read_until(terminal, mark):
    got = b""
    while mark not in got:
        assert select.select([terminal], [], [], 60)[0], got
        got += os.read(terminal, 4096)
    return got.decode()


# its machinery takes a second to start: a word of each kind
@pytest.mark.parametrize("words, expected", WORDS[1::3] + [(["check", "--endpoint=eu"], ["eu"])],
                         ids=lambda words: " ".join(words))
def test_zsh_completes(words, expected, folder):
    if not shutil.which("zsh"):
        pytest.skip("no zsh")
    child, terminal = pty.fork()
    if child == 0:
        os.chdir(folder)
        os.execvpe("zsh", ["zsh", "-f", "-i"], {**os.environ, "TERM": "dumb"})
    try:
        os.write(terminal, b"source ./setup.zsh\n")
        read_until(terminal, b"READY")
        os.write(terminal, f"avs-shim {' '.join(words)}\t".encode())
        said = read_until(terminal, b"END")
    finally:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        os.close(terminal)
    assert sorted(set(re.findall(r"OFFER:(\S+)", said))) == expected


def test_bash_completes_a_value_behind_an_equals_sign(folder):
    script = (folder / "avs-shim.bash").read_text()
    for words, expected in (["check", "--endpoint", "=", "eu"], ["eu"]), \
            (["check", "--config", "="], ["avs-shim.bash", "avs-shim.fish", "avs-shim.zsh", "rootfs",
                                          "setup.zsh", "ticket.json"]):
        result = subprocess.run(["bash", "-c", BASH, "bash", script, "avs-shim", *words],
                                capture_output=True, text=True, cwd=folder)
        assert result.stderr == "" and sorted(result.stdout.split()) == expected


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_scripts_know_every_command_and_parse(shell):
    script = run("help", "--completion", shell).stdout
    for command in COMMANDS:
        assert command.split()[-1] in script
    if shutil.which(shell):
        assert subprocess.run([shell, "-n"], input=script, text=True,
                              capture_output=True).returncode == 0
    assert run("help", "--completion", "csh").returncode == 2
