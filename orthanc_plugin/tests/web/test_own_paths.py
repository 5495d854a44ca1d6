from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orthanc_plugin.web.own_paths import PATTERNS, is_own_path
from orthanc_plugin.web.routes import ROUTES


def orthanc_hands_over(path: str) -> bool:
    """Routing drops trailing slashes, then a pattern must match the whole path."""
    bare = path.rstrip("/") or "/"
    return any(re.fullmatch(pattern, bare) for pattern in PATTERNS)


@pytest.mark.parametrize(
    "path", ["/", "/portal", "/portal/", "/portal/study", "/patient-share", "/robots.txt", "/portal//"]
)
def test_own_paths(path: str) -> None:
    assert is_own_path(path)


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
    assert not is_own_path(path)


pieces = st.sampled_from(["/", "/portal", "/patient-share", "/robots.txt", "x", "\n", "/studies", "robots", ".", "\r"])


@given(st.lists(pieces, min_size=1, max_size=5).map("".join))
def test_the_filter_and_orthancs_routing_agree_on_every_path(path: str) -> None:
    assert is_own_path(path) == orthanc_hands_over(path)


@pytest.mark.parametrize("rule", sorted({route.rule for route in ROUTES}))
def test_every_route_of_the_table_is_handed_over(rule: str) -> None:
    assert orthanc_hands_over(re.sub(r"<[^>]*>", "1", rule))
