#!/bin/sh
# Wheel, source archive, list of components and checksums in dist/. The same commit gives the same bytes, whoever builds.
set -eu

cd "$(dirname "$0")/.."
venv=.venv/release
lock=docker/locks/requirements-release.lock
if ! cmp -s $lock $venv/installed; then
    .venv/bin/python -m venv --clear $venv
    $venv/bin/python -m pip --disable-pip-version-check install --quiet --no-deps --only-binary :all: --require-hashes -r $lock
    cp $lock $venv/installed
fi

# The commit's own time, for every file inside.
SOURCE_DATE_EPOCH=$(git log -1 --format=%ct 2>/dev/null || echo 1577836800)
export SOURCE_DATE_EPOCH
rm -rf dist build/again
$venv/bin/python -m hatchling build -d dist
$venv/bin/python -m hatchling build -d build/again
for file in dist/*; do
    cmp "$file" "build/again/$(basename "$file")" || { echo "release: $file is not the same when it is built again." >&2; exit 1; }
done

# What is installed beside it, with versions and hashes.
$venv/bin/cyclonedx-py requirements --output-reproducible --output-format JSON --pyproject pyproject.toml \
    --output-file dist/sbom.cdx.json docker/locks/requirements.lock

# Known weaknesses. A list that cannot be had, or that does not know the packages, is said to be that, and not "none".
if [ "${AUDIT:-1}" = 1 ]; then
    if $venv/bin/pip-audit --strict --progress-spinner off --disable-pip --require-hashes --timeout 30 \
        -r docker/locks/requirements.lock >build/audit.log 2>&1; then
        echo "release: no known weakness in the locked dependencies."
    elif grep -qE 'could not be audited|not found on PyPI|ServiceError|ConnectionError|ConnectTimeout|Max retries' build/audit.log; then
        echo "release: NOT AUDITED: known weaknesses cannot be asked for here (build/audit.log)." >&2
    else
        cat build/audit.log >&2
        exit 1
    fi
fi
(cd dist && sha256sum -- * > SHA256SUMS)
cat dist/SHA256SUMS
