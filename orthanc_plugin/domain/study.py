"""What the product needs to know of a study: read from Orthanc at view time, never stored."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum

# Orthanc's identifiers: SHA-1 in five groups of eight (Orthanc Book, "Orthanc identifiers").
ORTHANC_ID = r"[0-9a-f]{8}(?:-[0-9a-f]{8}){4}"
_ORTHANC_ID = re.compile(ORTHANC_ID)
# DICOM PS3.5 section 9.1: digits and full stops, at most 64 characters.
_UID = re.compile(r"[0-9]+(\.[0-9]+)*")


def is_orthanc_id(text: str) -> bool:
    """Whether `text` has exactly the shape of an Orthanc identifier."""
    return _ORTHANC_ID.fullmatch(text) is not None


def is_uid(text: str) -> bool:
    """Whether `text` is a well-formed DICOM UID."""
    return len(text) <= 64 and _UID.fullmatch(text) is not None


class Level(StrEnum):
    """The levels of DICOM's hierarchy that a request can name, as Orthanc's REST API spells them."""

    STUDY = "studies"
    SERIES = "series"
    INSTANCE = "instances"


@dataclass(frozen=True)
class ResourceName:
    """A resource as a request names it: by Orthanc's identifier, or by its DICOM UID."""

    level: Level
    value: str
    by_uid: bool = False


@dataclass(frozen=True)
class Place:
    """Where a resource belongs, as Orthanc itself says; `series_id` is None for a study.

    `report_at` is when the newest report in it arrived (seconds since 1970), None where it holds none.
    """

    study_id: str
    series_id: str | None = None
    report_at: int | None = None


class StudyKeyKind(StrEnum):
    """The identifiers by which staff name a study."""

    ORTHANC_ID = "orthanc_id"
    STUDY_INSTANCE_UID = "study_instance_uid"
    ACCESSION_NUMBER = "accession_number"


@dataclass(frozen=True)
class StudyKey:
    """An identifier as staff gave it; for an accession number several studies may answer."""

    kind: StudyKeyKind
    value: str


@dataclass(frozen=True)
class Window:
    """A grey-level window (DICOM PS3.3 C.11.2) in rescaled units, for example Hounsfield units."""

    center: float
    width: float


@dataclass(frozen=True)
class ImageRef:
    """One frame of one instance; `frame` counts from 0."""

    instance_id: str
    frame: int


@dataclass(frozen=True)
class Appearance:
    """How an image is to be shown: `window` is None for colour, `longest_edge` (pixels) is 0 where it is unknown.

    `inverted` says that the lowest value is white (MONOCHROME1, DICOM PS3.3 C.7.6.3.1.2).
    """

    window: Window | None
    inverted: bool = False
    longest_edge: int = 0
    # Milliseconds from one frame to the next; None for what is no film.
    frame_ms: float | None = None


@dataclass(frozen=True)
class SeriesSummary:
    """A series as the overview shows it. `number` is (0020,0011) or None; texts are decoded, unescaped Unicode."""

    id: str
    uid: str = field(repr=False)
    modality: str
    number: int | None
    description: str = field(repr=False)
    body_part: str = field(repr=False)
    instance_count: int
    # When the newest report in it arrived, seconds since 1970; None where it holds none.
    report_at: int | None = None
    # Whether it is of pictures although its modality says otherwise, as scanned papers are.
    of_pictures: bool = False


# What scanners call the pictures by which the real ones were planned; German and English.
_PLANNING = re.compile(r"locali[sz]er|scout|topogra|survey|surview|scanogram|planung", re.IGNORECASE)


def most_informative(series: Sequence[SeriesSummary]) -> SeriesSummary | None:
    """The series to begin with: of those that are not made for planning the first with the most instances."""
    real = [entry for entry in series if not _PLANNING.search(entry.description)]
    return max(real or series, key=lambda entry: entry.instance_count, default=None)


@dataclass(frozen=True)
class StudySummary:
    """A study as the overview shows it. Dates are DICOM DA strings (YYYYMMDD) as they stand in the file."""

    id: str
    study_instance_uid: str
    accession_number: str = field(repr=False)
    patient_name: str = field(repr=False)
    patient_birth_date: str = field(repr=False)
    study_date: str
    description: str = field(repr=False)
    series: tuple[SeriesSummary, ...] = ()
    patient_id: str = field(default="", repr=False)
    # Whether Orthanc has received nothing for a while (StableAge), so that the study is probably complete.
    is_stable: bool = True

    @property
    def ordered_series(self) -> tuple[SeriesSummary, ...]:
        """Series in the order of their numbers; ordinals in links count from 1 in this order."""
        return tuple(sorted(self.series, key=lambda s: (s.number is None, s.number or 0, s.uid)))
