# SPDX-License-Identifier: Apache-2.0
"""The README and docs/ are true: the page of causes is the catalogue's, the page of the API the
headers', commands, files and links exist."""
import re
import shlex

import pytest

from avs_shim import ROOT, run

README = (ROOT / "README.md").read_text()


def test_page_of_causes_is_the_catalogue():
    page = (ROOT / "docs" / "causes.md").read_text()
    assert page.endswith(run("causes", "--markdown").stdout), "put its output there"


@pytest.mark.parametrize("page", ["README.md", *sorted(f"docs/{path.name}"
                                                       for path in (ROOT / "docs").glob("*.md"))])
def test_links_lead_somewhere(page):
    path = ROOT / page
    for link in re.findall(r"\]\(([^)#:]+)\)", path.read_text()):
        assert (path.parent / link).exists(), link


@pytest.mark.parametrize("command", sorted(set(re.findall(r"`avs-shim ([a-z]+(?: [a-z]+)?)", README))))
def test_commands_exist(command):
    words = command.split()
    known = run("--help").stdout
    assert f"\n  {words[0]} " in known
    assert run(words[0], "--help").returncode == 0


@pytest.mark.parametrize("path", sorted(set(re.findall(r"`((?:shim|sample|test|ci|docs)/[\w./-]*)`", README))))
def test_paths_exist(path):
    assert (ROOT / path).exists()


def test_causes_command_knows_its_rows():
    assert "missing root" in run("causes", "root_missing").stdout
    unknown = run("causes", "no_such")
    assert unknown.returncode == 2 and "no_such" in unknown.stderr


def test_the_transcript_is_what_the_command_prints():
    """Its lines, in their order; those that differ from run to run are left out of the page."""
    command, _, rest = README.partition("    $ ")[2].partition("\n")
    shown = [line[4:] for line in rest.split("\n\n")[0].splitlines()]
    printed = iter(run(*shlex.split(command)[1:]).stdout.splitlines())
    assert len(shown) > 5 and all(line in printed for line in shown)
