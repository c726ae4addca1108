# SPDX-License-Identifier: Apache-2.0
"""avs-shim iot plan: a fleet on its way to ATS endpoints, with real stores and configurations."""
import json
import os
import pty
import subprocess

import pytest

from avs_shim import AVS_SHIM, ENVIRONMENT, ROOT, run

OLD = "a1b2.iot.us-east-1.amazonaws.com"
NEW = "a1b2-ats.iot.us-east-1.amazonaws.com"
ROOTS = ROOT / "config" / "roots"
AMAZON = "".join((ROOTS / f"amazon-root-ca-{n}.pem").read_text() for n in (1, 2, 3, 4)) + \
    (ROOTS / "starfield-services-root-g2.pem").read_text()
VERISIGN = (ROOT / "test" / "support" / "certs" / "verisign-g5.pem").read_text()


@pytest.fixture
def stores(tmp_path):
    """What the fleet's devices have, as it is rolled out."""
    for name, text in (("old", VERISIGN), ("both", VERISIGN + AMAZON), ("new", AMAZON),
                       ("rsa", (ROOTS / "amazon-root-ca-1.pem").read_text()), ("junk", "junk\n")):
        (tmp_path / f"{name}.pem").write_text(text)
    return tmp_path


def plan(folder, *rows, header="name,endpoint,store,wanted", options=("--json",)):
    path = folder / "devices.csv"
    path.write_text("\n".join((header, *rows)) + "\n")
    result = run("iot", "plan", *options, path, cwd=folder)
    if "--json" not in options:
        return result
    lines = [json.loads(line) for line in result.stdout.splitlines()]
    return result.returncode, lines[:-1], lines[-1]["summary"]


def test_the_phased_transition_of_the_guide(stores):
    """Guide: "Devices can switch back and forth (provided they have both certificates) ... This
    means a phased transition is possible (and recommended)." One device, step by step."""
    steps = [(f"d,{OLD},old.pem,", "old-only", "avs-shim trust install --ca-file old.pem"),
             (f"d,{OLD},both.pem,", "both-roots", "avs-shim iot endpoint --region us-east-1"),
             (f"d,{OLD},both.pem,{NEW}", "ready-to-switch", "avs-shim iot check " + NEW),
             (f"d,{NEW},both.pem,", "switched", None)]
    for row, state, command in steps:
        _, devices, summary = plan(stores, row)
        assert (devices[0]["state"], devices[0]["next"]) == (state, command)
        assert summary["may_remove_verisign"] is (state == "switched")


def test_exit_codes_say_whether_the_fleet_is_there(stores):
    ready, switched = f"a,{OLD},both.pem,{NEW}", f"b,{NEW},new.pem,"
    for rows, code in (([ready, switched], 0), ([switched], 0), ([ready, f"c,{OLD},old.pem,"], 1),
                       ([switched, "broken"], 1), ([switched, f"c,{NEW},,"], 3),
                       ([f"c,{OLD},both.pem,"], 1), ([], 1)):
        assert plan(stores, *rows)[0] == code, rows


def test_no_root_goes_before_the_whole_fleet_has_switched(stores):
    rows = [f"d{i},{NEW},both.pem," for i in range(50)]
    text = plan(stores, *rows, options=("--summary",)).stdout
    assert "All have switched" in text and "VeriSign's root may go" in text
    for late in (f"late,{OLD},both.pem,{NEW}", f"late,{NEW},,", "broken", "late,a b,both.pem,"):
        result = plan(stores, *rows, late, options=("--summary",))
        assert "Keep VeriSign's root in the stores: 1 of 51" in result.stdout
        assert "may go" not in result.stdout


def test_what_blocks_a_device_has_a_cause_and_the_rest_goes_on(stores):
    rows = [(f"a,{NEW},old.pem,", "root_missing"), (f"b,{NEW},junk.pem,", "ca_file_invalid"),
            (f"c,{NEW},none.pem,", "ca_file_unreadable"), ("d,a b,new.pem,", "iot_name_invalid"),
            (f"e,{NEW}.evil.test,new.pem,", "iot_name_invalid"),
            ("f,c1.credentials.iot.us-east-1.amazonaws.com,new.pem,", "iot_wrong_kind"),
            (f"g,{OLD},both.pem,{OLD}", "iot_name_invalid"), (f"h,{NEW},new.pem,", None)]
    _, devices, summary = plan(stores, *(row for row, _ in rows))
    assert [device["cause"] for device in devices] == [cause for _, cause in rows]
    assert summary["blocked"] == 7 and summary["switched"] == 1


@pytest.mark.parametrize("row", [f"late,{NEW},rsa.pem,",
                                 f"late,{NEW},both.pem,other-ats.iot.us-east-1.amazonaws.com"])
def test_what_is_switched_by_its_name_alone_proves_nothing(stores, row):
    """One root of the two, or the name of another account."""
    code, devices, summary = plan(stores, f"d,{NEW},both.pem,{NEW}", row)
    assert [each["is_unproven"] for each in devices] == [False, True]
    assert code == 3 and summary["unproven"] == 1 and summary["may_remove_verisign"] is False
    assert "may go" not in plan(stores, row, options=()).stdout


@pytest.mark.parametrize("configured, state", [(OLD, "blocked"), (NEW.upper(), "switched")])
def test_an_endpoint_and_a_configuration_say_one_name(stores, configured, state):
    """What was written down in the inventory may be newer than the device."""
    (stores / "c.env").write_text(f"ENDPOINT={configured}\n")
    code, devices, summary = plan(stores, f"a,{NEW},c.env,both.pem", header="name,endpoint,config,store")
    assert devices[0]["state"] == state and summary["may_remove_verisign"] is (state == "switched")
    assert state == "switched" or (OLD in devices[0]["message"] and NEW in devices[0]["message"])


def test_one_root_alone_is_enough_to_stay_but_not_to_go(stores):
    _, devices, _ = plan(stores, f"a,{NEW},rsa.pem,", f"b,{OLD},rsa.pem,{NEW}")
    assert devices[0]["state"] == "switched" and "RSA alone" in devices[0]["message"]
    assert devices[1]["state"] == "old-only" and "Amazon Root CA 3" in devices[1]["message"]


def test_configuration_and_store_of_an_image(stores):
    image = stores / "image"
    (image / "greengrass/config").mkdir(parents=True)
    (image / "certs").mkdir()
    (image / "certs/ca.pem").write_text(AMAZON + VERISIGN)
    (image / "greengrass/config/config.yaml").write_text(
        f"system:\n  rootCaPath: /certs/ca.pem\nservices:\n  x:\n    iotDataEndpoint: {OLD}\n")
    (image / "current").symlink_to("/greengrass/config")
    header = "name,rootfs,config,store"
    code, devices, _ = plan(stores, "a,image,/current/config.yaml,", "b,image,/none.yaml,",
                            "c,image,/greengrass/config/config.yaml,/none.pem", header=header)
    assert [(each["state"], each["cause"]) for each in devices] == [
        ("both-roots", "iot_legacy_name"), ("blocked", "config_unreadable"),
        ("blocked", "ca_file_unreadable")]
    assert devices[0]["host"] == OLD and devices[0]["has_verisign"] is True and code == 1


def test_a_configuration_that_is_not_understood_blocks(stores):
    (stores / "c.yaml").write_text(f"iotDataEndpoint: {NEW}\nx: {{iotDataEndpoint: {OLD}}}\n")
    _, devices, _ = plan(stores, "a,c.yaml", header="name,config")
    assert devices[0]["state"] == "blocked" and "c.yaml:2:" in devices[0]["message"]


def test_rows_come_as_they_are_read():
    """A pipe that stays open: each row is told when it is there, up to the buffer of stdout."""
    process = subprocess.Popen([AVS_SHIM, "iot", "plan", "--json", "-"], stdin=subprocess.PIPE,
                               stdout=subprocess.PIPE, env=ENVIRONMENT)
    rows = 200
    process.stdin.write(b"endpoint\n" + (OLD.encode() + b"\n") * rows)
    process.stdin.flush()
    assert json.loads(process.stdout.readline())["state"] == "old-only"
    process.stdin.write(NEW.encode() + b"\n")
    process.stdin.close()
    out = process.stdout.read()
    assert process.wait(60) == 1
    assert json.loads(out.splitlines()[-1])["summary"]["devices"] == rows + 1


def test_json_lines_with_unknown_members(stores):
    lines = [json.dumps({"name": "a", "endpoint": OLD, "store": "both.pem", "tags": {"x": [1]}}),
             '{"name": "b", "endpoint": ', json.dumps({"thing": "c", "host": NEW})]
    result = run("iot", "plan", "--json", "-", input="\n".join(lines), cwd=stores)
    devices = [json.loads(line) for line in result.stdout.splitlines()]
    assert [each.get("state") for each in devices] == ["both-roots", "broken", "switched", None]
    assert devices[1]["row"] == 2 and "JSON" in devices[1]["message"]


def test_a_person_reads_the_row_the_cause_and_the_next_command(stores):
    text = plan(stores, f"kitchen,{OLD},old.pem,", "x,y", options=()).stdout
    assert f"[! ] old-only         kitchen  {OLD}\n" in text
    assert "its store lacks Amazon Root CA 1 and Amazon Root CA 3 (iot_legacy_name)" in text
    assert "next  avs-shim trust install --ca-file old.pem\n" in text
    assert "row 3, line 3: 2 fields, and the header has 4" in text
    assert "Switch no device before Amazon's roots are in its store" in text


@pytest.mark.parametrize("text, words", [
    ("", "empty"), ("a,b\n", "neither endpoint nor config"), ("[]\n", "jq -c"),
    (f"x,{OLD}\n", "neither endpoint nor config")])
def test_what_is_no_inventory_ends_with_2(text, words):
    result = run("iot", "plan", "-", input=text)
    assert result.returncode == 2 and words in result.stderr and result.stdout == ""


def test_nothing_in_a_row_steers_the_terminal_or_starts_a_line(stores):
    result = plan(stores, f'"\x1b[31mred\n[ok] switched x",{OLD},"new.pem;rm -rf",', options=())
    assert "\x1b" not in result.stdout and "\n[ok] switched x" not in result.stdout
    assert "--ca-file 'new.pem;rm -rf'" in result.stdout


def all_that_a_terminal_got(master):
    """The kernel hands it over piece by piece; with the last writer gone it ends with an error."""
    told = b""
    try:
        while piece := os.read(master, 4096):
            told += piece
    except OSError:
        pass
    os.close(master)
    return told.decode()


def test_a_terminal_sees_how_far_it_is(stores):
    """stderr is a terminal: there is a line with the count while it runs, and it is erased."""
    master, slave = pty.openpty()
    path = stores / "big.csv"
    with path.open("w") as stream:
        stream.write("endpoint\n")
        for _ in range(20):
            stream.write((OLD + "\n") * 4096)
    slow = f"cat {path}; sleep 1.2; cat {path} | tail -n +2"
    feed = subprocess.Popen(["sh", "-c", slow], stdout=subprocess.PIPE)
    process = subprocess.Popen([AVS_SHIM, "iot", "plan", "--summary", "-"], stdin=feed.stdout,
                               stdout=subprocess.PIPE, stderr=slave, env=ENVIRONMENT)
    os.close(slave)
    out, _ = process.communicate(timeout=120)
    feed.communicate()
    told = all_that_a_terminal_got(master)
    assert " devices" in told and told.endswith("\r\x1b[K")
    assert out.startswith(b"163840 devices\n")


PAGE = (ROOT / "docs" / "iot.md").read_text()


def transcript(command):
    """What the page shows below the command, up to the next empty line."""
    shown = PAGE.partition(f"    $ {command}\n")[2].split("\n\n")[0]
    return [line[4:] for line in shown.splitlines()]


def test_the_transcripts_of_the_page_are_what_the_commands_print(stores):
    word = "a1b2c3d4e5f6g7.iot.us-east-1.amazonaws.com"
    printed = run("iot", "explain", word).stdout.splitlines()
    shown = transcript(f"avs-shim iot explain {word}")
    assert len(shown) == 4 and shown == printed[:4]
    inventory = PAGE.partition("    name,endpoint,store,wanted\n")[2].split("\n\n")[0].strip()
    (stores / "stores").mkdir()
    (stores / "stores/kitchen-1.pem").write_text(VERISIGN)
    result = plan(stores, inventory, options=())
    shown = transcript("avs-shim iot plan devices.csv")
    assert len(shown) == 3 and shown == result.stdout.splitlines()[:3]


@pytest.mark.parametrize("state", ["old-only", "both-roots", "ready-to-switch", "switched", "blocked",
                                   "broken"])
def test_the_page_explains_each_state(state):
    assert f"| `{state}` |" in PAGE
