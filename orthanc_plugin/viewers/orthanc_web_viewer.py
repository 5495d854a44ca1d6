"""Orthanc Web Viewer, one series a page (https://orthanc.uclouvain.be/book/plugins/webviewer.html)."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping

from ..domain.study import ORTHANC_ID, Level, ResourceName
from .native_viewer import FileRoute, Opening, ResourceRoute, ViewerRoute

_ID = rf"(?P<id>{ORTHANC_ID})"
_SAFE_NAME = r"[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*"

_FILES = (
    re.compile(r"/web-viewer/app/(?:viewer\.html|viewer\.css|viewer\.js|jpeg-decoder\.js)"),
    re.compile(rf"/web-viewer/app/images/{_SAFE_NAME}"),
    re.compile(rf"/web-viewer/libs/{_SAFE_NAME}(?:/{_SAFE_NAME}){{0,3}}"),
    re.compile(r"/favicon\.ico"),
    re.compile(r"/app/images/favicon\.ico"),
)
_IMAGE = re.compile(rf"/web-viewer/instances/(?:jpeg[0-9]{{1,3}}|deflate)-{_ID}_[0-9]{{1,5}}")
_RESOURCES = (
    (Level.SERIES, re.compile(rf"/web-viewer/series/{_ID}")),
    (Level.SERIES, re.compile(rf"/web-viewer/is-stable-series/{_ID}")),
    (Level.INSTANCE, _IMAGE),
    # The toolbar's download button; no other query, since `transcode` would make Orthanc transcode on its HTTP thread.
    (Level.INSTANCE, re.compile(rf"/instances/{_ID}/file")),
)

# jQuery adds the time to requests that must not come from the browser's cache; the server ignores it.
_CACHE_BUSTER = re.compile(r"[0-9]{0,20}")


class OrthancWebViewer:
    """The exact routes that the viewer reads; fullmatch, since a path may hold a line break."""

    name = "Orthanc Web Viewer"
    key = "orthanc-web-viewer"
    needs_whole_study = False

    def missing(self, loaded_plugins: Collection[str]) -> str | None:
        """What the viewer still needs; None when it can be offered."""
        return None if "web-viewer" in loaded_plugins else "Orthanc has not loaded the plugin orthanc-webviewer"

    def entry(self, opening: Opening) -> str:
        """The page of one series."""
        return f"/web-viewer/app/viewer.html?series={opening.series_id}"

    def route(self, path: str, query: Mapping[str, str]) -> ViewerRoute | None:
        """What the path addresses if the viewer needs it; None for everything else."""
        if any(pattern.fullmatch(path) for pattern in _FILES):
            # The page reads `series` in the browser; the server ignores it. No other parameter is needed.
            return FileRoute() if set(query) <= {"series"} else None
        if not (set(query) <= {"_"} and _CACHE_BUSTER.fullmatch(query.get("_", ""))):
            return None
        for level, pattern in _RESOURCES:
            found = pattern.fullmatch(path)
            if found:
                return ResourceRoute((ResourceName(level, found["id"]),), decodes=pattern is _IMAGE)
        return None
