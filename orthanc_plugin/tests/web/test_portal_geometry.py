from __future__ import annotations

import dataclasses
import json
from collections.abc import Sequence

import pytest

from orthanc_plugin.domain.geometry import ImageGeometry, Plane, Spacing
from orthanc_plugin.domain.study import ImageRef

from ..support.browser import recipient
from ..support.world import World


def with_geometry(world: World, frames: dict[str, str]) -> World:
    """Each series has places 0, 2, 4 … mm; `frames` names the frame of reference of a series by its id."""

    def geometry(series_id: str, images: Sequence[ImageRef]) -> Sequence[ImageGeometry]:
        frame = frames.get(series_id, "")
        return [
            ImageGeometry(
                Spacing(0.5, 0.25), ("R", "L", "A", "P"), Plane((1, 0, 0), (0, 1, 0), 2.0 * place, frame), 512, 256
            )
            for place, _ in enumerate(images)
        ]

    world.services = dataclasses.replace(world.services, geometry=geometry)
    return world


def test_images_share_what_they_have_in_common(world: World) -> None:
    answer = recipient(with_geometry(world, {})).get("/portal/series/2/geometry")
    assert json.loads(answer.body) == {
        "kinds": [
            {"columns": 512, "rows": 256, "edges": ["R", "L", "A", "P"], "spacing": [0.25, 0.5], "detector": False}
        ],
        "images": [[0, 0.0], [0, 2.0], [0, 4.0]],
    }


def test_no_identifier_is_told(world: World) -> None:
    series = world.mine.ordered_series[1]
    body = recipient(with_geometry(world, {series.id: "1.2.3.4"})).get("/portal/series/2/geometry").body
    assert b"1.2.3.4" not in body and series.id.encode() not in body


@pytest.mark.parametrize("address", ["/portal/series/9/geometry", "/portal/compare/1/9", "/portal/compare/3/1"])
def test_nothing_outside_the_share_and_nothing_without_pictures(world: World, address: str) -> None:
    assert recipient(with_geometry(world, {})).get(address).status == 404


@pytest.mark.parametrize(("frames", "same"), [(("1.2", "1.2"), True), (("1.2", "1.3"), False), (("", ""), False)])
def test_places_are_compared_only_where_they_can_be(world: World, frames: tuple[str, str], same: bool) -> None:
    one, other = world.mine.ordered_series[:2]
    page = recipient(with_geometry(world, {one.id: frames[0], other.id: frames[1]})).get("/portal/compare/1/2")
    assert (b'data-same-space="1"' in page.body) is same


def test_only_the_viewer_beside_another_may_be_framed(world: World) -> None:
    browser = recipient(with_geometry(world, {}))
    alone, beside = browser.get("/portal/series/2"), browser.get("/portal/series/2?beside=1")
    assert alone.header("x-frame-options") == "DENY"
    assert "frame-ancestors 'none'" in alone.header("content-security-policy")
    assert beside.header("x-frame-options") == "SAMEORIGIN"
    assert beside.header("content-security-policy") == alone.header("content-security-policy").replace(
        "frame-ancestors 'none'", "frame-ancestors 'self'"
    )
    # What logs out, or leads elsewhere, is on the page around it.
    assert b"/portal/logout" not in beside.body and b"/portal/logout" in alone.body
