#!/bin/sh
# What the tests need beyond Python and containers; installed from Debian where it is missing.
set -eu

missing=
command -v chromium >/dev/null || missing="chromium fonts-liberation"
# The browser driver in Playwright's wheel is linked against it.
/sbin/ldconfig -p | grep -q libatomic.so.1 || missing="$missing libatomic1"
# shellcheck disable=SC2086
[ -z "$missing" ] || "$(dirname "$0")/apt-install.sh" $missing
