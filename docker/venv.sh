#!/bin/sh
# venv.sh NAME: a virtual environment .venv with exactly docker/locks/requirements-NAME.lock; nothing to do while that is unchanged.
set -eu

root=$(cd "$(dirname "$0")/.." && pwd)
lock=$root/docker/locks/requirements-$1.lock
venv=$root/.venv
python=${PYTHON:-python3}

die() { echo "venv: $*" >&2; exit 1; }

cmp -s "$lock" "$venv/$1.installed" && [ -x "$venv/bin/python" ] && exit 0
# The test environment holds everything of the run environment, in the same versions.
[ "$1" = run ] && cmp -s "$root/docker/locks/requirements-test.lock" "$venv/test.installed" && exit 0

command -v "$python" >/dev/null || die "$python is missing."
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || die "Python 3.11 or newer is needed; PYTHON=... names another one."
if ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
    "$root/docker/apt-install.sh" python3-venv
fi
"$venv/bin/python" -c '' 2>/dev/null || "$python" -m venv --clear "$venv"
echo "venv: installing $(grep -c '==' "$lock") packages ($1)" >&2
"$venv/bin/python" -m pip --disable-pip-version-check install --quiet --no-deps --only-binary :all: --require-hashes -r "$lock" >&2
cp "$lock" "$venv/$1.installed"
