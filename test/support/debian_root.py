# SPDX-License-Identifier: Apache-2.0
"""A Debian root in which the command runs as on a device: chroot, the distribution's own
update-ca-certificates and tools, the Amazon roots taken out.

By default it is put together in a second from the packages of this machine: every file of
ca-certificates and openssl, the programs that their scripts call, their libraries. With
AVS_TEST_DEBOOTSTRAP=1 it comes from debootstrap (half a minute and the network)."""
import contextlib
import os
import pathlib
import shutil
import stat
import subprocess

from avs_shim import AVS_SHIM, BUILD

WITH = BUILD / "test" / "trust_install_with"
PACKAGES = ["ca-certificates", "openssl"]
PROGRAMS = """dash basename cat chmod cp env find grep ln ls mkdir mktemp mv openssl readlink rm
run-parts sed sleep sort test touch wc curl""".split()


def why_not():
    """A reason why no Debian root can be made here, None when it can."""
    if os.geteuid() != 0:
        return "chroot needs root"
    if not shutil.which("dpkg-query") or not pathlib.Path("/etc/ca-certificates.conf").exists():
        return "needs Debian with ca-certificates"
    return None


def _copy(source, path):
    """A file, link or folder of this machine to the same place below `path`."""
    target = path / str(source).lstrip("/")
    if target.exists() or target.is_symlink() or not os.path.lexists(source):
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    if os.path.islink(source):
        target.symlink_to(os.readlink(source))
    elif os.path.isdir(source):
        target.mkdir()
        shutil.copymode(source, target)
    else:
        shutil.copy2(source, target)


def _libraries(program):
    listed = subprocess.run(["ldd", program], capture_output=True, text=True).stdout
    for line in listed.splitlines():
        words = line.replace("=>", " ").split()
        paths = [word for word in words if word.startswith("/")]
        if paths:
            yield paths[0]


def _copy_program(program, path):
    real = os.path.realpath(program)
    _copy(real, path)
    if real != program:
        target = path / program.lstrip("/")
        target.parent.mkdir(parents=True, exist_ok=True)
        with contextlib.suppress(FileExistsError):
            target.symlink_to(real)
    for library in _libraries(real):
        target = path / library.lstrip("/")
        target.parent.mkdir(parents=True, exist_ok=True)
        if not target.exists():
            shutil.copy(library, target)


def _from_packages(path):
    for merged in ("bin", "sbin", "lib", "lib64", "lib32", "libx32"):
        link = pathlib.Path("/") / merged
        if link.is_symlink():
            (path / os.readlink(link).lstrip("/")).mkdir(parents=True, exist_ok=True)
            (path / merged).symlink_to(os.readlink(link))
    for folder in ("tmp", "dev", "etc/ssl/certs", "usr/local/share/ca-certificates", "var/lib",
                   "root", "etc/ca-certificates/update.d"):
        (path / folder).mkdir(parents=True, exist_ok=True)
    (path / "tmp").chmod(0o1777)
    try:
        os.mknod(path / "dev/null", 0o666 | stat.S_IFCHR, os.makedev(1, 3))
        (path / "dev/null").chmod(0o666)
    except OSError:
        (path / "dev/null").touch()
    for package in PACKAGES:
        listed = subprocess.run(["dpkg-query", "-L", package], check=True, capture_output=True,
                                text=True).stdout
        for file in listed.splitlines():
            if file.startswith("/") and not file.startswith("/usr/share/doc"):
                _copy(file, path)
    for file in ("/etc/ca-certificates.conf", "/etc/debian_version", "/etc/os-release",
                 "/usr/lib/os-release"):
        _copy(file, path)
    for program in PROGRAMS:
        found = shutil.which(program, path="/usr/sbin:/usr/bin:/sbin:/bin")
        if found:
            _copy_program(found, path)
    (path / "usr/bin").mkdir(exist_ok=True)
    with contextlib.suppress(FileExistsError):
        (path / "usr/bin/sh").symlink_to("dash")
    return True


def _from_debootstrap(path):
    release = next(line.split("=")[1].strip('"') for line
                   in pathlib.Path("/etc/os-release").read_text().splitlines()
                   if line.startswith("VERSION_CODENAME="))
    made = subprocess.run(["debootstrap", "--variant=minbase",
                           "--include=" + ",".join([*PACKAGES, "curl"]), release, path],
                          capture_output=True, text=True, timeout=600)
    return made.returncode == 0


def make(path):
    path.mkdir(parents=True)
    if os.environ.get("AVS_TEST_DEBOOTSTRAP"):
        return _from_debootstrap(path)
    return _from_packages(path)


def add_programs(path):
    """The command and its libraries in /opt/avs: the same release, so the loader fits."""
    library = path / "opt" / "avs" / "lib"
    library.mkdir(parents=True)
    for program in (AVS_SHIM, WITH):
        shutil.copy(program, path / "opt" / "avs")
        for file in _libraries(program):
            shutil.copy(file, library)


def take_roots_out(path):
    for file in (path / "usr/share/ca-certificates/mozilla").iterdir():
        if file.name.startswith(("Amazon_Root", "Starfield_Services")):
            file.unlink()
    conf = path / "etc/ca-certificates.conf"
    conf.write_text("".join(line for line in conf.read_text().splitlines(True)
                            if "Amazon_Root" not in line and "Starfield_Services" not in line))
    subprocess.run(["chroot", path, "update-ca-certificates", "--fresh"], check=True,
                   capture_output=True)
