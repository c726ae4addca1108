"""The README is true: its table of causes is the catalogue's, its commands and files exist."""
import re

import pytest

from avs_shim import ROOT, run

README = (ROOT / "README.md").read_text()


def test_table_of_causes_is_the_catalogue():
    table = run("causes", "--markdown").stdout
    assert table in README, "paste the output of 'avs-shim causes --markdown' into README.md"


@pytest.mark.parametrize("command", sorted(set(re.findall(r"`avs-shim ([a-z]+(?: [a-z]+)?)", README))))
def test_commands_exist(command):
    words = command.split()
    known = run("--help").stdout
    assert f"\n  {words[0]} " in known
    assert run(words[0], "--help").returncode == 0


@pytest.mark.parametrize("path", sorted(set(re.findall(r"`((?:shim|sample|test|ci)/[\w./-]*)`", README))))
def test_paths_exist(path):
    assert (ROOT / path).exists()


def test_causes_command_knows_its_rows():
    assert "missing root" in run("causes", "root_missing").stdout
    unknown = run("causes", "no_such")
    assert unknown.returncode == 2 and "no_such" in unknown.stderr
