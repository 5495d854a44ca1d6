#!/bin/sh
# What the tests need beyond Python and containers; installed from Debian where it is missing.
set -eu

missing=
command -v chromium >/dev/null || missing="chromium fonts-liberation"
command -v curl >/dev/null || missing="$missing curl"
# The browser driver in Playwright's wheel is linked against it.
/sbin/ldconfig -p | grep -q libatomic.so.1 || missing="$missing libatomic1"
command -v firefox-esr >/dev/null || missing="$missing firefox-esr"
command -v WebKitWebDriver >/dev/null || missing="$missing webkit2gtk-driver"
command -v Xvfb >/dev/null || missing="$missing xvfb"
command -v dcmcjpeg >/dev/null || missing="$missing dcmtk"
command -v pdffonts >/dev/null || missing="$missing poppler-utils"
command -v 7z >/dev/null || missing="$missing p7zip-full"
command -v gdcmconv >/dev/null || missing="$missing libgdcm-tools"
# shellcheck disable=SC2086
[ -z "$missing" ] || "$(dirname "$0")/apt-install.sh" $missing
# Finds barriers on pages.
python3 "$(dirname "$0")/axe.py"
