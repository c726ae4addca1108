# SPDX-License-Identifier: Apache-2.0
"""judge over many pieces of evidence: totals that are those of the pieces, whatever holds them."""
import collections
import io
import json
import os
import subprocess
import tarfile

import pytest

from avs_shim import AVS_SHIM, ROOT, run

EVIDENCE = ROOT / "test" / "corpus" / "evidence"
FILES = sorted(EVIDENCE.glob("*.json"))
VERDICTS = json.loads((ROOT / "test" / "corpus" / "verdicts.json").read_text())


def lines():
    return "".join(json.dumps(json.loads(file.read_text())) + "\n" for file in FILES)


def tar(folder):
    file = folder / "fleet.tar"
    with tarfile.open(file, "w", format=tarfile.USTAR_FORMAT) as archive:
        for each in FILES:
            archive.add(each, arcname=f"devices/{each.name}")
    return file


def totals(*arguments, **options):
    result = run("judge", "--json", *arguments, **options)
    assert result.stdout, result.stderr
    return json.loads(result.stdout)


def same(report):
    expected = collections.Counter(row["verdict"] for row in VERDICTS.values())
    assert report["judged"] == len(FILES) and report["broken"] == 0
    assert {key: report[key] for key in expected} == expected
    causes = collections.Counter(row["cause"] for row in VERDICTS.values()
                                 if row["verdict"] != "ready")
    assert {row["cause"]: row["count"] for row in report["causes"]} == causes
    for table in ("hosts", "roots", "libraries"):
        assert sum(row["count"] for row in report[table]) == len(FILES)
        assert sum(row["not_ready"] for row in report[table]) == len(FILES) - expected["ready"]


def test_a_folder_a_tar_lines_and_files_have_the_same_totals(tmp_path):
    (tmp_path / "fleet.jsonl").write_text(lines())
    same(totals(EVIDENCE))
    same(totals(tar(tmp_path)))
    same(totals(tmp_path / "fleet.jsonl"))
    same(totals("-", input=lines()))
    same(totals(*FILES))
    with open(tar(tmp_path), "rb") as file:
        same(json.loads(subprocess.run([AVS_SHIM, "judge", "--json", "-"], stdin=file,
                                       capture_output=True).stdout))


def test_one_piece_alone_has_its_own_report(tmp_path):
    """One line of JSON, one member of standard input, one file: the report of a check."""
    one = json.dumps(json.loads((EVIDENCE / "expired.json").read_text()))
    for text in (one, one + "\n", (EVIDENCE / "expired.json").read_text()):
        assert totals("-", input=text)["schema"] == "avs-shim.check/1"
    assert totals("-", input=one + "\n" + one)["schema"] == "avs-shim.fleet/1"


def test_what_is_broken_is_named_and_the_rest_goes_on(tmp_path):
    folder = tmp_path / "fleet"
    (folder / "deep/er").mkdir(parents=True)
    (folder / "good.json").write_bytes((EVIDENCE / "ats-test.json").read_bytes())
    (folder / "deep/er/bad.json").write_text("{ no evidence")
    (folder / "empty.json").write_text("")
    (folder / "other.txt").write_text("not looked at")
    (folder / "large.json").write_text("{" + " " * (3 << 20))
    (folder / "loop").symlink_to(folder)
    (folder / "gone.json").symlink_to(folder / "nowhere")
    lines_ = folder / "lines.jsonl"
    lines_.write_text(json.dumps(json.loads((EVIDENCE / "ats-test.json").read_text()))
                      + "\n\n{\"schema\": 1}\n")
    report = totals(folder)
    assert (report["judged"], report["ready"], report["exit_code"]) == (2, 2, 3)
    names = {row["name"].removeprefix(f"{folder}/"): row["why"] for row in report["broken_files"]}
    assert set(names) == {"deep/er/bad.json", "empty.json", "gone.json", "large.json",
                          "lines.jsonl:3"}
    assert "larger" in names["large.json"]


def test_a_tar_that_breaks_off_between_two_members_is_not_whole(tmp_path):
    """As a copy that was interrupted leaves it: what is there is whole, and the rest is not known."""
    ready = next(file for file in FILES if VERDICTS[file.stem]["verdict"] == "ready")
    whole = tmp_path / "whole.tar"
    with tarfile.open(whole, "w", format=tarfile.USTAR_FORMAT) as archive:
        archive.add(ready, arcname="a.json")
        second = archive.offset
        archive.add(ready, arcname="b.json")
    assert run("judge", whole).returncode == 0
    for end in (second, second + 100):
        (tmp_path / "cut.tar").write_bytes(whole.read_bytes()[:end])
        result = run("judge", "--json", tmp_path / "cut.tar")
        report = json.loads(result.stdout)
        assert result.returncode == 3 and (report["ready"], report["broken"]) == (1, 1)
        assert "breaks off" in report["broken_files"][0]["why"]


def test_a_damaged_tar_says_so_and_keeps_what_came_before(tmp_path):
    whole = tar(tmp_path).read_bytes()
    (tmp_path / "cut.tar").write_bytes(whole[:len(whole) // 2 // 512 * 512 - 700])
    report = totals(tmp_path / "cut.tar")
    assert 10 < report["judged"] < len(FILES) and report["broken"] <= 1
    damaged = bytearray(whole)
    damaged[512 * 20:512 * 60] = b"x" * 512 * 40
    (tmp_path / "bad.tar").write_bytes(damaged)
    report = totals(tmp_path / "bad.tar")
    assert report["broken"] >= 1 and report["exit_code"] in (1, 3)


def test_hostile_member_names(tmp_path):
    with tarfile.open(tmp_path / "h.tar", "w", format=tarfile.USTAR_FORMAT) as archive:
        for name in ("a\x1b[2J<b>.json", "../../etc/passwd.json"):
            info = tarfile.TarInfo(name)
            info.size = 3
            archive.addfile(info, io.BytesIO(b"{x}"))
    text = run("judge", tmp_path / "h.tar").stdout
    page = run("judge", tmp_path / "h.tar", "--html", "-").stdout
    assert "\x1b" not in text + page and "<b>" not in page and "&lt;b&gt;" in page


def test_exit_codes_of_a_fleet(tmp_path):
    for names, code in ((["ats-test", "ok"], 0), (["ats-test", "expired"], 1), (["dns", "ok"], 3)):
        assert run("judge", *(EVIDENCE / f"{name}.json" for name in names)).returncode == code
    empty = tmp_path / "empty"
    empty.mkdir()
    result = run("judge", empty)
    assert result.returncode == 2 and "no evidence in it" in result.stderr
    assert run("judge", tmp_path / "none", tmp_path / "none2").returncode == 2


def test_outliers_are_named(tmp_path):
    for number in range(30):
        (tmp_path / f"{number:03}.json").write_bytes((EVIDENCE / "untrusted-root.json").read_bytes())
    (tmp_path / "odd.json").write_bytes((EVIDENCE / "expired.json").read_bytes())
    report = totals(tmp_path)
    rows = {row["cause"]: row for row in report["causes"]}
    assert not rows["root_missing"]["is_outlier"] and rows["cert_expired"]["is_outlier"]
    assert rows["cert_expired"]["names"] == [str(tmp_path / "odd.json")]
    assert rows["root_missing"]["names"] == [str(tmp_path / f"{n:03}.json") for n in range(5)]
    assert "outlier " + str(tmp_path / "odd.json") in run("judge", tmp_path).stdout


@pytest.mark.parametrize("option", ["--junit", "--tap", "--metrics", "--format"])
def test_formats_for_one_are_refused_for_many(option):
    result = run("judge", *FILES[:2], option, "x.prom")
    assert result.returncode == 2 and "--html" in result.stderr


def test_memory_does_not_grow_with_the_fleet(tmp_path):
    """Hosts that are all different, too: the tables have ceilings."""
    document = json.loads((EVIDENCE / "ok.json").read_text())
    with open(tmp_path / "many.jsonl", "w") as file:
        for number in range(5000):
            document["evidence"]["host"] = f"host-{number}.localhost"
            file.write(json.dumps(document) + "\n")
    # a small process starts it: the memory of the one that forks counts, too
    result = subprocess.run(["/usr/bin/python3", "-c",
                             "import resource, subprocess, sys\n"
                             "subprocess.run(sys.argv[1:])\n"
                             "usage = resource.getrusage(resource.RUSAGE_CHILDREN)\n"
                             "print(usage.ru_maxrss, file=sys.stderr)",
                             AVS_SHIM, "judge", "--json", tmp_path / "many.jsonl"],
                            capture_output=True, text=True)
    report = json.loads(result.stdout)
    assert report["judged"] == 5000
    assert len(report["hosts"]) == 1025 and report["hosts"][-1]["key"] == "others"
    assert sum(row["count"] for row in report["hosts"]) == 5000
    assert int(result.stderr.split()[-1]) < 64 << 10 or "AVS_TEST_SLACK" in os.environ


def test_a_folder_without_evidence_is_named_beside_others(tmp_path):
    full, empty = tmp_path / "full", tmp_path / "empty"
    for folder in (full, empty):
        folder.mkdir()
    (full / "a.json").write_bytes((EVIDENCE / "ok.json").read_bytes())
    (empty / "notes.txt").write_text("nothing for us")
    for folders in ([full, empty], [empty, full], [EVIDENCE / "ok.json", empty]):
        result = run("judge", "--json", *folders)
        report = json.loads(result.stdout)
        assert report["judged"] == 1 and result.returncode == 3
        assert report["broken"] == 1 and report["broken_files"][0]["name"] == str(empty)
        assert "no evidence in it" in report["broken_files"][0]["why"]
        assert f"{empty}: there is no evidence in it" in run("judge", *folders).stdout
    result = run("judge", empty)
    assert result.returncode == 2 and f"{empty}: there is no evidence in it" in result.stderr


def test_totals_by_sdk_release_where_the_evidence_says_it(tmp_path):
    """--sdk of check is kept; what was written before it had one changes nothing."""
    before = json.loads(run("judge", "--json", EVIDENCE).stdout)
    assert "sdk_releases" not in before and "SDK releases" not in run("judge", EVIDENCE).stdout
    for number, release in enumerate(["1.26", "1.26", "1.17.0", ""]):
        given = ["--sdk", release] if release else []
        run("check", "--ca-file", tmp_path / "none.pem", "--evidence", tmp_path / f"{number}.json",
            *given)
    report = json.loads(run("judge", "--json", tmp_path).stdout)
    assert {row["key"]: (row["count"], row["not_ready"]) for row in report["sdk_releases"]} == {
        "1.26": (2, 2), "1.17.0": (1, 1), "(not known)": (1, 1)}
    assert "SDK releases\n       2  1.26 (2 not ready)\n" in run("judge", tmp_path).stdout
    assert "SDK releases" in run("judge", "--html", "-", tmp_path).stdout
    with_check = json.loads((EVIDENCE / "not-ats.json").read_text())  # its command is a check
    with_check["evidence"]["given"] = {"sdk": "1.26"}
    (tmp_path / "0.json").write_text(json.dumps(with_check))
    assert "--sdk 1.26" in run("judge", tmp_path / "0.json", "--format", "{command}").stdout


def test_an_sdk_release_that_is_none_is_a_clear_error(tmp_path):
    result = run("check", "--sdk", "banana", "--evidence", tmp_path / "e.json")
    assert result.returncode == 2 and "banana" in result.stderr and "1.26" in result.stderr
    assert not (tmp_path / "e.json").exists()
