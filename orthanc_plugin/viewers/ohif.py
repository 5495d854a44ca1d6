"""OHIF Viewer (https://ohif.org), from the files that `docker/ohif.py` installs into a folder.

Its page and its files are routes of the product's own (web/portal_ohif.py), and so is the one document that tells it
what to show. Only the images are read from Orthanc directly.
"""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

from ..domain.study import ORTHANC_ID, Level, ResourceName
from .native_viewer import Opening, ResourceRoute, ViewerRoute

MANIFEST = "patient-share.json"
_FORMAT = 1
_ROOT = "/portal/ohif"
_VERSION = re.compile(r"[0-9a-z.-]{1,40}")
_IMAGE = re.compile(rf"/instances/(?P<id>{ORTHANC_ID})/file")
_DOCUMENT = re.compile(r"/portal/series/[1-9][0-9]{0,4}/ohif\.json")
_CONTENT_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
    ".wasm": "application/wasm",
    ".woff2": "font/woff2",
}


@dataclass(frozen=True)
class OhifFile:
    """A file as it is sent; `encoding` is the Content-Encoding or empty."""

    content: bytes
    content_type: str
    encoding: str


class Ohif:
    """What is installed in `folder`; nothing until `missing` has looked."""

    name = "OHIF Viewer"
    key = "ohif"
    needs_whole_study = False

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._files: frozenset[str] = frozenset()
        # Changes with every change of the files, so that browsers may keep them.
        self.version = ""

    def missing(self, loaded_plugins: Collection[str]) -> str | None:  # noqa: ARG002 - it needs no plugin
        """What the viewer still needs; None when it can be offered."""
        try:
            manifest = json.loads((self._folder / MANIFEST).read_text(encoding="utf-8"))
            if manifest["format"] != _FORMAT or not _VERSION.fullmatch(manifest["version"]):
                return f"{self._folder} was written by another version of the installer; install OHIF again"
            files = frozenset(str(name) for name in manifest["files"])
        except (OSError, ValueError, KeyError, TypeError):
            return f"{self._folder} holds no OHIF that docker/ohif.py has installed"
        lost = sorted(name for name in files if not _is_plain(name) or not (self._folder / (name + ".gz")).is_file())
        if lost or "index.html" not in files:
            return f"{self._folder} is not complete; install OHIF again"
        self._files, self.version = files, manifest["version"]
        return None

    def entry(self, opening: Opening) -> str:
        """The page, which is told by ordinal where the document of the series is."""
        return f"{_ROOT}/{self.version}/basic?url=/portal/series/{opening.ordinal}/ohif.json"

    def route(self, path: str, query: Mapping[str, str]) -> ViewerRoute | None:
        """The file of an image as it was stored; any query could make Orthanc transcode."""
        found = _IMAGE.fullmatch(path)
        if found is None or query:
            return None
        return ResourceRoute((ResourceName(Level.INSTANCE, found["id"]),))

    def file(self, version: str, name: str, compressed: bool) -> OhifFile | None:
        """A file by its name; with `compressed` as gzip. None for everything that was not installed."""
        if version != self.version or name not in self._files:
            return None
        try:
            content = (self._folder / (name + ".gz")).read_bytes()
        except OSError:
            return None
        content_type = _CONTENT_TYPES.get(Path(name).suffix, "application/octet-stream")
        if compressed:
            return OhifFile(content, content_type, "gzip")
        return OhifFile(gzip.decompress(content), content_type, "")

    def page(self, version: str, query: Mapping[str, str], compressed: bool) -> OhifFile | None:
        """The page itself: the viewer reads its query, so nothing but one of our documents may stand there."""
        if set(query) != {"url"} or not _DOCUMENT.fullmatch(query["url"]):
            return None
        return self.file(version, "index.html", compressed)


def _is_plain(name: str) -> bool:
    parts = name.split("/")
    return not name.startswith("/") and "\\" not in name and all(part not in ("", ".", "..") for part in parts)
