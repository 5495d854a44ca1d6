#!/bin/sh
# Writes the lock files: exact versions with hashes, for every supported Python at once; wheels only, so that no compiler is needed.
# lock.sh         keeps the versions that still fit
# lock.sh --upgrade   takes the newest ones
set -eu

cd "$(dirname "$0")/.."
locks=docker/locks
uv=.venv/uv/bin/uv
if [ ! -x $uv ]; then
    .venv/bin/python -m venv .venv/uv
    .venv/uv/bin/python -m pip --disable-pip-version-check install --quiet uv
fi
compile() {
    $uv pip compile --quiet --universal --python-version 3.11 --only-binary :all: --generate-hashes --no-header --no-emit-index-url "$@"
}
compile "$@" pyproject.toml --output-file $locks/requirements.lock
compile "$@" --group run --constraint $locks/requirements.lock --output-file $locks/requirements-run.lock
compile "$@" pyproject.toml --group run --group test --constraint $locks/requirements.lock \
    --constraint $locks/requirements-run.lock --output-file $locks/requirements-test.lock
compile "$@" --group release --output-file $locks/requirements-release.lock
echo 'hatchling>=1.27' | compile "$@" - --output-file $locks/requirements-build.lock
