# SPDX-License-Identifier: Apache-2.0
"""avs-shim run: the program does not notice, byte by byte and signal by signal; and what its log says
is told."""
import json
import os
import pathlib
import select
import shutil
import signal
import subprocess
import sys

import pytest

from avs_shim import AVS_SHIM, BUILD, ENVIRONMENT, ROOT, Standin, run
from terminal import Terminal

LOGS = ROOT / "test" / "corpus" / "logs"
WATCH = [AVS_SHIM, "run", "--no-preload", "--"]
IS_SANITIZED = "asan" in BUILD.name or "tsan" in BUILD.name

UNTRUSTED = ("2026-11-20 10:00:01.000 [  7] 7 LibcurlHTTP2Connection:streamFinished:streamId=2,result=SSL "
             "peer certificate or SSH remote key was not OK,CURLcode=60")

# Says which signals came, one a line, and ends at USR2 with what came.
CATCHER = """
import os, signal, sys
came = []
def catch(number, _):
    came.append(number)
    os.write(1, b"%s\\n" % signal.Signals(number).name.encode())
for name in ("INT", "TERM", "HUP", "QUIT", "USR1", "USR2", "WINCH"):
    signal.signal(getattr(signal, "SIG" + name), catch)
os.write(1, b"ready\\n")
while signal.SIGUSR2 not in came:
    signal.pause()
"""


def start(*words, **options):
    options.setdefault("stdout", subprocess.PIPE)
    options.setdefault("stderr", subprocess.PIPE)
    return subprocess.Popen([*WATCH, *map(str, words)], env=ENVIRONMENT, **options)


def python(text):
    return [sys.executable, "-c", text]


@pytest.mark.parametrize("script, code", [
    ("exit 0", 0), ("exit 1", 1), ("exit 3", 3), ("exit 255", 255), ("kill -TERM $$", 143),
    ("kill -KILL $$", 137), ("kill -INT $$", 130), ("kill -HUP $$", 129), ("kill -USR1 $$", 138)])
def test_the_exit_code_is_the_programs(script, code):
    assert run("run", "--no-preload", "--", "sh", "-c", script).returncode == code


@pytest.mark.parametrize("words, code, told", [
    (["--", "no-such-program"], 127, "no such program in PATH"),
    (["--", "/no/such"], 127, "cannot start '/no/such': there is no such program"),
    (["--", "/etc/passwd/x"], 127, "no such program"),
    (["--", "/etc/passwd"], 126, "chmod +x"), (["--", "/"], 126, "directory"),
    (["--", ""], 127, "no such program"), (["--"], 2, "which program?"), ([], 2, "which program?"),
    (["ls"], 2, "'ls' stands before '--'"), (["ls", "--", "x"], 2, "'ls' stands before '--'"),
    (["--stock", "--transport", "x", "--", "true"], 2, "excludes"),
    (["--transport", "/no/such", "--", "true"], 2, "/no/such"),
    (["--html", "-", "--", "true"], 2, "name a file"),
    (["--config", "/no/such.json", "--", "true"], 2, "/no/such.json")])
def test_what_cannot_be_started_is_said(words, code, told):
    result = run("run", *words)
    assert (result.returncode, result.stdout) == (code, "")
    assert result.stderr.startswith("avs-shim run: ") and told in result.stderr


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_program_that_may_not_be_run(tmp_path):
    (tmp_path / "program").write_text("#!/bin/sh\n")
    assert run("run", "--no-preload", "--", tmp_path / "program").returncode == 126


def test_scripts(tmp_path):
    for name, text in (("plain", "echo hi $1"), ("lost", "#!/no/such/interpreter\n")):
        (tmp_path / name).write_text(text)
        (tmp_path / name).chmod(0o755)
    plain = run("run", "--no-preload", "--", tmp_path / "plain", "there")
    assert (plain.returncode, plain.stdout) == (0, "hi there\n")
    lost = run("run", "--no-preload", "--", tmp_path / "lost")
    assert lost.returncode == 127 and "it is there, but what loads it is not" in lost.stderr


def test_every_byte_is_passed_on_and_the_outputs_stay_apart(tmp_path):
    data = os.urandom(3_000_001)
    (tmp_path / "data").write_bytes(data)
    (tmp_path / "other").write_bytes(data[::-1])
    with open(tmp_path / "data", "rb") as source:
        process = start("sh", "-c", f"cat {tmp_path}/other >&2 & cat; wait", stdin=source)
        out, err = process.communicate(timeout=60)
    assert (out == data, err == data[::-1], process.returncode) == (True, True, 0)


def test_outputs_that_are_one_keep_their_order():
    script = "for i in 1 2 3 4 5 6 7 8 9; do echo out$i; echo err$i >&2; done"
    process = start("sh", "-c", script, stderr=subprocess.STDOUT)
    out, _ = process.communicate(timeout=60)
    assert out.decode().split() == [f"{name}{i}" for i in range(1, 10) for name in ("out", "err")]


def test_a_question_without_a_newline_is_there_before_its_answer():
    process = start("sh", "-c", "printf 'name? '; read name; printf \"hello $name\"",
                    stdin=subprocess.PIPE)
    assert process.stdout.read(6) == b"name? "
    out, err = process.communicate(b"board\n", timeout=60)
    assert (out, err, process.returncode) == (b"hello board", b"", 0)


def test_a_reader_that_does_not_read_stops_the_program():
    script = """
import os, select, sys
os.set_blocking(1, False)
total = 0
while select.select([], [1], [], 1)[1]:
    total += os.write(1, b"x" * 4096)
os.write(2, b"%d\\n" % total)
os.kill(os.getpid(), 9)
"""
    process = start(*python(script))
    assert 0 < int(process.stderr.readline()) < 1_000_000
    out, _ = process.communicate(timeout=60)
    assert set(out) == {ord("x")} and process.returncode == 137


def test_a_reader_that_has_gone_ends_the_program():
    process = start("yes")
    assert process.stdout.read(2) == b"y\n"
    process.stdout.close()
    assert process.wait(60) == 128 + signal.SIGPIPE
    process.stderr.close()


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no /dev/full")
def test_a_full_disk_is_said():
    with open("/dev/full", "wb") as full:
        process = start("yes", stdout=full)
        _, err = process.communicate(timeout=60)
    assert process.returncode == 128 + signal.SIGPIPE
    assert b"output could not be written on: No space left on device" in err


def test_closed_descriptors_stay_closed():
    script = "import os\nfor i in (0, 1):\n  try: os.fstat(i)\n  except OSError: os.write(2, b'%d' % i)"
    process = subprocess.run(["sh", "-c", 'exec "$@" <&- >&-', "sh", *WATCH, *python(script)],
                             stderr=subprocess.PIPE, env=ENVIRONMENT, timeout=60)
    assert (process.returncode, process.stderr) == (0, b"01")


def test_children_of_the_program_are_heard_to_their_end(tmp_path):
    os.mkfifo(tmp_path / "fifo")
    process = start("sh", "-c", f"(read x < {tmp_path}/fifo; echo late) & exit 5")
    assert b"the program has ended; processes that it started still hold" in process.stderr.readline()
    (tmp_path / "fifo").write_text("now\n")
    out, _ = process.communicate(timeout=60)
    assert (out, process.returncode) == (b"late\n", 5)


def test_children_that_never_end_can_be_left():
    process = start("sh", "-c", "sleep 1000 & echo $!; exit 5")
    sleeper = int(process.stdout.readline())
    process.stderr.readline()
    process.send_signal(signal.SIGINT)
    assert process.wait(60) == 5
    os.kill(sleeper, signal.SIGKILL)
    process.communicate()


def test_every_signal_is_passed_on_once():
    process = start(*python(CATCHER))
    assert process.stdout.readline() == b"ready\n"
    for name in ("INT", "TERM", "HUP", "QUIT", "USR1", "WINCH", "TERM", "USR2"):
        process.send_signal(getattr(signal, "SIG" + name))
        assert process.stdout.readline() == f"SIG{name}\n".encode()
    assert process.stdout.read() == b"" and process.wait(60) == 0
    process.stderr.close()


def test_signals_that_the_caller_ignores_stay_ignored():
    process = subprocess.Popen(["sh", "-c", 'trap "" HUP; exec "$@"', "sh", *WATCH, "sh", "-c",
                                "echo ready; read x; kill -HUP $$; echo alive"],
                               stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=ENVIRONMENT)
    assert process.stdout.readline() == b"ready\n"
    process.send_signal(signal.SIGHUP)
    out, _ = process.communicate(b"\n", timeout=60)
    assert (out, process.returncode) == (b"alive\n", 0)


def test_it_stops_when_the_program_stops_and_goes_on_with_it():
    process = start("sh", "-c", "kill -STOP $$; echo on")
    _, status = os.waitpid(process.pid, os.WUNTRACED)
    assert os.WIFSTOPPED(status)
    process.send_signal(signal.SIGCONT)
    out, _ = process.communicate(timeout=60)
    assert (out, process.returncode) == (b"on\n", 0)


def test_a_caller_that_ignores_children_gets_the_exit_code():
    text = ("import signal, os, sys\nsignal.signal(signal.SIGCHLD, signal.SIG_IGN)\n"
            "os.execv(sys.argv[1], sys.argv[1:])")
    result = subprocess.run([*python(text), *WATCH, "sh", "-c", "exit 9"], env=ENVIRONMENT,
                            timeout=60)
    assert result.returncode == 9


# ---- a terminal ----

def test_on_a_terminal_it_has_a_terminal():
    script = ("test -t 0 -a -t 1 -a -t 2 && echo three; stty size; echo ready; read line; "
              "echo \"got $line\"; stty size; exit 4")
    with Terminal(*WATCH, "sh", "-c", script, size=(31, 97), env=ENVIRONMENT) as terminal:
        seen = terminal.until(b"ready\r\n")
        assert b"three\r\n31 97\r\n" in seen
        assert terminal.is_raw()
        terminal.resize(40, 132)
        os.kill(terminal.pid, signal.SIGWINCH)
        terminal.type(b"words\r")
        assert terminal.until(b"40 132\r\n").startswith(b"words\r\ngot words\r\n")
        assert terminal.told("ended") == 4
        assert terminal.modes() == terminal.first_modes


@pytest.mark.parametrize("key, name", [(b"\x03", "INT"), (b"\x1c", "QUIT")])
def test_keys_are_the_programs(key, name):
    with Terminal(*WATCH, *python(CATCHER), env=ENVIRONMENT) as terminal:
        terminal.until(b"ready\r\n")
        terminal.type(key)
        terminal.until(f"SIG{name}\r\n".encode())
        os.kill(terminal.pid, signal.SIGUSR2)
        assert terminal.told("ended") == 0
        assert b"SIG" not in terminal.rest().replace(b"SIGUSR2", b"")
        assert terminal.modes() == terminal.first_modes


def test_the_interrupt_key_ends_a_program_that_does_not_mind_it():
    # no shell: dash loses a signal that comes while it starts a program
    waiting = ("import os, signal; signal.signal(signal.SIGINT, signal.SIG_DFL); os.write(1, b'ready\\n'); "
               "signal.pause()")
    with Terminal(*WATCH, *python(waiting), env=ENVIRONMENT) as terminal:
        terminal.until(b"ready\r\n")
        terminal.type(b"\x03")
        assert terminal.told("ended") == 130
        assert terminal.modes() == terminal.first_modes


def test_the_end_of_file_key():
    with Terminal(*WATCH, "cat", env=ENVIRONMENT) as terminal:
        terminal.type(b"a line\r")
        terminal.until(b"a line\r\na line\r\n")
        terminal.type(b"\x04")
        assert terminal.told("ended") == 0


def test_the_stop_key_and_back_to_the_front():
    with Terminal(*WATCH, "sh", "-c", "echo ready; read x; echo back $x", env=ENVIRONMENT) as terminal:
        terminal.until(b"ready\r\n")
        terminal.type(b"\x1a")
        assert terminal.told("stopped") == signal.SIGTSTP
        assert terminal.modes() == terminal.first_modes
        terminal.to_the_front()
        while not terminal.is_raw():
            terminal.look()
        terminal.type(b"again\r")
        terminal.until(b"back again\r\n")
        assert terminal.told("ended") == 0
        assert terminal.modes() == terminal.first_modes


def test_killed_it_leaves_the_terminal_as_it_was():
    with Terminal(*WATCH, "sh", "-c", "echo ready; sleep 1000", env=ENVIRONMENT) as terminal:
        terminal.until(b"ready\r\n")
        os.kill(terminal.pid, signal.SIGKILL)
        assert terminal.told("ended") == 137
        while terminal.modes() != terminal.first_modes:
            terminal.look()


def test_what_it_says_does_not_disturb_a_raw_terminal(tmp_path):
    (tmp_path / "log").write_text((LOGS / "login-6.log").read_text())
    script = f"cat {tmp_path}/log; printf 'prompt> '; read x"
    with Terminal(*WATCH, "sh", "-c", script, env={**ENVIRONMENT, "NO_COLOR": "1"}) as terminal:
        seen = terminal.until(b"prompt> ")
        if b"the program met this" not in seen:
            seen += terminal.until(b"the program met this")
        assert not seen.replace(b"\r\n", b"").count(b"\n")
        terminal.type(b"\r")
        assert terminal.told("ended") == 0
        assert b"TLS or connection problem" in terminal.rest()


def test_an_output_alone_is_a_terminal_and_the_other_is_not():
    script = "test -t 1 || echo plain; test -t 2 && echo terminal >&2; echo ready; read x"
    read_end, write_end = os.pipe()
    with Terminal(*WATCH, "sh", "-c", script, stdout=write_end, env=ENVIRONMENT) as terminal:
        os.close(write_end)
        with open(read_end, "rb") as out:
            assert (out.readline(), out.readline()) == (b"plain\n", b"ready\n")
            terminal.until(b"terminal\r\n")
            assert terminal.modes() == terminal.first_modes
            terminal.type(b"\x03")
            assert terminal.told("ended") == 130


# ---- what it says ----

def test_the_log_is_read_along_and_the_output_not_touched(tmp_path):
    log = LOGS / "login-60-new.log"
    result = run("run", "--no-preload", "--report", tmp_path / "r.json", "--html", tmp_path / "r.html",
                 "--", "cat", log)
    assert result.returncode == 0 and result.stdout == log.read_text()
    assert result.stderr.startswith("avs-shim run: the program met this:\nroot_missing  possible\n")
    assert "1 TLS or connection problem in cat\n" in result.stderr
    ours, theirs = json.loads((tmp_path / "r.json").read_text()), \
        json.loads(run("inspect", "--json", log).stdout)
    assert ours["findings"] == theirs["findings"] and ours["schema"] == "avs-shim.inspect/1"
    assert (tmp_path / "r.html").read_text().startswith("<!DOCTYPE html>")


def test_on_two_outputs_the_lines_of_each_stay_whole():
    line = (LOGS / "login-60-new.log").read_text().splitlines()[2]
    half = len(line) // 2
    script = f"printf '%s' '{line[:half]}'; echo noise >&2; printf '%s\\n' '{line[half:]}'"
    result = run("run", "--no-preload", "--quiet", "--", "sh", "-c", script)
    assert "root_missing" in result.stderr and "the program met this" not in result.stderr
    assert result.stdout == line + "\n"


def test_nothing_is_said_when_nothing_is_wrong():
    result = run("run", "--no-preload", "--", "cat", LOGS / "README.md" if (LOGS / "README.md").exists()
                 else "/dev/null")
    assert (result.returncode, result.stderr) == (0, "")


def test_a_broken_configuration_is_told_before_the_start(tmp_path):
    config = tmp_path / "config.json"
    config.write_text('{"deviceInfo": {}\n "libcurlUtils": {}}\n')
    result = run("run", "--no-preload", "--config", config, "--", "echo", "started")
    assert result.stdout == "started\n" and "config.json:2:2" in result.stderr


def test_a_live_check_is_merged_as_the_configuration_says(tmp_path):
    config = tmp_path / "config.json"
    with Standin() as standin:
        config.write_text(json.dumps({
            "sampleApp": {"endpoint": f"https://expired.localhost:{standin.port}"},
            "libcurlUtils": {"CURLOPT_CAINFO": str(standin.dir / "ca.pem")}}))
        result = run("run", "--no-preload", "--quiet", "--probe", "--config", config, "--report",
                     tmp_path / "r.json", "--", "echo", UNTRUSTED)
        fine = run("run", "--no-preload", "--probe", "--config", config, "--", "echo", "fine")
    assert f"checking https://expired.localhost:{standin.port} live" in result.stderr
    causes = [finding["cause"] for finding in json.loads((tmp_path / "r.json").read_text())["findings"]]
    assert "cert_expired" in causes and "cert_expired" in result.stderr
    assert "checking" not in fine.stderr


# ---- the transport ----

ADAPTER = BUILD / "test" / "sdk" / "libavs-test-sdk-adapter.so"
APPLICATION = BUILD / "test" / "sdk" / "avs-test-sdk-app"
needs_adapter = pytest.mark.skipif(IS_SANITIZED or not ADAPTER.exists(), reason="no adapter to preload")


@needs_adapter
@pytest.mark.parametrize("before, kept", [(None, "(unset)"), ("libm.so.6", "libm.so.6")])
def test_the_transport_is_put_in(before, kept):
    env = {**ENVIRONMENT, **({"LD_PRELOAD": before} if before else {})}
    result = run("run", "--transport", ADAPTER, "--", APPLICATION, env=env)
    assert (result.returncode, result.stderr) == (0, "")
    assert dict(line.split("=") for line in result.stdout.split()) == {
        "transport": "ours", "LD_PRELOAD": kept, "child": "0"}
    for option in ("--stock", "--no-preload"):
        assert "transport=stock" in run("run", option, "--", APPLICATION).stdout


@needs_adapter
def test_a_library_beside_the_command_is_found(tmp_path):
    command = shutil.copy(AVS_SHIM, tmp_path)
    shutil.copy(ADAPTER, tmp_path / "libavs-shim-sdk.so")
    result = run("run", "--", APPLICATION, executable=command)
    assert "transport=ours" in result.stdout and result.stderr == ""


def changed(path, folder, *changes):
    data = pathlib.Path(path).read_bytes()
    for old, new in changes:
        at = old if isinstance(old, int) else data.index(old)
        data = data[:at] + new + data[at + len(new):]
    copy = folder / f"changed-{pathlib.Path(path).name}"
    copy.write_bytes(data)
    copy.chmod(0o755)
    return copy


TRUE = shutil.which("true")


@pytest.mark.skipif(IS_SANITIZED, reason="what else is preloaded is for sanitized programs alone")
@pytest.mark.parametrize("word, change", [
    ("blank", None), ("no library", (0, b"text")), ("another machine", (18, b"\xfe\x7f"))])
def test_a_library_that_cannot_be_preloaded_is_said(tmp_path, word, change):
    library = changed(TRUE, tmp_path, *([change] if change else []))
    if not change:
        library = library.rename(tmp_path / "a b.so")
    result = run("run", "--transport", library, "--", "echo", "on")
    assert (result.returncode, result.stdout) == (0, "on\n")
    assert "the transport is not in place" in result.stderr and word in result.stderr


def test_a_static_program_is_told_the_way_that_works(tmp_path):
    header = pathlib.Path(TRUE).read_bytes()
    if header[:6] != b"\x7fELF\x02\x01":
        pytest.skip("the change below is for 64 bits, little endian")
    start_of, count = int.from_bytes(header[32:40], "little"), header[56]
    entries = [start_of + 56 * i for i in range(count)]
    interp = next(at for at in entries if header[at] == 3)  # PT_INTERP becomes PT_NULL
    program = changed(TRUE, tmp_path, (interp, b"\x00"))
    result = run("run", "--transport", TRUE, "--", program)
    assert "linked statically" in result.stderr and "-lavs-shim-sdk" in result.stderr


def test_a_musl_program_under_a_library_for_glibc(tmp_path):
    loader = b"/lib64/ld-linux-x86-64.so.2"
    if loader not in pathlib.Path(TRUE).read_bytes():
        pytest.skip("not the loader that is replaced below")
    program = changed(TRUE, tmp_path, (loader, b"/lib/ld-musl-no-such.so.1\0\0"))
    result = run("run", "--transport", TRUE, "--", program)
    assert "runs on musl" in result.stderr and "built for glibc" in result.stderr
    assert result.returncode == 127 and "/lib/ld-musl-no-such.so.1" in result.stderr


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
def test_a_program_with_privileges_is_told_the_way_that_works(tmp_path):
    program = pathlib.Path(shutil.copy(TRUE, tmp_path))
    os.chown(program, 65534, 65534)
    program.chmod(0o6755)
    result = run("run", "--transport", TRUE, "--", program)
    assert result.returncode == 0 and "set-user-ID" in result.stderr


def test_no_library_at_all_is_said(tmp_path):
    command = shutil.copy(AVS_SHIM, tmp_path)
    result = run("run", "--", "echo", "on", executable=command)
    assert (result.returncode, result.stdout) == (0, "on\n")
    assert "no libavs-shim-sdk.so" in result.stderr and "--transport FILE" in result.stderr


def test_output_is_read_in_pieces_of_any_size():
    process = start(*python("import os\nfor i in range(300): os.write(1, b'x' * i); os.write(2, b'y')"))
    counts = {process.stdout: 0, process.stderr: 0}
    while counts:
        for stream in select.select(list(counts), [], [])[0]:
            if not os.read(stream.fileno(), 7):
                del counts[stream]
    process.communicate()
    assert process.returncode == 0


def test_children_of_the_program_may_keep_its_terminal(tmp_path):
    os.mkfifo(tmp_path / "fifo")
    script = f"(trap '' HUP; read x < {tmp_path}/fifo; echo late) & exit 6"
    with Terminal(*WATCH, "sh", "-c", script, env=ENVIRONMENT) as terminal:
        terminal.until(b"the program has ended")
        while terminal.modes() != terminal.first_modes:
            terminal.look()
        (tmp_path / "fifo").write_text("now\n")
        assert b"\r\r" not in terminal.until(b"late\r\n")
        assert terminal.told("ended") == 6


@pytest.mark.parametrize("words, hint", [((), True), (("DEBUG9",), False)])
def test_a_program_that_fails_and_does_not_say_why(words, hint):
    result = run("run", "--no-preload", "--", "sh", "-c", "exit 3", *words)
    assert result.returncode == 3 and "'sh' ended with 3" in result.stderr
    assert ("DEBUG9" in result.stderr) == hint
