# SPDX-License-Identifier: Apache-2.0
"""avs-shim endpoint: show, explain, lint, set, toggle, unset, against real files and databases."""
import json
import os
import pwd
import shutil
import signal
import sqlite3
import stat
import subprocess
import time

import pytest

from avs_shim import AVS_SHIM, ROOT, command_for_anybody

EXAMPLES = sorted((ROOT / "config").glob("AlexaClientSDKConfig-*.json"))
ATS = "https://avs-ats-cert-test.amazon.com"
EU = "https://alexa.eu.gateway.devices.a2z.com"
LEGACY = "https://avs-alexa-na.amazon.com"
A2Z = "https://alexa.na.gateway.devices.a2z.com"
SNIPPET = '{\n    "sampleApp":{\n        "displayCardsSupported":true\n        // e.g.\n' \
          '        "endpoint" https://avs-ats-cert-test.amazon.com\n    }\n}\n'


def endpoint(action, *words, config=(), **options):
    paths = config if isinstance(config, (list, tuple)) else [config]
    command = [AVS_SHIM, "endpoint", action, *map(str, words)]
    for path in paths:
        command += ["--config", str(path)]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, **options)


def report(action, *words, config):
    result = endpoint(action, *words, "--json", config=config)
    assert result.stderr == ""
    answer = json.loads(result.stdout)
    assert answer["schema"] == "avs-shim.endpoint/1"
    assert answer["action"] == action
    return result.returncode, answer


def dialled(config, *words):
    return {view["sdk"]: view["endpoint"] for view in report("show", *words, config=config)[1]["endpoints"]}


@pytest.fixture
def config(tmp_path):
    path = tmp_path / "AlexaClientSDKConfig.json"
    path.write_text('{\n    "sampleApp":{\n        "displayCardsSupported":true\n    }\n}\n')
    return path


def test_there_is_an_example_for_each_generation():
    assert {path.stem.split("-")[1] for path in EXAMPLES} == {"1.2", "1.3", "1.10", "1.13", "1.17"}


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.stem)
class TestExamples:
    def test_the_sdk_accepts_it_and_only_placeholders_are_left(self, example):
        code, answer = report("lint", config=example)
        assert code == 1
        assert {finding["id"] for finding in answer["findings"]} == {"placeholder"}

    def test_it_dials_what_is_built_in(self, example):
        assert dialled(example) == {"1.2-1.2.1": LEGACY, "1.3-1.9": LEGACY, "1.10-1.12.1": LEGACY,
                                    "1.13-1.16": A2Z, "1.17-3.0": A2Z, "this library": A2Z}

    @pytest.mark.parametrize("sdk", [[], ["--sdk", "1.2.1"], ["--sdk", "1.9"], ["--sdk", "1.12"],
                                     ["--sdk", "1.16"], ["--sdk", "1.17"], ["--sdk", "3.0"]])
    def test_toggling_on_and_off_restores_every_byte(self, example, sdk, tmp_path):
        path = tmp_path / "config.json"
        before = example.read_bytes()
        path.write_bytes(before)
        on = endpoint("toggle", *sdk, config=path)
        assert on.returncode == 0 and f"{path}.avs-toggle" in on.stdout
        reached = dialled(path, *sdk)
        assert set(reached.values()) == {ATS}
        lines = [line for line in path.read_bytes().split(b"\n")]
        for line in before.split(b"\n"):  # nothing of the original is gone but for the comma
            assert line in lines or line + b"," in lines
        off = endpoint("toggle", *sdk, config=path)
        assert off.returncode == 0 and "byte for byte" in off.stdout
        assert path.read_bytes() == before
        assert [entry.name for entry in tmp_path.iterdir()] == ["config.json"]

    @pytest.mark.parametrize("ending", ["\n", "\r\n"])
    def test_set_and_unset_are_inverse(self, example, ending, tmp_path):
        path = tmp_path / "config.json"
        before = example.read_text().replace("\n", ending).encode()
        path.write_bytes(before)
        assert endpoint("set", "eu", config=path).returncode == 0
        assert set(dialled(path).values()) == {EU}
        edited = path.read_bytes()
        assert edited.count(b"\r\n") == (edited.count(b"\n") if ending == "\r\n" else 0)
        assert endpoint("unset", config=path).returncode == 0
        assert path.read_bytes() == before

    def test_the_diff_is_one_that_patch_takes(self, example, tmp_path):
        path, other = tmp_path / "config.json", tmp_path / "other.json"
        shutil.copy(example, path)
        shutil.copy(example, other)
        result = endpoint("set", "eu", "--dry-run", config=path)
        assert result.returncode == 1
        assert path.read_bytes() == example.read_bytes()
        diff = result.stdout[:result.stdout.index("\nsampleApp.endpoint:") + 1]
        assert endpoint("set", "eu", config=path).returncode == 0
        subprocess.run(["patch", "--silent", str(other)], input=diff, text=True, check=True)
        assert other.read_bytes() == path.read_bytes()

    def test_the_reported_changes_are_all_there_are(self, example, tmp_path):
        path = tmp_path / "config.json"
        shutil.copy(example, path)
        text = example.read_bytes()
        _, answer = report("set", "eu", config=path)
        for change in reversed(answer["changes"]):
            end = change["offset"] + len(change["removed"].encode())
            assert text[change["offset"]:end] == change["removed"].encode()
            text = text[:change["offset"]] + change["inserted"].encode() + text[end:]
        assert text == path.read_bytes()


def test_explain_says_which_key_the_sdk_never_reads(config):
    config.write_text('{"sampleApp":{\n "endpoint":"%s"}}' % EU)
    result = endpoint("explain", "--sdk", "1.17", config=config)
    assert result.returncode == 0
    assert f"{config}:2:13 sampleApp.endpoint = {EU}" in result.stdout
    assert "SDK 1.17 and later never read it" in result.stdout
    assert "set avsGatewayManager.avsGateway, or use this library's transport" in result.stdout
    assert A2Z in result.stdout
    finding = report("explain", "--sdk", "1.17", config=config)[1]["findings"][0]
    assert (finding["id"], finding["cause"]) == ("endpoint_ignored", "endpoint_ignored")


def test_overlays_are_merged_in_order(tmp_path):
    first, second = tmp_path / "a.json", tmp_path / "b.json"
    first.write_text('{"sampleApp":{"endpoint":"https://a"}}')
    second.write_text('{"sampleApp":{"endpoint":"https://b"}}')
    assert dialled([first, second], "--sdk", "1.9")["1.3-1.9"] == "https://b"
    assert dialled([second, first], "--sdk", "1.9")["1.3-1.9"] == "https://a"
    second.write_text('{"sampleApp":5}')
    result = endpoint("show", config=[first, second])
    assert result.returncode == 2
    assert f"{second}:1:14" in result.stderr and "crash" in result.stderr


class TestPersistedGateway:
    @pytest.fixture(autouse=True)
    def built_with_sqlite(self, tmp_path_factory):
        folder = tmp_path_factory.mktemp("sqlite")
        self.database(folder / "misc.db", None)
        _, answer = report("explain", config=self.config(folder, folder / "misc.db"))
        if answer["persisted_gateway"]["state"] == "not_built_in":
            assert "no sqlite3" in answer["persisted_gateway"]["detail"]  # it says what it cannot see
            pytest.skip("built without sqlite3")

    @staticmethod
    def database(path, value, wal=False):
        connection = sqlite3.connect(path)
        if wal:
            connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("CREATE TABLE avsGatewayManager_verificationState"
                           "(key TEXT PRIMARY KEY NOT NULL, value TEXT NOT NULL)")
        if value is not None:
            connection.execute("INSERT INTO avsGatewayManager_verificationState VALUES('state',?)", (value,))
        connection.commit()
        connection.close()

    @staticmethod
    def config(tmp_path, database):
        path = tmp_path / "config.json"
        path.write_text(json.dumps({"miscDatabase": {"databaseFilePath": str(database)},
                                    "avsGatewayManager": {"avsGateway": ATS}}))
        return path

    @pytest.mark.parametrize("wal", [False, True])
    def test_it_beats_the_configuration(self, tmp_path, wal):
        database = tmp_path / "misc % # ?.db"
        self.database(database, json.dumps({"gatewayURL": EU, "isVerified": True}), wal)
        config = self.config(tmp_path, database)
        before = {entry.name: entry.read_bytes() for entry in tmp_path.iterdir()}
        _, answer = report("explain", config=config)
        gateway = answer["persisted_gateway"]
        assert (gateway["state"], gateway["url"], gateway["is_verified"]) == ("persisted", EU, True)
        assert str(database) in gateway["clear"] and "DELETE FROM" in gateway["clear"]
        views = {view["sdk"]: view for view in answer["endpoints"]}
        assert views["1.17-3.0"]["endpoint"] == EU
        assert views["1.17-3.0"]["key"] == "persisted gateway"
        assert views["1.17-3.0"]["ignored"][0]["reason"] == "beaten by the persisted gateway"
        assert views["this library"]["endpoint"] == ATS
        # nothing was written, not even beside the database
        assert {entry.name: entry.read_bytes() for entry in tmp_path.iterdir()} == before
        assert "persisted gateway" in endpoint("set", "na", "--dry-run", config=config).stdout
        # the way to clear it that is printed does clear it
        connection = sqlite3.connect(database)
        connection.execute(gateway["clear"].split('"')[1])
        connection.commit()
        connection.close()
        assert report("explain", config=config)[1]["persisted_gateway"]["state"] == "none"
        assert dialled(config)["1.17-3.0"] == ATS

    @pytest.mark.parametrize("value, state", [(None, "none"), ("", "none"), ("{", "malformed"),
                                              ('{"gatewayURL":1,"isVerified":true}', "malformed")])
    def test_its_other_states(self, tmp_path, value, state):
        database = tmp_path / "misc.db"
        self.database(database, value)
        _, answer = report("explain", config=self.config(tmp_path, database))
        assert answer["persisted_gateway"]["state"] == state
        refusal = {view["sdk"]: view["refusal"] for view in answer["endpoints"]}["1.17-3.0"]
        assert (refusal is not None) == (state == "malformed")

    def test_what_is_no_database(self, tmp_path):
        garbage = tmp_path / "misc.db"
        garbage.write_text("no database " * 100)
        for database, state in ((garbage, "unreadable"), (tmp_path, "unreadable"),
                                (tmp_path / "none.db", "none"), ("${SDK_MISC}", "not_configured"),
                                ("", "not_configured")):
            _, answer = report("explain", config=self.config(tmp_path, database))
            assert answer["persisted_gateway"]["state"] == state
        assert not (tmp_path / "none.db").exists()


def test_the_guides_snippet_is_found_and_repaired(config):
    config.write_text(SNIPPET)
    result = endpoint("lint", config=config)
    assert result.returncode == 1
    assert f"{config}:5:9: error: there is no comma" in result.stdout
    assert f"{config}:5:20: error: the guide's line" in result.stdout
    lines = result.stdout.split("\n")
    assert lines[2].index("^") == lines[1].index('"endpoint"')  # the caret stands under it
    assert "message=Missing a comma or '}' after an object member." in result.stdout
    dry = endpoint("lint", "--fix", "--dry-run", config=config)
    assert dry.returncode == 1 and config.read_text() == SNIPPET
    assert '+        "displayCardsSupported":true,' in dry.stdout
    fixed = endpoint("lint", "--fix", config=config)
    assert fixed.stdout.index("--- ") < fixed.stdout.index("written")
    assert config.read_text() == SNIPPET.replace("true", "true,").replace(
        '"endpoint" ' + ATS, f'"endpoint": "{ATS}"')
    assert dialled(config, "--sdk", "1.9")["1.3-1.9"] == ATS


def test_lint_fix_leaves_what_needs_a_person(config):
    text = "{'a':1,}"
    config.write_text(text)
    result = endpoint("lint", "--fix", config=config)
    assert result.returncode == 1
    assert "correct this by hand first" in result.stdout
    assert config.read_text() == text


def test_lint_of_a_good_file_is_silent_and_0(config):
    config.write_text("{} // fine\n")
    result = endpoint("lint", config=config)
    assert (result.returncode, result.stdout) == (0, "0 findings\n")


def test_toggle_names_its_sidecar_and_takes_a_name(config):
    result = endpoint("toggle", "fe", "--sdk", "1.9", config=config)
    assert result.returncode == 0
    assert dialled(config, "--sdk", "1.9")["1.3-1.9"].startswith("https://alexa.fe.")
    sidecar = config.with_name(config.name + ".avs-toggle")
    assert json.loads(sidecar.read_text())["schema"] == "avs-shim.toggle/1"
    assert ".avs-toggle" in subprocess.run([AVS_SHIM, "endpoint", "toggle", "--help"],
                                           capture_output=True, text=True).stdout


USAGE = [
    ([], "show, explain, lint"),
    (["frobnicate", "--config", "x"], "frobnicate"),
    (["show"], "--config"),
    (["set", "--config", "x"], "needs a URL"),
    (["unset", "eu", "--config", "x"], "unexpected argument 'eu'"),
    (["set", "eu", "na", "--config", "x"], "unexpected argument 'na'"),
    (["show", "--config"], "needs a value"),
    (["show", "--frobnicate"], "--frobnicate"),
    (["show", "--fix", "--config", "x"], "'--fix'"),
    (["show", "--dry-run", "--config", "x"], "'--dry-run'"),
    (["lint", "--dry-run", "--config", "x"], "--dry-run goes with"),
    (["show", *["--config", "x"] * 17], "more than 16"),
]


@pytest.mark.parametrize("words, message", USAGE)
def test_usage_errors_name_the_mistake(words, message):
    result = subprocess.run([AVS_SHIM, "endpoint", *words], capture_output=True, text=True)
    assert result.returncode == 2
    assert message in result.stderr and "--help" in result.stderr
    assert result.stdout == ""


@pytest.mark.parametrize("words, message", [
    (["set", "us"], "ats-test, na, eu"), (["set", "http://x"], "https"),
    (["set", "https://x/y"], "path"), (["set", "https://u:p@x"], "user name"),
    (["toggle", ""], "empty"), (["set", "eu", "--sdk", "2.0"], "1.0 to 1.26"),
    (["set", "eu", "--sdk", "1.1"], "reads no endpoint"), (["show", "--sdk", "x"], "1.0 to 1.26"),
])
def test_bad_values_are_refused_and_nothing_is_written(config, words, message):
    before = config.read_bytes()
    result = endpoint(*words, config=config)
    assert result.returncode == 2 and message in result.stderr and "u:p" not in result.stderr
    assert config.read_bytes() == before


@pytest.mark.parametrize("bytes_of", [b"{ // Ger\xe4t\n}", b"{}\n\0"], ids=["latin1", "nul"])
def test_what_the_sdk_takes_is_no_reason_to_refuse(tmp_path, bytes_of):
    config = tmp_path / "c.json"
    config.write_bytes(bytes_of)
    assert endpoint("lint", config=config).returncode == 0
    assert endpoint("toggle", config=config).returncode == 0
    assert b"avs-ats-cert-test" in config.read_bytes()
    assert endpoint("toggle", config=config).returncode == 0
    assert config.read_bytes() == bytes_of


class TestBadFiles:
    @pytest.mark.parametrize("action", [["show"], ["lint"], ["lint", "--fix"], ["set", "eu"],
                                        ["toggle"], ["unset"]])
    def test_what_is_no_readable_text_file(self, tmp_path, action):
        fifo, large, text, deep = (tmp_path / name for name in ("fifo", "large", "utf16", "deep"))
        os.mkfifo(fifo)
        large.write_bytes(b"{}" + b" " * (1 << 20))
        text.write_bytes('{"a":"\xe9"}'.encode("utf-16"))
        for path, message in ((tmp_path, "directory"), (fifo, "FIFO"), (large, "1048576"),
                              (text, "UTF-16"), (tmp_path / "none", "No such file"),
                              ("/dev/null", "device"), (text / "x", "Not a directory")):
            result = endpoint(*action, config=path)
            assert result.returncode == 2, (path, result)
            assert message in result.stderr and str(path) in result.stderr
        deep.write_text("[" * 65 + "]" * 65)
        result = endpoint(*action, config=deep)
        assert result.returncode == (1 if action[0] == "lint" else 2)
        assert "64 levels" in result.stdout + result.stderr

    def test_exactly_one_mebibyte_and_64_levels_are_fine(self, tmp_path):
        path = tmp_path / "c.json"
        text = '{"a":' + "[" * 63 + "]" * 63 + "}"
        path.write_text(text + " " * ((1 << 20) - len(text)))
        assert endpoint("lint", config=path).returncode == 0
        assert endpoint("set", "eu", config=path).returncode == 2  # no room for more
        assert path.stat().st_size == 1 << 20

    @pytest.mark.skipif(os.geteuid() != 0, reason="needs root to become somebody else")
    def test_permissions_of_another_user(self, tmp_path):
        nobody = pwd.getpwnam("nobody")
        executable = command_for_anybody(tmp_path)
        folder = tmp_path / "board"
        folder.mkdir(mode=0o755)
        path = folder / "c.json"
        path.write_text("{}")

        def become():
            os.setgroups([])
            os.setgid(nobody.pw_gid)
            os.setuid(nobody.pw_uid)

        nobodys = {"executable": executable, "preexec_fn": become}
        path.chmod(0o600)
        result = endpoint("show", config=path, **nobodys)
        assert result.returncode == 2 and "Permission denied" in result.stderr
        path.chmod(0o644)  # readable, but neither the file nor the folder is writable
        result = endpoint("set", "eu", config=path, **nobodys)
        assert result.returncode == 2
        assert "Permission denied" in result.stderr and "write access to the folder" in result.stderr
        folder.chmod(0o777)  # a replacement could be made, but would belong to somebody else
        result = endpoint("toggle", config=path, **nobodys)
        assert result.returncode == 2 and "owner" in result.stderr
        assert path.read_text() == "{}"
        assert [entry.name for entry in folder.iterdir()] == ["c.json"]

    @pytest.mark.skipif(os.geteuid() != 0, reason="needs root to mount")
    def test_a_full_disk_and_a_read_only_one(self, tmp_path):
        disk = tmp_path / "disk"
        disk.mkdir()
        mount = ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(disk)]
        if subprocess.run(mount, capture_output=True).returncode != 0:
            pytest.skip("mounting is not allowed here")
        try:
            path = disk / "c.json"
            text = '{"x":"%s"}' % ("y" * 20000)
            path.write_text(text)
            filler = disk / "filler"
            with open(filler, "wb", buffering=0) as stream:
                try:
                    while True:
                        stream.write(b"z" * 4096)
                except OSError:
                    pass
            for action in (["set", "eu"], ["toggle"]):
                result = endpoint(*action, config=path)
                assert result.returncode == 2 and "No space left" in result.stderr
                assert sorted(entry.name for entry in disk.iterdir()) == ["c.json", "filler"]
                assert path.read_text() == text
            filler.unlink()
            subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
            result = endpoint("set", "eu", config=path)
            assert result.returncode == 2 and "ead-only" in result.stderr
            assert path.read_text() == text
        finally:
            subprocess.run(["umount", str(disk)], check=True)


def test_hostile_values_reach_neither_the_terminal_nor_the_json_raw(tmp_path):
    path = tmp_path / "c.json"
    path.write_text('{"sampleApp":{"endpoint":"https://\\u001b[31m\\uDC00"},"a":{"databaseFilePath":"/x\\u0007/y"}}')
    for action in (["show"], ["explain"], ["lint"], ["set", "eu", "--dry-run"], ["unset", "--dry-run"]):
        result = subprocess.run([AVS_SHIM, "endpoint", *action, "--config", path], capture_output=True)
        assert b"\x1b" not in result.stdout and b"\x07" not in result.stdout
        result = subprocess.run([AVS_SHIM, "endpoint", *action, "--json", "--config", path], capture_output=True)
        assert json.loads(result.stdout.decode("utf-8"))["schema"] == "avs-shim.endpoint/1"
    strange = os.fsencode(tmp_path) + b"/\xff.json"
    with open(strange, "w") as stream:
        stream.write("{}")
    result = subprocess.run([AVS_SHIM, "endpoint", "set", "eu", "--json", "--config", strange], capture_output=True)
    assert json.loads(result.stdout.decode("utf-8"))["changes"][0]["file"].endswith("\ufffd.json")


@pytest.mark.parametrize("words", [(), ("--json",)])
def test_explain_shows_no_password(tmp_path, words):
    for proxy in ("http://bob:hun@ter2@proxy.example:3128", "bob:hunter2@proxy.example:3128"):
        path = tmp_path / "c.json"
        path.write_text(json.dumps({"sampleApp": {"endpoint": "https://eve:hunter2@a.example"},
                                    "libcurlUtils": {"CURLOPT_PROXY": proxy}}, indent=1))
        result = subprocess.run([AVS_SHIM, "endpoint", "explain", "--sdk", "1.26", "--config", path,
                                 *words], capture_output=True, text=True)
        assert "***@proxy.example:3128" in result.stdout
        assert "***@a.example" in result.stdout
        assert "bob" not in result.stdout and "ter2@proxy" not in result.stdout


def test_mode_owner_and_link_survive(tmp_path):
    path, link = tmp_path / "real.json", tmp_path / "link.json"
    path.write_text("{}")
    path.chmod(0o640)
    if os.geteuid() == 0:
        os.chown(path, 65534, 65534)
    before = path.stat()
    link.symlink_to("real.json")
    assert endpoint("toggle", config=link).returncode == 0
    after = path.stat()
    assert link.is_symlink() and ATS in path.read_text()
    assert (after.st_mode, after.st_uid, after.st_gid) == (before.st_mode, before.st_uid, before.st_gid)
    sidecar = tmp_path / "real.json.avs-toggle"
    assert stat.S_IMODE(sidecar.stat().st_mode) == 0o640
    assert endpoint("toggle", config=link).returncode == 0
    assert path.read_text() == "{}" and not sidecar.exists()


def test_extended_attributes_survive(tmp_path):
    """Labels and access lists are such attributes: without its own the SDK may not read the file."""
    path = tmp_path / "c.json"
    path.write_text("{}")
    kept = {"user.short": b"v", "user.long": b"x" * 300, "user.empty": b""}
    try:
        for name, value in kept.items():
            os.setxattr(path, name, value)
    except OSError as error:
        pytest.skip(f"this file system has no extended attributes: {error}")
    for action in (("set", "eu"), ("toggle",), ("toggle",), ("unset",)):
        assert endpoint(*action, config=path).returncode == 0
        assert {name: os.getxattr(path, name) for name in os.listxattr(path)} == kept


def test_interrupted_at_any_moment_the_file_is_whole(tmp_path):
    """Toggle again and again, each time cut off by a signal a little later."""
    path = tmp_path / "c.json"
    original = '{\n  "sampleApp":{\n    "x":"%s"\n  }\n}\n' % ("y" * 200000)
    path.write_text(original)
    seen = set()
    for turn in range(40):
        process = subprocess.Popen([AVS_SHIM, "endpoint", "toggle", "--sdk", "1.9", "--config", path],
                                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(turn * 0.0005)  # where in its work it is cut off is the point, not a wait
        process.send_signal(signal.SIGINT if turn % 2 else signal.SIGTERM)
        process.wait(timeout=30)
        names = {entry.name for entry in tmp_path.iterdir()}
        assert names <= {"c.json", "c.json.avs-toggle"}
        text = path.read_text()
        assert text == original or (ATS in text and "c.json.avs-toggle" in names)
        seen.add(text == original)
    while path.read_text() != original:
        assert endpoint("toggle", "--sdk", "1.9", config=path).returncode == 0


def test_an_edit_in_the_last_moment_is_not_lost(tmp_path):
    """An editor saves by rename while sets run: its text is never replaced unseen."""
    path = tmp_path / "c.json"
    path.write_text('{"n":-1,"pad":"%s"}' % ("y" * 300000))
    for number in range(60):
        process = subprocess.Popen([AVS_SHIM, "endpoint", "set", ("na", "eu")[number % 2], "--config", path],
                                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(0.0005 * (number % 20))  # where in its work it is met is the point, not a wait
        text = '{"n":%d,"pad":"%s"}' % (number, "y" * 300000)
        saved = tmp_path / "saved"
        saved.write_text(text)
        saved.rename(path)
        process.wait(timeout=30)
        assert json.loads(path.read_text())["n"] == number
    assert [entry.name for entry in tmp_path.iterdir()] == ["c.json"]


def test_two_at_once_lose_nothing(tmp_path):
    """Edits that race: each either happens whole or is refused."""
    path = tmp_path / "c.json"
    path.write_text("{}")
    processes = [subprocess.Popen([AVS_SHIM, "endpoint", "set", name, "--config", path],
                                  stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
                 for name in ("na", "eu", "fe", "ats-test") * 4]
    for process in processes:
        _, errors = process.communicate(timeout=60)
        assert process.returncode == 0 or "changed while" in errors
    assert endpoint("lint", config=path).returncode == 0
    assert [entry.name for entry in tmp_path.iterdir()] == ["c.json"]
