"""The frames of a series in the order in which they are looked at: Orthanc's own, where it finds one."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from ..domain.study import ImageRef
from .image_facts import number
from .rest import Rest

# No series that anybody looks at has more; the number of frames is what a file claims.
_MOST_IMAGES = 20_000


@dataclass(frozen=True)
class _Listed:
    """An instance as Orthanc's index knows it; `frames` is None where the file claims what cannot be."""

    id: str
    uid: str
    number: float | None
    frames: int | None


def ordered_images(rest: Rest, series_id: str) -> tuple[ImageRef, ...]:
    """All of them, at most 20,000; raises OSError.

    Orthanc sorts by place in the body. It refuses a series that it cannot sort (no numbers, no places), and writes down
    every frame that a file claims, a thousand million if need be: those are sorted here by Instance Number and UID.
    """
    listed = _listed(rest, series_id)
    frames = [one.frames for one in listed]
    if None not in frames and sum(filter(None, frames)) <= _MOST_IMAGES:
        try:
            return _as_orthanc_sorts(rest, series_id)
        except OSError:
            pass
    listed.sort(key=lambda one: (one.number is None, one.number or 0.0, one.uid, one.id))
    return tuple(islice(_each(listed), _MOST_IMAGES))


def _as_orthanc_sorts(rest: Rest, series_id: str) -> tuple[ImageRef, ...]:
    found = json.loads(rest.get(f"/series/{series_id}/ordered-slices") or b'{"SlicesShort": []}')
    frames = (
        ImageRef(instance_id, frame)
        for instance_id, first, count in found["SlicesShort"]
        for frame in range(first, first + max(1, count))
    )
    return tuple(islice(frames, _MOST_IMAGES))


def _listed(rest: Rest, series_id: str) -> list[_Listed]:
    wanted = {
        "Level": "Instance",
        "Query": {},
        "ParentSeries": series_id,
        "ResponseContent": ["MainDicomTags", "Parent"],
    }
    found = json.loads(rest.post("/tools/find", json.dumps(wanted)) or b"[]")
    listed = []
    # Which series it asks for is not left to Orthanc's database alone: another's images would be another patient's.
    for entry in (one for one in found if one.get("ParentSeries") == series_id):
        tags = entry.get("MainDicomTags", {})
        claimed = str(tags.get("NumberOfFrames", "")).strip("\0 ")
        frames = number(claimed) if claimed else 1.0
        listed.append(
            _Listed(
                str(entry["ID"]),
                str(tags.get("SOPInstanceUID", "")),
                number(tags.get("InstanceNumber")),
                # Zero stands in files of one picture.
                max(1, int(frames)) if frames is not None and frames >= 0 else None,
            )
        )
    return listed


def _each(listed: list[_Listed]) -> Iterator[ImageRef]:
    for one in listed:
        for frame in range(one.frames or 1):
            yield ImageRef(one.id, frame)
