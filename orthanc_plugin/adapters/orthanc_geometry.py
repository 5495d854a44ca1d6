"""The geometry of a whole series, read from Orthanc in one request and remembered for a while."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ..domain.geometry import ImageGeometry, image_geometry
from ..domain.study import ImageRef
from .recent import Recent

# Reading the tags of more instances would hold a thread for seconds.
_MOST_INSTANCES = 2000
_KEPT_SERIES = 100
_FRESH_SECONDS = 600.0


class OrthancGeometry:
    """The geometry of each image of a series, in the order of the images."""

    def __init__(self, tags: Callable[[str], Mapping[str, Mapping[str, Any]]], monotonic: Callable[[], float]) -> None:
        self._tags = tags
        self._found: Recent[tuple[ImageGeometry, ...]] = Recent(_KEPT_SERIES, _FRESH_SECONDS, monotonic)

    def __call__(self, series_id: str, images: Sequence[ImageRef]) -> tuple[ImageGeometry, ...]:
        """One entry an image; an empty one where nothing is known, and for all of a series that is too large."""
        # The number of images is a part of the key: a series that has grown is read again.
        return self._found.get(f"{series_id}/{len(images)}", lambda: self._read(series_id, images)) or ()

    def _read(self, series_id: str, images: Sequence[ImageRef]) -> tuple[ImageGeometry, ...]:
        if len({image.instance_id for image in images}) > _MOST_INSTANCES:
            return (ImageGeometry(),) * len(images)
        tags = self._tags(series_id)
        return tuple(image_geometry(tags.get(image.instance_id, {}), image.frame) for image in images)
