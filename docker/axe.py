"""Fetch axe-core, which finds barriers on pages, for the tests: `python3 docker/axe.py` writes build/axe/axe.min.js.

The package comes from npm's registry by `npm pack` where npm is there, else directly; it is kept in ~/.cache between
runs. What differs from the digest below is never used. axe-core is under MPL-2.0; nothing of it is shipped.
"""

from __future__ import annotations

import hashlib
import io
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
import urllib.request
from pathlib import Path

PACKAGE, VERSION = "axe-core", "4.10.3"
SHA256 = "0f2b4d7dcdf7d1219df8d1959ad68e565f51d14c3f0d88bb71cd59abeb956292"
REGISTRY = "https://registry.npmjs.org"
TARBALL = f"{PACKAGE}-{VERSION}.tgz"
TARGET = Path(__file__).parent.parent / "build" / "axe" / "axe.min.js"


class FetchError(Exception):
    """axe-core cannot be had; the text is for the person at the terminal."""


def ensure() -> Path:
    """The file, fetched if it is not there yet; raises FetchError."""
    mark = TARGET.with_name("package.sha256")
    if TARGET.is_file() and mark.is_file() and mark.read_text(encoding="ascii") == SHA256:
        return TARGET
    with tarfile.open(fileobj=io.BytesIO(_package()), mode="r:gz") as archive:
        member = archive.extractfile("package/axe.min.js")
        if member is None:
            raise FetchError(f"{TARBALL} holds no axe.min.js.")
        content = member.read()
    TARGET.parent.mkdir(parents=True, exist_ok=True)
    TARGET.write_bytes(content)
    mark.write_text(SHA256, encoding="ascii")
    return TARGET


def _package() -> bytes:
    base = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    kept = Path(base) / "orthanc-patient-share" / "axe" / TARBALL
    if kept.is_file() and _is_right(kept.read_bytes()):
        return kept.read_bytes()
    content = (_packed() if shutil.which("npm") else None) or _downloaded()
    if not _is_right(content):
        raise FetchError(f"{PACKAGE} {VERSION} is not the package that was tested: its digest differs.")
    kept.parent.mkdir(parents=True, exist_ok=True)
    kept.write_bytes(content)
    return content


def _is_right(content: bytes) -> bool:
    return hashlib.sha256(content).hexdigest() == SHA256


def _packed() -> bytes | None:
    with tempfile.TemporaryDirectory() as folder:
        command = ["npm", "pack", f"{PACKAGE}@{VERSION}", "--pack-destination", folder]
        ended = subprocess.run(command, capture_output=True, check=False, cwd=folder)
        found = list(Path(folder).glob("*.tgz"))
        return found[0].read_bytes() if ended.returncode == 0 and len(found) == 1 else None


def _downloaded() -> bytes:
    registry = os.environ.get("NPM_CONFIG_REGISTRY", REGISTRY).rstrip("/")
    if not registry.startswith("https://"):
        raise FetchError(f"{registry} is not an https address.")
    try:
        with urllib.request.urlopen(f"{registry}/{PACKAGE}/-/{TARBALL}", timeout=120) as answer:
            return bytes(answer.read())
    except OSError as fault:
        raise FetchError(f"{registry} could not be read: {fault}") from None


if __name__ == "__main__":
    try:
        ensure()
    except FetchError as fault:
        sys.exit(f"axe: {fault}")
