#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""docs/api.md from the public headers: what each says at its head, and each declaration under its
comment; docs/libavs-shim.3, the manual page, with their functions. api_docs.py writes both;
api_docs.py --check fails where they are not what the headers say."""
import pathlib
import re
import sys
import textwrap

ROOT = pathlib.Path(__file__).resolve().parents[1]
HEADERS = ROOT / "shim" / "include" / "avs"
PAGE = ROOT / "docs" / "api.md"
MANUAL = ROOT / "docs" / "libavs-shim.3"
LINE = ["client", "cause", "status", "log", "endpoint", "evidence", "verdict"]
WORKSHOP = ["doctor", "check", "ladder", "report", "findings", "fleet", "explain", "store", "config", "inspect", "iot",
            "iot_endpoint", "iot_check", "iot_plan", "style"]

HEAD = """# The C API

Made from the public headers by `ci/api_docs.py`; the headers are the reference. One convention for
all: a function that can fail returns `enum avs_status` (0 is OK) and puts the detail into a last
argument `struct avs_error *`, which may be NULL; `ret_` arguments are written only on success and
then the caller's; structs that a caller makes begin with `size`, set it to `sizeof`, and the rest may
stay zero; what the library makes is opaque and has getters. Samples: `sample/minimal/get.c`, `sample/minimal/check.c`, `sample/avs-session/`.

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


MANUAL_HEAD = r""".\" SPDX-License-Identifier: Apache-2.0
.\" Made from the public headers by ci/api_docs.py.
.Dd $Mdocdate$
.Dt LIBAVS-SHIM 3
.Os
.Sh NAME
.Nm libavs-shim ,
.Nm libavs-doctor
.Nd TLS and HTTP/2 to Alexa, and why not
.Sh SYNOPSIS
.In avs/avs.h
.Pp
.Dl cc get.c $(pkg-config --cflags --libs avs-shim)
.Dl cc check.c $(pkg-config --cflags --libs avs-doctor)
.Sh DESCRIPTION
A function that can fail returns
.Vt enum avs_status
(0 is OK) and puts the detail into a last argument
.Vt struct avs_error * ,
which may be NULL.
.Fa ret_
arguments are written only on success and are then the caller's.
Structs that cross the API begin with
.Fa size :
set it to sizeof, and the rest may stay zero.
The headers say of each declaration what it promises, its units, errors,
threads and owner.
"""
MANUAL_END = r""".Sh SEE ALSO
.Xr avs-shim 1 ,
.Xr curl_easy_perform 3 ,
.Xr ssl 7
"""


def roff(text):
    """Running text, a sentence a line, at most 78 columns."""
    text = re.sub(r"\s+", " ", text).replace("\\", r"\e").replace("`", "")
    lines = []
    for sentence in re.split(r"(?<=[.:;]) ", text):
        lines += textwrap.wrap(sentence, 76, break_on_hyphens=False, break_long_words=False)
    return "\n".join(re.sub(r"^([.'])", r"\\&\1", line) for line in lines)


def functions(name):
    """(function, the first sentence of its comment) for each of a header."""
    text = (HEADERS / f"{name}.h").read_text()
    for comment, declaration in declarations(re.split(r"AVS_BEGIN_DECLS|#define AVS_\w+_H\n", text)[-1]):
        for function in re.findall(r"AVS_API[^;]*?\b(avs_\w+)\(", declaration):
            yield function, re.split(r"(?<=\.)\s", comment.replace("\n", " ") + " ")[0]


def manual():
    parts = [MANUAL_HEAD]
    for title, names in (("libavs-shim", LINE), ("libavs-doctor", WORKSHOP)):
        parts.append(f".Sh {title.upper()}\n")
        for name in names:
            text = (HEADERS / f"{name}.h").read_text()
            about = unwrap(re.match(r"(?:/\* SPDX.*\*/\n)?(/\*.*?\*/)", text, re.S).group(1))
            parts.append(f".Ss avs/{name}.h\n{roff(about.split(chr(10) * 2)[0])}\n")
            rows = [f".It Fn {function}\n{roff(promise)}\n" for function, promise in functions(name)]
            parts += [".Bl -tag -width Ds\n", *rows, ".El\n"] if rows else []
    return "".join([*parts, MANUAL_END])


def main():
    left_out = {path.stem for path in HEADERS.glob("*.h")} - {"avs", "export", *LINE, *WORKSHOP}
    if left_out:
        sys.exit(f"api_docs: these headers have no place here: {', '.join(sorted(left_out))}")
    for path, text in (PAGE, page()), (MANUAL, manual()):
        if "--check" not in sys.argv:
            path.write_text(text)
        elif not path.exists() or path.read_text() != text:
            sys.exit(f"api_docs: {path.relative_to(ROOT)} is not what the headers say; run ci/api_docs.py")


main()
