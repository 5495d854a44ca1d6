from __future__ import annotations

import dataclasses
import struct
from collections.abc import Callable

import pytest

from orthanc_plugin.domain.errors import ImageUnavailable
from orthanc_plugin.domain.study import ImageRef, Window
from orthanc_plugin.web import picture_batch

from ..support.browser import Browser, recipient
from ..support.studies import series, study
from ..support.world import World

Render = Callable[[ImageRef, int, Window | None, bool], bytes]


def unpack(body: bytes) -> list[bytes]:
    """The pictures of an answer; fails where a length does not fit."""
    pictures = []
    while body:
        (length,) = struct.unpack_from(">I", body)
        picture, body = body[4 : 4 + length], body[4 + length :]
        assert len(picture) == length
        pictures.append(picture)
    return pictures


@pytest.fixture
def browser(world: World) -> Browser:
    """The recipient of a share whose second series has 40 images."""
    world.archive.studies[world.mine.id] = study(
        "mine", series("Scout", number=1, instances=1), series("Axial", number=2, instances=40), accession="A-1"
    )
    return recipient(world)


def counting(world: World, monkeypatch: pytest.MonkeyPatch, render: Render | None = None) -> list[ImageRef]:
    """What the archive is asked to render from now on."""
    asked: list[ImageRef] = []
    original = render or world.archive.render

    def rendered(image: ImageRef, size: int, window: Window | None, brisk: bool = False) -> bytes:
        asked.append(image)
        return original(image, size, window, brisk)

    monkeypatch.setattr(world.archive, "render", rendered)
    return asked


def test_a_batch_is_what_single_images_are_in_a_lighter_form(browser: Browser) -> None:
    query = "size=1024&center=-600&width=1500"
    answer = browser.get(f"/portal/series/2/batch/5?count=3&{query}")
    assert (answer.status, answer.header("content-type")) == (200, "application/octet-stream")
    assert answer.header("cache-control") == "no-store"
    single = [browser.get(f"/portal/series/2/images/{number}?{query}").body for number in (5, 6, 7)]
    assert unpack(answer.body) == [b"light " + one for one in single]
    assert len(set(single)) == 3


@pytest.mark.parametrize(("first", "count", "expected"), [(1, 1, 1), (1, 16, 16), (38, 16, 3), (40, 2, 1)])
def test_a_batch_ends_with_the_series(browser: Browser, first: int, count: int, expected: int) -> None:
    assert len(unpack(browser.get(f"/portal/series/2/batch/{first}?count={count}").body)) == expected


def test_without_a_count_as_many_come_as_may(browser: Browser) -> None:
    assert len(unpack(browser.get("/portal/series/2/batch/1").body)) == picture_batch.MOST_PICTURES


@pytest.mark.parametrize(
    "count", ["0", "17", "-1", "1.0", "x", "", "01", "9" * 5000, "1e1", "%D9%A3", "%C2%B2", "1%0a", "%2B1", " 1", "1_0"]
)
def test_hostile_counts_are_refused(
    world: World, browser: Browser, monkeypatch: pytest.MonkeyPatch, count: str
) -> None:
    asked = counting(world, monkeypatch)
    answer = browser.get(f"/portal/series/2/batch/1?count={count}")
    assert (answer.status, answer.header("content-type")) == (400, "text/plain; charset=utf-8")
    assert asked == [] and world.reported == []


@pytest.mark.parametrize("query", ["size=500", "size=", "center=1", "center=nan&width=1", "width=-1&center=1"])
def test_sizes_and_windows_are_judged_as_for_single_images(browser: Browser, query: str) -> None:
    assert browser.get(f"/portal/series/2/batch/1?{query}").status == 400


@pytest.mark.parametrize("first", ["0", "41", "-1", "9" * 30, "9" * 5000, "1.0", "x", "²", "1\n"])
@pytest.mark.parametrize("place", ["2/batch/{}", "{}/batch/1"])
def test_what_is_outside_the_share_is_not_found(
    world: World, browser: Browser, monkeypatch: pytest.MonkeyPatch, place: str, first: str
) -> None:
    asked = counting(world, monkeypatch)
    assert browser.get("/portal/series/" + place.format(first)).status == 404
    assert asked == [] and world.reported == []


def test_a_series_that_was_left_out_has_no_batch(
    world: World, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert len(unpack(browser.get("/portal/series/2/batch/1").body)) == 16
    ((share_id, share),) = world.store.shares.items()
    left_out = frozenset({world.archive.studies[world.mine.id].series[1].id})
    world.store.shares[share_id] = dataclasses.replace(share, excluded_series=left_out)
    world.clock.advance(seconds=5)
    asked = counting(world, monkeypatch)
    assert browser.get("/portal/series/1/batch/1").status == 200
    assert browser.get("/portal/series/2/batch/1").status == 404
    assert left_out.isdisjoint(image.instance_id for image in asked) and len(asked) == 1


def test_a_damaged_image_does_not_hide_its_neighbours(
    world: World, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    original, damaged = world.archive.render, world.archive.images(world.archive.studies[world.mine.id].series[1].id)[2]

    def render(image: ImageRef, size: int, window: Window | None, brisk: bool) -> bytes:
        if image == damaged:
            raise ImageUnavailable
        return original(image, size, window, brisk)

    counting(world, monkeypatch, render)
    found = unpack(browser.get("/portal/series/2/batch/1?count=5").body)
    assert [bool(picture) for picture in found] == [True, True, False, True, True]


def test_a_batch_stays_below_its_bytes(world: World, browser: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    counting(world, monkeypatch, lambda _image, _size, _window, _brisk: b"x" * 100_000)
    body = browser.get("/portal/series/2/batch/1").body
    assert len(unpack(body)) == 5
    assert len(body) <= picture_batch.MOST_BYTES


def test_one_picture_comes_however_large_it_is(world: World, browser: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = counting(world, monkeypatch, lambda _image, _size, _window, _brisk: b"x" * 2 * picture_batch.MOST_BYTES)
    assert len(unpack(browser.get("/portal/series/2/batch/1").body)) == 1
    assert len(asked) == 2


def test_a_batch_takes_no_worker_for_long(world: World, browser: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    def slowly(image: ImageRef, _size: int, _window: Window | None, _brisk: bool) -> bytes:
        world.clock.advance(seconds=0.1)
        return image.instance_id.encode()

    asked = counting(world, monkeypatch, slowly)
    assert len(unpack(browser.get("/portal/series/2/batch/1").body)) == 3
    assert len(asked) == 3


def test_a_batch_takes_even_less_while_others_wait(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def slowly(image: ImageRef, _size: int, _window: Window | None, _brisk: bool) -> bytes:
        world.clock.advance(seconds=0.03)
        return image.instance_id.encode()

    world.services = dataclasses.replace(world.services, crowded=lambda: True)
    counting(world, monkeypatch, slowly)
    assert len(unpack(recipient(world).get("/portal/series/2/batch/1").body)) == 2


@pytest.mark.parametrize("how", ["revoked", "expired"])
def test_the_batch_of_a_closed_share_is_refused(world: World, how: str) -> None:
    browser, new = Browser(world), world.share()
    browser.log_in(new.code.grouped, new.password.grouped)
    assert browser.get("/portal/series/2/batch/1").status == 200
    world.close(new, how)
    assert browser.get("/portal/series/2/batch/1").status == 403
