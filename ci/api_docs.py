#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""docs/api.md from the public headers: what each says at its head, and each declaration under its
comment. api_docs.py writes it; api_docs.py --check fails where it is not what the headers say."""
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[1]
HEADERS = ROOT / "shim" / "include" / "avs"
PAGE = ROOT / "docs" / "api.md"
LINE = ["client", "cause", "status", "log", "endpoint", "evidence", "verdict"]
WORKSHOP = ["check", "report", "findings", "explain", "store", "config", "inspect", "iot", "style"]

HEAD = """# The C API

Made from the public headers by `ci/api_docs.py`; the headers are the reference. One convention for
all: a function that can fail returns `enum avs_status` (0 is OK) and puts the detail into a last
argument `struct avs_error *`, which may be NULL; `ret_` arguments are written only on success and
then the caller's; structs that cross the API begin with `size`, set it to `sizeof`, and the rest may
stay zero. Samples: `sample/minimal/get.c`, `sample/minimal/check.c`, `sample/avs-session/`.

`<avs/avs.h>` includes them all. The first group is libavs-shim (`pkg-config avs-shim`), which ships
in a product; the second is libavs-doctor (`pkg-config avs-doctor`).
"""


def unwrap(comment):
    """The text of a comment without its stars, paragraphs kept."""
    body = re.sub(r"^/\*+<?\s?|\s*\*+/$", "", comment.strip())
    return "\n".join(re.sub(r"^\s*\*\s?", "", line).strip() for line in body.split("\n")).strip()


def declarations(text):
    """(comment, declaration) for each documented one, in order."""
    lines = text.split("\n")
    index = 0
    while index < len(lines):
        if not lines[index].startswith("/**"):
            index += 1
            continue
        start = index
        while "*/" not in lines[index]:
            index += 1
        index += 1
        comment = unwrap("\n".join(lines[start:index]))
        start, depth = index, 0
        while lines[index].strip() or depth > 0:
            if depth == 0 and index > start and lines[index].startswith(("/*", "AVS_END_DECLS")):
                break
            depth += lines[index].count("{") - lines[index].count("}")
            index += 1
        yield comment, "\n".join(lines[start:index]).rstrip()


def section(name):
    text = (HEADERS / f"{name}.h").read_text()
    about = re.match(r"(?:// SPDX.*\n|/\* SPDX.*\*/\n)?(/\*.*?\*/)", text, re.S).group(1)
    out = [f"## `<avs/{name}.h>`\n", unwrap(about) + "\n"]
    for comment, declaration in declarations(re.split(r"AVS_BEGIN_DECLS|#define AVS_\w+_H\n", text)[-1]):
        out.append(f"```c\n{declaration}\n```\n\n{comment}\n")
    return "\n".join(out)


def page():
    parts = [HEAD, "# libavs-shim\n", *map(section, LINE), "# libavs-doctor\n",
             *map(section, WORKSHOP)]
    return "\n".join(parts)


def main():
    left_out = {path.stem for path in HEADERS.glob("*.h")} - {"avs", "export", *LINE, *WORKSHOP}
    if left_out:
        sys.exit(f"api_docs: these headers have no place here: {', '.join(sorted(left_out))}")
    if "--check" not in sys.argv:
        PAGE.write_text(page())
    elif not PAGE.exists() or PAGE.read_text() != page():
        sys.exit("api_docs: docs/api.md is not what the headers say; run ci/api_docs.py")


main()
