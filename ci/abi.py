#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The exported interface of both libraries against the kept one: abi.py BUILD. --update BUILD keeps
what is built there, after a release; --compare HEADERS OLD NEW compares two libraries. By
libabigail, on debug information, so BUILD is one by gcc on x86_64 with -g."""
import pathlib
import platform
import re
import shutil
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as tree

ROOT = pathlib.Path(__file__).resolve().parent.parent
KEPT = ROOT / "packaging/abi"
LIBRARIES = ["avs-shim", "avs-doctor"]
PRIVATE = "AVS_SHIM_PRIVATE"


def symbol_name(symbol):
    version = symbol.get("version")
    if not version:
        return symbol.get("name")
    return f"{symbol.get('name')}{'@@' if symbol.get('is-default-version') == 'yes' else '@'}{version}"


def public_structs(headers):
    text = "".join(file.read_text() for file in sorted(pathlib.Path(headers).rglob("*.h")))
    return set(re.findall(r"^struct (avs_\w+) \{", text, re.MULTILINE))


def make_opaque(struct):
    struct[:] = []
    struct.attrib.pop("size-in-bits", None)
    struct.attrib.update({"is-declaration-only": "yes"})


def dump(library, headers=ROOT / "shim/include"):
    """What abidw sees, without what the library uses and does not export: a tenth is left. Whether a
    struct is public is for the headers to say: libabigail looks at the name of the file alone."""
    with tempfile.NamedTemporaryFile(suffix=".abi") as out:
        subprocess.run(["abidw", "--no-show-locs", "--no-corpus-path", "--no-comp-dir-path",
                        "--type-id-style", "hash", "--out-file", out.name, library], check=True)
        corpus = tree.parse(out.name).getroot()
    for part in corpus.findall("elf-needed"):
        corpus.remove(part)
    for symbols in corpus.findall("elf-function-symbols") + corpus.findall("elf-variable-symbols"):
        symbols[:] = [one for one in symbols if one.get("version") != PRIVATE]
    exported = {symbol_name(one) for one in corpus.find("elf-function-symbols")}
    units = corpus.findall("abi-instr")
    types, functions, public = {}, {}, public_structs(headers)
    for item in (one for unit in units for one in unit):
        if item.tag == "function-decl":
            if item.get("elf-symbol-id") in exported:
                functions[item.get("elf-symbol-id")] = item
        elif item.get("id") and (item.get("is-declaration-only") != "yes" or item.get("id") not in types):
            types[item.get("id")] = item
            if item.tag == "class-decl" and re.match("avs_", item.get("name")) and item.get("name") not in public:
                make_opaque(item)
            for row in [one for one in item.findall("enumerator") if one.get("name").endswith("_COUNT")]:
                item.remove(row)  # how many rows this library knows
    wanted, unseen = {}, list(functions.values())
    while unseen:
        for part in unseen.pop().iter():
            for attribute in ("type-id", "naming-typedef-id", "def-of-decl-id"):
                name = part.get(attribute)
                if name in types and name not in wanted:
                    wanted[name] = types[name]
                    unseen.append(types[name])
    for unit in units[1:]:
        corpus.remove(unit)
    one = units[0]
    one[:] = [wanted[name] for name in sorted(wanted)] + [functions[name] for name in sorted(functions)]
    one.attrib = {"address-size": one.get("address-size"), "path": "avs", "language": one.get("language")}
    tree.indent(corpus, " ")
    return tree.tostring(corpus, encoding="unicode") + "\n"


def members(struct):
    """Place and name: whether their types are still the same is for abidiff to say."""
    return [(part.get("layout-offset-in-bits"), part[0].get("name")) for part in struct.findall("data-member")]


def cut(old, new):
    """The dump `new` without what structs that begin with their size have gained at the end: the library
    fills and reads them as far as the caller's size says."""
    corpus = tree.fromstring(new)
    before = {one.get("name"): one for one in tree.fromstring(old).iter("class-decl") if len(one)}
    for struct in corpus.iter("class-decl"):
        older, first = before.get(struct.get("name")), struct.find("data-member/var-decl")
        if older is None or first is None or first.get("name") != "size":
            continue
        kept = len(members(older))
        if members(struct)[:kept] == members(older):
            struct[:] = struct[:kept]
            struct.set("size-in-bits", older.get("size-in-bits"))
    return tree.tostring(corpus, encoding="unicode")


def compare(old, new):
    """True where a caller built against the dump `old` runs with `new`. Prints what it would notice."""
    with tempfile.TemporaryDirectory() as folder:
        files = [pathlib.Path(folder) / name for name in ("kept", "now")]
        for file, text in zip(files, (old, cut(old, new))):
            file.write_text(text)
        diff = subprocess.run(["abidiff", "--no-added-syms", "--no-show-locs", *files], stdout=subprocess.PIPE, text=True)
    if diff.returncode & 3:
        sys.exit(f"abi: abidiff failed: {diff.stdout}")
    if diff.returncode:
        print(diff.stdout, end="")
    return diff.returncode == 0


def main(arguments):
    if not shutil.which("abidiff"):
        sys.exit("abi: needs abidw and abidiff: apt-get install abigail-tools")
    if arguments[:1] == ["--compare"] and len(arguments) == 4:
        sys.exit(not compare(*(dump(library, arguments[1]) for library in arguments[2:])))
    is_update = arguments[:1] == ["--update"]
    if len(arguments) != 1 + is_update:
        sys.exit(__doc__)
    if platform.machine() != "x86_64":
        sys.exit("abi: the kept interface is that of x86_64")
    is_fine = True
    for name in LIBRARIES:
        kept = KEPT / f"lib{name}.abi"
        now = dump(pathlib.Path(arguments[-1]) / f"shim/lib{name}.so")
        if is_update:
            kept.write_text(now)
        elif compare(kept.read_text(), now):
            print(f"abi: lib{name}: callers of the kept interface run with this one")
        else:
            is_fine = False
            print(f"abi: lib{name}: callers of {kept.relative_to(ROOT)} would notice the above: take it back, or "
                  "raise SOVERSION and the number in exports.map (docs/building.md)", file=sys.stderr)
    sys.exit(not is_fine)


main(sys.argv[1:])
