"""Where an image lies in the body and how large its pixels are (DICOM PS3.3 C.7.6.2 and 10.7.1)."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

# The second letter of an edge is worth showing from about 20 degrees on.
_OBLIQUE = 0.34
_PARALLEL = 0.98
# Larger or smaller than this is no pixel of a picture of a person, in millimetres.
_SMALLEST_SPACING, _LARGEST_SPACING = 1e-4, 50.0
# DICOM PS3.3 C.8.5.5.1: units of physical deltas, and the format of two-dimensional pictures.
_CENTIMETRES, _TWO_DIMENSIONAL = 3, 1
_PATIENT_ORIENTATION = frozenset("APLRHF")

Vector = tuple[float, float, float]


@dataclass(frozen=True)
class Spacing:
    """Millimetres between the middles of neighbouring rows and columns.

    `at_detector` says that they were measured where the picture was taken, not in the body, which is magnified there.
    """

    rows: float
    columns: float
    at_detector: bool = False


@dataclass(frozen=True)
class Plane:
    """Where the image lies: directions of its rows and columns (unit vectors), and its place along the normal in mm."""

    along_row: Vector
    along_column: Vector
    place: float
    frame_of_reference: str

    @property
    def normal(self) -> Vector:
        """The direction in which one slice follows the other."""
        return _cross(self.along_row, self.along_column)

    def is_beside(self, other: Plane) -> bool:
        """Whether places in both can be compared: the same frame of reference, parallel planes."""
        same = self.frame_of_reference == other.frame_of_reference != ""
        return same and _dot(self.normal, other.normal) > _PARALLEL


@dataclass(frozen=True)
class ImageGeometry:
    """What is known of one frame; `edges` are the letters at its left, right, upper and lower edge."""

    spacing: Spacing | None = None
    edges: tuple[str, str, str, str] | None = None
    plane: Plane | None = None
    columns: int = 0
    rows: int = 0


def image_geometry(tags: Mapping[str, Any], frame: int) -> ImageGeometry:
    """Read the geometry of a frame, which counts from 0, from an instance's tags as Orthanc simplifies them.

    What is missing or cannot be believed is left out; this never raises.
    """
    groups = (_item(tags, "PerFrameFunctionalGroupsSequence", frame), _item(tags, "SharedFunctionalGroupsSequence", 0))
    directions = _numbers(_grouped(tags, groups, "PlaneOrientationSequence", "ImageOrientationPatient"), 6)
    place = _numbers(_grouped(tags, groups, "PlanePositionSequence", "ImagePositionPatient"), 3)
    measured = _numbers(_grouped(tags, groups, "PixelMeasuresSequence", "PixelSpacing"), 2)
    plane, edges = None, _named_edges(tags.get("PatientOrientation"))
    along_row, along_column = _directions(directions)
    if along_row is not None and along_column is not None:
        edges = (*_ends(along_row), *_ends(along_column))
        if place is not None:
            distance = _dot(_cross(along_row, along_column), (place[0], place[1], place[2]))
            plane = Plane(along_row, along_column, distance, str(tags.get("FrameOfReferenceUID", "")).strip())
    return ImageGeometry(
        spacing=_spacing(tags, measured),
        edges=edges,
        plane=plane,
        columns=_whole(tags.get("Columns")),
        rows=_whole(tags.get("Rows")),
    )


def _spacing(tags: Mapping[str, Any], measured: tuple[float, ...] | None) -> Spacing | None:
    detector = _numbers(tags.get("ImagerPixelSpacing"), 2)
    found = measured or detector
    if found is None:
        return _ultrasound(tags)
    # Equal values were copied from the detector without a correction (PS3.3 10.7.1.3).
    return _believable(found[0], found[1], detector is not None and found == detector)


def _ultrasound(tags: Mapping[str, Any]) -> Spacing | None:
    """Only where the whole picture has one scale: a curve or a second picture beside it would be measured wrongly."""
    regions = tags.get("SequenceOfUltrasoundRegions")
    if not (isinstance(regions, list) and len(regions) == 1 and isinstance(regions[0], Mapping)):
        return None
    region = regions[0]
    units = (_whole(region.get("PhysicalUnitsXDirection")), _whole(region.get("PhysicalUnitsYDirection")))
    if units != (_CENTIMETRES, _CENTIMETRES) or _whole(region.get("RegionSpatialFormat")) != _TWO_DIMENSIONAL:
        return None
    across, down = _numbers(region.get("PhysicalDeltaX"), 1), _numbers(region.get("PhysicalDeltaY"), 1)
    return _believable(10 * abs(down[0]), 10 * abs(across[0]), False) if across and down else None


def _believable(rows: float, columns: float, at_detector: bool) -> Spacing | None:
    if all(_SMALLEST_SPACING <= value <= _LARGEST_SPACING for value in (rows, columns)):
        return Spacing(rows, columns, at_detector)
    return None


def _directions(found: tuple[float, ...] | None) -> tuple[Vector, Vector] | tuple[None, None]:
    if found is None:
        return None, None
    row, column = (found[0], found[1], found[2]), (found[3], found[4], found[5])
    if any(abs(math.hypot(*one) - 1) > 0.05 for one in (row, column)) or abs(_dot(row, column)) > 0.05:
        return None, None
    return row, column


def _ends(direction: Vector) -> tuple[str, str]:
    """Letters where a line begins and where it ends: x grows to the left, y to the back, z to the head."""
    parts = sorted(zip(direction, ("RL", "AP", "FH"), strict=True), key=lambda part: -abs(part[0]))
    shown = [part for place, part in enumerate(parts) if place == 0 or (place == 1 and abs(part[0]) > _OBLIQUE)]
    end = "".join(letters[value > 0] for value, letters in shown)
    begin = "".join(letters[value <= 0] for value, letters in shown)
    return begin, end


def _named_edges(value: Any) -> tuple[str, str, str, str] | None:
    """Of projections the letters themselves are given (0020,0020): where rows lead to, and where columns."""
    parts = [part.strip().upper() for part in str(value or "").split("\\")]
    if len(parts) != 2 or not all(0 < len(part) <= 2 and set(part) <= _PATIENT_ORIENTATION for part in parts):
        return None
    opposite = str.maketrans("APLRHF", "PARLFH")
    return parts[0].translate(opposite), parts[0], parts[1].translate(opposite), parts[1]


def _grouped(tags: Mapping[str, Any], groups: tuple[Mapping[str, Any], ...], sequence: str, name: str) -> Any:
    """A value of the frame itself, or of all frames (functional groups, PS3.3 C.7.6.16), or of the image."""
    for group in groups:
        value = _item(group, sequence, 0).get(name)
        if value is not None:
            return value
    return tags.get(name)


def _item(tags: Mapping[str, Any], sequence: str, index: int) -> Mapping[str, Any]:
    items = tags.get(sequence)
    found = items[index] if isinstance(items, list) and index < len(items) else None
    return found if isinstance(found, Mapping) else {}


def _numbers(value: Any, count: int) -> tuple[float, ...] | None:
    if not isinstance(value, str | int | float):
        return None
    try:
        found = tuple(float(part) for part in str(value).split("\\"))
    except ValueError:
        return None
    return found if len(found) == count and all(abs(number) < 1e6 for number in found) else None


def _whole(value: Any) -> int:
    found = _numbers(value, 1)
    return int(found[0]) if found and 0 <= found[0] < 1e6 else 0


def _dot(one: Vector, other: Vector) -> float:
    return sum(a * b for a, b in zip(one, other, strict=True))


def _cross(one: Vector, other: Vector) -> Vector:
    (a, b, c), (d, e, f) = one, other
    return b * f - c * e, c * d - a * f, a * e - b * d
