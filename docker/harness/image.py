"""Builds the images of docker/Dockerfile and docker/helpers; does nothing while their inputs are unchanged."""

import hashlib
import io
import os
import re
import tarfile
from collections import deque
from pathlib import Path
from textwrap import shorten

from docker.errors import ImageNotFound
from docker.utils import exclude_paths

from harness import base_image
from harness.build_settings import build_arguments, build_files
from harness.engine import CLONE, ROOT, HarnessError, client, say

FINGERPRINT = "org.orthanc-patient-share.fingerprint"
DOCKERFILE = "docker/Dockerfile"
# The stable release that practices run; nothing in it depends on Orthanc's version.
HELPERS_SUITE = "trixie"
HELPERS_DOCKERFILE = "docker/helpers/Dockerfile"


# Images of the compose files beside Orthanc's.
PARTS = {"proxy": "docker/proxy", "postgres": "docker/compose/postgres"}


def tag(suite: str) -> str:
    """Name of this clone's image for a Debian suite; two clones on one machine may hold different source."""
    return f"orthanc-patient-share:{suite}-{CLONE}"


def ensure(suite: str = "trixie") -> str:
    """Build the image for a Debian suite unless it is up to date; answers its name."""
    inputs = [path for path in _inputs() if not path.is_relative_to(ROOT / "docker" / "proxy")]
    inputs = [path for path in inputs if not path.is_relative_to(ROOT / "docker" / "compose")]
    return _ensure(tag(suite), suite, DOCKERFILE, inputs)


def ensure_helpers() -> str:
    """The same for the image with PostgreSQL and nginx, which tests start beside Orthanc."""
    return _ensure(tag("helpers"), HELPERS_SUITE, HELPERS_DOCKERFILE, [ROOT / HELPERS_DOCKERFILE])


def ensure_part(part: str, folder: str) -> str:
    """The same for an image of the compose files, made of the files of one folder: `docker/proxy` or another."""
    inputs = sorted(path for path in (ROOT / folder).iterdir() if path.is_file())
    return _ensure(tag(part), HELPERS_SUITE, f"{folder}/Dockerfile", inputs)


def _ensure(name: str, suite: str, dockerfile: str, inputs: list[Path]) -> str:
    fingerprint = _fingerprint(base_image.ensure(suite), inputs)
    try:
        before = client().images.get(name)
        if before.labels.get(FINGERPRINT) == fingerprint:
            return name
    except ImageNotFound:
        before = None
    say(f"Building the image {name} ...")
    _build(name, suite, dockerfile, fingerprint, inputs)
    if before is not None:
        _discard(str(before.id))
    return name


def _inputs() -> list[Path]:
    """The files that .dockerignore lets through."""
    patterns = [line for line in (ROOT / ".dockerignore").read_text().splitlines() if line and not line.startswith("#")]
    names = exclude_paths(str(ROOT), patterns, dockerfile="docker/Dockerfile")
    files = sorted(ROOT / name for name in names if (ROOT / name).is_file())
    for needed in ("README.md", "LICENSE", "pyproject.toml", "orthanc.json"):
        if ROOT / needed not in files:
            raise HarnessError(f"{needed} is missing: the image cannot be built without it.")
    return files


def _fingerprint(base: str, inputs: list[Path]) -> str:
    digest = hashlib.sha256(base.encode())
    for path in inputs:
        executable = bool(path.stat().st_mode & 0o100)
        digest.update(f"\0{path.relative_to(ROOT)}\0{executable}\0".encode())
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def _context(inputs: list[Path]) -> io.BytesIO:
    """The build context, with the settings of this machine added to it."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for path in inputs:
            archive.add(path, str(path.relative_to(ROOT)), filter=_plain)
        for name, content in build_files().items():
            entry = tarfile.TarInfo(f"docker/build-settings/{name}")
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    buffer.seek(0)
    return buffer


def _plain(entry: tarfile.TarInfo) -> tarfile.TarInfo:
    # Owner, time and umask of this clone must not spoil the layer cache.
    entry.uid = entry.gid = 0
    entry.uname = entry.gname = ""
    entry.mtime = 0
    entry.mode = 0o755 if entry.mode & 0o100 else 0o644
    return entry


def _build(name: str, suite: str, dockerfile: str, fingerprint: str, inputs: list[Path]) -> None:
    messages = client().api.build(
        fileobj=_context(inputs),
        custom_context=True,
        dockerfile=dockerfile,
        tag=name,
        buildargs={"BASE": base_image.reference(suite), **build_arguments(os.environ)},
        labels={FINGERPRINT: fingerprint},
        rm=True,
        decode=True,
        timeout=1800,
    )
    recent: deque[str] = deque(maxlen=40)
    for message in messages:
        for line in str(message.get("stream", "")).splitlines():
            recent.append(line)
            if re.match(r"(\[\d+/\d+\] )?step .*: (RUN|COPY) ", line, re.IGNORECASE):
                say("  " + shorten(line, 110, placeholder=" ..."))
        if "error" in message:
            say("\n".join(recent))
            raise HarnessError(f"Building {name} failed: {str(message['error']).strip()}")


def _discard(image: str) -> None:
    try:
        client().images.remove(image)
    except Exception:  # noqa: BLE001 - still used by a container: `make clean` removes it
        return


if __name__ == "__main__":
    import sys

    try:
        for wanted in sys.argv[1:] or ["trixie"]:
            part = PARTS.get(wanted)
            print(ensure_helpers() if wanted == "helpers" else ensure_part(wanted, part) if part else ensure(wanted))
    except HarnessError as problem:
        sys.exit(str(problem))
