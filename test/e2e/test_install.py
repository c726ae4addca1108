# SPDX-License-Identifier: Apache-2.0
"""The install tree is enough: sample/minimal builds against it through pkg-config and through the
CMake package, with headers and libraries of the tree only, and does its job."""
import os
import shutil
import subprocess

import pytest

from avs_shim import BUILD, ROOT, Standin

IS_SANITIZED = "asan" in BUILD.name or "tsan" in BUILD.name
pytestmark = pytest.mark.skipif(IS_SANITIZED, reason="a sanitized library needs its runtime first")


@pytest.fixture(scope="module")
def tree(tmp_path_factory):
    """Installed to one place and moved to another: nothing in it may remember either."""
    first = tmp_path_factory.mktemp("prefix") / "first"
    subprocess.run(["cmake", "--install", BUILD, "--prefix", first], check=True,
                   capture_output=True)
    return first.rename(first.parent / "moved")


@pytest.fixture(scope="module")
def libdir(tree):
    return next(tree.rglob("libavs-shim.so")).parent


def run_sample(binary, host="ok.localhost"):
    with Standin() as standin:
        return subprocess.run([binary, f"https://{host}", standin.dir / "ca.pem",
                               f"127.0.0.1:{standin.port}"], capture_output=True, text=True,
                              env={})


def test_the_command_runs_from_where_it_was_put(tree, tmp_path):
    """No LD_LIBRARY_PATH, no ldconfig; one file is enough to copy onto a board."""
    for command in (tree / "bin" / "avs-shim", shutil.copy(tree / "bin" / "avs-shim", tmp_path)):
        result = subprocess.run([command, "--version"], capture_output=True, text=True, env={})
        assert (result.returncode, result.stderr) == (0, "")
        assert result.stdout.startswith("avs-shim ")


def test_manual_pages_and_completion_are_installed(tree):
    pages = {page.stem for page in (tree / "share/man/man1").iterdir()}
    assert {"avs-shim", "avs-shim-check", "avs-shim-trust-audit", "avs-shim-endpoint"} <= pages
    for page in [*(tree / "share/man/man1").iterdir(), tree / "share/man/man3/libavs-shim.3"]:
        assert subprocess.run(["man", "-l", page], capture_output=True).stdout.startswith(
            page.stem.upper().encode()) if shutil.which("man") else page.stat().st_size > 0
    for script in ("bash-completion/completions/avs-shim", "zsh/site-functions/_avs-shim",
                   "fish/vendor_completions.d/avs-shim.fish"):
        assert "avs-shim" in (tree / "share" / script).read_text()


def build_with_pkg_config(libdir, folder, sample, package):
    environment = {**os.environ, "PKG_CONFIG_PATH": str(libdir / "pkgconfig")}

    def ask(*question):
        return subprocess.run(["pkg-config", *question, package], check=True, text=True,
                              capture_output=True, env=environment).stdout.split()

    assert os.path.samefile(ask("--variable=includedir")[0], libdir / "../include")
    source = shutil.copy(ROOT / "sample" / "minimal" / f"{sample}.c", folder)
    subprocess.run(["cc", "-std=c11", "-Wall", "-Wextra", "-Werror", "-pthread", source,
                    *ask("--cflags", "--libs"), f"-Wl,-rpath,{ask('--variable=libdir')[0]}",
                    "-o", folder / sample], check=True)
    return folder / sample


def test_a_check_builds_with_pkg_config_and_runs(libdir, tmp_path):
    check = build_with_pkg_config(libdir, tmp_path, "check", "avs-doctor")
    ready = run_sample(check)
    assert ready.returncode == 0 and ready.stdout.startswith("Ready: ")
    refused = run_sample(check, "expired.localhost")
    assert refused.returncode == 1 and "cert_expired" in refused.stdout


def test_a_get_needs_the_line_alone(libdir, tmp_path):
    get = build_with_pkg_config(libdir, tmp_path, "get", "avs-shim")
    answered = run_sample(get)
    assert "connection established with ATS certificate" in answered.stdout
    assert run_sample(get, "expired.localhost").stderr.startswith("cert_expired: ")
    loaded = subprocess.run(["ldd", get], capture_output=True, text=True, check=True).stdout
    assert "libavs-shim" in loaded and "libavs-doctor" not in loaded


@pytest.mark.parametrize("library", ["avs-doctor", "avs-doctor-static"])
def test_builds_with_the_cmake_package(tree, library, tmp_path):
    shutil.copytree(ROOT / "sample" / "minimal", tmp_path / "source")
    (tmp_path / "source" / "CMakeLists.txt").write_text(
        "cmake_minimum_required(VERSION 3.16)\nproject(outside C)\n"
        "find_package(avs-shim 0.1 REQUIRED COMPONENTS static)\n"
        "add_executable(check check.c)\n"
        f"target_link_libraries(check PRIVATE avs-shim::{library})\n")
    subprocess.run(["cmake", "-S", tmp_path / "source", "-B", tmp_path / "build",
                    f"-DCMAKE_PREFIX_PATH={tree}"], check=True, capture_output=True)
    subprocess.run(["cmake", "--build", tmp_path / "build"], check=True, capture_output=True)
    assert run_sample(tmp_path / "build" / "check").returncode == 0
    needed = subprocess.run(["readelf", "-d", tmp_path / "build" / "check"], check=True,
                            capture_output=True, text=True).stdout
    assert ("libavs-doctor.so.0" in needed) == (library == "avs-doctor")


def test_what_ships_is_small(tmp_path):
    """libavs-shim as a product builds it: all that is mapped read-only, in bytes."""
    configure(tmp_path, "-DCMAKE_BUILD_TYPE=MinSizeRel", "-DBUILD_TESTING=OFF")
    subprocess.run(["ninja", "-C", tmp_path, "shim/libavs-shim.so"], check=True,
                   capture_output=True)
    sizes = subprocess.run(["size", tmp_path / "shim" / "libavs-shim.so"], check=True,
                           capture_output=True, text=True).stdout.splitlines()[1].split()
    assert int(sizes[0]) <= 200_000


def test_what_only_the_client_needs_is_small(tree, libdir, tmp_path):
    """A product that is linked statically carries the line, and of it what it calls."""
    source = ROOT / "sample" / "minimal" / "get.c"
    subprocess.run(["cc", "-Os", "-ffunction-sections", f"-I{tree}/include", source,
                    libdir / "libavs-shim.a", "-Wl,--gc-sections", "-lssl", "-lcrypto",
                    "-lnghttp2", "-lcurl", "-lpthread", "-ldl", "-o", tmp_path / "get"], check=True)
    sections = subprocess.run(["size", "-A", tmp_path / "get"], check=True, capture_output=True,
                              text=True).stdout.splitlines()
    text = next(int(line.split()[1]) for line in sections if line.startswith(".text"))
    needed = subprocess.run(["readelf", "-d", tmp_path / "get"], check=True, capture_output=True,
                            text=True).stdout
    assert text <= 140 * 1024
    assert not any(name in needed for name in ("json-c", "sqlite", "libz.", "libavs"))


def test_the_samples_build_by_themselves(tree, tmp_path):
    for sample in ("minimal", "avs-session"):
        subprocess.run(["cmake", "-S", ROOT / "sample" / sample, "-B", tmp_path / sample,
                        f"-DCMAKE_PREFIX_PATH={tree}"], check=True, capture_output=True)
        subprocess.run(["cmake", "--build", tmp_path / sample], check=True, capture_output=True)


def configure(folder, *options):
    result = subprocess.run(["cmake", "-S", ROOT, "-B", folder, "-G", "Ninja", *options],
                            capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    return result.stdout, (folder / "build.ninja").read_text()


def test_what_a_package_recipe_switches_off_is_off(tmp_path):
    """BUILD_TESTING=OFF is what Buildroot passes; there is no cmocka and no sqlite3 then."""
    said, ninja = configure(tmp_path, "-DBUILD_TESTING=OFF", "-DAVS_WITH_SQLITE=OFF",
                            "-DAVS_HARDENING=OFF", "-DCMAKE_INSTALL_LIBDIR=lib/board")
    assert "Without sqlite3" in said and "cmocka" not in said
    assert "sqlite" not in ninja and "unit_" not in ninja and "_FORTIFY_SOURCE" not in ninja
    described = (tmp_path / "shim" / "avs-shim.pc").read_text()
    assert "prefix=${pcfiledir}/../../..\n" in described and "sqlite3" not in described


def test_hardening_is_the_default(tree):
    """What a distribution adds, also for the build on the board; the check is of the product."""
    command = tree / "bin" / "avs-shim"
    dynamic = subprocess.run(["readelf", "-Wd", command], capture_output=True, text=True,
                             check=True).stdout
    symbols = subprocess.run(["nm", "-D", command], capture_output=True, text=True,
                             check=True).stdout
    assert "BIND_NOW" in dynamic
    assert "__stack_chk_fail" in symbols
    assert "Debug" in (BUILD / "CMakeCache.txt").read_text().split("CMAKE_BUILD_TYPE:")[1][:20] \
        or "_chk@" in symbols.replace("__stack_chk", "")


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
