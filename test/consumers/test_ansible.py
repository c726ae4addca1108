# SPDX-License-Identifier: Apache-2.0
"""packaging/ansible over four roots: one healthy, three broken in different ways. The play names the
three faults, changes nothing in check mode, and mends the two that can be mended."""
import os
import re
import shutil
import subprocess

import pytest

from avs_shim import AVS_SHIM, ROOT, run

PLAYBOOK = ROOT / "packaging" / "ansible"
PEM = ROOT / "config" / "roots"
REQUIRED = [*(PEM / f"amazon-root-ca-{number}.pem" for number in (1, 2, 3, 4)),
            PEM / "starfield-services-root-g2.pem"]


def write(root, text):
    file = root / "etc/ssl/certs/ca-certificates.crt"
    file.parent.mkdir(parents=True)
    file.write_text(text)


@pytest.fixture
def roots(tmp_path):
    whole = "".join(file.read_text() for file in REQUIRED)
    write(tmp_path / "good", whole)
    write(tmp_path / "lacking", REQUIRED[0].read_text())
    lines = whole.splitlines(keepends=True)
    write(tmp_path / "damaged", "".join(lines[:4] + lines[5:]))
    folder = tmp_path / "unhashed/etc/ssl/certs"
    folder.mkdir(parents=True)
    shutil.copy(REQUIRED[0], folder)
    subprocess.run(["openssl", "rehash", folder], check=True)
    for file in REQUIRED[1:]:
        shutil.copy(file, folder)
    return tmp_path


def play(roots, *options):
    inventory = roots / "hosts.ini"
    inventory.write_text("[all:vars]\nansible_connection=local\nansible_python_interpreter=/usr/bin/python3\n"
                         f"avs_shim_command={AVS_SHIM}\navs_shim_check=false\n[all]\n" + "".join(
                             f"{name} avs_shim_store_options=\"['--sysroot', '{roots / name}']\"\n"
                             for name in ("good", "lacking", "damaged", "unhashed")))
    env = {**os.environ, "ANSIBLE_NOCOLOR": "1", "LC_ALL": "C.UTF-8", "ANSIBLE_HOME": str(roots / ".a"),
           "ANSIBLE_LOCAL_TEMP": str(roots / "t"), "ANSIBLE_REMOTE_TEMP": str(roots / "r")}
    result = subprocess.run(["ansible-playbook", "-i", inventory, "avs_shim.yml", *options],
                            cwd=PLAYBOOK, env=env, capture_output=True, text=True)
    recap = {name: (int(changed), int(failed)) for name, changed, failed in re.findall(
        r"^(\w+) +: ok=\d+ +changed=(\d+) .*failed=(\d+)", result.stdout, re.M)}
    said = {name: " ".join(text.split()) for name, text in
            re.findall(r'"msg": "(\w+): (.*?)"$', result.stdout, re.M)}
    assert set(recap) == set(said) == {"good", "lacking", "damaged", "unhashed"}, (
        result.stdout + result.stderr)
    return recap, said


def usable(roots):
    return {name for name in ("good", "lacking", "damaged", "unhashed")
            if run("trust", "audit", "--sysroot", roots / name).returncode == 0}


def test_names_three_faults_and_mends_two(roots):
    recap, said = play(roots, "--check", "-e", "avs_shim_repair=true")
    assert said["good"].startswith("trust store usable (5 of 5 roots)")
    assert said["lacking"].startswith("trust store NOT usable (1 of 5 roots)")
    assert "roots: absent, present" in said["lacking"] or "roots: present, absent" in said["lacking"]
    assert "store_invalid" in said["damaged"] and "unhashed" in said["unhashed"]
    assert usable(roots) == {"good"}  # check mode changes nothing
    recap, said = play(roots, "-e", "avs_shim_repair=true")
    assert recap == {"good": (0, 0), "lacking": (1, 0), "unhashed": (1, 0), "damaged": (0, 0)}
    assert "repaired" in said["lacking"] and "repaired" in said["unhashed"]
    assert said["damaged"].startswith("trust store NOT usable") and "line 1" in said["damaged"]
    assert usable(roots) == {"good", "lacking", "unhashed"}
    recap, _ = play(roots, "-e", "avs_shim_repair=true")
    assert {changed for changed, _ in recap.values()} == {0}  # again: nothing to do


def test_without_repair_nothing_is_changed(roots):
    recap, _ = play(roots)
    assert set(recap.values()) == {(0, 0)} and usable(roots) == {"good"}


def test_it_is_lint_clean():
    result = subprocess.run(["ansible-lint", "--offline", "--nocolor"], cwd=PLAYBOOK,
                            capture_output=True, text=True)
    assert result.returncode == 0, result.stdout + result.stderr
