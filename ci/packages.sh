#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The Debian packages, built and used where nothing else is: packages.sh [SUITE...], default bookworm
# and trixie. In a fresh root of each: the packages are built twice, with tests and without (the same
# bytes), lintian has nothing to say, and in a second root that has nothing of ours the tests of
# packaging/debian/tests run against what was installed. Needs root; packages are left in
# build-packages/SUITE. Then what recipes.sh looks at.
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=ci/lib.sh
. ci/lib.sh
# shellcheck source=ci/roots.sh
. ci/roots.sh

if [ "$(id -u)" -ne 0 ]; then
    echo "packages: making and entering roots needs root: sudo ./ci/run packages $*" >&2
    exit 1
fi

source_tree() { # source_tree ROOT: upstream's tarball and the unpacked source in ROOT/src
    local version
    version=$(dpkg-parsechangelog -l packaging/debian/changelog -S Version)
    copy_tree "$1"
    rm -rf --one-file-system "$1/deb"
    mkdir "$1/deb"
    cp -a "$1/src" "$1/deb/avs-shim-${version%-*}"
    rm -rf "$1/deb/avs-shim-${version%-*}"/build*
    tar -C "$1/deb" -czf "$1/deb/avs-shim_${version%-*}.orig.tar.gz" "avs-shim-${version%-*}"
    cp -a packaging/debian "$1/deb/avs-shim-${version%-*}/debian"
}

# shellcheck disable=SC2016 # expanded by the shell inside
build='
    set -euo pipefail
    export DEBIAN_FRONTEND=noninteractive
    cd /deb/avs-shim-*
    apt-get update -qq
    apt-get install -y -qq --no-install-recommends build-essential lintian devscripts equivs >/dev/null
    (cd /tmp; mk-build-deps -i -r -t "apt-get -y -qq --no-install-recommends" /deb/avs-shim-*/debian/control) >../build.log 2>&1
    dpkg-buildpackage -us -uc >../build.log 2>&1 || { tail -n 40 ../build.log >&2; exit 1; }
    sha256sum ../*.deb >../first
    DEB_BUILD_OPTIONS=nocheck DEB_BUILD_PROFILES=nocheck dpkg-buildpackage -us -uc >../build.log 2>&1 ||
        { tail -n 40 ../build.log >&2; exit 1; }
    sha256sum --quiet -c ../first || { echo "packages: two builds differ" >&2; exit 1; }
    lintian --fail-on error,warning ../avs-shim_*.changes'

# shellcheck disable=SC2016
use='
    set -euo pipefail
    export DEBIAN_FRONTEND=noninteractive
    apt-get update -qq
    apt-get install -y -qq --no-install-recommends /deb/*.deb build-essential cmake pkg-config systemd strace >/dev/null
    cd /deb/source
    for test in debian/tests/*; do
        case $test in */control) ;; *) echo "== $test"; $test ;; esac
    done
    echo "== the systemd units"
    units=$(dirname "$(find /usr/lib/systemd /lib/systemd -name avs-shim-check.service | head -1)")
    systemd-analyze --man=no verify "$units"/avs-shim-check.{service,timer}
    systemd-analyze security --offline=yes --threshold=25 "$units/avs-shim-check.service" | tail -n 1
    metrics=/usr/share/doc/avs-shim/examples/avs-shim-check-metrics.conf # as its first lines say
    groupadd -r prometheus
    install -d -g prometheus -m 2775 /var/lib/prometheus/node-exporter
    install -D -m 644 "$metrics" /etc/systemd/system/avs-shim-check.service.d/metrics.conf
    systemd-analyze --man=no verify "$units"/avs-shim-check.service
    systemd-analyze security --offline=yes --threshold=25 --root=/ avs-shim-check.service | tail -n 1
    # shellcheck disable=SC2046
    (umask 077; setpriv --reuid 61200 --regid 61200 --groups prometheus avs-shim check --demo \
        $(sed -n "s/^Environment=.*=\(--.*\)\"/\1/p" "$metrics") >/dev/null)
    grep -x "avs_shim_check_success{.*} 1" /var/lib/prometheus/node-exporter/avs-shim.prom
    [ "$(stat -c %a /var/lib/prometheus/node-exporter/avs-shim.prom)" = 644 ]
    rm -r /etc/systemd/system/avs-shim-check.service.d /var/lib/prometheus
    allowed() { # the system calls of a group and of the groups in it
        systemd-analyze syscall-filter "$1" | sed "1,2d; s/#.*//" | while read -r word; do
            case $word in "") ;; @*) allowed "$word" ;; *) echo "$word" ;; esac
        done
    }
    strace -f -o /tmp/trace avs-shim check --demo >/dev/null
    sed -n "s/^[0-9]* *\\([a-z0-9_]*\\)(.*/\\1/p" /tmp/trace | sort -u >/tmp/made
    comm -23 <(allowed @system-service | sort -u) <((allowed @privileged; allowed @resources) | sort -u) >/tmp/allowed
    echo execve >>/tmp/allowed # that of systemd itself
    ! comm -23 /tmp/made <(sort -u /tmp/allowed) | grep . || { echo "packages: SystemCallFilter forbids these" >&2; exit 1; }
    apt-get purge -y -qq avs-shim "libavs-*" >/dev/null
    ! find /usr /etc /var/lib -name "*avs-shim*" -not -path "/var/lib/dpkg/*" | grep .'

[ $# -gt 0 ] || set -- bookworm trixie
for suite in "$@"; do
    phase "Debian packages in $suite"
    make_root "$roots/packages-$suite" "$suite" native
    source_tree "$roots/packages-$suite"
    (inside "$roots/packages-$suite" bash -c "$build")
    rm -rf "build-packages/$suite"
    mkdir -p "build-packages/$suite"
    cp "$roots/packages-$suite"/deb/*.deb "build-packages/$suite"
    phase "installed in a fresh $suite"
    rm -rf --one-file-system "$roots/fresh-$suite"
    make_root "$roots/fresh-$suite" "$suite" native
    mkdir "$roots/fresh-$suite/deb"
    cp -a build-packages/"$suite"/*.deb "$roots/fresh-$suite/deb"
    cp -a "$roots/packages-$suite"/deb/avs-shim-*/ "$roots/fresh-$suite/deb/source"
    rm -f "$roots/fresh-$suite"/deb/*-dbgsym*
    (inside "$roots/fresh-$suite" bash -c "$use")
done
./ci/recipes.sh
