"""Where the look lives: templates and static files of viewer_theme/, cosmetic only."""

from __future__ import annotations

import hashlib
from pathlib import Path

_PACKAGE = Path(__file__).parent.parent


def theme_folder() -> Path:
    """The folder as it was installed with the package, or as it lies in a source tree."""
    installed = _PACKAGE / "viewer_theme"
    return installed if installed.is_dir() else _PACKAGE.parent / "viewer_theme"


_CONTENT_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".ico": "image/x-icon",
    ".woff2": "font/woff2",
}


class StaticFiles:
    """Every static file, read once at the start: a request can name only what is in the table."""

    def __init__(self, folder: Path) -> None:
        self._files: dict[str, tuple[bytes, str]] = {}
        digest = hashlib.sha256()
        for path in sorted(folder.rglob("*")):
            content_type = _CONTENT_TYPES.get(path.suffix)
            if path.is_file() and content_type:
                content = path.read_bytes()
                digest.update(content)
                self._files[path.relative_to(folder).as_posix()] = (content, content_type)
        # One version for all, since modules import one another by relative addresses.
        self.version = digest.hexdigest()[:12]

    def get(self, name: str) -> tuple[bytes, str] | None:
        """Content and content type of a file, or None."""
        return self._files.get(name)

    def url(self, name: str) -> str:
        """The address of a file; it changes whenever any file changes. KeyError for an unknown name."""
        self._files[name]
        return f"/portal/static/{self.version}/{name}"
