from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orthanc_plugin.domain.study import ImageRef, Window
from orthanc_plugin.viewers.ohif_document import document, metadata

from ..support.studies import orthanc_id, series, study

FIRST, SECOND = orthanc_id("first"), orthanc_id("second")
SERIES = series("Axial", number=4)
STUDY = study("mine", SERIES, series("Other"))


def instances(images: list[ImageRef], tags: dict[str, dict[str, Any]]) -> list[dict[str, Any]]:
    (shown,) = document(STUDY, SERIES, images, tags)["studies"]
    (only,) = shown["series"]
    assert shown["StudyInstanceUID"] == STUDY.study_instance_uid
    assert only["SeriesInstanceUID"] == SERIES.uid
    assert shown["NumInstances"] == len(only["instances"])
    found: list[dict[str, Any]] = only["instances"]
    return found


def test_images_come_in_their_order_and_by_path() -> None:
    found = instances([ImageRef(SECOND, 0), ImageRef(FIRST, 0)], {FIRST: {"Rows": "2"}, SECOND: {"Rows": "3"}})
    assert found == [
        {"metadata": {"Rows": 3}, "url": f"dicomweb:/instances/{SECOND}/file"},
        {"metadata": {"Rows": 2}, "url": f"dicomweb:/instances/{FIRST}/file"},
    ]


def test_frames_of_one_instance_are_told_apart() -> None:
    found = instances([ImageRef(FIRST, 0), ImageRef(FIRST, 1)], {FIRST: {"NumberOfFrames": "2"}})
    assert [entry["url"] for entry in found] == [f"dicomweb:/instances/{FIRST}/file?frame={n}" for n in (1, 2)]


def test_a_window_is_given_to_images_that_bring_none() -> None:
    tags = {FIRST: {"WindowCenter": "1", "WindowWidth": "2"}, SECOND: {"WindowCenter": "1"}}
    found = document(STUDY, SERIES, [ImageRef(FIRST, 0), ImageRef(SECOND, 0)], tags, Window(40.0, 400.0))
    first, second = (entry["metadata"] for entry in found["studies"][0]["series"][0]["instances"])
    assert (first["WindowCenter"], first["WindowWidth"]) == (1.0, 2.0)
    assert (second["WindowCenter"], second["WindowWidth"]) == (40.0, 400.0)


def test_instances_without_tags_or_without_an_image_are_left_out() -> None:
    assert instances([ImageRef(FIRST, 0)], {SECOND: {}}) == []


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("Rows", "512", 512),
        ("InstanceNumber", " +7 ", 7),
        ("WindowCenter", "40\\80", [40.0, 80.0]),
        ("WindowWidth", "400", 400.0),
        ("PixelSpacing", "0.5\\0.5", [0.5, 0.5]),
        ("ImagePositionPatient", "0", [0.0]),
        ("ImageType", "ORIGINAL\\PRIMARY", ["ORIGINAL", "PRIMARY"]),
        ("PatientName", "Muster^Erika ", "Muster^Erika"),
    ],
)
def test_tags_are_read_as_their_kind(name: str, value: str, expected: object) -> None:
    assert metadata({name: value}) == {name: expected}


@pytest.mark.parametrize(
    "tags",
    [
        {"Rows": "x"},
        {"Rows": ""},
        {"Rows": None},
        {"Rows": ["1"]},
        {"WindowCenter": "nan"},
        {"WindowCenter": "inf"},
        {"WindowCenter": "1e300"},
        {"PixelSpacing": "1\\"},
        {"OtherPatientNames": "Muster"},
        {"0029,1010": "private"},
        {"ReferencedStudySequence": [{"ReferencedSOPInstanceUID": "1.2"}]},
        {"PixelData": "..."},
    ],
)
def test_what_is_not_needed_or_cannot_be_read_is_left_out(tags: dict[str, Any]) -> None:
    assert metadata(tags) == {}


def test_functional_groups_are_kept_with_their_depth_bounded() -> None:
    measures = {"PixelMeasuresSequence": [{"PixelSpacing": "1\\1", "Other": "x"}]}
    tags = {"SharedFunctionalGroupsSequence": [measures, "not an item"]}
    assert metadata(tags) == {
        "SharedFunctionalGroupsSequence": [{"PixelMeasuresSequence": [{"PixelSpacing": [1.0, 1.0]}]}]
    }
    deep: dict[str, Any] = {"Rows": "1"}
    for _ in range(900):
        deep = {"PixelMeasuresSequence": [deep]}
    assert len(json.dumps(metadata(deep))) < 120


@given(
    st.dictionaries(
        st.sampled_from(["Rows", "WindowCenter", "PixelSpacing", "ImageType", "PatientName", "FrameVOILUTSequence"]),
        st.text() | st.lists(st.text()) | st.none() | st.integers(),
    )
)
def test_whatever_a_file_holds_the_document_is_json(tags: dict[str, Any]) -> None:
    json.loads(json.dumps(metadata(tags), allow_nan=False))
