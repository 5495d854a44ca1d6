"""The edges of the product's own area, with patterns read as Orthanc's engine reads them: `.` takes a line break."""

from __future__ import annotations

import re
from dataclasses import FrozenInstanceError

import pytest

from orthanc_plugin.settings import Role
from orthanc_plugin.web.own_paths import API, STAFF, OwnPaths
from orthanc_plugin.web.routes import ROUTES

ALL = OwnPaths(Role.ALL)


def handed_over(path: str) -> bool:
    return any(re.fullmatch(pattern, path, re.DOTALL) for pattern in ALL.patterns)


@pytest.mark.parametrize("path", ["/robotsatxt", "/robots.txt\n", "/portal/\n", "/portal/a\nb", "/patient-share/x\n"])
def test_what_looks_alike_is_neither_handed_over_nor_own(path: str) -> None:
    assert not handed_over(path)
    assert not ALL.include(path)


@pytest.mark.parametrize("path", ["/", "/robots.txt", "/portal", "/portal/x", "/portal/\r", "/patient-share/x/y"])
def test_what_is_own_is_handed_over(path: str) -> None:
    assert handed_over(path)
    assert ALL.include(path)


@pytest.mark.parametrize("path", ["/portalX", "/robots.txtX", "/X", "/portal/X", "/patient-shareXX"])
def test_only_slashes_are_dropped_at_the_end(path: str) -> None:
    assert ALL.include(path) is handed_over(path)
    assert ALL.include(path + "//") is handed_over(path)


def test_the_staff_api_lies_where_its_routes_are() -> None:
    assert {r.rule for r in ROUTES if r.rule.endswith("/shares")} == {f"{API}/shares", f"{STAFF}/shares"}
    with pytest.raises(FrozenInstanceError):
        ALL.role = Role.STAFF  # type: ignore[misc]
