# SPDX-License-Identifier: Apache-2.0
"""ci/abi.py tells growth that callers do not notice from change that they do."""
import pathlib
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
HEADER = """#include <stddef.h>
enum avs_color { AVS_RED, AVS_BLUE, AVS_COLOR_COUNT };
struct avs_client;
struct avs_log { void *context; };
struct avs_options { size_t size; int port; enum avs_color *color; struct avs_log log; };
"""
SEAM = "/* --- */"
SOURCE = """#include "avs.h"
struct avs_client { int private; };
int avs_open(const struct avs_options *options, struct avs_client **client);
int avs_open(const struct avs_options *options, struct avs_client **client) {
    (*client)->private = options->port; return AVS_BLUE; }
/* more */
void avs_close(struct avs_client *client, enum avs_color color);
void avs_close(struct avs_client *client, enum avs_color color) { (void)color; client->private = 0; }
"""


def library(folder, header, source):
    folder.mkdir()
    (folder / "avs.h").write_text(header)
    (folder / "avs.c").write_text(source)
    subprocess.run(["gcc", "-g", "-shared", "-fPIC", "-Wl,-soname,libavs.so.0", "avs.c", "-o", "libavs.so"],
                   cwd=folder, check=True)
    return folder / "libavs.so"


@pytest.mark.parametrize("what, old, new, is_noticed", [
    ("nothing", "", "", False),
    ("an opaque struct grows", "int private;", "int private; int more;", False),
    ("an opaque struct's order changes", "{ int private;", "{ int first; int private;", False),
    ("a struct with a size grows at its end", "struct avs_log log;", "struct avs_log log; int more;", False),
    ("it grows and an enum that it points to, too", "struct avs_log log;|AVS_BLUE,",
     "struct avs_log log; int more;|AVS_BLUE, AVS_GREEN,", False),
    ("a struct with a size grows in its middle", "int port;", "int port; long more;", True),
    ("a struct with a size shrinks", "struct avs_log log;", "", True),
    ("a member has another type", "int port;", "long port;", True),
    ("a struct without a size grows", "void *context;", "void *context; int more;", True),
    ("a struct inside one with a size grows", "struct avs_log log;", "struct avs_log log[2];", True),
    ("an enum has one more row", "AVS_BLUE,", "AVS_BLUE, AVS_GREEN,", False),
    ("an enum's rows change places", "AVS_RED, AVS_BLUE", "AVS_BLUE, AVS_RED", True),
    ("a function is new", "/* more */", "void avs_more(void);\nvoid avs_more(void) {}", False),
    ("a function is gone", "avs_close", "avs_end", True),
    ("a function takes one more argument", "**client)", "**client, int more)", True),
])
def test_growth_and_change_are_told_apart(tmp_path, what, old, new, is_noticed):
    text = HEADER + SEAM + SOURCE
    for before, after in zip(old.split("|"), new.split("|")):
        assert before in text
        text = text.replace(before, after) if before else text
    before = library(tmp_path / "old", HEADER, SOURCE)
    after = library(tmp_path / "new", *text.split(SEAM))
    said = subprocess.run([sys.executable, ROOT / "ci/abi.py", "--compare", tmp_path / "new", before, after],
                          stdout=subprocess.PIPE, text=True, timeout=60)
    assert (said.returncode, bool(said.stdout)) == (int(is_noticed), is_noticed), f"{what}: {said.stdout}"
