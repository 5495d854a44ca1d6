from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from orthanc_plugin.domain.errors import Busy
from orthanc_plugin.domain.policy import Reason
from orthanc_plugin.domain.study import Level, ResourceName

from ..support.door import STAFF, image_of, reason, series_of
from ..support.studies import orthanc_id
from ..support.world import STAFF_USER, World, basic, build_world


@pytest.fixture
def session(world: World) -> dict[str, str]:
    """The cookie of a recipient of the world's own study."""
    return {"cookie": f"patient-share={world.session_of(world.share())}"}


NATIVE = [
    "/app/explorer.html",
    "/studies",
    "/patients",
    "/changes",
    "/tools/lookup",
    "/jobs",
    "/system",
    "/plugins",
    "/statistics",
    "/instances",
    "/wado",
    "/dicom-web/studies",
    "/modalities",
    "/exports",
    "/queries",
    "/portalx",
    "/unknown",
    "/web-viewer",
    "/patients/x/media",
    "/favicon.icox",
]


@pytest.mark.parametrize("path", [*NATIVE, "/portal\n"])
@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE", "?"])
def test_native_routes_are_for_staff_alone(world: World, session: dict[str, str], path: str, method: str) -> None:
    assert reason(world, path, {}, method) is Reason.NOT_SIGNED_IN
    assert reason(world, path, STAFF, method) is Reason.STAFF_EVERYWHERE
    assert reason(world, path, session, method) is Reason.NOT_FOR_RECIPIENTS
    wrong = {**session, "authorization": basic(STAFF_USER, "wrong")}
    assert reason(world, path, wrong, method) is Reason.NOT_SIGNED_IN


VIEWER_ROUTES = [
    "/web-viewer/series/{s}",
    "/web-viewer/is-stable-series/{s}",
    "/web-viewer/instances/jpeg95-{i}_0",
    "/web-viewer/instances/deflate-{i}_0",
    "/instances/{i}/file",
]


def viewer_paths(world: World, which: str) -> list[str]:
    return [route.format(s=series_of(world, which), i=image_of(world, which)) for route in VIEWER_ROUTES]


def test_a_recipient_reads_the_shared_study_through_the_viewer(world: World, session: dict[str, str]) -> None:
    for path in viewer_paths(world, "mine"):
        assert reason(world, path, session) is Reason.SHARE_OPEN
    assert reason(world, "/web-viewer/app/viewer.html", session, series=series_of(world, "mine")) is Reason.SHARE_OPEN


@pytest.mark.parametrize("which", ["sibling", "foreign"])
def test_a_recipient_reads_no_other_study_not_even_of_the_same_patient(
    world: World, session: dict[str, str], which: str
) -> None:
    for path in viewer_paths(world, which):
        assert reason(world, path, session) is Reason.OUTSIDE_SHARE


def test_a_recipient_reads_nothing_that_orthanc_does_not_know(world: World, session: dict[str, str]) -> None:
    unknown = orthanc_id("unknown")
    for route in VIEWER_ROUTES:
        assert reason(world, route.format(s=unknown, i=unknown), session) is Reason.OUTSIDE_SHARE


def test_an_identifier_of_another_level_is_an_unknown_one(world: World, session: dict[str, str]) -> None:
    for path in (f"/web-viewer/series/{image_of(world, 'mine')}", f"/instances/{world.mine.id}/file"):
        assert reason(world, path, session) is Reason.OUTSIDE_SHARE


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "?", "HEAD", "PATCH", "get"])
def test_a_recipient_may_only_read(world: World, session: dict[str, str], method: str) -> None:
    for path in [*viewer_paths(world, "mine"), "/web-viewer/app/viewer.html"]:
        assert reason(world, path, session, method) is Reason.NOT_FOR_RECIPIENTS


@pytest.mark.parametrize("tail", ["/", "\n", "//", "/x", "%2f"])
def test_another_spelling_of_a_viewers_route_is_refused(world: World, session: dict[str, str], tail: str) -> None:
    for path in viewer_paths(world, "mine"):
        assert reason(world, path + tail, session) is Reason.NOT_FOR_RECIPIENTS


def test_a_query_on_a_viewers_route_is_refused(world: World, session: dict[str, str]) -> None:
    for path in viewer_paths(world, "mine"):
        assert reason(world, path, session, transcode="1.2.840.10008.1.2.1") is Reason.NOT_FOR_RECIPIENTS


def test_anonymous_visitors_get_not_even_the_viewers_files_and_cost_no_look_up(world: World) -> None:
    for path in [*viewer_paths(world, "mine"), "/web-viewer/app/viewer.html", "/favicon.ico"]:
        assert reason(world, path, {}) is Reason.NOT_SIGNED_IN
        assert reason(world, path, {"cookie": "patient-share=guessed"}) is Reason.NOT_SIGNED_IN
    assert world.resolved == []


def test_without_a_viewer_no_native_route_is_open_to_recipients() -> None:
    world = build_world(viewers=False)
    cookie = {"cookie": f"patient-share={world.session_of(world.share())}"}
    for path in [*viewer_paths(world, "mine"), "/web-viewer/app/viewer.html"]:
        assert reason(world, path, cookie) is Reason.NOT_FOR_RECIPIENTS


def test_a_revoked_share_closes_native_routes_at_once(world: World) -> None:
    new = world.share()
    cookie = {"cookie": f"patient-share={world.session_of(new)}"}
    path = viewer_paths(world, "mine")[0]
    assert reason(world, path, cookie) is Reason.SHARE_OPEN
    world.services.manage_share.revoke(new.share.id, "reception")
    assert reason(world, path, cookie) is Reason.NOT_SIGNED_IN


def test_an_expired_share_closes_native_routes_in_the_very_second(world: World) -> None:
    new = world.share(days=1)
    world.clock.time = new.share.expires_at - 0.3
    cookie = {"cookie": f"patient-share={world.session_of(new)}"}
    path = viewer_paths(world, "mine")[0]
    assert reason(world, path, cookie) is Reason.SHARE_OPEN
    world.clock.advance(0.3)
    assert reason(world, path, cookie) is Reason.SHARE_EXPIRED


def test_parents_are_looked_up_once_and_unknown_ones_each_time(world: World, session: dict[str, str]) -> None:
    mine, unknown = viewer_paths(world, "mine")[0], f"/web-viewer/series/{orthanc_id('unknown')}"
    for _ in range(3):
        assert reason(world, mine, session) is Reason.SHARE_OPEN
    assert world.resolved == [ResourceName(Level.SERIES, series_of(world, "mine"))]
    world.resolved.clear()
    assert reason(world, unknown, session) is Reason.OUTSIDE_SHARE
    assert len(world.resolved) >= 1
    count = len(world.resolved)
    reason(world, unknown, session)
    assert len(world.resolved) > count


def test_what_is_remembered_of_parents_is_checked_against_each_share(world: World, session: dict[str, str]) -> None:
    path = viewer_paths(world, "mine")[0]
    assert reason(world, path, session) is Reason.SHARE_OPEN
    other = {"cookie": f"patient-share={world.session_of(world.share(world.sibling))}"}
    assert reason(world, path, other) is Reason.OUTSIDE_SHARE


def test_a_full_queue_is_a_refusal(world: World, session: dict[str, str]) -> None:
    def busy(work: Callable[[], Any]) -> Any:
        raise Busy

    world.gate = replace(world.gate, run=busy)
    assert reason(world, viewer_paths(world, "mine")[0], session) is Reason.BUSY
    assert reason(world, "/studies", session) is Reason.BUSY
    assert reason(world, "/studies", STAFF) is Reason.STAFF_EVERYWHERE


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_a_changing_request_that_another_site_made_staff_send_is_refused(world: World, method: str) -> None:
    host = {"host": "orthanc:8042"}
    for sign in ({"sec-fetch-site": "cross-site"}, {"origin": "http://evil.example"}, {"origin": "null"}):
        assert reason(world, "/studies/x", {**STAFF, **host, **sign}, method) is Reason.CROSS_SITE
    own = {**STAFF, **host, "sec-fetch-site": "same-origin"}
    assert reason(world, "/studies/x", own, method) is Reason.STAFF_EVERYWHERE
    assert reason(world, "/studies/x", {**STAFF, **host}, method) is Reason.STAFF_EVERYWHERE


def test_an_image_link_cannot_delete_a_study_for_staff(world: World) -> None:
    """As Orthanc's filter sees `<img src="/studies/x?_method=DELETE">` over plain HTTP: a DELETE without any query."""
    browser = {"host": "orthanc:8042", "user-agent": "Mozilla/5.0", "accept": "image/avif,*/*", "accept-language": "de"}
    assert reason(world, "/studies/x", {**STAFF, **browser}, "DELETE") is Reason.CROSS_SITE


def test_the_cookie_counts_under_its_exact_name_only(world: World) -> None:
    session_id = world.session_of(world.share())
    path = viewer_paths(world, "mine")[0]
    assert reason(world, path, {"cookie": f"__Host-patient-share={session_id}"}) is Reason.NOT_SIGNED_IN
    assert reason(world, path, {"cookie": f"patient-share={session_id}"}) is Reason.SHARE_OPEN


def test_pixels_that_would_end_orthanc_are_not_decoded_through_a_native_viewer(
    world: World, session: dict[str, str]
) -> None:
    instance = image_of(world, "mine")
    path = f"/web-viewer/instances/jpeg95-{instance}_0"
    world.undecodable.add(instance)
    assert reason(world, path, session) is Reason.UNSAFE_TO_DECODE
    # The list of the series' images needs no decoding, and staff know what they do.
    assert reason(world, f"/web-viewer/series/{series_of(world, 'mine')}", session) is Reason.SHARE_OPEN
    assert reason(world, path, STAFF) is Reason.STAFF_EVERYWHERE
    world.undecodable.clear()
    assert reason(world, path, session) is Reason.SHARE_OPEN
