"""How the adapter gets under an application of the SDK: preloaded or linked before libAVSCommon. The
SDK library and the application are test/sdk's own; programs without the SDK stand in between."""
import os
import shutil
import subprocess
from pathlib import Path

import pytest

SDK = Path(os.environ["AVS_BUILD_DIR"]) / "test/sdk"
ADAPTER = SDK / "libavs-test-sdk-adapter.so"
LIBM = "libm.so.6"


def run(*command, preload=None, **environment):
    env = dict(os.environ, **environment)
    env.pop("LD_PRELOAD", None)
    if preload is not None:
        env["LD_PRELOAD"] = preload
    result = subprocess.run([str(word) for word in command], env=env, capture_output=True, text=True,
                            timeout=60)
    assert result.stderr == ""
    assert result.returncode == 0
    return dict(line.split("=", 1) for line in result.stdout.splitlines())


@pytest.mark.parametrize("preload, kept", [
    (f"{ADAPTER}", "(unset)"),
    (f"{LIBM}:{ADAPTER}", LIBM),
    (f"{ADAPTER}:{LIBM}", LIBM),
    (f"{LIBM} {ADAPTER} libpthread.so.0", f"{LIBM}:libpthread.so.0"),
    (f" :{ADAPTER}: ", "(unset)"),
])
def test_preloaded_it_serves_the_application_and_leaves_the_environment(preload, kept):
    assert run(SDK / "avs-test-sdk-app", preload=preload) == {
        "transport": "ours", "LD_PRELOAD": kept, "child": "0"}


def test_it_finds_itself_by_any_name(tmp_path):
    link = tmp_path / "transport.so"
    link.symlink_to(ADAPTER)
    for preload, directory in ((link, ""), (ADAPTER.name, SDK)):
        got = run(SDK / "avs-test-sdk-app", preload=str(preload), LD_LIBRARY_PATH=str(directory))
        assert got == {"transport": "ours", "LD_PRELOAD": "(unset)", "child": "0"}


@pytest.mark.parametrize("wrapper", [
    ("env",), ("timeout", "30"), ("nice",), ("stdbuf", "-oL"), ("sh", "-c", 'exec "$0"'),
    ("sh", "-c", 'sh -c "$0"'), ("setsid", "-w"), ("valgrind", "-q", "--trace-children=no")])
def test_programs_between_env_and_the_application_do_not_notice(wrapper):
    if not shutil.which(wrapper[0]):
        pytest.skip(f"no {wrapper[0]} here")
    for bind in ("", "1"): # the loader may resolve every name at the start
        got = run(*wrapper, SDK / "avs-test-sdk-app", preload=str(ADAPTER), LD_BIND_NOW=bind)
        assert got["transport"] == "ours"
        assert got["child"] == "0"


def test_a_program_without_the_sdk_hands_it_on():
    got = run("sh", "-c", "echo preload=$LD_PRELOAD", preload=f"{LIBM}:{ADAPTER}")
    assert got == {"preload": f"{LIBM}:{ADAPTER}"}


def test_linked_before_the_sdk_it_serves_too():
    assert run(SDK / "avs-test-sdk-app-linked")["transport"] == "ours"
    assert run(SDK / "avs-test-sdk-app")["transport"] == "stock"


def test_every_name_of_the_sdk_is_weak():
    """One that is not would stop a shell with a symbol lookup error."""
    symbols = subprocess.run(["nm", "-D", "--undefined-only", ADAPTER], capture_output=True,
                             text=True, check=True).stdout.splitlines()
    of_the_sdk = [line.split() for line in symbols if "alexaClientSDK" in line]
    assert len(of_the_sdk) > 5
    assert [name for kind, name in of_the_sdk if kind not in "wv"] == []
