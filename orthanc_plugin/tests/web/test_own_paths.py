from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orthanc_plugin.settings import Role
from orthanc_plugin.web.own_paths import OwnPaths
from orthanc_plugin.web.routes import ROUTES

ALL = OwnPaths(Role.ALL)


def orthanc_hands_over(path: str, own: OwnPaths = ALL) -> bool:
    """Routing drops trailing slashes, then a pattern must match the whole path."""
    bare = path.rstrip("/") or "/"
    return any(re.fullmatch(pattern, bare) for pattern in own.patterns)


@pytest.mark.parametrize(
    "path", ["/", "/portal", "/portal/", "/portal/study", "/patient-share", "/robots.txt", "/portal//"]
)
def test_own_paths(path: str) -> None:
    assert ALL.include(path)


@pytest.mark.parametrize(
    "path",
    [
        "/portalx",
        "/portal.html",
        "/Portal",
        "/patient-shares",
        "/studies",
        "/robots.txt/x",
        "/app/portal/",
        "/portal\n",
        "/portal/x\n",
        "/\n",
        "portal",
        "/robotsatxt",
    ],
)
def test_native_paths(path: str) -> None:
    assert not ALL.include(path)


pieces = st.sampled_from(["/", "/portal", "/patient-share", "/robots.txt", "x", "\n", "/studies", "robots", ".", "\r"])


@given(st.lists(pieces, min_size=1, max_size=5).map("".join), st.sampled_from(Role))
def test_the_filter_and_orthancs_routing_agree_on_every_path(path: str, role: Role) -> None:
    own = OwnPaths(role)
    assert own.include(path) == orthanc_hands_over(path, own)


def test_a_portal_has_no_staff_routes_and_an_instance_for_staff_no_portal() -> None:
    for path in ("/patient-share", "/patient-share/api/v1/shares"):
        assert not OwnPaths(Role.PORTAL).include(path) and OwnPaths(Role.STAFF).include(path)
    for path in ("/portal", "/portal/study", "/portal/login"):
        assert not OwnPaths(Role.STAFF).include(path) and OwnPaths(Role.PORTAL).include(path)


@pytest.mark.parametrize("rule", sorted({route.rule for route in ROUTES}))
def test_every_route_of_the_table_is_handed_over(rule: str) -> None:
    assert orthanc_hands_over(re.sub(r"<[^>]*>", "1", rule))
