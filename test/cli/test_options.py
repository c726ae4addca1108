# SPDX-License-Identifier: Apache-2.0
"""One row for each option: --help, completion, manual pages and "did you mean" come from it; errors
are told the same way by every command."""
import json
import re
import shutil
import signal
import subprocess

import pytest

from avs_shim import AVS_SHIM, ENVIRONMENT, run

COMMANDS = ["doctor", "check", "judge", "endpoint show", "endpoint explain", "endpoint lint", "endpoint set",
            "endpoint toggle", "endpoint unset", "trust explain", "trust audit", "trust install",
            "inspect", "iot explain", "iot check", "iot plan", "iot regions", "iot endpoint", "causes",
            "standin", "help", "run"]
GROUPS = ["endpoint", "trust", "iot"]


def test_every_command_is_in_this_file():
    listed = re.findall(r"^  ([a-z]+) ", run("--help").stdout, re.M)
    below = [f"{group} {word}" for group in GROUPS
             for word in re.findall(r"^  ([a-z]+)  ", run(group, "--help").stdout, re.M)]
    assert sorted(set(listed) - set(GROUPS) - {"avs-shim"} | set(below)) == sorted(COMMANDS)


@pytest.mark.parametrize("command", COMMANDS + GROUPS)
def test_help_is_whole_and_fits_a_screen(command):
    result = run(*command.split(), "--help")
    assert result.returncode == 0 and result.stderr == ""
    for word in (f"Usage: avs-shim {command}", "Examples:"):
        assert word in result.stdout
    assert command in GROUPS or "Exit codes:\n  0  " in result.stdout
    assert max(map(len, result.stdout.splitlines())) <= 100
    assert run("help", *command.split()).stdout == result.stdout


def options_of(command):
    return re.findall(r"^  (?:-\w, )?--([\w-]+)( [A-Z|:=\[\]]+)?", run(*command.split(), "--help").stdout,
                      re.M)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_option_of_the_help_is_parsed_and_no_other(command):
    rows = options_of(command)
    assert ("help", "") in rows
    for name, value in rows:
        bare = run(*command.split(), f"--{name}=" if not value else f"--{name}", stdin=subprocess.DEVNULL)
        assert bare.returncode == 2
        assert ("needs a value" if value else "takes no value") in bare.stderr, (name, bare.stderr)
    wrong = run(*command.split(), "--no-such-thing")
    assert wrong.returncode == 2 and "'--no-such-thing'" in wrong.stderr


@pytest.mark.parametrize("words, meant", [
    (["chekc"], "check"), (["inspct"], "inspect"), (["trust", "adit"], "audit"),
    (["trsut"], "trust"), (["endpoint", "togle"], "toggle"),
    (["check", "--ednpoint", "na"], "--endpoint"), (["check", "--jsn"], "--json"),
    (["check", "--endpoint", "eue"], "eu"), (["check", "--endpoint", "ats_test"], "ats-test"),
    (["inspect", "--probe", "--endpoint", "leagcy-na", "x"], "legacy-na"),
    (["endpoint", "set", "legacy-eur", "--config", "x"], "legacy-eu"),
    (["causes", "root_mising"], "root_missing"), (["causes", "ROOT-MISSING"], "root_missing")])
def test_did_you_mean(words, meant):
    result = run(*words)
    assert result.returncode == 2 and f"did you mean '{meant}'?" in result.stderr


@pytest.mark.parametrize("words", [["frobnicate"], ["check", "--frobnicate"], ["causes", "zzz"],
                                   ["check", "--endpoint", "x"], ["trust", "zzzzzz"]])
def test_nothing_is_suggested_for_what_is_like_nothing(words):
    result = run(*words)
    assert result.returncode == 2 and "did you mean" not in result.stderr


def test_a_scenario_of_the_demo_is_suggested():
    result = run("check", "--demo", "--endpoint", "https://expird.localhost")
    assert result.returncode == 2 and "did you mean 'https://expired.localhost'?" in result.stderr


@pytest.mark.parametrize("word", ["--version", "-V", "version"])
def test_the_version_is_told(word):
    result = run(word)
    assert result.returncode == 0 and re.fullmatch(r"avs-shim \d+\.\d+\.\d+\n", result.stdout)


@pytest.mark.parametrize("words, schema", [
    (["check", "--json", "--endpoint", "http://x"], "check"),
    (["check", "--endpoint", "na", "left", "--json"], "check"),
    (["check", "--json", "--no-such"], "check"), (["check", "--json", "--timeout", "0"], "check"),
    (["check", "--json", "--config", "/no/such"], "check"),
    (["judge", "--json"], "check"), (["judge", "--json", "/no/such"], "check"),
    (["judge", "--json", "/dev/null"], "check"),
    (["endpoint", "show", "--json"], "endpoint"), (["endpoint", "show", "-j", "-c", "/no"], "endpoint"),
    (["endpoint", "set", "us", "--json", "--config", "/no"], "endpoint"),
    (["endpoint", "nonsense", "--json"], "endpoint"), (["trust", "--json"], "trust"),
    (["trust", "audit", "--json", "--sysroot", "/no/such"], "trust-audit"),
    (["trust", "install", "--json", "--only", "x"], "trust-install"),
    (["trust", "explain", "--json"], "trust-explain"),
    (["trust", "explain", "--json", "--chain", "/no/such"], "trust-explain"),
    (["inspect", "--json", "/no/such"], "inspect"), (["inspect", "--json", "a", "b"], "inspect"),
    (["causes", "--json", "nonsense"], "causes"), (["standin", "--json", "--port", "x"], "standin"),
    (["standin", "--json", "--dir", "/proc/no"], "standin"), (["iot", "--json"], "iot"),
    (["iot", "regions", "--json", "No Region"], "iot-regions"),
    (["iot", "explain", "--json"], "iot-explain"), (["iot", "explain", "--json", "/no"], "iot-explain"),
    (["iot", "plan", "--json"], "iot-plan"), (["iot", "plan", "--json", "/no"], "iot-plan"),
    (["iot", "explain", "--json", "u:p@a.example"], "iot-explain"),
    (["iot", "endpoint", "--json", "--region", "mars"], "iot-endpoint")])
def test_with_json_an_error_is_an_object_too(words, schema):
    result = run(*words)
    assert result.returncode == 2
    report = json.loads(result.stdout)
    assert report["schema"] == f"avs-shim.{schema}/1"
    assert set(report["error"]) == {"status", "cause", "message"}
    assert report["error"]["message"] in result.stderr


def test_catalogue_and_scenarios_are_one_object_with_a_schema():
    causes = json.loads(run("causes", "--json").stdout)
    assert causes["schema"] == "avs-shim.causes/1" and len(causes["causes"]) > 40
    assert json.loads(run("causes", "--json", "Root_Missing").stdout)["causes"][0]["id"] == \
        "root_missing"
    scenarios = json.loads(run("standin", "--list", "--json").stdout)
    assert scenarios["schema"] == "avs-shim.standin-list/1" and len(scenarios["scenarios"]) > 40


def test_the_markdown_is_a_whole_table():
    lines = run("causes", "--markdown").stdout.splitlines()
    assert lines[0] == "| Cause | Phase | What it means | What to do |" and lines[1] == "|---|---|---|---|"
    assert all(line.count("|") == 5 for line in lines)


@pytest.mark.parametrize("words", [["causes"], ["causes", "--json"], ["standin", "--list"], ["--help"],
                                   ["check", "--help"], ["trust", "audit"],
                                   ["trust", "audit", "--json"], ["trust", "install"],
                                   ["help", "--man", "check"]], ids=" ".join)
def test_a_reader_that_has_gone_ends_a_command_quietly(words):
    process = subprocess.Popen([AVS_SHIM, *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                               env=ENVIRONMENT)
    process.stdout.close()
    assert process.stderr.read() == b""
    assert process.wait(60) == -signal.SIGPIPE


@pytest.mark.parametrize("command", COMMANDS + GROUPS + [""])
def test_manual_pages_name_every_option(command):
    page = run("help", "--man", *command.split()).stdout
    assert page.startswith(".TH AVS\\-SHIM") and ".SH NAME" in page
    for name, _ in options_of(command) if command in COMMANDS else []:
        assert "\\-\\-" + name.replace("-", "\\-") in page
    checked = subprocess.run(["mandoc", "-T", "lint"], input=page, text=True, capture_output=True)
    assert (checked.returncode, checked.stdout) == (0, "")
    if shutil.which("groff"):
        checked = subprocess.run(["groff", "-man", "-Tutf8", "-ww"], input=page, text=True,
                                 capture_output=True)
        assert checked.stderr == ""
