"""The install tree is enough: sample/minimal builds against it through pkg-config and through the
CMake package, with headers and libraries of the tree only, and does its job."""
import os
import re
import shutil
import subprocess

import pytest

from avs_shim import BUILD, ROOT, Standin

IS_SANITIZED = "asan" in BUILD.name or "tsan" in BUILD.name
pytestmark = pytest.mark.skipif(IS_SANITIZED, reason="a sanitized library needs its runtime first")


@pytest.fixture(scope="module")
def tree(tmp_path_factory):
    prefix = tmp_path_factory.mktemp("prefix")
    subprocess.run(["cmake", "--install", BUILD, "--prefix", prefix], check=True,
                   capture_output=True)
    return prefix


@pytest.fixture(scope="module")
def libdir(tree):
    return next(tree.rglob("libavs-shim.so")).parent


def run_minimal(binary, libdir, endpoint="https://ok.localhost"):
    with Standin() as standin:
        return subprocess.run([binary, endpoint], capture_output=True, text=True, env={
            "LD_LIBRARY_PATH": str(libdir), "MINIMAL_CA_FILE": str(standin.dir / "ca.pem"),
            "MINIMAL_ATS": str(standin.dir / "ats-roots.pem"),
            "MINIMAL_CONNECT_TO": f"127.0.0.1:{standin.port}"})


def test_builds_with_pkg_config_and_runs(tree, libdir, tmp_path):
    source = shutil.copy(ROOT / "sample" / "minimal" / "minimal.c", tmp_path)
    text = (libdir / "pkgconfig" / "avs-shim.pc").read_text()
    moved = re.sub(r"^prefix=.*", f"prefix={tree}", text, flags=re.M)
    (tmp_path / "avs-shim.pc").write_text(moved)
    flags = subprocess.run(["pkg-config", "--cflags", "--libs", "avs-shim"], check=True,
                           capture_output=True, text=True,
                           env={**os.environ, "PKG_CONFIG_PATH": str(tmp_path)}).stdout.split()
    assert f"-I{tree}/include" in flags
    subprocess.run(["cc", "-std=c11", "-Wall", "-Wextra", "-Werror", source, *flags, "-o",
                    tmp_path / "minimal"], check=True)
    ready = run_minimal(tmp_path / "minimal", libdir)
    assert (ready.returncode, ready.stdout) == (0, "ready: Nothing is wrong.\n")
    refused = run_minimal(tmp_path / "minimal", libdir, "https://expired.localhost")
    assert refused.returncode == 1
    assert refused.stdout.startswith("not_ready: A certificate of the chain has expired.")


def test_builds_with_the_cmake_package(tree, libdir, tmp_path):
    shutil.copytree(ROOT / "sample" / "minimal", tmp_path / "source")
    subprocess.run(["cmake", "-S", tmp_path / "source", "-B", tmp_path / "build",
                    f"-DCMAKE_PREFIX_PATH={tree}"], check=True, capture_output=True)
    subprocess.run(["cmake", "--build", tmp_path / "build"], check=True, capture_output=True)
    assert run_minimal(tmp_path / "build" / "minimal", libdir).returncode == 0


def test_public_headers_stand_alone_in_c_and_cpp(tree, tmp_path):
    for header in sorted((tree / "include" / "avs").glob("*.h")):
        for compiler, language, standard in (("cc", "c", "-std=c11"), ("c++", "c++", "-std=c++11")):
            subprocess.run([compiler, "-x", language, standard, "-Wall", "-Wextra", "-Werror",
                            "-fsyntax-only", f"-I{tree}/include", "-include", header, os.devnull],
                           check=True)


def test_library_has_its_soname_and_exports_nothing_else(libdir):
    dynamic = subprocess.run(["readelf", "-d", libdir / "libavs-shim.so"], capture_output=True,
                             text=True, check=True).stdout
    assert "libavs-shim.so.0" in dynamic
    names = subprocess.run(["nm", "-D", "--defined-only", libdir / "libavs-shim.so"],
                           capture_output=True, text=True, check=True).stdout
    symbols = [line.split()[2].split("@")[0] for line in names.splitlines() if " T " in line]
    assert symbols and all(symbol.startswith("avs_") for symbol in symbols)
