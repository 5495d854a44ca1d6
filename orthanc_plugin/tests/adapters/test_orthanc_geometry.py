from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from orthanc_plugin.adapters.orthanc_geometry import OrthancGeometry
from orthanc_plugin.domain.geometry import ImageGeometry, Spacing
from orthanc_plugin.domain.study import ImageRef

IMAGES = (ImageRef("b", 0), ImageRef("a", 0))


class Tags:
    """Tags of two instances; counts how often they are read."""

    def __init__(self) -> None:
        self.reads = 0

    def __call__(self, _series_id: str) -> Mapping[str, Mapping[str, Any]]:
        self.reads += 1
        return {"a": {"PixelSpacing": "1\\1"}, "b": {"PixelSpacing": "2\\2"}}


def test_in_the_order_of_the_images_and_read_once() -> None:
    tags = Tags()
    geometry = OrthancGeometry(tags, lambda: 0.0)
    assert [found.spacing for found in geometry("s", IMAGES)] == [Spacing(2, 2), Spacing(1, 1)]
    geometry("s", IMAGES)
    assert tags.reads == 1
    geometry("s", IMAGES[:1])
    assert tags.reads == 2


def test_an_image_without_tags_is_an_empty_entry() -> None:
    assert OrthancGeometry(Tags(), lambda: 0.0)("s", (ImageRef("c", 0),)) == (ImageGeometry(),)


def test_a_series_that_is_too_large_is_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("orthanc_plugin.adapters.orthanc_geometry._MOST_INSTANCES", 1)
    tags = Tags()
    assert OrthancGeometry(tags, lambda: 0.0)("s", IMAGES) == (ImageGeometry(), ImageGeometry())
    assert tags.reads == 0
