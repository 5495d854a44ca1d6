from __future__ import annotations

import io
from typing import Any

import numpy as np
import pytest
from PIL import Image

from orthanc_plugin.adapters.orthanc_archive import OrthancArchive
from orthanc_plugin.domain.errors import ImageUnavailable
from orthanc_plugin.domain.study import ImageRef, Window

from ..support.clock import MovableClock
from ..support.rest import IMAGE, PIXELS, SERIES, STUDY, TAGS, TAGS_PATH, FakeRest, npy
from ..support.studies import orthanc_id


def test_images_are_listed_frame_by_frame_in_orthancs_order(archive: OrthancArchive) -> None:
    frames = [("x", 0), ("y", 0), ("y", 1), ("y", 2), ("z", 2), ("z", 3)]
    assert list(archive.images(SERIES)) == [ImageRef(*frame) for frame in frames]
    assert list(archive.images(orthanc_id("unknown"))) == []


def test_studies_and_lists_of_images_are_remembered_for_three_seconds(
    archive: OrthancArchive, rest: FakeRest, clock: MovableClock
) -> None:
    for _ in range(5):
        archive.study(STUDY), archive.images(SERIES)
    assert len(rest.asked) == 5
    clock.advance(3.1)
    rest.answers.clear()
    assert archive.study(STUDY) is None
    assert list(archive.images(SERIES)) == []


def test_an_image_is_shown_in_its_own_window_first(archive: OrthancArchive) -> None:
    appearance = archive.appearance(IMAGE)
    assert (appearance.window, appearance.inverted, appearance.longest_edge) == (Window(49.5, 99), False, 9)


@pytest.mark.parametrize(
    ("center", "width", "window"),
    [
        ("40\\300", "400\\1500", Window(39.5, 399)),
        (" 40 ", "400", Window(39.5, 399)),
        ("-600.5", "1.5e3", Window(-601, 1499)),
    ],
)
def test_the_first_of_several_windows_counts(
    archive: OrthancArchive, rest: FakeRest, center: str, width: str, window: Window
) -> None:
    rest.answers[TAGS_PATH] = {**TAGS, "WindowCenter": center, "WindowWidth": width}
    assert archive.appearance(IMAGE).window == window


@pytest.mark.parametrize(
    ("center", "width"),
    [
        ("", ""),
        ("x", "1"),
        ("1", "0"),
        ("1", "-5"),
        ("1", "0.2"),
        ("nan", "1"),
        ("1", "inf"),
        ("1e300", "1"),
        ("1", None),
        ("40", "\\400"),
        ([], {}),
        (None, None),
    ],
)
def test_an_unusable_window_is_replaced_by_one_that_fits_the_pixels(
    archive: OrthancArchive, rest: FakeRest, center: Any, width: Any
) -> None:
    rest.answers[TAGS_PATH] = {**TAGS, "WindowCenter": center, "WindowWidth": width}
    assert archive.appearance(IMAGE).window == Window(50, 100)


def test_white_is_low_in_monochrome1(archive: OrthancArchive, rest: FakeRest) -> None:
    tags = {**TAGS, "PhotometricInterpretation": " monochrome1 "}
    rest.answers[TAGS_PATH] = tags
    rest.answers[PIXELS] = npy(np.zeros((16, 16)))
    assert archive.appearance(IMAGE).inverted
    assert np.asarray(Image.open(io.BytesIO(archive.render(IMAGE, 128, Window(50, 100))))).min() == 255


def test_colour_has_no_window(archive: OrthancArchive, rest: FakeRest) -> None:
    rest.answers[TAGS_PATH] = {**TAGS, "PhotometricInterpretation": "RGB"}
    assert archive.appearance(IMAGE).window is None


def test_the_window_that_is_asked_for_wins(archive: OrthancArchive, rest: FakeRest) -> None:
    rest.answers[PIXELS] = npy(np.full((16, 16), 100.0))
    own = np.asarray(Image.open(io.BytesIO(archive.render(IMAGE, 128, None))))
    asked = np.asarray(Image.open(io.BytesIO(archive.render(IMAGE, 128, Window(1000, 100)))))
    assert (own.max(), asked.max()) == (255, 0)


@pytest.mark.parametrize("fault", [None, OSError("cannot decode"), b"rubbish", b""])
def test_pixels_that_cannot_be_had_make_the_image_unavailable(
    archive: OrthancArchive, rest: FakeRest, fault: Any
) -> None:
    rest.answers[PIXELS] = fault
    with pytest.raises(ImageUnavailable):
        archive.render(IMAGE, 128, None)


@pytest.mark.parametrize("fault", [None, OSError("gone")])
def test_tags_that_cannot_be_had_make_the_image_unavailable(
    archive: OrthancArchive, rest: FakeRest, fault: Any
) -> None:
    rest.answers[TAGS_PATH] = fault
    with pytest.raises(ImageUnavailable):
        archive.render(IMAGE, 128, None)
    with pytest.raises(ImageUnavailable):
        archive.appearance(IMAGE)


def test_a_failing_server_is_not_a_missing_study(archive: OrthancArchive, rest: FakeRest) -> None:
    rest.answers[f"/studies/{STUDY}"] = OSError("database locked")
    with pytest.raises(OSError, match="locked"):
        archive.study(STUDY)


def test_images_are_decoded_and_never_transcoded(archive: OrthancArchive, rest: FakeRest) -> None:
    archive.render(IMAGE, 128, None)
    assert all("transcode" not in path and "/file" not in path for path in rest.asked)


def test_a_series_has_no_more_images_than_anybody_looks_at(archive: OrthancArchive, rest: FakeRest) -> None:
    rest.answers[f"/series/{SERIES}/ordered-slices"] = {"SlicesShort": [["x", 0, 30_000]]}
    assert len(archive.images(SERIES)) == 20_000


def test_a_syntax_that_nobody_here_decodes_reaches_no_decoder(archive: OrthancArchive, rest: FakeRest) -> None:
    for syntax in (b"1.2.840.10008.1.2.4.102", b"1.2.840.10008.1.2.4.201", b"", b"\xff"):
        other = OrthancArchive(rest, lambda: 0.0)
        rest.answers[PIXELS.split("/frames")[0] + "/metadata/TransferSyntax"] = syntax
        rest.asked.clear()
        with pytest.raises(ImageUnavailable):
            other.render(IMAGE, 128, None)
        assert not any("/frames/" in path for path in rest.asked)


def test_one_bit_a_pixel_is_not_shown_wrongly(archive: OrthancArchive, rest: FakeRest) -> None:
    assert archive.render(IMAGE, 64, None)
    rest.answers[TAGS_PATH] = {**TAGS, "BitsAllocated": "1", "BitsStored": "1"}
    fresh = OrthancArchive(rest, lambda: 0.0)
    with pytest.raises(ImageUnavailable):
        fresh.render(IMAGE, 64, None)
