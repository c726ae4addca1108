# SPDX-License-Identifier: Apache-2.0
"""Which keys and which region avs-shim iot endpoint takes, held against botocore, the AWS CLI's
library, in the same surroundings: same key, or both have none."""
import json
import os
import time
import unittest.mock

import botocore.session
import pytest

from avs_shim import ENVIRONMENT, run

FILES = {"credentials": "[default]\naws_access_key_id = AKIDFILEDEFAULT\n"
                        "aws_secret_access_key = s1\n\n[fleet]\naws_access_key_id=AKIDFILEFLEET\n"
                        "aws_secret_access_key=s2\naws_session_token=t2\n",
         "config": "[default]\nregion = eu-west-1\n[profile fleet]\nregion=ap-south-1\n"
                   "[profile \"two words\"]\naws_access_key_id = AKIDTWOWORDS\n"
                   "aws_secret_access_key = s3\nregion = us-west-2\n"}
ENV_KEYS = {"AWS_ACCESS_KEY_ID": "AKIDENVIRONMENT", "AWS_SECRET_ACCESS_KEY": "s0"}

# name, files, environment, --profile
CASES = [
    ("environment first", FILES, ENV_KEYS, None),
    ("environment before AWS_PROFILE", FILES, {**ENV_KEYS, "AWS_PROFILE": "fleet"}, None),
    ("a given profile before the environment", FILES, ENV_KEYS, "fleet"),
    ("default", FILES, {}, None),
    ("AWS_PROFILE", FILES, {"AWS_PROFILE": "fleet"}, None),
    ("AWS_DEFAULT_PROFILE", FILES, {"AWS_DEFAULT_PROFILE": "fleet"}, None),
    ("keys in the config file", FILES, {}, "two words"),
    ("no such profile", FILES, {}, "none"),
    ("no files", {}, {}, None),
    ("half of a pair in the environment", FILES, {"AWS_ACCESS_KEY_ID": "AKIDHALF"}, None),
    ("half of a pair in the file", {"credentials": "[default]\naws_access_key_id = A\n"}, {}, None),
    ("empty environment", FILES, {"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": ""}, None),
    ("two sections of a name", {"credentials": FILES["credentials"] + "[fleet]\na=b\n"}, {}, None),
    ("the same key twice", {"credentials": "[default]\naws_access_key_id=A\naws_access_key_id=B\n"
                            "aws_secret_access_key=s\n"}, {}, None),
    ("no section", {"credentials": "aws_access_key_id=A\naws_secret_access_key=s\n"}, {}, None),
    ("colons and case", {"credentials": "[default]\nAWS_ACCESS_KEY_ID: AKIDCOLON\n"
                         "aws_secret_access_key:s\n"}, {}, None),
    ("windows line ends", {"credentials": FILES["credentials"].replace("\n", "\r\n")}, {}, "fleet"),
    ("comments", {"credentials": "# a\n[default] ; b\n; c\naws_access_key_id = AKIDCOMMENT\n#x\n"
                  "aws_secret_access_key = s\n"}, {}, None),
    ("an indented section is a value", {"credentials": "[default]\naws_access_key_id = AKIDIND\n"
                                        "aws_secret_access_key = s\nx =\n  [fleet] = 1\n  a = b\n"}, {},
     None),
    ("profile in the config file needs its word", {"config": "[fleet]\naws_access_key_id=AKIDX\n"
                                                   "aws_secret_access_key=s\n"}, {}, "fleet"),
    ("default may have it", {"config": "[profile default]\naws_access_key_id=AKIDPROFDEF\n"
                             "aws_secret_access_key=s\n"}, {}, None),
    ("DEFAULT is in all", {"credentials": "[DEFAULT]\naws_access_key_id=AKIDALL\n"
                           "aws_secret_access_key=s\n[fleet]\n"}, {}, "fleet"),
    ("credentials before config", {"credentials": FILES["credentials"], "config":
     "[profile fleet]\naws_access_key_id=AKIDCONFIG\naws_secret_access_key=s\n"}, {}, "fleet"),
    ("a process", {"config": "[default]\ncredential_process = PROGRAM AKIDPROCESS\n"}, {}, None),
    ("keys before a process", {"credentials": FILES["credentials"], "config":
     "[default]\ncredential_process = PROGRAM AKIDPROCESS\n"}, {}, None),
    ("a process before keys of the config file", {"config": "[default]\naws_access_key_id=AKIDC\n"
     "aws_secret_access_key=s\ncredential_process = PROGRAM AKIDPROCESS\n"}, {}, None),
    ("a process with words", {"config": "[default]\n"
     "credential_process = PROGRAM AKID\"PRO\"'CESS' '$HOME' ; # | &\n"}, {}, None),
    ("a process in the credentials file", {"credentials": "[default]\n"
     "credential_process = PROGRAM AKIDPROCESS\n"}, {}, None),
    ("a process that fails", {"config": "[default]\ncredential_process = PROGRAM fail\n"}, {}, None),
    ("a process of version 2", {"config": "[default]\ncredential_process = PROGRAM v2\n"}, {}, None),
    ("a process that is not there", {"config": "[default]\ncredential_process = /no/such\n"}, {},
     None),
    ("a quote that is not closed", {"config": "[default]\ncredential_process = PROGRAM 'a\n"}, {},
     None),
]

def oracle(env, profile):
    """Key id and whether there is a token, as botocore has it in that environment; None without."""
    with unittest.mock.patch.dict(os.environ, env, clear=True):
        session = botocore.session.Session(profile=profile)
        try:
            session.get_component("credential_provider").remove("iam-role")  # it asks the network
            found = session.get_credentials()
        except Exception:  # it has no one class for its errors
            return None
        return found and (found.access_key, bool(found.token))


PROGRAM = """#!/usr/bin/python3 -I
import json, pathlib, sys
pathlib.Path(__file__).with_name("words").write_text(json.dumps(sys.argv[1:]))
if sys.argv[1] == "fail":
    sys.exit("no keys: wJalrXUtnFEMIK7MDENGbPxRfiCYEXAMPLEKEY")
print(json.dumps({"Version": 2 if sys.argv[1] == "v2" else 1, "AccessKeyId": sys.argv[1],
                  "SecretAccessKey": "s",
                  "SessionToken": "|".join(sys.argv[2:]).replace(" ", "_") or None}))
"""


@pytest.fixture
def home(tmp_path):
    (tmp_path / ".aws").mkdir()
    program = tmp_path / "give-keys"
    program.write_text(PROGRAM)
    program.chmod(0o755)
    return tmp_path


def surroundings(home, files=None, **more):
    for name, text in (files or {}).items():
        path = home / ".aws" / name
        path.write_bytes(text.replace("PROGRAM", str(home / "give-keys")).encode())
    clean = {key: value for key, value in ENVIRONMENT.items() if not key.startswith("AWS_")}
    return {**clean, "HOME": str(home), **more}


def ask(env, *arguments):
    """Nothing is reached: what would sign is told all the same."""
    result = run("iot", "endpoint", "--json", "--connect-to", "127.0.0.1:1", "--timeout", "5",
                 *arguments, env=env)
    return result, json.loads(result.stdout)


@pytest.mark.parametrize("files, more, profile", [case[1:] for case in CASES],
                         ids=[case[0] for case in CASES])
def test_the_keys_are_those_of_the_aws_library(home, files, more, profile):
    env = surroundings(home, files, **more)
    words = ["--profile", profile] if profile else []
    wanted = oracle(env, profile)
    result, told = ask(env, *words, "--region", "us-east-1")
    if wanted:
        key, has_token = wanted
        assert told["keys"]["id"] == f"****{key[-4:] if len(key) >= 12 else ''}", result.stderr
        assert told["keys"]["is_temporary"] == has_token
        assert told["cause"] == "connect_refused"
    else:
        assert result.returncode == 2, result.stdout
        assert told["error"]["message"]
    assert "wJalr" not in result.stdout + result.stderr


@pytest.mark.parametrize("line", [
    "PROGRAM AKIDWORDS 'a b' \"c d\"e", "PROGRAM AKIDWORDS a\\ b 'c\\d' \"e\\f\\\"\" \"\\g\"",
    "PROGRAM AKIDWORDS '' \"\" a''b", "PROGRAM AKIDWORDS $HOME `id` $(id) *.c ~ a;b|c&d >x #y",
    "\"PROGRAM\" AKIDWORDS", "PROGRAM  AKIDWORDS\ta  b"])
def test_words_of_a_process_are_split_as_the_aws_library_does(home, line):
    env = surroundings(home, {"config": f"[default]\ncredential_process = {line}\n"})
    assert oracle(env, None)[0] == "AKIDWORDS"
    theirs = (home / "words").read_text()
    (home / "words").unlink()
    ask(env, "--region", "us-east-1")
    assert (home / "words").read_text() == theirs


def test_ways_that_need_a_call_name_the_command(home):
    for lines in ("role_arn = arn:aws:iam::1:role/x\nsource_profile = base",
                  "sso_session = s\nsso_account_id = 1\nsso_role_name = r",
                  "sso_start_url = https://x", "web_identity_token_file = /x\nrole_arn = y"):
        env = surroundings(home, {"config": f"[profile work]\nregion=eu-west-1\n{lines}\n"})
        result, told = ask(env, "--profile", "work")
        assert result.returncode == 2
        assert told["error"]["cause"] == "aws_keys_elsewhere"
        assert "aws configure export-credentials --profile work" in told["error"]["message"]
    env = surroundings(home, AWS_CONTAINER_CREDENTIALS_RELATIVE_URI="/x")
    (home / ".aws/config").unlink()
    assert ask(env, "--region", "us-east-1")[1]["error"]["cause"] == "aws_keys_elsewhere"


@pytest.mark.parametrize("files, more, words, cause, says", [
    ({}, {}, [], "aws_keys_missing", "aws configure"),
    (FILES, {}, ["--profile", "flet"], "aws_profile_missing", "There are: default, fleet"),
    (FILES, {"AWS_PROFILE": "flet"}, [], "aws_profile_missing", "named by AWS_PROFILE"),
    (FILES, {"AWS_ACCESS_KEY_ID": "AKIDHALF"}, [], "aws_keys_invalid", "AWS_SECRET_ACCESS_KEY"),
    (FILES, {"AWS_ACCESS_KEY_ID": "A B", "AWS_SECRET_ACCESS_KEY": "x"}, [], "aws_keys_invalid",
     "AWS_ACCESS_KEY_ID"),
    (FILES, {**ENV_KEYS, "AWS_CREDENTIAL_EXPIRATION": "2020-01-01T00:00:00Z"}, [],
     "aws_keys_expired", "2020-01-01 00:00:00"),
    ({"config": "[default]\ncredential_process = PROGRAM fail\n"}, {}, [], "aws_keys_invalid",
     "exit code 1; its last words: no keys: ***"),
    ({"config": "[default]\ncredential_process = /no/such 'secret word'\n"}, {}, [],
     "aws_keys_invalid", "cannot be started: No such file"),
    ({"credentials": "[default]\nwJalrXUtnFEMIK7MDENG\n"}, {}, [], None, "credentials line 2"),
], ids=lambda value: str(value)[:30])
def test_what_is_missing_is_named(home, files, more, words, cause, says):
    env = surroundings(home, files, **more)
    result, told = ask(env, "--region", "us-east-1", *words)
    assert result.returncode == 2
    assert told["error"]["cause"] == cause and says in told["error"]["message"]
    assert says in result.stderr
    assert "secret word" not in result.stderr and "wJalr" not in result.stderr


def test_files_that_cannot_be_read_are_named(home):
    env = surroundings(home, AWS_SHARED_CREDENTIALS_FILE=str(home))
    assert "Is a directory" in ask(env, "--region", "us-east-1")[1]["error"]["message"]
    env = surroundings(home, FILES, AWS_SHARED_CREDENTIALS_FILE="~/.aws/other",
                       AWS_CONFIG_FILE=str(home / "cfg"))
    (home / ".aws/other").write_text("[default]\naws_access_key_id=AKIDOTHERFILE\n"
                                     "aws_secret_access_key=s\n")
    (home / "cfg").write_text("[default]\nregion=ca-central-1\n")
    told = ask(env)[1]
    assert (told["keys"]["id"], told["region"]) == ("****FILE", "ca-central-1")
    assert told["keys"]["source"] == f"{home}/.aws/other [default]"


@pytest.mark.parametrize("more, words, region, source", [
    ({}, [], "eu-west-1", "the profile"),
    ({}, ["--profile", "fleet"], "ap-south-1", "the profile"),
    ({"AWS_DEFAULT_REGION": "us-west-1"}, [], "us-west-1", "AWS_DEFAULT_REGION"),
    ({"AWS_DEFAULT_REGION": "us-west-1", "AWS_REGION": "sa-east-1"}, [], "sa-east-1", "AWS_REGION"),
    ({"AWS_REGION": "sa-east-1"}, ["--region", "us-east-2"], "us-east-2", "--region"),
    ({}, ["--region", "xx-new-9"], None, None), ({}, ["--region", "mars"], None, None),
    ({}, ["--region", "eu-new-9"], "eu-new-9", "--region")])
def test_the_region_in_force(home, more, words, region, source):
    result, told = ask(surroundings(home, FILES, **more), *words)
    if region is None:
        assert result.returncode == 2 and words[1] in result.stderr
        return
    assert (told["region"], told["region_source"]) == (region, source)
    assert told["asked"] == f"https://iot.{region}.amazonaws.com"


def test_no_region_is_an_error_with_its_remedy(home):
    result, told = ask(surroundings(home, **ENV_KEYS))
    assert told["error"]["cause"] == "aws_region_missing"
    assert result.returncode == 2 and "--region" in result.stderr


def test_a_process_is_ended_with_all_it_started(home):
    """It hangs, with a child that hangs: neither is left behind once we are told to stop."""
    script = home / "hang"
    script.write_text(f"#!/bin/sh\necho $$ >{home}/pid\nwhile :; do echo '                '; done\n")
    script.chmod(0o755)
    env = surroundings(home, {"config": f"[default]\ncredential_process = {script}\n"})
    result, told = ask(env, "--region", "us-east-1")
    assert told["error"]["cause"] == "aws_keys_invalid"
    assert "more than 65536 bytes" in result.stderr
    pid = int((home / "pid").read_text())
    deadline = time.monotonic() + 20
    while os.path.exists(f"/proc/{pid}") and time.monotonic() < deadline:
        time.sleep(0.02)  # killed already; until it is reaped
    assert not os.path.exists(f"/proc/{pid}")
