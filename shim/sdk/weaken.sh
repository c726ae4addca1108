#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# weaken.sh READELF LIBRARY: makes each symbol of the SDK that a shared library lacks a weak one, in
# its dynamic symbol table. (objcopy --weaken-symbol leaves such symbols alone before binutils 2.36.)
set -eu
readelf=$1
library=$2
case $(LC_ALL=C "$readelf" -h "$library" | sed -n 's/^ *Class: *//p') in
    ELF64) entry_bytes=24 info_at=4 ;;
    ELF32) entry_bytes=16 info_at=12 ;;
    *) echo "weaken.sh: $library is no ELF library" >&2; exit 1 ;;
esac
table=$(LC_ALL=C "$readelf" -SW "$library" | sed -n 's/.* \.dynsym  *DYNSYM  *[0-9a-f]*  *\([0-9a-f]*\) .*/\1/p')
# Num: Value Size Type Bind Vis Ndx Name; a byte holds bind (2 is weak) and type
LC_ALL=C "$readelf" --dyn-syms -W "$library" |
    awk '$5 == "GLOBAL" && $7 == "UND" && $8 ~ /alexaClientSDK/ {sub(":", "", $1); print $1, $4}' |
    while read -r index type; do
        case $type in
            NOTYPE) byte='\040' ;;
            OBJECT) byte='\041' ;;
            FUNC) byte='\042' ;;
            *) echo "weaken.sh: symbol $index of $library is a $type" >&2; exit 1 ;;
        esac
        # shellcheck disable=SC2059 # the format is the byte
        printf "$byte" | dd of="$library" bs=1 conv=notrunc seek=$((0x$table + index * entry_bytes + info_at)) 2>/dev/null
    done
