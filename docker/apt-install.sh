#!/bin/sh
# apt-install.sh PACKAGE...: installs Debian packages with one line of progress, and tells everything only when it fails.
set -eu

say() { echo "apt: $*" >&2; }
if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
    say "please install $* (this is done by itself for root on Debian)."
    exit 1
fi
say "installing $* from Debian ..."
log=$(mktemp)
trap 'rm -f "$log"' EXIT
# Without fresh lists the ones at hand may still do.
apt-get -q update >"$log" 2>&1 || true
DEBIAN_FRONTEND=noninteractive apt-get -q -y install --no-install-recommends "$@" >>"$log" 2>&1 && exit 0
tail -n 30 "$log" >&2
say "installing $* failed, see above."
exit 1
