# SPDX-License-Identifier: Apache-2.0
"""libavs-shim-curl.so in front of a libcurl that knows nothing of it: each transfer ends as without it,
to the code and the byte, and each failure is told in one line."""
import concurrent.futures
import json
import random
import re
import shutil
import subprocess

import pytest

from avs_shim import BUILD, ENVIRONMENT, ROOT, Standin, run

LIBRARY = BUILD / "shim" / "curl" / "libavs-shim-curl.so"
HANDLES = BUILD / "test" / "curl_handles"
LINKED = BUILD / "test" / "curl_handles_linked"  # by link order: a sanitizer forbids preloading
IS_SANITIZED = "asan" in BUILD.name or "tsan" in BUILD.name
CURL = shutil.which("curl")
WAYS = [{}, {"LD_PRELOAD": str(LIBRARY)},
        {"LD_PRELOAD": str(LIBRARY), "AVS_SHIM_CURL_STORE": "1"}]

preloaded = pytest.mark.skipif(IS_SANITIZED, reason="a sanitized library needs its runtime first")

# What libcurl's own rules make of a scenario otherwise than ours, or cannot tell.
OTHERWISE = {
    "cn-only.localhost": None, "not-ats.localhost": None, "alpn-strict.localhost": "alpn_rejected",
    "alpn-strict-tls12.localhost": "alpn_rejected", "alpn-strict-untrusted.localhost": "alpn_rejected",
    "fake-standin-root.localhost": "root_missing",  # only the test bed knows that name
    "client-cert-tls13.localhost": "connection_lost",  # the alert comes after the handshake
    "tls11-only.localhost": "tls_version",  # libcurl allows it, OpenSSL's configuration may not
}
SLOW = {"silent-in-handshake.localhost"}


@pytest.fixture(scope="module")
def standin():
    with Standin() as running:
        certificates = re.findall(r"-----BEGIN.*?-----END CERTIFICATE-----\n",
                                  (running.dir / "ca.pem").read_text(), re.S)
        (running.dir / "root.pem").write_text(certificates[0])
        (running.dir / "other.pem").write_text(
            (ROOT / "config" / "roots" / "amazon-root-ca-1.pem").read_text())
        (running.dir / "empty").mkdir()
        yield running


def handles(standin, *words, way, program=HANDLES):
    done = subprocess.run([program, str(standin.port), standin.dir, *map(str, words)],
                          capture_output=True, text=True, timeout=300, env={**ENVIRONMENT, **way})
    assert done.returncode == 0, done.stderr
    return done


def lines_of(text):
    return [line for line in text.splitlines() if " AvsShim:" in line]


def cause_of(line):
    return re.search(r"AvsShim:httpsFailed:host=[^,]*,cause=(\w+),", line)[1]


def scenarios():
    for row in json.loads(run("standin", "--list", "--json").stdout)["scenarios"]:
        cause = OTHERWISE.get(row["sni"], row["http1"]["cause"])
        tls_causes = row["http1"]["verdict"] == "fail" or row["sni"] in OTHERWISE
        if tls_causes or row["sni"] in ("ok.localhost", "silent-in-handshake.localhost"):
            yield row["sni"], cause if cause != "none" else None


@preloaded
@pytest.mark.skipif(not CURL, reason="no curl here")
def test_the_curl_command_ends_as_without_it_and_each_failure_has_its_cause(standin):
    def ask(host):
        ended = []
        for way in WAYS:
            seconds = "2" if host in SLOW else "30"
            ended.append(subprocess.run(
                [CURL, "-sS", "--http1.1", "--max-time", seconds, "--cacert", standin.dir / "ca.pem",
                 "--connect-to", f"::127.0.0.1:{standin.port}", "-w", "%{ssl_verify_result}",
                 f"https://user:secret@{host}/path?token=secret"],
                capture_output=True, text=True, env={**ENVIRONMENT, **way}, timeout=120))
        return ended

    rows = list(scenarios())
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(ask, [host for host, _ in rows]))
    told = {}
    for (host, cause), (plain, *others) in zip(rows, answers):
        for other in others:
            lines = lines_of(other.stderr)
            said = "".join(line + "\n" for line in other.stderr.splitlines() if line not in lines)
            timed = host in SLOW  # curl's words have the milliseconds in them
            assert (other.returncode, other.stdout) == (plain.returncode, plain.stdout), host
            assert timed or said == plain.stderr, host
            assert "secret" not in other.stderr
            told[host] = [cause_of(line) for line in lines]
            assert told[host] == ([cause] if cause and plain.returncode else []), (host, lines)
    assert sum(map(len, told.values())) > 25


@preloaded
@pytest.mark.parametrize("words", [("--cacert", "/no/such"), ("--cacert", "/etc/passwd")])
def test_a_bad_ca_file_is_named(standin, words):
    command = [CURL, "-sS", *words, "--connect-to", f"::127.0.0.1:{standin.port}", "https://ok.localhost"]
    plain, *others = [subprocess.run(command, capture_output=True, text=True, env={**ENVIRONMENT, **way})
                      for way in WAYS]
    for other in others:
        line, = lines_of(other.stderr)
        assert other.returncode == plain.returncode == 77
        assert cause_of(line) in ("ca_file_unreadable", "ca_file_invalid") and words[1] in line


@preloaded
def test_a_connection_that_is_refused_and_a_name_that_is_none():
    for url, cause in (("https://127.0.0.1:1/", "connect_refused"),
                       ("https://no-such.invalid/", "dns_failed")):
        done = subprocess.run([CURL, "-sS", url], capture_output=True, text=True,
                              env={**ENVIRONMENT, **WAYS[1]})
        line, = lines_of(done.stderr)
        assert cause_of(line) == cause
    done = subprocess.run([CURL, "-sS", "http://127.0.0.1:1/"], capture_output=True, text=True,
                          env={**ENVIRONMENT, **WAYS[1]})
    assert not lines_of(done.stderr)


@preloaded
def test_handles_of_one_process_end_as_without_it(standin):
    plain, *others = [handles(standin, "all", way=way) for way in WAYS]
    assert plain.stdout.count("\n") > 60 and not lines_of(plain.stderr)
    for other in others:
        assert other.stdout == plain.stdout
        assert "secret" not in other.stderr
        lines = lines_of(other.stderr)
        assert {"root_missing", "cert_expired", "hostname_mismatch"} <= {
            cause_of(line) for line in lines if "httpsFailed" in line}
        assert len([line for line in lines if "httpsUnverified" in line]) == 1


def test_handles_with_the_library_by_link_order(standin):
    plain = handles(standin, "all", way={})
    for way in ({}, {"AVS_SHIM_CURL_STORE": "1"}):
        linked = handles(standin, "all", way=way, program=LINKED)
        assert linked.stdout == plain.stdout and lines_of(linked.stderr)


def test_threads(standin):
    plain = handles(standin, "threads", way={})
    for way in ({}, {"AVS_SHIM_CURL_STORE": "1"}):
        assert handles(standin, "threads", way=way, program=LINKED).stdout == plain.stdout


def damaged(text, seed):
    """One of the ways in which a bundle on a device is not as it should be."""
    dice = random.Random(seed)
    data = bytearray(text)
    certificates = re.findall(rb"-----BEGIN.*?-----END CERTIFICATE-----\n", text, re.S)
    kind = seed % 12
    if kind == 0:
        del data[dice.randrange(len(data)):]
    elif kind == 1:
        data = bytearray(text.replace(b"\n", b"\r\n"))
    elif kind == 2:
        dice.shuffle(certificates)
        data = bytearray(b"\n# a comment\n".join(certificates))
    elif kind == 3:
        data = bytearray(b"".join(certificates[:dice.randrange(len(certificates))]))
    elif kind == 4:
        data = bytearray(text.replace(b"BEGIN CERTIFICATE", b"BEGIN TRUSTED CERTIFICATE", 1))
    elif kind == 5:
        data = bytearray(b"\xef\xbb\xbf" + text)
    elif kind == 6:
        data = bytearray(text + certificates[0] + b"junk without end")
    elif kind == 7:
        at = dice.randrange(len(data))
        data[at:at] = bytes(dice.choices(b"\n\r -=A/+\0:z0B", k=dice.randrange(1, 4)))
    elif kind == 8:
        data = bytearray(text.replace(b"\n", b"", dice.randrange(1, 40)))
    else:
        for _ in range(dice.randrange(1, 4)):
            data[dice.randrange(len(data))] = dice.choice(
                [dice.randrange(256), *b"\n\r -=A/+\0:z0B"])
    return bytes(data)


def test_damaged_bundles_are_taken_and_refused_as_without_it(standin):
    count = 180
    (standin.dir / "bundles").mkdir(exist_ok=True)
    text = (standin.dir / "ca.pem").read_bytes()
    for i in range(count):
        (standin.dir / "bundles" / f"{i:04}").write_bytes(damaged(text, i))
    plain = handles(standin, "bundles", count, way={})
    ours = handles(standin, "bundles", count, way={"AVS_SHIM_CURL_STORE": "1"}, program=LINKED)
    assert ours.stdout == plain.stdout
    codes = set(re.findall(r"code (\d+)", plain.stdout))
    assert {"0", "77"} < codes  # taken, refused, and taken but of no use


def test_chains_of_every_shape(standin):
    rows = json.loads(run("standin", "--list", "--json").stdout)["scenarios"]
    hosts = [row["sni"] for row in rows if row["http1"]["verdict"] == "fail"
             and row["sni"] != "client-cert-tls13.localhost"]  # 55 or 56, by who is first
    hosts += [f"{name}.localhost" for name in ("ok", "ecdsa", "short-chain", "long-chain", "g2-issued",
                                               "tls12-only", "tls13-only")]
    plain = handles(standin, "hosts", *hosts, way={})
    ours = handles(standin, "hosts", *hosts, way={"AVS_SHIM_CURL_STORE": "1"}, program=LINKED)
    assert ours.stdout == plain.stdout and plain.stdout.count("\n") == len(hosts)


@preloaded
def test_the_environment_is_left_as_it_was(tmp_path):
    """In what has no libcurl it stays, for the application; there it is taken out."""
    shell = subprocess.run(["sh", "-c", "echo $LD_PRELOAD"], capture_output=True, text=True,
                           env={**ENVIRONMENT, "LD_PRELOAD": f"libm.so.6:{LIBRARY}"})
    assert shell.stdout == f"libm.so.6:{LIBRARY}\n"
    done = subprocess.run([HANDLES, "1", tmp_path, "environment"], capture_output=True, text=True,
                          env={**ENVIRONMENT, "LD_PRELOAD": f"libm.so.6:{LIBRARY}"})
    assert done.stdout == "LD_PRELOAD=libm.so.6\n"


@preloaded
def test_pycurl_whose_libcurl_may_have_another_backend(standin):
    check = ["/usr/bin/python3", "-c", "import pycurl; print(pycurl.version)"]
    if subprocess.run(check, capture_output=True).returncode:
        pytest.skip("no python3-pycurl here")
    script = f"""
import pycurl
for host in ("ok.localhost", "untrusted-root.localhost"):
    c = pycurl.Curl()
    c.setopt(c.URL, "https://user:secret@" + host)
    c.setopt(c.CONNECT_TO, ["::127.0.0.1:{standin.port}"])
    c.setopt(c.CAINFO, "{standin.dir}/ca.pem")
    c.setopt(c.WRITEFUNCTION, lambda data: None)
    try:
        c.perform()
        print(host, c.getinfo(c.RESPONSE_CODE))
    except pycurl.error as error:
        print(host, error.args)
"""
    plain, *others = [subprocess.run(["/usr/bin/python3", "-c", script], capture_output=True, text=True,
                                     env={**ENVIRONMENT, **way}) for way in WAYS]
    assert "untrusted-root.localhost (60," in plain.stdout
    for other in others:
        assert other.stdout == plain.stdout
        line, = lines_of(other.stderr)
        assert "host=untrusted-root.localhost" in line and "secret" not in line


@preloaded
def test_run_puts_it_in_and_reads_its_lines(standin, tmp_path):
    done = run("run", "--stock", "--quiet", "--report", tmp_path / "r.json", "--", HANDLES, standin.port,
               standin.dir, "hosts", "ok.localhost", "expired.localhost")
    plain = handles(standin, "hosts", "ok.localhost", "expired.localhost", way={})
    assert (done.returncode, done.stdout) == (0, plain.stdout)
    finding, = json.loads((tmp_path / "r.json").read_text())["findings"]
    assert (finding["cause"], finding["host"]) == ("cert_expired", "expired.localhost")
    assert len(lines_of(done.stderr)) >= 1 and "cert_expired  certain" in done.stderr
