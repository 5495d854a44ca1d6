"""Where an image lies, and how large its pixels are."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orthanc_plugin.domain.geometry import ImageGeometry, Spacing, image_geometry

AXIAL = {"ImageOrientationPatient": "1\\0\\0\\0\\1\\0", "ImagePositionPatient": "-100\\-120\\35.5"}


@pytest.mark.parametrize(
    ("orientation", "edges"),
    [
        ("1\\0\\0\\0\\1\\0", ("R", "L", "A", "P")),
        ("1\\0\\0\\0\\0\\-1", ("R", "L", "H", "F")),
        ("0\\1\\0\\0\\0\\-1", ("A", "P", "H", "F")),
        ("-1\\0\\0\\0\\1\\0", ("L", "R", "A", "P")),
        ("0.8\\0.6\\0\\0\\0\\-1", ("RA", "LP", "H", "F")),
        ("0.98\\0.199\\0\\0\\0\\-1", ("R", "L", "H", "F")),
    ],
)
def test_letters_at_the_edges(orientation: str, edges: tuple[str, ...]) -> None:
    assert image_geometry({"ImageOrientationPatient": orientation}, 0).edges == edges


def test_letters_of_a_projection_are_taken_from_the_image() -> None:
    assert image_geometry({"PatientOrientation": "L\\F"}, 0).edges == ("R", "L", "H", "F")
    assert image_geometry({"PatientOrientation": "A\\FR"}, 0).edges == ("P", "A", "HL", "FR")


@pytest.mark.parametrize("nonsense", ["", "L", "L\\", "X\\F", "<b>\\F", "1\\2\\3", "LPH\\F"])
def test_unreadable_letters_are_left_out(nonsense: str) -> None:
    assert image_geometry({"PatientOrientation": nonsense}, 0).edges is None


def test_place_along_the_normal() -> None:
    plane = image_geometry(AXIAL, 0).plane
    assert plane is not None and plane.place == pytest.approx(35.5) and plane.normal == (0, 0, 1)


def test_places_compare_within_one_frame_of_reference_and_parallel_planes() -> None:
    def plane(**tags: str) -> Any:
        return image_geometry({**AXIAL, "FrameOfReferenceUID": "1.2", **tags}, 0).plane

    assert plane().is_beside(plane(ImagePositionPatient="0\\0\\0"))
    assert not plane().is_beside(plane(FrameOfReferenceUID="1.3"))
    assert not plane(FrameOfReferenceUID="").is_beside(plane(FrameOfReferenceUID=""))
    assert not plane().is_beside(plane(ImageOrientationPatient="0\\1\\0\\0\\0\\-1"))


def test_spacing_of_sections_and_of_projections() -> None:
    assert image_geometry({"PixelSpacing": "0.5\\0.25"}, 0).spacing == Spacing(0.5, 0.25)
    assert image_geometry({"ImagerPixelSpacing": "0.1\\0.1"}, 0).spacing == Spacing(0.1, 0.1, at_detector=True)
    copied = {"ImagerPixelSpacing": "0.1\\0.1", "PixelSpacing": "0.1\\0.1"}
    assert image_geometry(copied, 0).spacing == Spacing(0.1, 0.1, at_detector=True)
    corrected = {"ImagerPixelSpacing": "0.1\\0.1", "PixelSpacing": "0.09\\0.09"}
    assert image_geometry(corrected, 0).spacing == Spacing(0.09, 0.09)


@pytest.mark.parametrize("nonsense", ["0\\0", "-1\\-1", "nan\\1", "inf\\inf", "1", "1\\2\\3", "a\\b", "1e9\\1e9"])
def test_spacing_that_cannot_be_is_left_out(nonsense: str) -> None:
    assert image_geometry({"PixelSpacing": nonsense}, 0).spacing is None


def test_ultrasound_has_a_scale_only_where_it_is_one() -> None:
    region = {
        "PhysicalUnitsXDirection": "3",
        "PhysicalUnitsYDirection": "3",
        "RegionSpatialFormat": "1",
        "PhysicalDeltaX": "0.02",
        "PhysicalDeltaY": "0.03",
    }
    assert image_geometry({"SequenceOfUltrasoundRegions": [region]}, 0).spacing == Spacing(0.3, 0.2)
    assert image_geometry({"SequenceOfUltrasoundRegions": [region, region]}, 0).spacing is None
    seconds = {**region, "PhysicalUnitsXDirection": "4"}
    assert image_geometry({"SequenceOfUltrasoundRegions": [seconds]}, 0).spacing is None


def test_frames_of_an_enhanced_image_have_places_of_their_own() -> None:
    def frame(z: int) -> dict[str, Any]:
        return {"PlanePositionSequence": [{"ImagePositionPatient": f"0\\0\\{z}"}]}

    tags = {
        "Rows": "64",
        "Columns": "32",
        "SharedFunctionalGroupsSequence": [
            {
                "PixelMeasuresSequence": [{"PixelSpacing": "2\\1"}],
                "PlaneOrientationSequence": [{"ImageOrientationPatient": "1\\0\\0\\0\\1\\0"}],
            }
        ],
        "PerFrameFunctionalGroupsSequence": [frame(5), frame(7)],
    }
    second = image_geometry(tags, 1)
    assert second.plane is not None and second.plane.place == 7
    assert (second.spacing, second.rows, second.columns) == (Spacing(2, 1), 64, 32)
    assert image_geometry(tags, 2).plane is None


_NAMES = st.sampled_from(
    [
        "ImageOrientationPatient",
        "ImagePositionPatient",
        "PixelSpacing",
        "ImagerPixelSpacing",
        "PatientOrientation",
        "Rows",
        "PerFrameFunctionalGroupsSequence",
        "SharedFunctionalGroupsSequence",
        "PixelMeasuresSequence",
        "SequenceOfUltrasoundRegions",
        "PhysicalDeltaX",
    ]
)
_ANY = st.recursive(
    st.none() | st.text(max_size=20) | st.integers() | st.floats(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_NAMES, inner, max_size=4),
    max_leaves=12,
)


@given(st.dictionaries(_NAMES, _ANY, max_size=8), st.integers(0, 3))
def test_no_tag_makes_it_fail(tags: dict[str, Any], frame: int) -> None:
    assert isinstance(image_geometry(tags, frame), ImageGeometry)
