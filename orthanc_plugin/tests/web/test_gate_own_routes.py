from __future__ import annotations

import pytest

from orthanc_plugin.domain.policy import Reason
from orthanc_plugin.web.gate import LONGEST_BODY_FOR_OTHERS, LONGEST_BODY_FOR_STAFF

from ..support.door import STAFF, reason
from ..support.world import World


@pytest.fixture
def session(world: World) -> dict[str, str]:
    """The cookie of a recipient of the world's own study."""
    return {"cookie": f"patient-share={world.session_of(world.share())}"}


PATHS = [
    "/",
    "/portal",
    "/studies",
    "/system",
    "/web-viewer/app/viewer.html",
    "/nothing",
    "/patient-share/api/v1/shares",
]


@pytest.mark.parametrize("path", PATHS)
def test_nothing_passes_before_all_is_ready(world: World, session: dict[str, str], path: str) -> None:
    world.gate.ready = False
    for headers in ({}, STAFF, session):
        assert reason(world, path, headers) is Reason.NOT_READY


@pytest.mark.parametrize("path", PATHS)
def test_overrides_of_the_method_are_refused(world: World, session: dict[str, str], path: str) -> None:
    for headers in ({}, STAFF, session):
        assert reason(world, path, headers, _method="DELETE") is Reason.METHOD_OVERRIDE
        assert reason(world, path, headers, _method="") is Reason.METHOD_OVERRIDE
        overridden = {**headers, "x-http-method-override": "DELETE"}
        assert reason(world, path, overridden) is Reason.METHOD_OVERRIDE
        assert reason(world, path, overridden, "DELETE") is Reason.METHOD_OVERRIDE


@pytest.mark.parametrize("kind", ["multipart/form-data; boundary=x", "Multipart/Form-Data", " multipart/form-data;x"])
@pytest.mark.parametrize("path", ["/", "/portal/login", "/patient-share/api/v1/shares", "/portal/", "/robots.txt"])
def test_multipart_forms_are_refused_on_own_routes(world: World, path: str, kind: str) -> None:
    for headers in ({}, STAFF):
        assert reason(world, path, {**headers, "content-type": kind}, "POST") is Reason.MULTIPART


def test_staff_may_upload_multipart_forms_to_orthanc(world: World) -> None:
    assert (
        reason(world, "/instances", {**STAFF, "content-type": "multipart/form-data"}, "POST") is Reason.STAFF_EVERYWHERE
    )


@pytest.mark.parametrize(
    ("length", "anonymous", "staff"),
    [
        ("0", True, True),
        (str(LONGEST_BODY_FOR_OTHERS), True, True),
        (str(LONGEST_BODY_FOR_OTHERS + 1), False, True),
        (str(LONGEST_BODY_FOR_STAFF), False, True),
        (str(LONGEST_BODY_FOR_STAFF + 1), False, False),
        ("1" + "0" * 20, False, False),
        ("9" * 5000, False, False),
        ("-1", False, False),
        ("+1", False, False),
        ("1e3", False, False),
        ("²", False, False),
        (" 5", False, False),
        ("x", False, False),
    ],
)
def test_bodies_to_own_routes_are_limited(world: World, length: str, anonymous: bool, staff: bool) -> None:
    for headers, allowed in (({}, anonymous), (STAFF, staff)):
        found = reason(world, "/portal/login", {**headers, "content-length": length}, "POST")
        assert found is (Reason.OWN_ROUTE if allowed else Reason.BODY_TOO_LARGE)


def test_a_body_of_unknown_length_is_refused_on_own_routes(world: World) -> None:
    assert reason(world, "/portal/login", {"transfer-encoding": "chunked"}, "POST") is Reason.BODY_TOO_LARGE


def test_own_routes_pass_and_are_decided_where_they_are_known(world: World) -> None:
    for path in ("/", "/portal", "/portal/study", "/patient-share/api/v1/shares"):
        assert reason(world, path, {}) is Reason.OWN_ROUTE
    assert world.sessions.finds == 0
