"""Where the look lives: templates and static files of viewer_theme/, cosmetic only."""

from __future__ import annotations

import gzip
import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from .own_paths import PORTAL

_PACKAGE = Path(__file__).parent.parent


def theme_folder() -> Path:
    """The folder as it was installed with the package, or as it lies in a source tree."""
    installed = _PACKAGE / "viewer_theme"
    return installed if installed.is_dir() else _PACKAGE.parent / "viewer_theme"


_COMMENT = re.compile(rb"/\*.*?\*/\s*", re.DOTALL)
_CONTENT_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".ico": "image/x-icon",
    ".woff2": "font/woff2",
}


def explorer_script() -> str:
    """The JavaScript by which Orthanc Explorer leads to the staff's pages."""
    return (theme_folder() / "explorer.js").read_text(encoding="utf-8")


@dataclass(frozen=True)
class StaticFile:
    """A file in the two forms in which it is sent; `compressed` (gzip) is None where that saves nothing."""

    content: bytes
    content_type: str
    compressed: bytes | None


class StaticFiles:
    """Every static file, read once at the start: a request can name only what is in the table."""

    def __init__(self, folder: Path, own: Mapping[str, bytes] | None = None) -> None:
        """`own` holds files of the practice by their names."""
        self._files: dict[str, StaticFile] = {}
        digest = hashlib.sha256()
        for path in sorted(folder.rglob("*")):
            content_type = _CONTENT_TYPES.get(path.suffix)
            if path.is_file() and content_type:
                content = path.read_bytes()
                if path.suffix == ".css":
                    # Written for us, not for a phone on a slow line.
                    content = _COMMENT.sub(b"", content)
                digest.update(content)
                self._files[path.relative_to(folder).as_posix()] = _file(content, content_type)
        for name, content in (own or {}).items():
            digest.update(content)
            self._files[name] = _file(content, _CONTENT_TYPES[Path(name).suffix])
        # One version for all, since modules import one another by relative addresses.
        self.version = digest.hexdigest()[:12]

    def get(self, name: str) -> StaticFile | None:
        """The file with this name, or None."""
        return self._files.get(name)

    @property
    def names(self) -> Sequence[str]:
        """The names of all files."""
        return sorted(self._files)

    def url(self, name: str, area: str = PORTAL) -> str:
        """The address of a file; it changes whenever any file changes. KeyError for an unknown name.

        `area` is where the page itself lies: an instance for staff alone has no portal.
        """
        self._files[name]
        return f"{area}/static/{self.version}/{name}"


def _file(content: bytes, content_type: str) -> StaticFile:
    # Once, at the start, and so as small as can be; without a time, so that the same file is the same bytes.
    compressed = gzip.compress(content, 9, mtime=0)
    return StaticFile(content, content_type, compressed if len(compressed) < len(content) else None)
