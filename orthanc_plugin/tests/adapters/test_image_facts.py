from __future__ import annotations

from typing import Any

import pytest

from orthanc_plugin.adapters.image_facts import FrameTone, LutDescriptor, descriptor_text, number, read_facts
from orthanc_plugin.domain.study import Window

LITTLE_ENDIAN = "1.2.840.10008.1.2.1"


def tone(**tags: Any) -> FrameTone:
    return read_facts(tags, LITTLE_ENDIAN).tone(0)


def test_a_linear_window_ends_one_value_below_its_width() -> None:
    assert tone(WindowCenter="50", WindowWidth="20").window == Window(49.5, 19)
    assert tone(WindowCenter="50", WindowWidth="1").window == Window(49.5, 1e-3)
    for function in ("LINEAR_EXACT", "sigmoid "):
        exact = tone(WindowCenter="50", WindowWidth="0.5", VOILUTFunction=function)
        assert exact.window == Window(50, 0.5)
        assert exact.sigmoid is function.startswith("sig")


def test_each_frame_of_an_enhanced_image_has_its_own_values() -> None:
    def group(slope: str, center: str) -> dict[str, Any]:
        return {
            "PixelValueTransformationSequence": [{"RescaleSlope": slope, "RescaleIntercept": "5"}],
            "FrameVOILUTSequence": [{"WindowCenter": center, "WindowWidth": "11"}],
        }

    facts = read_facts(
        {
            "PerFrameFunctionalGroupsSequence": [group("2", "10"), {}, group("3", "20"), None],
            "SharedFunctionalGroupsSequence": [group("7", "70")],
            "WindowCenter": "1",
            "WindowWidth": "2",
        },
        LITTLE_ENDIAN,
    )
    assert facts.tone(0) == FrameTone(2, 5, Window(9.5, 10))
    assert facts.tone(1) == facts.tone(3) == FrameTone(7, 5, Window(69.5, 10))
    assert facts.tone(2) == FrameTone(3, 5, Window(19.5, 10))
    assert facts.tone(99) == facts.tone(0)


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        ({}, None),
        ({"FrameTime": "40"}, 40.0),
        ({"FrameTime": "40", "CineRate": "50"}, 20.0),
        ({"CineRate": "50", "RecommendedDisplayFrameRate": "10"}, 100.0),
        ({"FrameTimeVector": "0\\66\\67\\67"}, 67.0),
        ({"FrameTimeVector": "0"}, None),
        ({"FrameTimeVector": None, "FrameTime": "0"}, None),
        ({"FrameTime": "-5", "CineRate": "x"}, None),
        ({"FrameTime": "0.001"}, 10.0),
        ({"FrameTime": "600000"}, 5000.0),
    ],
)
def test_a_film_runs_as_recommended_else_as_it_was_taken(tags: dict[str, Any], expected: float | None) -> None:
    assert read_facts(tags, LITTLE_ENDIAN).frame_ms == expected


@pytest.mark.parametrize("value", [None, "", "x", "1\\2", "1\\2\\3\\4", "-5\\0\\8", "10\\0\\17", "10\\0\\0", [], {}])
def test_a_descriptor_that_describes_nothing_is_left_out(value: Any) -> None:
    assert read_facts({"VOILUTSequence": [{"LUTDescriptor": value}]}, LITTLE_ENDIAN).voi_lut is None


def test_a_descriptor_is_read_as_signed_as_the_pixels() -> None:
    tags: dict[str, Any] = {"ModalityLUTSequence": [{"LUTDescriptor": "0\\65526\\16"}]}
    assert read_facts(tags, LITTLE_ENDIAN).modality_lut == LutDescriptor(65536, 65526, 16)
    signed = read_facts({**tags, "PixelRepresentation": "1"}, LITTLE_ENDIAN)
    assert signed.modality_lut == LutDescriptor(65536, -10, 16)
    assert descriptor_text(b"\x00\x01\x00\x00\x10\x00") == "256\\0\\16"
    assert descriptor_text(b"\x00") == descriptor_text(None) == ""


NUMBERS = ["Rows", "Columns", "SamplesPerPixel", "BitsAllocated", "BitsStored", "PixelRepresentation", "NumberOfFrames"]
TEXTS = ["RescaleSlope", "RescaleIntercept", "WindowCenter", "WindowWidth", "VOILUTFunction", "FrameTime", "CineRate"]
SEQUENCES = [
    "PerFrameFunctionalGroupsSequence",
    "SharedFunctionalGroupsSequence",
    "VOILUTSequence",
    "ModalityLUTSequence",
]


@pytest.mark.parametrize("rubbish", ["", "x", None, [], {}, "1e999", "9" * 500, "-1", "\x00", "1" * 65])
def test_rubbish_in_any_tag_raises_nothing(rubbish: Any) -> None:
    names = [*NUMBERS, *TEXTS, *SEQUENCES]
    facts = read_facts(dict.fromkeys(names, rubbish), LITTLE_ENDIAN)
    assert facts.rows >= 0
    assert facts.frames >= 1
    assert facts.tone(0).slope != 0


@pytest.mark.parametrize(
    ("text", "expected"),
    [("1.", 1.0), ("-1024.", -1024.0), ("4.E2", 400.0), (".5", 0.5), ("3149567.5", 3149567.5), (".", None), ("", None)],
)
def test_decimal_strings_may_end_in_a_point(text: str, expected: float | None) -> None:
    assert number(text) == expected


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        ({}, 1.0),
        ({"PixelSpacing": "3\\1"}, 3.0),
        ({"ImagerPixelSpacing": "0.1\\0.2"}, 0.5),
        ({"PixelAspectRatio": "1\\2"}, 0.5),
        ({"PixelSpacing": "1\\1", "PixelAspectRatio": "1\\2"}, 1.0),
        ({"SharedFunctionalGroupsSequence": [{"PixelMeasuresSequence": [{"PixelSpacing": "2\\1"}]}]}, 2.0),
        ({"PixelSpacing": "1000\\1"}, 1.0),
        ({"PixelSpacing": "0\\1"}, 1.0),
        ({"PixelSpacing": "-3\\1"}, 1.0),
        ({"PixelAspectRatio": "x\\1"}, 1.0),
        ({"PixelSpacing": "1"}, 1.0),
    ],
)
def test_the_shape_of_pixels(tags: dict[str, Any], expected: float) -> None:
    assert read_facts(tags, LITTLE_ENDIAN).pixel_aspect == expected


def test_the_longest_edge_is_that_of_the_picture_with_square_pixels() -> None:
    sizes = {"Rows": "100", "Columns": "200"}
    assert read_facts(sizes, LITTLE_ENDIAN).longest_edge == 200
    assert read_facts({**sizes, "PixelSpacing": "3\\1"}, LITTLE_ENDIAN).longest_edge == 300
    assert read_facts({**sizes, "PixelSpacing": "1\\2"}, LITTLE_ENDIAN).longest_edge == 400


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        ({}, None),
        ({"PixelPaddingValue": "-2000"}, (-2000, -2000)),
        ({"PixelPaddingValue": "63536", "PixelRepresentation": "1"}, (-2000, -2000)),
        ({"PixelPaddingValue": "0", "PixelPaddingRangeLimit": "10"}, (0, 10)),
        ({"PixelPaddingRangeLimit": "10"}, None),
    ],
)
def test_values_that_stand_for_nothing(tags: dict[str, Any], expected: tuple[float, float] | None) -> None:
    assert read_facts(tags, LITTLE_ENDIAN).padding == expected


@pytest.mark.parametrize(("intercept", "first"), [("-1024", -1024), ("0", 64512)])
def test_a_table_of_voi_begins_below_zero_where_the_rescaled_values_do(intercept: str, first: int) -> None:
    voi = [{"LUTDescriptor": "4096\\64512\\16"}]
    facts = read_facts({"RescaleSlope": "1", "RescaleIntercept": intercept, "VOILUTSequence": voi}, LITTLE_ENDIAN)
    assert facts.voi_lut is not None and facts.voi_lut.first == first
