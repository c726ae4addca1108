# SPDX-License-Identifier: Apache-2.0
"""How the adapter gets under an application of the SDK: preloaded, linked before libAVSCommon, or
built into it. The SDK library and the application are test/sdk's own; programs without the SDK stand
in between."""
import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
BUILD = Path(os.environ["AVS_BUILD_DIR"])
SDK = BUILD / "test/sdk"
ADAPTER = SDK / "libavs-test-sdk-adapter.so"
LIBM = "libm.so.6"

IS_SANITIZED = "asan" in BUILD.name or "tsan" in BUILD.name
pytestmark = pytest.mark.skipif(IS_SANITIZED, reason="a sanitized library needs its runtime first")


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


# ---------------------------------------------------------------- building it

def cmake(*arguments):
    return subprocess.run(["cmake", *map(str, arguments)], capture_output=True, text=True,
                          timeout=300, check=False)


def sdk_tree(root, *, generates):
    """As much of an SDK's source tree as says where its headers are."""
    libcurl = root / "AVSCommon/Utils/include/AVSCommon/Utils/LibcurlUtils"
    for folder in (libcurl, root / "AVSCommon/AVS/include",
                   root / "ThirdParty/rapidjson/rapidjson-9.9/include"):
        folder.mkdir(parents=True)
    (libcurl / "LibcurlHTTP2ConnectionFactory.h").touch()
    if generates:
        (libcurl.parent / "SDKConfig.h.in").touch()
    return root


def find_sdk(source, build=""):
    done = cmake(f"-DAVS_SDK_SOURCE={source}", f"-DAVS_SDK_BUILD={build}", "-P",
                 ROOT / "shim/sdk/find.cmake")
    return done.returncode, " ".join((done.stdout + done.stderr).split())


def test_the_sdk_is_found_by_its_source_and_build_tree(tmp_path):
    old, new, build = tmp_path / "old", tmp_path / "new", tmp_path / "build"
    sdk_tree(old, generates=False)
    sdk_tree(new, generates=True)
    folders = ["AVSCommon/Utils/include", "AVSCommon/AVS/include",
               "ThirdParty/rapidjson/rapidjson-9.9/include"]
    code, said = find_sdk(old)
    assert code == 0
    assert said.endswith(";".join(str(old / folder) for folder in folders))
    code, said = find_sdk(new)
    assert code != 0
    assert "generates AVSCommon/Utils/SDKConfig.h" in said and "-DAVS_SDK_BUILD" in said
    (build / folders[0] / "AVSCommon/Utils").mkdir(parents=True)
    (build / folders[0] / "AVSCommon/Utils/SDKConfig.h").touch()
    code, said = find_sdk(new, build)
    assert code == 0
    assert said.endswith(f";{build / folders[0]}")
    code, said = find_sdk(tmp_path)
    assert code != 0
    assert f"{tmp_path} is not the source tree of an AVS Device SDK" in said


EXTENDED = """
cmake_minimum_required(VERSION 3.19)
project(sdk C CXX)
set(CMAKE_CXX_STANDARD 11)
set(CMAKE_CXX_FLAGS_RELEASE "-Wall -Werror -Wno-error=deprecated-copy -O2" CACHE INTERNAL "" FORCE)
set(CMAKE_C_FLAGS_RELEASE ${{CMAKE_CXX_FLAGS_RELEASE}} CACHE INTERNAL "" FORCE)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
add_subdirectory({root}/shim/sdk/extension extension)
add_library(AVSCommon SHARED sdk.cpp LibcurlHTTP2ConnectionFactory.cpp)
target_include_directories(AVSCommon PUBLIC {root}/test/sdk/api {root}/test/sdk/api-1.26)
"""


def test_as_an_extension_it_takes_the_factorys_place_and_no_warning_stops_the_sdk(tmp_path):
    shutil.copy(ROOT / "test/sdk/sdk.cpp", tmp_path)
    shutil.copy(ROOT / "test/sdk/stock_factory.cpp", tmp_path / "LibcurlHTTP2ConnectionFactory.cpp")
    (tmp_path / "CMakeLists.txt").write_text(EXTENDED.format(root=ROOT))
    done = cmake("-S", tmp_path, "-B", tmp_path / "build", "-DCMAKE_BUILD_TYPE=RELEASE")
    if "3.19 or higher is required" in done.stderr:
        pytest.skip("the extension needs CMake 3.19")
    assert done.returncode == 0, done.stderr
    assert "avs-shim is the HTTP/2 transport of AVSCommon" in done.stdout
    commands = {Path(each["file"]): each["command"].split()
                for each in json.loads((tmp_path / "build/compile_commands.json").read_text())}
    assert tmp_path / "LibcurlHTTP2ConnectionFactory.cpp" not in commands
    assert "-Werror" in commands.pop(tmp_path / "sdk.cpp")
    assert ROOT / "shim/sdk/connection.cpp" in commands
    assert ROOT / "shim/src/client/core.c" in commands
    for command in commands.values():
        assert "-Werror" not in command or "-Wno-error" in command[command.index("-Werror"):]
