"""Stone Web Viewer (https://orthanc.uclouvain.be/book/plugins/stone-webviewer.html), on DICOMweb at its default root.

Left out on purpose: what names a patient; what searches (POST); whole instances and raw frames, since their Accept
header decides whether Orthanc transcodes, on a stack that is too small for it. Images are therefore the rendered ones.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping

from ..domain.study import Level, ResourceName, is_uid
from .native_viewer import FileRoute, Opening, ResourceRoute, ViewerRoute

_SAFE_NAME = r"[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*"
_PAGE = "/stone-webviewer/index.html"
_FILE = re.compile(rf"/stone-webviewer/(?:(?:css|img|js|webfonts)/)?{_SAFE_NAME}\.[a-z0-9]{{2,5}}")

_ROOT = "/dicom-web"
# Digits and full stops only: no list can hide in an identifier, whichever separator Orthanc knows.
_UID = r"[0-9.]{1,64}"
_SERIES = rf"{_ROOT}/studies/(?P<study>{_UID})/series/(?P<series>{_UID})"
_INSTANCE = rf"{_SERIES}/instances/(?P<instance>{_UID})"

_STUDY_KEY, _SERIES_KEY, _INSTANCE_KEY = "0020000D", "0020000E", "00080018"
_LEVELS = {_STUDY_KEY: Level.STUDY, _SERIES_KEY: Level.SERIES, _INSTANCE_KEY: Level.INSTANCE}
# Orthanc 1.12 hands the query over as it was sent, so a browser's spelling of the comma is accepted too.
_COMMA = r"(?:,|%2C)"
_NUMBER = r"-?[0-9]{1,7}(?:\.[0-9]{1,6})?(?:e[+-]?[0-9]{1,2})?"

# Path of a search (QIDO-RS) -> the identifiers that it may name; the study is always needed.
_SEARCHES = {
    f"{_ROOT}/studies": {_STUDY_KEY},
    f"{_ROOT}/series": {_STUDY_KEY, _SERIES_KEY},
    f"{_ROOT}/instances": {_STUDY_KEY, _SERIES_KEY, _INSTANCE_KEY},
}
_SEARCH_OPTIONS = {
    "includefield": re.compile(rf"[0-9A-F]{{8}}(?:{_COMMA}[0-9A-F]{{8}}){{0,15}}"),
    "limit": re.compile(r"1"),
}
# Orthanc allocates whatever `viewport` asks for: three digits are what thumbnails need.
_RENDERED_OPTIONS = {
    "viewport": re.compile(rf"[0-9]{{1,3}}{_COMMA}[0-9]{{1,3}}"),
    "window": re.compile(rf"{_NUMBER}{_COMMA}{_NUMBER}{_COMMA}linear"),
}
_RESOURCES: tuple[tuple[re.Pattern[str], Mapping[str, re.Pattern[str]]], ...] = (
    (re.compile(rf"{_SERIES}/metadata"), {}),
    (re.compile(rf"{_SERIES}/rendered"), _RENDERED_OPTIONS),
    (re.compile(rf"{_INSTANCE}/metadata"), {}),
    (re.compile(rf"{_INSTANCE}/frames/[1-9][0-9]{{0,4}}/rendered"), _RENDERED_OPTIONS),
)


class StoneWebViewer:
    """The exact routes that the viewer reads; fullmatch, since a path may hold a line break."""

    name = "Stone Web Viewer"
    key = "stone-web-viewer"
    # It searches for the study before it shows a series of it.
    needs_whole_study = True

    def missing(self, loaded_plugins: Collection[str]) -> str | None:
        """What the viewer still needs; None when it can be offered."""
        for plugin in ("stone-webviewer", "dicom-web"):
            if plugin not in loaded_plugins:
                return f"Orthanc has not loaded the plugin {plugin}"
        return None

    def entry(self, opening: Opening) -> str:
        """The page of one series."""
        return f"{_PAGE}?study={opening.study_uid}&series={opening.series_uid}"

    def route(self, path: str, query: Mapping[str, str]) -> ViewerRoute | None:
        """What the path addresses if the viewer needs it; None for everything else."""
        if path == _PAGE:
            # The page reads both in the browser; the server ignores them. `patient` and lists are never needed.
            return FileRoute() if set(query) <= {"study", "series"} and all(map(is_uid, query.values())) else None
        if _FILE.fullmatch(path):
            return None if query else FileRoute()
        if path in _SEARCHES:
            return _search(_SEARCHES[path], query)
        for pattern, options in _RESOURCES:
            found = pattern.fullmatch(path)
            if found:
                return _resources(found.groupdict(), query, options)
        return None


def _search(identifiers: Collection[str], query: Mapping[str, str]) -> ResourceRoute | None:
    named = {key: value for key, value in query.items() if key in identifiers}
    rest = {key: value for key, value in query.items() if key not in identifiers}
    if _STUDY_KEY not in named or not all(map(is_uid, named.values())) or not _allowed(rest, _SEARCH_OPTIONS):
        return None
    return ResourceRoute(tuple(ResourceName(_LEVELS[key], value, by_uid=True) for key, value in named.items()))


def _resources(
    named: Mapping[str, str], query: Mapping[str, str], options: Mapping[str, re.Pattern[str]]
) -> ResourceRoute | None:
    if not all(map(is_uid, named.values())) or not _allowed(query, options):
        return None
    levels = {"study": Level.STUDY, "series": Level.SERIES, "instance": Level.INSTANCE}
    names = tuple(ResourceName(levels[part], value, by_uid=True) for part, value in named.items())
    return ResourceRoute(names, decodes=options is _RENDERED_OPTIONS)


def _allowed(query: Mapping[str, str], options: Mapping[str, re.Pattern[str]]) -> bool:
    return all(key in options and options[key].fullmatch(value) for key, value in query.items())
