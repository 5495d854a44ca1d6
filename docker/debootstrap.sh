#!/bin/sh
# debootstrap.sh SUITE TARBALL: the root file system of a minimal Debian, for machines without an image registry.
set -eu

suite=$1
tarball=$2
mirror=${DEBIAN_MIRROR:-http://deb.debian.org/debian}

die() { echo "base image: $*" >&2; exit 1; }

[ "$(id -u)" = 0 ] || die "no registry has debian:$suite-slim, and building it from packages needs root."
command -v debootstrap >/dev/null || "$(dirname "$0")/apt-install.sh" debootstrap

mkdir -p "$(dirname "$tarball")"
work=$(mktemp -d "$(dirname "$tarball")/.debootstrap.XXXXXX")
trap 'rm -rf "$work"' EXIT INT TERM

# An older debootstrap does not know the newest suites; all of them are bootstrapped the way of sid.
script=/usr/share/debootstrap/scripts/$suite
[ -e "$script" ] || script=/usr/share/debootstrap/scripts/sid
debootstrap --variant=minbase "$suite" "$work/root" "$mirror" "$script" >"$work/log" 2>&1 || {
    tail -n 20 "$work/log" "$work/root/debootstrap/debootstrap.log" >&2 2>/dev/null || true
    die "debootstrap of $suite failed, see above."
}

cd "$work/root"
rm -rf var/cache/apt/*.bin var/cache/apt/archives/*.deb var/lib/apt/lists/* var/log/*.log \
    usr/share/doc/* usr/share/man/* usr/share/info/* usr/share/locale/* etc/apt/sources.list
rm -f etc/resolv.conf etc/hostname
stanza() {
    printf 'Types: deb\nURIs: %s\nSuites: %s\nComponents: main\nSigned-By: /usr/share/keyrings/debian-archive-keyring.gpg\n\n' "$@"
}
{
    case $suite in
    bookworm | trixie)
        stanza "$mirror" "$suite $suite-updates"
        stanza "$mirror-security" "$suite-security"
        ;;
    *) stanza "$mirror" "$suite" ;;
    esac
} >etc/apt/sources.list.d/debian.sources
# What the official slim images do as well: no documentation, no start of services.
printf 'path-exclude /usr/share/doc/*\npath-include /usr/share/doc/*/copyright\npath-exclude /usr/share/man/*\npath-exclude /usr/share/info/*\npath-exclude /usr/share/locale/*\npath-include /usr/share/locale/locale.alias\n' >etc/dpkg/dpkg.cfg.d/slim
printf 'Acquire::Languages "none";\nAPT::Install-Recommends "false";\n' >etc/apt/apt.conf.d/slim
printf '#!/bin/sh\nexit 101\n' >usr/sbin/policy-rc.d
chmod 755 usr/sbin/policy-rc.d

tar --numeric-owner --one-file-system -cf "$work/tar" .
mv "$work/tar" "$tarball"
