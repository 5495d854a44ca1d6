from __future__ import annotations

from typing import Any

import pytest

from orthanc_plugin.adapters.slice_order import ordered_images
from orthanc_plugin.domain.study import ImageRef

from ..support.rest import SERIES, FakeRest

SORTED = f"/series/{SERIES}/ordered-slices"


def listed(name: str, **tags: str) -> dict[str, Any]:
    return {"ID": name, "ParentSeries": SERIES, "MainDicomTags": {"SOPInstanceUID": f"1.{name}", **tags}}


def order(rest: FakeRest) -> list[tuple[str, int]]:
    return [(image.instance_id, image.frame) for image in ordered_images(rest, SERIES)]


def test_orthancs_order_counts_where_it_finds_one() -> None:
    rest = FakeRest({SORTED: {"SlicesShort": [["b", 0, 1], ["a", 0, 2]]}})
    rest.found = [listed("a", InstanceNumber="1", NumberOfFrames="2"), listed("b", InstanceNumber="2")]
    assert order(rest) == [("b", 0), ("a", 0), ("a", 1)]


def test_what_orthanc_cannot_sort_comes_by_number_and_then_by_uid() -> None:
    rest = FakeRest({SORTED: OSError("Orthanc error 17")})
    rest.found = [
        listed("d"),
        listed("c", InstanceNumber="A"),
        listed("b", InstanceNumber="10"),
        listed("a", InstanceNumber="2.0", NumberOfFrames="2"),
    ]
    assert order(rest) == [("a", 0), ("a", 1), ("b", 0), ("c", 0), ("d", 0)]


@pytest.mark.parametrize("claimed", ["2000000000", "-1", "x", "1e9", "19999"])
def test_orthanc_is_not_asked_to_write_down_frames_that_a_file_only_claims(claimed: str) -> None:
    rest = FakeRest({SORTED: AssertionError("asked")})
    rest.found = [listed("b", InstanceNumber="2", NumberOfFrames=claimed), listed("a", InstanceNumber="1"), listed("c")]
    found = ordered_images(rest, SERIES)
    assert found[:2] == (ImageRef("a", 0), ImageRef("b", 0))
    assert 3 <= len(found) <= 20_000
    assert SORTED not in rest.asked


def test_no_frames_at_all_are_one_picture() -> None:
    rest = FakeRest({SORTED: {"SlicesShort": [["a", 0, 0]]}})
    rest.found = [listed("a", NumberOfFrames="0")]
    assert order(rest) == [("a", 0)]


def test_a_series_that_is_gone_has_no_images() -> None:
    assert order(FakeRest({})) == []


def test_images_of_another_series_are_never_among_them() -> None:
    rest = FakeRest({SORTED: OSError("Orthanc error 17")})
    rest.found = [listed("a"), {**listed("b"), "ParentSeries": "other"}]
    assert order(rest) == [("a", 0)]
