from __future__ import annotations

import pytest

from ..support.browser import recipient
from ..support.world import World

ORDINALS = ["0", "5", "99", "9" * 30, "9" * 5000, "-1", "1.0", "x", "1e1", "%31", "٩", "²", "1\n", " 1"]


@pytest.mark.parametrize("ordinal", ORDINALS)
def test_ordinals_outside_the_share_are_not_found(world: World, ordinal: str) -> None:
    browser = recipient(world)
    for rule in ("series/{}", "series/{}/thumbnail", "full-viewer/{}", "series/{}/images/1", "series/2/images/{}"):
        assert browser.get("/portal/" + rule.format(ordinal)).status == 404, rule
    assert world.reported == []


def test_series_without_pictures_have_no_viewer(world: World) -> None:
    browser = recipient(world)
    assert browser.get("/portal/series/3").status == 404
    assert browser.get("/portal/full-viewer/3").status == 404


def test_images_come_in_the_size_and_window_that_were_asked_for(world: World) -> None:
    browser = recipient(world)
    assert b"size=512 window=None" in browser.get("/portal/series/2/images/1").body
    answer = browser.get("/portal/series/2/images/3?size=1024&center=-600&width=1500")
    assert answer.header("content-type") == "image/jpeg"
    assert b"size=1024 window=Window(center=-600.0, width=1500.0)" in answer.body


@pytest.mark.parametrize(
    "query",
    [
        "size=",
        "size=500",
        "size=0512",
        "size=5120",
        "size=-512",
        "size=512.0",
        "center=1",
        "width=1",
        "center=x&width=1",
        "center=nan&width=1",
        "center=1&width=nan",
        "center=inf&width=1",
        "center=1&width=inf",
        "center=1&width=0",
        "center=1&width=-1",
        "center=1e300&width=1",
        "center=1&width=1e300",
        "center=&width=",
    ],
)
def test_sizes_and_windows_that_cannot_be_used_are_refused(world: World, query: str) -> None:
    answer = recipient(world).get(f"/portal/series/2/images/1?{query}")
    assert (answer.status, answer.header("content-type")) == (400, "text/plain; charset=utf-8")
    assert world.reported == []


def test_an_image_that_cannot_be_shown_does_not_hide_the_others(world: World) -> None:
    browser = recipient(world)
    world.archive.broken = True
    assert browser.get("/portal/series/2/images/1").status == 404
    thumbnail = browser.get("/portal/series/2/thumbnail")
    assert (thumbnail.status, thumbnail.header("content-type")) == (200, "image/svg+xml")
