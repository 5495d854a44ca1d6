from __future__ import annotations

import io
import pickle
from typing import Any

import numpy as np
import pytest
from numpy.typing import ArrayLike
from PIL import Image

from orthanc_plugin.adapters import arrays, curve, picture
from orthanc_plugin.adapters.curve import Curve
from orthanc_plugin.domain.errors import ImageUnavailable
from orthanc_plugin.domain.study import Window

Pixels = np.ndarray[Any, np.dtype[Any]]


def npy(values: ArrayLike, dtype: str | None = None) -> bytes:
    file = io.BytesIO()
    np.save(file, np.asarray(values, dtype=dtype), allow_pickle=False)
    return file.getvalue()


def jpeg(data: bytes, size: int, window: Window | None, inverted: bool) -> bytes:
    return picture.jpeg(arrays.from_npy(data), size, Curve(inverted=inverted), window)


def test_a_lighter_picture_shows_the_same() -> None:
    noise = np.random.default_rng(1).integers(0, 4096, (128, 128)).astype(np.uint16)
    fine, brisk = (picture.jpeg(noise[:, :, None], 128, Curve(), Window(2048, 4096), brisk) for brisk in (False, True))
    assert len(brisk) < 0.85 * len(fine)
    assert np.corrcoef(shown(fine).ravel(), shown(brisk).ravel())[0, 1] > 0.95


def natural_window(data: bytes) -> Window:
    return curve.natural_window(arrays.from_npy(data), Curve())


def shown(data: bytes) -> Pixels:
    return np.asarray(Image.open(io.BytesIO(data)))


def flat_patches(values: list[float], dtype: str = "float32", side: int = 16) -> bytes:
    """Squares of one value each: JPEG keeps those as they are, so that single grey levels can be read."""
    return npy(np.repeat(np.repeat([values], side, axis=1), side, axis=0), dtype)


def levels(data: bytes, side: int = 16) -> list[int]:
    return [int(level) for level in shown(data)[side // 2, side // 2 :: side]]


def plain(value: float, window: Window) -> float:
    """The grey level of one pixel: the window's lower end is black, its upper end white, in between a straight line."""
    return min(max((value - (window.center - window.width / 2)) / window.width * 255, 0), 255)


WINDOWS = [Window(40, 400), Window(-600, 1500), Window(128, 256), Window(0.5, 1), Window(1000, 3), Window(-0.25, 0.01)]


@pytest.mark.parametrize("window", WINDOWS)
@pytest.mark.parametrize("inverted", [False, True])
def test_grey_levels_follow_the_window_pixel_by_pixel(window: Window, inverted: bool) -> None:
    steps = [-3.0, -1, -0.5, -0.4, -0.25, -0.1, 0, 0.1, 0.25, 0.4, 0.5, 1, 3]
    values = [window.center + step * window.width for step in steps]
    expected = [plain(value, window) for value in values]
    if inverted:
        expected = [255 - level for level in expected]
    got = levels(jpeg(flat_patches(values), 2048, window, inverted))
    assert max(abs(a - b) for a, b in zip(got, expected, strict=True)) <= 2


@pytest.mark.parametrize("dtype", ["uint8", "int16", "uint16", "int32", "uint32", "float32", "float64"])
def test_every_kind_of_number_is_windowed_alike(dtype: str) -> None:
    got = levels(jpeg(flat_patches([0, 25, 50, 75, 100, 120], dtype), 512, Window(50, 100), False))
    assert max(abs(a - b) for a, b in zip(got, [0, 64, 128, 191, 255, 255], strict=True)) <= 2


def test_black_and_white_change_places_in_monochrome1() -> None:
    assert levels(jpeg(flat_patches([0, 100]), 512, Window(50, 100), True)) == [255, 0]


def test_without_a_window_nearly_all_values_are_told_apart() -> None:
    values = np.linspace(-1000, 3000, 64 * 64, dtype=np.float32).reshape(64, 64)
    window = natural_window(npy(values))
    assert window is not None
    assert abs(window.center - 1000) < 5
    assert 3900 < window.width < 4000
    picture_shown = shown(jpeg(npy(values), 512, None, False))
    assert picture_shown.min() < 5
    assert picture_shown.max() > 250


def test_a_few_extreme_pixels_do_not_darken_the_picture() -> None:
    values = np.full((200, 200), 100.0, dtype=np.float32)
    values[:, 100:] = 200
    values[0, 0] = 65535
    window = natural_window(npy(values))
    assert window is not None
    assert window.width < 150


def test_a_picture_of_one_value_has_a_window() -> None:
    assert natural_window(npy(np.full((8, 8), 7.0))) == Window(7.0, 1.0)


@pytest.mark.parametrize("hole", [np.nan, np.inf, -np.inf])
def test_holes_in_the_pixels_do_not_matter(hole: float) -> None:
    values = np.full((32, 32), 50.0, dtype=np.float32)
    values[:16] = 100
    values[0, :8] = hole
    window = natural_window(npy(values))
    assert window is not None
    assert (window.center, window.width) == (75.0, 50.0)
    assert shown(jpeg(npy(values), 512, None, False)).shape == (32, 32)


@pytest.mark.parametrize("hole", [np.nan, np.inf, -np.inf])
def test_a_picture_of_nothing_but_holes_is_still_a_picture(hole: float) -> None:
    values = npy(np.full((32, 32), hole, dtype=np.float32))
    assert natural_window(values) is not None
    assert shown(jpeg(values, 512, None, False)).shape == (32, 32)


def test_colour_is_shown_as_it_is() -> None:
    values = np.zeros((32, 32, 3), dtype=np.uint8)
    values[:, :16] = (200, 100, 50)
    got = shown(jpeg(npy(values), 512, Window(1, 1), True))
    assert got.shape == (32, 32, 3)
    assert np.abs(got[16, 4].astype(int) - (200, 100, 50)).max() <= 6


def test_colour_of_sixteen_bits_is_brought_to_eight() -> None:
    values = np.zeros((32, 32, 3), dtype=np.uint16)
    values[:, :16] = (40000, 20000, 0)
    got = shown(jpeg(npy(values), 512, None, False))
    assert np.abs(got[16, 4].astype(int) - (255, 127, 0)).max() <= 8
    assert shown(jpeg(npy(values * 0), 512, None, False)).max() == 0


@pytest.mark.parametrize(
    ("height", "width", "size", "expected"),
    [(300, 600, 128, (64, 128)), (600, 300, 128, (128, 64)), (100, 100, 128, (100, 100)), (1, 5000, 128, (1, 128))],
)
def test_the_longer_edge_is_what_was_asked_for_and_nothing_is_enlarged(
    height: int, width: int, size: int, expected: tuple[int, int]
) -> None:
    assert shown(jpeg(npy(np.zeros((height, width), np.uint8)), size, Window(1, 2), False)).shape == expected


def test_one_channel_may_stand_in_a_third_dimension() -> None:
    assert shown(jpeg(npy(np.zeros((8, 9, 1), np.uint16)), 128, Window(1, 2), False)).shape == (8, 9)


def pickled() -> bytes:
    file = io.BytesIO()
    np.save(file, np.array([{"a": 1}], dtype=object), allow_pickle=True)
    return file.getvalue()


GOOD = npy(np.zeros((30, 30), np.float32))
BROKEN = {
    "empty": b"",
    "text": b"Not Found",
    "a JPEG": b"\xff\xd8\xff\xe0" + bytes(100),
    "a ZIP": b"PK\x03\x04" + bytes(100),
    "half a header": GOOD[:40],
    "half the pixels": GOOD[:-1],
    "another version": b"\x93NUMPY\x09" + GOOD[7:],
    "pickled objects": pickled(),
    "a bare pickle": pickle.dumps([1, 2, 3]),
    "no pixels": npy(np.zeros((0, 5))),
    "one dimension": npy(np.zeros(5)),
    "four dimensions": npy(np.zeros((2, 2, 2, 2))),
    "two channels": npy(np.zeros((4, 4, 2))),
    "four channels": npy(np.zeros((4, 4, 4))),
    "truth values": npy(np.ones((4, 4), bool)),
    "words": npy([["a", "b"]]),
    "complex numbers": npy(np.ones((4, 4), complex)),
    "dates": npy(np.zeros((4, 4), "datetime64[s]")),
}


@pytest.mark.parametrize("what", sorted(BROKEN))
def test_what_is_no_picture_is_unavailable(what: str) -> None:
    with pytest.raises(ImageUnavailable):
        jpeg(BROKEN[what], 512, None, False)
    with pytest.raises(ImageUnavailable):
        natural_window(BROKEN[what])


def test_a_pickle_is_never_run(monkeypatch: pytest.MonkeyPatch) -> None:
    class Trap:
        def __reduce__(self) -> tuple[Any, ...]:
            return (exec, ("raise SystemExit('the pickle was run')",))

    file = io.BytesIO()
    np.save(file, np.array([Trap()], dtype=object), allow_pickle=True)
    for data in (file.getvalue(), pickle.dumps(Trap())):
        with pytest.raises(ImageUnavailable):
            jpeg(data, 512, None, False)


def test_a_picture_too_large_for_any_examination_is_unavailable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(arrays, "MOST_PIXELS", 100)
    assert jpeg(npy(np.zeros((10, 10), np.uint8)), 128, None, False)
    with pytest.raises(ImageUnavailable):
        jpeg(npy(np.zeros((10, 31), np.uint8)), 128, None, False)


def test_a_header_that_promises_a_giant_is_unavailable() -> None:
    header = GOOD.replace(b"(30, 30)", b"(30, 9999999999)")[: len(GOOD)]
    with pytest.raises(ImageUnavailable):
        jpeg(header, 128, None, False)


@pytest.mark.parametrize(
    ("aspect", "size", "expected"),
    [(1.0, 512, (50, 100)), (2.0, 512, (100, 100)), (0.5, 512, (50, 200)), (8.0, 128, (128, 32))],
)
def test_oblong_pixels_are_stretched(aspect: float, size: int, expected: tuple[int, int]) -> None:
    pixels = np.zeros((50, 100, 1), np.uint8)
    data = picture.jpeg(pixels, size, Curve(), Window(1, 2), pixel_aspect=aspect)
    assert shown(data).shape[:2] == expected
    if size == 512:
        assert picture.screen(pixels, Curve(), Window(1, 2), aspect).shape == expected
